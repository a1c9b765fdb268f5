"""What a person sees: marks, quotes, pages, nothing cut off, nothing wider than the terminal."""

from __future__ import annotations

import sys
from dataclasses import replace
from io import StringIO

import pytest
from rich.cells import cell_len

from core.errors import UserProblem
from core.evaluating import Evaluation, Figure, Table
from core.nouns import Candidate, Change, Document, Outcome, Passage, Progress
from desktop import presenting
from desktop.presenting import Screen
from tests.desktop.answers import ANSWER, CANDIDATE, CONVERSATION, NOT_FOUND, QUOTED

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
