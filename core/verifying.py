"""Draft + evidence -> what may be said.  Pure functions over nouns; code decides, not the model.

A sentence is judged by a table of faults:

    fault              what did not hold                                           verdict at best
    cites_nothing      no citation, or one that is not evidence of this question   unsupported
    number_absent      a number, unit, date or section of the sentence is not in
                       the passages it cites                                       unsupported
    figures_apart      its numbers stand in the passage, but not together, or have
                       changed places                                              unsupported
    name_absent        a proper name of the sentence is nowhere in what was found
                       of the document                                             unsupported
    never_mentioned    a word of the question that no document searched mentions   unsupported
    echo               it asks, or only says the question again                    unsupported
    negation_added     it denies, the passage does not                             unsupported
    negation_lost      the passage denies, it does not                             unsupported
    sense_changed      "before" for "after", "twice" for "once", "must" for "may"   unsupported
    roles_swapped      who pays whom, what is better than what, is turned round    unsupported
    little_support     its words are mostly not those of the passage               unsupported
    restriction_added  "only", which the passage does not say                      partial
    certainty_added    the passage says "may" or "possibly", it does not           partial
    condition_lost     the passage has a condition (only, unless, if), it has none partial
    roles_differ       another party is the one who may or must                    partial
    some_support       part of its words are not those of the passage, a word of
                       it is put for another, one of another script than the
                       rest is not there at all, or no word for what somebody
                       may or must do is                                           partial

little_support and some_support speak of words.  A paraphrase has others: where it is near in meaning
(:func:`entailed`), the passage speaks of the act (core.acts) and no other fault makes it unsupported,
these two do not count, nor do condition_lost, roles_differ and certainty_added.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from itertools import groupby, pairwise

from core.acts import act_denied, act_missing
from core.figures import Quantity, dates, quantities, references
from core.nouns import Citation, Claim, DraftSentence, Evidence, Verdict
from core.reading import sentences
from core.senses import denies, figures_swapped, sense_faults, word_put_for_another
from core.terms import is_chinese, normalise, terms

SUPPORTED_FROM = 0.8  # share of a sentence's terms found in its passages, weighted towards the best sentences
PARTIAL_FROM = 0.45
_LEAST_WORDS = 0.3  # a sentence that shares fewer of its words is no paraphrase that could be told from an invention
_NEAR, _WHOLE, _PAIRS, _BAR = 7.95, 6.39, 0.93, 12.77
FATAL = frozenset(
    {
        "cites_nothing",
        "number_absent",
        "figures_apart",
        "name_absent",
        "never_mentioned",
        "echo",
        "negation_added",
        "negation_lost",
        "sense_changed",
        "roles_swapped",
        "little_support",
    }
)

_ITEM = re.compile(r"\s*(?:[（(][一二三四五六七八九十]{1,3}[）)]|[（(][a-z0-9]{1,3}[)）]|[•·–-]\s)")
_HAN = "han"
_LONGEST_QUOTE = 400  # characters to which a sentence is completed
_HARDLY_LESS = 0.5  # of relevance: the first two of a contract are apart by 0.4 at the median, of abstracts by 0.6
_LEAD_IN = re.compile(r"[:：]")
_ENDS = (".", ";", "!", "?", "。", "；", "！", "？")


# Words that contracts write with a capital and that name nobody.
_NAMES_NOBODY = frozenset(
    """
    party parties agreement information confidential receiving disclosing recipient discloser company contract section
    article clause schedule exhibit effective date term services products customer supplier
    """.split()
)
_OF_A_COUNTRY = frozenset(("n", "an", "ian", "ean", "ese", "ish", "ans", "ians"))
# "Static Timing Analysis (STA)": the sentence itself says what is shortened.
_EXPLAINED = re.compile(r"((?:[\w-]+ ){2,8})\(([A-Z]{2,8})\)")
# Numbers that only count the sentences of a list: "4. Turn it on."
_ENUMERATOR = re.compile(r"^\s*\(?\d{1,2}[.)]\s+(?=\w)|(?<=[.:;])\s+\d{1,2}\.\s*$")
# What only tells the reader to look; where few words are shared it tells of the wording, not of the sense.
_LOOK = frozenset({"condition_lost", "roles_differ", "certainty_added"})


@dataclass(frozen=True, slots=True)
class Likeness:
    """How near a sentence is in meaning (cosine): to the best one or two sentences of a passage, and to all of it."""

    near: float
    whole: float


Alike = Callable[[str, str], Likeness]


@dataclass(frozen=True, slots=True)
class Support:
    """How far a text stands on an evidence: score 0..1 and the best stretch [start, end) of the evidence's text."""

    score: float
    start: int
    end: int


def judge(
    sentence: DraftSentence,
    evidence: Sequence[Evidence],
    question: str,
    unknown: Sequence[str] = (),
    alike: Alike | None = None,
) -> Claim:
    """One sentence with its verdict, faults, and the quotes it stands on.

    ``unknown`` are the index terms of the question that occur in no document searched.  Without ``alike``
    only words are weighed.
    """
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
    parts = [sentence.text[a:b] for a, b in sentences(sentence.text)] or [sentence.text]
    bearing = [_figures_stand(part, supports) for part in parts]
    if missing_figures(sentence.text, "\n".join(e.text for e in cited), _headings(cited)):
        faults.append("number_absent")
    elif not all(bearing):
        faults.append("figures_apart")
    documents = {e.candidate.document for e in cited}
    found = [e for e in evidence if e.candidate.document in documents]
    if missing_names(sentence.text, "\n".join((*(e.text for e in found), _headings(found), *documents))):
        faults.append("name_absent")
    # Only whole words: two characters that end one Chinese word and begin the next mean nothing.
    if {term for term in unknown if term.isascii()}.intersection(terms(sentence.text)):
        faults.append("never_mentioned")
    best_places = [(part, places[0]) for part, places in zip(parts, bearing, strict=True) if places]
    borne = [(part, _with_lead_in(item.text, start, end)) for part, (item, start, end) in best_places]
    for part, said in borne:
        faults += [f for f in sense_faults(part, said) if f not in faults]
        if figures_swapped(part, said) and "figures_apart" not in faults:
            faults.append("figures_apart")
    around = "\n".join((*(e.text for e in cited), _headings(cited)))
    if act_denied(sentence.text, around) and "negation_lost" not in faults:
        faults.append("negation_lost")
    by_words = "little_support" if score < PARTIAL_FROM else "some_support" if score < SUPPORTED_FROM else ""
    done = not act_missing(sentence.text, around)
    if (
        by_words
        and done
        and alike
        and FATAL.isdisjoint(faults)
        and entailed(sentence.text, max(supports, key=_score), alike)
    ):
        by_words = ""
        faults = [fault for fault in faults if fault not in _LOOK]
    if not by_words and (
        not done
        or any(word_put_for_another(part, said, around) for part, said in borne)
        or foreign_words(sentence.text, "\n".join((around, *documents)))
    ):
        by_words = "some_support"
    faults += [by_words] if by_words else []
    standing = Verdict.PARTIAL if faults else Verdict.SUPPORTED
    verdict = Verdict.UNSUPPORTED if FATAL.intersection(faults) else standing
    quoted = [(e, s.start, s.end) for e, s in supports if s.score >= min(PARTIAL_FROM, score)]
    # Where a number stands is always quoted.
    quoted += [place for _, place in best_places if not any(_inside(place, q) for q in quoted)]
    citations = tuple(cite(e, start, end) for e, start, end in quoted)
    return Claim(sentence.text, verdict, round(score, 3), citations, tuple(faults))


def support(claim: str, text: str) -> Support:
    """How much of ``claim`` is said by ``text``, and where: the one or two adjacent sentences that say most."""
    wanted = set(terms(claim))
    spans = sentences(text) or [(0, len(text))]
    if not wanted:
        return Support(0.0, *spans[0])

    def share(found: set[str]) -> float:
        return len(wanted & found) / len(wanted)

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


def entailed(claim: str, best: tuple[Evidence, Support], alike: Alike) -> bool:
    """Whether a paraphrase says what its passage says: near in meaning, with some of its words and word pairs.

    Weights of a logistic regression on claims that people have labelled (docs/decisions/0011); English only, for
    cosines of the embedder lie higher in Chinese and nothing labelled tells by how much.
    """
    item, found = best
    if found.score < _LEAST_WORDS or is_chinese(claim) or is_chinese(item.text):
        return False
    likeness = alike(claim, item.text)
    here, there = terms(claim), terms(item.text)
    pairs = set(pairwise(here))
    share = len(pairs & set(pairwise(there))) / max(len(pairs), 1)
    return _NEAR * likeness.near + _WHOLE * likeness.whole + _PAIRS * share > _BAR


def missing_figures(claim: str, source: str, headings: str = "") -> tuple[str, ...]:
    """Numbers (with units), dates and section numbers of ``claim`` that ``source`` does not have.

    ``headings`` above the source count for articles, sections and bare numbers only.
    """
    claim = _ENUMERATOR.sub("", claim)
    there = quantities(source)
    above = {q.value for q in quantities(headings)}
    values = {q.value for q in there}
    bare = {q.value for q in there if not q.unit}
    missing = [
        f"{q.value} {q.unit}".strip()
        for q in sorted(quantities(claim), key=lambda q: (q.value, q.unit))
        if not (
            q in there
            or (q.value in values if not q.unit else q.value in bare)
            or (q.unit in ("", "article", "paragraph") and q.value in above)
            or _calendar(q, there)
        )
    ]
    missing += sorted(dates(claim) - dates(source))
    named = references(f"{headings}\n{source}")
    kinds = {kind for kind, _ in named}
    missing += [f"{kind} {label}" for kind, label in sorted(references(claim) - named) if kind in kinds]
    return tuple(missing)


def _score(pair: tuple[Evidence, Support]) -> float:
    return pair[1].score


_Place = tuple[Evidence, int, int]


def _figures_stand(claim: str, supports: Sequence[tuple[Evidence, Support]]) -> list[_Place]:
    """The stretches that have all numbers and dates of ``claim`` in one clause and nearly the most of its words.

    A number of another sentence says something else.  Where the claim has no numbers, the best stretches.
    """
    if not quantities(claim) and not dates(claim):
        return [(e, s.start, s.end) for e, s in sorted(supports, key=lambda pair: -pair[1].score)]
    wanted = set(terms(claim))
    rated: list[tuple[float, bool, _Place]] = []
    for item, _ in supports:
        for start, end in sentences(item.text):
            position = start
            for clause in re.split(r"(?<=[;；])", item.text[start:end]):
                share = len(wanted & set(terms(clause))) / max(len(wanted), 1)
                whole = not missing_figures(claim, clause, _headings([item]))
                rated.append((share, whole, (item, position, position + len(clause))))
                position += len(clause)
    best = max((share for share, _, _ in rated), default=0.0)
    standing = [(share, place) for share, whole, place in rated if whole and share >= best - 0.15]
    return [place for _, place in sorted(standing, key=lambda pair: -pair[0])]


def _inside(inner: _Place, outer: _Place) -> bool:
    return inner[0] is outer[0] and outer[1] <= inner[1] and inner[2] <= outer[2]


def missing_names(claim: str, source: str) -> tuple[str, ...]:
    """Proper names (capitalised words inside an English sentence) of ``claim`` that ``source`` does not have."""
    known = set(re.findall(r"[a-z0-9]+", source.lower()))
    # "Agreements" in a title is the source's "agreement"; two names that differ in an "s" are two names.
    common = set(terms(" ".join(re.findall(r"\b[a-z]{3,}\b", source))))
    short = _initials(source) | {m[2] for m in _EXPLAINED.finditer(claim) if _spells(m[1], m[2])}
    inside = re.sub(r"(?:^|[.!?:]\s+|[“\"(])\s*[A-Z]\w*", " ", claim)
    names = re.findall(r"\b[A-Z][A-Za-z0-9]{2,}", inside)
    return tuple(
        name
        for name in names
        if name.lower() not in known | _NAMES_NOBODY
        and name not in short
        and not common.intersection(terms(name))
        and not any(_of_one_country(name.lower(), word) for word in known)
    )


def _of_one_country(one: str, other: str) -> bool:
    """Whether one is made of the other as "European" is of "Europe"."""
    short, long = sorted((one, other), key=len)
    stem = short.rstrip("aeoy")
    return len(stem) > 3 and long.startswith(stem) and long[len(stem) :] in _OF_A_COUNTRY


def _initials(text: str) -> set[str]:
    """What the capitalised words of ``text`` that follow one another are shortened to."""
    runs = re.findall(r"\b[A-Z][\w.]*(?:[ -](?:(?:of|for|and|the) )?[A-Z][\w.]*){2,}", text)
    letters = ("".join(re.findall(r"\b[A-Z]", run)) for run in runs)
    return {word[i:j] for word in letters for i in range(len(word)) for j in range(i + 3, len(word) + 1)}


def _spells(words: str, short: str) -> bool:
    return "".join(word[0] for word in re.findall(r"\w+", words)).lower().endswith(short.lower())


def foreign_words(claim: str, source: str) -> tuple[str, ...]:
    """Words of ``claim`` in another script than most of it ("…to retain 顾问") that ``source`` does not have.

    One such word is too small a share of a long sentence to be missed in it, and is often half of what it says.
    """
    runs = _script_runs(claim)
    weights: dict[str, float] = {}
    for script, run in runs:
        weights[script] = weights.get(script, 0.0) + (len(run) / 2 if script == _HAN else 1)
    if len(weights) < 2:
        return ()
    most = max(weights, key=lambda script: weights[script])
    there = {run for _, run in _script_runs(source)}
    stems = set(terms(source))
    unbroken = "".join(normalise(source).split())

    def is_there(script: str, run: str) -> bool:
        if script == _HAN:  # a word, or words that stand apart there
            return run in unbroken or all(run[i : i + 2] in unbroken for i in range(len(run) - 1) or (0,))
        return run in there or bool(stems.intersection(terms(run))) or any(q.unit for q in quantities(f"1 {run}"))

    return tuple(dict.fromkeys(run for script, run in runs if script != most and not is_there(script, run)))


def _script_runs(text: str) -> list[tuple[str, str]]:
    """The words of ``text`` in lower case, each cut where its script changes, with the script."""
    return [
        (script, "".join(letters))
        for word in re.findall(r"[^\W\d_]+", normalise(text))
        for script, letters in groupby(word, _script)
    ]


def _script(letter: str) -> str:
    name = unicodedata.name(letter, "").partition(" ")[0]
    return _HAN if name == "CJK" else name


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
        section=evidence.candidate.section,
        version=evidence.candidate.version,
    )


def overlap(one: Citation, other: Citation) -> bool:
    """Whether two citations share characters of a passage."""
    return one.passage_id == other.passage_id and one.start < other.end and other.start < one.end


def spoken_for(kept: Sequence[Claim], evidence: Sequence[Evidence], most: int = 2) -> tuple[Claim, ...]:
    """The documents' own sentences that belong into the answer beside what the model worded.

    The nearest sentence of the first evidence, unless a supported claim already quotes it; one of the second
    too where no supported claim cites the first, or where the second is hardly less relevant.
    """
    supported = [c for c in kept if c.verdict is Verdict.SUPPORTED]
    first = {item.candidate.passage.id for item in evidence[:1]}
    grounded = any(c.passage_id in first for claim in supported for c in claim.citations)
    quoted: list[Claim] = []
    close = len(evidence) > 1 and evidence[0].relevance - evidence[1].relevance < _HARDLY_LESS
    for item in evidence[: most if close or not grounded else 1]:
        citation = cite(item, *_completed(item.text, *item.best))
        covered = any(overlap(c, citation) for claim in supported for c in claim.citations)
        if citation.quote and not covered:
            quoted.append(Claim(citation.quote, Verdict.SUPPORTED, 1.0, (citation,), verbatim=True))
    return tuple(quoted)


def _completed(text: str, start: int, end: int) -> tuple[int, int]:
    """The sentence with what it needs: the lead-in of a list for its item, the other half of a row of semicolons."""
    start, end = max(start, 0), min(end, len(text))
    spans = sentences(text)
    if _ITEM.match(text[start:end]):
        lead = max((match.end() for match in _LEAD_IN.finditer(text[:start])), default=0)
        opening = [a for a, b in spans if a < lead <= b]
        return (opening[0] if opening and start - opening[0] < _LONGEST_QUOTE else start), end
    for a, b in reversed([span for span in spans if span[1] <= start]):
        if not text[a:b].rstrip().endswith((";", "；")) or end - a > _LONGEST_QUOTE:
            break
        start = a
    for a, b in (span for span in spans if span[0] >= end):
        if not text[start:end].rstrip().endswith((";", "；")) or _ITEM.match(text[a:b]) or b - start > _LONGEST_QUOTE:
            break
        end = b
    return start, end


def _with_lead_in(text: str, start: int, end: int) -> str:
    """The stretch; an item of a list follows what leads to the list, for "shall not:" denies every item."""
    said = text[start:end]
    if not _ITEM.match(said):
        return said
    for a, b in reversed([span for span in sentences(text) if span[1] <= start]):
        colon = max((match.end() for match in _LEAD_IN.finditer(text[a:b])), default=0)
        if colon:
            return f"{text[a : a + colon]} {said}"
        if not _ITEM.match(text[a:b]):
            return said if text[a:b].rstrip().endswith(_ENDS) else f"{text[a:b]} {said}"
    return said


def _headings(evidence: Sequence[Evidence]) -> str:
    passages = [item.candidate.passage for item in evidence]
    return "\n".join(line for passage in passages for line in (*passage.heading, passage.number))


def _calendar(quantity: Quantity, there: set[Quantity]) -> bool:
    # "2025年" and "in 2025" name the same year, whatever unit stands in either.
    return quantity.unit == "year" and len(quantity.value) == 4 and any(q.value == quantity.value for q in there)


def _echoes(claim: str, question: str) -> bool:
    if claim.rstrip().endswith(("?", "？")):
        return True
    if not denies(claim) and set(terms(claim)) <= set(terms(question)):
        return True
    own = "".join(re.findall(r"\w+", claim.lower()))
    asked = "".join(re.findall(r"\w+", question.lower()))
    return bool(own) and own in asked
