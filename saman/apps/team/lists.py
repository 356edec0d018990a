"""Pages that are lists: the worklist, what is new on it, what was sent; and the choice of marks or none."""

from __future__ import annotations

from datetime import datetime
from pathlib import Path
from typing import Final

import msgspec
from starlette.requests import Request
from starlette.responses import Response

from saman.apps.team.desk import Desk
from saman.apps.team.people import followed
from saman.apps.team.show import back_of, refusal_page, show
from saman.apps.team.texts import PURPOSE
from saman.apps.team.worklist import is_practice, marks_note, sent_page, worklist_page
from saman.apps.ui.locales import mark
from saman.apps.ui.pages import ONE_YEAR, installation, render, see
from saman.apps.ui.security import posted
from saman.flows.worklist.page import Filter, Wanted, newer
from saman.kernel.outcome import Kind, Refusal, refused
from saman.model.care.party import PartyKind

FILES: Final = {
    name: ((Path(__file__).parent / name).read_bytes(), kind)
    for name, kind in (("team.js", "text/javascript"), ("team.css", "text/css"))
}
FILTERS: Final = {one.value: one for one in Filter}
MARKS_COOKIE: Final = "marks"

WAITS: Final = {
    PartyKind.TELEMEDICINE_CENTRE: mark(
        "Reports from home, reports that did not come, messages and wishes to be contacted stand here as they come."
    ),
    PartyKind.HOME_CARE: mark(
        "Home visits that others ask of you stand here as they come, with when an answer is due."
    ),
    PartyKind.GP_PRACTICE: mark("Limits that others changed, and messages, stand here as they come."),
}
"""What the list of a kind of unit will hold."""
WAITS_ELSEWHERE: Final = mark("What other units ask of yours stands here as it comes, with when an answer is due.")


async def file(request: Request) -> Response:
    """The script and the few styles of the professional pages, which all work without the script."""
    body, kind = FILES[request.url.path.rpartition("/")[2]]
    return Response(body, headers={"content-type": f"{kind}; charset=utf-8", "cache-control": "no-cache"})


async def worklist(request: Request, desk: Desk) -> Response:
    """The worklist of the user's unit."""
    asked = request.query_params
    start = asked.get("start", "0")
    wanted = Wanted(
        chosen=FILTERS.get(asked.get("show", ""), Filter.ALL),
        place=asked.get("place", "")[:80],
        start=int(start) if start.isdigit() and len(start) < 8 else 0,
    )
    view = await worklist_page(desk, wanted, by_marks=asked.get("order") == "marks")
    if isinstance(view, Refusal) or not is_practice(desk):
        return show(request, "team/worklist.html", view, waits=waits(desk))
    people = await followed(desk)
    if isinstance(people, Refusal):
        return refusal_page(request, people)
    return show(request, "team/worklist.html", msgspec.structs.replace(view, follows=people), waits=waits(desk))


def waits(desk: Desk) -> str:
    """What the list of the user's unit will hold, for when it is empty."""
    return desk.t(WAITS.get(desk.party.kind, WAITS_ELSEWHERE) if desk.party else WAITS_ELSEWHERE)


async def new(request: Request, desk: Desk) -> Response:
    """How much has come since a list was made; the list itself stands still."""
    try:
        since = datetime.fromisoformat(request.query_params.get("since", ""))
    except ValueError:
        since = desk.words.now
    if since.tzinfo is None:
        return refusal_page(request, refused(Kind.INVALID, "value", "Say since when, with a time zone.", "since"))
    found = await newer(desk.record, since)
    return show(request, "team/new_part.html", found, since=since)


async def sent(request: Request, desk: Desk) -> Response:
    """What the unit asked of others."""
    return show(request, "team/sent.html", await sent_page(desk))


async def purpose(request: Request, desk: Desk) -> Response:
    """What marks are for, and who stands for them."""
    name = desk.adoption.manufacturer
    return render(
        request, "team/purpose.html", marks_note(desk), purpose=desk.words.gettext(PURPOSE), manufacturer=name
    )


async def choose_marks(request: Request, desk: Desk) -> Response:
    """Switch marks off or on for oneself."""
    fields = await posted(request)
    if isinstance(fields, Refusal):
        return refusal_page(request, fields)
    answer = see(back_of(fields))
    chosen = "off" if fields.get("marks") == "off" else "on"
    secure = installation(request).secure_cookies
    answer.set_cookie(
        MARKS_COOKIE, chosen, max_age=ONE_YEAR, path="/team", secure=secure, httponly=True, samesite="lax"
    )
    return answer
