"""What one may or must do, and whether the passage speaks of it at all."""

from __future__ import annotations

import pytest

from core.acts import FORMS, SAME_ACT, act_denied, act_missing
from core.nouns import Verdict
from core.terms import stems
from tests.core.verdicts import verdict

DUTY = "The Recipient shall keep the Information secret and inform the Discloser of every breach."


@pytest.mark.parametrize(
    ("claim", "source"),
    [
        ("The Recipient shall not reverse engineer the Information.", DUTY),
        ("The Recipient may create a copy of the Information.", DUTY),
        ("The Recipient shall not hire or solicit employees of the Discloser.", DUTY),
        ("The Recipient must, on request, return the Information.", DUTY),
        ("The Recipient agrees to indemnify the Discloser.", DUTY),
        ("The Recipient shall have the right to terminate the agreement.", DUTY),
        ("The Recipient shall give the Discloser access to its books.", DUTY),
        ("The Recipient is entitled to sell the Information.", DUTY),
        ("The tenant may sublet the flat.", "The tenant pays the rent of the flat monthly."),
        ("The nurse must monitor the pulse.", "The nurse gives the tablet after the pulse was felt."),
        ("The parties are required to arbitrate.", "The parties meet once a year."),
        ("The use of the Licensed Mark may expire.", "The Licensed Mark is of great use."),
        ("The tenant shall paint the flat.", "The tenant pays the rent of the flat."),
        ("The buyer must inspect the goods.", "The inspector and the buyer meet."),
        ("The employee shall be employed for a year.", "The employer pays the employee."),
        ("The patient must provide blood.", "The patient is told of the test, provided that he asks."),
        ("The buyer must accept the goods.", "The goods were seen by the buyer."),
        # the act is found behind what leads to it
        ("The pharmacist must supply the inhaler.", "The pharmacist inspects the inhaler."),
        ("In no event shall the Bank disclose the data.", "The Bank never loses the data, whatever the event."),
        ("The tenant shall at its own cost insure the flat.", "The tenant's own cost of heating the flat is listed."),
        ("The tenant shall within 10 days repaint the flat.", "The tenant leaves the flat within 10 days."),
        ("The tenant must (unless agreed) repaint the flat.", "Unless agreed the tenant leaves the flat."),
        ("The seller shall refrain from using the mark.", "The seller refrains from criticism of the mark."),
        ("The seller shall use its best efforts to resell it.", "The seller uses it and makes efforts."),
        ("The lender shall have the authority to sell it.", "The lender values it by authority of the owner."),
        ("The tenant shall insure and repaint the flat.", "The tenant insures the flat."),
        # giving morphine is no act of morphine, giving notice is one of notice
        ("The nurse must give morphine.", "Morphine is stored in a locked cupboard by the nurse."),
        ("The trustee may sell the house.", "The trustee values the house."),
        ("The physician may prescribe morphine.", "The physician stores morphine in a cupboard."),
        ("The Recipient shall disclose the report.", "The Recipient keeps the report as provided in this clause."),
        ("The Recipient may use the data.", "The data of the Recipient are subject to applicable law."),
    ],
)
def test_a_passage_without_a_word_for_the_act(claim: str, source: str) -> None:
    assert act_missing(claim, source)


@pytest.mark.parametrize(
    ("claim", "source"),
    [
        ("The Recipient shall notify the Discloser of a breach.", DUTY),
        ("The Recipient shall promptly, and at the latest in 5 days, notify the Discloser.", DUTY),
        ("The Recipient shall retain the Information.", DUTY),
        ("The Recipient may share it with its staff.", "Disclosure to the Recipient's staff is allowed."),
        ("The Recipient shall return or destroy it.", "Upon its destruction the Recipient shall certify it."),
        ("The Supplier shall make a copy of the keys.", "Keys are not copied but by the Supplier."),
        ("The Supplier shall have the right to terminate it.", "Termination by the Supplier takes 30 days."),
        ("The buyer must pay rent, taxes, and insurance.", "Payment of rent is due in May."),
        ("The nurse must administer 5 mg.", "Give 5 mg."),
        ("The tenant must vacate the flat.", "The tenant has to leave the flat."),
        ("The company shall bear the costs.", "All costs are paid by the company."),
        ("The tenant shall be responsible for repairs.", "The tenant's liability for repairs of the flat."),
        ("The agency shall be deemed an independent contractor.", "The agency acts as an independent contractor."),
        ("The director shall be elected every year.", "Every year the shareholders choose the director."),
        ("The claimant must prove the damage.", "The burden of proof lies with the claimant."),
        ("The nurse must document every dose.", "Every dose is recorded in the chart."),
        ("The court shall dismiss the action.", "Dismissal of the action by the court follows."),
        ("In no event shall the seller be liable for delay.", "The seller is not liable for delay."),
        ("Under no circumstances shall the tenant sublet the flat.", "The tenant shall not sublet the flat."),
        ("The licensor may at its option terminate it.", "It ends by termination of the licensor."),
        ("The fee shall in no event exceed 5 percent.", "The fee never exceeds 5 percent."),
        ("The seller shall insure the goods.", "The goods shall be insured by the seller."),
        ("The insurer shall notify the insured.", "The insurer noti\ufb01es the in\u00adsured."),
        ("The employer must deduct tax.", "Tax is de-\nducted by the employer."),
        ("The use of NSAIDs may worsen heart failure.", "NSAIDs aggravate heart failure."),
        ("Gloves must be worn in the ward.", "Wear gloves in the ward."),
        ("The guarantor shall be bound by it.", "It is binding on the guarantor."),
        ("The doctor must exclude pregnancy.", "Exclusion of pregnancy comes first."),
        ("The employer shall increase the wage.", "The wage is raised by the employer."),
        ("The tenant shall stop the works.", "The works of the tenant shall cease."),
        ("The contractor shall complete the works.", "The contractor has to finish the works."),
        ("The tenant shall comply with the rules.", "The tenant observes the rules."),
        ("The drug must not be given to children.", "Contraindicated in children."),
        # what something consists of, what is possible and what is needed are no acts of anybody
        ("The Information may include plans.", DUTY),
        ("Aspirin may cause bleeding.", DUTY),
        ("Some patients may faint.", DUTY),
        ("Two channels are required to find the direction.", DUTY),
        ("The fee shall be $500.", DUTY),
        ("The fee is due.", DUTY),
        # nearness counts for nothing in Chinese
        ("接收方不得复制该信息。", "接收方应当保密。"),
        ("The Recipient may copy it.", "接收方应当保密。"),
    ],
)
def test_a_passage_that_speaks_of_the_act(claim: str, source: str) -> None:
    assert not act_missing(claim, source)


@pytest.mark.parametrize(
    ("claim", "source", "forbidden"),
    [
        ("The Recipient may keep copies.", "Copies are returned and shall not be retained by the Recipient.", True),
        (
            "The Recipient may share the data.",
            "The Recipient shall not disclose the data, and shall not use it for any purpose other than the study.",
            True,
        ),
        ("The tenant must pay a deposit.", "No deposit is payable by the tenant.", True),
        # an exception leaves some of it, and elsewhere it is not forbidden
        ("The Recipient may copy the data.", "The Recipient shall not copy the data except for the study.", False),
        ("The Recipient may copy the data.", "The Recipient shall not copy the data without consent.", False),
        ("The Recipient may copy it.", "It shall not be copied by others. The Recipient may copy it once.", False),
        ("The Recipient shall not copy the data.", "The Recipient shall not copy the data.", False),
        ("The Recipient may sell it.", "The Recipient shall not copy it.", False),
        ("接收方可以复制。", "接收方不得复制。", False),
    ],
)
def test_what_is_forbidden_wherever_the_passage_speaks_of_it(claim: str, source: str, forbidden: bool) -> None:
    assert act_denied(claim, source) is forbidden


@pytest.mark.parametrize(
    ("sentence", "expected"),
    [
        # near in meaning, but of another act
        ("The Recipient shall sell Information of the Discloser.", Verdict.PARTIAL),
        ("The Recipient must report breaches to the Discloser of the Information.", Verdict.SUPPORTED),
        # with nearly all of its words there
        ("The Recipient shall sell the Information and inform the Discloser of every breach.", Verdict.PARTIAL),
    ],
)
def test_nearness_in_meaning_does_not_replace_the_act(sentence: str, expected: Verdict) -> None:
    assert verdict(sentence, DUTY)[0] is expected


def test_every_row_has_stems_that_words_come_to() -> None:
    for row in SAME_ACT:
        assert len(row) > 1
        for stem in row:
            assert any(stems(stem + ending) == [stem] for ending in ("", "e", "y", "ion", "ment")), stem


def test_every_form_is_a_stem_that_leads_to_another_stem() -> None:
    for form, of in FORMS.items():
        for stem in (form, of):
            assert any(stems(stem + ending) == [stem] for ending in ("", "e", "y", "ion", "ment")), stem
