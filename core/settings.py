"""Every setting, declared once: type, default, human words.  Unknown keys are refused.

Settings live in ``settings.toml`` in the user's configuration folder; an absent
file means defaults.  ``VADEMECUM_HOME`` moves data and configuration together
(used by tests, and by people who keep everything on one drive).
"""

from __future__ import annotations

import json
import os
import tempfile
import tomllib
from contextlib import suppress
from dataclasses import dataclass, field, fields
from pathlib import Path

import platformdirs

from core.errors import UserProblem


def _setting(default: object, words: str) -> object:
    return field(default=default, metadata={"words": words})


@dataclass(frozen=True, slots=True)
class Settings:
    """The user's choices.  Field metadata ``words`` says what each one does."""

    language: str = _setting("", "language of the program: en, zh, or empty to follow the system")  # type: ignore[assignment]
    model: str = _setting("default", "name of the language model that drafts answers")  # type: ignore[assignment]
    persona: str = _setting("", "persona that speaks; empty for none")  # type: ignore[assignment]
    embedder: str = _setting("e5-small", "name of the embedding model of new libraries")  # type: ignore[assignment]
    threads: int = _setting(0, "processor threads; 0 uses every physical core")  # type: ignore[assignment]
    gpu_layers: int = _setting(-1, "layers on the GPU where there is one; -1 all, 0 none")  # type: ignore[assignment]
    context: int = _setting(4096, "longest prompt and answer together, in tokens")  # type: ignore[assignment]
    evidence_tokens: int = _setting(500, "how much text of the passages the model reads, in tokens")  # type: ignore[assignment]
    ocr: bool = _setting(True, "read scanned pages by character recognition")  # type: ignore[assignment]
    page_seconds: float = _setting(60.0, "longest time for one page before it is given up")  # type: ignore[assignment]
    file_seconds: float = _setting(1800.0, "longest time for one file before it is given up")  # type: ignore[assignment]
    reader_megabytes: int = _setting(1024, "memory cap of the process that reads files")  # type: ignore[assignment]
    max_pages: int = _setting(20000, "pages of one file that are read at most")  # type: ignore[assignment]
    max_megabytes: int = _setting(2000, "largest file that is read")  # type: ignore[assignment]
    library: str = _setting("", "folder of the library the window opens; empty for the default place")  # type: ignore[assignment]
    theme: str = _setting("", "look of the window: light, dark, or empty to follow the system")  # type: ignore[assignment]
    text_size: int = _setting(100, "size of the window's text, in per cent of the system's")  # type: ignore[assignment]
    welcomed: bool = _setting(False, "whether the window has shown its first steps")  # type: ignore[assignment]


def data_folder() -> Path:
    """The user's data folder (models, the default library).  It may not exist yet."""
    home = os.environ.get("VADEMECUM_HOME")
    return Path(home) if home else Path(platformdirs.user_data_dir("vademecum", appauthor=False))


def settings_file() -> Path:
    """Where the settings are kept."""
    home = os.environ.get("VADEMECUM_HOME")
    folder = Path(home) if home else Path(platformdirs.user_config_dir("vademecum", appauthor=False))
    return folder / "settings.toml"


def load_settings(file: Path | None = None) -> Settings:
    """The settings of this user.  Raises UserProblem for an unknown key, a wrong type or broken TOML."""
    path = file or settings_file()
    if not path.exists():
        return Settings()
    try:
        values = tomllib.loads(path.read_text(encoding="utf-8"))
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as fault:
        raise UserProblem("settings_damaged", file=path, fault=fault) from fault
    declared = {f.name: f for f in fields(Settings)}
    for name, value in values.items():
        if name not in declared:
            raise UserProblem("settings_unknown", file=path, name=name, known=", ".join(declared))
        kind = type(declared[name].default)
        if kind is float and type(value) is int:
            values[name] = float(value)
        elif type(value) is not kind:
            raise UserProblem("settings_wrong_type", file=path, name=name, kind=kind.__name__)
    return Settings(**values)


def save_settings(settings: Settings, file: Path | None = None) -> None:
    """Write what differs from the defaults, aside and renamed last.  UserProblem when the disk refuses."""
    path = file or settings_file()
    lines = []
    for f in fields(Settings):
        value = getattr(settings, f.name)
        if value != f.default:
            # A JSON string, number or truth value is the same in TOML; only DEL has to be escaped besides.
            lines.append(f"{f.name} = {json.dumps(value, ensure_ascii=False)}\n".replace("\x7f", "\\u007F"))
    aside: str | None = None
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        handle, aside = tempfile.mkstemp(dir=path.parent, prefix=".settings-")
        with os.fdopen(handle, "w", encoding="utf-8") as stream:
            stream.writelines(lines)
            stream.flush()
            os.fsync(stream.fileno())
        os.replace(aside, path)
    except OSError as fault:
        if aside:
            with suppress(OSError):
                os.unlink(aside)
        raise UserProblem("settings_not_saved", file=path, fault=fault.strerror or fault) from fault
