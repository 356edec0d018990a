"""The people of a world written down as resources of every R4 type, with a canary of its own in every version.

Most are the official examples of R4 (https://hl7.org/fhir/R4/downloads.html), made to speak of a generated person.
"""

from __future__ import annotations

import copy
import re
from collections.abc import Iterator
from decimal import Decimal
from functools import cache
from pathlib import Path
from random import Random
from typing import Any

import msgspec

from saman.kernel import json
from saman.kernel.clock import instant
from saman.model.fhir import RESOURCE_TYPES
from tests.conformance.examples import load_examples
from tests.conformance.test_r4_examples import UNREADABLE, WRONG

from .oracle import Thing
from .people import ELSEWHERE, STAFF, START, UNITS, Limit, Person, Span, Tie, Town

Resource = dict[str, Any]
Written = tuple[Thing, list[Resource]]
"""A thing and its versions as they are stored, in order."""

TOKEN = re.compile(rb"z(?:i[0-9a-f]{5}|q[0-9a-f]{5}[a-z])")
"""Every id (`zi…`) and every canary (`zq…`, whose last letter tells the version) of a generated world."""
CANARIES = "urn:canary"
CATEGORY, ROLE = "urn:saman:category", "urn:saman:role"
SAYING = frozenset({"display", "text", "description", "title", "comment", "conclusion"})
"""Elements that hold text in every type which has them as a string."""
WITHOUT_NARRATIVE = frozenset({"Binary", "Bundle", "Parameters"})
SCOPE = {"coding": [{"system": "http://terminology.hl7.org/CodeSystem/consentscope", "code": "patient-privacy"}]}
KIND = {"system": "urn:saman:kind-of-data"}
CUSTODY = "http://terminology.hl7.org/CodeSystem/v3-RoleCode"

_CANONICAL: Resource = {"url": "urn:x", "name": "X", "status": "draft"}
_SUBSTANCE = {name: {"resourceType": name} for name in (
    "SubstanceNucleicAcid", "SubstancePolymer", "SubstanceProtein", "SubstanceReferenceInformation",
    "SubstanceSourceMaterial",
)}  # fmt: skip
OWN: dict[str, Resource] = _SUBSTANCE | {
    "Binary": {"contentType": "text/plain"},
    "Bundle": {"type": "collection"},
    "Parameters": {"parameter": [{"name": "x", "valueString": "x"}]},
    "DeviceMetric": {"type": {"text": "x"}, "category": "measurement"},
    "DeviceUseStatement": {"status": "active", "device": {"display": "x"}},
    "CodeSystem": _CANONICAL | {"content": "not-present"},
    "ConceptMap": _CANONICAL,
    "ValueSet": _CANONICAL,
    "OperationDefinition": _CANONICAL | {"kind": "operation", "code": "x", "system": False, "type": False,
                                         "instance": False},
    "SearchParameter": _CANONICAL | {"description": "x", "code": "x", "base": ["Patient"], "type": "token"},
    "StructureDefinition": _CANONICAL | {"kind": "resource", "abstract": True, "type": "Patient",
                                           "differential": {"element": [{"id": "Patient", "path": "Patient"}]}},
    "Consent": {"status": "inactive", "scope": {"text": "x"}, "category": [{"text": "x"}],
                "policyRule": {"text": "x"}},
    "Patient": {"name": [{"text": "x", "family": "x"}]},
    "Provenance": {"recorded": instant(START), "agent": [{"who": {"display": "x"}}]},
    "RelatedPerson": {"active": False, "name": [{"text": "x"}]},
    "Appointment": {"status": "proposed", "description": "x"},
    "CareTeam": {"status": "proposed", "name": "x"},
    "EpisodeOfCare": {"status": "cancelled"},
    "Task": {"status": "draft", "intent": "order", "description": "x"},
    "ServiceRequest": {"status": "draft", "intent": "order", "code": {"text": "x"}},
}  # fmt: skip
"""Types that have no right example, and those whose examples would tie somebody: these tie nobody."""


@cache
def kinds() -> dict[str, tuple[str, str]]:
    """Kind of data and person element of each type in `kinds.yaml`."""
    said: Any = msgspec.yaml.decode((Path(__file__).parent / "kinds.yaml").read_bytes())
    return {name: (kind, element) for kind, types in said.items() for name, element in types.items()}


@cache
def templates() -> dict[str, Resource]:
    """A resource of each type: the shortest official example, or one of OWN."""
    found: dict[str, bytes] = {}
    for name, text in load_examples():
        kind = name.partition("-")[0]
        if name not in WRONG and name not in UNREADABLE and len(text) < len(found.get(kind, text + b" ")):
            found[kind] = text
    made = {kind: json.decode(text) for kind, text in found.items()} | OWN
    plain = {kind: {name: value for name, value in one.items() if name != "meta"} for kind, one in made.items()}
    return {kind: plain[kind] | {"resourceType": kind} for kind in sorted(RESOURCE_TYPES)}


def about(resource: Resource, element: str, person: str) -> None:
    """Make a resource speak of a person by one element, and of nobody else anywhere."""
    for one in every(resource):
        if str(one.get("reference", "")).startswith("Patient/"):
            one["reference"] = f"Patient/{person}"
    to = {"reference": f"Patient/{person}"}
    if element == "id":
        resource["id"] = person
    elif "." in element:
        name, inner = element.rstrip("*").split(".")
        rest = {"status": "accepted"} if name == "participant" else {}
        resource[name] = [{inner: to} | rest]
    elif element != "-":
        resource[element.rstrip("*")] = [to] if element.endswith("*") else to
    _drop_unnamed(resource)


def _drop_unnamed(resource: Resource) -> None:
    """Take out contained resources that nothing refers to any more."""
    named = {str(one.get("reference", "")) for one in every(resource)}
    kept = [one for one in resource.pop("contained", ()) if f"#{one.get('id')}" in named]
    if kept:
        resource["contained"] = kept


def every(value: Any) -> Iterator[Resource]:
    """Every object in a value, itself included."""
    if isinstance(value, dict):
        yield value
    for one in value.values() if isinstance(value, dict) else value if isinstance(value, list) else ():
        yield from every(one)


def sung(resource: Resource, canary: str) -> Resource:
    """A copy with its canary wherever text may stand, and in a tag by which it can be found."""
    made = copy.deepcopy(resource)
    for one in every(made):
        one.update({name: canary for name in SAYING & one.keys() if isinstance(one[name], str)})
    kind = made["resourceType"]
    meta = made.setdefault("meta", {})
    meta["tag"] = [*meta.get("tag", ()), {"system": CANARIES, "code": canary}]
    if kind not in WITHOUT_NARRATIVE:
        div = f'<div xmlns="http://www.w3.org/1999/xhtml">{canary}</div>'
        made["text"] = {"status": "generated", "div": div}
    if kind == "Binary":
        made["data"] = canary
    if kind in ("Patient", "RelatedPerson", "Practitioner"):
        made["name"] = [{"text": canary, "family": canary}]
    return made


class Writer:
    """Writes a town down; every thing gets a number, from which its id and its canaries are made."""

    def __init__(self, town: Town, pick: Random) -> None:
        self._town = town
        self._pick = pick
        self._number = 0x1000
        self.written: list[Written] = []

    def write(self) -> list[Written]:
        """Everything, in the order in which it can be stored."""
        for unit in (*UNITS, ELSEWHERE):
            self._add({"resourceType": "Organization", "id": unit, "name": unit}, keep=True)
        for role, unit in STAFF:
            self._staff(role, unit)
        for kind in templates():
            if kind not in kinds():
                self._add(templates()[kind])
        for person in self._town.people:
            self._person(person)
        self._between()
        return self.written

    def _staff(self, role: str, unit: str) -> None:
        own = f"{role}-{unit}"
        self._add({"resourceType": "Practitioner", "id": own, "name": [{"text": "x"}]}, keep=True)
        post = {
            "resourceType": "PractitionerRole", "id": own, "active": True,
            "practitioner": {"reference": f"Practitioner/{own}"}, "organization": {"reference": f"Organization/{unit}"},
            "code": [{"coding": [{"system": ROLE, "code": role}]}],
        }  # fmt: skip
        self._add(post, keep=True)

    def _add(
        self, resource: Resource, person: str | None = None, kind: str = "", *, keep: bool = False, **more: Any
    ) -> Thing:
        """Take a resource down in one, two or three versions; with the id that it has when that is to be kept."""
        self._number += 1
        type_name = resource["resourceType"]
        made = resource | {"id": resource["id"] if keep else f"zi{self._number:05x}"}
        made = {name: value for name, value in (made | measured(type_name, self._number)).items() if value is not None}
        count = self._pick.choice([1, 1, 2, 3])
        canaries = tuple(f"zq{self._number:05x}{letter}" for letter in "abc"[:count])
        versions = [sung(made, canary) for canary in canaries]
        mentions = frozenset(found for one in versions for found in TOKEN.findall(json.encode(one)))
        names = frozenset(canary.encode() for canary in canaries) | set(TOKEN.findall(made["id"].encode()))
        kind = kind or kinds().get(type_name, ("directory", ""))[0]
        deleted = more.pop("deleted", False)
        thing = Thing(type_name, made["id"], person, kind, canaries, deleted, mentions, names, **more)
        self.written.append((thing, versions))
        return thing

    def _person(self, person: Person) -> None:
        patient = {"birthDate": person.born.isoformat()}
        if any(tie.kind == "gp" for tie in person.ties):
            patient["generalPractitioner"] = [{"reference": "Organization/clinic"}]  # type: ignore[assignment]
        if person.protected:
            patient["meta"] = {"security": [{"system": CATEGORY, "code": "protected-address"}]}  # type: ignore[assignment]
        self._add(templates()["Patient"] | {"id": person.id} | patient, person.id, keep=True)
        for tie in person.ties:
            if tie.kind != "gp":
                self._add(tying(tie, person.id), person.id)
        for kin in person.kin:
            self._add(close(kin.id, kin.holds, kin.span, person.id), person.id, keep=True)
        for unit, span in person.consents:
            self._add(consenting(unit, span, person.id), person.id)
        ids = self._data(person)
        for number, limit in enumerate(person.limits):
            items = [f"{kind}/{ids[kind]}" for kind in limit.types]
            self._add(closing(limit, items, person.id), person.id, limit=number)

    def _data(self, person: Person) -> dict[str, str]:
        """Something of every type about a person; gives the id of each."""
        ids: dict[str, str] = {}
        others = [kind for kind in kinds() if kind != "Patient" and kind not in LINKS]
        for kind in (*others, *LINKS):
            element = kinds()[kind][1]
            resource = copy.deepcopy(templates()[kind])
            about(resource, element, person.id)
            links = linked(resource, ids)
            closed = frozenset(number for number, limit in enumerate(person.limits) if kind in limit.types)
            whom = "-" if element == "-" else person.id
            ids[kind] = self._add(resource, whom, links=links, closed=closed).id
        self._more(person)
        return ids

    def _more(self, person: Person) -> None:
        """What labels move to another kind of data, and what was removed."""
        for kind, label, word in (
            ("Observation", "social-care", "social"), ("Observation", "home-monitoring", "readings"),
            ("CarePlan", "social-care", "social"), ("Communication", "social-care", "social"),
        ):  # fmt: skip
            resource = copy.deepcopy(templates()[kind])
            about(resource, kinds()[kind][1], person.id)
            resource["category"] = [{"coding": [{"system": CATEGORY, "code": label}]}]
            self._add(resource, person.id, word)
        there = {one.type: one.id for one, _ in self.written if one.person == person.id}
        resource = copy.deepcopy(templates()["Encounter"])
        about(resource, "subject", person.id)
        resource["partOf"] = {
            "reference": f"Encounter/{there['Encounter']}",
            "identifier": {"value": there["Encounter"]},
        }
        self._add(resource, person.id, links=(there["Encounter"],))
        for kind in ("Observation", "Goal", "Condition"):
            resource = copy.deepcopy(templates()[kind])
            about(resource, kinds()[kind][1], person.id)
            self._add(resource, person.id, deleted=True)

    def _between(self) -> None:
        """Links from one person's data to another's, and what is about two people."""
        there = {(one.type, one.person): one.id for one, _ in self.written if not one.deleted}
        first, *others = [one.id for one in self._town.people]
        for other in others:
            resource = copy.deepcopy(templates()["Observation"])
            about(resource, "subject", first)
            target = there["Observation", other]
            resource["hasMember"] = [beside("Observation", target)]
            self._add(resource, first, links=(target,))
        both = [{"reference": f"Patient/{one}"} for one in (first, others[0])]
        self._add({"resourceType": "Account", "status": "active", "subject": both}, "-", links=(first, others[0]))


LINKS = {
    "Observation": {"encounter": "Encounter"},
    "CarePlan": {"goal": "Goal", "addresses": "Condition"},
    "Task": {"focus": "ServiceRequest"},
    "DiagnosticReport": {"result": "Observation", "encounter": "Encounter"},
    "MedicationDispense": {"authorizingPrescription": "MedicationRequest"},
    "Procedure": {"basedOn": "CarePlan", "reasonReference": "Condition"},
    "List": {"entry": "Procedure"},
}
"""Elements that point to other things of the same person; these types are written after the others, in this order."""
MANY = frozenset({"goal", "addresses", "result", "authorizingPrescription", "basedOn", "reasonReference"})


POSITION = {"latitude": 59, "longitude": 10}
"""Where every Location is."""


def measured(kind: str, number: int) -> Resource:
    """What a thing is found by that is measured or numbered: `amount` of its number."""
    value = amount(number)
    quantity = {"value": value, "unit": "mg", "system": "http://unitsofmeasure.org", "code": "mg"}
    named = {"type": {"coding": [{"system": "urn:kind", "code": "no"}]}, "value": str(value)}
    made: dict[str, Resource] = {
        "Observation": {
            "valueString": None, "valueQuantity": quantity, "identifier": [named],
            "component": [{"code": {"coding": [{"system": "urn:part", "code": "p"}]}, "valueQuantity": quantity}],
        },
        "RiskAssessment": {"prediction": [{"probabilityDecimal": Decimal(f"0.{value}")}]},
        "Location": {"position": POSITION},
    }  # fmt: skip
    return made.get(kind, {})


def amount(number: int) -> int:
    """The amount that the thing with this number says, of six digits and its own."""
    return 100_000 + number


def beside(kind: str, id: str) -> Resource:
    """A reference to a thing, with a word beside it that stands nowhere but in references to that."""
    return {"reference": f"{kind}/{id}", "identifier": {"value": id}}


def linked(resource: Resource, ids: dict[str, str]) -> tuple[str, ...]:
    """Let a resource point to what is there already; gives the ids it points to."""
    pointed = []
    for element, kind in LINKS.get(resource["resourceType"], {}).items():
        if kind in ids:
            to = beside(kind, ids[kind])
            entry = {"item": to} if element == "entry" else to
            resource[element] = [entry] if element in MANY or element == "entry" else entry
            pointed.append(ids[kind])
    return tuple(pointed)


def period(span: Span) -> Resource:
    """A span as a Period; a last day stands as a bare date."""
    end = span.day.isoformat() if span.day else instant(span.end) if span.end else ""
    said = {"start": instant(span.start) if span.start else "", "end": end}
    return {name: value for name, value in said.items() if value}


def tying(tie: Tie, person: str) -> Resource:
    """The resource that says a tie."""
    to, unit, when = {"reference": f"Patient/{person}"}, {"reference": f"Organization/{tie.unit}"}, period(tie.span)
    if tie.kind == "team":
        member = {"member": unit} | ({"period": when} if when else {})
        return {"resourceType": "CareTeam", "status": "active", "subject": to, "participant": [member]}
    if tie.kind == "episode":
        said = {"period": when} if when else {}
        return {
            "resourceType": "EpisodeOfCare", "status": "active", "patient": to, "managingOrganization": unit,
        } | said  # fmt: skip
    begun = {"authoredOn": when["start"]} if "start" in when else {}
    if tie.kind == "request":
        status = "completed" if "end" in when else "active"
        return {
            "resourceType": "ServiceRequest", "status": status, "intent": "order", "subject": to, "performer": [unit],
        } | begun  # fmt: skip
    ended = {"status": "completed", "lastModified": when["end"]} if "end" in when else {"status": "requested"}
    task = {"resourceType": "Task", "intent": "order", "for": to, "owner": unit} | begun | ended
    if tie.kind == "visit":
        task["code"] = {"coding": [{"system": "urn:saman:activity", "code": "home-visit"}]}
    return task


def close(id: str, holds: str, span: Span, person: str) -> Resource:
    """Somebody close, with what they hold."""
    said: Resource = {"resourceType": "RelatedPerson", "id": id, "patient": {"reference": f"Patient/{person}"}}
    scope = {"sharing": "plan", "mandate": "record"}.get(holds)
    if scope:
        said["extension"] = [{"url": "urn:saman:scope", "valueCode": scope}]
    role = {"guardian": "GUARD", "mandate": "HPOWATT"}.get(holds)
    if role:
        said["relationship"] = [{"coding": [{"system": CUSTODY, "code": role}]}]
    return said | ({"period": when} if (when := period(span)) else {})


def _consent(person: str, provision: Resource) -> Resource:
    return {
        "resourceType": "Consent", "status": "active", "scope": SCOPE, "category": [{"text": "x"}],
        "patient": {"reference": f"Patient/{person}"}, "policyRule": {"text": "x"}, "provision": provision,
    }  # fmt: skip


def _actor(reference: str) -> list[Resource]:
    return [{"role": {"text": "x"}, "reference": {"reference": reference}}]


def consenting(unit: str, span: Span, person: str) -> Resource:
    """A Consent that permits as a whole, to a unit or to everybody."""
    said: Resource = {"type": "permit"}
    if unit:
        said["actor"] = _actor(f"Organization/{unit}")
    return _consent(person, said | ({"period": when} if (when := period(span)) else {}))


def closing(limit: Limit, items: list[str], person: str) -> Resource:
    """A Consent that denies."""
    said: Resource = {"type": "deny"}
    if limit.whom:
        kind = "Organization" if limit.whom in UNITS else "RelatedPerson"
        said["actor"] = _actor(f"{kind}/{limit.whom}")
    if items:
        said["data"] = [{"meaning": "instance", "reference": {"reference": one}} for one in items]
    if limit.kind:
        said["class"] = [KIND | {"code": limit.kind}]
    return _consent(person, said | ({"period": when} if (when := period(limit.span)) else {}))
