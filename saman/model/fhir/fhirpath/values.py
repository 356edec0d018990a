"""Items as plain values and back (https://hl7.org/fhir/R4/fhirpath.html#types): true, 1, 1.50, text, time, amount."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from decimal import Decimal
from typing import Any

from saman.model.fhir.definitions import lineage, structure
from saman.model.fhir.fhirpath import amounts, times
from saman.model.fhir.fhirpath.amounts import Amount
from saman.model.fhir.fhirpath.items import Item
from saman.model.fhir.fhirpath.syntax import EvaluationFault
from saman.model.fhir.fhirpath.times import PartialTime

Value = bool | int | Decimal | str | PartialTime | Amount

TRUE: list[Item] = [("System.Boolean", True, None)]
FALSE: list[Item] = [("System.Boolean", False, None)]
UCUM = "http://unitsofmeasure.org"
CALENDAR_UNITS = "http://hl7.org/fhirpath/CodeSystem/calendar-units"

MAX_TEXT = 200_000
"""Characters that a text may have which an expression puts together."""

NUMBERS = (int, Decimal)
_WORDS = {bool: "true or false", int: "a whole number", Decimal: "a number", str: "a text", Amount: "a quantity"}
_SYSTEM = {
    bool: "System.Boolean",
    str: "System.String",
    int: "System.Integer",
    Decimal: "System.Decimal",
    Amount: "System.Quantity",
}


class Unfit(Exception):
    """A value that a function cannot work with, or would make too large; told with its place as an EvaluationFault."""


def system_type(value: Value) -> str:
    """The System type of a plain value."""
    return f"System.{value.kind}" if isinstance(value, PartialTime) else _SYSTEM[type(value)]


def item(value: Value) -> Item:
    """A plain value as an item; a quantity has a value and a unit below it."""
    elements = {"value": value.value, "unit": value.unit} if isinstance(value, Amount) else None
    return system_type(value), value, elements


def as_items(value: bool | None) -> list[Item]:
    """Three-valued truth as a collection; None is empty."""
    return [] if value is None else TRUE if value else FALSE


def items_of(value: Value | Iterable[Value] | None) -> list[Item]:
    """One plain value or several as a collection; None is empty."""
    if value is None:
        return []
    if type(value) is bool:
        return TRUE if value else FALSE
    if isinstance(value, list):
        return [item(one) for one in value]
    return [item(value)]  # type: ignore[arg-type]


def _amount(value: Any) -> Any:
    """A FHIR Quantity as an amount, if it has an exact value; codes of other systems than UCUM keep theirs."""
    number, system, code = value.get("value"), value.get("system"), value.get("code")
    if type(number) not in NUMBERS or "comparator" in value:
        return value
    if code and system == UCUM:
        return Amount(Decimal(number), code)
    if code and system == CALENDAR_UNITS and code in amounts.CALENDAR:
        return Amount(Decimal(number), code, is_calendar=True)
    unit = f"{system or ''}|{code or value.get('unit') or ''}"
    return Amount(Decimal(number), "1" if unit == "|" else unit)


def _number(value: Any) -> Any:
    return Decimal(value) if type(value) is int else value


def _read(read: Callable[[str], PartialTime | None]) -> Callable[[Any], Any]:
    return lambda value: (read(value) or value) if type(value) is str else value


READERS: dict[str, Callable[[Any], Any]] = {
    "decimal": _number,
    "date": _read(times.date),
    "dateTime": _read(times.date_time),
    "instant": _read(times.date_time),
    "time": _read(times.time),
} | {name: _amount for name in structure.parents if "Quantity" in lineage(name)}
"""What makes plain values of types whose JSON is none."""


def plain(one: Item) -> Any:
    """The plain value of an item: a dict for what has elements of its own, None for a primitive without value."""
    type_name, value, _ = one
    reader = READERS.get(type_name)
    return value if reader is None or value is None else reader(value)


def single(items: list[Item], position: int) -> Any:
    """The plain value of a collection of one; None for none; EvaluationFault for several."""
    if not items:
        return None
    if len(items) > 1:
        raise EvaluationFault("Expected one value but found several", position)
    return plain(items[0])


def expect(value: Any, kinds: tuple[type, ...], position: int) -> Any:
    """The plain value if it is of one of `kinds` or None; EvaluationFault for another."""
    if value is None or type(value) in kinds:
        return value
    if Decimal in kinds and type(value) is int:
        return Decimal(value)
    raise EvaluationFault(f"Expected {_WORDS.get(kinds[-1], 'a date or time')}", position)


def truth(items: list[Item], position: int) -> bool | None:
    """The collection as a condition: empty is None, a boolean itself, any other single item true."""
    if items is TRUE:
        return True
    if not items:
        return None
    if len(items) > 1:
        raise EvaluationFault("Expected true or false but found several values", position)
    type_name, value, _ = items[0]
    if value is None and type_name == "boolean":
        return None
    return value is not False


def text_of(value: Value) -> str:
    """A plain value as text, as toString() gives it."""
    if type(value) is bool:
        return "true" if value else "false"
    if isinstance(value, PartialTime):
        return times.text(value)
    if isinstance(value, Amount):
        return amounts.text(value)
    return f"{value:f}" if isinstance(value, Decimal) else str(value)


def joined(texts: list[str], between: str = "") -> str:
    """Texts one after the other with another between them; Unfit when that is too long."""
    if sum(map(len, texts)) + len(between) * len(texts) > MAX_TEXT:
        raise Unfit("This text is too long")
    return between.join(texts)
