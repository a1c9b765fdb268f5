"""The answers on record as rows: number, time, who, what, how it ended, where, with which model, whole or not."""

from __future__ import annotations

from functools import cache

from PySide6.QtCore import QAbstractTableModel, QModelIndex, QObject, QPersistentModelIndex, Qt
from PySide6.QtGui import QColor, QIcon

from desktop.channel import RecordLine
from desktop.window.citing import local_time, one_line
from desktop.window.desk import Desk
from desktop.window.icons import icon
from desktop.window.prose import tip

NUMBER, TIME, WHO, QUESTION, KIND, COLLECTIONS, MODEL, INTACT = range(8)
_KIND_ICONS = {"answered": "supported", "not_found": "search", "conversation": "conversation", "stopped": "stop"}
_NOWHERE = QModelIndex()
_Index = QModelIndex | QPersistentModelIndex
_local = cache(local_time)


class RecordsModel(QAbstractTableModel):
    """Records as rows, in the order in which the engine gave them: the newest first."""

    def __init__(self, desk: Desk, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._desk = desk
        self._lines: tuple[RecordLine, ...] = ()
        self._rows: dict[int, int] = {}
        self._icons: dict[str, QIcon] = {}
        self._headers = (
            self.tr("No."),
            self.tr("Time"),
            self.tr("User"),
            self.tr("Question"),
            self.tr("Result"),
            self.tr("Collections"),
            self.tr("Model"),
            self.tr("Intact"),
        )
        self._kinds = {
            "answered": self.tr("Answered"),
            "not_found": self.tr("Not found"),
            "conversation": self.tr("Conversation"),
            "stopped": self.tr("Stopped"),
        }
        self._everything = self.tr("all")
        self._whole = self.tr("The record is as it was written")
        self._altered = self.tr("The record was changed after it was written")
        desk.restyled.connect(self._paint)
        self._paint()

    @property
    def lines(self) -> tuple[RecordLine, ...]:
        """What is shown."""
        return self._lines

    def set_lines(self, lines: tuple[RecordLine, ...]) -> None:
        """Other records."""
        self.beginResetModel()
        self._lines = lines
        self._rows = {line.sequence: row for row, line in enumerate(lines)}
        self.endResetModel()

    def row_of(self, sequence: int) -> int:
        """The row of a record, -1 when it is not shown."""
        return self._rows.get(sequence, -1)

    def kind_words(self, kind: str) -> str:
        """How an answer ended, in a word."""
        return self._kinds.get(kind, kind or "–")

    def samples(self, column: int) -> tuple[str, ...]:
        """What is about as wide as a cell of this column gets."""
        return {
            NUMBER: ("99999",),
            TIME: (_local("2026-11-22T22:22:22", self._desk.language),),
            KIND: tuple(self._kinds.values()),
        }.get(column, ("mmmmm",))

    def rowCount(self, parent: _Index = _NOWHERE) -> int:
        """As many as there are records."""
        return 0 if parent.isValid() else len(self._lines)

    def columnCount(self, parent: _Index = _NOWHERE) -> int:
        """Eight."""
        return 0 if parent.isValid() else len(self._headers)

    def headerData(self, section: int, orientation: Qt.Orientation, role: int = Qt.ItemDataRole.DisplayRole) -> object:
        """The columns' names."""
        if orientation == Qt.Orientation.Horizontal:
            if role == Qt.ItemDataRole.DisplayRole:
                return self._headers[section]
            if role == Qt.ItemDataRole.TextAlignmentRole:
                return Qt.AlignmentFlag.AlignVCenter | (
                    Qt.AlignmentFlag.AlignRight if section == NUMBER else Qt.AlignmentFlag.AlignLeft
                )
        return None

    def data(self, index: _Index, role: int = Qt.ItemDataRole.DisplayRole) -> object:
        """A cell; what is shown as an icon is said in words to a screen reader."""
        line, column = self._lines[index.row()], index.column()
        if role == Qt.ItemDataRole.DisplayRole:
            return self._text(line, column)
        if role == Qt.ItemDataRole.DecorationRole:
            if column == KIND:
                return self._icons[line.kind if line.kind in _KIND_ICONS else "conversation"]
            if column == INTACT:
                return self._icons["whole" if line.intact else "altered"]
        if role == Qt.ItemDataRole.TextAlignmentRole and column == NUMBER:
            return Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter
        if role == Qt.ItemDataRole.ForegroundRole and column not in (QUESTION, KIND):
            return QColor(self._desk.theme.muted if line.intact or column != INTACT else self._desk.theme.bad)
        if role == Qt.ItemDataRole.ToolTipRole:
            return self._tip(line, column)
        if role == Qt.ItemDataRole.AccessibleTextRole and column == INTACT:
            return self._tip(line, column)
        return None

    def _text(self, line: RecordLine, column: int) -> str:
        if column == NUMBER:
            return str(line.sequence)
        if column == TIME:
            return _local(line.utc, self._desk.language)
        if column == WHO:
            return one_line(line.user)
        if column == QUESTION:
            return one_line(line.question)
        if column == KIND:
            return self.kind_words(line.kind)
        if column == COLLECTIONS:
            return ", ".join(map(one_line, line.collections)) or self._everything
        if column == MODEL:
            return one_line(line.model)
        return ""

    def _tip(self, line: RecordLine, column: int) -> str | None:
        if column == INTACT:
            return self._whole if line.intact else self._altered
        if column == TIME:
            return f"{line.utc} (UTC)"
        if column == QUESTION:
            return tip(line.question)
        return None

    def _paint(self) -> None:
        theme = self._desk.theme
        colours = {"answered": theme.good, "not_found": theme.warn}
        self._icons = {kind: icon(name, colours.get(kind, theme.muted), 16) for kind, name in _KIND_ICONS.items()} | {
            "whole": icon("supported", theme.good, 16),
            "altered": icon("unsupported", theme.bad, 16),
        }
        if self._lines:
            self.dataChanged.emit(self.index(0, 0), self.index(len(self._lines) - 1, INTACT))
