"""Whether the library is whole: what the doctor finds, in words, and one button that mends it."""

from __future__ import annotations

from PySide6.QtCore import QLocale, Qt, QTime, Signal
from PySide6.QtGui import QAction, QGuiApplication, QKeySequence
from PySide6.QtWidgets import (
    QAbstractItemView,
    QFrame,
    QHBoxLayout,
    QLabel,
    QListWidget,
    QListWidgetItem,
    QVBoxLayout,
    QWidget,
)

from core.errors import Cancelled, VademecumError
from core.nouns import Progress
from desktop.channel import Ailment, CheckHealth
from desktop.window.desk import Desk
from desktop.window.icons import icon, pixmap
from desktop.window.jobs import Job
from desktop.window.theme import GAP
from desktop.window.widgets import ProgressLine, button, label


class HealthPanel(QWidget):
    """The doctor's page."""

    mended = Signal()  # documents may have been read again

    def __init__(self, desk: Desk) -> None:
        super().__init__()
        self._desk = desk
        self._job: Job[tuple[Ailment, ...]] | None = None
        self._found: tuple[Ailment, ...] = ()
        self._picture = "health"
        self._build()
        desk.restyled.connect(self._paint)
        self._paint()

    def check(self) -> None:
        """Look, and change nothing."""
        self._run(CheckHealth(), self.tr("Checking the library …"))

    def mend(self) -> None:
        """Mend what can be mended without losing anything."""
        self._run(CheckHealth(repair=True), self.tr("Mending the library …"))

    def rebuild(self) -> None:
        """Make the search index again from the documents."""
        self._run(CheckHealth(rebuild_index=True), self.tr("Building the search index again …"))

    # -- building

    def _build(self) -> None:
        self._image = QLabel()
        self._image.setFixedWidth(44)
        self._title = label(self.tr("Not checked yet since the program was started"), "title")
        self._words = label(
            self.tr(
                "The check reads every document, compares it with what was noted when it was added, "
                "and looks whether the search index is complete."
            ),
            "muted",
        )
        self.check_button = button(self.tr("Check now"), "primary", clicked=self.check)
        self.mend_button = button(self.tr("Mend"), "primary", clicked=self.mend)
        self.mend_button.setToolTip(self.tr("Mends what can be mended. No document is removed."))
        self._stop = button(self.tr("Stop"), clicked=self._cancel)
        self._bar = ProgressLine(self.tr("Progress of the check"))
        self._stage = label("", "muted", wrap=False)
        said = QVBoxLayout()
        said.setSpacing(4)
        said.addWidget(self._title)
        said.addWidget(self._words)
        head = QHBoxLayout()
        head.setSpacing(GAP)
        head.addWidget(self._image, 0, Qt.AlignmentFlag.AlignTop)
        head.addLayout(said, 1)
        for one in (self.mend_button, self.check_button, self._stop):
            head.addWidget(one, 0, Qt.AlignmentFlag.AlignTop)
        self._card = QFrame()
        self._card.setProperty("role", "card")
        inside = QVBoxLayout(self._card)
        inside.setContentsMargins(GAP * 2, GAP * 2, GAP * 2, GAP * 2)
        inside.setSpacing(GAP)
        inside.addLayout(head)
        inside.addWidget(self._bar)
        inside.addWidget(self._stage)
        self.list = QListWidget()
        self.list.setAccessibleName(self.tr("What was found"))
        self.list.setWordWrap(True)
        self.list.setLayoutMode(QListWidget.LayoutMode.Batched)  # a lost disk is thousands of findings
        self.list.setSelectionMode(QAbstractItemView.SelectionMode.ExtendedSelection)
        self.list.setSpacing(2)
        copy = QAction(self.tr("Copy"), self.list)
        copy.setShortcut(QKeySequence.StandardKey.Copy)
        copy.setShortcutContext(Qt.ShortcutContext.WidgetShortcut)
        copy.triggered.connect(self._copy)
        self.list.addAction(copy)
        self.list.setContextMenuPolicy(Qt.ContextMenuPolicy.ActionsContextMenu)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(GAP)
        column.addWidget(self._card)
        column.addWidget(self.list, 1)
        column.addLayout(self._build_advanced())
        column.addStretch(0)
        for part in (self.mend_button, self._stop, self._bar, self._stage, self.list):
            part.hide()

    def _build_advanced(self) -> QVBoxLayout:
        self._fold = button(self.tr("Advanced"), "link", clicked=self._toggle)
        self._fold.setCheckable(True)
        words = label(
            self.tr(
                "The search index can be made again from the documents at any time. It is never needed after a "
                "check that found nothing; with many documents it takes some minutes."
            ),
            "muted",
        )
        self.rebuild_button = button(self.tr("Rebuild the index"), clicked=self.rebuild)
        self._advanced = QFrame()
        self._advanced.setProperty("role", "card")
        row = QHBoxLayout(self._advanced)
        row.setContentsMargins(GAP * 2, GAP, GAP * 2, GAP)
        row.setSpacing(GAP * 2)
        row.addWidget(words, 1)
        row.addWidget(self.rebuild_button)
        self._advanced.hide()
        column = QVBoxLayout()
        column.setSpacing(GAP // 2)
        column.addWidget(self._fold, 0, Qt.AlignmentFlag.AlignLeft)
        column.addWidget(self._advanced)
        return column

    def _toggle(self) -> None:
        self._advanced.setVisible(not self._advanced.isVisibleTo(self))
        self._paint()

    # -- at work

    def _run(self, request: CheckHealth, words: str) -> None:
        if self._job is not None:
            return
        self._job = self._desk.jobs.run(
            request, self, done=lambda found: self._done(request, found), progress=self._told, failed=self._failed
        )
        self._say("health", words, "")
        self._bar.wait()
        self._stage.setText("")
        self._work(True)

    def _cancel(self) -> None:
        if self._job is not None:
            self._job.cancel()

    def _work(self, working: bool) -> None:
        for part in (self._bar, self._stage, self._stop):
            part.setVisible(working)
        self.check_button.setVisible(not working)
        self.rebuild_button.setEnabled(not working)
        ill = any(not one.mended for one in self._found)
        self.mend_button.setVisible(not working and ill)
        self.check_button.setProperty("role", "" if ill else "primary")
        self.check_button.style().polish(self.check_button)
        self.list.setVisible(not working and bool(self._found))

    def _told(self, progress: Progress) -> None:
        self._bar.show_progress(progress)
        self._stage.setText(self._desk.stage(progress))

    def _failed(self, error: VademecumError) -> None:
        self._job = None
        if isinstance(error, Cancelled):
            self._say("health", self.tr("The check was stopped"), "")
        else:
            self._say("unsupported", self.tr("The check could not be finished"), self._desk.sentence(error))
        self._work(False)

    def _done(self, request: CheckHealth, found: tuple[Ailment, ...]) -> None:
        self._job = None
        self._found = found
        if request.repair:
            self.mended.emit()
        when = QLocale().toString(QTime.currentTime(), QLocale.FormatType.ShortFormat)
        ill = sum(not one.mended for one in found)
        if ill:
            title = (
                self.tr("1 thing needs attention") if ill == 1 else self.tr("{n} things need attention").format(n=ill)
            )
            words = (
                self.tr("“Mend” could not put right what stands below; it says what you can do.")
                if request.repair
                else self.tr("“Mend” puts right what it can. It never removes a document.")
            )
            self._say("partial", title, words)
        elif found:
            self._say(
                "supported", self.tr("Mended: all is well again"), self.tr("Checked at {time}.").format(time=when)
            )
        else:
            words = self.tr("Checked at {time}. Every document is there, unchanged, and can be found.")
            self._say("supported", self.tr("All is well"), words.format(time=when))
        self.list.clear()
        for one in found:
            item = QListWidgetItem(self._sentence(one))
            item.setData(Qt.ItemDataRole.UserRole, one.mended)
            self.list.addItem(item)
        self._work(False)
        self._paint()

    def _sentence(self, one: Ailment) -> str:
        # The doctor's sentences name what one types in a terminal; here the same is a button.
        words = one.sentence
        for command, there in (
            ("vademecum doctor --rebuild-index", self.tr("Rebuild the index")),
            ("vademecum doctor --repair", self.tr("Mend")),
            ("vademecum doctor", self.tr("Check now")),
        ):
            words = words.replace(command, there)
        return self.tr("Mended: {sentence}").format(sentence=words) if one.mended else words

    def _copy(self) -> None:
        chosen = self.list.selectedItems() or [self.list.item(row) for row in range(self.list.count())]
        QGuiApplication.clipboard().setText("\n".join(item.text() for item in chosen))

    def _say(self, picture: str, title: str, words: str) -> None:
        self._picture = picture
        self._title.setText(title)
        self._words.setText(words)
        self._words.setVisible(bool(words))
        self._paint()

    def _paint(self) -> None:
        theme = self._desk.theme
        colours = {"supported": theme.good, "partial": theme.warn, "unsupported": theme.bad}
        self._image.setPixmap(pixmap(self._picture, colours.get(self._picture, theme.muted), 36))
        self._fold.setIcon(icon("down" if self._advanced.isVisibleTo(self) else "next", theme.accent))
        for row in range(self.list.count()):
            item = self.list.item(row)
            mended = bool(item.data(Qt.ItemDataRole.UserRole))
            item.setIcon(icon("supported", theme.good) if mended else icon("partial", theme.warn))
