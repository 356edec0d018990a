"""What a team leader and a local administrator may give: which roles, where, for how long, and to whom. Pure."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime, time, timedelta
from types import MappingProxyType
from typing import Any
from zoneinfo import ZoneInfo

import msgspec

from saman.flows.membership.licence import holds_licence
from saman.kernel.outcome import Issue
from saman.model.care.caremodel import CareModel
from saman.model.care.party import Party
from saman.model.care.region import Role

Resource = Mapping[str, Any]

OVERSEERS = frozenset({"data-protection-officer", "local-administrator", "log-reviewer", "region-administrator"})
"""Roles that watch over or set up, which no team leader gives."""


class Authority(msgspec.Struct, frozen=True, kw_only=True):
    """Somebody's say over who works where.

    `right` is what the record asks for, `barred` the roles they cannot give; with `longest` every role has an end,
    at most so far ahead, and a reason.
    """

    role: str
    right: str
    barred: frozenset[str]
    longest: timedelta | None = None


TEAM_LEADER = Authority(
    role="team-leader",
    right="add-substitute",
    barred=OVERSEERS | {"team-leader"},
    longest=timedelta(days=92),
)
LOCAL_ADMINISTRATOR = Authority(
    role="local-administrator", right="keep-members", barred=frozenset({"region-administrator"})
)

AUTHORITIES: Mapping[str, Authority] = MappingProxyType({one.role: one for one in (TEAM_LEADER, LOCAL_ADMINISTRATOR)})
"""By the role that has it."""


class Wanted(msgspec.Struct, frozen=True, kw_only=True):
    """A role to be given: where (a party id), which, from and until when (None: until further notice), and why."""

    party: str
    role: str
    since: datetime
    until: datetime | None
    reason: str = ""


def roles_of(model: CareModel, authority: Authority, party: Party) -> tuple[Role, ...]:
    """The roles that can be given in a unit: those its people hold, without the barred ones."""
    return tuple(role for role in model.roles if role.id in party.roles and role.id not in authority.barred)


def objections(
    model: CareModel, authority: Authority, units: Sequence[str], wanted: Wanted, practitioner: Resource, now: datetime
) -> tuple[Issue, ...]:
    """Everything that speaks against giving a role; `units` are those the giver has a say over now.

    The path of each is the field of the form: `unit`, `role`, `until`, `reason`, `licence`.
    """
    return (
        *_about_place(model, authority, units, wanted),
        *_about_time(authority, wanted.since, wanted.until, wanted.reason, now),
        *_about_licence(model, wanted, practitioner),
    )


def _about_place(model: CareModel, authority: Authority, units: Sequence[str], wanted: Wanted) -> Iterator[Issue]:
    party = model.party(wanted.party) if wanted.party in units else None
    if party is None:
        yield Issue("forbidden", "Choose your own unit, or a unit within it.", "unit", key="membership.unit")
    elif wanted.role not in {role.id for role in roles_of(model, authority, party)}:
        yield Issue("forbidden", "You cannot give this role in this unit.", "role", key="membership.role")


def _about_time(
    authority: Authority, since: datetime, until: datetime | None, reason: str, now: datetime
) -> Iterator[Issue]:
    if until is None and authority.longest is not None:
        yield Issue("required", "Say until when.", "until", key="membership.until")
    elif until is not None and until <= max(since, now):
        yield Issue("value", "The end must come after the beginning, and after now.", "until", key="membership.over")
    elif until is not None and authority.longest is not None and until - now > authority.longest:
        text = "A substitute is there for at most %(days)s days from today."
        days = (("days", str(authority.longest.days)),)
        yield Issue("value", text, "until", key="membership.long", args=days)
    if authority.longest is not None and not reason.strip():
        yield Issue("required", "Write why.", "reason", key="membership.reason")


def _about_licence(model: CareModel, wanted: Wanted, practitioner: Resource) -> Iterator[Issue]:
    role = model.role(wanted.role)
    if role is None or not role.licensed:
        return
    zone = ZoneInfo(model.country.time_zone)
    if not holds_licence(practitioner, role.profession, wanted.since, wanted.until, zone):
        text = "This role needs a licence, and the directory has none that lasts as long."
        yield Issue("business-rule", text, "licence", key="membership.licence")


SHIFTS_END = (time(7, 30), time(15, 30), time(22, 30))


def end_of_shift(now: datetime) -> datetime:
    """When a shift that is on now is usually over, on the clock of `now`: morning, afternoon or night.

    Half an hour before its end the next one is meant. A suggestion for a form, nothing that is counted.
    """
    soon = now + timedelta(minutes=30)
    days = (soon.date(), soon.date() + timedelta(days=1))
    ends = (datetime.combine(day, end, now.tzinfo) for day in days for end in SHIFTS_END)
    return next(end for end in ends if end > soon)
