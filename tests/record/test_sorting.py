"""Any parameters sort, several together, and pages in that order neither repeat nor skip."""

from __future__ import annotations

from itertools import pairwise
from random import Random
from typing import Any

import pytest
import pytest_asyncio

from saman.kernel.outcome import Refusal
from saman.model.fhir import fold
from saman.record import Page, Record, Store, system
from tests.record.conftest import BASE, NOW, Resource, made, patient

PEOPLE = 25
WAYS = (
    "gender,birthdate", "-gender,birthdate", "gender,-birthdate,family", "-birthdate,-family,gender", "family,-gender",
    "birthdate", "-birthdate", "birthdate,_id", "-organization,birthdate", "organization,-family,_lastUpdated",
    "active,gender", "name,-_id",
)  # fmt: skip


@pytest_asyncio.fixture(scope="module", loop_scope="session")
async def people(store: Store) -> list[Resource]:
    """Citizens of whom some lack one thing or another."""
    record, pick = Record(store, system(NOW), BASE), Random(5)
    units = [await made(record, {"resourceType": "Organization", "name": name}) for name in ("a", "b")]
    found: list[Resource] = []
    for _ in range(PEOPLE):
        more: dict[str, Any] = {
            "name": [{"family": pick.choice(("Ås", "Aas", "Berg", "Lie"))}],
            "gender": pick.choice(("male", "female")),
            "birthDate": pick.choice(("1940", "1940-05", "1940-05-02", "1951-12-31")),
            "managingOrganization": {"reference": f"Organization/{pick.choice(units)}"},
            "active": pick.choice((True, False)),
        }
        kept = {name: value for name, value in more.items() if pick.random() < 0.8}
        found.append(patient(**kept) | ({} if "name" in kept else {"name": [{"text": "-"}]}))
        found[-1]["id"] = await made(record, found[-1])
    return found


def value_of(one: Resource, code: str, *, down: bool) -> Any:
    """What one key sorts a citizen by; None comes last."""
    if code == "birthdate":
        text = one.get("birthDate")
        return None if text is None else text.ljust(10, "~" if down else " ")
    found: dict[str, Any] = {
        "gender": one.get("gender"),
        "family": fold(one["name"][0].get("family", "")) or None,
        "name": fold(one["name"][0].get("family", one["name"][0].get("text", ""))),
        "organization": one.get("managingOrganization", {}).get("reference"),
        "active": str(one["active"]).lower() if "active" in one else None,
        "_id": one["id"],
        "_lastUpdated": "",
    }
    return found[code]


def in_order(here: Resource, there: Resource, keys: list[str]) -> bool:
    """Whether the one may stand before the other."""
    for key in keys:
        code, down = key.removeprefix("-"), key.startswith("-")
        before, after = value_of(here, code, down=down), value_of(there, code, down=down)
        if before != after:
            if before is None or after is None:
                return after is None
            return bool(before > after) if down else bool(before < after)
    return True


@pytest.mark.parametrize("sort", WAYS)
async def test_every_page_goes_on_in_the_order(record: Record, people: list[Resource], sort: str) -> None:
    by, seen, cursor = {one["id"]: one for one in people}, list[str](), list[tuple[str, str]]()
    while True:
        page = await record.search("Patient", [("_sort", sort), ("_count", "4"), *cursor])
        assert isinstance(page, Page)
        seen += [one.id for one in page.matches]
        if page.next is None:
            break
        cursor = [("_cursor", page.next)]
    assert sorted(seen) == sorted(by)
    wrong = [(a, b) for a, b in pairwise(seen) if not in_order(by[a], by[b], sort.split(","))]
    assert wrong == []


async def test_keys_that_are_asked_for_one_by_one_all_count(record: Record, people: list[Resource]) -> None:
    listed = await record.search("Patient", [("_sort", "gender,-birthdate")])
    repeated = await record.search("Patient", [("_sort", "gender"), ("_sort", "-birthdate")])
    assert isinstance(listed, Page)
    assert isinstance(repeated, Page)
    assert [one.id for one in repeated.matches] == [one.id for one in listed.matches]


@pytest.mark.parametrize(
    "sort", ["nothing", "gender,nothing", ",", "gender,", "_id,_id,_id,_id,_id,_id", "--gender", "near"]
)
async def test_what_cannot_be_sorted_by_is_refused(record: Record, sort: str) -> None:
    refusal = await record.search("Patient", [("_sort", sort)])
    assert isinstance(refusal, Refusal)
    assert refusal.issues[0].path == "_sort"


async def test_a_page_marker_of_another_order_is_refused(record: Record, people: list[Resource]) -> None:
    page = await record.search("Patient", [("_sort", "gender,birthdate"), ("_count", "4")])
    assert people
    assert isinstance(page, Page)
    assert page.next is not None
    assert isinstance(await record.search("Patient", [("_sort", "gender"), ("_cursor", page.next)]), Refusal)
