"""A question in everyday words, and in those documents use."""

from collections.abc import Callable

import pytest

from core.glossary import in_other_language, in_statutes, meaning, wordings
from core.nouns import Term


@pytest.mark.parametrize(
    ("question", "reworded"),
    [
        ("公司拖欠工资，员工可以解除合同吗？", "用人单位未及时足额支付劳动报酬，劳动者可以解除合同吗？"),
        ("Is there a non-compete?", "Is there a non-competition?"),
        ("Signs of MI in women", "Signs of myocardial infarction in women"),
    ],
)
def test_both_wordings_are_searched(question: str, reworded: str) -> None:
    assert wordings(question) == (question, reworded)


@pytest.mark.parametrize(
    "question", ["用人单位何时支付劳动报酬？", "Who shall admit the patient?", "急性阑尾炎的诊断依据"]
)
def test_the_words_of_documents_stay_as_they_are(question: str) -> None:
    assert wordings(question) == (question,)


def test_what_is_asked_about_in_the_words_of_statutes() -> None:
    assert in_statutes("我被公司裁员了怎么办？") == ("裁减人员", "解除劳动合同")
    assert in_statutes("裁减人员要提前多久？") == ()
    assert "解除劳动合同" not in in_statutes("裁员时解除劳动合同要补偿吗？")
    assert in_statutes("急性阑尾炎的诊断依据") == () == in_statutes("Who shall admit the patient?")


GLOSSARY = (
    Term("急性阑尾炎", ("AA",), ("acute appendicitis",), confusable=("慢性阑尾炎",)),
    Term("慢性阑尾炎", (), ("chronic appendicitis",), confusable=("急性阑尾炎",)),
    Term("myocardial infarction", ("MI",), ("heart attack", "心肌梗死")),
    Term("竞业限制", (), ("non-compete",)),
)


def here(*words: str) -> Callable[[str], bool]:
    return lambda word: word in words


@pytest.mark.parametrize(
    ("question", "held", "meant"),
    [
        ("Signs of MI?", ("myocardial infarction",), "Signs of MI (myocardial infarction)?"),
        ("Signs of MI?", ("心肌梗死", "heart attack"), "Signs of MI (heart attack, 心肌梗死)?"),
        ("Signs of MI?", (), "Signs of MI?"),
        ("do re mi", ("myocardial infarction",), "do re mi"),
        ("Signs of Heart Attack", ("myocardial infarction",), "Signs of Heart Attack (myocardial infarction)"),
        (
            "急性阑尾炎如何诊断？",
            ("acute appendicitis", "chronic appendicitis"),
            "急性阑尾炎（acute appendicitis）如何诊断？",
        ),
        ("慢性阑尾炎如何诊断？", ("acute appendicitis",), "慢性阑尾炎如何诊断？"),
        ("Is there a non-compete?", ("竞业限制",), "Is there a non-compete (竞业限制)?"),
        ("MI or MI?", ("myocardial infarction",), "MI (myocardial infarction) or MI?"),
    ],
)
def test_a_question_is_put_in_the_words_that_the_documents_hold(
    question: str, held: tuple[str, ...], meant: str
) -> None:
    assert meaning(question, GLOSSARY, here(*held)).meant == meant


def test_words_read_by_somebody_else_count_where_the_glossary_has_them_and_nothing_contradicts() -> None:
    held = here("myocardial infarction", "慢性阑尾炎", "急性阑尾炎")
    read = meaning("Signs of a coronary?", GLOSSARY, held, also="heart attack; aspirin")
    assert read.terms == ("myocardial infarction",)
    assert "aspirin" not in read.meant and "myocardial infarction" in read.meant
    confused = meaning("急性阑尾炎如何诊断？", GLOSSARY, held, also="慢性阑尾炎")
    assert confused.terms == ("急性阑尾炎",)
    assert "慢性阑尾炎" not in confused.meant


@pytest.mark.parametrize(
    ("question", "also", "passages", "told"),
    [
        ("Signs of MI?", "", ("A myocardial infarction (MI) hurts.",), "Signs of MI?"),
        ("Signs of MI?", "", ("A myocardial infarction hurts.",), "Signs of MI (myocardial infarction)?"),
        ("After a coronary?", "heart attack", ("A coronary hurts.",), "After a coronary? (myocardial infarction)"),
        ("MI and a non-compete?", "", ("MI",), "MI (myocardial infarction) and a non-compete (竞业限制)?"),
        ("Signs of a fever?", "", (), "Signs of a fever?"),
    ],
)
def test_whoever_reads_passages_is_told_the_other_words_where_these_lack_the_askers(
    question: str, also: str, passages: tuple[str, ...], told: str
) -> None:
    found = meaning(question, GLOSSARY, here("myocardial infarction", "竞业限制"), also=also)
    assert found.told(passages) == told


def test_without_a_glossary_nothing_changes() -> None:
    assert meaning("Signs of MI?", (), here("myocardial infarction")).meant == "Signs of MI?"


@pytest.mark.parametrize(
    ("question", "words"),
    [
        ("Is the will valid?", {"遗嘱", "有效"}),
        ("Will the tenant pay rent?", {"承租人", "租金"}),
        ("May the finance lessor sue?", {"融资租赁", "起诉"}),
        ("违约金是多少？", {"penalty", "liquidated damages"}),
        ("房东可以解除租赁合同吗？", {"terminate", "lease", "contract"}),
    ],
)
def test_words_of_the_trade_in_the_other_language(question: str, words: set[str]) -> None:
    assert words <= set(in_other_language(question))


def test_nothing_is_said_in_the_other_language_of_words_that_are_no_terms() -> None:
    assert in_other_language("Will it be so?") == in_other_language("怎么样？") == ()


def test_a_longer_entry_is_taken_before_a_shorter_one() -> None:
    assert "违约" not in in_other_language("liquidated damages")
    assert "breach" not in in_other_language("违约金")
