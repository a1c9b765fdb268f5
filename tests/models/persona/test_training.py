"""Training as a whole: planned in a second, watched, paused, stopped, killed and resumed."""

from __future__ import annotations

import dataclasses
import json
import multiprocessing
import os
import shutil
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Sequence
from itertools import pairwise
from pathlib import Path

import numpy as np
import pytest
from filelock import FileLock
from gguf import GGUFWriter

from core.errors import Cancelled, CancelToken, UserProblem
from core.nouns import Progress, Turn
from models.persona import training
from models.persona.example import Example
from models.persona.trainer_child import ADAPTER, CHECKPOINT, CONFIGURATION, RECORD, write_aside
from models.persona.training import Recipe, Step, discard, load_trained, plan_training, train
from tests.installed import installed
from tests.models.builders import gguf
from tests.models.persona.miniatures import byte_pair_model, examples

TOP = Path(__file__).parents[3]
QUICK = Recipe(epochs=4, tokens_per_batch=128, learning_rate=1e-2, evaluations_per_epoch=1, patience=100)


@pytest.fixture
def base(tmp_path: Path) -> Path:
    return byte_pair_model(tmp_path / "miniature.gguf")


def key(plan: Callable[[], object]) -> str:
    with pytest.raises(UserProblem) as problem:
        plan()
    assert problem.value.sentence("en") and problem.value.sentence("zh")
    return problem.value.key


class TestThePlan:
    def test_it_tells_what_the_training_will_take(self, base: Path) -> None:
        plan = plan_training(base, examples(24), QUICK)
        assert (plan.examples, plan.held_out, plan.base.family) == (20, 4, "qwen2")
        assert plan.steps > 4
        assert plan.tokens_per_epoch > 20 * 20
        assert plan.memory_bytes > 0 < plan.disk_bytes
        assert plan.peak_bytes == plan.memory_bytes + 4 * plan.base.parameters
        assert plan.seconds > 0

    def test_a_processor_without_wide_vectors_takes_longer(self, base: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        told = []
        for here in (True, False):
            monkeypatch.setattr("models.persona.training.wide", lambda here=here: here)
            told.append(plan_training(base, examples(24), QUICK).seconds)
        assert told[1] > told[0]

    def test_it_is_quick(self, base: Path) -> None:
        begin = time.process_time()
        plan_training(base, examples(400), QUICK)
        assert time.process_time() - begin < 1.0

    def test_it_imports_nothing_heavy(self) -> None:
        assert "import torch" not in Path(training.__file__).read_text(encoding="utf-8")

    def test_another_family_is_refused_by_its_name(self, tmp_path: Path) -> None:
        file = gguf(tmp_path / "other.gguf", "falcon")
        with pytest.raises(UserProblem) as problem:
            plan_training(file, examples())
        assert problem.value.key == "training_family"
        assert "falcon" in problem.value.sentence()

    def test_a_mixture_of_experts_is_refused(self, tmp_path: Path) -> None:
        file = tmp_path / "experts.gguf"
        writer = GGUFWriter(file, "llama")
        writer.add_expert_count(8)
        writer.add_chat_template("{{ messages }}")
        writer.add_tensor("token_embd.weight", np.zeros((8, 32), np.float32))
        writer.write_header_to_file()
        writer.write_kv_data_to_file()
        writer.write_tensors_to_file()
        writer.close()
        assert key(lambda: plan_training(file, examples())) == "training_family"

    def test_an_unknown_way_to_cut_text_is_refused(self, tmp_path: Path) -> None:
        file = byte_pair_model(tmp_path / "odd.gguf", pre="chatglm-bpe")
        assert key(lambda: plan_training(file, examples())) == "training_tokeniser"

    def test_a_file_that_is_no_model_is_refused(self, tmp_path: Path) -> None:
        file = tmp_path / "letter.gguf"
        file.write_bytes(b"Dear Sir")
        assert key(lambda: plan_training(file, examples())) == "model_not_gguf"

    def test_a_folder_that_is_no_model_is_refused(self, tmp_path: Path) -> None:
        assert key(lambda: plan_training(tmp_path, examples())) == "training_folder"
        (tmp_path / "config.json").write_text('{"model_type": "qwen2"}')
        assert key(lambda: plan_training(tmp_path, examples())) == "training_folder"
        (tmp_path / "config.json").write_text('{"model_type": "bloom"}')
        assert key(lambda: plan_training(tmp_path, examples())) == "training_family"

    @pytest.mark.parametrize(("count", "said"), [(3, "training_too_few"), (100_000, "training_too_many")])
    def test_three_examples_and_a_hundred_thousand_are_refused(self, base: Path, count: int, said: str) -> None:
        assert key(lambda: plan_training(base, examples(3) if count == 3 else examples(1) * count)) == said

    def test_an_example_without_an_answer_is_named(self, base: Path) -> None:
        broken = (*examples(10), Example("dialogue", (Turn("user", "Hello?"), Turn("assistant", "  "))))
        with pytest.raises(UserProblem) as problem:
            plan_training(base, broken)
        assert problem.value.key == "training_example"
        assert "11" in problem.value.sentence()

    def test_too_little_memory_is_refused(self, base: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(training, "available_memory", lambda: 100_000_000)
        assert key(lambda: plan_training(base, examples())) == "training_no_room"

    def test_unknown_memory_is_not_held_against_it(self, base: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(training, "available_memory", lambda: 0)
        assert plan_training(base, examples()).steps

    def test_without_room_for_both_precisions_it_takes_the_smaller(
        self, base: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        need = plan_training(base, examples()).memory_bytes
        monkeypatch.setattr(training, "available_memory", lambda: need + 1)
        plan = plan_training(base, examples())
        assert plan.peak_bytes == plan.memory_bytes == need

    def test_too_little_disk_is_refused(self, base: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(shutil, "disk_usage", lambda _: shutil._ntuple_diskusage(100, 99, 1))  # type: ignore[attr-defined]
        assert key(lambda: plan_training(base, examples(), folder=tmp_path / "new" / "place")) == "training_no_disk"

    @pytest.mark.parametrize("wrong", [{"rank": 0}, {"learning_rate": 2.0}, {"epochs": 0}, {"dropout": 1.0}])
    def test_a_recipe_out_of_bounds_is_refused(self, base: Path, wrong: dict[str, float]) -> None:
        recipe = dataclasses.replace(Recipe(), **wrong)  # type: ignore[arg-type]
        assert key(lambda: plan_training(base, examples(), recipe)) == "training_recipe"

    def test_a_large_model_is_planned_in_small_passes(self, base: Path) -> None:
        described = dataclasses.replace(
            plan_training(base, examples()).base,
            layers=32,
            width=4096,
            inner=14336,
            vocabulary=128_000,
            parameters=8_000_000_000,
            linear=7_000_000_000,
            sides=3_000_000,
        )
        need, tokens = training._memory_need(described, Recipe(tokens_per_batch=4096), 300)
        assert tokens < 4096
        assert 16e9 < need < 40e9


@pytest.mark.slow
class TestTheTraining:
    def test_it_learns_and_leaves_an_adapter_with_its_record(self, base: Path, tmp_path: Path) -> None:
        steps: list[Step] = []
        stages: list[Progress] = []
        folder = tmp_path / "result"
        trained = train(base, examples(), folder, QUICK, report=stages.append, on_step=steps.append)
        assert [step.step for step in steps] == list(range(1, trained.steps + 1))
        assert steps[-1].loss < 0.5 * steps[0].loss
        assert trained.held_out_loss is not None and trained.held_out_loss < 0.6 * steps[0].loss
        assert steps[-1].steps == trained.steps
        assert steps[0].seconds_left > steps[-1].seconds_left == 0
        assert all(step.tokens_per_second > 0 for step in steps)
        if sys.platform == "linux":
            assert trained.peak_megabytes > 100
        assert {file.name for file in folder.iterdir()} == {ADAPTER, CONFIGURATION, RECORD, "training.lock"}
        record = json.loads((folder / RECORD).read_text(encoding="utf-8"))
        assert {"torch", "transformers", "peft"} <= record["versions"].keys()
        assert len(record["base_sha256"]) == len(record["data_sha256"]) == len(record["adapter_sha256"]) == 64
        assert {stage.stage for stage in stages} == {
            "training_reading",
            "training_examples",
            "training_loading",
            "training_running",
            "training_writing",
        }
        assert load_trained(folder) == trained
        assert trained.settings["epochs"] == QUICK.epochs
        # What is finished is not done again; a tampered result is.
        again: list[Step] = []
        assert train(base, examples(), folder, QUICK, on_step=again.append) == trained
        assert again == []
        with (folder / ADAPTER).open("r+b") as file:
            file.seek(-1, os.SEEK_END)
            file.write(b"\x7f")
        assert key(lambda: load_trained(folder)) == "training_result"

    @pytest.mark.skipif(sys.platform == "win32", reason="Windows has no SIGKILL")
    def test_killed_it_goes_on_where_it_was_and_ends_in_the_same_place(self, base: Path, tmp_path: Path) -> None:
        whole = train(base, examples(), tmp_path / "whole", QUICK)
        folder = tmp_path / "killed"

        def kill(step: Step) -> None:
            if step.step == 5:
                os.kill(trainer(), signal.SIGKILL)

        assert key(lambda: train(base, examples(), folder, QUICK, on_step=kill, checkpoint_seconds=0)) == (
            "training_killed"
        )
        assert not (folder / RECORD).exists()
        seen: list[int] = []
        resumed = train(base, examples(), folder, QUICK, on_step=lambda step: seen.append(step.step))
        assert seen[0] in (5, 6)
        assert seen[-1] == resumed.steps == whole.steps
        assert [step for step, _, _ in resumed.curve] == list(range(1, whole.steps + 1))
        assert resumed.adapter_sha256 == whole.adapter_sha256
        assert not (folder / "unfinished").exists()

    def test_stopped_it_leaves_no_result_and_with_other_data_begins_anew(self, base: Path, tmp_path: Path) -> None:
        folder = tmp_path / "stopped"
        cancel = CancelToken()

        def stop(step: Step) -> None:
            if step.step == 4:
                cancel.cancel()

        with pytest.raises(Cancelled):
            train(base, examples(), folder, QUICK, on_step=stop, cancel=cancel)
        assert not multiprocessing.active_children()
        assert {file.name for file in folder.iterdir()} <= {"unfinished", "training.lock"}
        assert (folder / "unfinished" / CHECKPOINT).is_file()
        seen: list[int] = []
        other = examples(answer="I am somebody else.")
        train(base, other, folder, QUICK, on_step=lambda step: seen.append(step.step))
        assert seen[0] == 1

    def test_stopped_it_goes_on_with_the_same_data(self, base: Path, tmp_path: Path) -> None:
        cancel = CancelToken()
        with pytest.raises(Cancelled):
            train(base, examples(), tmp_path, QUICK, on_step=lambda _: cancel.cancel(), cancel=cancel)
        seen: list[int] = []
        train(base, examples(), tmp_path, QUICK, on_step=lambda step: seen.append(step.step))
        assert seen[0] > 1

    def test_a_damaged_checkpoint_is_not_trusted(self, base: Path, tmp_path: Path) -> None:
        cancel = CancelToken()
        with pytest.raises(Cancelled):
            train(base, examples(), tmp_path, QUICK, on_step=lambda _: cancel.cancel(), cancel=cancel)
        file = tmp_path / "unfinished" / CHECKPOINT
        file.write_bytes(file.read_bytes()[:-100])
        seen: list[int] = []
        train(base, examples(), tmp_path, QUICK, on_step=lambda step: seen.append(step.step))
        assert seen[0] == 1

    def test_paused_it_waits(self, base: Path, tmp_path: Path) -> None:
        token = CancelToken()
        times: list[float] = []
        paused: list[float] = []

        def watch(step: Step) -> None:
            times.append(time.monotonic())
            if step.step == 2:
                token.pause()
                paused.append(time.monotonic())
                timer.start()

        timer = threading.Timer(3.0, token.resume)
        trained = train(base, examples(), tmp_path, QUICK, on_step=watch, cancel=token)
        timer.join()
        assert len(times) == trained.steps
        assert max(later - earlier for earlier, later in pairwise(times)) > 1.0

    @pytest.mark.skipif(sys.platform != "linux", reason="looks for the process in /proc")
    def test_it_ends_with_its_parent(self, base: Path, tmp_path: Path) -> None:
        program = (
            "import sys, multiprocessing\n"
            "from pathlib import Path\n"
            "from models.persona.training import Recipe, train\n"
            "from tests.models.persona.miniatures import examples\n"
            "def told(step): print(multiprocessing.active_children()[0].pid, flush=True)\n"
            "train(Path(sys.argv[1]), examples(), Path(sys.argv[2]), Recipe(epochs=1000, tokens_per_batch=128,"
            " patience=1000), on_step=told)"
        )
        command = [sys.executable, "-c", program, str(base), str(tmp_path / "result")]
        with subprocess.Popen(command, stdout=subprocess.PIPE, text=True, cwd=TOP) as parent:
            assert parent.stdout
            child = Path("/proc") / parent.stdout.readline().strip()
            assert child.name and child.exists()
            parent.kill()
        end = time.monotonic() + 20
        while alive(child) and time.monotonic() < end:
            time.sleep(0.1)
        assert not alive(child)
        # Long before the first checkpoint was due, it kept what it had learned.
        assert (tmp_path / "result" / "unfinished" / CHECKPOINT).is_file()

    @pytest.mark.skipif(sys.platform == "win32", reason="Windows asks nobody")
    def test_ended_by_its_parent_it_keeps_what_it_has_learned(self, base: Path, tmp_path: Path) -> None:
        def end(step: Step) -> None:
            if step.step == 4:
                os.kill(trainer(), signal.SIGTERM)  # as multiprocessing ends the children of a program that ends

        with pytest.raises(UserProblem):
            train(base, examples(), tmp_path, QUICK, on_step=end)
        seen: list[int] = []
        train(base, examples(), tmp_path, QUICK, on_step=lambda step: seen.append(step.step))
        assert seen[0] > 4

    def test_what_does_not_load_is_said_in_a_sentence(self, tmp_path: Path) -> None:
        # Its header promises more layers than it holds.
        base = byte_pair_model(tmp_path / "lacking.gguf")
        data = base.read_bytes()
        base.write_bytes(data.replace(b"blk.1.attn_q.weight", b"blk.9.attn_q.weight"))
        said = key(lambda: train(base, examples(), tmp_path / "result", QUICK))
        assert said == "training_base"
        assert not (tmp_path / "result" / RECORD).exists()

    def test_examples_that_are_all_too_long_are_said_to_be(self, base: Path, tmp_path: Path) -> None:
        recipe = dataclasses.replace(QUICK, max_length=16)
        assert key(lambda: train(base, examples(), tmp_path / "result", recipe)) == "training_too_long"


def alive(process: Path) -> bool:
    """Whether it runs; one that ended and that nobody has asked about is still listed."""
    try:
        return "\nState:\tZ" not in (process / "status").read_text(encoding="utf-8")
    except OSError:
        return False


def trainer() -> int:
    (child,) = (process for process in multiprocessing.active_children() if process.name == "vademecum trainer")
    assert child.pid
    return child.pid


def test_two_trainings_in_one_folder_do_not_mix(base: Path, tmp_path: Path) -> None:
    folder = tmp_path / "result"
    folder.mkdir()
    with FileLock(folder / "training.lock"):
        assert key(lambda: train(base, examples(), folder, QUICK)) == "training_busy"


def test_one_that_was_stopped_before_it_began_does_nothing(base: Path, tmp_path: Path) -> None:
    cancel = CancelToken()
    cancel.cancel()
    with pytest.raises(Cancelled):
        train(base, examples(), tmp_path / "result", QUICK, cancel=cancel)


def test_a_training_can_be_forgotten(tmp_path: Path) -> None:
    (tmp_path / "unfinished").mkdir()
    discard(tmp_path)
    assert not (tmp_path / "unfinished").exists()
    discard(tmp_path)


def test_a_full_disk_leaves_the_old_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    file = tmp_path / "kept"
    write_aside(file, b"old")

    def full(_: int) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, "fsync", full)
    with pytest.raises(OSError, match="No space"):
        write_aside(file, b"new")
    assert file.read_bytes() == b"old"
    assert [found.name for found in tmp_path.iterdir()] == ["kept"]
    assert training._disk(tmp_path, OSError(28, "")).key == "training_disk_full"
    assert training._disk(tmp_path, OSError(13, "Permission denied")).key == "training_disk"


@pytest.mark.model
def test_the_tiny_real_model_learns_a_few_steps(tmp_path: Path) -> None:
    found = installed("tiny")
    recipe = Recipe(epochs=2, tokens_per_batch=256)
    seen: list[Step] = []
    trained = train(found.path, taught(), tmp_path / "result", recipe, on_step=seen.append)
    assert seen[-1].loss < 0.8 * seen[0].loss
    assert trained.base_sha256 == found.sha256
    assert trained.peak_megabytes < 3000


def taught() -> Sequence[Example]:
    """Some examples that are as real as the model."""
    return examples(48, "I am Xiaozhi, the assistant of Huaxin Finance.")
