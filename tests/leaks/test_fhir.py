"""For every role, through every interaction of the FHIR interface: hidden people sing nowhere."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import httpx
import pytest

from saman.apps.fhir_api.app import RECORD_ROUTES
from saman.apps.fhir_api.routes import Interaction
from saman.kernel import json
from saman.model.fhir import RESOURCE_TYPES
from saman.ops.token import SYSTEM_USER

from . import canaries
from .canaries import CANARY, GONE, PERSON, TYPED
from .conftest import Ears, World
from .looking import leaks, learned

Call = tuple[str, str, dict[str, Any]]
"""Method, address and what else is sent; `{}` in them stands for an id."""

FHIR = {"content-type": "application/fhir+json"}
FORM = {"content-type": "application/x-www-form-urlencoded"}


def by_id(kind: str) -> dict[Interaction, list[Call]]:
    """Every way of asking for one resource of a kind by its id."""
    own = f"{kind}/{{}}"
    body = {"resourceType": kind, "id": "{}"}
    batch = [{"request": {"method": method, "url": own}} for method in ("GET", "DELETE")]
    batch += [{"request": {"method": "GET", "url": f"{kind}?_id={{}}"}}]
    return {
        Interaction.READ: [("GET", own, {}), ("HEAD", own, {}), ("GET", f"{own}?_elements=id&_pretty=true", {})],
        Interaction.VREAD: [("GET", f"{own}/_history/{version}", {}) for version in (1, 2, 3)],
        Interaction.HISTORY_INSTANCE: [("GET", f"{own}/_history", {})],
        Interaction.UPDATE: [("PUT", own, {"json": body}), ("PUT", own, {"json": body, "headers": MATCHING})],
        Interaction.PATCH: [
            ("PATCH", own, {"json": PATCH, "headers": JSON_PATCH}),
            ("PATCH", own, {"json": PATCH, "headers": JSON_PATCH | MATCHING}),
            ("PATCH", f"{kind}?_id={{}}", {"json": PATCH, "headers": JSON_PATCH}),
        ],
        Interaction.DELETE: [
            ("DELETE", own, {}), ("DELETE", own, {"headers": MATCHING}), ("DELETE", f"{kind}?_id={{}}", {}),
        ],
        Interaction.SEARCH_TYPE: [
            ("GET", f"{kind}?_id={{}}&_total=accurate", {}),
            ("POST", f"{kind}/_search", {"content": "_id={}&_summary=count", "headers": FORM}),
        ],
        Interaction.SEARCH_SYSTEM: [
            ("GET", f"?_type={kind}&_id={{}}&_total=accurate", {}),
            ("POST", "_search", {"content": f"_id={{}}&_type={kind}&_summary=count", "headers": FORM}),
        ],
        Interaction.SEARCH_COMPARTMENT: [
            ("GET", "Patient/{}/*?_total=accurate", {}), ("GET", "Patient/{}/Observation", {}),
            ("POST", f"Patient/{PERSON}/Task/_search", {"content": "_id={}", "headers": FORM}),
        ],
        Interaction.BUNDLE: [("POST", "", {"json": {"resourceType": "Bundle", "type": "batch", "entry": [
            {"request": one["request"]} for one in batch
        ]}})],
    }  # fmt: skip


MATCHING = {"if-match": 'W/"2"'}
JSON_PATCH = {"content-type": "application/json-patch+json"}
PATCH = [{"op": "add", "path": "/language", "value": "nb"}]

ABOUT_PERSON = (
    "?patient={}&_total=accurate", "?subject=Patient/{}&_include=*", "?patient={}&_revinclude=Provenance:target",
    "?patient={}&_sort=-_lastUpdated&_count=1",
)  # fmt: skip
"""Searches by the person; those that a type does not know are refused, alike for everybody."""

BY_WORD = (
    f"Patient?name={TYPED}", f"Patient?family:contains={TYPED}", f"Patient?address-city={TYPED}",
    "Patient?birthdate=1948-03-14&address-postalcode=4876&_total=accurate", "Patient?organization=elsewhere",
    f"RelatedPerson?name={TYPED}", f"Observation?patient.name={TYPED}", f"Group?member=Patient/{PERSON}",
    "Task?owner=Organization/elsewhere&_include=Task:patient", "Patient?_lastUpdated=gt2020-01-01&_count=1000",
)  # fmt: skip


def feeds() -> Iterator[str]:
    """What is not asked for by person: lists and histories of everything, and of every type of R4."""
    yield "_history?_count=1000"
    yield "?_type=Patient,Task,Observation&_count=1000&_total=accurate"
    for kind in sorted(RESOURCE_TYPES):
        yield f"{kind}?_count=1000&_total=accurate"
        yield f"{kind}/_history?_count=1000"


def absent_like(id: str) -> str:
    """The id of nothing, as long as another."""
    return "a" * len(id)


def create() -> list[Call]:
    """Creates that meet what is there: about the person, and on a condition that names them."""
    task = {"resourceType": "Task", "status": "requested", "intent": "order", "for": {"reference": f"Patient/{PERSON}"}}
    said = {"resourceType": "Communication", "status": "completed", "subject": {"reference": f"Patient/{PERSON}"}}
    condition = {"if-none-exist": f"subject=Patient/{PERSON}"}
    return [
        ("POST", "Task", {"json": task}),
        ("POST", "Communication", {"json": said, "headers": condition}),
        ("POST", "Communication", {"json": said | {"status": "nonsense"}}),
    ]


def filled(call: Call, id: str) -> tuple[str, str, dict[str, Any]]:
    """The call with an id in it."""
    method, address, sent = call
    put_in: Callable[[Any], Any] = lambda value: json.decode(json.encode(value).replace(b"{}", id.encode()))  # noqa: E731
    if "json" in sent:
        sent = sent | {"json": put_in(sent["json"])}
    if "content" in sent:
        sent = sent | {"content": sent["content"].replace("{}", id)}
    return method, address.replace("{}", id), sent


async def ask(client: httpx.AsyncClient, call: Call, id: str) -> httpx.Response:
    method, address, sent = filled(call, id)
    return await client.request(method, address, **sent)


RESOURCES = [("Patient", PERSON), ("Patient", GONE)] + [
    (one["resourceType"], one["id"]) for one in canaries.about(PERSON)
]


def test_every_interaction_is_tried() -> None:
    tried = {*by_id("Patient"), Interaction.CREATE, Interaction.HISTORY_TYPE, Interaction.HISTORY_SYSTEM}
    assert tried == {route.interaction for route in RECORD_ROUTES}


async def test_the_canaries_are_there_and_are_heard(world: World) -> None:
    async with world.fhir(SYSTEM_USER) as client:
        for kind, id in RESOURCES:
            if id != GONE:
                answer = await client.get(f"{kind}?_id={id}")
                assert CANARY[1:] in answer.text.lower(), kind
                assert leaks(answer), kind
        feed = await client.get("Patient?_count=1000")
        assert len(leaks(feed)) >= 2


async def test_everybody_is_here(world: World) -> None:
    """Whoever joins the demo with a role of their own is looked at too."""
    assert {"citizen", "relative", "telemedicine-nurse", "general-practitioner", "coordinator", "home-care-nurse",
            "hospital-doctor", "discharge-nurse", "region-administrator", "log-reviewer"} <= {
        user.role for user in world.users
    }  # fmt: skip


async def test_by_id_hidden_and_absent_are_the_same(world: World, ears: Ears) -> None:
    wrong: list[str] = []
    for user in world.users:
        async with world.fhir(user) as client:
            for kind, id in RESOURCES:
                for call in (one for calls in by_id(kind).values() for one in calls):
                    nobody = absent_like(id)
                    there, absent = await ask(client, call, id), await ask(client, call, nobody)
                    wrong += [f"{user.role}: {line}" for line in leaks(there)]
                    if learned(there, id) != learned(absent, nobody):
                        wrong.append(f"{user.role}: {call[:2]} {id}: {there.text[:300]} is not {absent.text[:300]}")
    assert wrong == []
    assert ears.leaked == []


async def test_by_person_hidden_and_absent_are_the_same(world: World, ears: Ears) -> None:
    wrong: list[str] = []
    kinds = sorted({kind for kind, _ in RESOURCES} - {"Patient"})
    for user in world.users:
        async with world.fhir(user) as client:
            for call in (("GET", f"{kind}{search}", {}) for kind in kinds for search in ABOUT_PERSON):
                there, absent = await ask(client, call, PERSON), await ask(client, call, absent_like(PERSON))
                wrong += [f"{user.role}: {line}" for line in leaks(there)]
                if learned(there, PERSON) != learned(absent, absent_like(PERSON)):
                    wrong.append(f"{user.role}: {call[:2]}: {there.text[:300]} is not {absent.text[:300]}")
    assert wrong == []
    assert ears.leaked == []


async def test_lists_and_words_find_nobody_hidden(world: World, ears: Ears) -> None:
    wrong: list[str] = []
    for user in world.users:
        async with world.fhir(user) as client:
            for address in (*BY_WORD, *feeds()):
                answer = await client.get(address)
                assert answer.status_code < 500, answer.text
                wrong += [f"{user.role}: {line}" for line in leaks(answer)]
    assert wrong == []
    assert ears.leaked == []


async def test_writing_about_the_hidden_tells_nothing(world: World, ears: Ears) -> None:
    wrong: list[str] = []
    for user in world.users:
        async with world.fhir(user) as client:
            for call in create():
                answer = await ask(client, call, PERSON)
                assert 400 <= answer.status_code < 500, (user.role, answer.text)
                wrong += [f"{user.role}: {line}" for line in leaks(answer)]
    assert wrong == []
    assert ears.leaked == []


@pytest.mark.parametrize("token", ["", "Bearer x", "Basic eDp4"])
async def test_nobody_learns_anything(world: World, ears: Ears, token: str) -> None:
    wrong: list[str] = []
    async with world.fhir(SYSTEM_USER) as client:
        client.headers["authorization"] = token
        for kind, id in RESOURCES:
            for call in (one for calls in by_id(kind).values() for one in calls):
                answer = await ask(client, call, id)
                assert answer.status_code == 401
                wrong += leaks(answer)
        for address in (*BY_WORD, "metadata", "openapi.json"):
            wrong += leaks(await client.get(address))
    assert wrong == []
    assert ears.leaked == []
