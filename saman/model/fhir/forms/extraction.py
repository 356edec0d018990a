"""Resources made from answers (https://hl7.org/fhir/uv/sdc/STU3/extraction.html): observations, and by definitions."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any, NamedTuple

from saman.kernel.outcome import Issue
from saman.model.fhir.definitions import RESOURCE_TYPES, structure
from saman.model.fhir.forms.answers import unit_of, value
from saman.model.fhir.forms.assigning import Into, Unfit, assign, begin, pruned
from saman.model.fhir.forms.reading import SDC, extension, place_of
from saman.model.fhir.validation import validate

Tree = dict[str, Any]

_EXTRACT = f"{SDC}observationExtract"
_CATEGORY = f"{SDC}observation-extract-category"
_CONTEXT = f"{SDC}itemExtractionContext"
_DEFINED = "http://hl7.org/fhir/StructureDefinition/"
_SAME = frozenset(("valueBoolean", "valueInteger", "valueString", "valueTime", "valueDateTime", "valueQuantity"))
_TYPES = frozenset(RESOURCE_TYPES)
_MOST_NAMES = 20


class Extracted(NamedTuple):
    """A transaction that writes what the answers say, None where they say nothing; and what was left out and why."""

    bundle: Tree | None
    issues: list[Issue]


def extracted(form: Tree, response: Tree, new_id: Callable[[], str]) -> Extracted:
    """The resources that the answers of a response make, as the form says; `new_id` gives UUIDs for their entries."""
    maker = _Maker(response)
    maker.take(form, response, _is_told(form), None)
    made = [one for one in map(pruned, maker.made) if maker.is_right(one)]
    entries = [
        {"fullUrl": f"urn:uuid:{new_id()}", "resource": one, "request": {"method": "POST", "url": one["resourceType"]}}
        for one in made
    ]
    bundle = {"resourceType": "Bundle", "type": "transaction", "entry": entries}
    return Extracted(bundle if entries else None, maker.issues)


def _is_told(holder: Tree) -> bool | None:
    """Whether observations are made of what is below; None where nothing is said."""
    found = extension(holder, _EXTRACT)
    return found if isinstance(found, bool) else None


class _Maker:
    """Makes the resources of one response."""

    def __init__(self, response: Tree) -> None:
        self._response = response
        self.made: list[Tree] = []
        self.issues: list[Issue] = []

    def take(self, form: Tree, answered: Tree, is_told: bool | None, into: Into | None) -> None:
        """Everything below a form or one of its items; `into` is the resource or element that definitions speak of."""
        into = self._begun(form, into)
        given: dict[str, list[Tree]] = {}
        for one in answered.get("item", ()):
            given.setdefault(one["linkId"], []).append(one)
        for question in form.get("item", ()):
            told = _is_told(question)
            for one in given.pop(question["linkId"], ()):
                self._item(question, one, is_told if told is None else told, into)

    def _begun(self, holder: Tree, into: Into | None) -> Into | None:
        """A new resource where the form says that one begins here."""
        told = extension(holder, _CONTEXT)
        if told is None:
            return into
        if told not in _TYPES:
            self._say(holder, "A context of extraction is a resource type of R4 here.", "not-supported")
            return into
        made = {"resourceType": told} | self._about(told)
        self.made.append(made)
        return made

    def _about(self, kind: str) -> Tree:
        """Whom a resource speaks of, so that it is written about the same person as the response."""
        names = {one.name for one in structure.blocks[kind]}
        name = next((one for one in ("subject", "patient") if one in names), None)
        return {name: self._response["subject"]} if name and "subject" in self._response else {}

    def _item(self, question: Tree, one: Tree, is_told: bool | None, into: Into | None) -> None:
        if question["type"] == "group":
            self.take(question, one, is_told, self._group(question, into))
            return
        for answer in one.get("answer", ()):
            if is_told and question.get("code"):
                self._observe(question, answer)
            self._assign(question, answer, into)
            self.take(question, answer, is_told, into)

    def _group(self, question: Tree, into: Into | None) -> Into | None:
        """The element that a group stands for, of which another begins with each; else what is around it."""
        path = self._path(question, into)
        if path is None or into is None or extension(question, _CONTEXT) is not None:
            return into
        try:
            return begin(into, path)
        except Unfit as fault:
            self._say(question, str(fault), "value")
            return into

    def _assign(self, question: Tree, answer: Tree, into: Into | None) -> None:
        path, (_, given) = self._path(question, into), value(answer)
        if path is None or into is None or given is None:
            return
        try:
            assign(into, path, value(answer))
        except Unfit as fault:
            self._say(question, str(fault), "value")

    def _path(self, question: Tree, into: Into | None) -> Sequence[str] | None:
        """The names that lead to the element that a definition means, from its type: `…/Patient#Patient.name.given`."""
        base, _, path = question.get("definition", "").partition("#")
        kind, *names = path.split(".")
        if not names or into is None:
            return None
        if kind not in _TYPES or not base.startswith(_DEFINED) or len(names) > _MOST_NAMES:
            self._say(
                question, "A definition names an element of R4 here, as …/Patient#Patient.birthDate.", "not-supported"
            )
            return None
        return [kind, *names]

    def _observe(self, question: Tree, answer: Tree) -> None:
        """An observation with the codes of the question."""
        name, given = _observed(question, answer)
        if not name:
            self._say(question, "No observation can have a value of the type of this answer.", "value")
            return
        response = self._response
        by = response.get("author") or response.get("source")
        category = extension(question, _CATEGORY)
        self.made.append(
            {"resourceType": "Observation", "status": "final", "code": {"coding": question["code"]}}
            | {at: response[at] for at in ("subject", "encounter") if at in response}
            | _when(response.get("authored", ""))
            | ({"performer": [by]} if by else {})
            | ({"category": [category]} if category else {})
            | ({"derivedFrom": [{"reference": f"QuestionnaireResponse/{response['id']}"}]} if "id" in response else {})
            | {name: given}
        )

    def is_right(self, made: Tree) -> bool:
        """Whether a resource can be written; said where it can't."""
        issues = validate(made)
        self.issues += [Issue(one.code, f"A resource was left out: {one.text}", one.path, "warning") for one in issues]
        return not issues

    def _say(self, one: Mapping[str, Any], text: str, code: str) -> None:
        self.issues.append(Issue(code, text, place_of(one), "warning"))


def _when(authored: str) -> Tree:
    """The times of an observation; one that is not known to the second was not issued at a moment."""
    if not authored:
        return {}
    return {"effectiveDateTime": authored} | ({"issued": authored} if "T" in authored else {})


def _observed(question: Tree, answer: Tree) -> tuple[str, Any]:
    """The value of an observation that an answer gives; without a name where it gives none."""
    name, given = value(answer)
    if name == "valueCoding":
        return "valueCodeableConcept", {"coding": [given]}
    if name == "valueDecimal" or (name == "valueInteger" and unit_of(question)):
        return "valueQuantity", {"value": given} | unit_of(question)
    if name == "valueDate":
        return "valueDateTime", given
    if name == "valueUri":
        return "valueString", given
    return (name, given) if name in _SAME else ("", None)
