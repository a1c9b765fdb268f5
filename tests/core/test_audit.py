"""The audit chain: what it shows, and what only a checkpoint shows."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.audit import (
    GENESIS,
    Checkpoint,
    FaultKind,
    canonical,
    is_intact,
    is_step,
    latest_answers,
    link,
    parse_checkpoint,
    verify,
)
from core.errors import UserProblem
from core.library import open_library
from core.messages import catalogue
from core.nouns import AuditRecord


def chain(length: int) -> list[AuditRecord]:
    records: list[AuditRecord] = []
    for sequence in range(1, length + 1):
        previous = records[-1].hash if records else GENESIS
        records.append(link(sequence, previous, {"question": f"Question {sequence}?", "score": sequence / 7}))
    return records


def head(records: list[AuditRecord]) -> Checkpoint:
    return Checkpoint(records[-1].sequence, records[-1].hash)


def edited(records: list[AuditRecord]) -> list[AuditRecord]:
    return [*records[:2], replace(records[2], body=records[2].body.replace("3", "9")), *records[3:]]


def rehashed(records: list[AuditRecord]) -> list[AuditRecord]:
    return [*records[:2], link(3, records[2].previous, {"question": "Another?"}), *records[3:]]


def without_third(records: list[AuditRecord]) -> list[AuditRecord]:
    return [*records[:2], *records[3:]]


def without_first(records: list[AuditRecord]) -> list[AuditRecord]:
    return records[1:]


def swapped(records: list[AuditRecord]) -> list[AuditRecord]:
    return [records[0], records[2], records[1], *records[3:]]


def doubled(records: list[AuditRecord]) -> list[AuditRecord]:
    return [*records[:3], records[2], *records[3:]]


@pytest.mark.parametrize(
    ("tamper", "kinds"),
    [
        (edited, {FaultKind.EDITED}),
        (rehashed, {FaultKind.REPLACED}),
        (without_third, {FaultKind.MISSING}),
        (without_first, {FaultKind.MISSING}),
        (swapped, {FaultKind.MISSING, FaultKind.MOVED}),
        (doubled, {FaultKind.MOVED}),
    ],
)
def test_tampering_shows(tamper: Callable[[list[AuditRecord]], list[AuditRecord]], kinds: set[FaultKind]) -> None:
    faults = verify(tamper(chain(6)))
    assert {fault.kind for fault in faults} == kinds
    assert all(fault.sentence("en") and fault.sentence("zh") for fault in faults)


def test_a_sound_chain_has_no_faults() -> None:
    assert verify([]) == []
    assert verify(chain(6)) == []
    assert verify(chain(6), head(chain(4))) == []
    assert verify([], Checkpoint(0, GENESIS)) == []


def test_a_cut_at_the_end_shows_only_against_a_checkpoint() -> None:
    whole = chain(6)
    assert verify(whole[:4]) == []
    (fault,) = verify(whole[:4], head(whole))
    assert (fault.kind, fault.sequence, fault.last) == (FaultKind.TRUNCATED, 5, 6)


def test_a_rewritten_history_shows_only_against_a_checkpoint() -> None:
    whole = chain(6)
    forged = whole[:3]
    for sequence in range(4, 7):
        forged.append(link(sequence, forged[-1].hash, {"question": "Forged?"}))
    assert verify(forged) == []
    (fault,) = verify(forged, head(whole))
    assert (fault.kind, fault.sequence) == (FaultKind.REWRITTEN, 6)


def test_the_body_is_canonical() -> None:
    assert canonical({"b": 1, "a": "阿司匹林"}) == '{"a":"阿司匹林","b":1}'
    assert canonical({"a": 1, "b": 2}) == canonical({"b": 2, "a": 1})
    with pytest.raises(ValueError, match="not JSON compliant"):
        canonical({"score": float("nan")})


json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | st.text(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3),
    max_leaves=8,
)


@given(st.dictionaries(st.text(st.characters(exclude_categories=()), max_size=5), json_values, max_size=4))
def test_any_body_is_kept_as_it_was(body: dict[str, object]) -> None:
    record = link(1, GENESIS, body)
    record.body.encode("utf-8")
    assert json.loads(record.body) == body
    assert is_intact(record)


def test_a_checkpoint_is_read_back_from_paper() -> None:
    checkpoint = head(chain(2))
    assert parse_checkpoint(f" {checkpoint}\n") == checkpoint
    for text in ("", "1", "1:abc", "x:" + "0" * 64, "1:" + "g" * 64, "-1:" + "0" * 64):
        with pytest.raises(UserProblem) as problem:
            parse_checkpoint(text)
        assert problem.value.key == "audit_bad_checkpoint"


def test_every_fault_has_its_sentence() -> None:
    assert {kind.value for kind in FaultKind} <= set(catalogue())


def test_records_survive_in_a_library_and_cannot_be_changed_in_passing(tmp_path: Path) -> None:
    with open_library(tmp_path / "lib", create=True) as library:
        for number in range(3):
            library.append_record({"question": f"第{number}问 \udc80"})
        checkpoint = library.audit_head()
    with open_library(tmp_path / "lib") as library:
        records = list(library.records())
        assert [record.sequence for record in records] == [1, 2, 3]
        assert verify(library.records(), checkpoint) == []
        assert [record.sequence for record in library.records(first=3)] == [3]
        assert library.append_record({"question": "next"}).previous == checkpoint.hash


def test_the_latest_answers_are_counted_without_their_steps() -> None:
    kinds = [*["answered"] * 3, *["begun", "sentence", "sentence", "answered"] * 100, "begun", "sentence", "stopped"]
    records = [link(number, GENESIS, {"kind": kind}) for number, kind in enumerate(kinds, 1)]
    records.append(replace(records[0], sequence=len(records) + 1, body="{broken"))

    def read(first: int) -> list[AuditRecord]:
        return records[first - 1 :]

    answers = [record for record in records if not is_step(record)]
    assert len(answers) == 105
    for n in (0, 1, 2, 20, 104, 105, 1000):
        assert latest_answers(read, len(records), n) == answers[max(0, 105 - n) :]
    assert latest_answers(lambda _: [], 0, 5) == []
