"""A Flask app served in a thread on loopback and watched from both ends."""
