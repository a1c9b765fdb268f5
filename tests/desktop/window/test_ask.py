"""The ask page: asking, watching an answer grow, stopping, failing, coming back to it."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from PySide6.QtCore import Qt
from PySide6.QtGui import QGuiApplication
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QAbstractButton, QApplication, QFileDialog, QPushButton
from pytestqt.qtbot import QtBot

from core.errors import Cancelled, TryAgain, UserProblem
from core.nouns import AnswerKind, Change, Exchange, Progress, Scope, Understood
from core.settings import settings_file
from desktop.channel import (
    AddFiles,
    Ask,
    Done,
    Failed,
    Found,
    GetLibrary,
    Grown,
    LibraryState,
    ListConversations,
    ListDocuments,
    OpenConversation,
    Partly,
    State,
    Told,
    ViewDocument,
)
from desktop.window.desk import Desk
from desktop.window.pages.ask import AskPage
from desktop.window.pages.exchange import ExchangeView
from desktop.window.pages.passages import NotFound, PassageRow
from desktop.window.prose import Prose
from tests.desktop.window import material as m
from tests.desktop.window.conftest import FakeJobs

EVERY = (m.NOTICE, m.BREACH, m.DELIVERY)


@pytest.fixture
def engine(jobs: FakeJobs) -> FakeJobs:
    """An engine with the sample documents and three conversations; questions wait to be answered by the test."""
    jobs.answers |= {
        ListDocuments: m.DOCUMENTS,
        ListConversations: m.CONVERSATIONS,
        GetLibrary: LibraryState(Path("/library"), 12, 9, (("Samples", 7),), 0, 41),
        OpenConversation: (m.exchange(), m.NOT_FOUND, m.SMALL_TALK),
    }
    jobs.hold.add(Ask)
    return jobs


@pytest.fixture
def page(qtbot: QtBot, desk: Desk, engine: FakeJobs) -> AskPage:
    return shown(qtbot, desk, engine)


def shown(qtbot: QtBot, desk: Desk, engine: FakeJobs) -> AskPage:
    """The page when the engine is ready and everything has been listed."""
    page = AskPage(desk)
    qtbot.addWidget(page)
    page.resize(1268, 830)
    page.show()
    engine.say_state(State("ready", m.MODEL))
    qtbot.waitUntil(lambda: page._loaded and page.threads.list.model().rowCount() == 3)
    return page


class Asked:
    """The question that is under way, and the engine's side of it."""

    def __init__(self, page: AskPage, engine: FakeJobs, words: str = m.QUESTION) -> None:
        page.talk.box.set_text(words)
        page.talk.box.ask()
        self.engine = engine
        self.job = next(job for job in engine.running if isinstance(job.request, Ask))
        self.request: Any = self.job.request
        self.view = page.talk.thread_view.views[-1]

    def partly(self, *values: object) -> None:
        for value in values:
            self.engine._handle(Partly(self.job.id, value))

    def done(self, exchange: Exchange) -> None:
        self.engine._handle(Done(self.job.id, exchange))

    def failed(self, error: TryAgain | Cancelled | UserProblem) -> None:
        self.engine._handle(Failed(self.job.id, error))


def words_of(view: ExchangeView) -> str:
    """All text that is shown; what was just added shows itself in the next turn of the event loop."""
    QTest.qWait(1)
    return "\n".join(prose.text() for prose in view.findChildren(Prose) if not prose.isHidden())


# -- asking


def test_a_question_appears_at_once_then_what_was_found_then_sentences_then_the_answer(
    page: AskPage, engine: FakeJobs, qtbot: QtBot
) -> None:
    asked = Asked(page, engine)
    assert asked.request == Ask(m.QUESTION)
    assert page.talk.box.text == ""
    assert asked.view.isVisible() and m.QUESTION in words_of(asked.view)
    assert page.talk.box.go.text() == "Stop"
    engine._handle(Told(asked.job.id, Progress("stage_finding")))
    assert "Searching the library" in asked.view.status.text()
    asked.partly(Understood(m.QUESTION, Scope()), Found(m.FOUND))
    rows = asked.view.findChildren(PassageRow)
    assert len(rows) == 7 and sum(not row.isHidden() for row in rows) == 5
    qtbot.waitUntil(rows[0].isVisible)
    rows[0].click()
    assert engine.asked_for(ViewDocument) == [ViewDocument(m.CONTRACT_SHA)]
    asked.partly(Grown(m.CLAIMS[0]), Grown(m.CLAIMS[1]))
    assert list(asked.view.claims) == list(m.CLAIMS[:2])
    assert [w for w in QApplication.topLevelWidgets() if w.isVisible()] == [page]
    grown = list(asked.view.sentences.rows)
    asked.done(m.exchange())
    assert asked.view.claims == m.CLAIMS
    assert asked.view.sentences.rows[:2] == grown  # not made anew: nothing flickers
    assert not any(row.isVisible() for row in rows)  # folded, and there if wanted
    assert page.talk.box.go.text() == "Ask"
    assert page.talk.conversation == 1
    qtbot.waitUntil(lambda: page.threads.list.currentIndex().row() == 0)


def test_passages_are_on_the_screen_within_a_second(page: AskPage, engine: FakeJobs) -> None:
    asked = Asked(page, engine)
    began = time.thread_time()
    asked.partly(Found(m.FOUND))
    page.grab()
    assert time.thread_time() - began < 1.0  # measured: 30 ms


def test_a_final_answer_that_differs_replaces_what_had_grown(page: AskPage, engine: FakeJobs) -> None:
    asked = Asked(page, engine)
    asked.partly(Grown(m.CLAIMS[2]), Grown(m.CLAIMS[0]))
    asked.done(m.exchange())
    assert asked.view.claims == m.CLAIMS


def test_not_found_is_a_card_and_no_failure(page: AskPage, engine: FakeJobs) -> None:
    asked = Asked(page, engine)
    asked.done(replace(m.NOT_FOUND, conversation=1))
    assert asked.view.findChild(NotFound) is not None
    assert asked.view.sentences.isHidden()


def test_the_chosen_scope_goes_with_the_question_and_is_shown(page: AskPage, engine: FakeJobs) -> None:
    scope = Scope(("Samples",), ("scanned-discharge-letter.pdf",))
    page.scope.model.set_scope(scope)
    assert page.talk.box.scope.text() == "In: scanned-discharge-letter.pdf"
    asked = Asked(page, engine)
    assert asked.request.scope == scope
    assert "In: scanned-discharge-letter.pdf" in words_of(asked.view)
    page.talk.box.clear_scope.click()
    assert page.talk.box.scope.text() == "In: everything"


def test_one_question_at_a_time(page: AskPage, engine: FakeJobs) -> None:
    Asked(page, engine)
    page.talk.box.set_text("Another?")
    QTest.keyClick(page.talk.box.field, Qt.Key.Key_Return)
    assert len(engine.asked_for(Ask)) == 1
    assert page.talk.box.text == "Another?"


def test_a_follow_up_belongs_to_its_conversation(page: AskPage, engine: FakeJobs) -> None:
    Asked(page, engine).done(m.exchange(conversation=7))
    asked = Asked(page, engine, "And in the second contract?")
    assert asked.request == Ask("And in the second contract?", Scope(), 7)
    question = "Can either party terminate the outsourcing agreement, and with what notice?"
    asked.partly(Understood(question, Scope(), rewritten=True))
    assert f"Understood as: {question}" in words_of(asked.view)
    asked.done(m.exchange(id=2, conversation=7, typed="And in the second contract?", question=question))
    assert words_of(asked.view).count("Understood as") == 1
    asked.view._edit(question)
    assert page.talk.box.text == question
    QTest.keyClicks(page.talk.box.field, " Please")
    page.talk.box.ask()
    assert engine.asked_for(Ask)[-1] == Ask(question + " Please", Scope(), 7, as_typed=True)


def test_an_edited_question_that_is_thrown_away_leaves_no_trace(page: AskPage, engine: FakeJobs) -> None:
    page.talk._edit("Understood question")
    page.talk.box.set_text("")
    asked = Asked(page, engine, "Something else?")
    assert not asked.request.as_typed


# -- stopping and failing


def test_stop_works_at_once_and_keeps_what_was_checked(page: AskPage, engine: FakeJobs) -> None:
    asked = Asked(page, engine)
    asked.partly(Found(m.FOUND), Grown(m.CLAIMS[0]))
    QTest.keyClick(page.talk.box.field, Qt.Key.Key_Escape)
    assert engine.cancelled == [asked.job.id]
    assert page.talk.box.go.text() == "Stopping …"
    asked.failed(Cancelled())
    assert asked.view.claims == m.CLAIMS[:1]
    assert "Stopped. The sentences above were checked; the answer is not complete." in words_of(asked.view)
    assert page.talk.box.text == ""  # it was answered in part


def test_a_stop_before_the_first_sentence_gives_the_question_back(page: AskPage, engine: FakeJobs) -> None:
    asked = Asked(page, engine)
    page.talk.box.go.click()
    asked.failed(Cancelled())
    assert "Stopped before there was an answer." in words_of(asked.view)
    assert page.talk.box.text == m.QUESTION


BROKEN_OFF = {
    "cancelled": "Stopped. The sentences above were checked",
    "answer_broken_off": "The answer was broken off",
}


@pytest.mark.parametrize("reason", BROKEN_OFF)
def test_a_stopped_answer_is_there_when_its_conversation_is_opened_again(
    page: AskPage, engine: FakeJobs, qtbot: QtBot, reason: str
) -> None:
    stopped = m.exchange(m.CLAIMS[:1], id=9, kind=AnswerKind.STOPPED, removed=(), reason=reason, revision=3)
    engine.answers[OpenConversation] = (m.exchange(), stopped)
    page.talk.open(1, "Termination")
    qtbot.waitUntil(lambda: len(page.talk.thread_view.exchanges) == 2)
    view = page.talk.thread_view.views[-1]
    assert view.claims == m.CLAIMS[:1]
    assert BROKEN_OFF[reason] in words_of(view)
    page.talk.thread_view.set_revision(99)
    assert not [b for b in view.findChildren(QAbstractButton) if b.text() == "Compare" and b.isVisible()]


def test_a_stopped_answer_belongs_to_its_conversation_from_then_on(page: AskPage, engine: FakeJobs) -> None:
    stopped = m.exchange(m.CLAIMS[:1], conversation=7, kind=AnswerKind.STOPPED, removed=(), reason="cancelled")
    asked = Asked(page, engine)
    asked.partly(Found(m.FOUND), Grown(m.CLAIMS[0]), stopped)
    asked.failed(Cancelled())
    assert (page.talk.conversation, page.talk.thread_view.exchanges) == (7, (stopped,))
    assert words_of(asked.view).count(BROKEN_OFF["cancelled"]) == 1
    assert Asked(page, engine, "And the fee?").request.conversation == 7


def test_what_failed_after_the_first_sentence_says_why(page: AskPage, engine: FakeJobs) -> None:
    stopped = m.exchange(m.CLAIMS[:1], kind=AnswerKind.STOPPED, removed=(), reason="answer_broken_off")
    asked = Asked(page, engine)
    asked.partly(Grown(m.CLAIMS[0]), stopped)
    asked.failed(UserProblem("library_disk_full", folder="/library"))
    assert UserProblem("library_disk_full", folder="/library").sentence("en") in words_of(asked.view)
    assert asked.view.exchange == stopped


def test_an_answer_that_was_just_ready_wins_over_stop(page: AskPage, engine: FakeJobs) -> None:
    asked = Asked(page, engine)
    page.talk.stop()
    asked.done(m.exchange())
    assert asked.view.claims == m.CLAIMS and page.talk.box.go.text() == "Ask"


def test_when_the_engine_dies_nothing_typed_is_lost(page: AskPage, engine: FakeJobs) -> None:
    asked = Asked(page, engine)
    asked.failed(TryAgain("engine_died"))
    assert "being started again" in words_of(asked.view)
    assert page.talk.box.text == m.QUESTION
    again = next(b for b in asked.view.findChildren(QPushButton) if b.text() == "Ask again")
    again.click()
    assert len(engine.asked_for(Ask)) == 2 and engine.asked_for(Ask)[1].question == m.QUESTION
    assert page.talk.box.text == ""


def test_what_was_typed_meanwhile_is_not_overwritten(page: AskPage, engine: FakeJobs) -> None:
    asked = Asked(page, engine)
    page.talk.box.set_text("My next question")
    asked.failed(TryAgain("engine_died"))
    assert page.talk.box.text == "My next question"
    assert m.QUESTION in words_of(asked.view)


def test_a_problem_is_a_sentence_in_place(page: AskPage, engine: FakeJobs) -> None:
    asked = Asked(page, engine)
    asked.partly(Grown(m.CLAIMS[0]))
    asked.failed(UserProblem("prompt_too_long", tokens=9000, limit=4096))
    assert "too long for the model: 9000 tokens" in words_of(asked.view)
    assert asked.view.claims == m.CLAIMS[:1]


# -- what can be done with an answer


def test_a_citation_opens_beside_the_answer_and_is_marked(page: AskPage, engine: FakeJobs, qtbot: QtBot) -> None:
    asked = Asked(page, engine)
    asked.done(m.exchange())
    assert not page.right.isVisible()
    asked.view.sentences.rows[1].chips[0].click()
    assert page.right.isVisible() and page.view.citation == m.BREACH
    assert asked.view.sentences.rows[1].chips[0].isChecked()
    QTest.keyClick(page.talk.box.field, Qt.Key.Key_F3)
    assert page.view.citation == m.DELIVERY
    assert asked.view.sentences.rows[2].chips[0].isChecked()
    QTest.keyClick(page.talk.box.field, Qt.Key.Key_F3, Qt.KeyboardModifier.ShiftModifier)
    assert page.view.citation == m.BREACH
    QTest.keyClick(page.talk.box.field, Qt.Key.Key_F4)
    assert not page.right.isVisible()
    assert not asked.view.sentences.rows[1].chips[0].isChecked()


def test_other_pages_can_show_a_citation_a_document_or_ask_a_question(page: AskPage, desk: Desk) -> None:
    desk.citation_wanted.emit(m.NOTICE)
    assert page.right.isVisible() and page.view.citation == m.NOTICE
    desk.document_wanted.emit(m.LAW_SHA, 3)
    assert page.view.citation is None
    desk.question_wanted.emit("From elsewhere?")
    assert page.talk.box.text == "From elsewhere?"


def test_copying_takes_text_and_formatted_text(page: AskPage, engine: FakeJobs, desk: Desk, qtbot: QtBot) -> None:
    Asked(page, engine).done(m.exchange())
    with qtbot.waitSignal(desk.noticed):
        QTest.keyClick(
            page.talk.box.field, Qt.Key.Key_C, Qt.KeyboardModifier.ControlModifier | Qt.KeyboardModifier.ShiftModifier
        )
    data = QGuiApplication.clipboard().mimeData()
    assert "[1] consulting-agreement-driven-deliveries.pdf, page 5:" in data.text()
    assert "<p>" in data.html()


@pytest.mark.parametrize("kind", ["pdf", "html"])
def test_exporting_asks_where_to_and_writes(
    kind: str, page: AskPage, engine: FakeJobs, desk: Desk, tmp_path: Path, qtbot: QtBot
) -> None:
    asked = Asked(page, engine)
    asked.done(m.exchange())
    asked.view._export(kind)
    box = page.findChild(QFileDialog)
    assert box is not None and box.defaultSuffix() == kind
    assert Path(box.selectedFiles()[0]).name.startswith("Can either party terminate")
    file = tmp_path / f"answer.{kind}"
    with qtbot.waitSignal(desk.noticed, timeout=10_000) as noticed:
        box.fileSelected.emit(str(file))
    assert str(file) in noticed.args[0] and file.stat().st_size > 1000
    box.close()
    asked.view._export(kind)
    again = page.findChildren(QFileDialog)[-1]
    assert Path(again.directory().absolutePath()) == tmp_path  # where the last file went
    again.close()
    page.leave()


def test_a_disk_that_is_full_is_a_sentence(
    page: AskPage, engine: FakeJobs, desk: Desk, tmp_path: Path, qtbot: QtBot
) -> None:
    Asked(page, engine).done(m.exchange())
    with qtbot.waitSignal(desk.noticed, timeout=10_000) as noticed:
        page.talk._write(tmp_path / "gone" / "a.pdf", "pdf", [m.exchange()])
    assert "cannot be written" in noticed.args[0] and noticed.args[1] == "bad"


def test_asking_again_asks_what_the_library_was_asked(page: AskPage, engine: FakeJobs) -> None:
    asked = Asked(page, engine, "And there?")
    scope = Scope(("Samples",))
    asked.done(m.exchange(typed="And there?", question="Is there a notice period?", conversation=5, scope=scope))
    page.talk._again(asked.view)
    assert engine.asked_for(Ask)[-1] == Ask("Is there a notice period?", scope, 5, as_typed=True)


def test_when_the_library_has_changed_both_answers_can_be_compared(
    page: AskPage, engine: FakeJobs, qtbot: QtBot
) -> None:
    asked = Asked(page, engine)
    asked.done(m.exchange(revision=12))
    compare = asked.view._compare
    assert compare is not None and not compare.isVisible()
    engine.changed.emit(Change(13, added=("new.pdf",)))
    assert compare.isVisible()
    compare.click()
    job = next(job for job in engine.running if isinstance(job.request, Ask))
    new = m.exchange((m.CLAIMS[0],), id=2, revision=13)
    engine._handle(Partly(job.id, Grown(m.CLAIMS[0])))
    engine._handle(Done(job.id, new))
    view = page.talk.thread_view.views[-1]
    assert "Compared with the earlier answer: 0 new, 2 gone." in words_of(view)
    assert view.sentences.isHidden()


# -- conversations


def open_first(page: AskPage, qtbot: QtBot) -> None:
    point = page.threads.list.visualRect(page.threads.list.model().index(0, 0)).center()
    QTest.mouseClick(page.threads.list.viewport(), Qt.MouseButton.LeftButton, pos=point)
    qtbot.waitUntil(lambda: len(page.talk.thread_view.views) == 3)
    assert [w for w in QApplication.topLevelWidgets() if w.isVisible()] == [page]  # no part is a window of its own


def test_a_reopened_conversation_shows_the_citations_it_had(page: AskPage, engine: FakeJobs, qtbot: QtBot) -> None:
    engine.answers[OpenConversation] = (m.exchange(outdated=(m.CONTRACT_SHA,)), m.NOT_FOUND, m.SMALL_TALK)
    open_first(page, qtbot)
    view = page.talk.thread_view.views[0]
    assert view.claims == m.CLAIMS
    assert view.sentences.rows[0].chips[0].text().endswith("⟲")
    assert "Replaced or removed since this answer: consulting-agreement-driven-deliveries.pdf." in words_of(view)
    assert page.talk.conversation == 1


def test_a_document_that_is_replaced_while_one_reads_is_marked(page: AskPage, engine: FakeJobs, qtbot: QtBot) -> None:
    open_first(page, qtbot)
    view = page.talk.thread_view.views[0]
    assert "Replaced" not in words_of(view)
    engine.answers[OpenConversation] = (m.exchange(outdated=(m.CONTRACT_SHA,)), m.NOT_FOUND, m.SMALL_TALK)
    engine.changed.emit(Change(13, replaced=(m.CONTRACT,)))
    qtbot.waitUntil(lambda: "Replaced or removed" in words_of(view))


def test_a_follow_up_looks_where_the_conversation_looked(page: AskPage, engine: FakeJobs, qtbot: QtBot) -> None:
    scope = Scope(("Harbour Lane",))
    engine.answers[OpenConversation] = (
        m.exchange(scope=scope),
        m.exchange(id=2, scope=scope),
        m.exchange(id=3, scope=scope),
    )
    open_first(page, qtbot)
    assert page.scope.model.scope() == scope
    assert Asked(page, engine, "And?").request == Ask("And?", scope, 1)


def test_a_new_conversation_is_empty_and_one_can_type_at_once(page: AskPage, engine: FakeJobs, qtbot: QtBot) -> None:
    open_first(page, qtbot)
    QTest.keyClick(page.talk.box.field, Qt.Key.Key_N, Qt.KeyboardModifier.ControlModifier)
    assert page.talk.thread_view.views == [] and page.talk.welcome.isVisible()
    assert Asked(page, engine).request.conversation == 0


def test_an_answer_goes_on_while_another_conversation_is_read(
    page: AskPage, engine: FakeJobs, desk: Desk, qtbot: QtBot
) -> None:
    asked = Asked(page, engine)
    open_first(page, qtbot)
    asked.partly(Grown(m.CLAIMS[0]))
    assert page.talk.box.go.text() == "Stop"
    with qtbot.waitSignal(desk.noticed) as noticed:
        asked.done(m.exchange(conversation=9))
    assert "is ready" in noticed.args[0]
    assert page.talk.conversation == 1  # what is read stays


def test_coming_back_shows_the_running_answer_again(page: AskPage, engine: FakeJobs, qtbot: QtBot) -> None:
    open_first(page, qtbot)
    asked = Asked(page, engine, "More?")
    page.begin()
    asked.partly(Grown(m.CLAIMS[0]))
    open_first_again = page.threads.list.model().index(0, 0)
    page.threads._open(open_first_again)
    qtbot.waitUntil(lambda: asked.view in page.talk.thread_view.views)
    asked.done(m.exchange(id=4))
    assert asked.view.isVisible() and asked.view.claims == m.CLAIMS


def test_a_renamed_or_deleted_conversation_shows_it(page: AskPage, engine: FakeJobs, qtbot: QtBot) -> None:
    open_first(page, qtbot)
    page.threads._renamed(1, "Other title")
    assert page.talk._title.text() == "Other title"
    page.threads._gone(1)
    assert page.talk.conversation == 0 and page.talk.welcome.isVisible()


def test_another_library_starts_anew(page: AskPage, engine: FakeJobs, qtbot: QtBot) -> None:
    open_first(page, qtbot)
    page.scope.model.set_scope(Scope(("Samples",)))
    page._cite(m.NOTICE, EVERY)
    engine.answers[ListDocuments] = ()
    engine.opened.emit(LibraryState(Path("/other"), 1, 0, (), 0, 0))
    assert page.talk.conversation == 0 and not page.right.isVisible()
    qtbot.waitUntil(lambda: page.talk.welcome.title.text() == "Your library is empty")
    assert page.talk.box.scope.text() == "In: everything"


# -- nothing typed is lost


def test_what_was_typed_is_there_at_the_next_start(page: AskPage, engine: FakeJobs, desk: Desk, qtbot: QtBot) -> None:
    page.talk.box.set_text("Half a question, 一半的问题")
    page.leave()
    draft = settings_file().parent / "draft.json"
    assert draft.stat().st_mode & 0o077 == 0  # for nobody else's eyes
    again = shown(qtbot, desk, engine)
    assert again.talk.box.text == "Half a question, 一半的问题"
    again.talk.box.set_text("")
    again.leave()
    assert not draft.exists()


def test_a_question_under_way_is_kept_until_it_is_answered(
    page: AskPage, engine: FakeJobs, desk: Desk, qtbot: QtBot
) -> None:
    asked = Asked(page, engine)
    page.leave()
    assert shown(qtbot, desk, engine).talk.box.text == m.QUESTION
    asked.done(m.exchange())
    page.leave()
    assert shown(qtbot, desk, engine).talk.box.text == ""


def test_typing_is_kept_without_leaving(
    page: AskPage, engine: FakeJobs, qtbot: QtBot, monkeypatch: pytest.MonkeyPatch
) -> None:
    page._keeping.setInterval(10)
    QTest.keyClicks(page.talk.box.field, "typed")
    qtbot.waitUntil(lambda: (settings_file().parent / "draft.json").exists())


@pytest.mark.parametrize("rubbish", ["", "{", "[]", '{"text": 5}', "\x00"])
def test_a_damaged_draft_stops_nobody(rubbish: str, desk: Desk, engine: FakeJobs, qtbot: QtBot) -> None:
    file = settings_file().parent / "draft.json"
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_text(rubbish)
    assert shown(qtbot, desk, engine).talk.box.text == ""


def test_a_draft_that_cannot_be_written_stops_nobody(page: AskPage, monkeypatch: pytest.MonkeyPatch) -> None:
    def full(*_: object) -> None:
        raise UserProblem("cannot_write", path="x", fault="full")

    monkeypatch.setattr("desktop.window.pages.ask.write_aside", full)
    page.talk.box.set_text("typed")
    page.leave()


def test_the_division_of_the_page_is_remembered(page: AskPage, engine: FakeJobs, desk: Desk, qtbot: QtBot) -> None:
    page._cite(m.NOTICE, EVERY)
    page.splitter.setSizes([220, 500, 548])
    sizes = page.splitter.sizes()
    page.toggle_side()
    page.leave()
    again = shown(qtbot, desk, engine)
    assert not again.side.isVisible() and not again.right.isVisible()
    again.toggle_side()
    again._show_view()
    qtbot.waitUntil(lambda: all(abs(a - b) < 12 for a, b in zip(again.splitter.sizes(), sizes, strict=True)))


def test_in_a_narrow_window_the_lists_give_way_to_the_page(page: AskPage, qtbot: QtBot) -> None:
    page.resize(880, 640)
    page._cite(m.NOTICE, EVERY)
    assert page.right.isVisible() and not page.side.isVisible()
    page.close_view()
    assert page.side.isVisible()


# -- before the first question


def test_an_empty_library_leads_to_files_or_to_the_samples(desk: Desk, engine: FakeJobs, qtbot: QtBot) -> None:
    engine.answers[ListDocuments] = ()
    engine.hold.add(AddFiles)
    page = shown(qtbot, desk, engine)
    welcome = page.talk.welcome
    assert welcome.title.text() == "Your library is empty"
    buttons = {b.text(): b for b in welcome.findChildren(QPushButton)}
    with qtbot.waitSignal(desk.page_wanted) as wanted:
        buttons["Add files"].click()
    assert wanted.args == ["library"]
    buttons["Try the sample documents"].click()
    (request,) = engine.asked_for(AddFiles)
    assert request.collection == "Samples"
    assert m.CONTRACT in {path.name for path in request.paths} and all(path.suffix == ".pdf" for path in request.paths)
    job = next(job for job in engine.running if isinstance(job.request, AddFiles))
    engine._handle(Told(job.id, Progress("stage_embedding", 1, 5, m.CONTRACT)))
    assert m.CONTRACT in welcome.text.text()
    engine.answers[ListDocuments] = m.DOCUMENTS
    engine._handle(Done(job.id, Change(2, added=(m.CONTRACT,))))
    qtbot.waitUntil(lambda: welcome.title.text() == "Ask your documents")


def test_samples_that_cannot_be_added_are_told(desk: Desk, engine: FakeJobs, qtbot: QtBot) -> None:
    engine.answers |= {ListDocuments: (), AddFiles: TryAgain("engine_died")}
    page = shown(qtbot, desk, engine)
    with qtbot.waitSignal(desk.noticed):
        page.talk.welcome.try_samples()
    assert page.talk.welcome.title.text() == "Your library is empty"


def test_the_samples_come_with_questions(page: AskPage, engine: FakeJobs) -> None:
    hints = [h for h in page.talk.welcome.findChildren(QAbstractButton) if type(h).__name__ == "_Hint"]
    assert len(hints) == 3
    hints[1].click()
    assert engine.asked_for(Ask)[0].question.startswith("What is the dose of quilodarine")


def test_without_samples_there_are_no_questions_about_them(desk: Desk, engine: FakeJobs, qtbot: QtBot) -> None:
    engine.answers[ListDocuments] = (m.document(1, "own.pdf"),)
    page = shown(qtbot, desk, engine)
    assert page.talk.welcome.title.text() == "Ask your documents"
    assert not [h for h in page.talk.welcome.findChildren(QAbstractButton) if type(h).__name__ == "_Hint"]


def test_without_a_model_it_says_what_to_do(page: AskPage, engine: FakeJobs, desk: Desk, qtbot: QtBot) -> None:
    engine.say_state(State("no_model", problem=UserProblem("engine_is_off")))
    assert page.talk.welcome.title.text() == "There is no language model yet"
    (choose,) = page.talk.welcome.findChildren(QPushButton)
    with qtbot.waitSignal(desk.page_wanted) as wanted:
        choose.click()
    assert wanted.args == ["models"]


def test_a_library_that_could_not_be_listed_is_listed_when_the_engine_is_back(
    desk: Desk, engine: FakeJobs, qtbot: QtBot
) -> None:
    engine.answers[ListDocuments] = TryAgain("engine_died")
    page = AskPage(desk)
    qtbot.addWidget(page)
    page.show()
    qtbot.waitUntil(lambda: len(engine.asked_for(ListDocuments)) == 1)
    qtbot.wait(20)
    engine.answers[ListDocuments] = m.DOCUMENTS
    engine.say_state(State("ready", m.MODEL))
    qtbot.waitUntil(lambda: page.scope.model.visible == len(m.DOCUMENTS))


# -- keys


def test_every_key_of_the_list_is_told(page: AskPage) -> None:
    keys = [keys for keys, _ in page.shortcuts()]
    assert {"Ctrl+L", "Ctrl+N", "Ctrl+F", "Ctrl+B", "F4", "Esc"} <= set(keys)
    assert all(words for _, words in page.shortcuts())


@pytest.mark.parametrize(
    ("key", "where"),
    [
        (Qt.Key.Key_F, lambda page: page.threads.search),
        (Qt.Key.Key_D, lambda page: page.scope.filter),
        (Qt.Key.Key_L, lambda page: page.talk.box.field),
    ],
)
def test_keys_lead_to_fields(key: Qt.Key, where: Callable[[AskPage], Any], page: AskPage, qtbot: QtBot) -> None:
    page.side.hide()
    page.talk.thread_view.setFocus()
    QTest.keyClick(page, key, Qt.KeyboardModifier.ControlModifier)
    qtbot.waitUntil(lambda: where(page).hasFocus())
    assert where(page).isVisible()


def test_the_list_at_the_left_can_be_put_away(page: AskPage) -> None:
    QTest.keyClick(page, Qt.Key.Key_B, Qt.KeyboardModifier.ControlModifier)
    assert not page.side.isVisible()
    QTest.keyClick(page, Qt.Key.Key_B, Qt.KeyboardModifier.ControlModifier)
    assert page.side.isVisible()


def test_markup_in_answers_stays_text(page: AskPage, engine: FakeJobs) -> None:
    nasty = "<h1>big</h1><a href='http://x.example'>x</a>"
    claim = replace(m.CLAIMS[0], text=nasty, citations=(replace(m.NOTICE, document=nasty, quote=nasty),))
    asked = Asked(page, engine, nasty)
    asked.partly(Understood(nasty, Scope((nasty,)), True), Found((m.candidate(nasty, nasty),)), Grown(claim))
    asked.done(m.exchange((claim,), typed=nasty, removed=(claim,), kind=AnswerKind.ANSWERED))
    assert asked.view.sentences.rows[0].words.text() == nasty
    for prose in asked.view.findChildren(Prose):
        assert prose.textFormat() is Qt.TextFormat.PlainText
        assert "<h1>" not in prose.toolTip()
