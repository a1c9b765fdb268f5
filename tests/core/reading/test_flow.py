"""Documents without pages: sections, each a heading with what stands below it."""

from __future__ import annotations

from collections.abc import Sequence

from core.nouns import Heading, Outcome, Page, Passage, ReadBy, Reading
from core.reading import cut, sentences
from core.reading.flow import LONGEST_PART, Block, Flow, Sections, columns, sections


def of(*blocks: Block | str, title: str = "") -> Sections:
    made = tuple(Block(block) if isinstance(block, str) else block for block in blocks)
    return sections(Flow(made, {"title": title} if title else {}))


def passages(made: Sections) -> tuple[Passage, ...]:
    pages = tuple(Page(i, label, text, (), 0.0, 0.0, ReadBy.TEXT) for i, (label, text) in enumerate(made.parts))
    reading = Reading("a" * 64, 1, Outcome.OK, "", made.title, pages, made.outline)

    def count(texts: Sequence[str]) -> list[int]:
        return [max(1, len(text) // 3) for text in texts]

    return cut(reading, count, 512)


def test_a_section_is_a_heading_with_what_stands_below_it() -> None:
    made = of(
        "Read this first.",
        Block("Handbook", 1),
        Block("2 Termination", 2),
        Block("2.1 Notice", 3),
        "Thirty days.",
        Block("(a) in writing", close=True),
        Block("3 Pay", 2),
        "Monthly.",
        title="Staff handbook",
    )
    assert made.parts == (
        ("Read this first.", "Read this first."),
        ("2.1 Notice", "Handbook\n\n2 Termination\n\n2.1 Notice\n\nThirty days.\n(a) in writing"),
        ("3 Pay", "3 Pay\n\nMonthly."),
    )
    assert made.outline == (
        Heading("Handbook", 1, 0),
        Heading("2 Termination", 1, 1),
        Heading("2.1 Notice", 1, 2),
        Heading("3 Pay", 2, 1),
    )
    assert made.title == "Staff handbook"


def test_a_heading_with_nothing_below_it_is_not_lost() -> None:
    made = of(Block("One", 1), Block("Two", 1), "Text.", Block("Three", 1))
    assert [label for label, _ in made.parts] == ["One", "Two", "Three"]


def test_sections_of_one_name_are_told_apart_by_what_stands_above_them() -> None:
    made = of(
        Block("Part A", 1), Block("Definitions", 2), "x", Block("Part B", 1), Block("Definitions", 2), "y",
        Block("Notes", 2), "z", Block("Notes", 2), "z",
    )  # fmt: skip
    assert [label for label, _ in made.parts] == [
        "Part A › Definitions",
        "Part B › Definitions",
        "Part B › Notes",
        "Part B › Notes (2)",
    ]


def test_a_clause_that_is_a_heading_as_a_whole_is_named_by_its_number_and_title() -> None:
    clause = "2.1 Termination. Either party may terminate this agreement on thirty days' written notice to the other."
    assert of(Block(clause, 2), "More.").parts[0][0] == "2.1 Termination"
    assert (
        of(Block("第三十八条 用人单位有下列情形之一的，劳动者可以解除劳动合同：", 1), "x").parts[0][0] == "第三十八条"
    )


def test_a_long_section_is_cut_into_parts_of_about_a_page() -> None:
    made = of(Block("Leave", 1), *["A sentence of this paragraph. " * 20] * 20)
    assert [label for label, _ in made.parts] == [f"Leave ({n}/4)" for n in (1, 2, 3, 4)]
    assert all(columns(text) <= LONGEST_PART + 10 for _, text in made.parts)
    assert sum(text.count("A sentence") for _, text in made.parts) == 400


def test_a_text_without_an_end_is_cut_anywhere() -> None:
    for text in ("word " * 3000, "字" * 9000, "x" * 20_000, "A sentence. " * 3000):
        made = of(text)
        assert all(columns(part) <= LONGEST_PART + 10 for _, part in made.parts)
        assert "".join("".join(part.split()) for _, part in made.parts) == "".join(text.split())


def test_a_text_without_headings_is_known_by_how_its_parts_begin() -> None:
    made = of("The quick brown fox jumps over the lazy dog, and then it sleeps for the rest of the day.")
    assert [label for label, _ in made.parts] == ["The quick brown fox jumps over the lazy …"]
    assert of("用人单位与劳动者建立劳动关系，应当订立书面劳动合同，并且自用工之日起一个月内订立。").parts[0][0] == (
        "用人单位与劳动者建立劳动关系，应当订立书面劳 …"
    )


def test_a_contract_in_plain_text_has_the_sections_that_it_numbers() -> None:
    made = of(
        "EMPLOYMENT AGREEMENT",
        "Made between A and B.",
        "1. Definitions",
        '"Notice" means\nnotice in writing.',
        "2. Termination",
        "2.1 Notice. Either party may terminate on 30 days notice.\n(a) in writing;\n(b) by hand.",
        "You need:\n1. Milk\n2. Eggs\n3. Flour",
        "SCHEDULE A\nThe land.",
    )
    assert [label for label, _ in made.parts] == ["EMPLOYMENT AGREEMENT", "1. Definitions", "2.1 Notice", "SCHEDULE A"]
    assert made.parts[2][1].endswith("1. Milk\n2. Eggs\n3. Flour")
    assert made.title == "EMPLOYMENT AGREEMENT"


def test_a_statute_in_plain_text_is_cited_by_its_articles() -> None:
    made = of(
        "中华人民共和国劳动合同法",
        "第四章 劳动合同的解除和终止",
        "第三十七条 劳动者提前三十日以书面形式通知用人单位，可以解除劳动合同。",
        "第三十八条 用人单位有下列情形之一的，劳动者可以解除劳动合同：\n（一）未及时足额支付劳动报酬的；\n"
        "（二）根据本法第二十六条规定的情形的；",
    )
    assert [label for label, _ in made.parts] == ["中华人民共和国劳动合同法", "第三十七条", "第三十八条"]
    last = passages(made)[-1]
    assert (last.number, last.page_index) == ("第三十八条", 2)
    assert last.heading == ("中华人民共和国劳动合同法", "第四章 劳动合同的解除和终止")
    assert last.text.startswith("第三十八条 用人单位")


def test_passages_stand_below_their_headings_and_are_spans_of_their_section() -> None:
    made = of(
        Block("Handbook", 1),
        Block("2 Termination", 2),
        Block("2.1 Notice", 3),
        "Thirty days' notice is given in writing to the other party by whoever wishes to terminate it.",
        Block("Pay", 2),
        "It is paid monthly.",
    )
    notice, pay = passages(made)
    assert (notice.heading, notice.number) == (("Handbook", "2 Termination", "2.1 Notice"), "2.1")
    assert notice.text.startswith("Thirty days'")
    assert pay.heading == ("Handbook", "Pay")
    for passage in (notice, pay):
        assert made.parts[passage.page_index][1][passage.start : passage.end] == passage.text


def test_a_section_of_nothing_but_its_heading_can_still_be_found() -> None:
    assert [p.text for p in passages(of(Block("Annual leave is ten days", 1), Block("Sick leave", 1), "Paid."))] == [
        "Annual leave is ten days",
        "Paid.",
    ]


def test_rows_of_a_table_are_sentences_of_their_own() -> None:
    text = "The dose depends on clearance:\nCrCl │ Dose\n30–50 mL/min │ 10 mg\nunder 30 │ 5 mg\n\nMonitor."
    assert [text[start:end] for start, end in sentences(text)] == [
        "The dose depends on clearance:",
        "CrCl │ Dose",
        "30–50 mL/min │ 10 mg",
        "under 30 │ 5 mg",
        "Monitor.",
    ]


def test_the_title_is_claimed_or_stands_at_the_head() -> None:
    assert of(Block("One", 1), "x", Block("Two", 1), "y").title == ""
    assert of(Block("Guide", 1), Block("One", 2), "x", Block("Two", 2), "y").title == "Guide"
    assert of(Block("Guide", 1), "x", title="Microsoft Word - Guide.docx").title == "Guide"
    assert of("Some words.\nMore.").title == "Some words."
    assert of().title == ""


def test_nothing_has_no_sections() -> None:
    assert of().parts == of("  ", "\n").parts == ()


def test_what_nobody_can_see_is_counted_where_it_stood() -> None:
    made = of(Block("One", 1), Block("x", hidden=3), Block("Two", 1, hidden=2), Block("y", hidden=1))
    assert made.hidden == (3, 3)
    assert of(Block("第一条 甲。\n第二条 乙。", hidden=4)).hidden == (4, 0)
