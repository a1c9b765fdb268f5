"""What the engine makes of a question, set by a test: its weights belong to a real embedder, not to the fake."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import pytest

from core import asking
from core.judging import Judgement, judge_evidence
from core.nouns import Candidate, Evidence


def judge_as(monkeypatch: pytest.MonkeyPatch, *, answerable: bool) -> None:
    """From now on the passages of every question are judged to answer it, or not to."""
    real = judge_evidence

    def judge(
        question: str,
        candidates: Sequence[Candidate],
        evidence: Sequence[Evidence],
        unknown: Sequence[str] = (),
        *,
        within_one: bool = False,
    ) -> Judgement:
        judged = real(question, candidates, evidence, unknown, within_one=within_one)
        return replace(judged, probability=float(answerable), years=())

    monkeypatch.setattr(asking, "judge_evidence", judge)
