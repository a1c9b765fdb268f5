"""The settings page: language and look, where data lies, how files are read, and the proof that nothing leaves."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from PySide6.QtCore import Qt, QTimer, QUrl, Signal
from PySide6.QtGui import QDesktopServices, QGuiApplication, QShowEvent
from PySide6.QtWidgets import (
    QButtonGroup,
    QFileDialog,
    QFrame,
    QGridLayout,
    QHBoxLayout,
    QLabel,
    QVBoxLayout,
    QWidget,
)

from core.errors import VademecumError
from core.settings import Settings, settings_file
from desktop import house
from desktop.channel import GetLibrary, Guard, LibraryState, OpenLibrary, ProveOffline
from desktop.window.controls import Choice, Number, Pick, Slide, Tick
from desktop.window.desk import Desk
from desktop.window.elided import ElidedLabel
from desktop.window.fold import Fold
from desktop.window.icons import pixmap
from desktop.window.pages.backup import BackupCard
from desktop.window.pages.self_test import SelfTestCard
from desktop.window.pages.support import SupportCard
from desktop.window.reading_column import in_the_middle
from desktop.window.theme import GAP
from desktop.window.tone import tell
from desktop.window.widgets import IconButton, button, clear, label

_WAIT = 200  # milliseconds after the last movement before the text grows
_SIZES = (80, 200, 10)  # per cent: smallest, largest, step
LANGUAGES = (("en", "English"), ("zh", "简体中文"))  # each in its own words, whatever the window speaks


class SettingsPage(QWidget):
    """Everything takes effect at once and is kept."""

    def __init__(self, desk: Desk) -> None:
        super().__init__()
        self._desk = desk
        self.setProperty("role", "page")
        self.look = LookCard(desk)
        self.places = PlacesCard(desk)
        self.backup = BackupCard(desk)
        self.backup.open_it.connect(self.places.open_library)
        self.reading = ReadingCard(desk)
        self.offline = OfflineCard(desk)
        self.self_test = SelfTestCard(desk)
        self.support = SupportCard(desk)
        body = QVBoxLayout()
        body.setSpacing(GAP)
        body.addWidget(label(self.tr("Settings"), "title", wrap=False))
        for title, card in (
            (self.tr("Language and look"), self.look),
            (self.tr("Where your data lies"), self.places),
            (self.tr("Backup"), self.backup),
            (self.tr("Reading files"), self.reading),
            (self.tr("Offline"), self.offline),
            (self.tr("Does everything work?"), self.self_test),
            (self.tr("Help"), self.support),
        ):
            body.addSpacing(GAP // 2)
            body.addWidget(label(title, "heading", wrap=False))
            body.addWidget(card)
        body.addSpacing(GAP // 2)
        about = self.tr("Vademecum {version} · free software under the Apache Licence 2.0")
        self.about = label(about.format(version=house.version()), "muted", selectable=True)
        body.addWidget(self.about)
        body.addStretch(1)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.addWidget(in_the_middle(body))

    def showEvent(self, event: QShowEvent) -> None:
        """Shows the settings as they are by now."""
        super().showEvent(event)
        self.look.show_settings()
        self.reading.show_settings()
        self.places.refresh()


class LookCard(QFrame):
    """Language, theme and text size."""

    def __init__(self, desk: Desk) -> None:
        super().__init__()
        self._desk = desk
        self.setProperty("role", "card")
        self.language = Choice(desk)
        self.language.addItem(self.tr("As the system"), "")
        for code, name in LANGUAGES:
            self.language.addItem(name, code)
        self.language.activated.connect(lambda _: self._speak())
        self.themes = QButtonGroup(self)
        themes = QHBoxLayout()
        themes.setSpacing(GAP * 2)
        self._themes = {"": self.tr("As the system"), "light": self.tr("Light"), "dark": self.tr("Dark")}
        for at, words in enumerate(self._themes.values()):
            one = Pick(desk, words)
            self.themes.addButton(one, at)
            themes.addWidget(one)
        themes.addStretch(1)
        self.themes.idClicked.connect(lambda at: self._desk.change_settings(theme=list(self._themes)[at]))
        smallest, largest, step = _SIZES
        self.text_size = Slide(desk)
        self.text_size.setRange(smallest // step, largest // step)
        self.text_size.setPageStep(2)
        self.text_size.setMaximumWidth(320)
        self.percent = label("", "muted", wrap=False)
        self._later = QTimer(self)
        self._later.setSingleShot(True)
        self._later.setInterval(_WAIT)
        self._later.timeout.connect(lambda: self._desk.change_settings(text_size=self.text_size.value() * step))
        self.text_size.valueChanged.connect(lambda _: self._resize())
        sizes = QHBoxLayout()
        sizes.setSpacing(GAP)
        sizes.addWidget(self.text_size, 1)
        sizes.addWidget(self.percent)
        sizes.addStretch(1)
        grid = QGridLayout(self)
        grid.setContentsMargins(GAP + 4, GAP, GAP, GAP)
        grid.setHorizontalSpacing(GAP * 2)
        grid.setVerticalSpacing(GAP)
        grid.setColumnStretch(1, 1)
        names = (self.tr("Language"), self.tr("Theme"), self.tr("Text size"))
        for at, name in enumerate(names):
            grid.addWidget(label(name, wrap=False), at, 0)
        self.language.setAccessibleName(names[0])
        self.text_size.setAccessibleName(names[2])
        grid.addWidget(self.language, 0, 1, Qt.AlignmentFlag.AlignLeft)
        grid.addLayout(themes, 1, 1)
        grid.addLayout(sizes, 2, 1)
        self.show_settings()

    def show_settings(self) -> None:
        """The values as they are kept."""
        settings = self._desk.settings
        self.language.setCurrentIndex(max(0, self.language.findData(settings.language)))
        wanted = settings.theme if settings.theme in self._themes else ""
        self.themes.button(list(self._themes).index(wanted)).setChecked(True)
        self.text_size.blockSignals(True)
        self.text_size.setValue(round(settings.text_size / _SIZES[2]))
        self.text_size.blockSignals(False)
        self.percent.setText(f"{self.text_size.value() * _SIZES[2]}%")

    def _resize(self) -> None:
        self.percent.setText(f"{self.text_size.value() * _SIZES[2]}%")
        self._later.start()

    def _speak(self) -> None:
        chosen = str(self.language.currentData())
        if chosen != self._desk.settings.language:
            self._desk.change_settings(language=chosen)
            self._desk.language_wanted.emit(house.language(self._desk.settings))


class PlacesCard(QFrame):
    """Library, models, settings: where they are, and another library."""

    def __init__(self, desk: Desk) -> None:
        super().__init__()
        self._desk = desk
        self.setProperty("role", "card")
        self.library = PlaceRow(desk, self.tr("Library"))
        self.models = PlaceRow(desk, self.tr("Models"))
        self.settings = PlaceRow(desk, self.tr("Settings file"))
        self.models.show_place(house.models_folder())
        self.settings.show_place(settings_file())
        self.other = button(
            self.tr("Open another library …"),
            hint=self.tr("A folder that holds a library, or an empty one for a new library"),
            clicked=self._ask_where,
        )
        self.fault = label("", "bad", selectable=True)
        self.fault.hide()
        column = QVBoxLayout(self)
        column.setContentsMargins(GAP + 4, GAP, GAP, GAP)
        column.setSpacing(GAP // 2)
        for row in (self.library, self.models, self.settings):
            column.addWidget(row)
        foot = QHBoxLayout()
        foot.addWidget(self.fault, 1)
        foot.addStretch()
        foot.addWidget(self.other)
        column.addLayout(foot)
        desk.jobs.opened.connect(self._opened)

    def refresh(self) -> None:
        """Ask which library is open."""
        self._desk.jobs.run(GetLibrary(), self, done=self._opened)

    def open_library(self, folder: Path) -> None:
        """Work with the library in ``folder`` from now on; a new one is made in an empty folder."""
        self.other.setEnabled(False)
        self.fault.hide()
        self._desk.jobs.run(
            OpenLibrary(folder), self, done=lambda state: self._keep(state), failed=lambda error: self._refused(error)
        )

    def _keep(self, state: LibraryState) -> None:
        self.other.setEnabled(True)
        default = state.folder == house.default_library()
        self._desk.change_settings(library="" if default else str(state.folder))
        self._opened(state)

    def _refused(self, error: VademecumError) -> None:
        self.other.setEnabled(True)
        tell(self.fault, self._desk.sentence(error), "bad")

    def _opened(self, state: LibraryState) -> None:
        self.library.show_place(state.folder)

    def _ask_where(self) -> None:
        ask_for_folder(self, self.tr("Open another library"), self.open_library)


class PlaceRow(QWidget):
    """A place on the disk: its name, its path, copy it, show it."""

    def __init__(self, desk: Desk, name: str) -> None:
        super().__init__()
        self._desk = desk
        self.place: Path | None = None
        self.path = ElidedLabel("muted")
        self.path.setTextInteractionFlags(Qt.TextInteractionFlag.NoTextInteraction)
        words = label(name, wrap=False)
        words.setMinimumWidth(110)
        copy = self.tr("Copy the path: {name}").format(name=name)
        show = self.tr("Show in the file manager: {name}").format(name=name)
        row = QHBoxLayout(self)
        row.setContentsMargins(0, 0, 0, 0)
        row.addWidget(words)
        row.addWidget(self.path, 1)
        row.addWidget(IconButton(desk, "copy", copy, self.copy))
        row.addWidget(IconButton(desk, "folder", show, self.show_folder))

    def show_place(self, place: Path) -> None:
        """This place."""
        self.place = place
        self.path.setText(str(place))

    def copy(self) -> None:
        """The path to the clipboard."""
        if self.place is not None:
            QGuiApplication.clipboard().setText(str(self.place))
            self._desk.notice(self.tr("Copied."))

    def show_folder(self) -> None:
        """The nearest folder that exists, in the system's own file manager."""
        if self.place is None:
            return
        folder = next((one for one in (self.place, *self.place.parents) if one.is_dir()), self.place)
        if not QDesktopServices.openUrl(QUrl.fromLocalFile(str(folder))):
            self._desk.notice(self.tr("No file manager could be opened. The folder is {folder}.").format(folder=folder))


class ReadingCard(QFrame):
    """Text recognition, and the limits that protect the program from a bad file."""

    def __init__(self, desk: Desk) -> None:
        super().__init__()
        self._desk = desk
        self.setProperty("role", "card")
        self.ocr = Tick(desk, self.tr("Read scanned pages by character recognition (OCR)"))
        self.ocr.clicked.connect(lambda on: self._desk.change_settings(ocr=on))
        self.limits: dict[str, Number] = {}
        self.fold = Fold(desk, self.tr("Limits for reading"), self._build_limits)
        hint = self.tr(
            "Without it, pages that are only pictures cannot be searched. Files added from now on are concerned."
        )
        column = QVBoxLayout(self)
        column.setContentsMargins(GAP + 4, GAP, GAP, GAP)
        column.setSpacing(GAP // 2)
        column.addWidget(self.ocr)
        column.addWidget(label(hint, "muted"))
        column.addWidget(self.fold)
        self._later = QTimer(self)
        self._later.setSingleShot(True)
        self._later.setInterval(600)
        self._later.timeout.connect(self._keep)
        self.show_settings()

    def show_settings(self) -> None:
        """The values as they are kept."""
        self.ocr.setChecked(self._desk.settings.ocr)
        for name, spin in self.limits.items():
            spin.blockSignals(True)
            spin.setValue(int(getattr(self._desk.settings, name)))
            spin.blockSignals(False)

    def _build_limits(self) -> QWidget:
        body = QWidget()
        grid = QGridLayout(body)
        grid.setContentsMargins(GAP, 4, 0, 4)
        grid.setHorizontalSpacing(GAP * 2)
        grid.setVerticalSpacing(GAP // 2)
        grid.setColumnStretch(0, 1)
        rows = (
            ("page_seconds", self.tr("Longest time for one page before it is given up"), self.tr("s"), 5, 600, 5),
            ("file_seconds", self.tr("Longest time for one file before it is given up"), self.tr("s"), 60, 36000, 60),
            ("reader_megabytes", self.tr("Memory cap of the process that reads files"), "MB", 256, 16384, 128),
            ("max_pages", self.tr("Pages of one file that are read at most"), "", 10, 100000, 100),
            ("max_megabytes", self.tr("Largest file that is read"), "MB", 1, 20000, 100),
        )
        for at, (name, words, unit, smallest, largest, step) in enumerate(rows):
            spin = Number()
            value = int(getattr(self._desk.settings, name))
            spin.setRange(min(smallest, value), max(largest, value))
            spin.setSingleStep(step)
            spin.setSuffix(f" {unit}" if unit else "")
            spin.setValue(value)
            spin.setAccessibleName(words)
            spin.setMinimumWidth(140)
            spin.valueChanged.connect(lambda _: self._later.start())
            self.limits[name] = spin
            grid.addWidget(label(words), at, 0)
            grid.addWidget(spin, at, 1)
        self.reset = button(self.tr("Back to the defaults"), "link", clicked=self._reset)
        grid.addWidget(self.reset, len(rows), 1, Qt.AlignmentFlag.AlignRight)
        return body

    def _reset(self) -> None:
        plain = Settings()
        for name, spin in self.limits.items():
            spin.setValue(int(getattr(plain, name)))

    def _keep(self) -> None:
        kept = self._desk.settings
        values = {name: type(getattr(kept, name))(spin.value()) for name, spin in self.limits.items()}
        if any(getattr(self._desk.settings, name) != value for name, value in values.items()):
            self._desk.change_settings(**values)


class OfflineCard(QFrame):
    """What is guarded, and a button that proves it."""

    proved = Signal()

    def __init__(self, desk: Desk) -> None:
        super().__init__()
        self._desk = desk
        self.guards: tuple[Guard, ...] = ()
        self.setProperty("role", "card")
        self._mark = QLabel()
        self._mark.setAccessibleName(self.tr("Offline"))
        words = self.tr(
            "Your documents, questions and answers stay on this computer. The engine refuses every connection, every "
            "name look-up and every datagram; on Linux the system itself refuses it network sockets as well. "
            "No usage data, no update check, no link in an answer is ever followed."
        )
        self.prove = button(
            self.tr("Prove it"), hint=self.tr("Try to reach a network from inside the engine"), clicked=self.run_prove
        )
        head = QHBoxLayout()
        head.setSpacing(GAP)
        head.addWidget(self._mark, 0, Qt.AlignmentFlag.AlignTop)
        head.addWidget(label(words), 1)
        head.addWidget(self.prove, 0, Qt.AlignmentFlag.AlignTop)
        self.result = label("", "muted", selectable=True)
        self.result.hide()
        self._list = QVBoxLayout()
        self._list.setSpacing(4)
        column = QVBoxLayout(self)
        column.setContentsMargins(GAP + 4, GAP, GAP, GAP)
        column.setSpacing(GAP // 2)
        column.addLayout(head)
        column.addSpacing(GAP // 2)
        column.addWidget(self.result)
        column.addLayout(self._list)
        desk.restyled.connect(self._paint)
        self._paint()

    def run_prove(self) -> None:
        """Have the engine try to get out, each way."""
        self.prove.setEnabled(False)
        tell(self.result, self.tr("Trying every way out …"), "muted")
        self._desk.jobs.run(ProveOffline(), self, done=self._proved, failed=self._failed)

    def _proved(self, guards: tuple[Guard, ...]) -> None:
        self.prove.setEnabled(True)
        self.guards = guards
        open_ways = sum(not guard.held for guard in guards)
        if open_ways:
            words = self.tr("{open} of {count} attempts were not prevented. Please report this.")
            tell(self.result, words.format(open=open_ways, count=len(guards)), "bad")
        else:
            tell(self.result, self.tr("All {count} attempts were prevented.").format(count=len(guards)), "good")
        self._paint()
        self.proved.emit()

    def _failed(self, error: VademecumError) -> None:
        self.prove.setEnabled(True)
        tell(self.result, self._desk.sentence(error), "bad")

    def _paint(self) -> None:
        theme = self._desk.theme
        self._mark.setPixmap(pixmap("offline", theme.good, 28))
        clear(self._list)
        for guard in self.guards:
            line = QWidget()
            row = QHBoxLayout(line)
            row.setContentsMargins(0, 0, 0, 0)
            mark = QLabel()
            name, colour = ("supported", theme.good) if guard.held else ("unsupported", theme.bad)
            mark.setPixmap(pixmap(name, colour, 16))
            row.addWidget(mark, 0, Qt.AlignmentFlag.AlignTop)
            row.addWidget(label(guard.words, selectable=True), 1)
            self._list.addWidget(line)


def ask_for_folder(parent: QWidget, title: str, chosen: Callable[[Path], object]) -> None:
    """Let a person choose a folder."""
    dialog = QFileDialog(parent, title)
    dialog.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
    dialog.setFileMode(QFileDialog.FileMode.Directory)
    dialog.setOption(QFileDialog.Option.ShowDirsOnly)
    dialog.fileSelected.connect(lambda name: chosen(Path(name)))
    dialog.open()
