"""How well finding finds, from the question alone: contracts, statutes, abstracts, and questions in another language.

    python -m tests.benchmarks.finding PACK --library FOLDER [--suites cuad,zh_laws,pubmed,cross] [--half 0|1]

The documents are read and embedded once, into a library in FOLDER; a second run only searches.  Every figure comes
with its 95% interval and the pack's floor.  ``--half`` measures one half of every set: what is chosen on one
half is reported on the other.
"""

from __future__ import annotations

import argparse
import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from core.errors import CancelToken
from core.evaluating.measures import quantile
from core.evaluating.pack import Question, draw, load_questions, read_floors, tidy
from core.evaluating.running import Engine, Searched, bring_in, search_all
from core.evaluating.scoring import retrieval_table
from core.evaluating.tables import Figure, figure
from core.intervals import share
from core.library import Library
from core.nouns import Progress, Scope, silent
from core.settings import Settings
from desktop import house

CROSS = Path(__file__).with_name("cross_language.jsonl")
SUITES = ("cuad", "zh_laws", "pubmed")


def cross_language(suite: str) -> tuple[Question, ...]:
    """The questions in the other language that are about the documents of a suite."""
    return tuple(
        Question(
            id=row["id"],
            text=row["question"],
            answerable=True,
            document=tidy(row.get("document", "")),
            gold=(frozenset((tidy(place["doc"]), place["page"]) for place in row["gold"]),),
        )
        for row in rows()
        if row["suite"] == suite
    )


def rows() -> list[dict[str, Any]]:
    """The lines of the cross-language file."""
    return [json.loads(line) for line in CROSS.read_text(encoding="utf-8").splitlines() if line.strip()]


def misplaced(library: Library, suite: str) -> list[str]:
    """The ids of cross-language questions whose words do not stand on their page, as the program reads it."""
    documents = {d.name: d.sha256 for d in library.documents(Scope((suite,)))}
    wrong = []
    for row in rows():
        if row["suite"] == suite:
            for place in row["gold"]:
                text = library.page(documents[tidy(place["doc"])], place["page"] - 1).text
                if flat(place["words"]) not in flat(text):
                    wrong.append(f"{row['id']} (page {place['page']})")
    return wrong


def flat(text: str) -> str:
    """``text`` without white space."""
    return "".join(text.split())


def halved(questions: Sequence[Question], half: int | None, seed: int) -> tuple[Question, ...]:
    """All answerable ones, or one half of them."""
    drawn = draw([q for q in questions if q.answerable], 0, seed)
    if half is None:
        return drawn
    middle = len(drawn) // 2
    return drawn[middle:] if half else drawn[:middle]


def cross_figures(name: str, searched: Sequence[Searched]) -> list[Figure]:
    """Page hit@1/5/10 of questions in another language than their documents."""
    figures: list[Figure] = []
    for k in (1, 5, 10):
        hits = share([any(page in s.question.gold_pages for page in s.pages[:k]) for s in searched])
        figures += figure("figure_page_hit", hits, of=f"@{k} {name}")
    return figures


def show(title: str, figures: Sequence[Figure]) -> None:
    """A table on the terminal."""
    print(f"\n{title}")
    for one in figures:
        interval = "" if one.low is None else f"{one.low:6.1f} – {one.high:.1f}"
        floor = "" if one.floor is None else f"floor {one.floor:g}"
        print(f"  {one.words():48}{one.value:7.1f} {one.unit:3} n {one.n:<5}{interval:18}{floor}")


def tell(progress: Progress) -> None:
    """Only what takes minutes is told."""
    if progress.stage not in ("stage_evaluating_search",) and progress.total and progress.done % 500 == 0:
        print(f"  {progress.stage} {progress.done}/{progress.total}", flush=True)


def main() -> None:
    """Build what is missing, search every question and print the tables."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("pack", type=Path)
    parser.add_argument("--library", type=Path, required=True, help="where the library of this benchmark is kept")
    parser.add_argument("--suites", default="cuad,zh_laws,pubmed,cross")
    parser.add_argument("--half", type=int, choices=(0, 1))
    parser.add_argument("--seed", type=int, default=0)
    chosen = parser.parse_args()
    wanted = chosen.suites.split(",")
    settings = Settings()
    house.go_offline()
    floors = read_floors(chosen.pack)
    with house.library(chosen.library, create=True) as library, house.reader(settings) as reader:
        engine = Engine(library, reader, house.embedder(settings))
        crossing: list[Searched] = []
        for suite in SUITES:
            if suite not in wanted and not ("cross" in wanted and cross_language(suite)):
                continue
            there = bring_in(engine, chosen.pack, suite, tell, CancelToken()).documents
            if suite in wanted:
                questions = halved(load_questions(chosen.pack, suite), chosen.half, chosen.seed)
                searched = search_all(questions, engine, suite, there, silent, None)
                figures = retrieval_table(suite, searched, floors, chosen.seed).figures
                milliseconds = [1000 * s.seconds for s in searched]
                spread = [
                    f
                    for at in (0.5, 0.95)
                    for f in figure(
                        "figure_search_time", quantile(milliseconds, at, 0), unit="ms", of=f"p{100 * at:.0f}"
                    )
                ]
                show(suite, (*figures, *spread))
            if "cross" in wanted and (asked := cross_language(suite)):
                if wrong := misplaced(library, suite):
                    parser.error(f"words that do not stand on their page: {', '.join(wrong)}")
                searched = search_all(halved(asked, chosen.half, chosen.seed), engine, suite, there, silent, None)
                show(f"{suite}, asked in the other language", cross_figures("", searched))
                crossing += searched
        if crossing:
            show("all questions in another language", cross_figures("", crossing))


if __name__ == "__main__":
    main()
