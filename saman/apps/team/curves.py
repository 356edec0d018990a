"""Ninety days of each measure as small pictures with their table twins. Pure."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date

from saman.apps.team.desk import Desk
from saman.apps.team.shown import limit_text, readings_shown, short_name
from saman.apps.team.views import Curve
from saman.apps.ui import charts
from saman.apps.ui.charts import SMALL, Labels, Limit, Note, Point, Series
from saman.apps.ui.locales import mark
from saman.flows.monitoring.enrolment import Enrolment
from saman.flows.monitoring.series import SHOWN, Reading, latest
from saman.model.care.measurement import Measurement

DAILY = 6
"""From so many days a week on, a missing day is a gap in the line."""


def curves(
    desk: Desk, enrolment: Enrolment | None, readings: Sequence[Reading], notes: Sequence[tuple[date, str]]
) -> tuple[Curve, ...]:
    """One curve for each measurement that has readings, in the order of the service; what two measure stands once."""
    asked = enrolment.asked.measurements if enrolment else ()
    rhythm = 3 if asked and len(asked[0][1].days) < DAILY else 1
    services = (*((enrolment.service,) if enrolment else ()), *desk.model.every_service)
    measured: dict[tuple[str, ...], Measurement] = {}
    for one in (one for service in services for one in service.measurements):
        measured.setdefault(tuple(quantity.id for quantity in one.quantities), one)
    return tuple(
        _curve(desk, one, enrolment, readings, notes, rhythm)
        for one in measured.values()
        if any(reading.quantity == q.id for q in one.quantities for reading in readings)
    )


def _curve(
    desk: Desk,
    measurement: Measurement,
    enrolment: Enrolment | None,
    readings: Sequence[Reading],
    notes: Sequence[tuple[date, str]],
    rhythm: int,
) -> Curve:
    ids = [one.id for one in measurement.quantities]
    newest = [found for id in ids if (found := latest(readings, id)) is not None]
    limits = enrolment.limits if enrolment else ()
    series = tuple(_series(desk, id, enrolment, readings) for id in ids)
    last = desk.words.today
    labels = Labels(
        title=desk.t(mark("%(name)s, 90 days"), name=short_name(desk, measurement)),
        description=_description(desk, measurement, readings, ids),
        no_readings=desk.t(mark("no readings")),
        limit=next((limit_text(desk, one.low, one.high) for one in limits if one.quantity in ids), ""),
        month=desk.words.month,
        number=desk.words.number,
    )
    drawn = charts.trend(
        f"c-{measurement.id}",
        series,
        (last - SHOWN, last),
        labels,
        SMALL,
        tuple(Note(day, text) for day, text in notes),
        rhythm,
    )
    shown = readings_shown(desk, newest, limits)[0]
    return Curve(
        reading=shown, svg=drawn.svg, weeks=drawn.weeks, has_limit=drawn.has_limit, pair=len(measurement.quantities) > 1
    )


def _series(desk: Desk, quantity: str, enrolment: Enrolment | None, readings: Sequence[Reading]) -> Series:
    points = tuple(Point(desk.words.local(one.when), one.value) for one in readings if one.quantity == quantity)
    own = enrolment.limit(quantity) if enrolment else None
    return Series(points, (Limit(low=own.low, high=own.high, since=own.set_on),) if own else ())


def _description(desk: Desk, measurement: Measurement, readings: Sequence[Reading], ids: Sequence[str]) -> str:
    values = [one.value for one in readings if one.quantity in ids]
    number = desk.words.number
    return desk.t(
        mark("From %(lowest)s to %(highest)s %(unit)s."),
        lowest=number(min(values)),
        highest=number(max(values)),
        unit=measurement.quantities[0].unit.text,
    )
