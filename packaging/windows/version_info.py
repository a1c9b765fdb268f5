"""Writes the version resource of the Windows executables, as PyInstaller reads it.

    python packaging/windows/version_info.py FILE

Not run on Windows: written from PyInstaller's documentation, and evaluated by a test.
"""

from __future__ import annotations

import re
import sys
import tomllib
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
ENGLISH, CHINESE, UNICODE = 0x0409, 0x0804, 0x04B0


def numbers(version: str) -> tuple[int, int, int, int]:
    """The four numbers that Windows wants: 0.1.0 -> 0, 1, 0, 0."""
    found = [int(word) for word in re.findall(r"\d+", re.split(r"[-+a-z]", version)[0])][:4]
    first, second, third, fourth = [*found, 0, 0, 0, 0][:4]
    return first, second, third, fourth


def text(version: str, description: str) -> str:
    """A VSVersionInfo: English, and the description in Chinese, too."""
    said = {
        ENGLISH: description,
        CHINESE: "在您自己的电脑上，从您自己的文档中回答问题",
    }
    tables = []
    for language, words in said.items():
        strings = {
            "CompanyName": "Vademecum",
            "FileDescription": words,
            "FileVersion": version,
            "InternalName": "vademecum",
            "LegalCopyright": "Apache License 2.0",
            "ProductName": "Vademecum",
            "ProductVersion": version,
        }
        rows = ", ".join(f"StringStruct({name!r}, {value!r})" for name, value in strings.items())
        tables.append(f"StringTable('{language:04X}{UNICODE:04X}', [{rows}])")
    wanted = numbers(version)
    known = ", ".join(f"{language}, {UNICODE}" for language in said)
    return f"""# UTF-8
VSVersionInfo(
  ffi=FixedFileInfo(
    filevers={wanted}, prodvers={wanted}, mask=0x3F, flags=0x0, OS=0x40004, fileType=0x1, subtype=0x0, date=(0, 0)
  ),
  kids=[
    StringFileInfo([
      {("," + chr(10) + "      ").join(tables)}
    ]),
    VarFileInfo([VarStruct('Translation', [{known}])])
  ]
)
"""


def main() -> int:
    """Writes the file."""
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    Path(sys.argv[1]).write_text(text(project["version"], project["description"]), encoding="utf-8", newline="\n")
    return 0


if __name__ == "__main__":
    sys.exit(main())
