"""What a process does first when it is about to open strangers' files: be silent, small, and gone with its parent."""

from __future__ import annotations

import logging
import multiprocessing
import os
import sys
import threading


def be_quiet() -> None:
    """Nothing of this process reaches the user's terminal any more."""
    # pdfium, OpenCV and others write to the C streams; broken files must not write there.
    sink = os.open(os.devnull, os.O_RDWR)
    for stream in (1, 2):
        os.dup2(sink, stream)
    sys.stdout = sys.stderr = open(os.devnull, "w", encoding="utf-8")  # noqa: SIM115  (kept open for good)
    logging.disable(logging.CRITICAL)


def cap_memory(megabytes: int) -> None:
    """No more written-to memory than a quarter above this, and no dump of it; where the system can."""
    try:
        import resource  # not on Windows
    except ImportError:
        return
    # The parent watches what is resident and is the finer judge; this stops one huge allocation before the machine
    # feels it.
    limit = (megabytes + megabytes // 4) * 1024 * 1024
    for kind, value in ((resource.RLIMIT_DATA, limit), (resource.RLIMIT_CORE, 0)):
        try:
            resource.setrlimit(kind, (value, value))
        except (ValueError, OSError):  # a stricter limit is set already
            continue


def die_with_parent() -> None:
    """End at once when the process that started this one is gone."""
    parent = multiprocessing.parent_process()
    if parent is None:
        return

    def watch() -> None:
        parent.join()
        os._exit(1)

    threading.Thread(target=watch, daemon=True, name="parent watch").start()
