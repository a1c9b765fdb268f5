"""An answer beside an earlier one to the same question: what is new, what is gone."""

from __future__ import annotations

from PySide6.QtGui import QResizeEvent
from PySide6.QtWidgets import QBoxLayout, QFrame, QVBoxLayout, QWidget

from core.nouns import Exchange
from desktop.window import citing
from desktop.window.desk import Desk
from desktop.window.pages.answer import Opener, Sentences
from desktop.window.prose import Prose
from desktop.window.theme import GAP

_SIDE_BY_SIDE = 520  # pixels; narrower, the two stand below one another


class Comparison(QWidget):
    """Two answers side by side, each sentence marked where it has no like in the other."""

    def __init__(self, desk: Desk, earlier: Exchange, now: Exchange, opener: Opener) -> None:
        super().__init__()
        self._desk = desk
        gone, new = citing.compare(earlier.answer.checked.claims, now.answer.checked.claims)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(GAP // 2)
        column.addWidget(Prose(self._summary(earlier, now, sum(new), sum(gone)), bold=True))
        self._pair = QBoxLayout(QBoxLayout.Direction.LeftToRight)
        self._pair.setSpacing(GAP)
        column.addLayout(self._pair)
        self.earlier = Sentences(desk, opener)
        self.now = Sentences(desk, opener)
        rule = QFrame()
        rule.setProperty("role", "rule")
        self._rule = rule
        for sentences, exchange, title, changes in (
            (self.earlier, earlier, self.tr("Earlier"), ["gone" if g else "" for g in gone]),
            (self.now, now, self.tr("Now"), ["new" if n else "" for n in new]),
        ):
            side = QVBoxLayout()
            side.setSpacing(2)
            side.addWidget(Prose(f"{title} · {self._told(exchange)}", "muted"))
            if refused := citing.refusal(exchange.answer, desk.language):
                side.addWidget(Prose(refused))
            sentences.show_all(exchange.answer.checked.claims, exchange.outdated, changes)
            side.addWidget(sentences)
            side.addStretch(1)
            self._pair.addLayout(side, 1)
        self._pair.insertWidget(1, rule)

    def set_current(self, shown: citing.Place | None) -> None:
        """Tell which citation the page viewer shows."""
        self.earlier.set_current(shown)
        self.now.set_current(shown)

    def resizeEvent(self, event: QResizeEvent) -> None:
        """Side by side where there is room."""
        wide = event.size().width() >= _SIDE_BY_SIDE
        self._pair.setDirection(QBoxLayout.Direction.LeftToRight if wide else QBoxLayout.Direction.TopToBottom)
        self._rule.setFixedSize(1 if wide else 16_777_215, 16_777_215 if wide else 1)
        self._rule.setVisible(not wide)
        super().resizeEvent(event)

    def _summary(self, earlier: Exchange, now: Exchange, new: int, gone: int) -> str:
        if earlier.answer.checked.kind is not now.answer.checked.kind:
            return self.tr("The library has changed, and so has the kind of answer.")
        if not new and not gone:
            return self.tr("Both answers say the same.")
        return self.tr("Compared with the earlier answer: {new} new, {gone} gone.").format(new=new, gone=gone)

    def _told(self, exchange: Exchange) -> str:
        return self.tr("{time}, record {record}, library revision {revision}").format(
            time=citing.local_time(exchange.utc, self._desk.language),
            record=exchange.answer.record.sequence,
            revision=exchange.answer.library_revision,
        )
