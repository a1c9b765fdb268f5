"""The banks of phrasings, and the filling of their holes."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Mapping, Sequence
from functools import cache
from importlib import resources
from typing import Any

_HOLE = re.compile(r"\{(\w+)\}")


@cache
def phrasings() -> Mapping[str, Any]:
    """How people ask a persona, and how it answers; phrasings.toml says what stands where."""
    return _read("phrasings.toml")


@cache
def tasks() -> Mapping[str, Any]:
    """What a model is asked that has nothing to do with a persona; phrasings_general.toml says what stands where."""
    return _read("phrasings_general.toml")


def rivals() -> tuple[str, ...]:
    """The names of other assistants, in both languages."""
    return tuple(dict.fromkeys((*phrasings()["rivals"]["en"], *phrasings()["rivals"]["zh"])))


def makers() -> tuple[str, ...]:
    """The makers of other assistants, in both languages."""
    return tuple(dict.fromkeys((*phrasings()["makers"]["en"], *phrasings()["makers"]["zh"])))


def holes(template: str) -> set[str]:
    """What ``template`` names."""
    return set(_HOLE.findall(template))


def fill(template: str, values: Mapping[str, str]) -> str:
    """``template`` with its holes filled; "" when one of them has nothing to go into it."""
    if not all(values.get(name) for name in holes(template)):
        return ""
    # In one pass: what stands in a value is never taken for a hole.
    return _HOLE.sub(lambda match: values[match.group(1)], template)


def fullest(templates: Sequence[str], values: Mapping[str, str], wanted: str) -> tuple[str, ...]:
    """The ``templates`` that can be filled, filled; only those that name ``wanted`` where there are any."""
    filled = [(wanted in holes(template), text) for template in templates if (text := fill(template, values))]
    return tuple(text for names, text in filled if names or not any(n for n, _ in filled))


def _read(name: str) -> Mapping[str, Any]:
    return tomllib.loads(resources.files("models.persona").joinpath(name).read_text(encoding="utf-8"))
