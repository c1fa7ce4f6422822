"""flask-http-tutor: learn what goes over the wire between a browser and a Flask app."""

# A literal: reading the installed metadata would cost more than importing the command line.
__version__ = "0.1.0"
