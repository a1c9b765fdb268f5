"""Whether two builds of the same commit and lock are the same, by their manifests.

    python packaging/dist_compare.py ONE/MANIFEST.sha256 OTHER/MANIFEST.sha256

Exit code 1 when a file differs, or is in one of them only, that is not listed below.
"""

from __future__ import annotations

import sys
from collections.abc import Mapping
from fnmatch import fnmatch
from pathlib import Path

MAY_DIFFER: tuple[str, ...] = ()  # patterns of paths; every one with its reason


def read(manifest: Path) -> dict[str, str]:
    """Path -> hash, without the line that the manifest holds about itself."""
    lines = manifest.read_text(encoding="utf-8").splitlines()
    pairs = [line.split("  ", 1) for line in lines if not line.startswith("self:")]
    return {path: signature for signature, path in pairs}


def differences(one: Mapping[str, str], other: Mapping[str, str]) -> tuple[list[str], list[str]]:
    """The paths that differ: those that may not, and those that may."""
    paths = sorted(path for path in one.keys() | other.keys() if one.get(path) != other.get(path))
    allowed = [path for path in paths if any(fnmatch(path, pattern) for pattern in MAY_DIFFER)]
    return [path for path in paths if path not in allowed], allowed


def main() -> int:
    """Compares the two that are named."""
    if len(sys.argv) != 3:
        sys.exit(__doc__)
    one, other = (read(Path(name)) for name in sys.argv[1:])
    wrong, allowed = differences(one, other)
    for path in wrong:
        print(f"differs: {path}")
    print(f"{len(one)} and {len(other)} files; {len(wrong)} differ, {len(allowed)} that may")
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main())
