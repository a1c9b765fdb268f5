"""What is said of a sentence that cites one passage."""

from __future__ import annotations

from core.nouns import Candidate, DraftSentence, Evidence, Passage, Verdict
from core.verifying import Likeness, judge


def verdict(sentence: str, source: str) -> tuple[Verdict, tuple[str, ...]]:
    """What is said of a sentence that cites its source and is as near to it in meaning as can be."""
    passage = Passage("p", "f" * 64, 0, 0, len(source), source)
    item = Evidence(1, Candidate(passage, "a.pdf", "1", 0.9, 0.9, 5.0, 0.5), 0, len(source), source)
    claim = judge(DraftSentence(sentence, (1,)), [item], "Which?", alike=lambda *_: Likeness(0.99, 0.99))
    return claim.verdict, claim.faults
