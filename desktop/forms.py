"""Nouns as plain JSON values: the forms that ``--json`` and ``--batch`` print.  Pages count from 1 here."""

from __future__ import annotations

import dataclasses
import re
from collections.abc import Callable, Mapping, Sequence

from core.messages import say
from core.nouns import Answer, Candidate, Change, Citation, Claim, Coverage, DatedBy, Disagreement, Document, Rect, Side

Form = dict[str, object]

_LONGEST_QUOTE = 200  # characters of a quote where two documents are held against each other

# Escape sequences and the like, marks that turn the direction of writing, and letters that nobody sees.
_STEERING = re.compile(r"[\x00-\x08\x0b-\x1f\x7f-\x9f\u202a-\u202e\u2066-\u2069\U000e0000-\U000e007f]")


def printable(text: str) -> str:
    """``text`` (of a document, a file name) without what would steer a terminal or show it as something else."""
    return _STEERING.sub("", text)


def rects(boxes: Sequence[Rect]) -> list[list[float]]:
    """Rectangles as [x0, y0, x1, y1], 0..1 of the displayed page, origin top left."""
    return [[round(v, 5) for v in (r.x0, r.y0, r.x1, r.y1)] for r in boxes]


def _page(page_index: int, label: str, *, section: bool) -> Form:
    """The page from 1 and what is printed on it; a document without pages has the name of the section instead."""
    if section:
        return {"page": None, "page_label": "", "section": label}
    return {"page": page_index + 1, "page_label": label}


def passage(candidate: Candidate, boxes: Sequence[Rect]) -> Form:
    """A passage that the search found."""
    found = candidate.passage
    return {
        "document": candidate.document,
        "version": candidate.version,
        "sha256": found.sha256,
        **_page(found.page_index, candidate.page_label, section=candidate.section),
        "passage_id": found.id,
        "heading": list(found.heading),
        "text": found.text,
        "score": round(candidate.score, 5),
        "rects": rects(boxes),
    }


def citation(cited: Citation) -> Form:
    """Where a sentence stands."""
    return {
        "document": cited.document,
        "version": cited.version,
        "sha256": cited.sha256,
        **_page(cited.page_index, cited.page_label, section=cited.section),
        "passage_id": cited.passage_id,
        "quote": cited.quote,
        "ocr_confidence": round(cited.confidence, 3),
        "rects": rects(cited.rects),
    }


def doubt(cited: Citation, language: str) -> str:
    """That recognition was not sure of the page, as a sentence; empty where it was."""
    return say("cite_poorly_read", language, percent=int(100 * cited.confidence)) if cited.poorly_read else ""


def claim(said: Claim, language: str) -> Form:
    """A sentence with its verdict and, where something did not hold, why."""
    return {
        "text": said.text,
        "verdict": said.verdict.value,
        "support": said.support,
        "verbatim": said.verbatim,
        "faults": list(said.faults),
        "reasons": [say(fault, language) for fault in said.faults],
        "citations": [citation(c) for c in said.citations],
    }


def disagreement(told: Disagreement, language: str) -> Form:
    """Two documents that say different things of the same, each with its date and what says it."""
    return {
        "about": say(told.about, language),
        "words": disagreement_words(told, language),
        "sides": [
            {"citation": citation(side.citation), "date": side.date, "dated_by": side.dated_by.value}
            for side in told.sides
        ],
    }


def disagreement_words(told: Disagreement, language: str) -> str:
    """That two documents do not agree: what each of them says, of when they are, and what to do."""
    first, second = told.sides
    known = all(side.dated_by is not DatedBy.ADDED for side in told.sides)
    # "2025" is neither before nor after "2025-03".
    ordered = known and not (first.date.startswith(second.date) or second.date.startswith(first.date))
    advice = say("advice_later" if ordered else "advice_undated", language, document=_tidy(second.citation.document))
    return say(
        "disagreement",
        language,
        about=say(told.about, language),
        first=_dated(first, language),
        first_quote=_quote(first, language),
        second=_dated(second, language),
        second_quote=_quote(second, language),
        advice=advice,
    )


def _dated(side: Side, language: str) -> str:
    key = {DatedBy.TEXT: "dated_text", DatedBy.NAME: "dated_name", DatedBy.ADDED: "dated_added"}[side.dated_by]
    return say(key, language, document=_tidy(side.citation.document), date=side.date)


def _quote(side: Side, language: str) -> str:
    words = _tidy(side.citation.quote)
    return say("quote_open", language, text=words[:_LONGEST_QUOTE] + ("…" if len(words) > _LONGEST_QUOTE else ""))


def _tidy(text: str) -> str:
    return " ".join(printable(text).split())


def coverage(covered: Coverage) -> Form:
    """What was searched, and what in it could not be read."""
    return {
        "documents": covered.documents,
        "pages": covered.pages,
        **({"sections": covered.sections} if covered.sections else {}),
        "unreadable": [{"document": name, "pages": [p + 1 for p in pages]} for name, pages in covered.unreadable],
    }


def answer(given: Answer, language: str, rects_of: Callable[[Candidate], Sequence[Rect]]) -> Form:
    """An answer with its record; ``rects_of`` tells where a passage stands on its page."""
    checked = given.checked
    return {
        "question": checked.question,
        "searched": checked.searched or checked.question,
        "kind": checked.kind.value,
        "opening": checked.opening,
        "reason": say(checked.reason, language) if checked.reason else "",
        "sentences": [claim(c, language) for c in checked.claims],
        "removed": [claim(c, language) for c in checked.removed],
        "disagreements": [disagreement(d, language) for d in checked.disagreements],
        "nearest": [passage(c, rects_of(c)) for c in checked.nearest],
        "coverage": coverage(checked.coverage),
        "model": dataclasses.asdict(given.model),
        "library_revision": given.library_revision,
        "record": {"sequence": given.record.sequence, "hash": given.record.hash},
        "seconds": dataclasses.asdict(given.seconds),
    }


def document(known: Document, language: str) -> Form:
    """A file in the library."""
    return {
        "id": known.id,
        "document": known.name,
        "title": known.title,
        "collection": known.collection,
        "sha256": known.sha256,
        "pages": known.pages,
        "ocr_pages": known.ocr_pages,
        "unreadable_pages": [p + 1 for p in known.unreadable_pages],
        "hidden_text_pages": [p + 1 for p in known.hidden_pages],
        "ocr_confidence": round(known.confidence, 3),
        "poorly_recognised_pages": [p + 1 for p in known.poorly_read],
        "state": known.outcome.value,
        "reason": say(known.reason, language) if known.reason else "",
        "version": known.version,
        "added_at": known.added_at,
        "bytes": known.size,
    }


def change(made: Change) -> Form:
    """What a change did."""

    def reasons(items: Sequence[tuple[str, str]]) -> list[Mapping[str, str]]:
        return [{"document": name, "reason": sentence} for name, sentence in items]

    return {
        "library_revision": made.revision,
        "added": list(made.added),
        "replaced": list(made.replaced),
        "removed": list(made.removed),
        "unchanged": list(made.unchanged),
        "rejected": reasons(made.rejected),
        "same_name": list(made.same_name),
        "partial": reasons(made.partial),
        "poorly_recognised": reasons(made.poorly_read),
        "hidden_text": reasons(made.hidden),
        "restored": reasons(made.restored),
        "collections": list(made.collections),
    }
