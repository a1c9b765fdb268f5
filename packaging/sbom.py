"""Writes the bill of materials of the built program: CycloneDX 1.6, the same bytes for the same commit and lock.

    python packaging/sbom.py FOLDER/sbom.cdx.json [--models]

FOLDER is the built program: with it, the system's libraries in it are listed, too.
"""

from __future__ import annotations

import argparse
import hashlib
import json
import os
import re
import subprocess
import sys
import tomllib
import uuid
from datetime import UTC, datetime
from importlib.metadata import distribution
from pathlib import Path
from typing import Any

from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

HERE = Path(__file__).resolve().parent
sys.path.insert(0, str(HERE))

import licences  # noqa: E402  (a neighbour: packaging/ is no package)

PROJECT = tomllib.loads((HERE.parent / "pyproject.toml").read_text(encoding="utf-8"))["project"]


def commit_time() -> str:
    """When the commit was made, as CycloneDX writes it; the epoch outside a repository."""
    seconds = os.environ.get("SOURCE_DATE_EPOCH")
    if not seconds:
        asked = ("git", "-C", str(HERE), "log", "-1", "--format=%ct")
        seconds = subprocess.run(asked, capture_output=True, text=True, check=False).stdout.strip() or "0"
    return datetime.fromtimestamp(int(seconds), UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def reference(part: licences.Part) -> str:
    """What other entries call it."""
    return part.purl or "native:" + re.sub(r"[^a-z0-9]+", "-", part.name.lower()).strip("-")


def component(part: licences.Part, within: str = "") -> dict[str, Any]:
    """The entry of one part, with what was compiled into it."""
    kind = "machine-learning-model" if part.name.startswith("model ") else "library"
    entry: dict[str, Any] = {"type": kind, "bom-ref": within + reference(part), "name": part.name}
    if part.version:
        entry["version"] = part.version
    free = part.purl.startswith("pkg:deb/")  # Debian's words for licences are its own
    entry["licenses"] = [{"license": {"name": part.licence}} if free else {"expression": part.licence}]
    if part.purl:
        entry["purl"] = part.purl
    if part.home.startswith(("http://", "https://")):
        entry["externalReferences"] = [{"type": "website", "url": part.home}]
    if part.inside:
        inner = sorted(part.inside, key=lambda crate: crate.purl)
        entry["components"] = [component(crate, entry["bom-ref"] + "#") for crate in inner]
    return entry


def needs(name: str, among: dict[str, str]) -> list[str]:
    """References of the packages that one asks for on this platform, of those that are in the build."""
    wanted = set()
    for text in distribution(name).requires or ():
        requirement = Requirement(text)
        if requirement.marker is None or requirement.marker.evaluate({"extra": ""}):
            wanted.add(canonicalize_name(requirement.name))
    return sorted(among[each] for each in wanted if each in among)


def bill(parts: list[licences.Part]) -> dict[str, Any]:
    """The bill of these parts.  Its serial number is made from what it says, so that it does not change by itself."""
    root = f"pkg:pypi/{PROJECT['name']}@{PROJECT['version']}"
    by_name = {part.name: reference(part) for part in parts if part.purl.startswith("pkg:pypi/")}
    around = {native.name: native.within for native in licences.NATIVE}
    depends: dict[str, list[str]] = {reference(part): [] for part in parts}
    for name, ref in by_name.items():
        depends[ref] = needs(name, by_name)
    direct = sorted(by_name[canonicalize_name(Requirement(text).name)] for text in PROJECT["dependencies"])
    depends[root] = list(direct)
    for part in parts:
        if not part.purl.startswith("pkg:pypi/"):
            depends[by_name.get(around.get(part.name, ""), root)].append(reference(part))
    depends[root].append(by_name[licences.BUILDER])
    made: dict[str, Any] = {
        "$schema": "http://cyclonedx.org/schema/bom-1.6.schema.json",
        "bomFormat": "CycloneDX",
        "specVersion": "1.6",
        "version": 1,
        "metadata": {
            "timestamp": commit_time(),
            "component": {
                "type": "application",
                "bom-ref": root,
                "name": PROJECT["name"],
                "version": PROJECT["version"],
                "description": PROJECT["description"],
                "licenses": [{"expression": PROJECT["license"]}],
                "purl": root,
            },
        },
        "components": [component(part) for part in parts],
        "dependencies": [{"ref": ref, "dependsOn": sorted(set(depends[ref]))} for ref in sorted(depends)],
    }
    said = hashlib.sha256(json.dumps(made, sort_keys=True).encode()).hexdigest()
    return {**made, "serialNumber": f"urn:uuid:{uuid.uuid5(uuid.NAMESPACE_URL, said)}"}


def main(words: list[str] | None = None) -> int:
    """Writes the file; 1 and a sentence when a licence is missing."""
    arguments = argparse.ArgumentParser(description=__doc__.split("\n", 1)[0])
    arguments.add_argument("file", type=Path, help="where it goes")
    arguments.add_argument("--models", action="store_true", help="the starter models are inside")
    asked = arguments.parse_args(words)
    try:
        parts = licences.collect(asked.models, licences.built(asked.file.resolve().parent))
    except licences.Unlicensed as problem:
        print(f"packaging/sbom.py: {problem}", file=sys.stderr)
        return 1
    made = bill(parts)
    text = json.dumps(made, indent=2, ensure_ascii=False, sort_keys=True)
    asked.file.write_text(text + "\n", encoding="utf-8", newline="\n")
    print(f"{len(made['components'])} components listed in {asked.file.name}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
