"""Does the library hold the answer at all?  Several signals, one probability.

The score of the search alone hardly tells present from absent (see
docs/decisions).  So the decision is a logistic function of independent signals;
its weights were fitted on a part of open question sets and are constants here.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

from core.drafting import answer_odds
from core.errors import CancelToken
from core.language_model import LanguageModel
from core.nouns import Candidate, Evidence

_JUDGED = 2  # evidences that the model itself is asked about; each costs about a second


@dataclass(frozen=True, slots=True)
class Judgement:
    """The signals and what they come to."""

    answerable: bool
    probability: float
    similarity: float
    coverage: float
    odds: tuple[float, ...]


def judge_evidence(
    question: str,
    candidates: Sequence[Candidate],
    evidence: Sequence[Evidence],
    model: LanguageModel,
    cancel: CancelToken | None = None,
) -> Judgement:
    """Whether the evidence answers the question."""
    similarity = max(c.similarity for c in candidates)
    coverage = max(c.coverage for c in candidates)
    odds = tuple(answer_odds(question, e.text, model, cancel) for e in evidence[:_JUDGED])
    p = probability(similarity, coverage, odds)
    return Judgement(p >= 0.5, round(p, 4), round(similarity, 4), round(coverage, 4), tuple(round(o, 3) for o in odds))


def probability(similarity: float, coverage: float, odds: Sequence[float]) -> float:
    """The probability that an answer is there, from the signals."""
    best = max(odds, default=0.0)
    score = 20.0 * (similarity - 0.84) + 2.0 * (coverage - 0.5) + 0.5 * best
    return 1.0 / (1.0 + math.exp(-score))
