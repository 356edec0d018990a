"""What restrictions withhold from somebody who asks: rows that the database looks up, and the same test here."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import datetime

import msgspec

from saman.model.access.assignment import Assignment, Holder, Purpose
from saman.model.access.domain import Domain
from saman.model.access.grant import without
from saman.model.access.moment import END, START
from saman.model.access.policy import Clause, Span, holds
from saman.model.access.relation import HELD_BY, Relation, RelationKind
from saman.model.access.restriction import Data, Provision, Recipient, Restriction
from saman.model.access.visits import KeptBack, kept_back

Parents = Mapping[str, str]
"""The Organization that each Organization is part of."""


class Withheld(msgspec.Struct, frozen=True, kw_only=True):
    """From `since` up to but not including `until` a context does not see what `data` covers of a person.

    A row that does not deny is an exception from the row of the same Consent (`ground`) whose `place` it stands
    `under`. `actor` narrows it to one Practitioner; what `spared` (an Organization id) holds is not withheld.
    """

    context: int
    person: str
    ground: str
    place: str
    under: str
    denies: bool
    since: datetime
    until: datetime
    actor: str
    spared: str
    data: Data


class Item(msgspec.Struct, frozen=True, kw_only=True):
    """A resource as restrictions see it: `key` is `Type/id`, `related` what it points to."""

    key: str
    domain: int
    level: str
    codes: frozenset[str]
    holder: str
    at: datetime
    recorded: datetime
    related: frozenset[str] = frozenset()


def withheld(
    person: str,
    found: Iterable[Restriction],
    assignment: Assignment,
    ties: Sequence[Relation],
    parents: Parents,
    clauses: Iterable[Clause] = (),
) -> tuple[Withheld, ...]:
    """The rows that follow for one assignment from all restrictions of a person; none for the person and for systems.

    What the assignment has opened is not withheld while that lasts, unless the person has said so for its purpose; an
    opening of what one Organization holds is an exception from each denial.
    `clauses` are the rules in force: what one of them keeps back of what it opens is withheld too.
    """
    if assignment.kind is Holder.SYSTEM or assignment.actor == f"Patient/{person}":
        return ()
    kept = list(found)
    opened = tuple(_openings(person, assignment, ties))
    whole = tuple(span for span, holder in opened if holder is None)
    parts = tuple((span, holder) for span, holder in opened if holder)
    compiler = _Compiler(person, assignment, whole, parts, parents)
    said = [row for one in kept if one.person == person for row in compiler.rows(one)]
    return (*said, *compiler.by_rules(kept_back(person, kept, assignment, ties, clauses)))


def _openings(person: str, assignment: Assignment, ties: Sequence[Relation]) -> Iterator[tuple[Span, str | None]]:
    """When something was opened, and the Organization whose it is; None: all that is restricted."""
    for tie in ties:
        if tie.person == person and tie.kind is RelationKind.OPENING and holds(assignment, tie):
            topic = tie.topic or ""
            holder = topic.removeprefix(HELD_BY) if topic.startswith(HELD_BY) else None
            yield Span(tie.start or START, tie.end or END), holder


_EMERGENCY, _CARE = Purpose.BREAK_THE_GLASS.value, Purpose.TREATMENT.value


class _Compiler(msgspec.Struct, frozen=True):
    person: str
    assignment: Assignment
    opened: tuple[Span, ...]
    parts: tuple[tuple[Span, str], ...]
    parents: Parents

    def rows(self, restriction: Restriction) -> Iterator[Withheld]:
        for number, provision in enumerate(restriction.provisions):
            denials = list(self._rows(restriction, provision, str(number), ""))
            yield from denials
            if denials:
                yield from self._opened_parts(provision, denials[0])
                for nested, exception in enumerate(provision.within):
                    yield from self._rows(restriction, exception, f"{number}.{nested}", str(number))

    def by_rules(self, kept: Iterable[KeptBack]) -> Iterator[Withheld]:
        """What rules keep back; the ground is the rule's id."""
        for one in kept:
            yield self._kept(one, one.place, "", one.data)
            for turn, data in enumerate(one.shown):
                yield self._kept(one, f"{one.place}.{turn}", one.place, data)

    def _kept(self, one: KeptBack, place: str, under: str, data: Data) -> Withheld:
        return Withheld(
            context=self.assignment.number,
            person=self.person,
            ground=one.ground,
            place=place,
            under=under,
            denies=not under,
            since=one.span.since,
            until=one.span.until,
            actor="",
            spared="",
            data=data,
        )

    def _rows(self, restriction: Restriction, one: Provision, place: str, under: str) -> Iterator[Withheld]:
        if one.purposes is not None and self._purposes.isdisjoint(one.purposes):
            return
        data = msgspec.structs.replace(one.data, holders=self._with_units(one.data.holders))
        for actor in self._actors(one.recipients):
            for span in self._spans(one):
                yield Withheld(
                    context=self.assignment.number,
                    person=self.person,
                    ground=restriction.ground,
                    place=place,
                    under=under,
                    denies=one.denies,
                    since=span.since,
                    until=span.until,
                    actor=actor,
                    spared=self.assignment.party if one.denies and one.recipients is None else "",
                    data=data,
                )

    def _opened_parts(self, provision: Provision, denial: Withheld) -> Iterator[Withheld]:
        """What was opened of one holder's, as exceptions from a denial."""
        if self._is_named(provision):
            return
        for turn, (span, holder) in enumerate(self.parts):
            yield msgspec.structs.replace(
                denial,
                place=f"{denial.place}.opened{turn}",
                under=denial.place,
                denies=False,
                since=span.since,
                until=span.until,
                actor="",
                spared="",
                data=Data(holders=self._with_units((holder,))),
            )

    def _is_named(self, one: Provision) -> bool:
        """Whether a provision speaks of emergencies, so that no opening goes beyond it."""
        return one.purposes is not None and _EMERGENCY in one.purposes and _EMERGENCY in self._purposes

    def _spans(self, one: Provision) -> Iterable[Span]:
        whole = Span(one.since or START, one.until or END)
        named = self._is_named(one)
        if not one.denies and named and _CARE not in (one.purposes or ()):
            return [part for span in self.opened if (part := span & whole)]
        return without(whole, () if named or not one.denies else self.opened)

    @property
    def _purposes(self) -> frozenset[str]:
        """Who states an emergency and has opened nothing stands as in any care."""
        purpose = self.assignment.purpose
        return frozenset({purpose, _CARE} if purpose == _EMERGENCY else {purpose})

    def _actors(self, recipients: tuple[Recipient, ...] | None) -> Iterable[str]:
        """Empty for everybody of the assignment, else each Practitioner it is about; none when it is about nobody."""
        if recipients is None:
            return [""]
        found = {actor for each in recipients if (actor := self._actor(each)) is not None}
        return [""] if "" in found else sorted(found)

    def _actor(self, recipient: Recipient) -> str | None:
        if self.assignment.kind is not Holder.STAFF:
            return "" if recipient.actor and recipient.actor == self.assignment.actor else None
        if recipient.actor:
            return recipient.actor if recipient.actor.startswith("Practitioner/") else None
        at_party = not recipient.party or recipient.party in self._lineage(self.assignment.party)
        return "" if at_party and recipient.role in ("", self.assignment.role) else None

    def _lineage(self, party: str) -> list[str]:
        """The party and all that it is part of."""
        found: list[str] = []
        while party and party not in found:
            found.append(party)
            party = self.parents.get(party, "")
        return found

    def _with_units(self, named: tuple[str, ...] | None) -> tuple[str, ...] | None:
        if named is None:
            return None
        units = (unit for unit in self.parents if not set(named).isdisjoint(self._lineage(unit)))
        return tuple(sorted({*named, *units}))


def is_withheld(item: Item, rows: Sequence[Withheld], at: datetime, asker: str = "") -> Withheld | None:
    """The row that withholds an item from the context that `rows` are of, or None; `asker` is who acts in it."""
    now = [row for row in rows if row.since <= at < row.until and row.actor in ("", asker)]
    for row in now:
        if not row.denies:
            continue
        if item.key == row.ground:
            return row
        exceptions = (each for each in now if not each.denies and (each.ground, each.under) == (row.ground, row.place))
        if covers(row, item) and not any(covers(each, item) for each in exceptions):
            return row
    return None


def covers(row: Withheld, item: Item) -> bool:
    """Whether a row speaks of an item, whoever asks and whenever."""
    data = row.data
    if row.spared and row.spared == item.holder:
        return False
    return _of_kind(data, item) and _of_origin(data, item) and _labelled(row, item) and _timed(row, item)


def _of_kind(data: Data, item: Item) -> bool:
    if data.domains is None and data.types is None:
        return item.domain not in (Domain.DIRECTORY, Domain.PERSON) or data.items is not None
    return item.domain in (data.domains or ()) or item.key.partition("/")[0] in (data.types or ())


def _of_origin(data: Data, item: Item) -> bool:
    if data.holders is None and data.items is None and data.related is None:
        return True
    pointed = {item.key, *item.related}
    return (
        item.holder in (data.holders or ())
        or item.key in (data.items or ())
        or not pointed.isdisjoint(data.related or ())
    )


def _labelled(row: Withheld, item: Item) -> bool:
    labels = row.data.labels
    if labels is None:
        return True
    if row.denies:
        return not {item.level, *item.codes}.isdisjoint(labels)
    return item.level in labels or (bool(item.codes) and item.codes <= set(labels))


def _timed(row: Withheld, item: Item) -> bool:
    window = Span(row.data.since or START, row.data.until or END)
    if row.data.since is None and row.data.until is None:
        return True
    return item.at in window or (row.denies and item.recorded in window)
