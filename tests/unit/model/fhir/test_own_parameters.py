"""Parameters of one's own say nothing of what a reference leads to, nor of what goes with it when it is taken out."""

from __future__ import annotations

from typing import Any

from saman.model.fhir.own_parameters import Definition, Own, Parameters

Resource = dict[str, Any]


def texts(resource: Resource, expression: str) -> list[str]:
    """What a resource is found by under a parameter of type string."""
    what = Definition("own", "string", expression, (resource["resourceType"],), (), "urn:own")
    return [exact for _, _, exact in Parameters([Own(10_000, what)]).own_values(resource).strings]


def test_what_stands_beside_a_reference_is_no_value() -> None:
    goal = {"reference": "Goal/1", "display": "secret"}
    task = {
        "resourceType": "Task",
        "status": "draft",
        "intent": "order",
        "focus": goal,
        "input": [
            {"type": {"text": "hidden"}, "valueReference": goal},
            {"type": {"text": "shown"}, "valueString": "x"},
            {"type": {"text": "named"}, "valueReference": {"display": "by name alone"}},
        ],
    }
    assert texts(task, "Task.input.type.text") == ["shown", "named"]
    assert texts(task, "Task.focus.display") == []
    assert texts(task, "Task.input.value.ofType(Reference).display") == ["by name alone"]
