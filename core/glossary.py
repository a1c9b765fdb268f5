"""Everyday words and the words of the trade: a question is searched in both wordings."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Mapping
from functools import cache
from importlib import resources


@cache
def _starter() -> tuple[re.Pattern[str], Mapping[str, str]]:
    text = resources.files("core").joinpath("glossary.toml").read_text(encoding="utf-8")
    tables = tomllib.loads(text)
    kept = [word for words in tables.pop("kept") for word in words]
    groups = [words for table in tables.values() for words in table]
    formal = {_folded(everyday): words[0] for words in groups for everyday in words[1:]}
    kept += [words[0] for words in groups]
    # Words that are already the documents' own stand first, so that 单位 inside 用人单位 stays as it is.
    everyday = [word for words in groups for word in words[1:]]
    ordered = sorted(kept, key=len, reverse=True) + sorted(everyday, key=len, reverse=True)
    parts = [_pattern(word) for word in ordered]
    return re.compile("|".join(parts)), formal


def _folded(word: str) -> str:
    # MI is an infarction, mi is a note of the scale: capitals within a word make it an abbreviation.
    return word if word[1:] != word[1:].lower() else word.lower()


def _pattern(word: str) -> str:
    if not word.isascii():
        return re.escape(word)
    exact = word[1:] != word[1:].lower()
    return rf"\b{re.escape(word)}\b" if exact else rf"(?i:\b{re.escape(word)}\b)"


def wordings(question: str) -> tuple[str, ...]:
    """``question`` itself and, where it uses everyday words, the same in the words documents use."""
    pattern, formal = _starter()
    reworded = pattern.sub(lambda match: formal.get(_folded(match.group()), match.group()), question)
    return (question,) if reworded == question else (question, reworded)
