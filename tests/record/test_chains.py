"""Chains and what is brought along: as a naive reading of what the caller may see, by each fence alone.

Each is asked in each way: as it is worked out for few resources; as it is for many, with nothing worked out before; and
person by person, with nothing looked at along the way.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from random import Random
from typing import Any, NamedTuple

import msgspec
import pytest

from saman.kernel.outcome import Refusal
from saman.model.access import Assignment, Holder, Policy
from saman.model.fhir import RESOURCE_TYPES, search_parameters
from saman.record import Context, Page, Record, system
from saman.record.grants import open_context
from saman.record.search import crowd, resolve
from saman.record.search.links import MADE
from tests.conftest import Database
from tests.record.conftest import BASE, NOW, Opener, Resource, made, observation, patient
from tests.record.fenced import fenced
from tests.record.restricted import RestrictedOracle, RestrictedWorld
from tests.record.test_query_plans import followed, listening
from tests.record.world import Oracle, World

WAYS = ((200, 50), (0, 50), (0, 0))
"""How many resources are named, and how many rows are looked at for each of a page."""

Live = dict[tuple[str, str], Resource]
Test = Callable[[Resource], bool]


class Chain(NamedTuple):
    """A search by a chain, and the same over resources: `holds` of a match and all that is there."""

    type: str
    name: str
    value: str
    holds: Callable[[Resource, Live], bool]


def led_to(resource: Resource, element: str, live: Live) -> list[Resource]:
    """The resources that are there of those an element leads to."""
    value = resource.get(element, [])
    texts = [one.get("reference", "") for one in (value if isinstance(value, list) else [value])]
    keys = [tuple(text.split("/")) for text in texts]
    return [live[key] for key in keys if key in live]


def leading(resource: Resource, kind: str, element: str, live: Live) -> list[Resource]:
    """The resources of a type that lead to this one."""
    others = (one for (type_, _), one in live.items() if type_ == kind)
    return [one for one in others if any(there is resource for there in led_to(one, element, live))]


def any_of(found: Iterable[Resource], test: Test) -> bool:
    return any(map(test, found))


def at_home(one: Resource) -> bool:
    return any(c.get("code") == "home-monitoring" for each in one.get("category", ()) for c in each.get("coding", ()))


def at_gp(one: Resource) -> bool:
    return {"reference": "Organization/gp-1"} in one.get("generalPractitioner", ())


def is_asked(task: Resource) -> bool:
    return bool(task["status"] == "requested")


def is_open(task: Resource) -> bool:
    return task["status"] in ("requested", "accepted")


def of_p1(task: Resource) -> bool:
    return bool(task["for"]["reference"] == "Patient/p-1")


CHAINS = (
    Chain("Observation", "subject:Patient.general-practitioner", "Organization/gp-1",
          lambda one, live: any_of(led_to(one, "subject", live), at_gp)),
    Chain("Observation", "patient.general-practitioner.name", "gp-1",
          lambda one, live: any_of(led_to(one, "subject", live), at_gp)),
    Chain("Observation", "has-member.category", "home-monitoring",
          lambda one, live: any_of(led_to(one, "hasMember", live), at_home)),
    Chain("Observation", "_has:Observation:has-member:status", "final",
          lambda one, live: bool(leading(one, "Observation", "hasMember", live))),
    Chain("Patient", "_has:Observation:patient:category", "home-monitoring",
          lambda one, live: any_of(leading(one, "Observation", "subject", live), at_home)),
    Chain("Patient", "_has:Observation:patient:_content", '"home monitoring"',
          lambda one, live: any_of(leading(one, "Observation", "subject", live), at_home)),
    Chain("Observation", "has-member._content", "home monitoring,nothing",
          lambda one, live: any_of(led_to(one, "hasMember", live), at_home)),
    Chain("Patient", "_has:Task:patient:status", "requested,accepted",
          lambda one, live: any_of(leading(one, "Task", "for", live), is_open)),
    Chain("Patient", "_has:Observation:subject:_has:Observation:has-member:status", "final",
          lambda one, live: any_of(leading(one, "Observation", "subject", live),
                                   lambda o: bool(leading(o, "Observation", "hasMember", live)))),
    Chain("Patient", "_has:Observation:performer:status", "final",
          lambda one, live: bool(leading(one, "Observation", "performer", live))),
    Chain("Organization", "_has:Task:owner:patient._id", "p-1",
          lambda one, live: any_of(leading(one, "Task", "owner", live), of_p1)),
    Chain("Goal", "patient._has:Task:patient:status", "requested",
          lambda one, live: any_of(led_to(one, "subject", live),
                                   lambda p: any_of(leading(p, "Task", "for", live), is_asked))),
)  # fmt: skip


def go(monkeypatch: pytest.MonkeyPatch, named: int, looked_at: int) -> None:
    """Have chains go one of their ways."""
    monkeypatch.setattr(resolve, "MOST", named)
    monkeypatch.setattr(crowd, "LOOKED_AT", looked_at)


async def asked(record: Record, type_name: str, *pairs: tuple[str, str]) -> Page:
    page = await record.search(type_name, [*pairs, ("_count", "200"), ("_total", "accurate")], strict=True)
    assert not isinstance(page, Refusal), (pairs, page)
    assert page.next is None
    return page


@pytest.mark.fuzz
@pytest.mark.parametrize("seed", range(2))
@pytest.mark.parametrize(("kind", "judge"), [(World, Oracle), (RestrictedWorld, RestrictedOracle)])
async def test_chains_find_what_may_be_seen_along_what_may_be_seen(
    seed: int,
    kind: type[World],
    judge: type[Oracle],
    new_database: Callable[[], Database],
    policy: Policy,
    open_at: Opener,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    world, contexts, stores = await fenced(kind, seed, new_database, policy, open_at)
    oracle, pick, found = judge(world), Random(seed), 0
    for context in (*contexts * 2, system(NOW)):
        at = msgspec.structs.replace(context, now=pick.choice(world.times()))
        live = {key: world.current[key] for key, one in oracle.current(at).items() if not one.deleted}
        live = world.current if context.is_system else live
        for chain in CHAINS:
            wanted = {id for (kind, id), one in live.items() if kind == chain.type and chain.holds(one, live)}
            found += len(wanted)
            for (name, store), way in ((each, way) for each in stores.items() for way in WAYS):
                go(monkeypatch, *way)
                page = await asked(Record(store, at, BASE), chain.type, (chain.name, chain.value))
                shown = {one.id for one in page.matches}
                assert shown == wanted, (seed, name, way, chain.name, context.role, context.party, at.now)
                assert page.total == len(wanted)
    assert found > 50


@pytest.fixture
async def family(record: Record) -> dict[str, str]:
    """A unit within an organisation, a citizen there, and readings of which one holds two others."""
    ids = {"house": await made(record, {"resourceType": "Organization", "name": "House"})}
    house = {"reference": f"Organization/{ids['house']}"}
    ids["unit"] = await made(record, {"resourceType": "Organization", "name": "Unit", "partOf": house})
    unit = {"reference": f"Organization/{ids['unit']}"}
    ids["kari"] = await made(record, patient(managingOrganization=unit))
    ids["a"] = await made(record, observation(ids["kari"]))
    ids["b"] = await made(record, observation(ids["kari"]))
    members = [{"reference": f"Observation/{ids[name]}"} for name in ("a", "b")]
    ids["whole"] = await made(record, observation(ids["kari"], hasMember=members))
    return ids


def names(page: Page, ids: dict[str, str]) -> set[str]:
    by = {id: name for name, id in ids.items()}
    return {by[one.id] for one in page.included}


@pytest.mark.parametrize(
    ("includes", "brought"),
    [
        ([("_include", "Observation:has-member")], {"a", "b"}),
        ([("_include", "Observation:*")], {"a", "b", "kari"}),
        ([("_include", "*")], {"a", "b", "kari"}),
        ([("_include", "Observation:subject"), ("_include", "Patient:organization")], None),
        ([("_include", "Observation:subject"), ("_include:iterate", "Patient:organization")], {"kari", "unit"}),
        (
            [
                ("_include", "Observation:subject:Patient"),
                ("_include:iterate", "Patient:organization"),
                ("_include:iterate", "Organization:partof"),
            ],
            {"kari", "unit", "house"},
        ),
        ([("_include:recurse", "*")], {"a", "b", "kari", "unit", "house"}),
        ([("_include", "Observation:subject:Group")], set()),
        ([("_revinclude", "Observation:has-member")], set()),
    ],
)
async def test_includes_bring_what_is_led_to(
    record: Record, family: dict[str, str], includes: list[tuple[str, str]], brought: set[str] | None
) -> None:
    page = await record.search("Observation", [("_id", family["whole"]), *includes])
    if brought is None:
        assert isinstance(page, Refusal)
        return
    assert isinstance(page, Page)
    assert [one.id for one in page.matches] == [family["whole"]]
    assert names(page, family) == brought


@pytest.mark.parametrize(
    ("reverse", "brought"),
    [
        ([("_revinclude", "Observation:has-member")], {"whole"}),
        ([("_revinclude", "Observation:*")], {"whole"}),
        ([("_revinclude", "*")], {"whole"}),
        ([("_revinclude", "Observation:has-member:Patient")], None),
        ([("_revinclude", "Task:focus")], set()),
        ([("_revinclude:iterate", "Observation:subject"), ("_include", "Observation:subject")], {"whole", "kari", "b"}),
    ],
)
async def test_reverse_includes_bring_what_leads_here(
    record: Record, family: dict[str, str], reverse: list[tuple[str, str]], brought: set[str] | None
) -> None:
    page = await record.search("Observation", [("_id", family["a"]), *reverse])
    if brought is None:
        assert isinstance(page, Refusal)
        return
    assert isinstance(page, Page)
    assert names(page, family) == brought


async def test_what_is_brought_along_ends_somewhere_and_says_so(record: Record, family: dict[str, str]) -> None:
    ring = [await made(record, observation(family["kari"])) for _ in range(12)]
    for here, there in zip(ring, [*ring[1:], ring[0]], strict=True):
        more = observation(family["kari"], id=here, hasMember=[{"reference": f"Observation/{there}"}])
        assert not isinstance(await record.update("Observation", here, more), Refusal)
    page = await record.search("Observation", [("_id", ring[0]), ("_include:iterate", "Observation:has-member")])
    assert isinstance(page, Page)
    assert not page.whole
    assert {one.id for one in page.included} < set(ring)
    few = await record.search("Observation", [("_id", ring[0]), ("_include", "Observation:has-member")])
    assert isinstance(few, Page)
    assert few.whole


@pytest.mark.parametrize(
    ("name", "code"),
    [
        ("subject:Practitioner.name", "value"),
        ("_has:Nothing:patient:code", "value"),
        ("patient.organization.partof.partof.partof.name", "too-costly"),
        ("patient.name:nothing", "not-supported"),
        ("_has:Observation:patient:code:nothing", "not-supported"),
    ],
)
async def test_a_chain_that_makes_no_sense_is_refused(record: Record, name: str, code: str) -> None:
    refusal = await record.search("Observation" if "." in name else "Patient", [(name, "x")])
    assert isinstance(refusal, Refusal)
    assert refusal.issues[0].code == code


@pytest.mark.parametrize(
    "name", ["nothing.name", "status.name", "_has:Observation:nothing:code", "_has:AuditEvent:patient:action", "_has:"]
)
async def test_a_chain_along_what_is_not_there_is_ignored_or_refused(record: Record, name: str) -> None:
    lenient = await record.search("Patient", [(name, "x"), ("_count", "1")])
    strict = await record.search("Patient", [(name, "x")], strict=True)
    assert isinstance(strict, Refusal)
    assert name == "_has:" or isinstance(lenient, Page)


async def test_too_many_chains_are_too_costly(record: Record) -> None:
    refusal = await record.search("Observation", [("patient.name", "x")] * 9)
    assert isinstance(refusal, Refusal)
    assert refusal.issues[0].code == "too-costly"


@pytest.mark.parametrize(
    "name",
    [
        "subject.subject.subject.subject._id", "subject.subject.subject._lastUpdated", "subject.subject._id",
        "subject.subject.subject.unheard-of",
    ],
)  # fmt: skip
async def test_chains_over_references_to_any_type_are_counted(record: Record, name: str) -> None:
    async with listening(record) as heard:
        answer = await record.search("Composition", [(name, "x")])
    assert isinstance(answer, Refusal)
    assert [one.code for one in answer.issues] == ["too-costly"]
    assert heard == []
    named = await record.search("Composition", [("subject:Patient._id", "x")])
    assert isinstance(named, Page)


KINDS = [one for one in sorted(RESOURCE_TYPES) if "patient" in search_parameters(one) and one not in MADE][:21]


async def test_what_is_brought_along_is_asked_for_once(record: Record, family: dict[str, str]) -> None:
    wanted = [("_id", family["kari"]), *[("_revinclude", "Observation:patient")] * 50]
    async with listening(record) as once:
        answer = await record.search("Patient", wanted[:2])
    async with listening(record) as often:
        again = await record.search("Patient", wanted)
    assert isinstance(answer, Page)
    assert isinstance(again, Page)
    assert len(often) == len(once)
    assert again.included == answer.included
    many = [("_revinclude", f"{kind}:patient") for kind in KINDS]
    refusal = await record.search("Patient", many)
    assert isinstance(refusal, Refusal)
    assert refusal.issues[0].code == "too-costly"


HOME = [{"coding": [{"system": "urn:saman:category", "code": "home-monitoring"}]}]


async def paged(record: Record, *pairs: tuple[str, str]) -> list[str]:
    """The ids on all pages of a search, in their order."""
    seen: list[str] = []
    cursor: list[tuple[str, str]] = []
    while True:
        page = await record.search("Observation", [*pairs, *cursor])
        assert isinstance(page, Page)
        seen += [one.id for one in page.matches]
        if page.next is None:
            return seen
        cursor = [("_cursor", page.next)]


async def seen_by_a_unit(record: Record, people: list[str]) -> Record:
    """The record of a nurse whose unit follows these people."""
    await record.update("Organization", "unit", {"resourceType": "Organization", "id": "unit", "name": "x"})
    for who in people:
        await followed(record, who)
    wanted = Assignment(number=0, kind=Holder.STAFF, purpose="TREAT", role="telemedicine-nurse", party="unit")
    number = await open_context(record.store.pool, wanted, record.store.policy)
    context = Context(number, "Practitioner/1", wanted.role, "unit", "TREAT", NOW, "r", "staff")
    return Record(record.store, context, BASE)


@pytest.mark.parametrize("sort", ["-date", "date"])
@pytest.mark.parametrize(
    "code",
    [
        [],
        [("code", "http://loinc.org|59408-5")],
        [("code", "http://loinc.org|59408-5,http://loinc.org|8867-4"), ("status:not", "amended")],
        [("status", "final"), ("date", "ge2026-01"), ("code", "59408-5")],
    ],
)
async def test_pages_of_a_chain_hold_together(
    fresh: tuple[Record, Database], monkeypatch: pytest.MonkeyPatch, sort: str, code: list[tuple[str, str]]
) -> None:
    record, _ = fresh
    named = [await made(record, patient(name=[{"family": "Page"}])) for _ in range(3)]
    others = [await made(record, patient(name=[{"family": "Other"}])) for _ in range(2)]
    times = [f"2026-11-{day}T10:00:00Z" for day in (10, 10, 11, 11, 12)]
    about = [(who, time) for time in times for who in (*others, *named)]
    ids = [await made(record, observation(who, effectiveDateTime=time, category=HOME)) for who, time in about]
    if code:
        other = {"coding": [{"system": "http://loinc.org", "code": "9279-1"}]}
        await made(record, observation(named[0], effectiveDateTime=times[0], category=HOME, code=other))
    wanted = sorted([(time, id) for (who, time), id in zip(about, ids, strict=True) if who in named[:2]])
    wanted = wanted[::-1] if sort == "-date" else wanted
    nurse = await seen_by_a_unit(record, [*named[:2], *others])
    asked = [("patient.family", "page"), ("_sort", sort), ("_count", "3"), *code]
    for way in (*WAYS, (0, 1), (0, 2)):
        go(monkeypatch, *way)
        assert await paged(nurse, *asked) == [id for _, id in wanted], way
        page = await nurse.search("Observation", [*asked, ("_total", "accurate")])
        assert isinstance(page, Page)
        assert page.total == len(wanted)
    assert set(await paged(record, *asked)) > {id for _, id in wanted}


async def test_a_page_that_fills_soon_looks_at_nobody_else(
    fresh: tuple[Record, Database], monkeypatch: pytest.MonkeyPatch
) -> None:
    record, _ = fresh
    one, other = [await made(record, patient(gender=gender)) for gender in ("female", "male")]
    turns = (other, one, one, one)
    readings = [observation(who, effectiveDateTime=f"2026-11-1{n}", category=HOME) for n, who in enumerate(turns)]
    newest = [await made(record, reading) for reading in readings]
    nurse = await seen_by_a_unit(record, [one, other])
    counts: dict[str, list[int]] = {}
    for gender in ("female", "male"):
        counts[gender] = []
        for way in ((0, 3), (0, 1)):
            go(monkeypatch, *way)
            async with listening(nurse) as heard:
                page = await nurse.search("Observation", [("patient.gender", gender), ("_count", "1")])
            assert isinstance(page, Page)
            assert [one.id for one in page.matches] == [newest[-1] if gender == "female" else newest[0]]
            counts[gender].append(len(heard))
    assert counts == {"female": [2, 2], "male": [3, 4]}


def test_the_naive_reading_reads() -> None:
    live: Live = {("Patient", "1"): {"id": "1"}, ("Task", "2"): {"for": {"reference": "Patient/1"}}}
    assert leading(live["Patient", "1"], "Task", "for", live) == [live["Task", "2"]]
    found: list[Any] = led_to(live["Task", "2"], "for", live)
    assert found == [live["Patient", "1"]]
