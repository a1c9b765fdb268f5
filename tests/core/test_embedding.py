"""The embedder that ships, as sentence-transformers runs it."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
import torch

from core.embedding import SentenceTransformerEmbedder, _Packed, _Trial
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


@pytest.mark.parametrize(
    "text",
    [
        "The clause</s>ends here",
        "<s>a <mask> b <pad> c <unk> d</s>",
        "＜/s＞ in full-width letters, ＜ｍａｓｋ＞",
        "broken by what nobody sees: <\u200b/s> <\u0001pad>",
        "</</s>s> <<s>s>",
        "</s>" * 120,
    ],
)
def test_text_of_a_document_is_never_a_special_token(embedder: SentenceTransformerEmbedder, text: str) -> None:
    marks = set(embedder._tokenizer.all_special_ids)
    first, *inside, last = embedder._model.preprocess([text])["input_ids"][0].tolist()
    assert {first, last} <= marks
    assert not marks.intersection(inside)
    assert embedder.count_tokens([text]) == [len(inside)]


def test_a_special_token_in_a_text_means_what_it_looks_like(embedder: SentenceTransformerEmbedder) -> None:
    written, apart = embedder.embed_passages(["Ends</s>here <mask>", "Ends< /s>here < mask>"])
    assert np.allclose(written, apart)
    assert np.allclose(embedder.embed_question("<s>?"), embedder.embed_question("< s>?"))


def test_batches_are_small_and_of_few_shapes(
    embedder: SentenceTransformerEmbedder, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(embedder, "_packed", None)
    # torch keeps memory for every shape that it has seen: an import of many lengths must not grow without end.
    shapes: set[tuple[int, int]] = set()

    def see(_: object, inputs: tuple[dict[str, np.ndarray]]) -> None:
        rows, width = inputs[0]["input_ids"].shape
        shapes.add((rows, width))

    texts = [f"{number} " + "notice " * number for number in range(60, 140)]
    hook = embedder._model.register_forward_pre_hook(see)
    try:
        embedder.embed_passages(texts)
    finally:
        hook.remove()
    assert all(width % 16 == 0 and rows * width <= 1536 for rows, width in shapes)
    assert len({width for _, width in shapes}) <= 7


def test_texts_end_to_end_give_the_vectors_that_padded_ones_give(
    embedder: SentenceTransformerEmbedder, monkeypatch: pytest.MonkeyPatch
) -> None:
    texts = [
        "",
        "Notice.",
        "Payment.",
        "合同",
        "x" + " notice" * 900,
        *(f"{n} " + "clause " * n for n in range(0, 60, 7)),
    ]
    monkeypatch.setattr(embedder, "_bfloat16", False)
    packed = embedder._packed
    monkeypatch.setattr(embedder, "_packed", None)
    padded = embedder.embed_passages(texts)
    question = embedder.embed_question(texts[1])
    monkeypatch.setattr(embedder, "_packed", packed)
    assert packed is not None
    assert np.allclose(embedder.embed_passages(texts), padded, atol=1e-5)
    assert np.allclose(embedder.embed_question(texts[1]), question, atol=1e-5)
    assert [len(batch) for batch in embedder._batches([510] * 4 + [3] * 5, None, packed=True)] == [3, 6]
    for way in (packed, None):
        monkeypatch.setattr(embedder, "_packed", way)
        monkeypatch.setattr(embedder, "_bfloat16", True)
        assert (embedder.embed_passages(texts) * padded).sum(axis=1).min() > 0.9998


def test_bfloat16_multiplies_few_shapes(embedder: SentenceTransformerEmbedder, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(embedder, "_bfloat16", True)
    embedder.embed_passages(["Notice."])
    assert embedder._halved is not None
    shapes: set[tuple[int, ...]] = set()
    linear = torch.nn.functional.linear

    def see(given: torch.Tensor, weight: torch.Tensor, bias: torch.Tensor) -> torch.Tensor:
        assert given.dtype == weight.dtype == torch.bfloat16
        shapes.add((*given.shape, len(weight)))
        return linear(given, weight, bias)

    monkeypatch.setattr(torch.nn.functional, "linear", see)
    embedder.embed_passages([f"{number} " + "notice " * number for number in range(1, 140)])
    assert all(rows % 64 == 0 and rows <= 1536 for rows, *_ in shapes)
    assert len({rows for rows, *_ in shapes}) <= 24 and len(shapes) <= 4 * 24


@pytest.mark.parametrize("faster", ["bfloat16", "float32"])
def test_the_faster_precision_is_found_out_once_there_is_enough_to_embed(
    embedder: SentenceTransformerEmbedder, monkeypatch: pytest.MonkeyPatch, faster: str
) -> None:
    told: list[str] = []
    used: list[str] = []
    now = [0.0]
    encode = embedder._encode

    def timed(texts: list[str], bfloat16: bool) -> np.ndarray:
        used.append("bfloat16" if bfloat16 else "float32")
        # The first batches are slow, as they are where kernels are compiled.
        now[0] += (100.0 if used.count(used[-1]) <= 2 else 1.0) * (1.0 if used[-1] == faster else 2.0)
        return encode(texts, bfloat16)

    monkeypatch.setattr(embedder, "_encode", timed)
    monkeypatch.setattr("core.embedding.time.perf_counter", lambda: now[0])
    monkeypatch.setattr(embedder, "_trial", _Trial())
    monkeypatch.setattr(embedder, "_bfloat16", False)
    monkeypatch.setattr(embedder, "_decided", told.append)
    monkeypatch.setattr(embedder, "_embedded", 392)
    texts = [f"Notice number {number} " + "is given here " * 25 for number in range(8)]
    before = embedder.embed_passages(texts)
    for _ in range(20):
        embedder.embed_passages(texts[:1])
    assert set(used) == {"float32"}, "there is too little to embed, and one text says too little of the others"
    used.clear()
    for _ in range(11):
        embedder.embed_passages(texts)
    assert not told and sorted(used).index("float32") in (5, 6)
    during = [embedder.embed_passages(texts) for _ in range(3)][-1]
    assert told == [faster] and embedder._bfloat16 is (faster == "bfloat16")
    assert (before * during).sum(axis=1).min() > 0.9999


def test_no_rhythm_of_sizes_decides_which_precision_is_faster() -> None:
    trial = _Trial()
    for number in range(12):
        # The larger of two batches is quicker for its tokens, in either precision.
        trial.note((1.0 if number % 2 else 2.0) * (1.1 if trial.next else 1.0))
    assert trial.faster


@pytest.mark.parametrize("able", [True, False])
@pytest.mark.parametrize("precision", ["bfloat16", "float32", "int8"])
def test_a_precision_that_is_remembered_is_taken_and_not_measured_again(
    embedder: SentenceTransformerEmbedder, monkeypatch: pytest.MonkeyPatch, precision: str, able: bool
) -> None:
    monkeypatch.setattr("torch.cpu._is_amx_tile_supported", lambda: False)
    monkeypatch.setattr("torch.cpu._is_avx512_bf16_supported", lambda: able)
    found = installed("e5-small")
    again = SentenceTransformerEmbedder(found.path, name=found.name, sha256=found.sha256, precision=precision)
    assert again._bfloat16 is (precision == "bfloat16" and able), "the folder may come from another machine"
    assert (again._trial is None) is (precision != "int8" or not able)
    texts = ["Notice.", "合同自成立时生效。"]
    assert (again.embed_passages(texts) * embedder.embed_passages(texts)).sum(axis=1).min() > 0.9999


def test_a_question_waits_for_no_weights_to_be_converted(
    embedder: SentenceTransformerEmbedder, monkeypatch: pytest.MonkeyPatch
) -> None:
    text = "Can either party terminate without cause?"
    converted = embedder._encode(["query: " + text], True)[0]
    monkeypatch.setattr(embedder, "_bfloat16", True)
    monkeypatch.setattr(embedder, "_halved", None)
    assert float(embedder.embed_question(text) @ converted) > 0.9999
    assert embedder._halved is None


def test_a_model_that_gives_something_else_end_to_end_is_fed_padded(
    embedder: SentenceTransformerEmbedder, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(_Packed, "means", lambda self, texts: np.ones((len(texts), 384), np.float32))
    assert embedder._try_packing() is None
    monkeypatch.setattr(embedder, "_model", [object()])
    assert embedder._try_packing() is None


def test_it_stops_when_asked(embedder: SentenceTransformerEmbedder) -> None:
    cancel = CancelToken()
    cancel.cancel()
    with pytest.raises(Cancelled):
        embedder.embed_passages(["a"], cancel=cancel)


def test_a_folder_without_a_model_gives_one_sentence(tmp_path: Path) -> None:
    with pytest.raises(UserProblem) as problem:
        SentenceTransformerEmbedder(tmp_path, name="x", sha256="0" * 64)
    assert str(tmp_path) in problem.value.sentence()
