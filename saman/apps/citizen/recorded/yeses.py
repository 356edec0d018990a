"""Saying yes to a unit where the country wants one: who waits for it, what it would open, and taking it back."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import TypeVar

import msgspec

from saman.apps.citizen.recorded.own import Own
from saman.apps.citizen.recorded.relatives import OPEN
from saman.apps.citizen.recorded.sharing import DATA, GUARDIAN, UNKNOWN, kinds_of, listed, loss
from saman.apps.citizen.sharing_views import ChildSharing, LossLine, Sharing, UnitShare, YesPage, YesShown
from saman.apps.ui.locales import mark
from saman.flows.consent.permits import Yes, may_be_asked, say_yes, take_yes_back, would_close, would_open
from saman.flows.consent.permits import yeses as those_said
from saman.kernel.outcome import Kind, Refusal, refused
from saman.model.access import Domain, Holder
from saman.model.access.outlook import Change
from saman.record.wanting import Wanting

Shares = TypeVar("Shares", Sharing, ChildSharing)

NO_SUCH = mark("There is no such yes.")


async def waiting(own: Own, person: str = "") -> tuple[UnitShare, ...] | Refusal:
    """Units that take part in the care and wait for a yes, by name; `person` when a guardian asks about that child."""
    found = await may_be_asked(own.record, person)
    if isinstance(found, Refusal):
        return found
    parties: dict[str, list[Wanting]] = {}
    for one in found:
        parties.setdefault(one.assignment.party, []).append(one)
    shown = (_unit(own, party, each, _words(person)) for party, each in parties.items())
    return tuple(sorted(shown, key=lambda one: one.name))


async def said(own: Own, person: str = "") -> tuple[YesShown, ...] | Refusal:
    """Every yes that stands and is for the reader to take back."""
    found = await those_said(own.record, person)
    if isinstance(found, Refusal):
        return found
    names = await own.names(*{one.by for one in found if one.by != own.record.context.actor})
    return tuple(_shown(own, one, {who: name.name for who, name in names.items()}) for one in found)


async def with_yeses(own: Own, view: Shares | Refusal, person: str = "") -> Shares | Refusal:
    """The page of who may look, with who waits for a yes and what was said."""
    if isinstance(view, Refusal):
        return view
    units, given = await waiting(own, person), await said(own, person)
    if isinstance(units, Refusal):
        return units
    if isinstance(given, Refusal):
        return given
    return msgspec.structs.replace(view, waiting=units, yeses=given)


async def saying(own: Own, party: str, person: str = "") -> YesPage | Refusal:
    """What a yes to a unit would open, for those it would open it to."""
    found = await waiting(own, person)
    if isinstance(found, Refusal):
        return found
    unit = next((one for one in found if one.party == party), None)
    if unit is None:
        return refused(Kind.NOT_FOUND, "not-found", "There is no such unit.", key=UNKNOWN)
    changes = await would_open(own.record, party, person)
    if isinstance(changes, Refusal):
        return changes
    return YesPage(unit=unit, lines=_lines(own, changes, person))


async def ending(own: Own, id: str, person: str = "") -> YesPage | Refusal:
    """What it would close to take a yes back."""
    found, shown = await those_said(own.record, person), await said(own, person)
    if isinstance(found, Refusal):
        return found
    if isinstance(shown, Refusal):
        return shown
    yes = next((one for one in found if one.id == id), None)
    if yes is None:
        return refused(Kind.NOT_FOUND, "not-found", "There is no such yes.", key=NO_SUCH)
    changes = await would_close(own.record, yes, person)
    if isinstance(changes, Refusal):
        return changes
    return YesPage(
        unit=_unit(own, yes.party, (), _words(person)),
        lines=_lines(own, changes, person),
        yes=next(one for one in shown if one.id == id),
    )


async def say(own: Own, party: str, person: str = "") -> Refusal | None:
    """Say yes to a unit that waits for it."""
    done = await say_yes(own.record, party, person)
    return done if isinstance(done, Refusal) else None


async def end(own: Own, id: str, person: str = "") -> Refusal | None:
    """Take a yes back."""
    done = await take_yes_back(own.record, id, person)
    return done if isinstance(done, Refusal) else None


def _words(person: str) -> Mapping[Domain, str]:
    return OPEN if person else DATA


def _unit(own: Own, party: str, wanted: Sequence[Wanting], words: Mapping[Domain, str]) -> UnitShare:
    known = own.model.party(party)
    roles = dict.fromkeys(own.role(one.assignment.role) for one in wanted)
    return UnitShare(
        party=party,
        name=known.name if known else party,
        roles=listed(own, [role for role in roles if role]),
        kinds=kinds_of(own, {kind for one in wanted for kind in one.domains}, words),
        grounds=(),
    )


def _shown(own: Own, yes: Yes, names: Mapping[str, str]) -> YesShown:
    known = own.model.party(yes.party)
    mine = yes.by == own.record.context.actor
    by = "" if mine else names.get(yes.by, "") or own.tell(GUARDIAN)
    return YesShown(id=yes.id, unit=known.name if known else yes.party, since=yes.since, by=by)


def _lines(own: Own, changes: Iterable[Change], person: str) -> tuple[LossLine, ...]:
    return tuple(loss(own, one, _words(person)) for one in changes if one.assignment.kind is Holder.STAFF)
