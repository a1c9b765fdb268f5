"""Opening a stranger's PDF, with a password where it has one; the same for reading and for drawing."""

from __future__ import annotations

import stringprep
import unicodedata
from pathlib import Path

import pypdfium2
from pypdfium2 import raw as pdfium


class NotOpened(Exception):
    """``cause``: "locked" (a password is missing or wrong), "security" (a scheme pdfium does not know), "damaged"."""

    def __init__(self, cause: str) -> None:
        super().__init__(cause)
        self.cause = cause


def open_document(path: str | Path, password: str | None) -> tuple[pypdfium2.PdfDocument, str | None]:
    """The document and the password it opened with.  Raises NotOpened."""
    candidates: list[str | None] = [None]
    if password:
        # The empty password first: a file that opens without one must open, whatever was typed.
        candidates += dict.fromkeys((password, _prepared(password)))
    for candidate in candidates:
        try:
            return pypdfium2.PdfDocument(path, password=candidate), candidate
        except pypdfium2.PdfiumError:
            fault = pdfium.FPDF_GetLastError()
            if fault != pdfium.FPDF_ERR_PASSWORD:
                raise NotOpened("security" if fault == pdfium.FPDF_ERR_SECURITY else "damaged") from None
    raise NotOpened("locked")


def _prepared(password: str) -> str:
    """The password as PDF 2.0 wants it (SASLprep): mapped and NFKC."""
    mapped = "".join(" " if stringprep.in_table_c12(c) else c for c in password if not stringprep.in_table_b1(c))
    return unicodedata.normalize("NFKC", mapped)
