"""Back from a span of a page's text to its place on the page."""

from __future__ import annotations

from core.nouns import Page, ReadBy, Rect


def rects_of(page: Page, start: int, end: int) -> tuple[Rect, ...]:
    """Where ``page.text[start:end]`` stands: one rectangle for each line it touches.

    Exact or absent: () when the place of a part of it is not known, as within a line
    of which only the box is known.  The boxes of recognised lines are too roomy to count.
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
            x0, x1 = line.edges[low - line.start], line.edges[high - line.start]
            found.append(Rect(x0, line.rect.y0, x1, line.rect.y1))
        elif page.read_by is not ReadBy.OCR and not (page.text[line.start : low] + page.text[high : line.end]).strip():
            found.append(line.rect)
        else:
            return ()
    return tuple(found)
