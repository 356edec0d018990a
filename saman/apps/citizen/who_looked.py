"""The addresses of the log: who has looked, and the citizen's questions about looks."""

from __future__ import annotations

from datetime import datetime
from typing import Final, cast, get_args

from starlette.requests import Request
from starlette.responses import Response

from saman.apps.citizen.desk import CitizenDesk
from saman.apps.citizen.forms import MOST_MESSAGE, parse_text
from saman.apps.citizen.log_views import LogAsked, LogKind
from saman.apps.citizen.show import refusal_page, show
from saman.apps.ui.pages import see
from saman.apps.ui.security import posted
from saman.kernel.ids import is_fhir_id
from saman.kernel.outcome import Refusal

PERIODS: Final = {"7": 7, "30": 30, "365": 365, "all": 36_500}
"""Days by what the address says; `all` is as far back as the country's rules show."""

USUAL: Final = "30"


async def who_looked(request: Request, desk: CitizenDesk) -> Response:
    """Who has looked at my information."""
    return await show(request, desk, "citizen/who_looked.html", await desk.access_log(_asked(request)))


def _asked(request: Request) -> LogAsked:
    """What the address asks for; what makes no sense in it is left out."""
    asked = request.query_params
    kind, party = asked.get("show", ""), asked.get("of", "")
    return LogAsked(
        days=PERIODS.get(asked.get("days", USUAL), PERIODS[USUAL]),
        kind=cast(LogKind, kind) if kind in get_args(LogKind) else "",
        party=party if is_fhir_id(party) else "",
        before=_moment(asked.get("then", "")),
        reason=asked.get("found", ""),
    )


def _moment(text: str) -> datetime | None:
    try:
        moment = datetime.fromisoformat(text)
    except ValueError:
        return None
    return moment if moment.tzinfo is not None else None


async def ask_about(request: Request, desk: CitizenDesk) -> Response:
    """Say that one does not recognise a look."""
    fields = await posted(request)
    if isinstance(fields, Refusal):
        return await refusal_page(request, desk, fields)
    words = parse_text(fields, "text", MOST_MESSAGE, required=False)
    if isinstance(words, Refusal):
        return await refusal_page(request, desk, words)
    done = await desk.ask_about(request.path_params["look"], fields.get("at", ""), words)
    return await refusal_page(request, desk, done) if isinstance(done, Refusal) else see(f"/citizen/questions/{done}")


async def choose_notices(request: Request, desk: CitizenDesk) -> Response:
    """Choose which looks to be told of."""
    fields = await posted(request)
    if isinstance(fields, Refusal):
        return await refusal_page(request, desk, fields)
    done = await desk.choose_notices(fields.get("wish", ""))
    return see("/citizen/who-looked#told") if done is None else await refusal_page(request, desk, done)


async def read_notice(request: Request, desk: CitizenDesk) -> Response:
    """Say that one has read that something was opened."""
    fields = await posted(request)
    if isinstance(fields, Refusal):
        return await refusal_page(request, desk, fields)
    done = await desk.read_notice(request.path_params["notice"])
    return await refusal_page(request, desk, done) if isinstance(done, Refusal) else see("/citizen")


async def question(request: Request, desk: CitizenDesk) -> Response:
    """How a question about a look stands, and its answer."""
    return await show(request, desk, "citizen/log_question.html", await desk.question(request.path_params["question"]))


async def further(request: Request, desk: CitizenDesk) -> Response:
    """Look further back than is shown freely, with a reason."""
    fields = await posted(request)
    if isinstance(fields, Refusal):
        return await refusal_page(request, desk, fields)
    reason = parse_text(fields, "reason", MOST_MESSAGE, required=True)
    done = reason if isinstance(reason, Refusal) else await desk.give_reason(reason)
    if isinstance(done, Refusal):
        return await refusal_page(request, desk, done)
    return see(f"/citizen/who-looked?days=all&found={done}")
