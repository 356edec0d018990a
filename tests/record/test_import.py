"""The 40 Synthea bundles go in through the ordinary way and come out with equal content."""

from __future__ import annotations

import gzip
from collections import Counter
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest
import pytest_asyncio

from saman.kernel import json
from saman.kernel.outcome import Refusal
from saman.record import Record, Stored, system
from tests.record.conftest import BASE, NOW, Opener, Resource, processed, without_server_parts
from tests.record.test_official_examples import alike

pytestmark = pytest.mark.conformance

FOLDER = Path(__file__).parents[2] / "saman/ops/demo/data/synthea"
FILES = sorted(FOLDER.glob("*.json.gz"))

Bundles = list[tuple[Resource, Resource]]


def read(file: Path) -> Resource:
    bundle = json.decode(gzip.decompress(file.read_bytes()))
    assert isinstance(bundle, dict)
    return bundle


@pytest.fixture(scope="module")
def bundles() -> list[Resource]:
    return [read(file) for file in FILES]


@pytest_asyncio.fixture(scope="module", loop_scope="session")
async def imported(database: Any, open_at: Opener, bundles: list[Resource]) -> AsyncIterator[tuple[Record, Bundles]]:
    """A record with everything imported, and each bundle with its answer."""
    record = Record(await open_at(database.app_url), system(NOW), BASE)
    yield record, [(bundle, await processed(record, bundle)) for bundle in bundles]


def rewritten(value: Any, targets: dict[str, str]) -> Any:
    """`value` with the references that the import had to rewrite."""
    if isinstance(value, dict):
        same = {name: rewritten(one, targets) for name, one in value.items()}
        known = value.get("reference")
        return same | {"reference": targets[known]} if isinstance(known, str) and known in targets else same
    return [rewritten(one, targets) for one in value] if isinstance(value, list) else value


def places(answer: Resource) -> list[tuple[str, str]]:
    """Type and id of each entry of an answer."""
    told = [entry["response"]["location"].removeprefix(f"{BASE}/").split("/") for entry in answer["entry"]]
    return [(kind, id) for kind, id, *_ in told]


async def every(record: Record, kind: str) -> dict[str, Stored]:
    """All resources of a type, page after page."""
    found: dict[str, Stored] = {}
    cursor: list[tuple[str, str]] = []
    while True:
        page = await record.search(kind, [("_count", "500"), *cursor])
        assert not isinstance(page, Refusal)
        assert not found.keys() & {one.id for one in page.matches}
        found |= {one.id: one for one in page.matches}
        if page.next is None:
            return found
        cursor = [("_cursor", page.next)]


def test_all_forty_are_here() -> None:
    assert len(FILES) == 40


async def test_what_went_in_comes_out(imported: tuple[Record, Bundles]) -> None:
    record, answered = imported
    kinds = Counter(entry["resource"]["resourceType"] for bundle, _ in answered for entry in bundle["entry"])
    stored = {kind: await every(record, kind) for kind in kinds}
    assert {kind: len(found) for kind, found in stored.items()} == dict(kinds)
    for bundle, answer in answered:
        pairs = list(zip(bundle["entry"], places(answer), strict=True))
        targets = {entry["fullUrl"]: f"{kind}/{id}" for entry, (kind, id) in pairs}
        for entry, (kind, id) in pairs:
            expected = without_server_parts(rewritten(entry["resource"], targets))
            assert alike(without_server_parts(stored[kind][id].resource())) == alike(expected), (kind, id)


ABOUT = ("Observation", "Condition", "Encounter", "Claim", "ExplanationOfBenefit", "Procedure", "Immunization")


async def test_everything_about_a_person_is_found_by_the_person(imported: tuple[Record, Bundles]) -> None:
    record, answered = imported
    for bundle, answer in answered[:5]:
        who = dict(places(answer))["Patient"]
        told = Counter(entry["resource"]["resourceType"] for entry in bundle["entry"])
        for kind in ABOUT:
            page = await record.search(kind, [("patient", who), ("_total", "accurate"), ("_count", "1")])
            assert not isinstance(page, Refusal)
            assert page.total == told[kind], kind
        shards = {record.store.mint.shard(id) for kind, id in places(answer) if kind in ABOUT}
        assert shards == {record.store.mint.shard(who)}
