"""The support bundle: what helps somebody who was asked for help, as texts by name, and one file of them.

Numbers, versions, hashes and message keys; no name of a document, no word of one, of a question, of a persona or of
the way to the user's home.  What is collected is shown before it is saved, and nothing is sent anywhere.
"""

from __future__ import annotations

import json
import locale
import os
import platform
import shutil
import sys
import tempfile
import zipfile
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from contextlib import AbstractContextManager, suppress
from dataclasses import fields
from datetime import UTC, datetime
from importlib import metadata
from pathlib import Path
from typing import TYPE_CHECKING

from core import machine
from core.errors import Cancelled, UserProblem, VademecumError
from core.nouns import Report, silent
from core.settings import Settings, data_folder
from desktop import house, logbook
from desktop.faults import keep_fault

if TYPE_CHECKING:
    from core.library import Library

_ENVIRONMENT = ("LANG", "LC_ALL", "XDG_SESSION_TYPE", "QT_QPA_PLATFORM", "QT_SCALE_FACTOR")
_MOST_NAMES = 1000
_WORDS = {
    "about.txt": "support_about",
    "packages.txt": "support_packages",
    "settings.txt": "support_settings",
    "models.txt": "support_models",
    "library.txt": "support_library",
}


def collect(
    settings: Settings,
    library: Callable[[], AbstractContextManager[Library]],
    *,
    check: bool = True,
    report: Report = silent,
) -> dict[str, str]:
    """Everything, by the name of its file.  ``library`` opens it; ``check`` asks the doctor, who reads every original.

    What cannot be had is named by its message key or the kind of fault, and keeps nothing else from being collected.
    """
    files = {
        "models.txt": _tried(_models),
        "library.txt": _tried(lambda: _library(library, check, report)),
    }
    return of_program(settings) | files | _logs()  # the logs last: they tell what has just gone wrong


def of_program(settings: Settings) -> dict[str, str]:
    """What can be told without the engine: the program and its computer, packages, settings and logs."""
    files = {"about.txt": _about, "packages.txt": _packages, "settings.txt": lambda: _settings(settings)}
    return {name: _tried(made) for name, made in files.items()} | _logs()


def words_key(name: str) -> str:
    """The message key of what is in the file of that name."""
    if name.startswith("logs/"):
        return "support_faults" if name.startswith("logs/faults") else "support_logs"
    return _WORDS[name]


def free_name(folder: Path) -> Path:
    """A file of today's date in ``folder`` that is not there yet."""
    day = datetime.now().astimezone().date().isoformat()
    names = (f"vademecum-support-{day}{f'-{number}' if number > 1 else ''}.zip" for number in range(1, _MOST_NAMES))
    return next(folder / name for name in names if not (folder / name).exists())


def check_place(file: Path) -> None:
    """UserProblem when ``file`` is there already, or its folder is not or cannot be written to.

    Said before anything is done.
    """
    file = file.absolute()
    try:
        if os.path.lexists(file):
            raise UserProblem("support_exists", path=file)
        if not file.parent.is_dir():
            raise UserProblem("output_no_folder", folder=file.parent, file=file.name)
        with suppress(FileNotFoundError):
            file.lstat()  # a name that no disk can hold
        with tempfile.TemporaryFile(dir=file.parent):
            pass
    except (OSError, ValueError) as fault:
        raise _unwritable(file, fault) from fault


def save(files: Mapping[str, str], file: Path) -> None:
    """One ZIP file of them, written aside and renamed last.  UserProblem when the disk refuses."""
    aside = ""
    try:
        handle, aside = tempfile.mkstemp(prefix=".vademecum-", dir=file.absolute().parent)
        with os.fdopen(handle, "wb") as stream:
            with zipfile.ZipFile(stream, "w", zipfile.ZIP_DEFLATED) as archive:
                for name, text in files.items():
                    archive.writestr(name, text.encode("utf-8", "backslashreplace"))
            stream.flush()
            os.fsync(stream.fileno())
        os.replace(aside, file)
        aside = ""
    except (OSError, ValueError) as fault:
        raise _unwritable(file, fault) from fault
    finally:
        if aside:
            with suppress(OSError):
                os.unlink(aside)


def _unwritable(file: Path, fault: OSError | ValueError) -> UserProblem:
    reason = (fault.strerror if isinstance(fault, OSError) else None) or fault
    return UserProblem("cannot_write", path=file.absolute(), fault=reason)


def _tried(make: Callable[[], str]) -> str:
    """What it gives, or why it gives nothing."""
    try:
        return logbook.discreet(make())
    except Cancelled:
        raise
    except VademecumError as problem:
        return _lines([("problem", problem.key)])
    except Exception as fault:  # a broken part is what is asked about
        keep_fault(fault)
        return _lines([("fault", type(fault).__name__)])


def _lines(pairs: Sequence[tuple[str, object]]) -> str:
    return "".join(f"{name} = {value}\n" for name, value in pairs)


# -- what is told


def _about() -> str:
    folder = next(place for place in (data_folder(), *data_folder().parents) if place.is_dir())
    told: list[tuple[str, object]] = [
        ("vademecum", house.version()),
        ("collected", datetime.now(UTC).isoformat(timespec="seconds")),
        ("installed", "yes" if house.frozen() else "no, runs from its sources"),
        ("python", platform.python_version()),
        ("system", f"{sys.platform} {platform.release()} {platform.machine()}"),
        ("libc", " ".join(platform.libc_ver()).strip() or "?"),
        ("processor", machine.processor()),
        ("instructions", " ".join(machine.instructions()) or "?"),
        ("cores", f"{machine.cores()} of {os.cpu_count()} threads"),
        ("memory", f"{machine.memory()} bytes"),
        ("free_memory", f"{machine.available_memory()} bytes"),
        ("free_disk", f"{shutil.disk_usage(folder).free} bytes"),
        ("encoding", f"{locale.getpreferredencoding(False)} {sys.getfilesystemencoding()}"),
    ]
    told += [(name, os.environ[name]) for name in _ENVIRONMENT if name in os.environ]
    return _lines(told)


def _packages() -> str:
    found = {(str(one.metadata["Name"]), str(one.version)) for one in metadata.distributions()}
    return "".join(f"{name}=={version}\n" for name, version in sorted(found, key=lambda pair: pair[0].lower()))


def _settings(settings: Settings) -> str:
    told = []
    for one in fields(Settings):
        value = getattr(settings, one.name)
        words = json.dumps(value)
        if value and one.name == "library":
            words = "(a folder of the user's own)"
        elif value and one.name == "persona":
            words = "(one)"  # its name may be that of a person or a firm
        told.append((one.name, words if value == one.default else f"{words}  (not the default)"))
    return _lines(told)


def _models() -> str:
    from models import catalogue  # it brings NumPy

    told = "".join(
        f"{one.name} {one.kind} {one.size} bytes, family {one.family or '?'}, context {one.context}, "
        f"{one.tokens_per_second:.1f} tokens/s\n  sha256 {one.sha256}\n"
        for one in catalogue.installed(house.models_folder())
    )
    return told or "none\n"


def _library(open_it: Callable[[], AbstractContextManager[Library]], check: bool, report: Report) -> str:
    with open_it() as library:
        documents, embedder = library.documents(), library.embedder
        rejected = Counter(one.reason for one in library.rejected())
        told: list[tuple[str, object]] = [
            ("revision", library.revision),
            ("collections", len(library.collections())),
            ("documents", len(documents)),
            ("pages", sum(document.pages for document in documents)),
            ("pages_by_ocr", sum(document.ocr_pages for document in documents)),
            ("pages_unreadable", sum(len(document.unreadable_pages) for document in documents)),
            ("passages", library.passage_count()),
            ("records", library.audit_head().sequence),
            ("waiting_imports", len(library.pending_imports())),
            ("embedder", f"{embedder.name} {embedder.sha256}" if embedder else "none yet"),
            *((f"rejected {reason}", count) for reason, count in sorted(rejected.items())),
        ]
        if not check:
            told.append(("doctor", "not asked: documents are being added or checked"))
            return _lines(told)
        found = Counter((one.key, one.mended) for one in library.doctor(report=report))
        told += [(f"doctor {key}", f"{count}{' mended' if mended else ''}") for (key, mended), count in found.items()]
        return _lines(told if found else [*told, ("doctor", "well")])


def _logs() -> dict[str, str]:
    """Every log, the newest part of each first."""
    files = sorted(file for file in logbook.folder().glob("*.log*") if file.suffix != ".lock")
    return {f"logs/{file.name}": _tried(lambda file=file: _text(file)) for file in files}  # type: ignore[misc]


def _text(file: Path) -> str:
    return file.read_text(encoding="utf-8", errors="replace")
