"""What a SearchParameter resource defines, and why it cannot be used (https://hl7.org/fhir/R4/searchparameter.html).

An expression has to be one that gives the same values whenever it is evaluated over the same resource, and asks nobody.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from typing import Any

import msgspec

from saman.kernel.outcome import Issue
from saman.model.fhir.definitions import RESOURCE_TYPES, SearchParameter, search_parameters
from saman.model.fhir.evaluating import kind_of
from saman.model.fhir.fhirpath import FhirPathError, Node, check, compile_path, parse, types_of
from saman.model.fhir.fhirpath.syntax import Call
from saman.model.fhir.search_plan import applies, sides
from saman.model.fhir.search_rows import COLLECTORS, Collectors

UNINDEXED = frozenset({"AuditEvent", "Provenance", "Subscription"})
"""Types that are found in ways of their own, which know nothing of other parameters."""

INDEXED = tuple(name for name in RESOURCE_TYPES if name not in UNINDEXED)
MOST_CHARACTERS = 4000

_TYPE = "SearchParameter"
_ALL = ("Resource", "DomainResource")
_ABOUT = frozenset({"patient", "subject"})
_CODE = re.compile(r"[A-Za-z][A-Za-z0-9-]{0,63}")
_UNSTEADY = frozenset(
    {"now", "today", "timeOfDay", "memberOf", "subsumes", "subsumedBy", "conformsTo", "elementDefinition", "slice"}
)
"""Functions whose answer changes with time, or with what others say."""


class Definition(msgspec.Struct, frozen=True):
    """By what `code`, of which search type, resources of the types `bases` are found."""

    code: str
    type: str
    expression: str
    bases: tuple[str, ...]
    targets: tuple[str, ...]
    url: str

    def means(self, other: Definition) -> bool:
        """Whether the same values are found by the same name, whatever the address of the definition."""
        return msgspec.structs.replace(self, url="") == msgspec.structs.replace(other, url="")


def collectors_of(type_name: str) -> Collectors:
    """What takes rows from the values of a search type; a resource is none, wherever it stands."""
    known = COLLECTORS.get(type_name, {}) if type_name != "special" else {}
    return {kind: collect for kind, collect in known.items() if kind not in RESOURCE_TYPES}


def sides_for(expression: str, type_name: str) -> list[Node]:
    """The operands of an expression that say something of a resource type; raises FhirPathError."""
    return [one for one in sides(parse(expression)) if applies(one, type_name)]


def read_definition(resource: dict[str, Any]) -> Definition | tuple[Issue, ...]:
    """What a valid SearchParameter defines; every issue that keeps it from being used."""
    issues = [*_plain(resource), *_bases(resource)]
    if not issues:
        issues += _expression(resource)
    return tuple(issues) if issues else _definition(resource)


def is_official(resource: dict[str, Any]) -> bool:
    """Whether a SearchParameter is an official one, or says the same as that by the same name, for all its types."""
    given = resource["base"]
    bases = RESOURCE_TYPES if any(one in _ALL for one in given) else given
    return all(_is_said(resource, base, search_parameters(base).get(resource["code"])) for base in bases)


def _is_said(resource: dict[str, Any], base: str, official: SearchParameter | None) -> bool:
    if official is None or official.type != resource["type"]:
        return False
    if official.url == resource["url"]:
        return True
    try:
        said, known = (sides_for(one, base) for one in (resource.get("expression", ""), official.expression))
    except FhirPathError:
        return False
    return bool(said) and [_shape(one) for one in said] == [_shape(one) for one in known]


def _shape(node: Any) -> Any:
    """A node and all below it, wherever they stand in the text."""
    if not isinstance(node, Node):
        return node
    names = (name for name in node.__struct_fields__ if name != "position")
    values = (getattr(node, name) for name in names)
    return type(node), [[_shape(each) for each in one] if isinstance(one, tuple) else _shape(one) for one in values]


def _definition(resource: dict[str, Any]) -> Definition:
    given, targets = resource["base"], tuple(resource.get("target", ()))
    bases = INDEXED if any(one in _ALL for one in given) else tuple(dict.fromkeys(given))
    every = RESOURCE_TYPES if resource["type"] == "reference" else ()
    return Definition(
        resource["code"], resource["type"], resource["expression"], bases, targets or every, resource["url"]
    )


def _plain(resource: dict[str, Any]) -> Iterator[Issue]:
    if not _CODE.fullmatch(resource["code"]):
        text = "A code begins with a letter; up to 63 letters, digits and hyphens follow."
        yield Issue("value", text, f"{_TYPE}.code")
    if resource["code"] in _ABOUT:
        yield Issue("value", "This name says whom a resource is about.", f"{_TYPE}.code")
    if not collectors_of(resource["type"]):
        text = "Parameters of one's own are of type token, string, date, reference, number, quantity or uri."
        yield Issue("not-supported", text, f"{_TYPE}.type")
    if not resource.get("expression"):
        yield Issue("required", "What is found is said in FHIRPath; XPath is not understood.", f"{_TYPE}.expression")
    elif len(resource["expression"]) > MOST_CHARACTERS:
        yield Issue("too-long", f"An expression has at most {MOST_CHARACTERS} characters.", f"{_TYPE}.expression")
    for number, target in enumerate(resource.get("target", ())):
        if target not in RESOURCE_TYPES:
            yield Issue("value", "R4 has no resource type of this name.", f"{_TYPE}.target[{number}]")


def _bases(resource: dict[str, Any]) -> Iterator[Issue]:
    for number, base in enumerate(resource["base"]):
        place = f"{_TYPE}.base[{number}]"
        if base not in INDEXED and base not in _ALL:
            yield Issue("value", "Resources of this type are not found by parameters of one's own.", place)
    taken = next((one for one in _definition_bases(resource) if resource["code"] in search_parameters(one)), None)
    if taken is not None:
        text = f"{taken} has an official search parameter of this name, which stays what it is."
        yield Issue("duplicate", text, f"{_TYPE}.code")


def _definition_bases(resource: dict[str, Any]) -> Iterable[str]:
    given = resource["base"]
    return INDEXED if any(one in _ALL for one in given) else (one for one in given if one in INDEXED)


def _expression(resource: dict[str, Any]) -> list[Issue]:
    """The first thing that is wrong with an expression, over any of the types."""
    place = f"{_TYPE}.expression"
    try:
        for base in _definition_bases(resource):
            wrong = _over(resource, base)
            if wrong:
                return [Issue("value", wrong, place)]
    except FhirPathError as fault:
        return [Issue("value", str(fault), place)]
    return []


def _over(resource: dict[str, Any], base: str) -> str:
    """Why an expression means nothing for a type, empty when it does; raises FhirPathError."""
    operands = sides_for(resource["expression"], base)
    wanted, types = collectors_of(resource["type"]), set[str]()
    for side in operands:
        unsteady = next((one.name for one in _nodes(side) if isinstance(one, Call) and one.name in _UNSTEADY), None)
        if unsteady is not None:
            return f"{unsteady}() does not give the same whenever it is asked."
        compile_path(side)
        faults = () if base not in resource["base"] else check(side, base)
        if faults:
            return str(faults[0])
        found = types_of(side, base)
        types |= set(wanted) if found is None else {kind_of((one, None, None)) for one in found}
    if not operands:
        return f"It says nothing of {base}."
    return "" if types & wanted.keys() else f"What it selects of {base} is nothing that '{resource['type']}' finds."


def _nodes(node: Node) -> Iterator[Node]:
    waiting = [node]
    while waiting:
        one = waiting.pop()
        yield one
        waiting.extend(one.children())
