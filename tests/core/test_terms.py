"""Text -> index terms."""

import pytest

from core.terms import clause_numbers, index_terms, is_chinese, question_terms, search_terms, stems, terms


def test_words_are_stemmed_and_stop_words_left_out() -> None:
    assert terms("The parties terminated THIS Agreement") == ["parti", "termin", "agreement"]


def test_chinese_becomes_overlapping_bigrams() -> None:
    assert terms("解除劳动合同") == ["解除", "除劳", "劳动", "动合", "合同"]


def test_a_lone_character_is_kept() -> None:
    assert terms("甲 A") == ["甲"]


@pytest.mark.parametrize(
    ("text", "found"),
    [("3.5%", "3.5"), ("1,000,000 dollars", "1000000"), ("Section 7.3(b)", "7.3"), ("２０２５年", "2025")],
)
def test_numbers_stay_whole(text: str, found: str) -> None:
    assert found in terms(text)


def test_terms_hold_no_white_space() -> None:
    assert all(not any(c.isspace() for c in t) for t in terms("a\u3000b\tc 公司 x\u00a0y"))


def test_asking_words_say_nothing() -> None:
    assert question_terms("公司拖欠工资，员工可以解除合同吗？") == question_terms("公司拖欠工资，员工 解除合同")


def test_a_question_of_asking_words_alone_keeps_its_terms() -> None:
    assert question_terms("什么是") == ["什么", "么是"]


def test_the_language_of_a_text() -> None:
    assert is_chinese("2025年全球GDP增长率是多少？")
    assert not is_chinese("What does 合同 mean in the second agreement?")


def test_passages_are_found_by_single_characters_too() -> None:
    assert index_terms("甲, 抚养费 5") == ["甲", "抚养", "养费", "5", "抚", "养", "费"]
    assert search_terms("什么是抚养费？") == ["抚养", "养费", "抚", "养", "费"]
    assert set(search_terms("何时抚养？")) <= set(index_terms("何时抚养"))


def test_english_words_in_a_chinese_question_are_not_outweighed_by_single_characters() -> None:
    assert search_terms("血氧低到多少要转ICU？") == question_terms("血氧低到多少要转ICU？")
    assert "费" in search_terms("第12条的抚养费")


def test_stems_keep_what_terms_leave_out() -> None:
    assert stems("Is the tenant’s will valid?") == ["is", "the", "tenant", "will", "valid"]


@pytest.mark.parametrize(
    ("question", "named"),
    [
        ("What does Section 7.3(b) say?", ("7.3(b)",)),
        ("《民法典》第一千零六十二条规定了什么？", ("第一千零六十二条",)),
        ("第八十七条之一", ("第八十七条之一",)),
        ("劳动合同法第40条", ("40", "第四十条")),
        ("Article 1005 and clause 4.1(a)(ii)", ("1005", "第一千零五条", "4.1(a)(ii)")),
        ("§ 12 of the Act", ("12", "第十二条")),
        ("article 110", ("110", "第一百一十条")),
        ("The articles of association of 2020", ()),
    ],
)
def test_articles_and_clauses_that_are_named(question: str, named: tuple[str, ...]) -> None:
    assert clause_numbers(question) == named
