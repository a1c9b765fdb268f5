"""The self-test in the window: told step by step, stopped, copied, saved; and models taken over from a folder."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from PySide6.QtGui import QGuiApplication
from PySide6.QtWidgets import QFileDialog, QLabel
from pytestqt.qtbot import QtBot

from core.errors import Cancelled, UserProblem
from core.nouns import Progress
from core.settings import Settings
from desktop import house
from desktop.channel import (
    CheckFiles,
    Fact,
    FilesChecked,
    ListModels,
    SelfTest,
    SelfTestReport,
    SelfTestStep,
    TakeOverModels,
)
from desktop.window.desk import Desk
from desktop.window.first_start import FirstStart
from desktop.window.model_import import CommandLine
from desktop.window.pages.models import ModelsPage
from desktop.window.pages.self_test import SelfTestCard
from desktop.window.pages.settings import SettingsPage
from tests.desktop.window.conftest import FakeJobs
from tests.desktop.window.ledger import MODELS, fill

HELD = SelfTestStep("self_test_audit", "held", 1.25, (Fact("self_test_audit_is", {"count": 3}),))
BROKEN = SelfTestStep(
    "self_test_citations", "failed", 0.1, (), Fact("self_test_citations_wrong", {"count": 1, "total": 6})
)


def report(*steps: SelfTestStep) -> SelfTestReport:
    return SelfTestReport("0.1.0", True, "Linux", "A processor", 2, 8 << 30, 4 << 30, (("torch", "2"),), 9.0, steps)


@pytest.fixture
def card(qtbot: QtBot, desk: Desk) -> SelfTestCard:
    made = SelfTestCard(desk)
    qtbot.addWidget(made)
    made.show()
    return made


def test_each_step_is_told_as_it_ends_and_the_report_at_the_end(
    qtbot: QtBot, card: SelfTestCard, jobs: FakeJobs
) -> None:
    jobs.hold.add(SelfTest)
    card.test.click()
    assert card.stop.isVisible() and not card.test.isEnabled() and not card.files.isEnabled()
    card.test.click()
    assert len(jobs.asked_for(SelfTest)) == 1
    jobs.answers[SelfTest] = [Progress("stage_reading", 1, 4, "a.pdf"), HELD, report(HELD)]
    jobs.release(SelfTest)
    qtbot.waitUntil(card.save.isVisible)
    text = card.report.toPlainText()
    assert "Vademecum 0.1.0" in text and "A processor" in text and "3 records, unaltered" in text
    assert card.state.text() == "Everything that was tested works." and not card.stop.isVisible()


def test_a_step_is_shown_before_the_end(qtbot: QtBot, card: SelfTestCard, jobs: FakeJobs) -> None:
    jobs.answers[SelfTest] = [HELD, Cancelled()]
    card.test.click()
    qtbot.waitUntil(lambda: card.state.text() == "Stopped.")
    assert "✔ Audit record (1.2 s)" in card.report.toPlainText() and card.copy.isVisible()


def test_what_does_not_hold_is_said_in_red(qtbot: QtBot, card: SelfTestCard, jobs: FakeJobs) -> None:
    jobs.answers[SelfTest] = report(HELD, BROKEN)
    card.test.click()
    qtbot.waitUntil(card.save.isVisible)
    assert card.state.property("role") == "bad" and "1 of 2 steps" in card.state.text()
    assert "1 of 6 quotes are not on the page" in card.report.toPlainText()


def test_it_can_be_stopped(qtbot: QtBot, card: SelfTestCard, jobs: FakeJobs) -> None:
    jobs.hold.add(SelfTest)
    card.test.click()
    card.stop.click()
    assert len(jobs.cancelled) == 1
    jobs.answers[SelfTest] = Cancelled()
    jobs.release(SelfTest)
    qtbot.waitUntil(card.test.isEnabled)
    assert card.state.text() == "Stopped." and not card.report.isVisible()


def test_the_report_is_copied_and_saved(
    qtbot: QtBot, card: SelfTestCard, desk: Desk, jobs: FakeJobs, tmp_path: Path
) -> None:
    jobs.answers[SelfTest] = report(HELD)
    card.test.click()
    qtbot.waitUntil(card.save.isVisible)
    card.copy.click()
    assert QGuiApplication.clipboard().text() == card.report.toPlainText()
    card.save.click()
    dialog = card.findChild(QFileDialog)
    assert dialog is not None
    with qtbot.waitSignal(desk.noticed):
        dialog.fileSelected.emit(str(tmp_path / "report.txt"))
    dialog.close()
    assert (tmp_path / "report.txt").read_text(encoding="utf-8") == card.report.toPlainText()
    with qtbot.waitSignal(desk.noticed) as heard:
        card.save_report(tmp_path / "not there" / "report.txt")
    assert heard.args is not None and heard.args[1] == "bad"


def test_the_files_are_checked(qtbot: QtBot, card: SelfTestCard, jobs: FakeJobs) -> None:
    jobs.answers[CheckFiles] = [Progress("manifest_checking", 1, 2), FilesChecked(1200)]
    card.files.click()
    qtbot.waitUntil(lambda: card.state.text() == "All 1200 files of the program are as they were built.")
    assert not card.report.isVisible()
    jobs.answers[CheckFiles] = FilesChecked(1200, changed=("_internal/a.so",), missing=("b",), extra=("c",))
    card.files.click()
    qtbot.waitUntil(card.report.isVisible)
    assert "changed: _internal/a.so\nmissing: b\nnot part of the program: c" in card.report.toPlainText()
    assert card.state.property("role") == "bad"


def test_a_copy_that_runs_from_its_sources_says_so(qtbot: QtBot, card: SelfTestCard, jobs: FakeJobs) -> None:
    jobs.answers[CheckFiles] = UserProblem("manifest_from_source")
    card.files.click()
    qtbot.waitUntil(lambda: "runs from its sources" in card.state.text())
    assert card.files.isEnabled()


def test_the_settings_page_has_it(qtbot: QtBot, desk: Desk) -> None:
    page = SettingsPage(desk)
    qtbot.addWidget(page)
    assert isinstance(page.self_test, SelfTestCard)


# -- models from a folder


@pytest.fixture
def page(qtbot: QtBot, desk: Desk, jobs: FakeJobs) -> ModelsPage:
    fill(jobs)
    made = ModelsPage(desk)
    qtbot.addWidget(made)
    made.show()
    qtbot.waitUntil(lambda: len(made.cards) == 4)
    return made


def choose(owner: ModelsPage | FirstStart, folder: str) -> None:
    dialog = owner.findChild(QFileDialog)
    assert dialog is not None
    dialog.fileSelected.emit(folder)
    dialog.close()


def test_models_are_taken_over_on_their_page(qtbot: QtBot, page: ModelsPage, jobs: FakeJobs) -> None:
    jobs.hold.add(TakeOverModels)
    page.carry.click()
    choose(page, "/media/stick")
    assert jobs.asked_for(TakeOverModels) == [TakeOverModels(Path("/media/stick"))]
    assert page.importing.title.text() == "Taking over models from stick"
    page.importing.take_over(Path("/media/other"))
    assert len(jobs.asked_for(TakeOverModels)) == 1, "one at a time"
    before = len(jobs.asked_for(ListModels))
    jobs.answers[TakeOverModels] = [Progress("model_copying", 1, 2, "default"), ("default", "e5-small")]
    jobs.release(TakeOverModels)
    qtbot.waitUntil(lambda: page.importing.title.text() == "Taken over and checked: default, e5-small")
    assert len(jobs.asked_for(ListModels)) == before + 1


def test_a_stick_without_models_gives_its_sentence(qtbot: QtBot, page: ModelsPage, jobs: FakeJobs) -> None:
    jobs.answers[TakeOverModels] = UserProblem("carry_nothing", folder="/media/stick")
    page.importing.take_over(Path("/media/stick"))
    qtbot.waitUntil(lambda: "There are no models in /media/stick" in page.importing.stage.text())


@pytest.fixture
def first(qtbot: QtBot, desk: Desk, jobs: FakeJobs) -> Iterator[FirstStart]:
    fill(jobs)
    jobs.answers[ListModels] = ()
    desk.settings = Settings(theme="light")
    made = FirstStart(desk)
    made.show()
    made.go(1)
    qtbot.waitUntil(lambda: made.model.findChild(CommandLine) is not None)
    yield made
    made.deleteLater()


def test_the_first_start_takes_models_over(qtbot: QtBot, first: FirstStart, jobs: FakeJobs) -> None:
    def take(_: TakeOverModels) -> tuple[str, ...]:
        jobs.answers[ListModels] = MODELS
        return ("default", "e5-small")

    jobs.answers[TakeOverModels] = take
    first.model.carry.click()
    choose(first, "/media/stick")
    qtbot.waitUntil(lambda: "“Qwen 0.5B” is installed" in first.model.state.text())
    assert first.model.findChild(CommandLine) is None


def test_the_built_program_names_the_way_over_a_stick(
    qtbot: QtBot, first: FirstStart, monkeypatch: pytest.MonkeyPatch
) -> None:
    line = first.model.findChild(CommandLine)
    assert line is not None and line.command == "vademecum models fetch default e5-small"
    monkeypatch.setattr(house, "frozen", lambda: True)
    first.model.refresh()
    qtbot.waitUntil(lambda: any("USB stick" in one.text() for one in first.model.findChildren(QLabel)))
    line = first.model.findChildren(CommandLine)[-1]
    assert line.command.endswith("&& vademecum models export FOLDER default e5-small")
