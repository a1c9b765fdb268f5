"""The documents with their filter, their details and what can be done with them."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from pathlib import Path

from PySide6.QtCore import QPoint, Qt, QTimer, Signal
from PySide6.QtGui import QGuiApplication, QKeySequence
from PySide6.QtWidgets import QHBoxLayout, QLineEdit, QMenu, QStackedWidget, QVBoxLayout, QWidget

from core.nouns import Document, Outcome
from desktop.channel import AddFiles, ForgetRejected, MoveDocuments, RejectedFile, RemoveDocuments, ReplaceFile
from desktop.window.confirm import Confirm
from desktop.window.controls import Choice
from desktop.window.desk import Desk
from desktop.window.icons import icon
from desktop.window.pages.document_details import DetailsStrip
from desktop.window.pages.documents_table import DocumentsTable
from desktop.window.theme import GAP
from desktop.window.widgets import EmptyState, button, label

_MOST_NAMED = 5  # documents named in the question before they are removed


class DocumentsPane(QWidget):
    """Filter, table, details, and the actions on what is selected."""

    replacing = Signal(object)  # a ReplaceFile to be run
    adding = Signal(object)  # an AddFiles to be run
    file_wanted = Signal(str, object)  # (title, what gets the Path): choose one file
    name_wanted = Signal(object)  # what gets the name of a new collection

    def __init__(self, desk: Desk) -> None:
        super().__init__()
        self._desk = desk
        self._collection: str | None = None
        self._collections: tuple[str, ...] = ()
        self.table = DocumentsTable(desk)
        self._build_filter()
        self._build_actions()
        self._nothing = EmptyState(
            desk,
            "search",
            self.tr("No document matches"),
            self.tr("Use fewer words, another collection, or show all states."),
            self.tr("Clear the filter"),
            self.clear_filter,
        )
        self._bare = EmptyState(
            desk,
            "folder",
            self.tr("This collection is empty"),
            self.tr("Drop files here, or drag documents from another collection onto its name."),
        )
        self._stack = QStackedWidget()
        self._sheet = QWidget()  # the pages of a stack have the window's colour, the table its own
        sheet = QVBoxLayout(self._sheet)
        sheet.setContentsMargins(0, 0, 0, 0)
        sheet.addWidget(self.table)
        for part in (self._sheet, self._nothing, self._bare):
            self._stack.addWidget(part)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(GAP // 2)
        column.addLayout(self._filter_row)
        column.addWidget(self._stack, 1)
        column.addWidget(self.details)
        self.table.chosen.connect(self._show_details)
        self.table.opened.connect(self._open)
        self.table.setContextMenuPolicy(Qt.ContextMenuPolicy.CustomContextMenu)
        self.table.customContextMenuRequested.connect(self._show_menu)

    # -- what is shown

    def show_documents(self, documents: tuple[Document, ...], rejected: tuple[RejectedFile, ...] = ()) -> None:
        """Other documents, and the files that were rejected; what is selected stays so."""
        if (documents, rejected) != (self.table.documents.documents, self.table.documents.rejected):
            self.table.show_documents(documents, rejected)
        self._tell()

    def show_collection(self, collection: str | None) -> None:
        """Only that collection, or all of them."""
        self._collection = collection
        self.table.hide_collection(collection is not None)
        self._filter()

    def set_collections(self, names: tuple[str, ...]) -> None:
        """Where documents can be moved."""
        self._collections = names

    def clear_filter(self) -> None:
        """Show everything of the collection."""
        self.filter.clear()
        self.states.setCurrentIndex(0)
        self._filter()

    def _filter(self) -> None:
        state = self.states.currentData()
        # Qt gives back the text of it, not the member that it was given.
        self.table.documents.set_filter(self.filter.text(), self._collection, Outcome(state) if state else None)
        self._tell()

    def _tell(self) -> None:
        model = self.table.documents
        rows = len(model.shown)
        rejected = sum(isinstance(row, RejectedFile) for row in model.shown) if model.rejected else 0
        shown = rows - rejected
        here = sum(d.collection == self._collection for d in model.documents) if self._collection else None
        total = len(model.documents) if here is None else here
        if shown == total:
            words = self.tr("1 document") if total == 1 else self.tr("{n} documents").format(n=total)
        else:
            words = self.tr("{shown} of {n} documents").format(shown=shown, n=total)
        if rejected:
            words = self.tr("{documents}, {n} rejected").format(documents=words, n=rejected)
        self._count.setText(words)
        filtered = bool(self.filter.text().strip()) or self.states.currentData() is not None
        self._stack.setCurrentWidget(self._sheet if rows else self._nothing if filtered else self._bare)
        self._show_details()

    def _show_details(self) -> None:
        rows = self.table.selected_rows
        selected, rejected = self.table.selected, self.table.selected_rejected
        self.details.show_documents(selected, rejected)
        for part in (self.replace_button, self.open_button):
            part.setVisible(len(rows) == len(selected) == 1)
        self._move_button.setVisible(bool(selected))
        self._remove_button.setVisible(bool(selected))
        self.retry_button.setVisible(not selected and any(file.source for file in rejected))
        self.forget_button.setVisible(bool(rejected) and not selected)
        self.details.fit_buttons()
        if len(rows) == 1:  # what is said of it may take the room where it stands
            QTimer.singleShot(0, self.table, lambda: self.table.scrollTo(self.table.currentIndex()))

    # -- building

    def _build_filter(self) -> None:
        self.filter = QLineEdit()
        self.filter.setPlaceholderText(self.tr("Filter by name, title or collection"))
        self.filter.setAccessibleName(self.tr("Filter the documents"))
        self.filter.setClearButtonEnabled(True)
        self.filter.setAcceptDrops(False)
        self.filter.textChanged.connect(self._filter)
        self.states = Choice(self._desk)
        self.states.setAccessibleName(self.tr("State of the documents"))
        self.states.addItem(self.tr("All states"), None)
        for outcome in Outcome:
            self.states.addItem(self.table.documents.states[outcome], outcome)
        self.states.currentIndexChanged.connect(self._filter)
        self._count = label("", "muted", wrap=False)
        self._filter_row = QHBoxLayout()
        self._filter_row.setSpacing(GAP)
        self._filter_row.addWidget(self.filter, 1)
        self._filter_row.addWidget(self.states)
        self._filter_row.addWidget(self._count)

    def _build_actions(self) -> None:
        act = self.table.act
        self._opening = act(self.tr("Open"), None, self.open_selected)
        self._replacing = act(self.tr("Replace by a new version …"), QKeySequence("Ctrl+R"), self.replace_selected)
        self._copying = act(self.tr("Copy the name"), QKeySequence.StandardKey.Copy, self.copy_names)
        self._removing = act(self.tr("Remove …"), QKeySequence(Qt.Key.Key_Delete), self.remove_selected)
        self._retrying = act(self.tr("Try again"), QKeySequence("Ctrl+Shift+R"), self.retry_selected)
        self._forgetting = act(self.tr("Forget"), None, self.forget_selected)
        act(self.tr("Move to a collection …"), QKeySequence("Ctrl+M"), self.move_selected)
        self.open_button = button(self.tr("Open"), hint=self.tr("Open  (Enter)"), clicked=self.open_selected)
        self.replace_button = button(
            self.tr("Replace …"),
            hint=self.tr("Replace by a new version  (Ctrl+R)"),
            clicked=self.replace_selected,
        )
        self._move_button = button(
            self.tr("Move …"), hint=self.tr("Move to a collection  (Ctrl+M)"), clicked=self.move_selected
        )
        self._remove_button = button(
            self.tr("Remove …"), hint=self.tr("Remove from the library  (Delete)"), clicked=self.remove_selected
        )
        self.retry_button = button(
            self.tr("Try again"),
            hint=self.tr("Add the rejected files again from where they were  (Ctrl+Shift+R)"),
            clicked=self.retry_selected,
        )
        self.forget_button = button(
            self.tr("Forget"),
            hint=self.tr("Take the rejected files off this list  (Delete)"),
            clicked=self.forget_selected,
        )
        buttons = (
            *(self.open_button, self.replace_button, self._move_button, self._remove_button),
            *(self.retry_button, self.forget_button),
        )
        for one in buttons:
            one.setAccessibleName(one.toolTip())
        self.details = DetailsStrip(self._desk, buttons, self.table.documents.reason)

    def _show_menu(self, at: QPoint) -> None:
        if self.table.selected_rows:
            self._menu().popup(self.table.viewport().mapToGlobal(at))

    def _menu(self) -> QMenu:
        selected = self.table.selected
        menu = QMenu(self)
        menu.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        if not selected:
            for action in (self._retrying, self._copying, self._forgetting):
                menu.addAction(action)
            self._retrying.setEnabled(any(file.source for file in self.table.selected_rejected))
            return menu
        one = [self._opening, self._replacing] if len(selected) == 1 else []
        for action in (*one, self._copying):
            menu.addAction(action)
        self._fill_targets(menu.addMenu(self.tr("Move to")))
        menu.addSeparator()
        menu.addAction(self._removing)
        return menu

    def _fill_targets(self, menu: QMenu) -> QMenu:
        ids = tuple(document.id for document in self.table.selected)
        here = {document.collection for document in self.table.selected}
        for name in self._collections:
            # "&" would be taken for a key of the menu.
            action = menu.addAction(name.replace("&", "&&"), partial(self.move_to, ids, name))
            action.setEnabled(here != {name})
        menu.addSeparator()
        menu.addAction(self.tr("New collection …"), lambda: self.name_wanted.emit(partial(self.move_to, ids)))
        return menu

    # -- doing

    def _open(self, document: Document) -> None:
        self._desk.document_wanted.emit(document.sha256, 0)

    def open_selected(self) -> None:
        """Open the document in the viewer."""
        if len(selected := self.table.selected) == 1:
            self._open(selected[0])

    def copy_names(self) -> None:
        """The selected names to the clipboard, one a line."""
        if names := [row.name for row in self.table.selected_rows]:
            QGuiApplication.clipboard().setText("\n".join(names))

    def replace_selected(self) -> None:
        """Ask for the file that is the new version of the selected document."""
        if len(selected := self.table.selected) != 1:
            return
        document = selected[0]

        def with_file(file: Path) -> None:
            self.replacing.emit(ReplaceFile(document.name, document.collection, file))

        chosen: Callable[[Path], None] = with_file
        self.file_wanted.emit(self.tr("The new version of {name}").format(name=document.name), chosen)

    def move_selected(self) -> None:
        """A menu of the collections, at the selected row."""
        if self.table.selected:
            menu = self._fill_targets(QMenu(self))
            menu.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
            at = self.table.visualRect(self.table.currentIndex()).bottomLeft() + QPoint(GAP, 0)
            menu.popup(self.table.viewport().mapToGlobal(at))
            if menu.actions():
                menu.setActiveAction(menu.actions()[0])

    def move_to(self, ids: tuple[int, ...], to: str) -> None:
        """Put documents into another collection."""
        home = {d.id: d.collection for d in self.table.documents.documents}
        if moving := tuple(id for id in ids if home.get(id) not in (None, to)):
            self._desk.jobs.run(MoveDocuments(moving, to), self, failed=self._desk.complain)

    def remove_selected(self) -> None:
        """Remove the selected documents, once the person has agreed to exactly that."""
        rejected = tuple(file.id for file in self.table.selected_rejected)
        if not (selected := self.table.selected):
            self.forget_selected()
            return
        earlier = sum(document.version - 1 for document in selected)
        if len(selected) == 1:
            question = self.tr("Remove “{name}” from the library?").format(name=selected[0].name)
        else:
            question = self.tr("Remove these {n} documents from the library?").format(n=len(selected))
        details = []
        if len(selected) > 1:
            names = [document.name for document in selected[:_MOST_NAMED]]
            if (more := len(selected) - _MOST_NAMED) > 0:
                names.append(self.tr("and {n} more").format(n=more))
            details.append("\n".join(names))
        if earlier:
            details.append(
                self.tr("1 earlier version goes as well.")
                if earlier == 1
                else self.tr("{n} earlier versions go as well.").format(n=earlier)
            )
        if rejected:
            details.append(self.tr("The rejected files among what is selected are forgotten as well."))
        details.append(
            self.tr(
                "What is removed is erased from the library and cannot be brought back. The files it was added "
                "from stay where they are, and so do the records of answers already given."
            )
        )
        ids = tuple(document.id for document in selected)
        Confirm(self, question, "\n\n".join(details), self.tr("Remove"), lambda: self._really_remove(ids, rejected))

    def _really_remove(self, ids: tuple[int, ...], rejected: tuple[int, ...]) -> None:
        self._desk.jobs.run(RemoveDocuments(ids), self, failed=self._desk.complain)
        self._forget(rejected)

    def retry_selected(self) -> None:
        """Add the selected rejected files again, from where they were."""
        here = {(document.collection, document.name) for document in self.table.documents.documents}
        again: dict[str, list[Path]] = {}
        for file in self.table.selected_rejected:
            if file.source is None:
                continue
            if (file.collection, file.replaces) in here:
                self.replacing.emit(ReplaceFile(file.replaces, file.collection, file.source))
            else:
                again.setdefault(file.collection, []).append(file.source)
        for collection, paths in again.items():
            self.adding.emit(AddFiles(tuple(paths), collection))

    def forget_selected(self) -> None:
        """Take the selected rejected files off the list."""
        self._forget(tuple(file.id for file in self.table.selected_rejected))

    def _forget(self, ids: tuple[int, ...]) -> None:
        if ids:
            self._desk.jobs.run(ForgetRejected(ids), self, failed=self._desk.complain)

    def paint_icons(self) -> None:
        """Icons in the colours of the theme."""
        theme = self._desk.theme
        for one, name in (
            (self.replace_button, "replace"),
            (self._move_button, "move"),
            (self._remove_button, "delete"),
            (self.open_button, "file"),
            (self.retry_button, "again"),
            (self.forget_button, "delete"),
        ):
            one.setIcon(icon(name, theme.ink))
