"""Every vector of the index in memory: comparing all of them there takes a tenth of what reading them anew does."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

_GONE = -1  # no content has that number
_FEW = 0.25  # of a block: then only these rows are compared


@dataclass(frozen=True, slots=True)
class Block:
    """Some rows of the index; ``vectors`` is float32 [n, dimensions]."""

    passages: npt.NDArray[np.int64]
    contents: npt.NDArray[np.int32]
    vectors: npt.NDArray[np.float32]


class Exact:
    """Exact search over rows that come and go."""

    def __init__(self, rows: Block) -> None:
        self._blocks: list[tuple[Block, npt.NDArray[np.float32]]] = []
        self._gone = 0
        self.add(rows)

    @property
    def is_untidy(self) -> bool:
        """Whether so much has come and gone that holding it anew saves memory or time."""
        there = sum(len(block.contents) for block, _ in self._blocks)
        return len(self._blocks) > 64 or self._gone > there // 8

    def add(self, rows: Block) -> None:
        """Hold these too; their arrays are kept, not copied."""
        # Vectors are kept at half precision, so that they are no longer exactly of length 1.
        lengths = np.sqrt(np.einsum("ij,ij->i", rows.vectors, rows.vectors))
        self._blocks.append((rows, 1 / np.maximum(lengths, np.float32(1e-12))))

    def drop(self, contents: Sequence[int]) -> None:
        """Every row of these contents is gone."""
        for block, _ in self._blocks:
            rows = np.isin(block.contents, contents)
            self._gone += int(np.count_nonzero(rows))
            block.contents[rows] = _GONE

    def search(
        self, vector: npt.NDArray[np.float32], contents: Sequence[int] | None, k: int
    ) -> list[tuple[int, float]]:
        """The k rows nearest to ``vector``, in no order: (passage, cosine); None searches everything."""
        vector = vector / max(float(np.linalg.norm(vector)), 1e-12)
        passages, cosines = [], []
        for block, scale in self._blocks:
            inside = block.contents != _GONE if contents is None else np.isin(block.contents, contents)
            rows = np.flatnonzero(inside)
            few = len(rows) < _FEW * len(inside)
            found = block.vectors[rows] @ vector if few else (block.vectors @ vector)[rows]
            passages.append(block.passages[rows])
            cosines.append(found * scale[rows])
        every, cosine = np.concatenate(passages), np.concatenate(cosines)
        best = np.argpartition(-cosine, k)[:k] if k < len(cosine) else np.arange(len(cosine))
        return list(zip(every[best].tolist(), cosine[best].tolist(), strict=True))
