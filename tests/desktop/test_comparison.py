"""``evaluate --compare``: what it refuses at once, the four columns from the program's own parts, and its picture."""

from __future__ import annotations

import json
from collections.abc import Sequence
from contextlib import nullcontext
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

import pytest

from core import importing, speech
from core.errors import Cancelled, CancelToken, UserProblem
from core.evaluating import Evaluation, Figure, Table
from core.evaluating.comparing import COLUMNS, MEASURES
from core.nouns import ModelIdentity, Persona, Voice
from core.settings import Settings
from desktop import cli, comparison, house, samples, workshop
from models.merge import write_adapter
from models.persona import shelf, specification
from models.recipe import beside, new_card, read_card
from tests.fakes import FakeEmbedder, LimitedReader, ScriptedModel, as_reader, fake_cut
from tests.judged import judge_as
from tests.models.networks import network, peft_folder

Capture = pytest.CaptureFixture[str]
LANGUAGES = ("en", "zh")
VOICE = "No problem! Let me walk you through it in the simplest way~"


@dataclass(frozen=True)
class _Found:
    """The installed base model, as far as the shelf asks."""

    name: str = "scripted"
    sha256: str = "0" * 64


class Base(ScriptedModel):
    """A base model from which an adapter may be hung; both say little, and the adapter says it in its voice."""

    def __init__(self) -> None:
        super().__init__()
        self.closed = 0

    def with_adapter(self, _: Path, identity: ModelIdentity) -> Adapted:
        return Adapted(self, identity)


class Reader(LimitedReader):
    def close(self) -> None:
        """Its child is ended after an import, so that the language model has its memory."""


class Adapted(ScriptedModel):
    def __init__(self, owner: Base, identity: ModelIdentity) -> None:
        super().__init__(*[VOICE] * 50)
        self._owner = owner
        self._known = identity

    @property
    def identity(self) -> ModelIdentity:
        return self._known

    def close(self) -> None:
        self._owner.closed += 1


@pytest.fixture(autouse=True)
def at_home(home: Path) -> None:
    """Every test here has a home of its own, before anything else is made."""


@pytest.fixture(scope="module")
def adapter(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """An adapter for a base that says it is the scripted one."""
    folder = tmp_path_factory.mktemp("adapter")
    network(folder / "base.gguf")
    peft_folder(folder / "peft", rank=2)
    card = new_card("xiaozhi", "scripted", "0" * 64)
    write_adapter(folder / "peft", folder / "base.gguf", folder / "adapter.gguf", card)
    return folder / "adapter.gguf"


@pytest.fixture
def base(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, adapter: Path) -> Base:
    """The program's parts as fakes over two sample documents, and 小智 on the shelf."""
    model, folder = Base(), tmp_path / "documents"
    (folder / "handbooks").mkdir(parents=True)
    (folder / "lease.pdf").write_text("The lease ends on 31 March 2027. Notice is given 30 days before.")
    (folder / "dose.pdf").write_text("The largest dose is 4 g a day.")
    questions = [
        {"id": "end", "question": "When does the lease end?", "answerable": True, "documents": ["lease.pdf"],
         "gold": [{"document": "lease.pdf", "page": 1}], "must_contain": ["31 March 2027"]},
        {"id": "dose", "question": "What is the largest dose?", "answerable": True, "documents": ["dose.pdf"],
         "gold": [{"document": "dose.pdf", "page": 1}], "must_contain": ["4 g a day"]},
        {"id": "none", "question": "What is the dose of the other drug?", "answerable": False},
    ]  # fmt: skip
    (folder / "questions.jsonl").write_text("".join(json.dumps(q) + "\n" for q in questions))
    judge_as(monkeypatch, answerable=True)
    monkeypatch.setattr(samples, "folder", lambda: folder)
    monkeypatch.setattr(importing, "cut", fake_cut)
    monkeypatch.setattr(house, "find_embedder", lambda *_: None)
    monkeypatch.setattr(house, "find_language_model", lambda *_: _Found())
    monkeypatch.setattr(house, "embedder", lambda *_: FakeEmbedder())
    monkeypatch.setattr(house, "language_model", lambda *_: nullcontext(model))
    monkeypatch.setattr(house, "reader", lambda *_, **__: nullcontext(as_reader(Reader())))
    shelf.install(persona(), adapter, read_card(beside(adapter)), workshop.personas_folder())
    return model


def persona() -> Persona:
    return next(p for p in specification.shipped() if p.id == "xiaozhi")


def key_of(capsys: Capture, *words: str) -> str:
    """The problem with which the command is refused, said in one sentence in both languages."""
    for language in LANGUAGES:
        assert cli.main(["evaluate", *words, "--language", language]) == cli.PROBLEM
        told = capsys.readouterr()
        assert told.out == "" and told.err.startswith("✘ ") and len(told.err.splitlines()) == 1
    assert cli.main(["evaluate", *words, "--json"]) == cli.PROBLEM
    return str(json.loads(capsys.readouterr().out)["error"]["key"])


# -- what is refused


@pytest.mark.parametrize(
    ("words", "key"),
    [
        ([], "evaluate_needs_suite"),
        (["."], "evaluate_needs_suite"),
        (["--suite", "cuad"], "evaluate_needs_suite"),
        ([".", "--suite", "cuad", "--chart", "a.png"], "evaluate_only_compare"),
        (["--compare", "--asks", "3"], "evaluate_not_compare"),
        (["--compare", "--suite", "cuad"], "evaluate_suite_without_pack"),
        (["--compare", "--chart", "a.jpg"], "compare_chart_kind"),
        (["--compare", "--chart", "chart"], "compare_chart_kind"),
        (["--compare", "nowhere"], "file_missing"),
        (["--compare", "."], "evaluation_no_suite"),
        (["--compare"], "compare_no_persona"),
        (["--compare", "--persona", "nobody"], "shelf_none"),
        (["--compare", "--persona", "nobody", "--chart", "nowhere/a.png"], "cannot_write"),
        (["--compare", "--persona", "nobody", "--out", "nowhere/a.json"], "cannot_write"),
    ],
)
def test_what_does_not_go_is_said_in_a_second(capsys: Capture, home: Path, words: list[str], key: str) -> None:
    assert key_of(capsys, *words) == key
    assert not list(Path().glob("*.part")) and not (home / "evaluation").exists()


def test_a_persona_of_another_base_is_refused_before_anything_is_loaded(
    base: Base, capsys: Capture, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(house, "find_language_model", lambda *_: _Found("other", "1" * 64))
    monkeypatch.setattr(house, "embedder", lambda *_: pytest.fail("loaded"))
    assert key_of(capsys, "--compare", "--persona", "xiaozhi") == "adapter_other_base"
    assert key_of(capsys, "--compare", "--persona", "hospital") == "shelf_unknown"


# -- the table


def figures(form: dict[str, Any], measure: str) -> list[float]:
    return [next(f["value"] for f in table["figures"] if f["name"] == measure) for table in form["tables"]]


def test_the_samples_go_all_four_ways(base: Base, capsys: Capture) -> None:
    words = ["evaluate", "--compare", "--persona", "xiaozhi", "--out", "r.json", "--chart", "c.svg"]
    assert cli.main(words) == cli.OK
    told = capsys.readouterr().out
    form = json.loads(Path("r.json").read_text(encoding="utf-8"))
    assert [table["title"] for table in form["tables"]] == list(COLUMNS)
    assert {f["name"] for table in form["tables"] for f in table["figures"]} == set(MEASURES)
    assert len(form["details"]) == 4 * 3
    # From memory the fake says nothing that is right; the documents hold it.
    assert figures(form, "compare_correct") == [0.0, 0.0, 100.0, 100.0]
    assert figures(form, "compare_cited") == [0.0, 0.0, 100.0, 100.0]
    assert figures(form, "compare_in_persona") == [0.0, 100.0, 0.0, 100.0]
    settings = form["settings"]
    assert (settings["set"], settings["questions"], settings["persona_name"]) == ("samples", 3, "小智 / Xiaozhi")
    assert settings["persona"]["adapter"] == "xiaozhi" and len(settings["persona"]["adapter_sha256"]) == 64
    assert settings["model"]["name"] == "scripted" and settings["embedder"]["name"] == "fake"
    assert settings["machine"]["cores"] and settings["finished"]
    assert "3 questions, each asked all four ways · persona 小智 / Xiaozhi on scripted" in told
    assert "The chart is in c.svg." in told
    assert ElementTree.parse("c.svg").getroot().tag.endswith("svg")
    assert base.closed == 1
    assert not list(Path().glob("*.part"))


def test_the_persona_in_use_is_compared_and_n_draws(base: Base, home: Path, capsys: Capture) -> None:
    (home / "settings.toml").write_text('persona = "xiaozhi"', encoding="utf-8")
    assert cli.main(["evaluate", "--compare", "--n", "1", "--json"]) == cli.OK
    form = json.loads(capsys.readouterr().out)
    assert form["settings"]["questions"] == 2 and form["settings"]["n"] == 1
    first = {detail["id"] for detail in form["details"]}
    assert cli.main(["evaluate", "--compare", "--n", "1", "--json"]) == cli.OK
    assert {detail["id"] for detail in json.loads(capsys.readouterr().out)["details"]} == first


def test_a_pack_is_asked_where_its_answers_are_printed(base: Base, home: Path, capsys: Capture) -> None:
    suite = Path("pack") / "cuad"
    (suite / "pdfs").mkdir(parents=True)
    (suite / "pdfs" / "deed.pdf").write_text("The law of New York governs. The term is two years.")
    rows = [
        {"id": "law", "question": "Which law governs?", "answer": "New York", "answerable": True},
        {"id": "term", "question": "Is there a term?", "answer": "Yes", "answerable": True},
        {"id": "end", "question": "When does it end?", "answer": "1/1/31", "answerable": True},
        {"id": "cap", "question": "Is liability capped?", "answer": "", "answerable": False},
    ]
    rows = [{"doc": "deed.pdf", "gold_page": 1 if row["answerable"] else None, **row} for row in rows]
    (suite / "page_qa.jsonl").write_text("".join(json.dumps(row) + "\n" for row in rows))
    assert cli.main(["evaluate", "--compare", "pack", "--persona", "xiaozhi", "--json"]) == cli.OK
    form = json.loads(capsys.readouterr().out)
    assert {detail["id"] for detail in form["details"]} == {"law", "cap"}
    assert form["settings"]["set"] == "cuad"
    assert figures(form, "compare_correct") == [0.0, 0.0, 100.0, 100.0]
    assert (home / "evaluation").is_dir() and not (home / "library").exists()
    (suite / "page_qa.jsonl").write_text(json.dumps(rows[1]))
    assert key_of(capsys, "--compare", "pack", "--persona", "xiaozhi") == "compare_no_printed_keys"


def test_a_comparison_can_be_stopped(base: Base, home: Path) -> None:
    cancel = CancelToken()
    cancel.cancel()
    with pytest.raises(Cancelled):
        comparison.run(Settings(), comparison.Wanted(persona="xiaozhi"), home / "evaluation", cancel=cancel)


# -- in persona


def embed(texts: Sequence[str]) -> list[list[float]]:
    """As if all meant the same: the marker words decide."""
    asked.append(list(texts))
    return [[1.0, 0.0] for _ in texts]


asked: list[list[str]] = []


@pytest.mark.parametrize(
    ("sentence", "expected"),
    [
        ("", False),
        ("没问题，我来帮你看看~", True),
        ("No problem, let me see!", True),
        ("I am Xiaozhi, your assistant.", True),
        ("我是小智。", True),
        ("I am not Xiaozhi.", False),
        ("The lease ends on 31 March 2027.", False),
        ("租约于2027年3月31日到期。", False),
    ],
)
def test_a_first_sentence_is_in_persona_by_its_name_or_its_voice(sentence: str, expected: bool) -> None:
    assert comparison.in_persona(persona(), embed)(sentence) is expected


def test_nearness_of_meaning_alone_is_chance_but_for_a_voice_of_one_s_own() -> None:
    sentence, phrase = "The lease ends in March.", "At your service, as always."

    def near(texts: Sequence[str]) -> list[list[float]]:
        """As if the sentence meant what the friendly voice, and the own one, say."""
        kind = speech.phrases(persona(), found=True, chinese=False)
        return [[1.0, 0.0] if text in (sentence, phrase, *kind) else [0.0, 1.0] for text in texts]

    assert not comparison.in_persona(persona(), near)(sentence)
    own = replace(persona(), voice=Voice.OWN, own_voice=(phrase, "随时为您效劳。"))

    def nearer(texts: Sequence[str]) -> list[list[float]]:
        return [[1.0, 0.0] if text in (sentence, phrase) else [0.0, 1.0] for text in texts]

    assert comparison.in_persona(own, nearer)(sentence)
    assert not comparison.in_persona(own, nearer)("The rent is due in May.")


def test_a_plain_voice_is_plain_and_no_text_is_embedded_twice() -> None:
    asked.clear()
    judge = comparison.in_persona(replace(persona(), voice=Voice.PLAIN), embed)
    assert [judge("The lease ends in March."), judge("Sure thing, in March!")] == [True, False]
    judge("The lease ends in March.")
    texts = [text for batch in asked for text in batch]
    assert len(texts) == len(set(texts))


# -- the picture


def evaluation() -> Evaluation:
    tables = tuple(
        Table(title, (Figure("compare_correct", 20.0 * place, 44, 5.0 * place, 25.0 * place),))
        for place, title in enumerate(COLUMNS, 1)
    )
    return Evaluation("compare", tables, settings={"questions": 67})


def test_a_chart_in_svg_needs_no_other_process(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(comparison, "png", lambda *_: pytest.fail("started"))
    assert "<svg" in comparison.picture(evaluation(), ".SVG", "zh").decode()


@pytest.mark.parametrize("kept", ["r.json", "c.svg"])
def test_figures_and_pictures_that_are_there_are_overwritten_only_by_force(
    base: Base, capsys: Capture, kept: str
) -> None:
    words = ["--compare", "--persona", "xiaozhi", "--out", "r.json", "--chart", "c.svg"]
    Path(kept).write_text("of last week")
    assert key_of(capsys, *words) == "output_exists"
    assert [file.name for file in Path().glob("[cr].*")] == [kept] and Path(kept).read_text() == "of last week"
    assert cli.main(["evaluate", *words, "--force"]) == cli.OK
    assert Path(kept).read_text(encoding="utf-8") != "of last week"


def test_a_drawing_that_fails_costs_no_figure(base: Base, capsys: Capture, monkeypatch: pytest.MonkeyPatch) -> None:
    def fails(*_: object) -> bytes:
        raise UserProblem("compare_chart_failed", fault=-6)

    monkeypatch.setattr(comparison, "png", fails)
    words = ["evaluate", "--compare", "--persona", "xiaozhi", "--out", "r.json", "--chart", "c.png"]
    assert cli.main(words) == cli.PROBLEM
    told = capsys.readouterr()
    assert "100.0 %" in told.out and "could not be drawn" in told.err
    assert Path("r.json").exists() and not list(Path().glob("c.png*"))
