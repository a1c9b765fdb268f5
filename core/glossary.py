"""Everyday words and the words of the trade: a question is searched in both wordings."""

from __future__ import annotations

import re
import tomllib
from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from importlib import resources

from core.nouns import Term
from core.terms import is_chinese, stems

_LONGEST_ENTRY = 4  # words of an English entry of the bilingual list
_MOST_WORDS = 3  # other words for one term that a question is given


@dataclass(frozen=True, slots=True)
class Meaning:
    """A question as it was put, as it is searched, the glossary's terms in it, and their words as they stand there.

    A term that somebody else read in the question has no word there: ``written`` has an empty one for it.
    """

    question: str
    meant: str
    terms: tuple[str, ...] = ()
    written: tuple[str, ...] = ()

    def told(self, passages: Iterable[str]) -> str:
        """The wording for who reads ``passages``: as it was put, where they have the asker's own words."""
        texts = tuple(passages)
        plain = all(word and any(stands_in(word, text) for text in texts) for word in self.written)
        return self.question if plain else self.meant


@cache
def _starter() -> tuple[re.Pattern[str], Mapping[str, str]]:
    text = resources.files("core").joinpath("glossary.toml").read_text(encoding="utf-8")
    tables = tomllib.loads(text)
    kept = [word for words in tables.pop("kept") for word in words]
    groups = [words for table in tables.values() for words in table]
    formal = {_folded(everyday): words[0] for words in groups for everyday in words[1:]}
    kept += [words[0] for words in groups]
    # Words that are already the documents' own stand first, so that 单位 inside 用人单位 stays as it is.
    everyday = [word for words in groups for word in words[1:]]
    ordered = sorted(kept, key=len, reverse=True) + sorted(everyday, key=len, reverse=True)
    parts = [_pattern(word) for word in ordered]
    return re.compile("|".join(parts)), formal


def _folded(word: str) -> str:
    # MI is an infarction, mi is a note of the scale: capitals within a word make it an abbreviation.
    return word if word[1:] != word[1:].lower() else word.lower()


def _pattern(word: str) -> str:
    if not word.isascii():
        return re.escape(word)
    # Not \b: between a Chinese character and a Latin letter it sees no border.
    exact = word[1:] != word[1:].lower()
    borders = rf"(?<![A-Za-z0-9]){re.escape(word)}(?![A-Za-z0-9])"
    return borders if exact else f"(?i:{borders})"


def wordings(question: str) -> tuple[str, ...]:
    """``question`` itself and, where it uses everyday words, the same in the words documents use."""
    pattern, formal = _starter()
    reworded = pattern.sub(lambda match: formal.get(_folded(match.group()), match.group()), question)
    return (question,) if reworded == question else (question, reworded)


def in_other_language(question: str) -> tuple[str, ...]:
    """What ``question`` names, each once, as documents in the other language write it: Chinese for English, and back.

    Only words of the trade; empty where it has none.
    """
    to_chinese, to_english, chinese = _bilingual()
    if is_chinese(question):
        found = [word for match in chinese.finditer(question) for word in to_english[match.group()]]
    else:
        found, words, at = [], stems(question), 0
        while at < len(words):
            length = next((n for n in range(_LONGEST_ENTRY, 0, -1) if tuple(words[at : at + n]) in to_chinese), 0)
            found += to_chinese.get(tuple(words[at : at + length]), ())
            at += max(length, 1)
    return tuple(dict.fromkeys(found))


def in_statutes(question: str) -> tuple[str, ...]:
    """The words, each once, in which Chinese statutes deal with what a Chinese ``question`` names; empty for others."""
    if not is_chinese(question):
        return ()
    dealt_with, everyday = _statutes()
    found = (word for match in everyday.finditer(question) for word in dealt_with[match.group()])
    return tuple(dict.fromkeys(word for word in found if word not in question))


@cache
def _statutes() -> tuple[Mapping[str, list[str]], re.Pattern[str]]:
    """(everyday words -> the statutes' words, a pattern of the former)."""
    dealt_with: defaultdict[str, list[str]] = defaultdict(list)
    for left, right in _entries("glossary_statutes.toml"):
        for word in left:
            dealt_with[word] += right
    return dealt_with, re.compile("|".join(sorted(map(re.escape, dealt_with), key=len, reverse=True)))


def _entries(file: str) -> Iterator[tuple[list[str], list[str]]]:
    """The lines of a glossary of two sides, each side a list of words; English ones are apart by commas."""
    text = resources.files("core").joinpath(file).read_text(encoding="utf-8")
    for table in tomllib.loads(text).values():
        for sides in table.items():
            left, right = (re.split(", |、", side) for side in sides)
            yield left, right


@cache
def _bilingual() -> tuple[Mapping[tuple[str, ...], list[str]], Mapping[str, list[str]], re.Pattern[str]]:
    """(stems of an English entry -> Chinese, Chinese -> English, a pattern of everything Chinese)."""
    to_chinese: defaultdict[tuple[str, ...], list[str]] = defaultdict(list)
    to_english: defaultdict[str, list[str]] = defaultdict(list)
    for english, chinese in _entries("glossary_bilingual.toml"):
        for word in english:
            to_chinese[tuple(stems(word))] += chinese
        for word in chinese:
            to_english[word] += english
    return to_chinese, to_english, re.compile("|".join(sorted(map(re.escape, to_english), key=len, reverse=True)))


def meaning(question: str, glossary: Sequence[Term], occurs: Callable[[str], bool], also: str = "") -> Meaning:
    """``question`` with those words for its terms of the trade that the documents hold beside them.

    ``occurs`` tells whether a word stands in the documents.  ``also`` are words somebody else read in the question:
    of these only terms of the glossary count, and none that is easily confused with one that stands there.
    """
    owners = {_folded(word): term for term in reversed(glossary) for word in term.words}
    confusable = {word for term in glossary for word in term.confusable}
    known = sorted({*confusable, *(w for term in glossary for w in term.words)}, key=len, reverse=True)
    if not known:
        return Meaning(question, question)
    pattern = re.compile("|".join(_trade_pattern(word) for word in known))
    seen: dict[str, str] = {}

    def reworded(match: re.Match[str]) -> str:
        term = _owner(owners, match.group())
        if term is None:
            return match.group()
        others = () if term.term in seen else _other_words(term, match.group(), occurs)
        seen.setdefault(term.term, match.group())
        return _beside(match.group(), others, question)

    meant = pattern.sub(reworded, question)
    if also:
        excluded = {word for name in seen for word in owners[_folded(name)].confusable}
        for match in pattern.finditer(also):
            term = _owner(owners, match.group())
            if term is not None and term.term not in seen and not excluded & set(term.words):
                seen[term.term] = ""
                meant = _beside(meant, _other_words(term, "", occurs), question)
    return Meaning(question, meant, tuple(seen), tuple(seen.values()))


def _owner(owners: Mapping[str, Term], written: str) -> Term | None:
    for form in (written, written.lower(), written.removesuffix("s"), written.lower().removesuffix("s")):
        if form in owners:
            return owners[form]
    return None


def stands_in(word: str, text: str) -> bool:
    """Whether ``text`` holds ``word``: a whole word in English, an abbreviation with its capitals."""
    return _pattern_of(word).search(text) is not None


@cache
def _pattern_of(word: str) -> re.Pattern[str]:
    if word.isascii():
        return re.compile(_trade_pattern(word).replace("\\ ", r"\s+"))
    return re.compile(r"\s*".join(re.escape(character) for character in word))  # a line may end in the middle of it


def _trade_pattern(word: str) -> str:
    """As :func:`_pattern`, and its plural: NSAIDs, heart attacks."""
    return _pattern(word).replace("(?![A-Za-z0-9])", "s?(?![A-Za-z0-9])") if word.isascii() else _pattern(word)


def _other_words(term: Term, written: str, occurs: Callable[[str], bool]) -> tuple[str, ...]:
    others = (word for word in term.words if _folded(word) != _folded(written))
    return tuple(word for word in others if occurs(word))[:_MOST_WORDS]


def _beside(text: str, others: Sequence[str], question: str) -> str:
    if not others:
        return text
    return f"{text}（{'、'.join(others)}）" if is_chinese(question) else f"{text} ({', '.join(others)})"
