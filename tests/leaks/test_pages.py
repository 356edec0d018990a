"""For every role, at every address that a page has: hidden people sing nowhere."""

from __future__ import annotations

import itertools
import re
from collections.abc import Iterator

import httpx
import pytest
from starlette.routing import Route

from saman.apps.auth.users import User
from saman.apps.team.posts import ACTS

from . import canaries
from .canaries import PERSON, TYPED
from .conftest import Ears, World
from .looking import leaks

TOKEN = re.compile(r'name="csrf" value="([^"]+)"')
VALUES = {
    "person": (PERSON,),
    "task": ("hidden-task",),
    "report": ("hidden-questionnaireresponse",),
    "item": ("hidden-careplan.0", "hidden-careplan.1"),
    "measure": ("spo2", "hidden-observation"),
    "step": ("spo2", "hidden-questionnaireresponse"),
    "act": (*ACTS, "undo", "receive", "accept", "decline", "start", "report-back", "cancel", "remind", "hidden-task"),
    "name": ("nothing.css",),
    "look": ("1",),
    "question": ("hidden-task",),
    "opening": ("hidden-task",),
    "party": ("elsewhere", "agder-telemedicine-centre"),
    "no": ("hidden-consent",),
    "yes": ("hidden-consent",),
    "notice": ("hidden-communication",),
    "way": ("nobody",),
    "origin": ("nobody",),
    "role": ("hidden-practitionerrole",),
    "relative": ("hidden-relatedperson",),
    "id": ("admission-discharge", "hidden-task"),
    "path": ("parties.yaml", "hidden-task"),
    "body": ("joint-steering-group", "hidden-task"),
    "action": ("hidden-task",),
    "round": ("hidden-task",),
    "number": ("1",),
    "paper": ("needs-analysis",),
    "draft": ("service.yaml",),
}
"""What stands in for each part of an address; one that is not known here fails the tests."""
TYPED_IN = {
    "q": TYPED, "text": "x", "reason": "x", "version": "1", "of": "spo2", "low": "80", "answer": "wants", "key": "k",
    "draft": "hidden-questionnaireresponse", "user": f"Patient/{PERSON}", "assignment": "elsewhere|citizen",
    "back": f"/team/people/{PERSON}", "what": "x", "urgency": "routine", "place": TYPED, "marks": "on",
    "at": "2026-11-20T12:00:00+00:00", "week": "2026-W47", "found": "checked", "note": TYPED, "wish": "every",
    "kind-plan": "1", "act": "look", "region": TYPED, "country": "x",
}  # fmt: skip
"""What is sent with every form; a page takes what it knows."""
QUERIES = ("", f"?q={TYPED}", f"?place={TYPED}&show=overdue", "?as=tables&of=spo2&days=365", f"?done=claim.{PERSON}.1")


UNENDING = ("/team/live",)
"""Streams, which say no more than that something of a unit changed; their own tests read them."""


def addresses(world: World, method: str) -> Iterator[str]:
    """Every address that takes `method`, with what stands in for its parts."""
    for route in world.pages.routes:
        if isinstance(route, Route) and method in (route.methods or ()):
            names = re.findall(r"\{(\w+)(?::\w+)?\}", route.path)
            if route.path.startswith("/static") or route.path in UNENDING:
                continue
            for values in itertools.product(*(VALUES[name] for name in names)):
                path = route.path
                for name, value in zip(names, values, strict=True):
                    path = re.sub(rf"\{{{name}(:\w+)?\}}", value, path)
                yield path


async def token(client: httpx.AsyncClient) -> str:
    """The session's form token, from whichever page shows one."""
    for page in ("/citizen", "/citizen/plan", "/team", "/region/work/ways/new", "/auth/assignment"):
        answer = await client.get(page, follow_redirects=True)
        found = TOKEN.search(answer.text) or re.search(r'data-csrf="([^"]+)"', answer.text)
        if found and found[1]:
            return found[1]
    return ""


def test_there_is_something_to_look_at(world: World) -> None:
    assert len(set(addresses(world, "GET"))) > 30
    assert len(set(addresses(world, "POST"))) > 30
    assert "/team/people/hidden-person" in set(addresses(world, "GET"))


WITHOUT_FORMS = ("data-protection-officer",)
"""Whose pages have no form."""


async def everybody(world: World) -> list[User | None]:
    return [*world.users, None]


async def test_what_is_looked_at(world: World, ears: Ears) -> None:
    wrong: list[str] = []
    for user in await everybody(world):
        async with await world.browser(user) as client:
            for address in addresses(world, "GET"):
                for query in QUERIES if "hidden" not in address else QUERIES[:1]:
                    wrong += [f"{role(user)}: {line}" for line in leaks(await client.get(address + query))]
    assert wrong == []
    assert ears.leaked == []


async def test_what_is_sent(world: World, ears: Ears) -> None:
    wrong: list[str] = []
    for user in await everybody(world):
        async with await world.browser(user) as client:
            fields = TYPED_IN | {"csrf": await token(client)}
            assert user is None or user.role in WITHOUT_FORMS or fields["csrf"], user
            for address in addresses(world, "POST"):
                for headers in ({}, {"hx-request": "true"}) if not address.startswith("/auth") else ():
                    answer = await client.post(address, data=fields, headers=headers)
                    wrong += [f"{role(user)}: {line}" for line in leaks(answer)]
    assert wrong == []
    assert ears.leaked == []


def role(user: User | None) -> str:
    return user.role if user else "nobody"


async def test_whoever_signs_in_as_a_hidden_person_is_refused(world: World) -> None:
    """Outside the demo nobody is let in by name, and those who are there are answered like those who are not."""
    async with await world.browser(None) as client:
        there = await client.post("/auth/demo", data={"user": f"Patient/{PERSON}"})
        absent = await client.post("/auth/demo", data={"user": "Patient/absent-person"})
    assert there.status_code == absent.status_code == 404
    assert there.text == absent.text


@pytest.mark.parametrize("typed", [TYPED, TYPED.lower(), "1948-03-14"])
async def test_who_searches_for_the_hidden_finds_nobody(world: World, typed: str) -> None:
    wrong: list[str] = []
    for user in world.users:
        if user.kind.value == "staff":
            async with await world.browser(user) as client:
                fields = {"q": typed, "csrf": await token(client)}
                answer = await client.post("/team/people", data=fields, follow_redirects=True)
                assert answer.status_code in (200, 403), (user, answer.headers)
                assert typed not in str(answer.url)
                wrong += [f"{user.role}: {line}" for line in leaks(answer)]
    assert wrong == []


async def test_the_canaries_would_be_found_on_pages(world: World) -> None:
    """The hidden person's own pages show canaries: what the other tests look for can be seen."""
    hidden = next(user for user in world.users if user.role == "citizen")
    own = User(
        id=PERSON, name="x", kind=hidden.kind, actor=f"Patient/{PERSON}", role="citizen", about=PERSON,
    )  # fmt: skip
    async with await world.browser(own) as client:
        shown = [await client.get(address) for address in ("/citizen", "/citizen/plan", "/citizen/messages")]
    assert any(canaries.CANARY[1:] in answer.text.lower() for answer in shown)
