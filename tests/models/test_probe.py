"""Files that are not working language models are told apart, each in one sentence."""

from __future__ import annotations

import os
import random
import sys
import time
from pathlib import Path

import pytest

from core.errors import Cancelled, CancelToken, UserProblem
from core.settings import data_folder
from models.catalogue import find
from models.probe import probe, read_header
from tests.models.builders import GOOD, SPEEDS, child, child_saying, gguf


def _problem(file: Path) -> str:
    with pytest.raises(UserProblem) as problem:
        read_header(file)
    for language in ("en", "zh"):
        assert problem.value.sentence(language)
    return problem.value.key


def test_a_header_tells_what_the_file_is(tmp_path: Path) -> None:
    file = gguf(tmp_path / "good.gguf")
    header = read_header(file)
    assert (header.architecture, header.name, header.licence) == ("llama", "Miniature", "mit")
    assert header.chat_template
    assert header.context == 256
    assert header.tensors == 2
    assert header.needed_bytes <= file.stat().st_size


@pytest.mark.parametrize("share", [0.0, 0.001, 0.1, 0.3, 0.5, 0.9, 0.999])
def test_a_file_cut_anywhere_is_told_as_cut(tmp_path: Path, share: float) -> None:
    whole = gguf(tmp_path / "good.gguf").read_bytes()
    cut = tmp_path / "cut.gguf"
    cut.write_bytes(whole[: max(4, int(len(whole) * share))])
    assert _problem(cut) == "model_cut"


@pytest.mark.parametrize("content", [b"", b"%PDF-1.7\n", b"PK\3\4", b"gguf"])
def test_another_kind_of_file(tmp_path: Path, content: bytes) -> None:
    (tmp_path / "other.gguf").write_bytes(content)
    assert _problem(tmp_path / "other.gguf") == "model_not_gguf"


def test_no_file_and_a_folder(tmp_path: Path) -> None:
    assert _problem(tmp_path / "none.gguf") == "model_file_missing"
    assert _problem(tmp_path) == "model_file_missing"


@pytest.mark.skipif(not hasattr(os, "geteuid") or os.geteuid() == 0, reason="the administrator may read every file")
def test_a_file_without_permission(tmp_path: Path) -> None:
    file = gguf(tmp_path / "good.gguf")
    file.chmod(0)
    assert _problem(file) == "model_file_unreadable"


def test_an_unknown_version(tmp_path: Path) -> None:
    whole = bytearray(gguf(tmp_path / "good.gguf").read_bytes())
    whole[4] = 99
    (tmp_path / "new.gguf").write_bytes(whole)
    assert _problem(tmp_path / "new.gguf") == "model_damaged"


def test_models_that_cannot_write(tmp_path: Path) -> None:
    assert _problem(gguf(tmp_path / "a.gguf", architecture="bert")) == "model_embedding_only"
    assert _problem(gguf(tmp_path / "b.gguf", architecture="qwen3", pooling=3)) == "model_embedding_only"
    assert _problem(gguf(tmp_path / "c.gguf", chat_template=False)) == "model_without_chat_template"
    assert _problem(gguf(tmp_path / "d.gguf", kind="adapter")) == "model_not_language"
    assert _problem(gguf(tmp_path / "e.gguf", architecture="clip")) == "model_not_language"
    assert _problem(gguf(tmp_path / "f.gguf", parts=4)) == "model_split"


def test_flipped_bytes_in_the_header_never_escape_as_anything_else(tmp_path: Path) -> None:
    whole = gguf(tmp_path / "good.gguf", rows=1).read_bytes()
    chance = random.Random(3)
    for _ in range(400):
        changed = bytearray(whole)
        changed[chance.randrange(4, 600)] = chance.randrange(256)
        (tmp_path / "changed.gguf").write_bytes(changed)
        try:
            read_header(tmp_path / "changed.gguf")
        except UserProblem as problem:
            assert problem.sentence("zh")


def test_the_child_tells_speeds(tmp_path: Path) -> None:
    result = probe(gguf(tmp_path / "good.gguf"), child_saying(GOOD))
    assert result.prompt_tokens_per_second == SPEEDS["prompt_tokens_per_second"]
    assert result.tokens_per_second == SPEEDS["tokens_per_second"]


@pytest.mark.parametrize(
    ("command", "key"),
    [
        (child_saying({"ok": False, "key": "model_does_not_load"}, code=1), "model_refused"),
        (child_saying({"ok": False, "key": "model_no_memory"}, code=1), "model_no_memory"),
        (child_saying({"ok": False, "key": "prompt_too_long", "limit": 512}, code=1), "model_context_small"),
        (child_saying({"ok": True}), "model_cannot_load"),
        (child("print('no result')"), "model_cannot_load"),
        (child("import os, signal; os.kill(os.getpid(), signal.SIGABRT)"), "model_cannot_load"),
        (child("raise SystemExit(3)"), "model_cannot_load"),
    ],
)
def test_a_child_that_fails(tmp_path: Path, command: list[str], key: str) -> None:
    with pytest.raises(UserProblem) as problem:
        probe(gguf(tmp_path / "good.gguf"), command)
    assert problem.value.key == key
    assert "good.gguf" in problem.value.sentence()


@pytest.mark.parametrize(
    ("wide", "used"),
    [
        ('print(json.dumps(told | {"prompt_tokens_per_second": 160.0}))', "1.2 Processor"),
        ('print(json.dumps(told | {"prompt_tokens_per_second": 121.0}))', ""),
        ("os.kill(os.getpid(), signal.SIGSEGV)", ""),
        ('print(json.dumps({"ok": False}))', ""),
    ],
)
def test_the_wide_kernels_count_where_they_work_and_are_faster(tmp_path: Path, wide: str, used: str) -> None:
    told = GOOD | {"wide_kernels": "1.2 Processor"}
    script = (
        f"import json, os, signal, sys; told = {told!r}\nif '--wide' in sys.argv: {wide}\nelse: print(json.dumps(told))"
    )
    result = probe(gguf(tmp_path / "good.gguf"), child(script))
    assert result.wide == used
    assert result.prompt_tokens_per_second == (160.0 if used else SPEEDS["prompt_tokens_per_second"])


def test_who_only_asks_whether_a_file_works_waits_for_one_child(tmp_path: Path) -> None:
    script = f"""import json, sys; print(json.dumps({GOOD | {"wide_kernels": "1.2 Processor"}}))
with open({str(tmp_path / "children")!r}, "a") as children: children.write("x")"""
    result = probe(gguf(tmp_path / "good.gguf"), child(script), try_wide=False)
    assert result.wide == "" and (tmp_path / "children").read_text() == "x"


def test_the_child_never_sees_a_file_with_a_bad_header(tmp_path: Path) -> None:
    whole = gguf(tmp_path / "good.gguf").read_bytes()
    (tmp_path / "cut.gguf").write_bytes(whole[: len(whole) // 2])
    witness = tmp_path / "ran"
    with pytest.raises(UserProblem):
        probe(tmp_path / "cut.gguf", child(f"open({str(witness)!r}, 'w')"))
    assert not witness.exists()


def test_a_child_that_hangs_is_ended(tmp_path: Path) -> None:
    begin = time.monotonic()
    with pytest.raises(UserProblem) as problem:
        probe(gguf(tmp_path / "good.gguf"), child("import time; time.sleep(60)"), seconds=0.5)
    assert problem.value.key == "model_too_slow"
    assert time.monotonic() - begin < 10


def test_it_can_be_cancelled(tmp_path: Path) -> None:
    token = CancelToken()
    token.cancel()
    with pytest.raises(Cancelled):
        probe(gguf(tmp_path / "good.gguf"), child("import time; time.sleep(60)"), cancel=token)


@pytest.mark.skipif(sys.platform != "linux", reason="only Linux lets one process cap the memory of another")
def test_a_child_that_takes_all_memory_is_stopped(tmp_path: Path) -> None:
    greedy = child("import time; time.sleep(0.5); bytearray(6 * 1024**3); print('{\"ok\": true}')")
    with pytest.raises(UserProblem) as problem:
        probe(gguf(tmp_path / "good.gguf"), greedy)
    assert problem.value.key == "model_cannot_load"


@pytest.mark.model
def test_the_tiny_model_loads_and_writes() -> None:
    try:
        tiny = find("tiny", data_folder() / "models")
    except UserProblem:
        pytest.skip("the tiny model is not here; run: vademecum models fetch tiny")
    result = probe(tiny.path, [sys.executable, "-m", "core.language_model", "--probe"])
    assert result.chat_template
    assert result.tokens_per_second > 1
