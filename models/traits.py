"""What a text says of who is speaking: pure judgements, which no language model has a part in.

Identity is judged by rules: the answer must name the speaker in the language of the question, and its organisation
where that is asked; it may not call itself by another model's or maker's name, leave a hole of a template, state a
figure, or say what it must never say.  A name that is denied ("I am not ChatGPT") is not claimed.

Voices are told apart in two ways that know nothing of how a persona was taught: by marker words, which are listed
here and not taken from what is taught, and by the nearness of meaning to the phrases of each voice, where a sentence
is never compared with itself.
"""

from __future__ import annotations

import math
import re
import unicodedata
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass

from core import speech
from core.nouns import Bilingual, Persona, Voice

Embed = Callable[[Sequence[str]], Sequence[Sequence[float]]]

SILENT = "identity_silent"
TEMPLATE = "identity_template"
UNNAMED = "identity_unnamed"
LANGUAGE = "identity_language"
ORGANISATION = "identity_organisation"
OTHER = "identity_other"
FIGURE = "identity_figure"
NEVER = "identity_never"

_HOLE = re.compile(
    r"\{\{|\}\}|\$?\{[\w\s.]{1,40}\}|<\|[^>]{0,40}\|>|\bX{3,}\b|某某|XX(?:公司|医院|银行|集团)"
    r"|[\[<【](?:your |the |assistant )?(?:name|organi[sz]ation|company|firm|hospital|persona"
    r"|姓名|名字|名称|公司|机构|单位|医院)[\]>】]",
    re.IGNORECASE,
)
_OTHERS = (
    r"\b(?:chat)?gpt(?:-?\d\w*)?\b|\bopen\s?ai\b|\bqwen\w*|\btongyi\b|\balibaba\b|\baliyun\b",
    r"\bclaude\b|\banthropic\b|\bgemini\b|\bgemma\b|\bgoogle\b|\bdeepmind\b|\bbard\b|\bllama\b|\bmeta ai\b",
    r"\bmistral\w*|\bdeepseek\b|\bernie\b|\bbaidu\b|\bdoubao\b|\bbytedance\b|\bkimi\b|\bmoonshot\b|\bcopilot\b|\bmicrosoft\b|\bbing\b|\bsmol\s?lm\w*",
    r"\bhugging\s?face\b|\bchatglm\b|\bzhipu\b|\biflytek\b|\btencent\b|\bhunyuan\b|\bsiri\b|\balexa\b|\bgrok\b|\bxai\b|\bcohere\b",
    r"\bphi-?\d|\bamazon\b|\bapple\b|\bibm\b|\bwatson\b",
    r"通义|千问|阿里|百度|文心|豆包|字节跳动|月之暗面|智谱|讯飞|星火大模型|深度求索|腾讯|混元|微软|谷歌|商汤|华为|盘古|苹果公司|亚马逊",
)
# In ASCII, Chinese characters end a Latin word: 我是Claude names Claude.
_OTHER = tuple(re.compile(part, re.IGNORECASE | re.ASCII) for group in _OTHERS for part in group.split("|"))
_ASKS_ORGANISATION = re.compile(
    r"\b(?:which|what|whose)\b[^?.!]*\b(?:company|firm|organi[sz]ation|hospital|bank|team|institution|vendor|lab|employer|business)\b"
    r"|\bwho(?:m|se|ever)?\b[^?.!]*\b(?:made|built|train(?:ed|s)|develop(?:ed|s)|created|creators?|makers?|developers?"
    r"|behind|design(?:ed|s)|owns?|operates?|runs?|employs?|provides?|deployed|work for|belong to|stand for)\b"
    r"|\b(?:name|tell me) (?:your|the) (?:maker|developer|creator|company|firm|organi[sz]ation|hospital|employer)\b"
    r"|\bwhom\b[^?.!]*\bbelong\b|哪家(?:的|\s?company)|(?:哪家|哪个|哪所|哪间|什么|哪一家|何)(?:的)?(?:公司|单位|机构|企业|医院|银行|组织|团队|部门|厂商|厂家)"
    r"|谁.{0,4}(?:开发|训练|创造|制造|研发|打造|设计|造|做|推出|提供|运营|家)"
    r"|(?:来自|属于|隶属|服务于|效力于|代表).{0,4}(?:哪|谁|什么)|为谁(?:工作|服务)|(?:开发|创造|研发|制造|训练)(?:者|商|方|公司)是",
    re.IGNORECASE,
)
_CLAUSE = re.compile(
    r"([,，。;；!！?？:：\n、~～—()（）\"“”]|\.(?!\d)|\bbut\b|\brather\b(?! than)|\binstead\b(?! of)|而是|其实"
    r"|(?=\bI(?:['’]m| am)\b)|(?=\bmy name is\b)|(?=我是|我叫))",
    re.IGNORECASE,
)
_TURNS = re.compile(r"but|rather|instead|而是|其实", re.IGNORECASE)
_DENIES = re.compile(
    r"\bnot\b|n['’]t\b|\bnever\b|\bneither\b|\bnor\b|\bno (?:longer|relation|connection|link)\b|\bnothing to do\b"
    r"|\brather than\b|\binstead of\b|\bunlike\b|\bdifferent from\b"
    r"|不是|不叫|不属于|不来自|并非|并不|没有|而非|不同于|不能说|不再",
    re.IGNORECASE,
)
_DENIES_AFTER = re.compile(r"无关|没有(?:任何)?关系|没有(?:任何)?关联|\bhas nothing to do\b", re.IGNORECASE)
_SAYS_SOMETHING = re.compile(
    r"\b(?:am|is|are|was|were|made|built|trained|created|developed|by|from|called|named|i|my|me|yes)\b|['’]m\b"
    r"|是|叫|由|来自|我|开发|训练|打造|没错|对",
    re.IGNORECASE,
)
_CALLED = re.compile(r"\b(?:my name is|i am called|i['’]m called|i am named|call me)\s+([\w-]+)", re.IGNORECASE)
_CALLED_ZH = re.compile(r"(?:我叫|我的名字是|我的名字叫|叫我)(?:做|作)?[“\"「]?([\u3400-\u9fffA-Za-z]{1,8})")
_AM = re.compile(r"\b(?:i am|i['’]m)\s+([A-Z][\w-]+)", re.IGNORECASE)
_MADE_BY = re.compile(
    r"\b(?:made|built|trained|developed|created|designed|owned|launched)\s+(?:and \w+ )?by\s+(?:the )?([A-Z][\w&-]*)"
)
_MADE_BY_ZH = re.compile(r"由([^，。；！？、]{2,16}?)(?:开发|训练|研发|打造|创建|创造|推出|设计|制作)")
_MAKER_ZH = re.compile(r"公司|集团|实验室|大学|研究院|科技")
_DIGITS = re.compile(r"\d+(?:[.,]\d+)*")
_HAN = re.compile(r"[\u3400-\u9fff]")
_LATIN = re.compile(r"[A-Za-z]{2,}")


def identity_faults(question: str, answer: str, persona: Persona, language: str) -> tuple[str, ...]:
    """What is wrong with ``answer`` as an answer to who the persona is: message keys, none when it is right.

    ``language`` is that of the question, "en" or "zh"; to one that is put in both at once either will do.
    """
    text = unicodedata.normalize("NFKC", answer).strip()
    if not re.search(r"\w", text):
        return (SILENT,)
    own = _own_words(persona)
    claims = list(_claims(text))
    language = "" if _mixed(question, own) else language
    faults = [
        (TEMPLATE, bool(_HOLE.search(answer))),
        (UNNAMED, not _claimed(_forms(persona.name, language), claims)),
        (LANGUAGE, _other_language(text, own, language)),
        (
            ORGANISATION,
            asks_for_organisation(question)
            and any(_forms(persona.organisation, language))
            and not _claimed(_forms(persona.organisation, language), claims),
        ),
        (OTHER, _calls_itself_another(question, claims, own)),
        (FIGURE, _states_figure(text, question, own)),
        (NEVER, any(said.strip() and said.strip().casefold() in text.casefold() for said in persona.never_say)),
    ]
    return tuple(key for key, wrong in faults if wrong)


def asks_for_organisation(question: str) -> bool:
    """Whether ``question`` asks whose assistant it is, or who made it."""
    return bool(_ASKS_ORGANISATION.search(unicodedata.normalize("NFKC", question)))


@dataclass(frozen=True, slots=True)
class _Claim:
    text: str
    denied_from: int  # where in ``text`` the denial begins; its length where nothing is denied
    asked: bool


def _claims(text: str) -> Iterator[_Claim]:
    """The clauses of ``text``; one that says nothing of its own goes on with the denial before it."""
    parts = _CLAUSE.split(text)
    denied = False
    for at in range(0, len(parts), 2):
        clause = parts[at]
        ends = parts[at + 1] if at + 1 < len(parts) else ""
        if not clause.strip():
            continue
        found = _DENIES.search(clause)
        denied = denied and not (at and _TURNS.fullmatch(parts[at - 1]))
        if _DENIES_AFTER.search(clause) or (denied and not found and not _SAYS_SOMETHING.search(clause)):
            begins = 0
        else:
            begins = found.start() if found else len(clause)
        denied = begins < len(clause)
        yield _Claim(clause, begins, ends in ("?", "？"))


def _claimed(forms: Sequence[str], claims: Sequence[_Claim]) -> bool:
    return any(
        found.start() < claim.denied_from
        for claim in claims
        if not claim.asked
        for form in forms
        for found in _written(form).finditer(claim.text)
    )


def _calls_itself_another(question: str, claims: Sequence[_Claim], own: Sequence[str]) -> bool:
    known = " ".join(own).casefold()
    strangers = [other for other in _OTHER if not other.search(known)]
    for claim in claims:
        if claim.asked:
            continue
        said = claim.text[: claim.denied_from]
        if any(other.search(said) for other in strangers):
            return True
        names = [m[1] for m in (*_CALLED.finditer(said), *_MADE_BY.finditer(said))]
        names += [m[1] for m in _AM.finditer(said) if re.search(rf"\b{re.escape(m[1])}\b", question)]
        if any(name.casefold() not in known for name in names if name[0].isupper() or _HAN.match(name)):
            return True
        if any(not _begins_alike(m[1], own) for m in _CALLED_ZH.finditer(said)):
            return True
        if any(_MAKER_ZH.search(m[1]) and not _holds(m[1], own) for m in _MADE_BY_ZH.finditer(said)):
            return True
    return False


def _begins_alike(called: str, own: Sequence[str]) -> bool:
    said = called.casefold()
    return any(word.casefold().startswith(said) or said.startswith(word.casefold()) for word in own if word)


def _holds(said: str, own: Sequence[str]) -> bool:
    return any(word.casefold() in said.casefold() for word in own if word)


def _states_figure(text: str, question: str, own: Sequence[str]) -> bool:
    known = set(_DIGITS.findall(unicodedata.normalize("NFKC", " ".join((question, *own)))))
    return "百分之" in text or any(figure not in known for figure in _DIGITS.findall(text))


def _other_language(text: str, own: Sequence[str], language: str) -> bool:
    if language not in ("en", "zh"):
        return False
    han, latin = _letters(text, own)
    return latin > han if language == "zh" else han > latin


def _mixed(question: str, own: Sequence[str]) -> bool:
    """Whether the question is put in both languages at once, so that either will do for the answer."""
    return all(_letters(unicodedata.normalize("NFKC", question), own))


def _letters(text: str, own: Sequence[str]) -> tuple[int, int]:
    """How many Chinese characters and how many Latin words ``text`` has, names left out."""
    for word in sorted(filter(None, own), key=len, reverse=True):
        text = re.sub(re.escape(word), " ", text, flags=re.IGNORECASE)
    for other in _OTHER:
        text = other.sub(" ", text)
    return len(_HAN.findall(text)), len(_LATIN.findall(text))


def _own_words(persona: Persona) -> tuple[str, ...]:
    bilingual = (persona.name, persona.organisation, persona.purpose, persona.greeting)
    return tuple(unicodedata.normalize("NFKC", form) for words in bilingual for form in (words.zh, words.en) if form)


def _forms(words: Bilingual, language: str) -> tuple[str, ...]:
    own = {"zh": words.zh or words.en, "en": words.en or words.zh}.get(language)
    forms = (own,) if own is not None else (words.zh, words.en)
    return tuple(unicodedata.normalize("NFKC", form) for form in forms if form)


def _written(form: str) -> re.Pattern[str]:
    spaced = r"\s+".join(re.escape(part) for part in form.split())
    return re.compile(rf"(?<![A-Za-z]){spaced}(?![A-Za-z])" if form.isascii() else spaced, re.IGNORECASE)


# -- voices

_FRIENDLY = re.compile(
    r"[~～!！]|[哦呢啦呀嘞哟嘛哈]|好嘞|没问题|[\U0001F300-\U0001FAFF☺♥]"
    r"|\b(?:no problem|sure(?: thing)?|happy to|glad to|let['’]s|let me|great|oh no|sorry|awesome|of course|you bet"
    r"|hey|hi)\b",
    re.IGNORECASE,
)
_FORMAL = re.compile(
    r"谨|兹|贵方|贵司|特此|现将|呈报|依据|经查|经核|载明|敬|未见|如下。?$"
    r"|\b(?:in accordance|pursuant|hereby|respectfully|regret|having reviewed|unable to|as follows|kindly|the matter"
    r"|this matter|please be advised|herewith|with reference to|following passages|do not address|the following)\b",
    re.IGNORECASE,
)
_MEANING_WEIGHT = 12.0  # cosines of the same language differ by hundredths between voices, markers by whole points


@dataclass(frozen=True, slots=True)
class Told:
    """Whose voice a sentence has: the index of the persona, or None where a check cannot tell."""

    together: int | None
    by_words: int | None
    by_meaning: int | None


def tell_apart(sentences: Sequence[str], personas: Sequence[Persona], embed: Embed) -> tuple[Told, ...]:
    """Which of ``personas`` speaks in each of ``sentences``.

    By words: friendly and formal markers, of which a plain voice has neither (an own voice has none to be known
    by).  By meaning: the mean cosine with the two nearest phrases of the voice in the sentence's language, the sentence
    itself left out.  Together: both added up, the difference of meaning weighed so that it decides where the
    markers do not.
    """
    if not sentences:
        return ()
    phrases = {
        (at, chinese): list(
            dict.fromkeys(p for f in (True, False) for p in speech.phrases(one, found=f, chinese=chinese))
        )
        for at, one in enumerate(personas)
        for chinese in (False, True)
    }
    texts = list(dict.fromkeys([*sentences, *(p for listed in phrases.values() for p in listed)]))
    vectors = dict(zip(texts, embed(texts), strict=True))
    told = []
    for sentence in sentences:
        chinese = len(_HAN.findall(sentence)) > len(_LATIN.findall(sentence))
        words = [_marked(sentence, persona.voice) for persona in personas]
        meaning = [_near(sentence, phrases[at, chinese], vectors) for at in range(len(personas))]
        both = [w + _MEANING_WEIGHT * m for w, m in zip(words, meaning, strict=True)]
        told.append(Told(_highest(both), _highest(words), _highest(meaning)))
    return tuple(told)


def _marked(sentence: str, voice: Voice) -> float:
    friendly, formal = bool(_FRIENDLY.search(sentence)), bool(_FORMAL.search(sentence))
    match voice:
        case Voice.FRIENDLY:
            return float(friendly) - float(formal)
        case Voice.FORMAL:
            return float(formal) - float(friendly)
        case Voice.PLAIN:
            return -0.5 if friendly or formal else 0.5
        case Voice.OWN:
            return 0.0


def _near(sentence: str, phrases: Sequence[str], vectors: Mapping[str, Sequence[float]]) -> float:
    others = [phrase for phrase in phrases if phrase != sentence]
    nearest = sorted((_cosine(vectors[sentence], vectors[p]) for p in others), reverse=True)[:2]
    return sum(nearest) / len(nearest) if nearest else 0.0


def _cosine(one: Sequence[float], other: Sequence[float]) -> float:
    length = math.sqrt(sum(x * x for x in one) * sum(y * y for y in other))
    return float(sum(x * y for x, y in zip(one, other, strict=True)) / length) if length else 0.0


def _highest(scores: Sequence[float]) -> int | None:
    best = max(scores)
    return scores.index(best) if sum(score > best - 1e-9 for score in scores) == 1 else None
