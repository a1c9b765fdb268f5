"""A field for a day that may stay empty: typed, or chosen from a calendar."""

from __future__ import annotations

from PySide6.QtCore import QDate, QPoint, QSize, Qt, Signal
from PySide6.QtGui import QAction, QColor, QKeyEvent, QTextCharFormat
from PySide6.QtWidgets import QCalendarWidget, QLineEdit, QToolButton

from desktop.window.desk import Desk
from desktop.window.icons import icon

_FORMS = ("yyyy-MM-dd", "yyyy-M-d", "yyyy/M/d", "yyyy.M.d", "yyyyMMdd", "d.M.yyyy", "yyyy年M月d日")


class DayField(QLineEdit):
    """``changed`` tells the day as 2026-11-22, or nothing, as soon as what is typed is one."""

    changed = Signal(str)

    def __init__(self, desk: Desk, name: str) -> None:
        super().__init__()
        self._desk = desk
        self._day = ""
        self.setPlaceholderText(name)
        self.setAccessibleName(name)
        self.setClearButtonEnabled(True)
        self.setToolTip(self.tr("A day such as 2026-11-22; Alt+Down opens a calendar"))
        self._open = QAction(self)
        self._open.setText(self.tr("Choose from a calendar"))
        self._open.setToolTip(self.tr("Choose from a calendar"))
        self._open.triggered.connect(lambda _=False: self.open_calendar())
        self.addAction(self._open, QLineEdit.ActionPosition.LeadingPosition)
        self.textChanged.connect(self._read)
        desk.restyled.connect(self._paint)
        self._paint()

    @property
    def day(self) -> str:
        """The day as 2026-11-22; empty when there is none."""
        return self._day

    def open_calendar(self) -> None:
        """A calendar below the field."""
        calendar = QCalendarWidget(self)
        calendar.setWindowFlags(Qt.WindowType.Popup)
        calendar.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        calendar.setVerticalHeaderFormat(QCalendarWidget.VerticalHeaderFormat.NoVerticalHeader)
        calendar.setHorizontalHeaderFormat(QCalendarWidget.HorizontalHeaderFormat.SingleLetterDayNames)
        theme = self._desk.theme
        weekend = QTextCharFormat()
        weekend.setForeground(QColor(theme.ink))  # Qt's own red cannot be read on a dark ground
        for name, picture in (("qt_calendar_prevmonth", "previous"), ("qt_calendar_nextmonth", "next")):
            step = calendar.findChild(QToolButton, name)
            if isinstance(step, QToolButton):
                step.setIcon(icon(picture, theme.ink))
        for day in (Qt.DayOfWeek.Saturday, Qt.DayOfWeek.Sunday):
            calendar.setWeekdayTextFormat(day, weekend)
        calendar.resize(calendar.sizeHint().expandedTo(QSize(320, 250)))
        if self._day:
            calendar.setSelectedDate(QDate.fromString(self._day, "yyyy-MM-dd"))
        for chosen in (calendar.clicked, calendar.activated):
            chosen.connect(lambda day: self._choose(calendar, day))
        calendar.move(self.mapToGlobal(QPoint(0, self.height() + 2)))
        calendar.show()

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """Alt+Down opens the calendar, as in a list of choices."""
        if event.key() == Qt.Key.Key_Down and event.modifiers() & Qt.KeyboardModifier.AltModifier:
            self.open_calendar()
        else:
            super().keyPressEvent(event)

    def _choose(self, calendar: QCalendarWidget, day: QDate) -> None:
        self.setText(day.toString("yyyy-MM-dd"))
        calendar.close()

    def _read(self, text: str) -> None:
        words = text.strip()
        days = (QDate.fromString(words, form) for form in _FORMS)
        found = next((day for day in days if day.isValid()), None)
        wrong = bool(words) and found is None
        self.setProperty("wrong", wrong)
        self._paint()
        day = found.toString("yyyy-MM-dd") if found else ""
        if day != self._day and not wrong:
            self._day = day
            self.changed.emit(day)

    def _paint(self) -> None:
        theme = self._desk.theme
        self._open.setIcon(icon("calendar", theme.muted, 16))
        # Only the text, so that the field keeps its look and its sign of focus.
        self.setStyleSheet(f"color: {theme.bad};" if self.property("wrong") else "")
