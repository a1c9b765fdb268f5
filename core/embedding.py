"""Text -> vectors: a protocol, and sentence-transformers behind it.

The default is multilingual-e5-small (Wang et al. 2024, arXiv:2402.05672), which
wants the prefixes ``query: `` and ``passage: `` and gives unit vectors of 384.
"""

from __future__ import annotations

import math
import os
import time
from collections.abc import Iterator, Sequence
from contextlib import AbstractContextManager
from itertools import accumulate, groupby, takewhile
from pathlib import Path
from typing import Any, Protocol

import numpy as np
import numpy.typing as npt
from tokenizers import normalizers

from core.errors import CancelToken, UserProblem
from core.nouns import EmbedderIdentity, Progress, Report, silent

Vectors = npt.NDArray[np.float32]


class Embedder(Protocol):
    """What the engine needs of an embedding model."""

    @property
    def identity(self) -> EmbedderIdentity:
        """Which model it is; a library belongs to one."""

    @property
    def max_tokens(self) -> int:
        """Longest passage in its own tokens, prefix and special tokens already taken off."""

    def count_tokens(self, texts: Sequence[str]) -> list[int]:
        """Tokens of each text, without prefix and special tokens."""

    def embed_passages(
        self, texts: Sequence[str], report: Report = silent, cancel: CancelToken | None = None
    ) -> Vectors:
        """Unit vectors of passages, float32 [n, dimensions], in the order given."""

    def embed_question(self, text: str) -> Vectors:
        """The unit vector of a question, float32 [dimensions]."""


_BATCH_TOKENS = 1536  # padded tokens in one batch: what a processor's cache holds is faster than more at a time
_WORTH_MEASURING = 400  # texts, after which to find out how they are embedded fastest costs little
_SAMPLE = 8
_STEP = 16  # padded texts are multiples of this: torch keeps a compiled kernel for every shape that it has seen


class SentenceTransformerEmbedder:
    """A sentence-transformers folder on this machine.  Raises UserProblem when it does not load."""

    def __init__(self, folder: Path, *, name: str, sha256: str, threads: int = 0) -> None:
        os.environ.update(HF_HUB_OFFLINE="1", TRANSFORMERS_OFFLINE="1", HF_HUB_DISABLE_TELEMETRY="1")
        os.environ.setdefault("TOKENIZERS_PARALLELISM", "false")
        # torch takes seconds to import; commands that embed nothing do not wait for it.
        import torch
        import transformers.utils.logging as transformers_logging
        from sentence_transformers import SentenceTransformer

        transformers_logging.disable_progress_bar()
        transformers_logging.set_verbosity_error()
        if threads:
            torch.set_num_threads(threads)
        try:
            self._model = SentenceTransformer(str(folder), device="cpu", local_files_only=True)
        except (OSError, ValueError, KeyError, RuntimeError) as fault:
            raise UserProblem("embedder_does_not_load", folder=folder) from fault
        self._torch = torch
        self._identity = EmbedderIdentity(name, sha256, int(self._model.get_embedding_dimension() or 0))
        self._prefix = {name: self._model.prompts.get(name) or "" for name in ("query", "passage")}
        self._tokenizer = self._model.tokenizer
        _read_as_text(self._tokenizer)
        longest = int(self._model.max_seq_length or 512)
        self._step = math.gcd(_STEP, longest)  # padding must not go beyond the last position
        self._max_tokens = longest - 2 - self._length(self._prefix["passage"])
        # With AMX bfloat16 is 2-3 times as fast, cosine 0.99999 to float32.  With AVX-512 alone it was half as fast
        # on one processor and may be faster on another: that is measured once there is enough to embed.
        self._bfloat16 = bool(torch.cpu._is_amx_tile_supported())
        self._undecided = self._bfloat16 or bool(torch.cpu._is_avx512_bf16_supported())
        self._embedded = 0
        self._packed = self._try_packing()

    @property
    def identity(self) -> EmbedderIdentity:
        """Which model it is."""
        return self._identity

    @property
    def max_tokens(self) -> int:
        """Longest passage in its own tokens."""
        return self._max_tokens

    def count_tokens(self, texts: Sequence[str]) -> list[int]:
        """Tokens of each text, without prefix and special tokens."""
        if not texts:
            return []
        encoded = self._tokenizer(list(texts), add_special_tokens=False, truncation=False, verbose=False)
        return [len(ids) for ids in encoded["input_ids"]]

    def embed_passages(
        self, texts: Sequence[str], report: Report = silent, cancel: CancelToken | None = None
    ) -> Vectors:
        """Unit vectors of passages, float32 [n, dimensions], in the order given."""
        prefixed = [self._prefix["passage"] + text for text in texts]
        self._embedded += len(texts)
        if self._undecided and self._embedded > _WORTH_MEASURING and len(texts) >= _SAMPLE:
            self._undecided = False
            self._bfloat16 = self._seconds(prefixed[:_SAMPLE], True) < self._seconds(prefixed[:_SAMPLE], False)
        vectors = np.empty((len(texts), self._identity.dimensions), dtype=np.float32)
        done = 0
        packed = None if self._bfloat16 else self._packed
        with self._fast(self._bfloat16):  # once for all batches: it keeps the weights it has converted
            for batch in self._batches(self.count_tokens(prefixed), cancel, packed=packed is not None):
                vectors[batch] = self._encode([prefixed[i] for i in batch], packed)
                done += len(batch)
                report(Progress("stage_embedding", done, len(texts)))
        return vectors

    def _seconds(self, texts: list[str], bfloat16: bool) -> float:
        """How long ``texts`` take in that precision, when everything is warm."""
        with self._fast(bfloat16):
            for _ in range(2):
                begin = time.perf_counter()
                self._encode(texts, None if bfloat16 else self._packed)
        return time.perf_counter() - begin

    def embed_question(self, text: str) -> Vectors:
        """The unit vector of a question, float32 [dimensions]."""
        # In float32: to convert every weight to bfloat16 takes longer than so short a text does.
        vector: Vectors = self._encode([self._prefix["query"] + text], packed=self._packed)[0]
        return vector

    def _batches(self, lengths: Sequence[int], cancel: CancelToken | None, *, packed: bool) -> Iterator[list[int]]:
        """Which texts of these ``lengths``, prefix counted and special tokens not, are encoded together."""
        order = sorted(range(len(lengths)), key=lambda i: -lengths[i])
        done = 0
        while done < len(order):
            if cancel:
                cancel.check()
            padded = math.ceil((lengths[order[done]] + 2) / self._step) * self._step
            size = max(1, _BATCH_TOKENS // padded)
            if packed:
                room = accumulate(lengths[i] + 2 for i in order[done:])
                size = max(1, sum(1 for _ in takewhile(lambda tokens: tokens <= _BATCH_TOKENS, room)))
            yield order[done : done + size]
            done += size

    def _length(self, text: str) -> int:
        return len(self._tokenizer(text, add_special_tokens=False)["input_ids"])

    def _fast(self, bfloat16: bool) -> AbstractContextManager[object]:
        torch = self._torch
        context: AbstractContextManager[object] = torch.autocast("cpu", torch.bfloat16, enabled=bfloat16)
        return context

    def _try_packing(self) -> _Packed | None:
        """The way to embed without padding, where this model is of a kind that it can do and it gives the same."""
        texts = ["passage: one", "query: another one, and longer"]
        try:
            packed = _Packed(self._torch, self._model[0].auto_model)
            given = _unit(packed.means(self._ids(texts)))
        except (AttributeError, TypeError, RuntimeError):  # another kind of model
            return None
        with_padding = _unit(self._model.encode(texts, prompt="", show_progress_bar=False))
        return packed if np.allclose(given, with_padding, atol=1e-4) else None

    def _ids(self, texts: list[str]) -> list[list[int]]:
        """The tokens of each text, special ones among them, cut to the longest that the model reads."""
        longest = int(self._model.max_seq_length or 512)
        encoded = self._tokenizer(texts, truncation=True, max_length=longest, verbose=False)
        ids: list[list[int]] = encoded["input_ids"]
        return ids

    def _encode(self, texts: list[str], packed: _Packed | None) -> Vectors:
        if packed is not None:
            return _unit(packed.means(self._ids(texts)))
        encoded = self._model.encode(
            texts,
            batch_size=len(texts),
            prompt="",
            convert_to_tensor=True,
            show_progress_bar=False,
            processing_kwargs={"text": {"pad_to_multiple_of": self._step}},
        )
        return _unit(encoded.float().numpy())


class _Packed:
    """A BERT encoder that reads texts end to end, none of them padded: a fifth less to compute, of passages.

    For float32 alone: of bfloat16 torch keeps a compiled kernel for every shape, and here are as many as lengths.
    """

    def __init__(self, torch: Any, bert: Any) -> None:
        self._torch = torch
        self._embeddings = bert.embeddings
        self._layers = tuple(bert.encoder.layer)

    def means(self, texts: Sequence[Sequence[int]]) -> Vectors:
        """The mean of the vectors of each text's tokens."""
        torch = self._torch
        with torch.inference_mode():
            ids = torch.tensor([[token for text in texts for token in text]])
            places = torch.tensor([[place for text in texts for place in range(len(text))]])
            read = self._embeddings(input_ids=ids, position_ids=places)[0]
            # Neighbours of the same length attend in one call, each to itself.
            runs = [(length, len(list(same))) for length, same in groupby(texts, len)]
            for layer in self._layers:
                read = layer.attention.output(self._attended(layer.attention.self, read, runs), read)
                read = layer.output(layer.intermediate(read), read)
            parts = torch.split(read, [len(text) for text in texts])
            means: Vectors = torch.stack([part.mean(dim=0) for part in parts]).numpy()
            return means

    def _attended(self, attention: Any, read: Any, runs: Sequence[tuple[int, int]]) -> Any:
        torch, heads = self._torch, attention.num_attention_heads
        asked = [of(read) for of in (attention.query, attention.key, attention.value)]
        mixed, start = torch.empty_like(asked[0]), 0
        for length, count in runs:
            rows = slice(start, start + length * count)
            parts = [part[rows].view(count, length, heads, -1).transpose(1, 2) for part in asked]
            given = torch.nn.functional.scaled_dot_product_attention(*parts)
            mixed[rows] = given.transpose(1, 2).reshape(length * count, -1)
            start = rows.stop
        return mixed


def _unit(vectors: Vectors) -> Vectors:
    """``vectors`` [n, dimensions], each of length 1."""
    result: Vectors = vectors / np.maximum(np.linalg.norm(vectors, axis=1, keepdims=True), 1e-12)
    return result


def _read_as_text(tokenizer: Any) -> None:
    """From now on ``</s>`` and its like in a text are the characters they look like, never special tokens."""
    tokenizer.split_special_tokens = True
    # That is not enough where the vocabulary holds them as ordinary pieces too, as e5's does.  They are broken up
    # after the model's own normalising, which makes them of look-alikes such as full-width letters.
    backend = tokenizer.backend_tokenizer
    marks = [mark for mark in tokenizer.all_special_tokens if len(mark) > 1]
    broken = [normalizers.Replace(mark, f"{mark[0]} {mark[1:]}") for mark in marks]
    backend.normalizer = normalizers.Sequence([n for n in (backend.normalizer, *broken) if n is not None])
