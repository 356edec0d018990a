"""Dates and times in SQL: compared as far as their precision goes, and their first and last moment.

A date or time without a zone counts as UTC, as in searches.
Source: http://hl7.org/fhirpath/N1/#datetime-equality, https://build.fhir.org/ig/HL7/FHIRPath/#boundary-functions
"""

from __future__ import annotations

import re

from saman.kernel.outcome import Refusal
from saman.model.fhir import date_range
from saman.model.fhir.fhirpath import FhirPathError
from saman.model.fhir.fhirpath.syntax import Moment
from saman.record.views.values import Item

_CLOCK = re.compile(r"(?:[01][0-9]|2[0-3]):[0-5][0-9]:[0-5][0-9](?:\.[0-9]{1,9})?(?:Z|[+-][0-9]{2}:[0-9]{2})?")
_COMPARED = {
    "=": "CASE WHEN a.low = b.low AND a.high = b.high THEN true WHEN a.high < b.low OR b.high < a.low THEN false END",
    "<": """CASE WHEN a.high < b.low THEN true
        WHEN a.low >= b.high OR a.low = b.low AND a.high = b.high THEN false END""",
}


def moment_type(node: Moment) -> str:
    """The FHIR type of a literal; FhirPathError when no calendar or clock has it, or when it has no seconds."""
    day, has_clock, clock = node.text.partition("T") if node.kind != "Time" else ("", "T", node.text)
    if clock and not _CLOCK.fullmatch(clock):
        raise FhirPathError("A time is expected with seconds, such as 14:30:00", node.position)
    if day and isinstance(date_range(day), Refusal):
        raise FhirPathError("There is no such date", node.position)
    return "time" if not day else "dateTime" if has_clock else "date"


def compared(operator: str, left: str, right: str) -> str:
    """Whether one date or time is equal to or before another; NULL where their precision does not tell."""
    return f"(SELECT {_COMPARED[operator]} FROM {_bounds(left)} AS a CROSS JOIN {_bounds(right)} AS b)"


def _bounds(value: str) -> str:
    """First and last microsecond of a text of any precision."""
    start = "CASE length(t.v) WHEN 4 THEN t.v || '-01-01' WHEN 7 THEN t.v || '-01' ELSE t.v END"
    step = "CASE length(s.v) WHEN 4 THEN '1 year' WHEN 7 THEN '1 month' WHEN 10 THEN '1 day' ELSE '1 us' END"
    return f"""(SELECT s.low, s.low + ({step})::interval - interval '1 us' AS high
        FROM (SELECT t.v, ({start})::timestamptz AS low FROM (SELECT {value} AS v OFFSET 0) AS t) AS s)"""


def boundary(item: Item, *, is_low: bool) -> Item | None:
    """The lowest or highest value that a number, date or time may stand for at its precision; None for other types."""
    if item.family == "number":
        half = f"(s.v {'-' if is_low else '+'} ('5e-' || (scale(s.v) + 1))::numeric)"
        return Item("decimal", _over(item, half))
    if item.type == "date":
        return Item("date", _over(item, _day(is_low=is_low)))
    if item.family == "moment":
        return Item("dateTime", _over(item, _moment(is_low=is_low)))
    return Item("time", _over(item, _clock(8, "", is_low=is_low))) if item.family == "time" else None


def _over(item: Item, expression: str) -> str:
    """`expression` over the value as `s.v`, which is worked out once."""
    return f"(SELECT {expression} FROM (SELECT {item.sql} AS v OFFSET 0) AS s)"


def _day(*, is_low: bool) -> str:
    if is_low:
        return "CASE length(s.v) WHEN 4 THEN s.v || '-01-01' WHEN 7 THEN s.v || '-01' ELSE s.v END"
    last = "to_char((s.v || '-01')::date + interval '1 month' - interval '1 day', 'YYYY-MM-DD')"
    return f"CASE length(s.v) WHEN 4 THEN s.v || '-12-31' WHEN 7 THEN {last} ELSE s.v END"


def _moment(*, is_low: bool) -> str:
    """The earliest is where the day begins first, at +14:00; the latest where it ends last, at -12:00."""
    rest = "T00:00:00.000+14:00" if is_low else "T23:59:59.999-12:00"
    clock = _clock(19, "+14:00" if is_low else "-12:00", is_low=is_low)
    return f"CASE WHEN length(s.v) <= 10 THEN ({_day(is_low=is_low)}) || '{rest}' ELSE {clock} END"


def _clock(seconds: int, zone: str, *, is_low: bool) -> str:
    """A text with seconds, whose fraction is filled up to milliseconds; `zone` where it has none."""
    parts = f"regexp_match(substr(s.v, {seconds + 1}), '^(?:[.]([0-9]+))?(.*)$')"
    digits = "coalesce(m.p[1], '')"
    filled = f"rpad({digits}, greatest(3, length({digits})), '{'0' if is_low else '9'}')"
    whole = f"left(s.v, {seconds}) || '.' || {filled} || coalesce(nullif(m.p[2], ''), '{zone}')"
    return f"(SELECT {whole} FROM (SELECT {parts}) AS m(p))"
