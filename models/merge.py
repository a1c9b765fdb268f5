"""A trained LoRA becomes a GGUF adapter; base and adapter become one F16 model.

No network library is needed: the base's key-values, tokenizer and chat template are
carried over byte for byte, its weights are unpacked a few rows at a time.
"""

from __future__ import annotations

import contextlib
import json
import math
import mmap
import struct
import zlib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
from gguf import MODEL_ARCH, MODEL_ARCH_NAMES, LlamaFileType, TensorNameMap, get_tensor_name_map
from gguf import GGMLQuantizationType as Type

from core.errors import CancelToken, UserProblem
from core.nouns import Progress, Report, silent
from models.gguf_file import (
    Floats,
    GgufFile,
    Planned,
    Tensor,
    float_entry,
    number_entry,
    replaced,
    text_entry,
    total_size,
    write,
)
from models.probe import read_header
from models.recipe import KEY, Card, aside, beside, need_space, sha256, write_card

F16, F32 = Type.F16, Type.F32
# Architectures whose adapters are known to be carried over exactly, and the names Hugging Face has for them: those that
# can be trained (persona/training_base.py).
FAMILIES: Mapping[str, tuple[str, ...]] = {
    "llama": ("llama", "mistral"),
    "qwen2": ("qwen2",),
    "qwen3": ("qwen3",),
    "gemma2": ("gemma2",),
    "gemma3": ("gemma3", "gemma3_text"),
}
# Their q and k rows stand in pairs in GGUF and in halves at Hugging Face.
PAIRED = frozenset({"llama"})
WEIGHTS, CONFIG = "adapter_model.safetensors", "adapter_config.json"
PREFIX = "base_model.model."
PARTS = {".lora_A.weight": "a", ".lora_B.weight": "b"}
# How many numbers share one even grid, in the types that have such grids.
GRIDS: Mapping[Type, int] = {
    **dict.fromkeys((Type.Q4_0, Type.Q4_1, Type.Q5_0, Type.Q5_1, Type.Q8_0, Type.Q4_K, Type.Q5_K), 32),
    **dict.fromkeys((Type.Q2_K, Type.Q3_K, Type.Q6_K), 16),
}
MAX_HEADER = 100_000_000
MAX_RANK = 1024
LARGEST_F16 = 65504.0
# Unpacked weights of the same model agree with the original to 0.99 even in 4 bits; of another model, to 0.
SAME_MODEL = 0.9


@dataclass(frozen=True, slots=True)
class Pair:
    """What an adapter adds to one weight: ``scale`` · ``b`` @ ``a``, both in the base's own layout."""

    a: Floats
    b: Floats
    scale: float


@dataclass(frozen=True, slots=True)
class Adapter:
    """A GGUF adapter that was read: what it adds, by the name of the base's tensor, and its card if it carries one."""

    architecture: str
    pairs: Mapping[str, Pair]


def write_adapter(
    peft_folder: Path,
    base: Path,
    out: Path,
    card: Card,
    report: Report = silent,
    cancel: CancelToken | None = None,
) -> Card:
    """Turns a PEFT LoRA folder into a GGUF adapter for ``base``; its card stands inside and beside it.

    Gives the card with the hash of the file.  Raises UserProblem ``adapter_missing``, ``adapter_damaged``,
    ``adapter_unsupported``, ``adapter_family``, ``adapter_foreign`` (its weights do not fit the base), those of a bad
    base, and those of a full disk.
    """
    read_header(base)
    with GgufFile(base) as file:
        architecture = _family(file)
        settings = _peft_settings(peft_folder)
        pairs = dict(_peft_pairs(peft_folder, settings, file, architecture, report, cancel))
        _fits(pairs, file, peft_folder.name)
    # One alpha stands for the whole file, and llama.cpp takes 0 for none; what a module's factor differs goes into b.
    alpha = settings.alpha or 1.0
    entries = [
        text_entry("general.type", "adapter"),
        text_entry("general.architecture", architecture),
        text_entry("general.name", card.persona),
        text_entry("adapter.type", "lora"),
        float_entry("adapter.lora.alpha", alpha),
        text_entry(KEY, card.inside().json()),
    ]
    tensors = []
    for name, pair in pairs.items():
        scaled = pair.b * np.float32(pair.scale * pair.a.shape[0] / alpha)  # exactly b in the usual case
        for part, matrix in (("a", pair.a), ("b", scaled)):
            tensors.append(Planned(f"{name}.lora_{part}", matrix.shape, F32, [matrix.astype("<f4").tobytes()]))
    need_space(out.parent, total_size(entries, tensors))
    with aside(out) as part_file:
        with part_file.open("wb") as opened:
            write(opened, entries, tensors)
        complete = card.of(sha256(part_file, cancel))
        write_card(complete, beside(out))
    return complete


def read_adapter(file: Path) -> Adapter:
    """Reads a GGUF LoRA adapter and makes sure that llama.cpp can be given it: whole pairs of finite numbers.

    Raises UserProblem ``adapter_damaged``, ``adapter_missing`` or those of a file that is no GGUF.
    """
    if not file.is_file():
        raise UserProblem("adapter_missing", file=file)
    with GgufFile(file) as opened:
        alpha = opened.value("adapter.lora.alpha")
        kinds = (opened.text("general.type"), opened.text("adapter.type"))
        if kinds != ("adapter", "lora") or not isinstance(alpha, float) or not math.isfinite(alpha):
            raise UserProblem("adapter_damaged", file=file.name)
        halves: dict[str, dict[str, Floats]] = {}
        for tensor in opened.tensors.values():
            name, _, part = tensor.name.rpartition(".lora_")
            if part not in ("a", "b") or not name or len(tensor.shape) != 2 or tensor.kind not in (F16, F32):
                raise UserProblem("adapter_damaged", file=file.name)
            halves.setdefault(name, {})[part] = opened.matrix(tensor)
        pairs = {}
        for name, half in halves.items():
            if set(half) != {"a", "b"}:
                raise UserProblem("adapter_damaged", file=file.name)
            rank = half["a"].shape[0]
            # llama.cpp takes an alpha of 0 for none.
            pairs[name] = Pair(half["a"], half["b"], alpha / rank if alpha else 1.0)
        architecture = opened.text("general.architecture")
    if not pairs or not architecture or not all(map(_sound, pairs.values())):
        raise UserProblem("adapter_damaged", file=file.name)
    return Adapter(architecture, pairs)


def merge(
    base: Path,
    adapter: Path,
    out: Path,
    report: Report = silent,
    cancel: CancelToken | None = None,
    hf_base: Path | None = None,
    card: Card | None = None,
    dither: int | None = None,
) -> None:
    """Writes base + adapter as one F16 GGUF model (vectors F32); key-values, tokenizer and template stay as they are.

    ``hf_base`` is a Hugging Face folder of the same model: its exact weights take the place of the unpacked ones.
    ``card`` is put into the file.  With ``dither``, a seed, what is added to weights of few bits is rounded to their
    own grid by chance, up or down in proportion, so that it outlasts being quantised again.  Memory stays small,
    whatever the size of the base.  Raises UserProblem for a base or an adapter that cannot be read or do not belong
    together, ``merge_other_model`` or ``merge_hf_unusable`` for the folder, ``merge_overflow``, and those of a full
    disk.
    """
    read_header(base)
    added = read_adapter(adapter)
    with GgufFile(base) as file, contextlib.ExitStack() as stack:
        if added.architecture != file.text("general.architecture"):
            raise UserProblem("adapter_foreign", adapter=adapter.name, base=base.name)
        _fits(added.pairs, file, adapter.name)
        exact = stack.enter_context(_HuggingFace(hf_base, file)) if hf_base else None
        merging = _Merging(file, added, exact, dither, report, cancel)
        changes = {"general.file_type": number_entry("general.file_type", LlamaFileType.MOSTLY_F16)}
        if card:
            changes[KEY] = text_entry(KEY, card.inside().json())
        entries = replaced(file, changes)
        tensors = [merging.plan(number, tensor) for number, tensor in enumerate(file.tensors.values())]
        need_space(out.parent, total_size(entries, tensors, file.alignment))
        with aside(out) as part, part.open("wb") as opened:
            write(opened, entries, tensors, file.alignment)


class _Merging:
    """Gives the merged weights of each tensor, some rows at a time."""

    def __init__(
        self,
        file: GgufFile,
        added: Adapter,
        exact: _HuggingFace | None,
        dither: int | None,
        report: Report,
        cancel: CancelToken | None,
    ) -> None:
        self._file, self._added, self._exact, self._dither = file, added, exact, dither
        self._report, self._cancel = report, cancel
        self._wide = all(t.kind is F32 for t in file.tensors.values())

    def plan(self, number: int, tensor: Tensor) -> Planned:
        # A matrix that stayed in 32 bits where others did not is one that llama.cpp wants so.
        narrow = tensor.kind is not F32 or tensor.name in self._added.pairs or self._wide
        matrix = len(tensor.shape) > 1 and narrow and "ffn_gate_inp" not in tensor.name
        if not matrix and tensor.kind not in (F16, F32, Type.BF16):
            # Tables of whole numbers, as some architectures have them, are carried over.
            return Planned(tensor.name, tensor.shape, tensor.kind, self._file.bytes_of(tensor))
        return Planned(tensor.name, tensor.shape, F16 if matrix else F32, self._data(number, tensor, matrix))

    def _data(self, number: int, tensor: Tensor, matrix: bool) -> Iterator[bytes]:
        self._report(Progress("merging", number, len(self._file.tensors), tensor.name))
        pair = self._added.pairs.get(tensor.name)
        likeness = _Likeness()
        chance = None
        if self._dither is not None and self._exact is None and tensor.kind in GRIDS:
            chance = np.random.default_rng([self._dither, zlib.crc32(tensor.name.encode())])
        for first, rows in self._file.numbers(tensor):
            if self._cancel:
                self._cancel.check()
            if self._exact and matrix and (original := self._exact.rows(tensor, first, len(rows))) is not None:
                likeness.see(rows, original)
                rows = original
            if pair:
                delta = np.float32(pair.scale) * (pair.b[first : first + len(rows)] @ pair.a)
                rows = rows + (delta if chance is None else _on_grid(rows, delta, GRIDS[tensor.kind], chance))
            if matrix and not np.abs(rows).max() <= LARGEST_F16:
                raise UserProblem("merge_overflow", file=self._file.path.name, tensor=tensor.name)
            yield rows.astype("<f2" if matrix else "<f4").tobytes()
        if self._exact and not likeness.same:
            raise UserProblem("merge_other_model", folder=self._exact.folder, base=self._file.path.name)


def _on_grid(rows: Floats, delta: Floats, group: int, chance: np.random.Generator) -> Floats:
    """``delta`` in whole steps of the grid that each ``group`` of numbers lies on, right on average.

    Weights that lie on a grid stay where they are when less than half a step is added and they are rounded to it
    again: a whole persona can go that way.  Some of them moved by a whole step carry the same sum.
    """
    ordered = np.sort(rows.reshape(-1, group), axis=1)
    gaps = np.diff(ordered, axis=1)
    real = gaps > (ordered[:, -1:] - ordered[:, :1]) * 1e-3  # the rest is the rounding of floats
    step = np.where(real, gaps, np.inf).min(axis=1, keepdims=True)
    known = np.isfinite(step)
    step = np.where(known, step, 1.0).astype(np.float32)
    wanted = delta.reshape(-1, group)
    moved = np.floor(wanted / step + chance.random(wanted.shape, dtype=np.float32)) * step
    return np.where(known, moved, wanted).reshape(rows.shape)


class _Likeness:
    """The cosine between the weights of two files, seen piece by piece."""

    def __init__(self) -> None:
        self._product = self._left = self._right = 0.0

    def see(self, left: Floats, right: Floats) -> None:
        self._product += float(np.vdot(left, right))
        self._left += float(np.vdot(left, left))
        self._right += float(np.vdot(right, right))

    @property
    def same(self) -> bool:
        """Also where nothing was seen, or nothing but zeros."""
        return self._product >= SAME_MODEL * math.sqrt(self._left * self._right)


class _HuggingFace:
    """The weights of a Hugging Face folder in the layout of a GGUF file.

    Raises UserProblem ``merge_hf_unusable`` or ``merge_other_model``.
    """

    def __init__(self, folder: Path, base: GgufFile) -> None:
        self.folder, self._base = folder, base
        self._architecture = _family(base)
        files = sorted(folder.glob("*.safetensors"))
        self._open: list[_SafeTensors] = []
        try:
            config = json.loads((folder / "config.json").read_text(encoding="utf-8"))
            kind = config["model_type"]
            if not files:
                raise ValueError("no weights")
            self._open += [_SafeTensors(file) for file in files]
        except (OSError, ValueError, KeyError, TypeError) as fault:
            self.close()
            raise UserProblem("merge_hf_unusable", folder=folder) from fault
        names = _names(base, self._architecture)
        self._found: dict[str, tuple[_SafeTensors, str]] = {}
        for opened in self._open:
            for name in opened.shapes:
                if mapped := names.get_name(name, try_suffixes=(".weight",)):
                    self._found[mapped] = (opened, name)
        if kind not in FAMILIES[self._architecture] or not self._complete():
            self.close()
            raise UserProblem("merge_other_model", folder=folder, base=base.path.name)

    def _complete(self) -> bool:
        """All matrices of the base are here, in the same shape: the vocabulary, too, has as many rows."""
        for tensor in self._base.tensors.values():
            if len(tensor.shape) == 1 or not tensor.name.endswith(".weight") or tensor.name == "rope_freqs.weight":
                continue
            found = self._found.get(tensor.name)
            if found is None and tensor.name == "output.weight":
                # Tied at Hugging Face, written out in the GGUF file.
                found = self._found[tensor.name] = self._found.get("token_embd.weight", (self._open[0], ""))
            if found is None or not found[0].holds(found[1], tensor.shape):
                return False
        return True

    def rows(self, tensor: Tensor, first: int, count: int) -> Floats | None:
        found = self._found.get(tensor.name)
        if not found:
            return None
        opened, name = found
        if self._architecture in PAIRED and (heads := _heads(self._base, tensor.name)):
            order = _paired(np.arange(tensor.rows), heads)[first : first + count]
            ordered: Floats = opened.matrix(name)[order]
            return ordered
        return opened.rows(name, first, count)

    def close(self) -> None:
        for opened in self._open:
            opened.close()

    def __enter__(self) -> _HuggingFace:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()


_WIDTHS = {"F32": 4, "F16": 2, "BF16": 2}


class _SafeTensors:
    """A safetensors file read with numpy, bfloat16 among its types.  ValueError for a damaged one."""

    def __init__(self, file: Path) -> None:
        with file.open("rb") as opened:
            self._map = mmap.mmap(opened.fileno(), 0, access=mmap.ACCESS_READ)
        try:
            (length,) = struct.unpack_from("<Q", self._map, 0)
            if length > min(MAX_HEADER, len(self._map) - 8):
                raise ValueError("the header is longer than the file")
            header = json.loads(self._map[8 : 8 + length])
            self._start = 8 + length
            self._table = {name: self._checked(entry) for name, entry in header.items() if name != "__metadata__"}
        except (struct.error, KeyError, TypeError, AttributeError, UnicodeDecodeError, ValueError) as fault:
            self._map.close()
            raise ValueError("a damaged safetensors file") from fault
        self.shapes = {name: shape for name, (_, shape, _) in self._table.items()}

    def _checked(self, entry: Mapping[str, Any]) -> tuple[str, tuple[int, ...], int]:
        kind, sides = str(entry["dtype"]), tuple(int(side) for side in entry["shape"])
        begin, end = map(int, entry["data_offsets"])
        width = _WIDTHS.get(kind, 0)
        if not 0 <= begin <= end <= len(self._map) - self._start or min(sides, default=1) < 1:
            raise ValueError("a tensor beyond the end of the file")
        if width and end - begin != width * math.prod(sides):
            raise ValueError("a tensor of another size than its shape")
        return kind, sides, begin

    def holds(self, name: str, shape: tuple[int, ...]) -> bool:
        """Whether it has floats of that name in that shape."""
        return self.shapes.get(name) == shape and self._table[name][0] in _WIDTHS

    def rows(self, name: str, first: int, count: int) -> Floats:
        """Some rows of a matrix, as float32.  ValueError for a type that is no float."""
        kind, shape, begin = self._table[name]
        columns = shape[-1]
        width = _WIDTHS.get(kind)
        if width is None:
            raise ValueError(f"numbers of type {kind}")
        at = self._start + begin + first * columns * width
        raw = self._map[at : at + count * columns * width]
        if kind == "BF16":
            wide = np.frombuffer(raw, "<u2").astype(np.uint32) << 16
            return wide.view(np.float32).reshape(count, columns)
        return np.frombuffer(raw, "<f4" if kind == "F32" else "<f2").astype(np.float32).reshape(count, columns)

    def matrix(self, name: str) -> Floats:
        """A whole matrix, as float32."""
        _, shape, _ = self._table[name]
        return self.rows(name, 0, math.prod(shape[:-1])).reshape(shape)

    def close(self) -> None:
        self._map.close()


@dataclass(frozen=True, slots=True)
class _PeftSettings:
    rank: int
    alpha: float
    by_root: bool
    ranks: Mapping[str, int]
    alphas: Mapping[str, float]

    def scale(self, module: str) -> tuple[int, float]:
        """Rank and factor of one module."""
        rank = next((r for pattern, r in self.ranks.items() if _named(module, pattern)), self.rank)
        alpha = next((a for pattern, a in self.alphas.items() if _named(module, pattern)), self.alpha)
        return rank, alpha / (math.sqrt(rank) if self.by_root else rank)


def _named(module: str, pattern: str) -> bool:
    return module == pattern or module.endswith("." + pattern.lstrip("^"))


def _peft_settings(folder: Path) -> _PeftSettings:
    file = folder / CONFIG
    if not file.is_file():
        raise UserProblem("adapter_missing", file=file)
    try:
        told = json.loads(file.read_text(encoding="utf-8"))
        settings = _PeftSettings(
            rank=int(told["r"]),
            alpha=float(told["lora_alpha"]),
            by_root=bool(told.get("use_rslora")),
            ranks={str(k): int(v) for k, v in (told.get("rank_pattern") or {}).items()},
            alphas={str(k): float(v) for k, v in (told.get("alpha_pattern") or {}).items()},
        )
        kind = told.get("peft_type", "LORA")
        foreign = [
            name
            for name in ("use_dora", "modules_to_save", "fan_in_fan_out", "lora_bias", "trainable_token_indices")
            if told.get(name)
        ]
        foreign += ["bias"] if told.get("bias", "none") != "none" else []
    except (OSError, ValueError, KeyError, TypeError, AttributeError) as fault:
        raise UserProblem("adapter_damaged", file=file.name) from fault
    if kind != "LORA" or foreign:
        raise UserProblem("adapter_unsupported", file=folder.name, what=", ".join([*foreign] or [str(kind)]))
    ranks = (settings.rank, *settings.ranks.values())
    if not (
        all(0 < r <= MAX_RANK for r in ranks) and all(map(math.isfinite, (settings.alpha, *settings.alphas.values())))
    ):
        raise UserProblem("adapter_damaged", file=file.name)
    return settings


def _peft_pairs(
    folder: Path,
    settings: _PeftSettings,
    base: GgufFile,
    architecture: str,
    report: Report,
    cancel: CancelToken | None,
) -> Iterator[tuple[str, Pair]]:
    """The pairs of a PEFT folder by the names, and in the layout, of the base."""
    file = folder / WEIGHTS
    if not file.is_file():
        raise UserProblem("adapter_missing", file=file)
    try:
        opened = _SafeTensors(file)
    except (OSError, ValueError) as fault:
        raise UserProblem("adapter_damaged", file=file.name) from fault
    with contextlib.closing(opened):
        names = _names(base, architecture)
        modules: dict[str, dict[str, str]] = {}
        for name in opened.shapes:
            part = next((p for p in PARTS if name.endswith(p)), "")
            if not part or not name.startswith(PREFIX) or len(opened.shapes[name]) != 2:
                raise UserProblem("adapter_unsupported", file=folder.name, what=name)
            modules.setdefault(name.removeprefix(PREFIX).removesuffix(part), {})[PARTS[part]] = name
        if not modules:
            raise UserProblem("adapter_damaged", file=file.name)
        for number, (module, parts) in enumerate(modules.items()):
            if cancel:
                cancel.check()
            report(Progress("adapter_converting", number, len(modules), module))
            name = names.get_name(f"{module}.weight", try_suffixes=(".weight",)) or ""
            if name not in base.tensors:
                raise UserProblem("adapter_foreign", adapter=folder.name, base=base.path.name)
            if set(parts) != {"a", "b"}:
                raise UserProblem("adapter_damaged", file=file.name)
            rank, scale = settings.scale(module)
            try:
                a, b = opened.matrix(parts["a"]), opened.matrix(parts["b"])
            except ValueError as fault:
                raise UserProblem("adapter_damaged", file=file.name) from fault
            if a.shape[0] != rank:
                raise UserProblem("adapter_damaged", file=file.name)
            heads = _heads(base, name) if architecture in PAIRED else 0
            if heads and b.shape[0] % (2 * heads):
                raise UserProblem("adapter_foreign", adapter=folder.name, base=base.path.name)
            pair = Pair(a, _paired(b, heads) if heads else b, scale)
            if not _sound(pair):
                raise UserProblem("adapter_damaged", file=file.name)
            yield name, pair
        report(Progress("adapter_converting", len(modules), len(modules)))


def _family(base: GgufFile) -> str:
    architecture = base.text("general.architecture")
    if architecture not in FAMILIES:
        raise UserProblem(
            "adapter_family", base=base.path.name, family=architecture or "?", known=", ".join(sorted(FAMILIES))
        )
    return architecture


def _names(base: GgufFile, architecture: str) -> TensorNameMap:
    known: dict[str, MODEL_ARCH] = {name: arch for arch, name in MODEL_ARCH_NAMES.items()}
    return get_tensor_name_map(known[architecture], max(base.whole(f"{architecture}.block_count"), 1))


def _heads(base: GgufFile, name: str) -> int:
    """How many heads the rows of this tensor belong to, where they stand in pairs; else 0."""
    architecture = base.text("general.architecture")
    queries = base.whole(f"{architecture}.attention.head_count")
    if name.endswith(".attn_q.weight"):
        return queries
    if name.endswith(".attn_k.weight"):
        return base.whole(f"{architecture}.attention.head_count_kv") or queries
    return 0


def _paired(rows: npt.NDArray[Any], heads: int) -> npt.NDArray[Any]:
    """Rows in two halves a head, as Hugging Face has them, in pairs, as llama.cpp has them."""
    return rows.reshape(heads, 2, len(rows) // heads // 2, *rows.shape[1:]).swapaxes(1, 2).reshape(rows.shape)


def _fits(pairs: Mapping[str, Pair], base: GgufFile, adapter: str) -> None:
    for name, pair in pairs.items():
        tensor = base.tensors.get(name)
        if tensor is None or tensor.shape != (pair.b.shape[0], pair.a.shape[1]) or name == "token_embd.weight":
            raise UserProblem("adapter_foreign", adapter=adapter, base=base.path.name)


def _sound(pair: Pair) -> bool:
    whole = pair.a.ndim == pair.b.ndim == 2 and 0 < pair.a.shape[0] == pair.b.shape[1] <= MAX_RANK
    return whole and bool(np.isfinite(pair.a).all() and np.isfinite(pair.b).all())
