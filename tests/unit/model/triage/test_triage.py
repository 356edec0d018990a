"""Marks: plain comparisons that explain themselves, and nothing at all when nobody has adopted the module."""

from datetime import UTC, date, datetime, timedelta
from decimal import Decimal

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from saman.model.care import worklist
from saman.model.care.monitoring import Rule, RuleKind
from saman.model.care.worklist import Item
from saman.model.triage.marks import Case, Mark, Marks, OwnLimit, Sense, Value, mark
from saman.model.triage.order import ordered
from saman.model.triage.purpose import INTENDED_PURPOSE, OFF, VERSION, Adoption

NOW = datetime(2026, 11, 20, 15, 14, tzinfo=UTC)
ON = Adoption("demo only")
WORDS = {"en": "compared"}

SPO2 = Rule(id="spo2-own-limit", kind=RuleKind.OWN_LIMIT, quantity="spo2", text=WORDS, sample=True)
RISE = Rule(id="weight-rise", kind=RuleKind.RISE, quantity="weight", amount=Decimal(2), days=3, text=WORDS, sample=True)
MISSED = Rule(id="missed-days", kind=RuleKind.MISSED, days=2, text=WORDS, sample=True)
RULES = (SPO2, RISE, MISSED)


def spo2(value: str, unit: str = "%") -> Value:
    return Value(quantity="spo2", value=Decimal(value), unit=unit, at=NOW)


def weight(value: str, days_ago: float = 0, unit: str = "kg") -> Value:
    return Value(quantity="weight", value=Decimal(value), unit=unit, at=NOW - timedelta(days=days_ago))


def limit(low: str | None = None, high: str | None = None) -> OwnLimit:
    ends = {name: Decimal(end) for name, end in (("low", low), ("high", high)) if end}
    return OwnLimit(quantity="spo2", unit="%", set_by="Per Nilsen", set_on=date(2026, 9, 3), **ends)


def senses(case: Case, adoption: Adoption = ON) -> list[Sense]:
    return [one.sense for one in mark(adoption, RULES, case).marks]


@pytest.mark.parametrize(
    ("value", "low", "high", "found"),
    [
        ("88", "90", None, [Sense.UNDER]),
        ("90", "90", None, []),
        ("90.0", "90", None, []),
        ("89.9", "90", None, [Sense.UNDER]),
        ("99", None, "98", [Sense.OVER]),
        ("98", None, "98", []),
        ("95", "90", "98", []),
        ("50", None, None, []),
    ],
)
def test_a_reading_is_compared_with_the_own_limit_and_nothing_else(value, low, high, found):
    assert senses(Case(now_read=(spo2(value),), limits=(limit(low, high),))) == found


def test_a_mark_says_which_rule_what_was_compared_and_who_set_it():
    (found,) = mark(ON, RULES, Case(now_read=(spo2("88"),), limits=(limit("90"),))).marks
    assert (found.rule, found.version, found.quantity) == ("spo2-own-limit", VERSION, "spo2")
    assert found.key == "triage.under"
    assert found.text == "88 % is under the own limit of 90 %."
    assert dict(found.args) == {
        "quantity": "spo2",
        "value": "88",
        "limit": "90",
        "unit": "%",
        "set_by": "Per Nilsen",
        "set_on": "2026-09-03",
    }
    assert found.compared == ("88 %, 2026-11-20T15:14+00:00", "90 %")


def test_without_a_limit_there_is_no_mark():
    assert senses(Case(now_read=(spo2("70"),))) == []


def test_two_units_are_never_compared():
    assert senses(Case(now_read=(spo2("0.88", "1"),), limits=(limit("90"),))) == []
    assert senses(Case(now_read=(weight("159", unit="[lb_av]"),), earlier=(weight("70", 1),))) == []


def test_somebody_elses_quantity_is_not_compared():
    other = OwnLimit(quantity="pulse", unit="%", low=Decimal(90))
    assert senses(Case(now_read=(spo2("88"),), limits=(other,))) == []


@pytest.mark.parametrize(
    ("now", "earlier", "found"),
    [
        ("72.1", [("70.0", 3)], [Sense.RISE]),
        ("72.0", [("70.0", 3)], []),
        ("72.1", [("70.0", 3.01)], []),
        ("72.1", [("71.0", 2), ("70.0", 1)], [Sense.RISE]),
        ("72.1", [("70.0", -1)], []),
        ("68.0", [("72.0", 1)], []),
        ("72.1", [], []),
    ],
)
def test_a_rise_is_more_than_the_amount_within_the_days(now, earlier, found):
    case = Case(now_read=(weight(now),), earlier=tuple(weight(value, ago) for value, ago in earlier))
    assert senses(case) == found


def test_a_rise_names_the_reading_it_was_held_against():
    case = Case(now_read=(weight("72.5"),), earlier=(weight("71.0", 2), weight("70.2", 1)))
    (found,) = mark(ON, RULES, case).marks
    assert dict(found.args)["rise"] == "2.3"
    assert found.compared == ("72.5 kg, 2026-11-20T15:14+00:00", "70.2 kg, 2026-11-19T15:14+00:00")


@pytest.mark.parametrize(("days", "found"), [(0, []), (1, []), (2, [Sense.MISSED]), (5, [Sense.MISSED])])
def test_missed_days_are_counted(days, found):
    missed = tuple(date(2026, 11, 20) - timedelta(days=offset) for offset in range(days))
    assert senses(Case(missed=missed)) == found


def test_the_rules_of_agder_make_the_marks_of_the_worklist(agder_rules):
    limits = (limit("90"), OwnLimit(quantity="weight", unit="kg", high=Decimal("71.5"), set_by="S. Haugen"))
    case = Case(now_read=(spo2("88"), weight("71.8")), earlier=(weight("71.0", 2),), limits=limits)
    found = mark(ON, agder_rules, case).marks
    assert [(one.rule, one.sense) for one in found] == [
        ("spo2-own-limit", Sense.UNDER),
        ("weight-own-limit", Sense.OVER),
    ]


VALUES = st.builds(
    Value,
    quantity=st.sampled_from(["spo2", "weight", "pulse"]),
    value=st.decimals(-1000, 1000, places=1),
    unit=st.sampled_from(["%", "kg", "/min"]),
    at=st.integers(0, 10_000_000).map(lambda seconds: NOW - timedelta(seconds=seconds)),
)
LIMITS = st.builds(
    OwnLimit,
    quantity=st.sampled_from(["spo2", "weight"]),
    unit=st.sampled_from(["%", "kg"]),
    low=st.none() | st.decimals(-1000, 1000, places=1),
    high=st.none() | st.decimals(-1000, 1000, places=1),
)
CASES = st.builds(
    Case,
    now_read=st.lists(VALUES, max_size=5).map(tuple),
    earlier=st.lists(VALUES, max_size=10).map(tuple),
    limits=st.lists(LIMITS, max_size=5).map(tuple),
    missed=st.lists(st.dates(), max_size=5).map(tuple),
)
ITEMS = st.lists(
    st.builds(
        Item,
        id=st.text("abcdef", min_size=1, max_size=6),
        received=st.integers(0, 500).map(lambda minutes: NOW - timedelta(minutes=minutes)),
        unread=st.booleans(),
        overdue=st.booleans(),
        requested=st.booleans(),
    ),
    max_size=20,
    unique_by=lambda item: item.id,
)
NOBODY = st.sampled_from(["", " ", "\t\n"])


@settings(deadline=None)
@given(CASES, NOBODY)
def test_off_there_are_no_marks_whatever_is_read(case, nobody):
    assert mark(Adoption(nobody), RULES, case) == Marks(False)


@settings(deadline=None)
@given(ITEMS, st.data())
def test_off_the_order_is_unread_overdue_request_time(items, data):
    marks = {item.id: Marks(True, (any_mark(),)) for item in items if data.draw(st.booleans())}
    by_marks = data.draw(st.booleans())
    found = ordered(OFF, items, marks, by_marks)
    assert [one.id for one in found] == [one.id for group in _groups(items) for one in group]


def _groups(items: list[Item]) -> list[list[Item]]:
    """The four groups stated again by hand, each by time received."""
    unread = [one for one in items if one.unread]
    overdue = [one for one in items if not one.unread and one.overdue]
    asked = [one for one in items if not one.unread and not one.overdue and one.requested]
    rest = [one for one in items if not (one.unread or one.overdue or one.requested)]
    return [sorted(group, key=lambda one: (one.received, one.id)) for group in (unread, overdue, asked, rest)]


@settings(deadline=None)
@given(ITEMS, st.data())
def test_on_the_order_stays_until_the_reader_chooses(items, data):
    marks = {item.id: Marks(True, (any_mark(),)) for item in items if data.draw(st.booleans())}
    assert ordered(ON, items, marks, by_marks=False) == worklist.ordered(items)
    chosen = ordered(ON, items, marks, by_marks=True)
    assert set(chosen) == set(items)
    flags = [item.id in marks for item in chosen]
    assert flags == sorted(flags, reverse=True)
    for group in (True, False):
        part = [item for item in chosen if (item.id in marks) == group]
        assert tuple(part) == worklist.ordered(part)


@settings(deadline=None)
@given(ITEMS, st.integers(1, 4))
def test_more_marks_do_not_go_first(items, count):
    one = {item.id: Marks(True, (any_mark(),)) for item in items}
    many = {item.id: Marks(True, (any_mark(),) * (count + index)) for index, item in enumerate(items)}
    assert ordered(ON, items, one, by_marks=True) == ordered(ON, items, many, by_marks=True)


@settings(deadline=None)
@given(CASES)
def test_the_same_case_gives_the_same_marks_in_any_order_of_earlier_readings(case):
    turned = Case(now_read=case.now_read, earlier=case.earlier[::-1], limits=case.limits, missed=case.missed)
    assert mark(ON, RULES, case) == mark(ON, RULES, turned)


def test_every_group_is_told_apart():
    items = [
        Item(id="rest", received=NOW - timedelta(days=9)),
        Item(id="asked", received=NOW - timedelta(days=8), requested=True),
        Item(id="late", received=NOW - timedelta(days=7), overdue=True, requested=True),
        Item(id="new", received=NOW, unread=True, overdue=True),
        Item(id="older", received=NOW - timedelta(days=1), unread=True),
    ]
    assert [one.id for one in worklist.ordered(items)] == ["older", "new", "late", "asked", "rest"]


def test_the_purpose_says_what_it_is_not():
    lowered = INTENDED_PURPOSE.lower()
    assert "no alarm" in lowered
    for claim in ("detect", "predict", "diagnos", "urgency", "early warning", "decision support", "risk"):
        assert claim not in lowered


def any_mark() -> Mark:
    return Mark(
        rule="r", version=VERSION, sense=Sense.UNDER, quantity="spo2", key="k", args=(), text="t", compared=("a", "b")
    )
