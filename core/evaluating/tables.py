"""What an evaluation gives: figures in tables, each with its interval and the floor it must beat."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from core.intervals import Estimate
from core.messages import say


@dataclass(frozen=True, slots=True)
class Figure:
    """One measured value.  ``name`` and ``note`` are message keys; per cent is 0..100, an area 0..1.

    ``of`` says which of several figures with this name it is ("@5", a file, a source); ``low``..``high`` is
    the 95% interval, None for what was measured once; ``floor`` is the pack's own baseline.
    """

    name: str
    value: float
    n: int
    low: float | None
    high: float | None
    floor: float | None = None
    unit: str = "%"
    note: str = ""
    of: str = ""

    def words(self, language: str = "en") -> str:
        """What a person reads in front of the value."""
        return f"{say(self.name, language)} {self.of}".strip()


@dataclass(frozen=True, slots=True)
class Table:
    """Figures that belong together; ``title`` is a message key."""

    title: str
    figures: tuple[Figure, ...]


@dataclass(frozen=True, slots=True)
class Evaluation:
    """A suite's tables, with what is needed to run it again and every single result.

    ``notes`` are message keys; ``settings`` and ``details`` (one entry a question or claim) are plain JSON values.
    """

    suite: str
    tables: tuple[Table, ...]
    notes: tuple[str, ...] = ()
    settings: Mapping[str, object] = field(default_factory=dict)
    details: tuple[Mapping[str, object], ...] = ()


def figure(
    name: str,
    estimate: Estimate | None,
    *,
    floor: float | None = None,
    unit: str = "%",
    note: str = "",
    of: str = "",
) -> tuple[Figure, ...]:
    """The figure in a tuple, or nothing where there was nothing to measure."""
    if estimate is None:
        return ()
    return (Figure(name, estimate.value, estimate.n, estimate.low, estimate.high, floor, unit, note, of),)


def to_json(evaluation: Evaluation) -> dict[str, object]:
    """``evaluation`` as plain JSON values, figures rounded to four places, notes in English."""
    return {
        "format": 1,
        "suite": evaluation.suite,
        "settings": dict(evaluation.settings),
        "notes": [say(note) for note in evaluation.notes],
        "tables": [
            {"title": table.title, "words": say(table.title), "figures": [_figure_json(f) for f in table.figures]}
            for table in evaluation.tables
        ],
        "details": [dict(detail) for detail in evaluation.details],
    }


def _figure_json(one: Figure) -> dict[str, object]:
    return {
        "name": one.name,
        "of": one.of,
        "words": one.words(),
        "value": round(one.value, 4),
        "unit": one.unit,
        "n": one.n,
        "low": None if one.low is None else round(one.low, 4),
        "high": None if one.high is None else round(one.high, 4),
        "floor": one.floor,
        "note": say(one.note) if one.note else "",
    }
