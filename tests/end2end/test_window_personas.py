"""A persona made in the real window with the real engine and the smallest model: form, examples, training, trial."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path

import pytest
from PySide6.QtCore import Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication
from pytestqt.qtbot import QtBot

from core.settings import Settings
from desktop import house
from desktop.channel import Lesson, SaveLessons
from desktop.window.app import Program
from desktop.window.immortal import keep_none
from desktop.window.pages.persona_new import NewPersona
from desktop.window.pages.persona_pane import PersonaPane
from models.persona.examples import Amounts, build
from tests.end2end.windows import PATIENCE, ready, window_of
from tests.installed import installed

os.environ.setdefault("QT_QPA_PLATFORM", "offscreen")
keep_none()
pytestmark = [pytest.mark.model, pytest.mark.slow]

LONG = 10 * PATIENCE  # for what takes minutes beside other work
AMOUNTS = Amounts(identity=14, talk=2, style=4, glossary=0)  # enough for a few steps


@pytest.fixture
def program(qapp: QApplication, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Program]:
    """The program in a home of its own, with this machine's models, the tiny one in use."""
    installed("e5-small"), installed("tiny")
    models = house.models_folder()
    home = tmp_path / "home"
    home.mkdir()
    (home / "models").symlink_to(models)
    monkeypatch.setenv("VADEMECUM_HOME", str(home))
    settings = Settings(model="tiny", welcomed=True, theme="light")
    made = Program(qapp, settings, tmp_path / "library", "en")
    made.start()
    yield made
    made.desk.jobs.close()
    if made.window is not None:
        made.window.close()


def begin(qtbot: QtBot, program: Program, id: str) -> PersonaPane:
    """A new persona with an empty form."""
    page = window_of(program).personas
    window_of(program).show_page("personas")
    qtbot.waitUntil(lambda: len(page.list.rows) == 2, timeout=PATIENCE)  # those that ship
    page.ask_new()
    (dialog,) = page.findChildren(NewPersona)
    dialog.id.setText(id)
    dialog.go.click()
    qtbot.waitUntil(lambda: page.pane is not None and page.pane.id == id, timeout=PATIENCE)
    pane = page.pane
    assert pane is not None and pane.bench is not None
    qtbot.waitUntil(lambda: pane.bench is not None and pane.bench.view is not None, timeout=PATIENCE)
    return pane


def test_a_persona_is_made_from_form_to_trial(qtbot: QtBot, program: Program) -> None:
    ready(qtbot, program)
    pane = begin(qtbot, program, "clerk")
    form, lessons, training, trial = pane.form, pane.lessons, pane.training, pane.trial
    bench = pane.bench
    assert form and lessons and training and trial and bench

    # The form: what is missing is said at its field, and goes when it is filled in.
    qtbot.waitUntil(lambda: form.slips["name"].count() == 1, timeout=PATIENCE)
    QTest.keyClicks(form.texts["name", "en"], "Ledger")
    QTest.keyClicks(form.texts["organisation", "en"], "Harbour Partners")
    QTest.keyClicks(form.texts["greeting", "en"], "Good to see you. I am Ledger of Harbour Partners.")
    form.languages["zh"].click()
    qtbot.waitUntil(lambda: form.slips["name"].count() == 0 and not form.unsaved, timeout=PATIENCE)

    # The examples: the model's own answers among them take minutes, so the building is stopped once it is under way.
    pane.show_step("lessons")
    lessons.build.click()
    qtbot.waitUntil(lambda: "/" in lessons.strip.stage.text(), timeout=LONG)
    lessons.strip.stop.click()
    qtbot.waitUntil(lambda: not lessons.strip.busy, timeout=LONG)
    assert lessons.intro.isVisible() and not lessons.strip.problem.isVisible()
    taught = build(form.persona, 7, amounts=AMOUNTS)
    kept = tuple(Lesson(one.kind, one.turns, one.phrasing, one.held_out) for one in taught)
    program.desk.jobs.run(SaveLessons("clerk", kept), bench, done=lambda _: bench.refresh())
    qtbot.waitUntil(lambda: lessons.model.rowCount() == len(kept), timeout=PATIENCE)
    assert lessons.body.isVisible() and lessons.model.count("identity") > lessons.model.count("style") > 0

    # They are mended by hand: one goes, one is worded anew, and that is what the engine has then.
    lessons.table.selectRow(0)
    QTest.keyClick(lessons.table, Qt.Key.Key_Delete)
    lessons.said.setPlainText("I am Ledger, and I look things up.")
    lessons.save()
    qtbot.waitUntil(lambda: lessons.state.text() == "Saved.", timeout=PATIENCE)
    qtbot.waitUntil(lambda: bench.lessons == len(kept) - 1, timeout=PATIENCE)

    # The training: planned, begun, held, ended; the curve grows with it.
    lessons.next.click()
    qtbot.waitUntil(lambda: training.go.isEnabled() and training.plan is not None, timeout=PATIENCE)
    assert training.plan is not None and training.plan.examples <= len(kept) - 1
    QTest.mouseClick(training.go, Qt.MouseButton.LeftButton)
    qtbot.waitUntil(lambda: bool(training.curve.points), timeout=LONG)
    assert "tokens a second" in training.facts.text()
    training.strip.pause.click()
    training.strip.pause.click()
    qtbot.waitUntil(lambda: bench.view is not None and bench.view.trained is not None, timeout=LONG)
    assert not training.busy and training.next.isVisible() and "Trained in" in training.facts.text()

    # Both say something to the same words.
    pane.show_step("trial")
    qtbot.waitUntil(lambda: trial.field.isEnabled(), timeout=PATIENCE)
    QTest.keyClicks(trial.field, "Who are you?")
    QTest.keyClick(trial.field, Qt.Key.Key_Return)
    qtbot.waitUntil(lambda: not trial.busy, timeout=LONG)
    (attempt,) = trial.attempts
    assert attempt.base.words.property("role") == attempt.persona.words.property("role") == ""
    assert attempt.base.words.text() not in ("", "…", "–") and attempt.persona.words.text() not in ("", "…", "–")
