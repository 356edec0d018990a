"""An entry of the log about a write as a FHIR Provenance: who, for whom, by what, when, of which version.

Source: https://hl7.org/fhir/R4/provenance.html
"""

from __future__ import annotations

from typing import Any

from saman.kernel.clock import instant
from saman.model.fhir import resource_name
from saman.record.audit import Logged
from saman.record.audit_events.criteria import Criteria
from saman.record.audit_events.event import REASON, ROLE, server, user_of

Resource = dict[str, Any]

OPERATION = "http://terminology.hl7.org/CodeSystem/v3-DataOperation"
PARTICIPANT = "http://terminology.hl7.org/CodeSystem/provenance-participant-type"
_ACTIVITIES = {"C": "CREATE", "U": "UPDATE", "D": "DELETE"}


def provenance(entry: Logged, id: str, base: str, _criteria: Criteria) -> Resource:
    """The Provenance of a write, under `id`; `entry` is of action C, U or D and was not refused."""
    reference = f"{resource_name(entry.type)}/{entry.id}"
    version = entry.version or 1
    made: Resource = {
        "resourceType": "Provenance",
        "id": id,
        "meta": {"versionId": "1", "lastUpdated": instant(entry.at)},
        "target": [{"reference": f"{reference}/_history/{version}"}],
        "occurredDateTime": instant(entry.at),
        "recorded": instant(entry.at),
        "activity": {"coding": [{"system": OPERATION, "code": _ACTIVITIES[entry.action]}]},
        "agent": [_writer(entry), {"type": _participant("assembler"), "who": server(base)}],
    }
    if entry.purpose and entry.purpose != "SYSTEM":
        made["reason"] = [{"coding": [{"system": REASON, "code": entry.purpose}]}]
    if version > 1:
        made["entity"] = [{"role": "revision", "what": {"reference": f"{reference}/_history/{version - 1}"}}]
    return made


def _writer(entry: Logged) -> Resource:
    """Who wrote: a person, for the organisation or the person they act for, or a program."""
    if "/" not in entry.actor:
        who: Resource = {"type": "Device", "identifier": {"system": "urn:saman:client", "value": entry.actor}}
        return {"type": _participant("author"), "who": who}
    found: Resource = {"type": _participant("author"), "who": user_of(entry.actor)}
    if entry.role:
        found["role"] = [{"coding": [{"system": ROLE, "code": entry.role}]}]
    if entry.actor.startswith("RelatedPerson/") and entry.person:
        found["onBehalfOf"] = {"reference": f"Patient/{entry.person}"}
    elif entry.party:
        found["onBehalfOf"] = {"reference": f"Organization/{entry.party}"}
    return found


def _participant(code: str) -> Resource:
    return {"coding": [{"system": PARTICIPANT, "code": code}]}
