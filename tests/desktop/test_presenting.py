"""What a person sees: marks, quotes, pages, nothing cut off, nothing wider than the terminal."""

from __future__ import annotations

import sys
from dataclasses import replace
from io import StringIO

import pytest
from rich.cells import cell_len

from core.errors import UserProblem
from core.evaluating import Evaluation, Figure, Table
from core.evaluating.comparing import COLUMNS, MEASURES
from core.messages import say
from core.nouns import Candidate, Change, Coverage, Document, Outcome, Passage, Progress
from desktop import presenting
from desktop.presenting import Screen
from models.gate import FIGURES
from tests.desktop.answers import (
    ANSWER,
    CANDIDATE,
    CITATION,
    CONVERSATION,
    DISAGREEING,
    NOT_FOUND,
    QUOTED,
    SUPPORTED,
)

Capture = pytest.CaptureFixture[str]
LONG_NAME = "ADAMSGOLFINC_03_21_2005-EX-10.17-ENDORSEMENT AGREEMENT between two parties, amended and restated.pdf"


@pytest.fixture(autouse=True)
def eighty_columns(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("COLUMNS", "80")
    monkeypatch.setenv("TERM", "dumb")


def joined(text: str) -> str:
    return " ".join(text.split())


def assert_fits(text: str) -> None:
    assert text and all(cell_len(line.rstrip()) <= 80 for line in text.splitlines())


def test_an_answer_shows_marks_quotes_pages_and_its_record(capsys: Capture) -> None:
    Screen("en").answer(ANSWER)
    out = capsys.readouterr().out
    assert_fits(out)
    said = joined(out)
    assert "Can either party terminate?" in said
    assert "✔ Either party may terminate with 30 days notice. [1]" in said
    assert "◐ It ends then. [1]" in said
    assert "[1] contract.pdf · page 5 (printed iii)" in said
    assert "“Either party may terminate this Agreement upon thirty (30) days prior written notice.”" in said
    assert "✘ The notice is 90 days. — a number, unit, date or section in it is not in the passage" in said
    assert "record 3 · library revision 12" in said


def test_a_sentence_that_is_the_quote_is_shown_once(capsys: Capture) -> None:
    Screen("en").answer(replace(ANSWER, checked=replace(ANSWER.checked, claims=(QUOTED,), removed=())))
    said = joined(capsys.readouterr().out)
    assert said.count("thirty (30) days") == 1
    assert "(quoted)" in said and "contract.pdf · page 5" in said


def test_a_refusal_shows_what_is_nearest_and_what_could_not_be_read(capsys: Capture) -> None:
    Screen("en").answer(NOT_FOUND)
    out = capsys.readouterr().out
    assert_fits(out)
    said = joined(out)
    assert "Not found in your library. The nearest passages do not answer this question." in said
    assert "contract.pdf · page 5 (printed iii) · 0.88 TERMS › 12 Term Either party" in said
    assert "Searched 2 documents, 9 pages. These pages could not be read: scan.pdf: 2." in said


def test_conversation_is_marked_as_such(capsys: Capture) -> None:
    Screen("zh").answer(CONVERSATION)
    out = capsys.readouterr().out
    assert "… 我是 Vademecum。" in out and "闲聊，不含文档事实" in out


def test_a_document_without_pages_is_cited_by_its_sections(capsys: Capture) -> None:
    text = "Either party may terminate."
    found = Candidate(Passage("p", "ab", 4, 0, 26, text), "a.docx", "2.1 Notice", 1.0, 0.9, 1.0, 1.0, section=True)
    Screen("en").passages([found], 0.25)
    assert "a.docx · section “2.1 Notice” · 1.00" in capsys.readouterr().out
    cited = replace(CITATION, document="手册.docx", page_label="第三条", section=True)
    claim = replace(SUPPORTED, citations=(cited,))
    Screen("zh").answer(replace(ANSWER, checked=replace(ANSWER.checked, claims=(claim,), removed=())))
    out = capsys.readouterr().out
    assert "手册.docx · “第三条”一节" in out and "页" not in out


def test_sections_are_counted_as_sections(capsys: Capture) -> None:
    def searched(coverage: Coverage) -> str:
        Screen("en").answer(replace(NOT_FOUND, checked=replace(NOT_FOUND.checked, coverage=coverage)))
        return joined(capsys.readouterr().out)

    assert "Searched 3 documents, 9 pages and 12 sections." in searched(Coverage(3, 9, sections=12))
    assert "Searched 2 documents, 12 sections." in searched(Coverage(2, 0, sections=12))
    known = Document(1, "ab", "a.docx", "", "x", 12, 0, (), Outcome.OK, "", 1, "2026-11-22T10", 9, in_sections=True)
    Screen("en").documents([replace(known, hidden_pages=(0, 4))])
    out = capsys.readouterr().out
    assert "12 sections" in out and "sections with hidden text, left out: 2" in joined(out)


def test_line_breaks_in_chinese_leave_no_gap(capsys: Capture) -> None:
    text = "用人单位应当\n按月支付工资。\nIt applies\nhere."
    passage = Passage("p", "ab", 0, 0, len(text), text)
    Screen("zh").passages([Candidate(passage, "法.pdf", "1", 1.0, 0.9, 1.0, 1.0)], 0.25)
    assert "用人单位应当按月支付工资。 It applies here." in capsys.readouterr().out


def test_markup_in_documents_is_shown_and_not_obeyed(capsys: Capture) -> None:
    text = "[bold]not bold[/] [/] \x1b[31mred :smile:"
    passage = Passage("p", "ab", 0, 0, len(text), text)
    Screen("en").passages([Candidate(passage, "[red]a.pdf", "1", 1.0, 0.9, 1.0, 1.0)], 0.25)
    out = capsys.readouterr().out
    assert "[bold]not bold[/] [/]" in out and "[red]a.pdf" in out and ":smile:" in out
    assert "\x1b" not in out


def test_long_and_wide_names_fit_the_terminal(capsys: Capture) -> None:
    known = Document(1, "ab", LONG_NAME, "", "案件四七一一", 43, 2, (0, 6), Outcome.PARTIAL, "", 2, "2026-11-22T10", 9)
    wide = replace(known, name="中华人民共和国劳动合同法实施条例（征求意见稿）及其说明与附件全文.pdf", id=2)
    Screen("zh").documents([known, wide])
    out = capsys.readouterr().out
    assert_fits(out)
    assert "…" not in out and "2026-11-22" in out
    assert "1, 7" in out


def test_columns_that_say_nothing_are_left_out(capsys: Capture) -> None:
    known = Document(1, "ab", "a.pdf", "", "m", 3, 0, (), Outcome.OK, "", 1, "2026-11-22T10:00", 9)
    Screen("en").documents([known])
    assert capsys.readouterr().out.splitlines()[0].split() == ["Document", "Collection", "Pages", "Added"]
    Screen("en").documents([])
    assert "no documents" in capsys.readouterr().out


def test_hidden_text_is_told_of_with_the_change_and_with_the_document(capsys: Capture) -> None:
    remark = "Hidden text on page 2, 5"
    Screen("en").change(Change(5, added=("a.pdf",), hidden=(("a.pdf", remark),)))
    assert f"! a.pdf: {remark}" in capsys.readouterr().out
    known = Document(1, "ab", "a.pdf", "", "General", 9, 0, (), Outcome.OK, "", 1, "2026-11-22T10", 9, (1, 4))
    Screen("en").documents([known])
    assert "pages with hidden text, left out: 2, 5" in capsys.readouterr().out
    Screen("zh").documents([known])
    assert "含隐藏文字（已忽略）的页：2, 5" in capsys.readouterr().out


def test_a_change_tells_of_every_file(capsys: Capture) -> None:
    change = Change(
        5, added=("a.pdf", "b.pdf"), unchanged=("c.pdf",), rejected=(("d.pdf", "It is empty."),),
        partial=(("b.pdf", "Not readable: page 2."),),
    )  # fmt: skip
    Screen("en").change(change)
    out = capsys.readouterr().out.splitlines()
    assert out == [
        "Added 2: a.pdf, b.pdf",
        "Unchanged 1: c.pdf",
        "◐ b.pdf: Not readable: page 2.",
        "✘ d.pdf: It is empty.",
        "Library revision 5.",
    ]


def test_figures_stand_beside_their_floors(capsys: Capture) -> None:
    figures = (
        Figure("figure_page_hit", 58.54, 41, 43.4, 72.2, 57.5, of="@1"),
        Figure("figure_auroc_score", 0.6814, 200, 0.61, 0.74, None, unit=""),
        Figure("figure_import_rate", 12.5, 1, None, None, None, unit="pages/s"),
        Figure("figure_contradicted_passed", 12.0, 30, 5.0, 20.0, 35.8, note="note_lower_is_better"),
    )
    evaluation = Evaluation("cuad", (Table("table_retrieval", figures),), notes=("note_rendered",))
    Screen("en").evaluation(evaluation)
    out = capsys.readouterr().out
    assert_fits(out)
    said = joined(out)
    assert "Retrieval" in said
    assert "right page among the first @1 41 58.5 % 43.4–72.2 57.5" in said
    assert "0.681 0.610–0.740" in said
    assert "12.5 pages/s" in said
    assert "lower is better" in said
    assert "rendered from text" in said
    Screen("zh").evaluation(evaluation)
    assert "检索" in capsys.readouterr().out


def compared() -> Evaluation:
    """A table of the four ways in which everything is as wide as it gets."""
    notes = {"compare_hallucinated": "note_lower_is_better", "compare_refused_wrongly": "note_lower_is_better"}
    figures = [Figure(m, 100.0, 1234, 94.6, 100.0, note=notes.get(m, "")) for m in MEASURES[:-1]]
    seconds = Figure(MEASURES[-1], 123.4, 1234, 112.3, 145.6, unit="s", note="note_lower_is_better")
    tables = [Table(title, (*figures, seconds)) for title in COLUMNS]
    tables[0] = Table(COLUMNS[0], (*figures[:-2], seconds))  # not everything was measured of it
    settings = {"questions": 1234, "persona_name": "小智 / Xiaozhi", "model": {"name": "default"}}
    return Evaluation("compare", tuple(tables), ("compare_note_persona",), settings)


@pytest.mark.parametrize("language", ["en", "zh"])
@pytest.mark.parametrize("columns", [120, 80, 72, 71, 50, 36])
def test_a_comparison_fits_the_terminal_and_breaks_no_value(
    capsys: Capture, monkeypatch: pytest.MonkeyPatch, language: str, columns: int
) -> None:
    monkeypatch.setenv("COLUMNS", str(columns))
    Screen(language).comparison(compared())
    out = capsys.readouterr().out
    assert all(cell_len(line.rstrip()) <= columns for line in out.splitlines())
    said = joined(out)
    assert out.count("100.0 %") == 22 and out.count("94.6–100.0") == 22 and out.count("112.3–145.6") == 4
    assert out.count("–\n") + out.count("– ") >= 2, "a dash for what was not measured"
    for key in (*COLUMNS, *MEASURES):
        for word in say(key, language).split():
            assert word in said
    assert say("compare_who", language, persona="小智 / Xiaozhi", model="default") in said


def test_a_comparison_has_a_column_a_way_where_there_is_room(capsys: Capture) -> None:
    Screen("en").comparison(compared())
    lines = capsys.readouterr().out.splitlines()
    assert lines[0] == "What each part is good for"
    assert [line.split() for line in lines[3:5]] == [
        ["base", "model", "persona", "retrieval", "persona", "+"],
        ["Measure", "alone", "alone", "alone", "retrieval"],
    ]
    assert lines[5].split() == ["hallucinated", *["100.0", "%"] * 4]


GATE = ("gate_col_figure", "gate_col_n", "gate_col_before", "gate_col_after", "gate_col_change")
CHANGE = "+100.0 (+100.0 … +100.0)"


def gate_rows(language: str) -> list[tuple[str, ...]]:
    return [(say(figure, language), "1234", "100.0", "100.0", CHANGE) for figure in FIGURES]


@pytest.mark.parametrize("language", ["en", "zh"])
@pytest.mark.parametrize("columns", [120, 80, 74, 60, 44])
def test_the_gate_s_table_breaks_no_figure(
    capsys: Capture, monkeypatch: pytest.MonkeyPatch, language: str, columns: int
) -> None:
    monkeypatch.setenv("COLUMNS", str(columns))
    Screen(language).rows(GATE, gate_rows(language), folding="gate_col_figure")
    out = capsys.readouterr().out
    assert all(cell_len(line.rstrip()) <= columns for line in out.splitlines())
    assert out.count(CHANGE) == len(FIGURES)
    if language == "en":
        words = {word for row in gate_rows("en") for word in row[0].split()}
        assert words <= set(out.split()), "words are broken between them alone"


def test_the_gate_s_table_is_a_table_where_it_fits_and_paragraphs_where_not(
    capsys: Capture, monkeypatch: pytest.MonkeyPatch
) -> None:
    row = ("says who it is", "100", "30.0", "90.0", "+60.0 (+49.0 … +68.5)")
    Screen("en").rows(GATE, [row], folding=GATE[0])
    assert [" ".join(line.split()) for line in capsys.readouterr().out.splitlines()] == [
        "Figure Asked Before % After % Change (95 %)",
        " ".join(row),
    ]
    monkeypatch.setenv("COLUMNS", "44")
    Screen("zh").rows(GATE, [(*row[:2], "", *row[3:])], folding=GATE[0])
    assert [line.rstrip() for line in capsys.readouterr().out.splitlines()] == [
        "says who it is",
        "  题数         100",
        "  之后 %       90.0",
        "  变化（95%）  +60.0 (+49.0 … +68.5)",
        "",
    ]


def test_progress_without_a_terminal_is_a_line_now_and_then(capsys: Capture, monkeypatch: pytest.MonkeyPatch) -> None:
    with Screen("en").progress() as report:
        report(Progress("stage_embedding", 0, 600, "a.pdf"))
    assert capsys.readouterr().err == "", "short work stays silent"
    monkeypatch.setattr(presenting, "_PLAIN_EVERY", 0.0)
    with Screen("en").progress() as report:
        report(Progress("stage_embedding", 128, 600, "a.pdf"))
        report(Progress("model_downloading", 50_000_000, 491_000_000))
    told = capsys.readouterr()
    assert told.out == ""
    assert told.err.splitlines() == ["Understanding passages  128/600  a.pdf", "Downloading the model  50/491 MB"]


class Terminal(StringIO):
    def isatty(self) -> bool:
        return True


def test_progress_on_a_terminal_is_gone_afterwards_and_results_go_where_they_should(
    capsys: Capture, monkeypatch: pytest.MonkeyPatch
) -> None:
    terminal = Terminal()
    monkeypatch.setenv("TERM", "xterm")
    monkeypatch.setattr(sys, "stderr", terminal)
    screen = Screen("en")
    with screen.progress() as report:
        report(Progress("stage_reading", 1, 3, LONG_NAME))
        screen.line("page", page=7)
        report(Progress("stage_embedding", 5, 9))
    assert capsys.readouterr().out == "page 7\n"
    assert "Reading" in terminal.getvalue() and "1/3" in terminal.getvalue()
    assert terminal.getvalue().rstrip().endswith("\x1b[2K")


def test_a_full_disk_behind_the_output_is_a_problem_in_a_sentence(monkeypatch: pytest.MonkeyPatch) -> None:
    class Full(StringIO):
        def write(self, text: str) -> int:
            raise OSError(28, "No space left on device")

    monkeypatch.setattr(sys, "stdout", Full())
    with pytest.raises(UserProblem) as problem:
        Screen("en", json_wanted=True).form({})
    assert problem.value.key == "cannot_write"


def test_a_search_numbers_what_it_found(capsys: Capture) -> None:
    Screen("en").passages([CANDIDATE] * 11, 0.5)
    out = capsys.readouterr().out
    assert_fits(out)
    assert " 1 contract.pdf" in out and "11 contract.pdf" in out
    Screen("en").passages([], 0.5)
    assert "Nothing in the documents searched" in capsys.readouterr().out


def test_documents_that_do_not_agree_are_told_of_below_the_sentences(capsys: Capture) -> None:
    for language, words in (("en", "Your documents do not agree"), ("zh", "您的文档说法不一")):
        Screen(language).answer(DISAGREEING)
        out = capsys.readouterr().out
        assert_fits(out)
        assert f"≠ {words}" in joined(out)


@pytest.mark.parametrize(
    ("language", "pages", "cited"),
    [("en", "poorly recognised: pages 3, 7", "(62% sure)"), ("zh", "识别质量较差的页：3, 7", "（置信度 62%）")],
)
def test_poor_recognition_is_told_of_with_change_document_and_citation(
    capsys: Capture, language: str, pages: str, cited: str
) -> None:
    screen = Screen(language)
    screen.change(Change(5, added=("a.pdf",), poorly_read=(("a.pdf", "Poorly recognised"),)))
    assert "! a.pdf: Poorly recognised" in capsys.readouterr().out
    sure = ((0, 1.0), (2, 0.625), (6, 0.8))
    known = Document(1, "ab", "a.pdf", "", "General", 9, 3, (), Outcome.OK, "", 1, "2026-11-22T10", 9, recognised=sure)
    screen.documents([known])
    out = capsys.readouterr().out
    assert pages in out and "3 · 80%" in out
    claim = replace(SUPPORTED, citations=(replace(CITATION, confidence=0.625),))
    screen.answer(replace(ANSWER, checked=replace(ANSWER.checked, claims=(claim,))))
    assert cited in capsys.readouterr().out
    screen.answer(ANSWER)
    assert cited not in capsys.readouterr().out
