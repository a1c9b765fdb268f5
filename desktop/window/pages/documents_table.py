"""The documents of the library as a table: one model over the tuple, filtered and sorted in it."""

from __future__ import annotations

import re
from collections.abc import Callable, Collection, Sequence
from datetime import datetime
from functools import lru_cache
from typing import Any

from PySide6.QtCore import (
    QAbstractTableModel,
    QDate,
    QItemSelection,
    QItemSelectionModel,
    QLocale,
    QMimeData,
    QModelIndex,
    QObject,
    QPersistentModelIndex,
    Qt,
    Signal,
)
from PySide6.QtGui import QAction, QIcon, QKeySequence, QResizeEvent
from PySide6.QtWidgets import (
    QAbstractItemView,
    QHeaderView,
    QStyledItemDelegate,
    QStyleOptionViewItem,
    QTableView,
)

from core.nouns import Document, Outcome
from desktop.channel import RejectedFile
from desktop.window.desk import Desk
from desktop.window.icons import icon

DOCUMENT_IDS = "application/x-vademecum-documents"  # what is dragged: their ids, with commas
_ROW_PADDING = 18
_REMEMBERED = 50_000  # names and days, so that sorting again is quick
STATE, NAME, COLLECTION, PAGES, OCR_PAGES, VERSION, ADDED, REASON = range(8)
Row = Document | RejectedFile
_NUMBERS = (PAGES, OCR_PAGES, VERSION)
_DIGITS = re.compile(r"(\d+)")
_Index = QModelIndex | QPersistentModelIndex
_NOWHERE = QModelIndex()
_OUTCOMES = tuple(Outcome)
# What is hidden first where there is little room; the details of the selected document have it all.
_DISPENSABLE = (VERSION, OCR_PAGES, REASON, ADDED, COLLECTION)
_LEAST_NAME = 26  # characters
_SELECT_ROWS = QItemSelectionModel.SelectionFlag.ClearAndSelect | QItemSelectionModel.SelectionFlag.Rows


@lru_cache(_REMEMBERED)
def local_day(utc: str) -> QDate:
    """The day, here, of a moment kept in UTC; an invalid date for what is none."""
    try:
        day = datetime.fromisoformat(utc).astimezone()
    except ValueError:
        return QDate()
    return QDate(day.year, day.month, day.day)


@lru_cache(_REMEMBERED)
def natural(name: str) -> tuple[str | int, ...]:
    """A key by which names stand as people count: page 2 before page 10."""
    # Text and number by turns, so that like is compared with like.
    return tuple(int(part) if at % 2 else part for at, part in enumerate(_DIGITS.split(name.casefold())))


def printable(text: str) -> str:
    """``text`` with what has no form on a screen replaced: names of files need not be text."""
    return text.encode("utf-8", "replace").decode("utf-8")


def key_of(row: Row) -> int:
    """What tells a row from every other: the id of a document, less than 0 for a rejected file."""
    return -row.id if isinstance(row, RejectedFile) else row.id


_SORT_KEYS: dict[int, Callable[[Row], Any]] = {
    STATE: lambda d: -_OUTCOMES.index(d.outcome),
    NAME: lambda d: natural(d.name),
    COLLECTION: lambda d: natural(d.collection),
    PAGES: lambda d: d.pages,
    OCR_PAGES: lambda d: d.ocr_pages,
    VERSION: lambda d: d.version,
    ADDED: lambda d: d.added_at,
    REASON: lambda d: d.reason,
}


class DocumentsModel(QAbstractTableModel):
    """Documents and rejected files as rows.

    Filter and order are of this model: a proxy would ask Python for every row, one by one.
    """

    def __init__(self, desk: Desk, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._desk = desk
        self._documents: tuple[Document, ...] = ()
        self._rejected: tuple[RejectedFile, ...] = ()
        self._rows: list[tuple[Row, str]] = []  # with what the filter looks into
        self._ordered: list[tuple[Row, str]] = []
        self._shown: list[Row] = []
        self._filter: tuple[str, ...] = ()
        self._collection: str | None = None
        self._outcome: Outcome | None = None
        self._order = (NAME, False)
        self._icons: dict[Outcome, QIcon] = {}
        self._day = self.tr("d MMM yyyy")
        self._headers = (
            self.tr("State"),
            self.tr("Name"),
            self.tr("Collection"),
            self.tr("Pages"),
            self.tr("By OCR"),
            self.tr("Version"),
            self.tr("Added"),
            self.tr("Reason"),
        )
        self._tips = {
            OCR_PAGES: self.tr("Pages whose text was recognised from a picture"),
            VERSION: self.tr("How many versions there have been, with this one"),
            REASON: self.tr("Why a document is partial, or a file was rejected"),
        }
        self.states = {
            Outcome.OK: self.tr("OK"),
            Outcome.PARTIAL: self.tr("Partial"),
            Outcome.REJECTED: self.tr("Rejected"),
        }
        widest = max(self.states.values(), key=len)
        day = QLocale().toString(QDate(2026, 9, 28), self._day)
        self.samples = (widest, "", "x" * 16, "00000", "000 · 00%", "00", day, "x" * 30)  # what a column has room for
        desk.restyled.connect(self._paint)
        self._paint()

    # -- what is shown

    @property
    def documents(self) -> tuple[Document, ...]:
        """Every document, whether it is shown or not."""
        return self._documents

    @property
    def rejected(self) -> tuple[RejectedFile, ...]:
        """Every rejected file, whether it is shown or not."""
        return self._rejected

    @property
    def shown(self) -> Sequence[Row]:
        """The documents and rejected files that pass the filter, in order."""
        return self._shown

    @property
    def has_reasons(self) -> bool:
        """Whether there is anything to say in the column of the reasons."""
        return bool(self._rejected) or any(d.reason for d in self._documents)

    def set_documents(self, documents: tuple[Document, ...], rejected: tuple[RejectedFile, ...] = ()) -> None:
        """Other documents, and other files that were rejected."""
        self._documents, self._rejected = documents, rejected
        rows: tuple[Row, ...] = (*documents, *rejected)
        self._rows = [(row, f"{row.name}\n{row.title}\n{row.collection}".casefold()) for row in rows]
        self._arrange()

    def set_filter(self, words: str, collection: str | None, outcome: Outcome | None) -> None:
        """Only those with all of these words in name, title or collection, of that collection and state."""
        wanted = (tuple(words.casefold().split()), collection, outcome)
        if wanted != (self._filter, self._collection, self._outcome):
            self._filter, self._collection, self._outcome = wanted
            self._refresh()

    def sort(self, column: int, order: Qt.SortOrder = Qt.SortOrder.AscendingOrder) -> None:
        """By that column; by name among equals."""
        self._order = (column, order == Qt.SortOrder.DescendingOrder)
        self._arrange()

    def row_of(self, key: int) -> int:
        """The row of a document or rejected file, -1 when it is not shown."""
        return next((row for row, shown in enumerate(self._shown) if key_of(shown) == key), -1)

    def reason(self, row: Row, *, briefly: bool = False) -> str:
        """Why it is partial or was rejected, in a sentence; empty when nothing is wrong.

        ``briefly`` it names the file without its folders.
        """
        if not row.reason:
            return ""
        details = dict(row.details) if isinstance(row, RejectedFile) else {}
        if briefly or "file" not in details:
            details["file"] = row.name
        try:
            return self._desk.say(row.reason, **details)
        except KeyError:  # a library that a newer program has written to
            return ""

    def _arrange(self) -> None:
        # All of them, shown or not, so that nothing is sorted while somebody types.
        column, backwards = self._order
        rows = self._rows
        if column != NAME:
            rows = sorted(rows, key=lambda kept: natural(kept[0].name))
        key = _SORT_KEYS[column]
        self._ordered = sorted(rows, key=lambda kept: key(kept[0]), reverse=backwards)
        self._refresh()

    def _refresh(self) -> None:
        rows = self._ordered
        if self._collection is not None:
            rows = [kept for kept in rows if kept[0].collection == self._collection]
        if self._outcome is not None:
            rows = [kept for kept in rows if kept[0].outcome is self._outcome]
        for word in self._filter:
            rows = [kept for kept in rows if word in kept[1]]
        self.beginResetModel()
        self._shown = [row for row, _ in rows]
        self.endResetModel()

    def _paint(self) -> None:
        theme = self._desk.theme
        self._icons = {
            Outcome.OK: icon("supported", theme.good),
            Outcome.PARTIAL: icon("partial", theme.warn),
            Outcome.REJECTED: icon("unsupported", theme.bad),
        }
        if self._shown:
            self.dataChanged.emit(self.index(0, STATE), self.index(len(self._shown) - 1, STATE))

    # -- what Qt asks

    def rowCount(self, parent: _Index = _NOWHERE) -> int:
        """How many are shown."""
        return 0 if parent.isValid() else len(self._shown)

    def columnCount(self, parent: _Index = _NOWHERE) -> int:
        """Eight."""
        return 0 if parent.isValid() else len(self._headers)

    def headerData(self, section: int, orientation: Qt.Orientation, role: int = Qt.ItemDataRole.DisplayRole) -> Any:
        """The columns' names."""
        if orientation == Qt.Orientation.Horizontal:
            if role == Qt.ItemDataRole.DisplayRole:
                return self._headers[section]
            if role == Qt.ItemDataRole.ToolTipRole:
                return self._tips.get(section)
            if role == Qt.ItemDataRole.TextAlignmentRole:
                return _alignment(section)
        return None

    def data(self, index: _Index, role: int = Qt.ItemDataRole.DisplayRole) -> Any:
        """A cell."""
        row, column = self._shown[index.row()], index.column()
        if role == Qt.ItemDataRole.DisplayRole:
            return self._text(row, column)
        if role == Qt.ItemDataRole.DecorationRole and column == STATE:
            return self._icons[row.outcome]
        if role == Qt.ItemDataRole.ToolTipRole and column in (NAME, COLLECTION):
            return self._text(row, column)
        if role == Qt.ItemDataRole.ToolTipRole and column == OCR_PAGES and isinstance(row, Document):
            return self._doubt(row) or None
        if role == Qt.ItemDataRole.ToolTipRole and column in (STATE, REASON):
            return self.reason(row) or None
        if role == Qt.ItemDataRole.TextAlignmentRole:
            return _alignment(column)
        return None

    def _text(self, row: Row, column: int) -> str:
        match column:
            case 0:
                return self.states[row.outcome]
            case 1:
                return row.name
            case 2:
                return row.collection
            case 3:
                return f"{row.pages} §" if isinstance(row, Document) and row.in_sections else str(row.pages or "–")
            case 4:
                return self._recognised(row) if row.ocr_pages else "–"
            case 5:
                return str(row.version) if row.version else "–"
            case 6:
                # A day in the column of what was added would say that it is here.
                rejected = isinstance(row, RejectedFile)
                return "–" if rejected else QLocale().toString(local_day(row.added_at), self._day)
            case _:
                return self.reason(row, briefly=True)

    def _recognised(self, row: Row) -> str:
        if isinstance(row, Document) and row.recognised:
            return f"{row.ocr_pages} · {int(100 * row.confidence)}%"
        return str(row.ocr_pages)

    def _doubt(self, row: Document) -> str:
        """Which pages recognition was not sure of, in a sentence; empty when there are none."""
        if not row.poorly_read:
            return ""
        return self._desk.say("poorly_recognised", pages=", ".join(str(index + 1) for index in row.poorly_read))

    def flags(self, index: _Index) -> Qt.ItemFlag:
        """Every row can be selected; documents can be dragged."""
        usual = Qt.ItemFlag.ItemIsEnabled | Qt.ItemFlag.ItemIsSelectable | Qt.ItemFlag.ItemNeverHasChildren
        if index.isValid() and isinstance(self._shown[index.row()], RejectedFile):
            return usual
        return usual | Qt.ItemFlag.ItemIsDragEnabled

    def mimeTypes(self) -> list[str]:
        """Ids of documents of this library."""
        return [DOCUMENT_IDS]

    def mimeData(self, indexes: Sequence[QModelIndex]) -> QMimeData:
        """The dragged documents' ids."""
        rows = [self._shown[row] for row in {index.row() for index in indexes}]
        ids = {row.id for row in rows if isinstance(row, Document)}
        data = QMimeData()
        data.setData(DOCUMENT_IDS, ",".join(map(str, sorted(ids))).encode())
        return data


def _alignment(column: int) -> Qt.AlignmentFlag:
    side = Qt.AlignmentFlag.AlignRight if column in _NUMBERS else Qt.AlignmentFlag.AlignLeft
    return side | Qt.AlignmentFlag.AlignVCenter


class _Sentence(QStyledItemDelegate):
    """Cuts a sentence at its end: what stands first says most."""

    def initStyleOption(self, option: QStyleOptionViewItem, index: _Index) -> None:
        """As usual, but for where it is cut."""
        super().initStyleOption(option, index)
        option.textElideMode = Qt.TextElideMode.ElideRight


class DocumentsTable(QTableView):
    """The table.  What is selected stays selected, by document, whatever is filtered, sorted or added."""

    chosen = Signal()  # the selection is another
    opened = Signal(Document)

    def __init__(self, desk: Desk) -> None:
        super().__init__()
        self.documents = DocumentsModel(desk, self)
        self.setModel(self.documents)
        self.setItemDelegateForColumn(REASON, _Sentence(self))
        self.setAccessibleName(self.tr("Documents"))
        self.setSelectionBehavior(QAbstractItemView.SelectionBehavior.SelectRows)
        self.setSelectionMode(QAbstractItemView.SelectionMode.ExtendedSelection)
        self.setEditTriggers(QAbstractItemView.EditTrigger.NoEditTriggers)
        self.setDragEnabled(True)
        self.setDragDropMode(QAbstractItemView.DragDropMode.DragOnly)
        self.setAcceptDrops(False)
        self.setTabKeyNavigation(False)
        self.setShowGrid(False)
        self.setWordWrap(False)
        self.setTextElideMode(Qt.TextElideMode.ElideMiddle)
        self.setVerticalScrollMode(QAbstractItemView.ScrollMode.ScrollPerPixel)
        self.verticalHeader().hide()
        self.verticalHeader().setSectionResizeMode(QHeaderView.ResizeMode.Fixed)
        header = self.horizontalHeader()
        header.setHighlightSections(False)
        header.setSectionResizeMode(QHeaderView.ResizeMode.Interactive)
        header.setSectionResizeMode(NAME, QHeaderView.ResizeMode.Stretch)
        self.setSortingEnabled(True)
        self.sortByColumn(NAME, Qt.SortOrder.AscendingOrder)
        self._one_collection = False
        desk.restyled.connect(self._measure)
        self._measure()
        self._kept: frozenset[int] = frozenset()  # keys of rows
        self._current = 0
        self._scrolled = 0
        self.documents.modelAboutToBeReset.connect(self._keep)
        self.documents.modelReset.connect(self._restore)
        self.selectionModel().selectionChanged.connect(lambda *_: self.chosen.emit())
        self.activated.connect(self._open)

    def _open(self, index: QModelIndex) -> None:
        row = self.documents.shown[index.row()]
        if isinstance(row, Document):  # of a rejected file there is nothing to be seen
            self.opened.emit(row)

    def show_documents(self, documents: tuple[Document, ...], rejected: tuple[RejectedFile, ...]) -> None:
        """Other documents and rejected files."""
        before = self.documents.has_reasons
        self.documents.set_documents(documents, rejected)
        if self.documents.has_reasons != before:
            self._fit()

    def hide_collection(self, hidden: bool) -> None:
        """Whether the column of the collections says nothing, because all are of one."""
        self._one_collection = hidden
        self._fit()

    def resizeEvent(self, event: QResizeEvent) -> None:
        """The name keeps room to be read."""
        super().resizeEvent(event)
        self._fit()

    def _measure(self) -> None:
        """Rows and columns as the text is large."""
        metrics = self.fontMetrics()
        self.verticalHeader().setDefaultSectionSize(metrics.height() + _ROW_PADDING)
        header = self.horizontalHeader()
        for column, sample in enumerate(self.documents.samples):
            if column != NAME:
                title = self.documents.headerData(column, Qt.Orientation.Horizontal)
                # A heading is bold and may have the arrow of the order beside it.
                widest = max(metrics.horizontalAdvance(sample), round(metrics.horizontalAdvance(title) * 1.15) + 8)
                header.resizeSection(column, widest + (52 if column == STATE else 26))
        self._fit()

    def _fit(self) -> None:
        header = self.horizontalHeader()
        room = self.viewport().width() - _LEAST_NAME * self.fontMetrics().averageCharWidth()
        empty = {COLLECTION: self._one_collection, REASON: not self.documents.has_reasons}
        for column, hidden in empty.items():
            self.setColumnHidden(column, hidden)
        wanted = [column for column in range(header.count()) if column != NAME and not empty.get(column)]
        for column in wanted:
            self.setColumnHidden(column, False)
        for column in (column for column in _DISPENSABLE if column in wanted):
            if sum(header.sectionSize(shown) for shown in wanted) <= room:
                break
            wanted.remove(column)
            self.setColumnHidden(column, True)

    def act(self, words: str, key: QKeySequence | QKeySequence.StandardKey | None, do: Callable[[], object]) -> QAction:
        """An action on the selected documents, with its key while the table has the focus."""
        action = QAction(words, self)
        if key is not None:
            action.setShortcut(key)
            action.setShortcutContext(Qt.ShortcutContext.WidgetShortcut)
        action.triggered.connect(lambda _=False: do())
        self.addAction(action)
        return action

    @property
    def selected(self) -> tuple[Document, ...]:
        """The selected documents, in the order of their rows."""
        return tuple(row for row in self.selected_rows if isinstance(row, Document))

    @property
    def selected_rejected(self) -> tuple[RejectedFile, ...]:
        """The selected rejected files, in the order of their rows."""
        return tuple(row for row in self.selected_rows if isinstance(row, RejectedFile))

    @property
    def selected_rows(self) -> tuple[Row, ...]:
        """Both of them."""
        # By ranges: asked for its rows, Qt makes an index for each cell, which takes long when all are selected.
        chosen = self.selectionModel().selection()
        parts = [chosen.at(number) for number in range(chosen.count())]
        rows = sorted({row for part in parts for row in range(part.top(), part.bottom() + 1)})
        return tuple(self.documents.shown[row] for row in rows)

    def select(self, keys: Collection[int]) -> None:
        """Select these documents (by id) and rejected files (by its negative), as far as they are shown."""
        rows = [row for row, shown in enumerate(self.documents.shown) if key_of(shown) in keys]
        wanted = QItemSelection()
        last = self.documents.columnCount() - 1
        begin = 0
        for at, row in enumerate(rows):
            if at + 1 == len(rows) or rows[at + 1] != row + 1:  # neighbours are one range
                wanted.select(self.documents.index(rows[begin], 0), self.documents.index(row, last))
                begin = at + 1
        self.selectionModel().select(wanted, _SELECT_ROWS)

    def _keep(self) -> None:
        self._kept = frozenset(map(key_of, self.selected_rows))
        current = self.currentIndex()
        self._current = key_of(self.documents.shown[current.row()]) if current.isValid() else 0
        self._scrolled = self.verticalScrollBar().value()

    def _restore(self) -> None:
        if (row := self.documents.row_of(self._current)) >= 0:
            self.selectionModel().setCurrentIndex(
                self.documents.index(row, NAME), QItemSelectionModel.SelectionFlag.NoUpdate
            )
        if self._kept:
            self.select(self._kept)
            self.chosen.emit()
        self.executeDelayedItemsLayout()  # the bar has its range only then
        self.verticalScrollBar().setValue(self._scrolled)
