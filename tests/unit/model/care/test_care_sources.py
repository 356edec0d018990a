"""Every region says where each fact is from, marks sources as they were judged, and uses every page about it."""

from __future__ import annotations

import csv
from datetime import UTC, datetime
from pathlib import Path

import pytest

from saman.kernel.outcome import Refusal
from saman.model.care.basis import Grounded, ground
from saman.model.care.check import check
from saman.model.care.load import load
from saman.model.care.walk import walk

REGIONS = Path(__file__).parents[4] / "regions"
NOW = datetime(2026, 11, 20, 12, tzinfo=UTC)
OUR_OWN = {
    "ssb.no", "scb.se", "dst.dk", "stat.fi", "statice.is", "kartverket.no", "lantmateriet.se", "dataforsyningen.dk",
    "maanmittauslaitos.fi", "lmi.is",
}  # fmt: skip
"""Agencies whose statistics and maps the regions are drawn with; what else is cited is a page that was judged."""

with (Path(__file__).parent / "data" / "sources.tsv").open(encoding="utf-8", newline="") as _file:
    JUDGED = {row["url"]: row for row in csv.DictReader(_file, delimiter="\t")}

NAMES = sorted(path.parent.name for path in REGIONS.glob("*/region.yaml"))


@pytest.fixture(scope="module")
def files() -> dict[str, str]:
    return {str(path.relative_to(REGIONS)): path.read_text("utf-8") for path in REGIONS.rglob("*.yaml")}


@pytest.mark.parametrize("name", NAMES)
def test_a_region_fits_together(files: dict[str, str], name: str) -> None:
    read = load(files, name, NOW.date())
    assert not isinstance(read, Refusal), [issue.text for issue in read.issues]
    assert [f"{issue.path}: {issue.text}" for issue in check(read, NOW)] == []


@pytest.mark.parametrize("name", NAMES)
def test_its_sources_are_marked_as_they_were_judged(files: dict[str, str], name: str) -> None:
    read = load(files, name, NOW.date())
    assert not isinstance(read, Refusal)
    for source in read.model.region.sources:
        if source.url in JUDGED:
            assert source.mark.value == JUDGED[source.url]["mark"], source.id
        else:
            host = source.url.split("/")[2].removeprefix("www.")
            assert host in OUR_OWN, (source.id, source.url)


@pytest.mark.parametrize("name", NAMES)
def test_every_page_about_it_is_used(files: dict[str, str], name: str) -> None:
    read = load(files, name, NOW.date())
    assert not isinstance(read, Refusal)
    cited = {id for part in read.parts.values() for id in _cited(part)}
    used = {one.url for one in read.model.region.sources if one.id in cited}
    about = {url for url, row in JUDGED.items() if name in row["regions"].split(",")}
    assert about - used == set()


with (Path(__file__).parent / "data" / "facts.tsv").open(encoding="utf-8", newline="") as _file:
    KNOWN = [(row["region"], row["mark"], row["says"]) for row in csv.DictReader(_file, delimiter="\t")]


@pytest.fixture(scope="module")
def told(files: dict[str, str]) -> dict[str, list[tuple[str, str]]]:
    """By region, each fact with its mark (empty where it is not known) and all that it says in English."""
    found: dict[str, list[tuple[str, str]]] = {}
    for name in NAMES:
        read = load(files, name, NOW.date())
        assert not isinstance(read, Refusal)
        sources = read.model.sources()
        facts = (visit.value for part in read.parts.values() for visit in walk(part))
        found[name] = [(ground(one, sources), _english(one)) for one in facts if isinstance(one, Grounded)]
    return found


def _english(fact: Grounded) -> str:
    """The name and the texts of one fact, without those of the facts within it."""
    texts = (getattr(fact, name) for name in fact.__struct_fields__)
    return " ".join(
        text.get("en", "") if isinstance(text, dict) else text for text in texts if isinstance(text, dict | str)
    )


@pytest.mark.parametrize(("name", "mark", "says"), KNOWN)
def test_what_is_known_of_a_region_stands_there_with_its_mark(
    told: dict[str, list[tuple[str, str]]], name: str, mark: str, says: str
) -> None:
    words = [word.lower() for word in says.split("|")]
    among = {ground for ground, text in told[name] if all(word in text.lower() for word in words)}
    assert (mark or "not known") in among, among


@pytest.mark.parametrize("name", NAMES)
def test_every_fact_of_a_region_has_one_ground_and_none_claims_more_than_its_page(
    told: dict[str, list[tuple[str, str]]], name: str
) -> None:
    assert told[name]
    assert {mark for mark, _ in told[name]} <= {"A", "B", "C", "sample", "not known"}
    assert sum(mark == "not known" for mark, _ in told[name]) > 0 or name == "template"


def _cited(part: object) -> set[str]:
    facts = (visit.value for visit in walk(part))  # type: ignore[arg-type]
    return {id for fact in facts if isinstance(fact, Grounded) for id in fact.source}


@pytest.mark.parametrize("name", NAMES)
def test_everywhere_people_have_a_practice_whatever_it_is_called(files: dict[str, str], name: str) -> None:
    read = load(files, name, NOW.date())
    assert not isinstance(read, Refusal)
    practices = [party for party in read.model.parties if party.is_practice]
    assert {place.code for place in read.model.region.places} <= {code for one in practices for code in one.serves}
    assert all("general-practitioner" in one.roles for one in practices)
