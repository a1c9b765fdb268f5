"""A printed line on its way from the parser, or from recognition, to the text of its page."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class RawLine:
    """A printed line before it has its place in the text; ``edges`` as in :class:`core.nouns.Line`, but in steps.

    ``upright`` says that it runs across the page, not down or up; ``score`` how sure recognition was of it.
    """

    text: str
    x0: float
    y0: float
    x1: float
    y1: float
    edges: tuple[int, ...] = ()
    upright: bool = True
    score: float = 1.0

    @property
    def height(self) -> float:
        """Height of the line's box, as a share of the page."""
        return self.y1 - self.y0
