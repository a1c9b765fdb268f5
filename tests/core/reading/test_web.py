"""Web pages: what they show without a connection, as blocks; never what they hide."""

from __future__ import annotations

import pytest

from core.reading.flow import Block
from core.reading.kinds import NotRead
from core.reading.web import DEEPEST, read_web_page


def texts(page: str) -> list[str]:
    return [block.text for block in read_web_page(page.encode()).blocks]


def test_headings_paragraphs_and_the_title() -> None:
    read = read_web_page(
        b"<!doctype html><title>Staff\n handbook</title><h1>Leave</h1>Text <b>of</b>\n a "
        b"paragraph&nbsp;here.<br>Second line<p>Next<h2>Sick <i>leave</i></h2><div>More.</div>"
    )
    assert read.blocks == (
        Block("Leave", 1),
        Block("Text of a paragraph here.\nSecond line"),
        Block("Next"),
        Block("Sick leave", 2),
        Block("More."),
    )
    assert read.metadata == {"title": "Staff handbook"}


def test_lists_keep_their_markers() -> None:
    assert texts(
        "<p>Bring:<ul><li>a pen<li><p>paper</p><ol type=a start=2><li>lined<li value=5>plain</ol><li>ink</ul>"
        "<ol type=I><li>one<li>two</ol><dl><dt>Dose<dd>5 mg</dl>"
    ) == ["Bring:", "• a pen", "• paper", "  b. lined", "  e. plain", "• ink", "I. one", "II. two", "Dose", "5 mg"]


def test_a_table_is_read_row_by_row_and_a_figure_keeps_its_label() -> None:
    page = (
        "<table><caption>Doses</caption><tr><th>CrCl<th>Dose<tr><td rowspan=2>30–50<td>10 mg<tr><td><p>20 <b>mg</b>"
        "<tr><td colspan=2>as needed<tr style='display:none'><td>HIDDEN</table>"
    )
    assert texts(page) == ["Doses", "CrCl │ Dose", "30–50 │ 10 mg", "30–50 │ 20 mg", "as needed"]


def test_a_table_that_only_lays_out_the_page_is_read_as_text() -> None:
    assert read_web_page(b"<table><tr><td><h1>Leave</h1><p>Ten days.<td>Aside.</table>").blocks == (
        Block("Leave", 1),
        Block("Ten days."),
        Block("Aside."),
    )


def test_lines_of_a_listing_stand_as_they_are_written() -> None:
    assert texts("<pre>a\n   b</pre>") == ["a\n   b"]


def test_raised_figures_do_not_change_a_number_and_notes_stand_in_brackets() -> None:
    page = "10<sup>3</sup> cells, 5 m<sup>2</sup>, 1<sup>st</sup>, 30 mg<sup><a href='#n'>1</a></sup>, H<sub>2</sub>O"
    assert texts(page) == ["10³ cells, 5 m², 1st, 30 mg[^1], H2O"]


@pytest.mark.parametrize(
    "hidden",
    [
        "<p style='display:none'>HIDDEN",
        "<p style='DISPLAY : None !important'>HIDDEN",
        "<p style='visibility:hidden'>HIDDEN",
        "<p hidden>HIDDEN",
        "<p style='opacity:0'>HIDDEN",
        "<p style='font-size:0'>HIDDEN",
        "<p style='font-size:1px'>HIDDEN",
        "<p style='color:#fff'>HIDDEN",
        "<p style='color:rgb(255, 254, 255)'>HIDDEN",
        "<p style='color:transparent'>HIDDEN",
        "<font color=white>HIDDEN</font>",
        "<div style='background:#222'><p style='color:#222222'>HIDDEN</div>",
        "<td bgcolor=black><font color='#000'>HIDDEN</font></td>",
        "<p style='position:absolute;left:-9999px'>HIDDEN",
        "<p style='text-indent:-9999px'>HIDDEN",
        "<p style='position:absolute;clip:rect(0,0,0,0)'>HIDDEN",
        "<style>.x{display:none}</style><p class='a x'>HIDDEN",
        "<style>#y, .z{visibility:hidden}</style><p id=y>HIDDEN",
        "<style>div > p {color:white}</style><div><p>HIDDEN</div>",
        "<style>@media screen{ .x{display:none} }</style><p class=x>HIDDEN",
        "<!-- HIDDEN -->",
        "<script>HIDDEN</script><style>HIDDEN</style><template>HIDDEN</template><noscript>HIDDEN</noscript>",
        "<textarea style='display:none'>HIDDEN</textarea><svg><text>HIDDEN</text></svg>",
        "<div style='display:none'><p style='display:block'>HIDDEN</div>",
    ],
)
def test_what_a_page_hides_is_left_out(hidden: str) -> None:
    assert texts(f"<!doctype html><body><p>Before.{hidden}</body>") == ["Before."]
    assert texts(f"<!doctype html><body><div>{hidden}</div><p>After.</body>") == ["After."]


@pytest.mark.parametrize(
    "shown",
    [
        "<style>@media print{.x{display:none}}</style><p class=x>SHOWN",
        "<style>.x:hover{display:none}</style><p class=x>SHOWN",
        "<style>.x{display:none} .on.x{display:block}</style><p class='x on'>SHOWN",
        "<style>.x{display:none} div .x{display:block}</style><div><p class=x>SHOWN</div>",
        "<style>div > p{display:none}</style><div><section><p>SHOWN</section></div>",
        "<div style='background:#000;color:#fff'><p>SHOWN</div>",
        "<div style='background:url(x.png)'><p style='color:#fff'>SHOWN</div>",
        "<div style='visibility:hidden'><p style='visibility:visible'>SHOWN</div>",
        "<details><summary>SHOWN</summary></details>",
    ],
)
def test_what_a_page_shows_is_read(shown: str) -> None:
    assert texts(f"<!doctype html><body>{shown}</body>") == ["SHOWN"]


def test_characters_that_nobody_sees_are_dropped() -> None:
    assert texts("<p>no\u200btice\U000e0049\U000e0067 is &#8203;１０ days") == ["notice is 10 days"]


@pytest.mark.parametrize(
    ("head", "encoding"),
    [
        ('<meta charset="gb2312">', "gb18030"),
        ('<meta http-equiv="Content-Type" content="text/html; charset=big5">', "big5"),
        ('<?xml version="1.0" encoding="gbk"?>', "gbk"),
        ("", "utf-8"),
        ("", "gb18030"),
        ("", "utf-16"),
        ('<meta charset="utf-8">', "gb18030"),  # what the page says of itself is wrong
    ],
)
def test_the_encoding_is_what_fits(head: str, encoding: str) -> None:
    words = "勞動者有十天年假" if encoding == "big5" else "劳动者有十天年假，未休的年假按日工资支付。"
    read = read_web_page(f"{head}<html><body><p>{words}</body></html>".encode(encoding))
    assert ([block.text for block in read.blocks], read.problem) == ([words], "")


def test_nesting_without_end_is_cut_and_said() -> None:
    read = read_web_page(b"<p>First." + b"<div>" * 200_000 + b"deep" + b"</div>" * 200_000)
    assert read.blocks == (Block("First."),)
    assert read.problem == "reading_too_deep"
    whole = read_web_page(b"<p>First." + b"<div>" * (DEEPEST - 10) + b"deep")
    assert [block.text for block in whole.blocks] == ["First.", "deep"]
    assert whole.problem == ""


def test_entities_are_not_fetched_and_broken_markup_is_read() -> None:
    page = '<!DOCTYPE html [<!ENTITY x SYSTEM "file:///etc/hostname">]><p>a &lt; b &x; <b>bold<p>next</i>'
    assert [block.text.split(" &x")[0] for block in read_web_page(page.encode()).blocks][-2:] == ["a < b", "next"]


def test_bytes_that_are_no_text_are_refused() -> None:
    with pytest.raises(NotRead) as refused:
        read_web_page(bytes(range(256)) * 40)
    assert refused.value.reason == "reading_not_text"


def test_what_deceives_is_counted_and_menus_that_open_are_not() -> None:
    read = read_web_page(
        b"<h1>One</h1><p style='display:none'>menu</p><p>Seen.<p style='color:#fff'>12345 678<h1>Two</h1>"
        b"<table><tr><td>a<td>b<span style='font-size:1px'>123</span></table><p style='opacity:0'>1234"
    )
    assert [(block.text, block.hidden) for block in read.blocks] == [("One", 0), ("Seen.", 0), ("Two", 8), ("a │ b", 7)]
