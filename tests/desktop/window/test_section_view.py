"""A document without pages in the viewer: its sections as plain text, the quote marked in them."""

from __future__ import annotations

from dataclasses import replace

import pytest
from PySide6.QtCore import Qt
from PySide6.QtGui import QFont
from PySide6.QtWidgets import QComboBox, QPlainTextEdit
from pytestqt.qtbot import QtBot

from core.errors import UserProblem
from core.nouns import Citation
from desktop.channel import DocumentView, ReadPage, RenderPage, Sheet, ViewDocument
from desktop.window.desk import Desk
from desktop.window.page_canvas import rgba
from desktop.window.page_view import PageView
from desktop.window.section_view import SectionView
from tests.desktop.window.conftest import FakeJobs

HANDBOOK = "c" * 64
LABELS = ("1 Scope", "2.1 Notice", "第三十八条")
TEXTS = (
    "1 Scope\n\nThis applies to <b>all</b> staff.",
    "2 Termination\n\n2.1 Notice\n\n𝔸 Either party may terminate on thirty days' notice.\n• by letter\n• by hand",
    "第三十八条 用人单位未及时足额支付劳动报酬的，劳动者可以解除劳动合同。",
)
QUOTE = "Either party may terminate on thirty days' notice."


def document() -> DocumentView:
    sheets = tuple(Sheet(label, 0.0, 0.0, "text") for label in LABELS)
    return DocumentView(HANDBOOK, "handbook.docx", "Rules", sheets, True)


def citation(section: int = 1, quote: str = QUOTE) -> Citation:
    start = TEXTS[section].find(quote)
    return Citation(
        "handbook.docx", HANDBOOK, section, LABELS[section], "p", start, start + len(quote), quote, section=True
    )


@pytest.fixture
def view(qtbot: QtBot, desk: Desk, jobs: FakeJobs) -> PageView:
    jobs.answers[ViewDocument] = lambda _: document()
    jobs.answers[ReadPage] = lambda request: TEXTS[request.page_index]
    made = PageView(desk)
    qtbot.addWidget(made)
    made.resize(600, 500)
    made.show()
    qtbot.waitExposed(made)
    return made


def sections_of(view: PageView, qtbot: QtBot) -> SectionView:
    qtbot.waitUntil(lambda: view.findChild(SectionView) is not None)  # made with the first document that needs it
    found = view.findChild(SectionView)
    assert isinstance(found, SectionView)
    return found


def shown(view: PageView, qtbot: QtBot, text: str) -> SectionView:
    sections = sections_of(view, qtbot)
    qtbot.waitUntil(lambda: sections.isVisible() and sections.text == text)
    return sections


def test_a_citation_opens_its_section_with_the_quote_marked(view: PageView, qtbot: QtBot, jobs: FakeJobs) -> None:
    view.show_citation(citation())
    sections = shown(view, qtbot, TEXTS[1])
    assert (view.page_index, sections.index, sections.marked) == (1, 1, QUOTE)
    assert jobs.asked_for(RenderPage) == []  # nothing is drawn of it
    assert view._remark.text == ""
    text = sections.findChild(QPlainTextEdit)
    assert isinstance(text, QPlainTextEdit)
    (mark,) = text.extraSelections()
    assert mark.format.background().color() == rgba(view._desk.theme.highlight)  # type: ignore[attr-defined]
    assert text.accessibleName() == "handbook.docx, section “2.1 Notice”, 2 of 3"
    assert text.accessibleDescription() == f"Highlighted: {QUOTE}"
    assert view._where.text() == "Rules · section 2 of 3"


def test_what_looks_like_markup_is_shown_as_it_is_written(view: PageView, qtbot: QtBot) -> None:
    view.show_document(HANDBOOK)
    sections = shown(view, qtbot, TEXTS[0])
    assert sections.marked == "" and "<b>all</b>" in sections.text


def test_next_previous_and_the_list_lead_through_the_sections(view: PageView, qtbot: QtBot) -> None:
    view.show_document(HANDBOOK, 1)
    sections = shown(view, qtbot, TEXTS[1])
    view.setFocus()
    qtbot.keyClick(view, Qt.Key.Key_PageDown, Qt.KeyboardModifier.ControlModifier)
    shown(view, qtbot, TEXTS[2])
    sections.step(1)  # there is none
    assert sections.index == 2
    qtbot.keyClick(view, Qt.Key.Key_PageUp, Qt.KeyboardModifier.ControlModifier)
    shown(view, qtbot, TEXTS[1])
    names = sections.findChild(QComboBox)
    assert isinstance(names, QComboBox)
    assert [names.itemText(n) for n in range(names.count())] == list(LABELS)
    names.setCurrentIndex(0)
    shown(view, qtbot, TEXTS[0])


def test_the_mark_is_there_again_when_its_section_is(view: PageView, qtbot: QtBot) -> None:
    view.show_citation(citation())
    sections = shown(view, qtbot, TEXTS[1])
    sections.step(1)
    shown(view, qtbot, TEXTS[2])
    assert sections.marked == ""
    sections.step(-1)
    shown(view, qtbot, TEXTS[1])
    assert sections.marked == QUOTE


def test_citations_lead_from_section_to_section(view: PageView, qtbot: QtBot) -> None:
    last = citation(2, "劳动者可以解除劳动合同")
    view.set_citations([citation(), last])
    view.show_citation(citation())
    shown(view, qtbot, TEXTS[1])
    view.next_citation()
    assert shown(view, qtbot, TEXTS[2]).marked == last.quote


def test_a_quote_that_does_not_stand_there_is_not_marked_and_that_is_said(view: PageView, qtbot: QtBot) -> None:
    view.show_citation(replace(citation(), quote="Something else entirely."))
    sections = shown(view, qtbot, TEXTS[1])
    assert sections.marked == ""
    assert view._remark.text == "The exact place is not known; this is the section."


def test_the_headings_of_a_section_stand_out(view: PageView, qtbot: QtBot) -> None:
    view.show_document(HANDBOOK, 1)
    text = shown(view, qtbot, TEXTS[1]).findChild(QPlainTextEdit)
    assert isinstance(text, QPlainTextEdit)
    cursor = text.textCursor()
    weights = []
    for line in ("2 Termination", "2.1 Notice", "• by letter"):
        cursor.setPosition(TEXTS[1].index(line) + 1)
        weights.append(cursor.charFormat().fontWeight() > QFont.Weight.Normal)
    assert weights == [True, True, False]


def test_letters_grow_and_shrink(view: PageView, qtbot: QtBot) -> None:
    view.show_document(HANDBOOK)
    sections = shown(view, qtbot, TEXTS[0])
    text = sections.findChild(QPlainTextEdit)
    assert isinstance(text, QPlainTextEdit)
    view.fit_width()
    usual = text.font().pointSizeF()
    view.zoom_in()
    view.zoom_in()
    assert text.font().pointSizeF() == usual + 2
    view.zoom_out()
    assert text.font().pointSizeF() == usual + 1
    view.fit_width()
    assert text.font().pointSizeF() == usual


def test_a_pdf_after_it_has_its_pages_again(view: PageView, qtbot: QtBot, jobs: FakeJobs) -> None:
    view.show_citation(citation())
    sections = shown(view, qtbot, TEXTS[1])
    paper = DocumentView("d" * 64, "lease.pdf", "Rules", (Sheet("1", 595, 842, "text"),), True)
    jobs.answers[ViewDocument] = lambda _: paper
    view.show_document("d" * 64)
    qtbot.waitUntil(lambda: view.document == paper)
    assert not sections.isVisible() and view._canvas.isVisible() and view.page_index == 0


def test_why_there_is_no_text_is_said_in_its_place(view: PageView, qtbot: QtBot, jobs: FakeJobs) -> None:
    jobs.answers[ReadPage] = UserProblem("library_no_page", page=2)
    view.show_citation(citation())
    sections = sections_of(view, qtbot)
    text = sections.findChild(QPlainTextEdit)
    assert isinstance(text, QPlainTextEdit)
    qtbot.waitUntil(lambda: "no longer in the library" in text.placeholderText())
    assert sections.marked == ""
