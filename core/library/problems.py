"""Faults of the disk and the database, said so that a person can act on them."""

from __future__ import annotations

import errno
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from sqlcipher3 import dbapi2 as sqlite

from core.errors import UserProblem

_FULL = {errno.ENOSPC, errno.EDQUOT} if hasattr(errno, "EDQUOT") else {errno.ENOSPC}
_READ_ONLY = {errno.EROFS, errno.EACCES, errno.EPERM}


def of_text(text: str) -> str | None:
    """The message key of a fault that is only known by its words, or None."""
    low = text.lower()
    if "no space left" in low or "is full" in low or "os error 28" in low or "quota" in low:
        return "library_disk_full"
    if "readonly" in low or "read-only" in low or "permission denied" in low or "unable to open database" in low:
        return "library_read_only"
    if "disk i/o error" in low or "file too large" in low:
        return "library_cannot_write"
    if "malformed" in low or "not a database" in low:
        return "library_damaged"
    return None


@contextmanager
def explained(folder: Path) -> Iterator[None]:
    """Turns faults of the disk and the database below into a UserProblem; every other error passes."""
    try:
        yield
    except OSError as fault:
        if fault.errno in _FULL:
            raise UserProblem("library_disk_full", folder=folder) from fault
        if fault.errno in _READ_ONLY:
            raise UserProblem("library_read_only", folder=folder) from fault
        raise UserProblem("library_cannot_write", folder=folder, fault=fault.strerror or fault) from fault
    except sqlite.DatabaseError as fault:
        key = of_text(str(fault))
        if key is None:
            raise
        raise UserProblem(key, folder=folder, fault=fault) from fault
