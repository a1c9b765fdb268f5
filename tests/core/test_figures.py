"""Numbers, units and dates in one comparable form."""

import pytest

from core.figures import Quantity, dates, quantities


@pytest.mark.parametrize(
    ("text", "value", "unit"),
    [
        ("upon ninety (90) days prior written notice", "90", "day"),
        ("within 90 days", "90", "day"),
        ("九十日内", "90", "day"),
        ("百分之八十", "80", "%"),
        ("百分之三点五", "3.5", "%"),
        ("3.5 percent", "3.5", "%"),
        ("第三十八条", "38", "article"),
        ("第一千二百零三条", "1203", "article"),
        ("250 mg every 12 hours", "250", "mg"),
        ("每次250毫克", "250", "mg"),
        ("30–59 mL/min", "59", "ml/min"),
        ("$1,000,000", "1000000", "dollar"),
        ("US$2.5 million", "2500000", "dollar"),
        ("三十万元", "300000", "yuan"),
        ("twenty-five percent", "25", "%"),
        ("one hundred and twenty days", "120", "day"),
        ("二〇二五年", "2025", "year"),
        ("Section 7.3(b)", "7.3", ""),
        ("０．５克", "0.5", "g"),
    ],
)
def test_the_same_quantity_however_it_is_written(text: str, value: str, unit: str) -> None:
    assert Quantity(value, unit) in quantities(text)


def test_words_that_are_no_numbers() -> None:
    assert quantities("一方可以随时解除；万一发生，任何一方均可。One party may. COVID and B12.") == set()


@pytest.mark.parametrize(
    "text",
    ["January 5, 2025", "5 January 2025", "the 5th day of January, 2025", "2025年1月5日", "2025-01-05", "Jan. 5, 2025"],
)
def test_the_same_date_however_it_is_written(text: str) -> None:
    assert dates(text) == {"2025-01-05"}
    assert quantities(text) == set()
