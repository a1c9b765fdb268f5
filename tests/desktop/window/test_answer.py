"""An answer on the screen: marks, chips, quotations, doubts; and the text it is made of."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import pytest
from PySide6.QtCore import QPoint, Qt
from PySide6.QtGui import QGuiApplication
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QAbstractButton, QMenu
from pytestqt.qtbot import QtBot

from core.nouns import AnswerKind, Citation, Scope, Understood, Verdict
from desktop.window import citing
from desktop.window.desk import Desk
from desktop.window.pages.answer import ClaimRow, Opener, Sentences
from desktop.window.pages.comparing import Comparison
from desktop.window.pages.exchange import Doings, ExchangeView
from desktop.window.pages.passages import NotFound, PassageRow, Passages
from desktop.window.prose import Prose, tip
from tests.desktop.answers import DISAGREEMENT
from tests.desktop.window import material as m


class Heard:
    """What was asked for by clicks."""

    def __init__(self) -> None:
        self.cited: list[tuple[Citation, tuple[Citation, ...]]] = []
        self.opened: list[tuple[str, int]] = []
        self.done: list[tuple[object, ...]] = []

    def cite(self, citation: Citation, every: Sequence[Citation]) -> None:
        self.cited.append((citation, tuple(every)))

    def open_page(self, sha256: str, page_index: int) -> None:
        self.opened.append((sha256, page_index))

    @property
    def opener(self) -> Opener:
        return Opener(self.cite, self.open_page)

    @property
    def doings(self) -> Doings:
        def note(what: str) -> object:
            return lambda *values: self.done.append((what, *values))

        names = ("again", "compare", "edit", "copy", "export", "page")
        return Doings(self.opener, *(note(name) for name in names))  # type: ignore[arg-type]


@pytest.fixture
def heard() -> Heard:
    return Heard()


@pytest.fixture
def sentences(qtbot: QtBot, desk: Desk, heard: Heard) -> Sentences:
    made = Sentences(desk, heard.opener)
    qtbot.addWidget(made)
    made.resize(700, 500)
    made.show_all(m.CLAIMS)
    made.show()
    return made


def settled(qtbot: QtBot, desk: Desk, heard: Heard, **changes: object) -> ExchangeView:
    """An answered exchange on the screen."""
    exchange = m.exchange(**changes)  # type: ignore[arg-type]
    view = ExchangeView(desk, heard.doings, exchange.typed, exchange.scope)
    qtbot.addWidget(view)
    view.settle(exchange)
    view.resize(760, view.heightForWidth(760))
    view.show()
    return view


def test_each_sentence_has_its_verdict_in_words_and_its_chips(sentences: Sentences) -> None:
    rows = sentences.rows
    assert rows[0].words.accessibleName().startswith("Supported: the cited passage says this. Either party")
    assert rows[1].words.text().startswith("“The Company")
    assert [chip.text() for chip in rows[2].chips] == [
        "[3] consulting-agreement-driven-deliveries.pdf p. 7",
        "[1] consulting-agreement-driven-deliveries.pdf p. 5",
    ]
    assert rows[2].notes[0].text().startswith("Partly supported, because part of it is not in the words")
    assert rows[0].chips[0].accessibleName() == "[1] consulting-agreement-driven-deliveries.pdf, page 5"


def test_marks_differ_in_shape_not_only_in_colour(qtbot: QtBot, desk: Desk) -> None:
    pictures = []
    for verdict in (Verdict.SUPPORTED, Verdict.PARTIAL, Verdict.UNSUPPORTED):
        row = ClaimRow(desk, replace(m.CLAIMS[0], verdict=verdict), citing.numbered(m.CLAIMS), lambda _: None)
        qtbot.addWidget(row)
        image = row._mark.pixmap().toImage()
        drawn = {(x, y) for x in range(image.width()) for y in range(image.height()) if image.pixelColor(x, y).alpha()}
        pictures.append(frozenset(drawn))
    assert len(set(pictures)) == 3


def test_a_long_name_loses_its_middle_and_an_ampersand_stays(qtbot: QtBot, desk: Desk, heard: Heard) -> None:
    made = Sentences(desk, heard.opener)
    qtbot.addWidget(made)
    name = "Smith & Sons " + "very long name " * 12 + ".pdf"
    made.show_all((replace(m.CLAIMS[0], citations=(replace(m.NOTICE, document=name),)),))
    made.resize(420, 200)
    made.show()
    chip = made.rows[0].chips[0]
    assert "…" in chip.text() and chip.text().endswith("p. 5") and "Smith && S" in chip.text()
    assert chip.width() <= 420
    assert name.strip() in chip.accessibleName()


def test_a_chip_or_a_sentence_opens_its_page_with_all_citations_of_the_answer(
    sentences: Sentences, heard: Heard, qtbot: QtBot
) -> None:
    every = (m.NOTICE, m.BREACH, m.DELIVERY)
    sentences.rows[2].chips[0].click()
    QTest.mouseClick(sentences.rows[1].words, Qt.MouseButton.LeftButton, pos=QPoint(40, 10))
    assert heard.cited == [(m.DELIVERY, every), (m.BREACH, every)]
    QTest.keyClick(sentences.rows[0].chips[0], Qt.Key.Key_Space)
    assert heard.cited[-1] == (m.NOTICE, every)


def test_hovering_shows_the_quote_as_it_is(qtbot: QtBot, desk: Desk) -> None:
    nasty = replace(m.CLAIMS[0], citations=(replace(m.NOTICE, quote="<b>x</b><img src='file:///etc/passwd'>"),))
    row = ClaimRow(desk, nasty, citing.numbered((nasty,)), lambda _: None)
    qtbot.addWidget(row)
    assert "&lt;b&gt;x" in row.words.toolTip() and "<img" not in row.words.toolTip()
    assert "<img" not in row.chips[0].toolTip()
    assert tip("") == ""


def test_the_citation_that_is_shown_is_marked(sentences: Sentences) -> None:
    sentences.set_current(citing.place(m.NOTICE))
    assert [[chip.isChecked() for chip in row.chips] for row in sentences.rows] == [[True], [False], [False, True]]
    sentences.rows[1].chips[0].click()  # the viewer tells what it shows, not the click
    assert not sentences.rows[1].chips[0].isChecked()
    sentences.set_current(None)
    assert not any(chip.isChecked() for row in sentences.rows for chip in row.chips)


def test_the_final_answer_keeps_the_rows_that_are_right(sentences: Sentences) -> None:
    before = list(sentences.rows)
    changed = (*m.CLAIMS[:2], replace(m.CLAIMS[2], text="Another third sentence."))
    sentences.show_all(changed)
    assert sentences.rows[:2] == before[:2]
    assert sentences.rows[2] is not before[2]
    assert sentences.claims == changed


def test_replaced_documents_are_marked_on_their_chips(sentences: Sentences) -> None:
    sentences.show_all(m.CLAIMS, (m.CONTRACT_SHA,))
    chip = sentences.rows[0].chips[0]
    assert chip.text().endswith("⟲")
    assert "replaced or removed" in chip.accessibleName()


def test_a_poorly_recognised_page_is_told_of_below_the_sentence(qtbot: QtBot, desk: Desk) -> None:
    citation = replace(m.CLAIMS[0].citations[0], confidence=0.625)
    claim = replace(m.CLAIMS[0], citations=(citation, replace(citation, start=citation.start + 1)))
    row = ClaimRow(desk, claim, citing.numbered([claim]), lambda _: None)
    qtbot.addWidget(row)
    words = "consulting-agreement-driven-deliveries.pdf, page 5: This page was poorly recognised (62% sure)"
    assert [note.text().startswith(words) for note in row.notes] == [True]
    assert "poorly recognised (62% sure)" in row.chips[0].accessibleName()


def test_rows_are_as_high_as_their_words_need(sentences: Sentences, qtbot: QtBot) -> None:
    row = sentences.rows[1]
    narrow, wide = row.heightForWidth(260), row.heightForWidth(900)
    assert narrow > wide > 40
    bottom = max(chip.geometry().bottom() for chip in row.chips)
    assert bottom < row.height()


def test_left_out_sentences_are_folded_and_say_why(qtbot: QtBot, desk: Desk, heard: Heard) -> None:
    view = settled(qtbot, desk, heard)
    assert view.left_out is not None and not view.left_out.is_open
    assert view.left_out.head.text() == "Left out: 2"
    QTest.keyClick(view.left_out.head, Qt.Key.Key_Space)
    body = view.left_out.body
    assert body is not None and body.isVisible()
    texts = [prose.text() for prose in body.findChildren(Prose)]
    assert "The notice period is ninety (90) days." in texts
    assert "Not supported, because a number, unit, date or section in it is not in the passage it cites." in texts
    assert "open" in view.left_out.head.accessibleName()


def test_a_refusal_shows_reason_coverage_nearest_passages_and_unread_pages(
    qtbot: QtBot, desk: Desk, heard: Heard
) -> None:
    view = ExchangeView(desk, heard.doings, m.NOT_FOUND.typed, m.NOT_FOUND.scope)
    qtbot.addWidget(view)
    view.settle(m.NOT_FOUND)
    view.resize(700, 600)
    view.show()
    card = view.findChild(NotFound)
    assert card is not None and card.passages is not None and card.unreadable is not None
    texts = "\n".join(prose.text() for prose in card.findChildren(Prose))
    assert "Not found in your library." in texts
    assert "The nearest passages do not answer this question. Searched 9 documents, 36 pages." in texts
    assert "old-fax.pdf: p. 2–4, 8" in texts
    card.passages.rows[1].click()
    assert heard.opened == [(m.CONTRACT_SHA, 6)]


def test_an_empty_library_is_told_in_the_words_of_the_window(qtbot: QtBot, desk: Desk, heard: Heard) -> None:
    view = settled(qtbot, desk, heard, claims=(), kind=AnswerKind.NOT_FOUND, reason="library_empty", nearest=())
    texts = "\n".join(prose.text() for prose in view.findChildren(Prose))
    assert "library page" in texts and "vademecum add" not in texts


def test_conversation_is_plain(qtbot: QtBot, desk: Desk, heard: Heard) -> None:
    view = settled(
        qtbot, desk, heard, claims=m.SMALL_TALK.answer.checked.claims, kind=AnswerKind.CONVERSATION, removed=()
    )
    assert view.sentences.rows[0].chips == [] and view.left_out is None
    assert view.findChildren(PassageRow) == []


def test_passages_are_a_line_each_and_the_rest_on_demand(qtbot: QtBot, desk: Desk, heard: Heard) -> None:
    made = Passages(desk, m.FOUND, heard.opener)
    qtbot.addWidget(made)
    made.resize(600, 300)
    made.show()
    assert sum(row.isVisible() for row in made.rows) == 5
    assert (
        made.rows[0]
        .accessibleName()
        .startswith("Found: consulting-agreement-driven-deliveries.pdf, page 5. 7.2. Termination.")
    )
    assert (
        made.rows[4]
        .accessibleName()
        .startswith("Found: quilodarine-monograph-en.pdf, printed page 13, page 2 of the file")
    )
    made.show_all()
    assert all(row.isVisible() for row in made.rows)
    QTest.keyClick(made.rows[2], Qt.Key.Key_Space)
    assert heard.opened == [("e5" * 32, 2)]
    assert not made.grab().isNull()


def test_the_foot_leads_to_the_record_and_offers_what_can_be_done(qtbot: QtBot, desk: Desk, heard: Heard) -> None:
    view = settled(qtbot, desk, heard)
    buttons = {b.accessibleName() or b.text(): b for b in view.findChildren(QAbstractButton)}
    buttons["Record 41"].click()
    buttons["Copy with citations"].click()
    buttons["Ask again"].click()
    assert [what for what, *_ in heard.done] == ["page", "copy", "again"]
    buttons["Export as PDF or HTML"].click()
    menu = view.findChild(QMenu)
    assert menu is not None
    menu.actions()[1].trigger()
    menu.close()
    assert heard.done[-1] == ("export", (view.exchange,), "html")


def test_comparing_is_offered_only_when_the_library_is_newer(qtbot: QtBot, desk: Desk, heard: Heard) -> None:
    view = settled(qtbot, desk, heard, revision=12)
    view.set_revision(12)
    compare = view._compare
    assert compare is not None and not compare.isVisible()
    view.set_revision(13)
    assert compare.isVisible()
    compare.click()
    assert heard.done == [("compare", view.exchange)]


def test_two_answers_stand_side_by_side_with_what_is_new_and_gone(qtbot: QtBot, desk: Desk, heard: Heard) -> None:
    now = m.exchange((m.CLAIMS[0], replace(m.CLAIMS[2], text="A new sentence.")), id=9, revision=15)
    made = Comparison(desk, m.exchange(), now, heard.opener)
    qtbot.addWidget(made)
    made.resize(800, 500)
    made.show()
    left, right = made.earlier.rows, made.now.rows
    assert [[note.text() for note in row.notes][:1] for row in left] == [
        [], ["No longer in the answer."], ["No longer in the answer."],
    ]  # fmt: skip
    assert right[1].notes[0].text() == "New in this answer."
    assert right[0].mapTo(made, QPoint()).x() > left[0].mapTo(made, QPoint()).x() + 200
    made.resize(400, 900)
    qtbot.waitUntil(lambda: right[0].mapTo(made, QPoint()).x() < 40)
    made.set_current(citing.place(m.NOTICE))
    assert left[0].chips[0].isChecked() and right[0].chips[0].isChecked()


def test_comparing_with_a_refusal_says_so(qtbot: QtBot, desk: Desk, heard: Heard) -> None:
    made = Comparison(desk, m.exchange(), replace(m.NOT_FOUND, id=8), heard.opener)
    qtbot.addWidget(made)
    texts = [prose.text() for prose in made.findChildren(Prose)]
    assert "The library has changed, and so has the kind of answer." in texts
    assert any(text.startswith("Not found in your library.") for text in texts)


def test_what_was_understood_is_shown_and_can_be_edited(qtbot: QtBot, desk: Desk, heard: Heard) -> None:
    view = ExchangeView(desk, heard.doings, "And in the second contract?", Scope())
    qtbot.addWidget(view)
    view.understood(Understood("Same", Scope(), rewritten=False))
    assert view.understood_as is None
    question = "Can either party terminate the outsourcing agreement?"
    view.understood(Understood(question, Scope(("Samples",)), rewritten=True))
    assert view.understood_as is not None
    assert view.understood_as.text() == f"Understood as: {question}\nIn: Samples"
    edit = next(b for b in view.findChildren(QAbstractButton) if b.accessibleName().startswith("Edit this"))
    edit.click()
    assert heard.done == [("edit", question)]


def test_everything_is_repainted_in_another_theme(qtbot: QtBot, desk: Desk, heard: Heard) -> None:
    view = settled(qtbot, desk, heard)
    before = view.grab().toImage()
    desk.change_settings(theme="dark")
    assert view.grab().toImage() != before
    desk.change_settings(theme="light")
    assert view.grab().toImage() == before


def test_text_can_be_selected_and_copied(qtbot: QtBot) -> None:
    clicks: list[int] = []
    prose = Prose("劳动者 😀 may terminate this agreement", clicked=lambda: clicks.append(1))
    qtbot.addWidget(prose)
    prose.resize(600, 40)
    prose.show()
    QTest.mousePress(prose, Qt.MouseButton.LeftButton, pos=QPoint(0, 10))
    QTest.mouseMove(prose, QPoint(300, 10))
    QTest.mouseMove(prose, QPoint(598, 10))
    QTest.mouseRelease(prose, Qt.MouseButton.LeftButton, pos=QPoint(598, 10))
    assert prose.selected_text() == prose.text()
    assert clicks == []
    prose.setFocus()
    QTest.keyClick(prose, Qt.Key.Key_C, Qt.KeyboardModifier.ControlModifier)
    assert QGuiApplication.clipboard().text() == prose.text()
    assert not prose.grab().isNull()
    QTest.mouseClick(prose, Qt.MouseButton.LeftButton, pos=QPoint(30, 10))
    assert clicks == [1] and prose.selected_text() == ""


def test_text_is_never_markup(qtbot: QtBot) -> None:
    prose = Prose("<b>bold</b>")
    qtbot.addWidget(prose)
    assert prose.textFormat() is Qt.TextFormat.PlainText
    assert prose.text() == "<b>bold</b>"
    narrow, wide = prose.heightForWidth(30), prose.heightForWidth(600)
    assert narrow > wide


def test_documents_that_do_not_agree_are_told_of_below_the_sentences(qtbot: QtBot, desk: Desk, heard: Heard) -> None:
    view = settled(qtbot, desk, heard)
    assert view.disagreements == []
    exchange = m.exchange()
    answer = replace(exchange.answer, checked=replace(exchange.answer.checked, disagreements=(DISAGREEMENT,)))
    other = ExchangeView(desk, heard.doings, exchange.typed, exchange.scope)
    qtbot.addWidget(other)
    other.settle(replace(exchange, answer=answer))
    assert [line.text().partition(":")[0] for line in other.disagreements] == ["Your documents do not agree"]
    assert "The later one is contract.pdf" in other.disagreements[0].text()
