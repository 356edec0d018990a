"""Demo people, made fresh for any day: those of Agder are written by hand, those of any other region are made from
its own files.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime

from saman.model.access import Policy
from saman.model.care.caremodel import CareModel
from saman.ops.demo.anywhere.whole import journey_of, region_bundles
from saman.ops.demo.hours import closed_in
from saman.ops.demo.local import REGION
from saman.ops.demo.whole import Named, demo_bundles

JOURNEY = (
    "ingrid-aasen",
    "kari-aasen",
    "jan-aas",
    "samir-al-khatib-for-yasmin-al-khatib",
    "silje-haugen",
    "eli-strand",
    "per-nilsen",
    "marte-olsen",
)
"""Ids of those of Agder whom a newcomer follows through the journey, somebody with a mandate and a guardian."""


def bundles_for(model: CareModel, policy: Policy, now: datetime) -> Iterator[Named]:
    """The demo of a region on a day (aware): name and transaction Bundle of each part, as they are to be stored.

    `policy` says whose eyes wait for a citizen's yes.
    """
    if model.region.id == REGION:
        return demo_bundles(now, closed=closed_in(model.country))
    return region_bundles(model, policy, now)


def offered_first(model: CareModel) -> tuple[str, ...]:
    """Ids of those whom the front page of a region's demo offers first in their roles."""
    return JOURNEY if model.region.id == REGION else journey_of(model)


__all__ = ["JOURNEY", "bundles_for", "demo_bundles", "offered_first"]
