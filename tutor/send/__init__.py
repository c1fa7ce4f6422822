"""`flask-http-tutor send`: one exchange with a sandbox, printed."""
