"""Functions of FHIRPath that views have, in SQL, with the two that only views have: the keys of rows.

Source: https://sql-on-fhir.org/ig/latest/StructureDefinition-ViewDefinition.html#supported-fhirpath-functionality
"""

from __future__ import annotations

from collections.abc import Callable

from saman.model.fhir import RESOURCE_TYPES
from saman.model.fhir.definitions import lineage, structure
from saman.model.fhir.fhirpath import FhirPathError, Node, NotSupported
from saman.model.fhir.fhirpath.syntax import Call, Literal, Member, Name, Variable
from saman.record.views.moments import boundary
from saman.record.views.operators import Compile, truth
from saman.record.views.values import CHOICE, Item, Path, Scope, sql_type

Function = Callable[[Path, Call, Scope, Compile], Path]

BASE = "$3::text"
"""The address of this server, which references to its own resources may begin with."""

_THIS = Variable(name="this")
_LOCAL = "^([A-Z][A-Za-z]+/[A-Za-z0-9.-]+)(?:/_history/[A-Za-z0-9.-]+)?$"
"""Without bounds such as {1,64}: they made PostgreSQL's match take ten times as long as the rest of a row."""


def _arguments(call: Call, least: int, most: int) -> tuple[Node, ...]:
    if not least <= len(call.arguments) <= most:
        wanted = "no argument" if most == 0 else "one argument" if least == 1 else "at most one argument"
        raise FhirPathError(f"{call.name}() takes {wanted}", call.position)
    return call.arguments


def _where(source: Path, call: Call, scope: Scope, compile_path: Compile) -> Path:
    (criteria,) = _arguments(call, 1, 1)
    if not source.item.type:
        return source
    return source.where(truth(criteria, scope.at(source.item), compile_path))


def _exists(source: Path, call: Call, scope: Scope, compile_path: Compile) -> Path:
    found = _where(source, call, scope, compile_path) if _arguments(call, 0, 1) else source
    return Path(Item("boolean", found.exists))


def _empty(source: Path, call: Call, _scope: Scope, _compile: Compile) -> Path:
    _arguments(call, 0, 0)
    return Path(Item("boolean", f"(NOT {source.exists})"))


def _first(source: Path, call: Call, scope: Scope, _compile: Compile) -> Path:
    _arguments(call, 0, 0)
    return source.at(scope.draft.bind(0, "bigint")) if source.is_many else source


def _not(source: Path, call: Call, scope: Scope, _compile: Compile) -> Path:
    _arguments(call, 0, 0)
    if not source.item.type:
        return source
    if source.item.family != "boolean":
        raise FhirPathError("not() is for what is true or false", call.position)
    return Path(Item("boolean", f"(NOT {scope.draft.one(source, scope.place)})"))


def _extension(source: Path, call: Call, scope: Scope, compile_path: Compile) -> Path:
    (url,) = _arguments(call, 1, 1)
    wanted = compile_path(url, scope)
    if wanted.item.family != "text":
        raise FhirPathError("extension() takes the address of an extension", url.position)
    value = scope.draft.one(wanted, scope.place)
    this = scope.at(source.item)
    found = compile_path(Member(source=_THIS, member=Name(name="extension")), this) if source.item.type else source
    if not found.item.type:
        return found
    among = Path(found.item, (*source.froms, *found.froms), source.wheres, (*source.order, *found.order))
    return among.where(f"{found.item.sql} ->> 'url' = {value}")


def _of_type(source: Path, call: Call, scope: Scope, _compile: Compile) -> Path:
    (named,) = _arguments(call, 1, 1)
    wanted, item = _type_name(named), source.item
    if item.type == CHOICE:
        return _chosen(source, wanted, named.position)
    if item.type == "Resource" and wanted in RESOURCE_TYPES:
        kind = scope.draft.bind(wanted, "text")
        one = (
            f"(SELECT CASE WHEN s.v ->> 'resourceType' = {kind} THEN s.v END FROM (SELECT {item.sql} AS v OFFSET 0) s)"
        )
        return source.of(Item(wanted, one))
    return source if wanted in lineage(item.type) else Path()


def _chosen(source: Path, wanted: str, position: int) -> Path:
    """The values of a choice that are of a type or of one derived from it."""
    found = [(name, type_name) for name, type_name in source.item.choices if wanted in lineage(type_name)]
    if len(found) == 1:
        return source.of(Item(found[0][1], source.item.carrier, found[0][0]))
    if len({sql_type(type_name) for _, type_name in found}) > 1:
        raise NotSupported(f"ofType({wanted}) is too wide here", position)
    parts = ", ".join(Item(type_name, "s.v", name).sql for name, type_name in found)
    value = f"(SELECT coalesce({parts}) FROM (SELECT {source.item.carrier} AS v OFFSET 0) AS s)"
    return source.of(Item(wanted, value)) if found else Path()


def _type_name(node: Node) -> str:
    """The type that an argument names, with or without the namespace FHIR."""
    if isinstance(node, Member) and isinstance(node.source, Name) and node.source.name == "FHIR":
        node = node.member
    if not isinstance(node, Name):
        raise FhirPathError("A type is expected, such as Quantity", node.position)
    if node.name not in structure.parents and node.name not in structure.blocks:
        raise FhirPathError(f"R4 has no type {node.name[:40]}", node.position)
    return node.name


def _resource_key(source: Path, call: Call, _scope: Scope, _compile: Compile) -> Path:
    _arguments(call, 0, 0)
    if source.item.type not in RESOURCE_TYPES:
        raise FhirPathError("getResourceKey() is asked of a resource", call.position)
    return source.of(Item("string", f"('{source.item.type}/' || ({source.item.sql} ->> 'id'))"))


def _reference_key(source: Path, call: Call, scope: Scope, _compile: Compile) -> Path:
    """`Type/id` of a reference that leads here, whatever the version; nothing for all others."""
    arguments = _arguments(call, 0, 1)
    if not source.item.type:
        return source
    if source.item.type != "Reference":
        raise FhirPathError("getReferenceKey() is asked of a Reference", call.position)
    own = (
        f"CASE WHEN {BASE} <> '' AND starts_with(s.v, {BASE} || '/') THEN substr(s.v, length({BASE}) + 2) ELSE s.v END"
    )
    key = f"substring({own} FROM '{_LOCAL}')"
    if arguments:
        wanted = arguments[0]
        name = wanted.value if isinstance(wanted, Literal) else _type_name(wanted)
        if name not in RESOURCE_TYPES:
            raise FhirPathError("getReferenceKey() takes a resource type", wanted.position)
        kind = scope.draft.bind(f"{name}/", "text")
        key = f"(SELECT CASE WHEN starts_with(k.v, {kind}) THEN k.v END FROM (SELECT {key} AS v OFFSET 0) AS k)"
    value = f"(SELECT {key} FROM (SELECT {source.item.sql} ->> 'reference' AS v OFFSET 0) AS s)"
    return source.of(Item("string", value))


def _join(source: Path, call: Call, scope: Scope, compile_path: Compile) -> Path:
    """All texts as one, with what stands between them; the empty text when there is none."""
    arguments = _arguments(call, 0, 1)
    if source.item.family not in ("text", "moment", "time", "nothing"):
        raise FhirPathError(f"join() is for texts, and not for {source.item.type}", call.position)
    between = compile_path(arguments[0], scope) if arguments else Path(scope.bound("string", "", call.position))
    if between.item.family != "text":
        raise FhirPathError("join() takes a text", call.position)
    value = scope.draft.one(between, scope.place)
    if not source.is_many:
        return Path(Item("string", f"coalesce({source.item.sql}, '')"))
    joined = f"coalesce(string_agg({source.item.sql}, {value} {source.ordered}), '')"
    return Path(Item("string", f"({source.rows(joined)})"))


def _boundary(source: Path, call: Call, scope: Scope, compile_path: Compile) -> Path:
    is_low = call.name == "lowBoundary"
    if call.arguments:
        raise NotSupported(f"{call.name}() with a precision is not part of what views can do", call.position)
    if source.item.type == "Period":
        end = Member(source=_THIS, member=Name(name="start" if is_low else "end"))
        source = source.of(compile_path(end, scope.at(source.item)).item)
    if not source.item.type:
        return source
    found = boundary(source.item, is_low=is_low)
    if found is None:
        raise FhirPathError(f"A value of type {source.item.type} has no boundary", call.position)
    return source.of(found)


FUNCTIONS: dict[str, Function] = {
    "where": _where,
    "exists": _exists,
    "empty": _empty,
    "first": _first,
    "not": _not,
    "extension": _extension,
    "ofType": _of_type,
    "getResourceKey": _resource_key,
    "getReferenceKey": _reference_key,
    "join": _join,
    "lowBoundary": _boundary,
    "highBoundary": _boundary,
}
