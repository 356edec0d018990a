"""An entry of the log as a FHIR AuditEvent in the patterns of IHE BALP; nothing is stored twice.

Sources: https://profiles.ihe.net/ITI/BALP/content.html (1.1.3, CC BY 4.0) and https://hl7.org/fhir/R4/auditevent.html
"""

from __future__ import annotations

import base64
from collections.abc import Mapping
from types import MappingProxyType
from typing import Any

from saman.kernel.clock import instant
from saman.model.fhir import resource_name
from saman.record.audit import OK, Logged
from saman.record.audit_events.criteria import Criteria
from saman.record.entrance import NOBODY, Entrance, entrance_of

Resource = dict[str, Any]

PROFILES = "https://profiles.ihe.net/ITI/BALP/StructureDefinition/IHE.BasicAudit."
DICOM = "http://dicom.nema.org/resources/ontology/DCM"
INTERACTION = "http://hl7.org/fhir/restful-interaction"
EVENT_TYPE = "http://terminology.hl7.org/CodeSystem/audit-event-type"
ENTITY_TYPE = "http://terminology.hl7.org/CodeSystem/audit-entity-type"
ENTITY_ROLE = "http://terminology.hl7.org/CodeSystem/object-role"
TRANSACTION = "https://profiles.ihe.net/ITI/BALP/CodeSystem/BasicAuditEntityType"
DECISION = "https://profiles.ihe.net/ITI/BALP/CodeSystem/AuthZsubType"
RESOURCE_TYPE = "http://hl7.org/fhir/resource-types"
PARTICIPATION = "http://terminology.hl7.org/CodeSystem/v3-ParticipationType"
ROLE_CLASS = "http://terminology.hl7.org/CodeSystem/v3-RoleClass"
CUSTODIAN = "http://terminology.hl7.org/CodeSystem/provenance-participant-type"
SECURITY_ROLE = "http://terminology.hl7.org/CodeSystem/extra-security-role-type"
SOURCE_TYPE = "http://terminology.hl7.org/CodeSystem/security-source-type"
REASON = "http://terminology.hl7.org/CodeSystem/v3-ActReason"
ROLE = "urn:saman:role"
PART = "urn:saman:audit-entity"
APP = "app:"
"""Begins the request ids of apps: `app:[client]:[request]`."""
ABSENT = "http://hl7.org/fhir/StructureDefinition/data-absent-reason"

ACTIONS: Mapping[str, str] = MappingProxyType({"C": "C", "R": "R", "U": "U", "D": "D", "H": "R"})
"""The code of each action of the log (http://hl7.org/fhir/audit-event-action); what is not here is an execution, E."""
_INTERACTIONS = {"C": "create", "R": "read", "U": "update", "D": "delete", "S": "search-type"}
_PATTERNS = {"C": "Create", "R": "Read", "U": "Update", "D": "Delete", "H": "Read", "S": "Query"}

ENTRANCES: Mapping[Entrance, tuple[str, str]] = MappingProxyType(
    {
        Entrance.SIGN_IN: ("110114", "110122"),
        Entrance.SIGN_OUT: ("110114", "110123"),
        Entrance.ASSIGNMENT: ("110113", "110137"),
        Entrance.ADMINISTRATION: ("110113", "110129"),
    }
)
"""Event and kind of each: User Authentication (Login, Logout), Security Alert (User Attributes Changed, Security
Configuration), https://dicom.nema.org/medical/dicom/current/output/chtml/part16/sect_CID_400.html and sect_CID_401."""
UNNAMED = "Practitioner/"
"""The actor of an entry whose reader is told role and unit, and not who it was."""
NOT_DONE = "Refused: it is not there, or this is not allowed."


def audit_event(entry: Logged, id: str, base: str, criteria: Criteria) -> Resource:
    """The AuditEvent of an entry, under `id`; `criteria` says how much of a search its reader is told."""
    denied = _is_denied(entry) and entrance_of(entry) is None
    made: Resource = {
        "resourceType": "AuditEvent",
        "id": id,
        "meta": {"versionId": "1", "lastUpdated": instant(entry.at)} | _profiled(entry, denied=denied),
        **_kind(entry, denied=denied),
        "action": "E" if denied else ACTIONS.get(entry.action, "E"),
        "recorded": instant(entry.at),
        "outcome": str(entry.outcome),
    }
    if entry.outcome != OK:
        made["outcomeDesc"] = NOT_DONE
    if _reason(entry):
        made["purposeOfEvent"] = [_concept(REASON, entry.purpose)]
    made["agent"] = _deciding(entry, base) if denied else _agents(entry, base)
    made["source"] = {"site": base, "observer": server(base), "type": [_coding(SOURCE_TYPE, "4")]}
    if entrance_of(entry) is not None:
        made["entity"] = _entered(entry)
    else:
        made["entity"] = _decided(entry) if denied else _entities(entry, criteria)
    return made


def _kind(entry: Logged, *, denied: bool) -> Resource:
    """Type and subtype: a security event, or an interaction with the record."""
    entrance = entrance_of(entry)
    if entrance is not None:
        event, kind = ENTRANCES[entrance[0]]
        return {"type": _coding(DICOM, event), "subtype": [_coding(DICOM, kind)]}
    if denied:
        return {"type": _coding(DICOM, "110113"), "subtype": [_coding(DECISION, "AuthZ-Consent")]}
    return {"type": _coding(EVENT_TYPE, "rest"), "subtype": [_coding(INTERACTION, interaction(entry))]}


def interaction(entry: Logged) -> str:
    """What was done, as a code of http://hl7.org/fhir/restful-interaction."""
    if entry.action == "H":
        return "history-instance" if entry.id else "history-type"
    is_operation = entry.action == "S" and entry.query.startswith("$")
    return "operation" if is_operation else _INTERACTIONS.get(entry.action, "operation")


def server(base: str) -> Resource:
    """The server itself, as whoever observes, holds and gives out."""
    return {"type": "Device", "identifier": {"system": "urn:ietf:rfc:3986", "value": base}, "display": "Saman"}


def _profiled(entry: Logged, *, denied: bool) -> Resource:
    """The pattern that an event keeps: there are patterns for what was done, and for what a consent forbade."""
    if denied:
        return {"profile": [f"{PROFILES}AuthZconsent"]}
    pattern = _PATTERNS.get(entry.action)
    if entry.outcome != OK or pattern is None:
        return {}
    return {"profile": [f"{PROFILES}{'Patient' if entry.person else ''}{pattern}"]}


def _is_denied(entry: Logged) -> bool:
    """Whether somebody was refused something about a person on the ground of what that person allows."""
    return entry.outcome != OK and entry.ground.startswith("Consent/") and bool(entry.person) and _is_person(entry)


def _reason(entry: Logged) -> bool:
    return bool(entry.purpose) and entry.purpose != "SYSTEM"


def _is_person(entry: Logged) -> bool:
    return "/" in entry.actor


def _agents(entry: Logged, base: str) -> list[Resource]:
    """The program that asked, this server, who used the program, and for which organisation."""
    asks, gives = _parts(entry.action)
    found = [
        {"type": asks, "who": _program(entry), "requestor": not _is_person(entry), "network": _unknown()},
        {"type": gives, "who": server(base), "requestor": False, "network": {"address": base, "type": "5"}},
    ]
    if _is_person(entry):
        wrote = entry.action in ("C", "U", "D")
        found.append(_user(entry, _concept(PARTICIPATION, "AUT" if wrote else "IRCP")))
    return found + _organisation(entry)


def _parts(action: str) -> tuple[Resource, Resource]:
    """The types of who asks and of who answers; data flow from the source to the destination."""
    if action == "D":
        return _concept(DICOM, "110150"), _concept(CUSTODIAN, "custodian")
    source, destination = _concept(DICOM, "110153"), _concept(DICOM, "110152")
    return (destination, source) if action in ("R", "H") else (source, destination)


def user_of(actor: str) -> Resource:
    """Who acted, as a Reference."""
    return {"type": "Practitioner", "display": "Not named"} if actor == UNNAMED else {"reference": actor}


def _program(entry: Logged) -> Resource:
    app, _, request = entry.request.removeprefix(APP).partition(":")
    if entry.request.startswith(APP) and request:
        return {"type": "Device", "identifier": {"system": "urn:saman:client", "value": app}}
    if _is_person(entry) or entry.actor == NOBODY:
        return {"type": "Device", "display": "The browser or application in use"}
    return {"type": "Device", "identifier": {"system": "urn:saman:client", "value": entry.actor}}


def _unknown() -> Resource:
    """Addresses of computers are not kept: the request's id leads to the log of the network where one is needed."""
    return {"extension": [{"url": ABSENT, "valueCode": "not-performed"}]}


def _user(entry: Logged, type: Resource) -> Resource:
    user: Resource = {"type": type, "who": user_of(entry.actor), "requestor": True}
    if entry.role:
        user["role"] = [_concept(ROLE, entry.role)]
    return user | ({"purposeOfUse": [_concept(REASON, entry.purpose)]} if _reason(entry) else {})


def _organisation(entry: Logged) -> list[Resource]:
    if not entry.party:
        return []
    who = {"reference": f"Organization/{entry.party}"}
    return [{"type": _concept(ROLE_CLASS, "PROV"), "who": who, "requestor": False}]


def _deciding(entry: Logged, base: str) -> list[Resource]:
    """The agents of a decision: the program, the user, the organisation, and this server that decided."""
    user = _user(entry, _concept(PARTICIPATION, "IRCP"))
    nobody = {"type": _concept(ROLE_CLASS, "PROV"), "who": {"display": "none"}, "requestor": False}
    return [
        {"type": _concept(DICOM, "110150"), "who": _program(entry), "requestor": False, "network": _unknown()},
        user,
        *(_organisation(entry) or [nobody]),
        {"type": _concept(SECURITY_ROLE, "authserver"), "who": server(base), "requestor": False},
    ]


def _decided(entry: Logged) -> list[Resource]:
    assert entry.person is not None
    return [_patient(entry.person), {"what": {"reference": entry.ground}, "type": _coding(RESOURCE_TYPE, "Consent")}]


def _entered(entry: Logged) -> list[Resource]:
    """Whose sign-in or what part of the installation it was, what was done, and in which request."""
    named = touched(entry)
    somebody = bool(named) or entry.actor == NOBODY
    what = {"reference": named[0]} if named else {"display": "Nobody who is known" if somebody else "The installation"}
    kind, role = _coding(ENTITY_TYPE, "1" if somebody else "2"), _coding(ENTITY_ROLE, "11" if somebody else "13")
    whose = {"what": what, "type": kind, "role": role, "description": entry.query}
    return [*([_patient(entry.person)] if entry.person else []), whose, _request(entry)]


def _entities(entry: Logged, criteria: Criteria) -> list[Resource]:
    """Who it was about, what was touched, what was asked for, on which ground, and in which request."""
    found = [_patient(entry.person)] if entry.person else []
    query = base64.b64encode(criteria(entry).encode()).decode()
    if _PATTERNS.get(entry.action, "Query") == "Query":
        found.append({"type": _coding(ENTITY_TYPE, "2"), "role": _coding(ENTITY_ROLE, "24"), "query": query})
        found += [_shown(one) for one in touched(entry)]
    else:
        first, *others = touched(entry) or [""]
        data = _shown(first) if first else _all_of(entry)
        found += [data | {"type": _coding(ENTITY_TYPE, "2")}, *map(_shown, others)]
        found += [{"type": _coding(PART, "search"), "query": query}] if entry.query else []
    if entry.ground:
        found.append(_ground(entry.ground))
    return [*found, _request(entry)]


def _request(entry: Logged) -> Resource:
    return {"what": {"identifier": {"value": entry.request}}, "type": _coding(TRANSACTION, "XrequestId")}


def touched(entry: Logged) -> list[str]:
    """References to what an entry is about, with the version where one is known."""
    kind, version = resource_name(entry.type), str(entry.version or "")
    listed = [one.split("/") for one in entry.read] or ([[kind, entry.id, version]] if entry.id else [])
    return [f"{kind}/{id}" + (f"/_history/{version}" if version else "") for kind, id, version in listed]


def _ground(reference: str) -> Resource:
    return {
        "what": {"reference": reference},
        "type": _coding(RESOURCE_TYPE, reference.partition("/")[0]),
        "description": "The ground on which it was allowed.",
    }


def _patient(person: str) -> Resource:
    return {
        "what": {"reference": f"Patient/{person}"},
        "type": _coding(ENTITY_TYPE, "1"),
        "role": _coding(ENTITY_ROLE, "1"),
    }


def _all_of(entry: Logged) -> Resource:
    name = resource_name(entry.type)
    return {"what": {"type": name, "display": f"All of type {name}"}, "role": _coding(ENTITY_ROLE, "4")}


def _shown(reference: str) -> Resource:
    kind = _coding(RESOURCE_TYPE, reference.partition("/")[0])
    return {"what": {"reference": reference}, "type": kind, "role": _coding(ENTITY_ROLE, "4")}


def _coding(system: str, code: str) -> Resource:
    return {"system": system, "code": code}


def _concept(system: str, code: str) -> Resource:
    return {"coding": [_coding(system, code)]}
