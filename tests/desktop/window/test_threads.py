"""The list of conversations, and a conversation of many answers."""

from __future__ import annotations

import time
from dataclasses import replace

import pytest
from PySide6.QtCore import QPoint, Qt
from PySide6.QtTest import QAbstractItemModelTester, QTest
from PySide6.QtWidgets import QLineEdit, QMenu
from pytestqt.qtbot import QtBot

from core.errors import TryAgain
from core.nouns import Conversation
from desktop.channel import DeleteConversation, ListConversations, RenameConversation
from desktop.window.confirm import Confirm
from desktop.window.desk import Desk
from desktop.window.pages.answer import Opener
from desktop.window.pages.exchange import Doings, ExchangeView
from desktop.window.pages.thread import Thread
from desktop.window.pages.threads import Threads
from tests.desktop.window import material as m
from tests.desktop.window.conftest import FakeJobs


@pytest.fixture
def heard() -> list[object]:
    return []


@pytest.fixture
def threads(qtbot: QtBot, desk: Desk, jobs: FakeJobs, heard: list[object]) -> Threads:
    jobs.answers |= {ListConversations: m.CONVERSATIONS, RenameConversation: None, DeleteConversation: None}
    made = Threads(
        desk,
        chosen=lambda conversation: heard.append(conversation.id),
        begun=lambda: heard.append("new"),
        renamed=lambda id, title: heard.append((id, title)),
        gone=lambda id: heard.append(("gone", id)),
    )
    qtbot.addWidget(made)
    made.resize(280, 400)
    made.show()
    made.refresh()
    qtbot.waitUntil(lambda: made.list.model().rowCount() == 3)
    return made


def test_conversations_are_listed_with_title_time_and_number(threads: Threads) -> None:
    QAbstractItemModelTester(threads.list.model(), QAbstractItemModelTester.FailureReportingMode.Fatal)
    index = threads.list.model().index(0, 0)
    assert index.data() == "Termination of the consulting agreement"
    assert str(index.data(Qt.ItemDataRole.AccessibleTextRole)).endswith("3 questions")
    assert not threads.list.grab().isNull()


def test_a_click_opens_a_conversation(threads: Threads, heard: list[object], qtbot: QtBot) -> None:
    point = threads.list.visualRect(threads.list.model().index(1, 0)).center()
    QTest.mouseClick(threads.list.viewport(), Qt.MouseButton.LeftButton, pos=point)
    assert heard == [2]
    threads.set_current(3)
    assert threads.list.currentIndex().row() == 2
    threads.set_current(0)
    assert not threads.list.currentIndex().isValid() and not threads.bin.isEnabled()
    assert threads.title_of(3) == "Quilodarine in renal impairment"


def test_a_search_waits_for_the_last_letter(threads: Threads, jobs: FakeJobs, qtbot: QtBot) -> None:
    jobs.answers[ListConversations] = lambda request: m.CONVERSATIONS[2:] if request.words else m.CONVERSATIONS
    QTest.keyClicks(threads.search, "renal")
    qtbot.waitUntil(lambda: threads.list.model().rowCount() == 1)
    assert [request.words for request in jobs.asked_for(ListConversations)] == ["", "renal"]
    jobs.answers[ListConversations] = ()
    QTest.keyClicks(threads.search, "xyz")
    qtbot.waitUntil(threads.nothing.isVisible)
    assert threads.nothing.text() == "No conversation has these words."


def test_a_title_is_changed_where_it_stands(
    threads: Threads, jobs: FakeJobs, heard: list[object], qtbot: QtBot
) -> None:
    threads.set_current(2)
    QTest.keyClick(threads.list, Qt.Key.Key_F2)
    editor = threads.list.findChild(QLineEdit)
    assert editor is not None
    editor.setText("  Unpaid\nwages ")
    QTest.keyClick(editor, Qt.Key.Key_Return)
    qtbot.waitUntil(lambda: heard == [(2, "Unpaid wages")])
    assert jobs.asked_for(RenameConversation) == [RenameConversation(2, "Unpaid wages")]
    assert threads.list.model().index(1, 0).data() == "Unpaid wages"


def test_an_empty_title_changes_nothing(threads: Threads, jobs: FakeJobs) -> None:
    model = threads.list.model()
    assert not model.setData(model.index(0, 0), "  ")
    assert model.setData(model.index(0, 0), model.index(0, 0).data())
    assert jobs.asked_for(RenameConversation) == []


def test_a_title_that_could_not_be_changed_comes_back(
    threads: Threads, jobs: FakeJobs, desk: Desk, qtbot: QtBot
) -> None:
    jobs.answers[RenameConversation] = TryAgain("engine_died")
    with qtbot.waitSignal(desk.noticed):
        threads.list.model().setData(threads.list.model().index(0, 0), "Other")
    qtbot.waitUntil(lambda: threads.list.model().index(0, 0).data() == m.CONVERSATIONS[0].title)


def test_deleting_asks_first_and_says_what_stays(
    threads: Threads, jobs: FakeJobs, heard: list[object], qtbot: QtBot
) -> None:
    threads.delete()  # nothing is marked: nothing happens
    threads.set_current(3)
    QTest.keyClick(threads.list, Qt.Key.Key_Delete)
    box = threads.findChild(Confirm)
    assert box is not None and "Quilodarine in renal impairment" in box.text()
    assert "5 questions" in box.informativeText() and "audit records stay" in box.informativeText()
    box.stay.click()
    assert jobs.asked_for(DeleteConversation) == []
    qtbot.waitUntil(lambda: threads.findChild(Confirm) is None)
    threads.bin.click()
    again = threads.findChild(Confirm)
    assert again is not None
    again.go.click()
    assert jobs.asked_for(DeleteConversation) == [DeleteConversation(3)]
    qtbot.waitUntil(lambda: heard == [("gone", 3)])


def test_a_right_click_offers_the_same(threads: Threads, qtbot: QtBot) -> None:
    point = threads.list.visualRect(threads.list.model().index(0, 0)).center()
    threads.list.customContextMenuRequested.emit(point)
    menu = threads.findChild(QMenu)
    assert menu is not None and [action.text() for action in menu.actions()] == ["Rename", "Delete …"]
    menu.close()
    threads.list.customContextMenuRequested.emit(QPoint(10, 390))


def test_titles_are_never_markup(threads: Threads, jobs: FakeJobs, qtbot: QtBot) -> None:
    jobs.answers[ListConversations] = (Conversation(9, "<img src=x>\n& co", "2026-11-22T13:02:11+00:00", 1),)
    threads.refresh()
    qtbot.waitUntil(lambda: threads.list.model().rowCount() == 1)
    index = threads.list.model().index(0, 0)
    assert index.data() == "<img src=x> & co"
    assert "&lt;img" in str(index.data(Qt.ItemDataRole.ToolTipRole))


# -- one conversation


def nothing(*_: object) -> None:
    """Buttons that do nothing here."""


@pytest.fixture
def thread(qtbot: QtBot, desk: Desk) -> Thread:
    made = Thread(desk, Doings(Opener(nothing, nothing), nothing, nothing, nothing, nothing, nothing, nothing))
    qtbot.addWidget(made)
    made.resize(800, 600)
    made.show()
    return made


def in_sight(thread: Thread) -> list[str]:
    """The questions whose view touches the viewport."""
    found = []
    for view in thread.views:
        y = view.mapTo(thread.viewport(), QPoint()).y()
        if y < thread.viewport().height() and y + view.height() > 0:
            found.append(view.question)
    return found


def test_sixty_answers_open_at_their_end_and_only_what_is_near_is_built(thread: Thread, qtbot: QtBot) -> None:
    sixty = [m.numbered(number) for number in range(60)]
    began = time.thread_time()
    thread.show_all(sixty)
    assert time.thread_time() - began < 1.5  # measured: 0.1 s; a busy machine gets room
    assert thread.exchanges == tuple(sixty)
    assert sixty[-1].typed in in_sight(thread)
    assert len(thread.views) <= 10
    qtbot.wait(350)
    bar = thread.verticalScrollBar()
    for step in range(30, -1, -1):
        bar.setValue(bar.maximum() * step // 30)
        assert in_sight(thread)
        assert len(thread.views) <= 16
    assert sixty[0].typed in in_sight(thread)
    began = time.thread_time()
    for width in range(800, 500, -20):
        thread.resize(width, 600)
    assert (time.thread_time() - began) / 15 < 0.2  # measured: 0.02 s a step
    assert sixty[0].typed in in_sight(thread)


def test_what_is_read_stays_where_it_is_while_others_are_built(thread: Thread, qtbot: QtBot) -> None:
    thread.show_all([m.numbered(number) for number in range(30)])
    qtbot.wait(350)
    bar = thread.verticalScrollBar()
    bar.setValue(bar.maximum() // 2)
    before = in_sight(thread)
    qtbot.waitUntil(lambda: thread.views[0].question not in before)  # built ahead, above what is in sight
    view = next(view for view in thread.views if view.question == before[-1])
    where = view.mapTo(thread.viewport(), QPoint()).y()
    above = next(v for v in thread.views if v.y() < view.y() and v.question not in before)
    assert above.left_out is not None
    above.left_out.open()
    qtbot.waitUntil(lambda: view.mapTo(thread.viewport(), QPoint()).y() == where)


def test_a_growing_answer_is_followed_until_one_scrolls_away(thread: Thread, qtbot: QtBot, desk: Desk) -> None:
    thread.show_all([m.numbered(number) for number in range(3)])
    view = ExchangeView(desk, thread.doings, "The new question", m.exchange().scope)
    thread.append(view)
    for claim in m.numbered(9).answer.checked.claims:
        view.grow(claim)
    qtbot.waitUntil(lambda: abs(view.mapTo(thread.viewport(), QPoint()).y()) < 60)
    thread.verticalScrollBar().triggerAction(thread.verticalScrollBar().SliderAction.SliderToMinimum)
    view.grow(m.CLAIMS[0])
    view.grow(m.CLAIMS[1])
    qtbot.wait(50)
    assert thread.verticalScrollBar().value() == 0


def test_the_tab_key_goes_from_top_to_bottom(thread: Thread, qtbot: QtBot) -> None:
    thread.show_all([m.numbered(number) for number in range(12)])
    qtbot.wait(350)
    thread.verticalScrollBar().setValue(0)
    thread.setFocus()
    seen: list[int] = []
    widget = thread.nextInFocusChain()
    while widget is not None and widget is not thread:
        for number, view in enumerate(thread.views):
            if view.isAncestorOf(widget) and widget.focusPolicy() & Qt.FocusPolicy.TabFocus:
                seen.append(number)
        widget = widget.nextInFocusChain()
    assert seen == sorted(seen) and len(set(seen)) >= 3


def test_refreshed_exchanges_tell_what_was_replaced(thread: Thread) -> None:
    exchanges = [m.numbered(number) for number in range(20)]
    thread.show_all(exchanges)
    thread.refresh([replace(exchange, outdated=(m.CONTRACT_SHA,)) for exchange in exchanges])
    assert all(exchange.outdated for exchange in thread.exchanges)
    assert "Replaced or removed since" in thread.views[-1].outdated_line.text()
    thread.set_revision(99)
    assert all(view._compare is not None and not view._compare.isHidden() for view in thread.views)


def test_a_running_answer_outlives_a_look_elsewhere(thread: Thread, desk: Desk) -> None:
    view = ExchangeView(desk, thread.doings, "Running", m.exchange().scope)
    thread.append(view)
    thread.clear(keep=view)
    thread.show_all([m.numbered(1)])
    view.grow(m.CLAIMS[0])
    thread.append(view)
    assert thread.views[-1] is view and view.isVisible()
