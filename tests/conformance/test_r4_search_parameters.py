"""The official search parameters: all that take values from a resource compile."""

from __future__ import annotations

from saman.model.fhir import RESOURCE_TYPES, search_parameters
from saman.model.fhir.definitions import search
from saman.model.fhir.fhirpath import compile_path
from saman.model.fhir.search_plan import plan

WITHOUT_EXPRESSION = {"_text", "_content", "_query"}
"""Parameters that search narratives or name a query; the specification gives them no expression."""


def test_every_expression_compiles() -> None:
    counts: dict[str, int] = {}
    for parameter in search.parameters:
        if parameter.expression:
            compile_path(parameter.expression)
            counts[parameter.type] = counts.get(parameter.type, 0) + 1
        else:
            assert parameter.code in WITHOUT_EXPRESSION
    total = sum(counts.values())
    print(f"R4 search parameters: {total} of {len(search.parameters)} compile", counts)
    assert total == len(search.parameters) - len(WITHOUT_EXPRESSION)


def test_every_type_has_a_plan_that_looks_at_each_of_its_parameters() -> None:
    for name in RESOURCE_TYPES:
        found = _numbers(plan(name))
        wanted = {
            one.number
            for one in search_parameters(name).values()
            if one.expression and one.type not in ("composite", "special")
        }
        assert found == wanted, name


def _numbers(branch: object) -> set[int]:
    own = {number for number, _ in branch.collect} | {rest.number for rest in branch.rests}
    return own.union(*map(_numbers, branch.branches.values()))
