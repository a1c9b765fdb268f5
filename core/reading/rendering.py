"""Pages as pictures, drawn by a watched child process that may die at any time."""

from __future__ import annotations

import json
import threading
import time
from collections.abc import Callable
from multiprocessing.connection import Connection
from pathlib import Path
from types import TracebackType

from core.errors import Cancelled, CancelToken, UserProblem
from core.nouns import Picture
from core.reading.reader import Limits
from core.reading.watching import Lost, WatchedChild

NARROWEST, WIDEST = 16, 6000
_NEARLY_DONE_SECONDS = 0.5  # a page given up is waited for so long before its process is ended
_MESSAGES = {"memory": "view_page_too_large", "timeout": "view_too_slow", "crashed": "view_page_crashed"}
_PROBLEMS = {
    "view_damaged",
    "view_gone",
    "view_needs_password",
    "view_password_wrong",
    "view_page_failed",
    "view_page_too_large",
}


class Renderer:
    """Draws pages of PDFs in a child process of its own, which is replaced when it crashes, hangs or grows too large.

    May be used from several threads, one page at a time.  Use it as a context manager, or call :meth:`close`.
    """

    def __init__(self, limits: Limits | None = None) -> None:
        self._limits = limits or Limits()
        self._lock = threading.Lock()
        self._child = WatchedChild(_serve, "vademecum pictures", self._limits.megabytes)

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
            self._child.close()

    def render(
        self, path: Path, page_index: int, width: int, password: str | None = None, cancel: CancelToken | None = None
    ) -> Picture:
        """The displayed page, ``width`` pixels across (less where the picture would be larger than memory allows).

        ValueError for a width outside 16..6000.  UserProblem "view_needs_password", or what
        else keeps the page from being drawn; Cancelled.
        """
        if not NARROWEST <= width <= WIDEST:
            raise ValueError(f"a picture of {width} pixels across")
        head, pixels = self._ask(path, page_index, width, password, cancel)
        return Picture(head["width"], head["height"], head["stride"], pixels)

    def open(self, path: Path, password: str | None = None, cancel: CancelToken | None = None) -> None:
        """Make sure that the file opens.  UserProblem as for :meth:`render`, "view_password_wrong" among them."""
        self._ask(path, 0, 0, password, cancel)

    def _ask(
        self, path: Path, page_index: int, width: int, password: str | None, cancel: CancelToken | None
    ) -> tuple[dict[str, int], bytes]:
        cancel = cancel or CancelToken()
        check = _patiently(cancel)
        with self._lock:
            for fresh in (False, True):
                try:
                    # What earlier files did to the child must not be held against this one: a second try in a new one.
                    fresh |= self._child.start(check)
                    self._child.send({"path": str(path), "page": page_index, "width": width, "password": password})
                    answer = self._answer(bool(width), check)
                    break
                except (Lost, OSError) as loss:
                    self._child.close()
                    reason = loss.reason if isinstance(loss, Lost) else "crashed"
                    if fresh or reason == "timeout":
                        raise UserProblem(_MESSAGES[reason], page=page_index + 1) from None
                except BaseException:
                    self._child.close()
                    raise
            self._child.rest()
        head, pixels = answer
        if "problem" in head:
            raise UserProblem(str(head["problem"]), page=page_index + 1)
        cancel.check()
        return head, pixels

    def _answer(self, picture: bool, check: Callable[[], None]) -> tuple[dict[str, int], bytes]:
        deadline = time.monotonic() + self._limits.page_seconds
        head = self._child.receive(deadline, check)
        try:
            told = json.loads(head)
            if "problem" in told and told["problem"] in _PROBLEMS:
                return told, b""
            if not picture:
                return {}, b""
            width, height, stride = (int(told[name]) for name in ("width", "height", "stride"))
        except (ValueError, KeyError, TypeError):
            raise Lost("crashed") from None
        pixels = self._child.receive(deadline, check)
        # Strangers' files may have taken the child over: what it says of its picture is not believed.
        if not (0 < width <= WIDEST and height > 0 and 3 * width <= stride and len(pixels) == stride * height):
            raise Lost("crashed")
        return {"width": width, "height": height, "stride": stride}, pixels


def _patiently(cancel: CancelToken) -> Callable[[], None]:
    """Raises Cancelled, but not at once: a page that is nearly drawn keeps its process."""
    stopped = 0.0

    def check() -> None:
        nonlocal stopped
        if cancel.cancelled:
            stopped = stopped or time.monotonic()
            if time.monotonic() - stopped > _NEARLY_DONE_SECONDS:
                raise Cancelled

    return check


def _serve(pipe: Connection, megabytes: int) -> None:
    # Lazy: only the child loads the parser.
    from core.reading.picture_child import serve

    serve(pipe, megabytes)
