"""Plain text: whatever its encoding, and told from what is no text."""

from __future__ import annotations

import codecs
import os

import pytest

from core.reading.flow import Block
from core.reading.kinds import NotRead
from core.reading.plain_text import decoded, read_text, tidy

SIMPLE = "第三十八条 用人单位有下列情形之一的，劳动者可以解除劳动合同：（一）未按照劳动合同约定提供劳动保护的。"
TRADITIONAL = "勞動契約應依本法有關規定約定下列事項：工作場所及應從事之工作。雇主應置備勞工名卡。"
GERMAN = "Die Kündigung muß schriftlich erfolgen. Für größere Beträge gilt § 12 über die Prüfung."


@pytest.mark.parametrize(
    ("text", "encoding"),
    [
        ("plain", "ascii"),
        (SIMPLE, "utf-8"),
        (SIMPLE, "utf-8-sig"),
        (SIMPLE, "utf-16"),
        (SIMPLE, "utf-32"),
        (SIMPLE, "gb18030"),
        ("年假十天。", "gb18030"),
        (SIMPLE, "gbk"),
        ("Dose: 每日两次，每次 5 mg。", "gb18030"),
        (TRADITIONAL, "big5"),
        ("年假為十天。", "big5"),
        (GERMAN, "latin-1"),
        ("Café résumé", "latin-1"),
        ("The “Notice” is 30 days — no more.", "cp1252"),
        ("El año próximo, la compañía pagará según el artículo 12.", "cp1252"),
    ],
)
def test_the_encoding_is_found(text: str, encoding: str) -> None:
    assert decoded(text.encode(encoding)) == (text, True)


def test_big_endian_with_its_mark() -> None:
    assert decoded(codecs.BOM_UTF16_BE + SIMPLE.encode("utf-16-be")) == (SIMPLE, True)


def test_a_long_text_cut_in_the_middle_of_a_character_is_still_known() -> None:
    text = SIMPLE * 4000
    assert decoded(b"a" + text.encode("gb18030"))[0] == "a" + text


def test_what_a_file_claims_is_believed_when_it_fits() -> None:
    assert decoded("中".encode("big5"), "big5") == ("中", True)
    assert decoded("中".encode(), "gb2312") == ("中", True)
    assert decoded("中国人民".encode("gb18030"), "no-such-encoding")[0] == "中国人民"
    assert decoded(b"abc", "base64") == ("abc", True)


def test_damage_costs_characters_and_is_said() -> None:
    data = codecs.BOM_UTF8 + SIMPLE.encode()[:-1]
    assert read_text(data).problem == "reading_characters_lost"


@pytest.mark.parametrize("data", [b"\x00\x01\x02" * 50, os.urandom(4000), bytes(range(256)) * 8, b"\x7fELF\x00\x00"])
def test_what_is_no_text_is_refused(data: bytes) -> None:
    with pytest.raises(NotRead) as refused:
        decoded(data)
    assert refused.value.reason == "reading_not_text"


def test_paragraphs_stand_as_they_are_written() -> None:
    text = "Title\r\n\r\nOne line\r\n   and another  \r\n \t\r\n\r\n  Next\tcell\f\nLast\u200b"
    assert read_text(text.encode()).blocks == (
        Block("Title"),
        Block("One line\n   and another"),
        Block("  Next cell"),
        Block("Last"),
    )


def test_characters_are_those_in_which_everything_is_searched() -> None:
    assert tidy("１２　mg\u00ad of ﬁne\U000e0041 text") == "12 mg of fine text"
