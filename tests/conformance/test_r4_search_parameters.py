"""The official search parameters: all that take values from a resource compile."""

from __future__ import annotations

from functools import cache

import pytest

from saman.kernel import json
from saman.model.fhir import RESOURCE_TYPES, SearchValues, extract, search_parameters
from saman.model.fhir.definitions import search
from saman.model.fhir.fhirpath import Context, compile_path, item_of
from saman.model.fhir.search_plan import plan
from saman.model.fhir.search_rows import COLLECTORS, ROWS
from tests.conformance.examples import load_examples

pytestmark = pytest.mark.conformance

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
        wanted = {one.number for one in search_parameters(name).values() if one.expression and one.type != "composite"}
        assert found == wanted, name


def test_one_walk_finds_what_the_whole_expressions_find() -> None:
    for name, text in load_examples():
        tree = json.decode(text)
        if isinstance(tree, dict):
            walked, evaluated = extract(tree), _evaluated(tree)
            for kind in ROWS:
                assert set(getattr(walked, kind)) == set(getattr(evaluated, kind)), (name, kind)


def _evaluated(tree: dict) -> SearchValues:
    values = SearchValues()
    for parameter in search_parameters(tree["resourceType"]).values():
        collectors = COLLECTORS.get(parameter.type, {})
        items = _compiled(parameter.expression)([item_of(tree)], Context(tree)) if parameter.expression else []
        for type_name, value, _ in items:
            if type_name in collectors and value is not None:
                collectors[type_name](values, parameter.number, value)
    return values


_compiled = cache(compile_path)


def _numbers(branch: object) -> set[int]:
    own = {number for number, _ in branch.collect} | {rest.number for rest in branch.rests}
    return own.union(*map(_numbers, branch.branches.values()))
