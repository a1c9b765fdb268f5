"""The story of one question, told in one function.

find -> evidence -> is it there at all? -> draft -> check every sentence -> record -> answer.
"""

from __future__ import annotations

import dataclasses
import hashlib
import time
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from datetime import UTC, datetime
from typing import Any

from core.audit import BEGUN, SENTENCE, STOPPED, body_of
from core.conversation import is_about_speaker, is_conversation
from core.dating import date_of
from core.disagreeing import Opposite, opposites
from core.drafting import draft
from core.embedding import Embedder
from core.errors import Cancelled, CancelToken, UserProblem, VademecumError
from core.finding import checked_question, evidence, find, unknown_terms
from core.glossary import Meaning, stands_in
from core.judging import Judgement, judge_evidence
from core.language_model import LanguageModel
from core.library import Library
from core.likeness import Likening
from core.nouns import (
    Answer,
    AnswerKind,
    AuditRecord,
    Candidate,
    CheckedAnswer,
    Citation,
    Claim,
    Coverage,
    DatedBy,
    Disagreement,
    Draft,
    DraftSentence,
    Evidence,
    ModelIdentity,
    Progress,
    Report,
    Scope,
    Seconds,
    Side,
    Verdict,
    silent,
)
from core.reading import rects_of
from core.speaking import Speaker, converse, opening, understood
from core.terms import question_terms
from core.verifying import judge, overlap, spoken_for

_CANDIDATES = 12
_NEAREST = 3
_LOOKED_AT = 20  # passages in which a word of the glossary is looked for
_BROKEN_OFF = "answer_broken_off"  # why a record is "stopped" when nobody asked for it


def ask(
    question: str,
    library: Library,
    embedder: Embedder,
    model: LanguageModel,
    *,
    scope: Scope | None = None,
    user: str = "",
    speaker: Speaker | None = None,
    evidence_tokens: int = 500,
    seed: int = 0,
    report: Report = silent,
    on_found: Callable[[Sequence[Candidate]], None] | None = None,
    on_text: Callable[[str], None] | None = None,
    on_claim: Callable[[Claim], None] | None = None,
    on_stopped: Callable[[Answer], None] | None = None,
    cancel: CancelToken | None = None,
) -> Answer:
    """A verified answer, or an honest refusal, with its durable record.

    ``on_found`` gets the passages before the model starts; ``on_text`` gets the
    unchecked draft as it grows and must not be shown as an answer.  ``on_claim``
    gets the sentences of an answer from the library one by one while the model
    still writes, each checked and on record, in the order in which they stand in
    the answer; ``on_stopped`` gets what there is, on record, when after the first of
    them it is stopped or fails.  ``speaker`` is who talks: it opens the answer and reads the trade's
    words in the question, and has no part in what is drafted or judged.  Raises
    UserProblem for a bad question or scope and Cancelled when asked to stop.
    """
    clock = _Clock()
    question = checked_question(question)
    scope = scope or Scope()
    asked = _Asked(question, library, model, scope, user, speaker, library.coverage(scope), library.revision, seed)
    story = _Story()
    showing = _Showing(asked, story, on_claim)
    try:
        if is_conversation(question):
            checked = _conversation(asked, report, cancel, clock, story)
        else:
            checked = _from_library(
                asked, embedder, evidence_tokens, report, on_found, on_text, cancel, clock, story, showing
            )
            if checked.kind is AnswerKind.NOT_FOUND and is_about_speaker(question, embedder):
                checked = _conversation(asked, report, cancel, clock, story)
            elif speaker:
                report(Progress("stage_speaking"))
                found = checked.kind is AnswerKind.ANSWERED
                checked = dataclasses.replace(checked, opening=opening(question, speaker, found=found, cancel=cancel))
                clock.lap("draft")
        seconds = clock.seconds()
        record = library.append_record(_described(checked, asked, story, showing.begun, seconds))
    except BaseException as fault:
        with suppress(VademecumError):  # what stopped the answer is told, not that the same disk is still full
            ending = showing.stopped(fault, clock.seconds())
            if ending is not None and on_stopped is not None:
                on_stopped(_as_answer(ending, library))
        raise
    return Answer(checked, record, model.identity, asked.revision, seconds)


def close_interrupted(library: Library) -> AuditRecord | None:
    """Write down that the last answer was broken off, if a kill left it without an end; the record that says so.

    What was shown of it comes into its conversation.  To be called when a library has been opened, before anything
    is asked of it.
    """
    last = library.audit_head().sequence
    ending = [body_of(record) for record in library.records(last)] if last else []
    if not ending or ending[0].get("kind") not in (BEGUN, SENTENCE):
        return None
    begun = int(ending[0].get("begun", last))
    steps = [body_of(record) for record in library.records(begun)]
    said = [step["sentence"] for step in steps if step.get("kind") == SENTENCE and step.get("begun") == begun]
    names = ("user", "question", "scope", "coverage", "library_revision", "model", "persona")
    kept = {name: steps[0].get(name) for name in names}
    record = library.append_record(
        {**_head(STOPPED), **kept, "begun": begun, "sentences": said, "reason": _BROKEN_OFF, "fault": ""}
    )
    asked = library.under_way()
    if asked is not None and asked.understood.question == kept["question"]:
        # Its conversation may have been deleted, and a record that was tampered with must not keep the library shut.
        with suppress(UserProblem, KeyError, TypeError, ValueError):
            library.keep_exchange(asked.conversation, asked.typed, asked.understood.scope, _as_answer(record, library))
    return record


@dataclasses.dataclass(frozen=True, slots=True)
class _Asked:
    """What is asked, of what, and as it was when it was asked."""

    question: str
    library: Library
    model: LanguageModel
    scope: Scope
    user: str
    speaker: Speaker | None
    coverage: Coverage
    revision: int
    seed: int


@dataclasses.dataclass(slots=True)
class _Story:
    """What happened on the way to the answer, for the record."""

    searched: str = ""  # the question in the documents' words
    candidates: tuple[Candidate, ...] = ()
    evidence: tuple[Evidence, ...] = ()
    judgement: Judgement | None = None
    draft: Draft | None = None


class _Showing:
    """Hands sentences over before the answer is complete, each durable on record before it is seen."""

    def __init__(self, asked: _Asked, story: _Story, on_claim: Callable[[Claim], None] | None) -> None:
        self._asked = asked
        self._story = story
        self._on_claim = on_claim
        self._shown: list[Claim] = []
        self.begun = 0  # the record of that name; 0 while nothing was shown

    @property
    def wanted(self) -> bool:
        """Whether anybody is waiting for sentences."""
        return self._on_claim is not None

    def show(self, claim: Claim) -> None:
        """Put ``claim`` on record and hand it over."""
        if self._on_claim is None:
            return
        append = self._asked.library.append_record
        if not self.begun:
            self.begun = append({**_head(BEGUN), **_circumstances(self._asked, self._story)}).sequence
        append({**_head(SENTENCE), "begun": self.begun, "sentence": _claim(claim)})
        self._shown.append(claim)
        self._on_claim(claim)

    def stopped(self, fault: BaseException, seconds: Seconds) -> AuditRecord | None:
        """Put on record that no more follows, if anything was begun."""
        if not self.begun:
            return None
        return self._asked.library.append_record(
            {
                **_head(STOPPED),
                **_question(self._asked),
                "begun": self.begun,
                "sentences": [_claim(c) for c in self._shown],
                "reason": "cancelled" if isinstance(fault, Cancelled) else _BROKEN_OFF,
                "fault": fault.key if isinstance(fault, VademecumError) else type(fault).__name__,
                "seconds": dataclasses.asdict(seconds),
            }
        )


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


def _conversation(
    asked: _Asked, report: Report, cancel: CancelToken | None, clock: _Clock, story: _Story
) -> CheckedAnswer:
    report(Progress("stage_drafting"))
    story.draft, first = converse(asked.question, asked.model, asked.speaker, seed=asked.seed, cancel=cancel)
    clock.drafted(first)
    claims = tuple(Claim(s.text, Verdict.CONVERSATION, 0.0) for s in story.draft.sentences)
    return CheckedAnswer(asked.question, AnswerKind.CONVERSATION, claims, (), (), asked.coverage)


def _from_library(
    asked: _Asked,
    embedder: Embedder,
    evidence_tokens: int,
    report: Report,
    on_found: Callable[[Sequence[Candidate]], None] | None,
    on_text: Callable[[str], None] | None,
    cancel: CancelToken | None,
    clock: _Clock,
    story: _Story,
    showing: _Showing,
) -> CheckedAnswer:
    question, library, model = asked.question, asked.library, asked.model
    report(Progress("stage_finding"))
    meaning = in_documents_words(asked.question, library, asked.scope, asked.speaker, cancel)
    story.searched = meaning.meant
    story.candidates = find(meaning.meant, library, embedder, scope=asked.scope, k=_CANDIDATES, cancel=cancel)
    clock.lap("find")
    if on_found:
        on_found(story.candidates)
    nearest = story.candidates[:_NEAREST]
    # A gloss beside words that the passages have themselves would only make personas write differently.
    question = meaning.told(candidate.passage.embedded_text for candidate in nearest)
    kept: list[Claim] = []
    removed: list[Claim] = []

    def concluded(kind: AnswerKind, reason: str = "", disagreements: tuple[Disagreement, ...] = ()) -> CheckedAnswer:
        searched = meaning.meant if meaning.meant != asked.question else ""
        return CheckedAnswer(
            asked.question,
            kind,
            tuple(kept),
            tuple(removed),
            nearest,
            asked.coverage,
            reason,
            searched=searched,
            disagreements=disagreements,
        )

    def not_found(reason: str) -> CheckedAnswer:
        return concluded(AnswerKind.NOT_FOUND, reason)

    if not story.candidates:
        return not_found("nothing_found" if asked.coverage.documents else "library_empty")
    story.evidence = evidence(question, story.candidates, embedder, model.count_tokens, evidence_tokens, cancel)
    report(Progress("stage_judging"))
    unknown = unknown_terms(question, library, asked.scope)
    within_one = asked.coverage.documents == 1
    story.judgement = judge_evidence(question, story.candidates, story.evidence, unknown, within_one=within_one)
    clock.lap("find")
    if not story.judgement.answerable:
        return not_found("not_answered_by_passages")

    def keep(claim: Claim) -> None:
        placed = _placed(claim, library)
        if placed.citations:
            kept.append(placed)
            showing.show(placed)

    def weigh(sentence: DraftSentence) -> None:
        claim = judge(sentence, story.evidence, question, unknown, alike)
        if claim.verdict is Verdict.UNSUPPORTED:
            removed.append(claim)
        else:
            keep(claim)
        weighed.append(sentence)

    weighed: list[DraftSentence] = []
    alike = Likening(embedder)
    report(Progress("stage_drafting"))
    story.draft, first = draft(
        question,
        story.evidence,
        model,
        seed=asked.seed,
        on_text=on_text,
        on_sentence=weigh if showing.wanted else None,
        cancel=cancel,
    )
    clock.drafted(first)
    report(Progress("stage_verifying"))
    for sentence in story.draft.sentences[len(weighed) :]:
        weigh(sentence)
    for claim in spoken_for(kept, story.evidence):
        keep(claim)
    found_opposite = opposites([c for claim in kept for c in claim.citations], story.candidates)
    for opposite in found_opposite:
        if not any(overlap(c, opposite.against) for claim in kept for c in claim.citations):
            keep(Claim(opposite.against.quote, Verdict.SUPPORTED, 1.0, (opposite.against,), verbatim=True))
    if not kept:
        return not_found("nothing_stood")
    return concluded(AnswerKind.ANSWERED, disagreements=_disagreements(kept, found_opposite, library, asked.scope))


def in_documents_words(
    question: str, library: Library, scope: Scope, speaker: Speaker | None, cancel: CancelToken | None = None
) -> Meaning:
    """The question in the words that the documents in ``scope`` use, where the persona's glossary has them."""
    if speaker is None:
        return Meaning(question, question)

    def occurs(word: str) -> bool:
        keys = [key for key, _ in library.search_words(question_terms(word), scope, _LOOKED_AT)]
        return any(stands_in(word, passage.embedded_text) for passage in library.passages(keys))

    strange = bool(unknown_terms(question, library, scope))
    return understood(question, speaker, occurs, strange=strange, cancel=cancel)


def _disagreements(
    kept: Sequence[Claim], found: Sequence[Opposite], library: Library, scope: Scope
) -> tuple[Disagreement, ...]:
    """What was found to disagree, with the dates of its documents: the later one last."""
    if not found:
        return ()
    placed = [citation for claim in kept for citation in claim.citations]
    added = {document.sha256: document.added_at for document in library.documents(scope)}

    def side(citation: Citation) -> Side:
        first = library.page(citation.sha256, 0).text
        there = next((c for c in placed if overlap(c, citation)), citation)
        return Side(there, *date_of(first, citation.document, added.get(citation.sha256, "")))

    def later(one: Side) -> tuple[bool, str]:
        return one.dated_by is not DatedBy.ADDED, one.date

    told: list[Disagreement] = []
    for opposite in found:
        if any(overlap(c, opposite.against) for c in placed):  # its quote stands on its page and is shown
            first, second = sorted((side(opposite.cited), side(opposite.against)), key=later)
            told.append(Disagreement(opposite.about, (first, second)))
    return tuple(told)


def _placed(claim: Claim, library: Library) -> Claim:
    """``claim`` with the rectangles of its quotes; a quote that is not verbatim on its page is dropped."""
    placed: list[Citation] = []
    for citation in claim.citations:
        page = library.page(citation.sha256, citation.page_index)
        if citation.quote and page.text[citation.start : citation.end] == citation.quote:
            rects = rects_of(page, citation.start, citation.end)
            placed.append(dataclasses.replace(citation, rects=rects, confidence=page.confidence))
    return dataclasses.replace(claim, citations=tuple(placed))


# -- the bodies of the records: all that is needed to retrace an answer, as plain JSON values


def _head(kind: str) -> dict[str, object]:
    return {
        "format": 1,
        "kind": kind,
        "utc": datetime.now(UTC).isoformat(timespec="milliseconds"),
        "monotonic": round(time.monotonic(), 3),
    }


def _question(asked: _Asked) -> dict[str, object]:
    return {
        "user": asked.user,
        "question": asked.question,
        "scope": {"collections": list(asked.scope.collections), "documents": list(asked.scope.documents)},
        "coverage": {
            "documents": asked.coverage.documents,
            "pages": asked.coverage.pages,
            **({"sections": asked.coverage.sections} if asked.coverage.sections else {}),
            "unreadable": [[name, [p + 1 for p in pages]] for name, pages in asked.coverage.unreadable],
        },
        "library_revision": asked.revision,
        "model": dataclasses.asdict(asked.model.identity),
        "persona": _persona(asked.speaker),
    }


def _persona(speaker: Speaker | None) -> dict[str, object] | None:
    return {"id": speaker.persona.id, **dataclasses.asdict(speaker.model.identity)} if speaker else None


def _circumstances(asked: _Asked, story: _Story) -> dict[str, object]:
    embedder, judged = asked.library.embedder, story.judgement
    return {
        **_question(asked),
        "searched": story.searched or asked.question,
        "embedder": dataclasses.asdict(embedder) if embedder else None,
        "seed": asked.seed,
        "judgement": dataclasses.asdict(judged) if judged else None,
        "candidates": [
            {
                "passage": c.passage.id,
                "document": c.document,
                "sha256": c.passage.sha256,
                "page": c.passage.page_index + 1,
                **({"section": c.page_label} if c.section else {}),
                **({"version": c.version} if c.version > 1 else {}),
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
    }


def _described(
    checked: CheckedAnswer, asked: _Asked, story: _Story, begun: int, seconds: Seconds
) -> Mapping[str, object]:
    return {
        **_head(checked.kind.value),
        **_circumstances(asked, story),
        **({"begun": begun} if begun else {}),
        "reason": checked.reason,
        "opening": checked.opening,
        "prompt_sha256": story.draft.prompt_sha256 if story.draft else "",
        "seed": story.draft.seed if story.draft else None,
        "draft": story.draft.raw if story.draft else "",
        "sentences": [_claim(c) for c in checked.claims],
        "removed": [_claim(c) for c in checked.removed],
        **({"disagreements": [_disagreement(d) for d in checked.disagreements]} if checked.disagreements else {}),
        "seconds": dataclasses.asdict(seconds),
    }


def _claim(claim: Claim) -> dict[str, object]:
    return {
        "text": claim.text,
        "verdict": claim.verdict.value,
        "support": claim.support,
        "faults": list(claim.faults),
        "verbatim": claim.verbatim,
        "citations": [_citation(c) for c in claim.citations],
    }


def _citation(citation: Citation) -> dict[str, object]:
    return {
        "document": citation.document,
        "sha256": citation.sha256,
        "page": citation.page_index + 1,
        "page_label": citation.page_label,
        **({"section": True} if citation.section else {}),
        **({"version": citation.version} if citation.version > 1 else {}),
        **({"confidence": round(citation.confidence, 3)} if citation.confidence < 1 else {}),
        "passage": citation.passage_id,
        "start": citation.start,
        "end": citation.end,
        "quote": citation.quote,
    }


def _disagreement(told: Disagreement) -> dict[str, object]:
    return {
        "about": told.about,
        "sides": [
            {**_citation(side.citation), "date": side.date, "dated_by": side.dated_by.value} for side in told.sides
        ],
    }


def _as_answer(ending: AuditRecord, library: Library) -> Answer:
    """What was shown of an answer that a record says was stopped."""
    body = body_of(ending)
    covered = body.get("coverage") or {"documents": 0, "pages": 0, "unreadable": []}
    coverage = Coverage(
        covered["documents"],
        covered["pages"],
        tuple((name, tuple(page - 1 for page in pages)) for name, pages in covered["unreadable"]),
        covered.get("sections", 0),
    )
    checked = CheckedAnswer(
        question=body["question"],
        kind=AnswerKind.STOPPED,
        claims=tuple(_shown(claim, library) for claim in body["sentences"]),
        removed=(),
        nearest=(),
        coverage=coverage,
        reason=body["reason"],
    )
    seconds = Seconds(**body.get("seconds", {}))
    return Answer(checked, ending, ModelIdentity(**body["model"]), body["library_revision"], seconds)


def _shown(told: Mapping[str, Any], library: Library) -> Claim:
    """The claim that :func:`_claim` wrote down, its quotes found on their pages again."""
    citations = tuple(
        Citation(
            c["document"],
            c["sha256"],
            c["page"] - 1,
            c["page_label"],
            c["passage"],
            c["start"],
            c["end"],
            c["quote"],
            section=c.get("section", False),
            version=c.get("version", 1),  # named only above the first
            confidence=c.get("confidence", 1.0),
        )
        for c in told["citations"]
    )
    claim = Claim(
        told["text"], Verdict(told["verdict"]), told["support"], citations, tuple(told["faults"]), told["verbatim"]
    )
    try:
        return _placed(claim, library)
    except UserProblem:  # the document is gone: what was said is still what was said
        return claim


def _hash(text: str) -> str:
    return hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest()
