"""Places, parties and bodies as Location, Organization, HealthcareService and OrganizationAffiliation."""

from __future__ import annotations

from collections.abc import Iterator

from saman.model.care.caremodel import CareModel
from saman.model.care.codes import PART_OF, reference
from saman.model.care.fhir_words import (
    PARTY,
    PARTY_KIND,
    STANDING,
    Resource,
    concept,
    own_id,
    resource,
    translation,
    words,
)
from saman.model.care.governance import Body, Seat
from saman.model.care.party import Hours, Parent, Party
from saman.model.care.region import Place

WEEKDAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")


def resources(model: CareModel) -> Iterator[Resource]:
    """Every place, party and body of a region."""
    for place in model.region.places:
        yield _location(model, place)
    for party in model.parties:
        yield _organization(model, party)
        if party.hours is not None:
            yield _unit(model, party, party.hours)
    for body in model.bodies:
        yield _body(model, body)
        yield from _affiliations(model, body)


def _location(model: CareModel, place: Place) -> Resource:
    made = resource(model, "Location", own_id(model, place.code))
    system = next((one.uri for one in model.country.identifiers if one.id == "municipality-code"), "urn:saman:place")
    kind = concept("http://terminology.hl7.org/CodeSystem/location-physical-type", "jdn", display="Jurisdiction")
    position = {"longitude": place.longitude, "latitude": place.latitude}
    identifier = [{"system": system, "value": place.code}]
    return made | {
        "identifier": identifier,
        "status": "active",
        "name": place.name,
        "mode": "instance",
        "physicalType": kind,
        "position": position,
    }


def _organization(model: CareModel, party: Party) -> Resource:
    made = resource(model, "Organization", party.id, party)
    made["identifier"] = [{"system": PARTY, "value": party.id}, *_official(model, party)]
    made |= {"active": True, "type": [concept(PARTY_KIND, party.kind.value)], "name": party.name}
    if party.called:
        own = model.country.language
        others = [translation(code, party.called[code]) for code in sorted(party.called) if code != own]
        made |= {"alias": [party.called.get(own, party.name)], "_alias": [{"extension": others}]}
    if party.phone:
        made["telecom"] = [{"system": "phone", "value": party.phone, "use": "work"}]
    place = model.place(party.place)
    if place is not None:
        made["address"] = [{"use": "work", "city": place.name, "country": model.country.code}]
    if party.parent:
        made["partOf"] = reference(f"Organization/{party.parent}")
    if party.parents:
        made["extension"] = [_belonging(one) for one in party.parents]
    return made


def _belonging(parent: Parent) -> Resource:
    days = {"start": parent.since, "end": parent.until}
    period = {name: day.isoformat() for name, day in days.items() if day is not None}
    of = {"url": "of", "valueReference": reference(f"Organization/{parent.party}")}
    return {"url": PART_OF, "extension": [of, {"url": "period", "valuePeriod": period}]}


def _official(model: CareModel, party: Party) -> list[Resource]:
    systems = {system.id: system.uri for system in model.country.identifiers}
    return [{"system": systems.get(one.system, one.system), "value": one.value} for one in party.identifiers]


def _unit(model: CareModel, party: Party, hours: Hours) -> Resource:
    made = resource(model, "HealthcareService", party.id, party)
    made |= {
        "identifier": [{"system": PARTY, "value": party.id}],
        "active": True,
        "providedBy": reference(f"Organization/{party.id}"),
        "type": [concept(PARTY_KIND, party.kind.value)],
        "location": [reference(f"Location/{own_id(model, party.place)}")],
        "name": party.name,
    }
    if party.phone:
        made["telecom"] = [{"system": "phone", "value": party.phone, "use": "work"}]
    made["coverageArea"] = [reference(f"Location/{own_id(model, code)}") for code in party.serves]
    made["availableTime"] = _available(hours)
    return made


def _available(hours: Hours) -> list[Resource]:
    if hours.always:
        return [{"daysOfWeek": list(WEEKDAYS), "allDay": True}]
    days: dict[str, list[str]] = {}
    for weekday, name in enumerate(WEEKDAYS):
        for interval in hours.of_weekday(weekday):
            days.setdefault(interval, []).append(name)
    return [_available_time(interval, names) for interval, names in days.items()]


def _available_time(interval: str, names: list[str]) -> Resource:
    begins, ends = interval.split("-")
    # FHIR's time has no 24:00.
    end = "23:59:59" if ends == "24:00" else f"{ends}:00"
    return {"daysOfWeek": names, "availableStartTime": f"{begins}:00", "availableEndTime": end}


def _body(model: CareModel, body: Body) -> Resource:
    made = resource(model, "Organization", own_id(model, body.id), body)
    made["identifier"] = [{"system": PARTY, "value": body.id}]
    made |= {"active": True, "type": [concept(PARTY_KIND, f"body-{body.kind.value}")]}
    return made | words(model, "name", body.name)


def _affiliations(model: CareModel, body: Body) -> Iterator[Resource]:
    seats: dict[tuple[str, str], list[Seat]] = {}
    for seat in body.seats:
        if seat.party is not None:
            seats.setdefault((seat.party, seat.standing.value), []).append(seat)
    for party, standing in seats:
        made = resource(model, "OrganizationAffiliation", own_id(model, f"{body.id}-{party}"), body)
        yield made | {
            "active": True,
            "organization": reference(f"Organization/{own_id(model, body.id)}"),
            "participatingOrganization": reference(f"Organization/{party}"),
            "code": [concept(STANDING, standing)],
        }
