"""`Patient/$match` (https://hl7.org/fhir/R4/patient-operation-match.html): who of those in sight is meant."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from saman.apps.fhir_api.answer import Answer
from saman.apps.fhir_api.call import Call
from saman.apps.fhir_api.operations.declared import Parts, Resource
from saman.apps.fhir_api.operations.given import Given
from saman.kernel.outcome import Kind, Refusal, refused
from saman.model.identity.matching import (
    MOST_PARTS,
    Grade,
    Match,
    identifiers,
    match,
    names,
    swapped,
    telecoms,
    too_many,
)
from saman.record import Stored
from saman.record.candidates import chosen

QUERY = "$match"
MOST, DEFAULT = 100, 20
MOST_CANDIDATES = 200
"""People that one way of looking brings, at most."""

_GRADE = "http://hl7.org/fhir/StructureDefinition/match-grade"
_ESCAPED = str.maketrans({one: f"\\{one}" for one in "\\,|$"})

Pairs = list[tuple[str, str]]


async def matches_of(call: Call, given: Given) -> Answer | Parts | Resource | Refusal:
    """The people who may be meant, the likeliest first, each with its score and grade."""
    patient, count = given.one("resource"), DEFAULT if given.one("count") is None else given.one("count")
    ways = list(_ways(patient))
    fault = _fault(patient, count, ways, given)
    if fault is not None:
        return fault
    told: dict[str, Match] = {}
    only_certain = given.one("onlyCertainMatches") is True

    def choose(found: Sequence[Stored]) -> Sequence[Stored]:
        told.update({one.id: match(patient, one.resource()) for one in found})
        return _chosen(found, told, only_certain=only_certain)[:count]

    picked = await chosen(call.record, ways, choose, QUERY)
    if isinstance(picked, Refusal):
        return picked
    return await asyncio.to_thread(_bundle, call.base, picked, told)


def _fault(patient: Mapping[str, Any], count: int, ways: Sequence[Pairs], given: Given) -> Refusal | None:
    if not 1 <= count <= MOST:
        return refused(Kind.INVALID, "value", f"'count' is from 1 to {MOST}.", given.place("count"))
    if many := too_many(patient):
        text = f"A match looks at {MOST_PARTS} of each at most."
        return refused(Kind.TOO_COSTLY, "too-costly", text, f"Patient.{many}")
    if not ways:
        text = "Say an identifier with its system, a whole birth date, a family and a given name, a phone or an email."
        return refused(Kind.INVALID, "required", text, given.place("resource"))
    return None


def _chosen(found: Sequence[Stored], told: Mapping[str, Match], *, only_certain: bool) -> list[Stored]:
    """Those who are possible, the likeliest first; of the certain ones the one there is, where there is only one."""
    if only_certain:
        certain = [one for one in found if told[one.id].grade is Grade.CERTAIN]
        return certain if len(certain) == 1 else []
    possible = [one for one in found if told[one.id].grade is not Grade.NOT]
    return sorted(possible, key=lambda one: (-told[one.id].score, one.id))


def _ways(patient: Mapping[str, Any]) -> Iterator[Pairs]:
    """The searches that find those who may be meant: what is written otherwise is found by something else."""
    birth = patient.get("birthDate", "")
    listed = [("identifier", [f"{_plain(system)}|{_plain(value)}" for system, value in identifiers(patient)])]
    listed += [("birthdate", [one for one in (birth, swapped(birth)) if len(one) == len("1948-03-14")])]
    listed += [("phone", [*map(_plain, telecoms(patient, ("phone", "sms")))])]
    listed += [("email", [*map(_plain, telecoms(patient, ("email",)))])]
    for name, values in listed:
        if values:
            yield [(name, ",".join(values)), ("_count", str(MOST_CANDIDATES))]
    for one in names(patient):
        if one.family and one.given:
            yield [("family", one.family[0]), ("given", one.given[0]), ("_count", str(MOST_CANDIDATES))]


def _plain(text: str) -> str:
    return text.translate(_ESCAPED)


def _bundle(base: str, picked: Sequence[Stored], told: Mapping[str, Match]) -> dict[str, Any]:
    entries = [
        {
            "fullUrl": f"{base}/{one.reference}",
            "resource": one.resource(),
            "search": {
                "extension": [{"url": _GRADE, "valueCode": told[one.id].grade.value}],
                "mode": "match",
                "score": told[one.id].score,
            },
        }
        for one in picked
    ]
    return {"resourceType": "Bundle", "type": "searchset", "total": len(entries)} | (
        {"entry": entries} if entries else {}
    )
