from __future__ import annotations

import re
from datetime import datetime, timedelta
from hashlib import sha256
from itertools import takewhile
from pathlib import Path
from typing import Any

import msgspec
import pytest

from saman.flows.monitoring.missing import missing_key
from saman.kernel import json
from saman.model.fhir import validate
from saman.ops.demo import demo_bundles

Resource = dict[str, Any]
MONDAY = datetime.fromisoformat("2026-11-23T08:12:00+01:00")
REGION = Path(__file__).parents[4] / "regions/no-agder/parties.yaml"
TEST_DATA = "http://terminology.hl7.org/CodeSystem/v3-ActReason"


def _own(now: datetime) -> dict[str, Resource]:
    """The Bundles up to the published people, whose time does not move."""
    return dict(takewhile(lambda named: not named[0].startswith("published-"), demo_bundles(now)))


def _digest(now: datetime, seed: int) -> str:
    digest = sha256()
    for name, bundle in demo_bundles(now, seed):
        digest.update(name.encode() + json.encode(bundle))
    return digest.hexdigest()


def test_the_same_day_and_seed_give_the_same_bytes() -> None:
    assert _digest(MONDAY, 1) == _digest(MONDAY, 1)
    assert _digest(MONDAY, 1) != _digest(MONDAY, 2)


def test_every_resource_is_marked_as_test_data(stored: list[Resource]) -> None:
    for resource in stored:
        meta = resource["meta"]
        assert [each["code"] for each in meta["security"] if each["system"] == TEST_DATA] == ["HTEST"]
        tags = [each["code"] for each in meta["tag"] if each["system"] == "urn:saman:tag"]
        assert tags.count("synthetic") == 1
        assert "source" in meta or {"hand-made", "simulated"} & set(tags)


def test_every_resource_is_valid(demo: dict[str, Resource]) -> None:
    for name, bundle in demo.items():
        assert not validate({"resourceType": "Bundle", "type": bundle["type"]})
        for entry in bundle["entry"]:
            assert not validate(entry["resource"]), (name, entry["fullUrl"])


def test_bundles_come_back_from_json_as_they_went(demo: dict[str, Resource]) -> None:
    for name in ("person-ingrid-aasen", "reports-ingrid-aasen", "going-on"):
        assert json.encode(json.decode(json.encode(demo[name]))) == json.encode(demo[name])


def _references(value: Any) -> set[str]:
    if isinstance(value, dict):
        own = {value["reference"]} if isinstance(value.get("reference"), str) else set()
        return own.union(*(_references(each) for each in value.values()))
    return set().union(*(_references(each) for each in value)) if isinstance(value, list) else set()


def test_every_reference_leads_to_the_bundle_an_earlier_one_or_the_region(demo: dict[str, Resource]) -> None:
    parties = msgspec.yaml.decode(REGION.read_bytes())["parties"]
    known = {f"Organization/{party['id']}" for party in parties}
    for name, bundle in demo.items():
        known |= {entry["request"]["url"] for entry in bundle["entry"] if entry["request"]["method"] == "PUT"}
        inside = {entry["fullUrl"] for entry in bundle["entry"]}
        for entry in bundle["entry"]:
            own = {f"#{each['id']}" for each in entry["resource"].get("contained", [])}
            assert _references(entry["resource"]) <= known | inside | own, (name, entry["request"])


def test_entries_are_transactions_with_urn_full_urls(demo: dict[str, Resource]) -> None:
    for bundle in demo.values():
        assert bundle["type"] == "transaction"
        urls = [entry["fullUrl"] for entry in bundle["entry"]]
        assert len(urls) == len(set(urls))
        assert all(re.fullmatch("urn:uuid:[0-9a-f-]{36}", url) for url in urls)


def test_no_bundle_writes_the_same_resource_twice(demo: dict[str, Resource]) -> None:
    for bundle in demo.values():
        urls = [entry["request"]["url"] for entry in bundle["entry"] if entry["request"]["method"] == "PUT"]
        assert len(urls) == len(set(urls))


def test_the_demo_is_small_enough_for_a_first_start(stored: list[Resource]) -> None:
    assert 10_000 < len(stored) < 25_000


@pytest.mark.parametrize("hours", [0, 6, 30, 129, 2404])
def test_nothing_has_happened_after_now(hours: int) -> None:
    now = MONDAY + timedelta(hours=hours)
    for bundle in _own(now).values():
        for entry in bundle["entry"]:
            resource = entry["resource"]
            for key in ("effectiveDateTime", "authored", "authoredOn", "lastModified", "sent", "received", "created"):
                moment = resource.get(key)
                assert not (moment and "T" in moment and datetime.fromisoformat(moment) > now), (key, resource)


def _tasks(bundles: dict[str, Resource], code: str) -> list[Resource]:
    resources = [entry["resource"] for bundle in bundles.values() for entry in bundle["entry"]]
    tasks = [each for each in resources if each["resourceType"] == "Task"]
    return [each for each in tasks if each["code"]["coding"][0] == {"system": "urn:saman:task", "code": code}]


def _due(task: Resource) -> datetime:
    return datetime.fromisoformat(task["restriction"]["period"]["end"])


@pytest.mark.parametrize("hours", [0, 6, 11, 60, 129])
def test_the_worklist_has_unread_overdue_and_asked_for_at_any_hour(hours: int) -> None:
    now = MONDAY + timedelta(hours=hours)
    bundles = _own(now)
    unread = [each for each in _tasks(bundles, "read-report") if each["status"] == "requested"]
    assert "Patient/ingrid-aasen" in {each["for"]["reference"] for each in unread}
    assert "Patient/aud-mykland" in {each["for"]["reference"] for each in unread}
    late = [each for each in _tasks(bundles, "home-visit") if each["status"] == "requested" and _due(each) <= now]
    assert [each["for"]["reference"] for each in late] == ["Patient/einar-kleivset"]
    assert [_due(each) <= now for each in _tasks(bundles, "missing-report")] == [True]
    assert [_due(each) > now for each in _tasks(bundles, "contact-wish")] == [True, True]


def test_a_missed_report_has_the_identifier_that_the_worker_gives_it(demo: dict[str, Resource]) -> None:
    (missing,) = _tasks(demo, "missing-report")
    episode, (asked,) = missing["focus"]["reference"].removeprefix("EpisodeOfCare/"), missing["input"]
    resources = [entry["resource"] for bundle in demo.values() for entry in bundle["entry"]]
    assert episode in {each["id"] for each in resources if each["resourceType"] == "EpisodeOfCare"}
    assert missing["identifier"] == [missing_key(episode, asked["valueDate"])]


def test_a_report_of_friday_evening_is_first_among_mondays_unread(demo: dict[str, Resource]) -> None:
    ingrid = [each for each in _tasks(demo, "read-report") if each["for"]["reference"] == "Patient/ingrid-aasen"]
    (unread,) = [each for each in ingrid if each["status"] == "requested"]
    assert unread["authoredOn"] == "2026-11-20T16:14:00+01:00"
    assert unread["restriction"]["period"]["end"] == "2026-11-23T12:00:00+01:00"


def test_read_reports_were_read_in_opening_hours_and_in_time(demo: dict[str, Resource]) -> None:
    done = [each for each in _tasks(demo, "read-report") if each["status"] == "completed"]
    assert len(done) > 600
    for each in done:
        read = datetime.fromisoformat(each["executionPeriod"]["end"])
        assert datetime.fromisoformat(each["authoredOn"]) < read <= _due(each)
        assert each["output"][0]["valueReference"]["reference"].startswith("PractitionerRole/")


def test_visits_stand_in_every_state(demo: dict[str, Resource]) -> None:
    visits = _tasks(demo, "home-visit")
    assert {each["status"] for each in visits} == {"requested", "accepted", "rejected", "completed"}
    assert all(each["owner"]["reference"].startswith("Organization/homecare-") for each in visits)
    assert all("statusReason" in each for each in visits if each["status"] == "rejected")
