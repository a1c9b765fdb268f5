"""The second step: what a persona is to be taught, built by the program, read and mended by a person."""

from __future__ import annotations

from PySide6.QtCore import Qt, QTimer
from PySide6.QtGui import QShowEvent
from PySide6.QtWidgets import QFrame, QGridLayout, QHBoxLayout, QLineEdit, QPlainTextEdit, QVBoxLayout, QWidget

from core.errors import VademecumError
from core.nouns import Turn
from desktop.channel import Lesson, ListLessons, MakeLessons, SaveLessons
from desktop.window.confirm import Confirm
from desktop.window.controls import Choice
from desktop.window.desk import Desk
from desktop.window.pages.persona_bench import Bench, JobStrip, StaleLine
from desktop.window.pages.persona_lessons_table import (
    KINDS,
    LessonsModel,
    LessonsTable,
    asked_of,
    before_of,
    said_of,
)
from desktop.window.pages.persona_words import kind_words
from desktop.window.prose import tip
from desktop.window.theme import GAP
from desktop.window.tone import tell
from desktop.window.widgets import IconButton, button, label

_SEARCH_AFTER, _SAVE_AFTER = 250, 2000  # milliseconds after the last letter


class LessonsStep(QWidget):
    """Builds the examples, shows them in a table, and keeps what a person makes of them."""

    def __init__(self, desk: Desk, bench: Bench) -> None:
        super().__init__()
        self._desk = desk
        self._bench = bench
        self._loaded = False
        self._edited = False  # something is not kept yet
        self._saving = False
        self._mended = False  # a person has had a hand in these
        self._showing = False
        self.model = LessonsModel(desk, self)
        self.table = LessonsTable(desk, self.model)
        self._build()
        self.model.edited.connect(self._changed)
        self.table.selectionModel().selectionChanged.connect(lambda *_: self._show_lesson())
        self.model.modelReset.connect(self._show_lesson)
        self.table.deleting.connect(self.drop)
        self._searching, self._keeping = QTimer(self), QTimer(self)
        for timer, wait, call in (
            (self._searching, _SEARCH_AFTER, self._filter),
            (self._keeping, _SAVE_AFTER, self.save),
        ):
            timer.setSingleShot(True)
            timer.setInterval(wait)
            timer.timeout.connect(call)
        bench.changed.connect(self._bench_changed)
        bench.leaving.connect(self.save)
        self._show()
        if (job := bench.running(MakeLessons)) is not None:
            self.strip.follow(job, self._made)
            self._show()

    # -- built

    def make(self) -> None:
        """Build them; those a person has mended are only built over when that is agreed to."""
        if self._mended:
            Confirm(
                self,
                self.tr("Build the examples anew?"),
                self.tr("What you changed, added or took out is set aside in a file and no longer learned from."),
                self.tr("Build anew"),
                self._really_make,
            )
        else:
            self._really_make()

    def _really_make(self) -> None:
        self._keeping.stop()
        self._edited = False
        self._bench.leaving.emit()
        job = self._desk.jobs.run(MakeLessons(self._bench.id), self)
        self.strip.follow(job, self._made)
        self._show()

    def _made(self) -> None:
        self._loaded, self._mended = False, False
        self._show()
        self._bench.refresh()
        self._load()

    def _load(self) -> None:
        self._loaded = True
        self._desk.jobs.run(ListLessons(self._bench.id), self, done=self._take, failed=self._complain)

    def _take(self, lessons: tuple[Lesson, ...]) -> None:
        self.model.set_lessons(lessons)
        self.state.hide()
        self._edited = False
        self._count()
        self._show()
        if lessons:
            self.table.selectRow(0)

    def _complain(self, error: VademecumError) -> None:
        self._loaded = False
        tell(self.state, self._desk.sentence(error), "bad")

    def showEvent(self, event: QShowEvent) -> None:
        """Read when they are looked at."""
        super().showEvent(event)
        self._bench_changed()

    # -- mended

    def add(self) -> None:
        """A new one, ready to be typed into."""
        self.kind.setCurrentIndex(0)
        self.words.clear()
        self._filter()
        row = self.model.add(Lesson("dialogue", (Turn("user", ""), Turn("assistant", ""))))
        self.table.selectRow(row)
        self.table.scrollToBottom()
        self.asked.setFocus()

    def drop(self) -> None:
        """Take the selected ones out."""
        rows = self.table.selected
        self.model.drop(rows)
        if rows and self.model.rowCount():
            self.table.selectRow(min(rows[0], self.model.rowCount() - 1))

    def save(self) -> None:
        """Keep them now, if anything was changed."""
        self._keeping.stop()
        if not self._edited:
            return
        self._edited, self._saving = False, True
        self.keep.setEnabled(False)
        self._desk.jobs.run(
            SaveLessons(self._bench.id, tuple(self.model.lessons)), self, done=self._saved, failed=self._not_saved
        )

    def _saved(self, _: None) -> None:
        self._saving = False
        if not self._edited:
            tell(self.state, self.tr("Saved."), "good")
        self._bench.refresh()

    def _not_saved(self, error: VademecumError) -> None:
        self._edited, self._saving = True, False
        self.keep.setEnabled(True)
        tell(self.state, self._desk.sentence(error), "bad")

    def _changed(self) -> None:
        self._edited = self._mended = True
        self.keep.setEnabled(True)
        self.state.hide()
        self._keeping.start()
        self._count()

    # -- shown

    def _bench_changed(self) -> None:
        self._show()
        # Built or edited elsewhere, the command line included.
        other = not self._loaded or self._bench.lessons != len(self.model.lessons)
        if other and self._bench.lessons and self.isVisible() and not (self.strip.busy or self._edited or self._saving):
            self._load()

    def _show(self) -> None:
        have = bool(self.model.lessons) or self._bench.lessons > 0
        busy = self.strip.busy
        self.intro.setVisible(not have)
        self.body.setVisible(have and not busy)
        self.build.setVisible(not busy)
        self.build.setText(self.tr("Build anew") if have else self.tr("Build the examples"))
        role = "" if have and not self._bench.is_stale("examples") else "primary"
        if self.build.property("role") != role:
            self.build.setProperty("role", role)
            self.build.style().polish(self.build)
        stale = self.tr("The examples were built from an earlier form. Build them anew.")
        self.stale.tell(stale if have and not busy and self._bench.is_stale("examples") else "")
        self.next.setVisible(have and not busy)
        slips = self._bench.view.slips if self._bench.view is not None else ()
        broken = [slip.sentence for slip in slips if slip.field == "examples" and not slip.warning]
        tell(self.broken, " ".join(broken), "bad")
        self.warned.tell(self._bench.warning("examples") if have and not busy else "")

    def _count(self) -> None:
        self.kind.blockSignals(True)
        for at in range(self.kind.count()):
            kind = str(self.kind.itemData(at))
            words = kind_words(kind) if kind else self.tr("All kinds")
            self.kind.setItemText(at, f"{words} ({self.model.count(kind):,})")
        self.kind.blockSignals(False)

    def _filter(self) -> None:
        self._searching.stop()
        self.model.set_filter(str(self.kind.currentData()), self.words.text())
        if self.model.rowCount():
            self.table.selectRow(0)

    def _show_lesson(self) -> None:
        rows = self.table.selected
        lesson = self.model.lesson(rows[0]) if len(rows) == 1 else None
        self._showing = True
        for field, text in (
            (self.asked, asked_of(lesson) if lesson else ""),
            (self.said, said_of(lesson) if lesson else ""),
        ):
            if field.toPlainText() != text:
                field.setPlainText(text)
            field.setEnabled(lesson is not None)
        self._showing = False
        before = before_of(lesson) if lesson else ""
        self.before.setVisible(bool(before))
        self.before.setText(self.tr("Said before: {text}").format(text=" ".join(before.split())[:90]))
        self.before.setToolTip(tip(before))
        self.bin.setEnabled(bool(rows))

    def _typed(self) -> None:
        rows = self.table.selected
        if not self._showing and len(rows) == 1:
            self.model.change(rows[0], self.asked.toPlainText(), self.said.toPlainText())

    # -- building

    def _build(self) -> None:
        self.intro = label(
            self.tr(
                "From the form, the program builds some hundreds of examples: who it is in many phrasings, how it "
                "speaks, the words of its trade, and the model’s own answers, so that it forgets nothing. You can read "
                "and change every one of them before it is trained. The first time takes some minutes."
            ),
            "muted",
        )
        self.build = button(self.tr("Build the examples"), "primary", clicked=self.make)
        self.next = button(self.tr("To the training"), clicked=lambda: self._bench.step_wanted.emit("training"))
        self.strip = JobStrip(self._desk, self.tr("The examples are being built"), pausable=True)
        self.stale = StaleLine(self._desk)
        self.warned = StaleLine(self._desk)
        self.broken = label("", "bad", selectable=True)
        self.broken.hide()
        self.state = label("", "muted", selectable=True)
        self.state.hide()
        self.kind = Choice(self._desk)
        for kind in ("", *KINDS):
            self.kind.addItem(kind_words(kind) if kind else self.tr("All kinds"), kind)
        self.kind.setSizeAdjustPolicy(Choice.SizeAdjustPolicy.AdjustToContents)
        self.kind.setAccessibleName(self.tr("Kind of example"))
        self.kind.currentIndexChanged.connect(lambda _: self._filter())
        self.words = QLineEdit()
        self.words.setPlaceholderText(self.tr("Search the examples"))
        self.words.setAccessibleName(self.tr("Search the examples"))
        self.words.setClearButtonEnabled(True)
        self.words.textChanged.connect(lambda _: self._searching.start())
        self.table.setAccessibleName(self.tr("Examples"))
        plus = IconButton(self._desk, "add", self.tr("Add an example"), self.add)
        self.bin = IconButton(self._desk, "delete", self.tr("Take the selected examples out  (Del)"), self.drop)
        self.keep = button(self.tr("Save"), clicked=self.save)
        self.keep.setEnabled(False)
        head = QHBoxLayout()
        head.setSpacing(GAP)
        head.addWidget(self.intro, 1)
        head.addStretch()
        head.addWidget(self.build, 0, Qt.AlignmentFlag.AlignTop)
        head.addWidget(self.next, 0, Qt.AlignmentFlag.AlignTop)
        tools = QHBoxLayout()
        tools.setSpacing(GAP // 2)
        tools.addWidget(self.kind)
        tools.addWidget(self.words, 1)
        tools.addWidget(plus)
        tools.addWidget(self.bin)
        self.body = QWidget()
        inside = QVBoxLayout(self.body)
        inside.setContentsMargins(0, 0, 0, 0)
        inside.setSpacing(GAP // 2)
        inside.addLayout(tools)
        inside.addWidget(self.table, 1)
        inside.addWidget(self._editor())
        column = QVBoxLayout(self)
        column.setContentsMargins(GAP * 2, GAP, GAP * 2, GAP)
        column.setSpacing(GAP)
        column.addLayout(head)
        column.addWidget(self.stale)
        column.addWidget(self.warned)
        column.addWidget(self.broken)
        column.addWidget(self.strip)
        column.addWidget(self.body, 1)
        column.addStretch()
        QWidget.setTabOrder(self.words, plus)
        QWidget.setTabOrder(plus, self.bin)
        QWidget.setTabOrder(self.bin, self.table)
        QWidget.setTabOrder(self.table, self.asked)

    def _editor(self) -> QFrame:
        card = QFrame()
        card.setProperty("role", "card")
        grid = QGridLayout(card)
        grid.setContentsMargins(GAP, GAP // 2, GAP, GAP // 2)
        grid.setHorizontalSpacing(GAP)
        grid.setVerticalSpacing(4)
        self.asked, self.said = QPlainTextEdit(), QPlainTextEdit()
        self.before = label("", "muted", wrap=False)
        self.before.setMinimumWidth(40)
        for at, (field, name) in enumerate(
            ((self.asked, self.tr("Somebody says")), (self.said, self.tr("It answers")))
        ):
            field.setAccessibleName(name)
            field.setTabChangesFocus(True)
            field.setFixedHeight(3 * field.fontMetrics().lineSpacing() + 18)
            field.textChanged.connect(self._typed)
            grid.addWidget(label(name, "muted", wrap=False), 0, at)
            grid.addWidget(field, 1, at)
            grid.setColumnStretch(at, 1)
        grid.addWidget(self.before, 2, 0)
        foot = QHBoxLayout()
        foot.addWidget(self.state, 1)
        foot.addStretch()
        foot.addWidget(self.keep)
        grid.addLayout(foot, 2, 1)
        return card
