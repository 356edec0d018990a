"""Functions that FHIR adds, and the way through a tree (https://hl7.org/fhir/R4/fhirpath.html#functions)."""

from __future__ import annotations

from saman.model.fhir.definitions import PRIMITIVES, structure
from saman.model.fhir.fhirpath.invocation import Build, Invocation
from saman.model.fhir.fhirpath.items import (
    TYPE_INFO,
    Context,
    Evaluate,
    Item,
    children,
    item_of,
    spend,
)
from saman.model.fhir.fhirpath.syntax import EvaluationFault, Literal, NotSupported
from saman.model.fhir.fhirpath.values import FALSE, TRUE, as_items, expect, items_of, plain, single
from saman.model.fhir.narrative import is_narrative
from saman.model.fhir.reference_text import literal


def extension(call: Invocation) -> Evaluate:
    """The extensions that have an address."""
    source, argument, position = call.source, call.arguments[0], call.position
    node = call.node.arguments[0]
    if isinstance(node, Literal):
        wanted = node.value
        return lambda this, context: _extensions(source(this, context), wanted)

    def evaluate(this: list[Item], context: Context) -> list[Item]:
        url = expect(single(argument(this, context), position), (str,), position)
        return _extensions(source(this, context), url)

    return evaluate


def _extensions(items: list[Item], wanted: object) -> list[Item]:
    holders = (value if type(value) is dict else shadow for _, value, shadow in items)
    given = (one for holder in holders if holder for one in holder.get("extension", ()))
    return [("Extension", one, None) for one in given if one.get("url") == wanted]


def resolve(call: Invocation) -> Evaluate:
    """The targets of references: contained, or found by `Outside.resolve`.

    With nobody to ask, a target is known by its type alone, as far as the reference tells it.
    """
    source = call.source
    return lambda this, context: [
        target for item in source(this, context) if (target := _target(item, context)) is not None
    ]


def _target(item: Item, context: Context) -> Item | None:
    _, value, _ = item
    reference = value if type(value) is dict else {"reference": value}
    text = reference.get("reference")
    if isinstance(text, str):
        if text.startswith("#"):
            return _contained(text[1:], context)
        if context.outside.resolve:
            found = context.outside.resolve(text)
            return None if found is None else item_of(found)
        if parts := literal(text):
            return (parts.type, None, None)
    named = reference.get("type")
    return (named, None, None) if isinstance(named, str) and named in structure.resources else None


def _contained(name: str, context: Context) -> Item | None:
    holder = context.root or context.resource
    if not name:
        return item_of(holder)
    for resource in holder.get("contained", ()):
        if resource.get("id") == name:
            return item_of(resource)
    return None


def is_primitive(item: Item) -> bool:
    """Whether an item is a value without elements of its own."""
    return item[0] in PRIMITIVES or item[0].startswith("System.")


def has_value(items: list[Item]) -> list[Item]:
    """Whether there is one primitive, and it has a value."""
    return as_items(len(items) == 1 and is_primitive(items[0]) and items[0][1] is not None)


def get_value(items: list[Item]) -> list[Item]:
    """The plain value of the one primitive that has one."""
    return items_of(plain(items[0])) if has_value(items) is TRUE else []


def type_of(call: Invocation) -> Evaluate:
    """type(): the namespace and name of the type of each item."""
    source = call.source
    return lambda this, context: [_type(item[0]) for item in source(this, context)]


def _type(name: str) -> Item:
    namespace, _, short = name.rpartition(".") if name.startswith("System.") else ("FHIR", "", name)
    return TYPE_INFO, {"namespace": namespace, "name": short}, None


def below(call: Invocation) -> Evaluate:
    """children(): all elements directly below the items."""
    source, position = call.source, call.position

    def evaluate(this: list[Item], context: Context) -> list[Item]:
        return _children(source(this, context), context, position)

    return evaluate


def descendants(call: Invocation) -> Evaluate:
    """All elements below the items, level by level."""
    source, position = call.source, call.position

    def evaluate(this: list[Item], context: Context) -> list[Item]:
        found: list[Item] = []
        level = source(this, context)
        while level:
            level = _children(level, context, position)
            found += level
        return found

    return evaluate


def _children(items: list[Item], context: Context, position: int) -> list[Item]:
    found: list[Item] = []
    for item in items:
        more = children(item)
        spend(context, 1 + len(more), position)
        found += more
    return found


def member_of(call: Invocation) -> Evaluate:
    """Whether the one code, Coding or CodeableConcept is in a value set, as `Outside.member_of` says."""
    source, argument, position = call.source, call.arguments[0], call.position

    def evaluate(this: list[Item], context: Context) -> list[Item]:
        items = source(this, context)
        url = expect(single(argument(this, context), position), (str,), position)
        ask = context.outside.member_of
        return as_items(ask(items[0], url)) if ask and url and len(items) == 1 else []

    return evaluate


def subsuming(swapped: bool) -> Build:
    """subsumes() and subsumedBy(): whether one code stands for all that another does, as `Outside.subsumes` says."""

    def build(call: Invocation) -> Evaluate:
        source, argument = call.source, call.arguments[0]

        def evaluate(this: list[Item], context: Context) -> list[Item]:
            one, other = source(this, context), argument(this, context)
            ask = context.outside.subsumes
            if ask is None or len(one) != 1 or len(other) != 1:
                return []
            return as_items(ask(other[0], one[0]) if swapped else ask(one[0], other[0]))

        return evaluate

    return build


def conforms_to(call: Invocation) -> Evaluate:
    """Whether the one item is as a profile says; the profiles of the base types are known, others by `Outside`."""
    source, argument, position = call.source, call.arguments[0], call.position

    def evaluate(this: list[Item], context: Context) -> list[Item]:
        items = source(this, context)
        url = expect(single(argument(this, context), position), (str,), position)
        if len(items) != 1 or url is None:
            return []
        ask = context.outside.conforms_to
        found = ask(items[0], url) if ask else None
        if found is None:
            raise EvaluationFault("This profile is not known", position)
        return as_items(found)

    return evaluate


def html_checks(items: list[Item]) -> list[Item]:
    """Whether the one narrative holds only what a narrative may hold."""
    if len(items) != 1:
        return []
    value = items[0][1]
    return TRUE if is_narrative(value.get("div") if type(value) is dict else value) else FALSE


def check_modifiers(call: Invocation) -> Evaluate:
    """The input, if all its modifier extensions have one of the given addresses; otherwise an error."""
    source, arguments, position = call.source, call.arguments, call.position

    def evaluate(this: list[Item], context: Context) -> list[Item]:
        known = {expect(single(argument(this, context), position), (str,), position) for argument in arguments}
        items = source(this, context)
        for _, value, _ in items:
            given = value.get("modifierExtension", ()) if type(value) is dict else ()
            if any(one.get("url") not in known for one in given):
                raise EvaluationFault("There is a modifier extension that is not expected", position)
        return items

    return evaluate


def needs_profiles(call: Invocation) -> Evaluate:
    """elementDefinition() and slice() ask what profile an element is described by, which is not kept."""
    raise NotSupported(f"{call.node.name}() needs profiles, which this engine does not have", call.position)
