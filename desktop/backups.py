"""Where a backup goes and what it is called when nobody says."""

from __future__ import annotations

import itertools
from datetime import datetime
from pathlib import Path


def place(wanted: Path) -> Path:
    """``wanted``, or when that is a folder a file of today's date in it that is not there yet."""
    return free_name(wanted) if wanted.is_dir() else wanted


def free_name(folder: Path) -> Path:
    """A file of today's date in ``folder`` that is not there yet."""
    day = datetime.now().astimezone().date().isoformat()
    names = (f"vademecum-library-{day}{f'-{number}' if number > 1 else ''}.zip" for number in itertools.count(1))
    return next(folder / name for name in names if not (folder / name).exists())
