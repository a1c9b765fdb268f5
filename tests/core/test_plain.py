"""Nouns become plain values and come back the same; nothing else is let through."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field, is_dataclass
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from core import nouns
from core.nouns import Outcome, Picture, Rect, Scope, Seconds, Verdict
from core.plain import from_plain, to_plain

# What JSON can hold: no "not a number", and no half characters, which it joins when two of them meet.
finite = st.floats(allow_nan=False, allow_infinity=False)
words = st.text(st.characters(codec="utf-8"), max_size=12)
for kind, strategy in ((float, finite), (str, words), (Path, words.map(Path))):
    st.register_type_strategy(kind, strategy)


@dataclass(frozen=True)
class Everything:
    """One field of each kind that nouns have."""

    place: Path
    verdict: Verdict
    perhaps: int | None
    rects: tuple[Rect, ...]
    pair: tuple[str, tuple[int, ...]]
    share: float
    ready: bool
    labels: Mapping[str, str] = field(default_factory=dict)
    note: str = ""


EVERYTHING = Everything(
    Path("a/b"), Verdict.PARTIAL, None, (Rect(0, 0.1, 1, 1),), ("第一", (1, 2)), 0.5, True, {"k": "v"}
)


# A picture of a page is shown and never kept: the only noun with bytes, which JSON does not have.
NOUNS: list[Any] = [kind for kind in vars(nouns).values() if is_dataclass(kind) and kind is not Picture]


def again(noun: Any) -> Any:
    """The noun after a journey as JSON text."""
    return from_plain(type(noun), json.loads(json.dumps(to_plain(noun), allow_nan=False)))


def test_every_kind_of_field_comes_back() -> None:
    assert again(EVERYTHING) == EVERYTHING
    assert to_plain(EVERYTHING) == {
        "place": str(Path("a/b")),
        "verdict": "partial",
        "perhaps": None,
        "rects": [{"x0": 0, "y0": 0.1, "x1": 1, "y1": 1}],
        "pair": ["第一", [1, 2]],
        "share": 0.5,
        "ready": True,
        "labels": {"k": "v"},
        "note": "",
    }


@given(st.sampled_from([*NOUNS, Everything]).flatmap(lambda kind: st.from_type(kind)))
@settings(max_examples=150, deadline=None)
def test_any_noun_comes_back_as_it_was(noun: Any) -> None:
    assert again(noun) == noun


def test_a_picture_is_refused() -> None:
    with pytest.raises(ValueError, match="bytes"):
        to_plain(Picture(1, 1, 3, b"abc"))


def test_a_field_that_was_added_later_takes_its_default() -> None:
    kept = to_plain(EVERYTHING)
    del kept["note"], kept["labels"]
    assert from_plain(Everything, kept).note == ""
    assert from_plain(Everything, kept).labels == {}


@pytest.mark.parametrize(
    "change",
    [
        {"place": 1},
        {"place": None},
        {"verdict": "maybe"},
        {"verdict": 1},
        {"perhaps": "1"},
        {"perhaps": True},
        {"perhaps": 1.5},
        {"rects": {}},
        {"rects": [None]},
        {"rects": [{"x0": 0.0}]},
        {"rects": [{"x0": 0.0, "y0": 0.0, "x1": 0.0, "y1": 0.0, "z": 0.0}]},
        {"pair": ["a"]},
        {"pair": ["a", [1], 2]},
        {"pair": "ab"},
        {"share": "0.5"},
        {"share": None},
        {"share": True},
        {"share": float("nan")},
        {"ready": 1},
        {"labels": {"k": 1}},
        {"labels": {1: "v"}},
        {"labels": [["k", "v"]]},
        {"note": None},
        {"more": 1},
    ],
)
def test_anything_else_is_refused(change: dict[str, object]) -> None:
    with pytest.raises(ValueError):
        from_plain(Everything, {**to_plain(EVERYTHING), **change})


@pytest.mark.parametrize("values", [None, [], "x", 1, {}, EVERYTHING])
def test_what_is_no_object_is_refused(values: object) -> None:
    with pytest.raises(ValueError):
        from_plain(Everything, values)


@dataclass(frozen=True)
class Odd:
    """Fields that no noun of ours has."""

    value: Any


@dataclass(frozen=True)
class Loose:
    value: list[int]


@dataclass(frozen=True)
class Several:
    value: int | str


@pytest.mark.parametrize(
    "noun",
    [
        Odd(1),
        Loose([1]),
        Several(1),
        Rect(float("inf"), 0, 0, 0),
        Scope(collections=["a"]),  # type: ignore[arg-type]
        Scope(documents=(1,)),  # type: ignore[arg-type]
        Seconds(find="1"),  # type: ignore[arg-type]
        {"a": 1},
        Outcome.OK,
        None,
    ],
)
def test_what_could_not_come_back_does_not_leave(noun: object) -> None:
    with pytest.raises(ValueError):
        to_plain(noun)


def test_only_nouns_are_made() -> None:
    with pytest.raises(ValueError, match="not a noun"):
        from_plain(str, "x")
