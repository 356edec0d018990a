"""The end of a way: drafts of a service model and an agreement, a request to the planner, and all of it on paper."""

from __future__ import annotations

import msgspec
from starlette.requests import Request
from starlette.responses import Response

from saman.apps.ui.locales import mark
from saman.apps.ui.pages import see
from saman.apps.ui.security import posted
from saman.apps.workspace.changes_pages import able_to, change_lines, who
from saman.apps.workspace.changes_views import ChangeLine
from saman.apps.workspace.changes_words import worded as of_changes
from saman.apps.workspace.desk import Desk
from saman.apps.workspace.handling import BASE, attached, refusal_page, show
from saman.apps.workspace.way_finding import Found, found
from saman.apps.workspace.way_paper_views import Printed, printed
from saman.apps.workspace.way_texts import SENTENCES, worded
from saman.apps.workspace.way_time import Shares, shares_of
from saman.apps.workspace.way_views import Overview, overview, today
from saman.flows.governance import ways_proposing as flow
from saman.flows.governance.changes import own
from saman.flows.governance.mandate import Matter
from saman.flows.governance.ways import absent, papers
from saman.flows.governance.ways_proposing import is_withdrawn, proposed
from saman.kernel.outcome import Issue, Refusal
from saman.model.care.way_drafts import (
    Author,
    Papers,
    agreement_draft,
    findings,
    line_of,
    service_draft,
    service_id,
    simulation_request,
)

SUBJECT = mark("From a way: %(title)s")
REASON = mark("What the way “%(title)s” ended in (%(way)s): a draft of the service and of the agreement.")
YAML, JSON = "application/yaml", "application/json"


class Lack(msgspec.Struct, frozen=True, kw_only=True):
    """What the check says of the draft: the line, what is wrong, how to mend it."""

    line: int
    wrong: str
    mend: str


class ProposalView(msgspec.Struct, frozen=True, kw_only=True):
    """What the drafts were proposed as last, if at all; `able`: who may do it, where the reader may not."""

    line: ChangeLine | None
    is_withdrawn: bool
    may: bool
    able: tuple[str, ...]


class EndView(msgspec.Struct, frozen=True, kw_only=True):
    """What the way gives."""

    way: str
    title: str
    is_finished: bool
    service: str
    text: str
    lacks: tuple[Lack, ...]
    unsaid: tuple[str, ...]
    proposal: ProposalView


class Report(msgspec.Struct, frozen=True, kw_only=True):
    """A whole way on paper."""

    overview: Overview
    papers: tuple[Printed, ...]
    notes: tuple[tuple[str, str, str], ...]
    reasons: tuple[tuple[str, str, str], ...]
    shares: Shares


async def page(request: Request, desk: Desk) -> Response:
    """What the way gives, and what the drafts still lack."""
    way = await found(request, desk)
    if isinstance(way, Refusal):
        return show(request, "way_end.html", way)
    going, written, author = way.item.body, await _papers(desk, way), _author(desk)
    text = service_draft(going, written, desk.model, author)
    view = EndView(
        way=way.item.id,
        title=going.title,
        is_finished=going.finished is not None,
        service=service_id(going, written, desk.model),
        text=text,
        lacks=tuple(_lack(issue) for issue in findings(text, desk.model, today(desk))),
        unsaid=simulation_request(going, written, desk.model, author).not_known,
        proposal=await _proposal(desk, way.item.id),
    )
    return show(request, "way_end.html", view)


async def _proposal(desk: Desk, way: str) -> ProposalView:
    item, may = await proposed(desk.record.store, way), desk.may(Matter.FILES)
    able = () if may else await able_to(desk, Matter.FILES)
    names = await desk.names(able)
    return ProposalView(
        line=(await change_lines(desk, [item]))[0] if item else None,
        is_withdrawn=is_withdrawn(item),
        may=may,
        able=tuple(who(desk, names, one) for one in able if one in names),
    )


async def propose(request: Request, desk: Desk) -> Response:
    """Propose the drafts as a change of the region's files, or go to the proposal that there is."""
    fields = await posted(request)
    way = fields if isinstance(fields, Refusal) else await found(request, desk)
    if isinstance(way, Refusal):
        return refusal_page(request, way)
    there = own(await desk.files.now(desk.record.store), desk.files.folder)
    done = await flow.propose(desk.record, way.item, there, await _drafts(desk, way))
    if isinstance(done, Refusal):
        return refusal_page(request, worded(desk, done) if done.issues[0].key in SENTENCES else of_changes(done))
    return see(f"{BASE}/changes/{done.id}")


async def _drafts(desk: Desk, way: Found) -> flow.Drafts:
    going, written, author = way.item.body, await _papers(desk, way), _author(desk)
    return flow.Drafts(
        service=service_id(going, written, desk.model),
        service_text=service_draft(going, written, desk.model, author),
        agreement_text=agreement_draft(going, written, desk.model, author),
        subject=desk.t(SUBJECT, title=" ".join(going.title.split())),
        reason=desk.t(REASON, title=going.title, way=way.item.id),
    )


def _lack(issue: Issue) -> Lack:
    told = dict(issue.args)
    return Lack(line=line_of(issue), wrong=told.get("wrong", issue.text), mend=told.get("mend", ""))


async def report(request: Request, desk: Desk) -> Response:
    """The whole way on paper."""
    way = await found(request, desk)
    if isinstance(way, Refusal):
        return show(request, "way_report.html", way)
    seen = overview(desk, way.way, way.item)
    names = {mark.id: mark.name for stretch in seen.stretches for mark in stretch.marks}
    gone = [(names[id], one) for id, one in way.item.body.steps.items() if id in names]
    view = Report(
        overview=seen,
        papers=await printed(desk, way.way, way.item.id),
        notes=tuple((name, one.text, desk.party(one.party)) for name, step in gone for one in step.notes),
        reasons=tuple(
            (name, one.reason, one.left_out) for name, step in gone for one in step.passes if _has_reason(one)
        ),
        shares=await shares_of(desk, way),
    )
    return show(request, "way_report.html", view)


def _has_reason(one: object) -> bool:
    return bool(getattr(one, "reason", "") or getattr(one, "left_out", ""))


async def download(request: Request, desk: Desk) -> Response:
    """One of the three drafts as a file."""
    way = await found(request, desk)
    if isinstance(way, Refusal):
        return refusal_page(request, way)
    going, written, author = way.item.body, await _papers(desk, way), _author(desk)
    id = service_id(going, written, desk.model)
    wanted = request.path_params["draft"]
    if wanted == "service.yaml":
        return attached(f"{id}.yaml", service_draft(going, written, desk.model, author).encode(), YAML)
    if wanted == "agreement.yaml":
        return attached(f"{id}-agreement.yaml", agreement_draft(going, written, desk.model, author).encode(), YAML)
    if wanted == "simulation.json":
        asked = simulation_request(going, written, desk.model, author)
        return attached(f"{id}-simulation.json", msgspec.json.format(msgspec.json.encode(asked)), JSON)
    return refusal_page(request, absent())


def _author(desk: Desk) -> Author:
    return Author(language=desk.words.language, on=today(desk))


async def _papers(desk: Desk, way: Found) -> Papers:
    return {template: item.body for template, item in (await papers(desk.record, way.item.id)).items()}
