"""Provenance: who wrote, for whom, by what and of which version, beside what other systems have sent."""

from __future__ import annotations

import pytest

from tests.http.audit.conftest import Caller, Json, made, resources
from tests.record.conftest import observation, patient
from tests.record.test_fences import care_team


def author(one: Json) -> Json:
    """The agent that wrote."""
    return next(agent for agent in one["agent"] if agent["type"]["coding"][0]["code"] == "author")


async def provenances(call: Caller, who: str, target: str, **more: str) -> list[Json]:
    answer = await call(who).get("Provenance", params={"target": target, **more})
    assert answer.status_code == 200, answer.text
    return resources(answer.json())


async def test_each_write_has_one(call: Caller) -> None:
    client = call("system")
    kari = await made(client, patient())
    reading = await made(client, observation(kari))
    await client.put(f"Observation/{reading}", json=observation(kari, id=reading))
    await client.get(f"Observation/{reading}")
    await client.delete(f"Observation/{reading}")
    found = await provenances(call, "system", f"Observation/{reading}")
    assert [one["activity"]["coding"][0]["code"] for one in found] == ["DELETE", "UPDATE", "CREATE"]
    targets = [one["target"][0]["reference"] for one in found]
    assert targets == [f"Observation/{reading}/_history/{version}" for version in (3, 2, 1)]
    assert found[1]["entity"][0]["what"]["reference"] == f"Observation/{reading}/_history/1"
    assert "entity" not in found[2]
    assert author(found[0])["who"]["identifier"]["value"] == "system"
    one = await client.get(f"Provenance/{found[0]['id']}")
    assert one.json() == found[0]
    assert len(await provenances(call, "system", f"Patient/{kari}")) == 1


async def test_it_names_the_person_the_organisation_and_the_purpose(call: Caller) -> None:
    client = call("system")
    kari = await made(client, patient())
    await made(client, care_team(kari, "unit-a"))
    message = {"resourceType": "Communication", "status": "completed", "subject": {"reference": f"Patient/{kari}"}}
    id = await made(call("nurse:unit-a"), message)
    (one,) = await provenances(call, f"citizen:{kari}", f"Communication/{id}")
    assert author(one)["who"] == {"reference": "Practitioner/1"}
    assert author(one)["onBehalfOf"] == {"reference": "Organization/unit-a"}
    assert one["reason"][0]["coding"][0]["code"] == "TREAT"
    mine = await made(call(f"citizen:{kari}"), observation(kari))
    (own,) = await provenances(call, f"citizen:{kari}", f"Observation/{mine}")
    assert author(own)["who"] == {"reference": f"Patient/{kari}"}
    assert "onBehalfOf" not in author(own)


def test_a_relative_who_acts_names_both_people() -> None:
    from tests.conformance.balp.test_balp import written_by

    one = written_by("RelatedPerson/r", "p")
    assert author(one)["who"] == {"reference": "RelatedPerson/r"}
    assert author(one)["onBehalfOf"] == {"reference": "Patient/p"}


async def test_who_may_not_see_the_log_sees_no_provenance(call: Caller) -> None:
    client = call("system")
    kari, other = await made(client, patient()), await made(client, patient())
    reading = await made(client, observation(kari))
    (theirs,) = await provenances(call, "system", f"Observation/{reading}")
    for who in (f"citizen:{other}", "nurse:unit-b", "relative:none"):
        assert await provenances(call, who, f"Observation/{reading}") == []
        assert (await call(who).get(f"Provenance/{theirs['id']}")).status_code == 404


async def test_a_search_takes_them_along(call: Caller) -> None:
    client = call("system")
    kari = await made(client, patient())
    readings = [await made(client, observation(kari)) for _ in range(3)]
    asked = {"patient": kari, "_revinclude": "Provenance:target", "_count": "2"}
    for who in ("system", f"citizen:{kari}"):
        answer = (await call(who).get("Observation", params=asked)).json()
        shown = {one["id"] for one in resources(answer)}
        beside = resources(answer, "include")
        assert {one["resourceType"] for one in beside} == {"Provenance"}
        assert {one["target"][0]["reference"].split("/")[1] for one in beside} == shown
        following = next(one["url"] for one in answer["link"] if one["relation"] == "next")
        rest = (await call(who).get(following)).json()
        assert {one["id"] for one in resources(rest)} == set(readings) - shown
        assert len(resources(rest, "include")) == 1
    wrong = await client.get("Observation", params={"_revinclude": "AuditEvent:entity"})
    assert wrong.status_code == 400


async def test_those_of_other_systems_stand_beside(call: Caller) -> None:
    client = call("system")
    kari = await made(client, patient())
    reading = await made(client, observation(kari))
    target = {"reference": f"Observation/{reading}"}
    sent = {
        "resourceType": "Provenance",
        "target": [target],
        "recorded": "2019-01-01T00:00:00Z",
        "agent": [{"who": {"display": "another system"}}],
    }
    id = await made(client, sent)
    found = await provenances(call, "system", f"Observation/{reading}")
    assert [one["id"] == id for one in found] == [False, True]
    assert len(await provenances(call, "system", f"Observation/{reading}", recorded="lt2020")) == 1
    assert len(await provenances(call, "system", f"Observation/{reading}", agent="Practitioner/1")) == 0


@pytest.mark.parametrize("order", ["agent", "-target"])
async def test_they_are_sorted_by_time_alone(call: Caller, order: str) -> None:
    assert (await call("system").get("Provenance", params={"_sort": order})).status_code == 400
