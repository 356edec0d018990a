import re
from pathlib import Path

import pytest

from saman.model.access import Policy, add_region, read_country

ROOT = Path(__file__).parents[4]

AGREEMENT = """
schema: 0
region: test
rows:
  - id: test-A01
    agreement: digital-home-follow-up
    says: The centre reads the health record of those it follows.
    parties: [centre]
    fills: R02-telemedicine-nurse-health
    sees: [health]
    valid_from: 2026-01-01
    valid_to: 2026-12-31
"""


@pytest.fixture(scope="session")
def roles() -> frozenset[str]:
    return frozenset(re.findall(r"\{id: ([a-z-]+)", (ROOT / "regions/roles.yaml").read_text("utf-8")))


@pytest.fixture(scope="session")
def country_text():
    return lambda code: (ROOT / f"regions/countries/{code}.access.yaml").read_text("utf-8")


@pytest.fixture(scope="session")
def norway(country_text, roles) -> Policy:
    policy = read_country("no.access.yaml", country_text("no"), roles)
    assert isinstance(policy, Policy), policy
    return policy


@pytest.fixture(scope="session")
def agreed(norway) -> Policy:
    policy = add_region(norway, "access.yaml", AGREEMENT)
    assert isinstance(policy, Policy), policy
    return policy
