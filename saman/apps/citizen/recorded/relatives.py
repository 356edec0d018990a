"""Those close to a citizen: what is shared with them and until when; and, for them, as whom they are here."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Iterator, Mapping
from datetime import date, datetime, timedelta

import msgspec
from babel.lists import format_list

from saman.apps.citizen.recorded.own import Own
from saman.apps.citizen.sharing_views import Acting, OpenKind, OwnLook, OwnLooks, RelativeShare, ScopeChoice
from saman.apps.ui.locales import mark
from saman.flows.consent.close import Close, end_now, share, shareable, those_close, undo
from saman.flows.review.visits import Visit, visits
from saman.kernel.outcome import Kind, Refusal, refused
from saman.model.access import Domain, Relation, RelationKind
from saman.model.access.moment import END
from saman.record import Record, Stored, system
from saman.record.reach import Reach
from saman.record.review import MOST, looks_at
from saman.record.ties import own_ties

Told = Callable[[Collection[Domain]], str]

DAYS = 30
"""Days that one's own looks go back."""
NEWS = timedelta(days=14)
"""For how long somebody close is told that what is shared was changed."""
TURNS = 20
"""Most parts in which the looks of all are gone through for one's own."""

SHARED = {
    "plan": mark("the plan, with its appointments and messages"),
    "readings": mark("the readings from home"),
}
OPEN = {
    Domain.PERSON: mark("who the person is"),
    Domain.PLAN: mark("the plan, with its appointments and messages"),
    Domain.READINGS: mark("the readings from home"),
    Domain.HEALTH: mark("the health record"),
    Domain.SOCIAL: mark("what social care has written"),
}
THEIRS = {
    RelationKind.RELATIVE: mark("It is shared with you."),
    RelationKind.GUARDIAN: mark("You have custody."),
    RelationKind.MANDATE: mark("You have a mandate."),
    RelationKind.EXTENDED: mark("It has been decided that you see more than by age."),
}
YOURS = {"shared": mark("You have shared it."), "guardian": mark("They have custody of you.")}
BY_MANDATE = mark("They have a mandate from you. It is changed and ended where you gave it.")
NOT_CLOSE = mark("This page is for those who take part for somebody else.")
_WORDS = {
    "close.scope": mark("This cannot be shared from here, by the rules of the country."),
    "close.last": mark("The last day has passed. Choose today or a later day."),
}
NAMELESS = mark("somebody whose name is not shown")
LOOKED_AT = {
    "Patient": mark("who the person is"),
    "CarePlan": mark("the plan"),
    "Goal": mark("the plan"),
    "CareTeam": mark("the people around"),
    "Appointment": mark("the appointments"),
    "Communication": mark("the messages"),
    "Observation": mark("the readings from home"),
    "QuestionnaireResponse": mark("the readings from home"),
}
SOMETHING = mark("something else")


async def close_ones(own: Own, found: Iterable[Reach], told: Told) -> tuple[RelativeShare, ...] | Refusal:
    """Everybody close, with what they may see (`told` says it to the citizen) and what can be shared with them."""
    close, allowed = await those_close(own.record), await shareable(own.record)
    if isinstance(close, Refusal):
        return close
    if isinstance(allowed, Refusal):
        return allowed
    seen = {one.assignment.actor: one.domains for one in found}
    return tuple(_share(own, one, told(seen.get(f"RelatedPerson/{one.id}", ())), allowed) for one in close)


def _share(own: Own, one: Close, kinds: str, allowed: tuple[str, ...]) -> RelativeShare:
    over = one.is_over(own.record.context.now)
    grounds = [YOURS["guardian"]] if one.guardian and not over else []
    grounds += [BY_MANDATE] if one.proxy else [YOURS["shared"]] if one.scopes and not over else []
    choices = (
        ScopeChoice(scope=scope, words=own.tell(SHARED[scope]), chosen=scope in one.scopes and not over)
        for scope in allowed
    )
    return RelativeShare(
        name=one.name,
        kinds=kinds,
        id=one.id,
        version=one.version,
        grounds=tuple(own.tell(each) for each in grounds),
        until=one.until,
        last=one.last,
        over=over,
        choices=() if one.proxy else tuple(choices),
        ends=bool(one.scopes) and not over and not one.proxy,
        undo=over and bool(one.scopes) and one.version > 1 and not one.proxy and one.last is None,
    )


async def change(own: Own, id: str, version: int, scopes: Collection[str], last: date | None) -> Refusal | None:
    """Share this with somebody close, up to and with the day `last`."""
    done = await share(own.record, id, version, scopes, last)
    return _worded(done) if isinstance(done, Refusal) else None


def _worded(refusal: Refusal) -> Refusal:
    issues = tuple(msgspec.structs.replace(one, key=_WORDS.get(one.key, one.key)) for one in refusal.issues)
    return Refusal(refusal.kind, issues)


async def end(own: Own, id: str, version: int) -> Refusal | None:
    """End at once what is shared with somebody close."""
    done = await end_now(own.record, id, version)
    return done if isinstance(done, Refusal) else None


async def again(own: Own, id: str, version: int) -> Refusal | None:
    """Undo the ending."""
    done = await undo(own.record, id, version)
    return done if isinstance(done, Refusal) else None


async def acting(own: Own) -> Acting:
    """For whom somebody close is here, why, and what is open to them until when."""
    now = own.record.context.now
    standing = await own_ties(own.record, own.person)
    holding = [one for one in standing.ties if one.kind in THEIRS and (one.end is None or now < one.end)]
    ended = max((one.end for one in standing.ties if one.end is not None), default=None)
    kinds = dict.fromkeys(one.kind for one in holding if _counts(one))
    return Acting(
        name=await _name(own),
        grounds=tuple(own.tell(THEIRS[kind]) for kind in kinds),
        open=tuple(_open(own, standing.open)),
        ended=ended if not holding and ended is not None else None,
        changed=await _changed(own, standing.ties),
        guardian=RelationKind.GUARDIAN in kinds and bool(standing.open),
    )


def _counts(tie: Relation) -> bool:
    return tie.kind is not RelationKind.RELATIVE or tie.topic in SHARED


async def _name(own: Own) -> str:
    person = f"Patient/{own.person}"
    names = await own.names(person)
    return names[person].name if person in names else own.tell(NAMELESS)


async def _changed(own: Own, ties: Iterable[Relation]) -> datetime | None:
    """When what is shared with the one who asks was changed, where that was not long ago and not its beginning."""
    id = next((one.ground.partition("/")[2] for one in ties), "")
    found = await own.record.read("RelatedPerson", id) if id else None
    if not isinstance(found, Stored) or found.version == 1 or own.record.context.now - found.updated > NEWS:
        return None
    return found.updated


def _open(own: Own, found: Mapping[Domain, datetime]) -> Iterator[OpenKind]:
    for until in sorted(set(found.values())):
        kinds = _kinds(own, [kind for kind, end in found.items() if end == until])
        yield OpenKind(kinds=kinds, until=None if until == END else until)


def _kinds(own: Own, kinds: Collection[Domain]) -> str:
    return _listed(own, [own.tell(words) for kind, words in OPEN.items() if kind in kinds])


def _listed(own: Own, words: Iterable[str]) -> str:
    return format_list(list(dict.fromkeys(words)), locale=own.words.shape.locale)


async def own_looks(own: Own) -> OwnLooks | Refusal:
    """What the one who asks, who is close to the person, has looked at: only their own looks, whoever else did."""
    context = own.record.context
    if context.kind != "relative":
        return refused(Kind.NOT_FOUND, "not-found", "This is for those close to somebody.", key=NOT_CLOSE)
    now = context.now
    whole = Record(own.record.store, system(now, context.request))
    until, mine = now + timedelta(seconds=1), []
    for _ in range(TURNS):
        found = await looks_at(whole, own.person, now - timedelta(days=DAYS), until)
        mine += [one for one in found if one.actor == context.actor]
        if len(found) < MOST:
            break
        until = found[-1].at
    looks = tuple(_look(own, one) for one in visits(mine) if one.shown)
    return OwnLooks(name=await _name(own), looks=looks, days=DAYS)


def _look(own: Own, visit: Visit) -> OwnLook:
    kinds = (kind for one in visit.shown for kind in one.shown_types)
    what = _listed(own, (own.tell(LOOKED_AT.get(kind, SOMETHING)) for kind in kinds))
    return OwnLook(start=visit.start, end=visit.end if visit.end != visit.start else None, what=what)
