"""Sample PDFs with random damage: every reading ends, in a clear state, within its caps.

    python -m tests.benchmarks.mutated_pdfs [--count 1000] [--seed 1] [--ocr]

Each file is one of the samples, as it is or with its streams unpacked, in which bytes
were flipped, deleted, doubled, cut off or taken from elsewhere.  The same seed makes
the same files.  The exit code is 1 when one of them is not read to an end.
"""

from __future__ import annotations

import argparse
import io
import random
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Callable, Sequence
from pathlib import Path

from pypdf import PdfReader, PdfWriter
from pypdf.generic import NameObject, StreamObject

from core.messages import catalogue
from core.nouns import Outcome
from core.reading import Limits, Reader

SAMPLES = Path(__file__).resolve().parents[2] / "desktop" / "samples"
LIMITS = Limits(page_seconds=30.0, file_seconds=120.0)
# What the machine may add to the caps before it is called a fault: starting a child, a busy processor.
SLACK_SECONDS = 30.0

_PACKED = {"/FlateDecode", "/ASCII85Decode", "/ASCIIHexDecode", "/LZWDecode"}

Mutation = Callable[[bytearray, random.Random], None]


def _flip(data: bytearray, chance: random.Random) -> None:
    for _ in range(chance.choice((1, 4, 32, 256))):
        data[chance.randrange(len(data))] ^= 1 << chance.randrange(8)


def _delete(data: bytearray, chance: random.Random) -> None:
    at = chance.randrange(len(data))
    del data[at : at + chance.choice((1, 16, 256, 4096))]


def _double(data: bytearray, chance: random.Random) -> None:
    at = chance.randrange(len(data))
    part = data[at : at + chance.choice((1, 16, 256, 4096))]
    data[at:at] = part * chance.choice((1, 1, 100))


def _cut_off(data: bytearray, chance: random.Random) -> None:
    del data[chance.randrange(1, len(data)) :]


def _splice(data: bytearray, chance: random.Random) -> None:
    source, target = chance.randrange(len(data)), chance.randrange(len(data))
    part = data[source : source + chance.choice((4, 64, 1024))]
    data[target : target + len(part)] = part


def _renumber(data: bytearray, chance: random.Random) -> None:
    digits = [i for i in range(len(data)) if 0x30 <= data[i] <= 0x39]
    for _ in range(chance.choice((1, 3, 10)) if digits else 0):
        data[chance.choice(digits)] = chance.randrange(0x30, 0x3A)


MUTATIONS: tuple[Mutation, ...] = (_flip, _delete, _double, _cut_off, _splice, _renumber)


def unpacked(data: bytes) -> bytes:
    """The same PDF with its streams as they are before compression, so that damage reaches what stands in them.

    An encrypted one is given back as it is.
    """
    reader = PdfReader(io.BytesIO(data))
    if reader.is_encrypted:
        return data
    writer = PdfWriter(clone_from=reader)
    for thing in writer._objects:
        filters = thing.get("/Filter", ()) if isinstance(thing, StreamObject) else ()
        names = {str(filters)} if isinstance(filters, NameObject) else set(map(str, filters))
        if names and names <= _PACKED:
            plain = thing.get_data()
            thing.pop(NameObject("/Filter"))
            thing.pop(NameObject("/DecodeParms"), None)
            thing._data = plain
    out = io.BytesIO()
    writer.write(out)
    return out.getvalue()


def mutated(samples: Sequence[bytes], number: int, seed: int) -> bytes:
    """The damaged file of that number."""
    chance = random.Random(f"{seed}-{number}")
    data = bytearray(chance.choice(samples))
    for _ in range(chance.choice((1, 1, 2, 5))):
        chance.choice(MUTATIONS)(data, chance)
        if not data:
            break
    return bytes(data)


def read_all(make: Callable[[int], tuple[str, bytes]], numbers: Sequence[int], *, ocr: bool = False) -> int:
    """Read what ``make`` gives for each number (a file's name and its bytes), and say how they ended.

    The exit code: 1 when one of them was not read to an end within the caps, or ended without a reason.
    """
    ends: Counter[str] = Counter()
    faults: list[str] = []
    slowest = 0.0
    restarts, pid = 0, None
    known = set(catalogue())
    began = time.monotonic()
    with tempfile.TemporaryDirectory() as folder, Reader(LIMITS, ocr=ocr) as reader:
        for number in numbers:
            name, data = make(number)
            file = Path(folder) / name
            file.write_bytes(data)
            started = time.monotonic()
            reading = reader.read(file)
            took = time.monotonic() - started
            slowest = max(slowest, took)
            if reader._child.pid != pid:
                restarts, pid = restarts + 1, reader._child.pid
            ends[f"{file.suffix[1:]} {reading.outcome} {reading.reason}".strip()] += 1
            if took > LIMITS.file_seconds + SLACK_SECONDS:
                faults.append(f"{number}: took {took:.0f} s")
            if reading.outcome is not Outcome.OK and reading.reason not in known:
                faults.append(f"{number}: {reading.outcome} without a reason")
            if any(page.problem and page.problem not in known for page in reading.pages):
                faults.append(f"{number}: a page's problem has no sentence")
    print(f"{len(numbers)} files in {time.monotonic() - began:.0f} s, the slowest {slowest:.1f} s")
    print(f"child processes used: {restarts}")
    for end, count in ends.most_common():
        print(f"{count:6} {end}")
    for fault in faults:
        print("FAULT", fault)
    return 1 if faults else 0


def options(description: str, count: int) -> argparse.ArgumentParser:
    """How many files, from which number on, and with which seed."""
    made = argparse.ArgumentParser(description=description)
    made.add_argument("--count", type=int, default=count)
    made.add_argument("--first", type=int, default=0)
    made.add_argument("--seed", type=int, default=1)
    return made


def main(arguments: Sequence[str] | None = None) -> int:
    """Read them all and say how they ended."""
    parser = options(__doc__.split("\n")[0], 1000)
    parser.add_argument("--ocr", action="store_true", help="recognise pages without text: seconds each")
    chosen = parser.parse_args(arguments)
    originals = [file.read_bytes() for file in sorted(SAMPLES.glob("*.pdf"))]
    samples = [*originals, *map(unpacked, originals)]

    def make(number: int) -> tuple[str, bytes]:
        return "mutated.pdf", mutated(samples, number, chosen.seed)

    return read_all(make, range(chosen.first, chosen.first + chosen.count), ocr=chosen.ocr)


if __name__ == "__main__":
    sys.exit(main())
