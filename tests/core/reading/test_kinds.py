"""What a file is: its bytes say it, whatever it is called."""

from __future__ import annotations

import io

import pytest

from core.messages import catalogue
from core.reading.kinds import Kind, NotRead, kind_of
from tests.core.reading.documents import compound, paragraph, word, zipped

TEXT = b"Plain words, nothing else.\n"
HTML = b"\xef\xbb\xbf <?xml version='1.0'?>\n<!-- made by a program -->\n<!DOCTYPE html>\n<html><body>x"


@pytest.mark.parametrize(
    ("data", "name", "kind"),
    [
        (b"%PDF-1.7\n", "a.txt", Kind.PDF),
        (b"\n\n%PDF-1.4", "a.docx", Kind.PDF),
        (word(paragraph("x")), "a.docx", Kind.WORD),
        (word(paragraph("x")), "a.pdf", Kind.WORD),
        (word(paragraph("x")), "a", Kind.WORD),
        (TEXT, "a.txt", Kind.TEXT),
        (TEXT, "README", Kind.TEXT),
        (TEXT, "a.MD", Kind.MARKDOWN),
        (TEXT, "a.markdown", Kind.MARKDOWN),
        (TEXT, "a.htm", Kind.HTML),
        (HTML, "a.txt", Kind.HTML),
        (HTML, "a.doc", Kind.HTML),
        ("<html>".encode("utf-16"), "a.txt", Kind.HTML),
        (b"<HTML\n lang=en>", "a", Kind.HTML),
        (b"a < b and <html> in the middle", "a.txt", Kind.TEXT),
        (b"BMW and MM are no pictures", "a.txt", Kind.TEXT),
        (b"", "a.txt", Kind.TEXT),
    ],
)
def test_a_file_is_what_its_bytes_say(data: bytes, name: str, kind: Kind) -> None:
    assert kind_of(io.BytesIO(data), name) is kind


@pytest.mark.parametrize(
    ("data", "name", "reason"),
    [
        (TEXT, "a.pdf", "reading_not_pdf"),
        (HTML, "A.PDF", "reading_not_pdf"),
        (TEXT, "a.docx", "reading_not_word"),
        (compound("EncryptionInfo", "EncryptedPackage"), "a.docx", "reading_word_password"),
        (compound("WordDocument", "1Table"), "a.doc", "reading_kind_doc"),
        (compound("WordDocument", "1Table"), "a.docx", "reading_kind_doc"),
        (compound("Workbook"), "a.xls", "reading_kind_office"),
        (word(paragraph("x"))[:200], "a.docx", "reading_word_damaged"),
        (b"PK\x03\x04" + bytes(100), "a.docx", "reading_word_damaged"),
        (zipped({"[Content_Types].xml": b"x", "xl/workbook.xml": b"x"}), "a.xlsx", "reading_kind_office"),
        (zipped({"mimetype": b"application/vnd.oasis.opendocument.text"}), "a.odt", "reading_kind_other_text"),
        (zipped({"a.pdf": b"x"}), "a.zip", "reading_kind_archive"),
        (b"{\\rtf1\\ansi", "a.rtf", "reading_kind_rtf"),
        (b"{\\rtf1\\ansi", "a.doc", "reading_kind_rtf"),
        (b"\x89PNG\r\n\x1a\n", "a.png", "reading_kind_picture"),
        (b"BM\x00\x00\x00\x00", "a.bmp", "reading_kind_picture"),
    ],
)
def test_what_is_not_read_says_what_to_do_instead(data: bytes, name: str, reason: str) -> None:
    with pytest.raises(NotRead) as refused:
        kind_of(io.BytesIO(data), name)
    assert refused.value.reason == reason
    assert set(catalogue()[reason]) == {"en", "zh"}
