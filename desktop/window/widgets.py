"""Small pieces that several pages share."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import suppress
from pathlib import Path

import shiboken6
from PySide6.QtCore import QObject, QSize, QStandardPaths, Qt, SignalInstance
from PySide6.QtWidgets import (
    QFileDialog,
    QFrame,
    QHBoxLayout,
    QLabel,
    QProgressBar,
    QPushButton,
    QSizePolicy,
    QToolButton,
    QVBoxLayout,
    QWidget,
)

from core.nouns import Progress
from desktop.window.desk import Desk
from desktop.window.icons import icon, pixmap
from desktop.window.theme import GAP

_STEPS = 1000  # of a bar


def heed(signal: SignalInstance, owner: QObject, call: Callable[..., object]) -> None:
    """Call for every signal while ``owner`` lives: a lambda on a longer-lived object's signal would outlive it."""

    def guarded(*values: object) -> None:
        if shiboken6.isValid(owner):
            call(*values)

    signal.connect(guarded)

    def forget() -> None:
        with suppress(RuntimeError):  # the sender is gone too
            signal.disconnect(guarded)

    owner.destroyed.connect(forget)


def documents_folder() -> str:
    """Where this user keeps documents, as the system knows it."""
    return QStandardPaths.writableLocation(QStandardPaths.StandardLocation.DocumentsLocation)


def ask_where(
    parent: QWidget, title: str, kinds: str, name: str, save: Callable[[Path], object], folder: str = ""
) -> None:
    """Let the person say where a file is saved; ``name`` is proposed, and its ending is added where none is typed."""
    dialog = QFileDialog(parent, title, folder, kinds)
    dialog.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
    dialog.setAcceptMode(QFileDialog.AcceptMode.AcceptSave)
    dialog.setDefaultSuffix(name.rpartition(".")[2])
    dialog.selectFile(name)
    dialog.fileSelected.connect(lambda chosen: save(Path(chosen)))
    dialog.open()


def label(text: str, role: str = "", *, wrap: bool = True, selectable: bool = False) -> QLabel:
    """A plain-text label: what documents and people say is never read as markup."""
    made = QLabel(text)
    made.setTextFormat(Qt.TextFormat.PlainText)
    made.setWordWrap(wrap)
    if role:
        made.setProperty("role", role)
    if selectable:
        made.setTextInteractionFlags(
            Qt.TextInteractionFlag.TextSelectableByMouse | Qt.TextInteractionFlag.TextSelectableByKeyboard
        )
    return made


def button(text: str, role: str = "", *, hint: str = "", clicked: Callable[[], object] | None = None) -> QPushButton:
    """A button with words; ``role`` primary, danger, link or chip."""
    made = QPushButton(text)
    made.setCursor(Qt.CursorShape.PointingHandCursor)
    if role:
        made.setProperty("role", role)
    if hint:
        made.setToolTip(hint)
    if clicked is not None:
        made.clicked.connect(lambda _=False: clicked())
    return made


def centred(part: QWidget, column: QVBoxLayout, share: int = 0) -> None:
    """Put ``part`` into the middle of ``column``; with a ``share`` it takes so many parts beside the two margins."""
    middle = QHBoxLayout()
    middle.addStretch(1)
    middle.addWidget(part, share)
    middle.addStretch(1)
    column.addLayout(middle)


def centred_line(words: str, role: str, column: QVBoxLayout, width: int) -> None:
    """Put words into the middle of ``column``, no wider than ``width``."""
    line = label(words, role)
    line.setAlignment(Qt.AlignmentFlag.AlignCenter)
    line.setMaximumWidth(width)
    line.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Preferred)
    centred(line, column, 4)


class ProgressLine(QProgressBar):
    """A bar without figures that shows how far a job has come, or that nobody knows."""

    def __init__(self, name: str = "") -> None:
        super().__init__()
        self.setTextVisible(False)
        self.setAccessibleName(name)

    def wait(self) -> None:
        """Under way, and not known how far."""
        self.setRange(0, 0)

    def show_progress(self, progress: Progress) -> None:
        """As far as it says."""
        self.setRange(0, _STEPS if progress.total else 0)
        if progress.total:
            self.setValue(round(_STEPS * progress.done / progress.total))


class IconButton(QToolButton):
    """A button with an icon only: its name is its tooltip and what a screen reader says."""

    def __init__(
        self, desk: Desk, name: str, words: str, clicked: Callable[[], object] | None = None, *, small: bool = False
    ) -> None:
        super().__init__()
        self._desk = desk
        self._name = name
        self._small = small
        self.setToolTip(words)
        self.setAccessibleName(words)
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self._paint()
        desk.restyled.connect(self._paint)
        if clicked is not None:
            self.clicked.connect(lambda _=False: clicked())

    def set_icon(self, name: str, words: str) -> None:
        """Another icon and meaning."""
        self._name = name
        self.setToolTip(words)
        self.setAccessibleName(words)
        self._paint()

    def _paint(self) -> None:
        size = max(16, self.fontMetrics().height())  # it grows with the text
        size = size * 3 // 4 if self._small else size
        self.setIconSize(QSize(size, size))
        self.setIcon(icon(self._name, self._desk.theme.ink))


class Mark(QLabel):
    """A small picture beside words, in the colour of their role: what colour tells, shape tells too."""

    def __init__(self, desk: Desk, picture: str, role: str = "", size: int = 18) -> None:
        super().__init__()
        self._desk = desk
        self._picture, self._role, self._size = picture, role, size
        self._paint()
        desk.restyled.connect(self._paint)

    def _paint(self) -> None:
        theme = self._desk.theme
        colours = {"muted": theme.muted, "good": theme.good, "warn": theme.warn, "bad": theme.bad}
        self.setPixmap(pixmap(self._picture, colours.get(self._role, theme.accent), self._size))


_KINDS = {"info": "info", "warn": "partial", "bad": "unsupported"}


class Notice(QFrame):
    """A strip that says what happened, with a way to put it away and at most one thing to do."""

    def __init__(
        self,
        desk: Desk,
        text: str,
        kind: str = "info",
        action: str = "",
        act: Callable[[], object] | None = None,
        parent: QWidget | None = None,
    ) -> None:
        super().__init__(parent)
        self.setProperty("role", "notice")
        self.setProperty("kind", kind)
        self.setAccessibleName(text)
        row = QHBoxLayout(self)
        row.setContentsMargins(GAP, GAP // 2, GAP // 2, GAP // 2)
        row.setSpacing(10)
        row.addWidget(Mark(desk, _KINDS.get(kind, "info"), kind))
        self.text = label(text, "" if kind == "info" else kind, selectable=True)
        row.addWidget(self.text, 1)
        if action and act is not None:
            row.addWidget(button(action, clicked=act))
        row.addWidget(IconButton(desk, "close", self.tr("Put away"), self.deleteLater))


class EmptyState(QWidget):
    """What a page shows when there is nothing to show: a picture, a sentence, one thing to do."""

    def __init__(
        self, desk: Desk, picture: str, title: str, text: str, action: str = "", act: Callable[[], object] | None = None
    ) -> None:
        super().__init__()
        self._desk = desk
        self._picture = picture
        self._image = QLabel()
        self._image.setAlignment(Qt.AlignmentFlag.AlignCenter)
        column = QVBoxLayout(self)
        column.setSpacing(GAP)
        column.addStretch(2)
        column.addWidget(self._image)
        centred_line(title, "title", column, 560)
        centred_line(text, "muted", column, 560)
        if action and act is not None:
            centred(button(action, "primary", clicked=act), column)
        column.addStretch(3)
        self._paint()
        desk.restyled.connect(self._paint)

    def _paint(self) -> None:
        self._image.setPixmap(icon(self._picture, self._desk.theme.muted, 52).pixmap(52, 52))


def clear(layout: QVBoxLayout | QHBoxLayout) -> None:
    """Take every widget out of a layout and delete it."""
    while (item := layout.takeAt(0)) is not None:
        if (widget := item.widget()) is not None:
            widget.setParent(None)
            widget.deleteLater()
