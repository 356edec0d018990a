"""Who may see what, from the rows in force: each rule in words, with how far the row behind it was checked."""

from __future__ import annotations

from collections.abc import Iterable

import msgspec

from saman.apps.region import names
from saman.apps.region.facts import Ground, Said, Teller
from saman.apps.region.people import role_name
from saman.model.access import Holder, Policy
from saman.model.access.policy import Fill
from saman.model.access.row import Row, Rule

KINDS = ("person", "plan", "readings", "health", "social", "finance", "consent")
"""Columns of the table: kinds of data about a person."""

HOW = {Holder.STAFF: "tie", Holder.RELATIVE: "shared"}
"""What data about a person need before somebody of a kind sees them; the citizen needs nothing more."""


class FillLine(msgspec.Struct, frozen=True):
    """An agreement that fills an open slot: for whom, what, by which agreement, on which ground."""

    roles: tuple[Said, ...]
    kinds: tuple[str, ...]
    agreement: str
    ground: Ground


class RuleLine(msgspec.Struct, frozen=True):
    """One rule: who, which kinds of data, on which ties; `slot` needs an agreement, `never` closes.

    `also`: what must hold besides a tie; ages in years of the person.
    """

    id: str
    who: tuple[Said, ...]
    kinds: tuple[str, ...]
    ties: tuple[str, ...]
    also: tuple[str, ...]
    age_from: int | None
    age_to: int | None
    days_after: int
    never: bool
    slot: bool
    fills: tuple[FillLine, ...]


class RowLine(msgspec.Struct, frozen=True):
    """A row of the country with its rules: the question, its answer; `from_` is set when it is not yet in force."""

    id: str
    question: str
    value: Said
    note: Said | None
    law: str
    source: str
    shape: str
    status: str
    confirmed: bool
    from_: str
    rules: tuple[RuleLine, ...]


class SeenCell(msgspec.Struct, frozen=True):
    """Whether somebody sees a kind of data: `yes`, `tie` (to the person), `shared`, `agreement`, `never` or nothing."""

    kind: str = ""


class SeenRow(msgspec.Struct, frozen=True):
    """A role (or sort of user) over all kinds of data."""

    who: Said
    cells: tuple[SeenCell, ...]


class Seen(msgspec.Struct, frozen=True):
    """Access: the table, rows that are carried out, rows that are only stated."""

    kinds: tuple[str, ...]
    table: tuple[SeenRow, ...]
    carried_out: tuple[RowLine, ...]
    stated: tuple[RowLine, ...]


def seen(tell: Teller, policy: Policy) -> Seen:
    """Who may see what by the rows of `policy`."""
    rows = [_row(tell, policy, row) for row in policy.rows]
    return Seen(
        kinds=tuple(tell.words.gettext(names.DATA[kind]) for kind in KINDS),
        table=_table(tell, policy),
        carried_out=tuple(row for row in rows if row.rules),
        stated=tuple(row for row in rows if not row.rules),
    )


def _row(tell: Teller, policy: Policy, row: Row) -> RowLine:
    shape, status = names.STATUSES[row.status]
    later = row.valid_from if row.valid_from and row.valid_from > tell.words.today else None
    return RowLine(
        id=row.id,
        question=tell.words.gettext(names.QUESTIONS.get(row.id, row.name)),
        value=tell.ruled(row.value),
        note=tell.ruled(row.note) if row.note else None,
        law=row.law,
        source=row.source,
        shape=shape,
        status=tell.words.gettext(status),
        confirmed=row.confirmed,
        from_=tell.words.full_date(later) if later else "",
        rules=tuple(_rule(tell, policy, rule) for rule in row.rules),
    )


def _rule(tell: Teller, policy: Policy, rule: Rule) -> RuleLine:
    clause = policy.clause(rule.id)
    return RuleLine(
        id=rule.id,
        who=_who(tell, rule),
        kinds=_kinds(tell, rule.sees or rule.never_sees),
        ties=_ties(tell, rule),
        also=tuple(tell.words.gettext(names.TIES[tie]) for tie in rule.also),
        age_from=rule.age_from,
        age_to=rule.age_to,
        days_after=rule.grace_days,
        never=bool(rule.never_sees),
        slot=rule.by_agreement,
        fills=tuple(_fill(tell, fill) for fill in (clause.fills if clause else None) or ()),
    )


def _who(tell: Teller, rule: Rule) -> tuple[Said, ...]:
    if rule.roles:
        return tuple(role_name(tell, role) for role in rule.roles)
    if rule.who is Holder.STAFF:
        return (Said(tell.words.gettext("all staff")),)
    if rule.who is Holder.SYSTEM:
        return (Said(tell.words.gettext("the platform itself")),)
    return (role_name(tell, rule.who.value),)


def _kinds(tell: Teller, kinds: tuple[str, ...]) -> tuple[str, ...]:
    return tuple(tell.words.gettext(names.DATA[kind]) for kind in kinds)


def _ties(tell: Teller, rule: Rule) -> tuple[str, ...]:
    about = ", ".join(tell.words.gettext(names.TOPICS.get(one, one)) for one in rule.about)
    return tuple(
        tell.words.gettext(names.TIES[tie]) + (f" ({about})" if about else "") for tie in rule.ties
    )  # fmt: skip


def _fill(tell: Teller, fill: Fill) -> FillLine:
    agreement = next((one for one in tell.model.agreements if one.id == fill.agreement), None)
    return FillLine(
        roles=tuple(role_name(tell, role) for role in sorted(fill.roles)),
        kinds=_kinds(tell, tuple(domain.word for domain in sorted(fill.domains))),
        agreement=agreement.name if agreement else fill.agreement,
        ground=tell.ground(agreement) if agreement else Ground(),
    )


def seen_by(tell: Teller, policy: Policy, roles: Iterable[str]) -> tuple[SeenRow, ...]:
    """The table for those who have some roles, and what all staff see."""
    wanted = {*(role_name(tell, role) for role in roles), Said(tell.words.gettext("all staff"))}
    return tuple(row for row in _table(tell, policy) if row.who in wanted)


def _table(tell: Teller, policy: Policy) -> tuple[SeenRow, ...]:
    found: dict[tuple[str, ...], dict[str, str]] = {}
    for row in policy.rows:
        for rule in row.rules:
            for who in _who(tell, rule):
                _add(found.setdefault((who.text, who.lang), {}), rule)
    return tuple(
        SeenRow(Said(*who), tuple(SeenCell(cells.get(kind, "")) for kind in KINDS))
        for who, cells in found.items()
        if any(kind in cells for kind in KINDS)
    )


def _add(cells: dict[str, str], rule: Rule) -> None:
    """Takes up a rule; one that closes only under a tie, such as a protected address, is told in its own words."""
    if rule.never_sees and rule.ties:
        return
    for kind in rule.never_sees:
        cells[kind] = "never"
    for kind in rule.sees:
        if cells.get(kind, "") in ("", "agreement"):
            cells[kind] = "agreement" if rule.by_agreement else HOW.get(rule.who, "yes")
