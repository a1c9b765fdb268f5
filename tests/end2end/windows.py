"""The real window with a real engine beside it, and what a person does with it: for the tests of whole stories."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

from PySide6.QtCore import QObject, Qt, QTimer
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication, QDialog
from pytestqt.qtbot import QtBot

from core.nouns import Exchange
from core.settings import Settings
from desktop import samples
from desktop.window.app import Program
from desktop.window.main_window import MainWindow
from desktop.window.pages.exchange import ExchangeView
from desktop.window.pages.imports import ImportCard

PATIENCE = 150_000  # milliseconds for anything a model does on a slow machine that does other things besides
STALL = 0.2  # seconds: the longest the event loop may stand still
Opening = Callable[..., Program]


class Pulse(QObject):
    """Ticks in the event loop: how long it stood still between two ticks, in seconds, less the tick.

    ``gaps`` by the clock, ``worked`` by what this thread computed in each: on a machine
    that does other things besides, the clock counts them too.
    """

    TICK = 0.01

    def __init__(self) -> None:
        super().__init__()
        self.gaps: list[float] = []
        self.worked: list[float] = []
        self._last, self._computed = time.perf_counter(), time.thread_time()
        self._timer = QTimer(self)
        self._timer.setTimerType(Qt.TimerType.PreciseTimer)
        self._timer.timeout.connect(self._tick)
        self._timer.start(int(self.TICK * 1000))

    def restart(self) -> None:
        self.gaps, self.worked = [], []
        self._last, self._computed = time.perf_counter(), time.thread_time()

    @property
    def longest(self) -> float:
        return max(self.gaps, default=0.0)

    @property
    def longest_work(self) -> float:
        return max(self.worked, default=0.0)

    def percentile(self, share: float) -> float:
        return sorted(self.gaps)[round(share * (len(self.gaps) - 1))] if self.gaps else 0.0

    def told(self) -> str:
        return (
            f"event loop: longest stall {self.longest * 1000:.0f} ms (of which this thread computed at most "
            f"{self.longest_work * 1000:.0f} ms), p99 {self.percentile(0.99) * 1000:.0f} ms of {len(self.gaps)} ticks"
        )

    def _tick(self) -> None:
        now, computed = time.perf_counter(), time.thread_time()
        self.gaps.append(max(0.0, now - self._last - self.TICK))
        self.worked.append(computed - self._computed)
        self._last, self._computed = now, computed


@contextmanager
def programs(application: QApplication, library: Path) -> Iterator[Opening]:
    """Starts the program with that library, as often as it is called; at the end each is closed."""
    started: list[Program] = []

    def start(*, welcomed: bool = True, language: str = "en") -> Program:
        program = Program(application, Settings(welcomed=welcomed, theme="light"), library, language)
        started.append(program)
        program.start()
        return program

    yield start
    for program in started:
        program.desk.jobs.close()
        for shown in (program.window, program.first):
            if shown is not None:
                shown.close()


def window_of(program: Program) -> MainWindow:
    assert program.window is not None
    return program.window


def ready(qtbot: QtBot, program: Program) -> None:
    qtbot.waitUntil(lambda: program.desk.jobs.last_state.stage == "ready", timeout=PATIENCE)


def add(qtbot: QtBot, program: Program, *names: str) -> None:
    """Drop sample files on the window and wait until they are in the library."""
    before = shown_documents(program)
    program.desk.files_dropped.emit([samples.folder() / name for name in names])
    qtbot.waitUntil(lambda: shown_documents(program) == before + len(names), timeout=PATIENCE)


def shown_documents(program: Program) -> int:
    return len(window_of(program).library.documents.table.documents.documents)


def ask(qtbot: QtBot, program: Program, question: str) -> ExchangeView:
    """Type a question, press Enter, wait for the answer."""
    page = window_of(program).ask
    window_of(program).show_page("ask")
    QTest.keyClicks(page.talk.box.field, question) if question.isascii() else page.talk.box.set_text(question)
    QTest.keyClick(page.talk.box.field, Qt.Key.Key_Return)
    view = page.talk.thread_view.views[-1]
    qtbot.waitUntil(lambda: view.exchange is not None, timeout=PATIENCE)
    return view


def exchange_of(view: ExchangeView) -> Exchange:
    assert view.exchange is not None
    return view.exchange


def said(view: ExchangeView) -> str:
    return " ".join(claim.text for claim in exchange_of(view).answer.checked.claims)


def card_of(program: Program) -> ImportCard:
    """The import begun last."""
    return window_of(program).library.imports.cards[-1]


def settled(qtbot: QtBot, program: Program, patience: int = 3 * PATIENCE) -> None:
    """Wait until no import is under way, and the table shows what became of it."""
    jobs = program.desk.jobs
    qtbot.waitUntil(lambda: not window_of(program).library.imports.busy and not jobs.running, timeout=patience)


def rejected_names(program: Program) -> list[str]:
    """What the table calls rejected."""
    return [file.name for file in window_of(program).library.documents.table.documents.rejected]


def dialogs() -> list[QDialog]:
    """Every dialog on the screen."""
    return [one for one in QApplication.topLevelWidgets() if isinstance(one, QDialog) and one.isVisible()]
