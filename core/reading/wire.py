"""What the parent and the reading child say to each other; plain and small, so that 3,000 pages stay cheap."""

from __future__ import annotations

from array import array
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from core.nouns import Heading, Line, Page, ReadBy, Rect

# Edges travel and are kept as steps of 1/10,000 of the page's width: 0.06 pt on A4, finer than any screen.
STEPS = 10_000

# Start and end in the text, the box (x0, y0, x1, y1), and the edges as unsigned 16-bit steps.
PackedLine = tuple[int, int, float, float, float, float, bytes]


@dataclass(frozen=True, slots=True)
class Task:
    """Read this file from ``first`` on."""

    path: Path
    password: str | None
    ocr: bool
    max_pages: int
    first: int = 0


@dataclass(frozen=True, slots=True)
class Opened:
    """The file is open and has so many pages."""

    pages: int
    whole: bool  # False when the end of the file is missing


@dataclass(frozen=True, slots=True)
class Refused:
    """The file cannot be read at all; ``reason`` is a message key."""

    reason: str


@dataclass(frozen=True, slots=True)
class Read:
    """One page; ``fault`` tells a developer what went wrong in it."""

    index: int
    text: str
    lines: tuple[PackedLine, ...]
    width: float
    height: float
    read_by: str
    problem: str = ""
    fault: str = ""


@dataclass(frozen=True, slots=True)
class Described:
    """The last message of a file: what it says about itself."""

    metadata: dict[str, str]
    outline: tuple[Heading, ...]
    labels: tuple[str, ...]
    damaged: tuple[int, ...]  # pages that look blank only because their content is broken
    reader: str


def unpack(read: Read, steps: Sequence[float]) -> Page:
    """The page of a message.  ``steps`` holds the values 0/STEPS .. STEPS/STEPS, shared by all pages."""
    lines = []
    for start, end, x0, y0, x1, y1, packed in read.lines:
        numbers = array("H")
        numbers.frombytes(packed)
        lines.append(Line(start, end, Rect(x0, y0, x1, y1), tuple([steps[n] for n in numbers])))
    return Page(
        read.index,
        str(read.index + 1),
        read.text,
        tuple(lines),
        read.width,
        read.height,
        ReadBy(read.read_by),
        read.problem,
    )
