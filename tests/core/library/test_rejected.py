"""Files that were rejected: kept with the reason until they come in or are forgotten."""

from __future__ import annotations

import os
import sys
from pathlib import Path

import pytest
from sqlcipher3 import dbapi2 as sqlite

from core.library import Library, Rejected, open_library, schema
from tests.core.library.support import put, take_back

DAMAGED = Rejected("a.pdf", "General", "reading_damaged", {"file": "a.pdf"}, Path("/stick/a.pdf"), "ab" * 32, 12)


def told(library: Library) -> list[tuple[str, str, str]]:
    return [(file.name, file.collection, file.reason) for file in library.rejected()]


def test_a_rejected_file_stays_with_its_reason_until_it_is_forgotten(tmp_path: Path) -> None:
    with open_library(tmp_path / "lib", create=True) as library:
        library.reject([DAMAGED])
    with open_library(tmp_path / "lib") as library:
        (kept,) = library.rejected()
        assert kept.id and kept.rejected_at
        told_again = Rejected(*(getattr(kept, name) for name in DAMAGED.__slots__[:-2]))
        assert told_again == DAMAGED
        library.forget_rejected([kept.id])
        assert library.rejected() == [] and library.doctor() == []
    assert b"/stick/a.pdf" not in b"".join(f.read_bytes() for f in (tmp_path / "lib").glob("library.db*"))


def test_the_latest_word_on_a_file_is_the_one_that_counts(tmp_path: Path) -> None:
    gone = Rejected("a.pdf", "General", "import_no_such_file", {"file": "/stick/a.pdf"}, DAMAGED.source)
    elsewhere = Rejected("a.pdf", "Contracts", "reading_damaged", {}, DAMAGED.source, DAMAGED.sha256, 12)
    nowhere = Rejected("b.pdf", "General", "reading_damaged", {}, None, "cd" * 32)
    with open_library(tmp_path / "lib", create=True) as library:
        library.reject([DAMAGED, gone, elsewhere, nowhere, nowhere])
        assert told(library) == [
            ("a.pdf", "Contracts", "reading_damaged"),
            ("a.pdf", "General", "import_no_such_file"),
            ("b.pdf", "General", "reading_damaged"),
        ]


@pytest.mark.skipif(sys.platform != "linux", reason="elsewhere every file name is text")
def test_a_place_whose_name_is_no_text_is_kept(tmp_path: Path) -> None:
    place = Path(os.fsdecode(b"/stick/\xff.pdf"))
    with open_library(tmp_path / "lib", create=True) as library:
        library.reject([Rejected("?.pdf", "General", "import_unreadable_file", {"file": str(place)}, place)])
        assert library.rejected()[0].source == place


def test_a_collection_takes_its_rejected_files_with_it(tmp_path: Path) -> None:
    with open_library(tmp_path / "lib", create=True) as library:
        put(library, tmp_path, lease="The lease ends.")
        library.reject([DAMAGED])
        library.rename_collection("General", "Leases")
        assert told(library) == [("a.pdf", "Leases", "reading_damaged")]
        library.delete_collection("Leases", force=True)
        assert told(library) == []


def test_schema_3_becomes_4_rejected_files_are_kept(tmp_path: Path) -> None:
    folder = tmp_path / "lib"
    with open_library(folder, create=True) as library:
        put(library, tmp_path, lease="The lease ends.")
        source = tmp_path / "next.pdf"
        source.write_text("The next one.")
        library.begin_import(*library.keep_original(source), "next.pdf", "General")
    take_back(folder, 3)
    with open_library(folder) as library:
        (pending,) = library.pending_imports()
        assert (pending.name, pending.source) == ("next.pdf", None)
        library.reject([DAMAGED])
        assert told(library) == [("a.pdf", "General", "reading_damaged")]
        assert [document.name for document in library.documents()] == ["lease.pdf"]
    db = sqlite.connect(str(schema.backup_of(folder / "library.db", 3)))
    assert schema.version_of(db) == 3
    db.close()
