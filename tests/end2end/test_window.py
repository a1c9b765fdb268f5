"""The real window with the real engine and the default model: what a person does on the first day."""

from __future__ import annotations

import os
import shutil
import signal
import time
from collections.abc import Iterator
from functools import partial
from pathlib import Path

import pytest
from PySide6.QtCore import QPoint, Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication
from pytestqt.qtbot import QtBot

from core.nouns import AnswerKind, Verdict
from core.settings import load_settings
from desktop import house, samples
from desktop.channel import ReplaceFile
from desktop.window.immortal import keep_none
from desktop.window.main_window import MainWindow
from desktop.window.pages.imports import ImportCard
from tests.core.reading.support import bench
from tests.end2end.windows import (
    PATIENCE,
    STALL,
    Opening,
    Pulse,
    add,
    ask,
    card_of,
    dialogs,
    exchange_of,
    programs,
    ready,
    said,
    settled,
    shown_documents,
    window_of,
)
from tests.installed import installed

os.environ.setdefault("QT_QPA_PLATFORM", "offscreen")
keep_none()
pytestmark = pytest.mark.model

CONTRACT = "consulting-agreement-driven-deliveries.pdf"
JANUARY, JULY = "economic-outlook-2025-january.pdf", "economic-outlook-2025-july.pdf"
GROWTH = "2025年全球GDP增长率是多少？"


@pytest.fixture
def opening(qapp: QApplication, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Opening]:
    """Starts the program in a home of its own that has this machine's models."""
    installed("e5-small"), installed("default")
    models = house.models_folder()
    home = tmp_path / "home"
    home.mkdir()
    (home / "models").symlink_to(models)
    monkeypatch.setenv("VADEMECUM_HOME", str(home))
    with programs(qapp, tmp_path / "library") as start:
        yield start


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


def test_a_model_file_that_was_cut_off_is_told_of_and_passages_are_shown_all_the_same(
    qtbot: QtBot, qapp: QApplication, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    whole = installed("default")
    installed("e5-small")
    models = tmp_path / "home" / "models"
    models.mkdir(parents=True)
    for file in whole.path.parent.glob("e5-small*"):
        (models / file.name).symlink_to(file)
    shutil.copy(whole.path.with_suffix(".json"), models)
    with whole.path.open("rb") as source:
        (models / whole.path.name).write_bytes(source.read(20_000_000))
    monkeypatch.setenv("VADEMECUM_HOME", str(tmp_path / "home"))
    with programs(qapp, tmp_path / "library") as start:
        program = start()
        qtbot.waitUntil(lambda: program.desk.jobs.last_state.stage == "no_model", timeout=PATIENCE)
        problem = program.desk.jobs.last_state.problem
        assert problem is not None and problem.key == "model_changed"
        program.desk.files_dropped.emit([samples.folder() / CONTRACT])
        settled(qtbot, program)
        assert shown_documents(program) == 1
        talk = window_of(program).ask.talk
        talk.ask("What are the termination rights of the parties?")
        view = talk.thread_view.views[-1]
        qtbot.waitUntil(lambda: not view.waiting, timeout=PATIENCE)
        assert view.exchange is None and view.claims == () and view.ending.text() == problem.sentence()
        assert any("terminate" in found.passage.text for found in view.candidates)
        assert talk.box.text == "What are the termination rights of the parties?"
        assert not dialogs()


def contracts() -> list[Path]:
    """The sixty contracts of the evaluation pack, where it is."""
    pack = bench()
    files = (pack / "cuad" / "pdfs").iterdir() if pack is not None else ()
    return sorted(file for file in files if file.suffix.lower() == ".pdf")


def seconds_to_passages(qtbot: QtBot, window: MainWindow, question: str) -> float:
    """Ask, and wait until passages are shown."""
    began = time.perf_counter()
    window.ask.talk.ask(question)
    view = window.ask.talk.thread_view.views[-1]
    qtbot.waitUntil(lambda: view.found_fold is not None, timeout=PATIENCE)
    return time.perf_counter() - began


@pytest.mark.slow
@pytest.mark.skipif(not contracts(), reason="the evaluation pack is not here; set VADEMECUM_BENCH to its folder")
def test_sixty_contracts_come_in_while_questions_are_answered(qtbot: QtBot, opening: Opening) -> None:
    """For as long as two answers take: then the import is stopped, and what had come in stays."""
    program = opening()
    window = window_of(program)
    ready(qtbot, program)
    pulse = Pulse()
    program.desk.files_dropped.emit(contracts())
    qtbot.waitUntil(lambda: shown_documents(program) >= 2, timeout=3 * PATIENCE)
    card = card_of(program)
    passages = []
    for question in ("Who may terminate the agreement, and with what notice?", "Which law governs this agreement?"):
        passages.append(seconds_to_passages(qtbot, window, question))
        qtbot.waitUntil(lambda: not window.ask.talk.running, timeout=2 * PATIENCE)
        assert window.ask.talk.thread_view.views[-1].exchange is not None
        assert card.running, "the import goes on beside it"
    came_in = shown_documents(program)
    card._cancel.click()
    qtbot.waitUntil(lambda: not card.running, timeout=PATIENCE)
    settled(qtbot, program)
    print(f"passages after {', '.join(f'{seconds:.2f} s' for seconds in passages)}; {pulse.told()}")
    assert pulse.longest < STALL
    assert max(passages) < 1.0
    assert shown_documents(program) >= came_in


def reading(card: ImportCard) -> bool:
    """Whether the engine has told that it reads a file of this import."""
    told = card.job.progress if card.job is not None else None
    return told is not None and told.stage in ("stage_reading", "reading_stage_pages", "stage_embedding")


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
    # A file that is being read was copied and written down before: from here on none may be lost.
    qtbot.waitUntil(lambda: any(reading(card) for card in window.library.imports.cards), timeout=PATIENCE)
    for number in range(10):
        window.ask.talk.box.set_text(f"half a question {number}")
        qtbot.wait(150 + 397 * number % 1800)
        died: list[bool] = []
        program.desk.jobs.died.connect(died.append)
        os.kill(program.desk.jobs.engine_pid, signal.SIGKILL)
        qtbot.waitUntil(partial(bool, died), timeout=PATIENCE)
        assert window.isVisible() and window.ask.talk.box.text == f"half a question {number}"
    ready(qtbot, program)
    qtbot.waitUntil(lambda: shown_documents(program) > 0, timeout=PATIENCE)
    program.desk.files_dropped.emit([folder])  # what had not been written down yet is added now, the rest is known
    qtbot.waitUntil(lambda: shown_documents(program) == len(names), timeout=2 * PATIENCE)
    qtbot.waitUntil(lambda: not any(card.running for card in window.library.imports.cards), timeout=2 * PATIENCE)
    assert sorted(d.name for d in window.library.documents.table.documents.documents) == sorted(names)
