"""Text that a page holds and nobody can see: what a stranger may have put there for a machine to read.

Invisible by its render mode or alpha, in the colour of what lies under it, painted over, clipped away, off the
displayed page, or smaller than print.  Wherever colour decides, the page is drawn with and without the text:
what makes no difference cannot be seen.  Invisible text over a picture of a page is no secret, it is what a
scanner's recognition saw there.
"""

from __future__ import annotations

import ctypes
from collections.abc import Sequence
from dataclasses import dataclass, field
from itertools import repeat
from typing import Any

import numpy as np
import numpy.typing as npt
from pypdfium2 import raw as pdfium

from core.reading.quick_calls import ADDRESS, INT, address, function

# Nobody prints smaller; a page smaller than A5 is looked at enlarged.
SMALLEST_POINTS = 4.0
A5_SIDE = 420.0
# So few small letters beside larger ones are a footnote's mark or an index.
LONGEST_INDEX = 8
# Text whose every channel is at least this light may be white on white.
LIGHT = 190
# Colours nearer to each other than this may be the same to the eye: then the page is drawn.
NEAR = 60
# The difference, of 256 steps, that an eye can see.
SEEN = 10
# Where the ink of a picture differs from its paper, of 256 steps.
INK = 40
NEARLY_CLEAR = 26
HALF_CLEAR = 128
# Text covered by pictures of this share of the page is a scan's.
FULL_PAGE_IMAGE = 0.5
# ... where so many of its characters stand on ink of the picture.
LEAST_INKED = 0.4
# A hidden run is words, not the full stop that anti-aliasing lost.
LEAST_RUN = 3
# Looked at one by one; beyond that the page is drawn and every text on it compared.
MOST_OBJECTS = 20_000
MOST_PAIRS = 5_000_000
MOST_SEGMENTS = 64
DEEPEST_FORM = 4
# A larger picture is not decoded: what lies over or under it is taken for visible.
MOST_IMAGE_PIXELS = 150_000_000
MOST_PIXELS = 4_000_000
SCALE = 2.0

Floats = npt.NDArray[np.float64]
Mask = npt.NDArray[np.bool_]
Box = tuple[float, float, float, float]  # left, bottom, right, top
Boxes = tuple[Floats, Floats, Floats, Floats]
_Matrix = tuple[float, float, float, float, float, float]

_INVISIBLE, _CLIP = 3, 7
_STROKED = (1, 5)
_NO_FILL = 0


@dataclass(slots=True)
class _Painted:
    """What stands on a page, in the order in which it is painted."""

    texts: list[tuple[int, int, Box, tuple[int, int, int] | None]] = field(default_factory=list)
    covers: list[tuple[int, Box, tuple[int, int, int] | None]] = field(default_factory=list)
    images: list[Box] = field(default_factory=list)
    invisible: set[int] = field(default_factory=set)
    doubtful: set[int] = field(default_factory=set)
    objects: int = 0
    pixels: int = 0  # of the largest image

    @property
    def too_many(self) -> bool:
        return self.objects > MOST_OBJECTS


def hidden_characters(page: Any, text_page: Any, boxes: Boxes, known: Mask, shown: Box) -> Mask:
    """For each character whether nobody can see it on the page as displayed; spaces go with what is beside them.

    ``boxes`` are left, bottom, right, top of the characters in page coordinates, good
    where ``known`` says so; ``shown`` is the displayed part of the page.
    """
    left, bottom, right, top = boxes
    hidden = known & ((right <= shown[0]) | (left >= shown[2]) | (top <= shown[1]) | (bottom >= shown[3]))
    hidden |= _tiny(text_page, boxes, known, shown)
    hidden = _with_spaces(hidden, known)
    painted = _painted(page)
    doubtful = _doubtful(painted)
    if not (painted.invisible or doubtful or painted.too_many):
        return hidden
    owners = _owners(text_page, len(left))
    unseen = known & np.isin(owners, list(painted.invisible))
    in_doubt = known & ~unseen & ~hidden & (painted.too_many | np.isin(owners, list(doubtful)))
    scanned = _share(painted.images, shown) >= FULL_PAGE_IMAGE
    if not (in_doubt.any() or (scanned and unseen.any())):
        return hidden | _with_spaces(unseen, known)
    picture = _draw(page, shown) if painted.pixels <= MOST_IMAGE_PIXELS else None
    if picture is None:
        return hidden if scanned else hidden | _with_spaces(unseen, known)
    places = _pixels(boxes, shown, picture)
    if in_doubt.any():
        without = _draw_without(page, np.unique(owners[in_doubt]), shown)
        if without is not None:
            changed = np.abs(picture - without).max(axis=2) >= SEEN
            same = in_doubt.copy()
            same[in_doubt] = ~_holds(changed, places, in_doubt)
            unseen |= _words(same, known, owners)
    if scanned:
        unseen &= ~_recognised(picture, places, unseen, owners)
    return hidden | _with_spaces(unseen, known)


def _tiny(text_page: Any, boxes: Boxes, known: Mask, shown: Box) -> Mask:
    """Characters smaller than print, other than a few beside larger ones."""
    left, bottom, right, top = boxes
    least = SMALLEST_POINTS * min(1.0, min(shown[2] - shown[0], shown[3] - shown[1]) / A5_SIDE)
    # a font's box is some higher than its size, and its widest letter about as wide
    small = known & (np.maximum(right - left, top - bottom) < 1.5 * least)
    tiny = np.zeros(len(left), bool)
    if not small.any():
        return tiny
    matrix = pdfium.FS_MATRIX()
    for i in np.flatnonzero(small).tolist():
        size = float(pdfium.FPDFText_GetFontSize(text_page, i))
        if pdfium.FPDFText_GetMatrix(text_page, i, ctypes.byref(matrix)):
            size *= float(np.hypot(matrix.c, matrix.d))
        tiny[i] = 0 < size < least
    for start, end in _spans(tiny, known):
        if end - start <= LONGEST_INDEX and _beside_larger(boxes, tiny, known, start, end):
            tiny[start:end] = False
    return tiny


def _beside_larger(boxes: Boxes, tiny: Mask, known: Mask, start: int, end: int) -> bool:
    left, bottom, right, top = boxes
    for near in (start - 1, end):
        while 0 <= near < len(left) and not known[near] and abs(near - start) < LONGEST_INDEX + 2:
            near += -1 if near < start else 1
        if 0 <= near < len(left) and known[near] and not tiny[near]:
            size = top[near] - bottom[near]
            apart = max(left[near] - right[end - 1], left[start] - right[near])
            level = min(top[near], top[start]) - max(bottom[near], bottom[start])
            if apart < size and level > 0:
                return True
    return False


def _painted(page: Any) -> _Painted:
    """The objects of the page and of the forms in it.  Nothing is decoded."""
    found = _Painted()
    kind_of = function("FPDFPageObj_GetType", ADDRESS)
    mode_of = function("FPDFTextObj_GetTextRenderMode", ADDRESS)
    colour_of = function("FPDFPageObj_GetFillColor", ADDRESS, *[ADDRESS] * 4)
    bounds_of = function("FPDFPageObj_GetBounds", ADDRESS, *[ADDRESS] * 4)
    draw_mode_of = function("FPDFPath_GetDrawMode", ADDRESS, ADDRESS, ADDRESS)
    page_object = function("FPDFPage_GetObject", ADDRESS, INT, result=ADDRESS)
    form_object = function("FPDFFormObj_GetObject", ADDRESS, ctypes.c_ulong, result=ADDRESS)
    form_count = function("FPDFFormObj_CountObjects", ADDRESS)
    pixels_of = function("FPDFImageObj_GetImagePixelSize", ADDRESS, ADDRESS, ADDRESS)
    rgba, sides, modes = (ctypes.c_uint * 4)(), (ctypes.c_float * 4)(), (ctypes.c_int * 2)()
    rgba_at = [ctypes.addressof(rgba) + 4 * i for i in range(4)]
    sides_at = [ctypes.addressof(sides) + 4 * i for i in range(4)]
    modes_at = [ctypes.addressof(modes), ctypes.addressof(modes) + 4]

    def box(thing: int, within: _Matrix | None) -> Box | None:
        if not bounds_of(thing, *sides_at):
            return None
        x0, y0, x1, y1 = sides
        if within is None:
            return x0, y0, x1, y1
        a, b, c, d, e, f = within
        xs = [a * x + c * y + e for x in (x0, x1) for y in (y0, y1)]
        ys = [b * x + d * y + f for x in (x0, x1) for y in (y0, y1)]
        return min(xs), min(ys), max(xs), max(ys)

    def visit(thing: int, depth: int, within: _Matrix | None) -> None:
        found.objects += 1
        order = found.objects
        kind = kind_of(thing)
        if kind == pdfium.FPDF_PAGEOBJ_TEXT:
            mode = mode_of(thing)
            colour = (rgba[0], rgba[1], rgba[2]) if colour_of(thing, *rgba_at) else None
            place = box(thing, within)
            if place is None or place[0] >= place[2] or place[1] >= place[3]:
                return  # spaces
            if mode == _INVISIBLE or (colour is not None and rgba[3] < NEARLY_CLEAR and mode not in _STROKED):
                found.invisible.add(thing)
                return
            found.texts.append((order, thing, place, colour))
            light = colour is not None and min(colour) >= LIGHT
            if mode in _STROKED or mode == _CLIP or light or _is_clipped_away(thing, tuple(sides)):
                found.doubtful.add(thing)
        elif kind == pdfium.FPDF_PAGEOBJ_PATH:
            if not draw_mode_of(thing, *modes_at) or modes[0] == _NO_FILL:
                return
            colour = (rgba[0], rgba[1], rgba[2]) if colour_of(thing, *rgba_at) else None
            place = box(thing, within) if colour is None or rgba[3] >= HALF_CLEAR else None
            if place is not None:
                found.covers.append((order, place, colour))
        elif kind in (pdfium.FPDF_PAGEOBJ_IMAGE, pdfium.FPDF_PAGEOBJ_SHADING):
            place = box(thing, within)
            if place is not None:
                found.covers.append((order, place, None))
            if kind == pdfium.FPDF_PAGEOBJ_IMAGE and place is not None:
                found.images.append(place)
                if pixels_of(thing, *rgba_at[:2]):
                    found.pixels = max(found.pixels, rgba[0] * rgba[1])
        elif kind == pdfium.FPDF_PAGEOBJ_FORM and depth < DEEPEST_FORM:
            inner = _combined(_matrix_of(thing), within)
            for i in range(max(0, form_count(thing))):
                if found.too_many:
                    return
                visit(form_object(thing, i), depth + 1, inner)

    for i in range(max(0, pdfium.FPDFPage_CountObjects(page))):
        if found.too_many:
            break
        visit(page_object(address(page), i), 0, None)
    for place in _annotations(page):
        found.covers.append((found.objects + 1, place, None))
    return found


def _matrix_of(thing: int) -> _Matrix:
    values = (ctypes.c_float * 6)()
    if not function("FPDFPageObj_GetMatrix", ADDRESS, ADDRESS)(thing, ctypes.addressof(values)):
        return 1.0, 0.0, 0.0, 1.0, 0.0, 0.0
    a, b, c, d, e, f = values
    return a, b, c, d, e, f


def _combined(inner: _Matrix, outer: _Matrix | None) -> _Matrix:
    if outer is None:
        return inner
    a, b, c, d, e, f = inner
    p, q, r, s, t, u = outer
    return a * p + b * r, a * q + b * s, c * p + d * r, c * q + d * s, e * p + f * r + t, e * q + f * s + u


def _is_clipped_away(thing: int, box: Sequence[float]) -> bool:
    """Whether a clip path leaves nothing of an object with these bounds."""
    clip = function("FPDFPageObj_GetClipPath", ADDRESS, result=ADDRESS)(thing)
    paths = function("FPDFClipPath_CountPaths", ADDRESS)(clip) if clip else 0
    count_of = function("FPDFClipPath_CountPathSegments", ADDRESS, INT)
    segment_of = function("FPDFClipPath_GetPathSegment", ADDRESS, INT, INT, result=ADDRESS)
    point_of = function("FPDFPathSegment_GetPoint", ADDRESS, ADDRESS, ADDRESS)
    point = (ctypes.c_float * 2)()
    at = ctypes.addressof(point)
    for path in range(paths):
        count = count_of(clip, path)
        xs, ys = [], []
        # two corners of a rectangle say all of it
        for i in (0, 2) if count in (4, 5) else range(min(count, MOST_SEGMENTS)):
            if point_of(segment_of(clip, path, i), at, at + 4):
                xs.append(point[0])
                ys.append(point[1])
        if xs and (max(xs) <= box[0] or min(xs) >= box[2] or max(ys) <= box[1] or min(ys) >= box[3]):
            return True
    return False


_COVERING = (
    pdfium.FPDF_ANNOT_SQUARE,
    pdfium.FPDF_ANNOT_CIRCLE,
    pdfium.FPDF_ANNOT_POLYGON,
    pdfium.FPDF_ANNOT_STAMP,
    pdfium.FPDF_ANNOT_FREETEXT,
    pdfium.FPDF_ANNOT_REDACT,
)


def _annotations(page: Any) -> list[Box]:
    """Where annotations lie that may cover the text under them."""
    found: list[Box] = []
    rect = pdfium.FS_RECTF()
    for i in range(min(max(0, pdfium.FPDFPage_GetAnnotCount(page)), MOST_OBJECTS)):
        annotation = pdfium.FPDFPage_GetAnnot(page, i)
        if not annotation:
            continue
        if pdfium.FPDFAnnot_GetSubtype(annotation) in _COVERING and pdfium.FPDFAnnot_GetRect(annotation, rect):
            x0, x1 = sorted((rect.left, rect.right))
            y0, y1 = sorted((rect.bottom, rect.top))
            found.append((x0, y0, x1, y1))
        pdfium.FPDFPage_CloseAnnot(annotation)
    return found


def _doubtful(painted: _Painted) -> set[int]:
    """Texts that may not show: under or over something that may have their colour."""
    doubtful = set(painted.doubtful)
    if not painted.texts or not painted.covers:
        return doubtful
    if len(painted.texts) * len(painted.covers) > MOST_PAIRS:
        return doubtful | {thing for _, thing, _, _ in painted.texts}
    orders, things, boxes, colours = zip(*painted.texts, strict=True)
    cover_orders, cover_boxes, cover_colours = zip(*painted.covers, strict=True)
    text, cover = np.array(boxes)[:, None], np.array(cover_boxes)
    half = 0.5 * np.minimum(text[..., 2] - text[..., 0], text[..., 3] - text[..., 1])
    wide = np.minimum(cover[:, 2], text[..., 2]) - np.maximum(cover[:, 0], text[..., 0])
    high = np.minimum(cover[:, 3], text[..., 3]) - np.maximum(cover[:, 1], text[..., 1])
    above = np.array(cover_orders) > np.array(orders)[:, None]
    # an unknown colour may be the same
    ours = np.array([colour or (0, 0, 0) for colour in colours])[:, None]
    theirs = np.array([colour or (0, 0, 0) for colour in cover_colours])
    near = np.abs(ours - theirs).max(axis=2) < NEAR
    near |= np.array([colour is None for colour in colours])[:, None]
    near |= np.array([colour is None for colour in cover_colours])
    found = ((wide > half) & (high > half) & (above | near)).any(axis=1)
    return doubtful | {things[i] for i in np.flatnonzero(found).tolist()}


def _owners(text_page: Any, count: int) -> npt.NDArray[np.int64]:
    """The text object that each character comes from; 0 for what pdfium made up."""
    owner_of = function("FPDFText_GetTextObject", ADDRESS, INT, result=ADDRESS)
    return np.array([owner or 0 for owner in map(owner_of, repeat(address(text_page)), range(count))], np.int64)


def _share(images: Sequence[Box], shown: Box) -> float:
    area = max((shown[2] - shown[0]) * (shown[3] - shown[1]), 1e-6)
    covered = 0.0
    for x0, y0, x1, y1 in images:
        wide, high = min(x1, shown[2]) - max(x0, shown[0]), min(y1, shown[3]) - max(y0, shown[1])
        covered += max(0.0, wide) * max(0.0, high)
    return covered / area


Picture = npt.NDArray[np.int16]
Places = tuple[npt.NDArray[np.int64], ...]


def _draw(page: Any, shown: Box) -> Picture | None:
    """The displayed part of the page as a picture, turned as the page's own coordinates are."""
    width, height = shown[2] - shown[0], shown[3] - shown[1]
    scale = min(SCALE, (MOST_PIXELS / max(width * height, 1.0)) ** 0.5)
    wide, tall = max(1, round(width * scale)), max(1, round(height * scale))
    bitmap = pdfium.FPDFBitmap_CreateEx(wide, tall, pdfium.FPDFBitmap_BGRx, None, 0)
    if not bitmap:
        return None
    try:
        pdfium.FPDFBitmap_FillRect(bitmap, 0, 0, wide, tall, 0xFFFFFFFF)
        turned_back = -pdfium.FPDFPage_GetRotation(page) % 4
        pdfium.FPDF_RenderPageBitmap(bitmap, page, 0, 0, wide, tall, turned_back, pdfium.FPDF_ANNOT)
        stride = pdfium.FPDFBitmap_GetStride(bitmap)
        buffer = ctypes.string_at(pdfium.FPDFBitmap_GetBuffer(bitmap), stride * tall)
    finally:
        pdfium.FPDFBitmap_Destroy(bitmap)
    pixels = np.frombuffer(buffer, np.uint8).reshape(tall, stride)[:, : 4 * wide].reshape(tall, wide, 4)
    return pixels[:, :, :3].astype(np.int16)


def _draw_without(page: Any, owners: npt.NDArray[np.int64], shown: Box) -> Picture | None:
    """The picture as it would be without these objects."""
    things = [ctypes.cast(owner, pdfium.FPDF_PAGEOBJECT) for owner in owners.tolist() if owner]
    for thing in things:
        pdfium.FPDFPageObj_SetIsActive(thing, False)
    try:
        return _draw(page, shown)
    finally:
        for thing in things:
            pdfium.FPDFPageObj_SetIsActive(thing, True)


def _pixels(boxes: Boxes, shown: Box, picture: Picture) -> Places:
    """Boxes in page coordinates -> columns and rows of the picture: left, top, right, bottom."""
    left, bottom, right, top = boxes
    tall, wide = picture.shape[:2]
    across, down = wide / max(shown[2] - shown[0], 1e-6), tall / max(shown[3] - shown[1], 1e-6)
    x0 = np.clip(np.floor((left - shown[0]) * across), 0, wide - 1).astype(np.int64)
    x1 = np.clip(np.ceil((right - shown[0]) * across), 1, wide).astype(np.int64)
    y0 = np.clip(np.floor((shown[3] - top) * down), 0, tall - 1).astype(np.int64)
    y1 = np.clip(np.ceil((shown[3] - bottom) * down), 1, tall).astype(np.int64)
    return x0, y0, np.maximum(x1, x0 + 1), np.maximum(y1, y0 + 1)


def _holds(marked: Mask, places: Places, which: Mask) -> Mask:
    """For each chosen place whether a marked pixel lies in it."""
    sums = np.zeros((marked.shape[0] + 1, marked.shape[1] + 1), np.int64)
    sums[1:, 1:] = marked.cumsum(axis=0).cumsum(axis=1)
    x0, y0, x1, y1 = (side[which] for side in places)
    found: Mask = sums[y1, x1] - sums[y0, x1] - sums[y1, x0] + sums[y0, x0] > 0
    return found


def _words(same: Mask, known: Mask, owners: npt.NDArray[np.int64]) -> Mask:
    """Without the one or two characters inside a visible text whose ink is too thin to show."""
    kept = np.zeros(len(same), bool)
    for start, end in _spans(same, known):
        whole = not (known & ~same & np.isin(owners, owners[start:end][same[start:end]])).any()
        if whole or int(same[start:end].sum()) >= LEAST_RUN:
            kept[start:end] = same[start:end]
    return kept


def _recognised(picture: Picture, places: Places, unseen: Mask, owners: npt.NDArray[np.int64]) -> Mask:
    """Which unseen characters stand where the picture has ink: a scanner's recognition put them there."""
    grey = picture.min(axis=2)
    ink = np.zeros(grey.shape, bool)
    ink[:, 1:] |= np.abs(np.diff(grey, axis=1)) >= INK
    ink[1:, :] |= np.abs(np.diff(grey, axis=0)) >= INK
    x0, y0, x1, y1 = places
    # recognition places its words roughly
    beyond = np.maximum(1, (y1 - y0) // 3)
    roomy = (x0, np.maximum(0, y0 - beyond), x1, np.minimum(len(grey), y1 + beyond))
    _, owner = np.unique(owners[unseen], return_inverse=True)
    inked = np.bincount(owner, _holds(ink, roomy, unseen)) / np.bincount(owner)
    found = np.zeros(len(unseen), bool)
    found[unseen] = inked[owner] >= LEAST_INKED
    return found


def _spans(chosen: Mask, known: Mask) -> list[tuple[int, int]]:
    """Unbroken runs of chosen characters; those without a place do not break one."""
    index = np.flatnonzero(chosen)
    if not len(index):
        return []
    between = np.concatenate(([0], np.cumsum(known & ~chosen)))
    apart = between[index[1:]] > between[index[:-1] + 1]
    starts = index[np.concatenate(([True], apart))]
    ends = index[np.concatenate((apart, [True]))] + 1
    return list(zip(starts.tolist(), ends.tolist(), strict=True))


def _with_spaces(hidden: Mask, known: Mask) -> Mask:
    """Hidden characters and what stands between them."""
    filled = hidden.copy()
    for start, end in _spans(hidden, known):
        filled[start:end] = True
    return filled
