"""One reader for all tests of a module: starting its child takes most of a second."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from core.nouns import Reading
from core.reading import Reader


@pytest.fixture(scope="module")
def reader() -> Iterator[Reader]:
    with Reader() as made:
        yield made


@pytest.fixture
def read(reader: Reader, tmp_path: Path) -> Callable[[bytes], Reading]:
    """Reads the bytes of a PDF."""

    def reading(data: bytes) -> Reading:
        file = tmp_path / "file.pdf"
        file.write_bytes(data)
        return reader.read(file)

    return reading
