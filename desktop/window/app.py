"""Starts the window: one instance, one language, one look, the engine beside it."""

from __future__ import annotations

import getpass
import hashlib
import os
import signal
import sys
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

from PySide6.QtCore import (
    QByteArray,
    QLibraryInfo,
    QLocale,
    QObject,
    QSettings,
    QSocketNotifier,
    Qt,
    QTranslator,
    Signal,
)
from PySide6.QtNetwork import QLocalServer, QLocalSocket
from PySide6.QtWidgets import QApplication

from core.errors import UserProblem
from core.messages import say
from core.settings import Settings, data_folder, load_settings, settings_file
from desktop import house, logbook
from desktop.faults import keep_uncaught
from desktop.window.desk import Desk
from desktop.window.first_start import FirstStart
from desktop.window.immortal import keep_none
from desktop.window.jobs import Jobs
from desktop.window.main_window import MainWindow

_TRANSLATIONS = Path(__file__).parent / "translations"


class OnlyOne(QObject):
    """A local socket with the user's name: the first window listens, a second start only raises it."""

    raised = Signal()

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        key = f"{data_folder()}|{getpass.getuser()}"
        self._name = "vademecum-" + hashlib.sha256(key.encode()).hexdigest()[:16]
        self._server: QLocalServer | None = None

    def first(self) -> bool:
        """Whether no other window of this user and data folder is open; if one is, it has been raised."""
        knock = QLocalSocket()
        knock.connectToServer(self._name)
        if knock.waitForConnected(500):
            knock.write(QByteArray(b"raise"))
            knock.waitForBytesWritten(500)
            return False
        QLocalServer.removeServer(self._name)  # left by a killed window
        self._server = QLocalServer(self)
        self._server.setSocketOptions(QLocalServer.SocketOption.UserAccessOption)
        self._server.newConnection.connect(self._knocked)
        self._server.listen(self._name)
        return True

    def _knocked(self) -> None:
        assert self._server is not None
        while (visitor := self._server.nextPendingConnection()) is not None:
            visitor.disconnected.connect(visitor.deleteLater)
        self.raised.emit()


class Program(QObject):
    """The running program: the desk with its engine, the first steps, the main window in the chosen language."""

    def __init__(self, application: QApplication, settings: Settings, library: Path | None, language: str) -> None:
        super().__init__(application)
        self._application = application
        self._translators: list[QTranslator] = []
        self._translate(language)
        # Sentences that the engine makes are in the language that was asked for on the command line, too.
        jobs = Jobs(replace(settings, language=language), library or library_of(settings), self)
        self.desk = Desk(jobs, settings, language, self)
        self.desk.language_wanted.connect(self._speak)
        self.window: MainWindow | None = None
        self.first: FirstStart | None = None
        application.aboutToQuit.connect(self.desk.jobs.close)

    def start(self) -> None:
        """Show the first steps when they were never shown, else the window; the engine starts beside it."""
        if self.desk.settings.welcomed:
            self._open_window()
        else:
            self._open_first()
        self.desk.jobs.start()

    def bring_forward(self) -> None:
        """Raise what is open."""
        shown = self.first or self.window
        if shown is not None:
            shown.setWindowState(shown.windowState() & ~Qt.WindowState.WindowMinimized)
            shown.show()
            shown.raise_()
            shown.activateWindow()

    def _open_first(self) -> None:
        self.first = FirstStart(self.desk)
        self.first.finished.connect(self._first_done)
        self.first.show()

    def _first_done(self) -> None:
        first, self.first = self.first, None
        self._open_window()
        if first is not None:
            first.deleteLater()

    def _open_window(self) -> None:
        places = QSettings(str(settings_file().parent / "window.ini"), QSettings.Format.IniFormat)
        former, self.window = self.window, MainWindow(self.desk, places)
        self.window.show()
        if former is not None:
            former.deleteLater()

    def _speak(self, language: str) -> None:
        """Another language: what is open is built again in it."""
        if language == self.desk.language:
            return
        self._translate(language)
        self.desk.language = language
        if self.first is not None:
            former = self.first
            former.finished.disconnect(self._first_done)
            self._open_first()
            former.deleteLater()
        elif self.window is not None:
            self.window.ask.leave()
            self.window.personas.leave()
            self._open_window()
            assert self.window is not None
            self.window.show_page("settings")

    def _translate(self, language: str) -> None:
        for translator in self._translators:
            self._application.removeTranslator(translator)
        self._translators.clear()
        if language == "zh":
            theirs = QLibraryInfo.path(QLibraryInfo.LibraryPath.TranslationsPath)
            for folder, name in ((theirs, "qtbase_zh_CN"), (str(_TRANSLATIONS), "vademecum_zh_CN")):
                translator = QTranslator(self)
                if translator.load(name, folder):
                    self._application.installTranslator(translator)
                    self._translators.append(translator)
        QLocale.setDefault(QLocale("zh_CN" if language == "zh" else "en_GB"))


class Interrupts(QObject):
    """Ctrl-C in the terminal from which the window was started: Qt's loop would never let Python see it."""

    came = Signal()

    def __init__(self, parent: QObject) -> None:
        super().__init__(parent)
        if sys.platform == "win32":
            return  # a program with a window has no terminal there
        self._heard, told = os.pipe()
        for end in (self._heard, told):
            os.set_blocking(end, False)
        signal.set_wakeup_fd(told, warn_on_full_buffer=False)
        signal.signal(signal.SIGINT, lambda *_: None)
        self._notifier = QSocketNotifier(self._heard, QSocketNotifier.Type.Read, self)
        self._notifier.activated.connect(self._wake)

    def _wake(self) -> None:
        if signal.SIGINT in os.read(self._heard, 64):
            self.came.emit()


def _no_screen() -> bool:
    """Whether Qt would end the process because there is nothing to draw on."""
    named = ("DISPLAY", "WAYLAND_DISPLAY", "QT_QPA_PLATFORM")
    return sys.platform == "linux" and not any(os.environ.get(name) for name in named)


def library_of(settings: Settings) -> Path:
    """The library that the window opens."""
    return Path(settings.library) if settings.library else house.default_library()


def main(arguments: Sequence[str] = (), library: Path | None = None, language: str = "") -> int:
    """Run the window until it is closed; its exit code.  ``library`` and ``language`` win over the settings."""
    keep_none()
    house.go_offline()
    problem: UserProblem | None = None
    try:
        settings = load_settings()
    except UserProblem as fault:
        settings, problem = Settings(), fault  # the window opens all the same, and says so
    if _no_screen():
        print(say("no_screen", house.language(settings, language)), file=sys.stderr)
        return 1
    QApplication.setStyle("Fusion")
    application = QApplication([sys.argv[0], *arguments])
    application.setApplicationName("Vademecum")
    alone = OnlyOne(application)
    if not alone.first():
        return 0
    logbook.begin("window", house.version())
    logbook.jot("opened", welcomed=settings.welcomed, problem=problem.key if problem else "none")
    keep_uncaught()
    interrupts = Interrupts(application)
    interrupts.came.connect(application.quit)
    program = Program(application, settings, library, house.language(settings, language))
    alone.raised.connect(program.bring_forward)
    program.start()
    if problem is not None:
        program.desk.complain(problem)
    code = application.exec()
    logbook.end(code)
    return code
