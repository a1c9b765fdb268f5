"""Word, HTML, Markdown and text files with random damage: every reading ends, in a clear state, within its caps.

    python -m tests.benchmarks.mutated_documents [--count 300] [--seed 1]

Each file holds what the project's own texts say.  Of a Word file either the package is damaged or, so that the damage
reaches what stands in it, one of its parts; of a text the bytes, in one of several encodings.  The same seed makes the
same files.  The exit code is 1 when one of them is not read to an end.
"""

from __future__ import annotations

import io
import random
import re
import sys
import zipfile
from collections.abc import Sequence
from pathlib import Path

from markdown_it import MarkdownIt

from tests.benchmarks.mutated_pdfs import MUTATIONS, options, read_all
from tests.core.reading.documents import paragraph, table, word, zipped

TOP = Path(__file__).resolve().parents[2]
TEXTS = ("README.md", "ARCHITECTURE.md", "docs/installing.md", "desktop/samples/README.md")
CHINESE = (
    "# 劳动合同法\n\n## 第十九条\n\n劳动合同期限三个月以上不满一年的，试用期不得超过一个月。\n\n"
    "| 合同期限 | 试用期 |\n|---|---|\n| 一年以上不满三年 | 二个月 |\n| 三年以上 | 六个月 |\n"
) * 8
ENCODINGS = ("utf-8", "utf-8-sig", "gb18030", "utf-16")
KINDS = ("docx", "docx", "html", "md", "txt")


def as_word(markdown: str) -> bytes:
    """A Word file of what the Markdown says: headings, paragraphs, numbered points and tables."""
    body: list[str] = []
    rows: list[tuple[str, ...]] = []
    for line in [*markdown.splitlines(), ""]:
        if line.startswith("|"):
            if not re.fullmatch(r"[|\s:-]+", line):
                rows.append(tuple(cell.strip() for cell in line.strip("|").split("|")))
            continue
        if rows:
            body.append(table(*rows, style="Dark"))
            rows = []
        if heading := re.match(r"(#+) (.+)", line):
            body.append(paragraph(heading[2], style=str(min(2, len(heading[1])))))
        elif line.startswith("- "):
            body.append(paragraph(line[2:], numbered=(1, 0)))
        elif line.strip():
            body.append(paragraph(line.strip()))
    return word(*body, title="A sample")


def damaged(data: bytes, chance: random.Random) -> bytes:
    """The bytes after one to five of the ways to damage a file."""
    held = bytearray(data)
    for _ in range(chance.choice((1, 1, 2, 5))):
        if held:
            chance.choice(MUTATIONS)(held, chance)
    return bytes(held)


def damaged_part(package: bytes, chance: random.Random) -> bytes:
    """The package, sound as such, with one part damaged; mostly the one that holds the text."""
    with zipfile.ZipFile(io.BytesIO(package)) as opened:
        files = {name: opened.read(name) for name in opened.namelist()}
    name = chance.choice(("word/document.xml", "word/document.xml", *sorted(files)))
    return zipped(files | {name: damaged(files[name], chance)})


def mutated(markdowns: Sequence[str], number: int, seed: int) -> tuple[str, bytes]:
    """The name and the bytes of the damaged file of that number."""
    chance = random.Random(f"{seed}-{number}")
    kind, text = chance.choice(KINDS), chance.choice(markdowns)
    name = f"mutated.{kind}"
    if kind == "docx":
        return name, chance.choice((damaged, damaged_part))(as_word(text), chance)
    if kind == "html":
        text = f"<!DOCTYPE html><html><body>{MarkdownIt('commonmark').enable('table').render(text)}</body></html>"
    return name, damaged(text.encode(chance.choice(ENCODINGS)), chance)


def main(arguments: Sequence[str] | None = None) -> int:
    """Read them all and say how they ended."""
    chosen = options(__doc__.split("\n")[0], 300).parse_args(arguments)
    markdowns = [*((TOP / name).read_text(encoding="utf-8") for name in TEXTS), CHINESE]
    numbers = range(chosen.first, chosen.first + chosen.count)
    return read_all(lambda number: mutated(markdowns, number, chosen.seed), numbers)


if __name__ == "__main__":
    sys.exit(main())
