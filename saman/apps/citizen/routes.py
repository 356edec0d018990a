"""The citizen's addresses. Handlers are thin: ask the desk, show the view or the refusal."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import Any, Final, get_args

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import BaseRoute, Route

from saman.apps.citizen import report, sharing, who_looked
from saman.apps.citizen.desk import CitizenDesk, FrontDesk
from saman.apps.citizen.forms import MOST_MESSAGE, parse_text
from saman.apps.citizen.pictures import trend_page
from saman.apps.citizen.show import DeskFor, Handler, refusal_page, show
from saman.apps.citizen.views import OwnAnswer
from saman.apps.ui.pages import render, render_refusal, see, words_of
from saman.apps.ui.security import posted, session_of
from saman.kernel.outcome import Kind, Refusal, refused

MOST_SOUGHT: Final = 100
FrontFor = Callable[[Request], FrontDesk]
CitizenHandler = Callable[[Request, CitizenDesk], Awaitable[Response]]


def routes(front_for: FrontFor, desk_for: DeskFor) -> list[BaseRoute]:
    """The front page and everything under `/citizen`; each desk is made for one request."""

    def at(path: str, handler: CitizenHandler, method: str = "GET") -> Route:
        return Route(path, signed_in(desk_for, handler), methods=[method])

    return [
        Route("/", _front(front_for), methods=["GET"]),
        Route("/", _found(front_for), methods=["POST"]),
        Route("/citizen/worker.js", report.worker, methods=["GET"]),
        at("/citizen", today),
        at("/citizen/plan", plan),
        at("/citizen/plan/{item}", answer_item, "POST"),
        at("/citizen/report", report.begin),
        at("/citizen/report/check", report.check),
        at("/citizen/report/send", report.send, "POST"),
        at("/citizen/report/kept", report.kept, "POST"),
        at("/citizen/report/later", report.later),
        at("/citizen/report/sent", report.sent),
        at("/citizen/report/{step}", report.ask),
        at("/citizen/report/{step}", report.answer, "POST"),
        at("/citizen/readings", readings),
        at("/citizen/readings/{measure}", trend),
        at("/citizen/self-treatment", self_treatment),
        at("/citizen/messages", messages),
        at("/citizen/messages", write_message, "POST"),
        at("/citizen/who-looked", who_looked.who_looked),
        at("/citizen/who-looked/further", who_looked.further, "POST"),
        at("/citizen/who-looked/notices", who_looked.choose_notices, "POST"),
        at("/citizen/who-looked/{look}/question", who_looked.ask_about, "POST"),
        at("/citizen/questions/{question}", who_looked.question),
        at("/citizen/notices/{notice}/read", who_looked.read_notice, "POST"),
        Route("/citizen/log", _moved, methods=["GET"]),
        at("/citizen/sharing", sharing.sharing),
        at("/citizen/sharing/{party}", sharing.sharing_with),
        at("/citizen/sharing/{party}", sharing.choose, "POST"),
        at("/citizen/yes/{party}", sharing.saying_yes),
        at("/citizen/yes/{party}", sharing.say_yes, "POST"),
        at("/citizen/yeses/{yes}", sharing.ending_yes),
        at("/citizen/yeses/{yes}", sharing.end_yes, "POST"),
        at("/citizen/close/{relative}", sharing.share_with, "POST"),
        at("/citizen/own-looks", sharing.own_looks),
        at("/citizen/nos/{no}/back", sharing.back, "POST"),
        at("/citizen/happened", happened),
        at("/citizen/happened/{report}", happened),
        at("/citizen/happened/{report}/reminder", not_heard_back, "POST"),
    ]


def signed_in(desk_for: DeskFor, handler: CitizenHandler) -> Handler:
    """Sends whoever is not signed in to the front page; a script is told 401."""

    async def handle(request: Request) -> Response:
        if session_of(request) is None:
            is_script = request.headers.get("accept", "").startswith("application/json")
            return Response(status_code=401) if is_script else see("/")
        return await handler(request, desk_for(request))

    return handle


def _front(front_for: FrontFor) -> Handler:
    async def front(request: Request) -> Response:
        desk = front_for(request)
        view = await desk.people(desk.opened(request.query_params.get("found", "")))
        if isinstance(view, Refusal):
            return render_refusal(request, view)
        return render(request, "citizen/front.html", view)

    return front


def _found(front_for: FrontFor) -> Handler:
    """What is searched for is posted, and only stands sealed in the address of the answer."""

    async def found(request: Request) -> Response:
        fields = await posted(request)
        if isinstance(fields, Refusal):
            return render_refusal(request, fields)
        query = fields.get("q", "").strip()[:MOST_SOUGHT]
        return see(f"/?found={front_for(request).sealed(query)}" if query else "/")

    return found


async def _moved(request: Request) -> Response:
    """The short address of the log."""
    return see("/citizen/who-looked")


async def today(request: Request, desk: CitizenDesk) -> Response:
    """What is asked of me today."""
    return await show(request, desk, "citizen/today.html", await desk.today(), is_asked=await desk.is_asked())


async def plan(request: Request, desk: CitizenDesk) -> Response:
    """My plan."""
    return await show(request, desk, "citizen/plan.html", await desk.plan())


async def answer_item(request: Request, desk: CitizenDesk) -> Response:
    """The citizen's own answer to a plan item."""
    fields = await posted(request)
    if isinstance(fields, Refusal):
        return await refusal_page(request, desk, fields)
    answer: Any = fields.get("answer", "")
    if answer not in get_args(OwnAnswer):
        return await refusal_page(
            request, desk, refused(Kind.INVALID, "value", "Not an answer to a plan item", "answer")
        )
    done = await desk.answer_item(request.path_params["item"], answer)
    return see("/citizen/plan#items") if done is None else await refusal_page(request, desk, done)


async def readings(request: Request, desk: CitizenDesk) -> Response:
    """My measures."""
    return await show(request, desk, "citizen/readings.html", await desk.readings())


async def trend(request: Request, desk: CitizenDesk) -> Response:
    """One measure over time."""
    view = await desk.trend(request.path_params["measure"])
    page = view if isinstance(view, Refusal) else trend_page(view, words_of(request))
    return await show(request, desk, "citizen/trend.html", page)


async def self_treatment(request: Request, desk: CitizenDesk) -> Response:
    """My self-treatment plan."""
    return await show(request, desk, "citizen/self_treatment.html", await desk.self_treatment())


async def messages(request: Request, desk: CitizenDesk) -> Response:
    """My messages."""
    return await show(request, desk, "citizen/messages.html", await desk.thread(), errors=None, typed="")


async def write_message(request: Request, desk: CitizenDesk) -> Response:
    """A message from the citizen, stored once for each key."""
    fields = await posted(request)
    if isinstance(fields, Refusal):
        return await refusal_page(request, desk, fields)
    text = parse_text(fields, "text", MOST_MESSAGE, required=True)
    done = text if isinstance(text, Refusal) else await desk.write(fields.get("key", ""), text)
    if done is None:
        return see("/citizen/messages?sent=1#last")
    if done.kind is not Kind.UNPROCESSABLE:
        return await refusal_page(request, desk, done)
    typed = fields.get("text", "")
    return await show(
        request, desk, "citizen/messages.html", await desk.thread(), done.status, errors=done, typed=typed
    )


async def happened(request: Request, desk: CitizenDesk) -> Response:
    """What became of a report."""
    return await show(request, desk, "citizen/happened.html", await desk.happened(request.path_params.get("report")))


async def not_heard_back(request: Request, desk: CitizenDesk) -> Response:
    """Says to both ends that no answer has come."""
    fields = await posted(request)
    if isinstance(fields, Refusal):
        return await refusal_page(request, desk, fields)
    name = request.path_params["report"]
    done = await desk.not_heard_back(name)
    return see(f"/citizen/happened/{name}") if done is None else await refusal_page(request, desk, done)
