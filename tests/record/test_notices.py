"""Notices: heard by other processes after the commit, by nobody's name, and again after the connection was cut."""

from __future__ import annotations

from typing import Any

import psycopg
import pytest

from saman.kernel.clock import instant
from saman.kernel.outcome import Kind, Refusal, refused
from saman.model.care import codes
from saman.record import Record, Store, Written, open_store, system
from saman.record.notices import MOST, Following
from tests.conftest import Database
from tests.record.conftest import NOW

OWNER = "Organization/centre"
PATIENCE = 60.0
"""Seconds after which a test gives up; none of them waits for the time to pass."""


def task(owner: str = OWNER) -> dict[str, Any]:
    return {
        "resourceType": "Task",
        "status": "requested",
        "intent": "order",
        "code": codes.concept(codes.TASK, codes.CONTACT_WISH),
        "authoredOn": instant(NOW),
        "owner": {"reference": owner},
    }


async def written(store: Store, resource: dict[str, Any]) -> Written:
    answer = await Record(store, system(NOW)).create(resource)
    assert isinstance(answer, Written), answer
    return answer


async def heard(following: Following) -> frozenset[str]:
    topics = await following.next(PATIENCE)
    assert topics, "nothing was heard"
    return topics


@pytest.fixture
async def store(database: Database, open_at: Any) -> Store:
    return await open_at(database.app_url)


@pytest.fixture
async def other(database: Database, open_at: Any) -> Store:
    """A store of its own, as another process has."""
    return await open_at(database.app_url)


async def listening(store: Store, following: Following) -> None:
    """Returns when the store listens and has said so."""
    assert await store.notices.listening(PATIENCE)
    await heard(following)


async def test_a_write_is_heard_in_another_process_by_its_owner_alone(store: Store, other: Store) -> None:
    topic, others = other.work_topic(OWNER), other.work_topic("Organization/home")
    with other.notices.follow(topic) as mine, other.notices.follow(others) as theirs:
        await listening(other, mine)
        await heard(theirs)
        await written(store, task())
        assert await heard(mine) == {topic}
        await written(store, task("Organization/home"))
        assert await heard(theirs) == {others}


async def test_what_is_not_work_or_not_committed_is_not_told(store: Store, other: Store) -> None:
    async def in_vain(record: Record) -> Refusal:
        assert isinstance(await record.create(task()), Written)
        return refused(Kind.CONFLICT, "conflict", "It shall not be.")

    topic, last = other.work_topic(OWNER), other.work_topic("Organization/last")
    with other.notices.follow(topic, last) as following:
        await listening(other, following)
        assert isinstance(await Record(store, system(NOW)).atomically(in_vain), Refusal)
        await written(store, {"resourceType": "Basic", "code": {"text": "no work"}})
        await written(store, task("Organization/last"))
        assert await heard(following) == {last}


async def test_a_transaction_of_several_tells_once_and_of_all(store: Store, other: Store) -> None:
    async def several(record: Record) -> Written | Refusal:
        await record.create(task())
        return await record.create(task("Organization/home"))

    topics = {other.work_topic(OWNER), other.work_topic("Organization/home")}
    with other.notices.follow(*topics) as following:
        await listening(other, following)
        assert isinstance(await Record(store, system(NOW)).atomically(several), Written)
        assert await heard(following) == topics


async def test_more_topics_than_one_payload_holds_arrive(store: Store, other: Store) -> None:
    topics = {store.notices.topic("many", str(number)) for number in range(2 * MOST + 1)}
    with other.notices.follow(*topics) as following:
        await listening(other, following)
        store.notices.tell(topics)
        found: frozenset[str] = frozenset()
        while found != topics:
            found |= await heard(following)


async def test_a_cut_connection_is_made_again_and_everybody_looks(database: Database, store: Store) -> None:
    topic = store.work_topic(OWNER)
    with store.notices.follow(topic) as following:
        await listening(store, following)
        with psycopg.connect(database.superuser_url, autocommit=True) as connection:
            cut = connection.execute(
                "SELECT count(pg_terminate_backend(pid)) FROM pg_stat_activity"
                " WHERE application_name = 'saman notices' AND datname = current_database()"
            )
            assert cut.fetchone() != (0,)
        assert await heard(following) == {topic}
        await written(store, task())
        assert await heard(following) == {topic}


async def test_nobody_can_tell_what_a_topic_stands_for(store: Store) -> None:
    topic = store.work_topic("Practitioner/silje")
    assert "silje" not in topic
    assert topic != store.notices.topic("work", "Practitioner/silje", "")
    assert topic == store.work_topic("Practitioner/silje")


async def test_a_closed_store_lets_everybody_go(database: Database, policy: Any) -> None:
    store = await open_store(database.app_url, policy)
    assert isinstance(store, Store)
    with store.notices.follow("any") as following:
        assert await store.notices.listening(PATIENCE)
        await store.close()
        await following.next(PATIENCE)
        await following.next(PATIENCE)
        assert following.ended
    assert not await store.notices.listening(PATIENCE)
    with store.notices.follow("any") as late:
        assert late.ended


async def test_without_a_database_a_notice_is_lost_and_nothing_else(database: Database, policy: Any) -> None:
    store = await open_store(database.app_url, policy)
    assert isinstance(store, Store)
    await store.pool.close()
    store.notices.tell({"one", "two"})
    assert store.notices._sending is not None
    store.notices.is_closed = True
    await store.notices._sending
    assert store.notices.lost == 2
    await store.close()
