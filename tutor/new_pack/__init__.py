"""`flask-http-tutor new`: a lesson pack to start from."""
