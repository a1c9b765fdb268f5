"""Word documents: what is seen when all changes are accepted, with the numbers that Word counts itself."""

from __future__ import annotations

from pathlib import Path

import pytest

from core.reading import word as subject
from core.reading.flow import Block, Flow
from core.reading.kinds import NotRead
from core.reading.word import read_word
from tests.core.reading.documents import paragraph, run, table, word


@pytest.fixture
def file(tmp_path: Path) -> Path:
    return tmp_path / "a.docx"


def flow(file: Path, data: bytes) -> Flow:
    file.write_bytes(data)
    return read_word(file)


def texts(file: Path, *body: str, **parts: str) -> list[str]:
    return [block.text for block in flow(file, word(*body, **parts)).blocks]  # type: ignore[arg-type]


def test_headings_are_known_by_their_styles_also_in_translated_programs(file: Path) -> None:
    read = flow(
        file,
        word(
            paragraph("Handbook", style="1"),
            paragraph("Leave", style="2"),
            paragraph("A clause", style="Own"),
            paragraph("By hand", look='<w:outlineLvl w:val="0"/>'),
            paragraph("No heading", style="1", look='<w:outlineLvl w:val="9"/>'),
            paragraph("Ten days."),
            title="Staff handbook",
        ),
    )
    assert [(block.text, block.level) for block in read.blocks] == [
        ("Handbook", 1),
        ("Leave", 2),
        ("A clause", 2),
        ("By hand", 1),
        ("No heading", 0),
        ("Ten days.", 0),
    ]
    assert read.metadata == {"title": "Staff handbook"}
    assert read.problem == ""


def test_word_counts_its_own_numbers(file: Path) -> None:
    assert texts(
        file,
        paragraph("Scope", style="1", numbered=(1, 0)),
        paragraph("Termination", style="1", numbered=(1, 0)),
        paragraph("Notice", style="2", numbered=(1, 1)),
        paragraph("in writing", numbered=(1, 2)),
        paragraph("by hand", numbered=(1, 2)),
        paragraph("Cause", style="2", numbered=(1, 1)),
        paragraph("in writing", numbered=(1, 2)),
        paragraph("Later", numbered=(4, 0)),
        paragraph("用人单位", numbered=(2, 0)),
        paragraph("劳动者", numbered=(2, 0)),
        paragraph("an item", numbered=(3, 0)),
        paragraph("no item", numbered=(0, 0)),
    ) == [
        "1. Scope",
        "2. Termination",
        "2.1 Notice",
        "    (a) in writing",
        "    (b) by hand",
        "2.2 Cause",
        "    (a) in writing",
        "9. Later",
        "第三十七条 用人单位",
        "第三十八条 劳动者",
        "• an item",
        "no item",
    ]


def test_what_is_deleted_hidden_or_cannot_be_seen_is_left_out(file: Path) -> None:
    white, tiny = '<w:color w:val="FFFFFF"/>', '<w:sz w:val="2"/>'
    seen = texts(
        file,
        paragraph("Notice is ", f"<w:del>{run('ten')}</w:del>", f"<w:ins>{run('thirty')}</w:ins>", " days."),
        paragraph(f"<w:moveFrom>{run('GONE')}</w:moveFrom>", f"<w:moveTo>{run('Moved here.')}</w:moveTo>"),
        paragraph("Pay ", run("HIDDEN", "<w:vanish/>"), run("HIDDEN", '<w:rStyle w:val="Ghost"/>'), "is monthly."),
        paragraph(run("shown ", '<w:vanish w:val="0"/>'), run("HIDDEN", white), run("HIDDEN", tiny)),
        paragraph(run("white on black", white + '<w:shd w:val="clear" w:fill="000000"/>')),
        paragraph("zero\u200bwidth\U000e0041 and soft\u00adhyphen"),
        paragraph("<!-- a comment -->", "Kept."),
        paragraph('<w:r><w:commentReference w:id="1"/></w:r>', "Said."),
        paragraph("Contents 7", style="T1"),
    )
    assert seen == [
        "Notice is thirty days.",
        "Moved here.",
        "Pay is monthly.",
        "shown",
        "white on black",
        "zerowidth and softhyphen",
        "Kept.",
        "Said.",
    ]


def test_white_letters_in_a_dark_table_are_seen(file: Path) -> None:
    cell = paragraph(run("Dose", '<w:color w:val="FFFFFF"/>'))
    assert texts(file, table((cell, cell), ("1", "2"), style="Dark")) == ["Dose │ Dose", "1 │ 2"]
    assert texts(file, table((cell, "x"), ("1", "2"), style="Plain")) == [" │ x", "1 │ 2"]


def test_a_table_is_read_row_by_row_and_a_figure_keeps_its_label(file: Path) -> None:
    begin, on = '<w:tcPr><w:vMerge w:val="restart"/></w:tcPr>', "<w:tcPr><w:vMerge/></w:tcPr>"
    read = flow(
        file,
        word(
            table(
                ("CrCl", "Dose"),
                (begin + paragraph("30–50 mL/min"), "10 mg"),
                (on + paragraph(""), "20 mg"),
                ("under 30", ""),
            )
        ),
    )
    assert [block.text for block in read.blocks] == [
        "CrCl │ Dose",
        "30–50 mL/min │ 10 mg",
        "30–50 mL/min │ 20 mg",
        "under 30",
    ]
    assert [block.close for block in read.blocks] == [False, True, True, True]


def test_a_table_that_only_lays_out_the_page_is_read_as_text(file: Path) -> None:
    read = flow(file, word(table((paragraph("Leave", style="1") + paragraph("Ten days."),), ("More.",))))
    assert [(block.text, block.level) for block in read.blocks] == [("Leave", 1), ("Ten days.", 0), ("More.", 0)]


def test_notes_stand_below_the_paragraph_that_they_belong_to(file: Path) -> None:
    notes = f'<w:footnote w:type="separator" w:id="0"/><w:footnote w:id="7">{paragraph("Unless renal.")}</w:footnote>'
    mark = '<w:r><w:footnoteReference w:id="7"/></w:r>'
    assert texts(file, paragraph("Give 30 mg", mark, " daily."), paragraph("Next."), footnotes=notes) == [
        "Give 30 mg[^1] daily.",
        "[^1]: Unless renal.",
        "Next.",
    ]


def test_raised_figures_do_not_change_a_number(file: Path) -> None:
    raised = '<w:vertAlign w:val="superscript"/>'
    assert texts(
        file, paragraph("10", run("3", raised), " cells, 5 m", run("2", raised), ", 1", run("st", raised))
    ) == ["10³ cells, 5 m², 1st"]


def test_the_result_of_a_field_is_read_and_its_instruction_is_not(file: Path) -> None:
    begin, separate, end = (f'<w:r><w:fldChar w:fldCharType="{k}"/></w:r>' for k in ("begin", "separate", "end"))
    code = "<w:r><w:instrText>PAGEREF x</w:instrText></w:r>"
    assert texts(file, paragraph("See ", begin, code, run("NOT THIS"), separate, run("clause 4"), end, ".")) == [
        "See clause 4."
    ]


def test_a_text_box_is_read_once_although_it_is_written_twice(file: Path) -> None:
    box = f"<w:txbxContent>{paragraph('In a box.')}</w:txbxContent>"
    drawn = f"<mc:Choice><w:drawing><wps:txbx>{box}</wps:txbx></w:drawing></mc:Choice>"
    old = f"<mc:Fallback><w:pict><v:textbox>{box}</v:textbox></w:pict></mc:Fallback>"
    alternatives = f"<w:r><mc:AlternateContent>{drawn}{old}</mc:AlternateContent></w:r>"
    assert texts(file, paragraph("Around.", alternatives)) == ["Around.", "In a box."]


def test_a_damaged_part_costs_only_what_it_holds(file: Path) -> None:
    read = flow(
        file, word(paragraph("Leave", style="1"), paragraph("Ten days."), word__styles_xml=b"<w:styles><broken")
    )
    assert read.problem == "reading_word_parts"
    assert [block.text for block in read.blocks] == ["Leave", "Ten days."]


def test_a_text_that_is_cut_off_is_read_as_far_as_it_goes(file: Path) -> None:
    whole = word(paragraph("First."), paragraph("Second."))
    with subject.zipfile.ZipFile(_written(file, whole)) as package:
        document = package.read("word/document.xml")
    half = document[: document.index(b"Second")]
    read = flow(file, word(word__document_xml=half))
    assert (read.problem, [block.text for block in read.blocks]) == ("reading_word_cut_off", ["First."])


def _written(file: Path, data: bytes) -> Path:
    file.write_bytes(data)
    return file


@pytest.mark.parametrize(
    ("data", "reason"),
    [
        (word(paragraph("x"))[:300], "reading_word_damaged"),
        (word(word__document_xml=b"no XML at all"), "reading_word_damaged"),
        (word(word__document_xml=b""), "reading_word_damaged"),
    ],
)
def test_what_cannot_be_opened_says_why(file: Path, data: bytes, reason: str) -> None:
    with pytest.raises(NotRead) as refused:
        flow(file, data)
    assert refused.value.reason == reason


def test_a_bomb_is_refused_by_what_it_declares_and_by_what_comes_out(
    file: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(subject, "MOST_BYTES", 100_000)
    bomb = word(word__document_xml=b" " * 100_001)
    liar = bomb.replace((100_001).to_bytes(4, "little"), (99).to_bytes(4, "little"))
    assert liar != bomb
    for data in (bomb, liar):
        with pytest.raises(NotRead) as refused:
            flow(file, data)
        assert refused.value.reason in ("reading_word_too_large", "reading_word_damaged")


def test_no_entity_is_expanded_and_no_file_read(file: Path, tmp_path: Path) -> None:
    (tmp_path / "secret.txt").write_text("CANARY", encoding="utf-8")
    entity = f'<!DOCTYPE w [<!ENTITY a SYSTEM "file://{tmp_path}/secret.txt"><!ENTITY b "EXPANDED">]>'
    space = 'xmlns:w="http://schemas.openxmlformats.org/wordprocessingml/2006/main"'
    body = f"<w:body>{paragraph('Words. ')}<w:p><w:r><w:t>&a;&b;</w:t></w:r></w:p></w:body>"
    data = word(word__document_xml=f"{entity}<w:document {space}>{body}</w:document>".encode())
    said = " ".join(block.text for block in flow(file, data).blocks)
    assert "CANARY" not in said and "EXPANDED" not in said and "Words." in said


def test_nesting_without_end_is_no_way_to_crash(file: Path) -> None:
    deep = "<w:sdt><w:sdtContent>" * 5000 + paragraph("deep") + "</w:sdtContent></w:sdt>" * 5000
    read = flow(file, word(paragraph("First."), deep))
    assert (read.blocks, read.problem) == ((Block("First."),), "reading_word_cut_off")


def test_what_nobody_can_see_is_counted_and_what_was_deleted_is_not(file: Path) -> None:
    white = '<w:color w:val="FFFFFF"/>'
    read = flow(
        file,
        word(
            paragraph("One.", f"<w:del>{run('gone')}</w:del>"),
            paragraph(run("12345 678", white)),
            paragraph("Two."),
            table(("a", paragraph("b", run("123", "<w:vanish/>")))),
            paragraph(run("1234", white)),
        ),
    )
    assert [(block.text, block.hidden) for block in read.blocks] == [("One.", 0), ("Two.", 8), ("a │ b", 7)]
