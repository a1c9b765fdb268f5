"""Which questions of the open pack a benchmark of speed asks."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path

from core.evaluating.pack import Question, draw, load_questions
from core.library import Library
from core.nouns import Scope


def answerable(
    pack: Path, suites: Sequence[str], library: Library, count: int, seed: int
) -> Iterator[tuple[Question, Scope]]:
    """``count`` questions, as many of each suite, whose pages are all in ``library``; and where each is asked."""
    there = {document.name for document in library.documents()}
    for number, suite in enumerate(suites):
        wanted = count * (number + 1) // len(suites) - count * number // len(suites)
        known = [
            question
            for question in load_questions(pack, suite)
            if question.answerable and {name for name, _ in question.gold_pages} <= there
        ]
        for question in draw(known, wanted, seed) if wanted else ():
            yield question, Scope((suite,), (question.document,) if question.document else ())
