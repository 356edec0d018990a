"""What a form says that its answers are taken from: searches, made as the caller, and the codes of value sets."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator, Mapping
from typing import Any

from saman.apps.fhir_api.call import Call
from saman.apps.fhir_api.operations.terminology.gathering import gather
from saman.kernel import json
from saman.kernel.outcome import Issue, Kind, Refusal, refused
from saman.model.fhir.evaluating import QUERY, Evaluator
from saman.model.fhir.fhirpath import FhirPathError, Item, item_of
from saman.model.fhir.forms import codings, extension, extensions
from saman.model.fhir.terminology import Library, Need, canonical
from saman.record.getting import get
from saman.record.threads import beside

Tree = dict[str, Any]

MOST_QUERIES, MOST_SETS = 10, 20
VARIABLE = "http://hl7.org/fhir/StructureDefinition/variable"
_SDC = "http://hl7.org/fhir/uv/sdc/StructureDefinition/sdc-questionnaire-"
_SOURCES = f"{_SDC}sourceQueries"
_ASKED = (f"{_SDC}initialExpression", f"{_SDC}observationLinkPeriod")
_NOTHING: Tree = {"resourceType": "Bundle", "type": "searchset"}
_EMPTY: Tree = {"resourceType": "QuestionnaireResponse"}
_TOO_MANY = f"A form may ask for at most {MOST_QUERIES} searches."


class Sources:
    """The searches of one form, each made once; `issues` says which were refused."""

    def __init__(self, call: Call, evaluator: Evaluator) -> None:
        self._call = call
        self._evaluator = evaluator
        self._left = MOST_QUERIES
        self.issues: list[Issue] = []

    async def search(self, expression: str, constants: Mapping[str, list[Item]]) -> Tree | Refusal | None:
        """What a search finds; None where it was refused, which is said. Raises FhirPathError."""
        self._left -= 1
        if self._left < 0:
            return refused(Kind.TOO_COSTLY, "too-costly", _TOO_MANY, "Questionnaire.extension")
        address = await asyncio.to_thread(self._evaluator.address, expression, _EMPTY, constants)
        found = await get(self._call.record, address)
        if isinstance(found, Refusal):
            self.say(f"The search of a form was refused: {found.issues[0].text}", found.issues[0].code)
            return None
        tree: Tree = json.decode_kept(found)
        return tree

    async def batches(self, form: Tree, constants: Mapping[str, list[Item]]) -> dict[str, list[Item]] | Refusal:
        """What the batches of searches find that a form contains, each as a Bundle by the id of its batch."""
        made: dict[str, list[Item]] = {}
        contained = {f"#{one.get('id')}": one for one in form.get("contained", ())}
        for told in extensions(form, _SOURCES):
            batch = contained.get(told.get("reference", ""), {})
            entries: list[Tree] = []
            for address in _addresses(batch):
                found = await self._found(address, constants)
                if isinstance(found, Refusal):
                    return found
                entries.append({"resource": found} if found else {})
            if "id" in batch:
                made[batch["id"]] = [item_of({"resourceType": "Bundle", "type": "batch-response", "entry": entries})]
        return made

    async def below(self, form: Tree, constants: Mapping[str, list[Item]]) -> dict[str, Tree] | Refusal:
        """What the searches find that items have, by their texts; they know what the form itself knows."""
        made: dict[str, Tree] = {}
        for expression in dict.fromkeys(_queries(form)):
            found = await self._found(expression, constants)
            if isinstance(found, Refusal):
                return found
            made[expression] = found or _NOTHING
        return made

    async def _found(self, expression: str, constants: Mapping[str, list[Item]]) -> Tree | Refusal | None:
        try:
            return await self.search(expression, constants)
        except FhirPathError as fault:
            self.say(f"A search can't be put together: {fault}.", "processing")
            return None

    def say(self, text: str, code: str) -> None:
        """Keep what could not be found, and why."""
        self.issues.append(Issue(code, text, "Questionnaire.extension", "warning"))


async def choices(call: Call, form: Tree) -> Mapping[str, list[Tree]]:
    """The codings of the value sets that questions with answers to be found choose from, as far as they are known."""
    wanted = list(dict.fromkeys(_value_sets(form)))[:MOST_SETS]
    contained = {f"#{one.get('id')}": one for one in form.get("contained", ()) if one["resourceType"] == "ValueSet"}
    library = Library()
    needed = {Need("ValueSet", canonical(url).url) for url in wanted if not url.startswith("#")}
    needed |= {need for url in wanted if url in contained for need in library.needs(contained[url])}
    if await gather(call.record, library, needed) is not None:
        return {}
    trees = {url: contained.get(url) or library.resource("ValueSet", *canonical(url)) for url in wanted}
    return await beside(lambda: {url: codings(library, tree) for url, tree in trees.items() if tree is not None})


def _addresses(batch: Tree) -> Iterator[str]:
    """The searches of a batch; an expression that is percent-encoded for an address stands for itself."""
    for one in batch.get("entry", ()):
        request = one.get("request", {})
        if request.get("method") == "GET" and "url" in request:
            yield request["url"].replace("{{%25", "{{%")


def _queries(holder: Tree) -> Iterator[str]:
    for one in holder.get("item", ()):
        for url in (f"{_SDC}itemPopulationContext", VARIABLE):
            told = (each for each in extensions(one, url) if each.get("language") == QUERY)
            yield from (each["expression"] for each in told if "expression" in each)
        yield from _queries(one)


def _value_sets(holder: Tree) -> Iterator[str]:
    for one in holder.get("item", ()):
        if "answerValueSet" in one and any(extension(one, url) is not None for url in _ASKED):
            yield one["answerValueSet"]
        yield from _value_sets(one)
