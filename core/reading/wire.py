"""What the parent and the reading child say to each other; plain and small, so that 3,000 pages stay cheap."""

from __future__ import annotations

import json
from array import array
from base64 import b64decode, b64encode
from collections.abc import Sequence
from dataclasses import dataclass, fields
from pathlib import Path

from core.nouns import Heading, Line, Page, ReadBy, Rect

# Edges travel and are kept as steps of 1/10,000 of the page's width: 0.06 pt on A4, finer than any screen.
STEPS = 10_000

# Start and end in the text, the box (x0, y0, x1, y1), and the edges as unsigned 16-bit steps.
PackedLine = tuple[int, int, float, float, float, float, bytes]


@dataclass(frozen=True, slots=True)
class Task:
    """Read this file from ``first`` on.  ``name`` is what it is called where it came from."""

    path: Path
    password: str | None
    ocr: bool
    max_pages: int
    first: int = 0
    name: str = ""


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
    """One page, or one section with its heading as ``label``; ``fault`` tells a developer what went wrong in it."""

    index: int
    text: str
    lines: tuple[PackedLine, ...]
    width: float
    height: float
    read_by: str
    problem: str = ""
    fault: str = ""
    label: str = ""
    hidden: int = 0
    confidence: float = 1.0


@dataclass(frozen=True, slots=True)
class Described:
    """The last message of a file: what it says about itself, and what of it could not be read (a message key)."""

    metadata: dict[str, str]
    outline: tuple[Heading, ...]
    labels: tuple[str, ...]
    damaged: tuple[int, ...]  # pages that look blank only because their content is broken
    reader: str
    problem: str = ""


Message = Opened | Refused | Read | Described | None
_KINDS = {"opened": Opened, "refused": Refused, "read": Read}


def encode(message: Message) -> bytes:
    """What the child says, as JSON: strangers' files may have taken the child over, so its parent unpickles nothing."""
    match message:
        case None:
            body: dict[str, object] = {"kind": "ready"}
        case Read():
            lines = [(*line[:6], b64encode(line[6]).decode("ascii")) for line in message.lines]
            body = {"kind": "read", **_fields(message), "lines": lines}
        case Described():
            outline = [(h.title, h.page_index, h.level) for h in message.outline]
            body = {"kind": "described", **_fields(message), "outline": outline}
        case Opened():
            body = {"kind": "opened", **_fields(message)}
        case Refused():
            body = {"kind": "refused", **_fields(message)}
    return json.dumps(body).encode("ascii")


def decode(data: bytes) -> Message:
    """The message in ``data``.  ValueError (or KeyError, TypeError) when it is none."""
    body = json.loads(data)
    kind = body.pop("kind")
    if kind == "ready":
        return None
    if kind == "described":
        outline = tuple(Heading(str(title), int(page), int(level)) for title, page, level in body.pop("outline"))
        labels, damaged = tuple(map(str, body.pop("labels"))), tuple(map(int, body.pop("damaged")))
        return Described(outline=outline, labels=labels, damaged=damaged, **body)
    if kind == "read":
        lines = tuple(
            (int(a), int(b), float(x0), float(y0), float(x1), float(y1), b64decode(edges))
            for a, b, x0, y0, x1, y1, edges in body.pop("lines")
        )
        return Read(lines=lines, **body)
    message: Message = _KINDS[kind](**body)
    return message


def _fields(message: Opened | Refused | Read | Described) -> dict[str, object]:
    return {field.name: getattr(message, field.name) for field in fields(message)}


def unpack(read: Read, steps: Sequence[float]) -> Page:
    """The page of a message.  ``steps`` holds the values 0/STEPS .. STEPS/STEPS, shared by all pages."""
    lines = []
    for start, end, x0, y0, x1, y1, packed in read.lines:
        numbers = array("H")
        numbers.frombytes(packed)
        lines.append(Line(start, end, Rect(x0, y0, x1, y1), tuple([steps[n] for n in numbers])))
    return Page(
        read.index,
        read.label or str(read.index + 1),
        read.text,
        tuple(lines),
        read.width,
        read.height,
        ReadBy(read.read_by),
        read.problem,
        read.hidden,
        read.confidence,
    )
