"""Do the passages hold the answer at all?  Pure: signals of the search -> one probability.

The score of the search alone hardly tells present from absent, and the starter
model's own yes or no does not either (docs/decisions/0003).  Together these
tell most: how near the best sentence comes to the question in meaning, and how
many of the question's words the passages hold, or no document at all.  Their
weights are a logistic regression for each language, because the embedder's cosines
differ between them.
"""

from __future__ import annotations

import math
import re
from collections.abc import Sequence
from dataclasses import dataclass

from core.finding import coverage
from core.nouns import Candidate, Evidence
from core.terms import is_chinese, normalise, question_terms

_PASSAGES = 3
_YEAR = re.compile(r"(?<!\d)(?:19|20)\d\d(?!\d)")


@dataclass(frozen=True, slots=True)
class Judgement:
    """The signals and what they come to; below a half the question is refused."""

    probability: float
    similarity: float  # cosine of the question and the best sentence
    coverage: float  # share of the question's terms that the best passages hold together
    unknown: tuple[str, ...] = ()  # terms of the question that occur nowhere in what was searched
    years: tuple[str, ...] = ()  # years the question names and no passage does

    @property
    def answerable(self) -> bool:
        """Whether an answer is to be tried."""
        return self.probability >= 0.5 and not self.years


@dataclass(frozen=True, slots=True)
class _Weights:
    similarity: float
    coverage: float
    unknown: float
    constant: float


_ENGLISH = _Weights(similarity=28.9, coverage=3.56, unknown=-3.39, constant=-25.5)
_CHINESE = _Weights(similarity=60.2, coverage=1.89, unknown=0.0, constant=-55.7)
_ACROSS = _Weights(similarity=61.6, coverage=0.0, unknown=0.0, constant=-52.7)  # no words are shared across languages


def judge_evidence(
    question: str, candidates: Sequence[Candidate], evidence: Sequence[Evidence], unknown: Sequence[str] = ()
) -> Judgement:
    """How probable it is that these passages answer ``question``; ``unknown`` are its terms that occur nowhere."""
    similarity = max((e.similarity for e in evidence), default=0.0)
    best = sorted(candidates, key=lambda c: -c.score)[:_PASSAGES]
    covered = coverage(question, [c.passage for c in best])
    p = probability(
        similarity,
        covered,
        len(unknown) / max(len(question_terms(question)), 1),
        chinese=is_chinese(question),
        across=_across(question, evidence),
    )
    said = " ".join(" ".join((c.document, c.passage.embedded_text)) for c in candidates)
    years = tuple(year for year in dict.fromkeys(_YEAR.findall(normalise(question))) if year not in said)
    return Judgement(round(p, 4), round(similarity, 4), round(covered, 4), tuple(unknown), years)


def probability(similarity: float, covered: float, unknown: float, *, chinese: bool, across: bool = False) -> float:
    """The logistic function of the signals; ``across`` when the passages are in another language."""
    weights = _ACROSS if across else _CHINESE if chinese else _ENGLISH
    score = weights.similarity * similarity + weights.coverage * covered + weights.unknown * unknown + weights.constant
    return 1.0 / (1.0 + math.exp(-score))


def _across(question: str, evidence: Sequence[Evidence]) -> bool:
    best = max(evidence, key=lambda e: e.similarity, default=None)
    return best is not None and is_chinese(question) != is_chinese(best.text)
