"""A child process that is watched while it works on strangers' files: its time, its memory, its life."""

from __future__ import annotations

import multiprocessing
import os
import time
from collections.abc import Callable
from multiprocessing.connection import Connection, wait
from multiprocessing.context import SpawnProcess
from pathlib import Path

from core.spawning import start_alone

TICK = 0.1
START_SECONDS = 60.0
# What one message may weigh; the child may be in a stranger's hands.
MOST_BYTES = 200_000_000
_NEARLY_FULL = 0.7


class Lost(Exception):
    """The child is gone or has to go.  ``reason`` is "crashed", "timeout" or "memory"."""

    def __init__(self, reason: str) -> None:
        super().__init__(reason)
        self.reason = reason


class WatchedChild:
    """One process that serves a pipe and is killed without asking.  Not for two threads at once.

    ``serve`` is given the pipe and the cap in megabytes, in the child, and sends one message when it is ready.
    """

    def __init__(self, serve: Callable[[Connection, int], None], name: str, megabytes: int) -> None:
        self._serve = serve
        self._name = name
        self._megabytes = megabytes
        self._process: SpawnProcess | None = None
        self._pipe: Connection | None = None

    @property
    def pid(self) -> int | None:
        """The process's number; None while there is none."""
        return self._process.pid if self._process is not None else None

    def start(self, check: Callable[[], None]) -> bool:
        """Have a living child.  Returns whether a new one was needed; raises Lost and what ``check`` raises."""
        if self._process is not None and self._process.is_alive():
            return False
        self.close()
        context = multiprocessing.get_context("spawn")
        ours, theirs = context.Pipe()
        process = context.Process(target=self._serve, args=(theirs, self._megabytes), name=self._name, daemon=True)
        start_alone(process)
        theirs.close()
        self._process, self._pipe = process, ours
        self.receive(time.monotonic() + START_SECONDS, check)
        return True

    def send(self, message: object) -> None:
        """Pickled, to a child that was started.  Raises Lost."""
        assert self._pipe is not None
        try:
            self._pipe.send(message)
        except OSError:
            raise Lost("crashed") from None

    def receive(self, deadline: float, check: Callable[[], None]) -> bytes:
        """The child's next message, waited for until the monotonic ``deadline``.

        ``check`` is called several times a second and ends the waiting by raising; as long as it waits itself, the
        deadline moves on.  Raises Lost.
        """
        assert self._pipe is not None and self._process is not None
        looked = 0.0
        while True:
            before = time.monotonic()
            check()
            now = time.monotonic()
            deadline += now - before
            if now - looked >= TICK:
                looked = now
                if self._resident() > self._megabytes * 1024 * 1024:
                    raise Lost("memory")
            if now > deadline:
                raise Lost("timeout")
            ready = wait([self._pipe, self._process.sentinel], timeout=min(TICK, max(0.0, deadline - now)))
            if self._pipe in ready:
                try:
                    return self._pipe.recv_bytes(MOST_BYTES)
                except (EOFError, OSError):
                    raise Lost("crashed") from None
            if ready:
                # A limit of the system ends a process in many ways; a plain crash is what is left to say.
                raise Lost("crashed")

    def rest(self) -> None:
        """Between two files: end a child that has grown, so that one file's memory is not held against the next."""
        if self._resident() > _NEARLY_FULL * self._megabytes * 1024 * 1024:
            self.close()

    def close(self) -> None:
        """End the child."""
        if self._pipe is not None:
            self._pipe.close()
            self._pipe = None
        if self._process is not None:
            self._process.kill()
            self._process.join()
            self._process.close()
            self._process = None

    def _resident(self) -> int:
        """Resident memory in bytes; 0 without a child and where the system does not tell."""
        try:
            fields = Path(f"/proc/{self.pid}/statm").read_text(encoding="ascii").split()
            return int(fields[1]) * os.sysconf("SC_PAGE_SIZE")
        except (OSError, IndexError, ValueError, AttributeError):
            return 0
