"""The engine as a child process: started, spoken to, watched, ended.

The side that starts it imports nothing heavy.  The child runs
:func:`desktop.engine_room.serve` and dies with its parent.
"""

from __future__ import annotations

import multiprocessing
import sys
import threading
from collections.abc import Callable
from multiprocessing.connection import Connection, wait
from multiprocessing.context import SpawnProcess
from pathlib import Path
from typing import Any

from core.errors import TryAgain
from core.settings import Settings
from core.spawning import start_alone
from desktop import logbook
from desktop.channel import Asked, CancelIt, Done, Failed, Order, PauseIt, Reply, Request, pack, unpack

SILENCE_SECONDS = 60.0  # without a heartbeat for so long, it hangs: importing torch on a slow disk takes less
ENDING_SECONDS = 5.0
_LOOK_SECONDS = 1.0


class EngineProcess:
    """One engine in a process of its own.  When it is gone, ``gone`` is called once and this object is spent.

    ``receive`` and ``gone`` are called from a thread of this object.  Requests that
    have no answer when the process dies get Failed(TryAgain).
    """

    def __init__(
        self,
        settings: Settings,
        library: Path | None,
        receive: Callable[[Reply], None],
        gone: Callable[[], None],
    ) -> None:
        self._receive = receive
        self._gone = gone
        self._ending = False
        self._heard = False  # it has said something, so it may have opened something
        self._sending = threading.Lock()
        self._counting = threading.Lock()
        self._waiting: set[int] = set()
        self._spent = False
        context = multiprocessing.get_context("spawn")
        self._pipe, theirs = context.Pipe()
        self._process: SpawnProcess = context.Process(
            target=_begin, args=(theirs, settings, library), name="vademecum engine"
        )
        start_alone(self._process)
        logbook.jot("engine_started", pid=self.pid)
        theirs.close()
        self._listener = threading.Thread(target=self._listen, name="engine replies", daemon=True)
        self._listener.start()

    @property
    def pid(self) -> int:
        """The process's number."""
        return self._process.pid or 0

    def ask(self, id: int, request: Request[Any]) -> None:
        """Send a request; ``id`` is new and comes back with every reply."""
        with self._counting:
            spent = self._spent
            if not spent:
                self._waiting.add(id)
        if spent:  # it has just died, and whoever asks has not heard of it yet
            self._receive(Failed(id, TryAgain("engine_died")))
        else:
            self._send(Asked(id, request))

    def cancel(self, id: int) -> None:
        """Ask a request to stop; its answer is Failed(Cancelled), or what was done just before."""
        self._send(CancelIt(id))

    def pause(self, id: int, paused: bool) -> None:
        """Hold a request, or let it go on."""
        self._send(PauseIt(id, paused))

    def kill(self) -> None:
        """End it at once; ``gone`` follows."""
        self._process.kill()

    def close(self) -> None:
        """End it, in order if it listens and by force if not; nothing is called back any more, ``gone`` neither."""
        self._ending = True
        if not self._heard:  # it still imports, and holds nothing that would have to be ended in order
            self._process.kill()
        # In a thread of its own: a child that no longer reads would hold whoever writes to it.
        threading.Thread(target=self._hang_up, name="engine ending", daemon=True).start()
        self._listener.join(ENDING_SECONDS)
        if self._listener.is_alive():
            self._process.kill()
            self._listener.join()

    def _send(self, order: Order) -> None:
        try:
            with self._sending:
                self._pipe.send_bytes(pack(order))
        except OSError:
            return  # it has just died: the listener tells

    def _hang_up(self) -> None:
        try:
            with self._sending:
                self._pipe.send_bytes(b"")  # an empty message: the end
        except OSError:
            return

    def _listen(self) -> None:
        silent = 0.0  # counted in looks, not by a clock: one that went on while the computer slept would accuse it
        while silent < SILENCE_SECONDS:
            ready = wait((self._pipe, self._process.sentinel), timeout=_LOOK_SECONDS)
            if self._pipe in ready:
                try:
                    reply = unpack(self._pipe.recv_bytes())
                except (EOFError, OSError, ValueError):
                    break
                silent, self._heard = 0.0, True
                if isinstance(reply, Done | Failed):
                    with self._counting:
                        self._waiting.discard(reply.id)
                if not self._ending:
                    self._receive(reply)
            elif ready:
                break
            else:
                silent += _LOOK_SECONDS
        if not self._ending:
            self._process.kill()  # it may be alive, and talk nonsense or nothing
        self._process.join()
        with self._sending:
            self._pipe.close()
        with self._counting:
            self._spent = True
            left = sorted(self._waiting)
            self._waiting.clear()
        code = self._process.exitcode  # that of a signal is negative
        if self._ending:
            logbook.jot("engine_ended", pid=self.pid, code=code)
            return
        logbook.jot("engine_died", pid=self.pid, code=code, silent=silent >= SILENCE_SECONDS, waiting=len(left))
        for id in left:
            self._receive(Failed(id, TryAgain("engine_died")))
        self._gone()


def _begin(pipe: Connection, settings: Settings, library: Path | None) -> None:
    if sys.stdout is None or sys.stderr is None:  # a windowed program has no streams, and some libraries write
        sys.stdout = sys.stdout or open("nul" if sys.platform == "win32" else "/dev/null", "w")  # noqa: SIM115
        sys.stderr = sys.stderr or sys.stdout
    # The window's process must not import the engine: it would be as large.
    from desktop.engine_room import serve

    serve(pipe, settings, library)
