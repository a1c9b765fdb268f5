"""One persona in the making, as the steps of its page share it; and how a step's long work is shown."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Any, TypeVar

from PySide6.QtCore import QObject, QTimer, Signal
from PySide6.QtWidgets import QHBoxLayout, QVBoxLayout, QWidget

from core.errors import Cancelled, VademecumError
from core.nouns import Persona, Progress
from desktop.channel import BenchView, OpenBench, Request
from desktop.window.desk import Desk
from desktop.window.elided import ElidedLabel
from desktop.window.jobs import Job
from desktop.window.pages.persona_words import time_left
from desktop.window.theme import GAP
from desktop.window.tone import tell
from desktop.window.widgets import IconButton, Mark, ProgressLine, label

T = TypeVar("T")
_REDRAW = 250  # milliseconds
_STEPS = 1000
_SURE_AFTER = 4.0  # seconds: before, a time that is left would be a guess


class Bench(QObject):
    """What there is of a persona in the making; every step hears when that changes."""

    changed = Signal()
    troubled = Signal(VademecumError)  # it cannot be opened
    step_wanted = Signal(str)  # form, lessons, training, gate, trial
    leaving = Signal()  # keep what was typed: something is about to be made from it
    installed = Signal()

    def __init__(self, desk: Desk, persona: Persona, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._desk = desk
        self.id = persona.id
        self.persona = persona
        self.view: BenchView | None = None

    def refresh(self) -> None:
        """Ask what there is."""
        self._desk.jobs.run(OpenBench(self.id), self, done=self.take, failed=self.troubled.emit)

    def take(self, view: BenchView) -> None:
        """What there is now."""
        self.view = view
        self.persona = view.persona
        self.changed.emit()

    def is_stale(self, part: str) -> bool:
        """Whether examples, adapter or gate were made from an earlier form."""
        return self.view is not None and part in self.view.stale

    def warning(self, field: str) -> str:
        """What of a field had better be otherwise, and hinders nothing."""
        slips = self.view.slips if self.view is not None else ()
        return " ".join(slip.sentence for slip in slips if slip.warning and slip.field == field)

    @property
    def lessons(self) -> int:
        """How many examples there are."""
        return sum(count for _, count in self.view.lessons) if self.view is not None else 0

    def running(self, kind: type[Request[T]]) -> Job[T] | None:
        """The request of that kind that is under way for this persona."""
        for job in self._desk.jobs.running:
            if isinstance(job.request, kind) and getattr(job.request, "id", "") == self.id:
                return job
        return None


class StaleLine(QWidget):
    """Says that something was made from an earlier form, or had better be otherwise."""

    def __init__(self, desk: Desk) -> None:
        super().__init__()
        row = QHBoxLayout(self)
        row.setContentsMargins(0, 0, 0, 0)
        row.setSpacing(GAP // 2)
        self.words = label("", "warn")
        row.addWidget(Mark(desk, "partial", "warn", 16))
        row.addWidget(self.words, 1)
        self.hide()

    def tell(self, words: str) -> None:
        """These words; none hide it."""
        self.words.setText(words)
        self.setVisible(bool(words))


class JobStrip(QWidget):
    """How far a job is: a bar, what it does, what is left, stop and perhaps pause.  Hidden when there is nothing."""

    def __init__(self, desk: Desk, purpose: str, *, pausable: bool = False) -> None:
        """``purpose`` says what it is about, for those who cannot see."""
        super().__init__()
        self._desk = desk
        self.job: Job[Any] | None = None
        self._pausable = pausable
        self._ended: Callable[[], object] | None = None
        self.detail = ""  # said behind what it does
        self.seconds_left = 0.0  # as the job itself says; estimated where it says nothing
        self.bar = ProgressLine(purpose)
        self.stage = ElidedLabel("muted")
        self.left = label("", "muted", wrap=False)
        self.pause = IconButton(desk, "pause", self.tr("Pause"), self._hold)
        self.stop = IconButton(desk, "stop", self.tr("Stop"), self._stop)
        self.problem = label("", "bad", selectable=True)
        self.problem.hide()
        self.row = QWidget()
        line = QHBoxLayout(self.row)
        line.setContentsMargins(0, 0, 0, 0)
        line.setSpacing(GAP // 2)
        line.addWidget(self.stage, 1)
        line.addWidget(self.left)
        line.addWidget(self.pause)
        line.addWidget(self.stop)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(GAP // 2)
        column.addWidget(self.bar)
        column.addWidget(self.row)
        column.addWidget(self.problem)
        self._clock = QTimer(self)
        self._clock.setInterval(_REDRAW)
        self._clock.timeout.connect(self.redraw)
        self.hide()

    @property
    def busy(self) -> bool:
        """Whether a job is under way."""
        return self.job is not None and self.job.running

    def follow(self, job: Job[Any], ended: Callable[[], object]) -> None:
        """Show how this job fares; ``ended`` is called when it has ended, whichever way."""
        self.job, self._ended = job, ended
        self.detail, self.seconds_left = "", 0.0
        self.problem.hide()
        self.bar.show()
        self.row.show()
        self.pause.setVisible(self._pausable)
        self.stop.setEnabled(True)
        self.show()
        self._clock.start()
        self.redraw()
        job.watch(self, done=lambda _: self._finish(), progress=lambda _: self.redraw(), failed=self._failed)

    def rest(self) -> None:
        """Nothing is under way, and nothing is to be said."""
        if not self.busy:
            self.problem.hide()
            self.hide()

    def complain(self, error: VademecumError) -> None:
        """Say why it cannot be."""
        if not isinstance(error, Cancelled):
            tell(self.problem, self._desk.sentence(error), "bad")
            self.bar.hide()
            self.row.hide()
            self.show()

    def redraw(self) -> None:
        """As far as it has come."""
        job = self.job
        if job is None or not job.running:
            return
        progress = job.progress
        known = progress is not None and progress.total > 0
        self.bar.setRange(0, _STEPS if known or job.paused else 0)
        if progress is not None and known:
            self.bar.setValue(round(_STEPS * min(1.0, progress.done / progress.total)))
        name, words = ("resume", self.tr("Go on")) if job.paused else ("pause", self.tr("Pause"))
        if self.pause.accessibleName() != words:
            self.pause.set_icon(name, words)
        self.left.setText(self.tr("Paused") if job.paused else time_left(self._seconds(progress)))
        if not self.stop.isEnabled():
            self.stage.setText(self.tr("Stopping …"))
        elif progress is None:
            self.stage.setText(self.tr("Waiting for its turn …"))
        else:
            doing = self._desk.stage(progress)
            count = f"{progress.done:,} / {progress.total:,}" if known else ""
            self.stage.setText(" · ".join(part for part in (doing, count, self.detail) if part))

    def _seconds(self, progress: Progress | None) -> float:
        if self.seconds_left > 0 or self.job is None or progress is None:
            return self.seconds_left
        spent = time.monotonic() - self.job.began
        if spent < _SURE_AFTER or not progress.done or not progress.total:
            return 0.0
        return spent / progress.done * (progress.total - progress.done)

    def _hold(self) -> None:
        if self.job is not None:
            self.job.pause(not self.job.paused)
            self.redraw()

    def _stop(self) -> None:
        if self.job is not None:
            self.job.cancel()
            self.stop.setEnabled(False)
            self.redraw()

    def _finish(self) -> None:
        self._clock.stop()
        self.hide()
        if self._ended is not None:
            self._ended()

    def _failed(self, error: VademecumError) -> None:
        self._finish()
        self.complain(error)
