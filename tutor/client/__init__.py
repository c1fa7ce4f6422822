"""Firing a lesson's requests at the sandbox, and giving back what crossed its socket."""
