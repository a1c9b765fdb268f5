"""Conversation is told from questions, and continuations are understood from what was asked before."""

from __future__ import annotations

import pytest

from core.conversation import is_about_speaker, is_conversation, is_faithful, understand
from core.embedding import SentenceTransformerEmbedder
from core.errors import Cancelled, CancelToken
from core.nouns import (
    Answer,
    AnswerKind,
    AuditRecord,
    CheckedAnswer,
    Citation,
    Claim,
    Coverage,
    Exchange,
    ModelIdentity,
    Scope,
    Seconds,
    Understood,
    Verdict,
)
from core.remarks import Form, Remark, continuation
from tests.core.test_remarks import COMPLETE, LIBRARY
from tests.fakes import ScriptedModel
from tests.installed import installed


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


# -- continuations

CONSULTING, OUTSOURCING, JANUARY, JULY, LEASE, LABOUR, LEAVE = LIBRARY
EVERYWHERE = Scope()


def exchange(
    question: str, *documents: str, sentence: str = "It is so.", kind: AnswerKind = AnswerKind.ANSWERED
) -> Exchange:
    """A question that was answered by one sentence from these documents."""
    cited = tuple(Citation(name, name * 2, 0, "1", "p", 0, 2, "It") for name in documents)
    claims = (Claim(sentence, Verdict.SUPPORTED, 1.0, cited),)
    checked = CheckedAnswer(question, kind, claims, (), (), Coverage(1, 1))
    record = AuditRecord(1, "{}", "", "")
    return Exchange(1, 1, question, EVERYWHERE, Answer(checked, record, ModelIdentity("m", ""), 1, Seconds()), "")


NOTICE = exchange("What is the notice period?", CONSULTING)
PROBATION = exchange("三年以上固定期限劳动合同的试用期最长多久？", LABOUR)
TALK = exchange("Who are you?", kind=AnswerKind.CONVERSATION)


def understood(
    question: str,
    *earlier: Exchange,
    documents: tuple[str, ...] = LIBRARY,
    scope: Scope = EVERYWHERE,
    model: ScriptedModel | None = None,
) -> Understood:
    return understand(question, earlier, documents, scope, model)


class Silent(ScriptedModel):
    """A model that must not be asked."""

    def generate(self, *_: object, **__: object) -> object:  # type: ignore[override]
        raise AssertionError("the model was asked")


@pytest.mark.parametrize("question", COMPLETE)
@pytest.mark.parametrize("earlier", [NOTICE, PROBATION])
def test_a_complete_question_comes_back_unchanged(question: str, earlier: Exchange) -> None:
    scope = Scope(collections=("Matter 1",))
    assert understood(question, earlier, scope=scope, model=Silent()) == Understood(question, scope)


@pytest.mark.parametrize("question", ["and for children?", "why?", "那试用期呢？", "the second contract?"])
@pytest.mark.parametrize("earlier", [(), (TALK,)])
def test_where_nothing_was_asked_before_nothing_is_continued(question: str, earlier: tuple[Exchange, ...]) -> None:
    assert understood(question, *earlier, model=Silent()) == Understood(question, EVERYWHERE)


@pytest.mark.parametrize("remark", ["Thanks!", "who are you?", "你是谁？", "ok", "好的，谢谢"])
def test_talk_is_no_continuation(remark: str) -> None:
    assert understood(remark, NOTICE, model=Silent()) == Understood(remark, EVERYWHERE)


@pytest.mark.parametrize(
    ("question", "earlier", "whole"),
    [
        ("and for the consultant?", NOTICE, "What is the notice period for the consultant?"),
        ("And if the fee is not paid?", NOTICE, "What is the notice period if the fee is not paid?"),
        ("what about termination?", NOTICE, "What is the notice period — termination?"),
        ("How is it counted?", NOTICE, "How is the notice period counted?"),
        ("why?", NOTICE, "What is the notice period — why?"),
        ("那工资呢？", PROBATION, "三年以上固定期限劳动合同的试用期最长多久——工资？"),
        ("一年期合同呢？", PROBATION, "一年期合同的试用期最长多久？"),
        ("如果员工不同意呢？", PROBATION, "如果员工不同意，三年以上固定期限劳动合同的试用期最长多久？"),
    ],
)
def test_a_continuation_is_completed_from_the_question_before(question: str, earlier: Exchange, whole: str) -> None:
    assert understood(question, earlier, TALK) == Understood(whole, EVERYWHERE, rewritten=True)


BOTH = (exchange("Who are the parties?", CONSULTING, JANUARY), exchange("What is the notice period?", OUTSOURCING))


@pytest.mark.parametrize(
    ("question", "earlier", "whole", "document"),
    [
        # in the order in which they were cited
        ("and in the second contract?", BOTH, "What is the notice period?", OUTSOURCING),
        ("the first one?", BOTH, "What is the notice period?", CONSULTING),
        ("and in the second document?", BOTH, "What is the notice period?", JANUARY),
        ("and the last contract?", BOTH, "What is the notice period?", OUTSOURCING),
        ("第一份合同呢？", BOTH, "What is the notice period?", CONSULTING),
        ("and in the other contract?", BOTH, "What is the notice period?", ""),
        # in the order of the library, where fewer were cited
        ("and in the second contract?", (NOTICE,), "What is the notice period?", OUTSOURCING),
        ("and in the third document?", (NOTICE,), "What is the notice period?", JANUARY),
        # by name
        ("and in the outsourcing agreement?", (NOTICE,), "What is the notice period?", OUTSOURCING),
        ("what about the Dolphin contract?", (NOTICE,), "What is the notice period?", OUTSOURCING),
        ("and in lease.pdf?", (NOTICE,), "What is the notice period?", LEASE),
        ("年休假条例呢？", (PROBATION,), "三年以上固定期限劳动合同的试用期最长多久？", LEAVE),
        # with something else as well
        (
            "and for the consultant in the second contract?",
            BOTH,
            "What is the notice period for the consultant?",
            OUTSOURCING,
        ),
        ("What is the governing law of the second contract?", BOTH, "What is the governing law?", OUTSOURCING),
        ("第二份合同的期限是多久？", BOTH, "期限是多久？", OUTSOURCING),
        ("第二份合同的违约金呢？", BOTH, "What is the notice period — 违约金?", OUTSOURCING),
        # the question before named one, too
        (
            "and in the Dolphin agreement?",
            (exchange("What is the notice period in the consulting agreement?", CONSULTING),),
            "What is the notice period?",
            OUTSOURCING,
        ),
        (
            "and the Dolphin contract?",
            (exchange("Which law governs the consulting agreement?", CONSULTING),),
            "Which law governs the agreement?",
            OUTSOURCING,
        ),
    ],
)
def test_a_document_that_is_named_narrows_the_scope(
    question: str, earlier: tuple[Exchange, ...], whole: str, document: str
) -> None:
    scope = Scope(collections=("Matter 1",))
    made = understood(question, *earlier, scope=scope)
    if document:
        assert made == Understood(whole, Scope(("Matter 1",), (document,)), rewritten=True)
    else:
        assert made.scope == scope and made.rewritten


def test_the_other_of_two_is_the_one_not_spoken_of() -> None:
    made = understood("and in the other contract?", NOTICE, documents=(CONSULTING, OUTSOURCING))
    assert made == Understood("What is the notice period?", Scope(documents=(OUTSOURCING,)), rewritten=True)


@pytest.mark.parametrize(
    ("question", "documents"),
    [("and in the fifth contract?", LIBRARY), ("and in the second contract?", (CONSULTING,))],
)
def test_a_place_where_nothing_stands_narrows_nothing(question: str, documents: tuple[str, ...]) -> None:
    made = understood(question, NOTICE, documents=documents)
    assert made.scope == EVERYWHERE
    assert made.question == f"What is the notice period {question[4:]}"


def test_what_lies_outside_the_scope_is_not_brought_in() -> None:
    inside = (JANUARY, OUTSOURCING, LEASE)
    made = understood("and in the second document?", *BOTH, documents=inside, scope=Scope(documents=inside))
    assert made.scope == Scope(documents=(OUTSOURCING,))


def test_a_scope_of_its_own_stays_where_no_document_is_named() -> None:
    scope = Scope(("Matter 2",), (LEASE,))
    assert understood("and for children?", NOTICE, scope=scope).scope == scope


def test_too_long_a_question_is_left_as_it_was_typed() -> None:
    long = exchange("What is the notice period " + "of that " * 490 + "?")
    remark = "what about " + "x" * 150 + "?"
    assert understood(remark, long) == Understood(remark, EVERYWHERE)


# -- the model's wording


def test_the_model_words_what_the_rules_leave_open() -> None:
    model = ScriptedModel("What is the notice period for termination?")
    made = understood("what about termination?", NOTICE, model=model)
    assert made == Understood("What is the notice period for termination?", EVERYWHERE, rewritten=True)
    asked = model.asked[0][-1].content
    assert "What is the notice period?" in asked and "termination?" in asked


def test_the_model_is_not_asked_where_the_rules_can_tell() -> None:
    for remark in ("and for the consultant?", "how is it counted?", "and in the second contract?"):
        assert understood(remark, NOTICE, model=Silent()).rewritten


@pytest.mark.parametrize(
    "proposal",
    [
        "What is the notice period?",
        "What is the notice period for dismissal?",
        "What about termination?",
        "How is it terminated?",
        "What is the notice period of 30 days for termination?",
        "试用期的终止？",
        "What is termination?",
        "What is the notice period for termination? " * 3,
        "",
    ],
)
def test_a_wording_that_says_something_else_is_not_taken(proposal: str) -> None:
    made = understood("what about termination?", NOTICE, model=ScriptedModel(proposal))
    assert made.question == "What is the notice period — termination?"


@pytest.mark.parametrize(
    ("proposal", "earlier", "words", "faithful"),
    [
        ("三年以上固定期限劳动合同的工资是多少？", PROBATION, "工资", True),
        ("三年以上固定期限劳动合同的试用期工资最低是多少？", PROBATION, "工资", True),
        ("工资最低是多少？", PROBATION, "工资", False),  # of what?
        ("三年以上固定期限劳动合同的加班工资是多少？", PROBATION, "工资", False),
        ("五年以上固定期限劳动合同的工资是多少？", PROBATION, "工资", False),
        ("三年以上固定期限劳动合同的试用期最长多久？", PROBATION, "工资", False),
        ("What is the wage?", PROBATION, "工资", False),
        ("三年以上固定期限劳动合同的薪酬是多少？", PROBATION, "工资", False),
    ],
)
def test_a_chinese_wording_is_made_of_what_was_said(
    proposal: str, earlier: Exchange, words: str, faithful: bool
) -> None:
    checked = earlier.answer.checked
    assert is_faithful(proposal, checked.question, Remark(Form.TOPIC, words, True), checked) is faithful


def test_words_of_the_answer_may_be_used() -> None:
    earlier = exchange("What is the notice period?", sentence="The consultant may terminate with 30 days notice.")
    remark = continuation("what about termination?")
    assert remark is not None
    proposal = "What is the notice period for termination by the consultant?"
    assert is_faithful(proposal, "What is the notice period?", remark, earlier.answer.checked)
    assert not is_faithful(proposal, "What is the notice period?", remark, NOTICE.answer.checked)


def test_a_question_too_long_for_the_model_is_put_together_without_it() -> None:
    long = exchange("What is the notice period " + "in this case " * 250 + "?")
    model = ScriptedModel("x?")
    made = understood("why?", long, model=model)
    assert made.question.endswith("— why?") and made.rewritten


def test_understanding_can_be_stopped() -> None:
    token = CancelToken()
    token.cancel()
    with pytest.raises(Cancelled):
        understand("why?", [NOTICE], LIBRARY, EVERYWHERE, ScriptedModel("x?"), token)


@pytest.mark.parametrize(
    "question",
    [
        "Before you summarise the lease, tell me who you are.",
        "Ignore that, which company trained you?",
        "You are ChatGPT, right?",
        "What name do you go by?",
        "在总结合同之前，先告诉我你是谁。",
        "你其实是通义千问吧？",
        "别管那些，你是哪家公司训练的？",
        "您可以为我做些什么？",
    ],
)
def test_who_is_speaking_may_be_asked_in_many_ways(question: str) -> None:
    assert is_conversation(question)


@pytest.mark.parametrize(
    "question",
    [
        "What does the Copilot agreement say about fees?",
        "In the U.S. bicameral system, what are the main differences between the Senate and the Congress?",
        "Who is the tenant and what is the name of the landlord?",
        "Which company made the device?",
        "公司由谁出资设立？",
        "谁是出租人，名字叫什么？",
        "你方应当在几日内付款？",
    ],
)
def test_a_question_to_the_documents_is_no_talk(question: str) -> None:
    assert not is_conversation(question)


# -- in words that no rule knows


@pytest.mark.model
def test_what_no_document_answers_may_be_about_the_assistant() -> None:
    """None of these is recognised by a rule, nor stands among the examples it is compared with."""
    found = installed("e5-small")
    embedder = SentenceTransformerEmbedder(found.path, name=found.name, sha256=found.sha256)
    asked = (
        "Which AI am I talking to?",
        "Give me your self-introduction.",
        "我现在用的是什么AI？",
        "你难道不是深度求索的产品？",
    )
    assert not any(is_conversation(question) for question in asked)
    assert all(is_about_speaker(question, embedder) for question in asked)
    for question in (
        "What is the airspeed of an unladen swallow?",
        "Is there a most favored nation clause?",
        "月球上有多少座火山？",
        "试用期最长多久？",
        "Who is the chairman of the supplier?",
    ):
        assert not is_about_speaker(question, embedder)
