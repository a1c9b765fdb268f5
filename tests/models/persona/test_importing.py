"""A user's own dialogues: whatever form and encoding they come in, and a sentence for what cannot be used."""

from __future__ import annotations

import json
import time
from pathlib import Path

import pytest

from core.errors import UserProblem
from core.nouns import Dialogue
from models.persona.importing import FEW, MAX_BYTES, decoded, pasted, read
from models.persona.specification import MAX_DIALOGUES

PAIRS = [("你好吗？", "很好，谢谢您的关心。"), ("Who is on duty?", "Please look at the roster, it hangs by the door.")]
WANTED = tuple(Dialogue(*pair) for pair in PAIRS)
JSONL = "\n".join(json.dumps({"asked": a, "answered": b}, ensure_ascii=False) for a, b in PAIRS)
CSV = "question,answer\n" + "\n".join(f'"{a}","{b}"' for a, b in PAIRS)
MARKED = "\n".join(f"问：{a}\n答：{b}\n" for a, b in PAIRS)


def written(folder: Path, name: str, content: str | bytes) -> Path:
    file = folder / name
    file.write_bytes(content if isinstance(content, bytes) else content.encode())
    return file


def key_of(file: Path) -> str:
    with pytest.raises(UserProblem) as caught:
        read(file)
    assert caught.value.sentence("en") and caught.value.sentence("zh")
    return caught.value.key


# -- forms


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "utf-16-le", "utf-16-be", "gb18030"])
@pytest.mark.parametrize(("name", "content"), [("a.jsonl", JSONL), ("a.csv", CSV), ("a.txt", MARKED)])
def test_every_form_is_read_in_every_encoding(name: str, content: str, encoding: str, tmp_path: Path) -> None:
    found = read(written(tmp_path, name, content.encode(encoding)))
    assert found.dialogues == WANTED
    assert [remark.key for remark in found.remarks] == ["dialogues_few"]


@pytest.mark.parametrize(
    "row",
    [
        {"question": "Hi", "answer": "Hello"},
        {"prompt": "Hi", "completion": "Hello"},
        {"Instruction": "Hi", "output": "Hello"},
        {"问题": "Hi", "答案": "Hello", "id": 4},
        {
            "messages": [
                {"role": "system", "content": "x"},
                {"role": "user", "content": "Hi"},
                {"role": "assistant", "content": "Hello"},
            ]
        },
        {"conversations": [{"from": "human", "value": "Hi"}, {"from": "gpt", "value": "Hello"}]},
    ],
)
def test_the_usual_names_of_the_fields_are_known(row: dict[str, object], tmp_path: Path) -> None:
    assert read(written(tmp_path, "a.jsonl", json.dumps(row))).dialogues == (Dialogue("Hi", "Hello"),)
    assert read(written(tmp_path, "a.json", json.dumps([row]))).dialogues == (Dialogue("Hi", "Hello"),)


def test_what_an_instruction_is_about_is_part_of_the_question(tmp_path: Path) -> None:
    row = {"instruction": "Translate", "input": "Hund", "output": "dog"}
    assert read(written(tmp_path, "a.jsonl", json.dumps(row))).dialogues == (Dialogue("Translate\nHund", "dog"),)


@pytest.mark.parametrize("delimiter", [",", ";", "\t"])
def test_tables_with_any_delimiter_and_lines_within_cells(delimiter: str, tmp_path: Path) -> None:
    table = f'id{delimiter}Answered{delimiter} Asked\r\n1{delimiter}"two\r\nlines"{delimiter}Hi\r\n\r\n'
    assert read(written(tmp_path, "a.csv", table)).dialogues == (Dialogue("Hi", "two\nlines"),)


@pytest.mark.parametrize(
    "text",
    [
        "Q: Hi\nA: Hello\n\nthere\nQ: Bye\nA: Goodbye",
        "问题1：Hi\n回答1：Hello\n\nthere\n\n问题2：Bye\n回答2：Goodbye\n",
        "User: Hi\r\nAssistant: Hello\r\n\r\nthere\r\nUser: Bye\r\nAssistant: Goodbye",
    ],
)
def test_marked_text_keeps_the_lines_of_an_answer(text: str) -> None:
    assert pasted(text, "text").dialogues == (Dialogue("Hi", "Hello\n\nthere"), Dialogue("Bye", "Goodbye"))


@pytest.mark.parametrize("text", ["Hi\nHello\n\n\nBye\nGoodbye\n", "Hi\n\nHello\n\nBye\n\nGoodbye"])
def test_blocks_are_pairs(text: str) -> None:
    assert pasted(text, "text").dialogues == (Dialogue("Hi", "Hello"), Dialogue("Bye", "Goodbye"))


# -- what is said


def test_three_examples_are_used_and_said_to_be_few() -> None:
    found = pasted("\n\n".join(f"Question {c}?\nAnswer {c}." for c in "abc"), "text")
    assert len(found.dialogues) == 3
    assert [r.key for r in found.remarks] == ["dialogues_few"] and all(r.warning for r in found.remarks)
    assert "3" in found.remarks[0].sentence("en") and "3" in found.remarks[0].sentence("zh")


def test_doubles_are_used_once_and_figures_are_warned_of() -> None:
    text = "\n\n".join(f"Question {chr(97 + n)}?\nAnswer {n} mg." for n in range(FEW)) + "\n\nQUESTION A?\nAnother."
    found = pasted(text, "text")
    assert len(found.dialogues) == FEW and found.dialogues[0].answered == "Answer 0 mg."
    assert [r.key for r in found.remarks] == ["dialogues_doubles", "dialogues_figures"]
    assert found.remarks[1].details["count"] == FEW


def test_what_may_be_a_hole_of_a_template_is_warned_of() -> None:
    found = pasted("Q: Which law?\nA: See [GDPR] for that.\nQ: Hi\nA: Hello.", "text")
    assert [r.key for r in found.remarks] == ["dialogues_few", "dialogues_hole"]
    for language in ("en", "zh"):
        assert "[GDPR]" in found.remarks[1].sentence(language) and "Which law?" in found.remarks[1].sentence(language)


def test_a_hundred_thousand_examples_are_refused_before_any_work(tmp_path: Path) -> None:
    for name, line, head in (
        ("a.jsonl", '{"asked": "q", "answered": "a"}\n', ""),
        ("a.csv", "q,a\n", "asked,answered\n"),
    ):
        file = written(tmp_path, name, head + line * 100_000)
        begun = time.perf_counter()
        assert key_of(file) == "dialogues_too_many"
        assert time.perf_counter() - begun < 3
    with pytest.raises(UserProblem) as caught:
        pasted("Q: a\nA: b\n" * 100_000, "text")
    assert caught.value.details["most"] == MAX_DIALOGUES


@pytest.mark.parametrize(
    ("name", "content", "key"),
    [
        ("a.txt", "", "dialogues_empty"),
        ("a.csv", "", "dialogues_empty"),
        ("a.csv", "asked,answered\n\n", "dialogues_empty"),
        ("a.jsonl", "\n \n", "dialogues_empty"),
        ("a.json", "[]", "dialogues_empty"),
        ("a.csv", "name,age\nx,y\n", "dialogues_no_columns"),
        ("a.csv", "Hi,Hello\nBye,Goodbye\n", "dialogues_no_columns"),
        ("a.csv", "asked,answered\nonly one\n", "dialogues_bad_line"),
        ("a.csv", 'asked,answered\n"open,x\n', "dialogues_bad_line"),
        ("a.jsonl", '{"asked": "x"}', "dialogues_no_columns"),
        ("a.jsonl", '{"asked": "x", "answered": 4}', "dialogues_bad_line"),
        ("a.jsonl", '{"asked": "x", "answered": "y"}\n{"asked": ', "dialogues_bad_line"),
        ("a.jsonl", '"text"', "dialogues_bad_line"),
        ("a.jsonl", '{"messages": [{"role": "user"}]}', "dialogues_bad_line"),
        ("a.json", "[{]", "dialogues_bad_line"),
        ("a.json", "[" * 100_000, "dialogues_bad_line"),
        ("a.txt", "Only one line", "dialogues_no_pairs"),
        ("a.txt", "Q: Hi\nQ: Bye\nA: Goodbye", "dialogues_half"),
        ("a.txt", "Hi\nHello\n\nBye", "dialogues_half"),
        ("a.csv", "asked,answered\n,Hello\n", "dialogues_no_question"),
        ("a.txt", "Q: Hi\nA: I am {{NAME}}.", "dialogues_marks"),
        ("a.txt", "Q: Hi\nA: I am {NAME} of [COMPANY].", "dialogues_marks"),
        ("a.txt", "问：你好\n答：您好，我是【姓名】。", "dialogues_marks"),
        ("a.txt", "Q: Hi<|im_end|>\nA: Yes.", "dialogues_marks"),
        ("a.txt", "Q: Hi\nA: " + "x" * 3000, "dialogues_long"),
        ("a.txt", bytes(range(256)) * 4, "dialogues_encoding"),
        ("a.csv", "Frage,Antwort\nWie heißt das Café?,Das Café heißt Müller.".encode("latin-1"), "dialogues_encoding"),
        ("a.txt", "問：你好嗎？\n答：我很好，謝謝妳，請問還有什麼問題嗎？".encode("big5"), "dialogues_encoding"),
        ("a.txt", b"\xff\xfe\x00", "dialogues_encoding"),
        ("a.txt", b"\x89PNG\r\n\x1a\n\x00\x00\x00\rIHDR\x00", "dialogues_encoding"),
    ],
)  # fmt: skip
def test_what_cannot_be_used_is_said(name: str, content: str | bytes, key: str, tmp_path: Path) -> None:
    assert key_of(written(tmp_path, name, content)) == key


def test_a_file_that_is_absent_or_huge_is_said(tmp_path: Path) -> None:
    assert key_of(tmp_path / "absent.csv") == "dialogues_unreadable"
    assert key_of(tmp_path) == "dialogues_unreadable"
    huge = tmp_path / "huge.csv"
    with huge.open("wb") as stream:
        stream.truncate(MAX_BYTES + 1)
    assert key_of(huge) == "dialogues_too_large"


def test_characters_that_cannot_be_seen_are_left_out(tmp_path: Path) -> None:
    row = {"asked": "H\u200bi\x85", "answered": "He\u2028llo"}
    assert read(written(tmp_path, "a.jsonl", json.dumps(row, ensure_ascii=False))).dialogues == (
        Dialogue("Hi", "Hello"),
    )


def test_an_english_text_of_one_line_ends_is_no_utf_16() -> None:
    assert decoded(b"plain text") == "plain text"
    assert decoded("小智".encode("gb18030")) == "小智"
