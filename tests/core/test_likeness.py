"""How near a sentence is to a passage in meaning."""

from __future__ import annotations

import pytest

from core.likeness import Likening
from tests.fakes import FakeEmbedder

PASSAGE = "The lease ends on 31 March. The rent is 900 euros. Pets are not allowed."


def test_a_sentence_of_the_passage_is_as_near_as_can_be() -> None:
    likeness = Likening(FakeEmbedder())("The rent is 900 euros.", PASSAGE)
    assert likeness.near == pytest.approx(1.0, abs=1e-5)
    assert 0 < likeness.whole < likeness.near


def test_two_adjacent_sentences_may_say_it_together() -> None:
    alike = Likening(FakeEmbedder())
    both = alike("The lease ends on 31 March and the rent is 900 euros.", PASSAGE).near
    assert both > alike("The lease ends on 31 March and the rent is 900 euros.", "The lease ends on 31 March.").near


def test_a_passage_is_embedded_once() -> None:
    embedder = FakeEmbedder()
    alike = Likening(embedder)
    first, second = alike("The rent is high.", PASSAGE), alike("The rent is high.", PASSAGE)
    assert first == second
    assert embedder.embedded.count("The rent is 900 euros.") == 1


def test_a_passage_without_words() -> None:
    assert Likening(FakeEmbedder())("The rent.", "").near <= 1
