"""Templates out of a visitor's text, in a cage: what the lesson shows of template injection, and no more.

A template that a visitor writes can run any code as the user who runs the app. Here it computes and reads
values, such as the configuration, and calls nothing.
"""

from __future__ import annotations

from collections.abc import MutableMapping
from functools import cached_property
from typing import Any

from flask import Flask
from flask.templating import Environment
from jinja2 import Template
from jinja2.exceptions import SecurityError
from jinja2.runtime import Context
from jinja2.sandbox import ImmutableSandboxedEnvironment


class _Cage(ImmutableSandboxedEnvironment):
    """Attributes and items, operators and filters; no call, and no product that fills the memory."""

    intercepted_binops = frozenset({"*", "**", "%"})

    def is_safe_callable(self, obj: object) -> bool:  # noqa: ARG002 - nothing may be called
        return False

    def call_binop(self, context: Context, operator: str, left: Any, right: Any) -> Any:
        if operator != "*" or not all(isinstance(each, int) and abs(each) < 1e9 for each in (left, right)):
            raise SecurityError(f"{operator} is for small numbers alone here")
        return super().call_binop(context, operator, left, right)


class _Environment(Environment):
    """Flask's environment, but for templates that are strings; those of files are as in any app."""

    @cached_property
    def cage(self) -> _Cage:
        cage = _Cage(autoescape=self.autoescape)
        cage.globals.update(self.globals)
        cage.filters.update(self.filters)
        cage.policies.update(self.policies)
        return cage

    def from_string(
        self,
        source: Any,
        globals: MutableMapping[str, Any] | None = None,  # noqa: A002 - Jinja's own name
        template_class: type[Template] | None = None,
    ) -> Template:
        return self.cage.from_string(source, globals, template_class)


def cage_strings(app: Flask) -> None:
    """Let `render_template_string` render in the cage; call it before anything uses the app's templates."""
    assert "jinja_env" not in vars(app), "Flask has made another environment already"
    app.jinja_environment = _Environment
