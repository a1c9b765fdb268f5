"""The one door for long work: callbacks, cancels, the death of the engine."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, ClassVar

import pytest
from PySide6.QtCore import QObject
from pytestqt.qtbot import QtBot

from core.errors import Cancelled, TryAgain, UserProblem, VademecumError
from core.nouns import Change, Progress
from core.settings import Settings
from desktop.channel import (
    AddFiles,
    Done,
    Failed,
    GetLibrary,
    LibraryState,
    Partly,
    Reply,
    Request,
    ResumeImports,
    State,
    Told,
)
from desktop.window import jobs as jobs_module
from desktop.window.jobs import Jobs


class Engine:
    """An engine that answers when the test says so."""

    started: ClassVar[list[Engine]] = []

    def __init__(
        self, settings: Settings, library: Path | None, receive: Callable[[Reply], None], gone: Callable[[], None]
    ) -> None:
        self.settings = settings
        self.receive = receive
        self.gone = gone
        self.asked: dict[int, Request[Any]] = {}
        self.cancelled: list[int] = []
        self.pid = 4711
        Engine.started.append(self)

    def ask(self, id: int, request: Request[Any]) -> None:
        self.asked[id] = request

    def cancel(self, id: int) -> None:
        self.cancelled.append(id)

    def pause(self, id: int, paused: bool) -> None:
        raise AssertionError("nobody pauses here")

    def close(self) -> None:
        """It ends."""


@pytest.fixture
def door(qtbot: QtBot, monkeypatch: pytest.MonkeyPatch) -> Iterator[Jobs]:
    monkeypatch.setattr(Engine, "started", [])
    monkeypatch.setattr(jobs_module, "EngineProcess", Engine)
    made = Jobs(Settings(), None)
    made.start()
    yield made
    made.close()


def last_id(kind: type[Request[Any]]) -> int:
    return max(id for id, request in Engine.started[-1].asked.items() if isinstance(request, kind))


def library(pending: int = 0) -> LibraryState:
    return LibraryState(Path("/somewhere"), 3, 2, (("general", 2),), pending, 0)


def test_a_change_calls_back_and_tells_every_screen(qtbot: QtBot, door: Jobs) -> None:
    heard: list[object] = []
    door.changed.connect(heard.append)
    job = door.run(
        AddFiles((Path("a.pdf"),), "general"),
        door,
        done=lambda change: heard.append(("done", change.revision)),
        progress=lambda progress: heard.append(progress.stage),
        partly=heard.append,
    )
    engine = Engine.started[0]
    engine.receive(Told(job.id, Progress("stage_reading", 1, 2)))
    engine.receive(Partly(job.id, "a part"))
    engine.receive(Done(job.id, Change(7)))
    qtbot.waitUntil(lambda: len(heard) == 4)
    assert heard == ["stage_reading", "a part", ("done", 7), Change(7)]
    assert not job.running and job.progress == Progress("stage_reading", 1, 2)
    assert job not in door.running


def test_nobody_is_called_back_after_the_owner_is_gone(qtbot: QtBot, door: Jobs) -> None:
    owner, other, heard = QObject(), QObject(), []
    job = door.run(GetLibrary(), owner, done=heard.append)
    seen = door.run(GetLibrary(), other, done=heard.append)
    owner.deleteLater()
    qtbot.wait(1)
    Engine.started[0].receive(Done(job.id, "too late"))
    Engine.started[0].receive(Done(seen.id, "in time"))
    qtbot.waitUntil(lambda: bool(heard))
    assert heard == ["in time"]


def test_a_cancel_reaches_the_engine_once_it_is_under_way(qtbot: QtBot, door: Jobs) -> None:
    failures: list[VademecumError] = []
    job = door.run(GetLibrary(), door, failed=failures.append)
    job.cancel()
    assert Engine.started[0].cancelled == [job.id]
    Engine.started[0].receive(Failed(job.id, Cancelled()))
    qtbot.waitUntil(lambda: bool(failures))
    job.cancel()
    assert Engine.started[0].cancelled == [job.id]


def test_a_dead_engine_is_started_again_and_old_imports_go_on(qtbot: QtBot, door: Jobs) -> None:
    failures: list[VademecumError] = []
    begun: list[object] = []
    door.imports.connect(lambda job: begun.append(type(job.request)))
    job = door.run(AddFiles((Path("a.pdf"),), "general"), door, failed=failures.append)
    first = Engine.started[0]
    with qtbot.waitSignal(door.died) as died:
        first.receive(Failed(job.id, TryAgain("engine_died")))
        first.gone()
    assert died.args == [True] and [e.key for e in failures] == ["engine_died"]
    assert len(Engine.started) == 2
    Engine.started[1].receive(Done(last_id(GetLibrary), library(pending=2)))
    qtbot.waitUntil(lambda: len(begun) == 2)
    assert begun == [AddFiles, ResumeImports]


def test_an_engine_that_keeps_dying_is_left_alone_until_asked(qtbot: QtBot, door: Jobs) -> None:
    for deaths in range(1, 5):
        with qtbot.waitSignal(door.died) as died:
            Engine.started[-1].gone()
        assert died.args == [deaths < 4]
    assert len(Engine.started) == 4 and door.last_state.stage == "stopped"
    failures: list[VademecumError] = []
    door.run(GetLibrary(), door, failed=failures.append)
    qtbot.waitUntil(lambda: bool(failures))
    assert failures[0].key == "engine_is_off"
    door.start()
    assert len(Engine.started) == 5 and door.last_state.stage == "starting"


def test_only_what_is_new_in_a_heartbeat_is_told(qtbot: QtBot, door: Jobs) -> None:
    heard: list[State] = []
    door.state.connect(heard.append)
    for state in (State("loading"), State("loading"), State("ready"), State("ready", busy=True)):
        Engine.started[0].receive(state)
    qtbot.waitUntil(lambda: len(heard) == 3)
    assert heard == [State("loading"), State("ready"), State("ready", busy=True)]


def test_what_fails_on_the_jobs_own_behalf_is_told(qtbot: QtBot, door: Jobs) -> None:
    with qtbot.waitSignal(door.troubled) as troubled:
        Engine.started[0].receive(Failed(last_id(GetLibrary), UserProblem("library_missing", folder="/x")))
    assert troubled.args is not None and troubled.args[0].key == "library_missing"
