"""The real window and the real engine, the models faked, with what a hostile day brings: a sentence in place each."""

from __future__ import annotations

import os
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from multiprocessing.connection import Connection
from pathlib import Path
from typing import Any

import pytest
from PySide6.QtWidgets import QApplication
from pytestqt.qtbot import QtBot
from sqlcipher3 import dbapi2 as sqlite

from core.library.store import Store
from core.messages import say
from core.nouns import AnswerKind, Outcome, Progress, Scope
from core.settings import Settings, load_settings
from desktop import engine_process
from desktop.channel import CreateCollection
from desktop.window.app import Program
from desktop.window.immortal import keep_none
from tests.desktop import engine
from tests.desktop.engine import embed_slowly, with_fakes, write
from tests.end2end.windows import (
    PATIENCE,
    STALL,
    Opening,
    Pulse,
    card_of,
    dialogs,
    exchange_of,
    programs,
    rejected_names,
    settled,
    shown_documents,
    window_of,
)

os.environ.setdefault("QT_QPA_PLATFORM", "offscreen")
keep_none()
pytestmark = pytest.mark.slow

END = "When does the lease end?"
_FULL = "VADEMECUM_TEST_DISK_FULL"  # names a file: while it is there, nothing can be written to the library


@pytest.fixture
def opening(qapp: QApplication, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Opening]:
    """Starts the program with an engine whose models are fakes."""
    with_fakes(monkeypatch, tmp_path / "home")
    with programs(qapp, tmp_path / "library") as start:
        yield start


def started(qtbot: QtBot, opening: Opening) -> tuple[Program, list[str]]:
    """The program once its engine is ready, and the notices that it will show."""
    program = opening()
    qtbot.waitUntil(lambda: program.desk.jobs.last_state.stage == "ready", timeout=PATIENCE)
    told: list[str] = []
    program.desk.noticed.connect(lambda sentence, kind: told.append(sentence))
    return program, told


def drop(qtbot: QtBot, program: Program, *paths: Path) -> None:
    program.desk.files_dropped.emit(list(paths))
    window_of(program).show_page("library")


# -- files


def mixed(folder: Path) -> tuple[set[str], set[str]]:
    """500 things as a folder of years collects them; (names of the good ones, names of the bad ones)."""
    good: set[str] = set()
    for number, below in enumerate(("", "2023", "2023/letters", "2024/a/b/c/d/e", "法律法规")):
        names = [f"lease-{number}-{n}" for n in range(12)]
        good |= {file.name for file in write(folder / below, *names, lines=4)}
    whole = next(folder.glob("lease-0-*.pdf")).read_bytes()
    bad: set[str] = set()
    for n in range(40):
        for name, content in (
            (f"empty-{n}.pdf", b""),
            (f"picture-{n}.pdf", b"\x89PNG\r\n\x1a\n" + bytes(200)),
            (f"words-{n}.pdf", b"These are only words.\n" * 20),
        ):
            (folder / "2023" / name).write_bytes(content + (str(n).encode() if content else b""))
            bad.add(name)
    for n in range(20):
        (folder / f"cut-{n}.pdf").write_bytes(whole[: 40 + n])
        bad.add(f"cut-{n}.pdf")
    for n in range(100):
        (folder / f"photo-{n}.jpg").write_bytes(b"\xff\xd8\xff\xe0" + bytes(100))
        (folder / "2024" / f"notes-{n}.csv").write_text("Notes.")
        (folder / f".hidden-{n}.pdf").write_bytes(whole)
    (folder / ".git").mkdir()
    (folder / ".git" / "inside.pdf").write_bytes(whole)
    (folder / "a paper that is no paper.pdf").mkdir()
    if sys.platform != "win32":
        (folder / "2024" / "loop").symlink_to(folder, target_is_directory=True)
        (folder / "circle.pdf").symlink_to(folder / "circle.pdf")
        (folder / "nowhere.pdf").symlink_to(folder / "gone.pdf")
        os.mkfifo(folder / "pipe.pdf")
        bad |= {str(folder / name) for name in ("circle.pdf", "nowhere.pdf", "pipe.pdf")}
    return good, bad


def test_a_folder_of_500_mixed_files_is_one_import_and_nothing_is_lost(
    qtbot: QtBot, opening: Opening, tmp_path: Path
) -> None:
    good, bad = mixed(tmp_path / "years")
    program, told = started(qtbot, opening)
    pulse = Pulse()
    drop(qtbot, program, tmp_path / "years")
    settled(qtbot, program)
    print(pulse.told())
    assert pulse.longest_work < STALL
    documents = window_of(program).library.documents.table.documents
    assert {document.name for document in documents.documents} == good
    assert set(rejected_names(program)) == bad and len(rejected_names(program)) == len(bad)
    assert all(documents.reason(file) for file in documents.rejected)
    assert len(window_of(program).library.imports.cards) == 1 and not dialogs() and not told
    states = window_of(program).library.documents.states
    states.setCurrentIndex(states.findData(Outcome.REJECTED))
    assert len(documents.shown) == len(bad)
    # After a restart they are still there; a file that was mended comes in and is off the list.
    program.desk.jobs.close()
    again, _ = started(qtbot, opening)
    qtbot.waitUntil(lambda: set(rejected_names(again)) == bad, timeout=PATIENCE)
    mended = tmp_path / "years" / "2023" / "empty-7.pdf"
    mended.write_bytes(write(tmp_path, "mended")[0].read_bytes())
    pane = window_of(again).library.documents
    pane.table.select({-file.id for file in pane.table.documents.rejected if file.name == mended.name})
    pane.retry_selected()
    settled(qtbot, again)
    assert set(rejected_names(again)) == bad - {mended.name} and shown_documents(again) == len(good) + 1
    pane.table.selectAll()
    pane.forget_selected()
    qtbot.waitUntil(lambda: not rejected_names(again), timeout=PATIENCE)


def heavy(folder: Path, count: int) -> list[Path]:
    """PDF files of 3 MB each."""
    files = write(folder, *(f"scan-{n}" for n in range(count)), lines=4)
    for file in files:
        with file.open("ab") as out:
            out.write(b"\n% " + os.urandom(1).hex().encode() * 1_500_000 + b"\n%%EOF\n")
    return files


def test_a_drive_that_vanishes_costs_only_what_was_not_copied_yet(
    qtbot: QtBot, opening: Opening, tmp_path: Path
) -> None:
    stick = tmp_path / "stick"
    names = {file.name for file in heavy(stick, 30)}
    program, told = started(qtbot, opening)

    def pull(progress: Progress) -> None:
        if progress.stage == "stage_collecting" and progress.done >= 3 and stick.exists():
            stick.rename(tmp_path / "pocket")

    drop(qtbot, program, stick)
    card = card_of(program)
    assert card.job is not None
    card.job.watch(program, progress=pull)
    settled(qtbot, program)
    assert not stick.exists(), "it was pulled while files were copied"
    documents = {d.name for d in window_of(program).library.documents.table.documents.documents}
    lost = set(rejected_names(program))
    print(f"{len(documents)} had been copied, {len(lost)} not")
    assert lost and not documents & lost
    assert documents | lost == names and not dialogs() and not told
    # Plugged in again, what is on the list comes in; nothing is there twice.
    (tmp_path / "pocket").rename(stick)
    pane = window_of(program).library.documents
    pane.table.selectAll()
    pane.retry_selected()
    settled(qtbot, program)
    assert rejected_names(program) == [] and shown_documents(program) == len(names)


@pytest.mark.skipif(sys.platform == "win32", reason="Windows lets nobody take away a folder with open files in it")
def test_a_library_whose_drive_vanishes_says_so_and_goes_on_when_it_is_back(
    qtbot: QtBot, opening: Opening, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    embed_slowly(monkeypatch, 0.05)
    files = write(tmp_path / "files", *(f"lease-{n}" for n in range(12)), lines=24)
    program, told = started(qtbot, opening)
    drop(qtbot, program, tmp_path / "files")
    card = card_of(program)
    qtbot.waitUntil(lambda: card.job is not None and "embed" in str(card.job.progress), timeout=PATIENCE)
    (tmp_path / "library").rename(tmp_path / "away")
    sentence = say("library_moved", folder=tmp_path / "library")
    qtbot.waitUntil(lambda: not card.running, timeout=PATIENCE)
    assert card._problem.text() == sentence and card._problem.isVisible()
    drop(qtbot, program, *write(tmp_path / "more", "one-more"))
    later = card_of(program)
    qtbot.waitUntil(lambda: not later.running, timeout=PATIENCE)
    assert later is not card and later._problem.text() == sentence
    assert not (tmp_path / "library").exists(), "nothing is begun anew in the empty place"
    assert not dialogs() and not told
    (tmp_path / "away").rename(tmp_path / "library")
    for one in (card, later):
        one._again.click()
        settled(qtbot, program)
    assert shown_documents(program) == len(files) + 1 and rejected_names(program) == []
    assert exchange_of(asked(qtbot, program, END)).answer.checked.kind is AnswerKind.ANSWERED


def test_a_pdf_of_3000_pages_moves_stops_and_opens_at_once(qtbot: QtBot, opening: Opening, tmp_path: Path) -> None:
    (thick,) = write(tmp_path / "files", "thick", lines=12_000)
    program, told = started(qtbot, opening)
    pulse = Pulse()
    drop(qtbot, program, thick)
    card = card_of(program)
    seen: list[Progress] = []
    assert card.job is not None
    card.job.watch(program, progress=seen.append)
    qtbot.waitUntil(lambda: sum(p.stage == "reading_stage_pages" for p in seen) >= 5, timeout=PATIENCE)
    pages = [progress.done for progress in seen if progress.stage == "reading_stage_pages"]
    assert pages == sorted(pages) and pages[-1] > pages[0] and seen[-1].total == 3000
    qtbot.waitUntil(lambda: "of 3000" in card._stage.text(), timeout=1000)  # at the next tick of its clock
    began = time.perf_counter()
    card._cancel.click()
    qtbot.waitUntil(lambda: not card.running, timeout=PATIENCE)
    stopping = time.perf_counter() - began
    assert shown_documents(program) == 0
    began = time.perf_counter()
    drop(qtbot, program, thick)
    settled(qtbot, program)
    importing = time.perf_counter() - began
    (document,) = window_of(program).library.documents.table.documents.documents
    assert document.pages == 3000
    began = time.perf_counter()
    view = window_of(program).ask.view
    program.desk.document_wanted.emit(document.sha256, 2499)
    qtbot.waitUntil(lambda: view.document is not None and view.page_index == 2499, timeout=PATIENCE)
    qtbot.waitUntil(lambda: (document.sha256, 2499) in view._canvas._prints, timeout=PATIENCE)
    opening_seconds = time.perf_counter() - began
    print(
        f"3,000 pages: stopped in {stopping:.2f} s, imported in {importing:.1f} s, page 2,500 after "
        f"{opening_seconds:.2f} s; {pulse.told()}"
    )
    assert stopping < 3 and opening_seconds < 2 and pulse.longest_work < STALL and not told


# -- questions


def asked(qtbot: QtBot, program: Program, question: str) -> Any:
    """The view of a question that has ended, well or not."""
    talk = window_of(program).ask.talk
    window_of(program).show_page("ask")
    talk.ask(question)
    view = talk.thread_view.views[-1]
    qtbot.waitUntil(lambda: not view.waiting, timeout=PATIENCE)
    return view


def test_an_empty_library_and_an_empty_scope_are_answered_in_place(qtbot: QtBot, opening: Opening) -> None:
    program, told = started(qtbot, opening)
    view = asked(qtbot, program, END)
    checked = exchange_of(view).answer.checked
    assert (checked.kind, checked.reason, checked.claims) == (AnswerKind.NOT_FOUND, "library_empty", ())
    made: list[object] = []
    program.desk.jobs.run(CreateCollection("To be filed"), program, done=made.append)
    qtbot.waitUntil(lambda: bool(made), timeout=PATIENCE)
    window_of(program).ask.talk.set_scope(Scope(collections=("To be filed",)))
    checked = exchange_of(asked(qtbot, program, END)).answer.checked
    assert (checked.kind, checked.claims) == (AnswerKind.NOT_FOUND, ())
    window_of(program).ask.talk.set_scope(Scope(documents=("gone.pdf",)))
    view = asked(qtbot, program, END)
    assert view.exchange is None and "gone.pdf" in view.ending.text()
    assert window_of(program).ask.talk.box.text == END, "the question can be asked again"
    assert not told and not dialogs()


def test_without_a_language_model_the_passages_are_shown_all_the_same(
    qtbot: QtBot, qapp: QApplication, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with_fakes(monkeypatch, tmp_path / "home")
    program = Program(qapp, Settings(welcomed=True, model="absent"), tmp_path / "library", "en")
    program.start()
    try:
        qtbot.waitUntil(lambda: program.desk.jobs.last_state.stage == "no_model", timeout=PATIENCE)
        drop(qtbot, program, *write(tmp_path / "files", "lease"))
        settled(qtbot, program)
        view = asked(qtbot, program, END)
        assert view.exchange is None and view.claims == ()
        assert any("lease ends" in found.passage.text for found in view.candidates)
        fold = view.found_fold
        assert fold is not None
        qtbot.waitUntil(fold.isVisible, timeout=PATIENCE)  # on a busy machine it is laid out a moment later
        assert "No models are installed yet" in view.ending.text()
    finally:
        program.desk.jobs.close()
        window_of(program).close()


# -- a full disk


def begin_on_a_disk_that_fills(pipe: Connection, settings: Settings, library: Path | None) -> None:
    """An engine with fakes, whose library cannot be written to while the file named in the environment is there."""
    whole = Store.writing

    @contextmanager
    def writing(self: Store) -> Iterator[None]:
        with whole(self):
            yield
            if Path(os.environ[_FULL]).exists():
                raise sqlite.OperationalError("database or disk is full")

    setattr(Store, "writing", writing)  # noqa: B010
    engine.begin_with_fakes(pipe, settings, library)


@pytest.fixture
def full(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, opening: Opening) -> Path:
    """The disk is full while this file is there."""
    monkeypatch.setenv(_FULL, str(tmp_path / "full"))
    monkeypatch.setattr(engine_process, "_begin", begin_on_a_disk_that_fills)
    return tmp_path / "full"


def test_no_answer_is_shown_that_could_not_be_recorded(
    qtbot: QtBot, opening: Opening, full: Path, tmp_path: Path
) -> None:
    program, told = started(qtbot, opening)
    drop(qtbot, program, *write(tmp_path / "files", "lease"))
    settled(qtbot, program)
    full.touch()
    view = asked(qtbot, program, END)
    assert view.exchange is None and view.claims == () and not view.sentences.rows
    assert view.ending.text() == say("library_disk_full", folder=tmp_path / "library")
    assert window_of(program).ask.talk.box.text == END and not told and not dialogs()
    full.unlink()
    assert exchange_of(asked(qtbot, program, END)).answer.checked.kind is AnswerKind.ANSWERED


def test_an_import_on_a_full_disk_is_told_in_its_card_and_goes_on(
    qtbot: QtBot, opening: Opening, full: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    embed_slowly(monkeypatch, 0.02)
    files = write(tmp_path / "files", *(f"lease-{n}" for n in range(12)), lines=24)
    (tmp_path / "files" / "empty.pdf").touch()
    program, told = started(qtbot, opening)
    drop(qtbot, program, tmp_path / "files")
    card = card_of(program)
    qtbot.waitUntil(lambda: card.job is not None and "embed" in str(card.job.progress), timeout=PATIENCE)
    full.touch()
    qtbot.waitUntil(lambda: not card.running, timeout=PATIENCE)
    assert card._problem.text() == say("library_disk_full", folder=tmp_path / "library")
    assert not told and not dialogs()
    full.unlink()
    card._again.click()
    settled(qtbot, program)
    assert shown_documents(program) == len(files) and rejected_names(program) == ["empty.pdf"]


@pytest.mark.skipif(sys.platform != "linux" or os.geteuid() != 0, reason="only an administrator can make a small disk")
def test_a_disk_that_is_truly_full_loses_nothing(
    qtbot: QtBot, qapp: QApplication, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    disk = tmp_path / "disk"
    disk.mkdir()
    if subprocess.run(["mount", "-t", "tmpfs", "-o", "size=16m", "tmpfs", str(disk)], check=False).returncode:
        pytest.skip("no disk can be mounted here")
    try:
        with_fakes(monkeypatch, tmp_path / "home")
        with programs(qapp, disk / "library") as start:
            program, told = started(qtbot, start)
            drop(qtbot, program, *write(tmp_path / "files", "lease"))
            settled(qtbot, program)
            drop(qtbot, program, *heavy(tmp_path / "scans", 12))
            settled(qtbot, program)
            card = card_of(program)
            assert card._problem.text() == say("library_disk_full", folder=disk / "library")
            assert not dialogs() and len(told) <= 1, told
            before = shown_documents(program)
            view = asked(qtbot, program, END)
            assert view.exchange is not None or view.claims == ()
            # Room is made: what was there still is, and the rest comes in.
            subprocess.run(["mount", "-o", "remount,size=200m", str(disk)], check=True)
            card._again.click()
            settled(qtbot, program)
            assert shown_documents(program) == 13 >= before and rejected_names(program) == []
            assert exchange_of(asked(qtbot, program, END)).answer.checked.kind is AnswerKind.ANSWERED
    finally:
        subprocess.run(["umount", "-l", str(disk)], check=True)


def test_settings_that_cannot_be_kept_are_told_of_once(
    qtbot: QtBot, opening: Opening, monkeypatch: pytest.MonkeyPatch
) -> None:
    program, told = started(qtbot, opening)
    program.desk.change_settings(text_size=110)

    def refuses(handle: int) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("core.settings.os.fsync", refuses)
    program.desk.change_settings(theme="dark")
    assert len(told) == 1 and "No space left" in told[0] and not dialogs()
    assert load_settings().text_size == 110 and load_settings().theme == "light", "what was kept before is whole"
    assert program.desk.theme.dark, "it holds until the program ends"
