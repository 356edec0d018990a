"""The rules (invariants) of the R4 definitions: all compile, and all can be evaluated over the official examples."""

from __future__ import annotations

import gzip
from collections import Counter, defaultdict
from pathlib import Path
from typing import NamedTuple

import pytest

from saman.kernel import json
from saman.model.fhir.fhirpath import Context, Item, check, compile_path, holds, item_of, parse
from saman.model.fhir.fhirpath.items import children
from tests.conformance.examples import load_examples

pytestmark = pytest.mark.conformance

WRONG_RULES = {"cid-0": "asks for the name of a ChargeItemDefinition, which has none in R4"}
"""Rules that cannot mean anything, and why."""

BROKEN = {
    "pdf-0": (6, "names of plans with spaces or hyphens in them"),
    "que-7": (1, "asks whether an answer is Boolean, which is no type of FHIR; it means boolean"),
    "tst-0": (1, "a name with hyphens"),
}
"""Rules that examples break, how often, and why; besides `dom-6`, that a resource should have a narrative."""


class Rule(NamedTuple):
    """A rule: the type it belongs to, its key, how bad it is to break it, and its expression."""

    type: str
    key: str
    severity: str
    expression: str


def _rules() -> list[Rule]:
    lines = gzip.decompress((Path(__file__).parent / "rules.tsv.gz").read_bytes()).decode().splitlines()
    return [Rule(*line.split("\t")) for line in lines]


def test_every_rule_compiles_and_can_be_meant() -> None:
    rules = _rules()
    wrong = {}
    for rule in rules:
        compile_path(rule.expression)
        if check(parse(rule.expression), rule.type):
            wrong[rule.key] = rule.expression
    print(f"R4 rules: {len({rule.expression for rule in rules})} compile")
    assert wrong.keys() == WRONG_RULES.keys()


def test_every_rule_is_evaluated_over_every_example() -> None:
    rules = defaultdict(list)
    for rule in _rules():
        rules[rule.type].append(rule)
    outcomes: Counter[bool | None] = Counter()
    broken: Counter[str] = Counter()
    for _, text in load_examples():
        tree = json.decode(text)
        for item, resource in _items(tree) if isinstance(tree, dict) else ():
            for rule in rules.get(item[0], ()):
                found = holds(rule.expression, Context(resource, origin=[item], root=tree))
                outcomes[found] += 1
                broken[rule.key] += found is False
    print(f"R4 rules: {outcomes.total()} times evaluated over the examples, {outcomes[True]} times true")
    assert outcomes.total() > 100_000
    assert {key: count for key, count in broken.items() if count and key != "dom-6"} == {
        key: count for key, (count, _) in BROKEN.items()
    }


def _items(tree: dict) -> list[tuple[Item, dict]]:
    """Every item of a resource with the resource that it is in; a contained one counts as the one that holds it."""
    found = [(item_of(tree), tree)]
    for item, resource in found:
        for one in children(item):
            is_entry = item[0] in ("Bundle.entry", "Parameters.parameter") and isinstance(one[1], dict)
            found.append((one, one[1] if is_entry and "resourceType" in one[1] else resource))
    return found
