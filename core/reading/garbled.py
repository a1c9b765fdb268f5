"""Whether a text layer says what its page shows, judged by its text alone.

A font may map its glyphs to the wrong letters: all to one, to another alphabet, to
letters some places on.  The page looks right, and what is extracted is nonsense.
"""

from __future__ import annotations

import re
import unicodedata
from collections import Counter
from functools import lru_cache

# A stretch of this length with so many words, or ideographs, that every text is full of, is one.
STRETCH, COMMON_WORDS, COMMON_IDEOGRAPHS = 500, 4, 0.08
# Fewer letters than this prove nothing.
FEWEST_LETTERS = 40
FEWEST_OF_ONE = 20
# No language has so much of one letter ("e" has an eighth).
MOST_OF_ONE_LETTER = 0.6
# UTF-8 or GBK taken for Western European: French has a twentieth of such letters.
MOST_ACCENTED = 0.4
# A script counts when it has this share of the letters; real documents mix three at most.
SCRIPT_SHARE = 0.04
MOST_SCRIPTS = 4
MOST_MIXED_WORDS = 0.3
FEWEST_WORDS = 20
# Letters some places on: hardly a word with a vowel is left, or the seldom letters of all languages are the usual ones.
MOST_VOWELLESS = 0.5
MOST_SELDOM = 0.25
# Ideographs: so many outside all national character sets, or so few of those that every text is full of.
FEWEST_IDEOGRAPHS = 120
MOST_RARE = 0.25
LEAST_COMMON = 0.03
# Share of what recognition saw that also stands in the text layer: then the layer was right.
AGREED = 0.6

_ACCENTED = re.compile(r"[\u0080-\u00ff\u0152\u0153\u0160\u0161\u0178\u017d\u017e\u0192\u02c6\u02dc\u20ac\u2122]")
_IDEOGRAPH = re.compile(r"[\u3400-\u9fff]")
_KANA = re.compile(r"[\u3041-\u30ff]")
_LATIN_WORD = re.compile(r"[A-Za-z\u00c0-\u024f]{3,}")
_VOWEL = re.compile(r"[aeiouy\u00e0-\u00e6\u00e8-\u00ef\u00f2-\u00f6\u00f8-\u00fd\u0100-\u024f]", re.IGNORECASE)
_COMMON_WORD = re.compile(
    r"\b(?:the|of|and|to|in|is|for|or|by|with|de|la|les|des|et|der|die|das|und|von|el|en|los|del|il|di|che|het|van)\b"
)
_SELDOM = re.compile(r"[jkqvwxyz]", re.IGNORECASE)
_WORD = re.compile(r"[^\W\d_]{3,}")
_SEEN_WORD = re.compile(r"[^\W_\u3400-\u9fff]{3,}|[\u3400-\u9fff]")
_COMMON = frozenset(
    "的一是不了在人有我他这中大来上国个到说们为子和你地出道也时年得就那要下以生会自着去之过家学对可里后小么心多天而能好都然"
    "没日于起还发成事只作当想看文无开手十用主行方又如前所本见经头面公同三已老从动两长知民样现分将外但身些与高意进把法此实回"
    "二理美点月明其种声全工己话者向情部正名定女问力机给等几很业最间新什打便位因重被走电四第门相次东政海口使教西再平真听世"
    "气信北少关并内加化由却代军产入先山五太水万市眼体别处总才场师书比住员九笑性通目华报立马命张活难神数件安表原车白应路期"
    "叫死常提感金何更反合放做系计或司利受光王果亲界及今京务制解各任至清物台象记边共风战干接它许八特觉望直服毛林题建南度统"
    "色字请交爱让认算论百吃义科怎元社术结六功指思非流每青管夫连远资队跟带花快条院变联言权往展该领传近留红治决周保达办运武"
    "條款規定應當責任合同國為與於個這會對時來後說開發們學現經過動實體"
)
_WIDE_SCRIPTS = frozenset(("CJK", "HIRAGANA", "KATAKANA", "HANGUL", "KANGXI", "BOPOMOFO", "IDEOGRAPHIC", "FULLWIDTH"))


def is_garbled(text: str) -> bool:
    """Whether no page of any language reads like this."""
    middle = max(0, (len(text) - STRETCH) // 2)
    if all(_is_plainly_text(text[at : at + STRETCH]) for at in {0, middle, max(0, len(text) - STRETCH)}):
        return False
    letters = [c for c in text if c.isalpha()]
    if len(letters) >= FEWEST_OF_ONE and _is_one_letter(letters):
        return True
    return len(letters) >= FEWEST_LETTERS and (
        len(_ACCENTED.findall(text)) > MOST_ACCENTED * len(letters)
        or _is_babel(text, letters)
        or _is_shifted(text)
        or _is_no_chinese(text)
    )


def agrees(text: str, recognised: str) -> bool:
    """Whether what recognition saw on the page stands in its text layer, too."""
    said = set(_SEEN_WORD.findall(text.casefold()))
    seen = set(_SEEN_WORD.findall(recognised.casefold()))
    return bool(seen) and len(seen & said) >= AGREED * len(seen)


def _is_plainly_text(text: str) -> bool:
    """A quick look, which nearly every page passes."""
    return (
        len(_COMMON_WORD.findall(text)) >= COMMON_WORDS
        or sum(1 for c in text if c in _COMMON) >= COMMON_IDEOGRAPHS * STRETCH
    )


def _is_one_letter(letters: list[str]) -> bool:
    letter, count = Counter(map(str.casefold, letters)).most_common(1)[0]
    return letter != "x" and count > MOST_OF_ONE_LETTER * len(letters)  # forms and redactions are full of "xxxxx"


@lru_cache(maxsize=4096)
def _script(letter: str) -> str:
    name = unicodedata.name(letter, "UNKNOWN").split(" ", 1)[0].split("-", 1)[0]
    return "CJK" if name in _WIDE_SCRIPTS else "LATIN" if name in ("FEMININE", "MASCULINE", "MICRO") else name


def _is_babel(text: str, letters: list[str]) -> bool:
    counts = Counter(map(_script, letters))
    del counts["MATHEMATICAL"]
    if sum(count > SCRIPT_SHARE * len(letters) for count in counts.values()) > MOST_SCRIPTS:
        return True
    words = _WORD.findall(text)
    mixed = sum(1 for word in words if len({*map(_script, word)} - {"CJK", "MODIFIER", "GREEK"}) > 1)
    return len(words) >= FEWEST_WORDS and mixed > MOST_MIXED_WORDS * len(words)


def _is_shifted(text: str) -> bool:
    words = _LATIN_WORD.findall(text)
    vowelless = sum(1 for word in words if not _VOWEL.search(word))
    letters = "".join(words)
    seldom = len(_SELDOM.findall(letters))
    odd = vowelless > MOST_VOWELLESS * len(words) or seldom > MOST_SELDOM * len(letters)
    return len(words) >= FEWEST_WORDS and odd


def _is_no_chinese(text: str) -> bool:
    ideographs = _IDEOGRAPH.findall(text)
    if len(ideographs) < FEWEST_IDEOGRAPHS or len(_KANA.findall(text)) > 0.05 * len(ideographs):
        return False
    rare = sum(map(_is_rare, ideographs))
    common = sum(1 for c in ideographs if c in _COMMON)
    return rare > MOST_RARE * len(ideographs) or common < LEAST_COMMON * len(ideographs)


@lru_cache(maxsize=8192)
def _is_rare(ideograph: str) -> bool:
    for encoding in ("gb2312", "big5", "shift_jis", "euc_kr"):
        try:
            ideograph.encode(encoding)
        except UnicodeEncodeError:
            continue
        return False
    return True
