"""A guardian's no about a child: where the country lets guardians say it, for as long as it is not the child's own.

A guardian sees of it what they see of the child: units by ties that they may read, and the nos that they said
themselves. What the child said, or another guardian, is not shown. Source of the ages: row R07 of the country.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable
from typing import Any

import msgspec

from saman.flows.consent.choices import (
    CLOSABLE,
    No,
    as_saman,
    earlier_no,
    ended,
    no_such,
    nos_about,
    one_at_a_time,
    proposal,
    put_no,
    saying_about,
)
from saman.kernel.outcome import Kind, Refusal, refused
from saman.model.access import Domain, Holder, RelationKind
from saman.model.access.guardian import Saying, Whose
from saman.model.access.outlook import Change
from saman.record import Record, Written
from saman.record.outlook import outlook
from saman.record.present import present
from saman.record.reach import Reach, reach
from saman.record.ties import own_ties

NO_CUSTODY = "consent.no-custody"
"""The key of the refusal to everybody who is no guardian now, or may not see the child."""


class Custody(msgspec.Struct, frozen=True):
    """Where a guardian stands: whose it is to say no, and which kinds of data they could close."""

    saying: Saying
    kinds: tuple[Domain, ...]


async def custody(record: Record, person: str) -> Custody | Refusal:
    """For a guardian who asks about the Patient `person`; for everybody else it is as if there were nothing."""
    now = record.context.now
    standing = await own_ties(record, person) if record.context.kind == Holder.RELATIVE.value else None
    held = standing.ties if standing else ()
    lasting = [one for one in held if (one.start is None or one.start <= now) and (one.end is None or now < one.end)]
    if standing is None or all(one.kind is not RelationKind.GUARDIAN for one in lasting):
        return _nothing()
    whose = await saying_about(record, person)
    if isinstance(whose, Refusal):
        return _nothing()
    return Custody(whose, tuple(kind for kind in CLOSABLE if kind in standing.open))


async def units(record: Record, person: str) -> tuple[Reach, ...] | Refusal:
    """Who may look at the child, by the ties that the guardian may read."""
    found = await reach(as_saman(record), person)
    if isinstance(found, Refusal):
        return found
    staff = [one for one in found if one.assignment.kind is Holder.STAFF]
    seen = await seen_among(record, (ground for one in staff for ground in one.grounds))
    cut = (msgspec.structs.replace(one, grounds=tuple(g for g in one.grounds if g in seen)) for one in staff)
    return tuple(one for one in cut if one.grounds)


async def seen_among(record: Record, grounds: Iterable[str]) -> Collection[str]:
    """Those of the resources (`CareTeam/1`) that the one who asks may read."""
    parts = {ground: ground.partition("/") for ground in grounds}
    return await present(record, ((kind, id) for kind, _, id in parts.values()))


async def nos_for(record: Record, person: str) -> tuple[No, ...] | Refusal:
    """The nos that the guardian who asks has said and that stand."""
    found = await nos_about(as_saman(record), f"Patient/{person}")
    return found if isinstance(found, Refusal) else tuple(one for one in found if one.by == record.context.actor)


async def would_change(
    record: Record, person: str, party: str, kinds: Collection[Domain], id: str
) -> tuple[Change, ...] | Refusal:
    """What a no would change for units; `id` is that of the no it would replace."""
    consent = await _proposed(record, person, party, kinds, id)
    return consent if isinstance(consent, Refusal) else await outlook(as_saman(record), consent)


async def say_for(record: Record, person: str, party: str, kinds: Collection[Domain]) -> Written | Refusal:
    """Say no for a child, in the place of what this guardian said to the same unit before."""
    patient = f"Patient/{person}"

    async def said(inner: Record) -> Written | Refusal:
        ours = as_saman(inner)
        earlier = await earlier_no(ours, patient, party, inner.context.actor)
        if isinstance(earlier, Refusal):
            return earlier
        consent = await _proposed(inner, person, party, kinds, earlier.id if earlier else "")
        return consent if isinstance(consent, Refusal) else await put_no(ours, consent, earlier)

    return await one_at_a_time(record, patient, said)


async def _proposed(
    record: Record, person: str, party: str, kinds: Collection[Domain], id: str
) -> dict[str, Any] | Refusal:
    held = await custody(record, person)
    if isinstance(held, Refusal):
        return held
    if held.saying.whose is not Whose.GUARDIAN:
        return _not_theirs()
    if not set(kinds) <= set(held.kinds):
        return refused(Kind.UNPROCESSABLE, "value", "This cannot be closed.", "kind", key="consent.kind")
    return proposal(record, party, kinds, id, person)


async def take_back_for(record: Record, person: str, id: str) -> Written | Refusal:
    """End a no that the guardian who asks has said, while it is theirs to say."""
    held = await custody(record, person)
    if isinstance(held, Refusal):
        return held
    if held.saying.whose is not Whose.GUARDIAN:
        return _not_theirs()
    nos = await nos_for(record, person)
    found = next((one for one in nos if one.id == id), None) if not isinstance(nos, Refusal) else None
    return no_such() if found is None else await ended(as_saman(record), found)


def _nothing() -> Refusal:
    return refused(Kind.FORBIDDEN, "forbidden", "This is for the person it is about.", key=NO_CUSTODY)


def _not_theirs() -> Refusal:
    return refused(Kind.FORBIDDEN, "forbidden", "This is not for the guardian to say.", key="consent.not-theirs")
