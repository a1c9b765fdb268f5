"""The engine as the functions in :mod:`desktop.engine_room.work` see it: its parts, and one request under way."""

from __future__ import annotations

import threading
from contextlib import AbstractContextManager
from dataclasses import dataclass
from typing import TYPE_CHECKING, Protocol

from core.errors import CancelToken
from core.nouns import Progress
from core.settings import Settings
from desktop import house
from desktop.channel import Partly
from desktop.engine_room.lanes import Job
from desktop.engine_room.mouth import Mouth
from desktop.engine_room.parts import Models, Shelf

if TYPE_CHECKING:
    from core.library import Library
    from core.reading.rendering import Renderer
    from desktop.engine_room.records import Ledger
    from desktop.engine_room.sharing import SharedEmbedder


class Passwords:
    """What was typed to open protected files; in memory only, and gone with this process."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._by_hash: dict[str, str] = {}
        self._heard: list[str] = []

    def heard(self, password: str) -> None:
        """A password that was given for some files of an import."""
        with self._lock:
            if password and password not in self._heard:
                self._heard.append(password)

    def opens(self, sha256: str, password: str) -> None:
        """It is known to open the file with this hash."""
        with self._lock:
            self._by_hash[sha256] = password

    def of(self, sha256: str) -> str | None:
        """What opens the file with this hash, if that is known."""
        with self._lock:
            return self._by_hash.get(sha256)

    def all_heard(self) -> tuple[str, ...]:
        """What was given for imports, the latest first."""
        with self._lock:
            return tuple(reversed(self._heard))

    def forget(self) -> None:
        """Another library is open."""
        with self._lock:
            self._by_hash.clear()
            self._heard.clear()


class Engine(Protocol):
    """What a request may use and ask for."""

    settings: Settings
    shelf: Shelf
    models: Models
    renderer: Renderer
    ledger: Ledger
    passwords: Passwords

    def changing(self, collection: str = "") -> bool:
        """Whether documents are being added or checked, or wait for it (into that collection)."""

    def shaping(self, persona: str) -> bool:
        """Whether something that takes long is done with the persona of that id, or waits."""

    def stop_questions(self) -> None:
        """Ask everything that only reads the library to end."""

    def configure(self, settings: Settings) -> None:
        """Work with these settings from now on."""


@dataclass(frozen=True, slots=True)
class Task:
    """One request under way."""

    engine: Engine
    job: Job
    mouth: Mouth

    @property
    def cancel(self) -> CancelToken:
        """Set when the person asks to stop."""
        return self.job.cancel

    @property
    def settings(self) -> Settings:
        """The settings as they are now."""
        return self.engine.settings

    @property
    def language(self) -> str:
        """What sentences are said in."""
        return house.language(self.settings)

    def report(self, progress: Progress) -> None:
        """Tell how far it has come."""
        self.mouth.tell(self.job.id, progress)

    def partly(self, value: object) -> None:
        """Send a partial result."""
        self.mouth.say(Partly(self.job.id, value))

    def library(self) -> AbstractContextManager[Library]:
        """The open library, which stays open inside."""
        return self.engine.shelf.borrow(self.cancel)

    def embedder(self) -> SharedEmbedder:
        """The embedder, once it is loaded."""
        return self.engine.models.embedder(self.report, self.cancel)
