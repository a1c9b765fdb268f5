"""Word, Markdown, HTML and plain text through the reader: sections with their headings, or a reason."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from core.messages import catalogue
from core.nouns import Outcome, Reading
from core.reading import Limits, Reader, is_final
from tests.core.reading.documents import compound, paragraph, table, word
from tests.core.reading.support import pdf, text

Read = Callable[[str, bytes], Reading]


@pytest.fixture
def read(reader: Reader, tmp_path: Path) -> Read:
    """Reads bytes under a name, from where the library keeps them: under their hash."""

    def reading(name: str, data: bytes) -> Reading:
        file = tmp_path / "0123"
        file.write_bytes(data)
        return reader.read(file, name=name)

    return reading


HANDBOOK = word(
    paragraph("Termination", style="1", numbered=(1, 0)),
    paragraph("Notice", style="2", numbered=(1, 1)),
    paragraph("Either party may terminate on thirty days' notice."),
    table(("CrCl", "Dose"), ("30–50 mL/min", "10 mg")),
    title="Staff handbook",
)


def test_a_word_document_is_read_by_section(read: Read) -> None:
    reading = read("handbook.docx", HANDBOOK)
    assert (reading.outcome, reading.reason, reading.title) == (Outcome.OK, "", "Staff handbook")
    (page,) = reading.pages
    assert (page.index, page.label, page.is_section, page.lines) == (0, "1.1 Notice", True, ())
    assert page.text == (
        "1. Termination\n\n1.1 Notice\n\nEither party may terminate on thirty days' notice.\n\n"
        "CrCl │ Dose\n30–50 mL/min │ 10 mg"
    )
    assert [heading.title for heading in reading.outline] == ["1. Termination", "1.1 Notice"]
    assert "lxml" in reading.reader


@pytest.mark.parametrize(
    ("name", "data", "labels"),
    [
        ("a.md", b"# Guide\n\ntext\n\n## Doses\n\n10 mg", ["Guide", "Doses"]),
        ("a.html", b"<h1>Guide</h1>text<h2>Doses</h2>10 mg", ["Guide", "Doses"]),
        ("a.txt", "第一条 年假十天。\n第二条 病假。".encode("gb18030"), ["第一条", "第二条"]),
        ("a.txt", "第一條 年假十天。\n第二條 病假照給。".encode("big5"), ["第一條 年假十天。"]),
        ("no ending", "Just words.".encode("utf-16"), ["Just words."]),
        ("1.txt", b"1\n\n2\n\n3", ["1"]),
    ],
)
def test_every_kind_is_read_by_section(read: Read, name: str, data: bytes, labels: list[str]) -> None:
    reading = read(name, data)
    assert (reading.outcome, [page.label for page in reading.pages]) == (Outcome.OK, labels)
    assert all(page.is_section for page in reading.pages)
    assert is_final(reading)


def test_a_pdf_by_any_name_has_pages(read: Read) -> None:
    (page,) = read("notes.txt", pdf([text(["Some words on a page of paper."])])).pages
    assert (page.label, page.is_section) == ("1", False)


@pytest.mark.parametrize(
    ("name", "data", "reason"),
    [
        ("a.docx", HANDBOOK[: len(HANDBOOK) // 2], "reading_word_damaged"),
        ("a.docx", compound("EncryptionInfo", "EncryptedPackage"), "reading_word_password"),
        ("a.doc", compound("WordDocument"), "reading_kind_doc"),
        ("a.docx", b"plain words", "reading_not_word"),
        ("a.docx", word(), "reading_no_words"),
        ("a.docx", word(word__document_xml=b" " * 64_000_001), "reading_word_too_large"),
        ("a.txt", b"\x00\x01\x02\x03" * 100, "reading_not_text"),
        ("a.txt", b" \n\n ", "reading_no_words"),
        ("a.html", b"<script>x</script>", "reading_no_words"),
        ("a.md", b"<!-- x -->", "reading_no_words"),
        ("a.pdf", b"<html><body>404</body></html>", "reading_not_pdf"),
        ("a.txt", b"", "reading_empty"),
    ],
)
def test_a_file_that_cannot_be_read_is_rejected_with_a_reason(read: Read, name: str, data: bytes, reason: str) -> None:
    reading = read(name, data)
    assert (reading.outcome, reading.reason, reading.pages) == (Outcome.REJECTED, reason, ())
    assert set(catalogue()[reason]) == {"en", "zh"}


@pytest.mark.parametrize(
    ("name", "data", "reason"),
    [
        ("a.docx", word(paragraph("Words."), word__styles_xml=b"<broken"), "reading_word_parts"),
        ("a.html", b"<p>Words." + b"<div>" * 3000 + b"deep", "reading_too_deep"),
        ("a.txt", b"\xef\xbb\xbfWords.\xff", "reading_characters_lost"),
    ],
)
def test_what_was_read_in_part_says_what_is_missing(read: Read, name: str, data: bytes, reason: str) -> None:
    reading = read(name, data)
    assert (reading.outcome, reading.reason) == (Outcome.PARTIAL, reason)
    assert reading.pages[0].text.startswith("Words.")
    assert set(catalogue()[reason]) == {"en", "zh"}


def test_a_web_page_of_200_megabytes_is_refused_at_once(read: Read) -> None:
    reading = read("a.html", b"<html>" + b"<p>words words words" * 10_000_000)
    assert (reading.outcome, reading.reason) == (Outcome.REJECTED, "reading_text_too_large")
    assert reading.seconds < 20


def test_more_sections_than_the_settings_allow_are_refused(tmp_path: Path) -> None:
    file = tmp_path / "a.md"
    file.write_text("# One\n\nx\n\n# Two\n\ny\n\n# Three\n\nz", encoding="utf-8")
    with Reader(Limits(max_pages=2)) as reader:
        assert reader.read(file).reason == "reading_too_many_sections"
