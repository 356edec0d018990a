"""Somebody who has restricted something, and a professional who opens it: what the tests of openings share."""

from __future__ import annotations

import itertools
import re
from datetime import timedelta
from pathlib import Path

import msgspec
import pytest

from saman.flows.consent.choices import own_nos, say_no, take_back
from saman.kernel.outcome import Refusal
from saman.model.access import Assignment, Domain, Holder, read_country
from saman.record import Record
from saman.record.context import Context
from saman.record.grants import open_context
from tests.http.app.conftest import AGDER

from .conftest import SATURDAY

WHO, PLACE = "ingrid-aasen", "/team/people/ingrid-aasen"
OPEN, WHY = f"{PLACE}/open", f"{PLACE}/why"
UNIT = "agder-telemedicine-centre"
OTHER = "jon-bakke"
TOLD = "Somebody opened what you have restricted"
REASON = "The person is unconscious and the ambulance asks."
OPENING_ROWS = ("R05", "R06", "R07", "R08", "R09", "R10", "R11")


HOURS = itertools.count(1)
"""Each test that opens something begins two hours later: nobody opens more than five times within an hour."""


async def as_citizen(team, who=WHO):
    me = f"Patient/{who}"
    own = Assignment(number=0, kind=Holder.CITIZEN, purpose="PATRQT", role="citizen", party="", actor=me)
    number = await open_context(team.store.pool, own, team.store.policy)
    return Record(team.store, Context(number, me, "citizen", "", "PATRQT", team.clock(), "r", "citizen"))


@pytest.fixture
async def restricted(team):
    """Ingrid Aasen says no to the centre seeing her readings; gives the time at which the test begins."""
    team.clock.now = start = SATURDAY + timedelta(hours=2 * next(HOURS))
    own = await as_citizen(team)
    said = await say_no(own, UNIT, [Domain.READINGS])
    assert not isinstance(said, Refusal), said
    yield start
    own = await as_citizen(team)
    for no in await own_nos(own):
        await take_back(own, no.id)


@pytest.fixture
def country(team, monkeypatch):
    """Lets the rows about restricting and opening be those of another country."""

    def choose(code):
        roles = re.findall(r"\{id: ([a-z-]+)", (AGDER.parent / "roles.yaml").read_text("utf-8"))
        text = Path(AGDER.parent / f"countries/{code}.access.yaml").read_text("utf-8")
        other = read_country(f"{code}.access.yaml", text, roles)
        kept = [row for row in team.store.policy.rows if row.id not in OPENING_ROWS]
        rows = (*kept, *(row for row in other.rows if row.id in OPENING_ROWS))
        monkeypatch.setattr(team.store, "policy", msgspec.structs.replace(team.store.policy, rows=rows))

    return choose


async def opened(nurse, **fields):
    page = await nurse.get(OPEN)
    assert page.status == 200, page.text
    wanted = {"ground": "weighty_reasons", "reason": REASON, "until": "60"}
    return await nurse.send(OPEN, page, **(wanted | fields))


async def closed(nurse):
    page = await nurse.get("/team")
    return await nurse.send(f"{PLACE}/close", page)


async def lasting_tasks(team):
    found = await team.system.search("Task", [("code", "urn:saman:task|opening"), ("patient", WHO)])
    ends = [one.resource().get("restriction", {}).get("period", {}).get("end", "") for one in found.matches]
    now = team.clock().isoformat()[:19]
    return [end for end in ends if end > now]


async def all_read(citizen):
    """Says of every notice that it was read."""
    page = await citizen.get("/citizen")
    for notice in re.findall(r"/citizen/notices/([^/]+)/read", page.text):
        assert (await citizen.send(f"/citizen/notices/{notice}/read", page)).status == 303
    assert TOLD not in (await citizen.get("/citizen")).text


async def ordinary(team, user, role):
    """The record as somebody at the centre always sees it."""
    own = Assignment(number=0, kind=Holder.STAFF, purpose="TREAT", role=role, party=UNIT)
    number = await open_context(team.store.pool, own, team.store.policy)
    return Record(team.store, Context(number, f"Practitioner/{user}", role, UNIT, "TREAT", team.clock(), "r"))
