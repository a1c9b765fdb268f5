"""From a backup to a library: everything is checked aside, and put in its place in one step."""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path

from filelock import FileLock, Timeout

from core.errors import CancelToken, UserProblem
from core.library import backup, schema
from core.library.backup import Archive, Manifest, Telling
from core.library.library import check_local, open_library
from core.library.originals import sync_folder
from core.library.store import is_ours
from core.library.upkeep import Finding
from core.nouns import Progress, Report, silent


@dataclass(frozen=True, slots=True)
class Restored:
    """A library that was made from a backup; ``findings`` are the doctor's, of what was damaged before the backup."""

    folder: Path
    made_at: str
    documents: int
    findings: tuple[Finding, ...]


def restore_library(file: Path, folder: Path, report: Report = silent, cancel: CancelToken | None = None) -> Restored:
    """The library in the backup ``file``, put into the new or empty ``folder`` once every hash was checked.

    The index is made anew from the documents.  UserProblem when the folder holds anything, when the file is no
    backup, damaged or of a newer program, when the disk has no room or refuses; then nothing is in the folder.
    """
    check_local(folder)
    folder = folder.expanduser().absolute()
    _check_free(folder)
    with backup.opened(file.expanduser().absolute()) as archive, backup.told(folder):
        made = archive.manifest
        if made.schema > len(schema.MIGRATIONS):
            raise UserProblem("restore_newer", file=file, found=made.schema, known=len(schema.MIGRATIONS))
        folder.parent.mkdir(parents=True, exist_ok=True)
        _check_room(folder, made)
        with _aside(folder) as aside:
            _take_out(archive, aside, report, cancel)
            if made.schema < 1 or not is_ours(aside / backup.DATABASE):
                raise UserProblem("restore_damaged", file=file)
            findings = _looked_at(aside, report, cancel)
            _check_free(folder)
            with suppress(FileNotFoundError):
                folder.rmdir()  # an empty one
            os.rename(aside, folder)
            sync_folder(folder.parent)
    return Restored(folder, made.made_at, made.documents, findings)


def _check_free(folder: Path) -> None:
    with backup.told(folder):
        if folder.is_symlink() or (folder.exists() and not folder.is_dir()):
            raise UserProblem("library_not_a_folder", folder=folder)
        if folder.exists() and any(folder.iterdir()):
            raise UserProblem("restore_folder_in_use", folder=folder)


def _check_room(folder: Path, made: Manifest) -> None:
    database = next(entry.size for entry in made.entries if entry.name == backup.DATABASE)
    needed = made.size + 2 * database + backup.SPARE_BYTES  # the index holds the vectors, at twice the size, and terms
    free = shutil.disk_usage(folder.parent).free
    if free < needed:
        raise UserProblem(
            "backup_no_room", folder=folder.parent, needed=backup.megabytes(needed), free=backup.megabytes(free)
        )


@contextmanager
def _aside(folder: Path) -> Iterator[Path]:
    """An empty folder beside ``folder``, gone in the end; what one that was killed left is deleted first."""
    aside = folder.with_name(f".{folder.name}.restoring")
    lock = FileLock(aside.with_name(f"{aside.name}.lock"), timeout=0, mode=0o600, thread_local=False)
    try:
        lock.acquire()
    except Timeout as fault:
        raise UserProblem("restore_under_way", folder=folder) from fault
    try:
        if aside.is_symlink() or (aside.exists() and not all(map(_is_ours, aside.iterdir()))):
            raise UserProblem("restore_folder_in_use", folder=aside)  # of somebody else
        try:
            shutil.rmtree(aside, ignore_errors=True)
            aside.mkdir(mode=0o700)
            yield aside
        finally:
            shutil.rmtree(aside, ignore_errors=True)
    finally:
        with suppress(OSError):
            Path(lock.lock_file).unlink()
        lock.release()


def _is_ours(entry: Path) -> bool:
    return entry.name in ("originals", "index") or entry.name.startswith("library.")


def _take_out(archive: Archive, aside: Path, report: Report, cancel: CancelToken | None) -> None:
    tell, done = Telling("stage_restoring", archive.manifest.size, report, cancel), 0
    folders = {aside}
    for entry in archive.manifest.entries:
        target = aside / entry.name
        for made in (target.parent.parent, target.parent):
            if made != aside.parent and made not in folders:
                made.mkdir(mode=0o700)
                folders.add(made)
        with os.fdopen(os.open(target, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as out:
            for chunk in archive.chunks(entry):
                out.write(chunk)
                done += len(chunk)
                tell(done)
            out.flush()
            os.fsync(out.fileno())
    for made in sorted(folders, reverse=True):
        sync_folder(made)


def _looked_at(aside: Path, report: Report, cancel: CancelToken | None) -> tuple[Finding, ...]:
    """What the doctor finds in it, once the index is made; imports that wait are none of it."""

    def told(progress: Progress) -> None:
        if cancel is not None:
            cancel.check()
        report(progress)

    with open_library(aside, report=told) as library:
        return tuple(finding for finding in library.doctor(report=told) if finding.key != "doctor_pending")
