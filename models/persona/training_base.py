"""What is to be trained: a GGUF file or a folder of Hugging Face weights, described without loading it."""

from __future__ import annotations

import hashlib
import json
import struct
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from filelock import FileLock, Timeout

from core.errors import UserProblem
from models.gguf_file import GgufFile
from models.probe import read_header

# Those that transformers loads from GGUF, llama.cpp runs, and whose layers are plain.  SmolLM2 and Mistral are "llama".
FAMILIES = ("qwen2", "qwen3", "llama", "gemma2", "gemma3")
# A folder of weights calls some of them otherwise.
FOLDER_FAMILIES = {name: name for name in FAMILIES} | {"mistral": "llama", "gemma3_text": "gemma3"}
# Ways of cutting text before pairs are merged that are known here exactly as llama.cpp knows them; see training_text.
SPLITS = {
    "qwen2": "qwen2",
    "deepseek-r1-qwen": "qwen2",
    "llama-bpe": "llama3",
    "llama-v3": "llama3",
    "llama3": "llama3",
    "falcon3": "llama3",
    "pixtral": "llama3",
    "tekken": "tekken",
    "smollm": "digits",
    "starcoder": "digits",
    "refact": "digits",
    "command-r": "digits",
    "gpt-2": "gpt2",
}
HASHED_AT_ONCE = 8 << 20
LOCK = "training.lock"  # in the folder of a training, held while it runs


@dataclass(frozen=True, slots=True)
class Base:
    """A model that can be trained; sizes are counts of numbers, not bytes."""

    path: Path
    family: str
    layers: int
    width: int
    inner: int  # width of the feed-forward part
    vocabulary: int
    parameters: int
    linear: int  # parameters of the layers that adapters are put on
    sides: int  # rows and columns of all those, added up: an adapter has rank times as many
    context: int

    @property
    def is_folder(self) -> bool:
        """Whether it is a folder of Hugging Face weights."""
        return self.path.is_dir()


def describe(base: Path) -> Base:
    """What ``base`` is.  UserProblem for what is no model, or none that can be trained here."""
    return _folder(base) if base.is_dir() else _file(base)


def _file(base: Path) -> Base:
    header = read_header(base)
    if header.architecture not in FAMILIES:
        raise UserProblem("training_family", file=base.name, family=header.architecture, known=", ".join(FAMILIES))
    with GgufFile(base) as file:

        def of_family(key: str) -> int:
            return file.whole(f"{header.architecture}.{key}")

        if of_family("expert_count"):
            raise UserProblem(
                "training_family",
                file=base.name,
                family=f"{header.architecture}, mixture of experts",
                known=", ".join(FAMILIES),
            )
        kind, split = file.text("tokenizer.ggml.model"), file.text("tokenizer.ggml.pre")
        if kind != "llama" and not (kind == "gpt2" and split in SPLITS):
            raise UserProblem("training_tokeniser", file=base.name, kind=f"{kind}, {split}")
        shapes = {name: tensor.shape for name, tensor in file.tensors.items()}
        matrices = [s for name, s in shapes.items() if name.startswith("blk.") and len(s) == 2]
        embedding = shapes.get("token_embd.weight", (0, 0))
        return Base(
            path=base,
            family=header.architecture,
            layers=of_family("block_count"),
            width=of_family("embedding_length"),
            inner=of_family("feed_forward_length"),
            vocabulary=embedding[0],
            parameters=sum(_product(s) for s in shapes.values()),
            linear=sum(_product(s) for s in matrices),
            sides=sum(sum(s) for s in matrices),
            context=header.context,
        )


def _folder(base: Path) -> Base:
    try:
        config = json.loads((base / "config.json").read_text(encoding="utf-8"))
        family = str(config["model_type"])
        if family not in FOLDER_FAMILIES:
            raise UserProblem("training_family", file=base.name, family=family, known=", ".join(FAMILIES))
        shapes: dict[str, tuple[int, ...]] = {}
        for file in _weights(base):
            with file.open("rb") as opened:
                (length,) = struct.unpack("<Q", opened.read(8))
                if length > file.stat().st_size:
                    raise ValueError("a header of impossible length")
                listed = json.loads(opened.read(length))
            shapes |= {name: tuple(entry["shape"]) for name, entry in listed.items() if name != "__metadata__"}
        matrices = [s for name, s in shapes.items() if ".layers." in name and len(s) == 2]
        described = Base(
            path=base,
            family=FOLDER_FAMILIES[family],
            layers=int(config["num_hidden_layers"]),
            width=int(config["hidden_size"]),
            inner=int(config["intermediate_size"]),
            vocabulary=int(config["vocab_size"]),
            parameters=sum(_product(s) for s in shapes.values()),
            linear=sum(_product(s) for s in matrices),
            sides=sum(sum(s) for s in matrices),
            context=int(config.get("max_position_embeddings", 0)),
        )
    except (OSError, ValueError, KeyError, TypeError, AttributeError, struct.error) as fault:
        raise UserProblem("training_folder", folder=base, fault=fault) from fault
    if not matrices or not (base / "tokenizer.json").is_file():
        missing = "tokenizer.json" if matrices else "model.safetensors"
        raise UserProblem("training_folder", folder=base, fault=missing)
    return described


def _weights(base: Path) -> list[Path]:
    return sorted(base.glob("*.safetensors"))


def _product(shape: tuple[int, ...]) -> int:
    product = 1
    for side in shape:
        product *= side
    return product


def in_training(folder: Path) -> bool:
    """Whether a training runs in ``folder``, in whichever process."""
    if not (folder / LOCK).exists():
        return False
    try:
        with FileLock(folder / LOCK, timeout=0):
            return False
    except Timeout:
        return True


def base_sha256(base: Path, check: Callable[[], None]) -> str:
    """The SHA-256 of the file; of a folder, that over its weights and its config.  ``check`` may raise to stop it."""
    digest = hashlib.sha256()
    for file in [base / "config.json", *_weights(base)] if base.is_dir() else [base]:
        with file.open("rb") as opened:
            while piece := opened.read(HASHED_AT_ONCE):
                check()
                digest.update(piece)
    return digest.hexdigest()
