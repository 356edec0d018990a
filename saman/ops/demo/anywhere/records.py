"""Staff and citizens of a region's demo as FHIR: who they are, who is close, and what is seen first at the door."""

from __future__ import annotations

from collections.abc import Iterator

from saman.model.care import codes
from saman.ops.demo.anywhere.cast import Cast, Citizen, CloseTo
from saman.ops.demo.anywhere.numbers import identified
from saman.ops.demo.anywhere.people import text
from saman.ops.demo.anywhere.scene import Scene
from saman.ops.demo.bundle import put, transaction
from saman.ops.demo.codes import ICD_10, RELATIONS, coded
from saman.ops.demo.identity import withheld_address
from saman.ops.demo.marks import (
    DIGITAL_ABILITY,
    HAND_MADE,
    SAME_ADDRESS,
    SCOPE,
    Resource,
    coding,
    concept,
    mark,
    reference,
    words,
)
from saman.ops.demo.names import human_name, names_of
from saman.ops.demo.people import PROTECTED, RESTRICTED
from saman.ops.demo.staff import Worker

LICENCES = "urn:saman:licence"
DEMENTIA = "F03"

_ROLE_CODE = "http://terminology.hl7.org/CodeSystem/v3-RoleCode"
_ROLE_CLASS = "http://terminology.hl7.org/CodeSystem/v3-RoleClass"
_CONTACT = "http://terminology.hl7.org/CodeSystem/v2-0131"
_CLOSE, _WORK = 100, 200
"""Where the telephone numbers of those close, and of staff, begin."""


def staff_of(cast: Cast) -> Resource:
    """The Bundle of everybody at work."""
    return transaction(entry for turn, worker in enumerate(cast.staff) for entry in _worker(cast, worker, turn))


def _worker(cast: Cast, worker: Worker, turn: int) -> Iterator[Resource]:
    practitioner: Resource = {
        "resourceType": "Practitioner",
        "id": worker.id,
        "active": True,
        "name": [human_name(worker.name)],
        "gender": worker.sex,
    }
    role = cast.model.role(worker.role)
    if role is not None and role.profession:
        licence = {"system": LICENCES, "value": f"{9900000 + turn}"}
        qualification = {"identifier": [licence], "code": codes.concept(codes.PROFESSION, role.profession)}
        practitioner |= {"identifier": [licence], "qualification": [qualification]}
    yield put(mark(practitioner, HAND_MADE))
    held: Resource = {
        "resourceType": "PractitionerRole",
        "id": worker.id,
        "active": True,
        "practitioner": reference(worker.practitioner, worker.name),
        "organization": reference(f"Organization/{worker.organization}"),
        "code": [codes.concept(codes.ROLE, worker.role)],
        "telecom": [_phone(cast, _WORK + turn, "work")],
    }
    yield put(mark(held, HAND_MADE))


def _phone(cast: Cast, turn: int, use: str = "mobile") -> Resource:
    """A telephone number that belongs to nobody: none in these countries begins with 00 after the calling code."""
    calling = names_of(cast.model.country.code).calling_code
    return {"system": "phone", "value": f"+{calling} 00 00 {turn // 100:02} {turn % 100:02}", "use": use}


def person_entries(citizen: Citizen, scene: Scene) -> Iterator[Resource]:
    """The Patient, who is close, and what is known of the person apart from plan and service."""
    made = [_patient(citizen, scene)]
    if citizen.close:
        made.append(_related(citizen, citizen.close, scene.cast))
    if citizen.row.dementia:
        made += [_condition(citizen, scene), _key(citizen, scene)]
    return (put(mark(one, HAND_MADE)) for one in made)


def _patient(citizen: Citizen, scene: Scene) -> Resource:
    cast, hidden = scene.cast, citizen.row.protected
    practice = cast.party("general-practitioner")
    language = cast.model.country.language
    return {
        "resourceType": "Patient",
        "id": citizen.id,
        **({"meta": {"security": [RESTRICTED, PROTECTED]}} if hidden else {}),
        "extension": [{"url": DIGITAL_ABILITY, "valueCode": citizen.row.ability}],
        "identifier": [identified(citizen.numbered)],
        "active": True,
        "name": [human_name(citizen.name)],
        "telecom": [_phone(cast, citizen.turn + 1)],
        "gender": citizen.row.sex,
        "birthDate": citizen.born.isoformat(),
        "address": [_nowhere(cast) if hidden else _home(citizen, cast)],
        "communication": [{"language": codes.concept("urn:ietf:bcp:47", language), "preferred": True}],
        **({"generalPractitioner": [reference(f"Organization/{practice.id}")]} if practice else {}),
    }


def _home(citizen: Citizen, cast: Cast) -> Resource:
    """An address on a street that does not exist, without post code."""
    streets = names_of(cast.model.country.code).streets.split()
    return {
        "use": "home",
        "line": [f"{streets[citizen.turn % len(streets)]} {citizen.turn * 3 + 2}"],
        "city": cast.place.name,
        "district": cast.place.name,
        "country": cast.model.country.code,
    }


def _nowhere(cast: Cast) -> Resource:
    return withheld_address() | {"country": cast.model.country.code}


def _related(citizen: Citizen, close: CloseTo, cast: Cast) -> Resource:
    row = close.row
    shared: list[Resource] = [{"url": SCOPE, "valueCode": share} for share in row.shares]
    home: list[Resource] = [{"url": SAME_ADDRESS, "valueBoolean": True}] if row.guardian else []
    code, _ = RELATIONS[row.relation]
    return {
        "resourceType": "RelatedPerson",
        "id": close.id,
        **({"extension": [*shared, *home]} if shared or home else {}),
        "identifier": [identified(close.numbered)],
        "active": True,
        "patient": reference(citizen.patient),
        "relationship": [coded(_ROLE_CODE, code, text(row.relation)), *_standing(close)],
        "name": [human_name(close.name)],
        "telecom": [_phone(cast, _CLOSE + citizen.turn)],
        "gender": row.sex,
        "birthDate": close.numbered[2].isoformat(),
    }


def _standing(close: CloseTo) -> Iterator[Resource]:
    yield coded(_CONTACT, "C", text("first-contact"))
    if close.row.guardian:
        yield coded(_ROLE_CLASS, "GUARD", text("custody"))
    if close.row.mandate:
        yield coded(_ROLE_CODE, "POWATT", text("mandate"))


def _condition(citizen: Citizen, scene: Scene) -> Resource:
    return {
        "resourceType": "Condition",
        "id": f"{citizen.id}-dementia",
        "clinicalStatus": concept("http://terminology.hl7.org/CodeSystem/condition-clinical", "active"),
        "verificationStatus": concept("http://terminology.hl7.org/CodeSystem/condition-ver-status", "confirmed"),
        "category": [concept("http://terminology.hl7.org/CodeSystem/condition-category", "problem-list-item")],
        "code": coded(ICD_10, DEMENTIA, text("dementia")),
        "subject": reference(citizen.patient),
        "onsetDateTime": str(scene.today.year - 3),
    }


def _key(citizen: Citizen, scene: Scene) -> Resource:
    return {
        "resourceType": "Flag",
        "id": f"{citizen.id}-key",
        "status": "active",
        "category": [{"coding": [coding("http://terminology.hl7.org/CodeSystem/flag-category", "admin")]}],
        "code": words("text", text("key")),
        "subject": reference(citizen.patient),
        "period": {"start": scene.day(-200).isoformat()},
    }
