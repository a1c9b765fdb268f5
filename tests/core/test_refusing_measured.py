"""What measures refusing: the signals tried, the fit, the halves.  In a real library with the fake embedder."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from pathlib import Path

import numpy as np
import pytest

from core.evaluating.pack import Question
from core.finding import find
from core.judging import Judgement
from core.library import Library, open_library
from core.nouns import Scope
from tests.benchmarks.late_interaction import TokenVectors, meetings, tried, word_weight
from tests.benchmarks.refusing import Judged, fitted, in_half, judge_one, weighed
from tests.core.library.support import put_in
from tests.fakes import DIMENSIONS, FakeEmbedder

CONTRACT = "Either party may terminate upon ninety days notice. The fee is due in May. The law of Ohio governs."


@pytest.fixture
def library(tmp_path: Path) -> Iterator[Library]:
    """One contract."""
    with open_library(tmp_path / "library", create=True) as opened:
        put_in(opened, tmp_path, "matters", contract=CONTRACT)
        yield opened


def tokens(texts: Sequence[str], *, questions: bool = False) -> list[TokenVectors]:
    """Words by the fake embedder."""
    found = [list(re.finditer(r"[\u4e00-\u9fff]|[^\W_\u4e00-\u9fff]+", text)) for text in texts]
    return [
        TokenVectors(
            np.stack([np.zeros(DIMENSIONS, np.float32), *(FakeEmbedder().embed_question(m.group()) for m in words)])[
                1:
            ],
            tuple(m.span() for m in words),
        )
        for words in found
    ]


def judged(name: str, present: bool, similarity: float, coverage: float) -> Judged:
    question = Question(name, "Which fee?", present)
    return Judged(question, Judgement(0.5, similarity, similarity, coverage), 0.1, 0.1)


def test_words_that_one_passage_holds_together_weigh_more_than_few_of_many(library: Library) -> None:
    def weight(question: str, passages: int = 3) -> float:
        return word_weight(question, find(question, library, FakeEmbedder()), passages)

    assert (
        weight("terminate upon ninety days notice") > weight("terminate the fee in Ohio") > weight("a sublicense") == 0
    )
    assert weight("terminate") > weight("terminate an exclusive worldwide sublicense") > 0
    assert weight("terminate", 3) > weight("terminate", 3000)  # among more passages a word of its own weighs more
    assert word_weight("Which fee?", (), 0) == 0


def test_every_signal_is_highest_for_what_stands_there(library: Library) -> None:
    embedder, scope = FakeEmbedder(), Scope(("matters",))

    def signals(question: str) -> dict[str, float]:
        found = find(question, library, embedder, scope=scope)
        return dict(tried(question, found, tokens, 3).signals)

    there, absent = signals("terminate upon ninety days notice"), signals("exclusive worldwide sublicense")
    assert all(there[name] >= absent[name] for name in there)
    assert there["token_best"] > absent["token_best"]
    assert tried("Which fee?", (), tokens, 3).signals == {}


def test_the_passage_that_meets_more_of_the_question_comes_first(library: Library) -> None:
    embedder, scope = FakeEmbedder(), Scope(("matters",))
    question = "Which law governs?"
    turned = tuple(reversed(find(question, library, embedder, scope=scope)))
    again = tried(question, turned, tokens, 3).reranked
    assert sorted(c.passage.id for c in again) == sorted(c.passage.id for c in turned)
    assert [c.passage.text for c in again].index("The law of Ohio governs.") < 2


def test_each_token_of_the_question_meets_the_nearest_of_the_passage() -> None:
    asked = TokenVectors(np.array([[1, 0], [0, 1], [0, 1]], np.float32), ((0, 3), (4, 7), (8, 11)))
    read = TokenVectors(np.array([[0.6, 0.8], [1, 0]], np.float32), ((0, 1), (2, 3)))
    assert np.allclose(meetings("law the fee", asked, [read]), [[1.0, 0.8]])  # "the" says nothing


def test_the_fit_finds_what_tells_present_from_absent() -> None:
    rows = [judged(f"p{i}", True, 0.80 + 0.01 * (i % 5), 0.9) for i in range(40)]
    rows += [judged(f"a{i}", False, 0.80 + 0.01 * (i % 5), 0.3 + 0.01 * (i % 7)) for i in range(40)]
    weights = fitted([rows], ("similarity", "coverage"))
    again = weighed(rows, ("similarity", "coverage"), weights)
    assert abs(weights[0]) < weights[1]
    assert all(one.judgement.answerable is one.question.answerable for one in again)


def test_a_small_set_weighs_as_much_in_the_fit_as_a_large_one() -> None:
    large = [judged(f"l{i}", i % 2 == 0, 0.8, 0.9 if i % 2 == 0 else 0.1) for i in range(400)]
    small = [judged(f"s{i}", i % 2 == 0, 0.8, 0.1 if i % 2 == 0 else 0.9) for i in range(40)]  # the other way round
    assert abs(fitted([large, small], ("coverage",))[0]) < 0.05
    assert fitted([large], ("coverage",))[0] > 1


def test_questions_about_one_contract_are_in_one_half() -> None:
    about = [Question(f"q{i}", "Which fee?", True, document="a.pdf") for i in range(20)]
    assert len({in_half(q, 0) for q in about}) == 1
    anywhere = [Question(f"q{i}", "Which fee?", True) for i in range(20)]
    assert {in_half(q, 0) for q in anywhere} == {True, False}


def test_a_question_is_judged_as_asking_judges_it(library: Library) -> None:
    one = judge_one(Question("q", "Which fee is due?", True), "matters", library, FakeEmbedder(), tokens)
    assert {"similarity", "coverage", "unknown", "token_best", "words"} <= set(one.signals)
    assert one.signals["coverage"] == one.judgement.coverage
    assert len(one.orders) == 2
