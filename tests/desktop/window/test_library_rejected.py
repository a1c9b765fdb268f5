"""Rejected files among the documents: why they are not in, how to try again, how to be rid of them."""

from __future__ import annotations

from pathlib import Path

import pytest
from PySide6.QtCore import QModelIndex, Qt
from PySide6.QtGui import QGuiApplication
from PySide6.QtWidgets import QPushButton
from pytestqt.qtbot import QtBot

from core.errors import UserProblem
from core.messages import say
from core.nouns import Change, Outcome
from desktop.channel import AddFiles, ForgetRejected, ListRejected, MoveDocuments, RemoveDocuments, ReplaceFile
from desktop.window.confirm import Confirm
from desktop.window.desk import Desk
from desktop.window.pages.documents_table import DOCUMENT_IDS, NAME, REASON, STATE
from desktop.window.pages.library import LibraryPage
from tests.desktop.window.conftest import FakeJobs
from tests.desktop.window.shelf import COLLECTIONS, SHELF, fill, open_page, rejected_file

DAMAGED = rejected_file(1, "torn.pdf")
UNREAD = rejected_file(
    2,
    "ward.pdf",
    "Clinic",
    reason="import_unreadable_file",
    details={"file": "/stick/ward.pdf", "fault": "Permission denied"},
    size=0,
)
VERSION = rejected_file(3, "agreement 3.pdf", replaces="agreement 2.pdf")
RESUMED = rejected_file(4, "resumed.pdf", source=None)
REJECTED = (DAMAGED, UNREAD, VERSION, RESUMED)


@pytest.fixture
def shelf(jobs: FakeJobs) -> FakeJobs:
    """An engine with four documents and four rejected files."""
    fill(jobs, rejected=REJECTED)
    for kind in (AddFiles, ReplaceFile, ForgetRejected, RemoveDocuments, MoveDocuments):
        jobs.answers[kind] = Change(8)
    return jobs


@pytest.fixture
def page(qtbot: QtBot, desk: Desk, shelf: FakeJobs) -> LibraryPage:
    return open_page(qtbot, desk)


def cell(page: LibraryPage, name: str, column: int, role: Qt.ItemDataRole = Qt.ItemDataRole.DisplayRole) -> object:
    model = page.documents.table.documents
    row = next(at for at, shown in enumerate(model.shown) if shown.name == name)
    return model.index(row, column).data(role)


def can_be_clicked(page: LibraryPage) -> list[str]:
    buttons = page.documents.details.findChildren(QPushButton)
    return [one.accessibleName().split("  ")[0] for one in buttons if one.isVisible()]


def choose(page: LibraryPage, *rejected: object, documents: tuple[int, ...] = ()) -> None:
    page.documents.table.select({*documents, *(-file.id for file in rejected)})  # type: ignore[attr-defined]


def test_rejected_files_stand_among_the_documents_with_the_reason(page: LibraryPage) -> None:
    table = page.documents.table
    assert len(table.documents.shown) == 8 and len(table.documents.documents) == 4
    assert page.documents._count.text() == "4 documents, 4 rejected"
    assert cell(page, "torn.pdf", STATE) == "Rejected" and cell(page, "agreement 2.pdf", STATE) == "OK"
    damaged = say("reading_damaged")
    assert cell(page, "torn.pdf", REASON) == damaged
    assert cell(page, "torn.pdf", STATE, Qt.ItemDataRole.ToolTipRole) == damaged
    assert str(cell(page, "ward.pdf", REASON)).startswith("ward.pdf cannot be opened (Permission denied)")
    assert "/stick/ward.pdf cannot" in str(cell(page, "ward.pdf", REASON, Qt.ItemDataRole.ToolTipRole))
    assert cell(page, "agreement 2.pdf", REASON) == ""
    assert str(cell(page, "heart failure (scan).pdf", REASON)).startswith("Some pages")
    choose(page, DAMAGED)
    details = page.documents.details
    assert details.name.text() == "torn.pdf" and details.reason.text() == damaged
    assert "not in the library" in details.facts.text() and "/stick/torn.pdf" in details.facts.text()


def test_the_state_filter_shows_only_what_was_rejected(page: LibraryPage) -> None:
    states = page.documents.states
    states.setCurrentIndex(states.findData(Outcome.REJECTED))
    assert {shown.name for shown in page.documents.table.documents.shown} == {file.name for file in REJECTED}
    page.collections.select("Clinic")
    assert [shown.name for shown in page.documents.table.documents.shown] == ["ward.pdf"]
    assert page.documents._count.text() == "0 of 1 documents, 1 rejected"
    page.documents.filter.setText("nothing of the kind")
    assert page.documents._stack.currentWidget() is page.documents._nothing


def test_without_reasons_there_is_no_column_for_them(qtbot: QtBot, page: LibraryPage, shelf: FakeJobs) -> None:
    page.resize(1800, 800)
    qtbot.waitUntil(lambda: not page.documents.table.isColumnHidden(REASON))
    fill(shelf, SHELF[:2])
    page.refresh()
    qtbot.waitUntil(lambda: page.documents.table.isColumnHidden(REASON))


def test_it_is_tried_again_where_it_was(page: LibraryPage, shelf: FakeJobs) -> None:
    choose(page, DAMAGED, UNREAD, VERSION, RESUMED)
    assert page.documents.details.name.text() == "4 rejected files are selected"
    page.documents.retry_button.click()
    assert set(shelf.asked_for(AddFiles)) == {
        AddFiles((Path("/stick/torn.pdf"),), "Contracts"),
        AddFiles((Path("/stick/ward.pdf"),), "Clinic"),
    }
    assert shelf.asked_for(ReplaceFile) == [ReplaceFile("agreement 2.pdf", "Contracts", Path("/stick/agreement 3.pdf"))]
    assert len(page.imports.cards) == 3, "each is followed like any import"


def test_a_new_version_of_what_is_gone_is_a_new_document(qtbot: QtBot, page: LibraryPage, shelf: FakeJobs) -> None:
    fill(shelf, SHELF[1:], rejected=REJECTED)
    page.refresh()
    qtbot.waitUntil(lambda: not shelf.running)
    choose(page, VERSION)
    page.documents.retry_selected()
    assert shelf.asked_for(AddFiles) == [AddFiles((Path("/stick/agreement 3.pdf"),), "Contracts")]


def test_only_what_can_be_done_is_offered(page: LibraryPage) -> None:
    retry, forget = "Add the rejected files again from where they were", "Take the rejected files off this list"
    choose(page, DAMAGED)
    assert can_be_clicked(page) == [retry, forget]
    choose(page, RESUMED)
    assert can_be_clicked(page) == [forget], "nobody knows where it was"
    choose(page, documents=(1,))
    assert retry not in can_be_clicked(page) and len(can_be_clicked(page)) == 4
    choose(page, DAMAGED, documents=(1, 2))
    assert can_be_clicked(page) == ["Move to a collection", "Remove from the library"]
    assert page.documents.details.name.text() == "1 rejected file is selected"
    assert page.documents.details.facts.text() == "with 2 documents"
    page.documents.table.clearSelection()
    assert can_be_clicked(page) == []
    choose(page, DAMAGED)
    assert [action.text() for action in page.documents._menu().actions()] == ["Try again", "Copy the name", "Forget"]


def test_it_is_forgotten_without_a_question(qtbot: QtBot, page: LibraryPage, shelf: FakeJobs) -> None:
    choose(page, DAMAGED, UNREAD)
    page.documents.table.setFocus()
    shelf.answers[ListRejected] = (VERSION, RESUMED)
    qtbot.keyClick(page.documents.table, Qt.Key.Key_Delete)
    assert not page.findChildren(Confirm)
    assert [set(request.ids) for request in shelf.asked_for(ForgetRejected)] == [{1, 2}]
    qtbot.waitUntil(lambda: len(page.documents.table.documents.rejected) == 2)


def test_removing_documents_takes_selected_rejected_files_along(page: LibraryPage, shelf: FakeJobs) -> None:
    choose(page, DAMAGED, documents=(1,))
    page.documents.remove_selected()
    (box,) = page.findChildren(Confirm)
    assert "rejected files among what is selected" in box.informativeText()
    assert shelf.asked_for(ForgetRejected) == []
    box.go.click()
    assert shelf.asked_for(RemoveDocuments) == [RemoveDocuments((1,))]
    assert shelf.asked_for(ForgetRejected) == [ForgetRejected((1,))]


def test_there_is_nothing_to_open_or_to_move(qtbot: QtBot, desk: Desk, page: LibraryPage, shelf: FakeJobs) -> None:
    opened: list[str] = []
    desk.document_wanted.connect(lambda sha256, _: opened.append(sha256))
    choose(page, DAMAGED)
    table = page.documents.table
    row = table.documents.row_of(-DAMAGED.id)
    table.activated.emit(table.documents.index(row, NAME))
    for act in (page.documents.open_selected, page.documents.replace_selected, page.documents.move_selected):
        act()
    assert opened == []
    index = table.documents.index(row, NAME)
    assert not table.documents.flags(index) & Qt.ItemFlag.ItemIsDragEnabled
    every = [table.documents.index(at, NAME) for at in range(8)]
    dragged = bytes(table.documents.mimeData(every).data(DOCUMENT_IDS).data())
    assert dragged == b"1,2,3,4"
    page.documents.copy_names()
    assert QGuiApplication.clipboard().text() == "torn.pdf"


def test_a_document_and_a_rejected_file_of_one_number_are_told_apart(
    qtbot: QtBot, page: LibraryPage, shelf: FakeJobs
) -> None:
    choose(page, DAMAGED)
    assert page.documents.table.selected == () and page.documents.table.selected_rejected == (DAMAGED,)
    page.documents.filter.setText("pdf")
    assert page.documents.table.selected_rejected == (DAMAGED,) and page.documents.table.selected == ()


def test_a_library_with_nothing_but_rejected_files_shows_them(qtbot: QtBot, desk: Desk, shelf: FakeJobs) -> None:
    fill(shelf, (), (), rejected=(DAMAGED,))
    page = open_page(qtbot, desk)
    assert page._centre.currentWidget() is page.documents
    assert page.documents._count.text() == "0 documents, 1 rejected"
    fill(shelf, (), ())
    shelf.changed.emit(Change(9))
    qtbot.waitUntil(lambda: page._centre.currentWidget() is page._invitation)


def test_a_name_that_is_no_text_and_a_reason_of_another_program_do_no_harm(
    qtbot: QtBot, desk: Desk, shelf: FakeJobs
) -> None:
    odd = rejected_file(9, "caf?.pdf", source=Path("/stick/caf\udce9.pdf"), reason="of_a_newer_program")
    fill(shelf, SHELF, COLLECTIONS, rejected=(odd,))
    page = open_page(qtbot, desk)
    choose(page, odd)
    assert "caf?.pdf" in page.documents.details.facts.text() and page.documents.details.reason.text() == ""
    assert cell(page, "caf?.pdf", REASON) == ""
    assert page.documents.table.documents.rowCount(QModelIndex()) == 5


def test_that_the_list_cannot_be_had_is_said_once(qtbot: QtBot, desk: Desk, page: LibraryPage, shelf: FakeJobs) -> None:
    told: list[str] = []
    desk.noticed.connect(lambda sentence, kind: told.append(sentence))
    shelf.answers[ListRejected] = UserProblem("library_damaged", folder="/lib", fault="malformed")
    page.refresh()
    qtbot.waitUntil(lambda: not shelf.running)
    assert len(told) == 1 and len(page.documents.table.documents.shown) == 8
