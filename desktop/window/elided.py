"""A line of text that gives way when there is little room."""

from __future__ import annotations

from PySide6.QtCore import QSize, Qt
from PySide6.QtGui import QPainter, QPaintEvent
from PySide6.QtWidgets import QLabel, QSizePolicy, QStyle

from desktop.window.prose import tip


class ElidedLabel(QLabel):
    """One plain line, shortened with "…" where it does not fit; its tooltip and accessible name say all of it."""

    def __init__(self, role: str = "", mode: Qt.TextElideMode = Qt.TextElideMode.ElideMiddle) -> None:
        super().__init__()
        self._mode = mode
        self.setTextFormat(Qt.TextFormat.PlainText)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Preferred)
        if role:
            self.setProperty("role", role)

    def setText(self, text: str) -> None:
        """Show ``text``, in one line."""
        line = " ".join(text.split())
        super().setText(line)
        self.setAccessibleName(line)

    def minimumSizeHint(self) -> QSize:
        """As narrow as its neighbours wish."""
        return QSize(0, super().minimumSizeHint().height())

    def paintEvent(self, event: QPaintEvent) -> None:
        """As much of the text as there is room for."""
        room = self.contentsRect()
        shown = self.fontMetrics().elidedText(self.text(), self._mode, room.width())
        whole = "" if shown == self.text() else tip(self.text())
        if self.toolTip() != whole:
            self.setToolTip(whole)
        painter = QPainter(self)
        painter.setPen(self.palette().color(self.foregroundRole()))
        painter.drawText(room, int(QStyle.visualAlignment(self.layoutDirection(), self.alignment())), shown)
