"""The comparison with the program's own parts: what base, persona and library are each good for, and its picture."""

from __future__ import annotations

import dataclasses
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from functools import cache
from pathlib import Path

from core.embedding import Embedder
from core.errors import CancelToken, UserProblem
from core.evaluating import Engine, Evaluation, load_questions
from core.evaluating.chart import chart
from core.evaluating.comparing import compare, ways, with_printed_keys
from core.evaluating.pack import PagePlace, Question, draw_both, load_known
from core.evaluating.running import bring_in, conditions
from core.library import Library
from core.nouns import Persona, Report, Scope, Voice, silent
from core.settings import Settings
from desktop import house, samples, workshop
from desktop.pixels import png
from models.gate import other_voices
from models.traits import UNNAMED, Embed, identity_faults, tell_apart

PICTURES = (".png", ".svg")
_SAMPLES = "samples"  # what is compared where no pack is named
_FIRST_SUITE = "cuad"  # of a pack: the one whose short answers are printed in its documents


@dataclasses.dataclass(frozen=True, slots=True)
class Wanted:
    """What is compared: ``n`` answerable and ``n`` absent questions (0: all) of a pack's suite, or of the samples.

    ``persona`` and ``model`` are names; empty ones are those of the settings.
    """

    pack: Path | None = None
    suite: str = ""
    persona: str = ""
    model: str = ""
    n: int = 0
    seed: int = 0


def run(
    settings: Settings, wanted: Wanted, folder: Path, report: Report = silent, cancel: CancelToken | None = None
) -> Evaluation:
    """The table of the four ways.  ``folder`` is the library for a pack's documents; the samples have their own.

    UserProblem when no persona is named or in use, when one is not installed or made for another base, when a model
    is missing, or when there is nothing to ask; Cancelled.
    """
    began = time.perf_counter()
    settings = dataclasses.replace(settings, persona=wanted.persona or settings.persona)
    cancel = cancel or CancelToken()
    questions = _questions(wanted)
    _refuse_early(settings, wanted, cancel)
    embedder = house.embedder(settings, report, cancel)
    with (
        _material(settings, wanted, folder, embedder, report, cancel) as (engine, collection, named),
        house.language_model(settings, wanted.model, report, cancel) as model,
        workshop.speaking(settings, model, cancel) as speaker,
    ):
        assert speaker is not None  # refused early
        printed = _printed(engine.library, collection)
        keyed = with_printed_keys(questions, printed)
        asked = draw_both([q for q in keyed if named.issuperset(q.documents)], wanted.n, wanted.seed)
        if not any(question.answerable for question in asked):
            raise UserProblem("compare_no_printed_keys", suite=wanted.suite or _FIRST_SUITE)
        result = compare(
            asked,
            ways(engine, model, speaker, seed=wanted.seed, collections=(collection,), cancel=cancel),
            printed=printed,
            in_persona=in_persona(speaker.persona, lambda texts: embedder.embed_passages(list(texts)).tolist()),
            seed=wanted.seed,
            report=report,
            cancel=cancel,
        )
        told = {
            "set": collection,
            "n": wanted.n,
            "persona": dataclasses.asdict(speaker.model.identity),
            "persona_name": _name(speaker.persona),
            "model": dataclasses.asdict(model.identity),
            "embedder": dataclasses.asdict(embedder.identity),
            "evidence_tokens": engine.evidence_tokens,
            "library_revision": engine.library.revision,
        }
    return dataclasses.replace(
        result,
        notes=(*result.notes, "compare_note_persona"),
        settings={**result.settings, **told, **conditions(began)},
    )


def _questions(wanted: Wanted) -> Sequence[Question]:
    if wanted.pack is None:
        return load_known(samples.folder() / "questions.jsonl")
    return load_questions(wanted.pack, wanted.suite or _FIRST_SUITE)


def _refuse_early(settings: Settings, wanted: Wanted, cancel: CancelToken) -> None:
    """What would end the comparison after minutes is said in a second."""
    if not settings.persona:
        raise UserProblem("compare_no_persona")
    workshop.require_persona(settings, wanted.model, cancel)
    house.find_embedder(settings)


@contextmanager
def _material(
    settings: Settings, wanted: Wanted, folder: Path, embedder: Embedder, report: Report, cancel: CancelToken
) -> Iterator[tuple[Engine, str, set[str]]]:
    """The engine with the documents in its library, their collection, and their names."""
    with house.reader(settings) as reader:
        if wanted.pack is None:
            with workshop.gate_library(settings, embedder, report, cancel) as library:
                engine = Engine(library, reader, embedder, evidence_tokens=settings.evidence_tokens)
                yield engine, _SAMPLES, {document.name for document in library.documents(Scope((_SAMPLES,)))}
            return
        suite = wanted.suite or _FIRST_SUITE
        with house.library(folder, create=True, report=report) as library:
            engine = Engine(library, reader, embedder, evidence_tokens=settings.evidence_tokens)
            yield engine, suite, set(bring_in(engine, wanted.pack, suite, report, cancel).documents)


def _printed(library: Library, collection: str) -> Callable[[PagePlace], str]:
    known = {document.name: document for document in library.documents(Scope((collection,)))}

    @cache
    def printed(place: PagePlace) -> str:
        document = known.get(place[0])
        if document is None or place[1] > document.pages:
            return ""
        return library.page(document.sha256, place[1] - 1).text

    return printed


def in_persona(persona: Persona, embed: Embed) -> Callable[[str], bool]:
    """Judges a first sentence: it says the persona's name as its own, or is told to be in its voice.

    The voice is told from the ready ones that it does not have, as in the gate; but what an answer says of the world
    is near in meaning to one voice or another by chance, so the marker words must agree.  A voice of one's own has no
    marker words, and is told by its meaning.
    """
    everyone = (persona, *other_voices(persona))
    known: dict[str, Sequence[float]] = {}

    def remembered(texts: Sequence[str]) -> Sequence[Sequence[float]]:
        fresh = [text for text in dict.fromkeys(texts) if text not in known]
        if fresh:
            known.update(zip(fresh, embed(fresh), strict=True))
        return [known[text] for text in texts]

    def judge(sentence: str) -> bool:
        if not sentence.strip():
            return False
        if UNNAMED not in identity_faults("", sentence, persona, ""):
            return True
        told = tell_apart([sentence], everyone, remembered)[0]
        if persona.voice is Voice.OWN:
            return told.by_meaning == 0
        return told.together == 0 and told.by_words == 0

    return judge


def _name(persona: Persona) -> str:
    return " / ".join(filter(None, (persona.name.zh, persona.name.en))) or persona.id


# -- the picture


def check_picture(file: Path) -> None:
    """UserProblem when a chart cannot have this name."""
    if file.suffix.lower() not in PICTURES:
        raise UserProblem("compare_chart_kind", file=file.name)


def picture(evaluation: Evaluation, kind: str, language: str, cancel: CancelToken | None = None) -> bytes:
    """The comparison as a file of this kind (".svg" or ".png"), labelled in ``language``.

    UserProblem when a PNG cannot be made here; Cancelled.
    """
    drawing = chart(evaluation, language)
    return drawing.encode() if kind.lower() == ".svg" else png(drawing, cancel)
