"""The packed embedder becomes a folder that sentence-transformers opens."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest
from safetensors.numpy import load_file
from tokenizers import Tokenizer

from core.errors import Cancelled, CancelToken, UserProblem
from models.embedder import convert, folder_sha256
from tests.models.builders import HIDDEN, PIECES, packed_embedder


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("embedder")
    (folder / "packed.bin").write_bytes(packed_embedder()[0])
    convert(folder / "packed.bin", folder / "made")
    return folder / "made"


def test_weights_are_those_in_the_file(made: Path) -> None:
    weights = packed_embedder()[1]
    written = load_file(made / "model.safetensors")
    np.testing.assert_array_equal(written["embeddings.word_embeddings.weight"], weights["emb.word"])
    np.testing.assert_array_equal(written["embeddings.position_embeddings.weight"], weights["emb.pos"])
    np.testing.assert_array_equal(written["encoder.layer.0.output.dense.weight"], weights["l0.fo.w"])
    np.testing.assert_array_equal(written["encoder.layer.0.intermediate.dense.bias"], weights["l0.fi.b"])
    assert all(array.dtype == np.float32 for array in written.values())


@pytest.mark.parametrize(
    ("text", "pieces"),
    [
        ("a b", ["<s>", "▁a", "▁b", "</s>"]),
        ("a\nb\t a", ["<s>", "▁a", "▁b", "▁a", "</s>"]),
        ("ａ药", ["<s>", "▁a", "药", "</s>"]),
        ("a\u200bb", ["<s>", "▁a", "▁b", "</s>"]),
        ("", ["<s>", "</s>"]),
    ],
)
def test_texts_are_normalised_and_cut_as_sentencepiece_does(made: Path, text: str, pieces: list[str]) -> None:
    assert Tokenizer.from_file(str(made / "tokenizer.json")).encode(text).tokens == pieces


def test_piece_numbers_are_those_of_the_file(made: Path) -> None:
    tokenizer = Tokenizer.from_file(str(made / "tokenizer.json"))
    assert [tokenizer.id_to_token(i) for i in range(len(PIECES))] == list(PIECES)


def test_questions_and_passages_have_their_prefixes(made: Path) -> None:
    prompts = json.loads((made / "config_sentence_transformers.json").read_text(encoding="utf-8"))["prompts"]
    assert prompts == {"query": "query: ", "passage": "passage: ", "document": "passage: "}


def test_the_folder_is_the_same_every_time(made: Path, tmp_path: Path) -> None:
    (tmp_path / "other.bin").write_bytes(packed_embedder()[0])
    convert(tmp_path / "other.bin", tmp_path / "again")
    assert folder_sha256(tmp_path / "again") == folder_sha256(made)


def test_one_changed_byte_changes_the_sha256_of_the_folder(made: Path, tmp_path: Path) -> None:
    (tmp_path / "packed.bin").write_bytes(packed_embedder()[0])
    convert(tmp_path / "packed.bin", tmp_path / "made")
    config = tmp_path / "made" / "1_Pooling" / "config.json"
    config.write_bytes(config.read_bytes().replace(b"mean", b"mEan"))
    assert folder_sha256(tmp_path / "made") != folder_sha256(made)


@pytest.mark.parametrize("kept", [3, 40, 90, 300, 4000, -1])
def test_a_cut_file_is_refused(tmp_path: Path, kept: int) -> None:
    (tmp_path / "cut.bin").write_bytes(packed_embedder()[0][:kept])
    with pytest.raises(UserProblem) as problem:
        convert(tmp_path / "cut.bin", tmp_path / "made")
    assert problem.value.key == "model_damaged"


def test_it_can_be_cancelled(tmp_path: Path) -> None:
    (tmp_path / "packed.bin").write_bytes(packed_embedder()[0])
    token = CancelToken()
    token.cancel()
    with pytest.raises(Cancelled):
        convert(tmp_path / "packed.bin", tmp_path / "made", cancel=token)


@pytest.mark.slow
def test_sentence_transformers_opens_it(made: Path) -> None:
    # Imported here because torch takes seconds, which the quick tests of this file need not wait for.
    from sentence_transformers import SentenceTransformer

    model = SentenceTransformer(str(made), local_files_only=True, device="cpu")
    vectors = model.encode(["a b", "药"], prompt_name="query")
    assert vectors.shape == (2, HIDDEN)
    np.testing.assert_allclose(np.linalg.norm(vectors, axis=1), 1.0, rtol=1e-5)
    assert model.max_seq_length == 16
