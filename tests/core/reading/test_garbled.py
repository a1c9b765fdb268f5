"""Text layers that do not say what their pages show are told from those that do."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from core.nouns import Outcome, ReadBy, Reading
from core.reading import Reader
from core.reading.garbled import agrees, is_garbled
from tests.core.reading.support import pdf, text, with_characters

Read = Callable[[bytes], Reading]

ENGLISH = (
    "Either party may terminate this agreement for cause by giving the other party written notice of thirty days, if "
    "the other party has committed a material breach and has not remedied it within that time."
)
FRENCH = (
    "L'employeur peut, après avoir été entendu, déléguer à une société tierce l'exécution des tâches décrites ci-après."
)
CHINESE = (
    "用人单位与劳动者协商一致，可以解除劳动合同。有下列情形之一的，用人单位提前三十日以书面形式通知劳动者本人。" * 4
)
RUSSIAN = (
    "Каждая из сторон может расторгнуть настоящий договор, направив другой стороне письменное уведомление за месяц."
)
GREEK = "Κάθε μέρος μπορεί να καταγγείλει την παρούσα σύμβαση με γραπτή ειδοποίηση τριάντα ημερών προς το άλλο μέρος."
CODES = "BRCA1 TP53 KRAS EGFR MYC PTEN RB1 CDKN2A NRAS BRAF " * 3 + "Mutations found in the samples of these patients"
BLANKS = "Name: xxxxxxxxxxxxxxxxxxxxxxxxx Address: xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx"


@pytest.mark.parametrize("words", [ENGLISH, FRENCH, CHINESE, RUSSIAN, GREEK, CODES, BLANKS, ENGLISH + CHINESE, ""])
def test_what_is_written_in_a_language_is_none(words: str) -> None:
    assert not is_garbled(words)


def shifted(words: str, by: int) -> str:
    return "".join(chr((ord(c) - 97 + by) % 26 + 97) if "a" <= c <= "z" else c for c in words.lower())


@pytest.mark.parametrize(
    "words",
    [
        "e" * 30 + " eeee eee eeeeee eeeeeeeee",
        shifted(ENGLISH, 3),
        CHINESE.encode("gb18030").decode("latin-1"),
        CHINESE.encode("utf-8").decode("latin-1"),
        "".join(chr(0x7000 + (31 * i) % 0x2F00) for i in range(300)),
        " ".join(a + b + c for a, b, c in zip("abcdefgh" * 4, "жщюя" * 8, "عغفق" * 8, strict=True)),
        " ".join(chr(c) * 6 for c in (0x0E01, 0x1401, 0x10A0, 0x0531, 0xA000, 0x13A0, 0x0905) * 3),
    ],
    ids=["one letter", "shifted", "gbk", "utf-8", "ideographs", "mixed words", "babel"],
)
def test_what_no_language_writes_is(words: str) -> None:
    assert is_garbled(words)


def test_what_recognition_sees_as_well_is_right() -> None:
    assert agrees("BRCA1 TP53 KRAS", "brca1 tp53 kras")
    assert agrees(CHINESE, CHINESE[:40])
    assert not agrees(shifted(ENGLISH, 3), ENGLISH)
    assert not agrees("anything", "")


def one_letter_font(lines: list[str]) -> bytes:
    """A page that looks right and whose font calls every glyph an "e"."""
    characters = "94 beginbfchar " + " ".join(f"<{c:02X}> <0065>" for c in range(33, 127))
    return with_characters(pdf([text(lines, size=16, leading=30)]), characters)


GARBLED = one_letter_font(["The maximum dose is 20 mg", "once daily with food"])


def test_a_garbled_page_is_recognised_and_says_how_surely(read: Read) -> None:
    page = read(GARBLED).pages[0]
    assert page.read_by is ReadBy.OCR
    assert "maximum dose is 20 mg" in page.text
    assert 0.6 < page.confidence < 1


def test_a_garbled_page_is_not_read_without_recognition(tmp_path: Path) -> None:
    file = tmp_path / "garbled.pdf"
    file.write_bytes(GARBLED)
    with Reader(ocr=False) as plain:
        reading = plain.read(file)
    assert (reading.outcome, reading.reason) == (Outcome.REJECTED, "reading_garbled_ocr_off")
    assert (reading.pages, reading.reader) == ((), "")
