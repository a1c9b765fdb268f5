"""Makes the text of a PDF that Qt wrote what was written.

For every glyph Qt notes the lowest character that has it.  In Chinese fonts many characters share their glyph with
a radical that comes before them (文 with ⽂), so text copied from the file, or searched in it, would be radicals.
The notes (ToUnicode maps) are rewritten in place, no byte of the file moves.
"""

from __future__ import annotations

import re
import unicodedata

# Radicals beyond those that Unicode itself declares compatible, and the characters that look the same.
_LIKE = dict(
    zip(
        "⺁⺄⺅⺉⺊⺌⺍⺎⺐⺓⺔⺕⺖⺘⺙⺛⺟⺠⺡⺣⺤⺥⺨⺪⺫⺬⺭⺯⺰⺱⺲⺳⺴⺵⺶⺷⺸⺹⺺⺻⺼⺾⺿⻀⻁⻂⻃⻄⻅⻆⻇⻈⻉⻋⻌⻍⻎⻏⻐⻑⻒⻓⻔⻗⻘⻙⻚⻛⻜⻝⻟⻠⻢⻣⻤⻥⻦⻧⻨⻩⻪⻫⻬⻭⻮⻯⻰⻱⻲⻳",
        "厂乙亻刂卜小小兀尢幺彑彐忄扌攵旡母民氵灬爫爫犭疋罒示礻糸纟罓罒罓罓罓羊羊羊耂肀聿肉艹艹艹虎衤覀西见角角讠贝车辶辶辶阝钅長镸长门雨青韦页风飞食飠饣马骨鬼鱼鸟卤麦黄黾斉齐歯齿竜龙龜亀龟",
        strict=True,
    )
)
_LIKE |= {"⼾": "户", "㬵": "胶", "⺒": "巳", "⺦": "丬", "⻖": "阝"}  # as fonts for simplified Chinese draw them
_LIKE |= {"\u2012": "\u2013", "\t": " "}  # a dash and a blank that Qt takes for others with the same glyph
_MAP = re.compile(rb"begincmap.*?endcmap", re.DOTALL)
_VALUES = re.compile(rb"\[[0-9A-Fa-f<> ]*\]")  # <first> <last> [<0041> <0042> …]: what stands in brackets is Unicode
_UNICODE = re.compile(rb"<([0-9A-Fa-f]{4})>")


def with_true_text(pdf: bytes) -> bytes:
    """``pdf`` with its maps mended; every other byte is the same and where it was."""
    return _MAP.sub(lambda found: _VALUES.sub(lambda values: _UNICODE.sub(_true, values[0]), found[0]), pdf)


def _true(found: re.Match[bytes]) -> bytes:
    character = chr(int(found[1], 16))
    if "\u2e80" <= character <= "\u2fdf" or character in _LIKE:
        character = _LIKE.get(character) or unicodedata.normalize("NFKC", character)
    return b"<%04X>" % ord(character) if len(character) == 1 and ord(character) < 0x10000 else found[0]
