"""Marks: one reading compared with the person's own limit or own earlier readings, explained in plain words."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date, datetime, timedelta
from decimal import Decimal
from enum import Enum

import msgspec

from saman.model.care.monitoring import Rule, RuleKind
from saman.model.triage.purpose import VERSION, Adoption

Args = tuple[tuple[str, str], ...]


class Value(msgspec.Struct, frozen=True, kw_only=True):
    """One number as read: which quantity, how much in which UCUM unit, and when."""

    quantity: str
    value: Decimal
    unit: str
    at: datetime


class OwnLimit(msgspec.Struct, frozen=True, kw_only=True):
    """A person's own limit: lowest and highest value, both still within, and who set it when."""

    quantity: str
    unit: str
    low: Decimal | None = None
    high: Decimal | None = None
    set_by: str = ""
    set_on: date | None = None


class Case(msgspec.Struct, frozen=True, kw_only=True):
    """What is compared for one person.

    `now_read` holds the values of one report, `earlier` those before it in any order, `limits` the person's own
    limits, and `missed` the days running up to today on which nothing came though it was agreed.
    """

    now_read: tuple[Value, ...] = ()
    earlier: tuple[Value, ...] = ()
    limits: tuple[OwnLimit, ...] = ()
    missed: tuple[date, ...] = ()


class Sense(Enum):
    """What a comparison found."""

    UNDER = "under"
    OVER = "over"
    RISE = "rise"
    MISSED = "missed"


class Mark(msgspec.Struct, frozen=True, kw_only=True):
    """One comparison that found something: by which rule and version, in words, and what was compared.

    `key` and `args` let a page say it in the reader's language; `text` says it in English. `compared` holds the
    reading and what it was held against, each as written.
    """

    rule: str
    version: str
    sense: Sense
    quantity: str
    key: str
    args: Args
    text: str
    compared: tuple[str, ...]


class Marks(msgspec.Struct, frozen=True):
    """The marks of one case; `on` is false when nobody has adopted the module, and then there are none."""

    on: bool
    marks: tuple[Mark, ...] = ()


def mark(adoption: Adoption, rules: Iterable[Rule], case: Case) -> Marks:
    """Every mark that `rules` of the service model give for `case`, in the order of the rules; off: none at all.

    Two units are never compared: a reading in another unit than the limit's gets no mark.
    """
    if not adoption.on:
        return Marks(False)
    found: list[Mark] = []
    for rule in rules:
        if rule.kind is RuleKind.OWN_LIMIT:
            found += _own_limits(rule, case)
        elif rule.kind is RuleKind.RISE:
            found += _rises(rule, case)
        else:
            found += _missed(rule, case)
    return Marks(True, tuple(found))


def _own_limits(rule: Rule, case: Case) -> list[Mark]:
    return [
        found
        for value in case.now_read
        for limit in case.limits
        if value.quantity == limit.quantity == rule.quantity and value.unit == limit.unit
        if (found := _own_limit(rule, value, limit)) is not None
    ]


def _own_limit(rule: Rule, value: Value, limit: OwnLimit) -> Mark | None:
    if limit.low is not None and value.value < limit.low:
        return _limit_mark(rule, value, limit, Sense.UNDER, limit.low)
    if limit.high is not None and value.value > limit.high:
        return _limit_mark(rule, value, limit, Sense.OVER, limit.high)
    return None


def _limit_mark(rule: Rule, value: Value, limit: OwnLimit, sense: Sense, end: Decimal) -> Mark:
    args = (
        ("quantity", value.quantity),
        ("value", str(value.value)),
        ("limit", str(end)),
        ("unit", value.unit),
        ("set_by", limit.set_by),
        ("set_on", limit.set_on.isoformat() if limit.set_on else ""),
    )
    text = f"{value.value} {value.unit} is {sense.value} the own limit of {end} {value.unit}."
    return _made(rule, sense, value.quantity, args, text, (_written(value), f"{end} {limit.unit}"))


def _rises(rule: Rule, case: Case) -> list[Mark]:
    return [
        _rise_mark(rule, value, lowest)
        for value in case.now_read
        if value.quantity == rule.quantity
        if (lowest := _lowest(rule, value, case)) is not None
        if rule.amount is not None and value.value - lowest.value > rule.amount
    ]


def _lowest(rule: Rule, value: Value, case: Case) -> Value | None:
    since = value.at - timedelta(days=rule.days or 0)
    same = (one for one in case.earlier if (one.quantity, one.unit) == (value.quantity, value.unit))
    return min((one for one in same if since <= one.at < value.at), key=lambda one: (one.value, one.at), default=None)


def _rise_mark(rule: Rule, value: Value, lowest: Value) -> Mark:
    rise = value.value - lowest.value
    args = (
        ("quantity", value.quantity),
        ("value", str(value.value)),
        ("rise", str(rise)),
        ("amount", str(rule.amount)),
        ("days", str(rule.days)),
        ("unit", value.unit),
    )
    text = (
        f"{rise} {value.unit} more than the lowest reading of the last {rule.days} days; the rule says {rule.amount}."
    )
    return _made(rule, Sense.RISE, value.quantity, args, text, (_written(value), _written(lowest)))


def _missed(rule: Rule, case: Case) -> list[Mark]:
    missed = len(case.missed)
    if rule.days is None or missed < rule.days:
        return []
    args = (("missed", str(missed)), ("days", str(rule.days)))
    text = f"Agreed readings did not come on {missed} days; the rule says {rule.days}."
    compared = tuple(day.isoformat() for day in sorted(case.missed))
    return [_made(rule, Sense.MISSED, rule.quantity or "", args, text, compared)]


def _made(rule: Rule, sense: Sense, quantity: str, args: Args, text: str, compared: tuple[str, ...]) -> Mark:
    key = f"triage.{sense.value}"
    return Mark(
        rule=rule.id, version=VERSION, sense=sense, quantity=quantity, key=key, args=args, text=text, compared=compared
    )


def _written(value: Value) -> str:
    return f"{value.value} {value.unit}, {value.at.isoformat(timespec='minutes')}"
