"""From printed lines to the text of a page."""

from __future__ import annotations

import re
from array import array
from collections.abc import Sequence, Set
from dataclasses import replace
from itertools import pairwise
from statistics import median

from core.reading.characters import is_cjk
from core.reading.ordering import in_reading_order
from core.reading.raw_line import RawLine
from core.reading.wire import PackedLine

# A word's beginning with the hyphen at the end of its line, and what it goes on with.
_HEAD = re.compile(r"(?:^|[\s(\[\"'“‘/—–])([^\W\d_]{2,}(?:-[^\W\d_]+)*)[-‐]$")
_TAIL = re.compile(r"[^\W\d_]{2,}(?:-[^\W\d_]+)*")
_WORD = re.compile(r"[^\W\d_]+(?:-[^\W\d_]+)*")
# No word of its own.
_ENDING = re.compile(
    r"[b-df-hj-np-tv-z]{0,2}(?:[aiou]{0,2}tion|sion|ment|ing|ity|ness|[ai]ble|[ae]nce|[ae]nt|ous|ical|al|ly|[ai]?tive|sive|ture|"
    r"ize|ise|ized|ised|ies|ed|er)s?(?:ly)?"
)
# What is written with a hyphen in the middle of a line, too, and is no syllable of other words.
_PREFIXES = frozenset(
    "all cross eighty far fifty first forty full half high long low ninety non quasi self semi seventy short single "
    "sixty third thirty three twenty ultra".split()
)

# Where so many lines of a page end in a hyphen, they are set with divided words.
LEAST_DIVIDED, DIVIDED_SHARE = 3, 0.06

# A gap between two lines that is this much wider than the usual one begins a new paragraph.
PARAGRAPH_PITCH = 1.35


def compose(lines: Sequence[RawLine], aspect: float) -> tuple[str, tuple[PackedLine, ...]]:
    """The text of a page and its lines: one line each, an empty line between paragraphs.

    A word that a hyphen divides between two lines is whole in the text.
    ``aspect`` is width / height of the page: it makes widths and heights comparable.
    """
    joined = in_reading_order(_join_neighbours(lines, aspect), aspect)
    breaks = _paragraph_breaks(joined)
    divided = _divided(joined)
    pieces: list[str] = []
    placed: list[PackedLine] = []
    at = 0
    for i, (raw, new_paragraph) in enumerate(zip(joined, breaks, strict=True)):
        if placed:
            pieces.append("" if i - 1 in divided else "\n\n" if new_paragraph else "\n")
            at += len(pieces[-1])
        if divided.get(i) == "":
            # the hyphen is the line's end, not the word's
            raw = replace(raw, text=raw.text[:-1], edges=raw.edges[:-1])
        end = at + len(raw.text)
        box = (_within(raw.x0), _within(raw.y0), _within(raw.x1), _within(raw.y1))
        placed.append((at, end, *box, array("H", raw.edges).tobytes()))
        pieces.append(raw.text)
        at = end
    return "".join(pieces), tuple(placed)


def _divided(lines: Sequence[RawLine]) -> dict[int, str]:
    """The lines that end inside a word, and what stands there in the word: "-" or nothing."""
    halves = {}
    for i, (above, below) in enumerate(pairwise(lines)):
        if not above.text.endswith(("-", "‐")):
            continue
        head, tail = _HEAD.search(above.text), _TAIL.match(below.text)
        if head and tail and above.upright and below.upright and below.y0 > above.y0:
            halves[i] = (head[1], tail[0])
    if not halves:
        return {}
    # the halves themselves are no words of the page
    texts = [_HEAD.sub("", line.text) if i in halves else line.text for i, line in enumerate(lines)]
    texts = [_TAIL.sub("", text, count=1) if i - 1 in halves else text for i, text in enumerate(texts)]
    words = set(_WORD.findall("\n".join(texts).casefold()))
    divides = len(halves) >= max(LEAST_DIVIDED, DIVIDED_SHARE * len(lines))
    return {
        i: _mark(*pair, words, divides)
        for i, pair in halves.items()
        if not pair[0][-1].isupper() or pair[1][0].isupper()  # not "Exhibit A-" and the words below it
    }


def _mark(first: str, second: str, words: Set[str], divides: bool) -> str:
    """What stands between two halves of a word in the middle of a line.

    ``words`` are those of the page; ``divides`` says that its lines are set with divided words.
    """
    if second[0].isupper() and not first[-1].isupper():
        return "-"  # "Anglo-Saxon"
    first, second = first.casefold(), second.casefold()
    if f"{first}-{second}" in words:
        return "-"
    if f"{first}{second}" in words:
        return ""
    last = first.rpartition("-")[2]
    compound = last != first or "-" in second  # "state-of-the-art"
    if compound or last in _PREFIXES or (last in words and second in words):
        return "-"
    return "" if divides or _ENDING.fullmatch(second) else "-"


def _within(value: float) -> float:
    return min(1.0, max(0.0, round(value, 5)))


def _join_neighbours(lines: Sequence[RawLine], aspect: float) -> list[RawLine]:
    # pdfium ends a line where the baseline jumps a little (a footnote mark, a bold word): join such lines again.
    joined: list[RawLine] = []
    for line in lines:
        last = joined[-1] if joined else None
        if last is not None and last.upright and line.upright and _continues(last, line, aspect):
            gap = (line.x0 - last.x1) * aspect
            space = "" if gap < 0.15 * last.height else " "
            edges: tuple[int, ...] = ()
            if last.edges and line.edges:
                edges = (*last.edges, *line.edges) if space else (*last.edges[:-1], *line.edges)
            joined[-1] = RawLine(
                last.text + space + line.text,
                last.x0,
                min(last.y0, line.y0),
                max(last.x1, line.x1),
                max(last.y1, line.y1),
                edges,
            )
        else:
            joined.append(line)
    return joined


def _continues(last: RawLine, line: RawLine, aspect: float) -> bool:
    overlap = min(last.y1, line.y1) - max(last.y0, line.y0)
    low, high = sorted((last.height, line.height))
    gap = (line.x0 - last.x1) * aspect
    if last.edges and line.edges and not last.edges[0] <= last.edges[-1] <= line.edges[0] <= line.edges[-1]:
        return False  # the edges of a line must not run now forwards and now backwards
    # a drop cap, or a column of another size, is no continuation
    return overlap > 0.5 * low and high < 2.5 * low and -0.1 * low <= gap < 0.8 * low


def _paragraph_breaks(lines: Sequence[RawLine]) -> list[bool]:
    pitches: list[float | None] = []
    for above, below in pairwise(lines):
        beside = min(above.x1, below.x1) <= max(above.x0, below.x0)
        down = below.y0 - above.y0
        pitches.append(None if beside or down <= 0 or not (above.upright and below.upright) else down)
    known = [p for p in pitches if p is not None]
    usual = median(known) if known else 0.0
    # Where most paragraphs have one line only, the lower quarter still shows the pitch inside a paragraph.
    if len(known) >= 8:
        usual = min(usual, 1.15 * sorted(known)[len(known) // 4])
    breaks = [False]
    for pitch, (above, below) in zip(pitches, pairwise(lines), strict=True):
        breaks.append(
            pitch is not None
            and pitch > PARAGRAPH_PITCH * usual
            and below.y0 - above.y1 > 0.25 * min(above.height, below.height)
        )
    return breaks[: len(lines)]


def spaced_out(text: str) -> bool:
    """Whether a line has a space between nearly all of its CJK characters, as some typesetting programs write it."""
    tight = spaced = 0
    for i in range(len(text) - 1):
        if is_cjk(text[i]):
            if is_cjk(text[i + 1]):
                tight += 1
            elif text[i + 1] == " " and i + 2 < len(text) and is_cjk(text[i + 2]):
                spaced += 1
    return spaced >= 3 and spaced > 2 * tight
