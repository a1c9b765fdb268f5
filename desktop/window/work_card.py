"""A card that has the engine do something long: its buttons, how far it has come, a way to stop it."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QFrame, QHBoxLayout, QPushButton, QVBoxLayout

from core.nouns import Progress
from desktop.window.desk import Desk
from desktop.window.jobs import Job
from desktop.window.theme import GAP
from desktop.window.tone import tell
from desktop.window.widgets import ProgressLine, button, label


class WorkCard(QFrame):
    """The frame, filled by :meth:`lay_out`; one work at a time, from :meth:`begin` to :meth:`rest`."""

    def __init__(self, desk: Desk) -> None:
        super().__init__()
        self._desk = desk
        self._job: Job[Any] | None = None
        self.setProperty("role", "card")
        self.bar = ProgressLine()
        self.state = label("", "muted", selectable=True)
        self.stop = button("", clicked=self._cancel)

    def lay_out(self, words: str, stop: str, progress: str, choices: Sequence[QPushButton]) -> QVBoxLayout:
        """What the card is for, its buttons and its bar; what comes below is put into the column that this gives."""
        self.stop.setText(stop)
        self.bar.setAccessibleName(progress)
        head = QHBoxLayout()
        head.setSpacing(GAP)
        head.addWidget(label(words), 1)
        for one in (*choices, self.stop):
            head.addWidget(one, 0, Qt.AlignmentFlag.AlignTop)
        column = QVBoxLayout(self)
        column.setContentsMargins(GAP + 4, GAP, GAP, GAP)
        column.setSpacing(GAP // 2)
        column.addLayout(head)
        column.addWidget(self.bar)
        for part in (self.stop, self.bar, self.state):
            part.hide()
        return column

    def begin(self, words: str) -> None:
        """Something is under way."""
        self.bar.wait()
        tell(self.state, words)
        self._show_work(True)

    def rest(self) -> None:
        """Nothing is under way."""
        self._job = None
        self._show_work(False)

    def _show_work(self, working: bool) -> None:
        for part in (self.stop, self.bar):
            part.setVisible(working)

    def _cancel(self) -> None:
        if self._job is not None:
            self._job.cancel()

    def _told(self, progress: Progress) -> None:
        tell(self.state, self._desk.stage(progress))
        self.bar.show_progress(progress)
