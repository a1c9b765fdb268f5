"""How well judging tells what is there from what is not, before a language model is asked.

    python -m tests.benchmarks.refusing PACK --library FOLDER [--suites cuad,zh_laws,pubmed] [-n 100] [--half 0|1]
        [--tried] [--fit] [--signals FILE]

The documents are read and embedded once, into a library in FOLDER (that of ``tests.benchmarks.finding`` will do).
Absent is the positive side: precision is the share of refusals that were right, recall the share of absent ones that
were refused.  ``--half`` measures one half of every set, contracts apart by document, the rest by question.  ``--fit``
fits the weights to half 0 and shows what they, and those in use, come to on half 1.  ``--tried`` does all that with
the signals of ``tests.benchmarks.late_interaction`` too, and shows the pages in the order that it would give.
``--signals`` keeps the signals of every question as JSON Lines.  What a draft and its checking refuse beyond that,
``evaluate`` tells.
"""

from __future__ import annotations

import argparse
import dataclasses
import hashlib
import json
import math
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path

import numpy as np
import numpy.typing as npt

from core.embedding import Embedder, SentenceTransformerEmbedder
from core.errors import CancelToken
from core.evaluating.measures import Confusion, auroc, f1, quantile
from core.evaluating.pack import Floors, Question, draw_both, load_questions, read_floors
from core.evaluating.running import Engine, bring_in
from core.evaluating.scoring import area_floor
from core.evaluating.tables import Figure, figure
from core.finding import evidence, find, unknown_terms
from core.intervals import share
from core.judging import Judgement, judge_evidence
from core.library import Library
from core.nouns import Candidate, Progress, Scope
from core.settings import Settings
from core.terms import is_chinese, question_terms
from desktop import house
from tests.benchmarks.late_interaction import Tokens, token_vectors, tried

SUITES = ("cuad", "zh_laws", "pubmed")
_CANDIDATES = 12  # as many as core.asking looks at
_RIDGE = 1e-3
_STEPS = 3000


@dataclass(frozen=True, slots=True)
class Judged:
    """One question with what was made of it, and the seconds that finding and judging took."""

    question: Question
    judgement: Judgement
    found_in: float
    judged_in: float
    others: Mapping[str, float] = field(default_factory=dict)  # signals that judging does not use
    tried_in: float = 0.0
    orders: tuple[tuple[Candidate, ...], ...] = ()  # as found, and as late interaction would have it

    @property
    def signals(self) -> dict[str, float]:
        """What the weights are for, by name."""
        return {
            "similarity": self.judgement.similarity,
            "passage": self.judgement.passage,
            "coverage": self.judgement.coverage,
            "unknown": len(self.judgement.unknown) / max(len(question_terms(self.question.text)), 1),
            **self.others,
        }


def judge_one(question: Question, suite: str, library: Library, embedder: Embedder, tokens: Tokens | None) -> Judged:
    """``question`` as asking judges it, without a draft; with ``tokens``, what else is tried."""
    scope = Scope((suite,), (question.document,) if question.document else ())
    began = time.perf_counter()
    candidates = find(question.text, library, embedder, scope=scope, k=_CANDIDATES)
    found = time.perf_counter()
    shown = evidence(question.text, candidates, embedder, lambda text: embedder.count_tokens([text])[0], 500)
    unknown = unknown_terms(question.text, library, scope)
    judgement = judge_evidence(question.text, candidates, shown, unknown, within_one=bool(question.document))
    judged = time.perf_counter()
    if tokens is None:
        return Judged(question, judgement, found - began, judged - found)
    also = tried(question.text, candidates, tokens, library.passage_count())
    spent = time.perf_counter() - judged
    return Judged(
        question, judgement, found - began, judged - found, also.signals, spent, (tuple(candidates), also.reranked)
    )


def in_half(question: Question, half: int) -> bool:
    """Whether ``question`` belongs to that half: all of a contract's do, or none."""
    lot = hashlib.sha256((question.document or question.id).encode()).digest()
    return lot[0] % 2 == half


def refusal_figures(judged: Sequence[Judged], floor: float | None) -> list[Figure]:
    """Precision, recall and F1 of refusing, false refusals, and the area under the curve."""
    absent = [not one.question.answerable for one in judged]
    refused = [not one.judgement.answerable for one in judged]
    pairs = list(zip(absent, refused, strict=True))
    figures: list[Figure] = []
    figures += figure("figure_refusal_precision", share([a for a, r in pairs if r]))
    figures += figure("figure_refusal_recall", share([r for a, r in pairs if a]))
    figures += figure("figure_refusal_f1", f1(Confusion.of(absent, refused), 0))
    figures += figure("figure_false_refusal", share([r for a, r in pairs if not a]))
    figures += area(judged, [one.judgement.probability for one in judged], floor)
    return figures


def area(judged: Sequence[Judged], values: Sequence[float], floor: float | None, of: str = "") -> list[Figure]:
    """The area under the curve of these values, one for each of ``judged``: present above absent."""
    pairs = list(zip(judged, values, strict=True))
    present = [value for one, value in pairs if one.question.answerable]
    absent = [value for one, value in pairs if not one.question.answerable]
    return list(figure("figure_auroc_probability", auroc(present, absent, 0), floor=floor, unit="", of=of))


def page_hits(judged: Sequence[Judged]) -> list[Figure]:
    """Page hit@1/3/5 of the answerable, as found and in the order that was tried."""
    figures: list[Figure] = []
    present = [one for one in judged if one.question.answerable and one.orders]
    for k in (1, 3, 5):
        for at, of in enumerate(("as found", "late interaction")):
            hits = [any(page in one.question.gold_pages for page in pages(one.orders[at])[:k]) for one in present]
            figures += figure("figure_page_hit", share(hits), of=f"@{k} {of}")
    return figures


def pages(found: Sequence[Candidate]) -> list[tuple[str, int]]:
    """The pages of ``found``, each once, from 1."""
    return list(dict.fromkeys((c.document, c.passage.page_index + 1) for c in found))


def times(judged: Sequence[Judged]) -> list[Figure]:
    """Milliseconds until passages are shown, and from there to the decision."""
    figures: list[Figure] = []
    parts = {
        "find": [one.found_in for one in judged],
        "judge": [one.judged_in for one in judged],
        "tried": [one.tried_in for one in judged if one.orders],
    }
    for of, seconds in parts.items():
        for at in (0.5, 0.95):
            spread = quantile([1000 * second for second in seconds], at, 0)
            figures += figure("figure_find_time", spread, unit="ms", of=f"{of} p{100 * at:.0f}")
    return figures


_Numbers = npt.NDArray[np.float64]
_USED = ("similarity", "passage", "coverage", "unknown")


def fitted(sets: Sequence[Sequence[Judged]], names: Sequence[str]) -> _Numbers:
    """Logistic regression of the signals of these names: their weights, and the constant last.

    By the slope with a touch of ridge, each signal brought to mean 0 and deviation 1 before.  Every set weighs the
    same, and in each the present as much as the absent.
    """
    rows = _rows([one for own in sets for one in own], names)
    sides = [np.array([one.question.answerable for one in own], dtype=np.float64) for own in sets]
    y = np.concatenate(sides)
    balance = np.concatenate([_balance(side) * len(y) / (len(sets) * len(side)) for side in sides])
    mean = np.average(rows, axis=0, weights=balance)
    spread = np.maximum(np.sqrt(np.average((rows - mean) ** 2, axis=0, weights=balance)), 1e-9)
    x = np.column_stack([(rows - mean) / spread, np.ones(len(rows))])
    weights = np.zeros(x.shape[1])
    shrunk = _RIDGE * np.append(np.ones(len(names)), 0.0)
    longest = 4 / x.shape[1]  # a step that cannot overshoot: no curve bends more than a quarter in a direction
    for _ in range(_STEPS):
        p = 1 / (1 + np.exp(-np.clip(x @ weights, -30, 30)))
        weights = weights + longest * (x.T @ (balance * (y - p)) / len(y) - shrunk * weights)
    own = weights[:-1] / spread
    return np.append(own, weights[-1] - own @ mean)


def _balance(side: _Numbers) -> _Numbers:
    share_of_ones = min(max(float(side.mean()), 1e-9), 1 - 1e-9)
    return np.where(side > 0, 0.5 / share_of_ones, 0.5 / (1 - share_of_ones))


def _rows(judged: Sequence[Judged], names: Sequence[str]) -> _Numbers:
    return np.array([[one.signals.get(name, 0.0) for name in names] for one in judged], dtype=np.float64)


def weighed(judged: Sequence[Judged], names: Sequence[str], weights: _Numbers) -> list[Judged]:
    """``judged`` with the probabilities that these weights give."""
    scores = np.clip(_rows(judged, names) @ weights[:-1] + weights[-1], -30, 30)
    return [
        dataclasses.replace(one, judgement=dataclasses.replace(one.judgement, probability=1 / (1 + math.exp(-score))))
        for one, score in zip(judged, scores.tolist(), strict=True)
    ]


def show(title: str, figures: Sequence[Figure]) -> None:
    """A table on the terminal."""
    print(f"\n{title}")
    for one in figures:
        interval = "" if one.low is None else f"{one.low:8.2f} – {one.high:.2f}"
        floor = "" if one.floor is None else f"floor {one.floor:g}"
        print(f"  {one.words():56}{one.value:8.2f} {one.unit:3} n {one.n:<5}{interval:20}{floor}")


def show_suite(title: str, judged: Sequence[Judged], floor: float | None) -> None:
    """The refusals of a suite, its signals each alone, its times, and where the right pages stand."""
    figures = refusal_figures(judged, floor)
    for name in judged[0].signals:
        sign = -1 if name == "unknown" else 1
        figures += area(judged, [sign * one.signals.get(name, 0.0) for one in judged], None, of=f"({name} alone)")
    show(title, (*figures, *times(judged), *page_hits(judged)))


def show_fit(judged: Mapping[str, Sequence[Judged]], floors: Floors) -> None:
    """Weights of half 0, a set a language, at work on half 1: the signals in use, one more each, all."""
    for chinese in (False, True):
        suites = [s for s, rows in judged.items() if rows and is_chinese(rows[0].question.text) is chinese]
        halves = [[one for one in judged[s] if in_half(one.question, 0)] for s in suites]
        ours = [half for half in halves if half]
        if not ours:
            continue
        more = [name for name in ours[0][0].signals if name not in _USED]
        for suite in suites:
            others = [one for one in judged[suite] if in_half(one.question, 1)]
            show(f"{suite}, half 1, weights in use", refusal_figures(others, area_floor(suite, floors)))
            for names in (_USED, *((*_USED, name) for name in more), *([(*_USED, *more)] if more else [])):
                weights = fitted(ours, names)
                told = ", ".join(f"{n} {w:.2f}" for n, w in zip((*names, "constant"), weights, strict=True))
                show(f"{suite}, half 1, fitted: {told}", refusal_figures(weighed(others, names, weights), None))


def tell(progress: Progress) -> None:
    """Only what takes minutes is told."""
    if progress.total and progress.done % 500 == 0:
        print(f"  {progress.stage} {progress.done}/{progress.total}", flush=True)


def main() -> None:
    """Build what is missing, judge every question and print the tables."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("pack", type=Path)
    parser.add_argument("--library", type=Path, required=True, help="where the library of this benchmark is kept")
    parser.add_argument("--suites", default=",".join(SUITES))
    parser.add_argument("-n", type=int, default=100, help="answerable ones, and as many absent ones; 0: all")
    parser.add_argument("--half", type=int, choices=(0, 1))
    parser.add_argument("--tried", action="store_true")
    parser.add_argument("--fit", action="store_true")
    parser.add_argument("--signals", type=Path)
    parser.add_argument("--seed", type=int, default=0)
    chosen = parser.parse_args()
    house.go_offline()
    settings, floors = Settings(), read_floors(chosen.pack)
    judged: dict[str, list[Judged]] = {}
    with house.library(chosen.library, create=True) as library, house.reader(settings) as reader:
        embedder = house.embedder(settings)
        assert isinstance(embedder, SentenceTransformerEmbedder)  # whose tokens can be read
        engine = Engine(library, reader, embedder)
        tokens: Tokens | None = partial(token_vectors, embedder) if chosen.tried else None
        for suite in chosen.suites.split(","):
            there = bring_in(engine, chosen.pack, suite, tell, CancelToken()).documents
            questions = [q for q in load_questions(chosen.pack, suite) if not q.document or q.document in there]
            if chosen.half is not None:
                questions = [q for q in questions if in_half(q, chosen.half)]
            drawn = draw_both(questions, chosen.n, chosen.seed)
            judged[suite] = [judge_one(q, suite, library, engine.embedder, tokens) for q in drawn]
            show_suite(suite, judged[suite], area_floor(suite, floors))
    if chosen.fit:
        show_fit(judged, floors)
    if chosen.signals:
        lines = [
            json.dumps({"suite": s, "id": one.question.id, "answerable": one.question.answerable, **one.signals})
            for s, rows in judged.items()
            for one in rows
        ]
        chosen.signals.write_text("".join(f"{line}\n" for line in lines), encoding="utf-8")


if __name__ == "__main__":
    main()
