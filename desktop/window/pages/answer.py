"""The sentences of an answer: mark, words, citation chips, and why a sentence is only partly supported."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

from PySide6.QtCore import QEvent, QRectF, QSize, Qt
from PySide6.QtGui import QColor, QEnterEvent, QFontMetrics, QPainter, QPaintEvent, QResizeEvent
from PySide6.QtWidgets import QLabel, QPushButton, QSizePolicy, QVBoxLayout, QWidget

from core.nouns import Citation, Claim, Verdict
from desktop import forms
from desktop.window import citing
from desktop.window.desk import Desk
from desktop.window.icons import pixmap
from desktop.window.prose import Prose, tip

_ICONS = {
    Verdict.SUPPORTED: "supported",
    Verdict.PARTIAL: "partial",
    Verdict.UNSUPPORTED: "unsupported",
    Verdict.CONVERSATION: "conversation",
}
_PAD, _MARK, _INDENT, _BAR = 8, 18, 36, 14
_CHIP_GAP = 6
_WIDEST_CHIP = 330
_CHIP_FRAME = 22


@dataclass(frozen=True, slots=True)
class Opener:
    """What can be done with what an answer cites."""

    cite: Callable[[Citation, Sequence[Citation]], None]  # a citation, and all of its answer
    open_page: Callable[[str, int], None]  # SHA-256 and page index


class Chip(QPushButton):
    """A citation: ``[1] Contract.pdf p. 12``; a long name loses its middle."""

    def __init__(self, desk: Desk, number: int, citation: Citation, clicked: Callable[[], None]) -> None:
        super().__init__()
        self.citation = citation
        self.number = number
        self._desk = desk
        self._name = citing.one_line(citation.document)
        place = (citation.page_index, citation.page_label)
        self._page = citing.page_chip(*place, desk.language, section=citation.section)
        self._outdated = False
        self.setProperty("role", "chip")
        self.setCheckable(True)
        self.setCursor(Qt.CursorShape.PointingHandCursor)
        self.clicked.connect(lambda _=False: self._click(clicked))
        self.set_outdated(False)

    def set_outdated(self, outdated: bool) -> None:
        """Mark that no current document has this content any more."""
        self._outdated = outdated
        where = citing.place_words(self.citation, self._desk.language)
        replaced = self._desk.say("cite_replaced") if outdated else ""
        quote = self._desk.say("quote_open", text=citing.one_line(self.citation.quote))
        doubt = forms.doubt(self.citation, self._desk.language)
        self.setToolTip(tip(f"{self._name}, {where}", replaced, doubt, quote))
        self.setAccessibleName(", ".join(w for w in (f"[{self.number}] {self._name}", where, replaced, doubt) if w))
        self.setAccessibleDescription(quote)
        self.fit(_WIDEST_CHIP)

    def wanted(self, width: int) -> int:
        """The width it takes where ``width`` is there."""
        return self._fitted(width)[1]

    def fit(self, width: int) -> None:
        """Show as much as ``width`` allows."""
        self.setText(self._fitted(width)[0].replace("&", "&&"))

    def _fitted(self, width: int) -> tuple[str, int]:
        metrics = QFontMetrics(self.font())
        before, after = f"[{self.number}] ", f" {self._page}" + (" ⟲" if self._outdated else "")
        room = min(width, _WIDEST_CHIP) - _CHIP_FRAME - metrics.horizontalAdvance(before + after)
        name = metrics.elidedText(self._name, Qt.TextElideMode.ElideMiddle, max(24, room))
        text = before + name + after
        return text, min(metrics.horizontalAdvance(text) + _CHIP_FRAME, max(width, 60))

    def _click(self, clicked: Callable[[], None]) -> None:
        self.setChecked(not self.isChecked())  # whether it is shown is told by who shows it, not by the click
        clicked()


class ClaimRow(QWidget):
    """One sentence.  It places its few parts itself: hundreds of them follow a window's edge without delay."""

    def __init__(
        self,
        desk: Desk,
        claim: Claim,
        numbers: Mapping[citing.Place, int],
        cite: Callable[[Citation], None] | None,
        *,
        left_out: bool = False,
        change: str = "",
    ) -> None:
        """``change``: "new" or "gone" where two answers are compared."""
        super().__init__()
        self._desk = desk
        self.claim = claim
        self._change = change
        self._hovered = False
        self._current = False
        self._laid = (-1, 0)
        language = desk.language
        policy = QSizePolicy(QSizePolicy.Policy.Preferred, QSizePolicy.Policy.Minimum)
        policy.setHeightForWidth(True)
        self.setSizePolicy(policy)
        self._mark = QLabel(self)
        meaning = citing.verdict_words(claim, language)
        self._mark.setToolTip(meaning)
        self._mark.setAccessibleName(meaning)
        first = claim.citations[0] if claim.citations and cite is not None else None
        self.words = Prose(
            citing.sentence(claim, language),
            "muted" if left_out or change == "gone" else "",
            scale=1.0 if left_out else 1.06,
            struck=left_out,
            clicked=(lambda: cite(first)) if first is not None and cite is not None else None,
            parent=self,
        )
        self.words.setAccessibleName(f"{meaning}. {self.words.text()}")
        if first is not None:
            quotes = [desk.say("quote_open", text=citing.one_line(c.quote)) for c in claim.citations]
            self.words.setToolTip(tip(*quotes))
        self.chips: list[Chip] = []
        if cite is not None and not left_out:
            seen: set[citing.Place] = set()
            for citation in claim.citations:
                if (at := citing.place(citation)) not in seen:
                    seen.add(at)
                    chip = Chip(desk, numbers[at], citation, lambda c=citation: cite(c))  # type: ignore[misc]
                    chip.setParent(self)
                    self.chips.append(chip)
        notes = citing.reasons(claim, language)
        changed = {"new": self.tr("New in this answer."), "gone": self.tr("No longer in the answer.")}.get(change, "")
        self.notes = [
            Prose(words, role, scale=0.92, parent=self)
            for words, role in (
                (changed, "good" if change == "new" else "bad"),
                (notes, "muted" if left_out else "warn"),
                ("\n".join(() if left_out else citing.doubts(claim, language)), "warn"),
            )
            if words
        ]
        self._paint()
        desk.restyled.connect(self._paint)

    def set_current(self, shown: citing.Place | None) -> None:
        """Tell which citation the page viewer shows, if it is one of this sentence."""
        for chip in self.chips:
            chip.setChecked(citing.place(chip.citation) == shown)
        current = any(chip.isChecked() for chip in self.chips)
        if current != self._current:
            self._current = current
            self.update()

    def set_outdated(self, contents: Sequence[str]) -> None:
        """Mark the chips whose content (SHA-256) is no longer current."""
        for chip in self.chips:
            chip.set_outdated(chip.citation.sha256 in contents)
        self._relay()

    # -- placing

    def _place(self, width: int, *, really: bool) -> int:
        indent = _INDENT + (_BAR if self.claim.verbatim else 0)
        room = max(80, width - indent - _PAD)
        y = 3
        height = self.words.heightForWidth(room)
        if really:
            self.words.setGeometry(indent, y, room, height)
            self._mark.setGeometry(_PAD, y + self.words.first_line() - _MARK // 2, _MARK, _MARK)
        y += height + 2
        for note in self.notes:
            height = note.heightForWidth(room)
            if really:
                note.setGeometry(indent, y, room, height)
            y += height + 2
        if self.chips:
            x, tall = indent, 0
            for chip in self.chips:
                wide = chip.wanted(room)
                tall = max(tall, chip.sizeHint().height())
                if x > indent and x + wide > indent + room:
                    x, y = indent, y + tall + 4
                if really:
                    chip.fit(room)
                    chip.setGeometry(x, y, wide, tall)
                x += wide + _CHIP_GAP
            y += tall + 4
        return y + 3

    def hasHeightForWidth(self) -> bool:
        """Its height follows from its width."""
        return True

    def heightForWidth(self, width: int) -> int:
        """The height with every part placed."""
        if self._laid[0] != width:
            self._laid = (width, self._place(width, really=False))
        return self._laid[1]

    def sizeHint(self) -> QSize:
        """As wide as text is read well."""
        return QSize(480, self.heightForWidth(480))

    def minimumSizeHint(self) -> QSize:
        """Narrow, one line."""
        return QSize(160, 30)

    def resizeEvent(self, event: QResizeEvent) -> None:
        """Place the parts."""
        self._place(event.size().width(), really=True)

    def event(self, event: QEvent) -> bool:
        """Place the parts anew when one of them has changed."""
        if event.type() in (QEvent.Type.LayoutRequest, QEvent.Type.FontChange, QEvent.Type.StyleChange):
            self._relay()
        return super().event(event)

    def _relay(self) -> None:
        self._laid = (-1, 0)
        self._place(self.width(), really=True)
        self.updateGeometry()

    # -- painting

    def enterEvent(self, event: QEnterEvent) -> None:
        """A sentence under the mouse is raised."""
        self._hovered = bool(self.chips)
        self.update()
        super().enterEvent(event)

    def leaveEvent(self, event: QEvent) -> None:
        """And falls back."""
        self._hovered = False
        self.update()
        super().leaveEvent(event)

    def paintEvent(self, _event: QPaintEvent) -> None:
        """The ground, and the bar of a quotation."""
        theme = self._desk.theme
        if not (self._hovered or self._current or self.claim.verbatim):
            return
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.setPen(Qt.PenStyle.NoPen)
        if self._hovered or self._current:
            painter.setBrush(QColor(theme.accent_soft if self._current else theme.page))
            painter.drawRoundedRect(QRectF(self.rect()), 6, 6)
        if self.claim.verbatim:
            painter.setBrush(QColor(theme.accent))
            box = self.words.geometry()
            painter.drawRoundedRect(QRectF(_INDENT, box.top() + 3, 3, box.height() - 6), 1.5, 1.5)

    def _paint(self) -> None:
        theme = self._desk.theme
        colours = {Verdict.SUPPORTED: theme.good, Verdict.PARTIAL: theme.warn, Verdict.UNSUPPORTED: theme.bad}
        colour = colours.get(self.claim.verdict, theme.muted)
        name = _ICONS[self.claim.verdict]
        if self._change == "gone":
            colour = theme.muted
        self._mark.setPixmap(pixmap(name, colour, _MARK))
        self.update()


class Sentences(QWidget):
    """The sentences of one answer, that may grow."""

    def __init__(self, desk: Desk, opener: Opener) -> None:
        super().__init__()
        self._desk = desk
        self._opener = opener
        self.rows: list[ClaimRow] = []
        self._shown: citing.Place | None = None
        self._outdated: tuple[str, ...] = ()
        self._column = QVBoxLayout(self)
        self._column.setContentsMargins(0, 0, 0, 0)
        self._column.setSpacing(2)

    @property
    def claims(self) -> tuple[Claim, ...]:
        """What is shown."""
        return tuple(row.claim for row in self.rows)

    def grow(self, claim: Claim) -> None:
        """One more sentence."""
        self.show_all((*self.claims, claim))

    def show_all(
        self, claims: Sequence[Claim], outdated: Sequence[str] = (), changes: Sequence[str] | None = None
    ) -> None:
        """These sentences; rows that already show the right one stay, so that nothing flickers."""
        numbers = citing.numbered(claims)
        kept = 0
        while kept < min(len(claims), len(self.rows)) and self.rows[kept].claim == claims[kept]:
            kept += 1
        for row in self.rows[kept:]:
            self._column.removeWidget(row)
            row.hide()
            row.deleteLater()
        del self.rows[kept:]
        for at in range(kept, len(claims)):
            row = ClaimRow(self._desk, claims[at], numbers, self._cite, change=changes[at] if changes else "")
            row.set_current(self._shown)
            self.rows.append(row)
            self._column.addWidget(row)
        self.set_outdated(outdated)

    def set_outdated(self, contents: Sequence[str]) -> None:
        """Mark the citations whose content is no longer current."""
        if tuple(contents) != self._outdated or contents:
            self._outdated = tuple(contents)
            for row in self.rows:
                row.set_outdated(contents)

    def set_current(self, shown: citing.Place | None) -> None:
        """Tell which citation the page viewer shows."""
        self._shown = shown
        for row in self.rows:
            row.set_current(shown)

    def _cite(self, citation: Citation) -> None:
        self._opener.cite(citation, citing.cited(self.claims))
