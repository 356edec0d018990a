"""The addresses of the log review. Handlers are thin; who sees which rows is for the database to say."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import BaseRoute, Route

from saman.apps.review import shown
from saman.apps.review.desk import Desk
from saman.apps.review.export import table
from saman.apps.review.texts import worded
from saman.apps.ui.pages import render, see
from saman.apps.ui.security import posted
from saman.flows.review.cases import answer, escalate
from saman.flows.review.looking import note_visit
from saman.flows.review.openings import review
from saman.kernel.outcome import Kind, Refusal

DeskFor = Callable[[Request], Desk]
ReviewHandler = Callable[[Request, Desk], Awaitable[Response]]
MOST_DIGITS = 18


def routes(desk_for: DeskFor) -> list[BaseRoute]:
    """Everything under `/review`; each desk is made for one request. Who may come there, `audience` decides."""

    def at(path: str, handler: ReviewHandler, method: str = "GET") -> Route:
        async def handle(request: Request) -> Response:
            return await handler(request, desk_for(request))

        return Route(path, handle, methods=[method])

    return [
        at("/review", home),
        at("/review/questions/{question}", question),
        at("/review/questions/{question}/answer", answered, "POST"),
        at("/review/questions/{question}/officer", to_officer, "POST"),
        at("/review/openings", opened),
        at("/review/openings/{opening}", reviewed, "POST"),
        at("/review/sample", sample),
        at("/review/sample/table", exported),
        at("/review/sample/{look}", noted, "POST"),
        at("/review/patterns", patterns),
        at("/review/numbers", numbers),
    ]


def _show(request: Request, desk: Desk, template: str, view: object, status: int = 200, **more: object) -> Response:
    if isinstance(view, Refusal):
        return _refused(request, desk, view)
    return render(request, template, view, status, reviews=shown.reviews(desk), **more)


def _refused(request: Request, desk: Desk, refusal: Refusal) -> Response:
    hidden = refusal.kind in (Kind.NOT_FOUND, Kind.GONE)
    said = worded(Refusal(Kind.NOT_FOUND if hidden else refusal.kind, refusal.issues))
    return render(request, "review/refusal.html", said, said.status, reviews=shown.reviews(desk))


async def home(request: Request, desk: Desk) -> Response:
    """The questions of citizens; for the data-protection officer the numbers."""
    if not shown.reviews(desk):
        return await numbers(request, desk)
    return _show(request, desk, "review/cases.html", await shown.case_list(desk))


async def question(request: Request, desk: Desk) -> Response:
    """One question."""
    view = await shown.case_page(desk, request.path_params["question"])
    return _show(request, desk, "review/case.html", view, errors=None, typed="")


async def answered(request: Request, desk: Desk) -> Response:
    """Answers a question."""
    fields = await posted(request)
    if isinstance(fields, Refusal):
        return _refused(request, desk, fields)
    id, text = request.path_params["question"], fields.get("text", "")
    done = await answer(desk.record, id, _version(fields), text)
    if not isinstance(done, Refusal):
        return see(f"/review/questions/{id}")
    if done.kind is not Kind.UNPROCESSABLE:
        return _refused(request, desk, done)
    view = await shown.case_page(desk, id)
    return _show(request, desk, "review/case.html", view, done.status, errors=worded(done), typed=text)


async def to_officer(request: Request, desk: Desk) -> Response:
    """Brings a question to the data-protection officer."""
    fields = await posted(request)
    if isinstance(fields, Refusal):
        return _refused(request, desk, fields)
    id = request.path_params["question"]
    done = await escalate(desk.record, id, _version(fields), fields.get("note", ""))
    return _refused(request, desk, done) if isinstance(done, Refusal) else see(f"/review/questions/{id}")


async def opened(request: Request, desk: Desk) -> Response:
    """Openings of what was closed."""
    return _show(request, desk, "review/openings.html", await shown.opening_page(desk))


async def reviewed(request: Request, desk: Desk) -> Response:
    """Keeps what the reviewer found of an opening."""
    fields = await posted(request)
    if isinstance(fields, Refusal):
        return _refused(request, desk, fields)
    id = request.path_params["opening"]
    done = await review(desk.record, id, _version(fields), fields.get("found", ""), fields.get("note", ""))
    return _refused(request, desk, done) if isinstance(done, Refusal) else see("/review/openings")


async def sample(request: Request, desk: Desk) -> Response:
    """The sample of a week."""
    return _show(request, desk, "review/sample.html", await shown.sample_page(desk, _week(request)))


async def exported(request: Request, desk: Desk) -> Response:
    """The same as a table to keep."""
    view = await shown.sample_page(desk, _week(request))
    if isinstance(view, Refusal):
        return _refused(request, desk, view)
    headers = {"content-disposition": f'attachment; filename="sample-{view.week}.csv"', "cache-control": "no-store"}
    return Response("\ufeff" + table(view), media_type="text/csv; charset=utf-8", headers=headers)


async def noted(request: Request, desk: Desk) -> Response:
    """Keeps what the reviewer says of a look that was drawn."""
    fields = await posted(request)
    if isinstance(fields, Refusal):
        return _refused(request, desk, fields)
    look, week = request.path_params["look"], fields.get("week", "")
    number = int(look) if look.isdigit() and len(look) <= MOST_DIGITS else 0
    done = await note_visit(desk.record, desk.model, week, number, fields.get("found", ""), fields.get("note", ""))
    return _refused(request, desk, done) if done is not None else see(f"/review/sample?start={week}#l-{number}")


async def patterns(request: Request, desk: Desk) -> Response:
    """Patterns worth asking about."""
    return _show(request, desk, "review/patterns.html", await shown.pattern_page(desk))


async def numbers(request: Request, desk: Desk) -> Response:
    """Numbers alone."""
    return _show(request, desk, "review/numbers.html", await shown.numbers_page(desk))


def _week(request: Request) -> str:
    return request.query_params.get("start", "")[:8]


def _version(fields: Mapping[str, str]) -> int:
    sent = fields.get("version", "")
    return int(sent) if sent.isdigit() and len(sent) <= MOST_DIGITS else 0
