"""The one question before something is deleted."""

from __future__ import annotations

from collections.abc import Callable

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QLabel, QMessageBox, QWidget

from desktop.window.theme import GAP
from desktop.window.widgets import button


class Confirm(QMessageBox):
    """Asks whether to go ahead; ``then`` is called when the person says so, "no" is the default."""

    def __init__(self, parent: QWidget, question: str, details: str, action: str, then: Callable[[], object]) -> None:
        super().__init__(parent)
        self.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        self.setTextFormat(Qt.TextFormat.PlainText)
        self.setText(question)
        self.setInformativeText(details)
        for part in self.findChildren(QLabel):  # names of documents are never read as markup
            part.setTextFormat(Qt.TextFormat.PlainText)
        self.setStyleSheet("QLabel#qt_msgbox_label { font-weight: 600; }")
        if (grid := self.layout()) is not None:
            grid.setContentsMargins(2 * GAP, 2 * GAP, 2 * GAP, GAP + 4)
        self.go = button(action, "danger")
        self.stay = button(self.tr("Cancel"))
        self.addButton(self.go, QMessageBox.ButtonRole.DestructiveRole)
        self.addButton(self.stay, QMessageBox.ButtonRole.RejectRole)
        self.setDefaultButton(self.stay)
        self.setEscapeButton(self.stay)
        self.go.clicked.connect(lambda _=False: then())
        self.open()
