"""Damage, crashes and full disks: found, mended from the truth, or said in a sentence."""

from __future__ import annotations

import os
import random
import shutil
import subprocess
import sys
import textwrap
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from sqlcipher3 import dbapi2 as sqlite

from core import importing
from core.errors import UserProblem
from core.library import Library, index, open_library, schema
from core.library.index import Index
from core.library.originals import Originals
from core.nouns import Progress, Scope
from tests.core.library.support import found, put, take_back
from tests.fakes import FakeEmbedder, LimitedReader, as_reader, fake_cut

ROOT = Path(__file__).parents[3]
LEASE = "The lease ends on 31 March. Either party may terminate it."
DOSE = "阿司匹林的最大剂量为每日四克。肾功能不全者减量。"


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A closed library with two documents and three records."""
    folder = tmp_path / "lib"
    with open_library(folder, create=True) as library:
        put(library, tmp_path, lease=LEASE, dose=DOSE)
        for number in range(3):
            library.append_record({"question": number})
    return folder


def keys(library: Library, *, repair: bool = False, rebuild_index: bool = False) -> list[str]:
    findings = library.doctor(repair=repair, rebuild_index=rebuild_index)
    assert all(finding.sentence("en") and finding.sentence("zh") for finding in findings)
    return [finding.key for finding in findings]


def still_answers(library: Library) -> bool:
    return found(library, "lease ends")[:1] == ["The lease ends on 31 March."] and found(library, "阿司匹林剂量") != []


def flip(file: Path, at: int | None = None) -> None:
    data = bytearray(file.read_bytes())
    data[len(data) // 2 if at is None else at] ^= 0x10
    file.write_bytes(data)


def sql(folder: Path, *statements: str) -> None:
    db = sqlite.connect(str(folder / "library.db"), isolation_level=None)
    for statement in statements:
        db.execute(statement)
    db.close()


# -- the index can be lost


def delete_index(index: Path) -> None:
    shutil.rmtree(index)


def put_a_file_in_its_place(index: Path) -> None:
    shutil.rmtree(index)
    index.write_text("not a folder")


def empty_the_manifests(index: Path) -> None:
    for manifest in index.rglob("*.manifest"):
        manifest.write_bytes(b"")


def delete_the_rows(index: Path) -> None:
    for file in index.rglob("data/*.lance"):
        file.unlink()


def cut_the_word_index(index: Path) -> None:
    file = max(index.rglob("_indices/*/*.lance"))
    file.write_bytes(file.read_bytes()[:-7])


def fill_manifests_with_noise(index: Path) -> None:
    for manifest in index.rglob("*.manifest"):
        manifest.write_bytes(random.Random(1).randbytes(manifest.stat().st_size))


@pytest.mark.parametrize(
    "damage",
    [delete_index, put_a_file_in_its_place, empty_the_manifests, delete_the_rows, cut_the_word_index],
)
def test_a_lost_index_is_made_again_on_opening(folder: Path, damage: Callable[[Path], None]) -> None:
    damage(folder / "index")
    told: list[Progress] = []
    with open_library(folder, report=told.append) as library:
        assert {progress.stage for progress in told} == {"stage_indexing"}
        assert still_answers(library)
        assert keys(library) == []


@pytest.mark.parametrize("damage", [delete_index, empty_the_manifests, delete_the_rows, fill_manifests_with_noise])
def test_an_index_lost_in_mid_change_is_made_again(folder: Path, damage: Callable[[Path], None]) -> None:
    sql(folder, "UPDATE meta SET value = -1 WHERE key = 'index_revision'")
    damage(folder / "index")
    with open_library(folder) as library:
        assert still_answers(library)
        assert keys(library) == []


def test_an_index_lost_while_open_is_made_again(folder: Path) -> None:
    with open_library(folder) as library:
        shutil.rmtree(folder / "index")
        assert still_answers(library)
        assert keys(library) == []


def test_an_index_that_missed_changes_catches_up(folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with open_library(folder) as library:

        def dies(*_: object) -> None:
            raise KeyboardInterrupt

        with monkeypatch.context() as patch:
            patch.setattr(Index, "apply", dies)
            with pytest.raises(KeyboardInterrupt):
                put(library, tmp_path, lease="The lease was renewed.")
        assert "The lease was renewed." in found(library, "renewed")
        library.remove(["dose.pdf"])
        with monkeypatch.context() as patch:
            patch.setattr(Index, "apply", dies)
            with pytest.raises(KeyboardInterrupt):
                put(library, tmp_path, third="A third document.")
    with open_library(folder) as library:
        assert found(library, "third") == ["A third document."]
        assert found(library, "阿司匹林") == []
        assert keys(library) == []


def test_any_flipped_byte_of_the_index_is_found_and_mended(folder: Path) -> None:
    files = sorted(path for path in (folder / "index").rglob("*") if path.is_file())
    choice = random.Random(7)
    for _ in range(12):
        with open_library(folder) as library:
            victim = choice.choice([file for file in files if file.stat().st_size > 0])
            flip(victim, choice.randrange(victim.stat().st_size))
            assert keys(library) == ["doctor_index_damaged"], victim
            assert keys(library, repair=True) == ["doctor_index_damaged"]
            assert keys(library) == []
            assert still_answers(library)
        files = sorted(path for path in (folder / "index").rglob("*") if path.is_file())


def test_rows_missing_from_the_index_are_found(folder: Path) -> None:
    with open_library(folder) as library:
        assert library._index is not None
        library._index.apply([next(iter(library._index.counts()))], [])
        library._index_is_at(library.revision)
        assert keys(library) == ["doctor_index_rows"]
        assert keys(library, rebuild_index=True) == []


def test_rebuilding_embeds_nothing_again(folder: Path) -> None:
    with open_library(folder) as library:
        told: list[Progress] = []
        assert library.doctor(rebuild_index=True, report=told.append) == []
        assert Progress("stage_indexing", 4, 4) in told
        assert still_answers(library)


# -- originals, what was read, the record


def test_a_flipped_byte_in_an_original_is_found(folder: Path) -> None:
    with open_library(folder) as library:
        (document,) = library.documents(Scope(documents=("lease.pdf",)))
        flip(library.original(document.sha256))
        (finding,) = library.doctor()
        assert (finding.key, finding.mended) == ("doctor_original_damaged", False)
        assert "lease.pdf" in finding.sentence()
        library.original(document.sha256).unlink()
        assert keys(library) == ["doctor_original_missing"]


@pytest.mark.parametrize(
    "damage",
    [
        "UPDATE pages SET text = CAST(replace(CAST(text AS TEXT), '31', '13') AS BLOB)",
        "UPDATE pages SET lines = zeroblob(20)",
        "UPDATE passages SET start = start + 1 WHERE ordinal = 1",
        "UPDATE passages SET vector = zeroblob(length(vector))",
        "UPDATE contents SET title = 'another'",
    ],
)
def test_damage_to_what_was_read_is_found_and_read_again(
    folder: Path, damage: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(importing, "cut", fake_cut)
    sql(folder, damage)
    with open_library(folder) as library:
        assert set(keys(library)) == {"doctor_content"}
        assert "doctor_pending" in keys(library, repair=True)
        importing.Importer(library, as_reader(LimitedReader()), FakeEmbedder()).resume()
        assert keys(library) == []
        assert still_answers(library)


def test_an_edited_record_is_found(folder: Path) -> None:
    with pytest.raises(sqlite.DatabaseError, match="append-only"):
        sql(folder, "UPDATE audit SET body = '{}' WHERE sequence = 2")
    sql(folder, "DROP TRIGGER audit_no_update", "UPDATE audit SET body = '{}' WHERE sequence = 2")
    with open_library(folder) as library:
        assert keys(library) == ["audit_edited"]


def test_what_a_stopped_import_left_is_found_and_swept(folder: Path, tmp_path: Path) -> None:
    with open_library(folder) as library:
        source = tmp_path / "third.pdf"
        source.write_text("A third document.")
        sha256, size = library.keep_original(source)
        assert keys(library) == ["doctor_orphans"]
        library.begin_import(sha256, size, "third.pdf", "General")
        assert keys(library, repair=True) == ["doctor_pending"]
        library.end_imports(library.pending_imports())
        assert keys(library) == []
        library.keep_original(source)
        assert keys(library, repair=True) == ["doctor_orphans"]
        assert keys(library) == []
    (folder / "originals" / ".incoming-abc").write_text("half a file")
    with open_library(folder) as library:
        assert list((folder / "originals").glob(".incoming*")) == []


@pytest.mark.skipif(os.name == "nt", reason="Windows keeps a user's files private by their folder")
def test_an_opened_up_file_is_made_private(folder: Path) -> None:
    (folder / "library.db").chmod(0o644)
    with open_library(folder) as library:
        assert keys(library) == ["doctor_access"]
        assert keys(library) == []


def test_a_scribbled_database_is_said_to_be_damaged(folder: Path) -> None:
    flip(folder / "library.db", 3)
    with pytest.raises(UserProblem) as problem:
        open_library(folder)
    assert problem.value.key == "library_damaged"


# -- rows and indexes of the database


def tear(folder: Path, *statements: str) -> None:
    sql(folder, "PRAGMA foreign_keys = OFF", *statements)


def test_rows_that_belong_to_nothing_are_deleted(folder: Path) -> None:
    tear(
        folder,
        """INSERT INTO pages(content, page_index, label, text, lines, width, height, read_by, problem)
        SELECT 777, page_index, label, text, lines, width, height, read_by, problem FROM pages WHERE content = 1""",
        """INSERT INTO passages(content, key, ordinal, page_index, start, "end", heading, number)
        SELECT 777, key, ordinal, page_index, start, "end", heading, number FROM passages WHERE content = 1""",
    )
    with open_library(folder) as library:
        assert keys(library) == ["doctor_rows"]
        assert keys(library, repair=True) == ["doctor_rows"]
        assert keys(library) == []
        assert still_answers(library)


def test_a_document_whose_content_is_lost_keeps_its_original(folder: Path) -> None:
    tear(folder, "DELETE FROM contents WHERE id = 1")
    with open_library(folder) as library:
        kept = set(library._originals.all())
        found_ill = keys(library, repair=True)
        assert {"doctor_database", "doctor_orphans"} <= set(found_ill)
        assert set(library._originals.all()) == kept, "they may be all that is left of it"


def test_an_index_of_the_database_is_made_again(folder: Path) -> None:
    change = "UPDATE sqlite_master SET sql = {} WHERE name = 'documents_by_content'"
    db = sqlite.connect(str(folder / "library.db"), isolation_level=None)
    whole = db.execute("SELECT sql FROM sqlite_master WHERE name = 'documents_by_content'").fetchone()[0]
    db.close()
    sql(folder, "PRAGMA writable_schema = ON", change.format(f"'{whole} WHERE content > 1000'"))
    sql(
        folder,
        """INSERT INTO documents(content, collection, name, version, added_at, retired_at)
        SELECT content, collection, name, version, added_at, added_at FROM documents""",
    )
    sql(folder, "PRAGMA writable_schema = ON", change.format(f"'{whole}'"))
    with open_library(folder) as library:
        (finding,) = [f for f in library.doctor() if f.key.startswith("doctor_database")]
        assert (finding.key, finding.mended) == ("doctor_database_index", False)
        assert "doctor_database_index" in keys(library, repair=True)
        assert not any(key.startswith("doctor_database") for key in keys(library))
        assert still_answers(library)


def test_half_a_copy_from_before_a_migration_is_deleted(folder: Path) -> None:
    (folder / "library.schema-1.part").write_text("half a copy")
    with open_library(folder) as library:
        assert not (folder / "library.schema-1.part").exists()
        assert keys(library) == []


def test_a_migration_that_was_killed_goes_on(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    killed: list[bool] = []

    def first(db: Any) -> None:
        db.execute("ALTER TABLE documents ADD COLUMN first TEXT NOT NULL DEFAULT ''")

    def second(db: Any) -> None:
        db.execute("ALTER TABLE documents ADD COLUMN second TEXT NOT NULL DEFAULT ''")
        if not killed:
            killed.append(True)
            raise KeyboardInterrupt

    older = len(schema.MIGRATIONS)
    monkeypatch.setattr(schema, "MIGRATIONS", (*schema.MIGRATIONS, first, second))
    with pytest.raises(KeyboardInterrupt):
        open_library(folder)
    with open_library(folder) as library:
        assert library._store.schema_version() == older + 2
        assert still_answers(library)
        assert keys(library) == []


# -- the index looks after itself


def test_the_index_is_tidied_by_itself(folder: Path, tmp_path: Path) -> None:
    with open_library(folder) as library:
        for number in range(45):
            put(library, tmp_path, **{f"more{number}": f"Text number {number} is here."})
        assert library._index is not None
        assert library._untidy < 25
        files = sum(path.is_file() for path in (folder / "index").rglob("*"))
    assert files < 200
    with open_library(folder) as library:
        assert library._index is not None and library._index.versions() <= 2
        assert sum(path.is_file() for path in (folder / "index").rglob("*.lance")) < 20
        assert still_answers(library)


def test_tidying_that_fails_is_told_and_the_index_made_anew(
    folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    real, failures = Index.optimise, [RuntimeError("lance error: a fragment cannot be merged")]

    def fails_once(self: Index) -> None:
        if failures:
            raise failures.pop()
        real(self)

    told: list[Progress] = []
    with open_library(folder, report=told.append) as library:
        put(library, tmp_path, third="A third document.")
        monkeypatch.setattr(Index, "optimise", fails_once)
        library.tidy()
        assert "a fragment cannot be merged" in caplog.text
        assert {progress.stage for progress in told} == {"stage_indexing"}
        assert found(library, "third") == ["A third document."]
        assert keys(library) == []


def test_tidying_that_always_fails_is_a_problem_with_words(
    folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fails(self: Index) -> None:
        raise RuntimeError("lance error: a fragment cannot be merged")

    library = open_library(folder)
    put(library, tmp_path, third="A third document.")
    with monkeypatch.context() as patch:
        patch.setattr(Index, "optimise", fails)
        with pytest.raises(UserProblem) as problem:
            library.close()
        assert problem.value.key == "library_index_failed"
        assert "a fragment cannot be merged" in problem.value.sentence()
    with open_library(folder) as library:
        assert found(library, "third") == ["A third document."]
        assert keys(library) == []


def test_many_vectors_get_an_index_that_comes_and_goes(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(index, "EXACT_UP_TO", 120)
    monkeypatch.setenv("TMPDIR", str(tmp_path / "temporary"))  # there is none: whoever writes there fails
    texts = {f"file{n}": " ".join(f"Sentence {n} and {s} of word{n * 7 + s}." for s in range(5)) for n in range(30)}
    with open_library(tmp_path / "lib", create=True) as library:
        put(library, tmp_path, **dict(list(texts.items())[:20]))
        library.tidy()
        assert library._index is not None and library._index._parts == 0
        put(library, tmp_path, **dict(list(texts.items())[20:]))
        library.tidy()
        assert library._index._parts == 12
        assert not (tmp_path / "lib" / "index" / "spill").exists()
        for number in (0, 13, 29):
            wanted = f"Sentence {number} and 3 of word{number * 7 + 3}."
            assert wanted in found(library, wanted)
            assert wanted in found(library, wanted, f"file{number}.pdf")
        assert keys(library) == []
    with open_library(tmp_path / "lib") as library:
        assert library._index is not None and library._index._parts == 12
        library.remove([f"file{number}.pdf" for number in range(20)])
        assert library._index._parts == 0
        assert keys(library) == []


# -- opening


def problem_of_opening(folder: Path, *, create: bool = False) -> str:
    with pytest.raises(UserProblem) as problem:
        open_library(folder, create=create)
    assert problem.value.sentence("zh")
    return problem.value.key


def test_what_is_not_a_library_is_not_opened(tmp_path: Path) -> None:
    assert problem_of_opening(tmp_path / "none") == "library_missing"
    assert not (tmp_path / "none").exists()
    (tmp_path / "file").write_text("x")
    assert problem_of_opening(tmp_path / "file") == "library_not_a_folder"
    assert problem_of_opening(tmp_path, create=True) == "library_folder_in_use"
    for address in ("s3://bucket/lib", "http://host/lib", r"\\server\share", "gs:/bucket"):
        assert problem_of_opening(Path(address), create=True) == "library_not_local"


def test_a_library_without_its_database_is_not_made_anew(folder: Path) -> None:
    (folder / "library.db").unlink()
    assert problem_of_opening(folder, create=True) == "library_database_missing"


def test_a_creation_that_was_killed_can_be_repeated(tmp_path: Path) -> None:
    folder = tmp_path / "lib"
    folder.mkdir()
    for name in ("library.lock", "library.pid", "library.db"):
        (folder / name).touch(0o600)
    with open_library(folder, create=True) as library:
        assert library.documents() == []
        assert library.doctor() == []


def test_a_newer_schema_is_refused_and_left_alone(folder: Path) -> None:
    sql(folder, "PRAGMA user_version = 99")
    before = (folder / "library.db").read_bytes()
    assert problem_of_opening(folder) == "library_newer"
    assert (folder / "library.db").read_bytes() == before


def test_an_older_schema_is_copied_and_brought_up(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def next_one(db: Any) -> None:
        db.execute("ALTER TABLE documents ADD COLUMN note TEXT NOT NULL DEFAULT ''")

    older = len(schema.MIGRATIONS)
    monkeypatch.setattr(schema, "MIGRATIONS", (*schema.MIGRATIONS, next_one))
    with open_library(folder) as library:
        assert still_answers(library)
        assert keys(library) == []
    backup = schema.backup_of(folder / "library.db", older)
    db = sqlite.connect(str(backup))
    assert schema.version_of(db) == older
    assert db.execute("SELECT count(*) FROM documents").fetchone() == (2,)
    db.close()
    monkeypatch.undo()
    assert problem_of_opening(folder) == "library_newer"


def test_a_migration_that_fails_changes_nothing(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def next_one(db: Any) -> None:
        db.execute("DROP TABLE documents")
        raise RuntimeError("a fault of ours")

    with monkeypatch.context() as patch:
        patch.setattr(schema, "MIGRATIONS", (*schema.MIGRATIONS, next_one))
        with pytest.raises(RuntimeError, match="a fault of ours"):
            open_library(folder)
    with open_library(folder) as library:
        assert still_answers(library)


KEPT = Path(__file__).with_name("schema-1.sql")
KEPT_FILES = (
    "Growth is expected to be 3.5%.",  # the earlier version of the next
    "Growth is expected to be 3.1%.",
    "The lease ends on 31 March. 甲方应当支付租金。",
    "The chest X-ray is repeated.\f(unreadable)\fTake care.",
    "A third document.",  # its import was killed
)


@pytest.fixture
def kept(tmp_path: Path) -> Path:
    """A library as a program of schema 1 left it."""
    folder = tmp_path / "kept"
    folder.mkdir(0o700)
    (folder / "library.db").touch(0o600)
    db = sqlite.connect(str(folder / "library.db"))
    db.executescript(KEPT.read_text(encoding="utf-8"))
    db.close()
    originals = Originals(folder / "originals")
    for text in KEPT_FILES:
        (tmp_path / "file.pdf").write_text(text, encoding="utf-8")
        originals.keep(tmp_path / "file.pdf")
    return folder


def test_schema_5_becomes_6_pages_are_found_by_how_surely_they_were_recognised(folder: Path) -> None:
    take_back(folder, 5)
    with open_library(folder) as library:
        asked = "SELECT page_index FROM pages WHERE content = 1 AND confidence < 1"
        plan = library._store._all(f"EXPLAIN QUERY PLAN {asked}")
        assert "COVERING INDEX pages_recognised" in plan[0][-1]
        assert [document.recognised for document in library.documents()] == [(), ()]
        assert keys(library) == []
    db = sqlite.connect(str(schema.backup_of(folder / "library.db", 5)))
    assert schema.version_of(db) == 5
    db.close()


def test_schema_1_becomes_2_files_with_lost_pages_may_be_read_again(
    kept: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(importing, "cut", fake_cut)
    monkeypatch.setattr(importing, "VERSION", "1")
    with open_library(kept) as library:
        assert found(library, "lease ends")[0] == "The lease ends on 31 March."
        assert found(library, "growth expected") == ["Growth is expected to be 3.1%."]
        documents = {d.name: d for d in library.documents()}
        assert {name for name, d in documents.items() if not library.known(d.sha256, "1")} == {"letter.pdf"}
        assert documents["outlook.pdf"].version == 2
        assert len(list(library.records())) == 1
        change = importing.Importer(library, as_reader(LimitedReader()), FakeEmbedder()).resume()
        assert change.added == ("third.pdf",)
        assert keys(library) == []
    assert schema.backup_of(kept / "library.db", 1).is_file()


def test_a_second_process_is_told_who_has_it(folder: Path) -> None:
    code = textwrap.dedent(
        """
        import sys
        from pathlib import Path
        from core.library import open_library
        with open_library(Path(sys.argv[1])):
            print("open", flush=True)
            sys.stdin.read()
        """
    )
    holder = subprocess.Popen(
        [sys.executable, "-c", code, str(folder)], stdin=subprocess.PIPE, stdout=subprocess.PIPE, cwd=ROOT
    )
    try:
        assert holder.stdout is not None
        assert holder.stdout.readline().strip() == b"open"
        with pytest.raises(UserProblem) as problem:
            open_library(folder)
        assert problem.value.key == "library_in_use"
        assert str(holder.pid) in problem.value.sentence()
    finally:
        holder.kill()
        holder.communicate()
    # A crash leaves the files; the lock itself went with the process.
    assert (folder / "library.pid").exists()
    with open_library(folder) as library:
        assert still_answers(library)
        with pytest.raises(UserProblem):
            open_library(folder)


# -- the disk refuses


def test_a_full_disk_is_said_and_changes_nothing(folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def full(*_: object, **__: object) -> None:
        raise OSError(28, "No space left on device")

    with open_library(folder) as library:
        source = tmp_path / "third.pdf"
        source.write_text("A third document.")
        with monkeypatch.context() as patch:
            patch.setattr(os, "fsync", full)
            with pytest.raises(UserProblem) as problem:
                library.keep_original(source)
            assert problem.value.key == "library_disk_full"
        assert keys(library) == []
        library._store._db.execute("PRAGMA max_page_count = 1")  # never below what is there: the next page is refused
        with pytest.raises(UserProblem) as problem:
            for _ in range(50):
                library.append_record({"question": "x" * 100_000})
        assert problem.value.key == "library_disk_full"
        library._store._db.execute("PRAGMA max_page_count = 1000000")
        assert still_answers(library)
        assert keys(library) == []


def test_an_index_that_cannot_be_written_is_said_and_caught_up_later(
    folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(*_: object) -> None:
        raise RuntimeError("lance error: IO: No space left on device (os error 28)")

    with open_library(folder) as library:
        with monkeypatch.context() as patch:
            patch.setattr(Index, "apply", full)
            with pytest.raises(UserProblem) as problem:
                put(library, tmp_path, third="A third document.")
            assert problem.value.key == "library_disk_full"
        assert found(library, "third") == ["A third document."]
        assert keys(library) == []


LIMITED = """
import resource, sys
from pathlib import Path
from core.errors import UserProblem
from core.library import open_library
from tests.core.library.support import put

folder, scratch, limit = Path(sys.argv[1]), Path(sys.argv[2]), int(sys.argv[3])
with open_library(folder) as library:
    resource.setrlimit(resource.RLIMIT_FSIZE, (limit, resource.RLIM_INFINITY))
    try:
        for number in range(40):
            put(library, scratch, **{f"big{number}": f"Text {number}. " + "Words and words. " * 2000})
            print("added", flush=True)
    except UserProblem as problem:
        print(problem.key, flush=True)
    resource.setrlimit(resource.RLIMIT_FSIZE, (resource.RLIM_INFINITY, resource.RLIM_INFINITY))
"""


@pytest.mark.slow
@pytest.mark.skipif(sys.platform == "win32", reason="Windows has no limit on the size of a process's files")
@pytest.mark.parametrize("limit", [40_000, 200_000, 700_000, 2_000_000])
def test_a_disk_that_refuses_at_any_size_loses_nothing(folder: Path, tmp_path: Path, limit: int) -> None:
    done = subprocess.run(
        [sys.executable, "-c", LIMITED, str(folder), str(tmp_path), str(limit)],
        cwd=ROOT,
        capture_output=True,
        text=True,
        timeout=120,
    )
    lines = done.stdout.split()
    assert lines[-1] in {"library_cannot_write", "library_disk_full", "library_index_failed"}, done.stderr
    with open_library(folder) as library:
        names = {document.name for document in library.documents()}
        assert {f"big{number}.pdf" for number in range(lines.count("added"))} <= names
        assert still_answers(library)
        library.end_imports(library.pending_imports())
        library.sweep()
        assert keys(library) == []


@pytest.mark.parametrize("method", ["append_record", "create_collection"])
def test_a_read_only_database_is_said(folder: Path, method: str) -> None:
    with open_library(folder) as library:
        library._store._db.execute("PRAGMA query_only = ON")
        with pytest.raises(UserProblem) as problem:
            getattr(library, method)({"a": 1} if method == "append_record" else "New")
        assert problem.value.key == "library_read_only"


def test_a_failed_opening_lets_go_of_everything(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def fails(self: Library, *_: object) -> None:
        raise RuntimeError("a fault of ours")

    with monkeypatch.context() as patch:
        patch.setattr(Library, "_bring_index_up_to_date", fails)
        with pytest.raises(RuntimeError):
            open_library(folder)
    with open_library(folder) as library:
        assert still_answers(library)
