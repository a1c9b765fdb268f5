"""Teaching a base model a persona: the plan, checked in a second, and the training, in a process of its own.

    plan_training(base, examples, recipe)                        -> Plan, or why it will not do
    train(base, examples, folder, recipe, on_step=..., cancel=…) -> Trained: a PEFT adapter in ``folder``

Nothing heavy is imported here.  The child (``trainer_child``) keeps checkpoints in ``folder/unfinished``; a training
that was broken off goes on from the last one when base, examples and recipe are the same, and else begins anew.
"""

from __future__ import annotations

import errno
import hashlib
import json
import multiprocessing
import os
import shutil
from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass
from multiprocessing.connection import Connection, wait
from multiprocessing.context import SpawnProcess
from pathlib import Path
from typing import Any

from filelock import FileLock, Timeout

from core.errors import CancelToken, UserProblem
from core.machine import available_memory, cores, wide
from core.nouns import Progress, Report, silent
from core.spawning import start_alone
from models.persona.example import Example, data_sha256, save_examples
from models.persona.trainer_child import ADAPTER, CHECKPOINT, CONFIGURATION, RECORD, Job, serve
from models.persona.training_base import LOCK, Base, base_sha256, describe

FEWEST, MOST = 8, 20_000  # examples that are learned from
UNFINISHED = "unfinished"
CHECKPOINT_SECONDS = 60.0
# What a pass holds for each token and layer, in widths and in inner widths of the network; measured.
_KEPT_WIDTHS, _KEPT_INNER = 12, 5
_RUNTIME_BYTES = 900_000_000  # Python, torch and transformers, and what lies between the tensors
_HEAD_ROWS = 256
_SMALLEST_PASS = 256
# Products a second and core, measured with AVX-512 and with AVX2 alone; the first steps tell better.
_PRODUCTS_WIDE, _PRODUCTS = 120e9, 60e9
_LOADED_A_SECOND = 20e6  # parameters
_ENDING_SECONDS = 20.0
_LOOK_SECONDS = 0.2


@dataclass(frozen=True, slots=True)
class Recipe:
    """How it is trained.

    ``warm_up`` is a share of all steps; ``patience`` counts evaluations without a better held-out loss before it ends.
    ``tokens_per_batch`` counts what lessons have in common once.
    """

    rank: int = 8
    alpha: int = 16
    dropout: float = 0.0
    learning_rate: float = 4e-4
    warm_up: float = 0.06
    weight_decay: float = 0.0
    epochs: int = 2
    tokens_per_batch: int = 512
    max_length: int = 1024
    evaluations_per_epoch: int = 1
    patience: int = 2
    seed: int = 1


@dataclass(frozen=True, slots=True)
class Plan:
    """What a training will take; tokens, steps, bytes and seconds are estimates."""

    base: Base
    examples: int
    held_out: int
    tokens_per_epoch: int
    tokens_per_pass: int
    steps: int
    memory_bytes: int  # without which it does not begin
    peak_bytes: int  # what it may take here: weights in single precision too, where there is room for both
    disk_bytes: int
    seconds: float


@dataclass(frozen=True, slots=True)
class Step:
    """One step of the training; losses are per token, ``held_out_loss`` the latest one."""

    step: int
    steps: int
    loss: float
    held_out_loss: float | None
    tokens_per_second: float
    seconds_left: float
    peak_megabytes: float


@dataclass(frozen=True, slots=True)
class Trained:
    """A finished training: the PEFT adapter in ``folder`` and how it came about."""

    folder: Path
    recipe: Recipe
    steps: int
    best_step: int
    held_out_loss: float | None
    curve: tuple[tuple[int, float, float | None], ...]  # step, loss, held-out loss where it was measured
    tokens_per_second: float
    peak_megabytes: float
    seconds: float
    base_sha256: str
    data_sha256: str
    adapter_sha256: str
    precision: str
    versions: Mapping[str, str]

    @property
    def settings(self) -> dict[str, str | int | float | bool | None]:
        """What a card tells of it."""
        figures: dict[str, str | int | float | bool | None] = {
            "steps": self.steps,
            "best_step": self.best_step,
            "held_out_loss": self.held_out_loss,
            "tokens_per_second": round(self.tokens_per_second, 1),
            "peak_megabytes": round(self.peak_megabytes),
            "seconds": round(self.seconds, 1),
            "precision": self.precision,
        }
        return asdict(self.recipe) | figures


def plan_training(
    base: Path, examples: Sequence[Example], recipe: Recipe | None = None, folder: Path | None = None
) -> Plan:
    """What the training will take, without loading a weight.

    UserProblem when the base cannot be trained, the examples are too few, too many or broken, the recipe is out of
    bounds, or memory or the disk of ``folder`` are too small.
    """
    recipe = recipe or Recipe()
    _check_recipe(recipe)
    described = describe(base)
    learned = sum(not example.held_out for example in examples)
    if learned < FEWEST:
        raise UserProblem("training_too_few", count=learned, fewest=FEWEST)
    if len(examples) > MOST:
        raise UserProblem("training_too_many", count=len(examples), most=MOST)
    lengths = []
    for number, example in enumerate(examples, 1):
        turns = example.turns
        if len(turns) < 2 or turns[-1].role != "assistant" or not turns[-1].content.strip():
            raise UserProblem("training_example", number=number)
        if not example.held_out:
            lengths.append(sum(_tokens(turn.content) + 6 for turn in turns) + 12)
    tokens = sum(lengths)
    memory_bytes, tokens_per_pass = _memory_need(described, recipe, max(lengths))
    wider = 4 * described.parameters
    free = available_memory()
    if free and memory_bytes > free:
        raise UserProblem("training_no_room", file=base.name, need=_giga(memory_bytes), free=_giga(free))
    # The adapter in single precision: the result, and twice a checkpoint of weights, two moments and the best so far.
    disk_bytes = 4 * recipe.rank * described.sides * 9 + 10_000_000
    if folder is not None:
        left = shutil.disk_usage(next(p for p in (folder, *folder.absolute().parents) if p.exists())).free
        if disk_bytes > left:
            raise UserProblem("training_no_disk", folder=folder, need=_giga(disk_bytes), free=_giga(left))
    work = tokens * recipe.epochs * (4 * described.linear + described.vocabulary * described.width)
    return Plan(
        base=described,
        examples=learned,
        held_out=len(examples) - learned,
        tokens_per_epoch=tokens,
        tokens_per_pass=tokens_per_pass,
        steps=recipe.epochs * -(-tokens // recipe.tokens_per_batch),
        memory_bytes=memory_bytes,
        peak_bytes=memory_bytes + (wider if not free or free > memory_bytes + wider else 0),
        disk_bytes=disk_bytes,
        seconds=described.parameters / _LOADED_A_SECOND + work / ((_PRODUCTS_WIDE if wide() else _PRODUCTS) * cores()),
    )


def _check_recipe(recipe: Recipe) -> None:
    bounds: tuple[tuple[str, float, float], ...] = (
        ("rank", 1, 256),
        ("alpha", 1, 1024),
        ("dropout", 0.0, 0.9),
        ("learning_rate", 1e-7, 1e-1),
        ("warm_up", 0.0, 0.9),
        ("weight_decay", 0.0, 1.0),
        ("epochs", 1, 1000),
        ("tokens_per_batch", 16, 65536),
        ("max_length", 16, 32768),
        ("evaluations_per_epoch", 1, 1000),
        ("patience", 1, 1000),
    )
    for name, least, most in bounds:
        value = getattr(recipe, name)
        if not least <= value <= most:
            raise UserProblem("training_recipe", name=name, value=value, least=least, most=most)


def _tokens(text: str) -> int:
    """About how many tokens a text is: letters come four to a token, other characters nearly one by one."""
    plain = sum(character < "\u2e80" for character in text)
    return int(plain / 3.8 + (len(text) - plain) * 0.8) + 1


def _memory_need(base: Base, recipe: Recipe, longest: int) -> tuple[int, int]:
    """Bytes at the peak, and how many tokens one pass may have so that little is added to what loading takes."""
    loading = 4 * base.parameters
    learning = 2 * base.parameters + 16 * recipe.rank * base.sides + 12 * _HEAD_ROWS * base.vocabulary
    token = 2 * base.layers * (_KEPT_WIDTHS * base.width + _KEPT_INNER * base.inner)
    fitting = max(_SMALLEST_PASS, longest, (loading - learning) // token)
    # A pass of a whole batch is the quickest; a large model's batch is done in several.
    tokens = recipe.tokens_per_batch if token * recipe.tokens_per_batch < 3e9 else fitting
    tokens = min(recipe.tokens_per_batch, tokens)
    return _RUNTIME_BYTES + max(loading, learning + token * max(tokens, min(longest, recipe.max_length))), tokens


def _giga(count: int) -> str:
    return f"{count / 1e9:.1f}"


def train(
    base: Path,
    examples: Sequence[Example],
    folder: Path,
    recipe: Recipe | None = None,
    *,
    report: Report = silent,
    on_step: Callable[[Step], None] = lambda _: None,
    cancel: CancelToken | None = None,
    checkpoint_seconds: float = CHECKPOINT_SECONDS,
) -> Trained:
    """Train an adapter for ``base`` into ``folder``; one that is finished already is given back as it is.

    Raises the UserProblems of :func:`plan_training`, those of a training that could not go on, and Cancelled.  What
    was learned until then stays in ``folder/unfinished`` for the next call; the adapter that was in ``folder`` before
    stays until a better one is complete.
    """
    recipe = recipe or Recipe()
    cancel = cancel or CancelToken()
    plan = plan_training(base, examples, recipe, folder)
    report(Progress("training_reading", item=base.name))
    try:
        folder.mkdir(parents=True, exist_ok=True)
        with FileLock(folder / LOCK, timeout=0):
            digest = base_sha256(base, cancel.check)
            fingerprint = _fingerprint(digest, examples, recipe)
            if (done := _finished(folder, fingerprint)) is not None:
                return done
            unfinished = folder / UNFINISHED
            job = Job(
                base=str(base),
                family=plan.base.family,
                base_sha256=digest,
                data_sha256=data_sha256(examples),
                fingerprint=fingerprint,
                examples=str(unfinished / "examples.jsonl"),
                unfinished=str(unfinished),
                folder=str(folder),
                tokens_per_pass=plan.tokens_per_pass,
                wide=plan.peak_bytes > plan.memory_bytes,
                checkpoint_seconds=checkpoint_seconds,
                threads=cores(),
                **asdict(recipe),
            )
            _prepare(unfinished, job, examples)
            _run(job, report, on_step, cancel)
            shutil.rmtree(unfinished, ignore_errors=True)
            return load_trained(folder)
    except Timeout as fault:
        raise UserProblem("training_busy", folder=folder) from fault
    except OSError as fault:
        raise _disk(folder, fault) from fault


def goes_on(base: str, examples: Sequence[Example], folder: Path, recipe: Recipe | None = None) -> bool:
    """Whether this very training (``base`` by its SHA-256) was broken off in ``folder`` after it had kept something."""
    unfinished = folder / UNFINISHED
    try:
        begun = (unfinished / "fingerprint").read_text(encoding="ascii")
    except (OSError, ValueError):
        return False
    return begun == _fingerprint(base, examples, recipe or Recipe()) and (unfinished / CHECKPOINT).is_file()


def discard(folder: Path) -> None:
    """Forget a training in ``folder`` that was not finished; what is finished there stays."""
    shutil.rmtree(folder / UNFINISHED, ignore_errors=True)


def load_trained(folder: Path) -> Trained:
    """The finished training in ``folder``.  UserProblem when there is none or its adapter is not the one it wrote."""
    try:
        record = json.loads((folder / RECORD).read_text(encoding="utf-8"))
        with (folder / ADAPTER).open("rb") as opened:
            digest = hashlib.file_digest(opened, "sha256").hexdigest()
        if digest != record["adapter_sha256"] or not (folder / CONFIGURATION).is_file():
            raise ValueError("another adapter")
        held_out = record["held_out_loss"]
        return Trained(
            folder=folder,
            recipe=Recipe(**record["recipe"]),
            steps=int(record["steps"]),
            best_step=int(record["best_step"]),
            held_out_loss=None if held_out is None else float(held_out),
            curve=tuple((int(s), float(loss), held) for s, loss, held in record["curve"]),
            tokens_per_second=float(record["tokens_per_second"]),
            peak_megabytes=float(record["peak_megabytes"]),
            seconds=float(record["seconds"]),
            base_sha256=str(record["base_sha256"]),
            data_sha256=str(record["data_sha256"]),
            adapter_sha256=digest,
            precision=str(record["precision"]),
            versions={str(name): str(version) for name, version in record["versions"].items()},
        )
    except (OSError, ValueError, KeyError, TypeError, AttributeError) as fault:
        raise UserProblem("training_result", folder=folder, fault=fault) from fault


def _finished(folder: Path, fingerprint: str) -> Trained | None:
    try:
        record = json.loads((folder / RECORD).read_text(encoding="utf-8"))
        return load_trained(folder) if record.get("fingerprint") == fingerprint else None
    except (OSError, ValueError, AttributeError, UserProblem):
        return None


def _fingerprint(base: str, examples: Sequence[Example], recipe: Recipe) -> str:
    held_out = [example.held_out for example in examples]
    told = [base, data_sha256(examples), held_out, asdict(recipe)]
    return hashlib.sha256(json.dumps(told, sort_keys=True).encode()).hexdigest()


def _prepare(unfinished: Path, job: Job, examples: Sequence[Example]) -> None:
    """An empty place to work in, unless this very training was begun there."""
    mark = unfinished / "fingerprint"
    if not mark.is_file() or mark.read_text(encoding="ascii") != job.fingerprint:
        shutil.rmtree(unfinished, ignore_errors=True)
        unfinished.mkdir(parents=True)
        save_examples(examples, Path(job.examples))
        mark.write_text(job.fingerprint, encoding="ascii")


def _run(job: Job, report: Report, on_step: Callable[[Step], None], cancel: CancelToken) -> None:
    cancel.check()
    context = multiprocessing.get_context("spawn")
    pipe, theirs = context.Pipe()
    # A daemon is ended by its parent; one whose parent was killed hears the pipe close.  Either way it keeps what it
    # has learned, which may take longer than a parent that ends can wait.
    process = context.Process(target=serve, args=(theirs, asdict(job)), name="vademecum trainer", daemon=True)
    start_alone(process)
    theirs.close()
    try:
        _listen(job, pipe, process, report, on_step, cancel)
    finally:
        process.kill()
        process.join()
        process.close()
        pipe.close()


def _listen(
    job: Job,
    pipe: Connection,
    process: SpawnProcess,
    report: Report,
    on_step: Callable[[Step], None],
    cancel: CancelToken,
) -> None:
    paused = False
    while True:
        if cancel.cancelled:
            _order(pipe, b"cancel")
            process.join(_ENDING_SECONDS)  # it keeps what it has learned
            cancel.check()
        if cancel.paused != paused:
            paused = cancel.paused
            _order(pipe, b"pause" if paused else b"resume")
        ready = wait((pipe, process.sentinel), timeout=_LOOK_SECONDS)
        if pipe in ready:
            try:
                told: dict[str, Any] = json.loads(pipe.recv_bytes())
            except (EOFError, OSError):
                raise _ended(job, process) from None
            kind = told.pop("kind")
            if kind == "step":
                on_step(Step(**told))
                report(Progress("training_running", told["step"], told["steps"]))
            elif kind == "stage":
                report(Progress(told["key"], item=Path(job.base).name))
            elif kind == "problem":
                process.join(_ENDING_SECONDS)
                raise UserProblem(told["key"], **told["details"])
            elif kind == "done":
                process.join(_ENDING_SECONDS)
                return
        elif ready:
            raise _ended(job, process)


def _order(pipe: Connection, word: bytes) -> None:
    try:
        pipe.send_bytes(word)
    except OSError:
        return  # it is gone, which the next look tells


def _ended(job: Job, process: SpawnProcess) -> UserProblem:
    process.join(_ENDING_SECONDS)
    # The system ends the largest process so when memory runs out; so does a person.
    if process.exitcode == -9:
        return UserProblem("training_killed", file=Path(job.base).name)
    return UserProblem("training_crashed", file=Path(job.base).name, code=process.exitcode)


def _disk(folder: Path, fault: OSError) -> UserProblem:
    if fault.errno in (errno.ENOSPC, getattr(errno, "EDQUOT", errno.ENOSPC)):
        return UserProblem("training_disk_full", folder=folder)
    return UserProblem("training_disk", folder=folder, fault=fault.strerror or os.strerror(fault.errno or 0))
