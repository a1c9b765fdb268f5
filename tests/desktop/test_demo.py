"""The demonstration ends as a person asked: at its end, or at Ctrl-C with one sentence."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from core.errors import CancelToken, UserProblem
from core.messages import say
from desktop import demo
from desktop.cli import PROBLEM, STOPPED
from tests.installed import installed

PROJECT = Path(__file__).parents[2]


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Somebody who has no settings yet."""
    monkeypatch.setenv("VADEMECUM_HOME", str(tmp_path))


def ended(monkeypatch: pytest.MonkeyPatch, show: Callable[[CancelToken], None]) -> int:
    """The exit code of a demonstration that does ``show``."""
    monkeypatch.setenv("LC_ALL", "C")
    monkeypatch.setattr(demo, "_show", lambda _settings, _language, cancel: show(cancel))
    before = signal.getsignal(signal.SIGINT)
    try:
        return demo.main()
    finally:
        assert signal.getsignal(signal.SIGINT) is before


def test_it_stops_at_a_safe_point(
    home: None, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    def show(cancel: CancelToken) -> None:
        signal.raise_signal(signal.SIGINT)
        print("to the end of this step")
        cancel.check()
        print("never")

    assert ended(monkeypatch, show) == STOPPED
    assert capfd.readouterr() == ("to the end of this step\n", f"{say('cancelled')}\n")


def test_a_second_time_it_stops_at_once(
    home: None, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    def show(cancel: CancelToken) -> None:
        signal.raise_signal(signal.SIGINT)
        signal.raise_signal(signal.SIGINT)
        print("never")

    assert ended(monkeypatch, show) == STOPPED
    assert capfd.readouterr() == ("", f"{say('cancelled')}\n")


@pytest.mark.parametrize("fault", [UserProblem("model_none"), RuntimeError("a child process ended")])
def test_what_fails_after_the_person_stopped_it_is_not_a_fault(
    home: None, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str], fault: Exception
) -> None:
    def show(cancel: CancelToken) -> None:
        signal.raise_signal(signal.SIGINT)
        raise fault

    assert ended(monkeypatch, show) == STOPPED
    assert capfd.readouterr().err == f"{say('cancelled')}\n"


def test_a_problem_is_one_sentence(
    home: None, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    def show(cancel: CancelToken) -> None:
        raise UserProblem("model_none")

    assert ended(monkeypatch, show) == PROBLEM
    assert capfd.readouterr().err == f"{say('model_none')}\n"


@pytest.mark.model
@pytest.mark.skipif(os.name == "nt", reason="Windows sends no Ctrl-C to a process that has no console")
def test_ctrl_c_while_documents_are_added(tmp_path: Path) -> None:
    for name in ("default", "e5-small"):
        installed(name)
    environment = {**os.environ, "PYTHONPATH": str(PROJECT), "LC_ALL": "C.UTF-8"}
    demonstration = subprocess.Popen(
        [sys.executable, "-m", "desktop.demo"],
        cwd=tmp_path,
        env=environment,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        encoding="utf-8",
        start_new_session=True,  # as from a terminal, Ctrl-C reaches the whole group, and nobody else
    )
    assert demonstration.stdout
    try:
        assert "sample documents" in demonstration.stdout.readline()
        os.killpg(demonstration.pid, signal.SIGINT)
        _, told = demonstration.communicate(timeout=60)
    finally:
        if demonstration.poll() is None:
            demonstration.kill()
            demonstration.wait()
    assert demonstration.returncode == STOPPED
    assert told.splitlines()[-1] == say("cancelled")
    assert "Traceback" not in told
