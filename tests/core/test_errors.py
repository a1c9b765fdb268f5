"""Errors carry a key, not a sentence: they can be said in both languages, and cross a process."""

from __future__ import annotations

import copy
import multiprocessing
import threading
import time

import pytest

from core.errors import Cancelled, CancelToken, TryAgain, UserProblem, VademecumError


def test_the_tree_tells_what_to_do() -> None:
    assert issubclass(UserProblem, VademecumError)
    assert issubclass(TryAgain, VademecumError)
    assert issubclass(Cancelled, VademecumError)
    assert not issubclass(TryAgain, UserProblem)


def test_an_error_speaks_both_languages() -> None:
    problem = UserProblem("file_missing", path="a.pdf")
    assert problem.sentence() == str(problem) == "There is no file or folder a.pdf. Check the name."
    assert problem.sentence("zh") == "找不到文件或文件夹 a.pdf。请检查名称。"


def _raise_problem() -> None:
    raise UserProblem("question_too_long", characters=5000, limit=4000)


@pytest.mark.slow
def test_an_error_crosses_a_process() -> None:
    with multiprocessing.get_context("spawn").Pool(1) as pool, pytest.raises(UserProblem) as problem:
        pool.apply(_raise_problem)
    assert problem.value.key == "question_too_long"
    assert problem.value.details == {"characters": 5000, "limit": 4000}


@pytest.mark.parametrize("problem", [UserProblem("cancelled"), TryAgain("model_no_connection"), Cancelled()])
def test_a_copy_is_the_same_error(problem: VademecumError) -> None:
    again = copy.copy(problem)
    assert (type(again), again.key, again.details) == (type(problem), problem.key, problem.details)


def test_a_cancel_token_stops_the_one_who_checks_it() -> None:
    token = CancelToken()
    token.check()
    assert not token.cancelled
    asker = threading.Thread(target=token.cancel)
    asker.start()
    asker.join()
    assert token.cancelled
    with pytest.raises(Cancelled) as stopped:
        token.check()
    assert stopped.value.sentence("zh") == "已停止。没有丢失任何内容。"


def waiting(token: CancelToken) -> tuple[threading.Thread, list[str]]:
    """A thread that checks ``token``, and what came of it."""
    ends: list[str] = []

    def check() -> None:
        try:
            token.check()
            ends.append("went on")
        except Cancelled:
            ends.append("stopped")

    thread = threading.Thread(target=check)
    thread.start()
    return thread, ends


TRIES = 3  # a busy machine is late at one of them, hardly at all


@pytest.mark.parametrize("inner", [False, True])
def test_a_paused_token_makes_the_one_who_checks_it_wait(inner: bool) -> None:
    seconds: list[float] = []
    for _ in range(TRIES):
        token = CancelToken()
        checked = CancelToken(token) if inner else token
        token.pause()
        assert (token.paused, checked.paused) == (True, True)
        thread, ends = waiting(checked)
        thread.join(0.05)
        assert ends == []
        began = time.monotonic()
        token.resume()
        thread.join(5)
        seconds.append(time.monotonic() - began)
        assert (ends, checked.paused) == (["went on"], False)
    assert min(seconds) < 0.3  # woken, not found awake at the next look, which comes somewhere within a second


@pytest.mark.parametrize("which", ["outer", "inner"])
def test_cancelling_wakes_the_one_who_waits(which: str) -> None:
    seconds: list[float] = []
    for _ in range(TRIES):
        outer = CancelToken()
        inner = CancelToken(outer)
        outer.pause()
        thread, ends = waiting(inner)
        thread.join(0.05)
        began = time.monotonic()
        (outer if which == "outer" else inner).cancel()
        thread.join(5)
        seconds.append(time.monotonic() - began)
        assert ends == ["stopped"]
        assert (outer.cancelled, inner.cancelled) == (which == "outer", True)
    assert min(seconds) < 0.3


def test_a_cancelled_token_cannot_be_paused() -> None:
    token = CancelToken()
    token.cancel()
    token.pause()
    with pytest.raises(Cancelled):
        token.check()
