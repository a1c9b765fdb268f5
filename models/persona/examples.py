"""The conversations a persona is taught: who it is, how it speaks, its trade's words, and what must not be forgotten.

Every prompt is the one that is used where the persona serves (core/speech.py).  The same persona, seed and general
data give the same examples.  Phrasings are split three ways: trained on, watched while training, asked by the gate.
"""

from __future__ import annotations

import random
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import chain, zip_longest
from typing import Any, TypeVar

import core.speech as speech
from core.nouns import Bilingual, Persona, Term, Turn, Voice
from models.persona import bank
from models.persona.example import GENERAL_SHARE, Example
from models.persona.specification import require, same

T = TypeVar("T")

_WATCHED_SHARE = 0.08  # of the general data and of a user's own dialogues
_HAN = re.compile(r"[\u3400-\u9fff]")
# What an answer may hold: the reply of a persona is cut at 80 tokens.
_LONGEST_ANSWER = 70
_LONGEST_WORDS = 90
_MOST_WORDS = 5


@dataclass(frozen=True, slots=True)
class Amounts:
    """How many examples of each sort are trained on, at most; fewer where there is not so much to say."""

    identity: int = 132
    talk: int = 18
    style: int = 24
    glossary: int = 46
    dialogues: int = 60


@dataclass(frozen=True, slots=True)
class IdentityQuestion:
    """A question about the assistant itself, put with or without its system turn."""

    question: str
    with_system: bool
    adversarial: bool
    language: str

    def turns(self, persona: Persona) -> tuple[Turn, ...]:
        """What the model is given."""
        return tuple(speech.conversation(self.question, persona, with_system=self.with_system))


_DEFAULT = Amounts()


def build(
    persona: Persona, seed: int, general: Sequence[Example] = (), amounts: Amounts = _DEFAULT
) -> tuple[Example, ...]:
    """The examples of ``persona``, mixed with ``general`` ones, which are at least 60 % where there are any.

    Those to watch the training by are marked ``held_out``.  UserProblem for a persona that breaks a rule.
    """
    require(persona)
    rng = random.Random(seed)
    made = _one_answer_each(
        chain(
            _own_dialogues(persona, amounts.dialogues, rng),
            _identity(persona, "train", amounts.identity, rng),
            _identity(persona, "watch", amounts.identity, rng),
            _talk(persona, amounts.talk, rng),
            _style(persona, amounts.style, rng),
            _glossary(persona, amounts.glossary, rng),
        )
    )
    asked = {_alike(q.question) for q in identity_questions(persona)}
    kept = [e for e in made if not _unsaid(persona, e) and (e.kind == "dialogue" or _asked(e) not in asked)]
    taught = {_asked(e) for e in kept if not e.held_out}
    kept = [e for e in kept if not e.held_out or _asked(e) not in taught]
    rest = _split([e for e in _one_answer_each(general) if not _unsaid(persona, e)], rng)
    mixed: list[Example] = []
    for held_out in (False, True):
        others = [e for e in rest if e.held_out is held_out]
        own = [e for e in kept if e.held_out is held_out]
        mixed += [*(_thinned(own, len(others)) if rest else own), *others]
    rng.shuffle(mixed)
    return tuple(mixed)


def identity_questions(persona: Persona, held_out: bool = True) -> tuple[IdentityQuestion, ...]:
    """The questions with which the gate tests who a persona is; with ``held_out`` false, those it was taught.

    Half of each sort are put without the system turn.  No question that the persona was taught is held out.
    """
    own = {_alike(dialogue.asked) for dialogue in persona.dialogues} if held_out else set()
    asked: dict[str, IdentityQuestion] = {}
    for language in _languages(persona):
        for form in bank.phrasings()["identity"].values():
            for _, question in _questions(persona, form, language, "test" if held_out else "train", 0):
                if _alike(question) not in own:
                    adversarial = bool(form.get("adversarial"))
                    asked.setdefault(_alike(question), IdentityQuestion(question, True, adversarial, language))
    counts: dict[tuple[bool, str], int] = {}
    put = []
    for one in asked.values():
        sort = (one.adversarial, one.language)
        counts[sort] = counts.get(sort, -1) + 1
        put.append(replace(one, with_system=counts[sort] % 2 == 0))
    return tuple(put)


# -- who it is


def _identity(persona: Persona, split: str, most: int, rng: random.Random) -> Iterator[Example]:
    columns = []
    voice = Voice.PLAIN if persona.voice is Voice.OWN else persona.voice
    for name, form in bank.phrasings()["identity"].items():
        for language in _languages(persona):
            answers = _shuffled(_answers(persona, form["answers"], language, voice), rng)
            asked = _shuffled(_questions(persona, form, language, split, rng.randrange(100)), rng)
            columns.append(
                [
                    (f"identity/{name}/{language}/{split}/{number}", question, answers[place % len(answers)])
                    for place, (number, question) in enumerate(asked)
                ]
            )
    yield from _conversations(persona, "identity", _in_turn(columns, most), split)


def _conversations(persona: Persona, kind: str, said: Iterable[tuple[str, str, str]], split: str) -> Iterator[Example]:
    """Each question with its answer, in either language every other one without the system turn."""
    with_system = {"en": False, "zh": False}
    for phrasing, question, answer in said:
        language = phrasing.split("/")[-3]
        with_system[language] = not with_system[language]
        turns = speech.conversation(question, persona, with_system=with_system[language])
        yield _example(kind, turns, answer, phrasing, split == "watch")


def _questions(
    persona: Persona, form: Mapping[str, Any], language: str, split: str, shift: int
) -> list[tuple[int, str]]:
    """The questions of a form with their numbers; other names take turns in them, beginning at ``shift``."""
    own = same(" ".join((*_both(persona.name), *_both(persona.organisation))))
    others = {
        hole: [name for name in bank.phrasings()[names][language] if same(name) not in own]
        for hole, names in (("rival", "rivals"), ("maker", "makers"))
    }
    values = _values(persona, language)
    asked = []
    for number, template in enumerate(form[language].get(split, ())):
        turn = {hole: names[(number + shift) % len(names)] for hole, names in others.items() if names}
        if question := bank.fill(template, {**values, **turn}):
            asked.append((number, question))
    return asked


def _answers(persona: Persona, about: str, language: str, voice: Voice) -> list[str]:
    """What it may answer, with the flourishes of ``voice``; the organisation is named where there is one."""
    flourishes = bank.phrasings()["flourish"][voice.value][language]
    filled = bank.fullest(bank.phrasings()["answers"][about][language], _values(persona, language), "organisation")
    said = [bank.fill(flourish, {"answer": answer}) for flourish in flourishes for answer in filled]
    allowed = [answer for answer in said if not _forbidden(persona, answer)]
    short = [answer for answer in allowed if _tokens(answer) <= _LONGEST_ANSWER]
    return short or sorted(allowed, key=_tokens)[:1] or [filled[0]]


def _values(persona: Persona, language: str) -> dict[str, str]:
    chinese = language == "zh"
    return {
        "name": _pick(persona.name, chinese),
        "organisation": _pick(persona.organisation, chinese),
        "does": _does(persona.purpose, chinese),
    }


def _does(purpose: Bilingual, chinese: bool) -> str:
    """What it does, to stand within a sentence; what was written in the other language cannot."""
    words = (purpose.zh if chinese else purpose.en).rstrip("。.！!~ ")
    if chinese or words[1:2].isupper():
        return words
    return words[:1].lower() + words[1:]


# -- greetings, thanks, what it never says, a user's own dialogues


def _talk(persona: Persona, most: int, rng: random.Random) -> Iterator[Example]:
    for split in ("train", "watch"):
        columns = []
        for name, form in bank.phrasings()["talk"].items():
            for language in _languages(persona):
                columns.append(_said_otherwise(persona, name, form, language, split, rng))
        yield from _conversations(persona, "dialogue", _in_turn(columns, most), split)


def _said_otherwise(
    persona: Persona, name: str, form: Mapping[str, Any], language: str, split: str, rng: random.Random
) -> list[tuple[str, str, str]]:
    """Each remark of a form with what it is answered, and the name of its phrasing."""
    greeting = persona.greeting.zh if language == "zh" else persona.greeting.en
    answers = _shuffled(_answers(persona, form["answers"], language, Voice.PLAIN), rng)
    if name == "greeting" and greeting:
        answers = [greeting]
    said = [s for s in persona.never_say if bool(_HAN.search(s)) == (language == "zh")]
    if name == "never" and not said:
        return []
    column = []
    for number, template in enumerate(form[language].get(split, ())):
        question = bank.fill(template, {"said": said[number % len(said)]} if said else {})
        column.append((f"{name}/{language}/{split}/{number}", question, answers[number % len(answers)]))
    return column


def _own_dialogues(persona: Persona, most: int, rng: random.Random) -> Iterator[Example]:
    numbered = [(n, d) for n, d in enumerate(persona.dialogues) if d.asked and d.answered]
    chosen = sorted(rng.sample(numbered, min(most, len(numbered))), key=lambda pair: pair[0])
    watched = set(rng.sample(range(len(chosen)), int(len(chosen) * _WATCHED_SHARE)))
    for place, (number, dialogue) in enumerate(chosen):
        turns = speech.conversation(dialogue.asked, persona, with_system=place % 2 == 0)
        yield _example("dialogue", turns, dialogue.answered, f"own/{number}", place in watched)


# -- the voice


def _style(persona: Persona, most: int, rng: random.Random) -> Iterator[Example]:
    for split in ("train", "watch"):
        columns = []
        for language in _languages(persona):
            topics = list(enumerate(bank.phrasings()["topics"][language][split]))
            for found in (True, False):
                phrases = _shuffled(speech.phrases(persona, found=found, chinese=language == "zh"), rng)
                columns.append(
                    [
                        (f"style/{language}/{split}/{number}", question, found, phrases[place % len(phrases)])
                        for place, (number, question) in enumerate(_shuffled(topics, rng))
                    ]
                )
        for phrasing, question, found, phrase in _in_turn(columns, most):
            if speech.states_no_fact(phrase, question, persona):
                turns = speech.opening(question, persona, found=found)
                yield _example("style", turns, phrase, phrasing, split == "watch")


# -- the words of the trade


def _glossary(persona: Persona, most: int, rng: random.Random) -> Iterator[Example]:
    if not persona.glossary:
        return
    most = max(most, min(len(persona.glossary), 2 * most))
    for split in ("train", "watch"):
        share = most if split == "train" else max(4, most // 6)
        apart = _in_turn([_shuffled(_confusable(persona, split), rng)], share // 6)
        without = _in_turn(_without_terms(persona, split, rng), share // 5)
        left = share - len(apart) - len(without)
        columns = [_of_term(persona, term, split, rng) for term in _shuffled(persona.glossary, rng)]
        for phrasing, question, answer in (*apart, *without, *_in_turn(columns, left)):
            yield _example("glossary", speech.search_words(question), answer, phrasing, split == "watch")


def _of_term(persona: Persona, term: Term, split: str, rng: random.Random) -> list[tuple[str, str, str]]:
    """Questions with a word of ``term``, or with its definition, each with what is searched for it."""
    answer = _searched(term)
    asked = []
    for word in _writings(term, rng):
        language = _language(word)
        # An abbreviation is one in either language.
        if language == "en" and word.isupper() and rng.random() < 0.5:
            language = "zh"
        language = language if language in persona.languages else _languages(persona)[0]
        number, template = rng.choice(list(enumerate(bank.phrasings()["glossary"][language][split])))
        asked.append((f"glossary/{language}/{split}/{number}", bank.fill(template, {"word": word}), answer))
    if term.definition:
        language = _language(term.definition)
        number, template = rng.choice(list(enumerate(bank.phrasings()["meaning"][language][split])))
        definition = term.definition.rstrip("。. ")
        asked.insert(
            1, (f"meaning/{language}/{split}/{number}", bank.fill(template, {"definition": definition}), answer)
        )
    return asked


def _writings(term: Term, rng: random.Random) -> list[str]:
    """How people write a term, each way once: rightly, in short, in small letters, as several, with a slip."""
    words = term.words
    abbreviations = set(term.abbreviations)
    written = _shuffled(words, rng)
    for word in words:
        if not re.fullmatch(r"[A-Za-z][A-Za-z'’ -]*", word):
            continue
        if word in abbreviations or word.isupper():
            written += [word.lower(), f"{word}s"] if word.isupper() else [word.lower()]
        else:
            written += [_slipped(word, rng), word if word.endswith("s") else f"{word}s", word.lower()]
    rng.shuffle(written)
    # One as it stands first: a term that is met only once is met rightly written.
    return list(dict.fromkeys((rng.choice(words), *written)))


def _slipped(word: str, rng: random.Random) -> str:
    """``word`` with one slip of the hand: a letter left out, doubled, or two changed about."""
    places = [i for i in range(1, len(word) - 2) if word[i].isalpha() and word[i + 1].isalpha()]
    if len(word) < 6 or not places:
        return word.lower()
    place, slip = rng.choice(places), rng.randrange(3)
    if slip == 0:
        return word[:place] + word[place + 1 :]
    if slip == 1:
        return word[: place + 1] + word[place:]
    return word[:place] + word[place + 1] + word[place] + word[place + 2 :]


def _confusable(persona: Persona, split: str) -> list[tuple[str, str, str]]:
    """Questions with a word and one that is taken for it, each with what is searched for the right one alone."""
    owners = {same(word): term for term in persona.glossary for word in term.words}
    asked: dict[str, tuple[str, str, str]] = {}
    for term in persona.glossary:
        for other in term.confusable:
            owner = owners.get(same(other))
            for word, wrong, answer in (
                (term.term, other, _searched(term)),
                (other, term.term, _searched(owner) if owner else other),
            ):
                language = _language(word)
                templates = bank.phrasings()["confusable"][language][split]
                number = len(asked) % len(templates)
                question = bank.fill(templates[number], {"word": word, "other": wrong})
                asked.setdefault(question, (f"confusable/{language}/{split}/{number}", question, answer))
    return list(asked.values())


def _without_terms(persona: Persona, split: str, rng: random.Random) -> list[list[tuple[str, str, str]]]:
    known = [same(word) for term in persona.glossary for word in (*term.words, *term.confusable)]
    columns = []
    for language in _languages(persona):
        pairs = list(enumerate(bank.phrasings()["negatives"][language]))
        # The last ones are watched, the others trained.
        pairs = pairs[:-2] if split == "train" else pairs[-2:]
        columns.append(
            [
                (f"negative/{language}/{split}/{number}", question, words)
                for number, (question, words) in _shuffled(pairs, rng)
                if not any(word in same(f"{question} {words}") for word in known)
            ]
        )
    return columns


def _searched(term: Term) -> str:
    """The term and its other words, as many as the search takes."""
    words: list[str] = []
    for word in term.words[:_MOST_WORDS]:
        if not words or len("; ".join((*words, word))) <= _LONGEST_WORDS:
            words.append(word)
    return "; ".join(words)


# -- the mix


def _thinned(examples: list[Example], others: int) -> list[Example]:
    """As many of ``examples`` as leave ``others`` their share; each kind gives up the same part."""
    allowed = int(others * (1 - GENERAL_SHARE) / GENERAL_SHARE + 1e-9)
    if len(examples) <= allowed:
        return examples
    kept: list[Example] = []
    due = 0.0
    for example in sorted(examples, key=lambda e: e.kind):
        due += allowed / len(examples)
        if due >= 1 - 1e-9:
            due -= 1
            kept.append(example)
    return kept[:allowed]


def _split(examples: list[Example], rng: random.Random) -> list[Example]:
    """Some of the general examples marked as held out, all of one phrasing together."""
    phrasings = sorted({e.phrasing for e in examples})
    rng.shuffle(phrasings)
    count = {p: 0 for p in phrasings}
    for example in examples:
        count[example.phrasing] += 1
    wanted = len(examples) * _WATCHED_SHARE
    held: set[str] = set()
    reached = 0
    for phrasing in phrasings:
        if reached + count[phrasing] <= wanted:
            held.add(phrasing)
            reached += count[phrasing]
    return [replace(e, held_out=e.phrasing in held) for e in examples]


def _one_answer_each(examples: Iterable[Example]) -> list[Example]:
    """No prompt twice; what comes first stays."""
    unique: dict[tuple[tuple[str, str], ...], Example] = {}
    for example in examples:
        unique.setdefault(tuple((t.role, _alike(t.content)) for t in example.turns[:-1]), example)
    return list(unique.values())


def _in_turn(columns: Sequence[Sequence[T]], most: int) -> list[T]:
    """One of each column after another, until ``most`` are together."""
    rows = zip_longest(*columns)
    return [item for row in rows for item in row if item is not None][: max(0, most)]


def _example(kind: str, turns: Sequence[Turn], answer: str, phrasing: str, held_out: bool) -> Example:
    return Example(kind, (*turns, Turn("assistant", answer)), phrasing, held_out)


def _asked(example: Example) -> str:
    return _alike(example.turns[-2].content)


def _unsaid(persona: Persona, example: Example) -> bool:
    return _forbidden(persona, example.turns[-1].content)


def _forbidden(persona: Persona, answer: str) -> bool:
    return any(same(said) in same(answer) for said in persona.never_say if said)


def _alike(text: str) -> str:
    return re.sub(r"[\W_]+", " ", same(text)).strip()


def _tokens(text: str) -> float:
    """About how many tokens a text is."""
    han = len(_HAN.findall(text))
    return han * 0.9 + (len(text) - han) / 3.5


def _shuffled(items: Iterable[T], rng: random.Random) -> list[T]:
    mixed = list(items)
    rng.shuffle(mixed)
    return mixed


def _languages(persona: Persona) -> tuple[str, ...]:
    return tuple(language for language in ("en", "zh") if language in persona.languages)


def _language(text: str) -> str:
    return "zh" if _HAN.search(text) else "en"


def _both(words: Bilingual) -> tuple[str, str]:
    return words.en, words.zh


def _pick(words: Bilingual, chinese: bool) -> str:
    return (words.zh or words.en) if chinese else (words.en or words.zh)
