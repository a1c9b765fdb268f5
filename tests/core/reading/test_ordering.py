"""Columns of text are read one after the other and tables row by row, however the file draws them."""

from __future__ import annotations

import io
from collections.abc import Callable

import pytest
from reportlab.pdfgen.canvas import Canvas

from core.nouns import Reading
from core.reading import rects_of

Read = Callable[[bytes], Reading]

LEFT = [
    "Either party may terminate this",
    "agreement by giving notice of",
    "thirty days in writing to the",
    "other party at its address.",
    "The notice takes effect when",
    "it is received by the other.",
]
RIGHT = [
    "The supplier shall deliver the",
    "goods to the warehouse named",
    "in the order within ten days.",
    "Risk passes on delivery, and",
    "title passes on payment of the",
    "whole price by the buyer.",
]
TABLE = [
    ("Drug", "Adults", "Children"),
    ("Amoxicillin", "500 mg", "250 mg"),
    ("Ibuprofen", "400 mg", "200 mg"),
    ("Paracetamol", "1000 mg", "500 mg"),
    ("Cetirizine", "10 mg", "5 mg"),
]
Placed = tuple[float, float, str]


def page(*placed: Placed) -> bytes:
    out = io.BytesIO()
    canvas = Canvas(out, pagesize=(595, 842))
    canvas.setFont("Helvetica", 11)
    for x, y, words in placed:
        canvas.drawString(x, y, words)
    canvas.showPage()
    canvas.save()
    return out.getvalue()


def column(x: float, texts: list[str]) -> list[Placed]:
    return [(x, 700 - 14 * i, words) for i, words in enumerate(texts)]


@pytest.mark.parametrize("across", [False, True], ids=["column by column", "line by line"])
def test_two_columns_are_read_one_after_the_other(read: Read, across: bool) -> None:
    left, right = column(60, LEFT), column(320, RIGHT)
    placed = [one for pair in zip(left, right, strict=True) for one in pair] if across else [*left, *right]
    made = read(page((60, 760, "A heading over both of the columns"), *placed)).pages[0]
    assert made.text.split("\n\n")[-1].split("\n")[-12:] == [*LEFT, *RIGHT]
    at = made.text.index("Risk passes")
    (where,) = rects_of(made, at, at + len("Risk passes"))
    assert where.x0 == pytest.approx(320 / 595, abs=0.01)
    assert where.y1 == pytest.approx(1 - (700 - 14 * 3) / 842, abs=0.01)


@pytest.mark.parametrize("down", [False, True], ids=["row by row", "column by column"])
def test_a_number_of_a_table_stays_beside_its_label(read: Read, down: bool) -> None:
    cells = [[(60 + 150 * j, 700 - 18 * i, words) for j, words in enumerate(row)] for i, row in enumerate(TABLE)]
    if down:
        cells = [list(cells_of_column) for cells_of_column in zip(*cells, strict=True)]
    below = (60, 560, "Doses are for one day, and for patients with healthy kidneys.")
    made = read(page(*(cell for part in cells for cell in part), below)).pages[0]
    rows = [line for line in made.text.split("\n") if line]
    assert rows == [*(" ".join(row) for row in TABLE), below[2]]
    at = made.text.index("1000 mg")
    (where,) = rects_of(made, at, at + len("1000 mg"))
    assert where.x0 == pytest.approx(210 / 595, abs=0.01)


def test_a_table_of_cells_that_were_drawn_together_is_no_pair_of_columns(read: Read) -> None:
    placed = [(x, 700 - 14 * i, w) for i in range(6) for x, w in ((60, f"Clause {i}"), (320, f"page {i + 3}"))]
    made = read(page(*placed)).pages[0]
    assert made.text.split("\n") == [f"Clause {i} page {i + 3}" for i in range(6)]
