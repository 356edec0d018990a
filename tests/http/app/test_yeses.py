"""Where the country lets staff look only with a yes: it is shown who waits for one, said, and taken back."""

from __future__ import annotations

import re
from asyncio import gather
from collections.abc import AsyncIterator
from datetime import timedelta
from html import unescape
from typing import Any

import httpx
import msgspec
import pytest
import pytest_asyncio

from saman.apps.auth.tokens import Tokens
from saman.apps.auth.users import find_users
from saman.kernel.outcome import Refusal
from saman.model.access import Policy, read_country
from saman.ops.demo import demo_bundles
from saman.ops.demo.staff import on_duty
from saman.record import Change, process
from saman.record.stored import Page
from tests.http.app.conftest import AGDER, Agder
from tests.http.app.test_people import YASMIN
from tests.http.app.test_sharing import page
from tests.http.app.test_who_looked import main_of, token_in

pytestmark = pytest.mark.postgres

BERIT, YASMIN_SELF = "berit-sorensen", "yasmin-al-khatib"
UNIT = "municipality-arendal"
SHARING = "/citizen/sharing"
ASKING = ("R01", "R02", "R03")
"""The rows by which staff look at a record in Finland only with the person's permit."""


def asking(policy: Policy) -> Policy:
    """The policy of this region, with what Finland says of staff who take part in the care."""
    roles = re.findall(r"\{id: ([a-z-]+)", (AGDER.parent / "roles.yaml").read_text("utf-8"))
    other = read_country("fi", (AGDER.parent / "countries/fi.access.yaml").read_text("utf-8"), roles)
    assert isinstance(other, Policy), other
    own = [one for one in policy.clauses if not one.id.startswith(ASKING)]
    theirs = [one for one in other.clauses if one.id.startswith(ASKING)]
    assert any(one.also for one in theirs)
    return msgspec.structs.replace(policy, clauses=(*own, *theirs))


@pytest_asyncio.fixture(scope="module", autouse=True, loop_scope="session")
async def people(agder: Agder) -> None:
    """A citizen and a child, written under these rules."""
    agder.store.policy = asking(agder.store.policy)
    wanted = {f"person-{BERIT}", f"follow-up-{BERIT}", f"person-{YASMIN_SELF}"}
    for name, bundle in demo_bundles(agder.clock()):
        if name in wanted:
            assert isinstance(await process(agder.system, bundle), str), name
            wanted.remove(name)
        if not wanted:
            break


@pytest_asyncio.fixture(loop_scope="session")
async def berit(agder: Agder) -> AsyncIterator[httpx.AsyncClient]:
    """The citizen, who has said nothing before and after."""
    async with agder.signed_in(BERIT) as client:
        yield client
    await forget(agder, BERIT)


@pytest_asyncio.fixture(loop_scope="session")
async def father(agder: Agder) -> AsyncIterator[httpx.AsyncClient]:
    async with agder.signed_in(YASMIN) as client:
        yield client
    await forget(agder, YASMIN_SELF)


async def forget(agder: Agder, person: str) -> None:
    for one in await consents(agder, person):
        await agder.system.commit([Change(one | {"status": "inactive"}, one["id"], -1)])


async def consents(agder: Agder, person: str) -> list[dict[str, Any]]:
    found = await agder.system.search("Consent", [("patient", f"Patient/{person}"), ("status", "active")])
    assert isinstance(found, Page), found
    return [one.resource() for one in found.matches]


async def post(client: httpx.AsyncClient, path: str) -> httpx.Response:
    return await client.post(path, data={"csrf": token_in(await page(client, "/citizen"))})


async def shown(client: httpx.AsyncClient, path: str = SHARING) -> str:
    return main_of(unescape(await page(client, path)))


async def plans_seen(agder: Agder) -> int:
    """How much of the citizen's plan the coordinator sees."""
    users = await find_users(agder.system, on_duty("coordinator", "arendal").practitioner)
    assert not isinstance(users, Refusal), users
    (user, *_) = users
    token = Tokens(agder.store.secret).make(user, user.purpose, agder.clock(), timedelta(hours=1))
    async with agder.browser() as client:
        asked = {"patient": f"Patient/{BERIT}", "_total": "accurate"}
        answer = await client.get("/fhir/CarePlan", params=asked, headers={"authorization": f"Bearer {token}"})
    return int(answer.json()["total"])


async def test_who_waits_is_shown_with_what_a_yes_would_open(berit: httpx.AsyncClient, agder: Agder) -> None:
    text = await shown(berit)
    assert "Waiting for a yes" in text
    assert "With a yes they could see:" in text
    links = re.findall(r'href="/citizen/yes/([^"]+)"', await page(berit, SHARING))
    assert UNIT in links
    assert await plans_seen(agder) == 0
    preview = await shown(berit, f"/citizen/yes/{UNIT}")
    assert "This is what would change" in preview
    assert "would see: your plan" in preview
    assert await consents(agder, BERIT) == []


async def test_a_yes_holds_at_once_until_it_is_taken_back(berit: httpx.AsyncClient, agder: Agder) -> None:
    assert (await post(berit, f"/citizen/yes/{UNIT}")).status_code == 303
    assert await plans_seen(agder) > 0
    (consent,) = await consents(agder, BERIT)
    assert consent["provision"]["type"] == "permit"
    assert consent["performer"] == [{"reference": f"Patient/{BERIT}"}]
    text = await shown(berit)
    assert "You have said yes to" in text
    assert f"/citizen/yes/{UNIT}" not in await page(berit, SHARING)
    assert (await post(berit, f"/citizen/yes/{UNIT}")).status_code == 404
    back = f"/citizen/yeses/{consent['id']}"
    assert "no longer sees: your plan" in await shown(berit, back)
    assert (await post(berit, back)).status_code == 303
    assert await plans_seen(agder) == 0
    assert (await post(berit, back)).status_code == 404
    assert UNIT in await page(berit, SHARING)


async def test_of_several_at_once_one_is_a_yes(berit: httpx.AsyncClient, agder: Agder) -> None:
    answers = await gather(*(post(berit, f"/citizen/yes/{UNIT}") for _ in range(20)))
    assert sorted(answer.status_code for answer in answers) == [303] + [404] * 19
    assert len(await consents(agder, BERIT)) == 1


@pytest.mark.parametrize("party", ["nowhere", "municipality-lillesand", "%27", "a" * 200])
async def test_who_does_not_wait_is_given_nothing(berit: httpx.AsyncClient, agder: Agder, party: str) -> None:
    assert (await berit.get(f"/citizen/yes/{party}")).status_code == 404
    assert (await post(berit, f"/citizen/yes/{party}")).status_code in (404, 405)
    assert await consents(agder, BERIT) == []


async def test_nobody_ends_what_is_somebody_elses(
    berit: httpx.AsyncClient, father: httpx.AsyncClient, agder: Agder
) -> None:
    assert (await post(berit, f"/citizen/yes/{UNIT}")).status_code == 303
    (consent,) = await consents(agder, BERIT)
    for act in ("get", "post"):
        path = f"/citizen/yeses/{consent['id']}"
        answer = await father.get(path) if act == "get" else await post(father, path)
        assert answer.status_code == 404
    assert len(await consents(agder, BERIT)) == 1


async def test_a_guardian_says_it_for_a_child_and_takes_it_back(father: httpx.AsyncClient, agder: Agder) -> None:
    text = await shown(father)
    assert "These take part in the child's care. Here they see this only if somebody says yes to it." in text
    waiting = re.findall(r'href="/citizen/yes/([^"]+)"', await page(father, SHARING))
    assert waiting
    assert (await post(father, f"/citizen/yes/{waiting[0]}")).status_code == 303
    (consent,) = await consents(agder, YASMIN_SELF)
    assert consent["performer"] == [{"reference": YASMIN}]
    assert consent["patient"] == {"reference": f"Patient/{YASMIN_SELF}"}
    assert "You have said yes to" in await shown(father)
    assert (await post(father, f"/citizen/yeses/{consent['id']}")).status_code == 303
    assert await consents(agder, YASMIN_SELF) == []


async def test_a_guardian_says_nothing_about_ties_that_they_may_not_read(
    father: httpx.AsyncClient, agder: Agder
) -> None:
    """A team that is kept from guardians is not given away by waiting for a yes."""
    team = {
        "resourceType": "CareTeam", "id": "kept-team", "status": "active",
        "meta": {"security": [{"system": "http://terminology.hl7.org/CodeSystem/v3-Confidentiality", "code": "V"}]},
        "subject": {"reference": f"Patient/{YASMIN_SELF}"},
        "participant": [{"member": {"reference": "Organization/municipality-lillesand"}}],
    }  # fmt: skip
    before = set(re.findall(r'href="/citizen/yes/([^"]+)"', await page(father, SHARING)))
    await agder.system.commit([Change(team, "kept-team", -1)])
    assert (await agder.system.read("CareTeam", "kept-team")) is not None
    async with agder.signed_in(YASMIN) as client:
        visible = (await client.get("/fhir/CareTeam/kept-team")).status_code
        after = set(re.findall(r'href="/citizen/yes/([^"]+)"', await page(client, SHARING)))
    assert after == before or visible == 200


async def test_somebody_close_who_is_no_guardian_says_no_yes(agder: Agder) -> None:
    async with agder.signed_in("RelatedPerson/samir-al-khatib-for-yasmin-al-khatib") as father:
        assert (await father.get(SHARING)).status_code == 200
    async with agder.signed_in("kari-aasen") as daughter:
        for path in (f"/citizen/yes/{UNIT}", "/citizen/yeses/whatever"):
            assert (await daughter.get(path)).status_code == 403
            assert (await post(daughter, path)).status_code == 403
