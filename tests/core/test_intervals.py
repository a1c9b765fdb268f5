"""Intervals against values that others have published, and against what must hold of any."""

from __future__ import annotations

import pytest

from core.intervals import difference, paired_difference, share


def outcomes(both: int, lost: int, gained: int, neither: int) -> tuple[list[bool], list[bool]]:
    pairs = [(True, True)] * both + [(True, False)] * lost + [(False, True)] * gained + [(False, False)] * neither
    return [before for before, _ in pairs], [after for _, after in pairs]


def test_a_share_of_nothing_is_no_share() -> None:
    assert share([]) is None
    assert difference([], [True]) is None
    assert paired_difference([], []) is None


def test_independent_shares_as_in_newcombe_1998() -> None:
    # 56/70 - 48/80 = 0.20, method 10: 0.0524 to 0.3339
    found = difference([True] * 48 + [False] * 32, [True] * 56 + [False] * 14)
    assert found
    assert (found.value, found.low, found.high) == pytest.approx((20.0, 5.24, 33.39), abs=0.01)
    assert found.n == 150


@pytest.mark.parametrize(
    ("cells", "value", "low", "high"),
    [
        # Newcombe (1998), paired, method 10: e=36 f=12 g=2 h=0, theta 0.2, 0.0569 to 0.3404 (here turned round)
        ((36, 12, 2, 0), -20.0, -34.04, -5.69),
        # e=20 f=12 g=2 h=16: 0.0562 to 0.3292
        ((20, 12, 2, 16), -20.0, -32.92, -5.62),
    ],
)
def test_paired_shares_as_in_newcombe_1998(
    cells: tuple[int, int, int, int], value: float, low: float, high: float
) -> None:
    before, after = outcomes(*cells)
    found = paired_difference(before, after)
    assert found
    assert (found.value, found.low, found.high) == pytest.approx((value, low, high), abs=0.02)


def test_what_did_not_change_has_a_narrow_interval_around_nothing() -> None:
    same = [True] * 30 + [False] * 14
    paired, unpaired = paired_difference(same, same), difference(same, same)
    assert paired and unpaired and paired.low is not None and paired.high is not None
    assert unpaired.low is not None
    assert paired.value == 0.0
    assert unpaired.low < paired.low < 0.0 < paired.high < 8.0


def test_a_difference_stays_between_everything_lost_and_everything_gained() -> None:
    for before, after in (([True] * 3, [False] * 3), ([False] * 3, [True] * 3)):
        found = paired_difference(before, after)
        assert found and found.low is not None and found.high is not None
        assert -100.0 <= found.low <= found.value <= found.high <= 100.0


def test_results_of_different_questions_are_not_paired() -> None:
    with pytest.raises(ValueError, match="argument"):
        paired_difference([True], [True, False])
