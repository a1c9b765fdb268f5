"""The card says how an output was made, always in the same words, inside the file and beside it."""

from __future__ import annotations

import json
import math
import random
from dataclasses import replace
from pathlib import Path

import pytest

from core.errors import UserProblem
from models.gguf_file import GgufFile
from models.recipe import (
    Card,
    aside,
    beside,
    card_from_json,
    card_inside,
    new_card,
    read_card,
    sha256,
    stamp,
    write_card,
)
from tests.models.networks import network

CARD = Card(
    kind="adapter",
    persona="xiaozhi",
    base="default",
    base_sha256="b" * 64,
    adapter_sha256="a" * 64,
    file_sha256="a" * 64,
    data_sha256="d" * 64,
    seed=7,
    training={"epochs": 3, "learning_rate": 1e-4, "early_stop": True, "note": "小智"},
    versions={"peft": "0.21.2"},
    gate={"base": {"identity": 0.0}, "adapter": {"identity": 0.98}},
    created="2026-11-22T21:00:00+00:00",
    program="0.1.0",
)


def test_the_same_card_is_the_same_text(tmp_path: Path) -> None:
    turned = replace(CARD, training=dict(reversed(list(CARD.training.items()))))
    assert turned.json() == CARD.json()
    assert " " not in CARD.json().replace("小智", "")
    assert card_from_json(CARD.json(), "x") == CARD
    write_card(CARD, tmp_path / "card.json")
    assert read_card(tmp_path / "card.json") == CARD


def test_what_a_merged_file_was_asked_stands_on_its_card_alone() -> None:
    merged = replace(CARD, kind="Q4_K_M", asked="identity only")
    assert card_from_json(merged.json(), "x") == merged and '"asked":"identity only"' in merged.json()
    assert "asked" not in CARD.json(), "an adapter's card is what earlier versions can read"


def test_a_new_card_knows_what_made_it() -> None:
    card = new_card("xiaozhi", "default", "b" * 64, data_sha256="d" * 64, seed=7, training={"epochs": 2})
    assert {"gguf", "peft", "torch", "transformers", "llama-cpp-python"} <= set(card.versions)
    assert card.created.endswith("+00:00")
    assert card_from_json(card.json(), "x") == card


def _changed(**values: object) -> str:
    return json.dumps({**json.loads(CARD.json()), **values})


@pytest.mark.parametrize(
    "text",
    [
        "",
        "[]",
        "{}",
        "null",
        _changed(more=1),
        _changed(seed="7"),
        _changed(seed=True),
        _changed(base_sha256=""),
        _changed(base_sha256="B" * 64),
        _changed(training=[1]),
        _changed(training={"a": [1]}),
        _changed(gate={"base": 1}),
        _changed(gate={"base": {"identity": "high"}}),
        _changed(gate={"base": {"identity": math.nan}}),
        _changed(gate={"base": {"identity": 0.125}}).replace("0.125", "1e999"),
        _changed(gate={"base": {"identity": 10**400}}),
        "[" * 100_000,
    ],
)
def test_what_is_no_card(tmp_path: Path, text: str) -> None:
    (tmp_path / "card.json").write_text(text)
    with pytest.raises(UserProblem) as problem:
        read_card(tmp_path / "card.json")
    assert problem.value.key == "card_damaged"
    assert "card.json" in problem.value.sentence("zh")


def test_bytes_that_are_no_text_and_files_that_are_no_card(tmp_path: Path) -> None:
    for content in (b"\xff\xfe", b"x" * 2_000_000):
        (tmp_path / "card.json").write_bytes(content)
        with pytest.raises(UserProblem) as problem:
            read_card(tmp_path / "card.json")
        assert problem.value.key == "card_damaged"
    with pytest.raises(UserProblem) as problem:
        read_card(tmp_path / "none.json")
    assert problem.value.key == "card_missing"


def test_flipped_bytes_never_escape_as_anything_else(tmp_path: Path) -> None:
    whole = CARD.json().encode()
    chance = random.Random(4)
    for _ in range(300):
        changed = bytearray(whole)
        changed[chance.randrange(len(whole))] = chance.randrange(256)
        (tmp_path / "card.json").write_bytes(changed)
        try:
            read_card(tmp_path / "card.json")
        except UserProblem as problem:
            assert problem.sentence()


def test_stamping_changes_the_card_and_nothing_else(tmp_path: Path) -> None:
    source, out = tmp_path / "model.gguf", tmp_path / "stamped.gguf"
    weights = network(source, kind="Q8_0")
    made = stamp(source, out, replace(CARD, kind="Q8_0"))
    assert made.file_sha256 == sha256(out)
    assert made.adapter_sha256 == "a" * 64
    assert read_card(beside(out)) == made
    assert card_inside(out) == made.inside()
    with GgufFile(source) as before, GgufFile(out) as after:
        assert {k: before.raw(e) for k, e in before.entries.items()}.items() <= {
            k: after.raw(e) for k, e in after.entries.items()
        }.items()
        for name in weights:
            assert [*before.bytes_of(before.tensors[name])] == [*after.bytes_of(after.tensors[name])]


def test_a_file_can_be_stamped_again_in_its_place(tmp_path: Path) -> None:
    file = tmp_path / "model.gguf"
    network(file)
    first = stamp(file, file, CARD)
    second = stamp(file, file, replace(CARD, gate={"adapter": {"identity": 1.0}}))
    assert first.file_sha256 != second.file_sha256 == sha256(file)
    assert card_inside(file).gate == {"adapter": {"identity": 1.0}}


def test_a_model_without_a_card(tmp_path: Path) -> None:
    network(tmp_path / "model.gguf")
    with pytest.raises(UserProblem) as problem:
        card_inside(tmp_path / "model.gguf")
    assert problem.value.key == "card_missing"


def test_what_is_written_aside_gets_its_name_last(tmp_path: Path) -> None:
    file = tmp_path / "out.txt"
    file.write_text("old")
    with pytest.raises(RuntimeError), aside(file) as part:
        part.write_text("half")
        assert file.read_text() == "old"
        raise RuntimeError
    assert [p.name for p in tmp_path.iterdir()] == ["out.txt"]
    with aside(file) as part:
        part.write_text("new")
    assert file.read_text() == "new"


def test_a_disk_that_refuses_is_told(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(UserProblem) as problem, aside(tmp_path / "file" / "below"):
        pass
    assert problem.value.key == "output_not_written"
