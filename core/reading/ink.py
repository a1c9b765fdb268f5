"""Where the letters of a recognised line stand: the recogniser's rough places, drawn in to the ink of the picture."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise

import numpy as np
import numpy.typing as npt

from core.reading.characters import CLOSING, OPENING

Grey = npt.NDArray[np.uint8]

# Paper and ink of a line must differ by this many of 256 steps to be told apart.
LEAST_CONTRAST = 60
# Thin strokes are grey: ink is what differs from the paper by this share of what the blackest does.
THIN = 0.4
# A stroke longer than so many heights of what is looked at underlines the words, or frames them.
RULE = 1.1
# A row or column of the picture holds ink when it has so many dark pixels; one alone is dust.
LEAST_DARK = 2
# The highlight reaches a little beyond the ink, as a font's box does: this share of the line's height.
MARGIN = 0.02
# How far around its box the line is looked for, in heights of the box.
BEYOND = 0.2
# Ink that is so near to the line belongs to it, as a share of the height that is looked at.
DOT = 0.08
# A band of ink lower than this share of what was looked at is not the whole line.
LEAST_BAND = 0.22
# The space between words is so wide at least, in heights of the line; this share of a line's spaces must be found.
SPACE = 0.08
SURE = 0.8


@dataclass(frozen=True, slots=True)
class Letter:
    """A letter that was recognised, and the middle of it in pixels of the picture; None for a space."""

    text: str
    middle: float | None


@dataclass(frozen=True, slots=True)
class Placed:
    """A line in pixels of the picture: its box, and the left edges of its letters and the right edge of the last."""

    left: float
    top: float
    right: float
    bottom: float
    edges: tuple[float, ...]


def place(grey: Grey, box: tuple[float, float, float, float], letters: Sequence[Letter]) -> Placed | None:
    """The line within ``box`` (left, top, right, bottom), which may be roomier than its ink.

    None where ink and paper cannot be told apart, or the letters are not where the ink is.
    """
    # A little around it too: the box may cut strokes off, and what belongs to the neighbours shows only there.
    beyond = BEYOND * (box[3] - box[1])
    left, top = max(0, int(box[0] - beyond)), max(0, int(box[1] - beyond))
    dark = _dark(grey[top : int(np.ceil(box[3] + beyond)), left : int(np.ceil(box[2] + beyond))])
    if dark is None:
        return None
    first, last = _band(dark)
    if last - first < LEAST_BAND * len(dark):
        return None
    ink = dark[first:last].sum(axis=0)
    reach = _reach(ink, int(box[0]) - left, int(np.ceil(box[2])) - left)
    edges = _edges(ink, letters, left, *reach, last - first) if reach else None
    if reach is None or edges is None:
        return None
    margin = MARGIN * (last - first)
    return Placed(float(left + reach[0]), top + first - margin, float(left + reach[1]), top + last + margin, edges)


def _reach(ink: npt.NDArray[np.int64], low: int, high: int) -> tuple[int, int] | None:
    """First and last (exclusive) column with ink between two, and on as far as it is unbroken."""
    inside = np.flatnonzero(ink[low:high] >= LEAST_DARK)
    if not len(inside):
        return None
    first, last = low + int(inside[0]), low + int(inside[-1]) + 1
    while first > 0 and ink[first - 1]:
        first -= 1
    while last < len(ink) and ink[last]:
        last += 1
    return first, last


def _dark(part: Grey) -> npt.NDArray[np.bool_] | None:
    """Which pixels are ink: the fewer of the dark and the light ones."""
    if part.size == 0 or min(part.shape) < 4:
        return None
    low, high = (float(value) for value in np.percentile(part, (1, 99)))
    if high - low < LEAST_CONTRAST:
        return None
    if np.mean(part < (low + high) / 2) > 0.5:  # light print on a dark ground
        part, low, high = 255 - part, 255 - high, 255 - low
    dark: npt.NDArray[np.bool_] = part < high - THIN * (high - low)
    for row in np.flatnonzero(dark.sum(axis=1) > RULE * len(dark)):
        for a, b in _runs(dark[row]):
            if b - a > RULE * len(dark):
                dark[row, a:b] = False
    return dark


def _band(dark: npt.NDArray[np.bool_]) -> tuple[int, int]:
    """First and last (exclusive) row of the line, without its neighbours above and below."""
    ink = dark.sum(axis=1)
    runs = _runs(ink >= LEAST_DARK)
    if not runs:
        return 0, 0
    main = max(range(len(runs)), key=lambda i: int(ink[slice(*runs[i])].sum()))
    first, last = runs[main]
    # the dot of an i, the strokes of 三; what reaches the border of the picture is a neighbour's
    near = DOT * len(dark)
    for a, b in runs[:main][::-1]:
        if first - b > near or a == 0:
            break
        first = a
    for a, b in runs[main + 1 :]:
        if a - last > near or b == len(dark):
            break
        last = b
    # Where the neighbour's ink touches the line's, they part where there is least of it.
    third = len(dark) // 3
    if first == 0:
        above = ink[:third]
        first = int(np.flatnonzero(above <= above.min() + LEAST_DARK)[-1]) + 1
    if last == len(dark):
        below = ink[len(dark) - third :]
        last = len(dark) - third + int(np.flatnonzero(below <= below.min() + LEAST_DARK)[0])
    # the tail of a single comma
    while first > 1 and 0 < ink[first - 1] < LEAST_DARK:
        first -= 1
    while last < len(dark) - 1 and 0 < ink[last] < LEAST_DARK:
        last += 1
    return first, last


def _runs(values: npt.NDArray[np.bool_]) -> list[tuple[int, int]]:
    padded = np.concatenate(([False], values, [False])).astype(np.int8)
    change = np.flatnonzero(np.diff(padded))
    return [(int(a), int(b)) for a, b in zip(change[::2], change[1::2], strict=True)]


def _edges(
    ink: npt.NDArray[np.int64], letters: Sequence[Letter], left: int, low: int, high: int, tall: int
) -> tuple[float, ...] | None:
    """Edges of the letters: between two of them, where the widest gap is."""
    solid = [i for i, letter in enumerate(letters) if letter.middle is not None]
    if not solid:
        return None
    edges = [0.0] * (len(letters) + 1)
    edges[solid[0]] = float(low)
    reach = float(low)
    spaces = clear = 0
    for i, j in pairwise(solid):
        here, there = letters[i].middle, letters[j].middle
        assert here is not None and there is not None
        low_gap, high_gap = _gap(ink, max(reach, here - left), min(float(high), there - left))
        gap = max(reach, low_gap), max(reach, high_gap)
        if j > i + 1:
            spaces += 1
            clear += gap[1] - gap[0] >= SPACE * tall
            edges[i + 1 : j] = [gap[0]] * (j - i - 1)
            edges[j] = gap[1]
        else:
            # The blank beside a mark of Chinese print belongs to its cell.
            after, before = letters[i].text in CLOSING, letters[j].text in OPENING
            edges[j] = (gap[0] + gap[1]) / 2 if after == before else gap[1] if after else gap[0]
        reach = edges[j]
    edges[solid[-1] + 1 :] = [float(high)] * (len(edges) - solid[-1] - 1)
    # Between words there is a gap in the ink; where there is none, the letters are not where they are thought to be.
    if clear < SURE * spaces or reach > high:
        return None
    return tuple(left + edge for edge in edges)


def _gap(ink: npt.NDArray[np.int64], low: float, high: float) -> tuple[float, float]:
    """The widest stretch without ink between two places; where letters touch, the thinnest column."""
    a, b = int(low), max(int(low) + 1, int(np.ceil(high)))
    part = ink[a:b]
    runs = _runs(part < LEAST_DARK)
    if runs:
        first, last = max(runs, key=lambda run: run[1] - run[0])
        return float(a + first), float(a + last)
    if not len(part):
        return low, low
    thinnest = float(a + int(np.argmin(part))) + 0.5
    return thinnest, thinnest
