"""Every code in what is made of the log is one of its official code system, and means what it is used for."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given

from saman.model.fhir import RESOURCE_TYPES, resource_number
from saman.record.audit import Logged
from saman.record.audit_events.criteria import all_criteria
from saman.record.audit_events.event import (
    CUSTODIAN,
    DICOM,
    ENTITY_ROLE,
    ENTITY_TYPE,
    ENTRANCES,
    RESOURCE_TYPE,
    SOURCE_TYPE,
    audit_event,
)
from saman.record.audit_events.provenance import OPERATION, provenance
from saman.record.entrance import NOBODY, Entrance
from tests.conformance.balp.test_balp import entries
from tests.http.audit.conftest import BASE

pytestmark = pytest.mark.conformance

_LINES = (Path(__file__).parent / "code_systems.tsv").read_text("utf-8").splitlines()
DISPLAYS = {(system, code): display for system, code, display in (one.split("\t") for one in _LINES if one[0] != "#")}
SYSTEMS = {system for system, _ in DISPLAYS}
OWN = "urn:saman:"

MEANT = {
    (DICOM, "110113"): "Security Alert",
    (DICOM, "110114"): "User Authentication",
    (DICOM, "110122"): "Login",
    (DICOM, "110123"): "Logout",
    (DICOM, "110129"): "Security Configuration",
    (DICOM, "110137"): "User security Attributes Changed",
    (DICOM, "110150"): "Application",
    (DICOM, "110152"): "Destination Role ID",
    (DICOM, "110153"): "Source Role ID",
    (ENTITY_TYPE, "1"): "Person",
    (ENTITY_TYPE, "2"): "System Object",
    (ENTITY_ROLE, "1"): "Patient",
    (ENTITY_ROLE, "4"): "Domain Resource",
    (ENTITY_ROLE, "11"): "Security User Entity",
    (ENTITY_ROLE, "13"): "Security Resource",
    (ENTITY_ROLE, "24"): "Query",
    (SOURCE_TYPE, "4"): "Application Server",
    (CUSTODIAN, "custodian"): "Custodian",
    (OPERATION, "CREATE"): "create",
}


def codings(value: Any) -> Iterator[tuple[str, str]]:
    """Every coding of a resource."""
    if isinstance(value, dict):
        if "code" in value and "system" in value:
            yield value["system"], value["code"]
        value = list(value.values())
    if isinstance(value, list):
        for one in value:
            yield from codings(one)


def unknown(resource: Any) -> list[tuple[str, str]]:
    """Codes that no code system has."""
    plain = {("http://hl7.org/fhir/audit-event-action", resource.get("action"))} if "action" in resource else set()
    found = {*codings(resource), *plain}
    return sorted(one for one in found if one not in DISPLAYS and not one[0].startswith(OWN))


@given(entry=entries)
def test_every_code_is_one_of_its_system(entry: Logged) -> None:
    assert unknown(audit_event(entry, "log-1", BASE, all_criteria)) == []
    if entry.action in "CUD" and entry.id:
        assert unknown(provenance(entry, "log-1", BASE, all_criteria)) == []


@pytest.mark.parametrize("code", MEANT)
def test_a_code_means_what_it_is_used_for(code: tuple[str, str]) -> None:
    assert DISPLAYS[code] == MEANT[code]


def test_what_is_held_against_is_whole() -> None:
    assert {code for system, code in DISPLAYS if system == RESOURCE_TYPE} > set(RESOURCE_TYPES)
    assert {code for pair in ENTRANCES.values() for code in pair} <= {code for system, code in MEANT if system == DICOM}


def entered(what: Entrance, actor: str, id: str = "") -> tuple[tuple[str, str], tuple[str, str]]:
    """Type and role of what an act of coming in or of administration is about."""
    at = datetime(2026, 11, 22, tzinfo=UTC)
    number = resource_number("Practitioner")
    entry = Logged(1, at, "r" * 16, actor, "", "", "", "E", number, id, None, None, 0, "", f"{what.value} how")
    [about] = [one for one in audit_event(entry, "log-1", BASE, all_criteria)["entity"] if "role" in one]
    return tuple((about[name]["system"], about[name]["code"]) for name in ("type", "role"))  # type: ignore[return-value]


@pytest.mark.parametrize(
    ("what", "actor", "id", "means"),
    [
        (Entrance.SIGN_IN, "Practitioner/1", "1", ("Person", "Security User Entity")),
        (Entrance.SIGN_IN, NOBODY, "", ("Person", "Security User Entity")),
        (Entrance.ADMINISTRATION, "system", "1", ("Person", "Security User Entity")),
        (Entrance.ADMINISTRATION, "system", "", ("System Object", "Security Resource")),
    ],
)
def test_who_came_in_is_a_person_and_what_was_set_a_thing(
    what: Entrance, actor: str, id: str, means: tuple[str, str]
) -> None:
    assert tuple(DISPLAYS[one] for one in entered(what, actor, id)) == means
