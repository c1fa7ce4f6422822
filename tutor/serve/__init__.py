"""`flask-http-tutor serve`: a sandbox in the foreground that prints what arrives."""
