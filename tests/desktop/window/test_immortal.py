"""PySide6 uses up references to None; the program must outlive that."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

TOP = Path(__file__).parents[3]
CALLS = """
from PySide6.QtGui import QFont
from desktop.window.immortal import keep_none
keep_none()
font = QFont()
for _ in range(100_000):
    font.setBold(True)
print("alive")
"""


def test_none_outlives_a_hundred_thousand_calls() -> None:
    done = subprocess.run([sys.executable, "-c", CALLS], cwd=TOP, capture_output=True, text=True, timeout=60)
    assert done.stdout.strip() == "alive", done.stderr
