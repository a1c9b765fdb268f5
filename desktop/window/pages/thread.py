"""The exchanges of a conversation, one below the other.

Only those near what is looked at are widgets: a conversation of sixty answers has thousands of parts, and a
window that is resized or takes another theme visits every one of them.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from PySide6.QtCore import QEvent, Qt, QTimer
from PySide6.QtGui import QResizeEvent
from PySide6.QtWidgets import QApplication, QScrollArea, QWidget

from core.nouns import Candidate, Exchange
from desktop.window import citing
from desktop.window.desk import Desk
from desktop.window.pages.exchange import Doings, ExchangeView
from desktop.window.theme import GAP

_READING_WIDTH = 860  # pixels; longer lines are hard to read
_BETWEEN = 3 * GAP
_MARGIN = 2 * GAP
_SETTLED = 300  # milliseconds in which a layout comes to rest
_KEPT = 8  # views that are kept though they are far away


@dataclass(eq=False, slots=True)
class _Slot:
    """The place of one exchange; its view is made when it comes near."""

    exchange: Exchange | None
    view: ExchangeView | None
    earlier: Exchange | None = None
    found: tuple[Candidate, ...] = ()
    y: int = 0
    height: int = 300


class _Page(QWidget):
    """What is scrolled: tells when one of its parts wants another size."""

    def __init__(self, changed: Callable[[], None]) -> None:
        super().__init__()
        self._changed = changed

    def event(self, event: QEvent) -> bool:
        """Hear of a part's new size."""
        if event.type() == QEvent.Type.LayoutRequest:
            self._changed()
        return super().event(event)


class Thread(QScrollArea):
    """Scrolls; follows an answer while it grows, until the person scrolls away."""

    def __init__(self, desk: Desk, doings: Doings) -> None:
        super().__init__()
        self._desk = desk
        self.doings = doings
        self._slots: list[_Slot] = []
        self._following: _Slot | None = None
        self._arranging = False
        self._revision = 0
        self._shown: citing.Place | None = None
        self.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.setAccessibleName(self.tr("Conversation"))
        self._page = _Page(self._arrange)
        self.setWidget(self._page)
        self._ahead = QTimer(self)
        self._ahead.setSingleShot(True)
        self._ahead.timeout.connect(self._build_ahead)
        bar = self.verticalScrollBar()
        bar.setSingleStep(3 * GAP)
        bar.valueChanged.connect(lambda _: self._arrange())
        bar.actionTriggered.connect(lambda _: self._let_go())

    # -- what is in it

    @property
    def exchanges(self) -> tuple[Exchange, ...]:
        """Everything that was answered in this conversation, the oldest first."""
        known = (slot.view.exchange if slot.view is not None else slot.exchange for slot in self._slots)
        return tuple(exchange for exchange in known if exchange is not None)

    @property
    def views(self) -> list[ExchangeView]:
        """The views that exist now, the oldest first."""
        return [slot.view for slot in self._slots if slot.view is not None]

    def show_all(self, exchanges: Sequence[Exchange]) -> None:
        """These exchanges, and no others; the last one is seen first."""
        self.clear()
        self._slots = [_Slot(exchange, None, height=_estimate(exchange)) for exchange in exchanges]
        self._following = self._slots[-1] if self._slots else None
        self._arrange()
        self.settle()

    def append(self, view: ExchangeView) -> None:
        """One more at the end; it is followed while it grows."""
        slot = _Slot(view.exchange, view, view.earlier)
        self._slots.append(slot)
        self._adopt(view)
        self._following = slot
        self._arrange()

    def clear(self, keep: ExchangeView | None = None) -> None:
        """Show nothing.  ``keep`` is taken out and lives on."""
        for slot in self._slots:
            if slot.view is keep and keep is not None:
                keep.hide()
                keep.setParent(self)
            elif slot.view is not None:
                _delete(slot.view)
        self._slots = []
        self._following = None
        self._arrange()

    def settle(self) -> None:
        """Nothing grows any more: from now on the person alone scrolls."""
        QTimer.singleShot(_SETTLED, self, self._let_go_if_still)

    # -- what others tell

    def set_revision(self, revision: int) -> None:
        """The library's revision now."""
        self._revision = revision
        for view in self.views:
            view.set_revision(revision)

    def set_current(self, shown: citing.Place | None) -> None:
        """Which citation the page viewer shows."""
        self._shown = shown
        for view in self.views:
            view.set_current(shown)

    def refresh(self, exchanges: Sequence[Exchange]) -> None:
        """The same exchanges, whose documents may have been replaced since."""
        fresh = {exchange.id: exchange for exchange in exchanges}
        for slot in self._slots:
            exchange = slot.view.exchange if slot.view is not None else slot.exchange
            if exchange is not None and exchange.id in fresh:
                slot.exchange = fresh[exchange.id]
                if slot.view is not None:
                    slot.view.exchange = slot.exchange
                    slot.view.set_outdated(slot.exchange.outdated)

    # -- placing

    def _arrange(self) -> None:
        """Give every exchange its place, make the views that are near, and keep in sight what is looked at."""
        if self._arranging:
            return
        self._arranging = True
        try:
            width, tall = self.viewport().width(), self.viewport().height()
            # Measured over the whole width: nothing moves aside when a scroll bar comes, and all stands above
            # the question's field.
            side = max(_MARGIN, (self.width() - _READING_WIDTH) // 2)
            inner = max(120, min(_READING_WIDTH, width - side - _MARGIN))
            held, offset = self._held()
            made = False
            while True:
                total = self._measure(inner)
                top = self._top(held, offset, total, tall)
                missing = self._missing(top, top + tall)
                if not missing:
                    break
                for slot in missing:
                    self._build(slot)
                made = True
            self._page.resize(width, max(total, tall))
            for slot in self._slots:
                if slot.view is not None:
                    slot.view.setGeometry(side, slot.y, inner, slot.height)
            self.verticalScrollBar().setValue(top)
            self._release(top, tall)
            if self._missing(top - tall, top + 2 * tall):
                self._ahead.start(0)
            if made:
                self._order_tabs()
        finally:
            self._arranging = False

    def _measure(self, inner: int) -> int:
        y = _MARGIN
        for slot in self._slots:
            if slot.view is not None:
                slot.height = slot.view.heightForWidth(inner)
            slot.y = y
            y += slot.height + _BETWEEN
        return y - _BETWEEN + _MARGIN

    def _held(self) -> tuple[_Slot | None, int]:
        """What is at the upper edge, and how far from it: that stays where it is when heights change."""
        top = self.verticalScrollBar().value()
        for slot in self._slots:
            if slot.y + slot.height > top:
                return slot, top - slot.y
        return None, 0

    def _top(self, held: _Slot | None, offset: int, total: int, tall: int) -> int:
        most = max(0, total - tall)
        if self._following is not None:
            # Its question stays in sight when the answer is longer than the window.
            return min(most, max(0, self._following.y - GAP))
        return min(most, max(0, held.y + offset)) if held is not None else 0

    def _missing(self, top: int, bottom: int) -> list[_Slot]:
        """Between these heights, what has no view yet."""
        return [s for s in self._slots if s.view is None and s.y < bottom and s.y + s.height > top]

    def _build_ahead(self) -> None:
        """One more view a little out of sight, so that scrolling finds it ready."""
        top, tall = self.verticalScrollBar().value(), self.viewport().height()
        if missing := self._missing(top - tall, top + 2 * tall):
            self._build(missing[-1])
            self._order_tabs()
            self._arrange()

    def _build(self, slot: _Slot) -> None:
        exchange = slot.exchange
        assert exchange is not None  # a slot without an answer always has its view
        view = ExchangeView(self._desk, self.doings, exchange.typed, exchange.scope, earlier=slot.earlier)
        view.found(slot.found)
        view.settle(exchange)
        slot.view = view
        self._adopt(view)

    def _adopt(self, view: ExchangeView) -> None:
        view.set_revision(self._revision)
        view.set_current(self._shown)
        view.setParent(self._page)
        view.show()

    def _release(self, top: int, tall: int) -> None:
        """Let go of views that are far away; what they show can be made again."""
        if len(self.views) <= _KEPT:
            return
        focused = QApplication.focusWidget()
        for slot in self._slots:
            view = slot.view
            far = slot.y > top + 4 * tall or slot.y + slot.height < top - 3 * tall
            if view is None or not far or view.exchange is None or (focused and view.isAncestorOf(focused)):
                continue
            slot.exchange, slot.earlier, slot.found = view.exchange, view.earlier, view.candidates
            slot.view = None
            _delete(view)

    def _order_tabs(self) -> None:
        """The Tab key goes through views from top to bottom, in whatever order they were made."""
        before: QWidget = self
        for view in self.views:
            for widget in view.findChildren(QWidget):
                if widget.focusPolicy() & Qt.FocusPolicy.TabFocus:
                    QWidget.setTabOrder(before, widget)
                    before = widget

    def _let_go_if_still(self) -> None:
        following = self._following
        if following is not None and (following.view is None or not following.view.waiting):
            self._let_go()

    def _let_go(self) -> None:
        self._following = None

    def resizeEvent(self, event: QResizeEvent) -> None:
        """Other lines, other places."""
        super().resizeEvent(event)
        self._arrange()


def _estimate(exchange: Exchange) -> int:
    """About how high an exchange will be, until it is laid out."""
    claims = exchange.answer.checked.claims
    return 170 + sum(55 + 21 * (len(claim.text) // 90) for claim in claims)


def _delete(view: ExchangeView) -> None:
    view.hide()
    view.setParent(None)
    view.deleteLater()
