"""The same engine against question sets with known pages: every figure with its interval, beside its floor.

A pack is a folder of suites: ``cuad``, ``zh_laws``, ``zh_cases`` and ``pubmed`` hold PDFs and questions,
``verifier`` holds claims with evidence; floors are read from the pack's own README.md.
"""

from __future__ import annotations

import dataclasses
import time
from pathlib import Path

from core.embedding import Embedder
from core.errors import CancelToken
from core.evaluating.claims import claim_details, claim_tables, judge_claims
from core.evaluating.differing import difference_table
from core.evaluating.pack import SUITES, draw_both, load_claims, load_questions, read_floors
from core.evaluating.running import Asked, Engine, Imported, ask_all, bring_in, conditions, search_all
from core.evaluating.scoring import (
    citation_table,
    decision_table,
    question_details,
    refusal_table,
    retrieval_table,
    speed_table,
)
from core.evaluating.tables import Evaluation, Figure, Table, to_json
from core.nouns import ModelIdentity, Report, silent

__all__ = [
    "SUITES",
    "Engine",
    "Evaluation",
    "Figure",
    "Table",
    "evaluate",
    "load_claims",
    "load_questions",
    "to_json",
]

_RENDERED = ("zh_laws", "zh_cases")  # their PDFs were made from text, which reads better than a scan


def evaluate(
    pack: Path,
    suite: str,
    engine: Engine | None = None,
    *,
    embedder: Embedder | None = None,
    n: int = 0,
    asks: int = 0,
    seed: int = 0,
    report: Report = silent,
    cancel: CancelToken | None = None,
) -> Evaluation:
    """The suite's tables.  Every suite needs an engine but ``verifier``, which takes an ``embedder`` alone.

    ``n`` answerable and ``n`` absent questions are searched (0: all; of ``verifier``: ``n`` claims a file),
    ``asks`` and ``asks`` are asked (0: none); the same ``seed`` draws the same.  The documents go into a
    collection named after the suite, so give a library of its own, which makes a second run quick when kept.
    Where the engine has a persona, a table more tells what it changes.
    Raises UserProblem for a pack that is missing or malformed, and Cancelled.
    """
    began = time.perf_counter()
    if suite == "verifier":
        judged = judge_claims(pack, n, seed, report, cancel, embedder)
        return Evaluation(
            suite,
            claim_tables(judged, read_floors(pack), seed),
            settings=_settings(suite, n, 0, seed, began),
            details=claim_details(judged),
        )
    # Everything that can be refused in a second is looked at before an import that takes minutes.
    questions = load_questions(pack, suite)
    floors = read_floors(pack)
    if engine is None or ((asks or engine.open_speaker) and engine.open_model is None):
        raise ValueError(f"suite {suite} needs an engine, and a language model to ask questions")
    imported = bring_in(engine, pack, suite, report, cancel)
    drawn = draw_both(questions, n, seed)
    searched = search_all(drawn, engine, suite, imported.documents, report, cancel)
    asked: tuple[Asked, ...] = ()
    changed: Table | None = None
    identity: ModelIdentity | None = None
    if (asks or engine.open_speaker) and engine.open_model is not None:
        model = engine.open_model()
        identity = model.identity
        readable = [q for q in questions if not q.document or q.document in imported.documents]
        to_ask = draw_both(readable, asks, seed) if asks else ()
        asked = ask_all(to_ask, engine, model, suite, seed, report, cancel)
        if engine.open_speaker is not None:
            speaker = engine.open_speaker(model)
            identity = speaker.model.identity
            understood = search_all(drawn, engine, suite, imported.documents, report, cancel, speaker)
            told = ask_all(to_ask, engine, model, suite, seed, report, cancel, speaker)
            changed = difference_table(suite, (searched, understood), (asked, told))
    tables = [retrieval_table(suite, searched, floors, seed)]
    notes = ["note_rendered"] if suite in _RENDERED else []
    if asked:
        tables += [citation_table(suite, asked, seed), refusal_table(suite, asked, floors, seed)]
        if suite == "pubmed":
            decisions = decision_table(asked, floors)
            tables += [decisions] if decisions else []
            notes += [] if decisions else ["note_decisions_left_out"]
    tables += [changed] if changed else []
    tables.append(speed_table(searched, asked, imported, seed))
    if imported.rejected:
        notes.append("note_documents_unread")
    settings = _settings(suite, n, asks, seed, began) | _parts(engine, imported, identity)
    return Evaluation(
        suite,
        tuple(table for table in tables if table.figures),
        tuple(notes),
        settings,
        question_details(searched, asked),
    )


def _settings(suite: str, n: int, asks: int, seed: int, began: float) -> dict[str, object]:
    return {
        "suite": suite,
        "n": n,
        "asks": asks,
        "seed": seed,
        **conditions(began),
    }


def _parts(engine: Engine, imported: Imported, model: ModelIdentity | None) -> dict[str, object]:
    return {
        "model": dataclasses.asdict(model) if model else None,
        "embedder": dataclasses.asdict(engine.embedder.identity),
        "evidence_tokens": engine.evidence_tokens,
        "library_revision": engine.library.revision,
        "documents": len(imported.documents),
        "pages": imported.total_pages,
        "pages_imported_now": imported.pages,
        "import_seconds": round(imported.seconds, 2),
        "peak_megabytes": imported.megabytes and [round(part, 1) for part in imported.megabytes],  # own, reader's
        "rejected": [list(pair) for pair in imported.rejected],
    }
