"""The persona workshop at work: specification, examples, training, gate, shelf, with the engine's own parts.

Everything of a persona in the making lies in one folder; what was begun there goes on where it was.
"""

from __future__ import annotations

import dataclasses
import hashlib
import json
import shutil
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from core import speech
from core.errors import CancelToken, UserProblem
from core.nouns import Citation, ModelIdentity, Persona, Report, Scope, Turn, silent
from core.plain import from_plain, to_plain
from core.settings import Settings, data_folder
from core.speech import LONGEST_REPLY
from desktop import house, samples
from models.gate import GateReport
from models.persona import example, general, shelf, specification
from models.persona.bank import tasks
from models.persona.example import Example, data_sha256, load_examples, save_examples
from models.persona.examples import build, identity_questions
from models.persona.training_base import in_training
from models.recipe import Card, aside, beside, check_place, read_card, sha256, write_card, written

if TYPE_CHECKING:
    from core.embedding import Embedder
    from core.language_model import LanguageModel, LlamaModel
    from core.library import Library
    from core.speaking import Speaker
    from models.catalogue import Installed
    from models.gate import Measured, QuestionSets, Summary
    from models.persona.training import Plan, Recipe, Step, Trained
    from models.quantise import Exported, Verdict

Curve = tuple[tuple[int, float, float | None], ...]  # step, loss, held-out loss where it was measured

SEED = 7
_MARK = "7f3a09d2"  # fences the passages of general prompts: always the same, or their answers could not be kept
_LONGEST_ANSWER = 72  # tokens of an answer of the base


def personas_folder() -> Path:
    """Where installed personas stand."""
    return data_folder() / "personas"


@dataclass(frozen=True, slots=True)
class Bench:
    """One persona in the making: the folder with its specification, examples, training and adapter."""

    folder: Path

    @property
    def specification(self) -> Path:
        """The TOML file that a person writes."""
        return self.folder / "persona.toml"

    @property
    def examples(self) -> Path:
        """What it is taught, one example a line; a person may edit it."""
        return self.folder / "examples.jsonl"

    @property
    def training(self) -> Path:
        """Checkpoints, the curve and the trained weights."""
        return self.folder / "training"

    @property
    def adapter(self) -> Path:
        """The trained adapter as a GGUF file, with its card beside it."""
        return self.folder / "adapter.gguf"

    @property
    def origin(self) -> Path:
        """What the examples were built from, and what they were then."""
        return self.folder / "examples.origin.json"

    @property
    def edited(self) -> Path:
        """Examples that a person had edited when they were built anew."""
        return self.folder / "examples.edited.jsonl"

    @property
    def gate(self) -> Path:
        """What the gate found of an adapter, and of which."""
        return self.folder / "gate.json"

    def form(self) -> Persona:
        """The persona as far as it is filled in.  UserProblem when its file is missing or is no persona."""
        return dataclasses.replace(specification.load(self.specification), id=self.folder.name)

    def persona(self) -> Persona:
        """The persona as specified.  UserProblem when its file is missing or breaks a rule."""
        persona = specification.load(self.specification)
        specification.require(persona)
        if persona.id != self.folder.name:
            raise UserProblem("workshop_other_id", file=self.specification, id=persona.id, name=self.folder.name)
        return persona


def workshop_folder() -> Path:
    """Where personas are made."""
    return data_folder() / "workshop"


def benches() -> tuple[Bench, ...]:
    """Every persona in the making, by id."""
    return tuple(b for b in map(Bench, sorted(workshop_folder().glob("*/"))) if b.specification.is_file())


def bench(name: str) -> Bench:
    """The bench of the persona with that id.  UserProblem when none was begun."""
    begun = {made.folder.name: made for made in benches()}
    if name not in begun:
        raise UserProblem("workshop_unknown", name=name, begun=", ".join(begun) or "–")
    return begun[name]


def begin(name: str, like: str = "") -> Bench:
    """A bench for a new persona: like one that ships, or a form to fill in.  UserProblem when it exists already."""
    made = Bench(workshop_folder() / name)
    fresh = specification.new(name)
    for fault in specification.check(fresh):
        if fault.field == "id":  # the name of a folder
            raise fault.problem()
    if made.specification.exists():
        raise UserProblem("workshop_taken", name=name, file=made.specification)
    if like:
        ready = {persona.id: persona for persona in specification.shipped()}
        if like not in ready:
            raise UserProblem("workshop_no_model", name=like, ready=", ".join(ready))
        fresh = dataclasses.replace(ready[like], id=name)
    with written(made.specification):
        workshop_folder().mkdir(mode=0o700, parents=True, exist_ok=True)
        made.folder.mkdir(mode=0o700, exist_ok=True)
    keep_form(made, fresh)
    return made


def keep_form(made: Bench, persona: Persona) -> None:
    """Keep ``persona``, half-finished or not, as the form of the bench.

    UserProblem for what could not be read again, and when the disk refuses.
    """
    try:
        data = specification.dump(persona).encode("utf-8")
    except UnicodeEncodeError:  # half a character, which the rules know
        specification.require(persona)
        raise
    if len(data) > specification.MAX_BYTES:
        megabytes = specification.MAX_BYTES // 1_000_000
        raise UserProblem("persona_file_too_large", file=made.specification.name, megabytes=megabytes)
    with aside(made.specification) as part:
        part.write_bytes(data)


def discard(made: Bench) -> None:
    """Delete a bench with everything on it.  UserProblem while it is trained, or when the disk refuses."""
    with written(made.folder):
        if in_training(made.training):
            raise UserProblem("workshop_busy", name=made.folder.name)
        # In one step it is a bench no more, whatever becomes of the rest.
        made.specification.unlink()
        shutil.rmtree(made.folder)


def form_sha256(persona: Persona) -> str:
    """What a form is, in one hash."""
    return hashlib.sha256(specification.dump(persona).encode("utf-8", "replace")).hexdigest()


# -- examples


def make_examples(
    made: Bench, model: LlamaModel, seed: int = SEED, report: Report = silent, cancel: CancelToken | None = None
) -> tuple[Example, ...]:
    """What the persona is to be taught, mixed with the base model's own answers, and kept on the bench.

    What a person had edited is set aside (``Bench.edited``).
    """
    persona = made.persona()

    def complete(prompts: Sequence[Sequence[Turn]]) -> list[str]:
        written = model.generate_all(prompts, max_tokens=_LONGEST_ANSWER, cancel=cancel)
        return [text if ended else "" for text, ended in written]

    own = build(persona, seed)
    wanted = general.prompts(_cited(), seed, round(1.7 * len(own)) + 20)
    others = general.generate(wanted, complete, model.identity.sha256, workshop_folder() / "general", report, cancel)
    examples = build(persona, seed, others)
    if were_edited(made):
        with written(made.edited):
            made.examples.replace(made.edited)
    _write_examples(made, examples)
    with aside(made.origin) as part:
        origin = _Origin(form_sha256(persona), data_sha256(examples))
        part.write_text(json.dumps(to_plain(origin)), encoding="utf-8")
    return examples


def keep_examples(made: Bench, examples: Sequence[Example]) -> None:
    """Keep the examples as a person edited them.  UserProblem naming the first that cannot be taught."""
    from models.persona.training import FEWEST, MOST

    learned = sum(not one.held_out for one in examples)
    if learned < FEWEST:
        raise UserProblem("training_too_few", count=learned, fewest=FEWEST)
    if len(examples) > MOST:
        raise UserProblem("training_too_many", count=len(examples), most=MOST)
    example.require(examples)
    _write_examples(made, examples)


def taught(made: Bench) -> tuple[Example, ...]:
    """The examples on the bench, fit to be trained on.  UserProblem when there are none, or for the first that is not.

    A person may have edited them.
    """
    if not made.examples.exists():
        raise UserProblem("persona_examples_none", name=made.folder.name)
    examples = load_examples(made.examples)
    example.require(examples)
    return examples


def _write_examples(made: Bench, examples: Sequence[Example]) -> None:
    try:
        with aside(made.examples) as part:
            save_examples(examples, part)
    except UnicodeEncodeError as fault:  # half a character, typed or pasted
        raise UserProblem("persona_examples_half", name=made.folder.name) from fault


@dataclass(frozen=True, slots=True)
class _Origin:
    """From which form examples were built, and what they were then, by their hashes."""

    form: str
    data: str


def _origin(made: Bench) -> _Origin | None:
    with suppress(OSError, ValueError):
        return from_plain(_Origin, json.loads(made.origin.read_text(encoding="utf-8")))
    return None


def were_edited(made: Bench) -> bool:
    """Whether a person has changed the examples since they were built."""
    origin = _origin(made)
    if origin is None or not made.examples.exists():
        return False
    with suppress(UserProblem):
        return data_sha256(load_examples(made.examples)) != origin.data
    return True


def _cited() -> list[tuple[Turn, ...]]:
    """Questions over passages as the product puts them, some of which the passages do not answer."""
    from core.drafting import asked_of  # the engine takes a second to import

    prompts = []
    for texts in tasks()["texts"].values():
        for place, entry in enumerate(texts):
            other = texts[(place + 3) % len(texts)]["text"]
            passages = list(enumerate([entry["text"], other] if place % 2 else [other, entry["text"]], start=1))
            prompts += [tuple(asked_of(entry[asked], passages, _MARK)) for asked in ("asked", "absent")]
    return prompts


# -- training


def require_trainable(base: Installed) -> None:
    """UserProblem when no persona can be trained on ``base``, before any work."""
    from models.persona.training_base import describe

    describe(base.path)


def plan(made: Bench, base: Installed, recipe: Recipe) -> tuple[Plan, bool]:
    """What the training will take, and whether it goes on with one that was broken off.

    UserProblem when it cannot be done here.
    """
    from models.persona.training import goes_on, plan_training

    made.persona()
    examples = taught(made)
    planned = plan_training(base.path, examples, recipe, made.training)
    return planned, goes_on(base.sha256, examples, made.training, recipe)


def train(
    made: Bench,
    base: Installed,
    recipe: Recipe,
    *,
    report: Report = silent,
    on_step: Callable[[Step], None] = lambda _: None,
    cancel: CancelToken | None = None,
) -> Trained:
    """Train on the bench's examples and leave the adapter there, with its card.  A run broken off is resumed."""
    from models import catalogue
    from models.merge import write_adapter
    from models.persona.training import train as train_adapter
    from models.recipe import new_card

    persona = made.persona()
    examples = taught(made)
    catalogue.verify(base, report, cancel)
    trained = train_adapter(base.path, examples, made.training, recipe, report=report, on_step=on_step, cancel=cancel)
    card = new_card(
        persona.id,
        base.name,
        base.sha256,
        data_sha256=data_sha256(examples),
        seed=recipe.seed,
        training=trained.settings,
    )
    write_adapter(trained.folder, base.path, made.adapter, card, report, cancel)
    return trained


# -- what there is on a bench


@dataclass(frozen=True, slots=True)
class Standing:
    """What there is on a bench.

    ``problem`` is why the examples cannot be used; ``card`` is that of the adapter, and ``curve`` that of the training
    it comes from, where that is still there.  ``stale`` names what of examples, adapter and gate was made from an
    earlier form, or from earlier examples.
    """

    persona: Persona
    examples: tuple[Example, ...]
    problem: UserProblem | None
    card: Card | None
    curve: Curve
    gate: GateReport | None
    stale: tuple[str, ...]


def standing(made: Bench) -> Standing:
    """What there is on the bench.  UserProblem when its form cannot be read."""
    persona = made.form()
    form = form_sha256(persona)
    examples: tuple[Example, ...] = ()
    problem = None
    if made.examples.exists():
        try:
            examples = taught(made)
        except UserProblem as fault:
            problem = fault
    stale = []
    origin = _origin(made)
    if made.examples.exists() and origin is not None and origin.form != form:
        stale.append("examples")
    card = _card(made)
    if card is not None and (stale or (examples and data_sha256(examples) != card.data_sha256)):
        stale.append("adapter")
    kept = _kept(made)
    if kept is not None and (card is None or kept.adapter != card.adapter_sha256 or kept.form != form):
        stale.append("gate")
    curve = _curve(made, card) if card else ()
    return Standing(persona, examples, problem, card, curve, kept.report if kept else None, tuple(stale))


def _card(made: Bench) -> Card | None:
    """The card of the bench's adapter, when it is of that very file."""
    with suppress(UserProblem):
        card = read_card(beside(made.adapter))
        return card if card.adapter_sha256 == sha256(made.adapter) else None
    return None


def _curve(made: Bench, card: Card) -> Curve:
    """That of the training that the adapter comes from; none where another one has taken its place."""
    from models.persona.training import load_trained

    with suppress(UserProblem):
        trained = load_trained(made.training)
        if (trained.data_sha256, trained.base_sha256) == (card.data_sha256, card.base_sha256):
            return trained.curve
    return ()


# -- the gate


@contextmanager
def gate_library(settings: Settings, embedder: Embedder, report: Report, cancel: CancelToken) -> Iterator[Library]:
    """The sample documents in a library of the workshop's own, added where they are not yet."""
    from core.importing import Importer
    from core.nouns import SameName

    files = [*samples.readable(), *samples.handbooks()]
    with house.library(workshop_folder() / "samples", create=True, report=report) as library:
        if {document.name for document in library.documents()} < {file.name for file in files}:
            with house.reader(settings) as reader:
                Importer(library, reader, embedder, report=report, cancel=cancel).add(
                    files, collection="samples", same_name=SameName.REPLACE
                )
        yield library


def question_sets(persona: Persona) -> QuestionSets:
    """What the gate asks this persona: who it is, the trade's words, and the samples.

    There are questions on the glossaries that ship; they are about its own words where it has all of such a glossary.
    """
    from core.evaluating.pack import load_known
    from models.gate import QuestionSets

    trade = load_known(samples.folder() / "glossary_questions.jsonl")
    known = {ready.id for ready in specification.shipped() if set(ready.glossary) <= set(persona.glossary)}
    own = tuple(q for q in trade if q.persona in known)
    return QuestionSets(
        identity=identity_questions(persona),
        glossary=own,
        grounding=load_known(samples.folder() / "questions.jsonl"),
        shipped=() if own else tuple(trade),
    )


def _reply(
    model: LanguageModel, persona: Persona, question: str, with_system: bool, cancel: CancelToken | None = None
) -> str:
    """What a model says to a question about itself, told by the system turn who it is to be, or not told."""
    turns = speech.conversation(question, persona, with_system=with_system)
    return model.generate(turns, max_tokens=LONGEST_REPLY, cancel=cancel).text


class Tested:
    """Whoever is put to the gate: the engine with a model, and a persona that speaks or none."""

    def __init__(
        self, library: Library, embedder: Embedder, model: LlamaModel, persona: Persona, speaker: Speaker | None
    ) -> None:
        self._library = library
        self._embedder = embedder
        self._model = model
        self._persona = persona
        self._speaker = speaker

    def answer_remark(self, question: str, with_system: bool) -> str:
        """The base is told by the system turn who it is to be, too: that is what it is compared with."""
        return _reply(self._speaker.model if self._speaker else self._model, self._persona, question, with_system)

    def ask(self, question: str, documents: Sequence[str]) -> Summary:
        """A verified answer, as anybody would get it."""
        from core.asking import ask
        from models.gate import summary_of

        scope = Scope(documents=tuple(documents))
        given = ask(question, self._library, self._embedder, self._model, scope=scope, speaker=self._speaker)
        return summary_of(given.checked, self._stands)

    def _stands(self, citation: Citation) -> bool:
        page = self._library.page(citation.sha256, citation.page_index)
        return page.text[citation.start : citation.end] == citation.quote

    def search(self, question: str, documents: Sequence[str], with_glossary: bool) -> list[tuple[str, int]]:
        """Pages, best first."""
        from core.asking import in_documents_words
        from core.finding import find

        scope = Scope(documents=tuple(documents))
        if with_glossary and self._speaker:
            question = in_documents_words(question, self._library, scope, self._speaker).meant
        found = find(question, self._library, self._embedder, scope=scope, k=10)
        return [(candidate.document, candidate.passage.page_index + 1) for candidate in found]

    def embed(self, texts: Sequence[str]) -> list[list[float]]:
        """Unit vectors of the library's embedder."""
        vectors: list[list[float]] = self._embedder.embed_passages(list(texts)).tolist()
        return vectors


def test(
    made: Bench,
    settings: Settings,
    embedder: Embedder,
    model: LlamaModel,
    *,
    report: Report = silent,
    cancel: CancelToken,
) -> GateReport:
    """The bench's adapter against the base without it; what was found is kept on the bench.

    What was measured of the base is kept too, and used again.
    """
    from models.gate import run

    with bench_speaker(made, model, cancel) as speaker:
        persona, adapter = speaker.persona, speaker.model.identity.adapter_sha256
        sets = question_sets(persona)
        with gate_library(settings, embedder, report, cancel) as library:
            before = base_figures(library, embedder, model, persona, sets, report, cancel)
            found = run(persona, before, Tested(library, embedder, model, persona, speaker), sets, report, cancel)
    with aside(made.gate) as part:
        kept = _Kept(adapter, form_sha256(persona), found)
        part.write_text(json.dumps(to_plain(kept), ensure_ascii=False), encoding="utf-8")
    return found


@dataclass(frozen=True, slots=True)
class _Kept:
    """What the gate found, and of which adapter and form, by their hashes."""

    adapter: str
    form: str
    report: GateReport


def _kept(made: Bench) -> _Kept | None:
    with suppress(OSError, ValueError):
        return from_plain(_Kept, json.loads(made.gate.read_text(encoding="utf-8")))
    return None


def base_figures(
    library: Library,
    embedder: Embedder,
    model: LlamaModel,
    persona: Persona,
    sets: QuestionSets,
    report: Report,
    cancel: CancelToken,
) -> Measured:
    """What the base does on the gate's questions, measured once for these questions and this model.

    What it answers from the samples does not depend on the persona, so one measurement of it serves them all.
    """
    from models.gate import QuestionSets

    subject = Tested(library, embedder, model, persona, None)
    asked = [(q.id, q.text, q.answerable, q.documents, q.must_contain) for q in sets.grounding]
    engine = (model.identity.sha256, embedder.identity.sha256, house.version(), library.revision)
    spoken = (repr(sets.identity), speech.system(persona, True), speech.system(persona, False))
    searched = [[q.id for q in trade] for trade in (sets.glossary, sets.shipped)]
    of_itself = QuestionSets(sets.identity, sets.glossary, shipped=sets.shipped)
    told = _measured_once((model.identity.sha256, *spoken, searched), persona, subject, of_itself, report, cancel)
    grounded = _measured_once((engine, asked), persona, subject, QuestionSets((), (), sets.grounding), report, cancel)
    return dataclasses.replace(told, grounding=grounded.grounding)


def _measured_once(
    what: object, persona: Persona, subject: Tested, sets: QuestionSets, report: Report, cancel: CancelToken
) -> Measured:
    """What ``subject`` does on ``sets``, kept under the hash of ``what`` it depends on."""
    from models.gate import Measured, measure

    key = hashlib.sha256(json.dumps(what).encode()).hexdigest()[:24]
    kept = workshop_folder() / "measured" / f"{key}.json"
    if kept.exists():
        measured: Measured = from_plain(Measured, json.loads(kept.read_text(encoding="utf-8")))
        return measured
    measured = measure(persona, subject, sets, report, cancel)
    with aside(kept) as part:
        part.write_text(json.dumps(to_plain(measured), ensure_ascii=False), encoding="utf-8")
    return measured


def install(made: Bench, report: Report = silent, cancel: CancelToken | None = None) -> shelf.Shelved:
    """Put the bench's persona on the shelf with what the gate measured.

    UserProblem when the gate refused it, or has not tested this very adapter with this very form.
    """
    persona = made.persona()
    card, kept = _card(made), _kept(made)
    if card is None:
        raise UserProblem("persona_not_trained", name=persona.id)
    if kept is None:
        raise UserProblem("workshop_not_tested", name=persona.id)
    if kept.adapter != card.adapter_sha256 or kept.form != form_sha256(persona):
        raise UserProblem("workshop_test_old", name=persona.id)
    if not kept.report.installable:
        raise UserProblem("workshop_not_installable", name=persona.id)
    card = dataclasses.replace(card, gate=kept.report.card)
    write_card(card, beside(made.adapter))
    return shelf.install(persona, made.adapter, card, personas_folder(), report, cancel)


def export_merged(
    shelved: shelf.Shelved,
    base: Installed,
    out: Path,
    kind: str,
    settings: Settings,
    *,
    hf_base: Path | None = None,
    report: Report = silent,
    cancel: CancelToken | None = None,
) -> Exported:
    """An installed persona merged into its base, as ``kind`` or the next larger type that still is the persona.

    ``hf_base`` is the folder of the base's unrounded weights, where there is one.  The file is asked who it is, and
    nothing else.  UserProblem when the folder of ``out`` is not there.
    """
    from models.quantise import export_merged as export

    check_place(out)
    shelf.check(shelved, base.sha256, base.name, cancel)

    def gate(file: Path) -> Verdict:
        return still_itself(shelved.persona, file, settings, report, cancel)

    threads = settings.threads
    return export(base.path, shelved.adapter, out, kind, gate, threads, report, cancel, hf_base, shelved.card)


def still_itself(
    persona: Persona, file: Path, settings: Settings, report: Report = silent, cancel: CancelToken | None = None
) -> Verdict:
    """Whether a merged model file still is the persona: the gate's questions about who it is, put to the file."""
    from core.language_model import LlamaModel
    from models import gate
    from models.quantise import Verdict

    with LlamaModel(file, ModelIdentity(file.name, ""), context=2048, threads=settings.threads) as model:

        def answer(question: str, with_system: bool) -> str:
            return _reply(model, persona, question, with_system, cancel)

        rows = gate.identity(identity_questions(persona), persona, answer, report, cancel)
    measured = gate.Measured(identity=rows)
    return Verdict(gate.knows_itself(measured), measured.card())


# -- in use


def require_persona(settings: Settings, model: str = "", cancel: CancelToken | None = None) -> None:
    """UserProblem when the persona of the settings cannot speak with ``model``: told before anything is loaded."""
    shelved = shelf.find(settings.persona, personas_folder())
    base = house.find_language_model(settings, model)
    shelf.check(shelved, base.sha256, base.name, cancel)


def speaker(settings: Settings, model: LlamaModel, cancel: CancelToken | None = None) -> Speaker | None:
    """The persona of the settings, its adapter at work on ``model``; None when none is chosen.

    Its own model is to be closed before ``model`` is.  UserProblem when it is not installed, damaged, or made for
    another base; Cancelled.
    """
    if not settings.persona:
        return None
    return _speaker(shelf.find(settings.persona, personas_folder()), model, cancel)


def _speaker(shelved: shelf.Shelved, model: LlamaModel, cancel: CancelToken | None) -> Speaker:
    from core.speaking import Speaker

    shelf.check(shelved, model.identity.sha256, model.identity.name, cancel)
    identity = ModelIdentity(
        model.identity.name, model.identity.sha256, shelved.persona.id, shelved.card.adapter_sha256
    )
    return Speaker(shelved.persona, model.with_adapter(shelved.adapter, identity))


@contextmanager
def bench_speaker(made: Bench, model: LlamaModel, cancel: CancelToken | None = None) -> Iterator[Speaker]:
    """The bench's persona with its adapter at work on ``model``, for as long as the context lasts.

    UserProblem when it is not trained, damaged, or was trained on another base; Cancelled.
    """
    persona = made.persona()
    if not made.adapter.exists():
        raise UserProblem("persona_not_trained", name=persona.id)
    speaker = _speaker(shelf.Shelved(persona, read_card(beside(made.adapter)), made.folder), model, cancel)
    try:
        yield speaker
    finally:
        speaker.close()


@contextmanager
def trial(name: str, model: LlamaModel, cancel: CancelToken | None = None) -> Iterator[Speaker]:
    """Whoever is tried under that id: the trained one of the bench, else the installed one.  UserProblem as above."""
    made = next((made for made in benches() if made.folder.name == name), None)
    on_shelf = any(found.persona.id == name for found in shelf.installed(personas_folder()))
    if made is not None and (made.adapter.exists() or not on_shelf):
        with bench_speaker(made, model, cancel) as speaker:
            yield speaker
        return
    speaker = _speaker(shelf.find(name, personas_folder()), model, cancel)
    try:
        yield speaker
    finally:
        speaker.close()


@contextmanager
def speaking(settings: Settings, model: LlamaModel, cancel: CancelToken | None = None) -> Iterator[Speaker | None]:
    """The same for as long as the context lasts."""
    found = speaker(settings, model, cancel)
    try:
        yield found
    finally:
        if found is not None:
            found.close()
