"""What `--json` and `--batch` print: shapes that others build on."""

from __future__ import annotations

import json
from dataclasses import replace

from core.nouns import Change, DatedBy, Document, Outcome, Verdict
from desktop import forms
from tests.desktop.answers import ANSWER, BOX, CANDIDATE, CITATION, DISAGREEING, DISAGREEMENT, NOT_FOUND


def test_a_passage_has_the_documented_shape() -> None:
    form = forms.passage(CANDIDATE, (BOX,))
    assert {"document", "sha256", "page", "page_label", "passage_id", "text", "score", "rects"} <= set(form)
    assert (form["page"], form["page_label"]) == (5, "iii")
    assert form["rects"] == [[0.1, 0.2, 0.9, 0.25]]


def test_an_answer_has_the_documented_shape() -> None:
    form = forms.answer(ANSWER, "en", lambda _: (BOX,))
    wanted = "question kind sentences removed nearest coverage model library_revision record seconds"
    assert set(wanted.split()) <= set(form)
    assert form["kind"] == "answered"
    assert form["seconds"] == {"find": 0.5, "first_token": 1.0, "draft": 2.0, "verify": 0.1, "total": 2.6}
    sentence = form["sentences"][0]  # type: ignore[index]
    assert {"text", "verdict", "citations"} <= set(sentence)
    assert set(sentence["citations"][0]) == {
        "document", "version", "sha256", "page", "page_label", "passage_id", "quote", "rects", "ocr_confidence",
    }  # fmt: skip
    assert json.loads(json.dumps(form)) == form


def test_kinds_and_verdicts_are_the_documented_words() -> None:
    assert forms.answer(NOT_FOUND, "en", lambda _: ())["kind"] == "not_found"
    assert {v.value for v in Verdict} == {"supported", "partial", "unsupported", "conversation"}


def test_a_refusal_brings_its_nearest_passages_with_their_places() -> None:
    form = forms.answer(NOT_FOUND, "zh", lambda _: (BOX,))
    assert form["sentences"] == []
    assert form["nearest"] == [forms.passage(CANDIDATE, (BOX,))]
    assert form["reason"] == "最接近的段落没有回答该问题。"
    assert form["coverage"] == {"documents": 2, "pages": 9, "unreadable": [{"document": "scan.pdf", "pages": [2]}]}


def test_what_was_struck_says_why_in_the_users_language() -> None:
    removed = forms.answer(ANSWER, "zh", lambda _: ())["removed"]
    assert removed[0]["faults"] == ["number_absent"]  # type: ignore[index]
    assert removed[0]["reasons"] == ["其中的数字、单位、日期或条款号不在所引段落中"]  # type: ignore[index]


def test_pages_count_from_one_everywhere() -> None:
    assert forms.citation(replace(CITATION, page_index=0))["page"] == 1
    known = Document(1, "ab", "a.pdf", "A", "m", 3, 0, (0, 2), Outcome.PARTIAL, "reading_some_pages", 1, "2026", 9)
    form = forms.document(known, "en")
    assert form["unreadable_pages"] == [1, 3]
    assert form["state"] == "partial" and str(form["reason"]).startswith("Some pages")


def test_how_surely_pages_were_recognised_is_in_the_forms() -> None:
    sure = ((0, 0.99), (1, 0.5))
    known = Document(1, "ab", "a.pdf", "A", "m", 3, 2, (), Outcome.OK, "", 1, "2026", 9, recognised=sure)
    form = forms.document(known, "en")
    assert (form["ocr_confidence"], form["poorly_recognised_pages"]) == (0.745, [2])
    assert forms.citation(replace(CITATION, confidence=0.6254))["ocr_confidence"] == 0.625
    assert forms.citation(CITATION)["ocr_confidence"] == 1.0
    made = forms.change(Change(1, poorly_read=(("a.pdf", "Poorly recognised: page 2."),)))
    assert made["poorly_recognised"] == [{"document": "a.pdf", "reason": "Poorly recognised: page 2."}]


def test_hidden_text_is_in_the_forms_of_documents_and_changes() -> None:
    known = Document(1, "ab", "a.pdf", "A", "m", 3, 0, (), Outcome.OK, "", 1, "2026", 9, (1,))
    assert forms.document(known, "en")["hidden_text_pages"] == [2]
    made = forms.change(Change(1, hidden=(("a.pdf", "Hidden text on page 2."),)))
    assert made["hidden_text"] == [{"document": "a.pdf", "reason": "Hidden text on page 2."}]


def test_a_document_without_pages_has_the_section_and_no_page() -> None:
    cited = forms.citation(replace(CITATION, page_label="2.1 Notice", section=True))
    assert (cited["page"], cited["page_label"], cited["section"]) == (None, "", "2.1 Notice")
    found = forms.passage(replace(CANDIDATE, page_label="2.1 Notice", section=True), ())
    assert (found["page"], found["section"]) == (None, "2.1 Notice")
    assert "section" not in forms.citation(CITATION)


def test_a_change_names_what_was_rejected_and_why() -> None:
    form = forms.change(Change(4, added=("a.pdf",), rejected=(("b.pdf", "It is empty."),), same_name=("b.pdf",)))
    assert form["same_name"] == ["b.pdf"]
    assert form["library_revision"] == 4
    assert form["added"] == ["a.pdf"]
    assert form["rejected"] == [{"document": "b.pdf", "reason": "It is empty."}]


def test_documents_that_do_not_agree_are_told_in_words_and_with_their_dates() -> None:
    told = forms.answer(DISAGREEING, "en", lambda _: ())["disagreements"]
    assert isinstance(told, list) and len(told) == 1
    assert [side["date"] for side in told[0]["sides"]] == ["2019", "2024-06-04"]
    assert told[0]["words"] == (
        "Your documents do not agree: they give different figures or dates. contract-2019.pdf (dated 2019 by its "
        "name): “upon ninety (90) days notice” – contract.pdf (dated 2024-06-04): “Either party may terminate this "
        "Agreement upon thirty (30) days prior written notice.” The later one is contract.pdf; check which of them "
        "applies."
    )
    chinese = forms.disagreement_words(DISAGREEMENT, "zh")
    assert chinese.startswith("您的文档说法不一：数字或日期不同。contract-2019.pdf（据文件名为 2019）")
    assert "日期较晚的是 contract.pdf" in chinese


def test_which_is_the_later_one_is_told_only_where_it_is_known() -> None:
    first, second = DISAGREEMENT.sides
    for date, by in (("2026-11-26", DatedBy.ADDED), ("2024", DatedBy.NAME)):
        unknown = replace(DISAGREEMENT, sides=(replace(first, date=date, dated_by=by), second))
        assert "cannot be told" in forms.disagreement_words(unknown, "en")
