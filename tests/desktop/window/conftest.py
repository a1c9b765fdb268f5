"""A window without an engine: the pages' jobs are answered from a table, and any stray word of Qt fails the test."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from PySide6.QtCore import QMessageLogContext, QObject, QtMsgType, qInstallMessageHandler
from PySide6.QtWidgets import QApplication
from pytestqt.qtbot import QtBot

from core.errors import UserProblem, VademecumError
from core.nouns import Change
from core.settings import Settings
from desktop.channel import Done, Failed, Partly, Request, State, Told
from desktop.window.desk import Desk
from desktop.window.immortal import keep_none
from desktop.window.jobs import Job, Jobs

os.environ.setdefault("QT_QPA_PLATFORM", "offscreen")
keep_none()

Answering = Callable[[Any], object]


class FakeJobs(Jobs):
    """Jobs whose requests are answered from ``answers``: request type -> value, or a function of the request.

    A value that is a VademecumError fails the job; a list is sent piece by piece (Progress, Partly(...), then the
    last item as the result); ``hold`` keeps requests of a type waiting until ``release``.
    """

    def __init__(self) -> None:
        super().__init__(Settings(), None)
        self.answers: dict[type[Request[Any]], object] = {}
        self.hold: set[type[Request[Any]]] = set()
        self.asked: list[Request[Any]] = []
        self.cancelled: list[int] = []
        self.paused: list[tuple[int, bool]] = []

    def start(self) -> None:
        """There is no engine."""

    def say_state(self, state: State) -> None:
        """As if the engine's heart had beaten."""
        self._handle(state)

    def run(self, request: Request[Any], owner: QObject, **callbacks: Any) -> Job[Any]:  # type: ignore[override]
        """Answer in the next turn of the event loop."""
        self._engine = _Nobody(self)  # type: ignore[assignment]
        job = super().run(request, owner, **callbacks)
        self.asked.append(request)
        if type(request) not in self.hold:
            self._answer(job)
        return job

    def release(self, kind: type[Request[Any]]) -> None:
        """Answer what was held."""
        self.hold.discard(kind)
        for job in self.running:
            if isinstance(job.request, kind):
                self._answer(job)

    def _answer(self, job: Job[Any]) -> None:
        answer = self.answers.get(type(job.request), UserProblem("engine_is_off"))
        value = answer(job.request) if callable(answer) else answer
        for piece in value[:-1] if isinstance(value, list) else ():
            self._arrived.emit(Partly(job.id, piece) if not hasattr(piece, "stage") else Told(job.id, piece))
        last = value[-1] if isinstance(value, list) else value
        self._arrived.emit(Failed(job.id, last) if isinstance(last, VademecumError) else Done(job.id, last))

    def asked_for(self, kind: type[Any]) -> list[Any]:
        """The requests of a type, so far."""
        return [request for request in self.asked if isinstance(request, kind)]


class _Nobody:
    def __init__(self, jobs: FakeJobs) -> None:
        self._jobs = jobs
        self.pid = 0

    def ask(self, id: int, request: Request[Any]) -> None:
        """The answers come from the table."""

    def cancel(self, id: int) -> None:
        self._jobs.cancelled.append(id)

    def pause(self, id: int, paused: bool) -> None:
        self._jobs.paused.append((id, paused))

    def close(self) -> None:
        """Nothing to end."""


@pytest.fixture(autouse=True)
def own_home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Settings and window positions of a test stay in its folder."""
    monkeypatch.setenv("VADEMECUM_HOME", str(tmp_path / "home"))


@pytest.fixture(autouse=True)
def quiet_qt() -> Iterator[None]:
    """Fails the test when Qt complains about anything."""
    said: list[str] = []

    def listen(kind: QtMsgType, _context: QMessageLogContext, message: str | None) -> None:
        if kind is not QtMsgType.QtDebugMsg and kind is not QtMsgType.QtInfoMsg:
            said.append(str(message))

    former = qInstallMessageHandler(listen)
    yield
    qInstallMessageHandler(former)
    # The offscreen platform has no keyboard shortcuts of a system and says so; nobody else does.
    assert not [line for line in said if "does not support" not in line]


@pytest.fixture
def jobs(qtbot: QtBot) -> Iterator[FakeJobs]:
    """Jobs answered from a table."""
    made = FakeJobs()
    yield made
    made.close()


@pytest.fixture
def desk(qapp: QApplication, jobs: FakeJobs) -> Desk:
    """What every page is given, in English, light."""
    return Desk(jobs, Settings(theme="light", welcomed=True), "en")


NOTHING = Change(1)
