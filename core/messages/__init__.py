"""The message catalogue: every sentence a person may read outside the window's own labels.

One TOML file a room; a table a message, ``en`` and ``zh``, with ``{named}`` holes.  What the installed program has to
say otherwise, because it fetches nothing, stands beside it under the same key and ``_built``.
"""

from __future__ import annotations

import sys
import tomllib
from functools import cache
from importlib import resources

LANGUAGES = ("en", "zh")
BUILT = "_built"


@cache
def catalogue() -> dict[str, dict[str, str]]:
    """Every message by key: language -> sentence.  Raises ValueError when a key stands twice."""
    messages: dict[str, dict[str, str]] = {}
    for file in sorted(resources.files(__name__).iterdir(), key=lambda f: f.name):
        if not file.name.endswith(".toml"):
            continue
        for key, entry in tomllib.loads(file.read_text(encoding="utf-8")).items():
            if key in messages:
                raise ValueError(f"message {key!r} stands twice in the catalogue")
            messages[key] = entry
    return messages


def say(key: str, language: str = "en", **details: object) -> str:
    """The sentence for ``key`` in ``language`` ("en" or "zh"), holes filled.  KeyError for an unknown key."""
    if getattr(sys, "frozen", False) and key + BUILT in catalogue():
        key += BUILT
    return catalogue()[key][language].format(**details)
