"""Which versions of a care model were applied, and what is needed of the earlier ones for people who stay on them."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import TYPE_CHECKING

import msgspec

from saman.model.care import codes
from saman.model.care.codes import Resource

if TYPE_CHECKING:
    from saman.model.care.caremodel import CareModel


class Version(msgspec.Struct, frozen=True, kw_only=True):
    """One applied version: since when, a digest of each service by its id, and who took part."""

    number: int
    at: datetime
    services: Mapping[str, str]
    parties: frozenset[str]


def digests(model: CareModel) -> dict[str, str]:
    """A digest of each service with what it asks at home; the same as long as people in it meet the same."""
    found = {}
    for service in model.services:
        whole = msgspec.json.encode((service, model.questionnaire(service.questionnaire)))
        found[service.id] = hashlib.sha256(whole).hexdigest()
    return found


def needed(versions: Sequence[Version]) -> tuple[int, ...]:
    """The numbers of earlier versions to be read: they hold services or parties as the newest does not."""
    if not versions:
        return ()
    newest, wanted = versions[-1], {}
    for one in versions[:-1]:
        for id, digest in one.services.items():
            if newest.services.get(id) != digest:
                wanted[id, digest] = one.number
        for party in one.parties - newest.parties:
            wanted[party, ""] = one.number
    return tuple(sorted(set(wanted.values())))


def standing_in(versions: Sequence[Version], service: str, number: int) -> Version | None:
    """The version that somebody in a service is on: the one with this number, or the next that has the service."""
    offering = [one for one in versions if service in one.services]
    return next((one for one in offering if one.number >= number), offering[-1] if offering else None)


def service_of(episode: Resource) -> str:
    """The id of the service that an EpisodeOfCare enrols somebody in, empty when it is of none."""
    return next((code for one in episode.get("type", ()) if (code := codes.code_of(one, codes.SERVICE))), "")


def version_of(episode: Resource) -> int:
    """The number of the applied version that an enrolment names, 0 when it names none."""
    return int(codes.extension_of(episode, codes.MODEL_VERSION).get("valuePositiveInt", 0))


def naming(episode: Resource, number: int) -> Resource:
    """The enrolment with this version named, and no other."""
    others = [one for one in episode.get("extension", ()) if one.get("url") != codes.MODEL_VERSION]
    return episode | {"extension": [*others, {"url": codes.MODEL_VERSION, "valuePositiveInt": number}]}
