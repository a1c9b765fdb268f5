"""The installed personas, and the one file in which a persona travels.

On the shelf every persona is a folder of three files; it gets its name last, and the
version before it stays until then.  A persona file is a plain archive of the same
three, uncompressed, with a list of their hashes; its last line is the hash of all
that stands before, so that no byte of it can change unseen.
"""

from __future__ import annotations

import contextlib
import dataclasses
import hashlib
import json
import os
import re
import shutil
import tempfile
import zipfile
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import IO

from filelock import FileLock, Timeout

from core.errors import CancelToken, TryAgain, UserProblem
from core.nouns import Persona, Progress, Report, silent
from models.gate import IDENTITY_NEEDED, card_identity
from models.merge import read_adapter
from models.persona import specification
from models.recipe import (
    ADAPTER,
    Card,
    aside,
    card_inside,
    check_place,
    need_space,
    read_card,
    sha256,
    sync,
    write_card,
    written,
)

SPECIFICATION, WEIGHTS, CARD = "persona.toml", "adapter.gguf", "card.json"
MANIFEST = "manifest.json"
FORMAT, VERSION = "vademecum persona", 1
# More than any persona has, less than would fill a disk unnoticed.
LIMITS = {MANIFEST: 64_000, SPECIFICATION: 8_000_000, CARD: 1_000_000, WEIGHTS: 2_000_000_000}
LARGEST = sum(LIMITS.values()) + 100_000
SUFFIX = ".persona"
SEAL = 64  # hexadecimal digits of a SHA-256
CHUNK = 1 << 20

_ID = re.compile(r"[a-z0-9][a-z0-9-]{0,63}")
# What the readers of archives, JSON and TOML raise for a stranger's bytes.
_UNREADABLE = (
    zipfile.BadZipFile,
    ValueError,
    KeyError,
    TypeError,
    NotImplementedError,
    EOFError,
    RecursionError,
)
_PREVIOUS, _INCOMING, _GONE = ".previous-", ".incoming-", ".gone-"


@dataclass(frozen=True, slots=True)
class Shelved:
    """An installed persona: who it is, how it was made, and the folder of its files."""

    persona: Persona
    card: Card
    folder: Path

    @property
    def adapter(self) -> Path:
        """The GGUF adapter."""
        return self.folder / WEIGHTS


def installed(folder: Path) -> list[Shelved]:
    """The personas on the shelf, by id; what cannot be read is none."""
    _mend(folder)
    found = []
    for place in sorted(folder.glob("*/")):
        if _ID.fullmatch(place.name):
            with contextlib.suppress(UserProblem):
                found.append(_read(place))
    return found


def damaged(folder: Path) -> dict[str, UserProblem]:
    """What stands on the shelf and cannot be read, by id, and why; it can only be removed."""
    found = {}
    for place in sorted(folder.glob("*/")):
        if _ID.fullmatch(place.name):
            try:
                _read(place)
            except UserProblem as problem:
                found[place.name] = problem
    return found


def find(name: str, folder: Path) -> Shelved:
    """The persona of that id.  UserProblem ``shelf_none``, ``shelf_unknown`` or ``shelf_damaged``."""
    _mend(folder)
    if _ID.fullmatch(name) and (folder / name).is_dir():
        return _read(folder / name)
    here = installed(folder)
    if not here:
        raise UserProblem("shelf_none", name=name)
    raise UserProblem("shelf_unknown", name=name, installed=", ".join(s.persona.id for s in here))


def check(shelved: Shelved, base_sha256: str, base_name: str = "", cancel: CancelToken | None = None) -> None:
    """Makes sure that the adapter is the one of its card, made for this base; call it before native code opens it.

    UserProblem ``card_other_adapter`` or ``adapter_other_base``, those of a damaged adapter; Cancelled.
    """
    _belong(shelved.adapter, shelved.card, cancel)
    if shelved.card.base_sha256 != base_sha256:
        raise UserProblem(
            "adapter_other_base",
            persona=shelved.persona.id,
            wanted=shelved.card.base,
            wanted_hash=shelved.card.base_sha256[:12],
            base=base_name or "?",
            base_hash=base_sha256[:12],
        )


def install(
    persona: Persona,
    adapter: Path,
    card: Card,
    folder: Path,
    report: Report = silent,
    cancel: CancelToken | None = None,
) -> Shelved:
    """Puts a persona on the shelf; an earlier one of its id stays until this one stands, and is then gone.

    UserProblem for a persona that breaks a rule, ``card_other_adapter``, those of a damaged adapter and of a full
    disk; TryAgain ``shelf_busy``; Cancelled.
    """
    specification.require(persona)
    read_adapter(adapter)
    need_space(folder, adapter.stat().st_size)
    with _locked(folder), _incoming(folder) as made:
        with adapter.open("rb") as source, (made / WEIGHTS).open("wb") as out:
            _copy(source, out, adapter.stat().st_size, report, cancel)
        (made / SPECIFICATION).write_text(specification.dump(persona), encoding="utf-8")
        write_card(card, made / CARD)
        return _settle(made, persona.id, folder, cancel)


def remove(name: str, folder: Path) -> None:
    """Takes a persona off the shelf, a damaged one too.  UserProblem when there is none of that id."""
    if not (_ID.fullmatch(name) and (folder / name).is_dir()):
        find(name, folder)
    with _locked(folder):
        gone = Path(tempfile.mkdtemp(dir=folder, prefix=_GONE))
        (folder / name).rename(gone / name)
        sync(folder)
        shutil.rmtree(gone, ignore_errors=True)


def export_file(name: str, folder: Path, out: Path, report: Report = silent, cancel: CancelToken | None = None) -> None:
    """Writes an installed persona as one file, into a folder that is there.

    UserProblem when there is no such persona or no such folder, when its files are damaged, or when the disk refuses;
    Cancelled.
    """
    shelved = find(name, folder)
    check_place(out)
    _belong(shelved.adapter, shelved.card, cancel)
    sizes = {part: (shelved.folder / part).stat().st_size for part in (SPECIFICATION, WEIGHTS, CARD)}
    if any(size > LIMITS[part] for part, size in sizes.items()):
        raise UserProblem("shelf_file_too_large", file=name, limit=round(LARGEST / 1e6))
    need_space(out.parent, sum(sizes.values()))
    parts = {part: {"sha256": sha256(shelved.folder / part, cancel), "size": size} for part, size in sizes.items()}
    manifest = json.dumps({"format": FORMAT, "version": VERSION, "parts": parts}, sort_keys=True).encode()
    with aside(out) as aside_file:
        with zipfile.ZipFile(aside_file, "w", zipfile.ZIP_STORED) as archive:
            archive.writestr(_member(MANIFEST, len(manifest)), manifest)
            for part, size in sizes.items():
                with (shelved.folder / part).open("rb") as source, archive.open(_member(part, size), "w") as target:
                    _copy(source, target, size, report, cancel)
            archive.comment = b"0" * SEAL
        with aside_file.open("rb+") as opened:
            seal = _digest(opened, aside_file.stat().st_size - SEAL, cancel)
            opened.seek(-SEAL, os.SEEK_END)
            opened.write(seal.encode())


def import_file(
    file: Path, folder: Path, replace: bool = False, report: Report = silent, cancel: CancelToken | None = None
) -> Shelved:
    """Installs the persona of a file that :func:`export_file` wrote; nothing is left behind when it is refused.

    A persona of the same id gives way only with ``replace``.  UserProblem ``shelf_file_missing``,
    ``shelf_file_folder``, ``shelf_file_foreign``, ``shelf_file_changed``, ``shelf_file_too_large``,
    ``shelf_not_tested`` or ``shelf_not_passed`` (its card does not say that the gate let it pass), ``shelf_taken``,
    and those of :func:`install`; TryAgain ``shelf_busy``; Cancelled.
    """
    report(Progress("shelf_checking", item=file.name))
    _unchanged(file, cancel)
    need_space(folder, file.stat().st_size)
    with _locked(folder), _incoming(folder) as made:
        try:
            with zipfile.ZipFile(file) as archive:
                _unpack(archive, made, file, report, cancel)
            persona = specification.load(made / SPECIFICATION)
            card = read_card(made / CARD)
        except _UNREADABLE as fault:
            raise UserProblem("shelf_file_changed", file=file.name) from fault
        specification.require(persona)
        _passed(card, file)
        if (folder / persona.id).exists() and not replace and not _equal(folder / persona.id, made):
            raise UserProblem("shelf_taken", name=persona.id)
        return _settle(made, persona.id, folder, cancel)


def _passed(card: Card, file: Path) -> None:
    """Whoever made it tested it: nobody puts an untested persona to work by carrying its file."""
    identity = card_identity(card.gate)
    if identity is None:
        raise UserProblem("shelf_not_tested", file=file.name)
    if identity < IDENTITY_NEEDED:
        details = {"identity": f"{identity:.1f}", "needed": f"{IDENTITY_NEEDED:.0f}"}
        raise UserProblem("shelf_not_passed", file=file.name, **details)


def _unchanged(file: Path, cancel: CancelToken | None) -> None:
    """Before anything in it is believed: it is one of ours, of a possible size, and its seal holds."""
    try:
        if file.is_dir():
            raise UserProblem("shelf_file_folder", folder=file)
        size = file.stat().st_size
        if size > LARGEST:
            raise UserProblem("shelf_file_too_large", file=file.name, limit=round(LARGEST / 1e6))
        with file.open("rb") as opened:
            head = opened.read(30 + len(MANIFEST))
            if head[:4] != b"PK\3\4" or head[30:] != MANIFEST.encode():
                raise UserProblem("shelf_file_foreign", file=file.name)
            opened.seek(0)
            seal = _digest(opened, size - SEAL, cancel)
            if opened.read() != seal.encode():
                raise UserProblem("shelf_file_changed", file=file.name)
    except (FileNotFoundError, NotADirectoryError) as fault:
        raise UserProblem("shelf_file_missing", file=file) from fault
    except OSError as fault:
        raise UserProblem("model_file_unreadable", file=file, fault=fault.strerror) from fault


def _unpack(archive: zipfile.ZipFile, made: Path, file: Path, report: Report, cancel: CancelToken | None) -> None:
    """The four parts under their own names, whatever else the archive may claim; ValueError for anything else."""
    members = archive.infolist()
    if [m.filename for m in members] != [MANIFEST, SPECIFICATION, WEIGHTS, CARD]:
        raise ValueError("other parts than a persona's")
    for member in members:
        if member.compress_type != zipfile.ZIP_STORED or member.flag_bits & 1:
            raise ValueError("a packed or locked part")
        if member.file_size != member.compress_size:
            raise ValueError("a part of two sizes")
        if member.file_size > LIMITS[member.filename]:
            raise UserProblem("shelf_file_too_large", file=file.name, limit=round(LARGEST / 1e6))
    with archive.open(members[0]) as opened:
        manifest = json.loads(opened.read(LIMITS[MANIFEST] + 1))
    if (manifest["format"], manifest["version"]) != (FORMAT, VERSION):
        raise UserProblem("shelf_file_foreign", file=file.name)
    for member in members[1:]:
        with archive.open(member) as source, (made / member.filename).open("wb") as out:
            digest = _copy(source, out, member.file_size, report, cancel)
        if manifest["parts"][member.filename] != {"sha256": digest, "size": member.file_size}:
            raise ValueError("a part that is not the listed one")


def _settle(made: Path, name: str, folder: Path, cancel: CancelToken | None) -> Shelved:
    """Checks what was made, gives it its place, and only then lets go of what stood there."""
    fresh = _read(made)
    _belong(fresh.adapter, fresh.card, cancel)
    for part in (SPECIFICATION, WEIGHTS, CARD):
        with (made / part).open("rb+") as opened:
            os.fsync(opened.fileno())
    sync(made)
    place, previous = folder / name, folder / f"{_PREVIOUS}{name}"
    if place.exists():
        place.rename(previous)
    made.rename(place)
    sync(folder)
    shutil.rmtree(previous, ignore_errors=True)
    return dataclasses.replace(fresh, folder=place)


def _read(place: Path) -> Shelved:
    try:
        persona = specification.load(place / SPECIFICATION)
        card = read_card(place / CARD)
    except UserProblem as fault:
        raise UserProblem("shelf_damaged", name=place.name, fault=fault.key) from fault
    if not (place / WEIGHTS).is_file() or not (place.name.startswith(".") or place.name == persona.id):
        raise UserProblem("shelf_damaged", name=place.name, fault=WEIGHTS)
    return Shelved(persona, card, place)


def _belong(adapter: Path, card: Card, cancel: CancelToken | None) -> None:
    """The card is of this very file, which says the same of itself."""
    if card.kind != ADAPTER or card.adapter_sha256 != sha256(adapter, cancel):
        raise UserProblem("card_other_adapter", adapter=adapter.name)
    read_adapter(adapter)
    # The gate comes after the adapter was written.
    inner, outer = (dataclasses.replace(c.inside(), gate={}, created="") for c in (card_inside(adapter), card))
    if inner != outer:
        raise UserProblem("card_other_adapter", adapter=adapter.name)


def _equal(one: Path, other: Path) -> bool:
    with contextlib.suppress(UserProblem, OSError):
        return all(sha256(one / part) == sha256(other / part) for part in (SPECIFICATION, WEIGHTS, CARD))
    return False


def _member(name: str, size: int) -> zipfile.ZipInfo:
    member = zipfile.ZipInfo(name)  # of 1980: the same persona is the same file
    member.create_system = 3
    member.external_attr = 0o600 << 16
    member.file_size = size
    return member


def _copy(source: IO[bytes], out: IO[bytes], size: int, report: Report, cancel: CancelToken | None) -> str:
    """Copies and gives the SHA-256.  ValueError when there are not exactly ``size`` bytes."""
    digest, done = hashlib.sha256(), 0
    while piece := source.read(CHUNK):
        if cancel:
            cancel.check()
        done += len(piece)
        if done > size:
            break
        digest.update(piece)
        out.write(piece)
        report(Progress("shelf_copying", done, size))
    if done != size:
        raise ValueError("more or fewer bytes than were announced")
    return digest.hexdigest()


def _digest(opened: IO[bytes], size: int, cancel: CancelToken | None) -> str:
    """The SHA-256 of the next ``size`` bytes."""
    digest = hashlib.sha256()
    while size > 0 and (piece := opened.read(min(size, CHUNK))):
        if cancel:
            cancel.check()
        digest.update(piece)
        size -= len(piece)
    return digest.hexdigest()


@contextlib.contextmanager
def _locked(folder: Path) -> Iterator[None]:
    """One change at a time, and what the disk refuses in a sentence."""
    with written(folder):
        folder.mkdir(parents=True, exist_ok=True)
        lock = FileLock(folder / ".lock", timeout=0)
        try:
            lock.acquire()
        except Timeout as fault:
            raise TryAgain("shelf_busy") from fault
        try:
            _sweep(folder)
            yield
        finally:
            lock.release()


@contextlib.contextmanager
def _incoming(folder: Path) -> Iterator[Path]:
    """A folder for what is being made; gone in the end unless it was given another name."""
    made = Path(tempfile.mkdtemp(dir=folder, prefix=_INCOMING))
    try:
        yield made
    finally:
        shutil.rmtree(made, ignore_errors=True)


def _mend(folder: Path) -> None:
    """Finishes what a power cut left between two names; who may not write here sees the shelf as it is."""
    if any(folder.glob(f"{_PREVIOUS}*")):
        with contextlib.suppress(UserProblem, TryAgain), _locked(folder):
            pass


def _sweep(folder: Path) -> None:
    for previous in folder.glob(f"{_PREVIOUS}*"):
        place = folder / previous.name.removeprefix(_PREVIOUS)
        if place.exists():
            shutil.rmtree(previous, ignore_errors=True)
        else:
            previous.rename(place)
    for left in (*folder.glob(f"{_INCOMING}*"), *folder.glob(f"{_GONE}*")):
        shutil.rmtree(left, ignore_errors=True)
