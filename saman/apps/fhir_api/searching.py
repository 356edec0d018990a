"""Search by GET and by POST (https://hl7.org/fhir/R4/http.html#search), page by page.

What is posted stays out of addresses: the next page of a posted search carries the whole question sealed in `_page`.
"""

from __future__ import annotations

from urllib.parse import parse_qsl, urlencode

from saman.apps.fhir_api.answer import Answer
from saman.apps.fhir_api.call import Call, Pairs
from saman.kernel.outcome import Kind, Refusal, refused
from saman.record.cursor import Place
from saman.record.render import searchset
from saman.record.search.query import read_query

_FORM_OF_ANSWER = frozenset({"_format", "_pretty"})


async def search(call: Call) -> Answer | Refusal:
    """One page of matches for the parameters of the address, or for those sealed in its `_page`."""
    pairs = call.pairs()
    if isinstance(pairs, Refusal):
        return pairs
    sealed = next((value for name, value in pairs if name == "_page"), None)
    if sealed is None:
        return await _page(call, pairs, is_posted=False)
    asked = _opened(call, sealed)
    return asked if isinstance(asked, Refusal) else await _page(call, asked, is_posted=True)


async def search_posted(call: Call) -> Answer | Refusal:
    """The same for parameters in a form; those of the address count too."""
    pairs, form = call.pairs(), await call.form()
    if isinstance(form, Refusal):
        return form
    return pairs if isinstance(pairs, Refusal) else await _page(call, pairs + form, is_posted=True)


async def _page(call: Call, pairs: Pairs, *, is_posted: bool) -> Answer | Refusal:
    query = read_query(call.type, _counted(pairs), strict=call.prefers.strict)
    if isinstance(query, Refusal):
        return query
    page = await call.record.find(query)
    if isinstance(page, Refusal):
        return page
    asked = [*query.used, *((name, value) for name, value in pairs if name in _FORM_OF_ANSWER)]
    url = f"{call.base}/{call.type}"
    told = urlencode(asked)
    following = None
    if page.next is not None:
        more = _with_cursor(told, page.next)
        following = f"{url}?{urlencode({'_page': _sealed(call, more)}) if is_posted else more}"
    own = _with_cursor(told, query.cursor)
    own = f"{url}?{own}" if own else url
    return Answer(200, searchset(page, call.base, own, following, query.ignored).encode())


def _with_cursor(told: str, cursor: str) -> str:
    """Encoded parameters with where the page begins."""
    return "&".join(filter(None, (told, urlencode({"_cursor": cursor}) if cursor else "")))


def _counted(pairs: Pairs) -> Pairs:
    """`_summary=count`, and `_count=0` which means the same, as the question for the total alone."""
    given = dict(pairs)
    if given.get("_summary") == "count":
        pairs = [(name, value) for name, value in pairs if name not in ("_summary", "_count")]
        return [*pairs, ("_count", "0"), *_total(given)]
    return [*pairs, *_total(given)] if given.get("_count") == "0" else pairs


def _total(given: dict[str, str]) -> Pairs:
    return [] if "_total" in given else [("_total", "accurate")]


def _sealed(call: Call, told: str) -> str:
    return call.record.store.seal.close(Place(None, told, ""), _purpose(call))


def _opened(call: Call, sealed: str) -> Pairs | Refusal:
    place = call.record.store.seal.open(sealed, _purpose(call))
    if isinstance(place, Refusal):
        text = "This page marker is not from this search. Start from the first page."
        return refused(Kind.INVALID, "invalid", text, "_page")
    return parse_qsl(place.text or "", keep_blank_values=True)


def _purpose(call: Call) -> str:
    return f"posted {call.type}"
