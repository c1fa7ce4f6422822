"""Which section's sandbox answers."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from tutor.errors import UsageError
from tutor.language import _

if TYPE_CHECKING:
    from flask import Flask


def app_of(section: str, configuration: str = "") -> Flask:
    """A section's app in one of its configurations.

    Raises:
        UsageError: there is no such section or configuration; it names those there are.
    """
    from sandbox_app import SECTIONS, create_app

    if section not in SECTIONS:
        raise UsageError(
            _("There is no sandbox for {section}. There is one for each of {names}.").format(
                section=section, names=", ".join(SECTIONS)
            )
        )
    try:
        return create_app(section, configuration)
    except ValueError as error:
        raise UsageError(_("{reason}.").format(reason=error)) from None


def app_for(method: str, target: str, configuration: str = "") -> Flask:
    """The app of the first section that answers the method at this path.

    Where none does, the first that has the path at all; where none has, the first section's.

    Raises:
        UsageError: no section has such a configuration.
    """
    apps = list(_apps(configuration))
    if not apps:
        raise UsageError(
            _("No section has a configuration {name}. --lesson 2.2 says which ones that section has.").format(
                name=configuration
            )
        )
    return max(apps, key=lambda app: _fit(app, method, target))


def _apps(configuration: str) -> Iterator[Flask]:
    from sandbox_app import SECTIONS, create_app

    for section in SECTIONS:
        try:
            yield create_app(section, configuration)
        except ValueError:
            # Another section's configuration.
            continue


def _fit(app: Flask, method: str, target: str) -> int:
    from urllib.parse import unquote

    from werkzeug.exceptions import MethodNotAllowed, NotFound
    from werkzeug.routing import RequestRedirect

    path = unquote(target.partition("?")[0].partition("#")[0])
    try:
        app.url_map.bind("127.0.0.1").match(path, method)
    except RequestRedirect:
        return 2
    except MethodNotAllowed:
        return 1
    except NotFound:
        return 0
    return 2
