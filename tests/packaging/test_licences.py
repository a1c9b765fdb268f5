"""packaging/licences.py and packaging/sbom.py, over everything that is really in the lock."""

from __future__ import annotations

import importlib.util
import json
import re
import sys
from dataclasses import replace
from importlib.metadata import Distribution
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest
from packaging.licenses import canonicalize_license_expression

ROOT = Path(__file__).parents[2]


def _tool(name: str) -> ModuleType:
    spec = importlib.util.spec_from_file_location(name, ROOT / "packaging" / f"{name}.py")
    assert spec is not None and spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    sys.modules[name] = module  # dataclasses look their module up
    spec.loader.exec_module(module)
    return module


licences = _tool("licences")
sbom = _tool("sbom")
# PyInstaller is there only where the program is built; elsewhere another package stands in for it.
BUILDER_HERE = importlib.util.find_spec("PyInstaller") is not None


@pytest.fixture(scope="module")
def parts() -> list[Any]:
    """Everything in the build, as the build collects it."""
    if not BUILDER_HERE:
        licences.BUILDER = "pytest"  # any that is installed and not in the lock
    return list(licences.collect(models=True))


class Foreign(Distribution):
    """A package that is not installed anywhere."""

    def __init__(self, folder: Path, metadata: str, files: dict[str, str]) -> None:
        self._folder, self._metadata = folder, metadata
        for name, text in files.items():
            (folder / name).parent.mkdir(parents=True, exist_ok=True)
            (folder / name).write_text(text, encoding="utf-8")
        self._listed = "".join(f"{name},,\n" for name in files)

    def read_text(self, filename: str) -> str | None:
        """The metadata and the record."""
        return {"METADATA": self._metadata, "RECORD": self._listed}.get(filename)

    def locate_file(self, path: Any) -> Path:
        """Below the folder."""
        return self._folder / path


def foreign(folder: Path, licence: str, text: bool = True) -> Foreign:
    """One under that licence."""
    files = {"thing-1.0.dist-info/licenses/LICENSE": "words"} if text else {"thing/__init__.py": ""}
    return Foreign(folder, f"Metadata-Version: 2.4\nName: thing\nVersion: 1.0\nLicense-Expression: {licence}\n", files)


def test_everything_in_the_lock_has_a_text_and_a_licence_it_may_be_passed_on_under(parts: list[Any]) -> None:
    names = {part.name for part in parts}
    assert set(licences.pinned()) <= names
    for part in parts:
        assert str(canonicalize_license_expression(part.licence)) == part.licence, part.name
        assert licences.may_pass_on(part.licence), part.name
        within = {native.name: native.within for native in licences.NATIVE}.get(part.name)
        texts = part.texts or next(other.texts for other in parts if other.name == within)
        assert any(path.stat().st_size > 500 for _, path in texts), part.name


def test_every_shared_library_beside_a_package_is_somebodys(tmp_path: Path) -> None:
    site = Path(licences.distribution("numpy").locate_file(""))
    for folder in (*site.glob("*.libs"), site / "llama_cpp" / "lib"):
        inside = tmp_path / "program" / "_internal" / folder.name
        inside.mkdir(parents=True)
        for library in folder.iterdir():
            (inside / library.name).write_bytes(b"")
    if not BUILDER_HERE:
        licences.BUILDER = "pytest"
    assert licences.libraries(tmp_path / "program")
    assert licences.system_parts(tmp_path / "program") == []


def test_a_library_of_nobody_and_one_under_the_bare_gpl_end_the_build(tmp_path: Path) -> None:
    if not BUILDER_HERE:
        licences.BUILDER = "pytest"
    (tmp_path / "libnobodys-own.so.7").write_bytes(b"")
    with pytest.raises(licences.Unlicensed, match=r"libnobodys-own\.so\.7 belongs to no package"):
        licences.system_parts(tmp_path)
    (tmp_path / "libnobodys-own.so.7").rename(tmp_path / "libreadline.so.8")
    with pytest.raises(licences.Unlicensed, match=r"libreadline\.so\.8 is under the GPL"):
        licences.system_parts(tmp_path)


@pytest.mark.parametrize("licence", ["GPL-3.0-or-later", "AGPL-3.0-only", "MIT AND GPL-2.0-only"])
def test_a_package_under_the_gpl_ends_the_build(tmp_path: Path, licence: str) -> None:
    with pytest.raises(licences.Unlicensed, match=re.escape(f"thing 1.0 is under {licence}")):
        licences.package(foreign(tmp_path, licence))


def test_a_package_without_a_text_or_without_a_licence_ends_the_build(tmp_path: Path) -> None:
    with pytest.raises(licences.Unlicensed, match=r"thing 1\.0 brings no licence text"):
        licences.package(foreign(tmp_path, "MIT", text=False))
    with pytest.raises(licences.Unlicensed, match=r"thing 1\.0 does not say its licence plainly"):
        licences.package(foreign(tmp_path, "as you like it"))


@pytest.mark.parametrize(
    ("licence", "allowed"),
    [
        ("MIT", True),
        ("LGPL-3.0-only OR GPL-2.0-only OR GPL-3.0-only", True),
        ("GPL-3.0-or-later WITH GCC-exception-3.1", True),
        ("GPL-3.0-or-later", False),
        ("MIT AND (GPL-2.0-only OR AGPL-3.0-only)", False),
        ("(MIT OR GPL-2.0-only) AND BSD-3-Clause", True),
        ("NOASSERTION", False),
    ],
)
def test_the_gpl_only_by_an_exception_or_a_choice(licence: str, allowed: bool) -> None:
    assert licences.may_pass_on(licence) is allowed


def test_the_folder_holds_the_texts_the_overview_and_the_notice_for_qt(tmp_path: Path, parts: list[Any]) -> None:
    program = tmp_path / "program"
    qt = program / "_internal" / "PySide6" / "Qt" / "lib" / "libQt6Core.so.6"
    qt.parent.mkdir(parents=True)
    qt.write_bytes(b"")
    target = program / "LICENCES"
    licences.write(target, parts, program)
    overview = (target / "OVERVIEW.txt").read_text(encoding="utf-8")
    assert all(part.name in overview and part.licence[:60] in overview for part in parts)
    folder = next(target.glob("pyside6-essentials-*"))
    notice = (folder / "NOTICE.txt").read_text(encoding="utf-8")
    assert "_internal/PySide6/Qt/lib/libQt6Core.so.6" in notice
    assert "download.qt.io" in notice and "in their place" in notice
    assert "GNU LESSER GENERAL PUBLIC LICENSE" in (folder / "LGPL-3.0.txt").read_text(encoding="utf-8")
    assert "serde" in next(target.glob("lancedb-*/PARTS.txt")).read_text(encoding="utf-8")
    first = {file.relative_to(target): file.read_bytes() for file in target.rglob("*") if file.is_file()}
    licences.write(target, parts, program)
    assert first == {file.relative_to(target): file.read_bytes() for file in target.rglob("*") if file.is_file()}


@pytest.fixture(scope="module")
def bill(parts: list[Any]) -> dict[str, Any]:
    """The bill of materials."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("SOURCE_DATE_EPOCH", "1700000000")
        return dict(sbom.bill(parts))


def every(components: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """The components and those in them."""
    return [each for one in components for each in (one, *every(one.get("components", [])))]


def test_the_bill_keeps_the_rules_of_cyclonedx(bill: dict[str, Any]) -> None:
    # The rules of bom-1.6.schema.json for what is used here.
    assert (bill["bomFormat"], bill["specVersion"], bill["version"]) == ("CycloneDX", "1.6", 1)
    assert re.fullmatch(r"urn:uuid:[0-9a-f]{8}-[0-9a-f]{4}-5[0-9a-f]{3}-[0-9a-f]{4}-[0-9a-f]{12}", bill["serialNumber"])
    assert bill["metadata"]["timestamp"] == "2023-11-14T22:13:20Z"
    everything = [bill["metadata"]["component"], *every(bill["components"])]
    references = [entry["bom-ref"] for entry in everything]
    assert len(references) == len(set(references))
    allowed = {
        *("type", "bom-ref", "name", "version", "description", "licenses", "purl", "externalReferences", "components")
    }
    for entry in everything:
        assert set(entry) <= allowed and {"type", "name"} <= set(entry)
        assert entry["type"] in ("application", "library", "machine-learning-model")
        assert len(entry["licenses"]) == 1  # one expression, and nothing beside it
        assert set(entry["licenses"][0]) in ({"expression"}, {"license"})
        assert re.fullmatch(r"pkg:[a-z]+/\S+@\S+", entry.get("purl", "pkg:x/y@z"))
        assert all({"type", "url"} == set(link) for link in entry.get("externalReferences", ()))
    named = {entry["ref"] for entry in bill["dependencies"]}
    assert len(named) == len(bill["dependencies"])
    assert named | {ref for entry in bill["dependencies"] for ref in entry["dependsOn"]} <= set(references)


def test_the_bill_names_the_lock_and_who_needs_whom(bill: dict[str, Any]) -> None:
    lines = (ROOT / "packaging" / "requirements.lock").read_text(encoding="utf-8").splitlines()
    wanted = {f"pkg:pypi/{line.replace('==', '@')}" for line in lines if not line.startswith("#")}
    assert wanted <= {entry.get("purl") for entry in bill["components"]}
    depends = {
        entry["ref"].split("@")[0]: {ref.split("@")[0] for ref in entry["dependsOn"]} for entry in bill["dependencies"]
    }
    assert "pkg:pypi/torch" in depends["pkg:pypi/sentence-transformers"]
    assert {"pkg:pypi/lancedb", "pkg:pypi/pyside6-essentials"} <= depends["pkg:pypi/vademecum"]
    assert "native:ffmpeg" in depends["pkg:pypi/opencv-python-headless"]


def test_the_bill_is_the_same_twice_and_another_for_another_build(
    bill: dict[str, Any], parts: list[Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SOURCE_DATE_EPOCH", "1700000000")
    assert json.dumps(sbom.bill(parts), sort_keys=True) == json.dumps(bill, sort_keys=True)
    other = [replace(parts[0], licence="0BSD"), *parts[1:]]
    assert sbom.bill(other)["serialNumber"] != bill["serialNumber"]
