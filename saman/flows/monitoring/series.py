"""Readings over time, by quantity, as they were reported or came from a device."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any

import msgspec

from saman.flows.monitoring.enrolment import quantity_of
from saman.flows.reading import moment_of, once_a_version
from saman.kernel.outcome import Refusal
from saman.model.care import codes
from saman.model.care.caremodel import CareModel
from saman.record import Record, Stored

SHOWN = timedelta(days=90)
MOST = "1000"

Resource = dict[str, Any]


class Reading(msgspec.Struct, frozen=True, kw_only=True):
    """One number of one Observation; `report` is the QuestionnaireResponse it came with, empty for a device's own."""

    quantity: str
    when: datetime
    value: Decimal
    unit: str
    confirmed: bool
    report: str
    observation: str


async def readings_of(
    record: Record, model: CareModel, person: str, since: datetime | None = None
) -> tuple[Reading, ...] | Refusal:
    """The readings from home since a moment (default: 90 days ago), oldest first."""
    start = since or record.context.now - SHOWN
    asked = [("patient", f"Patient/{person}"), ("category", f"{codes.CATEGORY}|home-monitoring"), ("_count", MOST)]
    found = await record.newest("Observation", asked, start)
    if isinstance(found, Refusal):
        return found
    readings = [reading for one in found for reading in read_observation(model, one)]
    return tuple(sorted(readings, key=lambda reading: reading.when))


@once_a_version
def read_observation(model: CareModel, stored: Stored) -> Iterator[Reading]:
    """The numbers of one Observation that some service of the region asks for; none when it was entered in error."""
    observation = stored.resource()
    if observation["status"] in ("entered-in-error", "cancelled") or "effectiveDateTime" not in observation:
        return
    confirmed = codes.extension_of(observation, codes.CONFIRMED).get("valueBoolean", False)
    derived = [one.get("reference", "") for one in observation.get("derivedFrom", ())]
    report = next((one.partition("/")[2] for one in derived if one.startswith("QuestionnaireResponse/")), "")
    for part in (observation, *observation.get("component", ())):
        value = part.get("valueQuantity", {})
        quantity = quantity_of(model, part.get("code", {})) if "value" in value else None
        if quantity is not None and value.get("code") == quantity.unit.code:
            yield Reading(
                quantity=quantity.id,
                when=moment_of(observation["effectiveDateTime"]),
                value=Decimal(value["value"]),
                unit=quantity.unit.text,
                confirmed=confirmed,
                report=report,
                observation=observation["id"],
            )


def latest(readings: Sequence[Reading], quantity: str) -> Reading | None:
    """The newest reading of a quantity."""
    return next((one for one in reversed(readings) if one.quantity == quantity), None)
