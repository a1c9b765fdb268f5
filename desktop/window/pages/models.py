"""The models page: what is installed, how fast it is here, what could be fetched, what of the computer it uses."""

from __future__ import annotations

from PySide6.QtCore import Qt, Signal
from PySide6.QtGui import QDragEnterEvent, QDropEvent, QShowEvent
from PySide6.QtWidgets import (
    QFrame,
    QGridLayout,
    QHBoxLayout,
    QLabel,
    QVBoxLayout,
    QWidget,
)

from core.errors import Cancelled, VademecumError
from core.machine import cores, memory
from core.settings import Settings
from desktop.channel import ListModels, MeasureModel, ModelRow, RemoveModel
from desktop.window.confirm import Confirm
from desktop.window.controls import Choice
from desktop.window.desk import Desk
from desktop.window.icons import pixmap
from desktop.window.jobs import Job
from desktop.window.model_import import CommandLine, ImportPanel, ask_for_gguf, ask_for_models, gguf_of, megabytes
from desktop.window.reading_column import in_the_middle
from desktop.window.theme import GAP
from desktop.window.tone import tell
from desktop.window.widgets import button, clear, label

_GB = 1 << 30
_COMFORT = 0.7  # of the memory: a larger model makes the computer swap


class ModelsPage(QWidget):
    """Lists the models and says how to get more; it downloads nothing."""

    def __init__(self, desk: Desk) -> None:
        super().__init__()
        self._desk = desk
        self.rows: tuple[ModelRow, ...] = ()
        self.cards: dict[str, ModelCard] = {}
        self.setProperty("role", "page")
        self.setAcceptDrops(True)
        self.add = button(
            self.tr("Import a GGUF file …"),
            hint=self.tr("A language model of your own, as one file; you can also drop it here"),
            clicked=self._ask_which,
        )
        self.carry = button(
            self.tr("Take over from a folder …"),
            hint=self.tr("Models that another computer exported onto a USB stick"),
            clicked=self._ask_for_folder,
        )
        self.importing = ImportPanel(desk)
        self.importing.imported.connect(self._imported)
        self.importing.taken_over.connect(lambda _: self.refresh())
        self.problem = label("", "bad", selectable=True)
        self.problem.hide()
        self._language = QVBoxLayout()
        self._embedders = QVBoxLayout()
        for group in (self._language, self._embedders):
            group.setSpacing(GAP // 2)
        self.resources = ResourcesCard(desk)
        words = QVBoxLayout()
        words.setSpacing(2)
        words.addWidget(label(self.tr("Models"), "title", wrap=False))
        words.addWidget(
            label(self.tr("They run on this computer alone. No question and no document ever leaves it."), "muted")
        )
        head = QHBoxLayout()
        head.addLayout(words, 1)
        head.addWidget(self.carry, 0, Qt.AlignmentFlag.AlignTop)
        head.addWidget(self.add, 0, Qt.AlignmentFlag.AlignTop)
        body = QVBoxLayout()
        body.setSpacing(GAP)
        body.addLayout(head)
        body.addWidget(self.importing)
        body.addWidget(self.problem)
        body.addSpacing(GAP)
        body.addWidget(label(self.tr("Models that write the answers"), "heading", wrap=False))
        body.addLayout(self._language)
        body.addSpacing(GAP)
        body.addWidget(label(self.tr("The model that finds the passages"), "heading", wrap=False))
        body.addLayout(self._embedders)
        body.addSpacing(GAP)
        body.addWidget(label(self.tr("Memory and processor"), "heading", wrap=False))
        body.addWidget(self.resources)
        body.addStretch(1)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.addWidget(in_the_middle(body))
        desk.restyled.connect(self._show_rows)

    def showEvent(self, event: QShowEvent) -> None:
        """Comes up to date when it is looked at: the command line may have brought a model."""
        super().showEvent(event)
        self.refresh()
        self.resources.show_settings()

    def refresh(self) -> None:
        """Ask what there is."""
        self._desk.jobs.run(ListModels(), self, done=self._show, failed=self._complain)

    def _show(self, rows: tuple[ModelRow, ...]) -> None:
        self.problem.hide()
        self.rows = rows
        self._show_rows()

    def _complain(self, error: VademecumError) -> None:
        if not isinstance(error, Cancelled):
            tell(self.problem, self._desk.sentence(error), "bad")

    def _show_rows(self) -> None:
        focused = self._focused()
        former, self.cards = self.cards, {}
        for layout, kind in ((self._language, "language"), (self._embedders, "embedder")):
            clear(layout)
            found = [row for row in self.rows if row.kind == kind]
            for row in sorted(found, key=lambda row: (not row.in_use, not row.installed)):
                card = ModelCard(self._desk, row, former.get(row.name))
                card.use.clicked.connect(lambda _=False, name=row.name: self.use_model(name))
                card.remove.clicked.connect(lambda _=False, row=row: self._ask_removal(row))
                card.measured.connect(self.refresh)
                self.cards[row.name] = card
                layout.addWidget(card)
        if focused is not None and (again := self.cards.get(focused)) is not None:
            next((one for one in again.buttons if one.isVisibleTo(again)), self.add).setFocus()

    def _focused(self) -> str | None:
        """The model whose card has the focus: it keeps it when the cards are made anew."""
        focused = self.focusWidget()
        return next((name for name, card in self.cards.items() if focused and card.isAncestorOf(focused)), None)

    # -- what can be done

    def use_model(self, name: str) -> None:
        """Write the answers with this model from now on."""

        def done() -> None:
            self.importing.rest()
            self.refresh()
            self._desk.notice(self.tr("“{name}” writes the answers from now on.").format(name=name))

        self._desk.change_settings(done, model=name)

    def _ask_removal(self, row: ModelRow) -> None:
        Confirm(
            self,
            self.tr("Remove the model “{name}”?").format(name=row.name),
            self.tr("Its files ({size}) are deleted from this computer. Documents and records stay.").format(
                size=megabytes(row.size)
            ),
            self.tr("Remove"),
            lambda: self.remove_model(row.name),
        )

    def remove_model(self, name: str) -> None:
        """Delete its files."""
        self._desk.jobs.run(RemoveModel(name), self, done=lambda _: self.refresh(), failed=self._complain)

    def _ask_which(self) -> None:
        ask_for_gguf(self, self.importing.start)

    def _ask_for_folder(self) -> None:
        ask_for_models(self, self.importing.take_over)

    def _imported(self, name: str) -> None:
        self.refresh()
        self.importing.offer(name, lambda: self.use_model(name))

    def dragEnterEvent(self, event: QDragEnterEvent) -> None:
        """A model file may be dropped here; anything else is for the window."""
        if gguf_of(event) is not None and not self.importing.busy:
            event.acceptProposedAction()
        else:
            event.ignore()

    def dropEvent(self, event: QDropEvent) -> None:
        """Imports the model file."""
        file = gguf_of(event)
        if file is not None and not self.importing.busy:
            event.acceptProposedAction()
            self.importing.start(file)


class ModelCard(QFrame):
    """One model: what it is, what it can do here, what one can do with it."""

    measured = Signal()

    def __init__(self, desk: Desk, row: ModelRow, former: ModelCard | None = None) -> None:
        super().__init__()
        self._desk = desk
        self.row = row
        self._job: Job[float] | None = None
        self.setProperty("role", "card")
        self.use = button(self.tr("Use this model"), clicked=None)
        self.measure = button(
            self.tr("Measure"), hint=self.tr("How fast it writes on this computer; takes up to a minute")
        )
        self.measure.clicked.connect(lambda _=False: self.run_measure())
        self.stop = button(self.tr("Stop"), clicked=self._stop)
        self.remove = button(self.tr("Remove …"), "link")
        for one, words in (
            (self.use, self.tr("Use the model {name}")),
            (self.measure, self.tr("Measure the model {name}")),
            (self.remove, self.tr("Remove the model {name}")),
        ):
            one.setAccessibleName(words.format(name=row.name))
        self.stop.hide()
        self.buttons = (self.measure, self.use, self.remove)
        self.state = label("", "muted")
        self.state.hide()
        self._build()
        # Only now: what has no parent yet would be shown as a window of its own.
        language = row.kind == "language"
        self.use.setVisible(row.installed and language and not row.in_use)
        self.measure.setVisible(row.installed and language)
        self.remove.setVisible(row.installed and not row.in_use)
        if former is not None and former._job is not None and former._job.running:
            self._follow(former._job)  # a list that is read anew does not lose what is under way

    def _build(self) -> None:
        row, theme = self.row, self._desk.theme
        head = QHBoxLayout()
        head.setSpacing(GAP // 2)
        head.addWidget(label(row.title, "heading", wrap=False))
        head.addWidget(label(row.name, "muted", wrap=False))
        head.addStretch(1)
        if row.in_use or not row.installed:
            mark = QLabel()
            mark.setPixmap(
                pixmap("supported" if row.in_use else "fetch", theme.good if row.in_use else theme.muted, 16)
            )
            head.addWidget(mark)
            words = self.tr("In use") if row.in_use else self.tr("Not installed")
            head.addWidget(label(words, "good" if row.in_use else "muted", wrap=False))
        licence = row.licence or self._desk.say("licence_unknown")
        facts = [megabytes(row.size), licence]
        if row.tokens_per_second:
            facts.append(self.tr("writes {speed} tokens a second here").format(speed=f"{row.tokens_per_second:.0f}"))
        elif row.installed and row.kind == "language":
            facts.append(self.tr("speed not measured yet"))
        column = QVBoxLayout(self)
        column.setContentsMargins(GAP + 4, GAP, GAP, GAP)
        column.setSpacing(4)
        column.addLayout(head)
        if row.words:
            column.addWidget(label(row.words))
        facts_line = label(" · ".join(facts), "muted")
        facts_line.setToolTip(f"SHA-256 {row.sha256}" if row.sha256 else "")
        line = QHBoxLayout()
        line.setSpacing(GAP // 2)
        line.addWidget(facts_line, 1)
        for one in (self.remove, self.stop, self.measure, self.use):
            line.addWidget(one)
        column.addLayout(line)
        column.addWidget(self.state)
        total = memory()
        if row.kind == "language" and total and row.size > total * _COMFORT:
            warning = self.tr("This model is large for a computer with {memory} GB of memory.")
            column.addWidget(label(warning.format(memory=round(total / _GB)), "warn"))
        if not row.installed:
            column.addWidget(CommandLine(self._desk, row.name))

    def run_measure(self) -> None:
        """Try it in a process of its own, and note its speed."""
        job = self._desk.jobs.run(MeasureModel(self.row.name), self)
        self._follow(job)

    def _follow(self, job: Job[float]) -> None:
        self._job = job
        self.measure.hide()
        self.stop.show()
        tell(self.state, self.tr("Measuring …"), "muted")
        job.watch(self, done=self._done, failed=self._failed)

    def _stop(self) -> None:
        if self._job is not None:
            self._job.cancel()

    def _done(self, speed: float) -> None:
        self._rest()
        tell(self.state, self.tr("writes {speed} tokens a second here").format(speed=f"{speed:.1f}"), "good")
        self.measured.emit()

    def _failed(self, error: VademecumError) -> None:
        self._rest()
        if isinstance(error, Cancelled):
            self.state.hide()
        else:
            tell(self.state, self._desk.sentence(error), "bad")

    def _rest(self) -> None:
        self.stop.hide()
        self.measure.show()


class ResourcesCard(QFrame):
    """Threads, graphics card, and how much text the model takes in; automatic unless somebody knows better."""

    def __init__(self, desk: Desk) -> None:
        super().__init__()
        self._desk = desk
        self.setProperty("role", "card")
        self.fields = {name: Choice(desk) for name in ("threads", "gpu_layers", "context", "evidence_tokens")}
        self.note = label("", "muted")
        self.apply = button(self.tr("Apply"), "primary", clicked=self._apply)
        self.reset = button(self.tr("Back to automatic"), clicked=self._reset)
        self._build()
        self.show_settings()
        for field in self.fields.values():
            field.currentIndexChanged.connect(lambda _: self._changed())

    def _build(self) -> None:
        grid = QGridLayout()
        grid.setHorizontalSpacing(GAP * 2)
        grid.setVerticalSpacing(GAP)
        grid.setColumnStretch(2, 1)
        words = {
            "threads": (self.tr("Processor threads"), self.tr("Automatic uses every physical core.")),
            "gpu_layers": (self.tr("Graphics card"), self.tr("Used where there is one that this program knows.")),
            "context": (
                self.tr("Context, in tokens"),
                self.tr("Longest prompt and answer together. A longer one needs more memory."),
            ),
            "evidence_tokens": (
                self.tr("Evidence, in tokens"),
                self.tr("How much of the passages the model reads. More of it, and the answer begins later."),
            ),
        }
        for at, (setting, field) in enumerate(self.fields.items()):
            name, hint = words[setting]
            field.setAccessibleName(name)
            field.setAccessibleDescription(hint)
            field.setMinimumWidth(190)
            grid.addWidget(label(name, wrap=False), at, 0)
            grid.addWidget(field, at, 1)
            grid.addWidget(label(hint, "muted"), at, 2)
        foot = QHBoxLayout()
        foot.addWidget(self.note, 1)
        foot.addWidget(self.reset)
        foot.addWidget(self.apply)
        column = QVBoxLayout(self)
        column.setContentsMargins(GAP + 4, GAP, GAP, GAP)
        column.setSpacing(GAP)
        if total := memory():
            has = self.tr("This computer: {cores} cores, {memory} GB of memory.")
            column.addWidget(label(has.format(cores=cores(), memory=round(total / _GB))))
        column.addLayout(grid)
        column.addLayout(foot)

    def show_settings(self) -> None:
        """The values as they are kept; one that is not on the list is added to it."""
        plain = Settings()
        automatic = {
            "threads": self.tr("Automatic ({count})").format(count=cores()),
            "gpu_layers": self.tr("Automatic"),
            "context": self.tr("Automatic ({count})").format(count=plain.context),
            "evidence_tokens": self.tr("Automatic ({count})").format(count=plain.evidence_tokens),
        }
        others = {
            "threads": tuple(range(1, 2 * cores() + 1)),
            "gpu_layers": (0,),
            "context": (2048, 8192, 16384, 32768),
            "evidence_tokens": (300, 800, 1200, 2000, 3000),
        }
        for name, field in self.fields.items():
            kept, usual = getattr(self._desk.settings, name), getattr(plain, name)
            field.blockSignals(True)
            field.clear()
            field.addItem(automatic[name], usual)
            for value in sorted({*others[name], kept} - {usual}):
                field.addItem(self._words(name, value), value)
            field.setCurrentIndex(field.findData(kept))
            field.blockSignals(False)
        self._changed()

    def values(self) -> dict[str, int]:
        """What the fields say, by the names of the settings."""
        return {name: int(field.currentData()) for name, field in self.fields.items()}

    def _words(self, name: str, value: int) -> str:
        if name != "gpu_layers":
            return str(value)
        return self.tr("{count} layers").format(count=value) if value else self.tr("Do not use")

    def _changed(self) -> None:
        values, plain = self.values(), Settings()
        new = any(getattr(self._desk.settings, name) != value for name, value in values.items())
        self.apply.setEnabled(new)
        self.reset.setVisible(any(getattr(plain, name) != value for name, value in values.items()))
        self.note.setText(self.tr("The model is loaded anew when this is applied.") if new else "")

    def _reset(self) -> None:
        for field in self.fields.values():
            field.setCurrentIndex(0)

    def _apply(self) -> None:
        self.apply.setEnabled(False)
        self._desk.change_settings(lambda: self.note.setText(self.tr("Applied.")), **self.values())
