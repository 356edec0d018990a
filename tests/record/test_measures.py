"""Numbers and quantities are found by what their digits say, in any unit of the same kind; parts are found together."""

from __future__ import annotations

from decimal import Decimal
from fractions import Fraction
from random import Random
from typing import Any

import pytest
import pytest_asyncio

from saman.kernel.outcome import Kind, Refusal
from saman.record import Record, Store, system
from tests.record.conftest import BASE, NOW, Resource, made, observation, patient

UCUM = "http://unitsofmeasure.org"
FACTORS = {"g": Fraction(1), "mg": Fraction(1, 1000), "kg": Fraction(1000), "[lb_av]": Fraction("453.59237")}
NUMBERS = ("0", "1", "1.0", "5.35", "5.4", "5.45", "5400", "0.0054", "95", "100", "105", "-2", "123456789012345678",
           "123456789012345679", "453.59237", "1e2")  # fmt: skip
PREFIXES = ("", "eq", "ne", "gt", "lt", "ge", "le", "sa", "eb", "ap")

Pairs = list[tuple[str, str]]
Told = tuple[str, str]


@pytest_asyncio.fixture(scope="module", loop_scope="session")
async def record(store: Store) -> Record:
    return Record(store, system(NOW), BASE)


@pytest_asyncio.fixture(scope="module", loop_scope="session")
async def weighed(record: Record) -> dict[str, Told]:
    """Readings of one person, by id: the number as it was written and its unit."""
    who, pick, found = await made(record, patient()), Random(7), dict[str, Told]()
    for _ in range(80):
        number, unit = pick.choice(NUMBERS), pick.choice((*FACTORS, "stone"))
        found[await made(record, observation(who, valueQuantity=quantity(number, unit)))] = (number, unit)
    return found


def quantity(number: str, unit: str) -> Resource:
    coded = {"system": UCUM, "code": unit} if unit in FACTORS else {"system": "urn:old", "code": unit}
    return {"value": Decimal(number), "unit": f"{unit} in words", **coded}


def component(code: str, **value: Any) -> Resource:
    return {"code": {"coding": [{"system": "urn:c", "code": code}]}, **value}


async def ids(record: Record, kind: str, pairs: Pairs) -> set[str]:
    page = await record.search(kind, [*pairs, ("_count", "1000")])
    assert not isinstance(page, Refusal), page
    return {one.id for one in page.matches}


def holds(comparison: str, here: Fraction, asked: str, factor: Fraction) -> bool:
    """What the specification says of a value, in base units, and a number that is searched for."""
    mantissa, _, exponent = asked.partition("e")
    behind = len(mantissa.partition(".")[2]) or (1 if exponent else 0)
    slack = Fraction(1, 2) * Fraction(10) ** (int(exponent or 0) - behind)
    value = Fraction(asked)
    first, last = (value - slack) * factor, (value + slack) * factor
    close = max(slack, abs(value) / 10) * factor
    exact = value * factor
    return {
        "eq": first <= here < last, "ne": not first <= here < last, "gt": here > exact, "sa": here > exact,
        "lt": here < exact, "eb": here < exact, "ge": here >= exact, "le": here <= exact,
        "ap": exact - close <= here <= exact + close,
    }[comparison or "eq"]  # fmt: skip


@pytest.mark.parametrize("comparison", PREFIXES)
async def test_quantities_are_compared_in_any_unit(record: Record, weighed: dict[str, Told], comparison: str) -> None:
    for asked in NUMBERS:
        for unit, factor in FACTORS.items():
            found = await ids(record, "Observation", [("value-quantity", f"{comparison}{asked}|{UCUM}|{unit}")])
            wanted = {
                id
                for id, (number, own) in weighed.items()
                if own in FACTORS and holds(comparison, Fraction(number) * FACTORS[own], asked, factor)
            }
            assert found & set(weighed) == wanted, (comparison, asked, unit)


@pytest.mark.parametrize("comparison", PREFIXES)
async def test_quantities_without_a_system_are_compared_as_they_are_written(
    record: Record, weighed: dict[str, Told], comparison: str
) -> None:
    for asked in NUMBERS:
        for unit in ("", "||mg", "||stone", "||stone in words", "|urn:old|stone"):
            found = await ids(record, "Observation", [("value-quantity", f"{comparison}{asked}{unit}")])
            named = unit.rpartition("|")[2].removesuffix(" in words")
            wanted = {
                id
                for id, (number, own) in weighed.items()
                if named in ("", own) and holds(comparison, Fraction(number), asked, Fraction(1))
            }
            assert found & set(weighed) == wanted, (comparison, asked, unit)


async def test_temperatures_are_found_in_other_degrees(record: Record) -> None:
    who = await made(record, patient())
    warm = await made(record, observation(who, valueQuantity={"value": Decimal("38.5"), "system": UCUM, "code": "Cel"}))
    for asked in ("101.3||x", "101.3|http://unitsofmeasure.org|[degF]", "311.65|http://unitsofmeasure.org|K"):
        found = await ids(record, "Observation", [("patient", who), ("value-quantity", asked)])
        assert found == ({warm} if "||" not in asked else set()), asked


async def test_numbers_and_ranges(record: Record) -> None:
    who = await made(record, patient())

    async def risk(**told: Any) -> str:
        prediction = [told or {"rationale": "x"}]
        subject = {"reference": f"Patient/{who}"}
        return await made(
            record, {"resourceType": "RiskAssessment", "status": "final", "subject": subject, "prediction": prediction}
        )

    low = await risk(probabilityDecimal=Decimal("0.35"))
    wide = await risk(probabilityRange={"low": {"value": Decimal("0.2")}, "high": {"value": Decimal("0.6")}})
    open_end = await risk(probabilityRange={"low": {"value": Decimal("0.7")}})
    none = await risk()
    for asked, wanted in {
        "0.35": {low}, "0.4": {low}, "0.40": set(), "ap0.38": {low, wide}, "gt0.5": {wide, open_end}, "lt0.3": {wide},
        "sa0.65": {open_end},
        "eb0.65": {low, wide}, "ge0.7": {open_end}, "le0.2": {wide}, "ne0.35": {wide, open_end}, "3.5e-1": {low},
        "0.35,0.7": {low}, "ap0.7,0.35": {low, open_end},
    }.items():  # fmt: skip
        assert await ids(record, "RiskAssessment", [("patient", who), ("probability", asked)]) == wanted, asked
    assert await ids(record, "RiskAssessment", [("patient", who), ("probability:missing", "true")]) == {none}
    page = await record.search("RiskAssessment", [("patient", who), ("_sort", "-probability")])
    assert not isinstance(page, Refusal)
    assert [one.id for one in page.matches] == [open_end, wide, low, none]


async def test_what_stands_in_one_element_is_found_together(record: Record) -> None:
    who = await made(record, patient())

    def pressure(high: str, low: str) -> list[Resource]:
        return [
            component("high", valueQuantity={"value": Decimal(high), "system": UCUM, "code": "mm[Hg]"}),
            component("low", valueQuantity={"value": Decimal(low), "system": UCUM, "code": "mm[Hg]"}),
        ]

    usual = await made(record, observation(who, component=pressure("120", "80")))
    turned = await made(record, observation(who, component=pressure("80", "120")))
    whole = await made(
        record,
        observation(who, code={"coding": [{"system": "urn:c", "code": "high"}]}, valueQuantity=quantity("120", "g")),
    )
    for code, asked, wanted in (
        ("component-code-value-quantity", "urn:c|high$gt100", {usual}),
        ("component-code-value-quantity", f"high$ap16|{UCUM}|kPa", {usual}),
        ("component-code-value-quantity", "low$gt100", {turned}),
        ("component-code-value-quantity", "low$gt100,low$lt100", {usual, turned}),
        ("combo-code-value-quantity", "high$gt100", {usual, whole}),
        ("combo-value-quantity", "gt100", {usual, turned, whole}),
        ("code-value-quantity", "high$gt100", {whole}),
        ("code-value-quantity", f"high$120|{UCUM}|g", {whole}),
        ("code-value-quantity", "urn:d|high$gt100", set()),
    ):
        assert await ids(record, "Observation", [("patient", who), (code, asked)]) == wanted, (code, asked)


async def test_a_composite_of_references_and_of_dates(record: Record) -> None:
    def document(*relates: tuple[str, str]) -> Resource:
        return {
            "resourceType": "DocumentReference", "status": "current",
            "content": [{"attachment": {"url": "urn:a"}}],
            "relatesTo": [{"code": code, "target": {"reference": f"DocumentReference/{id}"}} for code, id in relates],
        }  # fmt: skip

    one = await made(record, document(("appends", "a"), ("replaces", "b")))
    asked = {"DocumentReference/a$appends": {one}, "b$replaces": {one}, "DocumentReference/a$replaces": set()}
    for value, wanted in asked.items():
        assert await ids(record, "DocumentReference", [("relationship", value)]) == wanted, value
    who = await made(record, patient())
    reading = {name: value for name, value in observation(who).items() if name != "valueQuantity"}
    dated = await made(record, reading | {"valueDateTime": "2026-05-02"})
    for value, wanted in {"59408-5$2026-05": {dated}, "59408-5$lt2026": set()}.items():
        assert await ids(record, "Observation", [("patient", who), ("code-value-date", value)]) == wanted, value


async def test_places_near_another(record: Record) -> None:
    places = {"Arendal": ("58.461", "8.772"), "Grimstad": ("58.340", "8.593"), "Oslo": ("59.913", "10.739"),
              "Suva": ("-18.14", "178.44"), "Apia": ("-13.83", "-171.76")}  # fmt: skip
    known = {}
    for name, (latitude, longitude) in places.items():
        position = {"latitude": Decimal(latitude), "longitude": Decimal(longitude)}
        known[await made(record, {"resourceType": "Location", "name": name, "position": position})] = name
    for asked, wanted in {
        "58.46|8.77": {"Arendal"}, "58.46|8.77|20|km": {"Arendal", "Grimstad"},
        "58.46|8.77|20000|m": {"Arendal", "Grimstad"},
        "58.46|8.77|300": {"Arendal", "Grimstad", "Oslo"}, "-18|179.9|1300|km": {"Suva", "Apia"}, "58.46|8.77|0": set(),
        "-90|0|30000|km": set(places.keys()),
    }.items():  # fmt: skip
        assert {known[id] for id in await ids(record, "Location", [("near", asked)])} == wanted, asked


@pytest.mark.parametrize(
    ("kind", "code", "value"),
    [
        ("Observation", "value-quantity", value)
        for value in ("x", "5|mg", "5|urn:a|", "5,x", "1e900", "1" * 19, "NaN", "Infinity", "5|a|b|c", "gtgt5",
                      "1e99999999", "٣")
    ]
    + [("RiskAssessment", "probability", value) for value in ("x", "0.5|a|b", "0.5$1")]
    + [("Observation", "code-value-quantity", value) for value in ("a", "a$b", "a$1$2", "$1", "a$")]
    + [("Observation", "value-quantity:exact", "5"), ("Observation", "code-value-quantity:missing", "true")]
    + [("Location", "near", value) for value in ("x", "1", "91|0", "0|181", "1|2|-3", "1|2|3|parsec", "1|2|3|km|5",
                                                        "|1")],
)  # fmt: skip
async def test_what_makes_no_sense_is_refused_with_its_place(record: Record, kind: str, code: str, value: str) -> None:
    answer = await record.search(kind, [(code, value)])
    assert isinstance(answer, Refusal), answer
    assert answer.kind is Kind.INVALID
    assert code.partition(":")[0].endswith(answer.issues[0].path.partition(":")[0])


async def test_a_changed_reading_is_found_by_its_new_value_alone(record: Record) -> None:
    who = await made(record, patient())
    one = await made(record, observation(who, valueQuantity=quantity("5", "g")))
    await record.update("Observation", one, observation(who, id=one, valueQuantity=quantity("6", "g")))
    assert await ids(record, "Observation", [("patient", who), ("value-quantity", "5")]) == set()
    assert await ids(record, "Observation", [("patient", who), ("value-quantity", "6")]) == {one}
    await record.delete("Observation", one)
    assert await ids(record, "Observation", [("patient", who), ("value-quantity", "6")]) == set()
