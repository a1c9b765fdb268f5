"""One function a request of the persona workshop: what the window's page of personas is served.

Whatever asks a model has one of its own, mapped from the same file, so that questions are not held up meanwhile.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Mapping
from contextlib import suppress
from typing import Any

from core.errors import UserProblem
from core.finding import checked_question
from core.intervals import Estimate
from core.machine import available_memory
from core.messages import say
from core.nouns import Persona
from core.speaking import converse
from desktop import house, workshop
from desktop.channel import (
    BeginPersona,
    BenchView,
    CheckPersona,
    CurvePoint,
    DialoguesRead,
    DiscardBench,
    ExportMerged,
    ExportPersona,
    GateLine,
    GateTable,
    ImportPersona,
    InstallPersona,
    Lesson,
    ListLessons,
    ListPersonas,
    MakeLessons,
    MergedTry,
    OpenBench,
    PersonaRow,
    PlanTraining,
    ReadDialogues,
    RemovePersona,
    Request,
    SaveLessons,
    SavePersona,
    Slip,
    TestPersona,
    TrainedNow,
    TrainingPlan,
    TrainingStep,
    TrainPersona,
    TriedBoth,
    TryPersona,
)
from desktop.engine_room.task import Task
from models.catalogue import Installed
from models.gate import Compared, GateReport
from models.persona import example, importing, shelf, specification
from models.persona.example import Example, load_examples
from models.persona.training import Recipe, Step
from models.recipe import Card

# -- what there is


def list_personas(task: Task, _: ListPersonas) -> tuple[PersonaRow, ...]:
    """Installed ones, those in the making, those that ship; each once."""
    here = {found.persona.id: found for found in shelf.installed(workshop.personas_folder())}
    damaged = shelf.damaged(workshop.personas_folder())
    begun = {made.folder.name: made for made in workshop.benches()}
    ready = {persona.id: persona for persona in specification.shipped()}
    base = _base_sha256(task)
    rows = []
    for name in dict.fromkeys((*here, *damaged, *begun, *ready)):
        found = here.get(name)
        if found is not None:
            persona = found.persona
        elif name in begun:
            persona = _form(begun[name])
        else:
            persona = ready.get(name) or specification.new(name)
        rows.append(
            PersonaRow(
                persona=persona,
                installed=found is not None or name in damaged,
                begun=name in begun,
                ready=name in ready,
                in_use=name == task.settings.persona,
                base=found.card.base if found else "",
                fits=found is None or found.card.base_sha256 == base,
                problem=damaged[name].sentence(task.language) if name in damaged else "",
            )
        )
    return tuple(rows)


def _form(made: workshop.Bench) -> Persona:
    """The form of a bench; an empty one when its file cannot be read, which whoever opens the bench is told."""
    with suppress(UserProblem):
        return made.form()
    return specification.new(made.folder.name)


def _base_sha256(task: Task) -> str:
    """The hash of the model in use; "" when there is none."""
    with suppress(UserProblem):
        return house.find_language_model(task.settings).sha256
    return ""


def _row(task: Task, name: str) -> PersonaRow:
    return next(row for row in list_personas(task, ListPersonas()) if row.persona.id == name)


# -- a persona in the making


def begin_persona(task: Task, request: BeginPersona) -> BenchView:
    """A bench for a new persona."""
    return _view(task, workshop.begin(request.id, request.like))


def open_bench(task: Task, request: OpenBench) -> BenchView:
    """What there is on a bench."""
    return _view(task, workshop.bench(request.id))


def discard_bench(task: Task, request: DiscardBench) -> None:
    """A bench with everything on it."""
    _refuse_while_at_work(task, request.id)
    workshop.discard(workshop.bench(request.id))


def _refuse_while_at_work(task: Task, name: str) -> None:
    # What is under way would write to the bench again, or miss what it reads there.
    if task.engine.shaping(name):
        raise UserProblem("workshop_busy", name=name)


def check_persona(task: Task, request: CheckPersona) -> tuple[Slip, ...]:
    """What is wrong with a form."""
    return _slips(task, request.persona)


def save_persona(task: Task, request: SavePersona) -> BenchView:
    """A form as it stands."""
    made = workshop.bench(request.persona.id)
    workshop.keep_form(made, request.persona)
    return _view(task, made)


def _slips(task: Task, persona: Persona) -> tuple[Slip, ...]:
    return tuple(
        Slip(fault.field, fault.sentence(task.language), fault.warning) for fault in specification.check(persona)
    )


def _view(task: Task, made: workshop.Bench) -> BenchView:
    found = workshop.standing(made)
    slips = _slips(task, found.persona)
    if found.problem is not None:
        slips = (*slips, Slip("examples", found.problem.sentence(task.language), False))
    for remark in example.remarks(found.examples):
        slips = (*slips, Slip(remark.field, remark.sentence(task.language), remark.warning))
    name = made.folder.name
    return BenchView(
        persona=found.persona,
        slips=slips,
        lessons=tuple(sorted(Counter(example.kind for example in found.examples).items())),
        trained=_trained(found.card, found.curve) if found.card else None,
        gate=_table(found.gate, task.language) if found.gate else None,
        installed=any(other.persona.id == name for other in shelf.installed(workshop.personas_folder())),
        stale=found.stale,
    )


def read_dialogues(task: Task, request: ReadDialogues) -> DialoguesRead:
    """The dialogues of a file, or of a pasted text."""
    if request.file is not None:
        found = importing.read(request.file)
    else:
        found = importing.pasted(request.text, say("dialogues_pasted", task.language))
    return DialoguesRead(found.dialogues, tuple(remark.sentence(task.language) for remark in found.remarks))


# -- what it is taught


def make_lessons(task: Task, request: MakeLessons) -> tuple[Lesson, ...]:
    """Examples built anew, with the base model's own answers among them."""
    made = workshop.bench(request.id)
    made.persona()
    workshop.require_trainable(house.find_language_model(task.settings))
    with house.language_model(task.settings, "", task.report, task.cancel) as model:
        return _lessons(workshop.make_examples(made, model, report=task.report, cancel=task.cancel))


def list_lessons(_: Task, request: ListLessons) -> tuple[Lesson, ...]:
    """Examples as they were built or edited."""
    made = workshop.bench(request.id)
    return _lessons(load_examples(made.examples)) if made.examples.exists() else ()


def save_lessons(_: Task, request: SaveLessons) -> None:
    """Examples as a person edited them."""
    made = workshop.bench(request.id)
    workshop.keep_examples(made, [Example(one.kind, one.turns, one.phrasing, one.held_out) for one in request.lessons])


def _lessons(examples: tuple[Example, ...]) -> tuple[Lesson, ...]:
    return tuple(Lesson(one.kind, one.turns, one.phrasing, one.held_out) for one in examples)


# -- training


def plan_training(task: Task, request: PlanTraining) -> TrainingPlan:
    """What the training would take."""
    base = house.find_language_model(task.settings)
    plan, resumes = workshop.plan(workshop.bench(request.id), base, Recipe())
    return TrainingPlan(
        examples=plan.examples,
        held_out=plan.held_out,
        steps=plan.steps,
        seconds=plan.seconds,
        memory_bytes=plan.peak_bytes,
        free_bytes=available_memory(),
        resumes=resumes,
    )


def train_persona(task: Task, request: TrainPersona) -> TrainedNow:
    """The adapter, step by step."""
    made = workshop.bench(request.id)
    base = house.find_language_model(task.settings)
    latest: float | None = None

    def on_step(step: Step) -> None:
        nonlocal latest
        measured = step.held_out_loss if step.held_out_loss != latest else None
        latest = step.held_out_loss
        task.partly(
            TrainingStep(
                point=CurvePoint(step.step, step.loss, measured),
                steps=step.steps,
                tokens_per_second=step.tokens_per_second,
                seconds_left=step.seconds_left,
                peak_megabytes=step.peak_megabytes,
            )
        )

    workshop.train(made, base, Recipe(), report=task.report, on_step=on_step, cancel=task.cancel)
    found = workshop.standing(made)
    if found.card is None:
        raise UserProblem("persona_not_trained", name=request.id)
    return _trained(found.card, found.curve)


def _trained(card: Card, curve: workshop.Curve) -> TrainedNow:
    def figure(name: str) -> float:
        value = card.training.get(name)
        return float(value) if isinstance(value, int | float) else 0.0

    return TrainedNow(
        curve=tuple(CurvePoint(*point) for point in curve),
        seconds=figure("seconds"),
        tokens_per_second=figure("tokens_per_second"),
        peak_megabytes=figure("peak_megabytes"),
        base=card.base,
    )


# -- the gate


def test_persona(task: Task, request: TestPersona) -> GateTable:
    """The trained adapter against the base without it."""
    made = workshop.bench(request.id)
    made.persona()
    if not made.adapter.exists():
        raise UserProblem("persona_not_trained", name=request.id)
    embedder = task.embedder().for_imports()
    with house.language_model(task.settings, "", task.report, task.cancel) as model:
        found = workshop.test(made, task.settings, embedder, model, report=task.report, cancel=task.cancel)
    return _table(found, task.language)


def _table(report: GateReport, language: str) -> GateTable:
    return GateTable(
        installable=report.installable,
        lines=tuple(_line(compared, language) for compared in report.figures),
        reasons=tuple(reason.sentence(language) for reason in report.reasons),
        failed=tuple(
            (row.question, row.answer, " ".join(say(fault, language) for fault in row.faults)) for row in report.failed
        ),
    )


def _line(compared: Compared, language: str) -> GateLine:
    def value(estimate: Estimate | None) -> float | None:
        return estimate.value if estimate else None

    counted, change = compared.after or compared.before, compared.difference
    return GateLine(
        figure=compared.figure,
        words=compared.words(language),
        n=counted.n if counted else 0,
        before=value(compared.before),
        after=value(compared.after),
        change=value(change),
        low=change.low if change else None,
        high=change.high if change else None,
    )


def try_persona(task: Task, request: TryPersona) -> TriedBoth:
    """The same words said to the base and to the persona."""
    words = checked_question(request.words)
    with (
        house.language_model(task.settings, "", task.report, task.cancel) as model,
        workshop.trial(request.id, model, task.cancel) as speaker,
    ):
        base, _ = converse(words, model, cancel=task.cancel)
        task.partly(TriedBoth(base.raw))
        said, _ = converse(words, model, speaker, cancel=task.cancel)
    return TriedBoth(base.raw, said.raw)


# -- the shelf


def install_persona(task: Task, request: InstallPersona) -> None:
    """What passed the gate, on the shelf."""
    workshop.install(workshop.bench(request.id), task.report, task.cancel)
    _renew(task, request.id)


def _renew(task: Task, name: str) -> None:
    """Have the one who speaks speak as it is now."""
    if name == task.settings.persona:
        task.engine.models.renew_language()


def remove_persona(task: Task, request: RemovePersona) -> None:
    """A persona off the shelf."""
    if request.id == task.settings.persona:
        raise UserProblem("workshop_in_use", name=request.id)
    shelf.remove(request.id, workshop.personas_folder())


def export_persona(task: Task, request: ExportPersona) -> None:
    """An installed persona as one file."""
    shelf.export_file(request.id, workshop.personas_folder(), request.file, task.report, task.cancel)


def import_persona(task: Task, request: ImportPersona) -> PersonaRow:
    """The persona of a file onto the shelf."""
    folder = workshop.personas_folder()
    found = shelf.import_file(request.file, folder, request.replace, task.report, task.cancel)
    _renew(task, found.persona.id)
    return _row(task, found.persona.id)


def export_merged(task: Task, request: ExportMerged) -> tuple[MergedTry, ...]:
    """An installed persona merged into its base."""
    found = shelf.find(request.id, workshop.personas_folder())
    base: Installed = house.find_language_model(task.settings)
    made = workshop.export_merged(
        found, base, request.file, request.kind, task.settings, report=task.report, cancel=task.cancel
    )
    return tuple(MergedTry(t.label, t.passed, t.figures.get("identity", 0.0), t.size) for t in made.tried)


WORK: Mapping[type[Request[Any]], Callable[[Task, Any], object]] = {
    ListPersonas: list_personas,
    BeginPersona: begin_persona,
    OpenBench: open_bench,
    DiscardBench: discard_bench,
    CheckPersona: check_persona,
    SavePersona: save_persona,
    ReadDialogues: read_dialogues,
    MakeLessons: make_lessons,
    ListLessons: list_lessons,
    SaveLessons: save_lessons,
    PlanTraining: plan_training,
    TrainPersona: train_persona,
    TestPersona: test_persona,
    InstallPersona: install_persona,
    TryPersona: try_persona,
    RemovePersona: remove_persona,
    ExportPersona: export_persona,
    ImportPersona: import_persona,
    ExportMerged: export_merged,
}
