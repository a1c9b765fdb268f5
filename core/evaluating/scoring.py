"""Results -> tables.  Pure: what was found and answered against the key."""

from __future__ import annotations

import dataclasses
import re
from collections import Counter
from collections.abc import Callable, Mapping, Sequence

from core.evaluating.measures import Confusion, auroc, f1, mean, quantile
from core.evaluating.pack import Floors
from core.evaluating.running import Asked, Imported, Searched
from core.evaluating.tables import Figure, Table, figure
from core.intervals import Estimate, share
from core.nouns import AnswerKind, Citation, Seconds, Verdict
from core.terms import normalise

_AREA_FLOOR = {
    "cuad": ("cuad, located v. absent pairs by best page score", "AUROC"),
    "zh_laws": ("zh_laws, answerable v. absent by best page score", "AUROC"),
    "pubmed": ("pubmed, answerable v. absent by best page score", "AUROC"),
}
_CONTRACTS = "cuad, page in its contract, query = question"
_STATUTES = "zh_laws, all statutes together"
_STATED = (
    re.compile(r"\W*(yes|no|maybe)\W*$", re.IGNORECASE),
    re.compile(r"\W*(yes|no|maybe)\s*[.,:;!—–]", re.IGNORECASE),
    re.compile(r"\bthe answer is\W+(yes|no|maybe)\b", re.IGNORECASE),
)


def retrieval_table(suite: str, searched: Sequence[Searched], floors: Floors, seed: int) -> Table:
    """Where the key's pages stand in the rankings, and how well the scores tell present from absent."""
    present = [s for s in searched if s.question.answerable]
    figures: list[Figure] = []
    if suite == "cuad":
        figures += _hits("figure_page_hit", present, (1, 3, 5), floors, (_CONTRACTS, "hit"))
        figures += _first_page_hits(present, (1, 3, 5), floors)
    elif suite == "zh_laws":
        for k in (1, 5, 10):
            figures += figure(
                "figure_article_recall",
                mean([100 * recall(s, k) for s in present], seed),
                floor=floors.get((_STATUTES, f"article-page recall@{k}")),
                of=f"@{k}",
            )
        figures += _hits("figure_gold_page_hit", present, (1, 5, 10), floors, (_STATUTES, "any gold page hit"))
        figures += figure(
            "figure_statute_first",
            share([bool(s.pages) and s.pages[0][0] in {doc for doc, _ in s.question.gold_pages} for s in present]),
            floor=floors.get((_STATUTES, "right statute first")),
        )
    elif suite == "pubmed":
        figures += _hits("figure_page_hit", present, (1,), floors, ("pubmed, abstracts together", "page hit"))
    signals: tuple[tuple[str, Callable[[Searched], float]], ...] = (
        ("figure_auroc_score", lambda s: s.score),
        ("figure_auroc_similarity", lambda s: s.similarity),
        ("figure_auroc_keyword", lambda s: s.keyword_score),
    )
    absent = [s for s in searched if not s.question.answerable]
    for name, signal in signals:
        area = auroc([signal(s) for s in present], [signal(s) for s in absent], seed)
        figures += figure(name, area, floor=area_floor(suite, floors), unit="")
    return Table("table_retrieval", tuple(figures))


def citation_table(suite: str, asked: Sequence[Asked], seed: int) -> Table:
    """Whether answers cite the right page, whether quotes are verbatim, and what became of drafted sentences."""
    answered = [a for a in asked if a.question.answerable and a.answer.checked.kind is AnswerKind.ANSWERED]
    figures: list[Figure] = []
    if suite == "zh_cases":
        right = [c.document == a.question.document for a in answered for c in a.citations]
        figures += figure("figure_right_document", share(right))
        overlap = [dice([c.quote for c in a.citations], a.question.reference) for a in answered]
        figures += figure("figure_reference_overlap", mean(overlap, seed), unit="", note="note_overlap")
    else:
        on_gold = [[place(c) in a.question.gold_pages for c in a.citations] for a in answered]
        figures += figure("figure_first_citation_on_page", share([any(hits[:1]) for hits in on_gold]))
        figures += figure("figure_any_citation_on_page", share([any(hits) for hits in on_gold]))
    verbatim = share([stands for a in asked for stands in a.verbatim])
    figures += figure("figure_quotes_verbatim", verbatim, note="note_must_be_all")
    shown = [c for a in asked for c in a.answer.checked.claims if c.verdict is not Verdict.CONVERSATION]
    removed = [c for a in asked for c in a.answer.checked.removed]
    # Quotations are the document's own sentences: the model did not draft them, and they cannot fail.
    drafted = [c.verdict for c in (*(c for c in shown if not c.verbatim), *removed)]
    for name, verdict in (
        ("figure_sentences_supported", Verdict.SUPPORTED),
        ("figure_sentences_partial", Verdict.PARTIAL),
        ("figure_sentences_removed", Verdict.UNSUPPORTED),
    ):
        figures += figure(name, share([v is verdict for v in drafted]))
    figures += figure("figure_sentences_quoted", share([c.verbatim for c in shown]))
    return Table("table_citation", tuple(figures))


def refusal_table(suite: str, asked: Sequence[Asked], floors: Floors, seed: int) -> Table:
    """Whether it says "not found" when, and only when, the answer is absent (absent is the positive side)."""
    absent = [not a.question.answerable for a in asked]
    refused = [a.answer.checked.kind is AnswerKind.NOT_FOUND for a in asked]
    present = [a for a in asked if a.question.answerable]
    figures: list[Figure] = []
    if any(absent):
        pairs = list(zip(absent, refused, strict=True))
        figures += figure("figure_refusal_precision", share([a for a, r in pairs if r]), note="note_as_many_absent")
        figures += figure("figure_refusal_recall", share([r for a, r in pairs if a]))
        figures += figure("figure_refusal_f1", f1(Confusion.of(absent, refused), seed))
    figures += figure(
        "figure_false_refusal",
        share([a.answer.checked.kind is AnswerKind.NOT_FOUND for a in present]),
        note="note_lower_is_better",
    )
    figures += figure("figure_answered", share([a.answer.checked.kind is AnswerKind.ANSWERED for a in present]))
    known = {
        answerable: [
            a.probability
            for a in asked
            if a.question.answerable is answerable and a.answer.checked.kind is not AnswerKind.CONVERSATION
        ]
        for answerable in (True, False)
    }
    area = auroc(known[True], known[False], seed)
    figures += figure("figure_auroc_probability", area, floor=area_floor(suite, floors), unit="")
    return Table("table_refusal", tuple(figures))


def decision_table(asked: Sequence[Asked], floors: Floors) -> Table | None:
    """Yes, no or maybe against the key; None when no answer says it in so many words."""
    present = [a for a in asked if a.question.answerable and a.question.decision]
    said = [stated_decision([c.text for c in a.answer.checked.claims]) for a in present]
    if not any(said):
        return None
    right = [word == a.question.decision for word, a in zip(said, present, strict=True)]
    floor = floors.get(("pubmed, yes/no/maybe, always 'yes'", "accuracy"))
    return Table(
        "table_decision",
        (
            *figure("figure_decision_stated", share([bool(word) for word in said])),
            *figure("figure_decision_accuracy", share(right), floor=floor, note="note_unstated_is_wrong"),
        ),
    )


def speed_table(searched: Sequence[Searched], asked: Sequence[Asked], imported: Imported, seed: int) -> Table:
    """Where the time went, and what adding the documents took when they were really added."""
    searches = [1000 * s.seconds for s in searched if s.seconds]
    figures = _halves("figure_search_time", searches, "ms", seed)
    seconds = [a.answer.seconds for a in asked]
    drafted = [s for s in seconds if s.first_token]
    parts: tuple[tuple[str, Sequence[Seconds], Callable[[Seconds], float]], ...] = (
        ("figure_find_time", seconds, lambda s: s.find),
        ("figure_first_token_time", drafted, lambda s: s.first_token),
        ("figure_draft_time", drafted, lambda s: s.draft),
        ("figure_verify_time", drafted, lambda s: s.verify),
        ("figure_total_time", seconds, lambda s: s.total),
    )
    for name, timed, part in parts:
        figures += _halves(name, [part(s) for s in timed], "s", seed)
    if imported.pages:
        rate = Estimate(imported.pages / imported.seconds, imported.pages, None, None)
        figures += figure("figure_import_rate", rate, unit="pages/s")
        if imported.megabytes is not None:
            peak = Estimate(sum(imported.megabytes), imported.pages, None, None)
            figures += figure("figure_peak_memory", peak, unit="MB", note="note_peak_memory")
    return Table("table_speed", tuple(figures))


def question_details(searched: Sequence[Searched], asked: Sequence[Asked]) -> tuple[Mapping[str, object], ...]:
    """Everything about every question, as plain JSON values; pages count from 1."""
    details: dict[str, dict[str, object]] = {}
    for s in searched:
        details.setdefault(s.question.id, _key(s.question.id, s.question.answerable))["search"] = {
            "pages": [list(page) for page in s.pages],
            "rank": next((i for i, page in enumerate(s.pages, 1) if page in s.question.gold_pages), None),
            "score": s.score,
            "similarity": s.similarity,
            "keyword_score": s.keyword_score,
            "seconds": round(s.seconds, 4),
        }
    for a in asked:
        details.setdefault(a.question.id, _key(a.question.id, a.question.answerable))["ask"] = _answer(a)
    return tuple(details.values())


def recall(searched: Searched, k: int) -> float:
    """The share of what is to be found of which some page is among the first ``k``."""
    first = set(searched.pages[:k])
    return sum(bool(pages & first) for pages in searched.question.gold) / len(searched.question.gold)


def dice(quotes: Sequence[str], reference: str) -> float:
    """Twice the character bigrams that quotes and reference share, over all of both (Dice 1945), 0..1."""
    own: Counter[str] = Counter()
    for quote in dict.fromkeys(quotes):
        own += _bigrams(quote)
    other = _bigrams(reference)
    both = own.total() + other.total()
    return 2 * (own & other).total() / both if both else 0.0


def stated_decision(sentences: Sequence[str]) -> str:
    """ "yes", "no" or "maybe" where the answer opens with that word alone or says "the answer is"; else empty."""
    first = sentences[0] if sentences else ""
    found = [pattern.match(first) for pattern in _STATED[:2]]
    found += [_STATED[2].search(sentence) for sentence in sentences]
    return next((match[1].lower() for match in found if match), "")


def place(citation: Citation) -> tuple[str, int]:
    """The document and page (from 1) that a citation names."""
    return citation.document, citation.page_index + 1


def _hits(
    name: str, present: Sequence[Searched], ranks: Sequence[int], floors: Floors, floor: tuple[str, str]
) -> list[Figure]:
    figures: list[Figure] = []
    for k in ranks:
        hits = share([any(page in s.question.gold_pages for page in s.pages[:k]) for s in present])
        figures += figure(name, hits, floor=floors.get((floor[0], f"{floor[1]}@{k}")), of=f"@{k}")
    return figures


def _first_page_hits(present: Sequence[Searched], ranks: Sequence[int], floors: Floors) -> list[Figure]:
    figures: list[Figure] = []
    for k in ranks:
        hits = share([s.question.first_page in s.pages[:k] for s in present])
        floor = floors.get((f"{_CONTRACTS}, first marked page only", f"hit@{k}"))
        figures += figure("figure_first_page_hit", hits, floor=floor, of=f"@{k}")
    return figures


def _halves(name: str, values: Sequence[float], unit: str, seed: int) -> list[Figure]:
    figures: list[Figure] = []
    for at, of in ((0.5, "p50"), (0.95, "p95")):
        figures += figure(name, quantile(values, at, seed), unit=unit, of=of)
    return figures


def area_floor(suite: str, floors: Floors) -> float | None:
    """The pack's own area under the curve for a suite, None where it gives none."""
    return floors.get(_AREA_FLOOR[suite]) if suite in _AREA_FLOOR else None


def _bigrams(text: str) -> Counter[str]:
    letters = "".join(re.findall(r"\w", normalise(text)))
    return Counter(letters[i : i + 2] for i in range(len(letters) - 1))


def _key(name: str, answerable: bool) -> dict[str, object]:
    return {"id": name, "answerable": answerable}


def _answer(asked: Asked) -> dict[str, object]:
    checked = asked.answer.checked
    verbatim = iter(asked.verbatim)
    return {
        "kind": checked.kind.value,
        "reason": checked.reason,
        "judgement": dict(asked.judgement),
        "seconds": dataclasses.asdict(asked.answer.seconds),
        "record": asked.answer.record.sequence,
        "sentences": [
            {
                "text": claim.text,
                "verdict": claim.verdict.value,
                "support": claim.support,
                "faults": list(claim.faults),
                "quotation": claim.verbatim,
                "citations": [
                    {
                        "document": c.document,
                        "page": c.page_index + 1,
                        "quote": c.quote,
                        "verbatim": next(verbatim),
                        "on_gold_page": place(c) in asked.question.gold_pages,
                    }
                    for c in claim.citations
                ],
            }
            for claim in checked.claims
        ],
        "removed": [{"text": c.text, "support": c.support, "faults": list(c.faults)} for c in checked.removed],
        "nearest": [[c.document, c.passage.page_index + 1] for c in checked.nearest],
    }
