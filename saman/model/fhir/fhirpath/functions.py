"""Functions that are compiled so far."""

from __future__ import annotations

from collections.abc import Callable

from saman.model.fhir.definitions import structure
from saman.model.fhir.fhirpath.items import Context, Evaluate, Item, item_of
from saman.model.fhir.fhirpath.operators import FALSE, TRUE, Compile, as_items, keep_type, truth
from saman.model.fhir.fhirpath.syntax import Call, FhirPathError, Literal, Member, Name, Node, NotSupported
from saman.model.fhir.reference_text import literal


def _needs(node: Call, count: int) -> None:
    if len(node.arguments) != count:
        raise FhirPathError(f"{node.name}() takes {count} argument{'s' * (count != 1)}", node.position)


def _where(node: Call, compile_node: Compile) -> Evaluate:
    _needs(node, 1)
    criteria = compile_node(node.arguments[0])
    return lambda items, context: [item for item in items if truth(criteria([item], context))]


def _exists(node: Call, compile_node: Compile) -> Evaluate:
    if not node.arguments:
        return lambda items, _: TRUE if items else FALSE
    where = _where(node, compile_node)
    return lambda items, context: TRUE if where(items, context) else FALSE


def _empty(node: Call, _: Compile) -> Evaluate:
    _needs(node, 0)
    return lambda items, _: FALSE if items else TRUE


def _not(node: Call, _: Compile) -> Evaluate:
    _needs(node, 0)

    def negate(items: list[Item], _: Context) -> list[Item]:
        value = truth(items)
        return as_items(None if value is None else not value)

    return negate


def _first(node: Call, _: Compile) -> Evaluate:
    _needs(node, 0)
    return lambda items, _: items[:1]


def _of_type(node: Call, _: Compile) -> Evaluate:
    _needs(node, 1)
    namespace, name = _type_argument(node.arguments[0])
    return keep_type(namespace, name)


def _type_argument(node: Node) -> tuple[str, str]:
    if isinstance(node, Name):
        return "", node.name
    if isinstance(node, Member) and isinstance(node.source, Name) and isinstance(node.member, Name):
        return node.source.name, node.member.name
    raise FhirPathError("Expected the name of a type", node.position)


def _extension(node: Call, _: Compile) -> Evaluate:
    _needs(node, 1)
    url = node.arguments[0]
    if not isinstance(url, Literal):
        raise NotSupported("extension() is supported only with a constant address yet", url.position)
    wanted = url.value

    def extension(items: list[Item], _: Context) -> list[Item]:
        holders = (value if type(value) is dict else shadow for _, value, shadow in items)
        given = (one for holder in holders if holder for one in holder.get("extension", ()))
        return [("Extension", one, None) for one in given if one.get("url") == wanted]

    return extension


def _resolve(node: Call, _: Compile) -> Evaluate:
    """The target of a reference, known by its type alone unless it is contained: nothing is fetched."""
    _needs(node, 0)
    return lambda items, context: [target for item in items if (target := _target(item, context))]


def _target(item: Item, context: Context) -> Item | None:
    _, value, _ = item
    reference = value if type(value) is dict else {"reference": value}
    text = reference.get("reference")
    if isinstance(text, str):
        if text.startswith("#"):
            return _contained(text[1:], context)
        if parts := literal(text):
            return (parts.type, None, None)
    named = reference.get("type")
    return (named, None, None) if isinstance(named, str) and named in structure.resources else None


def _contained(name: str, context: Context) -> Item | None:
    for resource in context.resource.get("contained", ()):
        if resource.get("id") == name:
            return item_of(resource)
    return None


FUNCTIONS: dict[str, Callable[[Call, Compile], Evaluate]] = {
    "where": _where,
    "exists": _exists,
    "empty": _empty,
    "not": _not,
    "first": _first,
    "ofType": _of_type,
    "as": _of_type,
    "extension": _extension,
    "resolve": _resolve,
}
"""What compiles each function."""
