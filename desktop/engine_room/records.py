"""The audit records as a list: each is parsed once, and what a list needs of it is kept."""

from __future__ import annotations

import json
import os
import tempfile
import unicodedata
from collections.abc import Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

from core.audit import BEGUN, SENTENCE, body_of, is_intact
from core.errors import CancelToken, UserProblem
from core.library import Library
from core.nouns import AuditRecord
from desktop.channel import ListRecords, RecordLine, WholeRecord

# In canonical JSON a quotation mark inside a text has a backslash, so nothing that was asked or read looks like this.
_STEPS = tuple(f'"kind":"{kind}"' for kind in (BEGUN, SENTENCE))


@dataclass(frozen=True, slots=True)
class _Entry:
    line: RecordLine
    day: str  # of this place's calendar
    words: str


class Ledger:
    """The records of one library, without the steps of answers.  Not for two threads at once."""

    def __init__(self) -> None:
        self._entries: list[_Entry] = []
        self._last = 0

    def forget(self) -> None:
        """Read everything anew the next time: another library, or one that may have been tampered with."""
        self._entries, self._last = [], 0

    def catch_up(self, library: Library, cancel: CancelToken) -> None:
        """Take in the records that are new."""
        for record in library.records(self._last + 1):
            if cancel.cancelled:
                cancel.check()
            self._last = record.sequence
            if not any(step in record.body for step in _STEPS):
                self._entries.append(_entry(record))

    def find(self, wanted: ListRecords) -> list[RecordLine]:
        """The lines that fit, the newest first; ``limit`` is not looked at."""
        words = _folded(wanted.words).split()
        return [
            entry.line
            for entry in reversed(self._entries)
            if (not wanted.since or entry.day >= wanted.since)
            and (not wanted.until or entry.day <= wanted.until)
            and (not wanted.collection or wanted.collection in entry.line.collections)
            and all(word in entry.words for word in words)
        ]


def whole(record: AuditRecord) -> WholeRecord:
    """A record with everything in it; what was edited into something that is no JSON stands under "unreadable"."""
    body = body_of(record) or {"unreadable": record.body}
    return WholeRecord(record.sequence, record.previous, record.hash, is_intact(record), body)


def export(records: Iterator[AuditRecord], file: Path) -> int:
    """Write records as JSON lines, aside and renamed last; how many.  UserProblem when the disk refuses."""
    aside: str | None = None
    count = 0
    try:
        handle, aside = tempfile.mkstemp(dir=file.parent, prefix=f".{file.name[:50]}-")
        with os.fdopen(handle, "w", encoding="utf-8", errors="backslashreplace") as out:
            for record in records:
                entry = whole(record)
                line: Mapping[str, Any] = {
                    "sequence": entry.sequence,
                    "hash": entry.hash,
                    "previous": entry.previous,
                    "intact": entry.intact,
                    "record": entry.body,
                }
                out.write(json.dumps(line, ensure_ascii=False, sort_keys=True) + "\n")
                count += 1
            out.flush()
            os.fsync(out.fileno())
        os.replace(aside, file)
        aside = None
    except OSError as fault:
        raise UserProblem("cannot_write", path=file, fault=fault.strerror or fault) from fault
    finally:
        if aside is not None:
            with suppress(OSError):
                os.unlink(aside)
    return count


def _entry(record: AuditRecord) -> _Entry:
    body = body_of(record)
    utc, question = _text(body.get("utc")), _text(body.get("question"))
    scope, model = body.get("scope"), body.get("model")
    collections = scope.get("collections") if isinstance(scope, dict) else None
    line = RecordLine(
        sequence=record.sequence,
        utc=utc,
        user=_text(body.get("user")),
        question=question,
        kind=_text(body.get("kind")),
        collections=tuple(map(_text, collections)) if isinstance(collections, list) else (),
        model=_text(model.get("name")) if isinstance(model, dict) else "",
        intact=is_intact(record),
    )
    said = body.get("sentences")
    sentences = [_text(s.get("text")) for s in said if isinstance(s, dict)] if isinstance(said, list) else []
    return _Entry(line, _day(utc), _folded("\n".join((question, line.user, line.model, *line.collections, *sentences))))


def _text(value: object) -> str:
    return value if isinstance(value, str) else ""


def _day(utc: str) -> str:
    try:
        return datetime.fromisoformat(utc).astimezone().date().isoformat()
    except ValueError:
        return ""


def _folded(text: str) -> str:
    return unicodedata.normalize("NFKC", text).casefold()
