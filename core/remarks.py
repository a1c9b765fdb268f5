"""Is a remark complete in itself, or does it continue the question before it?  Pure rules, English and Chinese.

The rules lean to one side: what can be asked of a library as it stands is complete.
A continuation is a fragment ("what about children?", "if the tenant dies?", "那试用期呢？"),
a bare question word ("since when?", "为什么？"), or a short question about "it".
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from enum import Enum, auto

from core.terms import is_chinese, normalise, question_terms, terms


class Form(Enum):
    """How a continuation hangs together with the question before it."""

    CIRCUMSTANCE = auto()  # "for children", "if he resigns": the same question, elsewhere or otherwise
    TOPIC = auto()  # "children", "试用期": the same question about something else
    CLAUSE = auto()  # "how is it calculated", "since when": another question about the same


@dataclass(frozen=True, slots=True)
class Remark:
    """A continuation without what opens and closes it ("and", "what about", "呢", "?")."""

    form: Form
    words: str
    chinese: bool


def continuation(text: str) -> Remark | None:
    """What ``text`` adds to the question before it; None when it is complete in itself."""
    return _chinese(text) if is_chinese(text) else _english(text)


# -- English

WH = r"(?:what|which|who|whom|whose|where|when|why|how)"
AUXILIARY = (
    r"(?:is|are|was|were|am|do|does|did|can|could|may|might|must|shall|should|will|would|has|have|had"
    r"|isn't|aren't|doesn't|don't|can't|won't|cannot)"
)
_ASKS = (
    r"(?:list|name|give|show|tell|explain|describe|summari[sz]e|compare|find|define|state|cite|quote|identify|please"
    r"|let|check|calculate|translate|extract|outline)"
)
_CONDITION_WORD = r"(?:if|unless|after|before|during|upon|once|while|until|since|in case of|in case)"
PREPOSITION = (
    rf"(?:{_CONDITION_WORD}|in|on|at|for|with|without|under|over|of|to|from|by|within|against|between|among|above|below"
    r"|per|as for|as to|regarding|concerning|according to)"
)


def pattern(source: str) -> re.Pattern[str]:
    """``source`` compiled, whatever the case."""
    return re.compile(source, re.IGNORECASE)


_HEAD = pattern(rf"(?:{WH}|{AUXILIARY}|{_ASKS})\b|{PREPOSITION} (?:what|which|whom|whose|how)\b")
_COMMA_HEAD = pattern(rf",\s*(?:{WH}|{AUXILIARY}|{_ASKS})\b")
_LATER_HEAD = pattern(rf"\b{WH} (?:{AUXILIARY}|\w+s)\b|\b{AUXILIARY} (?:the|a|an|any|he|she|it|they|we|i|there)\b")
_WH_HEAD = pattern(rf"\b{WH} {AUXILIARY}\b")
_OPENER = pattern(
    r"(?:(?:and|but|so|or|then) )?"
    r"(?P<about>(?:what|how) about|what of|(?:the )?same (?:question )?(?:for|about|with))\b[ ,]*"
    r"|(?:and|but|or|so|also|then|plus|now|okay|ok|well)\b[ ,]+"
)
_BEGINS = pattern(rf"({PREPOSITION})\b")
_CONDITION = pattern(rf"{_CONDITION_WORD}\b")
_POINTING = pattern(r"(?:his|her|its|their|another|the other|only)\b")
_FINITE = pattern(rf"\b{AUXILIARY}\b")
_BARE = pattern(
    rf"(?:{WH})(?: (?!is\b|are\b)\w+)?|(?:by|since|until|from|to|for|with|on) {WH}(?: \w+)?"
    r"|why not|how so|(?:who|what|where) else|how (?:long|much|many|often|far|soon|late|high) exactly|says who"
)
_BEFORE_THIS = (
    r"(?:is|are|was|were|does|do|did|can|could|will|would|should|must|may|about|of|for|by|after|before|in|with|under|like"
    r"|mean|to|from|than|why|how|what|who|when)"
)
DOCUMENT = (
    r"(?:contracts?|agreements?|documents?|files?|pdfs?|leases?|laws?|statutes?|acts?|regulations?|reports?|study|studies"
    r"|papers?|polic(?:y|ies)|monographs?|letters?|notes?|guidelines?|protocols?|library|collection|matter)"
)
_PRONOUN = pattern(
    r"\b(?:it|its|itself|they|them|theirs?|he|him|his|she|hers?|thereof|thereunder|the (?:former|latter|same)|their)\b"
    rf"|(?:\b{_BEFORE_THIS} |^)(?:this|that|these|those)\b(?! {DOCUMENT}\b)"
    r"|\bthere$"
)
_EMPTY_IT = pattern(
    rf"\b{AUXILIARY} it\b.* (?:to|that|if|whether|when|for)\b"
    r"|\bit (?:takes?|took|is|was|be)\b.* (?:to|that|if|whether)\b"
)
_BREAK = pattern(r",|;|\b(?:and|or|if|when|whenever|because|that|who|which|while|before|after)\b")
_GENERIC = frozenset("long much mani exact also still happen mean case say work appli possibl requir need get".split())

_MOST_WORDS = 12  # of a fragment that somebody opened with "and" or "what about"


def _english(text: str) -> Remark | None:
    whole = " ".join(text.split())
    asked = whole.endswith("?")
    words, opened, about = whole.rstrip("?!. "), False, False
    while (match := _OPENER.match(words)) and match.end() < len(words):
        opened, about = True, about or bool(match["about"])
        words = words[match.end() :]
    count = len(words.split())
    if not words or count > _MOST_WORDS:
        return None
    if _BARE.fullmatch(words):
        return Remark(Form.CLAUSE, words, False)
    if _HEAD.match(words):
        return Remark(Form.CLAUSE, words, False) if _is_about_it(words) else None
    if _BEGINS.match(words):
        # "Under the lease who pays the rent" is whole; "if he is the owner" is not.
        later = _WH_HEAD if _CONDITION.match(words) else _LATER_HEAD
        if _COMMA_HEAD.search(words) or (not opened and later.search(words)):
            return None
        fits = opened or count <= (8 if asked else 5)
        return Remark(Form.CIRCUMSTANCE, words, False) if fits else None
    if not about and _FINITE.search(words):
        return None  # a statement, or a question that begins with its subject
    if opened or (count <= 4 and (asked or _POINTING.match(words))):
        return Remark(Form.TOPIC, words, False)
    return None


def _is_about_it(words: str) -> bool:
    """Whether a whole question says little by itself and points to something said before."""
    match = _PRONOUN.search(words)
    if match is None or _EMPTY_IT.search(words):
        return False
    content = [term for term in question_terms(words) if term not in _GENERIC]
    if len(content) > 2:
        return False
    # "What is aspirin and how does it work" says itself what it is about.
    breaks = [end.start() for end in _BREAK.finditer(words[: match.start()])]
    return not any(set(terms(words[:end])) - _GENERIC for end in breaks)


# -- Chinese

_OPENS = re.compile(r"(?:(?:那么|那(?![些个份种里边])|还有|以及|另外|此外|然后|同样|同样地|好的?|嗯)[，,、]?\s*)+(?=.)")
_CLOSES = re.compile(r"[？?。！!，,\s]+$")
MARKER = re.compile(
    "什么|多少|多久|多长|多大|多高|多重|多远|几[个天年月次种条倍岁人周日小]|如何|怎么样?|怎样|哪|谁|是否|能否|可否|吗|么$|何|有没有|是不是"
    "|能不能|可不可以|会不会|要不要|需不需|该不该|算不算|有无|与否|什么是|区别"
    "|请?(?:列出|列举|说明|解释|总结|概括|介绍|比较|翻译|摘录|告诉)"
)
_MODAL = re.compile("可以|应当|应该|必须|需要|不得|能够|允许|禁止|有权|会被|可能")
_CONDITIONAL = re.compile("(?:如果|要是|假如|假设|倘若|若|当|对于?|在|除了|按照?|根据|从|自)")
_POINTER = re.compile(
    "它们?|他们?|她们?|(?<![尤极与及])其(?![他它余中次实间二三])|(?<![因彼如])此(?![外后前])|这|那|上述|前者|后者"
    "|(?<![应活])该(?=[^如怎不当]|$)"
)
_THIS_DOCUMENT = re.compile("[这该那](?:一)?(?:份|个|部|篇)?(?:合同|协议|文件|文档|法律|法(?!院)|条例|规定|报告)")
_EMPTY = re.compile(
    "[的了是在有和与或及被把对从到按由为以之所就都也还又要会能可应当请问呢啊，,]|一般|大概|具体|到底|最[长短多少高低大小]"
)
_VERBS = re.compile("计算|处理|规定|理解|适用|生效|支付|办理|办|算|写|说|做|填|交|付|来|钱|时候|情况下?|之?后|之?前")


def _chinese(text: str) -> Remark | None:
    whole = "".join(text.split()) if not re.search(r"[A-Za-z] [A-Za-z]", text) else " ".join(text.split())
    asked = whole.endswith(("？", "?"))
    words = _CLOSES.sub("", whole)
    wondering = words.endswith("呢")
    words = words.removesuffix("呢")
    opened = _OPENS.match(words)
    words = words[opened.end() :] if opened else words
    if not words:
        return None
    marker = MARKER.search(words)
    content = _content(words)
    if marker is None and _MODAL.search(words) is None:
        limit = 16 if opened or wondering else 5 if asked else 0
        if content <= limit:
            form = Form.CIRCUMSTANCE if _CONDITIONAL.match(words) else Form.TOPIC
            return Remark(form, words, True)
        return None
    if marker is None and wondering and _CONDITIONAL.match(words) and content <= 16:
        return Remark(Form.CIRCUMSTANCE, words, True)
    if _content(_VERBS.sub("", words)) == 0:
        return Remark(Form.CLAUSE, words, True)  # "为什么", "最长多久", "怎么计算"
    if _POINTER.search(words) and not _THIS_DOCUMENT.search(words) and content <= 6:
        return Remark(Form.CLAUSE, words, True)
    return None


def bare(words: str) -> str:
    """What ``words`` say, without the words and characters that only ask, point or join."""
    for said in (MARKER, _MODAL, _POINTER, _EMPTY):
        words = said.sub(" ", words)
    return words


def _content(words: str) -> int:
    """How many characters of ``words`` say what it is about; a word in Latin letters counts as two."""
    left = bare(words)
    return len(re.findall(r"[\u3400-\u9fff\d]", left)) + 2 * len(re.findall(r"[A-Za-z]+", left))


# -- which document is meant

_NUMBERS = {"first": 1, "second": 2, "third": 3, "fourth": 4, "fifth": 5, "one": 1, "two": 2, "three": 3, "four": 4}
_NUMERALS = {c: n for n, c in enumerate("一二三四五六七八九十", 1)} | {"两": 2}
LAST, OTHER = -1, 0

_THING = rf"(?:{DOCUMENT}|ones?)"
_ORDINAL = pattern(
    rf"(?P<within>\b(?:in|of|under|from|for|to|per|according to|within|by|on|with)\s+)?\b(?:the\s+)?(?:"
    rf"(?P<word>first|second|third|fourth|fifth|last|other)\s+(?P<thing>{_THING})"
    rf"|(?P<digits>\d{{1,2}})(?:st|nd|rd|th)\s+(?P<thing2>{_THING})"
    rf"|(?P<thing3>{DOCUMENT})\s+(?:no\.?\s*|number\s+|#\s*)?(?P<digits2>\d{{1,2}}|one|two|three|four))\b"
    r"(?=\s*(?:$|[?.,;:!]|\b(?:as well|too|instead|only|then|say|says)\b))"
)
_ORDINAL_ZH = re.compile(
    r"(?P<within>在|对于?|按照?|根据|依据)?(?:"
    r"第(?P<number>[一二两三四五六七八九十]|\d{1,2})(?:份|个|部|篇|封|本)(?P<thing>合同书?|协议书?|文件|文档|文书|法律|法规|条例|报告|资料|文章|说明书|信)?"
    r"|(?P<other>另(?:外)?一?|最后一)(?:份|个|部|篇|封|本)(?P<thing2>合同书?|协议书?|文件|文档|文书|法律|法规|条例|报告|资料|文章|说明书|信)?"
    r"|(?P<thing3>合同|协议|文件|文档)(?P<number2>[一二三四五]|\d{1,2})(?![条章节款项号年月日天个份\d]))"
    r"(?P<inside>(?:中|里面?|上|当中|之中|的规定|规定)?的?)"
)
# Words for the same kind of document, as they stand in file names.
_KINDS = (
    ("contract", "agreement", "lease", "合同", "协议"),
    ("law", "statute", "act", "regulation", "法", "条例", "规定", "办法", "法律", "法规"),
    ("report", "study", "paper", "outlook", "报告", "文章"),
    ("letter", "信"),
    ("monograph", "说明书", "leaflet"),
)


@dataclass(frozen=True, slots=True)
class Ordinal:
    """A document named by its place: ``number`` from 1, LAST or OTHER; [start, end) is where the words stand."""

    number: int
    kind: tuple[str, ...]  # words that tell documents of that kind by their names; () for any
    start: int
    end: int
    within: bool = False  # whether it says where to look: "in the second contract"


def ordinal(text: str) -> Ordinal | None:
    """The document that ``text`` names by its place ("the second contract", "第二份"), the last if several."""
    found: Ordinal | None = None
    for match in _ORDINAL.finditer(text):
        thing = (match["thing"] or match["thing2"] or match["thing3"] or "").lower().rstrip("s")
        said = (match["word"] or match["digits"] or match["digits2"] or "").lower()
        number = LAST if said == "last" else OTHER if said == "other" else _NUMBERS.get(said) or int(said)
        found = Ordinal(number, _kind(thing), *match.span(), within=bool(match["within"]))
    for match in _ORDINAL_ZH.finditer(text):
        thing = match["thing"] or match["thing2"] or match["thing3"] or ""
        said = match["number"] or match["number2"] or ""
        if "个" in match.group() and not thing and match.end() < len(_CLOSES.sub("", text).removesuffix("呢")):
            continue  # "第二个月" counts something else
        number = _NUMERALS.get(said) or (int(said) if said else LAST if match["other"] == "最后一" else OTHER)
        within = bool(match["within"] or match["inside"])
        found = Ordinal(number, _kind(thing.removesuffix("书")), *match.span(), within=within)
    return found


def _kind(thing: str) -> tuple[str, ...]:
    return next((kind for kind in _KINDS if thing and thing in kind), ())


@dataclass(frozen=True, slots=True)
class Named:
    """A document named by its file name, or by a part of it; [start, end) is where the words stand."""

    document: str
    start: int
    end: int


def named(text: str, documents: Sequence[str]) -> Named | None:
    """The one document that ``text``, or a phrase at its end, names ("the Dolphin agreement", "劳动合同法")."""
    end = len(_CLOSES.sub("", text).removesuffix("呢"))
    starts = [0, *(match.start() for match in pattern(rf"\b(?:{PREPOSITION}|the) ").finditer(text))]
    starts += [match.start() for match in re.finditer("在|对于?|按照?|根据|依据", text)]
    for start in sorted(set(starts)):
        if document := _designated(text[start:end], documents):
            return Named(document, start, end)
    return None


def _designated(phrase: str, documents: Sequence[str]) -> str:
    """The document that the whole of ``phrase`` stands for; "" when none or several."""
    said = _plain(phrase)
    said = re.sub(rf"^(?:{PREPOSITION} )?(?:the |this |that )?", "", said)
    said = re.sub("^(?:在|对于?|按照?|根据|依据|和|跟)|(?:中|里面?|上|的规定|规定)$", "", said)
    exact = [d for d in documents if said in (_plain(d), _plain(_stem(d)))]
    if exact:
        return exact[0] if len(set(exact)) == 1 and (said != _plain(_stem(exact[0])) or _telling(said)) else ""
    if is_chinese(said):
        near = [d for d in documents if said in _plain(d)]
        fits = len(said) >= 3 and said.endswith(tuple(noun for kind in _KINDS for noun in kind))
        return near[0] if fits and len(near) == 1 else ""
    *own, noun = said.split() or [""]
    kind = _kind(noun.removesuffix("s"))
    near = [d for d in documents if own and kind and set(own) <= _words(d) and _words(d).intersection(kind)]
    return near[0] if len(near) == 1 else ""


def _telling(said: str) -> bool:
    """Whether a file's name without its ending can only mean the file: "lease" could be any."""
    return len(said.split()) > 1 or any(c.isdigit() for c in said) or (is_chinese(said) and len(said) > 2)


def _stem(document: str) -> str:
    return re.sub(r"\.\w{2,4}$", "", document)


def _words(document: str) -> set[str]:
    return set(_plain(_stem(document)).split())


def _plain(text: str) -> str:
    return " ".join(re.sub(r"[-_.,?？!“”\"'()（）《》]+", " ", normalise(text)).split())
