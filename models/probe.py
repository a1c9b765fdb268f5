"""Is this file a language model that works here?

First the header is read in plain Python, so that a cut or foreign file never
reaches native code; then the file is loaded in a throw-away child process, because
bad metadata can take the whole process down with it.
"""

from __future__ import annotations

import contextlib
import dataclasses
import json
import signal
import struct
import subprocess
import sys
import tempfile
import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import IO

from gguf import GGML_QUANT_SIZES, GGMLQuantizationType

from core.errors import CancelToken, UserProblem
from core.nouns import Progress, Report, silent

MAGIC = b"GGUF"
# Far above any real model, far below what would exhaust memory.
MAX_ENTRIES = 100_000
MAX_ARRAY = 10_000_000
MAX_STRING = 64 * 1024 * 1024
TEXT, LIST = 8, 9
PATTERNS = {0: "B", 1: "b", 2: "H", 3: "h", 4: "I", 5: "i", 6: "f", 7: "?", 10: "Q", 11: "q", 12: "d"}
# Networks that only read: they give vectors, no text.
READERS = frozenset(
    {"bert", "nomic-bert", "nomic-bert-moe", "jina-bert-v2", "jina-bert-v3", "modern-bert", "neo-bert", "eurobert"}
)
# What does not load as a language model at all: image encoders and the like.
FOREIGN = frozenset({"clip", "wavtokenizer-dec"})
LIMIT_SECONDS = 180.0
LEAST_CONTEXT = 2048  # tokens: the passages for one question, the instructions, and the answer
_WORTH_IT = 1.05
# Beside the file itself, loading may keep a second, rearranged copy of the weights and the program's own memory.
SPARE_BYTES = 4 * 1024**3


@dataclass(frozen=True, slots=True)
class Header:
    """What a GGUF file says about itself.  ``needed_bytes`` is where its last tensor ends."""

    architecture: str
    name: str
    licence: str
    chat_template: bool
    context: int
    tensors: int
    needed_bytes: int


@dataclass(frozen=True, slots=True)
class Probe:
    """What loading the file gave: speeds in tokens per second, and with which wide kernels, if any."""

    architecture: str
    chat_template: bool
    prompt_tokens_per_second: float
    tokens_per_second: float
    wide: str = ""


class _Cut(Exception):
    """The file ends before its own header or data does."""


class _Cursor:
    def __init__(self, file: IO[bytes]) -> None:
        self.file = file

    def raw(self, count: int) -> bytes:
        data = self.file.read(count)
        if len(data) < count:
            raise _Cut
        return data

    def number(self, pattern: str) -> int:
        (value,) = struct.unpack("<" + pattern, self.raw(struct.calcsize("<" + pattern)))
        return int(value)

    def text(self) -> bytes:
        length = self.number("Q")
        if length > MAX_STRING:
            raise ValueError("a text of impossible length")
        return self.raw(length)

    def value(self, kind: int) -> object:
        """One value; of a list only its length, since nothing here needs the items."""
        if kind == TEXT:
            return self.text().decode("utf-8", "replace")
        if kind == LIST:
            inner, count = self.number("I"), self.number("Q")
            if count > MAX_ARRAY:
                raise ValueError("a list of impossible length")
            if inner in PATTERNS:
                self.raw(struct.calcsize("<" + PATTERNS[inner]) * count)
            elif inner == TEXT:
                for _ in range(count):
                    self.text()
            else:
                raise ValueError("a list of unknown type")
            return count
        if kind not in PATTERNS:
            raise ValueError("a value of unknown type")
        (value,) = struct.unpack("<" + PATTERNS[kind], self.raw(struct.calcsize("<" + PATTERNS[kind])))
        return value


def read_header(file: Path) -> Header:
    """The header of a GGUF language model.

    Raises UserProblem ``model_file_missing``, ``model_file_unreadable``, ``model_not_gguf``, ``model_cut``,
    ``model_damaged``, ``model_split``, ``model_embedding_only``, ``model_not_language`` or
    ``model_without_chat_template``.
    """
    if not file.is_file():
        raise UserProblem("model_file_missing", file=file)
    try:
        size = file.stat().st_size
        with file.open("rb") as opened:
            magic = opened.read(4)
            if magic != MAGIC:
                raise UserProblem("model_not_gguf", file=file.name)
            values, tensors, needed = _read(_Cursor(opened))
    except _Cut as fault:
        raise UserProblem("model_cut", file=file.name) from fault
    except (ValueError, struct.error, OverflowError, MemoryError) as fault:
        raise UserProblem("model_damaged", file=file.name) from fault
    except OSError as fault:
        raise UserProblem("model_file_unreadable", file=file, fault=fault.strerror) from fault
    if needed > size:
        raise UserProblem("model_cut", file=file.name)
    header = Header(
        architecture=str(values.get("general.architecture", "")),
        name=str(values.get("general.name", "")),
        licence=str(values.get("general.license", "")),
        chat_template=bool(values.get("tokenizer.chat_template")),
        context=_whole(values.get(f"{values.get('general.architecture')}.context_length")),
        tensors=tensors,
        needed_bytes=needed,
    )
    _refuse_unfit(file, header, values)
    return header


def _read(cursor: _Cursor) -> tuple[dict[str, object], int, int]:
    version = cursor.number("I")
    if version not in (2, 3):
        raise ValueError("an unknown version")
    tensors, entries = cursor.number("Q"), cursor.number("Q")
    if tensors > MAX_ENTRIES or entries > MAX_ENTRIES:
        raise ValueError("impossible counts")
    values: dict[str, object] = {}
    for _ in range(entries):
        key = cursor.text().decode("utf-8", "replace")
        values[key] = cursor.value(cursor.number("I"))
    end = 0
    for _ in range(tensors):
        cursor.text()
        dimensions = cursor.number("I")
        if dimensions > 8:
            raise ValueError("a tensor of impossible shape")
        count = 1
        for _ in range(dimensions):
            count *= cursor.number("Q")
        kind, offset = cursor.number("I"), cursor.number("Q")
        end = max(end, offset + _bytes(kind, count))
    alignment = _whole(values.get("general.alignment")) or 32
    start = -(-cursor.file.tell() // alignment) * alignment
    return values, tensors, start + end if tensors else cursor.file.tell()


def _bytes(kind: int, count: int) -> int:
    try:
        block, size = GGML_QUANT_SIZES[GGMLQuantizationType(kind)]
    except (ValueError, KeyError):
        return 0  # a type newer than this table: llama.cpp itself will say whether it knows it
    return count // block * size


def _whole(value: object) -> int:
    return value if isinstance(value, int) and value > 0 else 0


def _refuse_unfit(file: Path, header: Header, values: dict[str, object]) -> None:
    if _whole(values.get("split.count")) > 1:
        raise UserProblem("model_split", file=file.name)
    architecture = header.architecture
    if not architecture or architecture in FOREIGN or values.get("general.type", "model") != "model":
        raise UserProblem("model_not_language", file=file.name)
    if not header.tensors:
        raise UserProblem("model_damaged", file=file.name)
    if architecture in READERS or _whole(values.get(f"{architecture}.pooling_type")):
        raise UserProblem("model_embedding_only", file=file.name)
    if not header.chat_template:
        raise UserProblem("model_without_chat_template", file=file.name)


def probe(
    file: Path,
    command: Sequence[str],
    seconds: float = LIMIT_SECONDS,
    report: Report = silent,
    cancel: CancelToken | None = None,
    *,
    try_wide: bool = True,
) -> Probe:
    """Loads ``file`` in a child process and lets it write a few tokens.

    ``command`` starts the child; the file is added to it.  It prints one line of JSON with ``ok``,
    ``architecture``, ``chat_template``, ``prompt_tokens_per_second`` and ``tokens_per_second``, or ``ok`` false and
    perhaps the message ``key`` ``model_no_memory`` or ``prompt_too_long`` (with its ``limit``).  The child is ended
    after ``seconds``, and may not use more memory than twice the file and 4 GiB.  Where the child says
    ``wide_kernels``, another one tries these (``--wide``); they count when they work and read prompts faster.  Not
    with ``try_wide`` false, for who only wants to know whether the file works.

    Raises the UserProblems of :func:`read_header`, ``model_refused``, ``model_cannot_load``, ``model_no_memory``,
    ``model_context_small`` or ``model_too_slow``; Cancelled.
    """
    read_header(file)
    report(Progress("model_probing", item=file.name))
    told, portable = _try(file, command, seconds, cancel)
    if try_wide and (kernels := told.get("wide_kernels")):
        # Whatever goes wrong with these, the portable ones have just worked.
        with contextlib.suppress(UserProblem):
            _, wide = _try(file, [*command, "--wide"], seconds, cancel)
            if wide.prompt_tokens_per_second > _WORTH_IT * portable.prompt_tokens_per_second:
                return dataclasses.replace(wide, wide=str(kernels))
    return portable


def _try(
    file: Path, command: Sequence[str], seconds: float, cancel: CancelToken | None
) -> tuple[dict[str, object], Probe]:
    """One child's own words, and what they say."""
    with tempfile.TemporaryFile() as out:
        code = _run([*command, str(file)], out, file.stat().st_size, file.name, seconds, cancel)
        out.seek(0)
        told = _last_json(out.read().decode("utf-8", "replace"))
    if told.get("key") == "model_no_memory":
        raise UserProblem("model_no_memory", file=file.name)
    if told.get("key") == "prompt_too_long":
        raise UserProblem("model_context_small", file=file.name, context=told.get("limit"), least=LEAST_CONTEXT)
    if told.get("ok") is False:
        raise UserProblem("model_refused", file=file.name)
    if code != 0 or not told:
        raise UserProblem("model_cannot_load", file=file.name, reason=_ending(code))
    try:
        return told, Probe(
            architecture=str(told["architecture"]),
            chat_template=bool(told["chat_template"]),
            prompt_tokens_per_second=float(str(told["prompt_tokens_per_second"])),
            tokens_per_second=float(str(told["tokens_per_second"])),
        )
    except (KeyError, ValueError) as fault:
        raise UserProblem("model_cannot_load", file=file.name, reason=_ending(code)) from fault


def _run(command: list[str], out: IO[bytes], size: int, name: str, seconds: float, cancel: CancelToken | None) -> int:
    # The child's own complaints are llama.cpp's log: nothing a person should read.
    child = subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=out, stderr=subprocess.DEVNULL)
    try:
        _limit_memory(child.pid, 2 * size + SPARE_BYTES)
        end = time.monotonic() + seconds
        while True:
            with contextlib.suppress(subprocess.TimeoutExpired):
                return child.wait(0.1)
            if cancel:
                cancel.check()
            if time.monotonic() > end:
                raise UserProblem("model_too_slow", file=name, seconds=round(seconds))
    finally:
        if child.poll() is None:
            child.kill()
            child.wait()


def _limit_memory(process: int, limit: int) -> None:
    if sys.platform != "linux":
        return  # the other systems cannot cap another process; the time limit still holds
    import resource  # exists on Unix only

    # The child may already have ended by itself.
    with contextlib.suppress(ProcessLookupError, PermissionError):
        resource.prlimit(process, resource.RLIMIT_AS, (limit, limit))


def _last_json(text: str) -> dict[str, object]:
    for line in reversed(text.splitlines()):
        if line.startswith("{"):
            with contextlib.suppress(json.JSONDecodeError):
                told = json.loads(line)
                if isinstance(told, dict):
                    return told
    return {}


def _ending(code: int) -> str:
    if code < 0:
        with contextlib.suppress(ValueError):
            return signal.Signals(-code).name
    return f"exit code {code}"
