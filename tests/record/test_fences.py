"""Nothing outside the grants ever appears, and each of the two fences holds alone."""

from __future__ import annotations

import asyncio
import os
from collections.abc import Callable
from random import Random
from typing import Any

import asyncpg
import msgspec
import pytest

from saman.kernel.outcome import Kind, Refusal
from saman.model.access import Policy
from saman.record import Context, Record, Stored, open_store
from saman.record.grants import open_context
from tests.conftest import Database
from tests.record.conftest import BASE, NOW, Opener, made, observation, patient
from tests.record.fenced import fenced
from tests.record.world import Oracle, World

SEEDS = range(int(os.environ.get("SAMAN_FENCE_WORLDS", "2")))
MOMENTS = 2

WORDS = {
    "Observation": ("final -preliminary", "'final'"),
    "Goal": ("x* -y", "'x'"),
    "Task": ('"home visit"', "home-visit"),
}
"""What some types are asked for by words, and what stands in those that have them."""

LOGGED = {"Provenance"}
"""Types whose searches also show what is made from the log, which has an oracle of its own."""

Seen = dict[str, Any]


class Look:
    """Everything that one context is shown, asked for in every way there is."""

    def __init__(self, record: Record, world: World) -> None:
        self.record = record
        self.world = world
        self.seen: Seen = {}

    async def all(self) -> Seen:
        """What was shown, by what was asked."""
        types = sorted({one.type for one in self.world.versions} - LOGGED)
        places = sorted({(one.type, one.id) for one in self.world.versions})
        await asyncio.gather(
            *(self.search(kind) for kind in types),
            *(self.search(kind, patient=who) for kind in ("Observation", "Task", "Goal") for who in self.world.persons),
            *(self.search(kind, _content=words) for kind, (words, _) in WORDS.items()),
            *(self.type_history(kind) for kind in types),
            *(self.one(kind, id) for kind, id in places),
            *(self.version(one.type, one.id, one.version) for one in self.world.versions),
        )
        return self.seen

    async def search(self, kind: str, **pairs: str) -> None:
        includes = {"Observation": ("subject", "performer", "has-member"), "Task": ("patient", "owner")}.get(kind, ())
        asked = [*pairs.items(), *(("_include", f"{kind}:{code}") for code in includes)]
        matches, included, cursor, totals = [], set(), "", set()
        while True:
            more = [("_cursor", cursor)] if cursor else []
            page = await self.record.search(kind, [*asked, ("_count", "3"), ("_total", "accurate"), *more])
            assert not isinstance(page, Refusal)
            matches += [(one.type, one.id, one.version) for one in page.matches]
            included |= {(one.type, one.id, one.version) for one in page.included}
            totals.add(page.total)
            if page.next is None:
                break
            cursor = page.next
        self.seen[f"{kind}?{pairs}"] = (len(matches), sorted(matches), sorted(included - set(matches)), totals)

    async def type_history(self, kind: str) -> None:
        page = await self.record.history(kind, count=1000)
        assert not isinstance(page, Refusal)
        self.seen[f"{kind}/_history"] = sorted((one.id, one.version, one.deleted) for one in page.matches)

    async def one(self, kind: str, id: str) -> None:
        found = await self.record.read(kind, id)
        self.seen[f"{kind}/{id}"] = found.version if isinstance(found, Stored) else found.kind
        page = await self.record.history(kind, id, count=1000)
        told = page.kind if isinstance(page, Refusal) else [one.version for one in page.matches]
        self.seen[f"{kind}/{id}/_history"] = told

    async def version(self, kind: str, id: str, version: int) -> None:
        found = await self.record.vread(kind, id, version)
        self.seen[f"{kind}/{id}/{version}"] = found.version if isinstance(found, Stored) else found.kind


def expected(world: World, oracle: Oracle, context: Context) -> Seen:
    """What the context should be shown: the same questions, answered from the decision alone."""
    seen: Seen = {}
    current, versions = oracle.current(context), oracle.versions(context)
    live = {key: one for key, one in current.items() if not one.deleted}
    for one in world.versions:
        key, place = (one.type, one.id), f"{one.type}/{one.id}"
        told = [known.version for known in reversed(versions) if (known.type, known.id) == key]
        seen[f"{place}/_history"] = told or Kind.NOT_FOUND
        now = current.get(key)
        seen[place] = Kind.NOT_FOUND if now is None else Kind.GONE if now.deleted else now.version
        shown = one.version if one in versions else Kind.NOT_FOUND
        seen[f"{place}/{one.version}"] = Kind.GONE if one in versions and one.deleted else shown
    for kind in {one.type for one in world.versions} - LOGGED:
        seen[f"{kind}/_history"] = sorted((one.id, one.version, one.deleted) for one in versions if one.type == kind)
        seen[f"{kind}?{{}}"] = _found(world, live, kind, None)
    for kind in ("Observation", "Task", "Goal"):
        for who in world.persons:
            seen[f"{kind}?{ {'patient': who} }"] = _found(world, live, kind, who)
    for kind, (words, said) in WORDS.items():
        seen[f"{kind}?{ {'_content': words} }"] = _found(world, live, kind, None, said)
    return seen


def _found(world: World, live: dict[tuple[str, str], Any], kind: str, who: str | None, said: str = "") -> Any:
    of_kind = [one for (type_, _), one in live.items() if type_ == kind and who in (None, one.person)]
    found = [one for one in of_kind if said in str(world.current[one.type, one.id])]
    elements = {"Observation": ("subject", "performer", "hasMember"), "Task": ("for", "owner")}.get(kind, ())
    included = set()
    for one in found:
        for element in elements:
            value = world.current[one.type, one.id].get(element, [])
            for reference in value if isinstance(value, list) else [value]:
                type_, _, id = reference["reference"].partition("/")
                if (type_, id) in live:
                    included.add((type_, id, live[type_, id].version))
    matches = sorted((one.type, one.id, one.version) for one in found)
    return len(matches), matches, sorted(included - set(matches)), {len(matches)}


@pytest.mark.fuzz
@pytest.mark.parametrize("seed", SEEDS)
async def test_each_fence_alone_shows_exactly_what_is_granted(
    seed: int, new_database: Callable[[], Database], policy: Policy, open_at: Opener
) -> None:
    world, contexts, stores = await fenced(World, seed, new_database, policy, open_at)
    oracle, pick = Oracle(world), Random(seed)
    shown = 0
    for context in contexts:
        for now in pick.sample(world.times(), MOMENTS):
            at = msgspec.structs.replace(context, now=now)
            wanted = expected(world, oracle, at)
            shown += sum(isinstance(told, int) for told in wanted.values())
            for name, store in stores.items():
                seen = await Look(Record(store, at, BASE), world).all()
                assert seen == wanted, (seed, name, context.role, context.party, now)
    assert shown > 100
    nobody = Record(stores["both"], msgspec.structs.replace(contexts[0], number=10**9), BASE)
    assert (await nobody.search("Patient", [])).matches == ()  # type: ignore[union-attr]


async def test_without_a_context_nothing_is_visible(database: Database, record: Record) -> None:
    await made(record, {"resourceType": "Organization", "name": "x"})
    await made(record, observation(await made(record, patient())))
    connection = await asyncpg.connect(database.app_url)
    try:
        for table in ("resource", "history", "token", "string", "date", "quantity", "reference"):
            assert await connection.fetchval(f"SELECT count(*) FROM {table}") == 0
            assert await connection.fetchval(f"SELECT count(*) FROM {table} WHERE domain = 0") == 0
        with pytest.raises(asyncpg.InsufficientPrivilegeError):
            await connection.execute(
                "INSERT INTO resource VALUES (1, 1, 'x', 1, now(), false, NULL, 0, now(), '', '}')"
            )
    finally:
        await connection.close()


@pytest.mark.parametrize(
    "statement",
    [
        "SELECT * FROM audit",
        "UPDATE audit SET actor = 'somebody else'",
        "DELETE FROM audit",
        "TRUNCATE audit",
        "ALTER TABLE audit ADD x int",
        "DROP TABLE audit",
        "ALTER TABLE resource DISABLE ROW LEVEL SECURITY",
        "DROP POLICY fence ON resource",
        "CREATE TABLE own (x int)",
        "UPDATE instance SET secret = ''",
        "UPDATE grants SET context = 1",
        "SET ROLE saman_owner",
        "ALTER ROLE saman_app BYPASSRLS",
    ],
)
async def test_the_application_cannot_do_what_is_not_its_work(
    database: Database, record: Record, statement: str
) -> None:
    await made(record, patient())
    connection = await asyncpg.connect(database.app_url)
    try:
        with pytest.raises(asyncpg.InsufficientPrivilegeError):
            await connection.execute(statement)
    finally:
        await connection.close()


@pytest.mark.parametrize("who", ["admin_url", "superuser_url"])
async def test_a_role_that_no_fence_would_hold_is_refused(database: Database, policy: Policy, who: str) -> None:
    answer = await open_store(getattr(database, who), policy)
    assert isinstance(answer, Refusal)
    assert (answer.kind, answer.issues[0].path) == (Kind.FORBIDDEN, "SAMAN_DATABASE_URL")


def care_team(who: str, *parties: str, **more: Any) -> dict[str, Any]:
    return {
        "resourceType": "CareTeam",
        "status": "active",
        "subject": {"reference": f"Patient/{who}"},
        "participant": [{"member": {"reference": f"Organization/{party}"}} for party in parties],
    } | more


async def nurse_at(record: Record, party: str) -> Record:
    from saman.model.access import Assignment, Holder

    wanted = Assignment(number=0, kind=Holder.STAFF, purpose="TREAT", role="home-care-nurse", party=party)
    number = await open_context(record.store.pool, wanted, record.store.policy)
    context = Context(number, "Practitioner/1", wanted.role, party, "TREAT", NOW, "r", "staff")
    return Record(record.store, context, BASE)


async def sees(record: Record, who: str) -> bool:
    return isinstance(await record.read("Patient", who), Stored)


async def test_access_begins_and_ends_with_the_relation(record: Record) -> None:
    nurse = await nurse_at(record, "unit-1")
    who = await made(record, patient())
    assert not await sees(nurse, who)
    team = await made(record, care_team(who, "unit-1"))
    assert await sees(nurse, who)
    await record.update("CareTeam", team, care_team(who, "unit-2", id=team))
    assert not await sees(nurse, who)
    await record.update("CareTeam", team, care_team(who, "unit-1", "unit-2", id=team))
    assert await sees(nurse, who)
    await record.update("CareTeam", team, care_team(who, "unit-1", id=team, status="entered-in-error"))
    assert not await sees(nurse, who)
    await record.update("CareTeam", team, care_team(who, "unit-1", id=team))
    await record.delete("CareTeam", team)
    assert not await sees(nurse, who)


async def test_access_that_was_rolled_back_never_was(record: Record) -> None:
    nurse = await nurse_at(record, "unit-3")
    who = await made(record, patient())

    async def work(inner: Record) -> Any:
        await made(inner, care_team(who, "unit-3"))
        return Refusal(Kind.CONFLICT, ())

    await record.atomically(work)
    assert not await sees(nurse, who)


async def test_many_relations_of_one_person_written_at_once_all_count(record: Record) -> None:
    who = await made(record, patient())
    units = [f"many-{number}" for number in range(12)]
    nurses = [await nurse_at(record, unit) for unit in units]
    await asyncio.gather(*(made(record, care_team(who, unit)) for unit in units))
    assert [await sees(nurse, who) for nurse in nurses] == [True] * len(units)


async def test_a_context_opened_while_relations_are_written_has_them_all(record: Record) -> None:
    for round_ in range(6):
        people = [await made(record, patient()) for _ in range(6)]
        unit = f"race-{round_}"
        old = [await made(record, care_team(who, unit)) for who in people[:3]]

        async def end(team: str, who: str, unit: str = unit) -> None:
            await record.update("CareTeam", team, care_team(who, "elsewhere", id=team))

        opened, *_ = await asyncio.gather(
            nurse_at(record, unit),
            *(made(record, care_team(who, unit)) for who in people[3:]),
            *(end(team, who) for team, who in zip(old, people, strict=False)),
        )
        assert [await sees(opened, who) for who in people] == [False] * 3 + [True] * 3


async def test_a_context_is_opened_once_however_many_ask(record: Record) -> None:
    who = await made(record, patient())
    await made(record, care_team(who, "once"))
    nurses = await asyncio.gather(*(nurse_at(record, "once") for _ in range(10)))
    assert len({nurse.context.number for nurse in nurses}) == 1
    assert await sees(nurses[0], who)
