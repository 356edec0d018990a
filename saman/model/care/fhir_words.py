"""How a care model's texts, codes and ids are written in FHIR resources."""

from __future__ import annotations

from typing import Any

from saman.model.care.basis import Grounded, Note, Text, said
from saman.model.care.caremodel import CareModel
from saman.model.care.codes import TAG
from saman.model.care.measurement import Code

Resource = dict[str, Any]

TRANSLATION = "http://hl7.org/fhir/StructureDefinition/translation"
"""https://hl7.org/fhir/R4/extension-translation.html"""

PARTY = "urn:saman:party"
PARTY_KIND = "urn:saman:party-kind"
MODULE = "urn:saman:module"
STANDING = "urn:saman:standing"

CARE_MODEL = "care-model"
SAMPLE = "sample"


def resource(model: CareModel, kind: str, id: str, fact: Grounded | None = None) -> Resource:
    """The beginning of a resource: type, id, the region's language, and tags that say where it comes from."""
    tags = [{"system": TAG, "code": CARE_MODEL}]
    if fact is not None and fact.sample:
        tags.append({"system": TAG, "code": SAMPLE})
    return {"resourceType": kind, "id": id, "meta": {"tag": tags}, "language": model.country.language}


def definition(model: CareModel, kind: str, name: str, version: str, fact: Grounded | None = None) -> Resource:
    """The beginning of a resource that defines something, with its canonical URL."""
    made = resource(model, kind, own_id(model, name), fact)
    made |= {"url": canonical(model, kind, name), "version": version, "name": _computable(name), "status": "active"}
    made["experimental"] = True
    return made


def own_id(model: CareModel, name: str) -> str:
    """The id of a resource of this region: `no-agder-digital-home-follow-up`; at most 64 characters."""
    return f"{model.region.id}-{name}"[:64].rstrip("-")


def canonical(model: CareModel, kind: str, name: str) -> str:
    """The canonical URL of a definition of this region."""
    return f"{model.region.canonical}/{kind}/{name}"


def words(model: CareModel, element: str, text: Text | Note) -> Resource:
    """`element` in the region's own language, with every other language as a translation beside it."""
    own = model.country.language
    others = [translation(language, text[language]) for language in sorted(text) if language != own]
    held: Resource = {element: said(text, own)}
    if others:
        held[f"_{element}"] = {"extension": others}
    return held


def translation(language: str, text: str) -> Resource:
    """The extension that holds `text` in `language`."""
    parts = [{"url": "lang", "valueCode": language}, {"url": "content", "valueString": text}]
    return {"url": TRANSLATION, "extension": parts}


def concept(system: str, code: str, **more: Any) -> Resource:
    """A CodeableConcept with one coding."""
    return {"coding": [{"system": system, "code": code, **more}]}


def coded(codes: tuple[Code, ...]) -> Resource:
    """A CodeableConcept with every code of a quantity."""
    codings = ({"system": one.system, "code": one.code, "display": one.display} for one in codes)
    return {"coding": [{name: value for name, value in one.items() if value} for one in codings]}


def _computable(name: str) -> str:
    return "".join(part.capitalize() for part in name.split("-"))
