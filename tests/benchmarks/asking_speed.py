"""How long a person waits: for the passages, for the first verified sentence, for the whole answer.

    python -m tests.benchmarks.asking_speed PACK --library FOLDER [--questions 30] [--suites cuad,zh_laws,pubmed]
                                            [--model NAME]

FOLDER holds a library of the pack's suites, as ``tests.benchmarks.finding`` leaves it.  Answerable questions are drawn
from each suite alike and asked one after another, as the window asks them: models loaded, sentences shown as they
stand.  The first question of all is asked once before and does not count.
"""

from __future__ import annotations

import argparse
import time
from collections import Counter
from pathlib import Path

from core.asking import ask
from core.nouns import AnswerKind
from core.settings import Settings
from desktop import house
from tests.benchmarks.questions import answerable
from tests.benchmarks.timing import heading, line, machine


def main() -> None:
    """Measure, and print the table."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("pack", type=Path)
    parser.add_argument("--library", type=Path, required=True)
    parser.add_argument("--questions", type=int, default=30)
    parser.add_argument("--suites", default="cuad,zh_laws,pubmed")
    parser.add_argument("--model", default="")
    parser.add_argument("--seed", type=int, default=0)
    chosen = parser.parse_args()
    house.go_offline()
    settings = Settings()
    passages: list[float] = []
    first: list[float] = []
    whole: dict[AnswerKind, list[float]] = {kind: [] for kind in AnswerKind}
    parts: dict[str, list[float]] = {name: [] for name in ("find", "first_token", "draft", "verify")}
    kinds: Counter[str] = Counter()
    with house.library(chosen.library) as library, house.language_model(settings, chosen.model) as model:
        embedder = house.embedder(settings)
        print(f"{machine()}; {model.identity.name}; {library.passage_count()} passages")
        asked = list(answerable(chosen.pack, chosen.suites.split(","), library, chosen.questions, chosen.seed))
        for place, (question, scope) in enumerate((*asked[:1], *asked)):
            waited: dict[str, float] = {}
            began = time.perf_counter()

            def note(what: str, waited: dict[str, float] = waited, began: float = began) -> None:
                waited.setdefault(what, time.perf_counter() - began)

            answer = ask(
                question.text,
                library,
                embedder,
                model,
                scope=scope,
                evidence_tokens=settings.evidence_tokens,
                on_found=lambda _, note=note: note("passages"),  # type: ignore[misc]
                on_claim=lambda _, note=note: note("first"),  # type: ignore[misc]
            )
            note("whole")
            if not place:
                continue
            kind = answer.checked.kind
            kinds[kind.value] += 1
            passages.append(waited["passages"])
            whole[kind].append(waited["whole"])
            if kind is AnswerKind.ANSWERED:
                first.append(waited["first"])
                for name, values in parts.items():
                    values.append(getattr(answer.seconds, name))
    print(", ".join(f"{count} {kind}" for kind, count in kinds.most_common()))
    print(heading("seconds until", ""))
    print(line("the passages are shown", passages, "aim 1"))
    print(line("the first verified sentence", first, "aim 8"))
    print(line("the whole answer, all questions", [s for values in whole.values() for s in values], "aim p50 20"))
    print(line("the whole answer, where answered", whole[AnswerKind.ANSWERED]))
    print(line("the whole answer, not found", whole[AnswerKind.NOT_FOUND]))
    print(heading("of an answer", ""))
    for name, values in parts.items():
        print(line(f"  {name}", values))


if __name__ == "__main__":
    main()
