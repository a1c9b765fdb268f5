"""A drawing in SVG as a PNG picture; runs in a process of its own, beside commands that know of no window."""

from __future__ import annotations

import os
import re
import sys

from PySide6.QtCore import QBuffer, QByteArray, QIODevice
from PySide6.QtGui import QFontDatabase, QGuiApplication, QImage, QImageWriter, QPainter
from PySide6.QtSvg import QSvgRenderer

_FAMILIES = re.compile(r'font-family="([^"]*)"')
_MOST_PIXELS = 20_000  # on either side: a drawing of ours is a tenth of that


def png(drawing: str, scale: float = 2.0) -> bytes:
    """The picture of an SVG drawing, ``scale`` pixels a unit.  ValueError when it is none, or cannot be drawn."""
    # Qt takes a list of families for the name of one, and would leave Chinese to whatever it comes across.
    renderer = QSvgRenderer(QByteArray(_FAMILIES.sub(_installed, drawing).encode()))
    size = renderer.defaultSize() * scale
    if not renderer.isValid() or size.isEmpty() or max(size.width(), size.height()) > _MOST_PIXELS:
        raise ValueError("not a drawing")
    image = QImage(size, QImage.Format.Format_RGB32)
    image.fill(0xFFFFFFFF)
    painter = QPainter(image)
    for hint in (QPainter.RenderHint.Antialiasing, QPainter.RenderHint.TextAntialiasing):
        painter.setRenderHint(hint)
    renderer.render(painter)
    painter.end()
    buffer = QBuffer()
    buffer.open(QIODevice.OpenModeFlag.WriteOnly)
    writer = QImageWriter(buffer, QByteArray(b"png"))
    if not writer.write(image):
        raise ValueError(writer.errorString())
    return bytes(buffer.data().data())


def png_without_a_screen(drawing: str) -> bytes:
    """The same where no window system need be: for a process that does nothing else."""
    os.environ["QT_QPA_PLATFORM"] = "offscreen"
    application = QGuiApplication(sys.argv[:1])
    try:
        return png(drawing)
    finally:
        application.shutdown()


def _installed(found: re.Match[str]) -> str:
    """The first family of the list that is on this computer; its letters are what the others are taken beside."""
    wanted = [name.strip().strip("'") for name in found.group(1).split(",")]
    here = set(QFontDatabase.families())
    return f'font-family="{next((name for name in wanted if name in here), wanted[-1])}"'
