"""A user's own example dialogues: from JSON lines, a table, or pasted text.

What cannot be used is refused whole, with the place; what can be used but had better be otherwise is said beside it.
"""

from __future__ import annotations

import codecs
import csv
import io
import json
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import core.speech as speech
from core.errors import UserProblem
from core.nouns import Dialogue
from models.persona.specification import LONGEST, MAX_DIALOGUES, Fault, likely_hole, printable, same, template_mark

MAX_BYTES = 50_000_000
FEW = 20

_ASKED = (
    "asked", "question", "q", "prompt", "instruction", "user", "human", "query",
    "提问", "问", "问题", "用户", "指令", "输入",
)  # fmt: skip
_ANSWERED = (
    "answered", "answer", "a", "response", "completion", "output", "assistant", "reply", "gpt",
    "回答", "答", "答案", "助手", "回复", "输出",
)  # fmt: skip
_QUESTION_MARK = re.compile(r"[ \t]*(?:Q|Question|User|问|问题|提问|用户)[ \t]*\d{0,5}[ \t]*[:：][ \t]*", re.IGNORECASE)
_ANSWER_MARK = re.compile(
    r"[ \t]*(?:A|Answer|Assistant|答|回答|答案|助手)[ \t]*\d{0,5}[ \t]*[:：][ \t]*", re.IGNORECASE
)
_CONTROL = re.compile(r"[\x00-\x08\x0b\x0e-\x1f]")


@dataclass(frozen=True, slots=True)
class Imported:
    """Dialogues that may be used, each question once, and what is to be said about them."""

    dialogues: tuple[Dialogue, ...]
    remarks: tuple[Fault, ...] = ()


def read(file: Path) -> Imported:
    """The dialogues of a .jsonl, .json, .csv, .tsv or text file.

    UserProblem for a file that cannot be opened or made out, holds no dialogue, or far too many.
    """
    try:
        if file.stat().st_size > MAX_BYTES:
            raise UserProblem("dialogues_too_large", file=file.name, megabytes=MAX_BYTES // 1_000_000)
        raw = file.read_bytes()
    except OSError as fault:
        raise UserProblem("dialogues_unreadable", file=file.name, fault=fault.strerror or fault) from fault
    text = decoded(raw)
    if text is None:
        raise UserProblem("dialogues_encoding", file=file.name)
    suffix = file.suffix.lower()
    if suffix in (".csv", ".tsv"):
        return _checked(_from_table(text, file.name), file.name)
    if suffix in (".json", ".jsonl", ".ndjson") or text.lstrip()[:1] == "{":
        return _checked(_from_json(text, file.name), file.name)
    return pasted(text, file.name)


def pasted(text: str, source: str) -> Imported:
    """The dialogues of running text: "Q:" and "A:", "问：" and "答：", or blocks parted by blank lines.

    In a block the first line asks; blocks of one line take turns.  ``source`` names the text in problems.
    """
    if len(text) > MAX_BYTES:
        raise UserProblem("dialogues_too_large", file=source, megabytes=MAX_BYTES // 1_000_000)
    lines = text.replace("\r\n", "\n").replace("\r", "\n").split("\n")
    marked = any(_QUESTION_MARK.match(line) for line in lines) and any(_ANSWER_MARK.match(line) for line in lines)
    return _checked(_from_marks(lines) if marked else _from_blocks(lines, source), source)


def decoded(raw: bytes) -> str | None:
    """The text of ``raw``: UTF-8, UTF-16 or GB 18030; None when it is none of them."""
    for mark, encoding in (
        (codecs.BOM_UTF8, "utf-8-sig"),
        (codecs.BOM_UTF16_LE, "utf-16"),
        (codecs.BOM_UTF16_BE, "utf-16"),
    ):
        if raw.startswith(mark):
            return _plausible(raw, encoding)
    if 0 in raw[:1000]:
        # Text in UTF-16 has a zero in every ASCII character, its line ends at least.
        odd, even = raw[1:1000:2].count(0), raw[0:1000:2].count(0)
        return _plausible(raw, "utf-16-le" if odd > even else "utf-16-be")
    text = _plausible(raw, "utf-8")
    if text is not None:
        return text
    text = _plausible(raw, "gb18030")
    if text is None:
        return None
    # Nearly every run of bytes is some character of GB 18030; in Chinese that people write, most are of the old set.
    strange = [c for c in text if ord(c) > 127]
    common = sum(bool(c.encode("gb2312", errors="ignore")) for c in strange)
    return text if common >= 0.9 * len(strange) else None


def _plausible(raw: bytes, encoding: str) -> str | None:
    try:
        text = raw.decode(encoding)
    except UnicodeDecodeError:
        return None
    return None if _CONTROL.search(text) else text


# -- the forms


def _from_json(text: str, source: str) -> Iterator[Dialogue]:
    if text.lstrip().startswith("["):
        try:
            rows = json.loads(text)
        except (ValueError, RecursionError) as fault:
            line = getattr(fault, "lineno", 1)
            raise UserProblem("dialogues_bad_line", file=source, line=line, fault=fault) from fault
        for number, row in enumerate(rows, 1):
            yield from _of_row(row, number, source)
        return
    # Not splitlines: it parts a line at characters that may stand within a string of JSON.
    for number, line in enumerate(text.split("\n"), 1):
        if not line.strip():
            continue
        try:
            row = json.loads(line)
        except (ValueError, RecursionError) as fault:
            raise UserProblem("dialogues_bad_line", file=source, line=number, fault=fault) from fault
        yield from _of_row(row, number, source)


def _of_row(row: object, line: int, source: str) -> Iterator[Dialogue]:
    if not isinstance(row, dict):
        raise UserProblem("dialogues_bad_line", file=source, line=line, fault=type(row).__name__)
    for turns, role, content in (("messages", "role", "content"), ("conversations", "from", "value")):
        if isinstance(row.get(turns), list):
            yield from _of_turns(row[turns], role, content, line, source)
            return
    asked, answered = _columns(list(row), source)
    for field in (asked, answered):
        if not isinstance(row[field], str):
            raise UserProblem(
                "dialogues_bad_line", file=source, line=line, fault=f"{field}: {type(row[field]).__name__}"
            )
    # The form of many public sets: what an instruction is about stands in a field of its own.
    more = row.get("input") if asked == "instruction" else None
    yield Dialogue(f"{row[asked]}\n{more}" if isinstance(more, str) and more.strip() else row[asked], row[answered])


def _of_turns(turns: Sequence[object], role: str, content: str, line: int, source: str) -> Iterator[Dialogue]:
    """Each remark of the user with the reply that follows it at once."""
    asked = ""
    for turn in turns:
        if not isinstance(turn, dict) or not isinstance(turn.get(content), str):
            raise UserProblem("dialogues_bad_line", file=source, line=line, fault=content)
        said = same(str(turn.get(role, "")))
        if said in ("user", "human"):
            asked = turn[content]
        elif said in ("assistant", "gpt") and asked:
            yield Dialogue(asked, turn[content])
            asked = ""


def _from_table(text: str, source: str) -> Iterator[Dialogue]:
    first = text.split("\n", 1)[0]
    delimiter = max(",;\t，", key=first.count)
    try:
        reader = csv.reader(io.StringIO(text, newline=""), delimiter=delimiter, strict=True)
        header = next(reader, [])
        if not any(cell.strip() for cell in header):
            return
        asked, answered = (header.index(name) for name in _columns(header, source))
        for row in reader:
            if not any(cell.strip() for cell in row):
                continue
            if len(row) <= max(asked, answered):
                raise UserProblem(
                    "dialogues_bad_line", file=source, line=reader.line_num, fault=delimiter.join(row)[:40]
                )
            yield Dialogue(row[asked], row[answered])
    except csv.Error as fault:
        raise UserProblem("dialogues_bad_line", file=source, line=reader.line_num, fault=fault) from fault


def _columns(names: Sequence[str], source: str) -> tuple[str, str]:
    """The names of the two that hold questions and answers."""
    by_form: Mapping[str, str] = {same(name): name for name in reversed(names)}
    asked = next((by_form[name] for name in _ASKED if name in by_form), None)
    answered = next((by_form[name] for name in _ANSWERED if name in by_form), None)
    if asked is None or answered is None:
        raise UserProblem("dialogues_no_columns", file=source, found=", ".join(n.strip()[:30] for n in names[:12]))
    return asked, answered


def _from_marks(lines: Iterable[str]) -> Iterator[Dialogue]:
    asked: list[str] = []
    answered: list[str] | None = None
    for line in lines:
        if mark := _QUESTION_MARK.match(line):
            if asked:
                yield Dialogue("\n".join(asked), "\n".join(answered or []))
            asked, answered = [line[mark.end() :]], None
        elif (mark := _ANSWER_MARK.match(line)) and asked and answered is None:
            answered = [line[mark.end() :]]
        elif answered is not None:
            answered.append(line)
        elif asked:
            asked.append(line)
    if asked:
        yield Dialogue("\n".join(asked), "\n".join(answered or []))


def _from_blocks(lines: Iterable[str], source: str) -> Iterator[Dialogue]:
    blocks: list[list[str]] = [[]]
    for line in lines:
        if line.strip():
            blocks[-1].append(line)
        elif blocks[-1]:
            blocks.append([])
    blocks = [block for block in blocks if block]
    if all(len(block) == 1 for block in blocks):
        if len(blocks) == 1:
            raise UserProblem("dialogues_no_pairs", file=source)
        for place in range(0, len(blocks), 2):
            answer = blocks[place + 1][0] if place + 1 < len(blocks) else ""
            yield Dialogue(blocks[place][0], answer)
        return
    for block in blocks:
        yield Dialogue(block[0], "\n".join(block[1:]))


# -- what is said about them


def _checked(dialogues: Iterable[Dialogue], source: str) -> Imported:
    kept: dict[str, Dialogue] = {}
    doubles = 0
    for count, dialogue in enumerate(dialogues, 1):
        if count > MAX_DIALOGUES:
            raise UserProblem("dialogues_too_many", file=source, most=MAX_DIALOGUES)
        tidy = Dialogue(_tidy(dialogue.asked), _tidy(dialogue.answered))
        if not (tidy.asked or tidy.answered):
            continue
        _refuse(tidy, source, count)
        doubles += same(tidy.asked) in kept
        kept.setdefault(same(tidy.asked), tidy)
    if not kept:
        raise UserProblem("dialogues_empty", file=source)
    found = tuple(kept.values())
    return Imported(found, tuple(_remarks(found, doubles)))


def _refuse(dialogue: Dialogue, source: str, number: int) -> None:
    shown = _shown(dialogue.asked)
    if not dialogue.asked:
        raise UserProblem("dialogues_no_question", file=source, number=number, answered=_shown(dialogue.answered))
    if not dialogue.answered:
        raise UserProblem("dialogues_half", asked=shown)
    for text in (dialogue.asked, dialogue.answered):
        if len(text) > LONGEST["dialogues"]:
            raise UserProblem("dialogues_long", asked=shown, longest=LONGEST["dialogues"])
        if mark := template_mark(text, braces=True):
            raise UserProblem("dialogues_marks", asked=shown, mark=mark)


def _remarks(dialogues: Sequence[Dialogue], doubles: int) -> Iterator[Fault]:
    if doubles:
        yield Fault("dialogues", "dialogues_doubles", {"count": doubles}, True)
    if len(dialogues) < FEW:
        yield Fault("dialogues", "dialogues_few", {"count": len(dialogues)}, True)
    figures = [d for d in dialogues if speech.has_figures(d.answered)]
    if figures:
        details = {"count": len(figures), "asked": _shown(figures[0].asked)}
        yield Fault("dialogues", "dialogues_figures", details, True)
    holes = [(d, mark) for d in dialogues if (mark := likely_hole(d.asked) or likely_hole(d.answered))]
    if holes:
        details = {"count": len(holes), "asked": _shown(holes[0][0].asked), "mark": holes[0][1]}
        yield Fault("dialogues", "dialogues_hole", details, True)


def _tidy(text: str) -> str:
    return printable(text.replace("\r\n", "\n").replace("\r", "\n")).strip()


def _shown(text: str) -> str:
    line = " ".join(text.split())
    return f"{line[:40]}…" if len(line) > 40 else line
