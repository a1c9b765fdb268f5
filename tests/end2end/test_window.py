"""The real window with the real engine and the default model: what a person does on the first day."""

from __future__ import annotations

import os
import shutil
import signal
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from PySide6.QtCore import QObject, QPoint, Qt, QTimer
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication
from pytestqt.qtbot import QtBot

from core.nouns import AnswerKind, Exchange, Verdict
from core.settings import Settings, load_settings
from desktop import house, samples
from desktop.channel import ReplaceFile
from desktop.window.app import Program
from desktop.window.immortal import keep_none
from desktop.window.main_window import MainWindow
from desktop.window.pages.exchange import ExchangeView
from tests.installed import installed

os.environ.setdefault("QT_QPA_PLATFORM", "offscreen")
keep_none()
pytestmark = pytest.mark.model

PATIENCE = 60_000  # milliseconds for anything a model does on a slow machine
STALL = 0.2  # seconds: the longest the event loop may stand still
CONTRACT = "consulting-agreement-driven-deliveries.pdf"
JANUARY, JULY = "economic-outlook-2025-january.pdf", "economic-outlook-2025-july.pdf"
GROWTH = "2025年全球GDP增长率是多少？"
Opening = Callable[..., Program]


class Pulse(QObject):
    """Ticks in the event loop; ``longest`` is the longest time between two ticks, in seconds, less the tick."""

    TICK = 0.01

    def __init__(self) -> None:
        super().__init__()
        self.longest = 0.0
        self._last = time.perf_counter()
        self._timer = QTimer(self)
        self._timer.setTimerType(Qt.TimerType.PreciseTimer)
        self._timer.timeout.connect(self._tick)
        self._timer.start(int(self.TICK * 1000))

    def restart(self) -> None:
        self.longest, self._last = 0.0, time.perf_counter()

    def _tick(self) -> None:
        now = time.perf_counter()
        self.longest = max(self.longest, now - self._last - self.TICK)
        self._last = now


@pytest.fixture
def opening(qapp: QApplication, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Opening]:
    """Starts the program in a home of its own that has this machine's models."""
    installed("e5-small"), installed("default")
    models = house.models_folder()
    home = tmp_path / "home"
    home.mkdir()
    (home / "models").symlink_to(models)
    monkeypatch.setenv("VADEMECUM_HOME", str(home))
    started: list[Program] = []

    def start(*, welcomed: bool = True, language: str = "en") -> Program:
        program = Program(qapp, Settings(welcomed=welcomed, theme="light"), tmp_path / "library", language)
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


def test_the_first_day(qtbot: QtBot, opening: Opening) -> None:
    program = opening(welcomed=False)
    first = program.first
    assert first is not None and program.window is None
    first.finish()  # every step can be skipped
    qtbot.waitUntil(lambda: program.window is not None)
    assert load_settings().welcomed
    window = window_of(program)
    ready(qtbot, program)

    add(qtbot, program, CONTRACT, JANUARY)
    answered = ask(qtbot, program, "Who shall indemnify the other party against claims of third parties?")
    assert exchange_of(answered).answer.checked.kind in (AnswerKind.ANSWERED, AnswerKind.NOT_FOUND)

    # A figure with its source: the chip opens the page, the quote highlighted.
    figure = ask(qtbot, program, GROWTH)
    assert "3.5" in said(figure)
    claims = exchange_of(figure).answer.checked.claims
    assert all(claim.verdict in (Verdict.SUPPORTED, Verdict.PARTIAL) for claim in claims)
    chip = figure.sentences.rows[0].chips[0]
    assert JANUARY[:12] in chip.accessibleName()
    QTest.mouseClick(chip, Qt.MouseButton.LeftButton, pos=QPoint(8, chip.height() // 2))
    view = window.ask.view
    qtbot.waitUntil(lambda: view.document is not None and view.document.name == JANUARY, timeout=PATIENCE)
    assert view.citation == chip.citation and chip.citation.rects and view.page_index == chip.citation.page_index

    # Nothing about it in the library: said so, with the nearest passages.
    absent = ask(qtbot, program, "What is the notice period in the lease of the premises in Oslo?")
    assert exchange_of(absent).answer.checked.kind is AnswerKind.NOT_FOUND
    assert exchange_of(absent).answer.checked.nearest

    # The document is replaced, asked again: the new figure; the earlier answer says it is outdated.
    table = window.library.documents
    january = next(d for d in table.table.documents.documents if d.name == JANUARY)
    table.replacing.emit(ReplaceFile(january.name, january.collection, samples.folder() / JULY))
    qtbot.waitUntil(lambda: any(d.name == JULY for d in table.table.documents.documents), timeout=PATIENCE)
    again = ask(qtbot, program, GROWTH)
    assert "3.1" in said(again) and "3.5" not in said(again)
    qtbot.waitUntil(lambda: bool(figure.outdated_line.text()), timeout=PATIENCE)

    # Everything that was answered is on record, and the record holds.
    window.show_page("audit")
    qtbot.waitUntil(lambda: window.audit.model.rowCount() == 4, timeout=PATIENCE)
    window.audit.run_verify()
    qtbot.waitUntil(lambda: "holds" in window.audit.result.text(), timeout=PATIENCE)

    window.show_page("settings")
    program.desk.change_settings(theme="dark", text_size=110)
    assert program.desk.theme.dark and load_settings().text_size == 110


def test_stop_works_at_once_and_a_stopped_question_comes_back(qtbot: QtBot, opening: Opening) -> None:
    program = opening()
    ready(qtbot, program)
    add(qtbot, program, CONTRACT)
    page = window_of(program).ask
    question = "What are the termination rights of the parties?"
    page.talk.ask(question)
    view = page.talk.thread_view.views[-1]
    qtbot.waitUntil(lambda: view.found_fold is not None or view.exchange is not None, timeout=PATIENCE)
    began = time.perf_counter()
    page.talk.stop()
    qtbot.waitUntil(lambda: not page.talk.running, timeout=PATIENCE)
    assert time.perf_counter() - began < 3.0
    assert view.exchange is not None or view.claims or page.talk.box.text == question


def test_it_opens_fast_and_stays_light_and_never_stands_still(qtbot: QtBot, opening: Opening) -> None:
    program = opening()
    pulse = Pulse()
    ready(qtbot, program)
    pulse.restart()
    program.desk.files_dropped.emit([p for p in samples.folder().glob("*.pdf") if p.name != JULY])
    qtbot.waitUntil(lambda: shown_documents(program) >= 8, timeout=2 * PATIENCE)
    view = ask(qtbot, program, "公司拖欠工资，员工可以解除合同吗？")
    assert "第三十八条" in " ".join(
        c.quote for claim in exchange_of(view).answer.checked.claims for c in claim.citations
    )
    for name in ("library", "audit", "models", "settings", "ask"):
        window_of(program).show_page(name)
        qtbot.wait(50)
    assert pulse.longest < STALL


def test_ten_deaths_of_the_engine_lose_nothing(
    qtbot: QtBot, opening: Opening, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    from desktop.window import jobs as door  # its limit of deaths a minute is for machines, not for this test

    monkeypatch.setattr(door, "_MOST_DEATHS", 99)
    program = opening()
    window = window_of(program)
    folder = tmp_path / "files"
    folder.mkdir()
    names = [p.name for p in samples.folder().glob("*.pdf") if p.name not in (JULY, "confidential-settlement-note.pdf")]
    for name in names:
        shutil.copy(samples.folder() / name, folder / name)
    ready(qtbot, program)
    program.desk.files_dropped.emit([folder])
    for number in range(10):
        window.ask.talk.box.set_text(f"half a question {number}")
        qtbot.wait(150 + 397 * number % 1800)
        died = []
        program.desk.jobs.died.connect(died.append)
        os.kill(program.desk.jobs.engine_pid, signal.SIGKILL)
        qtbot.waitUntil(lambda died=died: bool(died), timeout=PATIENCE)
        assert window.isVisible() and window.ask.talk.box.text == f"half a question {number}"
    ready(qtbot, program)
    qtbot.waitUntil(lambda: shown_documents(program) > 0, timeout=PATIENCE)
    program.desk.files_dropped.emit([folder])  # what had not been written down yet is added now, the rest is known
    qtbot.waitUntil(lambda: shown_documents(program) == len(names), timeout=2 * PATIENCE)
    qtbot.waitUntil(lambda: not any(card.running for card in window.library.imports.cards), timeout=2 * PATIENCE)
    assert sorted(d.name for d in window.library.documents.table.documents.documents) == sorted(names)
