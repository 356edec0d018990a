"""The half-yearly estimate of what time on a way goes to, which takes a minute and keeps no name."""

from __future__ import annotations

import secrets
from collections.abc import Iterable
from decimal import ROUND_HALF_EVEN, Decimal

import msgspec
from starlette.requests import Request
from starlette.responses import Response

from saman.apps.ui.pages import see
from saman.apps.ui.security import posted
from saman.apps.workspace.desk import Desk
from saman.apps.workspace.handling import BASE, show
from saman.apps.workspace.way_finding import Found, Reading, found
from saman.apps.workspace.way_texts import worded
from saman.apps.workspace.way_views import today
from saman.flows.governance.ways import MOST_HOURS, Estimate, estimate, estimates, half_of
from saman.kernel.outcome import Refusal
from saman.model.care.basis import Source, said
from saman.model.care.way import WayFile


class DoingField(msgspec.Struct, frozen=True, kw_only=True):
    """A kind of work to give hours for, with what was sent."""

    name: str
    label: str
    counts: bool
    value: str = ""


class Share(msgspec.Struct, frozen=True, kw_only=True):
    """Hours of a kind of work in a half-year, and their part of all in per cent."""

    label: str
    counts: bool
    hours: int
    percent: int


class Half(msgspec.Struct, frozen=True, kw_only=True):
    """A half-year: how many answered, what time went to, and the part that the claim speaks of."""

    half: str
    answers: int
    percent: int
    shares: tuple[Share, ...]


class Shares(msgspec.Struct, frozen=True, kw_only=True):
    """All half-years of a way, the newest first, and what the sources say."""

    halves: tuple[Half, ...]
    claim: str
    percent: int
    sources: tuple[Source, ...]


class TimeView(msgspec.Struct, frozen=True, kw_only=True):
    """The form and what has been estimated so far."""

    way: str
    title: str
    half: str
    fields: tuple[DoingField, ...]
    shares: Shares
    is_thanked: bool = False
    refusal: Refusal | None = None


async def page(request: Request, desk: Desk) -> Response:
    """The estimate to give, and what has been given."""
    way = await found(request, desk)
    if isinstance(way, Refusal):
        return show(request, "way_time.html", way)
    return show(request, "way_time.html", await _view(desk, way))


async def send(request: Request, desk: Desk) -> Response:
    """Keep an estimate."""
    way, fields = await found(request, desk), await posted(request)
    if isinstance(way, Refusal) or isinstance(fields, Refusal):
        return show(request, "way_time.html", way if isinstance(way, Refusal) else fields)
    reading = Reading(fields)
    hours = {doing.id: _hours(reading, doing.id) for doing in way.way.doings}
    if not reading.issues and not any(hours.values()):
        reading.wrong("", "Write at least one number of hours.", "way.no-hours")
    context = desk.record.context
    one = Estimate(way=way.item.id, half=half_of(today(desk)), party=context.party, hours=hours)
    written = reading.refusal or await estimate(desk.record, f"e{secrets.token_hex(10)}", one)
    if isinstance(written, Refusal):
        view = await _view(desk, way)
        sent = tuple(msgspec.structs.replace(x, value=fields.get(x.name, "")[:20]) for x in view.fields)
        told = msgspec.structs.replace(view, fields=sent, refusal=worded(desk, written))
        return show(request, "way_time.html", told, written.status)
    return see(f"{BASE}/ways/{way.item.id}/time#so-far")


def _hours(reading: Reading, doing: str) -> int:
    name = f"hours-{doing}"
    text = reading.line(name)
    if text and not (
        text.isascii() and text.isdigit() and int(text[:6]) <= MOST_HOURS and len(text) <= len(str(MOST_HOURS))
    ):
        reading.wrong(name, "Write whole hours.", "way.hours")
        return 0
    return int(text or 0)


async def _view(desk: Desk, way: Found) -> TimeView:
    language = desk.words.language
    fields = tuple(
        DoingField(name=f"hours-{one.id}", label=said(one.name, language), counts=one.counts) for one in way.way.doings
    )
    half = half_of(today(desk))
    shares = await shares_of(desk, way)
    return TimeView(way=way.item.id, title=way.item.body.title, half=half, fields=fields, shares=shares)


async def shares_of(desk: Desk, way: Found) -> Shares:
    """What time on a way went to, by half-year."""
    given = await estimates(desk.record, way.item.id)
    halves = sorted({one.half for one in given}, reverse=True)
    claim = way.way.claim
    return Shares(
        halves=tuple(_half(desk, way.way, half, [one for one in given if one.half == half]) for half in halves),
        claim=said(claim.text, desk.words.language),
        percent=claim.percent,
        sources=way.way.sources_of(claim),
    )


def _half(desk: Desk, way: WayFile, half: str, given: Iterable[Estimate]) -> Half:
    answers = list(given)
    hours = {one.id: sum(answer.hours.get(one.id, 0) for answer in answers) for one in way.doings}
    whole = sum(hours.values())
    counted = sum(hours[one.id] for one in way.doings if one.counts)
    language = desk.words.language
    shares = tuple(
        Share(
            label=said(one.name, language),
            counts=one.counts,
            hours=hours[one.id],
            percent=_percent(hours[one.id], whole),
        )
        for one in way.doings
    )
    return Half(half=half, answers=len(answers), percent=_percent(counted, whole), shares=shares)


def _percent(part: int, whole: int) -> int:
    return int((Decimal(100 * part) / whole).quantize(Decimal(1), ROUND_HALF_EVEN)) if whole else 0
