"""What all tests share."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import pytest

from tutor.language import SOURCE_LANGUAGE, use


@pytest.fixture
def speak() -> Iterator[Callable[[str], None]]:
    """Chooses the language of this process; English again behind the test."""
    yield use
    use(SOURCE_LANGUAGE)
