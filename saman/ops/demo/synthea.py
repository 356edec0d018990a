"""The published people, brought home to Agder: read, renamed, given a Norwegian number and address, marked.

The clinical content stays as published. `docs/subsystems/demo.md` lists every change.
"""

from __future__ import annotations

import gzip
from collections.abc import Iterator
from datetime import date
from importlib.resources.abc import Traversable
from random import Random

import msgspec

from saman.kernel import json
from saman.kernel.outcome import Refusal
from saman.ops.demo.bundle import urn
from saman.ops.demo.identity import address, identifier, phone
from saman.ops.demo.marks import Resource, mark, reference
from saman.ops.demo.names import draw_family, draw_name, human_name, slug
from saman.ops.demo.packaged import FOLDER
from saman.ops.demo.people import language
from saman.ops.demo.places import Municipality, homes
from saman.ops.demo.profile import Person
from saman.ops.demo.setting import Setting

SOURCE = "https://github.com/smart-on-fhir/generated-sample-data"
_SYNTHEA = "https://github.com/synthetichealth/synthea"
_ELDER_BORN_BEFORE = date(1961, 1, 1)
"""Splits the two age groups that homes are shared out in; fixed, so that nobody moves as the years pass."""

_KEPT_EXTENSIONS = (
    "http://synthetichealth.github.io/synthea/disability-adjusted-life-years",
    "http://synthetichealth.github.io/synthea/quality-adjusted-life-years",
)


class _Head(msgspec.Struct):
    resourceType: str  # noqa: N815 - FHIR's own name
    gender: str = ""
    birthDate: str = ""  # noqa: N815 - FHIR's own name


class _HeadEntry(msgspec.Struct):
    fullUrl: str  # noqa: N815 - FHIR's own name
    resource: _Head


class _HeadBundle(msgspec.Struct):
    entry: list[_HeadEntry]


class Newcomer(msgspec.Struct, frozen=True):
    """A published person at home in Agder; `dead` as published, `parts` the ids of their places and doctors."""

    file: str
    person: Person
    parts: dict[str, str]
    dead: bool


class _Text(msgspec.Struct, frozen=True):
    file: str
    raw: bytes
    head: _HeadBundle

    @property
    def patient(self) -> _HeadEntry:
        return next(entry for entry in self.head.entry if entry.resource.resourceType == "Patient")


def newcomers(setting: Setting) -> Iterator[tuple[Newcomer, Resource]]:
    """Every published person with their re-homed transaction Bundle, in the order of the files.

    An Organization or Practitioner that several Bundles carry stands in the first of them only.
    """
    texts = [_text(path) for path in _paths()]
    places = _homes([text.patient.resource for text in texts], setting)
    parts = _parts(texts)
    taken: set[str] = set()
    told: set[str] = set()
    for turn, (text, place) in enumerate(zip(texts, places, strict=True)):
        person = _person(text.patient.resource, place, turn, taken, setting)
        named = {text.patient.fullUrl: person.patient} | {
            entry.fullUrl: parts[entry.fullUrl] for entry in text.head.entry if entry.fullUrl in parts
        }
        bundle = _rehomed(text, person, named, told)
        dead = "deceasedDateTime" in _patient_in(bundle)
        yield Newcomer(text.file, person, named, dead), bundle


def _paths() -> list[Traversable]:
    folder = FOLDER.joinpath("synthea")
    return sorted((path for path in folder.iterdir() if path.name.endswith(".json.gz")), key=lambda path: path.name)


def _text(path: Traversable) -> _Text:
    raw = gzip.decompress(path.read_bytes())
    return _Text(path.name, raw, msgspec.json.decode(raw, type=_HeadBundle))


def _homes(people: list[_Head], setting: Setting) -> list[Municipality]:
    old = [date.fromisoformat(head.birthDate) < _ELDER_BORN_BEFORE for head in people]
    elders, others = homes(sum(old), len(old) - sum(old), setting.chance("homes"))
    return [elders.pop() if is_old else others.pop() for is_old in old]


def _parts(texts: list[_Text]) -> dict[str, str]:
    """A fixed id for each Organization and Practitioner, by its published `urn:uuid:`, numbered by first appearance."""
    numbers: dict[str, dict[str, str]] = {"Organization": {}, "Practitioner": {}}
    words = {"Organization": "treatment-site", "Practitioner": "site-doctor"}
    for text in texts:
        for entry in text.head.entry:
            kind = entry.resource.resourceType
            if kind in numbers and entry.fullUrl not in numbers[kind]:
                numbers[kind][entry.fullUrl] = f"{kind}/{words[kind]}-{len(numbers[kind]) + 1:02}"
    return numbers["Organization"] | numbers["Practitioner"]


def _person(head: _Head, place: Municipality, turn: int, taken: set[str], setting: Setting) -> Person:
    born = date.fromisoformat(head.birthDate)
    rng = setting.chance(f"name {turn}")
    while True:
        name = " ".join(draw_name(rng, head.gender, born.year))
        if slug(name) not in taken:
            taken.add(slug(name))
            return Person(slug(name), name, head.gender, born, place, 100 + turn)


def _rehomed(text: _Text, person: Person, named: dict[str, str], told: set[str]) -> Resource:
    """The Bundle with ids that others can name in place of some of its `urn:uuid:`; `told` grows."""
    raw = text.raw
    for full_url, place in named.items():
        raw = raw.replace(full_url.encode(), place.encode())
    bundle: Resource | Refusal = json.decode(raw)
    if isinstance(bundle, Refusal):
        raise ValueError(f"{text.file}: {bundle.issues[0].text}")
    bundle["entry"] = [
        _entry(entry, person) for entry in bundle["entry"] if entry["fullUrl"] not in told or ":" in entry["fullUrl"]
    ]
    told.update(place for place in named.values())
    return bundle


def _entry(entry: Resource, person: Person) -> Resource:
    """One entry, marked; those that are to be named get their id and `PUT`, and keep a `urn:uuid:` fullUrl."""
    resource, place = entry["resource"], entry["fullUrl"]
    if place.startswith("urn:uuid:"):
        entry["resource"] = _mark(resource)
        return entry
    identity = place.rsplit("/", 1)[1]
    change = _CHANGES[resource["resourceType"]]
    changed = {**change(resource, person, identity), "id": identity}
    return {"fullUrl": urn(place), "resource": _mark(changed), "request": {"method": "PUT", "url": place}}


def _mark(resource: Resource) -> Resource:
    resource.setdefault("meta", {})["source"] = SOURCE
    return mark(resource)


def _patient(resource: Resource, person: Person, _: str) -> Resource:
    kept = [each for each in resource["extension"] if each["url"] in _KEPT_EXTENSIONS]
    names = [human_name(person.name)]
    if any(name["use"] == "maiden" for name in resource["name"]):
        rng = Random(f"maiden {person.id}")  # noqa: S311 - invented names, nothing secret
        maiden = f"{person.name.split(' ')[0]} {draw_family(rng)}"
        names.append(human_name(maiden, "maiden"))
    return resource | {
        "extension": kept,
        "identifier": [identifier(person.number), _published(resource)],
        "name": names,
        "telecom": [phone(person.turn)],
        "address": [address(person.place, person.turn)],
        "communication": [language("nb")],
        "generalPractitioner": [reference(f"Organization/gp-{person.place.slug}-1")],
    }


def _published(resource: Resource) -> Resource:
    found: Resource = next(each for each in resource["identifier"] if each["system"] == _SYNTHEA)
    return found


def _organization(resource: Resource, person: Person, identity: str) -> Resource:
    number = int(identity.rsplit("-", 1)[1])
    return resource | {
        "name": f"Behandlingssted {number} (testdata)",
        "telecom": [phone(7000 + number, "work")],
        "address": [address(person.place, 200 + number) | {"use": "work"}],
    }


def _practitioner(resource: Resource, person: Person, identity: str) -> Resource:
    number = int(identity.rsplit("-", 1)[1])
    rng = Random(f"site doctor {number}")  # noqa: S311 - invented names, nothing secret
    name = " ".join(draw_name(rng, resource["gender"], rng.randint(1960, 1995)))
    return resource | {
        "name": [human_name(name)],
        "address": [address(person.place, 200 + number) | {"use": "work"}],
    }


_CHANGES = {"Patient": _patient, "Organization": _organization, "Practitioner": _practitioner}


def _patient_in(bundle: Resource) -> Resource:
    found: Resource = next(e["resource"] for e in bundle["entry"] if e["resource"]["resourceType"] == "Patient")
    return found
