"""Where a resource leads: the places in the record that its references name, and which may be somebody else's."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any, NamedTuple

from saman.kernel.ids import Mint
from saman.kernel.remembering import remembered
from saman.model.access import DOMAIN_OF_TYPE, Domain
from saman.model.access.relation import local
from saman.model.fhir import RESOURCE_TYPES, resource_number

REMEMBERED = 4096
"""References that a process has taken apart last; the same people and organisations are named again and again."""

ELSEWHERE = -1
"""The shard of what was named elsewhere: the locator knows it, when it is there."""

PERSONAL = frozenset(
    resource_number(kind) for kind in RESOURCE_TYPES if DOMAIN_OF_TYPE.get(kind) is not Domain.DIRECTORY
)
"""The types whose resources may be about somebody."""
_PATIENT = resource_number("Patient")
_REFERENCES = re.compile(r'"reference":"([^"\\]+)"')


class Pointed(NamedTuple):
    """A resource that a reference leads to: number of its type, id, and shard (`ELSEWHERE` where the id has none)."""

    type: int
    id: str
    home: int


def place_of(reference: Mapping[str, Any], base: str) -> tuple[int, str] | None:
    """The number of the type and the id that a Reference leads to here, in any version; None for all others."""
    text = reference.get("reference")
    if not isinstance(text, str):
        return None
    return _named(_here(text, base))


def _here(text: str, base: str) -> str:
    return text.removeprefix(f"{base}/") if base else text


@remembered(REMEMBERED)
def _named(text: str) -> tuple[int, str] | None:
    kind, _, id = (local({"reference": text}) or "").partition("/")
    return (resource_number(kind), id) if kind in RESOURCE_TYPES else None


def home_of(id: str, mint: Mint) -> int:
    """The shard that an id carries, or `ELSEWHERE`."""
    carried = mint.shard(id)
    return ELSEWHERE if carried is None else carried


def pointed(text: str, person: str | None, base: str, mint: Mint) -> tuple[Pointed, ...]:
    """What a resource about `person` leads to that may be about somebody else, each once.

    `text` is its JSON as `saman.kernel.json` writes it: no text inside of it can look like a reference. An address that
    is called `reference` too counts as one, and comes to nothing where it leads nowhere.
    """
    places = {_named(_here(one, base)): None for one in dict.fromkeys(_REFERENCES.findall(text))}
    return tuple(
        Pointed(*place, home_of(place[1], mint))
        for place in places
        if place is not None and place[0] in PERSONAL and place != (_PATIENT, person)
    )
