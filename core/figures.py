"""Numbers, quantities and dates in text, English and Chinese, in one comparable form.

"ninety (90) days", "90 days" and "九十日" give the same quantity; "3.5%" and
"百分之三点五" too.  Values are exact decimals in plain notation.
"""

from __future__ import annotations

import re
import unicodedata
from dataclasses import dataclass
from decimal import Decimal, InvalidOperation


@dataclass(frozen=True, slots=True)
class Quantity:
    """A value and its unit ("" when none is printed beside it)."""

    value: str
    unit: str = ""


_UNITS = {
    "%": ("%", "percent", "per cent", "percentage points", "个百分点"),
    "mg": ("mg", "milligram", "milligrams", "毫克"),
    "µg": ("µg", "μg", "ug", "mcg", "microgram", "micrograms", "微克"),
    "g": ("g", "gram", "grams", "克"),
    "kg": ("kg", "kilogram", "kilograms", "公斤", "千克"),
    "ml": ("ml", "millilitre", "millilitres", "milliliter", "milliliters", "毫升"),
    "l": ("l", "litre", "litres", "liter", "liters", "升"),
    "ml/min": ("ml/min", "毫升/分", "毫升/分钟", "ml/分钟"),
    "mmhg": ("mmhg",),
    "mmol/l": ("mmol/l",),
    "second": ("s", "sec", "second", "seconds", "秒"),
    "minute": ("min", "minute", "minutes", "分钟"),
    "hour": ("h", "hr", "hrs", "hour", "hours", "小时"),
    "day": ("day", "days", "天", "日", "个工作日", "工作日"),
    "week": ("week", "weeks", "周", "星期"),
    "month": ("month", "months", "个月"),
    "month of the year": ("月", "月份"),
    "year": ("year", "years", "年", "周年", "岁"),
    "°c": ("°c", "℃", "摄氏度"),
    "dollar": ("dollars", "dollar", "usd", "美元"),
    "pound": ("gbp", "pounds sterling", "英镑"),
    "euro": ("eur", "euros", "欧元"),
    "iu": ("iu", "international units", "国际单位"),
    "meq": ("meq",),
    "‰": ("‰",),
    "‱": ("‱",),
    "yuan": ("yuan", "rmb", "cny", "元", "人民币"),
    "article": ("条",),
    "paragraph": ("款",),
    "times": ("倍", "times"),
}
_UNIT_OF = {word: unit for unit, words in _UNITS.items() for word in words}
_UNIT = "|".join(re.escape(w) for w in sorted(_UNIT_OF, key=len, reverse=True))
_SCALES = {
    "million": 10**6,
    "m": 10**6,
    "billion": 10**9,
    "bn": 10**9,
    "千": 10**3,
    "万": 10**4,
    "百万": 10**6,
    "千万": 10**7,
    "亿": 10**8,
    "万亿": 10**12,
}
_CURRENCIES = {"$": "dollar", "¥": "yuan", "￥": "yuan", "£": "pound", "€": "euro"}
_FRACTIONS = {"half": "1/2", "one third": "1/3", "two thirds": "2/3", "one quarter": "1/4", "three quarters": "3/4"}
_FRACTION = re.compile(r"\b(" + "|".join(f.replace(" ", "[ -]") for f in _FRACTIONS) + r")\b")
_HAN_FRACTION = re.compile(r"([零〇一二三四五六七八九十百千万]+)分之([零〇一二三四五六七八九十百千点]+)")
_ONE = re.compile(r"\b(?:one|a single)(?= (?:\(1\) )?(?:day|week|month|year|hour|minute|percent|dollar|time)s?\b)")
_MONTHS = """
    january february march april may june july august september october november december
    """.split()
MONTH = "|".join(rf"{m}|{m[:3]}\.?" for m in _MONTHS) + r"|sept\.?"
_WORDS = dict(
    zip(
        """
    two three four five six seven eight nine ten eleven twelve thirteen fourteen fifteen sixteen
    seventeen eighteen nineteen twenty thirty forty fifty sixty seventy eighty ninety
    """.split(),
        (*range(2, 21), *range(30, 100, 10)),
        strict=True,
    )
)
_ENGLISH = re.compile(
    rf"\b({'|'.join(sorted(_WORDS, key=len, reverse=True))})(?:[ -](one|two|three|four|five|six|seven|eight|nine))?\b"
    r"(?:[ -](hundred|thousand))?",
)
_HUNDRED = re.compile(r"\b(?:one|a) (hundred|thousand)(?: and ([a-z]+))?\b")
_DIGITS = {c: i for i, c in enumerate("零一二三四五六七八九")} | {"〇": 0, "两": 2, "○": 0}
_PLACES = {"十": 10, "百": 100, "千": 1000, "万": 10000, "亿": 100000000}
_HAN_NUMBER = re.compile(
    r"百分之([零〇一二三四五六七八九十百千点]+)|((?<![0-9])[零〇○一二两三四五六七八九十百千万亿]+(?:点[零〇一二三四五六七八九]+)?)"
)
_DATES = (
    re.compile(r"(?P<y>\d{4})年(?P<m>\d{1,2})月(?P<d>\d{1,2})日"),
    re.compile(r"(?P<y>\d{4})[-/](?P<m>\d{1,2})[-/](?P<d>\d{1,2})\b"),
    re.compile(rf"\b(?P<n>{MONTH})\s+(?P<d>\d{{1,2}})(?:st|nd|rd|th)?\s*,?\s+(?P<y>\d{{4}})\b"),
    re.compile(rf"\b(?P<d>\d{{1,2}})(?:st|nd|rd|th)?\s+(?:day of\s+)?(?P<n>{MONTH})\s*,?\s+(?P<y>\d{{4}})\b"),
)
_NUMBER = re.compile(
    rf"(?<![a-z0-9_.])(?P<sign>[-−])?(?P<n>\d{{1,3}}(?:,\d{{3}})+(?:\.\d+)?|\d+(?:\.\d+)*)(?P<scale>\s*(?:million|billion|千万|百万|万亿|千|万|亿)|(?:m|bn)\b)?"
    rf"(?:\s*(?P<u>{_UNIT})(?![a-z])(?P<per>/[a-zµ0-9²]+|(?: a| per|每)\s?(?:day|kg|week|month|year|hour|日|天))?)?"
)


# Parts of a document that are named by a letter, a Roman numeral or brackets; plain numbers are quantities.
_REFERENCE = re.compile(
    r"\b(section|clause|article|paragraph|exhibit|schedule|annex|appendix|part|chapter|item|rule)s?\s+"
    r"(\d+(?:\.\d+)*(?:\([a-z0-9]{1,4}\))+|\([a-z0-9]{1,4}\)|[a-z](?![\w'’])|[ivxlc]+(?!\w))",
    re.IGNORECASE,
)
_HAN_REFERENCE = re.compile(
    r"第?[（(]?([一二三四五六七八九十\d]+)[）)]?(项|章|节|编)|(附件|附录|附表)([一二三四五六七八九十\d]+)"
)


def references(text: str) -> set[tuple[str, str]]:
    """The parts of documents that ``text`` names other than by plain numbers: ("exhibit", "a"), ("项", "二")."""
    found = {(m[1].lower(), m[2].lower()) for m in _REFERENCE.finditer(text) if m[2] not in ("a", "I")}
    return found | {(m[2], m[1]) if m[2] else (m[3], m[4]) for m in _HAN_REFERENCE.finditer(text)}


def dates(text: str) -> set[str]:
    """The full dates in ``text`` as YYYY-MM-DD."""
    return set(_take_dates(_plain(text))[0])


def quantities(text: str) -> set[Quantity]:
    """The numbers in ``text`` with their units; dates are left out.

    "One" and 一 count only before a unit and after 第: elsewhere they are too often no number.
    """
    return set(_quantities(_take_dates(_plain(text))[1]))


def _plain(text: str) -> str:
    text = unicodedata.normalize("NFKC", text).lower().replace("μ", "µ").replace("，", ",")
    return " ".join(text.split())


def _take_dates(text: str) -> tuple[list[str], str]:
    found: list[str] = []

    def take(match: re.Match[str]) -> str:
        groups = match.groupdict()
        month = int(groups["m"]) if groups.get("m") else month_number(groups["n"])
        found.append(f"{int(groups['y']):04d}-{month:02d}-{int(groups['d']):02d}")
        return " ; "

    for pattern in _DATES:
        text = pattern.sub(take, text)
    return found, text


def month_number(name: str) -> int:
    """The number, from 1, of a month that :data:`MONTH` matches."""
    return 1 + next(i for i, month in enumerate(_MONTHS) if month.startswith(name[:3]))


def _quantities(text: str) -> list[Quantity]:
    found = [Quantity(_FRACTIONS[m[1].replace("-", " ")]) for m in _FRACTION.finditer(text)]
    text = _FRACTION.sub(" ", text)
    text = _HAN_FRACTION.sub(lambda m: _han_fraction(m, found), text)
    text = _ONE.sub("1", text)
    text = _HAN_NUMBER.sub(_han, text)
    text = _HUNDRED.sub(lambda m: str((100 if m[1] == "hundred" else 1000) + _WORDS.get(m[2] or "", 0)), text)
    text = _ENGLISH.sub(_english, text)
    # "ninety (90) days" is one quantity said twice.
    text = re.sub(r"\b(\d[\d.,]*)\s*\(\s*(\d[\d.,]*\s*%?)\s*\)", r" \2 ", text)
    for match in _NUMBER.finditer(text):
        value = ("-" if match["sign"] else "") + _value(match["n"], (match["scale"] or "").strip())
        before = text[max(0, match.start() - 1) : match.start()]
        unit = _UNIT_OF.get(match["u"] or "", "") + re.sub(r"\s?(?:a|per|每)\s?(?=\w)", "/", match["per"] or "")
        unit = unit or _CURRENCIES.get(before, "")
        found.append(Quantity(value, unit))
    return found


def _value(digits: str, scale: str) -> str:
    plain = digits.replace(",", "")
    if plain.count(".") > 1:
        return plain
    try:
        number = Decimal(plain) * _SCALES.get(scale, 1)
    except InvalidOperation:
        return plain
    return format(number.normalize(), "f")


def _han_fraction(match: re.Match[str], found: list[Quantity]) -> str:
    whole, part = match[1], _han_value(match[2])
    if whole in ("百", "千", "万"):
        return f" {part}{ {'百': '%', '千': '‰', '万': '‱'}[whole] }"
    found.append(Quantity(f"{part}/{_han_value(whole)}"))
    return " "


def _english(match: re.Match[str]) -> str:
    number = _WORDS[match[1]]
    if match[2]:
        number += {"one": 1, **_WORDS}[match[2]]
    if match[3]:
        number *= 100 if match[3] == "hundred" else 1000
    return str(number)


def _han(match: re.Match[str]) -> str:
    if match[1]:
        return f" {_han_value(match[1])}%"
    word = match[2]
    following = match.string[match.end() : match.end() + 2]
    # A lone numeral is a number only before a unit or after 第: 一方, 三者 and 万一 are words.
    before = match.string[max(0, match.start() - 1) : match.start()]
    if len(word) == 1 and before != "第" and not any(following.startswith(u) for u in _UNIT_OF if len(u) <= 2):
        return word
    if word == "一" and (
        before == "第" or following in ("个月", "个工", "小时", "周岁") or following[:1] in "年日天周款条倍"
    ):
        return " 1"
    if word in ("一", "万", "千", "百", "亿", "万一", "千万", "百万"):
        return word
    return f" {_han_value(word)}"


def _han_value(word: str) -> str:
    whole, _, fraction = word.partition("点")
    if len(whole) > 1 and not any(c in _PLACES for c in whole):
        text = "".join(str(_DIGITS[c]) for c in whole)
    else:
        total = section = digit = 0
        for c in whole:
            if c in _DIGITS:
                digit = _DIGITS[c]
            elif _PLACES[c] >= 10000:
                total += (section + digit or 1) * _PLACES[c]
                section = digit = 0
            else:
                section += (digit or 1) * _PLACES[c]
                digit = 0
        text = str(total + section + digit)
    return f"{text}.{''.join(str(_DIGITS[c]) for c in fraction)}" if fraction else text
