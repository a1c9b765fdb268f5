"""One embedding model for questions and imports at once, questions first."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager

import numpy as np

from core.embedding import Embedder, Vectors
from core.errors import CancelToken
from core.nouns import EmbedderIdentity, Progress, Report, silent

_WAIT = 0.15  # seconds that an import embeds, about, before it looks whether a question waits
_AROUND = 20  # bytes that the prefix and the marks around a text are worth
_LEAST, _MOST = 2_000, 16_000  # bytes of text in the meantime: some 500 to 4,000 tokens, in any language


class _Turns:
    """Whose turn it is: one at a time, because tokenisers keep state; who is urgent goes first."""

    def __init__(self) -> None:
        self._changed = threading.Condition()
        self._taken = False
        self._urgent = 0

    @contextmanager
    def mine(self, *, urgent: bool) -> Iterator[None]:
        with self._changed:
            if urgent:
                self._urgent += 1
                self._changed.wait_for(lambda: not self._taken)
                self._urgent -= 1
            else:
                self._changed.wait_for(lambda: not self._taken and not self._urgent)
            self._taken = True
        try:
            yield
        finally:
            with self._changed:
                self._taken = False
                self._changed.notify_all()


class SharedEmbedder:
    """The same embedder for two kinds of users; ask for one side with :meth:`for_questions` or :meth:`for_imports`."""

    def __init__(self, inner: Embedder) -> None:
        turns = _Turns()
        self._questions = _Side(inner, turns, urgent=True)
        self._imports = _Side(inner, turns, urgent=False)

    def for_questions(self) -> Embedder:
        """The embedder that goes before imports."""
        return self._questions

    def for_imports(self) -> Embedder:
        """The embedder that lets questions go before it, every few passages."""
        return self._imports


class _Side:
    def __init__(self, inner: Embedder, turns: _Turns, *, urgent: bool) -> None:
        self._inner = inner
        self._turns = turns
        self._urgent = urgent
        self._room = _LEAST

    @property
    def identity(self) -> EmbedderIdentity:
        return self._inner.identity

    @property
    def max_tokens(self) -> int:
        return self._inner.max_tokens

    def count_tokens(self, texts: Sequence[str]) -> list[int]:
        if self._urgent:
            with self._turns.mine(urgent=True):
                return self._inner.count_tokens(texts)
        counts: list[int] = []
        for piece in _pieces(texts, range(len(texts)), lambda: _MOST):
            with self._turns.mine(urgent=False):
                counts += self._inner.count_tokens([texts[i] for i in piece])
        return counts

    def embed_question(self, text: str) -> Vectors:
        with self._turns.mine(urgent=self._urgent):
            return self._inner.embed_question(text)

    def embed_passages(
        self, texts: Sequence[str], report: Report = silent, cancel: CancelToken | None = None
    ) -> Vectors:
        if self._urgent:
            with self._turns.mine(urgent=True):
                return self._inner.embed_passages(texts, report, cancel)
        # Texts of like length together: a piece is padded to its longest.
        order = sorted(range(len(texts)), key=lambda i: -len(texts[i]))
        vectors = np.empty((len(texts), self.identity.dimensions), np.float32)
        done = 0
        for piece in _pieces(texts, order, lambda: self._room):
            if cancel is not None:
                cancel.check()
            chosen = [texts[i] for i in piece]
            with self._turns.mine(urgent=False):
                begin = time.perf_counter()
                # Without the token: a paused import must not wait while it is its turn.
                vectors[piece] = self._inner.embed_passages(chosen)
                seconds = time.perf_counter() - begin
            rate = sum(map(_size, chosen)) / max(seconds, 1e-6)
            # Of a text that is longer than what is read of it the rate is too high.
            self._room = int(min(max(rate * _WAIT, _LEAST), 2 * self._room, _MOST))
            done += len(piece)
            report(Progress("stage_embedding", done, len(order)))
        return vectors


def _size(text: str) -> int:
    return len(text.encode(errors="surrogatepass")) + _AROUND


def _pieces(texts: Sequence[str], order: Iterable[int], room: Callable[[], int]) -> Iterator[list[int]]:
    """``order`` in pieces of at most ``room()`` bytes of text, or of one text that is longer."""
    piece: list[int] = []
    left = room()
    for i in order:
        size = _size(texts[i])
        if piece and size > left:
            yield piece
            piece, left = [], room()
        piece.append(i)
        left -= size
    if piece:
        yield piece
