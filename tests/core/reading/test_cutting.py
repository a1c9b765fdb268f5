"""How pages are cut into passages."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from itertools import pairwise

import pytest

from core.nouns import Outcome, Page, Passage, ReadBy, Reading
from core.reading import cut
from tests.core.reading.support import pdf, text

Read = Callable[[bytes], Reading]


def count(texts: Sequence[str]) -> list[int]:
    """A token for every Chinese character, for every word otherwise."""
    return [sum(1 for c in t if ord(c) > 0x2E7F) + len(t.split()) for t in texts]


def reading_of(*pages: str, title: str = "Title") -> Reading:
    made = [Page(i, str(i + 1), t, (), 595, 842, ReadBy.TEXT) for i, t in enumerate(pages)]
    return Reading("ab" * 32, 1, Outcome.OK, "", title, tuple(made))


def assert_sound(reading: Reading, passages: Sequence[Passage], limit: int) -> None:
    assert len({p.id for p in passages}) == len(passages)
    for p in passages:
        assert p.text == reading.pages[p.page_index].text[p.start : p.end]
        assert p.text.strip() == p.text != ""
        assert p.id == f"{reading.sha256[:16]}-{p.page_index + 1}-{p.start}-{p.end}"
        assert count([p.embedded_text])[0] <= limit
    places = [(p.page_index, p.start, p.end) for p in passages]
    assert places == sorted(places)
    for (page, _, end), (other, start, _) in pairwise(places):
        assert page != other or start >= end


STATUTE = [
    "某某法||第一编　总则|第一章　基本规定|第一条　为了保护当事人，制定本法。|第二条　本法适用于全国。",
    "第三条　依照本法|第二条的规定办理；有下列情形的除外：|（一）甲；|（二）乙。|第二章　责任|第四条　违反的，处罚：",
    "（一）警告；|（二）罚款。|第五条　本法自公布之日起施行。",
]


def test_each_article_is_a_passage_under_its_chapter_across_pages(read: Read) -> None:
    reading = read(pdf([text(page.split("|")) for page in STATUTE]))
    passages = cut(reading, count, 200)
    assert_sound(reading, passages, 200)
    assert [p.number for p in passages[1:]] == ["第一条", "第二条", "第三条", "第四条", "第四条", "第五条"]
    first, third, fourth, rest = passages[1], passages[3], passages[4], passages[5]
    assert first.heading == ("某某法", "第一编 总则", "第一章 基本规定")
    assert third.text.startswith("第三条") and third.text.endswith("（二）乙。")
    assert fourth.heading == ("某某法", "第一编 总则", "第二章 责任")
    assert rest.page_index == 2 and rest.text == "（一）警告；\n（二）罚款。"
    assert rest.heading == ("某某法", "第一编 总则", "第二章 责任", "第四条")


def test_an_article_is_split_only_when_it_must_be(read: Read) -> None:
    article = ["第一条　" + "当事人应当遵守约定。" * 3, *("应当承担相应的法律责任。" * 3 for _ in range(8))]
    reading = read(pdf([text(article)]))
    assert len(cut(reading, count, 400)) == 1
    parts = cut(reading, count, 150)
    assert len(parts) > 1
    assert {p.number for p in parts} == {"第一条"}
    assert parts[1].heading[-1] == "第一条"
    assert_sound(reading, parts, 150)


CONTRACT = """ARTICLE IV
TERM AND TERMINATION

4.1 Term. This Agreement begins on the Effective Date and runs for {long}.

4.2 Termination for Cause. Either party may terminate this Agreement:
(a) upon a breach that is not cured within thirty days after notice; or
(b) as described in Section
4.1 above when {long}.

Section 4.3. Survival. This Section 4.3 survives {long}."""


def test_clauses_know_their_number_and_the_headings_above() -> None:
    reading = reading_of(CONTRACT.format(long=("many years " * 20).strip()))
    passages = cut(reading, count, 75)
    assert_sound(reading, passages, 75)
    assert [p.number for p in passages] == ["4.1", "4.2", "4.2(b)", "4.3"]
    term, cause, letter, survival = passages
    assert term.heading == ("Title", "ARTICLE IV TERM AND TERMINATION")
    assert cause.text.startswith("4.2 Termination for Cause.") and "(a) upon" in cause.text
    assert letter.heading[-1] == "4.2 Termination for Cause"
    assert "4.1 above when" in letter.text
    assert survival.text.startswith("Section 4.3. Survival.")
    assert survival.heading == term.heading


def test_small_neighbours_are_merged_and_large_ones_are_not() -> None:
    small = "\n\n".join(f"1.{i} “Term {i}” means a thing." for i in range(1, 6))
    passages = cut(reading_of("1. DEFINITIONS\n\n" + small), count, 400)
    assert len(passages) == 1
    assert passages[0].number == "1.1" or passages[0].number == "1"
    large = "\n\n".join(f"1.{i} “Term {i}” means " + "a long thing " * 40 + "." for i in range(1, 4))
    assert [p.number for p in cut(reading_of(large), count, 400)] == ["1.1", "1.2", "1.3"]


def test_a_sentence_over_the_limit_is_split_at_clauses_then_hard() -> None:
    clauses = reading_of("; ".join(f"item {i} is delivered to the buyer" for i in range(80)) + ".")
    passages = cut(clauses, count, 60)
    assert_sound(clauses, passages, 60)
    assert all(p.text.endswith((";", ".")) for p in passages)
    wall = reading_of("字" * 500)
    parts = cut(wall, count, 60)
    assert_sound(wall, parts, 60)
    assert "".join(p.text for p in parts) == "字" * 500


def test_a_long_heading_path_is_shortened_to_leave_room() -> None:
    reading = reading_of(
        "CHAPTER 1 " + "Very Long Words " * 4 + "\n\n" + "Body text here. " * 60, title="A long title " * 6
    )
    passages = cut(reading, count, 40)
    assert_sound(reading, passages, 40)


def test_running_lines_and_page_numbers_are_left_out_but_stay_in_the_page(read: Read) -> None:
    bodies = ["alpha beta gamma", "delta epsilon zeta", "eta theta iota", "kappa lambda mu", "nu xi omicron"]
    pages = [
        f"BT /F 9 Tf 1 0 0 1 72 810 Tm (Hospital Formulary, edition 3) Tj ET "
        f"{text([f'The text of this page is {body}.'])} "
        f"BT /F 9 Tf 1 0 0 1 290 30 Tm (- {i + 1} -) Tj ET"
        for i, body in enumerate(bodies)
    ]
    reading = read(pdf(pages))
    assert "Hospital Formulary" in reading.pages[0].text
    assert [p.text for p in cut(reading, count, 200)] == [f"The text of this page is {body}." for body in bodies]


def test_line_numbers_in_the_margin_are_left_out(read: Read) -> None:
    body = [f"line of the pleading that is number {i}." for i in ("one", "two", "three", "four")] * 3
    numbers = " ".join(f"BT /F 10 Tf 1 0 0 1 40 {760 - 16 * i} Tm ({i + 1}) Tj ET" for i in range(len(body)))
    reading = read(pdf([f"{text(body, x=120)} {numbers}"]))
    assert all(not any(line.isdecimal() for line in p.text.split("\n")) for p in cut(reading, count, 200))


def test_a_table_of_contents_gives_no_headings() -> None:
    contents = "CONTENTS\n" + "\n".join(f"{i}. Chapter Words {'.' * 20} {i + 3}" for i in range(1, 8))
    reading = reading_of(contents, "The body says something. " * 5)
    assert cut(reading, count, 200)[-1].heading == ("Title",)


def test_no_visible_character_is_lost_outside_sure_headings() -> None:
    body = "Intro text.\n\nDOSE\nTake 5 mg.\n\n• one\n• two\n\n4.2 Next. Words (a) go; on.\n\nEnd"
    passages = cut(reading_of(body), count, 60)
    assert "".join("".join(p.text for p in passages).split()) == "".join(body.split())


def test_tokens_are_counted_in_batches() -> None:
    calls = 0

    def counting(texts: Sequence[str]) -> list[int]:
        nonlocal calls
        calls += 1
        return count(texts)

    cut(reading_of(*["A sentence with some words. " * 100] * 10), counting, 200)
    assert calls <= 30


@pytest.mark.parametrize("page", ["", " \n ", "x", "第一条", "1.", "(a)", "\n\n\n"])
def test_odd_pages_do_no_harm(page: str) -> None:
    reading = reading_of(page)
    assert_sound(reading, cut(reading, count, 50), 50)


@pytest.mark.parametrize("text", ["PARTY A shall pay.", "SCHEDULES A and B are attached.", "Parts I to III follow."])
def test_words_that_only_begin_like_a_heading_are_text(text: str) -> None:
    passages = cut(reading_of(text), count, 100)
    assert [p.text for p in passages] == [text]
    assert passages[0].number == ""
