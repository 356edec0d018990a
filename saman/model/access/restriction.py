"""What a person has restricted: read from a FHIR Consent, and what follows from it for somebody who asks.

A provision that denies withholds the data it speaks of from those it speaks of; a provision within it that permits is
an exception. What cannot be carried out as written is read strictly: a denial wider, an exception not at all.
Source: https://profiles.ihe.net/ITI/PCF and https://hl7.org/fhir/R4/consent.html
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import datetime, tzinfo
from typing import Any

import msgspec

from saman.model.access.consent import NARROWING, is_about_privacy
from saman.model.access.domain import BY_WORD, HOME_MONITORING, SOCIAL_CARE, Domain
from saman.model.access.moment import begins, is_over
from saman.model.access.relation import local
from saman.model.access.sensitivity import covered_by
from saman.model.care import codes
from saman.model.fhir import RESOURCE_TYPES

RESOURCE_TYPE = "http://hl7.org/fhir/resource-types"
OPTED_OUT = "OPTOUT"
"""Code of `Consent.policyRule` (v3-ActCode) by which a Consent without a type of its own denies."""

Resource = Mapping[str, Any]


class Recipient(msgspec.Struct, frozen=True, omit_defaults=True):
    """Whom a provision speaks of: staff of a party and its units, in a role; or one Practitioner or RelatedPerson."""

    party: str = ""
    role: str = ""
    actor: str = ""


class Data(msgspec.Struct, frozen=True, omit_defaults=True):
    """Which data a provision speaks of: all that it says has to fit, and None says nothing.

    One of `domains` and `types`; one of `labels`; one of `holders` (ids of Organizations), `items` (`Type/id`) and
    `related` (`Type/id`, with what points to it). `since` and `until` bound when it was done, or when it was recorded.
    """

    domains: tuple[int, ...] | None = None
    types: tuple[str, ...] | None = None
    labels: tuple[str, ...] | None = None
    holders: tuple[str, ...] | None = None
    items: tuple[str, ...] | None = None
    related: tuple[str, ...] | None = None
    since: datetime | None = None
    until: datetime | None = None

    def within(self, other: Data) -> Data:
        """The same with what it leaves open taken from `other`, which it stands in."""
        said = {name: getattr(self, name) for name in self.__struct_fields__}
        own = {
            name: said[name] for names in _TOGETHER if any(said[name] is not None for name in names) for name in names
        }
        return msgspec.structs.replace(other, **own)


_TOGETHER = (("domains", "types"), ("labels",), ("holders", "items", "related"), ("since", "until"))


class Provision(msgspec.Struct, frozen=True, omit_defaults=True):
    """One provision: whom, why, when and what it speaks of. `recipients` and `purposes` None: everybody, every one."""

    denies: bool
    data: Data = Data()
    recipients: tuple[Recipient, ...] | None = None
    purposes: tuple[str, ...] | None = None
    since: datetime | None = None
    until: datetime | None = None
    within: tuple[Provision, ...] = ()


class Restriction(msgspec.Struct, frozen=True):
    """What one Consent (`ground`) withholds of a person: provisions that deny, with their exceptions."""

    ground: str
    person: str
    provisions: tuple[Provision, ...]


def restrictions(resource: Resource, zone: tzinfo) -> tuple[Restriction, ...]:
    """What a valid Consent restricts, at most one; bare dates are days in `zone`.

    A Consent that permits some data only (by label, item, author or time) withholds the rest from those it speaks of.
    """
    if resource["resourceType"] != "Consent" or not is_about_privacy(resource):
        return ()
    person = (local(resource.get("patient")) or "").partition("Patient/")[2]
    root = resource.get("provision")
    if not person or not isinstance(root, Mapping):
        return ()
    found = tuple(_denials(_read(root, zone, denies=_denies(resource, root)), root))
    return (Restriction(f"Consent/{resource['id']}", person, found),) if found else ()


def _denies(consent: Resource, root: Resource) -> bool:
    if "type" in root:
        return bool(root["type"] == "deny")
    rule = consent.get("policyRule", {})
    return any(each.get("code") == OPTED_OUT for each in rule.get("coding", ()))


def _denials(root: Provision, said: Resource) -> Iterator[Provision]:
    """The provisions that withhold something, each with the exceptions from it."""
    if root.denies:
        yield msgspec.structs.replace(root, within=tuple(each for each in root.within if not each.denies))
        yield from _nested(root)
        return
    if any(said.get(name) for name in NARROWING):
        own = [msgspec.structs.replace(root, within=())] if _is_exact(said) else []
        exceptions = (*own, *(each for each in root.within if not each.denies))
        yield msgspec.structs.replace(root, denies=True, data=Data(), within=exceptions)
    yield from _nested(root)


def _nested(above: Provision) -> Iterator[Provision]:
    """Every denial that stands inside another provision, made complete by what it stands in."""
    for one in above.within:
        whole = msgspec.structs.replace(
            one,
            data=one.data.within(above.data),
            recipients=(above.recipients or None) if one.recipients is None else one.recipients,
            purposes=above.purposes if one.purposes is None else one.purposes,
            since=max(filter(None, (one.since, above.since)), default=None),
            until=min(filter(None, (one.until, above.until)), default=None),
        )
        if one.denies:
            yield msgspec.structs.replace(whole, within=tuple(each for each in whole.within if not each.denies))
        yield from _nested(whole)


def _read(said: Resource, zone: tzinfo, *, denies: bool) -> Provision:
    nested = [(each, each.get("type") == "deny") for each in said.get("provision", ())]
    period = said.get("period", {})
    return Provision(
        denies=denies,
        data=_data(said, zone, denies=denies),
        recipients=_recipients(said, denies=denies),
        purposes=tuple(each.get("code", "") for each in said["purpose"]) if said.get("purpose") else None,
        since=begins(period.get("start"), zone),
        until=is_over(period.get("end"), zone),
        within=tuple(_read(each, zone, denies=deny) for each, deny in nested if deny or _is_exact(each)),
    )


def _is_exact(said: Resource) -> bool:
    """Whether everything a provision narrows itself by is understood: only then is it an exception."""
    named = all(_recipient(each) is not None for each in said.get("actor", ()))
    classes = all(_class(each) is not None for each in said.get("class", ()))
    data = all(_target(each) is not None for each in said.get("data", ()))
    labels = all("code" in each for each in said.get("securityLabel", ()))
    return named and classes and data and labels and not said.get("code")


def _recipients(said: Resource, *, denies: bool) -> tuple[Recipient, ...] | None:
    found = [_recipient(each) for each in said.get("actor", ())]
    known = tuple(each for each in found if each is not None)
    if not found or (denies and len(known) < len(found)):
        return None
    return known


def _recipient(actor: Resource) -> Recipient | None:
    codings = actor.get("role", {}).get("coding", ())
    role = next((each["code"] for each in codings if each.get("system") == codes.ROLE and "code" in each), "")
    place = local(actor.get("reference")) or ""
    kind, _, id = place.partition("/")
    if kind == "Organization":
        return Recipient(party=id, role=role)
    if kind in ("Practitioner", "RelatedPerson"):
        return Recipient(actor=place)
    return Recipient(role=role) if role and not actor.get("reference", {}).get("reference") else None


def _data(said: Resource, zone: tzinfo, *, denies: bool) -> Data:
    period = said.get("dataPeriod", {})
    classes = _known([_class(each) for each in said.get("class", ())])
    targets = _known([_target(each) for each in said.get("data", ())])
    labels = _known([each.get("code") for each in said.get("securityLabel", ())])
    return Data(
        domains=tuple(one for one in classes if isinstance(one, int)) or None,
        types=tuple(one for one in classes if isinstance(one, str)) or None,
        labels=tuple(sorted(covered_by(labels, denies=denies))) or None,
        holders=tuple(place for way, place in targets if way == "holder") or None,
        items=tuple(place for way, place in targets if way == "item") or None,
        related=tuple(place for way, place in targets if way == "related") or None,
        since=begins(period.get("start"), zone),
        until=is_over(period.get("end"), zone),
    )


def _known(found: list[Any]) -> list[Any]:
    """What was found, or nothing when some of it was not understood: then the provision is not narrowed by it."""
    return [] if None in found else found


_CATEGORIES = {SOCIAL_CARE: Domain.SOCIAL, HOME_MONITORING: Domain.READINGS}


def _class(coding: Resource) -> int | str | None:
    """A kind of data, or a resource type."""
    system, code = coding.get("system"), coding.get("code", "")
    if system == RESOURCE_TYPE and code in RESOURCE_TYPES:
        return str(code)
    kind = {codes.KIND_OF_DATA: BY_WORD, codes.CATEGORY: _CATEGORIES}.get(str(system), {}).get(code)
    return None if kind is None else int(kind)


def _target(data: Resource) -> tuple[str, str] | None:
    """How data are meant by a reference, and which."""
    place, meaning = local(data.get("reference")), data.get("meaning")
    if place is None:
        return None
    if meaning == "authoredby" and place.startswith("Organization/"):
        return "holder", place.removeprefix("Organization/")
    if meaning in ("authoredby", "related", "dependents"):
        return "related", place
    return ("item", place) if meaning == "instance" else None
