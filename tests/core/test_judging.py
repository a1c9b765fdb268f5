"""Is the answer there at all?"""

from __future__ import annotations

import dataclasses

import pytest

from core.judging import Signals, judge_evidence, probability
from tests.core.test_verifying import CLAUSE, evidence


def weigh(meaning: float, words: float, unknown: float = 0.0, *, passage: float | None = None, **case: bool) -> float:
    nearest = meaning - 0.01 if passage is None else passage  # a passage lies a little farther than its best
    return probability(Signals(meaning, nearest, words, unknown), **{"chinese": False, **case})


CASES = [{"chinese": chinese, "within_one": one} for chinese in (False, True) for one in (False, True)]


@pytest.mark.parametrize("case", CASES)
def test_near_in_meaning_and_in_words_is_answered(case: dict[str, bool]) -> None:
    assert weigh(0.93 if case["chinese"] else 0.90, 0.8, **case) > 0.5


@pytest.mark.parametrize("case", CASES)
def test_far_in_meaning_and_in_words_is_refused(case: dict[str, bool]) -> None:
    assert weigh(0.87 if case["chinese"] else 0.80, 0.2, 0.2, **case) < 0.5


@pytest.mark.parametrize("case", CASES)
def test_more_of_either_signal_never_lowers_the_probability(case: dict[str, bool]) -> None:
    grid = [[weigh(s / 100, c / 10, 0.1, **case) for c in range(11)] for s in range(70, 100)]
    assert all(row == sorted(row) for row in grid)
    assert all(list(column) == sorted(column) for column in zip(*grid, strict=True))


def test_across_several_documents_the_passage_must_come_nearer() -> None:
    # In one contract everything is about the same things; among many papers a near one is another one's subject.
    assert weigh(0.86, 0.5, passage=0.85, within_one=True) > 0.5 > weigh(0.86, 0.5, passage=0.85)


def test_shared_words_do_not_count_across_languages() -> None:
    assert weigh(0.9, 0.0, 1.0, across=True) > 0.5
    assert weigh(0.8, 1.0, across=True) < 0.5


def test_the_signals_are_kept_for_the_record() -> None:
    items = [dataclasses.replace(e, similarity=0.9) for e in evidence(CLAUSE)]
    judged = judge_evidence("Can either party terminate without cause?", [e.candidate for e in items], items)
    assert judged.similarity == 0.9
    assert judged.coverage == 1.0
    assert judged.answerable


def test_nothing_found_is_not_answerable() -> None:
    assert not judge_evidence("Which fee?", [], []).answerable


def test_a_year_that_no_passage_names_is_not_answered_from_another_year() -> None:
    found = [dataclasses.replace(e, similarity=0.99) for e in evidence("Global growth in 2025 is projected at 3.5%.")]
    candidates = [e.candidate for e in found]
    assert judge_evidence("What is global growth in 2025?", candidates, found).answerable
    judged = judge_evidence("What is global growth in 2027?", candidates, found)
    assert not judged.answerable
    assert judged.years == ("2027",)


def test_words_that_occur_nowhere_speak_against_an_answer() -> None:
    assert weigh(0.88, 0.7, 0.4, within_one=True) < weigh(0.88, 0.7, within_one=True)
