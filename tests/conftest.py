"""What all tests share."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import hypothesis
import pytest

from tutor.language import SOURCE_LANGUAGE, use

# How long an example takes says more of the machine than of the code.
hypothesis.settings.register_profile("any machine", deadline=None)
hypothesis.settings.load_profile("any machine")


@pytest.fixture
def speak() -> Iterator[Callable[[str], None]]:
    """Chooses the language of this process; English again behind the test."""
    yield use
    use(SOURCE_LANGUAGE)
