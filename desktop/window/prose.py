"""Text that is read: set with air between its lines, plain, selectable, and cheap to lay out by the hundred."""

from __future__ import annotations

import html
from collections.abc import Callable

from PySide6.QtCore import QEvent, QPoint, QPointF, QSize, Qt
from PySide6.QtGui import (
    QContextMenuEvent,
    QFocusEvent,
    QFont,
    QFontMetricsF,
    QGuiApplication,
    QKeyEvent,
    QKeySequence,
    QMouseEvent,
    QPainter,
    QPaintEvent,
    QPalette,
    QTextCharFormat,
    QTextLayout,
    QTextOption,
)
from PySide6.QtWidgets import QApplication, QLabel, QMenu, QSizePolicy, QWidget

_AIR = 0.32  # of a line's height, between two lines
_TIP_LENGTH = 700  # characters of a quote that a tooltip shows


def tip(*lines: str) -> str:
    """A tooltip that shows ``lines`` as they are: Qt would take what looks like HTML for HTML."""
    text = "\n".join(line for line in lines if line)
    shown = text if len(text) <= _TIP_LENGTH else text[:_TIP_LENGTH] + " …"
    return f'<div style="white-space: pre-wrap">{html.escape(shown)}</div>' if shown else ""


class Prose(QLabel):
    """A paragraph of plain text.  Dragging selects; a click that selects nothing calls ``clicked``.

    A QLabel, so that a screen reader knows it as text; laid out and painted by itself, because a label's
    own document takes ten times as long and has no air between its lines.
    """

    def __init__(
        self,
        text: str,
        role: str = "",
        *,
        scale: float = 1.0,
        bold: bool = False,
        struck: bool = False,
        clicked: Callable[[], object] | None = None,
        parent: QWidget | None = None,
    ) -> None:
        super().__init__(parent)
        self.setTextFormat(Qt.TextFormat.PlainText)
        self.setWordWrap(True)
        policy = QSizePolicy(QSizePolicy.Policy.Preferred, QSizePolicy.Policy.Minimum)
        policy.setHeightForWidth(True)
        self.setSizePolicy(policy)
        if role:
            self.setProperty("role", role)
        self._scale, self._bold, self._struck = scale, bold, struck
        self._clicked = clicked
        self._layout = QTextLayout()
        option = QTextOption()
        option.setWrapMode(QTextOption.WrapMode.WrapAtWordBoundaryOrAnywhere)
        self._layout.setTextOption(option)
        self._laid: tuple[int, str] = (-1, "")  # the width and font that the layout is made for
        self._height = 0
        self._natural = 0
        self._selected = (0, 0)  # in UTF-16 units
        self._pressed: QPoint | None = None
        self._dragging = False
        self.setCursor(Qt.CursorShape.PointingHandCursor if clicked else Qt.CursorShape.IBeamCursor)
        self.setFocusPolicy(Qt.FocusPolicy.ClickFocus)
        self.setText(text)

    def setText(self, text: str) -> None:
        """Another text."""
        super().setText(text)
        self._layout.setText(text.replace("\n", "\u2028"))
        self._selected = (0, 0)
        self._forget()

    def selected_text(self) -> str:
        """What is selected."""
        first, last = sorted(self._selected)
        return self.text().encode("utf-16-le")[2 * first : 2 * last].decode("utf-16-le", "replace")

    # -- layout

    def _set(self, width: int) -> int:
        font = QFont(self.font())
        if self._scale != 1.0:
            font.setPointSizeF(font.pointSizeF() * self._scale)
        if self._bold:
            font.setWeight(QFont.Weight.DemiBold)
        font.setStrikeOut(self._struck)
        key = (width, font.key())
        if key == self._laid:
            return self._height
        self._layout.setFont(font)
        air = QFontMetricsF(font).height() * _AIR
        y = air / 2
        widest = 0.0
        self._layout.beginLayout()
        while (line := self._layout.createLine()).isValid():
            line.setLineWidth(max(1, width))
            line.setPosition(QPointF(0, y))
            y += line.height() + air
            widest = max(widest, line.naturalTextWidth())
        self._layout.endLayout()
        self._laid = key
        self._height = round(y - air / 2 + 0.499)
        self._natural = int(widest) + 2
        return self._height

    def _forget(self) -> None:
        self._laid = (-1, "")
        self.updateGeometry()
        self.update()

    def first_line(self) -> int:
        """The middle of its first line, from the top."""
        self._set(max(1, self.width()))
        line = self._layout.lineAt(0)
        return round(line.y() + line.height() / 2) if line.isValid() else 0

    def natural_width(self) -> int:
        """The width of its longest line when nothing forces a break."""
        self._set(100_000)
        return self._natural

    def hasHeightForWidth(self) -> bool:
        """Its height follows from its width."""
        return True

    def heightForWidth(self, width: int) -> int:
        """The height of all lines at that width."""
        return self._set(width)

    def sizeHint(self) -> QSize:
        """As wide as it likes to be, within reason."""
        width = min(self.natural_width(), 640)
        return QSize(width, self._set(width))

    def minimumSizeHint(self) -> QSize:
        """A word or two wide, a line high."""
        return QSize(60, round(QFontMetricsF(self.font()).height() * self._scale * (1 + _AIR)))

    def changeEvent(self, event: QEvent) -> None:
        """Another font: other lines."""
        super().changeEvent(event)
        if event.type() in (QEvent.Type.FontChange, QEvent.Type.StyleChange):
            self._forget()

    # -- painting

    def paintEvent(self, _event: QPaintEvent) -> None:
        """The lines, and what is selected in them."""
        self._set(self.width())
        painter = QPainter(self)
        palette = self.palette()
        painter.setPen(palette.color(self.foregroundRole()))
        first, last = sorted(self._selected)
        if first == last:
            self._layout.draw(painter, QPointF(0, 0))
            return
        part = QTextLayout.FormatRange()
        part.start, part.length = first, last - first
        look = QTextCharFormat()
        look.setBackground(palette.brush(QPalette.ColorRole.Highlight))
        look.setForeground(palette.brush(QPalette.ColorRole.HighlightedText))
        part.format = look
        self._layout.draw(painter, QPointF(0, 0), [part])

    # -- selecting and clicking

    def _hit(self, point: QPoint) -> int:
        self._set(self.width())
        for at in range(self._layout.lineCount()):
            line = self._layout.lineAt(at)
            if point.y() < line.y() + line.height() or at == self._layout.lineCount() - 1:
                found = line.xToCursor(point.x())
                return int(found[0] if isinstance(found, tuple) else found)
        return 0

    def mousePressEvent(self, event: QMouseEvent) -> None:
        """Begins a click or a selection."""
        if event.button() == Qt.MouseButton.LeftButton:
            self._pressed, self._dragging = event.position().toPoint(), False
            at = self._hit(self._pressed)
            self._selected = (at, at)
            self.update()
        else:
            super().mousePressEvent(event)

    def mouseMoveEvent(self, event: QMouseEvent) -> None:
        """Selects."""
        point = event.position().toPoint()
        if self._pressed is None:
            return
        far = (point - self._pressed).manhattanLength() >= QApplication.startDragDistance()
        self._dragging = self._dragging or far
        if self._dragging:
            self._selected = (self._selected[0], self._hit(point))
            self.update()

    def mouseReleaseEvent(self, event: QMouseEvent) -> None:
        """Ends a selection, or was a click."""
        if event.button() != Qt.MouseButton.LeftButton or self._pressed is None:
            super().mouseReleaseEvent(event)
            return
        self._pressed = None
        if not self._dragging and self._clicked is not None and self.rect().contains(event.position().toPoint()):
            self._clicked()

    def mouseDoubleClickEvent(self, event: QMouseEvent) -> None:
        """Selects everything of a text that does nothing else when it is clicked."""
        if self._clicked is None:
            self._selected = (0, len(self.text().encode("utf-16-le")) // 2)
            self.update()

    def focusOutEvent(self, event: QFocusEvent) -> None:
        """A selection ends when another is made elsewhere."""
        super().focusOutEvent(event)
        if event.reason() != Qt.FocusReason.PopupFocusReason:
            self._selected = (0, 0)
            self.update()

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """Copies what is selected."""
        if event.matches(QKeySequence.StandardKey.Copy) and self.selected_text():
            QGuiApplication.clipboard().setText(self.selected_text())
        else:
            super().keyPressEvent(event)

    def contextMenuEvent(self, event: QContextMenuEvent) -> None:
        """Copy what is selected, or all of it."""
        menu = QMenu(self)
        menu.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        text = self.selected_text()
        if text:
            menu.addAction(self.tr("Copy the selection"), lambda: QGuiApplication.clipboard().setText(text))
        menu.addAction(self.tr("Copy the text"), lambda: QGuiApplication.clipboard().setText(self.text()))
        menu.popup(event.globalPos())
