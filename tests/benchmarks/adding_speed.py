"""How fast documents come in, end to end, where the time goes, and what memory it takes.

    python -m tests.benchmarks.adding_speed PACK [--suite cuad] [--first 60]

The suite's first documents go into an empty library in a temporary folder, as ``vademecum add`` puts them there:
copied, read in the child process, cut, embedded, indexed, everything durable.  Memory is told for each tenth of the
passages, so that it shows whether it grows.
"""

from __future__ import annotations

import argparse
import resource
import tempfile
import time
from collections.abc import Sequence
from pathlib import Path

from core.embedding import Embedder, Vectors
from core.evaluating.pack import documents
from core.importing import Importer
from core.settings import Settings
from desktop import house
from tests.benchmarks.timing import line, machine, measured, megabytes


class Watch:
    """How long an embedder takes; ``held`` is the memory after each batch."""

    def __init__(self, embedder: Embedder) -> None:
        self.seconds = self.processor = self.counting = 0.0
        self.passages = 0
        self.held: list[float] = []
        embed, count = embedder.embed_passages, embedder.count_tokens

        def embed_passages(texts: Sequence[str], *others: object) -> Vectors:
            vectors, seconds, processor = measured(lambda: embed(texts, *others))  # type: ignore[arg-type]
            self.seconds += seconds
            self.processor += processor
            self.passages += len(texts)
            self.held.append(megabytes())
            return vectors

        def count_tokens(texts: Sequence[str]) -> list[int]:
            counted, seconds, _ = measured(lambda: count(texts))
            self.counting += seconds
            return counted

        embed(["The first text waits for what is loaded late."])
        vars(embedder).update(embed_passages=embed_passages, count_tokens=count_tokens)


def main() -> None:
    """Measure, and print the table."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("pack", type=Path)
    parser.add_argument("--suite", default="cuad")
    parser.add_argument("--first", type=int, default=60)
    chosen = parser.parse_args()
    house.go_offline()
    settings = Settings()
    files = documents(chosen.pack, chosen.suite)[: chosen.first]
    with tempfile.TemporaryDirectory(prefix="adding-speed-") as folder:
        embedder = house.embedder(settings)
        watch = Watch(embedder)
        print(f"{machine()}; {len(files)} documents of {chosen.suite}; {megabytes():.0f} MB before")
        with house.library(Path(folder) / "library", create=True) as library, house.reader(settings) as reader:
            began, used = time.perf_counter(), time.process_time()
            change = Importer(library, reader, embedder).add(files, collection=chosen.suite)
            seconds, processor = time.perf_counter() - began, time.process_time() - used
            reader.close()
            pages = sum(document.pages for document in library.documents())
    child = resource.getrusage(resource.RUSAGE_CHILDREN)
    print(f"{len(change.added)} added, {len(change.rejected)} rejected, {pages} pages, {watch.passages} passages")
    print(f"{seconds:.1f} s: {pages / seconds:.2f} pages a second (aim 8); processor {processor:.1f} s")
    print(f"embedding {watch.seconds:.1f} s, processor {watch.processor:.1f} s")
    print(f"  {watch.passages / watch.seconds:.1f} passages a second; counting tokens {watch.counting:.1f} s")
    print(
        f"the rest of it {seconds - watch.seconds:.1f} s; the reader's process {child.ru_utime + child.ru_stime:.1f} s"
    )
    step = max(1, len(watch.held) // 10)
    print("memory after each tenth, MB:", " ".join(f"{held:.0f}" for held in watch.held[step - 1 :: step]))
    print(
        line("memory", watch.held, f"MB; most ever {megabytes('VmHWM'):.0f}, the reader {child.ru_maxrss / 1024:.0f}")
    )


if __name__ == "__main__":
    main()
