"""pdfium's functions where they are called for every character or object of a page.

Plain addresses for arguments make such a call five times faster than the typed pointers of the binding.
"""

from __future__ import annotations

import ctypes
from collections.abc import Callable
from functools import cache
from typing import Any

from pypdfium2 import raw as pdfium

ADDRESS = ctypes.c_void_p
INT = ctypes.c_int


@cache
def function(name: str, *arguments: Any, result: Any = INT) -> Callable[..., Any]:
    """The function of that name, taking numbers."""
    pointer = ctypes.cast(getattr(pdfium, name), ctypes.c_void_p).value or 0
    made: Callable[..., Any] = ctypes.CFUNCTYPE(result, *arguments)(pointer)
    return made


def address(handle: Any) -> int:
    """The number behind one of the binding's handles."""
    return ctypes.cast(handle, ctypes.c_void_p).value or 0
