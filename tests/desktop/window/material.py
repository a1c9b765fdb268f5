"""Conversations about the sample documents, with sentences that stand in them."""

from __future__ import annotations

from dataclasses import replace

from core.nouns import (
    Answer,
    AnswerKind,
    AuditRecord,
    Candidate,
    CheckedAnswer,
    Citation,
    Claim,
    Conversation,
    Coverage,
    Document,
    Exchange,
    ModelIdentity,
    Outcome,
    Passage,
    Rect,
    Scope,
    Seconds,
    Verdict,
)

CONTRACT, CONTRACT_SHA = "consulting-agreement-driven-deliveries.pdf", "a1" * 32
LAW, LAW_SHA = "中华人民共和国劳动合同法.pdf", "b2" * 32
DRUG, DRUG_SHA = "quilodarine-monograph-en.pdf", "c3" * 32
LETTER, LETTER_SHA = "scanned-discharge-letter.pdf", "d4" * 32
MODEL = ModelIdentity("default", "cd" * 32)
COVERAGE = Coverage(9, 36, ((LETTER, (0,)), ("old-fax.pdf", (1, 2, 3, 7))))

NOTICE_QUOTE = (
    "Either Party may terminate this Agreement, with or without cause, upon giving the other party thirty (30) days\n"
    "prior written notice of such termination pursuant to Section 12.7 of this Agreement."
)
BREACH_QUOTE = (
    "The Company may terminate this Agreement immediately and without prior notice if\n"
    "Consultant refuses to or is unable to perform the Services or is in breach of any material provision of this "
    "Agreement."
)
UNPAID_QUOTE = "用人单位有下列情形之一的，劳动者可以解除劳动合同：\n（二）未及时足额支付劳动报酬的；"
SEVERANCE_QUOTE = "经济补偿按劳动者在本单位工作的年限，每满一年支付一个月工资的标准向劳动者支付。"
DELIVERY_QUOTE = "If by mail, delivery shall be deemed effective three business days after mailing"


def citation(
    document: str = CONTRACT, sha256: str = CONTRACT_SHA, page: int = 4, label: str = "5", quote: str = NOTICE_QUOTE
) -> Citation:
    """A citation that stands at a place of its own for every quote."""
    start = sum(map(ord, quote)) % 900
    box = Rect(0.1, 0.2, 0.9, 0.23)
    return Citation(document, sha256, page, label, f"p-{page}-{start}", start, start + len(quote), quote, (box,))


NOTICE = citation()
BREACH = citation(quote=BREACH_QUOTE)
DELIVERY = citation(page=6, label="7", quote=DELIVERY_QUOTE)

CLAIMS = (
    Claim(
        "Either party may terminate the agreement, with or without cause, upon giving the other party thirty (30) "
        "days prior written notice.",
        Verdict.SUPPORTED,
        0.97,
        (NOTICE,),
    ),
    Claim(BREACH_QUOTE, Verdict.SUPPORTED, 1.0, (BREACH,), verbatim=True),
    Claim(
        "A notice sent by mail counts as delivered three business days after mailing.",
        Verdict.PARTIAL,
        0.62,
        (DELIVERY, NOTICE),
        ("some_support", "condition_lost"),
    ),
)
REMOVED = (
    Claim("The notice period is ninety (90) days.", Verdict.UNSUPPORTED, 0.6, (NOTICE,), ("number_absent",)),
    Claim("The consultant is paid for the notice period.", Verdict.UNSUPPORTED, 0.3, (), ("cites_nothing",)),
)


def candidate(
    text: str, document: str = CONTRACT, sha256: str = CONTRACT_SHA, page: int = 4, label: str = "5"
) -> Candidate:
    """A passage that was found."""
    passage = Passage(f"{sha256[:4]}-{page}", sha256, page, 0, len(text), text)
    return Candidate(passage, document, label, 0.8, 0.86, 7.1, 0.7)


FOUND = (
    candidate("7.2. Termination. " + NOTICE_QUOTE),
    candidate("12.7. Notices. Any notice or other communication required or permitted by this Agreement to be given "
              "to a Party shall be in writing and shall be deemed given", page=6, label="7"),
    candidate("In the event that either party fails to perform any of its obligations under this Agreement",
              "outsourcing-agreement-dgt-dolphin.pdf", "e5" * 32, 2, "3"),
    candidate("第三十七条　劳动者提前三十日以书面形式通知用人单位，可以解除劳动合同。", LAW, LAW_SHA, 4, "5"),
    candidate("Treatment is stopped at the first sign of tendon pain or swelling.", DRUG, DRUG_SHA, 1, "13"),
    candidate("7.3. Survival. Upon any termination, all rights and duties of the Company and Consultant toward each "
              "other shall cease except"),
    candidate("1.2. Compensation. The Company agrees to pay Consultant", page=0, label="1"),
)  # fmt: skip

EVERYTHING = Scope()
QUESTION = "Can either party terminate the consulting agreement without cause, and with what notice?"


def exchange(
    claims: tuple[Claim, ...] = CLAIMS,
    *,
    id: int = 1,
    conversation: int = 1,
    typed: str = QUESTION,
    question: str = "",
    scope: Scope = EVERYTHING,
    kind: AnswerKind = AnswerKind.ANSWERED,
    removed: tuple[Claim, ...] = REMOVED,
    reason: str = "",
    revision: int = 12,
    outdated: tuple[str, ...] = (),
    nearest: tuple[Candidate, ...] = FOUND[:3],
    model: ModelIdentity = MODEL,
    utc: str = "2026-11-22T13:02:11.120+00:00",
) -> Exchange:
    """A question with its answer."""
    checked = CheckedAnswer(question or typed, kind, claims, removed, nearest, COVERAGE, reason)
    record = AuditRecord(40 + id, "{}", "0" * 64, f"{id:02x}" * 32)
    return Exchange(
        id,
        conversation,
        typed,
        scope,
        Answer(checked, record, model, revision, Seconds(0.4, 1.8, 10.9, 0.2, 12.3)),
        utc,
        outdated,
    )


NOT_FOUND = exchange(
    (),
    id=2,
    typed="Is there a most favored nation clause?",
    kind=AnswerKind.NOT_FOUND,
    removed=(),
    reason="not_answered_by_passages",
    scope=Scope(documents=("outsourcing-agreement-dgt-dolphin.pdf",)),
)
SMALL_TALK = exchange(
    (Claim("I am Vademecum. I answer from the documents in your library.", Verdict.CONVERSATION, 0.0),),
    id=3,
    typed="Who are you?",
    kind=AnswerKind.CONVERSATION,
    removed=(),
    nearest=(),
)
CHINESE = exchange(
    (
        Claim(
            "用人单位未及时足额支付劳动报酬的，劳动者可以解除劳动合同。",
            Verdict.SUPPORTED,
            0.95,
            (citation(LAW, LAW_SHA, 4, "5", UNPAID_QUOTE),),
        ),
        Claim(
            "劳动者提前三十日以书面形式通知用人单位，可以解除劳动合同。",
            Verdict.SUPPORTED,
            1.0,
            (citation(LAW, LAW_SHA, 4, "5", "劳动者提前三十日以书面形式通知用人单位，可以解除劳动合同。"),),
            verbatim=True,
        ),
        Claim(
            "用人单位应当支付经济补偿，每满一年支付一个月工资。",
            Verdict.PARTIAL,
            0.6,
            (
                citation(LAW, LAW_SHA, 7, "8", SEVERANCE_QUOTE),
                citation(LAW, LAW_SHA, 7, "8", "有下列情形之一的，用人单位应当向劳动者支付经济补偿："),
            ),
            ("condition_lost",),
        ),
    ),
    id=4,
    typed="公司拖欠工资，员工可以解除合同吗？",
    removed=(Claim("员工必须提前九十日通知公司。", Verdict.UNSUPPORTED, 0.4, (), ("number_absent",)),),
)  # fmt: skip


def document(
    id: int, name: str, collection: str = "Samples", *, sha256: str = "", outcome: Outcome = Outcome.OK
) -> Document:
    """A document of the library."""
    return Document(
        id, sha256 or f"{id:064x}", name, "", collection, 7, 0, (), outcome, "", 1, "2026-11-20T08:00:00Z", 1000
    )


DOCUMENTS = (
    document(1, "lease-2024-harbour-lane.pdf", "Harbour Lane"),
    document(2, "lease-2025-harbour-lane-amended-and-restated-with-schedules.pdf", "Harbour Lane"),
    document(3, CONTRACT, sha256=CONTRACT_SHA),
    document(4, "outsourcing-agreement-dgt-dolphin.pdf"),
    document(5, DRUG, sha256=DRUG_SHA),
    document(6, LETTER, sha256=LETTER_SHA),
    document(7, LAW, sha256=LAW_SHA),
    document(8, "职工带薪年休假条例.pdf"),
    document(9, "quilodarine-monograph-zh.pdf"),
)
CONVERSATIONS = (
    Conversation(1, "Termination of the consulting agreement", "2026-11-22T13:02:11+00:00", 3),
    Conversation(2, "公司拖欠工资，员工可以解除合同吗？", "2026-11-21T09:30:00+00:00", 2),
    Conversation(3, "Quilodarine in renal impairment", "2026-11-20T16:45:00+00:00", 5),
)


def numbered(number: int) -> Exchange:
    """One of many: six sentences of its own."""
    claims = tuple(replace(CLAIMS[at % 3], text=f"{number}.{at} {CLAIMS[at % 3].text}") for at in range(6))
    return exchange(claims, id=number, typed=f"Question {number}: {QUESTION}")
