"""The imports under way and those just ended, one card below the other; the only place that starts one."""

from __future__ import annotations

from pathlib import Path
from typing import cast

from PySide6.QtCore import QEvent, QObject, QTimer, Signal
from PySide6.QtGui import QResizeEvent
from PySide6.QtWidgets import QFrame, QScrollArea, QSizePolicy, QVBoxLayout, QWidget

from core.nouns import Change
from desktop.channel import AddFiles, LibraryState, ReplaceFile, ResumeImports
from desktop.window.desk import Desk
from desktop.window.jobs import Job
from desktop.window.pages.imports import ImportCard, ImportRequest
from desktop.window.theme import GAP

_TALLEST = 420  # pixels: the documents stay in sight however many imports there are


class ImportStrip(QScrollArea):
    """Every import of the program, whoever began it.  Nothing is shown while there is none."""

    grown = Signal()  # there may be more documents than a moment ago
    broken_off = Signal()  # an import ended without a Change that would tell what it did

    def __init__(self, desk: Desk) -> None:
        super().__init__()
        self._desk = desk
        self._cards: list[ImportCard] = []
        self._folder: Path | None = None
        self._calling: ImportCard | None = None  # the card for which a job is being started
        self._inner = QWidget()
        self._column = QVBoxLayout(self._inner)
        self._column.setContentsMargins(0, 0, 0, 0)
        self._column.setSpacing(GAP // 2)
        self.setWidget(self._inner)
        self.setWidgetResizable(True)
        self.setFrameShape(QFrame.Shape.NoFrame)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)
        self.setAccessibleName(self.tr("Imports"))
        self._inner.installEventFilter(self)
        self.hide()
        desk.jobs.imports.connect(self._begun)
        desk.jobs.opened.connect(self._library_opened)
        for job in desk.jobs.running:
            if isinstance(job.request, AddFiles | ReplaceFile | ResumeImports):
                self._begun(cast("Job[Change]", job))

    @property
    def cards(self) -> tuple[ImportCard, ...]:
        """What is shown, the oldest first."""
        return tuple(self._cards)

    @property
    def busy(self) -> bool:
        """Whether any import is under way."""
        return any(card.running for card in self._cards)

    def begin(self, request: ImportRequest) -> None:
        """Start an import; those that ended without a word to add make room."""
        for card in self.cards:
            if not card.running and not card.troubled:
                self._remove(card)
        self._desk.jobs.run(request, self)

    def _begun(self, job: Job[Change]) -> None:
        card = self._calling
        if card is None and isinstance(job.request, ResumeImports):
            # The engine died and is back: it finishes what the first of them had written down.
            card = next((card for card in self._cards if card.interrupted), None)
        if card is None:
            card = self._add(cast(ImportRequest, job.request))
        card.follow(job)

    def _add(self, request: ImportRequest) -> ImportCard:
        card = ImportCard(self._desk, request)
        card.closed.connect(lambda: self._remove(card))
        card.grown.connect(self.grown)
        card.broken_off.connect(self.broken_off)
        card.again.connect(lambda wanted: self._call(card, wanted))
        self._cards.append(card)
        self._column.addWidget(card)
        self.show()
        return card

    def _call(self, card: ImportCard, request: ImportRequest) -> None:
        self._calling = card
        try:
            self._desk.jobs.run(request, self)
        finally:
            self._calling = None

    def _remove(self, card: ImportCard) -> None:
        self._cards.remove(card)
        self._column.removeWidget(card)
        card.hide()
        card.deleteLater()
        self.setVisible(bool(self._cards))

    def _library_opened(self, state: LibraryState) -> None:
        if self._folder not in (None, state.folder):
            for card in self.cards:  # they speak of another library
                self._remove(card)
        self._folder = state.folder
        # In the next turn: by then an import that was written down has been taken up again.
        QTimer.singleShot(0, self, self._go_on)

    def _go_on(self) -> None:
        for card in self.cards:
            card.go_on()

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        """As tall as the cards, up to a limit."""
        if watched is self._inner and event.type() == QEvent.Type.LayoutRequest:
            self._fit()
        return super().eventFilter(watched, event)

    def resizeEvent(self, event: QResizeEvent) -> None:
        """Another width may need another height."""
        super().resizeEvent(event)
        self._fit()

    def _fit(self) -> None:
        column = self._column
        wraps = column.hasHeightForWidth()
        tall = column.totalHeightForWidth(self.viewport().width()) if wraps else column.totalSizeHint().height()
        self.setFixedHeight(min(_TALLEST, tall))
