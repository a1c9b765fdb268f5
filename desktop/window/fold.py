"""A heading that shows or hides what is below it."""

from __future__ import annotations

from collections.abc import Callable

from PySide6.QtCore import QSize, Qt
from PySide6.QtWidgets import QSizePolicy, QToolButton, QVBoxLayout, QWidget

from desktop.window.desk import Desk
from desktop.window.icons import icon


class Fold(QWidget):
    """Closed at first; ``build`` makes the body when it is opened for the first time."""

    def __init__(self, desk: Desk, title: str, build: Callable[[], QWidget]) -> None:
        super().__init__()
        self._desk = desk
        self._build = build
        self.is_open = False
        self.body: QWidget | None = None
        self.head = QToolButton()
        self.head.setProperty("role", "fold")
        self.head.setToolButtonStyle(Qt.ToolButtonStyle.ToolButtonTextBesideIcon)
        self.head.setIconSize(QSize(14, 14))
        self.head.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.head.setCursor(Qt.CursorShape.PointingHandCursor)
        self.head.setMinimumWidth(80)  # in a narrow window its end is cut, before the page gets a second scroll bar
        self.head.setSizePolicy(QSizePolicy.Policy.Maximum, QSizePolicy.Policy.Fixed)
        self.head.clicked.connect(lambda _=False: self.open(not self.is_open))
        self._column = QVBoxLayout(self)
        self._column.setContentsMargins(0, 0, 0, 0)
        self._column.setSpacing(2)
        self._column.addWidget(self.head)
        self.set_title(title)
        self._paint()
        desk.restyled.connect(self._paint)

    def set_title(self, title: str) -> None:
        """Another heading."""
        self._title = title
        self.head.setText(title.replace("&", "&&"))
        self._tell()

    def open(self, wanted: bool = True) -> None:
        """Show or hide the body."""
        if wanted and self.body is None:
            self.body = self._build()
            self._column.addWidget(self.body)
        self.is_open = wanted
        if self.body is not None:
            self.body.setVisible(wanted)
        self._paint()
        self._tell()

    def _tell(self) -> None:
        state = self.tr("open") if self.is_open else self.tr("folded")
        self.head.setAccessibleName(f"{self._title}, {state}")

    def _paint(self) -> None:
        self.head.setIcon(icon("down" if self.is_open else "next", self._desk.theme.muted, 14))
