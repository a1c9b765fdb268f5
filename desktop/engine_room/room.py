"""The child's main: hears orders, hands them to lanes, and ends in order."""

from __future__ import annotations

import gc
import multiprocessing
import os
import signal
import threading
import time
from collections.abc import Callable, Mapping
from multiprocessing.connection import Connection
from multiprocessing.util import Finalize
from pathlib import Path
from typing import TYPE_CHECKING, Any

from core.errors import Cancelled, VademecumError
from core.nouns import silent
from core.settings import Settings
from desktop import house, logbook
from desktop.channel import (
    AddFiles,
    Ask,
    Asked,
    BackUp,
    BeginPersona,
    CancelIt,
    CheckFiles,
    CheckHealth,
    CheckPersona,
    CollectSupport,
    CreateCollection,
    DeleteCollection,
    DiscardBench,
    Done,
    ExportMerged,
    ExportPersona,
    ExportRecords,
    Failed,
    ForgetRejected,
    ImportModel,
    ImportPersona,
    InstallPersona,
    ListLessons,
    ListPersonas,
    ListRecords,
    MakeLessons,
    MeasureModel,
    MoveDocuments,
    OpenBench,
    OpenRecord,
    Order,
    PauseIt,
    PlanTraining,
    ReadDialogues,
    RemoveDocuments,
    RemoveModel,
    RemovePersona,
    RenameCollection,
    RenderPage,
    ReplaceFile,
    Request,
    Restore,
    ResumeImports,
    SaveLessons,
    SavePersona,
    SelfTest,
    State,
    TakeOverModels,
    TestPersona,
    TrainPersona,
    TryPersona,
    Unlock,
    VerifyAudit,
    unpack,
)
from desktop.engine_room.lanes import Job, Lane
from desktop.engine_room.mouth import Mouth, megabytes
from desktop.engine_room.offline import forbid_network
from desktop.engine_room.parts import Models, Shelf
from desktop.engine_room.task import Passwords, Task
from desktop.faults import keep_fault, portable

if TYPE_CHECKING:
    from core.reading.rendering import Renderer
    from desktop.engine_room.records import Ledger

_ENDING_SECONDS = 3.0  # for what was asked to stop; the window waits a little longer before it ends this process
_ORPHAN_SECONDS = 5.0  # after the window is gone

_NOBODY = 0  # the id of a request that this process makes of itself
_IMPORTS = (AddFiles, ReplaceFile, ResumeImports)
_CAN_WAIT = (*_IMPORTS, MakeLessons, TrainPersona)
# What is done with a persona and takes its time: minutes, minutes, seconds.
_SHAPING: Mapping[str, tuple[type[Request[Any]], ...]] = {
    "training": (MakeLessons, TrainPersona),
    "trials": (TestPersona, ExportMerged),
    "personas": (PlanTraining, TryPersona, InstallPersona, RemovePersona, ExportPersona, ImportPersona),
}
# What is not named here is quick.
_LANES: Mapping[str, tuple[type[Request[Any]], ...]] = {
    "questions": (Ask, MeasureModel),
    "changes": (*_IMPORTS, CheckHealth),
    "backups": (BackUp, Restore),
    "edits": (
        *(RemoveDocuments, MoveDocuments, ForgetRejected),
        *(CreateCollection, RenameCollection, DeleteCollection),
        RemoveModel,
    ),
    "pictures": (RenderPage, Unlock),
    "records": (ListRecords, OpenRecord, VerifyAudit, ExportRecords),
    "support": (CollectSupport,),
    "models": (ImportModel, TakeOverModels),
    "self test": (SelfTest, CheckFiles),
    "benches": (
        *(ListPersonas, BeginPersona, OpenBench, DiscardBench, CheckPersona, SavePersona),
        *(ReadDialogues, ListLessons, SaveLessons),
    ),
    **_SHAPING,
}
_GENTLY = ("changes", "backups", "models", "self test", "training", "trials")


def serve(pipe: Connection, settings: Settings, library: Path | None) -> None:
    """Be the engine for whoever holds the other end of ``pipe``, until it says or shows that it is gone."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C in a terminal reaches all: the window says what becomes of it
    house.go_offline()
    logbook.begin("engine", house.version())
    forbid_network()
    _die_with_parent()
    room = Room(pipe, settings)
    room.start(library or house.default_library())
    while True:
        try:
            data = pipe.recv_bytes()
            if not data:
                break
            room.hear(unpack(data))
        except (EOFError, OSError, ValueError):
            break
    room.close()
    logbook.end()
    # Native threads of four libraries are at work; an interpreter that takes itself apart beneath them may crash.  So
    # this process ends as soon as what multiprocessing has to give back to the system is given back.
    Finalize(None, os._exit, (0,), exitpriority=-1000)


def _die_with_parent() -> None:
    parent = multiprocessing.parent_process()
    if parent is None:
        return

    def watch() -> None:
        parent.join()
        time.sleep(_ORPHAN_SECONDS)  # the closed pipe ends it in order, if anything can
        os._exit(1)

    threading.Thread(target=watch, daemon=True, name="parent watch").start()


class Room:
    """The parts of the engine and the lanes in which requests are worked off.  Implements task.Engine."""

    renderer: Renderer
    ledger: Ledger

    def __init__(self, pipe: Connection, settings: Settings) -> None:
        self.settings = settings
        self.shelf = Shelf()
        self.mouth = Mouth(pipe, self._state)
        self.models = Models(settings, self.mouth.stir)
        self.passwords = Passwords()
        self._ready = threading.Event()  # the parts behind the requests are imported
        self._work: Mapping[type[Request[Any]], Callable[[Task, Any], object]] = {}
        self._broken: VademecumError | None = None
        self._ending = False
        self._jobs: dict[int, Job] = {}
        self._lanes = {name: self._lane(name) for name in (*_LANES, "quick")}
        self._lane_of = {kind: self._lanes[name] for name, kinds in _LANES.items() for kind in kinds}

    def _lane(self, name: str) -> Lane:
        return Lane(name, self._do, newest_first=name == "pictures", gently=name in _GENTLY)

    # -- starting

    def start(self, library: Path) -> None:
        """Begin to answer; the library is opened and the models are loaded meanwhile."""
        self.mouth.start()
        self.models.expect("language", "embedder")
        gc.disable()  # importing makes a million things that stay; looking for garbage among them takes a second
        language = threading.Thread(target=self.models.load_language, name="loading language", daemon=True)
        # Native code, which does not hold the interpreter, so both go on at once.
        language.start()
        threading.Thread(target=self._begin, args=(library, language), name="beginning", daemon=True).start()

    def _begin(self, library: Path, language: threading.Thread) -> None:
        # One after the other, because importing in two threads takes as long as in one: the library first, since
        # lists and pages need nothing else.
        try:
            from core.reading.rendering import Renderer
            from desktop.engine_room.records import Ledger
            from desktop.engine_room.work import WORK

            self.renderer = Renderer(house.reader(self.settings).limits)
            self.ledger = Ledger()
            self._work = WORK
            with self.shelf.swap(lambda: None) as open_it:
                self._ready.set()
                open_it(library, silent)
        except VademecumError:
            pass  # whoever asks for the library is told
        except BaseException as fault:
            self._broken = keep_fault(fault)
            self._ready.set()
        self.mouth.stir()
        self.models.load_embedder()
        self._lanes["records"].put(Job(_NOBODY, ListRecords(limit=0)))  # so that the first list is quick
        language.join()
        gc.freeze()
        gc.enable()
        logbook.jot("settled", stage=self.models.state()[0])
        self.mouth.stir()
        self.models.read_ahead()

    def _state(self) -> State:
        stage, identity, problem = self.models.state()
        busy = any(lane.jobs for lane in self._lanes.values())
        stage = stage if self.shelf.settled else "starting"
        return State(stage, identity, problem, busy, megabytes(), self.models.persona_problem)

    # -- orders

    def hear(self, order: Order) -> None:
        """Have a request worked off in its lane, stop one, or hold one."""
        match order:
            case Asked():
                job = Job(order.id, order.request)
                self._jobs[order.id] = job
                self._lane_of.get(type(order.request), self._lanes["quick"]).put(job)
            case CancelIt():
                self._cancel(order.id)
            case PauseIt():
                job_held = self._jobs.get(order.id)
                # Others hold what everybody needs while they work.
                if job_held is not None and isinstance(job_held.request, _CAN_WAIT):
                    (job_held.cancel.pause if order.paused else job_held.cancel.resume)()

    def _cancel(self, id: int) -> None:
        job = self._jobs.get(id)
        if job is None:
            return
        job.cancel.cancel()
        lane = self._lane_of.get(type(job.request), self._lanes["quick"])
        if lane.take_back(id) is not None:
            self._finish(job, Failed(id, Cancelled()))

    def _do(self, job: Job) -> None:
        self.mouth.stir()
        reply: Done | Failed
        try:
            self._ready.wait()
            if self._broken is not None:
                raise self._broken
            if job.cancel.cancelled:
                raise Cancelled
            with logbook.timed("request", type(job.request).__name__):
                reply = Done(job.id, self._work[type(job.request)](Task(self, job, self.mouth), job.request))
        except VademecumError as problem:
            reply = Failed(job.id, portable(problem))
        except BaseException as fault:
            if self._ending:
                return  # the library was closed beneath it
            reply = Failed(job.id, keep_fault(fault))
        self._finish(job, reply)

    def _finish(self, job: Job, reply: Done | Failed) -> None:
        self._jobs.pop(job.id, None)
        if job.id == _NOBODY:
            return
        try:
            self.mouth.finish(job.id, reply)
        except Exception as fault:  # an answer that cannot be sent must not end the lane
            self.mouth.finish(job.id, Failed(job.id, keep_fault(fault)))
        self.mouth.stir()

    # -- for those who work

    def changing(self, collection: str = "") -> bool:
        """Whether documents are being added, checked or backed up, or wait for it (into that collection)."""
        for job in self._lanes["changes"].jobs:
            into = getattr(job.request, "collection", collection)
            if not collection or into.strip() == collection.strip():
                return True
        if collection:
            return False
        # A backup changes nothing, but the library must not be closed beneath it.
        saving = any(isinstance(job.request, BackUp) for job in self._lanes["backups"].jobs)
        return saving or bool(self._lanes["edits"].jobs)

    def shaping(self, persona: str) -> bool:
        """Whether something that takes long is done with the persona of that id, or waits."""
        # Not by what lanes hold: one whose answer has just been sent is still there for a moment.
        kinds = tuple(kind for lane in _SHAPING.values() for kind in lane)
        requests = [job.request for job in list(self._jobs.values())]
        return any(isinstance(asked, kinds) and getattr(asked, "id", None) == persona for asked in requests)

    def stop_questions(self) -> None:
        """Ask everything that only reads the library to end."""
        for name in ("questions", "pictures", "records"):
            for job in self._lanes[name].jobs:
                self._cancel(job.id)

    def configure(self, settings: Settings) -> None:
        """Work with these settings from now on."""
        self.settings = settings
        self.models.configure(settings)
        limits = house.reader(settings).limits
        if limits != self.renderer.limits:
            old, self.renderer = self.renderer, type(self.renderer)(limits)
            old.close()

    # -- the end

    def close(self) -> None:
        """Stop what can be asked again, leave imports to be resumed, close the library."""
        self._ending = True
        if not self._ready.is_set():
            self._broken = Cancelled()
            self._ready.set()
        end = time.monotonic() + _ENDING_SECONDS
        for name, lane in self._lanes.items():
            if name != "changes":  # a cancelled import is given up; one that is broken off is resumed
                for job in lane.jobs:
                    job.cancel.cancel()
        for name, lane in self._lanes.items():
            if name != "changes":
                lane.wait_until_idle(max(0.0, end - time.monotonic()))
        if self._broken is None:
            self.renderer.close()
        self.shelf.close()
        self.mouth.close()
