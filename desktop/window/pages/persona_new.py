"""A new persona: its short name, and what it begins with."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import QDialog, QGridLayout, QHBoxLayout, QLineEdit, QVBoxLayout, QWidget

from core.errors import VademecumError
from desktop.channel import BeginPersona, BenchView, PersonaRow, SavePersona
from desktop.window.controls import Choice
from desktop.window.desk import Desk
from desktop.window.pages.persona_words import name_of
from desktop.window.theme import GAP
from desktop.window.tone import tell
from desktop.window.widgets import button, label


def free_id(wanted: str, taken: Sequence[str]) -> str:
    """``wanted``, or with a number behind it where that is taken."""
    number = 2
    id = wanted
    while id in taken:
        id = f"{wanted}-{number}"
        number += 1
    return id


class NewPersona(QDialog):
    """Asks for both, begins the persona, and stays with a sentence when that cannot be."""

    begun = Signal(str)  # its id

    def __init__(self, desk: Desk, rows: Sequence[PersonaRow], like: str, parent: QWidget) -> None:
        super().__init__(parent)
        self._desk = desk
        self._rows = tuple(rows)
        self.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        self.setWindowTitle(self.tr("New persona"))
        self.like = Choice(desk)
        self.like.addItem(self.tr("An empty form"), "")
        for row in rows:
            name = name_of(row.persona, desk.language)
            self.like.addItem(self.tr("Like “{name}”").format(name=name), row.persona.id)
        self.like.setCurrentIndex(max(0, self.like.findData(like)))
        self.like.setAccessibleName(self.tr("Begin with"))
        self.like.currentIndexChanged.connect(lambda _: self._suggest())
        self.id = QLineEdit()
        self.id.setMaxLength(40)
        self.id.setAccessibleName(self.tr("Short name"))
        self.id.textEdited.connect(lambda _: self._enable())
        self.id.returnPressed.connect(self.begin)
        self.problem = label("", "bad", selectable=True)
        self.problem.hide()
        self.go = button(self.tr("Begin"), "primary", clicked=self.begin)
        self.go.setDefault(True)
        stay = button(self.tr("Cancel"), clicked=self.reject)
        hint = label(
            self.tr("Lower-case letters, digits and hyphens. The name it is called by comes in the form."), "muted"
        )
        grid = QGridLayout()
        grid.setHorizontalSpacing(GAP)
        grid.setVerticalSpacing(GAP // 2)
        grid.setColumnStretch(1, 1)
        grid.addWidget(label(self.tr("Begin with"), wrap=False), 0, 0)
        grid.addWidget(self.like, 0, 1)
        grid.addWidget(label(self.tr("Short name"), wrap=False), 1, 0)
        grid.addWidget(self.id, 1, 1)
        grid.addWidget(hint, 2, 1)
        grid.addWidget(self.problem, 3, 1)
        foot = QHBoxLayout()
        foot.addStretch(1)
        foot.addWidget(stay)
        foot.addWidget(self.go)
        column = QVBoxLayout(self)
        column.setContentsMargins(2 * GAP, 2 * GAP, 2 * GAP, GAP + 4)
        column.setSpacing(GAP)
        column.addWidget(label(self.tr("New persona"), "heading", wrap=False))
        column.addLayout(grid)
        column.addStretch(1)
        column.addLayout(foot)
        self.setMinimumWidth(460)
        self._suggest()
        self.id.setFocus()
        self.id.selectAll()

    def begin(self) -> None:
        """Begin it."""
        id, like = self.id.text().strip(), str(self.like.currentData())
        if not id or not self.go.isEnabled():
            return
        self.go.setEnabled(False)
        self.problem.hide()
        model = next((row for row in self._rows if row.persona.id == like), None)
        request = BeginPersona(id, like if model is not None and model.ready else "")

        def made(_: BenchView) -> None:
            if model is None or model.ready:
                self._done(id)
                return
            copied = SavePersona(replace(model.persona, id=id))
            self._desk.jobs.run(copied, self, done=lambda _: self._done(id), failed=self._refused)

        self._desk.jobs.run(request, self, done=made, failed=self._refused)

    def _done(self, id: str) -> None:
        self.begun.emit(id)
        self.accept()

    def _refused(self, error: VademecumError) -> None:
        tell(self.problem, self._desk.sentence(error), "bad")
        self._enable()

    def _suggest(self) -> None:
        begun = [row.persona.id for row in self._rows if row.begun]
        like = str(self.like.currentData())
        self.id.setText(free_id(like or "persona", begun))
        self._enable()

    def _enable(self) -> None:
        self.go.setEnabled(bool(self.id.text().strip()))
