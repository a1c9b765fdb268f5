"""Reading a picture of a page: character recognition for pages whose text layer is missing or broken."""

from __future__ import annotations

import os
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import numpy.typing as npt
import pypdfium2

from core.reading.characters import ordinary
from core.reading.ink import Grey, Letter, place
from core.reading.raw_line import RawLine
from core.reading.wire import STEPS

# 200 dpi is what recognition needs; more pixels only cost memory.
DOTS_PER_INCH = 200
MOST_PIXELS = 8_000_000
LONGEST_SIDE = 2_400
LEAST_SIDE = 32

# What the engine itself is not sure of is not text (it gives 0.5 to smudges and stamps).
LEAST_SCORE = 0.6


class RecognitionFailed(Exception):
    """The engine is not there or broke down; the page itself may be perfect."""


@dataclass(frozen=True, slots=True)
class _Box:
    text: str
    x0: float
    y0: float
    x1: float
    y1: float
    edges: tuple[int, ...] = ()
    score: float = 1.0


class Recogniser:
    """The OCR engine (Chinese and English), loaded when the first page needs it."""

    def __init__(self) -> None:
        self._engine: Any = None

    def read(self, page: pypdfium2.PdfPage) -> tuple[RawLine, ...]:
        """The lines seen on the page as displayed, in reading order; () when nothing is legible.

        Raises RecognitionFailed when the engine cannot be loaded or gives up.
        """
        width, height = page.get_size()
        scale = min(
            DOTS_PER_INCH / 72,
            (MOST_PIXELS / max(width * height, 1.0)) ** 0.5,
            LONGEST_SIDE / max(width, height, 1.0),
        )
        if min(width, height) * scale < LEAST_SIDE:
            return ()
        bitmap = page.render(scale=scale, draw_annots=True, limit_image_cache=True)
        try:
            picture = bitmap.to_numpy().copy()
        finally:
            bitmap.close()
        try:
            found = self._ready()(picture)
        except MemoryError:
            raise  # has a sentence of its own
        except Exception as fault:  # three libraries stand behind this, each with errors of its own
            raise RecognitionFailed(f"{type(fault).__name__}: {fault}") from fault
        if found.boxes is None or found.txts is None:
            return ()
        tall, wide = picture.shape[:2]
        grey = picture.min(axis=2) if picture.ndim == 3 else picture
        places = found.word_results if len(found.word_results or ()) == len(found.txts) else [()] * len(found.txts)
        boxes = []
        for corners, text, score, middles in zip(found.boxes, found.txts, found.scores, places, strict=True):
            letters = _letters(text, middles, corners)
            if not letters or score < LEAST_SCORE:
                continue
            boxes.append(replace(_fitted(grey, corners, letters, wide, tall), score=float(score)))
        return tuple(_rows(_reading_order(boxes), wide / tall))

    def _ready(self) -> Any:
        if self._engine is None:
            # Lazy: loading takes a second and 80 MB, and most files never need it.
            from rapidocr import RapidOCR

            self._engine = RapidOCR(
                params={
                    "Global.log_level": "critical",
                    "Global.return_word_box": True,
                    # Found by measuring: the finder works on a smaller picture and the reader on one line at a time;
                    # the same text for 600 MB at its peak instead of 1,050 MB, and in half the time.
                    "Det.limit_type": "max",
                    "Det.limit_side_len": 1280,
                    "Rec.rec_batch_num": 1,
                    "EngineConfig.onnxruntime.intra_op_num_threads": min(4, os.cpu_count() or 1),
                    "EngineConfig.onnxruntime.inter_op_num_threads": 1,
                }
            )
            # Its own way rounds to whole pixels and loses count of the lines where one is empty.
            self._engine.calc_word_boxes = _middles
        return self._engine


def _middles(pictures: Sequence[Any], _corners: Any, read: Any) -> tuple[tuple[float, ...], ...]:
    """For each line, where the middle of each character stands, as a share of the line's length."""
    lines = []
    for picture, seen, word in zip(pictures, read.imgs, read.word_results, strict=True):
        columns = [column for columns in word.word_cols for column in columns]
        known = columns if word.line_txt_len and not _turned(picture, seen) else []
        # never empty: the engine drops such lines and counts the others wrongly
        lines.append(tuple((column + 0.5) / word.line_txt_len for column in known) or (-1.0,))
    return tuple(lines)


def _turned(picture: npt.NDArray[Any], seen: npt.NDArray[Any]) -> bool:
    """Whether the engine read the line upside down: its letters then run from right to left."""
    here, there = _profile(picture), _profile(seen)
    return bool(np.abs(here - there[::-1]).sum() < np.abs(here - there).sum())


def _profile(picture: npt.NDArray[Any]) -> npt.NDArray[Any]:
    columns = picture.reshape(picture.shape[0], picture.shape[1], -1).mean(axis=(0, 2))
    resampled: npt.NDArray[Any] = np.interp(np.linspace(0, 1, 200), np.linspace(0, 1, len(columns)), columns)
    return resampled


def _letters(text: str, middles: Sequence[float], corners: Any) -> list[Letter]:
    """The letters of a line as they are kept, with their places; without places when these do not fit the text."""
    solid = sum(1 for c in text if not c.isspace())
    left, right = (corners[0] + corners[3]) / 2, (corners[1] + corners[2]) / 2
    ways = iter(middles if len(middles) == solid else ())
    letters: list[Letter] = []
    for character in text:
        share = None if character.isspace() else next(ways, None)
        middle = None if share is None else float(left[0] + share * (right[0] - left[0]))
        for letter in ordinary(ord(character)):
            if letter.isspace():
                if letters and letters[-1].text != " ":
                    letters.append(Letter(" ", None))
            else:
                letters.append(Letter(letter, middle))
    while letters and letters[-1].text == " ":
        letters.pop()
    return letters


def _fitted(grey: Grey, corners: Any, letters: Sequence[Letter], wide: int, tall: int) -> _Box:
    """The line with its letters' edges, where ink and letters agree; else as the engine found it."""
    text = "".join(letter.text for letter in letters)
    xs, ys = corners[:, 0], corners[:, 1]
    box = (float(xs.min()), float(ys.min()), float(xs.max()), float(ys.max()))
    upright = box[2] - box[0] > 0.6 * (box[3] - box[1])
    known = all(letter.middle is not None or letter.text == " " for letter in letters)
    placed = place(grey, box, letters) if known and upright else None
    if placed is None:
        return _Box(text, box[0] / wide, box[1] / tall, box[2] / wide, box[3] / tall)
    edges = tuple(round(min(1.0, max(0.0, edge / wide)) * STEPS) for edge in placed.edges)
    return _Box(text, placed.left / wide, placed.top / tall, placed.right / wide, placed.bottom / tall, edges)


def _reading_order(boxes: Sequence[_Box]) -> list[_Box]:
    """Columns before rows: the page is cut at white stripes, first across, then down."""
    if len(boxes) < 3:
        return sorted(boxes, key=lambda b: (b.y0, b.x0))
    columns = _cut(boxes, down=False)
    if len(columns) > 1 and all(len(column) >= 3 for column in columns) and _is_prose(columns):
        return [box for column in columns for box in _reading_order(column)]
    rows = _cut(boxes, down=True)
    if len(rows) > 1:
        # only a stripe that separates something with columns is worth a cut; rows of one column keep their order
        ordered: list[_Box] = []
        waiting: list[_Box] = []
        for row in _grouped(rows):
            waiting = list(row)
            inner = _cut(waiting, down=False)
            if len(inner) > 1 and all(len(column) >= 3 for column in inner) and _is_prose(inner):
                ordered.extend(box for column in inner for box in _reading_order(column))
            else:
                ordered.extend(sorted(waiting, key=lambda b: (b.y0 + b.y1, b.x0)))
        return ordered
    return sorted(boxes, key=lambda b: (b.y0 + b.y1, b.x0))


def _is_prose(columns: Sequence[Sequence[_Box]]) -> bool:
    # The cells of a table are short; the lines of a text column fill it.
    for column in columns:
        width = max(b.x1 for b in column) - min(b.x0 for b in column)
        full = sum(1 for b in column if b.x1 - b.x0 > 0.75 * width)
        if full < 0.4 * len(column) or width < 0.2:
            return False
    return True


def _grouped(rows: Sequence[Sequence[_Box]]) -> list[list[_Box]]:
    """Neighbouring stripes joined while they share a gutter."""
    groups: list[list[_Box]] = []
    for row in rows:
        if groups and len(_cut([*groups[-1], *row], down=False)) > 1:
            groups[-1].extend(row)
        else:
            groups.append(list(row))
    return groups


def _cut(boxes: Sequence[_Box], *, down: bool) -> list[list[_Box]]:
    """Groups of boxes with a white stripe between them: stripes across the page (``down``) or gutters beside text."""
    ordered = sorted(boxes, key=lambda b: b.y0 if down else b.x0)
    least = 0.0 if down else 0.012
    groups: list[list[_Box]] = [[ordered[0]]]
    reach = ordered[0].y1 if down else ordered[0].x1
    for box in ordered[1:]:
        begin, end = (box.y0, box.y1) if down else (box.x0, box.x1)
        if begin > reach + least:
            groups.append([])
        groups[-1].append(box)
        reach = max(reach, end)
    return groups


def _rows(boxes: Sequence[_Box], aspect: float) -> list[RawLine]:
    """Boxes side by side become one line."""
    lines: list[RawLine] = []
    for box in boxes:
        last = lines[-1] if lines else None
        upright = (box.x1 - box.x0) * aspect > 0.6 * (box.y1 - box.y0) or len(box.text) < 3
        if last is not None and last.upright and upright and box.x0 >= last.x1 - 0.005:
            overlap = min(last.y1, box.y1) - max(last.y0, box.y0)
            if overlap > 0.5 * min(last.height, box.y1 - box.y0):
                edges = (*last.edges, *box.edges) if last.edges and box.edges else ()
                text = f"{last.text} {box.text}"
                low, high = min(last.y0, box.y0), max(last.y1, box.y1)
                score = (last.score * len(last.text) + box.score * len(box.text)) / max(len(text) - 1, 1)
                lines[-1] = RawLine(text, last.x0, low, box.x1, high, edges, score=score)
                continue
        edges = box.edges if upright else ()
        lines.append(RawLine(box.text, box.x0, box.y0, box.x1, box.y1, edges, upright, box.score))
    return lines
