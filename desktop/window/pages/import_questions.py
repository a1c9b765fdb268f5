"""What an import asks of a person, in place: names that are taken, and passwords."""

from __future__ import annotations

from collections.abc import Sequence

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QFrame, QHBoxLayout, QLineEdit, QVBoxLayout, QWidget

from core.nouns import SameName
from desktop.window.pages.import_log import Line
from desktop.window.theme import GAP
from desktop.window.widgets import button, label


class Questions(QWidget):
    """One strip for all files whose name is taken, and one for all that are locked; never one a file."""

    decided = Signal(SameName)  # for all whose name is taken; REFUSE leaves them out
    unlocked = Signal(str)  # the password to try

    def __init__(self) -> None:
        super().__init__()
        self._names = label("")
        self._taken = _strip(
            self._names,
            button(
                self.tr("Replace"),
                hint=self.tr("The files become the new versions; the former ones are kept as history"),
                clicked=lambda: self._decide(SameName.REPLACE),
            ),
            button(
                self.tr("Keep both"),
                hint=self.tr("The files get a number after their name"),
                clicked=lambda: self._decide(SameName.KEEP_BOTH),
            ),
            button(
                self.tr("Leave"),
                hint=self.tr("The files are not added"),
                clicked=lambda: self._decide(SameName.REFUSE),
            ),
        )
        self._locked = label("")
        self._password = QLineEdit()
        self._password.setEchoMode(QLineEdit.EchoMode.Password)
        self._password.setPlaceholderText(self.tr("Password"))
        self._password.setAccessibleName(self.tr("Password of the files"))
        self._password.setFixedWidth(200)
        self._password.setAcceptDrops(False)
        self._password.returnPressed.connect(self._unlock)
        self._closed = _strip(self._locked, self._password, button(self.tr("Unlock"), clicked=self._unlock))
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(GAP // 2)
        column.addWidget(self._taken)
        column.addWidget(self._closed)
        self.ask((), ())

    def ask(self, taken: Sequence[Line], locked: Sequence[Line]) -> None:
        """Ask about these files; nothing is shown when there are none."""
        self._taken.setVisible(bool(taken))
        self._closed.setVisible(bool(locked))
        self.setVisible(bool(taken or locked))
        if len(taken) == 1:
            self._names.setText(self.tr("“{name}” has the name of another document here.").format(name=taken[0].name))
        else:
            self._names.setText(self.tr("{n} files have the name of another document here.").format(n=len(taken)))
        if len(locked) == 1:
            self._locked.setText(self.tr("“{name}” needs a password.").format(name=locked[0].name))
        else:
            self._locked.setText(self.tr("{n} files need a password.").format(n=len(locked)))
        wrong = [line for line in locked if line.tried]
        if wrong:
            self._locked.setText(self._locked.text() + " " + self.tr("The one you gave does not open it."))
            self._password.setFocus()

    def _decide(self, how: SameName) -> None:
        self._taken.hide()
        self.setVisible(self._closed.isVisibleTo(self))
        self.decided.emit(how)

    def _unlock(self) -> None:
        if password := self._password.text():
            self._password.clear()
            self.unlocked.emit(password)


def _strip(*parts: QWidget) -> QFrame:
    """A question with its answers."""
    strip = QFrame()
    strip.setProperty("role", "notice")
    strip.setProperty("kind", "warn")
    row = QHBoxLayout(strip)
    row.setContentsMargins(GAP, GAP // 2, GAP // 2, GAP // 2)
    row.setSpacing(GAP // 2)
    for part in parts:
        row.addWidget(part)
    row.setStretchFactor(parts[0], 1)
    return strip
