"""The embedder that ships, as sentence-transformers runs it."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest

from core.embedding import SentenceTransformerEmbedder
from core.errors import Cancelled, CancelToken, UserProblem
from core.nouns import Progress
from tests.installed import installed

pytestmark = pytest.mark.model


@pytest.fixture(scope="module")
def embedder() -> Iterator[SentenceTransformerEmbedder]:
    """multilingual-e5-small."""
    found = installed("e5-small")
    yield SentenceTransformerEmbedder(found.path, name=found.name, sha256=found.sha256)


def test_vectors_are_unit_vectors_in_the_order_given(embedder: SentenceTransformerEmbedder) -> None:
    texts = ["short", "a much longer passage about the termination of a contract " * 8, "中文段落", ""]
    seen: list[Progress] = []
    vectors = embedder.embed_passages(texts, seen.append)
    assert vectors.shape == (4, 384)
    assert vectors.dtype == np.float32
    assert np.allclose(np.linalg.norm(vectors, axis=1), 1.0, atol=1e-3)
    assert np.allclose(vectors[2], embedder.embed_passages([texts[2]])[0], atol=2e-2)
    assert seen[-1].done == seen[-1].total == 4


@pytest.mark.parametrize(
    ("question", "right", "wrong"),
    [
        (
            "公司拖欠工资，员工可以解除合同吗？",
            "未及时足额支付劳动报酬的，劳动者可以解除劳动合同",
            "本法自公布之日起施行",
        ),
        ("non-compete", "竞业限制", "带薪年休假"),
        ("How can the agreement be ended?", "Either party may terminate upon notice.", "Payment is due in May."),
    ],
)
def test_meaning_is_nearer_than_words(
    embedder: SentenceTransformerEmbedder, question: str, right: str, wrong: str
) -> None:
    near, far = embedder.embed_passages([right, wrong]) @ embedder.embed_question(question)
    assert near > far


def test_tokens_are_counted_by_its_own_tokenizer(embedder: SentenceTransformerEmbedder) -> None:
    assert embedder.count_tokens([]) == []
    assert embedder.count_tokens(["", "合同"])[0] == 0
    assert 480 < embedder.max_tokens < 512
    assert embedder.identity.dimensions == 384


def test_it_stops_when_asked(embedder: SentenceTransformerEmbedder) -> None:
    cancel = CancelToken()
    cancel.cancel()
    with pytest.raises(Cancelled):
        embedder.embed_passages(["a"], cancel=cancel)


def test_a_folder_without_a_model_gives_one_sentence(tmp_path: Path) -> None:
    with pytest.raises(UserProblem) as problem:
        SentenceTransformerEmbedder(tmp_path, name="x", sha256="0" * 64)
    assert str(tmp_path) in problem.value.sentence()
