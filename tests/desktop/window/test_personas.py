"""The personas page: who there is, who speaks, what comes and goes, and the form that loses nothing."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest
from PySide6.QtCore import QMimeData, QPointF, Qt, QUrl
from PySide6.QtGui import QDropEvent
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QFileDialog, QLabel, QLineEdit, QMenu, QPushButton, QVBoxLayout
from pytestqt.qtbot import QtBot

from core.errors import TryAgain, UserProblem
from core.nouns import Dialogue, ModelIdentity, Voice
from core.settings import load_settings
from desktop import channel
from desktop.channel import (
    BeginPersona,
    CheckPersona,
    DiscardBench,
    ExportMerged,
    ExportPersona,
    ImportPersona,
    ListPersonas,
    MergedTry,
    ReadDialogues,
    RemovePersona,
    SavePersona,
    State,
)
from desktop.window.confirm import Confirm
from desktop.window.desk import Desk
from desktop.window.pages import persona_drafts
from desktop.window.pages.persona_form import FormStep, words_of
from desktop.window.pages.persona_new import NewPersona
from desktop.window.pages.persona_pane import PersonaPane
from desktop.window.pages.personas import PersonasPage
from desktop.window.persona_switch import PersonaSwitch
from tests.desktop.window import workbench as w
from tests.desktop.window.conftest import FakeJobs


@pytest.fixture
def shop(jobs: FakeJobs) -> w.Workshop:
    """The engine's side."""
    return w.Workshop(jobs)


@pytest.fixture
def page(qtbot: QtBot, desk: Desk, shop: w.Workshop) -> PersonasPage:
    """The page with two installed personas (one does not fit), one in the making and one that ships."""
    desk.settings = replace(desk.settings, persona="xiaozhi")
    made = PersonasPage(desk)
    qtbot.addWidget(made)
    made.resize(1100, 800)
    made.show()
    qtbot.waitUntil(lambda: len(made.list.rows) == 4)
    return made


def chosen(page: PersonasPage, qtbot: QtBot, id: str) -> PersonaPane:
    """The pane of that persona, its bench read."""
    page.list.choose(id)
    qtbot.waitUntil(lambda: page.pane is not None and page.pane.id == id)
    pane = page.pane
    assert pane is not None
    qtbot.waitUntil(lambda: pane.bench is None or pane.bench.view is not None)
    return pane


def form_of(page: PersonasPage, qtbot: QtBot, id: str = "own") -> FormStep:
    """Its form, filled in."""
    form = chosen(page, qtbot, id).form
    assert form is not None
    return form


def type_into(form: FormStep, name: str, language: str, text: str) -> None:
    """As somebody types it over what is there."""
    field = form.texts[name, language]
    field.selectAll()
    QTest.keyClick(field, Qt.Key.Key_Delete)
    QTest.keyClicks(field, text)


def said(place: QVBoxLayout) -> list[str]:
    """The labels in a layout."""
    widgets = [item.widget() for i in range(place.count()) if (item := place.itemAt(i)) is not None]
    return [one.text() for one in widgets if isinstance(one, QLabel)]


def answer(page: PersonasPage, go: bool) -> str:
    """Answer the one question that stands on the screen; what it asked."""
    (box,) = [box for box in page.findChildren(Confirm) if box.isVisible()]
    asked = f"{box.text()} {box.informativeText()}"
    (box.go if go else box.stay).click()
    return asked


# -- who there is


def test_the_list_has_a_group_for_each_state(page: PersonasPage) -> None:
    shown = [str(page.list.model().index(row, 0).data()) for row in range(page.list.model().rowCount())]
    assert shown == [
        *("Installed", "Xiaozhi", "Mingyi"),
        *("In the making", "Ledger"),
        *("Ready to begin with", "Mingyi"),
    ]
    told = {row.persona.id: page.list.told(row) for row in page.list.rows}
    assert told == {
        "xiaozhi": "xiaozhi · in use",
        "other": "other · for another model",
        "own": "own · not installed yet",
        "hospital": "hospital · comes with the program",
    }


def test_the_arrow_keys_pass_over_the_headings(page: PersonasPage, qtbot: QtBot) -> None:
    page.list.setFocus()
    assert page.pane is not None and page.pane.id == "xiaozhi"  # the one in use is shown first
    for wanted in ("other", "own", "hospital"):
        QTest.keyClick(page.list, Qt.Key.Key_Down)
        assert page.pane is not None and page.pane.id == wanted


def test_only_what_makes_sense_can_be_done(page: PersonasPage, qtbot: QtBot) -> None:
    can = {}
    for id in ("xiaozhi", "other", "own", "hospital"):
        pane = chosen(page, qtbot, id)
        can[id] = (
            pane.use.isVisible() and pane.use.isEnabled(),
            pane.unuse.isVisible(),
            pane.copy.isVisible(),
            list(pane.steps),
        )
    assert can == {
        "xiaozhi": (False, True, False, ["about", "trial"]),
        "other": (False, False, False, ["about", "trial"]),
        "own": (False, False, False, ["form", "lessons", "training", "gate", "trial"]),
        "hospital": (False, False, True, ["about"]),
    }
    assert "made for the model qwen-7b" in chosen(page, qtbot, "other").misfit.text()


def test_a_damaged_one_says_so_and_can_only_be_removed(page: PersonasPage, jobs: FakeJobs, qtbot: QtBot) -> None:
    rows = jobs.answers[ListPersonas](None)  # type: ignore[operator]
    damaged = tuple(
        replace(row, problem="Its files are damaged.") if row.persona.id == "other" else row for row in rows
    )
    jobs.answers[ListPersonas] = damaged
    page.refresh()
    qtbot.waitUntil(lambda: any(row.problem for row in page.list.rows))
    pane = chosen(page, qtbot, "other")
    assert pane.misfit.text() == "Its files are damaged." and not pane.use.isEnabled()
    assert page.list.told(pane.row) == "other · damaged"
    pane.open_menu()
    (menu,) = pane.findChildren(QMenu)
    enabled = {action.text(): action.isEnabled() for action in menu.actions() if action.text()}
    assert enabled["Remove …"] and not enabled["Export as a file …"] and not enabled["Export a merged model …"]
    menu.close()


def test_a_list_that_cannot_be_read_says_why(page: PersonasPage, jobs: FakeJobs, qtbot: QtBot) -> None:
    jobs.answers[ListPersonas] = UserProblem("engine_is_off")
    page.refresh()
    qtbot.waitUntil(page.problem.isVisible)


# -- new, in, out, gone


def test_a_new_one_begins_like_one_that_ships(page: PersonasPage, jobs: FakeJobs, qtbot: QtBot) -> None:
    page.ask_new("hospital")
    (dialog,) = page.findChildren(NewPersona)
    assert dialog.id.text() == "hospital"
    dialog.id.setText("ward-7")
    dialog.go.click()
    qtbot.waitUntil(lambda: page.pane is not None and page.pane.id == "ward-7")
    assert jobs.asked_for(BeginPersona) == [BeginPersona("ward-7", "hospital")]
    form = form_of(page, qtbot, "ward-7")
    assert form.texts["name", "zh"].text() == "明医" and len(form.glossary.rows) == 24


def test_an_installed_one_can_be_copied_although_it_does_not_ship(
    page: PersonasPage, jobs: FakeJobs, qtbot: QtBot
) -> None:
    page.ask_new("own")
    (dialog,) = page.findChildren(NewPersona)
    assert dialog.id.text() == "own-2"
    dialog.go.click()
    qtbot.waitUntil(lambda: page.pane is not None and page.pane.id == "own-2")
    assert jobs.asked_for(BeginPersona) == [BeginPersona("own-2", "")]
    assert form_of(page, qtbot, "own-2").persona == replace(w.OWN, id="own-2")


def test_a_name_that_is_taken_is_told_in_the_dialog(page: PersonasPage, qtbot: QtBot) -> None:
    page.ask_new()
    (dialog,) = page.findChildren(NewPersona)
    dialog.id.setText("own")
    QTest.keyClick(dialog.id, Qt.Key.Key_Return)
    qtbot.waitUntil(dialog.problem.isVisible)
    assert "has been begun already" in dialog.problem.text() and dialog.go.isEnabled()
    dialog.id.setText("")
    dialog._enable()
    assert not dialog.go.isEnabled()
    dialog.reject()


def test_use_and_stop_using_are_kept_and_told(page: PersonasPage, desk: Desk, shop: w.Workshop, qtbot: QtBot) -> None:
    told: list[str] = []
    desk.noticed.connect(lambda sentence, _: told.append(sentence))
    chosen(page, qtbot, "xiaozhi").unuse.click()
    qtbot.waitUntil(lambda: shop.used == "" and not any(row.in_use for row in page.list.rows))
    chosen(page, qtbot, "xiaozhi").use.click()
    qtbot.waitUntil(lambda: any(row.in_use for row in page.list.rows))
    assert load_settings().persona == "xiaozhi"
    assert told == ["No persona speaks from now on.", "“Xiaozhi” speaks from now on."]


def test_a_file_is_imported_and_another_only_replaced_when_agreed(
    page: PersonasPage, jobs: FakeJobs, shop: w.Workshop, qtbot: QtBot
) -> None:
    file = Path("/stick/hospital.persona")
    page.import_file(file)
    qtbot.waitUntil(lambda: page.pane is not None and page.pane.id == "hospital" and page.pane.row.installed)
    page.import_file(file)
    qtbot.waitUntil(lambda: any(box.isVisible() for box in page.findChildren(Confirm)))
    assert "Replace the installed persona?" in answer(page, True)
    qtbot.waitUntil(lambda: jobs.asked_for(ImportPersona)[-1] == ImportPersona(file, True))


def test_a_file_that_is_no_persona_says_so_in_place(page: PersonasPage, jobs: FakeJobs, qtbot: QtBot) -> None:
    jobs.answers[ImportPersona] = UserProblem("shelf_file_foreign", file="x.persona")
    page.import_file(Path("x.persona"))
    qtbot.waitUntil(page.problem.isVisible)
    assert "x.persona" in page.problem.text()


def test_a_persona_file_can_be_dropped_and_documents_are_left_to_the_window(page: PersonasPage, jobs: FakeJobs) -> None:
    for name in ("/a.pdf", "/a.persona"):
        data = QMimeData()
        data.setUrls([QUrl.fromLocalFile(name)])
        where, copy = QPointF(9, 9), Qt.DropAction.CopyAction
        page.dropEvent(QDropEvent(where, copy, data, Qt.MouseButton.LeftButton, Qt.KeyboardModifier.NoModifier))
    assert jobs.asked_for(ImportPersona) == [ImportPersona(Path("/a.persona"))]


def test_export_asks_where_and_tells_when_it_is_there(
    page: PersonasPage, desk: Desk, jobs: FakeJobs, qtbot: QtBot
) -> None:
    told: list[str] = []
    desk.noticed.connect(lambda sentence, _: told.append(sentence))
    chosen(page, qtbot, "xiaozhi").export_wanted.emit("xiaozhi")
    (dialog,) = page.findChildren(QFileDialog)
    dialog.fileSelected.emit("/stick/x.persona")
    qtbot.waitUntil(lambda: bool(told))
    assert jobs.asked_for(ExportPersona) == [ExportPersona("xiaozhi", Path("/stick/x.persona"))]
    assert told == ["“xiaozhi” is in /stick/x.persona."]
    dialog.reject()


def test_removing_asks_and_one_in_use_stops_speaking_first(
    page: PersonasPage, jobs: FakeJobs, shop: w.Workshop, qtbot: QtBot
) -> None:
    chosen(page, qtbot, "xiaozhi")
    page._ask_removal("xiaozhi")
    assert "It is in use" in answer(page, False)
    assert not jobs.asked_for(RemovePersona)
    page._ask_removal("xiaozhi")
    answer(page, True)
    qtbot.waitUntil(lambda: "xiaozhi" not in shop.shelf)
    assert shop.used == "" and load_settings().persona == ""
    kinds = [type(request).__name__ for request in jobs.asked]
    assert kinds.index("Configure") < kinds.index("RemovePersona")
    qtbot.waitUntil(lambda: not any(row.installed for row in page.list.rows if row.persona.id == "xiaozhi"))


def test_what_is_in_the_making_is_deleted_only_when_agreed(page: PersonasPage, jobs: FakeJobs, qtbot: QtBot) -> None:
    chosen(page, qtbot, "own")
    page._ask_discard("own")
    assert "cannot be brought back" in answer(page, False)
    assert not jobs.asked_for(DiscardBench)
    page._ask_discard("own")
    answer(page, True)
    qtbot.waitUntil(lambda: "own" not in [row.persona.id for row in page.list.rows])
    assert page.pane is None or page.pane.id != "own"


def test_a_merged_model_tells_which_types_kept_the_persona(page: PersonasPage, jobs: FakeJobs, qtbot: QtBot) -> None:
    panel = chosen(page, qtbot, "xiaozhi").merging
    panel.begin()
    assert [panel.kind.itemText(i) for i in range(panel.kind.count())] == ["Q4_K_M", "Q5_K_M", "Q6_K", "Q8_0", "F16"]
    panel.start(Path("/out/x.gguf"))
    qtbot.waitUntil(panel.result.isVisible)
    assert jobs.asked_for(ExportMerged) == [ExportMerged("xiaozhi", Path("/out/x.gguf"), "Q4_K_M")]
    words = [one.text() for one in panel.result.findChildren(QLabel) if one.text()]
    assert words[0] == "Written as Q5_K_M: x.gguf" and "only who it is" in words[1]
    assert words[-8:] == ["Q4_K_M", "61%", "397 MB", "lost", "Q5_K_M", "97%", "418 MB", "kept"]
    assert panel.tried[0] == MergedTry("Q4_K_M", False, 61.0, 397_000_000)


def test_a_merge_that_cannot_be_says_why_and_can_be_tried_again(
    page: PersonasPage, jobs: FakeJobs, qtbot: QtBot
) -> None:
    jobs.answers[ExportMerged] = UserProblem("output_no_room", folder="/out", needed=900, free=3)
    panel = chosen(page, qtbot, "xiaozhi").merging
    panel.begin()
    panel.start(Path("/out/x.gguf"))
    qtbot.waitUntil(panel.strip.problem.isVisible)
    assert "900 MB are needed" in panel.strip.problem.text() and panel.go.isEnabled()
    panel.rest()
    assert not panel.isVisible()


# -- the form


def test_the_form_gives_back_what_it_was_given(page: PersonasPage, qtbot: QtBot) -> None:
    form = form_of(page, qtbot)
    assert form.persona == w.OWN and not form.unsaved
    for persona in (w.HOSPITAL, replace(w.XIAOZHI, voice=Voice.OWN, own_voice=("Sure, a look!", "好呀，看看。"))):
        form.fill(replace(persona, id="own"))
        assert form.persona == replace(persona, id="own")


def test_cells_are_parted_by_semicolons_of_either_kind() -> None:
    assert words_of("NDA; 保密协议；MFN、 ;") == ("NDA", "保密协议", "MFN")
    assert words_of("earnings before interest, taxes") == ("earnings before interest, taxes",)


def test_what_is_typed_is_checked_and_kept_by_itself(page: PersonasPage, jobs: FakeJobs, qtbot: QtBot) -> None:
    form = form_of(page, qtbot)
    type_into(form, "name", "en", "Abacus")
    assert form.unsaved and form.keep.isEnabled()
    qtbot.waitUntil(lambda: bool(jobs.asked_for(SavePersona)), timeout=3000)
    assert jobs.asked_for(SavePersona)[-1].persona.name.en == "Abacus" and len(jobs.asked_for(CheckPersona)) == 1
    qtbot.waitUntil(lambda: form.state.text() == "Saved.")
    assert not form.unsaved and not form.keep.isEnabled()
    qtbot.waitUntil(lambda: page.list.rows[2].persona.name.en == "Abacus")
    assert page.pane is not None and page.pane.title.text() == "Abacus"


def test_slips_stand_at_their_fields(page: PersonasPage, qtbot: QtBot) -> None:
    form = form_of(page, qtbot)
    type_into(form, "name", "en", "")
    type_into(form, "name", "zh", "")
    type_into(form, "greeting", "en", "I know 7 files.")
    form.glossary.grid.append([["净现值", "", "", "", ""]])
    qtbot.waitUntil(lambda: bool(said(form.slips["name"])), timeout=3000)
    assert said(form.slips["name"]) == ["The persona has no name."]
    assert said(form.slips["greeting"]) == ["The greeting has a number in it."]
    assert said(form.slips["glossary"]) == ["The glossary contradicts itself."]
    warned = form.slips["greeting"].itemAt(0)
    assert warned is not None and warned.widget().property("role") == "warn"
    type_into(form, "name", "en", "Ledger")
    qtbot.waitUntil(lambda: not said(form.slips["name"]), timeout=3000)


def test_many_slips_at_one_field_are_counted(page: PersonasPage, qtbot: QtBot) -> None:
    form = form_of(page, qtbot)
    form.show_slips([channel.Slip("glossary", f"Entry {n}.", False) for n in range(8)])
    assert said(form.slips["glossary"]) == ["Entry 0.", "Entry 1.", "Entry 2.", "… and 5 more."]


def test_a_form_that_the_engine_cannot_take_is_kept_and_sent_again(
    page: PersonasPage, desk: Desk, jobs: FakeJobs, shop: w.Workshop, qtbot: QtBot
) -> None:
    jobs.answers[SavePersona] = TryAgain("engine_died")
    form = form_of(page, qtbot)
    type_into(form, "name", "en", "Abacus")
    form.save()
    qtbot.waitUntil(lambda: "Not saved yet" in form.state.text())
    kept = persona_drafts.kept("own")
    assert kept is not None and kept == form.persona and kept.name.en == "Abacus"
    jobs.answers[SavePersona] = shop.save
    jobs.say_state(State("ready"))
    qtbot.waitUntil(lambda: form.state.text() == "Saved.", timeout=3000)
    assert persona_drafts.kept("own") is None and shop.benches["own"].persona.name.en == "Abacus"


def test_what_was_typed_when_the_window_closed_is_there_at_the_next_start(
    page: PersonasPage, desk: Desk, shop: w.Workshop, qtbot: QtBot
) -> None:
    form = form_of(page, qtbot)
    type_into(form, "purpose", "en", "Help with invoices")
    page.leave()
    form._keeping.stop()  # the window is gone before the engine has it
    page.hide()
    again = PersonasPage(desk)
    qtbot.addWidget(again)
    again.show()
    qtbot.waitUntil(lambda: len(again.list.rows) == 4)
    form = form_of(again, qtbot)
    qtbot.waitUntil(lambda: form.texts["purpose", "en"].text() == "Help with invoices")
    qtbot.waitUntil(lambda: shop.benches["own"].persona.purpose.en == "Help with invoices", timeout=3000)


def test_another_persona_is_chosen_and_nothing_typed_is_lost(
    page: PersonasPage, shop: w.Workshop, qtbot: QtBot
) -> None:
    form = form_of(page, qtbot)
    type_into(form, "name", "en", "Abacus")
    page.list.choose("hospital")
    qtbot.waitUntil(lambda: shop.benches["own"].persona.name.en == "Abacus", timeout=500)
    assert form_of(page, qtbot).texts["name", "en"].text() == "Abacus"


def test_the_glossary_is_filled_in_by_keys(page: PersonasPage, qtbot: QtBot) -> None:
    form = form_of(page, qtbot)
    form.glossary.add.click()
    table = form.glossary.table
    (editor,) = table.viewport().findChildren(QLineEdit)
    QTest.keyClicks(editor, "goodwill")
    QTest.keyClick(editor, Qt.Key.Key_Return)
    qtbot.waitUntil(lambda: form.persona.glossary[-1].term == "goodwill")
    table.selectRow(0)
    QTest.keyClick(table, Qt.Key.Key_Delete)
    assert len(form.persona.glossary) == 24 and form.persona.glossary[0].term != w.OWN.glossary[0].term
    form.glossary.add.click()  # a row with nothing in it is none
    assert len(form.persona.glossary) == 24


def test_own_sentences_are_asked_for_only_where_they_are_the_voice(page: PersonasPage, qtbot: QtBot) -> None:
    form = form_of(page, qtbot)
    assert not form.own_voice.isVisibleTo(form)
    form.voice.setCurrentIndex(form.voice.findData("own"))
    form.voice.activated.emit(form.voice.currentIndex())
    assert form.own_voice.isVisibleTo(form) and form.persona.voice is Voice.OWN and form.unsaved


def test_dialogues_come_from_files_and_the_clipboard(page: PersonasPage, jobs: FakeJobs, qtbot: QtBot) -> None:
    form = form_of(page, qtbot)
    form.read(Path("/d.csv"))
    qtbot.waitUntil(lambda: len(form.dialogues.rows) == 3)
    assert jobs.asked_for(ReadDialogues) == [ReadDialogues(Path("/d.csv"), "")]
    assert said(form.remarks) == ["2 dialogues were added.", "2 is few."]
    assert form.persona.dialogues[-1] == Dialogue("Bye", "Until soon.")
    form.pasting.open()
    form.pasted.setPlainText("Q: Hello\nA: Good day.")
    form.take_pasted.click()
    qtbot.waitUntil(lambda: said(form.remarks)[0] == "0 dialogues were added.")  # they are there already
    assert form.pasted.toPlainText() == "" and not form.pasting.is_open


@pytest.mark.parametrize("key", ["dialogues_encoding", "dialogues_unreadable"])
def test_a_file_of_dialogues_that_cannot_be_read_says_why(
    key: str, page: PersonasPage, jobs: FakeJobs, qtbot: QtBot
) -> None:
    jobs.answers[ReadDialogues] = UserProblem(key, file="d.csv", fault="no")
    form = form_of(page, qtbot)
    form.read(Path("/d.csv"))
    qtbot.waitUntil(lambda: bool(said(form.remarks)))
    assert "d.csv" in said(form.remarks)[0] and len(form.dialogues.rows) == 1


def test_a_draft_that_is_damaged_is_no_draft(page: PersonasPage) -> None:
    persona_drafts.keep(w.OWN)
    assert persona_drafts.kept("own") == w.OWN
    persona_drafts._file("own").write_text("{", "ascii")
    assert persona_drafts.kept("own") is None
    persona_drafts.forget("own")
    persona_drafts.forget("own")


def test_the_keys_of_the_page_do_what_the_sheet_says(
    page: PersonasPage, jobs: FakeJobs, shop: w.Workshop, qtbot: QtBot
) -> None:
    assert [keys for keys, _ in page.shortcuts()] == ["Ctrl+N", "Ctrl+S", "F5"]
    page.activateWindow()
    qtbot.waitActive(page)
    form = form_of(page, qtbot)
    form.texts["name", "en"].setFocus()
    type_into(form, "name", "en", "Abacus")
    control = Qt.KeyboardModifier.ControlModifier
    QTest.keyClick(form.texts["name", "en"], Qt.Key.Key_S, control)
    qtbot.waitUntil(lambda: shop.benches["own"].persona.name.en == "Abacus", timeout=700)
    listed = len(jobs.asked_for(ListPersonas))
    QTest.keyClick(form.texts["name", "en"], Qt.Key.Key_F5)
    assert len(jobs.asked_for(ListPersonas)) > listed
    QTest.keyClick(form.texts["name", "en"], Qt.Key.Key_N, control)
    (dialog,) = page.findChildren(NewPersona)
    dialog.reject()


# -- who speaks, in the status bar


@pytest.fixture
def switch(qtbot: QtBot, desk: Desk, shop: w.Workshop) -> PersonaSwitch:
    """The button, with a persona at work."""
    made = PersonaSwitch(desk)
    qtbot.addWidget(made)
    made.show()
    made.show_state(State("ready", ModelIdentity("default", "cd" * 32, "xiaozhi", "ab" * 32)))
    qtbot.waitUntil(lambda: made.text() == "Xiaozhi")
    return made


def opened(switch: PersonaSwitch, qtbot: QtBot, press: Callable[[], object]) -> QMenu:
    """The menu, once it is there."""
    press()
    qtbot.waitUntil(lambda: switch.menu_shown is not None and switch.menu_shown.isVisible())
    menu = switch.menu_shown
    assert menu is not None
    return menu


def test_the_menu_has_nobody_and_the_installed_ones_and_says_why_one_does_not_fit(
    switch: PersonaSwitch, desk: Desk, qtbot: QtBot
) -> None:
    desk.settings = replace(desk.settings, persona="xiaozhi")
    assert switch.accessibleName() == "Persona: Xiaozhi"
    menu = opened(switch, qtbot, lambda: QTest.keyClick(switch, Qt.Key.Key_Space))
    lines = [(one.text(), one.isEnabled(), one.isChecked()) for one in menu.actions() if one.text()]
    assert lines == [
        ("No persona", True, False),
        ("Xiaozhi", True, True),
        ("Mingyi: made for the model qwen-7b", False, False),
        ("Personas …", True, False),
    ]
    menu.close()


def test_another_one_speaks_after_a_key_in_the_menu(
    switch: PersonaSwitch, desk: Desk, shop: w.Workshop, qtbot: QtBot
) -> None:
    desk.settings = replace(desk.settings, persona="xiaozhi")
    menu = opened(switch, qtbot, switch.click)
    QTest.keyClick(menu, Qt.Key.Key_Return)  # the first: nobody
    qtbot.waitUntil(lambda: shop.used == "")
    assert load_settings().persona == ""
    switch.show_state(State("ready", ModelIdentity("default", "cd" * 32)))
    assert switch.text() == "no persona"
    switch.use("xiaozhi")
    qtbot.waitUntil(lambda: shop.used == "xiaozhi")


def test_the_page_of_personas_is_one_step_from_the_menu(switch: PersonaSwitch, desk: Desk, qtbot: QtBot) -> None:
    menu = opened(switch, qtbot, switch.click)
    with qtbot.waitSignal(desk.page_wanted) as wanted:
        menu.actions()[-1].trigger()
    assert wanted.args == ["personas"]
    menu.close()


def test_every_button_of_the_page_has_a_name(page: PersonasPage, qtbot: QtBot) -> None:
    for id in ("xiaozhi", "own", "hospital"):
        pane = chosen(page, qtbot, id)
        for name in pane.steps:
            pane.show_step(name)
            qtbot.wait(20)
            for one in pane.findChildren(QPushButton):
                assert one.text() or one.accessibleName()
    form = form_of(page, qtbot)
    assert all(field.accessibleName() and field.accessibleDescription() for field in form.texts.values())
