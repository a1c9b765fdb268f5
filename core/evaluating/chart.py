"""The comparison as a picture: bars with their intervals, a panel a measure, written as SVG by hand.

The same comparison gives the same bytes.  Colours are of Okabe and Ito, which colour-blind people can tell apart, and
every bar also carries its value and its name.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from xml.sax.saxutils import escape

from core.evaluating.comparing import MEASURES
from core.evaluating.tables import Evaluation, Figure
from core.messages import say

_FONT = "Helvetica, Arial, 'Noto Sans CJK SC', 'PingFang SC', 'Microsoft YaHei', sans-serif"
_COLOURS = ("#999999", "#E69F00", "#56B4E9", "#0072B2")
_INK, _QUIET, _LINE, _TRACK = "#1f2328", "#59606a", "#c9ced6", "#f0f2f5"
_LEFT, _NAMES, _BARS, _VALUES = 36, 170, 470, 150  # widths from left to right
_WIDTH = _LEFT + _NAMES + _BARS + _VALUES
_TOP, _FOOT = 92, 44
_BAR, _PITCH, _HEAD, _GAP = 15, 21, 30, 16


def chart(evaluation: Evaluation, language: str = "en") -> str:
    """The comparison as the text of an SVG file, labelled in ``language`` ("en" or "zh")."""
    panels = [panel for panel in MEASURES if any(_figures(evaluation, panel))]
    each = _HEAD + _PITCH * len(evaluation.tables) + _GAP
    height = _TOP + each * len(panels) + _FOOT
    parts = [
        f'<svg xmlns="http://www.w3.org/2000/svg" width="{_WIDTH}" height="{height}" '
        f'viewBox="0 0 {_WIDTH} {height}" font-family="{escape(_FONT)}" role="img" xml:lang="{language}">',
        f"<title>{escape(say('compare_title', language))}</title>",
        f'<rect width="{_WIDTH}" height="{height}" fill="#ffffff"/>',
        _text(_LEFT, 44, say("compare_title", language), size=22, weight="bold"),
        _text(_LEFT, 68, _caption(evaluation, language), size=13, colour=_QUIET),
    ]
    for place, panel in enumerate(panels):
        parts += _panel(evaluation, panel, _TOP + place * each, language)
    return "\n".join([*parts, "</svg>", ""])


def _caption(evaluation: Evaluation, language: str) -> str:
    told = say("compare_caption", language, n=evaluation.settings.get("questions", 0))
    who = evaluation.settings.get("persona_name")
    return f"{told} · {say('compare_who', language, persona=who, model=_base(evaluation))}" if who else told


def _base(evaluation: Evaluation) -> object:
    model = evaluation.settings.get("model")
    return model["name"] if isinstance(model, Mapping) else "–"


def _panel(evaluation: Evaluation, measure: str, top: int, language: str) -> Iterator[str]:
    figures = _figures(evaluation, measure)
    unit = next(f.unit for f in figures if f)
    longest = 100.0 if unit == "%" else max(_reach(f) for f in figures if f) or 1.0
    better = next((f.note for f in figures if f and f.note), "compare_higher_is_better")
    yield f'<line x1="{_LEFT}" y1="{top}" x2="{_WIDTH - _LEFT}" y2="{top}" stroke="{_LINE}" stroke-width="1"/>'
    yield _text(_LEFT, top + 21, say(measure, language), size=15, weight="bold")
    told = say("compare_of", language, n=next(f.n for f in figures if f), better=say(better, language))
    yield _text(_WIDTH - _LEFT, top + 21, told, size=12, colour=_QUIET, anchor="end")
    for place, (table, one) in enumerate(zip(evaluation.tables, figures, strict=True)):
        y = top + _HEAD + place * _PITCH
        name = say(table.title, language)
        yield _text(_LEFT + _NAMES - 10, y + 12, name, size=13, anchor="end")
        yield _bar(_BARS, y, _TRACK)
        if one is None:
            yield _text(_LEFT + _NAMES + _BARS + 10, y + 12, "–", size=13, colour=_QUIET)
            continue
        yield _bar(_BARS * one.value / longest, y, _COLOURS[place % len(_COLOURS)])
        if one.low is not None and one.high is not None:
            yield from _interval(one.low / longest, min(one.high / longest, 1.0), y)
        yield _text(_LEFT + _NAMES + _BARS + 10, y + 12, _value(one), size=13)


def _figures(evaluation: Evaluation, measure: str) -> list[Figure | None]:
    return [next((f for f in table.figures if f.name == measure), None) for table in evaluation.tables]


def _reach(one: Figure) -> float:
    return max(one.value, one.high or 0.0)


def _value(one: Figure) -> str:
    digits, unit = (0, "%") if one.unit == "%" else (1, f" {one.unit}")
    said = f"{one.value:.{digits}f}{unit}"
    return said if one.low is None or one.high is None else f"{said}  ({one.low:.{digits}f}–{one.high:.{digits}f})"


def _bar(width: float, y: int, colour: str) -> str:
    return f'<rect x="{_LEFT + _NAMES}" y="{y}" width="{width:.1f}" height="{_BAR}" rx="2" fill="{colour}"/>'


def _interval(low: float, high: float, y: int) -> Iterator[str]:
    left, right, middle = (_LEFT + _NAMES + _BARS * low, _LEFT + _NAMES + _BARS * high, y + _BAR / 2)
    for colour, width in (("#ffffff", 3.2), (_INK, 1.2)):  # seen on the darkest bar too
        for x1, y1, x2, y2 in (
            (left, middle, right, middle),
            (left, middle - 3, left, middle + 3),
            (right, middle - 3, right, middle + 3),
        ):
            stroke = f'stroke="{colour}" stroke-width="{width}"'
            yield f'<line x1="{x1:.1f}" y1="{y1:.1f}" x2="{x2:.1f}" y2="{y2:.1f}" {stroke}/>'


def _text(
    x: int, y: int, said: str, *, size: int, colour: str = _INK, weight: str = "normal", anchor: str = "start"
) -> str:
    return (
        f'<text x="{x}" y="{y}" font-size="{size}" font-weight="{weight}" fill="{colour}" '
        f'text-anchor="{anchor}">{escape(said)}</text>'
    )
