"""Draft + evidence -> what may be said.  Pure functions over nouns; code decides, not the model.

A sentence is judged by a table of faults:

    fault            what did not hold                                           verdict at best
    cites_nothing    no citation, or one that is not evidence of this question   unsupported
    number_absent    a number, unit, date or section of the sentence is not in
                     the passages it cites                                       unsupported
    figures_apart    its numbers stand in the passage, but not together          unsupported
    name_absent      a proper name of the sentence is nowhere in what was found
                     of the document                                             unsupported
    never_mentioned  a word of the question that no document searched mentions   unsupported
    echo             it asks, or only says the question again                    unsupported
    negation_added   it denies, the passage does not                             unsupported
    negation_lost    the passage denies, it does not                             partial
    little_support   its words are mostly not those of the passage               unsupported
    some_support     part of its words are not those of the passage              partial
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

from core.figures import Quantity, dates, quantities
from core.nouns import Citation, Claim, Draft, DraftSentence, Evidence, Verdict
from core.reading import sentences
from core.terms import terms

SUPPORTED_FROM = 0.8  # share of a sentence's terms found in its passages, weighted towards the best sentences
PARTIAL_FROM = 0.45
FATAL = frozenset(
    {
        "cites_nothing",
        "number_absent",
        "figures_apart",
        "name_absent",
        "never_mentioned",
        "echo",
        "negation_added",
        "little_support",
    }
)

_NEGATION = re.compile(
    r"\b(?:not|no|never|neither|nor|none|without|cannot|nothing|prohibit(?:s|ed)?|forbid(?:s|den)?)\b|n't\b"
    r"|不得|不能|不可|不应|不予|不会|不是|不需|不适用|不推荐|不宜|没有|未|禁止|无需|无权|不",
    re.IGNORECASE,
)
_ITEM = re.compile(r"\s*(?:[（(][一二三四五六七八九十]{1,3}[）)]|[（(][a-z0-9]{1,3}[)）]|[•·–-]\s)")
_LEAD_IN = re.compile(r"[:：]")


@dataclass(frozen=True, slots=True)
class Support:
    """How far a text stands on an evidence: score 0..1 and the best stretch [start, end) of the evidence's text."""

    score: float
    start: int
    end: int


def check(
    draft: Draft, evidence: Sequence[Evidence], question: str, unknown: Sequence[str] = ()
) -> tuple[tuple[Claim, ...], tuple[Claim, ...]]:
    """The sentences that stand (supported or partial) and those that were removed, each with its faults.

    ``unknown`` are the index terms of the question that occur in no document searched.
    """
    judged = [judge(sentence, evidence, question, unknown) for sentence in draft.sentences]
    return (
        tuple(c for c in judged if c.verdict is not Verdict.UNSUPPORTED),
        tuple(c for c in judged if c.verdict is Verdict.UNSUPPORTED),
    )


def judge(sentence: DraftSentence, evidence: Sequence[Evidence], question: str, unknown: Sequence[str] = ()) -> Claim:
    """One sentence with its verdict, faults, and the quotes it stands on."""
    known = {e.number: e for e in evidence}
    cited = [known[n] for n in sentence.cited if n in known]
    if not cited or len(cited) != len(sentence.cited):
        return Claim(sentence.text, Verdict.UNSUPPORTED, 0.0, faults=("cites_nothing",))
    # A small model often cites the neighbour of the passage it copied: the passage that carries the sentence counts.
    best = max(evidence, key=lambda e: support(sentence.text, e.text).score)
    if support(sentence.text, best.text).score > max(support(sentence.text, e.text).score for e in cited) + 0.15:
        cited = [best]
    supports = [(e, support(sentence.text, e.text)) for e in cited]
    score = max(s.score for _, s in supports)
    faults: list[str] = []
    if _echoes(sentence.text, question):
        faults.append("echo")
    if missing_figures(sentence.text, "\n".join(_said_by(e) for e in cited)):
        faults.append("number_absent")
    elif not all(_figures_together(sentence.text[a:b], cited) for a, b in sentences(sentence.text)):
        faults.append("figures_apart")
    documents = {e.candidate.document for e in cited}
    said = [_said_by(e) for e in evidence if e.candidate.document in documents]
    if missing_names(sentence.text, "\n".join((*said, *documents))):
        faults.append("name_absent")
    # Only whole words: two characters that end one Chinese word and begin the next mean nothing.
    if {term for term in unknown if term.isascii()}.intersection(terms(sentence.text)):
        faults.append("never_mentioned")
    strongest, place = max(supports, key=lambda pair: pair[1].score)
    faults += negation_faults(sentence.text, strongest.text[place.start : place.end])
    if score < PARTIAL_FROM:
        faults.append("little_support")
    elif score < SUPPORTED_FROM:
        faults.append("some_support")
    standing = Verdict.PARTIAL if faults else Verdict.SUPPORTED
    verdict = Verdict.UNSUPPORTED if FATAL.intersection(faults) else standing
    citations = tuple(cite(e, s.start, s.end) for e, s in supports if s.score >= min(PARTIAL_FROM, score))
    return Claim(sentence.text, verdict, round(score, 3), citations, tuple(faults))


def support(claim: str, text: str) -> Support:
    """How much of ``claim`` is said by ``text``, and where: the one or two adjacent sentences that say most."""
    wanted = _weights(claim)
    spans = sentences(text) or [(0, len(text))]
    if not wanted:
        return Support(0.0, *spans[0])
    total = sum(wanted.values())

    def share(found: set[str]) -> float:
        return sum(weight for term, weight in wanted.items() if term in found) / total

    found = [set(terms(text[start:end])) for start, end in spans]
    whole = share(set().union(*found))
    best, at = -1.0, (0, 0)
    for first in range(len(spans)):
        for last in range(first, min(first + 2, len(spans))):
            # The second sentence must earn its place in the quote.
            value = share(set().union(*found[first : last + 1])) - 0.08 * (last - first)
            if value > best + 1e-9:
                best, at = value, (first, last)
    inside = share(set().union(*found[at[0] : at[1] + 1]))
    return Support(0.7 * inside + 0.3 * whole, spans[at[0]][0], spans[at[1]][1])


def missing_figures(claim: str, source: str) -> tuple[str, ...]:
    """Numbers (with units), dates and section numbers of ``claim`` that ``source`` does not have."""
    there = quantities(source)
    values = {q.value for q in there}
    bare = {q.value for q in there if not q.unit}
    missing = [
        f"{q.value} {q.unit}".strip()
        for q in sorted(quantities(claim), key=lambda q: (q.value, q.unit))
        if not (q in there or (q.value in values if not q.unit else q.value in bare) or _calendar(q, there))
    ]
    missing += sorted(dates(claim) - dates(source))
    return tuple(missing)


def _figures_together(claim: str, cited: Sequence[Evidence]) -> bool:
    """Whether one clause of one passage has all the numbers of ``claim``; those of two clauses say something else."""
    if len(quantities(claim)) < 2:
        return True
    for item in cited:
        heading = "\n".join((*item.candidate.passage.heading, item.candidate.passage.number))
        for start, end in sentences(item.text):
            for clause in re.split(r"[;；]", item.text[start:end]):
                if not missing_figures(claim, f"{heading}\n{clause}"):
                    return True
    return False


def missing_names(claim: str, source: str) -> tuple[str, ...]:
    """Proper names (capitalised words inside an English sentence) of ``claim`` that ``source`` does not have."""
    known = set(re.findall(r"[a-z0-9]+", source.lower()))
    inside = re.sub(r"(?:^|[.!?:]\s+|[“\"(])\s*[A-Z]\w*", " ", claim)
    return tuple(name for name in re.findall(r"\b[A-Z][A-Za-z0-9]{2,}", inside) if name.lower() not in known)


def negation_faults(claim: str, source: str) -> list[str]:
    """``negation_added`` or ``negation_lost`` where claim and source differ in denying."""
    claimed, said = bool(_NEGATION.search(claim)), bool(_NEGATION.search(source))
    if claimed and not said:
        return ["negation_added"]
    if said and not claimed and _NEGATION.search(_nearest_clause(claim, source)):
        return ["negation_lost"]
    return []


def cite(evidence: Evidence, start: int, end: int) -> Citation:
    """The citation of ``evidence.text[start:end]``, in the coordinates of its page."""
    quote = evidence.text[start:end]
    begin = evidence.start + start + (len(quote) - len(quote.lstrip()))
    quote = quote.strip()
    passage = evidence.candidate.passage
    return Citation(
        document=evidence.candidate.document,
        sha256=passage.sha256,
        page_index=passage.page_index,
        page_label=evidence.candidate.page_label,
        passage_id=passage.id,
        start=begin,
        end=begin + len(quote),
        quote=quote,
    )


def spoken_for(kept: Sequence[Claim], evidence: Sequence[Evidence], most: int = 2) -> tuple[Claim, ...]:
    """The documents' own sentences that belong into the answer beside what the model worded.

    The nearest sentence of the first evidence, unless a supported claim already quotes it; one of the second
    too where no claim is supported by itself.
    """
    supported = [c for c in kept if c.verdict is Verdict.SUPPORTED]
    quoted: list[Claim] = []
    for item in evidence[: 1 if supported else most]:
        citation = cite(item, *_completed(item.text, *item.best))
        covered = any(
            c.passage_id == citation.passage_id and c.start < citation.end and citation.start < c.end
            for claim in supported
            for c in claim.citations
        )
        if citation.quote and not covered:
            quoted.append(Claim(citation.quote, Verdict.SUPPORTED, 1.0, (citation,), verbatim=True))
    return tuple(quoted)


def _completed(text: str, start: int, end: int) -> tuple[int, int]:
    """The sentence with the lead-in it needs: an item of a list is nothing without what introduces the list."""
    start, end = max(start, 0), min(end, len(text))
    if not _ITEM.match(text[start:end]):
        return start, end
    lead = max((match.end() for match in _LEAD_IN.finditer(text[:start])), default=0)
    opening = [a for a, b in sentences(text) if a < lead <= b]
    return (opening[0] if opening and start - opening[0] < 400 else start), end


def _weights(claim: str) -> dict[str, float]:
    return dict.fromkeys(terms(claim), 1.0)


def _said_by(evidence: Evidence) -> str:
    passage = evidence.candidate.passage
    return "\n".join((*passage.heading, passage.number, evidence.text))


def _calendar(quantity: Quantity, there: set[Quantity]) -> bool:
    # "2025年" and "in 2025" name the same year, whatever unit stands in either.
    return quantity.unit == "year" and len(quantity.value) == 4 and any(q.value == quantity.value for q in there)


def _echoes(claim: str, question: str) -> bool:
    if claim.rstrip().endswith(("?", "？")):
        return True
    if not _NEGATION.search(claim) and set(terms(claim)) <= set(terms(question)):
        return True
    own = "".join(re.findall(r"\w+", claim.lower()))
    asked = "".join(re.findall(r"\w+", question.lower()))
    return bool(own) and own in asked


def _nearest_clause(claim: str, source: str) -> str:
    wanted = set(terms(claim))
    clauses = re.split(r"[,;，；：:。！？]|[.!?]\s|\n(?=[A-Z（(\d•])", source)
    return max(clauses, key=lambda clause: len(wanted & set(terms(clause))))
