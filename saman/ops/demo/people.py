"""Hand-made people as FHIR: who they are, who is close, and what their health record says."""

from __future__ import annotations

from collections.abc import Iterator

from saman.ops.demo.bundle import put
from saman.ops.demo.codes import (
    ALLERGENS,
    ATC,
    EQUIPMENT,
    MEDICINES,
    RELATIONS,
    SNOMED,
    coded,
    illness,
)
from saman.ops.demo.hours import iso
from saman.ops.demo.identity import address, identifier, phone, synthetic_number, withheld_address
from saman.ops.demo.marks import (
    CATEGORY_SYSTEM,
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
from saman.ops.demo.names import human_name, slug
from saman.ops.demo.profile import (
    Allergy,
    Illness,
    Notice,
    Person,
    Profile,
    Relative,
    Words,
    person_of,
    read_profiles,
)
from saman.ops.demo.setting import Setting
from saman.ops.demo.staff import on_duty

PROTECTED = coding(CATEGORY_SYSTEM, "protected-address", "Protected address")
RESTRICTED: Resource = {
    "system": "http://terminology.hl7.org/CodeSystem/v3-Confidentiality",
    "code": "R",
    "display": "restricted",
}

FIRST_CONTACT: Words = {"en": "first contact", "nb": "ringes først"}

_ROLE_CODE = "http://terminology.hl7.org/CodeSystem/v3-RoleCode"
_ROLE_CLASS = "http://terminology.hl7.org/CodeSystem/v3-RoleClass"
_INTERPRETER = "http://hl7.org/fhir/StructureDefinition/patient-interpreterRequired"
_LANGUAGES = {"nb": "Norsk bokmål", "ar": "العربية"}


def person_entries(person: Person, profile: Profile, setting: Setting) -> Iterator[Resource]:
    """Everything about one hand-made person apart from plan, home follow-up and work."""
    resources = [
        patient(person, profile),
        *(related_person(person, relative, turn) for turn, relative in enumerate(profile.relatives)),
        *(condition(person, disease, profile, setting) for disease in profile.conditions),
        *(_allergy(person, allergy) for allergy in profile.allergies),
        *(_medicine(person, key, setting) for key in profile.medicines),
        *(_flag(person, notice, turn, setting) for turn, notice in enumerate(profile.flags)),
        *(resource for key in profile.equipment for resource in _equipment(person, key, setting)),
    ]
    return (put(mark(resource, HAND_MADE)) for resource in resources)


def patient(person: Person, profile: Profile) -> Resource:
    """The Patient, its address withheld where it is protected."""
    extensions: list[Resource] = [{"url": DIGITAL_ABILITY, "valueCode": profile.ability}]
    if profile.interpreter:
        extensions.append({"url": _INTERPRETER, "valueBoolean": True})
    return {
        "resourceType": "Patient",
        "id": person.id,
        **({"meta": {"security": [RESTRICTED, PROTECTED]}} if profile.protected else {}),
        "extension": extensions,
        "identifier": [identifier(person.number)],
        "active": True,
        "name": [human_name(person.name)],
        "telecom": [phone(person.turn + 11)],
        "gender": person.sex,
        "birthDate": person.born.isoformat(),
        "address": [withheld_address() if profile.protected else _home(person, profile)],
        "communication": [language(profile.language)],
        "generalPractitioner": [reference(f"Organization/gp-{person.place.slug}-1")],
    }


def language(code: str) -> Resource:
    """The language to speak with somebody."""
    return {
        "language": {"coding": [coding("urn:ietf:bcp:47", code)], "text": _LANGUAGES[code]},
        "preferred": True,
    }


def _home(person: Person, profile: Profile) -> Resource:
    return {**address(person.place, person.turn), **words("text", profile.lives)}


def relative_id(relative: Relative, person: Person) -> str:
    """Id of the RelatedPerson: the name, and the citizen's where the relative has to do with others as well."""
    several = relative.same_as or relative.guardian
    return f"{slug(relative.name)}-for-{person.id}" if several else slug(relative.name)


def related_person(person: Person, relative: Relative, turn: int) -> Resource:
    """The RelatedPerson with what the citizen shares; `first` is the one to call first."""
    code, text = RELATIONS[relative.relation]
    shared = [{"url": SCOPE, "valueCode": share} for share in relative.shares]
    home = [{"url": SAME_ADDRESS, "valueBoolean": True}] if relative.at_home else []
    number = _number(relative)
    return {
        "resourceType": "RelatedPerson",
        "id": relative_id(relative, person),
        **({"extension": [*shared, *home]} if shared or home else {}),
        **({"identifier": [identifier(number)]} if number else {}),
        "active": True,
        "patient": reference(person.patient),
        "relationship": [coded(_ROLE_CODE, code, text), *_standing(relative)],
        "name": [human_name(relative.name)],
        "telecom": [phone(person.turn * 10 + turn + 1000)],
        "gender": relative.sex,
        "birthDate": relative.born.isoformat(),
    }


def _standing(relative: Relative) -> Iterator[Resource]:
    if relative.first:
        yield coded("http://terminology.hl7.org/CodeSystem/v2-0131", "C", FIRST_CONTACT)
    if relative.guardian:
        yield coded(_ROLE_CLASS, "GUARD", {"en": "Custody", "nb": "Foreldreansvar"})
    if relative.mandate:
        yield coded(_ROLE_CODE, "POWATT", {"en": "Mandate", "nb": "Fullmakt"})


def _number(relative: Relative) -> str:
    """The national test number of who is a demo citizen as well, or close to several people; else none."""
    if relative.same_as:
        profiles = read_profiles()
        own = person_of(relative.same_as, profiles[relative.same_as], [*profiles].index(relative.same_as))
        return own.number
    return "" if relative.turn is None else synthetic_number(relative.born, relative.sex, relative.turn)


def condition_id(person: Person, key: str) -> str:
    """Id of the Condition of a person."""
    return f"{person.id}-{key}"


def condition(person: Person, disease: Illness, profile: Profile | None, setting: Setting) -> Resource:
    """A Condition on the problem list; one without a year began with the person's last fall."""
    fall = profile.falls[0] if profile and disease.since is None and profile.falls else None
    onset = iso(setting.at(fall.day, "02:40")) if fall else str(disease.since or setting.today.year - 5)
    return {
        "resourceType": "Condition",
        "id": condition_id(person, disease.code),
        "clinicalStatus": concept("http://terminology.hl7.org/CodeSystem/condition-clinical", "active"),
        "verificationStatus": concept("http://terminology.hl7.org/CodeSystem/condition-ver-status", "confirmed"),
        "category": [concept("http://terminology.hl7.org/CodeSystem/condition-category", "problem-list-item")],
        "code": illness(disease.code),
        "subject": reference(person.patient),
        "onsetDateTime": onset,
        "asserter": reference(on_duty("general-practitioner", person.place.slug).practitioner),
        **({"note": [words("text", fall.text)]} if fall else {}),
    }


def _allergy(person: Person, allergy: Allergy) -> Resource:
    code, text = ALLERGENS[allergy.code]
    return {
        "resourceType": "AllergyIntolerance",
        "id": f"{person.id}-{allergy.code}",
        "clinicalStatus": concept("http://terminology.hl7.org/CodeSystem/allergyintolerance-clinical", "active"),
        "verificationStatus": concept(
            "http://terminology.hl7.org/CodeSystem/allergyintolerance-verification", "confirmed"
        ),
        "type": "allergy",
        "category": ["medication"],
        "criticality": "low",
        "code": coded(SNOMED, code, text),
        "patient": reference(person.patient),
        "onsetDateTime": str(allergy.year),
        "reaction": [{"manifestation": [words("text", allergy.reaction)]}],
    }


def _medicine(person: Person, key: str, setting: Setting) -> Resource:
    code, substance, dose = MEDICINES[key]
    return {
        "resourceType": "MedicationStatement",
        "id": f"{person.id}-{key}",
        "status": "active",
        "medicationCodeableConcept": {
            "coding": [{"system": ATC, "code": code, "display": key.capitalize()}],
            "text": substance,
        },
        "subject": reference(person.patient),
        "dateAsserted": setting.day(-81).isoformat(),
        "informationSource": reference(f"Organization/gp-{person.place.slug}-1"),
        "note": [words("text", {"en": "The national list prevails.", "nb": "Den nasjonale listen gjelder."})],
        "dosage": [words("text", dose)],
    }


def _flag(person: Person, notice: Notice, turn: int, setting: Setting) -> Resource:
    return {
        "resourceType": "Flag",
        "id": f"{person.id}-notice-{turn + 1}",
        "status": "active",
        "category": [concept("http://terminology.hl7.org/CodeSystem/flag-category", notice.kind)],
        "code": words("text", notice.text),
        "subject": reference(person.patient),
        "period": {"start": setting.day(notice.day).isoformat()},
    }


def _equipment(person: Person, key: str, setting: Setting) -> Iterator[Resource]:
    text = EQUIPMENT[key]
    device = f"{person.id}-{key}"
    yield {
        "resourceType": "Device",
        "id": device,
        "status": "active",
        "type": words("text", text),
        "patient": reference(person.patient),
        "owner": reference(f"Organization/municipality-{person.place.slug}"),
    }
    yield {
        "resourceType": "DeviceUseStatement",
        "id": device,
        "status": "active",
        "subject": reference(person.patient),
        "timingPeriod": {"start": setting.day(-300).isoformat()},
        "device": reference(f"Device/{device}"),
    }
