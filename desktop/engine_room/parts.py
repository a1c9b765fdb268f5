"""The engine's parts that take time: the open library and the two models, each opened aside and lent out."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import TYPE_CHECKING

from core.errors import Cancelled, CancelToken, VademecumError
from core.nouns import ModelIdentity, Progress, Report
from core.settings import Settings
from desktop import house
from desktop.faults import keep_fault, portable

if TYPE_CHECKING:
    from core.language_model import LlamaModel
    from core.library import Library
    from core.speaking import Speaker
    from desktop.engine_room.sharing import SharedEmbedder

_LOOK_SECONDS = 0.1  # between two looks at a cancel token
_MODEL_SETTINGS = ("model", "persona", "threads", "gpu_layers", "context")
_EMBEDDER_SETTINGS = ("embedder", "threads")


class Shelf:
    """Holds the open library and lends it out; another one takes its place only when nobody has it."""

    def __init__(self) -> None:
        self._changed = threading.Condition()
        self._library: Library | None = None
        self._problem: VademecumError | None = None
        self._lent = 0
        self._swapping = True
        self._begun = False
        self._unasked: Library | None = None  # one that the start made anew, before anybody could say where

    @contextmanager
    def borrow(self, cancel: CancelToken) -> Iterator[Library]:
        """The open library.  Waits while one is being opened; raises why none is open."""
        with self._changed:
            self.settle(cancel)
            if self._library is None:
                assert self._problem is not None
                raise self._problem
            library = self._library
            self._lent += 1
        try:
            yield library
        finally:
            with self._changed:
                self._lent -= 1
                self._changed.notify_all()

    def settle(self, cancel: CancelToken) -> None:
        """Wait while a library is being opened."""
        with self._changed:
            while self._swapping:
                if cancel.cancelled:  # not check(): that waits while paused, and would hold everybody up
                    raise Cancelled
                self._changed.wait(_LOOK_SECONDS)

    @property
    def folder(self) -> Path | None:
        """Where the open library is; None while none is open."""
        return self._library.folder if self._library is not None else None

    @property
    def settled(self) -> bool:
        """Whether a library is open, or it is known why none is."""
        return not self._swapping

    @contextmanager
    def swap(self, make_way: Callable[[], None]) -> Iterator[Callable[[Path, Report], None]]:
        """Nobody else has the library inside; call what is given to open another, which closes the one before.

        ``make_way`` is called when nobody gets the library any more: it asks those who
        have it to end, or raises.
        """
        with self._changed:
            self._swapping = True
        try:
            make_way()
            with self._changed:
                self._changed.wait_for(lambda: not self._lent)
            yield self._open
        finally:
            with self._changed:
                self._swapping = False
                self._changed.notify_all()

    def _open(self, folder: Path, report: Report) -> None:
        # The engine takes more than a second to import, and the process answers before that.
        from core.asking import close_interrupted

        first, self._begun = not self._begun, True
        new = not (folder / "library.db").exists()
        try:
            opened = house.library(folder, create=True, report=report)
        except VademecumError as problem:
            self._problem = problem
            raise
        except BaseException as fault:
            self._problem = keep_fault(fault)
            raise
        with suppress(VademecumError):  # a full disk: the next opening will write it down
            close_interrupted(opened)
        old, self._library = self._library, opened
        if old is not None and old is self._unasked:
            old.discard_if_untouched()
        elif old is not None:
            old.close()
        self._unasked = opened if first and new else None

    def close(self) -> None:
        """Close the library, whoever has it: its methods finish first what they have begun."""
        if self._library is not None:
            self._library.close()


class Models:
    """The embedder and the language model, loaded in threads of their own.  ``changed`` is called at every step."""

    def __init__(self, settings: Settings, changed: Callable[[], None]) -> None:
        self._settings = settings
        self._tell = changed
        self._changed = threading.Condition()
        self._using = threading.Lock()  # a question is answered with the language model, or it is being exchanged
        self._ahead = CancelToken()  # of what is read while nobody asks
        self._loading: dict[str, int] = {}
        self._embedder: SharedEmbedder | None = None
        self._language: LlamaModel | None = None
        self._speaker: Speaker | None = None
        self._problems: dict[str, VademecumError] = {}
        self._persona_problem: VademecumError | None = None

    def state(self) -> tuple[str, ModelIdentity | None, VademecumError | None]:
        """Stage, model and problem for a :class:`State`."""
        with self._changed:
            speaking = self._speaker.model if self._speaker is not None else self._language
            identity = speaking.identity if speaking is not None else None
            if any(self._loading.values()):
                return "loading", identity, None
            problem = self._problems.get("language") or self._problems.get("embedder")
            return ("no_model" if problem else "ready"), identity, problem

    @property
    def persona_problem(self) -> VademecumError | None:
        """Why the persona of the settings does not speak; None when it does, or none is wanted."""
        return self._persona_problem

    def load_language(self) -> None:
        """Load the language model of the settings, in this thread; the one before it is let go first."""
        self._ahead.cancel()
        with self._step("language"), self._using:
            self._let_go()
            self._persona_problem = None
            self._language = house.language_model(self._settings)
            if self._settings.persona:
                self._let_speak(self._settings, self._language)

    def _let_speak(self, settings: Settings, model: LlamaModel) -> None:
        from desktop import workshop  # most people have no persona; it brings the whole workshop

        try:
            self._speaker = workshop.speaker(settings, model)
        except VademecumError as problem:
            self._persona_problem = portable(problem)
        except Exception as fault:  # answers do not depend on who speaks: the model works without
            self._persona_problem = keep_fault(fault)

    def read_ahead(self) -> None:
        """Have the language model read what all questions begin with, in this thread, until somebody needs it."""
        from core.drafting import beginning

        self._ahead = CancelToken()
        if self._using.acquire(blocking=False):  # who asks already has it read
            try:
                if self._language is not None:
                    self._language.read_ahead(beginning(), self._ahead)
            finally:
                self._using.release()

    def renew_language(self) -> None:
        """Load the language model and who speaks anew, aside: what they are made of has changed."""
        self.expect("language")
        threading.Thread(target=self._exchange_language, name="loading language", daemon=True).start()

    def _exchange_language(self) -> None:
        self.load_language()
        self.read_ahead()

    def try_again(self) -> None:
        """Load aside what could not be loaded before: model files have arrived."""
        loads = {"language": self._exchange_language, "embedder": self.load_embedder}
        for part in [part for part in loads if part in self._problems]:
            self.expect(part)
            threading.Thread(target=loads[part], name=f"loading {part}", daemon=True).start()

    def load_embedder(self) -> None:
        """Load the embedder of the settings, in this thread."""
        with self._step("embedder"):
            # torch takes seconds to import.
            from desktop.engine_room.sharing import SharedEmbedder

            self._embedder = None
            self._embedder = SharedEmbedder(house.embedder(self._settings))
        if self._embedder is not None:
            self._embedder.for_questions().embed_question("?")  # the first is slow; no person's question should be it

    def expect(self, *parts: str) -> None:
        """From now on wait for these parts ("language", "embedder"): they are about to be loaded."""
        with self._changed:
            for part in parts:
                self._loading[part] = self._loading.get(part, 0) + 1
        self._tell()

    def configure(self, settings: Settings) -> None:
        """Work with other settings: what they change is loaded anew, aside."""
        with self._changed:
            before, self._settings = self._settings, settings
        for part, names, load in (
            ("language", _MODEL_SETTINGS, self._exchange_language),
            ("embedder", _EMBEDDER_SETTINGS, self.load_embedder),
        ):
            if any(getattr(before, name) != getattr(settings, name) for name in names):
                self.expect(part)
                threading.Thread(target=load, name=f"loading {part}", daemon=True).start()

    def embedder(self, report: Report, cancel: CancelToken) -> SharedEmbedder:
        """The embedder, once it is loaded.  Raises why there is none."""
        self._wait_for("embedder", report, cancel)
        if self._embedder is None:
            raise self._problems["embedder"]
        return self._embedder

    @contextmanager
    def language(self, report: Report, cancel: CancelToken) -> Iterator[tuple[LlamaModel, Speaker | None]]:
        """The language model and who speaks, once they are loaded, for this thread alone.  Raises why there is none."""
        while True:
            self._wait_for("language", report, cancel)
            self._ahead.cancel()
            with self._using:
                if self._loading.get("language"):
                    continue  # exchanged while we waited for our turn
                if self._language is None:
                    raise self._problems["language"]
                yield self._language, self._speaker
                return

    def close(self) -> None:
        """Free the language model, if nobody uses it."""
        self._ahead.cancel()
        if self._using.acquire(timeout=1.0):
            self._let_go()

    def _let_go(self) -> None:
        speaker, self._speaker = self._speaker, None
        if speaker is not None:
            speaker.close()
        model, self._language = self._language, None
        if model is not None:
            model.close()

    @contextmanager
    def _step(self, part: str) -> Iterator[None]:
        try:
            yield
            problem = None
        except VademecumError as refused:
            problem = refused
        except Exception as fault:  # whatever a library raises, the engine goes on without this model
            problem = keep_fault(fault)
        with self._changed:
            self._problems.pop(part, None)
            if problem is not None:
                self._problems[part] = portable(problem)
            self._loading[part] -= 1
            self._changed.notify_all()
        self._tell()

    def _wait_for(self, part: str, report: Report, cancel: CancelToken) -> None:
        with self._changed:
            while self._loading.get(part):
                name = self._settings.model if part == "language" else self._settings.embedder
                report(Progress("stage_loading", item=name))
                if cancel.cancelled:  # not check(): it waits while paused, and would hold everybody up
                    raise Cancelled
                self._changed.wait(_LOOK_SECONDS)
