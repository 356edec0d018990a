"""People whom the user's unit follows: found by name, told apart from those who share it."""

from __future__ import annotations

from starlette.requests import Request
from starlette.responses import Response

from saman.apps.team.desk import Desk
from saman.apps.team.show import show
from saman.apps.team.shown import person_line
from saman.apps.team.views import PeoplePage, PersonLine
from saman.kernel.outcome import Refusal
from saman.record import Stored

SHOWN = 40
MOST_FOLLOWED = 100


async def people(request: Request, desk: Desk) -> Response:
    """The people of the unit, those whose name begins with what is asked for."""
    query = request.query_params.get("q", "").strip()[:100]
    return show(request, "team/people.html", await people_page(desk, query))


async def people_page(desk: Desk, query: str) -> PeoplePage | Refusal:
    """At most 40 people; every word of `query` must begin a part of the name, or it is the whole identity number."""
    plain = query.replace(" ", "")
    asked = [("identifier", plain)] if plain.isdigit() else [("name", word) for word in query.split()]
    page = await desk.record.search("Patient", [*asked, ("_sort", "family"), ("_count", str(SHOWN + 1))])
    if isinstance(page, Refusal):
        return page
    return PeoplePage(
        query=query,
        people=_lines(desk, page.matches[:SHOWN]),
        more=len(page.matches) > SHOWN,
        follows_anyone=bool(page.matches) or bool(query),
    )


async def followed(desk: Desk) -> tuple[PersonLine, ...] | Refusal:
    """Those of the user's people who are followed at home now."""
    episodes = await desk.record.search("EpisodeOfCare", [("status", "active"), ("_count", str(MOST_FOLLOWED))])
    if isinstance(episodes, Refusal):
        return episodes
    persons = sorted({one.person for one in episodes.matches if one.person})
    if not persons:
        return ()
    page = await desk.record.search("Patient", [("_id", ",".join(persons)), ("_count", str(MOST_FOLLOWED))])
    if isinstance(page, Refusal):
        return page
    return tuple(sorted(_lines(desk, page.matches), key=lambda one: one.name))


def _lines(desk: Desk, found: tuple[Stored, ...]) -> tuple[PersonLine, ...]:
    return tuple(person_line(desk, one.id, one.resource()) for one in found)
