"""One persona at the right of its page: what it is, what can be done with it, and the steps of its making."""

from __future__ import annotations

from PySide6.QtCore import QPoint, Qt, Signal
from PySide6.QtGui import QIcon
from PySide6.QtWidgets import (
    QFrame,
    QGridLayout,
    QHBoxLayout,
    QMenu,
    QPushButton,
    QScrollArea,
    QStackedWidget,
    QTabBar,
    QVBoxLayout,
    QWidget,
)

from core.errors import VademecumError
from core.nouns import Persona, Voice
from desktop.channel import PersonaRow
from desktop.window.desk import Desk
from desktop.window.elided import ElidedLabel
from desktop.window.icons import icon
from desktop.window.pages.persona_bench import Bench
from desktop.window.pages.persona_form import FormStep
from desktop.window.pages.persona_gate import GateStep
from desktop.window.pages.persona_lessons import LessonsStep
from desktop.window.pages.persona_merging import MergePanel
from desktop.window.pages.persona_training import TrainingPanel
from desktop.window.pages.persona_trial import TrialStep
from desktop.window.pages.persona_words import name_of, pick, voice_words
from desktop.window.reading_column import in_the_middle
from desktop.window.theme import GAP
from desktop.window.tone import tell
from desktop.window.widgets import button, label

_TERMS_SHOWN = 8  # of a description
STEPS = ("form", "lessons", "training", "gate", "trial")


class PersonaPane(QWidget):
    """The head with its buttons, and below it the steps (in the making) or a description (installed, or ready)."""

    use_wanted = Signal(str)  # its id; "" for nobody
    copy_wanted = Signal(str)
    export_wanted = Signal(str)
    remove_wanted = Signal(str)
    discard_wanted = Signal(str)
    changed = Signal()  # the list is old

    def __init__(self, desk: Desk, row: PersonaRow) -> None:
        super().__init__()
        self._desk = desk
        self.row = row
        self.bench: Bench | None = Bench(desk, row.persona, self) if row.begun else None
        self.steps: dict[str, QWidget] = {}
        self.form: FormStep | None = None
        self.lessons: LessonsStep | None = None
        self.training: TrainingPanel | None = None
        self.gate: GateStep | None = None
        self.trial: TrialStep | None = None
        self.merging = MergePanel(desk, row.persona.id)
        self._build()
        if self.bench is not None:
            self._build_steps(self.bench)
        else:
            self._build_about(row)
        self.tabs.currentChanged.connect(self._step_chosen)
        desk.restyled.connect(self._mark_steps)
        self.show_row(row)
        if self.bench is not None:
            self.bench.changed.connect(self._bench_changed)
            self.bench.troubled.connect(self._complain)
            self.bench.step_wanted.connect(self.show_step)
            self.bench.refresh()

    @property
    def id(self) -> str:
        """Whose pane it is."""
        return self.row.persona.id

    def show_row(self, row: PersonaRow) -> None:
        """What there is of it now, as the list has it."""
        self.row = row
        persona = self.bench.persona if self.bench is not None else row.persona
        self.title.setText(name_of(persona, self._desk.language))
        told = [row.persona.id, pick(persona.organisation, self._desk.language)]
        if row.installed:
            told.append(self.tr("installed for {base}").format(base=row.base) if row.base else self.tr("installed"))
        self.told.setText(" · ".join(part for part in told if part))
        self.use.setVisible(row.installed and not row.in_use)
        self.use.setEnabled(row.fits and not row.problem)
        self.unuse.setVisible(row.in_use)
        misfit = self.tr("It was made for the model {base} and cannot speak with the one in use.")
        if row.installed and row.problem:
            tell(self.misfit, row.problem, "bad")
        else:
            tell(self.misfit, "" if row.fits or not row.installed else misfit.format(base=row.base or "?"), "warn")
        self.copy.setVisible(not row.begun and not row.installed)
        if self.trial is not None:
            trained = self.bench is not None and self.bench.view is not None and self.bench.view.trained is not None
            self.trial.set_persona(persona, ready=trained or (row.installed and row.fits and not row.problem))

    def show_step(self, name: str) -> None:
        """Bring a step to the front: form, lessons, training, gate, trial or about."""
        names = list(self.steps)
        if name in names:
            self.tabs.setCurrentIndex(names.index(name))

    @property
    def step(self) -> str:
        """The step that is shown."""
        return list(self.steps)[max(0, self.tabs.currentIndex())]

    def leave(self) -> None:
        """The window closes."""
        if self.form is not None:
            self.form.leave()
        if self.lessons is not None:
            self.lessons.save()

    def save(self) -> None:
        """Keep what was typed, now."""
        if self.bench is not None:
            self.bench.leaving.emit()

    # -- the bench

    def _bench_changed(self) -> None:
        self.problem.hide()
        self.show_row(self.row)
        self._mark_steps()

    def _complain(self, error: VademecumError) -> None:
        tell(self.problem, self._desk.sentence(error), "bad")

    def _mark_steps(self) -> None:
        view = self.bench.view if self.bench is not None else None
        if view is None:
            return
        theme = self._desk.theme
        errors = any(not slip.warning and slip.field != "examples" for slip in view.slips)
        broken = any(not slip.warning and slip.field == "examples" for slip in view.slips)
        gate = view.gate
        states = {
            "form": "bad" if errors else "good",
            "lessons": "bad" if broken else self._state(bool(view.lessons), "examples"),
            "training": self._state(view.trained is not None, "adapter"),
            "gate": self._state(gate is not None, "gate" if "adapter" not in view.stale else "adapter"),
            "trial": "",
        }
        if gate is not None and not gate.installable and states["gate"] == "good":
            states["gate"] = "bad"
        pictures = {
            "good": ("supported", theme.good, self.tr("done")),
            "stale": ("partial", theme.warn, self.tr("made from an earlier form")),
            "bad": ("unsupported", theme.bad, self.tr("needs a look")),
        }
        for at, name in enumerate(self.steps):
            picture = pictures.get(states.get(name, ""))
            self.tabs.setTabIcon(at, icon(picture[0], picture[1], 16) if picture else QIcon())
            words = self.tabs.tabText(at)
            self.tabs.setTabToolTip(at, f"{words}: {picture[2]}" if picture else words)

    def _state(self, there: bool, part: str) -> str:
        if not there:
            return ""
        return "stale" if self.bench is not None and self.bench.is_stale(part) else "good"

    def _step_chosen(self, at: int) -> None:
        self._stack.setCurrentIndex(at)
        self.save()  # what the next step is made from

    # -- building

    def _build(self) -> None:
        self.title = ElidedLabel("title", Qt.TextElideMode.ElideRight)
        self.told = ElidedLabel("muted", Qt.TextElideMode.ElideRight)
        self.misfit = label("", "warn")
        self.misfit.hide()
        self.problem = label("", "bad", selectable=True)
        self.problem.hide()
        self.use = button(self.tr("Use"), "primary", clicked=lambda: self.use_wanted.emit(self.id))
        self.use.setToolTip(self.tr("Let it speak from now on"))
        self.unuse = button(self.tr("Stop using"), clicked=lambda: self.use_wanted.emit(""))
        self.copy = button(self.tr("Make one like it …"), clicked=lambda: self.copy_wanted.emit(self.id))
        self.more: QPushButton = button(self.tr("More"), clicked=self.open_menu)
        self.more.setToolTip(self.tr("Export, copy, remove"))
        words = QVBoxLayout()
        words.setSpacing(0)
        words.addWidget(self.title)
        words.addWidget(self.told)
        head = QHBoxLayout()
        head.setContentsMargins(GAP * 2, GAP, GAP * 2, 0)
        head.setSpacing(GAP // 2)
        head.addLayout(words, 1)
        for one in (self.copy, self.use, self.unuse, self.more):
            head.addWidget(one, 0, Qt.AlignmentFlag.AlignTop)
        notes = QVBoxLayout()
        notes.setContentsMargins(GAP * 2, 4, GAP * 2, 0)
        notes.setSpacing(GAP // 2)
        for part in (self.misfit, self.problem, self.merging):
            notes.addWidget(part)
        self.tabs = QTabBar()
        self.tabs.setDrawBase(False)
        self.tabs.setExpanding(False)
        self.tabs.setAccessibleName(self.tr("Steps"))
        strip = QHBoxLayout()
        strip.setContentsMargins(GAP * 2 - 6, 4, GAP, 0)
        strip.addWidget(self.tabs, 1)
        rule = QFrame()
        rule.setProperty("role", "rule")
        rule.setFixedHeight(1)
        self._stack = QStackedWidget()
        self._stack.setMinimumHeight(80)  # it scrolls; what stands above it must not be cut
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(0)
        column.addLayout(head)
        column.addLayout(notes)
        column.addLayout(strip)
        column.addWidget(rule)
        column.addWidget(self._stack, 1)

    def _add_step(self, name: str, words: str, step: QWidget) -> None:
        self.steps[name] = step
        self._stack.addWidget(step)
        self.tabs.addTab(words)

    def _build_steps(self, bench: Bench) -> None:
        self.form = FormStep(self._desk, bench)
        self.lessons = LessonsStep(self._desk, bench)
        self.training = TrainingPanel(self._desk, bench)
        self.gate = GateStep(self._desk, bench)
        self.trial = TrialStep(self._desk, bench.persona, ready=self.row.installed)
        self._add_step("form", self.tr("Form"), self.form)
        self._add_step("lessons", self.tr("Examples"), self.lessons)
        self._add_step("training", self.tr("Training"), self.training)
        self._add_step("gate", self.tr("Gate"), self.gate)
        self._add_step("trial", self.tr("Try it"), self.trial)
        self.form.saved.connect(self.changed)
        bench.installed.connect(self.changed)

    def _build_about(self, row: PersonaRow) -> None:
        self._add_step("about", self.tr("About"), About(self._desk, row.persona))
        if row.installed:
            self.trial = TrialStep(self._desk, row.persona, ready=True)
            self._add_step("trial", self.tr("Try it"), self.trial)

    def open_menu(self) -> None:
        """What else can be done with it."""
        row = self.row
        menu = QMenu(self)
        if row.begun:
            menu.addAction(self.tr("Save now"), self.save).setShortcut("Ctrl+S")
        menu.addAction(self.tr("Make one like it …"), lambda: self.copy_wanted.emit(self.id))
        if row.installed:
            menu.addSeparator()
            file = menu.addAction(self.tr("Export as a file …"), lambda: self.export_wanted.emit(self.id))
            file.setEnabled(not row.problem)
            merged = menu.addAction(self.tr("Export a merged model …"), self.merging.begin)
            merged.setEnabled(row.fits and not row.problem)
        if row.installed or row.begun:
            menu.addSeparator()
        if row.installed:
            menu.addAction(self.tr("Remove …"), lambda: self.remove_wanted.emit(self.id))
        if row.begun:
            menu.addAction(self.tr("Delete what is in the making …"), lambda: self.discard_wanted.emit(self.id))
        menu.aboutToHide.connect(menu.deleteLater)
        menu.popup(self.more.mapToGlobal(QPoint(0, self.more.height())))


class About(QWidget):
    """What a persona is, to be read."""

    def __init__(self, desk: Desk, persona: Persona) -> None:
        super().__init__()
        body = QVBoxLayout()
        body.setSpacing(GAP)
        card = QFrame()
        card.setProperty("role", "card")
        grid = QGridLayout(card)
        grid.setContentsMargins(GAP + 4, GAP, GAP + 4, GAP)
        grid.setHorizontalSpacing(GAP * 2)
        grid.setVerticalSpacing(GAP // 2)
        grid.setColumnStretch(1, 1)
        top = Qt.AlignmentFlag.AlignTop
        languages = {"en": "English", "zh": "中文"}
        lines = (
            (self.tr("Name"), " / ".join(filter(None, (persona.name.en, persona.name.zh)))),
            (self.tr("Organisation"), " / ".join(filter(None, (persona.organisation.en, persona.organisation.zh)))),
            (self.tr("Purpose"), pick(persona.purpose, desk.language)),
            (self.tr("Greeting"), pick(persona.greeting, desk.language)),
            (self.tr("Voice"), voice_words(persona.voice)),
            (self.tr("Own sentences"), "\n".join(persona.own_voice) if persona.voice is Voice.OWN else ""),
            (self.tr("Languages"), ", ".join(languages.get(code, code) for code in persona.languages)),
            (self.tr("Never says"), "; ".join(persona.never_say)),
            (self.tr("Glossary"), self._glossary(persona)),
            (self.tr("Dialogues"), str(len(persona.dialogues) or "")),
        )
        at = 0
        for name, words in lines:
            if words:
                grid.addWidget(label(name, "muted", wrap=False), at, 0, top)
                grid.addWidget(label(words, selectable=True), at, 1)
                at += 1
        body.addWidget(card)
        body.addStretch(1)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        area: QScrollArea = in_the_middle(body)
        body.setContentsMargins(GAP * 2, GAP, GAP * 2, GAP)
        column.addWidget(area)

    def _glossary(self, persona: Persona) -> str:
        if not persona.glossary:
            return ""
        lines = [" = ".join(term.words[:3]) for term in persona.glossary[:_TERMS_SHOWN]]
        if len(persona.glossary) > _TERMS_SHOWN:
            lines.append(self.tr("… {n} terms in all").format(n=len(persona.glossary)))
        return "\n".join(lines)
