"""The reader survives every file, and says what is wrong with it."""

from __future__ import annotations

import io
import os
import re
import subprocess
import sys
import threading
import time
from collections.abc import Callable
from pathlib import Path
from types import SimpleNamespace

import pytest
from pypdf import PdfWriter

from core.errors import Cancelled, CancelToken, UserProblem
from core.messages import catalogue
from core.nouns import Outcome, Page, Progress, ReadBy, Reading
from core.reading import Limits, Reader, is_final
from tests.core.reading import support
from tests.core.reading.support import pdf, text

Read = Callable[[bytes], Reading]
GOOD = pdf([text(["A page with enough words on it"])])


def encrypted(password: str, algorithm: str = "AES-256") -> bytes:
    writer = PdfWriter(clone_from=io.BytesIO(GOOD))
    writer.encrypt(password, "owner", algorithm=algorithm)
    out = io.BytesIO()
    writer.write(out)
    return out.getvalue()


@pytest.mark.parametrize(
    ("data", "reason"),
    [
        (b"", "reading_empty"),
        (b"These are plain words, not a PDF.", "reading_not_pdf"),
        (b"%PDF-1.7\n" + os.urandom(64), "reading_damaged"),
        (GOOD[: len(GOOD) // 3], "reading_damaged"),
        (pdf([]), "reading_no_pages"),
        (pdf([""]), "reading_no_text"),
        (encrypted("secret"), "reading_password_missing"),
    ],
)
def test_a_file_that_cannot_be_read_is_rejected_with_a_reason(read: Read, data: bytes, reason: str) -> None:
    reading = read(data)
    assert (reading.outcome, reading.reason, reading.pages) == (Outcome.REJECTED, reason, ())
    assert set(catalogue()[reason]) == {"en", "zh"}


def test_a_public_key_handler_is_refused_as_such(read: Read) -> None:
    data = encrypted("secret").replace(b"/Filter /Standard", b"/Filter /Adobe.PubSec")
    assert b"/Adobe.PubSec" in data
    assert read(data).reason == "reading_encryption_unsupported"


@pytest.mark.parametrize("algorithm", ["RC4-40", "RC4-128", "AES-128", "AES-256", "AES-256-R5"])
def test_passwords(reader: Reader, tmp_path: Path, algorithm: str) -> None:
    file = tmp_path / "locked.pdf"
    file.write_bytes(encrypted("secret", algorithm))
    assert reader.read(file).reason == "reading_password_missing"
    assert reader.read(file, password="guess").reason == "reading_password_wrong"
    assert reader.read(file, password="secret").outcome is Outcome.OK
    file.write_bytes(encrypted("", algorithm))
    assert reader.read(file).outcome is Outcome.OK
    assert reader.read(file, password="needless").outcome is Outcome.OK


def test_missing_folder_and_forbidden_are_the_users_problem(reader: Reader, tmp_path: Path) -> None:
    with pytest.raises(UserProblem, match="no file"):
        reader.read(tmp_path / "absent.pdf")
    with pytest.raises(UserProblem, match="is a folder"):
        reader.read(tmp_path)
    if os.geteuid() != 0:
        file = tmp_path / "forbidden.pdf"
        file.write_bytes(GOOD)
        file.chmod(0)
        with pytest.raises(UserProblem, match="no permission"):
            reader.read(file)


def test_one_child_reads_many_files(reader: Reader, tmp_path: Path) -> None:
    file = tmp_path / "a.pdf"
    file.write_bytes(GOOD)
    reader.read(file)
    first = reader._child.pid
    assert first
    file.write_bytes(b"%PDF-1.4 rubbish")
    reader.read(file)
    file.write_bytes(GOOD)
    reading = reader.read(file)
    assert reading.outcome is Outcome.OK
    assert reader._child.pid == first
    assert len(reading.sha256) == 64 and reading.size == len(GOOD)


def test_progress_counts_the_pages(reader: Reader, tmp_path: Path) -> None:
    file = tmp_path / "three.pdf"
    file.write_bytes(pdf([text(["words on a page"])] * 3))
    seen: list[Progress] = []
    reader.read(file, report=seen.append)
    assert [(p.done, p.total) for p in seen] == [(0, 3), (1, 3), (2, 3), (3, 3)]
    assert {p.stage for p in seen} <= set(catalogue())


def test_cancel_stops_and_the_reader_goes_on(reader: Reader, tmp_path: Path) -> None:
    file = tmp_path / "many.pdf"
    file.write_bytes(pdf([text(["words on a page"])] * 50))
    token = CancelToken()

    def stop(progress: Progress) -> None:
        if progress.done == 5:
            token.cancel()

    with pytest.raises(Cancelled):
        reader.read(file, report=stop, cancel=token)
    assert len(reader.read(file).pages) == 50


@pytest.mark.parametrize(
    ("limits", "reason"),
    [(Limits(max_pages=2), "reading_too_many_pages"), (Limits(max_megabytes=0), "reading_too_large")],
)
def test_size_limits(tmp_path: Path, limits: Limits, reason: str) -> None:
    file = tmp_path / "three.pdf"
    file.write_bytes(pdf([text(["words on a page"])] * 3))
    with Reader(limits) as reader:
        assert reader.read(file).reason == reason


@pytest.mark.parametrize(
    ("child", "limits", "problem"),
    [
        ("crashing", Limits(), "reading_page_crashed"),
        ("hanging", Limits(page_seconds=1.0), "reading_page_timeout"),
        ("greedy", Limits(megabytes=200), "reading_page_memory"),
    ],
)
def test_a_page_that_kills_the_child_costs_only_itself(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, child: str, limits: Limits, problem: str
) -> None:
    if child == "greedy" and not Path("/proc/self/statm").exists():
        pytest.skip("this system does not tell how much memory another process holds")
    monkeypatch.setattr("core.reading.reader._serve", getattr(support, child))
    file = tmp_path / "bad.pdf"
    file.write_bytes(GOOD)
    with Reader(limits) as reader:
        # the third page is lost at every start, so the child that reads on begins at the fourth
        reading = reader.read(file)
    assert [page.text for page in reading.pages] == ["page 1", "page 2", "", "page 4", "page 5"]
    assert reading.pages[2].problem == problem
    assert (reading.outcome, reading.reason) == (Outcome.PARTIAL, "reading_some_pages")
    assert not is_final(reading)


def test_a_file_that_kills_the_child_at_once_is_rejected(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("core.reading.reader._serve", support.stillborn)
    file = tmp_path / "bad.pdf"
    file.write_bytes(GOOD)
    with Reader() as reader:
        assert reader.read(file).reason == "reading_crashed"


def test_the_time_of_a_file_is_capped(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("core.reading.reader._serve", support.hanging)
    file = tmp_path / "slow.pdf"
    file.write_bytes(GOOD)
    began = time.monotonic()
    with Reader(Limits(file_seconds=3.0)) as reader:
        reading = reader.read(file)
    assert time.monotonic() - began < 15
    assert reading.outcome is Outcome.PARTIAL
    assert {page.problem for page in reading.pages[2:]} == {"reading_page_timeout"}


@pytest.mark.parametrize("where", ["paused", "told"])
def test_the_time_for_which_a_file_has_to_wait_is_not_its_own(
    reader: Reader, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, where: str
) -> None:
    """A person pauses the import and goes for lunch, again and again."""
    lunches = 0

    def lunch() -> None:
        nonlocal lunches
        lunches += 1

    class Paused(CancelToken):
        def check(self) -> None:
            lunch()

    clock = SimpleNamespace(monotonic=lambda: time.monotonic() + 3600 * lunches, sleep=time.sleep)
    monkeypatch.setattr("core.reading.reader.time", clock)
    monkeypatch.setattr("core.reading.watching.time", clock)
    file = tmp_path / "three.pdf"
    file.write_bytes(pdf([text(["words on a page"])] * 3))
    reading = reader.read(file, cancel=Paused()) if where == "paused" else reader.read(file, report=lambda _: lunch())
    assert lunches >= 4
    assert (reading.outcome, len(reading.pages)) == (Outcome.OK, 3)
    assert reading.seconds < 3600


def test_what_is_paused_while_its_page_hangs_has_its_time_afterwards(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("core.reading.reader._serve", support.hanging)
    file = tmp_path / "slow.pdf"
    file.write_bytes(GOOD)
    token = CancelToken()
    threading.Timer(2.0, token.resume).start()

    def pause(progress: Progress) -> None:
        if progress.done == 2:
            token.pause()

    began = time.monotonic()
    with Reader(Limits(page_seconds=1.0)) as reader:
        reading = reader.read(file, report=pause, cancel=token)
    assert time.monotonic() - began > 2.9
    assert [page.problem for page in reading.pages] == ["", "", "reading_page_timeout", "", ""]


def test_a_reader_tells_its_limits_and_whether_it_recognises() -> None:
    limits = Limits(max_megabytes=7)
    assert Reader(limits, ocr=False).limits is limits
    assert Reader().limits == Limits()
    assert (Reader().ocr, Reader(ocr=False).ocr) == (True, False)


def _reading(outcome: Outcome, reason: str = "", *problems: str) -> Reading:
    pages = tuple(Page(i, str(i + 1), "words", (), 595, 842, ReadBy.TEXT, p) for i, p in enumerate(problems))
    return Reading("0" * 64, 1, outcome, reason, "", pages)


@pytest.mark.parametrize("cause", ["timeout", "memory", "crashed", "ocr_off", "ocr_failed"])
def test_a_page_given_up_for_a_passing_cause_is_not_the_last_word(cause: str) -> None:
    lost = _reading(Outcome.PARTIAL, "reading_some_pages", "", "reading_page_no_text", f"reading_page_{cause}")
    assert not is_final(lost)
    assert not is_final(_reading(Outcome.PARTIAL, "reading_cut_off", f"reading_page_{cause}"))


@pytest.mark.parametrize("cause", ["timeout", "memory", "crashed", "no_text_ocr_off", "ocr_failed"])
def test_a_file_given_up_for_a_passing_cause_is_not_the_last_word(cause: str) -> None:
    assert not is_final(_reading(Outcome.REJECTED, f"reading_{cause}"))


@pytest.mark.parametrize(
    "reading",
    [
        _reading(Outcome.OK, "", "", ""),
        _reading(Outcome.PARTIAL, "reading_cut_off", ""),
        _reading(Outcome.PARTIAL, "reading_some_pages", "", "reading_page_no_text", "reading_page_failed"),
        _reading(Outcome.PARTIAL, "reading_some_pages", "reading_page_damaged", "reading_page_image_too_large"),
        _reading(Outcome.PARTIAL, "reading_some_pages", "reading_page_form_values", "reading_page_xfa"),
        _reading(Outcome.REJECTED, "reading_damaged"),
        _reading(Outcome.REJECTED, "reading_no_text"),
        _reading(Outcome.REJECTED, "reading_not_pdf"),
    ],
)
def test_what_stands_in_the_file_is_final(reading: Reading) -> None:
    assert is_final(reading)


def test_a_file_without_text_names_the_cause_that_may_pass(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("core.reading.reader._serve", support.wordless)
    file = tmp_path / "bad.pdf"
    file.write_bytes(GOOD)
    with Reader() as reader:
        reading = reader.read(file)
    assert (reading.outcome, reading.reason) == (Outcome.REJECTED, "reading_crashed")
    assert not is_final(reading)


def test_the_child_loads_no_model_and_no_window_and_writes_nothing(tmp_path: Path) -> None:
    file = tmp_path / "broken.pdf"
    file.write_bytes(GOOD.replace(b"endobj", b"endxxx"))
    script = tmp_path / "main.py"
    script.write_text(
        "import sys, types\n"
        "for name in ('torch', 'lancedb', 'PySide6'):\n"
        "    sys.modules[name] = types.ModuleType(name)\n"
        "print('main was run')\n"
        "from pathlib import Path\n"
        "from core.reading import Reader\n"
        "if __name__ == '__main__':\n"
        "    with Reader() as reader:\n"
        f"        reader.read(Path({str(file)!r}))\n"
        "        maps = Path(f'/proc/{reader._child.pid}/maps')\n"
        "        loaded = maps.read_text() if maps.exists() else ''\n"
        "        print([n for n in ('torch', 'lancedb', 'PySide6') if f'/{n}/' in loaded])\n"
    )
    root = Path(__file__).resolve().parents[3]
    done = subprocess.run(
        [sys.executable, str(script)],
        capture_output=True,
        text=True,
        timeout=60,
        env={**os.environ, "PYTHONPATH": str(root)},
    )
    assert done.stdout == "main was run\n[]\n"
    assert done.stderr == ""


def test_the_child_dies_with_its_parent(tmp_path: Path) -> None:
    if not Path("/proc").exists():
        pytest.skip("needs /proc to see whether a process lives")
    file = tmp_path / "a.pdf"
    file.write_bytes(GOOD)
    script = (
        "import os, signal; from pathlib import Path; from core.reading import Reader\n"
        f"r = Reader(); r.read(Path({str(file)!r})); print(r._child.pid, flush=True)\n"
        "os.kill(os.getpid(), signal.SIGKILL)\n"
    )
    root = Path(__file__).resolve().parents[3]
    done = subprocess.run(
        [sys.executable, "-c", script],
        capture_output=True,
        text=True,
        timeout=60,
        env={**os.environ, "PYTHONPATH": str(root)},
    )
    child = int(done.stdout)
    deadline = time.monotonic() + 10
    while time.monotonic() < deadline and _alive(child):
        time.sleep(0.1)
    assert not _alive(child)


def _alive(pid: int) -> bool:
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    except OSError:
        return False


def test_every_reason_in_the_code_has_its_sentences() -> None:
    root = Path(__file__).resolve().parents[3] / "core" / "reading"
    source = "".join(file.read_text(encoding="utf-8") for file in root.glob("*.py"))
    keys = set(re.findall(r'"(reading_\w+)"', source)) | {f"reading_{r}" for r in ("crashed", "timeout", "memory")}
    assert keys <= set(catalogue())
