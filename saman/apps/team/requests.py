"""A request between two units, at either end: its loop, what happened, and what may be answered."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any

import msgspec
from starlette.requests import Request
from starlette.responses import Response

from saman.apps.team.delegation.needs import explained, needs_shown
from saman.apps.team.desk import Desk
from saman.apps.team.lanes import lanes
from saman.apps.team.loop import acts_of, answered_at, events_of, loop_of, reported_by, sent_for, state_of
from saman.apps.team.posts import version_of
from saman.apps.team.show import refusal_page, see_done, show
from saman.apps.team.shown import person_line
from saman.apps.team.texts import worded
from saman.apps.team.views import Conflict, RequestPage
from saman.apps.ui.security import posted
from saman.flows import tasks
from saman.flows.directory import Named
from saman.flows.reading import moment_of, tree_of
from saman.flows.tasks import Said, claimed_by
from saman.kernel.outcome import Kind, Refusal, refused
from saman.model.care.handover import Act, Reason
from saman.model.care.work import OPEN

Resource = dict[str, Any]

MOST_VERSIONS = 40
REASONS = {one.value: one for one in Reason}


async def request_page(desk: Desk, task: str) -> RequestPage | Refusal:
    """The request as it stands; whoever is at neither end is told as if there were none."""
    history = await desk.record.history("Task", task, count=MOST_VERSIONS)
    if isinstance(history, Refusal):
        return history
    versions = [one.resource() for one in reversed(history.matches) if not one.deleted]
    latest, version = versions[-1], history.matches[0].version
    side = tasks.side_of(desk.record, latest)
    person = str(latest.get("for", {}).get("reference", "")).removeprefix("Patient/")
    found = await desk.record.read("Patient", person)
    names = await desk.names(_acting(versions))
    return RequestPage(
        task=task,
        version=version,
        person=person_line(desk, person, None if isinstance(found, Refusal) else tree_of(found)),
        loop=loop_of(desk, latest, names, versions),
        lanes=lanes(desk, latest, answered_at(versions)),
        events=events_of(desk, versions, names),
        acts=acts_of(desk, latest, side) if side is not None else (),
        soon=soon(desk),
        is_owner=latest.get("owner", {}).get("reference") == desk.unit,
        mine=claimed_by(latest) == desk.record.context.actor,
        holder=_holder(latest, names),
        open=latest["status"] in OPEN,
        needs=(await needs_shown(desk, [latest])).get(task, ()),
    )


def _acting(versions: list[Resource]) -> set[str]:
    wanted = set()
    for task in versions:
        wanted |= {task.get("requester", {}).get("reference", ""), claimed_by(task)}
        wanted |= {one.get("valueReference", {}).get("reference", "") for one in task.get("output", ())}
        wanted |= {one.get("authorReference", {}).get("reference", "") for one in task.get("note", ())}
    return wanted - {""}


def _holder(task: Resource, names: dict[str, Named]) -> str:
    holder = claimed_by(task)
    return names[holder].name if holder in names else ""


def soon(desk: Desk) -> str:
    """The next full hour but one on the reader's clock, as a time field writes it."""
    at = (desk.words.now + timedelta(hours=2)).replace(minute=0, second=0, microsecond=0)
    return at.strftime("%Y-%m-%dT%H:%M")


def read_moment(desk: Desk, text: str) -> datetime | None:
    """A time field's value on the reader's clock; None when it is empty or no time."""
    try:
        found = datetime.fromisoformat(text)
    except ValueError:
        return None
    return found.replace(tzinfo=desk.words.zone) if found.tzinfo is None else None


async def request(request: Request, desk: Desk) -> Response:
    """The page of one request."""
    view = await request_page(desk, request.path_params["task"])
    return show(request, "team/request.html", view, errors=None, conflict=None, typed={}, doing="")


async def answer(request: Request, desk: Desk) -> Response:
    """One act at one end, with what must be said with it, at the version that was shown."""
    fields = await posted(request)
    if isinstance(fields, Refusal):
        return refusal_page(request, fields)
    task, version = request.path_params["task"], version_of(fields)
    if isinstance(version, Refusal):
        return refusal_page(request, version)
    act = next((one for one in Act if one.value == request.path_params["act"]), None)
    if act is None:
        return refusal_page(request, refused(Kind.NOT_FOUND, "not-found", "There is no such act.", "act"))
    done = await tasks.act(desk.record, task, version, act, said_in(desk, fields))
    if not isinstance(done, Refusal):
        return see_done(f"/team/requests/{task}", act.value, task, done.stored.version)
    told = await explained(desk, task, done)
    if told.kind not in (Kind.UNPROCESSABLE, Kind.CONFLICT, Kind.PRECONDITION):
        return refusal_page(request, told)
    return await _again(request, desk, told, fields, act)


async def _again(request: Request, desk: Desk, refusal: Refusal, fields: Mapping[str, str], act: Act) -> Response:
    """The page once more with what was typed; a conflict says who was first and with what."""
    task = request.path_params["task"]
    view = await request_page(desk, task)
    clash = None if refusal.kind is Kind.UNPROCESSABLE else await conflict(desk, task)
    errors = None if clash else _placed(worded(refusal), act)
    return show(
        request, "team/request.html", view, refusal.status, errors=errors, conflict=clash, typed=fields, doing=act.value
    )


def _placed(refusal: Refusal, act: Act) -> Refusal:
    """Issues that point at the fields of one act's own form."""
    issues = (
        msgspec.structs.replace(one, path=f"{act.value}-{one.path}") if one.path else one for one in refusal.issues
    )
    return Refusal(refusal.kind, tuple(issues))


def said_in(desk: Desk, fields: Mapping[str, str]) -> Said:
    """What a form says: reason, words, time."""
    text = fields.get("report") or fields.get("text", "")
    starts = read_moment(desk, fields.get("starts", ""))
    return Said(reason=REASONS.get(fields.get("reason", "")), text=text.strip()[:2000], starts=starts)


async def conflict(desk: Desk, task: str) -> Conflict | None:
    """Who changed a task last, and what it is now."""
    there = await desk.record.read("Task", task)
    if isinstance(there, Refusal):
        return None
    resource = there.resource()
    names = await desk.names(_acting([resource]))
    at_sender = resource["status"] == "cancelled"
    unit = desk.called(sent_for(resource) if at_sender else resource.get("owner", {}).get("reference", ""))
    who = ", ".join(one for one in (reported_by(resource, names) or _holder(resource, names), unit) if one)
    return Conflict(who, state_of(desk, resource).words, moment_of(str(resource.get("lastModified", there.updated))))
