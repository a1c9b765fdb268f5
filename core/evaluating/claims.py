"""The verifier suite: the shipped verdict on claims that people have labelled.  Needs no library."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from core.embedding import Embedder
from core.errors import CancelToken
from core.evaluating.measures import Confusion, macro_f1
from core.evaluating.pack import Floors, LabelledClaim, draw, load_claims
from core.evaluating.tables import Figure, Table, figure
from core.intervals import share
from core.likeness import Likening
from core.nouns import Candidate, Claim, DraftSentence, Evidence, Passage, Progress, Report, Verdict
from core.verifying import Alike, judge

_MACRO_F1 = "macro-F1, supported v. rest"
_MEDICINE_AND_LAW = ("Healthcare / Medicine", "Law")
_CITATION_MARK = re.compile(r"\s*\[\d{1,3}\]")


@dataclass(frozen=True, slots=True)
class Judged:
    """A labelled claim and what the program says of it."""

    labelled: LabelledClaim
    claim: Claim

    @property
    def passed(self) -> bool:
        """Whether the program calls it supported."""
        return self.claim.verdict is Verdict.SUPPORTED


def judge_claims(
    pack: Path, n: int, seed: int, report: Report, cancel: CancelToken | None, embedder: Embedder | None = None
) -> dict[str, tuple[Judged, ...]]:
    """``n`` claims of every file (0: all) with their verdicts, by file name without its ending.

    Without an embedder only words are weighed, as where none is installed.
    """
    drawn = {file: draw(claims, n, seed) for file, claims in load_claims(pack).items()}
    total, done = sum(len(claims) for claims in drawn.values()), 0
    judged: dict[str, tuple[Judged, ...]] = {}
    for file, claims in drawn.items():
        results: list[Judged] = []
        for labelled in claims:
            if cancel:
                cancel.check()
            report(Progress("stage_evaluating_claims", done, total, file))
            results.append(Judged(labelled, verdict(labelled, Likening(embedder) if embedder else None)))
            done += 1
        judged[file] = tuple(results)
    report(Progress("stage_evaluating_claims", total, total))
    return judged


def verdict(labelled: LabelledClaim, alike: Alike | None = None) -> Claim:
    """The program's own judgement of the claim, as if the model had drafted it citing this evidence."""
    passage = Passage("", "", 0, 0, len(labelled.evidence), labelled.evidence)
    found = Candidate(passage, "", "", score=1.0, similarity=1.0, keyword_score=1.0, coverage=1.0)
    evidence = Evidence(1, found, 0, len(labelled.evidence), labelled.evidence)
    # Marks such as [2] count the sources of another system; of a draft they never reach the verifier.
    sentence = DraftSentence(_CITATION_MARK.sub("", labelled.text).strip(), (1,))
    return judge(sentence, [evidence], labelled.question, alike=alike)


def claim_tables(judged: Mapping[str, Sequence[Judged]], floors: Floors, seed: int) -> tuple[Table, ...]:
    """One table: macro-F1 a file and a source, contradicted claims let through, medicine and law."""
    figures: list[Figure] = []
    for file, results in judged.items():
        name = f"verifier/{file}"
        figures += _macro_f1(results, file, floors.get((name, _MACRO_F1)), seed)
        sources = dict.fromkeys(r.labelled.source for r in results)
        for source in sources if len(sources) > 1 else ():
            of_source = [r for r in results if r.labelled.source == source]
            figures += _macro_f1(of_source, source, floors.get((f"{name} - {source}", _MACRO_F1)), seed)
        expert = [r for r in results if r.labelled.field in _MEDICINE_AND_LAW]
        if len(expert) < len(results):
            floor = floors.get((f"{name} - medicine and law only", _MACRO_F1))
            figures += _macro_f1(expert, file, floor, seed, "figure_macro_f1_medicine_law")
        contradicted = [r.passed for r in results if r.labelled.label == "contradicted"]
        figures += figure(
            "figure_contradicted_passed",
            share(contradicted),
            floor=floors.get((f"{name} - contradicted claims let through as supported", "percent")),
            note="note_lower_is_better",
            of=file,
        )
    return (Table("table_verifier", tuple(figures)),)


def claim_details(judged: Mapping[str, Sequence[Judged]]) -> tuple[Mapping[str, object], ...]:
    """Every claim's label and verdict, as plain JSON values."""
    return tuple(
        {
            "file": file,
            "id": result.labelled.id,
            "label": result.labelled.label,
            "verdict": result.claim.verdict.value,
            "support": result.claim.support,
            "faults": list(result.claim.faults),
        }
        for file, results in judged.items()
        for result in results
    )


def _macro_f1(
    results: Sequence[Judged], of: str, floor: float | None, seed: int, name: str = "figure_macro_f1"
) -> tuple[Figure, ...]:
    counts = Confusion.of([r.labelled.label == "supported" for r in results], [r.passed for r in results])
    return figure(name, macro_f1(counts, seed), floor=floor, of=of)
