"""The comparison: what an answer is worth, the table of four ways, and its picture."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from xml.etree import ElementTree

import pytest

from core.errors import Cancelled, CancelToken, UserProblem
from core.evaluating import Engine
from core.evaluating.chart import chart
from core.evaluating.comparing import (
    BASE,
    BOTH,
    COLUMNS,
    MEASURES,
    PERSONA,
    RETRIEVAL,
    Said,
    Way,
    admits,
    compare,
    first_sentence,
    judge,
    rows,
    ways,
    with_printed_keys,
)
from core.evaluating.pack import PagePlace, Question, load_known
from core.importing import Importer
from core.library import open_library
from core.messages import LANGUAGES, say
from core.nouns import Bilingual, Persona, Progress, Voice
from core.speaking import Speaker
from tests.fakes import FakeEmbedder, LimitedReader, ScriptedModel, as_reader
from tests.judged import judge_as

GDP = Question(
    "gdp",
    "2025年全球GDP增长率是多少？",
    True,
    gold=(frozenset({("outlook.pdf", 1)}),),
    documents=("outlook.pdf",),
    must_contain=("3.5%",),
    language="zh",
)
LAW = replace(GDP, id="law", text="Which state's law governs?", must_contain=("State of California",), language="en")
NOWHERE = Question("none", "What does a pack of 28 tablets cost?", False, documents=("outlook.pdf",), language="en")
PRINTED = {("outlook.pdf", 1): "Growth is 3.5%, trade grows by 2.4%. The laws of the State of California govern."}


def printed(place: PagePlace) -> str:
    return PRINTED[place]


def worth(question: Question, text: str, **said: object) -> set[str]:
    one = Said(text, admits(text), 1.0, **said)  # type: ignore[arg-type]
    judged = judge(question, one, printed, lambda sentence: sentence.endswith("~"))
    return {name for name in ("hallucinated", "refused", "correct", "cited", "in_persona") if getattr(judged, name)}


CITED = {"quotes": ("Growth is 3.5%.",), "pages": (("outlook.pdf", 1),)}


@pytest.mark.parametrize(
    ("question", "text", "expected"),
    [
        (GDP, "2025年全球GDP增长率为3.5%。", {"correct"}),
        (GDP, "增长率是百分之三点五。", {"correct"}),
        (GDP, "大约是2.9%。", {"hallucinated"}),
        (GDP, "大约3.5%，其中贸易增长2.4%。", {"correct"}),  # the other figure stands on the same page
        (GDP, "大约3.5%，通胀率7%。", {"correct", "hallucinated"}),
        (GDP, "抱歉，我不知道。", {"refused"}),
        (GDP, "我不清楚，可能是2.9%。", {"hallucinated"}),
        (GDP, "不太清楚，应该是3.5%。", {"correct"}),
        (GDP, "2025年全球GDP在增长。", set()),  # the year stands in the question
        (GDP, "1. 全球经济在增长。\n2. 各地不同。", set()),  # the marks of a list are no figures
        (GDP, "", {"refused"}),
        (LAW, "It is governed by the laws of the State of California.", {"correct"}),
        (LAW, "California state law governs.", {"correct"}),
        (LAW, "New York law governs.", set()),  # an invention in words alone is not counted
        (LAW, "I'm sorry, I don't have access to that agreement.", {"refused"}),
        (NOWHERE, "It costs $42.", {"hallucinated"}),
        (NOWHERE, "I do not know.", {"refused"}),
        (NOWHERE, "28 tablets are cheap.", set()),
        (NOWHERE, "No problem, let me see~ I do not know.", {"refused", "in_persona"}),
    ],
)
def test_what_an_answer_from_memory_is_worth(question: Question, text: str, expected: set[str]) -> None:
    assert worth(question, text) == expected


def test_what_an_answer_from_the_library_is_worth() -> None:
    assert worth(GDP, "It is 3.5%.", **CITED) == {"correct", "cited"}
    assert worth(GDP, "Growth, as quoted.", **CITED) == {"correct", "cited"}
    assert worth(GDP, "It is 3.5%.", quotes=("It grew.",), pages=(("other.pdf", 1),)) == {"correct"}
    assert worth(GDP, "It is 9%.", quotes=("Trade grew by 9%.",), pages=(("other.pdf", 1),)) == set()
    assert worth(GDP, "It is 9%.", **CITED) == {"hallucinated", "correct", "cited"}
    assert worth(GDP, "It is 3.5%.", opening="No problem~", **CITED) == {"correct", "cited", "in_persona"}


@pytest.mark.parametrize(
    ("text", "first"),
    [
        ("No problem~ It is 3.5%.", "No problem~"),
        ("好的！是3%。", "好的！"),
        ("no mark", "no mark"),
        ("", ""),
        ("\n\nHi. Yes.", "Hi."),
    ],
)
def test_the_first_sentence(text: str, first: str) -> None:
    assert first_sentence(text) == first


def test_a_question_without_a_key_is_never_right() -> None:
    assert worth(replace(GDP, must_contain=()), "It is 3.5%.", **CITED) == {"cited"}


@pytest.mark.parametrize(
    ("reference", "key"),
    [
        ("California", "California"),
        ("The laws of the State of California.", "The laws of the State of California"),
        ("3.50 %", "3.50 %"),  # another way to write what is printed
        ("New York", ""),
        ("Yes", ""),
        ("是", ""),
        ("", ""),
        ("Growth is 3.5%, trade grows by 2.4%. The laws of the State of California govern.", ""),
    ],
)
def test_a_pack_s_question_is_compared_where_its_short_answer_is_printed(reference: str, key: str) -> None:
    asked = replace(GDP, must_contain=(), documents=(), document="outlook.pdf", reference=reference)
    kept = with_printed_keys([asked], printed)
    assert [question.must_contain for question in kept] == ([(key,)] if key else [])
    assert all(question.documents == ("outlook.pdf",) for question in kept)


def test_questions_that_have_their_key_or_no_answer_stay_as_they_are() -> None:
    assert with_printed_keys([GDP, NOWHERE], printed) == (GDP, NOWHERE)


# -- the table


def answering(text: str, seconds: float = 1.0) -> Way:
    return lambda _: Said(text, admits(text), seconds)


FOUR = {
    BASE: answering("It is 2.9%."),
    PERSONA: answering("No problem~ It is 2.8%."),
    RETRIEVAL: lambda q: Said("It is 3.5%.", False, 2.0, ("3.5%",), (("outlook.pdf", 1),))
    if q.answerable
    else Said("", True, 1.0),
    BOTH: lambda q: Said("It is 3.5%.", False, 3.0, ("3.5%",), (("outlook.pdf", 1),), "No problem~")
    if q.answerable
    else Said("", True, 1.0, opening="Oh no~"),
}  # fmt: skip
QUESTIONS = [GDP, replace(GDP, id="again"), NOWHERE]


def test_the_table_has_a_column_a_way_and_every_figure_its_interval() -> None:
    told: list[Progress] = []
    table = compare(QUESTIONS, FOUR, printed=printed, in_persona=lambda s: s.endswith("~"), report=told.append)
    assert [one.title for one in table.tables] == list(COLUMNS)
    assert dict(rows(table)) == {
        "compare_hallucinated": (100.0, 100.0, 0.0, 0.0),
        "compare_refused": (0.0, 0.0, 100.0, 100.0),
        "compare_refused_wrongly": (0.0, 0.0, 0.0, 0.0),
        "compare_correct": (0.0, 0.0, 100.0, 100.0),
        "compare_cited": (0.0, 0.0, 100.0, 100.0),
        "compare_in_persona": (0.0, 100.0, 0.0, 100.0),
        "compare_seconds": (1.0, 1.0, pytest.approx(5 / 3), pytest.approx(7 / 3)),
    }
    for figure in (f for one in table.tables for f in one.figures):
        assert figure.low is not None and figure.high is not None
        assert figure.low <= figure.value <= figure.high
    assert told[0].total == told[-1].done == 12
    assert len(table.details) == 12
    assert {detail["column"] for detail in table.details} == set(COLUMNS)


def test_a_kind_of_question_that_is_not_there_gives_no_figure() -> None:
    table = compare([GDP], FOUR, printed=printed, in_persona=lambda _: False)
    assert dict(rows(table))["compare_refused"] == (None,) * 4


def test_nothing_to_ask_is_a_sentence_and_it_can_be_stopped() -> None:
    with pytest.raises(UserProblem) as problem:
        compare([], FOUR, printed=printed, in_persona=lambda _: False)
    assert all(problem.value.sentence(language) for language in LANGUAGES)
    cancel = CancelToken()

    def stop(progress: Progress) -> None:
        if progress.done == 4:
            cancel.cancel()

    with pytest.raises(Cancelled):
        compare(QUESTIONS, FOUR, printed=printed, in_persona=lambda _: False, report=stop, cancel=cancel)


# -- the engine


@pytest.fixture
def engine(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Engine]:
    judge_as(monkeypatch, answerable=True)
    embedder = FakeEmbedder()
    with open_library(tmp_path / "library", create=True) as library:
        file = tmp_path / "outlook.pdf"
        file.write_text("Global growth in 2025 is 3.5%. Trade grows by 2.4%.")
        importer = Importer(library, as_reader(LimitedReader()), embedder)
        importer.add([file], collection="samples")
        yield Engine(library, as_reader(LimitedReader()), embedder)


def persona() -> Persona:
    name = Bilingual("Xiaozhi", "小智")
    return Persona("xiaozhi", name, Bilingual(), Bilingual(), Bilingual(), voice=Voice.FRIENDLY)


def test_one_question_goes_all_four_ways(engine: Engine) -> None:
    question = replace(GDP, text="What is global growth in 2025?", language="en")
    base = ScriptedModel("It is 2.9%.", '{"sentences": []}', '{"sentences": []}')
    voice = ScriptedModel("Sure thing! It is 2.8%~", "No problem! Let me walk you through it in the simplest way~")
    four = ways(engine, base, Speaker(persona(), voice), collections=("samples",))
    assert list(four) == list(COLUMNS)
    said = {name: way(question) for name, way in four.items()}
    assert said[BASE].text == "It is 2.9%."
    assert said[PERSONA].text.startswith("Sure thing!")
    assert "helpful assistant" in base.asked[0][0].content
    assert "Xiaozhi" in voice.asked[0][0].content
    assert said[BASE].pages == said[PERSONA].pages == ()
    for name in (RETRIEVAL, BOTH):
        assert said[name].pages[0] == ("outlook.pdf", 1)
        assert "3.5%" in " ".join(said[name].quotes)
        assert not said[name].refused
    assert (said[RETRIEVAL].opening, said[BOTH].opening[:11]) == ("", "No problem!")
    assert engine.library.audit_head().sequence >= 2


def test_a_base_that_is_asked_in_chinese_is_told_so_in_chinese(engine: Engine) -> None:
    base = ScriptedModel("不知道。")
    said = ways(engine, base, Speaker(persona(), base))[BASE](GDP)
    assert said.refused
    assert base.asked[0][0].content.startswith("你是")


# -- the picture


@pytest.mark.parametrize("language", LANGUAGES)
def test_the_picture_is_valid_and_says_everything_in_the_language(language: str) -> None:
    table = compare(QUESTIONS, FOUR, printed=printed, in_persona=lambda s: s.endswith("~"))
    drawn = chart(table, language)
    texts = [element.text or "" for element in ElementTree.fromstring(drawn).iter() if element.tag.endswith("text")]
    for key in ("compare_title", *MEASURES):
        assert texts.count(say(key, language)) == 1
    for key in COLUMNS:
        assert texts.count(say(key, language)) == len(MEASURES)
    assert sum(text.startswith("100%") for text in texts) == 10
    assert drawn == chart(table, language)


def test_no_bar_and_no_interval_leaves_its_panel() -> None:
    table = compare(QUESTIONS, FOUR, printed=printed, in_persona=lambda s: s.endswith("~"))
    for element in ElementTree.fromstring(chart(table)).iter():
        if element.tag.endswith("rect") and element.get("x"):
            assert float(element.attrib["x"]) + float(element.attrib["width"]) <= 36 + 170 + 470 + 0.1
        if element.tag.endswith("line"):
            assert 0 <= float(element.attrib["x1"]) <= float(element.attrib["x2"]) <= 826


def test_what_was_not_measured_is_a_dash_and_odd_words_do_no_harm() -> None:
    without = compare([NOWHERE], FOUR, printed=printed, in_persona=lambda _: False)
    assert say("compare_correct") not in chart(without)  # no panel without a single figure
    mixed = replace(
        without, tables=(without.tables[0], compare([GDP], FOUR, printed=printed, in_persona=bool).tables[1])
    )
    assert ">–</text>" in chart(mixed)


# -- the file of questions


def test_a_question_without_documents_is_asked_of_all_that_the_file_names(tmp_path: Path) -> None:
    file = tmp_path / "questions.jsonl"
    gold = '"gold": [{"document": "a.pdf", "page": 2}], "must_contain": ["x"]'
    file.write_text(
        f'{{"id": "1", "question": "?", "answerable": true, {gold}, "language": "en", "persona": "p"}}\n'
        '{"id": "2", "question": "??", "answerable": false, "documents": ["b.pdf"], "absent": ["y"]}\n',
        encoding="utf-8",
    )
    first, second = load_known(file)
    assert (first.documents, second.documents) == (("a.pdf", "b.pdf"), ("b.pdf",))
    assert (first.gold_pages, first.must_contain) == (frozenset({("a.pdf", 2)}), ("x",))
    assert (first.language, first.persona) == ("en", "p")
    assert not second.answerable


@pytest.mark.parametrize(
    "row",
    [
        '{"id": "1", "question": "?", "answerable": true}',
        '{"id": "1", "question": "?", "answerable": false, "must_contain": ["x"]}',
        '{"id": "1", "question": "?", "answerable": true, "must_contain": ["x"], "gold": [{"document": "a"}]}',
        '{"id": "1", "question": "?", "answerable": false, "documents": "a.pdf"}',
        '{"id": "1", "question": "?"}',
        "[]",
    ],
)
def test_a_file_in_another_form_is_refused_with_its_line(row: str, tmp_path: Path) -> None:
    file = tmp_path / "questions.jsonl"
    file.write_text(row, encoding="utf-8")
    with pytest.raises(UserProblem, match="Line 1"):
        load_known(file)
