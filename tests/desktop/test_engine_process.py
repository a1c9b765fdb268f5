"""The engine as a process: it answers, stops, dies and ends as it should, and takes nothing with it."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import textwrap
import time
from multiprocessing.connection import Connection
from pathlib import Path

import pytest

from core.errors import Cancelled, TryAgain
from core.library import open_library
from core.settings import Settings
from desktop import engine_process
from desktop.channel import (
    AddFiles,
    Ask,
    Done,
    Failed,
    GetLibrary,
    ListDocuments,
    ResumeImports,
    State,
    pack,
)
from tests.desktop.engine import Client, embed_slowly, embedded, engine, with_fakes, write

ROOT = Path(__file__).parents[2]
pytestmark = pytest.mark.slow


@pytest.fixture(autouse=True)
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    folder = tmp_path / "home"
    with_fakes(monkeypatch, folder)
    return folder


def is_alive(pid: int) -> bool:
    """Whether there is such a process, dead but unburied ones included."""
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    return True


def children(pid: int) -> list[int]:
    """The processes that ``pid`` started, and those that they started."""
    listed = subprocess.run(["ps", "-A", "-o", "pid=,ppid="], capture_output=True, text=True, check=True).stdout
    of = [tuple(map(int, line.split())) for line in listed.splitlines()]
    direct = [child for child, parent in of if parent == pid]
    return direct + [grandchild for child in direct for grandchild in children(child)]


def wait_until_dead(*pids: int) -> None:
    end = time.monotonic() + 20
    while any(map(is_alive, pids)):
        assert time.monotonic() < end, [pid for pid in pids if is_alive(pid)]
        time.sleep(0.05)


def test_it_speaks_at_once_and_answers_while_it_still_loads(tmp_path: Path) -> None:
    with engine(tmp_path / "lib") as client:
        client.until(lambda: bool(client.states))
        assert client.states[0] == "starting"
        state = client.ask(GetLibrary())
        assert (state.folder, state.documents, state.pending) == (tmp_path / "lib", 0, 0)
        client.until(lambda: client.state.stage == "ready")
        assert client.state.model is not None and client.state.model.name == "scripted"
        client.until(lambda: not client.state.busy)


def test_it_ends_in_order_and_leaves_nothing_behind(tmp_path: Path) -> None:
    client = Client(tmp_path / "lib")
    client.ask(AddFiles(tuple(write(tmp_path / "in", "one")), "general"))
    pids = [client.engine.pid, *children(client.engine.pid)]
    began = time.monotonic()
    client.engine.close()
    assert time.monotonic() - began < 5
    wait_until_dead(*pids)
    assert client.gone == 0
    assert not (tmp_path / "lib" / "library.pid").exists(), "the library was not closed"
    with open_library(tmp_path / "lib") as library:
        assert library.doctor() == []
        assert [d.name for d in library.documents()] == ["one.pdf"]


def test_killed_it_is_gone_once_and_nobody_waits_for_ever(tmp_path: Path) -> None:
    client = Client(tmp_path / "lib")
    client.ask(AddFiles(tuple(write(tmp_path / "in", "one")), "general"))
    waiting = [client.start(Ask("Which lease ends slowly?")) for _ in range(3)]
    time.sleep(0.5)
    pids = [client.engine.pid, *children(client.engine.pid)]
    os.kill(client.engine.pid, signal.SIGKILL)
    for id in waiting:
        reply = client.reply(id)
        assert isinstance(reply, Failed) and isinstance(reply.error, TryAgain)
        assert reply.error.key == "engine_died"
    client.until(lambda: client.gone == 1)
    late = client.reply(client.start(GetLibrary()))
    assert isinstance(late, Failed) and isinstance(late.error, TryAgain)
    client.engine.cancel(99)
    client.engine.close()
    wait_until_dead(*pids)
    assert client.gone == 1
    with engine(tmp_path / "lib") as other:
        assert other.ask(GetLibrary()).documents == 1


def test_what_runs_and_what_waits_can_be_stopped(tmp_path: Path) -> None:
    with engine(tmp_path / "lib") as client:
        client.ask(AddFiles(tuple(write(tmp_path / "in", "one")), "general"))
        running, queued = client.start(Ask("Which lease ends slowly?")), client.start(Ask("When does the lease end?"))
        client.until(lambda: bool(client.progress(running)) and client.state.busy)
        for id in (queued, running):
            began = time.monotonic()
            client.engine.cancel(id)
            reply = client.reply(id)
            assert isinstance(reply, Failed) and isinstance(reply.error, Cancelled)
            assert time.monotonic() - began < 2
        client.engine.cancel(running)
        client.until(lambda: not client.state.busy)
        assert client.ask(Ask("When does the lease end?")).typed == "When does the lease end?"


def test_lists_do_not_wait_for_a_question(tmp_path: Path) -> None:
    with engine(tmp_path / "lib") as client:
        client.ask(AddFiles(tuple(write(tmp_path / "in", "one")), "general"))
        slow = client.start(Ask("Which lease ends slowly?"))
        client.until(lambda: bool(client.progress(slow)))
        began = time.monotonic()
        assert len(client.ask(ListDocuments())) == 1
        assert time.monotonic() - began < 2
        client.engine.cancel(slow)
        client.reply(slow)


def test_an_import_can_be_paused_and_a_question_asked_meanwhile(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, home: Path
) -> None:
    embed_slowly(monkeypatch, 0.02)
    files = write(tmp_path / "in", *"abcdefghijklmnop", lines=40)
    with engine(tmp_path / "lib") as client:
        client.ask(AddFiles((files[0],), "general"))
        first = len(embedded(home))
        adding = client.start(AddFiles(tuple(files), "general"))
        client.until(lambda: len(embedded(home)) > first)
        client.engine.pause(adding, True)
        time.sleep(1.0)
        held = len(embedded(home))
        assert client.ask(Ask("When does the lease of a end?")).answer.checked.claims
        asked = len(embedded(home))  # sentences of the evidence are embedded too
        time.sleep(1.0)
        assert len(embedded(home)) == asked >= held
        client.engine.pause(adding, False)
        reply = client.reply(adding)
        assert isinstance(reply, Done)
        assert len(client.ask(ListDocuments())) == len(files)
        told = client.progress(adding)
        assert {p.stage for p in told} >= {"stage_embedding"}


@pytest.mark.parametrize("ending", ["killed", "closed"])
def test_a_broken_off_import_goes_on_and_embeds_nothing_twice(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, home: Path, ending: str
) -> None:
    embed_slowly(monkeypatch, 0.02)
    files = write(tmp_path / "in", *"abcdefghijkl", lines=80)
    client = Client(tmp_path / "lib")
    adding = client.start(AddFiles(tuple(files), "general"))
    client.until(lambda: client.state.stage == "ready")
    while len(embedded(home)) < 150:
        time.sleep(0.02)
    pids = [client.engine.pid, *children(client.engine.pid)]
    if ending == "killed":
        client.engine.kill()
        assert isinstance(client.reply(adding), Failed)
    client.engine.close()
    wait_until_dead(*pids)
    before = embedded(home)
    embed_slowly(monkeypatch, 0.0)
    with engine(tmp_path / "lib") as other:
        pending = other.ask(GetLibrary()).pending
        assert 0 < pending <= len(files)
        assert len(other.ask(ResumeImports()).added) == pending
        state = other.ask(GetLibrary())
        assert (state.documents, state.pending) == (len(files), 0)
    again = embedded(home)[len(before) :]
    # What was under way when it ended was embedded and not yet kept: one batch at most.
    assert set(before[:-128]).isdisjoint(again)
    with open_library(tmp_path / "lib") as library:
        assert library.doctor() == []
        assert len({*before, *again}) == sum(library._store.active_contents().values()) > 400


def test_it_dies_with_the_window(tmp_path: Path) -> None:
    program = textwrap.dedent(
        f"""
        import sys, time
        from pathlib import Path
        from desktop import engine_process
        from desktop.channel import GetLibrary
        from tests.desktop.engine import Client, begin_with_fakes

        if __name__ == "__main__":
            engine_process._begin = begin_with_fakes
            client = Client(Path({str(tmp_path / "lib")!r}))
            client.ask(GetLibrary())
            print(client.engine.pid, flush=True)
            time.sleep(600)
        """
    )
    script = tmp_path / "window.py"
    script.write_text(program, encoding="utf-8")
    environment = {**os.environ, "PYTHONPATH": str(ROOT)}
    window = subprocess.Popen([sys.executable, str(script)], stdout=subprocess.PIPE, text=True, env=environment)
    assert window.stdout is not None
    pid = int(window.stdout.readline())
    assert is_alive(pid)
    window.kill()
    window.wait()
    window.stdout.close()
    wait_until_dead(pid)


# Children that are no engine.


def _nonsense(pipe: Connection, settings: Settings, library: Path | None) -> None:
    pipe.send_bytes(b"\x80\x05cos\nsystem\n(S'true'\ntR.")
    time.sleep(600)


def _silent(pipe: Connection, settings: Settings, library: Path | None) -> None:
    time.sleep(600)


def _deaf(pipe: Connection, settings: Settings, library: Path | None) -> None:
    while True:
        pipe.send_bytes(pack(State("ready")))
        time.sleep(0.1)


@pytest.mark.parametrize("child", [_nonsense, _silent])
def test_one_that_talks_nonsense_or_nothing_is_ended(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, child: object
) -> None:
    monkeypatch.setattr(engine_process, "_begin", child)
    monkeypatch.setattr(engine_process, "SILENCE_SECONDS", 1.0)
    client = Client(tmp_path / "lib")
    reply = client.reply(client.start(GetLibrary()))
    assert isinstance(reply, Failed) and isinstance(reply.error, TryAgain)
    client.until(lambda: client.gone == 1)
    wait_until_dead(client.engine.pid)


def test_one_that_does_not_listen_is_ended_by_force(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(engine_process, "_begin", _deaf)
    monkeypatch.setattr(engine_process, "ENDING_SECONDS", 1.0)
    client = Client(tmp_path / "lib")
    client.until(lambda: client.state.stage == "ready")
    client.engine.close()
    wait_until_dead(client.engine.pid)
    assert client.gone == 0
