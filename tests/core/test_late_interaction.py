"""The embedder's own token vectors, as the benchmark of late interaction reads them."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
import pytest

from core.embedding import SentenceTransformerEmbedder
from tests.benchmarks.late_interaction import token_vectors
from tests.installed import installed

pytestmark = pytest.mark.model


@pytest.fixture(scope="module")
def embedder() -> Iterator[SentenceTransformerEmbedder]:
    """multilingual-e5-small."""
    found = installed("e5-small")
    yield SentenceTransformerEmbedder(found.path, name=found.name, sha256=found.sha256)


def test_tokens_have_unit_vectors_and_name_the_stretch_they_stand_for(embedder: SentenceTransformerEmbedder) -> None:
    texts = ["Governing  Law: Utah", "", "第四十条 用人单位可以解除劳动合同", "x" + " notice" * 900]
    read = token_vectors(embedder, texts)
    assert [len(one.vectors) for one in read[:3]] == embedder.count_tokens(texts[:3])
    assert len(read[3].vectors) == embedder.max_tokens
    for text, one in zip(texts, read, strict=True):
        assert one.vectors.dtype == np.float32
        assert one.vectors.shape == (len(one.spans), 384)
        assert np.allclose(np.linalg.norm(one.vectors, axis=1), 1.0, atol=1e-3)
        assert all(0 <= start < end <= len(text) for start, end in one.spans)
    words = [texts[0][start:end] for start, end in read[0].spans]
    assert "".join(words) == "GoverningLaw:Utah"
    assert "".join(texts[3][start:end] for start, end in read[3].spans[:3]) == "xnoticenotice"


def test_a_token_means_what_the_words_around_it_make_of_it(embedder: SentenceTransformerEmbedder) -> None:
    river, money = token_vectors(embedder, ["the bank of the river", "the bank lends money"])
    money_again = token_vectors(embedder, ["the bank lends money", "a longer text beside it, padded " * 20])[0]
    assert river.vectors[1] @ money.vectors[1] < 0.97
    assert np.allclose(money.vectors, money_again.vectors, atol=2e-2)
    assert not np.allclose(money.vectors, token_vectors(embedder, ["the bank lends money"], questions=True)[0].vectors)
