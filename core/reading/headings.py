"""What stands above a line: titles, chapters, numbered clauses; and which lines only repeat on every page."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise
from statistics import median

from core.nouns import Line, Page
from core.reading.characters import is_cjk
from core.reading.sentences import ITEM, begins_item

LONGEST_HEADING = 80

# How far in a mark stands: a smaller rank ends every larger one.
_ZH_RANKS = {"编": 10, "分编": 12, "章": 20, "节": 30, "条": 50, "款": 55}
_NAMED_RANKS = {
    "part": 10,
    "chapter": 20,
    "article": 20,
    "section": 40,
    "§": 40,
    "appendix": 5,
    "annex": 5,
    "exhibit": 5,
    "schedule": 5,
}
ARTICLE = 50  # 条: the unit by which Chinese law is cited
SIZE_HEADING, PLAIN_HEADING = 25, 38

# Where on the page running headers and footers stand.
TOP, BOTTOM = 0.12, 0.88
EDGE_LINES = 7
RECURRING_SHARE = 0.6
RECURRING_PAGES = 4
LONG_KEY = 40
LEAST_LINE_NUMBERS = 10

_PAGE_NUMBER = re.compile(
    r"[\s\-–—·|\[(]*(?:(?:page|p\.|第)\s*)?(?:\d{1,4}|[ivxlc]{1,7}|[A-Z]-\d{1,3})\s*页?"
    r"(?:\s*(?:/|of|，?\s*共)\s*\d{1,4}\s*页?)?[\s\-–—·|\])]*",
    re.IGNORECASE,
)
_NUMBER_AT_END = re.compile(r"^[\s\-–—|]*(\d{1,4})(?![.)\w、．])|(?<![\w.])(\d{1,4})[\s\-–—|]*$")
_CONTENTS_LINE = re.compile(r"(?:\.\s?){4,}|…\s?…|·{4,}|_{4,}\s*\d+$")
_CONTENTS_TITLE = re.compile(r"\s*(?:table of contents|contents|index|目\s*录)\s*", re.IGNORECASE)
_MIDDLE_ITEM = re.compile(r"\((?:ii+|iv|v|[b-h]|[2-9])\)")
_RUN_IN = re.compile(r"[\s.:—–-]*([^\n]{2,70}?)(?:\.(?:\s|$)|[:：]\s|[—–]\s?)")
_TITLE_WORD = re.compile(
    r"\b(?:agreement|contract|lease|licen[cs]e|amendment|policy|guidelines?|protocol|act|law|regulations?|statement|report|"
    r"plan|memorandum|deed|terms|manual|handbook|monograph|outlook|review)\b|[法例定则]$",
    re.IGNORECASE,
)
_LEGEND = re.compile(
    r"^(?:exhibit|source|ex-|page|table of contents)\b|\[\*+\]|\*\*\*|confidential|securities and exchange|pursuant to|"
    r"redacted|execution (?:copy|version)|copyright|©|issn|\bdoi\b|https?:",
    re.IGNORECASE,
)
_NUMBERING = ("zh", "named", "decimal", "plain", "letter", "roman")
_NO_HEADING_END = re.compile(r"[.;,，。；、!?！？]$")


@dataclass(frozen=True, slots=True)
class Mark:
    """What a line begins: ``sure`` headings stand for themselves and carry no text of their own."""

    rank: int
    number: str
    title: str
    heading: bool
    sure: bool

    @property
    def entry(self) -> str:
        """How the mark reads in a heading path."""
        return " ".join(part for part in (self.number, self.title) if part)[:LONGEST_HEADING].strip()


class Path:
    """The headings above the present line, carried from page to page."""

    def __init__(self, title: str, above: Sequence[Mark] = ()) -> None:
        self._title = title
        self._marks: list[Mark] = list(above)
        self._above = len(self._marks)

    def enter(self, mark: Mark) -> None:
        """Everything of the same or a deeper rank ends here, but for what stood ``above`` from the beginning."""
        self._marks = [m for i, m in enumerate(self._marks) if i < self._above or m.rank < mark.rank]
        self._marks.append(mark)

    def complete(self, more: str) -> None:
        """The last heading goes on in the next line."""
        last = self._marks[-1]
        self._marks[-1] = Mark(last.rank, last.number, f"{last.title} {more}".strip(), last.heading, last.sure)

    @property
    def last(self) -> Mark | None:
        """The innermost mark."""
        return self._marks[-1] if self._marks else None

    def headings(self, *, below: int = 1000) -> tuple[str, ...]:
        """The path, outermost first, of the marks whose rank is smaller than ``below``."""
        entries = [m.entry for m in self._marks if m.rank < below and m.entry]
        path = [self._title] if self._title else []
        path += [e for e in entries if e.casefold() != self._title.casefold()]
        return tuple(path)

    def number(self) -> str:
        """The number of the innermost clause, "4.2(a)" when it is a part of one."""
        tail = ""
        for mark in reversed(self._marks):
            if not mark.number:
                continue
            if mark.rank >= 60 and mark.number[0] == "(":
                tail = mark.number + tail
            elif 20 <= mark.rank < 60:
                return mark.number + tail
        return tail

    def group(self) -> tuple[str, ...]:
        """Passages may be merged only inside one group: the same headings, the same article."""
        return tuple(m.entry for m in self._marks if m.heading or m.rank == ARTICLE)


def heading_mark(title: str, depth: int) -> Mark:
    """The mark of a heading that a document itself declares, ``depth`` headings standing over it."""
    match = ITEM.match(title)
    number = match.group().strip().rstrip(".、") if match and match.lastgroup in _NUMBERING else ""
    rest = title[match.end() :].strip(" .:—–-") if match and number else title
    article = number.startswith("第") and re.sub(r"之.*", "", number).endswith("条")
    return Mark(ARTICLE if article else min(20 + depth, ARTICLE - 1), number, rest, True, True)


def title_of(metadata: Mapping[str, str], pages: Sequence[Page]) -> str:
    """A short title: the one the file claims, when it looks like one; else the largest line at the head of page one."""
    if claimed := claimed_title(metadata):
        return claimed
    for page in pages[:2]:
        lines = [line for line in page.lines[:30] if _letters(page.text[line.start : line.end]) >= 2]
        if not lines:
            continue
        usual = median(_height(line) for line in page.lines)
        upright = [line for line in lines if _height(line) < 8 * usual]
        upright = [line for line in upright if not _LEGEND.search(page.text[line.start : line.end])]
        largest = max((_height(line) for line in upright), default=0.0)
        if largest > 1.2 * usual:
            big = [line for line in upright if _height(line) > 0.92 * largest]
            first = big[0]
            run = [first, *(line for line in big[1:3] if line.rect.y0 - first.rect.y0 < 4 * largest)]
            return _short(" ".join(page.text[line.start : line.end] for line in run))
        texts = [t for line in lines if not begins_item(t := page.text[line.start : line.end], "")] or [""]
        named = [t for t in texts if _TITLE_WORD.search(t) and _capital(t) and len(t.split()) <= 12]
        plain = [t for t in texts if not _LEGEND.search(t)]
        return _short(next((t for t in named if not _LEGEND.search(t)), next(iter(plain), texts[0])))
    return ""


def claimed_title(metadata: Mapping[str, str]) -> str:
    """The title that the file claims, shortened; empty when it does not look like one."""
    claimed = metadata.get("title", "").strip()
    if 3 < len(claimed) <= 200 and not re.search(
        r"untitled|microsoft|\.(?:docx?|pdf|rtf|indd|qxd|wpd|xlsx?|pptx?|htm)|^[\W\d_]+$|^(?:document|title|doc)\d*$",
        claimed,
        re.IGNORECASE,
    ):
        return _short(claimed)
    return ""


def recurring_lines(pages: Sequence[Page]) -> list[frozenset[int]]:
    """For each page the starts of the lines that are running headers, footers, page numbers or line numbers."""
    margins = [line_numbers(page) for page in pages]
    edges = [_edge_lines(page, margin) for page, margin in zip(pages, margins, strict=True)]
    written = [i for i, page in enumerate(pages) if page.text]
    usual: list[set[str]] = [set(), set(), set()]
    # A long line is no coincidence: where a printed page runs over two pages of the PDF, its footer is on half of them.
    # Books have one header on the left and another on the right: odd and even pages are counted by themselves, too.
    for which, members in enumerate((written, [i for i in written if i % 2 == 0], [i for i in written if i % 2])):
        counts = Counter(key for i in members for key in {_key(pages[i], line) for line in edges[i]} if key)
        if len(members) >= RECURRING_PAGES:
            least = max(RECURRING_PAGES, RECURRING_SHARE * len(members))
            usual[which] = {key for key, n in counts.items() if n >= (least if len(key) < LONG_KEY else least / 2)}
    running = [_running(page, edges[i], usual[0] | usual[1 + i % 2]) for i, page in enumerate(pages)]
    left = [[line for line in lines if line.start not in found] for lines, found in zip(edges, running, strict=True)]
    numbered = _page_numbers(pages, left)
    return [a | b | c for a, b, c in zip(margins, running, numbered, strict=True)]


def _page_numbers(pages: Sequence[Page], edges: Sequence[Sequence[Line]]) -> list[frozenset[int]]:
    """Lines at the edge that hold the page's own number ("INTRODUCTION 5"): a number that counts with the pages."""
    seen: list[list[tuple[int, int]]] = []
    for page, lines in zip(pages, edges, strict=True):
        outer = [line for line in (*lines[:3], *lines[-3:]) if _at_edge(line)]
        texts = {line.start: page.text[line.start : line.end] for line in outer}
        found = [(start, m) for start, text in texts.items() if len(text) < 80 and (m := _NUMBER_AT_END.search(text))]
        seen.append([(start, int(m.group(1) or m.group(2)) - page.index) for start, m in found])
    offsets = Counter(offset for lines in seen for offset in {offset for _, offset in lines})
    usual = {offset for offset, n in offsets.items() if n >= max(RECURRING_PAGES, 0.05 * len(pages))}
    return [frozenset(start for start, offset in lines if offset in usual) for lines in seen]


def _running(page: Page, edges: Sequence[Line], known: set[str]) -> frozenset[int]:
    found = {line.start for line in edges if _key(page, line) in known}
    numbers = {line.start for line in edges if _PAGE_NUMBER.fullmatch(page.text[line.start : line.end])}
    found |= {line.start for line in edges if line.start in numbers and _at_edge(line)}
    for above, below in pairwise(page.lines):
        # the page number stands beside the running line
        if above.start in numbers and below.start in found:
            found.add(above.start)
        elif below.start in numbers and above.start in found:
            found.add(below.start)
    return frozenset(found)


def line_numbers(page: Page) -> frozenset[int]:
    """Line numbers in the margin, as in pleadings: a column of bare numbers that counts up."""
    columns: dict[int, list[Line]] = {}
    for line in page.lines:
        if page.text[line.start : line.end].isdecimal():
            columns.setdefault(round(line.rect.x1 * 50), []).append(line)
    found: set[int] = set()
    for x in sorted(columns):
        column = columns[x] + columns.get(x + 1, [])
        column.sort(key=lambda line: line.rect.y0)
        values = [int(page.text[line.start : line.end]) for line in column]
        steps = [b - a for a, b in pairwise(values)]
        if len(values) >= LEAST_LINE_NUMBERS and steps.count(1) + steps.count(5) >= 0.9 * len(steps):
            found.update(line.start for line in column)
    return frozenset(found)


def _edge_lines(page: Page, margin: frozenset[int]) -> list[Line]:
    ordered = sorted((line for line in page.lines if line.start not in margin), key=lambda line: line.rect.y0)
    return ordered if len(ordered) <= 2 * EDGE_LINES else ordered[:EDGE_LINES] + ordered[-EDGE_LINES:]


def _at_edge(line: Line) -> bool:
    return line.rect.y1 <= TOP or line.rect.y0 >= BOTTOM


def _key(page: Page, line: Line) -> str:
    text = page.text[line.start : line.end].casefold()
    return re.sub(r"\b[ivxlc]+\b|\d+", "#", re.sub(r"\s+", "", text)) if len(text) < 200 else ""


class Marks:
    """Finds the marks of one page."""

    def __init__(self, page: Page, skipped: frozenset[int], outline: frozenset[str]) -> None:
        self._page = page
        self._outline = outline
        self.lines = [line for line in page.lines if line.start not in skipped]
        heights = [_height(line) for line in self.lines]
        self._usual = median(heights) if heights else 0.0
        texts = [page.text[line.start : line.end] for line in self.lines]
        listed = sum(1 for text in texts if _CONTENTS_LINE.search(text))
        numbered = sum(1 for text in texts if re.search(r"\s\d{1,3}$", text))
        titled = any(_CONTENTS_TITLE.fullmatch(text) for text in texts[:6])
        self.contents = listed >= 4 or (titled and numbered >= 0.4 * len(texts) and numbered >= 4)

    def text(self, i: int) -> str:
        """The text of the i-th line that is not skipped."""
        return self._page.text[self.lines[i].start : self.lines[i].end]

    def apart(self, i: int) -> bool:
        """Whether an empty line stands above the i-th line."""
        return i > 0 and self.lines[i].start - self.lines[i - 1].end >= 2

    def same_size(self, i: int, j: int) -> bool:
        """Whether two lines are set in about the same size."""
        one, other = _height(self.lines[i]), _height(self.lines[j])
        return abs(one - other) < 0.08 * max(one, other)

    def mark(self, i: int, before: str) -> Mark | None:
        """What the i-th line begins, if anything."""
        text = self.text(i)
        if self.contents or _CONTENTS_LINE.search(text):
            return None
        match = begins_item(text, before)
        if match is not None and match.lastgroup != "bullet":
            return self._numbered(i, text, match)
        if self._looks_like_heading(i, text):
            big = self._usual and _height(self.lines[i]) > 1.15 * self._usual
            return Mark(SIZE_HEADING if big else PLAIN_HEADING, "", text.rstrip(":： "), True, False)
        return None

    def _numbered(self, i: int, text: str, match: re.Match[str]) -> Mark | None:
        kind = match.lastgroup
        number = match.group().strip()
        rest = text[match.end() :].strip(" .:—–-")
        if kind == "zh":
            unit = next(u for u in ("分编", "编", "章", "节", "条", "款") if re.sub(r"之.*", "", number).endswith(u))
            rank = _ZH_RANKS[unit]
            sure = rank < ARTICLE and len(text) <= 40
            title = rest if sure else _zh_title(rest)
            return Mark(rank, number, title, sure, sure)
        if kind == "named":
            word, _, digits = number.partition(" ")
            if word.startswith("§"):
                word, digits = "§", number[1:].strip()
            rank = _NAMED_RANKS[word.lower()]
            if rank == 5 and self._page.index == 0 and i < 3:
                return None  # the label under which a document was filed says nothing about its parts
            if rank == 40:
                number, rank = digits.strip(), 40 + 5 * digits.count(".")
            alone = self._alone(i, text, rest)
            return Mark(rank, number, rest if alone else _run_in(rest), alone, alone and rank <= 20)
        if kind == "decimal":
            alone = self._alone(i, text, rest)
            number = re.sub(r"\.0$", "", number.rstrip("."))
            return Mark(40 + 5 * number.count("."), number, rest if alone else _run_in(rest), alone, False)
        if kind in ("plain", "letter", "roman"):
            alone = self._alone(i, text, rest) and _letters(rest) > 0
            rank = {"plain": 40, "letter": 35, "roman": 30}[kind] if not number.endswith(")") else 60
            return Mark(rank, number.rstrip(".)"), rest if alone else _run_in(rest), alone and rank < 60, False)
        if kind == "zhlist":
            first = number[0]
            rank = 60 if first in "（(" else 40 if not first.isdigit() else 62
            alone = rank == 40 and len(text) <= 30 and not _NO_HEADING_END.search(text)
            return Mark(rank, "" if rank >= 60 else number.rstrip("、"), rest if alone else "", alone, False)
        inner = number.strip("()")
        rank = 60 if inner.islower() and not re.fullmatch(r"[ivx]{2,}|[vx]", inner) else 65
        return Mark(rank, number, _run_in(rest), False, False)

    def _alone(self, i: int, text: str, rest: str) -> bool:
        """Whether a numbered line is only a heading: short, and no sentence."""
        if len(text) > 90 or len(text.split()) > 12:
            return False
        last = i + 1 >= len(self.lines)
        title = _run_in(rest)
        if title and len(rest) > len(title) + 4:
            return False  # "4.2 Termination. Either party may:"
        if _NO_HEADING_END.search(text) and not text.isupper():
            # "2.3 Non-Competition." with nothing after it, and a numbered clause below
            return not last and _run_in(rest + ".") == rest and begins_item(self.text(i + 1), text) is not None
        return last or self.apart(i + 1) or not self.text(i + 1)[:1].islower()

    def _looks_like_heading(self, i: int, text: str) -> bool:
        line = self.lines[i]
        wide = sum(2 if is_cjk(c) else 1 for c in text)
        if not 3 <= wide <= LONGEST_HEADING or len(text.split()) > 12 or _letters(text) < 0.5 * len(text):
            return False
        if _NO_HEADING_END.search(text) or re.search(r"\S\s{2,}\S|/s/|_{3,}", text):
            return False
        if _flat(text) in self._outline:
            return True
        last = i + 1 >= len(self.lines)
        if not last and _MIDDLE_ITEM.match(self.text(i + 1)):
            return False  # "MULTIPLIED BY" between (i) and (ii)
        if i > 0 and not self.apart(i) and self.same_size(i - 1, i):
            return False
        alone = (i == 0 or self.apart(i)) and (last or self.apart(i + 1))
        bigger = bool(self._usual) and 1.15 * self._usual < _height(line) < 6 * self._usual
        if bigger:
            return True
        if text.isupper() and _letters(text) >= 4 and (i == 0 or self.apart(i)) and not last:
            return alone or not self.text(i + 1).isupper()
        if not alone:
            return False
        centred = abs(line.rect.x0 + line.rect.x1 - 1) < 0.04 and line.rect.x1 - line.rect.x0 < 0.6
        return (text.isupper() and _letters(text) >= 4) or (centred and _capital(text))


def flat_titles(titles: Sequence[str]) -> frozenset[str]:
    """Titles of the outline in the form in which lines are compared with them."""
    return frozenset(flat for flat in map(_flat, titles) if len(flat) >= 3)


def _flat(text: str) -> str:
    return re.sub(r"[\s.:]+", "", text).casefold()


def _run_in(rest: str) -> str:
    """The title at the head of a clause ("Termination." in "4.2 Termination. Either party may")."""
    match = _RUN_IN.match(rest + " ")
    if match is None:
        return ""
    title = match.group(1).strip(' ."“”')
    words = [w for w in re.findall(r"[A-Za-z][\w’'-]*", title) if len(w) > 3]
    if not words or len(title.split()) > 9 or sum(1 for w in words if w[0].isupper()) < 0.6 * len(words):
        return ""
    return title


def _zh_title(rest: str) -> str:
    match = re.match(r"[【〔（(\[]([^】〕）)\]]{2,20})[】〕）)\]]", rest)
    return match.group(1) if match else ""


def _height(line: Line) -> float:
    return line.rect.y1 - line.rect.y0


def _letters(text: str) -> int:
    return sum(1 for c in text if c.isalpha())


def _capital(text: str) -> bool:
    words = [w for w in re.findall(r"[^\W\d_][\w’'-]*", text) if len(w) > 3 or is_cjk(w[0])]
    return bool(words) and all(w[0].isupper() or is_cjk(w[0]) for w in words)


def _short(text: str) -> str:
    text = " ".join(text.split())
    if len(text) <= LONGEST_HEADING:
        return text
    cut = text[:LONGEST_HEADING]
    return cut[: cut.rfind(" ")] if " " in cut[40:] else cut
