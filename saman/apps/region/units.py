"""Units and periods of figures in the reader's language."""

from __future__ import annotations

import re
from typing import Final

from saman.apps.region.facts import Said, Teller
from saman.apps.ui.locales import mark

MEASURED: Final = {
    "14 days": mark("14 days"),
    "12 months": mark("12 months"),
    "6 months": mark("6 months"),
    "alarms a month": mark("alarms a month"),
    "as counted": mark("as counted"),
    "contacts per person": mark("contacts per person"),
    "days": mark("days"),
    "days per person": mark("days per person"),
    "devices": mark("devices"),
    "discussions": mark("discussions"),
    "dispensers": mark("dispensers"),
    "doses": mark("doses"),
    "hours": mark("hours"),
    "hours a week": mark("hours a week"),
    "hours per person": mark("hours per person"),
    "index": mark("index"),
    "journeys a month": mark("journeys a month"),
    "km per contact": mark("km per contact"),
    "locks": mark("locks"),
    "looks a night": mark("looks a night"),
    "minutes": mark("minutes"),
    "minutes a week": mark("minutes a week"),
    "minutes per visit": mark("minutes per visit"),
    "month": mark("month"),
    "months": mark("months"),
    "municipalities": mark("municipalities"),
    "per 100 residents": mark("per 100 residents"),
    "per 100,000": mark("per 100,000"),
    "per cent": mark("per cent"),
    "persons": mark("persons"),
    "pieces per visit": mark("pieces per visit"),
    "reports a week": mark("reports a week"),
    "requests a week": mark("requests a week"),
    "score": mark("score"),
    "seconds": mark("seconds"),
    "sessions": mark("sessions"),
    "staff per person": mark("staff per person"),
    "talks": mark("talks"),
    "times a week": mark("times a week"),
    "visits": mark("visits"),
    "visits a month": mark("visits a month"),
    "visits a week": mark("visits a week"),
    "visits per client": mark("visits per client"),
    "visits per nurse": mark("visits per nurse"),
    "visits per person": mark("visits per person"),
    "weeks": mark("weeks"),
    "year": mark("year"),
    "years": mark("years"),
}
"""Periods and units that the files write in English."""

MONEY: Final = {
    "a month": mark("%(currency)s a month"),
    "a person": mark("%(currency)s a person"),
    "a year": mark("%(currency)s a year"),
}
"""Sums of money by what they are for; the currency stands before it in three letters."""

_SUM = re.compile(r"([A-Z]{3}) (.+)")


def measured(tell: Teller, written: str) -> Said:
    """A unit or period in the reader's language when it is one of the usual ones."""
    money = _SUM.fullmatch(written)
    if money and money[2] in MONEY:
        return Said(tell.words.gettext(MONEY[money[2]], currency=money[1]))
    return Said(tell.words.gettext(MEASURED[written])) if written in MEASURED else Said(written)
