"""Passages that a search found, as compact rows, and what is said when they hold no answer."""

from __future__ import annotations

from collections.abc import Sequence

from PySide6.QtCore import QRect, QRectF, QSize, Qt
from PySide6.QtGui import QColor, QFont, QFontMetrics, QPainter, QPaintEvent, QPen
from PySide6.QtWidgets import QAbstractButton, QHBoxLayout, QLabel, QSizePolicy, QVBoxLayout, QWidget

from core.nouns import Answer, Candidate, Coverage
from desktop.window import citing
from desktop.window.desk import Desk
from desktop.window.fold import Fold
from desktop.window.icons import pixmap
from desktop.window.pages.answer import Opener
from desktop.window.prose import Prose, tip
from desktop.window.theme import GAP
from desktop.window.widgets import button

_SHOWN_AT_ONCE = 5
_FIRST_WORDS = 300  # characters; more never fit in a line
_ICON = 15


class PassageRow(QAbstractButton):
    """One passage in a line: found, document, page, first words.  A click opens its page."""

    def __init__(self, desk: Desk, candidate: Candidate, opener: Opener) -> None:
        super().__init__()
        self._desk = desk
        passage = candidate.passage
        self.candidate = candidate
        self._name = citing.one_line(candidate.document)
        place = (passage.page_index, candidate.page_label, desk.language)
        self._page = citing.page_chip(*place, section=candidate.section)
        self._words = citing.one_line(passage.text[:_FIRST_WORDS])
        where = citing.page_words(*place, section=candidate.section)
        self.setToolTip(tip(f"{self._name}, {where}", citing.one_line(passage.text)))
        self.setAccessibleName(
            self.tr("Found: {document}, {page}").format(document=self._name, page=where) + f". {self._words}"
        )
        self.setCursor(Qt.CursorShape.PointingHandCursor)
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)
        self.setAttribute(Qt.WidgetAttribute.WA_Hover)
        self.clicked.connect(lambda _=False: opener.open_page(passage.sha256, passage.page_index))

    def sizeHint(self) -> QSize:
        """A line."""
        return QSize(360, QFontMetrics(self.font()).height() + 12)

    def minimumSizeHint(self) -> QSize:
        """A narrow line."""
        return QSize(120, self.sizeHint().height())

    def paintEvent(self, _event: QPaintEvent) -> None:
        """The line."""
        theme = self._desk.theme
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        box = QRectF(self.rect()).adjusted(1, 1, -1, -1)
        if self.underMouse() or self.isDown():
            painter.setPen(Qt.PenStyle.NoPen)
            painter.setBrush(QColor(theme.raised))
            painter.drawRoundedRect(box, 6, 6)
        if self.hasFocus():
            painter.setPen(QPen(QColor(theme.accent), 2))
            painter.setBrush(Qt.BrushStyle.NoBrush)
            painter.drawRoundedRect(box, 6, 6)
        middle = self.height() // 2
        painter.drawPixmap(8, middle - _ICON // 2, pixmap("found", theme.muted, _ICON))
        x = 8 + _ICON + 8
        strong = QFont(self.font())
        strong.setWeight(QFont.Weight.DemiBold)
        metrics = QFontMetrics(strong)
        name = metrics.elidedText(self._name, Qt.TextElideMode.ElideMiddle, max(80, int(self.width() * 0.38)))
        for text, font, colour in ((name, strong, theme.ink), (self._page, self.font(), theme.accent)):
            painter.setFont(font)
            painter.setPen(QColor(colour))
            wide = QFontMetrics(font).horizontalAdvance(text)
            painter.drawText(QRect(x, 0, wide + 2, self.height()), Qt.AlignmentFlag.AlignVCenter, text)
            x += wide + 10
        painter.setPen(QColor(theme.muted))
        room = self.width() - x - 8
        words = QFontMetrics(self.font()).elidedText(self._words, Qt.TextElideMode.ElideRight, max(0, room))
        painter.drawText(QRect(x, 0, max(0, room) + 2, self.height()), Qt.AlignmentFlag.AlignVCenter, words)


class Passages(QWidget):
    """A column of passages; the first few, and the rest on demand."""

    def __init__(self, desk: Desk, candidates: Sequence[Candidate], opener: Opener, most: int = _SHOWN_AT_ONCE) -> None:
        super().__init__()
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(0)
        self.rows = [PassageRow(desk, candidate, opener) for candidate in candidates]
        for at, row in enumerate(self.rows):
            column.addWidget(row)
            row.setVisible(at < most)
        self._more = button(self.tr("Show all {n}").format(n=len(self.rows)), "link", clicked=self.show_all)
        column.addWidget(self._more, 0, Qt.AlignmentFlag.AlignLeft)
        self._more.setVisible(len(self.rows) > most)

    def show_all(self) -> None:
        """Every row."""
        for row in self.rows:
            row.show()
        self._more.hide()


class NotFound(QWidget):
    """A calm refusal: that it was not found, why, what was searched, what is nearest, what could not be read."""

    def __init__(self, desk: Desk, answer: Answer, opener: Opener) -> None:
        super().__init__()
        self._desk = desk
        checked = answer.checked
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(GAP // 2)
        head = QHBoxLayout()
        head.setSpacing(10)
        self._picture = QLabel()
        head.addWidget(self._picture, 0, Qt.AlignmentFlag.AlignTop)
        words = QVBoxLayout()
        words.setSpacing(0)
        words.addWidget(Prose(desk.say("not_found"), scale=1.08, bold=True))
        empty = checked.reason == "library_empty"
        why = desk.say(checked.reason) if checked.reason and not empty else ""
        if empty:
            why = self.tr("There is no document to search yet. Add some on the library page.")
        words.addWidget(Prose(" ".join(w for w in (why, citing.coverage_words(checked.coverage, desk.language)) if w)))
        head.addLayout(words, 1)
        column.addLayout(head)
        self.passages: Passages | None = None
        if checked.nearest:
            column.addSpacing(4)
            column.addWidget(Prose(self.tr("Nearest passages, for you to judge"), "muted"))
            self.passages = Passages(desk, checked.nearest, opener)
            column.addWidget(self.passages)
        self.unreadable: Fold | None = None
        if checked.coverage.unreadable:
            self.unreadable = Fold(desk, self._unreadable_title(checked.coverage), lambda: self._unread(answer))
            column.addWidget(self.unreadable)
            if len(checked.coverage.unreadable) <= 3:
                self.unreadable.open()
        self._paint()
        desk.restyled.connect(self._paint)

    def _unreadable_title(self, coverage: Coverage) -> str:
        pages = sum(len(pages) for _, pages in coverage.unreadable)
        return self.tr("Pages that could not be read, so were not searched: {n}").format(n=pages)

    def _unread(self, answer: Answer) -> QWidget:
        whole = QWidget()
        column = QVBoxLayout(whole)
        column.setContentsMargins(24, 0, 0, 0)
        lines = citing.unreadable_words(answer.checked.coverage, self._desk.language)
        column.addWidget(Prose("\n".join(lines), "warn"))
        return whole

    def _paint(self) -> None:
        self._picture.setPixmap(pixmap("search", self._desk.theme.muted, 24))
