"""Highlights stand on the quoted words and on nothing else, or there are none: measured by a second pair of eyes.

The witness opens each file anew.  It places characters with pdfium's own conversion to
device coordinates, and sees their ink by drawing one printed line of a page and nothing
else of it.  For a scan it looks at the page that the scan was made of.
"""

from __future__ import annotations

import ctypes
import difflib
import math
import os
import random
import statistics
import unicodedata
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import pypdf
import pypdfium2
import pytest
from pypdf.generic import RectangleObject
from pypdfium2 import raw as pdfium

from core.nouns import Page, Reading, Rect
from core.reading import Reader, rects_of, sentences
from desktop import samples

pytestmark = pytest.mark.slow

LEAST = 0.8  # intersection over union, line by line
FINE = 20_000  # steps across a page, in device coordinates
ACROSS = 1600  # pixels across a page when ink is looked at
INK = 200  # light grey print is ink too
SCAN_DPI = 200

Box = tuple[float, float, float, float]
Ink = npt.NDArray[np.bool_]


# -- the witness


class Witness:
    """A file, looked at without any of the program's own reading."""

    def __init__(self, file: Path) -> None:
        self._document = pypdfium2.PdfDocument(file)
        self._sheets: dict[int, Sheet] = {}

    def sheet(self, index: int) -> Sheet:
        if index not in self._sheets:
            self._sheets[index] = Sheet(pdfium.FPDF_LoadPage(self._document.raw, index))
        return self._sheets[index]


class Sheet:
    """One page: its characters, their boxes on the displayed page, its printed lines, their ink."""

    def __init__(self, page: Any) -> None:
        self._page = page
        self._words = words = pdfium.FPDFText_LoadPage(page)
        count = pdfium.FPDFText_CountChars(words)
        text = "".join(chr(min(pdfium.FPDFText_GetUnicode(words, i), 0x10FFFF)) for i in range(count))
        self.letters = seen_letters(text.replace("\ufffe", "-").replace("\x02", "-"))
        self.string = "".join(letter for letter, _ in self.letters)
        indexes = sorted({index for _, index in self.letters})
        self.boxes = {index: box for index in indexes if (box := self._loose(index)) is not None}
        self.lines = [tuple(line) for line in self._printed_lines()]
        self.line_of = {index: number for number, line in enumerate(self.lines) for index in line}
        self._things = {index: _address(pdfium.FPDFText_GetTextObject(words, index)) for index in self.boxes}
        self._leaves = list(_leaves(page))
        self._tall = round(ACROSS * pdfium.FPDF_GetPageHeightF(page) / pdfium.FPDF_GetPageWidthF(page))
        self._text_ink: Ink | None = None
        self._line_ink: dict[int, Ink] = {}

    def find(self, quote: str, before: int) -> list[int]:
        """The characters of the quote: of all its places, the one after ``before`` letters; [] when it is not here."""
        wanted = "".join(letter for letter, _ in seen_letters(quote))
        places = [at for at in range(len(self.string)) if self.string.startswith(wanted, at)] if wanted else []
        if not places:
            return []
        at = min(places, key=lambda place: abs(place - before))
        return sorted({index for _, index in self.letters[at : at + len(wanted)]})

    def quoted_lines(self, indexes: Sequence[int]) -> list[tuple[int, list[int]]]:
        """(printed line, the quoted characters on it)."""
        lines: dict[int, list[int]] = {}
        for index in indexes:
            if index in self.line_of:
                lines.setdefault(self.line_of[index], []).append(index)
        return list(lines.items())

    def font_box(self, indexes: Sequence[int]) -> Box:
        """What the fonts say these characters take up."""
        return union([self.boxes[index] for index in indexes])

    def ink_box(self, number: int, indexes: Sequence[int]) -> Box | None:
        """Along the line from the first to the last ink of these characters, as high as the ink of the whole line."""
        ink = self.line_ink(number)
        own = ink & self._mask(self.font_box(indexes), ink.shape, 1)
        if not own.any():
            return None
        whole, part = _bounds(ink), _bounds(own)
        box = union([self.boxes[index] for index in self.lines[number]])
        level = (box[2] - box[0]) * ACROSS >= (box[3] - box[1]) * self._tall
        box = (part[0], whole[1], part[2], whole[3]) if level else (whole[0], part[1], whole[2], part[3])
        return box[0] / ACROSS, box[1] / self._tall, box[2] / ACROSS, box[3] / self._tall

    def covered(self, lines: Sequence[tuple[int, list[int]]], rects: Sequence[Rect]) -> tuple[float, float]:
        """Share of the quote's ink that the rectangles cover; share of the written ink in them that is another's."""
        everything = self.text_ink()
        own = np.zeros_like(everything)
        for number, indexes in lines:
            own |= self.line_ink(number) & self._mask(self.font_box(indexes), everything.shape, 1)
        marked = np.zeros_like(everything)
        for rect in rects:
            marked |= self._mask((rect.x0, rect.y0, rect.x1, rect.y1), everything.shape, 1)
        covered = float((own & marked).sum() / max(1, own.sum()))
        # what touches the quote's own ink is its edge, drawn together with a neighbour's
        other = float((everything & marked & ~_grown(own)).sum() / max(1, (everything & marked).sum()))
        return covered, other

    def text_ink(self) -> Ink:
        """The ink of everything that is written on the page, without drawings and underlines."""
        if self._text_ink is None:
            self._text_ink = self._draw(set(self._things.values()))
        return self._text_ink

    def line_ink(self, number: int) -> Ink:
        """The ink of one printed line, alone on the page."""
        if number not in self._line_ink:
            line = self.lines[number]
            ink = self._draw({self._things[index] for index in line})
            # one drawing operation may hold several lines
            self._line_ink[number] = ink & self._mask(self.font_box(line), ink.shape, 4)
        return self._line_ink[number]

    def _draw(self, things: set[int]) -> Ink:
        for leaf in self._leaves:
            pdfium.FPDFPageObj_SetIsActive(leaf, _address(leaf) in things)
        bitmap = pdfium.FPDFBitmap_CreateEx(ACROSS, self._tall, pdfium.FPDFBitmap_Gray, None, 0)
        pdfium.FPDFBitmap_FillRect(bitmap, 0, 0, ACROSS, self._tall, 0xFFFFFFFF)
        pdfium.FPDF_RenderPageBitmap(bitmap, self._page, 0, 0, ACROSS, self._tall, 0, 0)
        stride = pdfium.FPDFBitmap_GetStride(bitmap)
        buffer = ctypes.cast(pdfium.FPDFBitmap_GetBuffer(bitmap), ctypes.POINTER(ctypes.c_ubyte))
        ink: Ink = np.ctypeslib.as_array(buffer, (self._tall, stride))[:, :ACROSS] < INK
        pdfium.FPDFBitmap_Destroy(bitmap)
        return ink

    @staticmethod
    def _mask(box: Box, shape: tuple[int, ...], more: int) -> Ink:
        tall, wide = shape
        mask = np.zeros(shape, bool)
        left, top = max(0, math.floor(box[0] * wide) - more), max(0, math.floor(box[1] * tall) - more)
        mask[top : math.ceil(box[3] * tall) + more, left : math.ceil(box[2] * wide) + more] = True
        return mask

    def _loose(self, index: int) -> Box | None:
        rect = pdfium.FS_RECTF()
        if not pdfium.FPDFText_GetLooseCharBox(self._words, index, rect):
            return None
        corners = [self._device(x, y) for x, y in ((rect.left, rect.bottom), (rect.right, rect.top))]
        (xa, ya), (xb, yb) = corners
        box = (min(xa, xb), min(ya, yb), max(xa, xb), max(ya, yb))
        return box if box[2] > box[0] and box[3] > box[1] else None

    def _device(self, x: float, y: float) -> tuple[float, float]:
        across, down = ctypes.c_int(), ctypes.c_int()
        pdfium.FPDF_PageToDevice(self._page, 0, 0, FINE, FINE, 0, x, y, across, down)
        return across.value / FINE, down.value / FINE

    def _printed_lines(self) -> Iterator[list[int]]:
        """Characters that follow each other along one line, whichever way it runs."""
        wide, tall = pdfium.FPDF_GetPageWidthF(self._page), pdfium.FPDF_GetPageHeightF(self._page)
        line: list[int] = []
        reach: Box = (0.0, 0.0, 0.0, 0.0)
        for index, (left, top, right, bottom) in self.boxes.items():
            corners = [(left * wide, top * tall), (right * wide, bottom * tall)]
            turn = pdfium.FPDFText_GetCharAngle(self._words, index)
            there = [self._along(turn, x, y) for x, y in corners]
            (xa, ya), (xb, yb) = there
            box = (min(xa, xb), min(ya, yb), max(xa, xb), max(ya, yb))
            if line:
                overlap = min(reach[3], box[3]) - max(reach[1], box[1])
                if overlap > 0.4 * min(reach[3] - reach[1], box[3] - box[1]) and box[0] >= reach[0]:
                    line.append(index)
                    reach = union([reach, box])
                    continue
                yield line
            line, reach = [index], box
        if line:
            yield line

    def _along(self, turn: float, x: float, y: float) -> tuple[float, float]:
        """Turned so that text which the page's own coordinates turn clockwise by that angle runs to the right."""
        quarters = (-round(turn / (math.pi / 2)) - pdfium.FPDFPage_GetRotation(self._page)) % 4
        return ((x, y), (-y, x), (-x, -y), (y, -x))[quarters]


def seen_letters(text: str) -> list[tuple[str, int]]:
    """What can be seen of ``text``, in its plainest form, with the index of each character."""
    return [
        (letter, index)
        for index, character in enumerate(text)
        for letter in unicodedata.normalize("NFKC", character)
        if not letter.isspace() and unicodedata.category(letter) not in ("Cc", "Cf", "Cs")
    ]


def union(boxes: Sequence[Box]) -> Box:
    return (
        min(box[0] for box in boxes),
        min(box[1] for box in boxes),
        max(box[2] for box in boxes),
        max(box[3] for box in boxes),
    )


def agreement(one: Box, other: Box) -> float:
    """Intersection over union."""
    wide = min(one[2], other[2]) - max(one[0], other[0])
    tall = min(one[3], other[3]) - max(one[1], other[1])
    if wide <= 0 or tall <= 0:
        return 0.0
    areas = [(box[2] - box[0]) * (box[3] - box[1]) for box in (one, other)]
    return wide * tall / (sum(areas) - wide * tall)


def _bounds(ink: Ink) -> tuple[int, int, int, int]:
    rows, columns = np.flatnonzero(ink.any(axis=1)), np.flatnonzero(ink.any(axis=0))
    return int(columns[0]), int(rows[0]), int(columns[-1]) + 1, int(rows[-1]) + 1


def _grown(ink: Ink) -> Ink:
    grown = ink.copy()
    grown[1:] |= ink[:-1]
    grown[:-1] |= ink[1:]
    grown[:, 1:] |= ink[:, :-1]
    grown[:, :-1] |= ink[:, 1:]
    return grown


def _address(thing: Any) -> int:
    return ctypes.cast(thing, ctypes.c_void_p).value or 0


def _leaves(page: Any) -> Iterator[Any]:
    def within(thing: Any) -> Iterator[Any]:
        if pdfium.FPDFPageObj_GetType(thing) == pdfium.FPDF_PAGEOBJ_FORM:
            for i in range(pdfium.FPDFFormObj_CountObjects(thing)):
                yield from within(pdfium.FPDFFormObj_GetObject(thing, i))
        else:
            yield thing

    for i in range(pdfium.FPDFPage_CountObjects(page)):
        yield from within(pdfium.FPDFPage_GetObject(page, i))


# -- what is measured


@dataclass
class Row:
    """One kind of page in the table."""

    kind: str
    passages: int = 0
    unmarked: int = 0
    wrong_pages: list[str] = field(default_factory=list)
    unreadable: int = 0  # of a scan: recognised too badly to be compared, so that nobody could quote it
    lines: list[float] = field(default_factory=list)
    covered: list[float] = field(default_factory=list)
    others: list[float] = field(default_factory=list)
    low: list[str] = field(default_factory=list)

    def __str__(self) -> str:
        def spread(values: list[float]) -> str:
            if not values:
                return "-"
            ordered = sorted(values)
            return f"{ordered[0]:.2f} / {ordered[len(ordered) // 20]:.2f} / {statistics.median(ordered):.2f}"

        return (
            f"{self.kind:24} {self.passages:4} passages {len(self.lines):4} lines  IoU min/p5/median "
            f"{spread(self.lines):18}  no highlight {self.unmarked:3}  unreadable {self.unreadable:2}  "
            f"wrong page {len(self.wrong_pages)}  ink covered {spread(self.covered)}  "
            f"other ink {max(self.others, default=0.0):.2f}"
        )

    def add(self, name: str, boxes: Sequence[Box], rects: Sequence[Rect]) -> None:
        """Compare line by line; a rectangle that stands on no line counts as one that misses."""
        self.passages += 1
        if not rects:
            self.unmarked += 1
            return
        on: list[list[Box]] = [[] for _ in boxes]
        values: list[float] = []
        for rect in rects:
            box = (rect.x0, rect.y0, rect.x1, rect.y1)
            shares = [_share(box, line) for line in boxes]
            best = max(range(len(boxes)), key=lambda i: shares[i], default=-1)
            if best < 0 or shares[best] <= 0:
                values.append(0.0)
            else:
                on[best].append(box)
        values += [agreement(union(found), line) if found else 0.0 for found, line in zip(on, boxes, strict=True)]
        self.lines += values
        if min(values) < LEAST:
            self.low.append(f"{name}: {[round(value, 2) for value in values]}")


def _share(box: Box, line: Box) -> float:
    """How much of ``box`` lies on the line."""
    wide = min(box[2], line[2]) - max(box[0], line[0])
    tall = min(box[3], line[3]) - max(box[1], line[1])
    if wide <= 0 or tall <= 0:
        return 0.0
    return wide * tall / max(1e-12, (box[2] - box[0]) * (box[3] - box[1]))


@dataclass(frozen=True)
class Quote:
    """A sentence of a page, as a citation names it."""

    page: Page
    start: int
    end: int

    @property
    def text(self) -> str:
        return self.page.text[self.start : self.end]


def choose(reading: Reading, count: int, dice: random.Random) -> list[Quote]:
    """Some sentences of the document."""
    found = []
    for page in reading.pages:
        for start, end in sentences(page.text):
            text = page.text[start:end]
            low, high = start + len(text) - len(text.lstrip()), end - (len(text) - len(text.rstrip()))
            if 15 <= high - low <= 600:
                found.append(Quote(page, low, high))
    return dice.sample(found, min(count, len(found)))


def measure(row: Row, file: Path, reading: Reading, quotes: Sequence[Quote]) -> None:
    """Text that the file itself holds: its characters' own boxes, and their ink."""
    witness = Witness(file)
    for quote in quotes:
        sheet = witness.sheet(quote.page.index)
        before = len(seen_letters(quote.page.text[: quote.start]))
        indexes = sheet.find(quote.text, before)
        name = f"{file.name} page {quote.page.index + 1} {quote.text[:40]!r}"
        if not indexes:
            row.wrong_pages.append(name)
            continue
        rects = rects_of(quote.page, quote.start, quote.end)
        lines = sheet.quoted_lines(indexes)
        row.add(name, [sheet.font_box(on_it) for _, on_it in lines], rects)
        if rects:
            covered, other = sheet.covered(lines, rects)
            row.covered.append(covered)
            row.others.append(other)


def measure_scan(row: Row, original: Path, index: int, page: Page, quotes: Sequence[Quote]) -> None:
    """A picture of page ``index`` of ``original``: the ink of the words that were recognised in it."""
    witness = Witness(original)
    sheet = witness.sheet(index)
    letters = seen_letters(page.text)
    same = difflib.SequenceMatcher(None, "".join(a for a, _ in letters), sheet.string, autojunk=False)
    true = {
        letters[block.a + k][1]: sheet.letters[block.b + k][1]
        for block in same.get_matching_blocks()
        for k in range(block.size)
    }
    if len(true) < 0.5 * len(letters):
        row.wrong_pages.append(f"{original.name} page {index + 1}")
        return
    for quote in quotes:
        seen = [i for i in range(quote.start, quote.end) if seen_letters(page.text[i])]
        known = [true[i] for i in seen if i in true]
        if len(known) < 0.9 * len(seen) or seen[0] not in true or seen[-1] not in true:
            row.unreadable += 1
            continue
        rects = rects_of(page, quote.start, quote.end)
        boxes = [box for number, on_it in sheet.quoted_lines(known) if (box := sheet.ink_box(number, on_it))]
        row.add(f"scan of {original.name} page {index + 1} {quote.text[:40]!r}", boxes, rects)


# -- variants of pages


def turned(original: Path, pages: Sequence[int], folder: Path) -> Path:
    """Pages shown lying on their side, or upside down."""
    writer = pypdf.PdfWriter()
    for number, index in enumerate(pages):
        writer.append(original, pages=(index, index + 1))
        writer.pages[-1].rotate((90, 180, 270)[number % 3])
    return _written(writer, folder / f"turned {original.name}")


def turned_back(original: Path, pages: Sequence[int], folder: Path) -> Path:
    """Pages whose content lies on its side, and that are shown upright: what a scanner or a landscape table gives."""
    writer = pypdf.PdfWriter()
    for number, index in enumerate(pages):
        writer.append(original, pages=(index, index + 1))
        page = writer.pages[-1]
        turn = (90, 180, 270)[number % 3]
        page.rotate(turn)
        page.transfer_rotation_to_content()
        page.rotate(-turn)
    return _written(writer, folder / f"turned back {original.name}")


def cropped(original: Path, pages: Sequence[int], folder: Path, *, turn: bool = False) -> Path:
    """Pages whose MediaBox does not begin at 0,0 and whose CropBox leaves little margin."""
    writer = pypdf.PdfWriter()
    document = pypdfium2.PdfDocument(original)
    for number, index in enumerate(pages):
        writer.append(original, pages=(index, index + 1))
        page = writer.pages[-1]
        words = document[index].get_textpage()
        boxes = [words.get_charbox(i) for i in range(words.count_chars())]
        left, bottom, right, top = page.mediabox
        low = (max(left, min(b[0] for b in boxes) - 25), max(bottom, min(b[1] for b in boxes) - 12))
        high = (min(right, max(b[2] for b in boxes) + 8), min(top, max(b[3] for b in boxes) + 31))
        page.mediabox = RectangleObject((left - 40, bottom - 70, right + 13, top + 29))
        page.cropbox = RectangleObject((*low, *high))
        if turn:
            page.rotate((270, 90)[number % 2])
    return _written(writer, folder / f"cropped {turn} {original.name}")


def scanned(original: Path, index: int, folder: Path) -> Path:
    """A picture of the page, as a scanner would make it."""
    picture = pypdfium2.PdfDocument(original)[index].render(scale=SCAN_DPI / 72).to_pil().convert("L")
    file = folder / f"scan {index} {original.stem}.pdf"
    picture.save(file, "PDF", resolution=SCAN_DPI)
    return file


def _written(writer: pypdf.PdfWriter, file: Path) -> Path:
    with file.open("wb") as stream:
        writer.write(stream)
    return file


# -- the tests


def bench() -> Path | None:
    """The open evaluation pack, where there is one."""
    named = os.environ.get("VADEMECUM_BENCH")
    folder = Path(named) if named else Path(__file__).resolve().parents[3] / "shared" / "bench"
    return folder if (folder / "cuad" / "pdfs").is_dir() else None


def survey(
    english: Sequence[Path], chinese: Sequence[Path], folder: Path, *, each: int, variant_pages: int, scans: int
) -> list[Row]:
    """The table: ``each`` passages of a document, ``variant_pages`` pages of every kind, ``scans`` pages a language."""
    dice = random.Random(42)
    rows = {
        kind: Row(kind)
        for kind in (
            "English", "Chinese", "turned", "turned back", "cropped", "cropped and turned",
            "scanned, English", "scanned, Chinese",
        )
    }  # fmt: skip
    with Reader() as reader:
        for language, files in (("English", english), ("Chinese", chinese)):
            readings = {file: reader.read(file) for file in files}
            for file, reading in readings.items():
                measure(rows[language], file, reading, choose(reading, each, dice))
            # pages with enough text on them to be quoted, of several documents
            full = [(file, p.index) for file, r in readings.items() for p in r.pages if len(p.text) > 400]
            for make, kind in ((turned, "turned"), (turned_back, "turned back"), (cropped, "cropped")):
                for file, pages in _by_file(dice.sample(full, min(variant_pages, len(full)))):
                    made = make(file, pages, folder)
                    reading = reader.read(made)
                    measure(rows[kind], made, reading, choose(reading, 2 * len(pages), dice))
            for file, pages in _by_file(dice.sample(full, min(variant_pages, len(full)))):
                made = cropped(file, pages, folder, turn=True)
                reading = reader.read(made)
                measure(rows["cropped and turned"], made, reading, choose(reading, 2 * len(pages), dice))
            for file, index in dice.sample(full, min(scans, len(full))):
                reading = reader.read(scanned(file, index, folder))
                assert reading.pages, f"page {index + 1} of {file.name}: {reading.reason}"
                quotes = choose(reading, 6, dice)
                measure_scan(rows[f"scanned, {language}"], file, index, reading.pages[0], quotes)
    return list(rows.values())


def _by_file(places: Sequence[tuple[Path, int]]) -> list[tuple[Path, list[int]]]:
    files: dict[Path, list[int]] = {}
    for file, index in places:
        files.setdefault(file, []).append(index)
    return list(files.items())


def judge(rows: Sequence[Row]) -> None:
    print("", *rows, *(f"  below {LEAST}: {name}" for row in rows for name in row.low), sep="\n")
    assert [name for row in rows for name in row.wrong_pages] == []
    assert [name for row in rows for name in row.low] == []
    for row in rows:
        if row.covered:
            assert min(row.covered) > 0.97, row.kind
            assert statistics.mean(row.others) < 0.03, row.kind


def test_highlights_of_the_sample_documents_are_exact(tmp_path: Path) -> None:
    folder = samples.folder()
    english = [
        folder / "consulting-agreement-driven-deliveries.pdf",
        folder / "outsourcing-agreement-dgt-dolphin.pdf",
        folder / "quilodarine-monograph-en.pdf",
    ]
    chinese = [
        folder / "中华人民共和国劳动合同法.pdf",
        folder / "职工带薪年休假条例.pdf",
        folder / "economic-outlook-2025-july.pdf",
        folder / "quilodarine-monograph-zh.pdf",
    ]
    judge(survey(english, chinese, tmp_path, each=8, variant_pages=4, scans=1))


def test_highlights_of_the_open_pack_are_exact(tmp_path: Path) -> None:
    pack = bench()
    if pack is None:
        pytest.skip("The open evaluation pack is not on this machine; the sample documents are measured all the same.")
    dice = random.Random(7)
    english = dice.sample(sorted((pack / "cuad" / "pdfs").glob("*.[pP][dD][fF]")), 20)
    chinese = dice.sample(sorted((pack / "zh_laws" / "pdfs").glob("*.pdf")), 20)
    rows = survey(english, chinese, tmp_path, each=5, variant_pages=10, scans=8)
    judge(rows)
    assert sum(row.passages for row in rows) >= 200
