"""The process that draws pages: opens strangers' PDFs and sends pictures of their pages.

Started by :class:`core.reading.rendering.Renderer`, which watches its time and memory
and kills it without asking.  Pages are drawn as they look on paper, with their
annotations; no form is filled, no script run, no link followed.
"""

from __future__ import annotations

import ctypes
import json
import os
from collections import OrderedDict
from collections.abc import Iterator
from contextlib import contextmanager
from multiprocessing.connection import Connection
from typing import Any

import pypdfium2
from pypdfium2 import raw as pdfium

from core.reading.confinement import be_quiet, cap_memory, die_with_parent
from core.reading.opening import NotOpened, open_document

OPEN_DOCUMENTS = 4
MOST_ANNOTATIONS = 5_000
MOST_PIXELS = 32_000_000  # A4 at 4,750 pixels across; 96 MB
_WHITE = 0xFFFFFFFF


class _Problem(Exception):
    def __init__(self, key: str) -> None:
        super().__init__(key)
        self.key = key


def serve(pipe: Connection, megabytes: int) -> None:
    """Draw what the pipe asks for until it is closed.  It answers in JSON; a picture's pixels follow as bytes."""
    be_quiet()
    cap_memory(megabytes)
    die_with_parent()
    pipe.send_bytes(b"{}")  # ready: imports are over and count on nobody's time
    shelf = _Shelf()
    while True:
        try:
            task = pipe.recv()
        except (EOFError, OSError):
            return
        try:
            document = shelf.document(task["path"], task["password"])
            if task["width"]:
                with _drawn(document, task["page"], task["width"]) as (width, height, stride, pixels):
                    pipe.send_bytes(json.dumps({"width": width, "height": height, "stride": stride}).encode())
                    pipe.send_bytes(pixels)
            else:
                pipe.send_bytes(b"{}")  # it was only asked whether the document opens
        except _Problem as problem:
            pipe.send_bytes(json.dumps({"problem": problem.key}).encode())
        except MemoryError:
            pipe.send_bytes(json.dumps({"problem": "view_page_too_large"}).encode())


class _Shelf:
    """The documents used last, kept open: a person turns pages, and opening a large file takes longer than a page."""

    def __init__(self) -> None:
        self._open: OrderedDict[tuple[object, ...], pypdfium2.PdfDocument] = OrderedDict()

    def document(self, path: str, password: str | None) -> pypdfium2.PdfDocument:
        try:
            seen = os.stat(path)
        except OSError:
            raise _Problem("view_gone") from None
        # Other bytes under the same name are another document.
        key = (path, password, seen.st_ino, seen.st_size, seen.st_mtime_ns)
        if key not in self._open:
            while len(self._open) >= OPEN_DOCUMENTS:
                self._open.popitem(last=False)[1].close()
            try:
                self._open[key], _ = open_document(path, password)
            except NotOpened as refusal:
                locked = "view_password_wrong" if password else "view_needs_password"
                raise _Problem(locked if refusal.cause == "locked" else "view_damaged") from None
        self._open.move_to_end(key)
        return self._open[key]


@contextmanager
def _drawn(document: pypdfium2.PdfDocument, index: int, width: int) -> Iterator[tuple[int, int, int, Any]]:
    """(width, height, bytes a row, the pixels) of the displayed page; the pixels live as long as the context."""
    page = _loaded(document, index)
    try:
        if _has_fields(page):
            page = _with_fields(document, index, page)
        # Both are of the displayed page: cropped and turned, which is what rectangles are measured on.
        wide, tall = pdfium.FPDF_GetPageWidthF(page), pdfium.FPDF_GetPageHeightF(page)
        width, height = _size(wide or 1.0, tall or 1.0, width)
        bitmap = pdfium.FPDFBitmap_CreateEx(width, height, pdfium.FPDFBitmap_BGR, None, 0)
        if not bitmap:
            raise _Problem("view_page_too_large")
        try:
            pdfium.FPDFBitmap_FillRect(bitmap, 0, 0, width, height, _WHITE)
            pdfium.FPDF_RenderPageBitmap(bitmap, page, 0, 0, width, height, 0, pdfium.FPDF_ANNOT)
            stride = pdfium.FPDFBitmap_GetStride(bitmap)
            pixels = (ctypes.c_ubyte * (stride * height)).from_address(pdfium.FPDFBitmap_GetBuffer(bitmap))
            yield width, height, stride, pixels
        finally:
            pdfium.FPDFBitmap_Destroy(bitmap)
    finally:
        pdfium.FPDF_ClosePage(page)


def _loaded(document: pypdfium2.PdfDocument, index: int) -> Any:
    page = pdfium.FPDF_LoadPage(document.raw, index) if 0 <= index < len(document) else None
    if not page:
        raise _Problem("view_page_failed")
    return page


def _has_fields(page: Any) -> bool:
    for i in range(min(pdfium.FPDFPage_GetAnnotCount(page), MOST_ANNOTATIONS)):
        annotation = pdfium.FPDFPage_GetAnnot(page, i)
        if annotation:
            kind = pdfium.FPDFAnnot_GetSubtype(annotation)
            pdfium.FPDFPage_CloseAnnot(annotation)
            if kind == pdfium.FPDF_ANNOT_WIDGET:
                return True
    return False


def _with_fields(document: pypdfium2.PdfDocument, index: int, page: Any) -> Any:
    """The page again, what is filled into its form now part of the drawing: as when its text was read."""
    # Drawing once makes the looks of annotations that bring none; flattening would drop those that have none.
    dot = pdfium.FPDFBitmap_CreateEx(1, 1, pdfium.FPDFBitmap_BGR, None, 0)
    if dot:
        pdfium.FPDF_RenderPageBitmap(dot, page, 0, 0, 1, 1, 0, pdfium.FPDF_ANNOT)
        pdfium.FPDFBitmap_Destroy(dot)
    if pdfium.FPDFPage_Flatten(page, pdfium.FLAT_NORMALDISPLAY) != pdfium.FLATTEN_SUCCESS:
        return page
    again = _loaded(document, index)
    pdfium.FPDF_ClosePage(page)
    return again


def _size(wide: float, tall: float, width: int) -> tuple[int, int]:
    """The picture's width and height: as asked, or as large as is allowed in the same shape."""
    height = max(1, round(width * tall / wide))
    if width * height > MOST_PIXELS:
        scale = (MOST_PIXELS / (width * height)) ** 0.5
        width, height = max(1, int(width * scale)), max(1, min(MOST_PIXELS, int(height * scale)))
    return width, height
