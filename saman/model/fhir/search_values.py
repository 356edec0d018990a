"""What a resource can be found by, taken from it with the official search parameter expressions.

Source: https://hl7.org/fhir/R4/search.html and https://hl7.org/fhir/R4/searchparameter-registry.html
"""

from __future__ import annotations

from typing import Any

from saman.model.fhir.fhirpath import Context, Item
from saman.model.fhir.fhirpath.items import UNCOUNTED
from saman.model.fhir.search_plan import Branch, Rest, plan
from saman.model.fhir.search_rows import SearchValues


def extract(resource: dict[str, Any]) -> SearchValues:
    """Everything a valid `resource` can be found by; what a composite parameter asks for stands in `parts`."""
    values = SearchValues()
    context = Context(resource, left=UNCOUNTED)
    root = plan(resource["resourceType"])
    _evaluate(root.rests, (root.type, resource, None), values, context)
    _walk(root, resource, values, context)
    return values.without_repeats()


def _walk(branch: Branch, value: dict[str, Any], values: SearchValues, context: Context) -> None:
    """Gather what `branch` wants from the elements of `value`."""
    branches = branch.branches
    for name, element in value.items():
        below = branches.get(name)
        if below is not None:
            gather = _gather_part if below.is_part else _gather
            if type(element) is list:
                for one in element:
                    if one is not None:
                        gather(below, one, values, context)
            else:
                gather(below, element, values, context)


def _gather_part(branch: Branch, value: Any, values: SearchValues, context: Context) -> None:
    part = SearchValues()
    _gather(branch, value, part, context)
    values.add_part(part)


def _gather(branch: Branch, value: Any, values: SearchValues, context: Context) -> None:
    for number, collect in branch.collect:
        collect(values, number, value)
    if branch.rests:
        type_name = value["resourceType"] if branch.type == "Resource" else branch.type
        _evaluate(branch.rests, (type_name, value, None), values, context)
    if branch.branches:
        _walk(branch, value, values, context)


def _evaluate(rests: list[Rest], item: Item, values: SearchValues, context: Context) -> None:
    for number, evaluate, collectors in rests:
        for type_name, value, _ in evaluate([item], context):
            collect = collectors.get(type_name)
            if collect and value is not None:
                collect(values, number, value)
