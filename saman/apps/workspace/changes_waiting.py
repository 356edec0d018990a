"""What waits for the reader in the workspace: proposals to decide, actions due, agreements and options that end."""

from __future__ import annotations

from datetime import date, timedelta

import msgspec

from saman.apps.ui.locales import mark
from saman.apps.workspace.desk import Desk
from saman.flows.governance.changes import CHANGES, State
from saman.flows.governance.mandate import Matter
from saman.flows.governance.meetings import actions
from saman.flows.governance.meetings_due import Ending, endings

SOON = timedelta(days=14)
PROPOSED = mark("Proposal to decide: %(subject)s")
BROKEN = mark("Begun and broken off, apply it again: %(subject)s")
TO_DO = mark("Action: %(text)s")
RUNS_OUT = mark("The agreement %(name)s runs out")
OPTION = mark("An option that nobody has taken up ends: %(service)s for %(parties)s, in %(name)s")


class Waiting(msgspec.Struct, frozen=True, kw_only=True):
    """One thing that waits: what it is, where it is done, until when."""

    text: str
    address: str
    on: date | None = None
    is_late: bool = False


async def waiting(desk: Desk) -> tuple[Waiting, ...]:
    """What waits, by day; what has none comes first."""
    return (*await _proposals(desk), *await _actions(desk), *_endings(desk))


async def _proposals(desk: Desk) -> list[Waiting]:
    """What somebody else proposed and nobody has approved yet, for those who may decide."""
    if not (desk.may(Matter.APPROVAL) or desk.may(Matter.FILES)):
        return []
    found = []
    for one in await CHANGES.all(desk.record.store):
        address = f"/region/work/changes/{one.id}"
        mine = desk.record.context.actor in one.body.writers
        if one.body.is_open and one.body.approval is None and not mine:
            found.append(Waiting(text=desk.t(PROPOSED, subject=one.body.subject), address=address))
        elif one.body.state is State.APPLYING:
            found.append(Waiting(text=desk.t(BROKEN, subject=one.body.subject), address=address, is_late=True))
    return found


async def _actions(desk: Desk) -> list[Waiting]:
    """What the reader's unit has to do soon; for those who look after bodies, everybody's."""
    today = desk.words.today
    return [
        Waiting(
            text=desk.t(TO_DO, text=one.action.text),
            address=f"/region/work/meetings/{one.meeting}",
            on=one.action.due,
            is_late=one.action.due < today,
        )
        for one in await actions(desk.record.store)
        if not one.is_done
        and one.action.due <= today + SOON
        and (desk.may(Matter.BODIES) or one.action.party == desk.record.context.party)
    ]


def _endings(desk: Desk) -> list[Waiting]:
    return [
        Waiting(text=_ending(desk, one), address="/region/work/files/agreements.yaml", on=one.on)
        for one in endings(desk.model.agreements, desk.words.today)
    ]


def _ending(desk: Desk, one: Ending) -> str:
    if not one.service:
        return desk.t(RUNS_OUT, name=one.name)
    service = desk.model.service(one.service)
    called = desk.said(service.name) if service else one.service
    return desk.t(OPTION, service=called, parties=", ".join(map(desk.party, one.parties)), name=one.name)
