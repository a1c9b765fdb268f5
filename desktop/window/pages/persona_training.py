"""The third step: what the training takes, how it goes, and what came of it."""

from __future__ import annotations

from PySide6.QtGui import QShowEvent
from PySide6.QtWidgets import QFrame, QHBoxLayout, QVBoxLayout, QWidget

from core.errors import Cancelled, VademecumError
from desktop.channel import CurvePoint, PlanTraining, TrainedNow, TrainingPlan, TrainingStep, TrainPersona
from desktop.window.desk import Desk
from desktop.window.jobs import Job
from desktop.window.pages.loss_curve import LossCurve
from desktop.window.pages.persona_bench import Bench, JobStrip, StaleLine
from desktop.window.pages.persona_words import duration, gigabytes
from desktop.window.theme import GAP
from desktop.window.tone import tell
from desktop.window.widgets import button, label


class TrainingPanel(QWidget):
    """Plans, starts, holds and ends the training of one persona, and draws its curve."""

    def __init__(self, desk: Desk, bench: Bench) -> None:
        super().__init__()
        self._desk = desk
        self._bench = bench
        self._points: dict[int, CurvePoint] = {}
        self._stopped = False
        self._awaited = False  # it has just ended, and what there is of it now is being asked for
        self.plan: TrainingPlan | None = None
        self._build()
        bench.changed.connect(self._bench_changed)
        self._show()
        if (job := bench.running(TrainPersona)) is not None:
            self._follow(job)

    @property
    def busy(self) -> bool:
        """Whether it is being trained."""
        return self.strip.busy

    def showEvent(self, event: QShowEvent) -> None:
        """What it would take now: examples and free memory change."""
        super().showEvent(event)
        self.ask_plan()

    def ask_plan(self) -> None:
        """Ask what the training would take."""
        if not self.busy and self._bench.lessons:
            self._desk.jobs.run(PlanTraining(self._bench.id), self, done=self._planned, failed=self._refused)

    def start(self) -> None:
        """Begin, or go on where it was stopped."""
        if self.busy:
            return
        self._bench.leaving.emit()
        self._stopped = False
        if self.plan is None or not self.plan.resumes:
            self._points = {}
        self._follow(self._desk.jobs.run(TrainPersona(self._bench.id), self))

    def _follow(self, job: Job[TrainedNow]) -> None:
        self.problem.hide()
        self.ending.hide()
        # Before the strip hears of it: what it shows at the end depends on how it ended.
        job.watch(self, done=self._done, partly=self._step, failed=self._failed)
        self.strip.follow(job, self._ended)
        self.curve.show_points(self._sorted(), 0)
        self._show()

    def _planned(self, plan: TrainingPlan) -> None:
        self.plan = plan
        self.problem.hide()
        self._show()

    def _refused(self, error: VademecumError) -> None:
        self.plan = None
        if not isinstance(error, Cancelled):
            tell(self.problem, self._desk.sentence(error), "bad")
        self._show()

    def _step(self, step: object) -> None:
        if not isinstance(step, TrainingStep):
            return
        self._points[step.point.step] = step.point
        self.curve.show_points(self._sorted(), step.steps)
        self.strip.seconds_left = step.seconds_left
        self.strip.redraw()
        self.facts.setText(
            " · ".join(
                (
                    self.tr("loss {loss}").format(loss=f"{step.point.loss:.2f}"),
                    self.tr("{speed} tokens a second").format(speed=f"{step.tokens_per_second:,.0f}"),
                    self.tr("{memory} of memory").format(memory=gigabytes(step.peak_megabytes * 1e6)),
                )
            )
        )
        self.facts.show()

    def _done(self, trained: TrainedNow) -> None:
        self._points = {point.step: point for point in trained.curve} or self._points
        self._awaited = True
        self.curve.show_points(self._sorted())
        self._bench.refresh()

    def _failed(self, error: VademecumError) -> None:
        self._stopped = True
        self.plan = None  # it goes on from here
        if isinstance(error, Cancelled):
            tell(self.ending, self.tr("Stopped. It goes on where it was when you start it again."), "muted")
        self._bench.refresh()

    def _ended(self) -> None:
        self._show()
        self.ask_plan()

    def _sorted(self) -> list[CurvePoint]:
        return [self._points[step] for step in sorted(self._points)]

    # -- shown

    def _bench_changed(self) -> None:
        self._awaited = False
        self._show()

    def _show(self) -> None:
        view = self._bench.view
        busy = self.busy
        trained = view.trained if view is not None else None
        have = self._bench.lessons > 0
        self.lacking.setVisible(not have and not busy)
        self.to_lessons.setVisible(not have and not busy)
        self.go.setVisible(have and not busy)
        self.go.setEnabled(self.plan is not None)
        resumes = self.plan is not None and self.plan.resumes
        self.go.setText(
            self.tr("Go on") if resumes else self.tr("Train anew") if trained else self.tr("Start the training")
        )
        stale = self._bench.is_stale("adapter")
        role = "primary" if trained is None or stale or resumes else ""
        if self.go.property("role") != role:
            self.go.setProperty("role", role)
            self.go.style().polish(self.go)
        self.next.setVisible(trained is not None and not busy)
        words = self.tr("It was trained on an earlier form or on other examples. Train it anew.")
        self.stale.tell(words if stale and trained is not None and not busy else "")
        self.warned.tell(self._bench.warning("examples") if have and not busy else "")
        self.planned.setText(self._plan_words())
        self.planned.setVisible(have and not busy and bool(self.planned.text()))
        if not busy:
            self.facts.setText(self._trained_words(trained) if trained is not None else "")
            self.facts.setVisible(trained is not None and not self._stopped)
            if trained is not None and not self._stopped and not self._awaited:
                self._points = {point.step: point for point in trained.curve}
                self.curve.show_points(self._sorted())
        self.card.setVisible(busy or bool(self._points) or trained is not None)

    def _plan_words(self) -> str:
        plan = self.plan
        if plan is None:
            return ""
        words = [
            self.tr("{n} examples, {held_out} of them kept aside").format(
                n=f"{plan.examples:,}", held_out=f"{plan.held_out:,}"
            ),
            self.tr("about {time}").format(time=duration(plan.seconds)),
            self.tr("up to {needed} of memory, {free} are free").format(
                needed=gigabytes(plan.memory_bytes), free=gigabytes(plan.free_bytes)
            ),
        ]
        return " · ".join(words)

    def _trained_words(self, trained: TrainedNow) -> str:
        return " · ".join(
            (
                self.tr("Trained in {time}").format(time=duration(trained.seconds)),
                self.tr("{speed} tokens a second").format(speed=f"{trained.tokens_per_second:,.0f}"),
                self.tr("{memory} of memory").format(memory=gigabytes(trained.peak_megabytes * 1e6)),
                self.tr("on the model {base}").format(base=trained.base),
            )
        )

    def _build(self) -> None:
        self.stale = StaleLine(self._desk)
        self.warned = StaleLine(self._desk)
        intro = self.tr(
            "The model in use learns from the examples who speaks and how. It runs beside your work, at low priority; "
            "you can hold or stop it at any time, and it goes on where it was."
        )
        self.planned = label("", wrap=True)
        self.lacking = label(self.tr("There are no examples yet to learn from."), "muted")
        self.to_lessons = button(
            self.tr("To the examples"), "primary", clicked=lambda: self._bench.step_wanted.emit("lessons")
        )
        self.go = button(self.tr("Start the training"), "primary", clicked=self.start)
        self.next = button(self.tr("To the gate"), "primary", clicked=lambda: self._bench.step_wanted.emit("gate"))
        self.problem = label("", "bad", selectable=True)
        self.problem.hide()
        self.ending = label("", "muted")
        self.ending.hide()
        self.strip = JobStrip(self._desk, self.tr("Progress of the training"), pausable=True)
        self.facts = label("", "muted", selectable=True)
        self.facts.hide()
        self.curve = LossCurve(self._desk)
        self.card = QFrame()
        self.card.setProperty("role", "card")
        inside = QVBoxLayout(self.card)
        inside.setContentsMargins(GAP + 4, GAP, GAP + 4, GAP)
        inside.setSpacing(GAP // 2)
        inside.addWidget(self.strip)
        inside.addWidget(self.facts)
        inside.addWidget(self.curve, 1)
        head = QHBoxLayout()
        head.setSpacing(GAP)
        words = QVBoxLayout()
        words.setSpacing(4)
        words.addWidget(label(intro, "muted"))
        words.addWidget(self.planned)
        words.addWidget(self.lacking)
        head.addLayout(words, 1)
        buttons = QVBoxLayout()
        buttons.setSpacing(GAP // 2)
        for one in (self.to_lessons, self.go, self.next):
            buttons.addWidget(one)
        buttons.addStretch(1)
        head.addLayout(buttons)
        column = QVBoxLayout(self)
        column.setContentsMargins(GAP * 2, GAP, GAP * 2, GAP)
        column.setSpacing(GAP)
        column.addLayout(head)
        column.addWidget(self.stale)
        column.addWidget(self.warned)
        column.addWidget(self.problem)
        column.addWidget(self.ending)
        column.addWidget(self.card, 1)
        column.addStretch()
