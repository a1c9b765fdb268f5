"""A question and what becomes of it: passages found, sentences growing, the answer, and what can be done with it."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from PySide6.QtCore import Qt, QTimer
from PySide6.QtWidgets import QFrame, QHBoxLayout, QMenu, QProgressBar, QPushButton, QSizePolicy, QVBoxLayout, QWidget

from core.errors import Cancelled
from core.nouns import AnswerKind, Candidate, CheckedAnswer, Claim, Exchange, Scope, Understood
from desktop.window import citing
from desktop.window.desk import Desk
from desktop.window.elided import ElidedLabel
from desktop.window.fold import Fold
from desktop.window.pages.answer import ClaimRow, Opener, Sentences
from desktop.window.pages.comparing import Comparison
from desktop.window.pages.passages import NotFound, Passages
from desktop.window.prose import Prose
from desktop.window.theme import GAP
from desktop.window.widgets import IconButton, Mark, button, label


@dataclass(frozen=True, slots=True)
class Doings:
    """What the buttons of an exchange do."""

    opener: Opener
    again: Callable[[ExchangeView], None]
    compare: Callable[[Exchange], None]
    edit: Callable[[str], None]
    copy: Callable[[Exchange], None]
    export: Callable[[Sequence[Exchange], str], None]  # "pdf" or "html"
    record: Callable[[int], None]  # open the audit record of that number


class ExchangeView(QWidget):
    """One exchange.  It begins as a question that waits; :meth:`settle`, :meth:`stop` or :meth:`fail` ends it."""

    def __init__(
        self, desk: Desk, doings: Doings, question: str, scope: Scope, *, earlier: Exchange | None = None
    ) -> None:
        """``earlier``: an exchange that the answer is to be compared with."""
        super().__init__()
        self._desk = desk
        self._doings = doings
        self.question = question
        self.scope = scope
        self.earlier = earlier
        self.exchange: Exchange | None = None
        self.candidates: tuple[Candidate, ...] = ()
        self.waiting = True
        self._began = time.monotonic()
        self._stage = ""
        self._revision = 0
        self._shown: citing.Place | None = None
        self._comparison: Comparison | None = None
        self._compare: QPushButton | None = None
        self.found_fold: Fold | None = None
        self.left_out: Fold | None = None
        self.understood_as: Prose | None = None
        self.opening: Prose | None = None
        self.searched_for: Prose | None = None
        self._column = QVBoxLayout(self)
        self._column.setContentsMargins(0, 0, 0, 0)
        self._column.setSpacing(4)
        self._column.addWidget(Prose(citing.lines(question), scale=1.15, bold=True))
        self._where = Prose(self._in(scope), "muted", scale=0.92)
        self._column.addWidget(self._where)
        self._where.setVisible(scope != Scope())
        self._column.addSpacing(4)
        self._card = QFrame()
        self._card.setProperty("role", "card")
        self._body = QVBoxLayout(self._card)
        self._body.setContentsMargins(GAP, GAP, GAP, GAP)
        self._body.setSpacing(GAP // 2)
        self.sentences = Sentences(desk, doings.opener)
        self._body.addWidget(self.sentences)
        self._status = self._build_status()
        self._body.addWidget(self._status)
        self._column.addWidget(self._card)
        self._ticking = QTimer(self)
        self._ticking.timeout.connect(self._tell)
        self._ticking.start(1000)

    # -- while it runs

    def stage(self, words: str) -> None:
        """What the engine is doing for it."""
        self._stage = words
        self._tell()

    def understood(self, understood: Understood) -> None:
        """Show how a follow-up was completed, and where it looks if that was understood too."""
        if not understood.rewritten or self.understood_as is not None:
            return
        text = self.tr("Understood as: {question}").format(question=citing.one_line(understood.question))
        if understood.scope != self.scope:
            text += f"\n{self._in(understood.scope)}"
        row = QHBoxLayout()
        row.setSpacing(4)
        question = understood.question
        edit = IconButton(
            self._desk, "edit", self.tr("Edit this question and ask it as it stands"), lambda: self._edit(question)
        )
        row.addWidget(edit, 0, Qt.AlignmentFlag.AlignTop)
        self.understood_as = Prose(text, "muted")
        row.addWidget(self.understood_as, 1, Qt.AlignmentFlag.AlignVCenter)
        self._column.insertLayout(2, row)

    def found(self, candidates: Sequence[Candidate]) -> None:
        """Show the passages, before there is an answer."""
        if self.found_fold is not None or not candidates:
            return
        self.candidates = tuple(candidates)
        passages = Passages(self._desk, candidates, self._doings.opener)
        title = self.tr("Passages found: {n}").format(n=len(candidates))
        self.found_fold = Fold(self._desk, title, lambda: passages)
        self.found_fold.open()
        self._column.addWidget(self.found_fold)

    def grow(self, claim: Claim) -> None:
        """One more checked sentence."""
        self.sentences.grow(claim)

    @property
    def claims(self) -> tuple[Claim, ...]:
        """The sentences shown so far."""
        return self.sentences.claims

    # -- how it ends

    def settle(self, exchange: Exchange, fault: str = "") -> None:
        """The answer, in place of what has grown; ``fault`` says why one that broke off did, where that is known."""
        self.setUpdatesEnabled(False)
        self._end()
        self.exchange = exchange
        checked = exchange.answer.checked
        if checked.question != exchange.typed.strip() and self.understood_as is None:
            self.understood(Understood(checked.question, exchange.scope, rewritten=True))
        self._show_opening(checked)
        if self.earlier is not None and checked.kind is not AnswerKind.STOPPED:
            self.sentences.hide()
            self._comparison = Comparison(self._desk, self.earlier, exchange, self._doings.opener)
            self._body.addWidget(self._comparison)
        elif checked.kind is AnswerKind.NOT_FOUND:
            self.sentences.hide()
            self._body.addWidget(NotFound(self._desk, exchange.answer, self._doings.opener))
        else:
            self.sentences.show_all(checked.claims, exchange.outdated)
        self.disagreements = self._disagreeing(checked)
        self.outdated_line = Prose("", "warn", scale=0.92)
        row = QHBoxLayout()
        row.setContentsMargins(8, 0, 0, 0)
        row.addWidget(self.outdated_line)
        self._body.addLayout(row)
        self.set_outdated(exchange.outdated)
        if checked.kind is AnswerKind.STOPPED:
            if checked.reason == Cancelled().key:
                self.stop()
            else:
                self.fail(fault or self._desk.say(checked.reason))
        if checked.removed:
            title = self.tr("Left out: {n}").format(n=len(checked.removed))
            self.left_out = Fold(self._desk, title, lambda: self._removed(checked.removed))
            self.left_out.head.setToolTip(self.tr("Sentences of the draft that your documents do not support"))
            self._body.addWidget(self.left_out)
        if self.found_fold is not None:
            self.found_fold.open(False)
        self._column.addLayout(self._foot(exchange))
        self.set_revision(self._revision)
        self.set_current(self._shown)
        self.setUpdatesEnabled(True)

    def _show_opening(self, checked: CheckedAnswer) -> None:
        """How the persona begins, apart from the sentences that were checked; and in whose words it was searched."""
        if checked.searched:
            self.searched_for = Prose(
                self.tr("Searched for: {words}").format(words=citing.one_line(checked.searched)), "muted", scale=0.92
            )
            self.searched_for.setToolTip(self.tr("The glossary of the persona has other words for the question"))
            self._column.insertWidget(self._column.indexOf(self._card), self.searched_for)
        if checked.opening:
            row = QHBoxLayout()
            row.setContentsMargins(8, 0, 0, 4)
            row.setSpacing(10)
            mark = Mark(self._desk, "personas", "muted")
            mark.setToolTip(self.tr("Said by the persona; it states no fact, so there is nothing to check"))
            row.addWidget(mark, 0, Qt.AlignmentFlag.AlignTop)
            self.opening = Prose(citing.one_line(checked.opening), "muted", scale=1.06)
            self.opening.setAccessibleName(
                self.tr("The persona says: {words}").format(words=citing.one_line(checked.opening))
            )
            row.addWidget(self.opening, 1)
            self._body.insertLayout(0, row)

    def _disagreeing(self, checked: CheckedAnswer) -> list[Prose]:
        """That documents cited here do not agree, below the sentences that show both."""
        lines = [Prose(line, "warn") for line in citing.disagreement_lines(checked.disagreements, self._desk.language)]
        for line in lines:
            row = QHBoxLayout()
            row.setContentsMargins(8, 4, 0, 4)
            row.setSpacing(10)
            row.addWidget(Mark(self._desk, "partial", "warn"), 0, Qt.AlignmentFlag.AlignTop)
            row.addWidget(line, 1)
            self._body.addLayout(row)
        return lines

    def stop(self) -> None:
        """It was stopped; checked sentences stay."""
        words = (
            self.tr("Stopped. The sentences above were checked; the answer is not complete.")
            if self.claims
            else self.tr("Stopped before there was an answer.")
        )
        self._give_up("stop", words, "muted")

    def fail(self, sentence: str) -> None:
        """It failed, and why; checked sentences stay."""
        self._give_up("partial", sentence, "bad")

    # -- what others tell

    def set_revision(self, revision: int) -> None:
        """The library's revision now: a comparison is offered when it is newer than the answer's."""
        self._revision = revision
        if self._compare is not None and self.exchange is not None:
            answer = self.exchange.answer
            complete = answer.checked.kind is not AnswerKind.STOPPED
            self._compare.setVisible(complete and revision > answer.library_revision)

    def set_outdated(self, contents: Sequence[str]) -> None:
        """Contents (SHA-256) cited here that no current document has any more."""
        if self.exchange is None:
            return
        claims = self.exchange.answer.checked.claims
        names = {citing.one_line(c.document): 0 for claim in claims for c in claim.citations if c.sha256 in contents}
        self.sentences.set_outdated(contents)
        self.outdated_line.setVisible(bool(names))
        self.outdated_line.setText(
            self.tr("Replaced or removed since this answer: {names}. The citations show the text as it was.").format(
                names=", ".join(names)
            )
            if names
            else ""
        )

    def set_current(self, shown: citing.Place | None) -> None:
        """Which citation the page viewer shows."""
        self._shown = shown
        self.sentences.set_current(shown)
        if self._comparison is not None:
            self._comparison.set_current(shown)

    # -- parts

    def _in(self, scope: Scope) -> str:
        return self.tr("In: {scope}").format(scope=citing.scope_words(scope, self._desk.language))

    def _build_status(self) -> QWidget:
        whole = QWidget()
        row = QHBoxLayout(whole)
        row.setContentsMargins(8, 0, 8, 0)
        row.setSpacing(GAP)
        self._bar = QProgressBar()
        self._bar.setRange(0, 0)
        self._bar.setTextVisible(False)
        self._bar.setFixedWidth(72)
        self._bar.setAccessibleName(self.tr("The answer is being written"))
        row.addWidget(self._bar, 0, Qt.AlignmentFlag.AlignVCenter)
        self.status = label("", "muted", wrap=False)
        row.addWidget(self.status, 1)
        return whole

    def _tell(self) -> None:
        seconds = int(time.monotonic() - self._began)
        words = self._stage or self.tr("Waiting for the engine")
        self.status.setText(f"{words} …" + (self.tr("  {n} s").format(n=seconds) if seconds >= 2 else ""))

    def _end(self) -> None:
        self.waiting = False
        self._ticking.stop()
        self._status.hide()

    def _give_up(self, picture: str, words: str, role: str) -> None:
        self._end()
        if self.found_fold is not None and self.claims:
            self.found_fold.open(False)
        row = QHBoxLayout()
        row.setContentsMargins(8, 0, 0, 0)
        row.setSpacing(10)
        mark = Mark(self._desk, picture, role)
        row.addWidget(mark)
        self.ending = Prose(words, role)
        row.addWidget(self.ending, 1, Qt.AlignmentFlag.AlignVCenter)
        row.addWidget(button(self.tr("Ask again"), clicked=lambda: self._doings.again(self)))
        self._body.addLayout(row)

    def _removed(self, claims: Sequence[Claim]) -> QWidget:
        whole = QWidget()
        column = QVBoxLayout(whole)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(2)
        for claim in claims:
            column.addWidget(ClaimRow(self._desk, claim, {}, None, left_out=True))
        return whole

    def _foot(self, exchange: Exchange) -> QHBoxLayout:
        answer = exchange.answer
        row = QHBoxLayout()
        row.setContentsMargins(4, 0, 0, 0)
        row.setSpacing(2)
        told = self.tr("{time} · {seconds} s · {model}").format(
            time=citing.local_time(exchange.utc, self._desk.language),
            seconds=f"{answer.seconds.total:.1f}",
            model=answer.model.name,
        )
        line = ElidedLabel("muted", Qt.TextElideMode.ElideRight)
        line.setText(told)
        line.setSizePolicy(QSizePolicy.Policy.Maximum, QSizePolicy.Policy.Preferred)
        row.addWidget(line)
        record = button(
            self.tr("Record {n}").format(n=answer.record.sequence),
            "link",
            hint=self.tr("Open the audit record"),
            clicked=lambda: self._doings.record(answer.record.sequence),
        )
        row.addWidget(record)
        row.addStretch(1)
        self._compare = button(
            self.tr("Compare"),
            "link",
            hint=self.tr("The library has changed since: ask again and compare with this answer"),
            clicked=lambda: self._doings.compare(exchange),
        )
        row.addWidget(self._compare)
        self._export_button = IconButton(
            self._desk, "export", self.tr("Export as PDF or HTML"), lambda: self._choose_export()
        )
        row.addWidget(
            IconButton(self._desk, "copy", self.tr("Copy with citations"), lambda: self._doings.copy(exchange))
        )
        row.addWidget(self._export_button)
        row.addWidget(IconButton(self._desk, "again", self.tr("Ask again"), lambda: self._doings.again(self)))
        return row

    def _choose_export(self) -> None:
        menu = QMenu(self)
        menu.addAction(self.tr("PDF …"), lambda: self._export("pdf"))
        menu.addAction(self.tr("Web page (HTML) …"), lambda: self._export("html"))
        menu.aboutToHide.connect(menu.deleteLater)
        menu.popup(self._export_button.mapToGlobal(self._export_button.rect().bottomLeft()))

    def _export(self, kind: str) -> None:
        if self.exchange is not None:
            self._doings.export((self.exchange,), kind)

    def _edit(self, question: str) -> None:
        self._doings.edit(question)
