"""Back from a span of a page's text to its place on the page."""

from __future__ import annotations

from collections.abc import Sequence

from core.nouns import Line, Page, ReadBy, Rect
from core.reading.characters import CLOSING, OPENING

# A mark of Chinese print has its ink in this share of its cell.
_INKED = 0.42
_SLACK = 0.005


def rects_of(page: Page, start: int, end: int) -> tuple[Rect, ...]:
    """Where ``page.text[start:end]`` stands: one rectangle for each line it touches.

    Exact or absent: () when the place of a part of it is not known, as within a line
    whose letters were recognised but not found in the picture.
    """
    found = []
    for line in page.lines:
        low, high = max(start, line.start), min(end, line.end)
        while low < high and page.text[low].isspace():
            low += 1
        while high > low and page.text[high - 1].isspace():
            high -= 1
        if low >= high:
            continue
        if line.edges:
            found.append(_part(page, line, low, high))
        elif page.read_by is not ReadBy.OCR and not (page.text[line.start : low] + page.text[high : line.end]).strip():
            found.append(line.rect)
        else:
            return ()
    return tuple(found)


def text_under(page: Page, rects: Sequence[Rect]) -> str:
    """The characters whose middle lies in one of the rectangles, in the order of the page's text."""
    found = []
    for line in page.lines:
        x, y = (line.rect.x0 + line.rect.x1) / 2, (line.rect.y0 + line.rect.y1) / 2
        sideways = bool(line.edges) and _sideways(page, line)
        for at in range(line.start, line.end):
            if line.edges:
                middle = (line.edges[at - line.start] + line.edges[at - line.start + 1]) / 2
                x, y = (x, middle) if sideways else (middle, y)
            if any(rect.x0 <= x <= rect.x1 and rect.y0 <= y <= rect.y1 for rect in rects):
                found.append(page.text[at])
    return "".join(found)


def _part(page: Page, line: Line, low: int, high: int) -> Rect:
    edges, rect = line.edges, line.rect
    first, last = edges[low - line.start], edges[high - line.start]
    if page.read_by is ReadBy.OCR:
        # Found by their ink, and the blank half of a mark's cell is none.
        cell = _INKED * (rect.y1 - rect.y0) * page.height / page.width
        if page.text[high - 1] in CLOSING:
            last = min(last, edges[high - 1 - line.start] + cell)
        if page.text[low] in OPENING:
            first = max(first, edges[low + 1 - line.start] - cell)
    first, last = sorted((first, last))
    if _sideways(page, line):
        return Rect(rect.x0, first, rect.x1, last)
    return Rect(first, rect.y0, last, rect.y1)


def _sideways(page: Page, line: Line) -> bool:
    """Whether the line runs down or up the page: its edges then lie between the top and the bottom of its box."""
    rect = line.rect
    first, last = sorted((line.edges[0], line.edges[-1]))
    across = rect.x0 - _SLACK <= first and last <= rect.x1 + _SLACK
    down = rect.y0 - _SLACK <= first and last <= rect.y1 + _SLACK
    if across and down:
        return (rect.y1 - rect.y0) * page.height > (rect.x1 - rect.x0) * page.width
    return down
