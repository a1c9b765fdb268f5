"""The story of one question, told in one function.

find -> evidence -> is it there at all? -> draft -> check every sentence -> record -> answer.
"""

from __future__ import annotations

import dataclasses
import hashlib
import time
from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, datetime

from core.conversation import is_conversation
from core.drafting import converse, draft
from core.embedding import Embedder
from core.errors import CancelToken
from core.finding import checked_question, evidence, find, unknown_terms
from core.judging import Judgement, judge_evidence
from core.language_model import LanguageModel
from core.library import Library
from core.nouns import (
    Answer,
    AnswerKind,
    Candidate,
    CheckedAnswer,
    Citation,
    Claim,
    Coverage,
    Draft,
    Evidence,
    Progress,
    Report,
    Scope,
    Seconds,
    Verdict,
    silent,
)
from core.reading import rects_of
from core.verifying import check, spoken_for

_CANDIDATES = 12
_NEAREST = 3


def ask(
    question: str,
    library: Library,
    embedder: Embedder,
    model: LanguageModel,
    *,
    scope: Scope | None = None,
    user: str = "",
    evidence_tokens: int = 500,
    seed: int = 0,
    report: Report = silent,
    on_found: Callable[[Sequence[Candidate]], None] | None = None,
    on_text: Callable[[str], None] | None = None,
    cancel: CancelToken | None = None,
) -> Answer:
    """A verified answer, or an honest refusal, with its durable record.

    ``on_found`` gets the passages before the model starts; ``on_text`` gets the
    unchecked draft as it grows and must not be shown as an answer.  Raises
    UserProblem for a bad question or scope and Cancelled when asked to stop.
    """
    clock = _Clock()
    question = checked_question(question)
    scope = scope or Scope()
    coverage = library.coverage(scope)
    revision = library.revision
    story = _Story()
    if is_conversation(question):
        report(Progress("stage_drafting"))
        story.draft, first = converse(question, model, seed=seed, cancel=cancel)
        clock.drafted(first)
        claims = tuple(Claim(s.text, Verdict.CONVERSATION, 0.0) for s in story.draft.sentences)
        checked = CheckedAnswer(question, AnswerKind.CONVERSATION, claims, (), (), coverage)
    else:
        checked = _from_library(
            question, library, embedder, model, scope, coverage, evidence_tokens, seed, report, on_found, on_text,
            cancel, clock, story,
        )  # fmt: skip
    seconds = clock.seconds()
    body = describe(checked, story, model, library, scope, user, revision, seconds)
    record = library.append_record(body)
    return Answer(checked, record, model.identity, revision, seconds)


@dataclasses.dataclass(slots=True)
class _Story:
    """What happened on the way to the answer, for the record."""

    candidates: tuple[Candidate, ...] = ()
    evidence: tuple[Evidence, ...] = ()
    judgement: Judgement | None = None
    draft: Draft | None = None


class _Clock:
    def __init__(self) -> None:
        self._start = self._last = time.perf_counter()
        self._parts: dict[str, float] = {}

    def lap(self, name: str) -> float:
        now = time.perf_counter()
        elapsed, self._last = now - self._last, now
        self._parts[name] = self._parts.get(name, 0.0) + elapsed
        return elapsed

    def drafted(self, first_token: float) -> None:
        before = self._last - self._start
        self.lap("draft")
        self._parts["first_token"] = before + first_token

    def seconds(self) -> Seconds:
        self.lap("verify")
        rounded = {name: round(value, 3) for name, value in self._parts.items()}
        return Seconds(**rounded, total=round(self._last - self._start, 3))


def _from_library(
    question: str,
    library: Library,
    embedder: Embedder,
    model: LanguageModel,
    scope: Scope,
    coverage: Coverage,
    evidence_tokens: int,
    seed: int,
    report: Report,
    on_found: Callable[[Sequence[Candidate]], None] | None,
    on_text: Callable[[str], None] | None,
    cancel: CancelToken | None,
    clock: _Clock,
    story: _Story,
) -> CheckedAnswer:
    report(Progress("stage_finding"))
    story.candidates = find(question, library, embedder, scope=scope, k=_CANDIDATES, cancel=cancel)
    clock.lap("find")
    if on_found:
        on_found(story.candidates)
    nearest = story.candidates[:_NEAREST]

    def not_found(reason: str, removed: tuple[Claim, ...] = ()) -> CheckedAnswer:
        return CheckedAnswer(question, AnswerKind.NOT_FOUND, (), removed, nearest, coverage, reason)

    if not story.candidates:
        return not_found("nothing_found" if coverage.documents else "library_empty")
    story.evidence = evidence(question, story.candidates, embedder, model.count_tokens, evidence_tokens, cancel)
    report(Progress("stage_judging"))
    unknown = unknown_terms(question, library, scope)
    story.judgement = judge_evidence(question, story.candidates, story.evidence, unknown)
    clock.lap("find")
    if not story.judgement.answerable:
        return not_found("not_answered_by_passages")
    report(Progress("stage_drafting"))
    story.draft, first = draft(question, story.evidence, model, seed=seed, on_text=on_text, cancel=cancel)
    clock.drafted(first)
    report(Progress("stage_verifying"))
    kept, removed = check(story.draft, story.evidence, question, unknown)
    kept += spoken_for(kept, story.evidence)
    kept = tuple(c for c in (_placed(claim, library) for claim in kept) if c.citations)
    if not kept:
        return not_found("nothing_stood", removed)
    return CheckedAnswer(question, AnswerKind.ANSWERED, kept, removed, nearest, coverage)


def _placed(claim: Claim, library: Library) -> Claim:
    """``claim`` with the rectangles of its quotes; a quote that is not verbatim on its page is dropped."""
    placed: list[Citation] = []
    for citation in claim.citations:
        page = library.page(citation.sha256, citation.page_index)
        if citation.quote and page.text[citation.start : citation.end] == citation.quote:
            rects = rects_of(page, citation.start, citation.end)
            placed.append(dataclasses.replace(citation, rects=rects))
    return dataclasses.replace(claim, citations=tuple(placed))


def describe(
    checked: CheckedAnswer,
    story: _Story,
    model: LanguageModel,
    library: Library,
    scope: Scope,
    user: str,
    revision: int,
    seconds: Seconds,
) -> Mapping[str, object]:
    """The body of the audit record: all that is needed to retrace the answer, as plain JSON values."""
    judged = story.judgement
    return {
        "format": 1,
        "utc": datetime.now(UTC).isoformat(timespec="milliseconds"),
        "monotonic": round(time.monotonic(), 3),
        "user": user,
        "question": checked.question,
        "scope": {"collections": list(scope.collections), "documents": list(scope.documents)},
        "kind": checked.kind.value,
        "reason": checked.reason,
        "library_revision": revision,
        "embedder": dataclasses.asdict(library.embedder) if library.embedder else None,
        "model": dataclasses.asdict(model.identity),
        "prompt_sha256": story.draft.prompt_sha256 if story.draft else "",
        "seed": story.draft.seed if story.draft else None,
        "judgement": dataclasses.asdict(judged) if judged else None,
        "candidates": [
            {
                "passage": c.passage.id,
                "document": c.document,
                "sha256": c.passage.sha256,
                "page": c.passage.page_index + 1,
                "text_sha256": _hash(c.passage.text),
                "score": round(c.score, 5),
                "similarity": round(c.similarity, 5),
                "keyword_score": round(c.keyword_score, 5),
            }
            for c in story.candidates
        ],
        "evidence": [
            {
                "number": e.number,
                "passage": e.candidate.passage.id,
                "start": e.start,
                "end": e.end,
                "sha256": _hash(e.text),
            }
            for e in story.evidence
        ],
        "draft": story.draft.raw if story.draft else "",
        "sentences": [_claim(c) for c in checked.claims],
        "removed": [_claim(c) for c in checked.removed],
        "coverage": {
            "documents": checked.coverage.documents,
            "pages": checked.coverage.pages,
            "unreadable": [[name, [p + 1 for p in pages]] for name, pages in checked.coverage.unreadable],
        },
        "seconds": dataclasses.asdict(seconds),
    }


def _claim(claim: Claim) -> dict[str, object]:
    return {
        "text": claim.text,
        "verdict": claim.verdict.value,
        "support": claim.support,
        "faults": list(claim.faults),
        "verbatim": claim.verbatim,
        "citations": [
            {
                "document": c.document,
                "sha256": c.sha256,
                "page": c.page_index + 1,
                "page_label": c.page_label,
                "passage": c.passage_id,
                "start": c.start,
                "end": c.end,
                "quote": c.quote,
            }
            for c in claim.citations
        ],
    }


def _hash(text: str) -> str:
    return hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest()
