"""Two documents that say different things of the same."""

from __future__ import annotations

import pytest

from core.disagreeing import differ, opposites
from core.nouns import Candidate, Citation, Passage

RENAL = "In patients with creatinine clearance of 30 to 59 mL/min the dose is 250 mg every 12 hours."
SEVERE = "In patients with creatinine clearance of 15 to 29 mL/min the dose is 250 mg every 24 hours."


@pytest.mark.parametrize(
    ("one", "other", "about"),
    [
        (
            "Global GDP growth in 2025 is projected at 3.5%.",
            "Global GDP growth in 2025 is projected at 3.1%.",
            "differ_figures",
        ),
        (
            "Adults: the recommended dose is 500 mg twice daily.",
            "The recommended dose for adults is 250 mg twice daily.",
            "differ_figures",
        ),
        (RENAL, RENAL.replace("250", "125"), "differ_figures"),
        ("The policy takes effect on 1 May 2024.", "The policy takes effect on 1 July 2024.", "differ_figures"),
        ("试用期不得超过六个月。", "试用期不得超过三个月。", "differ_figures"),
        ("成人每次500 mg，每12小时一次。", "成人每次250 mg，每12小时一次。", "differ_figures"),
        (
            "Aspirin is recommended for primary prevention in older adults.",
            "Aspirin is not recommended for primary prevention in older adults.",
            "differ_denial",
        ),
        ("孕妇可以使用本品，剂量与成人相同。", "孕妇禁用本品，剂量与成人相同。", "differ_denial"),
        (
            "Treatment starts before surgery in all patients with infection.",
            "Treatment starts after surgery in all patients with infection.",
            "differ_sense",
        ),
        # Another year, another range, another case: not the same thing.
        ("Global GDP growth in 2025 is projected at 3.5%.", "Global GDP growth in 2026 is projected at 3.4%.", ""),
        (RENAL, SEVERE, ""),
        ("职工累计工作已满1年不满10年的，年休假5天；", "职工累计工作已满10年不满20年的，年休假10天；", ""),
        # The same, however it is written.
        ("The notice period is ninety (90) days.", "The notice period is 90 days.", ""),
        (RENAL, RENAL.replace(" the dose", ", the dose"), ""),
        ("The rent is 900 euros a month.", "The deposit is 1800 euros.", ""),
        ("第十条　试用期不得超过六个月。", "第十二条　试用期不得超过六个月。", ""),
        ("", "", ""),
    ],
)
def test_what_two_sentences_disagree_in(one: str, other: str, about: str) -> None:
    assert differ(one, other) == about
    assert differ(other, one) == about


def candidate(document: str, text: str) -> Candidate:
    passage = Passage(f"p-{document}", document * 64, 0, 10, 10 + len(text), text)
    return Candidate(passage, f"{document}.pdf", "1", 0.9, 0.9, 5.0, 0.5)


def cited(document: str, text: str, quote: str) -> Citation:
    start = 10 + text.index(quote)
    return Citation(f"{document}.pdf", document * 64, 0, "1", f"p-{document}", start, start + len(quote), quote)


OLD, NEW = f"{RENAL} {SEVERE}", f"{RENAL.replace('250', '125')} {SEVERE}"


def test_the_other_documents_sentence_is_found_with_its_place() -> None:
    found = opposites([cited("a", OLD, RENAL)], [candidate("a", OLD), candidate("b", NEW)])
    assert [(o.about, o.cited.document, o.against.document) for o in found] == [("differ_figures", "a.pdf", "b.pdf")]
    against = found[0].against
    assert against.quote == NEW[against.start - 10 : against.end - 10] == RENAL.replace("250", "125")


def test_rows_that_agree_are_no_disagreement() -> None:
    assert opposites([cited("a", OLD, SEVERE)], [candidate("a", OLD), candidate("b", NEW)]) == ()


def test_one_document_does_not_disagree_with_itself() -> None:
    assert opposites([cited("a", OLD, RENAL)], [candidate("a", OLD), candidate("a", NEW)]) == ()


def test_two_documents_are_told_of_once() -> None:
    places = [cited("a", OLD, RENAL), cited("b", NEW, RENAL.replace("250", "125"))]
    assert len(opposites(places, [candidate("a", OLD), candidate("b", NEW)])) == 1
