"""Whom the log names: as the country's row says, and never an employee whose name is protected."""

from __future__ import annotations

import re
from datetime import UTC, datetime
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest

from saman.model.access import Policy, read_country
from saman.record.audit_events.telling import telling_to_persons
from tests.http.audit.conftest import Caller, made
from tests.http.audit.test_audit_events import events
from tests.record.conftest import patient
from tests.record.test_fences import care_team

ROOT = Path(__file__).parents[3]
NOW = datetime(2026, 11, 22, tzinfo=UTC)


def country(code: str) -> Policy:
    roles = re.findall(r"\{id: ([a-z-]+)", (ROOT / "regions/roles.yaml").read_text("utf-8"))
    name = f"{code}.access.yaml"
    policy = read_country(name, (ROOT / "regions/countries" / name).read_text("utf-8"), roles)
    assert isinstance(policy, Policy), policy
    return policy


@pytest.mark.parametrize(("code", "named"), [("no", True), ("se", False)])
def test_staff_are_named_where_the_country_says_so(code: str, named: bool) -> None:
    telling = telling_to_persons(country(code), NOW)
    assert telling.named is named
    assert not telling.everything
    assert telling.since is not None
    assert telling.since < NOW


def test_where_no_row_says_anything_nobody_is_named_and_three_years_are_shown() -> None:
    empty = Policy(country="NO", zone=ZoneInfo("Europe/Oslo"), rows=(), clauses=())
    telling = telling_to_persons(empty, NOW)
    assert not telling.named
    assert telling.since == datetime(2023, 11, 22, tzinfo=UTC)


async def test_a_protected_employee_is_told_of_by_role_and_unit(call: Caller) -> None:
    client = call("system")
    kari = await made(client, patient())
    await made(client, care_team(kari, "unit-a"))
    await call("nurse:unit-a").get(f"Patient/{kari}")
    citizen = call(f"citizen:{kari}")
    assert "Practitioner/1" in str(await events(citizen))
    assert len(await events(citizen, agent="Practitioner/1")) == 1
    label = {"system": "urn:saman:category", "code": "protected-name"}
    sent = {"resourceType": "Practitioner", "id": "1", "meta": {"security": [label]}}
    assert (await client.put("Practitioner/1", json=sent)).status_code == 201
    told = await events(citizen)
    assert "Practitioner/1" not in str(told)
    assert "home-care-nurse" in str(told)
    assert "Organization/unit-a" in str(told)
    assert await events(citizen, agent="Practitioner/1") == []
    assert "Practitioner/1" in str(await events(client, patient=kari))
    looked = next(one for one in told if "home-care-nurse" in str(one))
    assert "Practitioner/1" not in (await citizen.get(f"AuditEvent/{looked['id']}")).text
