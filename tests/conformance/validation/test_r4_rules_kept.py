"""The official examples at the second level of validation, and every rule against the FHIRPath engine by itself."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from copy import deepcopy
from random import Random
from typing import Any

import pytest

from saman.kernel import json
from saman.kernel.outcome import Refusal
from saman.model.fhir import validate
from saman.model.fhir.definitions import PRIMITIVES
from saman.model.fhir.fhirpath import Context, EvaluationFault, Item, holds, item_of
from saman.model.fhir.fhirpath.items import children
from saman.model.fhir.validating import base_issues
from saman.model.fhir.validating.base import Looking, look
from saman.model.fhir.validating.part import NOT_EVALUATED, part_of
from saman.model.fhir.validating.rules import every_rule, rules_of
from tests.conformance.examples import load_examples

pytestmark = pytest.mark.conformance

WRONG: dict[str, str] = {}
"""Examples whose structure is right and that break a rule of R4 all the same."""

ADVISED = {"dom-6": 284, "pdf-0": 6, "tst-0": 1}
"""Recommendations that examples do not follow, and how many times: a narrative, names without spaces."""

CANNOT_BE_EVALUATED: set[str] = set()
"""Rules that the engine cannot evaluate over some example."""

OF_ONE_ELEMENT = ["eld-3", "sqty-1", "org-2", "org-3", "ras-1", "sdf-10", "tst-6", "tst-8", "tst-9", "tst-11", "tst-13"]
"""Rules that belong to an element and not to its type."""


@pytest.fixture(scope="module")
def trees() -> dict[str, dict[str, Any]]:
    """The examples that are readable and whose structure is right."""
    found = {name: json.decode(text) for name, text in load_examples()}
    return {name: tree for name, tree in found.items() if not isinstance(tree, Refusal) and not validate(tree)}


def test_every_example_keeps_the_rules(trees: dict[str, dict[str, Any]]) -> None:
    wrong: dict[str, str] = {}
    advised: Counter[str] = Counter()
    unevaluated: set[str] = set()
    for name, tree in trees.items():
        looking = Looking(None, errors_only=False)
        look(tree, looking)
        unevaluated.update(looking.unevaluated)
        for issue in looking.issues:
            if issue.severity == "error":
                wrong[name] = issue.text
            else:
                advised[issue.text.partition(":")[0]] += 1
    print(f"R4 rules: {len(trees) - len(wrong)} of {len(trees)} examples keep all {len(every_rule())} rules")
    assert len(trees) == 726
    assert wrong == WRONG
    assert advised == ADVISED
    assert unevaluated == CANNOT_BE_EVALUATED


def test_shortcuts_say_what_the_engine_says(trees: dict[str, dict[str, Any]]) -> None:
    """Over examples as they are, and over many with elements taken away or put elsewhere."""
    broken: Counter[str] = Counter()
    for tree in _changed(trees, Random(4)):
        if validate(tree):
            continue
        found = Counter(issue.text.partition(":")[0] for issue in base_issues(tree) if issue.code == "invariant")
        found -= Counter(dict.fromkeys(OF_ONE_ELEMENT, 50))
        asked = Counter(_broken(tree))
        if asked["dom-3"]:
            asked["dom-3"] = max(asked["dom-3"], found["dom-3"])  # it is told for each contained resource
        if found.total() < 50:
            assert found == asked
        broken += found
    print(f"R4 rules: {broken.total()} breaks of {len(broken)} rules found alike by shortcut and by engine")
    assert len(broken) > 20


def test_no_rule_is_passed_over_that_an_element_breaks(trees: dict[str, dict[str, Any]]) -> None:
    """For parts of the examples with any of their elements left out: what is not evaluated is not broken."""
    random, passed, broken = Random(5), 0, set()
    for tree in trees.values():
        for item, resource, root in _items(tree):
            if not isinstance(item[1], dict) or not (part := part_of(item[0])).has_rules:
                continue
            kept = {name: one for name, one in item[1].items() if name == "resourceType" or random.random() < 0.6}
            holder = kept if item[1] is resource else resource
            context = Context(holder, origin=[(item[0], kept, None)], root=holder if root is resource else root)
            opened = {one.rule.key for one in part.open_rules(kept)}
            for rule in rules_of(item[0]):
                if rule.key in NOT_EVALUATED:
                    continue
                try:
                    found = holds(rule.expression, context)
                except EvaluationFault:
                    continue
                assert found is not False or rule.key in opened, rule
                passed += rule.key not in opened
                broken |= {rule.key} if found is False else set()
    print(f"R4 rules: {passed} times known to be kept without evaluating; {len(broken)} rules broken and evaluated")
    assert passed > 10_000
    assert len(broken) > 50


def _changed(trees: dict[str, dict[str, Any]], random: Random) -> Iterator[dict[str, Any]]:
    for tree in trees.values():
        if len(json.encode(tree)) < 20_000:
            yield tree
            for _ in range(4):
                changed = deepcopy(tree)
                for _ in range(random.randint(1, 3)):
                    _change(changed, random)
                yield changed


def _change(tree: dict[str, Any], random: Random) -> None:
    """Take one element away, or give one its own name's sibling value, so that rules break."""
    holders = [one for one in _objects(tree) if len(one) > 1]
    one = random.choice(holders)
    names = [name for name in one if name != "resourceType"]
    if not names:
        return
    name = random.choice(names)
    if random.random() < 0.7:
        del one[name]
    else:
        other = random.choice(holders)
        other.setdefault(name, deepcopy(one[name]))


def _objects(value: Any) -> list[dict[str, Any]]:
    if isinstance(value, list):
        return [found for one in value for found in _objects(one)]
    if isinstance(value, dict):
        return [value, *(found for one in value.values() for found in _objects(one))]
    return []


def _broken(tree: dict[str, Any]) -> Iterator[str]:
    """Keys of the rules that evaluating each one for each element finds broken."""
    for item, resource, root in _items(tree):
        context = Context(resource, origin=[item], root=root)
        for rule in rules_of("Element" if item[0] in PRIMITIVES else item[0]):
            try:
                if holds(rule.expression, context) is False:
                    yield rule.key
            except EvaluationFault:
                continue


def _items(tree: dict[str, Any]) -> Iterator[tuple[Item, dict[str, Any], dict[str, Any]]]:
    """Every element with the resource that it is in, and the one that holds that."""
    waiting = [(item_of(tree), tree, tree)]
    while waiting:
        item, resource, root = waiting.pop()
        yield item, resource, root
        for one in children(item):
            below = one[1]
            if isinstance(below, dict) and "resourceType" in below:
                is_entry = item[0].startswith(("Bundle.", "Parameters."))
                waiting.append((one, below, below if is_entry else resource))
            else:
                waiting.append((one, resource, root))
