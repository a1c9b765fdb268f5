"""The order in which a page's lines are read, where the file draws them in another.

Text columns that are drawn line by line across the page are read one after the
other; tables that are drawn column by column are read row by row, so that a number
stays beside its label.  Everything else keeps the order of the file, which is nearly always right.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from itertools import groupby, pairwise

from core.reading.raw_line import RawLine
from core.reading.wire import STEPS

# A gutter is wider than this, in heights of a line, and goes through so many lines.
GUTTER = 1.2
LEAST_LINES = 4
# A column of text is so wide at least, as a share of the page; so many of its lines fill so much of it.
COLUMN_WIDTH, FULL, MOSTLY_FULL = 0.2, 0.75, 0.4
# Columns of a table have so many cells, and so many of them stand beside one of the column before.
LEAST_CELLS = 3
BESIDE = 0.6
OUTSIDE = 0.1

Gap = tuple[int, int, int]  # where the gap begins and ends, in steps, and the place of its space in the text


def in_reading_order(lines: Sequence[RawLine], aspect: float) -> list[RawLine]:
    """The lines as a person reads them; those of a table's row become one."""
    return _rows_of_tables(_columns_of_text(lines, aspect))


def _columns_of_text(lines: Sequence[RawLine], aspect: float) -> list[RawLine]:
    gaps = [_gaps(line, aspect) for line in lines]
    ordered: list[RawLine] = []
    i = 0
    while i < len(lines):
        end, gutter = _gutter_from(lines, gaps, i)
        left, right = _halves(lines[i:end], gaps[i:end], gutter) if gutter else ([], [])
        if min(len(left), len(right)) >= LEAST_LINES and _is_prose(left) and _is_prose(right):
            ordered += [*left, *right]
            i = end
        else:
            ordered.append(lines[i])
            i += 1
    return ordered


def _gaps(line: RawLine, aspect: float) -> list[Gap]:
    if not line.upright or not line.edges:
        return []
    least = GUTTER * line.height / max(aspect, 1e-6) * STEPS
    edges = line.edges
    return [
        (edges[k], edges[k + 1], k) for k, c in enumerate(line.text) if c == " " and edges[k + 1] - edges[k] > least
    ]


def _gutter_from(
    lines: Sequence[RawLine], gaps: Sequence[Sequence[Gap]], first: int
) -> tuple[int, tuple[int, int] | None]:
    """How far one gutter goes through the lines from ``first`` on, and where it is; None when there is none."""
    best: tuple[int, tuple[int, int] | None] = (first, None)
    for low, high, _ in gaps[first]:
        end = first + 1
        while end < len(lines) and lines[end].y0 > lines[end - 1].y0:
            meeting = [(max(low, a), min(high, b)) for a, b, _ in gaps[end] if min(high, b) - max(low, a) > 60]
            if not meeting:
                break
            low, high = max(meeting, key=lambda both: both[1] - both[0])
            end += 1
        if end - first >= LEAST_LINES and end > best[0]:
            best = end, (low, high)
    return best


def _halves(
    lines: Sequence[RawLine], gaps: Sequence[Sequence[Gap]], gutter: tuple[int, int]
) -> tuple[list[RawLine], list[RawLine]]:
    left, right = [], []
    for line, spaces in zip(lines, gaps, strict=True):
        k = next(k for a, b, k in spaces if a <= gutter[0] and gutter[1] <= b)
        left.append(replace(line, text=line.text[:k], edges=line.edges[: k + 1], x1=line.edges[k] / STEPS))
        right.append(replace(line, text=line.text[k + 1 :], edges=line.edges[k + 1 :], x0=line.edges[k + 1] / STEPS))
    return left, right


def _is_prose(lines: Sequence[RawLine]) -> bool:
    # The cells of a table are short; the lines of a text column fill it.
    width = max(line.x1 for line in lines) - min(line.x0 for line in lines)
    full = sum(1 for line in lines if line.x1 - line.x0 > FULL * width)
    words = sum(len(line.text.split()) for line in lines)
    dense = words >= 3 * len(lines) or sum(len(line.text) for line in lines) >= 12 * len(lines)
    return width >= COLUMN_WIDTH and full >= MOSTLY_FULL * len(lines) and dense


def _rows_of_tables(lines: Sequence[RawLine]) -> list[RawLine]:
    stacks = _stacks(lines)
    ordered: list[RawLine] = []
    i = 0
    while i < len(stacks):
        end = i + 1
        while end < len(stacks) and _stands_beside(stacks[i], stacks[end - 1], stacks[end]):
            end += 1
        if end - i > 1 and not all(map(_is_prose, stacks[i:end])):
            ordered += _rows([line for stack in stacks[i:end] for line in stack])
        else:
            ordered += [line for stack in stacks[i:end] for line in stack]
        i = end
    return ordered


def _stacks(lines: Sequence[RawLine]) -> list[list[RawLine]]:
    """The lines in their order, a new stack wherever it goes up the page again."""
    stacks: list[list[RawLine]] = []
    for line in lines:
        last = stacks[-1][-1] if stacks else None
        below = last is not None and line.y0 > last.y0 + 0.2 * last.height and line.upright and last.upright
        # a line that begins far to the left of a column is none of its cells
        outside = below and len(stacks[-1]) >= LEAST_CELLS and line.x0 < min(cell.x0 for cell in stacks[-1]) - OUTSIDE
        if below and not outside:
            stacks[-1].append(line)
        else:
            stacks.append([line])
    return stacks


def _stands_beside(first: Sequence[RawLine], last: Sequence[RawLine], stack: Sequence[RawLine]) -> bool:
    """Whether a stack is the next column of the table that begins with ``first``."""
    if min(len(first), len(stack)) < LEAST_CELLS or not all(line.upright and line.edges for line in (*first, *stack)):
        return False
    if min(line.x0 for line in stack) <= max(line.x1 for line in last[-len(stack) :]):
        return False
    beside = sum(1 for line in stack if any(_level(line, other) for other in first))
    return beside >= BESIDE * len(stack)


def _level(one: RawLine, other: RawLine) -> bool:
    return abs(one.y0 + one.y1 - other.y0 - other.y1) < 0.6 * min(one.height, other.height)


def _rows(cells: Sequence[RawLine]) -> list[RawLine]:
    ordered = sorted(cells, key=lambda cell: cell.y0 + cell.y1)
    numbers = [0]
    for above, below in pairwise(ordered):
        numbers.append(numbers[-1] + (not _level(above, below)))
    rows = []
    for _, group in groupby(zip(numbers, ordered, strict=True), key=lambda pair: pair[0]):
        row = sorted((cell for _, cell in group), key=lambda cell: cell.x0)
        made = row[0]
        for cell in row[1:]:
            if made.edges[-1] > cell.edges[0]:  # they overlap: no row
                rows.append(made)
                made = cell
                continue
            made = replace(
                made,
                text=f"{made.text} {cell.text}",
                y0=min(made.y0, cell.y0),
                x1=max(made.x1, cell.x1),
                y1=max(made.y1, cell.y1),
                edges=(*made.edges, *cell.edges),
            )
        rows.append(made)
    return rows
