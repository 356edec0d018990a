"""What guardians see of a minor's visits, where the country has it: set and taken away with a reason, and undone."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime

import msgspec
from starlette.requests import Request
from starlette.responses import Response

from saman.apps.team.desk import Desk
from saman.apps.team.person import Held, banner_of, held
from saman.apps.team.posts import version_of
from saman.apps.team.show import refusal_page, show
from saman.apps.team.texts import worded
from saman.apps.ui.locales import mark
from saman.apps.ui.pages import see
from saman.apps.ui.security import posted
from saman.apps.ui.views import PersonBanner
from saman.flows.consent.visits import LABELS, KeptVisit, label_visit, undo_label, visits_of
from saman.flows.reading import in_language
from saman.kernel.outcome import Kind, Refusal
from saman.model.access.visits import HIDES, NOT_ABLE, SHOWS
from saman.record import Written

SAYS = {
    "": mark("Nothing is said: what guardians see goes by the child's age."),
    NOT_ABLE: mark("The child could not decide: guardians see the visit."),
    SHOWS: mark("The child could decide, and lets guardians see the visit."),
    HIDES: mark("The child could decide, and guardians see nothing of the visit."),
}
VISIT = mark("Visit")


class LabelChoice(msgspec.Struct, frozen=True, kw_only=True):
    """One thing that can be said of a visit."""

    label: str
    words: str
    chosen: bool


class VisitLine(msgspec.Struct, frozen=True, kw_only=True):
    """A visit with what guardians see of it, why and by whom; `choices` where the reader may change that."""

    id: str
    version: int
    start: datetime | None
    what: str
    says: str
    reason: str
    by: str
    at: datetime | None
    choices: tuple[LabelChoice, ...]
    undo: bool


class KeptVisits(msgspec.Struct, frozen=True, kw_only=True):
    """The page."""

    person: str
    banner: PersonBanner
    visits: tuple[VisitLine, ...]


async def _page(desk: Desk, found: Held) -> KeptVisits | Refusal:
    visits = await visits_of(desk.record, found.id)
    if isinstance(visits, Refusal):
        return visits
    names = await desk.names({one.by for one in visits if one.by})
    lines = (_line(desk, one, names[one.by].name if one.by in names else "") for one in visits)
    return KeptVisits(person=found.id, banner=banner_of(desk, found), visits=tuple(lines))


def _line(desk: Desk, visit: KeptVisit, by: str) -> VisitLine:
    choices = (LabelChoice(label=one, words=desk.t(SAYS[one]), chosen=visit.label == one) for one in (*LABELS, ""))
    return VisitLine(
        id=visit.id,
        version=visit.version,
        start=visit.start,
        what=in_language(visit.what, "text", desk.language) or desk.t(VISIT),
        says=desk.t(SAYS[visit.label]),
        reason=visit.reason,
        by=by,
        at=visit.at,
        choices=tuple(choices) if visit.mine else (),
        undo=visit.undo,
    )


async def look(request: Request, desk: Desk) -> Response:
    """The visits of a minor."""
    found = await held(desk, request.path_params["person"])
    view = found if isinstance(found, Refusal) else await _page(desk, found)
    return show(request, "team/kept_visits.html", view, errors=None, wrong="", typed="")


async def change(request: Request, desk: Desk) -> Response:
    """Say it, take it away, or undo that."""
    fields = await posted(request)
    if isinstance(fields, Refusal):
        return refusal_page(request, fields)
    person, visit, version = request.path_params["person"], fields.get("visit", ""), version_of(fields)
    if isinstance(version, Refusal):
        return refusal_page(request, version)
    done = await _changed(desk, person, visit, version, fields)
    if not isinstance(done, Refusal):
        return see(f"/team/people/{person}/kept-visits#{visit}")
    found = await held(desk, person) if done.kind is Kind.UNPROCESSABLE else done
    view = found if isinstance(found, Refusal) else await _page(desk, found)
    if isinstance(view, Refusal):
        return refusal_page(request, done)
    issues = tuple(msgspec.structs.replace(one, path=f"{one.path}-{visit}") for one in worded(done).issues)
    errors, typed = Refusal(done.kind, issues), fields.get(f"reason-{visit}", "")
    return show(request, "team/kept_visits.html", view, done.status, errors=errors, wrong=visit, typed=typed)


async def _changed(desk: Desk, person: str, visit: str, version: int, fields: Mapping[str, str]) -> Written | Refusal:
    if fields.get("act") == "undo":
        return await undo_label(desk.record, person, visit, version)
    label, reason = fields.get("label", "?"), fields.get(f"reason-{visit}", "")
    return await label_visit(desk.record, person, visit, version, label, reason)
