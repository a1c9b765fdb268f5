"""``vademecum persona …``: made, shown, carried away and brought back; what will not do is said in a sentence."""

from __future__ import annotations

import dataclasses
import json
import shutil
from pathlib import Path

import pytest

from core.messages import LANGUAGES
from core.nouns import Term
from desktop import cli, house, workshop
from models import catalogue
from models.persona import shelf, specification, training
from models.persona.example import save_examples
from models.recipe import new_card, sha256
from tests.models.builders import gguf
from tests.models.networks import network, peft_folder
from tests.models.persona.miniatures import byte_pair_model, examples

Capture = pytest.CaptureFixture[str]


@pytest.fixture(autouse=True)
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A user without settings, personas or models, in an empty folder."""
    folder = tmp_path / "home"
    monkeypatch.setenv("VADEMECUM_HOME", str(folder))
    monkeypatch.setenv("LANG", "en_GB.UTF-8")
    monkeypatch.delenv("LC_ALL", raising=False)
    monkeypatch.setenv("COLUMNS", "80")
    monkeypatch.chdir(tmp_path)
    return folder


def use(monkeypatch: pytest.MonkeyPatch, file: Path) -> catalogue.Installed:
    """Have ``file`` be the base."""
    base = catalogue.Installed(
        "mini", "language", "Miniature", file, sha256(file), file.stat().st_size, "", "", "2026-11-26"
    )
    monkeypatch.setattr(house, "find_language_model", lambda *_: base)
    return base


@pytest.fixture
def base(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> catalogue.Installed:
    """A language model of a few thousand weights."""
    return use(monkeypatch, byte_pair_model(tmp_path / "miniature.gguf"))


@pytest.fixture
def bench() -> workshop.Bench:
    """A persona in the making that lacks nothing but its training."""
    made = workshop.begin("mine", like="xiaozhi")
    save_examples(examples(24), made.examples)
    return made


def run(capsys: Capture, *words: str) -> str:
    assert cli.main(["persona", *words]) == cli.OK
    told = capsys.readouterr()
    assert "Traceback" not in told.err
    return told.out


def key_of(capsys: Capture, *words: str) -> str:
    """The problem with which the command is refused, said in both languages and without a traceback."""
    for language in LANGUAGES:
        assert cli.main(["persona", *words, "--language", language]) == cli.PROBLEM
        told = capsys.readouterr()
        assert "✘ " in told.err and "Traceback" not in told.err
    assert cli.main(["persona", *words, "--json"]) == cli.PROBLEM
    return str(json.loads(capsys.readouterr().out)["error"]["key"])


# -- made


def test_a_form_is_begun_shown_and_listed(capsys: Capture) -> None:
    assert "mine" in run(capsys, "new", "mine", "--like", "hospital")
    shown = json.loads(run(capsys, "list", "--json"))
    assert (shown["begun"], shown["installed"], shown["ready"]) == (["mine"], [], ["hospital", "xiaozhi"])
    assert workshop.bench("mine").persona().name.zh == "明医"


def test_dialogues_of_a_file_come_into_the_form(capsys: Capture, tmp_path: Path) -> None:
    (tmp_path / "talk.csv").write_bytes("question,answer\n你们周末上班吗？,周末不上班。\n".encode("gb18030"))
    run(capsys, "new", "mine", "--like", "xiaozhi", "--dialogues", "talk.csv")
    (dialogue,) = workshop.bench("mine").persona().dialogues
    assert (dialogue.asked, dialogue.answered) == ("你们周末上班吗？", "周末不上班。")


@pytest.mark.slow
def test_a_persona_is_trained_and_its_plan_is_told_first(
    capsys: Capture, base: catalogue.Installed, bench: workshop.Bench
) -> None:
    said = run(capsys, "train", "mine", "--epochs", "1")
    assert said.startswith("20 examples: about ") and "Trained in" in said
    assert bench.adapter.is_file()
    assert key_of(capsys, "export", "mine", "mine.persona") == "shelf_none", "trained is not installed"


# -- refused


@pytest.mark.parametrize("name", ["", "Ünsinn", "../x", "con"])
def test_what_cannot_be_the_name_of_a_folder_is_no_name(capsys: Capture, home: Path, name: str) -> None:
    assert key_of(capsys, "new", name) == "persona_id_bad"
    assert not list(home.rglob("persona.toml"))


def test_an_empty_name_is_asked_for(capsys: Capture, base: catalogue.Installed) -> None:
    run(capsys, "new", "mine")
    assert key_of(capsys, "train", "mine") == key_of(capsys, "examples", "mine") == "persona_name_empty"


def test_a_glossary_that_contradicts_itself_is_not_taught(
    capsys: Capture, base: catalogue.Installed, bench: workshop.Bench
) -> None:
    form = bench.form()
    twice = (*form.glossary, Term("不可抗力", synonyms=("net present value",)))
    workshop.keep_form(bench, dataclasses.replace(form, glossary=twice))
    assert key_of(capsys, "train", "mine") == "persona_word_twice"


@pytest.mark.parametrize(("count", "key"), [(3, "training_too_few"), (100_000, "training_too_many")])
def test_three_examples_and_a_hundred_thousand_are_refused(
    capsys: Capture, base: catalogue.Installed, bench: workshop.Bench, count: int, key: str
) -> None:
    save_examples(examples(3) if count == 3 else examples(1) * count, bench.examples)
    assert key_of(capsys, "train", "mine") == key
    assert not bench.training.exists()


@pytest.mark.parametrize("text", [b"\xff\xfe\x00broken", b'{"kind": "identity"}\n', b"[]\n"])
def test_examples_that_were_broken_by_hand_are_named(
    capsys: Capture, base: catalogue.Installed, bench: workshop.Bench, text: bytes
) -> None:
    bench.examples.write_bytes(text)
    known = "persona_examples_encoding" if text.startswith(b"\xff") else "persona_examples_line"
    assert key_of(capsys, "train", "mine") == known
    assert bench.examples.read_bytes() == text, "what a person wrote stays"


def test_a_form_in_another_encoding_is_told(capsys: Capture, base: catalogue.Installed, bench: workshop.Bench) -> None:
    bench.specification.write_bytes("名 = 小智".encode("gb18030"))
    assert key_of(capsys, "train", "mine") == "persona_not_utf8"


def test_a_base_of_a_family_that_cannot_be_taught_is_refused_before_any_work(
    capsys: Capture, bench: workshop.Bench, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    use(monkeypatch, gguf(tmp_path / "other.gguf", "falcon"))
    assert key_of(capsys, "train", "mine") == "training_family"


def test_too_little_memory_and_disk_are_refused_before_any_work(
    capsys: Capture, base: catalogue.Installed, bench: workshop.Bench, monkeypatch: pytest.MonkeyPatch
) -> None:
    with monkeypatch.context() as patch:
        patch.setattr(training, "available_memory", lambda: 100_000_000)
        assert key_of(capsys, "train", "mine") == "training_no_room"
    full = shutil._ntuple_diskusage(100, 99, 1)  # type: ignore[attr-defined]
    monkeypatch.setattr(shutil, "disk_usage", lambda _: full)
    assert key_of(capsys, "train", "mine") == "training_no_disk"


# -- carried away and brought back


@pytest.fixture
def installed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> shelf.Shelved:
    """小智 on the shelf, made for a base of this test."""
    from models.merge import write_adapter

    file = tmp_path / "base.gguf"
    network(file)
    base = use(monkeypatch, file)
    peft_folder(tmp_path / "peft", rank=2)
    adapter = tmp_path / "adapter.gguf"
    card = write_adapter(tmp_path / "peft", file, adapter, new_card("xiaozhi", base.name, base.sha256))
    persona = next(p for p in specification.shipped() if p.id == "xiaozhi")
    return shelf.install(persona, adapter, card, workshop.personas_folder())


def test_a_persona_travels_as_one_file(capsys: Capture, installed: shelf.Shelved) -> None:
    run(capsys, "use", "xiaozhi")
    run(capsys, "export", "xiaozhi", "xiaozhi.persona")
    run(capsys, "remove", "xiaozhi")
    assert json.loads(run(capsys, "list", "--json"))["installed"] == []
    assert json.loads(run(capsys, "list", "--json"))["in_use"] == "", "nobody speaks who is not there"
    run(capsys, "import", "xiaozhi.persona")
    shown = json.loads(run(capsys, "show", "xiaozhi", "--json"))
    assert shown["card"]["adapter_sha256"] == installed.card.adapter_sha256
    run(capsys, "import", "xiaozhi.persona")  # the very same once more changes nothing
    assert len(json.loads(run(capsys, "list", "--json"))["installed"]) == 1


def test_a_persona_file_that_was_changed_is_not_installed(capsys: Capture, installed: shelf.Shelved) -> None:
    run(capsys, "export", "xiaozhi", "xiaozhi.persona")
    run(capsys, "remove", "xiaozhi")
    whole = Path("xiaozhi.persona").read_bytes()
    for place in (10, len(whole) // 2, len(whole) - 5):
        changed = bytearray(whole)
        changed[place] ^= 1
        Path("xiaozhi.persona").write_bytes(changed)
        assert key_of(capsys, "import", "xiaozhi.persona").startswith("shelf_")
        assert json.loads(run(capsys, "list", "--json"))["installed"] == []


def test_a_persona_for_another_base_does_not_speak(
    capsys: Capture, installed: shelf.Shelved, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    use(monkeypatch, byte_pair_model(tmp_path / "another.gguf"))
    assert key_of(capsys, "use", "xiaozhi") == "adapter_other_base"
    assert key_of(capsys, "export", "xiaozhi", "merged.gguf", "--merged", "Q8_0") == "adapter_other_base"
    assert not (tmp_path / "merged.gguf").exists()
