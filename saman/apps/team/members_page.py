"""From what the flows of membership found to the views of its pages."""

from __future__ import annotations

from datetime import datetime

from saman.apps.team.desk import Desk
from saman.apps.team.members_views import ColleagueLine, DatesForm, Done, MemberForm, MemberLine, MembersPage
from saman.apps.ui.locales import mark
from saman.apps.ui.pages import capfirst
from saman.flows.membership.authority import LOCAL_ADMINISTRATOR, TEAM_LEADER, end_of_shift, roles_of
from saman.flows.membership.giving import Person, Say, say_of
from saman.flows.membership.listing import Colleague, Member, colleague, colleagues, members
from saman.kernel.outcome import Refusal

BASES = {TEAM_LEADER.role: "/team/substitutes", LOCAL_ADMINISTRATOR.role: "/team/members"}
"""The address of each role that has a say over who works where."""

DONE = {
    "added": mark("%(name)s has the role."),
    "coming": mark("%(name)s will have the role."),
    "ended": mark("%(name)s does not have the role any more."),
    "changed": mark("The dates are changed."),
    "undone": mark("It is as it was."),
}


async def members_page(desk: Desk, query: str, done: tuple[str, str, int] | None) -> MembersPage | Refusal:
    """The members, those found by `query`, and what was just done: what, the PractitionerRole id and its version."""
    say = await say_of(desk.record)
    if isinstance(say, Refusal):
        return say
    found = await colleagues(desk.record, query) if query else None
    if isinstance(found, Refusal):
        return found
    return MembersPage(
        base=BASES[say.authority.role],
        substitutes=say.authority.longest is not None,
        unit=desk.called(desk.unit),
        lines=tuple(line(desk, one) for one in await members(desk.record, say)),
        query=query,
        found=None if found is None else tuple(_colleague(desk, one) for one in found),
        done=await _done(desk, *done) if done else None,
    )


def line(desk: Desk, one: Member) -> MemberLine:
    """A member as a line."""
    return MemberLine(
        id=one.id,
        version=one.version,
        name=one.name,
        role=desk.role(one.role) or one.role,
        unit=desk.called(f"Organization/{one.party}") or one.party,
        since=one.since,
        until=one.until,
        by=one.by,
        reason=one.reason,
        substitute=one.substitute,
        begun=one.begun,
        own=one.own,
    )


def _colleague(desk: Desk, one: Colleague) -> ColleagueLine:
    held = (f"{desk.role(role) or role}, {desk.called(f'Organization/{party}') or party}" for role, party in one.held)
    return ColleagueLine(id=one.id, name=one.name, works=" · ".join(held), licences=", ".join(one.licences))


async def _done(desk: Desk, act: str, id: str, version: int) -> Done | None:
    """The note of what was done, as long as it is the newest change; None when an address was made up."""
    found = await desk.record.read("PractitionerRole", id)
    if act not in DONE or isinstance(found, Refusal) or found.version != version:
        return None
    name = found.resource().get("practitioner", {}).get("display", "")
    return Done(desk.t(DONE[act], name=name), id, version, undoable=act != "undone")


async def member_form(desk: Desk, say: Say, person: Person | None, key: str) -> MemberForm:
    """The form for a person of the directory, or for a new one."""
    units = [unit for id in say.units if (unit := desk.model.party(id)) is not None]
    own = desk.record.context.party
    units.sort(key=lambda unit: (unit.id != own, desk.called(f"Organization/{unit.id}")))
    offered = {role.id: role for unit in units for role in roles_of(desk.model, say.authority, unit)}
    who = None if person is None else _colleague(desk, await colleague(desk.record, dict(person.resource)))
    now = desk.words.now
    return MemberForm(
        base=BASES[say.authority.role],
        substitutes=say.authority.longest is not None,
        key=key,
        roles=tuple((role.id, capfirst(desk.said(role.name))) for role in offered.values()),
        units=tuple((unit.id, capfirst(desk.called(f"Organization/{unit.id}"))) for unit in units),
        licensed=tuple(desk.said(role.name) for role in offered.values() if role.licensed),
        since=field(desk, now),
        until=field(desk, end_of_shift(now)) if say.authority.longest else "",
        of=who.id if who else "",
        name=who.name if who else "",
        works=who.works if who else "",
        licences=who.licences if who else "",
    )


async def dates_form(desk: Desk, id: str) -> DatesForm | Refusal | None:
    """The form of a role's dates; None when whoever asks has no say over it."""
    say = await say_of(desk.record)
    if isinstance(say, Refusal):
        return say
    one = next((one for one in await members(desk.record, say) if one.id == id and not one.own), None)
    if one is None:
        return None
    return DatesForm(
        base=BASES[say.authority.role],
        substitutes=say.authority.longest is not None,
        line=line(desk, one),
        since=field(desk, one.since) if one.since else "",
        until=field(desk, one.until) if one.until else "",
    )


def field(desk: Desk, moment: datetime) -> str:
    """A moment as a time field of the reader holds it."""
    return desk.words.local(moment).strftime("%Y-%m-%dT%H:%M")
