"""Who may look at what is mine, and saying no: what it would change before it is said, and taking it back."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from datetime import timedelta
from functools import partial

import msgspec
from babel.lists import format_list

from saman.apps.citizen.recorded.own import Own
from saman.apps.citizen.recorded.relatives import close_ones
from saman.apps.citizen.sharing_views import (
    Afterwards,
    KindChoice,
    LossLine,
    NoShown,
    Preview,
    Sharing,
    SharingWith,
    UnitShare,
)
from saman.apps.ui.locales import mark
from saman.flows.consent.choices import CLOSABLE, No, own_nos, own_saying, proposal, say_no, take_back
from saman.kernel.outcome import Kind, Refusal, refused
from saman.model.access import GROUND_KINDS, Domain, Holder, ground_words
from saman.model.access.guardian import Whose
from saman.model.access.outlook import Change
from saman.model.access.terms import RestrictionVisible, may_say_law, of_kind, opening_at, row_at
from saman.model.access.terms_time import later
from saman.record.outlook import outlook
from saman.record.reach import Reach, reach

GUARDIAN = mark("somebody with custody")
UNKNOWN = mark("There is no such unit.")
VISIBLE = {
    "hidden": mark("They cannot see that you have said no."),
    "existence": mark("They can see that something is closed, but not what."),
    "existence_and_holder": mark("They can see that something is closed and who keeps it, but not what it is."),
}
MAY_OPEN = mark("If your care needs it in an emergency, a professional can open it with a reason, for %(span)s.")
MAY_OPEN_CHILD = mark(
    "If the child's care needs it in an emergency, a professional can open it with a reason, for %(span)s."
)
MAY_NOT_OPEN = mark("Nobody can open it for you, not even in an emergency.")
MAY_NOT_OPEN_CHILD = mark("Nobody can open it, not even in an emergency.")
TOLD = mark("You are told when that happens.")
REVIEWED = mark("Each such opening is gone through by a log reviewer.")
DATA = {
    Domain.PERSON: mark("who you are"),
    Domain.PLAN: mark("your plan"),
    Domain.READINGS: mark("your readings from home"),
    Domain.HEALTH: mark("your health record"),
    Domain.SOCIAL: mark("what social care has written"),
}
FIELD = f"kind-{CLOSABLE[0].word}"
"""Where an error summary leads: the first box."""
CHOOSE = mark("Choose what they may not see.")


async def sharing(own: Own) -> Sharing | Refusal:
    """Everybody who may look, by unit, and every no that stands."""
    found, nos = await reach(own.record), await own_nos(own.record)
    if isinstance(found, Refusal):
        return found
    if isinstance(nos, Refusal):
        return nos
    parties = by_party(found)
    mine = [one for one in nos if one.by == own.record.context.actor]
    said = await _said_for(own, nos)
    close = await close_ones(own, found, partial(kinds_of, own))
    if isinstance(close, Refusal):
        return close
    return Sharing(
        units=tuple(_units(own, parties, mine, said)),
        relatives=close,
        elsewhere=tuple(unit_of(own, one.party, (), one) for one in mine if one.party not in parties),
        afterwards=afterwards(own),
    )


def by_party(found: Iterable[Reach]) -> dict[str, list[Reach]]:
    """What staff may see, by unit."""
    parties: dict[str, list[Reach]] = {}
    for one in found:
        if one.assignment.kind is Holder.STAFF:
            parties.setdefault(one.assignment.party, []).append(one)
    return parties


async def _said_for(own: Own, nos: Iterable[No]) -> dict[str, tuple[NoShown, ...]]:
    """What guardians have said for the citizen, by unit; the citizen takes it back once it is theirs to say."""
    others = [one for one in nos if one.by != own.record.context.actor]
    if not others:
        return {}
    names, whose = await own.names(*(one.by for one in others)), await own_saying(own.record)
    theirs = not isinstance(whose, Refusal) and whose.whose is not Whose.GUARDIAN
    found: dict[str, tuple[NoShown, ...]] = {}
    for one in others:
        by = names[one.by].name if one.by in names else own.tell(GUARDIAN)
        shown = NoShown(id=one.id, kinds=kinds_of(own, one.kinds), since=one.since, by=by, may_end=theirs)
        found[one.party] = (*found.get(one.party, ()), shown)
    return found


def _units(
    own: Own, parties: Mapping[str, list[Reach]], nos: Sequence[No], said: Mapping[str, tuple[NoShown, ...]]
) -> Iterator[UnitShare]:
    own_no = {one.party: one for one in nos}
    shown = [
        msgspec.structs.replace(unit_of(own, party, reaches, own_no.get(party)), said=said.get(party, ()))
        for party, reaches in parties.items()
    ]
    shown += [
        msgspec.structs.replace(unit_of(own, party, (), own_no.get(party)), said=each)
        for party, each in said.items()
        if party not in parties
    ]
    yield from sorted(shown, key=lambda one: one.name)


def unit_of(
    own: Own, party: str, reaches: Sequence[Reach], no: No | None, words: Mapping[Domain, str] | None = None
) -> UnitShare:
    """A unit as it is shown; `words` say the kinds of data of somebody else."""
    known = own.model.party(party)
    roles = dict.fromkeys(own.role(one.assignment.role) for one in reaches)
    kinds = {kind for one in reaches for kind in one.domains if not _is_closed(one, kind, no)}
    grounds = dict.fromkeys(GROUND_KINDS.get(ground.partition("/")[0]) for one in reaches for ground in one.grounds)
    return UnitShare(
        party=party,
        name=known.name if known else party,
        roles=listed(own, [role for role in roles if role]),
        kinds=kinds_of(own, kinds, words),
        grounds=tuple(own.tell(ground_words(kind).text) for kind in grounds if kind is not None),
        no=NoShown(id=no.id, kinds=kinds_of(own, no.kinds, words), since=no.since) if no else None,
    )


def _is_closed(one: Reach, kind: Domain, no: No | None) -> bool:
    """Whether a no closes a kind, or everything that there is of it is withheld."""
    return (no is not None and kind in no.kinds) or 0 < one.things.get(kind, 0) <= one.closed.get(kind, 0)


def kinds_of(own: Own, kinds: Collection[Domain], words: Mapping[Domain, str] | None = None) -> str:
    """Kinds of data as a list in the reader's language."""
    return listed(own, [own.tell(said) for kind, said in (words or DATA).items() if kind in kinds])


def listed(own: Own, words: Sequence[str]) -> str:
    """Words as a list in the reader's language."""
    return format_list(list(words), locale=own.words.shape.locale)


async def sharing_with(own: Own, party: str, chosen: Collection[Domain] | None = None) -> SharingWith | Refusal:
    """One unit; with `chosen` also what closing these kinds would change."""
    found, nos = await reach(own.record), await own_nos(own.record)
    if isinstance(found, Refusal):
        return found
    if isinstance(nos, Refusal):
        return nos
    reaches = by_party(found).get(party, [])
    no = next((one for one in nos if one.party == party and one.by == own.record.context.actor), None)
    if not reaches and no is None:
        return refused(Kind.NOT_FOUND, "not-found", "There is no such unit.", key=UNKNOWN)
    preview = await _preview(own, party, chosen, no) if chosen is not None else None
    if isinstance(preview, Refusal):
        return preview
    picked = chosen if chosen is not None else no.kinds if no else ()
    return SharingWith(
        unit=unit_of(own, party, reaches, no),
        choices=tuple(_choices(own, reaches, picked)),
        afterwards=afterwards(own),
        preview=preview,
    )


def _choices(own: Own, reaches: Sequence[Reach], picked: Collection[Domain]) -> Iterator[KindChoice]:
    for kind in CLOSABLE:
        within = [one.things.get(kind, 0) for one in reaches if kind in one.domains]
        if within or kind in picked:
            words = own.tell(DATA[kind])
            yield KindChoice(kind=kind.word, words=words, things=max(within, default=0), chosen=kind in picked)


async def _preview(own: Own, party: str, chosen: Collection[Domain], no: No | None) -> Preview | Refusal:
    consent = proposal(own.record, party, chosen, no.id if no else "")
    if isinstance(consent, Refusal):
        return refused(consent.kind, "required", "Choose what they may not see.", FIELD, key=CHOOSE)
    changes = await outlook(own.record, consent)
    if isinstance(changes, Refusal):
        return changes
    enrolment = await own.enrolment()
    reads = enrolment is not None and not isinstance(enrolment, Refusal) and enrolment.receiver.id == party
    return Preview(
        lines=tuple(loss(own, one) for one in changes if one.assignment.kind is Holder.STAFF),
        unread=reads and Domain.READINGS in chosen,
    )


def loss(own: Own, change: Change, words: Mapping[Domain, str] | None = None) -> LossLine:
    """Who would see less or more of what, in words."""
    known = own.model.party(change.assignment.party)
    who = (own.role(change.assignment.role), known.name if known else change.assignment.party)
    return LossLine(
        who=", ".join(part for part in who if part),
        less=kinds_of(own, [one.domain for one in change.shifts if one.after < one.before], words),
        more=kinds_of(own, [one.domain for one in change.shifts if one.after > one.before], words),
        work=len(change.work),
    )


async def say(own: Own, party: str, chosen: Collection[Domain]) -> Refusal | None:
    """Say no to a unit that has a tie now, or to which a no stands."""
    view = await sharing_with(own, party)
    if isinstance(view, Refusal):
        return view
    done = await say_no(own.record, party, chosen)
    return done if isinstance(done, Refusal) else None


async def unsay(own: Own, id: str) -> Refusal | None:
    """Take a no back."""
    done = await take_back(own.record, id)
    return done if isinstance(done, Refusal) else None


def afterwards(own: Own, *, child: bool = False) -> Afterwards:
    """What others see of a no and who can open it all the same, by the country's rows; `child`: said to a guardian."""
    policy, now = own.record.store.policy, own.record.context.now
    visible, opening = of_kind(policy, RestrictionVisible, now), opening_at(policy, now)
    row = row_at(policy, "R06", now)
    told = [own.tell(VISIBLE[visible.visible])] if visible is not None else []
    if opening is None:
        told.append(own.tell(MAY_NOT_OPEN_CHILD if child else MAY_NOT_OPEN))
    else:
        span = own.words.duration(later(now, opening.longest, policy.zone) - now + timedelta(minutes=1))
        told.append(own.tell(MAY_OPEN_CHILD if child else MAY_OPEN, span=span))
        told += [own.tell(TOLD)] if "inform" in opening.after and not child else []
        told += [own.tell(REVIEWED)] if "review" in opening.after else []
    law = row is not None and may_say_law(row, "visible")
    law = law and (opening is None or (set(opening.rows) == set(opening.confirmed) and not opening.set_here))
    return Afterwards(sentences=tuple(told), law=law)
