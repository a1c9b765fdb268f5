"""What is complete stays complete; what continues is told from it."""

from __future__ import annotations

import pytest

from core.remarks import LAST, OTHER, Form, Remark, continuation, named, ordinal

COMPLETE = [
    # English
    "When does the lease end?",
    "What is the notice period?",
    "Who are the parties?",
    "Is there a most favoured nation clause?",
    "Is it allowed to sublet the flat?",
    "How long does it take to get a refund?",
    "And what is the notice period for the consultant?",
    "Also, who signed the outsourcing agreement?",
    "But does the tenant have to insure the premises?",
    "Under the lease, who pays the rent?",
    "Under the lease who pays the rent?",
    "In the event of termination, which costs are refunded?",
    "If the tenant dies, is the lease over?",
    "If the consultant resigns what notice must he give to the company?",
    "What is aspirin and how does it work?",
    "Who signed the agreement and when does it end?",
    "What is the term of this agreement?",
    "Does that contract contain an arbitration clause?",
    "What happens if the tenant does not pay the rent when it is due?",
    "Which documents must they file with the court?",
    "For which indications is quilodarine approved?",
    "To whom may the consultant assign the agreement?",
    "List the adverse reactions of quilodarine.",
    "Define indemnification.",
    "What's quilodarine?",
    "notice period consulting agreement",
    "governing law",
    "dose quilodarine creatinine clearance 20",
    "And the tenant must pay the deposit.",
    "The tenant says that the deposit was paid; must the landlord return it within a month?",
    "Rotator cuff tear, an occupational disease?",
    "Can probenecid be taken together with quilodarine?",
    # Chinese
    "试用期工资最低是多少？",
    "公司拖欠工资，员工可以解除合同吗？",
    "什么是工伤？",
    "年假有几天？",
    "还有多少天年休假可以休？",
    "那公司不给经济补偿怎么办呢？",
    "劳动合同应当什么时候订立呢？",
    "那么劳动合同的试用期最长多久呢？",
    "如果员工试用期不合格，公司可以解除劳动合同吗？",
    "其他劳动者的年休假有几天？",
    "这份合同的期限是多久？",
    "本合同适用哪国法律？",
    "该合同约定的违约金是多少？",
    "在哪些情况下用人单位不得解除劳动合同？",
    "请列出奎洛达林的不良反应",
    "奎洛达林 剂量 肾功能不全",
    "膀胱破裂的治疗方法？",
    "应该如何计算经济补偿？",
    "因此造成的损失由谁承担？",
    "经济补偿标准",
    "第二个月的工资怎么算？",
    "血液透析患者可以使用奎洛达林吗？",
]


@pytest.mark.parametrize("question", COMPLETE)
def test_a_complete_question_continues_nothing(question: str) -> None:
    assert continuation(question) is None


@pytest.mark.parametrize(
    ("text", "form", "words"),
    [
        ("and in the second contract?", Form.CIRCUMSTANCE, "in the second contract"),
        ("And for children?", Form.CIRCUMSTANCE, "for children"),
        ("what about for patients who take probenecid?", Form.CIRCUMSTANCE, "for patients who take probenecid"),
        ("if the tenant dies?", Form.CIRCUMSTANCE, "if the tenant dies"),
        ("And if the rent is not paid?", Form.CIRCUMSTANCE, "if the rent is not paid"),
        ("after the initial term?", Form.CIRCUMSTANCE, "after the initial term"),
        ("under Nevada law", Form.CIRCUMSTANCE, "under Nevada law"),
        ("what about termination?", Form.TOPIC, "termination"),
        ("How about patients with renal impairment?", Form.TOPIC, "patients with renal impairment"),
        ("And what about the deposit?", Form.TOPIC, "the deposit"),
        ("and the landlord?", Form.TOPIC, "the landlord"),
        ("the second one?", Form.TOPIC, "the second one"),
        ("children?", Form.TOPIC, "children"),
        ("its side effects", Form.TOPIC, "its side effects"),
        ("Same for the July outlook?", Form.TOPIC, "the July outlook"),
        ("and 2026?", Form.TOPIC, "2026"),
        ("Why?", Form.CLAUSE, "Why"),
        ("And why?", Form.CLAUSE, "why"),
        ("How long?", Form.CLAUSE, "How long"),
        ("since when?", Form.CLAUSE, "since when"),
        ("By whom?", Form.CLAUSE, "By whom"),
        ("Who pays?", Form.CLAUSE, "Who pays"),
        ("When does it end?", Form.CLAUSE, "When does it end"),
        ("How is it calculated?", Form.CLAUSE, "How is it calculated"),
        ("Does that apply to subtenants?", Form.CLAUSE, "Does that apply to subtenants"),
        ("What are its side effects?", Form.CLAUSE, "What are its side effects"),
        ("what does that mean?", Form.CLAUSE, "what does that mean"),
        ("那试用期呢？", Form.TOPIC, "试用期"),
        ("第二份合同呢？", Form.TOPIC, "第二份合同"),
        ("那第二份呢", Form.TOPIC, "第二份"),
        ("儿童呢？", Form.TOPIC, "儿童"),
        ("那么2026年呢？", Form.TOPIC, "2026年"),
        ("以及保密义务？", Form.TOPIC, "保密义务"),
        ("试用期？", Form.TOPIC, "试用期"),
        ("如果员工不同意呢？", Form.CIRCUMSTANCE, "如果员工不同意"),
        ("对于孕妇呢？", Form.CIRCUMSTANCE, "对于孕妇"),
        ("要是公司可以证明呢？", Form.CIRCUMSTANCE, "要是公司可以证明"),
        ("为什么？", Form.CLAUSE, "为什么"),
        ("最长多久？", Form.CLAUSE, "最长多久"),
        ("怎么计算？", Form.CLAUSE, "怎么计算"),
        ("那它什么时候到期？", Form.CLAUSE, "它什么时候到期"),
        ("其期限是多久？", Form.CLAUSE, "其期限是多久"),
        ("这种情况下怎么办？", Form.CLAUSE, "这种情况下怎么办"),
        ("他可以解除合同吗？", Form.CLAUSE, "他可以解除合同吗"),
    ],
)
def test_a_continuation_is_told_with_its_form(text: str, form: Form, words: str) -> None:
    assert continuation(text) == Remark(form, words, not text.isascii())


@pytest.mark.parametrize(
    ("text", "number", "rest"),
    [
        ("and in the second contract?", 2, "and ?"),
        ("what about the 3rd agreement?", 3, "what about ?"),
        ("the last one?", LAST, "?"),
        ("and in the other contract?", OTHER, "and ?"),
        ("document 2?", 2, "?"),
        ("What is the governing law of the second contract?", 2, "What is the governing law ?"),
        ("termination in document no. 2?", 2, "termination ?"),
        ("第二份合同呢？", 2, "呢？"),
        ("在第3份文件中呢？", 3, "呢？"),
        ("那第一个呢？", 1, "那呢？"),
        ("另一份合同呢？", OTHER, "呢？"),
        ("最后一份呢？", LAST, "呢？"),
        ("文件2呢？", 2, "呢？"),
        ("第二份合同的试用期呢？", 2, "试用期呢？"),
    ],
)
def test_a_document_is_named_by_its_place(text: str, number: int, rest: str) -> None:
    found = ordinal(text)
    assert found is not None and found.number == number
    assert " ".join((text[: found.start] + text[found.end :]).split()) == rest


@pytest.mark.parametrize(
    "text",
    [
        "What is paid in the second contract year?",
        "the first amendment?",
        "Who filed the first document request?",
        "第二条呢？",
        "第二个月的工资怎么算？",
        "第二款规定了什么？",
        "合同3年到期怎么办？",
        "the lease?",
    ],
)
def test_what_only_looks_like_a_place_is_left_alone(text: str) -> None:
    assert ordinal(text) is None


LIBRARY = (
    "consulting-agreement-driven-deliveries.pdf",
    "outsourcing-agreement-dgt-dolphin.pdf",
    "economic-outlook-2025-january.pdf",
    "economic-outlook-2025-july.pdf",
    "lease.pdf",
    "中华人民共和国劳动合同法.pdf",
    "职工带薪年休假条例.pdf",
)


@pytest.mark.parametrize(
    ("text", "document", "rest"),
    [
        ("in the outsourcing agreement", LIBRARY[1], ""),
        ("the Dolphin contract", LIBRARY[1], ""),
        ("termination in the consulting agreement", LIBRARY[0], "termination"),
        ("the July outlook", LIBRARY[3], ""),
        ("in lease.pdf", LIBRARY[4], ""),
        ("economic outlook 2025 january", LIBRARY[2], ""),
        ("What is the term of the Dolphin agreement?", LIBRARY[1], "What is the term?"),
        ("劳动合同法呢", LIBRARY[5], "呢"),
        ("年休假条例", LIBRARY[6], ""),
        ("在劳动合同法中", LIBRARY[5], ""),
    ],
)
def test_a_document_is_named_by_its_file_name(text: str, document: str, rest: str) -> None:
    found = named(text, LIBRARY)
    assert found is not None and found.document == document
    assert (text[: found.start].rstrip() + text[found.end :]) == rest


@pytest.mark.parametrize(
    "text",
    [
        "if the lease ends",
        "the agreement",
        "the economic outlook",
        "for the consultant",
        "合同",
        "法",
        "termination",
        "",
    ],
)
def test_what_could_be_several_documents_or_none_names_none(text: str) -> None:
    assert named(text, LIBRARY) is None
