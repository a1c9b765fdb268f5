"""Faults of this program, kept for a report: where they happened, never what was in the documents."""

from __future__ import annotations

import sys
import traceback
from pathlib import Path
from types import TracebackType

from core.errors import UserProblem, VademecumError
from desktop import house, logbook

_PLAIN = (str, int, float, bool, type(None), Path)


def keep_fault(fault: BaseException) -> UserProblem:
    """Write the fault down and give the problem to tell.  Its words stay out: they may quote a document."""
    file = house.fault_file()
    kind = type(fault).__name__
    lines = [f"fault {kind}\n"]
    chain: BaseException | None = fault
    told: set[int] = set()
    while chain is not None and id(chain) not in told:
        told.add(id(chain))
        lines += traceback.format_tb(chain.__traceback__)
        lines.append(f"{type(chain).__module__}.{type(chain).__qualname__}\n")
        chain = chain.__cause__ or chain.__context__
    logbook.append(file, logbook.discreet("".join(lines)).rstrip("\n"))
    logbook.jot("fault", type=kind)
    key = "out_of_memory" if isinstance(fault, MemoryError) else "fault_of_ours"
    return UserProblem(key, fault=kind, file=file)


def keep_uncaught() -> None:
    """From now on what nobody catches, as in a slot of the window, is kept besides being printed."""
    former = sys.excepthook

    def hook(kind: type[BaseException], fault: BaseException, trace: TracebackType | None) -> None:
        keep_fault(fault.with_traceback(trace))
        former(kind, fault, trace)

    sys.excepthook = hook


def portable(problem: VademecumError) -> VademecumError:
    """The same problem with details that may travel: words in place of the errors of libraries."""
    details = {name: value if isinstance(value, _PLAIN) else str(value) for name, value in problem.details.items()}
    return type(problem)(problem.key, **details)
