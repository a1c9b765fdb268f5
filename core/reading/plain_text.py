"""Bytes -> text, whatever the encoding; and whether they are text at all."""

from __future__ import annotations

import codecs
import re
from importlib.metadata import version

from charset_normalizer import from_bytes

from core.reading.characters import is_plain, ordinary
from core.reading.flow import Block, Flow
from core.reading.kinds import NotRead

# So much of a text shows its encoding; detection looks at all of what it is given, several times over.
SAMPLE = 200_000
# More of these than one in so many characters, and it is no text.
ONE_CONTROL_IN = 200

_BOMS = (
    (codecs.BOM_UTF8, "utf-8"),
    (codecs.BOM_UTF32_LE, "utf-32-le"),  # before UTF-16, with whose mark it begins
    (codecs.BOM_UTF32_BE, "utf-32-be"),
    (codecs.BOM_UTF16_LE, "utf-16-le"),
    (codecs.BOM_UTF16_BE, "utf-16-be"),
)
# What is not UTF-8: the encodings of mainland China, of Taiwan and Hong Kong, and of western Europe.
_LEGACY = ["gb18030", "big5", "cp1252"]
# As browsers do: a name that files claim -> the larger encoding that they really are written in.
_LARGER = {"gb2312": "gb18030", "gbk": "gb18030", "iso8859-1": "cp1252", "ascii": "cp1252", "big5": "big5hkscs"}
_CONTROL = re.compile("[\x00-\x08\x0e-\x1a\x1c-\x1f\x7f]")


def decoded(data: bytes, claimed: str = "") -> tuple[str, bool]:
    """The text, and whether every byte of it could be read.  NotRead when it is no text.

    ``claimed`` is the encoding that the file itself names; it is believed when it fits.
    """
    for mark, encoding in _BOMS:
        if data.startswith(mark):
            return _as(encoding, data[len(mark) :])
    if b"\x00" in data[:SAMPLE]:
        raise NotRead("reading_not_text")
    for encoding in ("utf-8", _larger(claimed)):
        if encoding:
            try:
                return _checked(data.decode(encoding)), True
            except UnicodeDecodeError:
                continue
    found = from_bytes(data[:SAMPLE], cp_isolation=_LEGACY).best()
    if found is None:
        # A sample may end in the middle of a character, and a few bytes be damaged.
        if _share_of_ascii(data[:SAMPLE]) < 0.5:
            raise NotRead("reading_not_text")
        return _as(_larger(claimed) or "cp1252", data)
    return _as(_larger(found.encoding) or found.encoding, data)


def _as(encoding: str, data: bytes) -> tuple[str, bool]:
    try:
        return _checked(data.decode(encoding)), True
    except UnicodeDecodeError:
        return _checked(data.decode(encoding, "replace")), False


def _checked(text: str) -> str:
    if len(_CONTROL.findall(text[:SAMPLE])) * ONE_CONTROL_IN > len(text[:SAMPLE]):
        raise NotRead("reading_not_text")
    return text


def _larger(name: str) -> str:
    """Python's name of a claimed encoding; empty for none, or one that is no encoding of text."""
    try:
        known = codecs.lookup(name.strip()).name if name.strip() else ""
    except (LookupError, ValueError):
        return ""
    known = _LARGER.get(known, known)
    return known if known.startswith(("gb", "big5", "cp", "iso", "utf", "koi8", "shift", "euc", "mac", "hz")) else ""


def _share_of_ascii(data: bytes) -> float:
    return sum(1 for byte in data if 0x20 <= byte < 0x7F or byte in b"\t\r\n") / max(len(data), 1)


class _Ordinary(dict[int, str]):
    """Code point -> what stands for it, worked out when first met."""

    def __missing__(self, code: int) -> str:
        self[code] = found = ordinary(code)
        return found


_ORDINARY = _Ordinary({0x0A: "\n"})


def tidy(text: str) -> str:
    """Lines in the characters in which everything is searched, without what nobody can see, and blank lines around."""
    if is_plain(text):
        return text
    lines = text.replace("\r\n", "\n").replace("\r", "\n").translate(_ORDINARY).split("\n")
    return "\n".join(line.rstrip() for line in lines).strip("\n")


def one_line(text: str) -> str:
    """``text`` tidied, in one line."""
    return " ".join(tidy(text).split())


def read_text(data: bytes) -> Flow:
    """What a plain text says: its paragraphs, as they stand.  NotRead when it is no text."""
    text, whole = decoded(data)
    paragraphs = re.split(r"\n\s*\n", tidy(text.replace("\f", "\n\n")))
    blocks = tuple(Block(part.strip("\n")) for part in paragraphs if part.strip())
    reader = f"charset-normalizer {version('charset-normalizer')}"
    return Flow(blocks, {}, "" if whole else "reading_characters_lost", reader)
