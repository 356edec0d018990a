"""Small things every professional page writes in the same way: persons, values, limits, marks. Pure."""

from __future__ import annotations

import secrets
from collections.abc import Iterable, Sequence
from datetime import date
from decimal import Decimal
from typing import Any, NamedTuple

from markupsafe import Markup

from saman.apps.team.desk import Desk
from saman.apps.team.views import MarkShown, PersonLine, ReadingShown, Shape
from saman.apps.ui.locales import mark
from saman.apps.ui.views import PersonBanner
from saman.flows.directory import name_of
from saman.flows.monitoring.enrolment import OwnLimit
from saman.flows.monitoring.series import Reading
from saman.flows.reading import Said, day_of, in_language, once_a_tree
from saman.model.access.domain import labels
from saman.model.access.near import PROTECTED_ADDRESS
from saman.model.care.combine import rules_of
from saman.model.care.measurement import Measurement, Quantity
from saman.model.care.service_model import ServiceModel
from saman.model.triage import marks as triage
from saman.model.triage.marks import Case, Mark, Sense, Value

Resource = dict[str, Any]

SEXES = {"female": mark("Woman"), "male": mark("Man"), "other": mark("Other"), "unknown": mark("Not known")}
SHORT_SEXES = {"female": mark("F"), "male": mark("M")}
AT_LEAST, AT_MOST, BETWEEN = mark("≥ %(value)s"), mark("≤ %(value)s"), mark("%(low)s to %(high)s")
MARK_WORDS = {
    Sense.UNDER: mark("under limit"),
    Sense.OVER: mark("over limit"),
    Sense.RISE: mark("has risen"),
    Sense.MISSED: mark("days missed"),
}
MARK_WHY = {
    Sense.UNDER: mark("%(value)s %(unit)s is under the own limit of %(limit)s %(unit)s."),
    Sense.OVER: mark("%(value)s %(unit)s is over the own limit of %(limit)s %(unit)s."),
    Sense.RISE: mark(
        "%(rise)s %(unit)s more than the lowest reading of the last %(days)s days; the rule says %(amount)s."
    ),
    Sense.MISSED: mark("Agreed readings did not come on %(missed)s days; the rule says %(days)s."),
}
SHORT_NAMES = {"spo2": mark("SpO₂"), "blood-pressure": mark("BP")}
"""What professionals call a measurement whose name for citizens is long."""
SPARED = ("/min", "mmHg")
"""Units that go without saying beside a pulse or a blood pressure."""
NOTHING = Case()
NUMBERS = ("value", "limit", "rise", "amount", "missed", "days")


def person_line(desk: Desk, id: str, person: Resource | None) -> PersonLine:
    """A person in a list; an address that is protected is not shown, not even the municipality."""
    if person is None:
        return PersonLine(id="", name=desk.t("A person you cannot open"))
    told = _told_of(person)
    return PersonLine(
        id=id,
        name=told.name,
        year=told.year,
        sex=desk.t(told.sex) if told.sex else "",
        place=told.place,
        dead=told.dead,
    )


class _Told(NamedTuple):
    """A person in a list, in no language yet."""

    name: str
    year: str
    sex: str
    place: str
    dead: bool


@once_a_tree
def _told_of(person: Resource) -> _Told:
    return _Told(
        name=name_of(person),
        year=str(person.get("birthDate", ""))[:4],
        sex=SHORT_SEXES.get(person.get("gender", ""), ""),
        place="" if is_protected(person) else place_of(person),
        dead=is_dead(person),
    )


def is_protected(person: Resource) -> bool:
    """Whether where somebody lives is kept secret."""
    return PROTECTED_ADDRESS in labels(person)


def is_dead(person: Resource) -> bool:
    """Whether a person has died."""
    return "deceasedDateTime" in person or person.get("deceasedBoolean") is True


def place_of(person: Resource) -> str:
    """The municipality where a person lives, empty when not known."""
    address: Resource = next(iter(person.get("address", ())), {})
    return str(address.get("district") or address.get("city") or "")


def banner(desk: Desk, person: Resource, critical: Sequence[tuple[str, str]] = ()) -> PersonBanner:
    """The banner of a person's page."""
    name: Resource = next(iter(person.get("name", ())), {})
    born = day_of(person["birthDate"]) if "birthDate" in person else desk.words.today
    died = day_of(person["deceasedDateTime"]) if "deceasedDateTime" in person else None
    sex = SEXES.get(person.get("gender", ""), SEXES["unknown"])
    marked = {one.get("code") for one in person.get("meta", {}).get("security", ())}
    return PersonBanner(
        family_name=str(name.get("family", "")) or name_of(person),
        given_name=" ".join(name.get("given", ())),
        born=born,
        age=age(born, died or desk.words.today),
        identifier=identifier(person),
        sex=desk.t(sex),
        test_person="HTEST" in marked,
        died=died,
        facts=tuple(_facts(desk, person)),
        critical=tuple(critical),
    )


def age(born: date, today: date) -> int:
    """Whole years."""
    return today.year - born.year - ((today.month, today.day) < (born.month, born.day))


def identifier(person: Resource) -> str:
    """The official number, eleven digits in groups of six and five as they are read aloud; empty when there is none."""
    numbers = [one for one in person.get("identifier", ()) if one.get("use") == "official"]
    value = str(numbers[0].get("value", "")) if numbers else ""
    return f"{value[:6]} {value[6:]}" if len(value) == 11 and value.isdigit() else value


def _facts(desk: Desk, person: Resource) -> Iterable[tuple[str, str]]:
    if is_protected(person):
        yield desk.t(mark("Lives in")), desk.t(mark("Protected address"))
    else:
        address: Resource = next(iter(person.get("address", ())), {})
        how = in_language(address, "text", desk.language, person)
        told = (place_of(person), Said(how.lower(), how.language))
        yield desk.t(mark("Lives in")), Markup(", ").join(desk.words.spoken(one) for one in told if one) or "–"
    spoken = person.get("communication", ())
    chosen: Resource = next((one for one in spoken if one.get("preferred")), next(iter(spoken), {}))
    language = in_language(chosen.get("language", {}), "text", desk.language, person)
    if language:
        yield desk.t(mark("Language")), desk.words.spoken(language)


def limit_text(desk: Desk, low: Decimal | None, high: Decimal | None) -> str:
    """A limit as signs and numbers; empty when there is none."""
    number = desk.words.number
    if low is not None and high is not None:
        return desk.t(BETWEEN, low=number(low), high=number(high))
    if low is not None:
        return desk.t(AT_LEAST, value=number(low))
    return desk.t(AT_MOST, value=number(high)) if high is not None else ""


def readings_shown(
    desk: Desk, found: Sequence[Reading], limits: Sequence[OwnLimit], marks: Sequence[Mark] = ()
) -> tuple[ReadingShown, ...]:
    """One entry for each measurement in the order of the service: `138/82 mmHg` is one."""
    held = {one.quantity: one for one in found}
    parts: dict[str, list[tuple[Measurement, Quantity]]] = {}
    for id, (measured, quantity) in desk.model.quantities.items() if held else ():
        if id in held:
            parts.setdefault(measured.id, []).append((measured, quantity))
    return tuple(_measurement(desk, each, held, limits, marks) for each in parts.values())


def _measurement(
    desk: Desk,
    parts: Sequence[tuple[Measurement, Quantity]],
    held: dict[str, Reading],
    limits: Sequence[OwnLimit],
    marks: Sequence[Mark],
) -> ReadingShown:
    measured, first = parts[0]
    ids = [q.id for _, q in parts]
    limit = next((one for one in limits if one.quantity in ids), None)
    unit = first.unit.text
    numbers = "/".join(desk.words.number(held[id].value) for id in ids)
    return ReadingShown(
        name=short_name(desk, measured),
        value=f"{numbers} {unit}" if unit not in SPARED else numbers,
        limit=limit_text(desk, limit.low, limit.high) if limit else "",
        set_by=limit.set_by if limit else "",
        set_on=limit.set_on if limit else None,
        marks=tuple(mark_shown(desk, one) for one in marks if one.quantity in ids),
        confirmed=any(held[id].confirmed for id in ids),
        measure=measured.id,
    )


def short_name(desk: Desk, measurement: Measurement) -> str:
    """A measurement as professionals call it."""
    short = SHORT_NAMES.get(measurement.id)
    return desk.t(short) if short else desk.said(measurement.name)


def mark_shown(desk: Desk, found: Mark) -> MarkShown:
    """A mark of `saman.model.triage` in the reader's words."""
    args = {name: desk.words.number(Decimal(text)) if name in NUMBERS else text for name, text in found.args}
    shape: Shape = "under" if found.sense is Sense.UNDER else "over" if found.sense is not Sense.MISSED else "asked"
    unit = (
        desk.model.quantities[found.quantity][1].unit.text
        if found.quantity in desk.model.quantities
        else args.get("unit", "")
    )
    return MarkShown(shape, desk.t(MARK_WORDS[found.sense]), desk.t(MARK_WHY[found.sense], **(args | {"unit": unit})))


def marks_of(
    desk: Desk,
    modules: Iterable[str],
    now_read: Sequence[Reading],
    earlier: Sequence[Reading],
    limits: Sequence[OwnLimit],
    services: Iterable[ServiceModel],
    missed: tuple[date, ...] = (),
) -> triage.Marks:
    """What the triage module says of one report by the rules of `services`; nothing when nobody has adopted it."""
    wanted = tuple(modules)
    if not wanted:
        return triage.mark(desk.marking, (), NOTHING)
    rules = [rule for service in services for rule in rules_of(service, wanted)]
    units = {id: q.unit.code for id, (_, q) in desk.model.quantities.items()}
    case = Case(
        now_read=tuple(_value(one, units) for one in now_read),
        earlier=tuple(_value(one, units) for one in earlier),
        limits=tuple(
            triage.OwnLimit(
                quantity=one.quantity,
                unit=units.get(one.quantity, ""),
                low=None if one.low is None else Decimal(one.low),
                high=None if one.high is None else Decimal(one.high),
                set_by=one.set_by,
                set_on=one.set_on,
            )
            for one in limits
        ),
        missed=missed,
    )
    return triage.mark(desk.marking, rules, case)


def _value(one: Reading, units: dict[str, str]) -> Value:
    return Value(quantity=one.quantity, value=one.value, unit=units.get(one.quantity, ""), at=one.when)


def new_key() -> str:
    """A key that a form carries, so that sending it twice writes once."""
    return secrets.token_urlsafe(18)
