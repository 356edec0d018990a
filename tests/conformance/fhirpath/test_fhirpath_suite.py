"""The official FHIRPath suite for R4: every test passes but those of differences.tsv."""

from __future__ import annotations

from collections import Counter
from pathlib import Path

import pytest

from tests.conformance.fhirpath.suite import Case, cases, fault, inputs

pytestmark = pytest.mark.conformance

PASSED = 930
"""How many tests pass; may only rise."""

DIFFERENT = dict(
    line.split("\t") for line in (Path(__file__).parent / "differences.tsv").read_text("utf-8").splitlines()
)


@pytest.fixture(scope="module")
def faults() -> dict[str, str]:
    resources = inputs()
    return {case.name: fault(case, resources[case.source or "patient-example"]) for case in cases()}


def test_every_test_passes_but_those_that_are_listed(faults: dict[str, str]) -> None:
    failed = {name: text for name, text in faults.items() if text}
    passed = len(faults) - len(failed)
    print(f"FHIRPath R4: {passed} of {len(faults)} tests")
    assert {name: text for name, text in failed.items() if name not in DIFFERENT} == {}
    assert passed >= PASSED, "fewer tests pass than before"
    assert passed == PASSED, f"more tests pass: set PASSED to {passed} and take them out of differences.tsv"


def test_what_is_listed_as_different_is(faults: dict[str, str]) -> None:
    assert {name for name in DIFFERENT if not faults[name]} == set()
    assert all(len(reason) > 20 for reason in DIFFERENT.values())


def test_the_suite_is_whole() -> None:
    every = list(cases())
    assert len(every) == 935
    assert Counter(case.invalid for case in every if case.invalid) == {"execution": 21, "semantic": 12, "syntax": 2}


def test_a_wrong_answer_is_seen() -> None:
    resource = inputs()["patient-example"]
    right = Case("right", "1 + 1", "", "", (("integer", "2"),), False, True, False)
    assert fault(right, resource) == ""
    for wrong in (
        right._replace(expression="1 + 2"),
        right._replace(outputs=(("decimal", "2"),)),
        right._replace(outputs=()),
        right._replace(invalid="execution"),
        right._replace(expression="name.given1"),
        right._replace(expression="name.given1", invalid="execution"),
        right._replace(expression="1 +", invalid="semantic"),
    ):
        assert fault(wrong, resource) != ""
