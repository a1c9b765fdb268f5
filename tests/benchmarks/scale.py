"""How long a search takes as the library grows: exact, and through an index over the vectors (IVF).

    python -m tests.benchmarks.scale [--sizes 50000 300000] [--questions 60] [--ways exact flat sq] [--keep FOLDER]

10,000 documents of synthetic passages at the largest size, 384 dimensions: vectors lie around topics, as passages do,
and each question near one of them.  Prints for every size and way the seconds to build, p50 and p95 of a search in
milliseconds, its processor time, and how many of the ten nearest passages it finds that exact search finds.
"""

from __future__ import annotations

import argparse
import shutil
import sys
import tempfile
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
from lancedb.index import IvfFlat, IvfSq

from core.library.index import Index, Rows

DIMENSIONS, TOPICS, DOCUMENTS = 384, 3000, 10_000
BATCH = 20_000
WAYS: dict[str, Any] = {"flat": IvfFlat, "sq": IvfSq}
PROBES = (10, 20, 40)
WORDS = np.array([f"word{number}" for number in range(20_000)])

Vectors = npt.NDArray[np.float32]


def topics(chance: np.random.Generator) -> Vectors:
    """Where passages gather; all share a direction, as the vectors of e5 do."""
    common = chance.normal(size=DIMENSIONS) * 1.5
    return np.asarray(common + chance.normal(size=(TOPICS, DIMENSIONS)), np.float32)


def near(centres: Vectors, chosen: npt.NDArray[np.int64], spread: float, chance: np.random.Generator) -> Vectors:
    """Unit vectors around these topics."""
    made = centres[chosen] + chance.normal(size=(len(chosen), DIMENSIONS)).astype(np.float32) * spread
    return np.asarray(made / np.linalg.norm(made, axis=1, keepdims=True), np.float32)


def fill(index: Index, first: int, count: int, centres: Vectors, chance: np.random.Generator, each: int) -> None:
    """Add passages number ``first`` to ``first + count``, ``each`` a document."""

    def rows() -> Any:
        for at in range(first, first + count, BATCH):
            numbers = np.arange(at, min(at + BATCH, first + count), dtype=np.int64)
            # A document is of a few topics.
            chosen = (numbers // each * 7919 + chance.integers(0, 3, len(numbers)) * 104_729) % TOPICS
            ranks = np.minimum(chance.zipf(1.3, (len(numbers), 30)), len(WORDS)) - 1
            words = [" ".join(WORDS[row]) for row in ranks]
            yield Rows(numbers, (numbers // each).astype(np.int32), words, near(centres, chosen, 0.9, chance))

    index.apply((), rows())
    index.optimise()


def measured(search: Any, questions: Vectors) -> tuple[float, float, float, list[list[int]]]:
    """p50, p95 and processor time in milliseconds, and what each question found."""
    for question in questions[:3]:
        search(question)
    seconds, found = [], []
    processor = time.process_time()
    for question in questions:
        began = time.perf_counter()
        found.append(search(question))
        seconds.append(time.perf_counter() - began)
    processor = (time.process_time() - processor) / len(questions)
    p50, p95 = np.percentile(seconds, [50, 95]) * 1000
    return float(p50), float(p95), processor * 1000, found


def line(size: int, way: str, build: float, times: tuple[float, float, float], recall: float) -> None:
    """One line of the table."""
    p50, p95, processor = times
    print(f"{size:9} {way:22} {build:8.1f} {p50:9.1f} {p95:9.1f} {processor:10.1f} {recall:8.3f}", flush=True)


def main() -> int:
    """Measure, and print the table."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--sizes", type=int, nargs="+", default=[50_000, 300_000])
    parser.add_argument("--questions", type=int, default=60)
    parser.add_argument("--ways", nargs="*", default=["flat"], choices=tuple(WAYS))
    parser.add_argument("--keep", default="")
    chosen = parser.parse_args()
    room = Path(chosen.keep or tempfile.mkdtemp(prefix="scale-"))
    room.mkdir(parents=True, exist_ok=True)
    try:
        measure(room, sorted(chosen.sizes), chosen.questions, chosen.ways)
    finally:
        if not chosen.keep:
            shutil.rmtree(room)
    return 0


def measure(room: Path, sizes: Sequence[int], count: int, ways: Sequence[str]) -> None:
    """The whole table."""
    chance = np.random.default_rng(1)
    centres = topics(chance)
    index, there, each = Index(room / "index", DIMENSIONS), 0, max(1, sizes[-1] // DOCUMENTS)
    print(f"{'passages':>9} {'way':22} {'build s':>8} {'p50 ms':>9} {'p95 ms':>9} {'cpu ms':>10} {'recall':>8}")
    for size in sizes:
        began = time.perf_counter()
        fill(index, there, size - there, centres, chance, each)
        there, built = size, time.perf_counter() - began
        questions = near(centres, chance.integers(0, TOPICS, count), 0.9, chance)

        def exact(question: Vectors) -> list[int]:
            return [passage for passage, _ in index.search_vectors(question, None, 10)]

        def within(question: Vectors) -> list[int]:
            inside = range(0, there // each, 3)  # noqa: B023 - called before it changes
            return [passage for passage, _ in index.search_vectors(question, inside, 10)]

        def by_words(question: Vectors) -> list[int]:
            terms = WORDS[(np.abs(question[:6]) * 3000).astype(int)]
            return [passage for passage, _ in index.search_words(list(terms), None, 10)]

        *times, truth = measured(exact, questions)
        line(size, "exact", built, (times[0], times[1], times[2]), 1.0)
        *times, _ = measured(within, questions[: max(5, count // 4)])
        line(size, "exact, third of it", 0.0, (times[0], times[1], times[2]), 1.0)
        *times, _ = measured(by_words, questions)
        line(size, "words", 0.0, (times[0], times[1], times[2]), 1.0)
        for way in ways:
            began = time.perf_counter()
            partitions = round(size**0.5)
            config = WAYS[way](distance_type="cosine", num_partitions=partitions, sample_rate=64, max_iterations=15)
            index._table.create_index("vector", config=config, name="vector_idx")
            built = time.perf_counter() - began
            for probes in PROBES:

                def through(question: Vectors, probes: int = probes, refine: bool = way != "flat") -> list[int]:
                    query = index._table.search(question, vector_column_name="vector").distance_type("cosine")
                    query = query.nprobes(probes)
                    query = query.refine_factor(5) if refine else query
                    column = query.select(["passage", "_distance"]).limit(10).to_arrow().column("passage")
                    return list(column.to_pylist())

                *times, found = measured(through, questions)
                recall = float(np.mean([len(set(a) & set(b)) / len(b) for a, b in zip(found, truth, strict=True)]))
                line(size, f"IVF {way} {partitions}/{probes}", built, (times[0], times[1], times[2]), recall)
            index._table.drop_index("vector_idx")


if __name__ == "__main__":
    sys.exit(main())
