"""Colours: contrast in light and dark; text sizes; what a change of theme costs."""

from __future__ import annotations

import re
import time
from dataclasses import replace

import pytest
from PySide6.QtCore import QLocale, QSettings
from PySide6.QtGui import QColor
from PySide6.QtWidgets import QApplication, QComboBox, QLineEdit, QPushButton
from pytestqt.qtbot import QtBot

from desktop.window.controls import Choice
from desktop.window.desk import Desk
from desktop.window.main_window import MainWindow
from desktop.window.theme import DARK, LIGHT, Theme, dress, style_sheet
from desktop.window.widgets import label
from tests.desktop.window import ledger
from tests.desktop.window.conftest import FakeJobs

GROUNDS = ("page", "card", "raised", "accent_soft")
TEXTS = ("ink", "muted", "accent", "good", "warn", "bad")  # icons and the sign of focus have these colours, too


def luminance(colour: str) -> float:
    """As WCAG 2 defines it."""
    made = QColor(colour)

    def linear(part: float) -> float:
        return part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4

    return 0.2126 * linear(made.redF()) + 0.7152 * linear(made.greenF()) + 0.0722 * linear(made.blueF())


def contrast(one: str, other: str) -> float:
    """From 1 (the same) to 21 (black on white)."""
    dark, light = sorted((luminance(one), luminance(other)))
    return (light + 0.05) / (dark + 0.05)


@pytest.mark.parametrize("theme", [LIGHT, DARK], ids=["light", "dark"])
@pytest.mark.parametrize("ground", GROUNDS)
@pytest.mark.parametrize("text", TEXTS)
def test_text_and_icons_can_be_read_on_every_ground(theme: Theme, ground: str, text: str) -> None:
    assert contrast(getattr(theme, text), getattr(theme, ground)) >= 4.5


@pytest.mark.parametrize("theme", [LIGHT, DARK], ids=["light", "dark"])
def test_text_on_the_accent_can_be_read(theme: Theme) -> None:
    assert contrast(theme.accent_ink, theme.accent) >= 4.5
    assert contrast(theme.accent_ink, theme.accent_hover) >= 4.5


@pytest.mark.parametrize("theme", [LIGHT, DARK], ids=["light", "dark"])
@pytest.mark.parametrize("ground", ["page", "card", "raised"])
def test_controls_stand_out_from_what_they_lie_on(theme: Theme, ground: str) -> None:
    assert contrast(theme.edge, getattr(theme, ground)) >= 3


@pytest.mark.parametrize("theme", [LIGHT, DARK], ids=["light", "dark"])
def test_the_sheet_frames_controls_with_the_colour_that_is_measured(theme: Theme) -> None:
    sheet = style_sheet(theme, 9)
    for control in ("QPushButton {", "QLineEdit, QTextEdit, QPlainTextEdit, QComboBox, QSpinBox, QDateEdit {"):
        rule = sheet[sheet.index(control) :].partition("}")[0]
        assert f"border: 1px solid {theme.edge}" in rule
    assert set(re.findall(r"#[0-9a-f]{6}\b", sheet)) <= {
        getattr(theme, name) for name in theme.__dataclass_fields__ if name != "dark"
    }


@pytest.mark.parametrize("theme", [LIGHT, DARK], ids=["light", "dark"])
def test_what_is_only_hinted_in_a_field_can_be_read(qtbot: QtBot, desk: Desk, theme: Theme) -> None:
    desk.change_settings(theme="dark" if theme.dark else "light")
    field = QLineEdit()
    qtbot.addWidget(field)
    field.setPlaceholderText("hint")
    field.ensurePolished()
    shown = field.palette().placeholderText().color()
    assert shown.name() == theme.muted and shown.alpha() == 255


def test_titles_grow_with_the_text(qtbot: QtBot, desk: Desk) -> None:
    title = label("Library", "title")
    qtbot.addWidget(title)
    title.ensurePolished()
    before = title.font().pointSizeF()
    desk.change_settings(text_size=150)
    assert title.font().pointSizeF() == pytest.approx(before * 1.5, rel=0.02)
    desk.change_settings(text_size=100)


def test_the_list_of_a_choice_is_the_themes_own(qtbot: QtBot, desk: Desk) -> None:
    """Not a menu of the platform, whose marked line the style sheet does not reach."""
    for field in (Choice(desk), QComboBox()):
        qtbot.addWidget(field)
        field.addItems(["one", "two"])
        field.ensurePolished()
        assert field.style().styleHint(field.style().StyleHint.SH_ComboBox_Popup, None, field) == 0


def test_a_focused_button_keeps_its_size(qtbot: QtBot, desk: Desk) -> None:
    for role in ("", "primary", "danger", "link", "chip"):
        one = QPushButton("Ask")
        one.setProperty("role", role)
        qtbot.addWidget(one)
        one.show()
        calm = one.sizeHint()
        one.setFocus()
        one.style().polish(one)
        assert one.sizeHint() == calm, role


def test_chinese_is_drawn_by_one_font_where_most_is_chinese(qtbot: QtBot, desk: Desk, qapp: QApplication) -> None:
    points = qapp.font().pointSizeF()
    try:
        dress(qapp, LIGHT, 100, points)
        english = qapp.font().families()
        QLocale.setDefault(QLocale("zh_CN"))
        dress(qapp, LIGHT, 100, points)
        chinese = qapp.font().families()
    finally:
        QLocale.setDefault(QLocale("en_GB"))
        dress(qapp, LIGHT, 100, points)
    assert sorted(english) == sorted(chinese)
    assert english == qapp.font().families()
    if len(english) > 1:  # this computer has a Chinese font
        assert chinese[0] == english[1] and chinese[-1] == english[0]


def test_another_theme_is_there_at_once(qtbot: QtBot, desk: Desk, jobs: FakeJobs, qapp: QApplication) -> None:
    ledger.fill(jobs)
    window = MainWindow(desk, QSettings())
    qtbot.addWidget(window)
    window.show()
    qtbot.wait(50)
    costs = []
    for name in ("dark", "light", "dark", "light"):
        before = time.process_time()
        desk.change_settings(theme=name)
        costs.append(time.process_time() - before)
    assert min(costs) < 0.2
    assert desk.settings == replace(desk.settings, theme="light")
