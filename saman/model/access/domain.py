"""Kinds of data: each resource belongs to one, and what somebody may see is decided per kind."""

from __future__ import annotations

from collections.abc import Mapping
from enum import IntEnum
from importlib.resources import files
from typing import Any

import msgspec

from saman.model.care import codes

LABEL_SYSTEM = codes.CATEGORY
"""System of our own category codes, in `category`, `meta.tag` or `meta.security`."""

SOCIAL_CARE = "social-care"
HOME_MONITORING = "home-monitoring"


class Domain(IntEnum):
    """A kind of data; the number is stored with each resource and never reused."""

    DIRECTORY = 0
    """About no person."""
    PERSON = 1
    """Who the person is: name, contact, those close."""
    PLAN = 2
    """What is planned and agreed, and who does it."""
    READINGS = 3
    """What the person measures and answers at home."""
    HEALTH = 4
    """The health record."""
    SOCIAL = 5
    """Social care."""
    FINANCE = 6
    """Who pays what."""
    CONSENT = 7
    """Access itself: what the person allows, and who did what."""

    @property
    def word(self) -> str:
        """The name policy files use: `readings`."""
        return self.name.lower()


PERSONAL = tuple(domain for domain in Domain if domain is not Domain.DIRECTORY)
"""The kinds whose resources are about a person; one without any person in it is seen by system clients only."""

BY_WORD: Mapping[str, Domain] = {domain.word: domain for domain in Domain}


def _read_table() -> dict[str, Domain]:
    text = files("saman.model.access").joinpath("resource_types.yaml").read_bytes()
    table = msgspec.yaml.decode(text, type=dict[str, list[str]])
    return {name: BY_WORD[word] for word, names in table.items() for name in names}


DOMAIN_OF_TYPE: Mapping[str, Domain] = _read_table()
"""The kind of every R4 resource type, before labels are looked at."""


def domain_of(resource: Mapping[str, Any]) -> Domain:
    """The kind of data `resource` holds; raises KeyError for a type that R4 does not have.

    A social-care label makes plan, readings and health data social; a home-monitoring label makes an Observation
    a reading. The opening of something restricted, and the notice of it, are about access itself.
    """
    kind = DOMAIN_OF_TYPE[resource["resourceType"]]
    if resource["resourceType"] == "Task" and codes.code_of(resource.get("code"), codes.TASK) == codes.OPENING:
        return Domain.CONSENT
    if resource["resourceType"] == "Communication" and _is_opening_notice(resource):
        return Domain.CONSENT
    if kind not in _LABELLED:
        return kind
    carried = labels(resource)
    if SOCIAL_CARE in carried:
        return Domain.SOCIAL
    if HOME_MONITORING in carried and resource["resourceType"] == "Observation":
        return Domain.READINGS
    return kind


def _is_opening_notice(communication: Mapping[str, Any]) -> bool:
    categories = communication.get("category", ())
    listed = categories if isinstance(categories, list) else [categories] if categories else []
    return any(codes.code_of(one, codes.COMMUNICATION) == codes.OPENING_NOTICE for one in listed)


_LABELLED = frozenset({Domain.PLAN, Domain.READINGS, Domain.HEALTH})


def labels(resource: Mapping[str, Any]) -> frozenset[str]:
    """Our own category codes that a resource carries, in `category`, `meta.tag` or `meta.security`."""
    category = resource.get("category", ())
    concepts = category if isinstance(category, list) else [category] if category else []
    meta = resource.get("meta", {})
    codings = [coding for concept in concepts if isinstance(concept, Mapping) for coding in concept.get("coding", ())]
    codings += [*meta.get("tag", ()), *meta.get("security", ())]
    return frozenset(each["code"] for each in codings if each.get("system") == LABEL_SYSTEM and "code" in each)
