"""What a call is about: the value set, code system or concept map it names, sends or is addressed to, and its codes."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, NamedTuple

from saman.apps.fhir_api.call import Call
from saman.apps.fhir_api.operations.given import Given
from saman.apps.fhir_api.operations.terminology.gathering import gather, instance
from saman.kernel.outcome import Kind, Refusal, refused
from saman.model.fhir.terminology import (
    Canonical,
    Coded,
    CodeSystem,
    Library,
    Need,
    canonical,
    coded,
    codings,
    not_loaded,
    only_supplement,
    unknown_value_set,
)
from saman.record.threads import beside


class Names(NamedTuple):
    """How an operation calls what it is about: the resource, its URL, its version; the place of what is not told."""

    resource: str
    url: str
    version: str


async def value_set(call: Call, given: Given, library: Library) -> Any | Refusal:
    """The value set of `url`, `valueSet` or the address, with everything it leads to gathered."""
    tree = await _told(call, given, Names("valueSet", "url", "valueSetVersion"), "ValueSet", library)
    if tree is None:
        return unknown_value_set(given.place("url"))
    if isinstance(tree, Refusal):
        return tree
    return await gather(call.record, library, library.needs(tree)) or tree


async def code_system(call: Call, given: Given, library: Library, names: Names) -> CodeSystem | Refusal:
    """The code system that a call names, sends or is addressed to."""
    found = await _told(call, given, names, "CodeSystem", library)
    if found is None:
        url = canonical(given.text(names.url)).url or _system_of_coding(given)
        return not_loaded(url, given.place(names.url), known=library.code_system(url))
    if isinstance(found, Refusal):
        return found
    system = found if isinstance(found, CodeSystem) else await beside(CodeSystem, found)
    if system.supplements:
        return only_supplement(given.place(names.url) if given.has(names.url) else "")
    return system


async def _told(call: Call, given: Given, names: Names, kind: str, library: Library) -> Any | Refusal | None:
    """The resource itself, wherever it stands; None when it is named and not there."""
    ways = [bool(call.id), given.has(names.resource), given.has(names.url)]
    if sum(ways) > 1:
        text = f"Say once which {kind} is meant: in the address, by '{names.url}', or by sending it."
        return refused(Kind.INVALID, "invalid", text, given.place(names.url))
    if call.id:
        return await instance(call)
    if given.has(names.resource):
        return given.one(names.resource)
    url = given.text(names.url) or (_system_of_coding(given) if kind == "CodeSystem" else "")
    if not url:
        return refused(Kind.INVALID, "required", f"Say which {kind} is meant, by '{names.url}'.", names.url)
    return await named(call, library, kind, _versioned(canonical(url), given, names))


def _versioned(told: Canonical, given: Given, names: Names) -> Canonical:
    """The version that stands in the canonical, in its own parameter, or in the coding that names the code system."""
    coding = {} if given.has(names.url) else given.one("coding") or given.one("codingA") or {}
    return Canonical(told.url, told.version or given.text(names.version) or str(coding.get("version", "")))


async def named(call: Call, library: Library, kind: str, wanted: Canonical) -> Any | Refusal | None:
    """The resource under a canonical URL, None when there is none that the caller may see."""
    refusal = await gather(call.record, library, [Need(kind, wanted.url)])
    if refusal is not None:
        return refusal
    if kind == "CodeSystem":
        return library.code_system(*wanted)
    return library.resource(kind, *wanted)


def _system_of_coding(given: Given) -> str:
    """The code system of a coding, where the operation takes it from there."""
    for name in ("coding", "codingA"):
        system = (given.one(name) or {}).get("system", "")
        if system:
            return str(system)
    return ""


def asked_codes(
    given: Given, system: str = "", version: str = "version", *, inferred: bool = False
) -> Sequence[Coded] | Refusal:
    """The codes that a call is about, given in one of three ways; `system` is that of a bare code.

    An empty `system` means that the call itself has to say it, unless it is `inferred`.
    """
    ways = [name for name in ("code", "coding", "codeableConcept") if given.has(name)]
    if len(ways) != 1:
        text = "Give one of 'code', 'coding' and 'codeableConcept'."
        return refused(
            Kind.INVALID, "required" if not ways else "invalid", text, given.place(ways[-1] if ways else "code")
        )
    if given.has("display") and ways[0] != "code":
        return refused(Kind.INVALID, "invalid", "'display' goes with 'code'.", given.place("display"))
    if ways[0] == "coding":
        one = coded(given.one("coding"), given.place("coding"))
        return _whole([one], system, inferred=inferred)
    if ways[0] == "codeableConcept":
        return codings(given.one("codeableConcept"), given.place("codeableConcept"))
    told = Coded(
        given.text("system") or system,
        given.text("code"),
        given.text(version),
        given.text("display"),
        given.place("code"),
    )
    return _whole([told], system, inferred=inferred)


def _whole(listed: Sequence[Coded], system: str, *, inferred: bool) -> Sequence[Coded] | Refusal:
    for one in listed:
        if not one.code:
            return refused(Kind.INVALID, "required", "A coding to check has a code.", one.place)
        if not (one.system or system or inferred):
            return refused(Kind.INVALID, "required", "A code is checked with its 'system'.", "system")
    return listed
