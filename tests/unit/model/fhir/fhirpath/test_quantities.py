"""Quantities and units: what is the same, what can be added, what is multiplied to what."""

from __future__ import annotations

from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from saman.model.fhir.fhirpath import Context, EvaluationFault, Outside, select
from saman.model.fhir.fhirpath.units import Measured, measured
from tests.unit.model.fhir.fhirpath.asking import shown
from tests.unit.model.fhir.samples import OBSERVATION, PATIENT, changed


@pytest.mark.parametrize(
    ("expression", "expected"),
    [
        ("1 'kg' = 1000 'g'", ["true"]),
        ("1 'kg' = 1 'm'", []),
        ("1 'kg' != 1 'm'", []),
        ("1 'kg' ~ 1 'm'", ["false"]),
        ("1 'mg/dL' = 10 'mg/L'", ["true"]),
        ("60 '/min' = 1 'Hz'", ["true"]),
        ("5 'local unit' = 5 'local unit'", ["true"]),
        ("5 'local unit' < 6 'local unit'", ["true"]),
        ("5 'local unit' < 6 'kg'", []),
        ("1 'kg' + 500 'g'", ["1.5 'kg'"]),
        ("1 'kg' - 1 'm'", []),
        ("3 'kg' * 2", ["6 'kg'"]),
        ("2 'm' * 3 'm' = 6 'm2'", ["true"]),
        ("6 'mg' / 2 'mL' = 3 'g/L'", ["true"]),
        ("6 'mg/dL' / 2 'mL/dL' = 3 'g/L'", ["true"]),
        ("6 'mg' / 0 'mL'", []),
        ("1 week / 1 day = 7 '1'", ["true"]),
        ("-(4 'mg')", ["-4 'mg'"]),
        ("(-4 'mg').abs()", ["4 'mg'"]),
        ("4 '1' = 4", ["true"]),
        ("4 = 4 '1'", ["true"]),
        ("100 '%' = 1 '1'", ["true"]),
        ("1.5 'mg'.lowBoundary(2)", ["1.45 'mg'"]),
        ("1 'cm'.comparable(1 'kg')", ["false"]),
        ("value = 93.5 '%'", ["true"]),
        ("value > 0.9", ["true"]),
        ("component.value.ofType(Quantity) > 2", []),
    ],
)
def test_quantities(expression: str, expected: list[str]) -> None:
    assert shown(expression, OBSERVATION) == expected


@pytest.mark.parametrize("expression", ["1 'kg' + 'a'", "1 'kg' * 'a'", "1 'kg' < 'a'", "1 'kg' div 2", "'a' / 2"])
def test_quantities_and_other_kinds(expression: str) -> None:
    with pytest.raises(EvaluationFault):
        select(expression, Context(PATIENT))


def test_a_quantity_in_words_of_the_calendar() -> None:
    units = "http://hl7.org/fhirpath/CodeSystem/calendar-units"
    resource = changed(OBSERVATION, valueQuantity={"value": 2, "system": units, "code": "weeks"})
    assert shown("value = 14 days", resource) == ["true"]
    assert shown("@2026-05-01 + value", resource) == ["2026-05-15"]


def test_another_library_of_units_can_be_asked() -> None:
    outside = Outside(unit=lambda code: {"furlong": Measured(Fraction(220), (("yard", 1),))}.get(code))
    assert shown("1 'furlong' > 1 'furlong'", PATIENT, outside=outside) == ["false"]
    assert shown("1 'furlong'.comparable(1 'm')", PATIENT, outside=outside) == ["false"]
    assert shown("1 'kg' = 1000 'g'", PATIENT, outside=outside) == []


@pytest.mark.parametrize(
    ("code", "factor", "base"),
    [
        ("mm[Hg]", "133322", "g1m-1s-2"),
        ("10*9/L", "1000000000000", "m-3"),
        ("mg/(kg.d)", "1/86400000000", "s-1"),
        ("{beats}/min", "1/60", "s-1"),
        ("umol/L", "602213670000000000000", "m-3"),
        ("kg/m2", "1000", "g1m-2"),
        ("1", "1", ""),
    ],
)
def test_units(code: str, factor: str, base: str) -> None:
    found = measured(code)
    assert found is not None
    assert found.factor == Fraction(factor)
    assert "".join(f"{name}{power}" for name, power in found.base) == base


@pytest.mark.parametrize("code", ["", "[s]", "kgg", "m)", "(m", "m..s", "/", "m-", "0", "x" * 100, "m99"])
def test_what_is_no_unit(code: str) -> None:
    assert measured(code) is None


@given(st.text(alphabet="mgkLs[]_i./()-0123456789*^{}%'", max_size=20))
def test_any_text_is_a_unit_or_none(code: str) -> None:
    found = measured(code)
    assert found is None or found.factor != 0
