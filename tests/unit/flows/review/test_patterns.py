"""The rules of patterns, each found where it holds and not found one step before."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from itertools import count
from zoneinfo import ZoneInfo

import msgspec

from saman.flows.review.patterns import Address, Known, Pattern, World, patterns
from saman.flows.review.visits import Visit, visits
from saman.model.fhir import resource_number
from saman.record.audit import Logged

NOON = datetime(2026, 11, 18, 11, 0, tzinfo=UTC)
EVA = "Practitioner/eva"
HOME = Address("storgata 5", "storgata", "grimstad")
NEXT_DOOR = Address("storgata 7", "storgata", "grimstad")
ELSEWHERE = Address("lia 1", "lia", "grimstad")
NUMBERS = count(1)


def logged(person: str, at: datetime = NOON, action: str = "R", actor: str = EVA, **more: object) -> Logged:
    known = {
        "entry": next(NUMBERS), "at": at, "request": "r", "actor": actor, "role": "nurse", "party": "unit",
        "purpose": "TREAT", "action": action, "type": resource_number("Goal"), "id": "1", "version": None,
        "person": person, "outcome": 0, "ground": "CareTeam/1", "query": "",
    } | more  # fmt: skip
    return msgspec.convert(known, Logged)


def looked(*people: str, at: datetime = NOON, action: str = "R", actor: str = EVA) -> tuple[Visit, ...]:
    return visits(logged(one, at, action, actor) for one in people)


def found(
    seen: tuple[Visit, ...],
    people: dict[str, Known] | None = None,
    staff: dict[str, Known] | None = None,
    earlier: tuple[Visit, ...] = (),
    closed: bool | None = False,
) -> dict[str, Pattern]:
    world = World(
        visits=seen,
        earlier=earlier,
        people=people or {},
        staff=staff or {},
        zone=ZoneInfo("Europe/Oslo"),
        closed=lambda visit: closed,
    )
    return {one.rule: one for one in patterns(world)}


def test_nothing_is_found_where_nothing_is_known() -> None:
    assert found(looked("a", "b")) == {}


def test_family_is_the_same_name_and_home() -> None:
    eva = Known(family="aasen", addresses=(HOME,))
    people = {"a": Known(family="aasen", addresses=(HOME,)), "b": Known(family="aasen", addresses=(ELSEWHERE,))}
    assert found(looked("a"), people, {EVA: eva})["family"].numbers == (
        ("bearers", "2"), ("people", "2"), ("address", "same"),
    )  # fmt: skip
    assert "family" not in found(looked("b"), people, {EVA: eva})
    assert "family" not in found(looked("a"), people, {EVA: Known(family="lie", addresses=(HOME,))})


def test_family_is_told_as_unsure_where_the_home_of_who_looked_is_unknown() -> None:
    shown = found(looked("a"), {"a": Known(family="aasen", addresses=(HOME,))}, {EVA: Known(family="aasen")})
    assert ("address", "unknown") in shown["family"].numbers


def test_no_name_is_nobodys_family() -> None:
    assert "family" not in found(looked("a"), {"a": Known()}, {EVA: Known()})


def test_neighbours_share_a_street_and_place() -> None:
    eva = {EVA: Known(family="lie", addresses=(HOME,))}
    assert found(looked("a"), {"a": Known(family="moe", addresses=(NEXT_DOOR,))}, eva)["neighbour"].numbers == (
        ("home", "street"),
    )
    assert found(looked("a"), {"a": Known(family="moe", addresses=(HOME,))}, eva)["neighbour"].numbers == (
        ("home", "same"),
    )
    assert "neighbour" not in found(looked("a"), {"a": Known(family="moe", addresses=(ELSEWHERE,))}, eva)
    elsewhere = msgspec.structs.replace(NEXT_DOOR, code="lillesand")
    assert "neighbour" not in found(looked("a"), {"a": Known(addresses=(elsewhere,))}, eva)


def test_a_colleague_is_told_by_number_or_name() -> None:
    staff = {EVA: Known(name="eva lie"), "Practitioner/per": Known(name="per moe", identifiers=frozenset({"n|1"}))}
    by_number = {"a": Known(name="p. moe", identifiers=frozenset({"n|1"}))}
    assert found(looked("a"), by_number, staff)["colleague"].numbers == (("by", "number"),)
    assert found(looked("a"), {"a": Known(name="per moe")}, staff)["colleague"].numbers == (("by", "name"),)
    assert "colleague" not in found(looked("a"), {"a": Known(name="kari vik")}, staff)
    assert "colleague" not in found(looked("a"), {"a": Known(name="eva lie")}, staff), "oneself is no colleague"


def test_another_day_of_birth_is_another_person() -> None:
    staff = {EVA: Known(), "Practitioner/per": Known(name="per moe", born="1980-01-01")}
    assert "colleague" not in found(looked("a"), {"a": Known(name="per moe", born="1940-01-01")}, staff)


def many(count: int, at: datetime = NOON) -> tuple[Visit, ...]:
    return looked(*(f"p{number}" for number in range(count)), at=at)


def test_many_people_in_a_day_are_held_against_the_usual_day() -> None:
    assert found(many(15))["many"].numbers == (("people", "15"), ("usual", "0"), ("days", "0"))
    assert "many" not in found(many(14))
    usual = many(5, NOON - timedelta(days=20))
    assert "many" in found(many(15), earlier=usual)
    assert "many" not in found(many(15), earlier=many(6, NOON - timedelta(days=20)))


def test_many_in_two_days_is_not_many_in_one() -> None:
    assert "many" not in found(many(10) + many(10, NOON + timedelta(days=1)))


def test_looks_without_an_act_are_counted_per_person_who_looked() -> None:
    assert found(many(5))["no-act"].numbers == (("alone", "5"), ("visits", "5"))
    assert "no-act" not in found(many(4))
    wrote = looked("p0", "p1", "p2", action="U", at=NOON + timedelta(days=2), actor="Practitioner/per")
    assert "no-act" not in found((*many(6), *wrote)), "a colleague wrote about half of them"
    late = looked("p0", "p1", "p2", action="U", at=NOON + timedelta(days=8), actor="Practitioner/per")
    assert "no-act" in found((*many(6), *late))


def test_closed_units_are_told_and_unknown_hours_are_not() -> None:
    assert found(looked("a"), closed=True)["out-of-hours"].numbers == (("closed", "1"), ("visits", "1"))
    assert "out-of-hours" not in found(looked("a"), closed=False)
    assert "out-of-hours" not in found(looked("a"), closed=None)


def test_what_was_refused_is_no_look() -> None:
    refused = visits([logged(f"p{number}", outcome=4) for number in range(20)])
    assert found(refused, closed=True) == {}
