"""Commands as a person types them: what they print, their exit codes, and every bad input of the list."""

from __future__ import annotations

import dataclasses
import json
import os
import shutil
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import nullcontext
from io import StringIO
from pathlib import Path
from typing import Any

import pytest
from reportlab.pdfgen.canvas import Canvas
from sqlcipher3 import dbapi2 as sqlite

from core import finding
from core.errors import UserProblem
from core.library import open_library
from desktop import cli, commands, house, persona_commands, samples, self_test_command
from models import catalogue
from tests.fakes import FakeEmbedder, LimitedReader, ScriptedModel, as_reader
from tests.installed import installed
from tests.models.builders import GOOD, child_saying, gguf

Capture = pytest.CaptureFixture[str]
LEASE = "The lease ends on 31 March 2027. Either party may terminate it with 30 days notice."
DOSE = "阿司匹林的最大剂量为每日四克。肾功能不全者应当减量。"
LANGUAGES = ("en", "zh")


@pytest.fixture(autouse=True)
def at_home(home: Path) -> None:
    """Every test here has a home of its own, before anything else is made."""


@pytest.fixture
def filled(fakes: ScriptedModel, capsys: Capture) -> ScriptedModel:
    """A library with two documents in two matters."""
    write(lease=LEASE, dose=DOSE)
    assert cli.main(["add", "lease.pdf", "--collection", "Matter 1"]) == 0
    assert cli.main(["add", "dose.pdf", "--collection", "Matter 2"]) == 0
    capsys.readouterr()
    return fakes


def write(**texts: str) -> None:
    for name, text in texts.items():
        Path(f"{name}.pdf").write_text(text, encoding="utf-8")


def lines(file: str, *entries: object) -> str:
    text = "".join(json.dumps(e, ensure_ascii=False) + "\n" for e in entries)
    Path(file).write_bytes(text.encode("utf-8", "backslashreplace"))  # half a character has no other form
    return file


def refused(capsys: Capture, key: str, *words: str, code: int = cli.PROBLEM) -> None:
    """The command is refused with one sentence, in both languages, and nothing else is printed but JSON."""
    for language in LANGUAGES:
        assert cli.main([*words, "--language", language]) == code
        told = capsys.readouterr()
        assert told.out == ""
        assert told.err.startswith("✘ ") and len(told.err.splitlines()) == 1
        assert "Traceback" not in told.err
    assert cli.main([*words, "--json"]) == code
    assert json.loads(capsys.readouterr().out)["error"]["key"] == key


def form(capsys: Capture, *words: str, code: int = cli.OK) -> Any:
    """What the command prints as JSON."""
    assert cli.main([*words, "--json"]) == code
    return json.loads(capsys.readouterr().out)


# -- the natural path


def test_documents_are_added_found_asked_for_and_recorded(filled: ScriptedModel, capsys: Capture) -> None:
    assert cli.main(["documents"]) == 0
    assert "lease.pdf" in capsys.readouterr().out
    assert cli.main(["search", "When does the lease end?", "-k", "1"]) == 0
    assert "lease.pdf · page 1" in capsys.readouterr().out
    assert cli.main(["ask", "When does the lease end?"]) == 0
    assert "The lease ends on 31 March 2027. [1] (quoted)" in " ".join(capsys.readouterr().out.split())
    assert cli.main(["audit", "list"]) == 0
    assert "When does the lease end?" in capsys.readouterr().out
    assert cli.main(["audit", "verify"]) == 0
    assert "All 1 records are intact" in capsys.readouterr().out
    assert cli.main(["doctor"]) == 0
    assert "well" in capsys.readouterr().out


def test_a_document_is_replaced_and_removed(filled: ScriptedModel, capsys: Capture) -> None:
    write(lease2="The lease ends on 1 May 2030.")
    assert form(capsys, "replace", "lease.pdf", "lease2.pdf")["replaced"] == ["lease.pdf"]
    answer = form(capsys, "ask", "When does the lease end?")
    assert answer["sentences"][0]["text"] == "The lease ends on 1 May 2030."
    assert form(capsys, "remove", "lease2.pdf")["removed"] == ["lease2.pdf"]
    assert [d["document"] for d in form(capsys, "documents")] == ["dose.pdf"]


def test_a_library_is_saved_in_one_file_and_made_again(filled: ScriptedModel, capsys: Capture, home: Path) -> None:
    assert cli.main(["backup"]) == 0
    told = capsys.readouterr().out
    (file,) = Path().glob("vademecum-library-*.zip")
    assert str(file) in " ".join(told.split()) and "2 documents" in " ".join(told.split())
    made = form(capsys, "backup", "second.zip")
    assert (made["documents"], made["missing"], made["bytes"]) == (2, [], Path("second.zip").stat().st_size)
    refused(capsys, "backup_exists", "backup", "second.zip")
    refused(capsys, "restore_folder_in_use", "restore", "second.zip")
    refused(capsys, "restore_no_backup", "restore", "lease.pdf", "again")
    shutil.rmtree(home / "library")
    assert cli.main(["restore", "second.zip"]) == 0
    assert "2 documents, as they were on" in " ".join(capsys.readouterr().out.split())
    assert form(capsys, "restore", "second.zip", "again")["findings"] == []
    assert cli.main(["search", "When does the lease end?", "-k", "1", "--library", "again"]) == 0
    assert "lease.pdf · page 1" in capsys.readouterr().out


def test_a_backup_says_what_the_library_had_lost(filled: ScriptedModel, capsys: Capture, home: Path) -> None:
    for original in (home / "library" / "originals").glob("??/*"):
        original.unlink()
    assert cli.main(["backup", "b.zip"]) == cli.IN_PART
    assert capsys.readouterr().out.count("Not in the backup") == 2
    assert form(capsys, "restore", "b.zip", "again", code=cli.DAMAGED)["findings"][0]["mended"] is False


def test_an_answer_says_which_version_it_cites(filled: ScriptedModel, capsys: Capture) -> None:
    assert form(capsys, "ask", "When does the lease end?")["sentences"][0]["citations"][0]["version"] == 1
    write(lease="The lease ends on 1 May 2030.")
    assert cli.main(["replace", "lease.pdf", "lease.pdf"]) == 0
    capsys.readouterr()
    assert cli.main(["ask", "When does the lease end?"]) == 0
    assert "lease.pdf · version 2 · page 1" in " ".join(capsys.readouterr().out.split())
    latest = max(record["sequence"] for record in form(capsys, "audit", "list"))
    assert '"version": 2' in json.dumps(form(capsys, "audit", "show", str(latest)))


def test_collections_are_made_renamed_filled_and_deleted(filled: ScriptedModel, capsys: Capture) -> None:
    assert cli.main(["collections", "create", "Patient 7"]) == 0
    assert "“Patient 7”" in capsys.readouterr().out
    assert cli.main(["collections", "rename", "Patient 7", "Patient 8"]) == 0
    assert cli.main(["collections", "move", "dose.pdf", "--to", "Patient 8"]) == 0
    capsys.readouterr()
    counts = {c["collection"]: c["documents"] for c in form(capsys, "collections", "list")}
    assert counts == {"Matter 1": 1, "Matter 2": 0, "Patient 8": 1}
    refused(capsys, "library_collection_not_empty", "collections", "delete", "Patient 8")
    assert form(capsys, "collections", "delete", "Patient 8", "--with-documents")["removed"] == ["dose.pdf"]


def test_options_may_stand_before_or_after_the_command(filled: ScriptedModel, capsys: Capture) -> None:
    assert cli.main(["--json", "--library", "home/library", "documents"]) == 0
    first = capsys.readouterr().out
    assert cli.main(["documents", "--library", "home/library", "--json"]) == 0
    assert capsys.readouterr().out == first


@pytest.mark.parametrize(
    "words",
    [
        ["documents"],
        ["collections", "list"],
        ["search", "lease"],
        ["ask", "lease?"],
        ["doctor"],
        ["audit", "list"],
        ["audit", "verify"],
        ["models", "list"],
        ["add", "lease.pdf"],
        ["add", "--resume"],
        ["collections", "create", "x"],
    ],
)
def test_every_command_prints_json_when_asked(filled: ScriptedModel, capsys: Capture, words: list[str]) -> None:
    form(capsys, *words)


# -- batches


def test_a_search_batch_writes_the_documented_lines(filled: ScriptedModel, capsys: Capture) -> None:
    batch = lines(
        "q.jsonl",
        {"id": 1, "question": "When does the lease end?", "documents": ["lease.pdf"]},
        {"id": "zh", "question": "最大剂量是多少？\u2028", "collection": "Matter 2"},
    )
    assert cli.main(["search", "--batch", batch, "--out", "r.jsonl", "-k", "2"]) == 0
    first, second = map(json.loads, Path("r.jsonl").read_text(encoding="utf-8").splitlines())
    assert set(first) == {"id", "passages", "seconds"} and first["id"] == 1 and second["id"] == "zh"
    assert {p["document"] for p in first["passages"]} == {"lease.pdf"}
    assert {p["document"] for p in second["passages"]} == {"dose.pdf"}
    wanted = {"document", "sha256", "page", "page_label", "passage_id", "text", "score", "rects"}
    assert all(wanted <= set(p) and p["page"] == 1 and p["rects"] for p in first["passages"])
    assert not Path("r.jsonl.part").exists()


def test_an_ask_batch_writes_the_documented_lines(filled: ScriptedModel, capsys: Capture) -> None:
    batch = lines("q.jsonl", {"id": "a", "question": "When does the lease end?"}, {"id": "b", "question": "Thanks!"})
    summary = form(capsys, "ask", "--batch", batch, "--out", "a.jsonl")
    assert summary == {"questions": 2, "failed": 0, "out": "a.jsonl"}
    answered, thanked = map(json.loads, Path("a.jsonl").read_text(encoding="utf-8").splitlines())
    wanted = "id question kind sentences removed nearest coverage model library_revision record seconds".split()
    assert set(wanted) <= set(answered)
    assert (answered["kind"], thanked["kind"]) == ("answered", "conversation")
    assert set(answered["seconds"]) == {"find", "first_token", "draft", "verify", "total"}
    assert thanked["record"]["sequence"] == 2


def test_a_question_that_fails_stops_no_other(filled: ScriptedModel, capsys: Capture) -> None:
    batch = lines(
        "q.jsonl",
        {"id": 1, "question": ""},
        {"id": 2, "question": "lease?", "documents": ["nothing.pdf"]},
        {"id": 3, "question": "lease \ud800?"},
    )
    assert cli.main(["search", "--batch", batch, "--out", "r.jsonl"]) == cli.IN_PART
    made = [json.loads(line) for line in Path("r.jsonl").read_text(encoding="utf-8").splitlines()]
    assert [line.get("error_key") for line in made] == ["question_empty", "library_unknown_document", None]
    assert made[2]["passages"]


@pytest.mark.parametrize(
    ("text", "key"),
    [
        ('{"id": 1, "question": "a"}\nnonsense\n', "batch_not_json"),
        ('{"id": 1}\n', "batch_no_question"),
        ('{"id": 1, "question": 5}\n', "batch_no_question"),
        ('["a"]\n', "batch_no_question"),
        ('{"id": 1, "question": "a", "documents": "a.pdf"}\n', "batch_bad_scope"),
        ('{"id": 1, "question": "a", "collection": 5}\n', "batch_bad_scope"),
    ],
)
def test_a_broken_batch_line_is_named_before_anything_is_done(
    filled: ScriptedModel, capsys: Capture, text: str, key: str
) -> None:
    Path("q.jsonl").write_text(text, encoding="utf-8")
    Path("r.jsonl").write_text("of last week")
    refused(capsys, key, "search", "--batch", "q.jsonl", "--out", "r.jsonl")
    assert Path("r.jsonl").read_text() == "of last week"


def test_a_batch_is_refused_where_it_cannot_be_written_or_read(filled: ScriptedModel, capsys: Capture) -> None:
    batch = lines("q.jsonl", {"id": 1, "question": "lease?"})
    Path("bytes.jsonl").write_bytes(b"\xff\xfe\x00")
    refused(capsys, "cannot_write", "ask", "--batch", batch, "--out", "no/such/folder/a.jsonl")
    refused(capsys, "batch_onto_itself", "ask", "--batch", batch, "--out", batch)
    refused(capsys, "file_missing", "ask", "--batch", "none.jsonl", "--out", "a.jsonl")
    refused(capsys, "batch_not_text", "ask", "--batch", "bytes.jsonl", "--out", "a.jsonl")
    refused(capsys, "batch_needs_out", "ask", "--batch", batch)
    refused(capsys, "out_needs_batch", "ask", "lease?", "--out", "a.jsonl")
    refused(capsys, "question_or_batch", "ask")
    refused(capsys, "question_or_batch", "ask", "lease?", "--batch", batch, "--out", "a.jsonl")
    refused(capsys, "batch_has_scope", "ask", "--batch", batch, "--out", "a.jsonl", "--document", "lease.pdf")
    assert not list(Path().glob("a.jsonl*"))


@pytest.mark.parametrize("command", ["search", "ask"])
def test_results_that_are_there_are_overwritten_only_by_force(
    filled: ScriptedModel, capsys: Capture, monkeypatch: pytest.MonkeyPatch, command: str
) -> None:
    batch = lines("q.jsonl", {"id": 1, "question": "lease?"})
    Path("r.jsonl").write_text("of last week")
    with monkeypatch.context() as patch:
        patch.setattr(house, "embedder", lambda *_: pytest.fail("loaded"))
        refused(capsys, "output_exists", command, "--batch", batch, "--out", "r.jsonl")
        Path("link.jsonl").symlink_to("r.jsonl")
        refused(capsys, "output_exists", command, "--batch", batch, "--out", "link.jsonl")
    assert Path("r.jsonl").read_text() == "of last week"
    assert cli.main([command, "--batch", batch, "--out", "r.jsonl", "--force"]) == cli.OK
    assert json.loads(Path("r.jsonl").read_text(encoding="utf-8"))["id"] == 1
    # A device has nothing that could be lost.
    assert cli.main([command, "--batch", batch, "--out", os.devnull]) == cli.OK


def test_a_batch_that_is_stopped_keeps_what_was_done(
    filled: ScriptedModel, capsys: Capture, monkeypatch: pytest.MonkeyPatch
) -> None:
    batch = lines("q.jsonl", *({"id": n, "question": "lease?"} for n in range(5)))
    Path("r.jsonl").write_text("of last week")
    real = finding.find

    def stop_after_two(*arguments: Any, **options: Any) -> Any:
        count.append(1)
        if len(count) == 3:
            os.kill(os.getpid(), signal.SIGINT)
        return real(*arguments, **options)

    count: list[int] = []
    monkeypatch.setattr(commands, "find", stop_after_two)
    assert cli.main(["search", "--batch", batch, "--out", "r.jsonl", "--force"]) == cli.STOPPED
    assert "2 of 5 questions are done" in capsys.readouterr().err
    assert len(Path("r.jsonl.part").read_text(encoding="utf-8").splitlines()) == 2
    assert Path("r.jsonl").read_text() == "of last week"


# -- bad input


def test_files_that_are_not_there_or_not_for_us(
    filled: ScriptedModel, capsys: Capture, monkeypatch: pytest.MonkeyPatch
) -> None:
    refused(capsys, "file_missing", "add", "nothing.pdf")
    refused(capsys, "file_missing", "add", "x" * 5000)
    refused(capsys, "file_missing", "replace", "lease.pdf", "nothing.pdf")
    refused(capsys, "add_nothing", "add")
    allowed = os.access
    monkeypatch.setattr(os, "access", lambda path, mode: not str(path).endswith("dose.pdf") and allowed(path, mode))
    refused(capsys, "import_unreadable_file", "add", "dose.pdf")


def test_one_bad_file_stops_no_other_and_the_exit_code_tells(fakes: ScriptedModel, capsys: Capture) -> None:
    write(lease=LEASE, worse="bad file")
    change = form(capsys, "add", "lease.pdf", "nothing.pdf", "worse.pdf", code=cli.IN_PART)
    assert change["added"] == ["lease.pdf"]
    assert {r["document"] for r in change["rejected"]} == {"nothing.pdf", "worse.pdf"}
    assert form(capsys, "add", "worse.pdf", code=cli.PROBLEM)["added"] == []


def test_a_different_document_of_the_same_name_waits_for_a_word(filled: ScriptedModel, capsys: Capture) -> None:
    write(lease="The lease ends on 1 May 2030.", note="A note.")
    add = ["add", "lease.pdf", "--collection", "Matter 1"]
    for language, sentence in (("en", "A different document of this name"), ("zh", "同名但内容不同")):
        assert cli.main([*add, "--language", language]) == cli.PROBLEM
        told = capsys.readouterr().out
        assert sentence in told and "--same-name replace" in told and "--same-name keep-both" in told
    change = form(capsys, "add", "note.pdf", *add[1:], code=cli.IN_PART)
    assert (change["added"], change["same_name"]) == (["note.pdf"], ["lease.pdf"])
    assert [r["document"] for r in change["rejected"]] == ["lease.pdf"]
    assert form(capsys, *add, "--same-name", "refuse", code=cli.PROBLEM)["replaced"] == []
    assert form(capsys, *add, "--same-name", "keep-both")["added"] == ["lease (2).pdf"]
    assert form(capsys, *add, "--same-name", "keep-both")["unchanged"] == ["lease (2).pdf"]
    write(lease="The lease ends on 1 May 2031.")
    assert form(capsys, *add, "--same-name", "replace")["replaced"] == ["lease.pdf"]
    # Another collection is another matter.
    assert form(capsys, "add", "lease.pdf", "--collection", "Matter 2")["added"] == ["lease.pdf"]
    assert cli.main([*add, "--same-name", "overwrite"]) == cli.USAGE


def test_unknown_names_are_refused(filled: ScriptedModel, capsys: Capture) -> None:
    refused(capsys, "library_unknown_collection", "documents", "--collection", "Matter 9")
    refused(capsys, "library_unknown_collection", "ask", "lease?", "--collection", "Matter 9")
    refused(capsys, "library_unknown_document", "ask", "lease?", "--document", "nothing.pdf")
    refused(capsys, "library_unknown_document", "remove", "nothing.pdf")
    refused(capsys, "library_unknown_document", "replace", "nothing.pdf", "lease.pdf")
    assert filled.asked == []


def test_a_document_of_another_collection_is_pointed_at(filled: ScriptedModel, capsys: Capture) -> None:
    scope = ("--collection", "Matter 2", "--document", "lease.pdf")
    refused(capsys, "document_elsewhere", "ask", "lease?", *scope)
    assert cli.main(["search", "lease?", *scope]) == cli.PROBLEM
    assert "“lease.pdf” is not in “Matter 2”; it is in “Matter 1”." in capsys.readouterr().err


def test_what_is_no_question_is_refused_before_any_model_is_loaded(
    capsys: Capture, monkeypatch: pytest.MonkeyPatch
) -> None:
    for command in ("ask", "search"):
        refused(capsys, "question_empty", command, "")
        refused(capsys, "question_empty", command, "  ?! ")
        refused(capsys, "question_too_long", command, "x" * 50_000)


def test_a_library_that_is_not_there_newer_or_in_use(filled: ScriptedModel, capsys: Capture, home: Path) -> None:
    refused(capsys, "library_missing", "documents", "--library", "nowhere")
    refused(capsys, "library_missing", "ask", "lease?", "--library", "nowhere")
    refused(capsys, "library_not_a_folder", "add", "lease.pdf", "--library", "lease.pdf")
    assert not Path("nowhere").exists()
    with open_library(home / "library"):
        refused(capsys, "library_in_use", "documents")
    database = sqlite.connect(str(home / "library" / "library.db"))
    database.execute("PRAGMA user_version = 99")
    database.close()
    refused(capsys, "library_newer", "documents")


def test_a_library_on_a_read_only_disk(filled: ScriptedModel, capsys: Capture, monkeypatch: pytest.MonkeyPatch) -> None:
    def read_only(*_: object, **__: object) -> None:
        raise UserProblem("library_read_only", folder="lib")

    monkeypatch.setattr(house, "library", read_only)
    refused(capsys, "library_read_only", "documents")


def test_without_models_nothing_is_made(capsys: Capture, home: Path) -> None:
    write(lease=LEASE)
    refused(capsys, "model_none", "add", "lease.pdf")
    refused(capsys, "model_none", "ask", "lease?")
    refused(capsys, "model_none", "search", "lease?")
    refused(capsys, "model_none", "evaluate", ".", "--suite", "cuad")
    assert not (home / "library").exists() and not (home / "evaluation").exists()


def test_models_that_cannot_be_used(capsys: Capture, home: Path) -> None:
    whole = gguf(Path("whole.gguf"))
    Path("half.gguf").write_bytes(whole.read_bytes()[: whole.stat().st_size // 2])
    refused(capsys, "model_cut", "models", "add", "half.gguf")
    write(lease=LEASE)
    refused(capsys, "model_not_gguf", "models", "add", "lease.pdf")
    refused(capsys, "file_missing", "models", "add", "nothing.gguf")
    refused(capsys, "model_unknown", "models", "fetch", "nothing")
    refused(capsys, "model_none", "models", "probe", "nothing")
    refused(capsys, "model_none", "models", "remove", "nothing")
    assert not list((home / "models").glob("*.gguf"))


def test_a_fetch_that_stops_half_way_says_so(capsys: Capture, monkeypatch: pytest.MonkeyPatch) -> None:
    problem = catalogue._pip_problem("WARNING: Retrying (Retry(total=0)) after connection broken", "a==1", Path("m"))

    def no_connection(*_: object, **__: object) -> None:
        raise problem

    monkeypatch.setattr(catalogue, "fetch", no_connection)
    refused(capsys, "model_no_connection", "models", "fetch", "tiny")


def test_what_was_fetched_is_measured_once(
    capsys: Capture, monkeypatch: pytest.MonkeyPatch, home: Path, tmp_path: Path
) -> None:
    added = catalogue.add(gguf(tmp_path / "a.gguf"), home / "models", child_saying(GOOD), "small")
    arrived = dataclasses.replace(added, prompt_tokens_per_second=0.0, tokens_per_second=0.0)
    monkeypatch.setattr(catalogue, "fetch", lambda *_, **__: catalogue.find("small", home / "models"))
    monkeypatch.setattr(house, "probe_command", lambda: child_saying(GOOD))
    catalogue._write_card(arrived)
    assert cli.main(["models", "fetch", "tiny"]) == cli.OK
    assert catalogue.find("small", home / "models").tokens_per_second == GOOD["tokens_per_second"]
    monkeypatch.setattr(house, "probe_command", lambda: child_saying(GOOD | {"tokens_per_second": 3.5}))
    assert cli.main(["models", "fetch", "tiny"]) == cli.OK
    assert catalogue.find("small", home / "models").tokens_per_second == GOOD["tokens_per_second"]
    capsys.readouterr()


def test_settings_that_are_wrong_are_said_in_the_users_language(capsys: Capture, home: Path) -> None:
    home.mkdir()
    (home / "settings.toml").write_text("threds = 2", encoding="utf-8")
    refused(capsys, "settings_unknown", "documents")


# -- damage


def test_a_deleted_index_is_made_again(filled: ScriptedModel, capsys: Capture, home: Path) -> None:
    shutil.rmtree(home / "library" / "index")
    findings = form(capsys, "doctor")["findings"]
    assert [(f["finding"], f["mended"]) for f in findings] == [("doctor_index_behind", True)]
    assert form(capsys, "search", "lease?", "-k", "1")["passages"][0]["document"] == "lease.pdf"
    assert cli.main(["doctor", "--rebuild-index"]) == 0
    assert "made again from the documents" in capsys.readouterr().out


def damaged(home: Path, *statements: str) -> None:
    database = sqlite.connect(str(home / "library" / "library.db"), isolation_level=None)
    for statement in statements:
        database.execute(statement)
    database.close()


@pytest.mark.parametrize(
    "edit", ["replace(body, 'lease', 'house')", "'{broken'", "'[1]'"], ids=["a word", "no JSON", "no record"]
)
def test_an_edited_record_is_found_and_named(filled: ScriptedModel, capsys: Capture, home: Path, edit: str) -> None:
    for _ in range(3):
        assert cli.main(["ask", "When does the lease end?"]) == 0
    damaged(home, "DROP TRIGGER audit_no_update", f"UPDATE audit SET body = {edit} WHERE sequence = 2")
    capsys.readouterr()
    for language, words in (("en", "Record 2 was changed"), ("zh", "第 2 条记录在写入后被修改")):
        for command in (["audit", "verify"], ["doctor"]):
            assert cli.main([*command, "--language", language]) == cli.DAMAGED
            assert words in capsys.readouterr().out
    assert form(capsys, "audit", "verify", code=cli.DAMAGED)["intact"] is False
    assert [r["intact"] for r in form(capsys, "audit", "list")] == [True, False, True]
    assert form(capsys, "audit", "show", "2", code=cli.DAMAGED)["intact"] is False
    assert form(capsys, "audit", "show", "1")["record"]["question"] == "When does the lease end?"
    assert cli.main(["audit", "list"]) == 0
    assert "✘" in capsys.readouterr().out


def test_the_list_of_answers_counts_answers_and_not_the_steps_to_them(
    filled: ScriptedModel, capsys: Capture, home: Path
) -> None:
    assert cli.main(["ask", "When does the lease end?"]) == 0
    with open_library(home / "library") as library:
        begun = library.append_record({"kind": "begun", "question": "Half?"}).sequence
        library.append_record({"kind": "sentence", "begun": begun, "sentence": {"text": "One."}})
        library.append_record({"kind": "stopped", "begun": begun, "question": "Half?"})
    capsys.readouterr()
    assert [r["sequence"] for r in form(capsys, "audit", "list")] == [1, 4]
    assert [r["kind"] for r in form(capsys, "audit", "list", "-n", "1")] == ["stopped"]
    assert cli.main(["audit", "list", "--language", "zh"]) == 0
    listed = capsys.readouterr().out
    assert "已停止" in listed and "begun" not in listed
    assert form(capsys, "audit", "show", "3")["record"]["sentence"] == {"text": "One."}


def test_a_cut_off_record_is_found_against_a_checkpoint(filled: ScriptedModel, capsys: Capture, home: Path) -> None:
    for _ in range(2):
        assert cli.main(["ask", "When does the lease end?"]) == 0
    capsys.readouterr()
    checkpoint = form(capsys, "audit", "verify")["checkpoint"]
    damaged(home, "DROP TRIGGER audit_no_delete", "DELETE FROM audit WHERE sequence = 2")
    assert cli.main(["audit", "verify", "--checkpoint", checkpoint]) == cli.DAMAGED
    assert "records 2 to 2" in capsys.readouterr().out
    refused(capsys, "audit_bad_checkpoint", "audit", "verify", "--checkpoint", "2:abc")
    refused(capsys, "audit_no_record", "audit", "show", "2")


def test_what_was_read_and_is_damaged_is_read_again(filled: ScriptedModel, capsys: Capture, home: Path) -> None:
    damaged(home, "UPDATE pages SET label = 'edited'")
    assert {f["finding"] for f in form(capsys, "doctor", code=cli.DAMAGED)["findings"]} == {"doctor_content"}
    told = form(capsys, "doctor", "--repair")
    assert all(f["mended"] for f in told["findings"])
    assert sorted(told["change"]["replaced"]) == ["dose.pdf", "lease.pdf"]
    assert form(capsys, "doctor")["findings"] == []


def test_a_damaged_original_is_put_back_by_adding_the_same_file(
    filled: ScriptedModel, capsys: Capture, home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for original in (home / "library" / "originals").glob("??/*"):
        if original.read_text(encoding="utf-8") == LEASE:
            original.write_text(LEASE.replace("2027", "2077"), encoding="utf-8")
    (finding,) = form(capsys, "doctor", code=cli.DAMAGED)["findings"]
    assert (finding["finding"], finding["mended"]) == ("doctor_original_damaged", False)
    assert "lease.pdf in “Matter 1”" in finding["sentence"] and "Add the same file" in finding["sentence"]
    # Mending loses nothing of what was read: it is still found.
    assert len(form(capsys, "doctor", "--repair", code=cli.DAMAGED)["findings"]) == 1
    assert form(capsys, "search", "lease ends")["passages"][0]["document"] == "lease.pdf"
    embedder = FakeEmbedder()
    monkeypatch.setattr(house, "embedder", lambda *_: embedder)
    assert cli.main(["add", "lease.pdf", "--collection", "Matter 1"]) == cli.OK
    assert (
        "✔ lease.pdf: The library's copy of this file was lost or damaged and is whole again" in capsys.readouterr().out
    )
    assert embedder.embedded == []
    assert form(capsys, "doctor")["findings"] == []
    assert form(capsys, "add", "lease.pdf", "--collection", "Matter 1")["restored"] == []


# -- stopping, and faults of ours


def test_ctrl_c_stops_at_a_safe_point(filled: ScriptedModel, capsys: Capture, monkeypatch: pytest.MonkeyPatch) -> None:
    def interrupted(*_: object) -> FakeEmbedder:
        os.kill(os.getpid(), signal.SIGINT)
        return FakeEmbedder()

    write(note="A note about parking.")
    monkeypatch.setattr(house, "embedder", interrupted)
    for words in (["add", "note.pdf"], ["ask", "lease?"], ["search", "lease?"]):
        assert cli.main(words) == cli.STOPPED
        assert capsys.readouterr().err == "Stopped. Nothing was lost.\n"


def test_a_second_ctrl_c_stops_at_once(filled: ScriptedModel, capsys: Capture, monkeypatch: pytest.MonkeyPatch) -> None:
    def interrupted(*_: object) -> FakeEmbedder:
        os.kill(os.getpid(), signal.SIGINT)
        os.kill(os.getpid(), signal.SIGINT)
        raise AssertionError("still here")

    monkeypatch.setattr(house, "embedder", interrupted)
    assert cli.main(["search", "lease?"]) == cli.STOPPED
    assert capsys.readouterr().err == "Stopped. Nothing was lost.\n"


def test_what_fails_because_of_ctrl_c_is_not_called_a_problem(
    filled: ScriptedModel, capsys: Capture, monkeypatch: pytest.MonkeyPatch
) -> None:
    def child_died(*_: object, **__: object) -> None:
        os.kill(os.getpid(), signal.SIGINT)
        raise UserProblem("model_download_failed", requirement="a==1", reason="killed")

    monkeypatch.setattr(catalogue, "fetch", child_died)
    assert cli.main(["models", "fetch", "tiny"]) == cli.STOPPED
    assert capsys.readouterr().err == "Stopped. Nothing was lost.\n"


def test_a_fault_of_ours_is_one_sentence_and_kept_for_a_report(
    filled: ScriptedModel, capsys: Capture, monkeypatch: pytest.MonkeyPatch, home: Path
) -> None:
    def fault(*_: object) -> None:
        raise ZeroDivisionError(LEASE)

    monkeypatch.setattr(house, "embedder", fault)
    assert cli.main(["search", "lease?"]) == cli.FAULT
    told = capsys.readouterr().err
    assert len(told.splitlines()) == 1 and "(ZeroDivisionError)" in told and "faults.log" in told
    kept = home / "logs" / "faults.log"
    assert "in fault\n" in kept.read_text(encoding="utf-8")
    assert LEASE not in told + kept.read_text(encoding="utf-8"), "it may quote a document"
    assert os.name == "nt" or kept.stat().st_mode & 0o777 == 0o600


def test_file_names_cannot_steer_the_terminal(filled: ScriptedModel, capsys: Capture) -> None:
    cli.main(["add", "\x1b[2Jnothing.pdf"])
    assert "\x1b" not in capsys.readouterr().err


@pytest.mark.slow
@pytest.mark.skipif(not os.path.exists("/dev/full"), reason="this system has no device that is always full")
def test_output_that_goes_nowhere_is_no_traceback(filled: ScriptedModel, home: Path) -> None:
    command = [sys.executable, "-m", "desktop.cli", "documents", "--json"]
    environment = {**os.environ, "PYTHONPATH": str(Path(cli.__file__).parents[1])}
    with open("/dev/full", "w") as full:
        done = subprocess.run(command, stdout=full, stderr=subprocess.PIPE, text=True, env=environment)
    assert done.returncode == cli.PROBLEM and len(done.stderr.splitlines()) == 1
    reading, writing = os.pipe()
    os.close(reading)
    done = subprocess.run(command, stdout=writing, stderr=subprocess.PIPE, text=True, env=environment)
    os.close(writing)
    assert done.stderr == "" and done.returncode == cli.STOPPED


# -- usage


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize(
    "words",
    [
        [],
        ["nonsense"],
        ["search", "x", "-k", "0"],
        ["search", "x", "-k", "many"],
        ["search", "x", "--nonsense"],
        ["search", "x", "--batch"],
        ["remove"],
        ["collections"],
        ["audit", "show", "first"],
        ["documents", "--language", "fr"],
    ],
)
def test_wrong_usage_is_said_in_a_sentence(capsys: Capture, language: str, words: list[str]) -> None:
    assert cli.main(["--language", language, *words]) == cli.USAGE
    told = capsys.readouterr()
    assert told.out == ""
    assert ("用法：" if language == "zh" else "usage: ") in told.err
    assert "--help" in told.err.splitlines()[-1]
    assert "✘ " in told.err and "argument" not in told.err


def parsers(parser: Any) -> Iterator[Any]:
    yield parser
    for action in parser._actions:
        if isinstance(getattr(action, "choices", None), dict):
            for inner in action.choices.values():
                yield from parsers(inner)


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_command_and_option_has_help_in_the_users_language(language: str) -> None:
    seen = list(parsers(cli.build_parser(language)))
    assert len(seen) == 42
    for parser in seen:
        text = parser.format_help()
        assert parser.description and text
        for action in parser._actions:
            assert action.help or action.metavar in ("COMMAND", "ACTION"), f"{parser.prog} {action.dest}"
        if language == "zh":
            assert "show this help" not in text and "positional" not in text and "options:" not in text


def test_every_command_exists() -> None:
    named = {parser.get_default("run") for parser in parsers(cli.build_parser("en"))} - {None}
    named.remove("self_test")  # it begins before the engine is imported
    assert callable(self_test_command.run)
    rooms = {name: persona_commands if name.startswith("persona_") else commands for name in named}
    assert all(callable(getattr(room, name)) for name, room in rooms.items())


def test_help_and_version_cost_no_engine(capsys: Capture) -> None:
    code = (
        "import sys; from desktop import cli; code = cli.main(sys.argv[1:]); "
        "assert not {'lancedb', 'torch', 'llama_cpp', 'pypdfium2'} & set(sys.modules); sys.exit(code)"
    )
    for words in (["--help"], ["--version"], ["search", "--help"], ["nonsense"]):
        done = subprocess.run(
            [sys.executable, "-c", code, *words],
            capture_output=True,
            text=True,
            cwd=Path(cli.__file__).parents[1],
        )
        assert "AssertionError" not in done.stderr
        assert done.returncode == (cli.USAGE if words == ["nonsense"] else cli.OK)


def test_the_language_is_the_one_asked_for_set_or_of_the_system(
    capsys: Capture, home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def said(*words: str) -> str:
        cli.main(["documents", *words])
        return capsys.readouterr().err

    assert "There is no library" in said()
    monkeypatch.setenv("LANG", "zh_CN.UTF-8")
    assert "没有文档库" in said()
    (home / "settings.toml").write_text('language = "en"', encoding="utf-8")
    assert "There is no library" in said()
    assert "没有文档库" in said("--language", "zh")


def test_a_password_can_be_asked_for(fakes: ScriptedModel, capsys: Capture, monkeypatch: pytest.MonkeyPatch) -> None:
    class Reader(LimitedReader):
        def read(self, path: Path, *, password: str | None = None, **options: Any) -> Any:
            given.append(password)
            return super().read(path, password=password, **options)

    given: list[str | None] = []
    monkeypatch.setattr(house, "reader", lambda *_, **__: nullcontext(as_reader(Reader())))
    monkeypatch.setattr("sys.stdin", StringIO("s3cret\n"))
    write(lease=LEASE)
    assert cli.main(["add", "lease.pdf", "--password", "-"]) == 0
    assert given == ["s3cret"]


# -- with the real parts


def pdf(name: str, *sentences: str, pages: int = 1) -> None:
    canvas = Canvas(name)
    for _ in range(pages):
        for row, sentence in enumerate(sentences):
            canvas.drawString(72, 770 - 16 * row, sentence)
        canvas.showPage()
    canvas.save()


@pytest.fixture(scope="module")
def machine() -> Path:
    """The models folder of this machine, found before a test gets a home of its own."""
    installed("e5-small")
    return installed("default").path.parent


@pytest.mark.model
def test_a_pdf_is_added_asked_and_proved_with_real_models(
    monkeypatch: pytest.MonkeyPatch, capsys: Capture, machine: Path
) -> None:
    monkeypatch.setattr(house, "models_folder", lambda: machine)
    contract = str(samples.folder() / "consulting-agreement-driven-deliveries.pdf")
    assert form(capsys, "add", contract)["added"] == ["consulting-agreement-driven-deliveries.pdf"]
    answer = form(capsys, "ask", "Can either party terminate for convenience, and with what notice?")
    assert answer["kind"] == "answered"
    cited = [c for sentence in answer["sentences"] for c in sentence["citations"]]
    assert any(c["page"] == 5 and "thirty (30) days prior written notice" in c["quote"] for c in cited)
    assert all(c["rects"] for c in cited)
    assert cli.main(["audit", "verify"]) == cli.OK


@pytest.mark.model
def test_files_that_cannot_be_read_are_said_to_be_so(
    monkeypatch: pytest.MonkeyPatch, capsys: Capture, machine: Path
) -> None:
    monkeypatch.setattr(house, "models_folder", lambda: machine)
    pdf("good.pdf", "The notice period is thirty days.")
    whole = Path("good.pdf").read_bytes()
    Path("cut.pdf").write_bytes(whole[: len(whole) // 2])
    Path("text.pdf").write_text("not a PDF at all")
    Path("empty.pdf").write_bytes(b"")
    shutil.copy(samples.folder() / "confidential-settlement-note.pdf", "locked.pdf")
    pdf("blank.pdf")
    bad = ("cut.pdf", "text.pdf", "empty.pdf", "locked.pdf", "blank.pdf")
    change = form(capsys, "add", "good.pdf", *bad, code=cli.IN_PART)
    assert change["added"] == ["good.pdf"]
    reasons = {r["document"]: r["reason"] for r in change["rejected"]}
    assert set(reasons) == set(bad)
    assert "cut off" in reasons["cut.pdf"] and "not a PDF" in reasons["text.pdf"] and "empty" in reasons["empty.pdf"]
    assert "needs a password" in reasons["locked.pdf"] and "No text" in reasons["blank.pdf"]
    wrong = form(capsys, "add", "locked.pdf", "--password", "wrong", code=cli.PROBLEM)
    assert "does not open" in wrong["rejected"][0]["reason"]
    assert cli.main(["doctor"]) == cli.OK
