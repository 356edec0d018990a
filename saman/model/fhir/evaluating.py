"""Expressions that come with data: evaluated within a common limit of work, their results as FHIR has them in JSON."""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import datetime
from decimal import Decimal
from typing import Any
from urllib.parse import quote

from saman.model.fhir.fhirpath import Context, Item, item_of, plain, select, text_of
from saman.model.fhir.fhirpath.amounts import Amount
from saman.model.fhir.fhirpath.times import PartialTime

Constants = Mapping[str, list[Item]]

WORK = 400_000
"""How much all expressions of one call may do together; each by itself half of that."""
FHIRPATH = "text/fhirpath"
QUERY = "application/x-fhir-query"
"""The languages of expressions (http://hl7.org/fhir/R4/valueset-expression-language.html) that are understood."""
_UCUM = "http://unitsofmeasure.org"
_HOLE = re.compile(r"\{\{([^{}]+)\}\}")


class Evaluator:
    """Evaluates the expressions of one call, until its work is done."""

    def __init__(self, now: datetime, work: int = WORK) -> None:
        self._now = now
        self._left = work

    def select(
        self, expression: str, resource: dict[str, Any], constants: Constants, origin: Item | None = None
    ) -> list[Item]:
        """What an expression selects from a resource, or from an element of it.

        Raises FhirPathError, whose text holds nothing of a resource.
        """
        given = min(self._left, WORK // 2)
        begin = None if origin is None else [origin]
        context = Context(resource, now=self._now, constants=constants, left=given, origin=begin)
        try:
            return select(expression, context)
        finally:
            self._left -= given - max(context.left, 0)

    def holds(self, expression: str, resource: dict[str, Any], constants: Constants) -> bool:
        """Whether it is true: not when it is false, empty or something else."""
        return [one[1] for one in self.select(expression, resource, constants)] == [True]

    def address(self, template: str, resource: dict[str, Any], constants: Constants) -> str:
        """An address whose `{{expressions}}` are replaced by what they select, so that it stays one value there."""

        def told(found: re.Match[str]) -> str:
            values = (plain(one) for one in self.select(found[1].strip(), resource, constants))
            return ",".join(quote(text_of(one), safe="") for one in values if not isinstance(one, (dict, type(None))))

        return _HOLE.sub(told, template)


def constants_of(**resources: list[dict[str, Any]]) -> dict[str, list[Item]]:
    """Resources as constants for expressions, each by its name."""
    return {name: [item_of(one) for one in each] for name, each in resources.items()}


def value_of(one: Item) -> Any:
    """The value of an item as it stands in JSON; None for a primitive without value."""
    _, value, _ = one
    if isinstance(value, PartialTime):
        return text_of(value)
    if isinstance(value, Amount):
        unit = {} if value.unit == "1" else {"unit": value.unit, "system": _UCUM, "code": value.unit}
        return {"value": Decimal(value.value)} | unit
    return value


def kind_of(one: Item) -> str:
    """The type of an item: that of FHIR where there is one, else the one that has the same values."""
    name = one[0]
    plain = name.removeprefix("System.")
    return name if plain == name else "Quantity" if plain == "Quantity" else plain[0].lower() + plain[1:]
