"""What is about one person is found once, in one order, also where much of it came at one moment."""

from __future__ import annotations

from datetime import timedelta
from itertools import product

import pytest
import pytest_asyncio

from saman.kernel.outcome import Refusal
from saman.record import Page, Record, Store, system
from saman.record.everything import Everything
from tests.record.conftest import BASE, NOW, made, observation, patient

MANY = 7
LOINC = {"system": "http://loinc.org", "code": "59408-5"}
LOCAL = {"system": "urn:local", "code": "59408-5", "display": "Metning"}
OTHER = {"system": "urn:other", "code": "59408-5"}
CODED = "59408-5", "http://loinc.org|59408-5", "urn:local|59408-5", "urn:other|59408-5,http://loinc.org|59408-5"
Pairs = list[tuple[str, str]]


@pytest_asyncio.fixture(scope="module", loop_scope="session")
async def people(store: Store) -> dict[str, list[str]]:
    """Two people, each with readings of one moment whose code is one in three systems."""
    record, found = Record(store, system(NOW), BASE), dict[str, list[str]]()
    for _ in range(2):
        who = await made(record, patient())
        code = {"coding": [LOCAL, LOINC, OTHER], "text": "Metning"}
        found[who] = [await made(record, observation(who, code=code)) for _ in range(MANY)]
    return found


async def pages(record: Record, pairs: Pairs) -> list[str]:
    """The ids of all pages, one after the other."""
    seen, cursor = list[str](), Pairs()
    while True:
        page = await record.search("Observation", [*pairs, ("_count", "2"), *cursor])
        assert isinstance(page, Page)
        seen += [one.id for one in page.matches]
        if page.next is None:
            return seen
        assert len(page.matches) == 2
        cursor = [("_cursor", page.next)]


@pytest.mark.parametrize(("code", "sort"), list(product((*CODED, ""), ("date", "-date"))))
async def test_pages_of_one_moment_neither_repeat_nor_skip(
    record: Record, people: dict[str, list[str]], code: str, sort: str
) -> None:
    asked = [("_sort", sort), *([("code", code)] if code else [])]
    who, ids = next(iter(people.items()))
    assert await pages(record, [("patient", who), *asked]) == sorted(ids, reverse=sort == "-date")
    everybody = sorted([one for each in people.values() for one in each], reverse=sort == "-date")
    assert await pages(record, [("patient", ",".join(people)), *asked]) == everybody


@pytest.mark.parametrize("code", ["urn:local|59408", "urn:nobody|59408-5", "59408-6"])
async def test_what_no_system_has_is_not_found(record: Record, people: dict[str, list[str]], code: str) -> None:
    for whose in (next(iter(people)), ",".join(people)):
        page = await record.search("Observation", [("patient", whose), ("code", code)])
        assert isinstance(page, Page)
        assert not page.matches


@pytest.mark.parametrize("code", CODED)
async def test_chains_find_whose_code_it_is(record: Record, people: dict[str, list[str]], code: str) -> None:
    page = await record.search("Patient", [("_has:Observation:patient:code", code), ("_id", ",".join(people))])
    assert isinstance(page, Page)
    assert {one.id for one in page.matches} == set(people)


async def test_the_newest_are_as_many_as_wanted(record: Record, people: dict[str, list[str]]) -> None:
    since = NOW - timedelta(days=400)
    asked = [("patient", ",".join(people)), ("code", "urn:local|59408-5"), ("_count", "3")]
    newest = await record.newest("Observation", asked, since)
    assert not isinstance(newest, Refusal)
    wanted = [one for ids in people.values() for one in sorted(ids)[-3:]]
    assert sorted(one.id for one in newest) == sorted(wanted)
    for who, ids in people.items():
        about = await record.about(who, {"Observation": 3})
        assert not isinstance(about, Refusal)
        assert [one.id for one in about["Observation"]] == sorted(ids)[:-4:-1]


async def test_everything_of_one_moment_comes_once(record: Record, people: dict[str, list[str]]) -> None:
    who, ids = next(iter(people.items()))
    seen, cursor = list[str](), ""
    while True:
        asked = Everything(types=("Observation",), count=2, cursor=cursor)
        page = await record.everything(who, asked)
        assert isinstance(page, Page)
        seen += [one.id for one in page.matches]
        if page.next is None:
            break
        cursor = page.next
    assert seen == sorted(ids, reverse=True)
