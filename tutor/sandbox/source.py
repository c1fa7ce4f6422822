"""The code of a served app as it runs, so that a lesson never shows code that differs from what answers."""

from __future__ import annotations

import inspect
import linecache
import textwrap
from collections.abc import Callable, Iterator, Sequence
from types import CodeType
from typing import TYPE_CHECKING, Any, NamedTuple

from tutor.course.model import Source
from tutor.language import _

if TYPE_CHECKING:
    from flask import Flask


class Excerpt(NamedTuple):
    """A piece of code to show."""

    name: str
    code: str
    """Without common indentation and outer blank lines."""
    language: str
    """As Pygments names it."""
    total_lines: int = 0


class SourceError(LookupError):
    """The app has no such view, hook or template, or fewer lines; the message says which there are."""


def excerpts(app: Flask, source: Source) -> tuple[Excerpt, ...]:
    """What a `source` block names, cut to its lines.

    Raises:
        SourceError: a name that the app does not have, or lines beyond the end.
    """
    return tuple(_cut(_find(app, source.kind, name), source.lines) for name in source.names)


def excerpts_ahead(code: CodeType, source: Source) -> tuple[Excerpt, ...] | None:
    """The same, found in the code of the app's module before that is run; None where only the app can tell.

    A view is told by the name of its function, if that is the only one, and by its decorator.
    """
    if source.kind != "view":
        return None
    found = []
    for name in source.names:
        functions = [each for each in _functions(code) if each.co_name == name]
        if len(functions) != 1:
            return None
        excerpt = _code_excerpt(name, functions[0])
        if not excerpt.code.startswith("@app.route(") or "endpoint=" in excerpt.code:
            return None
        found.append(_cut(excerpt, source.lines))
    return tuple(found)


def _functions(code: CodeType) -> Iterator[CodeType]:
    for constant in code.co_consts:
        if isinstance(constant, CodeType):
            yield constant
            yield from _functions(constant)


def view_excerpt(app: Flask, endpoint: str) -> Excerpt:
    """The whole code of an endpoint's view function.

    Raises:
        SourceError: there is no such endpoint, or its code is not Python.
    """
    return _find(app, "view", endpoint)


def _find(app: Flask, kind: str, name: str) -> Excerpt:
    if kind == "template":
        return _template(app, name)
    functions = app.view_functions if kind == "view" else {item.__name__: item for item in _hooks(app)}
    function: Callable[..., Any] | None = functions.get(name)
    if function is None:
        import difflib

        close = difflib.get_close_matches(name, functions, n=1)
        if kind == "view":
            message = _("The app has no view of endpoint {name}.")
        else:
            message = _("The app has no hook named {name}.")
        hint = _(" Did you mean {close}?").format(close=close[0]) if close else ""
        raise SourceError(message.format(name=name) + hint)
    return _code_excerpt(name, getattr(inspect.unwrap(function), "__code__", None))


def _hooks(app: Flask) -> Iterator[Callable[..., Any]]:
    registries: Sequence[Any] = (
        app.url_value_preprocessors,
        app.before_request_funcs,
        app.after_request_funcs,
        app.teardown_request_funcs,
    )
    for registry in registries:
        for functions in registry.values():
            yield from functions
    yield from app.teardown_appcontext_funcs
    for by_code in app.error_handler_spec.values():
        for by_class in by_code.values():
            yield from by_class.values()


def _template(app: Flask, name: str) -> Excerpt:
    loader = app.jinja_env.loader
    from jinja2 import TemplateNotFound

    try:
        if loader is None:
            raise TemplateNotFound(name)
        code = loader.get_source(app.jinja_env, name)[0]
    except TemplateNotFound:
        raise SourceError(_("The app has no template {name}.").format(name=name)) from None
    return _excerpt(name, code, "html+jinja")


def _code_excerpt(name: str, code: CodeType | None) -> Excerpt:
    lines: list[str] = []
    if code is not None:
        linecache.checkcache(code.co_filename)
        lines = linecache.getlines(code.co_filename)[code.co_firstlineno - 1 :]
    if not lines:
        raise SourceError(_("The code of {name} cannot be read.").format(name=name))
    return _excerpt(name, "".join(inspect.getblock(lines)), "python")


def _excerpt(name: str, code: str, language: str) -> Excerpt:
    text = textwrap.dedent(code).strip("\n")
    return Excerpt(name, text, language, total_lines=text.count("\n") + 1)


def _cut(excerpt: Excerpt, lines: tuple[int, int] | None) -> Excerpt:
    if lines is None:
        return excerpt
    first, last = lines
    if last > excerpt.total_lines:
        raise SourceError(
            _("{name} has {count} lines; line {last} is asked for.").format(
                name=excerpt.name, count=excerpt.total_lines, last=last
            )
        )
    cut = "\n".join(excerpt.code.split("\n")[first - 1 : last])
    return Excerpt(excerpt.name, textwrap.dedent(cut), excerpt.language, excerpt.total_lines)
