"""The comparison in pixels: every bar, both languages, and in a process without a screen."""

from __future__ import annotations

import pytest
from PySide6.QtGui import QColor, QFontDatabase, QImage
from pytestqt.qtbot import QtBot

from core.evaluating import Evaluation, Figure, Table
from core.evaluating.chart import chart
from core.evaluating.comparing import COLUMNS
from desktop import comparison
from desktop.window.chart import png

COLOURS = ("#999999", "#E69F00", "#56B4E9", "#0072B2")


def evaluation() -> Evaluation:
    tables = tuple(
        Table(title, (Figure("compare_correct", 20.0 * place, 44, 20.0 * place - 5, 20.0 * place + 5),))
        for place, title in enumerate(COLUMNS, 1)
    )
    return Evaluation("compare", tables, settings={"questions": 67})


def picture(data: bytes) -> QImage:
    image = QImage.fromData(data)
    assert not image.isNull()
    return image


def widths(image: QImage) -> list[int]:
    """Of each of the four colours, the longest run of it in a line of the picture."""
    found = dict.fromkeys((QColor(colour).rgb() for colour in COLOURS), 0)
    for y in range(image.height()):
        counted = dict.fromkeys(found, 0)
        for x in range(image.width()):
            pixel = image.pixel(x, y)
            if pixel in counted:
                counted[pixel] += 1
        found = {colour: max(found[colour], counted[colour]) for colour in found}
    return list(found.values())


def test_bars_are_as_long_as_their_figures(qtbot: QtBot) -> None:
    image = picture(png(chart(evaluation()), scale=1.0))
    assert widths(image) == pytest.approx([94, 188, 282, 376], abs=3)  # of 470 units for 100%


def test_it_is_twice_as_fine_as_a_screen(qtbot: QtBot) -> None:
    drawing = chart(evaluation())
    once, twice = picture(png(drawing, scale=1.0)), picture(png(drawing))
    assert (twice.width(), twice.height()) == (2 * once.width(), 2 * once.height())


def test_chinese_is_drawn_with_letters_of_its_own(qtbot: QtBot) -> None:
    if not QFontDatabase.families(QFontDatabase.WritingSystem.SimplifiedChinese):
        pytest.skip("no Chinese letters on this computer")
    drawing = chart(evaluation(), "zh")
    boxes = drawing
    for letter in set("各部分各有所长正确仅基础模型角色检索"):
        boxes = boxes.replace(letter, "\U000f1234")  # a letter that no font has
    assert png(drawing) != png(boxes)
    assert png(drawing) == png(drawing), "the same comparison is the same picture"


@pytest.mark.parametrize("drawing", ["", "no drawing", '<svg xmlns="http://www.w3.org/2000/svg"/>', "<svg"])
def test_what_is_no_drawing_is_refused(qtbot: QtBot, drawing: str) -> None:
    with pytest.raises(ValueError):
        png(drawing)


def test_a_drawing_beyond_all_measure_is_refused(qtbot: QtBot) -> None:
    size = 'width="90000" height="10" viewBox="0 0 90000 10"'
    with pytest.raises(ValueError):
        png(f'<svg xmlns="http://www.w3.org/2000/svg" {size}><rect width="9" height="9"/></svg>')


def test_commands_get_the_picture_from_a_process_of_its_own() -> None:
    image = picture(comparison.picture(evaluation(), ".png", "zh"))
    assert image.width() == 2 * 826
