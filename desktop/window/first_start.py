"""The first steps: language and place, a model, a first try.  Each can be skipped; none needs a network."""

from __future__ import annotations

from pathlib import Path

from PySide6.QtCore import QEvent, QRectF, QSize, Qt, Signal
from PySide6.QtGui import QCloseEvent, QColor, QKeyEvent, QPainter, QPaintEvent
from PySide6.QtWidgets import (
    QButtonGroup,
    QFrame,
    QHBoxLayout,
    QLabel,
    QPushButton,
    QScrollArea,
    QSizePolicy,
    QStackedWidget,
    QVBoxLayout,
    QWidget,
)

from core.errors import Cancelled, VademecumError
from core.nouns import Change, Progress
from desktop import house
from desktop.channel import AddFiles, GetLibrary, LibraryState, ListModels, ModelRow, OpenLibrary
from desktop.window.controls import Pick
from desktop.window.desk import Desk
from desktop.window.elided import ElidedLabel
from desktop.window.icons import pixmap
from desktop.window.jobs import Job
from desktop.window.model_import import CommandLine, ImportPanel, ask_for_gguf, ask_for_models, megabytes
from desktop.window.pages.settings import LANGUAGES, ask_for_folder
from desktop.window.theme import GAP
from desktop.window.tone import tell
from desktop.window.widgets import ProgressLine, button, clear, heed, label

_QUESTIONS = ("hint_notice", "hint_dose", "hint_third")
_WIDTH, _HEIGHT = 760, 640


class FirstStart(QWidget):
    """Three short steps in a window of their own; ``finished`` comes once, however it is left."""

    finished = Signal()

    def __init__(self, desk: Desk) -> None:
        super().__init__()
        self._desk = desk
        self._done = False
        self.setProperty("role", "page")
        self.setAttribute(Qt.WidgetAttribute.WA_StyledBackground)
        self.setWindowTitle(self.tr("Welcome to Vademecum"))
        self.resize(_WIDTH, _HEIGHT)
        self.setMinimumSize(QSize(600, 480))
        self.place = PlaceStep(desk)
        self.model = ModelStep(desk)
        self.trial = TrialStep(desk)
        self.trial.asked.connect(self._ask)
        self.trial.changed.connect(self._show_step)
        self.steps = QStackedWidget()
        for step in (self.place, self.model, self.trial):
            self.steps.addWidget(_scrolling(step))
        self.dots = _Dots(desk, self.steps.count())
        self.back = button(self.tr("Back"), clicked=lambda: self.go(self.steps.currentIndex() - 1))
        self.skip = button(self.tr("Skip the introduction"), "link", clicked=self.finish)
        self.next = button("", "primary", clicked=self._forward)
        foot = QFrame()
        foot.setProperty("role", "strip")
        row = QHBoxLayout(foot)
        row.setContentsMargins(GAP * 2, GAP, GAP * 2, GAP)
        left, right = QHBoxLayout(), QHBoxLayout()  # of equal width, so that the dots keep their place
        left.addWidget(self.skip)
        left.addStretch(1)
        right.addStretch(1)
        right.addWidget(self.back)
        right.addWidget(self.next)
        row.addLayout(left, 1)
        row.addWidget(self.dots)
        row.addLayout(right, 1)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(0)
        self.trouble = label("", "bad", selectable=True)
        self.trouble.setContentsMargins(GAP * 4, 0, GAP * 4, GAP)
        self.trouble.hide()
        column.addWidget(self.steps, 1)
        column.addWidget(self.trouble)
        column.addWidget(foot)
        self.go(0)
        # There is no other window yet to say it.
        desk.noticed.connect(self._notice)
        desk.jobs.troubled.connect(self._complain)
        heed(desk.jobs.opened, self, lambda _: self.trouble.hide())

    def _notice(self, sentence: str, kind: str) -> None:
        tell(self.trouble, sentence, kind if kind in ("good", "warn", "bad") else "muted")

    def _complain(self, error: VademecumError) -> None:
        if not isinstance(error, Cancelled):
            tell(self.trouble, self._desk.sentence(error), "bad")

    def go(self, step: int) -> None:
        """To that step, the first being 0."""
        self.steps.setCurrentIndex(max(0, min(step, self.steps.count() - 1)))
        if self.steps.currentIndex() == 1:
            self.model.refresh()
        self._show_step()
        self.next.setFocus(Qt.FocusReason.OtherFocusReason)

    def finish(self) -> None:
        """The introduction is over and does not come again."""
        if self._done:
            return
        self._done = True
        self._desk.change_settings(welcomed=True)
        self.finished.emit()
        self.close()

    def _forward(self) -> None:
        if self.steps.currentIndex() < self.steps.count() - 1:
            self.go(self.steps.currentIndex() + 1)
        else:
            self.finish()

    def _ask(self, question: str) -> None:
        self.finish()  # the ask page must be there before it can be given a question
        self._desk.question_wanted.emit(question)

    def _show_step(self) -> None:
        at, last = self.steps.currentIndex(), self.steps.count() - 1
        # There is one thing to do first on each step, and it alone stands out.
        self.next.setProperty("role", "primary" if at < last or self.trial.filled else "")
        self.next.style().polish(self.next)
        self.back.setVisible(at > 0)
        self.skip.setVisible(at < last)
        self.dots.show_step(at)
        if at < last:
            self.next.setText(self.tr("Continue"))
        elif self.trial.filled:
            self.next.setText(self.tr("Open Vademecum"))
        else:
            self.next.setText(self.tr("Start with an empty library"))

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """Enter goes on, Escape skips."""
        if event.key() in (Qt.Key.Key_Return, Qt.Key.Key_Enter):
            focused = self.focusWidget()
            focused.click() if isinstance(focused, QPushButton) else self._forward()
        elif event.key() == Qt.Key.Key_Escape:
            self.finish()
        else:
            super().keyPressEvent(event)

    def closeEvent(self, event: QCloseEvent) -> None:
        """Closed is skipped."""
        self.finish()
        super().closeEvent(event)


class _Step(QWidget):
    """A picture, a title, a sentence; what follows is of the step."""

    def __init__(self, desk: Desk, picture: str) -> None:
        super().__init__()
        self._desk = desk
        self._picture = picture
        self._image = QLabel()
        self.body = QVBoxLayout(self)
        self.body.setContentsMargins(GAP * 4, GAP * 3, GAP * 4, GAP * 2)
        self.body.setSpacing(GAP)
        self.body.addWidget(self._image)
        desk.restyled.connect(self._paint)
        self._paint()

    def entitle(self, title: str, text: str) -> None:
        """What the step is about."""
        self.body.addWidget(label(title, "title"))
        self.body.addWidget(label(text, "muted"))
        self.body.addSpacing(GAP)

    def _paint(self) -> None:
        self._image.setPixmap(pixmap(self._picture, self._desk.theme.accent, 44))


class PlaceStep(_Step):
    """Language, and where the library lives."""

    def __init__(self, desk: Desk) -> None:
        super().__init__(desk, "library")
        self.entitle(
            self.tr("Good to have you here"),
            self.tr(
                "Vademecum answers from your own documents and shows the page or section behind every sentence. "
                "It works entirely on this computer."
            ),
        )
        self.languages = QButtonGroup(self)
        row = QHBoxLayout()
        row.setSpacing(GAP * 2)
        for at, (code, name) in enumerate(LANGUAGES):
            one = Pick(desk, name)
            self.languages.addButton(one, at)
            one.setChecked(code == desk.language)
            row.addWidget(one)
        row.addStretch(1)
        self.languages.idClicked.connect(self._speak)
        self.where = ElidedLabel()
        self.other = button(self.tr("Choose another place …"), clicked=self._ask_where)
        self.note = label("", "muted", selectable=True)
        card = QFrame()
        card.setProperty("role", "card")
        inside = QHBoxLayout(card)
        inside.setContentsMargins(GAP + 4, GAP, GAP, GAP)
        inside.addWidget(self.where, 1)
        inside.addWidget(self.other)
        self.body.addWidget(label(self.tr("Language"), "heading"))
        self.body.addLayout(row)
        self.body.addSpacing(GAP)
        self.body.addWidget(label(self.tr("Your library"), "heading"))
        self.body.addWidget(card)
        self.body.addWidget(self.note)
        self.body.addStretch(1)
        self._show_place(Path(desk.settings.library) if desk.settings.library else house.default_library())
        tell(self.note, self.tr("Copies of your documents, their index and the record of every answer are kept here."))
        heed(desk.jobs.opened, self, lambda state: self._show_place(state.folder))

    def open_library(self, folder: Path) -> None:
        """Keep the library in ``folder``."""
        self.other.setEnabled(False)
        tell(self.note, self.tr("Opening …"))
        self._desk.jobs.run(OpenLibrary(folder), self, done=self._keep, failed=self._refused)

    def _keep(self, state: LibraryState) -> None:
        self.other.setEnabled(True)
        default = state.folder == house.default_library()
        self._desk.change_settings(library="" if default else str(state.folder))
        self._show_place(state.folder)
        if state.documents:
            count = state.documents
            words = (
                self.tr("This library holds 1 document already.")
                if count == 1
                else self.tr("This library holds {count} documents already.").format(count=f"{count:,}")
            )
            tell(self.note, words, "good")
        else:
            tell(self.note, self.tr("The library is ready."), "good")

    def _refused(self, error: VademecumError) -> None:
        self.other.setEnabled(True)
        tell(self.note, self._desk.sentence(error), "bad")

    def _show_place(self, folder: Path) -> None:
        self.where.setText(str(folder))

    def _ask_where(self) -> None:
        ask_for_folder(self, self.tr("Where the library lives"), self.open_library)

    def _speak(self, at: int) -> None:
        code = LANGUAGES[at][0]
        if code != self._desk.language:
            self._desk.change_settings(language=code)
            self._desk.language_wanted.emit(code)


class ModelStep(_Step):
    """The model that writes the answers: found, imported from a file, or how to fetch it."""

    def __init__(self, desk: Desk) -> None:
        super().__init__(desk, "models")
        self.entitle(
            self.tr("A model to write the answers"),
            self.tr("A language model reads the passages found and words the answer; every sentence is then checked."),
        )
        self.state = label("", selectable=True)
        self.found = QVBoxLayout()
        self.found.setSpacing(GAP)
        self.importing = ImportPanel(desk)
        self.importing.imported.connect(self._imported)
        self.add = button(self.tr("Import a GGUF file …"), clicked=lambda: ask_for_gguf(self, self.importing.start))
        self.carry = button(
            self.tr("Take over from a folder …"), clicked=lambda: ask_for_models(self, self.importing.take_over)
        )
        self.importing.taken_over.connect(lambda _: self.refresh())
        more = label(self.tr("You can change all of this later on the page “Models”."), "muted")
        row = QHBoxLayout()
        row.addWidget(self.add)
        row.addWidget(self.carry)
        row.addStretch(1)
        self.body.addWidget(self.state)
        self.body.addLayout(self.found)
        self.body.addWidget(self.importing)
        self.body.addLayout(row)
        self.body.addWidget(more)
        self.body.addStretch(1)

    def refresh(self) -> None:
        """Ask what is installed."""
        if not self.state.text():
            tell(self.state, self.tr("Looking for models …"), "muted")
        self._desk.jobs.run(ListModels(), self, done=self._show, failed=self._failed)

    def _show(self, rows: tuple[ModelRow, ...]) -> None:
        clear(self.found)
        installed = [row for row in rows if row.installed]
        writer = next((row for row in installed if row.kind == "language" and row.name == self._wanted()), None)
        others = [row for row in installed if row.kind == "language" and row is not writer]
        missing = [] if writer or others else ["default"]
        if not any(row.kind == "embedder" for row in installed):
            missing.append(self._desk.settings.embedder)
        if writer is not None:
            words = self.tr("“{title}” is installed and writes the answers.")
            facts = " · ".join(fact for fact in (writer.name, megabytes(writer.size), writer.licence) if fact)
            tell(self.state, words.format(title=writer.title), "good")
            self.found.addWidget(label(facts, "muted"))
        elif others:
            tell(self.state, self.tr("These models are installed. Which one is to write the answers?"), "")
            for row in others:
                words = self.tr("Use “{title}” ({size})").format(title=row.title, size=megabytes(row.size))
                self.found.addWidget(self._choice(words, row.name))
        else:
            tell(self.state, self.tr("No model is installed yet."), "warn")
        if missing:
            if missing == [self._desk.settings.embedder]:
                self.found.addWidget(label(self.tr("The model that finds the passages is not installed yet."), "warn"))
            self.found.addWidget(CommandLine(self._desk, " ".join(missing)))
            again = button(self.tr("Look again"), clicked=self.refresh)
            again.setSizePolicy(QSizePolicy.Policy.Maximum, QSizePolicy.Policy.Fixed)
            self.found.addWidget(again)

    def _choice(self, words: str, name: str) -> QPushButton:
        return button(words, clicked=lambda: self.use_model(name))

    def _wanted(self) -> str:
        return self._desk.settings.model

    def _failed(self, error: VademecumError) -> None:
        if not isinstance(error, Cancelled):
            tell(self.state, self._desk.sentence(error), "bad")

    def _imported(self, name: str) -> None:
        self.importing.rest()
        self.use_model(name)

    def use_model(self, name: str) -> None:
        """This model writes the answers."""
        self._desk.change_settings(self.refresh, model=name)


class TrialStep(_Step):
    """The sample documents and three questions about them."""

    asked = Signal(str)
    changed = Signal()

    def __init__(self, desk: Desk) -> None:
        super().__init__(desk, "ask")
        self.entitle(
            self.tr("Try it"),
            self.tr("A few sample documents from law and medicine, in English and Chinese, with questions to click."),
        )
        self._job: Job[Change] | None = None
        self.filled = False  # whether there is anything to ask about
        self.add = button(self.tr("Add the sample documents"), "primary", clicked=self.add_samples)
        self.add.setSizePolicy(QSizePolicy.Policy.Maximum, QSizePolicy.Policy.Fixed)
        self.stop = button(self.tr("Stop"), clicked=self._stop)
        self.bar = ProgressLine(self.tr("Progress of the import"))
        self.note = label("", "muted", selectable=True)
        row = QHBoxLayout()
        row.addWidget(self.bar, 1)
        row.addWidget(self.stop)
        self._running = QWidget()
        self._running.setLayout(row)
        row.setContentsMargins(0, 0, 0, 0)
        self._running.hide()
        self.note.hide()
        self.heading = label(self.tr("Then ask, for example:"), "heading")
        self.body.addWidget(self.add)
        self.body.addWidget(self._running)
        self.body.addWidget(self.note)
        self.body.addSpacing(GAP)
        self.body.addWidget(self.heading)
        self.questions: list[QPushButton] = []
        for key in _QUESTIONS:
            words = desk.say(key)
            one = QuestionButton(words)
            one.clicked.connect(lambda _=False, words=words: self.asked.emit(words))
            one.setEnabled(False)
            self.questions.append(one)
            self.body.addWidget(one)
        self.body.addStretch(1)
        desk.jobs.opened.connect(self._opened)
        # The first steps are shown before the engine starts: then "opened" tells.
        desk.jobs.run(GetLibrary(), self, done=self._opened, failed=lambda _problem: None)

    def add_samples(self) -> None:
        """Into a collection of their own."""
        self.add.setEnabled(False)
        self._running.show()
        self.bar.wait()
        tell(self.note, self.tr("Reading …"), "muted")
        request = AddFiles(house.sample_files(), self.tr("Samples"))
        self._job = self._desk.jobs.run(request, self, done=self._added, progress=self._told, failed=self._failed)

    def _told(self, progress: Progress) -> None:
        words = self._desk.stage(progress)
        name = Path(progress.item).name
        tell(self.note, f"{words} · {name}" if name and name not in words else words, "muted")
        self.bar.show_progress(progress)

    def _added(self, change: Change) -> None:
        self._running.hide()
        count = len(change.added) + len(change.unchanged) + len(change.replaced) + len(change.partial)
        if change.rejected:
            tell(self.note, "\n".join(f"{name}: {sentence}" for name, sentence in change.rejected), "warn")
        else:
            words = self.tr("1 document is ready to be asked.")
            if count != 1:
                words = self.tr("{count} documents are ready to be asked.").format(count=count)
            tell(self.note, words, "good")
        self._fill(count > 0)

    def _failed(self, error: VademecumError) -> None:
        self._running.hide()
        self.add.setEnabled(True)
        tell(self.note, self._desk.sentence(error), "muted" if isinstance(error, Cancelled) else "bad")

    def _stop(self) -> None:
        if self._job is not None:
            self._job.cancel()

    def _opened(self, state: LibraryState) -> None:
        if state.documents:
            self._fill(True, samples=any(name == self.tr("Samples") for name, _ in state.collections))

    def _fill(self, filled: bool, samples: bool = True) -> None:
        self.filled = self.filled or filled
        for one in self.questions:
            one.setEnabled(filled and samples)
        self.changed.emit()


class QuestionButton(QPushButton):
    """A question to click; long ones take more than one line."""

    def __init__(self, words: str) -> None:
        super().__init__()
        self.setAccessibleName(words)
        self.setCursor(Qt.CursorShape.PointingHandCursor)
        self.words = label(words)
        self.words.setAttribute(Qt.WidgetAttribute.WA_TransparentForMouseEvents)
        row = QHBoxLayout(self)
        row.setContentsMargins(GAP, GAP // 2 + 2, GAP, GAP // 2 + 2)
        row.addWidget(self.words)
        policy = QSizePolicy(QSizePolicy.Policy.Preferred, QSizePolicy.Policy.Minimum)
        policy.setHeightForWidth(True)
        self.setSizePolicy(policy)

    def changeEvent(self, event: QEvent) -> None:
        """What cannot be clicked yet is told in a quieter tone."""
        super().changeEvent(event)
        if event.type() == QEvent.Type.EnabledChange:
            tell(self.words, self.words.text(), "" if self.isEnabled() else "muted")

    def hasHeightForWidth(self) -> bool:
        """Its height follows from its width."""
        return True

    def heightForWidth(self, width: int) -> int:
        """As high as its lines."""
        layout = self.layout()
        return layout.heightForWidth(width) if layout is not None else 0

    def sizeHint(self) -> QSize:
        """As its words wish."""
        layout = self.layout()
        return layout.sizeHint() if layout is not None else super().sizeHint()


class _Dots(QWidget):
    """Which step this is: "2 of 3" to a screen reader."""

    def __init__(self, desk: Desk, count: int) -> None:
        super().__init__()
        self._desk = desk
        self._at, self._count = 0, count
        self.setFixedSize(count * 14 + 8, 12)
        desk.restyled.connect(self.update)

    def show_step(self, at: int) -> None:
        """This one."""
        self._at = at
        self.setAccessibleName(self.tr("Step {number} of {count}").format(number=at + 1, count=self._count))
        self.update()

    def paintEvent(self, _event: QPaintEvent) -> None:
        """A dot a step, the present one longer: told by shape as well as by colour."""
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.setPen(Qt.PenStyle.NoPen)
        theme = self._desk.theme
        x = 0.0
        for at in range(self._count):
            here = at == self._at
            painter.setBrush(QColor(theme.accent if here else theme.muted))
            painter.drawRoundedRect(QRectF(x, 3, 15 if here else 7, 7), 3.5, 3.5)
            x += 22 if here else 14


def _scrolling(step: QWidget) -> QScrollArea:
    area = QScrollArea()
    area.setWidgetResizable(True)
    area.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
    area.setFocusPolicy(Qt.FocusPolicy.NoFocus)
    area.setWidget(step)
    return area
