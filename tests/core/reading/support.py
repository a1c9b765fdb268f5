"""PDFs made by hand for the tests of reading, and children that misbehave."""

from __future__ import annotations

import io
import os
import time
from collections.abc import Callable, Sequence
from multiprocessing.connection import Connection
from pathlib import Path
from typing import NoReturn

from pypdf import PdfWriter
from pypdf.generic import NameObject, StreamObject

from core.reading.child import serve
from core.reading.recognition import Recogniser
from core.reading.wire import Described, Opened, Read, Task, encode


def pdf(
    pages: Sequence[str], *, page_extra: str = "", media: str = "0 0 595 842", catalog: str = "", info: str = ""
) -> bytes:
    """A PDF with a content stream for each page; fonts /F (Helvetica) and /Z (Chinese, not embedded)."""
    bodies = [
        "<< /Type /Catalog /Pages 2 0 R >>",
        "",
        "<< /Type /Font /Subtype /Type1 /BaseFont /Helvetica /Encoding /WinAnsiEncoding >>",
        "<< /Type /Font /Subtype /Type0 /BaseFont /STSong-Light /Encoding /UniGB-UCS2-H /DescendantFonts [5 0 R] >>",
        "<< /Type /Font /Subtype /CIDFontType0 /BaseFont /STSong-Light /DW 1000 "
        "/CIDSystemInfo << /Registry (Adobe) /Ordering (GB1) /Supplement 2 >> /FontDescriptor 6 0 R >>",
        "<< /Type /FontDescriptor /FontName /STSong-Light /Flags 4 /FontBBox [0 -200 1000 900] /ItalicAngle 0 "
        "/Ascent 880 /Descent -120 /CapHeight 880 /StemV 80 >>",
        "<< >>",
    ]
    kids = []
    for content in pages:
        kids.append(f"{len(bodies) + 1} 0 R")
        bodies.append(
            f"<< /Type /Page /Parent 2 0 R /MediaBox [{media}] /Contents {len(bodies) + 2} 0 R "
            f"/Resources << /Font << /F 3 0 R /Z 4 0 R >> >> {page_extra} >>"
        )
        bodies.append(f"<< /Length {len(content)} >>\nstream\n{content}\nendstream")
    bodies[1] = f"<< /Type /Pages /Kids [{' '.join(kids)}] /Count {len(kids)} >>"
    out = bytearray(b"%PDF-1.7\n")
    offsets = []
    for number, body in enumerate(bodies, 1):
        offsets.append(len(out))
        out += f"{number} 0 obj\n{body}\nendobj\n".encode("latin-1")
    table = len(out)
    out += f"xref\n0 {len(bodies) + 1}\n0000000000 65535 f \n".encode()
    out += b"".join(f"{offset:010d} 00000 n \n".encode() for offset in offsets)
    out += f"trailer << /Size {len(bodies) + 1} /Root 1 0 R /Info 7 0 R >>\nstartxref\n{table}\n%%EOF\n".encode()
    return bytes(out)


def text(lines: Sequence[str], *, x: float = 72, y: float = 760, size: float = 12, leading: float = 16) -> str:
    """A content stream of lines; a line with Chinese in it is set in the Chinese font; "" leaves a gap."""
    parts = []
    for line in lines:
        if line:
            parts.append(f"BT {shown(line, size)} 1 0 0 1 {x} {y} Tm {_string(line)} Tj ET")
        y -= leading
    return "\n".join(parts)


def with_characters(data: bytes, characters: str) -> bytes:
    """The file, the font of its first page with a ToUnicode map: ``characters`` are what it says of them."""
    cmap = (
        "/CIDInit /ProcSet findresource begin 12 dict begin begincmap /CMapName /X def 1 begincodespacerange <00> <FF> "
        f"endcodespacerange {characters} endbfchar endcmap end end"
    )
    writer = PdfWriter(clone_from=io.BytesIO(data))
    stream = StreamObject()
    stream.set_data(cmap.encode())
    font = writer.pages[0]["/Resources"]["/Font"]["/F"].get_object()
    font[NameObject("/ToUnicode")] = writer._add_object(stream)
    out = io.BytesIO()
    writer.write(out)
    return out.getvalue()


def shown(line: str, size: float) -> str:
    """The font operator for a line."""
    return f"/{'Z' if _chinese(line) else 'F'} {size} Tf"


def _chinese(line: str) -> bool:
    return any(ord(c) > 0x2E00 for c in line)


def _string(line: str) -> str:
    if _chinese(line):
        return f"<{line.encode('utf-16-be').hex()}>"
    return f"<{line.encode('cp1252').hex()}>"


# Children that misbehave: each reads a file of five pages, or fails to.


def _page(index: int) -> Read:
    return Read(index, f"page {index + 1}", (), 595.0, 842.0, "text")


def _serve(pipe: Connection, trouble: str, page: Callable[[int], Read] = _page) -> None:
    pipe.send_bytes(encode(None))
    while True:
        try:
            task = pipe.recv()
        except EOFError:
            return
        assert isinstance(task, Task)
        if trouble == "at once":
            os._exit(11)
        pipe.send_bytes(encode(Opened(5, True)))
        for index in range(task.first, 5):
            if index == 2:
                if trouble == "crash":
                    os._exit(11)
                if trouble == "hang":
                    time.sleep(600)
                if trouble == "greedy":
                    hoard = [bytearray(b"x" * (1 << 20)) for _ in range(400)]
                    time.sleep(600 + len(hoard))
            pipe.send_bytes(encode(page(index)))
        if trouble == "no end":
            time.sleep(600)
        pipe.send_bytes(encode(Described({}, (), (), (), "test")))


def crashing(pipe: Connection, megabytes: int) -> None:
    """Dies at the third page, every time."""
    _serve(pipe, "crash")


def hanging(pipe: Connection, megabytes: int) -> None:
    """Never ends with the third page."""
    _serve(pipe, "hang")


def greedy(pipe: Connection, megabytes: int) -> None:
    """Takes 400 MB at the third page."""
    _serve(pipe, "greedy")


def wordless(pipe: Connection, megabytes: int) -> None:
    """Dies at the third page and finds nothing on the others."""

    def page(index: int) -> Read:
        return Read(index, "", (), 595.0, 842.0, "nothing", "reading_page_no_text")

    _serve(pipe, "crash", page)


def stillborn(pipe: Connection, megabytes: int) -> None:
    """Dies when it opens the file."""
    _serve(pipe, "at once")


def without_recognition(pipe: Connection, megabytes: int) -> None:
    """The true child, on a machine where the OCR engine is not installed."""

    def absent(_: Recogniser) -> NoReturn:
        raise ImportError("No module named 'rapidocr'")

    setattr(Recogniser, "_ready", absent)  # noqa: B010  (a plain assignment to a method is refused by mypy)
    serve(pipe, megabytes)


def bench() -> Path | None:
    """The folder of the evaluation pack, where there is one."""
    named = os.environ.get("VADEMECUM_BENCH")
    folder = Path(named) if named else Path(__file__).resolve().parents[4] / "shared" / "bench"
    return folder if (folder / "robustness" / "expected.tsv").is_file() else None
