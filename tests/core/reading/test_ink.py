"""Letters of a recognised line, found by their ink."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pytest

from core.reading.ink import Grey, Letter, Placed, place

PAPER, PRINT = 240, 30
BOX = (30.0, 32.0, 330.0, 68.0)  # roomier than the ink, which stands from 40 to 60


def picture(letters: Sequence[tuple[int, int]], *, top: int = 40, bottom: int = 60) -> Grey:
    """A page of 400 x 100 pixels with a block for each letter."""
    page: Grey = np.full((100, 400), PAPER, np.uint8)
    for left, right in letters:
        page[top:bottom, left:right] = PRINT
    return page


def words(*lengths: int) -> tuple[list[Letter], list[tuple[int, int]]]:
    """Letters of 9 pixels with gaps of 1, words with gaps of 7, from 40 on; the recogniser is 2 pixels off."""
    letters: list[Letter] = []
    blocks = []
    at = 40
    for number, length in enumerate(lengths):
        if number:
            letters.append(Letter(" ", None))
            at += 6
        for _ in range(length):
            letters.append(Letter("m", at + 4 + 2))
            blocks.append((at, at + 9))
            at += 10
    return letters, blocks


def found(page: Grey, letters: Sequence[Letter]) -> Placed:
    placed = place(page, BOX, letters)
    assert placed is not None
    return placed


def test_the_line_shrinks_to_its_ink_and_each_word_to_its_own() -> None:
    letters, blocks = words(3, 5, 2)
    placed = found(picture(blocks), letters)
    assert (placed.left, placed.right) == (40, blocks[-1][1])
    assert placed.top == pytest.approx(40, abs=0.5) and placed.bottom == pytest.approx(60, abs=0.5)
    assert len(placed.edges) == len(letters) + 1
    assert list(placed.edges) == sorted(placed.edges)
    # the second word: from its first letter's ink to its last's
    assert (placed.edges[4], placed.edges[9]) == (blocks[3][0], blocks[7][1])
    # within a word the edge is in the middle of the gap
    assert placed.edges[1] == (blocks[0][1] + blocks[1][0]) / 2


def test_lines_above_and_below_are_not_taken_in() -> None:
    letters, blocks = words(4, 4)
    page = picture(blocks)
    page[20:36, 40:60] = PRINT  # descenders of the line above reach into the box
    page[65:90, 40:60] = PRINT
    placed = found(page, letters)
    assert placed.top == pytest.approx(40, abs=0.5) and placed.bottom == pytest.approx(60, abs=0.5)


def test_dots_and_tails_belong_to_the_line() -> None:
    letters, blocks = words(4, 4)
    page = picture(blocks)
    page[35:38, 42:45] = PRINT  # the dot of an i
    page[60:64, 100:101] = PRINT  # the tail of a comma
    placed = found(page, letters)
    assert placed.top == pytest.approx(35, abs=0.7) and placed.bottom == pytest.approx(64, abs=0.7)


def test_an_underline_is_no_letter() -> None:
    letters, blocks = words(4, 4)
    page = picture(blocks)
    page[62:64, 40 : blocks[-1][1]] = PRINT
    placed = found(page, letters)
    assert placed.bottom == pytest.approx(60, abs=0.5)
    assert placed.edges[4:6] == (blocks[3][1], blocks[4][0])


def test_light_print_on_a_dark_ground_is_found() -> None:
    letters, blocks = words(4, 4)
    assert found((270 - picture(blocks).astype(int)).astype(np.uint8), letters) == found(picture(blocks), letters)


def test_the_blank_beside_a_chinese_mark_belongs_to_the_mark() -> None:
    letters = [Letter("法", 50), Letter("。", 66), Letter("第", 90), Letter("（", 114), Letter("一", 130)]
    page = picture([(40, 60), (62, 68), (80, 100), (114, 120), (122, 140)])
    placed = found(page, letters)
    assert placed.edges[2] == 80 and placed.edges[3] == 100


def test_letters_that_are_not_where_the_ink_is_are_not_placed() -> None:
    letters, _ = words(2, 4, 4)
    _, blocks = words(3, 5, 2)
    assert place(picture(blocks), BOX, letters) is None  # the gaps are elsewhere
    far = [Letter(letter.text, None if letter.middle is None else letter.middle + 150) for letter in letters]
    assert place(picture(blocks), BOX, far) is None
    dense, blocks = words(10)
    assert place(picture(blocks[:4]), BOX, dense) is None  # most letters have no ink


def test_where_there_is_nothing_to_see_nothing_is_placed() -> None:
    letters, blocks = words(3)
    faint: Grey = np.where(picture(blocks) == PRINT, PAPER - 30, PAPER).astype(np.uint8)
    assert place(faint, BOX, letters) is None
    assert place(picture([]), BOX, letters) is None
    assert place(picture(blocks), (500.0, 10.0, 600.0, 40.0), letters) is None
    assert place(picture(blocks), BOX, []) is None
    assert place(picture([(40, 200)], top=50, bottom=53), BOX, letters) is None  # a rule, not a line of print
