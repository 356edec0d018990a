"""How somebody close stands to a person, read from their RelatedPerson (https://hl7.org/fhir/R4/relatedperson.html)."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import datetime, tzinfo
from typing import Any, NamedTuple

from saman.model.access.domain import labels
from saman.model.access.moment import begins, is_over
from saman.model.care import codes

SCOPE_URL = "urn:saman:scope"
"""Extension of RelatedPerson, one for each thing that is shared or that a mandate covers: `valueCode` `plan`."""

SHAREABLE = ("plan", "messages", "readings")
"""What somebody can share of their own accord; more than that takes a mandate or custody."""

PROTECTED_ADDRESS = "protected-address"
"""Label of a Patient or RelatedPerson whose address is protected, in `meta.security` or `meta.tag`."""

GUARDIANS = frozenset({"GUARD"})
"""Codes of RelatedPerson.relationship for who has custody, in `v3-RoleClass` or `v3-RoleCode`; a parent alone has none.

Source: http://terminology.hl7.org/CodeSystem/v3-RoleClass
"""

MANDATES = frozenset({"POWATT", "DPOWATT", "HPOWATT", "SPOWATT"})
"""Codes of RelatedPerson.relationship for powers of attorney. Source: http://terminology.hl7.org/CodeSystem/v3-RoleCode"""

Resource = Mapping[str, Any]

_HL7_ROLES = "http://terminology.hl7.org/CodeSystem/v3-Role"


class Standing(NamedTuple):
    """One way of standing close: the word of a RelationKind, about what, and from when until when (None: open).

    A `fact` concerns everybody who has to do with the person.
    """

    kind: str
    topic: str | None
    start: datetime | None
    end: datetime | None
    fact: bool = False


def standings(related: Resource, zone: tzinfo) -> Iterator[Standing]:
    """Everything that a RelatedPerson in use says; bare dates are days in `zone`."""
    start, end = _period(related.get("period", {}), zone)
    scopes = [scope or None for scope in scopes_of(related)]
    guardian = is_guardian(related)
    kinds = ["relative", *(["guardian"] if guardian else []), *(["mandate"] if is_proxy(related) else [])]
    for kind in kinds:
        for scope in scopes or (None,):
            yield Standing(kind, scope, start, end)
    if PROTECTED_ADDRESS in labels(related):
        yield Standing("own_protected", None, None, None)
    if guardian and codes.extension_of(dict(related), codes.SAME_ADDRESS).get("valueBoolean") is True:
        yield Standing("at_home", None, start, end, fact=True)
    for each in related.get("extension", ()):
        if guardian and each.get("url") == codes.EXTENDED_VIEW:
            yield _extended(each, start, end, zone)


def _extended(decision: Resource, start: datetime | None, end: datetime | None, zone: tzinfo) -> Standing:
    """A decision that a guardian sees more than by age, no longer than custody lasts."""
    first, last = _period(codes.extension_of(dict(decision), "period").get("valuePeriod", {}), zone)
    ground = codes.extension_of(dict(decision), "ground").get("valueCode")
    since = max(filter(None, (start, first)), default=None)
    return Standing("extended", ground, since, min(filter(None, (end, last)), default=None))


def is_guardian(related: Resource) -> bool:
    """Whether a RelatedPerson has custody."""
    return not GUARDIANS.isdisjoint(_roles(related))


def is_proxy(related: Resource) -> bool:
    """Whether a RelatedPerson has a power of attorney."""
    return not MANDATES.isdisjoint(_roles(related))


def scopes_of(related: Resource) -> tuple[str, ...]:
    """What is shared with somebody close, or covered by their mandate."""
    return tuple(each.get("valueCode", "") for each in related.get("extension", ()) if each.get("url") == SCOPE_URL)


def _roles(related: Resource) -> set[str]:
    codings = (coding for concept in related.get("relationship", ()) for coding in concept.get("coding", ()))
    return {each.get("code", "") for each in codings if each.get("system", "").startswith(_HL7_ROLES)}


def _period(period: Resource, zone: tzinfo) -> tuple[datetime | None, datetime | None]:
    return begins(period.get("start"), zone), is_over(period.get("end"), zone)
