"""Lines put together to the text of a page: words that were divided are whole again."""

from __future__ import annotations

from array import array

import pytest

from core.reading.layout import compose
from core.reading.raw_line import RawLine


def lines(*texts: str) -> list[RawLine]:
    """Printed lines below each other, each letter 10 steps wide."""
    return [
        RawLine(
            t, 0.1, 0.1 + 0.02 * i, 0.1 + 0.001 * len(t), 0.115 + 0.02 * i, tuple(range(1000, 1001 + 10 * len(t), 10))
        )
        for i, t in enumerate(texts)
    ]


@pytest.mark.parametrize(
    ("above", "below", "text"),
    [
        ("the infor-", "mation given", "the information given"),
        ("the infor‐", "mation given", "the information given"),
        ("costs out-", "of-pocket", "costs out-of-pocket"),
        ("a broad-", "form cover", "a broad-form cover"),
        ("a non-", "exclusive licence", "a non-exclusive licence"),
        ("the Anglo-", "Saxon law", "the Anglo-Saxon law"),
        ("THE AGREE-", "MENT ENDS", "THE AGREEMENT ENDS"),
        ("a state-of-the-", "art device", "a state-of-the-art device"),
        ("see Exhibit A-", "and the rest", "see Exhibit A-\nand the rest"),
        ("10-", "mg tablets", "10-\nmg tablets"),
        ("a list -", "of things", "a list -\nof things"),
        ("until 2019-", "2020", "until 2019-\n2020"),
    ],
)
def test_a_word_that_is_divided_between_lines_is_whole(above: str, below: str, text: str) -> None:
    made, placed = compose(lines(above, below), 0.7)
    assert made == text
    for start, end, *_, packed in placed:
        edges = array("H")
        edges.frombytes(packed)
        assert len(edges) == end - start + 1


def test_what_the_page_itself_writes_decides() -> None:
    text, _ = compose(
        lines("a long-term risk, a risk", "of re-evaluation; the long-", "term risk of reeval-", "uation"), 0.7
    )
    assert "the long-term risk of reevaluation" in text
    divided = lines("Many a justi-", "fied para-", "graph is set in nar-", "row columns")
    assert compose(divided, 0.7)[0] == "Many a justified\nparagraph\nis set in narrow columns".replace("\n", " ")
    text, _ = compose(lines("a third party, third-", "party claims"), 0.7)
    assert text.endswith("third-party claims")


def test_the_halves_of_a_word_keep_their_places() -> None:
    text, placed = compose(lines("the infor-", "mation"), 0.7)
    spans = [text[start:end] for start, end, *_ in placed]
    assert spans == ["the infor", "mation"]
