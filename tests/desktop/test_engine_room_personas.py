"""The requests of the persona workshop in a true process of the engine, with a base of a few thousand weights."""

from __future__ import annotations

import dataclasses
import json
import os
import time
from collections.abc import Iterator, Mapping, Sequence
from multiprocessing.connection import Connection
from pathlib import Path
from typing import Any

import pytest

from core.errors import Cancelled, CancelToken, UserProblem, VademecumError
from core.intervals import share
from core.nouns import ModelIdentity, Persona, Term, Turn
from core.plain import to_plain
from core.settings import Settings
from desktop import channel, engine_process, house, workshop
from desktop.channel import (
    BeginPersona,
    CheckPersona,
    Configure,
    DiscardBench,
    Failed,
    InstallPersona,
    Lesson,
    ListDocuments,
    ListLessons,
    ListPersonas,
    MakeLessons,
    OpenBench,
    PlanTraining,
    ReadDialogues,
    RemovePersona,
    SaveLessons,
    SavePersona,
    TrainingStep,
    TrainPersona,
    TryPersona,
)
from desktop.engine_room import serve
from models.catalogue import Installed
from models.gate import Compared, GateReport, Reason
from models.merge import write_adapter
from models.persona import shelf, specification
from models.recipe import new_card, sha256
from tests.desktop.engine import Client, engine
from tests.fakes import FakeEmbedder, ScriptedModel
from tests.models.networks import PASSED, network, peft_folder
from tests.models.persona.miniatures import byte_pair_model, examples

_BASE = "VADEMECUM_TEST_BASE"
MINE = "mine"


# -- what runs in the child


class _Base(ScriptedModel):
    """Says who it is by its adapter; the base is nobody in particular."""

    def __init__(self, identity: ModelIdentity) -> None:
        super().__init__(*(["I am Xiaozhi."] if identity.adapter else ["I am a model."]))
        self._identity = identity

    @property
    def identity(self) -> ModelIdentity:
        return self._identity

    def generate_all(
        self, prompts: Sequence[Sequence[Turn]], *, max_tokens: int, cancel: CancelToken | None = None, **_: Any
    ) -> list[tuple[str, bool]]:
        if cancel is not None:
            cancel.check()
        return [("The text says nothing about it.", True)] * len(prompts)

    def with_adapter(self, _: Path, identity: ModelIdentity) -> _Base:
        return _Base(identity)

    def close(self) -> None:
        return

    def __enter__(self) -> _Base:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()


def base_model() -> Installed:
    file = Path(os.environ[_BASE])
    return Installed("mini", "language", "Miniature", file, sha256(file), file.stat().st_size, "", "", "2026-11-26")


def begin_with_a_miniature(pipe: Connection, settings: Settings, library: Path | None) -> None:
    """What the engine's process does first, with fakes for the models; what is trained is the miniature."""

    def model(*_: object) -> _Base:
        return _Base(ModelIdentity("mini", base_model().sha256))

    setattr(house, "embedder", lambda *_: FakeEmbedder())  # noqa: B010  (a plain assignment is refused by mypy)
    setattr(house, "find_language_model", lambda *_: base_model())  # noqa: B010
    setattr(house, "language_model", model)  # noqa: B010
    serve(pipe, settings, library)


# -- what stands here


@pytest.fixture(autouse=True)
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    folder = tmp_path / "home"
    monkeypatch.setenv("VADEMECUM_HOME", str(folder))
    monkeypatch.setenv("LANG", "en_GB.UTF-8")
    monkeypatch.delenv("LC_ALL", raising=False)
    monkeypatch.setenv(_BASE, str(byte_pair_model(tmp_path / "miniature.gguf")))
    monkeypatch.setattr(engine_process, "_begin", begin_with_a_miniature)
    return folder


@pytest.fixture
def client(home: Path) -> Iterator[Client]:
    with engine(home / "library") as made:
        yield made


def key_of(client: Client, request: channel.Request[Any]) -> str:
    """The problem with which the engine refuses this; it is a sentence in both languages."""
    reply = client.reply(client.start(request))
    assert isinstance(reply, Failed), reply
    assert isinstance(reply.error, VademecumError)
    assert reply.error.sentence("en") != reply.error.sentence("zh")
    return reply.error.key


def lessons(count: int) -> tuple[Lesson, ...]:
    return tuple(Lesson(e.kind, e.turns, e.phrasing, e.held_out) for e in examples(count))


def an_adapter(tmp_path: Path, file: Path, persona: Persona) -> shelf.Shelved:
    """An adapter for the model of this test's own making, with its card beside it."""
    folder = tmp_path / f"made for {file.stem}"
    folder.mkdir()
    peft_folder(folder / "peft", rank=2)
    card = write_adapter(folder / "peft", file, folder / "adapter.gguf", new_card(persona.id, file.stem, sha256(file)))
    return shelf.Shelved(persona, card, folder)


def xiaozhi() -> Persona:
    return next(persona for persona in specification.shipped() if persona.id == "xiaozhi")


@pytest.fixture
def fitting(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A base for which an adapter can be written without training; it is the one in use."""
    file = tmp_path / "network.gguf"
    network(file)
    monkeypatch.setenv(_BASE, str(file))
    return file


def put_on_bench(made: workshop.Bench, adapter: shelf.Shelved) -> None:
    """As if it had been trained there."""
    made.adapter.write_bytes(adapter.adapter.read_bytes())
    made.adapter.with_name("adapter.card.json").write_text(adapter.card.json(), encoding="utf-8")


def report(*, passed: bool) -> GateReport:
    known = share([passed] * 100)
    why = (Reason("gate_identity_low", "gate_identity", {"value": 0.0, "needed": 95.0, "n": 100}),)
    card: Mapping[str, Mapping[str, float]] = {"base": {}, "persona": {"identity": 100.0 * passed}}
    return GateReport(MINE, (Compared("gate_identity", None, known),), () if passed else why, (), card)


def keep(made: workshop.Bench, found: GateReport) -> None:
    """As the gate keeps it."""
    kept = workshop._Kept(sha256(made.adapter), workshop.form_sha256(made.form()), found)
    made.gate.write_text(json.dumps(to_plain(kept)), encoding="utf-8")


# -- forms


def test_a_form_is_begun_checked_kept_and_discarded(client: Client, home: Path) -> None:
    view = client.ask(BeginPersona(MINE, like="xiaozhi"))
    assert (view.persona.name.zh, view.slips, view.lessons, view.trained, view.gate) == ("小智", (), (), None, None)
    assert key_of(client, BeginPersona(MINE)) == "workshop_taken"
    assert [key_of(client, BeginPersona(name)) for name in ("", "../x", "Ünsinn")] == ["persona_id_bad"] * 3
    assert key_of(client, BeginPersona("other", like="nobody")) == "workshop_no_model"

    twice = dataclasses.replace(view.persona, glossary=(Term("lease", ("LS",)), Term("rent", ("LS",))))
    (slip,) = client.ask(CheckPersona(twice))
    assert slip.field == "glossary" and "contradicts itself" in slip.sentence and not slip.warning
    assert client.ask(OpenBench(MINE)).persona == view.persona, "what is checked is not kept"
    assert client.ask(SavePersona(twice)).slips == (slip,), "half-finished forms are kept"
    assert key_of(client, MakeLessons(MINE)) == key_of(client, channel.TestPersona(MINE)) == "persona_word_twice"
    assert os.name == "nt" or (home / "workshop" / MINE).stat().st_mode & 0o777 == 0o700
    assert os.name == "nt" or workshop.bench(MINE).specification.stat().st_mode & 0o777 == 0o600

    client.ask(DiscardBench(MINE))
    assert key_of(client, OpenBench(MINE)) == key_of(client, SavePersona(twice)) == "workshop_unknown"
    assert not (home / "workshop" / MINE).exists()


def test_a_form_too_large_or_of_half_characters_does_not_spoil_the_one_that_is_kept(client: Client) -> None:
    before = client.ask(BeginPersona(MINE, like="xiaozhi")).persona
    huge = dataclasses.replace(before, never_say=("x" * 9_000_000,))
    assert key_of(client, SavePersona(huge)) == "persona_file_too_large"
    broken = dataclasses.replace(before, never_say=("\ud800",))
    assert key_of(client, SavePersona(broken)) == "persona_control"
    assert client.ask(OpenBench(MINE)).persona == before


def test_a_form_that_was_broken_by_hand_hides_no_other(client: Client) -> None:
    client.ask(BeginPersona(MINE))
    client.ask(BeginPersona("second", like="hospital"))
    workshop.bench(MINE).specification.write_text("name = [", encoding="utf-8")
    assert [row.persona.id for row in client.ask(ListPersonas()) if row.begun] == [MINE, "second"]
    assert key_of(client, OpenBench(MINE)) == "persona_no_toml"


def test_dialogues_are_read_from_files_in_any_usual_encoding_and_from_pasted_text(
    client: Client, tmp_path: Path
) -> None:
    file = tmp_path / "talk.csv"
    file.write_bytes("question,answer\n你们周末上班吗？,周末不上班。\n".encode("gb18030"))
    found = client.ask(ReadDialogues(file))
    assert (found.dialogues[0].asked, len(found.remarks)) == ("你们周末上班吗？", 1)
    assert client.ask(ReadDialogues(text="Q: Hi there\nA: Hello!")).dialogues[0].answered == "Hello!"
    file.write_bytes(bytes(range(128, 256)))
    assert key_of(client, ReadDialogues(file)) == "dialogues_encoding"
    assert key_of(client, ReadDialogues(tmp_path / "absent.csv")) == "dialogues_unreadable"
    assert key_of(client, ReadDialogues(text="")) == "dialogues_empty"


# -- examples


def test_examples_are_built_edited_and_known_to_be_of_an_earlier_form(client: Client) -> None:
    persona = client.ask(BeginPersona(MINE, like="xiaozhi")).persona
    assert client.ask(ListLessons(MINE)) == ()
    assert key_of(client, PlanTraining(MINE)) == key_of(client, TrainPersona(MINE)) == "persona_examples_none"
    built = client.ask(MakeLessons(MINE))
    assert client.ask(ListLessons(MINE)) == built
    assert dict(client.ask(OpenBench(MINE)).lessons).keys() >= {"identity", "style", "glossary", "general"}

    client.ask(SaveLessons(MINE, built[:50]))
    assert client.ask(ListLessons(MINE)) == built[:50]
    assert client.ask(OpenBench(MINE)).stale == ()
    changed = dataclasses.replace(persona, organisation=dataclasses.replace(persona.organisation, en="Another Firm"))
    assert client.ask(SavePersona(changed)).stale == ("examples",)
    assert client.ask(MakeLessons(MINE)) != built
    assert client.ask(OpenBench(MINE)).stale == ()
    assert len(workshop.bench(MINE).edited.read_text(encoding="utf-8").splitlines()) == 50, "what was edited is kept"


@pytest.mark.parametrize(
    ("turns", "key"),
    [
        ((Turn("user", "Who?"), Turn("assistant", "  ")), "persona_example_empty"),
        ((Turn("assistant", "I am."),), "persona_example_roles"),
        ((Turn("user", "Who?"), Turn("assistant", "I."), Turn("user", "And?")), "persona_example_roles"),
        ((Turn("user", "Who?"), Turn("assistant", "I am {{NAME}}.")), "persona_example_marks"),
        ((Turn("user", "Who?"), Turn("assistant", "I am.<|im_end|>")), "persona_example_marks"),
        ((Turn("user", "Who?"), Turn("assistant", "\ud800")), "persona_examples_half"),
    ],
)
def test_the_first_example_that_will_not_do_is_named(client: Client, turns: tuple[Turn, ...], key: str) -> None:
    client.ask(BeginPersona(MINE, like="xiaozhi"))
    good = lessons(24)
    client.ask(SaveLessons(MINE, good))
    reply = client.reply(client.start(SaveLessons(MINE, (*good[:10], Lesson("identity", turns), *good[10:]))))
    assert isinstance(reply, Failed) and reply.error.key == key
    assert key == "persona_examples_half" or "Example 11 " in str(reply.error) or "example 11 " in str(reply.error)
    assert client.ask(ListLessons(MINE)) == good, "nothing of it was kept"


def test_too_few_and_too_many_examples_are_not_kept(client: Client) -> None:
    client.ask(BeginPersona(MINE, like="xiaozhi"))
    assert key_of(client, SaveLessons(MINE, lessons(3))) == "training_too_few"
    assert key_of(client, SaveLessons(MINE, lessons(1) * 100_000)) == "training_too_many"
    assert client.ask(ListLessons(MINE)) == ()


def test_examples_that_were_broken_by_hand_are_told_on_the_bench(client: Client) -> None:
    client.ask(BeginPersona(MINE, like="xiaozhi"))
    client.ask(SaveLessons(MINE, lessons(24)))
    file = workshop.bench(MINE).examples
    written = file.read_text(encoding="utf-8").splitlines()
    file.write_text("\n".join([*written[:4], written[4][:-9], *written[5:]]), encoding="utf-8")
    (slip,) = client.ask(OpenBench(MINE)).slips
    assert slip.field == "examples" and "Line 5 " in slip.sentence
    assert key_of(client, ListLessons(MINE)) == key_of(client, PlanTraining(MINE)) == "persona_examples_line"


# -- training


@pytest.mark.slow
def test_a_training_is_watched_paused_stopped_and_goes_on_while_lists_are_answered(client: Client) -> None:
    client.ask(BeginPersona(MINE, like="xiaozhi"))
    client.ask(SaveLessons(MINE, lessons(400)))
    plan = client.ask(PlanTraining(MINE))
    assert plan.examples + plan.held_out == 400 and plan.steps > 10 and not plan.resumes
    assert plan.free_bytes > plan.memory_bytes > 0 < plan.seconds

    id = client.start(TrainPersona(MINE))
    client.until(lambda: bool(client.parts(id)))
    first = client.parts(id)[0]
    assert isinstance(first, TrainingStep) and first.point.step == 1 and first.point.loss > 0
    begin = time.monotonic()
    client.ask(ListDocuments())
    client.ask(ListPersonas())
    assert client.ask(OpenBench(MINE)).trained is None
    assert time.monotonic() - begin < 3.0, "quick ones do not wait behind a training"
    assert key_of(client, DiscardBench(MINE)) == "workshop_busy"

    client.engine.pause(id, True)
    time.sleep(2.0)  # the step under way is finished
    reached = len(client.parts(id))
    time.sleep(1.0)
    assert len(client.parts(id)) == reached
    client.engine.cancel(id)
    reply = client.reply(id)
    assert isinstance(reply, Failed) and isinstance(reply.error, Cancelled)
    assert client.ask(PlanTraining(MINE)).resumes

    id = client.start(TrainPersona(MINE))
    reply = client.reply(id)
    assert not isinstance(reply, Failed), reply
    steps = [part.point.step for part in client.parts(id) if isinstance(part, TrainingStep)]
    assert steps[0] > 1, "it went on where it was"
    trained = client.ask(OpenBench(MINE)).trained
    assert trained is not None and trained == reply.value
    assert trained.base == "mini" and len(trained.curve) >= steps[-1] and trained.tokens_per_second > 0
    assert any(point.held_out is not None for point in trained.curve)
    assert key_of(client, InstallPersona(MINE)) == "workshop_not_tested"

    client.ask(SaveLessons(MINE, lessons(24)))
    assert client.ask(OpenBench(MINE)).stale == ("adapter",)


# -- the gate and the shelf


def test_only_what_the_gate_passed_as_it_stands_is_installed(tmp_path: Path, home: Path, fitting: Path) -> None:
    with engine(home / "library") as client:
        persona = client.ask(BeginPersona(MINE, like="xiaozhi")).persona
        assert key_of(client, InstallPersona(MINE)) == key_of(client, TryPersona(MINE, "Hi")) == "persona_not_trained"
        made = workshop.bench(MINE)
        put_on_bench(made, an_adapter(tmp_path, fitting, persona))
        assert key_of(client, InstallPersona(MINE)) == "workshop_not_tested"

        keep(made, report(passed=False))
        gate = client.ask(OpenBench(MINE)).gate
        assert gate is not None and not gate.installable and gate.lines[0].after == 0.0
        assert gate.reasons[0].startswith("It says who it is in 0.0% of 100 answers; 95.0% are needed")
        assert key_of(client, InstallPersona(MINE)) == "workshop_not_installable"

        keep(made, report(passed=True))
        changed = dataclasses.replace(persona, never_say=("boss",))
        assert client.ask(SavePersona(changed)).stale == ("gate",)
        assert key_of(client, InstallPersona(MINE)) == "workshop_test_old"
        assert not any(row.installed for row in client.ask(ListPersonas()))

        client.ask(SavePersona(persona))
        client.ask(InstallPersona(MINE))
    with engine(home / "library") as client:  # what was measured is still known
        view = client.ask(OpenBench(MINE))
        assert view.installed and view.gate is not None and view.gate.installable and view.stale == ()
        row = client.ask(ListPersonas())[0]
        assert (row.persona.id, row.installed, row.begun, row.fits, row.base) == (MINE, True, True, True, "network")
        id = client.start(TryPersona(MINE, "Who are you?"))
        said = client.reply(id)
        assert client.parts(id) == [channel.TriedBoth("I am a model.")]
        assert not isinstance(said, Failed) and said.value == channel.TriedBoth("I am a model.", "I am Xiaozhi.")
        assert key_of(client, TryPersona(MINE, "  ")) == "question_empty"

        made.adapter.write_bytes(made.adapter.read_bytes() + b"x")
        assert client.ask(OpenBench(MINE)).trained is None
        assert key_of(client, TryPersona(MINE, "Hi")) == "card_other_adapter"


def test_a_persona_that_cannot_speak_is_told_in_the_state_and_stops_nothing(tmp_path: Path, home: Path) -> None:
    other = tmp_path / "other.gguf"
    network(other)
    made = an_adapter(tmp_path, other, xiaozhi())
    shelf.install(made.persona, made.adapter, made.card, workshop.personas_folder())
    with engine(home / "library", Settings(persona="xiaozhi")) as client:
        client.until(lambda: client.state.stage == "ready" and client.state.persona_problem is not None)
        problem = client.state.persona_problem
        assert isinstance(problem, UserProblem) and problem.key == "adapter_other_base"
        row = client.ask(ListPersonas())[0]
        assert (row.in_use, row.fits, row.base, row.problem) == (True, False, "other", "")
        assert key_of(client, RemovePersona("xiaozhi")) == "workshop_in_use"
        client.ask(Configure(Settings(persona="nobody")))
        client.until(lambda: getattr(client.state.persona_problem, "key", "") == "shelf_unknown")
        client.ask(Configure(Settings()))
        client.until(lambda: client.state.stage == "ready" and client.state.persona_problem is None)

        (workshop.personas_folder() / "xiaozhi" / "card.json").write_text("{}", encoding="utf-8")
        row = client.ask(ListPersonas())[0]
        assert row.installed and "damaged" in row.problem, "it is shown, so that it can be removed"
        client.ask(RemovePersona("xiaozhi"))
        assert not any(row.installed for row in client.ask(ListPersonas()))


def test_a_persona_travels_through_the_window_as_one_file(tmp_path: Path, home: Path, fitting: Path) -> None:
    made = an_adapter(tmp_path, fitting, xiaozhi())
    shelf.install(made.persona, made.adapter, made.card, workshop.personas_folder())
    file = tmp_path / "xiaozhi.persona"
    with engine(home / "library") as client:
        client.ask(channel.ExportPersona("xiaozhi", file))
        client.ask(RemovePersona("xiaozhi"))
        assert key_of(client, channel.ImportPersona(file)) == "shelf_not_tested"
        card = dataclasses.replace(made.card, gate=PASSED)
        shelf.install(made.persona, made.adapter, card, workshop.personas_folder())
        client.ask(channel.ExportPersona("xiaozhi", file))
        client.ask(RemovePersona("xiaozhi"))
        row = client.ask(channel.ImportPersona(file))
        assert row.installed and row.fits and row.ready and not row.begun
        client.ask(RemovePersona("xiaozhi"))
        changed = bytearray(file.read_bytes())
        changed[len(changed) // 2] ^= 1
        file.write_bytes(changed)
        assert key_of(client, channel.ImportPersona(file)) == "shelf_file_changed"
        assert key_of(client, channel.ExportPersona("xiaozhi", file)) == "shelf_none"
        assert not any(row.installed for row in client.ask(ListPersonas()))
