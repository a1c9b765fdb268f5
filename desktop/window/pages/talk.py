"""The middle of the ask page: a conversation, the box below it, and the question that is under way."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

from PySide6.QtCore import QMimeData, Qt
from PySide6.QtGui import QGuiApplication
from PySide6.QtWidgets import QFrame, QHBoxLayout, QStackedWidget, QVBoxLayout, QWidget

from core.errors import Cancelled, VademecumError
from core.nouns import Exchange, Scope, Understood
from desktop.channel import Ask, Found, Grown, OpenConversation
from desktop.window.desk import Desk
from desktop.window.elided import ElidedLabel
from desktop.window.export import Writing, to_fragment, to_text
from desktop.window.jobs import Job
from desktop.window.pages.answer import Opener
from desktop.window.pages.exchange import Doings, ExchangeView
from desktop.window.pages.question_box import QuestionBox
from desktop.window.pages.thread import Thread
from desktop.window.pages.welcome import Welcome
from desktop.window.theme import GAP
from desktop.window.widgets import IconButton, ask_where, documents_folder

_FILE_NAME_LENGTH = 60


@dataclass(slots=True)
class _Running:
    """The question that is under way."""

    view: ExchangeView
    job: Job[Exchange]
    typed: str
    conversation: int
    kept: Exchange | None = None  # what there is of an answer that was stopped, as a conversation reopened shows it


class Talk(QWidget):
    """Asks, shows what comes, stops, asks again.  One question is under way at a time."""

    def __init__(
        self,
        desk: Desk,
        opener: Opener,
        *,
        answered: Callable[[Exchange], None],
        typed: Callable[[], None],
        scope_cleared: Callable[[], None],
        scope_wanted: Callable[[], None],
    ) -> None:
        super().__init__()
        self._desk = desk
        self._answered = answered
        self._typed = typed
        self._writings: list[Writing] = []
        # Where files are exported to; a program that is started from a menu works in a folder nobody knows.
        self._folder = documents_folder()
        self._word_for_word = False  # what stands in the box is a question that was understood, and then edited
        self._running: _Running | None = None
        self._scope = Scope()
        self.conversation = 0  # 0 while it has no answer yet
        self._title = ElidedLabel("heading", Qt.TextElideMode.ElideRight)
        self.thread_view = Thread(
            desk,
            Doings(opener, self._again, self._compare, self._edit, self.copy, self.export, desk.record_wanted.emit),
        )
        self.welcome = Welcome(desk, self.ask)
        self.box = QuestionBox(
            desk,
            asked=lambda: self.ask(self.box.text),
            stopped=self.stop,
            scope_cleared=scope_cleared,
            scope_wanted=scope_wanted,
            typed=self._something_typed,
        )
        self._stack = QStackedWidget()
        self._stack.addWidget(self.welcome)
        self._stack.addWidget(self.thread_view)
        self.head = QHBoxLayout()
        self.head.setContentsMargins(GAP, 6, GAP, 6)
        self.head.setSpacing(4)
        self.head.addWidget(self._title, 1)
        self._export = IconButton(desk, "export", self.tr("Export the conversation as PDF"), self._export_all)
        self.head.addWidget(self._export)
        rule = QFrame()
        rule.setProperty("role", "rule")
        rule.setFixedHeight(1)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(0)
        column.addLayout(self.head)
        column.addWidget(rule)
        column.addWidget(self._stack, 1)
        column.addWidget(self.box)
        self.begin()

    @property
    def head_buttons(self) -> tuple[QWidget, ...]:
        """What can be pressed above the conversation."""
        return (self._export,)

    @property
    def running(self) -> bool:
        """Whether a question is under way."""
        return self._running is not None

    @property
    def unanswered(self) -> str:
        """What was asked and has no sentence of an answer yet: it would be lost if the program ended now."""
        running = self._running
        return running.typed if running is not None and not running.view.claims else ""

    # -- conversations

    def begin(self) -> None:
        """An empty conversation."""
        self._leave()
        self.conversation = 0
        self.set_title("")
        self._show()
        self.box.field.setFocus()

    def open(self, id: int, title: str, *, opened: Callable[[Sequence[Exchange]], None] | None = None) -> None:
        """A kept conversation, with the citations that its answers had."""
        self._leave()
        self.conversation = id
        self.set_title(title)

        def show(exchanges: tuple[Exchange, ...]) -> None:
            if self.conversation != id:
                return
            self.thread_view.show_all(exchanges)
            running = self._running
            if running is not None and running.conversation == id:
                self.thread_view.append(running.view)
            self._show()
            if opened is not None:
                opened(exchanges)

        self._desk.jobs.run(OpenConversation(id), self, done=show, failed=self._desk.complain)

    def refresh(self) -> None:
        """Ask whether the documents that are cited here have been replaced."""
        id = self.conversation
        if id:
            self._desk.jobs.run(
                OpenConversation(id),
                self,
                done=lambda exchanges: self.thread_view.refresh(exchanges) if self.conversation == id else None,
            )

    def leave(self) -> None:
        """Wait for the files that are being written."""
        for writing in self._writings:
            writing.wait()

    def set_title(self, title: str) -> None:
        """What the conversation is called."""
        self._title.setText(title or self.tr("New conversation"))

    def set_scope(self, scope: Scope) -> None:
        """Where the next question looks."""
        self._scope = scope
        self.box.set_scope(scope)

    # -- asking

    def ask(self, question: str) -> None:
        """Ask a question, a follow-up if there is a conversation already."""
        self._ask(question, self._scope, as_typed=self._word_for_word)

    def stop(self) -> None:
        """Stop the question that is under way."""
        if self._running is not None:
            self._running.job.cancel()
            self.box.set_running(True, stopping=True)

    def _ask(self, question: str, scope: Scope, *, as_typed: bool = False, earlier: Exchange | None = None) -> None:
        question = question.strip()
        if self._running is not None or not question:
            return
        if self.box.text.strip() == question:
            self.box.set_text("")
        view = ExchangeView(self._desk, self.thread_view.doings, question, scope, earlier=earlier)
        self.thread_view.append(view)
        self._show()
        job = self._desk.jobs.run(
            Ask(question, scope, self.conversation, as_typed),
            self,
            done=self._done,
            partly=self._partly,
            progress=lambda progress: view.stage(self._desk.stage(progress)),
            failed=self._failed,
        )
        self._running = _Running(view, job, question, self.conversation)
        if not self.conversation:
            self.set_title(question)
        self.box.set_running(True)
        self.box.field.setFocus()

    def _partly(self, piece: object) -> None:
        if self._running is None:
            return
        match piece:
            case Understood():
                self._running.view.understood(piece)
            case Found():
                self._running.view.found(piece.candidates)
            case Grown():
                self._running.view.grow(piece.claim)
            case Exchange():
                self._running.kept = piece

    def _done(self, exchange: Exchange) -> None:
        running = self._end()
        if running is None:
            return
        running.view.settle(exchange)
        if self._is_shown(running):
            self.conversation = exchange.conversation
            self.thread_view.settle()
        else:
            running.view.deleteLater()
            question = running.typed if len(running.typed) <= 60 else running.typed[:60] + "…"
            self._desk.notice(self.tr("The answer to “{question}” is ready.").format(question=question))
        self._answered(exchange)

    def _failed(self, error: VademecumError) -> None:
        running = self._end()
        if running is None:
            return
        if not running.view.claims and not self.box.text.strip():
            self.box.set_text(running.typed)  # what a person typed is never lost
        if running.kept is not None:
            running.view.settle(running.kept, self._desk.sentence(error))
        elif isinstance(error, Cancelled):
            running.view.stop()
        else:
            running.view.fail(self._desk.sentence(error))
        if not self._is_shown(running):
            running.view.deleteLater()
            self._desk.complain(error)
        elif running.kept is not None:
            self.conversation = running.kept.conversation
        self.thread_view.settle()
        if running.kept is not None:
            self._answered(running.kept)

    def _end(self) -> _Running | None:
        running, self._running = self._running, None
        self.box.set_running(False)
        return running

    def _is_shown(self, running: _Running) -> bool:
        return running.view in self.thread_view.views

    # -- what the buttons below an answer do

    def _again(self, view: ExchangeView) -> None:
        if view.exchange is not None:
            # As the library was asked: a follow-up would mean something else further down.
            self._ask(view.exchange.answer.checked.question, view.exchange.scope, as_typed=True)
        else:
            self._ask(view.question, view.scope)

    def _compare(self, earlier: Exchange) -> None:
        self._ask(earlier.answer.checked.question, earlier.scope, as_typed=True, earlier=earlier)

    def _edit(self, question: str) -> None:
        self.box.set_text(question)
        self._word_for_word = True

    def copy(self, exchange: Exchange) -> None:
        """An answer with its sources to the clipboard, as plain text and as HTML."""
        data = QMimeData()
        data.setText(to_text(exchange, self._desk.language))
        data.setHtml(to_fragment(exchange, self._desk.language))
        QGuiApplication.clipboard().setMimeData(data)
        self._desk.notice(self.tr("Copied with its sources."))

    def export(self, exchanges: Sequence[Exchange], kind: str) -> None:
        """Ask where to, and write."""
        words = re.sub(r"[^\w\- ]+", "", exchanges[-1].typed)[:_FILE_NAME_LENGTH].strip() or "vademecum"
        filters = {"pdf": self.tr("PDF document (*.pdf)"), "html": self.tr("Web page (*.html)")}
        name, title = f"{words}.{kind}", self.tr("Export")
        ask_where(self, title, filters[kind], name, lambda file: self._write(file, kind, exchanges), self._folder)

    def _write(self, file: Path, kind: str, exchanges: Sequence[Exchange]) -> None:
        self._folder = str(file.parent)
        writing = Writing(file, kind, exchanges, self._desk.language, self)
        self._writings.append(writing)
        writing.finished.connect(lambda: self._written(writing))
        writing.start()

    def _written(self, writing: Writing) -> None:
        self._writings.remove(writing)
        if writing.problem is not None:
            self._desk.complain(writing.problem)
        else:
            self._desk.notice(self.tr("Written: {file}").format(file=writing.file))
        writing.deleteLater()

    def _export_all(self) -> None:
        if exchanges := self.thread_view.exchanges:
            self.export(exchanges, "pdf")

    # -- inside

    def _something_typed(self) -> None:
        if not self.box.text.strip():
            self._word_for_word = False
        self._typed()

    def _leave(self) -> None:
        self._word_for_word = False
        self.thread_view.clear(keep=self._running.view if self._running else None)

    def _show(self) -> None:
        self._stack.setCurrentWidget(self.thread_view if self.thread_view.views else self.welcome)
        self._export.setVisible(bool(self.thread_view.views))
