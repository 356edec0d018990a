"""Amounts in base units: exact to the last step, whatever the unit they were written in."""

from __future__ import annotations

import math
from decimal import Decimal
from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from saman.model.fhir.quantities import UCUM, nearest, scale

numbers = st.decimals(min_value=-(10**12), max_value=10**12, places=6)


@given(numbers, st.sampled_from(["mg", "kg", "%", "/min", "Cel", "[degF]", "K", "mm[Hg]", "[in_i]"]))
def test_an_amount_in_base_units_is_the_double_nearest_to_the_exact_one(value: Decimal, unit: str) -> None:
    known = scale(UCUM, unit)
    assert known is not None
    exact = Fraction(value) * known.factor + known.offset
    assert known.of(value) == exact.numerator / exact.denominator


@given(numbers)
def test_a_number_is_its_nearest_double(value: Decimal) -> None:
    assert nearest(value) == nearest(Fraction(value)) == float(value)


@pytest.mark.parametrize(("above", "end"), [(10**400, math.inf), (-(10**400), -math.inf)], ids=["up", "down"])
def test_beyond_all_doubles_is_no_end(above: int, end: float) -> None:
    assert nearest(above) == nearest(Fraction(above, 3)) == end
