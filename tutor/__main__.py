"""`python -m tutor` is `flask-http-tutor`."""

from tutor.cli import main

main()
