"""Installed models on a USB stick: out of one computer's models folder, and into another's.

What is carried is what the catalogue keeps: each model's file (or folder) and its card.  Both ways everything is
copied aside, its SHA-256 checked, and renamed last; what is there already is left as it is.
"""

from __future__ import annotations

import contextlib
import dataclasses
import errno
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import IO

from core.errors import CancelToken, UserProblem
from core.nouns import Progress, Report, silent
from models import catalogue
from models.catalogue import (
    CHUNK,
    NAME,
    PARTIAL,
    Installed,
    clear,
    content_sha256,
    find,
    installed,
    need_space,
    settle,
    settle_in,
    sync,
    with_speeds,
    working_folder,
)
from models.probe import probe

_TYPES = {"str": str, "int": int, "bool": bool, "float": float}
_FAT32_BYTES = 2**32 - 1  # the largest file of the file system that most sticks come with


@dataclass(frozen=True, slots=True)
class Carried:
    """A model that was carried; ``already`` says that it was there before."""

    model: Installed
    already: bool


def export_models(
    names: Sequence[str], folder: Path, out: Path, report: Report = silent, cancel: CancelToken | None = None
) -> list[Carried]:
    """Copies the models of ``folder`` (those named, else all) into ``out``, which is made when it is not there.

    UserProblem for a name that is not installed, a model that is damaged, a full or read-only disk, a file that the
    disk cannot hold.
    """
    chosen = [find(name, folder) for name in dict.fromkeys(names)] or installed(folder)
    if not chosen:
        raise UserProblem("model_none")
    try:
        return _carry(chosen, out, None, report, cancel)
    finally:
        with contextlib.suppress(OSError):  # nothing of ours stays on the stick but models
            for lock in (out / PARTIAL).glob("*.lock"):
                lock.unlink()
            for room in (out / PARTIAL).iterdir():
                room.rmdir()
            (out / PARTIAL).rmdir()


def import_models(
    source: Path, folder: Path, command: Sequence[str], report: Report = silent, cancel: CancelToken | None = None
) -> list[Carried]:
    """Copies every model that :func:`export_models` left in ``source`` into the models folder ``folder``.

    A model that the catalogue does not know is tried as :func:`models.catalogue.add` tries it, by ``command``.
    UserProblem when there is none, when one is not what its card says (nothing of it is kept), when another model of
    its name is here, for a full or read-only disk.
    """
    if not source.is_dir():
        raise UserProblem("carry_no_folder", folder=source)
    try:
        there = installed(source)
        cards = len(list(source.glob("*.json")))
    except OSError as fault:
        raise UserProblem("model_file_unreadable", file=source, fault=fault.strerror) from fault
    if not there:
        # Somebody may choose the folder beside the models, or one level too high.
        raise UserProblem("carry_incomplete" if cards else "carry_nothing", folder=source)
    for model in there:
        if not _is_sound(model):
            raise UserProblem("carry_damaged", name=model.name, folder=source)
    return _carry(there, folder, command, report, cancel)


def _is_sound(model: Installed) -> bool:
    """Whether a card from elsewhere says what a card of this program may say."""
    known = {entry.name.casefold(): entry for entry in catalogue.CATALOGUE}.get(model.name.casefold())
    if known is not None:  # its name promises the catalogue's file
        return (model.name, model.kind, model.sha256) == (known.name, known.kind, known.sha256)
    fit = NAME.fullmatch(model.name) is not None and model.name.casefold() != PARTIAL
    typed = all(type(getattr(model, f.name)) is _TYPES[f.type] for f in dataclasses.fields(model) if f.type in _TYPES)
    return fit and typed and model.kind == "language"


def _carry(
    models: Sequence[Installed],
    out: Path,
    command: Sequence[str] | None,
    report: Report,
    cancel: CancelToken | None,
) -> list[Carried]:
    if out.exists() and not out.is_dir():
        raise UserProblem("carry_not_a_folder", folder=out)
    here = {model.name.casefold(): model for model in (installed(out) if out.is_dir() else ())}
    for model in models:
        other = here.get(model.name.casefold())
        if other is not None and other.sha256 != model.sha256:
            raise UserProblem("carry_other_model", name=model.name, folder=out)
    home = command is not None
    with _disk(out, home):
        (out / PARTIAL).mkdir(parents=True, exist_ok=True)
    missing = sum(model.size for model in models if model.name.casefold() not in here)
    if missing:
        need_space(out, missing)
    return [_carry_one(model, out, command, report, cancel) for model in models]


def _carry_one(
    model: Installed, out: Path, command: Sequence[str] | None, report: Report, cancel: CancelToken | None
) -> Carried:
    home = command is not None
    with working_folder(out, model.name) as partial, _disk(out, home):
        there = next((one for one in installed(out) if one.name == model.name), None)
        if there is not None and content_sha256(there.path, report, cancel) == model.sha256:
            return Carried(there, already=True)
        made = partial / model.path.name
        clear(made)
        try:
            _copy(model, made, home, report, cancel)
            # Read back from where it lies now: a stick may have written something else.
            if content_sha256(made, report, cancel) != model.sha256:
                raise UserProblem("carry_damaged", name=model.name, folder=model.path.parent)
            # Its speeds and kernels on the card are those of another computer.
            known = any(entry.name == model.name for entry in catalogue.CATALOGUE)
            if command is not None and not known:
                model = with_speeds(model, probe(made, command, report=report, cancel=cancel))
            settled = settle(made, dataclasses.replace(model, path=out / model.path.name, precision=""))
            if command is not None and known:
                settled = settle_in(settled, command, report, cancel)
            return Carried(settled, already=False)
        finally:
            clear(partial)


def _copy(model: Installed, made: Path, home: bool, report: Report, cancel: CancelToken | None) -> None:
    files = sorted(path for path in model.path.rglob("*") if path.is_file()) if model.path.is_dir() else [model.path]
    total = sum(file.stat().st_size for file in files)
    done = 0
    for file in files:
        target = made / file.relative_to(model.path) if model.path.is_dir() else made
        target.parent.mkdir(parents=True, exist_ok=True)
        with file.open("rb") as source, target.open("wb") as copy:
            while chunk := _read(source, file):
                if cancel is not None:
                    cancel.check()
                try:
                    copy.write(chunk)
                except OSError as fault:
                    raise _told(fault, target, home, file.stat().st_size) from fault
                done += len(chunk)
                report(Progress("model_copying", done, total, model.name))
            copy.flush()
            sync(target)


def _read(source: IO[bytes], file: Path) -> bytes:
    try:
        return source.read(CHUNK)
    except OSError as fault:  # a stick that was pulled out, or is worn out
        raise UserProblem("model_file_unreadable", file=file, fault=fault.strerror) from fault


@contextlib.contextmanager
def _disk(out: Path, home: bool) -> Iterator[None]:
    """What a disk refuses, in a sentence; ``home`` says that it is the program's own folder, and no stick."""
    try:
        yield
    except OSError as fault:
        raise _told(fault, out, home) from fault


def _told(fault: OSError, place: Path, home: bool, size: int = 0) -> UserProblem:
    # FAT32 says that the file is too large, or that an argument is wrong, or that the disk is full.
    too_large = fault.errno == errno.EFBIG or (size > _FAT32_BYTES and fault.errno in (errno.EINVAL, errno.ENOSPC))
    if too_large:
        return UserProblem("carry_file_too_large", folder=place.parent)
    if fault.errno in (errno.ENOSPC, errno.EDQUOT):
        return UserProblem("carry_home_full" if home else "carry_disk_full", folder=place)
    key = "carry_home_unwritable" if home else "carry_unwritable"
    return UserProblem(key, folder=fault.filename or place, fault=fault.strerror)
