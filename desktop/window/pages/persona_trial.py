"""The last step: the same words said to the model without and with the persona, side by side."""

from __future__ import annotations

from PySide6.QtCore import QTimer
from PySide6.QtGui import QResizeEvent
from PySide6.QtWidgets import QFrame, QHBoxLayout, QLineEdit, QScrollArea, QVBoxLayout, QWidget

from core.errors import Cancelled, VademecumError
from core.nouns import Persona
from desktop.channel import TriedBoth, TryPersona
from desktop.window.desk import Desk
from desktop.window.jobs import Job
from desktop.window.pages.persona_words import name_of
from desktop.window.prose import Prose
from desktop.window.reading_column import in_the_middle
from desktop.window.theme import GAP
from desktop.window.widgets import button, clear, label

LONGEST = 1000  # characters


class Reply(QFrame):
    """What one of the two says, below its name."""

    def __init__(self, name: str, own: bool) -> None:
        super().__init__()
        self.setProperty("role", "card")
        self.words = Prose("…", "muted")
        column = QVBoxLayout(self)
        column.setContentsMargins(GAP, GAP // 2, GAP, GAP // 2)
        column.setSpacing(2)
        column.addWidget(label(name, "good" if own else "muted"))
        column.addWidget(self.words)
        column.addStretch(1)
        self._name = name

    def say(self, text: str, role: str = "") -> None:
        """It has answered."""
        self.words.setText(text.strip() or "–")
        self.words.setProperty("role", role)
        self.words.style().polish(self.words)
        self.words.setAccessibleName(f"{self._name}: {self.words.text()}")


class Attempt(QWidget):
    """One remark and both replies."""

    def __init__(self, words: str, base: str, persona: str) -> None:
        super().__init__()
        self.remark = words
        self.base, self.persona = Reply(base, False), Reply(persona, True)
        row = QHBoxLayout()
        row.setSpacing(GAP)
        row.addWidget(self.base, 1)
        row.addWidget(self.persona, 1)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, GAP)
        column.setSpacing(4)
        column.addWidget(Prose(words, bold=True))
        column.addLayout(row)

    def show_both(self, tried: TriedBoth) -> None:
        """What is there of both."""
        if tried.base:
            self.base.say(tried.base)
        if tried.persona:
            self.persona.say(tried.persona)


class TrialStep(QWidget):
    """A chat with both.  Nothing is asked of the library."""

    def __init__(self, desk: Desk, persona: Persona, *, ready: bool) -> None:
        """``ready``: there is a trained adapter to try."""
        super().__init__()
        self._desk = desk
        self._persona = persona
        self._ready = ready
        self._job: Job[TriedBoth] | None = None
        self.attempts: list[Attempt] = []
        self._build()
        self._enable()

    def set_persona(self, persona: Persona, *, ready: bool) -> None:
        """The form has changed, or it has been trained."""
        self._persona, self._ready = persona, ready
        self._suggest()
        self._enable()

    @property
    def busy(self) -> bool:
        """Whether an answer is being waited for."""
        return self._job is not None and self._job.running

    def send(self) -> None:
        """Say what is typed to both."""
        words = self.field.text().strip()
        if words and self._ready and not self.busy:
            self.field.clear()
            self.say(words)

    def say(self, words: str) -> None:
        """Say this to both."""
        if self.busy or not self._ready:
            return
        attempt = Attempt(words, self.tr("Without a persona"), name_of(self._persona, self._desk.language))
        self.attempts.append(attempt)
        self._talk.addWidget(attempt)
        self.nothing.hide()
        self._job = self._desk.jobs.run(
            TryPersona(self._persona.id, words),
            self,
            done=lambda tried: self._done(attempt, tried),
            partly=lambda part: attempt.show_both(part) if isinstance(part, TriedBoth) else None,
            failed=lambda error: self._failed(attempt, error),
        )
        self._enable()
        QTimer.singleShot(30, self, self._to_the_end)

    def stop(self) -> None:
        """Wait no longer."""
        if self._job is not None:
            self._job.cancel()

    def _done(self, attempt: Attempt, tried: TriedBoth) -> None:
        attempt.base.say(tried.base)
        attempt.persona.say(tried.persona)
        self._enable()
        QTimer.singleShot(30, self, self._to_the_end)

    def _failed(self, attempt: Attempt, error: VademecumError) -> None:
        if isinstance(error, Cancelled):
            said, role = self.tr("Stopped."), "muted"
        else:
            said, role = self._desk.sentence(error), "bad"
        for reply in (attempt.base, attempt.persona):
            if reply.words.text() == "…":
                reply.say(said, role)
        self._enable()

    def _to_the_end(self) -> None:
        bar = self.area.verticalScrollBar()
        bar.setValue(bar.maximum())

    def _enable(self) -> None:
        self.go.setVisible(not self.busy)
        self.halt.setVisible(self.busy)
        self.go.setEnabled(self._ready and bool(self.field.text().strip()))
        self.field.setEnabled(self._ready)
        self.suggestions.setVisible(self._ready)
        self.nothing.setVisible(not self.attempts)
        self.nothing.setText(
            self.tr("Say something to the model without and with the persona, and compare. Nothing is kept.")
            if self._ready
            else self.tr("It has not been trained yet, so there is nothing to try.")
        )
        for one in self._chips:
            one.setEnabled(not self.busy)

    def resizeEvent(self, event: QResizeEvent) -> None:
        """As many suggestions as there is room for."""
        super().resizeEvent(event)
        self._fit()

    def _fit(self) -> None:
        room = self.width() - 4 * GAP
        for one in self._chips:
            room -= one.sizeHint().width() + GAP // 2
            one.setVisible(room >= 0)

    def _suggest(self) -> None:
        clear(self._row)
        self._chips = []
        said = {
            "en": ("Who are you?", "You are ChatGPT, right?", "Hello!"),
            "zh": ("你是谁？", "你是通义千问吧？", "你好！"),
        }
        languages = [code for code in (self._desk.language, "en", "zh") if code in self._persona.languages]
        wanted = [words for code in dict.fromkeys(languages) for words in said[code][: 3 if len(languages) < 3 else 2]]
        for words in wanted[:4]:
            one = button(words, "chip", clicked=lambda words=words: self.say(words))  # type: ignore[misc]
            self._chips.append(one)
            self._row.addWidget(one)
        self._row.addStretch(1)
        self._fit()

    def _build(self) -> None:
        self.nothing = label("", "muted")
        self._talk = QVBoxLayout()
        self._talk.setSpacing(GAP)
        body = QVBoxLayout()
        body.addWidget(self.nothing)
        body.addLayout(self._talk)
        body.addStretch(1)
        self.area: QScrollArea = in_the_middle(body)
        body.setContentsMargins(GAP * 2, GAP, GAP * 2, GAP)
        self.suggestions = QWidget()
        self._row = QHBoxLayout(self.suggestions)
        self._row.setContentsMargins(0, 0, 0, 0)
        self._row.setSpacing(GAP // 2)
        self._suggest()
        self.field = QLineEdit()
        self.field.setMaxLength(LONGEST)
        self.field.setPlaceholderText(self.tr("Say something to both"))
        self.field.setAccessibleName(self.tr("What you say to both"))
        self.field.returnPressed.connect(self.send)
        self.field.textChanged.connect(lambda _: self._enable())
        self.go = button(self.tr("Say it"), "primary", clicked=self.send)
        self.halt = button(self.tr("Stop"), clicked=self.stop)
        line = QHBoxLayout()
        line.setSpacing(GAP)
        line.addWidget(self.field, 1)
        line.addWidget(self.go)
        line.addWidget(self.halt)
        foot = QFrame()
        foot.setProperty("role", "strip")
        inside = QVBoxLayout(foot)
        inside.setContentsMargins(GAP * 2, GAP // 2, GAP * 2, GAP)
        inside.setSpacing(GAP // 2)
        inside.addWidget(self.suggestions)
        inside.addLayout(line)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(0)
        column.addWidget(self.area, 1)
        column.addWidget(foot)
