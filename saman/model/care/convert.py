"""Plain values into the types of the care model, with every misfit found and a mend named."""

from __future__ import annotations

import difflib
import re
from decimal import Decimal
from typing import Any, TypeVar, get_args, get_origin

import msgspec

from saman.kernel.outcome import Issue
from saman.model.care.walk import walk
from saman.model.care.yamltree import Path, Tree, finding

T = TypeVar("T", bound=msgspec.Struct)

_MESSAGE = re.compile(r"^(?P<what>.*?)(?: - at `?(?P<key>key in )?`?(?P<path>\$[^`]*)`)?$", re.DOTALL)
_PART = re.compile(r"\.([^.\[\]]+)|\[(\d+)\]")
_UNKNOWN = re.compile(r"unknown field `(.*?)`")
_MISSING = re.compile(r"missing required field `(.*?)`")
_EXPECTED = re.compile(r"Expected `(.*?)`, got `(.*?)`")
_BOUND = re.compile(r"Expected `int` ([<>]=? -?\d+)")
_PATTERN = re.compile(r"matching regex '(.*)'")

_CALLED = {"str": "a text", "int": "a whole number", "decimal": "a number", "bool": "true or false", "null": "nothing"}
_CALLED |= {"array": "a list (`[…]`)", "object": "a map (`name: value`)", "date": "a date", "Decimal": "a number"}


def convert(tree: Tree, kind: type[T]) -> tuple[T | None, list[Issue]]:
    """The tree's value as `kind`, or None and every issue: one for each field and list item that does not fit."""
    issues = _misfits(tree, kind)
    if issues:
        return None, issues
    try:
        value = msgspec.convert(tree.value, kind)
    except msgspec.ValidationError as error:
        return None, [_issue(tree, kind, (), str(error))]
    issues = _not_numbers(tree, value)
    return None if issues else value, issues


def _not_numbers(tree: Tree, value: msgspec.Struct) -> list[Issue]:
    """A text such as "NaN" passes for a decimal, and no comparison with it holds."""
    return [
        finding(f"{tree.file}:{tree.line(*path, name)}", "value", f"`{name}` is no number.", "Write it in digits.")
        for path, struct in ((visit.path, visit.value) for visit in walk(value))
        if isinstance(struct, msgspec.Struct)
        for name in struct.__struct_fields__
        if isinstance(number := getattr(struct, name), Decimal) and not number.is_finite()
    ]


def _misfits(tree: Tree, kind: type[msgspec.Struct]) -> list[Issue]:
    if not isinstance(tree.value, dict):
        return []
    issues: list[Issue] = []
    for field in msgspec.structs.fields(kind):
        if field.encode_name in tree.value:
            issues += _field_misfits(tree, kind, field.encode_name, field.type)
    return issues


def _field_misfits(tree: Tree, kind: type[msgspec.Struct], name: str, wanted: Any) -> list[Issue]:
    value = tree.value[name]
    item = _item_type(wanted)
    if item is None or not isinstance(value, list):
        return _try(tree, kind, (name,), value, wanted)
    return [issue for index, one in enumerate(value) for issue in _try(tree, kind, (name, index), one, item)]


def _try(tree: Tree, kind: type[msgspec.Struct], path: Path, value: Any, wanted: Any) -> list[Issue]:
    try:
        msgspec.convert(value, wanted)
    except msgspec.ValidationError as error:
        return [_issue(tree, kind, path, str(error))]
    return []


def _item_type(wanted: Any) -> Any:
    arguments: list[Any] = list(get_args(wanted))
    is_list = get_origin(wanted) is tuple and len(arguments) == 2 and arguments[1] is ...
    return arguments[0] if is_list else None


def _issue(tree: Tree, kind: type[msgspec.Struct], base: Path, message: str) -> Issue:
    found = _MESSAGE.match(message)
    what = found["what"] if found else message
    inner = _path(found["path"] or "") if found else ()
    path = (*base, *inner)
    unknown = _UNKNOWN.search(what)
    place = f"{tree.file}:{tree.line(*path, unknown[1]) if unknown else tree.line(*path)}"
    wrong, mend = _words(what, _type_at(kind, path), _named(path))
    return finding(place, "required" if _MISSING.search(what) else "value", wrong, mend)


def _path(text: str) -> Path:
    return tuple(name or int(index) for name, index in _PART.findall(text))


def _named(path: Path) -> str:
    names = [part for part in path if isinstance(part, str)]
    return names[-1] if names else "the file"


def _words(what: str, wanted: msgspec.inspect.Type | None, name: str) -> tuple[str, str]:
    if unknown := _UNKNOWN.search(what):
        return f"`{unknown[1]}` is not a word of the schema here.", _nearest(unknown[1], wanted)
    if missing := _MISSING.search(what):
        return f"`{missing[1]}` is missing here.", f"Add `{missing[1]}:`."
    if expected := _EXPECTED.search(what):
        return _mistyped(name, expected[1], expected[2])
    if bound := _BOUND.search(what):
        return f"`{name}` is too large or too small.", f"Write a whole number {bound[1]}."
    if "enum value" in what:
        return f"`{name}` has a value that is not in its list.", _choices(wanted)
    if pattern := _PATTERN.search(what):
        return f"`{name}` is not written as it must be.", f"Write it as the pattern {pattern[1]} says."
    return f"`{name}` does not fit: {what}.", "See the description of the schema."


def _mistyped(name: str, expected: str, got: str) -> tuple[str, str]:
    wanted = " or ".join(_CALLED.get(part, part) for part in expected.split(" | "))
    wrong = f"`{name}` should be {wanted}, but is {_CALLED.get(got, got)}."
    if expected.startswith("str") and got == "null":
        return wrong, "Write the text; one with a comma or a colon stands in quotes."
    if expected.startswith("str") and got in ("int", "decimal", "Decimal", "bool"):
        return wrong, "Put it in quotes."
    return wrong, f"Write {wanted}."


def _nearest(word: str, wanted: msgspec.inspect.Type | None) -> str:
    fields = [field.encode_name for field in wanted.fields] if isinstance(wanted, msgspec.inspect.StructType) else []
    near = difflib.get_close_matches(word, fields, 1)
    if near:
        return f"Did you mean `{near[0]}`?"
    return f"Remove it, or use one of: {', '.join(fields)}." if fields else "Remove it."


def _choices(wanted: msgspec.inspect.Type | None) -> str:
    if isinstance(wanted, msgspec.inspect.EnumType):
        return f"Use one of: {', '.join(str(member.value) for member in wanted.cls)}."
    return "See the description of the schema."


def _type_at(kind: type[msgspec.Struct], path: Path) -> msgspec.inspect.Type | None:
    found: msgspec.inspect.Type | None = msgspec.inspect.type_info(kind)
    for part in path:
        found = _step(found, part)
    return _plain(found)


def _step(found: msgspec.inspect.Type | None, part: str | int) -> msgspec.inspect.Type | None:
    found = _plain(found)
    if isinstance(found, msgspec.inspect.StructType):
        return next((field.type for field in found.fields if field.encode_name == part), None)
    if isinstance(found, msgspec.inspect.VarTupleType):
        return found.item_type
    return None


def _plain(found: msgspec.inspect.Type | None) -> msgspec.inspect.Type | None:
    if isinstance(found, msgspec.inspect.Metadata):
        return _plain(found.type)
    if isinstance(found, msgspec.inspect.UnionType):
        structs = [one for one in found.types if not isinstance(one, msgspec.inspect.NoneType)]
        return _plain(structs[0]) if structs else None
    return found
