"""The library: documents, their pages and passages, and the search over them.  The only writer of its folder.

Truth is ``library.db`` (SQLite) and ``originals/`` (by SHA-256); ``index/`` (LanceDB)
is made from the truth and may be lost at any time.
"""

from core.library.library import Library, open_library
from core.library.originals import fingerprint
from core.library.restoring import Restored, restore_library
from core.library.store import PendingImport, Rejected
from core.library.upkeep import Finding

__all__ = [
    "Finding",
    "Library",
    "PendingImport",
    "Rejected",
    "Restored",
    "fingerprint",
    "open_library",
    "restore_library",
]
