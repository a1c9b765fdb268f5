"""One function a command: parts from the house, work from the engine, words to the screen.

Whatever can be refused is refused before a model is loaded, and nothing is made before that.
"""

from __future__ import annotations

import dataclasses
import getpass
import json
import os
import stat
import sys
import time
from argparse import Namespace
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack, contextmanager, nullcontext, suppress
from pathlib import Path
from typing import TextIO

from core.asking import ask as ask_engine
from core.audit import body_of, is_intact, latest_answers, parse_checkpoint, verify
from core.embedding import Embedder
from core.errors import Cancelled, CancelToken, UserProblem, VademecumError
from core.evaluating import SUITES, Engine, Evaluation, to_json
from core.evaluating import evaluate as evaluate_engine
from core.finding import checked_question, find
from core.importing import Importer
from core.language_model import LanguageModel, LlamaModel
from core.library import Library, restore_library
from core.nouns import Answer, Candidate, Change, Document, Progress, Rect, Report, SameName, Scope, silent
from core.reading import rects_of
from core.settings import Settings
from core.speaking import Speaker
from desktop import backups, comparison, forms, house, support
from desktop.presenting import Screen
from desktop.workshop import require_persona, speaking
from models import carrying, catalogue

DEFAULT_COLLECTION = "general"
_OK, _PROBLEM, _IN_PART, _DAMAGED = 0, 1, 3, 4


@dataclasses.dataclass(frozen=True, slots=True)
class Context:
    """What every command is given."""

    settings: Settings
    screen: Screen
    language: str
    library_folder: Path
    cancel: CancelToken


# -- documents


def add(context: Context, chosen: Namespace) -> int:
    """``add``: files and folders into the library; ``--resume`` goes on with a killed import."""
    if not chosen.paths and not chosen.resume:
        raise UserProblem("add_nothing")
    paths = [Path(p) for p in chosen.paths]
    problems = {path: problem for path in paths if (problem := _path_problem(path))}
    if problems and len(problems) == len(paths):
        raise next(iter(problems.values()))
    good = [path for path in paths if path not in problems]
    password = _password(context, chosen)
    house.find_embedder(context.settings)
    with _opened(context, create=True) as (library, report):
        changes = []
        with _importer(context, library, report, password, ocr=not chosen.no_ocr) as importer:
            if chosen.resume:
                changes.append(importer.resume())
            if good:
                collection = chosen.collection or DEFAULT_COLLECTION
                changes.append(importer.add(good, collection=collection, same_name=SameName(chosen.same_name)))
        rejected = tuple((path.name, problem.sentence(context.language)) for path, problem in problems.items())
        change = _together(changes, rejected)
        code = _change(context, change)
        if change.same_name and not context.screen.json_wanted:
            context.screen.line("change_same_name")
        return code


def replace(context: Context, chosen: Namespace) -> int:
    """``replace``: a document by its new version."""
    new = Path(chosen.new)
    if problem := _path_problem(new):
        raise problem
    password = _password(context, chosen)
    house.find_embedder(context.settings)
    with _opened(context) as (library, report):
        scope = Scope((chosen.collection,) if chosen.collection else (), (chosen.old,))
        found = _documents(library, scope)
        if len(found) > 1:
            places = ", ".join(f"“{d.collection}”" for d in found)
            raise UserProblem("library_ambiguous", name=chosen.old, collections=places)
        with _importer(context, library, report, password, ocr=not chosen.no_ocr) as importer:
            change = importer.replace(found[0].name, new, collection=found[0].collection)
        return _change(context, change)


def remove(context: Context, chosen: Namespace) -> int:
    """``remove``: documents with their earlier versions."""
    with _opened(context) as (library, _):
        return _change(context, library.remove(chosen.names, chosen.collection))


def documents(context: Context, chosen: Namespace) -> int:
    """``documents``: what is in the library."""
    with _opened(context) as (library, _):
        found = library.documents(Scope(tuple(chosen.collection)))
    if context.screen.json_wanted:
        context.screen.form([forms.document(d, context.language) for d in found])
    else:
        context.screen.documents(found)
    return _OK


# -- collections


def collections_list(context: Context, _: Namespace) -> int:
    """``collections list``."""
    with _opened(context) as (library, _report):
        found = library.collections()
    if context.screen.json_wanted:
        context.screen.form([{"collection": name, "documents": count} for name, count in found])
    elif found:
        context.screen.rows(("col_documents", "col_collection"), [(str(count), name) for name, count in found])
    else:
        context.screen.line("no_collections")
    return _OK


def collections_create(context: Context, chosen: Namespace) -> int:
    """``collections create``."""
    with _opened(context, create=True) as (library, _):
        change = library.create_collection(chosen.name)
        return _change(context, change, "collection_created", name=change.collections[0])


def collections_rename(context: Context, chosen: Namespace) -> int:
    """``collections rename``."""
    with _opened(context) as (library, _):
        change = library.rename_collection(chosen.old, chosen.new)
        return _change(context, change, "collection_renamed", old=change.collections[0], new=change.collections[-1])


def collections_move(context: Context, chosen: Namespace) -> int:
    """``collections move``."""
    with _opened(context) as (library, _):
        change = library.move_documents(chosen.names, chosen.to, chosen.collection)
        return _change(context, change, "collection_moved", count=len(chosen.names), name=chosen.to)


def collections_delete(context: Context, chosen: Namespace) -> int:
    """``collections delete``."""
    with _opened(context) as (library, _):
        change = library.delete_collection(chosen.name, force=chosen.with_documents)
        return _change(context, change, "collection_deleted", name=change.collections[0])


# -- questions


def search(context: Context, chosen: Namespace) -> int:
    """``search``: the passages nearest to a question, or to each line of a batch."""
    questions = _questions(chosen)
    house.find_embedder(context.settings)

    with _results(context, chosen) as results, _opened(context) as (library, report):
        if questions is None:
            _documents(library, _scope(chosen))
        embedder = house.embedder(context.settings, report, context.cancel)

        def found(question: str, scope: Scope) -> tuple[tuple[Candidate, ...], float]:
            _documents(library, scope)
            begin = time.perf_counter()
            candidates = find(question, library, embedder, scope=scope, k=chosen.k, cancel=context.cancel)
            return candidates, time.perf_counter() - begin

        def form(candidates: Sequence[Candidate], seconds: float) -> forms.Form:
            passages = [forms.passage(c, _rects(library, c)) for c in candidates]
            return {"passages": passages, "seconds": round(seconds, 4)}

        if questions is not None:
            return _batch(context, questions, results, lambda one: form(*found(one.question, one.scope)), report)
        report(Progress("stage_finding"))
        candidates, seconds = found(_readable(chosen.question), _scope(chosen))
        if context.screen.json_wanted:
            context.screen.form(form(candidates, seconds))
        elif not candidates and not library.documents():
            context.screen.line("library_empty")
        else:
            context.screen.passages(candidates, seconds)
        return _OK


def ask(context: Context, chosen: Namespace) -> int:
    """``ask``: a verified, cited answer to a question, or to each line of a batch."""
    questions = _questions(chosen)
    house.find_embedder(context.settings)
    house.find_language_model(context.settings, chosen.model)
    with _results(context, chosen) as results, _opened(context) as (library, report):
        if questions is None:
            _documents(library, _scope(chosen))
        embedder = house.embedder(context.settings, report, context.cancel)
        with (
            house.language_model(context.settings, chosen.model, report, context.cancel) as model,
            speaking(context.settings, model, context.cancel) as speaker,
        ):

            def answered(question: str, scope: Scope, tell: Report) -> Answer:
                _documents(library, scope)
                return ask_engine(
                    question,
                    library,
                    embedder,
                    model,
                    scope=scope,
                    user=house.user_name(),
                    speaker=speaker,
                    evidence_tokens=context.settings.evidence_tokens,
                    seed=chosen.seed,
                    report=tell,
                    cancel=context.cancel,
                )

            def form(given: Answer) -> forms.Form:
                return forms.answer(given, context.language, lambda candidate: _rects(library, candidate))

            if questions is not None:
                return _batch(
                    context, questions, results, lambda one: form(answered(one.question, one.scope, silent)), report
                )
            given = answered(_readable(chosen.question), _scope(chosen), report)
            if context.screen.json_wanted:
                context.screen.form(form(given))
            else:
                context.screen.answer(given)
            return _OK


# -- upkeep


def doctor(context: Context, chosen: Namespace) -> int:
    """``doctor``: what is wrong with the library, mended where asked."""
    stages: set[str] = set()
    told: list[forms.Form] = []

    def tell(key: str, sentence: str, mended: bool, words: str = "doctor_mended") -> None:
        told.append({"finding": key, "sentence": sentence, "mended": mended})
        if not context.screen.json_wanted:
            context.screen.line(words if mended else "doctor_found", sentence=sentence)

    with context.screen.progress() as show:

        def report(progress: Progress) -> None:
            # The doctor's work may be stopped between any two steps: what is half-way is finished when next opened.
            context.cancel.check()
            stages.add(progress.stage)
            show(progress)

        change = None
        with house.library(context.library_folder, report=report) as library:
            if "stage_indexing" in stages:
                tell("doctor_index_behind", context.screen.say("doctor_index_behind"), True)
            findings = library.doctor(repair=chosen.repair, rebuild_index=chosen.rebuild_index, report=report)
            if chosen.rebuild_index:
                tell("doctor_index_rebuilt", context.screen.say("doctor_index_rebuilt"), True, "doctor_done")
            if chosen.repair and library.pending_imports():
                with _importer(context, library, report, _password(context, chosen)) as importer:
                    change = importer.resume()
    failed = {name for name, _ in change.rejected} if change else set()
    for finding in findings:
        mended = finding.mended and finding.details.get("name") not in failed
        mended |= finding.key == "doctor_pending" and change is not None and not failed
        tell(finding.key, finding.sentence(context.language), mended)
    if context.screen.json_wanted:
        context.screen.form({"findings": told, "change": forms.change(change) if change else None})
    elif change:
        context.screen.change(change)
    elif not findings:
        context.screen.line("doctor_well")
    return _OK if all(one["mended"] for one in told) and not failed else _DAMAGED


def backup(context: Context, chosen: Namespace) -> int:
    """``backup``: the library in one file, read back."""
    with _opened(context) as (library, report):
        made = library.back_up(backups.place(Path(chosen.file)), report, context.cancel)
    if context.screen.json_wanted:
        context.screen.form(
            {"file": str(made.file), "bytes": made.size, "documents": made.documents, "missing": list(made.missing)}
        )
    else:
        context.screen.line("backup_done", path=made.file, size=_megabytes(made.size), documents=made.documents)
        for name in made.missing:
            context.screen.line("backup_missing", name=name)
    return _IN_PART if made.missing else _OK


def restore(context: Context, chosen: Namespace) -> int:
    """``restore``: a library from a backup, where there is none yet."""
    folder = Path(chosen.folder) if chosen.folder else context.library_folder
    with context.screen.progress() as report:
        made = restore_library(Path(chosen.file), folder, report, context.cancel)
    told = [(finding.key, finding.sentence(context.language), finding.mended) for finding in made.findings]
    if context.screen.json_wanted:
        findings = [{"finding": key, "sentence": sentence, "mended": mended} for key, sentence, mended in told]
        form = {"folder": str(made.folder), "made_at": made.made_at, "documents": made.documents}
        context.screen.form({**form, "findings": findings})
    else:
        made_at = made.made_at[:16].replace("T", " ") + " UTC"
        context.screen.line("restore_done", folder=made.folder, documents=made.documents, made_at=made_at)
        for _, sentence, mended in told:
            context.screen.line("doctor_mended" if mended else "doctor_found", sentence=sentence)
    return _OK if all(mended for _, _, mended in told) else _DAMAGED


def _megabytes(size: int) -> str:
    return f"{size / 1e6:.1f}" if size < 10_000_000 else str(round(size / 1e6))


def support_bundle(context: Context, chosen: Namespace) -> int:
    """``support-bundle``: what it holds is listed, then saved; ``--show`` prints all of it instead."""
    out = Path(chosen.out) if chosen.out else support.free_name(Path())
    if not chosen.show:
        support.check_place(out)
    with context.screen.progress() as show:

        def report(progress: Progress) -> None:
            context.cancel.check()
            show(progress)

        def opened() -> Library:
            return house.library(context.library_folder, report=report)

        files = support.collect(context.settings, opened, report=report)
    context.cancel.check()
    about = [(name, context.screen.say(support.words_key(name)), text) for name, text in files.items()]
    if chosen.show:
        for name, words, text in about if not context.screen.json_wanted else ():
            context.screen.line("support_shown", name=name, words=words, text=text)
        if context.screen.json_wanted:
            context.screen.form(files)
        return _OK
    sizes = [(name, len(text.encode("utf-8", "backslashreplace")), words) for name, words, text in about]
    if not context.screen.json_wanted:
        context.screen.line("support_contents")
        rows = [(name, str(size), words) for name, size, words in sizes]
        context.screen.rows(("col_file", "col_bytes", "col_contents"), rows, folding="col_contents")
    support.save(files, out)
    if context.screen.json_wanted:
        context.screen.form({"out": str(out), "files": [{"name": name, "bytes": size} for name, size, _ in sizes]})
    else:
        context.screen.line("support_saved", path=out.absolute())
    return _OK


def audit_list(context: Context, chosen: Namespace) -> int:
    """``audit list``: the latest answers."""
    with _opened(context) as (library, _):
        answers = latest_answers(library.records, library.audit_head().sequence, chosen.n)
        records = [(record, body_of(record)) for record in answers]
    kept = ("utc", "user", "question", "kind")
    if context.screen.json_wanted:
        context.screen.form(
            [
                {"sequence": r.sequence, **{name: body.get(name) for name in kept}, "intact": is_intact(r)}
                for r, body in records
            ]
        )
    elif records:
        rows = [
            (
                "" if is_intact(record) else "✘",
                str(record.sequence),
                str(body.get("utc", "?"))[:16].replace("T", " "),
                str(body.get("user", "?")),
                _kind(context, body.get("kind")),
                str(body.get("question", "?")),
            )
            for record, body in records
        ]
        context.screen.rows(("", "col_record", "col_utc", "col_user", "col_kind", "col_question"), rows)
    else:
        context.screen.line("audit_empty")
    return _OK


def audit_show(context: Context, chosen: Namespace) -> int:
    """``audit show``: one record, whole."""
    with _opened(context) as (library, _):
        record = next((r for r in library.records(chosen.sequence) if r.sequence == chosen.sequence), None)
    if record is None:
        raise UserProblem("audit_no_record", sequence=chosen.sequence)
    form = {
        "sequence": record.sequence,
        "hash": record.hash,
        "previous": record.previous,
        "intact": is_intact(record),
        "record": body_of(record) or record.body,
    }
    if context.screen.json_wanted:
        context.screen.form(form)
    else:
        context.screen.record(form)
    return _OK if is_intact(record) else _DAMAGED


def audit_verify(context: Context, chosen: Namespace) -> int:
    """``audit verify``: whether the chain of records is whole, against a checkpoint kept elsewhere if given."""
    checkpoint = parse_checkpoint(chosen.checkpoint) if chosen.checkpoint else None
    with _opened(context) as (library, _):
        faults = verify(library.records(), checkpoint)
        head = library.audit_head()
    if context.screen.json_wanted:
        sentences = [f.sentence(context.language) for f in faults]
        context.screen.form({"intact": not faults, "faults": sentences, "checkpoint": str(head)})
    else:
        for fault in faults:
            context.screen.line("doctor_found", sentence=fault.sentence(context.language))
        if not faults and not head.sequence:
            context.screen.line("audit_empty")
        elif not faults:
            context.screen.line("audit_intact", count=head.sequence)
            context.screen.line("audit_keep_checkpoint", checkpoint=str(head))
    return _DAMAGED if faults else _OK


def _kind(context: Context, kind: object) -> str:
    words = {
        "answered": "kind_answered",
        "not_found": "kind_not_found",
        "conversation": "kind_conversation_short",
        "stopped": "kind_stopped",
    }
    return context.screen.say(words[kind]) if isinstance(kind, str) and kind in words else str(kind or "?")


# -- models


def models_list(context: Context, _: Namespace) -> int:
    """``models list``: what is installed and what can be fetched."""
    here = {m.name: m for m in catalogue.installed(house.models_folder())}
    listed = {e.name: e for e in catalogue.CATALOGUE}
    names = (*listed, *(name for name in here if name not in listed))
    if context.screen.json_wanted:
        context.screen.form([_model_form(name, here.get(name), listed.get(name)) for name in names])
        return _OK
    items = []
    for name in names:
        known, installed = listed.get(name), here.get(name)
        model = installed or listed[name]
        words = [model.licence or context.screen.say("licence_unknown")]
        if installed and installed.tokens_per_second:
            words.append(context.screen.say("model_speed", speed=f"{installed.tokens_per_second:.0f}"))
        if not installed:
            words.append(context.screen.say("model_can_be_fetched", name=name))
        about = f"{context.screen.say(known.words)}\n" if known else ""
        size = f"{model.size / 1e6:.0f} MB"
        items.append((installed is not None, name, model.title, size, about + " · ".join(words)))
    context.screen.listing(items)
    return _OK


def models_fetch(context: Context, chosen: Namespace) -> int:
    """``models fetch``: the starter models, or those named."""
    names = list(dict.fromkeys(chosen.names or ("default", "e5-small")))
    for name in names:
        catalogue.entry(name)  # a wrong name is refused before hours of download for the others
    fetched = []
    for name in names:
        before = {m.name: m.added_at for m in catalogue.installed(house.models_folder())}
        with context.screen.progress() as report:
            model = catalogue.fetch(name, house.models_folder(), report=report, cancel=context.cancel)
            if not model.prompt_tokens_per_second:
                model = catalogue.settle_in(model, house.probe_command(), report, context.cancel)
        fetched.append(_model_form(name, model, catalogue.entry(name)))
        if not context.screen.json_wanted:
            key = "model_already_here" if before.get(name) == model.added_at else "model_fetched"
            context.screen.line(key, name=name, title=model.title, size=f"{model.size / 1e6:.0f}")
    if context.screen.json_wanted:
        context.screen.form(fetched)
    return _OK


def models_add(context: Context, chosen: Namespace) -> int:
    """``models add``: a GGUF file that the user brings."""
    file = Path(chosen.file)
    if problem := _path_problem(file):
        raise problem
    with context.screen.progress() as report:
        added = catalogue.add(
            file, house.models_folder(), house.probe_command(), chosen.name, report=report, cancel=context.cancel
        )
    return _measured(context, added)


def models_export(context: Context, chosen: Namespace) -> int:
    """``models export``: installed models into a folder, to be carried to another computer."""
    out = Path(chosen.folder)
    with context.screen.progress() as report:
        carried = carrying.export_models(chosen.names, house.models_folder(), out, report, context.cancel)
    _carried(context, carried, "carry_exported")
    if not context.screen.json_wanted:
        context.screen.line("carry_what_next", folder=out)
    return _OK


def models_import(context: Context, chosen: Namespace) -> int:
    """``models import``: what ``models export`` left in a folder."""
    source, command = Path(chosen.folder), house.probe_command()
    with context.screen.progress() as report:
        carried = carrying.import_models(source, house.models_folder(), command, report, context.cancel)
    _carried(context, carried, "carry_imported")
    return _OK


def _carried(context: Context, carried: Sequence[carrying.Carried], key: str) -> None:
    if context.screen.json_wanted:
        context.screen.form([{**_model_form(c.model.name, c.model, None), "already": c.already} for c in carried])
        return
    for one in carried:
        name, size = one.model.name, f"{one.model.size / 1e6:.0f}"
        context.screen.line("carry_already" if one.already else key, name=name, size=size)


def models_probe(context: Context, chosen: Namespace) -> int:
    """``models probe``: load a model in a throw-away process and measure it."""
    found = catalogue.find(chosen.name, house.models_folder())
    if found.kind != "language":
        raise UserProblem("model_embedding_only", file=found.name)
    with context.screen.progress() as report:
        measured, _ = catalogue.measure(
            chosen.name, house.models_folder(), house.probe_command(), report=report, cancel=context.cancel
        )
    return _measured(context, measured)


def models_remove(context: Context, chosen: Namespace) -> int:
    """``models remove``."""
    catalogue.remove(chosen.name, house.models_folder())
    if context.screen.json_wanted:
        context.screen.form({"removed": chosen.name})
    else:
        context.screen.line("model_removed", name=chosen.name)
    return _OK


def _measured(context: Context, model: catalogue.Installed) -> int:
    if context.screen.json_wanted:
        context.screen.form(_model_form(model.name, model, None))
    else:
        context.screen.line(
            "model_measured",
            name=model.name,
            title=model.title,
            prompt=f"{model.prompt_tokens_per_second:.0f}",
            output=f"{model.tokens_per_second:.0f}",
        )
    return _OK


def _model_form(name: str, here: catalogue.Installed | None, listed: catalogue.ModelEntry | None) -> forms.Form:
    model = here or listed
    assert model is not None
    return {
        "name": name,
        "title": model.title,
        "kind": model.kind,
        "licence": model.licence,
        "bytes": model.size,
        "sha256": model.sha256,
        "source": model.source if isinstance(model, catalogue.Installed) else model.source.words,
        "installed": here is not None,
        "path": str(here.path) if here else "",
        "family": here.family if here else "",
        "chat_template": here.chat_template if here else None,
        "context": here.context if here else None,
        "prompt_tokens_per_second": here.prompt_tokens_per_second if here else 0.0,
        "tokens_per_second": here.tokens_per_second if here else 0.0,
    }


# -- evaluation


def evaluate(context: Context, chosen: Namespace) -> int:
    """``evaluate``: the engine against question sets with known pages, in a library of its own; or ``--compare``."""
    if chosen.compare:
        return _compare(context, chosen)
    if chosen.chart:
        raise UserProblem("evaluate_only_compare", option="--chart")
    if not (chosen.pack and chosen.suite):
        raise UserProblem("evaluate_needs_suite")
    if chosen.suite not in SUITES:
        raise UserProblem("evaluation_unknown_suite", suite=chosen.suite, known=", ".join(SUITES))
    pack = Path(chosen.pack)
    if problem := _path_problem(pack):
        raise problem
    context = dataclasses.replace(context, library_folder=_evaluation_library(context))

    def run(engine: Engine | None, report: Report) -> Evaluation:
        return evaluate_engine(
            pack,
            chosen.suite,
            engine,
            n=chosen.n,
            asks=chosen.asks,
            seed=chosen.seed,
            report=report,
            cancel=context.cancel,
        )

    if chosen.out:
        check_new(Path(chosen.out), force=chosen.force)
    with _written_aside(Path(chosen.out)) if chosen.out else nullcontext() as aside:
        if chosen.suite == "verifier":
            with context.screen.progress() as report:
                result = evaluate_engine(
                    pack,
                    chosen.suite,
                    embedder=_embedder_if_here(context, report),
                    n=chosen.n,
                    seed=chosen.seed,
                    report=report,
                    cancel=context.cancel,
                )
        else:
            result = _evaluate_with_engine(context, chosen, run)
        form = to_json(result)
        if aside:
            _write(aside[0], Path(chosen.out), json.dumps(form, ensure_ascii=False, indent=1))
    if context.screen.json_wanted:
        context.screen.form(form)
    else:
        context.screen.evaluation(result)
    return _OK


def _embedder_if_here(context: Context, report: Report) -> Embedder | None:
    """The embedder, where one is installed: claims are judged without one too, by their words alone."""
    try:
        house.find_embedder(context.settings)
    except UserProblem:
        return None
    return house.embedder(context.settings, report, context.cancel)


def _evaluate_with_engine(
    context: Context, chosen: Namespace, run: Callable[[Engine | None, Report], Evaluation]
) -> Evaluation:
    house.find_embedder(context.settings)
    settings = dataclasses.replace(context.settings, persona=chosen.persona)
    if chosen.asks:
        house.find_language_model(settings, chosen.model)
    if chosen.persona:
        require_persona(settings, chosen.model, context.cancel)
    with ExitStack() as opened:
        library, report = opened.enter_context(_opened(context, create=True))
        embedder = house.embedder(context.settings, report, context.cancel)
        reader = opened.enter_context(house.reader(context.settings))

        def open_model() -> LanguageModel:
            return opened.enter_context(house.language_model(context.settings, chosen.model, report, context.cancel))

        def open_speaker(model: LanguageModel) -> Speaker:
            assert isinstance(model, LlamaModel)  # the one that open_model gave
            found = opened.enter_context(speaking(settings, model, context.cancel))
            assert found is not None
            return found

        speaker = open_speaker if chosen.persona else None
        return run(Engine(library, reader, embedder, open_model, settings.evidence_tokens, speaker), report)


def _evaluation_library(context: Context) -> Path:
    """The library that was named, or the one of evaluations: never the user's own by default."""
    named = context.library_folder != house.default_library()
    return context.library_folder if named else house.evaluation_library()


def _compare(context: Context, chosen: Namespace) -> int:
    """``evaluate --compare``: base alone, persona alone, retrieval alone, persona and retrieval."""
    if chosen.asks:
        raise UserProblem("evaluate_not_compare", option="--asks")
    if chosen.suite and not chosen.pack:
        raise UserProblem("evaluate_suite_without_pack")
    pack = Path(chosen.pack) if chosen.pack else None
    if pack and (problem := _path_problem(pack)):
        raise problem
    drawn, out = Path(chosen.chart), Path(chosen.out or "")
    if chosen.chart:
        comparison.check_picture(drawn)
        check_new(drawn, force=chosen.force)
    if chosen.out:
        check_new(out, force=chosen.force)
    wanted = comparison.Wanted(pack, chosen.suite, chosen.persona, chosen.model, chosen.n, chosen.seed)
    # The picture comes last: a drawing that fails costs no figure.
    with _written_aside(drawn) if chosen.chart else nullcontext() as chart:
        with (
            _written_aside(out) if chosen.out else nullcontext() as aside,
            context.screen.progress() as report,
        ):
            folder = _evaluation_library(context)
            result = comparison.run(context.settings, wanted, folder, report, context.cancel)
            form = to_json(result)
            if aside:
                _write(aside[0], out, json.dumps(form, ensure_ascii=False, indent=1))
        if not context.screen.json_wanted:
            context.screen.comparison(result)
        if chart:
            picture = comparison.picture(result, drawn.suffix, context.language, context.cancel)
            _write_bytes(chart[0], drawn, picture)
    if context.screen.json_wanted:
        context.screen.form(form)
    elif chosen.chart:
        context.screen.line("compare_chart_written", file=drawn)
    return _OK


# -- what the commands share


@contextmanager
def _opened(context: Context, *, create: bool = False) -> Iterator[tuple[Library, Report]]:
    """The library, open, with a report that shows itself."""
    with (
        context.screen.progress() as report,
        house.library(context.library_folder, create=create, report=report) as library,
    ):
        yield library, report


@contextmanager
def _importer(
    context: Context, library: Library, report: Report, password: str | None, *, ocr: bool = True
) -> Iterator[Importer]:
    """What brings files into the library, its models loaded."""
    embedder = house.embedder(context.settings, report, context.cancel)
    with house.reader(context.settings, ocr=ocr) as reader:
        yield Importer(library, reader, embedder, password, context.language, report, context.cancel)


def _scope(chosen: Namespace) -> Scope:
    return Scope(tuple(chosen.collection), tuple(chosen.document))


def _documents(library: Library, scope: Scope) -> Sequence[Document]:
    """The documents in ``scope``.  UserProblem for an unknown one, which says where else a document of that name is."""
    try:
        return library.documents(scope)
    except UserProblem as problem:
        if problem.key != "library_unknown_document" or not scope.collections:
            raise
        asked = str(problem.details["name"])
        places = {d.collection for d in library.documents() if d.name.casefold() == asked.strip().casefold()}
        if not places:
            raise
        raise UserProblem(
            "document_elsewhere", name=asked, asked=_quoted(scope.collections), places=_quoted(sorted(places))
        ) from problem


def _quoted(names: Sequence[str]) -> str:
    return ", ".join(f"“{name}”" for name in names)


def _rects(library: Library, candidate: Candidate) -> tuple[Rect, ...]:
    found = candidate.passage
    return rects_of(library.page(found.sha256, found.page_index), found.start, found.end)


def _change(context: Context, change: Change, key: str = "", **details: object) -> int:
    if context.screen.json_wanted:
        context.screen.form(forms.change(change))
    else:
        if key:
            context.screen.line(key, **details)
        context.screen.change(change)
    if not change.rejected:
        return _OK
    return _IN_PART if change.added or change.replaced or change.unchanged else _PROBLEM


def _together(changes: Sequence[Change], rejected: tuple[tuple[str, str], ...]) -> Change:
    """Several changes as one, the latest revision last."""
    one = Change(revision=changes[-1].revision)
    for change in changes:
        one = dataclasses.replace(
            one,
            added=one.added + change.added,
            replaced=one.replaced + change.replaced,
            unchanged=one.unchanged + change.unchanged,
            rejected=one.rejected + change.rejected,
            partial=one.partial + change.partial,
            poorly_read=one.poorly_read + change.poorly_read,
            hidden=one.hidden + change.hidden,
            restored=one.restored + change.restored,
            same_name=one.same_name + change.same_name,
            collections=tuple(dict.fromkeys(one.collections + change.collections)),
        )
    return dataclasses.replace(one, rejected=rejected + one.rejected)


def _path_problem(path: Path) -> UserProblem | None:
    """Why nothing can be read at ``path``; None when it can."""
    try:
        path.stat()
    except PermissionError as fault:
        return UserProblem("import_unreadable_file", file=path, fault=fault.strerror)
    except (OSError, ValueError):  # a name that no disk can hold is a file that is not there
        return UserProblem("file_missing", path=_shortened(str(path)))
    if not os.access(path, os.R_OK | (os.X_OK if path.is_dir() else 0)):
        return UserProblem("import_unreadable_file", file=path, fault=os.strerror(13))
    return None


def _shortened(text: str) -> str:
    return text if len(text) <= 300 else f"{text[:150]}…{text[-140:]}"


def _password(context: Context, chosen: Namespace) -> str | None:
    """What ``--password`` says; "-" asks for it, so that it stands in no list of processes."""
    given: str | None = chosen.password
    if given != "-":
        return given
    if sys.stdin.isatty():
        return getpass.getpass(context.screen.say("password_prompt"))
    return sys.stdin.readline().rstrip("\r\n")


# -- batches


@dataclasses.dataclass(frozen=True, slots=True)
class _Asked:
    id: object
    question: str
    scope: Scope


@dataclasses.dataclass(frozen=True, slots=True)
class _Results:
    """Where the lines of a batch go while they are made, and what the file is called in the end."""

    stream: TextIO
    part: Path
    out: Path


def _readable(question: str) -> str:
    """The question with what cannot be written as UTF-8 replaced: half a character, or a byte of another encoding."""
    return checked_question(question.encode("utf-8", "replace").decode("utf-8"))


def _questions(chosen: Namespace) -> list[_Asked] | None:
    """The lines of ``--batch``, or None where one question is asked."""
    if bool(chosen.batch) == (chosen.question is not None):
        raise UserProblem("question_or_batch")
    if not chosen.batch:
        if chosen.out:
            raise UserProblem("out_needs_batch")
        _readable(chosen.question)
        return None
    if not chosen.out:
        raise UserProblem("batch_needs_out")
    if chosen.collection or chosen.document:
        raise UserProblem("batch_has_scope")
    return list(_read_batch(Path(chosen.batch)))


def _read_batch(file: Path) -> Iterator[_Asked]:
    if problem := _path_problem(file):
        raise problem
    try:
        # Only line feeds end a line: other marks that Python takes for line ends may stand inside a question.
        lines = file.read_text(encoding="utf-8-sig").split("\n")
    except OSError as fault:
        raise UserProblem("import_unreadable_file", file=file, fault=fault.strerror) from fault
    except UnicodeDecodeError as fault:
        raise UserProblem("batch_not_text", path=file) from fault
    for number, line in enumerate(lines, 1):
        if not line.strip():
            continue
        try:
            entry = json.loads(line)
        except ValueError as fault:
            raise UserProblem("batch_not_json", path=file, line=number) from fault
        if not (isinstance(entry, dict) and "id" in entry and isinstance(entry.get("question"), str)):
            raise UserProblem("batch_no_question", path=file, line=number)
        collection, names = entry.get("collection"), entry.get("documents") or []
        if not isinstance(collection, str | None) or not isinstance(names, list):
            raise UserProblem("batch_bad_scope", path=file, line=number)
        if not all(isinstance(name, str) for name in names):
            raise UserProblem("batch_bad_scope", path=file, line=number)
        yield _Asked(entry["id"], entry["question"], Scope((collection,) if collection else (), tuple(names)))


@contextmanager
def _results(context: Context, chosen: Namespace) -> Iterator[_Results | None]:
    """The file of a batch's results, opened before any model is loaded; None where one question is asked."""
    if not chosen.batch:
        yield None
        return
    out = Path(chosen.out)
    if out.exists() and out.samefile(chosen.batch):
        raise UserProblem("batch_onto_itself", path=out)
    check_new(out, force=chosen.force)
    with _written_aside(out) as (stream, part):
        yield _Results(stream, part, out)


def check_new(out: Path, *, force: bool) -> None:
    """UserProblem when the file ``out`` is there already and may not be overwritten; a pipe or a device may be."""
    with suppress(OSError):  # whoever writes says what is wrong with the place
        if not force and out.is_file():
            raise UserProblem("output_exists", file=_shortened(str(out)))


@contextmanager
def _written_aside(out: Path) -> Iterator[tuple[TextIO, Path]]:
    """A stream that becomes ``out`` when all went well; what was written stays in ``out``.part when not."""
    try:
        special = out.exists() and not stat.S_ISREG(out.stat().st_mode)  # a pipe or a device has no place aside
        part = out if special else out.with_name(out.name + ".part")
        stream = part.open("w", encoding="utf-8", errors="replace")
    except (OSError, ValueError) as fault:
        raise _unwritable(out, fault) from fault
    try:
        yield stream, part
    except BaseException:
        with suppress(OSError):
            stream.close()
            if not special and not part.stat().st_size:
                part.unlink()
        raise
    try:
        stream.close()
        if not special:
            part.replace(out)
    except OSError as fault:
        raise _unwritable(out, fault) from fault


def _write(stream: TextIO, out: Path, text: str) -> None:
    try:
        stream.write(text)
        stream.flush()
    except OSError as fault:
        raise _unwritable(out, fault) from fault


def _write_bytes(stream: TextIO, out: Path, data: bytes) -> None:
    try:
        stream.buffer.write(data)
        stream.flush()
    except OSError as fault:
        raise _unwritable(out, fault) from fault


def _unwritable(out: Path, fault: OSError | ValueError) -> UserProblem:
    reason = (fault.strerror if isinstance(fault, OSError) else None) or fault
    return UserProblem("cannot_write", path=_shortened(str(out)), fault=reason)


def _batch(
    context: Context,
    questions: Sequence[_Asked],
    results: _Results | None,
    form: Callable[[_Asked], forms.Form],
    report: Report,
) -> int:
    """Write a line as each question is done; one that fails gets its sentence and does not stop the others."""
    assert results is not None
    failed = done = 0
    try:
        for one in questions:
            report(Progress("stage_batch", done, len(questions)))
            context.cancel.check()
            try:
                made = form(dataclasses.replace(one, question=_readable(one.question)))
            except Cancelled:
                raise
            except VademecumError as problem:
                failed += 1
                made = {"error": problem.sentence(context.language), "error_key": problem.key}
            _write(results.stream, results.out, json.dumps({"id": one.id, **made}, ensure_ascii=False) + "\n")
            done += 1
    except (Cancelled, KeyboardInterrupt):
        if done:
            context.screen.note("batch_stopped", done=done, count=len(questions), path=results.part)
        raise
    if context.screen.json_wanted:
        context.screen.form({"questions": len(questions), "failed": failed, "out": str(results.out)})
    else:
        context.screen.line("batch_done", count=len(questions), failed=failed, path=results.out)
    if not failed:
        return _OK
    return _IN_PART if failed < len(questions) else _PROBLEM
