"""Do the passages hold the answer at all?  Pure: signals of the search -> one probability.

The score of the search alone hardly tells present from absent, and the starter
model's own yes or no does not either (docs/decisions/0003).  Together these
tell most: how near the best passage and the best sentence come to the question in
meaning, and how many of the question's words the passages hold, or no document at all.
Their weights are logistic regressions for each language, because the embedder's cosines
differ between them; and within one document others than across several, because there
everything is about the same things, and its words tell more than its meaning.
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
    passage: float  # of the best passage
    coverage: float  # share of the question's terms that the best passages hold together
    unknown: tuple[str, ...] = ()  # terms of the question that occur nowhere in what was searched
    years: tuple[str, ...] = ()  # years the question names and no passage does

    @property
    def answerable(self) -> bool:
        """Whether an answer is to be tried."""
        return self.probability >= 0.5 and not self.years


@dataclass(frozen=True, slots=True)
class _Weights:
    constant: float
    similarity: float = 0.0
    passage: float = 0.0
    coverage: float = 0.0
    unknown: float = 0.0


_WITHIN_ONE = {
    False: _Weights(-25.5, similarity=28.9, coverage=3.56, unknown=-3.39),
    True: _Weights(-55.7, similarity=60.2, coverage=1.89),
}
_OF_SEVERAL = {
    False: _Weights(-71.5, passage=79.3, coverage=6.39),
    True: _Weights(-66.3, passage=73.6),
}
_ACROSS = _Weights(-52.7, similarity=61.6)  # no words are shared across languages


def judge_evidence(
    question: str,
    candidates: Sequence[Candidate],
    evidence: Sequence[Evidence],
    unknown: Sequence[str] = (),
    *,
    within_one: bool = False,
) -> Judgement:
    """How probable it is that these passages answer ``question``; ``unknown`` are its terms that occur nowhere.

    ``within_one`` tells that one document alone was searched.
    """
    best = sorted(candidates, key=lambda c: -c.score)[:_PASSAGES]
    signals = Signals(
        similarity=max((e.similarity for e in evidence), default=0.0),
        passage=max((c.similarity for c in candidates), default=0.0),
        coverage=coverage(question, [c.passage for c in best]),
        unknown=len(unknown) / max(len(question_terms(question)), 1),
    )
    across = _across(question, evidence)
    p = probability(signals, chinese=is_chinese(question), within_one=within_one, across=across)
    said = " ".join(" ".join((c.document, c.passage.embedded_text)) for c in candidates)
    years = tuple(year for year in dict.fromkeys(_YEAR.findall(normalise(question))) if year not in said)
    return Judgement(
        round(p, 4),
        round(signals.similarity, 4),
        round(signals.passage, 4),
        round(signals.coverage, 4),
        tuple(unknown),
        years,
    )


@dataclass(frozen=True, slots=True)
class Signals:
    """What is weighed: as in :class:`Judgement`, and the share of the question's terms that occur nowhere."""

    similarity: float
    passage: float
    coverage: float
    unknown: float


def probability(signals: Signals, *, chinese: bool, within_one: bool = False, across: bool = False) -> float:
    """The logistic function of the signals; ``across`` when the passages are in another language."""
    weights = _ACROSS if across else (_WITHIN_ONE if within_one else _OF_SEVERAL)[chinese]
    score = (
        weights.constant
        + weights.similarity * signals.similarity
        + weights.passage * signals.passage
        + weights.coverage * signals.coverage
        + weights.unknown * signals.unknown
    )
    return 1.0 / (1.0 + math.exp(-score))


def _across(question: str, evidence: Sequence[Evidence]) -> bool:
    best = max(evidence, key=lambda e: e.similarity, default=None)
    return best is not None and is_chinese(question) != is_chinese(best.text)
