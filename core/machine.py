"""What this computer has: cores and memory."""

from __future__ import annotations

import ctypes
import os
import platform
import sys
from pathlib import Path


def cores() -> int:
    """Cores this process may run on; hyper-threads of one core count once where the system tells."""
    allowed = os.sched_getaffinity(0) if hasattr(os, "sched_getaffinity") else set(range(os.cpu_count() or 1))
    found = set()
    for cpu in allowed:
        siblings = Path(f"/sys/devices/system/cpu/cpu{cpu}/topology/thread_siblings_list")
        found.add(siblings.read_text().strip() if siblings.exists() else str(cpu))
    return max(1, len(found))


def processor() -> str:
    """What the processor is called; its family where the system does not tell."""
    return _of_processor("model name") or platform.processor() or platform.machine()


# What the builds of llama.cpp and PyTorch choose their kernels by.
_WIDE = ("avx512f", "avx512cd", "avx512bw", "avx512dq", "avx512vl", "avx512vbmi", "avx512_vnni")
_INSTRUCTIONS = ("sse4_2", "avx", "avx2", "fma", "f16c", "bmi2", *_WIDE, "avx_vnni", "amx_int8")


def instructions() -> tuple[str, ...]:
    """Which sets of vector instructions the processor has; none where the system does not tell."""
    here = _of_processor("flags", "Features").split()
    return tuple(name for name in (*_INSTRUCTIONS, "asimd", "asimddp", "sve") if name in here)


def wide() -> bool:
    """Whether the processor has every AVX-512 instruction that llama.cpp's wide kernels use."""
    return set(_WIDE) <= set(instructions())


def _of_processor(*names: str) -> str:
    """What Linux says of the first core under one of these names; "" where there is no such line, or no Linux."""
    try:
        lines = Path("/proc/cpuinfo").read_text(encoding="utf-8", errors="replace").splitlines()
    except OSError:
        return ""
    return next((" ".join(line.partition(":")[2].split()) for line in lines if line.startswith(names)), "")


def memory() -> int:
    """Bytes of memory in this computer; 0 where the system does not tell."""
    if sys.platform == "win32":
        status = _MemoryStatus()
        status.length = ctypes.sizeof(_MemoryStatus)
        told = ctypes.windll.kernel32.GlobalMemoryStatusEx(ctypes.byref(status))
        return int(status.total) if told else 0
    try:
        return os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES")
    except (ValueError, OSError):
        return 0


def available_memory() -> int:
    """Bytes that a new program may take; where the system does not tell, all there are; 0 for unknown."""
    try:
        for line in Path("/proc/meminfo").read_text(encoding="ascii").splitlines():
            if line.startswith("MemAvailable:"):
                return int(line.split()[1]) * 1024
    except (OSError, ValueError, IndexError):
        return memory()
    return memory()


class _MemoryStatus(ctypes.Structure):
    """MEMORYSTATUSEX of Windows."""

    _fields_ = (
        ("length", ctypes.c_uint32),
        ("load", ctypes.c_uint32),
        ("total", ctypes.c_uint64),
        ("rest", ctypes.c_uint64 * 6),
    )
