"""Evaluating: arithmetic against hand-computed values, packs good and bad, and a miniature pack run end to end."""

from __future__ import annotations

import json
import math
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import pytest
from reportlab.lib.pagesizes import A5  # type: ignore[import-untyped]
from reportlab.pdfgen.canvas import Canvas  # type: ignore[import-untyped]

import core.asking
from core.embedding import Embedder
from core.errors import Cancelled, CancelToken, UserProblem
from core.evaluating import SUITES, Engine, Evaluation, Figure, evaluate, load_claims, load_questions, to_json
from core.evaluating.claims import verdict
from core.evaluating.differing import difference_table
from core.evaluating.measures import Confusion, auroc, f1, macro_f1, mean, quantile
from core.evaluating.pack import LabelledClaim, Question, draw, read_floors
from core.evaluating.running import Searched
from core.evaluating.scoring import dice, recall, stated_decision
from core.intervals import share
from core.language_model import Generation, LanguageModel
from core.library import Library, open_library
from core.messages import LANGUAGES
from core.nouns import Bilingual, Persona, Progress, Term, Turn, Verdict
from core.reading import Limits, Reader
from core.speaking import Speaker
from tests.fakes import FakeEmbedder, ScriptedModel

# -- the arithmetic


@pytest.mark.parametrize(
    ("hits", "n", "low", "high"),
    [(594, 699, 82.1, 87.4), (228, 300, 70.9, 80.5), (185, 300, 56.1, 67.0), (97, 100, 91.5, 99.0)],
)
def test_a_share_has_the_wilson_interval_that_the_packs_own_floors_have(
    hits: int, n: int, low: float, high: float
) -> None:
    found = share([True] * hits + [False] * (n - hits))
    assert found is not None
    assert found.n == n
    assert (found.value, found.low, found.high) == pytest.approx((100 * hits / n, low, high), abs=0.05)


def test_a_share_stays_between_nothing_and_all() -> None:
    nothing, everything = share([False] * 3), share([True] * 3)
    assert nothing and everything
    assert (nothing.low, everything.high) == (0.0, 100.0)


def test_nothing_measured_is_no_figure() -> None:
    assert share([]) is None
    assert mean([], 0) is None
    assert quantile([], 0.5, 0) is None
    assert auroc([1.0], [], 0) is None
    assert f1(Confusion(0, 0, 0, 0), 0) is None


def test_area_under_the_curve_counts_ties_half() -> None:
    found = auroc([3, 2], [1, 2], 0)  # 3>1, 3>2, 2>1 won, 2=2 drawn
    assert found and found.value == pytest.approx(3.5 / 4)
    assert found.n == 4
    apart = auroc([5, 6, 7], [1, 2], 0)
    assert apart and (apart.value, apart.low, apart.high) == (1.0, 1.0, 1.0)


def test_f1_and_macro_f1() -> None:
    truth = [True, True, True] + [False] * 7
    said = [True, True, False, True] + [False] * 6
    counts = Confusion.of(truth, said)
    assert counts == Confusion(true_positive=2, false_positive=1, false_negative=1, true_negative=6)
    one, both = f1(counts, 0), macro_f1(counts, 0)
    assert one and one.value == pytest.approx(100 * 4 / 6)
    assert both and both.value == pytest.approx(100 * (4 / 6 + 12 / 14) / 2)
    none = f1(Confusion(0, 0, 0, 5), 0)
    assert none and none.value == 0.0


def test_means_and_quantiles() -> None:
    middle, late = quantile([1, 2, 3, 4, 5], 0.5, 0), quantile([1, 2, 3, 4, 5], 0.95, 0)
    assert middle and late and (middle.value, late.value) == pytest.approx((3.0, 4.8))
    found = mean([0.0, 50.0, 100.0], 0)
    assert found and found.value == 50.0 and found.n == 3
    same = mean([7.0] * 9, 0)
    assert same and (same.low, same.high) == (7.0, 7.0)


def test_bootstrap_intervals_hold_the_value_and_repeat_with_the_seed() -> None:
    values = [float(i % 11) for i in range(200)]
    first, again, other = mean(values, 1), mean(values, 1), mean(values, 2)
    assert first and first.low is not None and first.high is not None
    assert first.low < first.value < first.high
    # The interval of a mean is about two standard errors each way.
    spread = math.sqrt(sum((v - first.value) ** 2 for v in values) / 200 / 200)
    assert first.high - first.low == pytest.approx(2 * 1.96 * spread, rel=0.1)
    assert first == again != other


def test_recall_is_the_share_of_articles_found_and_a_page_range_counts_once() -> None:
    gold = (frozenset({("a.pdf", 3), ("a.pdf", 4)}), frozenset({("b.pdf", 1)}))
    question = Question("q", "?", True, gold=gold)
    searched = Searched(question, (("c.pdf", 1), ("a.pdf", 4), ("a.pdf", 3), ("b.pdf", 1)), 1, 1, 1, 0.1)
    assert [recall(searched, k) for k in (1, 2, 3, 4)] == [0.0, 0.5, 0.5, 1.0]


def test_dice_of_character_pairs() -> None:
    assert dice(["肠梗阻"], "肠梗阻") == 1.0
    assert dice(["肠 梗阻。"], "肠梗") == pytest.approx(2 * 1 / (2 + 1))
    assert dice(["肠梗阻", "肠梗阻"], "肠梗") == pytest.approx(2 / 3)  # a quote cited twice counts once
    assert dice([], "肠梗阻") == 0.0
    assert dice([], "") == 0.0


@pytest.mark.parametrize(
    ("sentences", "said"),
    [
        (["Yes."], "yes"),
        (["No, it does not."], "no"),
        (["“Maybe”"], "maybe"),
        (["It was studied.", "The answer is: no"], "no"),
        (["No difference was found."], ""),
        (["Yesterday, it was."], ""),
        (["The patients said yes."], ""),
        ([], ""),
    ],
)
def test_a_decision_counts_only_when_it_is_stated(sentences: list[str], said: str) -> None:
    assert stated_decision(sentences) == said


# -- packs

README = """# A pack

| set | measure | n | floor | note |
|---|---|---|---|---|
| cuad, page in its contract, query = question | hit@1/3/5 | 9 | 1.0 / 1.0 / 1.0 | of another section |

## All floors

BM25 over pages.

| set | measure | n | floor | 95% interval / note |
|---|---|---|---|---|
| cuad, page in its contract, query = question | hit@1/3/5 | 699 | 44.5 / 74.4 / 85.0 | @5 82.1-87.4 |
| same, first marked page only | hit@1/3/5 | 699 | 38.3 / 66.5 / 78.5 |  |
| cuad, page in its contract, query = category + question | hit@1/3/5 | 699 | 53.4 / 80.5 / 89.1 | |
| same, first marked page only | hit@1/3/5 | 699 | 46.1 / 74.7 / 83.5 |  |
| cuad, located v. absent pairs by best page score | AUROC | 2218 | 0.604 |  |
| zh_laws, all statutes together (77 pages) | article-page recall@1/5/10 | 300 | 32.2 / 57.3 / 66.1 |  |
| same | any gold page hit@1/5/10 | 300 | 45.0 / 69.0 / 76.0 | |
| same | right statute first | 300 | 61.7 | 56.1-67.0 |
| pubmed, 100 abstracts together | page hit@1 | 100 | 97.0 | 91.5-99.0 |
| verifier/mini | macro-F1, supported v. rest | 4 | 65.0 | |
| - Source/A | macro-F1, supported v. rest | 3 | 62.7 | |
| - contradicted claims let through as supported | percent | 1 | 35.8 | lower is better |
| - medicine and law only | macro-F1, supported v. rest | 2 | 55.6 | |

## Something else

| cuad, located v. absent pairs by best page score | AUROC | 2218 | 0.999 |  |
"""


def write_lines(file: Path, rows: Sequence[Mapping[str, object]]) -> None:
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_text("".join(json.dumps(row, ensure_ascii=False) + "\n" for row in rows), encoding="utf-8")


def write_pdf(file: Path, pages: Sequence[Sequence[str]]) -> None:
    file.parent.mkdir(parents=True, exist_ok=True)
    canvas = Canvas(str(file), pagesize=A5)
    for lines in pages:
        for row, line in enumerate(lines):
            canvas.drawString(40, 520 - 20 * row, line)
        canvas.showPage()
    canvas.save()


LEASE = (
    ("The tenant pays a monthly rent of 900 dollars.", "The rent is due on the first day of each month."),
    ("Either party may terminate this lease with sixty days notice.", "The notice is given in writing."),
)
SUPPLY = (
    ("The supplier delivers steel pipes every quarter.", "Delivery is made to the warehouse of the buyer."),
    ("Disputes are settled by arbitration in Geneva.", "The language of the proceedings is English."),
)
RENT, NOTICE, DISPUTES = "What is the monthly rent?", "How many days notice to terminate?", "How are disputes settled?"
INSURANCE, SMOKING = "Which insurance must the supplier hold?", "May the tenant smoke?"


def contract_row(
    name: str, document: str, question: str, pages: Sequence[int] = (), first: int | None = None
) -> dict[str, object]:
    return {
        "id": name,
        "doc": document,
        "question": question,
        "answerable": bool(pages),
        "gold_page": first,
        "gold_pages": list(pages),
        "answer": "No",
    }


@pytest.fixture
def contracts(tmp_path: Path) -> Path:
    """Two contracts of two pages and five questions: one has two right pages, one a key that is wrong on purpose."""
    pack = tmp_path / "pack"
    write_pdf(pack / "cuad" / "pdfs" / "lease.pdf", LEASE)
    write_pdf(pack / "cuad" / "pdfs" / "Supply.PDF", SUPPLY)
    write_lines(
        pack / "cuad" / "page_qa.jsonl",
        [
            contract_row("rent", "lease.pdf", RENT, [1], 1),
            contract_row("notice", "lease.pdf", NOTICE, [1, 2], 1),
            contract_row("disputes", "Supply.PDF", DISPUTES, [1], 1),
            contract_row("insurance", "Supply.PDF", INSURANCE),
            contract_row("smoking", "lease.pdf", SMOKING),
        ],
    )
    (pack / "README.md").write_text(README, encoding="utf-8")
    return pack


def test_floors_are_read_from_the_packs_own_table(contracts: Path) -> None:
    floors = read_floors(contracts)
    question = "cuad, page in its contract, query = question"
    assert [floors[question, f"hit@{k}"] for k in (1, 3, 5)] == [44.5, 74.4, 85.0]
    assert floors[f"{question}, first marked page only", "hit@5"] == 78.5
    assert floors["cuad, located v. absent pairs by best page score", "AUROC"] == 0.604
    assert floors["zh_laws, all statutes together", "article-page recall@10"] == 66.1
    assert floors["zh_laws, all statutes together", "right statute first"] == 61.7
    assert floors["pubmed, abstracts together", "page hit@1"] == 97.0
    assert floors["verifier/mini - Source/A", "macro-F1, supported v. rest"] == 62.7
    assert floors["verifier/mini - contradicted claims let through as supported", "percent"] == 35.8
    (contracts / "README.md").unlink()
    assert read_floors(contracts) == {}


def test_a_draw_is_the_same_for_a_seed_whatever_the_order_and_grows_by_adding() -> None:
    questions = [Question(f"q{i}", "?", True) for i in range(50)]
    ten = draw(questions, 10, seed=3)
    assert ten == draw(questions[::-1], 10, seed=3)
    assert ten[:4] == draw(questions, 4, seed=3)
    assert set(ten) != set(draw(questions, 10, seed=4))
    assert set(draw(questions, 0, seed=3)) == set(questions) == set(draw(questions, 99, seed=3))


def test_questions_of_every_form(tmp_path: Path, contracts: Path) -> None:
    rent, notice, _, insurance, _ = load_questions(contracts, "cuad")
    assert rent == Question("rent", RENT, True, "lease.pdf", (frozenset({("lease.pdf", 1)}),), ("lease.pdf", 1), "No")
    assert notice.gold_pages == {("lease.pdf", 1), ("lease.pdf", 2)}
    assert (insurance.answerable, insurance.gold, insurance.first_page) == (False, (), None)
    # A name written in decomposed Unicode is the name that the library keeps.
    gold = [{"doc": "cafe\u0301.pdf", "page": 2, "page_end": 3, "text": "x"}, {"doc": "b.pdf", "page": 1}]
    write_lines(
        tmp_path / "pubmed" / "qa.jsonl",
        [{"id": "p", "question": "?", "answerable": True, "gold": gold, "decision": "yes", "long_answer": "L"}],
    )
    (question,) = load_questions(tmp_path, "pubmed")
    assert question.gold == (frozenset({("café.pdf", 2), ("café.pdf", 3)}), frozenset({("b.pdf", 1)}))
    assert (question.decision, question.reference) == ("yes", "L")
    write_lines(tmp_path / "zh_cases" / "qa.jsonl", [{"id": "c", "question": "?", "answer": "A", "doc": "case.pdf"}])
    assert load_questions(tmp_path, "zh_cases") == (Question("c", "?", True, "case.pdf", reference="A"),)


def damage_nothing_there(pack: Path) -> Path:
    return pack / "nowhere"


def damage_no_suite(pack: Path) -> Path:
    (pack / "cuad").rename(pack / "contracts")
    return pack


def damage_no_questions_file(pack: Path) -> Path:
    (pack / "cuad" / "page_qa.jsonl").unlink()
    return pack


def damage_not_utf8(pack: Path) -> Path:
    (pack / "cuad" / "page_qa.jsonl").write_bytes(b"\xff\xfe{}")
    return pack


def damage_empty(pack: Path) -> Path:
    (pack / "cuad" / "page_qa.jsonl").write_text("\n\n")
    return pack


def damage_no_documents(pack: Path) -> Path:
    for file in (pack / "cuad" / "pdfs").iterdir():
        file.unlink()
    return pack


def damage_line(text: str) -> Callable[[Path], Path]:
    def damage(pack: Path) -> Path:
        with (pack / "cuad" / "page_qa.jsonl").open("a", encoding="utf-8") as file:
            file.write(text)
        return pack

    return damage


@pytest.mark.parametrize(
    ("damage", "key"),
    [
        (damage_nothing_there, "evaluation_no_pack"),
        (damage_no_suite, "evaluation_no_suite"),
        (damage_no_questions_file, "evaluation_file_unreadable"),
        (damage_not_utf8, "evaluation_file_unreadable"),
        (damage_empty, "evaluation_no_questions"),
        (damage_no_documents, "evaluation_no_documents"),
        (damage_line('{"id": "cut", "quest'), "evaluation_bad_line"),
        (damage_line("[1, 2]"), "evaluation_bad_line"),
        (damage_line(json.dumps(contract_row("x", "a.pdf", ""))), "evaluation_bad_line"),
        (damage_line(json.dumps(contract_row("x", "a.pdf", "?", [0], 1))), "evaluation_bad_line"),
        (damage_line(json.dumps(contract_row("x", "a.pdf", "?", [1], None))), "evaluation_bad_line"),
        (damage_line(json.dumps(contract_row("x", "a.pdf", "?") | {"answerable": "no"})), "evaluation_bad_line"),
    ],
)
def test_a_pack_that_is_missing_or_malformed_gets_a_sentence(
    damage: Callable[[Path], Path], key: str, contracts: Path, engine: Engine
) -> None:
    pack = damage(contracts)
    with pytest.raises(UserProblem) as caught:
        evaluate(pack, "cuad", engine)
    assert caught.value.key == key
    for language in LANGUAGES:
        assert len(caught.value.sentence(language)) > 10
    assert engine.library.documents() == []


def test_a_bad_line_is_named_by_its_number(contracts: Path) -> None:
    damage_line("{}")(contracts)
    with pytest.raises(UserProblem, match=r"Line 6 of .*page_qa\.jsonl .*“doc” is missing"):
        load_questions(contracts, "cuad")


def test_an_unknown_suite_is_refused_with_the_known_ones(contracts: Path) -> None:
    with pytest.raises(UserProblem, match=", ".join(SUITES)):
        evaluate(contracts, "acceptance")


@pytest.mark.parametrize(("page", "page_end"), [(3, 2), (1, 10**12), ("1", 1)])
def test_a_stretch_of_pages_that_makes_no_sense_is_refused(tmp_path: Path, page: object, page_end: int) -> None:
    gold = [{"doc": "a.pdf", "page": page, "page_end": page_end}]
    write_lines(tmp_path / "zh_laws" / "qa.jsonl", [{"id": "z", "question": "?", "answerable": True, "gold": gold}])
    with pytest.raises(UserProblem) as caught:
        load_questions(tmp_path, "zh_laws")
    assert caught.value.key == "evaluation_bad_line"


# -- a miniature pack, end to end


@dataclass(frozen=True)
class Opinion:
    """What a scripted judge says; the audit record wants a dataclass."""

    answerable: bool
    probability: float


PROBABILITY = {RENT: 0.9, NOTICE: 0.4, DISPUTES: 0.6, INSURANCE: 0.1, SMOKING: 0.7}
DRAFTS = {
    RENT: "The tenant pays a monthly rent of 900 dollars. [1] The deposit is 75 dollars. [1]",
    DISPUTES: "Disputes are settled by arbitration in Geneva. [1]",
    SMOKING: "Either party may terminate this lease with sixty days notice. [1]",
}


class Drafter(ScriptedModel):
    """Drafts what the table says for the question at the end of the prompt."""

    def __init__(self, drafts: Mapping[str, str]) -> None:
        super().__init__()
        self._drafts = drafts

    def generate(self, turns: Sequence[Turn], **_: object) -> Generation:
        (draft,) = (text for question, text in self._drafts.items() if turns[-1].content.endswith(question))
        return replace(ScriptedModel(draft).generate(turns), text=draft)


@pytest.fixture
def judge(monkeypatch: pytest.MonkeyPatch) -> None:
    """The real judge weighs what a real model says; here it says what the table says."""

    def opinion(question: str, *_: object, **__: object) -> Opinion:
        return Opinion(PROBABILITY[question] >= 0.5, PROBABILITY[question])

    monkeypatch.setattr(core.asking, "judge_evidence", opinion)


@pytest.fixture(scope="module")
def reader() -> Iterator[Reader]:
    with Reader(Limits(), ocr=False) as one:
        yield one


@pytest.fixture
def library(tmp_path: Path) -> Iterator[Library]:
    with open_library(tmp_path / "library", create=True) as one:
        yield one


@pytest.fixture
def engine(library: Library, reader: Reader) -> Engine:
    embedder: Embedder = FakeEmbedder()
    model: LanguageModel = Drafter(DRAFTS)
    return Engine(library, reader, embedder, lambda: model)


def by_name(evaluation: Evaluation, table: str) -> dict[str, Figure]:
    """The figures of a table by name and "of"."""
    (found,) = (t for t in evaluation.tables if t.title == table)
    named = {f"{f.name} {f.of}".strip(): f for f in found.figures}
    assert len(named) == len(found.figures)
    return named


def values(figures: Mapping[str, Figure]) -> dict[str, tuple[float, int, float | None]]:
    return {name: (round(f.value, 2), f.n, f.floor) for name, f in figures.items()}


@pytest.mark.slow
@pytest.mark.usefixtures("judge")
def test_contracts_searched_and_asked_give_exactly_these_figures(contracts: Path, engine: Engine) -> None:
    stages: list[Progress] = []
    evaluation = evaluate(contracts, "cuad", engine, asks=5, report=stages.append)
    assert [t.title for t in evaluation.tables] == ["table_retrieval", "table_citation", "table_refusal", "table_speed"]

    retrieval = by_name(evaluation, "table_retrieval")
    area = (
        retrieval.pop("figure_auroc_score"),
        retrieval.pop("figure_auroc_similarity"),
        retrieval.pop("figure_auroc_keyword"),
    )
    assert all(a.n == 5 and a.floor == 0.604 and a.unit == "" and 0 <= a.value <= 1 for a in area)
    assert values(retrieval) == {
        "figure_page_hit @1": (66.67, 3, 44.5),  # the key of "disputes" names the wrong page
        "figure_page_hit @3": (100.0, 3, 74.4),
        "figure_page_hit @5": (100.0, 3, 85.0),
        "figure_first_page_hit @1": (33.33, 3, 38.3),
        "figure_first_page_hit @3": (100.0, 3, 66.5),
        "figure_first_page_hit @5": (100.0, 3, 78.5),
    }
    # "rent" and "disputes" are answered, the latter beside its key; "smoking" is answered and should not be.
    assert values(by_name(evaluation, "table_citation")) == {
        "figure_first_citation_on_page": (50.0, 2, None),
        "figure_any_citation_on_page": (50.0, 2, None),
        "figure_quotes_verbatim": (100.0, 6, None),
        "figure_sentences_supported": (75.0, 4, None),
        "figure_sentences_partial": (0.0, 4, None),
        "figure_sentences_removed": (25.0, 4, None),
        "figure_sentences_quoted": (50.0, 6, None),
    }
    # "notice" and "insurance" are refused: one wrongly, one rightly.
    assert values(by_name(evaluation, "table_refusal")) == {
        "figure_refusal_precision": (50.0, 2, None),
        "figure_refusal_recall": (50.0, 2, None),
        "figure_refusal_f1": (50.0, 5, None),
        "figure_false_refusal": (33.33, 3, None),
        "figure_answered": (66.67, 3, None),
        "figure_auroc_probability": (0.67, 5, 0.604),
    }
    speed = by_name(evaluation, "table_speed")
    assert speed["figure_search_time p50"].n == speed["figure_total_time p95"].n == 5
    assert speed["figure_draft_time p50"].n == speed["figure_first_token_time p50"].n == 3
    assert speed["figure_import_rate"].n == 4 and speed["figure_import_rate"].value > 0
    assert speed["figure_import_rate"].low is None
    last = {p.stage: p for p in stages}
    assert (last["stage_evaluating_search"].done, last["stage_evaluating_search"].total) == (5, 5)
    assert (last["stage_evaluating_asks"].done, last["stage_evaluating_asks"].total) == (5, 5)

    settings = evaluation.settings
    assert settings["model"] == {
        "name": "scripted", "sha256": "0" * 64, "adapter": "", "adapter_sha256": "", "device": "cpu",
    }  # fmt: skip
    assert (settings["documents"], settings["pages"], settings["seed"]) == (2, 4, 0)
    rent = next(d for d in evaluation.details if d["id"] == "rent")
    assert rent["search"]["rank"] == 1  # type: ignore[index]
    (citation,) = rent["ask"]["sentences"][0]["citations"]  # type: ignore[index]
    assert (citation["document"], citation["page"], citation["quote"]) == ("lease.pdf", 1, LEASE[0][0])
    assert citation["verbatim"] and citation["on_gold_page"]
    assert rent["ask"]["judgement"] == {"answerable": True, "probability": 0.9}  # type: ignore[index]


@pytest.mark.slow
@pytest.mark.usefixtures("judge")
def test_with_a_persona_a_table_more_tells_what_it_changes(contracts: Path, engine: Engine) -> None:
    nobody = Bilingual()
    persona = Persona("mingyi", Bilingual("Mingyi", "明医"), nobody, nobody, nobody, glossary=(Term("lease"),))
    speaker = Speaker(persona, ScriptedModel())
    evaluation = evaluate(contracts, "cuad", replace(engine, open_speaker=lambda _: speaker), asks=5)
    assert [t.title for t in evaluation.tables][-2:] == ["table_difference", "table_speed"]
    changes = by_name(evaluation, "table_difference")
    assert {name: (f.value, f.n) for name, f in changes.items()} == {
        "figure_page_hit @1": (0.0, 3),
        "figure_page_hit @3": (0.0, 3),
        "figure_page_hit @5": (0.0, 3),
        "figure_answered": (0.0, 3),
        "figure_any_citation_on_page": (0.0, 3),
        "figure_refusal_recall": (0.0, 2),
        "figure_quotes_verbatim": (0.0, 5),
        "figure_same_answer": (100.0, 5),
    }
    # It spoke: the same facts, with its own beginning.
    (*_, latest) = engine.library.records()
    assert json.loads(latest.body)["opening"]


def test_a_page_that_a_persona_no_longer_finds_is_a_loss_in_points() -> None:
    question = Question("q", "Which law?", True, "a.pdf", (frozenset({("a.pdf", 2)}),))
    found = Searched(question, (("a.pdf", 2),), 1.0, 1.0, 1.0, 0.1)
    lost = replace(found, pages=(("a.pdf", 1), ("a.pdf", 2)))
    table = difference_table("cuad", ([found, found], [lost, found]), ([], []))
    assert {f.of: f.value for f in table.figures} == {"@1": -50.0, "@3": 0.0, "@5": 0.0}
    assert all(f.unit == "points" and f.low is not None and f.low <= f.value for f in table.figures)


@pytest.mark.slow
def test_a_second_run_adds_nothing_and_needs_no_model(contracts: Path, engine: Engine) -> None:
    first = evaluate(contracts, "cuad", engine)
    assert [t.title for t in first.tables] == ["table_retrieval", "table_speed"]
    assert first.settings["model"] is None

    def no_model() -> LanguageModel:
        raise AssertionError("nothing is asked")

    again = evaluate(contracts, "cuad", replace(engine, open_model=no_model), n=2)
    assert len(again.details) == 4  # two answerable, two absent
    assert set(by_name(again, "table_speed")) == {"figure_search_time p50", "figure_search_time p95"}
    assert again.settings["pages_imported_now"] == 0
    ranks = {d["id"]: d["search"]["pages"] for d in first.details}  # type: ignore[index]
    assert all(d["search"]["pages"] == ranks[d["id"]] for d in again.details)  # type: ignore[index]


@pytest.mark.slow
@pytest.mark.usefixtures("judge")
def test_a_document_that_cannot_be_read_is_a_miss_and_is_told(contracts: Path, engine: Engine) -> None:
    (contracts / "cuad" / "pdfs" / "Supply.PDF").write_bytes(b"no PDF at all")
    evaluation = evaluate(contracts, "cuad", engine, asks=5)
    assert evaluation.notes == ("note_documents_unread",)
    assert by_name(evaluation, "table_retrieval")["figure_page_hit @5"].value == pytest.approx(200 / 3)
    assert {d["id"] for d in evaluation.details if "ask" in d} == {"rent", "notice", "smoking"}
    rejected = evaluation.settings["rejected"]
    assert isinstance(rejected, list) and [name for name, _ in rejected] == ["Supply.PDF"]
    (contracts / "cuad" / "pdfs" / "lease.pdf").write_bytes(b"")
    with (
        open_library(engine.library.folder.parent / "other", create=True) as empty,
        pytest.raises(UserProblem) as caught,
    ):
        evaluate(contracts, "cuad", replace(engine, library=empty))
    assert caught.value.key == "evaluation_nothing_read"


@pytest.mark.slow
def test_documents_of_another_pack_in_the_collection_are_refused(contracts: Path, engine: Engine) -> None:
    evaluate(contracts, "cuad", engine)
    (contracts / "cuad" / "pdfs" / "lease.pdf").rename(contracts / "cuad" / "pdfs" / "rental.pdf")
    with pytest.raises(UserProblem, match=r"1 documents .* “lease\.pdf”"):
        evaluate(contracts, "cuad", engine)
    assert len(engine.library.documents()) == 2


@pytest.mark.slow
@pytest.mark.usefixtures("judge")
def test_it_stops_when_asked_to(contracts: Path, engine: Engine) -> None:
    for stage in ("stage_evaluating_search", "stage_evaluating_asks"):
        token = CancelToken()

        def stop(progress: Progress, stage: str = stage, token: CancelToken = token) -> None:
            if progress.stage == stage:
                token.cancel()

        with pytest.raises(Cancelled):
            evaluate(contracts, "cuad", engine, asks=1, report=stop, cancel=token)


@pytest.mark.slow
def test_statutes_are_ranked_all_together(tmp_path: Path, engine: Engine) -> None:
    pack = tmp_path / "pack"
    write_pdf(pack / "zh_laws" / "pdfs" / "lease.pdf", LEASE)
    write_pdf(pack / "zh_laws" / "pdfs" / "supply.pdf", SUPPLY)

    def gold(*places: tuple[str, int, int]) -> list[dict[str, object]]:
        return [{"doc": doc, "page": page, "page_end": end, "text": "x"} for doc, page, end in places]

    rows = [
        {"id": "a", "question": RENT, "answerable": True, "gold": gold(("lease.pdf", 1, 2), ("supply.pdf", 2, 2))},
        {"id": "b", "question": "arbitration in Geneva?", "answerable": True, "gold": gold(("lease.pdf", 2, 2))},
        {"id": "c", "question": "copyright", "answerable": False, "gold": []},
    ]
    write_lines(pack / "zh_laws" / "qa.jsonl", rows)
    (pack / "README.md").write_text(README, encoding="utf-8")
    evaluation = evaluate(pack, "zh_laws", engine)
    assert evaluation.notes == ("note_rendered",)
    found = values(by_name(evaluation, "table_retrieval"))
    assert found["figure_article_recall @1"] == (25.0, 2, 32.2)  # one of two articles of "a", none of "b"
    assert found["figure_article_recall @10"] == (100.0, 2, 66.1)
    assert found["figure_gold_page_hit @1"] == (50.0, 2, 45.0)
    assert found["figure_gold_page_hit @10"] == (100.0, 2, 76.0)
    assert found["figure_statute_first"] == (50.0, 2, 61.7)


@pytest.mark.slow
@pytest.mark.parametrize(
    ("draft", "stated"), [(DRAFTS[RENT], False), ("Yes: the tenant pays a monthly rent. [1]", True)]
)
def test_abstracts_tell_of_yes_and_no_only_when_an_answer_says_it(
    tmp_path: Path, library: Library, reader: Reader, judge: None, draft: str, stated: bool
) -> None:
    pack = tmp_path / "pack"
    write_pdf(pack / "pubmed" / "pdfs" / "lease.pdf", LEASE)
    gold = [{"doc": "lease.pdf", "page": 1, "text": "x"}]
    row = {"id": "p", "question": RENT, "answerable": True, "gold": gold, "decision": "yes", "long_answer": "x"}
    write_lines(pack / "pubmed" / "qa.jsonl", [row])
    engine = Engine(library, reader, FakeEmbedder(), lambda: Drafter({RENT: draft}))
    evaluation = evaluate(pack, "pubmed", engine, asks=1)
    assert by_name(evaluation, "table_retrieval")["figure_page_hit @1"].value == 100.0
    if stated:
        assert values(by_name(evaluation, "table_decision")) == {
            "figure_decision_stated": (100.0, 1, None),
            "figure_decision_accuracy": (100.0, 1, None),
        }
    else:
        assert "table_decision" not in [t.title for t in evaluation.tables]
        assert evaluation.notes == ("note_decisions_left_out",)


@pytest.mark.slow
@pytest.mark.usefixtures("judge")
def test_case_records_have_a_stated_proxy_and_no_floor(tmp_path: Path, engine: Engine) -> None:
    pack = tmp_path / "pack"
    write_pdf(pack / "zh_cases" / "pdfs" / "case.pdf", LEASE)
    write_pdf(pack / "zh_cases" / "pdfs" / "other.pdf", SUPPLY)
    row = {"id": "c", "question": RENT, "doc": "case.pdf", "answer": LEASE[0][0]}
    write_lines(pack / "zh_cases" / "qa.jsonl", [row])
    evaluation = evaluate(pack, "zh_cases", engine, asks=1)
    assert [t.title for t in evaluation.tables] == ["table_citation", "table_refusal", "table_speed"]
    citation = values(by_name(evaluation, "table_citation"))
    assert citation["figure_right_document"] == (100.0, 2, None)
    assert citation["figure_reference_overlap"] == (0.67, 1, None)  # the second quotation is not in the reference
    assert values(by_name(evaluation, "table_refusal")) == {
        "figure_false_refusal": (0.0, 1, None),
        "figure_answered": (100.0, 1, None),
    }


def test_a_suite_over_documents_without_an_engine_is_our_own_mistake(contracts: Path) -> None:
    with pytest.raises(ValueError, match="needs an engine"):
        evaluate(contracts, "cuad")


# -- the verifier suite

EVIDENCE = "The tenant pays a monthly rent of 900 dollars. The landlord does not repair the roof."


def claim_row(name: str, claim: str, label: str, source: str = "Source/A", field: str = "Law") -> dict[str, object]:
    return {"id": name, "claim": claim, "evidence": EVIDENCE, "label": label, "source": source, "field": field}


@pytest.fixture
def claims(tmp_path: Path) -> Path:
    rows = [
        claim_row("right", "The tenant pays a monthly rent of 900 dollars [2].", "supported"),
        claim_row("number", "The tenant pays a monthly rent of 950 dollars.", "contradicted"),
        claim_row("foreign", "Photosynthesis needs light.", "unsupported", field="Biology"),
        claim_row("fooled", "The landlord does not repair the roof.", "contradicted", "Source/B", "Biology"),
    ]
    write_lines(tmp_path / "verifier" / "mini.jsonl", rows)
    (tmp_path / "README.md").write_text(README, encoding="utf-8")
    return tmp_path


def test_claims_get_the_shipped_verdict_beside_the_floors(claims: Path) -> None:
    evaluation = evaluate(claims, "verifier")
    assert {d["id"]: d["verdict"] for d in evaluation.details} == {
        "right": "supported",
        "number": "unsupported",
        "foreign": "unsupported",
        "fooled": "supported",
    }
    assert values(by_name(evaluation, "table_verifier")) == {
        # supported: 1 right, 1 let through -> F1 2/3; rest: 2 right, 1 missed -> F1 4/5
        "figure_macro_f1 mini": (73.33, 4, 65.0),
        "figure_macro_f1 Source/A": (100.0, 3, 62.7),
        "figure_macro_f1 Source/B": (0.0, 1, None),
        "figure_macro_f1_medicine_law mini": (100.0, 2, 55.6),
        "figure_contradicted_passed mini": (50.0, 2, 35.8),
    }


def test_a_citation_mark_in_a_claim_is_no_number_of_it() -> None:
    labelled = LabelledClaim(
        "x", "The tenant pays a monthly rent of 900 dollars [2][13].", EVIDENCE, "supported", "", "", ""
    )
    assert verdict(labelled).verdict is Verdict.SUPPORTED


def test_claims_are_drawn_by_seed_and_may_be_stopped(claims: Path) -> None:
    ids = [d["id"] for d in evaluate(claims, "verifier", n=2).details]
    assert len(ids) == 2 and ids == [d["id"] for d in evaluate(claims, "verifier", n=2).details]
    token = CancelToken()
    token.cancel()
    with pytest.raises(Cancelled):
        evaluate(claims, "verifier", cancel=token)


def test_an_unknown_label_is_refused(claims: Path) -> None:
    write_lines(claims / "verifier" / "odd.jsonl", [claim_row("x", "A claim.", "perhaps")])
    with pytest.raises(UserProblem, match="perhaps"):
        load_claims(claims)


def test_an_evaluation_becomes_plain_json_with_words_in_both_languages(claims: Path) -> None:
    evaluation = evaluate(claims, "verifier")
    data = json.loads(json.dumps(to_json(evaluation), allow_nan=False))
    assert (data["suite"], data["settings"]["seed"], len(data["details"])) == ("verifier", 0, 4)
    first = data["tables"][0]["figures"][0]
    assert first == {
        "name": "figure_macro_f1",
        "of": "mini",
        "words": "macro-F1, supported v. rest: mini",
        "value": 73.3333,
        "unit": "%",
        "n": 4,
        "low": first["low"],
        "high": first["high"],
        "floor": 65.0,
        "note": "",
    }
    assert first["low"] <= 73.3333 <= first["high"]
    for table in evaluation.tables:
        assert all(f.words(language).endswith(f.of) for f in table.figures for language in LANGUAGES)
