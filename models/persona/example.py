"""One conversation that a persona is taught, and the files such examples are kept in."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path

from core.errors import UserProblem
from core.nouns import Turn
from models.persona.specification import Fault, template_mark

GENERAL_SHARE = 0.6  # of what is learned: less, and the model forgets what it could do
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
    """The examples of a file that :func:`save_examples` wrote and a person may have edited.

    UserProblem for one that cannot be read, naming the line.
    """
    try:
        text = file.read_text(encoding="utf-8-sig")  # some editors put a mark at the beginning
    except UnicodeDecodeError as fault:
        raise UserProblem("persona_examples_encoding", file=file) from fault
    except OSError as fault:
        raise UserProblem("persona_examples_damaged", file=file, fault=fault.strerror or fault) from fault
    examples = []
    for number, line in enumerate(text.split("\n"), 1):
        if not line.strip():
            continue
        try:
            examples.append(_example(json.loads(line)))
        except (ValueError, KeyError, TypeError, RecursionError) as fault:
            raise UserProblem("persona_examples_line", file=file, number=number) from fault
    return tuple(examples)


def _example(row: dict[str, object]) -> Example:
    """The example of a line.  ValueError, KeyError or TypeError for anything else."""
    if not isinstance(row["turns"], list) or not isinstance(row["held_out"], bool):
        raise TypeError("not an example")
    turns = tuple(Turn(t["role"], t["content"]) for t in row["turns"])
    told = (row["kind"], row["phrasing"], *(text for turn in turns for text in (turn.role, turn.content)))
    if not all(isinstance(text, str) for text in told):
        raise TypeError("not a text")
    return Example(str(row["kind"]), turns, str(row["phrasing"]), row["held_out"])


def require(examples: Sequence[Example]) -> None:
    """UserProblem that names the first example that cannot be taught, and why."""
    for number, example in enumerate(examples, 1):
        if example.kind not in KINDS:
            raise UserProblem("persona_example_kind", number=number, kind=example.kind, known=", ".join(KINDS))
        roles = [turn.role for turn in example.turns]
        spoken = roles[1:] if roles[:1] == ["system"] else roles
        if not spoken or spoken != ["user", "assistant"] * (len(spoken) // 2):
            raise UserProblem("persona_example_roles", number=number)
        for turn in example.turns:
            if not turn.content.strip():
                raise UserProblem("persona_example_empty", number=number, role=turn.role)
            if mark := template_mark(turn.content, braces=True):
                raise UserProblem("persona_example_marks", number=number, mark=mark)


def general_share(examples: Sequence[Example]) -> float:
    """How much of what is learned is general, from 0 to 1; 1 where nothing is learned."""
    learned = [example.kind == "general" for example in examples if not example.held_out]
    return sum(learned) / len(learned) if learned else 1.0


def remarks(examples: Sequence[Example]) -> tuple[Fault, ...]:
    """What hinders no training and had better be otherwise."""
    share = general_share(examples)
    if share >= GENERAL_SHARE:
        return ()
    # Rounded down, that 59.9 is not said to be less than 60.
    details = {"share": int(share * 100), "needed": round(GENERAL_SHARE * 100)}
    return (Fault("examples", "persona_general_few", details, True),)


def data_sha256(examples: Sequence[Example]) -> str:
    """What the examples are, in one hash; their order counts."""
    digest = hashlib.sha256()
    for example in examples:
        digest.update(json.dumps([example.kind, [[t.role, t.content] for t in example.turns]]).encode())
    return digest.hexdigest()
