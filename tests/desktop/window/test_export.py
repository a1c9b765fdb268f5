"""What leaves the program: everything that proves an answer, nothing that runs, nothing half written."""

from __future__ import annotations

import os
import re
from dataclasses import replace
from pathlib import Path

import pypdfium2
import pytest
from pytestqt.qtbot import QtBot

from core.errors import UserProblem
from core.nouns import Exchange
from desktop.window import export
from desktop.window.pdf_text import with_true_text
from tests.desktop.answers import DISAGREEMENT
from tests.desktop.window import material as m

NASTY = '<img src="http://tracker.example/x.png"><script>alert(1)</script> & "so" on'


def text_of(pdf: bytes) -> str:
    """The text of all pages, without what line ends did to it."""
    with pypdfium2.PdfDocument(pdf) as document:
        return re.sub(r"\s+", "", "".join(page.get_textpage().get_text_range() for page in document))


@pytest.mark.parametrize("language", ["en", "zh"])
def test_a_page_holds_all_that_proves_an_answer(qtbot: QtBot, language: str) -> None:
    exchange = m.exchange() if language == "en" else m.CHINESE
    page = export.to_html([exchange], language)
    answer = exchange.answer
    assert exchange.typed in page
    assert answer.record.hash in page
    assert answer.model.sha256 in page
    assert all(mark in page for mark in "✔◐✘")
    for number, citation in enumerate(dict.fromkeys(c for claim in answer.checked.claims for c in claim.citations), 1):
        assert f"[{number}]" in page
        assert citation.document in page
        assert citation.sha256 in page
        assert f"{citation.start + 1}–{citation.end}" in page
    wanted = {
        "en": ("Partly supported", "Left out", "Searched 9 documents", "library revision 12", "Audit record 41"),
        "zh": ("部分有依据", "略去", "已检索 9 份文档", "文档库版本 12", "审计记录 44"),
    }
    for words in wanted[language]:
        assert words in page


def test_a_document_without_pages_is_cited_by_its_sections(qtbot: QtBot) -> None:
    exchange = m.exchange()
    checked = exchange.answer.checked
    cited = replace(m.NOTICE, document="手册.docx", page_label="第三十八条", section=True)
    claims = tuple(replace(claim, citations=(cited,)) for claim in checked.claims[:1])
    answer = replace(exchange.answer, checked=replace(checked, claims=claims, removed=()))
    told = [replace(exchange, answer=answer)]
    assert "手册.docx, section “第三十八条”" in export.to_html(told, "en")
    assert "手册.docx，“第三十八条”一节" in text_of(export.to_pdf(told, "zh"))
    assert "手册.docx，“第三十八条”一节" in export.to_text(told[0], "zh")


def test_a_refusal_says_what_was_searched_and_what_could_not_be_read(qtbot: QtBot) -> None:
    page = export.to_html([m.NOT_FOUND], "en")
    assert "Not found in your library. The nearest passages do not answer this question." in page
    assert "old-fax.pdf: p. 2–4, 8" in page
    assert "nothing in it supports an answer" in page
    assert "nothing was verified" in export.to_html([m.SMALL_TALK], "en")


def test_what_documents_and_people_say_is_never_markup(qtbot: QtBot) -> None:
    citation = replace(m.NOTICE, document=NASTY, quote=NASTY, page_label=NASTY)
    claim = replace(m.CLAIMS[0], text=NASTY, citations=(citation,))
    nasty = m.exchange((claim,), typed=NASTY, removed=(claim,), model=replace(m.MODEL, name=NASTY, adapter=NASTY))
    refused = replace(
        nasty, answer=replace(m.NOT_FOUND.answer, checked=replace(m.NOT_FOUND.answer.checked, question=NASTY))
    )
    for made in (export.to_html([nasty, refused], "en"), export.to_fragment(nasty, "en")):
        assert "<img" not in made and "<script" not in made
        assert "&lt;script&gt;" in made
    assert "default-src 'none'" in export.to_html([nasty], "en")


def test_the_clipboard_keeps_the_doubt_and_the_numbered_sources() -> None:
    text = export.to_text(m.exchange(), "en")
    assert "three business days after mailing. [3][1] (Partly supported, because" in text
    assert "[2] consulting-agreement-driven-deliveries.pdf, page 5: “The Company may terminate" in text
    assert text.endswith("audit record 41")
    assert "（部分有依据，原因：段落设有条件，请对照原文。）" in export.to_text(m.CHINESE, "zh")
    assert "Not found" in export.to_text(m.NOT_FOUND, "en")


def test_a_pdf_can_be_read_and_searched_in_chinese(qtbot: QtBot) -> None:
    """Qt itself would write 文 as the radical ⽂."""
    pdf = export.to_pdf([m.CHINESE, m.exchange(outdated=(m.CONTRACT_SHA,))], "zh")
    text = text_of(pdf)
    for claim in m.CHINESE.answer.checked.claims:
        assert claim.text in text
    assert "来自您自己文档的回答" in text
    assert "第8页" in text
    assert "此回答之后，该文档已被替换或移除" in text
    assert not re.search("[\u2e80-\u2fdf]", text)


def test_every_common_chinese_character_comes_back_out_of_a_pdf(qtbot: QtBot) -> None:
    """The 6,763 of GB 2312: 胶 and 户 have their glyphs from rarer characters too."""
    rows = [bytes((a, b)) for a in range(0xB0, 0xF8) for b in range(0xA1, 0xFF) if a != 0xD7 or b < 0xFA]
    characters = b"".join(rows).decode("gb2312")
    shown = [characters[at : at + 40] for at in range(0, len(characters), 40)]
    claims = tuple(replace(m.CHINESE.answer.checked.claims[0], text=text, citations=()) for text in shown)
    text = text_of(export.to_pdf([m.exchange(claims)], "zh"))
    assert not [one for one in characters if one not in text]


def test_mending_moves_no_byte() -> None:
    pdf = b"1 0 obj stream\nbegincmap\n1 beginbfrange\n<0001> <0003> [<2F42> <0041> <2EDA> ]\nendcmap\nendstream <2F42>"
    mended = with_true_text(pdf)
    assert len(mended) == len(pdf)
    assert b"[<6587> <0041> <9875> ]" in mended and mended.endswith(b"<2F42>")


def test_a_file_is_written_aside_and_renamed_last(tmp_path: Path, qtbot: QtBot) -> None:
    file = tmp_path / "answer.html"
    export.save(file, "html", [m.exchange()], "en")
    assert file.read_text("utf-8").startswith("<!DOCTYPE html>")
    export.save(tmp_path / "answer.pdf", "pdf", [m.exchange()], "en")
    assert (tmp_path / "answer.pdf").read_bytes().startswith(b"%PDF")
    assert sorted(p.name for p in tmp_path.iterdir() if p.is_file()) == ["answer.html", "answer.pdf"]


@pytest.mark.parametrize("step", ["fsync", "replace"])
def test_a_full_disk_leaves_the_old_file_and_says_so(
    step: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    file = tmp_path / "answer.html"
    file.write_text("old")

    def full(*_: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, step, full)
    with pytest.raises(UserProblem) as problem:
        export.save(file, "html", [m.exchange()], "en")
    assert "No space left" in problem.value.sentence("en")
    assert file.read_text() == "old"
    assert [p.name for p in tmp_path.iterdir() if p.is_file()] == ["answer.html"]


def test_a_folder_that_is_gone_is_a_sentence(tmp_path: Path) -> None:
    with pytest.raises(UserProblem):
        export.write_aside(tmp_path / "gone" / "answer.pdf", b"x")


def test_a_long_conversation_is_written_beside_the_event_loop(qtbot: QtBot, tmp_path: Path) -> None:
    exchanges: list[Exchange] = [m.numbered(number) for number in range(8)]
    writing = export.Writing(tmp_path / "all.pdf", "pdf", exchanges, "en")
    with qtbot.waitSignal(writing.finished, timeout=20_000):
        writing.start()
    assert writing.problem is None
    assert "Question7:" in text_of((tmp_path / "all.pdf").read_bytes())
    refused = export.Writing(tmp_path / "gone" / "all.html", "html", exchanges, "en")
    with qtbot.waitSignal(refused.finished, timeout=20_000):
        refused.start()
    assert refused.problem is not None


def test_documents_that_do_not_agree_are_told_of_in_every_form(qtbot: QtBot) -> None:
    exchange = m.exchange()
    answer = replace(exchange.answer, checked=replace(exchange.answer.checked, disagreements=(DISAGREEMENT,)))
    told = replace(exchange, answer=answer)
    words = "contract-2019.pdf (dated 2019 by its name)"
    for page in (export.to_html([told], "en"), export.to_fragment(told, "en"), export.to_text(told, "en")):
        assert "Your documents do not agree" in page and words in page
    assert "您的文档说法不一" in text_of(export.to_pdf([told], "zh"))


def test_a_poorly_recognised_page_is_told_of_in_every_form(qtbot: QtBot) -> None:
    exchange = m.exchange()
    claims = [
        replace(claim, citations=tuple(replace(c, confidence=0.625) for c in claim.citations))
        for claim in exchange.answer.checked.claims
    ]
    answer = replace(exchange.answer, checked=replace(exchange.answer.checked, claims=tuple(claims)))
    told = replace(exchange, answer=answer)
    for page in (export.to_html([told], "en"), export.to_fragment(told, "en"), export.to_text(told, "en")):
        assert "poorly recognised (62% sure)" in page
    assert "置信度62%" in text_of(export.to_pdf([told], "zh"))
