"""Figures with their 95% intervals: pure arithmetic, every function readable beside its formula.

Everything is drawn again from itself 2000 times with a fixed seed (percentile
bootstrap, Efron 1979), but for shares, whose intervals are in core/intervals.py.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from core.intervals import Estimate

DRAWS = 2000
_Numbers = npt.NDArray[np.float64]
_Formula = Callable[[_Numbers], _Numbers]


def mean(values: Sequence[float], seed: int) -> Estimate | None:
    """The mean of ``values``; None when there are none."""
    if not values:
        return None
    numbers = np.asarray(values, dtype=np.float64)
    draws = _drawn(numbers, seed).mean(axis=1)
    return _estimate(float(numbers.mean()), len(values), draws)


def quantile(values: Sequence[float], at: float, seed: int) -> Estimate | None:
    """The value below which the share ``at`` (0..1) of ``values`` lies; None when there are none."""
    if not values:
        return None
    numbers = np.asarray(values, dtype=np.float64)
    draws = np.quantile(_drawn(numbers, seed), at, axis=1)
    return _estimate(float(np.quantile(numbers, at)), len(values), draws)


def auroc(positive: Sequence[float], negative: Sequence[float], seed: int) -> Estimate | None:
    """How often a positive scores above a negative, 0..1, ties counted half; None when one side is empty."""
    if not positive or not negative:
        return None
    above, below = np.asarray(positive, dtype=np.float64), np.asarray(negative, dtype=np.float64)
    # Both sides are drawn by themselves: how many there are of each was decided, not observed.
    again, other = _drawn(above, seed), _drawn(below, seed + 1)
    draws = np.array([_area(a, b) for a, b in zip(again, other, strict=True)])
    return _estimate(_area(above, below), len(positive) + len(negative), draws)


@dataclass(frozen=True, slots=True)
class Confusion:
    """How often a yes-or-no decision was right and wrong."""

    true_positive: int
    false_positive: int
    false_negative: int
    true_negative: int

    @classmethod
    def of(cls, truth: Sequence[bool], said: Sequence[bool]) -> Confusion:
        """The counts of what was ``said`` against the ``truth``, in the same order."""
        pairs = list(zip(truth, said, strict=True))
        return cls(
            pairs.count((True, True)),
            pairs.count((False, True)),
            pairs.count((True, False)),
            pairs.count((False, False)),
        )

    @property
    def n(self) -> int:
        """All decisions."""
        return self.true_positive + self.false_positive + self.false_negative + self.true_negative


def f1(counts: Confusion, seed: int) -> Estimate | None:
    """F1 of the positive side, per cent; None when nothing was decided."""
    return _of_confusion(counts, seed, lambda c: _f1(c[..., 0], c[..., 1], c[..., 2]))


def macro_f1(counts: Confusion, seed: int) -> Estimate | None:
    """The mean of the F1 of both sides, per cent; None when nothing was decided."""
    return _of_confusion(
        counts, seed, lambda c: (_f1(c[..., 0], c[..., 1], c[..., 2]) + _f1(c[..., 3], c[..., 2], c[..., 1])) / 2
    )


def _of_confusion(counts: Confusion, seed: int, formula: _Formula) -> Estimate | None:
    if not counts.n:
        return None
    seen = np.array(
        [counts.true_positive, counts.false_positive, counts.false_negative, counts.true_negative], dtype=np.float64
    )
    # Drawing n decisions again with replacement is drawing the four counts from a multinomial distribution.
    draws = np.random.default_rng(seed).multinomial(counts.n, seen / counts.n, size=DRAWS).astype(np.float64)
    return _estimate(float(formula(seen)), counts.n, formula(draws))


def _f1(true_positive: _Numbers, false_positive: _Numbers, false_negative: _Numbers) -> _Numbers:
    # Without any true positive the numerator is 0, and so is F1, whatever the denominator.
    result: _Numbers = 200 * true_positive / np.maximum(2 * true_positive + false_positive + false_negative, 1)
    return result


def _area(positive: _Numbers, negative: _Numbers) -> float:
    ordered = np.sort(negative)
    wins = np.searchsorted(ordered, positive, "left") + np.searchsorted(ordered, positive, "right")
    return float(wins.mean() / 2 / len(ordered))


def _drawn(values: _Numbers, seed: int) -> _Numbers:
    drawn: _Numbers = values[np.random.default_rng(seed).integers(0, len(values), (DRAWS, len(values)))]
    return drawn


def _estimate(value: float, n: int, draws: _Numbers) -> Estimate:
    low, high = np.quantile(draws, [0.025, 0.975])
    return Estimate(value, n, float(low), float(high))
