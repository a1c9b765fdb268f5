"""What is meant by what somebody writes: talk, a question to the library, or the continuation of one.

A question that is complete in itself is never touched.  A continuation ("and in the
second contract?", "what about children?", "那试用期呢？") is completed from the
question before it: by rules where they can tell, else by the model, which may only use
what was said, else by putting the two side by side.
"""

from __future__ import annotations

import re
import tomllib
from collections.abc import Iterable, Sequence
from dataclasses import replace
from functools import lru_cache
from importlib import resources

import numpy as np
import numpy.typing as npt

from core.completing import complete, side_by_side, subject
from core.drafting import clean
from core.embedding import Embedder
from core.errors import CancelToken, UserProblem
from core.finding import LONGEST_QUESTION
from core.language_model import LanguageModel
from core.nouns import AnswerKind, CheckedAnswer, Exchange, Scope, Turn, Understood
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

# Parts of a sentence that ask who is speaking, whatever stands around them: "before you begin, tell me who you are".
_MODELS = (
    r"(?:chat ?gpt(?:-?\d\w*)?|gpt-?\d\w*|gpt|claude|gemini|bard|qwen|llama|mistral|mixtral|grok|kimi|copilot|siri|"
    r"alexa|deepseek|ernie|doubao|通义千问|通义|千问|文心一言|文心|智谱清言|智谱|混元|豆包|讯飞星火|星火|元宝|小爱|盘古)"
)
_MADE = r"(?:made|built|trained|created|developed|programmed|designed|invented|owns?|runs?)"
_WHOSE = r"(?:company|firm|organi[sz]ation|team|lab|maker|developer|model|version|ai|chat ?bot|bot|assistant|system)"
_ABOUT_SPEAKER = (
    r"\bwho(?:m)? (?:exactly |really |actually )?(?:are|r) (?:you|u)\b|\bwho you (?:really |actually |truly )?are\b",
    r"\bwho (?:am i|i am|i'm|is|do i have the pleasure of) "
    r"(?:speaking|talking|chatting|writing|answering|helping|behind|replying)\b",
    r"\b(?:what|how) (?:are you called|should i (?:call|address) you|do (?:people|they|others|we|i) call you)\b",
    r"\byour (?:\w+ ){0,2}name\b|\bdo you have a name\b|\bcall(?:ed)? you\b|\bname (?:\w+ ){0,2}of the model\b",
    r"\b(?:introduc\w*|present|describe|identify|name) yourself\b|\babout yourself\b",
    rf"\b(?:which|what|whose) (?:\w+ ){{0,3}}{_WHOSE}\b.{{0,30}}\b(?:you|this|behind|here)\b",
    rf"\b{_MADE} you\b|\byou (?:were |are )?(?:{_MADE}|based on)\b|\bwere you {_MADE}\b|\byour (?:maker|creator)\b",
    r"\bwho do you (?:work|answer|speak) (?:for|to)\b|\bwhere do you come from\b|\bwhy are you here\b",
    r"\bare you (?:really )?(?:an? )?(?:\w+ )?(?:machine|robot|bot|human|person|program|computer|ai|chat ?bot|model)\b",
    r"\b(?:talking|speaking|chatting|writing) (?:to|with) an? (?:\w+ )?(?:person|human|machine|robot|bot|computer)\b",
    r"\bwhat (?:is your (?:job|task|purpose|role)\b|(?:can|do) you do(?: for me| all day| here)?$)",
    r"\bwhat can i ask you\b|^and you are$",
    rf"\b(?:you|your|yourself|you're|this|act|answer|reply|speak|respond|hello|hi)\b.*\b{_MODELS}\b",
    rf"\b{_MODELS}\b.*\b(?:you|your|yourself|you're)\b",
    r"^are you [a-z]{2,20}$|你是who|你的 ?name|introduce ?一?下?你?自己|your ?(?:名字|姓名)",
    r"(?:你|您)(?:到底|究竟|其实|真的|就)?是 ?(?:谁|哪位|who|什么(?:模型|人|东西)?$|哪个|哪款|哪家|哪一)|(?:你|您)谁",
    r"(?:你|您).{0,2}叫(?:什么|啥)|(?:称呼|叫|管)(?:你|您)|(?:你|您)的.{0,4}(?:名字|名称|姓名|真名|身份|模型|工作|职责)",
    r"介绍.{0,4}(?:你|您)?自己|自我介绍|说说(?:你|您)自己|(?:你|您)有名字|(?:你|您)?真实的?(?:模型)?(?:名称|名字|身份)",
    r"(?:跟|和|与)(?:谁|真人|机器人?|机器).{0,2}(?:聊|说|对|谈|讲)|(?:回答|答复|帮)我的(?:人)?是谁",
    r"(?:训练|开发|制造|创造|研发|设计|做)(?:了|的|出来?的?|出了)?(?:你|您)|(?:你|您).{0,8}(?:训练|开发|制造|创造|研发)",
    r"(?:你|您)(?:是)?(?:由谁|由哪|来自|属于|隶属|为谁|为哪|背后|归谁)|(?:你|您)是谁的|(?:你|您)用的是什么",
    r"(?:你|您)能帮我(?:做)?什么|我?(?:可以|能)问(?:你|您)(?:些)?什么|(?:你|您)是(?:做|干)什么的",
    r"(?:你|您)是(?:一?个)?(?:机器人?|机器|程序|真人|人工智能|ai)|这(?:里)?是(?:哪个|什么|哪款)?(?:人工智能|ai|聊天机器人|模型)",
    rf"(?:你|您|这是|扮演|口吻|假装|冒充).*{_MODELS}|{_MODELS}.*(?:你|您)|^(?:你|您)是[\u4e00-\u9fff]{{1,6}}吗$",
)
_SPEAKER = re.compile("|".join(_ABOUT_SPEAKER))
# What else is said to somebody and of nobody else: a part with "you" in it and no other word of content.
_YOU = re.compile(r"\b(?:you|your|yourself)\b|你|您")
_OF_YOU = frozenset(
    terms(
        """
        name go call know tell say speak talk chat meet met more real true actual original introduce self introduction
        developer maker creator owner belong come origin company firm organisation organization team lab model language
        large ai artificial intelligence machine computer program software robot bot chatbot assistant human person
        people body feelings age old live alive purpose job role task work able help use useful good ability abilities
        way sort kind question take ask answer identity original reveal well-known base system version behind made
        please sorry excuse like want love thing bit little quick quickly
        """
    )
)
_OF_YOU_ZH = re.compile(
    r"请问|咱们|我们?|还|不|认识|想|多|了解|一下|讲讲|说说|谈谈|是|个|什么|样|怎么|哪里|哪|里|些|种|家|个|的|了|吗|呢|吧|呀|啊|有|能|会|可以|"
    r"为|做|干|助手|机构|公司|组织|团队|管|归|属于|创建|开发|训练|产品|用途|作用|功能|本领|本事|问题|找|称呼|贵姓|大名|名字|姓名|叫|身份|"
    r"原来|本来|真实|透露|大?语言|大?模型|人工智能|电脑|程序|软件|机器人?|真人|人类?|一|到底|究竟|其实|难道|真|就|又|来|自|己|谁|位"
)
# Cosines of the starter embedder.  Of 120 unseen questions about the assistant the rules and these know 119; of 756 to
# documents these take 5 for such, which matters only where no document answers.
_NEAR = 0.88
_NEARER = 0.01
_PARTS = re.compile(r"[.!?。！？;；:：,，、\n]+")


def is_conversation(question: str) -> bool:
    """Whether ``question`` is talk with the assistant.

    So it is when every sentence is a greeting, thanks, or a question about the assistant
    itself, or when some part of it asks who is speaking, whatever it is wrapped in.
    """
    parts = [p.strip(" ,，~～") for p in re.split(r"[.!?。！？;；\n]+", question.lower())]
    said = [p for p in parts if p]
    if bool(said) and all(_CONVERSATION.fullmatch(p) for p in said):
        return True
    clauses = [p.strip(" ~～\"'“”") for p in _PARTS.split(question.lower())]
    return any(_SPEAKER.search(clause) for clause in (*clauses, *said)) or any(_only_of_you(p) for p in said)


def _only_of_you(part: str) -> bool:
    """Whether ``part`` speaks to somebody and has no word that a document could be about."""
    if not _YOU.search(part):
        return False
    if is_chinese(part):
        return not re.search(r"[\u3400-\u9fff]", _YOU.sub("", _OF_YOU_ZH.sub("", part)))
    return set(terms(_YOU.sub(" ", part))) <= _OF_YOU


def is_about_speaker(question: str, embedder: Embedder) -> bool:
    """Whether ``question``, to which no document has an answer, asks who is speaking, in words that no rule knows.

    So it is when it is nearer in meaning to such a question than to any that is put to documents, and near enough.
    """
    speaker, documents = _examples(embedder)  # type: ignore[arg-type]  # what is hashed is the object
    asked = embedder.embed_question(question)
    near = float((speaker @ asked).max())
    return near > _NEAR and near > float((documents @ asked).max()) + _NEARER


@lru_cache(maxsize=1)  # an embedding takes as long as the answer's own; the second question need not wait for them
def _examples(embedder: Embedder) -> tuple[npt.NDArray[np.float32], npt.NDArray[np.float32]]:
    """The vectors of what is asked about a speaker, and of what is asked of documents, one a row."""
    known = tomllib.loads(resources.files("core").joinpath("about_speaker.toml").read_text(encoding="utf-8"))
    speaker, documents = (
        np.stack([embedder.embed_question(asked) for asked in (*known[sort]["en"], *known[sort]["zh"])])
        for sort in ("speaker", "documents")
    )
    return speaker, documents


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
