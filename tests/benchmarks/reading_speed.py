"""How fast PDFs are read, beside pypdf's text extraction alone and pdfium's, on the same files in the same run.

    python -m tests.benchmarks.reading_speed FOLDER [--readers 1,2] [--first 60]

Reading is all of it: the watched child, every character's place, hidden text, metadata,
outline, page labels, and the pages back in this process.  Recognition is off.  On a
machine that does other work too, look at the processor time.
"""

from __future__ import annotations

import argparse
import resource
import sys
import time
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from queue import SimpleQueue

import pypdfium2
from pypdf import PdfReader

from core.reading import Reader


def with_pypdf(files: Sequence[Path]) -> int:
    """The text of every page by pypdf; how many pages there are."""
    return sum(len([page.extract_text() for page in PdfReader(file).pages]) for file in files)


def with_pdfium(files: Sequence[Path]) -> int:
    """The text of every page by pdfium, without any place."""
    pages = 0
    for file in files:
        document = pypdfium2.PdfDocument(file)
        for page in document:
            text = page.get_textpage()
            text.get_text_range()
            text.close()
            page.close()
            pages += 1
        document.close()
    return pages


def with_readers(files: Sequence[Path], count: int) -> int:
    """The files read by so many readers at once."""
    idle: SimpleQueue[Reader] = SimpleQueue()
    readers = [Reader(ocr=False) for _ in range(count)]
    for reader in readers:
        idle.put(reader)

    def read(file: Path) -> int:
        reader = idle.get()
        try:
            return len(reader.read(file).pages)
        finally:
            idle.put(reader)

    try:
        with ThreadPoolExecutor(count) as pool:
            return sum(pool.map(read, files))
    finally:
        for reader in readers:
            reader.close()


def _processor_seconds() -> float:
    used = [resource.getrusage(who) for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN)]
    return sum(one.ru_utime + one.ru_stime for one in used)


def measured(work: Callable[[], int]) -> tuple[int, float, float]:
    """(pages, seconds, processor seconds), children included."""
    began, used = time.monotonic(), _processor_seconds()
    pages = work()
    return pages, time.monotonic() - began, _processor_seconds() - used


def main(arguments: Sequence[str] | None = None) -> int:
    """Measure and print."""
    options = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    options.add_argument("folder", type=Path)
    options.add_argument("--readers", default="1,2")
    options.add_argument("--first", type=int, default=60)
    chosen = options.parse_args(arguments)
    files = sorted(chosen.folder.glob("*.pdf"))[: chosen.first]
    ways: dict[str, Callable[[], int]] = {
        "pypdf": lambda: with_pypdf(files),
        "pdfium": lambda: with_pdfium(files),
    }
    for count in map(int, chosen.readers.split(",")):
        ways[f"{count} reader" + "s" * (count > 1)] = lambda count=count: with_readers(files, count)  # type: ignore[misc]
    print(f"{len(files)} files")
    base: tuple[float, float] | None = None
    for name, work in ways.items():
        pages, seconds, processor = measured(work)
        base = base or (seconds, processor)
        print(
            f"{name:10} {pages} pages, {pages / seconds:4.0f} a second; {seconds:6.1f} s, {base[0] / seconds:.1f} "
            f"times pypdf; processor {processor:6.2f} s, {base[1] / processor:.1f} times",
            flush=True,
        )
    return 0


if __name__ == "__main__":
    sys.exit(main())
