"""Pages -> passages: cut at headings, numbered clauses and sentences, each within the embedder's limit."""

from __future__ import annotations

import math
import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

from core.nouns import Heading, Line, Page, Passage, Reading, Rect
from core.reading.headings import (
    ARTICLE,
    SIZE_HEADING,
    Mark,
    Marks,
    Path,
    flat_titles,
    heading_mark,
    recurring_lines,
    title_of,
)
from core.reading.sentences import sentences

# Tokens of a passage: long enough to be understood alone, short enough that the language model reads several of them.
TARGET = 200
# Clauses are put together with the next one while they are smaller than this.
SMALL = 60
# Less than this is not a passage of its own.
TINY = 16
# Share of the limit that headings may take.
HEADING_SHARE = 0.25
# Sentences repeated at the head of the next passage of the same clause.
OVERLAP = 0

CountTokens = Callable[[Sequence[str]], list[int]]
Span = tuple[int, int]


@dataclass(frozen=True, slots=True)
class _Block:
    """A clause, an article or a paragraph on one page.

    ``above`` are the headings over it, ``inside`` those over its continuation.
    """

    start: int
    end: int
    above: tuple[str, ...]
    inside: tuple[str, ...]
    number: str
    group: tuple[str, ...]
    rank: int
    article: bool


@dataclass(frozen=True, slots=True)
class _Piece:
    start: int
    end: int
    heading: tuple[str, ...]
    number: str


def cut(reading: Reading, count_tokens: CountTokens, limit: int) -> tuple[Passage, ...]:
    """The passages of a reading, in page order; ``text`` is exactly ``page.text[start:end]``.

    ``count_tokens(texts)`` counts what the embedder will count; no passage's
    ``embedded_text`` has more than ``limit`` tokens.  Running headers, page
    numbers and chapter headings (they stand in the heading path) are left out.
    """
    title = reading.title or title_of(reading.metadata, reading.pages)
    path = Path(title)
    pages = [page if page.lines else _with_lines(page) for page in reading.pages]
    in_sections = any(page.is_section for page in pages)
    skipped = _heading_lines(pages, reading.outline) if in_sections else recurring_lines(pages)
    above = _headings_above(pages, reading.outline) if in_sections else {}
    titles: dict[int, list[str]] = {}
    for heading in reading.outline:
        titles.setdefault(heading.page_index, []).append(heading.title)
    before = ""
    passages: list[Passage] = []
    for page, skip in zip(pages, skipped, strict=True):
        if not page.text:
            continue
        if in_sections:
            path, before = Path(title, above[page.index]), ""
        marks = Marks(page, skip, frozenset() if in_sections else flat_titles(titles.get(page.index, [])))
        blocks = _blocks(page, marks, path, before)
        if marks.lines:
            before = marks.text(len(marks.lines) - 1)
        for piece in _pieces(page.text, blocks, count_tokens, limit):
            passages.append(
                Passage(
                    f"{reading.sha256[:16]}-{page.index + 1}-{piece.start}-{piece.end}",
                    reading.sha256,
                    page.index,
                    piece.start,
                    piece.end,
                    page.text[piece.start : piece.end],
                    piece.heading,
                    piece.number,
                )
            )
    return tuple(passages)


def _heading_lines(pages: Sequence[Page], outline: Sequence[Heading]) -> list[frozenset[int]]:
    """For each section the starts of the lines that are its headings, and nothing but that, when more stands below."""
    titles: dict[int, set[str]] = {}
    for heading in outline:
        titles.setdefault(heading.page_index, set()).add(heading.title)
    found = []
    for page in pages:
        known = titles.get(page.index, set())
        starts: list[int] = []
        for line in page.lines:
            if " ".join(page.text[line.start : line.end].split()) not in known:
                break
            starts.append(line.start)
        found.append(frozenset(starts) if len(starts) < len(page.lines) else frozenset())
    return found


def _headings_above(pages: Sequence[Page], outline: Sequence[Heading]) -> dict[int, tuple[Mark, ...]]:
    """For each section the headings that it stands below, its own included.

    An article whose number stands at the head of its own text is left to be found there.
    """
    open_ones: list[Heading] = []
    entries = iter([*outline, Heading("", len(pages) + 1, 0)])
    heading = next(entries)
    found = {}
    for page in pages:
        while heading.page_index <= page.index:
            open_ones = [above for above in open_ones if above.level < heading.level] + [heading]
            heading = next(entries)
        lines = {" ".join(page.text[line.start : line.end].split()) for line in page.lines[: len(open_ones) + 1]}
        stand = [one for one in open_ones if one.page_index < page.index or one.title in lines]
        found[page.index] = tuple(heading_mark(one.title, depth) for depth, one in enumerate(stand))
    return found


def _with_lines(page: Page) -> Page:
    """A page of which only the text is known, its lines somewhere in the middle."""
    lines = []
    at = 0
    for text in page.text.split("\n"):
        if text.strip():
            lines.append(Line(at, at + len(text), Rect(0.0, 0.5, 1.0, 0.5)))
        at += len(text) + 1
    return replace(page, lines=tuple(lines))


def _blocks(page: Page, marks: Marks, path: Path, before: str) -> list[_Block]:
    """The blocks of a page in order; ``path`` is carried on."""
    blocks: list[_Block] = []
    start: int | None = None
    above = path.headings()
    rank, article = 1000, path.last is not None and path.last.rank >= ARTICLE
    opened = False  # a heading that may go on in the next line
    end = 0

    def finish() -> None:
        nonlocal start
        if start is not None and page.text[start:end].strip():
            blocks.append(_Block(start, end, above, path.headings(), path.number(), path.group(), rank, article))
        start = None

    last_line: int | None = None
    for i, line in enumerate(marks.lines):
        text = marks.text(i)
        if last_line is not None and line.start - last_line > 2:
            finish()  # a line in between was left out
        last_line = line.end
        mark = marks.mark(i, before)
        before = text
        big = i > 0 and path.last is not None and path.last.rank == SIZE_HEADING and marks.same_size(i - 1, i)
        if opened and _completes(mark, text, path.last, apart=marks.apart(i), big=big):
            path.complete(text)
            if start is not None:
                end = line.end
            opened = path.last is not None and len(path.last.entry) < 60 and (big or text.isupper())
            continue
        opened = False
        if mark is not None:
            headings_only = start is not None and _only_headings(page.text[start:end], path)
            if not headings_only:
                finish()
            path.enter(mark)
            rank, article = mark.rank, _in_article(path)
            opened = mark.heading and (not mark.title or text.isupper() or mark.rank == SIZE_HEADING)
            if mark.sure:
                finish()
                above = path.headings()
                continue
            if start is None:
                start = line.start
                above = path.headings(below=mark.rank)
            end = line.end
            continue
        if start is not None and marks.apart(i) and rank == 1000 and not marks.contents:
            finish()
        if start is None:
            start, above = line.start, path.headings()
            if blocks or path.last is None or not path.last.sure:
                rank = 1000
        end = line.end
    finish()
    return blocks


def _in_article(path: Path) -> bool:
    return any(group.startswith("第") for group in path.group()[-1:]) and (
        path.last is not None and path.last.rank >= ARTICLE
    )


def _only_headings(text: str, path: Path) -> bool:
    """Whether a block so far is nothing but the heading it began with."""
    last = path.last
    return last is not None and last.heading and len(text) <= len(last.entry) + 12 and "\n\n\n" not in text


def _completes(mark: Mark | None, text: str, last: Mark | None, *, apart: bool, big: bool) -> bool:
    if last is None or len(text) > 80 or re.search(r"[.;,。；，]$", text):
        return False
    if mark is not None and mark.number:
        return False
    if not last.title:
        return mark is not None or text.isupper() or (text[:1].isupper() and len(text.split()) <= 8)
    return (text.isupper() or big) and not apart


def _pieces(text: str, blocks: Sequence[_Block], count_tokens: CountTokens, limit: int) -> list[_Piece]:
    if not blocks:
        return []
    spans = [[(b.start + low, b.start + high) for low, high in sentences(text[b.start : b.end])] for b in blocks]
    paths = list(dict.fromkeys(path for b in blocks for path in (b.above, b.inside)))
    texts = [text[low:high] for group in spans for low, high in group]
    counts = count_tokens([*texts, *("\n".join(path) for path in paths)])
    costs = dict(zip(paths, counts[len(texts) :], strict=True))
    allowed = int(limit * HEADING_SHARE)
    fitted = {path: _fitted(path, costs[path], allowed) for path in paths}
    pieces: list[_Piece] = []
    at = 0
    run: list[tuple[_Block, list[tuple[Span, int]]]] = []
    for block, group in zip(blocks, spans, strict=True):
        sized = list(zip(group, counts[at : at + len(group)], strict=True))
        at += len(group)
        room = max(16, limit - min(allowed, max(costs[block.above], costs[block.inside])) - 4)
        sized = _all_within(text, sized, count_tokens, room)
        if run and not _may_join(run, block, sized, min(TARGET, room)):
            pieces.extend(_packed(run, fitted, limit, allowed, costs))
            run = []
        run.append((block, sized))
    if run:
        pieces.extend(_packed(run, fitted, limit, allowed, costs))
    return _checked(text, pieces, count_tokens, limit)


def _may_join(
    run: Sequence[tuple[_Block, list[tuple[Span, int]]]], block: _Block, sized: Sequence[tuple[Span, int]], most: int
) -> bool:
    first, last = run[0][0], run[-1][0]
    so_far = sum(tokens for _, part in run for _, tokens in part)
    more = sum(tokens for _, tokens in sized)
    if block.group != first.group:
        # a heading that was not seen as one, a stray line: not worth a passage, whatever it belongs to
        stray = so_far < TINY or (more < TINY and so_far + more <= most)
        return stray and not (first.article or block.article)
    if first.article and block.article:
        return True  # an article stays together as far as it fits
    if so_far < TINY:
        return True
    if so_far + more > most:
        return False
    part_of = block.rank > first.rank and first.rank < 1000
    return part_of or so_far < SMALL or last.rank == block.rank == 1000


def _packed(
    run: Sequence[tuple[_Block, list[tuple[Span, int]]]],
    fitted: dict[tuple[str, ...], tuple[str, ...]],
    limit: int,
    allowed: int,
    costs: dict[tuple[str, ...], int],
) -> list[_Piece]:
    """One run of blocks as passages of about equal size."""
    parts = [(block, span, tokens, k == 0) for block, sized in run for k, (span, tokens) in enumerate(sized)]
    if not parts:
        return []
    first = run[0][0]
    room = max(16, limit - min(allowed, max(max(costs[b.above], costs[b.inside]) for b, _ in run)) - 4)
    total = sum(tokens for _, _, tokens, _ in parts)
    most = room if first.article and total <= room else min(TARGET, room)
    goal = total / max(1, math.ceil(total / most))
    pieces: list[_Piece] = []
    begin, size = 0, 0
    for k, (_, _, tokens, _) in enumerate(parts):
        full = size + tokens > most or size + tokens / 2 > goal
        if k > begin and ((full and size >= TINY) or size + tokens > room):
            pieces.append(_piece(parts[begin:k], fitted))
            begin = max(begin + 1, k - OVERLAP)
            size = sum(part[2] for part in parts[begin:k])
        size += tokens
    pieces.append(_piece(parts[begin:], fitted))
    return pieces


def _piece(parts: Sequence[tuple[_Block, Span, int, bool]], fitted: dict[tuple[str, ...], tuple[str, ...]]) -> _Piece:
    block, span, _, begins = parts[0]
    heading = fitted[block.above if begins else block.inside]
    return _Piece(span[0], parts[-1][1][1], heading, block.number)


def _fitted(path: tuple[str, ...], cost: int, allowed: int) -> tuple[str, ...]:
    """The path shortened to its share: title and innermost headings stay, then they are clipped."""
    if cost <= allowed or not path:
        return path
    per = cost / max(1, sum(len(entry) for entry in path))
    shorter = list(path)
    while len(shorter) > 2 and sum(map(len, shorter)) * per > allowed:
        del shorter[1]
    most = max(8, int(allowed / per / len(shorter)))
    return tuple(entry[:most] for entry in shorter)


def _all_within(
    text: str, sized: list[tuple[Span, int]], count_tokens: CountTokens, room: int
) -> list[tuple[Span, int]]:
    """Sentences over the limit split, at clause punctuation where there is some."""
    while any(tokens > room and end - start > 1 for (start, end), tokens in sized):
        fresh: list[tuple[Span, int]] = []
        for (start, end), tokens in sized:
            if tokens <= room or end - start <= 1:
                fresh.append(((start, end), tokens))
                continue
            halves = _halved(text, start, end)
            fresh.extend(zip(halves, count_tokens([text[low:high] for low, high in halves]), strict=True))
        sized = fresh
    return sized


def _halved(text: str, start: int, end: int) -> list[Span]:
    middle = (start + end) // 2
    reach = max(1, (end - start) // 3)
    low, high = middle - reach, middle + reach
    for pattern in (r"[;；:：]\s*|\n", r"[,，、]\s*", r"\s+"):
        places = [m.end() for m in re.finditer(pattern, text[start:end]) if low <= start + m.end() <= high]
        if places:
            middle = start + min(places, key=lambda place: abs(start + place - middle))
            break
    middle = min(max(middle, start + 1), end - 1)
    return [span for span in (_trimmed(text, start, middle), _trimmed(text, middle, end)) if span[1] > span[0]]


def _trimmed(text: str, start: int, end: int) -> Span:
    while start < end and text[start].isspace():
        start += 1
    while end > start and text[end - 1].isspace():
        end -= 1
    return start, end


def _checked(text: str, pieces: list[_Piece], count_tokens: CountTokens, limit: int) -> list[_Piece]:
    """Counts add up only roughly: what is still over the limit as a whole is split again."""
    good: dict[_Piece, None] = {}
    waiting = pieces
    while waiting:
        counts = count_tokens(["\n".join((*p.heading, text[p.start : p.end])) for p in waiting])
        fresh: list[_Piece] = []
        for piece, tokens in zip(waiting, counts, strict=True):
            if tokens <= limit:
                good[piece] = None
            elif piece.end - piece.start < 40 and piece.heading:
                fresh.append(_Piece(piece.start, piece.end, (), piece.number))
            elif piece.end - piece.start > 1:
                fresh += [_Piece(a, b, piece.heading, piece.number) for a, b in _halved(text, piece.start, piece.end)]
            else:
                good[piece] = None  # one character: nothing left to split
        waiting = fresh
    return sorted(good, key=lambda p: (p.start, p.end))
