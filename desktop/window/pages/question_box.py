"""Where a question is typed: Enter asks, Shift+Enter begins a line, input methods compose undisturbed."""

from __future__ import annotations

from collections.abc import Callable

from PySide6.QtCore import QMimeData, Qt, QTimer
from PySide6.QtGui import QDragEnterEvent, QDragMoveEvent, QGuiApplication, QInputMethodEvent, QKeyEvent, QResizeEvent
from PySide6.QtWidgets import QFrame, QHBoxLayout, QPlainTextEdit, QPushButton, QSizePolicy, QVBoxLayout, QWidget

from core.nouns import Scope
from desktop.window import citing
from desktop.window.desk import Desk
from desktop.window.icons import icon
from desktop.window.theme import GAP
from desktop.window.widgets import IconButton, button, label

LONGEST = 4000  # characters of a question that the engine reads
_COUNTED_FROM = 3500
_MOST_LINES = 8


class _Field(QPlainTextEdit):
    """A text field that grows with its lines."""

    def __init__(self, asked: Callable[[], None]) -> None:
        super().__init__()
        self._asked = asked
        self.composing = False
        self.setTabChangesFocus(True)
        self.setVerticalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAsNeeded)
        self.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)
        self.document().documentLayout().documentSizeChanged.connect(lambda _: self._grow())
        self._grow()

    def inputMethodEvent(self, event: QInputMethodEvent) -> None:
        """Remember whether a composition (pinyin, say) is open: then Enter is the input method's."""
        self.composing = bool(event.preeditString())
        super().inputMethodEvent(event)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """Enter asks, unless a line or a composition is meant."""
        enter = event.key() in (Qt.Key.Key_Return, Qt.Key.Key_Enter)
        if not enter:
            super().keyPressEvent(event)
        elif self.composing:
            event.accept()
        elif event.modifiers() & Qt.KeyboardModifier.ShiftModifier:
            self.textCursor().insertText("\n")  # Qt's own answer would be a separator that is no line's end
            self.ensureCursorVisible()
        else:
            self._asked()

    def canInsertFromMimeData(self, source: QMimeData) -> bool:
        """Text only: files that are dropped here are for the library."""
        return source.hasText() and not source.hasUrls()

    def dragEnterEvent(self, event: QDragEnterEvent) -> None:
        """Leave files to the window."""
        if event.mimeData().hasUrls():
            event.ignore()
        else:
            super().dragEnterEvent(event)

    def dragMoveEvent(self, event: QDragMoveEvent) -> None:
        """Leave files to the window."""
        if event.mimeData().hasUrls():
            event.ignore()
        else:
            super().dragMoveEvent(event)

    def resizeEvent(self, event: QResizeEvent) -> None:
        """Another width may need other lines."""
        super().resizeEvent(event)
        if event.size().width() != event.oldSize().width():
            QTimer.singleShot(0, self, self._grow)

    def _grow(self) -> None:
        lines = max(2, min(_MOST_LINES, round(self.document().size().height())))
        margins = 2 * round(self.document().documentMargin()) + 14
        height = lines * self.fontMetrics().lineSpacing() + margins
        if height != self.height():
            self.setFixedHeight(height)


class QuestionBox(QFrame):
    """The scope in a line, the field, and one button that asks or stops."""

    def __init__(
        self,
        desk: Desk,
        *,
        asked: Callable[[], None],
        stopped: Callable[[], None],
        scope_cleared: Callable[[], None],
        scope_wanted: Callable[[], None],
        typed: Callable[[], None],
    ) -> None:
        super().__init__()
        self._desk = desk
        self._asked = asked
        self._stopped = stopped
        self._running = False
        self._stopping = False
        self.setProperty("role", "strip")
        self.scope = button(
            "", "link", hint=self.tr("Where the question looks. Choose it in the list at the left."),
            clicked=scope_wanted,
        )  # fmt: skip
        self.scope.setSizePolicy(QSizePolicy.Policy.Maximum, QSizePolicy.Policy.Fixed)
        self.clear_scope = IconButton(desk, "close", self.tr("Look in everything"), scope_cleared, small=True)
        kept = self.clear_scope.sizePolicy()
        kept.setRetainSizeWhenHidden(True)  # the field stays where it is when the button comes
        self.clear_scope.setSizePolicy(kept)
        self.counter = label("", "muted", wrap=False)
        self.field = _Field(self.ask)
        self.field.setPlaceholderText(self.tr("Ask about your documents"))
        self.field.setAccessibleName(self.tr("Your question"))
        self.field.setToolTip(self.tr("Enter asks, Shift+Enter begins a new line"))
        self.field.textChanged.connect(self._changed)
        self.field.textChanged.connect(typed)
        self.go = QPushButton()
        self.go.setCursor(Qt.CursorShape.PointingHandCursor)
        self.go.setMinimumWidth(96)
        self.go.clicked.connect(lambda _=False: self._press())
        self._build()
        self.set_scope(Scope())
        self.set_running(False)
        desk.restyled.connect(self._paint)

    def _build(self) -> None:
        top = QHBoxLayout()
        top.setSpacing(0)
        top.addWidget(self.scope)
        top.addWidget(self.clear_scope)
        top.addStretch(1)
        top.addWidget(self.counter)
        row = QHBoxLayout()
        row.setSpacing(GAP)
        row.addWidget(self.field, 1)
        row.addWidget(self.go, 0, Qt.AlignmentFlag.AlignBottom)
        column = QVBoxLayout()
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(2)
        column.addLayout(top)
        column.addLayout(row)
        self._middle = QWidget()
        self._middle.setMaximumWidth(860)
        self._middle.setLayout(column)
        outer = QHBoxLayout(self)
        outer.setContentsMargins(GAP * 2, 4, GAP * 2, GAP)
        outer.addStretch(1)
        outer.addWidget(self._middle, 1000)
        outer.addStretch(1)

    # -- what the page tells it

    @property
    def text(self) -> str:
        """What is typed."""
        return self.field.toPlainText()

    def set_text(self, text: str) -> None:
        """Put ``text`` into the field, the cursor behind it; undo brings back what was there."""
        cursor = self.field.textCursor()
        cursor.select(cursor.SelectionType.Document)
        cursor.insertText(text)
        self.field.setTextCursor(cursor)
        self.field.setFocus()

    def set_scope(self, scope: Scope) -> None:
        """Say where the question looks."""
        words = citing.scope_words(scope, self._desk.language)
        shown = self.fontMetrics().elidedText(words, Qt.TextElideMode.ElideMiddle, 420)
        self.scope.setText(self.tr("In: {scope}").format(scope=shown).replace("&", "&&"))
        self.scope.setAccessibleName(self.tr("In: {scope}").format(scope=words))
        self.clear_scope.setVisible(scope != Scope())

    def set_running(self, running: bool, *, stopping: bool = False) -> None:
        """Show the button that stops, or the one that asks."""
        self._running, self._stopping = running, stopping
        words = self.tr("Stopping …") if stopping else self.tr("Stop") if running else self.tr("Ask")
        self.go.setText(words)
        self.go.setProperty("role", "" if running else "primary")
        self.go.style().polish(self.go)
        self.go.setToolTip(self.tr("Stop  (Esc)") if running else self.tr("Ask  (Enter)"))
        self._changed()

    def ask(self) -> None:
        """Ask what is typed, if it can be asked."""
        if not self._running and self._askable():
            self._asked()

    # -- inside

    def _askable(self) -> bool:
        text = self.text.strip()
        return any(c.isalnum() for c in text) and len(text) <= LONGEST

    def _press(self) -> None:
        if self._running:
            self._stopped()
        else:
            QGuiApplication.inputMethod().commit()  # a composition that is open belongs to the question
            self.ask()

    def _changed(self) -> None:
        count = len(self.text.strip())
        self.counter.setVisible(count >= _COUNTED_FROM)
        role = "bad" if count > LONGEST else "muted"
        self.counter.setText(f"{count:,} / {LONGEST:,}")
        if self.counter.property("role") != role:
            self.counter.setProperty("role", role)
            self.counter.style().polish(self.counter)
        self.counter.setToolTip(self.tr("A question can have 4,000 characters.") if count > LONGEST else "")
        self.go.setEnabled(not self._stopping if self._running else self._askable())
        self._paint()

    def _paint(self) -> None:
        theme = self._desk.theme
        if self._running:
            self.go.setIcon(icon("stop", theme.ink))
        else:
            self.go.setIcon(icon("send", theme.accent_ink if self.go.isEnabled() else theme.muted))
