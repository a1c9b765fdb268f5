"""A line that says something else in another tone."""

from __future__ import annotations

from PySide6.QtWidgets import QLabel


def tell(line: QLabel, words: str, role: str = "muted") -> None:
    """Show ``words`` in the tone of ``role`` (muted, good, warn, bad); nothing to say hides the line."""
    line.setText(words)
    line.setProperty("role", role)
    line.style().polish(line)
    line.setVisible(bool(words))
