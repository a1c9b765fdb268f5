"""The whole window under the hands of somebody who has no mouse, or does not see it."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path

import pytest
from PySide6.QtCore import QEvent, QObject, QSettings, Qt
from PySide6.QtGui import QGuiApplication
from PySide6.QtTest import QTest
from PySide6.QtWidgets import (
    QAbstractButton,
    QAbstractItemView,
    QAbstractSpinBox,
    QApplication,
    QComboBox,
    QHeaderView,
    QLineEdit,
    QPlainTextEdit,
    QSlider,
    QTabBar,
    QTextEdit,
    QToolButton,
    QWidget,
)
from pytestqt.qtbot import QtBot

from core.errors import UserProblem
from desktop.channel import (
    Ask,
    GetLibrary,
    LibraryState,
    ListConversations,
    ListDocuments,
    ListRecords,
    OpenConversation,
    ReadPage,
    RenderPage,
    State,
    ViewDocument,
)
from desktop.window.desk import Desk
from desktop.window.main_window import MainWindow
from desktop.window.shortcut_sheet import ShortcutSheet
from desktop.window.widgets import Notice
from tests.desktop.window import ledger, shelf
from tests.desktop.window import material as m
from tests.desktop.window.conftest import FakeJobs
from tests.desktop.window.test_page_view import document, grey_picture
from tests.desktop.window.workbench import Workshop

PAGES = ("ask", "library", "audit", "models", "personas", "settings")
CONTROLS = (
    QAbstractButton,
    QAbstractItemView,
    QAbstractSpinBox,
    QComboBox,
    QLineEdit,
    QPlainTextEdit,
    QSlider,
    QTabBar,
    QTextEdit,
)
CONTROL, SHIFT = Qt.KeyboardModifier.ControlModifier, Qt.KeyboardModifier.ShiftModifier


@pytest.fixture
def window(qtbot: QtBot, desk: Desk, jobs: FakeJobs, tmp_path: Path) -> MainWindow:
    """The window with documents, conversations, records and models; an answer with citations is open."""
    shelf.fill(jobs)
    ledger.fill(jobs)
    Workshop(jobs)
    jobs.answers |= {
        ListDocuments: m.DOCUMENTS,
        ListConversations: m.CONVERSATIONS,
        GetLibrary: LibraryState(Path("/library"), 12, 9, (("Samples", 7),), 0, 41),
        OpenConversation: (m.exchange(), m.NOT_FOUND),
        ViewDocument: lambda request: document(request.sha256),
        RenderPage: grey_picture,
        ReadPage: "7.2. Termination.",
    }
    jobs.hold.add(Ask)
    made = MainWindow(desk, QSettings(str(tmp_path / "window.ini"), QSettings.Format.IniFormat))
    qtbot.addWidget(made)
    made.resize(1360, 860)
    made.show()
    made.activateWindow()
    qtbot.waitActive(made)
    jobs.say_state(State("ready", m.MODEL))
    qtbot.waitUntil(lambda: made.ask.threads.list.model().rowCount() == 3)
    made.ask._open(m.CONVERSATIONS[0])
    qtbot.waitUntil(lambda: bool(made.ask.talk.thread_view.views))
    return made


def cite(window: MainWindow, qtbot: QtBot) -> None:
    """Open the first citation of the answer in the page viewer."""
    view = next(view for view in window.ask.talk.thread_view.views if view.sentences.rows)
    view.sentences.rows[0].chips[0].click()
    qtbot.waitUntil(lambda: window.ask.view.document is not None)


def controls(top: QWidget) -> Iterator[QWidget]:
    """What a person can do something with at present; not the inner parts of Qt's own controls."""
    for one in top.findChildren(QWidget):
        inner = one.objectName().startswith("qt_") and not isinstance(one, QTabBar)
        inner = inner or isinstance(one.parent(), QAbstractSpinBox | QComboBox | QLineEdit)
        useful = one.isVisible() and one.isEnabled() and one.focusPolicy() != Qt.FocusPolicy.NoFocus
        if isinstance(one, CONTROLS) and not isinstance(one, QHeaderView) and useful and not inner:
            yield one


def name_of(one: QWidget) -> str:
    """What a screen reader calls it."""
    return one.accessibleName() or (one.text() if isinstance(one, QAbstractButton) else "")


def prepare(window: MainWindow, page: str, qtbot: QtBot) -> None:
    """Bring the page to the front, with what folds open."""
    window.show_page(page)
    qtbot.wait(30)
    if page == "ask":
        cite(window, qtbot)
        window.ask.talk.box.set_text("and then?")  # what cannot be pressed cannot be reached
        window.ask.threads.set_current(1)
    elif page == "audit":
        window.audit.table.selectRow(0)
        qtbot.waitUntil(lambda: window.audit.view.record is not None)
    elif page == "personas":
        qtbot.waitUntil(lambda: bool(window.personas.list.rows))
        window.personas.list.choose("own")
        qtbot.waitUntil(lambda: window.personas.pane is not None and window.personas.pane.form is not None)
    elif page == "settings":
        window.settings.reading.fold.open()
    qtbot.wait(30)


@pytest.mark.parametrize("page", PAGES)
def test_every_control_has_a_name(page: str, window: MainWindow, qtbot: QtBot) -> None:
    prepare(window, page, qtbot)
    found = list(controls(window))
    assert len(found) > 8
    assert [one for one in found if not name_of(one)] == []
    assert [one for one in found if isinstance(one, QToolButton) and not one.text() and not one.toolTip()] == []


@pytest.mark.parametrize("page", PAGES)
def test_the_tab_key_reaches_every_control(page: str, window: MainWindow, qtbot: QtBot) -> None:
    prepare(window, page, qtbot)
    wanted = [one for one in controls(window) if one.focusPolicy() & Qt.FocusPolicy.TabFocus]
    # Of a group of choices Tab reaches the chosen one, the arrow keys the others.
    wanted = [one for one in wanted if not isinstance(one, QAbstractButton) or not one.group() or one.isChecked()]
    first = window._buttons[page]
    first.setFocus(Qt.FocusReason.TabFocusReason)
    reached: list[QWidget] = []
    for _ in range(6 * len(wanted)):
        focused = QApplication.focusWidget()
        assert focused is not None
        reached.append(focused)
        QTest.keyClick(focused, Qt.Key.Key_Tab)
        if QApplication.focusWidget() is first and len(reached) > 1:
            break
    missed = [name_of(one) for one in wanted if one not in reached and one.isVisible()]
    assert missed == []


def test_controls_that_the_mouse_alone_reaches_do_not_exist(window: MainWindow, qtbot: QtBot) -> None:
    for page in PAGES:
        prepare(window, page, qtbot)
        for one in window.findChildren(QAbstractButton):
            inner = one.objectName().startswith("qt_") or isinstance(one.parent(), QLineEdit | QAbstractItemView)
            inner = inner or isinstance(one.parent(), QTabBar) or one.group() is not None
            if one.isVisible() and one.isEnabled() and not inner:
                assert one.focusPolicy() & Qt.FocusPolicy.TabFocus, name_of(one)


class _Windows(QObject):
    """Remembers every window that was shown."""

    def __init__(self) -> None:
        super().__init__()
        self.shown: list[str] = []

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        if event.type() == QEvent.Type.Show and isinstance(watched, QWidget) and watched.isWindow():
            self.shown.append(f"{type(watched).__name__} {watched.accessibleName()}")
        return False


def test_no_part_of_a_page_flashes_up_as_a_window_of_its_own(
    window: MainWindow, jobs: FakeJobs, desk: Desk, qtbot: QtBot, qapp: QApplication
) -> None:
    watch = _Windows()
    qapp.installEventFilter(watch)
    try:
        for page in PAGES:
            prepare(window, page, qtbot)
        asked = window.ask.talk
        asked.ask("Why?")
        asked.stop()
        jobs.say_state(State("no_model"))
        desk.change_settings(theme="dark")
        qtbot.wait(50)
    finally:
        qapp.removeEventFilter(watch)
    assert watch.shown == []
    assert window.isActiveWindow()


def test_the_arrow_keys_go_through_the_pages(window: MainWindow) -> None:
    window._buttons["ask"].setFocus(Qt.FocusReason.TabFocusReason)
    for page in PAGES[1:]:
        focused = QApplication.focusWidget()
        assert focused is not None
        QTest.keyClick(focused, Qt.Key.Key_Down)
        assert window._stack.currentWidget() is window.page(page)
        assert window._buttons[page].hasFocus()


def test_the_sheet_of_shortcuts_fits_the_smallest_window_and_closes(window: MainWindow, qtbot: QtBot) -> None:
    for key in (Qt.Key.Key_F1, Qt.Key.Key_Question):
        if key == Qt.Key.Key_F1:
            QTest.keyClick(window, key)
        else:
            window._buttons["ask"].setFocus()
            QTest.keyClicks(window._buttons["ask"], "?")
        (sheet,) = window.findChildren(ShortcutSheet)
        assert sheet.isVisible() and sheet.height() <= window.screen().availableSize().height()
        QTest.keyClick(sheet, Qt.Key.Key_Escape)
        qtbot.waitUntil(lambda: not window.findChildren(ShortcutSheet))


@pytest.mark.parametrize("modifier", [Qt.KeyboardModifier.NoModifier, SHIFT])
@pytest.mark.parametrize(
    ("page", "place"),
    [
        ("ask", lambda w: w.ask.threads.list),
        ("ask", lambda w: w.ask.scope.tree),
        ("library", lambda w: w.library.documents.table),
        ("library", lambda w: w.library.collections.list),
        ("audit", lambda w: w.audit.table),
    ],
)
def test_the_sheet_opens_from_lists_and_tables_too(
    window: MainWindow, qtbot: QtBot, page: str, place: Callable[[MainWindow], QWidget], modifier: Qt.KeyboardModifier
) -> None:
    window.library.refresh()
    window.show_page(page)
    listed = place(window)
    qtbot.waitUntil(listed.isVisible)
    listed.setFocus()
    QTest.keyClick(listed, Qt.Key.Key_Question, modifier)
    (sheet,) = window.findChildren(ShortcutSheet)
    assert sheet.isVisible()


@pytest.mark.parametrize("modifier", [Qt.KeyboardModifier.NoModifier, SHIFT])
def test_a_question_mark_in_a_field_is_a_character(window: MainWindow, modifier: Qt.KeyboardModifier) -> None:
    for page, field in (("ask", window.ask.talk.box.field), ("audit", window.audit.words)):
        window.show_page(page)
        field.setFocus()
        QTest.keyClick(field, Qt.Key.Key_Question, modifier)
    assert not window.findChildren(ShortcutSheet)
    assert window.ask.talk.box.text == window.audit.words.text() == "?"


def test_the_notice_that_the_engine_stopped_for_good_goes_when_it_is_back(
    window: MainWindow, jobs: FakeJobs, qtbot: QtBot
) -> None:
    jobs.died.emit(False)
    jobs.say_state(State("stopped"))
    (strip,) = window.findChildren(Notice)
    assert window._restart.isVisible() and "several times" in strip.text.text()
    jobs.say_state(State("ready", m.MODEL))
    qtbot.waitUntil(lambda: not window.findChildren(Notice))
    assert not window._restart.isVisible()


def test_why_the_chosen_persona_does_not_speak_is_said_once_and_taken_back(
    window: MainWindow, jobs: FakeJobs, qtbot: QtBot
) -> None:
    problem = UserProblem("shelf_none", name="own")
    for megabytes in (100, 101):  # every heartbeat tells of it
        jobs.say_state(State("ready", m.MODEL, megabytes=megabytes, persona_problem=problem))
    (strip,) = window.findChildren(Notice)
    assert "“own”" in strip.text.text() and window._persona.text() == "no persona"
    jobs.say_state(State("ready", replace(m.MODEL, adapter="xiaozhi")))
    qtbot.waitUntil(lambda: not window.findChildren(Notice))
    qtbot.waitUntil(lambda: window._persona.text() == "Xiaozhi")
    assert window._model.text() == "default · processor"


def _press(window: MainWindow, keys: str) -> None:
    """The keys as somebody would press them, where the focus is."""
    parts = keys.replace("Ctrl++", "Ctrl+plus").split("+") if keys not in ("+", "−") else [keys]
    named = {"Esc": "Escape", "−": "Minus", "+": "Plus", "?": "Question", "Enter": "Return"}
    key = getattr(Qt.Key, "Key_" + named.get(parts[-1], parts[-1]))
    modifiers = Qt.KeyboardModifier.NoModifier
    for part in parts[:-1]:
        modifiers |= CONTROL if part == "Ctrl" else SHIFT
    target = QApplication.focusWidget() or window
    QTest.keyClick(target, key, modifiers)


def _mark(window: MainWindow) -> None:
    """Choose a conversation in the list, and be in the list."""
    window.ask.threads.set_current(1)
    window.ask.threads.list.setFocus()


def _quote(window: MainWindow) -> bool:
    return "Either Party may terminate" in QGuiApplication.clipboard().text()


# (keys as the sheet lists them, in the group) -> where the focus is first, and what must have come about
_Do = Callable[[MainWindow], object]
ASK: dict[str, tuple[_Do, Callable[[MainWindow, FakeJobs], bool]]] = {
    "Enter": (lambda w: w.ask.talk.box.set_text("Why?"), lambda w, j: bool(j.asked_for(Ask))),
    "Shift+Enter": (lambda w: w.ask.talk.box.set_text("a"), lambda w, j: w.ask.talk.box.text == "a\n"),
    "Esc": (lambda w: w.ask.talk.ask("Why?"), lambda w, j: bool(j.cancelled)),
    "Ctrl+L": (lambda w: w.ask.threads.search.setFocus(), lambda w, j: w.ask.talk.box.field.hasFocus()),
    "Ctrl+N": (lambda w: w.ask.threads.search.setFocus(), lambda w, j: w.ask.talk.conversation == 0),
    "Ctrl+F": (lambda w: w.ask.talk.box.field.setFocus(), lambda w, j: w.ask.threads.search.hasFocus()),
    "Ctrl+D": (lambda w: w.ask.talk.box.field.setFocus(), lambda w, j: w.ask.scope.filter.hasFocus()),
    "Ctrl+B": (lambda w: w.ask.talk.box.field.setFocus(), lambda w, j: not w.ask.side.isVisible()),
    "F4": (lambda w: w.ask.talk.box.field.setFocus(), lambda w, j: w.ask.right.isVisible()),
    "Ctrl+Shift+C": (
        lambda w: w.ask.talk.box.field.setFocus(),
        lambda w, j: m.NOT_FOUND.answer.checked.question in QGuiApplication.clipboard().text(),
    ),
    "F2": (
        _mark,
        lambda w, j: w.ask.threads.list.state() == QAbstractItemView.State.EditingState,
    ),
    "Delete": (
        _mark,
        lambda w, j: any(box.isVisible() for box in w.ask.threads.findChildren(QWidget) if box.isWindow()),
    ),
}
VIEWER: dict[str, tuple[_Do, Callable[[MainWindow, FakeJobs], bool]]] = {
    "N": (lambda w: None, lambda w, j: w.ask.view.citation == m.BREACH),
    "F3": (lambda w: None, lambda w, j: w.ask.view.citation == m.BREACH),
    "P": (lambda w: w.ask.view.next_citation(), lambda w, j: w.ask.view.citation == m.NOTICE),
    "Shift+F3": (lambda w: w.ask.view.next_citation(), lambda w, j: w.ask.view.citation == m.NOTICE),
    "+": (lambda w: w.ask.view.fit_width(), lambda w, j: w.ask.view._canvas._scale > 0),
    "−": (lambda w: w.ask.view.fit_width(), lambda w, j: w.ask.view._canvas._scale > 0),
    "Ctrl+0": (lambda w: w.ask.view.zoom_in(), lambda w, j: w.ask.view._canvas._scale == 0),
    "T": (lambda w: None, lambda w, j: w.ask.view._text.isVisible()),
    "Ctrl+C": (lambda w: QGuiApplication.clipboard().clear(), lambda w, j: _quote(w)),
    "Home": (lambda w: None, lambda w, j: w.ask.view.page_index == 0),
    "End": (lambda w: None, lambda w, j: w.ask.view.page_index == len(w.ask.view.document.sheets) - 1),  # type: ignore[union-attr]
}
SECTIONS = ("Ctrl+PgUp", "Ctrl+PgDn")  # of documents without pages; pressed in test_section_view.py
AUDIT: dict[str, tuple[_Do, Callable[[MainWindow, FakeJobs], bool]]] = {
    "F5": (lambda w: w.audit.table.setFocus(), lambda w, j: len(j.asked_for(ListRecords)) > 1),
    "Ctrl+F": (lambda w: w.audit.table.setFocus(), lambda w, j: w.audit.words.hasFocus()),
}


def _listed(window: MainWindow, heading: str) -> list[str]:
    lines = dict(window._shortcut_groups())[heading]
    return [one for keys, _ in lines for one in keys.split(" / ")]


@pytest.mark.parametrize("keys", list(ASK))
def test_the_keys_of_the_ask_page_do_what_the_sheet_says(
    keys: str, window: MainWindow, jobs: FakeJobs, qtbot: QtBot
) -> None:
    assert sorted(_listed(window, "Ask")) == sorted(ASK)
    before, came_about = ASK[keys]
    before(window)
    qtbot.wait(20)
    assert not came_about(window, jobs)
    _press(window, keys)
    qtbot.waitUntil(lambda: came_about(window, jobs), timeout=2000)


@pytest.mark.parametrize("keys", list(VIEWER))
def test_the_keys_of_the_page_viewer_do_what_the_sheet_says(
    keys: str, window: MainWindow, jobs: FakeJobs, qtbot: QtBot
) -> None:
    assert sorted(_listed(window, "Page viewer")) == sorted((*VIEWER, *SECTIONS))
    cite(window, qtbot)
    before, came_about = VIEWER[keys]
    before(window)
    window.ask.view._canvas.setFocus()
    qtbot.wait(60)
    assert not came_about(window, jobs)
    _press(window, keys)
    qtbot.waitUntil(lambda: came_about(window, jobs), timeout=2000)


@pytest.mark.parametrize("keys", list(AUDIT))
def test_the_keys_of_the_audit_page_do_what_the_sheet_says(
    keys: str, window: MainWindow, jobs: FakeJobs, qtbot: QtBot
) -> None:
    assert sorted(_listed(window, "Audit")) == sorted(AUDIT)
    window.show_page("audit")
    before, came_about = AUDIT[keys]
    before(window)
    qtbot.wait(20)
    assert not came_about(window, jobs)
    _press(window, keys)
    qtbot.waitUntil(lambda: came_about(window, jobs), timeout=2000)


def test_the_keys_of_the_window_do_what_the_sheet_says(window: MainWindow, qtbot: QtBot) -> None:
    assert _listed(window, "Everywhere") == [*(f"Ctrl+{n}" for n in range(1, 7)), "?", "F1", "Ctrl+Q"]
    for number, page in [*enumerate(PAGES, 1)][::-1]:
        _press(window, f"Ctrl+{number}")
        assert window._stack.currentWidget() is window.page(page)
    _press(window, "Ctrl+Q")
    assert not window.isVisible()


def test_a_window_that_follows_the_first_steps_says_why_there_is_no_library(
    qtbot: QtBot, desk: Desk, jobs: FakeJobs, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    jobs.answers[GetLibrary] = UserProblem("library_read_only", folder=tmp_path)
    monkeypatch.setattr(FakeJobs, "engine_pid", 1)  # it was started before this window was made
    made = MainWindow(desk, QSettings(str(tmp_path / "window.ini"), QSettings.Format.IniFormat))
    qtbot.addWidget(made)
    qtbot.waitUntil(lambda: any(str(tmp_path) in one.text.text() for one in made.findChildren(Notice)))


def test_notices_take_room_only_while_there_are_some(window: MainWindow, qtbot: QtBot) -> None:
    top = window._stack.y()
    assert top == 0
    for kind in ("info", "warn", "bad"):
        window.notice(f"This is {kind}.", kind)
    qtbot.wait(20)
    strips = window.findChildren(Notice)
    assert len(strips) == 3 and window._stack.y() > 90
    for strip in strips:
        strip.deleteLater()
    qtbot.waitUntil(lambda: window._stack.y() == 0)


def test_the_status_bar_counts_as_people_do(window: MainWindow) -> None:
    for count, words in (
        (1, "library: 1 document"),
        (10_000, "library: 10,000 documents"),
        (0, "library: 0 documents"),
    ):
        window._show_library(LibraryState(Path("/library"), 1, count, (), 0, 0))
        assert window._where.text() == words
