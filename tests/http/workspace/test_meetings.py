"""Bodies at work: meetings, who is there, decisions by the body's rule, actions, minutes that stand once approved."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable
from contextlib import AbstractAsyncContextManager, asynccontextmanager

import msgspec
import pytest

from saman.model.care.governance import Voting
from tests.http.app.conftest import Agder
from tests.http.workspace.people import SILJE, TONE, Page, Reader, at_work

BODY = "/region/work/bodies/joint-steering-group"
ARENDAL, KRISTIANSAND, TRUST, TRUST_TOO, TRUST_THREE, OBSERVER = "5-1", "6-1", "7-1", "8-1", "9-1", "10-1"
Ruled = Callable[[Voting], AbstractAsyncContextManager[Reader]]


@pytest.fixture
def ruled(agder: Agder) -> Ruled:
    """The administrator where the steering group votes by a rule that is known."""

    @asynccontextmanager
    async def made(rule: Voting) -> AsyncIterator[Reader]:
        model = agder.region.model
        bodies = tuple(msgspec.structs.replace(one, voting=rule) for one in model.bodies)
        loaded = msgspec.structs.replace(agder.region.loaded, model=msgspec.structs.replace(model, bodies=bodies))
        other = Agder(agder.store, msgspec.structs.replace(agder.region, loaded=loaded), agder.clock)
        async with at_work(other, TONE) as tone:
            yield tone

    return made


async def meeting(reader: Reader, day: str = "2026-12-01", **present: str) -> Page:
    """A meeting with one point on its agenda."""
    page = await reader.send(await reader.get(BODY), "joint-steering-group", on=day, time="09:00", place="Town hall")
    assert page.status == 200, page.text
    page = await reader.send(
        page, "/point", title="Night cameras", background="Five asked", brings="municipality-arendal"
    )
    return await here(reader, page, **present)


async def here(reader: Reader, page: Page, **present: str) -> Page:
    return await reader.send(page, "/present", **{f"seat-{key}": one for key, one in present.items()})


async def decide(reader: Reader, page: Page, carried: str = "", **votes: str) -> Page:
    fields = {"point": "1", "decision": "All begin in spring", "carried": carried}
    return await reader.send(page, "/decision", **fields, **{f"vote-{key}": one for key, one in votes.items()})


async def test_everybody_at_work_reads_seats_and_only_a_mandate_calls_a_meeting(agder: Agder) -> None:
    async with at_work(agder, SILJE) as silje:
        assert "Joint regional steering group" in (await silje.get("/region/work/bodies")).text
        page = await silje.get(BODY)
        assert "Observers, without a vote" in page.text
        assert BODY not in page.forms
        token = await _token(silje)
        assert (await silje.post(BODY, token | {"on": "2026-12-01"})).status == 403
        assert (await silje.get("/region/work/bodies/nobody")).status == 404


async def _token(reader: Reader) -> dict[str, str]:
    page = await reader.get("/region/work")
    return {"csrf": next(form["csrf"] for form in page.forms.values() if "csrf" in form)}


@pytest.mark.parametrize("day", ["", "tomorrow", "2026-02-30", "0001-01-01", "9999-12-31"])
async def test_a_meeting_has_a_day(agder: Agder, day: str) -> None:
    async with at_work(agder, TONE) as tone:
        page = await tone.send(await tone.get(BODY), "joint-steering-group", on=day, time="", place="Here")
        assert page.status == 422
        assert "Write a day" in page.text
        assert page.forms[BODY]["place"] == "Here"


async def test_a_meeting_from_call_to_minutes(agder: Agder) -> None:
    async with at_work(agder, TONE) as tone, at_work(agder, SILJE) as silje:
        page = await meeting(tone, **{ARENDAL: "member", TRUST: "deputy", OBSERVER: "observer"})
        assert "3 of 14, 2 with a vote" in page.text
        assert "brought by" in page.text
        page = await tone.send(page, "/said", point="1", said="Long talk about <nights>")
        assert "Long talk about &lt;nights&gt;" in page.text
        refused = await decide(tone, page, **{ARENDAL: "for"})
        assert refused.status == 422
        assert "Say whether it was carried" in refused.text
        assert refused.forms[f"{page.address}/decision"]["decision"] == "All begin in spring"
        page = await decide(tone, page, "yes", **{ARENDAL: "for", TRUST: "against"})
        assert "1 for, 1 against, 0 abstained" in page.text
        page = await tone.send(
            page,
            "/action",
            action="Ask the suppliers",
            party="agder-telemedicine-centre",
            role="",
            due="2026-12-20",
            point="1",
        )
        assert "Ask the suppliers" in page.text
        assert not (await silje.get(page.address)).may("action")
        assert "Ask the suppliers" in (await silje.get("/region/work/actions")).text
        # Minutes are approved at a later meeting of the body, and stand from then on.
        assert not page.may("approve")
        later = await meeting(tone, "2027-01-12")
        page = await tone.get(page.address)
        stale = page.forms[f"{page.address}/point"]
        page = await tone.send(page, "/approve", at=later.address.rpartition("/")[2])
        assert "Minutes approved" in page.text
        assert not page.may("point")
        version = str(int(stale["seen"]) + 1)
        sent = await tone.post(f"{page.address}/point", stale | {"seen": version, "title": "Too late"})
        assert sent.status == 409
        assert "The minutes are approved" in sent.text
        # What is done of actions is kept beside them, by those who do it too.
        todo = await silje.get("/region/work/actions")
        action = f"/region/work/actions/{page.address.rpartition('/')[2]}-1"
        done = await silje.send(todo, action)
        assert "Not done after all" in done.text
        assert (await tone.send(todo, action)).status in (403, 409)


async def test_what_was_seen_by_one_is_not_written_over_by_another(agder: Agder) -> None:
    async with at_work(agder, TONE) as tone:
        page = await meeting(tone)
        await tone.send(page, "/point", title="First")
        sent = await tone.send(page, "/point", title="Second")
        assert sent.status == 409
        assert sent.forms[f"{page.address}/point"]["title"] == "Second"
        assert "First" in sent.text


async def test_observers_have_no_vote_and_members_seats_are_no_observers(agder: Agder) -> None:
    async with at_work(agder, TONE) as tone:
        page = await meeting(tone, **{ARENDAL: "member", OBSERVER: "observer"})
        assert "Observers have no vote" in (await decide(tone, page, "yes", **{OBSERVER: "for"})).text
        assert "Who is not there has no vote" in (await decide(tone, page, "yes", **{TRUST: "for"})).text
        for seat, presence in ((OBSERVER, "member"), (ARENDAL, "observer")):
            sent = await here(tone, page, **{seat: presence})
            assert sent.status == 422
            assert "Members and deputies sit on" in sent.text


async def test_one_party_has_one_vote(ruled: Ruled) -> None:
    present = dict.fromkeys((ARENDAL, KRISTIANSAND, TRUST, TRUST_TOO, TRUST_THREE), "member")
    async with ruled(Voting.ONE_PARTY_ONE_VOTE) as tone:
        page = await meeting(tone, **present)
        votes = {TRUST: "for", TRUST_TOO: "for", TRUST_THREE: "for", ARENDAL: "against", KRISTIANSAND: "against"}
        assert (await decide(tone, page, **(votes | {TRUST: "against"}))).status == 422
        page = await decide(tone, page, "yes", **votes)
        assert "1 for, 2 against, 0 abstained" in page.text
        assert "Not carried:" in page.text
        page = await tone.send(page, "/undecide", number="1")
        assert "Not carried:" not in page.text
    async with ruled(Voting.MAJORITY) as tone:
        page = await decide(tone, await meeting(tone, **present), **votes)
        assert "3 for, 2 against, 0 abstained" in page.text
        assert "Decided:" in page.text
    async with ruled(Voting.CONSENSUS) as tone:
        page = await decide(tone, await meeting(tone, **present), **votes)
        assert "Not carried:" in page.text


@pytest.mark.parametrize(
    "fields",
    [{"party": "nobody"}, {"role": "nobody"}, {"due": "2026-11-01"}, {"due": "soon"}, {"action": " "},
     {"action": "x" * 5_000}],
    ids=["party", "role", "before", "no-day", "empty", "long"],
)  # fmt: skip
async def test_an_action_says_who_what_and_until_when(agder: Agder, fields: dict[str, str]) -> None:
    async with at_work(agder, TONE) as tone:
        page = await meeting(tone)
        typed = {"action": "Ask", "party": "agder-telemedicine-centre", "role": "", "due": "2026-12-20", "point": ""}
        sent = await tone.send(page, "/action", **(typed | fields))
        assert sent.status == 422
        assert "thing to put right" in sent.text
