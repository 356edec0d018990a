"""Whether codes are in a code system or in a value set, and are called what they are called.

Sources: https://hl7.org/fhir/R4/codesystem-operation-validate-code.html and
https://hl7.org/fhir/R4/valueset-operation-validate-code.html
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

import msgspec

from saman.kernel.outcome import Kind, Refusal, refused
from saman.model.fhir.terminology.code_system import CodeSystem, Concept
from saman.model.fhir.terminology.composing import Composer, Composition, Unanswerable
from saman.model.fhir.terminology.languages import display_in
from saman.model.fhir.terminology.library import Library, Tree
from saman.model.fhir.terminology.unknown import not_loaded

MOST_CODINGS = 100


class Coded(msgspec.Struct, frozen=True):
    """A code to check, as it was sent; `place` says where."""

    system: str
    code: str
    version: str = ""
    display: str = ""
    place: str = ""


class Checked(msgspec.Struct, frozen=True):
    """The answer: whether it is right, what there is to say, and what the concept is called."""

    result: bool
    message: str = ""
    display: str = ""


class Checking(msgspec.Struct, frozen=True):
    """How to check: whether abstract concepts count (None: with a remark), and the language of names.

    With `infers` a code that does not say its system is one of the only code system of the value set that has it.
    """

    abstract: bool | None = None
    language: str = ""
    infers: bool = False


class Fit(msgspec.Struct, frozen=True):
    """Of one coding: whether it is where it should be, whether its name is right too, and what there is to say."""

    is_member: bool
    is_right: bool
    message: str = ""
    display: str = ""


def codings(concept: Mapping[str, Any], place: str) -> Sequence[Coded] | Refusal:
    """The codings of a CodeableConcept, at most a hundred."""
    listed = concept.get("coding", ())
    if len(listed) > MOST_CODINGS:
        return refused(Kind.TOO_COSTLY, "too-costly", f"At most {MOST_CODINGS} codings are checked at once.", place)
    return [coded(one, f"{place}.coding[{number}]") for number, one in enumerate(listed)]


def coded(coding: Mapping[str, Any], place: str) -> Coded:
    """A Coding as something to check."""
    system, code, version, display = (coding.get(name, "") for name in ("system", "code", "version", "display"))
    return Coded(system, code, version, display, place)


def check_in_code_system(system: CodeSystem, asked: Sequence[Coded], how: Checking) -> Checked | Refusal:
    """Whether one of the codings is a right one of `system`; refused when its content is not loaded."""
    if not system.is_loaded:
        return not_loaded(system.url, asked[0].place if asked else "")
    return _summed_up([_fit_in_system(system, one, how) for one in asked])


def _fit_in_system(system: CodeSystem, one: Coded, how: Checking) -> Fit:
    if one.system and one.system != system.url:
        return Fit(False, False, "The coding is of another code system.")
    concept = system.find(one.code)
    if concept is None:
        return Fit(False, False, "The code system has no such code.")
    return _named(concept, system.language, one, how)


def check_in_value_set(
    library: Library, tree: Tree, asked: Sequence[Coded], how: Checking, composer: Composer
) -> Checked | Refusal:
    """Whether one of the codings is in a value set; refused when that depends on what is not loaded."""
    try:
        composition = composer.compose(tree)
    except Unanswerable as unanswerable:
        return unanswerable.refusal
    fits: list[Fit] = []
    faults: list[Refusal] = []
    for one in asked:
        try:
            found = one if one.system or not how.infers else _inferred(composition, one)
            fits.append(found if isinstance(found, Fit) else _fit_in_set(library, composition, found, how))
        except Unanswerable as unanswerable:
            faults.append(unanswerable.refusal)
    if faults and not any(one.is_member for one in fits):
        return faults[0]
    return _summed_up(fits)


def _inferred(composition: Composition, one: Coded) -> Coded | Fit:
    """A code with the system that it is one of; raises Unanswerable where the codes can't be listed."""
    systems = dict.fromkeys(system for system, code in composition.codes() if code == one.code)
    if len(systems) == 1:
        return msgspec.structs.replace(one, system=next(iter(systems)))
    told = "Several code systems of the value set have the code." if systems else "The code is not in the value set."
    return Fit(False, False, told)


def _fit_in_set(library: Library, composition: Composition, one: Coded, how: Checking) -> Fit:
    system = library.code_system(one.system, one.version)
    if one.version and system is None and (known := library.code_system(one.system)) is not None:
        raise Unanswerable(not_loaded(one.system, one.place, known=known))
    concept = system.find(one.code) if system is not None and system.is_loaded else None
    is_member = bool(one.code) and composition.holds(one.system, one.code)
    if concept is not None and system is not None:
        found = _named(concept, system.language, one, how)
        return found if is_member else Fit(False, False, "The code is not in the value set.", found.display)
    is_known = system is not None and system.is_loaded
    if is_member and not (is_known and one.version):
        missing = "version of the code system" if is_known else "code system"
        return Fit(True, True, f"The value set lists the code; its {missing} is not loaded, so no name was checked.")
    if is_known:
        return Fit(False, False, "The code system has no such code.")
    return Fit(False, False, "The code is not in the value set.")


def _named(concept: Concept, language: str, one: Coded, how: Checking) -> Fit:
    """What there is to say of a concept that is where it should be."""
    asked = display_in(how.language, concept.display, language, concept.designations) if how.language else None
    display = asked or concept.display
    if concept.abstract and how.abstract is False:
        return Fit(False, False, "The code is abstract: it groups others and is not to be chosen.", display)
    if one.display and not _is_called(one.display, concept):
        return Fit(True, False, "The code is right, but it has another display.", display)
    remarks = ["The code is not in use any more."] if concept.inactive else []
    remarks += ["The code is abstract."] if concept.abstract and how.abstract is None else []
    return Fit(True, True, " ".join(remarks), display)


def _is_called(display: str, concept: Concept) -> bool:
    names = (concept.display, *(one["value"] for one in concept.designations))
    return _plain(display) in map(_plain, names)


def _plain(text: str) -> str:
    return " ".join(text.split()).casefold()


def _summed_up(fits: Iterable[Fit]) -> Checked:
    """Right when one coding is where it should be and none that is there has a wrong name."""
    listed = list(fits)
    members = [one for one in listed if one.is_member]
    if not members:
        first = next(iter(listed), Fit(False, False, "There is no coding to check."))
        return Checked(False, first.message, first.display)
    wrong = next((one for one in members if not one.is_right), None)
    if wrong is not None:
        return Checked(False, wrong.message, wrong.display)
    return Checked(True, members[0].message, members[0].display)
