"""Whether a citizen or somebody close is asked how the region's services work together."""

from __future__ import annotations

from datetime import date

from saman.apps.citizen.recorded.own import Own
from saman.flows.governance.assessment import Held, answered, asking
from saman.model.care.assessment import Audience
from saman.model.care.calendar import local


def today_of(own: Own) -> date:
    """The day it is in the region."""
    return local(own.model.country, own.record.context.now).date()


async def open_round(own: Own) -> Held | None:
    """The round in which citizens are asked today, if there is one."""
    if own.model.assessment is None:
        return None
    return await asking(own.record.store, Audience.CITIZEN, "", today_of(own))


async def is_asked(own: Own) -> bool:
    """Whether there is one that they have not answered."""
    held = await open_round(own)
    return held is not None and not await answered(own.record.store, own.record.context, held)
