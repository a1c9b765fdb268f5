"""What every output of the workshop carries: how it was made, in one card, beside it and inside it.

Outputs are written aside and renamed last: what has its name is whole.
"""

from __future__ import annotations

import contextlib
import dataclasses
import errno
import hashlib
import json
import os
import re
import shutil
import sys
import tempfile
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path

from core.errors import CancelToken, UserProblem
from core.nouns import Progress, Report, silent
from models.gguf_file import GgufFile, Planned, replaced, text_entry, write

KEY = "vademecum.card"
ADAPTER = "adapter"
LIBRARIES = ("gguf", "llama-cpp-python", "numpy", "peft", "safetensors", "torch", "transformers")
PROGRAM = "vademecum"
IDENTITY_ONLY = "identity only"
MAX_BYTES = 1_000_000
# Room that must stay free on the disk.
SPARE_BYTES = 200_000_000

_HASH = re.compile(r"(?:[0-9a-f]{64})?")
Plain = str | int | float | bool | None


@dataclass(frozen=True, slots=True)
class Card:
    """How an adapter or a merged model was made.

    ``kind`` is "adapter" or the type of a merged file.  ``adapter_sha256`` and ``file_sha256`` are empty where they
    cannot be known yet: a file cannot hold its own hash, so it stands only on the card beside it.  ``gate`` has the
    figures of everything that was tested ("base", "persona", each type that was tried), ``created`` is UTC.  ``asked``
    stands on the card of a merged file: IDENTITY_ONLY, for the other figures are of the adapter on its base.
    """

    kind: str
    persona: str
    base: str
    base_sha256: str
    adapter_sha256: str = ""
    file_sha256: str = ""
    data_sha256: str = ""
    seed: int = 0
    training: Mapping[str, Plain] = field(default_factory=dict)
    versions: Mapping[str, str] = field(default_factory=dict)
    gate: Mapping[str, Mapping[str, float]] = field(default_factory=dict)
    created: str = ""
    program: str = ""
    asked: str = ""

    def json(self) -> str:
        """The card as canonical JSON: the same card is always the same text."""
        told = dataclasses.asdict(self)
        if not self.asked:  # as it was before there were such cards
            del told["asked"]
        return json.dumps(told, ensure_ascii=False, sort_keys=True, separators=(",", ":"), allow_nan=False)

    def of(self, digest: str) -> Card:
        """The card beside the file that has this hash."""
        adapter = digest if self.kind == ADAPTER else self.adapter_sha256
        return dataclasses.replace(self, adapter_sha256=adapter, file_sha256=digest)

    def inside(self) -> Card:
        """The card as its own file can hold it: without the hash of that file."""
        return self.of("")


def new_card(
    persona: str,
    base: str,
    base_sha256: str,
    *,
    data_sha256: str = "",
    seed: int = 0,
    training: Mapping[str, Plain] | None = None,
) -> Card:
    """The card of an adapter that is being made now, with this program."""
    return Card(
        kind=ADAPTER,
        persona=persona,
        base=base,
        base_sha256=base_sha256,
        data_sha256=data_sha256,
        seed=seed,
        training=dict(training or {}),
        versions={name: _version(name) for name in LIBRARIES if _version(name)},
        created=now(),
        program=_version(PROGRAM),
    )


def now() -> str:
    """This moment in UTC, to the second."""
    return datetime.now(UTC).isoformat(timespec="seconds")


def card_from_json(text: str, name: str) -> Card:
    """The card that :meth:`Card.json` wrote; ``name`` is said in the sentence.  UserProblem ``card_damaged``."""
    try:
        values = json.loads(text, parse_constant=_refuse)
        return _card(values)
    except (ValueError, TypeError, KeyError, RecursionError) as fault:
        raise UserProblem("card_damaged", file=name) from fault


def read_card(file: Path) -> Card:
    """The card that stands in a JSON file.  UserProblem ``card_missing`` or ``card_damaged``."""
    try:
        with file.open("rb") as opened:
            data = opened.read(MAX_BYTES + 1)
    except OSError as fault:
        raise UserProblem("card_missing", file=file) from fault
    if len(data) > MAX_BYTES:
        raise UserProblem("card_damaged", file=file.name)
    try:
        return card_from_json(data.decode("utf-8"), file.name)
    except UnicodeDecodeError as fault:
        raise UserProblem("card_damaged", file=file.name) from fault


def card_inside(file: Path) -> Card:
    """The card that a GGUF file carries.  UserProblem ``card_missing``, ``card_damaged``, or those of a bad file."""
    with GgufFile(file) as opened:
        text = opened.text(KEY)
    if not text:
        raise UserProblem("card_missing", file=file)
    return card_from_json(text, file.name)


def beside(file: Path) -> Path:
    """Where the card of an output stands."""
    return file.with_name(f"{file.stem}.card.json")


def write_card(card: Card, file: Path) -> None:
    """The card as a JSON file, written aside and renamed last.  UserProblem when the disk refuses."""
    with aside(file) as part:
        part.write_text(card.json() + "\n", encoding="utf-8")


def stamp(source: Path, out: Path, card: Card, report: Report = silent, cancel: CancelToken | None = None) -> Card:
    """Copies a GGUF file so that it carries ``card``, everything else byte for byte; the card is put beside it.

    Gives the card with the hash of the file.  ``out`` may be ``source``.  UserProblem when the disk refuses.
    """
    with aside(out) as part:
        with GgufFile(source) as file, part.open("wb") as opened:
            tensors = [Planned(t.name, t.shape, t.kind, file.bytes_of(t)) for t in file.tensors.values()]
            entries = replaced(file, {KEY: text_entry(KEY, card.inside().json())})
            write(opened, entries, _watched(tensors, report, cancel), file.alignment)
        complete = card.of(sha256(part, cancel))
        write_card(complete, beside(out))
    return complete


def _watched(tensors: list[Planned], report: Report, cancel: CancelToken | None) -> list[Planned]:
    def data(number: int, tensor: Planned) -> Iterator[bytes | memoryview]:
        report(Progress("output_writing", number, len(tensors), tensor.name))
        for piece in tensor.data:
            if cancel:
                cancel.check()
            yield piece

    return [dataclasses.replace(tensor, data=data(number, tensor)) for number, tensor in enumerate(tensors)]


def sha256(file: Path, cancel: CancelToken | None = None) -> str:
    """The SHA-256 of a file.  UserProblem ``model_file_missing`` or ``model_file_unreadable``; Cancelled."""
    digest = hashlib.sha256()
    try:
        with file.open("rb") as opened:
            while piece := opened.read(1 << 22):
                if cancel:
                    cancel.check()
                digest.update(piece)
    except FileNotFoundError as fault:
        raise UserProblem("model_file_missing", file=file) from fault
    except OSError as fault:
        raise UserProblem("model_file_unreadable", file=file, fault=fault.strerror) from fault
    return digest.hexdigest()


def need_space(folder: Path, needed: int) -> None:
    """UserProblem ``output_no_room`` when ``folder`` (which may not exist yet) has no such room, and some to spare."""
    while not folder.exists() and folder != folder.parent:
        folder = folder.parent
    free = shutil.disk_usage(folder).free
    if free < needed + SPARE_BYTES:
        raise UserProblem(
            "output_no_room", folder=folder, needed=round((needed + SPARE_BYTES) / 1e6), free=round(free / 1e6)
        )


def check_place(out: Path) -> None:
    """Makes sure that an output can have this name: ``output_no_folder`` and ``output_is_folder`` are UserProblems.

    A folder that a person mistyped must not come to be.
    """
    if out.is_dir():
        raise UserProblem("output_is_folder", folder=out)
    if not out.parent.is_dir():
        raise UserProblem("output_no_folder", folder=out.parent.absolute(), file=out.name)


@contextlib.contextmanager
def written(file: Path) -> Iterator[None]:
    """Says in a sentence what the disk refused.  UserProblem ``output_disk_full`` or ``output_not_written``."""
    try:
        yield
    except OSError as fault:
        if fault.errno in (errno.ENOSPC, errno.EDQUOT):
            raise UserProblem("output_disk_full", folder=file.parent) from fault
        raise UserProblem("output_not_written", file=file, fault=fault.strerror or fault) from fault


@contextlib.contextmanager
def aside(file: Path) -> Iterator[Path]:
    """A name to write to in the same folder; it becomes ``file`` when all went well, and is gone otherwise.

    UserProblem ``output_disk_full`` or ``output_not_written`` when the disk refuses.
    """
    with written(file):
        file.parent.mkdir(parents=True, exist_ok=True)
        handle, name = tempfile.mkstemp(dir=file.parent, prefix=f".{file.stem}-", suffix=".part")
        os.close(handle)
        part = Path(name)
        try:
            yield part
            with part.open("rb+") as opened:
                os.fsync(opened.fileno())
            part.replace(file)
        finally:
            part.unlink(missing_ok=True)
        sync(file.parent)


def sync(folder: Path) -> None:
    """Makes what was renamed in ``folder`` survive a power cut, where the system lets a folder be opened."""
    if os.name != "posix":
        return
    handle = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


def _version(name: str) -> str:
    try:
        return version(name)
    except PackageNotFoundError:
        return ""


def _refuse(constant: str) -> float:
    raise ValueError(constant)


def _card(values: object) -> Card:
    """Every field of its own type and no other field; ValueError, TypeError or KeyError otherwise."""
    if not isinstance(values, dict) or {*values, "asked"} != {f.name for f in dataclasses.fields(Card)}:
        raise ValueError("other fields than a card's")
    gate = _mapping(values["gate"])
    hashes = ("base_sha256", "adapter_sha256", "file_sha256", "data_sha256")
    if not all(_HASH.fullmatch(_text(values[name])) for name in hashes) or not values["base_sha256"]:
        raise ValueError("not a SHA-256")
    return Card(
        kind=_text(values["kind"]),
        persona=_text(values["persona"]),
        base=_text(values["base"]),
        base_sha256=_text(values["base_sha256"]),
        adapter_sha256=_text(values["adapter_sha256"]),
        file_sha256=_text(values["file_sha256"]),
        data_sha256=_text(values["data_sha256"]),
        seed=_whole(values["seed"]),
        training={key: _plain(value) for key, value in _mapping(values["training"]).items()},
        versions={key: _text(value) for key, value in _mapping(values["versions"]).items()},
        gate={who: {k: _number(v) for k, v in _mapping(figures).items()} for who, figures in gate.items()},
        created=_text(values["created"]),
        program=_text(values["program"]),
        asked=_text(values.get("asked", "")),
    )


def _mapping(value: object) -> dict[str, object]:
    if not isinstance(value, dict):
        raise TypeError("not a mapping")
    return value


def _text(value: object) -> str:
    if not isinstance(value, str):
        raise TypeError("not a text")
    return value


def _whole(value: object) -> int:
    if not isinstance(value, int) or isinstance(value, bool):
        raise TypeError("not a whole number")
    return value


def _number(value: object) -> float:
    if not isinstance(value, int | float):
        raise TypeError("not a number")
    if not abs(value) <= sys.float_info.max:  # "1e999" is read as infinity, and an integer may have a thousand digits
        raise ValueError("not a number that can be counted with")
    return value


def _plain(value: object) -> Plain:
    if value is not None and not isinstance(value, str | int | float | bool):
        raise TypeError("not a plain value")
    return value
