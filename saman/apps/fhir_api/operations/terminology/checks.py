"""`$validate-code` on ValueSet and CodeSystem, `CodeSystem/$lookup` and `CodeSystem/$subsumes`."""

from __future__ import annotations

from saman.apps.fhir_api.answer import Answer
from saman.apps.fhir_api.call import Call
from saman.apps.fhir_api.operations.declared import Part, Parts, Resource
from saman.apps.fhir_api.operations.given import Given
from saman.apps.fhir_api.operations.terminology.gathering import gather
from saman.apps.fhir_api.operations.terminology.subject import Names, asked_codes, code_system, value_set
from saman.apps.fhir_api.operations.terminology.supplements import supplement
from saman.kernel.outcome import Kind, Refusal, refused
from saman.model.fhir.terminology import (
    Checked,
    Checking,
    Composer,
    Library,
    Meaning,
    Need,
    check_in_code_system,
    check_in_value_set,
    look_up,
    subsumes,
)
from saman.record.threads import beside

_IN_SYSTEM = Names("codeSystem", "url", "version")
_OF_CODE = Names("", "system", "version")


async def check_value_set(call: Call, given: Given) -> Answer | Parts | Resource | Refusal:
    """Whether a code is in a value set (https://hl7.org/fhir/R4/valueset-operation-validate-code.html)."""
    asked = asked_codes(given, version="systemVersion", inferred=given.one("inferSystem") is True)
    if isinstance(asked, Refusal):
        return asked
    library = Library()
    tree = await value_set(call, given, library)
    if isinstance(tree, Refusal):
        return tree
    refusal = await supplement(call, given, library, tree) or await gather(
        call.record, library, {Need("CodeSystem", one.system) for one in asked if one.system}
    )
    if refusal is not None:
        return refusal
    done = await beside(check_in_value_set, library, tree, asked, _how(given), Composer(library))
    return done if isinstance(done, Refusal) else _checked(done)


async def check_code_system(call: Call, given: Given) -> Answer | Parts | Resource | Refusal:
    """Whether a code is in a code system (https://hl7.org/fhir/R4/codesystem-operation-validate-code.html)."""
    system = await code_system(call, given, Library(), _IN_SYSTEM)
    if isinstance(system, Refusal):
        return system
    asked = asked_codes(given, system.url or "urn:none")
    if isinstance(asked, Refusal):
        return asked
    done = check_in_code_system(system, asked, _how(given))
    return done if isinstance(done, Refusal) else _checked(done)


def _how(given: Given) -> Checking:
    return Checking(given.one("abstract"), given.text("displayLanguage"), given.one("inferSystem") is True)


def _checked(done: Checked) -> Parts:
    said = [Part("message", done.message)] if done.message else []
    named = [Part("display", done.display)] if done.display else []
    return (Part("result", done.result), *said, *named)


async def lookup(call: Call, given: Given) -> Answer | Parts | Resource | Refusal:
    """What a code means (https://hl7.org/fhir/R4/codesystem-operation-lookup.html)."""
    if given.has("coding") is given.has("code"):
        return refused(Kind.INVALID, "required", "Give either 'code' with 'system', or 'coding'.", given.place("code"))
    coding = given.one("coding") or {}
    library = Library()
    refusal = await supplement(call, given, library)
    if refusal is not None:
        return refusal
    system = await code_system(call, given, library, _OF_CODE)
    if isinstance(system, Refusal):
        return system
    code = given.text("code") or coding.get("code", "")
    found = look_up(system, code, given.text("displayLanguage"), tuple(given.every("property")))
    return found if isinstance(found, Refusal) else _meaning(found)


def _meaning(found: Meaning) -> Parts:
    version = [Part("version", found.version)] if found.version else []
    designations = [
        Part("designation", parts=tuple(Part(name, one[name]) for name in ("language", "use", "value") if name in one))
        for one in found.designations
    ]
    properties = [
        Part("property", parts=(Part("code", code), Part("value", value, name.removeprefix("value"))))
        for code, name, value in found.properties
    ]
    return (Part("name", found.name), *version, Part("display", found.display), *designations, *properties)


async def compare(call: Call, given: Given) -> Answer | Parts | Resource | Refusal:
    """Whether one code is a kind of another (https://hl7.org/fhir/R4/codesystem-operation-subsumes.html)."""
    codes = [_code(given, letter) for letter in "AB"]
    for one in codes:
        if isinstance(one, Refusal):
            return one
    system = await code_system(call, given, Library(), _OF_CODE)
    if isinstance(system, Refusal):
        return system
    for letter in "AB":
        told = (given.one(f"coding{letter}") or {}).get("system", system.url)
        if told != system.url:
            text = "Both codings have to be of the code system."
            return refused(Kind.INVALID, "invalid", text, given.place(f"coding{letter}"))
    first, second = (one for one in codes if isinstance(one, str))
    outcome = subsumes(system, first, second)
    return outcome if isinstance(outcome, Refusal) else (Part("outcome", outcome),)


def _code(given: Given, letter: str) -> str | Refusal:
    """The code A or B, given by itself or as a coding."""
    code, coding = f"code{letter}", f"coding{letter}"
    found = given.text(code) or str((given.one(coding) or {}).get("code", ""))
    if not found or (given.has(code) and given.has(coding)):
        return refused(Kind.INVALID, "required", f"Give either '{code}' or '{coding}'.", given.place(code))
    return found
