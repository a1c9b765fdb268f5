"""Lessons laid out for one pass: no padding, and what several begin with is there once.

Every prompt opens with the same system turn, and often with the same question: a row of
tokens is a tree, where lessons share their common beginning.  A token's hidden
state depends only on what precedes it, so the result is that of a padded batch.
"""

from __future__ import annotations

import random
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from models.persona.training_text import Lesson

# Lessons in one rectangle of attention are at least this part of the longest of it.
_ALIKE = 0.7
_TOGETHER = 4  # lessons that begin alike, in one batch: most of the saving, and a batch still is of many kinds

_Tree = dict[int, Any]  # token -> tree


@dataclass(frozen=True, slots=True)
class Pack:
    """A row of tokens.

    ``paths`` groups lessons of like length; each is where its tokens stand in the row, in order.  The token at
    ``heard[i]`` is to be followed by the token ``said[i]``.
    """

    ids: tuple[int, ...]
    positions: tuple[int, ...]
    paths: tuple[tuple[tuple[int, ...], ...], ...]
    heard: tuple[int, ...]
    said: tuple[int, ...]
    tokens: int  # of the lessons, each counted whole


def pack(lessons: Sequence[Lesson]) -> Pack:
    """Lay ``lessons`` out in one row."""
    ids: list[int] = []
    positions: list[int] = []
    heard: list[int] = []
    said: list[int] = []
    laid: list[tuple[int, ...]] = []
    last: tuple[int, ...] = ()
    path: tuple[int, ...] = ()
    for lesson in sorted(lessons, key=lambda lesson: lesson.ids):
        # The very last token is only ever said, so nothing has to be computed for it.
        read = lesson.ids[:-1]
        shared = 0
        while shared < min(len(last), len(read)) and last[shared] == read[shared]:
            shared += 1
        path = (*path[:shared], *range(len(ids), len(ids) + len(read) - shared))
        ids += read[shared:]
        positions += range(shared, len(read))
        heard += path[lesson.start - 1 :]
        said += lesson.ids[lesson.start :]
        laid.append(path)
        last = read
    return Pack(
        tuple(ids),
        tuple(positions),
        _groups(laid),
        tuple(heard),
        tuple(said),
        sum(len(lesson.ids) for lesson in lessons),
    )


def _groups(paths: Sequence[tuple[int, ...]]) -> tuple[tuple[tuple[int, ...], ...], ...]:
    groups: list[list[tuple[int, ...]]] = []
    for path in sorted(paths, key=len, reverse=True):
        if not groups or len(path) < _ALIKE * len(groups[-1][0]):
            groups.append([])
        groups[-1].append(path)
    return tuple(tuple(group) for group in groups)


def epoch(lessons: Sequence[Lesson], tokens: int, seed: int, number: int) -> list[list[Lesson]]:
    """The lessons in a new order, cut into batches of about ``tokens`` different tokens each.

    A few that begin alike stay together, so that most of what they share is read once, and come together with
    others each time.
    """
    chance = random.Random(f"{seed} {number}")
    alike = sorted(lessons, key=lambda lesson: lesson.ids)
    first = chance.randrange(_TOGETHER)
    bundles = [alike[max(0, at) : at + _TOGETHER] for at in range(first - _TOGETHER, len(alike), _TOGETHER)]
    chance.shuffle(bundles)
    return cut([lesson for bundle in bundles for lesson in bundle], tokens)


def cut(lessons: Sequence[Lesson], tokens: int) -> list[list[Lesson]]:
    """The lessons in their order, in batches of at most ``tokens`` different tokens, or of one that is longer."""
    batches: list[list[Lesson]] = []
    tree: _Tree = {}
    filled = 0
    for lesson in lessons:
        new = _new(tree, lesson)
        if not batches or filled + new > tokens:
            batches.append([])
            tree, filled = {}, 0
            new = _new(tree, lesson)
        batches[-1].append(lesson)
        _grow(tree, lesson)
        filled += new
    return batches


def _new(tree: _Tree, lesson: Lesson) -> int:
    for count, token in enumerate(lesson.ids):
        if token not in tree:
            return len(lesson.ids) - count
        tree = tree[token]
    return 0


def _grow(tree: _Tree, lesson: Lesson) -> None:
    for token in lesson.ids:
        tree = tree.setdefault(token, {})
