"""The page viewer: a document on its page, the cited lines highlighted, and its text for those who want text.

A document without pages is shown section by section (section_view.py).
"""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import cached_property

from PySide6.QtCore import QSize, Qt, QTimer, Signal
from PySide6.QtGui import QKeyEvent, QKeySequence, QTextCursor
from PySide6.QtWidgets import (
    QApplication,
    QFrame,
    QHBoxLayout,
    QLabel,
    QLineEdit,
    QPlainTextEdit,
    QSizePolicy,
    QSplitter,
    QStackedWidget,
    QVBoxLayout,
    QWidget,
)

from core.errors import Cancelled, TryAgain, VademecumError
from core.nouns import Citation, Rect
from desktop.channel import DocumentView, ReadPage, Sheet, State, Unlock, ViewDocument
from desktop.window.desk import Desk
from desktop.window.jobs import Job
from desktop.window.page_canvas import PageCanvas
from desktop.window.section_view import SectionView, marking
from desktop.window.theme import GAP
from desktop.window.widgets import EmptyState, IconButton, button, heed, label

_KEPT_DOCUMENTS = 16  # sizes and labels; the pictures have a limit of their own
_KEPT_TEXTS = 64
_TEXT_BREATH = 150  # milliseconds a page must be looked at before its text is fetched


@dataclass(frozen=True, slots=True)
class _Wish:
    """What is to be shown, while its document may still be on the way."""

    sha256: str
    name: str
    page: int
    rects: tuple[Rect, ...] = ()
    citation: Citation | None = None


class PageView(QWidget):
    """Shows documents page by page: a citation with its lines highlighted, or any document from its first page on."""

    citation_shown = Signal(Citation)  # by show_citation, or because somebody went to the next or previous one

    def __init__(self, desk: Desk, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._desk = desk
        self._citations: list[Citation] = []
        self._at = -1  # in the citations; -1 when what is shown is none of them
        self._wish: _Wish | None = None
        self._document: DocumentView | None = None
        self._views: OrderedDict[str, DocumentView] = OrderedDict()
        self._texts: OrderedDict[tuple[str, int], str] = OrderedDict()
        self._opening: Job[DocumentView] | None = None
        self._passing = False  # the document did not open, but may when the engine is back
        self._canvas = PageCanvas(desk)
        self._build()
        self._read = QTimer(self)
        self._read.setSingleShot(True)
        self._read.setInterval(_TEXT_BREATH)
        self._read.timeout.connect(self._fetch_text)
        self._canvas.page_changed.connect(self._page_changed)
        self._canvas.zoom_changed.connect(self._tell_zoom)
        self._canvas.locked.connect(self._ask_password)
        desk.restyled.connect(self._mark_text)
        heed(desk.jobs.changed, self, lambda _: self._library_changed())
        heed(desk.jobs.opened, self, lambda _: self.clear())
        desk.jobs.state.connect(self._engine_says)
        self.clear()

    # -- what the pages of the window use

    @property
    def citation(self) -> Citation | None:
        """The citation that is shown, if it is one."""
        return self._wish.citation if self._wish else None

    @property
    def document(self) -> DocumentView | None:
        """The document that is shown, once it is there."""
        return self._document

    @property
    def page_index(self) -> int:
        """The page, or section, that is looked at."""
        return self._sections.index if self._in_sections else self._canvas.page

    @cached_property
    def _sections(self) -> SectionView:
        """What shows documents without pages, made when the first of them is opened."""
        made = SectionView(self._desk)
        made.section_changed.connect(self._page_changed)
        self._stack.addWidget(made)
        return made

    @property
    def _has_sections(self) -> bool:
        return "_sections" in self.__dict__

    @property
    def _in_sections(self) -> bool:
        """Whether the document that is shown has no pages."""
        return self._document is not None and any(sheet.is_section for sheet in self._document.sheets)

    def set_citations(self, citations: Sequence[Citation]) -> None:
        """The citations to go through with next and previous, in the order of the answer."""
        self._citations = list(citations)
        shown = self.citation
        self._at = self._citations.index(shown) if shown in self._citations else -1
        self._tell_citations()

    def show_citation(self, citation: Citation) -> None:
        """Open the document on the citation's page and highlight its lines."""
        self._show(citation, self._citations.index(citation) if citation in self._citations else -1)

    def next_citation(self) -> None:
        """Show the next of the citations; after the last nothing changes."""
        if self._at + 1 < len(self._citations):
            self._show(self._citations[self._at + 1], self._at + 1)

    def previous_citation(self) -> None:
        """Show the citation before; before the first nothing changes."""
        if self._at > 0:
            self._show(self._citations[self._at - 1], self._at - 1)

    def show_document(self, sha256: str, page_index: int = 0) -> None:
        """Open a document with nothing highlighted."""
        self._at = -1
        self._open(_Wish(sha256, "", page_index))
        self._tell_citations()

    def clear(self) -> None:
        """Show nothing, and forget the citations."""
        if self._opening is not None:
            self._opening.cancel()
            self._opening = None
        self._citations = []
        self._at = -1
        self._wish = None
        self._document = None
        self._passing = False
        self._views.clear()
        self._texts.clear()
        self._canvas.set_document("", ())
        if self._has_sections:
            self._sections.set_document(())
        self._canvas.setAccessibleName("")
        self._canvas.setAccessibleDescription("")
        self._stack.setCurrentWidget(self._nothing)
        self._head.hide()
        self._bar.hide()
        self._version.hide()
        self._remark.hide()
        self._tell_citations()

    def zoom_in(self) -> None:
        """One step larger."""
        self._sections.zoom(1) if self._in_sections else self._canvas.zoom(1)

    def zoom_out(self) -> None:
        """One step smaller."""
        self._sections.zoom(-1) if self._in_sections else self._canvas.zoom(-1)

    def fit_width(self) -> None:
        """Pages as wide as the viewer, or letters of the usual size."""
        self._sections.zoom(0) if self._in_sections else self._canvas.fit_width()

    def show_text(self, shown: bool) -> None:
        """The page's text below its picture, or not."""
        self._text_button.setChecked(shown)

    def shortcuts(self) -> list[tuple[str, str]]:
        """The keys of the viewer, in words."""
        return [
            ("N / F3", self.tr("Next citation")),
            ("P / Shift+F3", self.tr("Previous citation")),
            ("+ / −", self.tr("Zoom in or out")),
            ("Ctrl+0", self.tr("Fit the width")),
            ("T", self.tr("Text of the page")),
            ("Ctrl+C", self.tr("Copy the quote that is highlighted")),
            ("Home / End", self.tr("First or last page")),
            ("Ctrl+PgUp / Ctrl+PgDn", self.tr("Previous or next section, in a document without pages")),
        ]

    # -- building

    def _build(self) -> None:
        self.setProperty("role", "page")
        self.setAttribute(Qt.WidgetAttribute.WA_StyledBackground)
        self.setAccessibleName(self.tr("Page viewer"))
        self.setMinimumWidth(320)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(0)
        self._head = self._build_head()
        self._bar = self._build_bar()
        self._version = _Remark("warn", self.tr("Open the present version"), self._open_present)
        self._remark = _Remark("info")
        strips = QVBoxLayout()
        strips.setContentsMargins(GAP, 0, GAP, 0)
        strips.setSpacing(0)
        strips.addWidget(self._version)
        strips.addWidget(self._remark)
        self._nothing = EmptyState(
            self._desk,
            "file",
            self.tr("No document is open"),
            self.tr("Choose a citation in an answer: its document opens here, with the cited lines highlighted."),
        )
        self._stack = QStackedWidget()
        for widget in (self._nothing, self._build_pages(), self._build_lock(), self._build_failure()):
            self._stack.addWidget(widget)
        column.addWidget(self._head)
        column.addWidget(self._bar)
        column.addLayout(strips)
        column.addWidget(self._stack, 1)

    def _build_head(self) -> QWidget:
        head = QWidget()
        row = QHBoxLayout(head)
        row.setContentsMargins(GAP, GAP // 2, GAP // 2, 0)
        row.setSpacing(2)
        self._name = _Elided()
        self._where = label("", "muted", wrap=False)
        self._where.setSizePolicy(QSizePolicy.Policy.Ignored, QSizePolicy.Policy.Preferred)
        words = QVBoxLayout()
        words.setSpacing(0)
        words.addWidget(self._name)
        words.addWidget(self._where)
        row.addLayout(words, 1)
        self._count = label("", "muted", wrap=False)
        self._previous = IconButton(
            self._desk, "previous", self.tr("Previous citation  (P)"), lambda: self.previous_citation()
        )
        self._next = IconButton(self._desk, "next", self.tr("Next citation  (N)"), lambda: self.next_citation())
        for widget in (self._previous, self._count, self._next):
            row.addWidget(widget)
        return head

    def _build_bar(self) -> QWidget:
        bar = QWidget()
        row = QHBoxLayout(bar)
        row.setContentsMargins(GAP, 2, GAP // 2, GAP // 2)
        row.setSpacing(2)
        self._box = QLineEdit()
        self._box.setAccessibleName(self.tr("Page: a printed page number or a position"))
        self._box.setToolTip(self.tr("Go to a page: type a printed page number or a position"))
        self._box.setAlignment(Qt.AlignmentFlag.AlignRight)
        self._box.setFixedWidth(self.fontMetrics().horizontalAdvance("00000") + 2 * GAP)
        self._box.returnPressed.connect(self._go_to_typed)
        self._box.editingFinished.connect(self._tell_place)
        self._of = label("", "muted", wrap=False)
        self._percent = label("", "muted", wrap=False)
        self._percent.setAlignment(Qt.AlignmentFlag.AlignCenter)
        self._percent.setMinimumWidth(self.fontMetrics().horizontalAdvance("400%") + GAP // 2)
        self._text_button = IconButton(self._desk, "text", self.tr("Text of the page  (T)"))
        self._text_button.setCheckable(True)
        self._text_button.toggled.connect(self._text_toggled)
        row.addWidget(self._box)
        row.addWidget(self._of)
        row.addStretch(1)
        row.addWidget(IconButton(self._desk, "zoom_out", self.tr("Zoom out  (−)"), lambda: self.zoom_out()))
        row.addWidget(self._percent)
        row.addWidget(IconButton(self._desk, "zoom_in", self.tr("Zoom in  (+)"), lambda: self.zoom_in()))
        row.addWidget(IconButton(self._desk, "fit", self.tr("Fit the width  (Ctrl+0)"), lambda: self.fit_width()))
        row.addWidget(self._text_button)
        return bar

    def _build_pages(self) -> QWidget:
        self._text = QPlainTextEdit()
        self._text.setReadOnly(True)
        self._text.setTextInteractionFlags(
            Qt.TextInteractionFlag.TextSelectableByMouse | Qt.TextInteractionFlag.TextSelectableByKeyboard
        )
        self._text.setAccessibleName(self.tr("Text of the page"))
        self._text.setTabChangesFocus(True)
        self._text.hide()
        self._pages = QSplitter(Qt.Orientation.Vertical)
        self._pages.setChildrenCollapsible(False)
        self._pages.addWidget(self._canvas)
        self._pages.addWidget(self._text)
        self._pages.setStretchFactor(0, 3)
        self._pages.setStretchFactor(1, 2)
        return self._pages

    def _build_lock(self) -> QWidget:
        self._lock = QWidget()
        column = _centred(self._lock)
        self._password = QLineEdit()
        self._password.setEchoMode(QLineEdit.EchoMode.Password)
        self._password.setPlaceholderText(self.tr("Password"))
        self._password.setAccessibleName(self.tr("Password of the document"))
        self._password.returnPressed.connect(self._unlock)
        self._open_it = button(self.tr("Show the pages"), "primary", clicked=self._unlock)
        self._why = label(self._desk.say("view_needs_password"), "muted")
        self._wrong = label("", "bad")
        column.addStretch(2)
        column.addWidget(label(self.tr("Protected by a password"), "title"))
        column.addWidget(self._why)
        row = QHBoxLayout()
        row.addWidget(self._password, 1)
        row.addWidget(self._open_it)
        column.addLayout(row)
        column.addWidget(self._wrong)
        column.addStretch(3)
        return self._lock

    def _build_failure(self) -> QWidget:
        self._failure = QWidget()
        column = _centred(self._failure)
        self._fault = label("", "bad", selectable=True)
        self._quoted = label("", "muted")
        self._quote = label("", selectable=True)
        column.addStretch(2)
        column.addWidget(label(self.tr("The document cannot be shown"), "title"))
        for widget in (self._fault, self._quoted, self._quote):
            column.addWidget(widget)
        column.addStretch(3)
        return self._failure

    # -- opening

    def _show(self, citation: Citation, at: int) -> None:
        self._at = at
        self._open(_Wish(citation.sha256, citation.document, citation.page_index, citation.rects, citation))
        self._tell_citations()
        self.citation_shown.emit(citation)

    def _open(self, wish: _Wish) -> None:
        self._wish = wish
        self._passing = False
        if self._opening is not None:
            self._opening.cancel()
            self._opening = None
        known = self._views.get(wish.sha256)
        if known is not None:
            self._views.move_to_end(wish.sha256)
            self._opened(known)
            return
        if wish.sha256 != self._canvas.sha256:
            self._document = None
            self._canvas.set_document("", ())
            self._name.set_text(wish.name)
            self._where.setText(self.tr("Opening …"))
            self._of.clear()
            self._box.clear()
            self._version.hide()
            self._remark.hide()
            self._stack.setCurrentWidget(self._pages)
            self._set_text("")
        self._head.show()
        self._bar.show()
        self._ask_for(wish.sha256)

    def _ask_for(self, sha256: str) -> None:
        self._opening = self._desk.jobs.run(
            ViewDocument(sha256),
            self,
            done=self._came,
            failed=lambda error: self._did_not_open(sha256, error),
        )

    def _came(self, view: DocumentView) -> None:
        self._views[view.sha256] = view
        while len(self._views) > _KEPT_DOCUMENTS:
            self._views.popitem(last=False)
        if self._wish is None or self._wish.sha256 != view.sha256:
            return
        self._opening = None
        if self._document is not None and self._document.sha256 == view.sha256:
            self._document = view  # the library has changed: it may be an earlier version now
            self._tell_version()
        else:
            self._opened(view)

    def _opened(self, view: DocumentView) -> None:
        assert self._wish is not None
        wish = self._wish
        self._document = view
        self._head.show()
        self._bar.show()
        locked = self._stack.currentWidget() is self._lock and self._canvas.sha256 == view.sha256
        if self._canvas.sha256 != view.sha256:
            self._password.clear()
            self._wrong.clear()
            self._canvas.set_document(view.sha256, () if self._in_sections else view.sheets)
            if self._in_sections or self._has_sections:
                self._sections.set_document(view.sheets if self._in_sections else ())
        self._name.set_text(view.name)
        if self._in_sections:
            self._open_section(wish, len(view.sheets))
            return
        if not locked:
            self._stack.setCurrentWidget(self._pages)
        known = 0 <= wish.page < len(view.sheets)
        rects = wish.rects if known else ()
        self._canvas.mark(wish.page, rects)
        self._canvas.go_to(wish.page if known else 0, rects)
        if not known:
            self._remark.say(self.tr("The document has no page {n}.").format(n=wish.page + 1))
        elif wish.citation is not None and not rects:
            self._remark.say(self.tr("The exact place is not known; this is the page."))
        else:
            self._remark.hide()
        self._tell_version()
        self._page_changed()
        self._tell_zoom()

    def _open_section(self, wish: _Wish, sections: int) -> None:
        self._bar.hide()
        self._stack.setCurrentWidget(self._sections)
        if wish.page < sections:
            self._remark.hide()
        else:
            self._remark.say(self.tr("The document has no section {n}.").format(n=wish.page + 1))
        self._sections.go_to(wish.page if wish.page < sections else 0)
        self._tell_version()

    def _did_not_open(self, sha256: str, error: VademecumError) -> None:
        if self._wish is None or self._wish.sha256 != sha256 or isinstance(error, Cancelled):
            return
        self._opening = None
        self._passing = isinstance(error, TryAgain) or error.key == "engine_is_off"
        if self._document is not None and self._document.sha256 == sha256:
            return  # it is shown already; only the news about it did not come
        if error.key in ("view_needs_password", "view_password_wrong"):
            self._ask_password(error)
            return
        self._where.clear()
        self._bar.hide()
        self._fault.setText(self._desk.sentence(error))
        citation = self.citation
        quoted = self.tr("What was quoted from page {page}:")
        if citation is not None and citation.section:
            quoted = self.tr("What was quoted from the section “{page}”:")
        self._quoted.setText(quoted.format(page=citation.page_label) if citation else "")
        self._quote.setText(citation.quote if citation else "")
        self._quoted.setVisible(citation is not None)
        self._quote.setVisible(citation is not None)
        self._stack.setCurrentWidget(self._failure)

    def _library_changed(self) -> None:
        self._views.clear()
        if self._wish is not None and self._opening is None and self._document is not None:
            self._ask_for(self._wish.sha256)

    def _engine_says(self, state: State) -> None:
        if state.stage in ("starting", "stopped"):
            return
        if self._passing and self._wish is not None:
            self._passing = False
            self._ask_for(self._wish.sha256)
        self._canvas.retry()

    def _open_present(self) -> None:
        if self._document is not None and self._document.replaced_by:
            self.show_document(self._document.replaced_by)

    # -- the password

    def _ask_password(self, error: VademecumError) -> None:
        first = self._stack.currentWidget() is not self._lock
        self._wrong.setText("" if error.key == "view_needs_password" else self._desk.sentence(error))
        if not first:
            return
        had_focus = self._canvas.hasFocus()
        self._stack.setCurrentWidget(self._lock)
        self._password.setEnabled(True)
        self._open_it.setEnabled(True)
        if had_focus:
            self._password.setFocus()

    def _unlock(self) -> None:
        if self._wish is None or not self._password.text():
            self._password.setFocus()
            return
        sha256 = self._wish.sha256
        self._password.setEnabled(False)
        self._open_it.setEnabled(False)
        self._desk.jobs.run(
            Unlock(sha256, self._password.text()),
            self,
            done=lambda _: self._unlocked(sha256),
            failed=lambda error: self._still_locked(sha256, error),
        )

    def _unlocked(self, sha256: str) -> None:
        self._password.setEnabled(True)
        self._open_it.setEnabled(True)
        if self._wish is None or self._wish.sha256 != sha256:
            return
        self._password.clear()
        self._wrong.clear()
        self._stack.setCurrentWidget(self._pages)
        if self._document is None:
            self._ask_for(sha256)
        self._canvas.unlock()
        self._canvas.setFocus()

    def _still_locked(self, sha256: str, error: VademecumError) -> None:
        self._password.setEnabled(True)
        self._open_it.setEnabled(True)
        if self._wish is None or self._wish.sha256 != sha256 or isinstance(error, Cancelled):
            return
        self._wrong.setText(self._desk.sentence(error))
        self._password.selectAll()
        self._password.setFocus()

    # -- pages

    def _page_changed(self, _page: int = 0) -> None:
        self._tell_place()
        self._tell_zoom()
        self._describe()
        if self._in_sections:
            self._fetch_text()
        elif self._text_button.isChecked():
            self._read.start()

    def _sheet(self) -> Sheet | None:
        return self._document.sheets[self.page_index] if self._document and self._document.sheets else None

    def _tell_place(self) -> None:
        sheet = self._sheet()
        if sheet is None or self._document is None:
            return
        position, pages = self.page_index + 1, len(self._document.sheets)
        self._box.setText(sheet.label)
        if sheet.label == str(position):
            self._of.setText(f"/ {pages}")
        else:
            self._of.setText(self.tr("({position} of {pages})").format(position=position, pages=pages))
        words = [self._document.collection]
        if sheet.is_section:
            words.append(self.tr("section {n} of {total}").format(n=position, total=pages))
            self._where.setToolTip("")
        elif sheet.problem:
            words.append(self.tr("this page could not be read"))
            self._where.setToolTip(self._desk.say(sheet.problem))
        elif sheet.read_by == "ocr":
            words.append(self.tr("text recognised from the picture"))
            self._where.setToolTip("")
        else:
            self._where.setToolTip("")
        self._where.setText(" · ".join(word for word in words if word))

    def _go_to_typed(self) -> None:
        typed = self._box.text().strip()
        if self._document is None or not typed:
            return
        page = page_named(self._document.sheets, typed)
        if page is None:
            self._remark.say(self.tr("There is no page “{typed}” in this document.").format(typed=typed))
            self._box.selectAll()
            return
        self._remark.hide()
        self._canvas.go_to(page)
        self._tell_place()
        self._canvas.setFocus()

    def _tell_zoom(self) -> None:
        self._percent.setText(f"{self._canvas.percent}%")

    def _tell_citations(self) -> None:
        total = len(self._citations)
        if self._at >= 0:
            self._count.setText(self.tr("Citation {n} of {total}").format(n=self._at + 1, total=total))
        else:
            self._count.setText(self.tr("{n} citations").format(n=total) if total > 1 else "")
        for widget in (self._previous, self._count, self._next):
            widget.setVisible(total > 0)
        self._previous.setEnabled(self._at > 0)
        self._next.setEnabled(self._at + 1 < total)

    def _tell_version(self) -> None:
        view = self._document
        if view is None or (view.active and not view.replaced_by):
            self._version.hide()
        elif view.replaced_by:
            self._version.say(
                self.tr("This is an earlier version; the document has been replaced since.")
                if not view.active
                else self.tr("This document has been replaced since by a newer version.")
            )
            self._version.offer(True)
        else:
            self._version.say(self.tr("This document is no longer in the library. This is the copy that was kept."))
            self._version.offer(False)

    def _describe(self) -> None:
        sheet = self._sheet()
        if sheet is None or self._document is None:
            return
        if sheet.is_section:
            self._describe_section(sheet, self._document)
            return
        self._canvas.setAccessibleName(
            self.tr("{document}, page {label}, {position} of {pages}").format(
                document=self._document.name,
                label=sheet.label,
                position=self._canvas.page + 1,
                pages=len(self._document.sheets),
            )
        )
        citation = self.citation
        if citation is None or citation.page_index != self._canvas.page:
            self._canvas.setAccessibleDescription("")
        elif citation.rects:
            self._canvas.setAccessibleDescription(self.tr("Highlighted: {quote}").format(quote=citation.quote))
        else:
            self._canvas.setAccessibleDescription(
                self.tr("Quoted from this page, not highlighted: {quote}").format(quote=citation.quote)
            )

    def _describe_section(self, sheet: Sheet, document: DocumentView) -> None:
        name = self.tr("{document}, section “{label}”, {position} of {sections}").format(
            document=document.name, label=sheet.label, position=self.page_index + 1, sections=len(document.sheets)
        )
        citation = self.citation
        quoted = citation is not None and citation.page_index == self.page_index
        words = self.tr("Highlighted: {quote}").format(quote=citation.quote) if citation and quoted else ""
        self._sections.describe(name, words)

    # -- text

    def _text_toggled(self, shown: bool) -> None:
        self._text.setVisible(shown)
        if shown:
            self._fetch_text()

    def _fetch_text(self) -> None:
        if self._document is None or not (self._in_sections or self._text_button.isChecked()):
            return
        sha256, page = self._document.sha256, self.page_index
        known = self._texts.get((sha256, page))
        if known is not None:
            self._set_text(known)
            return
        self._desk.jobs.run(
            ReadPage(sha256, page),
            self,
            done=lambda text: self._read_text(sha256, page, text),
            failed=lambda error: self._no_text(sha256, page, error),
        )

    def _read_text(self, sha256: str, page: int, text: str) -> None:
        self._texts[sha256, page] = text
        while len(self._texts) > _KEPT_TEXTS:
            self._texts.popitem(last=False)
        if self._is_at(sha256, page):
            self._set_text(text)

    def _no_text(self, sha256: str, page: int, error: VademecumError) -> None:
        if not self._is_at(sha256, page) or isinstance(error, Cancelled):
            return
        if self._in_sections:
            self._sections.say(self._desk.sentence(error))
        else:
            self._text.setPlaceholderText(self._desk.sentence(error))
            self._set_text("", keep_placeholder=True)

    def _is_at(self, sha256: str, page: int) -> bool:
        return self._document is not None and self._document.sha256 == sha256 and self.page_index == page

    def _set_text(self, text: str, *, keep_placeholder: bool = False) -> None:
        if self._in_sections:
            self._show_section(text)
            return
        if not keep_placeholder:
            sheet = self._sheet()
            problem = self._desk.say(sheet.problem) if sheet and sheet.problem else ""
            self._text.setPlaceholderText(problem or (self.tr("This page has no text.") if sheet else ""))
        self._text.setPlainText(text)
        self._mark_text()

    def _show_section(self, text: str) -> None:
        quote = self._quoted_in(text)
        self._sections.show_text(text, quote)
        citation = self.citation
        if text and quote is None and citation is not None and citation.page_index == self.page_index:
            self._remark.say(self.tr("The exact place is not known; this is the section."))

    def _quoted_in(self, text: str) -> tuple[int, int] | None:
        """Where the quote stands in the text of the page that is looked at, if it stands there word for word."""
        citation = self.citation
        if citation is None or not self._is_at(citation.sha256, citation.page_index):
            return None
        if not citation.quote or text[citation.start : citation.end] != citation.quote:
            return None
        return citation.start, citation.end

    def _mark_text(self) -> None:
        """Marks the quote in the text, if it stands there word for word."""
        self._text.setExtraSelections([])
        sha256 = self._document.sha256 if self._document else ""
        quote = self._quoted_in(self._texts.get((sha256, self.page_index), ""))
        if quote is None:
            return
        mark = marking(self._desk, self._text, *quote)
        cursor = QTextCursor(mark.cursor)
        cursor.setPosition(mark.cursor.selectionStart())
        self._text.setTextCursor(cursor)
        self._text.setExtraSelections([mark])
        self._text.centerCursor()

    # -- keys

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """The viewer's own keys, wherever in it the focus is; a field that is typed into keeps its letters."""
        key, shift = event.key(), bool(event.modifiers() & Qt.KeyboardModifier.ShiftModifier)
        control = bool(event.modifiers() & Qt.KeyboardModifier.ControlModifier)
        plain = event.modifiers() in (Qt.KeyboardModifier.NoModifier, Qt.KeyboardModifier.KeypadModifier)
        if key == Qt.Key.Key_F3:
            self.previous_citation() if shift else self.next_citation()
        elif key == Qt.Key.Key_N and plain:
            self.next_citation()
        elif key == Qt.Key.Key_P and plain:
            self.previous_citation()
        elif self._in_sections and self._section_key(key, control):
            return
        elif key == Qt.Key.Key_T and plain:
            self._text_button.toggle()
        elif event.matches(QKeySequence.StandardKey.Copy) and self.citation is not None:
            QApplication.clipboard().setText(self.citation.quote)
        else:
            super().keyPressEvent(event)

    def _section_key(self, key: int, control: bool) -> bool:
        """Do what a key means in a document without pages; False when it means nothing there."""
        if control and key in (Qt.Key.Key_PageUp, Qt.Key.Key_PageDown):
            self._sections.step(-1 if key == Qt.Key.Key_PageUp else 1)
        elif key in (Qt.Key.Key_Plus, Qt.Key.Key_Equal, Qt.Key.Key_Minus):
            self._sections.zoom(-1 if key == Qt.Key.Key_Minus else 1)
        elif control and key == Qt.Key.Key_0:
            self._sections.zoom(0)
        else:
            return False
        return True


def page_named(sheets: Sequence[Sheet], typed: str) -> int | None:
    """The page with that printed label, else at that position from 1; None when there is neither."""
    wanted = typed.strip().casefold()
    for index, sheet in enumerate(sheets):
        if sheet.label.casefold() == wanted:
            return index
    return int(wanted) - 1 if wanted.isdecimal() and 1 <= int(wanted) <= len(sheets) else None


def _centred(widget: QWidget) -> QVBoxLayout:
    """A column in the middle of ``widget``, no wider than words are read well."""
    middle = QWidget()
    middle.setMaximumWidth(480)
    row = QHBoxLayout(widget)
    row.setContentsMargins(GAP * 2, GAP * 2, GAP * 2, GAP * 2)
    row.addStretch(1)
    row.addWidget(middle, 100)
    row.addStretch(1)
    column = QVBoxLayout(middle)
    column.setContentsMargins(0, 0, 0, 0)
    column.setSpacing(GAP)
    return column


class _Elided(QLabel):
    """A file's name: shortened in the middle where there is no room, whole in the tooltip."""

    def __init__(self) -> None:
        super().__init__()
        self.setTextFormat(Qt.TextFormat.PlainText)
        self.setProperty("role", "heading")
        self.setSizePolicy(QSizePolicy.Policy.Ignored, QSizePolicy.Policy.Preferred)
        self._whole = ""

    def set_text(self, text: str) -> None:
        self._whole = text
        self.setToolTip(text)
        self.setAccessibleName(text)
        self._shorten()

    def resizeEvent(self, event: object) -> None:
        self._shorten()

    def _shorten(self) -> None:
        self.setText(self.fontMetrics().elidedText(self._whole, Qt.TextElideMode.ElideMiddle, self.width()))

    def minimumSizeHint(self) -> QSize:
        return QSize(60, super().minimumSizeHint().height())


class _Remark(QWidget):
    """One line that says something about what is shown, with at most one thing to do."""

    def __init__(self, kind: str, action: str = "", act: Callable[[], object] | None = None) -> None:
        super().__init__()
        frame = QFrame()
        frame.setProperty("role", "notice")
        frame.setProperty("kind", kind)
        around = QVBoxLayout(self)
        around.setContentsMargins(0, 0, 0, GAP // 2)
        around.addWidget(frame)
        row = QHBoxLayout(frame)
        row.setContentsMargins(GAP, GAP // 2, GAP // 2, GAP // 2)
        self._text = label("", selectable=True)
        row.addWidget(self._text, 1)
        self._act = button(action, clicked=act) if action else None
        if self._act is not None:
            row.addWidget(self._act)
        self.hide()

    @property
    def text(self) -> str:
        """What it says, empty when it is hidden."""
        return "" if self.isHidden() else self._text.text()

    def say(self, text: str) -> None:
        """Show this."""
        self._text.setText(text)
        self.setAccessibleName(text)
        self.show()

    def offer(self, offered: bool) -> None:
        """Whether there is something to do."""
        if self._act is not None:
            self._act.setVisible(offered)
