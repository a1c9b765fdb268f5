"""Small line icons, drawn from paths in the colour that is asked for."""

from __future__ import annotations

from PySide6.QtCore import QByteArray, QSize, Qt
from PySide6.QtGui import QIcon, QPainter, QPixmap
from PySide6.QtSvg import QSvgRenderer

# On a grid of 24, strokes of 1.8, round ends.
_PATHS = {
    "ask": "M4 5h16v11H9l-5 4z",
    "library": "M5 4h4v16H5zM10 4h4v16h-4zM15.5 5l3.6-.9 3.4 15-3.6.9z",
    "audit": "M12 3l7 3v5c0 5-3 8-7 10-4-2-7-5-7-10V6zM8.8 12l2.3 2.3 4.3-4.6",
    "models": "M12 3l8 4.5v9L12 21l-8-4.5v-9zM4 7.5l8 4.5 8-4.5M12 12v9",
    "personas": "M12 3.5a4 4 0 1 0 0 8 4 4 0 0 0 0-8zM4 20.5c.6-4.3 3.9-6.5 8-6.5s7.4 2.2 8 6.5",
    "settings": "M4 7h9M17 7h3M4 17h3M11 17h9M15 4.5v5M9 14.5v5",
    "add": "M12 5v14M5 12h14",
    "stop": "M7 7h10v10H7z",
    "send": "M4 12l16-8-5 16-3.5-6.5z",
    "pause": "M8 5v14M16 5v14",
    "resume": "M7 5l12 7-12 7z",
    "close": "M6 6l12 12M18 6L6 18",
    "search": "M10.5 4a6.5 6.5 0 1 0 0 13 6.5 6.5 0 0 0 0-13zM15.3 15.3L20 20",
    "copy": "M8 8h11v12H8zM5 16V4h11",
    "export": "M12 4v11M8 11l4 4 4-4M5 19h14",
    "again": "M19 12a7 7 0 1 1-2.2-5.1M19 4v4h-4",
    "compare": "M4 6h7v12H4zM13 6h7v12h-7z",
    "next": "M9 5l7 7-7 7",
    "previous": "M15 5l-7 7 7 7",
    "down": "M6 9l6 6 6-6",
    "panel": "M4 5h16v14H4zM9.5 5v14",
    "zoom_in": "M10.5 4a6.5 6.5 0 1 0 0 13 6.5 6.5 0 0 0 0-13zM15.3 15.3L20 20M10.5 7.8v5.4M7.8 10.5h5.4",
    "zoom_out": "M10.5 4a6.5 6.5 0 1 0 0 13 6.5 6.5 0 0 0 0-13zM15.3 15.3L20 20M7.8 10.5h5.4",
    "fit": "M4 9V4h5M15 4h5v5M20 15v5h-5M9 20H4v-5",
    "text": "M5 6h14M5 11h14M5 16h9",
    "edit": "M5 19l1-4L16.5 4.5l3 3L9 18z",
    "delete": "M5 7h14M9 7V4h6v3M7 7l1 13h8l1-13",
    "folder": "M3 6h7l2 2h9v11H3z",
    "file": "M6 3h8l4 4v14H6zM14 3v4h4",
    "offline": "M4 9.5c5-4.6 11-4.6 16 0M7.5 13.2c2.8-2.5 6.2-2.5 9 0M12 17.5v.1M4 3l16 18",
    "health": "M3 12h4l3-7 4 14 3-7h4",
    "supported": "M12 3.5a8.5 8.5 0 1 0 0 17 8.5 8.5 0 0 0 0-17zM8 12.3l2.7 2.7L16 9.4",
    "partial": "M12 3.5l9 16.5H3zM12 10v4.5M12 17.2v.1",
    "unsupported": "M5 5h14v14H5zM9 9l6 6M15 9l-6 6",
    "found": "M10.5 4a6.5 6.5 0 1 0 0 13 6.5 6.5 0 0 0 0-13zM15.3 15.3L20 20",
    "conversation": "M4 5h16v11H9l-5 4z",
    "info": "M12 3.5a8.5 8.5 0 1 0 0 17 8.5 8.5 0 0 0 0-17zM12 11v5.5M12 7.6v.1",
    "fetch": "M12 4v11M8 11l4 4 4-4M5 15v5h14v-5",
    "help": "M9 9a3 3 0 1 1 4.2 2.8c-.8.4-1.2 1-1.2 2M12 17.2v.1M12 3.5a8.5 8.5 0 1 0 0 17 8.5 8.5 0 0 0 0-17z",
    "history": "M4 12a8 8 0 1 0 2.6-5.9M4 4v4h4M12 8v4.5l3 2",
    "new": "M4 5h16v11H9l-5 4zM12 8v5M9.5 10.5h5",
    "lock": "M7 11V8a5 5 0 0 1 10 0v3M5 11h14v10H5zM12 15v2.5",
    "move": "M3 6h7l2 2h9v11H3zM9 13.5h6M12.5 11l2.5 2.5-2.5 2.5",
    "replace": "M4 9h13M13.5 5.5L17 9l-3.5 3.5M20 15H7M10.5 11.5L7 15l3.5 3.5",
    "sparkle": "M12 4l1.8 5.2L19 11l-5.2 1.8L12 18l-1.8-5.2L5 11l5.2-1.8zM19 17v4M17 19h4",
    "tick": "M5 12.5l4.5 4.5L19 7.5",
    "calendar": "M4 6h16v14H4zM4 10.5h16M8.5 3.5V8M15.5 3.5V8",
    "language": "M12 3.5a8.5 8.5 0 1 0 0 17 8.5 8.5 0 0 0 0-17zM3.5 12h17M12 3.5c5 5 5 12 0 17M12 3.5c-5 5-5 12 0 17",
    "speed": "M4.5 17a8.5 8.5 0 1 1 15 0M12 14l4-5",
    "more": "M5.5 12h.1M12 12h.1M18.5 12h.1",
    "import": "M12 15V4M8 8l4-4 4 4M5 15v5h14v-5",
}


def icon(name: str, colour: str, size: int = 20) -> QIcon:
    """The icon as a QIcon; sharp on screens of double density."""
    return QIcon(pixmap(name, colour, size))


def pixmap(name: str, colour: str, size: int = 20) -> QPixmap:
    """The icon as a picture of ``size`` logical pixels."""
    svg = (
        '<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 24 24" fill="none" '
        f'stroke="{colour}" stroke-width="1.8" stroke-linecap="round" stroke-linejoin="round">'
        f'<path d="{_PATHS[name]}"/></svg>'
    )
    scale = 2
    image = QPixmap(QSize(size, size) * scale)
    image.fill(Qt.GlobalColor.transparent)
    painter = QPainter(image)
    QSvgRenderer(QByteArray(svg.encode())).render(painter)
    painter.end()
    image.setDevicePixelRatio(scale)
    return image
