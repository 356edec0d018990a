"""What the law wants the citizen to be told: that somebody opened what she has restricted; on the first page."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta

from saman.apps.citizen.recorded.log import who_is
from saman.apps.citizen.recorded.machine import unit_name
from saman.apps.citizen.recorded.own import Own
from saman.apps.citizen.views import OpenedNews
from saman.flows.directory import Named
from saman.flows.opening.notices import Notice, unread
from saman.flows.review.names import shielded
from saman.flows.review.openings import Opening, own_openings
from saman.flows.review.terms import log_terms
from saman.flows.review.visits import Visit, visits
from saman.model.access.relation import EMERGENCY
from saman.record import Stored
from saman.record.review import looks_at


async def opened_news(own: Own, letters: Sequence[Stored]) -> tuple[OpenedNews, ...]:
    """The openings that the citizen is to be told of and has not said to have read, newest first."""
    waiting = unread(letters) if own.record.context.kind == "citizen" else ()
    openings = await own_openings(own.record) if waiting else {}
    told = [(one, openings[f"Task/{one.opening}"]) for one in waiting if f"Task/{one.opening}" in openings]
    if not told:
        return ()
    actors = {opening.actor for _, opening in told}
    kept = await shielded(own.record, actors)
    named = log_terms(own.record.store.policy, own.record.context.now).named
    names = await own.names(*(actors - kept)) if named else {}
    first = min(opening.since for _, opening in told)
    entries = await looks_at(own.record, own.person, first, own.record.context.now + timedelta(seconds=1))
    looks = visits(one for one in entries if one.actor in actors)
    return tuple(_news(own, notice, opening, looks, names.get(opening.actor)) for notice, opening in told)


def _news(own: Own, notice: Notice, opening: Opening, looks: Sequence[Visit], who: Named | None) -> OpenedNews:
    look = next((one for one in looks if any(each.ground == f"Task/{opening.id}" for each in one.shown)), None)
    role = look.first.role if look else ""
    return OpenedNews(
        id=notice.id,
        who=who_is(own, role, who),
        unit=unit_name(own, opening.unit),
        since=opening.since,
        until=opening.until,
        reason=opening.reason,
        look=str(look.number) if look else "",
        at=look.start.isoformat() if look else "",
        emergency=opening.ground == EMERGENCY,
    )
