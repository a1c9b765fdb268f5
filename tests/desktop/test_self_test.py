"""The self-test tells what works and what does not, and tells nobody what is in documents, questions or homes."""

from __future__ import annotations

import dataclasses
import json
import os
import subprocess
import sys
from collections.abc import Callable
from contextlib import nullcontext
from pathlib import Path
from typing import Any

import pytest

from core import importing
from core.errors import Cancelled, CancelToken, UserProblem
from core.messages import LANGUAGES
from core.nouns import Citation, Line, Page, Progress, ReadBy, Rect
from core.reading import rects_of, text_under
from core.settings import Settings
from desktop import house, samples, self_test, self_test_words
from desktop.channel import Guard, SelfTestReport, SelfTestStep
from desktop.self_test import ASKED, Question, is_highlighted, is_quoted, questions
from tests.fakes import FakeEmbedder, LimitedReader, ScriptedModel, as_reader, fake_cut
from tests.installed import installed
from tests.judged import judge_as

ROOT = Path(__file__).parents[2]
SECRET = "Zebrafink"
LEASE = f"Preamble of {SECRET}.\fThe lease ends on 31 March 2027. Either party may terminate it with 30 days notice."
OTHER = "阿司匹林的最大剂量为每日四克。肾功能不全者应当减量。"
ASKING = Question("lease-end", f"When does the lease of {SECRET} end?", ("lease.pdf",), 2)


@pytest.fixture(autouse=True)
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    folder = tmp_path / "home of ada"
    monkeypatch.setenv("VADEMECUM_HOME", str(folder / "data"))
    monkeypatch.setenv("HOME", str(folder))
    monkeypatch.setenv("LANG", "en_GB.UTF-8")
    return folder


@pytest.fixture
def fakes(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> ScriptedModel:
    """Parts that answer at once, two samples, one question, and a guard that holds."""
    files = []
    for name, text in (("lease.pdf", LEASE), ("dose.pdf", OTHER)):
        files.append(tmp_path / name)
        files[-1].write_text(text, encoding="utf-8")
    model = ScriptedModel("one two three", "The lease ends on 31 March 2027. [1]\n")
    judge_as(monkeypatch, answerable=True)
    monkeypatch.setattr(importing, "cut", fake_cut)
    monkeypatch.setattr(house, "embedder", lambda *_: FakeEmbedder())
    monkeypatch.setattr(house, "language_model", lambda *_: nullcontext(model))
    monkeypatch.setattr(house, "reader", lambda *_, **__: nullcontext(as_reader(LimitedReader())))
    monkeypatch.setattr(house, "sample_files", lambda: tuple(files))
    monkeypatch.setattr(self_test, "questions", lambda: (ASKING,))
    monkeypatch.setattr(self_test, "prove_offline", lambda _: (Guard("connecting", True), Guard("names", True)))
    monkeypatch.setattr(self_test, "attempts", dict)
    monkeypatch.setattr(self_test, "find_spec", lambda _: None)
    return model


def run(**options: Any) -> dict[str, SelfTestStep]:
    """The steps by their names."""
    found = self_test.self_test(Settings(), **options)
    return {step.name.removeprefix("self_test_"): step for step in found.steps}


def states(steps: dict[str, SelfTestStep]) -> dict[str, str]:
    return {name: step.state for name, step in steps.items() if step.state != "held"}


def test_everything_works(fakes: ScriptedModel) -> None:
    heard: list[SelfTestStep] = []
    steps = run(on_step=heard.append)
    assert list(steps.values()) == heard
    assert states(steps) == {"training": "left_out"}, steps
    assert steps["documents"].facts[0].details["documents"] == 2
    assert steps["citations"].facts[0].details["count"] >= 1
    assert steps["audit"].facts[0].details["count"] >= 1
    assert steps["network"].facts[0].details == {"held": 2, "count": 2}


def test_nothing_stays_behind_and_the_users_library_is_not_touched(fakes: ScriptedModel, tmp_path: Path) -> None:
    temporary = Path(self_test.tempfile.gettempdir())
    before = set(temporary.glob("vademecum-self-test-*"))
    run()
    assert set(temporary.glob("vademecum-self-test-*")) == before
    assert not house.default_library().exists() and not house.models_folder().exists()


def whole(found: SelfTestReport) -> str:
    """Everything that a report says, in every form."""
    return "\n".join(
        [json.dumps(dataclasses.asdict(found), ensure_ascii=False)]
        + [self_test_words.of_report(found, language) for language in LANGUAGES]
    )


def test_nothing_of_documents_questions_or_homes_is_in_the_report(
    fakes: ScriptedModel, home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    told = whole(self_test.self_test(Settings()))
    for secret in (SECRET, "31 March 2027", "terminate", ASKING.text, "阿司匹林", "ada"):
        assert secret not in told, secret

    def broken(*_: object) -> object:
        raise RuntimeError(f"cannot understand {SECRET} in {home}/secret.pdf")

    def refused(*_: object) -> object:
        raise UserProblem("model_folder_unwritable", file=home / "data" / "models", fault="read-only")

    for part, breaking in (("embedder", broken), ("language_model", refused)):
        with monkeypatch.context() as patch:
            patch.setattr(house, part, breaking)
            told = whole(self_test.self_test(Settings()))
            assert SECRET not in told and "ada" not in told
            assert ("RuntimeError" in told) is (breaking is broken)
            assert ("read-only" in told) is (breaking is refused)


@pytest.mark.parametrize("language", LANGUAGES)
def test_the_report_is_something_that_support_can_use(fakes: ScriptedModel, language: str) -> None:
    found = self_test.self_test(Settings())
    text = self_test_words.of_report(found, language)
    assert found.version in text and found.system in text and found.processor in text
    assert "scripted" in text and "0" * 12 in text and "lease-end" in text
    assert found.cores >= 1 and found.memory > 0 and dict(found.libraries)["torch"]
    assert len(found.steps) == 9 and all(step.seconds >= 0 for step in found.steps)


def test_without_models_it_says_how_to_get_them_and_goes_on(
    fakes: ScriptedModel, monkeypatch: pytest.MonkeyPatch
) -> None:
    def none(*_: object) -> object:
        raise UserProblem("model_none")

    monkeypatch.setattr(house, "embedder", none)
    monkeypatch.setattr(house, "language_model", none)
    steps = run()
    assert [name for name, step in steps.items() if step.state == "failed"] == ["embedder", "language_model"]
    assert [name for name, step in steps.items() if step.state == "held"] == ["network"]
    problem = steps["embedder"].problem
    assert problem is not None and "models import" in self_test_words.of_fact(problem, "en")


@pytest.mark.parametrize(
    ("change", "step"),
    [
        (lambda c: dataclasses.replace(c, start=c.start + 1, end=c.end + 1), "citations"),
        (lambda c: dataclasses.replace(c, page_index=0), "citations"),
        (lambda c: dataclasses.replace(c, quote=""), "citations"),
        (lambda c: dataclasses.replace(c, rects=()), "highlights"),
        (lambda c: dataclasses.replace(c, rects=(Rect(0.1, 0.1, 0.2, 0.12),)), "highlights"),
        (lambda c: dataclasses.replace(c, rects=(Rect(0.1, 0.1, 0.1, 0.12),)), "highlights"),
    ],
)
def test_a_wrong_citation_is_found(
    fakes: ScriptedModel, monkeypatch: pytest.MonkeyPatch, change: Callable[[Citation], Citation], step: str
) -> None:
    real = self_test.ask

    def ask(*rest: Any, **options: Any) -> Any:
        answer = real(*rest, **options)
        claims = tuple(
            dataclasses.replace(claim, citations=tuple(change(one) for one in claim.citations))
            for claim in answer.checked.claims
        )
        return dataclasses.replace(answer, checked=dataclasses.replace(answer.checked, claims=claims))

    monkeypatch.setattr(self_test, "ask", ask)
    assert run()[step].state == "failed"


def test_a_question_that_should_be_refused_and_is_not(fakes: ScriptedModel, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(self_test, "questions", lambda: (dataclasses.replace(ASKING, page=0),))
    step = run()["questions"]
    assert step.state == "failed" and step.problem is not None and step.problem.details == {"ids": "lease-end"}


def test_an_altered_record_is_found(fakes: ScriptedModel, monkeypatch: pytest.MonkeyPatch) -> None:
    real = self_test.Library.records

    def records(library: Any, *rest: Any) -> Any:
        return [dataclasses.replace(one, body=one.body.replace("{", "{ ", 1)) for one in real(library, *rest)]

    monkeypatch.setattr(self_test.Library, "records", records)
    assert run()["audit"].state == "failed"


def test_a_sample_that_does_not_come_in(fakes: ScriptedModel) -> None:
    house.sample_files()[1].write_text("bad", encoding="utf-8")
    step = run()["documents"]
    assert step.state == "failed" and step.problem is not None
    assert step.problem.details == {"documents": 1, "wanted": 2}


def test_an_attempt_to_connect_is_named(fakes: ScriptedModel, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(self_test, "attempts", lambda: {"socket.getaddrinfo": 2})
    step = run()["network"]
    assert step.state == "failed" and step.facts == ()
    assert step.problem is not None and "socket.getaddrinfo × 2" in self_test_words.of_fact(step.problem, "en")
    monkeypatch.setattr(self_test, "attempts", dict)
    monkeypatch.setattr(self_test, "prove_offline", lambda _: (Guard("names", False),))
    assert run()["network"].state == "failed"


def test_the_guard_counts_what_was_tried_apart_from_its_own_proofs() -> None:
    program = """
import socket, sys
from desktop.engine_room.offline import attempts, forbid_network, prove_offline
forbid_network()
prove_offline("en")
before = dict(attempts())
for call in (lambda: socket.getaddrinfo("example.invalid", 80), lambda: socket.gethostbyname("example.invalid")):
    try:
        call()
    except PermissionError:
        pass
print(before, attempts())
"""
    said = subprocess.run([sys.executable, "-c", program], cwd=ROOT, capture_output=True, text=True, check=True)
    assert said.stdout.strip() == "{} {'socket.getaddrinfo': 1, 'socket.gethostbyname': 1}"


def test_training_is_left_out_where_it_cannot_be_done(fakes: ScriptedModel, monkeypatch: pytest.MonkeyPatch) -> None:
    def reason(**options: Any) -> str:
        step = run(**options)["training"]
        assert step.state == "left_out" and step.problem is not None
        return step.problem.key

    assert reason(quick=True) == "self_test_quick"
    assert reason() == "self_test_no_training_parts"


def test_it_stops_when_asked(fakes: ScriptedModel) -> None:
    cancel = CancelToken()

    def stop(progress: Progress) -> None:
        cancel.cancel()

    with pytest.raises(Cancelled):
        run(report=stop, cancel=cancel)


def test_the_questions_are_of_the_samples() -> None:
    asked = questions()
    assert tuple(one.id for one in asked) == ASKED
    assert [bool(one.page) for one in asked] == [True, True, False]
    here = {file.name for file in house.sample_files()}
    assert all(set(one.documents) <= here for one in asked)
    assert (samples.folder() / "questions.jsonl").is_file()


# -- what lies under a rectangle


def page(text: str, *lines: Line) -> Page:
    return Page(0, "1", text, lines, 600, 800, ReadBy.TEXT)


ACROSS = page(
    "abcd efgh",
    Line(0, 4, Rect(0.1, 0.1, 0.5, 0.15), (0.1, 0.2, 0.3, 0.4, 0.5)),
    Line(5, 9, Rect(0.1, 0.2, 0.5, 0.25), (0.1, 0.2, 0.3, 0.4, 0.5)),
)
DOWN = page("abcd", Line(0, 4, Rect(0.1, 0.1, 0.15, 0.5), (0.1, 0.2, 0.3, 0.4, 0.5)))
LEFT = page("abcd", Line(0, 4, Rect(0.1, 0.1, 0.5, 0.15), (0.5, 0.4, 0.3, 0.2, 0.1)))


@pytest.mark.parametrize("one", [ACROSS, DOWN, LEFT])
def test_what_is_marked_is_what_lies_under_the_mark(one: Page) -> None:
    for start in range(len(one.text)):
        for end in range(start + 1, len(one.text) + 1):
            quote = one.text[start:end]
            assert text_under(one, rects_of(one, start, end)) == quote.replace(" ", "")


def test_a_citation_is_checked_against_its_page() -> None:
    good = Citation("a.pdf", "0" * 64, 0, "1", "p", 2, 7, "cd ef", rects_of(ACROSS, 2, 7))
    assert is_quoted(good, ACROSS) and is_highlighted(good, ACROSS)
    assert not is_quoted(dataclasses.replace(good, quote="cd  ef"), ACROSS)
    for rects in ((), good.rects[:1], (*good.rects, Rect(0.1, 0.1, 1.2, 0.15)), rects_of(ACROSS, 1, 7)):
        assert not is_highlighted(dataclasses.replace(good, rects=rects), ACROSS)


# -- the real thing


@pytest.mark.model
@pytest.mark.slow
def test_this_installation_works(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """In a process of its own, because a network that was forbidden stays forbidden."""
    monkeypatch.undo()
    for name in ("default", "e5-small"):
        installed(name)
    environment = {**os.environ, "PYTHONPATH": str(ROOT), "LC_ALL": "C.UTF-8"}
    done = subprocess.run(
        [sys.executable, "-m", "desktop", "self-test", "--json"],
        cwd=tmp_path,
        env=environment,
        capture_output=True,
        encoding="utf-8",
        check=False,
    )
    found = json.loads(done.stdout)
    assert done.returncode == 0 and found["held"], found["steps"]
    assert {step["state"] for step in found["steps"]} == {"held"}
    trained = next(step for step in found["steps"] if step["name"] == "self_test_training")
    assert trained["facts"][0]["details"]["steps"] == 3
