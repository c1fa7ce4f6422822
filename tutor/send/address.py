"""The address of a running `serve`."""

from __future__ import annotations

from urllib.parse import urlsplit

from tutor.errors import UsageError
from tutor.language import _
from tutor.sandbox.listening import LOOPBACK

_HTTP_PORT = 80


def loopback_port(url: str) -> int:
    """The port of `http://127.0.0.1:PORT` or `localhost`.

    Raises:
        UsageError: it is something else.
    """
    try:
        parts = urlsplit(url if "://" in url else f"http://{url}")
        port = parts.port
    except ValueError:
        parts, port = urlsplit(""), None
    if (
        parts.scheme != "http"
        or parts.hostname not in {LOOPBACK, "localhost"}
        or parts.username is not None
        or parts.path not in {"", "/"}
        or parts.query
        or parts.fragment
    ):
        raise UsageError(
            _(
                "--at takes the address that serve prints, such as http://127.0.0.1:5000; {url} is none."
            ).format(url=url)
        )
    return _HTTP_PORT if port is None else port
