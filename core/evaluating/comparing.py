"""The table of what each part is good for: base alone, persona alone, retrieval alone, persona and retrieval.

The same questions go through all four.  Without the library the model answers from memory.  What an answer is
worth is told by rules over what is printed, so that the same answer is always worth the same:

- correct, of questions that have an answer: every figure of the key stands in the answer or in a quote it shows,
  and where the key has none, its words do;
- hallucinated, of all questions: a figure or a date is stated that stands neither in the question nor in the key,
  nor on the page of the key, nor in a passage that the answer cites.  Inventions in words alone are not counted,
  so it is the least that was invented;
- refused, of questions that have no answer, and refused wrongly, of those that have one: the engine said "not
  found", or a model from memory says in words of its own that it does not know, and gives neither the key nor an
  invented figure after all;
- cited, of questions that have an answer: a page of the key is among those that the sentences shown cite; a model
  from memory cites nothing;
- in persona, of all: the first sentence is in the persona's voice or names it, as the caller judges;
- seconds: from the question to the whole answer.
"""

from __future__ import annotations

import re
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace

from core.asking import ask
from core.drafting import clean
from core.errors import CancelToken, UserProblem
from core.evaluating.measures import mean
from core.evaluating.pack import PagePlace, Question
from core.evaluating.running import Engine
from core.evaluating.tables import Evaluation, Table, figure
from core.figures import Quantity, dates, quantities
from core.intervals import share
from core.language_model import LanguageModel
from core.nouns import AnswerKind, Progress, Report, Scope, Turn, silent
from core.speaking import Speaker
from core.speech import conversation
from core.terms import is_chinese, normalise, terms

BASE = "compare_base"
PERSONA = "compare_persona"
RETRIEVAL = "compare_retrieval"
BOTH = "compare_both"
COLUMNS = (BASE, PERSONA, RETRIEVAL, BOTH)
MEASURES = (
    "compare_hallucinated",
    "compare_refused",
    "compare_refused_wrongly",
    "compare_correct",
    "compare_cited",
    "compare_in_persona",
    "compare_seconds",
)

_LONGEST_MEMORY = 160  # tokens of an answer from memory
_FROM_MEMORY = (
    "You are a helpful assistant. Answer the question in one to three sentences. If you do not know, say so.",
    "你是一个乐于助人的助手。请用一到三句话回答问题。如果不知道，请直说。",
)
_REFUSES = re.compile(
    r"\b(?:i|we) (?:do not|don['’]t|cannot|can['’]t|could not|couldn['’]t|am unable to|am not able to|am not sure"
    r"|do not have|don['’]t have|have no)\b|\b(?:no|not enough|insufficient) (?:information|access)\b"
    r"|\b(?:not|isn['’]t|unable to be) (?:found|specified|provided|mentioned|available|stated|known)\b"
    r"|\bi['’]m (?:sorry|unable|not sure|not able)\b|\bunable to (?:find|answer|provide)\b|\bunknown\b"
    r"|\bplease (?:provide|refer to|consult|check)\b"
    r"|不知道|不清楚|不了解|无法(?:回答|提供|确定|获取|查|得知|访问|给出)|没有(?:找到|相关|提供|足够|提到|这方面|具体|明确)|未(?:找到|提供|提及|载明|见)"
    r"|不能(?:回答|提供|确定)|找不到|抱歉|请(?:提供|参阅|查阅|咨询)",
    re.IGNORECASE,
)
_LONGEST_KEY = 60  # characters: a longer answer is prose, of which nobody expects the very words
_NO_KEY = re.compile(r"yes|no|是|否|是的|不是|", re.IGNORECASE)
_LIST_MARK = re.compile(r"^\s*(?:\d{1,2}[.)、]|[（(]\d{1,2}[）)])\s*", re.MULTILINE)
_SENTENCE = re.compile(r"[^.!?。！？~～\n]+[.!?。！？~～]*")


@dataclass(frozen=True, slots=True)
class Said:
    """One answer, as far as it is judged; ``quotes`` are the texts it cites, ``pages`` where they stand."""

    text: str
    refused: bool
    seconds: float
    quotes: tuple[str, ...] = ()
    pages: tuple[PagePlace, ...] = ()
    opening: str = ""


@dataclass(frozen=True, slots=True)
class Judged:
    """What one answer is worth."""

    question: Question
    said: Said
    hallucinated: bool
    refused: bool
    correct: bool
    cited: bool
    in_persona: bool


Way = Callable[[Question], Said]


def ways(
    engine: Engine,
    model: LanguageModel,
    speaker: Speaker,
    *,
    seed: int = 0,
    collections: Sequence[str] = (),
    cancel: CancelToken | None = None,
) -> dict[str, Way]:
    """The four ways to answer, by the key of their column; answers from the library go into its audit chain."""

    def from_library(who: Speaker | None) -> Way:
        def answer(question: Question) -> Said:
            given = ask(
                question.text,
                engine.library,
                engine.embedder,
                model,
                scope=Scope(tuple(collections), question.documents),
                user="evaluate",
                speaker=who,
                evidence_tokens=engine.evidence_tokens,
                seed=seed,
                cancel=cancel,
            )
            cited = [citation for claim in given.checked.claims for citation in claim.citations]
            return Said(
                text=" ".join(claim.text for claim in given.checked.claims),
                refused=given.checked.kind is AnswerKind.NOT_FOUND,
                seconds=given.seconds.total,
                quotes=tuple(c.quote for c in cited),
                pages=tuple((c.document, c.page_index + 1) for c in cited),
                opening=given.checked.opening,
            )

        return answer

    def from_memory(who: LanguageModel, turns: Callable[[str], Sequence[Turn]]) -> Way:
        def answer(question: Question) -> Said:
            began = time.perf_counter()
            asked = turns(clean(question.text))
            written = who.generate(asked, max_tokens=_LONGEST_MEMORY, seed=seed, cancel=cancel)
            text = written.text.strip()
            return Said(text, admits(text), time.perf_counter() - began)

        return answer

    return {
        BASE: from_memory(model, _plain_turns),
        PERSONA: from_memory(speaker.model, lambda question: conversation(question, speaker.persona)),
        RETRIEVAL: from_library(None),
        BOTH: from_library(speaker),
    }


def with_printed_keys(questions: Sequence[Question], printed: Callable[[PagePlace], str]) -> tuple[Question, ...]:
    """The questions of a pack that can be compared, each asked of its own document.

    Those are the ones without an answer, and those whose short answer stands as such on a page of the key: it
    becomes the words of a right answer.  ``printed`` gives the text of a page.
    """
    kept = []
    for question in questions:
        if question.answerable and not question.must_contain:
            key = question.reference.strip().rstrip(".。")
            question = replace(question, must_contain=(key,))
            as_printed = Said("", False, 0.0, tuple(printed(place) for place in question.gold_pages))
            if len(key) > _LONGEST_KEY or _NO_KEY.fullmatch(key) or not _holds_key(question, as_printed):
                continue
        own = (question.document,) if question.document and not question.documents else question.documents
        kept.append(replace(question, documents=own))
    return tuple(kept)


def compare(
    questions: Sequence[Question],
    ways: Mapping[str, Way],
    *,
    printed: Callable[[PagePlace], str],
    in_persona: Callable[[str], bool],
    seed: int = 0,
    report: Report = silent,
    cancel: CancelToken | None = None,
) -> Evaluation:
    """The table, one column after the other: a :class:`Table` for each way, its figures those of MEASURES.

    ``printed`` gives the text of a page, ``in_persona`` judges a first sentence.  UserProblem when there is nothing
    to ask; Cancelled when asked to stop.
    """
    if not questions:
        raise UserProblem("compare_no_questions")
    judged: dict[str, list[Judged]] = {}
    total = len(questions) * len(ways)
    for name, answer in ways.items():
        judged[name] = []
        for question in questions:
            if cancel:
                cancel.check()
            report(Progress("stage_comparing", sum(map(len, judged.values())), total, question.id))
            judged[name].append(judge(question, answer(question), printed, in_persona))
    report(Progress("stage_comparing", total, total))
    return Evaluation(
        suite="compare",
        tables=tuple(_table(name, results, seed) for name, results in judged.items()),
        notes=("compare_note_hallucinated", "compare_note_memory"),
        settings={"questions": len(questions), "seed": seed},
        details=tuple(_detail(name, one) for name, results in judged.items() for one in results),
    )


def judge(
    question: Question, said: Said, printed: Callable[[PagePlace], str], in_persona: Callable[[str], bool]
) -> Judged:
    """What ``said`` is worth as an answer to ``question``, by the rules at the top of this file."""
    # From memory "I am not sure, but it is 3.5%" is an answer: right, or invented.
    correct = question.answerable and _holds_key(question, said)
    grounds = [question.text, *question.must_contain, *said.quotes, *(printed(page) for page in question.gold_pages)]
    known = _figures_of(grounds)
    invented = any(not _stands(one, known) for one in _figures(_LIST_MARK.sub("", said.text)))
    refused = said.refused and not correct and not invented
    return Judged(
        question,
        said,
        hallucinated=invented,
        refused=refused,
        correct=correct,
        cited=not refused and not question.gold_pages.isdisjoint(said.pages),
        in_persona=in_persona(first_sentence(said.opening or said.text)),
    )


def admits(text: str) -> bool:
    """Whether a model from memory says that it does not know, or says nothing at all."""
    return not text.strip() or bool(_REFUSES.search(text))


def first_sentence(text: str) -> str:
    """The first sentence of ``text``, with its mark; all of it when there is but one."""
    found = _SENTENCE.search(text)
    return found.group().strip() if found else ""


def _plain_turns(question: str) -> list[Turn]:
    return [Turn("system", _FROM_MEMORY[is_chinese(question)]), Turn("user", question)]


def _holds_key(question: Question, said: Said) -> bool:
    if not question.must_contain:
        return False
    given = " ".join((said.text, *said.quotes))
    figures, bare, known = _figures(given), _bare(given), set(terms(given))
    for words in question.must_contain:
        wanted = _figures(words)
        if wanted:
            held = all(_stands(one, figures) for one in wanted)
        else:
            # In English the words may stand in another order and inflection; Chinese is compared as it is printed.
            held = _bare(words) in bare or (not is_chinese(words) and set(terms(words)) <= known)
        if not held:
            return False
    return True


_Figure = Quantity | str  # a quantity, or a date


def _figures(text: str) -> frozenset[_Figure]:
    return frozenset((*quantities(text), *dates(text)))


def _figures_of(texts: Sequence[str]) -> frozenset[_Figure]:
    return frozenset().union(*(_figures(text) for text in texts))


def _stands(one: _Figure, among: frozenset[_Figure]) -> bool:
    """Whether the figure is among these; one without a unit is the same with any."""
    if one in among:
        return True
    return isinstance(one, Quantity) and any(
        isinstance(other, Quantity) and one.value == other.value and not (one.unit and other.unit) for other in among
    )


def _bare(text: str) -> str:
    return re.sub(r"\s+", "", normalise(text))


def _table(name: str, judged: Sequence[Judged], seed: int) -> Table:
    present = [one for one in judged if one.question.answerable]
    absent = [one for one in judged if not one.question.answerable]
    shares = {
        "compare_hallucinated": ([one.hallucinated for one in judged], "note_lower_is_better"),
        "compare_refused": ([one.refused for one in absent], ""),
        "compare_refused_wrongly": ([one.refused for one in present], "note_lower_is_better"),
        "compare_correct": ([one.correct for one in present], ""),
        "compare_cited": ([one.cited for one in present], ""),
        "compare_in_persona": ([one.in_persona for one in judged], ""),
    }
    figures = [one for key, (hits, note) in shares.items() for one in figure(key, share(hits), note=note)]
    took = mean([one.said.seconds for one in judged], seed)
    return Table(name, (*figures, *figure("compare_seconds", took, unit="s", note="note_lower_is_better")))


def _detail(name: str, one: Judged) -> dict[str, object]:
    return {
        "column": name,
        "id": one.question.id,
        "answerable": one.question.answerable,
        "opening": one.said.opening,
        "text": one.said.text,
        "quotes": list(one.said.quotes),
        "pages": [list(page) for page in one.said.pages],
        "hallucinated": one.hallucinated,
        "refused": one.refused,
        "correct": one.correct,
        "cited": one.cited,
        "in_persona": one.in_persona,
        "seconds": round(one.said.seconds, 3),
    }


def rows(evaluation: Evaluation) -> Iterator[tuple[str, tuple[float | None, ...]]]:
    """The table as a person reads it: a measure, then its value in every column, None where it was not measured."""
    for measure in MEASURES:
        values = [next((f.value for f in table.figures if f.name == measure), None) for table in evaluation.tables]
        yield measure, tuple(values)
