"""`ValueSet/$expand` (https://hl7.org/fhir/R4/valueset-operation-expand.html)."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from saman.apps.fhir_api.answer import Answer
from saman.apps.fhir_api.call import Call
from saman.apps.fhir_api.operations.declared import Parts, Resource
from saman.apps.fhir_api.operations.given import Given
from saman.apps.fhir_api.operations.terminology.subject import value_set
from saman.apps.fhir_api.operations.terminology.supplements import supplement
from saman.kernel.outcome import Kind, Refusal, refused
from saman.model.fhir.terminology import Expanding, Library, Versions, canonical, expand
from saman.record.threads import beside

_TOLD = {
    "filter": "valueString",
    "offset": "valueInteger",
    "count": "valueInteger",
    "includeDesignations": "valueBoolean",
    "designation": "valueString",
    "activeOnly": "valueBoolean",
    "excludeNested": "valueBoolean",
    "excludeNotForUI": "valueBoolean",
    "displayLanguage": "valueCode",
    "exclude-system": "valueUri",
    "system-version": "valueUri",
    "check-system-version": "valueUri",
    "force-system-version": "valueUri",
    "useSupplement": "valueUri",
}
"""Parameters that shape an expansion, which says so."""


async def expand_value_set(call: Call, given: Given) -> Answer | Parts | Resource | Refusal:
    """The codes of a value set; pages are those of the same list as long as nothing is changed."""
    for name in ("offset", "count"):
        if (given.one(name) or 0) < 0:
            return refused(Kind.INVALID, "value", f"'{name}' is 0 or more.", given.place(name))
    library = Library()
    tree = await value_set(call, given, library)
    if isinstance(tree, Refusal):
        return tree
    refusal = await supplement(call, given, library, tree)
    if refusal is not None:
        return refusal
    return await beside(expand, library, tree, _asked(given), call.record.context.now)


def _asked(given: Given) -> Expanding:
    return Expanding(
        text=given.text("filter"),
        offset=given.one("offset") or 0,
        count=given.one("count"),
        language=given.text("displayLanguage"),
        with_designations=given.one("includeDesignations") is True or given.has("designation"),
        designations=tuple(given.every("designation")),
        with_definition=given.one("includeDefinition") is True,
        active_only=given.one("activeOnly") is True,
        is_nested=given.one("excludeNested") is False,
        without_abstract=given.one("excludeNotForUI") is True,
        without_systems=frozenset(canonical(one).url for one in given.every("exclude-system")),
        versions=Versions(
            _versions(given, "system-version"),
            _versions(given, "force-system-version"),
            _versions(given, "check-system-version"),
        ),
        told=tuple(_told(given)),
    )


def _versions(given: Given, name: str) -> dict[str, str]:
    return dict(canonical(one) for one in given.every(name))


def _told(given: Given) -> Iterator[tuple[str, str, Any]]:
    for name, key in _TOLD.items():
        yield from ((name, key, value) for value in given.every(name))
