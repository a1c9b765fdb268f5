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
    formal = {
        everyday: words[0] for groups in tomllib.loads(text).values() for words in groups for everyday in words[1:]
    }
    kept = [words[0] for groups in tomllib.loads(text).values() for words in groups]
    # Words that are already the documents' own stand first, so that 单位 inside 用人单位 stays as it is.
    ordered = sorted(kept, key=len, reverse=True) + sorted(formal, key=len, reverse=True)
    parts = [rf"\b{re.escape(w)}\b" if w.isascii() else re.escape(w) for w in ordered]
    return re.compile("|".join(parts), re.IGNORECASE), formal


def wordings(question: str) -> tuple[str, ...]:
    """``question`` itself and, where it uses everyday words, the same in the words documents use."""
    pattern, formal = _starter()
    reworded = pattern.sub(lambda match: formal.get(match.group().lower(), match.group()), question)
    return (question,) if reworded == question else (question, reworded)
