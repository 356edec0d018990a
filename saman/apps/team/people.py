"""People whom the user's unit follows: found by name, told apart from those who share it."""

from __future__ import annotations

from starlette.requests import Request
from starlette.responses import Response

from saman.apps.team.desk import Desk
from saman.apps.team.show import refusal_page, show
from saman.apps.team.shown import person_line
from saman.apps.team.views import PeoplePage, PersonLine
from saman.apps.ui.pages import see
from saman.apps.ui.security import posted, session_of
from saman.flows.opening.emergency import may_ask
from saman.flows.reading import tree_of
from saman.kernel.outcome import Refusal
from saman.record import Stored
from saman.record.cursor import Place

SHOWN = 40
MOST_SOUGHT = 100
"""Signs of a search; what is sealed is filled up to as many, so that an address does not tell how many they were."""
MOST_FOLLOWED = 100


async def people(request: Request, desk: Desk) -> Response:
    """The people of the unit, or those of a search that was posted before."""
    return show(request, "team/people.html", await people_page(desk, _sought(request, desk)))


async def find(request: Request, desk: Desk) -> Response:
    """On to those whose name or number was posted: the address holds it sealed, for this session alone."""
    fields = await posted(request)
    if isinstance(fields, Refusal):
        return refusal_page(request, fields)
    query = fields.get("q", "").strip()[:MOST_SOUGHT]
    if not query:
        return see("/team/people")
    place = Place(None, query.ljust(MOST_SOUGHT), "")
    return see(f"/team/people?found={desk.record.store.seal.close(place, _purpose(request))}")


def _sought(request: Request, desk: Desk) -> str:
    """What the address holds sealed; nothing when it is not from this session."""
    place = desk.record.store.seal.open(request.query_params.get("found", ""), _purpose(request))
    return "" if isinstance(place, Refusal) else (place.text or "").strip()


def _purpose(request: Request) -> str:
    session = session_of(request)
    return f"people {session.csrf if session else ''}"


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
        emergency=may_ask(desk.record),
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
    return tuple(person_line(desk, one.id, tree_of(one)) for one in found)
