"""What expressions of views come to, where the official suite does not ask."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import pytest
import pytest_asyncio

from saman.kernel.outcome import Kind, Refusal
from saman.record import Record, Store, system
from saman.record.views import read_view
from tests.record.conftest import BASE, NOW, made
from tests.record.views.running import column, definition, rows, values, view

PLACE = "ViewDefinition.select[0].column[0].path"


@pytest_asyncio.fixture(scope="module", loop_scope="session")
async def one(store: Store) -> Record:
    """A record with one patient and one observation."""
    record = Record(store, system(NOW), BASE)
    who = await made(
        record,
        {
            "resourceType": "Patient",
            "active": True,
            "birthDate": "1970-05",
            "_birthDate": {"extension": [{"url": "urn:t", "valueTime": "08:30:00"}]},
            "deceasedDateTime": "2020-02-03T10:00:00.5+01:00",
            "multipleBirthInteger": 2,
            "name": [{"family": "A", "given": ["B", "C"]}, {"family": "D", "period": {"start": "2020", "end": "2021"}}],
            "extension": [{"url": "urn:n", "valueDecimal": Decimal("1.50")}, {"url": "urn:m", "valueInteger": 7}],
            "contained": [{"resourceType": "Practitioner", "id": "p", "name": [{"family": "In"}]}],
            "generalPractitioner": [
                {"reference": f"{BASE}/Practitioner/own/_history/2"},
                {"reference": "Organization/o"},
                {"reference": "https://elsewhere.test/fhir/Practitioner/x"},
                {"reference": "#p"},
                {"display": "somebody"},
            ],
        },
    )
    await made(
        record,
        {
            "resourceType": "Observation",
            "status": "final",
            "code": {"text": "x"},
            "subject": {"reference": f"Patient/{who}"},
            "effectivePeriod": {"start": "2020-02", "end": "2020-03-01"},
            "valueQuantity": {"value": Decimal("88.10"), "unit": "%"},
        },
    )
    return record


@pytest.mark.parametrize(
    ("path", "expected"),
    [
        ("birthDate.extension('urn:t').value.ofType(time)", "08:30:00"),
        ("deceased.exists()", True),
        ("deceased.ofType(boolean).exists()", False),
        ("deceased.ofType(dateTime) > @2020-02-03T09:00:00Z", True),
        ("deceased.ofType(dateTime) = @2020-02-03T09:00:00.5Z", True),
        ("deceased.ofType(dateTime) < @2020-02-03T09:00:00.6Z", True),
        ("deceased.ofType(dateTime) = @2020-02-03", None),
        ("deceased.ofType(dateTime) = @2020-02-04", False),
        ("deceased.ofType(dateTime) >= @2020-02-03", None),
        ("deceased.ofType(dateTime).lowBoundary()", "2020-02-03T10:00:00.500+01:00"),
        ("deceased.ofType(dateTime).highBoundary()", "2020-02-03T10:00:00.599+01:00"),
        ("birthDate = @1970-05", True),
        ("birthDate = @1970-05-31", None),
        ("birthDate < @1970-06", True),
        ("birthDate <= @1970-05", True),
        ("birthDate < @1970-05", False),
        ("birthDate > @1969", True),
        ("birthDate != @1971", True),
        ("name.period.lowBoundary()", "2020-01-01T00:00:00.000+14:00"),
        ("name.period.highBoundary()", "2021-12-31T23:59:59.999-12:00"),
        ("@2024-02.highBoundary()", "2024-02-29"),
        ("@T10:00:00 < @T10:00:00.001", True),
        ("extension('urn:n').value.ofType(decimal)", Decimal("1.50")),
        ("extension('urn:n').value.ofType(decimal) = 1.5", True),
        ("extension('urn:n').value.ofType(decimal).lowBoundary()", Decimal("1.495")),
        ("multipleBirth.ofType(integer) + 1", 3),
        ("multipleBirth.ofType(integer) / 3 * 3 > 1.9", True),
        ("multipleBirth.ofType(integer) / 0", None),
        ("7 div 2", 3),
        ("-7 mod 2", -1),
        ("name.family = 'A'", False),
        ("name.family", ["A", "D"]),
        ("name[1].family", "D"),
        ("name.where(period.exists()).family", "D"),
        ("name.given = name.first().given", True),
        ("name.family != name.given", True),
        ("name.first() = name[0]", True),
        ("name.exists(family = 'D' and period.exists())", True),
        ("name.where(family = 'X').given.join(',')", ""),
        ("name.given.first() & '-' & nothing", "B-"),
        ("{} and false", False),
        ("{} and true", None),
        ("{} or true", True),
        ("false implies {}", True),
        ("active xor true", False),
        ("(name.family = 'Z').not()", True),
        ("contained.ofType(Practitioner).name.family", "In"),
        ("contained.ofType(Organization).exists()", False),
        ("generalPractitioner.getReferenceKey()", ["Practitioner/own", "Organization/o"]),
        ("generalPractitioner.getReferenceKey(Organization)", "Organization/o"),
        ("generalPractitioner.getReferenceKey('Practitioner')", "Practitioner/own"),
        ("Patient.name.first().family", "A"),
        ("%resource.active", True),
        ("'it''s'.exists()" if False else "'it\\'s'", "it's"),
        ("meta.lastUpdated.exists() and meta.versionId = '1'", True),
        ("where(active).id = id", True),
        ("where(active.not()).id = id", None),
    ],
)
async def test_an_expression(one: Record, path: str, expected: Any) -> None:
    listed = isinstance(expected, list)
    assert await values(one, view("Patient", column(path, collection=listed))) == [expected]


async def test_numbers_keep_their_digits(one: Record) -> None:
    of = "value.ofType(Quantity)"
    found = await rows(one, view(
        "Observation", column(f"{of}.value", name="a"), column(of, "Quantity", name="b"),
        column(f"{of}.value", "string", name="c"), column(f"{of}.value", name="d", collection=True),
    ))  # fmt: skip
    assert isinstance(found, list)
    assert repr(found[0]) == repr(
        (Decimal("88.10"), {"unit": "%", "value": Decimal("88.10")}, "88.10", [Decimal("88.10")])
    )


async def test_lists_of_every_kind(one: Record) -> None:
    long = "1234567890123.45678"
    found = await rows(one, view("Patient", *(
        column(path, kind, name=f"c{number}", collection=True) for number, (path, kind) in enumerate([
            (f"name.where({long} > 0).family", "string"), ("multipleBirth.ofType(integer)", "integer"),
            ("multipleBirth.ofType(integer)", "string"), ("active", "boolean"), ("active", "string"),
            ("deceased.ofType(dateTime)", "dateTime"), ("name.period", "Period"), ("photo", "Attachment"),
            (f"{long}.lowBoundary()", "decimal"), ("nothing", "integer"), ("name.given", ""),
        ])
    )))  # fmt: skip
    assert found == [
        (["A", "D"], [2], ["2"], [True], ["true"], ["2020-02-03T10:00:00.5+01:00"],
         [{"start": "2020", "end": "2021"}], [], [Decimal("1234567890123.456775")], [], ["B", "C"])
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("path", "more", "says"),
    [
        ("name.family", {}, "several"),
        ("name.family > 'A'", {}, "several"),
    ],
)
async def test_several_values_where_one_is_expected_are_refused_with_the_place(
    one: Record, path: str, more: dict[str, Any], says: str
) -> None:
    found = await rows(one, view("Patient", column("id", name="id"), column(path, **more)))
    assert isinstance(found, Refusal)
    assert (found.kind, found.issues[0].path) == (Kind.UNPROCESSABLE, PLACE.replace("column[0]", "column[1]"))
    assert says in found.issues[0].text


@pytest.mark.parametrize(
    ("path", "type", "says"),
    [
        ("name", "", "Say the type of the column"),
        ("name", "Address", "gives HumanName"),
        ("value", "string", None),
        ("deceased", "", "ofType"),
        ("deceased.value", "", "ofType"),
        ("birthDate", "boolean", "gives date"),
        ("deceased.ofType(dateTime)", "date", "gives dateTime"),
        ("multipleBirth.ofType(integer) / 2", "integer", "gives decimal"),
        ("birthDate = '1970-05'", "", "date and string"),
        ("active = 'true'", "", "boolean and string"),
        ("active > true", "", "no order"),
        ("name.family + 1", "", "string and integer"),
        ("name.given.extension('x')", "Extension", "repeat"),
        ("name.ofType(Nonsense)", "", "no type Nonsense"),
        ("name.where(family)", "HumanName", "true or false"),
        ("name.select(family)", "", "select() is not part"),
        ("name[-1].family", "", "whole number"),
        ("name[active].family", "", "whole number"),
        ("%nothing", "", "no constant"),
        ("$index", "", "not part"),
        ("name is HumanName", "", "not part"),
        ("@2020-02-30", "", "no such date"),
        ("@2020-02-03T10:00", "", "seconds"),
        ("@T10", "", "seconds"),
        ("1 'mg'", "", "not part"),
        ("extension()", "", "one argument"),
        ("name.getReferenceKey()", "", "Reference"),
        ("name.getResourceKey()", "", "resource"),
        ("link.other.getReferenceKey(HumanName)", "", "resource type"),
        ("active.lowBoundary()", "", "no boundary"),
        ("birthDate.lowBoundary(4)", "", "precision"),
    ],
)
def test_what_makes_no_sense_is_refused_with_the_place(path: str, type: str, says: str | None) -> None:
    found = read_view(definition("Patient", column(path, type)))
    if says is None:
        assert not isinstance(found, Refusal)
        return
    assert isinstance(found, Refusal), found
    assert found.issues[0].path == PLACE
    assert says in found.issues[0].text


def test_all_that_is_wrong_is_said_at_once() -> None:
    found = read_view(
        definition("Nonsense", column("name..x", name="1"), column("id", name="a"), column("id", name="a"))
    )
    assert isinstance(found, Refusal)
    assert {issue.path for issue in found.issues} == {
        "ViewDefinition.resource",
        "ViewDefinition.select[0].column[0].path",
        "ViewDefinition.select[0].column[0].name",
        "ViewDefinition.select[0].column[2].name",
    }


def test_types_of_a_union_have_to_be_the_same() -> None:
    branches = [{"column": [column(path)]} for path in ("id", "active")]
    found = read_view(definition("Patient", select=[{"unionAll": branches}]))
    assert isinstance(found, Refusal)
    assert found.issues[0].path == "ViewDefinition.select[0].unionAll[1]"


@pytest.mark.parametrize("path", ["$this", "%resource", "first()", "where(true)", "%resource.extension", "Patient"])
def test_a_repeat_that_would_not_end_is_refused(path: str) -> None:
    found = read_view(definition("Patient", select=[{"repeat": [path], "column": [column("id")]}]))
    assert isinstance(found, Refusal)


async def test_a_repeat_of_too_much_is_refused(one: Record) -> None:
    inner: dict[str, Any] = {"linkId": "x"}
    for _ in range(14):
        inner = {"linkId": "x", "item": [inner]}
    await made(one, {"resourceType": "QuestionnaireResponse", "status": "completed", "item": [inner]})
    twice = {"repeat": ["item", "item.where(true)"], "column": [column("linkId")]}
    found = await rows(one, view("QuestionnaireResponse", select=[twice]))
    assert isinstance(found, Refusal)
    assert found.issues[0].path == "ViewDefinition.select[0].repeat"
    once = {"repeat": ["item"], "column": [column("%rowIndex")]}
    assert await values(one, view("QuestionnaireResponse", select=[once])) == sorted(range(15), key=repr)


async def test_a_column_of_what_is_never_there(one: Record) -> None:
    found = view("Patient", column("nothing", "date", name="a"), column("nothing", name="b", collection=True))
    assert await rows(one, found) == [(None, [])]
    assert [issue.severity for issue in found.warnings] == ["warning", "warning"]
