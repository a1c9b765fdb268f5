"""One process at a time: a lock that the operating system takes back when its holder dies."""

from __future__ import annotations

import os
from pathlib import Path

from filelock import FileLock, Timeout

from core.errors import UserProblem


class ProcessLock:
    """Held from construction until :meth:`release`.  UserProblem naming the holder when it is taken."""

    def __init__(self, folder: Path) -> None:
        # Beside the lock, because a locked file cannot be read on Windows.
        self._holder = folder / "library.pid"
        # A soft lock would outlive a crash and shut the owner out.
        self._lock = FileLock(
            folder / "library.lock", timeout=0, mode=0o600, thread_local=False, fallback_to_soft=False
        )
        try:
            self._lock.acquire()
        except Timeout as fault:
            raise UserProblem("library_in_use", folder=folder, pid=self._read_holder()) from fault
        try:
            with os.fdopen(os.open(self._holder, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "w") as out:
                out.write(str(os.getpid()))
        except BaseException:
            self._lock.release()
            raise

    def _read_holder(self) -> str:
        try:
            return self._holder.read_text(encoding="ascii").strip() or "?"
        except (OSError, UnicodeDecodeError):
            return "?"

    def release(self) -> None:
        """Let others in."""
        self._holder.unlink(missing_ok=True)
        self._lock.release()
