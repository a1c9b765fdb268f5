"""A pack on disk -> questions, claims and floors.  Everything in it is data from strangers."""

from __future__ import annotations

import hashlib
import json
import re
import unicodedata
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Protocol, TypeVar

from core.errors import UserProblem

SUITES: tuple[str, ...] = ("cuad", "zh_laws", "zh_cases", "pubmed", "verifier")

_LONGEST_STRETCH = 1000  # pages that one gold text may run over

PagePlace = tuple[str, int]  # (document, page from 1)
Floors = Mapping[tuple[str, str], float]  # (set, measure) -> floor; see read_floors


@dataclass(frozen=True, slots=True)
class Question:
    """A question with its key.

    ``document`` is the one it is about, empty for the whole suite.  ``gold`` has one entry for each thing to be
    found: the pages on any of which it stands.  ``first_page`` is the page marked first, where the suite says so.
    In a set over known documents, ``documents`` are those it is asked of, ``must_contain`` the printed words of a
    right answer, and ``persona`` the id of the one whose trade's words it uses.
    """

    id: str
    text: str
    answerable: bool
    document: str = ""
    gold: tuple[frozenset[PagePlace], ...] = ()
    first_page: PagePlace | None = None
    reference: str = ""
    decision: str = ""
    documents: tuple[str, ...] = ()
    must_contain: tuple[str, ...] = ()
    language: str = ""
    persona: str = ""

    @property
    def gold_pages(self) -> frozenset[PagePlace]:
        """Every page that carries any part of the answer."""
        return frozenset().union(*self.gold)


@dataclass(frozen=True, slots=True)
class LabelledClaim:
    """A claim, its evidence, and what people said of the two: supported, contradicted or unsupported."""

    id: str
    text: str
    evidence: str
    label: str
    source: str
    question: str
    field: str


class _Identified(Protocol):
    @property
    def id(self) -> str: ...


_Row = Mapping[str, object]
_Identifiable = TypeVar("_Identifiable", bound=_Identified)
_Loaded = TypeVar("_Loaded")


def load_questions(pack: Path, suite: str) -> tuple[Question, ...]:
    """The questions of a suite over documents, in the file's order.  UserProblem for a pack that is not in its form."""
    file = "page_qa.jsonl" if suite == "cuad" else "qa.jsonl"
    make = {"cuad": _contract_question, "zh_cases": _case_question}.get(suite, _gold_question)
    return _load(_suite_folder(pack, suite) / file, make)


def load_known(file: Path) -> tuple[Question, ...]:
    """The questions of a set over known documents, such as the samples, in the file's order.

    One that names no documents is asked of all those that any question of the file names.  UserProblem for a file
    that is not in its form.
    """
    questions = _load(file, _known_question)
    everything = {name for q in questions for name in (*q.documents, *(document for document, _ in q.gold_pages))}
    return tuple(q if q.documents else replace(q, documents=tuple(sorted(everything))) for q in questions)


def load_claims(pack: Path) -> dict[str, tuple[LabelledClaim, ...]]:
    """The claims of the verifier suite by file name without its ending.  UserProblem when there are none."""
    folder = _suite_folder(pack, "verifier")
    files = sorted(folder.glob("*.jsonl"))
    if not files:
        raise UserProblem("evaluation_no_questions", file=folder / "*.jsonl")
    return {file.stem: _load(file, _claim) for file in files}


def documents(pack: Path, suite: str) -> tuple[Path, ...]:
    """The PDF files of a suite, sorted.  UserProblem when there are none."""
    folder = _suite_folder(pack, suite) / "pdfs"
    files = [f for f in folder.iterdir() if f.suffix.lower() == ".pdf" and f.is_file()] if folder.is_dir() else []
    if not files:
        raise UserProblem("evaluation_no_documents", folder=folder)
    return tuple(sorted(files))


def draw(items: Sequence[_Identifiable], n: int, seed: int) -> tuple[_Identifiable, ...]:
    """``n`` of ``items`` at random (0: all), the same for a seed, and the first of any larger draw with it."""

    def lot(item: _Identifiable) -> str:
        # A hash of the id, so that neither the file's order nor the version of Python changes the draw.
        return hashlib.sha256(f"{seed}:{item.id}".encode()).hexdigest()

    ordered = sorted(items, key=lot)
    return tuple(ordered[:n] if n else ordered)


def draw_both(questions: Sequence[Question], n: int, seed: int) -> tuple[Question, ...]:
    """``n`` answerable and ``n`` absent ones (0: all), drawn as :func:`draw` draws."""
    return (
        *draw([q for q in questions if q.answerable], n, seed),
        *draw([q for q in questions if not q.answerable], n, seed),
    )


def tidy(name: str) -> str:
    """A file name in the form in which the library keeps it."""
    return unicodedata.normalize("NFC", name).strip()


def read_floors(pack: Path) -> Floors:
    """The floors in the pack's README.md by (set, measure), empty where there are none.

    Sets lose counts and brackets, "same" and "- part" are spelt out ("verifier/x - part"), and "hit@1/3/5"
    becomes "hit@1", "hit@3" and "hit@5".
    """
    try:
        text = (pack / "README.md").read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError):
        return {}
    _, _, section = text.partition("\n## All floors\n")
    floors: dict[tuple[str, str], float] = {}
    above = ""
    for line in section.partition("\n## ")[0].splitlines():
        cells = [cell.strip() for cell in line.strip().strip("|").split("|")]
        if not line.startswith("|") or len(cells) < 4:
            continue
        name = _set_name(cells[0])
        if name.startswith("same"):
            name = above + name.removeprefix("same")
        elif name.startswith("- "):
            name = f"{above} {name}"
        else:
            above = name
        stem, at, ranks = cells[1].partition("@")
        measures = [f"{stem}@{rank}" for rank in ranks.split("/")] if at else [stem]
        values = [value.strip() for value in cells[3].split(" / ")]
        if len(values) == len(measures):
            for measure, value in zip(measures, values, strict=True):
                if re.fullmatch(r"\d+(\.\d+)?", value):
                    floors.setdefault((name, measure), float(value))
    return floors


def _set_name(cell: str) -> str:
    return " ".join(re.sub(r"\([^)]*\)|\b\d+\b", " ", cell).split())


def _suite_folder(pack: Path, suite: str) -> Path:
    if suite not in SUITES:
        raise UserProblem("evaluation_unknown_suite", suite=suite, known=", ".join(SUITES))
    if not pack.is_dir():
        raise UserProblem("evaluation_no_pack", folder=pack)
    folder = pack / suite
    if not folder.is_dir():
        there = ", ".join(name for name in SUITES if (pack / name).is_dir()) or "–"
        raise UserProblem("evaluation_no_suite", folder=pack, suite=suite, there=there)
    return folder


def _load(file: Path, make: Callable[[_Row], _Loaded]) -> tuple[_Loaded, ...]:
    try:
        lines = file.read_text(encoding="utf-8").split("\n")
    except (OSError, UnicodeDecodeError) as fault:
        raise UserProblem("evaluation_file_unreadable", file=file, fault=fault) from fault
    loaded: list[_Loaded] = []
    for number, line in enumerate(lines, 1):
        if not line.strip():
            continue
        try:
            loaded.append(make(_object(json.loads(line))))
        except (ValueError, RecursionError) as fault:
            raise UserProblem("evaluation_bad_line", file=file, line=number, fault=fault) from fault
    if not loaded:
        raise UserProblem("evaluation_no_questions", file=file)
    return tuple(loaded)


def _contract_question(row: _Row) -> Question:
    document, answerable = tidy(_text(row, "doc")), _flag(row, "answerable")
    pages: list[PagePlace] = []
    if answerable:
        listed = row.get("gold_pages")
        numbers = listed if isinstance(listed, list) and listed else [row.get("gold_page")]
        pages = [(document, _page(number)) for number in numbers]
    return Question(
        id=_text(row, "id"),
        text=_text(row, "question"),
        answerable=answerable,
        document=document,
        gold=(frozenset(pages),) if pages else (),
        first_page=(document, _page(row.get("gold_page"))) if answerable else None,
        reference=str(row.get("answer") or ""),
    )


def _gold_question(row: _Row) -> Question:
    entries, answerable = row.get("gold"), _flag(row, "answerable")
    gold: list[frozenset[PagePlace]] = []
    for entry in entries if isinstance(entries, list) else []:
        found = _object(entry)
        first = _page(found.get("page"))
        last = _page(found.get("page_end", first))
        if not first <= last < first + _LONGEST_STRETCH:
            raise ValueError("“page_end” does not follow “page”")
        gold.append(frozenset((tidy(_text(found, "doc")), page) for page in range(first, last + 1)))
    if answerable and not gold:
        raise ValueError("answerable, but “gold” names no page")
    return Question(
        id=_text(row, "id"),
        text=_text(row, "question"),
        answerable=answerable,
        gold=tuple(gold) if answerable else (),
        reference=str(row.get("answer") or row.get("long_answer") or ""),
        decision=str(row.get("decision") or ""),
    )


def _case_question(row: _Row) -> Question:
    return Question(
        id=_text(row, "id"),
        text=_text(row, "question"),
        answerable=True,
        document=tidy(_text(row, "doc")),
        reference=_text(row, "answer"),
    )


def _known_question(row: _Row) -> Question:
    answerable = _flag(row, "answerable")
    places = [_object(place) for place in _list(row, "gold")]
    gold = frozenset((tidy(_text(place, "document")), _page(place.get("page"))) for place in places)
    words = tuple(_words(word, "must_contain") for word in _list(row, "must_contain"))
    if answerable is not bool(gold) or answerable is not bool(words):
        raise ValueError("“gold” and “must_contain” belong to an answerable question, and to no other")
    return Question(
        id=_text(row, "id"),
        text=_text(row, "question"),
        answerable=answerable,
        gold=(gold,) if gold else (),
        documents=tuple(tidy(_words(name, "documents")) for name in _list(row, "documents")),
        must_contain=words,
        language=str(row.get("language") or ""),
        persona=str(row.get("persona") or ""),
    )


def _claim(row: _Row) -> LabelledClaim:
    label = _text(row, "label")
    if label not in ("supported", "contradicted", "unsupported"):
        raise ValueError(f"unknown label {label!r}")
    return LabelledClaim(
        id=_text(row, "id"),
        text=_text(row, "claim"),
        evidence=_text(row, "evidence"),
        label=label,
        source=str(row.get("source") or ""),
        question=str(row.get("question") or ""),
        field=str(row.get("field") or ""),
    )


def _object(value: object) -> _Row:
    if not isinstance(value, dict):
        raise ValueError("not a JSON object")
    return value


def _text(row: _Row, key: str) -> str:
    return _words(row.get(key), key)


def _words(value: object, key: str) -> str:
    if not isinstance(value, str) or not value.strip():
        raise ValueError(f"“{key}” is missing or no text")
    return value


def _list(row: _Row, key: str) -> list[object]:
    value = row.get(key) or []
    if not isinstance(value, list):
        raise ValueError(f"“{key}” is no list")
    return value


def _flag(row: _Row, key: str) -> bool:
    value = row.get(key)
    if not isinstance(value, bool):
        raise ValueError(f"“{key}” is missing or neither true nor false")
    return value


def _page(value: object) -> int:
    if type(value) is not int or value < 1:
        raise ValueError("a page is missing or no number from 1")
    return value
