"""How fast passages are embedded, beside a plain ``SentenceTransformer.encode`` of the same texts in the same run.

    python -m tests.benchmarks.embedding_speed --library FOLDER [--passages 128] [--rounds 5] [--threads 0]

FOLDER holds a library, as ``tests.benchmarks.finding`` leaves one; its passages are the texts, as an import embeds
them: 128 together, in the order in which they stand.  Both ways take turns, each round with other passages.  Plain is
the model as its makers load it: float32, 32 texts at a time, the prefix put before each.  ``times`` is plain's time by
ours, and ``cosine`` the least one between the vectors of both.  On a machine that does other work too, look at the
processor time.
"""

from __future__ import annotations

import argparse
import random
from collections.abc import Sequence
from pathlib import Path

import numpy as np

from core.embedding import SentenceTransformerEmbedder
from core.library import Library
from core.settings import Settings
from desktop import house
from tests.benchmarks.timing import heading, line, machine, measured


def texts_of(library: Library, wanted: int, seed: int) -> list[str]:
    """So many texts as they are embedded: stretches of documents, drawn at random."""
    store = library._store
    keys: list[str] = []
    for content in random.Random(seed).sample(sorted(store.active_contents()), len(store.active_contents())):
        keys += store.keys(store.passage_numbers([content]).tolist()).values()
        if len(keys) >= wanted:
            break
    return [passage.embedded_text for passage in library.passages(keys[:wanted])]


def main() -> None:
    """Measure, and print the table."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--library", type=Path, required=True)
    parser.add_argument("--passages", type=int, default=128, help="of a round")
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--threads", type=int, default=0)
    parser.add_argument("--seed", type=int, default=0)
    chosen = parser.parse_args()
    house.go_offline()
    with house.library(chosen.library) as library:
        texts = texts_of(library, chosen.passages * chosen.rounds, chosen.seed)
    if len(texts) < chosen.passages * chosen.rounds:
        parser.error(f"the library holds only {len(texts)} passages")
    # Imported where it is needed: the doors to heavy libraries are elsewhere.
    from sentence_transformers import SentenceTransformer

    settings = Settings(threads=chosen.threads)
    folder = house.find_embedder(settings).path
    ours = house.embedder(settings)
    assert isinstance(ours, SentenceTransformerEmbedder)
    plain = SentenceTransformer(str(folder), device="cpu", local_files_only=True)

    def encode(batch: Sequence[str]) -> np.ndarray:
        return np.asarray(plain.encode(list(batch), prompt_name="passage", show_progress_bar=False), np.float32)

    print(f"{machine()}; {chosen.rounds} rounds of {chosen.passages} passages")
    encode(texts[:4])
    ours.embed_passages(texts[:4])
    rates: dict[str, list[float]] = {
        "plain": [],
        "ours": [],
        "times": [],
        "plain cpu": [],
        "ours cpu": [],
        "times cpu": [],
    }
    cosines, tokens = [], 0
    for at in range(0, len(texts), chosen.passages):
        batch = texts[at : at + chosen.passages]
        tokens += sum(ours.count_tokens(batch))
        theirs, seconds, processor = measured(lambda: encode(batch))  # noqa: B023 - called at once
        made, our_seconds, our_processor = measured(lambda: ours.embed_passages(batch))  # noqa: B023
        cosines.append(float((made * theirs).sum(axis=1).min()))
        rates["plain"].append(len(batch) / seconds)
        rates["ours"].append(len(batch) / our_seconds)
        rates["times"].append(seconds / our_seconds)
        rates["plain cpu"].append(len(batch) / processor)
        rates["ours cpu"].append(len(batch) / our_processor)
        rates["times cpu"].append(processor / our_processor)
    print(heading(f"{tokens / len(texts):.0f} tokens a passage", ""))
    print(line("plain, passages a second", rates["plain"]))
    print(line("ours, passages a second", rates["ours"]))
    print(line("ours, times plain", rates["times"], "aim 1.5"))
    print(line("plain, passages a processor second", rates["plain cpu"]))
    print(line("ours, passages a processor second", rates["ours cpu"]))
    print(line("ours, times plain by processor time", rates["times cpu"]))
    print(f"least cosine of both {min(cosines):.5f}")


if __name__ == "__main__":
    main()
