"""What this program did, for whoever is asked for help: kinds of work, how long, how it ended; never about what.

One rotating file for each kind of process, in the user's own folder and for their eyes only.  Nothing but :func:`jot`
writes there, so what a library has to say (it may quote a document) stays out.  A disk that refuses is no fault.
"""

from __future__ import annotations

import logging
import os
import platform
import re
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from logging.handlers import RotatingFileHandler
from pathlib import Path
from typing import TextIO

from filelock import FileLock, Timeout

from core import machine
from core.errors import VademecumError
from core.settings import data_folder

MOST_BYTES, OLDER_FILES = 1_000_000, 3  # of each kind of process
_LONGEST = 120  # characters of a fact: a hash, a version, a key
# Not a logger's: a library that sets up logging for itself would silence it.
_books: list[_Book] = []


def folder() -> Path:
    """Where the logs are.  It may not exist yet."""
    return data_folder() / "logs"


def begin(process: str, version: str) -> None:
    """From now on this process (window, engine, command) writes to the file of its kind.

    That it began is written with the first thing it has to say: who only asks for help leaves no trace.
    """
    _let_go()
    frozen = "yes" if getattr(sys, "frozen", False) else "no"
    system = f"{sys.platform}-{platform.release()}-{platform.machine()}"
    memory = f"{machine.memory() / 1e9:.1f}GB"
    facts = dict(version=version, system=system, python=platform.python_version(), frozen=frozen)
    opening = _line("began", facts | dict(cores=machine.cores(), memory=memory))
    with suppress(OSError):  # where one stands in a folder that is gone
        _books.append(_Book(folder() / f"{process}.log", opening))


def jot(event: str, **facts: object) -> None:
    """A line: what happened, and names, numbers, keys and hashes that tell more.  Nothing where none was begun."""
    for book in _books:
        book.write(_line(event, facts))


@contextmanager
def timed(event: str, kind: str) -> Iterator[None]:
    """Note, when what is done inside has ended, how long it took and how it ended."""
    began = time.monotonic()
    outcome = "done"
    try:
        yield
    except VademecumError as problem:
        outcome = problem.key
        raise
    except BaseException as fault:
        outcome = type(fault).__name__
        raise
    finally:
        jot(event, kind=kind, seconds=f"{time.monotonic() - began:.3f}", outcome=outcome)


def end(code: int = 0) -> None:
    """Note that the process ends, if it has said anything, and write no more."""
    if any(not book.opening for book in _books):
        jot("ended", code=code)
    _let_go()


def append(file: Path, text: str) -> None:
    """Add lines to a file that rotates as the others do."""
    with suppress(OSError):
        book = _Book(file)
        book.write(text)
        book.close()


def discreet(text: str) -> str:
    """``text`` without the place and the name of the user's home."""
    names: list[Path] = []
    with suppress(OSError, RuntimeError):  # there may be no home
        names.append(Path.home())
        names.append(Path.home().resolve())
    flags = re.IGNORECASE if sys.platform == "win32" else 0
    for home in names:
        if len(home.parts) < 2:
            continue
        for written in dict.fromkeys((str(home), home.as_posix())):
            text = re.sub(re.escape(written) + r"(?![^/\\\s\"':,;)])", "~", text, flags=flags)
        # A home elsewhere, or spelt in another way.
        text = re.sub(rf"(?<=[/\\]){re.escape(home.name)}(?=[/\\])", "~", text, flags=flags)
    return text


def _line(event: str, facts: dict[str, object]) -> str:
    return " ".join((event, *(f"{name}={_word(value)}" for name, value in facts.items())))


def _word(value: object) -> str:
    # One word of plain characters: what would not fit is no fact that belongs here.
    return re.sub(r"[^\w.,:+~/()-]", "_", discreet(str(value)), flags=re.ASCII)[:_LONGEST]


def _let_go() -> None:
    while _books:
        _books.pop().close()


class _Book(RotatingFileHandler):
    """A file that several processes of one kind write to: each line opens it, and one of them at a time rotates it."""

    def __init__(self, file: Path, opening: str = "") -> None:
        super().__init__(file, maxBytes=MOST_BYTES, backupCount=OLDER_FILES, encoding="utf-8", delay=True)
        self.opening = opening
        formatter = logging.Formatter("%(asctime)s %(process)d %(message)s", "%Y-%m-%dT%H:%M:%SZ")
        formatter.converter = time.gmtime
        self.setFormatter(formatter)

    def write(self, text: str) -> None:
        """Add a line, or several."""
        self.handle(logging.makeLogRecord({"msg": text, "levelno": logging.INFO}))

    def emit(self, record: logging.LogRecord) -> None:
        """Write the line, and that the process began before the first of all."""
        opening, self.opening = self.opening, ""
        if opening:
            self.emit(logging.makeLogRecord({**record.__dict__, "msg": opening, "args": None}))
        super().emit(record)
        self._put_down()

    def handleError(self, record: logging.LogRecord) -> None:
        """A full disk or a folder that may not be written to: the work matters more than its log."""

    def doRollover(self) -> None:
        """Rotate, unless another process is just doing so or has just done it."""
        self._put_down()
        with suppress(OSError, Timeout), FileLock(f"{self.baseFilename}.lock", timeout=0, mode=0o600):
            if os.path.getsize(self.baseFilename) > self.maxBytes // 2:
                super().doRollover()

    def _open(self) -> TextIO:  # type: ignore[override]
        place = Path(self.baseFilename).parent
        if not place.is_dir():
            place.mkdir(parents=True, exist_ok=True)
            place.chmod(0o700)
        handle = os.open(self.baseFilename, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600)
        return os.fdopen(handle, "a", encoding="utf-8", errors="backslashreplace")

    def _put_down(self) -> None:
        stream, self.stream = self.stream, None
        if stream is not None:
            with suppress(OSError):
                stream.close()
