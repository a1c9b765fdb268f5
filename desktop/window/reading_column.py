"""A page that is read from top to bottom: one column, not wider than reads well."""

from __future__ import annotations

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QHBoxLayout, QScrollArea, QVBoxLayout, QWidget

from desktop.window.theme import GAP

_WIDEST = 900


def in_the_middle(body: QVBoxLayout) -> QScrollArea:
    """A column of readable width that scrolls."""
    inner = QWidget()
    inner.setMaximumWidth(_WIDEST)
    inner.setLayout(body)
    body.setContentsMargins(GAP * 2, GAP * 2, GAP * 2, GAP * 2)
    whole = QWidget()
    row = QHBoxLayout(whole)
    row.setContentsMargins(0, 0, 0, 0)
    row.addStretch(1)
    row.addWidget(inner, 100)
    row.addStretch(1)
    area = QScrollArea()
    area.setWidgetResizable(True)
    area.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
    area.setFocusPolicy(Qt.FocusPolicy.NoFocus)
    area.setWidget(whole)
    return area
