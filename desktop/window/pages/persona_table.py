"""A small table that a person fills in: rows of words, added, edited in place and taken out."""

from __future__ import annotations

from collections.abc import Sequence

from PySide6.QtCore import QAbstractTableModel, QModelIndex, QObject, QPersistentModelIndex, Qt, Signal
from PySide6.QtGui import QFont, QFontMetrics, QKeyEvent, QResizeEvent
from PySide6.QtWidgets import QAbstractItemView, QHBoxLayout, QHeaderView, QTableView, QVBoxLayout, QWidget

from desktop.window.desk import Desk
from desktop.window.prose import tip
from desktop.window.theme import GAP
from desktop.window.widgets import IconButton, label

_Index = QModelIndex | QPersistentModelIndex
_NOWHERE = QModelIndex()
_LEAST_ROWS, _MOST_ROWS = 3, 9


class Grid(QAbstractTableModel):
    """Rows of texts.  ``hints`` says of each column what belongs into it."""

    edited = Signal()

    def __init__(self, headings: Sequence[str], hints: Sequence[str], parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._headings = tuple(headings)
        self._hints = tuple(hints)
        self.rows: list[list[str]] = []

    def set_rows(self, rows: Sequence[Sequence[str]]) -> None:
        """Other rows; nobody has edited them."""
        self.beginResetModel()
        self.rows = [list(row) for row in rows]
        self.endResetModel()

    def rowCount(self, parent: _Index = _NOWHERE) -> int:
        """As many as were filled in."""
        return 0 if parent.isValid() else len(self.rows)

    def columnCount(self, parent: _Index = _NOWHERE) -> int:
        """As many as there are headings."""
        return 0 if parent.isValid() else len(self._headings)

    def headerData(self, section: int, orientation: Qt.Orientation, role: int = Qt.ItemDataRole.DisplayRole) -> object:
        """The headings, and what belongs below them."""
        if orientation == Qt.Orientation.Vertical:
            return None
        match role:
            case Qt.ItemDataRole.DisplayRole:
                return self._headings[section]
            case Qt.ItemDataRole.ToolTipRole:
                return self._hints[section]
            case Qt.ItemDataRole.TextAlignmentRole:
                return Qt.AlignmentFlag.AlignVCenter | Qt.AlignmentFlag.AlignLeft
        return None

    def flags(self, index: _Index) -> Qt.ItemFlag:
        """Every cell can be edited."""
        return super().flags(index) | (Qt.ItemFlag.ItemIsEditable if index.isValid() else Qt.ItemFlag.NoItemFlags)

    def data(self, index: _Index, role: int = Qt.ItemDataRole.DisplayRole) -> object:
        """A cell, in one line where it is only read."""
        text = self.rows[index.row()][index.column()]
        match role:
            case Qt.ItemDataRole.DisplayRole:
                return " ".join(text.split())
            case Qt.ItemDataRole.EditRole:
                return text
            case Qt.ItemDataRole.ToolTipRole:
                return tip(text)
        return None

    def setData(self, index: _Index, value: object, role: int = Qt.ItemDataRole.EditRole) -> bool:
        """Another text in a cell."""
        if role != Qt.ItemDataRole.EditRole or not index.isValid():
            return False
        text = str(value).strip()
        if text != self.rows[index.row()][index.column()]:
            self.rows[index.row()][index.column()] = text
            self.dataChanged.emit(index, index)
            self.edited.emit()
        return True

    def append(self, rows: Sequence[Sequence[str]]) -> None:
        """More rows at the end."""
        if rows:
            self.beginInsertRows(QModelIndex(), len(self.rows), len(self.rows) + len(rows) - 1)
            self.rows += [list(row) for row in rows]
            self.endInsertRows()
            self.edited.emit()

    def drop(self, rows: Sequence[int]) -> None:
        """Take these rows out."""
        for row in sorted(set(rows), reverse=True):
            self.beginRemoveRows(QModelIndex(), row, row)
            del self.rows[row]
            self.endRemoveRows()
        if rows:
            self.edited.emit()


class _Table(QTableView):
    """Delete takes the selected rows out; Tab leads on to the next field of the page."""

    deleting = Signal()

    def __init__(self, grid: Grid, weights: Sequence[int]) -> None:
        super().__init__()
        self._weights = tuple(weights)
        self.setModel(grid)
        self.setTabKeyNavigation(False)
        self.setShowGrid(True)
        self.setWordWrap(False)
        self.setSelectionMode(QAbstractItemView.SelectionMode.ExtendedSelection)
        self.setVerticalScrollMode(QAbstractItemView.ScrollMode.ScrollPerPixel)
        self.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.setEditTriggers(
            QAbstractItemView.EditTrigger.DoubleClicked
            | QAbstractItemView.EditTrigger.AnyKeyPressed
            | QAbstractItemView.EditTrigger.EditKeyPressed
        )
        self.verticalHeader().hide()
        self.verticalHeader().setSectionResizeMode(QHeaderView.ResizeMode.Fixed)
        header = self.horizontalHeader()
        header.setHighlightSections(False)
        header.setSectionResizeMode(QHeaderView.ResizeMode.Fixed)
        header.setStretchLastSection(True)

    def resizeEvent(self, event: QResizeEvent) -> None:
        """Each column has its share."""
        super().resizeEvent(event)
        header, grid = self.horizontalHeader(), self.model()
        font = QFont(header.font())
        font.setBold(True)
        metrics = QFontMetrics(font)
        least = [
            metrics.horizontalAdvance(str(grid.headerData(column, Qt.Orientation.Horizontal))) + 20
            for column in range(grid.columnCount())
        ]
        room = max(0, self.viewport().width() - sum(least))
        for column, weight in enumerate(self._weights[:-1]):
            header.resizeSection(column, least[column] + room * weight // sum(self._weights))

    @property
    def _editing(self) -> bool:
        return self.state() == QAbstractItemView.State.EditingState

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """Enter edits a cell, Delete takes rows out, the rest as usual."""
        if event.key() == Qt.Key.Key_Delete and not self._editing:
            self.deleting.emit()
        elif (
            event.key() in (Qt.Key.Key_Return, Qt.Key.Key_Enter)
            and self.state() != QAbstractItemView.State.EditingState
        ):
            self.edit(self.currentIndex())
        else:
            super().keyPressEvent(event)


class EditTable(QWidget):
    """The table with its heading and what can be done with its rows."""

    edited = Signal()

    def __init__(
        self, desk: Desk, title: str, headings: Sequence[str], hints: Sequence[str], weights: Sequence[int] = ()
    ) -> None:
        """``weights``: how the columns share the width; alike when none are given."""
        super().__init__()
        self._width = len(headings)
        self.grid = Grid(headings, hints, self)
        self.table = _Table(self.grid, weights or (1,) * len(headings))
        self.table.setAccessibleName(title)
        self.table.setAccessibleDescription(self.tr("Enter edits a cell, Delete takes rows out."))
        self.table.deleting.connect(self.drop_selected)
        self.add = IconButton(desk, "add", self.tr("Add a row: {table}").format(table=title), self.add_row)
        self.bin = IconButton(
            desk, "delete", self.tr("Take the selected rows out: {table}").format(table=title), self.drop_selected
        )
        self.count = label("", "muted", wrap=False)
        self.head = QHBoxLayout()
        self.head.setContentsMargins(0, 0, 0, 0)
        self.head.setSpacing(GAP // 2)
        self.head.addWidget(label(title, wrap=False))
        self.head.addWidget(self.count)
        self.head.addStretch(1)
        self.head.addWidget(self.add)
        self.head.addWidget(self.bin)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(4)
        column.addLayout(self.head)
        column.addWidget(self.table)
        self.grid.edited.connect(self.edited)
        for signal in (self.grid.rowsInserted, self.grid.rowsRemoved, self.grid.modelReset):
            signal.connect(self._fit)
        self.table.selectionModel().selectionChanged.connect(lambda *_: self._enable())
        self._fit()

    @property
    def rows(self) -> tuple[tuple[str, ...], ...]:
        """What is filled in; rows with nothing in them are none."""
        return tuple(tuple(row) for row in self.grid.rows if any(row))

    def set_rows(self, rows: Sequence[Sequence[str]]) -> None:
        """Show these."""
        self.grid.set_rows(rows)

    def add_row(self) -> None:
        """A new row, ready to be typed into."""
        if self.grid.rows and not any(self.grid.rows[-1]):
            at = len(self.grid.rows) - 1
        else:
            at = len(self.grid.rows)
            self.grid.append([[""] * self._width])
        index = self.grid.index(at, 0)
        self.table.setCurrentIndex(index)
        self.table.scrollTo(index)
        self.table.setFocus()
        self.table.edit(index)

    def drop_selected(self) -> None:
        """Take the selected rows out."""
        self.grid.drop([index.row() for index in self.table.selectionModel().selectedIndexes()])

    def resizeEvent(self, event: QResizeEvent) -> None:
        """As the text is large."""
        super().resizeEvent(event)
        self._fit()

    def _fit(self) -> None:
        height = self.table.fontMetrics().height() + 14
        self.table.verticalHeader().setDefaultSectionSize(height)
        rows = max(_LEAST_ROWS, min(_MOST_ROWS, len(self.grid.rows)))
        self.table.setFixedHeight(rows * height + self.table.horizontalHeader().sizeHint().height() + 4)
        self.count.setText(str(len(self.rows) or ""))
        self._enable()

    def _enable(self) -> None:
        self.bin.setEnabled(self.table.selectionModel().hasSelection())
