"""The support bundle: collected on a click, shown word for word, and saved only then, where the person says."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from PySide6.QtCore import Qt
from PySide6.QtWidgets import (
    QDialog,
    QFrame,
    QHBoxLayout,
    QListWidget,
    QListWidgetItem,
    QPlainTextEdit,
    QSplitter,
    QVBoxLayout,
    QWidget,
)

from core.errors import Cancelled, UserProblem, VademecumError
from core.nouns import Progress
from desktop import support
from desktop.channel import CollectSupport
from desktop.window.desk import Desk
from desktop.window.jobs import Job
from desktop.window.theme import GAP
from desktop.window.tone import tell
from desktop.window.widgets import ask_where, button, documents_folder, label

_WIDTH, _HEIGHT, _LIST_WIDTH = 900, 600, 300


class SupportCard(QFrame):
    """Says what the bundle is, and collects it."""

    def __init__(self, desk: Desk) -> None:
        super().__init__()
        self._desk = desk
        self._job: Job[Mapping[str, str]] | None = None
        self.dialog: SupportDialog | None = None
        self.setProperty("role", "card")
        words = self.tr(
            "If something does not work, a bundle helps whoever helps you: versions, numbers, and logs without a word "
            "of your documents and questions. You see all of it before it is saved; nothing is sent."
        )
        self.collect = button(self.tr("Collect support bundle …"), clicked=self.run_collect)
        self.stop = button(self.tr("Stop"), clicked=self._cancel)
        self.stop.hide()
        self.stage = label("", "muted", selectable=True)
        self.stage.hide()
        row = QHBoxLayout()
        row.setSpacing(GAP)
        row.addWidget(label(words), 1)
        row.addWidget(self.collect, 0, Qt.AlignmentFlag.AlignTop)
        row.addWidget(self.stop, 0, Qt.AlignmentFlag.AlignTop)
        column = QVBoxLayout(self)
        column.setContentsMargins(GAP + 4, GAP, GAP, GAP)
        column.setSpacing(GAP // 2)
        column.addLayout(row)
        column.addWidget(self.stage)

    def run_collect(self) -> None:
        """Have the engine collect it; without an engine, what can be told without one."""
        if self._job is not None:
            return
        self._work(True)
        tell(self.stage, self.tr("Collecting …"))
        self._job = self._desk.jobs.run(
            CollectSupport(), self, done=self._collected, progress=self._told, failed=self._failed
        )

    def _cancel(self) -> None:
        if self._job is not None:
            self._job.cancel()

    def _work(self, working: bool) -> None:
        self.collect.setEnabled(not working)
        self.stop.setVisible(working)
        if not working:
            self._job = None
            tell(self.stage, "")

    def _told(self, progress: Progress) -> None:
        tell(self.stage, self._desk.stage(progress))

    def _collected(self, files: Mapping[str, str]) -> None:
        self._work(False)
        self._show(files, "")

    def _failed(self, error: VademecumError) -> None:
        self._work(False)
        if isinstance(error, Cancelled):
            return
        # An engine that does not work is what a person would ask about.
        without = self.tr("Models and library are missing from it: {why}")
        self._show(support.of_program(self._desk.settings), without.format(why=self._desk.sentence(error)))

    def _show(self, files: Mapping[str, str], remark: str) -> None:
        self.dialog = SupportDialog(self._desk, files, remark, self)
        self.dialog.open()


class SupportDialog(QDialog):
    """Every file of the bundle with its whole text; saves what it shows."""

    def __init__(self, desk: Desk, files: Mapping[str, str], remark: str, parent: QWidget) -> None:
        super().__init__(parent)
        self._desk = desk
        self.files = dict(files)
        self.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        self.setWindowTitle(self.tr("Support bundle"))
        intro = self.tr(
            "This is everything that will be in the file, word for word. Nothing is sent: you decide who gets it."
        )
        self.remark = label(remark, "warn", selectable=True)
        self.remark.setVisible(bool(remark))
        self.list = QListWidget()
        self.list.setAccessibleName(self.tr("Files in the bundle"))
        self.list.setWordWrap(True)
        self.list.setSpacing(2)
        for name in self.files:
            self.list.addItem(self._item(name))
        self.text = QPlainTextEdit()
        self.text.setReadOnly(True)
        self.text.setLineWrapMode(QPlainTextEdit.LineWrapMode.NoWrap)
        self.text.setAccessibleName(self.tr("Text of the file"))
        self.text.setTabChangesFocus(True)
        self.text.setStyleSheet("font-family: monospace;")
        self.list.currentItemChanged.connect(lambda item, _: self._open(item))
        parts = QSplitter(Qt.Orientation.Horizontal)
        parts.setChildrenCollapsible(False)
        parts.addWidget(self.list)
        parts.addWidget(self.text)
        parts.setStretchFactor(1, 1)
        parts.setSizes([_LIST_WIDTH, _WIDTH - _LIST_WIDTH])
        self.problem = label("", "bad", selectable=True)
        self.problem.hide()
        self.keep = button(self.tr("Save …"), "primary", clicked=self.ask_where)
        self.keep.setDefault(True)
        foot = QHBoxLayout()
        foot.addWidget(self.problem, 1)
        foot.addStretch()
        foot.addWidget(button(self.tr("Cancel"), clicked=self.reject))
        foot.addWidget(self.keep)
        column = QVBoxLayout(self)
        column.setContentsMargins(2 * GAP, 2 * GAP, 2 * GAP, GAP + 4)
        column.setSpacing(GAP)
        column.addWidget(label(intro))
        column.addWidget(self.remark)
        column.addWidget(parts, 1)
        column.addLayout(foot)
        self.resize(_WIDTH, _HEIGHT)
        self.list.setCurrentRow(0)

    def _item(self, name: str) -> QListWidgetItem:
        kilobytes = f"{len(self.files[name].encode('utf-8', 'replace')) / 1e3:.1f}"
        size = self.tr("{kilobytes} kB").format(kilobytes=kilobytes)
        item = QListWidgetItem(f"{name} · {size}\n{self._desk.say(support.words_key(name))}")
        item.setData(Qt.ItemDataRole.UserRole, name)
        return item

    def _open(self, item: QListWidgetItem | None) -> None:
        if item is not None:
            self.text.setPlainText(self.files[str(item.data(Qt.ItemDataRole.UserRole))])

    def ask_where(self) -> None:
        """Let the person say where it is saved."""
        folder = documents_folder()
        name = support.free_name(Path(folder)).name
        ask_where(self, self.tr("Save the support bundle"), self.tr("ZIP file (*.zip)"), name, self.save, folder)

    def save(self, file: Path) -> None:
        """Save what is shown; a disk that refuses is told here, and another place can be chosen."""
        try:
            support.save(self.files, file)
        except UserProblem as problem:
            tell(self.problem, self._desk.sentence(problem), "bad")
            return
        self._desk.notice(self.tr("The support bundle is in {file}.").format(file=file))
        self.accept()
