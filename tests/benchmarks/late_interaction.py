"""Late interaction over the embedder's own token vectors (Khattab and Zaharia 2020), and what BM25 can tell beside it.

Signals that judging might use and an order that finding might, tried on the packs by ``tests.benchmarks.refusing``.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Protocol

import numpy as np

from core.embedding import SentenceTransformerEmbedder, Vectors
from core.glossary import wordings
from core.nouns import Candidate
from core.reading import sentences
from core.terms import search_terms, terms

_LOW = 0.2  # of a question's tokens are met worse than this quantile
_RANK_OFFSET = 20.0  # as in core.finding


_BATCH = 32  # texts


@dataclass(frozen=True, slots=True, eq=False)
class TokenVectors:
    """A text as its tokens, each as it is meant there: unit vectors, and the stretch of the text each stands for."""

    vectors: Vectors  # float32 [tokens, dimensions]
    spans: tuple[tuple[int, int], ...]  # half-open; a character that gave several tokens is named by each


class Tokens(Protocol):
    """What reads texts as their tokens."""

    def __call__(self, texts: Sequence[str], *, questions: bool = False) -> list[TokenVectors]:
        """The tokens of each text, read as passages or as ``questions``."""


def token_vectors(
    embedder: SentenceTransformerEmbedder, texts: Sequence[str], *, questions: bool = False
) -> list[TokenVectors]:
    """The embedder's own tokens of each text without prefix and special tokens; what is too long is cut."""
    prefix = embedder._prefix["query" if questions else "passage"]
    prefixed = [prefix + text for text in texts]
    encoded = embedder._tokenizer(prefixed, return_offsets_mapping=True, truncation=False, verbose=False)
    read = embedder._model.encode(
        prefixed,
        batch_size=_BATCH,
        prompt="",
        output_value="token_embeddings",
        convert_to_numpy=False,
        show_progress_bar=False,
    )
    made = []
    for offsets, tokens in zip(encoded["offset_mapping"], read, strict=True):
        spans = offsets[: len(tokens) - 1]  # the last vector is a mark's, though the text be cut
        own = [place for place, (_, end) in enumerate(spans) if end > len(prefix)]
        vectors = tokens.float().numpy()[own]
        lengths = np.maximum(np.linalg.norm(vectors, axis=1, keepdims=True), 1e-12)
        stretches = tuple((max(spans[n][0] - len(prefix), 0), spans[n][1] - len(prefix)) for n in own)
        made.append(TokenVectors(vectors / lengths, stretches))
    return made


@dataclass(frozen=True, slots=True)
class Tried:
    """The signals of one question by name, and its candidates in the order that late interaction gives."""

    signals: Mapping[str, float]
    reranked: tuple[Candidate, ...]


def tried(question: str, candidates: Sequence[Candidate], tokens: Tokens, passage_count: int) -> Tried:
    """Everything that is tried for ``question`` and what the search found among so many passages."""
    if not candidates:
        return Tried({}, ())
    passages = tokens([c.passage.embedded_text for c in candidates])
    asked = tokens(wordings(question), questions=True)
    met = max(
        (meetings(wording, one, passages) for wording, one in zip(wordings(question), asked, strict=True)),
        key=lambda m: float(m.mean(axis=1).max()),
    )
    each = met.mean(axis=1)
    order = np.argsort(-each, kind="stable")
    best = met[order[0]]
    fused = {int(i): 1 / (_RANK_OFFSET + rank + 1) for rank, i in enumerate(order)}
    for rank in range(len(candidates)):
        fused[rank] += 1 / (_RANK_OFFSET + rank + 1)
    signals = {
        "token_best": float(each.max()),
        "token_all": float(met.max(axis=0).mean()),
        "token_low": float(np.quantile(best, _LOW)),
        "token_lead": float((best - met.mean(axis=0)).mean()),
        "token_sentence": best_sentence(question, candidates[order[0]], asked[0], passages[order[0]]),
        "words": word_weight(question, candidates, passage_count),
        "fused": max(c.score for c in candidates),
    }
    return Tried(signals, tuple(candidates[i] for i in sorted(fused, key=lambda i: -fused[i])))


def meetings(question: str, asked: TokenVectors, passages: Sequence[TokenVectors]) -> Vectors:
    """[passages, tokens of the question that say something]: the cosine of the token that comes nearest."""
    telling = [n for n, (a, b) in enumerate(asked.spans) if terms(question[a:b])] or list(range(len(asked.spans)))
    own = asked.vectors[telling]
    return np.stack([(own @ p.vectors.T).max(axis=1) if len(p.spans) else np.zeros(len(own)) for p in passages])


def best_sentence(question: str, candidate: Candidate, asked: TokenVectors, read: TokenVectors) -> float:
    """The mean meeting of the question with one sentence of a candidate, the best."""
    text = candidate.passage.text
    before = len(candidate.passage.embedded_text) - len(text)
    means = [0.0]
    for start, end in sentences(text) or [(0, len(text))]:
        own = [n for n, (a, b) in enumerate(read.spans) if a < before + end and b > before + start]
        if own:
            part = TokenVectors(read.vectors[own], tuple(read.spans[n] for n in own))
            means.append(float(meetings(question, asked, [part]).mean()))
    return max(means)


def word_weight(question: str, candidates: Sequence[Candidate], passages: int) -> float:
    """What the question's words weigh (BM25) in the best candidate, over the root of how many were looked for.

    In units of a term that occurs once among so many ``passages``.  A sum over many words is larger by itself, and
    spreads with the root of their number: so long and short questions compare.
    """
    asked = [term for wording in wordings(question) for term in search_terms(wording)]
    once = math.log(1 + (passages - 0.5) / 1.5) if passages else 1.0
    return max((c.keyword_score for c in candidates), default=0.0) / once / math.sqrt(max(len(asked), 1))
