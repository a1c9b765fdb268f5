"""How near texts are in meaning, for those who judge sentences: an embedder behind the one question they ask."""

from __future__ import annotations

import numpy as np

from core.embedding import Embedder, Vectors
from core.reading import sentences
from core.verifying import Likeness


class Likening:
    """Answers :class:`core.verifying.Likeness` of a sentence and a passage; a passage is embedded once."""

    def __init__(self, embedder: Embedder) -> None:
        self._embedder = embedder
        self._passages: dict[str, Vectors] = {}

    def __call__(self, sentence: str, passage: str) -> Likeness:
        """The cosines of ``sentence`` with the best one or two adjacent sentences of ``passage``, and with all."""
        if passage not in self._passages:
            spans = sentences(passage) or [(0, len(passage))]
            self._passages[passage] = self._embedder.embed_passages([passage[a:b] for a, b in spans])
        rows = self._passages[passage]
        vector = self._embedder.embed_passages([sentence])[0]
        together = np.concatenate([rows, rows[:-1] + rows[1:], rows.sum(axis=0, keepdims=True)])
        cosines = together @ vector / np.maximum(np.linalg.norm(together, axis=1), 1e-12)
        return Likeness(near=float(cosines[:-1].max()), whole=float(cosines[-1]))
