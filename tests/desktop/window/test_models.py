"""The models page: what is here and how fast, one's own file brought in, and how much of the computer is used."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest
from PySide6.QtCore import QMimeData, QPointF, Qt, QUrl
from PySide6.QtGui import QDropEvent, QGuiApplication, QWheelEvent
from PySide6.QtWidgets import QFileDialog, QLabel
from pytestqt.qtbot import QtBot

from core import machine
from core.errors import Cancelled, UserProblem
from core.nouns import Progress
from core.settings import load_settings
from desktop.channel import Configure, ImportModel, ListModels, MeasureModel, RemoveModel
from desktop.window.confirm import Confirm
from desktop.window.desk import Desk
from desktop.window.model_import import CommandLine
from desktop.window.pages.models import ModelsPage
from tests.desktop.window.conftest import FakeJobs
from tests.desktop.window.ledger import BETTER, DEFAULT, EMBEDDER, MODELS, OWN, fill


@pytest.fixture
def page(qtbot: QtBot, desk: Desk, jobs: FakeJobs) -> ModelsPage:
    """The page with three language models and an embedder."""
    fill(jobs)
    made = ModelsPage(desk)
    qtbot.addWidget(made)
    made.resize(1100, 800)
    made.show()
    qtbot.waitUntil(lambda: len(made.cards) == 4)
    return made


def said(page: ModelsPage, name: str) -> str:
    """Everything that a card says."""
    return "\n".join(one.text() for one in page.cards[name].findChildren(QLabel) if one.isVisibleTo(page))


def test_a_card_says_what_a_model_is_and_how_fast(page: ModelsPage) -> None:
    assert list(page.cards) == ["default", "own", "better", "e5-small"]  # in use, here, not here; then the embedder
    for part in ("Qwen 0.5B", "491 MB", "Apache-2.0", "writes 24 tokens a second here", "In use"):
        assert part in said(page, "default"), part
    assert "2.6 GB" in said(page, "own") and "speed not measured yet" in said(page, "own")
    assert "licence not stated" in said(page, "own")


def test_only_what_makes_sense_can_be_done(page: ModelsPage) -> None:
    can = {
        name: (card.use.isVisible(), card.measure.isVisible(), card.remove.isVisible())
        for name, card in page.cards.items()
    }
    assert can == {
        "default": (False, True, False),
        "own": (True, True, True),
        "better": (False, False, False),
        "e5-small": (False, False, False),
    }


def test_a_model_that_is_not_here_tells_the_command_that_fetches_it(page: ModelsPage) -> None:
    line = page.cards["better"].findChild(CommandLine)
    assert line is not None
    line._copy()
    assert QGuiApplication.clipboard().text() == "vademecum models fetch better"
    assert "This window has no network" in said(page, "better")


def test_another_model_is_used_from_now_on(qtbot: QtBot, page: ModelsPage, desk: Desk, jobs: FakeJobs) -> None:
    with qtbot.waitSignal(desk.noticed):
        page.cards["own"].use.click()
    assert desk.settings.model == "own" and load_settings().model == "own"
    assert jobs.asked_for(Configure)[-1].settings.model == "own"


def test_measuring_shows_the_speed_and_can_be_stopped(qtbot: QtBot, page: ModelsPage, jobs: FakeJobs) -> None:
    jobs.hold.add(MeasureModel)
    page.cards["own"].measure.click()
    assert page.cards["own"].stop.isVisible() and "Measuring" in page.cards["own"].state.text()
    page.cards["own"].stop.click()
    assert len(jobs.cancelled) == 1
    jobs.answers[MeasureModel] = Cancelled()
    jobs.release(MeasureModel)
    qtbot.waitUntil(page.cards["own"].measure.isVisible)
    assert not page.cards["own"].state.isVisible()
    jobs.answers[MeasureModel] = 7.5
    jobs.answers[ListModels] = (DEFAULT, replace(OWN, tokens_per_second=7.5), BETTER, EMBEDDER)
    page.cards["own"].measure.click()
    qtbot.waitUntil(lambda: "writes 8 tokens a second here" in said(page, "own"))


def test_a_list_that_is_read_anew_keeps_a_measurement_under_way(qtbot: QtBot, page: ModelsPage, jobs: FakeJobs) -> None:
    jobs.hold.add(MeasureModel)
    page.cards["own"].measure.click()
    former = page.cards["own"]
    page.refresh()
    qtbot.waitUntil(lambda: page.cards["own"] is not former)
    assert page.cards["own"].stop.isVisible()
    jobs.answers[MeasureModel] = UserProblem("model_too_slow", file="own", seconds=60)
    jobs.release(MeasureModel)
    qtbot.waitUntil(lambda: "too large for this computer" in page.cards["own"].state.text())


def test_a_model_goes_only_after_a_question(qtbot: QtBot, page: ModelsPage, jobs: FakeJobs) -> None:
    jobs.answers[RemoveModel] = None
    page.cards["own"].remove.click()
    asked = page.findChild(Confirm)
    assert asked is not None and "2.6 GB" in asked.informativeText()
    asked.stay.click()
    assert not jobs.asked_for(RemoveModel)
    page.cards["own"].remove.click()
    page.findChildren(Confirm)[-1].go.click()
    assert jobs.asked_for(RemoveModel) == [RemoveModel("own")]
    qtbot.waitUntil(lambda: len(jobs.asked_for(ListModels)) == 2)


def test_a_file_is_imported_with_progress_and_offered_for_use(
    qtbot: QtBot, page: ModelsPage, desk: Desk, jobs: FakeJobs
) -> None:
    jobs.hold.add(ImportModel)
    page.add.click()
    dialog = page.findChild(QFileDialog)
    assert dialog is not None
    dialog.fileSelected.emit("/models/new.gguf")
    dialog.close()
    assert page.importing.isVisible() and page.importing.title.text() == "Importing new.gguf"
    jobs.answers[ImportModel] = [Progress("model_copying", 50, 100), "new"]
    jobs.release(ImportModel)
    qtbot.waitUntil(page.importing.go.isVisible)
    assert page.importing.title.text() == "The model “new” is installed."
    with qtbot.waitSignal(desk.noticed):
        page.importing.go.click()
    assert desk.settings.model == "new" and not page.importing.isVisible()


def test_progress_of_an_import_is_told_in_words(qtbot: QtBot, page: ModelsPage, jobs: FakeJobs) -> None:
    jobs.hold.add(ImportModel)
    page.importing.start(Path("/models/new.gguf"))
    page.importing._told(Progress("model_probing", 1, 4))
    assert page.importing.stage.text() == "Trying the model out" and page.importing.bar.value() == 250
    page.importing.start(Path("/models/second.gguf"))
    assert len(jobs.asked_for(ImportModel)) == 1  # one at a time
    page.importing.stop.click()
    assert jobs.cancelled
    jobs.answers[ImportModel] = Cancelled()
    jobs.release(ImportModel)
    qtbot.waitUntil(lambda: not page.importing.isVisible())


def test_a_damaged_file_gives_its_sentence_in_place(qtbot: QtBot, page: ModelsPage, jobs: FakeJobs) -> None:
    jobs.answers[ImportModel] = UserProblem("model_damaged", file="bad.gguf")
    page.importing.start(Path("/models/bad.gguf"))
    qtbot.waitUntil(lambda: "bad.gguf is damaged" in page.importing.stage.text())
    assert page.importing.title.text() == "bad.gguf was not imported"
    page.importing._close.click()
    assert not page.importing.isVisible()


def drop_on(page: ModelsPage, *names: str) -> QDropEvent:
    """Let go of files above the page."""
    data = QMimeData()
    data.setUrls([QUrl.fromLocalFile(name) for name in names])
    event = QDropEvent(
        QPointF(9, 9), Qt.DropAction.CopyAction, data, Qt.MouseButton.LeftButton, Qt.KeyboardModifier.NoModifier
    )
    page.dropEvent(event)
    return event


def test_a_model_file_can_be_dropped_and_documents_are_left_to_the_window(page: ModelsPage, jobs: FakeJobs) -> None:
    jobs.hold.add(ImportModel)
    drop_on(page, "/a.pdf")
    drop_on(page, "/a.gguf", "/b.gguf")
    assert not jobs.asked_for(ImportModel)
    drop_on(page, "/models/own.GGUF")
    assert jobs.asked_for(ImportModel) == [ImportModel(Path("/models/own.GGUF"))]


def test_a_list_that_cannot_be_read_says_why_in_place(qtbot: QtBot, page: ModelsPage, jobs: FakeJobs) -> None:
    jobs.answers[ListModels] = UserProblem("engine_is_off")
    page.refresh()
    qtbot.waitUntil(page.problem.isVisible)
    jobs.answers[ListModels] = MODELS
    page.refresh()
    qtbot.waitUntil(lambda: not page.problem.isVisible())


def test_a_model_too_large_for_the_memory_is_marked(
    qtbot: QtBot, page: ModelsPage, jobs: FakeJobs, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("desktop.window.pages.models.memory", lambda: 3 << 30)
    page.refresh()
    qtbot.waitUntil(lambda: "large for a computer with 3 GB" in said(page, "own"))
    assert "large for" not in said(page, "default")


def test_memory_and_threads_are_automatic_and_say_what_that_is_here(page: ModelsPage) -> None:
    card = page.resources
    assert card.values() == {"threads": 0, "gpu_layers": -1, "context": 4096, "evidence_tokens": 500}
    assert card.fields["threads"].currentText() == f"Automatic ({machine.cores()})"
    shown = [one.text() for one in card.findChildren(QLabel)]
    assert f"This computer: {machine.cores()} cores, {round(machine.memory() / (1 << 30))} GB of memory." in shown
    assert not card.apply.isEnabled() and not card.reset.isVisible()


def test_changed_resources_are_applied_together_and_can_be_put_back(
    qtbot: QtBot, page: ModelsPage, desk: Desk, jobs: FakeJobs
) -> None:
    card = page.resources
    card.fields["context"].setCurrentIndex(card.fields["context"].findData(8192))
    card.fields["gpu_layers"].setCurrentIndex(card.fields["gpu_layers"].findData(0))
    assert "loaded anew" in card.note.text()
    card.apply.click()
    qtbot.waitUntil(lambda: card.note.text() == "Applied.")
    assert (desk.settings.context, desk.settings.gpu_layers) == (8192, 0)
    assert len(jobs.asked_for(Configure)) == 1
    card.reset.click()
    card.apply.click()
    assert (desk.settings.context, desk.settings.gpu_layers) == (4096, -1)


def test_a_value_that_was_written_by_hand_is_kept(page: ModelsPage, desk: Desk) -> None:
    desk.settings = replace(desk.settings, context=5000, gpu_layers=12, threads=99)
    page.resources.show_settings()
    assert page.resources.values()["context"] == 5000 and page.resources.values()["threads"] == 99
    assert page.resources.fields["gpu_layers"].currentText() == "12 layers"
    assert not page.resources.apply.isEnabled()


def test_the_wheel_scrolls_the_page_and_changes_no_value(page: ModelsPage) -> None:
    field = page.resources.fields["context"]
    wheel = QWheelEvent(
        *(QPointF(5, 5), QPointF(5, 5), QPointF(0, -120).toPoint(), QPointF(0, -120).toPoint()),
        *(Qt.MouseButton.NoButton, Qt.KeyboardModifier.NoModifier, Qt.ScrollPhase.NoScrollPhase, False),
    )
    field.wheelEvent(wheel)
    assert field.currentData() == 4096 and not wheel.isAccepted()


def test_names_for_those_who_cannot_see(page: ModelsPage) -> None:
    assert page.cards["own"].use.accessibleName() == "Use the model own"
    assert all(field.accessibleName() and field.accessibleDescription() for field in page.resources.fields.values())
