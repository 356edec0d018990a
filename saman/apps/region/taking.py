"""Which municipalities have a service on a day: from the start, by an option, not yet, no longer, or not at all."""

from __future__ import annotations

from datetime import date
from enum import Enum

import msgspec

from saman.model.care.agreement import Agreement, Coverage, Take
from saman.model.care.caremodel import CareModel
from saman.model.care.coverage import COUNTIES
from saman.model.care.party import PartyKind
from saman.model.care.service_model import ServiceModel


class Taken(Enum):
    """How a municipality stands to a service, the nearest first."""

    ACTIVE = "active"
    EXERCISED = "exercised"
    OPTIONAL = "optional"
    ENDED = "ended"
    NONE = "none"


class Standing(msgspec.Struct, frozen=True):
    """How a municipality stands, the part of an agreement that says so, and the agreement."""

    taken: Taken
    part: Coverage | None = None
    agreement: Agreement | None = None


NOT_PART = Standing(Taken.NONE)
_ORDER = tuple(Taken)


def takes(model: CareModel, service: ServiceModel, on: date) -> dict[str, Standing]:
    """How each municipality stands to a service on a day, by its code.

    When no agreement names the service, it is for all of them, as `saman.model.care.coverage` has it.
    """
    found = dict.fromkeys((place.code for place in model.region.places), NOT_PART)
    named = False
    for agreement in model.agreements:
        for part in (one for one in agreement.services if one.service == service.id):
            named = True
            standing = Standing(_state(agreement, part, on), part, agreement)
            for code in _places(model, part):
                if code in found and _ORDER.index(standing.taken) < _ORDER.index(found[code].taken):
                    found[code] = standing
    return found if named else dict.fromkeys(found, Standing(Taken.ACTIVE))


def _state(agreement: Agreement, part: Coverage, on: date) -> Taken:
    if not agreement.holds(on):
        return Taken.ENDED
    if part.take is Take.ACTIVE:
        return Taken.ACTIVE
    if part.is_taken(on):
        return Taken.EXERCISED
    return Taken.OPTIONAL if part.option_until is None or on <= part.option_until else Taken.ENDED


def _places(model: CareModel, part: Coverage) -> set[str]:
    """The municipalities that take a part themselves, or by a county that takes it for them."""
    parties = [party for name in part.parties if (party := model.party(name)) is not None]
    own = {party.place for party in parties if party.kind is PartyKind.MUNICIPALITY}
    return own | {code for party in parties if party.kind in COUNTIES for code in party.serves}
