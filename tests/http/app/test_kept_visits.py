"""A minor keeps a visit from guardians, where the country has it: it is said, taken away and undone."""

from __future__ import annotations

import re
from collections.abc import AsyncIterator, Iterator
from datetime import timedelta
from html import unescape
from typing import Any

import httpx
import msgspec
import pytest
import pytest_asyncio

from saman.apps.auth.tokens import Tokens
from saman.apps.auth.users import find_users
from saman.model.access import Policy, read_country
from saman.ops.demo import demo_bundles
from saman.ops.demo.staff import on_duty
from saman.record import Change, process
from tests.http.app.conftest import AGDER, Agder
from tests.http.app.test_people import NOOR, YASMIN
from tests.http.app.test_sharing import page
from tests.http.app.test_who_looked import token_in

pytestmark = pytest.mark.postgres

CHILDREN = ("yasmin-al-khatib", "noor-al-khatib")
PRACTICE = "Organization/gp-arendal-1"
WHY = "She asked for it herself and understood what it means."


def finnish(policy: Policy) -> Policy:
    """The policy of this region, with what Finland says of guardians."""
    roles = re.findall(r"\{id: ([a-z-]+)", (AGDER.parent / "roles.yaml").read_text("utf-8"))
    other = read_country("fi", (AGDER.parent / "countries/fi.access.yaml").read_text("utf-8"), roles)
    assert isinstance(other, Policy), other
    own = [one for one in policy.clauses if not one.id.startswith("R15")]
    return msgspec.structs.replace(policy, clauses=(*own, *(one for one in other.clauses if one.id.startswith("R15"))))


def visit(id: str, child: str, unit: str) -> dict[str, Any]:
    return {
        "resourceType": "Encounter", "id": id, "status": "finished", "class": {"code": "AMB"},
        "type": [{"text": "talk with the doctor"}], "subject": {"reference": f"Patient/{child}"},
        "period": {"start": "2026-11-16T09:00:00+01:00", "end": "2026-11-16T09:30:00+01:00"},
        "serviceProvider": {"reference": unit},
    }  # fmt: skip


@pytest_asyncio.fixture(scope="module", autouse=True, loop_scope="session")
async def children(agder: Agder) -> None:
    """Two sisters, one under 10, with visits; all written under the Finnish rules."""
    agder.store.policy = finnish(agder.store.policy)
    wanted = {f"person-{one}" for one in CHILDREN}
    for name, bundle in demo_bundles(agder.clock()):
        if name in wanted:
            assert isinstance(await process(agder.system, bundle), str), name
            wanted.remove(name)
        if not wanted:
            break
    for child in CHILDREN:
        for id, unit in ((f"{child}-own", PRACTICE), (f"{child}-other", "Organization/sorlandet-hospital")):
            await agder.system.commit([Change(visit(id, child, unit), id, -1)])


@pytest_asyncio.fixture(loop_scope="session")
async def doctor(agder: Agder) -> AsyncIterator[httpx.AsyncClient]:
    async with agder.signed_in(on_duty("general-practitioner", "arendal").practitioner) as client:
        yield client


def place(child: str) -> str:
    return f"/team/people/{child}/kept-visits"


async def send(client: httpx.AsyncClient, child: str, id: str, **fields: str) -> httpx.Response:
    shown = await page(client, place(child))
    found = re.search(rf'value="{id}"><input type="hidden" name="version" value="(\d+)"', shown)
    version = found[1] if found else "1"
    data = {"csrf": token_in(shown), "visit": id, "version": version, f"reason-{id}": WHY, "act": "say", **fields}
    return await client.post(place(child), data=data, params={"lang": "en"})


async def seen(agder: Agder, guardian: str, child: str) -> set[str]:
    """The visits that a guardian sees."""
    (user,) = await find_users(agder.system, guardian)
    token = Tokens(agder.store.secret).make(user, user.purpose, agder.clock(), timedelta(hours=1))
    headers = {"authorization": f"Bearer {token}", "accept": "application/fhir+json"}
    async with agder.browser() as client:
        answer = await client.get("/fhir/Encounter", params={"patient": f"Patient/{child}"}, headers=headers)
    return {one["resource"]["id"] for one in answer.json().get("entry", ())}


async def test_it_is_set_taken_away_and_undone_and_the_guardian_sees_accordingly(
    agder: Agder, doctor: httpx.AsyncClient
) -> None:
    child, own = CHILDREN[0], f"{CHILDREN[0]}-own"
    assert place(child) in await page(doctor, f"/team/people/{child}")
    assert own in await seen(agder, YASMIN, child)
    said = await send(doctor, child, own, label="able-hides")
    assert (said.status_code, said.headers["location"]) == (303, f"{place(child)}#{own}")
    assert own not in await seen(agder, YASMIN, child)
    shown = unescape(await page(doctor, place(child)))
    assert f"“{WHY}”" in shown
    assert "guardians see nothing of the visit" in shown
    assert (await send(doctor, child, own, act="undo")).status_code == 303
    assert own in await seen(agder, YASMIN, child)
    assert (await send(doctor, child, own, label="able-hides")).status_code == 303
    assert (await send(doctor, child, own, label="")).status_code == 303
    assert own in await seen(agder, YASMIN, child)
    assert (await send(doctor, child, own, act="undo")).status_code == 303
    assert own not in await seen(agder, YASMIN, child)
    stored = (await agder.system.read("Encounter", own)).resource()
    assert stored["type"] == [{"text": "talk with the doctor"}]


async def test_of_an_older_child_the_guardian_sees_what_was_opened(agder: Agder, doctor: httpx.AsyncClient) -> None:
    child, own = CHILDREN[1], f"{CHILDREN[1]}-own"
    assert await seen(agder, NOOR, child) == set()
    for label, there in (("able-shows", {own}), ("able-hides", set()), ("not-able", {own}), ("", set())):
        assert (await send(doctor, child, own, label=label)).status_code == 303
        assert await seen(agder, NOOR, child) == there, label


async def test_another_units_visit_is_read_and_not_labelled(agder: Agder, doctor: httpx.AsyncClient) -> None:
    child, other = CHILDREN[0], f"{CHILDREN[0]}-other"
    shown = await page(doctor, place(child))
    assert f'id="{other}"' in shown
    assert f'value="{other}"' not in shown
    assert (await send(doctor, child, other, label="able-hides")).status_code == 404
    assert other in await seen(agder, YASMIN, child)


async def test_two_at_once_are_not_both_said(agder: Agder, doctor: httpx.AsyncClient) -> None:
    child, own = CHILDREN[0], f"{CHILDREN[0]}-own"
    version = str((await agder.system.read("Encounter", own)).version)
    assert (await send(doctor, child, own, label="able-shows", version=version)).status_code == 303
    assert (await send(doctor, child, own, label="able-hides", version=version)).status_code == 412
    assert own in await seen(agder, YASMIN, child)


@pytest.mark.parametrize(
    ("fields", "status"),
    [
        ({"label": "able-hides", "reason": " "}, 422),
        ({"label": "able-hides", "reason": "x" * 501}, 422),
        ({"label": "whatever"}, 422),
        ({}, 422),
        ({"label": "able-hides", "version": "x"}, 400),
        ({"label": "able-hides", "csrf": "x"}, 403),
        ({"label": "able-hides", "visit": "nothing"}, 404),
        ({"act": "undo", "visit": "nothing"}, 404),
    ],
)
async def test_what_makes_no_sense_changes_nothing(
    agder: Agder, doctor: httpx.AsyncClient, fields: dict[str, str], status: int
) -> None:
    child, own = CHILDREN[0], f"{CHILDREN[0]}-own"
    before = (await agder.system.read("Encounter", own)).version
    named = {f"reason-{own}" if name == "reason" else name: value for name, value in fields.items()}
    if fields.get("visit"):
        named["reason-nothing"] = WHY
    assert (await send(doctor, child, own, **named)).status_code == status
    assert (await agder.system.read("Encounter", own)).version == before


async def test_for_others_there_is_no_such_page(agder: Agder, doctor: httpx.AsyncClient) -> None:
    async with agder.signed_in("silje-haugen") as stranger:
        hidden = await stranger.get(place(CHILDREN[0]))
        absent = await stranger.get(place("nobody-at-all"))
        assert (hidden.status_code, absent.status_code) == (404, 404)
    async with agder.signed_in("per-nilsen") as other:
        assert (await other.get(place("ingrid-aasen"))).status_code == 404, "she is no minor"
        assert "kept-visits" not in (await other.get("/team/people/ingrid-aasen")).text


@pytest.fixture
def norwegian(agder: Agder) -> Iterator[None]:
    kept = agder.store.policy
    agder.store.policy = agder.region.policy
    yield
    agder.store.policy = kept


async def test_where_the_country_has_no_such_rule_there_is_no_such_page(
    agder: Agder, norwegian: None, doctor: httpx.AsyncClient
) -> None:
    assert (await doctor.get(place(CHILDREN[0]))).status_code == 404
    assert "kept-visits" not in await page(doctor, f"/team/people/{CHILDREN[0]}")
