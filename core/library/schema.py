"""The numbered schema of ``library.db``: one function a migration, each in one transaction."""

from __future__ import annotations

import os
import shutil
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

from core.errors import UserProblem

Connection = Any  # sqlcipher3 has no type information
Migration = Callable[[Connection], None]


def _first(db: Connection) -> None:
    for statement in (
        "CREATE TABLE meta(key TEXT PRIMARY KEY, value) WITHOUT ROWID",
        "CREATE TABLE collections(id INTEGER PRIMARY KEY AUTOINCREMENT, name TEXT NOT NULL UNIQUE)",
        # What was read from some bytes.  Staged: stored by an import, not yet seen by anybody.
        """CREATE TABLE contents(
            id INTEGER PRIMARY KEY AUTOINCREMENT, sha256 TEXT NOT NULL, staged INTEGER NOT NULL, version TEXT NOT NULL,
            size INTEGER NOT NULL, title TEXT NOT NULL, outcome TEXT NOT NULL, reason TEXT NOT NULL,
            outline TEXT NOT NULL, metadata TEXT NOT NULL, reader TEXT NOT NULL, seconds REAL NOT NULL,
            pages INTEGER NOT NULL, ocr_pages INTEGER NOT NULL, unreadable TEXT NOT NULL, passages INTEGER NOT NULL,
            digest TEXT NOT NULL, UNIQUE(sha256, staged))""",
        """CREATE TABLE pages(
            content INTEGER NOT NULL REFERENCES contents(id) ON DELETE CASCADE, page_index INTEGER NOT NULL,
            label TEXT NOT NULL, text BLOB NOT NULL, lines BLOB NOT NULL, width REAL NOT NULL, height REAL NOT NULL,
            read_by TEXT NOT NULL, problem TEXT NOT NULL, PRIMARY KEY(content, page_index))""",
        """CREATE TABLE passages(
            id INTEGER PRIMARY KEY AUTOINCREMENT,
            content INTEGER NOT NULL REFERENCES contents(id) ON DELETE CASCADE, key TEXT NOT NULL,
            ordinal INTEGER NOT NULL, page_index INTEGER NOT NULL, start INTEGER NOT NULL, "end" INTEGER NOT NULL,
            heading TEXT NOT NULL, number TEXT NOT NULL, vector BLOB,
            UNIQUE(content, ordinal), UNIQUE(content, key))""",
        "CREATE INDEX passages_by_key ON passages(key)",
        "CREATE INDEX passages_to_embed ON passages(content, ordinal) WHERE vector IS NULL",
        """CREATE TABLE documents(
            id INTEGER PRIMARY KEY AUTOINCREMENT, content INTEGER NOT NULL REFERENCES contents(id),
            collection INTEGER NOT NULL REFERENCES collections(id), name TEXT NOT NULL, version INTEGER NOT NULL,
            added_at TEXT NOT NULL, replaces INTEGER REFERENCES documents(id) ON DELETE SET NULL, retired_at TEXT)""",
        "CREATE UNIQUE INDEX documents_active ON documents(collection, name) WHERE retired_at IS NULL",
        "CREATE INDEX documents_by_content ON documents(content)",
        "CREATE INDEX documents_by_replaced ON documents(replaces)",
        # Files that somebody asked to add and that are not documents yet.
        """CREATE TABLE imports(
            id INTEGER PRIMARY KEY AUTOINCREMENT, sha256 TEXT NOT NULL, size INTEGER NOT NULL, name TEXT NOT NULL,
            collection TEXT NOT NULL, replaces TEXT NOT NULL, requested_at TEXT NOT NULL,
            UNIQUE(sha256, name, collection))""",
        """CREATE TABLE audit(
            sequence INTEGER PRIMARY KEY, body TEXT NOT NULL, previous TEXT NOT NULL, hash TEXT NOT NULL)""",
        "CREATE TRIGGER audit_no_update BEFORE UPDATE ON audit BEGIN SELECT RAISE(ABORT, 'audit is append-only'); END",
        "CREATE TRIGGER audit_no_delete BEFORE DELETE ON audit BEGIN SELECT RAISE(ABORT, 'audit is append-only'); END",
        # Every file of the index as it was when last written, so that damage to it shows.
        "CREATE TABLE index_files(path TEXT PRIMARY KEY, size INTEGER NOT NULL, sha256 TEXT NOT NULL) WITHOUT ROWID",
        "INSERT INTO meta(key, value) VALUES ('revision', 0), ('index_revision', 0)",
    ):
        db.execute(statement)


def _second(db: Connection) -> None:
    """Remember whether reading the same bytes again could give more: ``final`` 0 when a passing cause cost pages."""
    db.execute("ALTER TABLE contents ADD COLUMN final INTEGER NOT NULL DEFAULT 1")
    # Why a page was lost was not kept in a form that this room knows: one more reading of each will tell.
    db.execute("UPDATE contents SET final = 0 WHERE unreadable <> '[]'")


def _third(db: Connection) -> None:
    """Conversations: what was asked and answered, as a person left it."""
    for statement in (
        # ``words`` is what is searched, in both tables: the title; the questions and the sentences of the answer.
        """CREATE TABLE conversations(
            id INTEGER PRIMARY KEY AUTOINCREMENT, title TEXT NOT NULL, words TEXT NOT NULL, utc TEXT NOT NULL)""",
        # ``answer`` is JSON without the body of its record, which stands in the audit table under that number.
        """CREATE TABLE exchanges(
            id INTEGER PRIMARY KEY AUTOINCREMENT,
            conversation INTEGER NOT NULL REFERENCES conversations(id) ON DELETE CASCADE,
            typed TEXT NOT NULL, scope TEXT NOT NULL, answer TEXT NOT NULL, record INTEGER NOT NULL,
            words TEXT NOT NULL, utc TEXT NOT NULL, digest TEXT NOT NULL)""",
        "CREATE INDEX exchanges_by_conversation ON exchanges(conversation)",
    ):
        db.execute(statement)


def _fourth(db: Connection) -> None:
    """Files that were rejected stay on a list, with the reason, until they come in or a person forgets them."""
    for statement in (
        # ``source`` is where a file lay, as bytes: the system's names need not be text.  ``sha256`` is empty for one
        # that could not be read at all, ``replaces`` is as in ``imports``, ``details`` is JSON for the sentence.
        """CREATE TABLE rejected(
            id INTEGER PRIMARY KEY AUTOINCREMENT, name TEXT NOT NULL, collection TEXT NOT NULL, source BLOB NOT NULL,
            sha256 TEXT NOT NULL, size INTEGER NOT NULL, replaces TEXT NOT NULL, reason TEXT NOT NULL,
            details TEXT NOT NULL, rejected_at TEXT NOT NULL)""",
        "CREATE INDEX rejected_by_content ON rejected(sha256)",
        "CREATE INDEX rejected_by_source ON rejected(collection, source)",
        "ALTER TABLE imports ADD COLUMN source BLOB NOT NULL DEFAULT x''",
    ):
        db.execute(statement)


def _fifth(db: Connection) -> None:
    """What nobody can see on a page is counted and left out, and recognition says how sure it was."""
    for statement in (
        # NULL where there is nothing to say: then the digest of what was stored before stays good.
        "ALTER TABLE contents ADD COLUMN hidden TEXT",
        "ALTER TABLE pages ADD COLUMN hidden INTEGER",
        "ALTER TABLE pages ADD COLUMN confidence REAL",
    ):
        db.execute(statement)


def _sixth(db: Connection) -> None:
    """Which pages of a document recognition read, and how surely, is told without opening their texts."""
    db.execute("CREATE INDEX pages_recognised ON pages(content, page_index, confidence) WHERE confidence IS NOT NULL")


MIGRATIONS: tuple[Migration, ...] = (_first, _second, _third, _fourth, _fifth, _sixth)


def version_of(db: Connection) -> int:
    """The schema number of an open database; 0 for one that holds nothing yet."""
    return int(db.execute("PRAGMA user_version").fetchone()[0])


def migrate(db: Connection, file: Path, migrations: Sequence[Migration]) -> None:
    """Bring ``db`` to the newest schema, after a copy of ``file`` beside it when it already holds something.

    UserProblem when the schema is newer than this program.
    """
    found, newest = version_of(db), len(migrations)
    if found > newest:
        raise UserProblem("library_newer", folder=file.parent, found=found, known=newest)
    if 0 < found < newest:
        _backup(db, file, found)
    for number in range(found + 1, newest + 1):
        db.execute("BEGIN IMMEDIATE")
        try:
            migrations[number - 1](db)
            db.execute(f"PRAGMA user_version = {number}")
            db.execute("COMMIT")
        except BaseException:
            if db.in_transaction:
                db.execute("ROLLBACK")
            raise


def backup_of(file: Path, number: int) -> Path:
    """Where the copy of schema ``number`` is kept."""
    return file.with_name(f"{file.stem}.schema-{number}{file.suffix}")


def sweep(file: Path) -> None:
    """Delete the half of a copy that a kill before a migration left."""
    for half in file.parent.glob(f"{file.stem}.schema-*.part"):
        half.unlink(missing_ok=True)


def drop_backups(file: Path) -> None:
    """Delete the copies kept beside ``file``: they hold what has been removed since."""
    for copy in file.parent.glob(f"{file.stem}.schema-*"):
        copy.unlink(missing_ok=True)


def _backup(db: Connection, file: Path, number: int) -> None:
    # After the checkpoint everything is in the main file, and the library's lock keeps other writers out.
    db.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchall()
    target = backup_of(file, number)
    aside = target.with_suffix(".part")
    with (
        file.open("rb") as source,
        os.fdopen(os.open(aside, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "wb") as out,
    ):
        shutil.copyfileobj(source, out, 1 << 20)
        out.flush()
        os.fsync(out.fileno())
    os.replace(aside, target)
