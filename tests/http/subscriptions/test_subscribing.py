"""Subscribing: what is accepted, what is refused and why, and who sees a Subscription."""

from __future__ import annotations

from tests.http.subscriptions.conftest import Caller, Receiver, made, put_back, settled, subscription


async def test_a_subscription_is_active_once_its_receiver_has_answered(call: Caller, sending, receiver: Receiver):
    client = call("system")
    id = await made(client, subscription(receiver.endpoint))
    assert (await put_back(client, id))["status"] == "requested"
    await settled(sending)
    found = await put_back(client, id)
    assert (found["status"], found["meta"]["versionId"]) == ("active", "2")
    [heard] = receiver.told("handshake")
    assert heard["type"] == "history"
    assert heard["entry"][0]["request"]["url"].endswith(f"Subscription/{id}/$status")
    assert (await client.delete(f"Subscription/{id}")).status_code == 204
    assert (await client.get(f"Subscription/{id}")).status_code == 404
