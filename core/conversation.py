"""What is meant by what somebody writes: talk, a question to the library, or the continuation of one.

A question that is complete in itself is never touched.  A continuation ("and in the
second contract?", "what about children?", "那试用期呢？") is completed from the
question before it: by rules where they can tell, else by the model, which may only use
what was said, else by putting the two side by side.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import replace

from core.completing import complete, side_by_side, subject
from core.drafting import clean
from core.errors import CancelToken, UserProblem
from core.finding import LONGEST_QUESTION
from core.language_model import LanguageModel, Turn
from core.nouns import AnswerKind, CheckedAnswer, Exchange, Scope, Understood
from core.remarks import LAST, OTHER, Named, Ordinal, Remark, bare, continuation, named, ordinal
from core.terms import is_chinese, normalise, question_terms, terms

_REMARKS = (
    r"(?:hi|hello|hey|good (?:morning|afternoon|evening|night|day)|greetings)(?: there| vademecum)?",
    r"(?:many )?(?:thanks|thank you|thx|cheers)(?: (?:a lot|so much|very much|again|for (?:your|the) help))?",
    r"(?:ok|okay|great|perfect|good|nice|well done|got it|i see)(?:,? (?:thanks|thank you))?",
    r"(?:good)?bye|see you(?: later| tomorrow)?",
    r"how are you(?: doing)?(?: today)?",
    r"(?:and )?(?:who|what) (?:are|r) you|what(?:'s| is) your name|(?:please )?introduce yourself",
    r"(?:which|what) (?:company|firm|organi[sz]ation) (?:made|built|trained|created|developed) you",
    r"(?:which|what) (?:language )?(?:model|ai) are you",
    r"who (?:made|built|trained|created|developed) you",
    r"are you (?:chatgpt|gpt|qwen|claude|gemini|an ai|a robot|a bot|human)(?:,? right)?",
    r"what can you do(?: for me)?|how can you help(?: me)?|what are you for|help",
    r"(?:你|您)(?:好|们好)(?:啊|呀|吗)?|嗨|哈喽|早上好|下午好|晚上好|早安|晚安",
    r"(?:非常|多|太|十分)?(?:感谢|谢谢|多谢|谢了)(?:你|您|啦|了|你的帮助|您的帮助)?",
    r"好的?(?:吧|，?谢谢)?|明白了?|知道了|再见|拜拜",
    r"(?:请问)?(?:你|您)是谁(?:啊|呀|呢)?|(?:你|您)(?:叫|是)什么(?:名字|模型)?|(?:你|您)的名字(?:是什么|叫什么)",
    r"(?:请)?(?:介绍一下|介绍)?(?:你|您)?(?:自我介绍|自己)(?:一下)?|请自我介绍",
    r"(?:你|您)(?:能|会|可以)(?:做|干)(?:些)?什么|(?:你|您)有什么(?:功能|用)",
    r"(?:你|您)是(?:哪家|哪个|什么)公司(?:的|开发的|训练的|做的)?|谁(?:开发|训练|创造|制造)了?(?:你|您)(?:的)?",
    r"(?:你|您)是(?:机器人|人|人工智能|chatgpt|gpt|通义千问|千问)吗",
)
_CONVERSATION = re.compile("|".join(f"(?:{r})" for r in _REMARKS))


def is_conversation(question: str) -> bool:
    """Whether every sentence of ``question`` is a greeting, thanks, or a question about the assistant itself."""
    parts = [p.strip(" ,，~～") for p in re.split(r"[.!?。！？;；\n]+", question.lower())]
    said = [p for p in parts if p]
    return bool(said) and all(_CONVERSATION.fullmatch(p) for p in said)


def understand(
    question: str,
    earlier: Sequence[Exchange],
    documents: Sequence[str],
    scope: Scope,
    model: LanguageModel | None,
    cancel: CancelToken | None = None,
) -> Understood:
    """``question`` as it is put to the library: as it stands, or completed from ``earlier``, the oldest first.

    ``documents`` are the names in ``scope``, in the order in which they are shown.  A
    document that a continuation names, by its name or its place, narrows the scope.
    ``model`` is asked only where the rules cannot tell what the remark stands for; one
    of half a billion parameters repeats the question and gains nothing.  Raises
    Cancelled when asked to stop.
    """
    answers = [e.answer.checked for e in earlier if e.answer.checked.kind is not AnswerKind.CONVERSATION]
    as_typed = Understood(question, scope)
    if not answers or is_conversation(question):
        return as_typed
    remark = continuation(question)
    document, rest = _document(remark.words if remark else question, answers, documents, whole=remark is None)
    narrowed = replace(scope, documents=(document,)) if document else scope
    if remark is None:
        return Understood(rest, narrowed, rewritten=True) if document else as_typed
    asked = _without_document(answers[-1].question, documents) if document else answers[-1].question
    if document and not rest:
        return Understood(asked, narrowed, rewritten=True)
    remark = replace(remark, words=rest)
    completed = complete(asked, remark)
    if not completed and model is not None:
        completed = _worded(asked, remark, answers[-1], model, cancel)
    completed = completed or side_by_side(asked, remark)
    return Understood(completed, narrowed, rewritten=True) if len(completed) <= LONGEST_QUESTION else as_typed


def _document(
    words: str, answers: Sequence[CheckedAnswer], documents: Sequence[str], *, whole: bool
) -> tuple[str, str]:
    """The document that ``words`` name, "" for none, and the words without its name.

    In a ``whole`` question only a place counts ("of the second contract"), and only after a preposition.
    """
    if place := ordinal(words):
        document = "" if whole and not place.within else _in_its_place(place, answers, documents)
        start, end = place.start, place.end
    else:
        by_name = None if whole else named(words, documents)
        if by_name is None:
            return "", words
        document, start, end = by_name.document, by_name.start, by_name.end
    if not document:
        return "", words
    rest = " ".join(f"{words[:start].rstrip()}{' ' if words.isascii() else ''}{words[end:]}".split())
    return document, re.sub(r"\s+(?=[?!.,])", "", rest).strip(" ,，")


def _in_its_place(place: Ordinal, answers: Sequence[CheckedAnswer], documents: Sequence[str]) -> str:
    """The document that stands there in the order in which the answers cited them, else in the library; "" for none."""
    latest = _cited(answers[-1:])
    cited = [name for name in _cited(answers) if name in documents or not documents]
    everything = list(dict.fromkeys([*cited, *documents]))

    def alike(names: Sequence[str]) -> list[str]:
        return [name for name in names if any(word in normalise(name) for word in place.kind)] or list(names)

    if place.number == OTHER:
        others = [name for name in alike(everything) if name not in latest]
        return others[0] if len(others) == 1 else ""
    if place.number == LAST:
        return (alike(cited) or alike(everything) or [""])[-1]
    for names in (alike(cited), alike(documents), alike(everything)):
        if len(names) >= place.number:
            name = names[place.number - 1]
            if names is not documents or [name] != latest:
                return name
    return ""


def _cited(answers: Iterable[CheckedAnswer]) -> list[str]:
    """The names of the documents that these answers cite, in order."""
    return list(dict.fromkeys(c.document for answer in answers for claim in answer.claims for c in claim.citations))


def _without_document(question: str, documents: Sequence[str]) -> str:
    """``question`` without the document it was asked of: it is asked of another one now."""
    found: Ordinal | Named | None = ordinal(question) or named(question, documents)
    if found is None or not found.start:
        return question
    phrase, rest = question[found.start : found.end], question[found.end :].strip()
    if phrase.lower().startswith("the "):  # it is what the question is about: "which law governs the Dolphin agreement"
        return f"{question[: found.start]}the {phrase.split()[-1]}{rest}"
    return question[: found.start].rstrip() + rest


# -- a model's wording

_PROMPT = "Rewrite the follow-up as a complete question that can be understood alone."
_EXAMPLES = (
    ("What is the fee for late payment?", "and for early payment?", "What is the fee for early payment?"),
    ("How long is the warranty on the pump?", "what about the filter?", "How long is the warranty on the filter?"),
    ("When was the device approved?", "how is it cleaned?", "How is the device cleaned?"),
)
_EXAMPLES_ZH = (
    ("设备的保修期是多久？", "那软件呢？", "软件的保修期是多久？"),
    ("谁负责检查桥梁？", "多久一次？", "桥梁多久检查一次？"),
    ("设备的押金是多少？", "它什么时候退还？", "设备的押金什么时候退还？"),
)
_ONE_QUESTION = "root ::= [^?？\\n]{3,240} [?？]\n"
_LONGEST_WORDING = 90  # tokens
_FREE = frozenset("long much mani often far about say".split())  # words that only ask


def _worded(asked: str, remark: Remark, before: CheckedAnswer, model: LanguageModel, cancel: CancelToken | None) -> str:
    """The model's wording of the continued question; "" where it says more, or less, than was said."""
    turns = [Turn("system", _PROMPT)]
    for question, follow_up, whole in _EXAMPLES_ZH if remark.chinese else _EXAMPLES:
        turns += [Turn("user", _as_follow_up(question, follow_up)), Turn("assistant", whole)]
    turns.append(Turn("user", _as_follow_up(clean(asked), clean(remark.words) + ("？" if remark.chinese else "?"))))
    try:
        written = model.generate(turns, grammar=_ONE_QUESTION, max_tokens=_LONGEST_WORDING, cancel=cancel)
    except UserProblem:  # too long for the model: the rules do without it
        return ""
    proposal = " ".join(written.text.split())
    return proposal if written.complete and is_faithful(proposal, asked, remark, before) else ""


def _as_follow_up(question: str, follow_up: str) -> str:
    return f"Question: {question}\nFollow-up: {follow_up}"


def is_faithful(proposal: str, asked: str, remark: Remark, before: CheckedAnswer) -> bool:
    """Whether a proposed wording is one complete question made of what was said, and leaves nothing new out.

    Its words come from the question before, the remark, or the sentences of the answer;
    all of the remark is in it, and something of what the question before was about.
    """
    said = " ".join((asked, remark.words, *(claim.text for claim in before.claims)))
    if is_chinese(proposal) != remark.chinese or len(proposal) > 2 * len(asked + remark.words):
        return False
    if continuation(proposal) is not None or not set(re.findall(r"\d+", proposal)) <= set(re.findall(r"\d+", said)):
        return False
    if normalise(proposal).strip("?？ ") == normalise(asked).strip("?？ "):
        return False
    about = subject(asked)
    if remark.chinese:
        new = bare(remark.words)
        carried = about in proposal if about else not _covered(bare(proposal), new)
        return carried and _covered(bare(proposal), said) and _covered(new, proposal)
    words, new_terms = set(terms(proposal)), set(question_terms(remark.words)) - _FREE
    carried_terms = words & set(terms(about) or question_terms(asked)) - new_terms
    return bool(carried_terms) and words <= set(terms(said)) | _FREE and new_terms <= words


def _covered(text: str, source: str) -> bool:
    """Whether Chinese ``text`` is made of words of ``source``: each character has a neighbour that it has there too."""
    for run in re.findall(r"[\u3400-\u9fff]+", text):
        pairs = [run[i : i + 2] in source for i in range(len(run) - 1)]
        if not all(a or b for a, b in zip([False, *pairs], [*pairs, False], strict=True)) and run not in source:
            return False
    return set(re.findall(r"[a-z]+", text.lower())) <= set(re.findall(r"[a-z]+", source.lower()))
