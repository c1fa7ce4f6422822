"""`python -m tutor` is `flask-http-tutor`."""

from tutor.cli import main

if __name__ == "__main__":
    main()
