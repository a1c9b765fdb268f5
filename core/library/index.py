"""The search index (LanceDB): dense vectors and terms of every active passage.

It holds nothing that the truth does not hold, and may be lost at any time.
"""

from __future__ import annotations

import logging
import math
import os
import re
import shutil
import warnings
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from typing import Any

import lancedb
import numpy as np
import numpy.typing as npt
import pyarrow as pa
from lancedb.index import FTS, IvfFlat
from lancedb.query import MatchQuery

from core.library.exact import Block, Exact
from core.library.originals import file_sha256
from core.machine import available_memory

_TABLE = "passages"
_TERMS = "terms_2"  # another name whenever core.terms.index_terms changes: an index of older terms is then made anew
_TERMS_INDEX = "terms_idx"
_INDEX_CACHE, _METADATA_CACHE = 128 << 20, 32 << 20  # bytes; the defaults are 7 GiB together
_HINT = "latest_version_hint.json"  # the one file that is written more than once
_IDS_AT_ONCE = 5000
_MOST_STATES = 5  # after tidying there are one or two
# Up to this every vector is held in memory (0.5 GB) and compared: nothing is missed.  Above, only those of the nearest
# parts are (docs/decisions/0016).
EXACT_UP_TO = 300_000
_VECTOR_INDEX = re.compile(r"vector_(\d+)_parts")
_LOOKED_INTO = 0.2  # of the parts
_OUTGROWN = 1.5  # times as many or as few parts as there would be now: made anew, as tidying only fills them up
_SPILL = "spill"

_log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Rows:
    """Some passages as the index takes them; ``vectors`` is float32 [n, dimensions]."""

    passages: npt.NDArray[np.int64]
    contents: npt.NDArray[np.int32]
    terms: Sequence[str]
    vectors: npt.NDArray[np.float32]


class Index:
    """One LanceDB table in ``folder``, made when it is not there.  Any exception of LanceDB means: damaged."""

    def __init__(self, folder: Path, dimensions: int) -> None:
        self.folder = folder
        self.dimensions = dimensions
        self._schema = pa.schema(
            [
                pa.field("passage", pa.int64(), nullable=False),
                pa.field("content", pa.int32(), nullable=False),
                pa.field(_TERMS, pa.string(), nullable=False),
                pa.field("vector", pa.list_(pa.float32(), dimensions), nullable=False),
            ]
        )
        self._session = lancedb.Session(index_cache_size_bytes=_INDEX_CACHE, metadata_cache_size_bytes=_METADATA_CACHE)
        folder.mkdir(mode=0o700, exist_ok=True)
        shutil.rmtree(folder / _SPILL, ignore_errors=True)  # of one that was killed
        self._db = lancedb.connect(str(folder), session=self._session)
        self._table: Any = None
        if (folder / f"{_TABLE}.lance").is_dir():
            self._table = self._db.open_table(_TABLE)
            if self._table.schema != self._schema:
                raise ValueError("the index is of another form")
            if not self._table.list_indices():  # killed between making the table and its word index
                self._index_terms()
        else:
            self._table = self._db.create_table(_TABLE, schema=self._schema)
            self._index_terms()
        self._parts = self._count_parts()
        self._exact: Exact | None = None  # held from the first search on
        self._counts: dict[int, int] | None = None

    def _index_terms(self) -> None:
        # The text arrives cut into terms; LanceDB only has to split at the blanks.  Positions off: crashes are known.
        words = FTS(
            with_position=False,
            base_tokenizer="whitespace",
            max_token_length=None,
            lower_case=False,
            stem=False,
            remove_stop_words=False,
            ascii_folding=False,
        )
        self._table.create_index(_TERMS, config=words, name=_TERMS_INDEX)

    def apply(self, drop: Iterable[int], add: Iterable[Rows]) -> None:
        """Take out every row of the contents ``drop``, then put in ``add``."""
        gone, held = sorted(drop), self._exact
        self._exact = self._counts = None  # when this fails
        for at in range(0, len(gone), _IDS_AT_ONCE):
            self._table.delete(_within(gone[at : at + _IDS_AT_ONCE]))
        if held is not None:
            held.drop(gone)
        for rows in add:
            self._table.add(self._batch(rows))
            if held is not None:
                held.add(Block(rows.passages, rows.contents.copy(), rows.vectors))
        if held is not None and (held.is_untidy or len(self) > _OUTGROWN * EXACT_UP_TO):
            held = None
        self._exact = held

    def _batch(self, rows: Rows) -> pa.Table:
        vectors = pa.FixedSizeListArray.from_arrays(pa.array(rows.vectors.ravel()), self.dimensions)
        columns = [pa.array(rows.passages), pa.array(rows.contents), pa.array(list(rows.terms), pa.string()), vectors]
        return pa.Table.from_arrays(columns, schema=self._schema)

    def optimise(self) -> None:
        """Merge small files, bring new rows into the word index, forget old versions."""
        with warnings.catch_warnings():
            # It warns of other readers; the library's lock keeps them out.
            warnings.simplefilter("ignore", UserWarning)
            self._table.optimize(cleanup_older_than=timedelta(0), delete_unverified=True)
        if (states := self.versions()) > _MOST_STATES:  # they hold what was deleted
            raise RuntimeError(f"{states} earlier states of the index stay")
        self._keep_vector_index()

    def _keep_vector_index(self) -> None:
        """An index over the vectors where there are so many that comparing all of them takes too much."""
        size, there = len(self), self._count_parts()
        fitting = 1 / _OUTGROWN <= there / _parts_of(size) <= _OUTGROWN
        try:
            if size <= EXACT_UP_TO // 2 or not fitting:
                self._drop_vector_index()
                there = 0
            if not there and size > EXACT_UP_TO:
                config = IvfFlat(distance_type="cosine", num_partitions=_parts_of(size))
                with _spilling_into(self.folder / _SPILL):
                    self._table.create_index("vector", config=config, name=f"vector_{_parts_of(size)}_parts")
        except Exception as fault:  # LanceDB raises many types; without it a search takes longer and finds as much
            _log.warning("the vectors have no index: %s", fault)
        self._parts = self._count_parts()
        if self._parts and size > EXACT_UP_TO:
            self._exact = None

    def _drop_vector_index(self) -> None:
        for index in self._table.list_indices():
            if index.columns == ["vector"]:
                self._table.drop_index(index.name)

    def _count_parts(self) -> int:
        """How many parts the index over the vectors has; 0 while there is none."""
        names = [_VECTOR_INDEX.fullmatch(index.name) for index in self._table.list_indices()]
        return max((int(name[1]) for name in names if name), default=0)

    def rewrite(self) -> None:
        """Write all rows anew: deleted rows otherwise stay in the files until a tenth of a file is deleted."""
        kept = self._table.search().select(self._schema.names).to_batches(4096)
        old = self._table
        reader = pa.RecordBatchReader.from_batches(self._schema, (b.select(self._schema.names) for b in kept))
        self._table = self._db.create_table(_TABLE, data=reader, schema=self._schema, mode="overwrite")
        del old
        self._parts, self._exact, self._counts = 0, None, None
        self._index_terms()
        self.optimise()

    def versions(self) -> int:
        """How many states of itself it still holds; what was deleted is in the earlier ones."""
        return len(self._table.list_versions())

    def __len__(self) -> int:
        """How many passages it holds."""
        return int(self._table.count_rows())

    def counts(self) -> dict[int, int]:
        """How many rows each content has."""
        column = self._column("content")
        values, numbers = np.unique(column, return_counts=True)
        return dict(zip(values.tolist(), numbers.tolist(), strict=True))

    def passages(self) -> npt.NDArray[np.int64]:
        """The passage number of every row, sorted."""
        return np.sort(self._column("passage"))

    def _column(self, name: str) -> npt.NDArray[Any]:
        column: npt.NDArray[Any] = self._table.search().select([name]).to_arrow().column(name).to_numpy()
        return column

    def search_vectors(
        self, vector: npt.NDArray[np.float32], contents: Sequence[int] | None, k: int
    ) -> list[tuple[int, float]]:
        """The k passages nearest in meaning: (passage, cosine), best first; None searches everything.

        Exactly so, but for a search through more than EXACT_UP_TO passages.
        """
        vector = np.asarray(vector, np.float32)
        if (held := self._hold()) is not None:
            return _best_first(held.search(vector, contents, k))
        query = self._table.search(vector, vector_column_name="vector").distance_type("cosine")
        if self._parts and self._is_large(contents):
            query = query.nprobes(max(1, round(self._parts * _LOOKED_INTO)))
        else:
            query = query.bypass_vector_index()
        found = self._run(query, contents, k, "_distance")
        return _best_first((passage, 1.0 - distance) for passage, distance in found)

    def _hold(self) -> Exact | None:
        """Every vector in memory; None where there are too many, or too little memory."""
        if self._exact is not None:
            return self._exact
        size = len(self)
        if self._parts and size > EXACT_UP_TO:
            return None
        needed, free = 4 * size * self.dimensions, available_memory()
        if size > _OUTGROWN * EXACT_UP_TO or 0 < free < 2 * needed:
            return None
        passages, contents = np.empty(size, np.int64), np.empty(size, np.int32)
        vectors = np.empty((size, self.dimensions), np.float32)
        at = 0
        for batch in self._table.search().select(["passage", "content", "vector"]).to_batches(4096):
            rows = slice(at, at + batch.num_rows)
            passages[rows], contents[rows] = batch.column("passage").to_numpy(), batch.column("content").to_numpy()
            vectors[rows] = batch.column("vector").flatten().to_numpy().reshape(-1, self.dimensions)
            at += batch.num_rows
        self._exact = Exact(Block(passages[:at], contents[:at], vectors[:at]))
        return self._exact

    def _is_large(self, contents: Sequence[int] | None) -> bool:
        """Whether so many passages are meant that comparing each takes too long."""
        if contents is None:
            return len(self) > EXACT_UP_TO
        if self._counts is None:
            self._counts = self.counts()
        return sum(self._counts.get(content, 0) for content in contents) > EXACT_UP_TO

    def search_words(self, terms: Sequence[str], contents: Sequence[int] | None, k: int) -> list[tuple[int, float]]:
        """The k passages that hold these terms best: (passage, BM25), best first; None searches everything."""
        query = self._table.search(MatchQuery(" ".join(terms), _TERMS))
        return _best_first(self._run(query, contents, k, "_score"))

    def _run(self, query: Any, contents: Sequence[int] | None, k: int, score: str) -> list[tuple[int, float]]:
        if contents is not None:
            query = query.where(_within(contents), prefilter=True)
        table = query.select(["passage", score]).limit(k).to_arrow()
        return list(zip(table.column("passage").to_pylist(), table.column(score).to_pylist(), strict=True))


def _parts_of(size: int) -> int:
    return max(1, math.isqrt(size))


@contextmanager
def _spilling_into(folder: Path) -> Iterator[None]:
    """LanceDB writes vectors into the system's folder for temporary files, where a kill would leave them: not there."""
    names = ("TMPDIR", "TMP", "TEMP")
    before = {name: os.environ.get(name) for name in names}
    folder.mkdir(mode=0o700, exist_ok=True)
    os.environ.update(dict.fromkeys(names, str(folder)))
    try:
        yield
    finally:
        for name, value in before.items():
            if value is None:
                os.environ.pop(name, None)
            else:
                os.environ[name] = value
        shutil.rmtree(folder, ignore_errors=True)


def _best_first(found: Iterable[tuple[int, float]]) -> list[tuple[int, float]]:
    return sorted(found, key=lambda hit: (-hit[1], hit[0]))


def _within(contents: Sequence[int]) -> str:
    # Runs of neighbours are said as ranges: a list of 10,000 numbers costs 100 ms to read, a few ranges nothing.
    singles: list[int] = []
    parts: list[str] = []
    for first, last in _runs(sorted(contents)):
        if last - first < 2:
            singles += range(first, last + 1)
        else:
            parts.append(f"(content >= {first} AND content <= {last})")
    if singles:
        parts.append(f"content IN ({','.join(map(str, singles))})")
    return " OR ".join(parts) or "false"


def _runs(numbers: Sequence[int]) -> Iterator[tuple[int, int]]:
    start = 0
    for at in range(1, len(numbers) + 1):
        if at == len(numbers) or numbers[at] != numbers[at - 1] + 1:
            yield numbers[start], numbers[at - 1]
            start = at


def wipe(folder: Path) -> None:
    """Delete the index."""
    if folder.is_dir() and not folder.is_symlink():
        shutil.rmtree(folder)
    else:
        folder.unlink(missing_ok=True)


@dataclass(frozen=True, slots=True)
class IndexFile:
    """A file of the index as it was when last written."""

    path: str
    size: int
    sha256: str


def take_stock(folder: Path, known: Iterable[IndexFile]) -> list[IndexFile]:
    """Every file of the index, made private; files seen before keep their hash, as the index never rewrites them."""
    before = {file.path: file for file in known}
    stock: list[IndexFile] = []
    for path in walk(folder):
        name = path.relative_to(folder).as_posix()
        if name in before and path.name != _HINT:
            stock.append(before[name])
        else:
            make_private(path)
            stock.append(IndexFile(name, path.stat().st_size, file_sha256(path)))
    return stock


def damaged_files(folder: Path, known: Iterable[IndexFile], *, thorough: bool) -> list[str]:
    """Files of the index that are missing or of another size; with ``thorough``, of other bytes."""
    return [
        file.path
        for file in known
        if not (folder / file.path).is_file()
        or (folder / file.path).stat().st_size != file.size
        or (thorough and file_sha256(folder / file.path) != file.sha256)
    ]


def walk(folder: Path) -> Iterator[Path]:
    """Every file below ``folder``; folders on the way are made private."""
    for here, _, files in os.walk(folder):
        make_private(Path(here))
        for file in files:
            yield Path(here, file)


def make_private(path: Path) -> bool:
    """Give only the owner access (0700 folders, 0600 files); whether that changed anything."""
    if os.name == "nt":
        return False  # the user's profile folder is private there, and modes mean little
    mode = 0o700 if path.is_dir() else 0o600
    if path.stat().st_mode & 0o777 == mode:
        return False
    path.chmod(mode)
    return True
