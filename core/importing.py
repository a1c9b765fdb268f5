"""Files into the library: journal, read, cut, embed, publish.

A killed import goes on where it stopped: every file is copied in and written down
first, what was read is stored before it is embedded, and vectors are kept batch by
batch.  The next file is read while the current one is embedded.

No document gives way to another unless a person said so: what becomes of a file
whose name a different document has is decided before it is copied (:class:`_Names`),
and held to when it is published.
"""

from __future__ import annotations

import errno
import logging
import os
import re
from collections import deque
from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass, replace
from enum import Enum, auto
from pathlib import Path
from threading import Event

from core.embedding import Embedder
from core.errors import Cancelled, CancelToken, UserProblem, VademecumError
from core.library import Library, PendingImport, Rejected, fingerprint
from core.library.library import tidy_name
from core.library.store import clean
from core.messages import say
from core.nouns import ENDINGS, Change, Document, Outcome, Progress, Reading, Report, SameName, silent
from core.reading import VERSION, Reader, cut, is_final

_BATCH = 128  # passages embedded and committed at a time: some seconds of work at most are lost by a kill
_AHEAD = 2  # files read before their turn; each waits in memory
_NUMBERED = re.compile(r"(.*) \(\d+\)(\.[^./]+)?", re.DOTALL)

_log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Importer:
    """What an import needs; each method is one import and returns what it did.

    They wait while ``cancel`` is paused.  Cancelled leaves what was finished.
    """

    library: Library
    reader: Reader
    embedder: Embedder
    password: str | None = None
    language: str = "en"
    report: Report = silent
    cancel: CancelToken | None = None

    def add(self, paths: Sequence[Path], *, collection: str, same_name: SameName = SameName.REFUSE) -> Change:
        """Add files, and the documents in folders; one bad file never stops the others.

        Bytes already there are left alone, or read again where that may give more.
        ``same_name`` says what becomes of other bytes under a name that is already there.
        """
        collection = tidy_name(collection)
        if not collection:
            raise UserProblem("library_collection_nameless")
        tally = _Tally(self.library, self.language)
        asked = _collect(paths, collection, tally, self.report, self.cancel or CancelToken())
        self.library.use_embedder(self.embedder.identity)
        intake = _Intake(self, collection, tally)
        intake.take_all(asked, same_name)
        intake.write_down()
        _Run(self, tally).finish(intake.pending)
        intake.tell_of_twins()
        return tally.change()

    def replace(self, old_name: str, new_file: Path, *, collection: str) -> Change:
        """Put ``new_file`` in the place of a document; the old version stays as history, out of search.

        UserProblem when there is no such document; when the new file is rejected the old one stays.
        """
        old = self.library.document(old_name, collection)
        tally = _Tally(self.library, self.language)
        name = tidy_name(new_file.name)
        if (problem := _problem_of(new_file)) is not None:
            tally.reject(_Refused(name, old.collection, new_file, replaces=old.name), problem)
            tally.write_down()
            return tally.change()
        self.library.use_embedder(self.embedder.identity)
        intake = _Intake(self, old.collection, tally)
        intake.take_replacement(_Asked(new_file, new_file, (name,)), old.name)
        intake.write_down()
        _Run(self, tally).finish(intake.pending)
        return tally.change()

    def resume(self) -> Change:
        """Finish what a killed import left, and delete what it left lying about."""
        self.library.use_embedder(self.embedder.identity)
        tally = _Tally(self.library, self.language)
        _Run(self, tally).finish(self.library.pending_imports())
        self.library.sweep()
        return tally.change()


@dataclass(frozen=True, slots=True)
class _Asked:
    """A file to add (``real``: links followed), and what it may be called: its name, then with its folders too."""

    file: Path
    real: Path
    names: tuple[str, ...]

    @property
    def name(self) -> str:
        return self.names[0]


@dataclass(frozen=True, slots=True)
class _Refused:
    """A file that is not added: what is known of it."""

    name: str
    collection: str
    source: Path | None
    sha256: str = ""
    size: int = 0
    replaces: str = ""


class _Tally:
    """What has become of the files so far."""

    def __init__(self, library: Library, language: str) -> None:
        self._library = library
        self._language = language
        self._revision = library.revision
        self._added: list[str] = []
        self._replaced: list[str] = []
        self._collections: list[str] = []
        self._same_name: list[str] = []
        self._to_write: list[Rejected] = []
        self.unchanged: list[str] = []
        self.rejected: list[tuple[str, str]] = []  # (name, sentence)
        self.partial: list[tuple[str, str]] = []  # (name, sentence)
        self.hidden: list[tuple[str, str]] = []  # (name, sentence)
        self._poorly_read: list[tuple[str, str]] = []
        self._restored: list[tuple[str, str]] = []

    def count(self, change: Change) -> None:
        """What publishing did."""
        self._revision = change.revision
        self._added += change.added
        self._replaced += change.replaced
        self.unchanged += change.unchanged
        self._collections += change.collections

    def reject(self, file: _Refused, problem: UserProblem, *, listed: bool = True) -> None:
        """It cannot be added; ``listed``, it is to be kept on the library's list of rejected files."""
        self.rejected.append((file.name, problem.sentence(self._language)))
        if listed:
            details = {name: str(value) for name, value in problem.details.items()}
            self._to_write.append(
                Rejected(
                    file.name,
                    file.collection,
                    problem.key,
                    details,
                    file.source,
                    file.sha256,
                    file.size,
                    file.replaces,
                )
            )

    def refuse(self, name: str, collection: str) -> None:
        """A different document has the name: that is for a person to decide, and nothing is wrong with the file."""
        self.rejected.append((name, say("import_same_name", self._language, collection=collection)))
        self._same_name.append(name)

    def lose_pages(self, document: Document) -> None:
        """It has come in, without these pages."""
        pages = _ranges([index + 1 for index in document.unreadable_pages])
        self.partial.append((document.name, say("import_pages_unreadable", self._language, pages=pages)))

    def lose_parts(self, document: Document) -> None:
        """It has come in, without a part of it that is no page."""
        self.partial.append((document.name, say(document.reason, self._language)))

    def leave_hidden_out(self, document: Document) -> None:
        """It has come in, without what nobody can see on these pages, or in so many sections."""
        pages = _ranges([index + 1 for index in document.hidden_pages])
        told = say("hidden_text", self._language, pages=pages)
        if document.in_sections:
            told = say("hidden_text_sections", self._language, count=len(document.hidden_pages))
        self.hidden.append((document.name, told))

    def doubt(self, document: Document) -> None:
        """It has come in, and recognition was not sure of these pages."""
        pages = _ranges([index + 1 for index in document.poorly_read])
        self._poorly_read.append((document.name, say("poorly_recognised", self._language, pages=pages)))

    def restore(self, name: str) -> None:
        """It is here already, and its original, which was lost or damaged, is whole again."""
        self.unchanged.append(name)
        self._restored.append((name, say("import_original_restored", self._language)))

    def write_down(self) -> None:
        """Keep those rejected since the last time on the library's list."""
        self._library.reject(self._to_write)
        self._to_write = []

    def change(self) -> Change:
        """All of it."""
        return Change(
            revision=self._revision,
            added=tuple(self._added),
            replaced=tuple(self._replaced),
            unchanged=tuple(self.unchanged),
            rejected=tuple(self.rejected),
            partial=tuple(self.partial),
            poorly_read=tuple(self._poorly_read),
            hidden=tuple(self.hidden),
            restored=tuple(self._restored),
            collections=tuple(dict.fromkeys(self._collections)),
            same_name=tuple(self._same_name),
        )


class _Fate(Enum):
    NEW = auto()  # becomes a document
    HERE = auto()  # its bytes are a document already
    TWIN = auto()  # its bytes come in with another file of this call
    REFUSED = auto()  # a different document has the name


@dataclass(frozen=True, slots=True)
class _Place:
    """The name that a file gets, and the document that it may take the place of."""

    fate: _Fate
    name: str
    replaces: str = ""


class _Names:
    """Which file of one call becomes which document; the same whatever the order of the files."""

    def __init__(self, library: Library, collection: str, asked: Sequence[_Asked], same_name: SameName) -> None:
        self._documents = library.names(collection)
        self._waiting = {(p.name, p.sha256): p for p in library.pending_imports() if p.collection == collection}
        self._held = {name: sha256 for name, sha256 in self._waiting} | self._documents
        self._same_name = same_name
        self._unnumbered = {name for one in asked for name in one.names}
        # (the name of a file itself, SHA-256) -> the names it has here: with folders, or with a number after it.
        self._at_home: dict[tuple[str, str], str] = {}
        self._numbered: dict[tuple[str, str], list[str]] = {}
        self._last_parts: set[str] = set()
        for name in sorted(self._held, key=lambda name: (-len(name), name)):  # of several the shortest stays
            own, sha256 = name.rpartition("/")[2], self._held[name]
            self._at_home[own, sha256] = name
            self._last_parts.add(own)
            if parts := _NUMBERED.fullmatch(own):
                self._numbered.setdefault((f"{parts[1]}{parts[2] or ''}", sha256), []).append(name)

    def settle(self, files: Mapping[_Asked, str]) -> dict[_Asked, _Place]:
        """The places of all the files of one name, each given with its SHA-256."""
        ordered = sorted(files.items(), key=lambda pair: str(pair[0].real))
        given: set[str] = set()
        places: dict[str, _Place] = {}
        # What is here already keeps its name, and the others are told apart from it.
        for find in (self._find_at_home, self._find_numbered):
            for one, sha256 in ordered:
                if sha256 not in places and (name := find(one.name, sha256, given)):
                    places[sha256] = self._keep(name, sha256)
                    given.add(name)
        for one, sha256 in ordered:
            if sha256 not in places:
                places[sha256] = self._place(one, given)
        settled: dict[_Asked, _Place] = {}
        seen: set[str] = set()
        for one, sha256 in ordered:
            place = places[sha256]
            again = sha256 in seen and place.fate is not _Fate.REFUSED
            settled[one] = replace(place, fate=_Fate.TWIN) if again else place
            seen.add(sha256)
        return settled

    def _find_at_home(self, name: str, sha256: str, _: set[str]) -> str | None:
        """Where a file is under its own name, whatever folders stand before it."""
        return self._at_home.get((name, sha256))

    def _find_numbered(self, name: str, sha256: str, given: set[str]) -> str | None:
        """Where a file is under a number, since another document has its name; None when that one is to give way."""
        if name not in self._last_parts or (self._same_name is SameName.REPLACE and name not in given):
            return None
        numbered = self._numbered.get((name, sha256), ())
        # A file of this call may be called just that.
        return next((known for known in numbered if known not in self._unnumbered), None)

    def _keep(self, name: str, sha256: str) -> _Place:
        if self._documents.get(name) == sha256:
            return _Place(_Fate.HERE, name)
        return _Place(_Fate.NEW, name, self._waiting[name, sha256].replaces)

    def _place(self, one: _Asked, given: set[str]) -> _Place:
        # Told apart from others of its name by its folders, it keeps the name it has here from then on.
        known = [name for name in one.names[1:] if name in self._held and name not in given]
        free = [name for name in one.names if name not in given]
        name = (known[-1:] or free[:1] or [one.name])[0]
        in_this_call = name in given
        given.add(name)
        if name not in self._held and not in_this_call:
            return _Place(_Fate.NEW, name)
        if self._same_name is SameName.KEEP_BOTH:
            return _Place(_Fate.NEW, self._free(name, given))
        if self._same_name is SameName.REPLACE and not in_this_call:
            return _Place(_Fate.NEW, name, replaces=name)
        return _Place(_Fate.REFUSED, name)

    def _free(self, name: str, given: set[str]) -> str:
        """``name`` with the first number from 2 on that nothing has, as file managers do."""
        ending = Path(name).suffix
        number = 2
        while True:
            numbered = f"{name.removesuffix(ending)} ({number}){ending}"
            if not any(numbered in names for names in (given, self._held, self._unnumbered)):
                given.add(numbered)
                return numbered
            number += 1


class _Intake:
    """Copies files in and writes them down, each under the name it gets; ``pending`` is what is to be read."""

    def __init__(self, parts: Importer, collection: str, tally: _Tally) -> None:
        self.pending: list[PendingImport] = []
        self._parts = parts
        self._library = parts.library
        self._collection = collection
        self._tally = tally
        self._twins: list[str] = []
        self._here: set[Path] = set()

    def take_all(self, asked: Sequence[_Asked], same_name: SameName) -> None:
        """Every file, or on Cancelled none."""
        names = _Names(self._library, self._collection, asked, same_name)
        groups: dict[str, list[_Asked]] = {}
        for one in asked:
            groups.setdefault(one.name, []).append(one)
        prints: dict[_Asked, tuple[str, int]] = {}
        places: dict[_Asked, _Place] = {}
        try:
            for done, one in enumerate(asked):
                self._parts.report(Progress("stage_collecting", done, len(asked), one.name))
                if self._parts.cancel is not None:
                    self._parts.cancel.check()
                group = groups.pop(one.name, [])  # its names are settled once, when the first of them is met
                found = {other: known for other in group if (known := self._fingerprint(other))}
                prints |= found
                places |= names.settle({other: sha256 for other, (sha256, _) in found.items()})
                if one in places:
                    self._take(one, prints[one], places[one])
        except Cancelled:
            self._library.end_imports(self.pending)
            self._library.sweep()
            raise

    def take_replacement(self, one: _Asked, old_name: str) -> None:
        """A file that takes the place of a document; not that of a third one which happens to have its name."""
        if (known := self._fingerprint(one)) is None:
            return
        holder = self._library.names(self._collection).get(one.name)
        fate = _Fate.NEW
        if one.name == old_name and holder == known[0]:
            fate = _Fate.HERE
        elif one.name != old_name and holder not in (None, known[0]):
            fate = _Fate.REFUSED
        self._take(one, known, _Place(fate, one.name, old_name))

    def write_down(self) -> None:
        """Keep what was rejected on the library's list, and take off it what turned out to be here already."""
        self._tally.write_down()
        listed = self._library.rejected() if self._here else []
        here = [file.id for file in listed if file.collection == self._collection and file.source in self._here]
        self._library.forget_rejected(here)

    def tell_of_twins(self) -> None:
        """Once the import is done: a file of the same name and bytes as another ended as that one did."""
        rejected = dict(self._tally.rejected)
        for name in self._twins:
            if name in rejected:
                self._tally.rejected.append((name, rejected[name]))
            else:
                self._tally.unchanged.append(name)

    def _fingerprint(self, one: _Asked) -> tuple[str, int] | None:
        """SHA-256 and size; None for a file that is rejected for its size, or cannot be read."""
        try:
            if one.file.stat().st_size > self._parts.reader.limits.max_megabytes * 1_000_000:
                raise UserProblem("reading_too_large", file=one.file)
            return fingerprint(one.file, self._parts.cancel)
        except OSError as fault:
            problem = _unreadable(one.file, fault)
        except UserProblem as refused:
            problem = refused
        self._tally.reject(_Refused(one.name, self._collection, one.file), problem)
        return None

    def _take(self, one: _Asked, known: tuple[str, int], place: _Place) -> None:
        if place.fate is _Fate.TWIN:
            self._twins.append(place.name)
            return
        _check_in_place(self._library)
        # What is here already is not read again, but its original may have been lost or damaged since.
        to_read = place.fate is _Fate.NEW
        to_read |= place.fate is _Fate.HERE and not self._library.known(known[0], str(VERSION))
        restored = False
        try:
            if to_read:
                known = self._library.keep_original(one.file, self._parts.cancel, known)
            else:
                restored = self._library.restore_original(one.file, known, self._parts.cancel)
        except UserProblem as problem:
            if problem.key not in ("import_unreadable_file", "import_file_changed"):
                raise  # the library's own disk: no other file would fare better
            refused = _Refused(place.name, self._collection, one.file, *known, place.replaces)
            self._tally.reject(refused, problem)
            return
        if to_read:
            into = (place.name, self._collection, place.replaces, one.file.absolute())
            self.pending.append(self._library.begin_import(known[0], known[1], *into))
            return
        if place.fate is _Fate.HERE:
            self._here.add(one.file.absolute())
        if restored:
            self._tally.restore(place.name)
        elif place.fate is _Fate.HERE:
            self._tally.unchanged.append(place.name)
        else:
            self._tally.refuse(place.name, self._collection)


class _Run:
    """One pass over files that are written down: reads ahead, embeds, publishes."""

    def __init__(self, parts: Importer, tally: _Tally) -> None:
        self._library = parts.library
        self._reader = parts.reader
        self._embedder = parts.embedder
        self._password = parts.password
        self._report = parts.report
        self._tally = tally
        self._stop = CancelToken(parts.cancel)
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
            if _is_in_place(self._library):
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
        def between_pages(progress: Progress) -> None:
            # While another file is embedded, its progress is what a person sees.
            if self._waiting.is_set():
                self._report(replace(progress, item=item.name))  # not its hash

        try:
            reading = self._reader.read(
                self._library.original(item.sha256),
                name=item.name,
                password=self._password,
                report=between_pages,
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

    def _store(self, item: PendingImport, reading: Reading) -> bool:
        """Keep what was read where it is the best so far; False when the file was rejected."""
        before = self._library.readable_pages(item.sha256, str(VERSION))
        if before is not None and not _gives_more(reading, before):
            return True
        if reading.outcome is Outcome.REJECTED:
            self._reject(item, reading.reason)
            return False
        if self._library.known(item.sha256, str(VERSION)):
            return True  # the same bytes stood under another name in this import
        try:
            passages = cut(reading, self._embedder.count_tokens, self._embedder.max_tokens)
            self._library.store_reading(reading, passages, str(VERSION), final=is_final(reading))
        except VademecumError:
            raise
        except Exception:  # as above
            _log.exception("cutting %s failed", item.name)
            self._reject(item, "import_fault_of_ours")
            return False
        return True

    def _reject(self, item: PendingImport, reason: str) -> None:
        # What is a document already stays one, with what was read of it before.
        listed = self._library.names(item.collection).get(item.name) != item.sha256
        refused = _Refused(item.name, item.collection, item.source, item.sha256, item.size, item.replaces)
        self._tally.reject(refused, UserProblem(reason, file=item.name), listed=listed)
        self._tally.write_down()  # before it is taken off the list of imports: a kill in between loses nothing

    def _publish(self, ready: Sequence[PendingImport], open_ones: dict[int, PendingImport]) -> None:
        if not ready:
            return
        hashes = [item.sha256 for item in ready]
        done, passages = 0, self._library.unembedded_count(hashes)
        while batch := self._library.unembedded(hashes, _BATCH):
            self._stop.check()
            _check_in_place(self._library)
            self._report(Progress("stage_embedding", done, passages, ready[-1].name))
            vectors = self._embedder.embed_passages([p.embedded_text for p in batch], silent, self._stop)
            self._library.store_vectors(batch, vectors)
            done += len(batch)
        _check_in_place(self._library)
        change = self._library.publish(ready)
        self._tally.count(change)
        for item in ready:
            del open_ones[item.id]
            document = self._library.document(item.name, item.collection)
            if item.name in change.same_name and document.sha256 != item.sha256:
                self._tally.refuse(item.name, item.collection)
                continue
            if document.hidden_pages:
                self._tally.leave_hidden_out(document)
            if document.poorly_read:
                self._tally.doubt(document)
            if document.unreadable_pages:
                self._tally.lose_pages(document)
            elif document.outcome is Outcome.PARTIAL and document.reason:
                self._tally.lose_parts(document)


def _is_in_place(library: Library) -> bool:
    return _is((library.folder / "library.db").is_file)


def _check_in_place(library: Library) -> None:
    """UserProblem when the library's folder was moved, or its drive taken away.

    The open database follows its file; originals and index would be begun anew in the empty place.
    """
    if not _is_in_place(library):
        raise UserProblem("library_moved", folder=library.folder)


def _gives_more(reading: Reading, before: frozenset[int]) -> bool:
    """Whether a reading loses none of the pages read ``before``, and adds some or is the last word on the others."""
    readable = {page.index for page in reading.pages if not page.problem}
    better = before < readable or (before == readable and is_final(reading))
    return better and reading.outcome is not Outcome.REJECTED


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


def _collect(
    paths: Sequence[Path], collection: str, tally: _Tally, report: Report, cancel: CancelToken
) -> list[_Asked]:
    """The files meant by ``paths``, each once; what cannot be a file goes to the tally."""
    asked: list[_Asked] = []
    for path in (path.absolute() for path in paths):
        if _is(path.is_dir):
            missed: list[OSError] = []
            found: list[Path] = []
            for here, files in _walk(path, missed):
                # A whole drive takes minutes to look through.
                report(Progress("stage_collecting", item=clean(here.name)))
                cancel.check()
                found += files
            for fault in missed:
                place = Path(fault.filename)
                tally.reject(_Refused(clean(str(place)), collection, place), _unreadable(place, fault))
            if not found and not missed:
                problem = UserProblem("import_no_pdf_in_folder", file=path)
                tally.reject(_Refused(tidy_name(path.name), collection, path), problem, listed=False)
            asked += map(_ask, found)
        elif (refused := _problem_of(path)) is not None:
            tally.reject(_Refused(tidy_name(path.name), collection, path), refused)
        else:
            asked.append(_ask(path))
    return list({(one.real, one.name): one for one in asked}.values())  # a file named twice is one file


def _ask(file: Path) -> _Asked:
    try:
        real = file.resolve()
    except (OSError, RuntimeError):  # the drive is gone by now, or links run in a circle; opening it will tell
        real = file.absolute()
    names = [tidy_name(file.name)]
    for folder in real.parents:
        if folder.name:
            names.append(tidy_name(f"{folder.name}/{names[-1]}"))
    return _Asked(file, real, tuple(names))


def _is(asks: Callable[[], bool]) -> bool:
    """What a path says of itself; no when the drive does not answer, or nobody may look."""
    try:
        return asks()
    except OSError:
        return False


def _problem_of(path: Path) -> UserProblem | None:
    try:
        if not path.exists():
            return UserProblem("import_no_such_file", file=path)
        return None if path.is_file() else UserProblem("import_not_a_file", file=path)
    except OSError as fault:
        return _unreadable(path, fault)


def _unreadable(path: Path, fault: OSError) -> UserProblem:
    return UserProblem("import_unreadable_file", file=path, fault=fault.strerror or fault)


def _walk(folder: Path, missed: list[OSError]) -> Iterator[tuple[Path, list[Path]]]:
    """Each folder with its documents, sorted, hidden ones left out; a folder reached twice is walked once.

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
        found = []
        for name in sorted(files):
            if not name.lower().endswith(ENDINGS) or name.startswith((".", "~$")):  # "~$": an open document's lock
                continue
            file = Path(here, name)
            if _is(file.is_file):
                found.append(file)
            else:
                missed.append(FileNotFoundError(errno.ENOENT, os.strerror(errno.ENOENT), str(file)))
        yield Path(here), found
