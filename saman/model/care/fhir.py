"""A care model as FHIR R4 resources, and what has to change in a record that holds an earlier one."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

import msgspec

from saman.model.care import fhir_parties, fhir_pathways, fhir_services
from saman.model.care.caremodel import CareModel
from saman.model.care.codes import TAG
from saman.model.care.fhir_words import CARE_MODEL, Resource


class Changes(msgspec.Struct, frozen=True):
    """What applying a care model would do; `unchanged` holds `Type/id`, `left` what the model no longer has."""

    create: tuple[Resource, ...]
    update: tuple[Resource, ...]
    unchanged: tuple[str, ...]
    left: tuple[str, ...] = ()


def to_fhir(model: CareModel) -> list[Resource]:
    """The resources of a region, sorted so that what is referred to comes first; the same model gives the same list.

    Organization and HealthcareService of a unit have the party's id; everything else begins with the region's id.
    """
    made = (*fhir_parties.resources(model), *fhir_services.resources(model), *fhir_pathways.resources(model))
    found = list({address(one): one for one in reversed(made)}.values())
    parents = {party.id: len(list(model.lineage(party.id))) for party in model.parties}
    return sorted(found, key=lambda one: _order(one, parents))


_TYPES = ("Location", "Organization", "OrganizationAffiliation", "HealthcareService", "Questionnaire")


def _order(resource: Resource, parents: Mapping[str, int]) -> tuple[int, int, str, str]:
    kind, id = resource["resourceType"], resource["id"]
    rank = _TYPES.index(kind) if kind in _TYPES else len(_TYPES)
    return rank, parents.get(id, 0) if kind == "Organization" else 0, kind, id


def address(resource: Mapping[str, Any]) -> str:
    """`Type/id`."""
    return f"{resource['resourceType']}/{resource['id']}"


def is_of_model(resource: Mapping[str, Any]) -> bool:
    """Whether a resource was written from a care model."""
    tags = resource.get("meta", {}).get("tag", ())
    return any(tag.get("system") == TAG and tag.get("code") == CARE_MODEL for tag in tags)


def plan_changes(current: Mapping[str, Resource], wanted: Iterable[Resource]) -> Changes:
    """What to create and update so that `current` (by `Type/id`) becomes `wanted`; nothing is ever deleted.

    What the server itself writes into `meta` does not count as a difference.
    """
    create: list[Resource] = []
    update: list[Resource] = []
    unchanged: list[str] = []
    seen: set[str] = set()
    for resource in wanted:
        seen.add(address(resource))
        before = current.get(address(resource))
        if before is None:
            create.append(resource)
        elif _content(before) == _content(resource):
            unchanged.append(address(resource))
        else:
            update.append(resource)
    left = tuple(sorted(name for name in current if name not in seen))
    return Changes(tuple(create), tuple(update), tuple(unchanged), left)


_SERVER_META = ("versionId", "lastUpdated", "source")


def _content(resource: Resource) -> Resource:
    meta = {name: value for name, value in resource.get("meta", {}).items() if name not in _SERVER_META}
    return {**resource, "meta": meta}


def transaction(changes: Changes) -> Resource:
    """The changes as one transaction Bundle of updates by id (https://hl7.org/fhir/R4/http.html#upsert)."""
    entries = [
        {"resource": resource, "request": {"method": "PUT", "url": address(resource)}}
        for resource in (*changes.create, *changes.update)
    ]
    return {"resourceType": "Bundle", "type": "transaction", "entry": entries}
