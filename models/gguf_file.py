"""A GGUF file as bytes: what stands where, so that parts of it can be carried over unchanged.

The library's own reader makes an object of every token; this one notes where each
key-value begins and ends, and copies them as they stand.  Sizes are checked against
the file before anything is read: a stranger's file exhausts nothing.
"""

from __future__ import annotations

import math
import mmap
import os
import struct
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import IO

import numpy as np
import numpy.typing as npt
from gguf import GGML_QUANT_SIZES, GGMLQuantizationType, GGUFValueType, dequantize

from core.errors import UserProblem

Floats = npt.NDArray[np.float32]

MAGIC = b"GGUF"
VERSION = 3
ALIGNMENT = 32
# Far above any real file.
MAX_ENTRIES = 100_000
MAX_DIMENSIONS = 4
# Numbers that are unpacked at a time: a 7B model's vocabulary in one piece would be 2 GB.
CHUNK = 8_000_000
COPY = 1 << 22

_PATTERNS = {
    GGUFValueType.UINT8: "<B",
    GGUFValueType.INT8: "<b",
    GGUFValueType.UINT16: "<H",
    GGUFValueType.INT16: "<h",
    GGUFValueType.UINT32: "<I",
    GGUFValueType.INT32: "<i",
    GGUFValueType.FLOAT32: "<f",
    GGUFValueType.BOOL: "<?",
    GGUFValueType.UINT64: "<Q",
    GGUFValueType.INT64: "<q",
    GGUFValueType.FLOAT64: "<d",
}


@dataclass(frozen=True, slots=True)
class Entry:
    """A key-value: ``start`` to ``end`` are its bytes in the file, key and type included; at ``value`` its value."""

    key: str
    kind: GGUFValueType
    start: int
    value: int
    end: int


@dataclass(frozen=True, slots=True)
class Tensor:
    """A tensor as the file lists it: ``shape`` rows first (numpy's order), ``start`` and ``size`` in bytes."""

    name: str
    shape: tuple[int, ...]
    kind: GGMLQuantizationType
    start: int
    size: int

    @property
    def rows(self) -> int:
        """How many stretches of ``shape[-1]`` numbers it holds."""
        return math.prod(self.shape[:-1])


@dataclass(frozen=True, slots=True)
class Planned:
    """A tensor that is to be written: its shape (rows first), its type, and its bytes in order."""

    name: str
    shape: tuple[int, ...]
    kind: GGMLQuantizationType
    data: Iterable[bytes | memoryview]

    @property
    def size(self) -> int:
        """How many bytes ``data`` has to give."""
        return byte_size(self.kind, self.shape)


class GgufFile:
    """An open GGUF file.  Close it, or use it as a context manager.

    Raises UserProblem ``model_file_missing``, ``model_file_unreadable``, ``model_not_gguf``, ``model_cut`` or
    ``model_damaged``.
    """

    def __init__(self, path: Path) -> None:
        self.path = path
        try:
            with path.open("rb") as file:
                if file.read(4) != MAGIC:
                    raise UserProblem("model_not_gguf", file=path.name)
                self._map = mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ)
        except (FileNotFoundError, IsADirectoryError) as fault:
            raise UserProblem("model_file_missing", file=path) from fault
        except OSError as fault:
            raise UserProblem("model_file_unreadable", file=path, fault=fault.strerror) from fault
        try:
            self._read()
        except _Cut as fault:
            self.close()
            raise UserProblem("model_cut", file=path.name) from fault
        except (ValueError, KeyError, OverflowError, struct.error) as fault:
            self.close()
            raise UserProblem("model_damaged", file=path.name) from fault

    def close(self) -> None:
        """Let go of the file."""
        self._map.close()

    def __enter__(self) -> GgufFile:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def value(self, key: str) -> int | float | bool | str | None:
        """The number or text of that key; None when there is none, or a list.  UserProblem for a damaged text."""
        entry = self.entries.get(key)
        if entry is None or entry.kind is GGUFValueType.ARRAY:
            return None
        if entry.kind is GGUFValueType.STRING:
            try:
                return self._map[entry.value + 8 : entry.end].decode("utf-8")
            except UnicodeDecodeError as fault:
                raise UserProblem("model_damaged", file=self.path.name) from fault
        (value,) = struct.unpack_from(_PATTERNS[entry.kind], self._map, entry.value)
        result: int | float | bool = value
        return result

    def whole(self, key: str) -> int:
        """The whole number of that key; 0 when there is none."""
        value = self.value(key)
        return value if isinstance(value, int) else 0

    def text(self, key: str) -> str:
        """The text of that key; empty when there is none."""
        value = self.value(key)
        return value if isinstance(value, str) else ""

    def raw(self, entry: Entry) -> bytes:
        """The bytes of a key-value, to be written elsewhere as they are."""
        return self._map[entry.start : entry.end]

    def bytes_of(self, tensor: Tensor) -> Iterator[bytes]:
        """The tensor's bytes as they stand, in pieces."""
        for start in range(tensor.start, tensor.start + tensor.size, COPY):
            yield self._map[start : min(start + COPY, tensor.start + tensor.size)]

    def numbers(self, tensor: Tensor) -> Iterator[tuple[int, Floats]]:
        """The tensor unpacked, some rows at a time: (first row, rows × columns).

        UserProblem ``merge_unknown_type`` for a type that cannot be unpacked.
        """
        columns = tensor.shape[-1]
        stride = byte_size(tensor.kind, (columns,))
        step = max(1, CHUNK // columns)
        for first in range(0, tensor.rows, step):
            count = min(step, tensor.rows - first)
            at = tensor.start + first * stride
            raw = np.frombuffer(self._map[at : at + count * stride], np.uint8).reshape(count, stride)
            try:
                rows = dequantize(raw, tensor.kind)
            except NotImplementedError as fault:
                raise UserProblem("merge_unknown_type", file=self.path.name, kind=tensor.kind.name) from fault
            yield first, rows.astype(np.float32, copy=False)

    def matrix(self, tensor: Tensor) -> Floats:
        """The whole tensor unpacked, in its own shape."""
        pieces = [rows for _, rows in self.numbers(tensor)]
        return np.concatenate(pieces).reshape(tensor.shape)

    def _read(self) -> None:
        cursor = _Cursor(self._map, 4)
        version = cursor.number("<I")
        if version not in (2, 3):
            raise ValueError("an unknown version")
        count, keys = cursor.number("<Q"), cursor.number("<Q")
        if count > MAX_ENTRIES or keys > MAX_ENTRIES:
            raise ValueError("impossible counts")
        self.entries: dict[str, Entry] = {}
        for _ in range(keys):
            entry = cursor.entry()
            if entry.key in self.entries:
                raise ValueError("a key stands twice")
            self.entries[entry.key] = entry
        listed = [cursor.listed() for _ in range(count)]
        self.alignment = self.whole("general.alignment") or ALIGNMENT
        if self.alignment < 8 or self.alignment & (self.alignment - 1) or self.alignment > 1 << 20:
            raise ValueError("an impossible alignment")
        begin = -(-cursor.at // self.alignment) * self.alignment
        self.tensors: dict[str, Tensor] = {}
        for name, shape, kind, offset in listed:
            tensor = Tensor(name, shape, kind, begin + offset, byte_size(kind, shape))
            if name in self.tensors:
                raise ValueError("a tensor stands twice")
            if tensor.start + tensor.size > len(self._map):
                raise _Cut
            self.tensors[name] = tensor


class _Cut(Exception):
    """The file ends before its own header or data does."""


class _Cursor:
    def __init__(self, data: mmap.mmap, at: int) -> None:
        self.data = data
        self.at = at

    def skip(self, count: int) -> None:
        if count > len(self.data) - self.at:
            raise _Cut
        self.at += count

    def number(self, pattern: str) -> int:
        start = self.at
        self.skip(struct.calcsize(pattern))
        (value,) = struct.unpack_from(pattern, self.data, start)
        return int(value)

    def text(self) -> str:
        length = self.number("<Q")
        start = self.at
        self.skip(length)
        if length > 1 << 16:
            raise ValueError("a name of impossible length")
        return self.data[start : self.at].decode("utf-8")

    def entry(self) -> Entry:
        start = self.at
        key = self.text()
        kind = GGUFValueType(self.number("<I"))
        value = self.at
        self._skip_value(kind)
        return Entry(key, kind, start, value, self.at)

    def _skip_value(self, kind: GGUFValueType) -> None:
        if kind is GGUFValueType.STRING:
            self.skip(self.number("<Q"))
        elif kind is GGUFValueType.ARRAY:
            inner, count = GGUFValueType(self.number("<I")), self.number("<Q")
            if inner is GGUFValueType.ARRAY:
                raise ValueError("a list of lists")
            if inner is GGUFValueType.STRING:
                for _ in range(count):
                    self.skip(self.number("<Q"))
            else:
                self.skip(count * struct.calcsize(_PATTERNS[inner]))
        else:
            self.skip(struct.calcsize(_PATTERNS[kind]))

    def listed(self) -> tuple[str, tuple[int, ...], GGMLQuantizationType, int]:
        name = self.text()
        dimensions = self.number("<I")
        if not 0 < dimensions <= MAX_DIMENSIONS:
            raise ValueError("a tensor of impossible shape")
        shape = tuple(self.number("<Q") for _ in range(dimensions))[::-1]
        if not all(0 < side < 1 << 40 for side in shape):
            raise ValueError("a tensor of impossible shape")
        return name, shape, GGMLQuantizationType(self.number("<I")), self.number("<Q")


def byte_size(kind: GGMLQuantizationType, shape: Sequence[int]) -> int:
    """The bytes of a tensor.  ValueError when its rows are no whole number of blocks."""
    block, size = GGML_QUANT_SIZES[kind]
    if shape[-1] % block:
        raise ValueError("a row that is no whole number of blocks")
    return math.prod(shape) // block * size


def text_entry(key: str, text: str) -> bytes:
    """A key-value with a text, as bytes."""
    return _name(key) + struct.pack("<I", GGUFValueType.STRING) + _name(text)


def number_entry(key: str, value: int) -> bytes:
    """A key-value with a whole number of 32 bits, as bytes."""
    return _name(key) + struct.pack("<II", GGUFValueType.UINT32, value)


def float_entry(key: str, value: float) -> bytes:
    """A key-value with a number of 32 bits, as bytes."""
    return _name(key) + struct.pack("<If", GGUFValueType.FLOAT32, value)


def replaced(file: GgufFile, changes: Mapping[str, bytes]) -> list[bytes]:
    """The key-values of ``file`` byte for byte and in order; those in ``changes`` exchanged, or added at the end."""
    kept = [changes.get(key, b"") or file.raw(entry) for key, entry in file.entries.items()]
    return kept + [new for key, new in changes.items() if key not in file.entries]


def total_size(entries: Sequence[bytes], tensors: Sequence[Planned], alignment: int = ALIGNMENT) -> int:
    """How large the file will be, and some bytes more."""
    head = 64 + sum(map(len, entries)) + sum(len(t.name.encode()) + 64 for t in tensors)
    return head + sum(t.size + alignment for t in tensors)


def write(out: IO[bytes], entries: Sequence[bytes], tensors: Sequence[Planned], alignment: int = ALIGNMENT) -> None:
    """A GGUF file of these key-values and tensors; no more than a piece of one tensor is in memory at a time."""
    out.write(MAGIC + struct.pack("<IQQ", VERSION, len(tensors), len(entries)))
    for entry in entries:
        out.write(entry)
    offset = 0
    for tensor in tensors:
        out.write(_name(tensor.name) + struct.pack("<I", len(tensor.shape)))
        out.write(struct.pack(f"<{len(tensor.shape)}Q", *reversed(tensor.shape)))
        out.write(struct.pack("<IQ", tensor.kind, offset))
        offset += -(-tensor.size // alignment) * alignment
    _pad(out, alignment)
    for tensor in tensors:
        before = out.tell()
        for piece in tensor.data:
            out.write(piece)
        if out.tell() - before != tensor.size:
            raise ValueError(f"{tensor.name} is not of the size that was planned")
        _pad(out, alignment)
    out.flush()
    os.fsync(out.fileno())


def _pad(out: IO[bytes], alignment: int) -> None:
    out.write(bytes(-out.tell() % alignment))


def _name(text: str) -> bytes:
    data = text.encode("utf-8")
    return struct.pack("<Q", len(data)) + data
