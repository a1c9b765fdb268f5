"""Threads that work requests off, each its own kind, so that a quick one never waits for a slow one."""

from __future__ import annotations

import os
import sys
import threading
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from core.errors import CancelToken
from desktop.channel import Request

_GENTLY = (
    10  # steps of niceness: a tenth of the processor's time when somebody else wants it, all of it when nobody does
)


@dataclass(frozen=True, slots=True, eq=False)
class Job:
    """A request under way, and how it is stopped or paused."""

    id: int
    request: Request[Any]
    cancel: CancelToken = field(default_factory=CancelToken)


class Lane:
    """One thread and the jobs that wait for it.

    ``newest_first`` for what loses its value by waiting; ``gently`` for long work that
    must not slow down what a person waits for.
    """

    def __init__(
        self, name: str, work: Callable[[Job], None], *, newest_first: bool = False, gently: bool = False
    ) -> None:
        self._work = work
        self._newest_first = newest_first
        self._gently = gently
        self._jobs: deque[Job] = deque()
        self._running: Job | None = None
        self._changed = threading.Condition()
        self._thread = threading.Thread(target=self._run, name=name, daemon=True)
        self._thread.start()

    def put(self, job: Job) -> None:
        """Have ``job`` done in its turn."""
        with self._changed:
            self._jobs.append(job)
            self._changed.notify_all()

    def take_back(self, id: int) -> Job | None:
        """A job that has not begun, taken off the list; None when it has, or is not here."""
        with self._changed:
            job = next((job for job in self._jobs if job.id == id), None)
            if job is not None:
                self._jobs.remove(job)
            return job

    @property
    def jobs(self) -> tuple[Job, ...]:
        """What is under way, then what waits."""
        with self._changed:
            return (*((self._running,) if self._running else ()), *self._jobs)

    def wait_until_idle(self, seconds: float) -> bool:
        """Whether nothing was under way any more within ``seconds``."""
        with self._changed:
            return self._changed.wait_for(lambda: self._running is None, seconds)

    def _run(self) -> None:
        if self._gently and sys.platform == "linux":
            # Of this thread and of all threads and processes that it starts; elsewhere it would be of everything.
            os.setpriority(os.PRIO_PROCESS, threading.get_native_id(), _GENTLY)
        while True:
            with self._changed:
                self._running = None
                self._changed.notify_all()
                self._changed.wait_for(lambda: bool(self._jobs))
                self._running = self._jobs.pop() if self._newest_first else self._jobs.popleft()
            self._work(self._running)
