"""Does a sentence use the words of its source to say something else?  Pure rules, English and Chinese.

Sharing words proves little: "before" for "after", the tenant for the landlord, a
condition left out, "may" taken for "does" keep nearly all of them.  Each rule
looks for one such turn, clause by clause, and names it as a fault.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from difflib import SequenceMatcher
from itertools import combinations, pairwise

from core.reading import sentences
from core.terms import normalise, terms

_DENIAL = re.compile(
    r"\b(?:not|no|never|neither|nor|none|cannot|nothing|prohibit(?:s|ed|ing)?|forbid(?:s|den)?|refrain\w*|avoid\w*)\b"
    r"|n't\b|[不未非无没]|禁止|禁用|禁忌|忌用|避免",
    re.IGNORECASE,
)
# These hold a word that denies and deny nothing.
_NO_DENIAL = re.compile(
    r"(?:\bnot|n't) (?:only|just|merely|simply)\b|\bor not\b"
    r"|\b(?:not limited to|not un(?:usual|common|likely)|not necessarily"
    r"|(?:no|not) (?:later|earlier|less|fewer|more|greater) than"
    # Who does not forbid allows.
    r"|(?:not|nothing\b[^.;]{0,60}\b(?:shall|will|may|must)) (?:be )?"
    r"(?:restrict|prevent|preclud|prohibit|forbid|limit)\w*)\b"
    r"|不仅|不但|不限于|不论|无论|不管|非常|未来|不断|不动产|不可抗力|不锈钢|无线|无形资产|非营利"
    r"|(?<!得)不(?:超过|少于|低于|多于|高于)|[不未]满(?=[\d零〇一二两三四五六七八九十百])",
    re.IGNORECASE,
)


# Where the reach of a denial ends: at an exception, a reason, the next sentence, or a clause with a verb of its own.
_OWN_VERB = (
    r",(?!\s*(?:n?or|and/or)\b)"
    r"(?=[^,;.]*\b(?:shall|may|must|will|would|can|could|is|are|was|were|has|have|had|does|agrees?)\b)"
)
_OUT_OF_REACH = re.compile(
    rf"[;；。！？]|[.!?](?:\s|$)|{_OWN_VERB}"
    r"|\b(?:but|except|unless|other than|without|if|because|provided|save|however)\b",
    re.IGNORECASE,
)
_OUT_OF_REACH_OR_WHICH = re.compile(
    rf"{_OUT_OF_REACH.pattern}|\b(?:which|that|what|who|whom|whose|where)\b", re.IGNORECASE
)
_OF_NONE = frozenset(("no", "neither", "nor", "none", "nothing"))
_EXCEPTION = re.compile(r"\b(?:except|unless|other than|save)\b", re.IGNORECASE)
_SOME = re.compile(r"\bsome\b", re.IGNORECASE)
_SOME_MAY = re.compile(r"\bsome\b[^,;:.]*\b(?:(?-i:may)|might|can|could)\b(?! not\b)", re.IGNORECASE)
# What is left out, or what nobody answers for, is told by a clause of its own, which is not denied:
# "shall not include information that a third party discloses".
_LEFT_OUT = re.compile(
    r"(?:[^\w.;!?]+\w+){0,2}?[^\w.;!?]+(includ|appl|exten|constitut|deem|consider|regard|liab|oblig|breach|violat)"
    r"[^:;.,]*\b(?:which|that|who|whom|whose|where)\b",
    re.IGNORECASE,
)
_CLAUSE_END = re.compile(r"[,;,;：:。！？，；]|[.!?]\s|\n(?=[A-Z（(\d•])")


def _words(*alternatives: str) -> str:
    """A pattern of English stems ("increas") and Chinese words."""
    return "|".join(rf"\b{word}\w*" if word[0].isascii() and word[0].isalpha() else word for word in alternatives)


_SIDE = r"(?=[- ](?:sided?|upper|lower|lung|lobe|eye|ear|arm|leg|hand|foot|knee|hip|kidney|breast|ventric|atri|ovar))"
_MONTHS = (
    "January February (?-i:March) April (?-i:May)(?=[\\s,.]|$) June July August September October November December"
)
_DAYS = "Monday Tuesday Wednesday Thursday Friday Saturday Sunday"
# Words that stand for one another in nothing; a sentence that has one where its passage has the other says
# something else.
_OPPOSED: tuple[tuple[str, ...], ...] = (
    (r"\bonce\b|每日一次|一日一次", r"\btwice\b|每日两次|一日两次", r"\b(?:thrice|three times)\b|每日三次|一日三次"),
    (
        r"\bbefore\b|\bprior to\b|之前|以前|前(?![款项述条列])",
        r"\bafter\b|\bfollowing\b|之后|以后|后(?!果|续|者)",
    ),
    (
        r"\b(?:over|above|more than|at least|or more|exceed\w*|no less than|not less than|minimum)\b|[>≥]"
        r"|以上|超过|不少于|不低于|至少|高于|多于|已满",
        r"\b(?:under|below|less than|at most|or less|up to|no more than|not more than|maximum)\b|[<≤]"
        r"|以下|以内|不超过|不高于|至多|最多|低于|少于|不满|未满",
    ),
    (r"\bfirst\b|首", r"\bsecond\b", r"\bthird\b", r"\b(?:last|final)\b|最后"),
    (
        _words("increas", "rise", "rose", "rising", "增加", "上升", "增长", "提高", "升高"),
        _words("decreas", "fall(?!ow)", "fell", "reduc", "declin", "减少", "下降", "降低"),
    ),
    (r"\b(?:higher|greater|larger|longer)\b|较高|更高|优于", r"\b(?:lower|smaller|shorter)\b|较低|更低|劣于"),
    (
        r"\b(?:hourly|(?:per|an|every|each) hour)\b|/\s?h\b|每小时",
        r"\b(?:daily|(?:per|a|every|each) day)\b|每[日天]|一日|按日",
        r"\b(?:weekly|(?:per|a|every|each) week)\b|每周|每星期|按周",
        r"\b(?:monthly|(?:per|a|every|each) month)\b|每月|按月",
        r"\b(?:quarterly|(?:per|a|every|each) quarter)\b|每季度?|按季",
        r"\b(?:annual(?:ly)?|yearly|(?:per|a|every|each) (?:year|annum))\b|每年|按年",
        r"\b(?:per|a|every|each) minute\b|/\s?min\b|每分钟",
    ),
    (r"\d ?a\.?m\b|\bmorning\b|上午|早上|早晨", r"\d ?p\.?m\b|\b(?:afternoon|evening)\b|下午|晚上|睡前|夜间"),
    tuple(rf"\b{month}" if month.startswith("(") else rf"\b{month}\b" for month in _MONTHS.split()),
    tuple(rf"\b{day}s?\b" for day in _DAYS.split()),
    (
        _words("adult", r"(?<!未)成年人?", "成人"),
        _words("child", "paediatric", "pediatric", "儿童", "小儿", "未成年"),
        _words("infant", "neonat", "newborn", "婴儿", "新生儿", "婴幼儿"),
        _words("elderly", "老年"),
    ),
    (r"\b(?:men|males?)\b|男性", r"\b(?:women|females?)\b|女性"),
    (
        _words("oral", "by mouth", "口服"),
        _words("intravenous", "静脉"),
        _words("intramuscular", "肌内", "肌注"),
        _words("subcutaneous", "皮下"),
        _words("topical", "外用"),
    ),
    (rf"\bleft{_SIDE}|左(?!右)", rf"\bright{_SIDE}|(?<!左)右"),
    (r"\bupper (?:lobe|limb|extremit\w+|abdomen)\b|上[叶肢]", r"\blower (?:lobe|limb|extremit\w+|abdomen)\b|下[叶肢]"),
    (r"\bpositive\b|阳性", r"\bnegative\b|阴性"),
    (r"\bacute\b|急性", r"\bchronic\b|慢性"),
    (r"\bbenign\b|良性", r"\bmalignan\w+|恶性"),
    (r"\bprimary\b|原发", r"\bsecondary\b|继发"),
    (_words("includ", "inclusive", "(?<!不)包括", "(?<!不)包含"), _words("exclud", "不包括", "不包含", "不含")),
    (
        r"(?<!not )\b(?:recommended|indicated|advised)\b|(?<!不)推荐|可用于|适用于",
        _words("contraindicat", "禁用", "禁忌", "慎用"),
    ),
    (_words("accept", "approv", "批准", "(?<!不)同意"), _words("reject", "refus", "驳回", "拒绝", "不同意")),
    (
        _words("begin", "commenc", "start", "开始", "起算"),
        r"\bend(?:s|ed|ing)?\b|\bexpir\w+|\bterminat\w+|结束|终止|届满",
    ),
    (r"\b(?:majority|most)\b|多数", r"\b(?:minority|few)\b|少数"),
    (_words("domestic", "境内", "国内"), _words("foreign", "overseas", "境外", "国外")),
    (r"\bgross\b|毛利", r"\bnet\b|净利|净额"),
    (_words("asset", "资产"), _words("liabilit(?=ies)", "负债")),
    (_words("profit", "盈利", "利润"), _words("loss", "亏损")),
    (_words("import(?!an)", "进口"), _words("export", "出口")),
    (r"\b(?:temporar\w+|interim)\b|临时", r"\bpermanent\w*|永久"),
    (r"\bshort[- ]term\b|短期", r"\blong[- ]term\b|长期"),
    (r"董事", r"监事"),
)
# The first follows from the second, never the second from the first.  What one may not do one must not do.
_WEAKER: tuple[tuple[str, str], ...] = (
    (
        r"\bmay\b(?! not\b)|(?<!不)可以",
        r"\b(?:must|shall|will|required to|(?:agree|undertake)s? to)\b(?! not\b)|(?<!不)应当|必须",
    ),
    (r"\b(?:some|certain|several)\b|部分|某些|有些|个别", r"\b(?:all|every|each)\b|所有|全部|全体|一律"),
)
_COMPILED_WEAKER = tuple(tuple(re.compile(side, re.IGNORECASE) for side in sides) for sides in _WEAKER)
_COMPILED = tuple(tuple(re.compile(side, re.IGNORECASE) for side in sides) for sides in _OPPOSED)
# Two sides of a bargain: what one may or must, the other mostly has coming.
_ROLES: tuple[tuple[str, ...], ...] = tuple(
    tuple(line.split())
    for line in """
    landlord tenant
    lessor lessee
    licensor licensee
    buyer seller
    purchaser vendor
    supplier customer
    provider recipient
    discloser recipient
    employer employee
    lender borrower
    creditor debtor
    franchisor franchisee
    assignor assignee
    principal agent
    insurer insured
    plaintiff defendant
    contractor client
    consultant company
    甲方 乙方
    出租人 承租人
    出卖人 买受人
    卖方 买方
    债权人 债务人
    委托人 受托人
    用人单位 劳动者
    发包人 承包人
    贷款人 借款人
    转让人 受让人
    许可人 被许可人
    申请人 被申请人
    保险人 被保险人
    监护人 被监护人
    原告 被告
    公司 股东
    医师 患者
    """.strip().splitlines()
)
_PARTIES = frozenset(party for pair in _ROLES for party in pair)
_HAN_PARTY = re.compile("|".join(sorted((p for p in _PARTIES if not p.isascii()), key=len, reverse=True)))
_ANOTHER_CLAUSE = re.compile(r"\b(?:if|when|unless|where|who|which|that)\b", re.IGNORECASE)
_BY_ANOTHER = re.compile(r"\bby\b|被|由")
_COMPARED = re.compile(r"\bthan\b|优于|劣于|高于|低于|大于|小于|多于|少于|强于|比")
_FROM_TO = re.compile(r"\bfrom\b(.+?)\bto\b(.+)", re.IGNORECASE)
# Before "may" or "shall" these stand for no party.
_NO_PARTY = frozenset(
    """
    i this that these those there herein hereof hereunder thereof thereunder and or
    agreement information section article clause contract obligation obligations term terms provision provisions
    """.split()
)
_MODAL_SUBJECT = re.compile(r"\b([A-Za-z]+)\s+(?:may|shall|must|will|can|agrees?)\b(?! (?:not )?be\b)", re.IGNORECASE)

_NARROWER = r"(?<!\bnot\s)\b(?:only|solely|exclusively)\b|仅"
_FURTHER = (
    r"\b(?:unless|except|provid(?:ed|ing)(?:,? however,?)? (?:that|the|it|he|she|they)|subject to"
    r"|on (?:the )?condition that|save (?:where|that|on|for|as))\b|除非|除外|但书"
)
_CONDITION = re.compile(rf"{_NARROWER}|{_FURTHER}", re.IGNORECASE)
_FURTHER_CONDITION = re.compile(_FURTHER, re.IGNORECASE)
# A clause that says when the rest of its sentence holds.
_WHEN = re.compile(
    r"\b(?:if|unless|provided that|until|when|as long as|so long as|in the event|in case)\b[^,;]*"
    r"|(?:^|(?<=[,;] ))where\b[^,;]*",
    re.IGNORECASE,
)
_WHEN_HAN = re.compile(r"(?:^|(?<=[，；。]))(?:(?:如果|如|若|倘若|一旦|除非|经|未经)[^，；。]*|[^，；。：]*的)(?=，)")
_LIST_FOLLOWS = re.compile(r"下列|以下|the following", re.IGNORECASE)
_REFERS_BACK = re.compile(r"\s*(?:this|that|it|such|these|those|subject|except|but|however)\b", re.IGNORECASE)
_SAYS_WHEN = re.compile(
    r"\b(?:if|unless|provided|until|when|where|as long as|in the event|in case|only|except|subject to)\b"
    r"|如果|若|倘若|一旦|除非|经|的[，,]|[时后前]|情形|情况|条件",
    re.IGNORECASE,
)
_ONLY = re.compile(r"(?<!not )\b(?:only|solely|exclusively)\b|[仅只](?![要见])|唯一", re.IGNORECASE)
_EXCLUSIVE = re.compile(
    rf"{_ONLY.pattern}|(?<!not )(?<!not be )(?<!without being )\blimited to\b"
    r"|\b(?:no other|sole|exclusive|nothing but|restricted to)\b|专",
    re.IGNORECASE,
)
# What is limited so is so only, or not unless.
_LIMITED = re.compile(rf"{_EXCLUSIVE.pattern}|\bwithout\b", re.IGNORECASE)
_PERHAPS = re.compile(
    r"\b(?:(?-i:may)|might|could|possibl[ey]|potential(?:ly)?|suggest(?:s|ed)?|appears?|likely|perhaps|probabl[ey])\b"
    r"|可能|或许|也许|疑似|大概|有望",
    re.IGNORECASE,
)
_OPEN = re.compile(
    rf"{_PERHAPS.pattern}|\b(?:can|must|shall|should|entitled|right|permit\w*|allow\w*|option\w*|discretion|able|would|seem\w*|whether"
    r"|associated)\b|可以|有权|能够|建议|应当|必须",
    re.IGNORECASE,
)
# Prefixes that make the opposite of a word; "in-" and "dis-" only before what is a word of its own.
_UN = re.compile(r"(?:un(?!less\b|til\b|der|it|i(?:on|que|form|vers))|non-?)(\w{4,})")
_IN = re.compile(r"(?:in|im|il|ir)(\w*(?:valid|ive|ent|ant|ete|ect|ate|ible|able|ure|ary|al|ite|ular))\b")
_DIS = re.compile(r"dis((?:agree|allow|approv|similar|satisf|advantage|continu|honest|qualif|connect|able)\w*)")
_NUMBER = re.compile(r"\d+(?:\.\d+)?")
_SAME_WORDS = 0.75  # share of words from which two clauses are one clause, so that a word put for another is noticed
_HALF = 0.5


def is_party(word: str) -> bool:
    """Whether ``word`` names a side of a bargain: a tenant, a party."""
    return word.lower() in ("party", "parties") or word.lower().removesuffix("s") in _PARTIES


def denies(text: str) -> bool:
    """Whether ``text`` denies something."""
    return bool(_DENIAL.search(_NO_DENIAL.sub(" ", text)))


def denied(text: str, of: str = "") -> list[tuple[int, int]]:
    """The stretches of ``text`` that a denial reaches: what follows, over commas, up to an exception or a new clause.

    In Chinese the whole clause, for there a denial is often part of a word.  A clause that tells what is left out is
    not reached for a claim ``of`` that does not speak of that, and is for one that does.
    """
    text = _NO_DENIAL.sub(lambda match: " " * len(match[0]), text)
    edges = [match.start() for match in _CLAUSE_END.finditer(text)]
    found: list[tuple[int, int]] = []
    for match in _DENIAL.finditer(text):
        left_out = _LEFT_OUT.match(text, match.end())
        spoken_of = left_out is not None and left_out[1].lower() in of.lower()
        if of and left_out and not spoken_of:
            found.append((match.end(), left_out.end()))
            continue
        first = max((edge for edge in edges if edge < match.start()), default=0)
        last = min((edge for edge in edges if edge >= match.end()), default=len(text))
        if not match[0].isascii():
            found.append((first, last))
            continue
        far = spoken_of or match[0].lower() in _OF_NONE
        end = (_OUT_OF_REACH if far else _OUT_OF_REACH_OR_WHICH).search(text, match.end())
        stop = end.start() if end else len(text)
        # What follows nothing denies what stands before it: "Disclosure is prohibited."
        found.append((match.end(), stop) if terms(text[match.end() : stop]) else (first, last))
    return found


def sense_faults(claim: str, source: str) -> list[str]:
    """Where ``claim`` uses the words of ``source`` to say something else; each clause is held against its nearest."""
    faults: list[str] = []
    reached, there = denied(claim), denied(source, claim)
    excepted = bool(there) and _sets_apart(_ONLY, claim, _EXCEPTION, source)
    for start, end in _clause_spans(claim):
        clause = claim[start:end]
        places = _nearest(clause, source)
        near = ", ".join(source[a:b] for a, b in places)
        if not near:
            continue
        shared = set(terms(clause)) & set(terms(near))
        kept = shared & {term for place in places for term in _terms_within(source, place, there)}
        claimed = denies(clause) or bool(_terms_within(claim, (start, end), reached))
        if claimed and not kept and not denies(near) and not _sets_apart(_EXCEPTION, claim, _EXCLUSIVE, source):
            # What shares few words may stand anywhere in the source.
            if _close(clause, near) or not denies(source):
                faults.append("negation_added")
        # An exception leaves some of what is denied.
        elif (
            2 * len(kept) >= max(len(shared), 1)
            and not claimed
            and not (_SOME.search(claim) and _EXCEPTION.search(source))
            and not excepted
        ):
            faults.append("negation_lost")
        if opposed(clause, near):
            faults.append("sense_changed")
        if _reversed(clause, near):
            faults.append("roles_swapped")
        if _PERHAPS.search(near) and not _OPEN.search(claim):
            faults.append("certainty_added")
    if _ONLY.search(claim) and not _EXCLUSIVE.search(source) and not excepted:
        faults.append("restriction_added")
    if _condition_lost(claim, source):
        faults.append("condition_lost")
    if _another_party(claim, source):
        faults.append("roles_differ")
    return list(dict.fromkeys(faults))


def _sets_apart(
    ours: re.Pattern[str], claim: str, theirs: re.Pattern[str], source: str, *, every: bool = False
) -> bool:
    """Whether the same follows one word in ``claim`` and another in ``source``: "only for X", "not except for X".

    ``every``: whether it follows that word wherever it stands in ``source``.
    """

    def following(pattern: re.Pattern[str], text: str) -> list[set[str]]:
        return [set(terms(_CLAUSE_END.split(text[match.end() :])[0])) for match in pattern.finditer(text)]

    here = following(ours, claim)
    told = [
        any(one & other and 3 * len(one & other) >= min(len(one), len(other)) for one in here)
        for other in following(theirs, source)
    ]
    return bool(told) and (all(told) if every else any(told))


def opposed(claim: str, source: str) -> bool:
    """Whether one has a word where the other has its opposite: before and after, adults and children.

    What says less than its source ("may" for "must") is a change only of what else it repeats.
    """
    for sides in _COMPILED_WEAKER:
        if not _sides_differ(claim, source, sides):
            continue
        if sides[1].search(claim) or (_close(claim, source) and not _SOME.search(claim)):
            return True
    # Much is "direct" here and "indirect" there; an opposite is of what is said otherwise alike.
    return any(_sides_differ(claim, source, sides) for sides in _COMPILED) or (
        _close(claim, source, _HALF) and _prefixed(claim, source)
    )


def figures_swapped(claim: str, source: str) -> bool:
    """Whether two numbers of ``claim`` have changed places: each stands among the words of the other in ``source``."""
    here, there = _numbers_among_words(claim), _numbers_among_words(source)
    for one, other in combinations([number for number in here if number in there], 2):
        kept = _shared(here[one], there[one]) + _shared(here[other], there[other])
        if _shared(here[one], there[other]) + _shared(here[other], there[one]) > kept:
            return True
    return False


def word_put_for_another(claim: str, source: str, around: str) -> bool:
    """Whether ``claim`` repeats a clause of ``source`` but for a word that stands nowhere in ``around``."""
    known = set(terms(around))
    for clause in clauses(claim):
        near = nearest_clause(clause, source)
        if not _close(clause, near):
            continue
        here, there = terms(clause), terms(near)
        for what, a, b, c, d in SequenceMatcher(None, here, there, autojunk=False).get_opcodes():
            # Pairs of Chinese characters reach over the edges of words: only as many for as many is one for another.
            one_for_one = here[a:b] and (here[a].isascii() or b - a == d - c)
            if what != "replace" or not one_for_one:
                continue
            if not known.intersection(here[a:b]) and not set(here).intersection(there[c:d]):
                return True
    return False


def clauses(text: str) -> list[str]:
    """The clauses of ``text`` that hold words; the whole where none does."""
    return [text[start:end] for start, end in _clause_spans(text)]


def nearest_clause(claim: str, source: str) -> str:
    """The clauses of ``source`` that share most with ``claim``; "" where none shares a word."""
    return ", ".join(source[start:end] for start, end in _nearest(claim, source))


def _clause_spans(text: str) -> list[tuple[int, int]]:
    edges = [0, *(edge for match in _CLAUSE_END.finditer(text) for edge in match.span()), len(text)]
    spans = list(zip(edges[::2], edges[1::2], strict=True))
    return [(start, end) for start, end in spans if terms(text[start:end])] or [(0, len(text))]


def _nearest(claim: str, source: str) -> list[tuple[int, int]]:
    wanted = set(terms(claim))
    spans = _clause_spans(source)
    shares = [len(wanted & set(terms(source[start:end]))) for start, end in spans]
    most = max(max(shares), 1)
    return [span for span, share in zip(spans, shares, strict=True) if share == most]


def _nearest_sentences(claim: str, source: str) -> list[str]:
    """The sentences of ``source`` in which a clause of ``claim`` has its nearest, and one that goes on about them."""
    places = [place for start, end in _clause_spans(claim) for place in _nearest(claim[start:end], source)]
    said: list[str] = []
    near = False
    for start, end in sentences(source):
        hit = any(start < stop and first < end for first, stop in places)
        if hit or (near and _REFERS_BACK.match(source[start:end])):
            said.append(source[start:end])
        near = hit
    return said


def _terms_within(text: str, place: tuple[int, int], stretches: Sequence[tuple[int, int]]) -> set[str]:
    """The terms of ``text`` in ``place`` that stand in one of ``stretches``."""
    parts = (text[max(place[0], start) : min(place[1], end)] for start, end in stretches)
    return {term for part in parts for term in terms(part)}


def _close(claim: str, source: str, share: float = _SAME_WORDS) -> bool:
    here, there = terms(claim), set(terms(source))
    return bool(there) and sum(term in there for term in here) >= share * len(here)


def _sides_differ(claim: str, source: str, sides: Sequence[re.Pattern[str]]) -> bool:
    claimed = {i for i, side in enumerate(sides) if side.search(claim)}
    if not claimed:
        return False
    said = {i for i, side in enumerate(sides) if side.search(source)}
    return bool(said) and not claimed & said


def _prefixed(claim: str, source: str) -> bool:
    """Whether one has "valid" and the other "invalid", or one does with what the other does without."""
    here, there = set(re.findall(r"[a-z][a-z-]*", claim.lower())), set(re.findall(r"[a-z][a-z-]*", source.lower()))
    for ours, theirs in ((here, there), (there, here)):
        matches = (prefix.fullmatch(word) for word in ours - theirs for prefix in (_UN, _IN, _DIS))
        if any(match and match[1] in theirs - ours for match in matches):
            return True
    done = [set(re.findall(r"\b(with|without) (\w+)", text.lower())) for text in (claim, source)]
    turned = {("without" if how == "with" else "with", what) for how, what in done[0]}
    return bool(turned & done[1] - done[0])


def _reversed(claim: str, source: str) -> bool:
    """Whether two parties have changed places around the same words, or the two sides of a comparison have."""
    for here, there in ((_compared(claim), _compared(source)), (_from_to(claim), _from_to(source))):
        if here and there and here[0] & there[1] - there[0] and here[1] & there[0] - there[1]:
            return True
    for one, other, between in _acting(claim):
        for first, second, there_between in _acting(source):
            same_voice = bool(_BY_ANOTHER.search(between)) == bool(_BY_ANOTHER.search(there_between))
            if (one, other) == (second, first) and same_voice and set(terms(between)) & set(terms(there_between)):
                return True
    return False


def _compared(text: str) -> tuple[set[str], set[str]] | None:
    match = _COMPARED.search(text)
    return (set(terms(text[: match.start()])), set(terms(text[match.end() :]))) if match else None


def _from_to(text: str) -> tuple[set[str], set[str]] | None:
    match = _FROM_TO.search(text)
    return (set(terms(match[1])), set(terms(match[2]))) if match else None


def _acting(text: str) -> Iterator[tuple[str, str, str]]:
    """Two parties or names, one after the other, and the words between them."""
    found = [(m.start(), m.end(), m[0]) for m in _HAN_PARTY.finditer(text)]
    found += [
        (m.start(), m.end(), m[0].lower().removesuffix("s"))
        for m in re.finditer(r"[A-Za-z]+", text)
        if m[0].lower().removesuffix("s") in _PARTIES or (m[0][0].isupper() and terms(m[0]))
    ]
    for (_, end, one), (start, _, other) in pairwise(sorted(found)):
        if one != other and not _ANOTHER_CLAUSE.search(text[end:start]):
            yield one, other, text[end:start]


def _another_party(claim: str, source: str) -> bool:
    """Whether another one than in ``source`` may or must, or only the other side of a bargain is spoken of there."""
    allowed = {name.lower() for name in _MODAL_SUBJECT.findall(source)} - _NO_PARTY
    words = set(re.findall(r"[a-z]+", source.lower())) - _NO_PARTY
    if allowed and any(n.lower() in words and n.lower() not in allowed for n in _MODAL_SUBJECT.findall(claim)):
        return True
    here, there = _parties(claim), _parties(source)
    return any(
        here & {one, other} == {one} and there & {one, other} == {other}
        for pair in _ROLES
        for one, other in (pair, pair[::-1])
    )


def _parties(text: str) -> set[str]:
    words = {word.removesuffix("s") for word in re.findall(r"[a-z]+", text.lower())}
    return (words & _PARTIES) | set(_HAN_PARTY.findall(text))


def _condition_lost(claim: str, source: str) -> bool:
    # What some may is so where the condition holds.
    if _SOME_MAY.search(claim):
        return False
    # Who says "for no other purpose" has said "only for that".
    told = _sets_apart(_EXCEPTION, claim, _EXCLUSIVE, source, every=True)
    condition = _FURTHER_CONDITION if told else _CONDITION
    limited = _CONDITION.search(claim) or _sets_apart(_LIMITED, claim, _CONDITION, source)
    if not limited and any(condition.search(said) for said in _nearest_sentences(claim, source)):
        return True
    if _SAYS_WHEN.search(claim):
        return False
    kept = set(terms(claim))
    for match in (*_WHEN.finditer(source), *_WHEN_HAN.finditer(source)):
        wanted = set(terms(match[0]))
        if wanted and not _LIST_FOLLOWS.search(match[0]) and len(wanted & kept) < len(wanted) / 2:
            return True
    return False


def _numbers_among_words(text: str) -> dict[str, tuple[set[str], set[str]]]:
    """Each number that stands once, with the words before and behind it up to the next number."""
    text = normalise(text)
    places = list(_NUMBER.finditer(text))
    edges = [0, *(edge for m in places for edge in m.span()), len(text)]
    found = [
        (m[0], (set(terms(text[edges[2 * i] : m.start()])), set(terms(text[m.end() : edges[2 * i + 3]]))))
        for i, m in enumerate(places)
    ]
    values = [number for number, _ in found]
    return {number: words for number, words in found if values.count(number) == 1}


def _shared(one: tuple[set[str], set[str]], other: tuple[set[str], set[str]]) -> int:
    return len(one[0] & other[0]) + len(one[1] & other[1])
