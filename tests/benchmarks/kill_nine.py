"""Killed with ``kill -9`` at random moments while it adds, replaces, removes, rebuilds, backs up and records.

    python -m tests.benchmarks.kill_nine [--kills 100] [--seed 1] [--real-embedder] [--keep FOLDER]

The library, the reader and the PDF files are real; vectors come from a quick stand-in unless ``--real-embedder``.  A
worker process does one thing after another and notes when it begins and when it was told that it is done.  After each
kill the library is opened: whatever was acknowledged must be there, once, and nothing that was taken away; what was
under way may have happened or not.  At the end nothing may be left to mend.
"""

from __future__ import annotations

import argparse
import contextlib
import hashlib
import json
import random
import shutil
import subprocess
import sys
import tempfile
import time
from collections import Counter
from pathlib import Path
from typing import Any

from reportlab.pdfgen.canvas import Canvas

from core.audit import verify
from core.embedding import Embedder
from core.errors import UserProblem
from core.importing import Importer
from core.library import Library, backup, open_library
from core.nouns import Scope
from core.reading import Reader
from core.settings import Settings
from core.terms import question_terms
from desktop import house
from tests.fakes import FakeEmbedder

SLOTS = 30  # documents that may be there
OPERATIONS = {"add": 5, "replace": 4, "remove": 3, "rebuild": 2, "backup": 3, "record": 2}
COLLECTION = "General"
WORDS = "lease notice dose tablet clause party renal payment interest tenant allergy deposit surgery premium".split()


# -- the documents


def text_of(slot: int, version: int) -> list[str]:
    """The pages of a version of a document; its own word stands nowhere else."""
    chance = random.Random(f"{slot}-{version}")
    return [
        f"{own_word(slot, version)} page {page}. "
        + " ".join(f"{' '.join(chance.choices(WORDS, k=9)).capitalize()}." for _ in range(14))
        for page in range(1 + slot % 4)
    ]


def own_word(slot: int, version: int) -> str:
    """A word for one version of one document."""
    return "q" + "".join("bcdfghjklmnpqrstvwxz"[int(d, 16)] for d in f"{slot:02x}{version:03x}") + "zk"


def make_pdf(folder: Path, slot: int, version: int) -> Path:
    """The PDF file of that version, always the same bytes."""
    file = folder / str(version) / name_of(slot)
    if not file.exists():
        file.parent.mkdir(parents=True, exist_ok=True)
        part = file.with_suffix(".part")
        canvas = Canvas(str(part), invariant=True)
        for page in text_of(slot, version):
            words = page.split()
            for line in range(0, len(words), 12):
                canvas.drawString(50, 800 - 14 * (line // 12), " ".join(words[line : line + 12]))
            canvas.showPage()
        canvas.save()
        part.rename(file)
    return file


def name_of(slot: int) -> str:
    """What the document is called."""
    return f"document{slot:02}.pdf"


# -- the worker, which is killed


def work(room: Path, seed: int, real: bool, rounds: int) -> None:
    """One thing after the other, each noted before and after."""
    embedder: Embedder = house.embedder(Settings()) if real else FakeEmbedder()
    chance = random.Random(seed)
    with (room / "log").open("a", buffering=1, encoding="utf-8") as log, Reader(ocr=False) as reader:

        def note(**facts: object) -> None:
            log.write(json.dumps(facts) + "\n")

        note(what="up")
        print("up", flush=True)
        with open_library(room / "library", create=True) as library:
            importer = Importer(library, reader, embedder)
            importer.resume()
            note(what="state", here=state_of(library), records=library.audit_head().sequence)
            for number in range(rounds):
                here = state_of(library)
                version = seed * 1000 + number
                operation = chance.choices(list(OPERATIONS), list(OPERATIONS.values()))[0]
                if operation == "replace" and here:
                    name = chance.choice(sorted(here))
                    file = make_pdf(room / "files", int(name[8:10]), version)
                    note(what="begin", operation=operation, to={name: digest(file)})
                    importer.replace(name, file, collection=COLLECTION)
                elif operation == "remove" and here:
                    names = chance.sample(sorted(here), min(len(here), chance.randint(1, 3)))
                    note(what="begin", operation=operation, to=dict.fromkeys(names))
                    library.remove(names)
                elif operation == "rebuild":
                    note(what="begin", operation=operation, to={})
                    library.doctor(rebuild_index=True)
                elif operation == "backup":
                    out = room / f"backup-{version}.zip"
                    note(what="begin", operation=operation, to={}, file=str(out))
                    library.back_up(out)
                elif operation == "record":
                    note(what="begin", operation=operation, to={})
                    record = library.append_record({"question": version, "kind": "answered"})
                    note(what="recorded", sequence=record.sequence, hash=record.hash)
                else:
                    absent = sorted({name_of(slot) for slot in range(SLOTS)} - set(here))
                    names = chance.sample(absent, min(len(absent), chance.randint(1, 4)))
                    files = [make_pdf(room / "files", int(name[8:10]), version) for name in names]
                    note(what="begin", operation="add", to={f.name: digest(f) for f in files})
                    importer.add(files, collection=COLLECTION)
                note(what="done")


def digest(file: Path) -> str:
    """The SHA-256 of a file."""
    return hashlib.sha256(file.read_bytes()).hexdigest()


def state_of(library: Library) -> dict[str, str]:
    """What is shown: name -> SHA-256."""
    return {document.name: document.sha256 for document in library.documents()}


# -- the judge


class Judge:
    """Reads the worker's notes, and knows what may be found after a kill."""

    def __init__(self, room: Path) -> None:
        self._room = room
        self._read = 0
        self.allowed: dict[str, set[str | None]] = {name_of(slot): {None} for slot in range(SLOTS)}
        self.records: dict[int, str] = {}
        self.under_way: dict[str, Any] | None = None
        self.acknowledged: Counter[str] = Counter()
        self.faults: list[str] = []
        self.backups = Counter({"whole": 0, "none": 0})

    def hear(self) -> str:
        """Take in what was noted since; what was under way at the end."""
        moment = "starting"
        with (self._room / "log").open(encoding="utf-8") as log:
            log.seek(self._read)
            for line in iter(log.readline, ""):
                note = json.loads(line)
                match note["what"]:
                    case "up":
                        moment, self.under_way = "opening or resuming", None
                    case "state":
                        self.compare(note["here"], "after resuming")
                        if note["records"] < len(self.records):
                            self.faults.append(f"{len(self.records) - note['records']} records are gone")
                        moment = "between two"
                    case "begin":
                        self.under_way, moment = note, note["operation"]
                        for name, sha256 in note["to"].items():
                            self.allowed[name].add(sha256)
                    case "recorded":
                        self.records[note["sequence"]] = note["hash"]
                    case "done":
                        assert self.under_way is not None
                        for name, sha256 in self.under_way["to"].items():
                            self.allowed[name] = {sha256}
                        if self.under_way["operation"] == "backup":
                            self.look_at(Path(self.under_way["file"]), acknowledged=True)
                        self.acknowledged[self.under_way["operation"]] += 1
                        self.under_way, moment = None, "between two"
            self._read = log.tell()
        return moment

    def compare(self, here: dict[str, str], when: str) -> None:
        """What is shown must be what may be there, and is what there is from now on."""
        for name, allowed in self.allowed.items():
            if here.get(name) not in allowed:
                self.faults.append(f"{when}: {name} is {here.get(name)}, not one of {allowed}")
            if when == "after resuming":
                self.allowed[name] = {here.get(name)}
        if unknown := set(here) - set(self.allowed):
            self.faults.append(f"{when}: {unknown} was never asked for")

    def look_at(self, file: Path, *, acknowledged: bool) -> None:
        """A backup is whole, or it is not there."""
        if not file.exists():
            self.backups["none"] += 1
            if acknowledged:
                self.faults.append(f"{file.name} was acknowledged and is gone")
            return
        try:
            with backup.opened(file) as archive:
                for entry in archive.manifest.entries:
                    for _ in archive.chunks(entry):
                        pass
            self.backups["whole"] += 1
        except UserProblem as problem:
            self.faults.append(f"{file.name}: {problem.key}")
        file.unlink()

    def inspect(self, when: str, *, last: bool = False) -> None:
        """Open the library that was killed and look at everything."""
        if not (self._room / "library" / "library.db").exists():
            return
        with contextlib.ExitStack() as opened:
            try:
                library = opened.enter_context(open_library(self._room / "library", create=True))
            except UserProblem as problem:
                self.faults.append(f"{when}: cannot be opened: {problem}")
                return
            names = [document.name for document in library.documents()]
            if len(names) != len(set(names)):
                self.faults.append(f"{when}: a document is there twice")
            self.compare(state_of(library), when)
            records = {record.sequence: record.hash for record in library.records()}
            if any(records.get(sequence) != hash_ for sequence, hash_ in self.records.items()):
                self.faults.append(f"{when}: an acknowledged record is gone")
            if verify(library.records()):
                self.faults.append(f"{when}: the audit does not verify")
            harmless = () if last else ("doctor_pending", "doctor_orphans")
            found = [finding.sentence() for finding in library.doctor() if finding.key not in harmless]
            if found:
                self.faults.append(f"{when}: doctor: {found}")
            if last:
                self._find_everything(library)

    def _find_everything(self, library: Library) -> None:
        for document in library.documents():
            page = library.page(document.sha256, 0).text
            word = page.split()[0]
            hits = library.passages([key for key, _ in library.search_words(question_terms(word), Scope(), 20)])
            if {hit.sha256 for hit in hits} != {document.sha256}:
                self.faults.append(f"{document.name} is not found by its own word, or found elsewhere too")


def start(room: Path, seed: int, real: bool, rounds: int) -> subprocess.Popen[str]:
    """A worker at work, its parts imported."""
    command = [sys.executable, "-m", "tests.benchmarks.kill_nine", "--work", str(room), "--seed", str(seed)]
    command += ["--rounds", str(rounds), *(["--real-embedder"] if real else [])]
    process = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=(room / "errors").open("a"), text=True)
    assert process.stdout is not None
    process.stdout.readline()
    return process


def run(room: Path, kills: int, seed: int, real: bool) -> int:
    """The whole trial; the exit code."""
    chance, judge, moments, began = random.Random(seed), Judge(room), Counter[str](), time.monotonic()
    longest = 6.0 if real else 4.0
    for number in range(kills):
        if (room / "enough").exists():  # whoever waits may make that file, and gets the table of what was done
            break
        process = start(room, seed * 10_000 + number, real, 10_000)
        time.sleep(chance.uniform(0.0, longest) ** 2 / longest)  # more often early: opening and resuming count too
        if process.poll() is not None:
            judge.faults.append(f"the worker ended by itself: {(room / 'errors').read_text()[-2000:]}")
            break
        process.kill()
        process.wait()
        moment = judge.hear()
        moments[moment] += 1
        if judge.under_way is not None and judge.under_way["operation"] == "backup":
            judge.look_at(Path(judge.under_way["file"]), acknowledged=False)
        judge.inspect(f"kill {number + 1} ({moment})")
        print(f"\r{number + 1} kills, {len(judge.faults)} faults", end="", file=sys.stderr, flush=True)
        if judge.faults:
            break
    if not judge.faults:
        process = start(room, seed * 10_000 + kills, real, 0)
        if process.wait(600):
            judge.faults.append(f"the last resuming failed: {(room / 'errors').read_text()[-2000:]}")
        judge.hear()
        judge.inspect("at the end", last=True)
    left = [path.name for path in room.iterdir() if path.name.startswith(".") and not path.name.endswith(".part")]
    print(f"\n\nkilled while …{'':14}kills   acknowledged")
    for moment in sorted(set(moments) | set(OPERATIONS), key=lambda one: -moments[one]):
        print(f"{moment:28}{moments[moment]:5}{judge.acknowledged[moment] or '':>15}")
    here = sum(None not in allowed for allowed in judge.allowed.values())
    print(f"{'all':28}{sum(moments.values()):5}{judge.acknowledged.total():15}")
    print(
        f"documents at the end {here}, records {len(judge.records)}, backups whole {judge.backups['whole']}, "
        f"none {judge.backups['none']}; {time.monotonic() - began:.0f} s; embedder {'real' if real else 'stand-in'}"
    )
    for fault in [*judge.faults, *left]:
        print(f"FAULT {fault}")
    return 1 if judge.faults or left else 0


def main() -> int:
    """Judge, or the worker that is judged."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--kills", type=int, default=100)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--real-embedder", action="store_true")
    parser.add_argument("--keep", default="")
    parser.add_argument("--work", default="", help=argparse.SUPPRESS)
    parser.add_argument("--rounds", type=int, default=10_000, help=argparse.SUPPRESS)
    chosen = parser.parse_args()
    if chosen.work:
        work(Path(chosen.work), chosen.seed, chosen.real_embedder, chosen.rounds)
        return 0
    room = Path(chosen.keep or tempfile.mkdtemp(prefix="kill-nine-")).absolute()
    room.mkdir(parents=True, exist_ok=True)
    code = 1
    try:
        code = run(room, chosen.kills, chosen.seed, chosen.real_embedder)
    finally:
        if code == 0 and not chosen.keep:
            shutil.rmtree(room)
        else:
            print(f"left in {room}", file=sys.stderr)
    return code


if __name__ == "__main__":
    sys.exit(main())
