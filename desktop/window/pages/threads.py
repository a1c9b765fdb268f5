"""The list of conversations: found by words, opened, renamed where it stands, deleted after a question."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from PySide6.QtCore import QAbstractListModel, QModelIndex, QPersistentModelIndex, QPoint, QRect, QSize, Qt, QTimer
from PySide6.QtGui import QColor, QFontMetrics, QKeyEvent, QPainter
from PySide6.QtWidgets import (
    QHBoxLayout,
    QLineEdit,
    QListView,
    QMenu,
    QStyle,
    QStyledItemDelegate,
    QStyleOptionViewItem,
    QVBoxLayout,
    QWidget,
)

from core.nouns import Conversation
from desktop.channel import DeleteConversation, ListConversations, RenameConversation
from desktop.window import citing
from desktop.window.confirm import Confirm
from desktop.window.desk import Desk
from desktop.window.elided import ElidedLabel
from desktop.window.prose import tip
from desktop.window.theme import GAP
from desktop.window.widgets import IconButton, label

_Index = QModelIndex | QPersistentModelIndex
_CONVERSATION = Qt.ItemDataRole.UserRole
_WAIT = 250  # milliseconds after the last letter of a search
_LONGEST_TITLE = 200


class _Model(QAbstractListModel):
    def __init__(self, renamed: Callable[[Conversation, str], None], told: Callable[[Conversation], str]) -> None:
        super().__init__()
        self._renamed = renamed
        self._told = told
        self.items: list[Conversation] = []

    def set_items(self, items: Sequence[Conversation]) -> None:
        self.beginResetModel()
        self.items = list(items)
        self.endResetModel()

    def rowCount(self, parent: _Index = QModelIndex()) -> int:  # noqa: B008
        return 0 if parent.isValid() else len(self.items)

    def data(self, index: _Index, role: int = Qt.ItemDataRole.DisplayRole) -> object:
        if not index.isValid() or index.row() >= len(self.items):
            return None
        item = self.items[index.row()]
        match role:
            case Qt.ItemDataRole.DisplayRole | Qt.ItemDataRole.EditRole:
                return citing.one_line(item.title)
            case Qt.ItemDataRole.ToolTipRole:
                return tip(citing.one_line(item.title), self._told(item))
            case Qt.ItemDataRole.AccessibleTextRole:
                return f"{citing.one_line(item.title)}, {self._told(item)}"
            case _ if role == _CONVERSATION:
                return item
        return None

    def flags(self, index: _Index) -> Qt.ItemFlag:
        editable = Qt.ItemFlag.ItemIsEditable if index.isValid() else Qt.ItemFlag.NoItemFlags
        return super().flags(index) | editable

    def setData(self, index: _Index, value: object, role: int = Qt.ItemDataRole.EditRole) -> bool:
        title = citing.one_line(str(value))[:_LONGEST_TITLE]
        if role != Qt.ItemDataRole.EditRole or not title or not index.isValid():
            return False
        item = self.items[index.row()]
        if title != citing.one_line(item.title):
            self.items[index.row()] = Conversation(item.id, title, item.utc, item.exchanges)
            self.dataChanged.emit(index, index)
            self._renamed(item, title)
        return True


class _Lines(QStyledItemDelegate):
    """Two lines: the title, and when and how much."""

    def __init__(self, desk: Desk, told: Callable[[Conversation], str], parent: QWidget) -> None:
        super().__init__(parent)
        self._desk = desk
        self._told = told

    def sizeHint(self, option: QStyleOptionViewItem, _index: _Index) -> QSize:
        """Two lines and air."""
        return QSize(120, 2 * QFontMetrics(option.font).height() + 14)

    def paint(self, painter: QPainter, option: QStyleOptionViewItem, index: _Index) -> None:
        """The lines on the ground that says whether the item is chosen."""
        theme = self._desk.theme
        box: QRect = option.rect.adjusted(4, 1, -4, -1)
        state = option.state
        selected = bool(state & QStyle.StateFlag.State_Selected)
        painter.save()
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.setPen(Qt.PenStyle.NoPen)
        if selected or state & QStyle.StateFlag.State_MouseOver:
            painter.setBrush(QColor(theme.accent_soft if selected else theme.raised))
            painter.drawRoundedRect(box, 6, 6)
        if state & QStyle.StateFlag.State_HasFocus:
            painter.setBrush(Qt.BrushStyle.NoBrush)
            painter.setPen(QColor(theme.accent))
            painter.drawRoundedRect(box, 6, 6)
        words = box.adjusted(8, 5, -8, -5)
        metrics = QFontMetrics(option.font)
        painter.setFont(option.font)
        item = index.data(_CONVERSATION)
        for text, colour, y in (
            (str(index.data()), theme.ink, words.top()),
            (self._told(item), theme.muted, words.top() + metrics.height() + 2),
        ):
            painter.setPen(QColor(colour))
            line = QRect(words.left(), y, words.width(), metrics.height())
            shown = metrics.elidedText(text, Qt.TextElideMode.ElideRight, line.width())
            painter.drawText(line, Qt.AlignmentFlag.AlignVCenter, shown)
        painter.restore()

    def updateEditorGeometry(self, editor: QWidget, option: QStyleOptionViewItem, _index: _Index) -> None:
        """The editor lies over the whole item: half of a line below it would look like a fault."""
        editor.setGeometry(option.rect.adjusted(4, 1, -4, -1))


class Threads(QWidget):
    """``chosen`` gets the conversation to open, ``begun`` is called for a new one, ``gone`` when one was deleted."""

    def __init__(
        self,
        desk: Desk,
        *,
        chosen: Callable[[Conversation], None],
        begun: Callable[[], None],
        renamed: Callable[[int, str], None],
        gone: Callable[[int], None],
    ) -> None:
        super().__init__()
        self._desk = desk
        self._chosen, self._renamed, self._gone = chosen, renamed, gone
        self._current = 0
        self._asked = 0
        self._model = _Model(self._rename, self._told)
        self.search = QLineEdit()
        self.search.setPlaceholderText(self.tr("Search conversations"))
        self.search.setAccessibleName(self.tr("Search conversations"))
        self.search.setClearButtonEnabled(True)
        self.list = _List(self.rename, self.delete)
        self.list.setModel(self._model)
        self.list.setItemDelegate(_Lines(desk, self._told, self.list))
        self.list.setStyleSheet("QListView { border: none; }")
        self.list.setAccessibleName(self.tr("Conversations"))
        self.list.clicked.connect(self._open)
        self.list.activated.connect(self._open)
        self.list.customContextMenuRequested.connect(self._menu)
        self.nothing = label("", "muted")
        self.nothing.setAlignment(Qt.AlignmentFlag.AlignCenter)
        self._typing = QTimer(self)
        self._typing.setSingleShot(True)
        self._typing.setInterval(_WAIT)
        self._typing.timeout.connect(self.refresh)
        self.search.textChanged.connect(lambda _: self._typing.start())
        head = QHBoxLayout()
        head.setSpacing(2)
        heading = ElidedLabel("heading", Qt.TextElideMode.ElideRight)
        heading.setText(self.tr("Conversations"))
        head.addWidget(heading, 1)
        self.edit = IconButton(desk, "edit", self.tr("Rename  (F2)"), self.rename)
        self.bin = IconButton(desk, "delete", self.tr("Delete  (Del)"), self.delete)
        head.addWidget(self.edit)
        head.addWidget(self.bin)
        head.addWidget(IconButton(desk, "new", self.tr("New conversation  (Ctrl+N)"), begun))
        column = QVBoxLayout(self)
        column.setContentsMargins(GAP, GAP // 2, GAP, GAP // 2)
        column.setSpacing(GAP // 2)
        column.addLayout(head)
        column.addWidget(self.search)
        column.addWidget(self.nothing)
        column.addWidget(self.list, 1)
        self._tell()

    def refresh(self) -> None:
        """Ask for the list anew."""
        words = self.search.text().strip()
        self._asked += 1
        asked = self._asked

        def show(items: tuple[Conversation, ...]) -> None:
            if asked == self._asked:  # an answer to an earlier word may come later
                self._model.set_items(items)
                self.set_current(self._current)
                self._tell()

        self._desk.jobs.run(ListConversations(words), self, done=show)

    def set_current(self, id: int) -> None:
        """Mark the conversation that is open; 0 marks none."""
        self._current = id
        for row, item in enumerate(self._model.items):
            if item.id == id:
                self.list.setCurrentIndex(self._model.index(row, 0))
                break
        else:
            self.list.setCurrentIndex(QModelIndex())
        self._tell()

    def title_of(self, id: int) -> str:
        """The title of a conversation in the list, or nothing."""
        return next((item.title for item in self._model.items if item.id == id), "")

    def rename(self) -> None:
        """Change the marked title where it stands."""
        if self.list.currentIndex().isValid():
            self.list.edit(self.list.currentIndex())

    def delete(self) -> None:
        """Delete the marked conversation, after a question that says what goes and what stays."""
        item = self.list.currentIndex().data(_CONVERSATION)
        if not isinstance(item, Conversation):
            return
        Confirm(
            self,
            self.tr("Delete “{title}”?").format(title=citing.one_line(item.title)),
            self.tr("Its question and answer go. The audit record stays.")
            if item.exchanges == 1
            else self.tr("Its {n} questions and answers go. The audit records stay.").format(n=item.exchanges),
            self.tr("Delete"),
            lambda: self._delete(item),
        )

    # -- inside

    def _told(self, item: Conversation) -> str:
        when = citing.local_time(item.utc, self._desk.language)
        if item.exchanges == 1:
            return self.tr("{time} · 1 question").format(time=when)
        return self.tr("{time} · {n} questions").format(time=when, n=item.exchanges)

    def _open(self, index: QModelIndex) -> None:
        item = index.data(_CONVERSATION)
        if isinstance(item, Conversation):
            self._current = item.id
            self._tell()
            self._chosen(item)

    def _rename(self, item: Conversation, title: str) -> None:
        self._renamed(item.id, title)
        self._desk.jobs.run(RenameConversation(item.id, title), self, failed=self._not_done)

    def _delete(self, item: Conversation) -> None:
        def gone(_: None) -> None:
            self._gone(item.id)
            self.refresh()

        self._desk.jobs.run(DeleteConversation(item.id), self, done=gone, failed=self._not_done)

    def _not_done(self, error: object) -> None:
        self._desk.complain(error)  # type: ignore[arg-type]
        self.refresh()

    def _menu(self, point: QPoint) -> None:
        if not self.list.indexAt(point).isValid():
            return
        menu = QMenu(self)
        menu.addAction(self.tr("Rename"), self.rename)
        menu.addAction(self.tr("Delete …"), self.delete)
        menu.aboutToHide.connect(menu.deleteLater)
        menu.popup(self.list.viewport().mapToGlobal(point))

    def _tell(self) -> None:
        empty = not self._model.items
        words = self.search.text().strip()
        self.nothing.setVisible(empty)
        self.nothing.setText(
            self.tr("No conversation has these words.") if words else self.tr("What you ask is kept here.")
        )
        self.list.setVisible(not empty)
        marked = self.list.currentIndex().isValid()
        self.edit.setEnabled(marked)
        self.bin.setEnabled(marked)


class _List(QListView):
    """A list whose Delete and F2 mean the conversation."""

    def __init__(self, rename: Callable[[], None], delete: Callable[[], None]) -> None:
        super().__init__()
        self._rename = rename
        self._delete = delete
        self.setUniformItemSizes(True)
        self.setMouseTracking(True)
        self.setFrameShape(QListView.Shape.NoFrame)
        self.setEditTriggers(QListView.EditTrigger.NoEditTriggers)
        self.setVerticalScrollMode(QListView.ScrollMode.ScrollPerPixel)
        self.setContextMenuPolicy(Qt.ContextMenuPolicy.CustomContextMenu)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """F2 renames, Delete deletes, the rest moves."""
        if event.key() == Qt.Key.Key_F2:
            self._rename()
        elif event.key() == Qt.Key.Key_Delete:
            self._delete()
        else:
            super().keyPressEvent(event)
