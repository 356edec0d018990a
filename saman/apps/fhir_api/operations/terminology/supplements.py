"""Supplements of code systems: those that a call asks for, and those that its value set names."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from saman.apps.fhir_api.call import Call
from saman.apps.fhir_api.operations.given import Given
from saman.apps.fhir_api.operations.terminology.gathering import gather
from saman.kernel.outcome import Refusal
from saman.model.fhir.terminology import Library, Need, canonical, no_supplement, supplements_of

NAME = "useSupplement"
_EXTENSION = "ValueSet.extension"


async def supplement(call: Call, given: Given, library: Library, tree: Any = None) -> Refusal | None:
    """Let code systems have what the supplements add that are asked for, or that the value set `tree` names."""
    asked = [(url, given.place(NAME)) for url in given.every(NAME)]
    named = [(url, _EXTENSION) for url in (supplements_of(tree) if tree is not None else ())]
    needed = {Need("CodeSystem", canonical(url).url) for url, _ in (*asked, *named)}
    return await gather(call.record, library, needed) or _added(library, dict((*asked, *named)).items())


def _added(library: Library, wanted: Iterable[tuple[str, str]]) -> Refusal | None:
    for url, place in wanted:
        found = library.code_system(*canonical(url))
        if found is None or not found.supplements:
            return no_supplement(url, place)
        library.supplement(found)
    return None
