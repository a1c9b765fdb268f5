"""A question and the remark that continues it -> one question.  Pure rules, English and Chinese.

Where the remark stands for something in the question, it takes its place: the same
circumstance ("for adults" / "for children"), the same year, another person or party,
another thing of the same name, and "it" what the question was about.  Where nothing
tells what it stands for, both are kept: "<question> — <remark>", which a search
understands, because it looks for the words and the meaning of both.
"""

from __future__ import annotations

import re

from core.remarks import AUXILIARY, DOCUMENT, MARKER, PREPOSITION, WH, Form, Remark, pattern
from core.terms import is_chinese, terms


def complete(earlier: str, remark: Remark) -> str:
    """``earlier`` with what ``remark`` says in its place; "" where nothing tells what that is."""
    asked, mark, dash = _parts(earlier)
    if remark.form is not Form.CLAUSE:  # what was added last gives way; a clause is about all that was said
        asked = asked.split(dash)[0]
    whole = _with_other_year(asked, remark.words)
    if not whole and is_chinese(earlier) == remark.chinese:
        whole = _chinese(asked, remark) if remark.chinese else _english(asked, remark)
    return whole[:1].upper() + whole[1:] + mark if whole else ""


def side_by_side(earlier: str, remark: Remark) -> str:
    """Both, one after the other."""
    asked, mark, dash = _parts(earlier)
    if remark.form is not Form.CLAUSE:
        asked = asked.split(dash)[0]
    return f"{asked}{dash}{remark.words}{mark}"


def _parts(earlier: str) -> tuple[str, str, str]:
    asked = earlier.strip().rstrip("?？。. ")
    return (asked, "？", "——") if is_chinese(earlier) else (asked, "?", " — ")


def subject(asked: str) -> str:
    """What a question is about: "quilodarine" of "the dose of quilodarine in adults"; "" when that is not plain."""
    return _subject_zh(asked) if is_chinese(asked) else _subject(asked)


def _with_other_year(asked: str, words: str) -> str:
    """``asked`` with the year of ``words`` in place of its own, where either has only that; "" where not."""
    other = re.fullmatch(r"(?:in |for |在)?((?:19|20)\d\d)年?(?:的)?", words.strip(), re.IGNORECASE)
    years = list(re.finditer(r"(?<!\d)(?:19|20)\d\d(?!\d)", asked))
    if other is None or len(years) != 1:
        return ""
    return asked[: years[0].start()] + other[1] + asked[years[0].end() :]


# -- English

_BEGINS = pattern(rf"({PREPOSITION})\b")
_DETERMINER = r"(?:the|an?|any|each|every|his|her|its|their|our|your|my|this|that|all|both)"
_BORDER = pattern(
    rf"(?:{PREPOSITION}|{AUXILIARY}|{WH}|{_DETERMINER}|and|or|than|not|there|much|many|long|pays?|gives?)$"
)
_PERSONS = frozenset(
    """
    adult adults child children infant infants neonate neonates newborn newborns adolescent adolescents woman women man
    men patient patients elderly volunteer volunteers consultant contractor subcontractor company employer employee
    employees tenant subtenant landlord lessee lessor licensee licensor buyer seller purchaser supplier vendor provider
    customer client distributor franchisee franchisor manufacturer agent principal guarantor borrower lender insurer
    insured physician nurse spouse heir trustee director shareholder manager assignee publisher author
    """.split()
)
_PRONOUN = pattern(r"\b(?:it|they|them|this|that|these|those)\b(?! \w+ (?:is|are|does|do|apply|applies)\b)")
_OWN = pattern(r"\b(?:its|their)\b")
_WITHIN = pattern(rf"\b(?:the|this)(?: [\w'’&-]+){{0,3}} {DOCUMENT}(?: (?:between|with) .+)?$")
_QUALIFIES = pattern(r"(?:with|without|who|aged|on|over|under|having|below|above)$")
_BEFORE_NEXT = rf"(?= (?:{PREPOSITION}|and|or|be|{AUXILIARY})\b|,|$)"
_OF = pattern(rf"\bof ((?!of\b)[\w'’&.-]+(?: [\w'’&.-]+){{0,4}}?){_BEFORE_NEXT}")
_IS = pattern(
    r"(?:what|which|who|how (?:long|high|large|big)) (?:is|are|was|were) "
    rf"((?:the|an?)(?: [\w'’&.-]+){{1,4}}?){_BEFORE_NEXT}"
)
_DOES = pattern(rf"(?:{WH}(?: \w+)?) {AUXILIARY} ((?:the|an?) \w+) \w+$")


def _english(asked: str, remark: Remark) -> str:
    words = remark.words
    if remark.form is Form.CIRCUMSTANCE:
        return f"{_without_same_circumstance(asked, words)} {words}"
    if remark.form is Form.TOPIC:
        if (own := _OWN.match(words)) and (about := _subject(asked)):
            return f"What about {about}'s{words[own.end() :]}"
        whole = _with_other_thing(asked, words)
        within = _WITHIN.search(asked)
        return whole or (f"What about {words} in {within.group()}" if within else "")
    about = _subject(asked)
    if not about or re.search(r"\b(?:this|that|these|those) \w+", words, re.IGNORECASE):
        return ""
    if _OWN.search(words):
        return _OWN.sub(f"{about}'s", words, count=1)
    return _PRONOUN.sub(about, words, count=1) if _PRONOUN.search(words) else ""


def _without_same_circumstance(asked: str, words: str) -> str:
    """``asked`` without a last phrase that begins as ``words`` does: "the dose for adults" before "for children"."""
    begins = _BEGINS.match(words)
    found = list(re.finditer(rf"\s{re.escape(begins[1])}\s", asked, re.IGNORECASE)) if begins else []
    if not found or len(asked[found[-1].end() :].split()) > 6:
        return asked
    kept = asked[: found[-1].start()]
    return kept if len(kept.split()) > 2 and terms(kept) else asked


def _with_other_thing(asked: str, words: str) -> str:
    """``asked`` with the phrase that ends as ``words`` does, or its one person or party, replaced by ``words``."""
    phrase = words.split()
    complement = next((i for i, word in enumerate(phrase) if i and _BEGINS.fullmatch(word)), len(phrase))
    head = phrase[complement - 1].lower()
    said = list(re.finditer(r"[\w'’/-]+", asked))
    alike = [i for i, match in enumerate(said) if _same(match.group(), head)]
    if not alike and head in _PERSONS:
        alike = [i for i, match in enumerate(said) if match.group().lower() in _PERSONS]
        if not alike:
            return f"{asked} for {words}"
    if len(alike) != 1:
        return ""
    first = last = alike[0]
    while first and not _BORDER.match(said[first - 1].group()) and asked[said[first - 1].end()] == " ":
        first -= 1
    if first and re.fullmatch(_DETERMINER, said[first - 1].group(), re.IGNORECASE):
        first -= 1
    end, following = said[last].end(), said[last + 1].group().lower() if last + 1 < len(said) else ""
    # "A clearance of 30 mL/min" gives way to "a clearance of 20 mL/min" as a whole, "adults with asthma" to "children".
    if phrase[complement : complement + 1] == [following] or (head in _PERSONS and _QUALIFIES.match(following)):
        end = len(asked)
    whole = asked[: said[first].start()] + words + asked[end:]
    return "" if whole.lower() == asked.lower() else whole


def _same(one: str, other: str) -> bool:
    return terms(one) == terms(other) != []


def _subject(asked: str) -> str:
    """The last thing that something is "of", or what something is said of."""
    owned = [match[1].strip() for match in _OF.finditer(asked)]
    if owned:
        return owned[-1]
    for shape in (_IS, _DOES):
        if match := shape.match(asked):
            return match[1].strip()
    return ""


# -- Chinese

_PERSONS_ZH = re.compile(
    "患者|病人|儿童|小儿|婴儿|成年?人|孕妇|老年?人|女?职工|员工|劳动者|用人单位|公司|单位|雇主|甲方|乙方|丙方|承租人|出租人|买方|卖方|买受人|出卖人"
    "|债权人|债务人|受让人|转让人|顾问|供应商|客户|被告|原告|监护人|未成年人|配偶|子女|父母|股东|董事|经理|被?保险人|投保人|借款人|贷款人|保证人"
)
_IT_ZH = re.compile("(?:它们?|其)(的)?")
_SUBJECT_ZH = re.compile(r"([^，,的\d]{2,10})的")


def _chinese(asked: str, remark: Remark) -> str:
    words = remark.words
    if remark.form is Form.CIRCUMSTANCE:
        return f"{words}，{asked}"
    if remark.form is Form.TOPIC:
        return _with_other_thing_zh(asked, words)
    about, it = _subject_zh(asked), _IT_ZH.search(words)
    if not about or it is None:
        return ""
    own = "的" if it[1] or it.group().startswith("其") else ""
    return words[: it.start()] + about + own + words[it.end() :]


def _subject_zh(asked: str) -> str:
    about = _SUBJECT_ZH.match(asked)
    return "" if about is None or MARKER.search(about[1]) else about[1]


def _with_other_thing_zh(asked: str, words: str) -> str:
    """``asked`` with the phrase that ends as ``words`` does, or its one person or party, replaced by ``words``."""
    ends = [
        words[i:]
        for i in range(1, len(words))
        if asked.count(words[i:]) == 1 and (len(words) - i > 1 or words[-1] == "的")
    ]
    persons = list(_PERSONS_ZH.finditer(asked))
    said = [match.end() for match in _PERSONS_ZH.finditer(words)]
    if ends:
        start = asked.index(ends[0])
        end = start + len(ends[0])
    elif said[-1:] == [len(words)] and len(persons) < 2:
        if not persons:
            return f"{words}，{asked}"
        start, end = persons[0].span()
    else:
        return ""
    borders = "，," if "的" in words else "，,的"
    while start and asked[start - 1] not in borders and asked[start - 1 : start] not in "在对于":
        start -= 1
    whole = asked[:start] + words + asked[end:]
    return "" if MARKER.search(asked[start:end]) or whole == asked else whole
