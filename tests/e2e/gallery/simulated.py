"""Made-up readings."""

from __future__ import annotations

import random
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal

from saman.apps.ui.readings import Limit, Point, Series

D = Decimal


def simulated(measure: str, first: date, last: date) -> tuple[Series, ...]:
    """Ninety days of made-up readings by a stated rule: steady, a week away, worse in the last five days."""
    rng = random.Random(f"gallery {measure}")
    levels = {
        "spo2": ((93, 1, -1.2),),
        "pulse": ((76, 4, 4.5),),
        "weight": ((70, 0.3, 0.4),),
        "blood-pressure": ((132, 6, 1.0), (80, 4, 0.5)),
    }[measure]
    limits = {
        "spo2": ((Limit(low=D(90)),),),
        "pulse": ((Limit(high=D(100)),),),
        "weight": ((Limit(high=D("71.5")),),),
        "blood-pressure": ((Limit(high=D(150)),), ()),
    }[measure]
    series = []
    for (level, spread, drift), own in zip(levels, limits, strict=True):
        points = []
        for number in range((last - first).days + 1):
            day = first + timedelta(number)
            away = date(2026, 10, 1) <= day <= date(2026, 10, 7)
            if away or rng.random() < 0.06:
                continue
            value = rng.gauss(level, spread) + max(0, number - 84) * drift
            digits = D("0.1") if measure == "weight" else D(1)
            points.append(Point(datetime(day.year, day.month, day.day, 8, tzinfo=UTC), D(value).quantize(digits)))
        series.append(Series(tuple(points), own))
    return tuple(series)
