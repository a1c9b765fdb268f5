"""Ctrl-C, as the command line and the demonstration take it."""

from __future__ import annotations

import contextlib
import os
import signal
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from types import FrameType

from core.errors import CancelToken
from core.messages import say


class Interrupts:
    """The first Ctrl-C asks to stop at a safe point and says so in ``language``, the second stops."""

    def __init__(self, cancel: CancelToken, language: str) -> None:
        self.language = language
        self._cancel = cancel

    def __call__(self, _: int, __: FrameType | None) -> None:
        """As a handler of signals."""
        if self._cancel.cancelled:
            raise KeyboardInterrupt
        self._cancel.cancel()
        if sys.stderr.isatty():
            with contextlib.suppress(OSError):
                os.write(2, f"\r\n{say('stopping', self.language)}\r\n".encode())


@contextmanager
def stopping(cancel: CancelToken, language: str) -> Iterator[Interrupts]:
    """Ctrl-C is taken this way for as long as the context lasts."""
    interrupts = Interrupts(cancel, language)
    previous = signal.signal(signal.SIGINT, interrupts)
    try:
        yield interrupts
    finally:
        signal.signal(signal.SIGINT, previous)
