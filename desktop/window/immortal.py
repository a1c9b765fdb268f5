"""Keeps None, True and False alive under PySide6, which gives their references away.

Every call of Qt that returns nothing hands out a reference to None that it does not own: PySide6 6.12 is one build
for all Pythons and counts on these three being immortal, which they are from 3.12 on.  Before that the count falls
with every ``setText``, and when it reaches zero, after minutes of work, Python ends the program ("none_dealloc").
"""

from __future__ import annotations

import ctypes
import sys

_REFERENCES = 1 << 60  # a million calls a second use them up in thirty thousand years


def keep_none() -> None:
    """Give all three so many references that they cannot be used up; called before the first window."""
    if sys.version_info < (3, 12):
        for constant in (None, True, False):
            # The count is the first field of an object; there is no other way to it that is quick enough.
            count = ctypes.c_ssize_t.from_address(id(constant))
            count.value = max(count.value, _REFERENCES)
