"""Readings from home that come in by themselves: another unit is refused, a doubtful value must have been confirmed."""

from __future__ import annotations

from collections.abc import Iterator
from decimal import Decimal
from typing import Any

from saman.flows.monitoring.enrolment import quantity_of
from saman.kernel.outcome import Issue, Kind, Refusal
from saman.model.access import domain_of
from saman.model.access.domain import Domain
from saman.model.care import codes
from saman.model.care.caremodel import CareModel
from saman.model.care.measurement import plausibility

UCUM = "http://unitsofmeasure.org"

Resource = dict[str, Any]


def admitted(model: CareModel, resource: Any) -> Refusal | None:
    """Why a resource, or a Bundle with one, is not taken as a reading from home; None when there is nothing to say.

    Only Observations labelled as home monitoring whose code a service of the region asks for are looked at.
    """
    issues = tuple(_issues(model, resource, ""))
    return Refusal(Kind.UNPROCESSABLE, issues) if issues else None


def _issues(model: CareModel, resource: Any, path: str) -> Iterator[Issue]:
    if not isinstance(resource, dict):
        return
    if resource.get("resourceType") == "Bundle":
        for place, entry in enumerate(_listed(resource, "entry")):
            yield from _issues(model, entry.get("resource"), f"Bundle.entry[{place}].resource.")
    elif resource.get("resourceType") == "Observation" and _is_reading(resource):
        for part, where in _parts(resource):
            yield from _part_issues(model, resource, part, f"{path}Observation{where}")


def _is_reading(resource: Resource) -> bool:
    try:
        return domain_of(resource) is Domain.READINGS
    except (AttributeError, KeyError, TypeError):
        return False


def _parts(resource: Resource) -> Iterator[tuple[Resource, str]]:
    yield resource, ""
    for place, component in enumerate(_listed(resource, "component")):
        yield component, f".component[{place}]"


def _part_issues(model: CareModel, resource: Resource, part: Resource, path: str) -> Iterator[Issue]:
    value, code = part.get("valueQuantity"), part.get("code")
    if not isinstance(value, dict) or not isinstance(code, dict) or not isinstance(value.get("value"), Decimal | int):
        return
    quantity = quantity_of(model, code)
    if quantity is None:
        return
    unit = value.get("code") if value.get("system") == UCUM else None
    found = plausibility(quantity, Decimal(value["value"]), str(unit or ""))
    if found.refused:
        text = f"The unit must be the UCUM code {found.expected_unit.code}."
        yield Issue("value", text, f"{path}.valueQuantity.code", key="report.unit")
    elif found.asks and not codes.extension_of(resource, codes.CONFIRMED).get("valueBoolean"):
        text = f"Confirm that the meter shows this value: extension {codes.CONFIRMED}, valueBoolean true."
        yield Issue("business-rule", text, f"{path}.valueQuantity.value", key="report.confirm")


def _listed(resource: Resource, name: str) -> list[Resource]:
    found = resource.get(name)
    return [one for one in found if isinstance(one, dict)] if isinstance(found, list) else []
