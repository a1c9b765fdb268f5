"""The list of everything in the installed program, and whether each is still what was built.

    python -m desktop.manifest FOLDER        writes FOLDER/MANIFEST.sha256

A line a file, as sha256sum writes them: hash, two spaces, path.  Before the hash stands ``run:`` for a file that may be
executed, ``link:`` for a symbolic link (the hash of where it points), ``folder:`` for a folder with nothing in it (the
hash of nothing).  A list without ``run:`` is of an earlier version or another system, and says nothing of that.  The
last line holds the hash of the lines above it, so that the list speaks for itself as well.
Nothing heavy is imported here: a damaged library must not keep the check from finding it.
"""

from __future__ import annotations

import hashlib
import os
import re
import stat
import sys
from collections.abc import Iterator
from pathlib import Path

from core.errors import CancelToken, UserProblem
from core.nouns import Progress, Report, silent
from desktop.channel import FilesChecked

NAME = "MANIFEST.sha256"
CHUNK = 1 << 20
LINK, RUN, HOLLOW = "link:", "run:", "folder:"
_LINE = re.compile(r"(?P<mark>link:|run:|folder:|)(?P<hash>[0-9a-f]{64})  (?P<path>\S.*)")
_SELF = re.compile(r"self:(?P<hash>[0-9a-f]{64})  " + re.escape(NAME))
# What an installer puts beside the program to take it away again.
_TOLERATED = re.compile(r"unins\d{3}\.(exe|dat|msg)", re.IGNORECASE)


def program_folder() -> Path:
    """Where the installed program lies.  UserProblem when this copy runs from its sources."""
    if not getattr(sys, "frozen", False):
        raise UserProblem("manifest_from_source")
    return Path(sys.executable).resolve().parent


def write_manifest(folder: Path) -> Path:
    """Write the list of everything in ``folder`` into it, and give its path.

    ValueError for a name that a line cannot hold.
    """
    lines = []
    for path in _files(folder):
        name = path.relative_to(folder).as_posix()
        if not _LINE.fullmatch(f"{'0' * 64}  {name}"):
            raise ValueError(f"no name for a list: {name!r}")
        lines.append(f"{RUN if _runs(path) else ''}{_signature(path)}  {name}\n")
    listed = "".join(lines)
    manifest = folder / NAME
    own = hashlib.sha256(_bytes(listed)).hexdigest()
    manifest.write_bytes(_bytes(f"{listed}self:{own}  {NAME}\n"))
    return manifest


def check_manifest(folder: Path, report: Report = silent, cancel: CancelToken | None = None) -> FilesChecked:
    """Compare everything in ``folder`` with its list.

    A list that was itself changed is found, too: it is then the only finding, for what it says cannot be trusted.
    UserProblem when there is no list.
    """
    listed = _read(folder / NAME)
    if listed is None:
        return FilesChecked(1, changed=(NAME,))
    there = {path.relative_to(folder).as_posix(): path for path in _files(folder)}
    total = sum(path.lstat().st_size for path in there.values())
    done = 0
    changed, locked = [], []
    for name, path in there.items():
        if name not in listed:
            continue
        report(Progress("manifest_checking", done, total, name))
        try:
            same = _signature(path, cancel) == listed[name].removeprefix(RUN)
            done += path.lstat().st_size
        except OSError:  # the disk does not give it, or nobody may read it
            same = False
        if not same:
            changed.append(name)
        elif os.name == "posix" and listed[name].startswith(RUN) and not _runs(path):
            locked.append(name)
    report(Progress("manifest_checking", total, total))
    # A folder that was emptied is told by the files that are gone, one that was filled by those that came, and one more
    # with nothing in it is no damage.
    hollow = {name for name, signature in listed.items() if signature.startswith(HOLLOW)}
    filled = {name for name in hollow if _is_folder(folder / name)}
    return FilesChecked(
        files=len(listed) - len(hollow) + 1,
        changed=tuple(changed),
        missing=tuple(sorted(listed.keys() - there.keys() - filled)),
        extra=tuple(
            name
            for name, path in there.items()
            if name not in listed and not _is_folder(path) and not _TOLERATED.fullmatch(name)
        ),
        locked=tuple(locked),
    )


def _read(manifest: Path) -> dict[str, str] | None:
    """Path -> signature; None when the list is not as it was written."""
    try:
        data = manifest.read_bytes()
    except FileNotFoundError as fault:
        raise UserProblem("manifest_missing") from fault
    except OSError:
        return None
    text = data.decode("utf-8", "surrogateescape")
    listed, _, last = text.removesuffix("\n").rpartition("\n")
    listed = f"{listed}\n" if listed else ""
    own = _SELF.fullmatch(last)
    if own is None or not text.endswith("\n") or own["hash"] != hashlib.sha256(_bytes(listed)).hexdigest():
        return None
    lines = [_LINE.fullmatch(line) for line in listed.split("\n")[:-1]]
    return {line["path"]: line["mark"] + line["hash"] for line in lines if line is not None}


def _files(folder: Path) -> Iterator[Path]:
    """Every file, link and empty folder in ``folder``, by path, without the list itself.  Links are not followed."""
    found = []
    for place, folders, files in os.walk(folder):
        here = Path(place)
        if not (folders or files or here == folder):
            found.append(here)
        found += [here / name for name in files]
        found += [here / name for name in folders if (here / name).is_symlink()]
    for path in sorted(found, key=lambda path: path.relative_to(folder).as_posix()):
        if path != folder / NAME:
            yield path


def _signature(path: Path, cancel: CancelToken | None = None) -> str:
    if path.is_symlink():
        return LINK + hashlib.sha256(_bytes(Path(os.readlink(path)).as_posix())).hexdigest()
    digest = hashlib.sha256()
    if _is_folder(path):
        return HOLLOW + digest.hexdigest()
    with path.open("rb") as file:
        while chunk := file.read(CHUNK):
            if cancel is not None:
                cancel.check()
            digest.update(chunk)
    return digest.hexdigest()


def _is_folder(path: Path) -> bool:
    return path.is_dir() and not path.is_symlink()


def _runs(path: Path) -> bool:
    """Whether its owner may execute it, where a system keeps that with the file."""
    mode = path.lstat().st_mode
    return os.name == "posix" and stat.S_ISREG(mode) and bool(mode & stat.S_IXUSR)


def _bytes(text: str) -> bytes:
    return text.encode("utf-8", "surrogateescape")


if __name__ == "__main__":
    print(write_manifest(Path(sys.argv[1])))
