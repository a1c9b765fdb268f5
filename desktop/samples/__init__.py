"""Sample documents for a first try: origin and licence of each stand in README.md beside them."""

from __future__ import annotations

from importlib import resources
from pathlib import Path


def folder() -> Path:
    """The folder that holds the sample PDFs, their README.md and questions.jsonl."""
    return Path(str(resources.files(__name__)))
