"""The examples on the page about access are read by the program."""

import re
from datetime import UTC, datetime
from pathlib import Path

import msgspec

from saman.model.access import Policy, add_region, read_country
from saman.model.access.row import Rule
from saman.model.access.terms import OverrideEnd, terms_at

PAGE = (Path(__file__).parents[4] / "docs/subsystems/access.md").read_text("utf-8")
BLOCKS = re.findall(r"```yaml\n(.*?)```", PAGE, re.DOTALL)


def test_the_rule_on_the_page_is_norways(norway):
    (rule,) = msgspec.yaml.decode(BLOCKS[0], type=list[Rule])
    assert norway.clause(rule.id).rule == rule


def test_the_terms_on_the_page_are_swedens(country_text, roles):
    sweden = read_country("se.access.yaml", country_text("se"), roles)
    ((row_id, terms),) = msgspec.yaml.decode(BLOCKS[1], type=dict[str, OverrideEnd]).items()
    assert terms_at(sweden, row_id, datetime(2026, 11, 22, tzinfo=UTC)) == terms


def test_the_agreement_on_the_page_is_accepted(norway):
    policy = add_region(norway, "access.yaml", BLOCKS[2])
    assert isinstance(policy, Policy), policy
    assert policy.region == "no-agder"
    assert policy.clause("R02-telemedicine-nurse-health").fills[0].id == "no-agder-A01"
    assert policy.clauses[-1].denies
