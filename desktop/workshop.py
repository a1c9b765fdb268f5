"""The persona workshop at work: specification, examples, training, gate, shelf, with the engine's own parts.

Everything of a persona in the making lies in one folder; what was begun there goes on where it was.
"""

from __future__ import annotations

import dataclasses
import hashlib
import json
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from core import speech
from core.errors import CancelToken, UserProblem
from core.nouns import Citation, ModelIdentity, Persona, Report, Scope, Turn, silent
from core.settings import Settings, data_folder
from core.speech import LONGEST_REPLY
from desktop import house, samples
from models.persona import general, shelf, specification
from models.persona.bank import tasks
from models.persona.example import Example, data_sha256, load_examples, save_examples
from models.persona.examples import build, identity_questions

if TYPE_CHECKING:
    from core.embedding import Embedder
    from core.language_model import LanguageModel, LlamaModel
    from core.library import Library
    from core.speaking import Speaker
    from models.catalogue import Installed
    from models.gate import GateReport, Measured, QuestionSets, Summary
    from models.persona.training import Recipe, Step, Trained
    from models.quantise import Verdict

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

    def persona(self) -> Persona:
        """The persona as specified.  UserProblem when its file is missing or breaks a rule."""
        persona = specification.load(self.specification)
        specification.require(persona)
        return persona


def workshop_folder() -> Path:
    """Where personas are made."""
    return data_folder() / "workshop"


def bench(name: str) -> Bench:
    """The bench of the persona with that id.  UserProblem when none was begun."""
    made = Bench(workshop_folder() / name)
    if not name or Path(name).name != name or not made.specification.exists():
        begun = sorted(place.name for place in workshop_folder().glob("*/") if Bench(place).specification.exists())
        raise UserProblem("workshop_unknown", name=name, begun=", ".join(begun) or "–")
    return made


def begin(name: str, like: str = "") -> Bench:
    """A bench for a new persona: like one that ships, or a form to fill in.  UserProblem when it exists already."""
    made = Bench(workshop_folder() / name)
    fresh = specification.new(name)  # refuses a name that is none
    if made.specification.exists():
        raise UserProblem("workshop_taken", name=name, file=made.specification)
    if like:
        ready = {persona.id: persona for persona in specification.shipped()}
        if like not in ready:
            raise UserProblem("workshop_no_model", name=like, ready=", ".join(ready))
        fresh = dataclasses.replace(ready[like], id=name)
    try:
        made.folder.mkdir(parents=True, exist_ok=True)
        made.specification.write_text(specification.dump(fresh), encoding="utf-8")
    except OSError as fault:
        raise UserProblem("cannot_write", path=made.specification, fault=fault.strerror or fault) from fault
    return made


# -- examples


def make_examples(
    made: Bench, model: LlamaModel, seed: int = SEED, report: Report = silent, cancel: CancelToken | None = None
) -> tuple[Example, ...]:
    """What the persona is to be taught, mixed with the base model's own answers, and kept on the bench."""
    persona = made.persona()

    def complete(prompts: Sequence[Sequence[Turn]]) -> list[str]:
        written = model.generate_all(prompts, max_tokens=_LONGEST_ANSWER, cancel=cancel)
        return [text if ended else "" for text, ended in written]

    own = build(persona, seed)
    wanted = general.prompts(_cited(), seed, round(1.7 * len(own)) + 20)
    others = general.generate(wanted, complete, model.identity.sha256, workshop_folder() / "general", report, cancel)
    examples = build(persona, seed, others)
    save_examples(examples, made.examples)
    return examples


def _cited() -> list[tuple[Turn, ...]]:
    """Questions over passages as the product puts them, some of which the passages do not answer."""
    from core.drafting import asked_of  # the engine takes a second to import

    prompts = []
    for texts in tasks()["texts"].values():
        for place, entry in enumerate(texts):
            others = [texts[(place + step) % len(texts)]["text"] for step in (1, 3)]
            order = [entry["text"], *others] if place % 2 else [others[0], entry["text"], others[1]]
            passages = list(enumerate(order, start=1))
            prompts += [tuple(asked_of(entry[asked], passages, _MARK)) for asked in ("asked", "absent")]
    return prompts


# -- training


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
    # torch takes seconds to import, and training has a process of its own.
    from models.merge import write_adapter
    from models.persona.training import train as train_adapter
    from models.recipe import new_card

    persona = made.persona()
    examples = load_examples(made.examples)
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
    """What the gate asks this persona: who it is, the trade's words, and the samples."""
    from core.evaluating.pack import load_known
    from models.gate import QuestionSets

    trade = load_known(samples.folder() / "glossary_questions.jsonl")
    return QuestionSets(
        identity=identity_questions(persona),
        glossary=tuple(q for q in trade if q.persona == persona.id) or tuple(trade),
        grounding=load_known(samples.folder() / "questions.jsonl"),
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
            question = in_documents_words(question, self._library, scope, self._speaker)
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
    """The bench's adapter against the base without it.  What was measured of the base is kept and used again."""
    from core.speaking import Speaker
    from models.gate import run

    persona = made.persona()
    sets = question_sets(persona)
    with gate_library(settings, embedder, report, cancel) as library:
        before = base_figures(library, embedder, model, persona, sets, report, cancel)
        with model.with_adapter(made.adapter, _spoken_by(model, persona, made.adapter)) as speaking:
            subject = Tested(library, embedder, model, persona, Speaker(persona, speaking))
            return run(persona, before, subject, sets, report, cancel)


def base_figures(
    library: Library,
    embedder: Embedder,
    model: LlamaModel,
    persona: Persona,
    sets: QuestionSets,
    report: Report,
    cancel: CancelToken,
) -> Measured:
    """What the base does on the gate's questions, measured once for these questions and this model."""
    from core.plain import from_plain, to_plain
    from models.gate import Measured, measure
    from models.recipe import aside

    asked = [(q.id, q.text, q.answerable, q.documents, q.must_contain) for q in sets.grounding]
    told = json.dumps([asked, repr(sets.identity), speech.system(persona, True), speech.system(persona, False)])
    key = hashlib.sha256(f"{model.identity.sha256}{told}".encode()).hexdigest()[:24]
    kept = workshop_folder() / "measured" / f"{key}.json"
    if kept.exists():
        measured: Measured = from_plain(Measured, json.loads(kept.read_text(encoding="utf-8")))
        return measured
    subject = Tested(library, embedder, model, persona, None)
    measured = measure(persona, subject, sets, report, cancel)
    with aside(kept) as part:
        part.write_text(json.dumps(to_plain(measured), ensure_ascii=False), encoding="utf-8")
    return measured


def _spoken_by(model: LlamaModel, persona: Persona, adapter: Path) -> ModelIdentity:
    from models.recipe import sha256

    return ModelIdentity(model.identity.name, model.identity.sha256, persona.id, sha256(adapter))


def install(
    made: Bench, tested: GateReport, report: Report = silent, cancel: CancelToken | None = None
) -> shelf.Shelved:
    """Put the bench's persona on the shelf with what the gate measured.  UserProblem when the gate refused it."""
    from models.recipe import beside, read_card, write_card

    persona = made.persona()
    if not tested.installable:
        raise UserProblem("workshop_not_installable", name=persona.id)
    card = dataclasses.replace(read_card(beside(made.adapter)), gate=tested.card)
    write_card(card, beside(made.adapter))
    return shelf.install(persona, made.adapter, card, personas_folder(), report, cancel)


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


def speaker(settings: Settings, model: LlamaModel, cancel: CancelToken | None = None) -> Speaker | None:
    """The persona of the settings, its adapter at work on ``model``; None when none is chosen.

    Its own model is to be closed before ``model`` is.  UserProblem when it is not installed, damaged, or made for
    another base; Cancelled.
    """
    if not settings.persona:
        return None
    from core.speaking import Speaker

    shelved = shelf.find(settings.persona, personas_folder())
    shelf.check(shelved, model.identity.sha256, model.identity.name, cancel)
    identity = ModelIdentity(
        model.identity.name, model.identity.sha256, shelved.persona.id, shelved.card.adapter_sha256
    )
    return Speaker(shelved.persona, model.with_adapter(shelved.adapter, identity))


@contextmanager
def speaking(settings: Settings, model: LlamaModel, cancel: CancelToken | None = None) -> Iterator[Speaker | None]:
    """The same for as long as the context lasts."""
    found = speaker(settings, model, cancel)
    try:
        yield found
    finally:
        if found is not None:
            found.close()
