"""The number printed on a page, trusted only where it counts on from page to page."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import accumulate, pairwise
from statistics import median

from core.nouns import Line, Page
from core.reading.headings import line_numbers

# Rows looked at from the top and from the bottom, besides those that say the same on many pages; and all in all.
OUTERMOST = 2
DEEPEST = 8
RUNNING_SHARE = 0.3
LONGEST_LINE = 160

# How plainly a number shows itself, and how many pages that show it so plainly must agree.
SAID, ALONE, REPEATED, BESIDE = 4, 3, 2, 1
LEAST_PAGES = {
    SAID: 3,  # "Page 12", "第 12 页"
    ALONE: 3,  # a row of its own
    REPEATED: 4,  # set apart from words that stand on other pages, too: "INTRODUCTION  5"
    BESIDE: 10,  # set apart from words that change: "Aspirin  112", "Atenolol  113"
}
LEAST_REPEATED = 3
LEAST_SHARE = 0.5
# Pages with text in a row that may carry no number without ending the count: chapter openings, plates.
MOST_SILENT = 4
# Numbers that count up from page to page may be years.
YEARS = range(1900, 2101)
# White this much wider than a character sets a number apart.
APART = 2.0

_ROMAN_DIGITS = ((100, "c"), (90, "xc"), (50, "l"), (40, "xl"), (10, "x"), (9, "ix"), (5, "v"), (4, "iv"), (1, "i"))


def _roman(value: int) -> str:
    text = ""
    for worth, digits in _ROMAN_DIGITS:
        text += digits * (value // worth)
        value %= worth
    return text


_ROMAN = {_roman(value): value for value in range(1, 200)}

_NUMBER = r"(?P<number>[1-9]\d{0,3}|[ivxlc]{1,8}|[IVXLC]{1,8}|[A-Z]{1,2}-(?:\d{1,2}-)?[1-9]\d{0,2})"
_TOTAL = r"(?P<total>[1-9]\d{0,3})"
_WORD = r"(?i:p\s?a\s?g\s?e\s?s?|pp?\.|pg\.?)"
_RULE = r"[\s\-–—―‒−－·•|~～_*]*"
_SEPARATORS = "|·•–—"

_SAID = (
    re.compile(rf"(?<![\w-]){_WORD}\s*[|:]?\s*{_NUMBER}(?:\s*(?:(?i:of)|[/／])\s*{_TOTAL})?(?![\w-]|[.,]\d)"),
    re.compile(rf"(?<![\w-]){_NUMBER}\s*\|\s*{_WORD}(?!\w)"),
    re.compile(rf"第\s*{_NUMBER}\s*页(?:\s*[,，/／]?\s*共\s*{_TOTAL}\s*页)?"),
    re.compile(rf"共\s*{_TOTAL}\s*页\s*[,，/／]?\s*第\s*{_NUMBER}\s*页"),
)
_WHOLE = (
    re.compile(rf"{_RULE}{_NUMBER}{_RULE}"),
    re.compile(rf"{_RULE}{_NUMBER}\s*页{_RULE}"),
    re.compile(rf"{_RULE}{_NUMBER}\s*(?i:of)\s*{_TOTAL}{_RULE}"),
    re.compile(rf"{_RULE}{_NUMBER}\s*[/／]\s*[1-9]\d{{0,3}}{_RULE}"),
)
_AMONG = re.compile(rf"(?<![^\s{_SEPARATORS}]){_NUMBER}(?![^\s{_SEPARATORS}])")


@dataclass(frozen=True, slots=True)
class _Count:
    """A way of counting: pages of one count differ by their position only."""

    style: str  # "1", "i" or "I"
    prefix: str
    offset: int

    def number(self, index: int) -> int:
        return index + self.offset

    def label(self, index: int) -> str:
        text = str(self.number(index)) if self.style == "1" else _roman(self.number(index))
        return self.prefix + (text.upper() if self.style == "I" else text)


@dataclass(frozen=True, slots=True)
class _Sighting:
    """A number seen at the edge of a page; ``around`` is its row with "#" in its place."""

    count: _Count
    index: int
    total: int  # 40 in "12 of 40", else 0
    top: bool
    around: str
    plainness: int


@dataclass(frozen=True, slots=True)
class _Run:
    """Pages that agree on a count, the first one first."""

    count: _Count
    seen: dict[int, _Sighting]

    @property
    def first(self) -> int:
        return next(iter(self.seen))

    @property
    def last(self) -> int:
        return next(reversed(self.seen))

    @property
    def weight(self) -> int:
        return sum(sighting.plainness for sighting in self.seen.values())

    def showing(self, plainness: int) -> int:
        """Pages that show the number at least so plainly."""
        return sum(1 for sighting in self.seen.values() if sighting.plainness >= plainness)

    @property
    def span(self) -> range:
        return range(self.first, self.last + 1)


def page_labels(pages: Sequence[Page], declared: Sequence[str] = ()) -> tuple[str, ...]:
    """The label of each page: what the PDF declares, else the number printed on it, else its position from 1.

    ``declared`` has one label a page ("" for none) or nothing; labels that only count
    1..n are any program's default and give way to what is printed.
    """
    positions = [str(i + 1) for i in range(len(pages))]
    if len(declared) == len(pages):
        named = [label or position for label, position in zip(declared, positions, strict=True)]
        if named != positions:
            return tuple(named)
    printed = printed_labels(pages)
    return tuple(printed.get(i, position) for i, position in enumerate(positions))


def printed_labels(pages: Sequence[Page]) -> dict[int, str]:
    """The printed page numbers by place in ``pages``; empty when the numbers on most pages do not agree.

    A page between two that agree gets the number it must have; others without one are absent.
    """
    sightings = _sightings(pages)
    written = list(accumulate((bool(page.text) for page in pages), initial=0))
    runs = _agreeing(sightings, written)
    runs += _short(sightings, runs)
    known = sorted(((i, run.count) for run in runs for i in run.seen), key=lambda pair: pair[0])
    labels = {i: count.label(i) for i, count in known}
    for (i, count), (j, after) in pairwise(known):
        if count == after:
            labels.update((k, count.label(k)) for k in range(i + 1, j))
    return labels if len(labels) >= LEAST_SHARE * written[-1] else {}


def _agreeing(sightings: Sequence[_Sighting], written: Sequence[int]) -> list[_Run]:
    """The runs that can be trusted by themselves; no two overlap.

    ``written[i]`` is the number of pages with text before page i.
    """
    runs = [run for count, seen in _by_count(sightings) for run in _split(count, seen, written)]
    runs = [run for run in runs if _trusted(run, written)]
    runs.sort(key=lambda run: (-run.weight, abs(run.count.offset - 1)))
    return _side_by_side(runs, set())


def _side_by_side(runs: Sequence[_Run], taken: set[int]) -> list[_Run]:
    """The runs, the first ones first, that share no page with each other or with ``taken``."""
    chosen = []
    for run in runs:
        if taken.isdisjoint(run.span):
            taken.update(run.span)
            chosen.append(run)
    return chosen


def _by_count(sightings: Sequence[_Sighting]) -> list[tuple[_Count, dict[int, _Sighting]]]:
    counts: dict[_Count, dict[int, _Sighting]] = {}
    for sighting in sightings:
        seen = counts.setdefault(sighting.count, {})
        if sighting.index not in seen or seen[sighting.index].plainness < sighting.plainness:
            seen[sighting.index] = sighting
    return list(counts.items())


def _split(count: _Count, seen: Mapping[int, _Sighting], written: Sequence[int]) -> Iterator[_Run]:
    """Runs end where too many pages are silent, or where the total changes."""
    part: dict[int, _Sighting] = {}
    before = 0
    for i in sorted(seen):
        totals = {part[before].total, seen[i].total} - {0} if part else set()
        if part and (len(totals) > 1 or written[i] - written[before + 1] > MOST_SILENT):
            yield _Run(count, part)
            part = {}
        part[i] = seen[i]
        before = i
    yield _Run(count, part)


def _trusted(run: _Run, written: Sequence[int]) -> bool:
    if len(run.seen) < LEAST_SHARE * (written[run.last + 1] - written[run.first]):
        return False
    if run.count.number(run.first) in YEARS and run.count.number(run.last) in YEARS and not run.showing(SAID):
        return False
    if any(run.showing(plainness) >= least for plainness, least in LEAST_PAGES.items()):
        return True
    # "Page 2 of 3" proves itself where it is on every page of a short file, or counts from 1 to the end of a letter.
    totals = {sighting.total for sighting in run.seen.values()}
    begin, end = run.count.number(run.first), run.count.number(run.last)
    everywhere = len(run.seen) == written[-1]
    return len(totals) == 1 and (end <= min(totals) if everywhere else begin == 1 and end == min(totals))


def _short(sightings: Sequence[_Sighting], runs: Sequence[_Run]) -> list[_Run]:
    """Front matter (i, ii) and appendices (A-1) of a page or two, where the number of other pages is known to stand."""
    known = [sighting for run in runs for sighting in run.seen.values()]
    tops = {sighting.top for sighting in known}
    rows = {sighting.around for sighting in known}
    body = min((run.first for run in runs if run.count.style == "1" and not run.count.prefix), default=None)
    if body is None:
        return []
    fitting = []
    for sighting in sightings:
        front = sighting.count.style != "1" and sighting.index < body
        back = bool(sighting.count.prefix) and sighting.index > body
        alike = sighting.around in rows if _says(sighting.around) else sighting.top in tops
        if (front or back) and alike:
            fitting.append(sighting)
    found = []
    for count, seen in _by_count(fitting):
        run = _Run(count, seen)
        begins = count.number(run.first) <= 2 or all(_says(sighting.around) for sighting in seen.values())
        if begins and len(run.span) == len(seen):
            found.append(run)
    return _side_by_side(found, {i for run in runs for i in run.span})


def _sightings(pages: Sequence[Page]) -> list[_Sighting]:
    rows = [_rows(page) for page in pages]
    usual = _usual(pages, rows)
    found: list[_Sighting] = []
    for i, (page, downwards) in enumerate(zip(pages, rows, strict=True)):
        bottom = _outermost(page, downwards[::-1], usual)
        top = [row for row in _outermost(page, downwards, usual) if row not in bottom]
        for row in (*bottom, *top):
            found += _in_row(page, row, i, top=row in top)
    pairs = {(sighting.around, sighting.index) for sighting in found}
    repeats = Counter(around for around, _ in pairs)
    return [
        replace(s, plainness=REPEATED) if s.plainness == BESIDE and repeats[s.around] >= LEAST_REPEATED else s
        for s in found
    ]


def _rows(page: Page) -> list[list[Line]]:
    """The printed rows from top to bottom, each from left to right; line numbers in the margin are left out."""
    margin = line_numbers(page)
    rows: list[list[Line]] = []
    for line in sorted(page.lines, key=lambda line: line.rect.y0):
        if line.start in margin:
            continue
        if rows:
            above = rows[-1][0].rect
            overlap = min(above.y1, line.rect.y1) - line.rect.y0
            if overlap > 0.5 * min(above.y1 - above.y0, line.rect.y1 - line.rect.y0):
                rows[-1].append(line)
                continue
        rows.append([line])
    return [sorted(row, key=lambda line: line.rect.x0) for row in rows]


def _usual(pages: Sequence[Page], rows: Sequence[list[list[Line]]]) -> frozenset[str]:
    """The keys of the lines that stand at the edge of many pages."""
    counts: Counter[str] = Counter()
    for page, downwards in zip(pages, rows, strict=True):
        outer = downwards if len(downwards) <= 2 * DEEPEST else [*downwards[:DEEPEST], *downwards[-DEEPEST:]]
        counts.update({_key(page, line) for row in outer for line in row})
    least = max(LEAST_REPEATED, RUNNING_SHARE * sum(1 for page in pages if page.text))
    return frozenset(key for key, n in counts.items() if n >= least and any(map(str.isalpha, key)))


def _key(page: Page, line: Line) -> str:
    return re.sub(r"\d+", "#", re.sub(r"\s+", "", page.text[line.start : line.end].casefold()))


def _outermost(page: Page, inwards: Sequence[list[Line]], usual: frozenset[str]) -> list[list[Line]]:
    """The rows at one edge; those whose words are usual there are not counted."""
    others = 0
    for depth, row in enumerate(inwards[:DEEPEST]):
        keys = [_key(page, line) for line in row]
        others += any(key not in usual and (_says(key) or "#" in key) for key in keys)
        if others > OUTERMOST:
            return list(inwards[:depth])
    return list(inwards[:DEEPEST])


def _says(text: str) -> bool:
    return any(map(str.isalnum, text))


def _in_row(page: Page, row: Sequence[Line], index: int, *, top: bool) -> Iterator[_Sighting]:
    texts = [page.text[line.start : line.end] for line in row]
    for k, (line, text) in enumerate(zip(row, texts, strict=True)):
        if len(text) > LONGEST_LINE:
            continue
        for match, rest, said in _in_line(text, line.edges):
            count = _count(match["number"], index)
            if count is None:
                continue
            around = " ".join((*texts[:k], rest, *texts[k + 1 :])).casefold()
            total = int(match.groupdict().get("total") or 0)
            if said or total:
                plainness = SAID
            elif _says(around):
                plainness = BESIDE
            else:
                plainness = REPEATED if count.style == "I" else ALONE  # "I" and "V" head chapters, too
            yield _Sighting(count, index, total, top, around, plainness)


def _in_line(raw: str, edges: Sequence[float]) -> Iterator[tuple[re.Match[str], str, bool]]:
    """Each number that may be the page's, the line with "#" for it, and whether the line says that it is one."""
    said = [match for pattern in _SAID for match in pattern.finditer(raw)]
    for match in said:
        yield match, f"{raw[: match.start()]}#{raw[match.end() :]}", True
    if said:
        return
    for pattern in _WHOLE:
        if (whole := pattern.fullmatch(raw)) is not None:
            yield whole, "#", False
            return
    for match in _AMONG.finditer(raw):
        if _set_apart(raw, edges, *match.span()) or _beside_capitals(raw, *match.span()):
            yield match, f"{raw[: match.start()]}#{raw[match.end() :]}", False


def _count(number: str, index: int) -> _Count | None:
    prefix, dash, digits = number.rpartition("-")
    if digits.isdecimal():
        return _Count("1", prefix + dash, int(digits) - index)
    value = _ROMAN.get(digits.lower())
    return None if value is None else _Count("i" if digits.islower() else "I", "", value - index)


def _beside_capitals(raw: str, start: int, end: int) -> bool:
    """Whether it begins or ends a running head in capitals, however narrow the white between them ("PUZZLES 181")."""
    before, after = raw[:start].strip(), raw[end:].strip()
    head = before or after
    number = raw[start:end]
    return not (before and after) and head.isupper() and (number.isdecimal() or number.islower())


def _set_apart(raw: str, edges: Sequence[float], start: int, end: int) -> bool:
    """Whether wide white, a separator or nothing stands on either side of the number."""
    before, after = raw[:start].rstrip(), raw[end:].lstrip()
    left = not before or before[-1] in _SEPARATORS
    right = not after or after[0] in _SEPARATORS
    if edges:
        white = APART * median(edges[k + 1] - edges[k] for k, c in enumerate(raw) if not c.isspace())
        left = left or edges[start] - edges[len(before)] > white
        right = right or edges[len(raw) - len(after)] - edges[end] > white
    return left and right
