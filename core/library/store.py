"""The truth: everything the library knows, in SQLite.  The only place with SQL besides the schema."""

from __future__ import annotations

import hashlib
import json
import os
import zlib
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from pathlib import Path
from threading import RLock
from typing import Any

import numpy as np
import numpy.typing as npt
from sqlcipher3 import dbapi2 as sqlite

from core.audit import GENESIS, canonical, link
from core.errors import UserProblem
from core.library import schema
from core.library.index import IndexFile, Rows
from core.library.originals import sync_folder
from core.library.packing import pack_lines, pack_vector, unpack_lines, unpack_vectors, vector_is_intact
from core.library.problems import explained
from core.nouns import (
    Answer,
    AuditRecord,
    Conversation,
    Document,
    EmbedderIdentity,
    Exchange,
    Outcome,
    Page,
    Passage,
    ReadBy,
    Reading,
    Scope,
    UnderWay,
)
from core.plain import from_plain, to_plain
from core.terms import index_terms, normalise

_AT_ONCE = 2048
_PAGES_AT_ONCE = 1024

_DOCUMENTS = """SELECT d.id, c.sha256, d.name, c.title, k.name, c.pages, c.ocr_pages, c.unreadable, c.outcome, c.reason,
    d.version, d.added_at, c.size, c.hidden, c.reader LIKE 'sections %',
    (SELECT json_group_array(json_array(p.page_index, p.confidence)) FROM pages p
    WHERE p.content = c.id AND p.confidence IS NOT NULL)
    FROM documents d JOIN contents c ON c.id = d.content
    JOIN collections k ON k.id = d.collection"""
_PASSAGES = """SELECT p.content, p.page_index, p.key, c.sha256, p.start, p."end", p.heading, p.number
    FROM passages p JOIN contents c ON c.id = p.content"""
_ACTIVE = "SELECT DISTINCT content FROM documents WHERE retired_at IS NULL"
# Taken out of search and nobody's earlier version, but under the name of one of those given.
_RETIRED_ALONE = """SELECT id FROM documents e WHERE retired_at IS NOT NULL
    AND NOT EXISTS (SELECT 1 FROM documents f WHERE f.replaces = e.id)
    AND (collection, name) IN (SELECT collection, name FROM documents WHERE id IN (SELECT value FROM json_each(?)))"""


@dataclass(frozen=True, slots=True)
class PendingImport:
    """A file that somebody asked to add: its original is kept, it is not a document yet."""

    id: int
    sha256: str
    size: int
    name: str
    collection: str
    replaces: str = ""  # the name of the document whose place it takes; without one it takes nobody's
    source: Path | None = None  # where the file lay, to ask for it again


@dataclass(frozen=True, slots=True)
class Rejected:
    """A file that could not be added, and why: ``reason`` and ``details`` make the sentence."""

    name: str
    collection: str
    reason: str
    details: Mapping[str, str] = field(default_factory=dict)
    source: Path | None = None
    sha256: str = ""  # empty when not even its bytes could be read
    size: int = 0
    replaces: str = ""  # the name of the document whose place it was to take
    rejected_at: str = ""  # set when it is kept, and so is the number
    id: int = 0


@dataclass(frozen=True, slots=True)
class Standing:
    """A document that some bytes are, or were until it was replaced or taken out."""

    document: Document
    active: bool
    replaced_by: str = ""  # SHA-256 of the newest version after it


@dataclass(frozen=True, slots=True)
class Published:
    """What publishing did: names for the Change, contents for the index."""

    added: tuple[str, ...]
    replaced: tuple[str, ...]
    unchanged: tuple[str, ...]
    same_name: tuple[str, ...]  # given up: a different document has the name
    drop: frozenset[int]
    add: frozenset[int]
    originals: tuple[str, ...]  # hashes of those that nothing uses any more
    revision: int


def now() -> str:
    """This moment in UTC, ISO 8601."""
    return datetime.now(UTC).isoformat(timespec="seconds")


def clean(text: str) -> str:
    """``text`` with what has no UTF-8 form replaced, so that it can be stored and shown."""
    return text.encode("utf-8", "replace").decode("utf-8")


class Store:
    """An open ``library.db``.  Every method may be called from any thread."""

    def __init__(self, file: Path) -> None:
        self.file = file
        self.lock = RLock()
        # Whoever copies the database keeps its log from being emptied: the one waits for the other.
        self._whole = RLock()
        with explained(file.parent):
            if not file.exists():
                os.close(os.open(file, os.O_WRONLY | os.O_CREAT, 0o600))
                sync_folder(file.parent)
            self._aside.unlink(missing_ok=True)  # a rewriting that was killed
            schema.sweep(file)
            self._db = self._connected()
            try:
                schema.migrate(self._db, file, schema.MIGRATIONS)
            except BaseException:
                self._db.close()
                raise

    def _connected(self) -> Any:
        db = sqlite.connect(str(self.file), check_same_thread=False, isolation_level=None)
        try:
            for setting in (
                "journal_mode = WAL",
                "synchronous = FULL",
                "foreign_keys = ON",
                "secure_delete = ON",
                "temp_store = MEMORY",
                "fullfsync = ON",  # macOS: plain fsync stays in the drive's cache there
            ):
                db.execute(f"PRAGMA {setting}").fetchall()
        except BaseException:
            db.close()
            raise
        return db

    @property
    def _aside(self) -> Path:
        return self.file.with_name(f"{self.file.name}-aside")

    def close(self) -> None:
        """Close the database; the write-ahead log is folded in."""
        with self.lock:
            self._db.close()

    def checkpoint(self) -> None:
        """Fold the write-ahead log in and empty it, so that nothing deleted stays in it."""
        with self._whole, self.lock, explained(self.file.parent):
            self._db.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchall()

    def rewrite(self) -> None:
        """Write the whole file anew, aside and renamed last: rows that ever moved left copies of themselves behind.

        SQLite overwrites what is deleted, but not the places from which it was moved before.
        """
        with self._whole, self.lock, explained(self.file.parent):
            self.checkpoint()
            aside = self._aside
            try:
                aside.unlink(missing_ok=True)
                os.close(os.open(aside, os.O_RDWR | os.O_CREAT | os.O_EXCL, 0o600))
                self._db.execute("VACUUM INTO ?", (str(aside),)).fetchall()
                with aside.open("rb+") as written:
                    os.fsync(written.fileno())
                self._db.close()
                try:
                    # A log that could not be folded in belongs to the old file, and would be read into the new one.
                    if not self.file.with_name(f"{self.file.name}-wal").exists():
                        os.replace(aside, self.file)
                        sync_folder(self.file.parent)
                finally:
                    self._db = self._connected()
            finally:
                aside.unlink(missing_ok=True)

    def copy_to(self, target: Path, tell: Callable[[int], None]) -> None:
        """The whole database as it is at this moment, in the new file ``target``; others go on reading and writing.

        ``tell`` gets how many bytes are copied, and may raise.  UserProblem when the database is found damaged.
        """
        with self._whole, explained(self.file.parent):
            os.close(os.open(target, os.O_RDWR | os.O_CREAT | os.O_EXCL, 0o600))
            source = sqlite.connect(str(self.file), isolation_level=None)  # a reader of its own, who sees one state
            try:
                made = sqlite.connect(str(target), isolation_level=None)
                try:
                    made.execute("PRAGMA synchronous = OFF")
                    source.execute("BEGIN")
                    source.execute("SELECT count(*) FROM sqlite_master").fetchall()
                    page_bytes = int(source.execute("PRAGMA page_size").fetchone()[0])
                    source.backup(
                        made, pages=_PAGES_AT_ONCE, progress=lambda _, left, total: tell((total - left) * page_bytes)
                    )
                    if fault := _quick_fault(made, tell):
                        raise UserProblem("library_damaged", folder=self.file.parent, fault=fault)
                finally:
                    made.close()
            finally:
                source.close()

    @contextmanager
    def writing(self) -> Iterator[None]:
        """One transaction: all of what happens inside, durable on exit, or nothing of it."""
        with self.lock, explained(self.file.parent):
            self._db.execute("BEGIN IMMEDIATE")
            try:
                yield
                self._db.execute("COMMIT")
            except BaseException:
                if self._db.in_transaction:
                    self._db.execute("ROLLBACK")
                raise

    def _all(self, sql: str, *values: object) -> list[tuple[Any, ...]]:
        with self.lock, explained(self.file.parent):
            rows: list[tuple[Any, ...]] = self._db.execute(sql, values).fetchall()
            return rows

    def _one(self, sql: str, *values: object) -> tuple[Any, ...] | None:
        rows = self._all(sql, *values)
        return rows[0] if rows else None

    def _insert(self, sql: str, *values: object) -> int:
        return int(self._db.execute(sql, values).lastrowid)

    # -- what the library knows of itself

    def meta(self, key: str) -> Any:
        """A value of the library itself, or None."""
        row = self._one("SELECT value FROM meta WHERE key = ?", key)
        return row[0] if row else None

    def set_meta(self, key: str, value: object) -> None:
        """Inside :meth:`writing`."""
        self._db.execute("INSERT OR REPLACE INTO meta(key, value) VALUES (?, ?)", (key, value))

    def schema_version(self) -> int:
        """The number of its schema."""
        with self.lock:
            return schema.version_of(self._db)

    def revision(self) -> int:
        """Raised by every change of what a person can see."""
        return int(self.meta("revision"))

    def index_revision(self) -> int:
        """The revision that the index is known to show; -1 while it is being rewritten."""
        return int(self.meta("index_revision"))

    def raise_revision(self, *, index_too: bool) -> int:
        """Inside :meth:`writing`: the next revision; ``index_too`` when the index has nothing to follow."""
        revision = self.revision() + 1
        if index_too and self.index_revision() == revision - 1:
            self.set_meta("index_revision", revision)
        self.set_meta("revision", revision)
        return revision

    def is_untouched(self) -> bool:
        """Whether nothing was ever added, asked, made or bound here."""
        tables = [str(row[0]) for row in self._all("SELECT name FROM sqlite_master WHERE type = 'table'")]
        kept = [name for name in tables if name != "meta" and not name.startswith("sqlite_")]
        rows = any(self._one(f"SELECT 1 FROM {name} LIMIT 1") for name in kept)
        once = self._one("SELECT 1 FROM sqlite_sequence WHERE seq > 0 LIMIT 1")  # AUTOINCREMENT remembers
        return not rows and not once and self.revision() == 0 and self.embedder() is None

    def forgetting(self) -> bool:
        """Whether a removal has not been finished: something of it may still be in the index or among the files."""
        return bool(self.meta("forgetting"))

    def has_forgotten(self) -> None:
        """The removal is finished."""
        with self.writing():
            self.set_meta("forgetting", 0)

    def embedder(self) -> EmbedderIdentity | None:
        """Whose vectors are in here."""
        stored = self.meta("embedder")
        return EmbedderIdentity(**json.loads(stored)) if stored else None

    def set_embedder(self, identity: EmbedderIdentity) -> None:
        """Bind the library to an embedder."""
        value = {"name": identity.name, "sha256": identity.sha256, "dimensions": identity.dimensions}
        with self.writing():
            self.set_meta("embedder", json.dumps(value))

    def has_vectors(self) -> bool:
        """Whether anything was ever embedded and is still here."""
        return self._one("SELECT 1 FROM passages WHERE vector IS NOT NULL LIMIT 1") is not None

    # -- contents: what was read from some bytes

    def known(self, sha256: str, version: str) -> bool:
        """Whether this version of the reader need not read these bytes: what it gave is final, or still staged."""
        sql = "SELECT 1 FROM contents WHERE sha256 = ? AND version = ? AND (final = 1 OR staged = 1)"
        return self._one(sql, sha256, version) is not None

    def readable_pages(self, sha256: str, version: str) -> frozenset[int] | None:
        """Indexes of the pages without a problem, as published; None when there is nothing of this version."""
        sql = "SELECT pages, unreadable FROM contents WHERE sha256 = ? AND version = ? AND staged = 0"
        row = self._one(sql, sha256, version)
        return frozenset(range(row[0])).difference(json.loads(row[1])) if row else None

    def add_content(self, reading: Reading, passages: Sequence[Passage], version: str, final: bool) -> None:
        """Store what was read, staged.  Vectors of passages that read as before are taken over."""
        pages = {page.index: page for page in reading.pages}
        for passage in passages:
            if pages[passage.page_index].text[passage.start : passage.end] != passage.text:
                raise ValueError(f"passage {passage.id} is not the span of its page that it says it is")
        page_rows = [
            (
                page.index,
                clean(page.label),
                page.text.encode("utf-8", "surrogatepass"),
                pack_lines(page.lines),
                float(page.width),
                float(page.height),
                page.read_by.value,
                page.problem,
                page.hidden or None,
                float(page.confidence) if page.confidence < 1 else None,
            )
            for page in reading.pages
        ]
        passage_rows = [
            (p.id, n, p.page_index, p.start, p.end, _json([clean(h) for h in p.heading]), clean(p.number))
            for n, p in enumerate(passages)
        ]
        content_row = (
            clean(reading.title),
            reading.outcome.value,
            reading.reason,
            _json([[clean(h.title), h.page_index, h.level] for h in reading.outline]),
            _json({clean(k): clean(v) for k, v in reading.metadata.items()}),
            reading.reader,
            float(reading.seconds),
            len(page_rows),
            sum(page.read_by is ReadBy.OCR for page in reading.pages),
            _json(list(reading.unreadable)),
            len(passage_rows),
            _json(list(reading.hidden)) if reading.hidden else None,
        )
        taken_over = self._vectors_by_text(reading.sha256)
        with self.writing():
            self._db.execute("DELETE FROM contents WHERE sha256 = ? AND staged = 1", (reading.sha256,))
            content = self._insert(
                """INSERT INTO contents(sha256, staged, version, final, size, title, outcome, reason, outline, metadata,
                reader, seconds, pages, ocr_pages, unreadable, passages, hidden, digest)
                VALUES (?,1,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?)""",
                reading.sha256,
                version,
                int(final),
                reading.size,
                *content_row,
                _digest([content_row], page_rows, passage_rows),
            )
            self._db.executemany(
                """INSERT INTO pages(content, page_index, label, text, lines, width, height, read_by, problem, hidden,
                confidence) VALUES (?,?,?,?,?,?,?,?,?,?,?)""",
                [(content, *row) for row in page_rows],
            )
            self._db.executemany(
                """INSERT INTO passages(content, key, ordinal, page_index, start, "end", heading, number, vector)
                VALUES (?,?,?,?,?,?,?,?,?)""",
                [
                    (content, *row, taken_over.get(p.embedded_text))
                    for row, p in zip(passage_rows, passages, strict=True)
                ],
            )

    def _vectors_by_text(self, sha256: str) -> dict[str, bytes]:
        rows = self._all(
            # Without a version: found damaged, so its vectors are not trusted either.
            """SELECT p.key, p.content, p.vector FROM passages p JOIN contents c ON c.id = p.content
            WHERE c.sha256 = ? AND c.version <> '' AND p.vector IS NOT NULL""",
            sha256,
        )
        if not rows:
            return {}
        vectors = {(key, content): vector for key, content, vector in rows}
        found = self._passages(f"{_PASSAGES} WHERE c.sha256 = ? AND c.version <> '' AND p.vector IS NOT NULL", sha256)
        return {passage.embedded_text: vectors[passage.id, content] for content, passage in found}

    def digest_holds(self, content: int) -> bool:
        """Whether what was stored of a content is still what was stored; vectors included."""
        columns = (
            "title, outcome, reason, outline, metadata, reader, seconds, pages, ocr_pages, unreadable, passages, hidden"
        )
        row = self._one(f"SELECT digest, {columns} FROM contents WHERE id = ?", content)
        pages = self._all(
            """SELECT page_index, label, text, lines, width, height, read_by, problem, hidden, confidence FROM pages
            WHERE content = ? ORDER BY rowid""",
            content,
        )
        passages = self._all(
            """SELECT key, ordinal, page_index, start, "end", heading, number FROM passages WHERE content = ?
            ORDER BY ordinal""",
            content,
        )
        if row is None or _digest([row[1:]], pages, passages) != row[0]:
            return False
        identity = self.embedder()
        vectors = self._all("SELECT vector FROM passages WHERE content = ? AND vector IS NOT NULL", content)
        return identity is not None and all(vector_is_intact(v[0], identity.dimensions) for v in vectors)

    def mark_for_reading(self, content: int, *, now: bool = True) -> None:
        """Have a content whose rows are damaged read again from its original: ``now``, by putting it on the list of
        imports; else when its file is added again.
        """
        rows = self._all(f"{_DOCUMENTS} WHERE d.content = ? AND d.retired_at IS NULL LIMIT 1", content)
        with self.writing():
            self._db.execute("UPDATE contents SET version = '' WHERE id = ?", (content,))
            for row in rows if now else ():
                document = _document(row)
                self._journal(document.sha256, document.size, document.name, document.collection, "")

    def contents(self) -> dict[int, str]:
        """Every content: number -> SHA-256."""
        return dict(self._all("SELECT id, sha256 FROM contents"))

    def active_contents(self) -> dict[int, int]:
        """Contents of active documents -> number of passages, those without passages left out."""
        rows = self._all(f"SELECT id, passages FROM contents WHERE passages > 0 AND id IN ({_ACTIVE})")
        return dict(rows)

    def without_documents(self) -> list[str]:
        """Hashes of contents that no document uses and no import waits for."""
        rows = self._all(
            """SELECT sha256 FROM contents WHERE id NOT IN (SELECT content FROM documents)
            AND sha256 NOT IN (SELECT sha256 FROM imports)"""
        )
        return [row[0] for row in rows]

    def drop_unused(self, sha256s: Iterable[str]) -> list[str]:
        """Inside :meth:`writing`: forget contents that nothing uses; the hashes whose originals may now go."""
        unused = []
        for sha256 in sorted(set(sha256s)):
            if self._one("SELECT 1 FROM imports WHERE sha256 = ?", sha256):
                continue
            self._db.execute(
                "DELETE FROM contents WHERE sha256 = ? AND id NOT IN (SELECT content FROM documents)", (sha256,)
            )
            if not self._one("SELECT 1 FROM contents WHERE sha256 = ?", sha256):
                unused.append(sha256)
        return unused

    # -- pages and passages

    def page(self, sha256: str, page_index: int) -> Page | None:
        """One page of what was read from these bytes."""
        row = self._one(
            """SELECT p.page_index, p.label, p.text, p.lines, p.width, p.height, p.read_by, p.problem, p.hidden,
            p.confidence FROM pages p JOIN contents c ON c.id = p.content
            WHERE c.sha256 = ? AND p.page_index = ? ORDER BY c.staged LIMIT 1""",
            sha256,
            page_index,
        )
        if row is None:
            return None
        index, label, text, packed, width, height, read_by, problem, hidden, confidence = row
        try:
            lines = unpack_lines(packed)
        except (zlib.error, ValueError, IndexError, TypeError) as fault:
            raise UserProblem("library_damaged", folder=self.file.parent, fault=fault) from fault
        sure = 1.0 if confidence is None else confidence
        return Page(index, label, _text(text), lines, width, height, ReadBy(read_by), problem, hidden or 0, sure)

    def sheets(self, sha256: str) -> list[Page]:
        """The pages of what was read from these bytes, in order, without their texts and lines."""
        rows = self._all(
            """SELECT page_index, label, width, height, read_by, problem, hidden FROM pages WHERE content =
            (SELECT id FROM contents WHERE sha256 = ? ORDER BY staged LIMIT 1) ORDER BY page_index""",
            sha256,
        )
        return [
            Page(index, label, "", (), width, height, ReadBy(read_by), problem, hidden or 0)
            for index, label, width, height, read_by, problem, hidden in rows
        ]

    def _passages(self, sql: str, *values: object) -> list[tuple[int, Passage]]:
        rows = self._all(sql, *values)
        wanted = sorted({(row[0], row[1]) for row in rows})
        texts: dict[tuple[int, int], str] = {}
        for at in range(0, len(wanted), _AT_ONCE):
            part = _json([list(pair) for pair in wanted[at : at + _AT_ONCE]])
            for content, index, text in self._all(
                """SELECT g.content, g.page_index, g.text FROM json_each(?) w JOIN pages g
                ON g.content = json_extract(w.value, '$[0]') AND g.page_index = json_extract(w.value, '$[1]')""",
                part,
            ):
                texts[content, index] = _text(text)
        return [
            (
                content,
                Passage(
                    key, sha, index, start, end, texts[content, index][start:end], tuple(json.loads(heading)), number
                ),
            )
            for content, index, key, sha, start, end, heading, number in rows
        ]

    def passages(self, keys: Sequence[str]) -> list[Passage]:
        """The passages with these ids, in the order asked; ids that are not here are left out."""
        found = self._passages(
            f"{_PASSAGES} WHERE c.staged = 0 AND p.key IN (SELECT value FROM json_each(?))", _json(list(keys))
        )
        by_key = {passage.id: passage for _, passage in found}
        return [by_key[key] for key in keys if key in by_key]

    def places(self, keys: Sequence[str]) -> dict[str, tuple[int, int]]:
        """Passage id -> (content, page) of the passages with these ids; ids that are not here are left out."""
        rows = self._all(
            "SELECT key, content, page_index FROM passages WHERE key IN (SELECT value FROM json_each(?))",
            _json(list(keys)),
        )
        return {str(key): (int(content), int(page)) for key, content, page in rows}

    def neighbours(self, passage: Passage, before: int, after: int) -> list[Passage]:
        """The passages around one in its document, in order, without itself."""
        row = self._one(
            """SELECT p.content, p.ordinal FROM passages p JOIN contents c ON c.id = p.content
            WHERE c.staged = 0 AND p.key = ?""",
            passage.id,
        )
        if row is None:
            return []
        content, ordinal = row
        found = self._passages(
            f"{_PASSAGES} WHERE p.content = ? AND p.ordinal BETWEEN ? AND ? AND p.ordinal <> ? ORDER BY p.ordinal",
            content,
            ordinal - before,
            ordinal + after,
            ordinal,
        )
        return [neighbour for _, neighbour in found]

    def keys(self, passages: Sequence[int]) -> dict[int, str]:
        """Passage number -> passage id."""
        rows = self._all(
            "SELECT id, key FROM passages WHERE id IN (SELECT value FROM json_each(?))", _json(list(passages))
        )
        return dict(rows)

    def unembedded(self, sha256s: Sequence[str], limit: int) -> list[Passage]:
        """Up to ``limit`` passages of these contents that have no vector yet, in order."""
        found = self._passages(
            f"""{_PASSAGES} WHERE p.vector IS NULL AND p.content IN (
            SELECT max(id) FROM contents WHERE sha256 IN (SELECT value FROM json_each(?)) GROUP BY sha256)
            ORDER BY p.content, p.ordinal LIMIT ?""",
            _json(list(sha256s)),
            limit,
        )
        return [passage for _, passage in found]

    def unembedded_count(self, sha256s: Sequence[str]) -> int:
        """How many passages of these contents have no vector yet."""
        row = self._one(
            """SELECT count(*) FROM passages WHERE vector IS NULL AND content IN (
            SELECT max(id) FROM contents WHERE sha256 IN (SELECT value FROM json_each(?)) GROUP BY sha256)""",
            _json(list(sha256s)),
        )
        return int(row[0]) if row else 0

    def set_vectors(self, passages: Sequence[Passage], vectors: npt.NDArray[np.float32]) -> None:
        """Keep the vectors of these passages; durable on return."""
        with self.writing():
            self._db.executemany(
                """UPDATE passages SET vector = ? WHERE key = ? AND content =
                (SELECT max(id) FROM contents WHERE sha256 = ?)""",
                [(pack_vector(v), p.id, p.sha256) for p, v in zip(passages, vectors, strict=True)],
            )

    def index_rows(self, contents: Collection[int], tell: Callable[[int], None]) -> Iterator[Rows]:
        """What the index holds of these contents, a few thousand passages at a time; ``tell`` gets how many so far."""
        identity = self.embedder()
        if identity is None:
            return
        done, last, wanted = 0, 0, _json(sorted(contents))
        while True:
            ids = self._all(
                """SELECT id, content, vector FROM passages WHERE id > ? AND vector IS NOT NULL
                AND content IN (SELECT value FROM json_each(?)) ORDER BY id LIMIT ?""",
                last,
                wanted,
                _AT_ONCE,
            )
            if not ids:
                return
            found = self._passages(
                f"""{_PASSAGES} WHERE p.id BETWEEN ? AND ? AND p.vector IS NOT NULL
                AND p.content IN (SELECT value FROM json_each(?)) ORDER BY p.id""",
                ids[0][0],
                ids[-1][0],
                wanted,
            )
            yield Rows(
                np.array([row[0] for row in ids], np.int64),
                np.array([row[1] for row in ids], np.int32),
                [clean(" ".join(index_terms(passage.embedded_text))) for _, passage in found],
                unpack_vectors([row[2] for row in ids], identity.dimensions),
            )
            last = ids[-1][0]
            done += len(ids)
            tell(done)

    def passage_numbers(self, contents: Collection[int]) -> npt.NDArray[np.int64]:
        """The numbers of all passages of these contents, sorted."""
        rows = self._all(
            "SELECT id FROM passages WHERE content IN (SELECT value FROM json_each(?)) ORDER BY id",
            _json(sorted(contents)),
        )
        return np.array([row[0] for row in rows], np.int64)

    # -- documents and collections

    def documents(self) -> list[Document]:
        """Every active document, by collection and name."""
        return [_document(r) for r in self._all(f"{_DOCUMENTS} WHERE d.retired_at IS NULL ORDER BY k.name, d.name")]

    def document(self, name: str, collection: str) -> Document | None:
        """The active document of exactly that name."""
        row = self._one(f"{_DOCUMENTS} WHERE d.retired_at IS NULL AND k.name = ? AND d.name = ?", collection, name)
        return _document(row) if row else None

    def names(self, collection: str) -> dict[str, str]:
        """The active documents of a collection: name -> SHA-256."""
        rows = self._all(
            """SELECT d.name, c.sha256 FROM documents d JOIN contents c ON c.id = d.content
            JOIN collections k ON k.id = d.collection WHERE d.retired_at IS NULL AND k.name = ?""",
            collection,
        )
        return dict(rows)

    def standings(self, sha256: str) -> list[Standing]:
        """The documents that these bytes are, then those that they were, the latest first."""
        rows = self._all(f"{_DOCUMENTS} WHERE c.sha256 = ? ORDER BY d.retired_at IS NOT NULL, d.id DESC", sha256)
        active = {row[0] for row in self._all("SELECT id FROM documents WHERE retired_at IS NULL")} if rows else set()
        return [Standing(_document(row), row[0] in active, self._newest_after(row[0])) for row in rows]

    def _newest_after(self, document: int) -> str:
        row = self._one(
            """WITH RECURSIVE line(id, step) AS (SELECT ?, 0 UNION
            SELECT d.id, line.step + 1 FROM documents d JOIN line ON d.replaces = line.id)
            SELECT c.sha256 FROM line JOIN documents d ON d.id = line.id JOIN contents c ON c.id = d.content
            WHERE line.step > 0 ORDER BY line.step DESC, d.id DESC LIMIT 1""",
            document,
        )
        return str(row[0]) if row else ""

    def document_count(self) -> int:
        """How many documents are active."""
        row = self._one("SELECT count(*) FROM documents WHERE retired_at IS NULL")
        return int(row[0]) if row else 0

    def contents_of(self, documents: Iterable[int]) -> list[int]:
        """The distinct contents of these documents, sorted."""
        rows = self._all(
            "SELECT DISTINCT content FROM documents WHERE id IN (SELECT value FROM json_each(?)) ORDER BY content",
            _json(list(documents)),
        )
        return [row[0] for row in rows]

    def collections(self) -> list[tuple[str, int]]:
        """(name, number of active documents) of every collection, by name."""
        rows = self._all(
            """SELECT k.name, count(d.id) FROM collections k
            LEFT JOIN documents d ON d.collection = k.id AND d.retired_at IS NULL GROUP BY k.id ORDER BY k.name"""
        )
        return [(name, count) for name, count in rows]

    def documents_ever(self, collection: str) -> list[int]:
        """Every document of a collection, earlier versions included."""
        rows = self._all(
            "SELECT d.id FROM documents d JOIN collections k ON k.id = d.collection WHERE k.name = ?", collection
        )
        return [row[0] for row in rows]

    def collection(self, name: str) -> int:
        """Inside :meth:`writing`: the number of a collection, made when it is not there."""
        row = self._one("SELECT id FROM collections WHERE name = ?", name)
        return int(row[0]) if row else self._insert("INSERT INTO collections(name) VALUES (?)", name)

    def rename(self, old: str, new: str) -> None:
        """Inside :meth:`writing`: rename a collection."""
        self._db.execute("UPDATE collections SET name = ? WHERE name = ?", (new, old))
        self._db.execute("UPDATE imports SET collection = ? WHERE collection = ?", (new, old))
        self._db.execute("UPDATE rejected SET collection = ? WHERE collection = ?", (new, old))

    def drop_collection(self, name: str) -> None:
        """Inside :meth:`writing`: delete an empty collection, and what is known of files rejected from it."""
        self._db.execute("DELETE FROM collections WHERE name = ?", (name,))
        self._db.execute("DELETE FROM rejected WHERE collection = ?", (name,))

    def with_history(self, documents: Iterable[int]) -> list[int]:
        """These documents, the earlier versions they replaced, and what was retired under one of their names."""
        listed: set[int] = set()
        more = set(documents)
        while not more <= listed:
            rows = self._all(
                """WITH RECURSIVE line(id) AS (SELECT value FROM json_each(?) UNION
                SELECT d.replaces FROM documents d JOIN line ON d.id = line.id WHERE d.replaces IS NOT NULL)
                SELECT id FROM line""",
                _json(sorted(listed | more)),
            )
            listed = {row[0] for row in rows}
            more = {row[0] for row in self._all(_RETIRED_ALONE, _json(sorted(listed)))}
        return sorted(listed)

    def move(self, documents: Iterable[int], collection: str) -> None:
        """Inside :meth:`writing`: put documents and their history into another collection."""
        target = self.collection(collection)
        self._db.executemany(
            "UPDATE documents SET collection = ? WHERE id = ?", [(target, d) for d in self.with_history(documents)]
        )

    def retire(self, documents: Iterable[int]) -> frozenset[int]:
        """Inside :meth:`writing`: take documents out of sight; the contents that are no longer active."""
        listed = list(documents)
        contents = self.contents_of(listed)
        self._db.executemany("UPDATE documents SET retired_at = ? WHERE id = ?", [(now(), d) for d in listed])
        return self._inactive(contents)

    def remove(self, documents: Iterable[int]) -> tuple[frozenset[int], list[str]]:
        """Inside :meth:`writing`: delete documents with their history.

        The contents that are no longer active, and the hashes whose originals may go.
        """
        listed = self.with_history(documents)
        contents = self.contents_of(listed)
        hashes = self.contents()
        # What waits to be read again must not bring them back.
        self._db.executemany(
            """DELETE FROM imports WHERE EXISTS (SELECT 1 FROM documents d JOIN contents c ON c.id = d.content
            JOIN collections k ON k.id = d.collection WHERE d.id = ? AND c.sha256 = imports.sha256
            AND d.name = imports.name AND k.name = imports.collection)""",
            [(d,) for d in listed],
        )
        self._db.executemany("DELETE FROM documents WHERE id = ?", [(d,) for d in listed])
        gone = self._inactive(contents)
        return gone, self.drop_unused(hashes[content] for content in contents)

    def _inactive(self, contents: Iterable[int]) -> frozenset[int]:
        active = {row[0] for row in self._all(_ACTIVE)}
        return frozenset(content for content in contents if content not in active)

    # -- imports

    def begin_import(
        self, sha256: str, size: int, name: str, collection: str, replaces: str, source: Path | None
    ) -> PendingImport:
        """Write down that this file is to be added; durable on return."""
        with self.writing():
            self._journal(sha256, size, name, collection, replaces, source)
        return next(p for p in self.pending() if (p.sha256, p.name, p.collection) == (sha256, name, collection))

    def _journal(
        self, sha256: str, size: int, name: str, collection: str, replaces: str, source: Path | None = None
    ) -> None:
        self._db.execute(
            """INSERT INTO imports(sha256, size, name, collection, replaces, requested_at, source)
            VALUES (?,?,?,?,?,?,?) ON CONFLICT(sha256, name, collection)
            DO UPDATE SET replaces = excluded.replaces, source = excluded.source""",
            (sha256, size, name, collection, replaces, now(), _place(source)),
        )

    def pending(self) -> list[PendingImport]:
        """What was asked for and is not done, oldest first."""
        rows = self._all("SELECT id, sha256, size, name, collection, replaces, source FROM imports ORDER BY id")
        return [
            PendingImport(number, sha256, size, name, collection, replaces, _path(place))
            for number, sha256, size, name, collection, replaces, place in rows
        ]

    def end_imports(self, pending: Iterable[PendingImport]) -> list[str]:
        """Take these off the list; the hashes whose originals may now go."""
        listed = list(pending)
        with self.writing():
            self._db.executemany("DELETE FROM imports WHERE id = ?", [(p.id,) for p in listed])
            return self.drop_unused(p.sha256 for p in listed)

    # -- files that were rejected

    def reject(self, files: Iterable[Rejected]) -> None:
        """Keep these on the list of rejected files, each in the place of what was known of it."""
        with self.writing():
            for file in files:
                self._db.execute(
                    """DELETE FROM rejected WHERE collection = ? AND source = ? AND
                    (source <> x'' OR (name = ? AND sha256 = ?))""",
                    (file.collection, _place(file.source), file.name, file.sha256),
                )
                self._db.execute(
                    """INSERT INTO rejected(name, collection, source, sha256, size, replaces, reason, details,
                    rejected_at) VALUES (?,?,?,?,?,?,?,?,?)""",
                    (
                        *(file.name, file.collection, _place(file.source), file.sha256, file.size, file.replaces),
                        *(file.reason, clean(_json(dict(file.details))), now()),
                    ),
                )

    def rejected(self) -> list[Rejected]:
        """Every file that was rejected and has neither come in since nor been forgotten."""
        rows = self._all(
            """SELECT id, name, collection, source, sha256, size, replaces, reason, details, rejected_at FROM rejected
            ORDER BY collection, name, id"""
        )
        return [
            Rejected(
                *(name, collection, reason, json.loads(details), _path(source), sha256, size, replaces, at, number)
            )
            for number, name, collection, source, sha256, size, replaces, reason, details, at in rows
        ]

    def forget_rejected(self, numbers: Iterable[int]) -> None:
        """Take these off the list of rejected files."""
        with self.writing():
            self._db.executemany("DELETE FROM rejected WHERE id = ?", [(number,) for number in numbers])

    def _has_come_in(self, item: PendingImport) -> None:
        """Forget that these bytes were rejected, or the file in that place, or one of that name that was never read."""
        self._db.execute(
            """DELETE FROM rejected WHERE sha256 = ? OR (collection = ? AND (
            (source <> x'' AND source = ?) OR (sha256 = '' AND name = ?)))""",
            (item.sha256, item.collection, _place(item.source), item.name),
        )

    def publish(self, items: Sequence[PendingImport]) -> Published:
        """Make these files documents.  Everything about them must be stored and embedded."""
        added: list[str] = []
        replaced: list[str] = []
        unchanged: list[str] = []
        refused: list[PendingImport] = []
        before = set(self.active_contents())
        with self.writing():
            for item in items:
                if not self._one("SELECT 1 FROM imports WHERE id = ?", item.id):
                    continue  # given up meanwhile: its document was removed
                read_anew = self._unstage(item.sha256)
                content = self._one("SELECT id FROM contents WHERE sha256 = ? AND staged = 0", item.sha256)
                if content is None:
                    raise ValueError(f"{item.name} was never read")
                if self._is_taken(item, int(content[0])):
                    refused.append(item)
                else:
                    self._publish_one(item, int(content[0]), read_anew, added, replaced, unchanged)
                    self._has_come_in(item)
                self._db.execute("DELETE FROM imports WHERE id = ?", (item.id,))
            originals = self.drop_unused(item.sha256 for item in refused)
            after = set(self.active_contents())
            revision = self.revision()
            if added or replaced or before != after:
                revision = self.raise_revision(index_too=before == after)
        return Published(
            tuple(added),
            tuple(replaced),
            tuple(unchanged),
            tuple(item.name for item in refused),
            frozenset(before - after),
            frozenset(after - before),
            tuple(originals),
            revision,
        )

    def _is_taken(self, item: PendingImport, content: int) -> bool:
        """Whether a different document has the name, and nobody said that it may go."""
        same = self._active(self.collection(item.collection), item.name)
        return same is not None and same[1] != content and item.replaces != item.name

    def _publish_one(
        self,
        item: PendingImport,
        content: int,
        read_anew: bool,
        added: list[str],
        replaced: list[str],
        unchanged: list[str],
    ) -> None:
        collection = self.collection(item.collection)
        same = self._active(collection, item.name)
        other = self._active(collection, item.replaces) if item.replaces and item.replaces != item.name else None
        if same and same[1] == content and not other:
            (replaced if read_anew else unchanged).append(item.name)
            return
        for old in (same, other):
            if old and not (old is same and same[1] == content):
                self._db.execute("UPDATE documents SET retired_at = ? WHERE id = ?", (now(), old[0]))
        if other:
            replaced.append(item.replaces)
        if same and other:
            # Two histories become one: what is removed later takes both along.
            first = self._one(
                """WITH RECURSIVE line(id, earlier) AS (SELECT id, replaces FROM documents WHERE id = ? UNION
                SELECT d.id, d.replaces FROM documents d JOIN line ON d.id = line.earlier)
                SELECT id FROM line WHERE earlier IS NULL""",
                same[0],
            )
            assert first is not None
            self._db.execute("UPDATE documents SET replaces = ? WHERE id = ?", (other[0], first[0]))
        if same and same[1] == content:
            return  # the new file was already here under its name; only the old one had to go
        version = 1 + max((old[2] for old in (same, other) if old), default=0)
        replaces = other[0] if other else same[0] if same else None
        if same:
            replaced.append(item.name)
        else:
            added.append(item.name)
        self._db.execute(
            "INSERT INTO documents(content, collection, name, version, added_at, replaces) VALUES (?,?,?,?,?,?)",
            (content, collection, item.name, version, now(), replaces),
        )

    def _unstage(self, sha256: str) -> bool:
        """Let what was read last take the place of what was read before; whether there was a before."""
        rows = dict(self._all("SELECT staged, id FROM contents WHERE sha256 = ?", sha256))
        if 1 not in rows:
            return False
        if 0 in rows:
            self._db.execute("UPDATE documents SET content = ? WHERE content = ?", (rows[1], rows[0]))
            self._db.execute("DELETE FROM contents WHERE id = ?", (rows[0],))
        self._db.execute("UPDATE contents SET staged = 0 WHERE id = ?", (rows[1],))
        return 0 in rows

    def _active(self, collection: int, name: str) -> tuple[int, int, int] | None:
        row = self._one(
            "SELECT id, content, version FROM documents WHERE collection = ? AND name = ? AND retired_at IS NULL",
            collection,
            name,
        )
        return (row[0], row[1], row[2]) if row else None

    # -- the index, as it was last written

    def index_files(self) -> list[IndexFile]:
        """Every file of the index."""
        return [IndexFile(*row) for row in self._all("SELECT path, size, sha256 FROM index_files ORDER BY path")]

    def set_index(self, revision: int, files: Iterable[IndexFile]) -> None:
        """The index now shows ``revision`` and consists of ``files``."""
        with self.writing():
            self._db.execute("DELETE FROM index_files")
            self._db.executemany("INSERT INTO index_files VALUES (?,?,?)", [(f.path, f.size, f.sha256) for f in files])
            self.set_meta("index_revision", revision)

    # -- the audit record

    def append_record(self, body: Mapping[str, object]) -> AuditRecord:
        """The next record of the chain; durable on return."""
        with self.writing():
            sequence, previous = self.audit_head()
            record = link(sequence + 1, previous, body)
            self._db.execute(
                "INSERT INTO audit(sequence, body, previous, hash) VALUES (?,?,?,?)",
                (record.sequence, record.body, record.previous, record.hash),
            )
        return record

    def audit_head(self) -> tuple[int, str]:
        """(sequence, hash) of the last record; (0, GENESIS) when there is none."""
        row = self._one("SELECT sequence, hash FROM audit ORDER BY sequence DESC LIMIT 1")
        return (int(row[0]), str(row[1])) if row else (0, GENESIS)

    def records(self, first: int) -> Iterator[AuditRecord]:
        """The records from number ``first`` on."""
        while rows := self._all(
            "SELECT sequence, body, previous, hash FROM audit WHERE sequence >= ? ORDER BY sequence LIMIT 500", first
        ):
            yield from (AuditRecord(*row) for row in rows)
            first = rows[-1][0] + 1

    # -- conversations

    def keep_exchange(self, conversation: int, title: str, typed: str, scope: Scope, answer: Answer) -> Exchange:
        """Add to a conversation, or to a new one of that title for 0; durable on return."""
        utc = now()
        # The record itself is in the audit table; a second copy would only be one more place to forget it from.
        bare = replace(answer, record=replace(answer.record, body=""))
        said = (typed, answer.checked.question, *(claim.text for claim in answer.checked.claims))
        row = (
            clean(typed),
            canonical(to_plain(scope)),
            canonical(to_plain(bare)),
            answer.record.sequence,
            clean(normalise("\n".join(said))),
            utc,
        )
        with self.writing():
            if conversation:
                self._change_conversation("UPDATE conversations SET utc = ? WHERE id = ?", utc, conversation)
            else:
                conversation = self._insert(
                    "INSERT INTO conversations(title, words, utc) VALUES (?,?,?)", title, normalise(title), utc
                )
            exchange = self._insert(
                """INSERT INTO exchanges(conversation, typed, scope, answer, record, words, utc, digest)
                VALUES (?,?,?,?,?,?,?,?)""",
                conversation,
                *row,
                _digest([row]),
            )
            self._db.execute("DELETE FROM meta WHERE key = 'under_way'")
        return Exchange(exchange, conversation, row[0], scope, answer, utc, _outdated(answer, self._current()))

    def set_under_way(self, asked: UnderWay | None) -> None:
        """What is being asked, so that an answer that a kill breaks off finds its conversation; None for nothing."""
        with self.writing():
            if asked is None:
                self._db.execute("DELETE FROM meta WHERE key = 'under_way'")
            else:
                plain = to_plain(replace(asked, typed=clean(asked.typed)))
                self.set_meta("under_way", canonical(plain))

    def under_way(self) -> UnderWay | None:
        """What was being asked when the program ended before the answer did."""
        kept = self.meta("under_way")
        try:
            return from_plain(UnderWay, json.loads(kept)) if kept else None
        except ValueError:
            return None  # of another version of the program, or damaged: then the audit records alone tell of it

    def conversations(self, words: Sequence[str]) -> list[Conversation]:
        """Those in whose title, questions or answers every one of ``words`` occurs; the newest first."""
        rows = self._all(
            """SELECT c.id, c.title, c.utc, count(e.id) FROM conversations c
            JOIN exchanges e ON e.conversation = c.id WHERE NOT EXISTS (
                SELECT 1 FROM json_each(?) w WHERE instr(c.words, w.value) = 0 AND NOT EXISTS (
                    SELECT 1 FROM exchanges s WHERE s.conversation = c.id AND instr(s.words, w.value) > 0))
            GROUP BY c.id ORDER BY max(e.id) DESC""",
            _json([clean(normalise(word)) for word in words]),
        )
        return [Conversation(*row) for row in rows]

    def exchanges(self, conversation: int) -> list[Exchange]:
        """The exchanges of a conversation, the oldest first.  UserProblem when it is not there."""
        rows = self._all(
            """SELECT e.id, e.typed, e.scope, e.answer, e.utc, a.body FROM exchanges e
            LEFT JOIN audit a ON a.sequence = e.record WHERE e.conversation = ? ORDER BY e.id""",
            conversation,
        )
        if not rows:
            raise UserProblem("conversation_unknown")
        current = self._current()
        found = []
        for number, typed, scope, kept, utc, body in rows:
            try:
                answer = from_plain(Answer, json.loads(kept))
                within = from_plain(Scope, json.loads(scope))
            except ValueError as fault:
                raise UserProblem("library_damaged", folder=self.file.parent, fault=fault) from fault
            # The hash is the one kept with the answer: if the record was edited since, it does not fit and shows it.
            whole = replace(answer, record=replace(answer.record, body=body or ""))
            found.append(Exchange(number, conversation, typed, within, whole, utc, _outdated(whole, current)))
        return found

    def rename_conversation(self, conversation: int, title: str) -> None:
        """Another title.  UserProblem when the conversation is not there."""
        with self.writing():
            sql = "UPDATE conversations SET title = ?, words = ? WHERE id = ?"
            self._change_conversation(sql, title, normalise(title), conversation)

    def delete_conversation(self, conversation: int) -> None:
        """Delete it with its exchanges.  UserProblem when it is not there."""
        with self.writing():
            self._change_conversation("DELETE FROM conversations WHERE id = ?", conversation)

    def damaged_conversations(self) -> list[str]:
        """The titles of conversations in which something is not what was kept."""
        sql = """SELECT c.title, e.digest, e.typed, e.scope, e.answer, e.record, e.words, e.utc FROM exchanges e
            JOIN conversations c ON c.id = e.conversation WHERE e.id = ?"""
        numbers = [row[0] for row in self._all("SELECT id FROM exchanges ORDER BY id")]
        rows = (row for number in numbers for row in self._all(sql, number))
        return list(dict.fromkeys(row[0] for row in rows if _digest([row[2:]]) != row[1]))

    def _change_conversation(self, sql: str, *values: object) -> None:
        if self._db.execute(sql, values).rowcount == 0:
            raise UserProblem("conversation_unknown")

    def _current(self) -> set[str]:
        """The hashes of all active documents."""
        return {row[0] for row in self._all(f"SELECT sha256 FROM contents WHERE id IN ({_ACTIVE})")}

    # -- health

    def integrity_faults(self) -> list[str]:
        """What SQLite finds wrong with its own file."""
        try:
            with self.lock:
                found = [str(row[0]) for row in self._db.execute("PRAGMA integrity_check").fetchall()]
        except sqlite.DatabaseError as fault:
            return [str(fault)]
        return [line for line in found if line != "ok"]

    def make_indexes_anew(self) -> None:
        """Make SQLite's own indexes again from the tables; what stands in the tables stays as it is."""
        with self.lock, suppress(sqlite.DatabaseError):  # then it is still found damaged
            self._db.execute("REINDEX").fetchall()

    def torn_rows(self) -> dict[str, list[int]]:
        """Rows that belong to a row which is not there: table -> their numbers."""
        torn: dict[str, list[int]] = {}
        for table, number, *_ in self._all("PRAGMA foreign_key_check"):
            torn.setdefault(table, []).append(number)
        return torn

    def drop_rows(self, rows: Mapping[str, Sequence[int]]) -> None:
        """Delete rows of what was read or kept that belong to nothing any more."""
        with self.writing():
            for table, numbers in rows.items():
                self._db.executemany(f"DELETE FROM {table} WHERE rowid = ?", [(number,) for number in numbers])


def is_ours(file: Path) -> bool:
    """Whether a database from elsewhere is undamaged and made of this program's tables, indexes and triggers alone."""
    try:
        db = sqlite.connect(str(file), isolation_level=None)
        try:
            db.execute("PRAGMA trusted_schema = OFF").fetchall()
            if _quick_fault(db, lambda _: None):
                return False
            ours = sqlite.connect(":memory:", isolation_level=None)
            try:
                for migration in schema.MIGRATIONS[: schema.version_of(db)]:
                    migration(ours)
                return _shape(db) == _shape(ours)
            finally:
                ours.close()
        finally:
            db.close()
    except sqlite.DatabaseError:
        return False


def _shape(db: Any) -> set[tuple[Any, ...]]:
    return set(db.execute("SELECT type, name, tbl_name, sql FROM sqlite_master").fetchall())


def _quick_fault(db: Any, tell: Callable[[int], None]) -> str:
    """The first thing that SQLite finds wrong with a database in a quick look; empty when there is nothing."""
    stopped: list[BaseException] = []

    def look() -> int:
        try:
            tell(0)
        except BaseException as asked:  # SQLite would forget it
            stopped.append(asked)
        return len(stopped)

    db.set_progress_handler(look, 100_000)
    try:
        found = [str(row[0]) for row in db.execute("PRAGMA quick_check(1)")]
    except sqlite.DatabaseError as fault:
        if stopped:
            raise stopped[0] from fault
        return str(fault)
    finally:
        db.set_progress_handler(None, 0)
    return "" if found == ["ok"] else found[0]


def _outdated(answer: Answer, current: Collection[str]) -> tuple[str, ...]:
    """The cited contents that are not in ``current``."""
    cited = dict.fromkeys(c.sha256 for claim in answer.checked.claims for c in claim.citations)
    return tuple(sha256 for sha256 in cited if sha256 not in current)


def _json(value: object) -> str:
    return json.dumps(value, ensure_ascii=False, separators=(",", ":"))


def _place(source: Path | None) -> bytes:
    return os.fsencode(source) if source is not None else b""


def _path(place: bytes) -> Path | None:
    return Path(os.fsdecode(place)) if place else None


def _text(stored: bytes) -> str:
    try:
        return stored.decode("utf-8", "surrogatepass")
    except UnicodeDecodeError:
        return stored.decode("utf-8", "replace")  # damaged; the doctor tells, and the rest stays usable


def _digest(*tables: Sequence[Sequence[object]]) -> str:
    digest = hashlib.sha256()
    for rows in tables:
        digest.update(len(rows).to_bytes(8, "big"))
        for row in rows:
            # A column that came later counts where it says something: what was stored before it is still the same.
            while row and row[-1] is None:
                row = row[:-1]
            for value in row:
                part = value if isinstance(value, bytes) else str(value).encode("utf-8", "surrogatepass")
                digest.update(len(part).to_bytes(8, "big"))
                digest.update(part)
    return digest.hexdigest()


def _document(row: tuple[Any, ...]) -> Document:
    number, sha256, name, title, collection, pages, ocr, unreadable, outcome, reason, version, added_at, *rest = row
    size, hidden, in_sections, recognised = rest
    return Document(
        id=number,
        sha256=sha256,
        name=name,
        title=title,
        collection=collection,
        pages=pages,
        ocr_pages=ocr,
        unreadable_pages=tuple(json.loads(unreadable)),
        outcome=Outcome(outcome),
        reason=reason,
        version=version,
        added_at=added_at,
        size=size,
        hidden_pages=tuple(json.loads(hidden or "[]")),
        recognised=tuple(sorted((index, sure) for index, sure in json.loads(recognised))),
        in_sections=bool(in_sections),
    )
