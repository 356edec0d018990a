"""Searches as they are asked for in an address or a form, answered as the text of a Bundle, page by page.

What is posted stays out of addresses: the next page of a posted search carries the whole question sealed in `_page`.
"""

from __future__ import annotations

from urllib.parse import parse_qsl, quote_plus, urlencode

import msgspec

from saman.kernel.outcome import Kind, Refusal, refused
from saman.kernel.remembering import remembered
from saman.model.fhir.own_parameters import Parameters
from saman.model.fhir.summary import Part
from saman.record.cursor import Place
from saman.record.outage import or_refusal
from saman.record.parts import NAMES, cut_page, read_part
from saman.record.record import Record
from saman.record.render import searchset
from saman.record.search.asked import Query
from saman.record.search.query import read_query
from saman.record.several import Several, find_several, read_compartment, read_several
from saman.record.stored import Page

_FORM_OF_ANSWER = frozenset({"_format", "_pretty"})

Pairs = list[tuple[str, str]]

REMEMBERED = 4096
"""Texts that a process has encoded for an address last."""


class Where(msgspec.Struct, frozen=True):
    """Where is searched: one type, inside the compartment of a resource, or, with neither, what `_type` lists."""

    type: str = ""
    inside: str = ""

    @property
    def path(self) -> str:
        """The address below the base."""
        return f"{self.inside}/{self.type}" if self.inside else self.type


class _Asked(msgspec.Struct, frozen=True):
    """A search as it was read."""

    query: Query | Several
    part: Part
    told: str
    empty: tuple[str, ...]

    @property
    def ignored(self) -> tuple[str, ...]:
        """The parameters that were not understood."""
        return self.query.ignored

    @property
    def passed_over(self) -> tuple[str, ...]:
        """What is said of each parameter that was not understood, or has no value."""
        return *self.query.passed_over, *(f"'{name}' has no value and was ignored." for name in self.empty)


async def search_text(
    record: Record, where: Where, pairs: Pairs, *, strict: bool = False, is_posted: bool = False
) -> str | Refusal:
    """One page of matches for these parameters, or for those sealed in their `_page`."""
    sealed = next((value for name, value in pairs if name == "_page"), None)
    if sealed is not None:
        opened = _opened(record, where, sealed)
        if isinstance(opened, Refusal):
            return opened
        pairs, is_posted = opened, True
    asked = await _understood(record, where, pairs, strict=strict)
    if isinstance(asked, Refusal):
        return asked
    query = asked.query
    page = await (record.find(query) if isinstance(query, Query) else find_several(record, query))
    if isinstance(page, Refusal):
        return page
    return _text(record, where, asked, page, is_posted=is_posted)


@or_refusal
async def _understood(record: Record, where: Where, pairs: Pairs, *, strict: bool) -> _Asked | Refusal:
    """The search that the parameters ask for, as they are at this moment."""
    return await record.store.parameters.read(pairs, lambda known: _read(where, pairs, strict=strict, known=known))


def _text(record: Record, where: Where, asked: _Asked, page: Page, *, is_posted: bool) -> str:
    url = f"{record.base}/{where.path}".rstrip("/")
    following = None
    if page.next is not None:
        more = _with_cursor(asked.told, page.next)
        following = f"{url}?{urlencode({'_page': _sealed(record, where, more)}) if is_posted else more}"
    own = _with_cursor(asked.told, asked.query.cursor)
    own = f"{url}?{own}" if own else url
    return searchset(cut_page(page, asked.part), record.base, own, following, asked.passed_over)


def _read(where: Where, pairs: Pairs, *, strict: bool, known: Parameters) -> _Asked | Refusal:
    empty = () if strict else tuple(dict.fromkeys(name for name, value in pairs if not value.strip(",")))
    if empty:
        pairs = [(name, value) for name, value in pairs if value.strip(",")]
    counted = _counted(pairs)
    part = read_part(counted)
    if isinstance(part, Refusal):
        return part
    plain = [(name, value) for name, value in counted if name not in NAMES]
    query = _query(where, plain, strict=strict, known=known)
    if isinstance(query, Refusal):
        return query
    beside = [(name, value) for name, value in counted if name in _FORM_OF_ANSWER | NAMES]
    types = [(name, value) for name, value in pairs if name == "_type"] if not where.path else []
    return _Asked(query, part, _encoded([*types, *query.used, *beside]), empty)


def _encoded(pairs: Pairs) -> str:
    """What `urlencode` gives; the names of parameters, codes and people come again and again."""
    return "&".join([f"{_quoted(name)}={_quoted(value)}" for name, value in pairs])


@remembered(REMEMBERED)
def _quoted(text: str) -> str:
    return quote_plus(text)


def _query(where: Where, pairs: Pairs, *, strict: bool, known: Parameters) -> Query | Several | Refusal:
    if where.inside:
        return read_compartment(where.inside, where.type, pairs, strict=strict, known=known)
    if where.type:
        return read_query(where.type, pairs, strict=strict, known=known)
    names = [one for name, value in pairs if name == "_type" for one in value.split(",") if one]
    plain = [(name, value) for name, value in pairs if name != "_type"]
    return read_several(names, plain, strict=strict, known=known)


def _with_cursor(told: str, cursor: str) -> str:
    """Encoded parameters with where the page begins."""
    if not cursor:
        return told
    return f"{told}&_cursor={quote_plus(cursor)}" if told else f"_cursor={quote_plus(cursor)}"


def _counted(pairs: Pairs) -> Pairs:
    """`_summary=count`, and `_count=0` which means the same, as the question for the total alone."""
    given = dict(pairs)
    if given.get("_summary") == "count":
        pairs = [(name, value) for name, value in pairs if name not in ("_summary", "_count")]
        return [*pairs, ("_count", "0"), *_total(given)]
    return [*pairs, *_total(given)] if given.get("_count") == "0" else pairs


def _total(given: dict[str, str]) -> Pairs:
    return [] if "_total" in given else [("_total", "accurate")]


def _sealed(record: Record, where: Where, told: str) -> str:
    return record.store.seal.close(Place(None, told, ""), _purpose(where))


def _opened(record: Record, where: Where, sealed: str) -> Pairs | Refusal:
    place = record.store.seal.open(sealed, _purpose(where))
    if isinstance(place, Refusal):
        text = "This page marker is not from this search. Start from the first page."
        return refused(Kind.INVALID, "invalid", text, "_page")
    return parse_qsl(place.text or "", keep_blank_values=True)


def _purpose(where: Where) -> str:
    return f"posted {where.path}"
