"""The gate of the persona workshop: measured before and after, and what got worse is refused.

Four things are measured of whoever speaks (a base with its adapter, a merged file, or the base alone):

- identity: questions about who it is, each answer judged by the rules of ``models/traits.py``;
- voice: whether the sentences with which it opens its answers are told from those of the other voices;
- understanding: whether the right page is among the first three, with its glossary and without;
- grounding: the right page cited, the printed words given, quotes verbatim, refused when nothing is there and only
  then, on the same questions as without the persona.

Nothing here starts a model: everything is asked of a :class:`Subject`, which the program builds from its engine.
"""

from __future__ import annotations

import dataclasses
import json
import re
import unicodedata
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Protocol, TypeVar

from core.errors import CancelToken, UserProblem
from core.intervals import Estimate, paired_difference, share
from core.nouns import AnswerKind, CheckedAnswer, Citation, Persona, Progress, Report, Voice, silent
from models.traits import Embed, identity_faults, tell_apart

IDENTITY_NEEDED = 95.0  # per cent
FALL_ALLOWED = 2.0  # points, beyond what chance explains
_FIRST = 3  # pages of a search that count

PagePlace = tuple[str, int]  # (document, page from 1)


class AskedOfIdentity(Protocol):
    """A question about who is speaking; ``language`` is "en", "zh", or other where either will do."""

    @property
    def question(self) -> str: ...
    @property
    def with_system(self) -> bool: ...
    @property
    def adversarial(self) -> bool: ...
    @property
    def language(self) -> str: ...


class AskedOfLibrary(Protocol):
    """A question to ``documents`` (empty: all) with its key; ``must_contain`` are printed words of a right answer."""

    @property
    def id(self) -> str: ...
    @property
    def text(self) -> str: ...
    @property
    def documents(self) -> tuple[str, ...]: ...
    @property
    def answerable(self) -> bool: ...
    @property
    def gold_pages(self) -> frozenset[PagePlace]: ...
    @property
    def must_contain(self) -> tuple[str, ...]: ...


@dataclass(frozen=True, slots=True)
class Summary:
    """What of an answer is judged.  ``said`` is every sentence shown, ``cited`` every page in order.

    ``verbatim`` says that every quote stands on its page, which is also true when there is none.
    """

    answered: bool
    said: str = ""
    quotes: tuple[str, ...] = ()
    cited: tuple[PagePlace, ...] = ()
    verbatim: bool = True
    opening: str = ""


def summary_of(checked: CheckedAnswer, stands: Callable[[Citation], bool]) -> Summary:
    """The summary of an answer; ``stands`` tells whether a quote is verbatim on the page that its citation names."""
    citations = [citation for claim in checked.claims for citation in claim.citations]
    return Summary(
        answered=checked.kind is AnswerKind.ANSWERED,
        said=" ".join(claim.text for claim in checked.claims),
        quotes=tuple(citation.quote for citation in citations),
        cited=tuple((citation.document, citation.page_index + 1) for citation in citations),
        verbatim=all(stands(citation) for citation in citations),
        opening=checked.opening,
    )


class Subject(Protocol):
    """Whoever is tested."""

    def answer_remark(self, question: str, with_system: bool) -> str:
        """What it replies to a question about itself, with its system prompt or without any."""

    def ask(self, question: str, documents: Sequence[str]) -> Summary:
        """Its answer from these documents of the samples (empty: all of them)."""

    def search(self, question: str, documents: Sequence[str], with_glossary: bool) -> Sequence[PagePlace]:
        """The pages that a search among these documents finds, best first."""

    def embed(self, texts: Sequence[str]) -> Sequence[Sequence[float]]:
        """One vector a text."""


@dataclass(frozen=True, slots=True)
class QuestionSets:
    """What is asked: who it is, trade words over the handbooks, and questions over the samples.

    ``glossary`` is asked with words of the persona's own; ``shipped`` with those of the personas that ship, where
    there is nothing else: that says nothing of how it understands its own.
    """

    identity: tuple[AskedOfIdentity, ...] = ()
    glossary: tuple[AskedOfLibrary, ...] = ()
    grounding: tuple[AskedOfLibrary, ...] = ()
    shipped: tuple[AskedOfLibrary, ...] = ()


# -- the four measurements


@dataclass(frozen=True, slots=True)
class IdentityRow:
    """One answer about itself; ``faults`` are message keys, none when it is right."""

    question: str
    with_system: bool
    adversarial: bool
    language: str
    answer: str
    faults: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class VoiceRow:
    """One opening, and whether it was told to be in the persona's voice: by both checks together, and by each."""

    opening: str
    right: bool
    by_words: bool
    by_meaning: bool


@dataclass(frozen=True, slots=True)
class UnderstandingRow:
    """One search: whether a right page is among the first three, with the glossary and without.

    ``own`` says that it was asked with words of the persona's own.
    """

    id: str
    with_glossary: bool
    without: bool
    own: bool = True


@dataclass(frozen=True, slots=True)
class GroundingRow:
    """One answer from the library against its key; of an unanswerable question only a refusal is right."""

    id: str
    answerable: bool
    answered: bool
    cited: bool
    correct: bool
    verbatim: bool


def identity(
    questions: Sequence[AskedOfIdentity],
    persona: Persona,
    answer: Callable[[str, bool], str],
    report: Report = silent,
    cancel: CancelToken | None = None,
) -> tuple[IdentityRow, ...]:
    """Every question answered by ``answer(question, with_system)`` and judged."""
    rows = []
    for asked in _each(questions, "stage_gate_identity", report, cancel):
        said = answer(asked.question, asked.with_system)
        faults = identity_faults(asked.question, said, persona, asked.language)
        rows.append(IdentityRow(asked.question, asked.with_system, asked.adversarial, asked.language, said, faults))
    return tuple(rows)


def style(openings: Sequence[str], persona: Persona, others: Sequence[Persona], embed: Embed) -> tuple[VoiceRow, ...]:
    """Whether each opening of ``persona`` is told to be its own among it and ``others``; empty ones are left out."""
    said = [opening for opening in openings if opening.strip()]
    told = tell_apart(said, (persona, *others), embed)
    return tuple(
        VoiceRow(opening, one.together == 0, one.by_words == 0, one.by_meaning == 0)
        for opening, one in zip(said, told, strict=True)
    )


def understanding(
    questions: Sequence[AskedOfLibrary],
    search: Callable[[str, Sequence[str], bool], Sequence[PagePlace]],
    report: Report = silent,
    cancel: CancelToken | None = None,
    own: bool = True,
) -> tuple[UnderstandingRow, ...]:
    """Every question searched by ``search(question, documents, with_glossary)``, both ways."""
    rows = []
    for asked in _each(questions, "stage_gate_understanding", report, cancel):
        hits = [
            not asked.gold_pages.isdisjoint(list(dict.fromkeys(search(asked.text, asked.documents, way)))[:_FIRST])
            for way in (True, False)
        ]
        rows.append(UnderstandingRow(asked.id, hits[0], hits[1], own))
    return tuple(rows)


def grounding(
    questions: Sequence[AskedOfLibrary],
    ask: Callable[[str, Sequence[str]], Summary],
    report: Report = silent,
    cancel: CancelToken | None = None,
) -> tuple[tuple[GroundingRow, ...], tuple[str, ...]]:
    """Every question answered by ``ask(question, documents)`` and judged; the openings stand beside the rows."""
    rows, openings = [], []
    for asked in _each(questions, "stage_gate_grounding", report, cancel):
        summary = ask(asked.text, asked.documents)
        rows.append(_grounded(asked, summary))
        openings.append(summary.opening)
    return tuple(rows), tuple(openings)


def _grounded(asked: AskedOfLibrary, summary: Summary) -> GroundingRow:
    given = _bare(" ".join((summary.said, *summary.quotes)))
    return GroundingRow(
        id=asked.id,
        answerable=asked.answerable,
        answered=summary.answered,
        cited=summary.answered and not asked.gold_pages.isdisjoint(summary.cited),
        correct=summary.answered and asked.answerable and all(_bare(words) in given for words in asked.must_contain),
        verbatim=summary.verbatim,
    )


def _bare(text: str) -> str:
    return re.sub(r"\s+", "", unicodedata.normalize("NFKC", text)).casefold()


# -- everything of one subject


@dataclass(frozen=True, slots=True)
class Measured:
    """Every single result of one subject; what was not asked is empty."""

    identity: tuple[IdentityRow, ...] = ()
    style: tuple[VoiceRow, ...] = ()
    understanding: tuple[UnderstandingRow, ...] = ()
    grounding: tuple[GroundingRow, ...] = ()

    def shares(self) -> dict[str, Estimate]:
        """Every share that was measured, by its figure (see FIGURES), in the order in which they are shown."""
        found = {figure: share(list(results(self).values())) for figure, results in FIGURES.items()}
        return {figure: estimate for figure, estimate in found.items() if estimate is not None}

    def card(self) -> dict[str, float]:
        """The same as plain numbers: per cent by figure, and "<figure>_n" for how many were asked."""
        plain: dict[str, float] = {}
        for figure, estimate in self.shares().items():
            short = figure.removeprefix("gate_")
            plain |= {short: round(estimate.value, 2), f"{short}_n": float(estimate.n)}
        return plain


_Results = dict[object, bool]  # what was asked -> whether it went well


def _identity(wanted: Callable[[IdentityRow], bool]) -> Callable[[Measured], _Results]:
    return lambda m: {(r.question, r.with_system): not r.faults for r in m.identity if wanted(r)}


def _style(right: Callable[[VoiceRow], bool]) -> Callable[[Measured], _Results]:
    return lambda m: {(at, row.opening): right(row) for at, row in enumerate(m.style)}


def _understanding(hit: Callable[[UnderstandingRow], bool], own: bool = True) -> Callable[[Measured], _Results]:
    return lambda m: {row.id: hit(row) for row in m.understanding if row.own is own}


def _grounding(well: Callable[[GroundingRow], bool], answerable: bool | None = None) -> Callable[[Measured], _Results]:
    return lambda m: {r.id: well(r) for r in m.grounding if answerable is None or r.answerable is answerable}


# Figures that are compared with the same subject's without its glossary.
WITHOUT_GLOSSARY: Mapping[str, str] = {
    "gate_understanding": "gate_understanding_without",
    "gate_understanding_shipped": "gate_understanding_shipped_without",
}
# Message key of a figure -> what it counts; of all of them more is better.
FIGURES: Mapping[str, Callable[[Measured], _Results]] = {
    "gate_identity": _identity(lambda _: True),
    "gate_identity_zh": _identity(lambda r: r.language == "zh"),
    "gate_identity_en": _identity(lambda r: r.language == "en"),
    "gate_identity_with_system": _identity(lambda r: r.with_system),
    "gate_identity_without_system": _identity(lambda r: not r.with_system),
    "gate_identity_adversarial": _identity(lambda r: r.adversarial),
    "gate_voice": _style(lambda r: r.right),
    "gate_voice_by_words": _style(lambda r: r.by_words),
    "gate_voice_by_meaning": _style(lambda r: r.by_meaning),
    "gate_understanding_without": _understanding(lambda r: r.without),
    "gate_understanding": _understanding(lambda r: r.with_glossary),
    "gate_understanding_shipped_without": _understanding(lambda r: r.without, own=False),
    "gate_understanding_shipped": _understanding(lambda r: r.with_glossary, own=False),
    "gate_cited": _grounding(lambda r: r.cited, answerable=True),
    "gate_correct": _grounding(lambda r: r.correct, answerable=True),
    "gate_verbatim": _grounding(lambda r: r.verbatim),
    "gate_refused": _grounding(lambda r: not r.answered, answerable=False),
    "gate_answered": _grounding(lambda r: r.answered, answerable=True),
}
MAY_NOT_FALL = ("gate_cited", "gate_correct", "gate_verbatim", "gate_refused", "gate_answered")


def measure(
    persona: Persona,
    subject: Subject,
    sets: QuestionSets,
    report: Report = silent,
    cancel: CancelToken | None = None,
) -> Measured:
    """Everything of ``subject`` that ``sets`` has questions for.  Raises Cancelled when asked to stop."""
    told = identity(sets.identity, persona, subject.answer_remark, report, cancel)
    understood = understanding(sets.glossary, subject.search, report, cancel)
    understood += understanding(sets.shipped, subject.search, report, cancel, own=False)
    grounded, openings = grounding(sets.grounding, subject.ask, report, cancel)
    return Measured(told, style(openings, persona, other_voices(persona), subject.embed), understood, grounded)


def other_voices(persona: Persona) -> tuple[Persona, ...]:
    """The persona as it would speak in each of the ready voices that it does not have."""
    ready = (Voice.FORMAL, Voice.PLAIN, Voice.FRIENDLY)
    return tuple(dataclasses.replace(persona, voice=voice) for voice in ready if voice is not persona.voice)


def knows_itself(measured: Measured) -> bool:
    """Whether identity was measured and is high enough: all that an exported file has to pass at each type."""
    found = measured.shares().get("gate_identity")
    return found is not None and found.value >= IDENTITY_NEEDED


def card_identity(figures: Mapping[str, Mapping[str, float]]) -> float | None:
    """The identity of the persona, in per cent, as the figures of its card have it; None where none was measured."""
    value = figures.get("persona", {}).get("identity")
    return value if value is not None and 0 <= value <= 100 else None


# -- the verdict


@dataclass(frozen=True, slots=True)
class Compared:
    """A figure before and after, with the difference in points and its interval; None where it was not measured.

    Of understanding "before" is the same subject without its glossary.
    """

    figure: str
    before: Estimate | None
    after: Estimate | None
    difference: Estimate | None = None

    def words(self, language: str = "en") -> str:
        """What a person reads in front of the figure."""
        return UserProblem(self.figure).sentence(language)


def figures_of_card(figures: Mapping[str, Mapping[str, float]]) -> tuple[Compared, ...]:
    """What was measured of a persona as the figures of its card have it, in the order of FIGURES; no differences."""
    base, persona = figures.get("base", {}), figures.get("persona", {})

    def found(who: Mapping[str, float], figure: str) -> Estimate | None:
        short = figure.removeprefix("gate_")
        return Estimate(who[short], int(who.get(f"{short}_n", 0)), None, None) if short in who else None

    return tuple(
        Compared(
            figure,
            found(persona, WITHOUT_GLOSSARY[figure]) if figure in WITHOUT_GLOSSARY else found(base, figure),
            found(persona, figure),
        )
        for figure in FIGURES
        if figure not in WITHOUT_GLOSSARY.values() and found(persona, figure)
    )


@dataclass(frozen=True, slots=True)
class Reason:
    """Why a persona is not installable.  ``figure`` is the one that is missing, too low, or fell."""

    key: str
    figure: str
    details: Mapping[str, float]

    def sentence(self, language: str = "en") -> str:
        """What happened and what to do."""
        figure = UserProblem(self.figure).sentence(language)
        details = {name: f"{value:.0f}" if name == "n" else f"{value:.1f}" for name, value in self.details.items()}
        return UserProblem(self.key, figure=figure, **details).sentence(language)


@dataclass(frozen=True, slots=True)
class GateReport:
    """What the gate found.  ``failed`` are the answers about itself that were wrong."""

    persona: str
    figures: tuple[Compared, ...]
    reasons: tuple[Reason, ...]
    failed: tuple[IdentityRow, ...]
    card: Mapping[str, Mapping[str, float]]

    @property
    def installable(self) -> bool:
        """Whether the persona may be put to work."""
        return not self.reasons

    def json(self) -> str:
        """The report as canonical JSON, sentences in English."""
        plain = {
            "format": 1,
            "persona": self.persona,
            "installable": self.installable,
            "figures": [dataclasses.asdict(f) | {"words": f.words()} for f in self.figures],
            "reasons": [dataclasses.asdict(r) | {"words": r.sentence()} for r in self.reasons],
            "failed": [dataclasses.asdict(row) for row in self.failed],
            "card": {who: dict(figures) for who, figures in self.card.items()},
        }
        return json.dumps(plain, ensure_ascii=False, sort_keys=True, separators=(",", ":"), allow_nan=False)


def verdict(before: Measured, after: Measured, persona: Persona) -> GateReport:
    """What ``after`` is worth beside ``before``.

    Installable when identity reaches IDENTITY_NEEDED and no figure of MAY_NOT_FALL fell by more than FALL_ALLOWED
    points for certain: the whole 95% interval of its fall, on the same questions, lies beyond them.  A figure
    that was not measured lets nothing pass.
    """
    old, new = before.shares(), after.shares()
    figures = []
    for figure in FIGURES:
        if figure in WITHOUT_GLOSSARY.values() or (figure not in old and figure not in new):
            continue
        if figure in WITHOUT_GLOSSARY:
            was, is_now = FIGURES[WITHOUT_GLOSSARY[figure]](after), FIGURES[figure](after)
            figures.append(Compared(figure, share(list(was.values())), new.get(figure), _fallen(was, is_now)))
        else:
            moved = _fallen(FIGURES[figure](before), FIGURES[figure](after))
            figures.append(Compared(figure, old.get(figure), new.get(figure), moved))
    return GateReport(
        persona=persona.id,
        figures=tuple(figures),
        reasons=_reasons({compared.figure: compared for compared in figures}),
        failed=tuple(row for row in after.identity if row.faults),
        card={"base": before.card(), "persona": after.card()},
    )


def _fallen(before: _Results, after: _Results) -> Estimate | None:
    """The difference on what was asked of both."""
    same = [asked for asked in before if asked in after]
    return paired_difference([before[asked] for asked in same], [after[asked] for asked in same])


def _reasons(figures: Mapping[str, Compared]) -> tuple[Reason, ...]:
    reasons = []
    identified = figures.get("gate_identity")
    if identified is None or identified.after is None:
        reasons.append(Reason("gate_not_measured", "gate_identity", {}))
    elif identified.after.value < IDENTITY_NEEDED:
        found = {"value": round(identified.after.value, 1), "needed": IDENTITY_NEEDED, "n": identified.after.n}
        reasons.append(Reason("gate_identity_low", "gate_identity", found))
        if not any(name in figures and figures[name].after for name in MAY_NOT_FALL):
            return tuple(reasons)  # the rest was not even asked
    for name in MAY_NOT_FALL:
        compared = figures.get(name)
        if compared is None or compared.before is None or compared.after is None or compared.difference is None:
            reasons.append(Reason("gate_not_measured", name, {}))
        elif compared.difference.high is not None and compared.difference.high < -FALL_ALLOWED:
            shown = {"before": compared.before.value, "after": compared.after.value, "allowed": FALL_ALLOWED}
            reasons.append(Reason("gate_fell", name, {key: round(value, 1) for key, value in shown.items()}))
    return tuple(reasons)


def run(
    persona: Persona,
    before: Subject | Measured,
    subject: Subject,
    sets: QuestionSets,
    report: Report = silent,
    cancel: CancelToken | None = None,
) -> GateReport:
    """The whole gate: ``subject`` against ``before``, the base without the persona or what was measured of it.

    Identity comes first: one that does not know itself is refused without the minutes that the rest takes.
    Raises Cancelled when asked to stop.
    """
    identified = Measured(identity=identity(sets.identity, persona, subject.answer_remark, report, cancel))
    if not knows_itself(identified):
        known = before if isinstance(before, Measured) else Measured()
        return verdict(dataclasses.replace(known, grounding=()), identified, persona)
    rest = measure(persona, subject, dataclasses.replace(sets, identity=()), report, cancel)
    after = dataclasses.replace(rest, identity=identified.identity)
    if not isinstance(before, Measured):
        before = measure(persona, before, dataclasses.replace(sets, glossary=(), shipped=()), report, cancel)
    return verdict(before, after, persona)


_Asked = TypeVar("_Asked")


def _each(questions: Sequence[_Asked], stage: str, report: Report, cancel: CancelToken | None) -> Iterator[_Asked]:
    for done, asked in enumerate(questions):
        if cancel:
            cancel.check()
        report(Progress(stage, done, len(questions)))
        yield asked
    if questions:
        report(Progress(stage, len(questions), len(questions)))
