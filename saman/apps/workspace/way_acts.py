"""What is done on a way: steps moved, notes, who was heard, meetings, funding, finishing and opening again."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from starlette.requests import Request
from starlette.responses import Response

from saman.apps.ui.pages import see
from saman.apps.ui.security import posted
from saman.apps.workspace.desk import Desk
from saman.apps.workspace.handling import BASE, show
from saman.apps.workspace.way_finding import Found, Reading, found
from saman.apps.workspace.way_texts import worded
from saman.apps.workspace.way_views import overview, step_view, today
from saman.flows.governance.ways import absent, change
from saman.kernel.outcome import Refusal
from saman.model.care.way import Step
from saman.model.care.way_going import (
    Act,
    Funding,
    Going,
    Hearing,
    Meeting,
    MeetingKind,
    Move,
    Note,
    Part,
    Stage,
    finished,
    moved,
    noted,
    reopened,
    with_part,
)

Make = Callable[[Reading, Desk, Found], Part]


async def page(request: Request, desk: Desk) -> Response:
    """One way."""
    way = await found(request, desk)
    return show(
        request, "way.html", way if isinstance(way, Refusal) else overview(desk, way.way, way.item), wrong=None, sent={}
    )


async def step_page(request: Request, desk: Desk) -> Response:
    """One step of a way."""
    at = await _step(request, desk)
    if isinstance(at, Refusal):
        return show(request, "way_step.html", at)
    way, step = at
    return show(request, "way_step.html", await step_view(desk, way.way, way.item, step), wrong=None)


async def move(request: Request, desk: Desk) -> Response:
    """Begin, finish, leave out or repeat a step."""
    return await _on_step(request, desk, _move)


async def note(request: Request, desk: Desk) -> Response:
    """Add a note to a step."""
    return await _on_step(request, desk, _note)


def _move(reading: Reading, desk: Desk, step: Step) -> Callable[[Going], Going | Refusal]:
    known = {one.value: one for one in Move}
    chosen = known.get(reading.one_of("move", known), Move.BEGIN)
    act = Act(step=step.id, move=chosen, on=today(desk), reason=reading.text("reason"))
    return lambda going: moved(going, act)


def _note(reading: Reading, desk: Desk, step: Step) -> Callable[[Going], Going | Refusal]:
    text = reading.text("note", required=True)
    return lambda going: noted(going, step.id, Note(text=text, party=desk.record.context.party, on=today(desk)))


async def _on_step(
    request: Request, desk: Desk, read: Callable[[Reading, Desk, Step], Callable[[Going], Going | Refusal]]
) -> Response:
    at, fields = await _step(request, desk), await posted(request)
    if isinstance(at, Refusal) or isinstance(fields, Refusal):
        return show(request, "way_step.html", at if isinstance(at, Refusal) else fields)
    way, step = at
    reading = Reading(fields)
    make = read(reading, desk, step)
    written = reading.refusal or await change(desk.record, way.item.id, f"The step {step.id}.", make)
    if isinstance(written, Refusal):
        view = await step_view(desk, way.way, way.item, step)
        return show(request, "way_step.html", view, written.status, wrong=worded(desk, written))
    return see(f"{BASE}/ways/{way.item.id}/steps/{step.id}")


async def _step(request: Request, desk: Desk) -> tuple[Found, Step] | Refusal:
    way = await found(request, desk)
    if isinstance(way, Refusal):
        return way
    step = way.way.step(request.path_params["step"])
    return (way, step) if step else absent()


async def hear(request: Request, desk: Desk) -> Response:
    """Write down that a group was heard."""
    return await _add(request, desk, _hearing, "heard")


async def meet(request: Request, desk: Desk) -> Response:
    """Write down a workshop or a visit."""
    return await _add(request, desk, _meeting, "met")


async def fund(request: Request, desk: Desk) -> Response:
    """Write down what happened with a call."""
    return await _add(request, desk, _funding, "funding")


def _hearing(reading: Reading, desk: Desk, way: Found) -> Hearing:
    return Hearing(
        voice=reading.one_of("voice", {one.id: one for one in way.way.voices}),
        on=reading.day("heard-on", today(desk)),
        how=reading.line("how", required=True),
        said=reading.text("said", required=True),
        step=reading.one_of("step", {one.id: one for one in way.way.steps}, required=False),
    )


def _meeting(reading: Reading, desk: Desk, way: Found) -> Meeting:
    kinds = {one.value: one for one in MeetingKind}
    return Meeting(
        kind=kinds.get(reading.one_of("kind", kinds), MeetingKind.WORKSHOP),
        on=reading.day("met-on"),
        place=reading.line("place", required=True),
        parties=reading.some_of("took-part", {one.id: one for one in desk.model.parties}),
        roles=reading.line("roles"),
        outputs=reading.text("outputs"),
    )


def _funding(reading: Reading, desk: Desk, way: Found) -> Funding:
    stages = {one.value: one for one in Stage}
    return Funding(
        stage=stages.get(reading.one_of("stage", stages), Stage.CALL),
        on=reading.day("funding-on"),
        text=reading.text("about", required=True),
        decision=reading.line("decision"),
    )


async def _add(request: Request, desk: Desk, make: Make, anchor: str) -> Response:
    way, fields = await found(request, desk), await posted(request)
    if isinstance(way, Refusal) or isinstance(fields, Refusal):
        return show(request, "way.html", way if isinstance(way, Refusal) else fields)
    reading = Reading(fields)
    part = make(reading, desk, way)
    written = reading.refusal or await change(
        desk.record, way.item.id, f"Added: {anchor}.", lambda going: with_part(going, part)
    )
    if isinstance(written, Refusal):
        view = overview(desk, way.way, way.item)
        return show(request, "way.html", view, written.status, wrong=worded(desk, written), sent=fields)
    return see(f"{BASE}/ways/{way.item.id}#{anchor}")


async def finish(request: Request, desk: Desk) -> Response:
    """Finish a way, or say what it still lacks."""

    def make(fields: Mapping[str, str], way: Found) -> Callable[[Going], Going | Refusal]:
        reading = Reading(fields)
        why = {one.id: reading.text(f"why-{one.id}") for one in way.way.voices}
        return lambda going: reading.refusal or finished(going, way.way, today(desk), why)

    return await _close(request, desk, "The way was finished.", make)


async def reopen(request: Request, desk: Desk) -> Response:
    """Open a finished way again."""
    return await _close(request, desk, "The way was opened again.", lambda fields, way: reopened)


async def _close(
    request: Request,
    desk: Desk,
    reason: str,
    make: Callable[[Mapping[str, str], Found], Callable[[Going], Going | Refusal]],
) -> Response:
    way, fields = await found(request, desk), await posted(request)
    if isinstance(way, Refusal) or isinstance(fields, Refusal):
        return show(request, "way.html", way if isinstance(way, Refusal) else fields)
    written = await change(desk.record, way.item.id, reason, make(fields, way))
    if isinstance(written, Refusal):
        view = overview(desk, way.way, way.item)
        return show(request, "way.html", view, written.status, wrong=worded(desk, written), sent=fields)
    return see(f"{BASE}/ways/{way.item.id}#end")
