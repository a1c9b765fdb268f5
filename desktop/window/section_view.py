"""A document without pages, section by section: plain text, the quoted words marked as they are on a page."""

from __future__ import annotations

import re
from collections.abc import Sequence

from PySide6.QtCore import Qt, Signal
from PySide6.QtGui import QColor, QFont, QTextCharFormat, QTextCursor
from PySide6.QtWidgets import QComboBox, QHBoxLayout, QPlainTextEdit, QSizePolicy, QTextEdit, QVBoxLayout, QWidget

from desktop.channel import Sheet
from desktop.window.controls import Choice
from desktop.window.desk import Desk
from desktop.window.page_canvas import rgba
from desktop.window.theme import GAP
from desktop.window.widgets import IconButton

_MOST_HEADINGS = 12  # lines, blank ones between them included
_PART = re.compile(r" \(\d+(?:/\d+)?\)$")  # of a long section; or one of several of a name
_SMALLEST, _LARGEST = -4, 16  # steps of zoom, a point each


class SectionView(QWidget):
    """The text of one section, and ways to the others.  Nothing in it is markup: it loads, links and runs nothing."""

    section_changed = Signal(int)  # its text is wanted

    def __init__(self, desk: Desk, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._desk = desk
        self._sheets: tuple[Sheet, ...] = ()
        self._steps = 0
        self._quote: tuple[int, int] | None = None
        self._build()
        desk.restyled.connect(self._restyle)

    @property
    def index(self) -> int:
        """The section that is looked at."""
        return max(0, self._names.currentIndex())

    @property
    def text(self) -> str:
        """What is shown of it."""
        return self._text.toPlainText()

    @property
    def marked(self) -> str:
        """The words that are marked."""
        marks = self._text.extraSelections()
        return marks[0].cursor.selectedText().replace("\u2029", "\n") if marks else ""

    def set_document(self, sheets: Sequence[Sheet]) -> None:
        """Offer these sections; nothing is shown until :meth:`show_text`."""
        self._sheets = tuple(sheets)
        self._names.blockSignals(True)
        self._names.clear()
        self._names.addItems([" ".join(sheet.label.split()) for sheet in sheets])
        self._names.blockSignals(False)
        self._text.clear()
        self._tell()

    def go_to(self, index: int) -> None:
        """Look at that section."""
        if self._sheets:
            self._names.blockSignals(True)
            self._names.setCurrentIndex(max(0, min(index, len(self._sheets) - 1)))
            self._names.blockSignals(False)
            self._changed()

    def step(self, by: int) -> None:
        """The next section (1), or the one before (-1); beyond the ends nothing changes."""
        if 0 <= self.index + by < len(self._sheets):
            self.go_to(self.index + by)

    def show_text(self, text: str, quote: tuple[int, int] | None = None) -> None:
        """Show ``text``, the characters of ``quote`` marked and in view."""
        self._text.setPlainText(text)
        self._quote = quote
        self._set_headings(text)
        self._mark()
        if quote is None:
            self._text.moveCursor(QTextCursor.MoveOperation.Start)
        else:
            cursor = QTextCursor(self._text.document())
            cursor.setPosition(_units(text[: quote[0]]))
            self._text.setTextCursor(cursor)
            self._text.centerCursor()

    def say(self, words: str) -> None:
        """Why there is no text."""
        self._text.clear()
        self._text.setPlaceholderText(words)

    def zoom(self, steps: int) -> None:
        """Larger letters, or smaller ones; 0 is their usual size."""
        self._steps = 0 if not steps else max(_SMALLEST, min(_LARGEST, self._steps + steps))
        self._restyle()

    def describe(self, name: str, description: str) -> None:
        """What a screen reader says of the text."""
        self._text.setAccessibleName(name)
        self._text.setAccessibleDescription(description)

    def _build(self) -> None:
        self._before = IconButton(
            self._desk, "previous", self.tr("Previous section  (Ctrl+Page Up)"), lambda: self.step(-1)
        )
        self._after = IconButton(self._desk, "next", self.tr("Next section  (Ctrl+Page Down)"), lambda: self.step(1))
        self._names = Choice(self._desk)
        self._names.setAccessibleName(self.tr("Section"))
        self._names.setSizePolicy(QSizePolicy.Policy.Ignored, QSizePolicy.Policy.Fixed)
        self._names.setSizeAdjustPolicy(QComboBox.SizeAdjustPolicy.AdjustToMinimumContentsLengthWithIcon)
        self._names.setMaxVisibleItems(24)
        self._names.currentIndexChanged.connect(lambda _: self._changed())
        bar = QHBoxLayout()
        bar.setContentsMargins(GAP, 2, GAP // 2, GAP // 2)
        bar.setSpacing(2)
        bar.addWidget(self._before)
        bar.addWidget(self._names, 1)
        bar.addWidget(self._after)
        bar.addSpacing(GAP // 2)
        bar.addWidget(IconButton(self._desk, "zoom_out", self.tr("Smaller letters  (−)"), lambda: self.zoom(-1)))
        bar.addWidget(IconButton(self._desk, "zoom_in", self.tr("Larger letters  (+)"), lambda: self.zoom(1)))
        self._text = QPlainTextEdit()
        self._text.setReadOnly(True)
        self._text.setTextInteractionFlags(
            Qt.TextInteractionFlag.TextSelectableByMouse | Qt.TextInteractionFlag.TextSelectableByKeyboard
        )
        self._text.setTabChangesFocus(True)
        self._text.setFrameShape(QPlainTextEdit.Shape.NoFrame)
        self._text.document().setDocumentMargin(2 * GAP)
        self.setFocusProxy(self._text)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(0)
        column.addLayout(bar)
        column.addWidget(self._text, 1)

    def _changed(self) -> None:
        self._text.clear()
        self._tell()
        self.section_changed.emit(self.index)

    def _tell(self) -> None:
        self._before.setEnabled(self.index > 0)
        self._after.setEnabled(self.index + 1 < len(self._sheets))
        self._names.setToolTip(self._names.currentText())

    def _restyle(self) -> None:
        font = QFont(self.font())
        if font.pointSizeF() > 0:
            font.setPointSizeF(max(4.0, font.pointSizeF() + self._steps))
        self._text.setFont(font)
        self._mark()

    def _set_headings(self, text: str) -> None:
        """The headings at the head of the section stand out, down to the one by which it is called."""
        called = _PART.sub("", self._sheets[self.index].label).rpartition(" › ")[2] if self._sheets else ""
        lines = text.split("\n", _MOST_HEADINGS)[:_MOST_HEADINGS]
        if not called or called not in lines:
            return
        cursor = QTextCursor(self._text.document())
        for _ in range(lines.index(called)):
            cursor.movePosition(QTextCursor.MoveOperation.NextBlock, QTextCursor.MoveMode.KeepAnchor)
        cursor.movePosition(QTextCursor.MoveOperation.EndOfBlock, QTextCursor.MoveMode.KeepAnchor)
        bold = QTextCharFormat()
        bold.setFontWeight(QFont.Weight.DemiBold)
        cursor.mergeCharFormat(bold)

    def _mark(self) -> None:
        self._text.setExtraSelections([])
        if self._quote is None:
            return
        self._text.setExtraSelections([marking(self._desk, self._text, *self._quote)])


def marking(desk: Desk, text: QPlainTextEdit, start: int, end: int) -> QTextEdit.ExtraSelection:
    """These characters of the text, in the colours in which quotes are marked on a page."""
    whole = text.toPlainText()
    cursor = QTextCursor(text.document())
    cursor.setPosition(_units(whole[:start]))
    cursor.setPosition(_units(whole[:end]), QTextCursor.MoveMode.KeepAnchor)
    form = QTextCharFormat()
    form.setBackground(rgba(desk.theme.highlight))
    form.setUnderlineStyle(QTextCharFormat.UnderlineStyle.SingleUnderline)
    form.setUnderlineColor(QColor(desk.theme.highlight_line))
    mark = QTextEdit.ExtraSelection()
    mark.cursor, mark.format = cursor, form
    return mark


def _units(text: str) -> int:
    """How many places ``text`` takes in Qt's texts, which count in UTF-16."""
    return len(text.encode("utf-16-le", "surrogatepass")) // 2
