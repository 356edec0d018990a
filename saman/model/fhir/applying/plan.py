"""A PlanDefinition as a CarePlan for somebody (https://hl7.org/fhir/R4/plandefinition-operation-apply.html).

The CarePlan contains a RequestGroup with the actions that apply, and a request for each of them that is made by a
definition; an action without one becomes a Task, since R4 has every action lead to something.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from saman.model.fhir.applying.activity import activity, canonical
from saman.model.fhir.applying.subject import Applying, Unfit

Tree = dict[str, Any]
Definitions = Mapping[str, Tree]

_APPLICABILITY = "applicability"
MOST_ACTIONS, MOST_DEPTH = 500, 20
_SAME = (
    "id", "prefix", "title", "description", "textEquivalent", "priority", "documentation", "timingDateTime",
    "timingAge", "timingPeriod", "timingDuration", "timingRange", "timingTiming", "type", "groupingBehavior",
    "selectionBehavior", "requiredBehavior", "precheckBehavior", "cardinalityBehavior",
)  # fmt: skip
"""What an action of a RequestGroup takes over as it is."""


def canonicals(plan: Tree) -> Iterator[tuple[str, str]]:
    """The definitions that the actions of a plan name, each with its place, but for those that it contains."""
    for action, path in _actions(plan, "PlanDefinition"):
        if "definitionCanonical" in action and not action["definitionCanonical"].startswith("#"):
            yield action["definitionCanonical"], f"{path}.definitionCanonical"
    for one in plan.get("contained", ()):
        yield from canonicals(one)


def _actions(holder: Tree, path: str) -> Iterator[tuple[Tree, str]]:
    waiting = [(one, f"{path}.action[{number}]") for number, one in enumerate(holder.get("action", ()))]
    while waiting:
        one, place = waiting.pop()
        yield one, place
        waiting += [(each, f"{place}.action[{number}]") for number, each in enumerate(one.get("action", ()))]


def planned(plan: Tree, definitions: Definitions, to: Applying) -> Tree:
    """The CarePlan, as a proposal; raises Unfit where the plan can't be applied."""
    planner = _Planner(definitions, to)
    actions = planner.actions(plan, "PlanDefinition", [plan])
    kept = {one["id"] for one, _ in _actions({"action": actions}, "") if "id" in one}
    for one, _ in _actions({"action": actions}, ""):
        _related(one, kept)
    goals = [_goal(one, number, to) for number, one in enumerate(plan.get("goal", ()), 1)]
    named = {name: plan[name] for name in ("title", "description") if name in plan}
    common: Tree = {"instantiatesCanonical": canonical(plan)} if "url" in plan else {}
    common |= to.references(subject="subject", encounter="encounter", author="practitioner")
    group = common | {"resourceType": "RequestGroup", "id": "actions", "status": "draft", "intent": "proposal",
                      "authoredOn": to.moment}  # fmt: skip
    contained = [group | {"action": actions}, *planner.made] if actions else []
    made = {"resourceType": "CarePlan", "status": "draft", "intent": "proposal", "created": to.moment} | common | named
    return (
        made
        | ({"contained": [*contained, *goals]} if contained or goals else {})
        | ({"activity": [{"reference": {"reference": "#actions"}}]} if actions else {})
        | ({"goal": [{"reference": f"#{one['id']}"} for one in goals]} if goals else {})
        | ({"contributor": [to.reference("organization")]} if to.reference("organization") else {})
    )


def _related(action: Tree, kept: set[str]) -> None:
    """Leave out relations to actions that do not apply."""
    listed = [one for one in action.pop("relatedAction", ()) if one.get("actionId") in kept]
    if listed:
        action["relatedAction"] = listed


def _goal(told: Tree, number: int, to: Applying) -> Tree:
    due = [{own: one[name] for name, own in _TARGET.items() if name in one} for one in told.get("target", ())]
    return (
        {
            "resourceType": "Goal",
            "id": f"goal-{number}",
            "lifecycleStatus": "proposed",
            "description": told["description"],
        }
        | to.references(subject="subject")
        | ({"category": [told["category"]]} if "category" in told else {})
        | {name: told[name] for name in ("priority",) if name in told}
        | ({"startCodeableConcept": told["start"]} if "start" in told else {})
        | ({"target": due} if any(due) else {})
    )


_TARGET = {
    "measure": "measure", "detailQuantity": "detailQuantity", "detailRange": "detailRange",
    "detailCodeableConcept": "detailCodeableConcept", "due": "dueDuration",
}  # fmt: skip


class _Planner:
    """Applies the actions of one plan and of those that it leads to."""

    def __init__(self, definitions: Definitions, to: Applying) -> None:
        self._definitions = definitions
        self._to = to
        self._count = 0
        self.made: list[Tree] = []

    def actions(self, holder: Tree, path: str, plans: Sequence[Tree]) -> list[Tree]:
        """The actions below a plan or an action that apply; `plans` are the plans that they are part of."""
        found: list[Tree] = []
        for number, one in enumerate(holder.get("action", ())):
            place = f"{path}.action[{number}]"
            self._count += 1
            if self._count > MOST_ACTIONS or place.count(".action[") > MOST_DEPTH:
                raise Unfit(f"A plan may have {MOST_ACTIONS} actions, {MOST_DEPTH} deep.", place, "too-costly")
            if self._applies(one, place):
                made = self._action(one, place, plans)
                found += [made] if made else []
        return found

    def _applies(self, action: Tree, path: str) -> bool:
        """Whether all its conditions are true; one that can't be told is not."""
        for number, one in enumerate(action.get("condition", ())):
            if one.get("kind", _APPLICABILITY) == _APPLICABILITY:
                found = self._to.select(one.get("expression", {}), f"{path}.condition[{number}].expression")
                if [each[1] for each in found] != [True]:
                    return False
        return True

    def _action(self, action: Tree, path: str, plans: Sequence[Tree]) -> Tree | None:
        made = {name: action[name] for name in _SAME if name in action}
        made |= {"code": action["code"]} if "code" in action else {}
        later = [one for one in action.get("condition", ()) if one.get("kind", _APPLICABILITY) != _APPLICABILITY]
        made |= {"condition": later} if later else {}
        made |= {"relatedAction": list(action["relatedAction"])} if "relatedAction" in action else {}
        if action.get("action"):
            inner = self.actions(action, path, plans)
            return made | {"action": inner} if inner else None
        definition = self._definition(action, path, plans)
        if definition is not None and definition["resourceType"] == "PlanDefinition":
            inner = self._plan(definition, path, plans)
            return made | {"action": inner} if inner else None
        return made | {"resource": {"reference": f"#{self._request(action, definition, path)}"}}

    def _definition(self, action: Tree, path: str, plans: Sequence[Tree]) -> Tree | None:
        """What an action is defined by: contained in its plan, or brought along."""
        told = action.get("definitionCanonical")
        if told is None:
            return None
        contained = {f"#{one.get('id')}": one for plan in plans for one in plan.get("contained", ())}
        found = contained.get(told) or self._definitions.get(told)
        if found is None:
            text = "There is no such definition, or you may not see it."
            raise Unfit(text, f"{path}.definitionCanonical", "not-found")
        return found

    def _plan(self, plan: Tree, path: str, plans: Sequence[Tree]) -> list[Tree]:
        if any(plan is one for one in plans):
            raise Unfit("A plan leads to itself.", f"{path}.definitionCanonical")
        return self.actions(plan, f"{path}.definitionCanonical", [*plans, plan])

    def _request(self, action: Tree, definition: Tree | None, path: str) -> str:
        """Make the request of an action; its id within the CarePlan."""
        if definition is None or definition["resourceType"] == "Questionnaire":
            told = {"title": action.get("title") or (definition or {}).get("title", "")}
            told["description"] = action.get("textEquivalent") or action.get("description") or ""
            plain = {name: one for name, one in told.items() if one} | {"participant": action.get("participant", ())}
            made = activity(plain, self._to, path)
            made |= {"focus": {"reference": action["definitionCanonical"]}} if definition else {}
            made |= {"instantiatesUri": action["definitionUri"]} if "definitionUri" in action else {}
        elif definition["resourceType"] == "ActivityDefinition":
            made = activity(definition, self._to, path)
        else:
            raise Unfit(
                "An action is defined by an activity, a plan or a form.", f"{path}.definitionCanonical", "value"
            )
        self._to.change(made, action.get("dynamicValue", ()), f"{path}.dynamicValue")
        id = f"request-{len(self.made) + 1}"
        self.made.append(made | {"id": id})
        return id
