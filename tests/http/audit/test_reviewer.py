"""A log reviewer who is hostile, over FHIR: the log is gone through on the pages, and nothing of it is told here."""

from __future__ import annotations

import psycopg
import pytest
import pytest_asyncio

from tests.conftest import Database
from tests.http.audit.conftest import Caller, Json, made
from tests.http.audit.test_audit_events import events
from tests.record.conftest import observation, patient
from tests.record.test_fences import care_team

OWN, OTHER = "unit-a", "unit-b"


@pytest_asyncio.fixture(scope="module")
async def looked_at(call: Caller) -> dict[str, str]:
    """By unit, somebody in whose team it is, and whom a nurse of the unit has looked at."""
    found = {}
    for unit in (OWN, OTHER):
        person = found[unit] = await made(call("system"), patient())
        await made(call("system"), care_team(person, unit))
        await made(call("system"), observation(person))
        assert (await call(f"nurse:{unit}").get(f"Patient/{person}")).status_code == 200
    return found


def nobody(asked: str, person: str) -> str:
    """The same question about somebody who does not exist."""
    return asked.replace(person, "nobody-at-all")


SEARCHES = (
    "AuditEvent", "AuditEvent?patient={}", "AuditEvent?patient={}&_summary=count", "AuditEvent?_total=accurate",
    "AuditEvent?agent=Practitioner/1&_total=accurate", "AuditEvent?entity=Patient/{}", "AuditEvent?patient={}&_count=0",
    "AuditEvent?patient={}&_include=AuditEvent:patient", "AuditEvent?patient={}&_include=AuditEvent:agent",
    "AuditEvent?patient={}&_sort=date", "AuditEvent?date=ge2020", "AuditEvent?action=R", "AuditEvent?outcome=0",
    "Provenance?target=Patient/{}", "Provenance?patient={}", "Provenance?_total=accurate",
    "Patient?_id={}", "Patient?_id={}&_revinclude=Provenance:target", "Observation?patient={}",
    "Patient?_has:AuditEvent:patient:action=R", "AuditEvent?patient.name=x", "Consent?patient={}", "Task?patient={}",
)  # fmt: skip


@pytest.mark.parametrize("unit", [OWN, OTHER])
@pytest.mark.parametrize("asked", SEARCHES)
async def test_no_search_tells_a_reviewer_of_anybody(
    call: Caller, looked_at: dict[str, str], asked: str, unit: str
) -> None:
    reviewer, person = call(f"reviewer:{OWN}"), looked_at[unit]
    answer = await reviewer.get(asked.format(person))
    none = await reviewer.get(asked.format("nobody-at-all"))
    assert answer.status_code == none.status_code
    assert _plain(answer.json(), person) == _plain(none.json(), "nobody-at-all")
    assert answer.json().get("total", 0) == 0
    assert not [one for one in answer.json().get("entry", ()) if one["search"]["mode"] != "outcome"]


def _plain(bundle: Json, person: str) -> str:
    """An answer without what differs between any two: ids of answers, and what was asked."""
    return str({name: value for name, value in bundle.items() if name not in ("id", "meta", "link")}).replace(
        person, ""
    )


async def test_an_event_that_somebody_gave_a_reviewer_the_id_of_stays_shut(
    call: Caller, looked_at: dict[str, str]
) -> None:
    reviewer = call(f"reviewer:{OWN}")
    for person in looked_at.values():
        id = (await events(call(f"citizen:{person}")))[0]["id"]
        absent = f"log-{'00' * 24}"
        for way in ("AuditEvent/{}", "AuditEvent/{}/_history", "AuditEvent/{}/_history/1", "Provenance/{}"):
            answer, none = await reviewer.get(way.format(id)), await reviewer.get(way.format(absent))
            assert (answer.status_code, answer.content) == (none.status_code, none.content), way
            assert answer.status_code == 404
        batch = {"resourceType": "Bundle", "type": "batch", "entry": [
            {"request": {"method": "GET", "url": url}} for url in (f"AuditEvent/{id}", f"AuditEvent?_id={id}",
                                                                  f"AuditEvent?patient={person}")
        ]}  # fmt: skip
        several = (await reviewer.post("", json=batch)).json()["entry"]
        assert several[0]["response"]["status"].startswith("404")
        assert all(not one["resource"].get("entry") for one in several[1:])


async def test_what_a_search_did_not_find_is_logged_as_what_was_withheld(
    call: Caller, looked_at: dict[str, str], database: Database
) -> None:
    """Neither the answer nor the log tells whoever searched whether there is something."""
    nurse = call(f"nurse:{OWN}")
    people = (looked_at[OTHER], await made(call("system"), patient()), "nobody-at-all")
    answers = [await nurse.get("Observation", params={"patient": one, "_total": "accurate"}) for one in people]
    assert len({_plain(one.json(), person) for one, person in zip(answers, people, strict=True)}) == 1
    sizes = {len(one.content.replace(person.encode(), b"")) for one, person in zip(answers, people, strict=True)}
    assert len(sizes) == 1
    with psycopg.connect(database.superuser_url) as connection:
        rows = connection.execute(
            """SELECT person, outcome, ground, read, missed, action, type, replace(query, person, '') FROM audit
            WHERE actor = 'Practitioner/1' AND person = ANY(%s) AND strpos(query, 'Observation?') = 1
            AND strpos(query, '_total') > 0""",
            (list(people),),
        ).fetchall()
    assert {row[0] for row in rows} == set(people)
    assert len({row[1:] for row in rows}) == 1
    for person in people:
        assert await events(nurse, patient=person) == []
