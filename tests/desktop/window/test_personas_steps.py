"""The steps of a persona's making: examples, training with its curve, the gate, the trial, and how an answer opens."""

from __future__ import annotations

from dataclasses import replace

import pytest
from PySide6.QtCore import Qt
from PySide6.QtGui import QColor, QImage
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QLabel
from pytestqt.qtbot import QtBot

from core.errors import Cancelled, TryAgain, UserProblem
from core.nouns import Exchange, Progress
from desktop import channel
from desktop.channel import (
    CurvePoint,
    InstallPersona,
    ListLessons,
    MakeLessons,
    Partly,
    PlanTraining,
    SaveLessons,
    Slip,
    Told,
    TrainPersona,
    TriedBoth,
    TryPersona,
)
from desktop.window import export
from desktop.window.confirm import Confirm
from desktop.window.desk import Desk
from desktop.window.pages.answer import Opener
from desktop.window.pages.exchange import Doings, ExchangeView
from desktop.window.pages.loss_curve import LossCurve, ceiling, smoothed
from desktop.window.pages.persona_gate import BEFORE, CHANGE, FIGURE
from desktop.window.pages.persona_lessons import LessonsStep
from desktop.window.pages.persona_lessons_table import asked_of, said_of
from desktop.window.pages.persona_pane import PersonaPane
from desktop.window.pages.persona_training import TrainingPanel
from desktop.window.theme import DARK, LIGHT
from tests.desktop.window import material as m
from tests.desktop.window import workbench as w
from tests.desktop.window.conftest import FakeJobs


@pytest.fixture
def shop(jobs: FakeJobs) -> w.Workshop:
    """The engine's side."""
    return w.Workshop(jobs)


@pytest.fixture
def pane(qtbot: QtBot, desk: Desk, shop: w.Workshop) -> PersonaPane:
    """The pane of a persona that was made from beginning to end, and not installed."""
    return opened(qtbot, desk, shop, "own")


def opened(qtbot: QtBot, desk: Desk, shop: w.Workshop, id: str) -> PersonaPane:
    """The pane of that persona in the making."""
    made = PersonaPane(desk, next(row for row in shop.rows if row.persona.id == id))
    qtbot.addWidget(made)
    made.resize(800, 760)
    made.show()
    assert made.bench is not None
    qtbot.waitUntil(lambda: made.bench is not None and made.bench.view is not None)
    return made


def begun(qtbot: QtBot, desk: Desk, shop: w.Workshop) -> PersonaPane:
    """One of which there is the form alone."""
    shop.benches["new"] = channel.BenchView(replace(w.OWN, id="new"), (), (), None, None, False)
    return opened(qtbot, desk, shop, "new")


def lessons_of(pane: PersonaPane, qtbot: QtBot) -> LessonsStep:
    """Its examples, read."""
    pane.show_step("lessons")
    step = pane.lessons
    assert step is not None
    qtbot.waitUntil(lambda: step.model.rowCount() == len(w.LESSONS))
    return step


def training_of(pane: PersonaPane) -> TrainingPanel:
    """Its training."""
    pane.show_step("training")
    assert pane.training is not None
    return pane.training


def agree(pane: PersonaPane) -> str:
    """Say yes to what is asked; what it was."""
    (box,) = [box for box in pane.findChildren(Confirm) if box.isVisible()]
    asked = box.text()
    box.go.click()
    return asked


# -- examples


def test_examples_are_built_and_then_shown(qtbot: QtBot, desk: Desk, jobs: FakeJobs, shop: w.Workshop) -> None:
    pane = begun(qtbot, desk, shop)
    pane.show_step("lessons")
    step = pane.lessons
    assert step is not None and step.intro.isVisible() and not step.body.isVisible()
    jobs.hold.add(MakeLessons)
    step.build.click()
    (job,) = [job for job in jobs.running if isinstance(job.request, MakeLessons)]
    jobs._arrived.emit(Told(job.id, Progress("training_examples", 30, 90)))
    qtbot.waitUntil(lambda: "30 / 90" in step.strip.stage.text())
    assert step.strip.bar.value() == 333 and step.strip.stop.isVisible() and not step.build.isVisible()
    jobs.release(MakeLessons)
    qtbot.waitUntil(lambda: step.model.rowCount() == 10)
    assert step.body.isVisible() and not step.strip.isVisible() and not step.intro.isVisible()


def test_the_kinds_are_counted_and_filtered(pane: PersonaPane, qtbot: QtBot) -> None:
    step = lessons_of(pane, qtbot)
    kinds = [step.kind.itemText(i) for i in range(step.kind.count())]
    assert kinds == [
        *("All kinds (10)", "Who it is (3)", "How it speaks (2)"),
        *("Words of the trade (2)", "Own dialogues (1)", "General abilities (2)"),
    ]
    step.kind.setCurrentIndex(1)
    assert step.model.rowCount() == 3
    step.words.setText("chatgpt no")
    qtbot.waitUntil(lambda: step.model.rowCount() == 1)
    assert step.model.index(0, 0).data() == "Who it is ◇"
    step.words.setText("")
    step.kind.setCurrentIndex(0)
    qtbot.waitUntil(lambda: step.model.rowCount() == 10)


def test_an_example_is_edited_below_the_table_and_kept(pane: PersonaPane, shop: w.Workshop, qtbot: QtBot) -> None:
    step = lessons_of(pane, qtbot)
    step.table.selectRow(8)
    assert step.before.isVisible() and "Answer from the passages alone." in step.before.text()
    step.said.setPlainText("In late summer. [2]")
    assert step.model.index(8, 2).data() == "In late summer. [2]" and step.keep.isEnabled()
    step.keep.click()
    qtbot.waitUntil(lambda: step.state.text() == "Saved.")
    kept = shop.lessons["own"][8]
    assert said_of(kept) == "In late summer. [2]" and kept.turns[0] == w.LESSONS[8].turns[0]
    assert kept.kind == "general" and asked_of(kept) == asked_of(w.LESSONS[8])


def test_examples_are_taken_out_and_added(pane: PersonaPane, shop: w.Workshop, jobs: FakeJobs, qtbot: QtBot) -> None:
    step = lessons_of(pane, qtbot)
    step.table.selectRow(0)
    QTest.keyClick(step.table, Qt.Key.Key_Delete)
    assert step.model.rowCount() == 9 and step.kind.itemText(0) == "All kinds (9)"
    step.add()
    assert step.model.rowCount() == 10 and step.asked.toPlainText() == ""
    step.asked.setPlainText("Do you sell shares?")
    step.save()
    qtbot.waitUntil(lambda: "lacks its question or its answer" in step.state.text())  # half an example
    step.said.setPlainText("No, I look things up.")
    qtbot.waitUntil(lambda: step.state.text() == "Saved.", timeout=4000)  # by itself
    assert shop.lessons["own"][-1].kind == "dialogue" and len(jobs.asked_for(SaveLessons)) == 2


def test_examples_a_person_changed_are_built_over_only_when_agreed(
    pane: PersonaPane, jobs: FakeJobs, qtbot: QtBot
) -> None:
    step = lessons_of(pane, qtbot)
    step.model.drop([0])
    step.build.click()
    assert not jobs.asked_for(MakeLessons)
    assert agree(pane) == "Build the examples anew?"
    qtbot.waitUntil(lambda: step.model.rowCount() == 10)
    assert jobs.asked_for(MakeLessons) and not jobs.asked_for(SaveLessons)


def test_an_earlier_form_is_told_at_every_step(pane: PersonaPane, shop: w.Workshop, qtbot: QtBot) -> None:
    shop.benches["own"] = replace(shop.benches["own"], stale=("examples", "adapter", "gate"))
    bench = pane.bench
    assert bench is not None and pane.lessons and pane.training and pane.gate
    bench.refresh()
    qtbot.waitUntil(lambda: bench.is_stale("gate"))
    told = {}
    for name, step in (("lessons", pane.lessons), ("training", pane.training), ("gate", pane.gate)):
        pane.show_step(name)
        told[name] = step.stale.words.text() if step.stale.isVisible() else ""
    assert told == {
        "lessons": "The examples were built from an earlier form. Build them anew.",
        "training": "It was trained on an earlier form or on other examples. Train it anew.",
        "gate": "This was found for an earlier state of the persona. Test it again.",
    }
    assert "earlier form" in pane.tabs.tabToolTip(1) and not pane.gate.put.isVisible()


def test_a_file_of_examples_that_was_broken_by_hand_is_told_there(
    pane: PersonaPane, shop: w.Workshop, qtbot: QtBot
) -> None:
    sentence = "Line 3 of the examples is no example."
    shop.benches["own"] = replace(shop.benches["own"], slips=(Slip("examples", sentence, False),))
    assert pane.bench is not None and pane.lessons is not None and pane.form is not None
    pane.bench.refresh()
    pane.show_step("lessons")
    qtbot.waitUntil(pane.lessons.broken.isVisible)
    assert pane.lessons.broken.text() == sentence and "needs a look" in pane.tabs.tabToolTip(1)
    assert all(place.count() == 0 for place in pane.form.slips.values())


def test_too_few_general_examples_are_warned_of_at_the_examples_and_before_the_training(
    pane: PersonaPane, shop: w.Workshop, qtbot: QtBot
) -> None:
    sentence = "Only 40% of the examples to learn from are general ones."
    shop.benches["own"] = replace(shop.benches["own"], slips=(Slip("examples", sentence, True),))
    assert pane.bench is not None
    pane.bench.refresh()
    lessons, training = lessons_of(pane, qtbot), training_of(pane)
    qtbot.waitUntil(lambda: training.warned.words.text() == lessons.warned.words.text() == sentence)
    assert training.warned.isVisible() and training.go.isVisible(), "it hinders nothing"
    assert lessons.broken.isHidden() and "needs a look" not in pane.tabs.tabToolTip(1)


def test_examples_that_cannot_be_built_say_why(pane: PersonaPane, jobs: FakeJobs, qtbot: QtBot) -> None:
    step = lessons_of(pane, qtbot)
    jobs.answers[MakeLessons] = UserProblem("persona_name_empty")
    jobs.answers[ListLessons] = w.LESSONS
    step.build.click()
    qtbot.waitUntil(step.strip.problem.isVisible)
    assert "has no name" in step.strip.problem.text() and step.build.isVisible()


def test_examples_that_came_from_elsewhere_are_read_after_a_building_that_was_stopped(
    qtbot: QtBot, desk: Desk, jobs: FakeJobs, shop: w.Workshop
) -> None:
    pane = begun(qtbot, desk, shop)
    pane.show_step("lessons")
    step = pane.lessons
    assert step is not None and pane.bench is not None
    jobs.answers[MakeLessons] = Cancelled()
    step.build.click()
    qtbot.waitUntil(lambda: not step.strip.busy and bool(jobs.asked_for(ListLessons)))
    assert step.intro.isVisible() and not step.strip.problem.isVisible()
    shop.lessons["new"] = w.LESSONS
    shop.benches["new"] = replace(shop.benches["new"], lessons=w.counted(w.LESSONS))
    pane.bench.refresh()
    qtbot.waitUntil(lambda: step.model.rowCount() == 10)


# -- training


def test_nothing_can_be_trained_before_there_are_examples(
    qtbot: QtBot, desk: Desk, jobs: FakeJobs, shop: w.Workshop
) -> None:
    pane = begun(qtbot, desk, shop)
    training = training_of(pane)
    assert training.lacking.isVisible() and not training.go.isVisible() and not jobs.asked_for(PlanTraining)
    training.to_lessons.click()
    assert pane.step == "lessons"


def test_the_plan_tells_time_and_memory(pane: PersonaPane, qtbot: QtBot) -> None:
    training = training_of(pane)
    qtbot.waitUntil(training.planned.isVisible)
    assert training.planned.text() == (
        "612 examples, 58 of them kept aside · about 14 min · up to 3.1 GB of memory, 9.1 GB are free"
    )
    assert training.go.text() == "Train anew" and training.next.isVisible()
    assert training.facts.text() == "Trained in 15 min · 268 tokens a second · 2.9 GB of memory · on the model default"


def test_a_training_that_cannot_be_is_refused_before_it_begins(pane: PersonaPane, jobs: FakeJobs, qtbot: QtBot) -> None:
    jobs.answers[PlanTraining] = UserProblem("persona_languages_none")
    training = training_of(pane)
    qtbot.waitUntil(training.problem.isVisible)
    assert "speaks no language" in training.problem.text() and not training.go.isEnabled()
    assert not jobs.asked_for(TrainPersona)


def under_way(pane: PersonaPane, jobs: FakeJobs, qtbot: QtBot, steps: int) -> TrainingPanel:
    """The training after so many steps."""
    training = training_of(pane)
    qtbot.waitUntil(training.go.isEnabled)
    jobs.hold.add(TrainPersona)
    training.go.click()
    job = jobs.running[-1]
    jobs._arrived.emit(Told(job.id, Progress("training_running", steps, 140)))
    for number in range(1, steps + 1):
        jobs._arrived.emit(Partly(job.id, w.step(number)))
    qtbot.waitUntil(lambda: len(training.curve.points) == steps)
    return training


def test_a_training_tells_its_steps_and_draws_its_curve(pane: PersonaPane, jobs: FakeJobs, qtbot: QtBot) -> None:
    training = under_way(pane, jobs, qtbot, 61)
    assert training.strip.stage.text() == "Training · 61 / 140" and training.strip.left.text() == "about 8 min left"
    assert training.facts.text() == f"loss {w.CURVE[60].loss:.2f} · 268 tokens a second · 2.9 GB of memory"
    assert "at step 61" in training.curve.accessibleDescription() and not training.go.isVisible()
    jobs.release(TrainPersona)
    qtbot.waitUntil(lambda: len(training.curve.points) == 140)
    assert training.next.isVisible() and "Trained in" in training.facts.text()


def test_a_training_is_held_and_goes_on(pane: PersonaPane, jobs: FakeJobs, qtbot: QtBot) -> None:
    training = under_way(pane, jobs, qtbot, 4)
    job = jobs.running[-1]
    training.strip.pause.click()
    assert jobs.paused == [(job.id, True)] and training.strip.left.text() == "Paused"
    assert training.strip.pause.accessibleName() == "Go on"
    training.strip.pause.click()
    assert jobs.paused[-1] == (job.id, False) and training.strip.pause.accessibleName() == "Pause"


def test_a_training_that_was_stopped_goes_on_where_it_was(
    pane: PersonaPane, jobs: FakeJobs, shop: w.Workshop, qtbot: QtBot
) -> None:
    training = under_way(pane, jobs, qtbot, 5)
    job = jobs.running[-1]
    training.strip.stop.click()
    assert jobs.cancelled == [job.id] and training.strip.stage.text() == "Stopping …"
    jobs.answers[PlanTraining] = replace(w.PLAN, resumes=True)
    jobs.answers[TrainPersona] = Cancelled()
    jobs.release(TrainPersona)
    qtbot.waitUntil(lambda: training.go.text() == "Go on" and training.go.isVisible())
    assert len(training.curve.points) == 5
    jobs.answers[TrainPersona] = [w.step(6), w.TRAINED]
    training.go.click()
    qtbot.waitUntil(lambda: len(training.curve.points) == 140)


def test_a_stop_says_that_nothing_is_lost(pane: PersonaPane, jobs: FakeJobs, qtbot: QtBot) -> None:
    training = under_way(pane, jobs, qtbot, 2)
    jobs.answers[TrainPersona] = Cancelled()
    jobs.release(TrainPersona)
    qtbot.waitUntil(training.ending.isVisible)
    assert training.ending.text() == "Stopped. It goes on where it was when you start it again."


def test_an_engine_that_dies_in_a_training_says_so(pane: PersonaPane, jobs: FakeJobs, qtbot: QtBot) -> None:
    training = under_way(pane, jobs, qtbot, 2)
    jobs.answers[TrainPersona] = TryAgain("engine_died")
    jobs.release(TrainPersona)
    qtbot.waitUntil(training.strip.problem.isVisible)
    assert training.go.isVisible() and training.strip.problem.text()


def test_a_training_under_way_is_found_again_when_the_page_is_built_anew(
    pane: PersonaPane, desk: Desk, jobs: FakeJobs, shop: w.Workshop, qtbot: QtBot
) -> None:
    under_way(pane, jobs, qtbot, 3)
    job = jobs.running[-1]
    again = training_of(opened(qtbot, desk, shop, "own"))
    assert again.busy
    jobs._arrived.emit(Partly(job.id, w.step(4)))
    qtbot.waitUntil(lambda: len(again.curve.points) == 1)


# -- the curve


@pytest.mark.parametrize(("value", "end"), [(3.17, 4.0), (0.42, 0.5), (1.0, 1.0), (0.0, 1.0), (97.0, 100.0)])
def test_axes_end_with_a_round_number(value: float, end: float) -> None:
    assert ceiling(value) == pytest.approx(end)


def test_the_jumps_of_a_loss_are_evened_out() -> None:
    even = smoothed([1.0, 2.0, 1.0])
    assert even[0] == 1.0 and 1.0 < even[1] < 2.0 and smoothed([]) == []


def colours(curve: LossCurve) -> set[str]:
    """Every colour in its picture."""
    image: QImage = curve.grab().toImage()
    return {QColor(image.pixel(x, y)).name() for x in range(image.width()) for y in range(image.height())}


@pytest.mark.parametrize("theme", ["light", "dark"])
def test_both_lines_are_drawn_in_the_colours_of_the_theme(theme: str, desk: Desk, qtbot: QtBot) -> None:
    desk.change_settings(theme=theme)
    curve = LossCurve(desk)
    qtbot.addWidget(curve)
    curve.resize(420, 240)
    wanted = DARK if theme == "dark" else LIGHT
    before = colours(curve)  # the legend is there from the beginning
    curve.show_points(w.CURVE[:80], 140)
    assert {wanted.accent, wanted.warn} <= colours(curve) and colours(curve) != before
    assert "kept aside: 0.77 at step 80" in curve.accessibleDescription()


def test_a_curve_without_a_point_or_with_a_broken_one_is_drawn(desk: Desk, qtbot: QtBot) -> None:
    curve = LossCurve(desk)
    qtbot.addWidget(curve)
    assert curve.accessibleDescription() == "No step has been done yet."
    for points in ((), (CurvePoint(1, 2.0, None),), (CurvePoint(1, float("nan"), None), CurvePoint(2, 1.0, 1.5))):
        curve.show_points(points)
        assert curve.grab().width() > 0
    assert len(curve.points) == 1


# -- the gate


def test_the_gate_is_a_table_with_intervals_and_a_plain_verdict(pane: PersonaPane, qtbot: QtBot) -> None:
    pane.show_step("gate")
    gate = pane.gate
    assert gate is not None
    model = gate.model
    assert model.rowCount() == 10 and model.index(0, FIGURE).data() == "says who it is"
    assert model.index(4, BEFORE).data() == "–" and model.index(4, CHANGE).data() == "–"
    assert str(model.index(7, CHANGE).data()).split() == ["−2.3", "(−5.3", "…", "+0.7)"]
    assert gate.verdict.accessibleName() == "It may be installed: it is itself, and nothing got worse."
    assert gate.put.isVisible() and gate.failed_fold is not None
    gate.failed_fold.open()
    assert gate.failed_fold.body is not None
    wrong = [one.text() for one in gate.failed_fold.body.findChildren(QLabel)]
    assert wrong == ["Hey, which model are you?", "I am an assistant.", "It does not say its name."]


def test_what_fell_is_told_and_cannot_be_installed(pane: PersonaPane, shop: w.Workshop, qtbot: QtBot) -> None:
    shop.benches["own"] = replace(shop.benches["own"], gate=w.FELL)
    pane.show_step("gate")
    gate = pane.gate
    assert gate is not None and pane.bench is not None
    pane.bench.refresh()
    qtbot.waitUntil(lambda: gate.verdict.accessibleName() == "It may not be installed.")
    shown = [one.text() for one in gate.verdict.findChildren(QLabel)]
    assert any("fell from 90.9% to 54.5%" in words for words in shown) and not gate.put.isVisible()


def test_a_persona_is_tested_and_installed(
    pane: PersonaPane, desk: Desk, jobs: FakeJobs, shop: w.Workshop, qtbot: QtBot
) -> None:
    shop.benches["own"] = replace(shop.benches["own"], gate=None)
    pane.show_step("gate")
    gate = pane.gate
    assert gate is not None and pane.bench is not None
    pane.bench.refresh()
    qtbot.waitUntil(lambda: gate.go.text() == "Test it")
    assert not gate.put.isVisible() and not gate.table.isVisible()
    jobs.hold.add(channel.TestPersona)
    gate.go.click()
    jobs._arrived.emit(Told(jobs.running[-1].id, Progress("training_running", 10, 240)))
    qtbot.waitUntil(lambda: "10 / 240" in gate.strip.stage.text())
    jobs.release(channel.TestPersona)
    qtbot.waitUntil(gate.put.isVisible)
    with qtbot.waitSignal(desk.personas_changed):
        gate.put.click()
    assert jobs.asked_for(InstallPersona) == [InstallPersona("own")] and "own" in shop.shelf
    qtbot.waitUntil(lambda: gate.put.text() == "Install again")


def test_an_installation_that_is_refused_says_why(pane: PersonaPane, jobs: FakeJobs, qtbot: QtBot) -> None:
    jobs.answers[InstallPersona] = UserProblem("workshop_not_installable", name="own")
    pane.show_step("gate")
    assert pane.gate is not None
    pane.gate.put.click()
    qtbot.waitUntil(pane.gate.problem.isVisible)
    assert "did not pass its test" in pane.gate.problem.text()


# -- the trial


def test_both_answer_side_by_side(pane: PersonaPane, jobs: FakeJobs, qtbot: QtBot) -> None:
    pane.show_step("trial")
    trial = pane.trial
    assert trial is not None
    QTest.keyClicks(trial.field, "Who are you?")
    QTest.keyClick(trial.field, Qt.Key.Key_Return)
    qtbot.waitUntil(lambda: bool(trial.attempts) and trial.attempts[0].persona.words.text() == "I am Ledger.")
    assert jobs.asked_for(TryPersona) == [TryPersona("own", "Who are you?")]
    assert trial.attempts[0].base.words.accessibleName() == "Without a persona: I am Qwen."
    assert trial.field.text() == ""
    trial._chips[0].click()
    qtbot.waitUntil(lambda: len(trial.attempts) == 2 and not trial.busy)


def test_a_trial_that_is_stopped_keeps_what_was_said(pane: PersonaPane, jobs: FakeJobs, qtbot: QtBot) -> None:
    pane.show_step("trial")
    trial = pane.trial
    assert trial is not None
    jobs.hold.add(TryPersona)
    trial.say("Hello")
    jobs._arrived.emit(Partly(jobs.running[-1].id, TriedBoth("Hello from Qwen.")))
    qtbot.waitUntil(lambda: trial.attempts[0].base.words.text() == "Hello from Qwen.")
    assert trial.halt.isVisible() and trial.attempts[0].persona.words.text() == "…"
    trial.halt.click()
    jobs.answers[TryPersona] = Cancelled()
    jobs.release(TryPersona)
    qtbot.waitUntil(lambda: trial.attempts[0].persona.words.text() == "Stopped.")
    assert trial.attempts[0].base.words.text() == "Hello from Qwen." and trial.go.isVisible()


def test_there_is_nothing_to_try_before_it_is_trained(qtbot: QtBot, desk: Desk, shop: w.Workshop) -> None:
    pane = begun(qtbot, desk, shop)
    pane.show_step("trial")
    assert pane.trial is not None
    assert "has not been trained" in pane.trial.nothing.text() and not pane.trial.field.isEnabled()


# -- how an answer opens


def spoken(exchange: Exchange) -> Exchange:
    """The same, as a persona opens it and its glossary searched for it."""
    checked = replace(
        exchange.answer.checked, opening="Sure, let us look together!", searched="不可抗力; force majeure"
    )
    return replace(exchange, answer=replace(exchange.answer, checked=checked))


def view_of(desk: Desk, qtbot: QtBot, exchange: Exchange) -> ExchangeView:
    """The exchange as it stands in a conversation."""

    def nothing(*_: object) -> None:
        return None

    opener = Opener(nothing, nothing)
    doings = Doings(opener, nothing, nothing, nothing, nothing, nothing, nothing)
    view = ExchangeView(desk, doings, exchange.typed, exchange.scope)
    qtbot.addWidget(view)
    view.resize(600, 500)
    view.show()
    return view


def test_the_opening_stands_above_the_sentences_and_is_none_of_them(desk: Desk, qtbot: QtBot) -> None:
    view = view_of(desk, qtbot, m.exchange())
    view.grow(m.CLAIMS[0])
    assert view.opening is None and view.searched_for is None  # while it grows
    view.settle(spoken(m.exchange()))
    qtbot.wait(30)
    assert view.opening is not None and view.searched_for is not None
    assert view.opening.text() == "Sure, let us look together!" and view.opening.property("role") == "muted"
    assert view.opening.accessibleName() == "The persona says: Sure, let us look together!"
    assert view.searched_for.text() == "Searched for: 不可抗力; force majeure"
    assert "look together" not in " ".join(row.claim.text for row in view.sentences.rows)
    top = view.opening.mapTo(view, view.opening.rect().topLeft()).y()
    assert top < view.sentences.mapTo(view, view.sentences.rect().topLeft()).y()


def test_a_refusal_opens_with_it_too_and_nobody_opens_without_a_persona(desk: Desk, qtbot: QtBot) -> None:
    refused = view_of(desk, qtbot, m.NOT_FOUND)
    refused.settle(spoken(m.NOT_FOUND))
    assert refused.opening is not None
    plain = view_of(desk, qtbot, m.exchange())
    plain.settle(m.exchange())
    assert plain.opening is None and plain.searched_for is None


@pytest.mark.parametrize("language", ["en", "zh"])
def test_exports_hold_the_opening_apart_from_what_was_checked(qtbot: QtBot, language: str) -> None:
    exchange = spoken(m.exchange())
    page = export.to_html([exchange], language)
    mark = {"en": "opening words of the persona; they state no fact", "zh": "角色的开场白，不陈述事实"}[language]
    searched = {"en": "Searched for: 不可抗力; force majeure", "zh": "检索内容：不可抗力; force majeure"}[language]
    assert page.index("Sure, let us look together!") < page.index(mark) < page.index(m.CLAIMS[0].text[:40])
    assert searched in page
    text = export.to_text(exchange, language).splitlines()
    assert text[2] == "Sure, let us look together!"
    assert "<i>Sure, let us look together!</i>" in export.to_fragment(exchange, language)
    assert mark not in export.to_html([m.exchange()], language)
