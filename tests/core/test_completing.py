"""A question and what continues it become one question."""

from __future__ import annotations

import pytest

from core.completing import complete, side_by_side, subject
from core.remarks import Remark, continuation


def continued(text: str) -> Remark:
    remark = continuation(text)
    assert remark is not None, text
    return remark


@pytest.mark.parametrize(
    ("earlier", "remark", "whole"),
    [
        # the same circumstance, or one more
        ("What is the dose for adults?", "and for children?", "What is the dose for children?"),
        (
            "When does the lease end?",
            "and if the rent is not paid?",
            "When does the lease end if the rent is not paid?",
        ),
        ("How is the fee paid?", "under Nevada law", "How is the fee paid under Nevada law?"),
        ("试用期最长多久？", "如果合同不满一年呢？", "如果合同不满一年，试用期最长多久？"),
        # another year
        ("What is the growth in 2025?", "and 2026?", "What is the growth in 2026?"),
        ("What is the growth in 2025?", "and in 2026?", "What is the growth in 2026?"),
        ("2025年全球GDP增长率是多少？", "那2026年呢？", "2026年全球GDP增长率是多少？"),
        ("2025年全球GDP增长率是多少？", "and 2026?", "2026年全球GDP增长率是多少？"),
        # another of the same name
        ("How long is the initial term?", "and the renewal term?", "How long is the renewal term?"),
        (
            "What is the dose at a creatinine clearance of 30 to 59 mL/min?",
            "and a clearance of 20 mL/min?",
            "What is the dose at a clearance of 20 mL/min?",
        ),
        ("三年以上固定期限劳动合同的试用期最长多久？", "一年期合同呢？", "一年期合同的试用期最长多久？"),
        ("奎洛达林的常见不良反应有哪些？", "严重不良反应呢？", "奎洛达林的严重不良反应有哪些？"),
        ("工作满10年不满20年的职工有几天年休假？", "满20年的呢？", "满20年的职工有几天年休假？"),
        # another person or party
        (
            "What is the usual dose in adults with normal renal function?",
            "what about dialysis patients?",
            "What is the usual dose in dialysis patients?",
        ),
        ("What is the notice period?", "and the landlord?", "What is the notice period for the landlord?"),
        ("工作满10年的职工有几天带薪年休假？", "工作满20年的职工呢？", "工作满20年的职工有几天带薪年休假？"),
        ("奎洛达林的剂量是多少？", "血液透析患者呢？", "血液透析患者，奎洛达林的剂量是多少？"),
        ("用人单位拖欠工资怎么办？", "那劳务派遣公司呢？", "劳务派遣公司拖欠工资怎么办？"),
        # something else in the same document
        (
            "How long is the initial term of the consulting agreement?",
            "what about termination?",
            "What about termination in the consulting agreement?",
        ),
        # what it was about
        ("What is the usual dose of quilodarine in adults?", "how is it stored?", "How is quilodarine stored?"),
        (
            "What is the usual dose of quilodarine?",
            "what are its side effects?",
            "What are quilodarine's side effects?",
        ),
        ("What is the dose of quilodarine?", "and its side effects?", "What about quilodarine's side effects?"),
        ("When does the lease end?", "Who signed it?", "Who signed the lease?"),
        ("What is the notice period for employees?", "How is it counted?", "How is the notice period counted?"),
        ("奎洛达林的剂量是多少？", "它怎么储存？", "奎洛达林怎么储存？"),
        ("竞业限制的期限最长多久？", "其补偿是多少？", "竞业限制的补偿是多少？"),
    ],
)
def test_a_remark_takes_its_place(earlier: str, remark: str, whole: str) -> None:
    assert complete(earlier, continued(remark)) == whole


@pytest.mark.parametrize(
    ("earlier", "remark", "both"),
    [
        ("How much is the consultant paid per month?", "and expenses?", None),
        ("How much is the consultant paid per month?", "When is it due?", None),
        ("What is the notice period?", "why?", "What is the notice period — why?"),
        ("Can the tenant end the lease before the landlord does?", "the guarantor?", None),
        ("What does the employee tell the company?", "the company?", None),
        ("How much is the fee?", "Does that apply to subtenants?", None),
        ("Who may inspect?", "Can he refuse?", "Who may inspect — Can he refuse?"),
        ("试用期最长多久？", "那工资呢？", "试用期最长多久——工资？"),
        ("员工辞职要提前多少天通知公司？", "那劳务派遣公司呢？", None),
        ("竞业限制期限最长多少年？", "为什么？", "竞业限制期限最长多少年——为什么？"),
        ("What is the notice period?", "那试用期呢？", "What is the notice period — 试用期?"),
        ("试用期最长多久？", "and in Germany?", "试用期最长多久——in Germany？"),
        # what was added last gives way, but a clause is about all that was said
        ("What is the notice period — expenses?", "what about taxes?", "What is the notice period — taxes?"),
        ("What is the notice period — expenses?", "why?", "What is the notice period — expenses — why?"),
        ("试用期最长多久——工资？", "保险呢？", "试用期最长多久——保险？"),
    ],
)
def test_where_nothing_tells_both_are_kept(earlier: str, remark: str, both: str | None) -> None:
    added = continued(remark)
    assert complete(earlier, added) == ""
    assert side_by_side(earlier, added) == (
        both or f"{earlier.rstrip('?？')}{'——' if '？' in earlier else ' — '}" + (f"{added.words}{earlier[-1]}")
    )


@pytest.mark.parametrize(
    ("question", "about"),
    [
        ("What is the date of the commencement of the lease", "the lease"),
        ("What is the maximum daily dose of quilodarine in adults", "quilodarine"),
        ("Which state's law governs", ""),
        ("When does the lease end", "the lease"),
        ("What is the notice period for employees", "the notice period"),
        ("奎洛达林的剂量是多少", "奎洛达林"),
        ("什么情况的补偿更高", ""),
        ("工作满10年的职工有几天年休假", ""),
    ],
)
def test_what_a_question_is_about(question: str, about: str) -> None:
    assert subject(question) == about
