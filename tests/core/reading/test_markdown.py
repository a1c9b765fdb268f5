"""Markdown: its headings, lists and tables as blocks; hidden HTML stays hidden."""

from __future__ import annotations

from core.reading.flow import Block
from core.reading.markdown import read_markdown


def test_headings_lists_tables_and_listings() -> None:
    read = read_markdown(
        b"# Guide\n\nSome *text* over\ntwo lines.\n\nDoses\n-----\n\n| CrCl | Dose |\n|---|---|\n| 30 | 10 mg |\n\n"
        b"- a\n- b\n    1. c\n\n```\n# no heading\n```\n"
    )
    assert [(block.text, block.level) for block in read.blocks] == [
        ("Guide", 1),
        ("Some text over two lines.", 0),
        ("Doses", 2),
        ("CrCl │ Dose", 0),
        ("30 │ 10 mg", 0),
        ("• a", 0),
        ("• b", 0),
        ("  1. c", 0),
        ("# no heading", 0),
    ]


def test_notes_stay_and_hidden_html_does_not() -> None:
    read = read_markdown(
        b"30 mg[^1]<span style='display:none'>HIDDEN</span> daily.<!-- HIDDEN -->\n\n<div hidden>HIDDEN</div>\n\n"
        b"<script>HIDDEN</script>\n\n[comment]: # (HIDDEN)\n\n[^1]: Unless renal.\n"
    )
    assert read.blocks == (Block("30 mg[^1] daily."), Block("[^1]: Unless renal."))


def test_what_stands_in_front_of_the_text_gives_it_its_title() -> None:
    read = read_markdown('---\ntitle: "员工手册"\ntags: [x]\n---\n# 年假\n\n十天。\n'.encode())
    assert (read.metadata, read.blocks) == ({"title": "员工手册"}, (Block("年假", 1), Block("十天。")))


def test_a_rule_at_the_head_is_no_metadata() -> None:
    assert read_markdown(b"---\n\nText without an end of it.").blocks == (Block("Text without an end of it."),)
