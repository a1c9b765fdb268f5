"""The one door for long work: ask the engine, hear of progress, cancel, be told of errors.

A query returns something; a change returns a :class:`Change`, and every screen that
shows the library refreshes by it (:attr:`Jobs.changed`).  When the engine dies it is
started again, what was interrupted fails with a sentence, and imports go on.
"""

from __future__ import annotations

import itertools
import logging
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Generic, TypeVar, cast

import shiboken6
from PySide6.QtCore import QObject, Qt, QTimer, Signal, Slot

from core.errors import Cancelled, UserProblem, VademecumError
from core.nouns import Change, Progress
from core.settings import Settings
from desktop.channel import (
    AddFiles,
    Configure,
    Done,
    Failed,
    GetLibrary,
    LibraryState,
    OpenLibrary,
    Partly,
    ReplaceFile,
    Reply,
    Request,
    ResumeImports,
    State,
    Told,
)
from desktop.engine_process import EngineProcess

T = TypeVar("T")
_MOST_DEATHS = 3  # within a minute: then it is not started again by itself
_log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Gone:
    """The engine's process has died."""

    process: EngineProcess


class Job(Generic[T]):
    """One request under way.  Its callbacks run in the window's thread, and no more once ``owner`` is deleted."""

    def __init__(self, jobs: Jobs, id: int, request: Request[T]) -> None:
        self.id = id
        self.request = request
        self.running = True
        self.paused = False
        self.began = time.monotonic()
        self.progress: Progress | None = None
        self._jobs = jobs

    def cancel(self) -> None:
        """Ask it to stop; ``failed`` follows with Cancelled, or ``done`` when it was just ready."""
        self._jobs._cancel(self)

    def pause(self, paused: bool) -> None:
        """Hold it at its next safe point, or let it go on."""
        self._jobs._pause(self, paused)

    def watch(
        self,
        owner: QObject,
        *,
        done: Callable[[T], None] | None = None,
        partly: Callable[[Any], None] | None = None,
        progress: Callable[[Progress], None] | None = None,
        failed: Callable[[VademecumError], None] | None = None,
    ) -> None:
        """Hear of it as well as the one who asked, from now on until ``owner`` is deleted."""
        self._jobs._watch(_Entry(self, owner, done, partly, progress, failed))


@dataclass(slots=True)
class _Entry:
    job: Job[Any]
    owner: QObject
    done: Callable[[Any], None] | None
    partly: Callable[[Any], None] | None
    progress: Callable[[Progress], None] | None
    failed: Callable[[VademecumError], None] | None


class Jobs(QObject):
    """Every request of the window goes through here."""

    changed = Signal(Change)  # the library is no longer what it was
    state = Signal(State)  # the engine's heartbeat, only when something in it is new
    died = Signal(bool)  # the engine died; True when it is being started again
    opened = Signal(LibraryState)  # another library is open
    troubled = Signal(VademecumError)  # what the jobs did on their own behalf failed: the library, an old import
    imports = Signal(object)  # a Job that adds, replaces or resumes has begun

    _arrived = Signal(object)

    def __init__(self, settings: Settings, library: Path | None, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._settings = settings
        self._library = library
        self._ids = itertools.count(1)
        self._entries: dict[int, _Entry] = {}
        self._watchers: dict[int, list[_Entry]] = {}
        self._deaths: list[float] = []
        self._last: State | None = None
        self._engine: EngineProcess | None = None
        self._arrived.connect(self._handle, Qt.ConnectionType.QueuedConnection)

    @property
    def last_state(self) -> State:
        """The latest heartbeat."""
        return self._last or State("starting")

    @property
    def engine_pid(self) -> int:
        """The engine's process, 0 when there is none."""
        return self._engine.pid if self._engine else 0

    @property
    def running(self) -> tuple[Job[Any], ...]:
        """What is under way, the oldest first."""
        return tuple(entry.job for entry in self._entries.values())

    def start(self) -> None:
        """Start the engine (again)."""
        if self._engine is not None:
            return
        self._last = None
        engine = EngineProcess(
            self._settings, self._library, self._arrived.emit, lambda: self._arrived.emit(Gone(engine))
        )
        self._engine = engine
        self._tell_state(State("starting"))
        self.run(GetLibrary(), self, done=self._greet, failed=self.troubled.emit)

    def close(self) -> None:
        """End the engine; nothing is called back any more."""
        self._entries.clear()
        self._watchers.clear()
        engine, self._engine = self._engine, None
        if engine is not None:
            engine.close()

    def run(
        self,
        request: Request[T],
        owner: QObject,
        *,
        done: Callable[[T], None] | None = None,
        partly: Callable[[Any], None] | None = None,
        progress: Callable[[Progress], None] | None = None,
        failed: Callable[[VademecumError], None] | None = None,
    ) -> Job[T]:
        """Ask the engine.  ``failed`` also hears Cancelled; without it, a failure is only logged."""
        job = Job(self, next(self._ids), request)
        self._entries[job.id] = _Entry(job, owner, done, partly, progress, failed)
        if isinstance(request, Configure):
            self._settings = request.settings
        if self._engine is None:
            QTimer.singleShot(0, self, lambda: self._handle(Failed(job.id, UserProblem("engine_is_off"))))
        else:
            self._engine.ask(job.id, request)
        if isinstance(request, AddFiles | ReplaceFile | ResumeImports):
            self.imports.emit(job)
        return job

    def _greet(self, state: LibraryState) -> None:
        self.opened.emit(state)
        if state.pending:
            self.run(ResumeImports(), self, failed=self.troubled.emit)

    def _watch(self, entry: _Entry) -> None:
        if entry.job.running:
            self._watchers.setdefault(entry.job.id, []).append(entry)

    def _cancel(self, job: Job[Any]) -> None:
        if job.running and self._engine is not None:
            self._engine.cancel(job.id)

    def _pause(self, job: Job[Any], paused: bool) -> None:
        if job.running and self._engine is not None:
            job.paused = paused
            self._engine.pause(job.id, paused)

    @Slot(object)
    def _handle(self, reply: Reply | Gone) -> None:
        match reply:
            case State():
                self._tell_state(reply)
            case Gone():
                self._engine_gone(reply.process)
            case Told():
                for entry in self._hearing(reply.id):
                    entry.job.progress = reply.progress
                    if entry.progress:
                        entry.progress(reply.progress)
            case Partly():
                for entry in self._hearing(reply.id):
                    if entry.partly:
                        entry.partly(reply.value)
            case Done() | Failed():
                self._finish(reply)

    def _hearing(self, id: int) -> list[_Entry]:
        """Who asked, if still there, and who watches."""
        asker = self._entries.get(id)
        hearing = [*([asker] if asker else []), *self._watchers.get(id, [])]
        return [entry for entry in hearing if shiboken6.isValid(entry.owner)]

    def _finish(self, reply: Done | Failed) -> None:
        hearing = self._hearing(reply.id)
        self._watchers.pop(reply.id, None)
        entry = self._entries.pop(reply.id, None)
        if entry is None:
            return
        entry.job.running = False
        if isinstance(reply, Done):
            if isinstance(entry.job.request, OpenLibrary):
                self._library = entry.job.request.folder
            for one in hearing:
                if one.done:
                    one.done(reply.value)
            if isinstance(reply.value, Change):
                self.changed.emit(reply.value)
            if isinstance(entry.job.request, OpenLibrary):
                self._greet(cast(LibraryState, reply.value))
            return
        for one in hearing:
            if one.failed:
                one.failed(reply.error)
        if isinstance(entry.job.request, AddFiles | ReplaceFile | ResumeImports):
            # What was finished before it was stopped has come in, and no Change tells of it.
            self.run(GetLibrary(), self, done=lambda state: self.changed.emit(Change(state.revision)))
        if not any(one.failed for one in hearing) and not isinstance(reply.error, Cancelled):
            _log.warning("%s failed: %s", type(entry.job.request).__name__, reply.error)

    def _tell_state(self, state: State) -> None:
        if state != self._last:
            self._last = state
            self.state.emit(state)

    def _engine_gone(self, engine: EngineProcess) -> None:
        if engine is not self._engine:
            return
        self._engine = None
        now = time.monotonic()
        self._deaths = [moment for moment in self._deaths if now - moment < 60.0] + [now]
        again = len(self._deaths) <= _MOST_DEATHS
        self.died.emit(again)
        if again:
            self.start()
        else:
            self._tell_state(State("stopped"))
