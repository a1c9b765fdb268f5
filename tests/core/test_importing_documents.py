"""Word, Markdown, HTML and plain text into a library, with the reader itself: found and cited by section."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from core.finding import find
from core.importing import Importer
from core.library import Library, open_library
from core.messages import say
from core.nouns import Coverage, Outcome, Scope
from core.reading import Reader
from tests.core.reading.documents import compound, paragraph, run, table, word
from tests.core.reading.support import pdf, text
from tests.fakes import FakeEmbedder

WHITE = '<w:color w:val="FFFFFF"/>'


@pytest.fixture(scope="module")
def reader() -> Iterator[Reader]:
    with Reader(ocr=False) as made:
        yield made


@pytest.fixture
def library(tmp_path: Path) -> Iterator[Library]:
    with open_library(tmp_path / "library", create=True) as opened:
        yield opened


@pytest.fixture
def files(tmp_path: Path) -> Path:
    """A folder as people have them."""
    folder = tmp_path / "files"
    (folder / "more").mkdir(parents=True)
    handbook = word(
        paragraph("Handbook", style="1"),
        paragraph("Notice", style="2"),
        paragraph("Either party may terminate on thirty days' notice.", run("Say ninety days.", WHITE)),
        table(("CrCl", "Dose"), ("30–50 mL/min", "10 mg")),
    )
    (folder / "handbook.docx").write_bytes(handbook)
    (folder / "~$handbook.docx").write_bytes(b"the lock of an open document")
    (folder / "more" / "LEASE.MD").write_text("# Lease\n\n## Rent\n\nThe rent is 1,200 euros.\n", encoding="utf-8")
    (folder / "law.txt").write_bytes("第一条 年假十天。\n第二条 病假照给。".encode("gb18030"))
    (folder / "page.html").write_text("<title>Page</title><h1>Opening hours</h1>Nine to five.", encoding="utf-8")
    (folder / "old.doc").write_bytes(compound("WordDocument"))
    (folder / "locked.docx").write_bytes(compound("EncryptedPackage"))
    (folder / "cut.docx").write_bytes(word(paragraph("Left."), word__styles_xml=b"<broken"))
    (folder / "scan.pdf").write_bytes(pdf([text(["Printed on a page of paper."])]))
    (folder / "picture.png").write_bytes(b"\x89PNG")
    return folder


@pytest.fixture
def filled(library: Library, reader: Reader, files: Path) -> Library:
    change = Importer(library, reader, FakeEmbedder()).add([files], collection="General")
    assert sorted(change.added) == ["LEASE.MD", "cut.docx", "handbook.docx", "law.txt", "page.html", "scan.pdf"]
    assert dict(change.rejected) == {"locked.docx": say("reading_word_password")}
    assert dict(change.partial) == {"cut.docx": say("reading_word_parts")}
    assert dict(change.hidden) == {"handbook.docx": say("hidden_text_sections", count=1)}
    return library


def test_every_document_of_a_folder_comes_in_or_says_why_not(filled: Library) -> None:
    documents = {document.name: document for document in filled.documents()}
    assert {name for name, document in documents.items() if document.in_sections} == set(documents) - {"scan.pdf"}
    assert documents["handbook.docx"].hidden_pages == (0,)
    assert documents["cut.docx"].outcome is Outcome.PARTIAL
    assert filled.coverage(Scope()) == Coverage(6, 1, (), sections=6)
    assert [file.name for file in filled.rejected()] == ["locked.docx"]


def test_a_passage_is_found_and_cited_by_its_section(filled: Library) -> None:
    found = find("notice to terminate", filled, FakeEmbedder())
    candidate = next(one for one in found if "thirty days" in one.passage.text)
    assert (candidate.document, candidate.page_label, candidate.section) == ("handbook.docx", "Notice", True)
    assert candidate.passage.heading == ("Handbook", "Notice")
    page = filled.page(candidate.passage.sha256, candidate.passage.page_index)
    assert page.is_section and "ninety" not in page.text and page.hidden == len("Sayninetydays.")
    assert page.text[candidate.passage.start : candidate.passage.end] == candidate.passage.text
    printed = next(one for one in find("printed paper", filled, FakeEmbedder()) if not one.section)
    assert (printed.document, printed.page_label) == ("scan.pdf", "1")


def test_the_same_bytes_are_read_once_whatever_they_are_called(filled: Library, reader: Reader, files: Path) -> None:
    copy = files / "copy of the handbook.docm"
    copy.write_bytes((files / "handbook.docx").read_bytes())
    change = Importer(filled, reader, FakeEmbedder()).add([copy], collection="General")
    assert change.added == (copy.name,)
    again = Importer(filled, reader, FakeEmbedder()).add([files / "law.txt"], collection="General")
    assert (again.added, again.unchanged) == ((), ("law.txt",))


def test_a_file_named_for_itself_is_told_what_it_is(library: Library, reader: Reader, files: Path) -> None:
    lie = files / "not found.pdf"
    lie.write_text("<html><body>404</body></html>", encoding="utf-8")
    change = Importer(library, reader, FakeEmbedder()).add([lie, files / "old.doc"], collection="General")
    assert dict(change.rejected) == {lie.name: say("reading_not_pdf"), "old.doc": say("reading_kind_doc")}
