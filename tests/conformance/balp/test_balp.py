"""Every AuditEvent that the record makes is valid R4 and keeps what its BALP profile demands.

The numbers are printed and may only rise (`counts.yaml`).
"""

from __future__ import annotations

from collections import Counter
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as some

from saman.model.fhir import resource_number, validate
from saman.record.audit import Logged
from saman.record.audit_events.criteria import all_criteria, own_criteria
from saman.record.audit_events.event import audit_event
from saman.record.audit_events.provenance import provenance
from tests.conformance.balp.profiles import PREFIX, PROFILES, demands
from tests.http.audit.conftest import BASE, Caller, made
from tests.http.audit.test_audit_events import events
from tests.record.conftest import observation, patient
from tests.record.test_fences import care_team

pytestmark = pytest.mark.conformance

LEAST = yaml.safe_load((Path(__file__).parent / "counts.yaml").read_text("utf-8"))

entries = some.builds(
    Logged,
    entry=some.integers(1, 2**60),
    at=some.datetimes(datetime(2020, 1, 1), datetime(2030, 1, 1)).map(lambda one: one.replace(tzinfo=UTC)),  # noqa: DTZ001
    request=some.just("0123456789abcdef"),
    actor=some.sampled_from(["system", "Practitioner/1", "Patient/p", "RelatedPerson/r", "Device/d"]),
    role=some.sampled_from(["", "home-care-nurse", "citizen", "system"]),
    party=some.sampled_from(["", "unit-a"]),
    purpose=some.sampled_from(["TREAT", "BTG", "PATRQT", "SYSTEM", ""]),
    action=some.sampled_from("CRUDSHE"),
    type=some.sampled_from(["Patient", "Observation", "Organization", "Task"]).map(resource_number),
    id=some.sampled_from(["", "x1"]),
    version=some.sampled_from([None, 1, 7]),
    person=some.sampled_from([None, "p"]),
    outcome=some.sampled_from([0, 0, 4]),
    ground=some.sampled_from(["", "CareTeam/t", "Patient/p", "Consent/c"]),
    query=some.sampled_from(
        [
            "",
            "Observation?patient=p,q&_id=a",
            "$everything",
            "worklist of unit-a",
            "a\nb?c",
            "sign-in passkeys high",
            "sign-out demo",
            "assignment demo",
            "administration erased",
        ]
    ),
    read=some.sampled_from([(), ("Observation/a/1",), ("Goal/g/2", "Task/t/", "Task/u/3")]),
    missed=some.sampled_from([(), ("Goal",)]),
)


def written_by(actor: str, person: str) -> dict[str, Any]:
    """The Provenance of something that an actor wrote about a person."""
    when, kind = datetime(2026, 11, 22, tzinfo=UTC), resource_number("Observation")
    entry = Logged(1, when, "r" * 16, actor, "relative", "", "FAMRQT", "C", kind, "x", 1, person, 0, "", "")
    return provenance(entry, "log-1", BASE, own_criteria)


@given(entry=entries)
def test_whatever_is_logged_makes_a_valid_event_of_its_profile(entry: Logged) -> None:
    for criteria in (all_criteria, own_criteria):
        event = audit_event(entry, "log-1", BASE, criteria)
        assert validate(event) == ()
        assert [text for text, holds in demands(event) if not holds] == []
    assert bool(event["meta"].get("profile")) is (
        (entry.outcome == 0 and entry.action != "E") or event["subtype"][0]["code"] == "AuthZ-Consent"
    )


@given(entry=entries.filter(lambda one: one.action in "CUD" and one.id != "" and one.outcome == 0))
def test_whatever_was_written_makes_a_valid_provenance(entry: Logged) -> None:
    assert validate(provenance(entry, "log-1", BASE, own_criteria)) == ()


async def test_what_the_interface_shows_keeps_its_profiles(call: Caller, capsys: pytest.CaptureFixture[str]) -> None:
    await _live(call)
    shown = await events(call("system"))
    assert {issue for event in shown for issue in validate(event)} == set()
    told = [one for event in shown for one in demands(event)]
    assert [text for text, holds in told if not holds] == []
    profiles = Counter(one.removeprefix(PREFIX) for event in shown for one in event["meta"].get("profile", ()))
    counted = {
        "events": len(shown),
        "profiles": len(profiles),
        "demands": len({text for text, _ in told}),
        "checks": len(told),
    }
    with capsys.disabled():
        print(f"\nBALP: {counted}, of each {dict(sorted(profiles.items()))}")
    for name, least in LEAST.items():
        assert counted[name] >= least, name
    assert set(PROFILES) - set(profiles) <= {"AuthZconsent"}, "no consent has denied anything over this interface"


async def _live(call: Caller) -> None:
    """One of everything that is logged: about a person and about nobody, allowed and refused, by different callers."""
    client = call("system")
    kari = await made(client, patient())
    await made(client, care_team(kari, "unit-b"))
    nurse, mine = call("nurse:unit-b"), call(f"citizen:{kari}")
    for resource in (observation(kari), {"resourceType": "Organization", "name": "Home care"}):
        kind, id = resource["resourceType"], await made(client, resource)
        await client.put(f"{kind}/{id}", json={**resource, "id": id})
        await client.get(f"{kind}/{id}")
        await client.get(f"{kind}/{id}/_history/1")
        await client.get(f"{kind}/{id}/_history")
        await client.get(f"{kind}/_history")
        await client.get(kind, params={"patient": kari} if kind == "Observation" else {"name": "Home"})
        await client.post(f"{kind}/_search", data={"_id": id})
        await client.delete(f"{kind}/{id}")
    for url in (f"Patient/{kari}", "Patient/nobody", f"CareTeam?patient={kari}", f"Observation?patient={kari}"):
        await nurse.get(url)
        await mine.get(url)
    message: dict[str, Any] = {"resourceType": "Communication", "status": "completed"}
    await nurse.post("Communication", json={**message, "subject": {"reference": f"Patient/{kari}"}})
    await nurse.post("Condition", json={"resourceType": "Condition", "subject": {"reference": f"Patient/{kari}"}})
    await mine.post("Observation", json=observation(kari))
    await mine.get("AuditEvent")
