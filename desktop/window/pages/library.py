"""The library: what is in it, what is being added, and whether it is whole."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from pathlib import Path

from PySide6.QtCore import QStandardPaths, Qt, QTimer
from PySide6.QtGui import QKeySequence, QShortcut, QShowEvent
from PySide6.QtWidgets import (
    QFileDialog,
    QHBoxLayout,
    QLabel,
    QSplitter,
    QStackedWidget,
    QTabBar,
    QVBoxLayout,
    QWidget,
)

from core.errors import VademecumError
from core.nouns import ENDINGS, Document, SameName
from desktop import house
from desktop.channel import AddFiles, GetLibrary, LibraryState, ListDocuments, ListRejected, RejectedFile
from desktop.window.desk import Desk
from desktop.window.icons import icon
from desktop.window.pages.collections import CollectionsPanel
from desktop.window.pages.documents import DocumentsPane
from desktop.window.pages.health import HealthPanel
from desktop.window.pages.import_strip import ImportStrip
from desktop.window.theme import GAP
from desktop.window.widgets import EmptyState, button, centred_line, heed, label

GENERAL = "general"  # where documents go when no collection is selected; the command line's word for it too
_LOOK_AGAIN = 3.0  # seconds between two looks for new documents while an import is under way
_SHARE = 40  # ... and so many times what the last look cost: the window is for other things too


class LibraryPage(QWidget):
    """Collections, documents, imports, health."""

    def __init__(self, desk: Desk) -> None:
        super().__init__()
        self._desk = desk
        self._loaded = False
        self._asking = 0  # answers that are still to come
        self._stale = False  # something changed while they were
        self._looked = 0.0
        self._cost = 0.0
        self._state: LibraryState | None = None
        self._closed: EmptyState | None = None  # what stands there while the library cannot be shown
        self._fault = ""  # why the latest question had no answer
        self._documents: tuple[Document, ...] = ()
        self._rejected: tuple[RejectedFile, ...] = ()
        self._folder = QStandardPaths.writableLocation(QStandardPaths.StandardLocation.DocumentsLocation)
        self.imports = ImportStrip(desk)
        self.collections = CollectionsPanel(desk)
        self.documents = DocumentsPane(desk)
        self.health = HealthPanel(desk)
        self._build()
        self._connect()
        self._paint()
        self._show()

    # -- adding

    def add(
        self, paths: Sequence[Path], collection: str = "", password: str = "", same_name: SameName = SameName.REFUSE
    ) -> None:
        """Add files and folders, into the selected collection when none is named."""
        if paths:
            into = collection or self.collections.selected or GENERAL
            self.tabs.setCurrentIndex(0)
            self.imports.begin(AddFiles(tuple(paths), into, password, same_name))

    def add_files(self) -> None:
        """Ask for files and add them."""
        self._choose(self.tr("Add files to the library"), QFileDialog.FileMode.ExistingFiles, self.add)

    def add_folder(self) -> None:
        """Ask for a folder and add the documents in it and below."""
        self._choose(self.tr("Add a folder to the library"), QFileDialog.FileMode.Directory, self.add)

    def add_samples(self) -> None:
        """Add the sample documents, to a collection of their own."""
        self.add(house.sample_files(), self.tr("Samples"))

    def _choose(self, title: str, mode: QFileDialog.FileMode, then: Callable[[list[Path]], object]) -> None:
        dialog = QFileDialog(self, title, self._folder)
        dialog.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        dialog.setFileMode(mode)
        if mode == QFileDialog.FileMode.Directory:
            dialog.setOption(QFileDialog.Option.ShowDirsOnly)
        else:
            patterns = " ".join(f"*{ending} *{ending.upper()}" for ending in ENDINGS)
            documents = self.tr("Documents: PDF, Word, Markdown, HTML, text") + f" ({patterns})"
            dialog.setNameFilters([documents, self.tr("All files (*)")])
            dialog.setOption(QFileDialog.Option.HideNameFilterDetails)

        def chosen(names: list[str]) -> None:
            paths = [Path(name) for name in names]
            self._folder = str(paths[0].parent)
            then(paths)

        dialog.filesSelected.connect(chosen)
        dialog.open()

    # -- building

    def _build(self) -> None:
        self.setProperty("role", "page")
        self.tabs = QTabBar()
        self.tabs.setAccessibleName(self.tr("Parts of the library page"))
        self.tabs.setExpanding(False)
        self.tabs.setDrawBase(False)
        self.tabs.addTab(self.tr("Documents"))
        self.tabs.addTab(self.tr("Health"))
        self.tabs.currentChanged.connect(lambda _: self._show())
        self._add_files = button(self.tr("Add files"), "primary", hint="Ctrl+O", clicked=self.add_files)
        self._add_folder = button(self.tr("Add folder"), hint="Ctrl+Shift+O", clicked=self.add_folder)
        head = QHBoxLayout()
        head.setSpacing(GAP)
        head.addWidget(label(self.tr("Library"), "title", wrap=False))
        head.addWidget(self.tabs, 0, Qt.AlignmentFlag.AlignBottom)
        head.addStretch(1)
        head.addWidget(self._add_folder)
        head.addWidget(self._add_files)
        self._split = QSplitter()
        self._split.setChildrenCollapsible(False)
        self._split.setHandleWidth(GAP)
        self._split.setStyleSheet("QSplitter::handle { background: transparent; }")
        self._centre = QStackedWidget()
        self._invitation = self._build_invitation()
        self._opening = EmptyState(self._desk, "library", self.tr("Opening the library …"), "")
        self._reading = EmptyState(
            self._desk,
            "library",
            self.tr("Your documents are being read"),
            self.tr("They appear here as soon as the first of them are ready. You can already write your question."),
        )
        for part in (self.documents, self._invitation, self._opening, self._reading):
            self._centre.addWidget(part)
        self._split.addWidget(self.collections)
        self._split.addWidget(self._centre)
        self._split.setStretchFactor(1, 1)
        self._split.setSizes([230, 900])
        self._whole = QStackedWidget()
        self._whole.addWidget(self._split)
        self._whole.addWidget(self.health)
        self._problem_place = QVBoxLayout()
        column = QVBoxLayout(self)
        column.setContentsMargins(GAP * 2, GAP * 2, GAP * 2, GAP)
        column.setSpacing(GAP)
        column.addLayout(head)
        column.addWidget(self.imports)
        column.addWidget(self._whole, 1)

    def _build_invitation(self) -> QWidget:
        whole = QWidget()
        self._picture = QLabel()
        self._picture.setAlignment(Qt.AlignmentFlag.AlignCenter)
        column = QVBoxLayout(whole)
        column.setSpacing(GAP)
        column.addStretch(2)
        column.addWidget(self._picture)
        words = self.tr(
            "Drop files or whole folders anywhere in this window, or choose them: PDF, Word (DOCX), Markdown, "
            "HTML and plain text. They are copied into the library on this computer and never leave it. "
            "Scanned pages are read as well."
        )
        centred_line(self.tr("Put your documents here"), "title", column, 540)
        centred_line(words, "muted", column, 540)
        row = QHBoxLayout()
        row.setSpacing(GAP)
        row.addStretch(1)
        row.addWidget(button(self.tr("Add files"), "primary", clicked=self.add_files))
        row.addWidget(button(self.tr("Add folder"), clicked=self.add_folder))
        row.addStretch(1)
        column.addSpacing(GAP // 2)
        column.addLayout(row)
        self.samples_button = button(self.tr("Try with the sample documents"), "link", clicked=self.add_samples)
        column.addWidget(self.samples_button, 0, Qt.AlignmentFlag.AlignHCenter)
        column.addStretch(3)
        return whole

    def _connect(self) -> None:
        desk = self._desk
        desk.files_dropped.connect(self.add)
        heed(desk.jobs.changed, self, lambda _: self.refresh())
        heed(desk.jobs.opened, self, lambda _: self.refresh())
        desk.restyled.connect(self._paint)
        self.health.mended.connect(self.refresh)
        self.imports.grown.connect(self._look_again)
        self.imports.broken_off.connect(self.refresh)
        self.collections.chosen.connect(self.documents.show_collection)
        self.collections.dropped.connect(self.documents.move_to)
        self.documents.replacing.connect(self.imports.begin)
        self.documents.adding.connect(self.imports.begin)
        self.documents.name_wanted.connect(
            lambda then: self.collections.ask_name(self.tr("Name of the new collection"), "", then)
        )
        self.documents.file_wanted.connect(
            lambda title, then: self._choose(title, QFileDialog.FileMode.ExistingFile, lambda paths: then(paths[0]))
        )
        for keys, do in (
            ("Ctrl+O", self.add_files),
            ("Ctrl+Shift+O", self.add_folder),
            ("Ctrl+F", self._focus_filter),
        ):
            QShortcut(QKeySequence(keys), self, do)  # while the page is in front, wherever the focus is

    def shortcuts(self) -> list[tuple[str, str]]:
        """The keys of this page, in words."""
        return [
            ("Ctrl+O", self.tr("Add files")),
            ("Ctrl+Shift+O", self.tr("Add a folder")),
            ("Ctrl+F", self.tr("Filter the documents")),
            ("Enter", self.tr("Open the selected document")),
            ("Ctrl+R", self.tr("Replace the selected document by a new version")),
            ("Ctrl+Shift+R", self.tr("Try the selected rejected files again")),
            ("Ctrl+M", self.tr("Move the selected documents to a collection")),
            ("Ctrl+C", self.tr("Copy the names")),
            ("Delete", self.tr("Remove the selected documents, or the collection")),
            ("F2", self.tr("Rename the collection")),
        ]

    def _focus_filter(self) -> None:
        if self._whole.currentWidget() is self._split and self._centre.currentWidget() is self.documents:
            self.documents.filter.setFocus()
            self.documents.filter.selectAll()

    # -- what the library holds

    def refresh(self) -> None:
        """Ask what there is; once more afterwards when something changes meanwhile."""
        if self._asking:
            self._stale = True
            return
        self._stale = False
        self._asking = 3
        self._desk.jobs.run(GetLibrary(), self, done=self._got_state, failed=self._failed)
        self._desk.jobs.run(ListDocuments(), self, done=self._got_documents, failed=self._failed)
        self._desk.jobs.run(ListRejected(), self, done=self._got_rejected, failed=self._failed)

    def _look_again(self) -> None:
        if time.monotonic() - self._looked > max(_LOOK_AGAIN, _SHARE * self._cost) and not self._asking:
            self.refresh()

    def _got_state(self, state: LibraryState) -> None:
        self._state = state
        self._answered()

    def _got_documents(self, documents: tuple[Document, ...]) -> None:
        self._documents = documents
        self._answered()

    def _got_rejected(self, rejected: tuple[RejectedFile, ...]) -> None:
        self._rejected = rejected
        self._answered()

    def _failed(self, error: VademecumError) -> None:
        # What the window tells of by itself is no news: the engine comes back, and this page is filled then.
        if error.key not in ("engine_is_off", "engine_died"):
            self._fault = self._desk.sentence(error)
        self._answered()

    def _answered(self) -> None:
        self._asking -= 1
        if self._asking:
            return
        fault, self._fault = self._fault, ""
        if fault:
            self._tell_fault(fault)
        elif self._state is not None:
            self._fill()
        if self._stale:
            QTimer.singleShot(0, self, self.refresh)

    def _tell_fault(self, sentence: str) -> None:
        """In the place of the documents while there are none to show, else as a notice."""
        if self._loaded:
            self._desk.notice(sentence, "bad")
            return
        former, title = self._closed, self.tr("The library cannot be shown")
        self._closed = EmptyState(self._desk, "partial", title, sentence, self.tr("Try again"), self.refresh)
        self._centre.addWidget(self._closed)
        self._show()
        if former is not None:
            self._centre.removeWidget(former)
            former.deleteLater()

    def _fill(self) -> None:
        assert self._state is not None
        self._loaded = True
        began = time.monotonic()
        self.collections.set_collections(self._state.collections, len(self._documents))
        self.documents.set_collections(self.collections.names)
        self.documents.show_documents(self._documents, self._rejected)
        self._show()
        self._looked = time.monotonic()
        self._cost = self._looked - began

    def _show(self) -> None:
        """The part that fits: health, documents, or an invitation."""
        self._whole.setCurrentWidget(self.health if self.tabs.currentIndex() == 1 else self._split)
        if self._documents or (self._rejected and not self.imports.busy):
            self._centre.setCurrentWidget(self.documents)
        elif not self._loaded:
            self._centre.setCurrentWidget(self._closed or self._opening)
        else:
            self._centre.setCurrentWidget(self._reading if self.imports.busy else self._invitation)
        self.collections.setVisible(bool(self.collections.names))
        inviting = self._centre.currentWidget() is self._invitation and self.tabs.currentIndex() == 0
        for part in (self._add_files, self._add_folder):  # the invitation has them, larger
            part.setVisible(not inviting)

    def showEvent(self, event: QShowEvent) -> None:
        """The table has the keys as soon as the page is there."""
        super().showEvent(event)
        if self._centre.currentWidget() is self.documents:
            self.documents.table.setFocus()

    def _paint(self) -> None:
        theme = self._desk.theme
        self._add_files.setIcon(icon("add", theme.accent_ink))
        self._add_folder.setIcon(icon("folder", theme.ink))
        self._picture.setPixmap(icon("library", theme.accent, 64).pixmap(64, 64))
        self.documents.paint_icons()
