"""The health tab: a calm word when all is well, plain sentences and one button when it is not."""

from __future__ import annotations

import pytest
from PySide6.QtGui import QGuiApplication
from pytestqt.qtbot import QtBot

from core.errors import Cancelled, UserProblem
from core.messages import say
from core.nouns import Progress
from desktop.channel import Ailment, CheckHealth, Told
from desktop.window.desk import Desk
from desktop.window.pages.health import HealthPanel
from tests.desktop.window.conftest import FakeJobs
from tests.desktop.window.shelf import fill, open_page

ILL = (
    Ailment("doctor_content", say("doctor_content", name="letter.pdf"), False),
    Ailment("doctor_access", say("doctor_access", count=4), True),
)


@pytest.fixture
def health(qtbot: QtBot, desk: Desk, jobs: FakeJobs) -> HealthPanel:
    """The panel, shown."""
    panel = HealthPanel(desk)
    qtbot.addWidget(panel)
    panel.resize(900, 600)
    panel.show()
    return panel


def checked(qtbot: QtBot, jobs: FakeJobs) -> None:
    qtbot.waitUntil(lambda: not jobs.running)


def test_all_is_well_with_the_time_of_the_check(qtbot: QtBot, health: HealthPanel, jobs: FakeJobs) -> None:
    assert "Not checked yet" in health._title.text() and not health.mend_button.isVisible()
    jobs.answers[CheckHealth] = ()
    health.check_button.click()
    checked(qtbot, jobs)
    assert jobs.asked == [CheckHealth()]
    assert health._title.text() == "All is well" and health._words.text().startswith("Checked at ")
    assert not health.mend_button.isVisible() and not health.list.isVisible()


def test_what_is_wrong_is_listed_and_mended_with_one_button(qtbot: QtBot, health: HealthPanel, jobs: FakeJobs) -> None:
    jobs.answers[CheckHealth] = ILL
    health.check()
    checked(qtbot, jobs)
    assert health._title.text() == "1 thing needs attention"
    said = [health.list.item(row).text() for row in range(health.list.count())]
    assert said[0].endswith("It is read again from its original by “Mend”.")
    assert said[1].startswith("Mended: 4 files or folders")
    assert not any("vademecum" in sentence for sentence in said), "nobody types a command here"
    jobs.answers[CheckHealth] = (Ailment("doctor_content", ILL[0].sentence, True), ILL[1])
    health.mend_button.click()
    checked(qtbot, jobs)
    assert jobs.asked[-1] == CheckHealth(repair=True)
    assert health._title.text() == "Mended: all is well again" and not health.mend_button.isVisible()


@pytest.mark.parametrize("language", ["en", "zh"])
def test_no_sentence_of_the_doctor_names_a_command(
    qtbot: QtBot, health: HealthPanel, jobs: FakeJobs, language: str
) -> None:
    details = dict(
        name="a.pdf", collection="A", count=3, file="x", missing=1, extra=2, fault="io", sha256="ab", folder="/x"
    )
    for key in (
        *("doctor_database", "doctor_content", "doctor_original_missing", "doctor_original_damaged"),
        "doctor_content_and_original",
        *("doctor_orphans", "doctor_index_damaged", "doctor_index_rows", "doctor_pending", "doctor_access"),
        *("library_index_failed", "library_original_missing"),
    ):
        sentence = health._sentence(Ailment(key, say(key, language, **details), False))
        assert "vademecum" not in sentence and "--" not in sentence, sentence


def test_what_could_not_be_mended_stays_and_says_what_to_do(qtbot: QtBot, health: HealthPanel, jobs: FakeJobs) -> None:
    lost = Ailment("doctor_original_missing", say("doctor_original_missing", name="a.pdf", collection="General"), False)
    jobs.answers[CheckHealth] = (lost,)
    health.mend()
    checked(qtbot, jobs)
    assert "could not put right" in health._words.text()
    assert "Add the file again, or remove the document." in health.list.item(0).text()
    health._copy()
    assert QGuiApplication.clipboard().text() == lost.sentence


def test_a_check_shows_how_far_it_is_and_can_be_stopped(qtbot: QtBot, health: HealthPanel, jobs: FakeJobs) -> None:
    jobs.hold.add(CheckHealth)
    health.check()
    health.mend()
    (job,) = jobs.running
    jobs._arrived.emit(Told(job.id, Progress("stage_checking_originals", 3, 4)))
    qtbot.waitUntil(lambda: health._bar.value() == 750)
    assert health._stage.text() == "Checking the original files" and not health.check_button.isVisible()
    health._stop.click()
    assert jobs.cancelled == [job.id]
    jobs.answers[CheckHealth] = Cancelled()
    jobs.release(CheckHealth)
    qtbot.waitUntil(lambda: health._title.text() == "The check was stopped")
    assert health.check_button.isVisible()


def test_a_check_that_fails_says_why_in_place(qtbot: QtBot, health: HealthPanel, jobs: FakeJobs) -> None:
    jobs.answers[CheckHealth] = UserProblem("library_disk_full", folder="/x")
    health.check()
    checked(qtbot, jobs)
    assert "disk that holds /x is full" in health._words.text()


def test_the_index_is_rebuilt_from_the_advanced_part(qtbot: QtBot, health: HealthPanel, jobs: FakeJobs) -> None:
    assert not health.rebuild_button.isVisible()
    health._fold.click()
    assert health.rebuild_button.isVisible()
    jobs.answers[CheckHealth] = ()
    health.rebuild_button.click()
    checked(qtbot, jobs)
    assert jobs.asked == [CheckHealth(rebuild_index=True)]
    health._fold.click()
    assert not health.rebuild_button.isVisible()


def test_thousands_of_findings_are_listed_without_a_stall(qtbot: QtBot, health: HealthPanel, jobs: FakeJobs) -> None:
    jobs.answers[CheckHealth] = tuple(
        Ailment("doctor_original_missing", say("doctor_original_missing", name=f"{n}.pdf", collection="A"), False)
        for n in range(3000)
    )
    health.check()
    checked(qtbot, jobs)
    assert health._title.text() == "3000 things need attention" and health.list.count() == 3000


def test_the_tab_of_the_page(qtbot: QtBot, desk: Desk, jobs: FakeJobs) -> None:
    fill(jobs)
    page = open_page(qtbot, desk)
    assert not page.health.isVisible()
    page.tabs.setCurrentIndex(1)
    assert page.health.isVisible() and not page.documents.isVisible()
