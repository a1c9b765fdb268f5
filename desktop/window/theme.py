"""Colours, spacing and the style sheet: light and dark, one place."""

from __future__ import annotations

from dataclasses import dataclass

from PySide6.QtCore import QLocale, Qt
from PySide6.QtGui import QColor, QFont, QFontDatabase, QFontInfo, QGuiApplication, QPalette
from PySide6.QtWidgets import QApplication

_CHINESE = ("Noto Sans CJK SC", "Microsoft YaHei UI", "PingFang SC")
_TITLE = 1.75  # times the size of the text
GAP = 12  # pixels between neighbours; halves and doubles of it elsewhere


@dataclass(frozen=True, slots=True)
class Theme:
    """The colours by what they are for.

    Text keeps a contrast of 4.5 : 1 or more on every ground; icons, the borders of controls and the sign of
    focus keep 3 : 1 (a test measures it).
    """

    dark: bool
    page: str  # behind everything
    card: str  # what lies on it
    raised: str  # hovered, selected
    line: str  # divides, and frames what is no control
    edge: str  # the border of a control, the handle of a scroll bar
    ink: str
    muted: str
    accent: str
    accent_ink: str  # on the accent
    accent_hover: str
    accent_soft: str
    good: str
    warn: str
    bad: str
    highlight: str  # behind quoted words on a page image, with alpha
    highlight_line: str
    desk: str  # behind page images


LIGHT = Theme(
    dark=False, page="#f6f7f8", card="#ffffff", raised="#eceff1", line="#d9dee3", edge="#808a96", ink="#1b2430", muted="#566173",
    accent="#0b6672", accent_ink="#ffffff", accent_hover="#0a5560", accent_soft="#dceef0", good="#1a7044", warn="#8a5a00", bad="#b3302a",
    highlight="#ffd54a6e", highlight_line="#c98a00", desk="#dfe3e7",
)  # fmt: skip
DARK = Theme(
    dark=True, page="#14181e", card="#1c222a", raised="#283039", line="#343d48", edge="#707b89", ink="#e7eaee", muted="#a3adba",
    accent="#5fc0c8", accent_ink="#0c2226", accent_hover="#7bd0d7", accent_soft="#1f3a40", good="#6fcf97", warn="#e6b450", bad="#ff8a80",
    highlight="#ffd54a66", highlight_line="#e0a100", desk="#0e1115",
)  # fmt: skip


def choose(wanted: str) -> Theme:
    """The theme for a setting: light, dark, or the system's when empty."""
    if wanted in ("light", "dark"):
        return DARK if wanted == "dark" else LIGHT
    dark = QGuiApplication.styleHints().colorScheme() == Qt.ColorScheme.Dark
    return DARK if dark else LIGHT


def dress(application: QApplication, theme: Theme, text_percent: int, base_points: float) -> None:
    """Give the whole program this look.  ``base_points`` is the system's own text size."""
    points = base_points * max(60, min(250, text_percent)) / 100
    # A sheet that takes another's place costs twice as much as one that finds none: every widget is matched
    # against both.
    application.setStyleSheet("")
    application.setFont(_font(application.font(), points))
    palette = QPalette()
    role = QPalette.ColorRole
    for part, colour in (
        (role.Window, theme.page),
        (role.Base, theme.card),
        (role.AlternateBase, theme.page),
        (role.Button, theme.card),
        (role.Text, theme.ink),
        (role.WindowText, theme.ink),
        (role.ButtonText, theme.ink),
        (role.PlaceholderText, theme.muted),
        (role.Highlight, theme.accent),
        (role.HighlightedText, theme.accent_ink),
        (role.ToolTipBase, theme.card),
        (role.ToolTipText, theme.ink),
        (role.Link, theme.accent),
        (role.Mid, theme.line),
    ):
        palette.setColor(part, QColor(colour))
    for part in (role.Text, role.WindowText, role.ButtonText):
        palette.setColor(QPalette.ColorGroup.Disabled, part, QColor(theme.muted))
    application.setPalette(palette)
    application.setStyleSheet(style_sheet(theme, points))


def _font(font: QFont, points: float) -> QFont:
    """The system's font in that size, with a Chinese one beside it."""
    # Named, since without a name Chinese may be drawn with the Japanese forms of its characters.
    chinese = [name for name in _CHINESE if QFontDatabase.hasFamily(name)]
    system = [name for name in font.families() if name not in _CHINESE] or [font.defaultFamily()]
    system = [QFontInfo(QFont(system[0])).family()]
    reads_chinese = QLocale().language() == QLocale.Language.Chinese
    # Where most is Chinese, its font draws the Latin letters as well: two fonts in a line differ in weight.
    font.setFamilies(chinese + system if reads_chinese else system + chinese)
    # Drawn to whole pixels, the many strokes of a Chinese character run together and look bold.
    hinting = QFont.HintingPreference
    font.setHintingPreference(hinting.PreferNoHinting if reads_chinese else hinting.PreferDefaultHinting)
    font.setPointSizeF(points)
    return font


# ruff: noqa: E501  (a style sheet reads by its own lines)


def style_sheet(t: Theme, points: float) -> str:
    """The style sheet for text of that size.  Widgets choose a role with the dynamic property ``role`` or an object name."""
    return f"""
    QWidget {{ color: {t.ink}; }}
    QMainWindow, QDialog, QStackedWidget > QWidget, QWidget[role="page"] {{ background: {t.page}; }}
    QLabel {{ background: transparent; }}
    QLabel[role="title"] {{ font-size: {points * _TITLE:.1f}pt; font-weight: 600; }}
    QLabel[role="heading"] {{ font-weight: 600; }}
    QLabel[role="muted"], QLabel[role="hint"] {{ color: {t.muted}; }}
    QLabel[role="status"] {{ color: {t.muted}; border: none; border-left: 1px solid {t.line}; padding: 0 10px; margin: 4px 0; }}
    QLabel[role="key"] {{ background: {t.raised}; border: 1px solid {t.line}; border-radius: 4px; padding: 1px 6px; }}
    QLabel[role="good"] {{ color: {t.good}; }}
    QLabel[role="warn"] {{ color: {t.warn}; }}
    QLabel[role="bad"] {{ color: {t.bad}; }}
    QFrame[role="card"] {{ background: {t.card}; border: 1px solid {t.line}; border-radius: 8px; }}
    QFrame[role="strip"] {{ background: {t.card}; border: none; border-top: 1px solid {t.line}; }}
    QFrame[role="rail"] {{ background: {t.card}; border: none; border-right: 1px solid {t.line}; }}
    QFrame[role="rule"] {{ background: {t.line}; border: none; max-height: 1px; }}
    QFrame[role="notice"] {{ background: {t.accent_soft}; border: 1px solid {t.accent}; border-radius: 6px; }}
    QFrame[role="notice"][kind="warn"] {{ background: {t.card}; border: 1px solid {t.warn}; }}
    QFrame[role="notice"][kind="bad"] {{ background: {t.card}; border: 1px solid {t.bad}; }}
    QPushButton {{ background: {t.card}; border: 1px solid {t.edge}; border-radius: 6px; padding: 6px 14px; }}
    QPushButton:hover {{ background: {t.raised}; }}
    QPushButton:pressed {{ background: {t.line}; }}
    QPushButton:focus {{ border: 2px solid {t.accent}; padding: 5px 13px; }}
    QPushButton:disabled {{ color: {t.muted}; background: {t.page}; border-color: {t.line}; }}
    QPushButton[role="primary"] {{ background: {t.accent}; color: {t.accent_ink}; border-color: {t.accent}; font-weight: 600; }}
    QPushButton[role="primary"]:hover {{ background: {t.accent_hover}; border-color: {t.accent_hover}; }}
    QPushButton[role="primary"]:focus {{ border-color: {t.ink}; }}
    QPushButton[role="primary"]:disabled {{ background: {t.raised}; color: {t.muted}; border-color: {t.line}; }}
    QPushButton[role="danger"] {{ color: {t.bad}; border-color: {t.bad}; }}
    QPushButton[role="danger"]:focus {{ border-color: {t.bad}; }}
    QPushButton[role="link"] {{ background: transparent; border: 1px solid transparent; color: {t.accent}; padding: 3px 6px; text-align: left; }}
    QPushButton[role="link"]:hover {{ text-decoration: underline; }}
    QPushButton[role="link"]:focus {{ border: 2px solid {t.accent}; padding: 2px 5px; }}
    QPushButton[role="link"]:disabled {{ color: {t.muted}; }}
    QPushButton[role="chip"] {{ background: {t.accent_soft}; border: 1px solid transparent; border-radius: 9px; padding: 1px 8px; color: {t.accent}; }}
    QPushButton[role="chip"]:hover, QPushButton[role="chip"]:checked {{ border-color: {t.accent}; }}
    QPushButton[role="chip"]:focus {{ border: 2px solid {t.accent}; padding: 0px 7px; }}
    QToolButton {{ background: transparent; border: 1px solid transparent; border-radius: 6px; padding: 5px; }}
    QToolButton:hover {{ background: {t.raised}; }}
    QToolButton:pressed {{ background: {t.line}; }}
    QToolButton:checked {{ background: {t.accent_soft}; color: {t.accent}; }}
    QToolButton:focus {{ border: 2px solid {t.accent}; padding: 4px; }}
    QToolButton[role="rail"] {{ padding: 8px 4px; border-radius: 8px; }}
    QToolButton[role="rail"]:focus {{ padding: 7px 3px; }}
    QToolButton[role="fold"] {{ padding: 4px 6px 4px 2px; }}
    QToolButton[role="fold"]:focus {{ padding: 3px 5px 3px 1px; }}
    QLineEdit, QTextEdit, QPlainTextEdit, QComboBox, QSpinBox, QDateEdit {{
        background: {t.card}; border: 1px solid {t.edge}; border-radius: 6px; padding: 5px 8px;
        selection-background-color: {t.accent}; selection-color: {t.accent_ink}; placeholder-text-color: {t.muted}; }}
    QLineEdit:focus, QTextEdit:focus, QPlainTextEdit:focus, QComboBox:focus, QSpinBox:focus, QDateEdit:focus {{
        border: 2px solid {t.accent}; padding: 4px 7px; }}
    QLineEdit:disabled, QComboBox:disabled, QSpinBox:disabled {{ color: {t.muted}; background: {t.page}; border-color: {t.line}; }}
    QPlainTextEdit[readOnly="true"], QTextEdit[readOnly="true"] {{ border-color: {t.line}; }}
    QComboBox {{ combobox-popup: 0; padding-right: 24px; }}
    QComboBox:focus {{ padding-right: 23px; }}
    QComboBox::drop-down {{ border: none; width: 22px; }}
    QComboBox QAbstractItemView {{ background: {t.card}; border: 1px solid {t.edge}; border-radius: 0; outline: 0; padding: 2px; }}
    QComboBox QAbstractItemView::item {{ min-height: 22px; }}
    QAbstractItemView {{ background: {t.card}; border: 1px solid {t.line}; border-radius: 6px; outline: 0;
        alternate-background-color: {t.page}; selection-background-color: {t.accent_soft}; selection-color: {t.ink}; }}
    QAbstractItemView::item {{ padding: 4px 6px; }}
    QAbstractItemView::item:hover {{ background: {t.raised}; }}
    QTableView::item:hover {{ background: transparent; }}
    QAbstractItemView::item:selected {{ background: {t.accent_soft}; color: {t.ink}; }}
    QAbstractItemView:focus {{ border: 1px solid {t.accent}; }}
    QHeaderView {{ background: {t.page}; border: none; border-radius: 0; }}
    QHeaderView::section {{ background: {t.page}; color: {t.muted}; border: none; border-bottom: 1px solid {t.line};
        padding: 6px 8px; font-weight: 600; }}
    QHeaderView::section:first {{ border-top-left-radius: 5px; }}
    QHeaderView::section:last {{ border-top-right-radius: 5px; }}
    QHeaderView::section:only-one {{ border-top-left-radius: 5px; border-top-right-radius: 5px; }}
    QScrollArea {{ border: none; background: transparent; }}
    QScrollArea > QWidget > QWidget {{ background: transparent; }}
    QScrollBar:vertical {{ background: transparent; width: 12px; margin: 0; }}
    QScrollBar:horizontal {{ background: transparent; height: 12px; margin: 0; }}
    QScrollBar::handle {{ background: {t.edge}; border-radius: 3px; }}
    QScrollBar::handle:vertical {{ min-height: 32px; margin: 3px; }}
    QScrollBar::handle:horizontal {{ min-width: 32px; margin: 3px; }}
    QScrollBar::handle:hover {{ background: {t.muted}; }}
    QScrollBar::add-line, QScrollBar::sub-line {{ width: 0; height: 0; }}
    QScrollBar::add-page, QScrollBar::sub-page {{ background: transparent; }}
    QProgressBar {{ background: {t.raised}; border: none; border-radius: 3px; max-height: 6px; min-height: 6px; }}
    QProgressBar::chunk {{ background: {t.accent}; border-radius: 3px; }}
    QSplitter::handle {{ background: {t.line}; }}
    QSplitter::handle:horizontal {{ width: 1px; }}
    QTabBar::tab {{ padding: 7px 14px; border: none; border-bottom: 2px solid transparent; color: {t.muted}; background: transparent; }}
    QTabBar::tab:hover {{ color: {t.ink}; }}
    QTabBar::tab:selected {{ color: {t.ink}; border-bottom-color: {t.accent}; }}
    QTabBar::tab:selected:focus {{ color: {t.accent}; background: {t.accent_soft}; border-top-left-radius: 6px; border-top-right-radius: 6px; }}
    QTabWidget::pane {{ border: none; }}
    QMenu {{ background: {t.card}; border: 1px solid {t.edge}; padding: 4px; }}
    QMenu::item {{ padding: 6px 22px 6px 14px; border-radius: 4px; }}
    QMenu::item:selected {{ background: {t.accent_soft}; }}
    QMenu::item:disabled {{ color: {t.muted}; }}
    QMenu::separator {{ height: 1px; background: {t.line}; margin: 4px 8px; }}
    QToolTip {{ background: {t.card}; color: {t.ink}; border: 1px solid {t.edge}; padding: 6px; }}
    QCheckBox, QRadioButton {{ border: 2px solid transparent; border-radius: 6px; padding: 2px 6px 2px 1px; }}
    QCheckBox:focus, QRadioButton:focus {{ border-color: {t.accent}; }}
    QCalendarWidget QWidget#qt_calendar_navigationbar {{ background: {t.page}; }}
    QCalendarWidget QToolButton {{ font-weight: 600; padding: 5px 8px; }}
    QCalendarWidget QToolButton::menu-indicator {{ image: none; }}
    QCalendarWidget QAbstractItemView {{ border: none; border-radius: 0; selection-background-color: {t.accent}; selection-color: {t.accent_ink}; }}
    QCalendarWidget QAbstractItemView:disabled {{ color: {t.edge}; }}
    QStatusBar {{ background: {t.card}; border-top: 1px solid {t.line}; }}
    QStatusBar::item {{ border: none; }}
    """
