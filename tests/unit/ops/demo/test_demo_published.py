from __future__ import annotations

import gzip
from collections import Counter
from datetime import datetime
from typing import Any

import pytest

from saman.kernel import json
from saman.ops.demo.packaged import FOLDER
from saman.ops.demo.places import MUNICIPALITIES
from saman.ops.demo.setting import Setting
from saman.ops.demo.synthea import newcomers

Resource = dict[str, Any]
MONDAY = datetime.fromisoformat("2026-11-23T08:12:00+01:00")


@pytest.fixture(scope="module")
def published() -> dict[str, Resource]:
    """The 40 Bundles as published, by file name."""
    paths = [path for path in FOLDER.joinpath("synthea").iterdir() if path.name.endswith(".gz")]
    return {path.name: json.decode(gzip.decompress(path.read_bytes())) for path in paths}


@pytest.fixture(scope="module")
def at_home(demo: dict[str, Resource]) -> dict[str, Resource]:
    """The same Bundles at home in Agder, by file name."""
    setting = Setting(MONDAY, 1)
    return {newcomer.file: demo[f"published-{newcomer.person.id}"] for newcomer, _ in newcomers(setting)}


def _of_type(bundle: Resource, *types: str) -> list[Resource]:
    return [e["resource"] for e in bundle["entry"] if e["resource"]["resourceType"] in types]


def test_all_forty_are_shipped_as_published(published: dict[str, Resource]) -> None:
    assert len(published) == 40
    assert sum(len(bundle["entry"]) for bundle in published.values()) == 8946
    assert {path.name for path in FOLDER.joinpath("synthea").iterdir()} >= {"LICENSE.txt", "NOTICE.txt", "SOURCE.md"}


_CHANGED = ("Patient", "Organization", "Practitioner")


def test_clinical_content_stays_as_published(published: dict[str, Resource], at_home: dict[str, Resource]) -> None:
    for file, before in published.items():
        after = at_home[file]
        named = {
            entry["fullUrl"]: f"{entry['resource']['resourceType']}/"
            for entry in before["entry"]
            if entry["resource"]["resourceType"] in _CHANGED
        }
        kept = [e for e in before["entry"] if e["fullUrl"] not in named]
        same = [
            e
            for e in after["entry"]
            if e["resource"].get("meta", {}).get("source") and e["request"]["method"] == "POST"
        ]
        assert [e["fullUrl"] for e in kept] == [e["fullUrl"] for e in same]
        for old, new in zip(kept, same, strict=True):
            assert _same(old["resource"], new["resource"], named), (file, old["fullUrl"])


def _same(old: Any, new: Any, named: dict[str, str]) -> bool:
    """Whether two values are equal but for marks and for references to whom the demo has given a fixed id."""
    if isinstance(old, dict):
        keys = old.keys() - {"meta"}
        return keys == new.keys() - {"meta"} and all(_same(old[key], new[key], named) for key in keys)
    if isinstance(old, list):
        return len(old) == len(new) and all(_same(a, b, named) for a, b in zip(old, new, strict=True))
    if isinstance(old, str) and old in named:
        return bool(new.startswith(named[old]))
    return bool(old == new and str(old) == str(new))


def test_the_published_marks_are_kept(at_home: dict[str, Resource]) -> None:
    for bundle in at_home.values():
        for resource in _of_type(bundle, "Observation", "Claim", "Patient"):
            assert {"system": "https://smarthealthit.org/tags", "code": "synthea-5-2019"} in resource["meta"]["tag"]
            assert resource["meta"]["source"] == "https://github.com/smart-on-fhir/generated-sample-data"


def test_birth_sex_marriage_and_death_are_as_published(
    published: dict[str, Resource], at_home: dict[str, Resource]
) -> None:
    for file, before in published.items():
        (old,), (new,) = _of_type(before, "Patient"), _of_type(at_home[file], "Patient")
        for key in ("birthDate", "gender", "maritalStatus", "multipleBirthBoolean", "deceasedDateTime"):
            assert old.get(key) == new.get(key)


def test_three_are_dead_and_have_nobody_around_them(at_home: dict[str, Resource]) -> None:
    dead = [bundle for bundle in at_home.values() if "deceasedDateTime" in _of_type(bundle, "Patient")[0]]
    assert len(dead) == 3
    assert not [team for bundle in dead for team in _of_type(bundle, "CareTeam")]
    assert all(_of_type(bundle, "CareTeam") for bundle in at_home.values() if bundle not in dead)


def test_everybody_lives_in_agder(at_home: dict[str, Resource]) -> None:
    codes = {place.code for place in MUNICIPALITIES}
    for bundle in at_home.values():
        for resource in _of_type(bundle, *_CHANGED):
            for address in resource["address"]:
                assert address["country"] == "NO"
                assert address["_district"]["extension"][0]["valueCoding"]["code"] in codes


def test_homes_follow_where_people_live(at_home: dict[str, Resource]) -> None:
    patients = [_of_type(bundle, "Patient")[0] for bundle in at_home.values()]
    groups = {
        "over65": [each for each in patients if each["birthDate"] < "1961"],
        "under65": [each for each in patients if each["birthDate"] >= "1961"],
    }
    for weight, members in groups.items():
        counts = Counter(each["address"][0]["district"] for each in members)
        total = sum(getattr(place, weight) for place in MUNICIPALITIES)
        for place in MUNICIPALITIES:
            assert abs(counts[place.name] - len(members) * getattr(place, weight) / total) < 1


def test_nothing_of_the_united_states_address_and_identity_is_left(
    published: dict[str, Resource], at_home: dict[str, Resource]
) -> None:
    everything = b"".join(json.encode(bundle) for bundle in at_home.values()).decode()
    for word in ("Massachusetts", "us-ssn", "us-core", "passportNumber", "geolocation", '"country":"US"'):
        assert word not in everything
    for before in published.values():
        for resource in _of_type(before, *_CHANGED):
            for address in resource["address"]:
                assert all(line not in everything for line in address["line"])
            assert all(f'"{each["value"]}"' not in everything for each in resource.get("telecom", []))


def test_an_organisation_of_several_bundles_is_stored_once(demo: dict[str, Resource]) -> None:
    placed = Counter(
        entry["request"]["url"]
        for bundle in demo.values()
        for entry in bundle["entry"]
        if entry["resource"]["resourceType"] in ("Organization", "Practitioner")
    )
    assert set(placed.values()) == {1}
    assert sum(url.startswith("Organization/treatment-site-") for url in placed) == 40


def test_another_seed_gives_other_names_and_homes() -> None:
    first, second = ([n.person for n, _ in newcomers(Setting(MONDAY, seed))] for seed in (1, 2))
    assert [p.born for p in first] == [p.born for p in second]
    assert [p.name for p in first] != [p.name for p in second]
    assert [p.place.code for p in first] != [p.place.code for p in second]
    assert Counter(p.place.code for p in first) == Counter(p.place.code for p in second)
