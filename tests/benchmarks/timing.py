"""What the benchmarks of speed have in common: a line about the machine, quantiles, memory."""

from __future__ import annotations

import os
import time
from collections.abc import Callable, Iterable, Sequence
from pathlib import Path
from typing import TypeVar

import numpy as np

from core.machine import cores, instructions, processor

Made = TypeVar("Made")


def machine() -> str:
    """Cores, processor, its vector instructions, and its load: above the number of cores, look at processor time."""
    load = f", load {os.getloadavg()[0]:.1f}" if hasattr(os, "getloadavg") else ""
    return f"{cores()} cores, {processor()}, {' '.join(instructions())}{load}"


def quantiles(values: Iterable[float]) -> tuple[float, float, float]:
    """p50, p95 and the largest."""
    p50, p95, most = np.quantile(list(values), [0.5, 0.95, 1.0])
    return float(p50), float(p95), float(most)


def heading(what: str, unit: str) -> str:
    """The first line of a table made of :func:`line`."""
    return f"{what:40} {'n':>5} {'p50':>9} {'p95':>9} {'most':>9}  {unit}"


def line(what: str, values: Sequence[float], aim: str = "") -> str:
    """One line of a table: how many, p50, p95 and the largest."""
    if not values:
        return f"{what:40} {0:5}"
    p50, p95, most = quantiles(values)
    return f"{what:40} {len(values):5} {p50:9.2f} {p95:9.2f} {most:9.2f}  {aim}".rstrip()


def measured(work: Callable[[], Made]) -> tuple[Made, float, float]:
    """What ``work`` gives, the seconds it took and those of the processor."""
    began, used = time.perf_counter(), time.process_time()
    made = work()
    return made, time.perf_counter() - began, time.process_time() - used


def megabytes(name: str = "VmRSS") -> float:
    """The memory that this process holds now; ``VmHWM`` for the most it held.  0 where there is no /proc."""
    try:
        lines = Path("/proc/self/status").read_text(encoding="ascii", errors="replace").splitlines()
    except OSError:
        return 0.0
    return next((int(row.split()[1]) / 1024 for row in lines if row.startswith(f"{name}:")), 0.0)
