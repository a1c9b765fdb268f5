"""The audit page: every answer, found again; the whole record; a plain word on whether the chain holds."""

from __future__ import annotations

import json
import time
from collections.abc import Callable
from pathlib import Path

import pytest
from PySide6.QtCore import QDate, Qt, QUrl
from PySide6.QtGui import QGuiApplication
from PySide6.QtWidgets import QCalendarWidget, QFileDialog, QWidget
from pytestqt.qtbot import QtBot

from core.errors import UserProblem
from core.nouns import Change, Citation
from desktop.channel import (
    AuditResult,
    ExportRecords,
    GetLibrary,
    ListRecords,
    OpenRecord,
    RecordLine,
    VerifyAudit,
    WholeRecord,
)
from desktop.window.desk import Desk
from desktop.window.pages.audit import AuditPage
from desktop.window.pages.audit_table import INTACT, KIND, MODEL, NUMBER, QUESTION
from tests.desktop.window.conftest import FakeJobs
from tests.desktop.window.ledger import BODY, CHECKPOINT, CITED, LINES, fill


@pytest.fixture
def page(qtbot: QtBot, desk: Desk, jobs: FakeJobs) -> AuditPage:
    """The page with three records."""
    fill(jobs)
    made = AuditPage(desk)
    qtbot.addWidget(made)
    made.resize(1200, 760)
    made.show()
    qtbot.waitUntil(lambda: made.model.rowCount() == 3)
    return made


def opened(qtbot: QtBot, page: AuditPage, row: int) -> WholeRecord:
    """Choose a row, and wait for its record."""
    page.table.selectRow(row)
    wanted = page.model.lines[row].sequence
    qtbot.waitUntil(lambda: page.view.record is not None and page.view.record.sequence == wanted)
    assert page.view.record is not None
    return page.view.record


def words(page: AuditPage, row: int, column: int) -> str:
    """What a cell shows."""
    return str(page.model.data(page.model.index(row, column)))


def test_lists_the_answers_the_newest_first_and_how_each_ended(page: AuditPage) -> None:
    assert [words(page, row, NUMBER) for row in range(3)] == ["3", "2", "1"]
    assert [words(page, row, KIND) for row in range(3)] == ["Stopped", "Not found", "Answered"]
    assert words(page, 0, QUESTION) == "Is <b>bold</b> harmful?"
    assert page.count.text() == "3 records"


def test_an_altered_record_is_marked_in_words_and_not_by_colour_alone(page: AuditPage) -> None:
    said = [page.model.data(page.model.index(row, INTACT), Qt.ItemDataRole.AccessibleTextRole) for row in (0, 1)]
    assert said == ["The record was changed after it was written", "The record is as it was written"]
    pictures = [page.model.data(page.model.index(row, INTACT), Qt.ItemDataRole.DecorationRole) for row in (0, 1)]
    first, second = (picture.pixmap(16, 16).toImage() for picture in pictures)  # type: ignore[attr-defined]
    assert first != second


def test_filters_by_words_days_and_collection_and_asks_once_for_what_was_typed(
    qtbot: QtBot, page: AuditPage, jobs: FakeJobs
) -> None:
    asked = len(jobs.asked_for(ListRecords))
    qtbot.keyClicks(page.words, "notice")
    qtbot.keyClicks(page.since, "2026-11-1")
    qtbot.keyClicks(page.until, "2026/11/22")
    qtbot.waitUntil(lambda: len(jobs.asked_for(ListRecords)) > asked)
    page.collection.setCurrentIndex(page.collection.findData("Contracts"))
    page.collection.activated.emit(1)
    latest = jobs.asked_for(ListRecords)[-1]
    assert latest == ListRecords("notice", "2026-11-01", "2026-11-22", "Contracts", latest.limit)
    assert len(jobs.asked_for(ListRecords)) == asked + 2


def test_a_day_that_is_none_is_shown_as_wrong_and_does_not_filter(page: AuditPage, qtbot: QtBot) -> None:
    qtbot.keyClicks(page.since, "soon")
    assert page.since.property("wrong") is True and page.filter().since == ""
    page.since.clear()
    assert page.since.property("wrong") is False


def test_a_day_can_be_chosen_from_a_calendar(page: AuditPage, qtbot: QtBot) -> None:
    qtbot.keyClick(page.since, Qt.Key.Key_Down, Qt.KeyboardModifier.AltModifier)
    calendar = page.since.findChild(QCalendarWidget)
    assert calendar is not None and calendar.isVisible()
    calendar.clicked.emit(QDate(2026, 11, 5))
    assert page.filter().since == "2026-11-05" and not calendar.isVisible()


def test_a_filter_that_finds_nothing_says_so_and_offers_all(page: AuditPage, qtbot: QtBot, jobs: FakeJobs) -> None:
    jobs.answers[ListRecords] = lambda request: () if request.words else LINES
    qtbot.keyClicks(page.words, "xyz")
    qtbot.waitUntil(lambda: page.left.currentWidget() is page._nothing)
    page.clear_filter()
    qtbot.waitUntil(lambda: page.model.rowCount() == 3)
    assert page.words.text() == ""


def test_a_library_without_records_says_that_they_will_stand_here(qtbot: QtBot, desk: Desk, jobs: FakeJobs) -> None:
    fill(jobs)
    jobs.answers[ListRecords] = ()
    page = AuditPage(desk)
    qtbot.addWidget(page)
    page.show()
    qtbot.waitUntil(lambda: page.left.currentWidget() is page._empty)
    assert not page.export.isEnabled()


def test_the_record_tells_the_whole_story(qtbot: QtBot, page: AuditPage) -> None:
    opened(qtbot, page, 2)
    told = page.view.text.toPlainText()
    for part in (
        *("Record 1", "asked by lee", "Notice?", "Contracts", "Searched 3 documents, 60 pages.", "Scan.pdf", "4–5"),
        *("Thirty days.", "Partly supported", "0.75", "the passage sets a condition; read the quote"),
        *("printed page xii, page 12 of the file", "thirty days of <notice>"),
        *(
            "Left out, and why",
            "Perhaps sixty.",
            "a number, unit, date or section in it is not in the passage it cites",
        ),
        *("0.912", "Other.pdf · page 2", "xiaozhi", "42", "7", "a" * 64, "b" * 64, "e" * 64, "f" * 64),
        *("1" * 64, "2" * 64, "4.0 s: search 0.1 s, writing 3.2 s, checking 0.5 s"),
    ):
        assert part in told, part


def test_the_record_tells_that_documents_did_not_agree(qtbot: QtBot, page: AuditPage, jobs: FakeJobs) -> None:
    sides = [CITED | {"date": "2019", "dated_by": "name"}, CITED | {"date": "2024-06-04", "dated_by": "text"}]
    body = BODY | {"disagreements": [{"about": "differ_figures", "sides": sides}]}
    jobs.answers[OpenRecord] = lambda request: WholeRecord(request.sequence, "0" * 64, "2" * 64, True, body)
    opened(qtbot, page, 2)
    told = page.view.text.toPlainText()
    assert "Your documents do not agree: they give different figures or dates." in told
    assert "(dated 2019 by its name)" in told and "(dated 2024-06-04)" in told


def test_what_was_asked_is_never_read_as_markup(qtbot: QtBot, page: AuditPage, jobs: FakeJobs) -> None:
    body = BODY | {"question": '<img src="http://example.org/x.png"><b>bold</b>'}
    jobs.answers[OpenRecord] = lambda request: WholeRecord(request.sequence, "0" * 64, "2" * 64, True, body)
    opened(qtbot, page, 2)
    assert '<img src="http://example.org/x.png"><b>bold</b>' in page.view.text.toPlainText()


def test_raw_json_is_everything_and_can_be_copied(qtbot: QtBot, page: AuditPage) -> None:
    opened(qtbot, page, 2)
    page.view.tabs.setCurrentIndex(1)
    page.view.copy()
    read = json.loads(QGuiApplication.clipboard().text())
    assert read["record"] == BODY and read["hash"] == "2" * 64 and read["previous"] == "1" * 64


def test_an_altered_record_warns(qtbot: QtBot, page: AuditPage) -> None:
    opened(qtbot, page, 0)
    assert "do not rely on it" in page.view.text.toPlainText()


@pytest.mark.parametrize(
    "body",
    [
        {"unreadable": "{broken"},
        {"question": 7, "scope": [], "sentences": "x", "candidates": 3, "coverage": {"unreadable": [["a"], 3]}},
        {"sentences": [{"text": "A", "verdict": "new", "citations": [{}]}], "removed": [None], "reason": "gone_key"},
        {"disagreements": [{"about": "gone_key", "sides": [{}]}, {"about": "differ_sense", "sides": [{}, {}]}, 3]},
        {"evidence": {"a": 1}, "seconds": {"total": None}, "model": None, "candidates": [{"page": "x"}]},
    ],
)
def test_a_damaged_record_is_shown_as_far_as_it_goes(
    qtbot: QtBot, page: AuditPage, jobs: FakeJobs, body: dict[str, object]
) -> None:
    jobs.answers[OpenRecord] = lambda request: WholeRecord(request.sequence, "0" * 64, "2" * 64, False, body)
    opened(qtbot, page, 1)
    assert "2" * 64 in page.view.text.toPlainText()


def test_a_citation_opens_in_the_page_viewer_without_guessed_rectangles(
    qtbot: QtBot, page: AuditPage, desk: Desk
) -> None:
    opened(qtbot, page, 2)
    with qtbot.waitSignal(desk.citation_wanted) as heard:
        page.view.text.anchorClicked.emit(QUrl("citation:0"))
    assert heard.args == [
        Citation("Contract.pdf", "d" * 64, 11, "xii", "p-1", CITED["start"], CITED["end"], CITED["quote"])  # type: ignore[arg-type]
    ]


def test_verify_says_in_one_line_that_the_record_holds(qtbot: QtBot, page: AuditPage) -> None:
    assert not page.copy_checkpoint.isEnabled()
    qtbot.mouseClick(page.verify, Qt.MouseButton.LeftButton)
    qtbot.waitUntil(lambda: "The record holds: of 3 entries" in page.result.text())
    assert page.result.property("role") == "good"
    page.copy_checkpoint.click()
    assert QGuiApplication.clipboard().text() == CHECKPOINT


def test_verify_goes_by_a_checkpoint_that_is_pasted(qtbot: QtBot, page: AuditPage, jobs: FakeJobs) -> None:
    page.checkpoint.setText(f"  {CHECKPOINT} ")
    qtbot.keyClick(page.checkpoint, Qt.Key.Key_Return)
    qtbot.waitUntil(lambda: "agrees with your checkpoint" in page.result.text())
    assert jobs.asked_for(VerifyAudit) == [VerifyAudit(CHECKPOINT)]


def test_verify_lists_what_is_wrong(qtbot: QtBot, page: AuditPage, jobs: FakeJobs) -> None:
    faults = tuple(f"Record {n} was changed after it was written." for n in range(1, 12))
    jobs.answers[VerifyAudit] = AuditResult(faults, 12, "12:" + "d" * 64)
    page.run_verify()
    qtbot.waitUntil(lambda: page.result.property("role") == "bad")
    assert faults[0] in page.result.text() and "and 3 more" in page.result.text()


def test_a_checkpoint_that_is_none_is_explained_in_place(qtbot: QtBot, page: AuditPage, jobs: FakeJobs) -> None:
    jobs.answers[VerifyAudit] = UserProblem("audit_bad_checkpoint", text="abc")
    page.run_verify()
    qtbot.waitUntil(lambda: "“abc” is not a checkpoint" in page.result.text())
    assert page.verify.isEnabled()


def test_export_writes_what_the_filter_shows(
    qtbot: QtBot, page: AuditPage, jobs: FakeJobs, desk: Desk, tmp_path: Path
) -> None:
    page.words.setText("notice")
    with qtbot.waitSignal(desk.noticed) as heard:
        page.run_export(tmp_path / "out.jsonl")
    assert heard.args == [f"3 records are in {tmp_path / 'out.jsonl'}.", "info"]
    assert jobs.asked_for(ExportRecords) == [ExportRecords(tmp_path / "out.jsonl", page.filter())]
    assert page.filter().words == "notice"


def test_export_asks_where_and_tells_why_it_failed(
    qtbot: QtBot, page: AuditPage, jobs: FakeJobs, desk: Desk, tmp_path: Path
) -> None:
    jobs.answers[ExportRecords] = UserProblem("cannot_write", path="x", fault="disk full")
    page.export.click()
    dialog = page.findChild(QFileDialog)
    assert dialog is not None
    with qtbot.waitSignal(desk.noticed) as heard:
        dialog.fileSelected.emit(str(tmp_path / "out.jsonl"))
    dialog.close()
    assert heard.args is not None and heard.args[1] == "bad" and page.export.isEnabled()


def test_a_list_that_comes_late_does_not_replace_a_newer_one(qtbot: QtBot, page: AuditPage, jobs: FakeJobs) -> None:
    jobs.answers[ListRecords] = lambda request: LINES[:1] if request.words == "old" else LINES[:2]
    jobs.hold.add(ListRecords)
    page.words.setText("old")
    page.refresh()
    page.words.setText("new")
    page.refresh()
    assert jobs.cancelled
    jobs.release(ListRecords)
    qtbot.waitUntil(lambda: page.model.rowCount() == 2)


def test_the_chosen_record_stays_chosen_when_the_list_is_read_anew(
    qtbot: QtBot, page: AuditPage, jobs: FakeJobs
) -> None:
    opened(qtbot, page, 2)
    newer = RecordLine(4, "2026-11-23T10:00:00+00:00", "lee", "New?", "answered", (), "default", True)
    jobs.answers[ListRecords] = (newer, *LINES)
    qtbot.keyClick(page, Qt.Key.Key_F5)
    qtbot.waitUntil(lambda: page.model.rowCount() == 4)
    assert page.table.currentIndex().row() == 3
    assert len(jobs.asked_for(OpenRecord)) == 1


def test_another_library_takes_the_old_record_and_result_away(qtbot: QtBot, page: AuditPage, jobs: FakeJobs) -> None:
    opened(qtbot, page, 2)
    page.run_verify()
    qtbot.waitUntil(page.copy_checkpoint.isEnabled)
    jobs.answers[ListRecords] = ()
    jobs.opened.emit(jobs.answers[GetLibrary])
    assert page.right.currentWidget() is not page.view
    assert not page.copy_checkpoint.isEnabled() and not page.result.isVisible()
    qtbot.waitUntil(lambda: page.model.rowCount() == 0)


def test_a_change_of_the_library_brings_new_collections(qtbot: QtBot, page: AuditPage, jobs: FakeJobs) -> None:
    asked = len(jobs.asked_for(GetLibrary))
    jobs.changed.emit(Change(9))
    qtbot.waitUntil(lambda: len(jobs.asked_for(GetLibrary)) > asked)


def test_ten_thousand_records_are_shown_and_scrolled_without_lag(qtbot: QtBot, page: AuditPage, jobs: FakeJobs) -> None:
    many = tuple(
        RecordLine(n, "2026-11-22T14:02:00+00:00", "lee", f"Question {n}?", "answered", (), "default", True)
        for n in range(10_000, 0, -1)
    )
    jobs.answers[ListRecords] = many
    page.refresh()
    qtbot.waitUntil(lambda: page.model.rowCount() == 10_000)
    assert "latest 10000" in page.count.text()

    def slowest(act: Callable[[int], object]) -> float:
        times = []
        for step in range(20):
            begun = time.thread_time()  # its work, not what else the machine does
            act(step)
            page.table.viewport().repaint()
            times.append(time.thread_time() - begun)
        return sorted(times)[-2]  # one hiccup of a shared machine is not the table's

    bar = page.table.verticalScrollBar()
    assert slowest(lambda step: bar.setValue(bar.maximum() * step // 20)) < 0.1
    assert slowest(lambda _: page.model.set_lines(many)) < 0.2


def test_a_record_can_be_asked_for_by_its_number(qtbot: QtBot, page: AuditPage, jobs: FakeJobs) -> None:
    jobs.answers[ListRecords] = lambda request: () if request.words else LINES
    page.words.setText("nothing has this")
    page.refresh()
    qtbot.waitUntil(lambda: page.model.rowCount() == 0)
    page.open_record(2)
    qtbot.waitUntil(lambda: page.view.record is not None and page.view.record.sequence == 2)


def test_in_a_narrow_window_the_question_keeps_its_room(qtbot: QtBot, page: AuditPage) -> None:
    page.resize(1900, 700)
    assert not any(page.table.isColumnHidden(column) for column in range(page.model.columnCount()))
    page.resize(820, 700)
    assert page.table.isColumnHidden(MODEL) and not page.table.isColumnHidden(INTACT)
    assert page.table.columnWidth(QUESTION) > 100


def test_everything_can_be_reached_by_keyboard_and_has_a_name(page: AuditPage) -> None:
    fields: tuple[QWidget, ...] = (page.words, page.since, page.until, page.collection, page.table, page.checkpoint)
    for widget in (*fields, page.view.text):
        assert widget.accessibleName(), widget
    for widget in (*fields, page.verify, page.export):
        assert widget.focusPolicy() & Qt.FocusPolicy.TabFocus, widget
    assert ("F5", "Read the list of records anew") in page.shortcuts()
