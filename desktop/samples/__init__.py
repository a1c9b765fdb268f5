"""Sample documents for a first try: origin and licence of each stand in README.md beside them."""

from __future__ import annotations

from importlib import resources
from pathlib import Path

_LOCKED = "confidential-settlement-note.pdf"


def folder() -> Path:
    """The folder that holds the sample PDFs, their README.md and questions.jsonl."""
    return Path(str(resources.files(__name__)))


def readable() -> tuple[Path, ...]:
    """The sample PDFs that questions.jsonl asks: all but the one that needs a password."""
    return tuple(file for file in sorted(folder().glob("*.pdf")) if file.name != _LOCKED)


def handbooks() -> tuple[Path, ...]:
    """The handbooks that glossary_questions.jsonl asks; they are no part of a first try."""
    return tuple(sorted((folder() / "handbooks").glob("*.pdf")))
