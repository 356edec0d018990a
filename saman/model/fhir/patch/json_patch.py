"""JSON Patch (https://www.rfc-editor.org/rfc/rfc6902) on trees whose numbers keep their digits."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from decimal import Decimal
from types import MappingProxyType
from typing import Any

import msgspec

from saman.kernel.outcome import Kind, Refusal, refused
from saman.model.fhir.patch.outcome import MAX_OPERATIONS, Copied, NotApplicable, clear, unprocessable
from saman.model.fhir.patch.pointer import Tokens, index, read_pointer, step, value_at

MOST_COPIED = 4 * 1024 * 1024


class Operation(msgspec.Struct, frozen=True):
    """One operation; `start` is where `move` and `copy` take from."""

    op: str
    path: Tokens
    start: Tokens
    value: Any


class JsonPatch(msgspec.Struct, frozen=True):
    """Operations that are done one after the other, or none at all."""

    operations: tuple[Operation, ...]

    def apply(self, tree: Any) -> Any | Refusal:
        """The document that comes of it; the refusal names the operation by a pointer into the patch (`/2/path`)."""
        document = _Document(tree)
        for number, operation in enumerate(self.operations):
            try:
                _DO[operation.op](document, operation)
            except NotApplicable as why:
                return unprocessable(why.text, f"/{number}/{why.place or 'path'}")
        return document.tidied()


class _Document:
    def __init__(self, root: Any) -> None:
        self.root = root
        self.copies = Copied(MOST_COPIED)
        self.thinned: list[Any] = []

    def put(self, tokens: Tokens, value: Any) -> None:
        """Add at a place: a member of an object is replaced, in a list everything behind moves on."""
        if not tokens:
            self.root = value
            return
        holder, last = value_at(self.root, tokens[:-1]), tokens[-1]
        if isinstance(holder, dict):
            holder[last] = value
            return
        position = (len(holder) if last == "-" else index(last, len(holder))) if isinstance(holder, list) else None
        if position is None:
            raise NotApplicable("Nothing can be added at this place.")
        holder.insert(position, value)

    def take(self, tokens: Tokens) -> Any:
        """Remove what is at a place."""
        if not tokens:
            raise NotApplicable("The whole resource cannot be removed by a patch.")
        holder = value_at(self.root, tokens[:-1])
        key = step(holder, tokens[-1])
        self.thinned.append(holder)
        return holder.pop(key)

    def tidied(self) -> Any:
        """The document without lists and objects that lost their last content, which JSON in FHIR does not have."""
        clear(self.root, self.thinned)
        return self.root


def _add(document: _Document, one: Operation) -> None:
    document.put(one.path, document.copies.copy(one.value))


def _remove(document: _Document, one: Operation) -> None:
    document.take(one.path)


def _replace(document: _Document, one: Operation) -> None:
    value = document.copies.copy(one.value)
    if not one.path:
        document.root = value
        return
    holder = value_at(document.root, one.path[:-1])
    holder[step(holder, one.path[-1])] = value


def _move(document: _Document, one: Operation) -> None:
    if one.path[: len(one.start)] == one.start and one.path != one.start:
        raise NotApplicable("Nothing can be moved into itself.")
    try:
        value = document.take(one.start)
    except NotApplicable as why:
        raise NotApplicable(why.text, "from") from why
    document.put(one.path, value)


def _copy(document: _Document, one: Operation) -> None:
    try:
        value = value_at(document.root, one.start)
    except NotApplicable as why:
        raise NotApplicable(why.text, "from") from why
    document.put(one.path, document.copies.copy(value))


def _test(document: _Document, one: Operation) -> None:
    if not same(value_at(document.root, one.path), one.value):
        raise NotApplicable("The value at this place is another one.", "value")


_DO: Mapping[str, Callable[[_Document, Operation], None]] = MappingProxyType(
    {"add": _add, "remove": _remove, "replace": _replace, "move": _move, "copy": _copy, "test": _test}
)


def same(left: Any, right: Any) -> bool:
    """Whether two values are equal as RFC 6902 says: numbers by value, and never true and 1."""
    waiting = [(left, right)]
    while waiting:
        a, b = waiting.pop()
        if isinstance(a, dict) and isinstance(b, dict) and a.keys() == b.keys():
            waiting += [(value, b[name]) for name, value in a.items()]
        elif isinstance(a, list) and isinstance(b, list) and len(a) == len(b):
            waiting += zip(a, b, strict=True)
        elif _kind(a) != _kind(b) or isinstance(a, dict | list) or a != b:
            return False
    return True


def _kind(value: Any) -> type:
    return Decimal if type(value) is int else type(value)


def read_json_patch(body: Any) -> JsonPatch | Refusal:
    """The patch that the body of a request is; refused as invalid, with the place as a pointer (`/0/op`)."""
    if not isinstance(body, list) or not body:
        return _invalid("A JSON Patch is a list of operations.", "")
    if len(body) > MAX_OPERATIONS:
        return refused(Kind.TOO_LARGE, "too-long", f"At most {MAX_OPERATIONS} operations fit in one patch.", "/")
    operations: list[Operation] = []
    for number, one in enumerate(body):
        operation = _read(one, number)
        if isinstance(operation, Refusal):
            return operation
        operations.append(operation)
    return JsonPatch(tuple(operations))


def _read(one: Any, number: int) -> Operation | Refusal:
    if not isinstance(one, dict):
        return _invalid("An operation is an object.", f"/{number}")
    op = one.get("op")
    if not isinstance(op, str) or op not in _DO:
        return _invalid(f"An operation is one of {', '.join(_DO)}.", f"/{number}/op")
    path = read_pointer(one.get("path"))
    if path is None:
        return _invalid("A place is written as a JSON pointer: /name/0/family.", f"/{number}/path")
    start = read_pointer(one.get("from")) if op in ("move", "copy") else ()
    if start is None:
        return _invalid("A place is written as a JSON pointer: /name/0/family.", f"/{number}/from")
    if op in ("add", "replace", "test") and "value" not in one:
        return _invalid("This operation needs a value.", f"/{number}/value")
    return Operation(op, path, start, one.get("value"))


def _invalid(text: str, place: str) -> Refusal:
    return refused(Kind.INVALID, "structure", text, place or "/")
