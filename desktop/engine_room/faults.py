"""Faults of this program, kept for a report: where they happened, never what was in the documents."""

from __future__ import annotations

import contextlib
import os
import traceback
from datetime import UTC, datetime
from pathlib import Path

from core.errors import UserProblem, VademecumError
from desktop import house

_PLAIN = (str, int, float, bool, type(None), Path)


def keep_fault(fault: BaseException) -> UserProblem:
    """Write the fault down and give the problem to tell.  Its words stay out: they may quote a document."""
    file = house.fault_file()
    kind = type(fault).__name__
    with contextlib.suppress(OSError):
        file.parent.mkdir(parents=True, exist_ok=True)
        with os.fdopen(os.open(file, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600), "a", encoding="utf-8") as out:
            out.write(f"{datetime.now(UTC).isoformat(timespec='seconds')}\n")
            chain: BaseException | None = fault
            while chain is not None:
                out.writelines(traceback.format_tb(chain.__traceback__))
                out.write(f"{type(chain).__module__}.{type(chain).__qualname__}\n")
                chain = chain.__cause__ or chain.__context__
    key = "out_of_memory" if isinstance(fault, MemoryError) else "fault_of_ours"
    return UserProblem(key, fault=kind, file=file)


def portable(problem: VademecumError) -> VademecumError:
    """The same problem with details that may travel: words in place of the errors of libraries."""
    details = {name: value if isinstance(value, _PLAIN) else str(value) for name, value in problem.details.items()}
    return type(problem)(problem.key, **details)
