"""Emergency openings: gone through by another log reviewer of the organisation, told to the person with its reason."""

from __future__ import annotations

import re
from typing import Any

import pytest

from tests.http.app.conftest import Agder
from tests.http.app.test_who_looked import main_of, page_of, token_in

CENTRE, GRIMSTAD = "unni-lund", "rolf-as"
OPENINGS = "/review/openings"


def opening(agder: Agder, unit: str, owner: str, **more: Any) -> dict[str, Any]:
    """What `flows.opening` makes when somebody opens what Olav Tveit has restricted."""
    now = agder.clock().isoformat()
    return {
        "resourceType": "Task",
        "status": "requested",
        "intent": "order",
        "code": {"coding": [{"system": "urn:saman:task", "code": "opening"}]},
        "extension": [
            {
                "url": "urn:saman:extension:sent-for",
                "valueReference": {"reference": f"Organization/{unit}"},
            }
        ],
        "for": {"reference": "Patient/olav-tveit"},
        "requester": {"reference": "Practitioner/hanne-dahl"},
        "owner": {"reference": f"Organization/{owner}"},
        "authoredOn": now,
        "reasonCode": {
            "coding": [{"system": "urn:saman:opening-ground", "code": "weighty_reasons"}],
            "text": "He rang and could hardly breathe.",
        },
        "restriction": {"period": {"start": now, "end": "2027-12-01T00:00:00Z"}},
        "input": [
            {
                "type": {"coding": [{"system": "urn:saman:task-input", "code": "review-by"}]},
                "valueDateTime": "2026-11-21T21:00:00Z",
            }
        ],
    } | more


async def opened(agder: Agder, **more: Any) -> str:
    written = await agder.system.create(
        opening(agder, "agder-telemedicine-centre", "municipality-kristiansand", **more)
    )
    id: str = written.stored.id
    return id


async def test_an_opening_is_gone_through_once_by_somebody_else(agder: Agder) -> None:
    id = await opened(agder)
    async with agder.signed_in(GRIMSTAD) as other:
        page = await page_of(other, OPENINGS)
        assert id not in page
        fields = {"csrf": token_in(page), "version": "1", "found": "approved"}
        assert (await other.post(f"{OPENINGS}/{id}", data=fields)).status_code == 404
    async with agder.signed_in(CENTRE) as reviewer:
        page = await page_of(reviewer, OPENINGS)
        assert "He rang and could hardly breathe." in page
        assert "Weighty reasons." in page
        token = token_in(page)
        unsaid = await reviewer.post(f"{OPENINGS}/{id}", data={"csrf": token, "version": "1", "found": "serious"})
        assert unsaid.status_code == 422
        fields = {"csrf": token, "version": "1", "found": "approved", "note": "He was right to."}
        assert (await reviewer.post(f"{OPENINGS}/{id}", data=fields)).status_code == 303
        assert (await reviewer.post(f"{OPENINGS}/{id}", data=fields)).status_code == 412
        page = await page_of(reviewer, OPENINGS)
        assert f'action="{OPENINGS}/{id}"' not in page
        assert "He was right to." in page


async def test_what_was_asked_about_waits_and_is_late_after_its_day(agder: Agder) -> None:
    id = await opened(agder)
    agder.clock.forward(days=2)
    async with agder.signed_in(CENTRE) as reviewer:
        page = await page_of(reviewer, OPENINGS)
        fields = {"csrf": token_in(page), "version": "1", "found": "asked", "note": "Why not call?"}
        assert (await reviewer.post(f"{OPENINGS}/{id}", data=fields)).status_code == 303
        page = await page_of(reviewer, OPENINGS)
        assert f'action="{OPENINGS}/{id}"' in page
        assert "Review is late" in main_of(page)


async def test_nobody_goes_through_an_opening_of_their_own(agder: Agder) -> None:
    id = await opened(agder, requester={"reference": "Practitioner/unni-lund"})
    async with agder.signed_in(CENTRE) as reviewer:
        assert id not in await page_of(reviewer, OPENINGS)


@pytest.mark.parametrize("status", ["draft", "entered-in-error"])
async def test_a_first_step_opened_nothing_and_is_not_reviewed(agder: Agder, status: str) -> None:
    id = await opened(agder, status=status)
    async with agder.signed_in(CENTRE) as reviewer:
        assert id not in await page_of(reviewer, OPENINGS)


async def test_the_numbers_count_what_waits(agder: Agder) -> None:
    agder.clock.forward(days=3)
    await opened(agder)
    async with agder.signed_in(CENTRE) as reviewer:
        page = main_of(await page_of(reviewer, "/review/numbers"))
    assert re.search(r"[1-9]\d* late [1-9]\d* waits?", page)
