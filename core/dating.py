"""When is a document of?  What its first page says, else its file name; pure."""

from __future__ import annotations

import re
from collections.abc import Iterator

from core.figures import MONTH, month_number
from core.nouns import DatedBy

_YEAR = r"(?P<y>(?:19|20)\d\d)"
_DATES = (
    re.compile(rf"{_YEAR}\s*年\s*(?P<m>\d{{1,2}})\s*月(?:\s*(?P<d>\d{{1,2}})\s*日)?"),
    re.compile(rf"(?<!\d){_YEAR}[-/.](?P<m>\d{{1,2}})(?:[-/.](?P<d>\d{{1,2}}))?(?!\d)"),
    re.compile(rf"\b(?P<n>{MONTH})\s+(?:(?P<d>\d{{1,2}})(?:st|nd|rd|th)?\s*,?\s+)?{_YEAR}\b"),
    re.compile(rf"\b(?P<d>\d{{1,2}})(?:st|nd|rd|th)?\s+(?:day of\s+)?(?P<n>{MONTH})\s*,?\s+{_YEAR}\b"),
)
# Beside a date they say that it is the document's own.
_OWN = re.compile(
    r"publish|issued|revis|updat|version|edition|effective|as of|adopted|approved|dated|in force|last review"
    r"|公布|发布|施行|修订|修正|生效|版|印发|签订|通过",
    re.IGNORECASE,
)
_NEAR = 40  # characters before and behind a date in which such a word is looked for
_HEAD = 2000  # characters of the first page that are looked through
_IN_A_NAME = re.compile(r"(?<!\d)((?:19|20)\d\d)(?!\d)")


def date_of(first_page: str, name: str, added_at: str) -> tuple[str, DatedBy]:
    """As much of YYYY-MM-DD as is known of a document's date, and what says so."""
    head = first_page[:_HEAD].lower()
    found = list(_dates(head))
    own = [date for date, start, end in found if _OWN.search(head[max(0, start - _NEAR) : end + _NEAR // 2])]
    full = [date for date, _, _ in found if len(date) == len("2025-01-31")]
    if own or full:
        return max(own) if own else full[0], DatedBy.TEXT
    named = [date for date, _, _ in _dates(name.lower().replace("_", " ").replace("-", " "))]
    named += [date for date, _, _ in _dates(name.lower())] + _IN_A_NAME.findall(name)
    if named:
        return max(named, key=len), DatedBy.NAME
    if found:
        return found[0][0], DatedBy.TEXT
    return added_at[:10], DatedBy.ADDED


def _dates(text: str) -> Iterator[tuple[str, int, int]]:
    """The dates in ``text`` with their places, in order."""
    matches = sorted((m for pattern in _DATES for m in pattern.finditer(text)), key=lambda m: (m.start(), -m.end()))
    last = 0
    for match in matches:
        groups = match.groupdict()
        number = groups.get("m")
        month = int(number) if number else month_number(groups["n"])
        day = int(groups["d"] or 0)
        if match.start() < last or not 1 <= month <= 12 or day > 31:
            continue
        last = match.end()
        yield f"{groups['y']}-{month:02d}" + (f"-{day:02d}" if day else ""), match.start(), match.end()
