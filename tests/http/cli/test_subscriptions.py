"""`saman subscriptions` from the outside."""

from __future__ import annotations

import asyncio
from typing import Any

from saman.kernel.outcome import Refusal
from saman.record import Record, Store, open_store, system
from saman.record.subscriptions.attempts import Outcome, claim, release
from saman.record.subscriptions.matching import match
from saman.record.subscriptions.telling import next_batch
from tests.http.cli.conftest import Saman
from tests.record.conftest import NOW, norway, observation, patient

WANTED = {
    "resourceType": "Subscription",
    "status": "requested",
    "reason": "x",
    "criteria": "urn:saman:subscription-topic:observation",
    "channel": {"type": "rest-hook", "endpoint": "https://receiver.example/"},
}


async def laid_aside(url: str) -> str:
    """The id of a subscription whose receiver is gone with one event on its way."""
    store = await open_store(url, norway())
    assert isinstance(store, Store)
    store.endpoints = lambda _: None
    try:
        record, context = Record(store, system(NOW), ""), system(NOW)
        made: list[Any] = [await record.create(WANTED), await record.create(patient())]
        assert not any(isinstance(one, Refusal) for one in made)
        await record.create(observation(made[1].stored.id))
        await match(store, context)
        for _ in range(8):
            [claimed] = await claim(store, context, 1, made[0].stored.id)
            batch = await next_batch(record, claimed)
            await release(store, context, claimed, Outcome(batch.events[-1].number, "The receiver answered 500."), 0)
            async with store.transaction(context) as connection:
                await connection.execute("UPDATE subscription SET due = $1", NOW)
        return str(made[0].stored.id)
    finally:
        await store.close()


def test_what_was_laid_aside_is_listed_and_told_again(saman: Saman, database: Any) -> None:
    id = asyncio.run(laid_aside(database.app_url))
    [one] = saman("subscriptions", "list", "--json").json()
    assert (one["id"], one["status"], one["told"], one["waiting"], one["aside"]) == (id, "error", 1, 0, 1)
    assert one["error"] == "The receiver answered 500."
    assert "error" in saman("subscriptions", "list").out
    [event] = saman("subscriptions", "aside", id, "--json").json()
    assert (event["number"], event["type"], event["change"]) == (1, "Observation", "C")
    assert saman("subscriptions", "again", id).status == 0
    assert saman("subscriptions", "aside", id, "--json").json() == []
    assert saman("subscriptions", "list", "--json").json()[0]["waiting"] == 1
    assert saman("subscriptions", "again", "nobody").status == 1
    assert saman("subscriptions", "aside", "nobody").status == 1
