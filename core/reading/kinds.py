"""What kind of file this is, told by its bytes; its name decides only between kinds that look alike."""

from __future__ import annotations

import re
import zipfile
from enum import Enum
from pathlib import PurePath
from typing import BinaryIO

_HEAD = 4096
# Names of streams in a compound file, as its directory holds them.
_OLE = bytes.fromhex("d0cf11e0a1b11ae1")
_ENCRYPTED, _OLD_WORD = "EncryptedPackage".encode("utf-16-le"), "WordDocument".encode("utf-16-le")
_ZIP = (b"PK\x03\x04", b"PK\x05\x06")
_HTML = re.compile(r"<(?:!doctype\s+html|html|head|body)[\s>]", re.IGNORECASE)
_BEFORE_HTML = re.compile(r"<\?xml[^>]*>\s*|<!--.*?-->\s*", re.DOTALL)
_HTML_ENDINGS, _MARKDOWN_ENDINGS = (".html", ".htm", ".xhtml"), (".md", ".markdown")
# Other kinds of files whose bytes say so, and who can save them as something that is read.
_OTHERS = (
    (b"{\\rtf", "reading_kind_rtf"),
    (b"\x89PNG", "reading_kind_picture"),
    (b"\xff\xd8\xff", "reading_kind_picture"),
    (b"GIF8", "reading_kind_picture"),
    (b"II*\x00", "reading_kind_picture"),
    (b"MM\x00*", "reading_kind_picture"),
    (b"BM", "reading_kind_picture"),
)


class Kind(Enum):
    """How a file is read."""

    PDF = "pdf"
    WORD = "word"
    HTML = "html"
    MARKDOWN = "markdown"
    TEXT = "text"


class NotRead(Exception):
    """The file cannot be read; ``reason`` is a message key."""

    def __init__(self, reason: str) -> None:
        super().__init__(reason)
        self.reason = reason


def kind_of(stream: BinaryIO, name: str) -> Kind:
    """How to read the file that is called ``name``.  NotRead for a kind that is not read, or a name that lies.

    Text is told from other bytes only when it is decoded (:func:`core.reading.plain_text.decoded`).
    """
    ending = PurePath(name).suffix.lower()
    head = stream.read(_HEAD)
    if b"%PDF-" in head[:1024]:
        return Kind.PDF
    if head.startswith(_OLE):
        raise NotRead(_compound(stream))
    if head.startswith(_ZIP):
        return _packed(stream)
    if ending == ".pdf":
        raise NotRead("reading_not_pdf")
    for mark, reason in _OTHERS:
        # Two letters begin many a text, too: then only what no text holds tells.
        if head.startswith(mark) and (len(mark) > 2 or b"\x00" in head):
            raise NotRead(reason)
    if ending in (".docx", ".docm"):
        raise NotRead("reading_not_word")
    if ending in _MARKDOWN_ENDINGS:
        return Kind.MARKDOWN
    if ending in _HTML_ENDINGS or looks_like_html(head):
        return Kind.HTML
    return Kind.TEXT


def looks_like_html(head: bytes) -> bool:
    """Whether a file that begins so is a web page, whatever it is called."""
    text = head.replace(b"\x00", b"").decode("latin-1").lstrip("\xef\xbb\xbf\xfe\xff \t\r\n")
    while (match := _BEFORE_HTML.match(text)) is not None:
        text = text[match.end() :]
    return _HTML.match(text) is not None


def _compound(stream: BinaryIO) -> str:
    """Why a compound file (the container of old Office files, and of encrypted new ones) is not read."""
    stream.seek(0)
    found = tail = b""
    while block := stream.read(1 << 20):
        window = tail + block
        if _ENCRYPTED in window:
            return "reading_word_password"
        if _OLD_WORD in window:
            found = _OLD_WORD
        tail = block[-64:]
    return "reading_kind_doc" if found else "reading_kind_office"


def _packed(stream: BinaryIO) -> Kind:
    try:
        with zipfile.ZipFile(stream) as package:
            names = set(package.namelist())
            encrypted = any(entry.flag_bits & 1 for entry in package.infolist())
    except (zipfile.BadZipFile, ValueError, OverflowError, NotImplementedError, EOFError):
        raise NotRead("reading_word_damaged") from None
    if encrypted:
        raise NotRead("reading_word_password")
    lower = {name.lower() for name in names}
    if any(name.endswith("word/document.xml") for name in lower) or "[content_types].xml" in lower:
        if any(name.startswith(("xl/", "ppt/", "visio/")) for name in lower):
            raise NotRead("reading_kind_office")
        return Kind.WORD
    if "mimetype" in lower:  # OpenDocument, EPUB
        raise NotRead("reading_kind_other_text")
    raise NotRead("reading_kind_archive")
