"""A merged F16 model becomes a smaller file; the smallest that still is the persona wins.

llama.cpp quantises in a throw-away process, because a bad file takes its process
down with it.  A merged model is only trusted at its final type: the weights of a
4-bit base sit on a 4-bit grid, and a small change of them can round away.
"""

from __future__ import annotations

import ctypes
import dataclasses
import multiprocessing
import os
import re
import shutil
import tempfile
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from multiprocessing.connection import Connection, wait
from pathlib import Path
from typing import Any

from gguf import GGMLQuantizationType

from core.errors import CancelToken, UserProblem
from core.machine import cores
from core.nouns import Progress, Report, silent
from core.spawning import start_alone
from models.gguf_file import GgufFile
from models.merge import GRIDS, merge, read_adapter
from models.probe import read_header
from models.recipe import IDENTITY_ONLY, SPARE_BYTES, Card, aside, beside, need_space, now, read_card, sha256, stamp

# From small to large: llama.cpp's number of each type, and about how many bits a weight takes.
KINDS: Mapping[str, int] = {"Q4_K_M": 15, "Q5_K_M": 17, "Q6_K": 18, "Q8_0": 7, "F16": 1}
BITS = {"Q4_K_M": 5.1, "Q5_K_M": 5.9, "Q6_K": 6.6, "Q8_0": 8.5, "F16": 16.0}
# Rows that are no multiple of 256 take llama.cpp's older types, which are larger.
NARROW_BITS = {"Q4_K_M": 6.5, "Q5_K_M": 7.0, "Q6_K": 8.5, "Q8_0": 8.5, "F16": 16.0}
# Types as coarse as a base is likely to be: rounding to them again can lose the persona.
COARSE = ("Q4_K_M", "Q5_K_M")
# What one tensor may take in memory while it is rewritten.
BUFFER_BYTES = 256 * 1024 * 1024
TICK = 0.1

_STEP = re.compile(r"\[\s*(\d+)/\s*(\d+)\]")


@dataclass(frozen=True, slots=True)
class Verdict:
    """What a gate says of a model file: whether it still is the persona, and what was measured."""

    passed: bool
    figures: Mapping[str, float]


Gate = Callable[[Path], Verdict]


@dataclass(frozen=True, slots=True)
class Tried:
    """One file that was tried: its type, whether what was learnt was dithered, its bytes, and what the gate said."""

    kind: str
    dithered: bool
    size: int
    passed: bool
    figures: Mapping[str, float]

    @property
    def label(self) -> str:
        """Type and rounding in a word or two, as on the card."""
        return f"{self.kind} dithered" if self.dithered else self.kind


@dataclass(frozen=True, slots=True)
class Exported:
    """A merged model that keeps its persona, and everything that was tried on the way, smallest first.

    ``kind`` is the label of the last of these.
    """

    path: Path
    kind: str
    size: int
    sha256: str
    card: Card
    tried: tuple[Tried, ...]


def quantise(
    source: Path,
    out: Path,
    kind: str,
    threads: int = 0,
    report: Report = silent,
    cancel: CancelToken | None = None,
    overrides: Mapping[str, GGMLQuantizationType] | None = None,
) -> None:
    """Writes the F16 model ``source`` as ``kind`` (one of KINDS), in a process of its own.

    ``overrides`` gives tensors whose names match a pattern a type of their own.  Raises UserProblem
    ``quantise_unknown_kind``, ``quantise_failed``, those of a bad file and of a full disk; Cancelled.
    """
    _known(kind)
    read_header(source)
    need_space(out.parent, estimated_size(source, kind))
    with aside(out) as part:
        wanted = [(pattern, int(number)) for pattern, number in (overrides or {}).items()]
        _in_a_child((os.fspath(source), os.fspath(part), KINDS[kind], threads or cores(), wanted), kind, report, cancel)
        _whole(part, source, kind)


def estimated_size(source: Path, kind: str) -> int:
    """About how many bytes ``source`` will have as ``kind``; rather more than fewer."""
    bits = 0.0
    with GgufFile(source) as file:
        head = min((t.start for t in file.tensors.values()), default=0)
        for tensor in file.tensors.values():
            table = NARROW_BITS if tensor.shape[-1] % 256 else BITS
            bits += tensor.rows * tensor.shape[-1] * (32 if len(tensor.shape) == 1 else table[_known(kind)])
    return head + round(bits / 8)


def export_merged(
    base: Path,
    adapter: Path,
    out: Path,
    wanted: str,
    gate: Gate,
    threads: int = 0,
    report: Report = silent,
    cancel: CancelToken | None = None,
    hf_base: Path | None = None,
    card: Card | None = None,
) -> Exported:
    """Merges adapter and base into ``out``, as ``wanted`` or the next larger type at which ``gate`` still passes.

    At the coarse types a dithered merge is tried before the next larger type.  Each file that the gate is asked about
    is complete; those that fail are deleted.  The card (``card``, or the one beside the adapter) goes into the file
    and beside it, with the figures of everything that was tried.  Raises UserProblem ``export_persona_lost`` when not
    even F16 passes, ``export_is_input``, ``adapter_other_base`` when the card names another base, those of
    :func:`models.merge.merge` and of :func:`quantise`; Cancelled.
    """
    kinds = list(KINDS)[list(KINDS).index(_known(wanted)) :]
    if _same(out, base) or _same(out, adapter):
        raise UserProblem("export_is_input", file=out.name)
    read_header(base)
    read_adapter(adapter)
    given = card or read_card(beside(adapter))
    # A file and its copy with the card, beside the F16 one that it is made of; this may be the file itself.
    merged = estimated_size(base, "F16")
    beside_it = {kind: merged if kind == "F16" else 2 * estimated_size(base, kind) for kind in kinds}
    need_space(out.parent, merged + max(beside_it.values()))
    report(Progress("export_checking", item=base.name))
    check_card(given, base, adapter, cancel)
    folder = _workplace(out)
    merges: dict[bool, Path] = {}
    tried: list[Tried] = []
    try:
        for kind, dithered in _attempts(kinds, base, hf_base):
            if cancel:
                cancel.check()
            if dithered and shutil.disk_usage(folder).free < merged + beside_it[kind] + SPARE_BYTES:
                continue  # a second merge is a convenience, not worth a full disk
            if dithered not in merges:
                merges[dithered] = folder / f"F16{'-dithered' * dithered}.gguf"
                seed = given.seed if dithered else None
                merge(base, adapter, merges[dithered], report, cancel, hf_base, dither=seed)
            file = merges[dithered]
            if kind != "F16":
                file = folder / f"{kind}.gguf"
                quantise(merges[dithered], file, kind, threads, report, cancel)
            report(Progress("export_testing", len(tried), 0, kind))
            verdict = gate(file)
            tried.append(Tried(kind, dithered, file.stat().st_size, verdict.passed, dict(verdict.figures)))
            if verdict.passed:
                return _settle(file, out, given, tried, report, cancel)
            report(Progress("export_step_up", len(tried), 0, tried[-1].label))
            file.unlink()
        raise UserProblem("export_persona_lost", adapter=adapter.name, kinds=", ".join(t.label for t in tried))
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def _attempts(kinds: Sequence[str], base: Path, hf_base: Path | None) -> Iterator[tuple[str, bool]]:
    """The types in order, and whether what was learnt is dithered: only a base that lies on a grid has use for it."""
    with GgufFile(base) as file:
        gridded = hf_base is None and any(t.kind in GRIDS for t in file.tensors.values())
    for kind in kinds:
        yield kind, False
        if gridded and kind in COARSE:
            yield kind, True


def check_card(card: Card, base: Path, adapter: Path, cancel: CancelToken | None = None) -> None:
    """Makes sure that the card is of this adapter file, made for this base file.

    UserProblem ``adapter_other_base`` or ``card_other_adapter``; Cancelled.
    """
    if card.adapter_sha256 != sha256(adapter, cancel):
        raise UserProblem("card_other_adapter", adapter=adapter.name)
    actual = sha256(base, cancel)
    if card.base_sha256 != actual:
        raise UserProblem(
            "adapter_other_base",
            persona=card.persona,
            wanted=card.base,
            wanted_hash=card.base_sha256[:12],
            base=base.name,
            base_hash=actual[:12],
        )


def _settle(
    file: Path, out: Path, card: Card, tried: Sequence[Tried], report: Report, cancel: CancelToken | None
) -> Exported:
    chosen = tried[-1]
    gate = {**card.gate, **{t.label: dict(t.figures) for t in tried}}
    made = dataclasses.replace(card, kind=chosen.label, file_sha256="", gate=gate, created=now(), asked=IDENTITY_ONLY)
    settled = stamp(file, out, made, report, cancel)
    return Exported(out, chosen.label, out.stat().st_size, settled.file_sha256, settled, tuple(tried))


def _known(kind: str) -> str:
    if kind not in KINDS:
        raise UserProblem("quantise_unknown_kind", kind=kind, known=", ".join(KINDS))
    return kind


def _same(one: Path, other: Path) -> bool:
    with suppress(OSError):
        return one.resolve() == other.resolve() or (one.exists() and one.samefile(other))
    return False


def _workplace(out: Path) -> Path:
    """An empty folder on the disk of ``out``, so that nothing is copied twice."""
    try:
        out.parent.mkdir(parents=True, exist_ok=True)
        return Path(tempfile.mkdtemp(dir=out.parent, prefix=f".{out.stem}-"))
    except OSError as fault:
        raise UserProblem("output_not_written", file=out, fault=fault.strerror or fault) from fault


def _whole(made: Path, source: Path, kind: str) -> None:
    """An output's existence is no success: every tensor must be in it, in its shape."""
    try:
        with GgufFile(made) as new, GgufFile(source) as old:
            same = {n: t.shape for n, t in new.tensors.items()} == {n: t.shape for n, t in old.tensors.items()}
    except UserProblem as fault:
        raise UserProblem("quantise_failed", file=source.name, kind=kind, reason=fault.key) from fault
    if not same:
        raise UserProblem("quantise_failed", file=source.name, kind=kind, reason="tensors")


_Work = tuple[str, str, int, int, list[tuple[str, int]]]


def _in_a_child(work: _Work, kind: str, report: Report, cancel: CancelToken | None) -> None:
    context = multiprocessing.get_context("spawn")
    ours, theirs = context.Pipe(duplex=False)
    child = context.Process(target=_quantise, args=(theirs, work), name="vademecum quantise", daemon=True)
    start_alone(child)
    theirs.close()
    try:
        report(Progress("quantising", item=kind))
        told = ""
        while told == "":
            if cancel:
                cancel.check()
            if ours in wait([ours, child.sentinel], TICK) or ours.poll():
                try:
                    message = ours.recv_bytes(1000).decode()
                except (EOFError, OSError):
                    break
                if message.startswith("["):
                    done, total = message.strip("[]").split("/")
                    report(Progress("quantising", int(done), int(total), kind))
                else:
                    told = message
            elif not child.is_alive():
                break
        if told != "done":
            child.join(5)
            full = shutil.disk_usage(Path(work[1]).parent).free < 1_000_000
            if full:
                raise UserProblem("output_disk_full", folder=Path(work[1]).parent)
            reason = told or f"exit code {child.exitcode}"
            raise UserProblem("quantise_failed", file=Path(work[0]).name, kind=kind, reason=reason)
    finally:
        child.kill()
        child.join()
        child.close()
        ours.close()


def _quantise(pipe: Connection, work: _Work) -> None:
    """In the child: quantises, and tells "[done/total]" at each tensor, then "done" or what went wrong."""
    source, out, number, threads, overrides = work
    # Loads a native library, which only this throw-away process needs.
    import llama_cpp.llama_cpp as lib

    def heard(_level: int, text: bytes | None, _data: object) -> None:
        if found := _STEP.search((text or b"").decode("utf-8", "replace")):
            with suppress(OSError):
                pipe.send_bytes(f"[{found[1]}/{found[2]}]".encode())

    callback = lib.llama_log_callback(heard)
    lib.llama_log_set(callback, ctypes.c_void_p(0))
    parameters: Any = lib.llama_model_quantize_default_params()
    parameters.ftype = number
    parameters.nthread = threads
    parameters.max_buf_size = BUFFER_BYTES
    if overrides:
        table = (lib.llama_model_tensor_override * (len(overrides) + 1))()
        for place, (pattern, kind) in zip(table, overrides, strict=False):
            place.pattern, place.type = pattern.encode(), kind
        parameters.tt_overrides = ctypes.cast(table, type(parameters.tt_overrides))
    status = lib.llama_model_quantize(os.fsencode(source), os.fsencode(out), ctypes.byref(parameters))
    with suppress(OSError):
        pipe.send_bytes(b"done" if status == 0 else f"status {status}".encode())
    pipe.close()
    # Native threads must not keep a finished process, and there is nothing else to give back.
    os._exit(0)
