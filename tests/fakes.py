"""Stand-ins for what is slow or needs a model: exact, fast, the same on every machine."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import cast

import numpy as np
import numpy.typing as npt

from core.errors import CancelToken, UserProblem
from core.language_model import Generation
from core.nouns import (
    EmbedderIdentity,
    Line,
    ModelIdentity,
    Outcome,
    Page,
    Passage,
    Progress,
    ReadBy,
    Reading,
    Rect,
    Report,
    Turn,
    silent,
)
from core.reading import Limits, Reader
from core.terms import terms

DIMENSIONS = 64


class FakeEmbedder:
    """A bag of words, hashed into 64 dimensions.  ``embedded`` holds every passage text it was ever given."""

    def __init__(self, name: str = "fake", seen: Callable[[Sequence[str]], None] | None = None) -> None:
        self._identity = EmbedderIdentity(name, hashlib.sha256(name.encode()).hexdigest(), DIMENSIONS)
        self.embedded: list[str] = []
        self._seen = seen

    @property
    def identity(self) -> EmbedderIdentity:
        return self._identity

    @property
    def max_tokens(self) -> int:
        return 64

    def count_tokens(self, texts: Sequence[str]) -> list[int]:
        return [len(text.split()) for text in texts]

    def embed_passages(
        self, texts: Sequence[str], report: Report = silent, cancel: CancelToken | None = None
    ) -> npt.NDArray[np.float32]:
        if cancel is not None:
            cancel.check()
        self.embedded += texts
        if self._seen is not None:
            self._seen(texts)
        return np.stack([self.embed_question(text) for text in texts])

    def embed_question(self, text: str) -> npt.NDArray[np.float32]:
        vector = np.full(DIMENSIONS, 1e-3, np.float32)
        for term in terms(text):
            vector[hashlib.sha256(term.encode()).digest()[0] % DIMENSIONS] += 1
        return np.asarray(vector / np.linalg.norm(vector), np.float32)


class FakeReader:
    """Reads text files as if they were PDFs: pages end at a form feed, passages at a full stop.

    A page "(unreadable)" has a problem; a file that begins with "bad" is rejected.
    ``read_files`` holds the text of every file that was read.
    """

    def __init__(self) -> None:
        self.read_files: list[str] = []

    def read(
        self,
        path: Path,
        *,
        name: str = "",
        password: str | None = None,
        report: Report = silent,
        cancel: CancelToken | None = None,
    ) -> Reading:
        data = path.read_bytes()
        if cancel is not None:
            cancel.check()
        report(Progress("stage_reading", 0, 1, path.name))
        self.read_files.append(data.decode())
        return make_reading(data.decode())


class LimitedReader(FakeReader):
    """The fake reader with what an import asks of a reader besides reading: its limits."""

    def __init__(self, max_megabytes: int = 1) -> None:
        super().__init__()
        self.limits = Limits(max_megabytes=max_megabytes)


def as_reader(fake: FakeReader) -> Reader:
    """The fake where a Reader is asked for; the engine calls only ``read``, and an import asks for ``limits``."""
    return cast(Reader, fake)


def make_reading(text: str) -> Reading:
    """The reading of a fake file."""
    data = text.encode()
    sha256 = hashlib.sha256(data).hexdigest()
    if text.startswith("bad"):
        return Reading(sha256, len(data), Outcome.REJECTED, "import_original_gone", "", ())
    pages = tuple(_page(index, page) for index, page in enumerate(text.split("\f")))
    outcome = Outcome.PARTIAL if any(page.problem for page in pages) else Outcome.OK
    return Reading(sha256, len(data), outcome, "", text[:20], pages, metadata={"a": "b"}, reader="fake", seconds=0.5)


def _page(index: int, text: str) -> Page:
    if text == "(unreadable)":
        return Page(index, str(index + 1), "", (), 595, 842, ReadBy.NOTHING, "import_original_gone")
    edges = tuple(0.1 + 0.8 * n / max(1, len(text)) for n in range(len(text) + 1))
    line = Line(0, len(text), Rect(0.1, 0.1, 0.9, 0.12), edges)
    return Page(index, str(index + 1), text, (line,), 595, 842, ReadBy.TEXT)


def fake_cut(reading: Reading, count_tokens: Callable[[Sequence[str]], list[int]], limit: int) -> tuple[Passage, ...]:
    """One passage a sentence, with the number that it begins with."""
    return tuple(
        Passage(
            f"{reading.sha256[:16]}-{page.index}-{match.start()}",
            reading.sha256,
            page.index,
            match.start(),
            match.end(),
            match.group(),
            ("Heading",),
            re.findall(r"^(?:\d+\.\d+(?:\([a-z]\))?)?", match.group())[0],
        )
        for page in reading.pages
        for match in re.finditer(r"\S.*?(?:。|\.(?=\s|$)|$)", page.text, re.DOTALL)
    )


class ScriptedModel:
    """A language model that says what it was told to, in order; ``asked`` holds the turns of every call."""

    def __init__(self, *answers: str) -> None:
        self._answers = list(answers)
        self.asked: list[tuple[Turn, ...]] = []

    @property
    def identity(self) -> ModelIdentity:
        return ModelIdentity("scripted", "0" * 64)

    @property
    def context(self) -> int:
        return 4096

    def count_tokens(self, text: str) -> int:
        return len(text) // 3 + 1

    def read_ahead(self, turns: Sequence[Turn], cancel: CancelToken) -> None:
        return

    def generate(
        self,
        turns: Sequence[Turn],
        *,
        grammar: str = "",
        max_tokens: int = 256,
        temperature: float = 0.0,
        seed: int = 0,
        on_text: Callable[[str], None] | None = None,
        cancel: CancelToken | None = None,
    ) -> Generation:
        if cancel is not None:
            cancel.check()
        self.asked.append(tuple(turns))
        if sum(self.count_tokens(t.content) for t in turns) + max_tokens > self.context:
            raise UserProblem("prompt_too_long", tokens=9999, limit=self.context)
        text = self._answers.pop(0) if self._answers else "."
        if on_text:
            on_text(text)
        digest = hashlib.sha256("\0".join(t.content for t in turns).encode()).hexdigest()
        return Generation(text, len(text), 10, 0, digest, 0.01, 0.02, True)
