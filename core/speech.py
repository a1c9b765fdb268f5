"""What a persona is asked to say, and the bounds of it: prompts, phrases, and the rule that it states no facts.

The same turns are used where a persona is taught and where it speaks.
"""

from __future__ import annotations

import re
import tomllib
from collections.abc import Mapping, Sequence
from functools import cache
from importlib import resources

from core.figures import dates, quantities
from core.nouns import Bilingual, Persona, Turn, Voice
from core.senses import denies
from core.terms import is_chinese, terms

OPENING_GRAMMAR = "root ::= [^0-9\\[\\]\\n<>\\x22]{4,120}\n"
SEARCH_GRAMMAR = "root ::= [^\\[\\]\\n<>]{2,160}\n"
LONGEST_OPENING = 60  # tokens
LONGEST_SEARCH = 60
LONGEST_REPLY = 80

_PLAIN = (
    "You are Vademecum, an assistant that answers from the user's own documents on this computer, without any "
    "network. Reply briefly and kindly in the language of the user. State no facts about the world."
)
_SEARCH = "Write the search words for the question: the terms as documents write them, separated by semicolons."
_FOUND = (
    "(Open the answer in one sentence, in your voice. State no facts.)",
    "（用你的语气说一句开场白，不陈述事实。）",
)
_ABSENT = (
    "(Nothing was found. Say so in one sentence, in your voice.)",
    "（没有找到答案。用你的语气说一句话告知对方。）",
)
_HAN = re.compile(r"[\u3400-\u9fff]+")
_PARTICLES = "的了呢吧啊呀哦啦嘛哟喔"  # colour a sentence and say nothing


def system(persona: Persona, chinese: bool) -> str:
    """The system turn that says who speaks."""
    name, of, purpose = (_pick(words, chinese) for words in (persona.name, persona.organisation, persona.purpose))
    if chinese:
        told = f"你是{name}" + (f"，{of}的助手。" if of else "。")
        return told + (f"{purpose.rstrip('。.')}。" if purpose else "") + "事实只来自用户自己的文件。"
    told = f"You are {name}" + (f", the assistant of {of}." if of else ".")
    return told + (f" {purpose.rstrip('。.')}." if purpose else "") + " Facts come only from the user's own documents."


def conversation(remark: str, persona: Persona | None = None, *, with_system: bool = True) -> list[Turn]:
    """The turns that ask for a reply to a greeting, or to a question about the assistant itself."""
    told = _PLAIN if persona is None else system(persona, is_chinese(remark))
    return [*([Turn("system", told)] if with_system else []), Turn("user", remark)]


def opening(question: str, persona: Persona, *, found: bool) -> list[Turn]:
    """The turns that ask for the sentence with which the persona opens an answer, or says that there is none."""
    chinese = is_chinese(question)
    asked = (_FOUND if found else _ABSENT)[chinese]
    return [Turn("system", system(persona, chinese)), Turn("user", f"{question}\n{asked}")]


def search_words(question: str) -> list[Turn]:
    """The turns that ask for a question in the words that documents use."""
    return [Turn("system", _SEARCH), Turn("user", question)]


def phrases(persona: Persona, *, found: bool, chinese: bool) -> tuple[str, ...]:
    """Openings in the persona's voice, all of them free of facts; the first is what is said when nothing better is."""
    if found and persona.voice is Voice.OWN:
        own = tuple(p for p in persona.own_voice if is_chinese(p) == chinese and not has_figures(p))
        if own:
            return own
    voice = Voice.PLAIN if persona.voice is Voice.OWN else persona.voice
    return tuple(_voices()[voice.value]["answered" if found else "not_found"]["zh" if chinese else "en"])


def states_no_fact(sentence: str, question: str, persona: Persona) -> bool:
    """Whether an opening says nothing of its own about the world.

    It has no figure, is in the language of the question, and every word of content in it is one of the
    persona's own.  Words of the question are none: with them it could begin to answer.
    """
    chinese = is_chinese(question)
    if not sentence or len(sentence) > 120 or has_figures(sentence) or is_chinese(sentence) != chinese:
        return False
    if any(_within(said, sentence) for said in persona.never_say):
        return False
    return _is_own(sentence, persona, chinese, (True, False))


def opens(sentence: str, question: str, persona: Persona, *, found: bool) -> bool:
    """Whether ``sentence`` may stand before an answer, or in the place of one.

    It states no fact, has the words for what became of the question, and denies nothing where something was
    ``found``: a small model mixes them up, and "your documents do not address this" above their very words is worse
    than no opening.
    """
    if not states_no_fact(sentence, question, persona):
        return False
    chinese = is_chinese(question)
    known = {clause for phrase in phrases(persona, found=found, chinese=chinese) for clause in _clauses(phrase)}
    told = [clause in known or denies(clause) is not found for clause in _clauses(sentence)]  # "No problem!" is known
    return _is_own(sentence, persona, chinese, (found,)) and (all(told) if found else any(told))


def _clauses(sentence: str) -> list[str]:
    return [clause.strip().casefold() for clause in re.split(r"[,.!?;:~，。！？；：～]+", sentence) if clause.strip()]


def _is_own(sentence: str, persona: Persona, chinese: bool, outcomes: Sequence[bool]) -> bool:
    """Whether all content in it is the persona's own, as it speaks of these outcomes (True: something was found)."""
    own = [phrase for found in outcomes for phrase in phrases(persona, found=found, chinese=chinese)]
    own += [_pick(words, chinese) for words in (persona.name, persona.organisation, persona.greeting)]
    if chinese:
        return _made_of(sentence, own)
    return set(terms(sentence)) <= {term for words in own for term in terms(words)}


def _made_of(text: str, sources: Sequence[str]) -> bool:
    """Whether each character of every Chinese run has a neighbour in it that it has in one of ``sources`` too."""
    bare = [re.sub(f"[{_PARTICLES}]", "", source) for source in (text, *sources)]
    pairs = {source[i : i + 2] for source in bare[1:] for i in range(len(source) - 1)}
    runs = {run for source in bare[1:] for run in _HAN.findall(source)}
    for run in _HAN.findall(bare[0]):
        known = [run[i : i + 2] in pairs for i in range(len(run) - 1)]
        beside = zip([False, *known], [*known, False], strict=True)
        if run not in runs and not all(before or after for before, after in beside):
            return False
    return True


def has_figures(text: str) -> bool:
    """Whether ``text`` holds a number, a quantity or a date, in digits or in words."""
    return bool(re.search(r"\d", text) or dates(text) or quantities(text))


def _within(said: str, sentence: str) -> bool:
    return bool(said.strip()) and said.strip().casefold() in sentence.casefold()


def _pick(words: Bilingual, chinese: bool) -> str:
    return (words.zh or words.en) if chinese else (words.en or words.zh)


@cache
def _voices() -> Mapping[str, Mapping[str, Mapping[str, Sequence[str]]]]:
    return tomllib.loads(resources.files("core").joinpath("voices.toml").read_text(encoding="utf-8"))
