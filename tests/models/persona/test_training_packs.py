"""Lessons in a row: nothing is padded, nothing shared is there twice, nothing gets lost."""

from __future__ import annotations

import random

from hypothesis import given
from hypothesis import strategies as st

from models.persona.training_packs import cut, epoch, pack
from models.persona.training_text import Lesson

lessons = st.lists(
    st.lists(st.integers(0, 3), min_size=3, max_size=12).map(lambda ids: Lesson(tuple(ids), len(ids) // 2)),
    min_size=1,
    max_size=12,
)


@given(lessons)
def test_every_lesson_can_be_read_along_its_path(given_lessons: list[Lesson]) -> None:
    made = pack(given_lessons)
    paths = [path for group in made.paths for path in group]
    assert sorted(tuple(made.ids[at] for at in path) for path in paths) == sorted(x.ids[:-1] for x in given_lessons)
    for path in paths:
        assert [made.positions[at] for at in path] == list(range(len(path)))


@given(lessons)
def test_what_is_said_is_every_lessons_answer_and_nothing_else(given_lessons: list[Lesson]) -> None:
    made = pack(given_lessons)
    wanted = sorted((x.ids[at - 1], x.ids[at]) for x in given_lessons for at in range(x.start, len(x.ids)))
    assert sorted((made.ids[heard], said) for heard, said in zip(made.heard, made.said, strict=True)) == wanted
    assert made.tokens == sum(len(x.ids) for x in given_lessons)


@given(lessons)
def test_a_beginning_that_lessons_share_stands_once(given_lessons: list[Lesson]) -> None:
    beginnings = {x.ids[:end] for x in given_lessons for end in range(1, len(x.ids))}
    assert len(pack(given_lessons).ids) == len(beginnings)


def test_batches_hold_as_many_different_tokens_as_asked_for() -> None:
    common = tuple(range(100, 120))
    chance = random.Random(1)
    made = [Lesson((*common, *(chance.randrange(9) for _ in range(10))), 25) for _ in range(60)]
    batches = cut(made, 100)
    assert [lesson for batch in batches for lesson in batch] == made
    assert all(len(pack(batch).ids) <= 100 for batch in batches)
    # Counted whole, not even four would fit.
    assert min(len(batch) for batch in batches[:-1]) > 5


def test_one_that_is_longer_has_a_batch_of_its_own() -> None:
    long, short = Lesson(tuple(range(50)), 20), Lesson((1, 2, 3), 1)
    assert cut([short, long, short], 10) == [[short], [long], [short]]


def test_an_epochs_order_comes_from_the_seed_and_its_number() -> None:
    made = [Lesson((number, 1, 2), 1) for number in range(40)]
    first, again, second, other = (epoch(made, 30, seed, number) for seed, number in ((1, 0), (1, 0), (1, 1), (2, 0)))
    assert first == again
    assert first != second != other
    assert sorted(x.ids for batch in second for x in batch) == sorted(x.ids for x in made)
