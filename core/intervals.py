"""Shares and their differences with 95% intervals: pure arithmetic, every function readable beside its formula."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

_Z = 1.959964  # 95% of a normal distribution lies within this many standard deviations


@dataclass(frozen=True, slots=True)
class Estimate:
    """A figure from ``n`` observations; ``low`` and ``high`` are None where it was measured once."""

    value: float
    n: int
    low: float | None
    high: float | None


def share(hits: Sequence[bool]) -> Estimate | None:
    """Per cent of ``hits`` that are true, with Wilson's interval (1927); None when there are none to count."""
    n = len(hits)
    if not n:
        return None
    p, low, high = _wilson(sum(hits), n)
    return Estimate(100 * p, n, 100 * low, 100 * high)


def difference(before: Sequence[bool], after: Sequence[bool]) -> Estimate | None:
    """Points by which ``after`` lies above ``before``, two shares of different things; None when either is empty.

    The interval is Newcombe's (1998, independent proportions, method 10).
    """
    if not before or not after:
        return None
    return _newcombe(before, after, correlation=0.0, n=len(before) + len(after))


def paired_difference(before: Sequence[bool], after: Sequence[bool]) -> Estimate | None:
    """Points by which ``after`` lies above ``before``, two shares of the same things in the same order.

    None when there are none.  ValueError when they are not as many.  The interval is Newcombe's (1998, paired
    proportions, method 10): what changed nowhere has a narrow one.
    """
    pairs = list(zip(before, after, strict=True))
    if not pairs:
        return None
    both, neither = pairs.count((True, True)), pairs.count((False, False))
    lost, gained = pairs.count((True, False)), pairs.count((False, True))
    margins = (both + lost) * (gained + neither) * (both + gained) * (lost + neither)
    product = both * neither - lost * gained
    # The continuity correction keeps the correlation of few pairs from being taken for certain.
    corrected = max(product - len(pairs) / 2, 0.0) if product > 0 else float(product)
    correlation = corrected / math.sqrt(margins) if margins else 0.0
    return _newcombe(before, after, correlation, len(pairs))


def _newcombe(before: Sequence[bool], after: Sequence[bool], correlation: float, n: int) -> Estimate:
    p, p_low, p_high = _wilson(sum(before), len(before))
    q, q_low, q_high = _wilson(sum(after), len(after))

    def reach(down: float, up: float) -> float:
        return math.sqrt(max(down**2 - 2 * correlation * down * up + up**2, 0.0))

    value = q - p
    low, high = value - reach(q - q_low, p_high - p), value + reach(q_high - q, p - p_low)
    return Estimate(100 * value, n, 100 * max(low, -1.0), 100 * min(high, 1.0))


def _wilson(hits: int, n: int) -> tuple[float, float, float]:
    """The share with the ends of its interval, 0..1."""
    p = hits / n
    middle = (p + _Z**2 / (2 * n)) / (1 + _Z**2 / n)
    half = _Z * math.sqrt(p * (1 - p) / n + _Z**2 / (4 * n**2)) / (1 + _Z**2 / n)
    return p, max(0.0, middle - half), min(1.0, middle + half)
