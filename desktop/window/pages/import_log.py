"""What an import tells of itself, put together: how far it is, and what became of every file.  No Qt."""

from __future__ import annotations

import math
import unicodedata
from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path

from core.messages import LANGUAGES, say
from core.nouns import ENDINGS, Change, Progress

_COPYING = 0.03  # share of the whole: copying files in is quick beside reading and embedding them
_READING = 0.25  # share of one file; the rest is embedding
_FIRST_SECONDS = 5.0  # before that, and before that share is done, a guess at the time left would be a lie
_FIRST_SHARE = 0.02
_LOCKED = frozenset(say("reading_password_missing", language) for language in LANGUAGES)
_WRONG = frozenset(say("reading_password_wrong", language) for language in LANGUAGES)


class Pace:
    """How far an import has come, from its Progress: files done of how many, the share, the time left."""

    def __init__(self) -> None:
        self.files = 0
        self.total = 0  # 0 while it is not known
        self.share = 0.0  # 0..1, never going back
        self._began: tuple[float, float] | None = None  # (moment, share) when the slow part began
        self._held = 0.0  # seconds it stood still since
        self._held_since: float | None = None

    def tell(self, progress: Progress, now: float) -> None:
        """Take in one Progress; ``now`` in seconds of any clock that does not jump."""
        of = progress.done / progress.total if progress.total else 0.0
        match progress.stage:
            case "stage_collecting":
                self.files, self.total = progress.done, progress.total
                share = _COPYING * of
            case "stage_reading":
                self.files, self.total = progress.done, progress.total
                share = self._share(0.0)
            case "reading_stage_pages":
                share = self._share(_READING * of)
            case "stage_embedding":
                share = self._share(_READING + (1 - _READING) * of)
            case _:
                return
        self.share = max(self.share, share)
        if progress.stage != "stage_collecting" and self._began is None:
            self._began = (now, self.share)

    def _share(self, of_file: float) -> float:
        files = min(1.0, (self.files + of_file) / max(1, self.total))
        return _COPYING + (1 - _COPYING) * files

    def hold(self, held: bool, now: float) -> None:
        """The import stands still from now on, or goes on: that time is not counted."""
        if held and self._held_since is None:
            self._held_since = now
        elif not held and self._held_since is not None:
            self._held += now - self._held_since
            self._held_since = None

    def seconds_left(self, now: float) -> float | None:
        """From the pace so far; None while nothing honest can be said."""
        if self._began is None:
            return None
        moment, before = self._began
        standing = now - self._held_since if self._held_since is not None else 0.0
        seconds, done = now - moment - self._held - standing, self.share - before
        if seconds < _FIRST_SECONDS or done < _FIRST_SHARE:
            return None
        return seconds * (1 - self.share) / done


def rounded_minutes(seconds: float) -> int:
    """Whole minutes as one says them: 1 to 10, then in fives; 0 for less than one."""
    if seconds < 60:
        return 0
    minutes = math.ceil(seconds / 60)
    return minutes if minutes <= 10 else 5 * math.ceil(minutes / 5)


class Fate(StrEnum):
    """What became of a file."""

    ADDED = "added"
    REPLACED = "replaced"
    PARTIAL = "partial"
    UNCHANGED = "unchanged"
    REJECTED = "rejected"


@dataclass(frozen=True, slots=True)
class Line:
    """One file of an import, with the sentence that says why where there is one."""

    name: str
    fate: Fate
    sentence: str = ""
    same_name: bool = False  # rejected only because a different document has its name

    @property
    def locked(self) -> bool:
        """Whether it only wants a password."""
        return self.fate is Fate.REJECTED and (self.sentence in _LOCKED or self.tried)

    @property
    def tried(self) -> bool:
        """Whether a password was given, and was not the right one."""
        return self.fate is Fate.REJECTED and self.sentence in _WRONG


class ImportLog:
    """What became of every file of one import, its retries included."""

    def __init__(self) -> None:
        self.lines: tuple[Line, ...] = ()

    def take(self, change: Change, instead_of: Collection[str] = ()) -> None:
        """Add what a call did.  ``instead_of`` names rejected files that it was to try again."""
        kept = [line for line in self.lines if line.fate is not Fate.REJECTED or line.name not in instead_of]
        told = {line.name for line in kept if line.fate is not Fate.REJECTED}
        new = [line for line in _lines(change) if line.fate is not Fate.UNCHANGED or line.name not in told]
        names = {line.name for line in new}
        kept = [line for line in kept if line.fate is not Fate.REJECTED or line.name not in names]
        # What asks for attention comes first, each kind in the order of its names.
        order = (Fate.REJECTED, Fate.PARTIAL, Fate.REPLACED, Fate.ADDED, Fate.UNCHANGED)
        self.lines = tuple(sorted((*kept, *new), key=lambda line: (order.index(line.fate), line.name.casefold())))

    def count(self, fate: Fate) -> int:
        """How many files ended so."""
        return sum(line.fate is fate for line in self.lines)

    @property
    def same_name(self) -> tuple[Line, ...]:
        """Those whose name a different document has."""
        return tuple(line for line in self.lines if line.same_name)

    @property
    def locked(self) -> tuple[Line, ...]:
        """Those that want a password."""
        return tuple(line for line in self.lines if line.locked)

    @property
    def others(self) -> tuple[Line, ...]:
        """The other rejected ones."""
        return tuple(x for x in self.lines if x.fate is Fate.REJECTED and not x.locked and not x.same_name)


def _lines(change: Change) -> Iterable[Line]:
    remarks = tuple(map(dict, (change.partial, change.poorly_read, change.hidden, change.restored)))
    partial = remarks[0]

    def said(name: str) -> str:
        return " ".join(filter(None, (remark.get(name, "") for remark in remarks)))

    for fate, names in ((Fate.ADDED, change.added), (Fate.REPLACED, change.replaced)):
        for name in names:
            yield Line(name, Fate.PARTIAL if name in partial else fate, said(name))
    told = {*change.added, *change.replaced}
    for name in change.unchanged:
        yield Line(name, Fate.PARTIAL if name in partial else Fate.UNCHANGED, said(name))
    for name in partial:
        if name not in told and name not in change.unchanged:
            yield Line(name, Fate.PARTIAL, said(name))
    for name, sentence in change.rejected:
        yield Line(name, Fate.REJECTED, sentence, name in change.same_name)


def paths_of(names: Collection[str], paths: Sequence[Path]) -> tuple[Path, ...]:
    """The files meant by ``names`` among ``paths``, to ask for them again.

    All of ``paths`` when a name cannot be told for certain (folders, two files of one
    name): what is in the library already is left alone by a second call.
    """
    by_name: dict[str, Path] = {}
    twice: set[str] = set()
    for path in paths:
        name = unicodedata.normalize("NFC", path.name).strip()  # as the library writes it
        if by_name.setdefault(name, path) != path:
            twice.add(name)
    certain = all(name in by_name and name not in twice and name.lower().endswith(ENDINGS) for name in names)
    every_one_a_file = all(path.name.lower().endswith(ENDINGS) for path in paths)
    return tuple(by_name[name] for name in dict.fromkeys(names)) if certain and every_one_a_file else tuple(paths)
