"""How far an import is, how long it may take, and what became of its files: sums without a window."""

from __future__ import annotations

from pathlib import Path

import pytest

from core.messages import say
from core.nouns import Change, Progress
from desktop.window.pages.import_log import Fate, ImportLog, Pace, paths_of, rounded_minutes

SECRET = say("reading_password_missing")


def told(*stages: tuple[str, int, int], pace: Pace | None = None, every: float = 1.0, since: float = 0.0) -> Pace:
    """A pace after these Progresses, one a second."""
    pace = pace or Pace()
    for at, (stage, done, total) in enumerate(stages):
        pace.tell(Progress(stage, done, total, "a.pdf"), since + at * every)
    return pace


def test_files_and_share_grow_through_the_stages_and_never_go_back() -> None:
    pace, shares = Pace(), []
    stages = [("stage_collecting", n, 4) for n in range(4)]
    for n in range(4):
        stages += [("stage_reading", n, 4), ("reading_stage_pages", 5, 10), ("stage_embedding", 64, 128)]
    for at, stage in enumerate(stages):
        told(stage, pace=pace, since=float(at))
        shares.append(pace.share)
    assert shares == sorted(shares) and 0.9 < shares[-1] < 1
    assert (pace.files, pace.total) == (3, 4)
    told(("stage_reading", 1, 4), ("stage_loading", 0, 0), ("a_stage_of_tomorrow", 5, 5), pace=pace)
    assert pace.share == shares[-1]


def test_nothing_is_said_of_the_time_left_before_it_can_be_known() -> None:
    assert Pace().seconds_left(100.0) is None
    pace = told(("stage_collecting", 0, 9), ("stage_collecting", 8, 9))
    assert pace.seconds_left(60.0) is None, "copying says nothing of reading"
    pace = told(("stage_reading", 0, 100), ("stage_reading", 1, 100))
    assert pace.seconds_left(2.0) is None
    assert pace.seconds_left(30.0) is None, "one file of a hundred is too little to go by"


def test_the_time_left_follows_the_pace_so_far() -> None:
    pace = told(*(("stage_reading", n, 100) for n in range(51)), every=10.0)
    left = pace.seconds_left(500.0)
    assert left == pytest.approx(500.0, rel=0.05)


def test_the_time_it_stood_still_is_not_counted() -> None:
    pace = told(*(("stage_reading", n, 100) for n in range(51)), every=10.0)
    pace.hold(True, 500.0)
    pace.hold(True, 600.0)
    assert pace.seconds_left(3600.0) == pace.seconds_left(500.0)
    pace.hold(False, 3600.0)
    pace.hold(False, 3700.0)
    told(("stage_reading", 51, 100), pace=pace, since=3610.0)
    assert pace.seconds_left(3610.0) == pytest.approx(490.0, rel=0.05)


def test_minutes_are_said_modestly() -> None:
    seconds = (1, 59, 60, 61, 200, 600, 601, 1500, 7000)
    assert [rounded_minutes(s) for s in seconds] == [0, 0, 1, 2, 4, 10, 15, 25, 120]


def test_every_file_is_on_the_list_once_with_the_worst_first() -> None:
    log = ImportLog()
    log.take(
        Change(
            3,
            added=("b.pdf", "c.pdf"),
            replaced=("d.pdf",),
            unchanged=("e.pdf",),
            rejected=(("f.pdf", "no PDF"), ("g.pdf", SECRET), ("h.pdf", "taken")),
            partial=(("c.pdf", "page 3"),),
            same_name=("h.pdf",),
        )
    )
    assert [(line.name, line.fate) for line in log.lines] == [
        ("f.pdf", Fate.REJECTED),
        ("g.pdf", Fate.REJECTED),
        ("h.pdf", Fate.REJECTED),
        ("c.pdf", Fate.PARTIAL),
        ("d.pdf", Fate.REPLACED),
        ("b.pdf", Fate.ADDED),
        ("e.pdf", Fate.UNCHANGED),
    ]
    assert [line.name for line in log.locked] == ["g.pdf"]
    assert [line.name for line in log.same_name] == ["h.pdf"]
    assert [line.name for line in log.others] == ["f.pdf"]


def test_a_retry_takes_the_place_of_what_it_tried_again() -> None:
    log = ImportLog()
    log.take(Change(3, added=("a.pdf",), rejected=(("x.pdf", "taken"), ("y.pdf", SECRET)), same_name=("x.pdf",)))
    # The whole folder was asked for again: what was there is unchanged now, and that is no news.
    log.take(Change(4, added=("x (2).pdf",), unchanged=("a.pdf",), rejected=(("y.pdf", SECRET),)), ("x.pdf",))
    assert {(line.name, line.fate) for line in log.lines} == {
        ("a.pdf", Fate.ADDED),
        ("x (2).pdf", Fate.ADDED),
        ("y.pdf", Fate.REJECTED),
    }
    log.take(Change(5, rejected=(("y.pdf", say("reading_password_wrong", "zh")),)), ("y.pdf",))
    assert [line.tried for line in log.locked] == [True]
    log.take(Change(6, added=("y.pdf",)), ("y.pdf",))
    assert log.count(Fate.REJECTED) == 0 and log.count(Fate.ADDED) == 3


def test_a_retry_asks_for_single_files_only_when_there_is_no_doubt_which() -> None:
    a, b, other = Path("/x/a.pdf"), Path("/x/b.pdf"), Path("/y/a.pdf")
    folder = Path("/x/folder")
    assert paths_of(["b.pdf"], [a, b]) == (b,)
    assert paths_of(["b.pdf", "b.pdf"], [a, b]) == (b,)
    assert paths_of(["a.pdf"], [a, b, other]) == (a, b, other), "two files of that name"
    assert paths_of(["y/a.pdf"], [a, b, other]) == (a, b, other), "told apart by its folder"
    assert paths_of(["b.pdf"], [a, b, folder]) == (a, b, folder), "the folder may have one of that name"
    assert paths_of(["Müller.pdf"], [Path("/x/Mu\u0308ller.pdf")]) == (Path("/x/Mu\u0308ller.pdf"),)


def test_hidden_text_is_said_beside_what_became_of_the_file() -> None:
    log = ImportLog()
    log.take(
        Change(
            1,
            added=("a.pdf", "b.pdf"),
            partial=(("b.pdf", "Not readable: page 2."),),
            hidden=(("a.pdf", "Hidden text."), ("b.pdf", "Hidden text.")),
        )
    )
    assert [(line.name, line.fate, line.sentence) for line in log.lines] == [
        ("b.pdf", Fate.PARTIAL, "Not readable: page 2. Hidden text."),
        ("a.pdf", Fate.ADDED, "Hidden text."),
    ]


def test_an_original_that_was_put_back_is_said_beside_the_file() -> None:
    log = ImportLog()
    log.take(Change(3, unchanged=("a.pdf", "b.pdf"), restored=(("b.pdf", "It is whole again."),)))
    assert [(line.name, line.fate, line.sentence) for line in log.lines] == [
        ("a.pdf", Fate.UNCHANGED, ""),
        ("b.pdf", Fate.UNCHANGED, "It is whole again."),
    ]
