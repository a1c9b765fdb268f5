"""``vademecum persona …``: made, shown, carried away and brought back; what will not do is said in a sentence."""

from __future__ import annotations

import dataclasses
import json
import os
import shutil
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest
from filelock import FileLock

from core.errors import Cancelled
from core.messages import LANGUAGES
from core.nouns import Term
from desktop import cli, house, workshop
from models import catalogue
from models.persona import shelf, specification, training
from models.persona.example import Example, data_sha256, load_examples, save_examples
from models.persona.trainer_child import CHECKPOINT
from models.recipe import new_card, sha256
from tests.models.builders import gguf
from tests.models.networks import PASSED, network, peft_folder
from tests.models.persona.miniatures import byte_pair_model, examples

Capture = pytest.CaptureFixture[str]
# The command in a process of its own, with the file that it is given as the base.
TRAIN = """
import sys
from pathlib import Path
from desktop import cli, house
from models.catalogue import Installed

base = Installed("mini", "language", "Miniature", Path(sys.argv[1]), sys.argv[2], 1, "", "", "")
house.find_language_model = lambda *_: base
sys.exit(cli.main(["persona", "train", "mine", "--epochs", "50"]))
"""


def use(monkeypatch: pytest.MonkeyPatch, file: Path) -> catalogue.Installed:
    """Have ``file`` be the base."""
    base = catalogue.Installed(
        "mini", "language", "Miniature", file, sha256(file), file.stat().st_size, "", "", "2026-11-26"
    )
    monkeypatch.setattr(house, "find_language_model", lambda *_: base)
    return base


@pytest.fixture(autouse=True)
def at_home(home: Path) -> None:
    """Every test here has a home of its own, before anything else is made."""


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


def mixed(count: int) -> list[Example]:
    """Examples of which enough are general ones."""
    return [dataclasses.replace(one, kind="general") if at % 10 < 6 else one for at, one in enumerate(examples(count))]


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


def test_dialogues_that_cannot_be_read_leave_nothing_begun(capsys: Capture, home: Path, tmp_path: Path) -> None:
    (tmp_path / "talk.csv").write_bytes(bytes(range(128, 256)))
    assert key_of(capsys, "new", "mine", "--dialogues", "talk.csv") == "dialogues_encoding"
    assert not (home / "workshop").exists()


def test_one_in_the_making_is_shown_with_what_there_is_of_it(capsys: Capture, bench: workshop.Bench) -> None:
    shown = json.loads(run(capsys, "show", "mine", "--json"))
    assert (shown["name"]["zh"], shown["examples"], shown["trained"], shown["tested"]) == ("小智", 24, None, False)
    assert shown["file"] == str(bench.specification)
    said = run(capsys, "show", "mine")
    for words in (
        "小智",
        "Voice: ",
        "Languages: English; Chinese",
        "Terms in its glossary: ",
        "Examples: 24",
        "Not trained",
    ):
        assert words in said
    assert "{" not in said, "that is for --json"
    assert "名字：小智" in run(capsys, "show", "mine", "--language", "zh")
    assert key_of(capsys, "show", "nobody") == "shelf_none"


def test_a_form_that_was_changed_after_its_examples_is_told_before_training(
    capsys: Capture, base: catalogue.Installed, bench: workshop.Bench, monkeypatch: pytest.MonkeyPatch
) -> None:
    def interrupted(*_: object, **__: object) -> None:
        raise Cancelled

    monkeypatch.setattr(workshop, "train", interrupted)
    origin = {"form": workshop.form_sha256(bench.form()), "data": data_sha256(load_examples(bench.examples))}
    bench.origin.write_text(json.dumps(origin), encoding="utf-8")
    assert cli.main(["persona", "train", "mine"]) == cli.STOPPED
    assert "The form was changed" not in capsys.readouterr().err
    workshop.keep_form(bench, dataclasses.replace(bench.form(), never_say=("boss",)))
    assert cli.main(["persona", "train", "mine"]) == cli.STOPPED
    assert "The form was changed" in capsys.readouterr().err


def test_too_few_general_examples_are_told_before_training(
    capsys: Capture, base: catalogue.Installed, bench: workshop.Bench, monkeypatch: pytest.MonkeyPatch
) -> None:
    def interrupted(*_: object, **__: object) -> None:
        raise Cancelled

    monkeypatch.setattr(workshop, "train", interrupted)
    every = [dataclasses.replace(one, kind="general", held_out=False) for one in examples(10)]
    for general, told in ((5, "Only 50% of the examples"), (6, "")):
        mixed = [*every[:general], *(dataclasses.replace(one, kind="identity") for one in every[general:])]
        save_examples(mixed, bench.examples)
        assert cli.main(["persona", "train", "mine"]) == cli.STOPPED
        said = capsys.readouterr().err
        assert told in said if told else "general ones" not in said
    save_examples([dataclasses.replace(one, kind="identity") for one in every], bench.examples)
    run(capsys, "show", "mine")


def test_one_in_the_making_is_deleted_only_when_that_is_said(
    capsys: Capture, bench: workshop.Bench, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert key_of(capsys, "remove", "mine") == "persona_remove_sure"
    assert bench.examples.exists()
    monkeypatch.setattr(sys.stdin, "isatty", lambda: True, raising=False)
    monkeypatch.setattr(sys.stdin, "readline", lambda: "no\n", raising=False)
    assert cli.main(["persona", "remove", "mine"]) == cli.STOPPED
    assert str(bench.folder) in capsys.readouterr().err and bench.examples.exists()
    bench.training.mkdir()
    with FileLock(bench.training / "training.lock"):
        assert key_of(capsys, "remove", "mine", "--yes") == "workshop_busy"
    assert bench.specification.exists()
    run(capsys, "remove", "mine", "--yes")
    assert not bench.folder.exists() and json.loads(run(capsys, "list", "--json"))["begun"] == []
    assert key_of(capsys, "remove", "mine", "--yes") == "shelf_none"


@pytest.mark.slow
@pytest.mark.skipif(os.name == "nt", reason="Windows has no signal that interrupts one process alone")
@pytest.mark.parametrize("blow", [signal.SIGINT, signal.SIGKILL])
def test_a_training_that_is_interrupted_or_killed_goes_on_with_the_same_command(
    home: Path, tmp_path: Path, bench: workshop.Bench, blow: signal.Signals
) -> None:
    file = byte_pair_model(tmp_path / "miniature.gguf")
    save_examples(mixed(600), bench.examples)
    command = [sys.executable, "-c", TRAIN, str(file), sha256(file)]
    environment = {**os.environ, "PYTHONPATH": str(Path(cli.__file__).parents[1])}

    def train(told: Path) -> subprocess.Popen[bytes]:
        with told.open("wb") as out:
            return subprocess.Popen(command, stdout=out, stderr=subprocess.STDOUT, env=environment)

    def until(process: subprocess.Popen[bytes], told: Path, words: str) -> str:
        end = time.monotonic() + 120
        while words not in (said := told.read_text(encoding="utf-8")):
            assert process.poll() is None and time.monotonic() < end, said
            time.sleep(0.2)
        return said

    first, told = tmp_path / "first.txt", bench.training / "unfinished" / CHECKPOINT
    process = train(first)
    until(process, first, "tokens/s")
    process.send_signal(signal.SIGINT)
    assert process.wait(60) == cli.STOPPED
    said = first.read_text(encoding="utf-8")
    assert said.startswith("500 examples: about ") and said.rstrip().endswith("and it goes on from there.")
    assert told.is_file() and not bench.adapter.exists()

    second = tmp_path / "second.txt"
    process = train(second)
    assert until(process, second, "tokens/s").startswith("A training that was broken off goes on: 500 examples")
    process.send_signal(blow)
    assert process.wait(60) == (cli.STOPPED if blow is signal.SIGINT else -blow)
    assert told.is_file() and not bench.adapter.exists(), "nothing half-made"

    third = tmp_path / "third.txt"
    process = train(third)
    until(process, third, "tokens/s")
    process.kill()
    assert process.wait(60) == -signal.SIGKILL
    assert third.read_text(encoding="utf-8").startswith("A training that was broken off goes on")


@pytest.mark.slow
def test_a_persona_is_trained_and_its_plan_is_told_first(
    capsys: Capture, base: catalogue.Installed, bench: workshop.Bench
) -> None:
    save_examples(mixed(24), bench.examples)
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


@pytest.mark.parametrize(("term", "key"), [("不可抗力", "persona_term_twice"), ("贴现", "persona_word_twice")])
def test_a_glossary_that_contradicts_itself_is_not_taught(
    capsys: Capture, base: catalogue.Installed, bench: workshop.Bench, term: str, key: str
) -> None:
    form = bench.form()
    twice = (*form.glossary, Term(term, synonyms=("net present value",)))
    workshop.keep_form(bench, dataclasses.replace(form, glossary=twice))
    assert key_of(capsys, "train", "mine") == key


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
    return shelf.install(persona, adapter, dataclasses.replace(card, gate=PASSED), workshop.personas_folder())


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


def test_an_installed_persona_is_shown_in_words(capsys: Capture, installed: shelf.Shelved) -> None:
    said = run(capsys, "show", "xiaozhi")
    assert said.startswith("○ xiaozhi, installed\nName: 小智 / Xiaozhi\n")
    for words in ("Voice: ", "Languages: ", "Terms in its glossary: ", "Trained on: mini", "Trained at: 20", "UTC"):
        assert words in said
    rows = [line.split() for line in said.splitlines()]
    assert ["says", "who", "it", "is", "80", "3.8", "97.5"] in rows
    assert "{" not in said
    run(capsys, "use", "xiaozhi")
    assert "● xiaozhi，已安装，使用中" in run(capsys, "show", "xiaozhi", "--language", "zh")
    assert workshop.begin("xiaozhi", like="xiaozhi").specification.exists()
    run(capsys, "remove", "xiaozhi")  # what is installed goes first, without a question
    assert workshop.bench("xiaozhi").specification.exists()
    assert json.loads(run(capsys, "show", "xiaozhi", "--json"))["trained"] is None


def test_an_untested_persona_is_not_installed_by_its_file(capsys: Capture, installed: shelf.Shelved) -> None:
    card = dataclasses.replace(installed.card, gate={})
    shelf.install(installed.persona, installed.adapter, card, workshop.personas_folder())
    run(capsys, "export", "xiaozhi", "xiaozhi.persona")
    run(capsys, "remove", "xiaozhi")
    assert key_of(capsys, "import", "xiaozhi.persona") == "shelf_not_tested"
    assert json.loads(run(capsys, "list", "--json"))["installed"] == []


def test_a_file_that_is_there_is_overwritten_only_by_force(capsys: Capture, installed: shelf.Shelved) -> None:
    for words in (("mine.persona",), ("mine.gguf", "--merged", "Q8_0")):
        Path(words[0]).write_text("of last week")
        assert key_of(capsys, "export", "xiaozhi", *words) == "output_exists"
        assert Path(words[0]).read_text() == "of last week"
    run(capsys, "export", "xiaozhi", "mine.persona", "--force")
    assert Path("mine.persona").read_bytes() != b"of last week"


def test_folders_are_named_and_never_made(capsys: Capture, installed: shelf.Shelved, tmp_path: Path) -> None:
    assert key_of(capsys, "export", "xiaozhi", "typo/deep/x.persona") == "output_no_folder"
    assert key_of(capsys, "export", "xiaozhi", "typo/x.gguf", "--merged", "Q8_0") == "output_no_folder"
    assert not (tmp_path / "typo").exists()
    assert key_of(capsys, "export", "xiaozhi", str(tmp_path)) == "output_is_folder"
    assert key_of(capsys, "import", str(tmp_path)) == "shelf_file_folder"
    assert key_of(capsys, "import", "nothing.persona") == "shelf_file_missing"


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
