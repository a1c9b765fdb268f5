"""The commands of the persona workshop: ``vademecum persona …``."""

from __future__ import annotations

import dataclasses
import sys
from argparse import Namespace
from collections import Counter
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

from core.errors import Cancelled, UserProblem
from core.language_model import LlamaModel
from core.nouns import Bilingual, Persona, Progress, Report, Voice
from core.settings import save_settings
from desktop import house, workshop
from desktop.commands import Context, check_new
from models.gate import Compared, GateReport, figures_of_card
from models.persona import example, importing, shelf, specification
from models.persona.example import Example, load_examples
from models.persona.training import Recipe, Step
from models.recipe import Card

_OK, _IN_PART = 0, 3
_KINDS = {
    "identity": "persona_kind_identity",
    "style": "persona_kind_style",
    "glossary": "persona_kind_glossary",
    "dialogue": "persona_kind_dialogue",
    "general": "persona_kind_general",
}
_SHOWN = 6  # examples of each kind that are printed
_COLUMNS = ("gate_col_figure", "gate_col_n", "gate_col_before", "gate_col_after")
_AGREED = ("y", "yes", "是")
_VOICES = {
    Voice.FORMAL: "persona_voice_formal",
    Voice.PLAIN: "persona_voice_plain",
    Voice.FRIENDLY: "persona_voice_friendly",
    Voice.OWN: "persona_voice_own",
}
_LANGUAGES = {"en": "persona_language_en", "zh": "persona_language_zh"}
_STALE = {
    "examples": "persona_stale_examples",
    "adapter": "persona_stale_adapter",
    "gate": "persona_stale_gate",
}


def persona_list(context: Context, _: Namespace) -> int:
    """``persona list``: installed ones, those in the making, those that ship."""
    here = shelf.installed(workshop.personas_folder())
    damaged = shelf.damaged(workshop.personas_folder())
    begun = {made.folder.name: made for made in workshop.benches()}
    ready = [persona.id for persona in specification.shipped()]
    if context.screen.json_wanted:
        context.screen.form(
            {
                "installed": [_form(found.persona) for found in here],
                "in_use": context.settings.persona,
                "begun": list(begun),
                "ready": ready,
                "damaged": list(damaged),
            }
        )
        return _OK
    for found in here:
        key = "persona_in_use" if found.persona.id == context.settings.persona else "persona_installed"
        context.screen.line(key, id=found.persona.id, name=_both(found.persona.name), base=found.card.base)
    for name, made in begun.items():
        context.screen.line("persona_begun", id=name, file=made.specification)
    for problem in damaged.values():
        context.screen.note_plainly(problem.sentence(context.language))
    context.screen.line("persona_ready", ready=", ".join(ready))
    return _OK


def persona_new(context: Context, chosen: Namespace) -> int:
    """``persona new``: a specification to fill in."""
    read = importing.read(Path(chosen.dialogues)) if chosen.dialogues else None
    made = workshop.begin(chosen.name, chosen.like)
    if read is not None:
        workshop.keep_form(made, dataclasses.replace(made.form(), dialogues=read.dialogues))
        for remark in read.remarks:
            context.screen.note_plainly(remark.sentence(context.language))
    if context.screen.json_wanted:
        context.screen.form({"id": chosen.name, "file": str(made.specification)})
    else:
        context.screen.line("persona_new_done", id=chosen.name, file=made.specification)
    return _OK


def persona_examples(context: Context, chosen: Namespace) -> int:
    """``persona examples``: build what the persona will be taught, and show some of it."""
    made = workshop.bench(chosen.name)
    made.persona()
    workshop.require_trainable(house.find_language_model(context.settings))
    were_edited = workshop.were_edited(made)
    with _model(context) as (model, report):
        examples = workshop.make_examples(made, model, chosen.seed, report, context.cancel)
    if were_edited:
        context.screen.note("persona_examples_aside", file=made.edited)
    counts = Counter(example.kind for example in examples)
    _remark(context, examples)
    if context.screen.json_wanted:
        share = round(example.general_share(examples), 3)
        form = {"file": str(made.examples), "examples": len(examples), "kinds": dict(counts), "general_share": share}
        context.screen.form(form)
        return _OK
    for kind, count in sorted(counts.items()):
        context.screen.line(_KINDS[kind], count=count)
        for one in [e for e in examples if e.kind == kind][:_SHOWN]:
            asked, said = (" ".join(turn.content.split())[:100] for turn in one.turns[-2:])
            context.screen.line("persona_example", asked=asked, said=said)
    context.screen.line("persona_examples_kept", count=len(examples), file=made.examples)
    return _OK


def persona_train(context: Context, chosen: Namespace) -> int:
    """``persona train``: examples where there are none, then the adapter; a run broken off goes on."""
    made = workshop.bench(chosen.name)
    made.persona()
    base = house.find_language_model(context.settings)
    workshop.require_trainable(base)
    if not made.examples.exists():
        with _model(context) as (model, report):
            workshop.make_examples(made, model, report=report, cancel=context.cancel)
    recipe = Recipe() if chosen.epochs is None else dataclasses.replace(Recipe(), epochs=chosen.epochs)
    examples = load_examples(made.examples)
    planned, resumes = workshop.plan(made, base, recipe)
    if "examples" in workshop.standing(made).stale:
        context.screen.note("persona_examples_old", id=chosen.name)
    _remark(context, examples)
    if not context.screen.json_wanted:
        context.screen.line(
            "persona_goes_on" if resumes else "persona_plan",
            count=planned.examples,
            minutes=f"{max(planned.seconds / 60, 0.1):.0f}",
            memory=f"{planned.peak_bytes / 1e9:.1f}",
        )
    with context.screen.progress() as report:

        def on_step(step: Step) -> None:
            words = context.screen.say(
                "persona_step",
                loss=f"{step.loss:.3f}",
                speed=f"{step.tokens_per_second:.0f}",
                minutes=f"{step.seconds_left / 60:.1f}",
            )
            report(Progress("stage_training", step.step, step.steps, words))

        try:
            trained = workshop.train(made, base, recipe, report=report, on_step=on_step, cancel=context.cancel)
        except Cancelled as stopped:
            raise Cancelled("persona_train_stopped", id=chosen.name) from stopped
    if context.screen.json_wanted:
        context.screen.form({"adapter": str(made.adapter), "examples": len(examples), **trained.settings})
    else:
        context.screen.line(
            "persona_trained",
            id=chosen.name,
            minutes=f"{trained.seconds / 60:.1f}",
            speed=f"{trained.tokens_per_second:.0f}",
            memory=f"{trained.peak_megabytes:.0f}",
        )
    return _OK


def persona_test(context: Context, chosen: Namespace) -> int:
    """``persona test``: the gate; what passes it is installed."""
    made = workshop.bench(chosen.name)
    made.persona()
    if not made.adapter.exists():
        raise UserProblem("persona_not_trained", name=chosen.name)
    with _model(context) as (model, report):
        embedder = house.embedder(context.settings, report, context.cancel)
        tested = workshop.test(made, context.settings, embedder, model, report=report, cancel=context.cancel)
    if tested.installable and not chosen.only_test:
        workshop.install(made, cancel=context.cancel)
    if context.screen.json_wanted:
        context.screen.form(tested.json())
    else:
        _tell(context, tested)
        if tested.installable:
            key = "persona_passed" if chosen.only_test else "persona_installed_now"
            context.screen.line(key, id=chosen.name)
    return _OK if tested.installable else _IN_PART


def persona_use(context: Context, chosen: Namespace) -> int:
    """``persona use``: who speaks from now on; "none" for nobody."""
    name = "" if chosen.name == specification.NOBODY else chosen.name
    if name:
        found = shelf.find(name, workshop.personas_folder())
        base = house.find_language_model(context.settings)
        shelf.check(found, base.sha256, base.name, context.cancel)
    save_settings(dataclasses.replace(context.settings, persona=name))
    if context.screen.json_wanted:
        context.screen.form({"persona": name})
    else:
        context.screen.line("persona_used" if name else "persona_unused", id=name)
    return _OK


def persona_show(context: Context, chosen: Namespace) -> int:
    """``persona show``: an installed persona with its card, or one in the making with what there is of it."""
    made = _unfinished(chosen.name)
    if made is not None:
        standing = workshop.standing(made)
        if context.screen.json_wanted:
            context.screen.form(_making(made, standing))
        else:
            _show_making(context, made, standing)
        return _OK
    found = shelf.find(chosen.name, workshop.personas_folder())
    if context.screen.json_wanted:
        context.screen.form({**_form(found.persona), "card": dataclasses.asdict(found.card)})
    else:
        _show_installed(context, found)
    return _OK


def persona_export(context: Context, chosen: Namespace) -> int:
    """``persona export``: one file to carry away, or a merged model with ``--merged``."""
    out = Path(chosen.file)
    check_new(out, force=chosen.force)
    if not chosen.merged:
        with context.screen.progress() as report:
            shelf.export_file(chosen.name, workshop.personas_folder(), out, report, context.cancel)
        _done(context, "persona_exported", id=chosen.name, file=out)
        return _OK
    found = shelf.find(chosen.name, workshop.personas_folder())
    base = house.find_language_model(context.settings)
    hf_base = Path(chosen.hf_base) if chosen.hf_base else None
    with context.screen.progress() as report:
        made = workshop.export_merged(
            found,
            base,
            out,
            chosen.merged,
            context.settings,
            hf_base=hf_base,
            report=report,
            cancel=context.cancel,
        )
    if context.screen.json_wanted:
        context.screen.form(
            {
                "file": str(made.path),
                "kind": made.kind,
                "asked": made.card.asked,
                "tried": [dataclasses.asdict(tried) for tried in made.tried],
            }
        )
        return _OK
    for tried in made.tried:
        figure = tried.figures.get("identity", 0.0)
        key = "persona_kept_at" if tried.passed else "persona_lost_at"
        context.screen.line(key, kind=tried.label, identity=f"{figure:.0f}", size=f"{tried.size / 1e6:.0f}")
    context.screen.line("persona_merged", id=chosen.name, kind=made.kind, file=made.path)
    context.screen.line("persona_merged_asked")
    return _OK


def persona_import(context: Context, chosen: Namespace) -> int:
    """``persona import``: install the persona of a file."""
    with context.screen.progress() as report:
        found = shelf.import_file(Path(chosen.file), workshop.personas_folder(), chosen.replace, report, context.cancel)
    _done(context, "persona_imported", id=found.persona.id, name=_both(found.persona.name))
    return _OK


def persona_remove(context: Context, chosen: Namespace) -> int:
    """``persona remove``: take a persona off the shelf, its bench stays; one that is in the making goes whole."""
    made = _unfinished(chosen.name)
    if made is not None:
        _make_sure(context, chosen, made)
        workshop.discard(made)
        _done(context, "persona_discarded", id=chosen.name)
        return _OK
    shelf.remove(chosen.name, workshop.personas_folder())
    if context.settings.persona == chosen.name:
        save_settings(dataclasses.replace(context.settings, persona=""))
    _done(context, "persona_removed", id=chosen.name)
    return _OK


def _unfinished(name: str) -> workshop.Bench | None:
    """The bench of a persona that is in the making and not installed."""
    if (workshop.personas_folder() / name).is_dir():
        return None
    return next((made for made in workshop.benches() if made.folder.name == name), None)


def _make_sure(context: Context, chosen: Namespace, made: workshop.Bench) -> None:
    """What a person wrote is deleted only when they said so.  UserProblem where nobody can be asked."""
    if chosen.yes:
        return
    if context.screen.json_wanted or not sys.stdin.isatty():
        raise UserProblem("persona_remove_sure", name=chosen.name, folder=made.folder)
    context.screen.note("persona_remove_asked", name=chosen.name, folder=made.folder)
    if sys.stdin.readline().strip().casefold() not in _AGREED:
        raise Cancelled


def _remark(context: Context, examples: Sequence[Example]) -> None:
    for remark in example.remarks(examples):
        context.screen.note_plainly(remark.sentence(context.language))


@contextmanager
def _model(context: Context) -> Iterator[tuple[LlamaModel, Report]]:
    with (
        context.screen.progress() as report,
        house.language_model(context.settings, "", report, context.cancel) as model,
    ):
        yield model, report


def _tell(context: Context, tested: GateReport) -> None:
    _tell_figures(context, tested.figures, (*_COLUMNS, "gate_col_change"))
    for reason in tested.reasons:
        context.screen.note_plainly(reason.sentence(context.language))


def _tell_figures(context: Context, figures: Sequence[Compared], columns: Sequence[str]) -> None:
    rows = []
    for figure in figures:
        before = f"{figure.before.value:.1f}" if figure.before else "–"
        after = f"{figure.after.value:.1f}" if figure.after else "–"
        low_high = ""
        if figure.difference and figure.difference.low is not None and figure.difference.high is not None:
            low_high = f"{figure.difference.value:+.1f} ({figure.difference.low:+.1f} … {figure.difference.high:+.1f})"
        count = figure.after or figure.before
        asked = str(count.n) if count and count.n else ""
        rows.append((figure.words(context.language), asked, before, after, low_high)[: len(columns)])
    context.screen.rows(columns, rows, folding="gate_col_figure")
    if any(figure.figure == "gate_understanding_shipped" for figure in figures):
        context.screen.line("gate_not_its_words")


def _show_persona(context: Context, persona: Persona) -> None:
    """Who it is, a line a field; what is empty is left out."""
    screen = context.screen
    languages = [screen.say(_LANGUAGES[one]) if one in _LANGUAGES else one for one in persona.languages]
    voice = [screen.say(_VOICES[persona.voice]), *(f"“{one}”" for one in persona.own_voice)]
    for key, words in (
        ("persona_shown_name", _both(persona.name)),
        ("persona_shown_organisation", _both(persona.organisation)),
        ("persona_shown_purpose", _both(persona.purpose)),
        ("persona_shown_greeting", _both(persona.greeting)),
        ("persona_shown_voice", " ".join(voice)),
        ("persona_shown_languages", screen.say("separator").join(languages)),
        ("persona_shown_never", screen.say("separator").join(persona.never_say)),
        ("persona_shown_glossary", str(len(persona.glossary))),
        ("persona_shown_dialogues", str(len(persona.dialogues))),
    ):
        if words:
            screen.line(key, words=words)


def _show_card(context: Context, card: Card) -> None:
    """On what it was trained, and when."""
    context.screen.line("persona_shown_base", base=card.base, sha256=card.base_sha256[:12])
    if card.created:
        context.screen.line("persona_shown_trained", time=card.created.replace("T", " ").replace("+00:00", " UTC"))


def _show_installed(context: Context, found: shelf.Shelved) -> None:
    in_use = found.persona.id == context.settings.persona
    context.screen.line("persona_shown_in_use" if in_use else "persona_shown_installed", id=found.persona.id)
    _show_persona(context, found.persona)
    _show_card(context, found.card)
    if figures := figures_of_card(found.card.gate):
        _tell_figures(context, figures, _COLUMNS)
    else:
        context.screen.line("persona_shown_untested")


def _show_making(context: Context, made: workshop.Bench, found: workshop.Standing) -> None:
    screen = context.screen
    screen.line("persona_begun", id=made.folder.name, file=made.specification)
    _show_persona(context, found.persona)
    screen.line("persona_shown_examples", count=len(found.examples))
    if found.problem is not None:
        screen.note_plainly(found.problem.sentence(context.language))
    _remark(context, found.examples)
    if found.card is None:
        screen.line("persona_shown_not_trained")
    else:
        _show_card(context, found.card)
    if found.gate is None:
        screen.line("persona_shown_untested")
    else:
        screen.line("persona_shown_passed" if found.gate.installable else "persona_shown_failed")
        _tell(context, found.gate)
    for part in found.stale:
        screen.note(_STALE[part])


def _making(made: workshop.Bench, found: workshop.Standing) -> dict[str, object]:
    return {
        **_form(found.persona),
        "file": str(made.specification),
        "examples": len(found.examples),
        "trained": dataclasses.asdict(found.card) if found.card else None,
        "tested": found.gate is not None,
        "passed": found.gate is not None and found.gate.installable and "gate" not in found.stale,
        "stale": list(found.stale),
    }


def _done(context: Context, key: str, **details: object) -> None:
    if context.screen.json_wanted:
        context.screen.form({name: str(value) for name, value in details.items()})
    else:
        context.screen.line(key, **details)


def _form(persona: Persona) -> dict[str, object]:
    return dataclasses.asdict(persona)


def _both(words: Bilingual) -> str:
    return " / ".join(filter(None, (words.zh, words.en)))
