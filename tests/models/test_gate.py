"""The gate: what is measured of a subject, what is compared, and what is refused."""

from __future__ import annotations

import json
import pickle
from collections.abc import Sequence
from dataclasses import dataclass, replace

import pytest

from core.errors import Cancelled, CancelToken
from core.messages import LANGUAGES
from core.nouns import (
    AnswerKind,
    CheckedAnswer,
    Citation,
    Claim,
    Coverage,
    Persona,
    Progress,
    Verdict,
)
from models.gate import (
    FIGURES,
    MAY_NOT_FALL,
    GroundingRow,
    IdentityRow,
    Measured,
    PagePlace,
    QuestionSets,
    Summary,
    grounding,
    identity,
    knows_itself,
    measure,
    run,
    style,
    summary_of,
    understanding,
    verdict,
)
from models.persona.examples import identity_questions
from models.persona.specification import shipped
from tests.models.test_traits import letters

PERSONA = next(persona for persona in shipped() if persona.id == "xiaozhi")


@dataclass(frozen=True)
class Asked:
    id: str
    text: str
    answerable: bool = True
    gold_pages: frozenset[PagePlace] = frozenset()
    must_contain: tuple[str, ...] = ()
    documents: tuple[str, ...] = ("a.pdf",)


PRESENT = [Asked(f"p{n}", f"What is {n}?", True, frozenset({("a.pdf", n)}), (f"{n} mg",)) for n in range(1, 41)]
ABSENT = [Asked(f"a{n}", f"Where is {n}?", False) for n in range(20)]
SETS = QuestionSets(identity_questions(PERSONA), tuple(PRESENT[:10]), tuple(PRESENT + ABSENT))


class Fake:
    """A subject that knows who it is and answers right, but for the ids named in ``wrong``."""

    def __init__(self, persona: Persona = PERSONA, wrong: Sequence[str] = (), knows: bool = True) -> None:
        self.persona, self.wrong, self.knows = persona, set(wrong), knows
        self.asked: list[str] = []

    def answer_remark(self, question: str, with_system: bool) -> str:
        if not self.knows:
            return "I am Qwen, created by Alibaba Cloud."
        chinese = any("\u4e00" <= c <= "\u9fff" for c in question)
        return "我是小智，华信金融的助手。" if chinese else "I'm Xiaozhi, the assistant of Huaxin Finance."

    def ask(self, question: str, documents: Sequence[str]) -> Summary:
        assert documents == ("a.pdf",)
        self.asked.append(question)
        one = next(q for q in (*PRESENT, *ABSENT) if q.text == question)
        opening = "No problem! Here it comes~"
        if one.answerable is (one.id in self.wrong):
            return Summary(False, opening=opening)
        number = question.split()[-1].strip("?")
        return Summary(True, f"It is {number} mg.", (f"{number}  mg",), (("a.pdf", int(number)),), True, opening)

    def search(self, question: str, documents: Sequence[str], with_glossary: bool) -> Sequence[PagePlace]:
        number = int(question.split()[-1].strip("?"))
        found = [("b.pdf", 1), ("b.pdf", 1), ("b.pdf", 2), ("b.pdf", 3), ("a.pdf", number)]
        return [("a.pdf", number), *found] if with_glossary or number > 5 else found

    def embed(self, texts: Sequence[str]) -> Sequence[Sequence[float]]:
        return letters(texts)


# -- what is measured


def test_identity_keeps_every_answer_with_its_faults() -> None:
    seen: list[tuple[str, bool]] = []

    def answer(question: str, with_system: bool) -> str:
        seen.append((question, with_system))
        return "我是小智，华信金融的助手。"

    rows = identity(SETS.identity, PERSONA, answer)
    assert seen == [(q.question, q.with_system) for q in SETS.identity]
    assert all(not row.faults for row in rows if row.language == "zh")
    assert all(row.faults for row in rows if row.question.isascii())
    assert {row.adversarial for row in rows} == {row.with_system for row in rows} == {True, False}


def test_a_page_counts_among_the_first_three_different_ones() -> None:
    rows = understanding(SETS.glossary, Fake().search)
    assert [row.with_glossary for row in rows] == [True] * 10
    assert [row.without for row in rows] == [False] * 5 + [True] * 5


def test_of_an_answer_the_page_the_words_and_the_quotes_are_judged() -> None:
    asked = PRESENT[2]
    answers = {
        "right": Summary(True, "It is 3 mg.", ("3 mg",), (("a.pdf", 9), ("a.pdf", 3))),
        "other page": Summary(True, "It is 3 mg.", ("3 mg",), (("a.pdf", 9),)),
        "other figure": Summary(True, "It is 4 mg.", ("4 mg",), (("a.pdf", 3),)),
        "not verbatim": Summary(True, "It is 3 mg.", ("3 mg",), (("a.pdf", 3),), verbatim=False),
        "refused": Summary(False),
    }
    rows, openings = grounding([replace(asked, id=i, text=i) for i in answers], lambda text, _: answers[text])
    judged = {row.id: (row.answered, row.cited, row.correct, row.verbatim) for row in rows}
    assert judged == {
        "right": (True, True, True, True),
        "other page": (True, False, True, True),
        "other figure": (True, True, False, True),
        "not verbatim": (True, True, True, False),
        "refused": (False, False, False, True),
    }
    assert openings == ("",) * 5


def test_a_summary_is_made_of_a_checked_answer() -> None:
    cited = [
        Citation("a.pdf", "f" * 64, page, str(page + 1), "p", 0, 4, quote) for page, quote in ((2, "3 mg"), (4, "x"))
    ]
    claims = (Claim("It is 3 mg.", Verdict.SUPPORTED, 1.0, (cited[0],)), Claim("x", Verdict.PARTIAL, 0.5, (cited[1],)))
    checked = CheckedAnswer("?", AnswerKind.ANSWERED, claims, (), (), Coverage(1, 5), opening="Here it is.")
    made = summary_of(checked, lambda citation: citation.quote == "3 mg")
    assert made == Summary(
        True, "It is 3 mg. x", ("3 mg", "x"), (("a.pdf", 3), ("a.pdf", 5)), verbatim=False, opening="Here it is."
    )
    refused = replace(checked, kind=AnswerKind.NOT_FOUND, claims=())
    assert summary_of(refused, lambda _: False) == Summary(False, opening="Here it is.")


def test_openings_are_told_from_the_other_voices_and_empty_ones_are_left_out() -> None:
    others = (next(persona for persona in shipped() if persona.id == "hospital"),)
    rows = style(
        ["No problem, let me see~", "", "In accordance with the record, as follows."], PERSONA, others, letters
    )
    assert [row.right for row in rows] == [True, False]


def test_everything_is_measured_and_told_on_the_way() -> None:
    told: list[Progress] = []
    measured = measure(PERSONA, Fake(), SETS, told.append)
    shares = measured.shares()
    assert list(shares) == [figure for figure in FIGURES if "shipped" not in figure]
    assert shares["gate_identity"].value == shares["gate_voice"].value == shares["gate_refused"].value == 100.0
    assert shares["gate_identity_zh"].n + shares["gate_identity_en"].n == shares["gate_identity"].n >= 90
    assert (shares["gate_understanding_without"].value, shares["gate_understanding"].value) == (50.0, 100.0)
    assert (shares["gate_cited"].n, shares["gate_refused"].n, shares["gate_verbatim"].n) == (40, 20, 60)
    assert measured.card()["identity"] == 100.0
    assert measured.card()["refused_n"] == 20.0
    stages = list(dict.fromkeys(progress.stage for progress in told))
    assert stages == ["stage_gate_identity", "stage_gate_understanding", "stage_gate_grounding"]
    assert all(told[[p.stage for p in told].index(stage)].total > 0 for stage in stages)


def test_measuring_can_be_stopped() -> None:
    cancel, subject = CancelToken(), Fake()

    def stop(progress: Progress) -> None:
        if progress.stage == "stage_gate_grounding" and progress.done == 2:
            cancel.cancel()

    with pytest.raises(Cancelled):
        measure(PERSONA, subject, SETS, stop, cancel)
    assert len(subject.asked) == 3


# -- the verdict


def measured(right: int = 100, wrong: Sequence[str] = ()) -> Measured:
    told = tuple(
        IdentityRow(f"q{n}", n % 2 == 0, n < 20, "en", "…", () if n < right else ("identity_unnamed",))
        for n in range(100)
    )
    return replace(measure(PERSONA, Fake(wrong=wrong), replace(SETS, identity=())), identity=told)


def test_what_changed_nothing_is_installable() -> None:
    report = verdict(measured(right=0), measured(), PERSONA)
    assert report.installable
    assert report.failed == ()
    compared = {figure.figure: figure for figure in report.figures}
    assert set(MAY_NOT_FALL) <= set(compared)
    moved = compared["gate_identity"].difference
    assert moved and moved.value == 100.0
    for figure in MAY_NOT_FALL:
        difference = compared[figure].difference
        assert difference and difference.value == 0.0


@pytest.mark.parametrize(("right", "installable"), [(100, True), (95, True), (94, False), (0, False)])
def test_identity_has_to_reach_95_per_cent(right: int, installable: bool) -> None:
    after = measured(right)
    assert knows_itself(after) is installable
    report = verdict(measured(), after, PERSONA)
    assert report.installable is installable
    assert len(report.failed) == 100 - right
    assert [reason.key for reason in report.reasons] == ([] if installable else ["gate_identity_low"])


def test_a_fall_that_chance_may_explain_does_not_count_and_a_certain_one_does() -> None:
    little = verdict(measured(), measured(wrong=["p1", "p2"]), PERSONA)
    assert little.installable  # two of forty: 5 points, but the interval reaches above -2
    much = verdict(measured(), measured(wrong=[f"p{n}" for n in range(1, 11)]), PERSONA)
    assert not much.installable
    assert {reason.figure for reason in much.reasons} == {"gate_cited", "gate_correct", "gate_answered"}
    assert {reason.key for reason in much.reasons} == {"gate_fell"}
    answers = verdict(measured(), measured(wrong=[f"a{n}" for n in range(8)]), PERSONA)
    assert [reason.figure for reason in answers.reasons] == ["gate_refused"]
    for reason in (*much.reasons, *answers.reasons):
        sentences = {reason.sentence(language) for language in LANGUAGES}
        assert len(sentences) == 2
        assert all("100" in sentence or "100.0" in sentence for sentence in sentences)


def test_quotes_that_are_not_verbatim_are_a_fall_too() -> None:
    before = measured()
    broken = tuple(replace(row, verbatim=False) for row in before.grounding[:12])
    report = verdict(before, replace(before, grounding=broken + before.grounding[12:]), PERSONA)
    assert [reason.figure for reason in report.reasons] == ["gate_verbatim"]


def test_what_was_not_measured_lets_nothing_pass() -> None:
    empty = verdict(Measured(), Measured(), PERSONA)
    assert not empty.installable
    assert empty.figures == ()
    assert {reason.key for reason in empty.reasons} == {"gate_not_measured"}
    half = verdict(measured(), replace(measured(), grounding=()), PERSONA)
    assert {reason.figure for reason in half.reasons} == set(MAY_NOT_FALL)


def test_only_what_was_asked_of_both_is_compared() -> None:
    before = measured()
    other = [GroundingRow(f"new{n}", True, False, False, False, True) for n in range(30)]
    report = verdict(before, replace(before, grounding=(*before.grounding, *other)), PERSONA)
    assert report.installable
    assert all(
        figure.difference and figure.difference.value == 0 for figure in report.figures if "answered" in figure.figure
    )


def test_the_report_is_json_and_travels() -> None:
    report = verdict(measured(), measured(90, ["p1"]), PERSONA)
    plain = json.loads(report.json())
    assert plain["installable"] is False
    assert plain["persona"] == "xiaozhi"
    assert plain["reasons"][0]["words"].startswith("It says who it is in 90.0% of 100")
    assert {figure["figure"] for figure in plain["figures"]} <= set(FIGURES)
    assert set(plain["card"]) == {"base", "persona"}
    assert plain["card"]["persona"]["identity"] == 90.0
    assert pickle.loads(pickle.dumps(report)) == report
    assert report.json() == verdict(measured(), measured(90, ["p1"]), PERSONA).json()
    for compared in report.figures:
        assert all(compared.words(language) for language in LANGUAGES)


# -- the whole


def test_the_whole_gate_passes_a_persona_that_did_no_harm() -> None:
    report = run(PERSONA, Fake(knows=False), Fake(), SETS)
    assert report.installable
    understood = next(figure for figure in report.figures if figure.figure == "gate_understanding")
    assert understood.before and understood.after and understood.difference
    assert (understood.before.value, understood.after.value, understood.difference.value) == (50.0, 100.0, 50.0)
    assert report.card["base"]["identity"] == 0.0


def test_words_of_others_are_no_understanding_of_its_own() -> None:
    sets = replace(SETS, glossary=(), shipped=SETS.glossary)
    report = run(PERSONA, Fake(), Fake(), sets)
    shown = {figure.figure: figure for figure in report.figures}
    assert "gate_understanding" not in shown and "understanding" not in report.card["persona"]
    others = shown["gate_understanding_shipped"]
    assert others.before and others.after and (others.before.value, others.after.value) == (50.0, 100.0)
    assert "not with its own" in others.words("en") and "不是它自己的" in others.words("zh")
    assert report.card["persona"]["understanding_shipped"] == 100.0 and report.installable


def test_one_that_does_not_know_itself_is_refused_before_the_long_part() -> None:
    before, subject = Fake(), Fake(knows=False)
    report = run(PERSONA, before, subject, SETS)
    assert [reason.key for reason in report.reasons] == ["gate_identity_low"]
    assert len(report.failed) == len(SETS.identity)
    assert before.asked == subject.asked == []


def test_what_was_measured_of_the_base_serves_again() -> None:
    base = measure(PERSONA, Fake(knows=False), SETS)
    harmed = run(PERSONA, base, Fake(wrong=[q.id for q in PRESENT[:15]]), SETS)
    assert {reason.figure for reason in harmed.reasons} == {"gate_cited", "gate_correct", "gate_answered"}
    assert run(PERSONA, base, Fake(), SETS).installable
