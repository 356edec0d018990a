"""Every value of a file with its path and declared type, so that a check can be written once for all of them."""

from __future__ import annotations

from collections.abc import Iterator
from functools import cache
from typing import Any, NamedTuple, get_args, get_origin, get_type_hints

import msgspec

from saman.model.care.basis import Note, Text
from saman.model.care.yamltree import Path


class Visit(NamedTuple):
    """One value: its path in the file, and whether it is a text for all languages or a note for planners."""

    path: Path
    value: Any
    is_text: bool = False
    is_note: bool = False


@cache
def _fields(kind: type[msgspec.Struct]) -> tuple[tuple[str, bool, bool], ...]:
    hints = get_type_hints(kind, include_extras=True)
    return tuple((name, hints[name] == Text, hints[name] == Note) for name in kind.__struct_fields__)


@cache
def _holds_structs(kind: type[msgspec.Struct], name: str) -> bool:
    """Whether a field can hold structs, so that plain values are not walked one by one."""
    return _mentions_struct(get_type_hints(kind)[name])


def _mentions_struct(hint: Any) -> bool:
    if isinstance(hint, type) and issubclass(hint, msgspec.Struct):
        return True
    return get_origin(hint) is not None and any(_mentions_struct(part) for part in get_args(hint))


def walk(value: msgspec.Struct, path: Path = ()) -> Iterator[Visit]:
    """`value`, then everything within it: structs, lists of structs, texts and notes."""
    yield Visit(path, value)
    for name, is_text, is_note in _fields(type(value)):
        inner = getattr(value, name)
        if is_text or is_note:
            yield Visit((*path, name), inner, is_text, is_note)
        elif isinstance(inner, msgspec.Struct):
            yield from walk(inner, (*path, name))
        elif isinstance(inner, tuple) and _holds_structs(type(value), name):
            yield Visit((*path, name), inner)
            for index, one in enumerate(inner):
                yield from walk(one, (*path, name, index))
