"""The library page: what is there, what one does with it, and what is asked before anything goes."""

from __future__ import annotations

from pathlib import Path

import pytest
from PySide6.QtCore import QMimeData, QPoint, QPointF, Qt, QUrl
from PySide6.QtGui import QDropEvent, QGuiApplication
from PySide6.QtWidgets import (
    QAbstractButton,
    QAbstractItemView,
    QComboBox,
    QFileDialog,
    QHeaderView,
    QLabel,
    QLineEdit,
    QMenu,
    QProgressBar,
    QPushButton,
    QTabBar,
)
from pytestqt.qtbot import QtBot

from core.errors import UserProblem
from core.nouns import Change
from desktop import house
from desktop.channel import (
    AddFiles,
    CreateCollection,
    DeleteCollection,
    GetLibrary,
    ListDocuments,
    MoveDocuments,
    RemoveDocuments,
    RenameCollection,
    ReplaceFile,
)
from desktop.window.confirm import Confirm
from desktop.window.desk import Desk
from desktop.window.pages.documents_table import COLLECTION, DOCUMENT_IDS
from desktop.window.pages.library import GENERAL, LibraryPage
from tests.desktop.window.conftest import FakeJobs
from tests.desktop.window.shelf import SHELF, document, fill, open_page

_CHANGES = (CreateCollection, RenameCollection, DeleteCollection, MoveDocuments, RemoveDocuments, AddFiles, ReplaceFile)


@pytest.fixture
def shelf(jobs: FakeJobs) -> FakeJobs:
    """An engine with four documents, that does what it is asked."""
    fill(jobs)
    for kind in _CHANGES:
        jobs.answers[kind] = Change(8)
    return jobs


@pytest.fixture
def page(qtbot: QtBot, desk: Desk, shelf: FakeJobs) -> LibraryPage:
    """The page with these four documents."""
    return open_page(qtbot, desk)


def confirmation(page: LibraryPage) -> Confirm:
    """The question on the screen."""
    asked = [box for box in page.findChildren(Confirm) if box.isVisible()]
    assert len(asked) == 1
    return asked[0]


def words(box: Confirm) -> str:
    return box.text() + "\n" + box.informativeText()


# -- what is there


def test_documents_and_collections_are_shown_with_their_counts(page: LibraryPage) -> None:
    rows = [page.collections.list.item(at) for at in range(page.collections.list.count())]
    assert [row.text() for row in rows] == ["All documents", "Clinic", "Contracts", "To be filed", "法律法规"]
    assert rows[0].data(Qt.ItemDataRole.AccessibleTextRole) == "All documents, 4 documents"
    assert rows[1].data(Qt.ItemDataRole.AccessibleTextRole) == "Clinic, 1 document"
    assert len(page.documents.table.documents.shown) == 4


def test_a_collection_shows_its_own_documents_only(page: LibraryPage) -> None:
    table = page.documents.table
    assert not table.isColumnHidden(COLLECTION)
    page.collections.select("Contracts")
    assert [shown.id for shown in table.documents.shown] == [1, 2]
    assert table.isColumnHidden(COLLECTION)
    page.collections.select(None)
    assert len(table.documents.shown) == 4


def test_an_empty_collection_and_a_filter_without_hits_say_so(page: LibraryPage) -> None:
    def said() -> str:
        shown = page.documents._stack.currentWidget() or page
        return " ".join(part.text() for part in shown.findChildren(QLabel))

    page.collections.select("To be filed")
    assert "This collection is empty" in said()
    page.collections.select(None)
    page.documents.filter.setText("nothing of the kind")
    assert "No document matches" in said()
    page.documents.clear_filter()
    assert len(page.documents.table.documents.shown) == 4 and page.documents.table.isVisible()


def test_the_details_tell_state_reason_and_unreadable_pages_by_number(page: LibraryPage) -> None:
    details = page.documents.details
    assert details.name.text() == "No document is selected"
    page.documents.table.select({3})
    assert details.name.text() == "heart failure (scan).pdf"
    assert "132 pages" in details.facts.text() and "128 by OCR" in details.facts.text()
    assert details.reason.text().startswith("Some pages could not be read")
    assert details.pages.text() == "Pages that could not be read: 3, 7–9"
    page.documents.table.select({1, 2})
    assert details.name.text() == "2 documents are selected" and details.facts.text() == "20 pages"
    assert not details.reason.isVisible() and not page.documents.replace_button.isVisible()


def test_every_sentence_for_a_state_can_be_said(qtbot: QtBot, desk: Desk, shelf: FakeJobs, page: LibraryPage) -> None:
    for reason in ("reading_timeout", "reading_cut_off", "import_original_gone", "of_a_newer_program"):
        page.documents.details.show_documents([document(9, "a.pdf", reason=reason)])
        assert "{" not in page.documents.details.reason.text()


def test_a_change_of_the_library_refreshes_the_page(qtbot: QtBot, page: LibraryPage, shelf: FakeJobs) -> None:
    page.documents.table.select({2})
    fill(shelf, SHELF[1:], (("Clinic", 1), ("Contracts", 1), ("法律法规", 1)))
    shelf.changed.emit(Change(9))
    shelf.changed.emit(Change(10))
    qtbot.waitUntil(lambda: len(page.documents.table.documents.shown) == 3)
    qtbot.waitUntil(lambda: not shelf.running)
    assert page.collections.names == ("Clinic", "Contracts", "法律法规")
    assert [chosen.id for chosen in page.documents.table.selected] == [2]


def test_the_page_fills_when_the_engine_is_there(qtbot: QtBot, desk: Desk, shelf: FakeJobs) -> None:
    page = LibraryPage(desk)
    qtbot.addWidget(page)
    assert shelf.asked == []
    shelf.opened.emit(shelf.answers[GetLibrary])
    qtbot.waitUntil(lambda: len(page.documents.table.documents.shown) == 4)


def test_a_library_that_cannot_be_shown_says_why_in_place(qtbot: QtBot, desk: Desk, shelf: FakeJobs) -> None:
    told: list[str] = []
    desk.noticed.connect(lambda sentence, kind: told.append(sentence))
    sentence = desk.say("library_read_only", folder="/mnt/stick")
    for kind in (GetLibrary, ListDocuments):
        shelf.answers[kind] = UserProblem("library_read_only", folder="/mnt/stick")
    page = open_page(qtbot, desk)

    def said() -> list[str]:
        return [part.text() for part in page._centre.findChildren(QLabel) if part.isVisible()]

    assert sentence in said() and told == []
    page.refresh()
    qtbot.waitUntil(lambda: not shelf.running)
    assert sentence in said()
    fill(shelf)
    next(one for one in page._centre.findChildren(QPushButton) if one.isVisible() and one.text() == "Try again").click()
    qtbot.waitUntil(lambda: page.documents.table.isVisible())
    shelf.answers[ListDocuments] = UserProblem("library_read_only", folder="/mnt/stick")
    page.refresh()
    qtbot.waitUntil(lambda: told == [sentence])
    assert len(page.documents.table.documents.shown) == 4, "what was shown stays"


# -- opening, copying, replacing, moving


def test_enter_opens_the_document(qtbot: QtBot, desk: Desk, page: LibraryPage) -> None:
    table = page.documents.table
    table.setFocus()
    table.selectRow(0)
    with qtbot.waitSignal(desk.document_wanted) as wanted:
        qtbot.keyClick(table, Qt.Key.Key_Return)
    assert wanted.args == [table.documents.shown[0].sha256, 0]
    with qtbot.waitSignal(desk.document_wanted):
        page.documents.open_button.click()


def test_the_names_are_copied(page: LibraryPage) -> None:
    page.documents.table.select({1, 2})
    page.documents.copy_names()
    assert QGuiApplication.clipboard().text() == "agreement 2.pdf\nagreement 10.pdf"


def test_a_new_version_is_chosen_as_a_file(qtbot: QtBot, page: LibraryPage, shelf: FakeJobs, tmp_path: Path) -> None:
    page.documents.table.select({2})
    page.documents.replace_button.click()
    dialog = page.findChildren(QFileDialog)[0]
    new = tmp_path / "agreement 10 signed.pdf"
    dialog.filesSelected.emit([str(new)])
    dialog.close()
    assert shelf.asked_for(ReplaceFile) == [ReplaceFile("agreement 10.pdf", "Contracts", new)]


def test_documents_are_moved_by_menu(qtbot: QtBot, page: LibraryPage, shelf: FakeJobs) -> None:
    page.documents.table.select({1, 3})
    menu = page.documents._fill_targets(QMenu(page))
    actions = {action.text(): action for action in menu.actions()}
    actions["Contracts"].trigger()
    assert shelf.asked_for(MoveDocuments) == [MoveDocuments((3,), "Contracts")], "the first is there already"
    actions["New collection …"].trigger()
    page.collections._name.setText("Disputes")
    qtbot.keyClick(page.collections._name, Qt.Key.Key_Return)
    assert set(shelf.asked_for(MoveDocuments)[-1].ids) == {1, 3}
    assert shelf.asked_for(MoveDocuments)[-1].to == "Disputes"


def test_documents_are_dragged_onto_a_collection(qtbot: QtBot, page: LibraryPage, shelf: FakeJobs) -> None:
    data = QMimeData()
    data.setData(DOCUMENT_IDS, b"1,4")
    tree = page.collections.list

    def drop(row: int) -> bool:
        at = tree.visualItemRect(tree.item(row)).center()
        return drop_on(page, data, at)

    assert drop(1)
    assert shelf.asked_for(MoveDocuments) == [MoveDocuments((1, 4), "Clinic")]
    assert not drop(0), "all documents is no place to move to"
    assert len(shelf.asked_for(MoveDocuments)) == 1


def drop_on(page: LibraryPage, data: QMimeData, at: QPoint) -> bool:
    event = QDropEvent(
        QPointF(at), Qt.DropAction.CopyAction, data, Qt.MouseButton.LeftButton, Qt.KeyboardModifier.NoModifier
    )
    page.collections.list.dropEvent(event)
    return event.isAccepted()


def test_files_dropped_on_the_collections_are_left_to_the_window(page: LibraryPage, shelf: FakeJobs) -> None:
    data = QMimeData()
    data.setUrls([QUrl.fromLocalFile("/tmp/a.pdf")])
    assert not drop_on(page, data, page.collections.list.visualItemRect(page.collections.list.item(1)).center())
    assert shelf.asked_for(MoveDocuments) == []


def test_what_cannot_be_done_is_said_in_a_notice(qtbot: QtBot, desk: Desk, page: LibraryPage, shelf: FakeJobs) -> None:
    shelf.answers[MoveDocuments] = UserProblem("library_name_taken", name="a.pdf", collection="Clinic")
    with qtbot.waitSignal(desk.noticed) as noticed:
        page.documents.move_to((1,), "Clinic")
    assert noticed.args is not None and "two documents named" in noticed.args[0]


# -- removing


def test_removing_says_what_goes_and_does_nothing_until_agreed(
    qtbot: QtBot, page: LibraryPage, shelf: FakeJobs
) -> None:
    table = page.documents.table
    table.setFocus()
    table.select({2})
    qtbot.keyClick(table, Qt.Key.Key_Delete)
    box = confirmation(page)
    assert "“agreement 10.pdf”" in words(box) and "2 earlier versions go as well" in words(box)
    assert box.defaultButton() is box.stay
    box.stay.click()
    assert shelf.asked_for(RemoveDocuments) == []
    qtbot.waitUntil(lambda: not page.findChildren(Confirm))
    table.select({1, 3})
    page.documents.remove_selected()
    box = confirmation(page)
    assert "these 2 documents" in words(box) and "heart failure (scan).pdf" in words(box)
    assert "earlier version" not in words(box), "there are none"
    box.go.click()
    assert [set(request.ids) for request in shelf.asked_for(RemoveDocuments)] == [{1, 3}]


def test_names_of_documents_are_never_markup(page: LibraryPage) -> None:
    page.documents.table.documents.set_documents(tuple(document(n, f"<h1>{n}</h1>.pdf") for n in (1, 2)))
    page.documents.table.selectAll()
    page.documents.remove_selected()
    box = confirmation(page)
    assert all(part.textFormat() == Qt.TextFormat.PlainText for part in box.findChildren(QLabel) if part.text())
    assert "<h1>1</h1>.pdf" in box.informativeText()


# -- collections


def test_a_collection_is_made_and_then_selected(qtbot: QtBot, page: LibraryPage, shelf: FakeJobs) -> None:
    page.collections.create_new()
    field = page.collections._name
    assert field.hasFocus()
    qtbot.keyClick(field, Qt.Key.Key_Return)
    assert page.collections._fault.text() == "A collection needs a name. Give one."
    field.setText("Clinic")
    qtbot.keyClick(field, Qt.Key.Key_Return)
    assert "already a collection “Clinic”" in page.collections._fault.text()
    assert shelf.asked_for(CreateCollection) == []
    fill(shelf, collections=(("Clinic", 1), ("Contracts", 2), ("Wards", 0), ("法律法规", 1)))
    field.setText(" Wards ")
    qtbot.keyClick(field, Qt.Key.Key_Return)
    assert shelf.asked_for(CreateCollection) == [CreateCollection("Wards")]
    qtbot.waitUntil(lambda: page.collections.selected == "Wards")
    assert not field.isVisible()


def test_escape_gives_up_a_name(qtbot: QtBot, page: LibraryPage, shelf: FakeJobs) -> None:
    page.collections.create_new()
    page.collections._name.setText("half a na")
    qtbot.keyClick(page.collections._name, Qt.Key.Key_Escape)
    assert not page.collections._name.isVisible() and page.collections.list.hasFocus()
    assert shelf.asked_for(CreateCollection) == []


def test_a_collection_is_renamed(qtbot: QtBot, page: LibraryPage, shelf: FakeJobs) -> None:
    page.collections.select("Clinic")
    page.collections.list.setFocus()
    qtbot.keyClick(page.collections.list, Qt.Key.Key_F2)
    field = page.collections._name
    assert field.text() == "Clinic"
    qtbot.keyClick(field, Qt.Key.Key_Return)
    assert not field.isVisible() and shelf.asked_for(RenameCollection) == [], "the same name changes nothing"
    page.collections.rename()
    fill(shelf, collections=(("Contracts", 2), ("Ward 3", 1)))
    field.setText("Ward 3")
    qtbot.keyClick(field, Qt.Key.Key_Return)
    assert shelf.asked_for(RenameCollection) == [RenameCollection("Clinic", "Ward 3")]
    qtbot.waitUntil(lambda: page.collections.selected == "Ward 3")


def test_deleting_a_collection_says_exactly_what_goes(qtbot: QtBot, page: LibraryPage, shelf: FakeJobs) -> None:
    for name, expected in (
        ("Contracts", "Delete the collection “Contracts” and its 2 documents, with their earlier versions?"),
        ("Clinic", "Delete the collection “Clinic” and its document, with its earlier versions?"),
        ("To be filed", "Delete the empty collection “To be filed”?"),
    ):
        page.collections.select(name)
        page.collections.delete()
        box = confirmation(page)
        assert box.text() == expected
        box.stay.click()
        qtbot.waitUntil(lambda: not page.findChildren(Confirm))
    assert shelf.asked_for(DeleteCollection) == []
    page.collections.delete()
    fill(shelf, collections=(("Clinic", 1), ("Contracts", 2), ("法律法规", 1)))
    confirmation(page).go.click()
    assert shelf.asked_for(DeleteCollection) == [DeleteCollection("To be filed")]
    qtbot.waitUntil(lambda: page.collections.selected is None)


def test_all_documents_can_be_neither_renamed_nor_deleted(page: LibraryPage, shelf: FakeJobs) -> None:
    page.collections.select(None)
    assert not page.collections._rename.isEnabled() and not page.collections._delete.isEnabled()
    page.collections.rename()
    page.collections.delete()
    assert not page.collections._name.isVisible() and not page.findChildren(Confirm)


# -- adding


def test_files_go_to_the_selected_collection(qtbot: QtBot, desk: Desk, page: LibraryPage, shelf: FakeJobs) -> None:
    desk.files_dropped.emit([Path("/a/one.pdf")])
    page.collections.select("Clinic")
    desk.files_dropped.emit([Path("/a/two.pdf"), Path("/a/folder")])
    desk.files_dropped.emit([])
    assert shelf.asked_for(AddFiles) == [
        AddFiles((Path("/a/one.pdf"),), GENERAL),
        AddFiles((Path("/a/two.pdf"), Path("/a/folder")), "Clinic"),
    ]


def test_files_and_folders_are_chosen_in_a_dialog(qtbot: QtBot, page: LibraryPage, shelf: FakeJobs) -> None:
    page.add_files()
    dialog = page.findChildren(QFileDialog)[-1]
    assert dialog.fileMode() == QFileDialog.FileMode.ExistingFiles
    dialog.filesSelected.emit(["/a/one.pdf", "/a/two.pdf"])
    page.add_folder()
    dialog = page.findChildren(QFileDialog)[-1]
    assert dialog.fileMode() == QFileDialog.FileMode.Directory
    dialog.filesSelected.emit(["/a/folder"])
    for one in page.findChildren(QFileDialog):
        one.close()
    assert [request.paths for request in shelf.asked_for(AddFiles)] == [
        (Path("/a/one.pdf"), Path("/a/two.pdf")),
        (Path("/a/folder"),),
    ]


def test_an_empty_library_invites(qtbot: QtBot, desk: Desk, shelf: FakeJobs) -> None:
    fill(shelf, (), ())
    page = open_page(qtbot, desk)
    assert page._centre.currentWidget() is page._invitation
    assert not page.collections.isVisible() and not page._add_files.isVisible()
    page.samples_button.click()
    (request,) = shelf.asked_for(AddFiles)
    assert request == AddFiles(house.sample_files(), "Samples")
    assert "economic-outlook-2025-january.pdf" in {file.name for file in request.paths}
    assert all(file.is_file() for file in request.paths)
    assert not {"economic-outlook-2025-july.pdf", "confidential-settlement-note.pdf"} & {f.name for f in request.paths}


def test_the_first_documents_are_announced_while_they_are_read(qtbot: QtBot, desk: Desk, shelf: FakeJobs) -> None:
    fill(shelf, (), ())
    page = open_page(qtbot, desk)
    shelf.hold.add(AddFiles)
    page.add([Path("/a/one.pdf")])
    page.refresh()
    qtbot.waitUntil(lambda: page._centre.currentWidget() is page._reading)
    fill(shelf)
    shelf.release(AddFiles)
    qtbot.waitUntil(lambda: page._centre.currentWidget() is page.documents)


def test_the_keys_of_the_page_do_what_the_list_says(qtbot: QtBot, page: LibraryPage, shelf: FakeJobs) -> None:
    assert {"Ctrl+O", "Ctrl+F", "Enter", "Delete", "F2", "Ctrl+M", "Ctrl+R"} <= {keys for keys, _ in page.shortcuts()}
    table = page.documents.table
    table.setFocus()
    qtbot.waitUntil(table.hasFocus)
    qtbot.keyClick(table, Qt.Key.Key_F, Qt.KeyboardModifier.ControlModifier)
    qtbot.waitUntil(page.documents.filter.hasFocus)
    table.setFocus()
    table.select({1})
    qtbot.keyClick(table, Qt.Key.Key_C, Qt.KeyboardModifier.ControlModifier)
    assert QGuiApplication.clipboard().text() == "agreement 2.pdf"
    qtbot.keyClick(table, Qt.Key.Key_R, Qt.KeyboardModifier.ControlModifier)
    assert page.findChildren(QFileDialog)
    page.findChildren(QFileDialog)[0].close()
    qtbot.keyClick(table, Qt.Key.Key_M, Qt.KeyboardModifier.ControlModifier)
    menus = [menu for menu in page.findChildren(QMenu) if menu.isVisible()]
    assert [action.text() for action in menus[0].actions()][:2] == ["Clinic", "Contracts"]
    menus[0].close()


def test_every_control_has_a_name(page: LibraryPage) -> None:
    for kind in (QAbstractButton, QAbstractItemView, QComboBox, QLineEdit, QProgressBar, QTabBar):
        for control in page.findChildren(kind):
            if control.objectName().startswith("qt_") or isinstance(control, QHeaderView) or not control.isVisible():
                continue
            text = control.text() if isinstance(control, QAbstractButton) else ""
            assert control.accessibleName() or text, control
