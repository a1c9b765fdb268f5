"""The ask page, home of the program: conversations and scope, the conversation, the page viewer."""

from __future__ import annotations

import json
import logging
from collections.abc import Sequence
from pathlib import Path

from PySide6.QtCore import QByteArray, QSettings, Qt, QTimer
from PySide6.QtGui import QKeySequence, QShortcut, QShowEvent
from PySide6.QtWidgets import QFrame, QHBoxLayout, QSplitter, QVBoxLayout, QWidget

from core.errors import UserProblem
from core.nouns import Change, Citation, Conversation, Document, Exchange
from core.settings import settings_file
from desktop.channel import GetLibrary, LibraryState, State
from desktop.window import citing
from desktop.window.desk import Desk
from desktop.window.export import write_aside
from desktop.window.page_view import PageView
from desktop.window.pages.answer import Opener
from desktop.window.pages.scope import ScopePanel
from desktop.window.pages.talk import Talk
from desktop.window.pages.threads import Threads
from desktop.window.theme import GAP
from desktop.window.widgets import IconButton, label

_KEPT_AFTER = 1500  # milliseconds after the last letter
_SIDE, _TALK, _VIEWER = 270, 560, 470  # widths at the first start
_ROOM_FOR_THREE = 980
_log = logging.getLogger(__name__)


class AskPage(QWidget):
    """Ask, read, follow a citation to its page."""

    def __init__(self, desk: Desk) -> None:
        super().__init__()
        self._desk = desk
        self._places = QSettings(str(settings_file().parent / "ask.ini"), QSettings.Format.IniFormat)
        self._loaded = False
        self._restoring = True
        self._made_room = False  # the lists gave way to the page viewer in a narrow window
        self.view = PageView(desk)
        self.threads = Threads(desk, chosen=self._open, begun=self.begin, renamed=self._renamed, gone=self._deleted)
        self.scope = ScopePanel(desk, changed=lambda scope: self.talk.set_scope(scope), listed=self._listed)
        self.talk = Talk(
            desk,
            Opener(self._cite, self._open_page),
            answered=self._answered,
            typed=self._typed,
            scope_cleared=self.scope.model.clear,
            scope_wanted=self._show_scope,
        )
        self._keeping = QTimer(self)
        self._keeping.setSingleShot(True)
        self._keeping.setInterval(_KEPT_AFTER)
        self._keeping.timeout.connect(self._keep)
        self._build()
        self._shortcuts()
        desk.citation_wanted.connect(self._cite_alone)
        desk.document_wanted.connect(self._open_page)
        desk.question_wanted.connect(self.talk.box.set_text)
        desk.jobs.changed.connect(self._library_changed)
        desk.jobs.opened.connect(self._another_library)
        desk.jobs.state.connect(self._engine_says)
        self.view.citation_shown.connect(lambda shown: self.talk.thread_view.set_current(citing.place(shown)))
        self._restore()
        # The engine is started after the window is built, in the same turn of the event loop.
        QTimer.singleShot(0, self, self.refresh)

    def leave(self) -> None:
        """Keep what was typed and not answered, and how the page is divided."""
        self.talk.leave()
        self._keep()
        self._places.setValue("splitter", self.splitter.saveState())
        self._places.setValue("side", self.side_splitter.saveState())
        self._places.setValue("side_shown", self._made_room or self.side.isVisibleTo(self))
        self._places.sync()

    def shortcuts(self) -> list[tuple[str, str]]:
        """The keys of this page, in words."""
        return [
            (self.tr("Enter"), self.tr("Ask")),
            (self.tr("Shift+Enter"), self.tr("New line in the question")),
            ("Esc", self.tr("Stop the answer")),
            ("Ctrl+L", self.tr("To the question")),
            ("Ctrl+N", self.tr("New conversation")),
            ("Ctrl+F", self.tr("Search conversations")),
            ("Ctrl+D", self.tr("Filter documents")),
            ("Ctrl+B", self.tr("Show or hide the lists")),
            ("F4", self.tr("Show or hide the page viewer")),
            ("F2", self.tr("Rename the conversation that is marked")),
            ("Delete", self.tr("Delete the conversation that is marked")),
            ("Ctrl+Shift+C", self.tr("Copy the last answer with citations")),
            *self.view.shortcuts(),
        ]

    def refresh(self) -> None:
        """Ask the engine for what the page shows."""
        if self._desk.jobs.last_state.stage == "stopped":
            return
        self.scope.refresh()
        self.threads.refresh()
        self._desk.jobs.run(GetLibrary(), self, done=self._show_library)

    def begin(self) -> None:
        """A new conversation."""
        self.threads.set_current(0)
        self.talk.begin()

    def showEvent(self, event: QShowEvent) -> None:
        """One can type at once."""
        super().showEvent(event)
        self.talk.box.field.setFocus()

    # -- building

    def _build(self) -> None:
        self.setProperty("role", "page")
        self.side = QFrame()
        self.side.setProperty("role", "rail")
        self.side.setStyleSheet('QFrame[role="rail"] { border: none; }')  # the splitter is its border
        self.side.setMinimumWidth(170)
        self.side_splitter = QSplitter(Qt.Orientation.Vertical)
        self.side_splitter.addWidget(self.threads)
        self.side_splitter.addWidget(self.scope)
        self.side_splitter.setSizes([320, 380])
        self.side_splitter.setHandleWidth(1)
        inside = QVBoxLayout(self.side)
        inside.setContentsMargins(0, 0, 0, 0)
        inside.addWidget(self.side_splitter)
        self._toggle = IconButton(self._desk, "panel", self.tr("Show or hide the lists  (Ctrl+B)"), self.toggle_side)
        self.talk.head.insertWidget(0, self._toggle)
        self._view_toggle = IconButton(
            self._desk, "file", self.tr("Show or hide the page viewer  (F4)"), self.toggle_view
        )
        self.talk.head.addWidget(self._view_toggle)
        self.right = QFrame()
        top = QHBoxLayout()
        top.setContentsMargins(GAP, 4, 4, 0)
        top.addWidget(label(self.tr("Source"), "muted", wrap=False), 1)
        top.addWidget(IconButton(self._desk, "close", self.tr("Close the page viewer  (F4)"), self.close_view))
        column = QVBoxLayout(self.right)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(0)
        column.addLayout(top)
        column.addWidget(self.view, 1)
        self.splitter = QSplitter(Qt.Orientation.Horizontal)
        for part, stretch in ((self.side, 0), (self.talk, 3), (self.right, 2)):
            self.splitter.addWidget(part)
            self.splitter.setStretchFactor(self.splitter.count() - 1, stretch)
        self.talk.setMinimumWidth(320)
        self.splitter.setChildrenCollapsible(False)
        self.splitter.setHandleWidth(1)
        self.splitter.setSizes([_SIDE, _TALK, _VIEWER])
        self.right.hide()
        whole = QVBoxLayout(self)
        whole.setContentsMargins(0, 0, 0, 0)
        whole.addWidget(self.splitter)
        before: QWidget = self.scope.tree
        for one in (self._toggle, *self.talk.head_buttons, self._view_toggle, self.talk.thread_view):
            QWidget.setTabOrder(before, one)  # as they stand, and not as they were made
            before = one

    def _shortcuts(self) -> None:
        for keys, act in (
            ("Esc", self.talk.stop),
            ("Ctrl+L", self.talk.box.field.setFocus),
            ("Ctrl+N", self.begin),
            ("Ctrl+F", lambda: self._to_side(self.threads.search)),
            ("Ctrl+D", lambda: self._to_side(self.scope.filter)),
            ("Ctrl+B", self.toggle_side),
            ("F4", self.toggle_view),
            ("F3", self.view.next_citation),
            ("Shift+F3", self.view.previous_citation),
            ("Ctrl+Shift+C", self._copy_last),
        ):
            QShortcut(QKeySequence(keys), self, act)

    # -- what is shown where

    def toggle_side(self) -> None:
        """Show or hide conversations and scope."""
        self._made_room = False
        self.side.setVisible(not self.side.isVisibleTo(self))

    def toggle_view(self) -> None:
        """Show or hide the page viewer."""
        if self.right.isVisibleTo(self):
            self.close_view()
        else:
            self._show_view()

    def close_view(self) -> None:
        """Put the page viewer away."""
        self.right.hide()
        if self._made_room:
            self._made_room = False
            self.side.show()
        self.talk.thread_view.set_current(None)
        self.talk.box.field.setFocus()

    def _show_view(self) -> None:
        if not self.right.isVisibleTo(self) and self.width() < _ROOM_FOR_THREE and self.side.isVisibleTo(self):
            self._made_room = True
            self.side.hide()
        self.right.show()

    def _cite(self, citation: Citation, all_of_answer: Sequence[Citation]) -> None:
        self._show_view()
        self.view.set_citations(all_of_answer)
        self.view.show_citation(citation)

    def _cite_alone(self, citation: Citation) -> None:
        self._cite(citation, (citation,))

    def _open_page(self, sha256: str, page_index: int) -> None:
        self._show_view()
        self.talk.thread_view.set_current(None)
        self.view.show_document(sha256, page_index)

    def _show_scope(self) -> None:
        self._to_side(self.scope.filter)

    def _to_side(self, field: QWidget) -> None:
        self.side.show()
        field.setFocus()

    def _copy_last(self) -> None:
        if exchanges := self.talk.thread_view.exchanges:
            self.talk.copy(exchanges[-1])

    # -- conversations

    def _open(self, conversation: Conversation) -> None:
        self.talk.open(conversation.id, conversation.title, opened=self._opened)

    def _opened(self, exchanges: Sequence[Exchange]) -> None:
        # A follow-up looks where the conversation looked: a patient's file stays that patient's.
        if exchanges:
            self.scope.model.set_scope(exchanges[-1].scope)

    def _answered(self, exchange: Exchange) -> None:
        if self.talk.conversation == exchange.conversation:
            self.threads.set_current(exchange.conversation)
        self.threads.refresh()
        self._keep()

    def _renamed(self, id: int, title: str) -> None:
        if id == self.talk.conversation:
            self.talk.set_title(title)

    def _deleted(self, id: int) -> None:
        if id == self.talk.conversation:
            self.begin()

    # -- the library and the engine

    def _listed(self, documents: Sequence[Document]) -> None:
        self._loaded = True
        self.talk.welcome.set_documents([document.name for document in documents])

    def _show_library(self, state: LibraryState) -> None:
        self.talk.thread_view.set_revision(state.revision)

    def _library_changed(self, change: Change) -> None:
        self.scope.refresh()
        self.talk.thread_view.set_revision(change.revision)
        if change.replaced or change.removed:
            self.talk.refresh()

    def _another_library(self, state: LibraryState) -> None:
        self.talk.stop()
        self.view.clear()
        self.right.hide()
        self.scope.model.clear()
        self.begin()
        self.refresh()

    def _engine_says(self, state: State) -> None:
        self.talk.welcome.set_state(state)
        if not self._loaded and state.stage in ("ready", "no_model"):
            self.refresh()

    # -- what was typed

    def _typed(self) -> None:
        if not self._restoring:
            self._keeping.start()

    def _restore(self) -> None:
        for name, splitter in (("splitter", self.splitter), ("side", self.side_splitter)):
            if isinstance(kept := self._places.value(name), QByteArray):
                splitter.restoreState(kept)
        self.side.setVisible(bool(self._places.value("side_shown", True, type=bool)))
        try:
            text = json.loads(_draft_file().read_text("utf-8"))["text"]
        except (OSError, ValueError, KeyError, TypeError):
            text = ""
        if isinstance(text, str) and text:
            self.talk.box.set_text(text)
        self._restoring = False

    def _keep(self) -> None:
        """Write what was typed beside the settings; the file can be read by this user only."""
        self._keeping.stop()
        text = self.talk.box.text or self.talk.unanswered
        file = _draft_file()
        try:
            if not text:
                file.unlink(missing_ok=True)
                return
            file.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
            write_aside(file, json.dumps({"text": text}).encode("ascii"))
        except (OSError, UserProblem) as fault:
            _log.warning("what was typed could not be kept: %s", fault)


def _draft_file() -> Path:
    return settings_file().parent / "draft.json"
