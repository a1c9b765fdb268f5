"""What stands in the middle before the first question: what to do next, whatever is missing."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from PySide6.QtCore import QRect, QRectF, QSize, Qt
from PySide6.QtGui import QColor, QPainter, QPaintEvent, QPen
from PySide6.QtWidgets import QAbstractButton, QFrame, QHBoxLayout, QLabel, QSizePolicy, QVBoxLayout, QWidget

from core.errors import VademecumError
from core.nouns import Change, Progress
from desktop import house
from desktop.channel import AddFiles, State
from desktop.window.desk import Desk
from desktop.window.icons import pixmap
from desktop.window.theme import GAP
from desktop.window.widgets import button, clear, label

# A question that the samples answer, and in which of them, in English and in Chinese.
_HINTS = (
    ("hint_notice", {"en": "consulting-agreement-driven-deliveries.pdf"}),
    ("hint_dose", {"en": "quilodarine-monograph-en.pdf", "zh": "quilodarine-monograph-zh.pdf"}),
    ("hint_third", {"en": "scanned-discharge-letter.pdf", "zh": "职工带薪年休假条例.pdf"}),
)
_WIDTH = 600


class Welcome(QWidget):
    """Empty library, no model, or ready: each with the one or two things that can be done."""

    def __init__(self, desk: Desk, ask: Callable[[str], None]) -> None:
        super().__init__()
        self._desk = desk
        self._ask = ask
        self._names: frozenset[str] | None = None
        self._state = desk.jobs.last_state
        self._adding = False
        self._picture = QLabel()
        self._picture.setAlignment(Qt.AlignmentFlag.AlignCenter)
        self.title = label("", "title")
        self.text = label("", "muted")
        self._things = QVBoxLayout()
        self._things.setSpacing(GAP // 2)
        column = QVBoxLayout(self)
        column.setContentsMargins(GAP * 2, GAP * 2, GAP * 2, GAP * 2)
        column.setSpacing(GAP)
        column.addStretch(3)
        column.addWidget(self._picture)
        for line in (self.title, self.text):
            line.setAlignment(Qt.AlignmentFlag.AlignCenter)
            self._centre(column, line)
        holder = QWidget()
        holder.setLayout(self._things)
        self._centre(column, holder)
        column.addStretch(4)
        desk.restyled.connect(self._paint)
        self._show()

    def set_documents(self, names: Sequence[str]) -> None:
        """The documents that can be asked."""
        self._names = frozenset(names)
        self._show()

    def set_state(self, state: State) -> None:
        """What the engine is doing."""
        known = (self._state.stage, self._state.problem is None)
        self._state = state
        if known != (state.stage, state.problem is None):
            self._show()

    def try_samples(self) -> None:
        """Add the sample documents."""
        self._adding = True
        self._show()
        collection = self.tr("Samples")
        self._desk.jobs.run(
            AddFiles(house.sample_files(), collection),
            self,
            done=self._added,
            progress=self._told,
            failed=self._not_added,
        )

    # -- inside

    def _show(self) -> None:
        clear(self._things)
        if self._names is None:
            self._say("ask", self.tr("Ask your documents"), self.tr("The engine is starting …"))
        elif self._adding:
            self._say("library", self.tr("Adding the sample documents"), self.tr("A minute or so the first time."))
        elif not self._names:
            self._say(
                "library",
                self.tr("Your library is empty"),
                self.tr(
                    "Add documents and ask about them: every sentence of an answer shows where it stands. "
                    "They stay on this computer."
                ),
            )
            self._buttons(
                (self.tr("Add files"), "primary", lambda: self._desk.page_wanted.emit("library")),
                (self.tr("Try the sample documents"), "", self.try_samples),
            )
        elif self._state.stage == "no_model":
            problem = self._desk.sentence(self._state.problem) if self._state.problem is not None else ""
            self._say(
                "models",
                self.tr("There is no language model yet"),
                problem or self.tr("Answers are written by a model on this computer. Choose or import one."),
            )
            self._buttons((self.tr("Choose a model"), "primary", lambda: self._desk.page_wanted.emit("models")))
        else:
            self._say(
                "ask",
                self.tr("Ask your documents"),
                self.tr(
                    "Every sentence of an answer is checked against the pages it cites. "
                    "Click a citation to see the page."
                ),
            )
            self._hints()

    def _say(self, picture: str, title: str, text: str) -> None:
        self._shown = picture
        self.title.setText(title)
        self.text.setText(text)
        self._paint()

    def _buttons(self, *things: tuple[str, str, Callable[[], object]]) -> None:
        row = QWidget()
        line = QHBoxLayout(row)
        line.setContentsMargins(0, GAP // 2, 0, 0)
        line.addStretch(1)
        for words, role, act in things:
            line.addWidget(button(words, role, clicked=act))
        line.addStretch(1)
        self._things.addWidget(row)

    def _hints(self) -> None:
        assert self._names is not None
        language = self._desk.language
        known = [key for key, places in _HINTS if places.get(language, places["en"]) in self._names]
        if not known:
            return
        card = QFrame()
        card.setProperty("role", "card")
        column = QVBoxLayout(card)
        column.setContentsMargins(GAP, GAP, GAP, GAP)
        column.setSpacing(2)
        column.addWidget(label(self.tr("For example"), "muted"))
        for key in known:
            question = self._desk.say(key)
            one = _Hint(self._desk, question)
            one.clicked.connect(lambda _=False, question=question: self._ask(question))
            column.addWidget(one)
        self._things.addWidget(card)

    def _told(self, progress: Progress) -> None:
        self.text.setText(" · ".join(w for w in (self._desk.stage(progress), progress.item) if w))

    def _added(self, change: Change) -> None:
        self._adding = False
        if not (change.added or change.unchanged or change.replaced):
            for _, sentence in change.rejected[:1]:
                self._desk.notice(sentence, "warn")
        self._show()

    def _not_added(self, error: VademecumError) -> None:
        self._adding = False
        self._desk.complain(error)
        self._show()

    def _centre(self, column: QVBoxLayout, widget: QWidget) -> None:
        widget.setMaximumWidth(_WIDTH)
        widget.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Preferred)
        row = QHBoxLayout()
        row.addStretch(1)
        row.addWidget(widget, 1000)
        row.addStretch(1)
        column.addLayout(row)

    def _paint(self) -> None:
        self._picture.setPixmap(pixmap(self._shown, self._desk.theme.muted, 52))


class _Hint(QAbstractButton):
    """A question that can be asked with a click; in as many lines as it needs."""

    def __init__(self, desk: Desk, question: str) -> None:
        super().__init__()
        self._desk = desk
        self.setText(question)
        self.setAccessibleName(question)
        self.setCursor(Qt.CursorShape.PointingHandCursor)
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.setAttribute(Qt.WidgetAttribute.WA_Hover)
        policy = QSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Minimum)
        policy.setHeightForWidth(True)
        self.setSizePolicy(policy)

    def heightForWidth(self, width: int) -> int:
        """All lines, and air."""
        room = QRect(0, 0, max(60, width - 44), 1000)
        return self.fontMetrics().boundingRect(room, int(Qt.TextFlag.TextWordWrap), self.text()).height() + 16

    def sizeHint(self) -> QSize:
        """Within the card."""
        return QSize(420, self.heightForWidth(420))

    def paintEvent(self, _event: QPaintEvent) -> None:
        """The question behind a small arrow."""
        theme = self._desk.theme
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        box = QRectF(self.rect()).adjusted(1, 1, -1, -1)
        painter.setPen(QPen(QColor(theme.accent), 2) if self.hasFocus() else Qt.PenStyle.NoPen)
        painter.setBrush(QColor(theme.raised) if self.underMouse() else Qt.BrushStyle.NoBrush)
        painter.drawRoundedRect(box, 6, 6)
        painter.drawPixmap(8, self.height() // 2 - 8, pixmap("send", theme.accent, 16))
        painter.setPen(QColor(theme.ink))
        room = self.rect().adjusted(34, 0, -10, 0)
        painter.drawText(room, int(Qt.AlignmentFlag.AlignVCenter | Qt.TextFlag.TextWordWrap), self.text())
