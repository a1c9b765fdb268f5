"""Files into the library: journal, read, cut, embed, publish.

A killed import goes on where it stopped: every file is copied in and written down
first, what was read is stored before it is embedded, and vectors are kept batch by
batch.  The next file is read while the current one is embedded.
"""

from __future__ import annotations

import errno
import logging
import os
from collections import deque
from collections.abc import Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass, field, replace
from pathlib import Path
from threading import Event

from core.embedding import Embedder
from core.errors import Cancelled, CancelToken, UserProblem, VademecumError
from core.library import Library, PendingImport
from core.library.library import tidy_name
from core.messages import say
from core.nouns import Change, Outcome, Progress, Reading, Report, silent
from core.reading import VERSION, Reader, cut

_BATCH = 128  # passages embedded and committed at a time: some seconds of work at most are lost by a kill
_AHEAD = 2  # files read before their turn; each waits in memory
_ENDING = ".pdf"

_log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class _Asked:
    """A file to add, and the name it gets."""

    file: Path
    name: str
    replaces: str = ""


@dataclass(slots=True)
class _Tally:
    """What has become of the files so far."""

    revision: int
    added: list[str] = field(default_factory=list)
    replaced: list[str] = field(default_factory=list)
    unchanged: list[str] = field(default_factory=list)
    rejected: list[tuple[str, str]] = field(default_factory=list)
    partial: list[tuple[str, str]] = field(default_factory=list)
    collections: list[str] = field(default_factory=list)

    def count(self, change: Change) -> None:
        self.revision = change.revision
        self.added += change.added
        self.replaced += change.replaced
        self.unchanged += change.unchanged
        self.collections += change.collections

    def change(self) -> Change:
        return Change(
            revision=self.revision,
            added=tuple(self.added),
            replaced=tuple(self.replaced),
            unchanged=tuple(self.unchanged),
            rejected=tuple(self.rejected),
            partial=tuple(self.partial),
            collections=tuple(dict.fromkeys(self.collections)),
        )


def add_files(
    library: Library,
    reader: Reader,
    embedder: Embedder,
    paths: Sequence[Path],
    *,
    collection: str,
    password: str | None = None,
    language: str = "en",
    report: Report = silent,
    cancel: CancelToken | None = None,
) -> Change:
    """Add files, and the PDF files in folders; one bad file never stops the others.

    Files already there are left alone; other bytes under a name already there become
    its next version (``Change.replaced``).  Cancelled leaves what was finished.
    """
    tally = _Tally(library.revision)
    asked = _collect(paths, tally, language)
    return _import(library, reader, embedder, asked, tally, collection, password, language, report, cancel)


def replace_file(
    library: Library,
    reader: Reader,
    embedder: Embedder,
    old_name: str,
    new_file: Path,
    *,
    collection: str,
    password: str | None = None,
    language: str = "en",
    report: Report = silent,
    cancel: CancelToken | None = None,
) -> Change:
    """Put ``new_file`` in the place of a document; the old version stays as history, out of search.

    UserProblem when there is no such document; when the new file is rejected the old one stays.
    """
    old = library.document(old_name, collection)
    tally = _Tally(library.revision)
    if (problem := _problem_of(new_file)) is not None:
        tally.rejected.append((new_file.name, say(problem, language, file=new_file)))
        return tally.change()
    asked = [_Asked(new_file, tidy_name(new_file.name), old.name)]
    return _import(library, reader, embedder, asked, tally, collection, password, language, report, cancel)


def resume_imports(
    library: Library,
    reader: Reader,
    embedder: Embedder,
    *,
    password: str | None = None,
    language: str = "en",
    report: Report = silent,
    cancel: CancelToken | None = None,
) -> Change:
    """Finish what a killed import left, and delete what it left lying about."""
    library.use_embedder(embedder.identity)
    tally = _Tally(library.revision)
    pending = library.pending_imports()
    _Run(library, reader, embedder, tally, password, language, report, cancel).finish(pending)
    library.sweep()
    return tally.change()


def _import(
    library: Library,
    reader: Reader,
    embedder: Embedder,
    asked: Sequence[_Asked],
    tally: _Tally,
    collection: str,
    password: str | None,
    language: str,
    report: Report,
    cancel: CancelToken | None,
) -> Change:
    library.use_embedder(embedder.identity)
    collection = tidy_name(collection)
    if not collection:
        raise UserProblem("library_collection_nameless")
    pending: list[PendingImport] = []
    try:
        for done, one in enumerate(asked):
            report(Progress("stage_collecting", done, len(asked), one.name))
            if cancel is not None:
                cancel.check()
            if (begun := _begin(library, one, collection, tally, language, cancel)) is not None:
                pending.append(begun)
    except Cancelled:
        library.end_imports(pending)
        library.sweep()
        raise
    _Run(library, reader, embedder, tally, password, language, report, cancel).finish(pending)
    return tally.change()


def _begin(
    library: Library, one: _Asked, collection: str, tally: _Tally, language: str, cancel: CancelToken | None
) -> PendingImport | None:
    """Copy a file in and write it down; None when there is nothing to do with it."""
    try:
        sha256, size = library.keep_original(one.file, cancel)
    except UserProblem as problem:
        if problem.key != "import_unreadable_file":
            raise  # the library's own disk: no other file would fare better
        tally.rejected.append((one.name, problem.sentence(language)))
        return None
    same_name = one.replaces in ("", one.name)
    if same_name and library.is_current(sha256, one.name, collection) and library.known(sha256, str(VERSION)):
        tally.unchanged.append(one.name)
        return None
    return library.begin_import(sha256, size, one.name, collection, one.replaces)


class _Run:
    """One pass over files that are written down: reads ahead, embeds, publishes."""

    def __init__(
        self,
        library: Library,
        reader: Reader,
        embedder: Embedder,
        tally: _Tally,
        password: str | None,
        language: str,
        report: Report,
        cancel: CancelToken | None,
    ) -> None:
        self._library = library
        self._reader = reader
        self._embedder = embedder
        self._tally = tally
        self._password = password
        self._language = language
        self._report = report
        self._stop = _Stop(cancel)
        self._waiting = Event()

    def finish(self, pending: Sequence[PendingImport]) -> None:
        """Make documents of ``pending``.  On Cancelled the unfinished ones are given up."""
        open_ones = {item.id: item for item in pending}
        try:
            with ThreadPoolExecutor(1, "reading") as pool:
                try:
                    self._go(pool, pending, open_ones)
                finally:
                    self._stop.cancel()  # however it ended, the reading under way ends with it
        except Cancelled:
            self._library.end_imports(open_ones.values())
            raise
        finally:
            self._library.tidy()

    def _go(
        self, pool: ThreadPoolExecutor, pending: Sequence[PendingImport], open_ones: dict[int, PendingImport]
    ) -> None:
        ready: list[PendingImport] = []
        for item, reading in self._read_ahead(pool, pending):
            if reading is None or self._store(item, reading):
                ready.append(item)
            else:
                self._library.end_imports([item])
                del open_ones[item.id]
            # Small files are embedded together, which is faster; a large one goes alone.
            if len(ready) >= _BATCH or self._library.unembedded_count([r.sha256 for r in ready]) >= _BATCH:
                self._publish(ready, open_ones)
                ready = []
        self._publish(ready, open_ones)

    def _read_ahead(
        self, pool: ThreadPoolExecutor, pending: Sequence[PendingImport]
    ) -> Iterator[tuple[PendingImport, Reading | None]]:
        """Each file with its reading, in order; None where what was read is already stored."""
        under_way: deque[tuple[PendingImport, Future[Reading] | None]] = deque()
        waiting = iter(pending)
        for done in range(len(pending)):
            while len(under_way) <= _AHEAD and (item := next(waiting, None)) is not None:
                stored = self._library.known(item.sha256, str(VERSION))
                under_way.append((item, None if stored else pool.submit(self._read, item)))
            item, future = under_way.popleft()
            self._stop.check()
            if future is None:
                yield item, None
                continue
            self._report(Progress("stage_reading", done, len(pending), item.name))
            self._waiting.set()
            try:
                reading = future.result()
            finally:
                self._waiting.clear()
            yield item, reading

    def _read(self, item: PendingImport) -> Reading:
        try:
            reading = self._reader.read(
                self._library.original(item.sha256),
                password=self._password,
                report=lambda told: self._report_while_waiting(replace(told, item=item.name)),  # not its hash
                cancel=self._stop,
            )
        except UserProblem:  # our own copy is not there, or not for us to open
            return _rejected(item, "import_original_gone")
        except VademecumError:
            raise
        except Exception:  # a bug of ours in one file must not stop the others, nor every resumption after it
            _log.exception("reading %s failed", item.name)
            return _rejected(item, "import_fault_of_ours")
        if reading.outcome is not Outcome.REJECTED and reading.sha256 != item.sha256:
            return replace(reading, outcome=Outcome.REJECTED, reason="import_original_gone")
        return reading

    def _report_while_waiting(self, progress: Progress) -> None:
        # While another file is embedded, its progress is what a person sees.
        if self._waiting.is_set():
            self._report(progress)

    def _store(self, item: PendingImport, reading: Reading) -> bool:
        """Keep what was read; False when it was rejected."""
        if reading.outcome is Outcome.REJECTED:
            self._tally.rejected.append((item.name, say(reading.reason, self._language, file=item.name)))
            return False
        if self._library.known(item.sha256, str(VERSION)):
            return True  # the same bytes stood under another name in this import
        try:
            passages = cut(reading, self._embedder.count_tokens, self._embedder.max_tokens)
            self._library.store_reading(reading, passages, str(VERSION))
        except VademecumError:
            raise
        except Exception:  # as above
            _log.exception("cutting %s failed", item.name)
            self._tally.rejected.append((item.name, say("import_fault_of_ours", self._language, file=item.name)))
            return False
        return True

    def _publish(self, ready: Sequence[PendingImport], open_ones: dict[int, PendingImport]) -> None:
        if not ready:
            return
        hashes = [item.sha256 for item in ready]
        done, passages = 0, self._library.unembedded_count(hashes)
        while batch := self._library.unembedded(hashes, _BATCH):
            self._stop.check()
            self._report(Progress("stage_embedding", done, passages, ready[-1].name))
            vectors = self._embedder.embed_passages([p.embedded_text for p in batch], silent, self._stop)
            self._library.store_vectors(batch, vectors)
            done += len(batch)
        self._tally.count(self._library.publish(ready))
        for item in ready:
            del open_ones[item.id]
            unreadable = self._library.document(item.name, item.collection).unreadable_pages
            if unreadable:
                pages = _ranges([index + 1 for index in unreadable])
                self._tally.partial.append((item.name, say("import_pages_unreadable", self._language, pages=pages)))


def _ranges(numbers: Sequence[int]) -> str:
    """Ascending numbers as people write them: 1, 4-9."""
    runs: list[list[int]] = []
    for number in numbers:
        if runs and number == runs[-1][-1] + 1:
            runs[-1].append(number)
        else:
            runs.append([number])
    return ", ".join(str(run[0]) if len(run) == 1 else f"{run[0]}-{run[-1]}" for run in runs)


def _rejected(item: PendingImport, reason: str) -> Reading:
    return Reading(item.sha256, item.size, Outcome.REJECTED, reason, "", ())


class _Stop(CancelToken):
    """Set when the caller's token is, or when the import ends for another reason."""

    def __init__(self, outer: CancelToken | None) -> None:
        super().__init__()
        self._outer = outer

    @property
    def cancelled(self) -> bool:
        """Whether to stop."""
        return super().cancelled or (self._outer is not None and self._outer.cancelled)

    def check(self) -> None:
        """Raise :class:`Cancelled` when it is time to stop."""
        if self.cancelled:
            raise Cancelled


def _collect(paths: Sequence[Path], tally: _Tally, language: str) -> list[_Asked]:
    """The files meant by ``paths``, each with a name of its own; what cannot be a file goes to the tally."""
    asked: list[_Asked] = []
    for path in paths:
        if path.is_dir():
            missed: list[OSError] = []
            found = list(_walk(path, missed))
            tally.rejected += [
                (
                    str(fault.filename),
                    say("import_unreadable_file", language, file=fault.filename, fault=fault.strerror),
                )
                for fault in missed
            ]
            if not found and not missed:
                tally.rejected.append((path.name, say("import_no_pdf_in_folder", language, file=path)))
            asked += [_Asked(file, tidy_name(file.name)) for file in found]
        elif (problem := _problem_of(path)) is not None:
            tally.rejected.append((path.name, say(problem, language, file=path)))
        else:
            asked.append(_Asked(path, tidy_name(path.name)))
    return _name_apart(asked)


def _problem_of(path: Path) -> str | None:
    try:
        if not path.exists():
            return "import_no_such_file"
        return None if path.is_file() else "import_not_a_file"
    except OSError:
        return "import_no_such_file"


def _walk(folder: Path, missed: list[OSError]) -> Iterator[Path]:
    """PDF files below ``folder``, sorted, hidden ones left out; a folder reached twice is walked once.

    ``missed`` receives the fault of each folder that cannot be entered and each link that leads nowhere.
    """
    seen: set[tuple[int, int]] = set()
    for here, folders, files in os.walk(folder, followlinks=True, onerror=missed.append):
        try:
            status = os.stat(here)
        except OSError as fault:
            missed.append(fault)
            continue
        if (status.st_dev, status.st_ino) in seen:
            folders.clear()
            continue
        seen.add((status.st_dev, status.st_ino))
        folders[:] = sorted(name for name in folders if not name.startswith("."))
        for name in sorted(files):
            if not name.lower().endswith(_ENDING) or name.startswith("."):
                continue
            file = Path(here, name)
            if file.is_file():
                yield file
            else:
                missed.append(FileNotFoundError(errno.ENOENT, os.strerror(errno.ENOENT), str(file)))


def _name_apart(asked: Sequence[_Asked]) -> list[_Asked]:
    """Files of one name from several folders would replace one another: the later ones get their folder's name too."""
    taken: dict[str, Path] = {}
    apart: list[_Asked] = []
    for one in asked:
        file, name = one.file.resolve(), one.name
        parents = [parent.name for parent in file.parents if parent.name]
        while taken.get(name, file) != file and parents:
            name = tidy_name(f"{parents.pop(0)}/{name}")
        if taken.get(name) == file:
            continue
        taken[name] = file
        apart.append(replace(one, name=name))
    return apart
