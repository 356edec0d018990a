"""What is done with a task from a row: taken, let go, acknowledged, undone. Each carries the version it was seen at."""

from __future__ import annotations

from collections.abc import Mapping

from starlette.requests import Request
from starlette.responses import Response

from saman.apps.team.delegation.needs import explained
from saman.apps.team.desk import Desk
from saman.apps.team.show import TeamHandler, back_of, done_note, is_part, refusal_page, see_done
from saman.apps.team.worklist import one_row
from saman.apps.ui.pages import render, see
from saman.apps.ui.security import posted
from saman.flows import tasks
from saman.flows.worklist.page import item_of
from saman.kernel.outcome import Kind, Refusal, refused
from saman.model.care import codes
from saman.record import Record, Stored

ACTS = {"claim": tasks.claim, "release": tasks.release, "acknowledge": tasks.acknowledge}


def handler(act: str) -> TeamHandler:
    """The handler of one of `ACTS`."""

    async def handle(request: Request, desk: Desk) -> Response:
        fields = await posted(request)
        if isinstance(fields, Refusal):
            return refusal_page(request, fields)
        task, version = request.path_params["task"], version_of(fields)
        if isinstance(version, Refusal):
            return refusal_page(request, version)
        done = await ACTS[act](desk.record, task, version)
        if isinstance(done, Refusal):
            there = await _done_before(desk.record, task, version, act)
            if there is None:
                return refusal_page(request, await explained(desk, task, done))
            return await _after(request, desk, act, there, fields)
        return await _after(request, desk, act, done.stored, fields)

    return handle


def version_of(fields: Mapping[str, str]) -> int | Refusal:
    """The version that a form was made from."""
    text = fields.get("version", "")
    if text.isdigit() and 0 < int(text) < 1_000_000_000:
        return int(text)
    return refused(Kind.INVALID, "value", "The form does not say what it was made from.", "version")


async def _done_before(record: Record, task: str, version: int, act: str) -> Stored | None:
    """The task, when the very same was done with it by the same person a moment ago: sending twice is no conflict."""
    there = await record.read("Task", task)
    if isinstance(there, Refusal) or there.version != version + 1:
        return None
    holder = tasks.claimed_by(there.resource()) == record.context.actor
    same = {"claim": holder, "release": not holder, "acknowledge": _acknowledged_by(there) == record.context.actor}
    return there if same[act] else None


def _acknowledged_by(stored: Stored) -> str:
    for output in stored.resource().get("output", ()):
        if codes.code_of(output.get("type"), codes.TASK_OUTPUT) == "acknowledged-by":
            return str(output.get("valueReference", {}).get("reference", ""))
    return ""


async def _after(request: Request, desk: Desk, act: str, stored: Stored, fields: Mapping[str, str]) -> Response:
    if not is_part(request):
        return see_done(back_of(fields), act, stored.id, stored.version)
    item = item_of(desk.record, stored, closed=True)
    row = await one_row(desk, item) if item is not None else None
    if row is None or isinstance(row, Refusal):
        return refusal_page(request, row or refused(Kind.NOT_FOUND, "not-found", "There is no such task."))
    note = done_note(desk.words, act, stored.id, str(stored.version))
    return render(request, "team/row_part.html", row, undoable=note, back=back_of(fields))


async def undo(request: Request, desk: Desk) -> Response:
    """Put a task back as it was, as long as nobody has changed it since."""
    fields = await posted(request)
    version = fields if isinstance(fields, Refusal) else version_of(fields)
    if isinstance(version, Refusal) or isinstance(fields, Refusal):
        return refusal_page(request, version if isinstance(version, Refusal) else fields)  # type: ignore[arg-type]
    done = await tasks.undo(desk.record, request.path_params["task"], version)
    return refusal_page(request, done) if isinstance(done, Refusal) else see(back_of(fields))
