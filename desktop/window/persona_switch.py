"""Who speaks, in the status bar: a button that says it, and a menu to choose somebody else."""

from __future__ import annotations

from collections.abc import Sequence

from PySide6.QtCore import QPoint
from PySide6.QtGui import QAction, QActionGroup
from PySide6.QtWidgets import QMenu, QPushButton

from desktop.channel import ListPersonas, PersonaRow, State
from desktop.window.desk import Desk
from desktop.window.icons import icon
from desktop.window.pages.persona_words import name_of
from desktop.window.widgets import heed

_LONGEST = 24  # characters of a name


class PersonaSwitch(QPushButton):
    """Opens a menu of nobody and the installed personas; one that does not fit says why it cannot be chosen."""

    def __init__(self, desk: Desk) -> None:
        super().__init__()
        self._desk = desk
        self._rows: tuple[PersonaRow, ...] = ()
        self._speaks = ""
        self._asked = False
        self.menu_shown: QMenu | None = None
        self.setProperty("role", "link")
        self.setToolTip(self.tr("Who speaks: choose a persona"))
        self.clicked.connect(lambda _=False: self.open_menu())
        desk.restyled.connect(self._paint)
        heed(desk.personas_changed, self, self.refresh)
        self._paint()
        self._tell()

    def show_state(self, state: State) -> None:
        """Who speaks with the model that is loaded."""
        self._speaks = state.model.adapter if state.model is not None else ""
        if self._speaks and not self._asked:
            self.refresh()  # for its name
        self._tell()

    def refresh(self) -> None:
        """Ask who is installed."""
        self._asked = True
        self._desk.jobs.run(ListPersonas(), self, done=self._take)

    def open_menu(self) -> None:
        """Ask who is installed now, and show the menu."""
        self._desk.jobs.run(ListPersonas(), self, done=self._show, failed=self._desk.complain)

    def use(self, id: str) -> None:
        """Let this persona speak from now on; nobody when empty."""
        if id != self._desk.settings.persona:
            self._desk.change_settings(self._desk.personas_changed.emit, persona=id)

    def _take(self, rows: Sequence[PersonaRow]) -> None:
        self._rows = tuple(rows)
        self._tell()

    def _show(self, rows: Sequence[PersonaRow]) -> None:
        self._take(rows)
        menu = QMenu(self)
        menu.setToolTipsVisible(True)
        group = QActionGroup(menu)
        used = self._desk.settings.persona
        self._add(menu, group, self.tr("No persona"), "", not used)
        installed = [row for row in rows if row.installed]
        if installed:
            menu.addSeparator()
        names = [name_of(row.persona, self._desk.language) for row in installed]
        for row in installed:
            name, id = name_of(row.persona, self._desk.language), row.persona.id
            words = name if names.count(name) == 1 else f"{name} · {id}"
            if row.problem:
                words = self.tr("{name}: damaged").format(name=name)
            elif not row.fits:
                words = self.tr("{name}: made for the model {base}").format(name=name, base=row.base or "?")
            action = self._add(menu, group, words, id, id == used)
            action.setEnabled((row.fits and not row.problem) or id == used)
            if row.problem:
                action.setToolTip(row.problem)
            elif not row.fits:
                action.setToolTip(
                    self.tr("Use the model {base}, or train it again on the one in use.").format(base=row.base or "?")
                )
        menu.addSeparator()
        menu.addAction(self.tr("Personas …"), lambda: self._desk.page_wanted.emit("personas"))
        menu.aboutToHide.connect(menu.deleteLater)
        self.menu_shown = menu
        menu.destroyed.connect(lambda _: self._gone())
        at = self.mapToGlobal(QPoint(0, 0))
        at.setY(at.y() - menu.sizeHint().height())
        menu.popup(at)
        if menu.actions():
            menu.setActiveAction(menu.actions()[0])

    def _gone(self) -> None:
        self.menu_shown = None

    def _add(self, menu: QMenu, group: QActionGroup, words: str, id: str, checked: bool) -> QAction:
        action = menu.addAction(words.replace("&", "&&"))
        action.setCheckable(True)
        action.setChecked(checked)
        group.addAction(action)
        action.triggered.connect(lambda _=False: self.use(id))
        return action

    def _tell(self) -> None:
        name = self.tr("no persona")
        if self._speaks:
            row = next((row for row in self._rows if row.persona.id == self._speaks), None)
            name = name_of(row.persona, self._desk.language) if row is not None else self._speaks
        shown = name if len(name) <= _LONGEST else name[: _LONGEST - 1] + "…"
        self.setText(shown.replace("&", "&&"))
        self.setAccessibleName(self.tr("Persona: {name}").format(name=name))

    def _paint(self) -> None:
        self.setIcon(icon("personas", self._desk.theme.accent, 16))
