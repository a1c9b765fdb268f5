"""What is known of the selected documents, below the table."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from PySide6.QtCore import QLocale, Qt
from PySide6.QtGui import QResizeEvent
from PySide6.QtWidgets import QFrame, QHBoxLayout, QLabel, QPushButton, QVBoxLayout

from core.nouns import Document, Outcome
from desktop.channel import RejectedFile
from desktop.window.desk import Desk
from desktop.window.elided import ElidedLabel
from desktop.window.icons import pixmap
from desktop.window.pages.documents_table import Row, local_day, printable
from desktop.window.theme import GAP
from desktop.window.widgets import label

_MOST_PAGES = 40  # runs of unreadable pages that are listed
_ROOM_FOR_WORDS = 420  # pixels beside the buttons


class DetailsStrip(QFrame):
    """State, reason and unreadable pages of one document, or how many are selected; ``buttons`` at the right.

    ``reason`` says why a row is as it is, in a sentence.
    """

    def __init__(self, desk: Desk, buttons: Sequence[QPushButton], reason: Callable[[Row], str]) -> None:
        super().__init__()
        self._desk = desk
        self._say_reason = reason
        self._outcome: Outcome | None = None
        self._buttons = {one: one.text() for one in buttons}
        self.setProperty("role", "card")
        self._icon = QLabel()
        self.name = ElidedLabel("heading")
        self.facts = ElidedLabel("muted", Qt.TextElideMode.ElideRight)
        self.reason = label("", selectable=True)
        self.pages = label("", "warn", selectable=True)
        words = QVBoxLayout()
        words.setSpacing(3)
        words.addWidget(self.name)
        words.addWidget(self.facts)
        head = QHBoxLayout()
        head.setSpacing(GAP)
        head.addWidget(self._icon, 0, Qt.AlignmentFlag.AlignTop)
        head.addLayout(words, 1)
        for one in buttons:
            head.addWidget(one, 0, Qt.AlignmentFlag.AlignTop)
        column = QVBoxLayout(self)
        column.setContentsMargins(GAP, GAP, GAP, GAP)
        column.setSpacing(3)
        column.addLayout(head)
        for part in (self.reason, self.pages):
            part.setContentsMargins(20 + GAP, 0, 0, 0)  # below the name, not below its picture
            column.addWidget(part)
        desk.restyled.connect(self._paint)
        self.show_documents(())

    def show_documents(self, documents: Sequence[Document], rejected: Sequence[RejectedFile] = ()) -> None:
        """Tell of these."""
        rows: tuple[Row, ...] = (*documents, *rejected)
        self._outcome = rows[0].outcome if len(rows) == 1 else None
        if rejected:
            self._tell_rejected(documents, rejected)
        elif not documents:
            self._say(self.tr("No document is selected"), self.tr("Select one to see its state; Enter opens it."))
        elif len(documents) == 1:
            self._tell(documents[0])
        else:
            extents = (
                (sum(d.pages for d in documents if not d.in_sections), self.tr("{n} pages")),
                (sum(d.pages for d in documents if d.in_sections), self.tr("{n} sections")),
            )
            told = [words.format(n=QLocale().toString(count)) for count, words in extents if count]
            self._say(self.tr("{n} documents are selected").format(n=len(documents)), "  ·  ".join(told))
        self._paint()

    def resizeEvent(self, event: QResizeEvent) -> None:
        """Where there is little room the buttons keep their pictures only."""
        super().resizeEvent(event)
        self.fit_buttons()

    def fit_buttons(self) -> None:
        """Words on the buttons that are shown, where there is room for them."""
        words = " ".join(text for one, text in self._buttons.items() if not one.isHidden())
        tight = self.width() < _ROOM_FOR_WORDS + 2 * self.fontMetrics().horizontalAdvance(words)
        for one, text in self._buttons.items():
            one.setText("" if tight else text)

    def _say(self, name: str, facts: str, reason: str = "", pages: str = "") -> None:
        self.name.setText(name)
        self.facts.setText(facts)
        for part, words in ((self.reason, reason), (self.pages, pages)):
            part.setText(words)
            part.setVisible(bool(words))

    def _tell(self, document: Document) -> None:
        day = QLocale().toString(local_day(document.added_at), self.tr("d MMM yyyy"))
        facts = [
            document.collection,
            self._extent(document),
            *([self._by_recognition(document)] if document.ocr_pages else []),
            self.tr("version {n}").format(n=document.version),
            QLocale().formattedDataSize(document.size, 1, QLocale.DataSizeFormat.DataSizeSIFormat),
            self.tr("added {day}").format(day=day),
        ]
        pages = ""
        if document.unreadable_pages:
            listed = self._listed(document.unreadable_pages)
            pages = (
                self.tr("Page that could not be read: {pages}")
                if len(document.unreadable_pages) == 1
                else self.tr("Pages that could not be read: {pages}")
            ).format(pages=listed)
        if document.poorly_read:
            remark = self._desk.say("poorly_recognised", pages=self._listed(document.poorly_read))
            pages = "\n".join(filter(None, (pages, remark)))
        if document.hidden_pages:
            remark = self._desk.say("hidden_text", pages=self._listed(document.hidden_pages))
            if document.in_sections:
                remark = self._desk.say("hidden_text_sections", count=len(document.hidden_pages))
            pages = "\n".join(filter(None, (pages, remark)))
        self._say(document.name, "  ·  ".join(facts), self._say_reason(document), pages)

    def _by_recognition(self, document: Document) -> str:
        if not document.recognised:  # read before this was told
            return self.tr("{n} by OCR").format(n=document.ocr_pages)
        sure = int(100 * document.confidence)
        return self.tr("{n} by OCR, {percent}% sure").format(n=document.ocr_pages, percent=sure)

    def _extent(self, document: Document) -> str:
        if document.in_sections:
            return self.tr("1 section") if document.pages == 1 else self.tr("{n} sections").format(n=document.pages)
        return self.tr("1 page") if document.pages == 1 else self.tr("{n} pages").format(n=document.pages)

    def _tell_rejected(self, documents: Sequence[Document], rejected: Sequence[RejectedFile]) -> None:
        if len(rejected) > 1 or documents:
            here = (
                ""
                if not documents
                else self.tr("with 1 document")
                if len(documents) == 1
                else self.tr("with {n} documents").format(n=len(documents))
            )
            self._say(
                self.tr("1 rejected file is selected")
                if len(rejected) == 1
                else self.tr("{n} rejected files are selected").format(n=len(rejected)),
                here,
            )
            return
        file = rejected[0]
        day = QLocale().toString(local_day(file.rejected_at), self.tr("d MMM yyyy"))
        size = QLocale().formattedDataSize(file.size, 1, QLocale.DataSizeFormat.DataSizeSIFormat)
        facts = [
            self.tr("not in the library"),
            file.collection,
            *([size] if file.size else []),
            self.tr("last tried {day}").format(day=day),
            *([printable(str(file.source))] if file.source is not None else []),
        ]
        self._say(file.name, "  ·  ".join(facts), self._say_reason(file))

    def _listed(self, indexes: Sequence[int]) -> str:
        """Pages as people write them, counted from 1: 3, 7-9."""
        runs: list[list[int]] = []
        for index in sorted(indexes):
            if runs and index == runs[-1][1] + 1:
                runs[-1][1] = index
            else:
                runs.append([index, index])
        shown = [str(a + 1) if a == b else f"{a + 1}–{b + 1}" for a, b in runs[:_MOST_PAGES]]
        more = sum(b - a + 1 for a, b in runs[_MOST_PAGES:])
        words = ", ".join(shown)
        return self.tr("{pages} and {n} more").format(pages=words, n=more) if more else words

    def _paint(self) -> None:
        theme = self._desk.theme
        drawn = {
            Outcome.OK: ("supported", theme.good),
            Outcome.PARTIAL: ("partial", theme.warn),
            Outcome.REJECTED: ("unsupported", theme.bad),
        }
        name, colour = drawn[self._outcome] if self._outcome else ("file", theme.muted)
        self._icon.setPixmap(pixmap(name, colour))
