"""When a document is of."""

from __future__ import annotations

import pytest

from core.dating import date_of
from core.nouns import DatedBy

ADDED = "2026-11-26T10:00:00"


@pytest.mark.parametrize(
    ("first_page", "name", "date", "by"),
    [
        ("World Economic Briefing, January 2025\nPublished 20 January 2025", "x.pdf", "2025-01-20", DatedBy.TEXT),
        ("样本处方集\n修订日期：2025年2月14日", "x.pdf", "2025-02-14", DatedBy.TEXT),
        ("2007年12月14日国务院令公布\n自2008年1月1日起施行", "x.pdf", "2008-01-01", DatedBy.TEXT),
        ("This Agreement is made as of May 1, 2019 by and between", "x.pdf", "2019-05-01", DatedBy.TEXT),
        ("Version 3, March 2024. Patients were seen between 2001 and 2003.", "x.pdf", "2024-03", DatedBy.TEXT),
        ("A guideline without a date", "guideline-2019.pdf", "2019", DatedBy.NAME),
        ("A guideline without a date", "guideline_2019-03-01.pdf", "2019-03-01", DatedBy.NAME),
        ("A guideline without a date", "guideline-4-march-2024.pdf", "2024-03-04", DatedBy.NAME),
        ("没有日期", "指南2024年3月.pdf", "2024-03", DatedBy.NAME),
        ("A guideline without a date", "guideline.pdf", "2026-11-26", DatedBy.ADDED),
        ("On 99/99/2020 nothing; call 2025-77", "guideline.pdf", "2026-11-26", DatedBy.ADDED),
        ("", "", "", DatedBy.ADDED),
    ],
)
def test_the_date_is_that_of_the_text_else_of_the_name(first_page: str, name: str, date: str, by: DatedBy) -> None:
    assert date_of(first_page, name, ADDED if date else "") == (date, by)
