"""Where sentences end."""

from __future__ import annotations

import pytest

from core.reading import sentences


def parts(text: str) -> list[str]:
    return [text[start:end] for start, end in sentences(text)]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("One. Two! Three? Four", ["One.", "Two!", "Three?", "Four"]),
        ("Give 4.2 mg/kg, e.g. in adults. Then stop.", ["Give 4.2 mg/kg, e.g. in adults.", "Then stop."]),
        ("Dr. Smith v. Jones Inc. agreed. It paid.", ["Dr. Smith v. Jones Inc. agreed.", "It paid."]),
        ("Sold by Acme Inc. The buyer pays.", ["Sold by Acme Inc.", "The buyer pays."]),
        ("The U.S. Government paid $3.5 million.", ["The U.S. Government paid $3.5 million."]),
        ("See No. 5 and Section 4.2. It applies.", ["See No. 5 and Section 4.2.", "It applies."]),
        ("He said “Stop.” She did.", ["He said “Stop.”", "She did."]),
        ("J. Smith and A. B. Jones signed.", ["J. Smith and A. B. Jones signed."]),
        ("a line that\nruns on. Next", ["a line that\nruns on.", "Next"]),
        ("No end here\n\nNew paragraph", ["No end here", "New paragraph"]),
        ("Doses:\n• one tablet\n• two tablets", ["Doses:", "• one tablet", "• two tablets"]),
        ("4. TERM. One year.\n4.1 Renewal. It renews.", ["4. TERM.", "One year.", "4.1 Renewal.", "It renews."]),
        (
            "first; and\n(b) second, under Section\n4.2 of this deed.",
            ["first; and", "(b) second, under Section\n4.2 of this deed."],
        ),
        ("患者须知。每日一次！可以吗？可以；", ["患者须知。", "每日一次！", "可以吗？", "可以；"]),
        ("他说：“不行。”她走了。", ["他说：“不行。”", "她走了。"]),
        (
            "第一条 为了保护。\n第二条 依照本法\n第三条的规定。",
            ["第一条 为了保护。", "第二条 依照本法\n第三条的规定。"],
        ),
        ("", []),
        (" \n ", []),
    ],
)
def test_sentences_end_where_a_reader_would_end_them(text: str, expected: list[str]) -> None:
    assert parts(text) == expected


def test_no_visible_character_is_lost() -> None:
    text = "1. A (i) b; c. 3.5 mg.\n\n• d\nArt. 5 says: “x.” 第一条 甲。（一）乙；\n\n… e"
    assert "".join("".join(parts(text)).split()) == "".join(text.split())
