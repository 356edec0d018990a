"""What a region works on together: versions that stay, and nobody's words lost to somebody else's."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from typing import Any

import asyncpg
import msgspec
import pytest
import pytest_asyncio

from saman.kernel.outcome import Refusal
from saman.record import Context, Store
from saman.record.workspace import CHANGED, Draft, Workspace, write_all
from tests.conftest import NewDatabase
from tests.record.conftest import NOW, Opener


class Note(msgspec.Struct, frozen=True):
    text: str


class Count(msgspec.Struct, frozen=True):
    number: int


NOTES, COUNTS = Workspace("note", Note), Workspace("count", Count)
TONE = Context(1, "Practitioner/tone", "region-administrator", "secretariat", "HMARKT", NOW, "test")


@pytest_asyncio.fixture(loop_scope="session")
async def store(open_at: Opener, new_database: NewDatabase) -> AsyncIterator[Store]:
    store = await open_at(new_database().app_url)
    yield store


def draft(id: str, text: str, seen: int = 0, reason: str = "Because.", **more: bool) -> Draft:
    return Draft(id=id, seen=seen, body=Note(text), reason=reason, **more)


async def test_every_version_stays_with_author_and_reason(store: Store) -> None:
    first = await NOTES.write(store, TONE, draft("a", "One."))
    second = await NOTES.write(store, TONE, draft("a", "Two.", 1, "  It was wrong. "))
    assert not isinstance(first, Refusal)
    assert not isinstance(second, Refusal)
    assert await NOTES.past(store, "a") == [second, first]
    assert await NOTES.one(store, "a") == second
    assert (second.version, second.author, second.party, second.reason, second.at) == (
        2, "Practitioner/tone", "secretariat", "It was wrong.", NOW,
    )  # fmt: skip


async def test_only_the_newest_of_each_is_listed(store: Store) -> None:
    for id, text, seen in (("b", "One.", 0), ("a", "Old.", 0), ("a", "New.", 1)):
        await NOTES.write(store, TONE, draft(id, text, seen))
    await NOTES.write(store, TONE, draft("b", "Gone.", 1, is_ended=True))
    await COUNTS.write(store, TONE, Draft(id="a", seen=0, body=Count(3), reason="Counted."))
    assert [(one.id, one.body.text, one.is_ended) for one in await NOTES.all(store)] == [
        ("a", "New.", False), ("b", "Gone.", True),
    ]  # fmt: skip
    assert await NOTES.one(store, "c") is None


@pytest.mark.parametrize("seen", [0, 2])
async def test_who_has_not_seen_the_newest_writes_nothing(store: Store, seen: int) -> None:
    await NOTES.write(store, TONE, draft("a", "One."))
    refusal = await NOTES.write(store, TONE, draft("a", "Two.", seen))
    assert isinstance(refusal, Refusal)
    assert refusal.issues[0].key == CHANGED
    assert [one.body.text for one in await NOTES.past(store, "a")] == ["One."]


async def test_of_many_at_once_one_writes(store: Store) -> None:
    answers = await asyncio.gather(*(NOTES.write(store, TONE, draft("a", str(one))) for one in range(16)))
    refusals = [one for one in answers if isinstance(one, Refusal)]
    assert len(refusals) == 15
    assert {one.issues[0].key for one in refusals} == {CHANGED}
    assert len(await NOTES.past(store, "a")) == 1


async def test_several_are_written_together_or_not_at_all(store: Store) -> None:
    both: list[tuple[Workspace[Any], Draft]] = [
        (NOTES, draft("a", "One.")),
        (COUNTS, Draft(id="a", seen=1, body=Count(1), reason="Counted.")),
    ]
    refusal = await write_all(store, TONE, both)
    assert isinstance(refusal, Refusal)
    assert refusal.issues[0].key == CHANGED
    assert await NOTES.all(store) == []
    both[1] = (COUNTS, Draft(id="a", seen=0, body=Count(1), reason="Counted."))
    written = await write_all(store, TONE, both)
    assert not isinstance(written, Refusal)
    assert written == [await NOTES.one(store, "a"), await COUNTS.one(store, "a")]


@pytest.mark.parametrize(
    "wrong",
    [draft("a", "One.", reason=" "), draft("A b", "One."), draft("", "One."), draft("a", "x" * 2_000_001),
     draft("a", "a\x00b")],
    ids=["no reason", "no id", "empty id", "too large", "no text"],
)  # fmt: skip
async def test_what_cannot_be_kept_is_refused(store: Store, wrong: Draft) -> None:
    assert isinstance(await NOTES.write(store, TONE, wrong), Refusal)
    assert await NOTES.all(store) == []


@pytest.mark.parametrize("change", ["UPDATE workspace SET reason = 'x'", "DELETE FROM workspace"])
async def test_the_application_changes_nothing_written(store: Store, change: str) -> None:
    await NOTES.write(store, TONE, draft("a", "One."))
    with pytest.raises(asyncpg.InsufficientPrivilegeError):
        await store.pool.execute(change)
