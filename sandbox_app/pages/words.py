"""The texts of the pages, which stand in `words.toml`."""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from functools import cache
from pathlib import Path
from types import MappingProxyType

LANGUAGES: Mapping[str, str] = MappingProxyType({"en": "English", "zh-CN": "简体中文"})
"""Tag -> the language's own name."""


@cache
def words(language: str) -> Mapping[str, Mapping[str, str]]:
    """Page -> key -> text in that language. `common` is on every page."""
    tables = tomllib.loads(Path(__file__).with_name("words.toml").read_text("utf-8"))
    return {page: {key: texts[language] for key, texts in table.items()} for page, table in tables.items()}
