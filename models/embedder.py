"""Turns the packed multilingual-e5-small file into a folder that sentence-transformers opens.

The file (magic ``E5S1``) holds, one after the other: the shape of the network, a
Unigram vocabulary, a normalisation table, a table of tensors, and the tensors in
32-bit floats or in four bits (blocks of 32 weights that share one 16-bit scale).
The folder is the same bytes every time, so that its SHA-256 can be pinned.

The normalisation table is not copied: for every assigned code point but one (the
full-width tilde) it equals the two normalisers that are written instead.
"""

from __future__ import annotations

import errno
import hashlib
import json
import mmap
import os
import struct
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
from safetensors import SafetensorError
from safetensors.numpy import save_file

from core.errors import CancelToken, UserProblem
from core.nouns import Progress, Report, silent

MAGIC = b"E5S1"
PLAIN, FOUR_BITS = 0, 1
BLOCK = 32
BLOCK_BYTES = 2 + BLOCK // 2
PROMPTS = {"document": "passage: ", "passage": "passage: ", "query": "query: "}

Floats = npt.NDArray[np.float32]


@dataclass(frozen=True, slots=True)
class _Shape:
    hidden: int
    layers: int
    heads: int
    feed_forward: int
    vocabulary: int
    positions: int
    types: int
    epsilon: float


@dataclass(frozen=True, slots=True)
class _Vocabulary:
    pieces: tuple[str, ...]
    scores: tuple[float, ...]
    begin: int
    end: int
    padding: int
    unknown: int


@dataclass(frozen=True, slots=True)
class _Tensor:
    kind: int
    count: int
    offset: int
    size: int


class _Reader:
    """A cursor over the packed file; struct.error when it would read past the end."""

    def __init__(self, data: mmap.mmap | bytes) -> None:
        self.data = data
        self.at = 0

    def take(self, pattern: str) -> tuple[Any, ...]:
        values = struct.unpack_from("<" + pattern, self.data, self.at)
        self.at += struct.calcsize("<" + pattern)
        return values

    def bytes(self, count: int) -> bytes:
        if count < 0 or self.at + count > len(self.data):
            raise struct.error("past the end")
        taken = bytes(self.data[self.at : self.at + count])
        self.at += count
        return taken


def convert(source: Path, folder: Path, report: Report = silent, cancel: CancelToken | None = None) -> None:
    """Writes ``folder`` (which must not exist yet): float32 weights, tokenizer, mean pooling, normalisation, prompts.

    Raises UserProblem ``model_damaged`` when the file is not what its header says, OSError when it cannot be
    written.  A half-written folder may be left behind; give a folder that is renamed afterwards.
    """
    try:
        with source.open("rb") as file, mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ) as data:
            shape, vocabulary, table = _read_tables(_Reader(data))
            folder.mkdir(parents=True)
            _write_json_files(folder, shape, vocabulary)
            _write(folder / "tokenizer.json", _json(_tokenizer(vocabulary), indent=None))
            save_file(
                dict(_weights(data, shape, table, report, cancel)), folder / "model.safetensors", {"format": "pt"}
            )
    except SafetensorError as fault:
        # The library keeps the number of the system's error only in its text.
        full = f"os error {errno.ENOSPC}" in str(fault)
        raise OSError(errno.ENOSPC if full else errno.EIO, str(fault), str(folder)) from fault
    except (struct.error, ValueError, UnicodeDecodeError, KeyError) as fault:
        raise UserProblem("model_damaged", file=source.name) from fault
    for path in folder.rglob("*"):
        if path.is_file():
            with path.open("rb") as written:
                os.fsync(written.fileno())


def folder_sha256(folder: Path) -> str:
    """One SHA-256 for a whole folder: over the sorted relative names and the SHA-256 of each file."""
    total = hashlib.sha256()
    for path in sorted((p for p in folder.rglob("*") if p.is_file()), key=lambda p: p.relative_to(folder).as_posix()):
        with path.open("rb") as file:
            digest = hashlib.file_digest(file, "sha256").hexdigest()
        total.update(f"{path.relative_to(folder).as_posix()}\n{digest}\n".encode())
    return total.hexdigest()


def _read_tables(reader: _Reader) -> tuple[_Shape, _Vocabulary, dict[str, _Tensor]]:
    if reader.bytes(4) != MAGIC:
        raise ValueError("not an E5S1 file")
    version, hidden, layers, heads, feed_forward, words, positions, types, epsilon, block = reader.take("I7ifi")
    if version != 1 or block != BLOCK:
        raise ValueError("an E5S1 file of another version")
    shape = _Shape(hidden, layers, heads, feed_forward, words, positions, types, epsilon)

    count, begin, end, padding, unknown, blob_size = reader.take("5iQ")
    if not 0 < count <= words:
        raise ValueError("more pieces than the network has rows")
    offsets = np.frombuffer(reader.bytes(4 * (count + 1)), "<u4")
    scores = np.frombuffer(reader.bytes(4 * count), "<f4")
    blob = reader.bytes(blob_size)
    pieces = tuple(blob[offsets[i] : offsets[i + 1]].decode() for i in range(count))
    # The shortest decimal that is the same float32: the same text on every machine.
    vocabulary = _Vocabulary(pieces, tuple(float(str(score)) for score in scores), begin, end, padding, unknown)

    _, map_size = reader.take("iI")
    reader.bytes(map_size)

    (tensors,) = reader.take("i")
    table: dict[str, _Tensor] = {}
    for _ in range(tensors):
        (length,) = reader.take("H")
        name = reader.bytes(length).decode()
        table[name] = _Tensor(*reader.take("BIQQ"))
    return shape, vocabulary, table


def _weights(
    data: mmap.mmap, shape: _Shape, table: dict[str, _Tensor], report: Report, cancel: CancelToken | None
) -> Iterator[tuple[str, Floats]]:
    plan = list(_names(shape))
    for done, (packed, name, dimensions) in enumerate(plan):
        if cancel:
            cancel.check()
        report(Progress("model_converting", done, len(plan), name))
        yield name, _unpack(data, table[packed], dimensions)
    # The network was trained without a pooling layer; zeros keep the loader from inventing a random one.
    yield "pooler.dense.weight", np.zeros((shape.hidden, shape.hidden), np.float32)
    yield "pooler.dense.bias", np.zeros(shape.hidden, np.float32)
    report(Progress("model_converting", len(plan), len(plan)))


def _names(shape: _Shape) -> Iterator[tuple[str, str, tuple[int, ...]]]:
    """Packed name, name in a BertModel, dimensions."""
    h, f = shape.hidden, shape.feed_forward
    yield "emb.word", "embeddings.word_embeddings.weight", (shape.vocabulary, h)
    yield "emb.pos", "embeddings.position_embeddings.weight", (shape.positions, h)
    yield "emb.type", "embeddings.token_type_embeddings.weight", (shape.types, h)
    yield "emb.ln.w", "embeddings.LayerNorm.weight", (h,)
    yield "emb.ln.b", "embeddings.LayerNorm.bias", (h,)
    parts = (
        ("q", "attention.self.query", (h, h)),
        ("k", "attention.self.key", (h, h)),
        ("v", "attention.self.value", (h, h)),
        ("ao", "attention.output.dense", (h, h)),
        ("aln", "attention.output.LayerNorm", (h,)),
        ("fi", "intermediate.dense", (f, h)),
        ("fo", "output.dense", (h, f)),
        ("oln", "output.LayerNorm", (h,)),
    )
    for layer in range(shape.layers):
        for short, long, dimensions in parts:
            yield f"l{layer}.{short}.w", f"encoder.layer.{layer}.{long}.weight", dimensions
            yield f"l{layer}.{short}.b", f"encoder.layer.{layer}.{long}.bias", dimensions[:1]


def _unpack(data: mmap.mmap, tensor: _Tensor, dimensions: tuple[int, ...]) -> Floats:
    count = int(np.prod(dimensions))
    expected = {PLAIN: 4 * count, FOUR_BITS: count // BLOCK * BLOCK_BYTES}.get(tensor.kind)
    if tensor.count != count or tensor.size != expected or tensor.offset + tensor.size > len(data):
        raise ValueError("a tensor is not of the size the header gives")
    raw = data[tensor.offset : tensor.offset + tensor.size]
    if tensor.kind == PLAIN:
        return np.frombuffer(raw, "<f4").astype(np.float32).reshape(dimensions)
    blocks = np.frombuffer(raw, np.dtype([("scale", "<f2"), ("nibbles", "u1", (BLOCK // 2,))]))
    values = np.empty((len(blocks), BLOCK), np.float32)
    values[:, : BLOCK // 2] = blocks["nibbles"] & 0x0F
    values[:, BLOCK // 2 :] = blocks["nibbles"] >> 4
    values -= 8.0
    values *= blocks["scale"].astype(np.float32)[:, None]
    return values.reshape(dimensions)


def _tokenizer(vocabulary: _Vocabulary) -> dict[str, Any]:
    pieces = vocabulary.pieces
    begin, end = pieces[vocabulary.begin], pieces[vocabulary.end]
    special = [vocabulary.begin, vocabulary.padding, vocabulary.end, vocabulary.unknown]
    if "<mask>" in pieces:
        special.append(pieces.index("<mask>"))
    return {
        "version": "1.0",
        "truncation": None,
        "padding": None,
        "added_tokens": [
            {
                "id": number,
                "content": pieces[number],
                "single_word": False,
                "lstrip": pieces[number] == "<mask>",
                "rstrip": False,
                "normalized": False,
                "special": True,
            }
            for number in sorted(special)
        ],
        "normalizer": {"type": "Sequence", "normalizers": [{"type": "Nmt"}, {"type": "NFKC"}]},
        "pre_tokenizer": {
            "type": "Sequence",
            "pretokenizers": [
                {"type": "WhitespaceSplit"},
                {"type": "Metaspace", "replacement": "▁", "prepend_scheme": "always", "split": True},
            ],
        },
        "post_processor": {
            "type": "TemplateProcessing",
            "single": [_special(begin), _sequence("A"), _special(end)],
            "pair": [
                _special(begin),
                _sequence("A"),
                _special(end),
                _special(end),
                _sequence("B"),
                _special(end),
            ],
            "special_tokens": {
                begin: {"id": begin, "ids": [vocabulary.begin], "tokens": [begin]},
                end: {"id": end, "ids": [vocabulary.end], "tokens": [end]},
            },
        },
        "decoder": {"type": "Metaspace", "replacement": "▁", "prepend_scheme": "always", "split": True},
        "model": {
            "type": "Unigram",
            "unk_id": vocabulary.unknown,
            "vocab": [list(pair) for pair in zip(pieces, vocabulary.scores, strict=True)],
            "byte_fallback": False,
        },
    }


def _special(token: str) -> dict[str, Any]:
    return {"SpecialToken": {"id": token, "type_id": 0}}


def _sequence(name: str) -> dict[str, Any]:
    return {"Sequence": {"id": name, "type_id": 0}}


def _write_json_files(folder: Path, shape: _Shape, vocabulary: _Vocabulary) -> None:
    pieces = vocabulary.pieces
    base = "sentence_transformers.base.modules"
    files: dict[str, object] = {
        "config.json": {
            "architectures": ["BertModel"],
            "attention_probs_dropout_prob": 0.0,
            "bos_token_id": vocabulary.begin,
            "dtype": "float32",
            "eos_token_id": vocabulary.end,
            "hidden_act": "gelu",
            "hidden_dropout_prob": 0.0,
            "hidden_size": shape.hidden,
            "intermediate_size": shape.feed_forward,
            "layer_norm_eps": float(str(np.float32(shape.epsilon))),
            "max_position_embeddings": shape.positions,
            "model_type": "bert",
            "num_attention_heads": shape.heads,
            "num_hidden_layers": shape.layers,
            "pad_token_id": vocabulary.padding,
            "type_vocab_size": shape.types,
            "vocab_size": shape.vocabulary,
        },
        "tokenizer_config.json": {
            "bos_token": pieces[vocabulary.begin],
            "cls_token": pieces[vocabulary.begin],
            "eos_token": pieces[vocabulary.end],
            "model_max_length": shape.positions,
            "pad_token": pieces[vocabulary.padding],
            "sep_token": pieces[vocabulary.end],
            "tokenizer_class": "PreTrainedTokenizerFast",
            "unk_token": pieces[vocabulary.unknown],
            **({"mask_token": "<mask>"} if "<mask>" in pieces else {}),
        },
        "modules.json": [
            {"idx": 0, "name": "0", "path": "", "type": f"{base}.transformer.Transformer"},
            {
                "idx": 1,
                "name": "1",
                "path": "1_Pooling",
                "type": "sentence_transformers.sentence_transformer.modules.pooling.Pooling",
            },
            {"idx": 2, "name": "2", "path": "2_Normalize", "type": f"{base}.normalize.Normalize"},
        ],
        "sentence_bert_config.json": {
            "transformer_task": "feature-extraction",
            "modality_config": {"text": {"method": "forward", "method_output_name": "last_hidden_state"}},
            "module_output_name": "token_embeddings",
        },
        "config_sentence_transformers.json": {
            "default_prompt_name": None,
            "model_type": "SentenceTransformer",
            "prompts": PROMPTS,
            "similarity_fn_name": "cosine",
        },
        "1_Pooling/config.json": {
            "embedding_dimension": shape.hidden,
            "pooling_mode": "mean",
            "include_prompt": True,
        },
        "2_Normalize/config.json": {
            "module_input_name": "sentence_embedding",
            "module_output_name": "sentence_embedding",
        },
    }
    for name, content in files.items():
        _write(folder / name, _json(content, indent=2))


def _json(content: object, indent: int | None) -> str:
    return json.dumps(content, ensure_ascii=False, indent=indent) + "\n"


def _write(file: Path, text: str) -> None:
    file.parent.mkdir(exist_ok=True)
    file.write_bytes(text.encode())
