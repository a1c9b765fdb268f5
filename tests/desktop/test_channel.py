"""What travels between window and engine, and what does not."""

from __future__ import annotations

import os
import pickle
import time
from pathlib import Path, PurePosixPath

import numpy as np
import pytest

from core.errors import Cancelled, TryAgain, UserProblem
from core.nouns import Change, Document, ModelIdentity, Outcome, Progress, SameName, Scope
from core.settings import Settings
from desktop import channel
from desktop.channel import AddFiles, Ask, Asked, CancelIt, Configure, Done, Failed, PauseIt, State, Told, pack, unpack


@pytest.mark.parametrize(
    "message",
    [
        Asked(1, AddFiles((Path("a.pdf"), Path("资料")), "general", "word", SameName.KEEP_BOTH)),
        Asked(2, Ask("When?", Scope(("A",), ("a.pdf",)), 3, True)),
        Asked(3, Configure(Settings(language="zh"))),
        CancelIt(1),
        PauseIt(1, True),
        Told(1, Progress("stage_reading", 1, 2, "a.pdf")),
        Done(1, Change(4, added=("a.pdf",))),
        State("ready", ModelIdentity("default", "0" * 64), None, True, 800),
    ],
)
def test_messages_arrive_as_they_were_sent(message: object) -> None:
    assert unpack(pack(message)) == message  # type: ignore[arg-type]


@pytest.mark.parametrize(
    "problem", [UserProblem("library_missing", folder=Path("lib")), TryAgain("engine_died"), Cancelled()]
)
def test_problems_arrive_with_their_words(problem: UserProblem) -> None:
    arrived = unpack(pack(Failed(1, problem))).error
    assert type(arrived) is type(problem)
    assert (arrived.key, arrived.details) == (problem.key, problem.details)


class _Bad:
    def __init__(self, call: object, *arguments: object) -> None:
        self._reduced = (call, arguments)

    def __reduce__(self) -> tuple[object, tuple[object, ...]]:
        return self._reduced


@pytest.mark.parametrize(
    "data",
    [
        pickle.dumps(_Bad(os.system, "true")),
        pickle.dumps(_Bad(eval, "1")),
        pickle.dumps(np.float32(1.0)),
        pickle.dumps(Done(1, ValueError("words"))),
        b"ccore.settings\nos\n.",
        b"\x80\x04\x8c\x0dcore.settings\x8c\x09os.system\x93.",  # a path through what a module imported
        b"\x80\x04\x8c\x0bcore.errors\x8c\x03say\x93.",
        b"\x80\x04\x8c\x0fdesktop.channel\x8c\x06unpack\x93.",
        b"\x80\x04\x8c\x0fdesktop.channel\x8c\x0dpickle.loads\x93.",
        b"\x80\x04\x8c\x07pathlib\x8c\x02os\x93.",
        b"",
        b"no message",
    ],
)
def test_nothing_but_nouns_of_the_program_is_let_in(data: bytes) -> None:
    with pytest.raises(ValueError):
        unpack(data)


@pytest.mark.parametrize("value", [np.float32(1.0), ValueError("words"), os.system, np.float32, object(), {1: eval}])
def test_what_would_not_be_let_in_is_not_sent(value: object) -> None:
    with pytest.raises(ValueError, match="does not travel"):
        pack(Done(1, value))


def test_ten_thousand_documents_travel_in_a_moment() -> None:
    documents = tuple(
        Document(n, f"{n:064d}", f"{n}.pdf", "", "general", 3, 0, (), Outcome.OK, "", 1, "2026", 9)
        for n in range(10_000)
    )
    began = time.thread_time()
    assert unpack(pack(Done(1, documents))).value == documents
    assert time.thread_time() - began < 1.0


def test_paths_of_this_system_travel() -> None:
    assert unpack(pickle.dumps((Path("a"), PurePosixPath("b")))) == (Path("a"), PurePosixPath("b"))


def test_every_request_says_what_it_is() -> None:
    kinds = [kind for kind in vars(channel).values() if isinstance(kind, type) and issubclass(kind, channel.Request)]
    assert len(kinds) > 30
    assert not [kind.__name__ for kind in kinds if not kind.__doc__]
