"""What is written for Windows and macOS and cannot be run here: read as far as it can be."""

from __future__ import annotations

import ast
import importlib.util
import plistlib
import re
import struct
import tomllib
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

import pytest
from PIL import Image

ROOT = Path(__file__).parents[2]
PACKAGING = ROOT / "packaging"
VERSION = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]["version"]


@pytest.fixture(scope="module")
def installer() -> dict[str, list[str]]:
    """Section -> its lines."""
    sections: dict[str, list[str]] = {"": []}
    name = ""
    for line in (PACKAGING / "windows" / "vademecum.iss").read_text(encoding="utf-8-sig").splitlines():
        if found := re.fullmatch(r"\[(\w+)\]", line):
            name = found[1]
        sections.setdefault(name, [])
        if line and not line.startswith((";", "[")):
            sections[name].append(line)
    return sections


def test_the_installer_says_what_it_must(installer: dict[str, list[str]]) -> None:
    setup = dict(line.split("=", 1) for line in installer["Setup"])
    assert re.fullmatch(r"\{\{[0-9A-F]{8}(-[0-9A-F]{4}){3}-[0-9A-F]{12}\}", setup["AppId"])
    assert setup["PrivilegesRequired"] == "lowest"
    assert setup["CloseApplications"] == "yes"
    assert f'#define AppVersion "{VERSION}"' in installer[""]
    assert setup["DefaultDirName"].startswith("{autopf}")
    assert any("vademecum-window.exe" in line for line in installer["Icons"])
    assert any(line.startswith("Type: filesandordirs") and "_internal" in line for line in installer["InstallDelete"])
    code = "\n".join(installer["Code"])
    assert "MB_DEFBUTTON2, IDNO" in code and "SuppressibleMsgBox" in code
    assert code.index("IDYES") < code.index("DelTree")


def test_the_installer_speaks_both_languages(installer: dict[str, list[str]]) -> None:
    said: dict[str, set[str]] = {}
    for line in installer["CustomMessages"]:
        language, key = line.split("=", 1)[0].split(".")
        said.setdefault(language, set()).add(key)
    assert said["english"] == said["chinese"] == {"DesktopIcon", "StartNow", "RemoveData"}
    used = set(
        re.findall(
            r"\{cm:(\w+)\}|CustomMessage\('(\w+)'\)", "\n".join(line for lines in installer.values() for line in lines)
        )
    )
    assert {first or second for first, second in used} == said["english"]


def test_every_file_the_installer_names_exists(installer: dict[str, list[str]]) -> None:
    folder = PACKAGING / "windows"
    setup = dict(line.split("=", 1) for line in installer["Setup"])
    named = [setup["LicenseFile"], setup["SetupIconFile"]]
    for line in installer["Languages"]:
        files = re.search(r'MessagesFile: "([^"]*)"', line)
        assert files is not None
        named += [name for name in files[1].split(",") if not name.startswith("compiler:")]
    assert len(named) == 3
    assert [name for name in named if not (folder / name.replace("\\", "/")).is_file()] == []
    assert (folder / "ChineseSimplified.isl").read_bytes().startswith(b"\xef\xbb\xbf")
    assert (folder / "vademecum.iss").read_bytes().startswith(b"\xef\xbb\xbf")
    lines = (folder / "ChineseSimplified.isl").read_text(encoding="utf-8-sig").splitlines()
    keys = [line.split("=")[0] for line in lines if line and line[0] not in ";["]
    assert len(keys) == len(set(keys)) and all("=" in line for line in lines if line and line[0] not in ";[")


def _evaluated(text: str) -> Any:
    """What PyInstaller gets: the calls as (name, arguments)."""

    def value(node: ast.expr) -> Any:
        if isinstance(node, ast.Call):
            assert isinstance(node.func, ast.Name)
            named = {word.arg: value(word.value) for word in node.keywords}
            return (node.func.id, [value(each) for each in node.args], named)
        if isinstance(node, ast.List):
            return [value(each) for each in node.elts]
        return ast.literal_eval(node)

    return value(ast.parse(text, mode="eval").body)


def test_the_version_resource_evaluates() -> None:
    spec = importlib.util.spec_from_file_location("version_info", PACKAGING / "windows" / "version_info.py")
    assert spec is not None and spec.loader is not None
    tool = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(tool)
    assert tool.numbers("1.2") == (1, 2, 0, 0)
    assert tool.numbers("1.20.3rc1") == (1, 20, 3, 0)
    name, _, whole = _evaluated(tool.text(VERSION, 'It\'s "said" \\ so'))
    assert name == "VSVersionInfo"
    assert whole["ffi"][2]["filevers"] == tool.numbers(VERSION)
    strings, translations = whole["kids"]
    tables = {table[1][0]: dict(entry[1] for entry in table[1][1]) for table in strings[1][0]}
    assert set(tables) == {"040904B0", "080404B0"}
    assert tables["040904B0"]["FileDescription"] == 'It\'s "said" \\ so'
    assert tables["080404B0"]["ProductVersion"] == VERSION
    assert translations[1][0][0][1][1] == [0x0409, 0x04B0, 0x0804, 0x04B0]


def test_the_manifest_of_windows_declares_long_paths_and_utf_8() -> None:
    tree = ElementTree.parse(PACKAGING / "windows" / "vademecum.manifest")
    said = {element.tag.split("}")[1]: (element.text or "").strip() for element in tree.iter()}
    assert (said["longPathAware"], said["activeCodePage"]) == ("true", "UTF-8")
    levels = [element.get("level") for element in tree.iter() if element.tag.endswith("}requestedExecutionLevel")]
    assert levels == ["asInvoker"]


def test_the_property_lists_of_macos_parse() -> None:
    info = plistlib.loads((PACKAGING / "macos" / "Info.plist").read_bytes())
    assert info["CFBundleShortVersionString"] == info["CFBundleVersion"] == VERSION
    assert "zh-Hans" in info["CFBundleLocalizations"]
    assert "CFBundleDocumentTypes" not in info  # the window takes no files as arguments
    allowed = plistlib.loads((PACKAGING / "macos" / "entitlements.plist").read_bytes())
    assert allowed and all(name.startswith("com.apple.security.cs.") for name in allowed)


def test_what_was_not_run_says_so() -> None:
    for name in ("windows/vademecum.iss", "macos/NOTES.md", "macos/Info.plist", "linux/appimage.sh"):
        head = (PACKAGING / name).read_text(encoding="utf-8-sig").splitlines()[:4]
        assert any("not run" in line.lower() for line in head), name
    page = (ROOT / "docs" / "installing.md").read_text(encoding="utf-8")
    assert "## Windows (not run)" in page and "## macOS (not run)" in page


def test_the_icons_are_what_their_systems_read() -> None:
    icons = PACKAGING / "icons"
    for size in (16, 24, 32, 48, 64, 128, 256, 512):
        with Image.open(icons / f"vademecum-{size}.png") as picture:
            assert picture.size == (size, size) and picture.mode == "RGBA"
            assert picture.getpixel((0, 0))[3] == 0 and picture.getpixel((size // 2, 3 * size // 20))[3] == 255
    with Image.open(icons / "vademecum.ico") as picture:
        assert {(16, 16), (48, 48), (256, 256)} <= picture.info["sizes"]
    with Image.open(icons / "vademecum.icns") as picture:
        assert (512, 512, 1) in picture.info["sizes"]
    data = (icons / "vademecum.icns").read_bytes()
    assert struct.unpack(">I", data[4:8])[0] == len(data)
