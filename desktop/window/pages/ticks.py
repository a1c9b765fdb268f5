"""Draws rows with a box to tick, plain to see in light and dark."""

from __future__ import annotations

from PySide6.QtCore import QModelIndex, QPersistentModelIndex, QPointF, QRectF, Qt
from PySide6.QtGui import QColor, QPainter, QPen
from PySide6.QtWidgets import QStyle, QStyledItemDelegate, QStyleOptionViewItem, QWidget

from desktop.window.desk import Desk

_BOX = 14


class Ticks(QStyledItemDelegate):
    """Text behind a box: empty, ticked, or with a dash where only some of what is below is ticked."""

    def __init__(self, desk: Desk, parent: QWidget) -> None:
        super().__init__(parent)
        self._desk = desk
        self._view = parent

    def paint(
        self, painter: QPainter, option: QStyleOptionViewItem, index: QModelIndex | QPersistentModelIndex
    ) -> None:
        """One row."""
        self.initStyleOption(option, index)
        theme = self._desk.theme
        style = self._view.style()
        element = QStyle.SubElement
        box = QRectF(style.subElementRect(element.SE_ItemViewItemCheckIndicator, option, self._view))
        text = style.subElementRect(element.SE_ItemViewItemText, option, self._view)
        style.drawPrimitive(QStyle.PrimitiveElement.PE_PanelItemViewItem, option, painter, self._view)
        painter.save()
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        box = (
            QRectF(0, 0, _BOX, _BOX).translated(box.center() - QPointF(_BOX / 2, _BOX / 2)).adjusted(0.5, 0.5, 0.5, 0.5)
        )
        empty = option.checkState == Qt.CheckState.Unchecked
        focused = bool(option.state & QStyle.StateFlag.State_HasFocus)
        painter.setPen(QPen(QColor(theme.muted if empty and not focused else theme.accent), 1.2))
        painter.setBrush(QColor(theme.card if empty else theme.accent))
        painter.drawRoundedRect(box, 3, 3)
        painter.setPen(QPen(QColor(theme.accent_ink), 1.8))
        x, y = box.x(), box.y()
        if option.checkState == Qt.CheckState.Checked:
            painter.drawPolyline([QPointF(x + 3, y + 7.2), QPointF(x + 6, y + 10), QPointF(x + 11, y + 4.2)])
        elif not empty:
            painter.drawLine(QPointF(x + 3.5, y + 7), QPointF(x + 10.5, y + 7))
        painter.setFont(option.font)
        painter.setPen(QColor(theme.ink))
        room = text.adjusted(4, 0, -2, 0)
        shown = option.fontMetrics.elidedText(option.text, option.textElideMode, room.width())
        painter.drawText(room, Qt.AlignmentFlag.AlignVCenter, shown)
        if focused:
            painter.setPen(QPen(QColor(theme.accent), 1))
            painter.setBrush(Qt.BrushStyle.NoBrush)
            painter.drawRoundedRect(QRectF(text).adjusted(0.5, 0.5, -1.5, -0.5), 4, 4)
        painter.restore()
