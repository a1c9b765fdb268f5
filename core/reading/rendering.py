"""Pages as pictures, drawn by a watched child process that may die at any time."""

from __future__ import annotations

import json
import multiprocessing
import threading
import time
from dataclasses import dataclass
from multiprocessing.connection import Connection, wait
from multiprocessing.context import SpawnProcess
from pathlib import Path
from types import TracebackType

from core.errors import Cancelled, CancelToken, UserProblem
from core.reading.reader import START_SECONDS, TICK, Limits, _no_main_module, _resident, _starting

NARROWEST, WIDEST = 16, 6000
_NEARLY_DONE_SECONDS = 0.5  # a page given up is waited for so long before its process is ended
_MOST_BYTES = 200_000_000
_PROBLEMS = {
    "view_damaged",
    "view_gone",
    "view_needs_password",
    "view_password_wrong",
    "view_page_failed",
    "view_page_too_large",
}


@dataclass(frozen=True, slots=True)
class Rendered:
    """A page as displayed, 3 bytes a pixel (blue, green, red), ``stride`` bytes a row, the top row first."""

    width: int
    height: int
    stride: int
    pixels: bytes


class _Lost(Exception):
    """The child is gone or has to go; ``key`` is the message."""

    def __init__(self, key: str) -> None:
        super().__init__(key)
        self.key = key


class Renderer:
    """Draws pages of PDFs in a child process of its own, which is replaced when it crashes, hangs or grows too large.

    May be used from several threads, one page at a time.  Use it as a context manager, or call :meth:`close`.
    """

    def __init__(self, limits: Limits | None = None) -> None:
        self._limits = limits or Limits()
        self._lock = threading.Lock()
        self._process: SpawnProcess | None = None
        self._pipe: Connection | None = None

    @property
    def limits(self) -> Limits:
        """What one page may cost."""
        return self._limits

    def __enter__(self) -> Renderer:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, value: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def close(self) -> None:
        """End the child process and with it every open file.  Drawing again starts a new one."""
        with self._lock:
            self._end()

    def render(
        self, path: Path, page_index: int, width: int, password: str | None = None, cancel: CancelToken | None = None
    ) -> Rendered:
        """The displayed page, ``width`` pixels across (less where the picture would be larger than memory allows).

        ValueError for a width outside 16..6000.  UserProblem "view_needs_password", or what
        else keeps the page from being drawn; Cancelled.
        """
        if not NARROWEST <= width <= WIDEST:
            raise ValueError(f"a picture of {width} pixels across")
        head, pixels = self._ask(path, page_index, width, password, cancel)
        return Rendered(head["width"], head["height"], head["stride"], pixels)

    def open(self, path: Path, password: str | None = None, cancel: CancelToken | None = None) -> None:
        """Make sure that the file opens.  UserProblem as for :meth:`render`, "view_password_wrong" among them."""
        self._ask(path, 0, 0, password, cancel)

    def _ask(
        self, path: Path, page_index: int, width: int, password: str | None, cancel: CancelToken | None
    ) -> tuple[dict[str, int], bytes]:
        cancel = cancel or CancelToken()
        task = {"path": str(path), "page": page_index, "width": width, "password": password}
        with self._lock:
            for fresh in (False, True):
                try:
                    # What earlier files did to the child must not be held against this one: a second try in a new one.
                    fresh |= self._start(cancel)
                    assert self._pipe is not None
                    self._pipe.send_bytes(json.dumps(task).encode("ascii"))
                    answer = self._answer(bool(width), cancel)
                    break
                except (_Lost, OSError) as loss:
                    self._end()
                    key = loss.key if isinstance(loss, _Lost) else "view_page_crashed"
                    if fresh or key == "view_too_slow":
                        raise UserProblem(key, page=page_index + 1) from None
                except BaseException:
                    self._end()
                    raise
            if self._process is not None and _resident(self._process.pid) > 0.7 * self._limits.megabytes * 1024 * 1024:
                self._end()
        head, pixels = answer
        if "problem" in head:
            raise UserProblem(str(head["problem"]), page=page_index + 1)
        cancel.check()
        return head, pixels

    def _answer(self, picture: bool, cancel: CancelToken) -> tuple[dict[str, int], bytes]:
        deadline = time.monotonic() + self._limits.page_seconds
        head = self._next(deadline, cancel)
        try:
            told = json.loads(head)
            if "problem" in told and told["problem"] in _PROBLEMS:
                return told, b""
            if not picture:
                return {}, b""
            width, height, stride = (int(told[name]) for name in ("width", "height", "stride"))
        except (ValueError, KeyError, TypeError):
            raise _Lost("view_page_crashed") from None
        pixels = self._next(deadline, cancel)
        # Strangers' files may have taken the child over: what it says of its picture is not believed.
        if not (0 < width <= WIDEST and height > 0 and 3 * width <= stride and len(pixels) == stride * height):
            raise _Lost("view_page_crashed")
        return {"width": width, "height": height, "stride": stride}, pixels

    def _next(self, deadline: float, cancel: CancelToken) -> bytes:
        assert self._pipe is not None and self._process is not None
        stopped = 0.0
        while True:
            now = time.monotonic()
            if cancel.cancelled:
                stopped = stopped or now
                if now - stopped > _NEARLY_DONE_SECONDS:
                    raise Cancelled
            if _resident(self._process.pid) > self._limits.megabytes * 1024 * 1024:
                raise _Lost("view_page_too_large")
            if now > deadline:
                raise _Lost("view_too_slow")
            ready = wait([self._pipe, self._process.sentinel], timeout=min(TICK, max(0.0, deadline - now)))
            if self._pipe in ready:
                try:
                    return self._pipe.recv_bytes(_MOST_BYTES)
                except (EOFError, OSError):
                    raise _Lost("view_page_crashed") from None
            if ready:
                raise _Lost("view_page_crashed")

    def _start(self, cancel: CancelToken) -> bool:
        """Whether a new child had to be started."""
        if self._process is not None and self._process.is_alive():
            return False
        self._end()
        context = multiprocessing.get_context("spawn")
        ours, theirs = context.Pipe()
        process = context.Process(
            target=_child, args=(theirs, self._limits.megabytes), name="vademecum pictures", daemon=True
        )
        with _starting, _no_main_module():
            process.start()
        theirs.close()
        self._process, self._pipe = process, ours
        self._next(time.monotonic() + START_SECONDS, cancel)
        return True

    def _end(self) -> None:
        if self._pipe is not None:
            self._pipe.close()
            self._pipe = None
        if self._process is not None:
            self._process.kill()
            self._process.join()
            self._process.close()
            self._process = None


def _child(pipe: Connection, megabytes: int) -> None:
    # Lazy: only the child loads the parser.
    from core.reading.picture_child import serve

    serve(pipe, megabytes)
