"""Lines and vectors as bytes, small and checked."""

from __future__ import annotations

import zlib
from collections.abc import Sequence

import numpy as np
import numpy.typing as npt

from core.nouns import Line, Rect

_GRAIN = 1e5  # steps across a page: 0.006 points on A4, far below what an eye can see
_FAR = 1e3  # pages away; text out there has no useful position, and differences must fit 32 bits


def pack_lines(lines: Sequence[Line]) -> bytes:
    """``lines`` compressed; positions are kept to 1/100,000 of the page."""
    heads: list[int] = [len(lines)]
    places: list[float] = []
    for line in lines:
        heads += (line.start, line.end, len(line.edges))
        places += (line.rect.x0, line.rect.y0, line.rect.x1, line.rect.y1)
        places += line.edges
    known = np.nan_to_num(np.array(places, np.float64), nan=0.0, posinf=_FAR, neginf=-_FAR)
    steps = np.rint(np.clip(known, -_FAR, _FAR) * _GRAIN).astype(np.int32)
    # Differences repeat from letter to letter and so compress to a third.
    flat = np.concatenate([np.array(heads, np.int32), np.diff(steps, prepend=np.int32(0))])
    return zlib.compress(flat.astype("<i4").tobytes(), 6)


def unpack_lines(packed: bytes) -> tuple[Line, ...]:
    """The lines packed by :func:`pack_lines`.  zlib.error, ValueError or IndexError for other bytes."""
    flat = np.frombuffer(zlib.decompress(packed), "<i4")
    count = int(flat[0])
    heads = flat[1 : 1 + 3 * count].reshape(count, 3).tolist()
    places = (np.cumsum(flat[1 + 3 * count :]) / _GRAIN).tolist()
    lines: list[Line] = []
    at = 0
    for start, end, edges in heads:
        lines.append(Line(start, end, Rect(*places[at : at + 4]), tuple(places[at + 4 : at + 4 + edges])))
        at += 4 + edges
    return tuple(lines)


def pack_vector(vector: npt.NDArray[np.float32]) -> bytes:
    """``vector`` as float16 followed by a CRC-32 of it."""
    body = vector.astype("<f2").tobytes()
    return body + zlib.crc32(body).to_bytes(4, "little")


def vector_is_intact(packed: bytes, dimensions: int) -> bool:
    """Whether ``packed`` holds such a vector, undamaged."""
    body = packed[:-4]
    return len(body) == 2 * dimensions and zlib.crc32(body).to_bytes(4, "little") == packed[-4:]


def unpack_vectors(packed: Sequence[bytes], dimensions: int) -> npt.NDArray[np.float32]:
    """The packed vectors as float32 [n, dimensions]; zeros in place of one that was cut short by damage."""
    size = 2 * dimensions
    body = b"".join(p[:size] if len(p) == size + 4 else bytes(size) for p in packed)
    return np.frombuffer(body, "<f2").astype(np.float32).reshape(len(packed), dimensions)
