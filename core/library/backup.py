"""A library in one file: how it is written, and how it is read by somebody who does not trust it.

The file is an ordinary ZIP whose entries are stored as they are.  Any program can take the documents out in need,
nothing in it can grow when it is taken out, and PDF files would hardly shrink.

    manifest.json         what this is, and name, size and SHA-256 of every other entry
    library.db            the truth, copied by SQLite in one piece
    originals/ab/abcd…    the files as they were added

It is written aside, read back from the disk, and renamed last: whatever breaks it off, there is a whole file or none.
"""

from __future__ import annotations

import errno
import hashlib
import json
import os
import re
import shutil
import stat
import struct
import tempfile
import time
import zipfile
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import IO, TypeVar

from core.errors import CancelToken, UserProblem
from core.library.originals import sync_folder
from core.nouns import Progress, Report

T = TypeVar("T")

DATABASE = "library.db"
_MANIFEST = "manifest.json"
_ORIGINAL = re.compile(r"originals/([0-9a-f]{2})/(\1[0-9a-f]{62})")
_SHA256 = re.compile(r"[0-9a-f]{64}")
_FORMAT, _VERSION = "vademecum library backup", 1
_MANIFEST_BYTES = 256 << 20  # some 1.5 million originals; a manifest is read into memory
_CHUNK = 1 << 20
_ENTRY_BYTES = 512  # what an entry costs besides its bytes: two headers, its line in the manifest
SPARE_BYTES = 16 << 20
_SECONDS_BETWEEN = 0.1  # what a person can see of a progress
_DAMAGE = (zipfile.BadZipFile, ValueError, EOFError, KeyError, RuntimeError, NotImplementedError, struct.error)
_FULL = (errno.ENOSPC, errno.EDQUOT)


@dataclass(frozen=True, slots=True)
class Entry:
    """One file in a backup."""

    name: str
    size: int
    sha256: str


@dataclass(frozen=True, slots=True)
class Manifest:
    """What a backup says of itself; ``missing`` are hashes of originals that the library had lost before."""

    made_at: str
    schema: int
    revision: int
    documents: int
    audit_head: str
    entries: tuple[Entry, ...]
    missing: tuple[str, ...]

    @property
    def size(self) -> int:
        """Bytes of all entries."""
        return sum(entry.size for entry in self.entries)


def entry_of(sha256: str) -> str:
    """What the original of that hash is called in a backup."""
    return f"originals/{sha256[:2]}/{sha256}"


def check_place(out: Path, needed: int) -> None:
    """UserProblem when ``out`` is there already, cannot be written, or its disk has no room for ``needed`` bytes."""
    with told(out):
        if os.path.lexists(out):
            raise UserProblem("backup_exists", file=out)
        if not out.parent.is_dir():
            raise UserProblem("backup_no_folder", folder=out.parent)
        with tempfile.TemporaryFile(dir=out.parent):
            pass
        free = shutil.disk_usage(out.parent).free
    if free < needed + SPARE_BYTES:
        raise UserProblem(
            "backup_no_room", folder=out.parent, needed=megabytes(needed + SPARE_BYTES), free=megabytes(free)
        )


def room_for(sizes: Iterable[int]) -> int:
    """How large a backup of files of these sizes becomes at most."""
    return sum(size + _ENTRY_BYTES for size in sizes)


def megabytes(count: int) -> int:
    """Bytes as a person reads them."""
    return max(1, round(count / 1e6))


@contextmanager
def written_aside(out: Path) -> Iterator[Writer]:
    """A writer whose file becomes ``out`` when all went well and it reads back as it was meant; else there is none."""
    with told(out):
        for left in out.parent.glob(f".{_literal(out.name)}.*.part"):  # of one that was killed
            with suppress(OSError):
                left.unlink()
        handle, name = tempfile.mkstemp(prefix=f".{out.name}.", suffix=".part", dir=out.parent)
        aside = Path(name)
        try:
            with os.fdopen(handle, "wb") as stream:
                writer = Writer(out, stream)
                try:
                    yield writer
                finally:
                    writer.close()
                stream.flush()
                os.fsync(stream.fileno())
                if hasattr(os, "posix_fadvise"):  # else what is read back would come from memory, not from the disk
                    os.posix_fadvise(stream.fileno(), 0, 0, os.POSIX_FADV_DONTNEED)
            writer.read_back(aside)
            if os.path.lexists(out):
                raise UserProblem("backup_exists", file=out)
            os.replace(aside, out)
            sync_folder(out.parent)
        finally:
            with suppress(OSError):
                aside.unlink(missing_ok=True)


def _literal(name: str) -> str:
    return re.sub(r"([*?[])", r"[\1]", name)


class Writer:
    """Puts entries into a backup, and notes what they are."""

    def __init__(self, out: Path, stream: IO[bytes]) -> None:
        self._out = out
        self._zip = zipfile.ZipFile(stream, "w", zipfile.ZIP_STORED, allowZip64=True)
        self._entries: list[Entry] = []
        self._manifest: Manifest | None = None
        self.check: Callable[[int], None] = lambda _: None

    def add(self, name: str, size: int, chunks: Iterable[bytes]) -> Entry:
        """An entry of these bytes, of which there are ``size``."""
        digest, done = hashlib.sha256(), 0
        with self._zip.open(_info(name), "w", force_zip64=size >= 2**31) as entry:
            for chunk in chunks:
                digest.update(chunk)
                entry.write(chunk)
                done += len(chunk)
        self._entries.append(Entry(name, done, digest.hexdigest()))
        return self._entries[-1]

    def finish(self, schema: int, revision: int, documents: int, audit_head: str, missing: Sequence[str]) -> Manifest:
        """The manifest of all entries, put in last."""
        made_at = time.strftime("%Y-%m-%dT%H:%M:%S+00:00", time.gmtime())
        made = Manifest(made_at, schema, revision, documents, audit_head, tuple(self._entries), tuple(missing))
        plain = {"format": _FORMAT, "version": _VERSION, **asdict(made)}
        self._zip.writestr(_info(_MANIFEST), json.dumps(plain, indent=1).encode())
        self._manifest = made
        return made

    def close(self) -> None:
        """No more entries; what was broken off is only let go of."""
        if self._manifest is not None:
            self._zip.close()
        else:
            with suppress(OSError, ValueError):
                self._zip.close()

    def read_back(self, aside: Path) -> None:
        """UserProblem when the file is not what was meant to be in it."""
        try:
            with opened(aside) as archive:
                if archive.manifest == self._manifest:
                    done = 0
                    for entry in archive.manifest.entries:
                        for chunk in archive.chunks(entry):
                            done += len(chunk)
                            self.check(done)
                    return
        except UserProblem as problem:
            if problem.key != "restore_damaged":
                raise
        raise UserProblem("backup_not_as_written", file=self._out)


def _info(name: str) -> zipfile.ZipInfo:
    made = zipfile.ZipInfo(name, time.localtime()[:6])
    made.external_attr = (stat.S_IFREG | 0o600) << 16
    return made


class Archive:
    """A backup whose form is sound: only expected names, none twice, nothing packed, no links, no more than it is."""

    def __init__(self, file: Path, opened_zip: zipfile.ZipFile) -> None:
        self._file = file
        self._zip = opened_zip
        size = file.stat().st_size
        infos = {info.filename: info for info in opened_zip.infolist()}
        for info in infos.values():
            kind = stat.S_IFMT(info.external_attr >> 16)
            if info.compress_type != zipfile.ZIP_STORED or info.compress_size != info.file_size or info.flag_bits & 1:
                raise _damaged(file)
            if kind not in (0, stat.S_IFREG):
                raise _damaged(file)
        # Entries that lie over one another could be more than the file.
        if len(infos) != len(opened_zip.infolist()) or sum(info.file_size for info in infos.values()) > size:
            raise _damaged(file)
        if _MANIFEST not in infos or infos[_MANIFEST].file_size > _MANIFEST_BYTES:
            raise UserProblem("restore_no_backup", file=file)
        self.manifest = _manifest(file, opened_zip.read(_MANIFEST))
        told_of = {entry.name: entry.size for entry in self.manifest.entries}
        if len(told_of) != len(self.manifest.entries) or told_of != {
            name: info.file_size for name, info in infos.items() if name != _MANIFEST
        }:
            raise _damaged(file)

    def chunks(self, entry: Entry) -> Iterator[bytes]:
        """The bytes of an entry.  UserProblem at the latest after the last one when they are not those of its hash."""
        digest = hashlib.sha256()
        try:
            with self._zip.open(entry.name) as source:
                while chunk := source.read(_CHUNK):
                    digest.update(chunk)
                    yield chunk
        except _DAMAGE as fault:
            raise _damaged(self._file) from fault
        if digest.hexdigest() != entry.sha256:
            raise _damaged(self._file)


@contextmanager
def opened(file: Path) -> Iterator[Archive]:
    """A backup to read from.  UserProblem when it is none, is damaged, or was made by a newer program."""
    try:
        with file.open("rb") as stream:
            try:
                archive = Archive(file, zipfile.ZipFile(stream))
            except zipfile.BadZipFile as fault:
                raise UserProblem("restore_no_backup", file=file) from fault
            except _DAMAGE as fault:
                raise _damaged(file) from fault
            yield archive
    except OSError as fault:
        raise UserProblem("import_unreadable_file", file=file, fault=fault.strerror or fault) from fault


def _damaged(file: Path) -> UserProblem:
    return UserProblem("restore_damaged", file=file)


def _manifest(file: Path, data: bytes) -> Manifest:
    """What a manifest says, every value of its type and every name one that this program gives."""
    try:
        plain = json.loads(data)
    except (ValueError, RecursionError) as fault:
        raise _damaged(file) from fault
    if not isinstance(plain, dict) or plain.get("format") != _FORMAT:
        raise UserProblem("restore_no_backup", file=file)
    if isinstance(plain.get("version"), int) and plain["version"] > _VERSION:
        raise UserProblem("restore_newer", file=file, found=plain["version"], known=_VERSION)
    try:
        made = Manifest(
            made_at=_typed(plain["made_at"], str),
            schema=_typed(plain["schema"], int),
            revision=_typed(plain["revision"], int),
            documents=_typed(plain["documents"], int),
            audit_head=_typed(plain["audit_head"], str),
            entries=tuple(
                Entry(_typed(one["name"], str), _typed(one["size"], int), _typed(one["sha256"], str))
                for one in _typed(plain["entries"], list)
            ),
            missing=tuple(_typed(one, str) for one in _typed(plain["missing"], list)),
        )
    except (KeyError, TypeError) as fault:
        raise _damaged(file) from fault
    for entry in made.entries:
        original = _ORIGINAL.fullmatch(entry.name)
        sound = original[2] == entry.sha256 if original else entry.name == DATABASE
        if not sound or not _SHA256.fullmatch(entry.sha256):
            raise _damaged(file)
    if all(entry.name != DATABASE for entry in made.entries):
        raise _damaged(file)
    return made


def _typed(value: object, kind: type[T]) -> T:
    if type(value) is not kind:
        raise TypeError(kind)
    return value


@contextmanager
def told(place: Path) -> Iterator[None]:
    """What the disk of ``place`` refuses, in a sentence."""
    try:
        yield
    except OSError as fault:
        if fault.errno in _FULL:
            raise UserProblem("backup_disk_full", file=place) from fault
        if fault.errno == errno.EFBIG:  # FAT32 ends at 4 GB
            raise UserProblem("backup_too_large", folder=place.parent) from fault
        raise UserProblem("cannot_write", path=place, fault=fault.strerror or fault) from fault
    except ValueError as fault:
        if "null byte" not in str(fault):
            raise
        raise UserProblem("cannot_write", path=place, fault=fault) from fault


def chunks_of(file: Path) -> Iterator[bytes]:
    """The bytes of a file of the library."""
    with file.open("rb") as source:
        while chunk := source.read(_CHUNK):
            yield chunk


class Telling:
    """Tells how many of so many bytes are done, not oftener than a person can see, and asks whether to stop."""

    def __init__(self, stage: str, total: int, report: Report, cancel: CancelToken | None) -> None:
        self._stage, self._total, self._report, self._cancel = stage, total, report, cancel
        self._next = 0.0

    def __call__(self, done: int) -> None:
        if self._cancel is not None:
            self._cancel.check()
        if (now := time.monotonic()) >= self._next:
            self._next = now + _SECONDS_BETWEEN
            self._report(Progress(self._stage, done // 1_000_000, max(1, self._total // 1_000_000)))
