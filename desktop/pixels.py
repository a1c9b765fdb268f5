"""A drawing in SVG as a PNG, its pixels made by the window's toolkit in a process of its own."""

from __future__ import annotations

import multiprocessing
import time
from multiprocessing.connection import Connection, wait

from core.errors import CancelToken, UserProblem
from core.spawning import start_alone

_SECONDS = 120.0
_MAGIC = b"\x89PNG"


def png(drawing: str, cancel: CancelToken | None = None) -> bytes:
    """The picture.  UserProblem ``compare_chart_failed`` when the toolkit does not work here; Cancelled."""
    context = multiprocessing.get_context("spawn")
    ours, theirs = context.Pipe(duplex=False)
    process = context.Process(target=_draw, args=(theirs, drawing), name="chart", daemon=True)
    start_alone(process)
    theirs.close()
    try:
        drawn = _received(ours, process.sentinel, cancel)
    except EOFError:  # the toolkit ends a process in which it cannot work
        process.join()
        raise UserProblem("compare_chart_failed", fault=process.exitcode) from None
    finally:
        ours.close()
        process.kill()
        process.join()
        process.close()
    if not drawn.startswith(_MAGIC):
        raise UserProblem("compare_chart_failed", fault=drawn.decode())
    return drawn


def _received(pipe: Connection, ended: int, cancel: CancelToken | None) -> bytes:
    """What the child sends.  EOFError when it sends nothing; Cancelled."""
    deadline = time.monotonic() + _SECONDS
    while time.monotonic() < deadline:
        if cancel:
            cancel.check()
        if pipe in wait([pipe, ended], timeout=0.1):
            return pipe.recv_bytes()
    raise UserProblem("compare_chart_failed", fault=f"> {_SECONDS:.0f} s")


def _draw(pipe: Connection, drawing: str) -> None:
    """In the child: the picture, or in words why there is none."""
    try:
        from desktop.window.chart import png_without_a_screen  # only here

        pipe.send_bytes(png_without_a_screen(drawing))
    except (ImportError, ValueError, OSError) as fault:
        pipe.send_bytes((str(fault) or type(fault).__name__)[:200].encode())
