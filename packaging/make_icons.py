"""Draws the program's icon in every size and container from packaging/icons/vademecum.svg.

    python packaging/make_icons.py [--into FOLDER]

The same drawing gives the same bytes with the same Qt and Pillow; what it makes is kept in packaging/icons.
"""

from __future__ import annotations

import argparse
import io
import os
import struct
import sys
from pathlib import Path

from PIL import Image

HERE = Path(__file__).resolve().parent / "icons"
SIZES = (16, 24, 32, 48, 64, 128, 256, 512)
ICO = (16, 24, 32, 48, 64, 128, 256)
# What Apple calls pictures of these sizes: the plain ones, and those of double density.
ICNS = ((b"icp4", 16), (b"icp5", 32), (b"ic07", 128), (b"ic08", 256), (b"ic09", 512), (b"ic11", 32), (b"ic13", 256))


def drawn(size: int) -> bytes:
    """The icon as a PNG of that many pixels."""
    from PySide6.QtCore import QByteArray
    from PySide6.QtGui import QImage, QPainter
    from PySide6.QtSvg import QSvgRenderer

    image = QImage(size, size, QImage.Format.Format_RGBA8888)
    image.fill(0)
    painter = QPainter(image)
    QSvgRenderer(QByteArray((HERE / "vademecum.svg").read_bytes())).render(painter)
    painter.end()
    rows = bytes(image.constBits())
    made = io.BytesIO()
    Image.frombytes("RGBA", (size, size), rows).save(made, "PNG", optimize=True)
    return made.getvalue()


def ico(pictures: dict[int, bytes]) -> bytes:
    """The pictures as an icon of Windows: a list of PNGs."""
    head, body = struct.pack("<HHH", 0, 1, len(pictures)), b""
    start = len(head) + 16 * len(pictures)
    for size, picture in sorted(pictures.items()):
        head += struct.pack("<BBBBHHII", size % 256, size % 256, 0, 0, 1, 32, len(picture), start + len(body))
        body += picture
    return head + body


def icns(pictures: dict[int, bytes]) -> bytes:
    """The pictures as an icon of macOS: a list of named PNGs."""
    body = b"".join(name + struct.pack(">I", 8 + len(pictures[size])) + pictures[size] for name, size in ICNS)
    return b"icns" + struct.pack(">I", 8 + len(body)) + body


def main() -> int:
    """Draws everything."""
    arguments = argparse.ArgumentParser(description=__doc__.split("\n", 1)[0])
    arguments.add_argument("--into", type=Path, default=HERE, help="another folder")
    into = arguments.parse_args().into
    os.environ.setdefault("QT_QPA_PLATFORM", "offscreen")
    pictures = {size: drawn(size) for size in SIZES}
    for size, picture in pictures.items():
        (into / f"vademecum-{size}.png").write_bytes(picture)
    (into / "vademecum.ico").write_bytes(ico({size: pictures[size] for size in ICO}))
    (into / "vademecum.icns").write_bytes(icns(pictures))
    return 0


if __name__ == "__main__":
    sys.exit(main())
