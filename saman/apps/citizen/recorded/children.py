"""A guardian's page of who may look at a child: whose it is to say no, and saying it where it is theirs."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence

from saman.apps.citizen.recorded.own import Own
from saman.apps.citizen.recorded.relatives import OPEN
from saman.apps.citizen.recorded.sharing import (
    CHOOSE,
    FIELD,
    UNKNOWN,
    afterwards,
    by_party,
    loss,
    unit_of,
)
from saman.apps.citizen.sharing_views import ChildSharing, KindChoice, Preview, SharingWith, UnitShare
from saman.apps.ui.locales import mark
from saman.flows.consent.choices import No
from saman.flows.consent.guardian import (
    Custody,
    custody,
    nos_for,
    say_for,
    take_back_for,
    units,
    would_change,
)
from saman.kernel.outcome import Kind, Refusal, refused
from saman.model.access import Domain
from saman.model.access.guardian import Whose
from saman.record.reach import Reach

SAYS = {
    Whose.GUARDIAN: mark("You decide about this for %(name)s, until the day %(name)s turns %(age)s."),
    Whose.TOGETHER: mark(
        "From %(age)s on, %(name)s's own view has to be heard. How that is done is not known here, so you can change "
        "nothing alone."
    ),
    Whose.CHILD: mark("From %(age)s on, it is %(name)s who decides about this, and not you."),
    Whose.NOBODY: mark("A guardian cannot say no to a unit for a child here, at any age."),
    Whose.UNKNOWN: mark("It is not known here who decides about this for %(name)s, so you can change nothing."),
}
NOT_SAID = mark("This is not for you to decide now.")


async def child_sharing(own: Own) -> ChildSharing | Refusal:
    """Whose it is to say no about the child; where it is the guardian's, the units and what was said."""
    held = await custody(own.record, own.person)
    if isinstance(held, Refusal):
        return held
    theirs = held.saying.whose is Whose.GUARDIAN
    found = await units(own.record, own.person) if theirs else ()
    nos = await nos_for(own.record, own.person) if theirs else ()
    if isinstance(found, Refusal):
        return found
    if isinstance(nos, Refusal):
        return nos
    name = await _name(own)
    row = held.saying.row
    return ChildSharing(
        name=name,
        theirs=theirs,
        says=own.tell(SAYS[held.saying.whose], name=name, age=held.saying.age or 0),
        rule=f"{row.id} · {row.law or row.source}".strip(" ·") if row else "",
        law=held.saying.law,
        units=tuple(_units(own, found, nos)),
        afterwards=afterwards(own, child=True),
    )


async def _name(own: Own) -> str:
    person = f"Patient/{own.person}"
    names = await own.names(person)
    return names[person].name if person in names else ""


def _units(own: Own, found: Sequence[Reach], nos: Sequence[No]) -> Iterator[UnitShare]:
    said = {one.party: one for one in nos}
    parties = by_party(found)
    shown = [unit_of(own, one, reaches, said.get(one), OPEN) for one, reaches in parties.items()]
    shown += [unit_of(own, one.party, (), one, OPEN) for one in nos if one.party not in parties]
    yield from sorted(shown, key=lambda one: one.name)


async def child_sharing_with(own: Own, party: str, chosen: Collection[Domain] | None) -> SharingWith | Refusal:
    """One unit; with `chosen` also what closing these kinds to it would change."""
    held = await custody(own.record, own.person)
    if isinstance(held, Refusal):
        return held
    if held.saying.whose is not Whose.GUARDIAN:
        return refused(Kind.FORBIDDEN, "forbidden", "This is not for the guardian to say.", key=NOT_SAID)
    found, nos = await units(own.record, own.person), await nos_for(own.record, own.person)
    if isinstance(found, Refusal):
        return found
    if isinstance(nos, Refusal):
        return nos
    reaches = by_party(found).get(party, [])
    no = next((one for one in nos if one.party == party), None)
    if not reaches and no is None:
        return refused(Kind.NOT_FOUND, "not-found", "There is no such unit.", key=UNKNOWN)
    preview = await _preview(own, party, chosen, no) if chosen is not None else None
    if isinstance(preview, Refusal):
        return preview
    picked = chosen if chosen is not None else no.kinds if no else ()
    return SharingWith(
        unit=unit_of(own, party, reaches, no, OPEN),
        choices=tuple(_choices(own, held, reaches, picked)),
        afterwards=afterwards(own, child=True),
        preview=preview,
    )


def _choices(own: Own, held: Custody, reaches: Sequence[Reach], picked: Collection[Domain]) -> Iterator[KindChoice]:
    """What the guardian sees of the child and the unit too; how much there is of it is not counted for them."""
    for kind in held.kinds:
        if kind in picked or any(kind in one.domains for one in reaches):
            words = own.tell(OPEN[kind])
            yield KindChoice(kind=kind.word, words=words, things=None, chosen=kind in picked)


async def _preview(own: Own, party: str, chosen: Collection[Domain], no: No | None) -> Preview | Refusal:
    if not chosen:
        return refused(Kind.UNPROCESSABLE, "required", "Choose what they may not see.", FIELD, key=CHOOSE)
    changes = await would_change(own.record, own.person, party, chosen, no.id if no else "")
    if isinstance(changes, Refusal):
        return changes
    lines = (loss(own, one, OPEN) for one in changes if one.assignment.party)
    enrolment = await own.enrolment()
    reads = enrolment is not None and not isinstance(enrolment, Refusal) and enrolment.receiver.id == party
    return Preview(lines=tuple(lines), unread=reads and Domain.READINGS in chosen)


async def child_say(own: Own, party: str, chosen: Collection[Domain]) -> Refusal | None:
    """Say no for the child to a unit that has a tie which the guardian may read, or to which a no stands."""
    view = await child_sharing_with(own, party, None)
    if isinstance(view, Refusal):
        return view
    done = await say_for(own.record, own.person, party, chosen)
    return done if isinstance(done, Refusal) else None


async def child_unsay(own: Own, id: str) -> Refusal | None:
    """Take a no of the guardian back."""
    done = await take_back_for(own.record, own.person, id)
    return done if isinstance(done, Refusal) else None
