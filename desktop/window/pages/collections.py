"""The collections at the left: all of them with their counts, made, renamed, deleted, and filled by dragging."""

from __future__ import annotations

from collections.abc import Callable

from PySide6.QtCore import QLocale, QModelIndex, QPersistentModelIndex, QRect, QSize, Qt, Signal
from PySide6.QtGui import (
    QAction,
    QColor,
    QDragEnterEvent,
    QDragLeaveEvent,
    QDragMoveEvent,
    QDropEvent,
    QFontMetrics,
    QKeyEvent,
    QKeySequence,
    QPainter,
    QPen,
)
from PySide6.QtWidgets import (
    QAbstractItemView,
    QFrame,
    QHBoxLayout,
    QLineEdit,
    QListWidget,
    QListWidgetItem,
    QMenu,
    QStyle,
    QStyledItemDelegate,
    QStyleOptionViewItem,
    QVBoxLayout,
)

from desktop.channel import CreateCollection, DeleteCollection, RenameCollection
from desktop.window.confirm import Confirm
from desktop.window.desk import Desk
from desktop.window.pages.documents_table import DOCUMENT_IDS
from desktop.window.theme import GAP
from desktop.window.widgets import IconButton, label

_COUNT = Qt.ItemDataRole.UserRole
_ROW_HEIGHT = 34
_INSET = 10


class CollectionsPanel(QFrame):
    """All, and each collection."""

    chosen = Signal(object)  # str, or None for all
    dropped = Signal(tuple, str)  # (document ids, collection)

    def __init__(self, desk: Desk) -> None:
        super().__init__()
        self._desk = desk
        self._collections: tuple[tuple[str, int], ...] = ()
        self._then: Callable[[str], object] | None = None
        self._former = ""  # the name that is being changed
        self._awaited = ""  # the name that is to be selected once it is there
        self.setProperty("role", "card")
        self.list = _List(desk)
        self.list.setAccessibleName(self.tr("Collections"))
        self.list.currentItemChanged.connect(lambda *_: self._choose())
        self.list.dropped.connect(self.dropped)
        self.list.menu_wanted.connect(self._menu)
        self._rename = IconButton(desk, "edit", self.tr("Rename the collection  (F2)"), self.rename)
        self._delete = IconButton(desk, "delete", self.tr("Delete the collection"), self.delete)
        new = IconButton(desk, "add", self.tr("New collection"), self.create_new)
        for key, do in ((QKeySequence(Qt.Key.Key_F2), self.rename), (QKeySequence(Qt.Key.Key_Delete), self.delete)):
            action = QAction(self.list)
            action.setShortcut(key)
            action.setShortcutContext(Qt.ShortcutContext.WidgetShortcut)
            action.triggered.connect(lambda _=False, do=do: do())
            self.list.addAction(action)
        self._purpose = label("", "muted")
        self._name = _NameField()
        self._name.setAccessibleName(self.tr("Name of the collection"))
        self._name.returnPressed.connect(self._named)
        self._name.given_up.connect(self._close_field)
        self._fault = label("", "bad")
        head = QHBoxLayout()
        head.setSpacing(0)
        head.addWidget(label(self.tr("Collections"), "heading", wrap=False), 1)
        for tool in (new, self._rename, self._delete):
            head.addWidget(tool)
        column = QVBoxLayout(self)
        column.setContentsMargins(GAP, GAP // 2, GAP // 2, GAP // 2)
        column.setSpacing(GAP // 2)
        column.addLayout(head)
        for part in (self._purpose, self._name, self._fault):
            column.addWidget(part)
        column.addWidget(self.list, 1)
        self._close_field()
        self.set_collections((), 0)

    # -- what is there

    @property
    def selected(self) -> str | None:
        """The collection that is selected, None for all."""
        row = self.list.currentRow()
        return self._collections[row - 1][0] if row > 0 else None

    @property
    def names(self) -> tuple[str, ...]:
        """The collections, as they stand in the list."""
        return tuple(name for name, _ in self._collections)

    def set_collections(self, collections: tuple[tuple[str, int], ...], documents: int) -> None:
        """Other collections or counts; the selected one stays selected if it is still there."""
        former, selected = self.selected, self.selected
        self._collections = collections
        if self._awaited in self.names:
            selected, self._awaited = self._awaited, ""
        self.list.blockSignals(True)
        self.list.clear()
        for name, count in ((self.tr("All documents"), documents), *collections):
            item = QListWidgetItem(name)
            item.setData(_COUNT, count)
            item.setData(Qt.ItemDataRole.AccessibleTextRole, self._spoken(name, count))
            item.setToolTip(name)
            self.list.addItem(item)
        row = self.names.index(selected) + 1 if selected in self.names else 0
        self.list.setCurrentRow(row)
        self.list.blockSignals(False)
        if self.selected != former:
            self._choose()
        self._enable()

    def select(self, name: str | None) -> None:
        """Select a collection, or all."""
        self.list.setCurrentRow(self.names.index(name) + 1 if name in self.names else 0)

    def _spoken(self, name: str, count: int) -> str:
        return (
            self.tr("{name}, 1 document").format(name=name)
            if count == 1
            else (self.tr("{name}, {count} documents").format(name=name, count=count))
        )

    def _choose(self) -> None:
        self._close_field()
        self._enable()
        self.chosen.emit(self.selected)

    def _enable(self) -> None:
        for part in (self._rename, self._delete):
            part.setEnabled(self.selected is not None)

    def _menu(self, item: QListWidgetItem | None, where: object) -> None:
        menu = QMenu(self)
        menu.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        menu.addAction(self.tr("New collection …"), self.create_new)
        if self.selected is not None and item is not None:
            menu.addAction(self.tr("Rename …"), self.rename)
            menu.addSeparator()
            menu.addAction(self.tr("Delete …"), self.delete)
        menu.popup(where)  # type: ignore[arg-type]

    # -- changing them

    def create_new(self) -> None:
        """Ask for a name, then make the collection."""
        self.ask_name(self.tr("Name of the new collection"), "", self._create)

    def rename(self) -> None:
        """Ask for another name of the selected collection."""
        if (old := self.selected) is not None:
            self.ask_name(
                self.tr("Another name for “{name}”").format(name=old), old, lambda new: self._rename_to(old, new)
            )

    def delete(self) -> None:
        """Delete the selected collection with what is in it, once the person has agreed to exactly that."""
        name = self.selected
        if name is None:
            return
        count = dict(self._collections)[name]
        if count == 0:
            question = self.tr("Delete the empty collection “{name}”?").format(name=name)
            details = self.tr("Earlier versions kept in it go as well.")
        else:
            question = (
                self.tr("Delete the collection “{name}” and its document, with its earlier versions?").format(name=name)
                if count == 1
                else self.tr(
                    "Delete the collection “{name}” and its {count} documents, with their earlier versions?"
                ).format(name=name, count=count)
            )
            details = self.tr(
                "They are erased from the library and cannot be brought back. The files they were added from stay "
                "where they are, and so do the records of answers already given."
            )
        Confirm(self, question, details, self.tr("Delete"), lambda: self._really_delete(name))

    def ask_name(self, purpose: str, name: str, then: Callable[[str], object]) -> None:
        """Open the field for a name; ``then`` gets what was typed."""
        self._then, self._former = then, name
        self._purpose.setText(purpose)
        self._name.setText(name)
        self._name.selectAll()
        self._fault.setText("")
        for part in (self._purpose, self._name):
            part.show()
        self._fault.hide()
        self._name.setFocus()

    def _named(self) -> None:
        name, then = self._name.text().strip(), self._then
        if name and name == self._former:
            self._close_field()
        elif name in self.names:
            self._complain(self._desk.say("library_collection_taken", name=name))
        elif not name:
            self._complain(self._desk.say("library_collection_nameless"))
        elif then is not None:
            self._close_field()
            then(name)

    def _complain(self, sentence: str) -> None:
        self._fault.setText(sentence)
        self._fault.show()

    def _close_field(self) -> None:
        had_focus = self._name.hasFocus()
        self._then = None
        for part in (self._purpose, self._name, self._fault):
            part.hide()
        if had_focus:
            self.list.setFocus()

    def _create(self, name: str) -> None:
        self._awaited = name
        self._desk.jobs.run(CreateCollection(name), self, failed=self._desk.complain)

    def _rename_to(self, old: str, new: str) -> None:
        self._awaited = new
        self._desk.jobs.run(RenameCollection(old, new), self, failed=self._desk.complain)

    def _really_delete(self, name: str) -> None:
        self._desk.jobs.run(DeleteCollection(name), self, failed=self._desk.complain)


class _NameField(QLineEdit):
    given_up = Signal()

    def __init__(self) -> None:
        super().__init__()
        self.setAcceptDrops(False)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """Escape gives up."""
        if event.key() == Qt.Key.Key_Escape:
            self.given_up.emit()
        else:
            super().keyPressEvent(event)


class _List(QListWidget):
    """The rows; documents can be dropped on every one but the first."""

    dropped = Signal(tuple, str)
    menu_wanted = Signal(object, object)  # (item, where)

    def __init__(self, desk: Desk) -> None:
        super().__init__()
        self.over: QModelIndex | QPersistentModelIndex = QModelIndex()  # where what is dragged would go
        self.setFrameShape(QFrame.Shape.NoFrame)
        self.setStyleSheet("QListWidget { border: none; }")
        self.setItemDelegate(_Row(desk, self))
        self.setAcceptDrops(True)
        self.setDragDropMode(QAbstractItemView.DragDropMode.DropOnly)
        self.setDropIndicatorShown(False)
        self.setUniformItemSizes(True)
        self.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.setContextMenuPolicy(Qt.ContextMenuPolicy.CustomContextMenu)
        self.customContextMenuRequested.connect(
            lambda at: self.menu_wanted.emit(self.itemAt(at), self.viewport().mapToGlobal(at))
        )
        desk.restyled.connect(self.viewport().update)

    def dragEnterEvent(self, event: QDragEnterEvent) -> None:
        """Documents are welcome; files go to the window."""
        self._aim(event)

    def dragMoveEvent(self, event: QDragMoveEvent) -> None:
        """Mark the collection below."""
        self._aim(event)

    def dragLeaveEvent(self, event: QDragLeaveEvent) -> None:
        """Nothing is marked any more."""
        self._mark(QModelIndex())

    def dropEvent(self, event: QDropEvent) -> None:
        """The documents go to the collection below."""
        index = self.indexAt(event.position().toPoint())
        self._mark(QModelIndex())
        if index.row() > 0 and event.mimeData().hasFormat(DOCUMENT_IDS):
            ids = bytes(event.mimeData().data(DOCUMENT_IDS).data()).decode().split(",")
            event.setDropAction(Qt.DropAction.CopyAction)  # the table itself must not remove the rows
            event.accept()
            self.dropped.emit(tuple(int(id) for id in ids if id), self.item(index.row()).text())
        else:
            event.ignore()

    def _aim(self, event: QDragMoveEvent) -> None:
        index = self.indexAt(event.position().toPoint())
        if not event.mimeData().hasFormat(DOCUMENT_IDS):
            event.ignore()
            return
        self._mark(index if index.row() > 0 else QModelIndex())
        # Taken even over the first row, where it would do nothing: otherwise Qt asks no more while it moves.
        event.setDropAction(Qt.DropAction.CopyAction)
        event.accept()

    def _mark(self, index: QModelIndex | QPersistentModelIndex) -> None:
        self.over = index
        self.viewport().update()


class _Row(QStyledItemDelegate):
    """A name at the left, its count at the right."""

    def __init__(self, desk: Desk, parent: _List) -> None:
        super().__init__(parent)
        self._desk = desk
        self._list = parent

    def sizeHint(self, option: QStyleOptionViewItem, index: QModelIndex | QPersistentModelIndex) -> QSize:
        """As high as a row of the table, higher with large text."""
        return QSize(80, max(_ROW_HEIGHT, option.fontMetrics.height() + 14))

    def paint(
        self, painter: QPainter, option: QStyleOptionViewItem, index: QModelIndex | QPersistentModelIndex
    ) -> None:
        """The row."""
        theme = self._desk.theme
        area: QRect = option.rect.adjusted(0, 1, 0, -1)
        state = option.state
        painter.save()
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        selected = bool(state & QStyle.StateFlag.State_Selected)
        hovered = bool(state & QStyle.StateFlag.State_MouseOver)
        over = index == self._list.over
        if selected or hovered or over:
            painter.setBrush(QColor(theme.accent_soft if selected or over else theme.raised))
            painter.setPen(QPen(QColor(theme.accent), 1.5) if over or self._has_focus(state) else Qt.PenStyle.NoPen)
            painter.drawRoundedRect(area.adjusted(1, 0, -1, 0), 6, 6)
        inner = area.adjusted(_INSET, 0, -_INSET, 0)
        count = QLocale().toString(int(index.data(_COUNT)))
        metrics = option.fontMetrics
        middle = Qt.AlignmentFlag.AlignVCenter
        painter.setPen(QColor(theme.muted))
        painter.drawText(inner, middle | Qt.AlignmentFlag.AlignRight, count)
        name = inner.adjusted(0, 0, -metrics.horizontalAdvance(count) - _INSET, 0)
        font = painter.font()
        font.setBold(selected)
        painter.setFont(font)
        painter.setPen(QColor(theme.ink))
        text = QFontMetrics(font).elidedText(index.data(), Qt.TextElideMode.ElideRight, name.width())
        painter.drawText(name, middle | Qt.AlignmentFlag.AlignLeft, text)
        painter.restore()

    def _has_focus(self, state: QStyle.StateFlag) -> bool:
        return bool(state & QStyle.StateFlag.State_HasFocus)
