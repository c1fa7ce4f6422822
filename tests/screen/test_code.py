"""Code in colour: as Pygments tells it."""

from __future__ import annotations

from itertools import chain

from pygments.lexers.python import PythonLexer

from tests.command import ROOT
from tutor.screen.python_lexer import QuickPythonLexer

FILES = list(chain((ROOT / "sandbox_app").rglob("*.py"), (ROOT / "lessons" / "exercises").rglob("*.py")))


def test_python_is_told_as_pygments_tells_it() -> None:
    """The lexer that is ready sooner cuts all code of the course as Pygments' own does."""
    slow, quick = PythonLexer(), QuickPythonLexer()
    for text in (*(file.read_text("utf-8") for file in FILES), "class Größe:\n    def 变量(self): ...\n"):
        assert [*quick.get_tokens_unprocessed(text)] == [*slow.get_tokens_unprocessed(text)]
