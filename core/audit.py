"""The record of every answer: a chain of hashes in which tampering shows.

Each record's hash covers its sequence number, the hash before it and its body, so
an edit, a gap or a swap breaks the chain at that place.  What a chain cannot show
by itself is a cut at its end, or a rewriting from some record to the end: for that
a :class:`Checkpoint` is kept somewhere else and checked against the chain.

An answer that is shown while it grows leaves several records: ``begun``, a
``sentence`` for each one before it is seen, and at the end the answer itself, or
``stopped``.  The first two are steps; the last is what a list of answers shows.

Pure: nothing here reads or writes a file.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from core.errors import UserProblem
from core.messages import say
from core.nouns import AuditRecord

GENESIS = "0" * 64  # what the first record names as the hash before it

BEGUN, SENTENCE, STOPPED = "begun", "sentence", "stopped"  # kinds of records, besides the kinds of answers


class FaultKind(StrEnum):
    """What is wrong with a chain; each value is a message key."""

    EDITED = "audit_edited"
    MISSING = "audit_missing"
    MOVED = "audit_moved"
    REPLACED = "audit_replaced"
    TRUNCATED = "audit_truncated"
    REWRITTEN = "audit_rewritten"


@dataclass(frozen=True, slots=True)
class Fault:
    """One place where the chain does not hold; ``last`` ends a stretch of missing records."""

    kind: FaultKind
    sequence: int
    last: int

    def sentence(self, language: str = "en") -> str:
        """What is wrong, in words."""
        return say(self.kind.value, language, sequence=self.sequence, last=self.last)


@dataclass(frozen=True, slots=True)
class Checkpoint:
    """The head of a chain at some moment, to be kept outside the library."""

    sequence: int
    hash: str

    def __str__(self) -> str:
        return f"{self.sequence}:{self.hash}"


def parse_checkpoint(text: str) -> Checkpoint:
    """The checkpoint written as ``sequence:hash``.  UserProblem when it is not one."""
    number, _, digest = text.strip().partition(":")
    well_formed = number.isascii() and number.isdigit() and len(digest) == 64
    if not well_formed or set(digest) - set("0123456789abcdef"):
        raise UserProblem("audit_bad_checkpoint", text=text[:100])
    return Checkpoint(int(number), digest)


def canonical(body: Mapping[str, object]) -> str:
    """``body`` as the one JSON text it can have: sorted keys, no spaces, no NaN.  ValueError for NaN."""
    text = json.dumps(body, sort_keys=True, ensure_ascii=False, separators=(",", ":"), allow_nan=False)
    # A lone surrogate has no UTF-8 form; its backslash escape is the same string in JSON.
    return text.encode("utf-8", "backslashreplace").decode("utf-8")


def _hash(sequence: int, previous: str, body: str) -> str:
    return hashlib.sha256(f"{sequence}\n{previous}\n{body}".encode("utf-8", "surrogatepass")).hexdigest()


def link(sequence: int, previous: str, body: Mapping[str, object]) -> AuditRecord:
    """The record that follows ``previous`` (a hash, or GENESIS before record 1)."""
    text = canonical(body)
    return AuditRecord(sequence, text, previous, _hash(sequence, previous, text))


def is_intact(record: AuditRecord) -> bool:
    """Whether the hash of ``record`` fits its own content."""
    return record.hash == _hash(record.sequence, record.previous, record.body)


def body_of(record: AuditRecord) -> dict[str, Any]:
    """What a record says; nothing where it was edited into something that is no record."""
    try:
        body = json.loads(record.body)
    except ValueError:
        return {}
    return body if isinstance(body, dict) else {}


def is_step(record: AuditRecord) -> bool:
    """Whether the record belongs to an answer that has, or will have, a record of its own as well."""
    return body_of(record).get("kind") in (BEGUN, SENTENCE)


def latest_answers(read: Callable[[int], Iterable[AuditRecord]], last: int, n: int) -> list[AuditRecord]:
    """The last ``n`` records that are not steps, the oldest of them first.

    ``read`` gives the records from a number on, ``last`` is the number of the last one.
    """
    first, width = last + 1, max(64, 4 * n)
    while True:
        first, width = max(1, first - width), 2 * width
        answers = [record for record in read(first) if not is_step(record)]
        if len(answers) >= n or first == 1:
            return answers[max(0, len(answers) - n) :]


def verify(records: Iterable[AuditRecord], checkpoint: Checkpoint | None = None) -> list[Fault]:
    """Every fault of the chain, which must be given from record 1 on, in stored order; empty when it holds.

    With a checkpoint, also whether the chain still reaches and contains it.
    """
    faults: list[Fault] = []
    expected, previous, trusted, at_checkpoint = 1, GENESIS, True, ""
    for record in records:
        intact = is_intact(record)
        if record.sequence < expected:
            faults.append(Fault(FaultKind.MOVED, record.sequence, record.sequence))
            continue
        if record.sequence > expected:
            faults.append(Fault(FaultKind.MISSING, expected, record.sequence - 1))
        if not intact:
            faults.append(Fault(FaultKind.EDITED, record.sequence, record.sequence))
        elif record.sequence == expected and trusted and record.previous != previous:
            # Sound in itself, and so is the one before, but they were not written after one another.
            faults.append(Fault(FaultKind.REPLACED, record.sequence, record.sequence))
        if checkpoint and record.sequence == checkpoint.sequence:
            at_checkpoint = record.hash
        expected, previous, trusted = record.sequence + 1, record.hash, intact
    if checkpoint and checkpoint.sequence > 0:
        if expected <= checkpoint.sequence:
            faults.append(Fault(FaultKind.TRUNCATED, expected, checkpoint.sequence))
        elif at_checkpoint != checkpoint.hash:
            faults.append(Fault(FaultKind.REWRITTEN, checkpoint.sequence, checkpoint.sequence))
    return faults
