"""Do two documents say different things of the same?  Pure: what an answer cites, held against what else was found.

Two sentences are about the same when they share most of their words but for the
numbers.  They disagree when the numbers of one unit differ, when one denies what
the other says, or when one has the opposite of a word of the other.  A sentence
that agrees with one of the other document's is no part of a disagreement.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from core.figures import Quantity, dates, quantities
from core.nouns import Candidate, Citation, Evidence
from core.reading import sentences
from core.senses import denies, opposed
from core.terms import terms
from core.verifying import cite

_SAME = 0.55  # share of words, numbers left out, from which two sentences are about the same
_SAME_WORDS = 0.75  # and from which a word more or less, such as "not", changes the same statement
_FEWEST = 3  # words without which nothing can be said to be about the same
_MOST = 2  # disagreements told of one answer
# Which case a statement is about: a range, a bound, a year.  Cases that differ are no disagreement.
_CASE = re.compile(
    r"\d[\d.,]*\s*(?:to|and|–|-|—|~|至|到)\s*\d[\d.,]*\s*[^\s\d，。；,;]{0,8}"
    r"|(?:over|above|under|below|less than|more than|at least|[<>≤≥]|已满|不满|满|超过|低于|不低于)"
    r"\s*\d[\d.,]*\s*[^\s\d，。；,;]{0,8}"
    r"|\d[\d.,]*\s*[^\s\d，。；,;]{0,8}\s*(?:or more|or less|以上|以下)"
    r"|(?<!\d)(?:19|20)\d\d(?!\d)",
    re.IGNORECASE,
)
_LABEL = re.compile(r"^\s*(?:\d+(?:\.\d+)*[.)、]?\s|[（(]\w{1,3}[）)]|第\S{1,8}?[条款项]\s*)")


@dataclass(frozen=True, slots=True)
class Opposite:
    """A place that says something else than one that is cited; ``about`` is a message key of what differs."""

    about: str
    cited: Citation
    against: Citation


def opposites(cited: Sequence[Citation], candidates: Sequence[Candidate]) -> tuple[Opposite, ...]:
    """For what is cited the sentences of other documents that disagree, at most one for each two documents."""
    found: list[Opposite] = []
    told: set[frozenset[str]] = set()
    for citation in cited:
        for sha256 in dict.fromkeys(c.passage.sha256 for c in candidates):
            pair = frozenset((citation.sha256, sha256))
            if len(pair) < 2 or pair in told or len(found) == _MOST:
                continue
            theirs = [place for c in candidates if c.passage.sha256 == sha256 for place in _sentences(c)]
            ours = [place[2] for c in candidates if c.passage.sha256 == citation.sha256 for place in _sentences(c)]
            if opposite := _opposite(citation, theirs, ours):
                told.add(pair)
                found.append(opposite)
    return tuple(found)


def differ(one: str, other: str) -> str:
    """What two sentences about the same disagree in, as a message key; "" where they do not."""
    alike = _sameness(one, other)
    if alike < _SAME:
        return ""
    if _figures_differ(one, other):
        return "differ_figures"
    if alike >= _SAME_WORDS and quantities(one) == quantities(other):
        if denies(one) is not denies(other):
            return "differ_denial"
        if opposed(one, other) or opposed(other, one):
            return "differ_sense"
    return ""


_Place = tuple[Candidate, int, str]


def _sentences(candidate: Candidate) -> Iterator[_Place]:
    text = candidate.passage.text
    for start, end in sentences(text) or [(0, len(text))]:
        yield candidate, start, text[start:end]


def _opposite(citation: Citation, theirs: Sequence[_Place], ours: Sequence[str]) -> Opposite | None:
    for quote in [citation.quote[a:b] for a, b in sentences(citation.quote)] or [citation.quote]:
        near = [place for place in theirs if _sameness(quote, place[2]) >= _SAME]
        if not near or any(_agree(quote, place[2]) for place in near):
            continue
        candidate, start, words = max(near, key=lambda place: _nearness(quote, place[2]))
        # Of a table's rows only those that belong together are held against each other.
        if any(_nearness(own, words) > _nearness(quote, words) for own in ours if own.strip() != quote.strip()):
            continue
        if about := differ(quote, words):
            passage = candidate.passage
            whole = Evidence(0, candidate, passage.start, passage.end, passage.text)
            return Opposite(about, citation, cite(whole, start, start + len(words)))
    return None


def _agree(one: str, other: str) -> bool:
    return _content(one) == _content(other) and not differ(one, other)


def _words(text: str) -> set[str]:
    return {term for term in terms(_LABEL.sub("", text)) if not term[0].isdigit()}


def _sameness(one: str, other: str) -> float:
    here, there = _words(one), _words(other)
    if min(len(here), len(there)) < _FEWEST:
        return 0.0
    return 2 * len(here & there) / (len(here) + len(there))


def _nearness(one: str, other: str) -> float:
    here, there = set(terms(one)), set(terms(other))
    return 2 * len(here & there) / max(len(here) + len(there), 1)


def _content(text: str) -> frozenset[object]:
    return frozenset(_counted(text)) | frozenset(dates(text))


def _counted(text: str) -> set[Quantity]:
    """The quantities of ``text`` but for the numbers of articles, in one unit a kind."""
    return {
        Quantity(q.value, "") if q.unit == "year" and len(q.value) == 4 else q
        for q in quantities(_LABEL.sub("", text))
        if q.unit not in ("article", "paragraph")
    }


def _figures_differ(one: str, other: str) -> bool:
    here, there = _counted(one), _counted(other)
    cases = {_case(match) for match in _CASE.findall(one)}, {_case(match) for match in _CASE.findall(other)}
    bounded = set().union(*(quantities(m) for m in (*_CASE.findall(one), *_CASE.findall(other))))
    values = {q.value for q in bounded}
    free = {q for q in here if q.value not in values}, {q for q in there if q.value not in values}
    if all(free):
        # Beside the numbers that name the case there are others: the case must be the same.
        if cases[0] != cases[1]:
            return False
        here, there = free
    mine, theirs = here - there, there - here
    if {q.unit for q in mine} & {q.unit for q in theirs}:
        return True
    when = dates(one), dates(other)
    return all(when) and when[0].isdisjoint(when[1])


def _case(words: str) -> frozenset[str]:
    return frozenset(q.value for q in quantities(words))
