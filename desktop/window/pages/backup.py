"""The library in one file on another drive, and a library made from such a file again."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

from PySide6.QtCore import QDateTime, QLocale, Qt, Signal
from PySide6.QtWidgets import QFileDialog, QHBoxLayout

from core.errors import Cancelled, VademecumError
from core.nouns import BackedUp
from desktop import backups
from desktop.channel import BackUp, LibraryRestored, Restore
from desktop.window.desk import Desk
from desktop.window.tone import tell
from desktop.window.widgets import ask_where, button, documents_folder
from desktop.window.work_card import WorkCard

_MOST_NAMES = 5


class BackupCard(WorkCard):
    """Saves the open library in one file, and makes a library from such a file; ``open_it`` asks to work with that."""

    open_it = Signal(Path)

    def __init__(self, desk: Desk) -> None:
        super().__init__(desk)
        self.restored: Path | None = None
        words = self.tr(
            "Saves every document with all that was read, asked and recorded in one file, and checks it by reading it "
            "back. Keep it on another drive. It is not encrypted: whoever has the file can read it. Restoring makes a "
            "library in a new folder and overwrites nothing."
        )
        self.save = button(self.tr("Back up …"), clicked=self._ask_where)
        self.bring_back = button(self.tr("Restore a backup …"), clicked=self._ask_which)
        self.go = button(self.tr("Open the restored library"), "primary", clicked=self._open)
        column = self.lay_out(words, self.tr("Stop"), self.tr("Progress of the backup"), (self.bring_back, self.save))
        foot = QHBoxLayout()
        foot.addWidget(self.state, 1)
        foot.addWidget(self.go, 0, Qt.AlignmentFlag.AlignTop)
        column.addLayout(foot)
        self.go.hide()

    def back_up(self, file: Path) -> None:
        """Save the open library as ``file``."""
        self._run(BackUp(file), self._saved, self.tr("Making the backup …"))

    def restore(self, file: Path, folder: Path) -> None:
        """Make a library in ``folder`` from the backup ``file``."""
        self._run(Restore(file, folder), self._restored, self.tr("Restoring the backup …"))

    def _run(self, request: BackUp | Restore, done: Callable[[Any], None], words: str) -> None:
        if self._job is not None:
            return
        self._job = self._desk.jobs.run(request, self, done=done, progress=self._told, failed=self._failed)
        self.go.hide()
        self.begin(words)

    def _show_work(self, working: bool) -> None:
        super()._show_work(working)
        for part in (self.save, self.bring_back):
            part.setVisible(not working)

    def _saved(self, made: BackedUp) -> None:
        size = QLocale().formattedDataSize(made.size)
        words = self.tr("Saved and checked: {file} ({size}, {n} documents).")
        lines = [words.format(file=made.file, size=size, n=made.documents)]
        if made.missing:
            lost = self.tr(
                "The library has lost these original files, so they are not in it: {names}. Add them again, then make "
                "another backup."
            )
            names = ", ".join(made.missing[:_MOST_NAMES]) + (" …" if len(made.missing) > _MOST_NAMES else "")
            lines.append(lost.format(names=names))
        tell(self.state, "\n".join(lines), "warn" if made.missing else "good")
        self.rest()

    def _restored(self, made: LibraryRestored) -> None:
        self.restored = made.folder
        moment = QDateTime.fromString(made.made_at, Qt.DateFormat.ISODate).toLocalTime()
        when = QLocale().toString(moment, QLocale.FormatType.ShortFormat)
        words = self.tr("Restored to {folder}: {n} documents, as they were on {when}. The open library is as before.")
        lines = [words.format(folder=made.folder, n=made.documents, when=when)]
        ill = sum(not one.mended for one in made.ailments)
        if ill:
            sick = self.tr(
                "Damaged already when the backup was made: {n}. Open it, and see the tab “Health” of the page "
                "“Library”."
            )
            lines.append(sick.format(n=ill))
        tell(self.state, "\n".join(lines), "warn" if ill else "good")
        self.go.show()
        self.rest()

    def _failed(self, error: VademecumError) -> None:
        if isinstance(error, Cancelled):
            tell(self.state, self.tr("Stopped. Nothing was kept of it."))
        else:
            tell(self.state, self._desk.sentence(error), "bad")
        self.rest()

    def _open(self) -> None:
        if self.restored is not None:
            self.go.hide()
            self.open_it.emit(self.restored)

    def _ask_where(self) -> None:
        name = backups.free_name(Path(documents_folder())).name
        ask_where(self, self.tr("Back up the library"), self.tr("Backups (*.zip)"), name, self.back_up)

    def _ask_which(self) -> None:
        dialog = QFileDialog(self, self.tr("The backup to restore"), "", self.tr("Backups (*.zip)"))
        dialog.setFileMode(QFileDialog.FileMode.ExistingFile)
        dialog.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        dialog.fileSelected.connect(lambda name: self._ask_folder(Path(name)))
        dialog.open()

    def _ask_folder(self, file: Path) -> None:
        dialog = QFileDialog(self, self.tr("An empty folder for the restored library"))
        dialog.setFileMode(QFileDialog.FileMode.Directory)
        dialog.setOption(QFileDialog.Option.ShowDirsOnly)
        dialog.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        dialog.fileSelected.connect(lambda name: self.restore(file, Path(name)))
        dialog.open()
