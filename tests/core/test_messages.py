"""The catalogue: whatever the program can say, it can say in both languages, and it says nothing else."""

from __future__ import annotations

import ast
import re
import string
import sys
import tomllib
from collections.abc import Iterator
from pathlib import Path

import pytest

from core.messages import BUILT, LANGUAGES, catalogue, say

TOP = Path(__file__).parents[2]
ROOMS = ("core", "models", "desktop")
# The last words of keys that a program puts together: f"help_{name}", f"reading_{reason}".
JOINED = re.compile(r"^(?:help_|reading_)")
RAISED = {"UserProblem", "TryAgain", "Cancelled", "Progress", "Finding", "Refused"}
SAID = {"say", "line", "note", "tell", "words"}


def trees() -> Iterator[tuple[Path, ast.Module]]:
    for room in ROOMS:
        for file in sorted((TOP / room).rglob("*.py")):
            yield file, ast.parse(file.read_text(encoding="utf-8"))


def holes(sentence: str) -> set[str]:
    return {name for _, name, _, _ in string.Formatter().parse(sentence) if name is not None}


def called(node: ast.Call) -> str:
    return node.func.id if isinstance(node.func, ast.Name) else getattr(node.func, "attr", "")


def test_every_message_has_both_languages_and_nothing_else() -> None:
    for key, entry in catalogue().items():
        assert set(entry) == set(LANGUAGES), key
        assert all(sentence.strip() == sentence.strip("\n ") != "" for sentence in entry.values()), key


def test_both_languages_have_the_same_holes_and_all_are_named() -> None:
    for key, entry in catalogue().items():
        assert holes(entry["en"]) == holes(entry["zh"]), key
        assert all(hole.isidentifier() for hole in holes(entry["en"])), key


def test_chinese_is_chinese_and_english_is_english() -> None:
    without_words = {
        "separator",
        "quote_open",
        "guard_line",
        "doctor_found",
        "doctor_done",
        "doctor_mended",
        "col_utc",
        "col_n",
        "col_interval",
        "support_shown",
    }
    for key, entry in catalogue().items():
        if key not in without_words:
            assert re.search(r"[\u4e00-\u9fff]", entry["zh"]), key
            assert re.search(r"[A-Za-z]{2}", entry["en"]), key
        assert not re.search(r"[\u4e00-\u9fff]", entry["en"]), key


def test_chinese_has_chinese_punctuation() -> None:
    for key, entry in catalogue().items():
        assert not re.search(r"[\u4e00-\u9fff][,;?!](?:[\u4e00-\u9fff\s]|$)", entry["zh"]), key
        assert not re.search(r"[\u4e00-\u9fff]\.$", entry["zh"]), key


def test_problems_say_what_happened_and_what_to_do() -> None:
    """What is raised is at least a whole sentence with its full stop, in both languages."""
    for key in raised("UserProblem") | raised("TryAgain"):
        entry = catalogue()[key]
        assert entry["en"].rstrip().endswith((".", "}", "gguf", "e5-small")), key
        assert len(entry["en"].split()) > 5, key


def raised(*kinds: str) -> set[str]:
    """The keys with which these are made, where the code spells them out."""
    keys: set[str] = set()
    for _, tree in trees():
        for node in ast.walk(tree):
            if isinstance(node, ast.Call) and called(node) in kinds and node.args:
                first = node.args[0]
                if isinstance(first, ast.Constant) and isinstance(first.value, str):
                    keys.add(first.value)
    return keys


def test_whatever_the_code_raises_reports_or_says_is_in_the_catalogue() -> None:
    known = catalogue()
    assert sorted(key for key in raised(*RAISED) if key not in known) == []
    assert sorted(key for key in raised("say", "line", "note") if key not in known) == []


def test_what_is_raised_brings_the_words_for_every_hole() -> None:
    missing = []
    for file, tree in trees():
        for node in ast.walk(tree):
            if not (isinstance(node, ast.Call) and called(node) in {"UserProblem", "TryAgain", "line", "note"}):
                continue
            first = node.args[0] if node.args else None
            if not (isinstance(first, ast.Constant) and isinstance(first.value, str)) or first.value not in catalogue():
                continue
            given = {keyword.arg for keyword in node.keywords}
            if None not in given and (lacking := holes(catalogue()[first.value]["en"]) - given):
                missing.append(f"{file.name}:{node.lineno} {first.value} lacks {lacking}")
    assert missing == []


def test_no_message_is_left_over() -> None:
    written: set[str] = set()
    for _, tree in trees():
        for node in ast.walk(tree):
            if isinstance(node, ast.Constant) and isinstance(node.value, str):
                written.add(node.value.replace("-", "_"))  # a command is written with hyphens
    unused = sorted({key.removesuffix(BUILT) for key in catalogue()} - written)
    # Keys that are joined from parts: each part must at least be written somewhere.
    left = [key for key in unused if JOINED.sub("", key) not in written and not _joined_from(key, written)]
    assert left == []


def _joined_from(key: str, written: set[str]) -> bool:
    """``help_models_add`` is made of ``models`` and ``add``."""
    parts = JOINED.sub("", key).split("_")
    return JOINED.match(key) is not None and any(
        "_".join(parts[:cut]) in written and "_".join(parts[cut:]) in written for cut in range(1, len(parts))
    )


def test_the_installed_program_sends_nobody_to_fetch_models(monkeypatch: pytest.MonkeyPatch) -> None:
    built = {key: key.removesuffix(BUILT) for key in catalogue() if key.endswith(BUILT)}
    for key, other in built.items():
        assert holes(catalogue()[key]["en"]) <= holes(catalogue()[other]["en"]), key
    monkeypatch.setattr(sys, "frozen", True, raising=False)
    details = dict.fromkeys(("name", "installed", "known", "folder"), "x")
    for key, entry in catalogue().items():
        # This one tells what to do on another computer.
        if "models fetch" in entry["en"] and key != "model_needs_python":
            for language in LANGUAGES:
                said = say(key, language, **details)
                assert "models fetch" not in said and "models import" in said, key


def test_a_key_stands_in_one_file_only() -> None:
    seen: dict[str, str] = {}
    for file in sorted((TOP / "core" / "messages").glob("*.toml")):
        for key in tomllib.loads(file.read_text(encoding="utf-8")):
            assert key not in seen, f"{key} in {file.name} and {seen[key]}"
            seen[key] = file.name


def test_saying_fills_the_holes_in_the_language_asked() -> None:
    assert say("page", "en", page=4) == "page 4"
    assert say("page", "zh", page=4) == "第 4 页"
    with pytest.raises(KeyError):
        say("no such message")
