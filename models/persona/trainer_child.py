"""The training itself, in a process of its own: it learns, keeps checkpoints, and tells its parent over a pipe.

A checkpoint is one file of safetensors: the adapter, the best adapter so far, the optimiser's memory, the state of
chance, and in its header where the training stands.  It is written aside and renamed last.
"""

from __future__ import annotations

import ctypes
import errno
import hashlib
import json
import math
import os
import signal
import sys
import threading
import time
import warnings
from collections import deque
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import asdict, dataclass, field
from importlib.metadata import version
from multiprocessing.connection import Connection
from pathlib import Path
from typing import TYPE_CHECKING, Any

from core.errors import Cancelled, CancelToken, UserProblem
from models.persona.example import Example, load_examples

if TYPE_CHECKING:
    from models.persona.training_network import Network, Optimiser
    from models.persona.training_packs import Pack
    from models.persona.training_text import Lesson

ADAPTER, CONFIGURATION, RECORD = "adapter_model.safetensors", "adapter_config.json", "training.json"
CHECKPOINT = "checkpoint.safetensors"
# Held-out lessons that are looked at: more would take longer and tell little more.
_WATCHED = 48
# A held-out loss has to fall by as much to count as better.
_BETTER = 0.002
_RECENT = 8  # steps over which speed is told
_LIBRARIES = ("torch", "transformers", "peft", "gguf")
_LAST_SECONDS = 30.0  # for the step under way and its checkpoint, once the parent is gone
_BELOW_NORMAL = 0x4000  # BELOW_NORMAL_PRIORITY_CLASS of Windows


@dataclass(frozen=True, slots=True)
class Job:
    """What is to be done, in plain values; the lower half is the recipe."""

    base: str
    family: str
    base_sha256: str
    data_sha256: str
    fingerprint: str
    examples: str
    unfinished: str
    folder: str
    tokens_per_pass: int
    wide: bool  # whether there is memory for float32 weights
    checkpoint_seconds: float
    threads: int
    rank: int
    alpha: int
    dropout: float
    learning_rate: float
    warm_up: float
    weight_decay: float
    epochs: int
    tokens_per_batch: int
    max_length: int
    evaluations_per_epoch: int
    patience: int
    seed: int

    @property
    def recipe(self) -> dict[str, int | float]:
        """The recipe's part of it."""
        names = list(self.__dataclass_fields__)
        return {name: getattr(self, name) for name in names[names.index("rank") :]}


@dataclass(slots=True)
class _Position:
    """Where the training stands."""

    step: int = 0
    best: float | None = None
    best_step: int = 0
    worse: int = 0  # evaluations since the best
    seconds: float = 0.0
    learning_seconds: float = 0.0
    tokens: int = 0
    peak: float = 0.0
    curve: list[tuple[int, float, float | None]] = field(default_factory=list)


def serve(pipe: Connection, plain: dict[str, Any]) -> None:
    """Do the job that ``plain`` holds; everything that is to be known goes through ``pipe`` as JSON."""
    job = Job(**plain)
    token = CancelToken()
    training = _Training(job, pipe, token)
    threading.Thread(target=_hear, args=(pipe, token, training.learning), name="orders", daemon=True).start()
    if sys.platform != "win32":  # there nobody is asked
        # A parent that ends in order ends its children: what was learned is kept first.
        signal.signal(signal.SIGTERM, lambda *_: token.cancel())
    step_aside()
    try:
        training.run()
        _tell(pipe, "done")
    except Cancelled:
        return
    except UserProblem as problem:
        _tell(pipe, "problem", key=problem.key, details={name: str(value) for name, value in problem.details.items()})
    except MemoryError:
        _tell(pipe, "problem", key="training_no_memory", details={"file": Path(job.base).name})
    except OSError as fault:
        full = fault.errno in (errno.ENOSPC, getattr(errno, "EDQUOT", errno.ENOSPC))
        details = {"folder": job.folder} if full else {"folder": job.folder, "fault": str(fault.strerror or fault)}
        _tell(pipe, "problem", key="training_disk_full" if full else "training_disk", details=details)
    except RuntimeError as fault:
        if "allocate" not in str(fault):  # torch's way to say that memory ran out
            raise
        _tell(pipe, "problem", key="training_no_memory", details={"file": Path(job.base).name})


def _hear(pipe: Connection, token: CancelToken, learning: threading.Event) -> None:
    orders = {b"pause": token.pause, b"resume": token.resume, b"cancel": token.cancel}
    while True:
        try:
            orders[pipe.recv_bytes()]()
        except (EOFError, OSError):
            # The parent is gone: nobody waits for the result, but what was learned is kept for the next start.
            token.cancel()
            if learning.is_set():
                time.sleep(_LAST_SECONDS)
            os._exit(1)


def _tell(pipe: Connection, kind: str, **told: object) -> None:
    with suppress(OSError):  # the parent is gone, which whoever hears its orders knows
        pipe.send_bytes(json.dumps({"kind": kind, **told}).encode())


def step_aside() -> None:
    """Low priority, no network, no chatter, and no waiting that takes a core; before torch is imported."""
    if sys.stdout is None or sys.stderr is None:  # a windowed program has no streams, and some libraries write
        sys.stdout = sys.stdout or open(os.devnull, "w")  # noqa: SIM115
        sys.stderr = sys.stderr or sys.stdout
    for name in ("HF_HUB_OFFLINE", "TRANSFORMERS_OFFLINE", "HF_HUB_DISABLE_TELEMETRY", "HF_HUB_DISABLE_PROGRESS_BARS"):
        os.environ[name] = "1"
    os.environ["TRANSFORMERS_VERBOSITY"] = "error"
    os.environ["TQDM_DISABLE"] = "1"
    os.environ["TOKENIZERS_PARALLELISM"] = "false"
    warnings.simplefilter("ignore")
    # Threads that wait for each other spin; beside another busy program that makes it four times slower.
    os.environ["GOMP_SPINCOUNT"] = "1000"
    os.environ["KMP_BLOCKTIME"] = "0"
    with suppress(OSError, AttributeError):
        if sys.platform == "win32":
            kernel = ctypes.windll.kernel32
            kernel.SetPriorityClass(kernel.GetCurrentProcess(), _BELOW_NORMAL)
        else:
            os.nice(10)


class _Training:
    def __init__(self, job: Job, pipe: Connection, token: CancelToken) -> None:
        self.job, self.pipe, self.token = job, pipe, token
        self.at = _Position()
        self.recent: deque[tuple[int, float]] = deque(maxlen=_RECENT)
        self.learning = threading.Event()  # there is something that a checkpoint would keep
        self.saved = time.monotonic()

    def run(self) -> None:
        # Only now, when the environment tells them how to behave; torch takes seconds.
        import torch
        from safetensors import SafetensorError
        from transformers.utils import logging

        from models.persona.training_network import Network, Optimiser, faster_precision, load

        logging.disable_progress_bar()
        torch.set_num_threads(self.job.threads)
        begin = time.monotonic()
        self.stage("training_examples")
        self.batches, self.held_out, left_out = self.lessons()
        self.stage("training_loading")
        held = self.checkpoint()
        precision = held["precision"] if held else faster_precision() if self.job.wide else "bfloat16"
        try:
            base = load(Path(self.job.base), precision)
        except (MemoryError, Cancelled):
            raise
        except Exception as fault:
            if isinstance(fault, RuntimeError) and "allocate" in str(fault):
                raise
            # Whatever a library says of a file that it cannot read, the sentence for the person is the same.
            raise UserProblem("training_base", file=Path(self.job.base).name, fault=fault) from fault
        job = self.job
        self.precision = precision
        self.network: Network = Network(base, job.rank, job.alpha, job.dropout, job.seed)
        steps = len(self.batches)
        self.optimiser: Optimiser = Optimiser(
            self.network, job.learning_rate, job.weight_decay, round(job.warm_up * steps), steps
        )
        self.best = self.network.adapter()
        if held:
            try:
                self.resume(held)
            except (SafetensorError, ValueError, KeyError):
                self.at = _Position()  # a damaged checkpoint: begin anew
        self.begin = begin - self.at.seconds
        self.first = self.at.step
        self.learn()
        self.finish(left_out)

    def stage(self, key: str) -> None:
        self.token.check()
        _tell(self.pipe, "stage", key=key)

    def lessons(self) -> tuple[list[list[Pack]], list[Pack], int]:
        """(the batches of all epochs, the held-out lessons, how many examples are too long to be used)."""
        from models.persona.training_packs import cut, epoch, pack
        from models.persona.training_text import words_of

        job = self.job
        examples = load_examples(Path(job.examples))
        words = words_of(Path(job.base))
        made = [(example, words.lesson(example.turns)) for example in examples]
        fitting = [(example, lesson) for example, lesson in made if len(lesson.ids) <= job.max_length]
        learned = [lesson for example, lesson in fitting if not example.held_out]
        if not learned:
            raise UserProblem("training_too_long", tokens=job.max_length)

        def packed(lessons: Sequence[Lesson]) -> list[Pack]:
            return [pack(part) for part in cut(lessons, job.tokens_per_pass)]

        batches = [
            packed(batch)
            for number in range(job.epochs)
            for batch in epoch(learned, job.tokens_per_batch, job.seed, number)
        ]
        return batches, packed(_sample(fitting)), len(made) - len(fitting)

    def learn(self) -> None:
        from models.persona.training_network import mean_loss

        job, at = self.job, self.at
        steps = len(self.batches)
        every = max(1, round(steps / (job.epochs * job.evaluations_per_epoch)))
        while at.step < steps and not (self.held_out and at.worse >= job.patience):
            if self.token.paused or self.token.cancelled:
                self.keep()
                waited = time.monotonic()
                self.token.check()
                self.begin += time.monotonic() - waited  # a pause is no training time
            begin = time.monotonic()
            self.learning.set()
            loss = self.step(self.batches[at.step])
            at.step += 1
            spent = time.monotonic() - begin
            tokens = sum(pack.tokens for pack in self.batches[at.step - 1])
            at.tokens += tokens
            at.learning_seconds += spent
            self.recent.append((tokens, spent))
            held_out = None
            if self.held_out and (at.step % every == 0 or at.step == steps):
                held_out = mean_loss(self.network, self.held_out)
                if at.best is None or held_out < at.best - _BETTER:
                    at.best, at.best_step, at.worse = held_out, at.step, 0
                    self.best = self.network.adapter()
                else:
                    at.worse += 1
            at.curve.append((at.step, round(loss, 5), None if held_out is None else round(held_out, 5)))
            self.show(loss, steps)
            if time.monotonic() - self.saved >= job.checkpoint_seconds:
                self.keep()

    def step(self, packs: Sequence[Pack]) -> float:
        said = sum(len(pack.said) for pack in packs)
        total = 0.0
        for pack in packs:
            loss = self.network.loss(pack, True) / said
            loss.backward()
            total += float(loss.detach())
        if not math.isfinite(total):
            raise UserProblem("training_diverged", step=self.at.step + 1)
        self.optimiser.step(self.at.step)
        return total

    def show(self, loss: float, steps: int) -> None:
        at = self.at
        at.seconds = time.monotonic() - self.begin
        at.peak = max(at.peak, peak_megabytes())
        measured = [held for _, _, held in at.curve if held is not None]
        done = at.step - self.first
        learned = sum(spent for _, spent in self.recent)
        _tell(
            self.pipe,
            "step",
            step=at.step,
            steps=steps,
            loss=loss,
            held_out_loss=measured[-1] if measured else None,
            tokens_per_second=sum(tokens for tokens, _ in self.recent) / max(learned, 1e-9),
            seconds_left=(steps - at.step) * at.learning_seconds / max(1, at.step) if done else 0.0,
            peak_megabytes=at.peak,
        )

    # -- checkpoints

    def keep(self) -> None:
        import torch
        from safetensors.torch import save

        tensors = {f"adapter.{name}": weight for name, weight in self.network.adapter().items()}
        tensors |= {f"best.{name}": weight for name, weight in self.best.items()}
        tensors |= {f"optimiser.{name}": value for name, value in self.optimiser.state().items()}
        tensors["chance"] = torch.get_rng_state()
        where = {
            "fingerprint": self.job.fingerprint,
            "precision": self.precision,
            "position": json.dumps(asdict(self.at)),
        }
        write_aside(Path(self.job.unfinished) / CHECKPOINT, save(tensors, metadata=where))
        self.saved = time.monotonic()

    def checkpoint(self) -> dict[str, str]:
        """What the header of this training's checkpoint says; empty when there is none."""
        from safetensors import SafetensorError, safe_open

        file = Path(self.job.unfinished) / CHECKPOINT
        if not file.is_file():
            return {}
        try:
            with safe_open(file, "pt") as opened:
                told = dict(opened.metadata() or {})
        except SafetensorError:
            return {}
        return told if told.get("fingerprint") == self.job.fingerprint else {}

    def resume(self, held: dict[str, str]) -> None:
        import torch
        from safetensors.torch import load_file

        parts: dict[str, dict[str, torch.Tensor]] = {"adapter": {}, "best": {}, "optimiser": {}}
        tensors = load_file(Path(self.job.unfinished) / CHECKPOINT)
        for name, value in tensors.items():
            part, _, rest = name.partition(".")
            if rest:
                parts[part][rest] = value
        position = json.loads(held["position"])
        position["curve"] = [(step, loss, other) for step, loss, other in position["curve"]]
        self.network.put(parts["adapter"])
        self.optimiser.put(parts["optimiser"])
        self.best = parts["best"]
        torch.set_rng_state(tensors["chance"])
        self.at = _Position(**position)

    # -- the result

    def finish(self, left_out: int) -> None:
        from safetensors.torch import save

        self.stage("training_writing")
        at, job = self.at, self.job
        adapter = self.best if at.best is not None else self.network.adapter()
        data = save(adapter, metadata={"format": "pt"})
        at.seconds = time.monotonic() - self.begin
        record = {
            "fingerprint": job.fingerprint,
            "recipe": job.recipe,
            "family": job.family,
            "steps": at.step,
            "best_step": at.best_step or at.step,
            "held_out_loss": at.best,
            "curve": at.curve,
            "tokens": at.tokens,
            "tokens_per_second": at.tokens / max(at.learning_seconds, 1e-9),
            "peak_megabytes": max(at.peak, peak_megabytes()),
            "seconds": at.seconds,
            "left_out": left_out,
            "seed": job.seed,
            "precision": self.precision,
            "threads": job.threads,
            "base_sha256": job.base_sha256,
            "data_sha256": job.data_sha256,
            "adapter_sha256": hashlib.sha256(data).hexdigest(),
            "versions": {name: version(name) for name in _LIBRARIES},
        }
        folder = Path(job.folder)
        # The record comes last and goes first: with it, the others are whole and belong together.
        (folder / RECORD).unlink(missing_ok=True)
        write_aside(folder / ADAPTER, data)
        write_aside(folder / CONFIGURATION, self.network.configuration(Path(job.base).name).encode())
        write_aside(folder / RECORD, json.dumps(record, indent=1).encode())


def _sample(fitting: Sequence[tuple[Example, Lesson]]) -> list[Lesson]:
    """Some of the held-out lessons, evenly from every kind."""
    held_out = sorted((pair for pair in fitting if pair[0].held_out), key=lambda pair: pair[0].kind)
    stride = max(1.0, len(held_out) / _WATCHED)
    return [held_out[int(number * stride)][1] for number in range(min(len(held_out), _WATCHED))]


def write_aside(file: Path, data: bytes) -> None:
    """Write ``data`` beside ``file``, wait until the disk has it, and rename it."""
    aside = file.with_name(file.name + ".new")
    try:
        with aside.open("wb") as stream:
            stream.write(data)
            stream.flush()
            os.fsync(stream.fileno())
        os.replace(aside, file)
    except OSError:
        with suppress(OSError):
            aside.unlink()
        raise


def peak_megabytes() -> float:
    """The most memory this process has had so far; 0 where the system does not tell."""
    # Not from getrusage: there a child begins with its parent's peak.
    with suppress(OSError, ValueError, IndexError):
        for line in Path("/proc/self/status").read_text(encoding="ascii").splitlines():
            if line.startswith("VmHWM:"):
                return int(line.split()[1]) / 1024
    if sys.platform == "darwin":
        import resource  # exists on Unix only

        return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1e6
    return 0.0
