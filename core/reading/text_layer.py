"""The text layer of one page: characters and their boxes as pdfium gives them, put together to printed lines.

Boxes are turned to the displayed page (rotation, CropBox, a MediaBox that does
not begin at 0,0) before anything else looks at them.
"""

from __future__ import annotations

import ctypes
import re
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from itertools import repeat
from typing import Any, TypeVar

import numpy as np
import numpy.typing as npt
from pypdfium2 import raw as pdfium

from core.reading.characters import REPLACEMENT, from_symbol_font, is_cjk, is_noise, is_private, ordinary
from core.reading.hidden import hidden_characters
from core.reading.layout import spaced_out
from core.reading.quick_calls import ADDRESS, INT, address, function
from core.reading.raw_line import RawLine
from core.reading.wire import STEPS

# More characters than this on one page is an attack or a mistake; a dense page of a law has 10,000.
MOST_CHARACTERS = 300_000


_HYPHENS = (0x02, 0xFFFE)  # pdfium's marks for a hyphen at the end of a line
_SOFT_HYPHEN = 0xAD
_LINE = re.compile(r"[^\n\r\x02\ufffe]+[\x02\ufffe]?|[\x02\ufffe]")
_UNSEEN = re.compile(r"[\x00-\x20\ufffe\udc00-\udfff]")
_SUSPICIOUS = re.compile(r"[\x00-\x1f\x7f-\x9f\ufffd\ue000-\uf8ff\U000f0000-\U0010fffd]")
# Characters without a picture that carry messages past the reader; joiners belong to scripts that need them.
_ZERO_WIDTH = re.compile(
    r"[\u200b\u2060-\u2064\U000e0000-\U000e007f]|\udb40[\udc00-\udc7f]|(?<=[!-~])[\u200c\u200d\ufeff](?=[!-~])"
)
# What stands for a character that is left out, and for one that needs a closer look.
_LEFT_OUT, _SPECIAL = "\x00", "\x01"
_CJK_APART = re.compile(r"[\u2e80-\u9fff] [\u2e80-\u9fff]")
_SPACES = re.compile(" +")

# Where the font does not tell what so many of the characters mean, they are a guess of the parser.
MOST_UNMAPPED = 0.5

Floats = npt.NDArray[np.float64]
Mask = npt.NDArray[np.bool_]
_Length = TypeVar("_Length", float, Floats)


@dataclass(frozen=True, slots=True)
class Frame:
    """The displayed page: its box in the page's own coordinates and how it is turned."""

    left: float
    bottom: float
    right: float
    top: float
    turns: int  # quarter turns clockwise

    @property
    def size(self) -> tuple[float, float]:
        """Width and height as displayed, in points."""
        width, height = self.right - self.left, self.top - self.bottom
        return (height, width) if self.turns % 2 else (width, height)

    def place(self, x0: _Length, y0: _Length, x1: _Length, y1: _Length) -> tuple[_Length, _Length, _Length, _Length]:
        """Boxes in page coordinates -> boxes on the displayed page, 0..1, origin top left."""
        width = max(self.right - self.left, 1e-6)
        height = max(self.top - self.bottom, 1e-6)
        left, right = (x0 - self.left) / width, (x1 - self.left) / width
        low, high = (y0 - self.bottom) / height, (y1 - self.bottom) / height
        if self.turns == 0:
            return left, 1 - high, right, 1 - low
        if self.turns == 1:
            return low, left, high, right
        if self.turns == 2:
            return 1 - right, low, 1 - left, high
        return 1 - high, 1 - right, 1 - low, 1 - left


@dataclass(frozen=True, slots=True)
class TextLayer:
    """The lines of a text layer without the ``hidden`` characters, which nobody can see.

    ``visible`` counts its characters, ``noise`` those of them that mean nothing.
    """

    lines: tuple[RawLine, ...]
    visible: int
    noise: int
    hidden: int = 0

    @property
    def usable(self) -> int:
        """How many characters can be read."""
        return self.visible - self.noise


def frame_of(page: Any) -> Frame:
    """How a loaded pdfium page is displayed."""
    box = pdfium.FS_RECTF()
    if not pdfium.FPDF_GetPageBoundingBox(page, ctypes.byref(box)):
        return Frame(0.0, 0.0, pdfium.FPDF_GetPageWidthF(page) or 1.0, pdfium.FPDF_GetPageHeightF(page) or 1.0, 0)
    left, right = sorted((box.left, box.right))
    bottom, top = sorted((box.bottom, box.top))
    return Frame(left, bottom, right, top, pdfium.FPDFPage_GetRotation(page) % 4)


def read_text_layer(page: Any, frame: Frame) -> TextLayer:
    """The text layer of a loaded pdfium page.  Raises ValueError when pdfium cannot make one."""
    text_page = pdfium.FPDFText_LoadPage(page)
    if not text_page:
        raise ValueError("no text page")
    try:
        return _read(page, text_page, frame)
    finally:
        pdfium.FPDFText_ClosePage(text_page)


def _read(page: Any, text_page: Any, frame: Frame) -> TextLayer:
    count = min(pdfium.FPDFText_CountChars(text_page), MOST_CHARACTERS)
    if count <= 0:
        return TextLayer((), 0, 0)
    text = _characters(text_page, count)
    boxes, known = _boxes(text_page, text)
    hidden = hidden_characters(page, text_page, boxes, known, (frame.left, frame.bottom, frame.right, frame.top))
    unseen = len(_ZERO_WIDTH.findall(text))
    if hidden.any():
        unseen += sum(1 for i in np.flatnonzero(hidden).tolist() if text[i] > " ")
        # a gap in the line: what stands on either side of it is put together, or not, by its place
        text = "".join("\n" if gone else letter for letter, gone in zip(text, hidden.tolist(), strict=True))
        known &= ~hidden
    glyphs = _Glyphs(text_page, text, frame.place(*boxes), known, frame)
    lines = glyphs.lines()
    visible = count - len(_UNSEEN.findall(text))
    noise = sum(1 for letter in _SUSPICIOUS.findall(text) if is_noise(ord(letter)))
    if visible and _unmapped_share(text_page, count) > MOST_UNMAPPED:
        noise = visible
    return TextLayer(lines, visible, min(noise, visible), unseen)


def _unmapped_share(text_page: Any, count: int) -> float:
    """Share of characters (of a sample) whose meaning the font does not tell: what stands for them is a guess."""
    sample = range(0, count, max(1, count // 200))
    return sum(1 for i in sample if pdfium.FPDFText_HasUnicodeMapError(text_page, i) == 1) / len(sample)


class _Glyphs:
    """All characters of a page with their boxes, as displayed.

    Everything that can be told for the whole page at once is computed once, with
    numpy; a page has 5,000 characters, and a library a hundred thousand pages.
    """

    def __init__(
        self, text_page: Any, text: str, boxes: tuple[Floats, Floats, Floats, Floats], known: Mask, frame: Frame
    ) -> None:
        self._text_page = text_page
        self._frame = frame
        self.text = text
        self._clean = text.translate(_cleaner())
        count = len(text)
        x0, y0, x1, y1 = boxes
        width, height = frame.size
        self.aspect = width / max(height, 1e-6)
        self.x0, self.y0, self.x1, self.y1, self.known = x0, y0, x1, y1, known

        # A space has no box, or an odd one: it reaches from its left neighbour on.
        before = np.maximum.accumulate(np.where(known, np.arange(count), -1))
        lefts = np.where(known | (before < 0), x0, x1[before])
        self._sure: list[bool] = known.tolist()
        self._steps: list[int] = np.rint(np.clip(lefts, 0.0, 1.0) * STEPS).astype(int).tolist()
        self._right_steps: list[int] = np.rint(np.clip(x1, 0.0, 1.0) * STEPS).astype(int).tolist()
        # Where a line needs a closer look: it runs backwards, or several letters share one glyph's box.
        odd = np.zeros(count, bool)
        odd[1:] = (lefts[1:] < lefts[:-1]) | (known[1:] & (x0[1:] == x0[:-1]) & (x1[1:] == x1[:-1]))
        self._odd: list[bool] = odd.tolist()
        self._across, self._down = np.zeros(count), np.zeros(count)
        self._cuts: list[int] = []
        self._measure_steps(x0, y0, x1, y1)

    def _measure_steps(self, x0: Floats, y0: Floats, x1: Floats, y1: Floats) -> None:
        """How far it is from each character to the next, summed up; and where that is a line away."""
        index = np.flatnonzero(self.known)
        if len(index) < 2:
            return
        here, there = index[:-1], index[1:]
        across = (x0[there] + x1[there] - x0[here] - x1[here]) * 0.5 * self.aspect
        down = (y0[there] + y1[there] - y0[here] - y1[here]) * 0.5
        tall = np.maximum(y1[here] - y0[here], y1[there] - y0[there])
        # a footnote mark stands a little higher than its word; a new line stands a whole line away, or far to the left;
        # the next cell of a table, half a line higher or lower, stands apart
        apart = (np.abs(down) > 0.4 * tall) & ((x0[there] - x1[here]) * self.aspect > 1.5 * tall)
        self._cuts = there[(np.abs(down) > 0.95 * tall) | (across < -3 * tall) | apart].tolist()
        for values, kept in ((across, self._across), (down, self._down)):
            # one leap, from the last line to the page's foot, does not make a line run down the page
            kept[there] = np.minimum(np.abs(values), tall)
            np.cumsum(kept, out=kept)

    def _upright(self, start: int, end: int) -> bool:
        """Whether these characters follow each other across the displayed page, not down or up."""
        down, across = self._down, self._across
        return bool(down[end - 1] - down[start] <= across[end - 1] - across[start] + 1e-9)

    def segments(self) -> Iterator[tuple[int, int]]:
        """Printed lines as spans of characters."""
        at = 0
        for match in _LINE.finditer(self.text):
            start, end = match.span()
            while at < len(self._cuts) and self._cuts[at] <= start:
                at += 1
            first = at
            while at < len(self._cuts) and self._cuts[at] < end:
                at += 1
            # written down the page, every character is a line away from the one before: none of them is cut
            cuts = self._cuts[first:at] if first < at and self._upright(start, end) else []
            yield from zip([start, *cuts], [*cuts, end], strict=True)

    def lines(self) -> tuple[RawLine, ...]:
        """The printed lines of which something can be seen."""
        spans = list(self.segments())
        if not spans:
            return ()
        bounds = np.array(spans).ravel()

        def extremes(of: Any, values: Floats, unknown: float) -> list[float]:
            # every second result lies between two lines
            reached: list[float] = of.reduceat(np.append(np.where(self.known, values, unknown), unknown), bounds)[
                ::2
            ].tolist()
            return reached

        boxes = zip(
            extremes(np.minimum, self.x0, np.inf),
            extremes(np.minimum, self.y0, np.inf),
            extremes(np.maximum, self.x1, -np.inf),
            extremes(np.maximum, self.y1, -np.inf),
            strict=True,
        )
        found = (self._line(*span, *box) for span, box in zip(spans, boxes, strict=True))
        return tuple(line for line in found if line is not None)

    def _line(self, start: int, end: int, left: float, top: float, right: float, bottom: float) -> RawLine | None:
        """The printed line of these characters; None when nothing of it can be seen."""
        if left >= right or top >= bottom:
            return None
        box = left, top, right, bottom = self._with_ink(start, end, left, top, right, bottom)
        upright = self._upright(start, end)
        text = self._clean[start:end]
        first = end - len(text.lstrip(" "))
        ordered = upright and self._sure[min(first, end - 1)] and not any(self._odd[start + 1 : end])
        if ordered and _SPECIAL not in text and _LEFT_OUT not in text and not _CJK_APART.search(text):
            return self._plain_line(text, start, box)
        begins, ends = (self.x0, self.x1) if upright else (self.y0, self.y1)
        backwards = self._backwards(start, end, begins, ends)
        if backwards:
            begins, ends = 1 - ends, 1 - begins
        text, starts, last_edge = self._spelled_out(start, end, begins, ends)
        if not text:
            return None
        steps = _edges(starts, last_edge, *((left, right) if upright else (top, bottom)))
        return RawLine(text, *box, edges=tuple(STEPS - s for s in steps) if backwards else steps, upright=upright)

    def _plain_line(self, text: str, start: int, box: tuple[float, float, float, float]) -> RawLine | None:
        """A line of ordinary characters in their order; of several spaces one is kept."""
        start += len(text) - len(text.lstrip(" "))
        text = text.strip(" ")
        if not text:
            return None
        last = start + len(text) - 1
        end = max(self._right_steps[last], self._steps[last])
        edges: list[int] = self._steps[start : last + 1]
        if "  " in text:
            edges = [edge for i, edge in enumerate(edges) if text[i] != " " or text[i - 1] != " "]
            text = _SPACES.sub(" ", text)
        return RawLine(text, *box, (*edges, end))

    def _backwards(self, start: int, end: int, begins: Floats, ends: Floats) -> bool:
        """Whether the letters run to the left, or up the page."""
        known = np.flatnonzero(self.known[start:end]) + start
        first, last = known[0], known[-1]
        return bool(begins[last] + ends[last] < begins[first] + ends[first])

    def _with_ink(
        self, start: int, end: int, left: float, top: float, right: float, bottom: float
    ) -> tuple[float, float, float, float]:
        # The boxes come from what the font says of itself, which may be less than it draws: take in the ink.
        for ink in _ink(self._text_page, start, end - start, self._frame):
            # ... but a font that is wild about its ink must not make the line cover its neighbours
            if ink[3] - ink[1] < 2 * (bottom - top):
                left, top = min(left, ink[0]), min(top, ink[1])
                right, bottom = max(right, ink[2]), max(bottom, ink[3])
        return left, top, right, bottom

    def _spelled_out(self, start: int, end: int, begins: Floats, ends: Floats) -> tuple[str, list[float], float]:
        """Text and first edges (and the last one) of a line whose characters do not all stay as they are."""
        letters: list[str] = []
        lefts: list[float] = []
        rights: list[float] = []
        solid: list[bool] = []
        i = start
        while i < end:
            code, at = ord(self.text[i]), i
            i += 1
            if 0xD800 <= code <= 0xDBFF and i < end and 0xDC00 <= ord(self.text[i]) <= 0xDFFF:
                code = 0x10000 + ((code - 0xD800) << 10) + (ord(self.text[i]) - 0xDC00)
                i += 1
            if code in _HYPHENS:
                meant = "-" if pdfium.FPDFText_IsHyphen(self._text_page, at) == 1 else ""
            elif code == _SOFT_HYPHEN:
                meant = "-" if i == end else ""
            elif is_private(code):
                meant = from_symbol_font(code, self._font(at))
            else:
                meant = ordinary(code)
            if meant == " " and (not letters or letters[-1] == " "):
                continue
            width = (ends[at] - begins[at]) / max(len(meant), 1)
            for k, letter in enumerate(meant):
                letters.append(letter)
                lefts.append(float(begins[at] + k * width))
                rights.append(float(begins[at] + (k + 1) * width))
                solid.append(bool(self.known[at]) and letter != " ")
        keep = list(range(len("".join(letters).rstrip(" "))))
        if spaced_out("".join(letters)):
            keep = [
                i
                for i in keep
                if not (
                    letters[i] == " " and i + 1 < len(letters) and is_cjk(letters[i - 1]) and is_cjk(letters[i + 1])
                )
            ]
        if not keep:
            return "", [], 0.0
        lefts, last = _shared([lefts[i] for i in keep], [rights[i] for i in keep], [solid[i] for i in keep])
        return "".join([letters[i] for i in keep]), lefts, last

    def _font(self, index: int) -> str:
        buffer = ctypes.create_string_buffer(256)
        flags = ctypes.c_int()
        pdfium.FPDFText_GetFontInfo(self._text_page, index, buffer, 256, ctypes.byref(flags))
        return buffer.value.decode("utf-8", "replace")


def _characters(text_page: Any, count: int) -> str:
    """One character for each that pdfium counts."""
    buffer = (ctypes.c_ushort * (count + 1))()
    if pdfium.FPDFText_GetText(text_page, 0, count, buffer) == count + 1:
        text = bytes(buffer)[: 2 * count].decode("utf-16-le", "surrogatepass")
        if len(text) == count:
            return text
    # It left some out, or gave two for one: then they are asked for one by one.
    codes = map(function("FPDFText_GetUnicode", ADDRESS, INT), repeat(address(text_page)), range(count))
    return "".join([chr(code) if 0 <= code <= 0x10FFFF else REPLACEMENT for code in codes])


class _Cleaner(dict[int, str]):
    """For ``str.translate``: each character as it is kept, when that is one character and always the same."""

    def __missing__(self, code: int) -> str:
        meant = _SPECIAL
        if code in (0x0A, 0x0D):
            meant = chr(code)
        elif code not in _HYPHENS and code != _SOFT_HYPHEN and not is_private(code) and not 0xD800 <= code <= 0xDFFF:
            meant = ordinary(code) or _LEFT_OUT
        self[code] = meant if len(meant) == 1 else _SPECIAL
        return self[code]


@cache
def _cleaner() -> _Cleaner:
    return _Cleaner()


def _boxes(text_page: Any, text: str) -> tuple[tuple[Floats, Floats, Floats, Floats], Mask]:
    """Left, bottom, right, top of every character in page coordinates, and which of them have a box.

    Spaces and line breaks are not looked at.
    """
    count = len(text)
    handle = address(text_page)
    loose_box = function("FPDFText_GetLooseCharBox", ADDRESS, INT, ADDRESS)
    loose = np.zeros((count, 4), np.float32)  # left, top, right, bottom
    solid = np.frombuffer(text.encode("utf-32-le", "surrogatepass"), np.uint32) > 0x20
    wanted = np.flatnonzero(solid)
    places = (wanted * 16 + loose.ctypes.data).tolist()
    for _ in map(loose_box, repeat(handle), wanted.tolist(), places):
        pass
    roomy = loose.astype(np.float64)
    np.nan_to_num(roomy, copy=False, posinf=0.0, neginf=0.0)
    left, right = np.minimum(roomy[:, 0], roomy[:, 2]), np.maximum(roomy[:, 0], roomy[:, 2])
    bottom, top = np.minimum(roomy[:, 1], roomy[:, 3]), np.maximum(roomy[:, 1], roomy[:, 3])
    # The roomy box is flat where the text is turned; then, and only then, the ink says how wide a character is.
    flat = np.flatnonzero(solid & ((right - left <= 0.01) | (top - bottom <= 0.01)))
    if len(flat):
        tight_box = function("FPDFText_GetCharBox", ADDRESS, INT, *[ADDRESS] * 4)
        tight = np.zeros((len(flat), 4), np.float64)  # left, right, bottom, top
        begin = tight.ctypes.data
        for i, k in enumerate(flat.tolist()):
            at = begin + 32 * i
            tight_box(handle, k, at, at + 8, at + 16, at + 24)
        np.nan_to_num(tight, copy=False, posinf=0.0, neginf=0.0)
        left[flat], right[flat], bottom[flat], top[flat] = tight.T
    return (left, bottom, right, top), solid & (right > left) & (top > bottom)


def _ink(text_page: Any, start: int, count: int, frame: Frame) -> list[tuple[float, float, float, float]]:
    handle, found = address(text_page), []
    rectangles = function("FPDFText_CountRects", ADDRESS, INT, INT)
    rectangle = function("FPDFText_GetRect", ADDRESS, INT, *[ADDRESS] * 4)
    sides = (ctypes.c_double * 4)()  # left, top, right, bottom
    at = ctypes.addressof(sides)
    for i in range(max(0, rectangles(handle, start, count))):
        if rectangle(handle, i, at, at + 8, at + 16, at + 24):
            left, top, right, bottom = sides
            found.append(frame.place(left, bottom, right, top))
    return found


def _shared(lefts: list[float], rights: list[float], solid: list[bool]) -> tuple[list[float], float]:
    edge = next((left for left, ok in zip(lefts, solid, strict=True) if ok), 0.0)
    for i, ok in enumerate(solid):
        if ok:
            edge = rights[i]
        else:
            lefts[i] = rights[i] = edge
    i = 1
    while i < len(lefts):
        # one glyph that stands for several letters comes as letters with one box: share the width among them
        j, left, right = i, lefts[i - 1], rights[i - 1]
        while j < len(lefts) and left < right and lefts[j] == left and rights[j] == right:
            j += 1
        for k in range(i, j):
            lefts[k] = left + (right - left) / (j - i + 1) * (k - i + 1)
        i = j + 1
    return lefts, edge


def _edges(lefts: list[float], last: float, low: float, high: float) -> tuple[int, ...]:
    # Text set in an order of its own has no edges that follow each other: then only the box is known.
    allowed = max((high - low) / max(len(lefts), 1), 1e-4)
    edges = []
    reach = 0.0
    for value in (*lefts, last):
        if value < reach - allowed:
            return ()
        reach = min(1.0, max(reach, value))
        edges.append(round(reach * STEPS))
    return tuple(edges)
