"""The sheet of keyboard shortcuts: in groups, as keys and words, in two columns that fit a small screen."""

from __future__ import annotations

from collections.abc import Sequence

from PySide6.QtCore import QSize, Qt
from PySide6.QtWidgets import QDialog, QGridLayout, QHBoxLayout, QScrollArea, QVBoxLayout, QWidget

from desktop.window.theme import GAP
from desktop.window.widgets import button, label

Group = tuple[str, Sequence[tuple[str, str]]]  # heading, and (keys, what they do)


class ShortcutSheet(QDialog):
    """Shows the groups, and is deleted when it is closed."""

    def __init__(self, parent: QWidget, groups: Sequence[Group]) -> None:
        super().__init__(parent)
        self.setWindowTitle(self.tr("Keyboard shortcuts"))
        self.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        inner = QWidget()
        row = QHBoxLayout(inner)
        row.setContentsMargins(2 * GAP, 2 * GAP, 2 * GAP, GAP)
        row.setSpacing(4 * GAP)
        for part in _halves(groups):
            column = QVBoxLayout()
            column.addLayout(_lines(part))
            column.addStretch(1)
            row.addLayout(column)
        self.area = QScrollArea()
        self.area.setWidgetResizable(True)
        self.area.setAccessibleName(self.tr("Keyboard shortcuts"))
        self.area.setWidget(inner)
        close = button(self.tr("Close"), clicked=self.reject)
        close.setDefault(True)
        foot = QHBoxLayout()
        foot.setContentsMargins(2 * GAP, GAP, 2 * GAP, GAP + 4)
        foot.addStretch(1)
        foot.addWidget(close)
        whole = QVBoxLayout(self)
        whole.setContentsMargins(0, 0, 0, 0)
        whole.setSpacing(0)
        whole.addWidget(self.area, 1)
        whole.addLayout(foot)
        wanted = inner.sizeHint() + QSize(20, close.sizeHint().height() + 3 * GAP)
        self.resize(wanted.boundedTo(self.screen().availableSize() * 0.9))


def _halves(groups: Sequence[Group]) -> tuple[Sequence[Group], Sequence[Group]]:
    """The groups in two columns, about equally long, in their order."""
    heights = [len(keys) + 2 for _, keys in groups]
    cuts = range(1, len(groups)) or range(1)
    cut = min(cuts, key=lambda at: max(sum(heights[:at]), sum(heights[at:])))
    return groups[:cut], groups[cut:]


def _lines(groups: Sequence[Group]) -> QGridLayout:
    grid = QGridLayout()
    grid.setHorizontalSpacing(2 * GAP)
    grid.setVerticalSpacing(5)
    grid.setColumnStretch(1, 1)
    at = 0
    for heading, keys in groups:
        if at:
            grid.setRowMinimumHeight(at, GAP)
        grid.addWidget(label(heading, "heading", wrap=False), at + 1, 0, 1, 2)
        at += 2
        for names, words in keys:
            caps = QHBoxLayout()
            caps.setSpacing(5)
            for name in names.split(" / "):
                caps.addWidget(label(name, "key", wrap=False), 0, Qt.AlignmentFlag.AlignVCenter)
            caps.addStretch(1)
            grid.addLayout(caps, at, 0)
            line = label(words)
            line.setMinimumWidth(210)
            grid.addWidget(line, at, 1)
            at += 1
    return grid
