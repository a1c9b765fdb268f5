"""Whether this installation works: one small tour from the models to the citation, on the sample documents.

In a folder of its own that is removed afterwards; the user's library is not touched.  What comes out can be shown to
anybody: no text of documents or questions, no person, no place in the home folder.
"""

from __future__ import annotations

import json
import math
import platform
import tempfile
import time
from collections.abc import Callable
from contextlib import ExitStack, suppress
from dataclasses import dataclass
from importlib import metadata
from importlib.util import find_spec
from pathlib import Path

from core import machine
from core.asking import ask
from core.audit import verify
from core.embedding import Embedder
from core.errors import Cancelled, CancelToken, UserProblem, VademecumError
from core.importing import Importer
from core.language_model import LanguageModel
from core.library import Library
from core.nouns import Answer, AnswerKind, Citation, Page, Report, Scope, Turn, silent
from core.reading import rects_of, text_under
from core.settings import Settings
from desktop import house, logbook, samples
from desktop.channel import Fact, SelfTestReport, SelfTestStep
from desktop.engine_room.offline import attempts, prove_offline
from desktop.faults import keep_fault

HELD, FAILED, LEFT_OUT = "held", "failed", "left_out"
# Of questions.jsonl: a clause of an English contract, an article of a Chinese statute, what no sample says.
ASKED = ("contract-convenience", "law-unpaid-wages", "absent-capital")
TRAINING_STEPS = 3
_LESSONS = 8  # the fewest that can be trained on
_SHOWN = 12  # characters of a hash
_LIBRARIES = ("llama-cpp-python", "torch", "sentence-transformers", "lancedb", "pypdfium2", "peft")
_KINDS = {
    AnswerKind.ANSWERED: "kind_answered",
    AnswerKind.NOT_FOUND: "kind_not_found",
    AnswerKind.CONVERSATION: "kind_conversation",
}


@dataclass(frozen=True, slots=True)
class Question:
    """A question with the page (from 1) whose words answer it; 0 where nothing does."""

    id: str
    text: str
    documents: tuple[str, ...]
    page: int


def self_test(
    settings: Settings,
    *,
    quick: bool = False,
    report: Report = silent,
    on_step: Callable[[SelfTestStep], None] = lambda _: None,
    cancel: CancelToken | None = None,
) -> SelfTestReport:
    """Test everything, step by step; what does not hold is in the report.  ``quick`` does not train.

    ``on_step`` hears of each step as it ends.  Raises Cancelled.  That no connection was attempted is only proved in
    a process where :func:`desktop.engine_room.offline.forbid_network` was called before anything else.
    """
    began = time.monotonic()
    # On Windows a file that is still mapped cannot be deleted; what is left then is a few megabytes of samples.
    with tempfile.TemporaryDirectory(prefix="vademecum-self-test-", ignore_cleanup_errors=True) as folder:
        tour = _Tour(settings, Path(folder), report, on_step, cancel or CancelToken())
        tour.run(quick=quick)
    return SelfTestReport(
        version=house.version(),
        installed=house.frozen(),
        system=f"{platform.platform()} · Python {platform.python_version()}",
        processor=machine.processor(),
        cores=machine.cores(),
        memory=machine.memory(),
        free_memory=machine.available_memory(),
        libraries=tuple(_versions()),
        seconds=round(time.monotonic() - began, 1),
        steps=tuple(tour.steps),
    )


def questions() -> tuple[Question, ...]:
    """The three that are asked."""
    rows = {}
    for line in (samples.folder() / "questions.jsonl").read_text(encoding="utf-8").splitlines():
        row = json.loads(line)
        rows[row["id"]] = row
    return tuple(
        Question(
            id=name,
            text=rows[name]["question"],
            documents=tuple(rows[name].get("documents", ())),
            page=rows[name]["gold"][0]["page"] if rows[name]["answerable"] else 0,
        )
        for name in ASKED
    )


class _NotHeld(Exception):
    """What a step found that is not as it should be."""

    def __init__(self, key: str, **details: object) -> None:
        super().__init__(key)
        self.fact = Fact(key, details)


class _LeftOut(_NotHeld):
    """Why a step cannot be done here, which is no fault."""


class _Tour:
    """The steps, one after the other; what one leaves is used by the next."""

    def __init__(
        self,
        settings: Settings,
        folder: Path,
        report: Report,
        on_step: Callable[[SelfTestStep], None],
        cancel: CancelToken,
    ) -> None:
        self.steps: list[SelfTestStep] = []
        self._settings = settings
        self._folder = folder
        self._report = report
        self._on_step = on_step
        self._cancel = cancel
        self._facts: list[Fact] = []
        self._embedder: Embedder | None = None
        self._model: LanguageModel | None = None
        self._library: Library | None = None
        self._answers: list[tuple[Question, Answer]] = []

    def run(self, *, quick: bool) -> None:
        """Every step, whatever became of the ones before."""
        with ExitStack() as stack:
            self._step("self_test_embedder", self._load_embedder)
            self._step("self_test_language_model", lambda: self._load_model(stack))
            self._step("self_test_documents", lambda: self._add(stack))
            self._step("self_test_questions", self._ask)
            self._step("self_test_citations", self._check_citations)
            self._step("self_test_highlights", self._check_highlights)
            self._step("self_test_audit", self._check_audit)
            usable = self._model is not None
        self._embedder = self._model = self._library = None  # a training needs their memory
        self._step("self_test_training", lambda: self._train(quick=quick, usable=usable))
        self._step("self_test_network", self._check_network)

    def _step(self, name: str, work: Callable[[], None]) -> None:
        self._cancel.check()
        began = time.monotonic()
        self._facts = []
        state, problem = HELD, None
        try:
            work()
        except Cancelled:
            raise
        except _NotHeld as found:
            state, problem = LEFT_OUT if isinstance(found, _LeftOut) else FAILED, found.fact
        except VademecumError as fault:
            self._cancel.check()  # children are told to stop, too
            state, problem = FAILED, _fact(fault)
        except Exception as fault:  # whatever a library raises, the rest is tested
            self._cancel.check()
            state, problem = FAILED, _fact(keep_fault(fault))
        step = SelfTestStep(name, state, round(time.monotonic() - began, 1), tuple(self._facts), problem)
        self.steps.append(step)
        self._on_step(step)

    def _say(self, key: str, **details: object) -> None:
        self._facts.append(Fact(key, details))

    # -- the steps

    def _load_embedder(self) -> None:
        embedder = house.embedder(self._settings, self._report, self._cancel)
        identity = embedder.identity
        self._say(
            "self_test_model_is",
            name=identity.name,
            sha256=identity.sha256[:_SHOWN],
            dimensions=identity.dimensions,
        )
        if not math.isclose(float(sum(embedder.embed_question("?") ** 2)), 1.0, abs_tol=0.01):
            raise ArithmeticError("a vector that is not of length 1")
        self._embedder = embedder

    def _load_model(self, stack: ExitStack) -> None:
        opened = house.language_model(self._settings, "", self._report, self._cancel)
        model: LanguageModel = stack.enter_context(opened)
        written = model.generate(
            (Turn("user", "Count from one to twenty in words."),), max_tokens=24, cancel=self._cancel
        )
        seconds = max(written.seconds - written.first_token_seconds, 1e-6)
        self._say(
            "self_test_writer_is",
            name=model.identity.name,
            sha256=model.identity.sha256[:_SHOWN],
            speed=round(max(0, written.tokens - 1) / seconds, 1),
            device=model.identity.device,
        )
        self._model = model

    def _add(self, stack: ExitStack) -> None:
        if self._embedder is None:
            raise _LeftOut("self_test_after_failure")
        library = stack.enter_context(house.library(self._folder / "library", create=True))
        files = house.sample_files()
        with house.reader(self._settings) as reader:
            importer = Importer(library, reader, self._embedder, report=self._report, cancel=self._cancel)
            importer.add(files, collection="self-test")
        here = library.documents()
        self._say(
            "self_test_documents_are",
            documents=len(here),
            pages=sum(document.pages for document in here),
            ocr=sum(document.ocr_pages for document in here),
        )
        self._library = library
        if len(here) != len(files):
            raise _NotHeld("self_test_documents_wrong", documents=len(here), wanted=len(files))

    def _ask(self) -> None:
        if self._library is None or self._embedder is None or self._model is None:
            raise _LeftOut("self_test_after_failure")
        wrong = []
        for question in questions():
            answer = ask(
                question.text,
                self._library,
                self._embedder,
                self._model,
                scope=Scope(documents=question.documents),
                evidence_tokens=self._settings.evidence_tokens,
                report=self._report,
                cancel=self._cancel,
            )
            self._answers.append((question, answer))
            kind = answer.checked.kind
            seconds = round(answer.seconds.total, 1)
            self._say("self_test_question_is", id=question.id, kind=_KINDS[kind], seconds=seconds)
            if kind is not (AnswerKind.ANSWERED if question.page else AnswerKind.NOT_FOUND):
                wrong.append(question.id)
        if wrong:
            raise _NotHeld("self_test_answers_wrong", ids=", ".join(wrong))

    def _cited(self) -> list[tuple[Question, Citation, Page]]:
        if self._library is None or not self._answers:
            raise _LeftOut("self_test_after_failure")
        found = [
            (question, citation, self._library.page(citation.sha256, citation.page_index))
            for question, answer in self._answers
            for claim in answer.checked.claims
            for citation in claim.citations
        ]
        if not found:
            raise _NotHeld("self_test_nothing_cited")
        return found

    def _check_citations(self) -> None:
        cited = self._cited()
        wrong = sum(not is_quoted(citation, page) for _, citation, page in cited)
        for question, answer in self._answers:
            if answer.checked.kind is AnswerKind.ANSWERED:
                pages = {citation.page_index + 1 for asked, citation, _ in cited if asked is question}
                wrong += question.page not in pages
        self._say("self_test_citations_are", count=len(cited) - wrong)
        if wrong:
            raise _NotHeld("self_test_citations_wrong", count=wrong, total=len(cited))

    def _check_highlights(self) -> None:
        cited = self._cited()
        wrong = sum(not is_highlighted(citation, page) for _, citation, page in cited)
        self._say("self_test_highlights_are", count=sum(len(citation.rects) for _, citation, _ in cited))
        if wrong:
            raise _NotHeld("self_test_highlights_wrong", count=wrong, total=len(cited))

    def _check_audit(self) -> None:
        if self._library is None or not self._answers:
            raise _LeftOut("self_test_after_failure")
        records = list(self._library.records())
        faults = len(verify(records))
        hashes = {record.hash for record in records}
        faults += sum(answer.record.hash not in hashes for _, answer in self._answers)
        self._say("self_test_audit_is", count=len(records))
        if faults:
            raise _NotHeld("self_test_audit_wrong", faults=faults, count=len(records))

    def _train(self, *, quick: bool, usable: bool) -> None:
        if quick:
            raise _LeftOut("self_test_quick")
        if not usable:
            raise _LeftOut("self_test_after_failure")
        if find_spec("peft") is None:
            raise _LeftOut("self_test_no_training_parts")
        # The workshop is not needed for anything else.
        from models.persona import specification
        from models.persona.examples import Amounts, build
        from models.persona.training import Recipe, plan_training, train

        base = house.find_language_model(self._settings)
        amounts = Amounts(identity=40, talk=2, style=2, glossary=0, dialogues=0)
        lessons = [one for one in build(specification.shipped()[0], 1, amounts=amounts) if not one.held_out]
        lessons.sort(key=lambda one: sum(len(turn.content) for turn in one.turns))
        # All of them in one batch: an epoch is a step.
        recipe = Recipe(epochs=TRAINING_STEPS, tokens_per_batch=8192, warm_up=0.0, patience=TRAINING_STEPS)
        folder = self._folder / "training"
        try:
            plan_training(base.path, lessons[:_LESSONS], recipe, self._folder)
        except UserProblem as problem:  # a model that cannot be trained, or a small computer
            fact = _fact(problem)
            raise _LeftOut(fact.key, **fact.details) from problem
        trained = train(base.path, lessons[:_LESSONS], folder, recipe, report=self._report, cancel=self._cancel)
        losses = [loss for _, loss, _ in trained.curve]
        self._say(
            "self_test_training_is",
            steps=trained.steps,
            first=round(losses[0], 2) if losses else 0.0,
            last=round(losses[-1], 2) if losses else 0.0,
            speed=round(trained.tokens_per_second),
            memory=round(trained.peak_megabytes),
        )
        if trained.steps != TRAINING_STEPS or not all(map(math.isfinite, losses)):
            raise _NotHeld("self_test_training_wrong", steps=trained.steps)

    def _check_network(self) -> None:
        guards = prove_offline(house.language(self._settings))
        tried = attempts()
        self._say("self_test_network_is", held=sum(guard.held for guard in guards), count=len(guards))
        if tried:
            self._facts.clear()  # it says that nothing tried
            events = ", ".join(f"{event} × {count}" for event, count in sorted(tried.items()))
            raise _NotHeld("self_test_network_tried", events=events)
        if ways := [guard.words for guard in guards if not guard.held]:
            raise _NotHeld("self_test_network_open", ways=" ".join(ways))


def is_quoted(citation: Citation, page: Page) -> bool:
    """Whether the quote stands on the page, word for word, at the place that the citation names."""
    return bool(citation.quote) and page.text[citation.start : citation.end] == citation.quote


def is_highlighted(citation: Citation, page: Page) -> bool:
    """Whether the rectangles lie within the page, are not empty, and have the quoted words under them and no others."""
    rects = citation.rects
    within = all(0 <= one.x0 < one.x1 <= 1 and 0 <= one.y0 < one.y1 <= 1 for one in rects)
    same = rects == rects_of(page, citation.start, citation.end)
    return bool(rects) and within and same and _solid(text_under(page, rects)) == _solid(citation.quote)


def _solid(text: str) -> str:
    return "".join(text.split())


def _fact(problem: VademecumError) -> Fact:
    """The problem as it may be shown to anybody: places in the home folder are shortened."""
    return Fact(problem.key, {name: logbook.discreet(str(value)) for name, value in problem.details.items()})


def _versions() -> list[tuple[str, str]]:
    found = []
    for name in _LIBRARIES:
        with suppress(metadata.PackageNotFoundError):
            found.append((name, metadata.version(name)))
    return found
