"""The files as they were added, each under its SHA-256, written aside and renamed last."""

from __future__ import annotations

import hashlib
import os
import re
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import BinaryIO

from core.errors import CancelToken, UserProblem

_CHUNK = 1 << 20
_ASIDE = ".incoming-"
_NAME = re.compile(r"[0-9a-f]{64}")


class Originals:
    """The folder ``originals/ab/abcdef…``."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    def path(self, sha256: str) -> Path:
        """Where the bytes with this hash are kept, whether they are there or not."""
        return self.folder / sha256[:2] / sha256

    def keep(
        self, file: Path, cancel: CancelToken | None = None, expected: tuple[str, int] | None = None
    ) -> tuple[str, int]:
        """Copy ``file`` in and return (sha256, size); durable on return, nothing written when already there.

        ``expected`` is what :func:`fingerprint` said of it.  UserProblem ``import_unreadable_file`` or
        ``import_file_changed`` when the fault is the source's; OSError when it is the library's.
        """
        with _opened(file) as source:
            sha256, size = expected or _digest(source, None, cancel)
            if self.is_intact(sha256):
                return sha256, size
            source.seek(0)
            return self._copy(source, file, cancel, expected)

    def restore(self, file: Path, expected: tuple[str, int], cancel: CancelToken | None = None) -> bool:
        """Copy ``file`` in where the bytes of its hash are lost or damaged; whether they were.  As :meth:`keep`."""
        if self.is_intact(expected[0]):
            return False
        with _opened(file) as source:
            self._copy(source, file, cancel, expected)
        return True

    def _copy(
        self, source: BinaryIO, file: Path, cancel: CancelToken | None, expected: tuple[str, int] | None
    ) -> tuple[str, int]:
        self._make(self.folder)
        handle, name = tempfile.mkstemp(prefix=_ASIDE, dir=self.folder)
        aside = Path(name)
        try:
            with os.fdopen(handle, "wb") as out:
                # Hashed again while copying: the file may have changed since, and what is kept is what counts.
                sha256, size = _digest(source, out, cancel)
                out.flush()
                os.fsync(out.fileno())
            if expected is not None and expected != (sha256, size):
                raise UserProblem("import_file_changed", file=file)
            target = self.path(sha256)
            self._make(target.parent)
            os.replace(aside, target)
            sync_folder(target.parent)
        except BaseException:
            aside.unlink(missing_ok=True)
            raise
        return sha256, size

    def _make(self, folder: Path) -> None:
        if not folder.is_dir():
            folder.mkdir(mode=0o700, exist_ok=True)
            sync_folder(folder.parent)

    def is_intact(self, sha256: str) -> bool | None:
        """Whether the bytes kept under ``sha256`` are those bytes; None when there are none."""
        try:
            with self.path(sha256).open("rb") as source:
                return _digest(source, None, None)[0] == sha256
        except FileNotFoundError:
            return None

    def size(self, sha256: str) -> int | None:
        """How many bytes are kept under ``sha256``; None when there are none."""
        try:
            return self.path(sha256).stat().st_size
        except FileNotFoundError:
            return None

    def drop(self, sha256: str) -> None:
        """Delete the bytes kept under ``sha256``, if any."""
        target = self.path(sha256)
        target.unlink(missing_ok=True)
        try:
            target.parent.rmdir()
        except OSError:
            return  # other originals live there, or it was never made

    def all(self) -> Iterator[str]:
        """The hash of every original that is kept."""
        for file in self.folder.glob("??/*"):
            if _NAME.fullmatch(file.name):
                yield file.name

    def sweep(self) -> int:
        """Delete what an interrupted copy left; the number of files deleted."""
        left = list(self.folder.glob(f"{_ASIDE}*"))
        for file in left:
            file.unlink(missing_ok=True)
        return len(left)


def _opened(file: Path) -> BinaryIO:
    try:
        return file.open("rb")
    except OSError as fault:
        raise _unreadable(str(file), fault) from fault


def _unreadable(file: str, fault: OSError) -> UserProblem:
    return UserProblem("import_unreadable_file", file=file, fault=fault.strerror or fault)


def _digest(source: BinaryIO, out: BinaryIO | None, cancel: CancelToken | None) -> tuple[str, int]:
    digest, size = hashlib.sha256(), 0
    while True:
        try:
            chunk = source.read(_CHUNK)
        except OSError as fault:
            raise _unreadable(source.name, fault) from fault
        if not chunk:
            return digest.hexdigest(), size
        if cancel is not None:
            cancel.check()
        digest.update(chunk)
        size += len(chunk)
        if out is not None:
            out.write(chunk)


def fingerprint(file: Path, cancel: CancelToken | None = None) -> tuple[str, int]:
    """(sha256, size) of a file outside the library.  UserProblem ``import_unreadable_file``."""
    with _opened(file) as source:
        return _digest(source, None, cancel)


def file_sha256(file: Path) -> str:
    """The SHA-256 of a file's bytes."""
    with file.open("rb") as source:
        return _digest(source, None, None)[0]


def sync_folder(folder: Path) -> None:
    """Make a rename or a new name in ``folder`` survive a power cut."""
    if os.name == "nt":
        return  # a folder cannot be opened there, and NTFS journals names itself
    handle = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
