"""Which SearchParameters can be used, and what becomes of those that cannot."""

from __future__ import annotations

import asyncio

import pytest

from saman.kernel.outcome import Kind, Refusal
from saman.record import Record, Written, process, system
from saman.record.parameters.building import standing
from tests.conftest import Database
from tests.record.conftest import BASE, NOW, Opener, Resource, made, patient
from tests.record.parameters import built, parameter


async def refusal(record: Record, resource: Resource) -> Refusal:
    answer = await record.create(resource)
    assert isinstance(answer, Refusal), answer
    return answer


BROKEN = {
    "no such base": ({"base": ["Patient", "Mouse"]}, "base"),
    "made from the log": ({"base": ["AuditEvent"]}, "base[0]"),
    "not FHIRPath": ({"expression": "Patient.name["}, "expression"),
    "no such element": ({"expression": "Patient.colour"}, "expression"),
    "another type's": ({"expression": "Practitioner.name"}, "expression"),
    "values of another type": ({"expression": "Patient.birthDate"}, "expression"),
    "changes with time": ({"type": "date", "expression": "Patient.birthDate | now()"}, "expression"),
    "asks others": ({"expression": "Patient.maritalStatus.where(memberOf('urn:v'))"}, "expression"),
    "deep": ({"expression": "(" * 3000 + "1" + ")" * 3000}, "expression"),
    "long": ({"expression": "Patient.gender | " * 300 + "Patient.gender"}, "expression"),
    "XPath alone": ({"expression": None, "xpath": "f:Patient/f:gender", "xpathUsage": "normal"}, "expression"),
    "official": ({"code": "gender"}, "code"),
    "whom it is about": ({"code": "subject"}, "code"),
    "not a name": ({"code": "_has:x.y"}, "code"),
    "composite": ({"type": "composite"}, "type"),
    "special": ({"type": "special"}, "type"),
    "no such target": ({"type": "reference", "expression": "Patient.link.other", "target": ["Resource"]}, "target[0]"),
}


@pytest.mark.parametrize("case", list(BROKEN))
async def test_what_cannot_be_used_is_refused_with_its_place(case: str, record: Record) -> None:
    more, place = BROKEN[case]
    given = {name: value for name, value in (parameter("broken") | more).items() if value is not None}
    answer = await refusal(record, given)
    assert answer.kind is Kind.UNPROCESSABLE
    assert answer.issues[0].path.startswith(f"SearchParameter.{place}"), answer.issues
    draft = await record.create(given | {"status": "draft"})
    assert isinstance(draft, Written) or "SearchParameter.base" in draft.issues[0].path


OFFICIAL = "http://hl7.org/fhir/SearchParameter/"
KNOWN = {
    "itself": {"url": f"{OFFICIAL}Patient-name", "code": "name", "type": "string", "expression": "Patient.name"},
    "one that says the same": {"code": "name", "type": "string", "expression": " Patient . name"},
    "whom it is about": {
        "code": "patient", "type": "reference", "base": ["Observation", "Consent"],
        "expression": "Observation.subject.where(resolve() is Patient) | Consent.patient",
    },
    "of parts": {
        "url": f"{OFFICIAL}Observation-code-value-quantity", "code": "code-value-quantity", "type": "composite",
        "base": ["Observation"], "expression": "Observation",
        "component": [{"definition": f"{OFFICIAL}clinical-code", "expression": "code"},
                      {"definition": f"{OFFICIAL}Observation-value-quantity", "expression": "value.as(Quantity)"}],
    },
    "of everything": {"code": "_id", "base": ["Resource"], "expression": "Resource.id"},
    "made from the log": {
        "url": f"{OFFICIAL}AuditEvent-outcome", "code": "outcome", "base": ["AuditEvent"],
        "expression": "AuditEvent.outcome",
    },
}  # fmt: skip


@pytest.mark.parametrize("case", list(KNOWN))
async def test_what_is_official_already_is_kept_and_stays_what_it_is(case: str, record: Record) -> None:
    before = await standing(record.store)
    assert isinstance(await record.create(parameter("known") | KNOWN[case]), Written)
    assert await standing(record.store) == before


@pytest.mark.parametrize(
    "more",
    [
        {"expression": "Patient.name.family"},
        {"base": ["Patient", "Organization"]},
        {"type": "token"},
        {"url": f"{OFFICIAL}Patient-name", "type": "token"},
    ],
    ids=["other values", "other types", "another type of value", "official but of another type"],
)
async def test_what_says_something_else_by_an_official_name_is_refused(more: Resource, record: Record) -> None:
    one = parameter("known") | {"code": "name", "type": "string", "expression": "Patient.name"} | more
    assert (await refusal(record, one)).issues[0].path == "SearchParameter.code"


HOSTILE = {
    "endless": "Patient.name.repeat($this)",
    "everything": "descendants().where(descendants().descendants().exists()).descendants()",
    "grows": "Patient.name.family.select($this & $this & $this & $this).select($this & $this & $this & $this)",
    "NUL": "Patient.name.family & '\\u0000'",
    "half a character": "Patient.name.family & '\\ud800'",
    "several where one": "iif(Patient.name.family = 'Ås', Patient.name.given, Patient.name.given.single())",
    "runs away": "Patient.name.family.where(matches('(a+)+(a+)+(a+)+$'))",
}


@pytest.mark.parametrize("case", list(HOSTILE))
async def test_a_hostile_expression_stops_nobody_from_writing(case: str, record: Record) -> None:
    wide = patient(name=[{"family": "a" * 60 + "!", "given": [f"g{number}" for number in range(60)]}] * 30)
    first = await made(record, wide)
    answer = await record.create(parameter("hostile", type="string", expression=HOSTILE[case]))
    if isinstance(answer, Written):
        await made(record, wide)
        await built(record.store)
        page = await record.search("Patient", [("hostile:contains", "a"), ("_id", first)])
        assert not isinstance(page, Refusal)
        await record.delete("SearchParameter", answer.stored.id)
        await built(record.store)
    else:
        assert answer.issues[0].path == "SearchParameter.expression"


async def test_of_two_that_want_one_name_at_once_one_gets_it(fresh: tuple[Record, Database], open_at: Opener) -> None:
    record, database = fresh
    other = Record(await open_at(database.app_url), system(NOW), BASE)
    wanted = [parameter("race", base=["Patient", "Practitioner"], expression="name.use"), parameter("race")]
    answers = await asyncio.gather(*(who.create(one) for who in (record, other) for one in wanted))
    made_ones = [one for one in answers if isinstance(one, Written)]
    assert len(made_ones) == 1
    for one in answers:
        if isinstance(one, Refusal):
            assert (one.kind, one.issues[0].path) == (Kind.UNPROCESSABLE, "SearchParameter.code")
    bundle = {"resourceType": "Bundle", "type": "transaction", "entry": [
        {"resource": parameter("twice"), "request": {"method": "POST", "url": "SearchParameter"}} for _ in range(2)
    ]}  # fmt: skip
    assert isinstance(await process(record, bundle), Refusal)
    assert [one.code for one in await standing(record.store)] == ["race"]


async def test_there_are_only_so_many(fresh: tuple[Record, Database]) -> None:
    record, _ = fresh
    record.store.parameters.most = 2
    ids = [await made(record, parameter(f"c{number}")) for number in range(2)]
    answer = await refusal(record, parameter("c2"))
    assert (answer.kind, answer.issues[0].path) == (Kind.UNPROCESSABLE, "SearchParameter.status")
    await made(record, parameter("c2", status="draft"))
    assert isinstance(await record.update("SearchParameter", ids[0], parameter("c9", id=ids[0])), Written)
    assert isinstance(await record.delete("SearchParameter", ids[1]), Written)
    await made(record, parameter("c2"))
