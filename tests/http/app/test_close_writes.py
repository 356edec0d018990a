"""Messages that somebody close writes: in their own name, where messages are shared with them, and seen as theirs."""

from __future__ import annotations

import re
from datetime import timedelta
from html import unescape
from typing import Any

import httpx
import psycopg
import pytest

from saman.apps.auth.tokens import Tokens
from saman.apps.auth.users import find_users
from saman.record import Change
from tests.http.app.conftest import Agder
from tests.http.app.test_sharing import page
from tests.http.app.test_who_looked import main_of, token_in

pytestmark = pytest.mark.postgres

MESSAGES = "/citizen/messages"


async def write(client: httpx.AsyncClient, text: str, key: str = "") -> httpx.Response:
    shown = await page(client, MESSAGES)
    found = re.search(r'name="key" value="([^"]+)"', shown)
    data = {"csrf": token_in(await page(client, "/citizen")), "key": key or (found[1] if found else "k"), "text": text}
    return await client.post(MESSAGES, data=data)


async def letters(agder: Agder, text: str) -> list[dict[str, Any]]:
    found = await agder.system.search("Communication", [("patient", "Patient/ingrid-aasen"), ("_count", "200")])
    return [
        one for each in found.matches if (one := each.resource()).get("payload", [{}])[0].get("contentString") == text
    ]


async def scopes(agder: Agder, who: str, *shared: str) -> dict[str, Any]:
    """Share exactly this; gives what stood before."""
    there = await agder.system.read("RelatedPerson", who)
    before = there.resource()
    others = [one for one in before.get("extension", ()) if one["url"] != "urn:saman:scope"]
    extension = [*others, *({"url": "urn:saman:scope", "valueCode": one} for one in shared)]
    after = {name: value for name, value in before.items() if name != "extension"}
    after |= {"extension": extension} if extension else {}
    await agder.system.commit([Change(after, who, there.version)])
    return before


async def test_a_daughter_writes_and_everybody_sees_that_it_was_she(agder: Agder, database: Any) -> None:
    text = "Mother sleeps badly; may she take the tablet later?"
    async with agder.signed_in("kari-aasen") as kari:
        shown = unescape(await page(kari, MESSAGES))
        assert "You write in your own name, for Ingrid Aasen" in shown
        sent = await write(kari, text)
        assert (sent.status_code, sent.headers["location"]) == (303, f"{MESSAGES}?sent=1#last")
        shown = unescape(await page(kari, MESSAGES))
        assert re.search(rf"<b>You</b>[^§]*{re.escape(text)}", shown)
    (letter,) = await letters(agder, text)
    assert letter["sender"] == {"reference": "RelatedPerson/kari-aasen"}
    assert letter["subject"] == {"reference": "Patient/ingrid-aasen"}
    async with agder.signed_in("silje-haugen") as nurse:
        thread = unescape((await nurse.get("/team/messages/ingrid-aasen", params={"lang": "en"})).text)
        assert "<b>Kari Aasen, for Ingrid Aasen</b>" in thread
        person = unescape((await nurse.get("/team/people/ingrid-aasen", params={"lang": "en"})).text)
        assert "Message to answer, from somebody close" in person
    async with agder.signed_in("ingrid-aasen") as ingrid:
        assert text not in main_of(await page(ingrid, "/citizen")), "nothing waits to be read by her"
        assert "<b>Kari Aasen, for you</b>" in unescape(await page(ingrid, MESSAGES))
        assert "Kari Aasen" in main_of(await page(ingrid, "/citizen/who-looked"))
    with psycopg.connect(database.admin_url) as connection:
        wrote = "SELECT actor, purpose, person FROM audit WHERE action = 'C' AND id = %s"
        rows = connection.execute(wrote, [letter["id"]]).fetchall()
    assert rows == [("RelatedPerson/kari-aasen", "FAMRQT", "ingrid-aasen")]


async def test_a_message_is_sent_once_whoever_else_uses_the_key(agder: Agder) -> None:
    async with agder.signed_in("kari-aasen") as kari, agder.signed_in("ingrid-aasen") as ingrid:
        for client in (kari, kari, ingrid):
            assert (await write(client, "Once only, please.", "the-same-key")).status_code == 303
    assert len(await letters(agder, "Once only, please.")) == 2, "one of each"


async def test_with_whom_nothing_is_shared_it_is_as_if_there_were_nothing(agder: Agder) -> None:
    await scopes(agder, "tor-aasen")
    async with agder.signed_in("tor-aasen") as tor:
        nothing = await tor.get(MESSAGES, params={"lang": "en"})
        token = token_in((await tor.get("/citizen")).text)
        sent = await tor.post(MESSAGES, data={"csrf": token, "key": "k1", "text": "From Tor"}, params={"lang": "en"})
    assert (nothing.status_code, sent.status_code) == (404, 404)
    words = unescape(main_of(nothing.text) + main_of(sent.text))
    assert "Ingrid" not in words
    assert "messages" not in words.lower().replace("there are no messages here", "")
    assert await letters(agder, "From Tor") == []


async def test_who_is_shown_the_plan_alone_reads_and_does_not_write(agder: Agder) -> None:
    await scopes(agder, "tor-aasen", "plan")
    async with agder.signed_in("tor-aasen") as tor:
        shown = unescape(await page(tor, MESSAGES))
        assert "To write, they have to be shared with you too." in shown
        assert "<textarea" not in shown
        assert (await write(tor, "From Tor again")).status_code == 404
        await scopes(agder, "tor-aasen", "plan", "messages")
        assert "<textarea" in await page(tor, MESSAGES)
        assert (await write(tor, "From Tor at last")).status_code == 303
    await scopes(agder, "tor-aasen")
    assert await letters(agder, "From Tor again") == []
    assert len(await letters(agder, "From Tor at last")) == 1


async def test_what_is_shared_no_more_is_written_no_more(agder: Agder) -> None:
    before = await scopes(agder, "tor-aasen", "plan", "messages")
    there = await agder.system.read("RelatedPerson", "tor-aasen")
    ends = agder.clock() + timedelta(minutes=5)
    until = there.resource() | {"period": {"end": ends.isoformat()}}
    await agder.system.commit([Change(until, "tor-aasen", there.version)])
    async with agder.signed_in("tor-aasen") as tor:
        token = token_in(await page(tor, MESSAGES))
        agder.clock.now = ends - timedelta(seconds=1)
        data = {"csrf": token, "key": "last", "text": "In the last second"}
        assert (await tor.post(MESSAGES, data=data)).status_code == 303
        agder.clock.now = ends
        data = {"csrf": token, "key": "late", "text": "A second too late"}
        assert (await tor.post(MESSAGES, data=data)).status_code == 404
    version = (await agder.system.read("RelatedPerson", "tor-aasen")).version
    await agder.system.commit([Change(before, "tor-aasen", version)])
    assert await letters(agder, "A second too late") == []


@pytest.mark.parametrize("text", ["", " \n ", "x" * 2001])
async def test_an_empty_or_endless_message_is_not_sent(agder: Agder, text: str) -> None:
    async with agder.signed_in("kari-aasen") as kari:
        assert (await write(kari, text)).status_code == 422


async def test_over_fhir_nobody_close_writes_a_message_or_a_task(agder: Agder) -> None:
    (kari,) = await find_users(agder.system, "RelatedPerson/kari-aasen")
    token = Tokens(agder.store.secret).make(kari, kari.purpose, agder.clock(), timedelta(hours=1))
    subject, author = {"reference": "Patient/ingrid-aasen"}, {"reference": "RelatedPerson/kari-aasen"}
    message = {
        "resourceType": "Communication", "status": "completed", "subject": subject, "sender": author,
        "recipient": [{"reference": "Organization/gp-risor-1"}], "payload": [{"contentString": "For another unit"}],
    }  # fmt: skip
    task = {
        "resourceType": "Task", "status": "requested", "intent": "order", "for": subject, "requester": author,
        "owner": {"reference": "Organization/gp-risor-1"},
    }  # fmt: skip
    async with agder.browser() as client:
        for one in (message, task):
            headers = {"authorization": f"Bearer {token}", "accept": "application/fhir+json"}
            answer = await client.post(f"/fhir/{one['resourceType']}", json=one, headers=headers)
            assert answer.status_code == 403, answer.text
