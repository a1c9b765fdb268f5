"""Imports on the library page: progress, pause, stop, what became of the files, and every way to try again."""

from __future__ import annotations

import time
from pathlib import Path

import pytest
from PySide6.QtCore import QObject
from PySide6.QtGui import QGuiApplication
from PySide6.QtWidgets import QPushButton, QWidget
from pytestqt.qtbot import QtBot

from core.errors import Cancelled, TryAgain, UserProblem
from core.messages import say
from core.nouns import Change, Progress, SameName
from desktop.channel import AddFiles, Failed, GetLibrary, ListDocuments, ReplaceFile, ResumeImports, Told
from desktop.window.desk import Desk
from desktop.window.pages.import_log import Fate
from desktop.window.pages.imports import ImportCard
from desktop.window.pages.library import LibraryPage
from tests.desktop.window.conftest import FakeJobs
from tests.desktop.window.shelf import SHELF, fill, open_page

SECRET, WRONG = say("reading_password_missing"), say("reading_password_wrong")
FILES = tuple(Path("/stick") / f"{name}.pdf" for name in ("a", "b", "c", "d"))
ASKED = AddFiles(FILES, "Contracts")


@pytest.fixture
def page(qtbot: QtBot, desk: Desk, jobs: FakeJobs) -> LibraryPage:
    """The page with four documents; imports wait until they are released."""
    fill(jobs)
    jobs.hold |= {AddFiles, ReplaceFile, ResumeImports}
    return open_page(qtbot, desk)


def begin(page: LibraryPage) -> ImportCard:
    """Add four files; the card that shows it."""
    page.add(FILES, "Contracts")
    return page.imports.cards[-1]


def end(qtbot: QtBot, jobs: FakeJobs, answer: object, kind: type = AddFiles) -> None:
    """Let the import end so; the next one is held again."""
    jobs.answers[kind] = answer
    jobs.release(kind)
    jobs.hold.add(kind)
    qtbot.waitUntil(lambda: not any(isinstance(job.request, kind) for job in jobs.running))


def tell(qtbot: QtBot, jobs: FakeJobs, progress: Progress) -> None:
    """The engine tells of the import under way."""
    job = next(job for job in jobs.running if isinstance(job.request, AddFiles | ReplaceFile | ResumeImports))
    jobs._arrived.emit(Told(job.id, progress))
    qtbot.waitUntil(lambda: job.progress == progress)


def asks(card: ImportCard) -> list[str]:
    """What can be clicked on the card."""
    return [one.text() for one in card.findChildren(QPushButton) if one.isVisible()]


def click(card: ImportCard, words: str) -> None:
    next(one for one in card.findChildren(QPushButton) if one.isVisible() and one.text() == words).click()


# -- under way


def test_progress_tells_files_stage_and_file(qtbot: QtBot, page: LibraryPage, jobs: FakeJobs) -> None:
    assert not page.imports.isVisible()
    card = begin(page)
    assert page.imports.isVisible() and card._title.text() == "Adding to “Contracts”"
    assert card._stage.text() == "Waiting for its turn …"
    tell(qtbot, jobs, Progress("stage_reading", 1, 4, "b.pdf"))
    qtbot.waitUntil(lambda: card._where.text() == "1 of 4 files")
    assert card._stage.text() == "Reading · b.pdf"
    tell(qtbot, jobs, Progress("reading_stage_pages", 7, 300, "b.pdf"))
    qtbot.waitUntil(lambda: card._stage.text() == "Reading pages · b.pdf · page 7 of 300")
    tell(qtbot, jobs, Progress("stage_embedding", 64, 128, "b.pdf"))
    qtbot.waitUntil(lambda: 400 < card._bar.value() < 500)
    assert card._where.text() == "1 of 4 files" and card._left.text() == ""


def test_the_time_left_is_said_once_it_is_known(
    qtbot: QtBot, page: LibraryPage, jobs: FakeJobs, monkeypatch: pytest.MonkeyPatch
) -> None:
    card = begin(page)
    now = 0.0
    monkeypatch.setattr("desktop.window.pages.imports.time.monotonic", lambda: now)
    for done in range(3):
        now = done * 100.0
        tell(qtbot, jobs, Progress("stage_reading", done, 4, "a.pdf"))
    qtbot.waitUntil(lambda: card._left.text() == "about 4 min left")
    card._hold()
    assert card._left.text() == "Paused"


def test_an_import_is_paused_and_goes_on(qtbot: QtBot, page: LibraryPage, jobs: FakeJobs) -> None:
    card = begin(page)
    (job,) = jobs.running
    card._pause.click()
    assert card._pause.accessibleName() == "Go on" and card._left.text() == "Paused"
    card._pause.click()
    assert jobs.paused == [(job.id, True), (job.id, False)]
    assert card._pause.accessibleName() == "Pause the import"


def test_a_stopped_import_keeps_what_was_finished(qtbot: QtBot, page: LibraryPage, jobs: FakeJobs) -> None:
    card = begin(page)
    asked = len(jobs.asked_for(ListDocuments))
    card._cancel.click()
    assert jobs.cancelled and not card._cancel.isEnabled()
    end(qtbot, jobs, Cancelled())
    assert card._stage.text() == "Stopped. What was finished by then is in the library."
    qtbot.waitUntil(lambda: len(jobs.asked_for(ListDocuments)) > asked)
    card._close.click()
    assert not page.imports.isVisible()


def test_documents_appear_while_the_import_goes_on(qtbot: QtBot, page: LibraryPage, jobs: FakeJobs) -> None:
    begin(page)
    asked = len(jobs.asked_for(ListDocuments))
    tell(qtbot, jobs, Progress("stage_reading", 1, 4, "b.pdf"))
    qtbot.wait(300)
    assert len(jobs.asked_for(ListDocuments)) == asked, "the last look is only just over"
    page._looked = time.monotonic() - 60
    tell(qtbot, jobs, Progress("stage_reading", 2, 4, "c.pdf"))
    qtbot.waitUntil(lambda: len(jobs.asked_for(ListDocuments)) == asked + 1)


def test_imports_begun_elsewhere_are_shown_too(qtbot: QtBot, desk: Desk, jobs: FakeJobs) -> None:
    fill(jobs)
    jobs.hold |= {AddFiles, ResumeImports}
    starter = QObject()
    jobs.run(AddFiles(FILES, "Samples"), starter)
    page = open_page_while_running(qtbot, desk)
    jobs.run(ResumeImports(), starter)
    assert [card._title.text() for card in page.imports.cards] == [
        "Adding to “Samples”",
        "Finishing an interrupted import",
    ]
    del starter
    end(qtbot, jobs, Change(3, added=("a.pdf",)))
    assert page.imports.cards[0].summary() == "1 added"


def open_page_while_running(qtbot: QtBot, desk: Desk) -> LibraryPage:
    page = LibraryPage(desk)
    qtbot.addWidget(page)
    page.resize(1268, 800)
    page.show()
    return page


def test_whoever_watches_a_job_hears_of_it_until_they_are_gone(qtbot: QtBot, jobs: FakeJobs) -> None:
    jobs.hold.add(GetLibrary)
    owner, watcher, gone = QWidget(), QWidget(), QWidget()
    heard: list[object] = []
    job = jobs.run(GetLibrary(), owner, done=lambda _: heard.append("asker"))
    job.watch(watcher, done=lambda _: heard.append("watcher"), progress=lambda p: heard.append(p.done))
    job.watch(gone, done=lambda _: heard.append("nobody"))
    gone.deleteLater()
    qtbot.wait(1)
    jobs._arrived.emit(Told(job.id, Progress("stage_reading", 1, 2)))
    jobs.answers[GetLibrary] = "a state"
    jobs.release(GetLibrary)
    qtbot.waitUntil(lambda: len(heard) == 3)
    assert heard == [1, "asker", "watcher"]
    job.watch(watcher, done=heard.append)
    assert not jobs._watchers
    for one in (owner, watcher):
        one.deleteLater()


# -- what became of it


def test_the_summary_unfolds_to_every_file_with_its_reason(qtbot: QtBot, page: LibraryPage, jobs: FakeJobs) -> None:
    card = begin(page)
    damaged = say("reading_damaged")
    end(
        qtbot,
        jobs,
        Change(8, added=("a.pdf", "b.pdf"), partial=(("b.pdf", "page 3"),), rejected=(("c.pdf", damaged),)),
    )
    assert card.summary() == "1 added, 1 partly readable, 1 rejected"
    assert not card._list.isVisible() and not card._bar.isVisible()
    click(card, "Show the list")
    model = card._list.model()
    rows = [[str(model.index(row, column).data()) for column in range(3)] for row in range(model.rowCount())]
    assert rows == [["Rejected", "c.pdf", damaged], ["Partly", "b.pdf", "page 3"], ["Added", "a.pdf", ""]]
    card._list.selectRow(0)
    card._list.copy()
    assert QGuiApplication.clipboard().text() == f"Rejected\tc.pdf\t{damaged}"
    click(card, "Copy the list")
    assert len(QGuiApplication.clipboard().text().splitlines()) == 3
    click(card, "Hide the list")
    assert not card._list.isVisible()


def test_five_hundred_mixed_files_are_one_card_and_one_table(qtbot: QtBot, page: LibraryPage, jobs: FakeJobs) -> None:
    page.add([Path("/stick/folder")], "Contracts")
    (card,) = page.imports.cards
    kinds = ("reading_not_pdf", "reading_damaged", "reading_empty", "reading_password_missing")
    rejected = tuple((f"bad {n}.pdf", say(kinds[n % 4])) for n in range(200))
    taken = tuple((f"taken {n}.pdf", say("import_same_name", collection="Contracts")) for n in range(50))
    change = Change(
        9,
        added=tuple(f"good {n}.pdf" for n in range(250)),
        rejected=(*rejected, *taken),
        same_name=tuple(name for name, _ in taken),
    )
    end(qtbot, jobs, change)
    began = time.thread_time()
    click(card, "Show the list")
    card._list.viewport().grab()
    seconds = time.thread_time() - began
    print(f"500 files unfolded in {seconds * 1000:.0f} ms")
    assert seconds < 0.2
    assert card._list.model().rowCount() == 500
    assert card._questions._names.text() == "50 files have the name of another document here."
    assert card._questions._locked.text() == "50 files need a password."
    assert len(page.imports.cards) == 1 and page.imports.height() <= 420
    assert page.documents.table.height() > 100, "the documents stay in sight"


def test_what_ended_well_makes_room_for_the_next(qtbot: QtBot, page: LibraryPage, jobs: FakeJobs) -> None:
    begin(page)
    end(qtbot, jobs, Change(8, added=("a.pdf", "b.pdf")))
    begin(page)
    assert len(page.imports.cards) == 1
    end(qtbot, jobs, Change(9, rejected=(("a.pdf", "damaged"),)))
    begin(page)
    assert len(page.imports.cards) == 2, "what was rejected stays until it is put away"


def test_an_import_with_nothing_in_it_says_so(qtbot: QtBot, page: LibraryPage, jobs: FakeJobs) -> None:
    card = begin(page)
    end(qtbot, jobs, Change(8))
    assert card.summary() == "There was nothing to add" and asks(card) == []


def test_a_full_disk_is_said_in_the_card_and_can_be_tried_again(
    qtbot: QtBot, page: LibraryPage, jobs: FakeJobs
) -> None:
    card = begin(page)
    end(qtbot, jobs, UserProblem("library_disk_full", folder="/home/ada/library"))
    assert card._problem.text().startswith("The disk that holds /home/ada/library is full.")
    click(card, "Try again")
    assert jobs.asked_for(AddFiles) == [ASKED, ASKED]
    end(qtbot, jobs, Change(9, added=("a.pdf",)))
    assert card.summary() == "1 added" and len(page.imports.cards) == 1


# -- trying again


def test_files_of_the_same_name_are_decided_on_once_for_all(qtbot: QtBot, page: LibraryPage, jobs: FakeJobs) -> None:
    taken = say("import_same_name", collection="Contracts")
    first = Change(8, added=("a.pdf",), rejected=(("b.pdf", taken), ("c.pdf", taken)), same_name=("b.pdf", "c.pdf"))
    for words, how, then in (
        ("Replace", SameName.REPLACE, Change(9, replaced=("b.pdf", "c.pdf"))),
        ("Keep both", SameName.KEEP_BOTH, Change(9, added=("b (2).pdf", "c (2).pdf"))),
    ):
        card = begin(page)
        end(qtbot, jobs, first)
        assert asks(card) == ["Show the list", "Replace", "Keep both", "Leave"]
        click(card, words)
        assert jobs.asked_for(AddFiles)[-1] == AddFiles(FILES[1:3], "Contracts", same_name=how)
        end(qtbot, jobs, then)
        assert card.log.count(Fate.REJECTED) == 0 and "Replace" not in asks(card)
        card._close.click()
    card = begin(page)
    end(qtbot, jobs, first)
    asked = len(jobs.asked_for(AddFiles))
    click(card, "Leave")
    assert asks(card) == ["Show the list"] and len(jobs.asked_for(AddFiles)) == asked


def test_locked_files_get_one_password_field_and_no_dialog(qtbot: QtBot, page: LibraryPage, jobs: FakeJobs) -> None:
    card = begin(page)
    end(qtbot, jobs, Change(8, added=("a.pdf",), rejected=(("b.pdf", SECRET), ("c.pdf", SECRET))))
    assert card._questions._locked.text() == "2 files need a password."
    asked = len(jobs.asked_for(AddFiles))
    click(card, "Unlock")
    assert len(jobs.asked_for(AddFiles)) == asked, "no password was typed"
    card._questions._password.setText("open-sesame")
    click(card, "Unlock")
    assert jobs.asked_for(AddFiles)[-1] == AddFiles(FILES[1:3], "Contracts", password="open-sesame")
    end(qtbot, jobs, Change(9, added=("b.pdf",), rejected=(("c.pdf", WRONG),)))
    assert card._questions._locked.text() == "“c.pdf” needs a password. The one you gave does not open it."
    assert card._questions._password.text() == ""
    card._questions._password.setText("swordfish")
    click(card, "Unlock")
    end(qtbot, jobs, Change(10, added=("c.pdf",)))
    assert card.summary() == "3 added"


def test_a_locked_file_from_a_folder_is_asked_for_with_its_folder(
    qtbot: QtBot, page: LibraryPage, jobs: FakeJobs
) -> None:
    folder = Path("/stick/letters")
    page.add([folder], "Contracts")
    (card,) = page.imports.cards
    end(qtbot, jobs, Change(8, added=("a.pdf",), rejected=(("b.pdf", SECRET),)))
    card._questions._password.setText("open-sesame")
    click(card, "Unlock")
    assert jobs.asked_for(AddFiles)[-1] == AddFiles((folder,), "Contracts", password="open-sesame")
    end(qtbot, jobs, Change(9, added=("b.pdf",), unchanged=("a.pdf",)))
    assert card.summary() == "2 added"


def test_a_vanished_drive_is_a_list_that_can_be_tried_again(qtbot: QtBot, page: LibraryPage, jobs: FakeJobs) -> None:
    card = begin(page)
    gone = tuple((f.name, say("import_unreadable_file", file=f, fault="No such device")) for f in FILES[2:])
    end(qtbot, jobs, Change(8, added=("a.pdf", "b.pdf"), rejected=gone))
    click(card, "Try 2 again")
    assert jobs.asked_for(AddFiles)[-1] == AddFiles(FILES[2:], "Contracts")
    end(qtbot, jobs, Change(9, added=("c.pdf", "d.pdf")))
    assert card.summary() == "4 added"


def test_a_new_version_with_a_password(qtbot: QtBot, page: LibraryPage, jobs: FakeJobs) -> None:
    wanted = ReplaceFile("agreement 2.pdf", "Contracts", Path("/stick/new.pdf"))
    page.documents.replacing.emit(wanted)
    (card,) = page.imports.cards
    assert card._title.text() == "New version of “agreement 2.pdf”"
    end(qtbot, jobs, Change(8, rejected=(("new.pdf", SECRET),)), ReplaceFile)
    card._questions._password.setText("open-sesame")
    click(card, "Unlock")
    assert jobs.asked_for(ReplaceFile)[-1] == ReplaceFile(
        wanted.name, wanted.collection, wanted.file, password="open-sesame"
    )
    end(qtbot, jobs, Change(9, added=("new.pdf",), replaced=("agreement 2.pdf",)), ReplaceFile)
    assert card.summary() == "1 replaced" and [line.name for line in card.log.lines] == ["new.pdf"]


# -- the engine dies


def die(qtbot: QtBot, jobs: FakeJobs) -> None:
    """The engine dies under whatever is under way."""
    for job in jobs.running:
        jobs._arrived.emit(Failed(job.id, TryAgain("engine_died")))
    qtbot.waitUntil(lambda: not jobs.running)


def test_an_import_goes_on_after_the_engine_died(qtbot: QtBot, page: LibraryPage, jobs: FakeJobs) -> None:
    card = begin(page)
    die(qtbot, jobs)
    assert card.interrupted and card.running and not card._problem.isVisible()
    # The engine is back: what had been written down is finished first, then the rest is asked for again.
    jobs.opened.emit(fill(jobs))
    jobs.run(ResumeImports(), jobs)
    qtbot.wait(20)
    assert page.imports.cards == (card,) and not card.interrupted
    end(qtbot, jobs, Change(8, added=("a.pdf", "b.pdf")), ResumeImports)
    assert jobs.asked_for(AddFiles) == [ASKED, ASKED]
    end(qtbot, jobs, Change(9, added=("c.pdf", "d.pdf"), unchanged=("a.pdf", "b.pdf")))
    assert card.summary() == "4 added"


def test_an_import_of_which_nothing_was_written_down_is_asked_for_again(
    qtbot: QtBot, page: LibraryPage, jobs: FakeJobs
) -> None:
    card = begin(page)
    die(qtbot, jobs)
    jobs.opened.emit(fill(jobs))
    qtbot.waitUntil(lambda: len(jobs.asked_for(AddFiles)) == 2)
    assert jobs.asked_for(AddFiles)[-1] == ASKED and not card.interrupted


def test_a_replacement_that_was_finished_by_the_resumption_is_not_asked_for_twice(
    qtbot: QtBot, page: LibraryPage, jobs: FakeJobs
) -> None:
    page.documents.replacing.emit(ReplaceFile("agreement 2.pdf", "Contracts", Path("/stick/new.pdf")))
    (card,) = page.imports.cards
    die(qtbot, jobs)
    jobs.opened.emit(fill(jobs))
    jobs.run(ResumeImports(), jobs)
    end(qtbot, jobs, Change(8, added=("new.pdf",), replaced=("agreement 2.pdf",)), ResumeImports)
    assert card.summary() == "1 replaced" and len(jobs.asked_for(ReplaceFile)) == 1


def test_an_engine_that_dies_of_an_import_each_time_is_not_asked_for_ever(
    qtbot: QtBot, page: LibraryPage, jobs: FakeJobs
) -> None:
    card = begin(page)
    for deaths in range(1, 5):
        die(qtbot, jobs)
        jobs.opened.emit(fill(jobs))
        qtbot.wait(20)
        assert len(jobs.asked_for(AddFiles)) == min(deaths + 1, 4)
    assert not card.running and card._problem.isVisible() and "Try again" in asks(card)


def test_an_interrupted_import_can_be_given_up(qtbot: QtBot, page: LibraryPage, jobs: FakeJobs) -> None:
    card = begin(page)
    die(qtbot, jobs)
    card._cancel.click()
    jobs.opened.emit(fill(jobs))
    qtbot.wait(20)
    assert len(jobs.asked_for(AddFiles)) == 1 and not card.running


def test_imports_of_another_library_are_forgotten(qtbot: QtBot, page: LibraryPage, jobs: FakeJobs) -> None:
    jobs.opened.emit(fill(jobs))
    begin(page)
    end(qtbot, jobs, Change(8, rejected=(("a.pdf", "damaged"),)))
    jobs.opened.emit(fill(jobs, SHELF[:1], (("Contracts", 2),), folder="/home/ada/another"))
    assert page.imports.cards == () and not page.imports.isVisible()
