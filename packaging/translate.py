"""Collects the window's words into the Qt Linguist file and makes from it what the window loads.

python packaging/translate.py           after words were added or changed; then translate in the .ts, and again
python packaging/translate.py --check   says what is missing, changes nothing
"""

from __future__ import annotations

import subprocess
import sys
import tempfile
import xml.etree.ElementTree as ET
from collections.abc import Sequence
from pathlib import Path

import PySide6

WINDOW = Path(__file__).parent.parent / "desktop" / "window"
TRANSLATIONS = WINDOW / "translations"
TS = TRANSLATIONS / "vademecum_zh_CN.ts"
QM = TRANSLATIONS / "vademecum_zh_CN.qm"
_TOOLS = Path(PySide6.__file__).parent


def _tool(name: str, *arguments: str) -> None:
    program = _TOOLS / (f"{name}.exe" if sys.platform == "win32" else name)
    subprocess.run([str(program), *arguments], check=True, stdout=subprocess.DEVNULL)


def update(ts: Path) -> None:
    """Take the words of the sources into ``ts``: new ones unfinished, those no longer there dropped."""
    sources = [str(file) for file in sorted(WINDOW.rglob("*.py"))]
    options = ["-silent", "-no-obsolete", "-locations", "none", "-sort-messages"]
    # A guess from a similar word elsewhere would pass for a translation that somebody thought about.
    options += ["-disable-heuristic", "similartext", "-disable-heuristic", "sametext"]
    _tool("lupdate", *options, "-source-language", "en", "-target-language", "zh_CN", *sources, "-ts", str(ts))


def release(ts: Path, qm: Path) -> None:
    """Make what the window loads."""
    _tool("lrelease", "-silent", "-nounfinished", str(ts), "-qm", str(qm))


def messages(ts: Path) -> dict[tuple[str, str], str]:
    """(context, English) -> translation; empty where it is unfinished."""
    found: dict[tuple[str, str], str] = {}
    for context in ET.parse(ts).getroot().iter("context"):
        for message in context.iter("message"):
            translation = message.find("translation")
            done = translation is not None and translation.get("type") is None
            text = (translation.text or "") if done and translation is not None else ""
            found[context.findtext("name", ""), message.findtext("source", "")] = text
    return found


def faults() -> list[str]:
    """What is not as it should be, a line each."""
    committed = messages(TS)
    with tempfile.TemporaryDirectory() as folder:
        ts, qm = Path(folder) / TS.name, Path(folder) / QM.name
        ts.write_bytes(TS.read_bytes())
        update(ts)
        present = messages(ts)
        release(TS, qm)
        stale = not QM.exists() or qm.read_bytes() != QM.read_bytes()
    lines = [f"not in the .ts: {context}: {text}" for context, text in present.keys() - committed.keys()]
    lines += [f"no longer in the sources: {context}: {text}" for context, text in committed.keys() - present.keys()]
    lines += [f"not translated: {context}: {text}" for (context, text), words in committed.items() if not words]
    return sorted(lines) + ([f"{QM.name} was not made from {TS.name}"] if stale else [])


def main(arguments: Sequence[str]) -> int:
    """0 when everything is translated and made."""
    if "--check" not in arguments:
        TRANSLATIONS.mkdir(exist_ok=True)
        update(TS)
        release(TS, QM)
    found = faults()
    print("\n".join(found) or "Every word is translated.")
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
