"""The words of a passage used to say something else: pairs that differ in a word, and must never both be true."""

from __future__ import annotations

import pytest

from core.nouns import Verdict
from core.senses import denied, denies, figures_swapped, sense_faults, word_put_for_another
from tests.core.verdicts import verdict


@pytest.mark.parametrize(
    ("claim", "source", "faults"),
    [
        ("The agreement may not be assigned.", "The agreement may be assigned by either party.", ["negation_added"]),
        ("The agreement may be assigned.", "Neither party may assign the agreement.", ["negation_lost"]),
        ("试用期不得超过六个月。", "试用期最长为六个月。", ["negation_added"]),
        ("The fee is due.", "The fee is due in May, not later.", []),
        ("10 mg once daily", "The dose is 10 mg twice daily.", ["sense_changed"]),
        ("30 days before receipt", "Payment is due 30 days after receipt.", ["sense_changed"]),
        ("Patients over 18", "Patients under 18 are excluded.", ["sense_changed"]),
        ("The Client must assign it.", "The Client may assign it.", ["sense_changed"]),
        ("六十周岁以下的人", "六十周岁以上的人", ["sense_changed"]),
        ("A clearance of 15 mL/min or more", "A clearance < 15 mL/min", ["sense_changed"]),
        ("Consultant may disclose it.", "Consultant may disclose it only if required by law.", ["condition_lost"]),
        (
            "Client may terminate if Contractor fails.",
            "Contractor may terminate if Client fails.",
            ["roles_differ"],
        ),
        ("The Client may terminate at any time.", "The Client may terminate at any time without cause.", []),
        (
            "Either party may not terminate it upon 30 days notice.",
            "Either party may terminate it without cause upon 30 days notice.",
            ["negation_added"],
        ),
        # "only for" and "not but for" are one
        (
            "The recipient shall not use the samples for any purpose other than the study.",
            "The recipient shall use the samples solely for the study.",
            [],
        ),
        (
            "The recipient shall use the samples only for the study.",
            "The recipient shall not use the samples except for the study.",
            [],
        ),
        (
            "The recipient shall not use the samples.",
            "The recipient shall use the samples solely for the study.",
            ["negation_added", "condition_lost"],
        ),
        (
            "The recipient may use the samples.",
            "The recipient shall not use the samples except for the study.",
            ["negation_lost", "condition_lost"],
        ),
        (
            "The recipient shall not use the samples for any purpose other than the study.",
            "The recipient may use the samples only for the study.",
            [],
        ),
        (
            "The recipient shall not use the samples for any purpose other than the study.",
            "The recipient shall use the samples only for the study, provided that the sponsor agrees.",
            ["condition_lost"],
        ),
        (
            "The recipient shall not use the samples for any purpose other than the study.",
            "The recipient shall use the samples only for the study, and only until May.",
            ["condition_lost"],
        ),
        # "not only" is no condition, "the only" is one
        ("Rest is good for the heart.", "Rest is not only good for the heart but for the mind.", []),
        ("It may be let.", "The only case in which it may be let is illness.", ["condition_lost"]),
        # who says "sole" or "without" has not lost the "only" or the "unless"
        ("Repair is the sole remedy of the buyer.", "Repair is the buyer's only remedy.", []),
        (
            "The tenant may not sublet without the landlord's consent.",
            "The tenant may not sublet unless the landlord consents.",
            [],
        ),
        # of what is said to be without or exclusive, and of nothing else
        ("It may be let without notice.", "It may be let without notice only if the owner agrees.", ["condition_lost"]),
        (
            "The owner grants an exclusive licence.",
            "The owner grants an exclusive licence unless the fee is due.",
            ["condition_lost"],
        ),
        ("The seller delivers it.", "The seller delivers it provided the buyer pays cash.", ["condition_lost"]),
        ("The seller delivers the goods.", "The seller delivers the goods solely against cash.", ["condition_lost"]),
        (
            "The seller delivers the goods.",
            "The seller delivers the goods on condition that the buyer pays cash.",
            ["condition_lost"],
        ),
        ("The doctor may give it.", "Only the doctor may give it.", ["condition_lost"]),
        # what is left out is not denied, unless that is what is spoken of
        (
            "A third party may disclose the data.",
            "There shall be no liability for data that a third party may disclose.",
            [],
        ),
        (
            "Protected data includes software from a third party.",
            "Protected data shall not include software which comes from a third party.",
            ["negation_lost"],
        ),
        (
            "The supplier is liable for lost profit.",
            "The supplier shall not be liable for lost profit.",
            ["negation_lost"],
        ),
        ("The warranty covers batteries.", "The warranty shall not apply to batteries.", ["negation_lost"]),
        # what may be so for some holds where the condition does
        ("Some patients may be given it.", "Patients may be given it only if they are over 60.", []),
        (
            "The doctor may give it to some patients.",
            "The doctor may give it to patients only if they are over 60.",
            ["condition_lost"],
        ),
        (
            "The doctor may give it to patients.",
            "The doctor may give it to patients only if they are over 60.",
            ["condition_lost"],
        ),
        # a condition is one of its own sentence
        ("Hydrogen can be made from water.", "Hydrogen can be made from water. Only one plant stores it.", []),
        (
            "Hydrogen can be made from water.",
            "Hydrogen can be made from water only with a permit. One plant stores it.",
            ["condition_lost"],
        ),
        (
            "The recipient may disclose confidential information.",
            "The Recipient may disclose Confidential\nInformation only with the consent of the Discloser.",
            ["condition_lost"],
        ),
        (
            "The tenant may sublet the flat.",
            "The tenant may sublet the flat. This is subject to the landlord's written consent.",
            ["condition_lost"],
        ),
        (
            "Some duties end, but the tenant may sublet the flat.",
            "The tenant may sublet the flat only with consent of the landlord.",
            ["condition_lost"],
        ),
        # "shall" is what a party "will"
        ("The buyer shall notify the seller.", "The buyer will notify the seller so that the seller may act.", []),
        # what stands before "may" need not be a party
        ("Some duties may survive the end of the lease.", "The duties herein shall survive the end of the lease.", []),
        ("Medicines may require cool storage.", "Medicines need cool storage and it can be a refrigerator.", []),
    ],
)
def test_the_words_of_the_passage_used_to_say_something_else(claim: str, source: str, faults: list[str]) -> None:
    assert sense_faults(claim, source) == faults


@pytest.mark.parametrize(
    ("claim", "source"),
    [
        # roles
        (
            "The Tenant shall pay the Landlord a deposit of two months' rent.",
            "The Landlord shall pay the Tenant a deposit of two months' rent.",
        ),
        (
            "The Buyer indemnifies the Seller against all claims of third parties.",
            "The Seller indemnifies the Buyer against all claims of third parties.",
        ),
        (
            "The Licensee grants the Licensor a worldwide licence.",
            "The Licensor grants the Licensee a worldwide licence.",
        ),
        (
            "Warfarin was more effective than apixaban in preventing stroke.",
            "Apixaban was more effective than warfarin in preventing stroke.",
        ),
        (
            "The shares are transferred from Holder to Company at closing.",
            "The shares are transferred from Company to Holder at closing.",
        ),
        ("出租人应当向承租人支付押金。", "承租人应当向出租人支付押金。"),
        ("甲方应当赔偿乙方因此遭受的损失。", "乙方应当赔偿甲方因此遭受的损失。"),
        ("劳动者应当向用人单位支付经济补偿。", "用人单位应当向劳动者支付经济补偿。"),
        ("甲药的疗效优于乙药。", "乙药的疗效优于甲药。"),
        # numbers swapped in one clause
        (
            "Bleeding occurred in 12% of the warfarin group and 8% of the placebo group.",
            "Bleeding occurred in 8% of the warfarin group and 12% of the placebo group.",
        ),
        (
            "The fee is 5% for sales in Europe and 7% for sales in Asia.",
            "The fee is 7% for sales in Europe and 5% for sales in Asia.",
        ),
        ("试验组的有效率为85%，对照组为60%。", "试验组的有效率为60%，对照组为85%。"),
        # one word changed in a copy
        (
            "The recommended dose for children is 250 mg every 12 hours by mouth with food.",
            "The recommended dose for adults is 250 mg every 12 hours by mouth with food.",
        ),
        (
            "The recommended dose for adults is 250 mg every 12 hours by mouth without food.",
            "The recommended dose for adults is 250 mg every 12 hours by mouth with food.",
        ),
        (
            "The drug is given by intravenous infusion over 60 minutes in patients with severe infection.",
            "The drug is given by oral administration over 60 minutes in patients with severe infection.",
        ),
        (
            "The test was positive in most patients with acute hepatitis and should be repeated.",
            "The test was negative in most patients with acute hepatitis and should be repeated.",
        ),
        (
            "The drug is safe in pregnancy and may be used in the first trimester.",
            "The drug is unsafe in pregnancy and may be used in the first trimester.",
        ),
        (
            "The agreement is valid after the death of either party.",
            "The agreement is invalid after the death of either party.",
        ),
        (
            "Payment is due weekly in advance to the account of the Supplier.",
            "Payment is due monthly in advance to the account of the Supplier.",
        ),
        (
            "The meeting is held in April at the registered office of the company.",
            "The meeting is held in March at the registered office of the company.",
        ),
        (
            "The clinic is open on Monday from 9 to 12 for new patients.",
            "The clinic is open on Tuesday from 9 to 12 for new patients.",
        ),
        (
            "Doors open at 9 pm for members of the public with tickets.",
            "Doors open at 9 am for members of the public with tickets.",
        ),
        (
            "The lesion was in the left upper lobe and measured 12 mm.",
            "The lesion was in the right upper lobe and measured 12 mm.",
        ),
        (
            "All employees are entitled to a bonus under the plan described in the handbook.",
            "Some employees are entitled to a bonus under the plan described in the handbook.",
        ),
        (
            "The interest rate is higher for secured loans under the facility agreement.",
            "The interest rate is lower for secured loans under the facility agreement.",
        ),
        (
            "The price includes value added tax and delivery to the site of the customer.",
            "The price excludes value added tax and delivery to the site of the customer.",
        ),
        ("成人每次口服500毫克，每日两次，餐后服用。", "儿童每次口服500毫克，每日两次，餐后服用。"),
        ("成人每次静脉滴注500毫克，每日两次。", "成人每次口服500毫克，每日两次。"),
        ("药物应在餐前服用，每日三次，每次一片。", "药物应在餐后服用，每日三次，每次一片。"),
        ("检测结果为阳性的患者应当复查肝功能和血常规。", "检测结果为阴性的患者应当复查肝功能和血常规。"),
        ("病灶位于左肺上叶，直径12毫米，边界清楚。", "病灶位于右肺上叶，直径12毫米，边界清楚。"),
        ("租金应当每月支付，逾期按日支付违约金。", "租金应当每年支付，逾期按日支付违约金。"),
        ("未成年人的监护人可以代为申请，由法院决定。", "成年人的监护人可以代为申请，由法院决定。"),
        ("该合同有效，双方应当继续履行各自的义务。", "该合同无效，双方应当继续履行各自的义务。"),
        ("公司董事由股东会选举产生，任期三年。", "公司监事由股东会选举产生，任期三年。"),
        ("会议于上午九时在公司总部召开，全体股东出席。", "会议于下午九时在公司总部召开，全体股东出席。"),
        ("所有员工均可申请远程办公，由部门主管审批。", "部分员工可申请远程办公，由部门主管审批。"),
        # sections
        (
            "Termination is governed by Section 12(b) of the Agreement between the parties.",
            "Termination is governed by Section 12(c) of the Agreement between the parties.",
        ),
        (
            "The fees are set out in Exhibit A to this Agreement.",
            "The fees are set out in Exhibit B to this Agreement.",
        ),
        (
            "Indemnification is dealt with in Article IV of the charter of the company.",
            "Indemnification is dealt with in Article VI of the charter of the company.",
        ),
        ("依照本条第二项的规定解除合同的，应当书面通知对方。", "依照本条第三项的规定解除合同的，应当书面通知对方。"),
        ("费用标准见附件一，由双方另行签字确认。", "费用标准见附件二，由双方另行签字确认。"),
        ("依照第（二）项规定解除合同的，应当通知对方。", "依照第（三）项规定解除合同的，应当通知对方。"),
        # numbers, units
        ("The dose of insulin is 10 mg before breakfast.", "The dose of insulin is 10 units before breakfast."),
        (
            "Unemployment fell by 2 percent in the second quarter.",
            "Unemployment fell by 2 percentage points in the second quarter.",
        ),
        ("Take 2 tablets in the morning with water.", "Take 2 capsules in the morning with water."),
        ("The pitch is 12 cm wide at the base.", "The pitch is 12 mm wide at the base."),
        ("The purchase price is CAD 500,000 in cash.", "The purchase price is USD 500,000 in cash."),
        ("每次服用2片，每日两次，饭后服用。", "每次服用2粒，每日两次，饭后服用。"),
        (
            "The infusion rate is 5 mL per hour through a central line.",
            "The infusion rate is 5 mL per minute through a central line.",
        ),
        ("患者每分钟输注5毫升，持续监测血压。", "患者每小时输注5毫升，持续监测血压。"),
        # conditions
        (
            "The Supplier may terminate this Agreement with immediate effect.",
            "If the Customer becomes insolvent, the Supplier may terminate this Agreement with immediate effect.",
        ),
        (
            "The Customer may reject the goods within 10 days of delivery.",
            "The Customer may reject the goods within 10 days of delivery if they do not conform to the specification.",
        ),
        (
            "Patients should receive 500 mg of the drug twice daily for 7 days.",
            "Patients should receive 500 mg of the drug twice daily for 7 days when cultures of blood are positive.",
        ),
        ("劳动者可以解除劳动合同。", "用人单位未及时足额支付劳动报酬的，劳动者可以解除劳动合同。"),
        ("承租人可以转租租赁物。", "经出租人同意，承租人可以将租赁物转租给第三人。"),
        ("出租人可以解除合同。", "承租人未经出租人同意转租的，出租人可以解除合同。"),
        (
            "Consultant shall keep the information confidential.",
            "Consultant shall keep the information confidential until the second anniversary of the Effective Date.",
        ),
        # hedges
        (
            "Aspirin reduces the risk of colorectal cancer in older adults.",
            "Aspirin may reduce the risk of colorectal cancer in older adults.",
        ),
        ("该药能降低心血管死亡的风险。", "该药可能降低心血管死亡的风险。"),
        # only
        (
            "Only technical information is confidential under this Agreement.",
            "Technical information is confidential under this Agreement.",
        ),
        (
            "Confidential Information shall only include technical information.",
            "Confidential Information shall include technical, business and financial information.",
        ),
        ("仅经理可以批准该项支出，金额不限。", "经理可以批准该项支出，金额不限。"),
        # negation
        (
            "The deposit is refundable when the lease ends for any reason whatsoever.",
            "The deposit is non-refundable when the lease ends for any reason whatsoever.",
        ),
        (
            "The Company is required to give notice before it assigns the agreement.",
            "The Company is not required to give notice before it assigns the agreement.",
        ),
        (
            "The Recipient may disclose the information to third parties.",
            "The Recipient shall refrain from disclosing the information to third parties.",
        ),
        ("该药可用于孕妇，剂量与成人相同。", "该药禁用于孕妇，剂量与成人相同。"),
        ("孕妇可以使用该药，每日一次。", "孕妇应避免使用该药，每日一次。"),
        ("用人单位可以扣押劳动者的居民身份证。", "用人单位不得扣押劳动者的居民身份证。"),
        (
            "The study found a significant difference in mortality between the groups.",
            "The study found no significant difference in mortality between the groups.",
        ),
        ("Neither party may assign this agreement.", "Either party may assign this agreement."),
    ],
)
def test_a_contradiction_is_never_supported_however_near_it_is(claim: str, source: str) -> None:
    assert verdict(claim, source)[0] is not Verdict.SUPPORTED


@pytest.mark.parametrize(
    ("claim", "source"),
    [
        (
            "Upon 30 days notice, either party may terminate the agreement.",
            "Either party may terminate the agreement upon 30 days notice.",
        ),
        ("The Landlord is paid a deposit by the Tenant.", "The Tenant pays a deposit to the Landlord."),
        (
            "Bleeding occurred in 8% of the warfarin group and in 12% of the placebo group.",
            "Bleeding occurred in 8% of the warfarin group and 12% of the placebo group.",
        ),
        ("The dose for adults is 500 mg twice daily.", "In adults, the dose is 500 mg twice daily."),
        ("The fees are set out in Exhibit B.", "The fees are set out in Exhibit B to this Agreement."),
        ("Either party shall not assign the lease.", "Either party may not assign the lease."),
        ("The price is not only fair but includes delivery.", "The price is fair and includes delivery."),
        ("承租人应当按月支付租金。", "承租人应当按月支付租金，逾期的支付违约金。"),
        ("试验组的有效率为85%，对照组为60%。", "试验组的有效率为85%，对照组的有效率为60%。"),
    ],
)
def test_the_same_said_otherwise_is_supported(claim: str, source: str) -> None:
    assert verdict(claim, source) == (Verdict.SUPPORTED, ())


@pytest.mark.parametrize(
    ("claim", "source", "fault"),
    [
        # "only" and "except" of two things are no equivalence
        (
            "Do not take the tablets with food unless told to by a doctor.",
            "Take the tablets only with food.",
            "negation_added",
        ),
        (
            "The recipient shall not use the samples for the study except with consent.",
            "The recipient shall use the samples solely for the study.",
            "negation_added",
        ),
        (
            "The vaccine should not be given to adults over 60 except in an outbreak.",
            "The vaccine should be given exclusively to adults over 60.",
            "negation_added",
        ),
        (
            "The tenant may not save the documents on the portal.",
            "The tenant may save the documents on the portal solely for the lease.",
            "negation_added",
        ),
        (
            "The drug must only be used in pregnant women.",
            "The drug must not be used in pregnant women unless the benefit outweighs the risk.",
            "negation_lost",
        ),
        (
            "Ibuprofen is given only to children under 6 months.",
            "Do not give ibuprofen to children under 6 months unless a doctor advises it.",
            "negation_lost",
        ),
        (
            "Only nurses may give potassium.",
            "Nurses may not give potassium unless a doctor is present.",
            "negation_lost",
        ),
        ("Only the tenant may keep pets.", "The tenant shall not keep pets except guide dogs.", "negation_lost"),
        (
            "Payment is made only by bank transfer.",
            "Payment is made by bank transfer. The supplier shall not charge interest unless agreed.",
            "restriction_added",
        ),
        # what is left out itself is denied
        (
            "Aspirin is safe for children who have a fever.",
            "Aspirin is not considered safe for children who have a fever.",
            "negation_lost",
        ),
        (
            "The cream can be used on the eyes and on broken skin.",
            "Do not apply the cream to: the eyes or broken skin.",
            "negation_lost",
        ),
        (
            "The warranty covers batteries and cables.",
            "The warranty does not apply to the following: batteries, cables.",
            "negation_lost",
        ),
        (
            "The insurer pays for flood damage and theft.",
            "The insurer is not liable for: flood damage and theft.",
            "negation_lost",
        ),
        (
            "The supplier must replace parts that wear out.",
            "The supplier has no obligation to replace parts that wear out.",
            "negation_lost",
        ),
        (
            "The bank has to refund payments that were authorised.",
            "The bank is not obliged to refund payments that were authorised.",
            "negation_lost",
        ),
        # who is meant by a pronoun is not known
        (
            "The seller must notify the buyer of defects.",
            "The buyer acknowledges that it must notify the seller of defects.",
            "roles_differ",
        ),
        (
            "The nurse may prescribe morphine.",
            "The nurse calls the physician, who may prescribe morphine.",
            "roles_differ",
        ),
    ],
)
def test_a_turn_that_looks_like_a_way_of_saying_it_is_found(claim: str, source: str, fault: str) -> None:
    assert fault in sense_faults(claim, source)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("The fee is not due.", True),
        ("including but not limited to fees", False),
        ("payable no later than 30 June", False),
        ("孕妇禁用该药", True),
        ("不仅限于本人", False),
        ("不动产登记", False),
        ("It does not just affect the victim.", False),
        ("whether it is protected or not", False),
        ("It is not unusual.", False),
        ("This Agreement shall not restrict the use of it.", False),
        ("Nothing in this Agreement shall prevent the Recipient from using it.", False),
    ],
)
def test_a_word_that_denies(text: str, expected: bool) -> None:
    assert denies(text) is expected


@pytest.mark.parametrize(
    ("text", "reached"),
    [
        ("The Recipient shall not copy, sell or otherwise use the Information.", "copy, sell or otherwise use the"),
        ("The fee is not due in May, the deposit is due.", "due in May"),
        ("It shall not use the Information except to perform the Project.", "use the Information"),
        ("It does not include information which was public.", "include information"),
        ("No information which was disclosed may be used.", "information which was disclosed may be used"),
        ("Any disclosure is prohibited.", "Any disclosure is"),
        ("承租人不得转租，出租人可以解除合同。", "承租人不得转租"),
        ("The fee is due.", ""),
    ],
)
def test_a_denial_reaches_what_follows_it(text: str, reached: str) -> None:
    assert reached in " ".join(text[start:end] for start, end in denied(text))
    assert len(denied(text)) == bool(reached)


@pytest.mark.parametrize(
    ("claim", "source", "expected"),
    [
        # the denial is of something else
        (
            "Recipient may receive similar information from a third party.",
            "It does not include what the Recipient receives as similar information from a third party.",
            False,
        ),
        # it reaches over the commas of a list
        (
            "The Recipient may copy the Information in part.",
            "The Recipient shall not reverse engineer, decompile, or copy in whole or in part any Information.",
            True,
        ),
        # an exception leaves some
        (
            "The Recipient may use some of the Information.",
            "The Recipient shall not use the Information except to perform the Project.",
            False,
        ),
        (
            "The Recipient may use the Information.",
            "The Recipient shall not use the Information except to perform the Project.",
            True,
        ),
    ],
)
def test_what_is_denied_must_be_what_is_said(claim: str, source: str, expected: bool) -> None:
    assert ("negation_lost" in sense_faults(claim, source)) is expected


@pytest.mark.parametrize(
    ("claim", "source", "faults"),
    [
        (
            "Information shall only include technical information.",
            "Information shall include, but not be limited to, technical information.",
            ["restriction_added"],
        ),
        ("Some obligations survive termination.", "All obligations survive termination.", []),
        ("Some obligations may survive termination.", "The obligations shall survive termination.", []),
        ("All obligations survive termination.", "Some obligations survive termination.", ["sense_changed"]),
        ("The Client may assign it.", "The Client must assign it.", ["sense_changed"]),
        # "known" and "unknown" are of different things
        ("The known causes include infection of the lung.", "The infection has many unknown mediators.", []),
        ("The causes of infection are known.", "The causes of infection are unknown.", ["sense_changed"]),
    ],
)
def test_less_than_the_source_follows_from_it_and_more_does_not(claim: str, source: str, faults: list[str]) -> None:
    assert sense_faults(claim, source) == faults


def test_two_numbers_that_have_changed_places() -> None:
    assert figures_swapped("5% in Europe and 7% in Asia", "7% in Europe and 5% in Asia")
    assert not figures_swapped("7% in Asia and 5% in Europe", "5% in Europe and 7% in Asia")
    assert not figures_swapped("5% in Europe", "5% in Europe and 7% in Asia")


def test_a_word_put_for_another() -> None:
    source = "The recommended dose of naproxen is 250 mg twice daily."
    assert word_put_for_another("The recommended dose of ibuprofen is 250 mg twice daily.", source, source)
    assert not word_put_for_another("The dose of naproxen is 250 mg twice daily.", source, source)
