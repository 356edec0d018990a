"""`ConceptMap/$translate` (https://hl7.org/fhir/R4/conceptmap-operation-translate.html)."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from functools import cache
from typing import Any

from saman.apps.fhir_api.answer import Answer
from saman.apps.fhir_api.call import Call
from saman.apps.fhir_api.operations.declared import Part, Parts, Resource
from saman.apps.fhir_api.operations.given import Given
from saman.apps.fhir_api.operations.terminology.gathering import MOST_VERSIONS, gather, instance
from saman.apps.fhir_api.operations.terminology.subject import asked_codes, named
from saman.kernel.outcome import Kind, Refusal, refused
from saman.model.fhir.terminology import (
    Coded,
    Library,
    Match,
    Translating,
    base_resource,
    base_urls,
    canonical,
    translate,
)
from saman.model.fhir.terminology.canonical import Canonical
from saman.record.narrow_reading import allowed
from saman.record.threads import beside

_NONE = "No translation was found."
_DEPENDS = "Some translations hold only together with other elements."


async def translate_code(call: Call, given: Given) -> Answer | Parts | Resource | Refusal:
    """The translations of a code, by one map or by all that speak of its code system."""
    asked = asked_codes(given)
    if isinstance(asked, Refusal):
        return asked
    library = Library()
    maps = await _maps(call, given, library, asked)
    if isinstance(maps, Refusal):
        return maps
    refusal = await gather(call.record, library, {need for one in maps for need in library.needs(one)})
    if refusal is not None:
        return refusal
    how = Translating(
        target_system=given.text("targetsystem"),
        source_set=given.text("source"),
        target_set=given.text("target"),
        reverse=given.one("reverse") is True,
        dependencies=_dependencies(given),
    )
    found = await beside(translate, library, maps, asked, how)
    return found if isinstance(found, Refusal) else tuple(_told(found))


def _dependencies(given: Given) -> dict[str, frozenset[tuple[str, str]]]:
    """The codes that other elements have, by their addresses."""
    found: dict[str, frozenset[tuple[str, str]]] = {}
    for parts in given.every("dependency"):
        told = {one["name"]: one for one in parts}
        element = told.get("element", {}).get("valueUri", "")
        codings = told.get("concept", {}).get("valueCodeableConcept", {}).get("coding", ())
        codes = frozenset((one.get("system", ""), one["code"]) for one in codings if "code" in one)
        found[element] = found.get(element, frozenset()) | codes
    return found


async def _maps(call: Call, given: Given, library: Library, asked: Sequence[Coded]) -> Sequence[Any] | Refusal:
    ways = [bool(call.id), given.has("conceptMap"), given.has("url")]
    if sum(ways) > 1:
        text = "Say once which ConceptMap is meant: in the address, by 'url', or by sending it."
        return refused(Kind.INVALID, "invalid", text, given.place("url"))
    if call.id:
        tree = await instance(call)
    elif given.has("conceptMap"):
        tree = given.one("conceptMap")
    elif given.has("url"):
        wanted = canonical(given.text("url"))
        version = wanted.version or given.text("conceptMapVersion")
        tree = await named(call, library, "ConceptMap", Canonical(wanted.url, version))
    else:
        return await _speaking(call, given, asked)
    if tree is None:
        text = "There is no such concept map here, or you may not see it."
        return refused(Kind.NOT_FOUND, "not-found", text, given.place("url"))
    return tree if isinstance(tree, Refusal) else [tree]


async def _speaking(call: Call, given: Given, asked: Sequence[Coded]) -> Sequence[Any] | Refusal:
    """All maps that speak of the code systems asked about: those of the record, then R4's own."""
    side = "target" if given.one("reverse") is True else "source"
    systems = sorted({one.system for one in asked if one.system})
    found: list[Any] = []
    if systems and allowed(call.record, "ConceptMap", "s"):
        listed = ",".join(one.replace("\\", "\\\\").replace(",", "\\,") for one in systems)
        pairs = [(f"{side}-system", listed), ("_count", str(MOST_VERSIONS))]
        page = await call.record.search("ConceptMap", pairs, strict=True)
        if isinstance(page, Refusal):
            return page
        found = [one.resource() for one in page.matches]
    return found + [base_resource("ConceptMap", url) for url in _base_maps() if _is_of(url, side, systems)]


@cache
def _base_maps() -> dict[str, dict[str, frozenset[str]]]:
    """The code systems that R4's own maps lead from and to."""
    found = {}
    for url in base_urls("ConceptMap"):
        groups = (base_resource("ConceptMap", url) or {}).get("group", ())
        found[url] = {side: frozenset(one.get(side, "") for one in groups) for side in ("source", "target")}
    return found


def _is_of(url: str, side: str, systems: Sequence[str]) -> bool:
    return not _base_maps()[url][side].isdisjoint(systems)


def _told(found: Sequence[Match]) -> Iterator[Part]:
    result = any(one.is_match for one in found)
    yield Part("result", result)
    if not result:
        yield Part("message", _NONE)
    elif any(one.depends for one in found):
        yield Part("message", _DEPENDS)
    for one in found:
        yield Part("match", parts=tuple(_match(one)))


def _match(one: Match) -> Iterator[Part]:
    yield Part("equivalence", one.equivalence)
    if one.concept:
        yield Part("concept", one.concept)
    for each in one.products:
        concept = {"system": each.get("system", ""), "code": each["value"], "display": each.get("display", "")}
        shown = {name: value for name, value in concept.items() if value}
        yield Part("product", parts=(Part("element", each["property"]), Part("concept", shown)))
    if one.source:
        yield Part("source", one.source)
