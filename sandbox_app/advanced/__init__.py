"""Section 2.5, HTTP in practice: the way back, scripts and pushed events, and attacks with their cures.

Some views are vulnerable on purpose. They serve loopback alone, and a cure stands beside each of them.
"""

from __future__ import annotations

from collections.abc import Callable
from types import MappingProxyType

from flask import Flask
from flask_sock import Sock

from sandbox_app.advanced import attacks, going_back, pushing, sockets, ten_events
from sandbox_app.advanced.cage import cage_strings


def add_to(app: Flask, configuration: str) -> None:
    """Register the section's views, and the hooks and settings of the configuration.

    Raises:
        ValueError: the section has no such configuration; the message names those it has.
    """
    if configuration not in CONFIGURATIONS:
        known = ", ".join(repr(name) for name in CONFIGURATIONS)
        raise ValueError(f"section 2.5 has no configuration {configuration!r}; it has {known}")
    app.config["SECRET_KEY"] = "secret_string"  # as in the chapter; one of the attacks reads it
    cage_strings(app)
    sock = Sock(app)
    going_back.add_to(app)
    pushing.add_to(app)
    sockets.add_to(app, sock)
    ten_events.add_to(app, sock)
    attacks.add_to(app)
    if configuration:
        _ADDITIONS[configuration](app)


_ADDITIONS: MappingProxyType[str, Callable[[Flask], None]] = MappingProxyType(
    {
        "same-site": attacks.add_same_site,
        "own-pages": sockets.add_origin_check,
        "socket-hooks": sockets.add_hooks,
    }
)

CONFIGURATIONS = ("", *_ADDITIONS)
"""The names that `add_to` accepts; the empty one is the default."""
