"""The files of an import in a list: what became of each, and why."""

from __future__ import annotations

from typing import Any

from PySide6.QtCore import QAbstractTableModel, QModelIndex, QObject, QPersistentModelIndex, Qt
from PySide6.QtGui import QAction, QColor, QGuiApplication, QIcon, QKeySequence
from PySide6.QtWidgets import QAbstractItemView, QHeaderView, QTableView

from desktop.window.desk import Desk
from desktop.window.icons import icon
from desktop.window.pages.import_log import Fate, Line

_Index = QModelIndex | QPersistentModelIndex
_NOWHERE = QModelIndex()
_ROWS_SHOWN = 5
_ROW_PADDING = 14


class LinesModel(QAbstractTableModel):
    """Lines of an import as rows: state, name, sentence."""

    def __init__(self, desk: Desk, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._desk = desk
        self._lines: tuple[Line, ...] = ()
        self._icons: dict[Fate, QIcon] = {}
        self._headers = (self.tr("Result"), self.tr("File"), self.tr("What happened, what to do"))
        self._words = {
            Fate.ADDED: self.tr("Added"),
            Fate.REPLACED: self.tr("New version"),
            Fate.PARTIAL: self.tr("Partly"),
            Fate.UNCHANGED: self.tr("Already there"),
            Fate.REJECTED: self.tr("Rejected"),
        }
        desk.restyled.connect(self._paint)
        self._paint()

    def show(self, lines: tuple[Line, ...]) -> None:
        """Other lines."""
        self.beginResetModel()
        self._lines = lines
        self.endResetModel()

    def text(self, rows: list[int]) -> str:
        """The rows as plain text, one a line; all of them when ``rows`` is empty."""
        chosen = [self._lines[row] for row in rows] if rows else self._lines
        return "\n".join("\t".join((self._words[x.fate], x.name, x.sentence)).rstrip() for x in chosen)

    def rowCount(self, parent: _Index = _NOWHERE) -> int:
        """One a file."""
        return 0 if parent.isValid() else len(self._lines)

    def columnCount(self, parent: _Index = _NOWHERE) -> int:
        """Three."""
        return 0 if parent.isValid() else len(self._headers)

    def headerData(self, section: int, orientation: Qt.Orientation, role: int = Qt.ItemDataRole.DisplayRole) -> Any:
        """The columns' names."""
        if orientation == Qt.Orientation.Horizontal and role == Qt.ItemDataRole.DisplayRole:
            return self._headers[section]
        if orientation == Qt.Orientation.Horizontal and role == Qt.ItemDataRole.TextAlignmentRole:
            return Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignVCenter
        return None

    def data(self, index: _Index, role: int = Qt.ItemDataRole.DisplayRole) -> Any:
        """A cell."""
        line = self._lines[index.row()]
        if role == Qt.ItemDataRole.DisplayRole:
            return (self._words[line.fate], line.name, line.sentence)[index.column()]
        if role == Qt.ItemDataRole.DecorationRole and index.column() == 0:
            return self._icons[line.fate]
        if role == Qt.ItemDataRole.ToolTipRole and index.column() > 0:
            return (line.name, line.sentence)[index.column() - 1]
        if role == Qt.ItemDataRole.ForegroundRole and index.column() == 2:
            return QColor(self._desk.theme.muted)
        return None

    def _paint(self) -> None:
        theme = self._desk.theme
        self._icons = {
            Fate.ADDED: icon("supported", theme.good),
            Fate.REPLACED: icon("replace", theme.good),
            Fate.PARTIAL: icon("partial", theme.warn),
            Fate.UNCHANGED: icon("file", theme.muted),
            Fate.REJECTED: icon("unsupported", theme.bad),
        }
        if self._lines:
            self.dataChanged.emit(self.index(0, 0), self.index(len(self._lines) - 1, 2))


class LinesTable(QTableView):
    """The lines, scrolled; Ctrl+C copies what is selected."""

    def __init__(self, desk: Desk) -> None:
        super().__init__()
        self._lines = LinesModel(desk, self)
        self.setModel(self._lines)
        self.setAccessibleName(self.tr("Files of this import"))
        self.setSelectionBehavior(QAbstractItemView.SelectionBehavior.SelectRows)
        self.setEditTriggers(QAbstractItemView.EditTrigger.NoEditTriggers)
        self.setTabKeyNavigation(False)
        self.setShowGrid(False)
        self.setWordWrap(False)
        self.verticalHeader().hide()
        self.verticalHeader().setDefaultSectionSize(self.fontMetrics().height() + _ROW_PADDING)
        header = self.horizontalHeader()
        header.setSectionResizeMode(QHeaderView.ResizeMode.Interactive)
        header.setStretchLastSection(True)
        header.setHighlightSections(False)
        letter = self.fontMetrics().averageCharWidth()
        header.resizeSection(0, 16 * letter + 30)
        header.resizeSection(1, 40 * letter)
        copy = QAction(self.tr("Copy"), self)
        copy.setShortcut(QKeySequence.StandardKey.Copy)
        copy.setShortcutContext(Qt.ShortcutContext.WidgetShortcut)
        copy.triggered.connect(self.copy)
        self.addAction(copy)
        self.setContextMenuPolicy(Qt.ContextMenuPolicy.ActionsContextMenu)

    def show_lines(self, lines: tuple[Line, ...]) -> None:
        """Other lines; the height follows up to some rows."""
        self._lines.show(lines)
        rows = max(1, min(_ROWS_SHOWN, len(lines)))
        inner = rows * self.verticalHeader().defaultSectionSize() + 2 * self.frameWidth() + 2
        self.setFixedHeight(self.horizontalHeader().sizeHint().height() + inner)

    def copy(self) -> None:
        """The selected rows, or all of them, to the clipboard."""
        rows = sorted(index.row() for index in self.selectionModel().selectedRows())
        QGuiApplication.clipboard().setText(self._lines.text(rows))

    def copy_all(self) -> None:
        """Every row to the clipboard."""
        QGuiApplication.clipboard().setText(self._lines.text([]))
