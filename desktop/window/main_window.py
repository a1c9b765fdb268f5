"""The main window: the rail of pages at the left, notices above the page, the status bar below."""

from __future__ import annotations

from functools import cached_property
from pathlib import Path
from typing import TypeVar

from PySide6.QtCore import QByteArray, QSettings, QSize, Qt, QTimer
from PySide6.QtGui import (
    QCloseEvent,
    QDragEnterEvent,
    QDragLeaveEvent,
    QDropEvent,
    QIcon,
    QKeyEvent,
    QKeySequence,
    QShortcut,
)
from PySide6.QtWidgets import (
    QButtonGroup,
    QFrame,
    QHBoxLayout,
    QLabel,
    QMainWindow,
    QProgressBar,
    QStackedWidget,
    QToolButton,
    QVBoxLayout,
    QWidget,
)

from core.errors import VademecumError
from desktop.channel import GetLibrary, LibraryState, State
from desktop.window.desk import Desk
from desktop.window.icons import icon, pixmap
from desktop.window.pages.ask import AskPage
from desktop.window.pages.audit import AuditPage
from desktop.window.pages.library import LibraryPage
from desktop.window.pages.models import ModelsPage
from desktop.window.pages.personas import PersonasPage
from desktop.window.pages.settings import SettingsPage
from desktop.window.persona_switch import PersonaSwitch
from desktop.window.shortcut_sheet import Group, ShortcutSheet
from desktop.window.theme import GAP, Theme
from desktop.window.widgets import Notice, button, heed, label

_MOST_NOTICES = 3

P = TypeVar("P", bound=QWidget)


class MainWindow(QMainWindow):
    """The program's window.  ``places`` keeps its size and position between starts."""

    def __init__(self, desk: Desk, places: QSettings) -> None:
        super().__init__()
        self._desk = desk
        self._places = places
        self.setWindowTitle("Vademecum")
        self.setMinimumSize(900, 560)
        self.setAcceptDrops(True)
        self.ask = AskPage(desk)
        self.library = LibraryPage(desk)
        self.personas = PersonasPage(desk)
        self._words = {
            "ask": self.tr("Ask"),
            "library": self.tr("Library"),
            "audit": self.tr("Audit"),
            "models": self.tr("Models"),
            "personas": self.tr("Personas"),
            "settings": self.tr("Settings"),
        }
        self._stack = QStackedWidget()
        for page in (self.ask, self.library, self.personas):
            self._stack.addWidget(page)
        self._buttons: dict[str, QToolButton] = {}
        self._given_up = self.tr("The engine stopped several times in a minute. Start it again with the button below.")
        self._persona_fault = ""  # the sentence that is shown about it
        self._notices = QVBoxLayout()
        self._notices.setSpacing(GAP // 2)
        self.setCentralWidget(self._build())
        self._build_status()
        self._shortcuts()
        desk.page_wanted.connect(self.show_page)
        heed(desk.citation_wanted, self, lambda _: self.show_page("ask"))
        heed(desk.question_wanted, self, lambda _: self.show_page("ask"))
        desk.record_wanted.connect(self._show_record)
        heed(desk.document_wanted, self, lambda _sha256, _page: self.show_page("ask"))
        desk.noticed.connect(self.notice)
        desk.restyled.connect(self._paint)
        desk.jobs.state.connect(self._show_state)
        heed(desk.jobs.changed, self, lambda _: self._ask_library())
        desk.jobs.opened.connect(self._show_library)
        desk.jobs.died.connect(self._engine_died)
        desk.jobs.troubled.connect(desk.complain)
        self.show_page("ask")
        self._paint()
        self._show_state(desk.jobs.last_state)
        if desk.jobs.engine_pid:  # after the first steps, or in another language: the library was told of long ago
            desk.jobs.run(GetLibrary(), self, done=self._show_library, failed=desk.complain)
        geometry = places.value("geometry")
        if isinstance(geometry, QByteArray):
            self.restoreGeometry(geometry)
        else:
            self.resize(1360, 860)

    # Made when they are first wanted: most days they are not, and what is not there costs nothing when the program
    # starts and when its look changes.

    @cached_property
    def audit(self) -> AuditPage:
        """The page of records."""
        return self._added(AuditPage(self._desk))

    @cached_property
    def models(self) -> ModelsPage:
        """The page of models."""
        return self._added(ModelsPage(self._desk))

    @cached_property
    def settings(self) -> SettingsPage:
        """The page of settings."""
        return self._added(SettingsPage(self._desk))

    def _added(self, page: P) -> P:
        self._stack.addWidget(page)
        return page

    def page(self, name: str) -> QWidget:
        """The page of that name: ask, library, audit, models, personas or settings."""
        made: QWidget = getattr(self, name)
        return made

    def show_page(self, name: str) -> None:
        """Bring a page to the front: ask, library, audit, models, personas or settings."""
        self._stack.setCurrentWidget(self.page(name))
        self._buttons[name].setChecked(True)
        for one in self._buttons.values():  # Tab leads to the page that is shown, the arrow keys to the others
            one.setFocusPolicy(Qt.FocusPolicy.StrongFocus if one.isChecked() else Qt.FocusPolicy.ClickFocus)

    def _show_record(self, sequence: int) -> None:
        self.show_page("audit")
        self.audit.open_record(sequence)

    def _strips(self) -> list[Notice]:
        items = [self._notices.itemAt(i) for i in range(self._notices.count())]
        return [strip for item in items if item is not None and isinstance(strip := item.widget(), Notice)]

    def notice(self, sentence: str, kind: str = "info") -> None:
        """A strip above the page; the same sentence is not shown twice, old ones make room."""
        strips = self._strips()
        if any(strip.text.text() == sentence for strip in strips):
            return
        for strip in strips[: max(0, len(strips) - _MOST_NOTICES + 1)]:
            self._notices.removeWidget(strip)
            strip.deleteLater()
        strip = Notice(self._desk, sentence, kind)
        self._notices.addWidget(strip)
        self._make_room()
        # It is still counted while it is being destroyed.
        heed(strip.destroyed, self, lambda: QTimer.singleShot(0, self, self._make_room))
        if kind == "info":
            QTimer.singleShot(12_000, strip, strip.deleteLater)

    def _make_room(self) -> None:
        """Air around the notices, and none where there is no notice."""
        air = GAP // 2 if self._notices.count() else 0
        self._notices.setContentsMargins(GAP, air, GAP, air)

    # -- building

    def _build(self) -> QWidget:
        whole = QWidget()
        row = QHBoxLayout(whole)
        row.setContentsMargins(0, 0, 0, 0)
        row.setSpacing(0)
        rail = QFrame()
        rail.setProperty("role", "rail")
        self._rail = rail
        column = QVBoxLayout(rail)
        column.setContentsMargins(8, GAP, 8, GAP)
        column.setSpacing(6)
        group = QButtonGroup(self)
        for number, (name, words) in enumerate(self._words.items(), 1):
            one = QToolButton()
            one.setText(words)
            one.setProperty("role", "rail")
            one.setCheckable(True)
            one.setToolButtonStyle(Qt.ToolButtonStyle.ToolButtonTextUnderIcon)
            one.setIconSize(QSize(24, 24))
            one.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
            one.setToolTip(f"{words}  (Ctrl+{number})")
            one.setAccessibleName(words)
            one.clicked.connect(lambda _=False, name=name: self.show_page(name))
            group.addButton(one)
            self._buttons[name] = one
            column.addWidget(one)
        column.addStretch(1)
        self._help = QToolButton()
        self._help.setProperty("role", "rail")
        self._help.setToolTip(self.tr("Keyboard shortcuts  (?)"))
        self._help.setAccessibleName(self.tr("Keyboard shortcuts"))
        self._help.clicked.connect(lambda _=False: self.show_shortcuts())
        column.addWidget(self._help)
        row.addWidget(rail)
        right = QVBoxLayout()
        right.setContentsMargins(0, 0, 0, 0)
        right.setSpacing(0)
        right.addLayout(self._notices)
        right.addWidget(self._stack, 1)
        row.addLayout(right, 1)
        self._drop = label(self.tr("Drop files or folders to add them to the library"), "title")
        self._drop.setParent(self)
        self._drop.setAlignment(Qt.AlignmentFlag.AlignCenter)
        self._drop.hide()
        return whole

    def _build_status(self) -> None:
        bar = self.statusBar()
        bar.setSizeGripEnabled(False)
        bar.setContentsMargins(GAP, 2, GAP, 2)
        self._where = label("", "muted", wrap=False)
        self._model = label("", "status", wrap=False)
        self._model.hide()
        self._persona = PersonaSwitch(self._desk)
        self._persona.hide()
        self._engine = label("", "muted", wrap=False)
        self._restart = button(self.tr("Start the engine"), clicked=self._desk.jobs.start)
        self._restart.hide()
        self._busy = QProgressBar()
        self._busy.setRange(0, 0)
        self._busy.setFixedWidth(90)
        self._busy.setTextVisible(False)
        self._busy.setAccessibleName(self.tr("The engine is at work"))
        self._busy.hide()
        self._offline = QLabel()
        self._offline.setToolTip(self.tr("This program makes no network connection. Settings shows the proof."))
        self._offline_words = label(self.tr("Offline"), "good", wrap=False)
        bar.addWidget(self._where)
        bar.addWidget(self._model)
        bar.addWidget(self._persona)
        bar.addPermanentWidget(self._busy)
        bar.addPermanentWidget(self._engine)
        bar.addPermanentWidget(self._restart)
        bar.addPermanentWidget(self._offline)
        bar.addPermanentWidget(self._offline_words)

    def _shortcuts(self) -> None:
        for number, name in enumerate(self._words, 1):
            QShortcut(QKeySequence(f"Ctrl+{number}"), self, lambda name=name: self.show_page(name))
        QShortcut(QKeySequence("Ctrl+Q"), self, self.close)
        # "?" stays a character where one can type: a field takes it before it could become a shortcut.  Lists and
        # tables do not, and would search their rows for it if it were only a key of the window.
        for keys in ("F1", "?", "Shift+?"):  # with Shift as some keyboards tell it
            sheet = QShortcut(QKeySequence(keys), self, self.show_shortcuts)
            sheet.activatedAmbiguously.connect(self.show_shortcuts)

    def shortcuts(self) -> list[tuple[str, str]]:
        """Every shortcut of the window and its pages, in words."""
        return [line for _, lines in self._shortcut_groups() for line in lines]

    def _shortcut_groups(self) -> list[Group]:
        own = [(f"Ctrl+{n}", words) for n, words in enumerate(self._words.values(), 1)]
        own += [("? / F1", self.tr("Keyboard shortcuts")), ("Ctrl+Q", self.tr("Quit"))]
        viewer = self.ask.view.shortcuts()
        groups: list[Group] = [(self.tr("Everywhere"), own)]
        for name, words in self._words.items():
            page = self.page(name)
            if lines := [line for line in getattr(page, "shortcuts", list)() if line not in viewer]:
                groups.append((words, lines))
            if page is self.ask:
                groups.append((self.tr("Page viewer"), viewer))
        return groups

    def show_shortcuts(self) -> None:
        """The list of shortcuts."""
        ShortcutSheet(self, self._shortcut_groups()).open()

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """Shows the shortcuts for "?" typed outside a field, on whatever keyboard."""
        if event.text() in ("?", "？"):
            self.show_shortcuts()
        else:
            super().keyPressEvent(event)

    # -- what the engine says

    def _show_state(self, state: State) -> None:
        words = {
            "starting": self.tr("Engine starting …"),
            "loading": self.tr("Loading the models …"),
            "ready": self.tr("Ready"),
            "no_model": self.tr("No model"),
            "stopped": self.tr("The engine has stopped"),
        }
        self._engine.setText(words.get(state.stage, state.stage))
        self._busy.setVisible(state.busy or state.stage in ("starting", "loading"))
        self._restart.setVisible(state.stage == "stopped")
        if state.stage == "ready":  # what it asks for has been done
            for strip in self._strips():
                if strip.text.text() == self._given_up:
                    strip.deleteLater()
        if state.model is not None:
            device = self.tr("graphics card") if state.model.device == "gpu" else self.tr("processor")
            self._model.setText(f"{state.model.name} · {device}")
            self._model.setToolTip(f"SHA-256 {state.model.sha256}")
        elif state.stage == "no_model":
            self._model.setText(self.tr("no model"))
        self._model.setVisible(bool(self._model.text()))
        self._persona.show_state(state)
        self._persona.setVisible(state.model is not None)
        if state.problem is not None:
            self._engine.setToolTip(self._desk.sentence(state.problem))
        self._show_persona_problem(getattr(state, "persona_problem", None))

    def _show_persona_problem(self, problem: VademecumError | None) -> None:
        """Why the chosen persona does not speak; it is said once, and taken back when it is over."""
        sentence = self._desk.sentence(problem) if problem is not None else ""
        if sentence == self._persona_fault:
            return
        for strip in self._strips():
            if self._persona_fault and strip.text.text() == self._persona_fault:
                strip.deleteLater()
        self._persona_fault = sentence
        if sentence:
            self.notice(sentence, "warn")

    def _ask_library(self) -> None:
        self._desk.jobs.run(GetLibrary(), self, done=self._show_library)

    def _show_library(self, state: LibraryState) -> None:
        count = state.documents
        words = self.tr("{folder}: 1 document") if count == 1 else self.tr("{folder}: {count} documents")
        self._where.setText(words.format(folder=state.folder.name, count=f"{count:,}"))
        self._where.setToolTip(str(state.folder))

    def _engine_died(self, again: bool) -> None:
        if again:
            self.notice(self._desk.say("engine_died"), "warn")
        else:
            self.notice(self._given_up, "bad")

    def _paint(self) -> None:
        theme = self._desk.theme
        widest = max(one.fontMetrics().horizontalAdvance(one.text()) for one in self._buttons.values())
        width = max(76, widest + 16)
        self._rail.setFixedWidth(width + 16)
        for name, one in self._buttons.items():
            one.setMinimumWidth(width)
            one.setIcon(_rail_icon(name, theme))
        self._help.setMinimumWidth(width)
        self._help.setIcon(icon("help", theme.ink))
        self._offline.setPixmap(pixmap("offline", theme.good, 16))
        self._drop.setStyleSheet(
            f"background: {theme.accent_soft}; border: 2px dashed {theme.accent}; border-radius: 12px;"
        )

    # -- files dropped anywhere

    def dragEnterEvent(self, event: QDragEnterEvent) -> None:
        """Show where files will go."""
        if any(url.isLocalFile() for url in event.mimeData().urls()):
            event.acceptProposedAction()
            margin = GAP * 2
            self._drop.setGeometry(self.rect().adjusted(margin, margin, -margin, -margin))
            self._drop.raise_()
            self._drop.show()

    def dragLeaveEvent(self, event: QDragLeaveEvent) -> None:
        """Put the hint away."""
        self._drop.hide()

    def dropEvent(self, event: QDropEvent) -> None:
        """Files and folders dropped anywhere are added to the library."""
        self._drop.hide()
        paths = [Path(url.toLocalFile()) for url in event.mimeData().urls() if url.isLocalFile()]
        if paths:
            event.acceptProposedAction()
            self._desk.files_dropped.emit(paths)
            self.show_page("library")

    def closeEvent(self, event: QCloseEvent) -> None:
        """Remember the place and what was typed.  What was being imported goes on at the next start."""
        self._places.setValue("geometry", self.saveGeometry())
        self.ask.leave()
        self.personas.leave()
        super().closeEvent(event)


def _rail_icon(name: str, theme: Theme) -> QIcon:
    """The page's icon, in the colour of its words: another when the page is the one that is shown."""
    both = icon(name, theme.ink, 24)
    both.addPixmap(pixmap(name, theme.accent, 24), QIcon.Mode.Normal, QIcon.State.On)
    return both
