"""The library as one thing: the truth, the originals and the index kept in step."""

from __future__ import annotations

import difflib
import logging
import os
import re
import shutil
import unicodedata
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from contextlib import closing, suppress
from pathlib import Path
from threading import RLock
from types import TracebackType

import numpy as np
import numpy.typing as npt

from core.audit import Checkpoint, verify
from core.errors import CancelToken, UserProblem, VademecumError
from core.library import backup
from core.library.backup import Telling
from core.library.index import Index, Rows, damaged_files, make_private, take_stock, walk, wipe
from core.library.lock import ProcessLock
from core.library.originals import Originals
from core.library.problems import explained, of_text
from core.library.schema import drop_backups
from core.library.store import PendingImport, Rejected, Standing, Store, clean
from core.library.upkeep import Finding
from core.nouns import (
    Answer,
    AuditRecord,
    BackedUp,
    Change,
    Conversation,
    Coverage,
    Document,
    EmbedderIdentity,
    Exchange,
    Page,
    Passage,
    Progress,
    Reading,
    Report,
    Scope,
    UnderWay,
    silent,
)

_CHANGES_BETWEEN_TIDYINGS = 20
_ROWS_A_CHANGE = 2000
_LONGEST_TITLE = 80  # characters of a question that name its conversation
_OWN_BEFORE_SCHEMA = {"library.lock", "library.pid", "library.db", "library.db-wal", "library.db-shm"}
_REMOTE = re.compile(r"^(?:[a-zA-Z][a-zA-Z0-9+.-]+:/|\\\\|//)")  # a one-letter scheme is a drive

_BELONGING = ("pages", "passages", "exchanges")  # tables of rows that are nothing without what they belong to

_EVERYTHING = Scope()
_log = logging.getLogger(__name__)
_Search = Callable[[Index], list[tuple[int, float]]]


def open_library(folder: Path, *, create: bool = False, report: Report = silent) -> Library:
    """The library in ``folder``, locked for this process until closed; a context manager.

    Mends the index if need be (``report`` tells).  UserProblem when it is not there
    (and not ``create``), in use, newer than this program, damaged, or not writable.
    """
    check_local(folder)
    folder = folder.expanduser().absolute()
    with explained(folder):
        if not (folder / "library.db").is_file():
            _refuse_or_prepare(folder, create)
        lock = ProcessLock(folder)
    store: Store | None = None
    try:
        store = Store(folder / "library.db")
        library = Library(folder, lock, store, report)
    except BaseException:
        if store is not None:
            store.close()
        lock.release()
        raise
    return library


def check_local(folder: Path) -> None:
    """UserProblem when that is an address of another computer."""
    if _REMOTE.match(str(folder)):
        raise UserProblem("library_not_local", folder=folder)


def _refuse_or_prepare(folder: Path, create: bool) -> None:
    if folder.exists() and not folder.is_dir():
        raise UserProblem("library_not_a_folder", folder=folder)
    held = {entry.name for entry in folder.iterdir()} - _OWN_BEFORE_SCHEMA if folder.exists() else set()
    if "originals" in held or "index" in held:
        raise UserProblem("library_database_missing", folder=folder)
    if not create:
        raise UserProblem("library_missing", folder=folder)
    if held:
        raise UserProblem("library_folder_in_use", folder=folder)
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    make_private(folder)


class Library:
    """An open library.  Get one from :func:`open_library`; its methods may be called from any thread.

    Everything that changes it is durable when the method returns, and raises
    UserProblem with the old state intact when the disk refuses.
    """

    def __init__(self, folder: Path, lock: ProcessLock, store: Store, report: Report) -> None:
        self.folder = folder
        self._process_lock = lock
        self._lock = RLock()
        self._store = store
        self._originals = Originals(folder / "originals")
        self._index: Index | None = None
        self._read: tuple[int, list[Document]] = (-1, [])  # the documents as they were at a revision
        self._meant: tuple[int, Scope, list[int] | None] = (-1, _EVERYTHING, None)  # and the contents of a scope
        self._untidy = 0
        self._backing_up = False
        self._to_drop: set[str] = set()  # originals that were given up while a backup was made
        self._taken_in: set[str] = set()  # originals that were asked for and may not be written down yet
        self._report = report
        with explained(folder):
            make_private(folder)
            self._originals.sweep()
            shutil.rmtree(self._copies, ignore_errors=True)  # of a backup that was killed
            self._bring_index_up_to_date(report)
            if self._store.forgetting():
                self._finish_forgetting()

    def __enter__(self) -> Library:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def close(self) -> None:
        """Tidy the index, close everything and let other processes in."""
        with self._lock:
            try:
                if self._untidy:
                    self.tidy()
            finally:
                self._index = None
                self._store.close()
                self._process_lock.release()

    def discard_if_untouched(self) -> None:
        """Close it, and delete it if nothing was ever done with it; a folder that holds anything else stays."""
        with self._lock:
            untouched = self._store.is_untouched()
            self.close()
            if not untouched:
                return
            for name in (*sorted(_OWN_BEFORE_SCHEMA - {"library.lock"}), "library.lock"):
                with suppress(OSError):
                    (self.folder / name).unlink()
            for folder in (self._index_folder, self._originals.folder, self.folder):
                with suppress(OSError):
                    folder.rmdir()

    @property
    def revision(self) -> int:
        """Raised by every change."""
        return self._store.revision()

    @property
    def embedder(self) -> EmbedderIdentity | None:
        """Whose vectors are in this library; None while it is new."""
        return self._store.embedder()

    def use_embedder(self, identity: EmbedderIdentity) -> None:
        """Bind a library without vectors to this embedder.  UserProblem when it was made with another one."""
        with self._lock:
            bound = self._store.embedder()
            if bound == identity:
                return
            if bound is not None and self._store.has_vectors():
                raise UserProblem(
                    "library_other_embedder",
                    folder=self.folder,
                    made_with=f"{bound.name} ({bound.sha256[:12]})",
                    offered=f"{identity.name} ({identity.sha256[:12]})",
                )
            self._store.set_embedder(identity)
            self._rebuild_index(silent)

    # -- import: core/importing.py tells the story

    def keep_original(
        self, file: Path, cancel: CancelToken | None = None, expected: tuple[str, int] | None = None
    ) -> tuple[str, int]:
        """Copy the file in; (sha256, size).  Nothing is written when its bytes are already kept.

        With ``expected``, its fingerprint, UserProblem when the file has changed since.
        """
        with explained(self.folder):
            if expected is not None:
                with self._lock:
                    self._taken_in.add(expected[0])
            return self._originals.keep(file, cancel, expected)

    def restore_original(self, file: Path, expected: tuple[str, int], cancel: CancelToken | None = None) -> bool:
        """Put the bytes of a document or an earlier version back where they are lost or damaged; whether they were.

        ``expected`` is the file's fingerprint.  What was read of them stays as it is.  UserProblem when the file has
        changed since.
        """
        with explained(self.folder):
            return bool(self._store.standings(expected[0])) and self._originals.restore(file, expected, cancel)

    def names(self, collection: str) -> dict[str, str]:
        """The active documents of a collection: name -> SHA-256; empty for one that is not there."""
        return self._store.names(tidy_name(collection))

    def known(self, sha256: str, version: str) -> bool:
        """Whether this version of the reader need not read these bytes: what it gave is final, or not published yet."""
        return self._store.known(sha256, version)

    def readable_pages(self, sha256: str, version: str) -> frozenset[int] | None:
        """Indexes of the published pages without a problem; None when this version of the reader gave none."""
        return self._store.readable_pages(sha256, version)

    def begin_import(
        self, sha256: str, size: int, name: str, collection: str, replaces: str = "", source: Path | None = None
    ) -> PendingImport:
        """Write down that a kept original is to become a document; survives a kill.

        ``replaces`` names the document whose place it may take: another one, or its own name's.
        ``source`` is where the file lay.
        """
        name, collection, replaces = tidy_name(name), tidy_name(collection), tidy_name(replaces)
        begun = self._store.begin_import(sha256, size, name, collection, replaces, source)
        with self._lock:
            self._taken_in.discard(sha256)
        return begun

    def pending_imports(self) -> list[PendingImport]:
        """What was asked for and is not done, oldest first."""
        return self._store.pending()

    def end_imports(self, pending: Iterable[PendingImport]) -> None:
        """Give these up (rejected or cancelled): nothing of them stays unless a document uses the same bytes."""
        with self._lock, explained(self.folder):
            given_up = self._store.end_imports(pending)
            self._drop(given_up)
        if given_up:
            self._store.checkpoint()

    def reject(self, files: Sequence[Rejected]) -> None:
        """Keep these on the list of rejected files, until they come in or are forgotten."""
        if files:
            self._store.reject(files)

    def rejected(self) -> list[Rejected]:
        """The files that could not be added, by collection and name."""
        return self._store.rejected()

    def forget_rejected(self, numbers: Sequence[int]) -> None:
        """Take these off the list of rejected files; nothing of them stays."""
        if numbers:
            with self._lock:
                self._store.forget_rejected(numbers)
                self._leave_no_trace()

    def sweep(self) -> int:
        """Delete what killed imports left and nobody waits for; the number of originals deleted."""
        with self._lock, explained(self.folder):
            with self._store.writing():
                self._store.drop_unused(self._store.without_documents())
            orphans = self._orphans()
            self._drop(orphans)
            return len(orphans)

    def _drop(self, originals: Iterable[str]) -> None:
        """Delete originals that nothing uses any more; when a backup is under way that may copy them, after it."""
        if self._backing_up:
            self._to_drop.update(originals)
            return
        for sha256 in originals:
            self._originals.drop(sha256)

    def _orphans(self) -> list[str]:
        used = set(self._store.contents().values()) | {p.sha256 for p in self._store.pending()}
        return [sha256 for sha256 in self._originals.all() if sha256 not in used]

    def store_reading(self, reading: Reading, passages: Sequence[Passage], version: str, *, final: bool = True) -> None:
        """Keep what was read, unseen until published.  ValueError when a passage is not a span of its page.

        Not ``final``: reading the same bytes again may give more.
        """
        self._store.add_content(reading, passages, version, final)

    def unembedded(self, sha256s: Sequence[str], limit: int) -> list[Passage]:
        """Up to ``limit`` passages of these contents that have no vector yet."""
        return self._store.unembedded(sha256s, limit)

    def unembedded_count(self, sha256s: Sequence[str]) -> int:
        """How many passages of these contents have no vector yet."""
        return self._store.unembedded_count(sha256s)

    def store_vectors(self, passages: Sequence[Passage], vectors: npt.NDArray[np.float32]) -> None:
        """Keep the vectors [n, dimensions] of these passages in one transaction."""
        identity = self._store.embedder()
        if identity is None or vectors.shape != (len(passages), identity.dimensions):
            raise ValueError(f"vectors of shape {vectors.shape} for {len(passages)} passages of {identity}")
        if not np.isfinite(vectors).all():
            raise ValueError("a vector is not a number")
        self._store.set_vectors(passages, vectors)

    def publish(self, items: Sequence[PendingImport]) -> Change:
        """Make these files documents, all at once; what they replace is retired.

        One whose name a different document has, which it was not to replace, is given up (``Change.same_name``).
        Everything about them must be stored and embedded (ValueError otherwise).
        """
        with self._lock:
            if left := self._store.unembedded([item.sha256 for item in items], 1):
                raise ValueError(f"passage {left[0].id} has no vector yet")
            before = self.revision
            done = self._store.publish(items)
            with explained(self.folder):
                self._drop(done.originals)
            self._follow(before, done.drop, done.add)
            if done.originals:
                self._store.checkpoint()
            return Change(
                revision=done.revision,
                added=done.added,
                replaced=done.replaced,
                unchanged=done.unchanged,
                collections=tuple(dict.fromkeys(item.collection for item in items)),
                same_name=done.same_name,
            )

    # -- documents and collections

    def retire(self, documents: Sequence[str | int], collection: str | None = None) -> Change:
        """Take documents (names or numbers) out of search; pages and originals stay as history."""
        with self._lock:
            found = self._pick(documents, collection)
            before = self.revision
            with self._store.writing():
                drop = self._store.retire(d.id for d in found)
                revision = self._store.raise_revision(index_too=not drop)
            self._follow(before, drop, frozenset())
            return _removal(revision, found)

    def remove(self, documents: Sequence[str | int], collection: str | None = None) -> Change:
        """Delete documents (names or numbers) with their earlier versions, originals included where unused."""
        with self._lock:
            found = self._pick(documents, collection)
            return _removal(self._remove([d.id for d in found]), found)

    def _remove(self, documents: Sequence[int], collection: str | None = None) -> int:
        if self._backing_up:  # it would hold half of what is removed
            raise UserProblem("library_backup_running")
        before, unfinished = self.revision, self._store.forgetting()
        with self._store.writing():
            drop, originals = self._store.remove(documents)
            if collection is not None:
                self._store.drop_collection(collection)
            revision = self._store.raise_revision(index_too=not drop)
            # Whatever breaks off what follows, it is made up for when the library is opened next.
            self._store.set_meta("forgetting", 1)
        with explained(self.folder):
            for sha256 in originals:
                self._originals.drop(sha256)
        self._follow(before, drop, frozenset(), forget=True)
        self._store.rewrite()
        self._leave_no_trace()
        if not unfinished:
            self._store.has_forgotten()
        return revision

    def _finish_forgetting(self) -> None:
        """What a removal could not finish: the index was rewritten when it was opened, the rest follows."""
        with explained(self.folder):
            for sha256 in self._orphans():
                self._originals.drop(sha256)
        self._store.rewrite()
        self._leave_no_trace()
        self._store.has_forgotten()

    def _leave_no_trace(self) -> None:
        """Nothing that was deleted from the database stays in its log, or in a copy from before a migration."""
        with explained(self.folder):
            drop_backups(self._store.file)
        self._store.checkpoint()

    def collections(self) -> list[tuple[str, int]]:
        """(name, number of documents), by name."""
        return self._store.collections()

    def create_collection(self, name: str) -> Change:
        """A new empty collection.  UserProblem when the name is taken or empty."""
        with self._lock, self._store.writing():
            name = self._free_name(name)
            self._store.collection(name)
            return Change(self._store.raise_revision(index_too=True), collections=(name,))

    def rename_collection(self, old: str, new: str) -> Change:
        """Another name for a collection.  UserProblem when ``old`` is unknown or ``new`` taken."""
        with self._lock, self._store.writing():
            self._known_collection(old)
            old, new = tidy_name(old), self._free_name(new)
            self._store.rename(old, new)
            return Change(self._store.raise_revision(index_too=True), collections=(old, new))

    def move_documents(self, documents: Sequence[str | int], to: str, collection: str | None = None) -> Change:
        """Put documents into another collection, made when new.  UserProblem when a name is taken there."""
        to = tidy_name(to)
        if not to:
            raise UserProblem("library_collection_nameless")
        with self._lock, self._store.writing():
            found = [d for d in self._pick(documents, collection) if d.collection != to]
            names = [d.name for d in found]
            there = {d.name for d in self._store.documents() if d.collection == to}
            taken = there.intersection(names) or {name for name in names if names.count(name) > 1}
            if taken:
                raise UserProblem("library_name_taken", name=min(taken), collection=to)
            self._store.move((d.id for d in found), to)
            revision = self._store.raise_revision(index_too=True)
            return Change(revision, collections=tuple(dict.fromkeys([*(d.collection for d in found), to])))

    def delete_collection(self, name: str, *, force: bool = False) -> Change:
        """Delete a collection; UserProblem when it holds documents, unless ``force``: then they are removed too."""
        with self._lock:
            self._known_collection(name)
            name = tidy_name(name)
            ever = self._store.documents_ever(name)
            found = [d for d in self._store.documents() if d.collection == name]
            if ever and not force:
                raise UserProblem("library_collection_not_empty", name=name, count=len(ever))
            if self._backing_up:
                raise UserProblem("library_backup_running")
            self.end_imports(p for p in self._store.pending() if p.collection == name)
            revision = self._remove(ever, name)
            return Change(revision, removed=tuple(d.name for d in found), collections=(name,))

    def _free_name(self, name: str) -> str:
        name = tidy_name(name)
        if not name:
            raise UserProblem("library_collection_nameless")
        if any(name == taken for taken, _ in self._store.collections()):
            raise UserProblem("library_collection_taken", name=name)
        return name

    def _known_collection(self, name: str) -> None:
        names = [known for known, _ in self._store.collections()]
        if tidy_name(name) not in names:
            raise UserProblem("library_unknown_collection", name=name, near=_near(name, names))

    def _pick(self, wanted: Sequence[str | int], collection: str | None) -> list[Document]:
        """The documents meant; UserProblem when one is unknown or stands in several collections."""
        inside = self.documents(Scope(collections=(collection,) if collection is not None else ()))
        picked: dict[int, Document] = {}
        for name in wanted:
            if isinstance(name, int):
                found = [d for d in inside if d.id == name]
                if not found:
                    raise UserProblem("library_unknown_document", name=name, near="–")
            else:
                found = _by_name(name, inside)
            if len(found) > 1:
                places = ", ".join(f"“{d.collection}”" for d in found)
                raise UserProblem("library_ambiguous", name=name, collections=places)
            picked[found[0].id] = found[0]
        return list(picked.values())

    # -- reading

    def documents(self, scope: Scope = _EVERYTHING) -> list[Document]:
        """The documents in ``scope``, by collection and name.  UserProblem for an unknown collection or name."""
        every = self._every_document()
        if scope.collections:
            for name in scope.collections:
                self._known_collection(name)
            inside = {tidy_name(name) for name in scope.collections}
            every = [d for d in every if d.collection in inside]
        if not scope.documents:
            return every
        chosen = {d.id for name in scope.documents for d in _by_name(name, every)}
        return [d for d in every if d.id in chosen]

    def _every_document(self) -> list[Document]:
        # Every search asks several times, and reading 10,000 takes longer than searching them.
        with self._lock:
            revision = self.revision
            if self._read[0] != revision:
                self._read = (revision, self._store.documents())
            return list(self._read[1])

    def document(self, name: str, collection: str) -> Document:
        """The active document of that name.  UserProblem for an unknown collection or name."""
        exact = self._store.document(tidy_name(name), tidy_name(collection))
        return exact or self._pick([name], collection)[0]

    def page(self, sha256: str, page_index: int) -> Page:
        """A page as it was read.  UserProblem when it is no longer here."""
        page = self._store.page(sha256, page_index)
        if page is None:
            raise UserProblem("library_no_page", page=page_index + 1)
        return page

    def sheets(self, sha256: str) -> list[Page]:
        """The pages of these bytes in order, without their texts and lines; empty when they were never read."""
        return self._store.sheets(sha256)

    def standings(self, sha256: str) -> list[Standing]:
        """The documents that these bytes are, then those that they were, the latest first."""
        return self._store.standings(sha256)

    def passages(self, keys: Sequence[str]) -> list[Passage]:
        """The passages with these ids, in the order asked; ids that are no longer here are left out."""
        return self._store.passages(keys)

    def places(self, keys: Sequence[str]) -> dict[str, tuple[int, int]]:
        """Passage id -> its (document's content, page); two of one page have the same place."""
        return self._store.places(keys)

    def neighbours(self, passage: Passage, before: int = 1, after: int = 1) -> list[Passage]:
        """The passages around one in its document, in order, without itself."""
        return self._store.neighbours(passage, before, after)

    def passage_count(self) -> int:
        """How many passages there are to be found."""
        return sum(self._store.active_contents().values())

    def coverage(self, scope: Scope = _EVERYTHING) -> Coverage:
        """How much a search in ``scope`` looks through, and which pages it cannot see."""
        documents = self.documents(scope)
        return Coverage(
            documents=len(documents),
            pages=sum(d.pages for d in documents if not d.in_sections),
            unreadable=tuple((d.name, d.unreadable_pages) for d in documents if d.unreadable_pages),
            sections=sum(d.pages for d in documents if d.in_sections),
        )

    def original(self, sha256: str) -> Path:
        """Where the file itself is kept, read-only to everybody else.  UserProblem when it is gone."""
        path = self._originals.path(sha256)
        if not path.is_file():
            raise UserProblem("library_original_missing", sha256=sha256[:12])
        return path

    def search_vectors(self, vector: npt.NDArray[np.float32], scope: Scope, k: int) -> list[tuple[str, float]]:
        """The k passages in ``scope`` nearest to ``vector`` [dimensions]: (passage id, cosine), best first."""
        with self._lock:
            contents = self._contents(scope)
            return self._search(lambda index: index.search_vectors(vector, contents, k), contents)

    def search_words(self, terms: Sequence[str], scope: Scope, k: int) -> list[tuple[str, float]]:
        """The k passages in ``scope`` that hold ``terms`` best: (passage id, BM25), best first."""
        wanted = [term for term in terms if term.strip()]
        with self._lock:
            contents = self._contents(scope) if wanted else []
            return self._search(lambda index: index.search_words(wanted, contents, k), contents)

    def _contents(self, scope: Scope) -> list[int] | None:
        """The contents to search in; None for the whole library."""
        revision = self.revision
        if self._meant[:2] != (revision, scope):
            documents = self.documents(scope)
            everything = len(documents) == self._store.document_count()
            inside = None if everything else self._store.contents_of(d.id for d in documents)
            self._meant = (revision, scope, inside)
        return self._meant[2]

    def _search(self, search: _Search, contents: Sequence[int] | None) -> list[tuple[str, float]]:
        if self._store.index_revision() != self.revision:  # an earlier change could not finish its part here
            self._bring_index_up_to_date(self._report)
        if self._index is None or contents == []:
            return []
        try:
            found = search(self._index)
        except Exception:  # LanceDB raises many types for a damaged file, and the truth can always make a new one
            self._rebuild_index(self._report)
            if self._index is None:
                return []
            found = search(self._index)
        keys = self._store.keys([passage for passage, _ in found])
        return [(keys[passage], score) for passage, score in found if passage in keys]

    # -- the index follows the truth

    def _follow(self, before: int, drop: frozenset[int], add: frozenset[int], *, forget: bool = False) -> None:
        """Bring a change of the truth into the index that showed revision ``before``."""
        if not drop and not add and not forget:
            return
        if self._index is None or self._store.index_revision() != before:
            self._bring_index_up_to_date(self._report)
            return
        index = self._index
        try:
            index.apply(drop, self._store.index_rows(add, lambda _: None))
            if forget:  # also without ``drop``: what was replaced or retired before is still in its files
                index.rewrite()
        except Exception as fault:  # LanceDB raises many types; the disk's are told apart by their words
            self._mend(fault)
            return
        self._untidy += 1
        if forget:
            self._untidy = 0
        # Tidying rewrites the whole index: the larger it is, the more changes must share the cost.
        if self._untidy >= _CHANGES_BETWEEN_TIDYINGS + len(index) // _ROWS_A_CHANGE:
            self.tidy()
        else:
            self._index_is_at(self.revision)

    def tidy(self) -> None:
        """Merge the index's small files and forget its old versions."""
        with self._lock:
            if self._index is None or not self._untidy:
                return
            revision = self.revision
            # Files vanish while it tidies; a kill in between must not look like damage.
            with self._store.writing():
                self._store.set_meta("index_revision", -1)
            try:
                self._index.optimise()
            except Exception as fault:  # LanceDB raises many types
                self._mend(fault)
                return
            self._untidy = 0
            self._index_is_at(revision)

    def _index_is_at(self, revision: int) -> None:
        with explained(self.folder):
            files = take_stock(self._index_folder, self._store.index_files())
        self._store.set_index(revision, files)

    @property
    def _index_folder(self) -> Path:
        return self.folder / "index"

    def _mend(self, fault: Exception) -> None:
        """A write to the index failed: say so when the disk refuses, else make it anew."""
        if isinstance(fault, VademecumError):
            raise fault
        if key := of_text(str(fault)):
            raise UserProblem(key, folder=self.folder, fault=fault) from fault
        _log.warning("the search index is made anew: %s", fault)
        self._rebuild_index(self._report)

    def _bring_index_up_to_date(self, report: Report) -> None:
        identity = self._store.embedder()
        if identity is None:
            return
        known = self._store.index_files()
        in_step = self._store.index_revision() == self.revision
        try:
            # Out of step, files may have come and gone since they were last counted, so only opening can tell.
            if not self._index_folder.is_dir() or (
                in_step and damaged_files(self._index_folder, known, thorough=False)
            ):
                raise FileNotFoundError(self._index_folder)
            self._index = Index(self._index_folder, identity.dimensions)
            forgetting = self._store.forgetting()
            if in_step and not forgetting:
                return
            there, wanted = self._index.counts(), self._store.active_contents()
            drop = {content for content, count in there.items() if wanted.get(content) != count}
            add = {content for content, count in wanted.items() if there.get(content) != count}
            self._index.apply(drop, self._rows(add, report))
            if forgetting:
                self._index.rewrite()
            else:
                self._index.optimise()
        except VademecumError:  # the disk, or a person who asked to stop
            raise
        except Exception as fault:  # LanceDB raises many types for a damaged file; the disk's own faults are told apart
            if (key := of_text(str(fault))) is not None:
                raise UserProblem(key, folder=self.folder, fault=fault) from fault
            self._rebuild_index(report)
            return
        # Everything is hashed anew: what was known of these files is from before the interruption.
        self._store.set_index(self.revision, take_stock(self._index_folder, ()))

    def _rebuild_index(self, report: Report) -> None:
        """Make the index from the vectors kept in the truth; nothing is embedded again."""
        identity = self._store.embedder()
        self._index = None
        self._untidy = 0
        with explained(self.folder):
            wipe(self._index_folder)
            if identity is None:
                return
            with self._store.writing():
                self._store.set_meta("index_revision", -1)
            try:
                self._index = Index(self._index_folder, identity.dimensions)
                self._index.apply((), self._rows(self._store.active_contents(), report))
                self._index.optimise()
            except VademecumError:
                self._index = None
                raise
            except Exception as fault:  # LanceDB raises many types
                self._index = None
                key = of_text(str(fault)) or "library_index_failed"
                raise UserProblem(key, folder=self.folder, fault=fault) from fault
            self._store.set_index(self.revision, take_stock(self._index_folder, ()))

    def _rows(self, contents: Collection[int], report: Report) -> Iterator[Rows]:
        wanted = self._store.active_contents()
        total = sum(wanted.get(content, 0) for content in contents)
        if total:
            report(Progress("stage_indexing", 0, total))
        return self._store.index_rows(contents, lambda done: report(Progress("stage_indexing", done, total)))

    # -- upkeep

    def doctor(self, *, repair: bool = False, rebuild_index: bool = False, report: Report = silent) -> list[Finding]:
        """Everything that is not as it should be, from the database file to the audit chain; empty when well.

        ``repair`` mends what can be mended without losing anything; ``rebuild_index`` makes the index anew first.
        """
        with self._lock:
            self._read, self._meant = (-1, []), (-1, _EVERYTHING, None)  # what is mended here raises no revision
            findings = self._check_database(repair)
            sound = all(finding.mended for finding in findings)
            if rebuild_index:
                self._rebuild_index(report)
            elif self._store.index_revision() != self.revision:
                self._bring_index_up_to_date(report)
            findings += self._check_contents(repair, report)
            findings += self._check_originals(repair, report, sound)
            findings += self._check_index(repair, report)
            findings += [
                Finding(fault.kind.value, {"sequence": fault.sequence, "last": fault.last})
                for fault in verify(self.records())
            ]
            findings += [Finding("doctor_conversation", {"title": t}) for t in self._store.damaged_conversations()]
            if pending := self._store.pending():
                findings.append(Finding("doctor_pending", {"count": len(pending), "name": pending[0].name}))
            return findings + self._check_access(repair)

    def _check_database(self, repair: bool) -> list[Finding]:
        findings = []
        faults = self._store.integrity_faults()
        if faults and all(" index " in f"{fault} " for fault in faults):  # the tables are whole
            if repair:
                self._store.make_indexes_anew()
            mended = repair and not self._store.integrity_faults()
            findings.append(Finding("doctor_database_index", {"count": len(faults), "fault": faults[0]}, mended))
        else:
            findings += [Finding("doctor_database", {"fault": fault}) for fault in faults[:20]]
        torn = self._store.torn_rows()
        left_over = {table: rows for table, rows in torn.items() if table in _BELONGING}
        if left_over:
            if repair:
                self._store.drop_rows(left_over)
            count = sum(map(len, left_over.values()))
            findings.append(Finding("doctor_rows", {"count": count}, repair))
        for table, rows in torn.items():
            if table not in _BELONGING:
                findings.append(Finding("doctor_database", {"fault": f"foreign key: {table} {rows[:5]}"}))
        return findings

    def _check_contents(self, repair: bool, report: Report) -> list[Finding]:
        findings = []
        contents = self._store.contents()
        for done, (content, sha256) in enumerate(contents.items()):
            report(Progress("stage_checking_contents", done, len(contents)))
            if self._store.embedder() is not None and not self._store.digest_holds(content):
                whole = self._originals.is_intact(sha256) is True
                if repair:
                    self._store.mark_for_reading(content, now=whole)
                key = "doctor_content" if whole else "doctor_content_and_original"
                findings.append(Finding(key, self._place_of(sha256), repair and whole))
        return findings

    def _check_originals(self, repair: bool, report: Report, sound: bool) -> list[Finding]:
        findings = []
        hashes = sorted(set(self._store.contents().values()) | {p.sha256 for p in self._store.pending()})
        for done, sha256 in enumerate(hashes):
            report(Progress("stage_checking_originals", done, len(hashes)))
            if (intact := self._originals.is_intact(sha256)) is not True:
                key = "doctor_original_missing" if intact is None else "doctor_original_damaged"
                findings.append(Finding(key, self._place_of(sha256)))
        left = len(set(self._orphans())) + len(set(self._store.without_documents()))
        if left:
            # A damaged database may have forgotten whose they are: then they are all that is left of a document.
            if repair and sound:
                self.sweep()
            findings.append(Finding("doctor_orphans", {"count": left}, repair and sound))
        return findings

    def _check_index(self, repair: bool, report: Report) -> list[Finding]:
        if self._store.embedder() is None:
            return []
        report(Progress("stage_checking_index"))
        damaged = damaged_files(self._index_folder, self._store.index_files(), thorough=True)
        findings = []
        if damaged:
            findings.append(Finding("doctor_index_damaged", {"count": len(damaged), "file": damaged[0]}, repair))
        else:
            try:
                there = self._index.passages() if self._index is not None else np.empty(0, np.int64)
            except Exception as fault:  # LanceDB raises many types for a damaged file
                findings.append(Finding("doctor_index_damaged", {"count": 1, "file": str(fault)[:200]}, repair))
            else:
                wanted = self._store.passage_numbers(self._store.active_contents())
                if not np.array_equal(there, wanted):
                    missing, extra = len(np.setdiff1d(wanted, there)), len(there) - len(np.intersect1d(wanted, there))
                    findings.append(Finding("doctor_index_rows", {"missing": missing, "extra": extra}, repair))
        if findings and repair:
            self._rebuild_index(report)
        return findings

    def _check_access(self, repair: bool) -> list[Finding]:
        with explained(self.folder):
            # Looking is mending here: there is no reason to leave a file open to others.
            opened = sum([make_private(path) for path in (self.folder, *walk(self.folder))])
        return [Finding("doctor_access", {"count": opened}, True)] if opened else []

    def _place_of(self, sha256: str) -> dict[str, str]:
        """The name and the collection of the document, of the earlier version or of the import that has these bytes."""
        for standing in self._store.standings(sha256):
            return {"name": standing.document.name, "collection": standing.document.collection}
        for item in self._store.pending():
            if item.sha256 == sha256:
                return {"name": item.name, "collection": item.collection}
        return {"name": sha256[:12], "collection": "-"}

    # -- backup

    @property
    def _copies(self) -> Path:
        return self.folder / "backup-under-way"

    def back_up(self, file: Path, report: Report = silent, cancel: CancelToken | None = None) -> BackedUp:
        """The whole library in one verified file, as it is at this moment; others go on searching and adding.

        Nothing is removed meanwhile.  UserProblem when ``file`` is there already, the disk has no room or refuses,
        or the database is damaged; there is a whole file or none.
        """
        out = file.expanduser().absolute()
        if out.is_relative_to(self.folder):
            raise UserProblem("backup_inside", folder=self.folder)
        with self._lock:
            if self._backing_up:
                raise UserProblem("library_backup_running")
            self._backing_up = True
        try:
            with explained(self.folder):
                shutil.rmtree(self._copies, ignore_errors=True)
                self._copies.mkdir(mode=0o700)
            return self._back_up(out, report, cancel)
        finally:
            shutil.rmtree(self._copies, ignore_errors=True)
            with self._lock, explained(self.folder):
                self._backing_up = False
                self._drop(self._to_drop.intersection(self._orphans()) - self._taken_in)
                self._to_drop.clear()

    def _back_up(self, out: Path, report: Report, cancel: CancelToken | None) -> BackedUp:
        copy = self._copies / backup.DATABASE
        database = self._store.file.stat().st_size
        with explained(self.folder):
            if (free := shutil.disk_usage(self.folder).free) < database + backup.SPARE_BYTES:
                needed = backup.megabytes(database + backup.SPARE_BYTES)
                raise UserProblem("backup_no_room", folder=self.folder, needed=needed, free=backup.megabytes(free))
        backup.check_place(out, backup.room_for([database]))
        self._store.copy_to(copy, Telling("stage_backup_database", database, report, cancel))
        with closing(Store(copy)) as held:
            wanted = sorted({*held.contents().values(), *(pending.sha256 for pending in held.pending())})
            facts = (held.schema_version(), held.revision(), held.document_count(), str(Checkpoint(*held.audit_head())))
        with explained(self.folder):
            sizes = {sha256: self._originals.size(sha256) for sha256 in wanted}
            entries = [os.stat(copy).st_size, *(size for size in sizes.values() if size is not None)]
        backup.check_place(out, backup.room_for(entries))
        missing: list[str] = []
        tell = Telling("stage_backing_up", sum(entries), report, cancel)
        with backup.written_aside(out) as writer:
            done = writer.add(backup.DATABASE, entries[0], self._told(copy, tell, 0)).size
            for sha256, size in sizes.items():
                with explained(self.folder):
                    intact = self._originals.is_intact(sha256)
                if not intact or size is None:
                    missing.append(sha256)
                    continue
                source = self._told(self._originals.path(sha256), tell, done)
                done += writer.add(backup.entry_of(sha256), size, source).size
            made = writer.finish(*facts, missing)
            writer.check = Telling("stage_reading_back", made.size, report, cancel)
        return BackedUp(
            out, out.stat().st_size, made.documents, tuple(self._place_of(sha256)["name"] for sha256 in missing)
        )

    def _told(self, file: Path, tell: Telling, done: int) -> Iterator[bytes]:
        with explained(self.folder):
            for chunk in backup.chunks_of(file):
                done += len(chunk)
                tell(done)
                yield chunk

    # -- audit

    def append_record(self, body: Mapping[str, object]) -> AuditRecord:
        """The next record of the chain; durable on return."""
        return self._store.append_record(body)

    def records(self, first: int = 1) -> Iterator[AuditRecord]:
        """The records from number ``first`` on, in order."""
        return self._store.records(first)

    def audit_head(self) -> Checkpoint:
        """The end of the chain, to be kept elsewhere and given to ``core.audit.verify`` later."""
        return Checkpoint(*self._store.audit_head())

    # -- conversations; they are no documents, so the revision stays as it is

    def set_under_way(self, asked: UnderWay | None) -> None:
        """What is being asked; None when it ended without an exchange.  :meth:`keep_exchange` ends it too."""
        self._store.set_under_way(asked)

    def under_way(self) -> UnderWay | None:
        """What was being asked when the program was killed, if anything was."""
        return self._store.under_way()

    def keep_exchange(self, conversation: int, typed: str, scope: Scope, answer: Answer) -> Exchange:
        """Keep a question and its answer; ``conversation`` 0 begins a new one.  UserProblem when it is not there."""
        title = clean(" ".join(answer.checked.question.split()))
        title = title if len(title) <= _LONGEST_TITLE else title[: _LONGEST_TITLE - 1].rstrip() + "…"
        return self._store.keep_exchange(conversation, title, typed, scope, answer)

    def conversations(self, words: str = "") -> list[Conversation]:
        """Those that hold all ``words`` in their title, questions or answers, whatever the case; the newest first."""
        return self._store.conversations(words.split())

    def exchanges(self, conversation: int) -> list[Exchange]:
        """A conversation, the oldest exchange first.  UserProblem when it is not there."""
        return self._store.exchanges(conversation)

    def rename_conversation(self, conversation: int, title: str) -> None:
        """Another title.  UserProblem when it is empty, or the conversation is not there."""
        title = clean(" ".join(title.split()))
        if not title:
            raise UserProblem("conversation_nameless")
        self._store.rename_conversation(conversation, title)

    def delete_conversation(self, conversation: int) -> None:
        """Delete it with its exchanges; the audit records stay.  UserProblem when it is not there."""
        with self._lock:
            self._store.delete_conversation(conversation)
            self._leave_no_trace()


def tidy_name(name: str) -> str:
    """``name`` as the library keeps it: composed Unicode, no blanks around, nothing that cannot be shown."""
    return clean(unicodedata.normalize("NFC", name)).strip()


def _by_name(name: str, documents: Sequence[Document]) -> list[Document]:
    """The documents of that file name: exactly, else whatever the case.  UserProblem when there is none."""
    wanted = tidy_name(name)
    found = [d for d in documents if d.name == wanted]
    found = found or [d for d in documents if d.name.casefold() == wanted.casefold()]
    if not found:
        raise UserProblem("library_unknown_document", name=name, near=_near(name, [d.name for d in documents]))
    return found


def _near(name: str, known: Iterable[str]) -> str:
    by_folded = {other.casefold(): other for other in known}
    near = difflib.get_close_matches(name.casefold(), list(by_folded), n=3, cutoff=0.5)
    return ", ".join(f"“{by_folded[other]}”" for other in near or sorted(by_folded)[:3]) or "–"


def _removal(revision: int, documents: Sequence[Document]) -> Change:
    return Change(
        revision,
        removed=tuple(d.name for d in documents),
        collections=tuple(dict.fromkeys(d.collection for d in documents)),
    )
