"""One import on the screen: how far it is, what became of its files, and what it asks."""

from __future__ import annotations

import time
from dataclasses import replace
from typing import Any, cast

from PySide6.QtCore import QTimer, Signal
from PySide6.QtWidgets import QFrame, QHBoxLayout, QLabel, QVBoxLayout, QWidget

from core.errors import Cancelled, VademecumError
from core.nouns import Change, Progress, SameName
from desktop.channel import AddFiles, ReplaceFile, ResumeImports
from desktop.window.desk import Desk
from desktop.window.elided import ElidedLabel
from desktop.window.icons import pixmap
from desktop.window.jobs import Job
from desktop.window.pages.import_list import LinesTable
from desktop.window.pages.import_log import Fate, ImportLog, Line, Pace, paths_of, rounded_minutes
from desktop.window.pages.import_questions import Questions
from desktop.window.theme import GAP
from desktop.window.widgets import IconButton, ProgressLine, button, label

ImportRequest = AddFiles | ReplaceFile | ResumeImports
_REDRAW = 200  # milliseconds between two looks at an import: it tells of itself far more often
_MOST_RESTARTS = 3  # an engine that dies each time is not asked for ever
_STEPS = 1000


class ImportCard(QFrame):
    """One import from its beginning to what became of it, with the retries that it asks for."""

    closed = Signal()
    grown = Signal()  # there may be more documents than a moment ago
    broken_off = Signal()  # it ended without a Change that would tell what it did
    again = Signal(object)  # this Request is to be run, and followed here

    def __init__(self, desk: Desk, request: ImportRequest) -> None:
        super().__init__()
        self._desk = desk
        self.request = request
        self.log = ImportLog()
        self._asked = request  # the latest of it: the request itself, or a retry of a part
        self.job: Job[Change] | None = None
        self.interrupted = False  # the engine died under it
        self._retried: tuple[str, ...] = ()
        self._restarts = 0
        self._left_alone = False
        self._pace = Pace()
        self._files = 0
        self._kind = "folder"
        self.setProperty("role", "card")
        self._build()
        desk.restyled.connect(self._paint)
        self._clock = QTimer(self)
        self._clock.setInterval(_REDRAW)
        self._clock.timeout.connect(self._show_progress)

    # -- the life of it

    @property
    def running(self) -> bool:
        """Whether it is under way, or will go on when the engine is back."""
        return self.interrupted or (self.job is not None and self.job.running)

    @property
    def troubled(self) -> bool:
        """Whether it waits for a decision, or says something that one should read."""
        return self._problem.isVisibleTo(self) or any(x.fate in (Fate.REJECTED, Fate.PARTIAL) for x in self.log.lines)

    def follow(self, job: Job[Change]) -> None:
        """Show how this job fares: the import itself, a retry, or its continuation after the engine died."""
        self.job = job
        if not isinstance(job.request, ResumeImports):
            self._asked = cast(ImportRequest, job.request)
        self.interrupted = False
        self._pace = Pace()
        self._files = 0
        job.watch(self, done=self._done, progress=self._told, failed=self._failed)
        if job.progress is not None:
            self._told(job.progress)
        self._clock.start()
        self._show_running()

    def go_on(self) -> None:
        """The engine is back: ask again for what was under way; what it had finished is left alone."""
        if self.interrupted and isinstance(self._asked, ResumeImports):
            self.closed.emit()  # nothing was left to finish
        elif self.interrupted:
            self.again.emit(self._asked)

    def _told(self, progress: Progress) -> None:
        self._pace.tell(progress, time.monotonic())

    def _done(self, change: Change) -> None:
        if isinstance(self._asked, ReplaceFile) and change.added and change.replaced:
            # The file under its own name, and the document whose place it took: to a person that is one.
            change = replace(change, added=(), replaced=change.added)
        self.log.take(change, self._retried)
        resumed = self.job is not None and isinstance(self.job.request, ResumeImports)
        if resumed and not self._is_finished_by(change):
            self.again.emit(self._asked)
            return
        self._retried = ()
        self._clock.stop()
        self._show_result()

    def _is_finished_by(self, change: Change) -> bool:
        """Whether finishing what was written down was all of it: files that were not yet are to be asked for again."""
        if not isinstance(self._asked, ReplaceFile):
            return isinstance(self._asked, ResumeImports)
        told = {*change.added, *change.replaced, *change.unchanged, *(name for name, _ in change.rejected)}
        return bool(told & {self._asked.file.name, self._asked.name})

    def _failed(self, error: VademecumError) -> None:
        self._clock.stop()
        if error.key == "engine_died" and self._restarts < _MOST_RESTARTS:
            self._restarts += 1
            self.interrupted = True
            self._show_interrupted()
            return
        self._retried = ()
        self._show_failure(error)
        self.broken_off.emit()

    def _stop(self) -> None:
        if self.interrupted:
            self.interrupted = False
            self._show_failure(Cancelled())
        elif self.job is not None:
            self.job.cancel()
            self._cancel.setEnabled(False)
            self._stage.setText(self.tr("Stopping …"))

    def _hold(self) -> None:
        if self.job is not None:
            self.job.pause(not self.job.paused)
            self._pace.hold(self.job.paused, time.monotonic())
            self._show_pause()
            self._show_progress()

    # -- trying again

    def _retry(self, lines: tuple[Line, ...], **otherwise: Any) -> None:
        """Ask again for those files, differently."""
        self._retried = tuple(line.name for line in lines)
        if isinstance(self.request, AddFiles):
            paths = paths_of(self._retried, self.request.paths)
            self.again.emit(replace(self.request, paths=paths, **otherwise))
        elif isinstance(self.request, ReplaceFile):
            self.again.emit(replace(self.request, **otherwise))

    def _decide(self, how: SameName) -> None:
        if how is SameName.REFUSE:
            self._left_alone = True
        else:
            self._retry(self.log.same_name, same_name=how)

    def _try_again(self) -> None:
        if self.log.others:
            self._retry(self.log.others)
        else:
            self.again.emit(self._asked)

    # -- building

    def _build(self) -> None:
        self._icon = QLabel()
        self._title = ElidedLabel("heading")
        self._where = ElidedLabel("muted")
        self._left = label("", "muted", wrap=False)
        self._pause = IconButton(self._desk, "pause", self.tr("Pause the import"), self._hold)
        self._cancel = IconButton(self._desk, "stop", self.tr("Stop the import"), self._stop)
        self._fold = button("", "link", clicked=self._toggle_list)
        self._again = button(self.tr("Try again"), "link", clicked=self._try_again)
        self._again.setToolTip(self.tr("Ask once more for the files that were rejected"))
        self._close = IconButton(self._desk, "close", self.tr("Put away"), self.closed.emit)
        self._bar = ProgressLine(self.tr("Progress of the import"))
        self._stage = ElidedLabel("muted")
        self._problem = label("", "bad", selectable=True)
        self._questions = Questions()
        self._questions.decided.connect(self._decide)
        self._questions.unlocked.connect(lambda password: self._retry(self.log.locked, password=password))
        self._list = LinesTable(self._desk)
        self._copy = button(self.tr("Copy the list"), "link", clicked=self._list.copy_all)
        head = _row(
            self._icon, self._title, self._left, self._again, self._fold, self._pause, self._cancel, self._close
        )
        head.setStretchFactor(self._title, 1)
        below = _row(self._stage, self._where)
        below.setStretchFactor(self._stage, 1)
        under_list = _row()
        under_list.addStretch(1)
        under_list.addWidget(self._copy)
        column = QVBoxLayout(self)
        column.setContentsMargins(GAP, GAP // 2, GAP // 2, GAP // 2)
        column.setSpacing(GAP // 2)
        column.addLayout(head)
        column.addWidget(self._bar)
        column.addLayout(below)
        for part in (self._problem, self._questions, self._list):
            column.addWidget(part)
        column.addLayout(under_list)

    # -- showing

    def _show(self, *parts: QWidget) -> None:
        """Only these parts, besides icon and title."""
        for part in (
            *(self._left, self._again, self._fold, self._pause, self._cancel, self._close),
            *(self._bar, self._stage, self._where, self._problem),
            *(self._questions, self._list, self._copy),
        ):
            part.setVisible(part in parts)

    def _show_running(self) -> None:
        self._kind = "folder"
        self._cancel.setEnabled(True)
        self._where.setText("")
        self._show(self._left, self._pause, self._cancel, self._bar, self._stage, self._where)
        self._show_pause()
        self._show_progress()
        self._paint()

    def _show_pause(self) -> None:
        paused = self.job is not None and self.job.paused
        name, words = ("resume", self.tr("Go on")) if paused else ("pause", self.tr("Pause the import"))
        self._pause.set_icon(name, words)

    def _show_progress(self) -> None:
        job, pace = self.job, self._pace
        if job is None or not job.running:
            return
        self._title.setText(self._what())
        self._bar.setRange(0, _STEPS if pace.total or job.progress is None else 0)
        self._bar.setValue(round(pace.share * _STEPS))
        self._where.setText(
            self.tr("{done} of {total} files").format(done=pace.files, total=pace.total) if pace.total else ""
        )
        self._left.setText(self.tr("Paused") if job.paused else self._time_left())
        if self._cancel.isEnabled():
            self._stage.setText(self._doing(job.progress))
        if pace.files != self._files:
            self._files = pace.files
            self.grown.emit()

    def _doing(self, progress: Progress | None) -> str:
        if progress is None:
            return self.tr("Waiting for its turn …")
        words = [self._desk.stage(progress)]
        if progress.item:
            words.append(progress.item)
        if progress.stage == "reading_stage_pages" and progress.total:
            words.append(self.tr("page {done} of {total}").format(done=progress.done, total=progress.total))
        return " · ".join(words)

    def _time_left(self) -> str:
        seconds = self._pace.seconds_left(time.monotonic())
        if seconds is None:
            return ""
        minutes = rounded_minutes(seconds)
        if minutes == 0:
            return self.tr("less than a minute left")
        if minutes < 90:
            return self.tr("about {n} min left").format(n=minutes)
        return self.tr("about {n} h left").format(n=round(minutes / 60))

    def _what(self) -> str:
        match self.request:
            case AddFiles(collection=collection):
                return self.tr("Adding to “{collection}”").format(collection=collection)
            case ReplaceFile(name=name):
                return self.tr("New version of “{name}”").format(name=name)
            case _:
                return self.tr("Finishing an interrupted import")

    def _where_to(self) -> str:
        if isinstance(self.request, AddFiles):
            return self.tr("Into the collection “{collection}”").format(collection=self.request.collection)
        return self._what()

    def _show_interrupted(self) -> None:
        self._show(self._bar, self._stage, self._cancel)
        self._bar.wait()
        self._cancel.setEnabled(True)
        self._stage.setText(self.tr("The engine stopped; the import goes on as soon as it is back."))

    def _show_failure(self, error: VademecumError) -> None:
        self._title.setText(self._what())
        if isinstance(error, Cancelled):
            self._kind = "stop"
            self._stage.setText(self.tr("Stopped. What was finished by then is in the library."))
            self._show(self._stage, self._close)
        else:
            self._kind = "unsupported"
            self._problem.setText(self._desk.sentence(error))
            self._show(self._problem, self._again, self._close)
            self._again.setText(self.tr("Try again"))
            self._again.setVisible(not isinstance(self.request, ResumeImports))
        self._paint()

    def _show_result(self) -> None:
        log = self.log
        self._title.setText(self.summary())
        self._stage.setText(self._where_to())
        troubled = log.count(Fate.REJECTED) + log.count(Fate.PARTIAL)
        self._kind = "partial" if troubled else "supported"
        parts: list[QWidget] = [self._stage, self._close]
        parts += [self._fold] if log.lines else []
        if log.others and not isinstance(self.request, ResumeImports):
            parts.append(self._again)
            self._again.setText(self.tr("Try {n} again").format(n=len(log.others)))
        self._list.show_lines(log.lines)
        self._show(*parts)
        taken = log.same_name if isinstance(self.request, AddFiles) and not self._left_alone else ()
        self._questions.ask(taken, () if isinstance(self.request, ResumeImports) else log.locked)
        self._say_fold()
        self._paint()

    def summary(self) -> str:
        """What became of the files, in a line."""
        words = (
            (Fate.ADDED, self.tr("{n} added")),
            (Fate.REPLACED, self.tr("{n} replaced")),
            (Fate.PARTIAL, self.tr("{n} partly readable")),
            (Fate.UNCHANGED, self.tr("{n} already there")),
            (Fate.REJECTED, self.tr("{n} rejected")),
        )
        counted = [(text, self.log.count(fate)) for fate, text in words]
        return self.tr(", ").join(text.format(n=n) for text, n in counted if n) or self.tr("There was nothing to add")

    def _toggle_list(self) -> None:
        shown = not self._list.isVisibleTo(self)
        self._list.setVisible(shown)
        self._copy.setVisible(shown)
        self._say_fold()

    def _say_fold(self) -> None:
        shown = self._list.isVisibleTo(self)
        self._fold.setText(self.tr("Hide the list") if shown else self.tr("Show the list"))

    def _paint(self) -> None:
        theme = self._desk.theme
        colours = {"supported": theme.good, "partial": theme.warn, "unsupported": theme.bad}
        self._icon.setPixmap(pixmap(self._kind, colours.get(self._kind, theme.accent)))


def _row(*parts: QWidget) -> QHBoxLayout:
    row = QHBoxLayout()
    row.setContentsMargins(0, 0, 0, 0)
    row.setSpacing(GAP // 2)
    for part in parts:
        row.addWidget(part)
    return row
