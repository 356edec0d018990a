"""Pages of the self-assessment at work: rounds, answering, and what closed rounds have shown."""

from __future__ import annotations

import secrets
from collections.abc import Mapping

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from saman.apps.ui.pages import see
from saman.apps.ui.security import posted
from saman.apps.workspace.assessment_forms import given_of, round_of
from saman.apps.workspace.assessment_result import result_page
from saman.apps.workspace.assessment_table import table
from saman.apps.workspace.assessment_texts import worded
from saman.apps.workspace.assessment_views import answer_page, file_of, list_page, open_page, today_of
from saman.apps.workspace.desk import Desk
from saman.apps.workspace.handling import BASE, At, refusal_page, show
from saman.flows.governance.assessment import (
    ROUNDS,
    Held,
    State,
    answer,
    answered,
    close_early,
    open_round,
    state_of,
)
from saman.kernel.outcome import Kind, Refusal, refused

HOME = f"{BASE}/assessment"


def assessment_routes(at: At) -> list[Route]:
    """Everything under `/region/work/assessment`."""
    return [
        at("/assessment", listed),
        at("/assessment", opened, "POST"),
        at("/assessment/{round}", one),
        at("/assessment/{round}/answer", asked),
        at("/assessment/{round}/answer", sent, "POST"),
        at("/assessment/{round}/close", closed, "POST"),
        at("/assessment/{round}/figures.csv", exported),
    ]


async def listed(request: Request, desk: Desk) -> Response:
    """Every round, and a form for the next."""
    return show(request, "assessment/list.html", await list_page(desk), errors=None, typed={})


async def opened(request: Request, desk: Desk) -> Response:
    """Opens a round."""
    fields = await posted(request)
    if isinstance(fields, Refusal):
        return refusal_page(request, fields)
    wanted = round_of(fields, desk.model)
    record = desk.record
    done = (
        wanted
        if isinstance(wanted, Refusal)
        else await open_round(record.store, record.context, secrets.token_hex(8), wanted, today_of(desk))
    )
    if not isinstance(done, Refusal):
        return see(f"{HOME}/{done.id}")
    if done.kind is not Kind.UNPROCESSABLE:
        return refusal_page(request, worded(done))
    view = await list_page(desk)
    return show(request, "assessment/list.html", view, done.status, errors=worded(done), typed=fields)


async def one(request: Request, desk: Desk) -> Response:
    """A round: what it has shown once it is closed, before that how it stands."""
    held = await _held(request, desk)
    if isinstance(held, Refusal):
        return refusal_page(request, held)
    if state_of(held, today_of(desk)) is State.CLOSED:
        return show(request, "assessment/result.html", await result_page(desk, held))
    return await _round(request, desk, held)


async def _round(request: Request, desk: Desk, held: Held, errors: Refusal | None = None) -> Response:
    sent = "sent" in request.query_params
    view = await open_page(desk, held)
    return show(request, "assessment/round.html", view, errors.status if errors else 200, errors=errors, sent=sent)


async def asked(request: Request, desk: Desk) -> Response:
    """The statements."""
    held = await _held(request, desk)
    if isinstance(held, Refusal):
        return refusal_page(request, held)
    if await answered(desk.record.store, desk.record.context, held):
        return see(f"{HOME}/{held.id}")
    return _asked(request, desk, held, request.query_params)


def _asked(
    request: Request, desk: Desk, held: Held, sent: Mapping[str, str], errors: Refusal | None = None
) -> Response:
    view = answer_page(desk, held, sent)
    return show(request, "assessment/answer.html", view, errors.status if errors else 200, errors=errors, typed=sent)


async def sent(request: Request, desk: Desk) -> Response:
    """Keeps somebody's answers, without them."""
    held, fields, statements = await _held(request, desk), await posted(request), file_of(desk)
    wrong = next((found for found in (held, fields, statements) if isinstance(found, Refusal)), None)
    if isinstance(held, Refusal) or isinstance(fields, Refusal) or isinstance(statements, Refusal):
        return refusal_page(request, wrong or _unknown())
    record = desk.record
    given = given_of(fields, statements, desk.model, record.context.party)
    done = await answer(record.store, record.context, held, today_of(desk), given)
    if done is None:
        return see(f"{HOME}/{held.id}?sent=1")
    if done.kind is Kind.UNPROCESSABLE:
        return _asked(request, desk, held, fields, worded(done))
    return refusal_page(request, worded(done))


async def closed(request: Request, desk: Desk) -> Response:
    """Closes a round before its last day."""
    held, fields = await _held(request, desk), await posted(request)
    if isinstance(held, Refusal):
        return refusal_page(request, held)
    if isinstance(fields, Refusal):
        return refusal_page(request, fields)
    record = desk.record
    done = await close_early(record.store, record.context, held, fields.get("reason", ""), today_of(desk))
    if not isinstance(done, Refusal):
        return see(f"{HOME}/{held.id}")
    if done.kind is Kind.UNPROCESSABLE:
        return await _round(request, desk, held, worded(done))
    return refusal_page(request, worded(done))


async def exported(request: Request, desk: Desk) -> Response:
    """The figures of a closed round as a table to keep."""
    held = await _held(request, desk)
    if isinstance(held, Refusal):
        return refusal_page(request, held)
    if state_of(held, today_of(desk)) is not State.CLOSED:
        return refusal_page(request, _unknown())
    view = await result_page(desk, held)
    if isinstance(view, Refusal):
        return refusal_page(request, view)
    headers = {"content-disposition": 'attachment; filename="assessment.csv"', "cache-control": "no-store"}
    return Response("\ufeff" + table(view), media_type="text/csv; charset=utf-8", headers=headers)


async def _held(request: Request, desk: Desk) -> Held | Refusal:
    found = await ROUNDS.one(desk.record.store, request.path_params["round"])
    return found if found is not None else _unknown()


def _unknown() -> Refusal:
    return refused(Kind.NOT_FOUND, "not-found", "There is no such round.")
