"""The words of answers: numbers, places, verdicts, scopes; the same on screen and on paper."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime

import pytest

from core.nouns import Coverage, Scope, Verdict
from desktop.window import citing
from tests.desktop.window import material as m


def test_numbers_count_through_the_answer_and_a_place_keeps_its_number() -> None:
    numbers = citing.numbered(m.CLAIMS)
    assert [numbers[citing.place(c)] for c in (m.NOTICE, m.BREACH, m.DELIVERY)] == [1, 2, 3]
    assert citing.cited(m.CLAIMS) == (m.NOTICE, m.BREACH, m.DELIVERY)
    elsewhere = replace(m.NOTICE, page_index=5)
    assert len(citing.numbered((replace(m.CLAIMS[0], citations=(m.NOTICE, elsewhere)),))) == 2


def test_the_printed_page_is_named_and_the_real_one_where_it_differs() -> None:
    assert citing.page_words(4, "5", "en") == "page 5"
    assert citing.page_words(4, "", "zh") == "第 5 页"
    assert citing.page_words(1, "13", "en") == "printed page 13, page 2 of the file"
    assert citing.page_label(0, "iv") == "iv"
    assert citing.page_chip(1, "13", "en") == "p. 13"


def test_a_document_without_pages_is_cited_by_its_sections() -> None:
    cited = replace(m.NOTICE, page_label="2.1 Termination", section=True)
    assert citing.place_words(cited, "en") == "section “2.1 Termination”"
    assert citing.place_words(replace(cited, page_label="第三十八条"), "zh") == "“第三十八条”一节"
    assert citing.page_words(7, "8", "en", section=True) == "section “8”"  # a heading, and no page
    assert citing.page_chip(1, "Notice", "en", section=True) == "section “Notice”"
    assert citing.page_chip(1, "A heading of very many words indeed", "zh", section=True) == (
        "“A heading of very many word…”一节"
    )


@pytest.mark.parametrize(
    ("scope", "words"),
    [
        (Scope(), "everything"),
        (Scope(("Harbour Lane",)), "Harbour Lane"),
        (Scope(("A", "B", "C")), "3 collections"),
        (Scope(("A",), ("lease.pdf",)), "lease.pdf"),
        (Scope((), ("a.pdf", "b.pdf")), "2 documents"),
    ],
)
def test_a_scope_is_said_in_a_line(scope: Scope, words: str) -> None:
    assert citing.scope_words(scope, "en") == words


def test_reasons_say_why_in_words() -> None:
    assert citing.reasons(m.CLAIMS[0], "en") == ""
    assert citing.reasons(m.CLAIMS[2], "en").startswith("Partly supported, because part of it is not in the words")
    assert citing.reasons(m.CLAIMS[2], "zh").startswith("部分有依据，原因：")
    assert citing.verdict_words(m.CLAIMS[1], "en") == "Quoted word for word from the document"


def test_a_quotation_stands_in_quote_marks_once() -> None:
    assert citing.sentence(m.CLAIMS[1], "en").startswith("“The Company")
    quoted = replace(m.CLAIMS[1], text="“Already quoted.”")
    assert citing.sentence(quoted, "en") == "“Already quoted.”"


def test_lines_lose_what_would_rearrange_them() -> None:
    assert citing.one_line("劳动者提前\n三十日") == "劳动者提前三十日"
    assert citing.one_line("a \u202egnp.exe\u202c\x00 \ud800b") == "a gnp.exe b"
    assert citing.lines("one\u200b\n\n two ") == "one\n\ntwo"


def test_comparing_tells_what_is_new_and_what_is_gone() -> None:
    again = replace(m.CLAIMS[0], text=m.CLAIMS[0].text.upper())
    other = replace(m.CLAIMS[2], text="Something else.")
    assert citing.compare(m.CLAIMS, (again, other)) == ((False, True, True), (False, True))


def test_unreadable_pages_are_counted_from_one_and_joined() -> None:
    coverage = Coverage(1, 9, (("old-fax.pdf", (1, 2, 3, 7)),))
    assert citing.unreadable_words(coverage, "en") == ["old-fax.pdf: p. 2–4, 8"]


def test_a_moment_that_cannot_be_read_is_shown_as_it_is() -> None:
    assert citing.local_time("yesterday", "en") == citing.local_time("yesterday", "zh") == "yesterday"


def test_a_moment_is_told_as_people_write_it_in_either_language() -> None:
    here = datetime(2026, 1, 2, 9, 5).astimezone().isoformat()
    assert citing.local_time(here, "en") == "2 Jan 2026, 09:05"
    assert citing.local_time(here, "zh") == "2026年1月2日 09:05"


def test_every_verdict_has_a_mark_of_its_own() -> None:
    assert len(set(citing.MARKS.values())) == len(Verdict)
