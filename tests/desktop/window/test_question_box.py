"""Where a question is typed: keys, input methods, length, and the button that asks or stops."""

from __future__ import annotations

import pytest
from PySide6.QtCore import QMimeData, QPointF, Qt, QUrl
from PySide6.QtGui import QDragEnterEvent, QInputMethodEvent
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication
from pytestqt.qtbot import QtBot

from core.finding import LONGEST_QUESTION
from core.nouns import Scope
from desktop.window.desk import Desk
from desktop.window.pages.question_box import LONGEST, QuestionBox


@pytest.fixture
def heard() -> list[str]:
    return []


@pytest.fixture
def box(qtbot: QtBot, desk: Desk, heard: list[str]) -> QuestionBox:
    made = QuestionBox(
        desk,
        asked=lambda: heard.append("asked"),
        stopped=lambda: heard.append("stopped"),
        scope_cleared=lambda: heard.append("cleared"),
        scope_wanted=lambda: heard.append("scope"),
        typed=lambda: None,
    )
    qtbot.addWidget(made)
    made.resize(700, 160)
    made.show()
    return made


def test_enter_asks_and_shift_enter_begins_a_line(box: QuestionBox, heard: list[str]) -> None:
    QTest.keyClicks(box.field, "One")
    QTest.keyClick(box.field, Qt.Key.Key_Return, Qt.KeyboardModifier.ShiftModifier)
    QTest.keyClicks(box.field, "two")
    assert box.text == "One\ntwo" and heard == []
    QTest.keyClick(box.field, Qt.Key.Key_Enter, Qt.KeyboardModifier.KeypadModifier)
    QTest.keyClick(box.field, Qt.Key.Key_Return)
    assert heard == ["asked", "asked"]
    assert box.text == "One\ntwo"  # who asks takes it away, not the box


def test_enter_belongs_to_the_input_method_while_it_composes(box: QuestionBox, heard: list[str]) -> None:
    QApplication.sendEvent(box.field, QInputMethodEvent("ni hao", []))
    QTest.keyClick(box.field, Qt.Key.Key_Return)
    assert heard == []
    done = QInputMethodEvent("", [])
    done.setCommitString("你好，年休假有几天？")
    QApplication.sendEvent(box.field, done)
    QTest.keyClick(box.field, Qt.Key.Key_Return)
    assert heard == ["asked"]
    assert box.text == "你好，年休假有几天？"


@pytest.mark.parametrize("text", ["", "   \n ", "?!…", "x" * (LONGEST + 1)])
def test_what_cannot_be_asked_is_not(text: str, box: QuestionBox, heard: list[str]) -> None:
    box.set_text(text)
    QTest.keyClick(box.field, Qt.Key.Key_Return)
    assert heard == []
    assert not box.go.isEnabled()
    assert box.text == text  # nothing is cut off


def test_the_counter_appears_near_the_end(box: QuestionBox) -> None:
    assert LONGEST == LONGEST_QUESTION
    box.set_text("x" * 3000)
    assert not box.counter.isVisible()
    box.set_text("x" * 3600)
    assert box.counter.isVisible() and box.counter.text() == "3,600 / 4,000"
    box.set_text("x" * 4321)
    assert box.counter.property("role") == "bad" and box.counter.text() == "4,321 / 4,000"


def test_one_button_asks_and_stops(box: QuestionBox, heard: list[str]) -> None:
    box.set_text("Why?")
    assert box.go.text() == "Ask"
    box.go.click()
    box.set_running(True)
    assert box.go.text() == "Stop"
    QTest.keyClick(box.field, Qt.Key.Key_Return)
    box.go.click()
    assert heard == ["asked", "stopped"]
    box.set_running(True, stopping=True)
    assert not box.go.isEnabled() and box.go.text() == "Stopping …"
    box.set_running(False)
    assert box.go.isEnabled() and box.go.text() == "Ask"


def test_the_scope_is_a_line_that_can_be_cleared(box: QuestionBox, heard: list[str]) -> None:
    assert box.scope.text() == "In: everything" and not box.clear_scope.isVisible()
    box.set_scope(Scope((), ("a.pdf", "b.pdf")))
    assert box.scope.text() == "In: 2 documents" and box.clear_scope.isVisible()
    box.set_scope(Scope(("Smith & Sons",)))
    assert box.scope.text() == "In: Smith && Sons"  # an ampersand, not a shortcut
    box.clear_scope.click()
    box.scope.click()
    assert heard == ["cleared", "scope"]


def test_the_field_grows_with_its_lines_up_to_a_limit(qtbot: QtBot, box: QuestionBox) -> None:
    low = box.field.height()
    box.set_text("\n".join("line" for _ in range(5)))
    middle = box.field.height()
    box.set_text("\n".join("line" for _ in range(50)))
    assert low < middle < box.field.height() < 4 * low + 80
    box.set_text("")
    assert box.field.height() == low


def test_typing_over_can_be_undone(box: QuestionBox) -> None:
    box.set_text("mine")
    box.set_text("theirs")
    box.field.undo()
    assert box.text == "mine"


def test_files_that_are_dropped_are_left_to_the_window(box: QuestionBox) -> None:
    data = QMimeData()
    data.setUrls([QUrl.fromLocalFile("/tmp/a.pdf")])
    drop = QDragEnterEvent(
        QPointF(5, 5), Qt.DropAction.CopyAction, data, Qt.MouseButton.LeftButton, Qt.KeyboardModifier.NoModifier
    )
    box.field.dragEnterEvent(drop)
    assert not drop.isAccepted()
    assert not box.field.canInsertFromMimeData(data)


def test_tab_leaves_the_field(box: QuestionBox) -> None:
    assert box.field.tabChangesFocus()
    assert box.field.accessibleName() == "Your question"
