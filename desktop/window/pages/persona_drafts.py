"""What was typed into a persona's form and is not kept by the engine yet: beside the settings, until it is."""

from __future__ import annotations

import dataclasses
import json
import logging
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from core.errors import UserProblem
from core.nouns import Bilingual, Dialogue, Persona, Term, Voice
from core.settings import settings_file
from desktop.window.export import write_aside

_log = logging.getLogger(__name__)


def keep(persona: Persona) -> None:
    """Keep this form; the file can be read by this user only."""
    file = _file(persona.id)
    try:
        file.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        write_aside(file, json.dumps(dataclasses.asdict(persona)).encode("ascii"))
    except (OSError, UserProblem) as fault:
        _log.warning("a form could not be kept: %s", fault)


def kept(id: str) -> Persona | None:
    """The form that was kept, if there is one."""
    try:
        return _persona(json.loads(_file(id).read_text("ascii")))
    except (OSError, ValueError, KeyError, TypeError):
        return None


def forget(id: str) -> None:
    """The engine has it."""
    try:
        _file(id).unlink(missing_ok=True)
    except OSError as fault:
        _log.warning("a kept form could not be deleted: %s", fault)


def _file(id: str) -> Path:
    return settings_file().parent / "drafts" / f"persona-{id}.json"


def _persona(values: Mapping[str, Any]) -> Persona:
    def both(name: str) -> Bilingual:
        return Bilingual(str(values[name]["en"]), str(values[name]["zh"]))

    return Persona(
        str(values["id"]),
        both("name"),
        both("organisation"),
        both("purpose"),
        both("greeting"),
        Voice(values["voice"]),
        tuple(map(str, values["own_voice"])),
        tuple(map(str, values["languages"])),
        tuple(map(str, values["never_say"])),
        tuple(
            Term(
                str(term["term"]),
                tuple(map(str, term["abbreviations"])),
                tuple(map(str, term["synonyms"])),
                str(term["definition"]),
                tuple(map(str, term["confusable"])),
            )
            for term in values["glossary"]
        ),
        tuple(Dialogue(str(dialogue["asked"]), str(dialogue["answered"])) for dialogue in values["dialogues"]),
    )
