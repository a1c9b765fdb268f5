"""The sample documents are what README.md says, and every known answer stands where questions.jsonl says."""

from __future__ import annotations

import hashlib
import json
import os
import re
import subprocess
import sys
from functools import cache
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import pypdf
import pypdfium2
import pytest

from core.evaluating.pack import load_known
from desktop import house, samples
from models.persona.specification import shipped

FOLDER = samples.folder()
README = (FOLDER / "README.md").read_text("utf-8")
QUESTIONS: list[dict[str, Any]] = [
    json.loads(line) for line in (FOLDER / "questions.jsonl").read_text("utf-8").splitlines()
]
PAGES = {
    "consulting-agreement-driven-deliveries.pdf": 7,
    "outsourcing-agreement-dgt-dolphin.pdf": 5,
    "中华人民共和国劳动合同法.pdf": 14,
    "职工带薪年休假条例.pdf": 2,
    "quilodarine-monograph-en.pdf": 3,
    "quilodarine-monograph-zh.pdf": 2,
    "economic-outlook-2025-january.pdf": 1,
    "economic-outlook-2025-july.pdf": 1,
    "scanned-discharge-letter.pdf": 1,
    "confidential-settlement-note.pdf": 1,
}
HANDBOOKS = {
    "surgical-ward-handbook.pdf": 6,
    "内科会诊手册.pdf": 5,
    "investment-handbook.pdf": 5,
    "员工与合规手册.pdf": 5,
}
GLOSSARY_QUESTIONS: list[dict[str, Any]] = [
    json.loads(line) for line in (FOLDER / "glossary_questions.jsonl").read_text("utf-8").splitlines()
]
SCAN = "scanned-discharge-letter.pdf"
LOCKED = "confidential-settlement-note.pdf"
PASSWORD = "open-sesame"
FICTION = [name for name in PAGES if name.startswith(("quilodarine", "economic", "confidential"))]
# The scan has no text to compare with; these words are printed on its picture.
PRINTED_ON_THE_SCAN = {"six weeks", "5 mg"}


def squeezed(text: str) -> str:
    return re.sub(r"\s+", "", text)


def place(name: str) -> Path:
    return FOLDER / "handbooks" / name if name in HANDBOOKS else FOLDER / name


@cache
def texts_by_pdfium(name: str) -> list[str]:
    with pypdfium2.PdfDocument(place(name), password=PASSWORD if name == LOCKED else None) as document:
        return [page.get_textpage().get_text_range() for page in document]


@cache
def texts_by_pypdf(name: str) -> list[str]:
    reader = pypdf.PdfReader(place(name), password=PASSWORD if name == LOCKED else None)
    return [page.extract_text() for page in reader.pages]


def test_the_folder_holds_the_documents_and_nothing_else() -> None:
    assert {path.name for path in FOLDER.glob("*.pdf")} == set(PAGES)
    assert {path.name for path in FOLDER.glob("*/*.pdf")} == set(HANDBOOKS)
    assert sum(path.stat().st_size for path in FOLDER.glob("*.pdf")) < 1_500_000
    assert sum(path.stat().st_size for path in FOLDER.glob("*/*.pdf")) < 500_000


def test_the_handbooks_are_no_part_of_a_first_try() -> None:
    assert {path.name for path in samples.handbooks()} == set(HANDBOOKS)
    assert {path.name for path in samples.readable()} == set(PAGES) - {LOCKED}
    assert not {path.name for path in house.sample_files()} & set(HANDBOOKS)


@pytest.mark.parametrize("name", [*PAGES, *HANDBOOKS])
def test_origin_licence_and_page_count_are_noted(name: str) -> None:
    row = next(line for line in README.splitlines() if re.match(rf"\| `(?:handbooks/)?{re.escape(name)}`", line))
    _, _, pages, _, licence, _ = (cell.strip() for cell in row.split("|"))
    assert int(pages) == {**PAGES, **HANDBOOKS}[name]
    assert re.search(r"CC BY 4\.0|CC0 1\.0|Apache-2\.0|outside copyright|As above", licence)


@pytest.mark.parametrize("name", [*PAGES, *HANDBOOKS])
def test_both_readers_count_the_same_pages(name: str) -> None:
    assert len(texts_by_pdfium(name)) == len(texts_by_pypdf(name)) == {**PAGES, **HANDBOOKS}[name]


@pytest.mark.parametrize("name", [*(name for name in PAGES if name != SCAN), *HANDBOOKS])
def test_every_page_has_text(name: str) -> None:
    assert all(len(text.strip()) > 100 for text in texts_by_pdfium(name))


@pytest.mark.parametrize(
    ("name", "sha256"),
    [
        (
            "consulting-agreement-driven-deliveries.pdf",
            "94d7ca469d4f4e21f79a71e8b45f57860467cbc767ddeb2d8572fa9b871d6904",
        ),
        ("outsourcing-agreement-dgt-dolphin.pdf", "d9d1b4c2d23686efa40898b2d544190f1756c01b4f737a5325a2ee4454326706"),
    ],
)
def test_the_contracts_are_unchanged(name: str, sha256: str) -> None:
    assert hashlib.sha256((FOLDER / name).read_bytes()).hexdigest() == sha256


@pytest.mark.parametrize("name", [*FICTION, *HANDBOOKS])
def test_fiction_says_so_on_every_page(name: str) -> None:
    assert all(re.search("fictional sample|sample document|虚构样本", text.lower()) for text in texts_by_pdfium(name))


@pytest.mark.parametrize(("name", "articles"), [("中华人民共和国劳动合同法.pdf", 98), ("职工带薪年休假条例.pdf", 10)])
def test_the_statutes_are_complete(name: str, articles: int) -> None:
    found = re.findall(r"^第([一二三四五六七八九十]+)条\s", "\n".join(texts_by_pdfium(name)), re.MULTILINE)
    assert [in_figures(number) for number in found] == list(range(1, articles + 1))


def in_figures(number: str) -> int:
    tens, ten, ones = number.rpartition("十")
    digits = " 一二三四五六七八九"
    return (digits.index(tens or "一") * 10 if ten else 0) + (digits.index(ones) if ones else 0)


def test_a_statute_prints_its_own_page_numbers() -> None:
    for number, text in enumerate(texts_by_pdfium("中华人民共和国劳动合同法.pdf"), start=1):
        assert f"第{number}页" in squeezed(text)


def test_labels_of_the_english_monograph_are_the_printed_numbers() -> None:
    name = "quilodarine-monograph-en.pdf"
    assert pypdf.PdfReader(FOLDER / name).page_labels == ["12", "13", "14"]
    for label, text in zip(("12", "13", "14"), texts_by_pdfium(name), strict=True):
        assert f"Page {label}" in text


def test_the_two_outlooks_differ_in_the_figure_that_is_asked_for() -> None:
    january = texts_by_pdfium("economic-outlook-2025-january.pdf")[0]
    july = texts_by_pdfium("economic-outlook-2025-july.pdf")[0]
    assert "Global GDP growth in 2025 is projected at 3.5%" in january
    assert "2025年全球GDP增长率预计为3.5%" in january
    assert "Global GDP growth in 2025 is projected at 3.1%" in july
    assert "2025年全球GDP增长率预计为3.1%" in july
    assert "3.1%" not in january
    assert "3.5%" not in july


def test_the_scan_is_a_picture_without_text() -> None:
    assert texts_by_pdfium(SCAN)[0].strip() == ""
    [picture] = pypdf.PdfReader(FOLDER / SCAN).pages[0].images
    assert picture.image is not None
    assert picture.image.mode == "L"
    assert 150 <= picture.image.width / 8.27 <= 200


def test_the_locked_file_opens_with_its_password_only() -> None:
    assert PASSWORD in README
    assert pypdf.PdfReader(FOLDER / LOCKED).is_encrypted
    with pytest.raises(pypdfium2.PdfiumError):
        pypdfium2.PdfDocument(FOLDER / LOCKED)
    with pytest.raises(pypdfium2.PdfiumError):
        pypdfium2.PdfDocument(FOLDER / LOCKED, password="close-sesame")
    assert "EUR 48,500" in texts_by_pdfium(LOCKED)[0]


def test_there_are_enough_questions_of_every_kind() -> None:
    absent = [q for q in QUESTIONS if not q["answerable"]]
    assert len(QUESTIONS) >= 60
    assert len({q["id"] for q in QUESTIONS}) == len(QUESTIONS)
    assert 1 / 3 <= len(absent) / len(QUESTIONS) <= 0.4
    for language in ("en", "zh"):
        assert sum(q["language"] == language for q in QUESTIONS) >= 25
        assert sum(q["language"] == language for q in absent) >= 9
    assert {q["persona"] for q in GLOSSARY_QUESTIONS} == {persona.id for persona in shipped()}
    for persona in shipped():
        own = [q["language"] for q in GLOSSARY_QUESTIONS if q["persona"] == persona.id]
        assert len(own) >= 20
        assert min(own.count("en"), own.count("zh")) >= 10


def test_the_workshop_reads_both_sets_as_they_stand() -> None:
    known = load_known(FOLDER / "questions.jsonl")
    assert [q.id for q in known] == [q["id"] for q in QUESTIONS]
    assert all(q.documents and set(q.documents) <= set(PAGES) - {LOCKED} for q in known)
    trade = load_known(FOLDER / "glossary_questions.jsonl")
    assert [(q.id, q.persona) for q in trade] == [(q["id"], q["persona"]) for q in GLOSSARY_QUESTIONS]
    assert all(set(q.documents) == set(HANDBOOKS) for q in trade)


@pytest.mark.parametrize("question", GLOSSARY_QUESTIONS, ids=[q["id"] for q in GLOSSARY_QUESTIONS])
def test_the_handbooks_answer_a_question_in_words_of_their_own(question: dict[str, Any]) -> None:
    [gold] = question["gold"]
    for texts in (texts_by_pdfium(gold["document"]), texts_by_pypdf(gold["document"])):
        pages = [all(squeezed(words) in squeezed(text) for words in question["must_contain"]) for text in texts]
        assert [number for number, found in enumerate(pages, start=1) if found] == [gold["page"]]
    # A word of the trade stands in the question, and the document writes it in another way: that is what is asked.
    persona = next(persona for persona in shipped() if persona.id == question["persona"])
    asked = [term for term in persona.glossary if any(w in question["question"] for w in term.words)]
    whole = squeezed("".join(texts_by_pdfium(gold["document"]))).casefold()
    assert asked
    assert any(
        squeezed(word).casefold() in whole and word not in question["question"] for term in asked for word in term.words
    )


@pytest.mark.parametrize("abbreviation", ["MI", "AMI", "DVT", "COPD", "NSAID", "BP", "SSI", "PONV", "ICU", "EBITDA"])
def test_the_handbooks_write_the_words_in_full(abbreviation: str) -> None:
    for name in HANDBOOKS:
        assert not re.search(rf"(?<![A-Za-z]){abbreviation}s?(?![A-Za-z])", "".join(texts_by_pdfium(name)))


@pytest.mark.parametrize("question", [q for q in QUESTIONS if not q["answerable"]], ids=lambda q: q["id"])
def test_what_a_question_without_an_answer_asks_for_is_printed_nowhere(question: dict[str, Any]) -> None:
    assert question["absent"]
    for name in question.get("documents", [n for n in PAGES if n != LOCKED]):
        drawn_from = Path(__file__).resolve().parents[2] / "packaging" / "sample_texts" / "scanned-discharge-letter.txt"
        printed = [drawn_from.read_text("utf-8")] if name == SCAN else texts_by_pdfium(name)
        whole = squeezed("".join(printed)).casefold()
        assert not [words for words in question["absent"] if squeezed(words).casefold() in whole], name


@pytest.mark.parametrize("question", QUESTIONS, ids=[q["id"] for q in QUESTIONS])
def test_the_gold_page_contains_the_answer(question: dict[str, Any]) -> None:
    assert set(question.get("documents", [])) <= set(PAGES)
    assert question["answerable"] is bool(question["gold"]) is bool(question["must_contain"])
    for gold in question["gold"]:
        name, index = gold["document"], gold["page"] - 1
        assert name in question.get("documents", PAGES)
        if name == SCAN:
            assert set(question["must_contain"]) <= PRINTED_ON_THE_SCAN
            continue
        for texts in (texts_by_pdfium(name), texts_by_pypdf(name)):
            for words in question["must_contain"]:
                assert squeezed(words) in squeezed(texts[index])


def test_the_generator_gives_the_same_bytes_twice(tmp_path: Path) -> None:
    # Compared with itself, not with the files here: another zlib or font release may well compress or draw differently.
    generator = Path(__file__).resolve().parents[2] / "packaging" / "make_samples.py"
    if find_spec("reportlab") is None:
        pytest.skip("reportlab, which only draws the samples, is not installed")
    for seed in ("1", "2"):
        (tmp_path / seed).mkdir()
        done = subprocess.run(
            [sys.executable, generator, "--into", tmp_path / seed],
            capture_output=True,
            encoding="utf-8",
            env={**os.environ, "PYTHONHASHSEED": seed, "PYTHONUTF8": "1"},
            check=False,
        )
        if "is not installed" in done.stderr:
            pytest.skip("the fonts that only draw the samples are not installed")
        assert done.returncode == 0, done.stderr
    first, second = (sorted((tmp_path / seed).rglob("*.pdf")) for seed in ("1", "2"))
    assert [path.read_bytes() for path in first] == [path.read_bytes() for path in second]
    assert {path.name for path in first} < {*PAGES, *HANDBOOKS}
