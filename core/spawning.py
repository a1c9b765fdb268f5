"""Starting a process of our own that needs nothing of the program that starts it."""

from __future__ import annotations

import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from multiprocessing.context import SpawnProcess
from types import ModuleType

_starting = threading.Lock()


def start_alone(process: SpawnProcess) -> None:
    """Start ``process`` without the main module of this one.

    A spawned child imports its parent's main module again; here that would load the whole program, window and models
    included, into a process that touches hostile files or needs its memory for something else.
    """
    with _starting, _no_main_module():
        process.start()


@contextmanager
def _no_main_module() -> Iterator[None]:
    main = sys.modules["__main__"]
    sys.modules["__main__"] = ModuleType("__main__")
    try:
        yield
    finally:
        sys.modules["__main__"] = main
