"""What may be said, and what is struck out."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable

import pytest

from core.nouns import Candidate, DraftSentence, Evidence, Passage, Verdict
from core.verifying import (
    Likeness,
    cite,
    foreign_words,
    judge,
    missing_figures,
    missing_names,
    spoken_for,
    support,
)

CLAUSE = (
    "12.2 Termination for Convenience. Either party may terminate this Agreement at any time without cause upon "
    "ninety (90) days prior written notice to the other party."
)
DOSE = (
    "In patients with creatinine clearance of 30 to 59 mL/min the dose is 250 mg every 12 hours. "
    "In patients with creatinine clearance of 15 to 29 mL/min the dose is 250 mg every 24 hours."
)
ARTICLE = (
    "用人单位有下列情形之一的，劳动者可以解除劳动合同：（一）未及时足额支付劳动报酬的；（二）未依法缴纳社会保险费的。"
)


def evidence(*texts: str, heading: tuple[str, ...] = (), start: int = 100) -> list[Evidence]:
    found = []
    for number, text in enumerate(texts, 1):
        passage = Passage(f"p{number}", "f" * 64, 3, start, start + len(text), text, heading, "")
        candidate = Candidate(passage, "a.pdf", "iv", 0.9, 0.9, 5.0, 0.5)
        found.append(Evidence(number, candidate, start, start + len(text), text))
    return found


def verdict(
    sentence: str, cited: tuple[int, ...], *texts: str, question: str = "Which?", **more: object
) -> tuple[Verdict, tuple[str, ...]]:
    claim = judge(DraftSentence(sentence, cited), evidence(*texts, **more), question)  # type: ignore[arg-type]
    return claim.verdict, claim.faults


def test_the_words_of_the_passage_are_supported() -> None:
    assert verdict(
        "Either party may terminate this Agreement without cause upon 90 days prior written notice.", (1,), CLAUSE
    ) == (Verdict.SUPPORTED, ())


@pytest.mark.parametrize(
    ("sentence", "cited", "fault"),
    [
        (
            "Either party may terminate upon sixty (60) days prior written notice to the other party.",
            (1,),
            "number_absent",
        ),
        ("Either party may terminate upon 90 months prior written notice to the other party.", (1,), "number_absent"),
        ("Either party may terminate this Agreement at any time upon prior written notice.", (7,), "cites_nothing"),
        ("Either party may terminate this Agreement at any time upon prior written notice.", (), "cites_nothing"),
        ("The supplier indemnifies the customer against infringement claims of competitors.", (1,), "little_support"),
        ("Either party may terminate this Agreement at any time upon notice?", (1,), "echo"),
    ],
)
def test_what_does_not_stand_is_struck(sentence: str, cited: tuple[int, ...], fault: str) -> None:
    found, faults = verdict(sentence, cited, CLAUSE)
    assert found is Verdict.UNSUPPORTED
    assert fault in faults


RETAIN = (
    "WHEREAS, the Company desires to retain the Consultant to provide certain services, and the Consultant desires to "
    "be retained by the Company upon the terms and conditions set forth in this agreement."
)
BILINGUAL = (
    "患者应每日服用 Aspirin（阿司匹林）两次，并避免与 α-blocker 同时使用；剂量为250毫克。参见 Annex B 关于顾问的说明。"
)


@pytest.mark.parametrize(
    ("claim", "source", "foreign"),
    [
        ("The Company desires to retain the Consultant.", RETAIN, ()),
        ("The Company desires to retain顾问", RETAIN, ("顾问",)),
        ("The Company desires to retain the 顾 Consultant", RETAIN, ("顾",)),
        ("The Company desires to retain the Сonsultant.", RETAIN, ("с",)),  # its first letter is Cyrillic
        ("The Company desires to retain the コンサルタント.", RETAIN, ("コンサルタント",)),
        ("The Company desires to retain the консультант.", RETAIN, ("консультант",)),
        ("患者应每日服用 Aspirin 两次", BILINGUAL, ()),
        ("患者应每日服用 aspirin 两次", BILINGUAL, ()),
        ("患者应每日服用 ibuprofen 两次", BILINGUAL, ("ibuprofen",)),
        ("患者 and 医生应每日服用", BILINGUAL, ("and",)),
        ("避免与α-blockers同时使用", BILINGUAL, ()),
        ("避免与β-blockers同时使用", BILINGUAL, ("β",)),
        ("剂量为250 mg", BILINGUAL, ()),  # a unit: the numbers are held against the passage with their units
        ("See Annex B on 顾问 and 说明.", BILINGUAL, ()),
        ("See Annex B on 顾问 and 律师.", BILINGUAL, ("律师",)),
        ("剂量为250毫克", BILINGUAL, ()),
        ("", RETAIN, ()),
        ("1 2 3", RETAIN, ()),
    ],
)
def test_words_of_another_script_must_be_in_the_passage(claim: str, source: str, foreign: tuple[str, ...]) -> None:
    assert foreign_words(claim, source) == foreign


@pytest.mark.parametrize(
    ("sentence", "source", "expected"),
    [
        ("The Company desires to retain the Consultant to provide certain services.", RETAIN, Verdict.SUPPORTED),
        ("The Company desires to retain the Consultant to provide certain services 顾问.", RETAIN, Verdict.PARTIAL),
        ("The Company desires to retain the Consultant to provide certain services为顾问。", RETAIN, Verdict.PARTIAL),
        ("The Company desires to retain顾问", RETAIN, Verdict.PARTIAL),
        ("患者应每日服用 Aspirin（阿司匹林）两次，并避免与 α-blocker 同时使用。", BILINGUAL, Verdict.SUPPORTED),
        ("患者应每日服用 Aspirin（阿司匹林）两次，并避免与 warfarin 同时使用。", BILINGUAL, Verdict.PARTIAL),
    ],
)
def test_a_mixture_of_scripts_is_supported_only_where_the_passage_mixes_them_too(
    sentence: str, source: str, expected: Verdict
) -> None:
    assert verdict(sentence, (1,), source)[0] is expected


def test_the_name_of_the_document_may_stand_in_a_sentence_of_another_script() -> None:
    source = "患者应每日服用阿司匹林两次，并避免与其他药物同时使用。"
    assert (
        verdict("根据 a.pdf，患者应每日服用阿司匹林两次，并避免与其他药物同时使用。", (1,), source)[0]
        is Verdict.SUPPORTED
    )
    assert (
        verdict("根据 b.pdf，患者应每日服用阿司匹林两次，并避免与其他药物同时使用。", (1,), source)[0]
        is Verdict.PARTIAL
    )


def test_a_number_of_the_question_is_no_evidence() -> None:
    found, faults = verdict(
        "The dose at a clearance of 40 mL/min is 500 mg every 12 hours.", (1,), DOSE, question="What dose at 40 mL/min?"
    )
    assert found is Verdict.UNSUPPORTED
    assert "number_absent" in faults


def test_a_dose_exactly_as_printed_is_supported() -> None:
    assert (
        verdict("With creatinine clearance of 15 to 29 mL/min the dose is 250 mg every 24 hours.", (1,), DOSE)[0]
        is Verdict.SUPPORTED
    )


def test_repeating_the_question_is_no_answer() -> None:
    question = "公司拖欠工资，员工可以解除合同吗？"
    found, faults = verdict("公司拖欠工资，员工可以解除合同", (1,), ARTICLE, question=question)
    assert found is Verdict.UNSUPPORTED
    assert "echo" in faults


@pytest.mark.parametrize(
    ("claim", "source"),
    [
        ("The notice period is 60 days.", "The notice period is 30 days. Invoices are payable within 60 days."),
        (
            "The second instalment is due on 30 June 2025.",
            "The first instalment is due on 30 June 2025. The second instalment is due on 30 September 2025.",
        ),
        ("The fee is £48,500.", "The fee is $48,500."),
        ("The result was 1.2% on average.", "The result was -1.2% on average."),
        ("The notice period is one month.", "The notice period is three months."),
        ("The dose is 5 mg by mouth.", "The dose is 5 mg/kg by mouth."),
        ("应当提前一个月通知对方。", "应当提前三个月通知对方。"),
        ("违约金为万分之三。", "违约金为万分之五。"),
    ],
)
def test_a_figure_from_elsewhere_is_struck(claim: str, source: str) -> None:
    found, faults = verdict(claim, (1,), source)
    assert found is Verdict.UNSUPPORTED
    assert {"number_absent", "figures_apart", "sense_changed"} & set(faults)


def test_the_number_of_a_section_is_no_dose() -> None:
    found, _ = verdict("The dose is 5 mg.", (1,), "The dose is 20 mg.", heading=("5 Dosage",))
    assert found is Verdict.UNSUPPORTED


def test_the_article_number_of_the_heading_counts_as_said() -> None:
    sentence = "第三十八条规定，用人单位未及时足额支付劳动报酬的，劳动者可以解除劳动合同。"
    assert verdict(sentence, (1,), ARTICLE, heading=("劳动合同法", "第三十八条"))[0] is not Verdict.UNSUPPORTED
    assert verdict(sentence, (1,), ARTICLE)[0] is Verdict.UNSUPPORTED


def test_the_passage_that_carries_the_sentence_is_cited_instead_of_its_neighbour() -> None:
    claim = judge(
        DraftSentence("The dose is 250 mg every 24 hours with clearance of 15 to 29 mL/min.", (1,)),
        evidence(CLAUSE, DOSE),
        "Which?",
    )
    assert [c.passage_id for c in claim.citations] == ["p2"]


def test_a_quote_is_verbatim_and_placed_on_its_page() -> None:
    item = evidence(DOSE, start=40)[0]
    place = support("250 mg every 24 hours for clearance 15 to 29 mL/min", item.text)
    citation = cite(item, place.start, place.end)
    assert citation.quote == DOSE[citation.start - 40 : citation.end - 40]
    assert citation.quote.startswith("In patients with creatinine clearance of 15 to 29")


def test_missing_figures_names_each() -> None:
    assert missing_figures("3.5% on 2025-01-05 for 12 hours", "growth of 3.1% within 12 hours") == (
        "3.5 %",
        "2025-01-05",
    )
    assert missing_figures("2025年增长3.5%", "In 2025 growth is 3.5 percent") == ()


def relevant(text: str, best: str, number: int = 1, relevance: float = 9.0) -> Evidence:
    start = text.index(best)
    span = (start, start + len(best))
    return dataclasses.replace(evidence(text)[0], number=number, best=span, relevance=relevance)


def test_the_most_relevant_sentence_of_the_documents_is_always_there() -> None:
    second = DOSE[DOSE.index("In patients with creatinine clearance of 15") :]
    found = [relevant(DOSE, second), relevant(CLAUSE, CLAUSE[:36], 2)]
    claims = spoken_for((), found)
    assert [c.text for c in claims] == [second, CLAUSE[:36]]
    assert all(c.verbatim and c.verdict is Verdict.SUPPORTED for c in claims)


@pytest.mark.parametrize(("relevance", "quoted"), [(8.8, [CLAUSE[:36]]), (8.2, [])])
def test_a_passage_that_is_hardly_less_relevant_is_quoted_beside_the_first(relevance: float, quoted: list[str]) -> None:
    sentence = DOSE[: DOSE.index(".") + 1]
    second = relevant(CLAUSE, CLAUSE[:36], 2, relevance)
    other = dataclasses.replace(second.candidate.passage, id="another")
    found = [
        relevant(DOSE, sentence),
        dataclasses.replace(second, candidate=dataclasses.replace(second.candidate, passage=other)),
    ]
    claim = judge(DraftSentence(sentence, (1,)), found, "?")
    assert claim.verdict is Verdict.SUPPORTED
    assert [c.text for c in spoken_for((claim,), found)] == quoted


def test_it_is_not_said_twice() -> None:
    found = [relevant(DOSE, DOSE[: DOSE.index(".") + 1])]
    claim = judge(
        DraftSentence("250 mg every 12 hours with creatinine clearance of 30 to 59 mL/min.", (1,)), found, "?"
    )
    assert claim.verdict is Verdict.SUPPORTED
    assert spoken_for((claim,), found) == ()


def test_an_item_of_a_list_keeps_its_lead_in() -> None:
    item = ARTICLE[ARTICLE.index("（二）") :]
    claim = spoken_for((), [relevant(ARTICLE, item)])[0]
    assert claim.text == ARTICLE


LEAVE = "职工累计工作已满1年不满10年的，年休假5天；已满10年不满20年的，年休假10天；已满20年的，年休假15天。"


@pytest.mark.parametrize(
    ("sentence", "fault"),
    [("已满10年不满20年的，年休假5天。", "figures_apart"), ("已满10年不满20年的，年休假10天。", "")],
)
def test_numbers_must_stand_together(sentence: str, fault: str) -> None:
    found, faults = verdict(sentence, (1,), LEAVE)
    assert faults == ((fault,) if fault else ())
    assert (found is Verdict.SUPPORTED) is not bool(fault)


def test_a_dose_of_the_line_above_is_struck() -> None:
    sentence = "In patients with creatinine clearance of 30 to 59 mL/min the dose is 250 mg every 24 hours."
    assert verdict(sentence, (1,), DOSE) == (Verdict.UNSUPPORTED, ("figures_apart",))


def test_another_party_is_struck() -> None:
    law = "This Agreement shall be governed by and construed in accordance with the laws of the State of Nevada."
    sentence = "The agreement with TruckThat shall be governed by and construed in accordance with the laws of Nevada."
    found, faults = verdict(sentence, (1,), law)
    assert found is Verdict.UNSUPPORTED
    assert "name_absent" in faults
    assert verdict("The laws of the State of Nevada govern this Agreement.", (1,), law)[0] is not Verdict.UNSUPPORTED


def test_what_no_document_mentions_is_struck() -> None:
    claim = judge(
        DraftSentence("The dose of ciprofloxacin is 250 mg every 12 hours.", (1,)),
        evidence(DOSE),
        "?",
        ("ciprofloxacin",),
    )
    assert "never_mentioned" in claim.faults
    assert claim.verdict is Verdict.UNSUPPORTED


def test_the_words_of_the_question_in_another_order_are_no_answer() -> None:
    found, faults = verdict(
        "The insurance must the consultant maintain.",
        (1,),
        "The consultant must maintain records.",
        question="Which insurance must the consultant maintain?",
    )
    assert found is Verdict.UNSUPPORTED
    assert "echo" in faults


def test_a_row_of_semicolons_is_quoted_whole() -> None:
    second = "已满10年不满20年的，年休假10天；"
    assert spoken_for((), [relevant(LEAVE, second)])[0].text == LEAVE


def near(value: float) -> Callable[[str, str], Likeness]:
    return lambda *_: Likeness(value, value)


PARAPHRASE = "Each side can end the Agreement without giving a reason if it notifies the other 90 days ahead."


def test_a_paraphrase_that_is_near_in_meaning_is_supported() -> None:
    sentence, found = DraftSentence(PARAPHRASE, (1,)), evidence(CLAUSE)
    assert judge(sentence, found, "?").verdict is Verdict.UNSUPPORTED  # by its words alone
    assert judge(sentence, found, "?", alike=near(0.95)).verdict is Verdict.SUPPORTED
    assert judge(sentence, found, "?", alike=near(0.80)).verdict is Verdict.UNSUPPORTED


@pytest.mark.parametrize(
    ("sentence", "fault"),
    [
        (PARAPHRASE.replace("90", "60"), "number_absent"),
        (PARAPHRASE.replace("can end", "cannot end"), "negation_added"),
        (PARAPHRASE.replace("Each side", "Each side and Dolphin"), "name_absent"),
    ],
)
def test_nearness_excuses_no_hard_fault(sentence: str, fault: str) -> None:
    claim = judge(DraftSentence(sentence, (1,)), evidence(CLAUSE), "?", alike=near(1.0))
    assert claim.verdict is Verdict.UNSUPPORTED
    assert fault in claim.faults


def test_what_shares_hardly_a_word_is_an_invention_however_near_it_is() -> None:
    invented = DraftSentence("The supplier indemnifies the customer against infringement claims of competitors.", (1,))
    assert judge(invented, evidence(CLAUSE), "?", alike=near(1.0)).verdict is Verdict.UNSUPPORTED


def test_nearness_counts_only_where_it_was_measured() -> None:
    sentence = DraftSentence("单位没有按时发工资的，劳动者可以解除劳动合同。", (1,))
    words = judge(sentence, evidence(ARTICLE), "?")
    assert judge(sentence, evidence(ARTICLE), "?", alike=near(1.0)) == words


def test_a_lettered_part_is_held_against_the_passage() -> None:
    source = "Termination is governed by Section 12(c) and Exhibit B."
    assert missing_figures("see Section 12(b)", source) == ("section 12(b)",)
    assert missing_figures("see Section 12(c) and Exhibit B", source) == ()
    assert missing_figures("依照第（二）项", "依照第（三）项") == ("项 二",)


@pytest.mark.parametrize(
    ("claim", "source", "missing"),
    [
        ("the Russian Navy", "the navy of Russia", ()),
        ("the Russian Navy", "the navy of Prussia", ("Russian",)),
        ("in the Indiana court", "courts of India", ("Indiana",)),
        ("the legacy of JFK today", "John F. Kennedy was admired.", ()),
        ("the legacy of JFK today", "The president was admired.", ("JFK",)),
        ("we use structural equation modeling (SEM) and SEM again", "structural equation models", ()),
        ("we use SEM again", "structural equation models", ("SEM",)),
        ("the Standardization Agreements", "a standardization agreement", ()),
        ("by Mr Walters", "by Mr Walter", ("Walters",)),
    ],
)
def test_a_name_may_be_written_otherwise(claim: str, source: str, missing: tuple[str, ...]) -> None:
    assert missing_names(claim, source) == missing


def test_the_number_of_a_list_item_is_no_figure() -> None:
    assert missing_figures("4. Turn on the diffuser.", "Turn on the diffuser.") == ()
    assert missing_figures("You can follow these steps: 1.", "Follow the steps.") == ()
    assert missing_figures("The dose is 4.", "The dose is 5.") == ("4",)


DUTIES = (
    "The Recipient shall not:\n(a) copy the Information;\n(b) disclose the Information to a third party; or sell it."
)


@pytest.mark.parametrize(
    ("sentence", "expected"),
    [
        ("The Recipient may disclose the Information to a third party.", Verdict.UNSUPPORTED),
        ("The Recipient may copy the Information.", Verdict.UNSUPPORTED),
        ("The Recipient shall not disclose the Information to a third party.", Verdict.SUPPORTED),
    ],
)
def test_what_leads_to_a_list_is_said_of_every_item(sentence: str, expected: Verdict) -> None:
    assert verdict(sentence, (1,), DUTIES)[0] is expected
