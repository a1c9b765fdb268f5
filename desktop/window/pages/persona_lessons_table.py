"""The examples of a persona as a table: filtered by kind and words, edited through :class:`LessonsModel`."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from PySide6.QtCore import QAbstractTableModel, QModelIndex, QObject, QPersistentModelIndex, Qt, Signal
from PySide6.QtGui import QColor, QKeyEvent, QResizeEvent
from PySide6.QtWidgets import QAbstractItemView, QHeaderView, QTableView

from core.nouns import Turn
from desktop.channel import Lesson
from desktop.window.desk import Desk
from desktop.window.pages.persona_words import kind_words
from desktop.window.prose import tip

KIND, ASKED, SAID = range(3)
KINDS = ("identity", "style", "glossary", "dialogue", "general")
_Index = QModelIndex | QPersistentModelIndex
_NOWHERE = QModelIndex()
_SHOWN = 300  # characters of a cell: the rest is in the fields below the table


def asked_of(lesson: Lesson) -> str:
    """What a person says last in it."""
    return next((turn.content for turn in reversed(lesson.turns) if turn.role == "user"), "")


def said_of(lesson: Lesson) -> str:
    """What the persona is to say."""
    return lesson.turns[-1].content if lesson.turns and lesson.turns[-1].role == "assistant" else ""


def before_of(lesson: Lesson) -> str:
    """What was said before the last question, if anything."""
    at = max((at for at, turn in enumerate(lesson.turns) if turn.role == "user"), default=0)
    return "\n".join(turn.content for turn in lesson.turns[:at])


def reworded(lesson: Lesson, asked: str, said: str) -> Lesson:
    """The lesson with another question and answer; what goes before stays."""
    turns = list(lesson.turns)
    at = max((at for at, turn in enumerate(turns) if turn.role == "user"), default=-1)
    if at >= 0:
        turns[at] = Turn("user", asked)
    if turns and turns[-1].role == "assistant":
        turns[-1] = Turn("assistant", said)
    return replace(lesson, turns=tuple(turns))


class LessonsModel(QAbstractTableModel):
    """All lessons, of which those that pass the filter are rows."""

    edited = Signal()

    def __init__(self, desk: Desk, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._desk = desk
        self.lessons: list[Lesson] = []
        self._shown: list[int] = []
        self._kind, self._words = "", ""
        self._headings = (self.tr("Kind"), self.tr("Somebody says"), self.tr("It answers"))
        self._held_out = self.tr("Kept aside: not learned from, used to see when to stop")

    def set_lessons(self, lessons: Sequence[Lesson]) -> None:
        """Other lessons; nobody has edited them."""
        self.beginResetModel()
        self.lessons = list(lessons)
        self._filter()
        self.endResetModel()

    def set_filter(self, kind: str, words: str) -> None:
        """Only lessons of that kind with all these words in question or answer; empty for all."""
        self.beginResetModel()
        self._kind, self._words = kind, words
        self._filter()
        self.endResetModel()

    def _filter(self) -> None:
        words = self._words.casefold().split()
        self._shown = []
        for at, lesson in enumerate(self.lessons):
            if self._kind and lesson.kind != self._kind:
                continue
            text = f"{asked_of(lesson)}\n{said_of(lesson)}".casefold() if words else ""
            if all(word in text for word in words):
                self._shown.append(at)

    def count(self, kind: str) -> int:
        """How many there are of a kind; of all for none."""
        return sum(not kind or lesson.kind == kind for lesson in self.lessons)

    def lesson(self, row: int) -> Lesson | None:
        """What is in that row."""
        return self.lessons[self._shown[row]] if 0 <= row < len(self._shown) else None

    def change(self, row: int, asked: str, said: str) -> None:
        """Another question and answer in that row."""
        former = self.lesson(row)
        if former is not None and (made := reworded(former, asked, said)) != former:
            self.lessons[self._shown[row]] = made
            self.dataChanged.emit(self.index(row, KIND), self.index(row, SAID))
            self.edited.emit()

    def add(self, lesson: Lesson) -> int:
        """One more, at the end; its row, whatever the filter."""
        self.beginInsertRows(QModelIndex(), len(self._shown), len(self._shown))
        self._shown.append(len(self.lessons))
        self.lessons.append(lesson)
        self.endInsertRows()
        self.edited.emit()
        return len(self._shown) - 1

    def drop(self, rows: Sequence[int]) -> None:
        """Take these rows out."""
        gone = {self._shown[row] for row in rows if 0 <= row < len(self._shown)}
        if gone:
            self.beginResetModel()
            self.lessons = [lesson for at, lesson in enumerate(self.lessons) if at not in gone]
            self._filter()
            self.endResetModel()
            self.edited.emit()

    def rowCount(self, parent: _Index = _NOWHERE) -> int:
        """As many as pass the filter."""
        return 0 if parent.isValid() else len(self._shown)

    def columnCount(self, parent: _Index = _NOWHERE) -> int:
        """Three."""
        return 0 if parent.isValid() else len(self._headings)

    def headerData(self, section: int, orientation: Qt.Orientation, role: int = Qt.ItemDataRole.DisplayRole) -> object:
        """The headings."""
        if orientation == Qt.Orientation.Horizontal:
            if role == Qt.ItemDataRole.DisplayRole:
                return self._headings[section]
            if role == Qt.ItemDataRole.TextAlignmentRole:
                return Qt.AlignmentFlag.AlignVCenter | Qt.AlignmentFlag.AlignLeft
        return None

    def data(self, index: _Index, role: int = Qt.ItemDataRole.DisplayRole) -> object:
        """A cell."""
        lesson, column = self.lessons[self._shown[index.row()]], index.column()
        if role == Qt.ItemDataRole.DisplayRole:
            if column == KIND:
                return kind_words(lesson.kind) + (" ◇" if lesson.held_out else "")
            return " ".join((asked_of(lesson) if column == ASKED else said_of(lesson))[:_SHOWN].split())
        if role == Qt.ItemDataRole.ForegroundRole and column == KIND:
            return QColor(self._desk.theme.muted)
        if role == Qt.ItemDataRole.ToolTipRole:
            if column == KIND:
                return self._held_out if lesson.held_out else ""
            return tip(asked_of(lesson) if column == ASKED else said_of(lesson))
        if role == Qt.ItemDataRole.AccessibleTextRole and column == KIND and lesson.held_out:
            return f"{kind_words(lesson.kind)}, {self._held_out}"
        return None


class LessonsTable(QTableView):
    """The table; Delete takes the selected rows out."""

    deleting = Signal()

    def __init__(self, desk: Desk, model: LessonsModel) -> None:
        super().__init__()
        self.setModel(model)
        self.setSelectionBehavior(QAbstractItemView.SelectionBehavior.SelectRows)
        self.setSelectionMode(QAbstractItemView.SelectionMode.ExtendedSelection)
        self.setEditTriggers(QAbstractItemView.EditTrigger.NoEditTriggers)
        self.setTabKeyNavigation(False)
        self.setShowGrid(False)
        self.setWordWrap(False)
        self.setVerticalScrollMode(QAbstractItemView.ScrollMode.ScrollPerPixel)
        self.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.setMinimumHeight(110)
        self.verticalHeader().hide()
        self.verticalHeader().setSectionResizeMode(QHeaderView.ResizeMode.Fixed)
        header = self.horizontalHeader()
        header.setHighlightSections(False)
        header.setSectionResizeMode(QHeaderView.ResizeMode.Stretch)
        header.setSectionResizeMode(KIND, QHeaderView.ResizeMode.Interactive)
        desk.restyled.connect(self._measure)
        self._measure()

    @property
    def selected(self) -> tuple[int, ...]:
        """The selected rows."""
        return tuple(sorted({index.row() for index in self.selectionModel().selectedRows()}))

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """Delete takes rows out, the rest moves."""
        if event.key() == Qt.Key.Key_Delete:
            self.deleting.emit()
        else:
            super().keyPressEvent(event)

    def resizeEvent(self, event: QResizeEvent) -> None:
        """Where there is little room, the kind gives way."""
        super().resizeEvent(event)
        self._measure()

    def _measure(self) -> None:
        metrics = self.fontMetrics()
        self.verticalHeader().setDefaultSectionSize(metrics.height() + 14)
        wide = max(metrics.horizontalAdvance(f"{kind_words(kind)} ◇") for kind in KINDS) + 26
        self.horizontalHeader().resizeSection(KIND, wide)
