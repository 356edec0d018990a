"""What a GET of a Bundle's entry asks for: a resource, a version, a history or a search, answered as JSON text."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from urllib.parse import parse_qsl, unquote, urlencode, urlsplit

import msgspec

from saman.kernel.bounds import bounds
from saman.kernel.outcome import Kind, Refusal, refused
from saman.model.fhir import RESOURCE_TYPES, compartments, date_range
from saman.model.fhir.summary import Part
from saman.record.asking import Where, search_text
from saman.record.parts import NAMES, cut, cut_page, read_part
from saman.record.reading import Span
from saman.record.record import Record
from saman.record.refusals import not_found
from saman.record.render import history_set
from saman.record.stored import Stored

MAX_FIELDS = 200
MAX_VERSION_DIGITS = 18
HISTORY = "_history"
_NAMED = frozenset({*RESOURCE_TYPES, HISTORY})
NEWEST_FIRST = "-_lastUpdated"
_TAKEN = frozenset({"_count", "_cursor", "_since", "_at", "_format", "_pretty", *NAMES})

Pairs = list[tuple[str, str]]


class Past(msgspec.Struct, frozen=True):
    """Which versions of a history are asked for, and which part of each; `told` are the parameters for its links."""

    count: int
    cursor: str
    span: Span
    part: Part
    told: tuple[tuple[str, str], ...]


Having = Callable[[Stored], bool]
"""Whether the client has a resource already as it is."""


async def get(record: Record, url: str) -> str | Refusal:
    """The text of what `url`, relative to the base or below it, leads to."""
    found = await get_unless(record, url, lambda _: False)
    return found.text() if isinstance(found, Stored) else found


async def get_unless(record: Record, url: str, has: Having) -> str | Stored | Refusal:
    """The same; a resource that the client has is answered as it is stored, and not as text."""
    address = urlsplit(url.removeprefix(record.base) if record.base else url)
    try:
        pairs = parse_qsl(address.query, keep_blank_values=True, errors="strict", max_num_fields=MAX_FIELDS)
    except ValueError:
        return refused(Kind.INVALID, "structure", "Parameters are percent-encoded UTF-8, at most 200 of them.", "url")
    steps = [unquote(step) for step in address.path.strip("/").split("/")] if address.path.strip("/") else []
    return await _got(record, steps, pairs, has)


async def _got(record: Record, steps: list[str], pairs: Pairs, has: Having) -> str | Stored | Refusal:
    if not _NAMED.issuperset(steps[:1]) or not (_NAMED | {"*"}).issuperset(steps[2:3]):
        return not_found()
    if steps[-1:] == [HISTORY] and len(steps) <= 3:
        return await history_text(record, steps[:-1], pairs)
    if len(steps) < 2:
        return await search_text(record, Where(*steps), pairs)
    found: Stored | Refusal = not_found()
    if len(steps) == 2:
        found = await record.read(*steps)
    elif len(steps) == 4 and steps[2] == HISTORY:
        found = await version(record, steps[0], steps[1], steps[3])
    elif len(steps) == 3 and steps[0] in compartments:
        return await search_text(record, Where(steps[2], f"{steps[0]}/{steps[1]}"), pairs)
    part = read_part(pairs)
    if isinstance(found, Refusal) or isinstance(part, Refusal):
        return found if isinstance(found, Refusal) else part  # type: ignore[return-value]
    return found if has(found) else cut(found, part).text()


async def version(record: Record, type_name: str, id: str, number: str) -> Stored | Refusal:
    """One version, whose number may be anything that stood in an address."""
    if not (number.isascii() and number.isdigit() and len(number) <= MAX_VERSION_DIGITS):
        return not_found()
    return await record.vread(type_name, id, int(number))


async def history_text(
    record: Record, steps: list[str], pairs: Iterable[tuple[str, str]], *, strict: bool = False
) -> str | Refusal:
    """One page of the versions of a resource (`[type, id]`), of a type (`[type]`) or of everything (`[]`)."""
    asked = read_past(pairs, strict=strict)
    if isinstance(asked, Refusal):
        return asked
    page = await record.history(*steps, count=asked.count, cursor=asked.cursor, span=asked.span)
    if isinstance(page, Refusal):
        return page
    url = "/".join((record.base, *steps, HISTORY))
    following = None if page.next is None else f"{url}?{urlencode([*asked.told, ('_cursor', page.next)])}"
    here = f"{url}?{urlencode([*asked.told, *([('_cursor', asked.cursor)] if asked.cursor else [])])}"
    return history_set(cut_page(page, asked.part), record.base, here, following)


def read_past(pairs: Iterable[tuple[str, str]], *, strict: bool) -> Past | Refusal:
    """What the parameters of a history ask for."""
    given = dict(pairs)
    unknown = next((name for name in given if strict and name not in _TAKEN), None)
    if unknown is not None:
        return refused(Kind.INVALID, "not-supported", f"A history takes {', '.join(sorted(_TAKEN))}.", unknown)
    if "_list" in given or given.get("_sort", NEWEST_FIRST) not in ("", NEWEST_FIRST):
        name = "_list" if "_list" in given else "_sort"
        text = "A history goes from the newest version to the oldest, and is not narrowed to a List."
        return refused(Kind.INVALID, "not-supported", text, name)
    count = given.get("_count", "20")
    if not (count.isascii() and count.isdigit() and len(count) <= 6 and int(count) > 0):
        return refused(Kind.INVALID, "value", "'_count' is a whole number from 1.", "_count")
    span, part = _span(given), read_part(given.items())
    if isinstance(span, Refusal):
        return span
    if isinstance(part, Refusal):
        return part
    most = min(int(count), bounds().page)
    told = [(name, given[name]) for name in ("_since", "_at", *sorted(NAMES)) if name in given]
    return Past(most, given.get("_cursor", ""), span, part, (("_count", str(most)), *told))


def _span(given: dict[str, str]) -> Span | Refusal:
    ranges = {name: date_range(given[name].replace(" ", "+")) for name in ("_since", "_at") if name in given}
    for name, span in ranges.items():
        if isinstance(span, Refusal):
            return refused(Kind.INVALID, "value", span.issues[0].text, name)
    since, at = ranges.get("_since"), ranges.get("_at")
    return Span(
        None if since is None or isinstance(since, Refusal) else since[0], None if isinstance(at, Refusal) else at
    )
