"""The citizen's and the relative's part of a self-assessment: a few statements on calm pages, and then it is sent.

Until it is sent, the answers are kept by the person's own browser alone, sealed for that person: the server holds none
of them, so that nothing it holds could tell whose they are.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping

import msgspec
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from saman.apps.citizen.desk import CitizenDesk
from saman.apps.citizen.recorded.assessing import open_round, today_of
from saman.apps.citizen.recorded.own import Own
from saman.apps.citizen.show import DeskFor, refusal_page, show
from saman.apps.ui.locales import mark
from saman.apps.ui.pages import installation, see
from saman.apps.ui.security import posted
from saman.apps.workspace.assessment_texts import worded
from saman.apps.workspace.assessment_views import Pair, scale_of
from saman.flows.governance.assessment import Held, answer, answered
from saman.kernel.outcome import Kind, Refusal, refused
from saman.model.care.assessment import STEPS, AssessmentFile, Audience
from saman.model.care.basis import said
from saman.record.assessment import Given
from saman.record.cursor import Place

HOME = "/citizen/assessment"
COOKIE = "assessment"
KEPT_SECONDS = 92 * 86_400
CHANGING = mark("Help that changes")
ANSWERS = msgspec.json.Decoder(dict[str, int])

OwnFor = Callable[[Request], Own]


class Step(msgspec.Struct, frozen=True):
    """The statements of one page; `title` is what they are about."""

    title: str
    statements: tuple[Pair, ...]


class Asked(msgspec.Struct, frozen=True, kw_only=True):
    """What a citizen is asked, with what the browser has kept: step numbers by statement, 0 for not knowing."""

    held: Held
    ours: str
    steps: tuple[Step, ...]
    scale: tuple[Pair, ...]
    kept: Mapping[str, int]

    @property
    def next(self) -> int:
        """The number of the first page that has nothing yet; beyond the last when all have."""
        untouched = (
            number for number, step in enumerate(self.steps, 1) if not any(id in self.kept for id, _ in step.statements)
        )
        return next(untouched, len(self.steps) + 1)


class StepPage(msgspec.Struct, frozen=True):
    """One page of statements."""

    asked: Asked
    number: int
    step: Step


Handler = Callable[[Request, CitizenDesk, Own, Asked], Awaitable[Response]]


def assessment_routes(own_for: OwnFor, desk_for: DeskFor) -> list[Route]:
    """Everything under `/citizen/assessment`."""

    def at(path: str, handler: Handler, method: str = "GET") -> Route:
        async def handle(request: Request) -> Response:
            own, desk = own_for(request), desk_for(request)
            asked = await _asked(request, own)
            if isinstance(asked, Refusal) and asked.kind is Kind.CONFLICT and method == "GET":
                return see(f"{HOME}/thanks")
            if isinstance(asked, Refusal):
                return await refusal_page(request, desk, worded(asked))
            return await handler(request, desk, own, asked)

        return Route(f"{HOME}{path}", handle, methods=[method])

    async def thanks(request: Request) -> Response:
        """It has been sent."""
        return await show(request, desk_for(request), "citizen/assessment/thanks.html", None)

    return [
        at("", begin),
        Route(f"{HOME}/thanks", thanks, methods=["GET"]),
        at("/last", last),
        at("/last", send, "POST"),
        at("/{number:int}", page),
        at("/{number:int}", keep, "POST"),
    ]


async def _asked(request: Request, own: Own) -> Asked | Refusal:
    """The open round; refused when there is none, or when it has been answered."""
    file = own.model.assessment
    held = await open_round(own)
    if file is None or held is None:
        return refused(Kind.NOT_FOUND, "not-found", "Nothing is asked at present.")
    if await answered(own.record.store, own.record.context, held):
        text = "You have answered in this round. Nobody can see what, so it cannot be changed."
        return refused(Kind.CONFLICT, "conflict", text, key="assessment.again")
    return Asked(
        held=held, ours=own.said(file.ours), steps=_steps(own, file), scale=scale_of(file, own.language),
        kept=_kept(request, own, held),
    )  # fmt: skip


def _steps(own: Own, file: AssessmentFile) -> tuple[Step, ...]:
    language, wanted = own.language, file.asked(Audience.CITIZEN)
    parts = [
        (said(one.name, language), [each for each in wanted if each.component == one.id]) for one in file.components
    ]
    parts.append((own.tell(CHANGING), [each for each in wanted if each.success]))
    return tuple(
        Step(title, tuple((one.id, one.wording(Audience.CITIZEN, language)) for one in chosen))
        for title, chosen in parts
        if chosen
    )


def _kept(request: Request, own: Own, held: Held) -> dict[str, int]:
    """What the browser has kept for this person in this round; nothing when it is for somebody else."""
    place = own.record.store.seal.open(request.cookies.get(COOKIE, ""), _bound(own, held))
    if isinstance(place, Refusal) or place.text is None:
        return {}
    try:
        return ANSWERS.decode(place.text)
    except msgspec.DecodeError:
        return {}


def _bound(own: Own, held: Held) -> str:
    return f"{COOKIE} {held.id} {own.record.context.actor}"


async def begin(request: Request, desk: CitizenDesk, own: Own, asked: Asked) -> Response:
    """What it is about, and where to go on."""
    return await show(request, desk, "citizen/assessment/begin.html", asked)


async def page(request: Request, desk: CitizenDesk, own: Own, asked: Asked) -> Response:
    """The statements of one page."""
    number = request.path_params["number"]
    if not 1 <= number <= len(asked.steps):
        return see(HOME)
    view = StepPage(asked, number, asked.steps[number - 1])
    return await show(request, desk, "citizen/assessment/step.html", view)


async def keep(request: Request, desk: CitizenDesk, own: Own, asked: Asked) -> Response:
    """Lets the browser keep the answers of a page."""
    fields = await posted(request)
    if isinstance(fields, Refusal):
        return await refusal_page(request, desk, fields)
    number = request.path_params["number"]
    if not 1 <= number <= len(asked.steps):
        return see(HOME)
    steps = {str(step): step for step in range(STEPS + 1)}
    own_page = {id: steps[fields[id]] for id, _ in asked.steps[number - 1].statements if fields.get(id) in steps}
    kept = msgspec.json.encode({**asked.kept, **own_page}).decode()
    onward = f"{HOME}/{number + 1}" if number < len(asked.steps) else f"{HOME}/last"
    response = see(HOME if "later" in fields else onward)
    sealed = own.record.store.seal.close(Place(None, kept, asked.held.id), _bound(own, asked.held))
    secure = installation(request).secure_cookies
    response.set_cookie(COOKIE, sealed, max_age=KEPT_SECONDS, path=HOME, secure=secure, httponly=True, samesite="lax")
    return response


async def last(request: Request, desk: CitizenDesk, own: Own, asked: Asked) -> Response:
    """Words, if one likes, and sending."""
    return await show(request, desk, "citizen/assessment/last.html", asked, errors=None, typed="")


async def send(request: Request, desk: CitizenDesk, own: Own, asked: Asked) -> Response:
    """Sends what the browser has kept, without whose it is."""
    fields = await posted(request)
    if isinstance(fields, Refusal):
        return await refusal_page(request, desk, fields)
    words = fields.get("words", "")
    answers = {id: step for id, step in asked.kept.items() if step}
    given = Given(audience=Audience.CITIZEN.value, answers=answers, words=words)
    done = await answer(own.record.store, own.record.context, asked.held, today_of(own), given)
    if done is None:
        response = see(f"{HOME}/thanks")
        secure = installation(request).secure_cookies
        response.delete_cookie(COOKIE, path=HOME, secure=secure, httponly=True, samesite="lax")
        return response
    if done.kind is not Kind.UNPROCESSABLE:
        return await refusal_page(request, desk, worded(done))
    errors = worded(done)
    return await show(request, desk, "citizen/assessment/last.html", asked, done.status, errors=errors, typed=words)
