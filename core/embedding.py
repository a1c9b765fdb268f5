"""Text -> vectors: a protocol, and sentence-transformers behind it.

The default is multilingual-e5-small (Wang et al. 2024, arXiv:2402.05672), which
wants the prefixes ``query: `` and ``passage: `` and gives unit vectors of 384.
"""

from __future__ import annotations

import math
import os
import time
from collections.abc import Callable, Iterator, Sequence
from itertools import accumulate, groupby, takewhile
from pathlib import Path
from statistics import median
from typing import Any, NamedTuple, Protocol

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
_WORTH_TRYING = 400  # texts, after which more are to be expected and the quicker way to embed them matters
_TRIED = 4  # batches of each precision that are compared,
_UNTIMED = 2  # after so many that compiled kernels and fetched weights,
_TELLING = 400  # each of at least so many tokens: what a batch costs beside them would decide for a short one
# Of bfloat16 torch keeps a compiled kernel for every shape that it has seen: an import of many lengths must not grow
# without end.  Padded texts are multiples of so many tokens, texts end to end of so many rows.
_STEP, _ROWS = 16, 64


def _not_remembered(_: str) -> None:
    pass


class SentenceTransformerEmbedder:
    """A sentence-transformers folder on this machine.  Raises UserProblem when it does not load.

    ``precision`` is what ``decided`` was told on this machine before: "float32" or "bfloat16", whichever embeds
    passages faster here; "" when that is not known yet.
    """

    def __init__(
        self,
        folder: Path,
        *,
        name: str,
        sha256: str,
        threads: int = 0,
        precision: str = "",
        decided: Callable[[str], None] = _not_remembered,
    ) -> None:
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
        # With AMX bfloat16 is 2-3 times as fast, cosine 0.99999 to float32.  With AVX-512 alone it may be faster or
        # not: that is measured once there is enough to embed.
        amx = bool(torch.cpu._is_amx_tile_supported())
        either = amx or bool(torch.cpu._is_avx512_bf16_supported())
        known = either and precision in ("float32", "bfloat16")  # a folder may come from another machine
        self._bfloat16 = precision == "bfloat16" if known else amx
        self._trial = _Trial() if either and not known else None
        self._decided = decided
        self._embedded = 0
        self._packed = self._try_packing()
        self._halved: _Packed | None = None  # the same in bfloat16, once that is wanted

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
        lengths = self.count_tokens(prefixed)
        self._embedded += len(texts)
        trying = self._trial is not None and self._embedded > _WORTH_TRYING
        vectors = np.empty((len(texts), self._identity.dimensions), dtype=np.float32)
        done = 0
        for batch in self._batches(lengths, cancel, packed=self._packed is not None):
            chosen = [prefixed[i] for i in batch]
            if trying:
                vectors[batch] = self._encode_on_trial(chosen, sum(lengths[i] for i in batch))
            else:
                vectors[batch] = self._encode(chosen, self._bfloat16)
            done += len(batch)
            report(Progress("stage_embedding", done, len(texts)))
        return vectors

    def _encode_on_trial(self, texts: list[str], tokens: int) -> Vectors:
        """The vectors of ``texts``, in either precision by turns until it is known which one is faster."""
        if self._trial is None or tokens < _TELLING:
            return self._encode(texts, self._bfloat16)
        begin = time.perf_counter()
        vectors = self._encode(texts, self._trial.next)
        self._trial.note(tokens / (time.perf_counter() - begin))
        if (faster := self._trial.faster) is not None:
            self._bfloat16, self._trial = faster, None
            self._halved = self._halved if faster else None
            self._decided("bfloat16" if faster else "float32")
        return vectors

    def embed_question(self, text: str) -> Vectors:
        """The unit vector of a question, float32 [dimensions]."""
        # In float32: a question is quick in either, and finds the same on every machine.
        vector: Vectors = self._encode([self._prefix["query"] + text], bfloat16=False)[0]
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

    def _try_packing(self) -> _Packed | None:
        """The way to embed without padding, where this model is of a kind that it can do and it gives the same."""
        texts = ["passage: one", "query: another one, and longer", "passage: " + "a long one, " * 99]
        try:
            packed = _Packed.of(self._torch, self._model[0].auto_model)
            given = _unit(packed.means(self._ids(texts)))
        except (AttributeError, TypeError, RuntimeError):  # another kind of model
            return None
        with_padding = _unit(self._model.encode(texts, prompt="", show_progress_bar=False))
        same = given.shape == with_padding.shape and np.allclose(given, with_padding, atol=1e-4)
        return packed if same else None

    def _ids(self, texts: list[str]) -> list[list[int]]:
        """The tokens of each text, special ones among them, cut to the longest that the model reads."""
        longest = int(self._model.max_seq_length or 512)
        encoded = self._tokenizer(texts, truncation=True, max_length=longest, verbose=False)
        ids: list[list[int]] = encoded["input_ids"]
        return ids

    def _encode(self, texts: list[str], bfloat16: bool) -> Vectors:
        if self._packed is not None:
            if bfloat16 and self._halved is None:
                self._halved = self._packed.in_bfloat16()
            packed = self._halved if bfloat16 else self._packed
            assert packed is not None
            return _unit(packed.means(self._ids(texts)))
        with self._torch.autocast("cpu", self._torch.bfloat16, enabled=bfloat16):
            encoded = self._model.encode(
                texts,
                batch_size=len(texts),
                prompt="",
                convert_to_tensor=True,
                show_progress_bar=False,
                processing_kwargs={"text": {"pad_to_multiple_of": self._step}},
            )
        return _unit(encoded.float().numpy())


class _Trial:
    """Which precision is faster, from batches that are embedded anyway, which go to either by turns."""

    def __init__(self) -> None:
        self._rates: tuple[list[float], list[float]] = ([], [])

    @property
    def next(self) -> bool:
        """Whether the next batch is for bfloat16: the first, then two of four, so that no rhythm of sizes decides."""
        return sum(map(len, self._rates)) % 4 in (0, 3)

    def note(self, rate: float) -> None:
        """The speed of that batch, in tokens a second."""
        self._rates[self.next].append(rate)

    @property
    def faster(self) -> bool | None:
        """Whether bfloat16 is; None as long as there are too few batches to say."""
        if min(map(len, self._rates)) < _UNTIMED + _TRIED:
            return None
        slow, fast = (median(rates[_UNTIMED:]) for rates in self._rates)
        return fast > slow


class _Layer(NamedTuple):
    """A layer of a BERT encoder: weights and biases of its four products, and what comes between them."""

    attended: tuple[Any, Any]  # query, key and value in one
    mixed: tuple[Any, Any]
    mixed_norm: Any
    wide: tuple[Any, Any]
    activation: Any
    narrow: tuple[Any, Any]
    norm: Any

    def multiplying_in(self, kind: Any) -> _Layer:
        """The same with the products in another precision."""
        products = {name: tuple(part.to(kind) for part in getattr(self, name)) for name in _PRODUCTS}
        return self._replace(**products)


_PRODUCTS = ("attended", "mixed", "wide", "narrow")


class _Packed:
    """A BERT encoder that reads texts end to end, none of them padded: a fifth less to compute, of passages.

    In bfloat16 the products of matrices are; sums, norms and attention stay in float32.
    """

    def __init__(self, torch: Any, embeddings: Any, layers: Sequence[_Layer], heads: int, kind: Any, rows: int) -> None:
        self._torch = torch
        self._embeddings = embeddings
        self._layers = tuple(layers)
        self._heads = heads
        self._kind = kind
        self._rows = rows  # multiples of so many tokens are multiplied

    @classmethod
    def of(cls, torch: Any, bert: Any) -> _Packed:
        """``bert`` in float32.  AttributeError for a model that has no such parts."""

        def product(*parts: Any) -> tuple[Any, Any]:
            if len(parts) == 1:  # as it is: 60 MB of this model are not held twice
                return parts[0].weight.detach(), parts[0].bias.detach()
            return torch.cat([p.weight for p in parts]).detach(), torch.cat([p.bias for p in parts]).detach()

        layers = [
            _Layer(
                product(layer.attention.self.query, layer.attention.self.key, layer.attention.self.value),
                product(layer.attention.output.dense),
                layer.attention.output.LayerNorm,
                product(layer.intermediate.dense),
                layer.intermediate.intermediate_act_fn,
                product(layer.output.dense),
                layer.output.LayerNorm,
            )
            for layer in bert.encoder.layer
        ]
        heads = bert.encoder.layer[0].attention.self.num_attention_heads
        return cls(torch, bert.embeddings, layers, heads, torch.float32, 1)

    def in_bfloat16(self) -> _Packed:
        """The same in bfloat16."""
        kind = self._torch.bfloat16
        layers = [layer.multiplying_in(kind) for layer in self._layers]
        return _Packed(self._torch, self._embeddings, layers, self._heads, kind, _ROWS)

    def means(self, texts: Sequence[Sequence[int]]) -> Vectors:
        """The mean of the vectors of each text's tokens."""
        torch, linear = self._torch, self._torch.nn.functional.linear
        with torch.inference_mode():
            ids = torch.tensor([[token for text in texts for token in text]])
            places = torch.tensor([[place for text in texts for place in range(len(text))]])
            read = self._embeddings(input_ids=ids, position_ids=places)[0]
            read = torch.nn.functional.pad(read, (0, 0, 0, -len(read) % self._rows))
            # Neighbours of the same length attend in one call, each to itself.
            runs = [(length, len(list(same))) for length, same in groupby(texts, len)]
            for layer in self._layers:
                attended = self._attended(linear(read.to(self._kind), *layer.attended), runs)
                read = layer.mixed_norm(linear(attended, *layer.mixed).float() + read)
                inner = layer.activation(linear(read.to(self._kind), *layer.wide))
                read = layer.norm(linear(inner, *layer.narrow).float() + read)
            parts = torch.split(read[: ids.shape[1]], [len(text) for text in texts])
            means: Vectors = torch.stack([part.mean(dim=0) for part in parts]).numpy()
            return means

    def _attended(self, asked: Any, runs: Sequence[tuple[int, int]]) -> Any:
        attend = self._torch.nn.functional.scaled_dot_product_attention
        width = asked.shape[1] // 3
        mixed, start = asked.new_zeros((len(asked), width)), 0
        for length, count in runs:
            rows = slice(start, start + length * count)
            parts = asked[rows].float().view(count, length, 3, self._heads, -1).permute(2, 0, 3, 1, 4)
            mixed[rows] = attend(*parts).transpose(1, 2).reshape(length * count, -1)
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
