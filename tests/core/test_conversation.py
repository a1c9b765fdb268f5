"""Conversation is told from questions."""

import pytest

from core.conversation import is_conversation


@pytest.mark.parametrize(
    "remark",
    [
        "你是谁？",
        "Who are you?",
        "thanks!",
        "Thank you very much.",
        "你好",
        "谢谢您",
        "Hello. Who are you?",
        "你能做什么？",
        "which company made you?",
        "What can you do?",
        "自我介绍一下",
    ],
)
def test_conversation(remark: str) -> None:
    assert is_conversation(remark)


@pytest.mark.parametrize(
    "question",
    [
        "Who are the parties?",
        "谁可以成为个体工商户？",
        "Thanks. And what is the notice period?",
        "What can you do if the tenant does not pay?",
        "你方应当承担什么责任？",
        "help with termination",
        "",
    ],
)
def test_questions(question: str) -> None:
    assert not is_conversation(question)
