"""The examples on the page about access are read by the program."""

import re
from pathlib import Path

import msgspec

from saman.model.access import Policy, add_region
from saman.model.access.row import Rule

PAGE = (Path(__file__).parents[4] / "docs/subsystems/access.md").read_text("utf-8")
BLOCKS = re.findall(r"```yaml\n(.*?)```", PAGE, re.DOTALL)


def test_the_rule_on_the_page_is_norways(norway):
    (rule,) = msgspec.yaml.decode(BLOCKS[0], type=list[Rule])
    assert norway.clause(rule.id).rule == rule


def test_the_agreement_on_the_page_is_accepted(norway):
    policy = add_region(norway, "access.yaml", BLOCKS[1])
    assert isinstance(policy, Policy), policy
    assert policy.region == "no-agder"
    assert policy.clause("R02-telemedicine-nurse-health").fills[0].id == "no-agder-A01"
    assert policy.clauses[-1].denies
