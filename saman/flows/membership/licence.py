"""Licences of practitioners as the directory keeps them: `Practitioner.qualification`. Pure.

Source: https://hl7.org/fhir/R4/practitioner-definitions.html#Practitioner.qualification
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime, tzinfo
from typing import Any

import msgspec

from saman.model.access.moment import END, START, begins, is_over
from saman.model.care import codes
from saman.model.care.caremodel import CareModel

Resource = Mapping[str, Any]

NUMBER = "professional-number"
"""The id, in a country profile, of the register number of health personnel."""

OWN_NUMBERS = "urn:saman:licence"
"""System of licence numbers in a country whose profile names none."""


class Licence(msgspec.Struct, frozen=True, kw_only=True):
    """A licence that somebody says they have looked up in the register: its number, and whether they say so."""

    number: str
    looked_up: bool


def number_system(model: CareModel) -> str:
    """The system of licence numbers in the model's country."""
    return next((one.uri for one in model.country.identifiers if one.id == NUMBER), OWN_NUMBERS)


def holds_licence(
    practitioner: Resource, profession: str, since: datetime, until: datetime | None, zone: tzinfo
) -> bool:
    """Whether a Practitioner has a licence for a profession (`nurse`) that lasts from `since` to `until`.

    A licence without an end lasts; a role without an end needs a licence that has none. Bare dates are days in `zone`.
    """
    return any(
        codes.code_of(one.get("code"), codes.PROFESSION) == profession and _lasts(one, since, until or END, zone)
        for one in practitioner.get("qualification", ())
    )


def _lasts(qualification: Resource, since: datetime, until: datetime, zone: tzinfo) -> bool:
    period = qualification.get("period", {})
    first, last = begins(period.get("start"), zone) or START, is_over(period.get("end"), zone) or END
    return first <= since and until <= last


def with_licence(
    practitioner: Resource, model: CareModel, profession: str, licence: Licence, giver: Resource
) -> dict[str, Any]:
    """The Practitioner with a licence more; `giver` is a Reference to whoever looked it up in the register."""
    number = {"system": number_system(model), "value": licence.number}
    qualification = {
        "extension": [{"url": codes.GIVEN_BY, "valueReference": giver}],
        "identifier": [number],
        "code": codes.concept(codes.PROFESSION, profession),
    }
    known = [dict(one) for one in practitioner.get("identifier", ())]
    if number not in [{"system": one.get("system"), "value": one.get("value")} for one in known]:
        known.append(number)
    held = [*practitioner.get("qualification", ()), qualification]
    return {**practitioner, "identifier": known, "qualification": held}


def licence_numbers(practitioner: Resource) -> tuple[str, ...]:
    """The register numbers of somebody's licences, each once."""
    numbers = (
        number["value"]
        for one in practitioner.get("qualification", ())
        if codes.code_of(one.get("code"), codes.PROFESSION)
        for number in one.get("identifier", ())
        if "value" in number
    )
    return tuple(dict.fromkeys(numbers))
