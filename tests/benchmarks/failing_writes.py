"""A disk that fills up at any moment, and a disk that refuses the Nth time it is asked (Linux; the first as root).

    python -m tests.benchmarks.failing_writes [--full 24] [--nth 40]

``--full`` runs on that many disks, each a little larger than the one before, so that each is full at another moment.
``--nth`` runs in which strace makes one of SQLite's, Python's or LanceDB's requests to the disk fail: every write at a
position, flush, truncation, renaming, new folder and deletion may be the one.  Each run adds, replaces, records,
removes, rebuilds and backs up.  It must end with a sentence and never with a fault of the program; afterwards, with
room again, the library must open, hold what was acknowledged, and be whole.
"""

from __future__ import annotations

import argparse
import os
import random
import shutil
import subprocess
import sys
import tempfile
from collections import Counter
from collections.abc import Callable
from pathlib import Path

from core import importing
from core.audit import verify
from core.errors import UserProblem
from core.importing import Importer
from core.library import Library, open_library
from tests.fakes import FakeEmbedder, LimitedReader, as_reader, fake_cut

CALLS = "pwrite64,fsync,fdatasync,ftruncate,rename,renameat,renameat2,unlink,unlinkat,mkdir,linkat,link"
HARMLESS = ("doctor_pending", "doctor_orphans")
ROOMY = "512m"


def text_of(name: str, version: int) -> str:
    """A document that takes some room."""
    return " ".join(f"Sentence {number} of {name} in version {version} is here." for number in range(700))


def tell(words: str) -> None:
    """To whoever watches; by another call than those that may be made to fail."""
    os.writev(1, [f"{words}\n".encode()])


def work(room: Path) -> None:
    """Do one thing after the other until the disk refuses, and say so."""
    importing.cut = fake_cut
    files = room.parent / "files"
    try:
        with open_library(room / "library", create=True) as library:
            importer = Importer(library, as_reader(LimitedReader()), FakeEmbedder())
            importer.resume()
            tell("opened")
            for step, do in steps(library, importer, files, room):
                do()
                tell(step)
        tell("closed")
    except UserProblem as problem:
        assert problem.sentence("en") and problem.sentence("zh")
        tell(f"refused {problem.key}")


def steps(library: Library, importer: Importer, files: Path, room: Path) -> list[tuple[str, Callable[[], object]]]:
    """What is done, each with what is acknowledged by it."""
    return [
        ("added", lambda: importer.add([files / "1" / "a.pdf", files / "1" / "b.pdf"], collection="General")),
        ("record", lambda: library.append_record({"question": "one"})),
        ("replaced", lambda: importer.replace("a.pdf", files / "2" / "a.pdf", collection="General")),
        ("added", lambda: importer.add([files / "1" / "c.pdf"], collection="General")),
        ("removed", lambda: library.remove(["b.pdf"])),
        ("rebuilt", lambda: library.doctor(rebuild_index=True)),
        ("saved", lambda: library.back_up(room / "backup.zip")),
        ("added", lambda: importer.add([files / "1" / "d.pdf"], collection="General")),
        ("record", lambda: library.append_record({"question": "two"})),
    ]


STATES = ({"a": 1, "b": 1}, {}, {"a": 2}, {"c": 1}, {"b": None}, {}, {}, {"d": 1}, {})


def state_after(said: list[str], *, one_more: bool = False) -> dict[str, int | None]:
    """Document -> version after the acknowledged steps, and the one after them."""
    done = sum(not line.startswith(("refused", "closed", "exit")) for line in said) + one_more
    state: dict[str, int | None] = {}
    for change in STATES[:done]:
        state |= change
    return state


def make_files(top: Path) -> None:
    """The documents that are added."""
    for version in (1, 2):
        (top / "files" / str(version)).mkdir(parents=True, exist_ok=True)
        for name in "abcd":
            (top / "files" / str(version) / f"{name}.pdf").write_text(text_of(name, version), encoding="utf-8")


def faults_of(room: Path, said: list[str]) -> list[str]:
    """What is wrong with the library that a run left, after what it said."""
    faults = []
    if not said or not said[-1].startswith(("refused", "closed")):
        faults.append(f"ended without a sentence: {said[-1:]}")
    if not (room / "library" / "library.db").exists():
        return faults
    try:
        with open_library(room / "library", create=True) as library:
            importer = Importer(library, as_reader(LimitedReader()), FakeEmbedder())
            here = {d.name.removesuffix(".pdf"): d.version for d in library.documents()}
            importer.resume()
            before, after = state_after(said[1:]), state_after(said[1:], one_more=True)
            for name in "abcd":
                # What was under way when it ended may have happened too.
                if here.get(name) not in (before.get(name), after.get(name)):
                    faults.append(f"{name} is {here.get(name)}, acknowledged {before.get(name)}")
            if library.audit_head().sequence < said.count("record") or verify(library.records()):
                faults.append("records are gone")
            faults += [f"doctor: {f.sentence()}" for f in library.doctor() if f.key not in HARMLESS]
            library.doctor(repair=True)
            faults += [f"after mending: {f.sentence()}" for f in library.doctor()]
    except UserProblem as problem:
        faults.append(f"does not open: {problem}")
    if "saved" in said and not (room / "backup.zip").exists():
        faults.append("the backup is gone")
    if left := [path.name for path in room.iterdir() if path.name.endswith(".part")]:
        faults.append(f"left lying about: {left}")
    return faults


def child(room: Path, *before: str) -> list[str]:
    """A run; the lines that it said."""
    command = [*before, sys.executable, "-m", "tests.benchmarks.failing_writes", "--work", str(room)]
    done = subprocess.run(command, capture_output=True, text=True, timeout=600)
    said = done.stdout.split("\n")[:-1]
    if done.returncode and not any(line.startswith("refused") for line in said):
        said.append(f"exit {done.returncode}: {done.stderr.strip().splitlines()[-1:]}")
    return said


def run_full(top: Path, count: int, table: Counter[str]) -> list[str]:
    """Disks of growing size, each full at another moment."""
    faults = []
    disk = top / "disk"
    for number in range(count):
        kilobytes = 300 + number * 500
        disk.mkdir(exist_ok=True)
        subprocess.run(["mount", "-t", "tmpfs", "-o", f"size={kilobytes}k", "tmpfs", str(disk)], check=True)
        try:
            said = child(disk)
            table[f"{said[-1] if said else '?'} after {said[-2] if len(said) > 1 else 'nothing'}"] += 1
            subprocess.run(["mount", "-o", f"remount,size={ROOMY}", str(disk)], check=True)
            faults += [f"disk of {kilobytes} kB: {fault}" for fault in faults_of(disk, said)]
        finally:
            subprocess.run(["umount", "-l", str(disk)], check=True)
    return faults


def run_nth(top: Path, count: int, table: Counter[str], seed: int) -> list[str]:
    """One request to the disk fails, another one in each run."""
    faults, room = [], top / "room"
    room.mkdir()
    counted = top / "counted"
    child(room, "strace", "-f", "-qq", "-c", "-o", str(counted), "-e", f"trace={CALLS}")
    total = sum(
        int(line.split()[3]) for line in counted.read_text().splitlines() if line.split()[-1] in CALLS.split(",")
    )
    chance = random.Random(seed)
    for nth in sorted(chance.sample(range(1, total), min(count, total - 1))):
        shutil.rmtree(room)
        room.mkdir()
        error = chance.choice(("ENOSPC", "EIO"))
        options = [
            "-f",
            "-qq",
            "-o",
            "/dev/null",
            "-e",
            f"trace={CALLS}",
            "-e",
            f"inject={CALLS}:error={error}:when={nth}",
        ]
        said = child(room, "strace", *options)
        table[f"{said[-1] if said else '?'} after {said[-2] if len(said) > 1 else 'nothing'}"] += 1
        faults += [f"request {nth} of {total} ({error}): {fault}" for fault in faults_of(room, said)]
    return faults


def main() -> int:
    """Run both, print the table; exit code 1 when something was lost or not said."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--full", type=int, default=24)
    parser.add_argument("--nth", type=int, default=40)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--work", default="", help=argparse.SUPPRESS)
    chosen = parser.parse_args()
    importing.cut = fake_cut
    if chosen.work:
        work(Path(chosen.work))
        return 0
    faults = []
    with tempfile.TemporaryDirectory(prefix="failing-writes-") as folder:
        top = Path(folder)
        make_files(top)
        for words, count, run in (
            ("disks that fill up", chosen.full, lambda table: run_full(top, chosen.full, table)),
            ("a request that fails", chosen.nth, lambda table: run_nth(top, chosen.nth, table, chosen.seed)),
        ):
            if count:
                table = Counter[str]()
                faults += run(table)
                print(f"{words}: {count}")
                for outcome, times in table.most_common():
                    print(f"  {times:4}  {outcome}")
    for fault in faults:
        print(f"FAULT {fault}")
    return 1 if faults else 0


if __name__ == "__main__":
    sys.exit(main())
