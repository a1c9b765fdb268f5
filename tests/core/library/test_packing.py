"""Lines and vectors survive as bytes."""

from __future__ import annotations

import math
import zlib

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.library.packing import pack_lines, pack_vector, unpack_lines, unpack_vectors, vector_is_intact
from core.nouns import Line, Rect

places = st.floats(-2, 3)
lines = st.builds(
    Line,
    st.integers(0, 10**6),
    st.integers(0, 10**6),
    st.builds(Rect, places, places, places, places),
    st.lists(places, max_size=5).map(tuple),
)


@given(st.lists(lines, max_size=5))
def test_lines_come_back(given_lines: list[Line]) -> None:
    back = unpack_lines(pack_lines(given_lines))
    assert len(back) == len(given_lines)
    for line, kept in zip(given_lines, back, strict=True):
        assert (line.start, line.end, len(line.edges)) == (kept.start, kept.end, len(kept.edges))
        assert np.allclose(line.edges, kept.edges, atol=1e-5)
        rect, kept_rect = line.rect, kept.rect
        assert np.allclose(
            (rect.x0, rect.y0, rect.x1, rect.y1), (kept_rect.x0, kept_rect.y0, kept_rect.x1, kept_rect.y1), atol=1e-5
        )


def test_places_that_are_no_numbers_do_no_harm() -> None:
    line = Line(0, 1, Rect(math.nan, -math.inf, math.inf, 1e300), (math.nan, 0.5))
    (kept,) = unpack_lines(pack_lines([line]))
    assert (kept.rect.x0, kept.edges[1]) == (0.0, 0.5)


@pytest.mark.parametrize("damage", [b"", zlib.compress(b""), zlib.compress(b"\x05\x00\x00\x00"), b"noise"])
def test_damaged_lines_are_refused(damage: bytes) -> None:
    with pytest.raises((zlib.error, ValueError, IndexError)):
        unpack_lines(damage)


def test_vectors_come_back_and_damage_shows() -> None:
    vector = np.random.default_rng(0).standard_normal(16).astype(np.float32)
    vector /= np.linalg.norm(vector)
    packed = pack_vector(vector)
    assert vector_is_intact(packed, 16)
    assert not vector_is_intact(packed, 8)
    for at in range(len(packed)):
        flipped = bytearray(packed)
        flipped[at] ^= 1
        assert not vector_is_intact(bytes(flipped), 16)
    back = unpack_vectors([packed, packed[:-2]], 16)
    assert float(back[0] @ vector) == pytest.approx(1, abs=1e-3)
    assert not back[1].any()
