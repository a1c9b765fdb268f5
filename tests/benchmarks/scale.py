"""How long a search takes as a library grows, and from what size on an index over the vectors pays.

    python -m tests.benchmarks.scale PACK --library FOLDER [--sizes 50000 100000 300000] [--questions 60]
                                     [--ways flat sq] [--suites cuad,zh_laws,pubmed] [--keep FOLDER]
                                     [--index-from 300000]

FOLDER holds a library of the pack's suites, as ``tests.benchmarks.finding`` leaves it.  A larger one is grown from its
passages, 30 a document: each is between a real passage and one that is near it in meaning, its vector a little aside
as two other neighbours are, and its text made of both.  The questions are the pack's, embedded anew in each search.
``--keep`` names where the grown library is kept; a second run goes on with it.

For every size: the whole search (``finding.find``: embedding, all rankings, passages) in everything, in a third of the
documents and in one of them, and the look-ups of a question's words; then the parts of it, among them exact comparison
in memory and by LanceDB beside indexes of several kinds, with the share of the nearest 12 and 60 that they find and the
seconds to build them; at last what is found while passages come and go.  ``--index-from`` makes the program use an
index from another size on.

Times are p50 and p95 by the clock and the mean of processor time, in milliseconds.
"""

from __future__ import annotations

import argparse
import hashlib
import shutil
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, cast

import numpy as np
import numpy.typing as npt
from lancedb.index import IvfFlat, IvfSq

from core.embedding import Embedder
from core.evaluating.pack import draw, load_questions
from core.finding import find, unknown_terms
from core.glossary import wordings
from core.library import Library
from core.library import index as index_module
from core.library.index import Index
from core.nouns import Outcome, Page, Passage, ReadBy, Reading, Scope
from core.settings import Settings
from core.terms import search_terms
from desktop import house

EACH, A_PAGE = 30, 3  # passages of a document, and of a page
AT_ONCE = 100  # documents published together
DEPTH = 60  # as deep as finding looks
NEIGHBOURS = 8
WAYS: dict[str, Any] = {"flat": IvfFlat, "sq": IvfSq}
SHARES = (0.05, 0.1, 0.2, 0.3)  # of the parts are looked into
COLLECTIONS = ("first", "second", "third")
VERSION = "1"

Vectors = npt.NDArray[np.float32]
Found = list[list[int]]


@dataclass(frozen=True, slots=True)
class Real:
    """Real passages, their vectors, and for each those nearest to it."""

    passages: list[Passage]
    vectors: Vectors
    near: npt.NDArray[np.int64]


def real_ones(library: Library) -> Real:
    """Every passage of a library."""
    store, passages, vectors = library._store, list[Passage](), list[Vectors]()
    for rows in store.index_rows(store.active_contents(), lambda _: None):
        keys = store.keys(rows.passages.tolist())
        passages += library.passages([keys[number] for number in rows.passages.tolist()])
        vectors.append(rows.vectors)
    together = np.concatenate(vectors)
    if len(passages) != len(together):
        raise ValueError("the same bytes stand in the library twice")
    near = np.empty((len(together), NEIGHBOURS), np.int64)
    for at in range(0, len(together), 1000):
        cosines = together[at : at + 1000] @ together.T
        cosines[np.arange(len(cosines)), np.arange(at, at + len(cosines))] = -1
        near[at : at + 1000] = np.argpartition(-cosines, NEIGHBOURS, axis=1)[:, :NEIGHBOURS]
    return Real(passages, together, near)


def made(real: Real, number: int) -> tuple[Reading, tuple[Passage, ...], Vectors]:
    """Document ``number``: a stretch of real passages, each moved towards a neighbour."""
    chance = np.random.default_rng(number)
    count = len(real.passages)
    chosen = (int(chance.integers(count)) + np.arange(EACH)) % count
    partner = real.near[chosen, chance.integers(NEIGHBOURS, size=EACH)]
    there = chance.integers(count, size=EACH)
    aside = real.vectors[there] - real.vectors[real.near[there, chance.integers(NEIGHBOURS, size=EACH)]]
    way, step = (chance.random((EACH, 1), np.float32) * np.float32(0.5) for _ in range(2))
    moved = real.vectors[chosen] * (1 - way) + real.vectors[partner] * way + aside * step
    vectors = moved / np.linalg.norm(moved, axis=1, keepdims=True)
    texts = []
    for one, other, share in zip(chosen.tolist(), partner.tolist(), way[:, 0].tolist(), strict=True):
        first, last = real.passages[one].text, real.passages[other].text
        texts.append(f"{first[: int(len(first) * (1 - share))]} {last[len(last) - int(len(last) * share) :]}")
    sha256 = hashlib.sha256(name_of(number).encode()).hexdigest()
    pages, passages = [], []
    for index in range(0, EACH, A_PAGE):
        page, at = index // A_PAGE, 0
        for n in range(index, index + A_PAGE):
            heading = real.passages[int(chosen[n])].heading
            end = at + len(texts[n])
            passages.append(Passage(f"{sha256[:16]}-{n}", sha256, page, at, end, texts[n], heading))
            at = end + 1
        text = "\n".join(texts[index : index + A_PAGE])
        pages.append(Page(page, str(page + 1), text, (), 595, 842, ReadBy.TEXT))
    size = len(name_of(number).encode())
    reading = Reading(sha256, size, Outcome.OK, "", "", tuple(pages), reader="made")
    return reading, tuple(passages), np.asarray(vectors, np.float32)


def name_of(number: int) -> str:
    """What document ``number`` is called, and all that its file holds."""
    return f"document {number}.pdf"


def grow(library: Library, real: Real, documents: int, folder: Path) -> None:
    """Add documents until there are so many."""
    there = len(library.documents())
    file = folder / "incoming.pdf"
    for first in range(there, documents, AT_ONCE):
        items = []
        for number in range(first, min(first + AT_ONCE, documents)):
            file.write_text(name_of(number))
            sha256, size = library.keep_original(file)
            collection = COLLECTIONS[number % len(COLLECTIONS)]
            items.append(library.begin_import(sha256, size, name_of(number), collection))
            reading, passages, vectors = made(real, number)
            library.store_reading(reading, passages, VERSION)
            library.store_vectors(passages, vectors)
        library.publish(items)


@dataclass(frozen=True, slots=True)
class Timed:
    """What searches took, in milliseconds, and what each found."""

    p50: float
    p95: float
    processor: float
    found: Found


def timed(search: Callable[[Any], Sequence[int]], questions: Sequence[Any]) -> Timed:
    """``search`` for each of ``questions``, after a few that do not count."""
    for question in questions[:3]:
        search(question)
    seconds, found = [], []
    processor = time.process_time()
    for question in questions:
        began = time.perf_counter()
        found.append(list(search(question)))
        seconds.append(time.perf_counter() - began)
    processor = (time.process_time() - processor) / len(questions)
    p50, p95 = np.percentile(seconds, [50, 95]) * 1000
    return Timed(float(p50), float(p95), processor * 1000, found)


def recall(found: Found, truth: Found, depth: int) -> float:
    """The share of the ``depth`` nearest that were found."""
    return float(
        np.mean([len(set(a[:depth]) & set(b[:depth])) / len(b[:depth]) for a, b in zip(found, truth, strict=True)])
    )


def line(size: int, way: str, times: Timed, *, built: float | None = None, truth: Found | None = None) -> None:
    """One line of the table."""
    shares = "".join(f"{recall(times.found, truth, depth):8.3f}" for depth in (12, DEPTH)) if truth else f"{'':16}"
    built_in = f"{built:8.1f}" if built is not None else f"{'':8}"
    print(
        f"{size:9} {way:34} {len(times.found):4} {times.p50:8.1f} {times.p95:8.1f} {times.processor:8.1f} {shares} "
        f"{built_in}",
        flush=True,
    )


def whole(library: Library, embedder: Embedder, size: int, questions: Sequence[str]) -> None:
    """The lines of whole searches, as the program makes them."""

    def within(scope: Scope) -> Callable[[str], list[int]]:
        return lambda question: [0 for _ in find(question, library, embedder, scope=scope, k=12)]

    kind = "index" if cast(Index, library._index)._parts else "exact"
    line(size, f"whole search ({kind})", timed(within(Scope()), questions))
    line(size, "whole search, a third of it", timed(within(Scope(("second",))), questions))
    line(size, "whole search, one document", timed(within(Scope((), (name_of(7),))), questions))
    line(
        size,
        "its words that occur nowhere",
        timed(lambda q: [0 for _ in unknown_terms(q, library, Scope())], questions),
    )
    line(
        size,
        "embedding the question alone",
        timed(lambda q: [0 for w in wordings(q) if len(embedder.embed_question(w))], questions),
    )


def nearest(
    index: Index, way: Callable[[Any], Any], contents: Sequence[int] | None = None
) -> Callable[[Vectors], list[int]]:
    """A search for the nearest passages, the query changed by ``way``."""

    def search(vector: Vectors) -> list[int]:
        query = index._table.search(vector, vector_column_name="vector").distance_type("cosine")
        return [passage for passage, _ in index._run(way(query), contents, DEPTH, "_distance")]

    return search


def exactly(query: Any) -> Any:
    """Every vector compared."""
    return query.bypass_vector_index()


def probing(probes: int, refine: int) -> Callable[[Any], Any]:
    """Only the nearest ``probes`` parts; with ``refine``, so many times as many are compared uncompressed."""
    return lambda query: query.nprobes(probes).refine_factor(refine) if refine else query.nprobes(probes)


def parts(index: Index, size: int, ways: Sequence[str], vectors: Sequence[Vectors], words: Sequence[list[str]]) -> None:
    """The lines of exact comparison, of the search for words and of the indexes."""
    kept, index._parts = index._parts, 0
    index._drop_vector_index()
    truth = timed(nearest(index, exactly), vectors)
    line(size, "vectors, exact by LanceDB", truth)
    if index._exact is None and not kept:
        began = time.perf_counter()
        index._hold()
        print(f"{'':9} held in memory in {time.perf_counter() - began:.1f} s")
    if index._exact is not None:
        times = timed(lambda vector: [passage for passage, _ in index.search_vectors(vector, None, DEPTH)], vectors)
        line(size, "vectors, exact in memory", times, truth=truth.found)
    line(size, "words", timed(lambda terms: [0 for _ in index.search_words(terms, None, DEPTH)], words))
    for way in ways:
        count = max(1, round(size**0.5))
        began = time.perf_counter()
        config = WAYS[way](distance_type="cosine", num_partitions=count)
        index._table.create_index("vector", config=config, name="tried")
        built: float | None = time.perf_counter() - began
        for share in SHARES:
            for refine in (0,) if way == "flat" else (0, 3):
                label = f"IVF {way}, {share:.0%} of {count} parts" + (f", refined {refine}" if refine else "")
                times = timed(nearest(index, probing(max(1, round(count * share)), refine)), vectors)
                line(size, label, times, built=built, truth=truth.found)
                built = None
        index._table.drop_index("tried")
    index._keep_vector_index()


def within(index: Index, size: int, vectors: Sequence[Vectors]) -> None:
    """What an index leaves of scopes: through it, and as the program does."""
    contents = sorted(index.counts())
    for label, chosen in (
        ("1 document", contents[7:8]),
        ("10 documents", contents[100:110]),
        ("a third", contents[::3]),
    ):
        truth = timed(nearest(index, exactly, chosen), vectors)
        line(size, f"{label}: exact by LanceDB", truth)
        if index._parts:
            times = timed(nearest(index, probing(max(1, round(index._parts * 0.2)), 0), chosen), vectors)
            line(size, f"{label}: index, 20% of its parts", times, truth=truth.found)

        def ours(vector: Vectors, chosen: Sequence[int] = chosen) -> list[int]:
            return [passage for passage, _ in index.search_vectors(vector, chosen, DEPTH)]

        line(size, f"{label}: the program", timed(ours, vectors), truth=truth.found)


def later(library: Library, real: Real, folder: Path, vectors: Sequence[Vectors]) -> None:
    """Passages that come and go after the index was made: what is found before and after tidying."""
    index, before = cast(Index, library._index), len(library.documents())

    def ours(vector: Vectors) -> list[int]:
        return [passage for passage, _ in index.search_vectors(vector, None, DEPTH)]

    def compare(label: str) -> None:
        truth = timed(nearest(index, exactly), vectors)
        line(len(index), label, timed(ours, vectors), truth=truth.found)

    compare("the program")
    grow(library, real, before + before // 20, folder)
    compare("5% more, not yet tidied")
    began = time.perf_counter()
    library.tidy()
    print(f"tidying: {time.perf_counter() - began:.1f} s")
    compare("5% more, tidied")
    library.retire([name_of(number) for number in range(0, before, 20)])
    compare("5% taken out, not yet tidied")
    library.tidy()
    compare("5% taken out, tidied")


def main() -> int:
    """Measure, and print the table."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("pack", type=Path)
    parser.add_argument("--library", type=Path, required=True)
    parser.add_argument("--sizes", type=int, nargs="+", default=[50_000, 100_000, 300_000])
    parser.add_argument("--questions", type=int, default=60)
    parser.add_argument("--suites", default="cuad,zh_laws,pubmed")
    parser.add_argument("--ways", nargs="*", default=["flat"], choices=tuple(WAYS))
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--index-from", type=int, default=index_module.EXACT_UP_TO)
    parser.add_argument("--keep", default="")
    chosen = parser.parse_args()
    index_module.EXACT_UP_TO = chosen.index_from
    house.go_offline()
    room = Path(chosen.keep or tempfile.mkdtemp(prefix="scale-"))
    room.mkdir(parents=True, exist_ok=True)
    try:
        measure(chosen, room)
    finally:
        if not chosen.keep:
            shutil.rmtree(room)
    return 0


def asked(pack: Path, suites: Sequence[str], count: int, seed: int) -> Iterator[str]:
    """So many questions, as many of each suite."""
    for number, suite in enumerate(suites):
        wanted = count * (number + 1) // len(suites) - count * number // len(suites)
        answerable = [q for q in load_questions(pack, suite) if q.answerable]
        yield from (question.text for question in draw(answerable, wanted, seed))


def measure(chosen: argparse.Namespace, room: Path) -> None:
    """The whole table."""
    questions = list(asked(chosen.pack, chosen.suites.split(","), chosen.questions, chosen.seed))
    embedder = house.embedder(Settings())
    vectors = [embedder.embed_question(question) for question in questions]
    words = [[term for wording in wordings(question) for term in search_terms(wording)] for question in questions]
    with house.library(chosen.library) as source:
        real, identity = real_ones(source), source.embedder
    print(f"grown from {len(real.passages)} passages, {len(questions)} questions")
    print(
        f"{'passages':>9} {'':34} {'n':>4} {'p50':>8} {'p95':>8} {'cpu':>8} "
        f"{'of 12':>8}{f'of {DEPTH}':>8} {'build s':>8}"
    )
    with house.library(room / "library", create=True) as library:
        if identity is not None:
            library.use_embedder(identity)
        for size in sorted(chosen.sizes):
            began = time.perf_counter()
            grow(library, real, -(-size // EACH), room)
            library.tidy()
            index = cast(Index, library._index)
            grown = time.perf_counter() - began
            print(f"{len(index):9} passages of {len(library.documents())} documents, grown in {grown:.0f} s")
            whole(library, embedder, size, questions)
            parts(index, size, chosen.ways, vectors, words)
            within(index, size, vectors[: max(5, len(vectors) // 4)])
        later(library, real, room, vectors)


if __name__ == "__main__":
    sys.exit(main())
