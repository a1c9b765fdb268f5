"""Everything the engine says to the window: replies at once, progress not too often, a heartbeat every second."""

from __future__ import annotations

import sys
import threading
import time
from collections.abc import Callable
from multiprocessing.connection import Connection
from pathlib import Path

from core.nouns import Progress
from desktop.channel import Reply, State, Told, pack

_BEAT_SECONDS = 1.0
_PROGRESS_SECONDS = 0.05


class Mouth:
    """Speaks into the pipe from any thread.  ``state`` is asked for what the heartbeat tells."""

    def __init__(self, pipe: Connection, state: Callable[[], State]) -> None:
        self._pipe = pipe
        self._state = state
        self._speaking = threading.Lock()
        self._waking = threading.Condition()
        self._waiting: dict[int, Progress] = {}
        self._stir = True
        self._closed = False
        self._thread = threading.Thread(target=self._beat, name="heartbeat", daemon=True)

    def start(self) -> None:
        """Begin the heartbeat."""
        self._thread.start()

    def close(self) -> None:
        """Say nothing any more."""
        with self._waking:
            self._closed = True
            self._waking.notify()
        with self._speaking:
            self._pipe.close()

    def say(self, reply: Reply) -> None:
        """Send a reply now.  When nobody listens any more, the end comes from elsewhere."""
        data = pack(reply)
        try:
            with self._speaking:
                self._pipe.send_bytes(data)
        except OSError:
            return

    def tell(self, id: int, progress: Progress) -> None:
        """Tell how far a request has come; of many such calls in a moment only the last is sent."""
        with self._waking:
            self._waiting[id] = progress
            self._waking.notify()

    def finish(self, id: int, reply: Reply) -> None:
        """Send the last word on a request: no progress of it follows."""
        with self._waking:
            self._waiting.pop(id, None)
        self.say(reply)

    def stir(self) -> None:
        """The state has changed: do not wait for the next beat."""
        with self._waking:
            self._stir = True
            self._waking.notify()

    def _beat(self) -> None:
        next_beat = 0.0
        while True:
            with self._waking:
                if not (self._waiting or self._stir or self._closed):
                    self._waking.wait(max(0.0, next_beat - time.monotonic()))
                if self._closed:
                    return
                waiting, self._waiting = self._waiting, {}
                beat = self._stir or time.monotonic() >= next_beat
                self._stir = False
                # Sent while nobody can finish a request, so that its progress never comes after its end.
                for id, progress in waiting.items():
                    self.say(Told(id, progress))
            if beat:
                self.say(self._state())
                next_beat = time.monotonic() + _BEAT_SECONDS
            if waiting or beat:
                time.sleep(_PROGRESS_SECONDS)


def megabytes() -> int:
    """How much memory this process holds, to the next ten; 0 where the system does not tell."""
    if sys.platform != "linux":
        return 0
    pages = int(Path("/proc/self/statm").read_text(encoding="ascii").split()[1])
    return round(pages * 4096 / 1e7) * 10
