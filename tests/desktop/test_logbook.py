"""The log: what kind of work was done and how it ended; a word of a document, a question or a home is never in it."""

from __future__ import annotations

import errno
import logging
import os
import re
import subprocess
import sys
import textwrap
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from core.errors import UserProblem
from desktop import cli, house, logbook
from desktop.faults import keep_fault, keep_uncaught

ROOT = Path(__file__).parents[2]


@pytest.fixture(autouse=True)
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """A user whose home has a name, and nothing in it."""
    folder = tmp_path / "Johanna Beispiel"
    folder.mkdir()
    monkeypatch.setenv("HOME", str(folder))
    monkeypatch.setenv("USERPROFILE", str(folder))
    monkeypatch.setenv("VADEMECUM_HOME", str(folder / "vademecum"))
    monkeypatch.setenv("LANG", "en_GB.UTF-8")
    monkeypatch.delenv("LC_ALL", raising=False)
    monkeypatch.chdir(tmp_path)
    yield folder
    logbook.end()


def written(process: str = "command") -> list[str]:
    """The lines of a log, without their time and process."""
    file = logbook.folder() / f"{process}.log"
    lines = file.read_text(encoding="utf-8").splitlines() if file.exists() else []
    assert all(re.match(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ \d+ \w+", line) for line in lines), lines
    return [line.split(" ", 2)[2] for line in lines]


def test_a_command_leaves_its_kind_its_time_and_its_end() -> None:
    assert cli.main(["models", "list"]) == 0
    assert cli.main(["ask", "Who owns the lighthouse?"]) == cli.PROBLEM
    began, listed, ended, again, asked, told, ended_again = written()
    assert began == again and began.startswith(f"began version={house.version()} system={sys.platform}-")
    assert "frozen=no" in began and "cores=" in began
    assert re.fullmatch(r"command kind=models_list seconds=\d+\.\d{3} outcome=done", listed)
    assert re.fullmatch(r"command kind=ask seconds=\d+\.\d{3} outcome=(\w+)", asked)
    assert told == "told key=" + asked.rpartition("=")[2]
    assert (ended, ended_again) == ("ended code=0", "ended code=1")
    assert "lighthouse" not in "\n".join(written())


def test_who_asks_for_help_or_mistypes_leaves_no_trace(capsys: pytest.CaptureFixture[str]) -> None:
    for words in (["--help"], ["--version"], ["nonsense"]):
        cli.main(words)
    assert not logbook.folder().exists() and capsys.readouterr().out


@pytest.mark.skipif(sys.platform == "win32", reason="Windows keeps the user's folder from others by itself")
def test_only_its_owner_may_read_it() -> None:
    cli.main(["models", "list"])
    keep_fault(ValueError())
    assert logbook.folder().stat().st_mode & 0o777 == 0o700
    assert {file.name: file.stat().st_mode & 0o777 for file in logbook.folder().iterdir()} == {
        "command.log": 0o600,
        "faults.log": 0o600,
    }


def test_nothing_but_notes_is_written(capsys: pytest.CaptureFixture[str]) -> None:
    logbook.begin("command", "1")
    for name in ("core.importing", "transformers", "lancedb", ""):
        logging.getLogger(name).error("a library quotes: %s", "The price is 900 euros.")
    logbook.jot("one")
    assert written()[1:] == ["one"]


def test_a_library_that_switches_logging_off_silences_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    logbook.begin("command", "1")
    monkeypatch.setattr(logging.root.manager, "disable", logging.CRITICAL)
    for logger in logging.root.manager.loggerDict.values():
        if isinstance(logger, logging.Logger):  # as a set-up by logging.config does to all that are there
            monkeypatch.setattr(logger, "disabled", True)
    logbook.jot("one")
    assert written()[1:] == ["one"]


def test_a_fact_is_one_plain_word(home: Path) -> None:
    logbook.begin("command", "1")
    logbook.jot("one", file=home / "会诊 记录.pdf", text="Zeile eins\nended code=0", long="x" * 1000)
    (line,) = written()[1:]
    assert "Johanna" not in line and "会诊" not in line and "\n" not in line
    assert line.startswith("one file=~/___") and "text=Zeile_eins_ended_code_0" in line and len(line) < 300


@pytest.mark.parametrize(
    ("said", "kept"),
    [
        ("in {home}/a.py", "in ~/a.py"),
        ("{home}", "~"),
        ("'{home}'", "'~'"),
        ("{home}-2/a.py", "{home}-2/a.py"),
        ("/mnt/Johanna Beispiel/a.py", "/mnt/~/a.py"),
        (r"C:\Users\Johanna Beispiel\a.py", r"C:\Users\~\a.py"),
    ],
)
def test_the_home_and_its_name_are_left_out(home: Path, said: str, kept: str) -> None:
    assert logbook.discreet(said.format(home=home)) == kept.format(home=home)


def test_it_rotates_and_keeps_a_few(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(logbook, "MOST_BYTES", 2000)
    logbook.begin("command", "1")
    for number in range(1000):
        logbook.jot("line", number=number)
        if number % 5 == 0:
            keep_fault(ValueError())
    sizes = {file.name: file.stat().st_size for file in logbook.folder().glob("*.log*") if file.suffix != ".lock"}
    kinds = ("command", "faults")
    assert set(sizes) == {f"{kind}.log{end}" for kind in kinds for end in ("", ".1", ".2", ".3")}
    assert max(sizes.values()) <= 2000
    assert written()[-1] == "line number=999"


@pytest.mark.slow
def test_processes_of_a_kind_share_a_file_and_lose_no_line(monkeypatch: pytest.MonkeyPatch) -> None:
    program = textwrap.dedent(
        """
        import sys
        from desktop import logbook

        logbook.MOST_BYTES = 20_000
        logbook.begin("command", "1")
        for number in range(300):
            logbook.jot("line", of=sys.argv[1], number=number)
        """
    )
    environment = {**os.environ, "PYTHONPATH": str(ROOT)}
    running = [subprocess.Popen([sys.executable, "-c", program, name], env=environment) for name in "abc"]
    assert [process.wait() for process in running] == [0, 0, 0]
    files = [file for file in logbook.folder().glob("command.log*") if file.suffix != ".lock"]
    lines = [line.split(" ", 2)[2] for file in files for line in file.read_text(encoding="utf-8").splitlines()]
    notes = [line for line in lines if line.startswith("line ")]
    assert len(files) > 1
    assert sorted(notes) == sorted(f"line of={name} number={n}" for name in "abc" for n in range(300))


@pytest.mark.parametrize("step", ["open", "write", "close"])
def test_a_full_disk_stops_no_command(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], step: str
) -> None:
    cli.main(["models", "list"])
    wanted = capsys.readouterr().out

    class Full:
        """A file on a disk without room."""

        def __init__(self, stream: Any) -> None:
            self._stream = stream

        def __getattr__(self, name: str) -> Any:
            return full if name == step else getattr(self._stream, name)

        def close(self) -> None:
            self._stream.close()
            if step == "close":
                full()

    def full(*_: object, **__: object) -> Any:
        raise OSError(errno.ENOSPC, "No space left on device")

    real = logbook._Book._open
    monkeypatch.setattr(logbook._Book, "_open", full if step == "open" else lambda book: Full(real(book)))
    assert cli.main(["models", "list"]) == 0
    told = capsys.readouterr()
    assert told.out == wanted and told.err == ""
    assert keep_fault(ValueError()).key == "fault_of_ours"


def test_a_place_that_cannot_be_written_to_stops_no_command(
    monkeypatch: pytest.MonkeyPatch, home: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (home / "vademecum").mkdir()
    (home / "vademecum" / "logs").write_text("a file where the folder should be")
    assert cli.main(["models", "list"]) == 0
    told = capsys.readouterr()
    assert told.out and told.err == ""
    assert keep_fault(ValueError()).key == "fault_of_ours"


@pytest.mark.skipif(sys.platform == "win32", reason="Windows keeps a folder in which somebody stands")
def test_a_user_without_a_home_in_a_folder_that_is_gone(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def homeless() -> Path:
        raise RuntimeError("Could not determine home directory.")

    (tmp_path / "gone").mkdir()
    monkeypatch.chdir(tmp_path / "gone")
    (tmp_path / "gone").rmdir()
    monkeypatch.setattr(Path, "home", homeless)
    monkeypatch.setenv("VADEMECUM_HOME", "here")
    assert cli.main(["models", "list"]) == 0
    assert keep_fault(ValueError()).key == "fault_of_ours"
    assert capsys.readouterr().err == ""
    monkeypatch.setenv("VADEMECUM_HOME", str(tmp_path / "there"))
    assert cli.main(["models", "list"]) == 0
    assert written()[-1] == "ended code=0"


def test_how_something_ended_is_noted_whatever_it_was() -> None:
    logbook.begin("command", "1")
    with pytest.raises(UserProblem), logbook.timed("request", "Ask"):
        raise UserProblem("question_empty")
    with pytest.raises(KeyboardInterrupt), logbook.timed("request", "Ask"):
        raise KeyboardInterrupt
    outcomes = [line.rpartition("=")[2] for line in written()[1:]]
    assert outcomes == ["question_empty", "KeyboardInterrupt"]


def test_a_fault_is_where_and_what_kind_never_its_words(home: Path) -> None:
    logbook.begin("engine", "1")
    text = "Mrs. Canary's lease"

    def read() -> None:
        raise KeyError(text)

    try:
        try:
            read()
        except KeyError as inner:
            raise UserProblem("import_fault_of_ours", file=f"{text}.pdf") from inner
    except UserProblem as fault:
        problem = keep_fault(fault)
        problem.__context__ = problem  # a ring is no reason to go round in it
        keep_fault(problem)
    kept = house.fault_file().read_text(encoding="utf-8")
    assert "builtins.KeyError" in kept and "core.errors.UserProblem" in kept and "in read\n" in kept
    assert "Canary" not in kept + "\n".join(written("engine")) + problem.sentence()
    assert written("engine")[1:] == ["fault type=UserProblem"] * 2


def test_what_nobody_catches_is_kept_and_printed_as_ever(monkeypatch: pytest.MonkeyPatch) -> None:
    printed: list[BaseException] = []
    monkeypatch.setattr(sys, "excepthook", lambda _kind, fault, _trace: printed.append(fault))
    keep_uncaught()
    fault = ValueError("Mrs. Canary's lease")
    sys.excepthook(ValueError, fault, None)
    assert printed == [fault]
    assert "ValueError" in (kept := house.fault_file().read_text(encoding="utf-8")) and "Canary" not in kept
