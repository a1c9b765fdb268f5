"""How a language model comes to this computer: as a file that is imported, or by a command that has a network."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from PySide6.QtCore import QCoreApplication, QStandardPaths, Qt, Signal
from PySide6.QtGui import QDropEvent, QGuiApplication
from PySide6.QtWidgets import QFileDialog, QFrame, QHBoxLayout, QVBoxLayout, QWidget

from core.errors import Cancelled, VademecumError
from core.nouns import Progress
from desktop import house
from desktop.channel import ImportModel, TakeOverModels
from desktop.window.desk import Desk
from desktop.window.jobs import Job
from desktop.window.theme import GAP
from desktop.window.tone import tell
from desktop.window.widgets import IconButton, ProgressLine, button, label


def megabytes(size: int) -> str:
    """A size as files are spoken of: 491 MB, 1.1 GB."""
    return f"{size / 1e9:.1f} GB" if size >= 1e9 else f"{max(1, round(size / 1e6))} MB"


def gguf_of(event: QDropEvent) -> Path | None:
    """The one model file that is being dropped; None when it is something else."""
    files = [Path(url.toLocalFile()) for url in event.mimeData().urls() if url.isLocalFile()]
    return files[0] if len(files) == 1 and files[0].suffix.lower() == ".gguf" else None


def ask_for_gguf(parent: QWidget, chosen: Callable[[Path], object]) -> None:
    """Let a person choose a model file."""
    folder = QStandardPaths.writableLocation(QStandardPaths.StandardLocation.DownloadLocation)
    title = QCoreApplication.translate("ImportPanel", "Import a model file")
    kinds = QCoreApplication.translate("ImportPanel", "Model files (*.gguf)")
    dialog = QFileDialog(parent, title, folder, kinds)
    dialog.setFileMode(QFileDialog.FileMode.ExistingFile)
    dialog.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
    dialog.fileSelected.connect(lambda name: chosen(Path(name)))
    dialog.open()


def ask_for_models(parent: QWidget, chosen: Callable[[Path], object]) -> None:
    """Let a person choose the folder that ``models export`` filled."""
    dialog = QFileDialog(parent, QCoreApplication.translate("ImportPanel", "Folder with exported models"))
    dialog.setFileMode(QFileDialog.FileMode.Directory)
    dialog.setOption(QFileDialog.Option.ShowDirsOnly)
    dialog.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
    dialog.fileSelected.connect(lambda name: chosen(Path(name)))
    dialog.open()


class CommandLine(QWidget):
    """What to type on the command line to fetch models, where a network may be used.

    The built program fetches nothing: there it is said what to type on another computer.
    """

    def __init__(self, desk: Desk, names: str) -> None:
        super().__init__()
        self.command = command = f"vademecum models fetch {names}"
        if house.frozen():
            self.command = command = f"{command} && vademecum models export FOLDER {names}"
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 4, 0, 0)
        column.setSpacing(2)
        explained = self.tr("This window has no network. To fetch it, run this on the command line:")
        if house.frozen():
            explained = self.tr(
                "This program has no network. Run this with the Python package on a computer that has one, bring the "
                "folder here on a USB stick, and take it over:"
            )
        column.addWidget(label(explained, "muted"))
        row = QHBoxLayout()
        row.setSpacing(4)
        words = label(command, wrap=False, selectable=True)
        words.setStyleSheet("font-family: monospace;")
        words.setAccessibleName(command)
        row.addWidget(words)
        row.addWidget(IconButton(desk, "copy", self.tr("Copy the command"), self._copy))
        row.addStretch(1)
        column.addLayout(row)

    def _copy(self) -> None:
        QGuiApplication.clipboard().setText(self.command)


class ImportPanel(QFrame):
    """The import of a model file: under way, failed with a sentence, or done with an offer.  Hidden at rest."""

    imported = Signal(str)
    taken_over = Signal(tuple)  # names of models

    def __init__(self, desk: Desk) -> None:
        super().__init__()
        self._desk = desk
        self._job: Job[str] | Job[tuple[str, ...]] | None = None
        self._name = ""
        self._use: Callable[[], object] | None = None
        self.setProperty("role", "card")
        self.title = label("", "heading")
        self.stage = label("", "muted")
        self.bar = ProgressLine(self.tr("Progress of the import"))
        self.stop = button(self.tr("Stop"), clicked=self._cancel)
        self.go = button(self.tr("Use this model"), "primary", clicked=self._take)
        self._close = IconButton(desk, "close", self.tr("Put away"), self.rest)
        head = QHBoxLayout()
        head.addWidget(self.title, 1)
        for one in (self.go, self.stop, self._close):
            head.addWidget(one)
        column = QVBoxLayout(self)
        column.setContentsMargins(GAP + 4, GAP, GAP, GAP)
        column.setSpacing(GAP // 2)
        column.addLayout(head)
        column.addWidget(self.bar)
        column.addWidget(self.stage)
        self.hide()

    @property
    def busy(self) -> bool:
        """Whether a file is being imported."""
        return self._job is not None and self._job.running

    def start(self, file: Path) -> None:
        """Import this file."""
        if self.busy:
            return
        self._name = file.name
        self._show(self.tr("Importing {file}").format(file=file.name), "", bar=True, stop=True)
        self.bar.wait()
        self._job = self._desk.jobs.run(
            ImportModel(file), self, done=self.imported.emit, progress=self._told, failed=self._failed
        )

    def take_over(self, folder: Path) -> None:
        """Take over what another computer exported into this folder."""
        if self.busy:
            return
        self._name = folder.name
        self._show(self.tr("Taking over models from {folder}").format(folder=folder.name), "", bar=True, stop=True)
        self.bar.wait()
        self._job = self._desk.jobs.run(
            TakeOverModels(folder), self, done=self._taken, progress=self._told, failed=self._failed
        )

    def _taken(self, names: tuple[str, ...]) -> None:
        self._show(self.tr("Taken over and checked: {names}").format(names=", ".join(names)), "", close=True)
        self.taken_over.emit(names)

    def offer(self, name: str, use: Callable[[], object]) -> None:
        """It is here; ``use`` is called when the person wants to work with it."""
        self._show(self.tr("The model “{name}” is installed.").format(name=name), "", close=True, go=True)
        self._use = use

    def _take(self) -> None:
        if self._use is not None:
            self._use()

    def rest(self) -> None:
        """Put it away."""
        if not self.busy:
            self.hide()

    def _told(self, progress: Progress) -> None:
        self.stage.setText(self._desk.stage(progress))
        self.stage.show()
        self.bar.show_progress(progress)

    def _failed(self, error: VademecumError) -> None:
        if isinstance(error, Cancelled):
            self._job = None
            self.hide()
            return
        title = self.tr("{file} was not imported").format(file=self._name)
        self._show(title, self._desk.sentence(error), "bad", close=True)

    def _cancel(self) -> None:
        if self._job is not None:
            self._job.cancel()

    def _show(
        self,
        title: str,
        words: str,
        role: str = "muted",
        *,
        bar: bool = False,
        stop: bool = False,
        close: bool = False,
        go: bool = False,
    ) -> None:
        self.title.setText(title)
        tell(self.stage, words, role)
        self.bar.setVisible(bar)
        self.stop.setVisible(stop)
        self._close.setVisible(close)
        self.go.setVisible(go)
        self.show()
