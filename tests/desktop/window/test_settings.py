"""The settings page: everything takes effect at once, is kept, and the offline promise can be tried."""

from __future__ import annotations

from pathlib import Path

import pytest
from PySide6.QtCore import QPointF, Qt
from PySide6.QtGui import QGuiApplication, QWheelEvent
from PySide6.QtWidgets import QApplication, QFileDialog, QLabel
from pytestqt.qtbot import QtBot

from core.errors import UserProblem
from core.settings import Settings, load_settings, settings_file
from desktop import house
from desktop.channel import Configure, GetLibrary, Guard, OpenLibrary, ProveOffline
from desktop.window.desk import Desk
from desktop.window.pages.settings import SettingsPage
from tests.desktop.window.conftest import FakeJobs
from tests.desktop.window.ledger import STATE, fill


@pytest.fixture
def page(qtbot: QtBot, desk: Desk, jobs: FakeJobs) -> SettingsPage:
    """The page over an engine that does what it is asked."""
    fill(jobs)
    made = SettingsPage(desk)
    qtbot.addWidget(made)
    made.resize(1000, 900)
    made.show()
    qtbot.waitUntil(lambda: made.places.library.place is not None)
    return made


def test_another_language_is_kept_and_asked_for(qtbot: QtBot, page: SettingsPage, desk: Desk) -> None:
    field = page.look.language
    field.setCurrentIndex(field.findData("zh"))
    with qtbot.waitSignal(desk.language_wanted) as heard:
        field.activated.emit(field.currentIndex())
    assert heard.args == ["zh"] and load_settings().language == "zh"
    with qtbot.assertNotEmitted(desk.language_wanted):
        field.activated.emit(field.currentIndex())


def test_the_theme_changes_at_once(qtbot: QtBot, page: SettingsPage, desk: Desk) -> None:
    with qtbot.waitSignal(desk.restyled):
        page.look.themes.button(2).click()
    assert desk.theme.dark and load_settings().theme == "dark"
    page.look.themes.button(0).click()
    assert load_settings().theme == ""


def test_the_text_grows_while_the_slider_is_moved(qtbot: QtBot, page: SettingsPage, desk: Desk) -> None:
    before = QApplication.font().pointSizeF()
    page.look.text_size.setValue(15)
    assert page.look.percent.text() == "150%"
    qtbot.waitUntil(lambda: desk.settings.text_size == 150)
    assert QApplication.font().pointSizeF() == pytest.approx(before * 1.5)
    desk.change_settings(text_size=100)


def test_places_are_shown_and_can_be_copied(page: SettingsPage) -> None:
    places = page.places
    assert places.library.place == STATE.folder
    assert places.models.place == house.models_folder() and places.settings.place == settings_file()
    places.library.copy()
    assert QGuiApplication.clipboard().text() == str(STATE.folder)


def test_the_file_manager_shows_the_nearest_folder_that_exists(
    qtbot: QtBot, page: SettingsPage, desk: Desk, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    opened: list[str] = []

    def open_url(url: object) -> bool:
        opened.append(url.toLocalFile())  # type: ignore[attr-defined]
        return False

    monkeypatch.setattr("desktop.window.pages.settings.QDesktopServices.openUrl", open_url)
    page.places.models.show_place(tmp_path / "not" / "yet")
    with qtbot.waitSignal(desk.noticed) as heard:
        page.places.models.show_folder()
    assert opened == [str(tmp_path)] and heard.args is not None and str(tmp_path) in heard.args[0]


def test_another_library_is_opened_and_kept(
    qtbot: QtBot, page: SettingsPage, desk: Desk, jobs: FakeJobs, tmp_path: Path
) -> None:
    jobs.answers[OpenLibrary] = lambda request: STATE.__class__(request.folder, 1, 0, (), 0, 0)
    page.places.other.click()
    dialog = page.findChild(QFileDialog)
    assert dialog is not None
    with qtbot.waitSignal(jobs.opened):
        dialog.fileSelected.emit(str(tmp_path / "mine"))
    dialog.close()
    assert desk.settings.library == str(tmp_path / "mine") == load_settings().library
    assert page.places.library.place == tmp_path / "mine"
    page.places.open_library(house.default_library())
    qtbot.waitUntil(lambda: desk.settings.library == "")  # the default place needs no entry


def test_a_folder_that_will_not_do_gives_its_sentence_in_place(
    qtbot: QtBot, page: SettingsPage, desk: Desk, jobs: FakeJobs, tmp_path: Path
) -> None:
    jobs.answers[OpenLibrary] = UserProblem("library_folder_in_use", folder=tmp_path)
    page.places.open_library(tmp_path)
    qtbot.waitUntil(page.places.fault.isVisible)
    assert "already holds other files" in page.places.fault.text()
    assert desk.settings.library == "" and page.places.other.isEnabled()


def test_text_recognition_is_switched(page: SettingsPage, desk: Desk, jobs: FakeJobs) -> None:
    assert page.reading.ocr.isChecked()
    page.reading.ocr.click()
    assert load_settings().ocr is False and jobs.asked_for(Configure)[-1].settings.ocr is False


def test_limits_are_folded_kept_with_their_types_and_put_back(
    qtbot: QtBot, page: SettingsPage, desk: Desk, jobs: FakeJobs
) -> None:
    assert not page.reading.limits
    page.reading.fold.open()
    page.reading.limits["page_seconds"].setValue(90)
    page.reading.limits["max_pages"].setValue(500)
    qtbot.waitUntil(lambda: desk.settings.max_pages == 500)
    assert load_settings().page_seconds == 90.0 and isinstance(load_settings().page_seconds, float)
    assert len(jobs.asked_for(Configure)) == 1
    page.reading.reset.click()
    qtbot.waitUntil(lambda: desk.settings.max_pages == Settings().max_pages)


def test_the_wheel_changes_no_limit(page: SettingsPage) -> None:
    page.reading.fold.open()
    spin = page.reading.limits["max_pages"]
    value = spin.value()
    wheel = QWheelEvent(
        *(QPointF(5, 5), QPointF(5, 5), QPointF(0, -120).toPoint(), QPointF(0, -120).toPoint()),
        *(Qt.MouseButton.NoButton, Qt.KeyboardModifier.NoModifier, Qt.ScrollPhase.NoScrollPhase, False),
    )
    spin.wheelEvent(wheel)
    page.look.text_size.wheelEvent(wheel)
    assert spin.value() == value and page.look.text_size.value() == 10


def test_every_limit_in_the_fold_is_a_setting_in_words(page: SettingsPage) -> None:
    page.reading.fold.open()
    assert page.reading.fold.body is not None
    said = [one.text() for one in page.reading.fold.body.findChildren(QLabel)]
    words = {name: str(field.metadata["words"]) for name, field in Settings.__dataclass_fields__.items()}
    for name in page.reading.limits:
        assert words[name][0].upper() + words[name][1:] in said


def test_prove_it_lists_every_attempt(qtbot: QtBot, page: SettingsPage) -> None:
    with qtbot.waitSignal(page.offline.proved):
        page.offline.prove.click()
    assert page.offline.result.text() == "All 2 attempts were prevented."
    said = [one.text() for one in page.offline.findChildren(QLabel)]
    assert "To an address: refused" in said and "To a name: refused" in said


def test_an_attempt_that_got_through_is_not_hidden(qtbot: QtBot, page: SettingsPage, jobs: FakeJobs) -> None:
    jobs.answers[ProveOffline] = (Guard("To an address: got through", False), Guard("To a name: refused", True))
    with qtbot.waitSignal(page.offline.proved):
        page.offline.run_prove()
    assert page.offline.result.text().startswith("1 of 2 attempts were not prevented")
    assert page.offline.result.property("role") == "bad"


def test_a_proof_that_cannot_be_had_says_why(qtbot: QtBot, page: SettingsPage, jobs: FakeJobs) -> None:
    jobs.answers[ProveOffline] = UserProblem("engine_is_off")
    page.offline.run_prove()
    qtbot.waitUntil(lambda: "The engine is not running" in page.offline.result.text())
    assert page.offline.prove.isEnabled()


def test_version_and_licence_stand_below(page: SettingsPage) -> None:
    assert house.version() in page.about.text() and "Apache" in page.about.text()


def test_what_was_changed_elsewhere_is_shown_when_one_looks(
    qtbot: QtBot, page: SettingsPage, desk: Desk, jobs: FakeJobs
) -> None:
    page.hide()
    desk.change_settings(ocr=False, theme="dark")
    asked = len(jobs.asked_for(GetLibrary))
    page.show()
    assert not page.reading.ocr.isChecked() and page.look.themes.checkedId() == 2
    assert len(jobs.asked_for(GetLibrary)) == asked + 1
