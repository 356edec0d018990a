"""References by what is part of what, and addresses with and without their version."""

from __future__ import annotations

import pytest

from saman.kernel.outcome import Kind, Refusal
from saman.record import Context, Record, Store
from saman.record.search.hierarchy import MOST_LEVELS, MOST_THINGS
from tests.record.conftest import BASE, NOW, Resource, made, patient

STRANGER = 999_998


async def location(record: Record, part_of: str = "") -> str:
    above: Resource = {"partOf": {"reference": f"Location/{part_of}"}} if part_of else {}
    return await made(record, {"resourceType": "Location", "status": "active"} | above)


async def found(record: Record, kind: str, *pairs: tuple[str, str]) -> set[str]:
    page = await record.search(kind, [*pairs, ("_count", "1000"), ("_total", "accurate")])
    assert not isinstance(page, Refusal), page
    assert page.total == len(page.matches)
    return {one.id for one in page.matches}


async def visits(record: Record, *places: str) -> list[str]:
    """An Encounter at each of the places."""
    who = await made(record, patient())
    return [
        await made(record, {
            "resourceType": "Encounter", "status": "finished", "class": {"code": "HH"},
            "subject": {"reference": f"Patient/{who}"}, "location": [{"location": {"reference": f"Location/{one}"}}],
        })
        for one in places
    ]  # fmt: skip


async def test_what_happened_in_any_part_of_a_place(record: Record) -> None:
    house = await location(record)
    floor = await location(record, house)
    room, beside = await location(record, floor), await location(record)
    in_house, on_floor, in_room, elsewhere = await visits(record, house, floor, room, beside)
    assert await found(record, "Encounter", ("location:below", house)) == {in_house, on_floor, in_room}
    assert await found(record, "Encounter", ("location:below", f"Location/{floor}")) == {on_floor, in_room}
    assert await found(record, "Encounter", ("location:above", room)) == {in_house, on_floor, in_room}
    assert await found(record, "Encounter", ("location:above", f"{BASE}/Location/{house}")) == {in_house}
    both = ("location:below", f"{floor},{beside}")
    assert await found(record, "Encounter", both) == {on_floor, in_room, elsewhere}
    assert await found(record, "Encounter", ("_filter", f"location ss {floor} and not (location re {room})")) == {
        on_floor
    }
    assert await found(record, "Location", ("partof:below", house)) == {floor, room}
    assert await found(record, "Encounter", ("location:below", "nowhere")) == set()
    chained = ("_has:Encounter:location:location:below", floor)
    assert await found(record, "Location", chained) == {floor, room}


async def test_a_circle_ends(record: Record) -> None:
    first = await location(record)
    second = await location(record, first)
    there = await record.read("Location", first)
    assert not isinstance(there, Refusal)
    turned = there.resource() | {"partOf": {"reference": f"Location/{second}"}}
    assert not isinstance(await record.update("Location", first, turned), Refusal)
    ids = set(await visits(record, first, second))
    for way in ("above", "below"):
        assert await found(record, "Encounter", (f"location:{way}", first)) == ids


async def test_too_many_parts_and_levels_are_refused(record: Record) -> None:
    house = top = await location(record)
    for _ in range(MOST_THINGS):
        await location(record, house)
    answer = await record.search("Encounter", [("location:below", house)])
    assert isinstance(answer, Refusal)
    assert answer.kind is Kind.TOO_COSTLY
    for _ in range(MOST_LEVELS + 1):
        top = await location(record, top)
    answer = await record.search("Encounter", [("location:above", top)])
    assert isinstance(answer, Refusal)
    assert answer.kind is Kind.TOO_COSTLY


@pytest.mark.parametrize(
    ("kind", "name", "value"),
    [
        ("Observation", "subject:below", "Patient/x"), ("Observation", "subject:below", "x"),
        ("Observation", "code:below", "x"), ("Observation", "performer:above", "Practitioner/x"),
    ],
)  # fmt: skip
async def test_what_has_no_parts_is_refused(record: Record, kind: str, name: str, value: str) -> None:
    answer = await record.search(kind, [(name, value)])
    assert isinstance(answer, Refusal)
    assert answer.kind is Kind.INVALID
    assert answer.issues[0].path == name


async def test_parts_that_may_not_be_seen_are_as_if_they_were_not_there(store: Store, record: Record) -> None:
    who = await made(record, patient())
    plain = {"resourceType": "Encounter", "status": "finished", "class": {"code": "HH"}}
    about = {"subject": {"reference": f"Patient/{who}"}}
    whole = await made(record, plain | about)
    part = await made(record, plain | about | {"partOf": {"reference": f"Encounter/{whole}"}})
    assert await found(record, "Encounter", ("part-of:below", whole)) == {part}
    context = Context(STRANGER, "Practitioner/none", "telemedicine-nurse", "none", "TREAT", NOW, "r")
    stranger = Record(store, context, BASE)
    for one in (whole, "nothing"):
        assert await found(stranger, "Encounter", ("part-of:below", one)) == set()
        assert await found(stranger, "Encounter", ("_filter", f"part-of ss {one} or id eq {one}")) == set()


async def test_an_address_is_found_with_its_version_and_without(record: Record) -> None:
    asked = "http://example.org/profile"
    ids = [
        await made(record, {"resourceType": "Basic", "code": {"text": "x"}, "meta": {"profile": [f"{asked}{version}"]}})
        for version in ("", "|1.0", "|2.0")
    ]
    assert await found(record, "Basic", ("_profile", asked)) == set(ids)
    assert await found(record, "Basic", ("_profile", f"{asked}|1.0")) == {ids[1]}
    assert await found(record, "Basic", ("_profile", f"{asked}|3.0")) == set()
