"""The engine in a true process of its own, for tests: with fakes where the real parts need a model."""

from __future__ import annotations

import hashlib
import os
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import replace
from multiprocessing.connection import Connection
from pathlib import Path
from queue import Queue
from typing import Any, TypeVar

import pytest

from core import asking
from core.errors import CancelToken
from core.judging import Judgement, judge_evidence
from core.language_model import Generation
from core.nouns import Candidate, Evidence, Progress, Report, Turn, silent
from core.settings import Settings
from desktop import engine_process, house
from desktop.channel import Done, Failed, Partly, Reply, Request, State, Told
from desktop.engine_process import EngineProcess
from desktop.engine_room import serve
from tests.core.reading.support import pdf, text
from tests.fakes import FakeEmbedder, ScriptedModel

T = TypeVar("T")
PATIENCE = 60.0
_LOG, _SLOW = "VADEMECUM_TEST_EMBEDDED", "VADEMECUM_TEST_SECONDS"
_MISSING = "absent"  # the name of a language model that is not installed


class Client:
    """One engine and everything it said; ``ask`` waits for the answer, ``start`` does not."""

    def __init__(self, library: Path, settings: Settings | None = None) -> None:
        self.replies: list[Reply] = []
        self.gone = 0
        self.state = State("starting")
        self.states: list[str] = []
        self.began = time.monotonic()
        self._ids = 0
        self._answers: dict[int, Queue[Done | Failed]] = {}
        self._stirred = threading.Condition()
        self.engine = EngineProcess(settings or Settings(), library, self._receive, self._count_gone)

    def _count_gone(self) -> None:
        with self._stirred:
            self.gone += 1
            self._stirred.notify_all()

    def _receive(self, reply: Reply) -> None:
        with self._stirred:
            if isinstance(reply, State):
                self.state = reply
                if self.states[-1:] != [reply.stage]:
                    self.states.append(reply.stage)
            else:
                self.replies.append(reply)
            self._stirred.notify_all()
        if isinstance(reply, Done | Failed):
            self._answers[reply.id].put(reply)

    def start(self, request: Request[Any]) -> int:
        self._ids += 1
        self._answers[self._ids] = Queue()
        self.engine.ask(self._ids, request)
        return self._ids

    def reply(self, id: int) -> Done | Failed:
        return self._answers[id].get(timeout=PATIENCE)

    def ask(self, request: Request[T]) -> T:
        reply = self.reply(self.start(request))
        if isinstance(reply, Failed):
            raise reply.error
        value: T = reply.value  # type: ignore[assignment]
        return value

    def until(self, holds: Callable[[], bool]) -> None:
        """Wait for what the engine says to make this true."""
        with self._stirred:
            assert self._stirred.wait_for(holds, PATIENCE), (self.state, self.replies[-5:])

    def parts(self, id: int) -> list[object]:
        return [r.value for r in self.replies if isinstance(r, Partly) and r.id == id]

    def progress(self, id: int) -> list[Progress]:
        return [r.progress for r in self.replies if isinstance(r, Told) and r.id == id]


@contextmanager
def engine(library: Path, settings: Settings | None = None) -> Iterator[Client]:
    """An engine until the end of the block."""
    client = Client(library, settings)
    try:
        yield client
    finally:
        client.engine.close()


def with_fakes(monkeypatch: pytest.MonkeyPatch, home: Path) -> None:
    """From now on engines have a fake embedder and a scripted model, and their data in ``home``."""
    monkeypatch.setenv("VADEMECUM_HOME", str(home))
    monkeypatch.setenv("LANG", "en_GB.UTF-8")
    monkeypatch.setenv(_LOG, str(home.with_name("embedded.txt")))
    monkeypatch.setattr(engine_process, "_begin", begin_with_fakes)


def embed_slowly(monkeypatch: pytest.MonkeyPatch, seconds: float) -> None:
    """From now on each passage takes so long."""
    monkeypatch.setenv(_SLOW, str(seconds))


def embedded(home: Path) -> list[str]:
    """Every passage that any engine with this home has embedded."""
    log = home.with_name("embedded.txt")
    return log.read_text(encoding="utf-8").splitlines() if log.exists() else []


def write(folder: Path, *names: str, lines: int = 12, word: str = "lease") -> list[Path]:
    """PDF files, each of its own words, four sentences a page; no two pages have lines in common."""
    folder.mkdir(parents=True, exist_ok=True)
    files = []
    for name in names:
        told = [f"The {word} of {name} ends on 1 March 2027 at noon."]
        told += [f"{_words(name, n)} noon of {name} is meant {_words(word, n)}." for n in range(1, lines)]
        files.append(folder / f"{name}.pdf")
        files[-1].write_bytes(pdf([text(told[at : at + 4]) for at in range(0, lines, 4)]))
    return files


def _words(seed: str, n: int) -> str:
    made = hashlib.sha256(f"{seed} {n}".encode()).hexdigest()
    return "Every " + " ".join(made[at : at + 6].translate(_LETTERS) for at in (0, 6, 12))


_LETTERS = str.maketrans("0123456789", "ghijklmnop")


# -- what runs in the child


class _Embedder(FakeEmbedder):
    """Writes down what it embeds, as slowly as it is told."""

    def embed_passages(self, texts: Sequence[str], report: Report = silent, cancel: CancelToken | None = None) -> Any:
        time.sleep(float(os.environ.get(_SLOW, "0")) * len(texts))
        with Path(os.environ[_LOG]).open("a", encoding="utf-8") as log:
            log.writelines(one.replace("\n", " ") + "\n" for one in texts)
        return super().embed_passages(texts, report, cancel)


class _Model(ScriptedModel):
    """Says what the first passage says; slowly when the question is to take long."""

    def generate(
        self,
        turns: Sequence[Turn],
        *,
        on_text: Callable[[str], None] | None = None,
        cancel: CancelToken | None = None,
        **options: Any,
    ) -> Generation:
        asked = turns[-1].content
        for _ in range(600 if "slowly" in asked else 0):
            time.sleep(0.1)
            if cancel is not None:
                cancel.check()
        self._answers = ["The lease ends on 1 March 2027 at noon. [1]\n"]
        if "haltingly" in asked and on_text is not None:
            on_text("The lease ends on 1 March 2027 at noon. [1] It ")
            while cancel is not None:
                time.sleep(0.05)
                cancel.check()
        return super().generate(turns, on_text=on_text, cancel=cancel, **options)

    def __enter__(self) -> _Model:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        return


def begin_with_fakes(pipe: Connection, settings: Settings, library: Path | None) -> None:
    """What :func:`desktop.engine_process._begin` does, with fakes for the models."""
    real = house.language_model

    def judge(
        question: str,
        candidates: Sequence[Candidate],
        evidence: Sequence[Evidence],
        unknown: Sequence[str] = (),
        *,
        within_one: bool = False,
    ) -> Judgement:
        judged = judge_evidence(question, candidates, evidence, unknown, within_one=within_one)
        return replace(judged, probability=1.0, years=())

    def model(chosen: Settings, *rest: Any) -> Any:
        return real(chosen, *rest) if chosen.model == _MISSING else _Model()

    setattr(asking, "judge_evidence", judge)  # noqa: B010  (a plain assignment is refused by mypy)
    setattr(house, "embedder", lambda *_: _Embedder())  # noqa: B010
    setattr(house, "language_model", model)  # noqa: B010
    serve(pipe, settings, library)
