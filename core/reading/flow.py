"""Documents without pages: blocks of text -> sections, each a heading with what stands below it.

Such a document is cited by its sections; where they begin is what its headings say,
or, where it has none, what is numbered or written like one.  A long section is cut
into parts, and so is a text that shows no heading at all.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace

from core.nouns import Heading, Line, Page, ReadBy, Rect
from core.reading.characters import is_cjk
from core.reading.headings import ARTICLE, LONGEST_HEADING, Mark, Marks, claimed_title
from core.reading.sentences import CELLS, sentences

# Columns (a Chinese character takes two) of a part: about a printed page.
LONGEST_PART = 4000
# Columns of the words by which a part without a heading is known.
LABEL_COLUMNS = 44
# A text is looked through for its sentences so many characters at a time: where they end depends on what is near.
_WINDOW = 20_000
_WIDE = re.compile("[\u2e80-\u9fff\uf900-\ufaff\uff00-\uff65\U00020000-\U0003ffff]+")  # as is_cjk has it
# Where lines stand of which nobody knows the place: in the middle of a page, so that none is taken for its edge.
_NOWHERE = Rect(0.0, 0.5, 1.0, 0.5)


@dataclass(frozen=True, slots=True)
class Block:
    """A paragraph, an item of a list or a row of a table; a heading has a ``level``, from 1.

    ``close``: it stands in the line below the block before, as items and rows do.  ``hidden`` is how many
    characters nobody can see stood in it, or before it: white on white, too small, off the page.
    """

    text: str
    level: int = 0
    close: bool = False
    hidden: int = 0


@dataclass(frozen=True, slots=True)
class Flow:
    """What a document without pages holds.  ``problem`` is a message key when a part of it could not be read."""

    blocks: tuple[Block, ...]
    metadata: dict[str, str] = field(default_factory=dict)
    problem: str = ""
    reader: str = ""


@dataclass(frozen=True, slots=True)
class Sections:
    """The sections in order: (label, text) of each, and every heading with the section that it stands in.

    ``hidden`` is for each section how many characters nobody can see were left out.
    """

    parts: tuple[tuple[str, str], ...]
    outline: tuple[Heading, ...]
    title: str
    hidden: tuple[int, ...] = ()


@dataclass(frozen=True, slots=True)
class _Open:
    """A heading over the present text: ``title`` as it is cited."""

    level: int
    title: str


def sections(flow: Flow) -> Sections:
    """The sections of a document; none when it holds no text."""
    blocks = [block for block in flow.blocks if block.text.strip()]
    if not any(block.level for block in blocks):
        blocks = _with_guessed_headings(blocks)
    made = list(_sections(blocks))
    parts: list[tuple[str, str]] = []
    outline: list[Heading] = []
    hidden: list[int] = []
    labels = _distinct([path for path, _, _ in made])
    for (_, entered, body), label in zip(made, labels, strict=True):
        outline += [Heading(heading.title, len(parts), heading.level - 1) for heading in entered]
        texts = list(_cut(body))
        for number, (text, unseen) in enumerate(texts, 1):
            hidden.append(unseen)
            named = label or _first_words(text)
            parts.append((f"{named} ({number}/{len(texts)})" if label and len(texts) > 1 else named, text))
    return Sections(tuple(_numbered(parts)), tuple(outline), _title(flow, blocks), tuple(hidden))


def _title(flow: Flow, blocks: Sequence[Block]) -> str:
    """The title it claims, else what stands at its head, unless that is a chapter among others."""
    if claimed := claimed_title(flow.metadata):
        return claimed
    if not blocks:
        return ""
    head = blocks[0]
    if head.level and sum(block.level == head.level for block in blocks) > 1:
        return ""
    return _clipped(head.text.split("\n")[0])


# -- sections


def _sections(blocks: Sequence[Block]) -> Iterator[tuple[tuple[_Open, ...], tuple[_Open, ...], list[Block]]]:
    """Each section: the headings over it, those of them that begin in it, and its blocks, headings first."""
    path: list[_Open] = []
    entered: list[_Open] = []
    body: list[Block] = []
    bare = True  # nothing but headings so far
    for block in blocks:
        if not block.level:
            body.append(block)
            bare = False
            continue
        deeper = bare and bool(entered) and block.level > entered[-1].level
        if body and not deeper:
            yield tuple(path), tuple(entered), body
            entered, body, bare = [], [], True
        path = [heading for heading in path if heading.level < block.level]
        path.append(_Open(block.level, _cited(block.text)))
        entered.append(path[-1])
        body.append(block)
        # The number of an article stands at the head of its own text.
        bare = path[-1].title == _clipped(block.text)
    if body:
        yield tuple(path), tuple(entered), body


def _cited(heading: str) -> str:
    """How a heading is named: a clause that begins with its number by that, and its title."""
    mark = mark_of(heading)
    return mark.entry if mark is not None and not mark.heading and mark.entry else _clipped(heading)


def _clipped(text: str) -> str:
    text = " ".join(text.split())
    return text if len(text) <= LONGEST_HEADING else text[: LONGEST_HEADING - 2].rstrip() + " …"


def _distinct(paths: Sequence[tuple[_Open, ...]]) -> list[str]:
    """A label a section: its heading, with those above it as far as that tells it from others of the same name."""
    names = [tuple(heading.title for heading in path) for path in paths]
    labels = [" › ".join(name[-1:]) for name in names]
    for depth in range(2, max(map(len, names), default=0) + 1):
        often = Counter(labels)
        labels = [
            " › ".join(name[-depth:]) if often[label] > 1 else label for name, label in zip(names, labels, strict=True)
        ]
    return labels


def _numbered(parts: Sequence[tuple[str, str]]) -> Iterator[tuple[str, str]]:
    """The parts, no label twice."""
    seen: Counter[str] = Counter()
    taken = {label for label, _ in parts}
    for label, text in parts:
        seen[label] += 1
        named = label
        while seen[label] > 1 and named in taken:
            named = f"{label} ({seen[label]})"
            seen[label] += named in taken
        taken.add(named)
        yield named, text


# -- long ones


def _cut(blocks: Sequence[Block]) -> Iterator[tuple[str, int]]:
    """The text of a section, in parts of about a page where it is longer; never a heading at the end of one.

    With each, how many characters nobody can see stood in it.
    """
    text, size, hidden, headings_only = "", 0, 0, True
    for block in (part for whole in blocks for part in _within_limit(whole)):
        more = columns(block.text)
        if text and not headings_only and size + more > LONGEST_PART:
            yield text, hidden
            text, size, hidden = "", 0, 0
        if text:
            text += "\n" if block.close else "\n\n"
        text += block.text
        size += more
        hidden += block.hidden
        headings_only = headings_only and bool(block.level)
    if text:
        yield text, hidden


def _within_limit(block: Block) -> Iterator[Block]:
    """A block that is longer than a part by itself, cut at the ends of its lines or sentences."""
    if len(block.text) <= LONGEST_PART and columns(block.text) <= LONGEST_PART:
        yield block
        return
    at = start = size = 0
    for end in _places_to_cut(block.text):
        more = columns(block.text[start:end])
        if size and size + more > LONGEST_PART:
            yield Block(block.text[at:start].strip(), block.level, block.close or at > 0)
            at, size = start, 0
        start, size = end, size + more
    yield replace(block, text=block.text[at:].strip(), close=block.close or at > 0)


def _places_to_cut(text: str) -> list[int]:
    """Ends of sentences and lines, and within what has neither, anywhere."""
    ends = {match.end() for match in re.finditer(r"\n", text)} | {len(text)}
    for start in range(0, len(text), _WINDOW):
        ends |= {start + end for _, end in sentences(text[start : start + _WINDOW])}
    found: list[int] = []
    before = 0
    for end in sorted(ends):
        while end - before > LONGEST_PART // 2:
            before += LONGEST_PART // 2
            found.append(before)
        found.append(end)
        before = end
    return found


def columns(text: str) -> int:
    """How wide a text is: a Chinese character takes two columns."""
    return len(text) if text.isascii() else 2 * len(text) - len(_WIDE.sub("", text))


def _first_words(text: str) -> str:
    """By what a part without a heading is found again: how it begins."""
    line = next((line.strip() for line in text.split("\n") if line.strip()), "")
    line = " ".join(line.replace(CELLS.strip(), " ").split())
    wide = 0
    for at, character in enumerate(line):
        wide += 2 if is_cjk(character) else 1
        if wide > LABEL_COLUMNS:
            head = line[:at]
            space = head.rfind(" ")
            return (head[:space] if space > at // 2 else head).rstrip(" ,;:，；：、") + " …"
    return line


# -- headings that are only written like ones


def mark_of(text: str) -> Mark | None:
    """What a line by itself begins, if anything."""
    page = Page(1, "", text, (Line(0, len(text), _NOWHERE),), 0.0, 0.0, ReadBy.TEXT)
    return Marks(page, frozenset(), frozenset()).mark(0, "") if text else None


def _with_guessed_headings(blocks: Sequence[Block]) -> list[Block]:
    """The blocks, the lines among them that look like headings as blocks of their own."""
    lines: list[Line] = []
    held: list[int] = []
    pieces: list[str] = []
    at = 0
    for block in blocks:
        if pieces:
            pieces.append("\n" if block.close else "\n\n")
            at += len(pieces[-1])
        here = [
            Line(at + line.start(), at + line.end(), _NOWHERE) for line in re.finditer(r"[^\n]*\S[^\n]*", block.text)
        ]
        lines += here
        held.append(len(here))
        pieces.append(block.text)
        at += len(block.text)
    found = _guessed(Page(0, "", "".join(pieces), tuple(lines), 0.0, 0.0, ReadBy.TEXT))
    made: list[Block] = []
    first = 0
    for block, count in zip(blocks, held, strict=True):
        made += _split(block, [found.get(first + i) for i in range(count)])
        first += count
    return made


def _split(block: Block, levels: Sequence[int | None]) -> Iterator[Block]:
    if not any(levels):
        yield block
        return
    run: list[str] = []
    close, hidden = block.close, block.hidden
    for line, level in zip((line for line in block.text.split("\n") if line.strip()), levels, strict=True):
        if level is None:
            run.append(line)
            continue
        if run:
            yield Block("\n".join(run), 0, close, hidden)
            run, close, hidden = [], True, 0
        yield Block(line, level, close, hidden)
        close, hidden = True, 0
    if run:
        yield Block("\n".join(run), 0, close, hidden)


def _guessed(page: Page) -> dict[int, int]:
    """Line -> rank of the heading that it is."""
    marks = Marks(page, frozenset(), frozenset())
    marks.contents = False  # of a whole document; a line of a list of contents is told by itself
    found: dict[int, int] = {}
    alone: set[int] = set()
    before = ""
    for i in range(len(marks.lines)):
        mark, text = marks.mark(i, before), marks.text(i)
        before = text
        if mark is None or not _believed(mark, marks, i):
            continue
        found[i] = mark.rank
        if mark.heading:
            alone.add(i)
    # With nothing below it but its like, it is an item of a list.
    for i in sorted(alone, reverse=True):
        if (i + 1 not in found and i + 1 >= len(marks.lines)) or found.get(i + 1, 1000) <= found[i]:
            del found[i]
    return found


def _believed(mark: Mark, marks: Marks, i: int) -> bool:
    """Whether a mark in running text begins a section."""
    if mark.sure or (mark.rank == ARTICLE and mark.number.startswith("第")):
        return True
    if mark.rank >= 60 or not (i == 0 or marks.apart(i)):
        return False
    if mark.number:
        return mark.heading or bool(mark.title)
    return mark.heading and (i + 1 >= len(marks.lines) or marks.apart(i + 1))
