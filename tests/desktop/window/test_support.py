"""The support bundle in the window: every word is shown before it is saved, and no engine is needed for it."""

from __future__ import annotations

import zipfile
from collections.abc import Iterator
from pathlib import Path

import pytest
from PySide6.QtCore import QStandardPaths, Qt
from PySide6.QtWidgets import QFileDialog, QListWidget
from pytestqt.qtbot import QtBot

from core.errors import Cancelled, TryAgain
from core.messages import say
from core.nouns import Progress
from desktop import house, logbook
from desktop.channel import CollectSupport, Told
from desktop.faults import keep_fault
from desktop.window.desk import Desk
from desktop.window.pages.settings import SettingsPage
from desktop.window.pages.support import SupportCard, SupportDialog
from tests.desktop.window.conftest import FakeJobs
from tests.desktop.window.ledger import fill

FILES = {
    "about.txt": "vademecum = 1.0\n",
    "library.txt": "documents = 3\ndoctor = well\n",
    "logs/engine.log": "2026-11-26T10:00:00Z 7 request kind=Ask seconds=1.000 outcome=done\n",
}


@pytest.fixture
def card(qtbot: QtBot, desk: Desk, jobs: FakeJobs) -> Iterator[SupportCard]:
    """The card on its page."""
    fill(jobs)
    jobs.answers[CollectSupport] = FILES
    page = SettingsPage(desk)
    qtbot.addWidget(page)
    page.resize(1000, 900)
    page.show()
    yield page.support
    logbook.end()


def collected(qtbot: QtBot, card: SupportCard) -> SupportDialog:
    card.collect.click()
    qtbot.waitUntil(lambda: card.dialog is not None and card.dialog.isVisible())
    assert card.dialog is not None
    return card.dialog


def saved(file: Path) -> dict[str, str]:
    with zipfile.ZipFile(file) as archive:
        return {name: archive.read(name).decode("utf-8") for name in archive.namelist()}


def test_every_word_is_shown_and_only_then_saved(qtbot: QtBot, card: SupportCard, desk: Desk, tmp_path: Path) -> None:
    dialog = collected(qtbot, card)
    shown = {}
    for row in range(dialog.list.count()):
        dialog.list.setCurrentRow(row)
        item = dialog.list.item(row)
        name = item.data(Qt.ItemDataRole.UserRole)
        assert item.text().startswith(f"{name} · ") and "kB" in item.text()
        shown[name] = dialog.text.toPlainText()
    assert shown == FILES and dialog.text.isReadOnly() and not dialog.remark.isVisible()
    assert say("support_library", "en") in dialog.list.item(1).text()
    file = tmp_path / "für Frau Müller 支持.zip"
    with qtbot.waitSignal(desk.noticed) as heard:
        dialog.save(file)
    assert saved(file) == FILES and heard.args is not None and str(file) in heard.args[0]
    assert not dialog.isVisible()


def test_where_it_is_saved_is_asked(
    qtbot: QtBot, card: SupportCard, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(QStandardPaths, "writableLocation", lambda *_: str(tmp_path))
    dialog = collected(qtbot, card)
    dialog.keep.click()
    box = dialog.findChild(QFileDialog)
    assert box is not None and box.acceptMode() is QFileDialog.AcceptMode.AcceptSave
    (suggested,) = box.selectedFiles()
    assert Path(suggested).name.startswith("vademecum-support-") and suggested.endswith(".zip")
    box.fileSelected.emit(str(tmp_path / "a.zip"))
    box.close()
    assert saved(tmp_path / "a.zip") == FILES


def test_a_disk_that_refuses_is_told_in_place(qtbot: QtBot, card: SupportCard, tmp_path: Path) -> None:
    dialog = collected(qtbot, card)
    dialog.save(tmp_path / "gone" / "a.zip")
    assert dialog.isVisible() and "cannot be written" in dialog.problem.text()
    dialog.save(tmp_path / "a.zip")
    assert saved(tmp_path / "a.zip") == FILES


def test_nothing_is_saved_by_who_cancels(qtbot: QtBot, card: SupportCard, tmp_path: Path) -> None:
    dialog = collected(qtbot, card)
    dialog.reject()
    assert not list(tmp_path.rglob("*.zip"))


def test_without_an_engine_the_rest_is_told(qtbot: QtBot, card: SupportCard, jobs: FakeJobs, tmp_path: Path) -> None:
    logbook.begin("window", house.version())
    logbook.jot("engine_died", code=-9)
    keep_fault(ValueError("The price is 900 euros."))
    jobs.answers[CollectSupport] = TryAgain("engine_died")
    dialog = collected(qtbot, card)
    assert dialog.remark.isVisible() and say("engine_died", "en") in dialog.remark.text()
    assert {"about.txt", "packages.txt", "settings.txt", "logs/window.log", "logs/faults.log"} == set(dialog.files)
    assert "engine_died code=-9" in dialog.files["logs/window.log"]
    assert "900 euros" not in "".join(dialog.files.values())


def test_collecting_shows_how_far_it_is_and_can_be_stopped(qtbot: QtBot, card: SupportCard, jobs: FakeJobs) -> None:
    jobs.hold.add(CollectSupport)
    card.collect.click()
    card.run_collect()
    (job,) = [job for job in jobs.running if isinstance(job.request, CollectSupport)]
    assert not card.collect.isEnabled() and card.stop.isVisible()
    jobs._arrived.emit(Told(job.id, Progress("stage_checking_originals", 3, 4)))
    qtbot.waitUntil(lambda: card.stage.text() == say("stage_checking_originals", "en"))
    card.stop.click()
    assert jobs.cancelled == [job.id]
    jobs.answers[CollectSupport] = Cancelled()
    jobs.release(CollectSupport)
    qtbot.waitUntil(card.collect.isEnabled)
    assert card.dialog is None and not card.stop.isVisible() and not card.stage.isVisible()


def test_a_large_log_is_shown_without_a_stall(qtbot: QtBot, card: SupportCard, jobs: FakeJobs) -> None:
    line = "2026-11-26T10:00:00Z 7 request kind=Ask seconds=1.000 outcome=done\n"
    jobs.answers[CollectSupport] = FILES | {"logs/window.log": line * 15_000}
    dialog = collected(qtbot, card)
    shown = dialog.findChild(QListWidget)
    assert shown is not None
    shown.setCurrentRow(3)
    assert dialog.text.document().blockCount() == 15_001
