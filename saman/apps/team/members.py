"""Substitutes of a team leader, and members kept by a local administrator: the same pages for different say."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from starlette.requests import Request
from starlette.responses import Response

from saman.apps.team.desk import Desk
from saman.apps.team.members_page import BASES, dates_form, member_form, members_page
from saman.apps.team.requests import read_moment
from saman.apps.team.show import refusal_page, show
from saman.apps.team.shown import new_key
from saman.apps.team.texts import worded
from saman.apps.ui.pages import see
from saman.apps.ui.security import posted, session_of
from saman.flows.membership.authority import Wanted
from saman.flows.membership.giving import Person, end, give, person_in_directory, put_back, redate, say_of
from saman.flows.membership.licence import Licence
from saman.kernel.ids import is_fhir_id
from saman.kernel.outcome import Issue, Kind, Refusal, refused
from saman.record import Stored, Written
from saman.record.cursor import Place

MOST_SOUGHT = 100
"""Signs of a search; what is sealed is filled up to as many, so that an address does not tell how many they were."""
MENDED = (Kind.UNPROCESSABLE, Kind.CONFLICT, Kind.PRECONDITION)
"""Refusals that are shown beside the form that was sent."""


async def members(request: Request, desk: Desk) -> Response:
    """Who works in the unit, and who was found."""
    place = desk.record.store.seal.open(request.query_params.get("found", ""), _purpose(request))
    query = "" if isinstance(place, Refusal) else (place.text or "").strip()
    return show(request, "team/members.html", await members_page(desk, query, _done(request)), errors=None)


def _done(request: Request) -> tuple[str, str, int] | None:
    act, _, rest = request.query_params.get("done", "").partition(".")
    id, _, version = rest.partition(".")
    return (act, id, int(version)) if is_fhir_id(id) and version.isdigit() else None


def _purpose(request: Request) -> str:
    session = session_of(request)
    return f"colleagues {session.csrf if session else ''}"


async def find(request: Request, desk: Desk) -> Response:
    """On to those of the directory whose name or number was posted; the address holds it sealed."""
    fields = await posted(request)
    if isinstance(fields, Refusal):
        return refusal_page(request, fields)
    query, base = fields.get("q", "").strip()[:MOST_SOUGHT], _base(desk)
    if not query:
        return see(base)
    place = Place(None, query.ljust(MOST_SOUGHT), "")
    return see(f"{base}?found={desk.record.store.seal.close(place, _purpose(request))}#found")


def _base(desk: Desk) -> str:
    return BASES.get(desk.record.context.role, "/team")


async def new(request: Request, desk: Desk) -> Response:
    """The form for somebody of the directory (`?of=`), or for somebody new."""
    return await _form(request, desk, request.query_params.get("of", ""), {}, None)


async def _form(request: Request, desk: Desk, of: str, typed: Mapping[str, str], errors: Refusal | None) -> Response:
    say = await say_of(desk.record)
    if isinstance(say, Refusal):
        return refusal_page(request, say)
    person = await person_in_directory(desk.record, of) if of else None
    if isinstance(person, Refusal):
        return refusal_page(request, person)
    view = await member_form(desk, say, person, typed.get("key", "")[:80] or new_key())
    status = errors.status if errors else 200
    return show(request, "team/member_new.html", view, status, errors=errors, typed=typed)


async def add(request: Request, desk: Desk) -> Response:
    """Give the role once for the form's key."""
    fields = await posted(request)
    if isinstance(fields, Refusal):
        return refusal_page(request, fields)
    of = fields.get("of", "")
    person = await person_in_directory(desk.record, of) if of else Person(_new_person(fields))
    if isinstance(person, Refusal):
        return refusal_page(request, person)
    done = await _given(desk, person, fields)
    if isinstance(done, Stored):
        return see(f"{_base(desk)}?done={_act(desk, done)}.{done.id}.{done.version}")
    if done.kind not in MENDED:
        return refusal_page(request, done)
    return await _form(request, desk, of, fields, worded(done))


def _act(desk: Desk, written: Stored) -> str:
    start = datetime.fromisoformat(written.resource()["period"]["start"])
    return "added" if start <= desk.record.context.now else "coming"


def _new_person(fields: Mapping[str, str]) -> dict[str, Any]:
    given, family = (fields.get(name, "").strip()[:80] for name in ("given", "family"))
    named = {"family": family} | ({"given": [given]} if given else {})
    return {"resourceType": "Practitioner", "active": True, "name": [named] if family else []}


async def _given(desk: Desk, person: Person, fields: Mapping[str, str]) -> Stored | Refusal:
    dates = _dates(desk, fields)
    if isinstance(dates, Refusal):
        return dates
    since, until = dates
    wanted = Wanted(
        party=fields.get("unit", ""),
        role=fields.get("role", ""),
        since=max(since, desk.record.context.now),
        until=until,
        reason=fields.get("reason", "").strip()[:500],
    )
    licence = Licence(number=fields.get("licence", "").replace(" ", "")[:40], looked_up="looked_up" in fields)
    key = fields.get("key", "")[:80]
    done = await give(desk.record, desk.model, person, wanted, licence, f"given-{key}", desk.name)
    return done if isinstance(done, Refusal) else done.stored


def _dates(desk: Desk, fields: Mapping[str, str]) -> tuple[datetime, datetime | None] | Refusal:
    """From when (now when the field is empty) and until when; refused for a field that holds no time."""
    read = {name: read_moment(desk, fields.get(name, "")) for name in ("since", "until")}
    wrong = [name for name, moment in read.items() if moment is None and fields.get(name, "").strip()]
    if wrong:
        issues = (Issue("value", "Write a day and a time.", name, key="membership.time") for name in wrong)
        return Refusal(Kind.UNPROCESSABLE, tuple(issues))
    return read["since"] or desk.record.context.now, read["until"]


async def dates(request: Request, desk: Desk) -> Response:
    """The form for other dates."""
    return await _dates_page(request, desk, {}, None)


async def _dates_page(request: Request, desk: Desk, typed: Mapping[str, str], errors: Refusal | None) -> Response:
    view = await dates_form(desk, request.path_params["role"])
    if view is None:
        view = refused(Kind.NOT_FOUND, "not-found", "There is no such role here.", key="record.not-found")
    status = errors.status if errors else 200
    return show(request, "team/member_dates.html", view, status, errors=errors, typed=typed)


async def change_dates(request: Request, desk: Desk) -> Response:
    """Change from and until when a role is held."""
    fields = await posted(request)
    if isinstance(fields, Refusal):
        return refusal_page(request, fields)
    read = _dates(desk, fields)
    id, version = request.path_params["role"], _version(fields)
    done = read if isinstance(read, Refusal) else await redate(desk.record, desk.model, id, version, *read)
    if isinstance(done, Written):
        return see(f"{_base(desk)}?done=changed.{id}.{done.stored.version}")
    if done.kind not in MENDED:
        return refusal_page(request, done)
    return await _dates_page(request, desk, fields, worded(done))


async def stop(request: Request, desk: Desk) -> Response:
    """End a role at once."""
    return await _act_on(request, desk, "ended")


async def undo(request: Request, desk: Desk) -> Response:
    """Take the newest change of a role back."""
    return await _act_on(request, desk, "undone")


async def _act_on(request: Request, desk: Desk, act: str) -> Response:
    fields = await posted(request)
    if isinstance(fields, Refusal):
        return refusal_page(request, fields)
    id, version = request.path_params["role"], _version(fields)
    if act == "ended":
        done = await end(desk.record, id, version)
    else:
        done = await put_back(desk.record, desk.model, id, version)
    if isinstance(done, Refusal):
        view = await members_page(desk, "", None) if done.kind in MENDED else done
        return show(request, "team/members.html", view, done.status, errors=worded(done))
    return see(f"{_base(desk)}?done={act}.{id}.{done.stored.version}")


def _version(fields: Mapping[str, str]) -> int:
    version = fields.get("version", "")
    return int(version) if version.isdigit() else 0
