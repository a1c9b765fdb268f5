"""A library in one file and back: whole or not at all, and nothing in a stranger's file does any harm."""

from __future__ import annotations

import errno
import io
import json
import os
import random
import shutil
import stat
import subprocess
import sys
import textwrap
import threading
import time
import zipfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from sqlcipher3 import dbapi2 as sqlite

from core.errors import Cancelled, CancelToken, UserProblem
from core.library import Library, backup, open_library, restore_library, schema
from core.library.store import Store
from core.nouns import Progress
from tests.core.library.support import found, put, take_back

ROOT = Path(__file__).parents[3]
LEASE = "The lease ends on 31 March. Either party may terminate it."
DOSE = "阿司匹林的最大剂量为每日四克。肾功能不全者减量。"
NEWER = "The lease ends on 30 June. Either party may terminate it."


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A closed library with a replaced document, another one, an interrupted import and three records."""
    folder = tmp_path / "lib"
    with open_library(folder, create=True) as library:
        put(library, tmp_path, lease=LEASE, dose=DOSE)
        put(library, tmp_path, lease=NEWER)
        for number in range(3):
            library.append_record({"question": number})
        (tmp_path / "waiting.pdf").write_text("It waits.", encoding="utf-8")
        sha256, size = library.keep_original(tmp_path / "waiting.pdf")
        library.begin_import(sha256, size, "waiting.pdf", "General")
    return folder


@pytest.fixture
def file(folder: Path, tmp_path: Path) -> Path:
    """A backup of it."""
    with open_library(folder) as library:
        return library.back_up(tmp_path / "backup.zip").file


def said(problem: UserProblem) -> str:
    assert problem.sentence("en") and problem.sentence("zh")
    return problem.key


def refusal(call: Callable[[], object]) -> str:
    with pytest.raises(UserProblem) as problem:
        call()
    return said(problem.value)


def left(tmp_path: Path) -> list[str]:
    """What a broken-off backup or restoring left lying about."""
    return sorted(path.name for path in tmp_path.iterdir() if path.name.startswith("."))


def contents(library: Library) -> tuple[object, ...]:
    every = [
        (d.sha256, d.name, d.collection, d.version, d.added_at, library.original(d.sha256).read_bytes())
        for d in library.documents()
    ]
    waiting = [(p.sha256, p.name, library.original(p.sha256).read_bytes()) for p in library.pending_imports()]
    histories = [library.standings(sha256) for sha256 in sorted(library._store.contents().values())]
    return every, waiting, list(library.records()), histories, library.revision


# -- there and back


def test_everything_comes_back(folder: Path, tmp_path: Path) -> None:
    told: list[Progress] = []
    with open_library(folder) as library:
        made = library.back_up(tmp_path / "backup.zip", told.append)
        before = contents(library)
    assert (made.file, made.documents, made.missing) == (tmp_path / "backup.zip", 2, ())
    assert made.size == made.file.stat().st_size
    assert {p.stage for p in told} == {"stage_backup_database", "stage_backing_up", "stage_reading_back"}
    shutil.rmtree(folder)
    told.clear()
    restored = restore_library(made.file, tmp_path / "again", told.append)
    assert (restored.folder, restored.documents, restored.findings) == (tmp_path / "again", 2, ())
    assert {"stage_restoring", "stage_indexing"} <= {p.stage for p in told}
    with open_library(tmp_path / "again") as library:
        assert contents(library) == before
        assert found(library, "lease ends")[0] == "The lease ends on 30 June."
        assert found(library, "阿司匹林剂量")
        assert [finding.key for finding in library.doctor()] == ["doctor_pending"]
    assert left(tmp_path) == []


def test_any_program_can_take_the_documents_out(file: Path) -> None:
    with zipfile.ZipFile(file) as archive:
        assert archive.testzip() is None
        names = archive.namelist()
        assert names[0] == "library.db" and names[-1] == "manifest.json"
        assert LEASE.encode() in [archive.read(name) for name in names[1:-1]]


@pytest.mark.skipif(os.name == "nt", reason="Windows keeps a user's files private by their folder")
def test_only_the_owner_can_read_it(file: Path, tmp_path: Path) -> None:
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    restore_library(file, tmp_path / "again")
    for path in [tmp_path / "again", *(tmp_path / "again").rglob("*")]:
        assert stat.S_IMODE(path.stat().st_mode) == (0o700 if path.is_dir() else 0o600), path


def test_an_empty_library_and_an_older_form_come_back(folder: Path, tmp_path: Path) -> None:
    with open_library(tmp_path / "empty", create=True) as library:
        library.back_up(tmp_path / "empty.zip")
    assert restore_library(tmp_path / "empty.zip", tmp_path / "empty again").documents == 0
    take_back(folder, 3)
    made = tmp_path / "older.zip"
    with pytest.MonkeyPatch.context() as patch:  # as a program of that schema would write it
        patch.setattr(schema, "MIGRATIONS", schema.MIGRATIONS[:3])
        patch.setattr(Store, "pending", lambda self: [])
        with open_library(folder) as library:
            library.back_up(made)
    restored = restore_library(made, tmp_path / "again")
    with open_library(restored.folder) as library:
        assert len(library.documents()) == 2
        assert library._store.schema_version() == len(schema.MIGRATIONS)


def test_while_an_import_goes_on_it_holds_one_state(folder: Path, tmp_path: Path) -> None:
    stop = threading.Event()
    published: list[str] = []

    def imports(library: Library) -> None:
        number = 0
        while not stop.is_set():
            put(library, tmp_path, **{f"more{number}": f"Text {number}. " + "Words and words. " * 200})
            published.append(f"more{number}.pdf")
            number += 1
            (tmp_path / "given-up.pdf").write_text(f"Given up {number}.")
            known = library.keep_original(tmp_path / "given-up.pdf")
            library.end_imports([library.begin_import(*known, "given-up.pdf", "General")])

    with open_library(folder) as library:
        thread = threading.Thread(target=imports, args=(library,))
        thread.start()
        try:
            for number in range(4):
                before = list(published)
                library.back_up(tmp_path / f"backup{number}.zip")
                restored = restore_library(tmp_path / f"backup{number}.zip", tmp_path / f"again{number}")
                assert restored.findings == ()
                with open_library(restored.folder) as again:
                    held = {d.name for d in again.documents()}
                    assert set(before) <= held <= {"lease.pdf", "dose.pdf", *published, f"more{len(published)}.pdf"}
        finally:
            stop.set()
            thread.join()
        assert [finding.key for finding in library.doctor()] == ["doctor_pending"]  # nothing given up lies about


def test_a_change_during_the_copying_of_the_database_is_not_in_it(
    folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("core.library.store._PAGES_AT_ONCE", 1)
    with open_library(folder) as library:
        records = 0

        def write(progress: Progress) -> None:
            nonlocal records
            if progress.stage == "stage_backup_database":
                library.append_record({"question": "x" * 50_000})
                records += 1

        monkeypatch.setattr("core.library.backup._SECONDS_BETWEEN", 0.0)
        library.back_up(tmp_path / "backup.zip", write)
        assert records > 5
    restored = restore_library(tmp_path / "backup.zip", tmp_path / "again")
    assert restored.findings == ()
    with open_library(restored.folder) as library:
        assert library.audit_head().sequence == 3


def test_nothing_is_removed_while_it_is_made(folder: Path, tmp_path: Path) -> None:
    with open_library(folder) as library:
        refused: list[str] = []

        def remove(progress: Progress) -> None:
            if progress.stage == "stage_backing_up" and not refused:
                refused.append(refusal(lambda: library.remove(["dose.pdf"])))
                refused.append(refusal(lambda: library.delete_collection("General", force=True)))
                refused.append(refusal(lambda: library.back_up(tmp_path / "second.zip")))

        library.back_up(tmp_path / "backup.zip", remove)
        assert refused == ["library_backup_running"] * 3
        library.remove(["dose.pdf"])


def test_what_the_library_has_lost_is_said_and_the_rest_is_saved(folder: Path, tmp_path: Path) -> None:
    with open_library(folder) as library:
        by_name = {d.name: d.sha256 for d in library.documents()}
        library.original(by_name["dose.pdf"]).unlink()
        library.original(by_name["lease.pdf"]).write_text("something else")
        made = library.back_up(tmp_path / "backup.zip")
        assert sorted(made.missing) == ["dose.pdf", "lease.pdf"]
    restored = restore_library(made.file, tmp_path / "again")
    assert [f.key for f in restored.findings] == ["doctor_original_missing"] * 2
    with open_library(restored.folder) as library:
        assert found(library, "阿司匹林剂量")


# -- refused before anything is written


def test_a_backup_takes_nobodys_place(folder: Path, tmp_path: Path) -> None:
    (tmp_path / "taken.zip").write_text("mine")
    with open_library(folder) as library:
        assert refusal(lambda: library.back_up(tmp_path / "taken.zip")) == "backup_exists"
        assert refusal(lambda: library.back_up(tmp_path / "none" / "b.zip")) == "backup_no_folder"
        assert refusal(lambda: library.back_up(folder / "b.zip")) == "backup_inside"
        assert refusal(lambda: library.back_up(tmp_path / ("x" * 300))) == "cannot_write"
        assert not (folder / "backup-under-way").exists()
    assert (tmp_path / "taken.zip").read_text() == "mine"


def test_a_restored_library_takes_nobodys_place(file: Path, folder: Path, tmp_path: Path) -> None:
    assert refusal(lambda: restore_library(file, folder)) == "restore_folder_in_use"
    assert refusal(lambda: restore_library(file, file)) == "library_not_a_folder"
    assert refusal(lambda: restore_library(file, Path("s3://bucket/lib"))) == "library_not_local"
    (tmp_path / "other").mkdir()
    (tmp_path / "other" / "letter.txt").write_text("mine")
    assert refusal(lambda: restore_library(file, tmp_path / "other")) == "restore_folder_in_use"
    (tmp_path / ".new.restoring").mkdir()
    (tmp_path / ".new.restoring" / "letter.txt").write_text("mine")
    assert refusal(lambda: restore_library(file, tmp_path / "new")) == "restore_folder_in_use"
    assert (tmp_path / ".new.restoring" / "letter.txt").read_text() == "mine"
    (tmp_path / "vacant").mkdir()
    assert restore_library(file, tmp_path / "vacant").findings == ()


def test_a_folder_filled_meanwhile_is_left_alone(file: Path, tmp_path: Path) -> None:
    def fill(progress: Progress) -> None:
        if progress.stage == "stage_checking_index":
            (tmp_path / "again").mkdir(exist_ok=True)
            (tmp_path / "again" / "letter.txt").write_text("mine")

    assert refusal(lambda: restore_library(file, tmp_path / "again", fill)) == "restore_folder_in_use"
    assert [path.name for path in (tmp_path / "again").iterdir()] == ["letter.txt"]
    assert left(tmp_path) == []


def test_room_on_the_disk_is_asked_for_first(
    folder: Path, file: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    class Usage:
        free = 1_000_000

    with open_library(folder) as library:
        monkeypatch.setattr(shutil, "disk_usage", lambda _: Usage)
        assert refusal(lambda: library.back_up(tmp_path / "second.zip")) == "backup_no_room"
        assert refusal(lambda: restore_library(file, tmp_path / "again")) == "backup_no_room"
    assert not (tmp_path / "second.zip").exists() and not (tmp_path / "again").exists()
    assert left(tmp_path) == []


# -- broken off


@pytest.mark.parametrize("stage", ["stage_backup_database", "stage_backing_up", "stage_reading_back"])
def test_a_stopped_backup_leaves_nothing(folder: Path, tmp_path: Path, stage: str) -> None:
    token = CancelToken()

    def stop(progress: Progress) -> None:
        if progress.stage == stage:
            token.cancel()

    with open_library(folder) as library:
        library._store.checkpoint()
        with pytest.raises(Cancelled), pytest.MonkeyPatch.context() as patch:
            patch.setattr("core.library.backup._SECONDS_BETWEEN", 0.0)
            library.back_up(tmp_path / "backup.zip", stop, token)
        assert not (tmp_path / "backup.zip").exists() and left(tmp_path) == []
        assert not (folder / "backup-under-way").exists()
        library.back_up(tmp_path / "backup.zip")


@pytest.mark.parametrize("stage", ["stage_restoring", "stage_indexing", "stage_checking_originals"])
def test_a_stopped_restoring_leaves_nothing(file: Path, tmp_path: Path, stage: str) -> None:
    token = CancelToken()

    def stop(progress: Progress) -> None:
        if progress.stage == stage:
            token.cancel()

    with pytest.raises(Cancelled):
        restore_library(file, tmp_path / "again", stop, token)
    assert not (tmp_path / "again").exists() and left(tmp_path) == []


@pytest.mark.parametrize("number, key", [(errno.ENOSPC, "backup_disk_full"), (errno.EFBIG, "backup_too_large")])
@pytest.mark.parametrize("nth", [1, 2, 5, 9, 14])
def test_a_disk_that_refuses_leaves_nothing(
    folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, number: int, key: str, nth: int
) -> None:
    real, writes = os.fdopen, 0

    class Refusing(io.FileIO):
        def write(self, data: Any) -> int:
            nonlocal writes
            writes += 1
            if writes >= nth:
                raise OSError(number, os.strerror(number))
            return super().write(data) or 0

    def refusing(handle: int, mode: str = "r", *rest: Any, **named: Any) -> Any:
        return Refusing(handle, "w") if mode == "wb" else real(handle, mode, *rest, **named)

    with open_library(folder) as library:
        with monkeypatch.context() as patch:
            patch.setattr(os, "fdopen", refusing)
            assert refusal(lambda: library.back_up(tmp_path / "backup.zip")) == key
        assert not (tmp_path / "backup.zip").exists() and left(tmp_path) == []
        assert library.back_up(tmp_path / "backup.zip").missing == ()


def test_what_does_not_read_back_is_not_kept(folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    real = backup.Writer.read_back

    def worn_out(self: backup.Writer, aside: Path) -> None:
        data = bytearray(aside.read_bytes())
        data[len(data) // 3] ^= 1
        aside.write_bytes(data)
        real(self, aside)

    monkeypatch.setattr(backup.Writer, "read_back", worn_out)
    with open_library(folder) as library:
        assert refusal(lambda: library.back_up(tmp_path / "backup.zip")) == "backup_not_as_written"
    assert not (tmp_path / "backup.zip").exists() and left(tmp_path) == []


KILLED = textwrap.dedent(
    """
    import sys
    from pathlib import Path
    from core.library import open_library, restore_library

    what, source, target = sys.argv[1], Path(sys.argv[2]), Path(sys.argv[3])
    print("up", flush=True)
    if what == "backup":
        with open_library(source) as library:
            library.back_up(target)
    else:
        restore_library(source, target)
    print("done", flush=True)
    """
)


@pytest.mark.slow
@pytest.mark.parametrize("what", ["backup", "restore"])
def test_killed_at_any_moment_there_is_a_whole_one_or_none(what: str, folder: Path, file: Path, tmp_path: Path) -> None:
    choice, source = random.Random(3), folder if what == "backup" else file
    outcomes = set()
    for number in range(8):
        target = tmp_path / f"out{number}"
        process = subprocess.Popen(
            [sys.executable, "-c", KILLED, what, str(source), str(target)], cwd=ROOT, stdout=subprocess.PIPE
        )
        assert process.stdout is not None
        process.stdout.readline()
        time.sleep(choice.uniform(0.0, 0.5))
        process.kill()
        process.communicate()
        outcomes.add(target.exists())
        if what == "backup":
            restored = restore_library(target, tmp_path / "again") if target.exists() else None
        else:
            restored = None if target.exists() else restore_library(source, target)
            with open_library(target) as library:
                assert len(library.documents()) == 2
        assert restored is None or restored.findings == ()
        shutil.rmtree(tmp_path / "again", ignore_errors=True)
    with open_library(folder) as library:
        assert not (folder / "backup-under-way").exists()
        assert [finding.key for finding in library.doctor()] == ["doctor_pending"]
        library.back_up(tmp_path / "last.zip")


# -- a file from a stranger


def rewritten(file: Path, change: Callable[[dict[str, Any], dict[str, bytes]], object]) -> Path:
    """A copy of a backup in which ``change`` had its way with the manifest and the entries."""
    with zipfile.ZipFile(file) as archive:
        entries = {name: archive.read(name) for name in archive.namelist()}
    manifest = json.loads(entries.pop("manifest.json"))
    change(manifest, entries)
    made = file.with_name("changed.zip")
    with zipfile.ZipFile(made, "w") as archive:
        for name, data in entries.items():
            archive.writestr(name, data)
        archive.writestr("manifest.json", json.dumps(manifest))
    return made


def add(manifest: dict[str, Any], entries: dict[str, bytes], name: str, data: bytes) -> None:
    import hashlib

    entries[name] = data
    manifest["entries"].append({"name": name, "size": len(data), "sha256": hashlib.sha256(data).hexdigest()})


@pytest.mark.parametrize(
    "name",
    [
        *("../evil", "/tmp/evil", "originals/../../evil", "C:\\evil", "index/x", "library.db-wal", "originals/ab/x"),
        "originals/00/" + "0" * 64,  # not its hash
        "originals/00/" + "A" * 64,
        "library.db/",
    ],
)
def test_nothing_is_put_elsewhere(file: Path, tmp_path: Path, name: str) -> None:
    made = rewritten(file, lambda manifest, entries: add(manifest, entries, name, b"evil"))
    before = sorted(tmp_path.rglob("*"))
    assert refusal(lambda: restore_library(made, tmp_path / "again")) == "restore_damaged"
    assert sorted(tmp_path.rglob("*")) == before


@pytest.mark.parametrize(
    "change",
    [
        lambda m, e: e.update({"extra": b"x"}),
        lambda m, e: e.pop(sorted(e)[-1]),
        lambda m, e: e.update({"library.db": e["library.db"] + b"x"}),
        lambda m, e: m["entries"].append(m["entries"][0]),
        lambda m, e: m["entries"].clear(),
        lambda m, e: m.update(schema="4"),
        lambda m, e: m.update(schema=True),
        lambda m, e: m.update(entries=[[]]),
        lambda m, e: m.pop("made_at"),
        lambda m, e: m["entries"][0].update(size=10**18),
    ],
)
def test_what_does_not_fit_together_is_refused(
    file: Path, tmp_path: Path, change: Callable[[dict[str, Any], dict[str, bytes]], object]
) -> None:
    assert refusal(lambda: restore_library(rewritten(file, change), tmp_path / "again")) == "restore_damaged"
    assert not (tmp_path / "again").exists() and left(tmp_path) == []


def test_a_newer_backup_is_refused_politely(file: Path, tmp_path: Path) -> None:
    for change in ({"version": 2}, {"schema": 99}):
        made = rewritten(file, lambda manifest, _, change=change: manifest.update(change))
        assert refusal(lambda made=made: restore_library(made, tmp_path / "again")) == "restore_newer"


@pytest.mark.parametrize(
    "kind", ["nothing", "noise", "a zip", "another manifest", "a deep manifest", "half", "folder", "none"]
)
def test_what_is_no_backup_is_said(file: Path, tmp_path: Path, kind: str) -> None:
    made = tmp_path / "made.zip"
    keys = {"restore_no_backup"}
    if kind == "nothing":
        made.touch()
    elif kind == "noise":
        made.write_bytes(random.Random(1).randbytes(5000))
    elif kind == "half":
        made.write_bytes(file.read_bytes()[: file.stat().st_size // 2])
    elif kind == "folder":
        made.mkdir()
        keys = {"import_unreadable_file"}
    elif kind == "none":
        keys = {"import_unreadable_file"}
    else:
        with zipfile.ZipFile(made, "w") as archive:
            if kind != "a zip":
                archive.writestr("manifest.json", "{}" if kind == "another manifest" else "[" * 100_000)
        keys |= {"restore_damaged"}
    assert refusal(lambda: restore_library(made, tmp_path / "again")) in keys
    assert left(tmp_path) == []


def test_links_and_what_grows_are_refused(file: Path, tmp_path: Path) -> None:
    made = tmp_path / "made.zip"
    for kind in ("link", "packed", "twice"):
        with zipfile.ZipFile(file) as source, zipfile.ZipFile(made, "w") as archive:
            for info in source.infolist():
                data = source.read(info)
                if info.filename == "library.db":
                    if kind == "link":
                        info.external_attr = (stat.S_IFLNK | 0o777) << 16
                    if kind == "packed":
                        info.compress_type = zipfile.ZIP_DEFLATED
                    if kind == "twice":
                        with pytest.warns(UserWarning, match="Duplicate name"):
                            archive.writestr(info, data)
                            archive.writestr(zipfile.ZipInfo("library.db"), data)
                        continue
                archive.writestr(info, data)
        assert refusal(lambda: restore_library(made, tmp_path / "again")) == "restore_damaged", kind


def test_any_flipped_byte_is_found_or_changes_nothing(file: Path, tmp_path: Path) -> None:
    whole, choice = file.read_bytes(), random.Random(5)
    with open_library(restore_library(file, tmp_path / "first").folder) as library:
        expected = contents(library)
    harmless = 0
    for number in range(60):
        data = bytearray(whole)
        data[choice.randrange(len(data))] ^= 1 << choice.randrange(8)
        (tmp_path / "flipped.zip").write_bytes(data)
        target = tmp_path / f"again{number}"
        try:
            restore_library(tmp_path / "flipped.zip", target)
        except UserProblem as problem:
            assert said(problem) in ("restore_damaged", "restore_no_backup", "restore_newer")
            assert not target.exists()
        else:
            harmless += 1  # a date of the ZIP format, say
            with open_library(target) as library:
                assert contents(library) == expected
    assert harmless < 10


def test_a_database_with_a_trap_is_refused(file: Path, tmp_path: Path) -> None:
    def set_a_trap(manifest: dict[str, Any], entries: dict[str, bytes]) -> None:
        trap = tmp_path / "trap.db"
        trap.write_bytes(entries["library.db"])
        db = sqlite.connect(str(trap))
        db.execute("CREATE TRIGGER trap AFTER INSERT ON audit BEGIN DELETE FROM documents; END")
        db.commit()
        db.close()
        entry = manifest["entries"][0]
        manifest["entries"].remove(entry)
        add(manifest, entries, "library.db", trap.read_bytes())

    assert refusal(lambda: restore_library(rewritten(file, set_a_trap), tmp_path / "again")) == "restore_damaged"
    assert not (tmp_path / "again").exists()
