"""The first steps: three of them, each can be skipped, none is a dead end, none needs a network."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest
from PySide6.QtCore import Qt
from PySide6.QtWidgets import QFileDialog, QLabel, QPushButton
from pytestqt.qtbot import QtBot

from core.errors import Cancelled, UserProblem
from core.nouns import Change
from core.settings import Settings, load_settings
from desktop import house
from desktop.channel import AddFiles, GetLibrary, ImportModel, LibraryState, ListModels, OpenLibrary
from desktop.window.desk import Desk
from desktop.window.first_start import FirstStart
from desktop.window.model_import import CommandLine
from tests.desktop.window.conftest import FakeJobs
from tests.desktop.window.ledger import DEFAULT, EMBEDDER, EMPTY, MODELS, OWN, fill


@pytest.fixture
def first(qtbot: QtBot, desk: Desk, jobs: FakeJobs) -> Iterator[FirstStart]:
    """The first steps over an engine with an empty library."""
    fill(jobs)
    jobs.answers[GetLibrary] = EMPTY
    desk.settings = Settings(theme="light")
    made = FirstStart(desk)
    made.show()
    yield made
    made.deleteLater()


def said(first: FirstStart) -> str:
    """Everything that can be read at present."""
    return "\n".join(one.text() for one in first.findChildren(QLabel) if one.isVisibleTo(first))


def test_three_steps_by_enter_alone(qtbot: QtBot, first: FirstStart) -> None:
    assert first.dots.accessibleName() == "Step 1 of 3" and not first.back.isVisible()
    first.activateWindow()
    qtbot.keyClick(first.next, Qt.Key.Key_Return)
    assert first.dots.accessibleName() == "Step 2 of 3" and first.back.isVisible()
    qtbot.keyClick(first, Qt.Key.Key_Return)
    assert first.next.text() == "Start with an empty library"
    with qtbot.waitSignal(first.finished):
        first.next.click()
    assert load_settings().welcomed and not first.isVisible()


@pytest.mark.parametrize("step", [0, 1, 2])
@pytest.mark.parametrize("way", ["skip", "escape", "close"])
def test_it_can_be_left_at_every_step_and_never_comes_again(
    qtbot: QtBot, first: FirstStart, desk: Desk, step: int, way: str
) -> None:
    first.go(step)
    heard: list[bool] = []
    first.finished.connect(lambda: heard.append(True))
    if way == "skip" and step < 2:
        first.skip.click()
    elif way == "escape":
        qtbot.keyClick(first, Qt.Key.Key_Escape)
    else:
        first.close()
    first.finish()
    assert heard == [True] and desk.settings.welcomed


def test_the_language_of_the_system_is_chosen_and_another_is_asked_for(
    qtbot: QtBot, first: FirstStart, desk: Desk
) -> None:
    assert first.place.languages.checkedId() == 0
    with qtbot.waitSignal(desk.language_wanted) as heard:
        first.place.languages.button(1).click()
    assert heard.args == ["zh"] and load_settings().language == "zh" and not load_settings().welcomed
    with qtbot.assertNotEmitted(desk.language_wanted):
        first.place.languages.button(0).click()


def test_the_library_has_a_place_and_may_have_another(
    qtbot: QtBot, first: FirstStart, desk: Desk, jobs: FakeJobs, tmp_path: Path
) -> None:
    assert first.place.where.text() == str(house.default_library())
    jobs.answers[OpenLibrary] = lambda request: LibraryState(request.folder, 3, 2, (), 0, 0)
    first.place.other.click()
    dialog = first.findChild(QFileDialog)
    assert dialog is not None
    dialog.fileSelected.emit(str(tmp_path / "cases"))
    dialog.close()
    qtbot.waitUntil(lambda: first.place.where.text() == str(tmp_path / "cases"))
    assert "2 documents already" in first.place.note.text() and desk.settings.library == str(tmp_path / "cases")


def test_a_bad_place_gives_a_sentence_and_no_dead_end(
    qtbot: QtBot, first: FirstStart, desk: Desk, jobs: FakeJobs, tmp_path: Path
) -> None:
    jobs.answers[OpenLibrary] = UserProblem("library_read_only", folder=tmp_path)
    first.place.open_library(tmp_path)
    qtbot.waitUntil(lambda: "cannot be written" in first.place.note.text())
    assert first.place.other.isEnabled() and first.next.isEnabled() and desk.settings.library == ""


def test_a_home_that_cannot_be_written_is_told_while_there_is_no_other_window(
    first: FirstStart, desk: Desk, jobs: FakeJobs, tmp_path: Path
) -> None:
    jobs.troubled.emit(UserProblem("library_read_only", folder=tmp_path))
    assert not first.trouble.isHidden() and str(tmp_path) in first.trouble.text()
    jobs.opened.emit(EMPTY)  # another place was chosen
    assert first.trouble.isHidden()
    desk.complain(UserProblem("settings_not_saved", file=tmp_path / "x", fault="read-only"))
    assert str(tmp_path) in first.trouble.text()


def test_the_installed_model_is_named(qtbot: QtBot, first: FirstStart) -> None:
    first.go(1)
    qtbot.waitUntil(lambda: "“Qwen 0.5B” is installed" in said(first))
    assert first.findChild(CommandLine) is None


def test_one_of_several_other_models_can_be_chosen(qtbot: QtBot, first: FirstStart, desk: Desk, jobs: FakeJobs) -> None:
    jobs.answers[ListModels] = (OWN, replace(DEFAULT, installed=False, in_use=False), EMBEDDER)
    first.go(1)
    qtbot.waitUntil(lambda: "Which one is to write the answers?" in said(first))
    choice = next(one for one in first.findChildren(QPushButton) if one.text().startswith("Use “Own 4B”"))
    choice.click()
    qtbot.waitUntil(lambda: "“Own 4B” is installed" in said(first))
    assert desk.settings.model == "own"


def test_without_a_model_the_command_is_told_and_one_can_look_again(
    qtbot: QtBot, first: FirstStart, jobs: FakeJobs
) -> None:
    jobs.answers[ListModels] = tuple(replace(row, installed=False, in_use=False) for row in MODELS)
    first.go(1)
    qtbot.waitUntil(lambda: first.findChild(CommandLine) is not None)
    line = first.findChild(CommandLine)
    assert line is not None and line.command == "vademecum models fetch default e5-small"
    jobs.answers[ListModels] = MODELS
    next(one for one in first.findChildren(QPushButton) if one.text() == "Look again").click()
    qtbot.waitUntil(lambda: "is installed" in said(first))


def test_a_missing_embedding_model_is_told_as_well(qtbot: QtBot, first: FirstStart, jobs: FakeJobs) -> None:
    jobs.answers[ListModels] = (DEFAULT, replace(EMBEDDER, installed=False, in_use=False))
    first.go(1)
    qtbot.waitUntil(lambda: "finds the passages is not installed" in said(first))
    line = first.findChild(CommandLine)
    assert line is not None and line.command == "vademecum models fetch e5-small"


def test_a_model_file_is_imported_and_used(qtbot: QtBot, first: FirstStart, desk: Desk, jobs: FakeJobs) -> None:
    jobs.answers[ImportModel] = "own"
    jobs.answers[ListModels] = (OWN, EMBEDDER)
    first.go(1)
    first.model.importing.start(Path("/models/own.gguf"))
    qtbot.waitUntil(lambda: desk.settings.model == "own")
    qtbot.waitUntil(lambda: "“Own 4B” is installed" in said(first))
    assert not first.model.importing.isVisible()


def test_a_damaged_model_file_is_told_in_place(qtbot: QtBot, first: FirstStart, jobs: FakeJobs) -> None:
    jobs.answers[ImportModel] = UserProblem("model_not_gguf", file="x.gguf")
    first.go(1)
    first.model.importing.start(Path("/models/x.gguf"))
    qtbot.waitUntil(lambda: "is not a GGUF model file" in said(first))
    assert first.next.isEnabled()


def test_models_that_cannot_be_listed_are_no_dead_end(qtbot: QtBot, first: FirstStart, jobs: FakeJobs) -> None:
    jobs.answers[ListModels] = UserProblem("engine_is_off")
    first.go(1)
    qtbot.waitUntil(lambda: "The engine is not running" in said(first))
    first.next.click()
    assert first.dots.accessibleName() == "Step 3 of 3"


def test_the_samples_are_added_then_a_question_is_one_click(
    qtbot: QtBot, first: FirstStart, desk: Desk, jobs: FakeJobs
) -> None:
    first.go(2)
    assert not any(one.isEnabled() for one in first.trial.questions)
    first.trial.add.click()
    request = jobs.asked_for(AddFiles)[0]
    assert request.paths == house.sample_files() and request.collection == "Samples"
    qtbot.waitUntil(lambda: "2 documents are ready" in said(first))
    assert first.next.text() == "Open Vademecum"
    order: list[str] = []
    first.finished.connect(lambda: order.append("finished"))
    desk.question_wanted.connect(order.append)
    first.trial.questions[1].click()
    assert order == ["finished", desk.say("hint_dose")]  # the ask page must be there before it is given a question


def test_adding_the_samples_can_be_stopped_and_begun_again(qtbot: QtBot, first: FirstStart, jobs: FakeJobs) -> None:
    first.go(2)
    jobs.hold.add(AddFiles)
    first.trial.add.click()
    assert not first.trial.add.isEnabled()
    first.trial.stop.click()
    assert jobs.cancelled
    jobs.answers[AddFiles] = Cancelled()
    jobs.release(AddFiles)
    qtbot.waitUntil(first.trial.add.isEnabled)
    assert first.next.text() == "Start with an empty library"


def test_a_sample_that_is_rejected_is_told(qtbot: QtBot, first: FirstStart, jobs: FakeJobs) -> None:
    jobs.answers[AddFiles] = Change(2, added=("a.pdf",), rejected=(("b.pdf", "The file is empty."),))
    first.go(2)
    first.trial.add.click()
    qtbot.waitUntil(lambda: "b.pdf: The file is empty." in said(first))
    assert all(one.isEnabled() for one in first.trial.questions)


def test_the_engine_failing_is_told_and_no_dead_end(qtbot: QtBot, first: FirstStart, jobs: FakeJobs) -> None:
    jobs.answers[AddFiles] = UserProblem("engine_died")
    first.go(2)
    first.trial.add.click()
    qtbot.waitUntil(lambda: "stopped unexpectedly" in said(first))
    assert first.trial.add.isEnabled() and first.next.isEnabled()


def test_a_library_with_documents_is_not_called_empty(qtbot: QtBot, desk: Desk, jobs: FakeJobs) -> None:
    fill(jobs)
    made = FirstStart(desk)
    qtbot.addWidget(made)
    made.go(2)
    qtbot.waitUntil(lambda: made.next.text() == "Open Vademecum")
