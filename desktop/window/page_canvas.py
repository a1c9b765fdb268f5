"""All pages of a document below each other, as pictures that the engine draws when they come into view."""

from __future__ import annotations

import ctypes
import math
from bisect import bisect_right
from collections import OrderedDict
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise

from PySide6.QtCore import QEvent, QPoint, QPointF, QRect, QRectF, QSize, Qt, QTimer, Signal
from PySide6.QtGui import (
    QColor,
    QImage,
    QKeyEvent,
    QMouseEvent,
    QPainter,
    QPainterPath,
    QPaintEvent,
    QPen,
    QPixmap,
    QResizeEvent,
    QShowEvent,
    QTextOption,
    QWheelEvent,
)
from PySide6.QtWidgets import QAbstractScrollArea, QStyle, QWidget

from core.errors import Cancelled, TryAgain, UserProblem, VademecumError
from core.nouns import Picture, Rect
from desktop.channel import ReadPage, RenderPage, Sheet
from desktop.window.desk import Desk
from desktop.window.jobs import Job
from desktop.window.theme import GAP, LIGHT

LEAST_PERCENT, MOST_PERCENT = 50, 400
STEPS = (50, 67, 80, 90, 100, 110, 125, 150, 175, 200, 250, 300, 400)

_PIXELS_A_POINT = 96 / 72  # at 100 %
_MOST_PIXELS = 8_000_000  # of one picture, 32 MB; a larger one is stretched, which shows only above 300 %
_CACHE_BYTES = 72 * 1024 * 1024
_MOST_AT_ONCE = 2  # pages asked of the engine at a time: what is wished last must not wait behind a queue
_LARGE_BYTES = 8 * 1024 * 1024  # of such pictures only one: on its way it is in memory three times
_BREATH = 40  # milliseconds between two looks at what is in view, while it is scrolled
_M_MMAP_THRESHOLD = -3  # a parameter of glibc's mallopt
_A4 = (595.0, 842.0)  # for a page whose size nobody knows
_EYE = 0.3  # where in the window the wanted line stands, from the top


@dataclass(frozen=True, slots=True)
class Strip:
    """Where every page lies, in logical pixels: the pages are centred, one below the other."""

    sizes: tuple[tuple[int, int], ...]
    tops: tuple[int, ...]
    width: int
    height: int

    def at(self, y: float) -> int:
        """The page at ``y``; the gap below a page belongs to it."""
        return max(0, bisect_right(self.tops, y) - 1)

    def between(self, top: float, bottom: float) -> range:
        """The pages that show anything between two heights."""
        first = self.at(top)
        if self.tops[first] + self.sizes[first][1] <= top:
            first += 1
        return range(first, self.at(bottom) + 1)


def lay_out(sheets: Sequence[Sheet], scale: float, across: int) -> Strip:
    """The strip at ``scale`` pixels a point, or, when that is 0, every page as wide as ``across`` allows."""
    sizes: list[tuple[int, int]] = []
    tops: list[int] = []
    at = GAP
    widest = 0
    most = MOST_PERCENT / 100 * _PIXELS_A_POINT
    for sheet in sheets:
        width, height = paper(sheet)
        by = scale or min(most, across / width)
        size = (max(1, round(width * by)), max(1, round(height * by)))
        sizes.append(size)
        tops.append(at)
        widest = max(widest, size[0])
        at += size[1] + GAP
    return Strip(tuple(sizes), tuple(tops), widest, at)


def paper(sheet: Sheet) -> tuple[float, float]:
    """The page's displayed size in points; A4 for one that could not be measured."""
    known = 0 < sheet.width < math.inf and 0 < sheet.height < math.inf
    return (sheet.width, sheet.height) if known else _A4


def rgba(colour: str) -> QColor:
    """``#rrggbbaa`` as a colour; Qt would read the alpha first."""
    made = QColor(colour[:7])
    if len(colour) == 9:
        made.setAlpha(int(colour[7:], 16))
    return made


def contour(boxes: Sequence[QRectF]) -> QPainterPath:
    """One line around a quote: a frame around each of its lines would run through dense print."""
    around = QPainterPath()
    around.setFillRule(Qt.FillRule.WindingFill)
    for box in boxes:
        around.addRect(box.adjusted(-1, -1, 1, 1))
    for above, below in pairwise(boxes):
        gap = below.top() - above.bottom()
        left, right = max(above.left(), below.left()), min(above.right(), below.right())
        if 0 <= gap < 0.8 * min(above.height(), below.height()) and left < right:
            around.addRect(QRectF(left - 1, above.bottom() - 1, right - left + 2, gap + 2))
    return around.simplified()


def give_back_large_blocks() -> None:
    """Let pictures be returned to the system when they are dropped, in this whole process."""
    # glibc keeps what is freed once it has seen such sizes: after looking at pages at 400 %, 130 MB of nothing.
    try:
        tune = ctypes.CDLL(None).mallopt
    except (AttributeError, OSError, TypeError):  # another C library
        return
    tune(_M_MMAP_THRESHOLD, 1 << 20)


@dataclass(frozen=True, slots=True)
class _Print:
    asked: int  # pixels across that the engine was asked for; it may have given fewer
    picture: QPixmap

    @property
    def size(self) -> int:
        return self.picture.width() * self.picture.height() * 4


@dataclass(frozen=True, slots=True)
class _Trouble:
    sentence: str
    passing: bool
    text: str = ""


@dataclass(frozen=True, slots=True)
class _Anchor:
    """A place on a page, as shares of its size, and where in the window it shows."""

    page: int
    x: float
    y: float
    spot: QPointF


class PageCanvas(QAbstractScrollArea):
    """The pages themselves: scrolling, zoom, pictures, highlights.  Knows nothing of citations."""

    page_changed = Signal(int)  # the page that is looked at
    zoom_changed = Signal()
    locked = Signal(VademecumError)  # the file is protected: nothing is drawn until unlock()

    def __init__(self, desk: Desk, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        give_back_large_blocks()
        self._desk = desk
        self._sha256 = ""
        self._sheets: tuple[Sheet, ...] = ()
        self._strip = Strip((), (), 0, 0)
        self._scale = 0.0  # logical pixels a point; 0 fits every page to the width
        self._aim: tuple[int, tuple[Rect, ...]] | None = None  # what was gone to, until somebody scrolls
        self._marked: tuple[int, tuple[Rect, ...]] = (0, ())
        self._moving = False
        self._locked = False
        self._page = 0
        self._prints: OrderedDict[tuple[str, int], _Print] = OrderedDict()
        self._troubles: dict[int, _Trouble] = {}
        self._under_way: dict[int, tuple[Job[Picture], int]] = {}
        self._grabbed: QPoint | None = None
        self._look = QTimer(self)
        self._look.setSingleShot(True)
        self._look.setInterval(_BREATH)
        self._look.timeout.connect(self._wish)
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.setFrameShape(QAbstractScrollArea.Shape.NoFrame)
        self.viewport().setCursor(Qt.CursorShape.OpenHandCursor)
        self.verticalScrollBar().setSingleStep(40)
        self.horizontalScrollBar().setSingleStep(40)
        desk.restyled.connect(self.viewport().update)

    # -- what is shown

    @property
    def sha256(self) -> str:
        """The document on the canvas, empty when there is none."""
        return self._sha256

    @property
    def page(self) -> int:
        """The page that is looked at."""
        return self._page

    @property
    def percent(self) -> int:
        """The zoom of that page; 100 is its true size on a screen of 96 dots an inch."""
        if not self._sheets:
            return 100
        return round(self._strip.sizes[self._page][0] / paper(self._sheets[self._page])[0] / _PIXELS_A_POINT * 100)

    @property
    def fitted(self) -> bool:
        """Whether pages are as wide as the window."""
        return not self._scale

    @property
    def cached_bytes(self) -> int:
        """What the pictures take."""
        return sum(one.size for one in self._prints.values())

    def set_document(self, sha256: str, sheets: Sequence[Sheet]) -> None:
        """Lay these pages out, from the first on, nothing highlighted; () empties the canvas."""
        self._cancel_all()
        self._sha256 = sha256
        self._sheets = tuple(sheets)
        self._troubles.clear()
        self._locked = False
        self._page = 0
        self._marked = (0, ())
        self._aim = (0, ())
        self._lay_out()

    def go_to(self, page: int, rects: tuple[Rect, ...] = ()) -> None:
        """Bring the page into view, or the first of ``rects`` on it, and keep it there while the window is resized."""
        if not self._sheets:
            return
        self._aim = (max(0, min(page, len(self._sheets) - 1)), rects)
        self._take_aim()
        self._tell_page()
        self._wish()

    def mark(self, page: int, rects: tuple[Rect, ...]) -> None:
        """Highlight these rectangles and nothing else."""
        self._marked = (page, rects)
        self.viewport().update()

    def unlock(self) -> None:
        """Draw again: the engine has the password now."""
        self._locked = False
        self.retry()

    def retry(self) -> None:
        """Ask again for what failed in passing."""
        self._troubles = {page: trouble for page, trouble in self._troubles.items() if not trouble.passing}
        self._wish()
        self.viewport().update()

    # -- zoom

    def zoom(self, steps: int, spot: QPointF | None = None) -> None:
        """Larger (or smaller) by so many steps of a fixed ladder; what is under ``spot`` stays there."""
        now = self.percent
        for _ in range(abs(steps)):
            rungs = [step for step in STEPS if (step > now if steps > 0 else step < now)]
            if not rungs:
                break
            now = rungs[0] if steps > 0 else rungs[-1]
        if now != self.percent:
            self.zoom_to(now, spot)

    def zoom_to(self, percent: int, spot: QPointF | None = None) -> None:
        """Exactly this zoom, within 50 to 400 %."""
        percent = max(LEAST_PERCENT, min(MOST_PERCENT, percent))
        self._rescale(percent / 100 * _PIXELS_A_POINT, spot)

    def fit_width(self) -> None:
        """Every page as wide as the window."""
        self._rescale(0.0, None)

    def _rescale(self, scale: float, spot: QPointF | None) -> None:
        if spot is not None:
            self._aim = None
        anchor = self._anchor(spot) if self._aim is None else None
        self._scale = scale
        self._lay_out(anchor)
        self.zoom_changed.emit()

    # -- layout and scrolling

    def _across(self) -> int:
        # The bar's room is always kept free: if pages took it, they would grow, need the bar, and shrink again.
        bar = self.style().pixelMetric(QStyle.PixelMetric.PM_ScrollBarExtent, None, self.verticalScrollBar())
        return max(40, self.width() - bar - 2 * GAP)

    def _lay_out(self, anchor: _Anchor | None = None) -> None:
        self._strip = lay_out(self._sheets, self._scale, self._across())
        self._set_ranges()
        if self._aim is not None:
            self._take_aim()
        elif anchor is not None:
            self._return_to(anchor)
        self._tell_page()
        self._look.start()
        self.viewport().update()

    def _set_ranges(self) -> None:
        view = self.viewport().size()
        down, across = self.verticalScrollBar(), self.horizontalScrollBar()
        with _Moving(self):
            down.setPageStep(max(1, round(view.height() * 0.9)))
            down.setRange(0, max(0, self._strip.height - view.height()) if self._sheets else 0)
            across.setPageStep(max(1, view.width()))
            room = self._strip.width + 2 * GAP - view.width()
            across.setRange(0, max(0, room) if self._sheets and not self.fitted else 0)

    def _page_rect(self, page: int) -> QRect:
        """Where the page lies in the window."""
        width, height = self._strip.sizes[page]
        room = max(self.viewport().width(), self._strip.width + 2 * GAP if not self.fitted else 0)
        left = (room - width) // 2 - self.horizontalScrollBar().value()
        return QRect(left, self._strip.tops[page] - self.verticalScrollBar().value(), width, height)

    def _anchor(self, spot: QPointF | None) -> _Anchor | None:
        if not self._sheets:
            return None
        view = self.viewport()
        spot = spot or QPointF(view.width() / 2, view.height() * _EYE)
        page = self._strip.at(spot.y() + self.verticalScrollBar().value())
        rect = self._page_rect(page)
        x, y = (spot.x() - rect.left()) / rect.width(), (spot.y() - rect.top()) / rect.height()
        return _Anchor(page, x, max(0.0, min(1.0, y)), spot)

    def _return_to(self, anchor: _Anchor) -> None:
        rect = self._page_rect(anchor.page)
        with _Moving(self):
            down, across = self.verticalScrollBar(), self.horizontalScrollBar()
            down.setValue(down.value() + round(rect.top() + anchor.y * rect.height() - anchor.spot.y()))
            across.setValue(across.value() + round(rect.left() + anchor.x * rect.width() - anchor.spot.x()))

    def _take_aim(self) -> None:
        assert self._aim is not None
        page, rects = self._aim
        if not self._sheets:
            return
        view = self.viewport().size()
        width, height = self._strip.sizes[page]
        top = self._strip.tops[page]
        down, across = self.verticalScrollBar(), self.horizontalScrollBar()
        with _Moving(self):
            if not rects:
                down.setValue(top - GAP)
                across.setValue((across.maximum() + 1) // 2)
                return
            first = rects[0].y0 * height
            tall = max(rect.y1 for rect in rects) * height - first
            # A quote longer than the window begins near its top; a short one stands where the eye rests.
            lead = max(GAP, min(view.height() * _EYE, view.height() - tall - 2 * GAP))
            down.setValue(round(top + first - lead))
            left = GAP + (self._strip.width - width) / 2
            low, high = min(r.x0 for r in rects) * width + left, max(r.x1 for r in rects) * width + left
            wide_enough = high - low <= view.width() - 2 * GAP
            across.setValue(round((low + high - view.width()) / 2 if wide_enough else low - GAP))

    def _tell_page(self) -> None:
        page = self._looked_at()
        if page != self._page:
            self._page = page
            self.page_changed.emit(page)

    def _looked_at(self) -> int:
        if not self._sheets:
            return 0
        if self._aim is not None:
            return self._aim[0]
        bar = self.verticalScrollBar()
        if bar.maximum() and bar.value() == bar.maximum():
            return len(self._sheets) - 1  # a short last page never reaches the eye's height
        return self._strip.at(bar.value() + self.viewport().height() * _EYE)

    def scrollContentsBy(self, dx: int, dy: int) -> None:
        """Moved: by somebody, or by ourselves towards an aim."""
        self.viewport().update()
        if not self._moving:
            self._aim = None
            self._tell_page()
        if not self._look.isActive():
            self._look.start()

    def resizeEvent(self, event: QResizeEvent) -> None:
        """Lays the pages out anew, at the same place."""
        # The bars still stand as they did before; the height of the window hardly matters to the place.
        self._lay_out(self._anchor(None))
        self.zoom_changed.emit()

    def showEvent(self, event: QShowEvent) -> None:
        """Draws what was not wanted while nobody looked."""
        super().showEvent(event)
        self._look.start()

    def event(self, event: QEvent) -> bool:
        """A move to a screen of another density asks for other pictures."""
        if event.type() == QEvent.Type.DevicePixelRatioChange:
            self._look.start()
        return super().event(event)

    # -- pictures

    def _in_view(self) -> range:
        if not self._sheets:
            return range(0)
        top = self.verticalScrollBar().value()
        return self._strip.between(top, top + self.viewport().height() - 1)

    def _wanted(self) -> list[int]:
        """The pages in view, the one looked at first, then their neighbours."""
        seen = self._in_view()
        if not seen:
            return []
        wanted = sorted(seen, key=lambda page: abs(page - self._page))
        near = [page for page in (seen.stop, seen.start - 1) if 0 <= page < len(self._sheets)]
        # Very large pictures are not fetched ahead: they would push out of memory what is in view.
        return wanted + near if sum(map(self._bytes, wanted + near)) <= _CACHE_BYTES else wanted

    def _bytes(self, page: int) -> int:
        width, height = self._strip.sizes[page]
        return self._pixels(page) ** 2 * 4 * height // width

    def _pixels(self, page: int) -> int:
        width, height = self._strip.sizes[page]
        density = self.devicePixelRatioF()
        most = math.sqrt(_MOST_PIXELS * width / height)
        return max(16, min(6000, round(min(width * density, most))))

    def _wish(self) -> None:
        self._look.stop()
        if not self._sheets or self._locked or not self.isVisible():
            return
        wanted = self._wanted()
        for page, (job, asked) in list(self._under_way.items()):
            if page not in wanted or asked != self._pixels(page):
                del self._under_way[page]
                job.cancel()
        for page in wanted:
            if len(self._under_way) >= (1 if self._bytes(page) > _LARGE_BYTES else _MOST_AT_ONCE):
                return
            if page in self._under_way or page in self._troubles:
                continue
            asked = self._pixels(page)
            known = self._prints.get((self._sha256, page))
            if known is None or known.asked != asked:
                self._draw(page, asked)

    def _draw(self, page: int, asked: int) -> None:
        sha256 = self._sha256
        job = self._desk.jobs.run(
            RenderPage(sha256, page, asked),
            self,
            done=lambda picture: self._drawn(sha256, page, asked, picture),
            failed=lambda error: self._failed(sha256, page, asked, error),
        )
        self._under_way[page] = (job, asked)

    def _drawn(self, sha256: str, page: int, asked: int, picture: Picture) -> None:
        image = QImage(picture.pixels, picture.width, picture.height, picture.stride, QImage.Format.Format_BGR888)
        self._prints[sha256, page] = _Print(asked, QPixmap.fromImage(image))
        self._prints.move_to_end((sha256, page))
        self._make_room()
        if sha256 == self._sha256:
            self._forget(page, asked)
            self.viewport().update(self._page_rect(page))
            self._wish()

    def _make_room(self) -> None:
        # What is in view stays, whatever it takes: it would only be asked for again.
        kept = {(self._sha256, page) for page in self._in_view()}
        taken = self.cached_bytes
        for key in [key for key in self._prints if key not in kept]:
            if taken <= _CACHE_BYTES:
                return
            taken -= self._prints.pop(key).size

    def _failed(self, sha256: str, page: int, asked: int, error: VademecumError) -> None:
        if sha256 != self._sha256:
            return
        self._forget(page, asked)
        if isinstance(error, Cancelled):
            return
        if error.key in ("view_needs_password", "view_password_wrong"):
            self._locked = True
            self._cancel_all()
            self.locked.emit(error)
            return
        passing = isinstance(error, TryAgain) or error.key == "engine_is_off"
        self._troubles[page] = _Trouble(self._desk.sentence(error), passing)
        if isinstance(error, UserProblem) and not passing:
            self._desk.jobs.run(
                ReadPage(sha256, page),
                self,
                done=lambda text: self._worded(sha256, page, text),
                failed=lambda _: None,  # then the sentence must do
            )
        self.viewport().update()
        self._wish()

    def _worded(self, sha256: str, page: int, text: str) -> None:
        if sha256 == self._sha256 and (trouble := self._troubles.get(page)) is not None:
            self._troubles[page] = _Trouble(trouble.sentence, trouble.passing, text)
            self.viewport().update()

    def _forget(self, page: int, asked: int) -> None:
        if page in self._under_way and self._under_way[page][1] == asked:
            del self._under_way[page]

    def _cancel_all(self) -> None:
        for job, _ in self._under_way.values():
            job.cancel()
        self._under_way.clear()

    # -- painting

    def paintEvent(self, event: QPaintEvent) -> None:
        """Desk, papers, pictures, highlights."""
        painter = QPainter(self.viewport())
        painter.fillRect(event.rect(), QColor(self._desk.theme.desk))
        for page in self._in_view():
            rect = self._page_rect(page)
            if rect.intersects(event.rect()):
                self._paint_page(painter, page, rect)

    def _paint_page(self, painter: QPainter, page: int, rect: QRect) -> None:
        # A page is paper in either theme: white, with what is printed on it in its own colours.
        painter.fillRect(rect, Qt.GlobalColor.white)
        known = self._prints.get((self._sha256, page))
        if page in self._troubles:
            self._paint_trouble(painter, rect, self._troubles[page])
        elif known is not None:
            self._prints.move_to_end((self._sha256, page))
            self._paint_picture(painter, rect, known.picture)
        else:
            painter.setPen(QColor(LIGHT.line))
            painter.drawText(rect, Qt.AlignmentFlag.AlignCenter, self._sheets[page].label)
        painter.setPen(QColor(self._desk.theme.line))
        painter.drawRect(rect.adjusted(-1, -1, 0, 0))
        if page == self._marked[0] and self._marked[1] and page not in self._troubles:
            self._paint_marks(painter, rect, self._marked[1])

    def _paint_picture(self, painter: QPainter, rect: QRect, picture: QPixmap) -> None:
        density = self.devicePixelRatioF()
        exact = QSize(round(rect.width() * density), round(rect.height() * density))
        off = exact - picture.size()
        if off.width() == 0 and abs(off.height()) <= 1:
            # The engine rounds a height its own way: one row more or less must not blur the whole page.
            target = QRectF(rect.left(), rect.top(), rect.width(), picture.height() / density)
            painter.drawPixmap(target, picture, QRectF(picture.rect()))
            return
        painter.setRenderHint(QPainter.RenderHint.SmoothPixmapTransform)
        painter.drawPixmap(rect, picture)
        painter.setRenderHint(QPainter.RenderHint.SmoothPixmapTransform, False)

    def _paint_trouble(self, painter: QPainter, rect: QRect, trouble: _Trouble) -> None:
        inner = QRectF(rect).adjusted(2 * GAP, 2 * GAP, -2 * GAP, -2 * GAP)
        option = QTextOption()
        option.setWrapMode(QTextOption.WrapMode.WrapAtWordBoundaryOrAnywhere)
        painter.save()
        painter.setClipRect(inner)
        painter.setPen(QColor(LIGHT.bad))
        painter.drawText(inner, trouble.sentence, option)
        used = painter.boundingRect(inner, trouble.sentence, option).height()
        painter.setPen(QColor(LIGHT.ink))
        painter.drawText(inner.adjusted(0, used + 2 * GAP, 0, 0), trouble.text, option)
        painter.restore()

    def _paint_marks(self, painter: QPainter, rect: QRect, rects: Sequence[Rect]) -> None:
        boxes = [
            QRectF(
                rect.left() + one.x0 * rect.width(),
                rect.top() + one.y0 * rect.height(),
                (one.x1 - one.x0) * rect.width(),
                (one.y1 - one.y0) * rect.height(),
            )
            for one in rects
        ]
        words = QPainterPath()
        words.setFillRule(Qt.FillRule.WindingFill)
        for box in boxes:
            words.addRect(box)
        painter.save()
        # As a marker pen does: what is black stays black, what is white takes the colour.
        painter.setCompositionMode(QPainter.CompositionMode.CompositionMode_Multiply)
        painter.fillPath(words, rgba(self._desk.theme.highlight))
        painter.setCompositionMode(QPainter.CompositionMode.CompositionMode_SourceOver)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        pen = QPen(rgba(LIGHT.highlight_line).darker(130), 1.2)  # on white paper, in either theme: 3 : 1 or more
        pen.setJoinStyle(Qt.PenJoinStyle.RoundJoin)
        painter.setPen(pen)
        painter.drawPath(contour(boxes))
        painter.restore()

    # -- hands

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """Home, End, space, and zoom; the arrows and page keys are those of every scroll area."""
        key, control = event.key(), bool(event.modifiers() & Qt.KeyboardModifier.ControlModifier)
        bar = self.verticalScrollBar()
        if key == Qt.Key.Key_Home:
            self.go_to(0)
        elif key == Qt.Key.Key_End:
            bar.setValue(bar.maximum())
        elif key == Qt.Key.Key_Space:
            back = bool(event.modifiers() & Qt.KeyboardModifier.ShiftModifier)
            bar.setValue(bar.value() + (-bar.pageStep() if back else bar.pageStep()))
        elif key in (Qt.Key.Key_Plus, Qt.Key.Key_Equal):
            self.zoom(1)
        elif key in (Qt.Key.Key_Minus, Qt.Key.Key_Underscore):
            self.zoom(-1)
        elif key == Qt.Key.Key_0 and control:
            self.fit_width()
        else:
            super().keyPressEvent(event)

    def wheelEvent(self, event: QWheelEvent) -> None:
        """Scrolls; zooms with Ctrl."""
        if event.modifiers() & Qt.KeyboardModifier.ControlModifier:
            turn = event.angleDelta().y()
            if turn:
                self.zoom(1 if turn > 0 else -1, event.position())
            event.accept()
        else:
            super().wheelEvent(event)

    def mousePressEvent(self, event: QMouseEvent) -> None:
        """Takes hold of the paper."""
        if event.button() == Qt.MouseButton.LeftButton:
            self._grabbed = event.position().toPoint()
            self.viewport().setCursor(Qt.CursorShape.ClosedHandCursor)

    def mouseMoveEvent(self, event: QMouseEvent) -> None:
        """Moves the paper that is held."""
        if self._grabbed is not None:
            here = event.position().toPoint()
            way = here - self._grabbed
            self._grabbed = here
            self.horizontalScrollBar().setValue(self.horizontalScrollBar().value() - way.x())
            self.verticalScrollBar().setValue(self.verticalScrollBar().value() - way.y())

    def mouseReleaseEvent(self, event: QMouseEvent) -> None:
        """Lets it go."""
        self._grabbed = None
        self.viewport().setCursor(Qt.CursorShape.OpenHandCursor)


class _Moving:
    """While it lasts, the bars are moved by the program and not by a person."""

    def __init__(self, canvas: PageCanvas) -> None:
        self._canvas = canvas
        self._before = canvas._moving

    def __enter__(self) -> None:
        self._canvas._moving = True

    def __exit__(self, *_: object) -> None:
        self._canvas._moving = self._before
