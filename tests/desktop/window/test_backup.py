"""The backup card: one file, checked; a restored library in a new folder, opened by a click."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from PySide6.QtCore import QStandardPaths
from PySide6.QtWidgets import QFileDialog
from pytestqt.qtbot import QtBot

from core.errors import Cancelled, UserProblem
from core.messages import say
from core.nouns import BackedUp, Progress
from desktop.channel import Ailment, BackUp, LibraryRestored, OpenLibrary, Restore, Told
from desktop.window.desk import Desk
from desktop.window.pages.backup import BackupCard
from desktop.window.pages.settings import SettingsPage
from tests.desktop.window.conftest import FakeJobs
from tests.desktop.window.ledger import STATE, fill

FILE, FOLDER = Path("/media/stick/library.zip"), Path("/data/again")


@pytest.fixture
def card(qtbot: QtBot, desk: Desk, jobs: FakeJobs) -> Iterator[BackupCard]:
    """The card on its page."""
    fill(jobs)
    page = SettingsPage(desk)
    qtbot.addWidget(page)
    page.resize(1000, 900)
    page.show()
    yield page.backup


def settled(qtbot: QtBot, card: BackupCard) -> None:
    qtbot.waitUntil(lambda: card._job is None)


def test_a_backup_is_made_and_said(qtbot: QtBot, card: BackupCard, jobs: FakeJobs) -> None:
    jobs.answers[BackUp] = BackedUp(FILE, 12_000_000, 7, ())
    card.back_up(FILE)
    settled(qtbot, card)
    assert jobs.asked[-1] == BackUp(FILE)
    assert card.state.text().startswith(f"Saved and checked: {FILE} (") and "7 documents" in card.state.text()
    assert card.state.property("role") == "good" and card.save.isVisibleTo(card) and not card.bar.isVisibleTo(card)


def test_what_the_library_has_lost_is_named(qtbot: QtBot, card: BackupCard, jobs: FakeJobs) -> None:
    jobs.answers[BackUp] = BackedUp(FILE, 12, 7, tuple(f"{n}.pdf" for n in range(9)))
    card.back_up(FILE)
    settled(qtbot, card)
    assert "0.pdf, 1.pdf, 2.pdf, 3.pdf, 4.pdf …" in card.state.text() and card.state.property("role") == "warn"


def test_it_shows_how_far_it_is_and_can_be_stopped(qtbot: QtBot, card: BackupCard, jobs: FakeJobs) -> None:
    jobs.hold.add(BackUp)
    card.back_up(FILE)
    card.back_up(FILE)
    (job,) = [job for job in jobs.running if job.request == BackUp(FILE)]
    jobs._arrived.emit(Told(job.id, Progress("stage_backing_up", 3, 4)))
    qtbot.waitUntil(lambda: card.bar.value() == 750)
    assert card.state.text() == say("stage_backing_up", "en") and not card.save.isVisibleTo(card)
    card.stop.click()
    assert jobs.cancelled == [job.id]
    jobs.answers[BackUp] = Cancelled()
    jobs.release(BackUp)
    settled(qtbot, card)
    assert card.state.text() == "Stopped. Nothing was kept of it." and card.save.isVisibleTo(card)


def test_why_it_failed_is_said(qtbot: QtBot, card: BackupCard, jobs: FakeJobs) -> None:
    jobs.answers[BackUp] = UserProblem("backup_exists", file=FILE)
    card.back_up(FILE)
    settled(qtbot, card)
    assert card.state.text() == say("backup_exists", "en", file=FILE) and card.state.property("role") == "bad"


def test_a_restored_library_is_opened_by_a_click(qtbot: QtBot, card: BackupCard, jobs: FakeJobs, desk: Desk) -> None:
    jobs.answers[Restore] = LibraryRestored(FOLDER, "2026-11-26T10:00:00+00:00", 7, ())
    jobs.answers[OpenLibrary] = STATE
    card.restore(FILE, FOLDER)
    settled(qtbot, card)
    assert jobs.asked[-1] == Restore(FILE, FOLDER) and str(FOLDER) in card.state.text()
    assert OpenLibrary(FOLDER) not in jobs.asked and card.go.isVisibleTo(card)
    card.go.click()
    qtbot.waitUntil(lambda: OpenLibrary(FOLDER) in jobs.asked)
    assert not card.go.isVisibleTo(card)


def test_damage_from_before_the_backup_is_said(qtbot: QtBot, card: BackupCard, jobs: FakeJobs) -> None:
    ill = Ailment("doctor_original_missing", say("doctor_original_missing", name="a.pdf", collection="General"), False)
    jobs.answers[Restore] = LibraryRestored(FOLDER, "2026-11-26T10:00:00+00:00", 7, (ill,))
    card.restore(FILE, FOLDER)
    settled(qtbot, card)
    assert "Damaged already when the backup was made: 1." in card.state.text() and card.state.property("role") == "warn"


def test_file_and_folder_are_asked_for(
    qtbot: QtBot, card: BackupCard, jobs: FakeJobs, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(QStandardPaths, "writableLocation", lambda *_: str(tmp_path))
    jobs.hold |= {BackUp, Restore}
    card.save.click()
    (dialog,) = card.findChildren(QFileDialog)
    assert "vademecum-library-" in dialog.selectedFiles()[0]
    dialog.fileSelected.emit(str(FILE))
    assert jobs.asked[-1] == BackUp(FILE)
    jobs.answers[BackUp] = Cancelled()
    jobs.release(BackUp)
    settled(qtbot, card)
    dialog.close()
    card.bring_back.click()
    which = card.findChildren(QFileDialog)[-1]
    which.fileSelected.emit(str(FILE))
    folder = card.findChildren(QFileDialog)[-1]
    assert folder is not which
    folder.fileSelected.emit(str(FOLDER))
    assert jobs.asked[-1] == Restore(FILE, FOLDER)
