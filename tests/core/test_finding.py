"""Question -> candidates -> evidence, in a real library with the fake embedder."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from core.errors import UserProblem
from core.finding import LONGEST_QUESTION, checked_question, evidence, find
from core.library import Library, open_library
from core.nouns import Candidate, Passage, Scope
from tests.core.library.support import put_in
from tests.fakes import FakeEmbedder

CONTRACT = "Either party may terminate upon ninety days notice. The fee is due in May. The law of Ohio governs."
STATUTE = "劳动者可以解除劳动合同。用人单位应当支付报酬。"


@pytest.fixture
def library(tmp_path: Path) -> Iterator[Library]:
    """Two collections, one document each."""
    with open_library(tmp_path / "library", create=True) as opened:
        put_in(opened, tmp_path, "matters", contract=CONTRACT)
        put_in(opened, tmp_path, "laws", statute=STATUTE)
        yield opened


def test_the_passage_that_says_it_comes_first_with_its_page(library: Library) -> None:
    best = find("Who may terminate, and upon what notice?", library, FakeEmbedder())[0]
    assert best.passage.text.startswith("Either party may terminate")
    assert (best.document, best.page_label, best.passage.page_index) == ("contract.pdf", "1", 0)
    assert best.score <= 1
    assert best.coverage == 1
    assert best.keyword_score > 0


def test_chinese_is_found_inside_sentences(library: Library) -> None:
    assert find("员工可以解除合同吗？", library, FakeEmbedder())[0].document == "statute.pdf"


def test_a_scope_holds(library: Library) -> None:
    for scope in (Scope(collections=("laws",)), Scope(documents=("statute.pdf",))):
        found = find("terminate notice", library, FakeEmbedder(), scope=scope)
        assert {c.document for c in found} == {"statute.pdf"}


def test_no_more_than_asked_for(library: Library) -> None:
    assert len(find("the fee", library, FakeEmbedder(), k=2)) == 2


@pytest.mark.parametrize(
    ("question", "key"),
    [("", "question_empty"), (" \n?!。", "question_empty"), ("x" * 50_000, "question_too_long")],
)
def test_a_question_that_is_none_is_refused(question: str, key: str) -> None:
    with pytest.raises(UserProblem) as problem:
        checked_question(question)
    assert problem.value.key == key
    assert checked_question("  fee?  ") == "fee?"
    assert len(checked_question("x" * LONGEST_QUESTION)) == LONGEST_QUESTION


def test_an_unknown_scope_is_refused(library: Library) -> None:
    with pytest.raises(UserProblem):
        find("fee", library, FakeEmbedder(), scope=Scope(collections=("nowhere",)))


def test_a_question_in_another_language_is_searched_in_the_words_of_the_documents(library: Library) -> None:
    best = find("May an employee terminate the employment contract?", library, FakeEmbedder(), scope=Scope(("laws",)))
    assert best[0].passage.text == "劳动者可以解除劳动合同。"
    assert best[0].keyword_score > best[1].keyword_score
    best = find("谁可以提前通知终止？", library, FakeEmbedder(), scope=Scope(("matters",)))
    assert best[0].passage.text.startswith("Either party may terminate")


CLAUSES = "6.3 The fee of clause 7.3 is due. 7.3 The buyer pays. 7.3(b) The seller delivers. 17.3 Clause 7.3 is void."


@pytest.mark.parametrize(
    ("question", "first"),
    [
        ("What does Section 7.3 say about the fee that is due?", ["7.3", "7.3(b)"]),
        ("第7.3条", ["7.3", "7.3(b)"]),
        ("Clause 7.3(b): who delivers?", ["7.3(b)"]),
    ],
)
def test_the_clause_that_is_named_comes_first(tmp_path: Path, question: str, first: list[str]) -> None:
    with open_library(tmp_path / "library", create=True) as library:
        put_in(library, tmp_path, "matters", contract=CLAUSES)
        found = find(question, library, FakeEmbedder())
    assert [c.passage.number for c in found[: len(first)]] == first
    assert len(found) == 4
    assert all(c.score <= 1 for c in found)


def test_what_else_a_page_holds_speaks_for_its_passages_among_several_documents(tmp_path: Path) -> None:
    alone = "The fee and the rent are due."
    among = "The fee and the rent are due now. The rent and the fee bear interest. The fee covers the rent."
    with open_library(tmp_path / "library", create=True) as library:
        put_in(library, tmp_path, "leases", alone=alone, among=among)
        found = find("Are the fee and the rent due?", library, FakeEmbedder())
        by_words = max(found, key=lambda c: c.keyword_score)
        assert (found[0].document, by_words.document) == ("among.pdf", "alone.pdf")
        assert found[0].similarity < by_words.similarity
        assert all(c.score <= 1 for c in found)
        within = find("Are the fee and the rent due?", library, FakeEmbedder(), scope=Scope(documents=("among.pdf",)))
    assert [c.passage.id for c in within] == [c.passage.id for c in found if c.document == "among.pdf"]


def candidate(text: str, name: str, score: float) -> Candidate:
    """A candidate on page 3 whose passage begins at character 50."""
    passage = Passage(name, "f" * 64, 2, 50, 50 + len(text), text)
    return Candidate(passage, "a.pdf", "3", score, 0.8, 1.0, 0.5)


def words(text: str) -> int:
    return len(text.split())


def test_evidence_is_whole_sentences_around_the_one_that_matters() -> None:
    filler = "Nothing of note is said here at all. " * 20
    text = filler + "The dose is 250 mg every 12 hours. " + filler
    found = evidence("What is the dose?", [candidate(text, "p", 0.9)], FakeEmbedder(), words, 180)
    assert "The dose is 250 mg every 12 hours." in found[0].text
    assert words(found[0].text) <= 60
    assert found[0].text == text[found[0].start - 50 : found[0].end - 50]
    assert found[0].text[slice(*found[0].best)].strip() == "The dose is 250 mg every 12 hours."


def test_evidence_keeps_to_the_budget_and_is_numbered_from_one() -> None:
    many = [candidate(f"The dose number {i} is given here in some words.", f"p{i}", 0.9 - i / 100) for i in range(9)]
    found = evidence("What dose?", many, FakeEmbedder(), words, 120)
    assert [e.number for e in found] == list(range(1, len(found) + 1))
    assert 1 < len(found) <= 5
    assert sum(words(e.text) for e in found) <= 120


def test_no_candidates_no_evidence() -> None:
    assert evidence("What dose?", [], FakeEmbedder(), words, 100) == ()
