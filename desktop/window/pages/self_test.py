"""Whether everything works: the self-test on a click, told step by step, and the check of the program's files."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from PySide6.QtGui import QGuiApplication
from PySide6.QtWidgets import QHBoxLayout, QPlainTextEdit

from core.errors import Cancelled, UserProblem, VademecumError
from desktop import self_test_words
from desktop.channel import CheckFiles, FilesChecked, SelfTest, SelfTestReport, SelfTestStep
from desktop.window.desk import Desk
from desktop.window.theme import GAP
from desktop.window.tone import tell
from desktop.window.widgets import ask_where, button, documents_folder
from desktop.window.work_card import WorkCard

_LINES = 12  # of the report, before it scrolls


class SelfTestCard(WorkCard):
    """Runs the self-test or the check of the files in the engine, and shows, copies or saves what was found."""

    def __init__(self, desk: Desk) -> None:
        super().__init__(desk)
        words = self.tr(
            "Tests this installation with the sample documents, from the models to the citation, and trains for three "
            "steps. It takes some minutes and touches nothing of yours."
        )
        self.test = button(self.tr("Run the self-test"), clicked=self.run_test)
        self.files = button(
            self.tr("Check the files"),
            hint=self.tr("Compares every file of the installed program with what was built"),
            clicked=self.run_files,
        )
        self.report = QPlainTextEdit()
        self.report.setReadOnly(True)
        self.report.setAccessibleName(self.tr("What the self-test found"))
        self.report.setFixedHeight(self.report.fontMetrics().lineSpacing() * _LINES + 2 * GAP)
        self.copy = button(self.tr("Copy the report"), clicked=self._copy)
        self.save = button(self.tr("Save the report …"), clicked=self._ask_where)
        column = self.lay_out(words, self.tr("Stop"), self.tr("Progress of the self-test"), (self.files, self.test))
        foot = QHBoxLayout()
        foot.addStretch(1)
        foot.addWidget(self.copy)
        foot.addWidget(self.save)
        column.addWidget(self.state)
        column.addWidget(self.report)
        column.addLayout(foot)
        for part in (self.report, self.copy, self.save):
            part.hide()

    def run_test(self) -> None:
        """Test everything."""
        if self._job is None:
            self._start(self.tr("Testing …"))
            self._job = self._desk.jobs.run(
                SelfTest(), self, done=self._tested, partly=self._grow, progress=self._told, failed=self._failed
            )

    def run_files(self) -> None:
        """Compare the program's files with their list."""
        if self._job is None:
            self._start(self.tr("Checking the files …"))
            self._job = self._desk.jobs.run(
                CheckFiles(), self, done=self._checked, progress=self._told, failed=self._failed
            )

    def _start(self, words: str) -> None:
        self.report.clear()
        self.begin(words)

    def _show_work(self, working: bool) -> None:
        super()._show_work(working)
        for part in (self.test, self.files):
            part.setEnabled(not working)
        filled = bool(self.report.toPlainText())
        self.report.setVisible(filled)
        for part in (self.copy, self.save):
            part.setVisible(filled and not working)

    def _grow(self, step: SelfTestStep) -> None:
        self._write(self_test_words.of_step(step, self._desk.language))
        self.report.show()

    def _tested(self, found: SelfTestReport) -> None:
        self.report.setPlainText(self_test_words.of_report(found, self._desk.language))
        verdict = self_test_words.verdict(found, self._desk.language)
        tell(self.state, verdict, "bad" if found.failed else "good")
        self.rest()

    def _checked(self, checked: FilesChecked) -> None:
        first, *rest = self_test_words.of_files(checked, self._desk.language)
        tell(self.state, first, "bad" if rest else "good")
        if rest:
            self._write([first, *rest])
        self.rest()

    def _failed(self, error: VademecumError) -> None:
        if isinstance(error, Cancelled):
            tell(self.state, self.tr("Stopped."))
        else:
            tell(self.state, self._desk.sentence(error), "bad")
        self.rest()

    def _write(self, lines: Sequence[str]) -> None:
        self.report.appendPlainText("\n".join(lines))

    def _copy(self) -> None:
        QGuiApplication.clipboard().setText(self.report.toPlainText())
        self._desk.notice(self.tr("Copied."))

    def _ask_where(self) -> None:
        title, kinds = self.tr("Save the report"), self.tr("Text (*.txt)")
        ask_where(self, title, kinds, "vademecum-self-test.txt", self.save_report, documents_folder())

    def save_report(self, file: Path) -> None:
        """Write what is shown into ``file``."""
        try:
            file.write_text(self.report.toPlainText(), encoding="utf-8")
        except OSError as fault:
            self._desk.complain(UserProblem("cannot_write", path=file, fault=fault.strerror or fault))
        else:
            self._desk.notice(self.tr("The report was saved as {file}.").format(file=file.name))
