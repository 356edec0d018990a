"""From what the flows of delegation found to the views of its pages."""

from __future__ import annotations

from datetime import datetime, timedelta

from saman.apps.team.delegation.needs import called
from saman.apps.team.delegation.views import DelegationForm, DelegationLine, DelegationList, DelegationsPage, GapLine
from saman.apps.team.desk import Desk
from saman.apps.team.members_page import field
from saman.apps.team.members_views import Done, Option
from saman.apps.ui.locales import mark
from saman.apps.ui.pages import capfirst
from saman.flows.directory import name_of
from saman.flows.membership.authority import TEAM_LEADER
from saman.flows.membership.delegating import own, unit_of
from saman.flows.membership.delegations import SOON, Gap, Shown, citizens, delegations, gaps
from saman.flows.membership.giving import say_of
from saman.flows.membership.terms import GIVER, RECEIVER, Unit
from saman.kernel.outcome import Kind, Refusal, refused
from saman.record.present import present

DONE = {
    "offered": mark("It is offered to %(receiver)s, who accepts it."),
    "accept": mark("You may do it now."),
    "decline": mark("You have declined it."),
    "end": mark("You do it no more."),
    "withdraw": mark("%(receiver)s may not do it any more."),
    "undone": mark("It is as it was."),
}
ACTS = {
    (RECEIVER, False): (("accept", mark("Accept")), ("decline", mark("Decline"))),
    (RECEIVER, True): (("end", mark("End it")),),
    (GIVER, False): (("withdraw", mark("Withdraw")),),
    (GIVER, True): (("withdraw", mark("Withdraw")),),
}
ORDER = mark("%(name)s, only for the order “%(order)s”")
ONE_ORDER = mark("%(name)s, only for one order")
USUAL = timedelta(days=90)


async def delegations_page(desk: Desk, done: tuple[str, str, int] | None) -> DelegationsPage | Refusal:
    """Everything the reader gave or was given, and for a team leader what holds in the units."""
    party = desk.record.context.party
    mine = await delegations(desk.record, desk.model, [party], own=True)
    leads = desk.record.context.role == TEAM_LEADER.role
    parties = await _led(desk) if leads else ()
    if isinstance(parties, Refusal):
        return parties
    everybody = await delegations(desk.record, desk.model, parties, own=False) if leads else ()
    soon = desk.record.context.now + SOON
    return DelegationsPage(
        unit=desk.called(desk.unit),
        may_give=bool((await unit_of(desk.record, desk.model)).may_give),
        leads=leads,
        offered=tuple(line(desk, one) for one in mine if one.side == RECEIVER and not one.accepted),
        own=tuple(line(desk, one) for one in mine if one.side == RECEIVER and one.accepted),
        given=tuple(line(desk, one) for one in mine if one.side == GIVER),
        everybody=tuple(line(desk, one) for one in everybody),
        ending=sum(one.counts and one.until <= soon for one in everybody),
        gaps=tuple(_gap(desk, one) for one in await gaps(desk.record, desk.model, parties)) if leads else (),
        done=await _done(desk, *done) if done else None,
    )


async def _led(desk: Desk) -> tuple[str, ...] | Refusal:
    say = await say_of(desk.record)
    return say if isinstance(say, Refusal) else say.units


def line(desk: Desk, one: Shown) -> DelegationLine:
    """A delegation as a line."""
    acts = ACTS.get((one.side, one.accepted), ())
    return DelegationLine(
        id=one.id,
        version=one.version,
        what=called(desk, one.competence),
        giver=one.giver,
        receiver=one.receiver,
        unit=desk.called(f"Organization/{one.party}") or one.party,
        about=_about(desk, one),
        since=one.since,
        until=one.until,
        follow_up=one.follow_up,
        state=_state(desk, one),
        acts=tuple((act, desk.t(words)) for act, words in acts),
    )


def _about(desk: Desk, one: Shown) -> str:
    if not one.person:
        return desk.t(mark("everybody in the unit"))
    name = one.person_name or desk.t(mark("one citizen"))
    if not one.order:
        return name
    return desk.t(ORDER, name=name, order=one.order_name) if one.order_name else desk.t(ONE_ORDER, name=name)


def _state(desk: Desk, one: Shown) -> str:
    if not one.accepted:
        return desk.t(mark("not accepted yet"))
    if not one.begun:
        return desk.t(mark("to come"))
    return "" if one.counts else desk.t(mark("does not count: giver or receiver is not there"))


def _gap(desk: Desk, one: Gap) -> GapLine:
    unit = desk.called(f"Organization/{one.party}") or one.party
    return GapLine(called(desk, one.competence), unit, one.due, one.tasks)


async def _done(desk: Desk, act: str, id: str, version: int) -> Done | None:
    """The note of what was done, as long as it is the newest change; None when an address was made up."""
    found = await own(desk.record, id)
    if act not in DONE or isinstance(found, Refusal) or found.version != version:
        return None
    receiver = found.resource().get("practitioner", {}).get("display", "")
    return Done(desk.t(DONE[act], receiver=receiver), id, version, undoable=act != "undone")


async def delegation_form(desk: Desk, key: str) -> DelegationForm | Refusal:
    """The form, with what the reader may delegate, to whom, and for whom; refused when there is nothing."""
    unit = await unit_of(desk.record, desk.model)
    if not unit.may_give:
        text = "Your licence lets you delegate nothing in this unit."
        return refused(Kind.FORBIDDEN, "forbidden", text, key="delegation.competence")
    about = await citizens(desk.record, desk.model)
    if isinstance(about, Refusal):
        about = ()
    now = desk.words.now
    longest = tuple((called(desk, id), one.longest.days) for id, one in unit.may_give.items())
    until = (now + min(USUAL, *(one.longest for one in unit.may_give.values()))).replace(hour=15, minute=0)
    return DelegationForm(
        unit=desk.called(desk.unit),
        key=key,
        competences=tuple((id, capfirst(called(desk, id))) for id in unit.may_give),
        longest=longest,
        colleagues=await _colleagues(desk, unit),
        citizens=(("", capfirst(desk.t(mark("everybody in the unit")))), *about),
        since=field(desk, now),
        until=field(desk, until),
        follow_up="",
    )


async def _colleagues(desk: Desk, unit: Unit) -> tuple[Option, ...]:
    """The members of the unit besides the reader, by name."""
    keys = {("Practitioner", who.partition("/")[2]) for who in unit.members - {unit.giver}}
    there = await present(desk.record, keys)
    return tuple(sorted(((one.id, name_of(one.resource())) for one in there.values()), key=lambda one: one[1]))


async def delegation_list(desk: Desk) -> DelegationList | Refusal:
    """What counts now or will: for a leader all of the units, else what the reader gave or was given."""
    leads = desk.record.context.role == TEAM_LEADER.role
    parties = await _led(desk) if leads else (desk.record.context.party,)
    if isinstance(parties, Refusal):
        return parties
    found = await delegations(desk.record, desk.model, parties, own=not leads)
    made: datetime = desk.words.now
    lines = tuple(line(desk, one) for one in found if one.accepted and (one.counts or not one.begun))
    return DelegationList(unit=desk.called(desk.unit), made=made, lines=lines)
