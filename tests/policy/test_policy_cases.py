"""Every row that opens, closes or says something is held to the tables: what it permits and what it does not."""

from collections import Counter

import pytest

from saman.model.access import Policy
from saman.model.access.terms_kinds import TERMS_OF
from tests.policy.book import (
    COUNTRIES,
    answers,
    differs,
    policy_of,
    rows_text,
    statuses,
    terms_faults,
    terms_table,
)


@pytest.fixture(scope="module")
def policies():
    read = {code: policy_of(code, rows_text(code)) for code in COUNTRIES}
    assert all(isinstance(policy, Policy) for policy in read.values())
    return read


@pytest.mark.parametrize("code", COUNTRIES)
def test_every_answer_is_that_of_the_table(code, policies):
    policy, met, rules, wrong = policies[code], Counter(), Counter(), []
    for question, domain, decision in answers(code, policy):
        met[question.case.row, decision.permitted] += 1
        rules.update(decision.rules)
        wrong += differs(question, domain, decision, statuses(code))
    assert wrong == []
    # Each row with rules has somebody whom it lets in and somebody whom it does not, and each rule decides.
    with_rules = sorted(row.id for row in policy.rows if row.rules)
    assert sorted({row for row, _ in met}) == with_rules
    assert [(row, let) for row in with_rules for let in (True, False) if not met[row, let]] == []
    assert {clause.id for clause in policy.clauses} <= set(rules)
    print(f"{code}: {met.total()} questions about {len(with_rules)} rows")


@pytest.mark.parametrize("code", COUNTRIES)
def test_every_term_is_that_of_the_table(code, policies):
    assert list(terms_faults(code, policies[code])) == []


@pytest.mark.parametrize("code", COUNTRIES)
def test_every_row_with_terms_says_and_denies_something(code):
    cases = terms_table(code).cases
    assert {case.row for case in cases} == set(TERMS_OF)
    assert all(case.yes and case.no for case in cases)
