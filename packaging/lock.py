"""Writes packaging/requirements.lock, requirements-dev.lock and requirements-dist.lock from what is installed.

Run it with the Python of an environment in which everything works: the direct
dependencies of pyproject.toml are followed through the metadata of the installed
packages, and each is pinned to the version that is there.
"""

from __future__ import annotations

import tomllib
from collections.abc import Iterable
from importlib.metadata import distribution
from pathlib import Path

from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

HERE = Path(__file__).parent
# The version without the suffix of a particular build, so that every platform finds its own.
HEADER = "# Written by packaging/lock.py from pyproject.toml; do not edit.\n"


def closure(requirements: Iterable[str]) -> dict[str, str]:
    """Name -> version of the requirements and of everything they need on this platform."""
    pins: dict[str, str] = {}
    seen: set[tuple[str, str]] = set()
    waiting = [(Requirement(text), "") for text in requirements]
    while waiting:
        requirement, extra = waiting.pop()
        if requirement.marker and not requirement.marker.evaluate({"extra": extra}):
            continue
        name = canonicalize_name(requirement.name)
        found = distribution(name)
        pins[name] = found.version.split("+")[0]
        for wanted in {"", *requirement.extras}:
            if (name, wanted) not in seen:
                seen.add((name, wanted))
                waiting += [(Requirement(text), wanted) for text in found.requires or ()]
    return pins


def main() -> None:
    """Writes the files beside this one."""
    project = tomllib.loads((HERE.parent / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    runtime = closure([*project["dependencies"], "setuptools"])
    locks = {"requirements.lock": runtime}
    for group, wanted in project["optional-dependencies"].items():
        pins = closure(wanted)
        locks[f"requirements-{group}.lock"] = {name: pins[name] for name in pins if name not in runtime}
    for file, pins in locks.items():
        lines = "".join(f"{name}=={version}\n" for name, version in sorted(pins.items()))
        (HERE / file).write_text(HEADER + lines, encoding="utf-8")


if __name__ == "__main__":
    main()
