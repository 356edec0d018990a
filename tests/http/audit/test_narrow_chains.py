"""What an app may not search it finds nothing by, along chains of any length."""

from __future__ import annotations

import httpx
import pytest
import pytest_asyncio

from saman.record.search import resolve
from tests.http.audit.conftest import Caller, Json, made, resources
from tests.record.conftest import observation, patient

WIDE = "patient/Observation.rs patient/Patient.rs patient/Goal.rs"


@pytest_asyncio.fixture(scope="module")
async def ids(call: Caller) -> dict[str, str]:
    """A citizen, a reading at home, one elsewhere, and one that holds both."""
    system = call("system")
    kari = await made(system, patient(name=[{"family": "Narrow"}]))
    home: Json = {"category": [{"coding": [{"system": "urn:saman:category", "code": "home-monitoring"}]}]}
    there = await made(system, observation(kari, **home))
    other = await made(system, observation(kari))
    members = [{"reference": f"Observation/{one}"} for one in (there, other)]
    whole = await made(system, observation(kari, hasMember=members))
    return {"kari": kari, "home": there, "other": other, "whole": whole}


async def asked(call: Caller, ids: dict[str, str], scopes: str, url: str) -> httpx.Response:
    return await call(f"citizen:{ids['kari']}").get(url, headers={"x-scopes": scopes})


@pytest.mark.parametrize("most", [200, 0])
@pytest.mark.parametrize("within", ["Observation", "Patient/{kari}/Observation"])
async def test_a_chain_needs_the_scope_of_its_end(
    call: Caller, ids: dict[str, str], most: int, within: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(resolve, "MOST", most)
    url = within.format(**ids) + "?patient.family=narrow"
    assert len(resources((await asked(call, ids, WIDE, url)).json())) == 3
    assert (await asked(call, ids, "patient/Observation.rs", url)).status_code == 403
    referred = f"Patient?_has:Observation:patient:_id={ids['home']}"
    assert len(resources((await asked(call, ids, WIDE, referred)).json())) == 1
    assert (await asked(call, ids, "patient/Patient.rs", referred)).status_code == 403


@pytest.mark.parametrize("most", [200, 0])
@pytest.mark.parametrize("within", ["Observation", "Patient/{kari}/Observation"])
async def test_a_chain_leads_through_nothing_that_a_scope_leaves_out(
    call: Caller, ids: dict[str, str], most: int, within: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(resolve, "MOST", most)
    at_home = "patient/Observation.rs?category=urn:saman:category|home-monitoring"
    chain = within.format(**ids) + "?has-member._id="
    for scopes, found in ((WIDE, {"whole"}), (at_home, set[str]())):
        for name in ("home", "other"):
            bundle = (await asked(call, ids, scopes, chain + ids[name])).json()
            assert {one["id"] for one in resources(bundle)} == {ids[one] for one in found}, (scopes, name)
    back = within.format(**ids) + f"?_has:Observation:has-member:_id={ids['whole']}"
    assert len(resources((await asked(call, ids, WIDE, back)).json())) == 2
    assert resources((await asked(call, ids, at_home, back)).json()) == []


@pytest.mark.parametrize("inside", ["Observation", "Appointment", "Condition", "Patient", "*"])
async def test_whose_compartment_is_asked_for_is_in_the_log_whoever_asks(
    call: Caller, ids: dict[str, str], inside: str
) -> None:
    """Also when nothing may be seen, and whichever parameter the compartment is entered by."""
    answer = await call("nurse:elsewhere").get(f"Patient/{ids['kari']}/{inside}")
    assert resources(answer.json()) == []
    log = (await call("system").get(f"AuditEvent?patient={ids['kari']}&_count=100&_sort=-date")).text
    assert answer.headers["x-request-id"] in log


async def test_a_compartment_with_a_chain_that_is_refused_is_in_the_log(call: Caller, ids: dict[str, str]) -> None:
    answer = await asked(call, ids, "patient/Observation.rs", f"Patient/{ids['kari']}/Observation?subject:Group.code=x")
    assert answer.status_code == 403
    log = (await call("system").get(f"AuditEvent?patient={ids['kari']}&_count=100&_sort=-date")).text
    assert answer.headers["x-request-id"] in log
