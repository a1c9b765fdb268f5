"""Fields whose parts the style sheet cannot draw without picture files: drawn here in the theme's colours.

None of them changes its value by the wheel: on a page that scrolls, that happens by mistake.
"""

from __future__ import annotations

from PySide6.QtCore import QPoint, Qt
from PySide6.QtGui import QPainter, QPaintEvent, QWheelEvent
from PySide6.QtWidgets import QCheckBox, QComboBox, QRadioButton, QSlider, QSpinBox, QStyle, QStyleOptionButton

from desktop.window.desk import Desk
from desktop.window.icons import pixmap

_MARK = 14  # pixels of a chevron or a tick


class Choice(QComboBox):
    """A list of choices, with the sign that it opens."""

    def __init__(self, desk: Desk) -> None:
        super().__init__()
        self._desk = desk
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)

    def paintEvent(self, event: QPaintEvent) -> None:
        """The field, and a chevron in it."""
        super().paintEvent(event)
        theme = self._desk.theme
        at = QPoint(self.width() - _MARK - 8, (self.height() - _MARK) // 2)
        QPainter(self).drawPixmap(at, pixmap("down", theme.muted if self.isEnabled() else theme.line, _MARK))

    def wheelEvent(self, event: QWheelEvent) -> None:
        """For the page."""
        event.ignore()


class Number(QSpinBox):
    """A number to type; the arrow keys change it too."""

    def __init__(self) -> None:
        super().__init__()
        # Without buttons altogether, a spin box with a style sheet shows no text.
        self.setStyleSheet("QSpinBox::up-button, QSpinBox::down-button { width: 0; border: none; }")
        self.lineEdit().setTextMargins(0, 0, 8, 0)
        self.setGroupSeparatorShown(True)
        self.setAlignment(Qt.AlignmentFlag.AlignRight)
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)

    def wheelEvent(self, event: QWheelEvent) -> None:
        """For the page."""
        event.ignore()


class Tick(QCheckBox):
    """A box with a tick."""

    def __init__(self, desk: Desk, text: str) -> None:
        super().__init__(text)
        self._desk = desk
        desk.restyled.connect(self._dress)
        self._dress()

    def paintEvent(self, event: QPaintEvent) -> None:
        """The box, and the tick in it."""
        super().paintEvent(event)
        if self.isChecked():
            option = QStyleOptionButton()
            self.initStyleOption(option)
            box = self.style().subElementRect(QStyle.SubElement.SE_CheckBoxIndicator, option, self)
            at = box.center() - QPoint(_MARK // 2 - 1, _MARK // 2 - 1)
            QPainter(self).drawPixmap(at, pixmap("tick", self._desk.theme.accent_ink, _MARK))

    def _dress(self) -> None:
        t = self._desk.theme
        self.setStyleSheet(f"""
            QCheckBox {{ spacing: 8px; }}
            QCheckBox::indicator {{ width: 15px; height: 15px; border: 1px solid {t.muted}; border-radius: 4px; }}
            QCheckBox::indicator:checked {{ background: {t.accent}; border-color: {t.accent}; }}
        """)


class Pick(QRadioButton):
    """One of a few."""

    def __init__(self, desk: Desk, text: str) -> None:
        super().__init__(text)
        self._desk = desk
        self.toggled.connect(self._lead_tab_here)
        desk.restyled.connect(self._dress)
        self._dress()

    def _lead_tab_here(self, chosen: bool) -> None:
        # Qt does so only once the group has had the focus: until then Tab would stop at one that is not chosen.
        group = self.group()
        if chosen and group is not None:
            for one in group.buttons():
                one.setFocusPolicy(Qt.FocusPolicy.StrongFocus if one is self else Qt.FocusPolicy.ClickFocus)

    def _dress(self) -> None:
        t = self._desk.theme
        self.setStyleSheet(f"""
            QRadioButton {{ spacing: 8px; }}
            QRadioButton::indicator {{ width: 15px; height: 15px; border: 1px solid {t.muted}; border-radius: 8px; }}
            QRadioButton::indicator:checked {{ width: 7px; height: 7px; border: 5px solid {t.accent}; }}
        """)


class Slide(QSlider):
    """A value between two ends."""

    def __init__(self, desk: Desk) -> None:
        super().__init__(Qt.Orientation.Horizontal)
        self._desk = desk
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        desk.restyled.connect(self._dress)
        self._dress()

    def wheelEvent(self, event: QWheelEvent) -> None:
        """For the page."""
        event.ignore()

    def _dress(self) -> None:
        t = self._desk.theme
        self.setStyleSheet(f"""
            QSlider {{ min-height: 22px; }}
            QSlider::groove:horizontal {{ height: 4px; background: {t.line}; border-radius: 2px; }}
            QSlider::sub-page:horizontal {{ background: {t.accent}; border-radius: 2px; }}
            QSlider::handle:horizontal {{ width: 14px; margin: -6px 0; border-radius: 8px;
                background: {t.accent}; border: 1px solid {t.card}; }}
            QSlider::handle:horizontal:focus {{ border: 2px solid {t.ink}; }}
        """)
