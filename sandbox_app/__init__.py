"""The Flask app that answers in the tutor: one section of the course at a time.

A section is a module with `add_to(app, configuration)`, which registers that section's views, hooks and
settings on the app itself, so that its code reads as a learner's own file would.
"""

from __future__ import annotations

import importlib
import threading
from collections.abc import Mapping
from types import MappingProxyType
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from flask import Flask

SECTIONS: Mapping[str, str] = MappingProxyType(
    {
        "2.1": "cycle",
        "2.2": "http_requests",
        "2.3": "http_responses",
        "2.4": "contexts",
        "2.5": "advanced",
    }
)
"""Section number -> the module that holds it, imported when that section is asked for."""

WITH_STATIC_FILES = frozenset({"2.2", "2.3"})
"""Sections that teach the static route; the others are without its rule."""


def create_app(section: str, configuration: str = "") -> Flask:
    """A fresh app with one section's views, in one of its configurations ("" is the default).

    Raises ValueError, which names the known ones, for an unknown section or configuration.
    `app.extensions["stop"]` is a `threading.Event`: whatever waits in a view, waits on it.
    """
    if section not in SECTIONS:
        raise ValueError(f"unknown section {section!r}; known are {', '.join(SECTIONS)}")
    # Here, so that who only looks a section up need not have Flask imported.
    from flask import Flask

    from sandbox_app import pages

    module = importlib.import_module(f"{__name__}.{SECTIONS[section]}")
    app = Flask(__name__, static_folder="static" if section in WITH_STATIC_FILES else None)
    # Whatever FLASK_DEBUG says: with it, errors would not become responses.
    app.config["DEBUG"] = False
    app.extensions["stop"] = threading.Event()
    module.add_to(app, configuration)
    pages.add_to(app, section)
    return app
