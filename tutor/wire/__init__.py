"""What crosses the socket: requests to send, recorded bytes with their times, messages, escapes. Pure."""
