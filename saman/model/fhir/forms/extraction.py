"""Resources made from answers (https://hl7.org/fhir/uv/sdc/STU3/extraction.html): observations, and by definitions."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any, NamedTuple

from saman.kernel.outcome import Issue
from saman.model.fhir.definitions import RESOURCE_TYPES, structure
from saman.model.fhir.evaluating import FHIRPATH, Evaluator, kind_of, value_of
from saman.model.fhir.fhirpath import FhirPathError
from saman.model.fhir.forms.answers import unit_of, value
from saman.model.fhir.forms.assigning import Into, Unfit, assign, begin, pruned
from saman.model.fhir.forms.reading import SDC, extension, extensions, place_of
from saman.model.fhir.terminology import canonical
from saman.model.fhir.validation import validate

Tree = dict[str, Any]

_EXTRACT = f"{SDC}observationExtract"
_CATEGORY = f"{SDC}observation-extract-category"
_CONTEXT = f"{SDC}itemExtractionContext"
_BEGINS = f"{SDC}definitionExtract"
_VALUE = f"{SDC}definitionExtractValue"
_PARTS = frozenset((("definition", "valueUri"), ("definition", "valueCanonical"), ("expression", "valueExpression")))
_DEFINED = "http://hl7.org/fhir/StructureDefinition/"
_SAME = frozenset(("valueBoolean", "valueInteger", "valueString", "valueTime", "valueDateTime", "valueQuantity"))
_TYPES = frozenset(RESOURCE_TYPES)
_MOST_NAMES = 20


class Extracted(NamedTuple):
    """A transaction that writes what the answers say, None where they say nothing; and what was left out and why."""

    bundle: Tree | None
    issues: list[Issue]


def extracted(form: Tree, response: Tree, evaluator: Evaluator, new_id: Callable[[], str]) -> Extracted:
    """The resources that the answers of a response make, as the form says; `new_id` gives UUIDs for their entries."""
    maker = _Maker(response, evaluator)
    maker.take(form, response, _Told(_is_told(form), _categories(form)), None)
    made = [one for one in map(pruned, maker.made) if maker.is_right(one)]
    entries = [
        {"fullUrl": f"urn:uuid:{new_id()}", "resource": one, "request": {"method": "POST", "url": one["resourceType"]}}
        for one in made
    ]
    bundle = {"resourceType": "Bundle", "type": "transaction", "entry": entries}
    return Extracted(bundle if entries else None, maker.issues)


def _is_told(holder: Tree) -> bool | None:
    """Whether observations are made of what is below; None where nothing is said."""
    found: bool | None = extension(holder, _EXTRACT)
    return found


def _categories(holder: Tree) -> list[Tree]:
    """The categories that are said of observations made of what is below."""
    return list(extensions(holder, _CATEGORY))


class _Told(NamedTuple):
    """What a form, or what is around an item, says of the observations that are made of its answers."""

    is_told: bool | None
    categories: list[Tree]

    def by(self, question: Tree) -> _Told:
        """The same with what an item says itself."""
        told = _is_told(question)
        return _Told(self.is_told if told is None else told, _categories(question) or self.categories)


class _Maker:
    """Makes the resources of one response."""

    def __init__(self, response: Tree, evaluator: Evaluator) -> None:
        self._response = response
        self._evaluator = evaluator
        self.made: list[Tree] = []
        self.issues: list[Issue] = []

    def take(self, form: Tree, answered: Tree, told: _Told, into: Into | None) -> None:
        """Everything below a form or one of its items; `into` is the resource or element that definitions speak of."""
        into = self._begun(form, into)
        self._values(form, answered, into)
        given: dict[str, list[Tree]] = {}
        for one in answered.get("item", ()):
            given.setdefault(one["linkId"], []).append(one)
        for question in form.get("item", ()):
            for one in given.pop(question["linkId"], ()):
                self._item(question, one, told.by(question), into)

    def _begun(self, holder: Tree, into: Into | None) -> Into | None:
        """A new resource where the form says that one begins here."""
        told = extension(holder, _CONTEXT) or _begun_by(holder)
        if told is None:
            return into
        if not isinstance(told, str) or told not in _TYPES:
            self._say(holder, "A context of extraction is a resource type of R4 here.", "not-supported")
            return into
        made = {"resourceType": told}
        self.made.append(made)
        return made

    def _values(self, holder: Tree, answered: Tree, into: Into | None) -> None:
        """Put in what a form says itself, whatever is answered: values, and what expressions select."""
        for parts in extensions(holder, _VALUE):
            told = _parts(parts)
            path = self._path(holder, told.get("definition"), into)
            if path is None or into is None:
                continue
            try:
                for one in self._said(told, answered):
                    assign(into, path, one)
            except Unfit as fault:
                self._say(holder, str(fault), "value")
            except FhirPathError as fault:
                self._say(holder, f"An expression can't be evaluated: {fault}.", "processing")

    def _said(self, told: Tree, answered: Tree) -> list[tuple[str, Any]]:
        """The names (`valueCode`) and values that an expression selects from an item, or the one that is fixed."""
        if "fixed" in told:
            return [told["fixed"]]
        expression = told.get("expression", {})
        if expression.get("language") != FHIRPATH or "expression" not in expression:
            raise Unfit("Only expressions in text/fhirpath are evaluated here.")
        kind = answered.get("resourceType") or "QuestionnaireResponse.item"
        found = self._evaluator.select(expression["expression"], self._response, {}, (kind, answered, None))
        return [(f"value{kind_of(one)[0].upper()}{kind_of(one)[1:]}", value_of(one)) for one in found]

    def _about(self, made: Tree) -> Tree:
        """Whom a resource speaks of, where nobody says it, so that it is about the same person as the response."""
        names = {one.name for one in structure.blocks[made["resourceType"]]}
        name = next((one for one in ("subject", "patient") if one in names), None)
        return {name: self._response["subject"]} if name and "subject" in self._response else {}

    def _item(self, question: Tree, one: Tree, told: _Told, into: Into | None) -> None:
        if question["type"] == "group":
            self.take(question, one, told, self._group(question, into))
            return
        for answer in one.get("answer", ()):
            if told.is_told and question.get("code"):
                self._observe(question, answer, told.categories)
            self._assign(question, answer, into)
            self.take(question, answer, told, into)

    def _group(self, question: Tree, into: Into | None) -> Into | None:
        """The element that a group stands for, of which another begins with each; else what is around it."""
        path = self._path(question, question.get("definition"), into)
        if path is None or into is None or extension(question, _CONTEXT) or _begun_by(question):
            return into
        try:
            return begin(into, path)
        except Unfit as fault:
            self._say(question, str(fault), "value")
            return into

    def _assign(self, question: Tree, answer: Tree, into: Into | None) -> None:
        path, (_, given) = self._path(question, question.get("definition"), into), value(answer)
        if path is None or into is None or given is None:
            return
        try:
            assign(into, path, value(answer))
        except Unfit as fault:
            self._say(question, str(fault), "value")

    def _path(self, question: Tree, definition: str | None, into: Into | None) -> Sequence[str] | None:
        """The names that lead to the element that a definition means, from its type: `…/Patient#Patient.name.given`."""
        base, _, path = (definition or "").partition("#")
        kind, *names = path.split(".")
        if not names or into is None:
            return None
        if kind not in _TYPES or "/StructureDefinition/" not in base or len(names) > _MOST_NAMES:
            self._say(
                question, "A definition names an element of R4 here, as …/Patient#Patient.birthDate.", "not-supported"
            )
            return None
        return [kind, *names]

    def _observe(self, question: Tree, answer: Tree, categories: list[Tree]) -> None:
        """An observation with the codes of the question."""
        name, given = _observed(question, answer)
        if not name:
            self._say(question, "No observation can have a value of the type of this answer.", "value")
            return
        response = self._response
        by = response.get("author") or response.get("source")
        self.made.append(
            {"resourceType": "Observation", "status": "final", "code": {"coding": question["code"]}}
            | {at: response[at] for at in ("subject", "encounter") if at in response}
            | _when(response.get("authored", ""))
            | ({"performer": [by]} if by else {})
            | ({"category": categories} if categories else {})
            | ({"derivedFrom": [{"reference": f"QuestionnaireResponse/{response['id']}"}]} if "id" in response else {})
            | {name: given}
        )

    def is_right(self, made: Tree) -> bool:
        """Whether a resource can be written; said where it can't. It is about the person of the response."""
        is_empty = made.keys() == {"resourceType"}
        for name, one in self._about(made).items():
            made.setdefault(name, one)
        issues = validate(made)
        if "id" in made:
            text = "What is there already is not changed here."
            issues = (Issue("not-supported", text, f"{made['resourceType']}.id"), *issues)
        self.issues += [Issue(one.code, f"A resource was left out: {one.text}", one.path, "warning") for one in issues]
        return not issues and not is_empty

    def _say(self, one: Mapping[str, Any], text: str, code: str) -> None:
        self.issues.append(Issue(code, text, place_of(one), "warning"))


def _parts(extension_: Any) -> Tree:
    """The parts of an extension by their names; what is fixed with the name that its type has in JSON."""
    found: Tree = {}
    for one in extension_ or ():
        name, given = value(one)
        if one["url"] == "fixed-value" and name:
            found["fixed"] = (name, given)
        elif (one["url"], name) in _PARTS:
            found[one["url"]] = given
    return found


def _begun_by(holder: Tree) -> str | None:
    """The definition of the resource that begins here, its type where R4 has it."""
    told = _parts(extension(holder, _BEGINS)).get("definition")
    return None if told is None else canonical(told).url.removeprefix(_DEFINED)


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
