"""Answers filled in beforehand, by expressions and from observations.

Source: https://hl7.org/fhir/uv/sdc/STU3/populate.html
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any, NamedTuple

from saman.kernel.clock import instant
from saman.kernel.outcome import Issue, Refusal
from saman.model.fhir.evaluating import FHIRPATH, QUERY, Constants, Evaluator
from saman.model.fhir.fhirpath import Context, FhirPathError, Item, item_of, select
from saman.model.fhir.forms.answers import answer, selected
from saman.model.fhir.forms.reading import FHIR, SDC, extension, extensions, place_of
from saman.model.fhir.moments import date_range

Tree = dict[str, Any]
Code = tuple[str, str]

MOST_MADE = 5000
"""Items of a response, with all repetitions."""
MOST_REPEATS = 50
"""Answers to one question, or repetitions of one group, that are filled in."""
_SECONDS = {"a": 31_557_600, "mo": 2_629_800, "wk": 604_800, "d": 86_400, "h": 3600, "min": 60}
_LONGEST = 1000 * 31_557_600
_PERIOD = f"{SDC}observationLinkPeriod"


class Known(NamedTuple):
    """What answers can be taken from: named resources and values, and the newest observation of each code.

    `searches` are the Bundles that searches of items have found, `choices` the codings of value sets, by their address.
    """

    constants: Constants
    observations: Mapping[Code, Tree]
    now: datetime
    searches: Mapping[str, Tree] = {}
    choices: Mapping[str, Sequence[Tree]] = {}


class Populated(NamedTuple):
    """A response that is in progress, and what could not be filled in and why."""

    response: Tree
    issues: list[Issue]


def populated(form: Tree, subject: Tree, known: Known, evaluator: Evaluator) -> Populated:
    """The response to a form, with all its questions and the answers that are known."""
    response: Tree = {
        "resourceType": "QuestionnaireResponse",
        "questionnaire": _canonical(form),
        "status": "in-progress",
        "subject": subject,
        "authored": instant(known.now),
    }
    filler = _Filler(response, known, evaluator)
    constants = {"questionnaire": [item_of(form)], **known.constants}
    items = list(filler.items(form, constants))
    return Populated(response | ({"item": items} if items else {}), filler.issues)


def linked_codes(form: Tree) -> list[Code]:
    """The codes of all questions that ask for an observation."""
    found: list[Code] = []
    for one in form.get("item", ()):
        if extension(one, _PERIOD) is not None:
            found += _codes(one)
        found += linked_codes(one)
    return list(dict.fromkeys(found))


def _codes(one: Tree) -> list[Code]:
    return [(code.get("system", ""), code["code"]) for code in one.get("code", ()) if "code" in code]


def _canonical(form: Tree) -> str:
    if "url" not in form:
        return f"Questionnaire/{form['id']}" if "id" in form else "urn:questionnaire"
    return f"{form['url']}|{form['version']}" if "version" in form else str(form["url"])


class _Filler:
    """Fills in one response."""

    def __init__(self, response: Tree, known: Known, evaluator: Evaluator) -> None:
        self._response = response
        self._known = known
        self._evaluator = evaluator
        self._made = 0
        self.issues: list[Issue] = []

    def items(self, holder: Tree, constants: Constants) -> Iterator[Tree]:
        """The items below a form or an item, each as often as there is something to say."""
        for one in holder.get("item", ()):
            self._made += 1
            if self._made > MOST_MADE:
                self._stop()
                return
            inner = self._with_variables(one, constants)
            if one["type"] == "group":
                yield from self._groups(one, inner)
            else:
                yield self._question(one, inner)

    def _groups(self, one: Tree, constants: Constants) -> Iterator[Tree]:
        """A group; one with a context of its own for each that is found, if it repeats."""
        told = extension(one, f"{SDC}itemPopulationContext")
        found = self._each(told, self._found(one, told, constants)) if told else []
        most = MOST_REPEATS if one.get("repeats") else 1
        named = [{told["name"]: [each]} for each in found[:most] if "name" in told]
        for more in named or [dict[str, list[Item]]()]:
            items = list(self.items(one, {**constants, **more}))
            yield _begun(one) | ({"item": items} if items else {})

    def _question(self, one: Tree, constants: Constants) -> Tree:
        if one["type"] == "display":
            return _begun(one)
        answers = self._answers(one, constants)
        items = list(self.items(one, constants)) if answers else []
        if items:
            answers[0] = answers[0] | {"item": items}
        return _begun(one) | ({"answer": answers} if answers else {})

    def _answers(self, one: Tree, constants: Constants) -> list[Tree]:
        """From an expression, else from an observation, else what the form says to begin with."""
        told = extension(one, f"{SDC}initialExpression")
        found = self._found(one, told, constants) if told else self._observed(one)
        most = MOST_REPEATS if one.get("repeats") else 1
        offered = self._known.choices.get(one.get("answerValueSet", ""), ())
        made = [answer(each, one, offered) for each in found[:most]]
        if None in made:
            self._say(one, "What was found is no answer of the type of this question.", "value")
        initial = [] if found else [dict(each) for each in one.get("initial", ())] or selected(one)[:most]
        return [each for each in made if each is not None] or initial

    def _observed(self, one: Tree) -> list[Item]:
        """The value of the newest observation with a code of the question, if it is recent enough."""
        period = extension(one, _PERIOD)
        if period is None:
            return []
        since = self._known.now - timedelta(seconds=_seconds(period))
        there = (self._known.observations.get(code) for code in _codes(one))
        recent = (each for each in there if each is not None and _is_after(each, since))
        return next((select("value", Context(each)) for each in recent), [])

    def _with_variables(self, one: Tree, constants: Constants) -> Constants:
        """The constants within an item: those around it, the item itself, and its own variables."""
        made = {**constants, "qitem": [("Questionnaire.item", one, None)]}
        for told in extensions(one, f"{FHIR}variable"):
            made[told.get("name", "")] = self._found(one, told, made)
        return made

    def _found(self, one: Tree, told: Tree, constants: Constants) -> list[Item]:
        """What an Expression selects; nothing, and why, when it can't be evaluated."""
        if told.get("language") == QUERY and told.get("expression") in self._known.searches:
            return [item_of(self._known.searches[told["expression"]])]
        if told.get("language") != FHIRPATH or "expression" not in told:
            self._say(one, "Only expressions in text/fhirpath are evaluated here.", "not-supported")
            return []
        try:
            return self._evaluator.select(told["expression"], self._response, constants)
        except FhirPathError as fault:
            self._say(one, f"An expression can't be evaluated: {fault}.", "processing")
            return []

    @staticmethod
    def _each(told: Tree, found: list[Item]) -> list[Item]:
        """The contexts that were found; of a search the resources that it matched."""
        if told.get("language") != QUERY:
            return found
        entries = [one for each in found for one in each[1].get("entry", ())]
        return [item_of(one["resource"]) for one in entries if one.get("search", {}).get("mode", "match") == "match"]

    def _stop(self) -> None:
        """Say once that there is more than a response holds."""
        if self._made == MOST_MADE + 1:
            text = f"What was found fills more than {MOST_MADE} items; the rest is left out."
            self.issues.append(Issue("too-costly", text, "Questionnaire.item", "warning"))

    def _say(self, one: Tree, text: str, code: str) -> None:
        self.issues.append(Issue(code, text, place_of(one), "warning"))


def _begun(one: Tree) -> Tree:
    return {name: one[name] for name in ("linkId", "definition", "text") if name in one}


def _seconds(period: Tree) -> int:
    """How long a Duration is; one in a unit that is not known is no time at all."""
    unit = period.get("code") or period.get("unit", "")
    return int(max(0, min(period.get("value", 0) * _SECONDS.get(unit, 0), _LONGEST)))


def _is_after(one: Tree, since: datetime) -> bool:
    told = (
        one.get("effectiveDateTime") or one.get("effectiveInstant") or one.get("effectivePeriod", {}).get("start", "")
    )
    found = date_range(told) if told else None
    return found is not None and not isinstance(found, Refusal) and found[1] > since
