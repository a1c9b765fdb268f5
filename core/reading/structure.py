"""What a PDF says about itself: metadata, outline, page labels, encryption.  Read with pypdf, all of it optional."""

from __future__ import annotations

import mmap
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from pypdf import PdfReader
from pypdf.generic import Destination

from core.nouns import Heading
from core.reading.characters import ordinary

MOST_HEADINGS = 5_000
DEEPEST = 12
MOST_BLANK = 200
LONGEST_VALUE = 500


@dataclass(frozen=True, slots=True)
class Structure:
    """Metadata, outline and page labels; empty where the file has none or they are damaged."""

    metadata: Mapping[str, str]
    outline: tuple[Heading, ...]
    labels: tuple[str, ...]
    damaged: tuple[int, ...] = ()


def read_structure(path: Path, password: str | None, pages: int, blank: Sequence[int] = ()) -> Structure:
    """The structure of a PDF that pdfium could open.  Damage in one part leaves the other parts; never raises for it.

    ``blank`` are pages without text or image; those that are blank only because
    their content is broken come back as ``damaged``.
    """
    with path.open("rb") as stream:
        try:
            reader = PdfReader(stream, strict=False)
            if reader.is_encrypted and not reader.decrypt(password or ""):
                return Structure({}, (), ())
        except (Exception, RecursionError):  # pypdf raises anything at all on damaged files
            return Structure({}, (), ())
        return Structure(_metadata(reader), _outline(reader, pages), _labels(reader, pages), _damaged(reader, blank))


def unsupported_encryption(path: Path) -> bool:
    """Whether the file is encrypted by something else than a password (a rights server, a certificate)."""
    with path.open("rb") as stream:
        with mmap.mmap(stream.fileno(), 0, access=mmap.ACCESS_READ) as data:
            # The entry is never compressed; without it there is nothing to parse.
            if data.find(b"/Encrypt") < 0:
                return False
        try:
            trailer = PdfReader(stream, strict=False).trailer
            encryption = trailer.get("/Encrypt")
            filter_name = encryption.get_object().get("/Filter") if encryption is not None else None
        except (Exception, RecursionError):  # pypdf raises anything at all on damaged files
            return False
    return filter_name is not None and filter_name != "/Standard"


def has_no_pages(path: Path) -> bool:
    """Whether a file that pdfium refuses is a sound PDF with an empty list of pages."""
    with path.open("rb") as stream:
        try:
            pages: Any = PdfReader(stream, strict=True).root_object["/Pages"]
            return bool(pages["/Count"] == 0 and len(pages["/Kids"]) == 0)
        except (Exception, RecursionError):  # pypdf raises anything at all on damaged files
            return False


def _clean(value: object) -> str:
    text = "".join(ordinary(ord(c)) if ord(c) >= 0x20 else " " for c in str(value))
    return " ".join(text.split())[:LONGEST_VALUE]


def _metadata(reader: PdfReader) -> dict[str, str]:
    found: dict[str, str] = {}
    try:
        entries = dict(reader.metadata or {})
    except (Exception, RecursionError):  # pypdf raises anything at all on damaged files
        return found
    for key in ("Title", "Author", "Subject", "Keywords", "Creator", "Producer", "CreationDate", "ModDate"):
        try:
            value = entries.get(f"/{key}")
            text = _clean(value.get_object() if hasattr(value, "get_object") else value) if value is not None else ""
        except (Exception, RecursionError):  # the value may be a reference into nowhere
            continue
        if text:
            found[key.lower()] = text
    return found


def _outline(reader: PdfReader, pages: int) -> tuple[Heading, ...]:
    found: list[Heading] = []
    try:
        for entry, level in _flat(reader.outline, 0):
            index = reader.get_destination_page_number(entry)
            title = _clean(entry.title or "")
            if title and index is not None and 0 <= index < pages:
                found.append(Heading(title, index, level))
            if len(found) >= MOST_HEADINGS:
                break
    except (Exception, RecursionError):  # what was found before the damage is good
        pass
    return tuple(found)


def _flat(entries: Any, level: int) -> Iterator[tuple[Destination, int]]:
    for entry in entries:
        if isinstance(entry, list):
            if level < DEEPEST:
                yield from _flat(entry, level + 1)
        elif isinstance(entry, Destination):
            yield entry, level


def _labels(reader: PdfReader, pages: int) -> tuple[str, ...]:
    try:
        if "/PageLabels" not in reader.root_object:
            return ()
        labels = tuple(_clean(label) for label in reader.page_labels)
    except (Exception, RecursionError):  # pypdf raises anything at all on damaged files
        return ()
    return labels if len(labels) == pages else ()


def _damaged(reader: PdfReader, blank: Sequence[int]) -> tuple[int, ...]:
    found = []
    for index in blank[:MOST_BLANK]:
        try:
            content = reader.pages[index].get_contents()
            if content is not None:
                content.get_data()
        except (Exception, RecursionError):  # pypdf raises anything at all on damaged files
            found.append(index)
    return tuple(found)
