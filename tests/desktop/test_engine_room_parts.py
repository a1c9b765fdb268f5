"""The language model reads ahead while nobody asks, and gives way to whoever does."""

from __future__ import annotations

import threading
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Any

import pytest

from core.drafting import beginning
from core.errors import CancelToken
from core.nouns import Turn, silent
from core.settings import Settings
from desktop import house
from desktop.engine_room.parts import Models

PATIENCE = 10.0


class Reader:
    """A language model that reads ahead until it is asked to stop."""

    def __init__(self) -> None:
        self.begun, self.stopped = threading.Event(), threading.Event()
        self.read: list[tuple[Turn, ...]] = []

    def read_ahead(self, turns: Sequence[Turn], cancel: CancelToken) -> None:
        self.read.append(tuple(turns))
        self.begun.set()
        while not cancel.cancelled:
            self.stopped.wait(0.01)
        self.stopped.set()

    def close(self) -> None:
        return


@pytest.fixture
def reader(monkeypatch: pytest.MonkeyPatch) -> Reader:
    made = Reader()
    monkeypatch.setattr(house, "language_model", lambda *_: made)
    return made


@contextmanager
def reading(models: Models, reader: Reader) -> Iterator[None]:
    ahead = threading.Thread(target=models.read_ahead)
    ahead.start()
    assert reader.begun.wait(PATIENCE)
    yield
    ahead.join(PATIENCE)
    assert not ahead.is_alive() and reader.stopped.is_set()


def loaded() -> Models:
    models = Models(Settings(), lambda: None)
    models.expect("language")
    models.load_language()
    return models


def test_what_every_question_begins_with_is_read_until_somebody_asks(reader: Reader) -> None:
    models = loaded()
    with reading(models, reader), models.language(silent, CancelToken()) as (model, _):
        assert reader.stopped.is_set()
        given: Any = model
        assert given is reader
    assert reader.read == [tuple(beginning())]


def test_while_somebody_asks_nothing_is_read_ahead(reader: Reader) -> None:
    models = loaded()
    with models.language(silent, CancelToken()):
        models.read_ahead()
    assert not reader.read


@pytest.mark.parametrize("end", ["exchanged", "closed"])
def test_it_gives_way_when_the_model_goes(reader: Reader, end: str) -> None:
    models = loaded()
    with reading(models, reader):
        if end == "closed":
            models.close()
        else:
            models.expect("language")
            models.load_language()


def test_without_a_model_there_is_nothing_to_read(reader: Reader) -> None:
    Models(Settings(), lambda: None).read_ahead()
    assert not reader.read
