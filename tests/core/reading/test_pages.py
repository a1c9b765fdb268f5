"""What is read from a page, and where it stands on it."""

from __future__ import annotations

import io
from collections.abc import Callable
from itertools import pairwise
from pathlib import Path

import numpy as np
import pypdfium2
import pytest
from PIL import Image
from pypdf import PdfWriter
from pypdf.constants import PageLabelStyle

from core.nouns import Outcome, Page, ReadBy, Reading, Rect
from core.reading import Reader, is_final, rects_of
from core.reading.recognition import Recogniser, RecognitionFailed
from tests.core.reading import support
from tests.core.reading.support import pdf, text, with_characters

Read = Callable[[bytes], Reading]
WORD = "Findme"


def ink(data: bytes) -> np.ndarray:
    page = pypdfium2.PdfDocument(data)[0]
    return page.render(scale=2).to_numpy()[:, :, 0] < 128


def box_of(dark: np.ndarray) -> Rect:
    rows, columns = np.flatnonzero(dark.any(axis=1)), np.flatnonzero(dark.any(axis=0))
    tall, wide = dark.shape
    return Rect(columns[0] / wide, rows[0] / tall, (columns[-1] + 1) / wide, (rows[-1] + 1) / tall)


def assert_holds(outer: Rect, inner: Rect, slack: float = 0.004) -> None:
    assert outer.x0 <= inner.x0 + slack, (outer, inner)
    assert outer.y0 <= inner.y0 + slack, (outer, inner)
    assert outer.x1 >= inner.x1 - slack, (outer, inner)
    assert outer.y1 >= inner.y1 - slack, (outer, inner)


def found(page: Page, word: str = WORD) -> Rect:
    at = page.text.index(word)
    rects = rects_of(page, at, at + len(word))
    assert len(rects) == 1
    return rects[0]


@pytest.mark.parametrize("turn", [0, 90, 180, 270])
@pytest.mark.parametrize(
    ("media", "extra"),
    [
        ("0 0 595 842", ""),
        ("-100 50 495 892", ""),
        ("0 0 595 842", "/CropBox [100 300 500 800]"),
        ("20 -40 615 802", "/CropBox [60 200 590 790]"),
    ],
)
def test_the_rectangle_of_a_word_is_where_its_ink_is(read: Read, turn: int, media: str, extra: str) -> None:
    data = pdf([text([WORD], x=180, y=640, size=20)], media=media, page_extra=f"/Rotate {turn} {extra}")
    page = read(data).pages[0]
    where, dark = found(page), box_of(ink(data))
    assert_holds(where, dark)
    assert (where.x1 - where.x0) * (where.y1 - where.y0) < 4 * (dark.x1 - dark.x0) * (dark.y1 - dark.y0)
    shown = pypdfium2.PdfDocument(data)[0]
    assert (page.width, page.height) == pytest.approx(shown.get_size(), abs=0.5)


def test_a_landscape_page_with_turned_text_has_exact_words(read: Read) -> None:
    content = f"BT /F 20 Tf 0 1 -1 0 300 200 Tm (before {WORD} after) Tj ET"
    page = read(pdf([content], page_extra="/Rotate 90")).pages[0]
    alone = pdf([f"BT /F 20 Tf 0 1 -1 0 300 200 Tm 3 Tr (before ) Tj 0 Tr ({WORD}) Tj ET"], page_extra="/Rotate 90")
    where, dark = found(page), box_of(ink(alone))
    assert_holds(where, dark)
    assert where.x1 - where.x0 < 1.3 * (dark.x1 - dark.x0)


def test_a_part_of_a_line_has_its_own_rectangle(read: Read) -> None:
    page = read(pdf([text([f"Before the word {WORD} and after it"], size=14)])).pages[0]
    alone = pdf([f"BT /F 14 Tf 1 0 0 1 72 760 Tm 3 Tr (Before the word ) Tj 0 Tr ({WORD}) Tj ET"])
    where, dark = found(page), box_of(ink(alone))
    assert_holds(where, dark)
    assert where.x1 - where.x0 < 1.15 * (dark.x1 - dark.x0)


def test_a_span_over_lines_has_a_rectangle_for_each(read: Read) -> None:
    page = read(pdf([text(["one two", "three four", "five six"])])).pages[0]
    assert page.text == "one two\nthree four\nfive six"
    rects = rects_of(page, page.text.index("two"), page.text.index("five") + 4)
    assert len(rects) == 3
    assert rects[0].x0 > rects[1].x0 == pytest.approx(rects[2].x0, abs=0.01)
    assert rects_of(page, 7, 8) == ()  # the line break


def test_every_line_has_an_edge_for_each_character(read: Read) -> None:
    page = read(pdf([text(["Plain text, 2.5 mg", "第一条　为了保护公民的权利，制定本法。", "e\u00adf"])])).pages[0]
    assert len(page.lines) == 3
    for line in page.lines:
        assert len(line.edges) == line.end - line.start + 1
        assert list(line.edges) == sorted(line.edges)
        assert all(0 <= edge <= 1 for edge in line.edges)


def test_paragraphs_are_kept_apart(read: Read) -> None:
    lines = ["first line of a paragraph", "its second line", "its third line", "", "a new paragraph", "and on"]
    page = read(pdf([text(lines)])).pages[0]
    assert page.text == "\n".join(lines)


def test_chinese_becomes_ordinary_characters_and_keeps_its_punctuation(read: Read) -> None:
    page = read(pdf([text(["⼀九９８年，甲方：（乙）Ａ"])])).pages[0]
    assert page.text == "一九98年，甲方：（乙）A"
    assert len(page.lines[0].edges) == len(page.text) + 1


def test_a_ligature_becomes_letters_that_share_its_width(read: Read) -> None:
    data = pdf(["BT /F 20 Tf 1 0 0 1 72 700 Tm (BAB) Tj ET"])
    # "A" is the ligature "ffi"
    page = read(with_characters(data, "1 beginbfchar <41> <FB03>")).pages[0]
    assert page.text == "BffiB"
    edges = page.lines[0].edges
    widths = [b - a for a, b in pairwise(edges)]
    assert widths[1] == pytest.approx(widths[2], abs=2e-4) == pytest.approx(widths[3], abs=2e-4)
    assert sum(widths[1:4]) == pytest.approx(widths[0], rel=0.05)


def test_labels_outline_and_metadata_come_from_the_file(read: Read, tmp_path: Path) -> None:
    writer = PdfWriter()
    for page in ("preface", "chapter", "more"):
        file = tmp_path / f"{page}.pdf"
        file.write_bytes(pdf([text([f"This is the {page} of the book"])]))
        writer.append(file)
    writer.set_page_label(page_index_from=0, page_index_to=0, style=PageLabelStyle.LOWERCASE_ROMAN)
    writer.set_page_label(page_index_from=1, page_index_to=2, style=PageLabelStyle.DECIMAL, start=1)
    top = writer.add_outline_item(title="Chapter 1", page_number=1)
    writer.add_outline_item(title="More", page_number=2, parent=top)
    writer.add_metadata({"/Title": "A Book of Tests", "/Author": "Nobody"})
    out = tmp_path / "book.pdf"
    writer.write(out)
    reading = read(out.read_bytes())
    assert reading.title == "A Book of Tests"
    assert [page.label for page in reading.pages] == ["i", "1", "2"]
    assert [(h.title, h.page_index, h.level) for h in reading.outline] == [("Chapter 1", 1, 0), ("More", 2, 1)]
    assert reading.metadata["author"] == "Nobody"


def test_a_blank_page_in_a_good_file_is_no_problem(read: Read) -> None:
    reading = read(pdf([text(["Some words on the page"]), "", text(["More words on the page"])]))
    assert reading.outcome is Outcome.OK
    assert reading.pages[1].read_by is ReadBy.NOTHING
    assert reading.unreadable == ()


def _scan(words: list[str]) -> bytes:
    picture = pypdfium2.PdfDocument(pdf([text(words, size=22, leading=40)]))[0].render(scale=100 / 72).to_pil()
    out = io.BytesIO()
    grey: Image.Image = picture.convert("L")
    grey.save(out, "PDF", resolution=100)
    return out.getvalue()


def test_a_scan_is_read_by_recognition_and_its_lines_have_boxes(read: Read) -> None:
    data = _scan(["The maximum dose is 20 mg", "once daily with food"])
    reading = read(data)
    assert reading.outcome is Outcome.OK
    page = reading.pages[0]
    assert page.read_by is ReadBy.OCR
    assert "maximum dose is 20 mg" in page.text
    dark = ink(data)
    tall, wide = dark.shape
    for words in ("The maximum dose is 20 mg", "once daily with food", "once", "with", "20"):
        at = page.text.index(words)
        (rect,) = rects_of(page, at, at + len(words))
        rows = slice(round(rect.y0 * tall), round(rect.y1 * tall))
        left, right = round(rect.x0 * wide), round(rect.x1 * wide)
        columns = np.flatnonzero(dark[rows].any(axis=0))
        within = columns[(columns >= left - 1) & (columns <= right)]
        # the rectangle ends where the word's ink does, and to either side there is a gap
        assert abs(within[0] - left) <= 2 and abs(within[-1] + 1 - right) <= 2, words
        assert not dark[rows, left - 4 : left - 1].any() and not dark[rows, right + 1 : right + 4].any(), words


@pytest.mark.parametrize("turn", [90, 180, 270])
def test_a_part_of_a_line_on_its_side_has_its_own_rectangle(read: Read, turn: int) -> None:
    page = read(pdf([text([f"Before the word {WORD} and after it"], size=14)], page_extra=f"/Rotate {turn}")).pages[0]
    alone = pdf(
        [f"BT /F 14 Tf 1 0 0 1 72 760 Tm 3 Tr (Before the word ) Tj 0 Tr ({WORD}) Tj ET"], page_extra=f"/Rotate {turn}"
    )
    where, dark = found(page), box_of(ink(alone))
    assert_holds(where, dark)
    length = (lambda r: r.x1 - r.x0) if turn == 180 else (lambda r: r.y1 - r.y0)
    assert length(where) < 1.15 * length(dark)


def test_the_cells_of_a_row_that_stand_at_different_heights_are_lines_of_their_own(read: Read) -> None:
    cells = "\n".join(
        f"BT /F 12 Tf 1 0 0 1 {x} {y} Tm ({words}) Tj ET"
        for x, y, words in ((72, 700, "Certain polymorphs"), (260, 706, "March 27"), (400, 700, "Granted"))
    )
    page = read(pdf([cells])).pages[0]
    assert page.text.split() == ["Certain", "polymorphs", "March", "27", "Granted"]
    assert found(page, "March 27").y1 < found(page, "Certain polymorphs").y1 - 0.003
    assert all(line.rect.y1 - line.rect.y0 < 0.02 for line in page.lines)


def test_a_leap_to_the_foot_of_the_page_begins_a_line(read: Read) -> None:
    page = read(pdf(["BT /F 8 Tf 1 0 0 1 300 760 Tm (18) Tj 1 0 0 1 72 40 Tm (Source: Filing) Tj ET"])).pages[0]
    assert all(line.rect.y1 - line.rect.y0 < 0.02 for line in page.lines)
    assert found(page, "18").y1 < 0.1 < 0.9 < found(page, "Source: Filing").y0


def test_without_recognition_a_scan_is_refused_with_its_reason(tmp_path: Path) -> None:
    file = tmp_path / "scan.pdf"
    file.write_bytes(_scan(["The maximum dose"]))
    with Reader(ocr=False) as reader:
        reading = reader.read(file)
    assert (reading.outcome, reading.reason) == (Outcome.REJECTED, "reading_no_text_ocr_off")
    assert not is_final(reading)


def _beside(first: bytes, second: bytes) -> bytes:
    writer = PdfWriter()
    for data in (first, second):
        writer.append(io.BytesIO(data))
    out = io.BytesIO()
    writer.write(out)
    return out.getvalue()


def test_without_recognition_a_picture_among_pages_is_named(tmp_path: Path) -> None:
    file = tmp_path / "mixed.pdf"
    file.write_bytes(_beside(pdf([text(["A page with enough words on it"])]), _scan(["The maximum dose"])))
    with Reader(ocr=False) as reader:
        reading = reader.read(file)
    assert (reading.outcome, [page.problem for page in reading.pages]) == (
        Outcome.PARTIAL,
        ["", "reading_page_ocr_off"],
    )
    assert not is_final(reading)


def test_without_recognition_a_file_without_pictures_is_simply_empty(tmp_path: Path) -> None:
    file = tmp_path / "blank.pdf"
    file.write_bytes(pdf([""]))
    with Reader(ocr=False) as reader:
        reading = reader.read(file)
    assert (reading.reason, is_final(reading)) == ("reading_no_text", True)


def test_when_recognition_is_out_of_order_it_is_said_and_the_text_layer_stays(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("core.reading.reader._serve", support.without_recognition)
    file = tmp_path / "mixed.pdf"
    file.write_bytes(_beside(pdf([text(["A page with enough words on it"])]), _scan(["The maximum dose"])))
    with Reader() as reader:
        reading = reader.read(file)
        assert [page.problem for page in reading.pages] == ["", "reading_page_ocr_failed"]
        assert "enough words" in reading.pages[0].text
        assert not is_final(reading)
        file.write_bytes(_scan(["The maximum dose"]))
        reading = reader.read(file)
    assert (reading.outcome, reading.reason) == (Outcome.REJECTED, "reading_ocr_failed")
    assert not is_final(reading)


@pytest.mark.parametrize(("fault", "raised"), [(RuntimeError, RecognitionFailed), (MemoryError, MemoryError)])
def test_whatever_the_engine_raises_is_one_error_but_memory_stays_memory(
    monkeypatch: pytest.MonkeyPatch, fault: type[Exception], raised: type[Exception]
) -> None:
    def break_down(_: object) -> None:
        raise fault

    recogniser = Recogniser()
    monkeypatch.setattr(recogniser, "_ready", lambda: break_down)
    with pytest.raises(raised):
        recogniser.read(pypdfium2.PdfDocument(pdf([text(["words"])]))[0])
