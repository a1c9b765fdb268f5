"""The personas at the left, in groups: installed, in the making, ready to begin with."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from PySide6.QtCore import QAbstractListModel, QModelIndex, QPersistentModelIndex, QRect, QSize, Qt, Signal
from PySide6.QtGui import QColor, QFontMetrics, QPainter
from PySide6.QtWidgets import QListView, QStyle, QStyledItemDelegate, QStyleOptionViewItem, QWidget

from desktop.channel import PersonaRow
from desktop.window.desk import Desk
from desktop.window.icons import pixmap
from desktop.window.pages.persona_words import name_of
from desktop.window.prose import tip

_Index = QModelIndex | QPersistentModelIndex
_ENTRY = Qt.ItemDataRole.UserRole
_MARK = 16
_NOWHERE = QModelIndex()


class _Model(QAbstractListModel):
    def __init__(self, named: Callable[[PersonaRow], str], told: Callable[[PersonaRow], str]) -> None:
        super().__init__()
        self._named, self._told = named, told
        self.entries: list[PersonaRow | str] = []  # a text is the heading of those below it

    def set_entries(self, entries: Sequence[PersonaRow | str]) -> None:
        self.beginResetModel()
        self.entries = list(entries)
        self.endResetModel()

    def rowCount(self, parent: _Index = _NOWHERE) -> int:
        return 0 if parent.isValid() else len(self.entries)

    def flags(self, index: _Index) -> Qt.ItemFlag:
        heading = index.isValid() and isinstance(self.entries[index.row()], str)
        return Qt.ItemFlag.NoItemFlags if heading else super().flags(index)

    def data(self, index: _Index, role: int = Qt.ItemDataRole.DisplayRole) -> object:
        if not index.isValid() or index.row() >= len(self.entries):
            return None
        entry = self.entries[index.row()]
        if role == _ENTRY:
            return entry
        if isinstance(entry, str):
            return entry if role == Qt.ItemDataRole.DisplayRole else None
        match role:
            case Qt.ItemDataRole.DisplayRole:
                return self._named(entry)
            case Qt.ItemDataRole.ToolTipRole:
                return tip(self._named(entry), self._told(entry))
            case Qt.ItemDataRole.AccessibleTextRole:
                return f"{self._named(entry)}, {self._told(entry)}"
        return None


class _Lines(QStyledItemDelegate):
    """A heading, or a persona in two lines: its name, and what there is of it."""

    def __init__(self, desk: Desk, told: Callable[[PersonaRow], str], parent: QWidget) -> None:
        super().__init__(parent)
        self._desk = desk
        self._told = told

    def sizeHint(self, option: QStyleOptionViewItem, index: _Index) -> QSize:
        """One line for a heading, two for a persona."""
        line = QFontMetrics(option.font).height()
        if isinstance(index.data(_ENTRY), str):
            return QSize(120, line + (8 if index.row() == 0 else 18))
        return QSize(120, 2 * line + 14)

    def paint(self, painter: QPainter, option: QStyleOptionViewItem, index: _Index) -> None:
        """The lines on the ground that says whether the persona is chosen."""
        theme, entry = self._desk.theme, index.data(_ENTRY)
        metrics = QFontMetrics(option.font)
        box: QRect = option.rect.adjusted(4, 1, -4, -1)
        painter.save()
        painter.setFont(option.font)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        if isinstance(entry, str):
            painter.setPen(QColor(theme.muted))
            line = box.adjusted(8, 0, -8, -4)
            shown = metrics.elidedText(entry, Qt.TextElideMode.ElideRight, line.width())
            painter.drawText(line, Qt.AlignmentFlag.AlignBottom, shown)
            painter.restore()
            return
        painter.setPen(Qt.PenStyle.NoPen)
        selected = bool(option.state & QStyle.StateFlag.State_Selected)
        if selected or option.state & QStyle.StateFlag.State_MouseOver:
            painter.setBrush(QColor(theme.accent_soft if selected else theme.raised))
            painter.drawRoundedRect(box, 6, 6)
        if option.state & QStyle.StateFlag.State_HasFocus:
            painter.setBrush(Qt.BrushStyle.NoBrush)
            painter.setPen(QColor(theme.accent))
            painter.drawRoundedRect(box, 6, 6)
        words = box.adjusted(8, 5, -8, -5)
        mark = self._mark(entry)
        for text, colour, y in (
            (str(index.data()), theme.ink, words.top()),
            (self._told(entry), theme.muted, words.top() + metrics.height() + 2),
        ):
            painter.setPen(QColor(colour))
            room = words.width() - (_MARK + 6 if mark else 0)
            line = QRect(words.left(), y, room, metrics.height())
            shown = metrics.elidedText(text, Qt.TextElideMode.ElideRight, line.width())
            painter.drawText(line, Qt.AlignmentFlag.AlignVCenter, shown)
        if mark:
            name, colour = mark
            at = QRect(words.right() - _MARK, words.top() + 1, _MARK, _MARK)
            painter.drawPixmap(at.topLeft(), pixmap(name, colour, _MARK))
        painter.restore()

    def _mark(self, row: PersonaRow) -> tuple[str, str] | None:
        theme = self._desk.theme
        if row.installed and row.problem:
            return "unsupported", theme.bad
        if row.in_use:
            return "supported", theme.good
        if row.installed and not row.fits:
            return "partial", theme.warn
        return None


class PersonaList(QListView):
    """Every persona; the chosen one stays chosen when the list is read anew."""

    chosen = Signal(str)  # its id

    def __init__(self, desk: Desk) -> None:
        super().__init__()
        self._desk = desk
        self._rows: tuple[PersonaRow, ...] = ()
        self._current = ""
        self._model = _Model(lambda row: name_of(row.persona, desk.language), self.told)
        self.setModel(self._model)
        self.setItemDelegate(_Lines(desk, self.told, self))
        self.setMouseTracking(True)
        self.setFrameShape(QListView.Shape.NoFrame)
        self.setStyleSheet("QListView { border: none; background: transparent; }")
        self.setEditTriggers(QListView.EditTrigger.NoEditTriggers)
        self.setVerticalScrollMode(QListView.ScrollMode.ScrollPerPixel)
        self.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.setAccessibleName(self.tr("Personas"))
        self.selectionModel().currentChanged.connect(lambda now, _: self._choose(now))
        desk.restyled.connect(self.viewport().update)

    @property
    def rows(self) -> tuple[PersonaRow, ...]:
        """What is shown."""
        return self._rows

    @property
    def current(self) -> PersonaRow | None:
        """The chosen one."""
        return next((row for row in self._rows if row.persona.id == self._current), None)

    def show_rows(self, rows: Sequence[PersonaRow]) -> None:
        """Other personas, or another state of them."""
        self._rows = tuple(rows)
        groups = (
            (self.tr("Installed"), [row for row in rows if row.installed]),
            (self.tr("In the making"), [row for row in rows if row.begun and not row.installed]),
            (self.tr("Ready to begin with"), [row for row in rows if not row.begun and not row.installed]),
        )
        entries: list[PersonaRow | str] = []
        for heading, members in groups:
            entries += [heading, *members] if members else []
        blocked = self.selectionModel().blockSignals(True)
        self._model.set_entries(entries)
        self.selectionModel().blockSignals(blocked)
        self.choose(self._current)

    def choose(self, id: str) -> None:
        """Choose the persona of that id, if it is there."""
        for at, entry in enumerate(self._model.entries):
            if isinstance(entry, PersonaRow) and entry.persona.id == id:
                self.setCurrentIndex(self._model.index(at, 0))
                self._choose(self.currentIndex())
                return
        self._current = ""

    def told(self, row: PersonaRow) -> str:
        """What there is of a persona, in a few words."""
        if row.installed and row.problem:
            state = self.tr("damaged")
        elif row.in_use:
            state = self.tr("in use")
        elif row.installed and not row.fits:
            state = self.tr("for another model")
        elif row.installed:
            state = self.tr("installed")
        elif row.begun:
            state = self.tr("not installed yet")
        else:
            state = self.tr("comes with the program")
        if name_of(row.persona, self._desk.language) == row.persona.id:
            return state
        return f"{row.persona.id} · {state}"

    def _choose(self, index: QModelIndex) -> None:
        entry = index.data(_ENTRY)
        if isinstance(entry, PersonaRow) and entry.persona.id != self._current:
            self._current = entry.persona.id
            self.chosen.emit(self._current)
