"""The numbers that Word counts by itself: "2.1", "第三条", "(b)" stand in no text, only in the rules for them."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field

_ROMAN = (
    (1000, "m"), (900, "cm"), (500, "d"), (400, "cd"), (100, "c"), (90, "xc"),
    (50, "l"), (40, "xl"), (10, "x"), (9, "ix"), (5, "v"), (4, "iv"), (1, "i"),
)  # fmt: skip
_DIGITS = "〇一二三四五六七八九"
_LEGAL = str.maketrans("〇一二三四五六七八九十百千", "零壹贰叁肆伍陆柒捌玖拾佰仟")
_STEMS, _BRANCHES = "甲乙丙丁戊己庚辛壬癸", "子丑寅卯辰巳午未申酉戌亥"


@dataclass(frozen=True, slots=True)
class Level:
    """How one level is counted and written: ``pattern`` as Word has it, "%1.%2"."""

    form: str = "decimal"
    pattern: str = ""
    start: int = 1
    restarts_after: int = -1  # -1: after every level above; 0: never


@dataclass(slots=True)
class Counter:
    """Counts the paragraphs of one list."""

    counts: dict[int, int] = field(default_factory=dict)

    def next(self, level: int, starts: Mapping[int, int], levels: Mapping[int, Level]) -> str:
        """The number of the next paragraph at ``level``, as it is printed; empty for none."""
        rule = levels.get(level, Level())
        if level in self.counts:
            self.counts[level] += 1
        else:
            self.counts[level] = starts.get(level, rule.start)
        for deeper in [key for key in self.counts if key > level]:
            after = levels.get(deeper, Level()).restarts_after
            if after and (after < 0 or level < after):
                del self.counts[deeper]
        if rule.form == "bullet":
            return "•"
        return re.sub(r"%([1-9])", lambda match: self._said(int(match.group(1)) - 1, levels, starts), rule.pattern)

    def _said(self, level: int, levels: Mapping[int, Level], starts: Mapping[int, int]) -> str:
        rule = levels.get(level, Level())
        return numeral(self.counts.get(level, starts.get(level, rule.start)), rule.form)


def numeral(value: int, form: str) -> str:
    """A number in one of Word's forms; in figures where the form is not known."""
    if form == "none":
        return ""
    if value <= 0:
        return str(value)
    if form in ("lowerRoman", "upperRoman"):
        text = roman(value)
        return text.upper() if form == "upperRoman" else text
    if form in ("lowerLetter", "upperLetter"):
        text = chr(ord("a") + (value - 1) % 26) * min((value - 1) // 26 + 1, 20)
        return text.upper() if form == "upperLetter" else text
    if form in ("chineseCounting", "chineseCountingThousand", "japaneseCounting", "taiwaneseCountingThousand",
                "taiwaneseCounting"):  # fmt: skip
        return chinese(value)
    if form in ("ideographDigital", "japaneseDigitalTenThousand", "taiwaneseDigital", "koreanDigital2"):
        return "".join(_DIGITS[int(digit)] for digit in str(value))
    if form in ("chineseLegalSimplified", "ideographLegalTraditional", "japaneseLegal"):
        return chinese(value).translate(_LEGAL)
    if form == "ideographTraditional":
        return _STEMS[(value - 1) % 10]
    if form == "ideographZodiac":
        return _BRANCHES[(value - 1) % 12]
    if form == "decimalZero":
        return f"{value:02d}"
    if form in ("decimalEnclosedCircle", "decimalEnclosedCircleChinese") and value <= 20:
        return chr(0x2460 + value - 1)
    if form == "decimalEnclosedParen" and value <= 20:
        return f"({value})"
    if form == "ordinal":
        ending = "th" if value % 100 in (11, 12, 13) else {1: "st", 2: "nd", 3: "rd"}.get(value % 10, "th")
        return f"{value}{ending}"
    return str(value)


def roman(value: int) -> str:
    """A number in small Roman digits, or in figures where that would be endless."""
    if not 0 < value < 4000:
        return str(value)
    text = ""
    for worth, digits in _ROMAN:
        text += digits * (value // worth)
        value %= worth
    return text


def chinese(value: int) -> str:
    """A number in Chinese characters: 三十八, 一百零二; above 9999 digit by digit."""
    if value > 9999:
        return "".join(_DIGITS[int(digit)] for digit in str(value))
    text, gap = "", False
    for worth, unit in ((1000, "千"), (100, "百"), (10, "十"), (1, "")):
        digit, value = divmod(value, worth)
        if digit:
            text += ("零" if gap and text else "") + _DIGITS[digit] + unit
            gap = False
        else:
            gap = True
    return text.removeprefix("一") if text.startswith("一十") else text
