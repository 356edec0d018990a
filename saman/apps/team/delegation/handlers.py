"""Delegations: the page, the form, the list on paper, and each step with its undo."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import date

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from saman.apps.team.delegation.page import delegation_form, delegation_list, delegations_page
from saman.apps.team.desk import Desk
from saman.apps.team.members import MENDED
from saman.apps.team.requests import read_moment
from saman.apps.team.show import refusal_page, show
from saman.apps.team.shown import new_key
from saman.apps.team.texts import worded
from saman.apps.ui.pages import see
from saman.apps.ui.security import posted
from saman.flows.membership.delegating import move, offer, put_back
from saman.flows.membership.terms import Offer
from saman.kernel.ids import is_fhir_id
from saman.kernel.outcome import Issue, Kind, Refusal, refused
from saman.record import Stored

BASE = "/team/delegations"


def delegation_routes(at: Callable[..., Route]) -> list[Route]:
    """Everything under `BASE`."""
    return [
        at(BASE, overview),
        at(f"{BASE}/new", new),
        at(f"{BASE}/new", add, "POST"),
        at(f"{BASE}/list", paper),
        at(f"{BASE}/{{role}}/{{act}}", step, "POST"),
    ]


async def overview(request: Request, desk: Desk) -> Response:
    """What the reader gave and was given, and for a leader all of it."""
    view = await delegations_page(desk, _done(request))
    return show(request, "team/delegation/delegations.html", view, errors=None)


def _done(request: Request) -> tuple[str, str, int] | None:
    act, _, rest = request.query_params.get("done", "").partition(".")
    id, _, version = rest.partition(".")
    return (act, id, int(version)) if is_fhir_id(id) and version.isdigit() and len(version) < 8 else None


async def paper(request: Request, desk: Desk) -> Response:
    """The list on paper."""
    return show(request, "team/delegation/list.html", await delegation_list(desk))


async def new(request: Request, desk: Desk) -> Response:
    """The empty form."""
    return await _form(request, desk, {}, None)


async def _form(request: Request, desk: Desk, typed: Mapping[str, str], errors: Refusal | None) -> Response:
    view = await delegation_form(desk, typed.get("key", "")[:80] or new_key())
    status = errors.status if errors else 200
    return show(request, "team/delegation/new.html", view, status, errors=errors, typed=typed)


async def add(request: Request, desk: Desk) -> Response:
    """Offer it once for the form's key."""
    fields = await posted(request)
    if isinstance(fields, Refusal):
        return refusal_page(request, fields)
    done = await _offered(desk, fields)
    if isinstance(done, Stored):
        return see(f"{BASE}?done=offered.{done.id}.{done.version}")
    return refusal_page(request, done) if done.kind not in MENDED else await _form(request, desk, fields, worded(done))


async def _offered(desk: Desk, fields: Mapping[str, str]) -> Stored | Refusal:
    wanted = _read(desk, fields)
    if isinstance(wanted, Refusal):
        return wanted
    key = f"delegated-{fields.get('key', '')[:80]}"
    done = await offer(desk.record, desk.model, wanted, key, desk.name)
    return done if isinstance(done, Refusal) else done.stored


def _read(desk: Desk, fields: Mapping[str, str]) -> Offer | Refusal:
    """What the form says; refused for a field that holds no time."""
    read = {name: read_moment(desk, fields.get(name, "")) for name in ("since", "until")}
    wrong = [name for name, moment in read.items() if moment is None and fields.get(name, "").strip()]
    again = _day(fields.get("follow_up", "").strip())
    if isinstance(again, Refusal):
        wrong.append("follow_up")
    if wrong or isinstance(again, Refusal):
        issues = (Issue("value", "Write a day and a time.", name, key="membership.time") for name in wrong)
        return Refusal(Kind.UNPROCESSABLE, tuple(issues))
    now = desk.record.context.now
    person, _, order = fields.get("person", "")[:140].partition("/")
    return Offer(
        competence=fields.get("competence", "")[:60],
        receiver=fields.get("receiver", "")[:70],
        person=person,
        order=order,
        since=max(read["since"] or now, now),
        until=read["until"],
        follow_up=again,
    )


def _day(text: str) -> date | Refusal | None:
    try:
        return date.fromisoformat(text) if text else None
    except ValueError:
        return refused(Kind.UNPROCESSABLE, "value", "Write a day.", "follow_up", key="membership.time")


async def step(request: Request, desk: Desk) -> Response:
    """Accept, decline, end, withdraw, or take the newest change back."""
    fields = await posted(request)
    if isinstance(fields, Refusal):
        return refusal_page(request, fields)
    id, act = request.path_params["role"], request.path_params["act"]
    text = fields.get("version", "")
    version = int(text) if text.isdigit() and len(text) < 8 else 0
    if act == "undo":
        done = await put_back(desk.record, desk.model, id, version)
    else:
        done = await move(desk.record, desk.model, id, version, act)
    if isinstance(done, Refusal):
        view = await delegations_page(desk, None) if done.kind in MENDED else done
        return show(request, "team/delegation/delegations.html", view, done.status, errors=worded(done))
    return see(f"{BASE}?done={'undone' if act == 'undo' else act}.{id}.{done.stored.version}")
