"""The process that touches hostile files: opens one document after another and sends its pages, one by one.

Started by :class:`core.reading.reader.Reader`, which watches its time and memory
and kills it without asking.  Nothing here is trusted to end.
"""

from __future__ import annotations

import ctypes
import os
import traceback
from collections.abc import Sequence
from importlib.metadata import version
from multiprocessing.connection import Connection
from pathlib import Path
from typing import Any

import pypdfium2
from pypdfium2 import raw as pdfium

from core.nouns import ReadBy
from core.reading.confinement import be_quiet, cap_memory, die_with_parent
from core.reading.flow import Flow, sections
from core.reading.garbled import agrees, is_garbled
from core.reading.kinds import Kind, NotRead, kind_of
from core.reading.layout import compose
from core.reading.markdown import read_markdown
from core.reading.opening import NotOpened, open_document
from core.reading.plain_text import read_text
from core.reading.raw_line import RawLine
from core.reading.recognition import Recogniser, RecognitionFailed
from core.reading.structure import has_no_pages, read_structure, unsupported_encryption
from core.reading.text_layer import Frame, frame_of, read_text_layer
from core.reading.web import read_web_page
from core.reading.wire import Described, Opened, Read, Refused, Task, encode
from core.reading.word import read_word

# Fewer characters than this are a page number or a stamp, not a page.
FEW_CHARACTERS = 10
# A scan often carries a thin text layer: a court's stamp, a running header.
THIN_CHARACTERS = 150
FULL_PAGE_IMAGE = 0.5
# More than this in broken characters, and the text layer says nothing.
MOST_NOISE = 0.3
# Text drawn as curves shows as very many paths.
DRAWN_TEXT_PATHS = 60
# Decoding needs a byte a pixel and more; an A0 plan at 300 dpi has 140 million.
MOST_IMAGE_PIXELS = 150_000_000
MOST_OBJECTS = 5_000
DEEPEST_FORM = 4
# A text of this size has 15,000 pages.
MOST_TEXT_BYTES = 50_000_000

# Parameters of glibc's mallopt.
_M_TRIM_THRESHOLD, _M_MMAP_THRESHOLD, _M_ARENA_MAX = -1, -3, -8

XFA_PLACEHOLDERS = ("please wait", "adobe reader", "请稍候", "请等待")


def serve(pipe: Connection, megabytes: int) -> None:
    """Read the files that come through the pipe until it is closed."""
    be_quiet()
    _spare_memory()
    # Written-to memory only: the OCR engine reserves far more address space than it uses.
    cap_memory(megabytes)
    die_with_parent()
    recogniser = Recogniser()
    pipe.send_bytes(encode(None))  # ready: imports are over and count on nobody's time
    while True:
        try:
            task = pipe.recv()
        except (EOFError, OSError):
            return
        _read_file(pipe, task, recogniser)


def _spare_memory() -> None:
    # glibc keeps what is freed in a pool for each thread; after some pages recognition held 960 MB.  Measured with
    # these: 560 MB at its highest, for a tenth more time; lower thresholds save 150 MB more and cost half the speed.
    try:
        tune = ctypes.CDLL(None).mallopt
    except (AttributeError, OSError, TypeError):  # another C library
        return
    for parameter, value in ((_M_ARENA_MAX, 2), (_M_MMAP_THRESHOLD, 1 << 23), (_M_TRIM_THRESHOLD, 1 << 24)):
        tune(parameter, value)


def _read_file(pipe: Connection, task: Task, recogniser: Recogniser) -> None:
    try:
        with task.path.open("rb") as stream:
            kind = kind_of(stream, task.name)
        if kind is not Kind.PDF:
            _send_sections(pipe, task, _read_flow(task.path, kind))
            return
    except NotRead as refusal:
        pipe.send_bytes(encode(Refused(refusal.reason)))
        return
    except MemoryError:
        pipe.send_bytes(encode(Refused("reading_memory")))
        return
    _read_pdf(pipe, task, recogniser)


_FLOWS = {Kind.HTML: read_web_page, Kind.MARKDOWN: read_markdown, Kind.TEXT: read_text}


def _read_flow(path: Path, kind: Kind) -> Flow:
    if kind is Kind.WORD:
        return read_word(path)
    if path.stat().st_size > MOST_TEXT_BYTES:
        raise NotRead("reading_text_too_large")
    return _FLOWS[kind](path.read_bytes())


def _send_sections(pipe: Connection, task: Task, flow: Flow) -> None:
    made = sections(flow)
    if not made.parts:
        raise NotRead("reading_no_words")
    if len(made.parts) > task.max_pages:
        raise NotRead("reading_too_many_sections")
    pipe.send_bytes(encode(Opened(len(made.parts), True)))
    for index in range(task.first, len(made.parts)):
        label, text = made.parts[index]
        hidden = made.hidden[index]
        pipe.send_bytes(encode(Read(index, text, (), 0.0, 0.0, ReadBy.TEXT, label=label, hidden=hidden)))
    metadata = {**flow.metadata, "title": made.title}
    pipe.send_bytes(encode(Described(metadata, made.outline, (), (), flow.reader, flow.problem)))


def _read_pdf(pipe: Connection, task: Task, recogniser: Recogniser) -> None:
    password: str | None = None
    try:
        if unsupported_encryption(task.path):
            pipe.send_bytes(encode(Refused("reading_encryption_unsupported")))
            return
        document, password = open_document(task.path, task.password)
    except NotOpened as refusal:
        pipe.send_bytes(encode(Refused(_why(refusal.cause, task.path, task.password))))
        return
    except MemoryError:
        pipe.send_bytes(encode(Refused("reading_memory")))
        return
    try:
        pages = len(document)
        if pages <= 0:
            pipe.send_bytes(encode(Refused("reading_no_pages")))
            return
        if pages > task.max_pages:
            pipe.send_bytes(encode(Refused("reading_too_many_pages")))
            return
        pipe.send_bytes(encode(Opened(pages, _has_end(task.path))))
        form = pdfium.FPDF_GetFormType(document.raw)
        blank = []
        for index in range(task.first, pages):
            read = _read_page(document, index, form, task.ocr, recogniser)
            if not read.text and not read.problem:
                blank.append(index)
            pipe.send_bytes(encode(read))
    finally:
        document.close()
    structure = read_structure(task.path, password, pages, blank)
    pipe.send_bytes(
        encode(Described(dict(structure.metadata), structure.outline, structure.labels, structure.damaged, _reader()))
    )


def _why(cause: str, path: Path, password: str | None) -> str:
    """The message key for a file that does not open."""
    if cause == "locked":
        return "reading_password_wrong" if password else "reading_password_missing"
    if cause == "security":
        return "reading_encryption_unsupported"
    if not _looks_like_pdf(path):
        return "reading_not_pdf"
    return "reading_no_pages" if has_no_pages(path) else "reading_damaged"


def _looks_like_pdf(path: Path) -> bool:
    with path.open("rb") as stream:
        return b"%PDF-" in stream.read(1024)


def _has_end(path: Path) -> bool:
    with path.open("rb") as stream:
        stream.seek(0, os.SEEK_END)
        stream.seek(max(0, stream.tell() - 4096))
        tail = stream.read()
    return b"%%EOF" in tail or b"startxref" in tail


def _reader() -> str:
    parts = [f"{name} {version(name)}" for name in ("pypdfium2", "pypdf", "rapidocr")]
    return ", ".join(parts)


def _read_page(document: pypdfium2.PdfDocument, index: int, form: int, ocr: bool, recogniser: Recogniser) -> Read:
    try:
        page = document[index]
    except (pypdfium2.PdfiumError, IndexError) as fault:
        return Read(index, "", (), 0.0, 0.0, ReadBy.NOTHING, "reading_page_failed", str(fault))
    try:
        values = _form_values(page) if form != pdfium.FORMTYPE_NONE else []
        if values and pdfium.FPDFPage_Flatten(page.raw, pdfium.FLAT_NORMALDISPLAY) == pdfium.FLATTEN_SUCCESS:
            # What a person typed into a form stands in annotations; now it is drawn into the page, as it is shown.
            page.close()
            page = document[index]
        return _read_open_page(page, index, form, values, ocr, recogniser)
    except MemoryError:
        return Read(index, "", (), 0.0, 0.0, ReadBy.NOTHING, "reading_page_memory")
    except Exception:  # one page must not end the file; the fault travels to the log
        return Read(index, "", (), 0.0, 0.0, ReadBy.NOTHING, "reading_page_failed", traceback.format_exc())
    finally:
        page.close()


def _read_open_page(
    page: pypdfium2.PdfPage, index: int, form: int, values: list[str], ocr: bool, recogniser: Recogniser
) -> Read:
    problem = fault = ""
    frame = frame_of(page.raw)
    layer = read_text_layer(page.raw, frame)
    width, height = frame.size
    aspect = width / max(height, 1e-6)
    text, lines = compose(layer.lines, aspect)
    read_by = ReadBy.TEXT if text else ReadBy.NOTHING
    broken = layer.noise > MOST_NOISE * max(layer.visible, 1)
    garbled = not broken and is_garbled(text)
    confidence = 1.0
    if broken or garbled or layer.usable < THIN_CHARACTERS:
        seen = _look(page, frame)
        scanned = seen.images and (layer.usable < FEW_CHARACTERS or seen.covered >= FULL_PAGE_IMAGE)
        drawn = layer.usable < FEW_CHARACTERS and seen.paths >= DRAWN_TEXT_PATHS
        recognised: Sequence[RawLine] = ()
        if seen.too_large and (broken or garbled or layer.usable < FEW_CHARACTERS):
            problem = "reading_page_image_too_large"
        elif (broken or garbled or scanned or drawn) and not seen.too_large:
            if ocr:
                try:
                    recognised = recogniser.read(page)
                except RecognitionFailed as failure:
                    problem, fault = "reading_page_ocr_failed", str(failure)
            else:
                problem = "reading_page_garbled_ocr_off" if broken or garbled else "reading_page_ocr_off"
            letters = sum(len(line.text) for line in recognised)
            # an odd text that recognition sees as well is no garbled one: a list of codes, a language of its own
            garbled = garbled and not agrees(text, " ".join(line.text for line in recognised))
            if not problem and (broken or garbled or letters > 1.5 * layer.usable):
                text, lines = compose(recognised, aspect)
                read_by = ReadBy.OCR if text else ReadBy.NOTHING
                confidence = sum(line.score * len(line.text) for line in recognised) / letters if letters else 1.0
        enough = len("".join(text.split())) >= (1 if read_by is ReadBy.OCR else FEW_CHARACTERS)
        lost = (broken or garbled) and read_by is not ReadBy.OCR
        if not problem and (lost or (seen.images and not enough)):
            problem = "reading_page_garbled" if lost and layer.visible else "reading_page_no_text"
        if lost:
            text, lines, read_by = "", (), ReadBy.NOTHING
    if not problem and form == pdfium.FORMTYPE_XFA_FULL and any(word in text.lower() for word in XFA_PLACEHOLDERS):
        problem = "reading_page_xfa"
    if not problem and values:
        shown = "".join(text.split())
        if any("".join(value.split()) not in shown for value in values):
            problem = "reading_page_form_values"
    return Read(index, text, lines, width, height, read_by, problem, fault, hidden=layer.hidden, confidence=confidence)


class _Seen:
    def __init__(self) -> None:
        self.images = 0
        self.paths = 0
        self.pixels = 0
        self.covered = 0.0
        self.objects = 0

    @property
    def too_large(self) -> bool:
        return self.pixels > MOST_IMAGE_PIXELS


def _look(page: pypdfium2.PdfPage, frame: Frame) -> _Seen:
    """What stands on the page besides text.  No image is decoded."""
    seen = _Seen()
    area = max((frame.right - frame.left) * (frame.top - frame.bottom), 1e-6)

    def visit(thing: Any, depth: int) -> None:
        seen.objects += 1
        kind = pdfium.FPDFPageObj_GetType(thing)
        if kind == pdfium.FPDF_PAGEOBJ_PATH:
            seen.paths += 1
        elif kind == pdfium.FPDF_PAGEOBJ_IMAGE:
            wide, tall = ctypes.c_uint(), ctypes.c_uint()
            if pdfium.FPDFImageObj_GetImagePixelSize(thing, wide, tall):
                if wide.value * tall.value <= 16:
                    return  # a coloured dot, stretched to a line
                seen.pixels = max(seen.pixels, wide.value * tall.value)
            seen.images += 1
            box = [ctypes.c_float() for _ in range(4)]
            if depth == 0 and pdfium.FPDFPageObj_GetBounds(thing, *box):
                left, bottom, right, top = (side.value for side in box)
                seen.covered += max(0.0, right - left) * max(0.0, top - bottom) / area
            elif depth:
                seen.covered = 1.0  # coordinates of the form, not of the page: taken for a full page
        elif kind == pdfium.FPDF_PAGEOBJ_FORM and depth < DEEPEST_FORM:
            for i in range(max(0, pdfium.FPDFFormObj_CountObjects(thing))):
                if seen.objects > MOST_OBJECTS:
                    return
                visit(pdfium.FPDFFormObj_GetObject(thing, i), depth + 1)

    for i in range(max(0, pdfium.FPDFPage_CountObjects(page.raw))):
        if seen.objects > MOST_OBJECTS:
            break
        visit(pdfium.FPDFPage_GetObject(page.raw, i), 0)
    return seen


def _form_values(page: pypdfium2.PdfPage) -> list[str]:
    """What is filled into the text fields of a page."""
    values = []
    for i in range(min(max(0, pdfium.FPDFPage_GetAnnotCount(page.raw)), MOST_OBJECTS)):
        annotation = pdfium.FPDFPage_GetAnnot(page.raw, i)
        if not annotation:
            continue
        try:
            if pdfium.FPDFAnnot_GetSubtype(annotation) != pdfium.FPDF_ANNOT_WIDGET:
                continue
            size = pdfium.FPDFAnnot_GetStringValue(annotation, b"V", None, 0)
            if not 2 < size <= 20_000:
                continue
            buffer = (ctypes.c_ushort * (size // 2))()
            pdfium.FPDFAnnot_GetStringValue(annotation, b"V", buffer, size)
            value = bytes(buffer)[: size - 2].decode("utf-16-le", "replace").strip()
            if value and value not in ("Off", "Yes", "On"):
                values.append(value)
        finally:
            pdfium.FPDFPage_CloseAnnot(annotation)
    return values
