"""What a kick-off asks for, read and checked (https://hl7.org/fhir/uv/bulkdata/STU2/export.html#query-parameters)."""

from __future__ import annotations

import re
from collections.abc import Iterable
from datetime import datetime
from urllib.parse import parse_qsl

from saman.apps.fhir_api.call import MAX_FIELDS, Call
from saman.apps.fhir_api.operations.given import Given
from saman.kernel.outcome import Issue, Kind, Refusal, refused
from saman.model.fhir import date_range, literal
from saman.record import Record
from saman.record.bulk.asked import EVERYTHING, Asked, types_of
from saman.record.bulk.slices import QUERY, read_filter
from saman.record.narrowing import insufficient
from saman.record.parts import read_part

MOST_FILTERS = 50
MOST_PERSONS = 1000
_FORMATS = frozenset({"", "application/fhir+ndjson", "application/ndjson", "ndjson"})
_NEXT_FILTER = re.compile(r",(?=[A-Z][A-Za-z]+\?)")

Filters = tuple[tuple[str, tuple[tuple[str, str], ...]], ...]


async def members_of(record: Record, group: str) -> tuple[str, ...] | Refusal:
    """The ids of the Patients who are in a Group now; refused when the caller may not read it."""
    found = await record.read("Group", group)
    if isinstance(found, Refusal):
        return found
    members = (one for one in found.resource().get("member", ()) if one.get("inactive") is not True)
    return patients(one["entity"].get("reference", "") for one in members)


def patients(references: Iterable[str]) -> tuple[str, ...]:
    """The ids of those references that lead to Patients here, each once."""
    found: dict[str, None] = {}
    for text in references:
        read = literal(text)
        if read is not None and read.type == "Patient" and not read.base:
            found[read.id] = None
    return tuple(found)


def read_asked(call: Call, given: Given, level: str, members: tuple[str, ...] | None) -> Asked | Refusal:
    """What is to be exported at a level, about `members` only if they are named; refused with what is wrong."""
    wrong = _unfit(call, given)
    if wrong:
        return Refusal(Kind.INVALID, tuple(wrong))
    types = _types(call, given, level)
    filters = _filters(call, given)
    persons = _persons(given, members)
    for one in (types, filters, persons):
        if isinstance(one, Refusal):
            return one
    assert not isinstance(types, Refusal)
    assert not isinstance(filters, Refusal)
    assert not isinstance(persons, Refusal)
    moment = call.record.context.now
    return Asked(
        url=_url(call),
        base=call.base,
        level=level,
        types=types,
        moment=moment,
        persons=persons,
        since=_moment(given, "_since"),
        until=_moment(given, "_until"),
        elements=tuple(_listed(given, "_elements")),
        filters=filters,
    )


def _url(call: Call) -> str:
    """The address that was called, which the manifest repeats."""
    query = call.query.decode("ascii", "replace")
    path = "/".join(one for one in (call.type, call.id, QUERY) if one)
    return f"{call.base}/{path}{'?' + query if query else ''}"


def _unfit(call: Call, given: Given) -> list[Issue]:
    """What cannot be done as it was asked; `handling=lenient` lets what is not supported be passed over."""
    wrong: list[Issue] = []
    preferences = {one.strip().lower() for one in call.header(b"prefer").replace(";", ",").split(",")}
    if "respond-async" not in preferences:
        wrong.append(Issue("required", "An export goes on after the answer: send Prefer: respond-async.", "Prefer"))
    if given.text("_outputFormat").replace(" ", "+") not in _FORMATS:
        text = "'_outputFormat' is application/fhir+ndjson."
        wrong.append(Issue("not-supported", text, given.place("_outputFormat")))
    if "handling=lenient" not in preferences:
        names = [(name, name) for name, _ in given.others]
        names += [("includeAssociatedData", given.place("includeAssociatedData"))] * given.has("includeAssociatedData")
        text = "The export has no such parameter here. With Prefer: handling=lenient it is passed over."
        wrong += [Issue("not-supported", text, place) for _, place in names]
    if given.has("_elements") and isinstance(
        read_part([("_elements", ",".join(_listed(given, "_elements")))]), Refusal
    ):
        text = "'_elements' lists names of elements, perhaps with a type and a dot before them."
        wrong.append(Issue("value", text, given.place("_elements")))
    return wrong


def _listed(given: Given, name: str) -> list[str]:
    """The values of a parameter that is repeated, or a list with commas."""
    return [one.strip() for text in given.every(name) for one in str(text).split(",") if one.strip()]


def _types(call: Call, given: Given, level: str) -> tuple[str, ...] | Refusal:
    """What is to be exported: what was named, else all that the scopes of an app let be read."""
    known, narrowing = types_of(level), call.record.context.narrowing
    named = tuple(dict.fromkeys(_listed(given, "_type")))
    if not all(one in known for one in named):
        text = "'_type' lists resource types that can be exported here. What is made from the log has searches instead."
        return refused(Kind.INVALID, "not-supported", text, given.place("_type"))
    allowed = tuple(one for one in named or known if narrowing is None or narrowing.allows(one, "rs"))
    return insufficient() if not allowed or len(allowed) < len(named) else allowed


def _filters(call: Call, given: Given) -> Filters | Refusal:
    """The searches of `_typeFilter`, each `Type?name=value&…`, checked like any search."""
    texts = [one for text in given.every("_typeFilter") for one in _NEXT_FILTER.split(str(text))]
    if len(texts) > MOST_FILTERS:
        return refused(
            Kind.TOO_COSTLY, "too-costly", f"At most {MOST_FILTERS} filters fit in one export.", "_typeFilter"
        )
    found: list[tuple[str, tuple[tuple[str, str], ...]]] = []
    for text in texts:
        kind, _, asked = text.partition("?")
        pairs = tuple(_pairs(asked))
        query = read_filter(call.record, kind, pairs) if kind in types_of(EVERYTHING) and pairs else None
        if isinstance(query, Refusal):
            return query
        if query is None or query.links or query.filters or query.includes or query.sort or query.cursor:
            told = "'_typeFilter' is a resource type, a question mark, and parameters of a search without chains."
            return refused(Kind.INVALID, "value", told, given.place("_typeFilter"))
        found.append((kind, pairs))
    return tuple(found)


def _pairs(text: str) -> list[tuple[str, str]]:
    try:
        return parse_qsl(text, keep_blank_values=True, errors="strict", max_num_fields=MAX_FIELDS)
    except ValueError:
        return []


def _persons(given: Given, members: tuple[str, ...] | None) -> tuple[str, ...] | Refusal | None:
    """Whom it is about: of the members of a group those whom `patient` names, if it does; None for everybody."""
    if not given.has("patient"):
        return members
    texts = [one.get("reference", "") for one in given.every("patient")]
    named = patients(texts)
    if len(named) > MOST_PERSONS or len(named) < len(set(texts)):
        text = f"'patient' refers to Patients here, at most {MOST_PERSONS} of them."
        return refused(Kind.INVALID, "value", text, given.place("patient"))
    return named if members is None else tuple(one for one in named if one in members)


def _moment(given: Given, name: str) -> datetime | None:
    found = date_range(given.text(name)) if given.has(name) else None
    return None if found is None or isinstance(found, Refusal) else found[0]
