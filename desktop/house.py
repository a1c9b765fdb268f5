"""Builds the engine's parts from the settings and hands them over.

A heavy part is imported when it is built: help, errors and a window need none of them.
"""

from __future__ import annotations

import contextlib
import getpass
import locale
import os
import sys
import threading
from collections.abc import Sequence
from importlib import metadata
from pathlib import Path
from typing import TYPE_CHECKING

from core.errors import CancelToken, UserProblem
from core.nouns import ModelIdentity, Progress, Report, silent
from core.settings import Settings, data_folder
from desktop import logbook, samples

if TYPE_CHECKING:
    from core.embedding import Embedder
    from core.language_model import LlamaModel
    from core.library import Library
    from core.reading import Reader
    from models.catalogue import Installed

_CARRYING = threading.Lock()  # both models are wanted at once, and come together
PROBE = "probe-model"  # the hidden command of the built program that tries a model file


def go_offline() -> None:
    """Tell every library underneath that there is no network; before any of them is imported."""
    os.environ.update(
        HF_HUB_OFFLINE="1",
        TRANSFORMERS_OFFLINE="1",
        HF_HUB_DISABLE_TELEMETRY="1",
        DO_NOT_TRACK="1",
        TOKENIZERS_PARALLELISM="false",
    )


def version() -> str:
    """The program's version."""
    return metadata.version("vademecum")


def frozen() -> bool:
    """Whether this is the built program, which brings its own Python."""
    return bool(getattr(sys, "frozen", False))


def models_folder() -> Path:
    """Where model files are kept."""
    return data_folder() / "models"


def default_library() -> Path:
    """The library that is used when none is named."""
    return data_folder() / "library"


def evaluation_library() -> Path:
    """The library of evaluations, apart from the user's own documents."""
    return data_folder() / "evaluation"


def sample_files() -> tuple[Path, ...]:
    """The sample documents of a first try: without the later edition of one, and without the locked one."""
    later = ("economic-outlook-2025-july.pdf", "confidential-settlement-note.pdf")
    return tuple(file for file in sorted(samples.folder().glob("*.pdf")) if file.name not in later)


def fault_file() -> Path:
    """Where faults of this program are written down, so that they can be reported."""
    return logbook.folder() / "faults.log"


def language(settings: Settings, asked: str = "") -> str:
    """ "en" or "zh": what was asked for, else the setting, else the system's."""
    system = os.environ.get("LC_ALL") or os.environ.get("LC_MESSAGES") or os.environ.get("LANG") or ""
    system = system or (locale.getlocale()[0] or "")
    chosen = asked or settings.language or system
    return "zh" if chosen.lower().startswith(("zh", "chinese")) else "en"


def user_name() -> str:
    """Who asks, as the system knows them."""
    try:
        return getpass.getuser()
    except (KeyError, OSError):
        return ""


def library(folder: Path, *, create: bool = False, report: Report = silent) -> Library:
    """The library in ``folder``, opened."""
    from core.library import open_library  # LanceDB takes more than a second to import

    return open_library(folder, create=create, report=report)


def reader(settings: Settings, *, ocr: bool = True) -> Reader:
    """What reads files, within the limits of the settings."""
    from core.reading import Limits, Reader  # a part like the others

    limits = Limits(
        page_seconds=settings.page_seconds,
        file_seconds=settings.file_seconds,
        megabytes=settings.reader_megabytes,
        max_pages=settings.max_pages,
        max_megabytes=settings.max_megabytes,
    )
    return Reader(limits, ocr=ocr and settings.ocr)


def models_inside() -> Path | None:
    """The folder of the models that came with the installed program, where it was built with some."""
    inside = Path(sys.executable).parent / "models"
    return inside if frozen() and inside.is_dir() else None


def _find(name: str) -> Installed:
    """The model of that name; one that came with the program is copied to the others when it is first wanted."""
    from models import carrying, catalogue  # they know how models are converted, and that brings NumPy

    inside, folder = models_inside(), models_folder()
    if inside is not None and any(one.name == name for one in catalogue.installed(inside)):
        with _CARRYING:
            if all(one.name != name for one in catalogue.installed(folder)):
                carrying.import_models(inside, folder, probe_command())
    return catalogue.find(name, folder)


def find_embedder(settings: Settings) -> Installed:
    """The files of the embedding model.  UserProblem when it is not installed, or is none."""
    found = _find(settings.embedder)
    if found.kind != "embedder":
        raise UserProblem("model_not_an_embedder", name=found.name)
    return found


def embedder(settings: Settings, report: Report = silent, cancel: CancelToken | None = None) -> Embedder:
    """The embedding model, its files checked.  UserProblem when it is not installed."""
    from core.embedding import SentenceTransformerEmbedder  # torch takes seconds to import
    from models import catalogue  # see _find

    found = find_embedder(settings)
    catalogue.verify(found, report, cancel)
    logbook.jot("model", kind=found.kind, name=found.name, sha256=found.sha256)
    report(Progress("stage_loading", item=found.name))

    def remember(precision: str) -> None:
        with contextlib.suppress(UserProblem, OSError):  # it is found out again
            catalogue.remember_precision(found.name, found.path.parent, precision)

    return SentenceTransformerEmbedder(
        found.path,
        name=found.name,
        sha256=found.sha256,
        threads=settings.threads,
        precision=found.precision,
        decided=remember,
    )


def find_language_model(settings: Settings, name: str = "") -> Installed:
    """The file of the language model ``name``, or the one in the settings.  UserProblem as for an embedder."""
    found = _find(name or settings.model)
    if found.kind != "language":
        raise UserProblem("model_embedding_only", file=found.name)
    return found


def language_model(
    settings: Settings, name: str = "", report: Report = silent, cancel: CancelToken | None = None
) -> LlamaModel:
    """The language model ``name``, or the one in the settings, its file checked.  UserProblem when not installed."""
    from core.language_model import LlamaModel, gpu_built_in, widen  # a part like the others
    from models import catalogue  # see _find

    found = find_language_model(settings, name)
    catalogue.verify(found, report, cancel)
    logbook.jot("model", kind=found.kind, name=found.name, sha256=found.sha256)
    report(Progress("stage_loading", item=found.name))
    widen(found.wide)
    layers = settings.gpu_layers if gpu_built_in() else 0
    return LlamaModel(
        found.path,
        ModelIdentity(found.name, found.sha256),
        context=settings.context,
        threads=settings.threads,
        gpu_layers=layers if layers and _device_writes(found, report, cancel) else 0,
    )


def _device_writes(model: Installed, report: Report, cancel: CancelToken | None) -> bool:
    """Whether the model writes on the device.  A driver that does not work takes its process down: not this one."""
    from models.probe import probe  # see _find

    try:
        probe(model.path, probe_command(), report=report, cancel=cancel, try_wide=False)
    except UserProblem as problem:
        logbook.jot("device", answers=False, key=problem.key)
        report(Progress("gpu_silent", item=model.name))
        return False
    return True


def probe_command() -> Sequence[str]:
    """What starts the throw-away process that tries a model file; the file's path is added."""
    if frozen():
        return [sys.executable, PROBE]
    return [sys.executable, "-m", "core.language_model", "--probe"]
