"""A label is what is printed on the page, and nothing that merely stands where a page number could stand."""

from __future__ import annotations

import io
from collections.abc import Callable, Sequence
from itertools import pairwise

import pytest
from pypdf import PdfWriter
from pypdf.constants import PageLabelStyle

from core.nouns import Line, Page, ReadBy, Reading, Rect
from core.reading import Reader
from core.reading.labels import page_labels, printed_labels
from tests.core.reading.support import bench, pdf, text

WIDE = "   "  # stands for white that sets a number apart
_pack = bench()


def page(index: int, rows: Sequence[str]) -> Page:
    """A page of these rows, set in letters of equal width; WIDE is ten letters wide."""
    lines = []
    at = 0
    pitch = 0.9 / max(len(rows), 1)
    for k, row in enumerate(rows):
        edges = [0.1]
        for i, character in enumerate(row):
            wide = character == " " and WIDE in row[max(0, i - 2) : i + 3]
            edges.append(edges[-1] + (0.02 if wide else 0.005))
        y = 0.05 + k * pitch
        lines.append(Line(at, at + len(row), Rect(0.1, y, edges[-1], y + 0.6 * pitch), tuple(edges)))
        at += len(row) + 1
    return Page(index, str(index + 1), "\n".join(rows), tuple(lines), 595, 842, ReadBy.TEXT)


def book(*footers: str, header: str = "") -> list[Page]:
    """Pages of prose with these last rows; "" leaves the footer away."""
    return [
        page(i, [*([header] if header else []), *_prose(i), *([footer] if footer else [])])
        for i, footer in enumerate(footers)
    ]


def _prose(i: int) -> list[str]:
    words = ("lease", "rent", "term", "notice", "renewal", "deposit", "repair", "default", "cure", "assignment")
    return [f"The {words[(i * 7 + k) % 10]} of the {words[(i * 3 + k * k) % 10]} is agreed here" for k in range(8)]


def labels(pages: Sequence[Page]) -> list[str]:
    return list(page_labels(pages))


@pytest.mark.parametrize(
    "form",
    [
        "{}",
        "- {} -",
        "-{}-",
        "— {} —",
        "－{}－",
        "· {} ·",
        "Page {}",
        "PAGE {}",
        "page: {}",
        "p. {}",
        "Page {} of 40",
        "{} of 40",
        "{}/40",
        "{} / 40",
        "{} | Page",
        "{} | P a g e",
        "Page | {}",
        "第 {} 页",
        "第{}页",
        "第{}页 共40页",
        "第 {} 页 / 共 40 页",
        "第{}页，共40页",
        "共40页 第{}页",
        "{} 页",
        "Smith v. Jones, September 2, 1998 Page {}",
        "合同编号 2023-118 第 {} 页",
        "Master Agreement" + WIDE + "{}",
        "Proprietary to the Bank" + WIDE + "Page {}" + WIDE + "v2010",
        "{}" + WIDE + "FREE CULTURE",
        "Annual Report 2024 | {}",
    ],
)
def test_the_ways_to_print_a_number(form: str) -> None:
    assert labels(book(*(form.format(n) for n in range(11, 16)))) == ["11", "12", "13", "14", "15"]
    above = [page(i, [form.format(i + 11), *_prose(i)]) for i in range(5)]
    assert labels(above) == ["11", "12", "13", "14", "15"]


@pytest.mark.parametrize(
    ("printed", "expected"),
    [
        (("iv", "v", "vi", "vii"), ["iv", "v", "vi", "vii"]),
        (("- ix -", "- x -", "- xi -"), ["ix", "x", "xi"]),
        (("Page xl", "Page xli", "Page xlii"), ["xl", "xli", "xlii"]),
        (("III", "IV", "V", "VI"), ["III", "IV", "V", "VI"]),
        (("A-3", "A-4", "A-5"), ["A-3", "A-4", "A-5"]),
        (("F-19", "F-20", "F-21"), ["F-19", "F-20", "F-21"]),
        (("B-1-1", "B-1-2", "B-1-3"), ["B-1-1", "B-1-2", "B-1-3"]),
        (("998", "999", "1000", "1001"), ["998", "999", "1000", "1001"]),
    ],
)
def test_roman_numbers_appendices_and_long_books(printed: tuple[str, ...], expected: list[str]) -> None:
    assert labels(book(*printed)) == expected


def test_words_above_and_below_the_number_do_not_hide_it() -> None:
    legend = ["CONFIDENTIAL TREATMENT HAS BEEN REQUESTED", "OMITTED PORTIONS ARE MARKED", "Source: ACME INC, 8-K, 2020"]
    pages = [page(i, ["ACME INC", *_prose(i), str(i + 4), *legend]) for i in range(6)]
    assert labels(pages) == ["4", "5", "6", "7", "8", "9"]


def test_a_cell_beside_running_words_counts_as_one_row() -> None:
    def cells(i: int) -> Page:
        made = page(i, [*_prose(i), "Lease of the Mill", str(i + 21)])
        beside = made.lines[-2].rect
        last = made.lines[-1]
        lines = (*made.lines[:-1], Line(last.start, last.end, Rect(0.9, beside.y0, 0.95, beside.y1), last.edges))
        return Page(i, made.label, made.text, lines, 595, 842, ReadBy.TEXT)

    assert labels([cells(i) for i in range(4)]) == ["21", "22", "23", "24"]


def test_a_page_between_two_that_agree_gets_the_number_it_must_have() -> None:
    pages = book("7", "8", "", "10", "11", "", "", "14")
    assert labels(pages) == ["7", "8", "9", "10", "11", "12", "13", "14"]
    lost = [*pages[:3], Page(3, "4", "", (), 0, 0, ReadBy.NOTHING, "reading_page_timeout"), *pages[4:]]
    assert labels(lost)[3] == "10"


def test_a_number_misread_in_between_is_put_right() -> None:
    assert labels(book("7", "8", "g", "1O", "11", "72", "13"))[2:6] == ["9", "10", "11", "12"]


def test_pages_before_and_after_the_numbers_keep_their_position() -> None:
    assert labels(book("", "", "1", "2", "3", "4", "")) == ["1", "2", "1", "2", "3", "4", "7"]


def test_where_a_page_is_missing_in_the_file_the_count_goes_on_behind_it() -> None:
    assert labels(book("1", "2", "3", "5", "6", "7")) == ["1", "2", "3", "5", "6", "7"]
    # between two that do not agree nothing is guessed
    assert labels(book("1", "2", "3", "", "6", "7", "8")) == ["1", "2", "3", "4", "6", "7", "8"]


def test_front_matter_and_appendices_of_a_page_or_two() -> None:
    assert labels(book("", "i", "ii", "1", "2", "3", "4", "A-1", "B-1", "B-2")) == [
        "1", "i", "ii", "1", "2", "3", "4", "A-1", "B-1", "B-2",
    ]  # fmt: skip
    footers = [f"Proprietary to the Bank{WIDE}{n}{WIDE}v2010" for n in ("ii", *"12345", "D-4", "D-5")]
    assert labels(book(*footers)) == ["ii", "1", "2", "3", "4", "5", "D-4", "D-5"]


@pytest.mark.parametrize("lone", ["B-12", "x", "C"])
def test_what_only_looks_like_front_matter_or_an_appendix(lone: str) -> None:
    assert labels(book(lone, "1", "2", "3", "4", lone, lone)) == ["1", "1", "2", "3", "4", "6", "7"]


@pytest.mark.parametrize("form", ["Page {} of 3", "{} of 3", "第 {} 页 共 3 页", "第{}页/共3页"])
def test_a_short_document_must_say_the_total(form: str) -> None:
    assert labels(book(form.format(2), form.format(3))) == ["2", "3"]
    assert labels(book(form.format(3))) == ["3"]


def test_each_letter_of_a_bundle_has_its_own_numbers() -> None:
    letters = ("Page 1 of 2", "Page 2 of 2", "Page 1 of 1", "Page 1 of 1", "Page 2 of 3", "Page 9 of 9")
    assert labels(book(*letters)) == ["1", "2", "1", "1", "5", "6"]


@pytest.mark.parametrize(
    "footers",
    [
        ("Page 2", "Page 3"),
        ("12", "13"),
        ("Page 4 of 3",),  # more than there are
        ("Page 2 of 3", "Page 2 of 3"),
        ("80/120",),  # a blood pressure, not page 80 of 120
        ("12/40",),
        ("A-3",),
        ("iv",),
    ],
)
def test_a_short_document_without_it_keeps_positions(footers: tuple[str, ...]) -> None:
    assert printed_labels(book(*footers)) == {}


@pytest.mark.parametrize(
    "footers",
    [
        ("2021", "2022", "2023", "2024"),  # years
        ("2024", "2024", "2024", "2024"),
        ("Annual Report 2021", "Annual Report 2022", "Annual Report 2023", "Annual Report 2024"),
        ("4.", "5.", "6.", "7."),  # clauses
        ("4.1", "5.1", "6.1", "7.1"),
        ("(4)", "(5)", "(6)", "(7)"),
        ("4)", "5)", "6)", "7)"),
        ("Section 4", "Section 5", "Section 6", "Section 7"),
        ("Article 4 Rent", "Article 5 Term", "Article 6 Notices", "Article 7 Costs"),
        ("第四条", "第五条", "第六条", "第七条"),
        ("第4条", "第5条", "第6条", "第7条"),
        ("Table 4", "Table 5", "Table 6", "Table 7"),
        ("Patient 101", "Patient 102", "Patient 103", "Patient 104"),
        ("Aspirin" + WIDE + "5", "Atenolol" + WIDE + "6", "Bisoprolol" + WIDE + "7", "Codeine" + WIDE + "8"),
        ("5 mg", "6 mg", "7 mg", "8 mg"),
        ("§ 4", "§ 5", "§ 6", "§ 7"),
        ("- 4 -", "- 4 -", "- 5 -", "- 5 -"),  # a printed page runs over two of the file
        ("7", "", "", "12", "", "9", ""),
        ("100200", "100201", "100202", "100203"),  # stamped numbers of a bundle
        ("", "", "", ""),
    ],
)
def test_what_is_no_page_number(footers: tuple[str, ...]) -> None:
    assert printed_labels(book(*footers)) == {}
    assert printed_labels([page(i, [row, *_prose(i)]) for i, row in enumerate(footers) if row]) == {}


def test_numbers_in_the_middle_of_a_page_are_not_looked_at() -> None:
    assert printed_labels([page(i, [*_prose(i), str(i + 5), *_prose(i + 1)]) for i in range(6)]) == {}


def test_line_numbers_in_the_margin_are_no_page_numbers() -> None:
    def pleading(i: int) -> Page:
        prose = page(i, [f"{row} of plea {i * 31 + k}" for k, row in enumerate(_prose(i) * 3)])
        numbers = "\n".join(str(k + 1) for k in range(24))
        at = len(prose.text) + 1
        margin = []
        for k, line in enumerate(prose.lines):
            digits = len(str(k + 1))
            margin.append(Line(at, at + digits, Rect(0.03, line.rect.y0, 0.05, line.rect.y1)))
            at += digits + 1
        return Page(i, str(i + 1), f"{prose.text}\n{numbers}", (*prose.lines, *margin), 595, 842, ReadBy.TEXT)

    assert printed_labels([pleading(i) for i in range(3)]) == {}


def test_headers_whose_words_change_need_many_pages() -> None:
    drugs = "Aspirin Atenolol Bisoprolol Codeine Digoxin Enalapril Fentanyl Gentamicin Heparin Insulin Ketamine".split()
    pages = [page(i, [f"{drug}{WIDE}{i + 112}", *_prose(i)]) for i, drug in enumerate(drugs)]
    assert labels(pages) == [str(n) for n in range(112, 123)]
    assert printed_labels(pages[:9]) == {}


def test_most_of_the_pages_must_agree() -> None:
    assert labels(book("5", "6", "7", "", "", "")) == ["5", "6", "7", "4", "5", "6"]
    assert printed_labels(book("5", "6", "7", "", "", "", "")) == {}


def test_the_number_on_most_pages_wins_and_then_the_one_that_says_what_it_is() -> None:
    both = [page(i, [*_prose(i), f"Page {i + 3} of 9", str(i + 200)]) for i in range(5)]
    assert labels(both) == ["3", "4", "5", "6", "7"]
    chapters = [page(i, [str(i + 200) if i < 3 else "", *_prose(i), str(i + 1)]) for i in range(5)]
    assert labels(chapters) == ["1", "2", "3", "4", "5"]


def test_what_the_file_declares_wins_unless_it_only_counts() -> None:
    pages = book("12", "13", "14")
    assert page_labels(pages, ("1", "2", "3")) == ("12", "13", "14")
    assert page_labels(pages, ("", "2", "")) == ("12", "13", "14")
    assert page_labels(pages, ("i", "1", "2")) == ("i", "1", "2")
    assert page_labels(pages, ("X-1", "X-2", "")) == ("X-1", "X-2", "3")
    assert page_labels(pages, ("5", "6", "7")) == ("5", "6", "7")
    assert page_labels(pages, ("i", "1")) == ("12", "13", "14")  # not one a page
    assert page_labels(book("", "", ""), ("1", "2", "3")) == ("1", "2", "3")


def test_nothing_to_read() -> None:
    assert page_labels([]) == ()
    blank = [Page(i, str(i + 1), "", (), 0, 0, ReadBy.NOTHING, "reading_page_no_text") for i in range(3)]
    assert page_labels(blank) == ("1", "2", "3")


def _numbered(first: int) -> bytes:
    return pdf(
        [
            text(["The rent is due on the first day", "of each month."]) + "\n" + text([f"- {n} -"], x=290, y=30)
            for n in range(first, first + 4)
        ]
    )


def test_a_file_is_read_with_its_printed_numbers(read: Callable[[bytes], Reading]) -> None:
    assert [page.label for page in read(_numbered(12)).pages] == ["12", "13", "14", "15"]


@pytest.mark.parametrize(("start", "expected"), [(1, ["12", "13", "14", "15"]), (3, ["3", "4", "5", "6"])])
def test_a_plain_default_in_the_file_gives_way(
    read: Callable[[bytes], Reading], start: int, expected: list[str]
) -> None:
    writer = PdfWriter(clone_from=io.BytesIO(_numbered(12)))
    writer.set_page_label(page_index_from=0, page_index_to=3, style=PageLabelStyle.DECIMAL, start=start)
    out = io.BytesIO()
    writer.write(out)
    assert [page.label for page in read(out.getvalue()).pages] == expected


# Position and label, compared by eye with the rendered pages.
SEEN = [
    ("cuad", "ASPIRITY", {5: "ii", 6: "6", 7: "2", 17: "13", 18: "14", 28: "24"}),
    ("cuad", "Cardlytics", {2: "ii", 3: "1", 34: "32", 35: "C-1", 38: "D-4", 47: "G-1"}),
    ("cuad", "DigitalCinema", {1: "1", 32: "32", 33: "A-1", 34: "A-1-1", 36: "C-1", 37: "D-1"}),
    ("cuad", "ENERGYXX", {2: "i", 3: "1", 21: "19", 22: "A-1", 24: "B-2", 25: "C-1"}),
    ("cuad", "OLDAPI", {9: "9", 10: "11", 18: "19", 19: "21", 31: "3", 32: "4"}),
    ("cuad", "PfHospitality", {2: "i", 3: "1", 21: "19", 41: "39", 42: "42"}),
    ("cuad", "RareElement", {1: "1", 15: "15", 16: "1"}),
    ("cuad", "SigaTechnologies", {2: "i", 4: "iii", 5: "5", 6: "2", 46: "42", 47: "47"}),
    ("cuad", "Soupman", {2: "i", 5: "iv", 6: "6", 7: "2", 45: "40", 46: "46"}),
    ("cuad", "StaarSurgical", {1: "1", 15: "15", 16: "A-1-1", 17: "B-1", 18: "C-1"}),
    ("cuad", "TubeMedia", {1: "1", 2: "2", 21: "21", 24: "24"}),
    # printed pages that run over two of the file: no label could be right
    ("cuad", "AFSALABANCORP", {7: "7", 17: "17", 21: "21"}),
    # the printer's "Page ix" stands beside the paper, where nobody sees it
    (
        "robustness",
        "long__freeculture",
        {9: "9", 18: "2", 31: "17", 191: "181", 346: "340", 352: "352"},
    ),
]


@pytest.mark.slow
@pytest.mark.skipif(_pack is None, reason="the evaluation pack is not here; set VADEMECUM_BENCH to its folder")
@pytest.mark.parametrize(("suite", "name", "seen"), SEEN, ids=[name for _, name, _ in SEEN])
def test_real_documents_read_as_a_person_reads_them(suite: str, name: str, seen: dict[int, str]) -> None:
    assert _pack is not None
    (file,) = [path for path in (_pack / suite / "pdfs").iterdir() if path.name.startswith(name)]
    with Reader(ocr=False) as plain:
        pages = plain.read(file).pages
    assert {position: pages[position - 1].label for position in seen} == seen


def test_labels_of_a_run_never_fall() -> None:
    found = printed_labels(book(*(str(n) for n in range(1, 30))))
    assert all(int(a) < int(b) for (_, a), (_, b) in pairwise(sorted(found.items())))
