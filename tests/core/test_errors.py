"""Errors carry a key, not a sentence: they can be said in both languages, and cross a process."""

from __future__ import annotations

import copy
import multiprocessing
import threading

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
