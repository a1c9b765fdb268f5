"""Nouns as plain JSON values, and back: driven by their type hints, so that nothing is lost or guessed.

A noun becomes an object of its fields, a tuple a list, an enumeration its value, a
path its text.  A field that is missing takes its default, so that what an older
program kept can be read after a noun has grown; a field that is not known is refused.
"""

from __future__ import annotations

import dataclasses
import math
import types
from collections.abc import Mapping
from enum import Enum
from functools import cache
from pathlib import Path
from typing import Any, TypeVar, Union, get_args, get_origin, get_type_hints

N = TypeVar("N")

_SCALARS = (str, int, float, bool)


def to_plain(noun: object) -> dict[str, Any]:
    """The fields of ``noun`` as values that JSON knows.  ValueError when one is not of its declared type."""
    if not dataclasses.is_dataclass(noun) or isinstance(noun, type):
        raise ValueError(f"{type(noun)} is not a noun")
    return _object(type(noun), noun)


def from_plain(kind: type[N], values: object) -> N:
    """The noun of type ``kind`` that :func:`to_plain` made ``values`` of.  ValueError for anything else."""
    if not dataclasses.is_dataclass(kind):
        raise ValueError(f"{kind} is not a noun")
    noun: N = _noun(kind, values)
    return noun


@cache
def _fields(kind: Any) -> Mapping[str, tuple[Any, bool]]:
    """Field name -> (type, whether it must be given)."""
    hints = get_type_hints(kind)
    missing = dataclasses.MISSING
    return {
        f.name: (hints[f.name], f.default is missing and f.default_factory is missing) for f in dataclasses.fields(kind)
    }


def _plain(kind: Any, value: Any) -> Any:
    origin, parts = get_origin(kind), get_args(kind)
    if dataclasses.is_dataclass(kind):
        return _object(kind, value)
    if origin in (Union, types.UnionType):
        return None if value is None else _plain(_present(kind), value)
    if origin is tuple:
        if not isinstance(value, tuple):
            raise _wrong(kind, value)
        return [_plain(part, item) for part, item in zip(_items(kind, len(value)), value, strict=True)]
    if origin is Mapping:
        return {key: _plain(parts[1], item) for key, item in _pairs(kind, value)}
    if isinstance(kind, type) and issubclass(kind, Enum):
        if not isinstance(value, kind):
            raise _wrong(kind, value)
        return value.value
    if kind is Path:
        if not isinstance(value, Path):
            raise _wrong(kind, value)
        return str(value)
    return _scalar(kind, value)


def _object(kind: Any, noun: Any) -> dict[str, Any]:
    fields = _fields(kind)
    if type(noun) is not kind:
        raise _wrong(kind, noun)
    return {name: _plain(hint, getattr(noun, name)) for name, (hint, _) in fields.items()}


def _made(kind: Any, value: Any) -> Any:
    origin, parts = get_origin(kind), get_args(kind)
    if dataclasses.is_dataclass(kind):
        return _noun(kind, value)
    if origin in (Union, types.UnionType):
        return None if value is None else _made(_present(kind), value)
    if origin is tuple:
        if not isinstance(value, list):
            raise _wrong(kind, value)
        return tuple(_made(part, item) for part, item in zip(_items(kind, len(value)), value, strict=True))
    if origin is Mapping:
        return {key: _made(parts[1], item) for key, item in _pairs(kind, value)}
    if isinstance(kind, type) and issubclass(kind, Enum):
        return kind(value)  # a ValueError of its own for a value that it does not have
    if kind is Path:
        if type(value) is not str:
            raise _wrong(kind, value)
        return Path(value)
    return _scalar(kind, value)


def _noun(kind: Any, values: Any) -> Any:
    if not isinstance(values, dict):
        raise _wrong(kind, values)
    fields = _fields(kind)
    if unknown := sorted(map(str, values.keys() - fields.keys())):
        raise ValueError(f"{kind.__name__} has no field {', '.join(unknown)}")
    if absent := [name for name, (_, needed) in fields.items() if needed and name not in values]:
        raise ValueError(f"{kind.__name__} lacks {', '.join(absent)}")
    return kind(**{name: _made(fields[name][0], value) for name, value in values.items()})


def _present(kind: Any) -> Any:
    """What an optional value is when it is there."""
    there = [part for part in get_args(kind) if part is not type(None)]
    if len(there) != 1 or len(get_args(kind)) != 2:
        raise ValueError(f"{kind} could be several things")
    return there[0]


def _items(kind: Any, count: int) -> list[Any]:
    """The types of the items of a tuple of ``count``."""
    parts = get_args(kind)
    if len(parts) == 2 and parts[1] is Ellipsis:
        return [parts[0]] * count
    if len(parts) != count:
        raise ValueError(f"{count} items where {kind} has {len(parts)}")
    return list(parts)


def _pairs(kind: Any, value: Any) -> list[tuple[str, Any]]:
    if get_args(kind)[0] is not str or not isinstance(value, Mapping) or any(type(key) is not str for key in value):
        raise _wrong(kind, value)
    return list(value.items())


def _scalar(kind: Any, value: Any) -> Any:
    if kind is float and (isinstance(value, float) or type(value) is int):  # 0 where 0.0 is meant is the same number
        if not math.isfinite(value):
            raise ValueError(f"{value} is no number in JSON")
        return float(value)
    if kind not in _SCALARS or type(value) is not kind:
        raise _wrong(kind, value)
    return value


def _wrong(kind: Any, value: object) -> ValueError:
    return ValueError(f"a value of type {type(value).__name__} where {kind} is meant")
