"""A question in everyday words, and in those documents use."""

import pytest

from core.glossary import wordings


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
