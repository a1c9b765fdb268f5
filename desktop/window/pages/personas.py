"""The personas page: who may speak, and the workshop in which such a one is made."""

from __future__ import annotations

from pathlib import Path

from PySide6.QtCore import Qt
from PySide6.QtGui import QDragEnterEvent, QDropEvent, QKeySequence, QShortcut, QShowEvent
from PySide6.QtWidgets import (
    QFileDialog,
    QFrame,
    QHBoxLayout,
    QSplitter,
    QStackedWidget,
    QVBoxLayout,
    QWidget,
)

from core.errors import Cancelled, VademecumError
from desktop.channel import (
    DiscardBench,
    ExportPersona,
    ImportPersona,
    ListPersonas,
    PersonaRow,
    RemovePersona,
    State,
)
from desktop.window.confirm import Confirm
from desktop.window.desk import Desk
from desktop.window.elided import ElidedLabel
from desktop.window.pages import persona_drafts
from desktop.window.pages.persona_list import PersonaList
from desktop.window.pages.persona_new import NewPersona
from desktop.window.pages.persona_pane import PersonaPane
from desktop.window.pages.persona_words import name_of
from desktop.window.theme import GAP
from desktop.window.tone import tell
from desktop.window.widgets import EmptyState, IconButton, ask_where, heed, label

_SUFFIX = "persona"


class PersonasPage(QWidget):
    """The list at the left, the chosen persona at the right."""

    def __init__(self, desk: Desk) -> None:
        super().__init__()
        self._desk = desk
        self._panes: dict[str, PersonaPane] = {}
        self._wanted = ""  # to be chosen once it is in the list
        self._loaded = False
        self.setProperty("role", "page")
        self.setAcceptDrops(True)
        self.list = PersonaList(desk)
        self.list.chosen.connect(self._choose)
        self.add = IconButton(desk, "add", self.tr("New persona  (Ctrl+N)"), self.ask_new)
        self.take = IconButton(desk, "import", self.tr("Import a persona file"), self._ask_import)
        self.problem = label("", "bad", selectable=True)
        self.problem.hide()
        self._stack = QStackedWidget()
        self._nothing = EmptyState(
            desk,
            "personas",
            self.tr("Who speaks?"),
            self.tr(
                "A persona gives the assistant a name, a voice and the words of your trade. What is true still comes "
                "from your documents alone. Choose one at the left, or make your own."
            ),
            self.tr("New persona …"),
            self.ask_new,
        )
        self._stack.addWidget(self._nothing)
        self._build()
        for keys, act in (("Ctrl+N", self.ask_new), ("Ctrl+S", self._save), ("F5", self.refresh)):
            shortcut = QShortcut(QKeySequence(keys), self, act)
            shortcut.setContext(Qt.ShortcutContext.WidgetWithChildrenShortcut)
        heed(desk.personas_changed, self, self.refresh)
        desk.jobs.state.connect(self._engine_says)

    @property
    def pane(self) -> PersonaPane | None:
        """The persona that is shown."""
        shown = self._stack.currentWidget()
        return shown if isinstance(shown, PersonaPane) else None

    def shortcuts(self) -> list[tuple[str, str]]:
        """The keys of this page, in words."""
        return [
            ("Ctrl+N", self.tr("New persona")),
            ("Ctrl+S", self.tr("Save what was typed")),
            ("F5", self.tr("Read the list anew")),
        ]

    def showEvent(self, event: QShowEvent) -> None:
        """Comes up to date when it is looked at: the command line may have made one."""
        super().showEvent(event)
        self.list.setFocus()
        self.refresh()

    def refresh(self) -> None:
        """Ask which there are."""
        self._desk.jobs.run(ListPersonas(), self, done=self._show, failed=self._complain)

    def leave(self) -> None:
        """The window closes: nothing that was typed is lost."""
        for pane in self._panes.values():
            pane.leave()

    # -- what is there

    def _show(self, rows: tuple[PersonaRow, ...]) -> None:
        self._loaded = True
        self.problem.hide()
        present = {row.persona.id: row for row in rows}
        for id in [id for id, pane in self._panes.items() if id not in present or self._is_other(pane, present[id])]:
            self._drop_pane(id)
        for id, pane in self._panes.items():
            pane.show_row(present[id])
        self.list.show_rows(rows)
        if self._wanted in present:
            self.list.choose(self._wanted)
            self._wanted = ""
        elif self.list.current is None:
            self._stack.setCurrentWidget(self._nothing)
            used = next((row for row in rows if row.in_use), None)
            if used is not None:
                self.list.choose(used.persona.id)
        elif self.pane is None or self.pane.id != self.list.current.persona.id:
            self._choose(self.list.current.persona.id)

    def _is_other(self, pane: PersonaPane, row: PersonaRow) -> bool:
        """Whether another kind of pane is needed: its making was begun or given up, or it came on the shelf."""
        return (pane.bench is not None) != row.begun or (pane.bench is None and pane.row.installed != row.installed)

    def _drop_pane(self, id: str) -> None:
        pane = self._panes.pop(id)
        self._stack.removeWidget(pane)
        pane.hide()
        pane.deleteLater()

    def _choose(self, id: str) -> None:
        row = next((row for row in self.list.rows if row.persona.id == id), None)
        if row is None:
            return
        if self.pane is not None:
            self.pane.save()
        pane = self._panes.get(id)
        if pane is None:
            pane = PersonaPane(self._desk, row)
            pane.use_wanted.connect(self.use)
            pane.copy_wanted.connect(self.ask_new)
            pane.export_wanted.connect(self._ask_export)
            pane.remove_wanted.connect(self._ask_removal)
            pane.discard_wanted.connect(self._ask_discard)
            pane.changed.connect(self.refresh)
            self._panes[id] = pane
            self._stack.addWidget(pane)
        self._stack.setCurrentWidget(pane)

    def _complain(self, error: VademecumError) -> None:
        if not isinstance(error, Cancelled):
            tell(self.problem, self._desk.sentence(error), "bad")

    def _engine_says(self, state: State) -> None:
        if not self._loaded and state.stage in ("ready", "no_model") and self.isVisible():
            self.refresh()

    def _save(self) -> None:
        if self.pane is not None:
            self.pane.save()

    # -- what can be done

    def use(self, id: str) -> None:
        """Let it speak from now on; nobody when empty."""

        def done() -> None:
            self._desk.personas_changed.emit()
            if id:
                row = next((row for row in self.list.rows if row.persona.id == id), None)
                name = name_of(row.persona, self._desk.language) if row is not None else id
                self._desk.notice(self.tr("“{name}” speaks from now on.").format(name=name))
            else:
                self._desk.notice(self.tr("No persona speaks from now on."))

        self._desk.change_settings(done, persona=id)

    def ask_new(self, like: str = "") -> None:
        """Ask what a new one begins with."""
        dialog = NewPersona(self._desk, self.list.rows, like, self)
        dialog.begun.connect(self._begun)
        dialog.open()

    def _begun(self, id: str) -> None:
        persona_drafts.forget(id)  # of one that had this id and is gone
        self._wanted = id
        self.refresh()

    def _ask_import(self) -> None:
        kinds = self.tr("Persona files (*.persona);;All files (*)")
        dialog = QFileDialog(self, self.tr("Import a persona file"), "", kinds)
        dialog.setFileMode(QFileDialog.FileMode.ExistingFile)
        dialog.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        dialog.fileSelected.connect(lambda name: self.import_file(Path(name)))
        dialog.open()

    def import_file(self, file: Path, replace: bool = False) -> None:
        """Put the persona of a file on the shelf; whether it may take another's place is asked."""

        def failed(error: VademecumError) -> None:
            if error.key == "shelf_taken" and not replace:
                Confirm(
                    self,
                    self.tr("Replace the installed persona?"),
                    self._desk.sentence(error),
                    self.tr("Replace"),
                    lambda: self.import_file(file, replace=True),
                )
            else:
                self._complain(error)

        def done(row: PersonaRow) -> None:
            name = name_of(row.persona, self._desk.language)
            self._desk.notice(self.tr("“{name}” is installed.").format(name=name))
            self._wanted = row.persona.id
            self._desk.personas_changed.emit()

        self.problem.hide()
        self._desk.jobs.run(ImportPersona(file, replace), self, done=done, failed=failed)

    def _ask_export(self, id: str) -> None:
        kinds = self.tr("Persona files (*.persona)")
        ask_where(self, self.tr("Export a persona"), kinds, f"{id}.{_SUFFIX}", lambda file: self.export(id, file))

    def export(self, id: str, file: Path) -> None:
        """An installed persona as one file."""
        words = self.tr("“{id}” is in {file}.").format(id=id, file=file)
        self._desk.jobs.run(
            ExportPersona(id, file), self, done=lambda _: self._desk.notice(words), failed=self._desk.complain
        )

    def _ask_removal(self, id: str) -> None:
        row = next((row for row in self.list.rows if row.persona.id == id), None)
        if row is None:
            return
        name = name_of(row.persona, self._desk.language)
        details = self.tr("Its files are deleted from this computer.")
        if row.begun:
            details = self.tr("It is taken off the shelf. What is in the making stays, and can be installed again.")
        if row.in_use:
            details = self.tr("It is in use: no persona speaks from then on.") + " " + details
        Confirm(
            self,
            self.tr("Remove the persona “{name}”?").format(name=name),
            details,
            self.tr("Remove"),
            lambda: self.remove(id),
        )

    def remove(self, id: str) -> None:
        """Take it off the shelf; one that is in use stops speaking first."""

        def really() -> None:
            self._desk.jobs.run(
                RemovePersona(id), self, done=lambda _: self._desk.personas_changed.emit(), failed=self._complain
            )

        if self._desk.settings.persona == id:
            self._desk.change_settings(really, persona="")
        else:
            really()

    def _ask_discard(self, id: str) -> None:
        row = next((row for row in self.list.rows if row.persona.id == id), None)
        if row is None:
            return
        details = self.tr("Its form, examples and training are deleted and cannot be brought back.")
        if row.installed:
            details += " " + self.tr("The installed persona stays.")
        Confirm(
            self,
            self.tr("Delete what is in the making of “{name}”?").format(name=name_of(row.persona, self._desk.language)),
            details,
            self.tr("Delete"),
            lambda: self.discard(id),
        )

    def discard(self, id: str) -> None:
        """Delete a persona in the making."""

        def done(_: None) -> None:
            persona_drafts.forget(id)
            if id in self._panes:
                self._drop_pane(id)
            self._desk.personas_changed.emit()

        self._desk.jobs.run(DiscardBench(id), self, done=done, failed=self._complain)

    def dragEnterEvent(self, event: QDragEnterEvent) -> None:
        """A persona file may be dropped here; anything else is for the window."""
        if _persona_of(event) is not None:
            event.acceptProposedAction()
        else:
            event.ignore()

    def dropEvent(self, event: QDropEvent) -> None:
        """Imports the persona file."""
        file = _persona_of(event)
        if file is not None:
            event.acceptProposedAction()
            self.import_file(file)

    # -- building

    def _build(self) -> None:
        side = QFrame()
        side.setProperty("role", "rail")
        side.setStyleSheet('QFrame[role="rail"] { border: none; }')  # the splitter is its border
        side.setMinimumWidth(180)
        head = QHBoxLayout()
        head.setSpacing(2)
        heading = ElidedLabel("heading", Qt.TextElideMode.ElideRight)
        heading.setText(self.tr("Personas"))
        head.addWidget(heading, 1)
        head.addWidget(self.take)
        head.addWidget(self.add)
        inside = QVBoxLayout(side)
        inside.setContentsMargins(GAP // 2, GAP // 2, GAP // 2, GAP // 2)
        inside.setSpacing(GAP // 2)
        top = QVBoxLayout()
        top.setContentsMargins(GAP // 2, 0, GAP // 2, 0)
        top.addLayout(head)
        top.addWidget(self.problem)
        inside.addLayout(top)
        inside.addWidget(self.list, 1)
        self.splitter = QSplitter(Qt.Orientation.Horizontal)
        self.splitter.addWidget(side)
        self.splitter.addWidget(self._stack)
        self.splitter.setStretchFactor(1, 1)
        self.splitter.setChildrenCollapsible(False)
        self.splitter.setHandleWidth(1)
        self.splitter.setSizes([250, 900])
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.addWidget(self.splitter)


def _persona_of(event: QDropEvent) -> Path | None:
    """The one persona file that is being dropped; None when it is something else."""
    files = [Path(url.toLocalFile()) for url in event.mimeData().urls() if url.isLocalFile()]
    return files[0] if len(files) == 1 and files[0].suffix.lower() == f".{_SUFFIX}" else None
