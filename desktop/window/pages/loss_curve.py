"""The loss of a training over its steps, drawn as it grows: what it learns from, and what is kept aside."""

from __future__ import annotations

import math
from collections.abc import Sequence

from PySide6.QtCore import QPointF, QRectF, QSize, Qt
from PySide6.QtGui import QColor, QPainter, QPainterPath, QPaintEvent, QPen
from PySide6.QtWidgets import QSizePolicy, QWidget

from desktop.channel import CurvePoint
from desktop.window.desk import Desk

_LEAST = QSize(260, 170)
_TICKS = 4
_SMOOTH = 0.35  # of each new point; the loss of single batches jumps
_DOT = 3.5


def ceiling(value: float) -> float:
    """A round number that is not smaller: what an axis ends with."""
    if value <= 0 or not math.isfinite(value):
        return 1.0
    power = 10.0 ** math.floor(math.log10(value))
    return float(next(round(step * power, 10) for step in (1, 1.5, 2, 2.5, 3, 4, 5, 6, 8, 10) if step * power >= value))


def smoothed(losses: Sequence[float]) -> list[float]:
    """The losses with their jumps evened out, the first as it was."""
    evened: list[float] = []
    for loss in losses:
        evened.append(loss if not evened else evened[-1] + _SMOOTH * (loss - evened[-1]))
    return evened


class LossCurve(QWidget):
    """Two lines: the loss in training, and on what is kept aside.  Its accessible description says what they say."""

    def __init__(self, desk: Desk) -> None:
        super().__init__()
        self._desk = desk
        self.points: tuple[CurvePoint, ...] = ()
        self._steps = 0
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Expanding)
        self.setMinimumSize(_LEAST)
        self.setAccessibleName(self.tr("Loss curve"))
        desk.restyled.connect(self.update)
        self._describe()

    def show_points(self, points: Sequence[CurvePoint], steps: int = 0) -> None:
        """Draw these; ``steps`` is where the training ends, when that is known."""
        self.points = tuple(point for point in points if math.isfinite(point.loss))
        self._steps = max(steps, self.points[-1].step if self.points else 0)
        self._describe()
        self.update()

    def sizeHint(self) -> QSize:
        """Wider than high."""
        return QSize(560, 260)

    def _describe(self) -> None:
        if not self.points:
            words = self.tr("No step has been done yet.")
        else:
            first, last = self.points[0], self.points[-1]
            words = self.tr("Training loss: {first} at step {begin}, {last} at step {end}.").format(
                first=f"{first.loss:.2f}", begin=first.step, last=f"{last.loss:.2f}", end=last.step
            )
            aside = [point for point in self.points if point.held_out is not None]
            if aside:
                words += " " + self.tr("Loss on the examples kept aside: {loss} at step {step}.").format(
                    loss=f"{aside[-1].held_out:.2f}", step=aside[-1].step
                )
        self.setAccessibleDescription(words)
        self.setToolTip(words)

    # -- drawing

    def paintEvent(self, _event: QPaintEvent) -> None:
        """Axes, grid, both lines, legend."""
        theme = self._desk.theme
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        metrics = painter.fontMetrics()
        highest = ceiling(max((max(p.loss, p.held_out or 0.0) for p in self.points), default=1.0))
        left = metrics.horizontalAdvance(_figure(highest)) + metrics.height() + 14
        line = metrics.height()
        area = QRectF(left, line + 12, self.width() - left - 14, self.height() - 3 * line - 26)
        self._axes(painter, area, highest)
        self._legend(painter, area)
        if not self.points:
            painter.setPen(QColor(theme.muted))
            painter.drawText(area, Qt.AlignmentFlag.AlignCenter, self.tr("The curve appears with the first steps."))
            return
        last = max(1, self._steps)

        def at(step: int, loss: float) -> QPointF:
            return QPointF(
                area.left() + area.width() * step / last,
                area.bottom() - area.height() * min(1.0, max(0.0, loss / highest)),
            )

        raw = [at(point.step, point.loss) for point in self.points]
        even = [at(p.step, loss) for p, loss in zip(self.points, smoothed([p.loss for p in self.points]), strict=True)]
        faint = QColor(theme.accent)
        faint.setAlphaF(0.35)
        _line(painter, raw, QPen(faint, 1.0))
        _line(painter, even, QPen(QColor(theme.accent), 2.0))
        aside = [at(p.step, p.held_out) for p in self.points if p.held_out is not None]
        _line(painter, aside, QPen(QColor(theme.warn), 2.0, Qt.PenStyle.DashLine))
        painter.setPen(Qt.PenStyle.NoPen)
        painter.setBrush(QColor(theme.warn))
        for place in aside:
            painter.drawEllipse(place, _DOT, _DOT)
        painter.setBrush(QColor(theme.accent))
        painter.drawEllipse(even[-1], _DOT, _DOT)

    def _axes(self, painter: QPainter, area: QRectF, highest: float) -> None:
        theme = self._desk.theme
        metrics = painter.fontMetrics()
        line = metrics.height()
        for tick in range(_TICKS + 1):
            y = area.bottom() - area.height() * tick / _TICKS
            painter.setPen(QPen(QColor(theme.line if tick else theme.edge), 1))
            painter.drawLine(QPointF(area.left(), y), QPointF(area.right(), y))
            painter.setPen(QColor(theme.muted))
            box = QRectF(0, y - line / 2, area.left() - 8, line)
            painter.drawText(
                box, Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter, _figure(highest * tick / _TICKS)
            )
        steps = max(1, self._steps)
        for tick in range(_TICKS + 1):
            x = area.left() + area.width() * tick / _TICKS
            text = f"{round(steps * tick / _TICKS):,}"
            if steps < _TICKS and tick not in (0, _TICKS):
                continue
            wide = metrics.horizontalAdvance(text) + 4
            box = QRectF(min(x - wide / 2, self.width() - wide), area.bottom() + 4, wide, line)
            painter.drawText(box, Qt.AlignmentFlag.AlignCenter, text)
        foot = QRectF(area.left(), area.bottom() + line + 6, area.width(), line)
        painter.drawText(foot, Qt.AlignmentFlag.AlignHCenter | Qt.AlignmentFlag.AlignTop, self.tr("Step"))
        painter.save()
        painter.translate(line / 2 + 1, area.center().y())
        painter.rotate(-90)
        painter.drawText(
            QRectF(-area.height() / 2, -line / 2, area.height(), line), Qt.AlignmentFlag.AlignCenter, self.tr("Loss")
        )
        painter.restore()

    def _legend(self, painter: QPainter, area: QRectF) -> None:
        theme = self._desk.theme
        metrics = painter.fontMetrics()
        x, middle = area.left(), metrics.height() / 2 + 2
        for words, pen in (
            (self.tr("training"), QPen(QColor(theme.accent), 2.0)),
            (self.tr("kept aside"), QPen(QColor(theme.warn), 2.0, Qt.PenStyle.DashLine)),
        ):
            painter.setPen(pen)
            painter.drawLine(QPointF(x, middle), QPointF(x + 26, middle))
            painter.setPen(QColor(theme.ink))
            wide = metrics.horizontalAdvance(words) + 4
            painter.drawText(QRectF(x + 34, 2, wide, metrics.height()), Qt.AlignmentFlag.AlignVCenter, words)
            x += 34 + wide + 22


def _figure(value: float) -> str:
    return f"{value:.2f}".rstrip("0").rstrip(".") or "0"


def _line(painter: QPainter, places: Sequence[QPointF], pen: QPen) -> None:
    if len(places) > 1:
        path = QPainterPath(places[0])
        for place in places[1:]:
            path.lineTo(place)
        painter.setPen(pen)
        painter.setBrush(Qt.BrushStyle.NoBrush)
        painter.drawPath(path)
