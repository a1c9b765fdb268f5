"""The index: every vector compared, in memory or by LanceDB, and only some of very many."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import numpy as np
import numpy.typing as npt
import pytest
from lancedb.index import IvfFlat

from core.library import index as index_module
from core.library.exact import Block, Exact
from core.library.index import Index, Rows

DIMENSIONS, EACH = 16, 3

Vectors = npt.NDArray[np.float32]


def rows(first: int, contents: int) -> Rows:
    """Three passages of each of so many contents; a passage has ten times its content's number, plus its place."""
    chance = np.random.default_rng(first)
    numbers = np.repeat(np.arange(first, first + contents, dtype=np.int32), EACH)
    passages = numbers.astype(np.int64) * 10 + np.tile(np.arange(EACH), contents)
    made = chance.normal(size=(len(numbers), DIMENSIONS)).astype(np.float16).astype(np.float32)
    return Rows(passages, numbers, [f"word{n}" for n in numbers], made / np.linalg.norm(made, axis=1, keepdims=True))


def compared(index: Index, vector: Vectors, contents: Sequence[int] | None, k: int) -> list[tuple[int, float]]:
    """What LanceDB finds when it compares every vector."""
    query = index._table.search(vector, vector_column_name="vector").distance_type("cosine").bypass_vector_index()
    found = index._run(query, contents, k, "_distance")
    return sorted(((passage, 1 - distance) for passage, distance in found), key=lambda hit: -hit[1])


def agrees(index: Index, contents: Sequence[int] | None = None, k: int = 7) -> None:
    """What the index finds is what comparing every vector finds."""
    for vector in rows(1000, 2).vectors:
        found, truth = index.search_vectors(vector * 3, contents, k), compared(index, vector, contents, k)
        assert [passage for passage, _ in found] == [passage for passage, _ in truth]
        assert [score for _, score in found] == pytest.approx([score for _, score in truth], abs=1e-5)


@pytest.fixture
def index(tmp_path: Path) -> Index:
    made = Index(tmp_path / "index", DIMENSIONS)
    made.apply((), [rows(1, 40)])
    return made


@pytest.mark.parametrize("free", [0, 1, 1 << 40], ids=["unknown", "none left", "plenty"])
def test_every_vector_is_compared_however_much_memory_there_is(
    index: Index, monkeypatch: pytest.MonkeyPatch, free: int
) -> None:
    monkeypatch.setattr(index_module, "available_memory", lambda: free)
    agrees(index)
    assert (index._exact is None) is (free == 1)
    agrees(index, [7])
    agrees(index, range(1, 41, 2))
    agrees(index, k=1000)
    assert index.search_vectors(rows(1, 1).vectors[0], [99], 5) == []


def test_what_comes_and_goes_is_found_and_not_found_at_once(index: Index, tmp_path: Path) -> None:
    agrees(index)
    held = index._exact
    index.apply([3, 4], [rows(50, 5), rows(60, 1)])
    assert index._exact is held
    agrees(index)
    agrees(index, [2, 3, 51])
    agrees(index, range(30, 70))
    assert not {30, 31, 32} & {passage for passage, _ in index.search_vectors(rows(3, 1).vectors[0], None, 200)}
    index.apply(range(5, 20), ())
    assert index._exact is None  # too many rows that are gone are held no longer
    agrees(index)
    index.rewrite()
    agrees(index)
    agrees(Index(tmp_path / "index", DIMENSIONS))


def test_an_index_without_rows_finds_nothing(tmp_path: Path) -> None:
    index = Index(tmp_path / "index", DIMENSIONS)
    assert index.search_vectors(rows(1, 1).vectors[0], None, 5) == []
    index.apply((), [rows(1, 1)])
    assert [passage for passage, _ in index.search_vectors(rows(1, 1).vectors[0], None, 1)] == [10]


def test_a_vector_that_was_lost_is_nobodys_neighbour() -> None:
    block = Block(np.array([1, 2]), np.array([1, 1], np.int32), np.array([[0, 0], [1, 0]], np.float32))
    assert sorted(Exact(block).search(np.array([1, 0], np.float32), None, 2)) == [(1, 0.0), (2, 1.0)]


@pytest.fixture
def many(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Index:
    """One that has more than it compares."""
    monkeypatch.setattr(index_module, "EXACT_UP_TO", 100)
    made = Index(tmp_path / "index", DIMENSIONS)
    made.apply((), [rows(1, 60)])
    made.optimise()
    assert made._parts == 13
    return made


def test_few_documents_are_compared_exactly_in_a_library_of_very_many(many: Index) -> None:
    for contents in ([1], [5, 17, 59], range(1, 33)):
        agrees(many, contents)


def test_in_very_many_those_of_the_nearest_parts_are_compared(many: Index) -> None:
    for contents in (None, range(1, 50)):
        for vector in rows(1000, 2).vectors:
            found = [passage for passage, _ in many.search_vectors(vector, contents, 5)]
            truth = [passage for passage, _ in compared(many, vector, contents, 5)]
            assert found and set(found) & set(truth)
            assert contents is None or {passage // 10 for passage in found} <= set(contents)


def test_what_came_after_the_index_over_the_vectors_is_found(many: Index) -> None:
    many.apply([2], [rows(70, 2)])
    for index in (many, Index(many.folder, DIMENSIONS)):
        for passage, vector in zip(rows(70, 2).passages, rows(70, 2).vectors, strict=True):
            assert index.search_vectors(vector, None, 1)[0][0] == passage
        assert not {20, 21, 22} & {passage for passage, _ in index.search_vectors(rows(2, 1).vectors[0], None, 500)}


def test_when_few_are_left_all_are_compared_in_memory_though_their_index_stays(
    many: Index, monkeypatch: pytest.MonkeyPatch
) -> None:
    many.apply(range(1, 30), ())
    many.optimise()
    assert many._parts == 13 and len(many) <= 100
    agrees(many)
    assert many._exact is not None
    monkeypatch.setattr(index_module, "available_memory", lambda: 1)  # LanceDB compares, and all of them
    agrees(Index(many.folder, DIMENSIONS))
    monkeypatch.undo()
    monkeypatch.setattr(index_module, "EXACT_UP_TO", 100)
    many.apply((), [rows(300, 30)])
    many.optimise()
    assert many._parts and len(many) > 100 and many._exact is None
    assert many.search_vectors(rows(300, 1).vectors[0], None, 1)[0][0] == rows(300, 1).passages[0]


def test_an_outgrown_index_over_the_vectors_is_made_anew(many: Index) -> None:
    many.apply((), [rows(100, 40)])
    many.optimise()
    assert many._parts == 13
    many.apply((), [rows(200, 40)])
    many.optimise()
    assert many._parts == 20
    assert [i.columns for i in many._table.list_indices()].count(["vector"]) == 1
    many.apply(range(100, 240), ())
    many.optimise()
    assert many._parts == 13
    many.apply(range(1, 45), ())
    many.optimise()
    assert many._parts == 0
    agrees(many)


def test_an_index_over_the_vectors_of_an_older_program_is_made_anew(many: Index) -> None:
    config = IvfFlat(distance_type="cosine", num_partitions=13)
    many._drop_vector_index()
    many._table.create_index("vector", config=config, name="vector_idx")
    again = Index(many.folder, DIMENSIONS)
    agrees(again)
    again.optimise()
    assert again._parts == 13
    assert [i.name for i in again._table.list_indices() if i.columns == ["vector"]] == ["vector_13_parts"]
