"""One conversation that a persona is taught, and the files such examples are kept in."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path

from core.errors import UserProblem
from core.nouns import Turn

KINDS = ("identity", "style", "glossary", "dialogue", "general")


@dataclass(frozen=True, slots=True)
class Example:
    """A conversation whose last turn is what the assistant is to say.

    ``kind`` is one of KINDS; ``phrasing`` names the form of the question, so that held-out examples share none with
    the training ones; ``held_out`` examples are never trained on.
    """

    kind: str
    turns: tuple[Turn, ...]
    phrasing: str = ""
    held_out: bool = False


def save_examples(examples: Iterable[Example], file: Path) -> None:
    """One JSON object a line."""
    with file.open("w", encoding="utf-8") as stream:
        for example in examples:
            turns = [{"role": t.role, "content": t.content} for t in example.turns]
            row = {"kind": example.kind, "phrasing": example.phrasing, "held_out": example.held_out, "turns": turns}
            stream.write(json.dumps(row, ensure_ascii=False) + "\n")


def load_examples(file: Path) -> tuple[Example, ...]:
    """The examples of a file that :func:`save_examples` wrote.  UserProblem for one that it did not."""
    examples = []
    try:
        for line in filter(None, file.read_text(encoding="utf-8").split("\n")):
            row = json.loads(line)
            turns = tuple(Turn(str(t["role"]), str(t["content"])) for t in row["turns"])
            examples.append(Example(str(row["kind"]), turns, str(row["phrasing"]), bool(row["held_out"])))
    except (OSError, ValueError, KeyError, TypeError) as fault:
        raise UserProblem("persona_examples_damaged", file=file, fault=fault) from fault
    return tuple(examples)


def data_sha256(examples: Sequence[Example]) -> str:
    """What the examples are, in one hash; their order counts."""
    digest = hashlib.sha256()
    for example in examples:
        digest.update(json.dumps([example.kind, [[t.role, t.content] for t in example.turns]]).encode())
    return digest.hexdigest()
