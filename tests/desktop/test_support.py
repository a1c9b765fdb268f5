"""The support bundle: it tells what helps, never a word of a document, a question, a persona, a name or a home."""

from __future__ import annotations

import json
import os
import sys
import zipfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from core.errors import Cancelled, UserProblem
from core.library import open_library
from core.messages import say
from core.nouns import Progress
from core.settings import Settings, save_settings
from desktop import cli, house, logbook, support, workshop
from desktop.channel import AddFiles, Ask, CollectSupport, SavePersona
from desktop.faults import keep_fault
from models.persona.specification import shipped
from tests.desktop.engine import Client, engine, with_fakes, write
from tests.fakes import FakeEmbedder, ScriptedModel

CANARIES = ("zeisig", "Kanarienvogel", "Stieglitz", "金丝雀", "Girlitz")  # home, document, its name, question, persona
HOME, TEXT, NAME, QUESTION, PERSONA = CANARIES
Capture = pytest.CaptureFixture[str]


@pytest.fixture(autouse=True)
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """A user called as one of the canaries."""
    folder = tmp_path / HOME
    folder.mkdir()
    monkeypatch.setenv("HOME", str(folder))
    monkeypatch.setenv("USERPROFILE", str(folder))
    monkeypatch.setenv("USER", HOME)
    monkeypatch.setenv("LOGNAME", HOME)
    with_fakes(monkeypatch, folder / "vademecum")
    monkeypatch.delenv("LC_ALL", raising=False)
    monkeypatch.setenv("COLUMNS", "100")
    monkeypatch.chdir(tmp_path)
    yield folder
    logbook.end()


def bundle(file: Path) -> dict[str, str]:
    """The texts in a saved bundle."""
    with zipfile.ZipFile(file) as archive:
        assert archive.testzip() is None
        return {name: archive.read(name).decode("utf-8") for name in archive.namelist()}


def logs() -> str:
    """Every byte of every log."""
    return "\n".join(file.read_text(encoding="utf-8") for file in logbook.folder().iterdir())


def sing(text: str) -> list[str]:
    """The canaries that are heard in ``text``."""
    return [one for one in CANARIES if one.casefold() in text.casefold()]


def facts(text: str) -> dict[str, str]:
    """``name = value`` lines."""
    return dict(line.split(" = ", 1) for line in text.splitlines())  # type: ignore[misc]


def test_no_canary_sings_after_commands_that_went_well_and_wrong(
    fakes: ScriptedModel, home: Path, monkeypatch: pytest.MonkeyPatch, capsys: Capture
) -> None:
    paper = home / f"{NAME}.pdf"
    paper.write_text(f"The {TEXT} ends on 31 March 2027. Either party may sell the {TEXT}.", encoding="utf-8")
    (home / f"{NAME}-2.pdf").write_text("bad file", encoding="utf-8")
    question = f"When does the {TEXT} end, {QUESTION}?"
    assert cli.main(["add", str(home), "--collection", PERSONA]) == cli.IN_PART
    assert cli.main(["ask", question]) == cli.OK
    assert cli.main(["ask", question, "--document", f"{NAME}-3.pdf"]) == cli.PROBLEM
    assert cli.main(["search", question, "--collection", QUESTION]) == cli.PROBLEM
    assert cli.main(["add", str(home / f"{NAME}-9.pdf")]) == cli.PROBLEM
    assert cli.main(["persona", "new", PERSONA.lower()]) == cli.OK
    save_settings(Settings(persona=PERSONA.lower(), library=str(home / NAME)))

    def fault(*_: object) -> None:
        raise ValueError(f"{question} in {paper}: {paper.read_text(encoding='utf-8')}")

    with monkeypatch.context() as broken:
        broken.setattr(house, "embedder", fault)
        assert cli.main(["search", question]) == cli.FAULT
        assert cli.main(["add", str(paper), "--same-name", "replace"]) == cli.FAULT
    capsys.readouterr()
    assert cli.main(["support-bundle", "--out", "bundle.zip"]) == 0
    told = capsys.readouterr().out
    files = bundle(Path("bundle.zip"))
    assert sing(logs()) == []
    assert sing("\n".join((*files, *files.values()))) == []
    assert all(name in told and str(len(text.encode())) in told for name, text in files.items())
    assert set(files) == {
        *("about.txt", "packages.txt", "settings.txt", "models.txt", "library.txt"),
        *("logs/command.log", "logs/faults.log"),
    }
    library = facts(files["library.txt"])
    assert (library["documents"], library["collections"], library["records"]) == ("1", "1", "1")
    assert int(library["passages"]) > 0 and library["doctor"] == "well"
    assert library["rejected " + next(iter(_reasons(home)))] == "1"
    log = files["logs/command.log"]
    assert "command kind=ask" in log and "outcome=library_unknown_document" in log and "fault type=ValueError" in log
    assert "builtins.ValueError" in files["logs/faults.log"] and "in fault\n" in files["logs/faults.log"]
    settings = facts(files["settings.txt"])
    assert "folder" in settings["library"] and settings["threads"] == "0" and settings["model"] == '"default"'


def _reasons(home: Path) -> set[str]:
    with open_library(home / "vademecum" / "library") as library:
        return {one.reason for one in library.rejected()}


@pytest.mark.slow
def test_no_canary_sings_after_the_engine_worked_failed_and_died(home: Path, tmp_path: Path) -> None:
    logbook.begin("window", house.version())
    (paper,) = write(tmp_path / "in", NAME, word=TEXT)
    with engine(home / "vademecum" / "library") as client:
        client.until(lambda: client.state.stage == "ready")
        client.ask(AddFiles((paper,), PERSONA))
        client.ask(Ask(f"When does the {TEXT} end, {QUESTION}?"))
        client.start(SavePersona(shipped()[0].__class__(**_own())))
        client.reply(client.start(Ask(QUESTION, conversation=f"{TEXT} {QUESTION}")))  # type: ignore[arg-type]
        client.reply(client.start(AddFiles((tmp_path / f"{NAME}-4.pdf",), PERSONA)))
        for _ in range(100):
            files = dict(client.ask(CollectSupport()))
            if "not asked" not in files["library.txt"]:  # a lane holds what it has just answered for a moment more
                break
    dying = Client(home / "vademecum" / "library")
    dying.until(lambda: dying.state.stage == "ready")
    dying.engine.kill()
    dying.until(lambda: dying.gone == 1)
    assert sing("\n".join((*files, *files.values(), logs()))) == []
    assert facts(files["library.txt"])["documents"] == "1" and facts(files["library.txt"])["doctor"] == "well"
    assert "request kind=AddFiles seconds=" in files["logs/engine.log"]
    window = (logbook.folder() / "window.log").read_text(encoding="utf-8")
    assert "engine_ended" in window and "engine_died" in window and ("code=-9" in window or sys.platform == "win32")


def _own() -> dict[str, object]:
    one = shipped()[0]
    return {name: getattr(one, name) for name in one.__dataclass_fields__} | {"id": PERSONA.lower()}


def test_what_is_shown_is_what_is_saved(fakes: ScriptedModel, capsys: Capture) -> None:
    assert cli.main(["models", "list"]) == 0
    for language in ("en", "zh"):
        assert cli.main(["support-bundle", "--show", "--language", language]) == 0
        told = capsys.readouterr().out
        for name in ("about", "packages", "settings", "models", "library", "logs"):
            assert say(f"support_{name}", language) in told
        assert "numpy==" in told and "command kind=models_list" in told
    assert not list(Path().glob("*.zip"))
    assert cli.main(["support-bundle", "--show", "--json"]) == 0
    shown = json.loads(capsys.readouterr().out)
    assert cli.main(["support-bundle", "--out", "a.zip", "--json"]) == 0
    told = json.loads(capsys.readouterr().out)
    saved = bundle(Path("a.zip"))
    assert told["out"] == "a.zip" and [one["name"] for one in told["files"]] == list(saved)
    fixed = ("packages.txt", "settings.txt", "models.txt", "library.txt")
    assert {name: shown[name] for name in fixed} == {name: saved[name] for name in fixed}


def test_it_is_saved_under_the_date_and_never_over_another(fakes: ScriptedModel, capsys: Capture) -> None:
    for _ in range(3):
        assert cli.main(["support-bundle"]) == 0
    first, second, third = sorted(Path().glob("vademecum-support-*.zip"), key=lambda file: (len(file.name), file.name))
    day = first.stem.removeprefix("vademecum-support-")
    assert len(day) == 10 and (second.stem, third.stem) == (f"{first.stem}-2", f"{first.stem}-3")
    assert os.name == "nt" or first.stat().st_mode & 0o777 == 0o600
    before = first.read_bytes()
    capsys.readouterr()
    for language in ("en", "zh"):
        assert cli.main(["support-bundle", "--out", str(first), "--language", language]) == cli.PROBLEM
        told = capsys.readouterr()
        assert told.out == "" and told.err.startswith("✘ ") and first.name in told.err
    assert first.read_bytes() == before


@pytest.mark.parametrize("place", ["no/such/folder/a.zip", "file.txt/a.zip", "x" * 300 + ".zip", "nul\0.zip", "."])
def test_a_place_that_will_not_do_is_one_sentence(
    fakes: ScriptedModel, capsys: Capture, monkeypatch: pytest.MonkeyPatch, place: str
) -> None:
    Path("file.txt").write_text("a file")

    def too_late(*_: object, **__: object) -> None:
        raise AssertionError("it is refused before anything is collected")

    monkeypatch.setattr(support, "collect", too_late)
    assert cli.main(["support-bundle", "--out", place]) == cli.PROBLEM
    told = capsys.readouterr()
    assert told.out == "" and len(told.err.splitlines()) == 1 and told.err.startswith("✘ ")
    assert str(Path.cwd()) in told.err, "a name alone does not say where"


def test_a_full_disk_leaves_nothing_half_written(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def full(*_: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, "fsync", full)
    with pytest.raises(UserProblem) as problem:
        support.save({"about.txt": "x"}, tmp_path / "a.zip")
    assert problem.value.key == "cannot_write" and "No space left" in problem.value.sentence()
    monkeypatch.chdir(tmp_path)
    with pytest.raises(UserProblem) as problem:
        support.save({"about.txt": "x"}, Path("a.zip"))
    assert str(tmp_path / "a.zip") in problem.value.sentence("zh")
    assert not list(tmp_path.glob("*.zip")) and not list(tmp_path.glob(".vademecum-*"))


def test_what_is_broken_keeps_nothing_else_from_being_told(monkeypatch: pytest.MonkeyPatch, capsys: Capture) -> None:
    assert cli.main(["support-bundle", "--out", "none.zip"]) == 0
    files = bundle(Path("none.zip"))
    assert facts(files["library.txt"]) == {"problem": "library_missing"} and files["models.txt"] == "none\n"

    def fault(*_: object, **__: object) -> None:
        raise ImportError(f"{TEXT}: a library will not load")

    monkeypatch.setattr(house, "library", fault)
    monkeypatch.setattr(house, "models_folder", fault)
    assert cli.main(["support-bundle", "--out", "broken.zip"]) == 0
    files = bundle(Path("broken.zip"))
    assert facts(files["library.txt"]) == facts(files["models.txt"]) == {"fault": "ImportError"}
    assert "builtins.ImportError" in files["logs/faults.log"] and TEXT not in "".join(files.values())


def test_a_library_in_use_elsewhere_is_named_as_such(fakes: ScriptedModel, home: Path) -> None:
    with open_library(home / "vademecum" / "library", create=True):
        assert cli.main(["support-bundle", "--out", "a.zip"]) == 0
    assert facts(bundle(Path("a.zip"))["library.txt"]) == {"problem": "library_in_use"}


def test_the_machine_is_told() -> None:
    about = facts(support.of_program(Settings())["about.txt"])
    assert about["vademecum"] == house.version() and about["system"].startswith(sys.platform)
    assert int(about["memory"].split()[0]) >= 0 and int(about["free_disk"].split()[0]) > 0
    if sys.platform == "linux":
        assert about["instructions"] != "" and int(about["free_memory"].split()[0]) > 0


def test_models_are_told_with_their_hashes(home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    folder = house.models_folder()
    folder.mkdir(parents=True)
    (folder / "mine.gguf").write_bytes(b"GGUF")
    card = {
        **{"name": "mine", "kind": "language", "title": TEXT, "card": 1, "sha256": "ab" * 32, "size": 4},
        **{"licence": PERSONA, "source": str(home / NAME), "added_at": "2026-11-01"},
    }
    (folder / "mine.json").write_text(json.dumps(card), encoding="utf-8")
    files = support.collect(Settings(), lambda: open_library(home / "lib", create=True))
    assert "mine language 4 bytes" in files["models.txt"] and "ab" * 32 in files["models.txt"]
    assert sing(files["models.txt"]) == []


def test_it_stops_when_asked(home: Path) -> None:
    def stop(_: Progress) -> None:
        raise Cancelled

    with open_library(home / "lib", create=True) as library:
        library.use_embedder(FakeEmbedder().identity)
    with pytest.raises(Cancelled):
        support.collect(Settings(), lambda: open_library(home / "lib"), report=stop)
    unchecked = support.collect(Settings(), lambda: open_library(home / "lib"), check=False, report=stop)
    assert facts(unchecked["library.txt"])["doctor"].startswith("not asked")


def test_faults_of_earlier_days_are_in_it_and_lock_files_are_not(home: Path) -> None:
    keep_fault(KeyError(TEXT))
    (logbook.folder() / "faults.log.1").write_text(f"fault ValueError in {home}/x.py\n", encoding="utf-8")
    (logbook.folder() / "faults.log.lock").touch()
    files = support.of_program(Settings())
    assert [name for name in files if name.startswith("logs/")] == ["logs/faults.log", "logs/faults.log.1"]
    assert files["logs/faults.log.1"] == "fault ValueError in ~/x.py\n"
    assert {support.words_key(name) for name in files} >= {"support_faults", "support_about"}


def test_every_file_has_its_words_in_both_languages() -> None:
    names = (*support.of_program(Settings()), "models.txt", "library.txt", "logs/window.log.2", "logs/faults.log")
    for language in ("en", "zh"):
        assert all(say(support.words_key(name), language) for name in names)
    assert workshop.personas_folder().parent == house.models_folder().parent
