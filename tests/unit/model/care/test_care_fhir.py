"""A care model as FHIR: valid, deterministic, with references that resolve, and a plan of changes that is true."""

import copy
from datetime import UTC, date, datetime
from pathlib import Path

import msgspec
import pytest

from saman.kernel import json
from saman.kernel.outcome import Refusal
from saman.model.access.membership import belongings
from saman.model.access.moment import END, START
from saman.model.care.fhir import address, plan_changes, to_fhir, transaction
from saman.model.care.load import load
from saman.model.care.party import Parent
from saman.model.care.schema import FILES, schemas
from saman.model.fhir.validation import validate

REGIONS = Path(__file__).parents[4] / "regions"


@pytest.fixture(scope="module")
def resources(agder):
    return to_fhir(agder)


def by_address(resources):
    return {address(one): one for one in resources}


def test_every_resource_is_valid_r4(resources):
    for resource in resources:
        assert validate(json.decode(json.encode(resource))) == (), address(resource)


def test_ids_are_unique_and_short_enough(resources):
    assert len(by_address(resources)) == len(resources)
    assert all(len(one["id"]) <= 64 for one in resources)


def test_the_same_model_gives_the_same_bytes(agder, resources):
    assert json.encode(to_fhir(agder)) == json.encode(resources)


def test_references_resolve_to_what_came_before(resources):
    seen: set[str] = set()
    for resource in resources:
        for target in _references(resource):
            assert target in seen, (address(resource), target)
        seen.add(address(resource))


def _references(value):
    if isinstance(value, dict):
        if isinstance(value.get("reference"), str):
            yield value["reference"]
        for inner in value.values():
            yield from _references(inner)
    elif isinstance(value, list):
        for inner in value:
            yield from _references(inner)


def test_definitions_refer_to_definitions_that_exist(resources):
    urls = {one["url"] for one in resources if "url" in one}
    plan = next(one for one in resources if one["id"] == "no-agder-digital-home-follow-up" and "action" in one)
    actions = [asked for module in plan["action"] for asked in module["action"]]
    assert {asked["definitionCanonical"] for asked in actions} <= urls
    assert len(actions) == 2 + 1 + 3 + 1


def test_questions_are_there_in_six_languages(resources):
    form = next(one for one in resources if one["resourceType"] == "Questionnaire")
    assert form["url"] == "https://saman.example/regions/no-agder/Questionnaire/symptoms"
    assert [item["linkId"] for item in form["item"]] == ["breathing", "sleep", "daily-life"]
    for item in form["item"]:
        translated = {part["extension"][0]["valueCode"] for part in item["_text"]["extension"]}
        assert translated | {form["language"]} == {"nb", "sv", "da", "fi", "is", "en"}


def test_samples_say_so(agder, resources):
    for party in agder.parties:
        tags = {tag["code"] for tag in by_address(resources)[f"Organization/{party.id}"]["meta"]["tag"]}
        assert ("sample" in tags) == party.sample


def test_a_first_apply_creates_and_a_second_changes_nothing(resources):
    first = plan_changes({}, resources)
    assert (len(first.create), first.update, first.unchanged) == (len(resources), (), ())
    stored = by_address(json.decode(json.encode(resources)))
    for resource in stored.values():
        resource["meta"] |= {"versionId": "1", "lastUpdated": "2026-11-20T12:00:00.000Z"}
    second = plan_changes(stored, resources)
    assert (second.create, second.update, len(second.unchanged), second.left) == ((), (), len(resources), ())


def test_a_change_is_an_update_and_what_is_gone_is_left_alone(resources):
    stored = copy.deepcopy(by_address(resources))
    stored["Organization/agder-county"]["name"] = "Vest-Agder"
    stored["Organization/org-old"] = {"resourceType": "Organization", "id": "org-old"}
    changes = plan_changes(stored, resources)
    assert [address(one) for one in changes.update] == ["Organization/agder-county"]
    assert changes.left == ("Organization/org-old",)
    bundle = transaction(changes)
    assert validate(json.decode(json.encode(bundle))) == ()
    assert [entry["request"]["url"] for entry in bundle["entry"]] == ["Organization/agder-county"]


def test_a_tag_added_counts_as_a_change(resources):
    stored = copy.deepcopy(by_address(resources))
    stored["Organization/agder-county"]["meta"]["tag"] = []
    assert len(plan_changes(stored, resources).update) == 1


def test_published_schemas_are_current():
    for name, text in schemas().items():
        published = (REGIONS / "schema" / name).read_text("utf-8")
        assert published == text, f"{name} is old; write it anew with `saman model schema`."


def test_every_kind_of_file_has_a_schema_with_its_fields(agder):
    for name, kind in FILES.items():
        schema = msgspec.json.decode((REGIONS / "schema" / f"{name}.json").read_bytes())
        held = schema["$defs"][kind.__name__]
        assert set(held["properties"]) == set(kind.__struct_fields__)
        assert held["additionalProperties"] is False


def test_numbers_are_numbers_in_the_schemas():
    assert all('"decimal"' not in text for text in schemas().values())


def test_every_file_tells_editors_its_schema(files):
    for name in files:
        if not name.endswith("identity.yaml"):
            first, _, _ = files[name].partition("\n")
            said, _, schema = first.partition("=")
            assert said == "# yaml-language-server: $schema", name
            assert (REGIONS.parent / name).parent.joinpath(schema).resolve().is_file(), name


def test_a_unit_says_with_dates_where_it_belonged_and_will(agder):
    days = (Parent(party="old-trust", until=date(2026, 12, 31)), Parent(party="new-trust", since=date(2027, 1, 1)))
    moved = msgspec.structs.replace(agder.parties[1], parents=days)
    model = msgspec.structs.replace(agder, parties=(moved,))
    unit = next(one for one in to_fhir(model) if address(one) == f"Organization/{moved.id}")
    assert validate(json.decode(json.encode(unit))) == ()
    said = [(one.parent, one.since, one.until) for one in belongings(unit, UTC)]
    midnight = datetime(2027, 1, 1, tzinfo=UTC)
    assert said == [("old-trust", START, midnight), ("new-trust", midnight, END)]


@pytest.mark.parametrize("name", sorted(path.parent.name for path in REGIONS.glob("*/region.yaml")))
@pytest.mark.parametrize("day", [date(2026, 11, 20), date(2027, 2, 1)], ids=["2026", "2027"])
def test_every_region_becomes_valid_resources_each_of_which_is_one(name, day):
    files = {str(path.relative_to(REGIONS)): path.read_text("utf-8") for path in REGIONS.rglob("*.yaml")}
    read = load(files, name, day)
    assert not isinstance(read, Refusal)
    made = to_fhir(read.model)
    assert len(by_address(made)) == len(made)
    for resource in made:
        assert validate(json.decode(json.encode(resource))) == (), address(resource)
