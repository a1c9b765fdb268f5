"""Answers as the engine gives them, for what shows them."""

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
    Coverage,
    DatedBy,
    Disagreement,
    ModelIdentity,
    Passage,
    Rect,
    Seconds,
    Side,
    Verdict,
)

BOX = Rect(0.1, 0.2, 0.9, 0.25)
TEXT = "Either party may terminate this Agreement\nupon thirty (30) days prior written notice."
PASSAGE = Passage("ab-4-0-83", "ab" * 32, 4, 0, len(TEXT), TEXT, ("TERMS", "12 Term"), "12.2")
CANDIDATE = Candidate(PASSAGE, "contract.pdf", "iii", 0.87654321, 0.9, 12.0, 0.8)
CITATION = Citation("contract.pdf", "ab" * 32, 4, "iii", "ab-4-0-83", 0, len(TEXT), TEXT, (BOX,))
SUPPORTED = Claim("Either party may terminate with 30 days notice.", Verdict.SUPPORTED, 0.9, (CITATION,))
PARTIAL = Claim("It ends then.", Verdict.PARTIAL, 0.5, (CITATION,), ("some_support",))
QUOTED = Claim(TEXT, Verdict.SUPPORTED, 1.0, (CITATION,), verbatim=True)
STRUCK = Claim("The notice is 90 days.", Verdict.UNSUPPORTED, 0.7, (CITATION,), ("number_absent",))
COVERAGE = Coverage(2, 9, (("scan.pdf", (1,)),))
ANSWER = Answer(
    CheckedAnswer(
        "Can either party terminate?", AnswerKind.ANSWERED, (SUPPORTED, PARTIAL), (STRUCK,), (CANDIDATE,), COVERAGE
    ),
    AuditRecord(3, "{}", "0" * 64, "f" * 64),
    ModelIdentity("default", "cd" * 32),
    12,
    Seconds(0.5, 1.0, 2.0, 0.1, 2.6),
)
EARLIER = replace(CITATION, document="contract-2019.pdf", sha256="ef" * 32, quote="upon ninety (90) days notice")
DISAGREEMENT = Disagreement(
    "differ_figures", (Side(EARLIER, "2019", DatedBy.NAME), Side(CITATION, "2024-06-04", DatedBy.TEXT))
)
DISAGREEING = replace(ANSWER, checked=replace(ANSWER.checked, disagreements=(DISAGREEMENT,)))
NOT_FOUND = replace(
    ANSWER,
    checked=CheckedAnswer(
        "Is there a dog?", AnswerKind.NOT_FOUND, (), (), (CANDIDATE,), COVERAGE, "not_answered_by_passages"
    ),
)
CONVERSATION = replace(
    ANSWER,
    checked=CheckedAnswer(
        "你是谁？",
        AnswerKind.CONVERSATION,
        (Claim("我是 Vademecum。", Verdict.CONVERSATION, 0.0),),
        (),
        (),
        COVERAGE,
    ),
)
