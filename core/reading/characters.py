"""Which character stands on the page: what a PDF's text layer says, made searchable without changing its meaning.

Ligatures, Kangxi radicals, CJK compatibility ideographs and full-width letters
and digits become the ordinary characters; what nobody can see is dropped.
Punctuation stays: "，" and "：" are Chinese, not a variant of "," and ":".
"""

from __future__ import annotations

import re
import unicodedata

_COMPATIBLE = (
    (0xFB00, 0xFB06),  # Latin ligatures
    (0x2E80, 0x2EFF),  # CJK radicals supplement
    (0x2F00, 0x2FDF),  # Kangxi radicals
    (0xF900, 0xFAFF),  # CJK compatibility ideographs
    (0x2F800, 0x2FA1F),
    (0xFF10, 0xFF19),  # full-width digits
    (0xFF21, 0xFF3A),  # full-width capital letters
    (0xFF41, 0xFF5A),  # full-width small letters
)

# Marks of Chinese print whose ink stands in the left, or the right, half of a cell.
CLOSING = frozenset("，。、；：！？）》〉」』】〕”’")
OPENING = frozenset("（《〈「『【〔“‘")

# Fonts that put Greek letters and operators at private code points (Adobe Symbol, and Windows' copy of it).
# Losing one of these turns "≥ 30 mL/min" into " 30 mL/min".
_SYMBOL = {
    0xA3: "≤",
    0xA5: "∞",
    0xA7: "♣",
    0xAB: "↔",
    0xAC: "←",
    0xAD: "↑",
    0xAE: "→",
    0xAF: "↓",
    0xB0: "°",
    0xB1: "±",
    0xB2: "″",
    0xB3: "≥",
    0xB4: "×",
    0xB5: "∝",
    0xB7: "•",
    0xB8: "÷",
    0xB9: "≠",
    0xBA: "≡",
    0xBB: "≈",
    0xBC: "…",
    0xCE: "∈",
    0xD2: "®",
    0xD3: "©",
    0xD4: "™",
    0xD6: "√",
    0xE5: "∑",
    0xF2: "∫",
    **dict(zip(range(0x41, 0x5B), "ΑΒΧΔΕΦΓΗΙϑΚΛΜΝΟΠΘΡΣΤΥςΩΞΨΖ", strict=True)),
    **dict(zip(range(0x61, 0x7B), "αβχδεφγηιϕκλμνοπθρστυϖωξψζ", strict=True)),
    **{c: chr(c) for c in (*range(0x20, 0x22), 0x23, 0x25, 0x26, *range(0x28, 0x2D), *range(0x2E, 0x40))},
    0x2D: "−",
}

REPLACEMENT = "�"

# Radicals that the Unicode normal forms leave alone, though PDFs use them for the characters they look like.
_RADICALS = dict(
    zip(
        "⺟⺠⻄⻅⻆⻉⻋⻓⻔⻘⻙⻚⻛⻜⻝⻢⻣⻤⻥⻦⻧⻨⻩⻬⻮⻰⻳",
        "母民西见角贝车长门青韦页风飞食马骨鬼鱼鸟卤麦黄齐齿龙龟",
        strict=True,
    )
)

_UNCHANGED = (
    r"!-~\u00a1-\u00ac\u00ae-\u024f\u0370-\u0377\u0391-\u03ff\u2010-\u2027\u2030-\u205e\u3001-\u303f"
    r"\u3041-\u3096\u30a1-\u30ff\u4e00-\u9fff\uac00-\ud7a3\uff01-\uff0f\uff1a-\uff20\uff3b-\uff40\uff5b-\uff65"
)
_PLAIN = re.compile(rf"[{_UNCHANGED}]+(?: [{_UNCHANGED}]+)*")


def is_plain(text: str) -> bool:
    """Whether ``ordinary`` would give back every character of ``text`` unchanged, with single spaces inside."""
    return _PLAIN.fullmatch(text) is not None


def is_private(code: int) -> bool:
    """Whether a code point belongs to a private-use area."""
    return 0xE000 <= code <= 0xF8FF or 0xF0000 <= code <= 0x10FFFD


def from_symbol_font(code: int, font: str) -> str:
    """What a private code point means in this font; U+FFFD when nobody can know."""
    low = code - 0xF000
    name = font.lower()
    if "symbol" in name and low in _SYMBOL:
        return _SYMBOL[low]
    if "wingdings" in name or "dingbat" in name or low in (0xB7, 0xA7):
        return "•"
    return REPLACEMENT


def ordinary(code: int) -> str:
    """The ordinary form of a code point: one or more characters, a space, or "" for what cannot be seen."""
    character = chr(code)
    if 0x20 < code < 0x7F or 0x4E00 <= code <= 0x9FFF:
        return character
    if character in _RADICALS:
        return _RADICALS[character]
    if any(low <= code <= high for low, high in _COMPATIBLE):
        return unicodedata.normalize("NFKC", character)
    category = unicodedata.category(character)
    if category == "Zs" or code == 0x09:
        return " "
    # Cf: soft hyphen, zero-width, direction and tag characters; Cs: a half of a surrogate pair
    if category in ("Cc", "Cf", "Cs", "Zl", "Zp") or 0xFE00 <= code <= 0xFE0F or 0xE0100 <= code <= 0xE01EF:
        return ""
    if category == "Cn":
        return REPLACEMENT
    return character


def is_noise(code: int) -> bool:
    """Whether a code point speaks for a broken text layer: replacement, private, control or unassigned."""
    if code in (0x09, 0x0A, 0x0D, 0xFFFE, 0x02):
        return False
    return code == 0xFFFD or is_private(code) or code < 0x20 or 0x7F <= code <= 0x9F


def is_cjk(character: str) -> bool:
    """Whether a character is written without spaces between words."""
    code = ord(character)
    return (
        0x2E80 <= code <= 0x9FFF or 0xF900 <= code <= 0xFAFF or 0xFF00 <= code <= 0xFF65 or 0x20000 <= code <= 0x3FFFF
    )
