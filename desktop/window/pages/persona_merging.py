"""A persona merged into a model file of its own: the type, the place, and which types kept the persona."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QFrame, QGridLayout, QHBoxLayout, QVBoxLayout, QWidget

from core.errors import VademecumError
from desktop.channel import ExportMerged, MergedTry
from desktop.window.controls import Choice
from desktop.window.desk import Desk
from desktop.window.model_import import megabytes
from desktop.window.pages.persona_bench import JobStrip
from desktop.window.theme import GAP
from desktop.window.widgets import IconButton, Mark, ask_where, button, label

KINDS = ("Q4_K_M", "Q5_K_M", "Q6_K", "Q8_0", "F16")


class MergePanel(QFrame):
    """Hidden at rest.  A type that loses the persona is stepped over, and the table says so."""

    def __init__(self, desk: Desk, id: str) -> None:
        super().__init__()
        self._desk = desk
        self._id = id
        self._file = Path()
        self.tried: tuple[MergedTry, ...] = ()
        self.setProperty("role", "card")
        self.kind = Choice(desk)
        for kind in KINDS:
            self.kind.addItem(kind, kind)
        self.kind.setAccessibleName(self.tr("Type of the merged model"))
        self.go = button(self.tr("Choose the file …"), "primary", clicked=self._ask_where)
        self.strip = JobStrip(desk, self.tr("Progress of the merged model"))
        self.result = QWidget()
        self._result = QVBoxLayout(self.result)
        self._result.setContentsMargins(0, 0, 0, 0)
        self._result.setSpacing(4)
        self._close = IconButton(desk, "close", self.tr("Put away"), self.rest)
        head = QHBoxLayout()
        head.addWidget(label(self.tr("Export a merged model"), "heading", wrap=False), 1)
        head.addWidget(self._close)
        hint = self.tr(
            "Model and persona in one GGUF file that other programs can run, too. Small types may lose the persona: "
            "the result is asked who it is, and the next larger type is tried where it was lost."
        )
        line = QHBoxLayout()
        line.setSpacing(GAP)
        line.addWidget(label(self.tr("Type"), wrap=False))
        line.addWidget(self.kind)
        line.addStretch(1)
        line.addWidget(self.go)
        column = QVBoxLayout(self)
        column.setContentsMargins(GAP + 4, GAP // 2, GAP, GAP)
        column.setSpacing(GAP // 2)
        column.addLayout(head)
        column.addWidget(label(hint, "muted"))
        column.addLayout(line)
        column.addWidget(self.strip)
        column.addWidget(self.result)
        self.result.hide()
        self.hide()

    def begin(self) -> None:
        """Show it, ready to choose."""
        self.show()
        self.kind.setFocus()

    def rest(self) -> None:
        """Put it away; an export that is under way goes on in sight."""
        if not self.strip.busy:
            self.strip.rest()
            self.result.hide()
            self.hide()

    def start(self, file: Path) -> None:
        """Merge into ``file``."""
        if self.strip.busy:
            return
        self._file = file
        self.result.hide()
        self.go.setEnabled(False)
        self.kind.setEnabled(False)
        self._close.setEnabled(False)
        request = ExportMerged(self._id, file, str(self.kind.currentData()))
        job = self._desk.jobs.run(request, self, done=self._done)
        self.strip.follow(job, self._ended)

    def _ask_where(self) -> None:
        name = f"{self._id}-{self.kind.currentData()}.gguf"
        ask_where(self, self.tr("Export a merged model"), self.tr("Model files (*.gguf)"), name, self.start)

    def _ended(self) -> None:
        for one in (self.go, self.kind, self._close):
            one.setEnabled(True)

    def _done(self, tried: Sequence[MergedTry]) -> None:
        self.tried = tuple(tried)
        while (item := self._result.takeAt(0)) is not None:
            if (widget := item.widget()) is not None:
                widget.setParent(None)
                widget.deleteLater()
        kept = next((one for one in tried if one.passed), None)
        if kept is not None:
            words = self.tr("Written as {kind}: {file}").format(kind=kept.kind, file=self._file.name)
            told = label(words, "good", selectable=True)
            told.setToolTip(str(self._file))
            self._result.addWidget(told)
            self._result.addWidget(label(self._desk.say("persona_merged_asked"), "muted", selectable=True))
        table = QWidget()
        grid = QGridLayout(table)
        grid.setContentsMargins(0, 0, 0, 0)
        grid.setHorizontalSpacing(GAP * 2)
        grid.setVerticalSpacing(4)
        grid.setColumnStretch(4, 1)
        for at, heading in enumerate((self.tr("Type"), self.tr("Says who it is"), self.tr("Size"), self.tr("Persona"))):
            grid.addWidget(label(heading, "muted", wrap=False), 0, at)
        right = Qt.AlignmentFlag.AlignRight
        for row, one in enumerate(tried, 1):
            grid.addWidget(label(one.kind, wrap=False), row, 0)
            grid.addWidget(label(f"{one.identity:.0f}%", wrap=False), row, 1, right)
            grid.addWidget(label(megabytes(one.size), wrap=False), row, 2, right)
            state = QHBoxLayout()
            state.setSpacing(6)
            role = "good" if one.passed else "warn"
            state.addWidget(Mark(self._desk, "supported" if one.passed else "partial", role, 16))
            state.addWidget(label(self.tr("kept") if one.passed else self.tr("lost"), role, wrap=False))
            state.addStretch(1)
            grid.addLayout(state, row, 3)
        self._result.addWidget(table)
        self.result.show()

    def complain(self, error: VademecumError) -> None:
        """Say why it cannot be."""
        self.strip.complain(error)
