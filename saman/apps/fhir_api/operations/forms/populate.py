"""`Questionnaire/$populate` (https://hl7.org/fhir/uv/sdc/STU3/OperationDefinition-Questionnaire-populate.html)."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator, Mapping
from typing import Any

from saman.apps.fhir_api.answer import Answer
from saman.apps.fhir_api.call import Call
from saman.apps.fhir_api.operations.declared import Part, Parts, Resource
from saman.apps.fhir_api.operations.forms.finding import form_at, form_under, outcome, small
from saman.apps.fhir_api.operations.forms.sources import VARIABLE, Sources, choices
from saman.apps.fhir_api.operations.given import Given
from saman.kernel.outcome import Kind, Refusal, refused
from saman.model.fhir.document import local_place
from saman.model.fhir.evaluating import FHIRPATH, QUERY, Evaluator
from saman.model.fhir.fhirpath import FhirPathError, Item, item_of
from saman.model.fhir.forms import Known, extensions, linked_codes, populated

Tree = dict[str, Any]
Code = tuple[str, str]

MOST_CONTEXTS, MOST_CODES = 20, 100
_WAYS = ("canonical", "questionnaire", "questionnaireRef")
_ESCAPED = str.maketrans({one: f"\\{one}" for one in "\\,|$"})


async def populate_form(call: Call, given: Given) -> Answer | Parts | Resource | Refusal:
    """A response in progress with the answers that are known of its subject."""
    form = await _form(call, given)
    if isinstance(form, Refusal):
        return form
    filling = _Filling(call, given, form)
    known = await filling.known()
    if isinstance(known, Refusal):
        return known
    made = await asyncio.to_thread(populated, form, given.one("subject"), known, filling.evaluator)
    issues = [*filling.issues, *made.issues]
    return (Part("response", made.response), *((Part("issues", outcome(issues)),) if issues else ()))


async def _form(call: Call, given: Given) -> Tree | Refusal:
    """The form of the address, of a canonical URL, of a reference, or that was sent."""
    ways = [name for name in _WAYS if given.has(name)]
    if len(ways) + bool(call.id) != 1:
        text = "Say once which form: in the address, by 'canonical' or 'questionnaireRef', or by sending it."
        return refused(
            Kind.INVALID, "invalid" if ways else "required", text, given.place(ways[-1] if ways else "canonical")
        )
    if call.id:
        return await form_at(call, call.id)
    if given.has("questionnaire"):
        return small(given.one("questionnaire"), "Questionnaire")
    if given.has("canonical"):
        return await form_under(call, given.text("canonical"), given.place("canonical"))
    here = local_place(given.one("questionnaireRef"), call.base)
    if here is None or here[0] != "Questionnaire":
        text = "'questionnaireRef' leads to a Questionnaire here."
        return refused(Kind.INVALID, "value", text, given.place("questionnaireRef"))
    return await form_at(call, here[1])


class _Filling:
    """Brings together what the answers of one form can be taken from, as far as the caller may see it."""

    def __init__(self, call: Call, given: Given, form: Tree) -> None:
        self._call = call
        self._given = given
        self._form = form
        self._is_local = given.one("local") is True
        place = local_place(given.one("subject"), call.base)
        self._person = place[1] if place is not None and place[0] == "Patient" else ""
        self.evaluator = Evaluator(call.record.context.now)
        self._sources = Sources(call, self.evaluator)
        self.issues = self._sources.issues

    async def known(self) -> Known | Refusal:
        """What was sent, and with `local` what is recorded about the subject."""
        constants = await self._contexts()
        if isinstance(constants, Refusal):
            return constants
        if self._is_local and self._person and "patient" not in constants:
            patient = await self._call.record.read("Patient", self._person)
            if isinstance(patient, Refusal):
                return patient
            constants["patient"] = [item_of(patient.resource())]
        refusal = await self._searched(constants) or await self._variables(constants)
        observations = refusal or await self._observations()
        if isinstance(observations, Refusal):
            return observations
        searches = await self._sources.below(self._form, constants) if self._is_local else {}
        if isinstance(searches, Refusal):
            return searches
        offered = await choices(self._call, self._form)
        return Known(constants, observations, self._call.record.context.now, searches, offered)

    async def _searched(self, constants: dict[str, list[Item]]) -> Refusal | None:
        """What the searches find that the form brings along, those that nobody has sent the outcome of."""
        found = await self._sources.batches(self._form, constants) if self._is_local else {}
        if isinstance(found, Refusal):
            return found
        constants |= {name: one for name, one in found.items() if name not in constants}
        return None

    async def _contexts(self) -> dict[str, list[Item]] | Refusal:
        """What was sent along, or read where a reference was sent, by its name."""
        listed = self._given.every("context")
        found: dict[str, list[Item]] = {}
        contents = [(name, one) for each in listed for name, one in _contents(each)]
        if len(contents) > MOST_CONTEXTS:
            return refused(
                Kind.TOO_COSTLY,
                "too-costly",
                f"At most {MOST_CONTEXTS} contexts fit in one call.",
                self._given.place("context"),
            )
        for name, one in contents:
            resource = one.get("resource") or await self._read(one.get("valueReference", {}))
            if isinstance(resource, Refusal):
                return resource
            found.setdefault(name, []).append(item_of(resource))
        return found

    async def _read(self, reference: Tree) -> Tree | Refusal:
        place = local_place(reference, self._call.base)
        if place is None:
            text = "The content of a context is a resource, or a reference to one that is here."
            return refused(Kind.INVALID, "value", text, self._given.place("context"))
        found = await self._call.record.read(*place)
        return found if isinstance(found, Refusal) else found.resource()

    async def _variables(self, constants: dict[str, list[Item]]) -> Refusal | None:
        """The variables of the form, each with those before it; searches only with `local`."""
        for told in extensions(self._form, VARIABLE):
            name = told.get("name", "")
            if name in constants:
                continue
            try:
                found = await self._variable(told, constants)
            except FhirPathError as fault:
                found = []
                self._sources.say(f"The variable can't be evaluated: {fault}.", "processing")
            if isinstance(found, Refusal):
                return found
            constants[name] = found
        return None

    async def _variable(self, told: Tree, constants: Mapping[str, list[Item]]) -> list[Item] | Refusal:
        expression, language = told.get("expression", ""), told.get("language")
        empty: Tree = {"resourceType": "QuestionnaireResponse"}
        if language == FHIRPATH:
            return await asyncio.to_thread(self.evaluator.select, expression, empty, constants)
        if language != QUERY or not self._is_local:
            self._sources.say(
                "Variables are in text/fhirpath here, or with 'local' in application/x-fhir-query.", "not-supported"
            )
            return []
        found = await self._sources.search(expression, constants)
        if isinstance(found, Refusal):
            return found
        return [] if found is None else [item_of(found)]

    async def _observations(self) -> dict[Code, Tree] | Refusal:
        """The newest observation of the subject for each code that a question asks for."""
        codes = linked_codes(self._form)
        if not self._is_local or not self._person or not codes:
            return {}
        if len(codes) > MOST_CODES:
            text = f"A form may ask for observations with at most {MOST_CODES} codes."
            return refused(Kind.TOO_COSTLY, "too-costly", text, "Questionnaire.item")
        asked = ",".join(f"{_plain(system)}|{_plain(code)}" if system else _plain(code) for system, code in codes)
        right = [("status:not", "entered-in-error"), ("status:not", "cancelled")]
        pairs = [("patient", self._person), ("code", asked), *right]
        found = await self._call.record.latest("Observation", pairs, 1)
        return found if isinstance(found, Refusal) else _by_code([one.resource() for one in found])


def _contents(parts: list[Tree]) -> Iterator[tuple[str, Tree]]:
    """The contents of one context, each with its name."""
    name = next((str(one.get("valueString") or one.get("valueCode", "")) for one in parts if one["name"] == "name"), "")
    return ((name, one) for one in parts if one["name"] == "content")


def _by_code(observations: list[Tree]) -> dict[Code, Tree]:
    found: dict[Code, Tree] = {}
    for one in observations:
        for coding in one["code"].get("coding", ()):
            for system in (coding.get("system", ""), ""):
                found.setdefault((system, coding.get("code", "")), one)
    return found


def _plain(text: str) -> str:
    return text.translate(_ESCAPED)
