"""Pictures from a process of its own: made, refused, stopped, and its death survived."""

from __future__ import annotations

import struct

import pytest

from core.errors import Cancelled, CancelToken, UserProblem
from desktop import pixels
from desktop.pixels import png

SQUARE = (
    '<svg xmlns="http://www.w3.org/2000/svg" width="8" height="6"><rect width="8" height="6" fill="#123456"/></svg>'
)


def test_a_drawing_becomes_a_picture() -> None:
    made = png(SQUARE)
    assert made.startswith(b"\x89PNG")
    assert struct.unpack(">II", made[16:24]) == (16, 12)


def test_what_cannot_be_drawn_is_a_sentence() -> None:
    with pytest.raises(UserProblem) as problem:
        png("no drawing")
    assert problem.value.key == "compare_chart_failed"
    for language in ("en", "zh"):
        assert "not a drawing" in problem.value.sentence(language)


def test_waiting_ends_when_it_is_stopped() -> None:
    cancel = CancelToken()
    cancel.cancel()
    with pytest.raises(Cancelled):
        png(SQUARE, cancel)


def test_a_process_that_dies_is_said_to_have_failed(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(pixels, "_draw", _dies)
    with pytest.raises(UserProblem) as problem:
        png(SQUARE)
    assert (problem.value.key, problem.value.details["fault"]) == ("compare_chart_failed", 9)


def _dies(*_: object) -> None:
    raise SystemExit(9)
