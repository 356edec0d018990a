"""`Patient/[id]/$everything` (https://hl7.org/fhir/R4/patient-operation-everything.html), page by page."""

from __future__ import annotations

from datetime import datetime
from urllib.parse import urlencode

from saman.apps.fhir_api.answer import Answer
from saman.apps.fhir_api.call import Call
from saman.apps.fhir_api.operations.declared import Parts, Resource
from saman.apps.fhir_api.operations.given import Given
from saman.kernel.bounds import bounds
from saman.kernel.outcome import Kind, Refusal, refused
from saman.model.fhir import RESOURCE_TYPES, date_range
from saman.record.everything import Everything
from saman.record.render import searchset

_REPEATED = ("start", "end", "_since", "_type", "_count")
_TYPES = frozenset(RESOURCE_TYPES)


async def everything_of(call: Call, given: Given) -> Answer | Parts | Resource | Refusal:
    """One page of what is held about a person; `next` leads on, and says nothing that the call did not."""
    asked = _asked(given)
    if isinstance(asked, Refusal):
        return asked
    page = await call.record.everything(call.id, asked)
    if isinstance(page, Refusal):
        return page
    url = f"{call.base}/Patient/{call.id}/$everything"
    told = [(name, str(value)) for name in _REPEATED for value in given.every(name)]
    own = _address(url, told, asked.cursor)
    following = None if page.next is None else _address(url, told, page.next)
    return Answer(200, searchset(page, call.base, own, following).encode())


def _address(url: str, told: list[tuple[str, str]], cursor: str) -> str:
    query = urlencode([*told, *([("_cursor", cursor)] if cursor else [])])
    return f"{url}?{query}" if query else url


def _asked(given: Given) -> Everything | Refusal:
    types = [one.strip() for value in given.every("_type") for one in value.split(",")]
    if any(one not in _TYPES for one in types):
        text = "'_type' names resource types of R4, separated by commas."
        return refused(Kind.INVALID, "value", text, given.place("_type"))
    count = bounds().page if given.one("_count") is None else given.one("_count")
    if count < 1:
        return refused(Kind.INVALID, "value", "'_count' is a whole number from 1.", given.place("_count"))
    return Everything(
        types=tuple(dict.fromkeys(types)),
        since=_moment(given, "_since", 0),
        start=_moment(given, "start", 0),
        end=_moment(given, "end", 1),
        count=min(count, bounds().page),
        cursor=given.text("_cursor"),
    )


def _moment(given: Given, name: str, side: int) -> datetime | None:
    """The first moment of a date or time, or the first one after it; dates without zone are in UTC."""
    found = date_range(given.text(name)) if given.has(name) else None
    return None if found is None or isinstance(found, Refusal) else found[side]
