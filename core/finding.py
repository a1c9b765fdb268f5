"""Question -> candidates -> evidence.

Dense search (cosine of embeddings) and full-text search (BM25 over our own terms)
each bring what they rank best, and the clauses that a question names are a third
ranking; they are fused by reciprocal rank (Cormack et al. 2009), and the evidence
is the few sentences that matter.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Sequence, Set
from dataclasses import dataclass

import numpy as np

from core.embedding import Embedder, Vectors
from core.errors import CancelToken, UserProblem
from core.glossary import in_other_language, in_statutes, wordings
from core.library import Library
from core.nouns import Candidate, Evidence, Passage, Scope
from core.reading import sentences
from core.terms import clause_numbers, index_terms, is_chinese, question_terms, search_terms, terms

LONGEST_QUESTION = 4000  # characters
_DEPTH = 200  # how far down each of the two rankings is read
_RANK_OFFSET = 20.0  # 60 is usual; 20 was as good on contracts and better on statutes
_MOST_EVIDENCE = 5
_MOST_TERMS = 60
_SENTENCE_SIMILARITY = 4.0  # cosines of e5 differ by hundredths, shares of terms by tenths
_PLACE = 5.0  # what the search says of a passage, beside its best sentence
_DENSE_WEIGHT = 1.0
_WORDS_WEIGHT = 1.0
_NAMED_WEIGHT = 2.0  # who names a clause wants that one first
_NAMED_DEPTH = 300
_PAGE_SPEAKS = 0.1  # where several documents are searched, what else was found of a page speaks for a passage
_PAGE_SPEAKERS = 3  # of a page: itself, where it is one of them, and others
_LOOKED_AT = 12  # of the nearest passages, to tell the language of the documents


def checked_question(question: str) -> str:
    """``question`` trimmed.  Raises UserProblem when it is empty or too long to be a question."""
    text = question.encode("utf-8", "replace").decode("utf-8").strip()  # half a character has no tokens
    if not any(c.isalnum() for c in text):
        raise UserProblem("question_empty")
    if len(text) > LONGEST_QUESTION:
        raise UserProblem("question_too_long", characters=len(text), limit=LONGEST_QUESTION)
    return text


def find(
    question: str,
    library: Library,
    embedder: Embedder,
    *,
    scope: Scope | None = None,
    k: int = 10,
    cancel: CancelToken | None = None,
) -> tuple[Candidate, ...]:
    """The ``k`` passages that match best, best first.  Raises UserProblem for a bad question or an unknown scope."""
    question = checked_question(question)
    scope = scope or Scope()
    library.use_embedder(embedder.identity)
    depth = max(_DEPTH, 2 * k)
    dense = library.search_vectors(_vector(question, embedder), scope, depth)
    if cancel:
        cancel.check()
    asked = _asked(question, library, dense)
    words = library.search_words(asked, scope, depth)
    named = _named(clause_numbers(question), asked, library, scope)
    similarity, keyword = dict(dense), dict(words)
    fused: defaultdict[str, float] = defaultdict(float)
    for ranking, weight in ((dense, _DENSE_WEIGHT), (words, _WORDS_WEIGHT), (named, _NAMED_WEIGHT)):
        for rank, (key, _) in enumerate(ranking):
            fused[key] += weight / (_RANK_OFFSET + rank + 1)
    documents = library.documents(scope)
    if len(documents) > 1:
        _let_pages_speak(fused, library)
    best = (_DENSE_WEIGHT + _WORDS_WEIGHT + (_NAMED_WEIGHT if named else 0.0)) / (_RANK_OFFSET + 1)
    keys = [key for key, _ in sorted(fused.items(), key=lambda item: -item[1])[:k]]
    passages = {p.id: p for p in library.passages(keys)}
    found_in = {d.sha256: d for d in reversed(documents)}
    pages = {
        key: library.page(found.sha256, found.page_index) for key, found in passages.items() if found.sha256 in found_in
    }
    return tuple(
        Candidate(
            passage=passages[key],
            document=found_in[passages[key].sha256].name,
            page_label=pages[key].label,
            score=min(fused[key] / best, 1.0),
            similarity=similarity.get(key, 0.0),
            keyword_score=keyword.get(key, 0.0),
            coverage=coverage(question, [passages[key]]),
            section=pages[key].is_section,
            version=found_in[passages[key].sha256].version,
        )
        for key in keys
        if key in pages
    )


def _let_pages_speak(fused: dict[str, float], library: Library) -> None:
    """Adds to each passage a tenth of what the best others of its page have."""
    found: defaultdict[tuple[int, int], list[str]] = defaultdict(list)
    for key, place in library.places(list(fused)).items():
        found[place].append(key)
    for keys in found.values():
        own = {key: fused[key] for key in keys}
        together = sum(sorted(own.values(), reverse=True)[:_PAGE_SPEAKERS])
        for key, score in own.items():
            fused[key] = score + _PAGE_SPEAKS * (together - score)


def _asked(question: str, library: Library, nearest: Sequence[tuple[str, float]]) -> list[str]:
    """The terms to look for: the question's own, and what the passages are likely to have instead.

    That is their like in the other language where the passages are in that, and else the words of statutes.
    """
    # A term of both wordings is there twice and weighs twice, so that neither wording outweighs the other.
    asked = [term for wording in wordings(question) for term in search_terms(wording)]
    found = library.passages([key for key, _ in nearest[:_LOOKED_AT]])
    alike = sum(is_chinese(passage.text) == is_chinese(question) for passage in found)
    across = bool(found) and 4 * alike < len(found)
    also = in_other_language(question) if across else in_statutes(question)
    return [*asked, *dict.fromkeys(term for word in also for term in index_terms(word))]


def _named(numbers: Sequence[str], asked: Sequence[str], library: Library, scope: Scope) -> list[tuple[str, float]]:
    """The passages of the articles and clauses that a question names: exactly so first, then their parts."""
    if not numbers:
        return []
    written = [term for number in numbers for term in terms(number)]
    found = library.search_words([*asked, *written], scope, _NAMED_DEPTH)
    score = dict(found)
    exact: list[tuple[str, float]] = []
    parts: list[tuple[str, float]] = []
    for passage in library.passages([key for key, _ in found]):
        if passage.number in numbers:
            exact.append((passage.id, score[passage.id]))
        elif passage.number.startswith(tuple(f"{number}{mark}" for number in numbers for mark in "(.")):
            parts.append((passage.id, score[passage.id]))
    return exact + parts


def unknown_terms(question: str, library: Library, scope: Scope) -> tuple[str, ...]:
    """The terms of ``question`` that occur nowhere in ``scope``: what the documents never mention."""
    if not (asked := question_terms(question)) or len(asked) > _MOST_TERMS:
        return ()  # a long text always has words of its own; each costs a look-up
    missing = [
        tuple(term for term in question_terms(wording) if not library.search_words([term], scope, 1))
        for wording in wordings(question)
    ]
    return min(missing, key=len)


def coverage(question: str, passages: Sequence[Passage]) -> float:
    """The share of the question's terms, 0..1, that ``passages`` hold together, in its better wording."""
    held = {term for passage in passages for term in terms(passage.embedded_text)}
    return max(_share(question_terms(wording), held) for wording in wordings(question))


def evidence(
    question: str,
    candidates: Sequence[Candidate],
    embedder: Embedder,
    count_tokens: Callable[[str], int],
    budget: int,
    cancel: CancelToken | None = None,
) -> tuple[Evidence, ...]:
    """The best candidates, each cut to the sentences that matter, numbered from 1, at most ``budget`` tokens in all.

    Sentences are weighed by their own similarity to the question and by its words that they hold.
    """
    weighed = _weigh_sentences(question, candidates, embedder, cancel)
    relevance = [_PLACE * c.score + _relevance(own) for c, own in zip(candidates, weighed, strict=True)]
    ranked = sorted(range(len(candidates)), key=lambda i: -relevance[i])
    chosen: list[Evidence] = []
    left = budget
    for i in ranked:
        if left < 40 or len(chosen) == _MOST_EVIDENCE:
            break
        passage = candidates[i].passage
        start, end = _excerpt(passage.text, weighed[i], count_tokens, min(left, budget // 3))
        text = passage.text[start:end]
        used = count_tokens(text) + 8
        if used > left and chosen:
            continue
        left -= used
        best = max(weighed[i], key=lambda s: s.weight)
        chosen.append(
            Evidence(
                number=len(chosen) + 1,
                candidate=candidates[i],
                start=passage.start + start,
                end=passage.start + end,
                text=text,
                similarity=round(best.similarity, 5),
                best=(best.start - start, best.end - start),
                relevance=round(relevance[i], 4),
            )
        )
    return tuple(chosen)


@dataclass(frozen=True, slots=True)
class _Sentence:
    start: int
    end: int
    similarity: float
    coverage: float

    @property
    def weight(self) -> float:
        return _SENTENCE_SIMILARITY * self.similarity + self.coverage


def _relevance(weighed: Sequence[_Sentence]) -> float:
    return max((s.weight for s in weighed), default=0.0)


def _weigh_sentences(
    question: str, candidates: Sequence[Candidate], embedder: Embedder, cancel: CancelToken | None
) -> list[list[_Sentence]]:
    """The sentences of each candidate with their similarity to the question and the share of its terms they hold."""
    asked = [question_terms(wording) for wording in wordings(question)]
    spans = [sentences(c.passage.text) or [(0, len(c.passage.text))] for c in candidates]
    texts = [c.passage.text[a:b] for c, own in zip(candidates, spans, strict=True) for a, b in own]
    if not texts:
        return []
    vectors = embedder.embed_passages(texts, cancel=cancel)
    similar = iter(np.max([vectors @ embedder.embed_question(w) for w in wordings(question)], axis=0))
    weighed: list[list[_Sentence]] = []
    for candidate, own in zip(candidates, spans, strict=True):
        row = []
        for a, b in own:
            found = set(terms(candidate.passage.text[a:b]))
            row.append(_Sentence(a, b, float(next(similar)), max(_share(wanted, found) for wanted in asked)))
        weighed.append(row)
    return weighed


def _vector(question: str, embedder: Embedder) -> Vectors:
    """The unit vector between the wordings of ``question``."""
    mean = np.mean([embedder.embed_question(wording) for wording in wordings(question)], axis=0)
    vector: Vectors = np.asarray(mean / max(float(np.linalg.norm(mean)), 1e-12), np.float32)
    return vector


def _share(asked: Sequence[str], held: Set[str]) -> float:
    return sum(term in held for term in asked) / max(len(asked), 1)


def _excerpt(
    text: str, weighed: Sequence[_Sentence], count_tokens: Callable[[str], int], share: int
) -> tuple[int, int]:
    """The stretch of whole sentences around the weightiest one that fits into ``share`` tokens."""
    if count_tokens(text) <= share:
        return 0, len(text)
    costs = [count_tokens(text[s.start : s.end]) for s in weighed]
    first = last = max(range(len(weighed)), key=lambda i: weighed[i].weight)
    used = costs[first]
    while True:
        # What follows explains more often than what stands before.
        options = [
            (weighed[i].weight + (0.02 if i > last else 0.0), i)
            for i in (first - 1, last + 1)
            if 0 <= i < len(weighed) and used + costs[i] <= share
        ]
        if not options:
            return weighed[first].start, weighed[last].end
        _, chosen = max(options)
        used += costs[chosen]
        first, last = min(first, chosen), max(last, chosen)
