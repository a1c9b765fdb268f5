"""The reader: one watched child process that reads file after file and may die at any time."""

from __future__ import annotations

import hashlib
import logging
import os
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from multiprocessing.connection import Connection
from pathlib import Path
from types import TracebackType

from core.errors import CancelToken, UserProblem
from core.nouns import Outcome, Page, Progress, ReadBy, Reading, Report, silent
from core.reading.headings import title_of
from core.reading.labels import page_labels
from core.reading.watching import Lost, WatchedChild
from core.reading.wire import STEPS, Described, Opened, Read, Refused, Task, decode, unpack

# Raised when reading or cutting changes, so that a library knows which documents were read by an older program.
VERSION = "4"

STRUCTURE_SECONDS = 20.0
# A file that kills the child again and again is not worth the evening.
MOST_RESTARTS = 20

log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Limits:
    """What one file may cost."""

    page_seconds: float = 60.0
    file_seconds: float = 1800.0
    megabytes: int = 1024
    max_pages: int = 20000
    max_megabytes: int = 2000


class Reader:
    """Reads documents in a child process of its own, which is replaced when it crashes, hangs or grows too large.

    Not for two threads at once.  Use it as a context manager, or call :meth:`close`.
    """

    def __init__(self, limits: Limits = Limits(), *, ocr: bool = True) -> None:
        self._limits = limits
        self._ocr = ocr
        self._child = WatchedChild(_serve, "vademecum reader", limits.megabytes)
        self._steps = tuple(step / STEPS for step in range(STEPS + 1))

    @property
    def limits(self) -> Limits:
        """What one file may cost this reader."""
        return self._limits

    @property
    def ocr(self) -> bool:
        """Whether pages without usable text are recognised from their picture."""
        return self._ocr

    def __enter__(self) -> Reader:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, value: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def close(self) -> None:
        """End the child process.  Reading again starts a new one."""
        self._child.close()

    def read(
        self,
        path: Path,
        *,
        name: str = "",
        password: str | None = None,
        report: Report = silent,
        cancel: CancelToken | None = None,
    ) -> Reading:
        """The file's pages.  A file that cannot be read is a Reading too: REJECTED, with the reason's message key.

        Its bytes say what it is; ``name``, what it is called where it came from, decides between kinds that look alike.
        The time for which ``cancel`` is paused, or ``report`` holds it, is not the file's.  Raises UserProblem when
        the path is missing, a folder or not permitted, and Cancelled.
        """
        clock = _Clock(cancel or CancelToken())
        path = Path(path).absolute()
        sha256, size = _fingerprint(path, self._limits.max_megabytes * 1_000_000, clock.check)

        def rejected(reason: str) -> Reading:
            return Reading(sha256, size, Outcome.REJECTED, reason, "", (), seconds=clock.seconds)

        if not sha256:
            return rejected("reading_too_large")
        if size == 0:
            return rejected("reading_empty")
        task = Task(path, password, self._ocr, self._limits.max_pages, name=name or path.name)
        course = _Course(self._limits, clock, path.name, report)
        try:
            self._run(task, course)
        except BaseException:
            # Cancelled, or a fault of ours: the child is in the middle of something nobody waits for.
            self.close()
            raise
        self._child.rest()
        if course.refused:
            return rejected(course.refused)
        return _concluded(course, sha256, size, clock.seconds)

    def _run(self, task: Task, course: _Course) -> None:
        restarts = 0
        while not course.ended:
            try:
                self._child.start(course.clock.check)
                self._child.send(replace(task, first=len(course.pages)))
                self._receive(course)
            except (Lost, OSError) as loss:
                self.close()
                restarts += 1
                course.lost(loss.reason if isinstance(loss, Lost) else "crashed", give_up=restarts > MOST_RESTARTS)

    def _receive(self, course: _Course) -> None:
        while not course.ended:
            told = self._child.receive(course.deadline(), course.clock.check)
            try:
                message = decode(told)
            except (EOFError, ValueError, KeyError, TypeError):
                raise Lost("crashed") from None
            match message:
                case Refused(reason):
                    course.refuse(reason)
                case Opened(pages, whole):
                    course.opened(pages, whole)
                case Read():
                    if message.fault:
                        log.info("page %d of %s: %s", message.index + 1, course.name, message.fault)
                    course.add(unpack(message, self._steps))
                case Described():
                    course.describe(message)


class _Clock:
    """The time that one file takes: it stands still while the person, or whoever is told, has the reading wait."""

    def __init__(self, cancel: CancelToken) -> None:
        self._cancel = cancel
        self._began = time.monotonic()
        self._held = 0.0

    @property
    def seconds(self) -> float:
        """What the file has taken so far."""
        return time.monotonic() - self._began - self._held

    def check(self) -> None:
        """Wait as long as it is paused; raise Cancelled when somebody asked to stop."""
        with self.stopped():
            self._cancel.check()

    @contextmanager
    def stopped(self) -> Iterator[None]:
        """What happens inside is not the file's time."""
        before = time.monotonic()
        try:
            yield
        finally:
            self._held += time.monotonic() - before


class _Course:
    """How far the reading of one file has come; survives the child."""

    def __init__(self, limits: Limits, clock: _Clock, name: str, report: Report) -> None:
        self.pages: list[Page] = []
        self.total = 0
        self.whole = True
        self.refused = ""
        self.ended = False
        self.described: Described | None = None
        self.name = name
        self.clock = clock
        self._limits = limits
        self._report = report

    def deadline(self) -> float:
        """When the next message must be here."""
        reading = self.total and len(self.pages) >= self.total
        patience = STRUCTURE_SECONDS if reading else self._limits.page_seconds
        return time.monotonic() + min(self._left, patience)

    @property
    def _left(self) -> float:
        return self._limits.file_seconds - self.clock.seconds

    def refuse(self, reason: str) -> None:
        self.refused, self.ended = reason, True

    def opened(self, pages: int, whole: bool) -> None:
        self.total, self.whole = pages, whole
        self._tell()

    def add(self, page: Page) -> None:
        self.pages.append(page)
        self._tell()

    def describe(self, described: Described) -> None:
        self.described, self.ended = described, True

    def lost(self, reason: str, *, give_up: bool) -> None:
        """The child is gone: the page it was at is lost; what was read stays."""
        if not self.total:
            self.refuse(f"reading_{reason}")
        elif len(self.pages) >= self.total:
            self.ended = True  # only the description is missing
        else:
            self._lose_page(reason)
            if give_up or self._left <= 0:
                while len(self.pages) < self.total:
                    self._lose_page("timeout" if self._left <= 0 else reason)
                self.ended = True

    def _lose_page(self, reason: str) -> None:
        index = len(self.pages)
        key = {"timeout": "reading_page_timeout", "memory": "reading_page_memory"}.get(reason, "reading_page_crashed")
        self.add(Page(index, str(index + 1), "", (), 0.0, 0.0, ReadBy.NOTHING, key))

    def _tell(self) -> None:
        with self.clock.stopped():
            self._report(Progress("reading_stage_pages", len(self.pages), self.total, self.name))


_WHOLE_FILE_REASONS = {
    "reading_page_timeout": "reading_timeout",
    "reading_page_memory": "reading_memory",
    "reading_page_crashed": "reading_crashed",
    "reading_page_failed": "reading_damaged",
    "reading_page_damaged": "reading_damaged",
    "reading_page_xfa": "reading_xfa",
    "reading_page_image_too_large": "reading_image_too_large",
    "reading_page_ocr_off": "reading_no_text_ocr_off",
    "reading_page_garbled": "reading_garbled",
    "reading_page_garbled_ocr_off": "reading_garbled_ocr_off",
    "reading_page_ocr_failed": "reading_ocr_failed",
}
# Pages given up for what the machine or the settings did, not for what stands in the file.
_PASSING_PAGES = (
    "reading_page_timeout",
    "reading_page_memory",
    "reading_page_crashed",
    "reading_page_ocr_failed",
    "reading_page_ocr_off",
    "reading_page_garbled_ocr_off",
)
_PASSING = {*_PASSING_PAGES, *(_WHOLE_FILE_REASONS[key] for key in _PASSING_PAGES)}


def is_final(reading: Reading) -> bool:
    """Whether reading the file once more would give the same.

    False when a page or the file was given up for a passing cause: time, memory, a
    crash, text recognition switched off or out of order.
    """
    return reading.reason not in _PASSING and not any(page.problem in _PASSING for page in reading.pages)


def _concluded(course: _Course, sha256: str, size: int, seconds: float) -> Reading:
    described = course.described or Described({}, (), (), (), "")
    pages = list(course.pages)
    if not any(page.is_section for page in pages):
        labels = page_labels(pages, described.labels)
        pages = [replace(page, label=label) for page, label in zip(pages, labels, strict=True)]
    pages = [
        replace(p, problem=p.problem or "reading_page_damaged") if p.index in described.damaged else p for p in pages
    ]
    problems = {page.problem for page in pages if page.problem}
    if not any(page.text for page in pages):
        # A cause that may pass comes first: a file is not called empty while a page of it was given up.
        telling = [key for key in _PASSING_PAGES if key in problems] or (list(problems) if len(problems) == 1 else [""])
        hidden = any(page.hidden for page in pages) and not problems
        reason = "reading_only_hidden" if hidden else _WHOLE_FILE_REASONS.get(telling[0], "reading_no_text")
        return Reading(sha256, size, Outcome.REJECTED, reason, "", (), metadata=described.metadata, seconds=seconds)
    outcome, reason = Outcome.OK, ""
    if not course.whole:
        outcome, reason = Outcome.PARTIAL, "reading_cut_off"
    elif described.problem:
        outcome, reason = Outcome.PARTIAL, described.problem
    elif problems:
        outcome, reason = Outcome.PARTIAL, "reading_some_pages"
    return Reading(
        sha256,
        size,
        outcome,
        reason,
        title_of(described.metadata, pages),
        tuple(pages),
        described.outline,
        described.metadata,
        _read_as(pages) + (f" ({described.reader})" if described.reader else ""),
        seconds,
    )


def _read_as(pages: Sequence[Page]) -> str:
    """The version of this reader, and what it read; a library tells documents without pages by it."""
    return f"{'sections' if any(page.is_section for page in pages) else 'reading'} {VERSION}"


def _fingerprint(path: Path, most: int, check: Callable[[], None]) -> tuple[str, int]:
    """SHA-256 and size; no SHA-256 when the file is larger than ``most`` bytes."""
    try:
        if path.is_dir():
            raise UserProblem("reading_folder", file=path)
        digest = hashlib.sha256()
        with path.open("rb") as stream:
            size = os.fstat(stream.fileno()).st_size
            if size > most:
                return "", size
            while block := stream.read(1 << 20):
                digest.update(block)
                check()
    except (FileNotFoundError, NotADirectoryError) as fault:
        raise UserProblem("reading_missing", file=path) from fault
    except PermissionError as fault:
        raise UserProblem("reading_forbidden", file=path) from fault
    except OSError as fault:
        raise UserProblem("reading_unreadable", file=path, fault=fault.strerror or fault) from fault
    return digest.hexdigest(), size


def _serve(pipe: Connection, megabytes: int) -> None:
    # Lazy: only the child loads the parsers.
    from core.reading.child import serve

    serve(pipe, megabytes)
