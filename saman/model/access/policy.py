"""The rules in force: rows of a country and its region, made ready for deciding."""

from __future__ import annotations

import hashlib
from calendar import isleap
from collections.abc import Callable, Sequence
from datetime import UTC, date, datetime, timedelta, tzinfo

import msgspec

from saman.model.access.assignment import Assignment, Holder
from saman.model.access.domain import BY_WORD, Domain
from saman.model.access.moment import END, START, midnight
from saman.model.access.relation import Relation, RelationKind
from saman.model.access.row import RegionRow, Row, Rule
from saman.model.care.competence import NONE, Competences


class Span(msgspec.Struct, frozen=True, order=True):
    """A stretch of time from `since` up to but not including `until`, in UTC."""

    since: datetime
    until: datetime

    def __contains__(self, at: datetime) -> bool:
        return self.since <= at < self.until

    def __bool__(self) -> bool:
        return self.since < self.until

    def __and__(self, other: Span) -> Span:
        return Span(max(self.since, other.since), min(self.until, other.until))


ALWAYS = Span(START, END)


def days(first: date | None, last: date | None, zone: tzinfo) -> Span:
    """The span of whole days from `first` to `last`, both counted, None being open."""
    until = midnight(last + timedelta(days=1), zone) if last else END
    return Span(midnight(first, zone) if first else START, until)


class Fill(msgspec.Struct, frozen=True, kw_only=True):
    """An agreement that fills a slot for the staff of some parties, in some roles (empty: all of the slot)."""

    id: str
    says: str
    agreement: str
    parties: frozenset[str]
    roles: frozenset[str]
    domains: frozenset[Domain]
    span: Span

    def covers(self, assignment: Assignment, domain: Domain) -> bool:
        """Whether it speaks of this assignment and kind of data, at any time."""
        role_fits = not self.roles or assignment.role in self.roles
        return role_fits and assignment.party in self.parties and domain in self.domains


class Clause(msgspec.Struct, frozen=True, kw_only=True):
    """One rule made ready: permits, or denies when `denies`; `fills` is None unless the rule is a slot.

    `agreement` is set when it comes from a region; `confirmed` tells whether its row may be shown as law.
    """

    id: str
    rule: Rule | RegionRow
    agreement: str = ""
    confirmed: bool = False
    holder: Holder
    domains: frozenset[Domain]
    span: Span
    roles: frozenset[str] = frozenset()
    parties: frozenset[str] = frozenset()
    purposes: frozenset[str] = frozenset()
    ties: frozenset[RelationKind] = frozenset()
    also: frozenset[RelationKind] = frozenset()
    about: frozenset[str] = frozenset()
    age_from: int | None = None
    age_to: int | None = None
    visits: str = ""
    but_not: tuple[str, ...] = ()
    zone: tzinfo = UTC
    grace: timedelta = timedelta()
    obligations: tuple[str, ...] = ()
    denies: bool = False
    fills: tuple[Fill, ...] | None = None

    @property
    def keeps_back(self) -> bool:
        """Whether it keeps back some of what it opens."""
        return bool(self.visits or self.but_not)

    def is_for(self, assignment: Assignment) -> bool:
        """Whether it speaks of users of this sort, role and party."""
        return (
            assignment.kind is self.holder
            and (not self.roles or assignment.role in self.roles)
            and (not self.parties or assignment.party in self.parties)
        )

    def allows_purpose(self, purpose: str) -> bool:
        """Whether it speaks of this purpose."""
        return not self.purposes or purpose in self.purposes

    def tied_by(self, relation: Relation) -> bool:
        """Whether a relation is of a sort that counts, at any time; no fact about the person opens by itself."""
        if relation.is_fact and not self.denies:
            return False
        return relation.kind in self.ties and (not self.about or relation.topic in self.about)

    def tie_span(self, relation: Relation) -> Span:
        """When a relation counts."""
        end = END if relation.end is None else min(END, relation.end + self.grace)
        return Span(relation.start or START, end)

    def also_spans(self, own: Sequence[Relation]) -> tuple[Span, ...]:
        """When one of the second ties holds, among the relations that are the assignment's own.

        A consent to some data only is no consent to all that a rule opens.
        """
        if not self.also:
            return (ALWAYS,)
        return tuple(Span(each.start or START, each.end or END) for each in own if self._counts_besides(each))

    def _counts_besides(self, relation: Relation) -> bool:
        narrowed = relation.kind is RelationKind.CONSENT and relation.topic is not None
        return relation.kind in self.also and not narrowed

    def age_spans(self, own: Sequence[Relation]) -> tuple[Span, ...]:
        """When the person has the ages it speaks of; where nobody knows the age it opens nothing and closes always."""
        if self.age_from is None and self.age_to is None:
            return (ALWAYS,)
        born = [
            each.start.astimezone(self.zone).date() for each in own if each.kind is RelationKind.BORN and each.start
        ]
        if not born:
            return (ALWAYS,) if self.denies else ()
        return tuple(Span(self._turns(day, self.age_from, START), self._turns(day, self.age_to, END)) for day in born)

    def _turns(self, born: date, age: int | None, open_end: datetime) -> datetime:
        return open_end if age is None else birthday(born, age, self.zone)


def birthday(born: date, age: int, zone: tzinfo) -> datetime:
    """The midnight in `zone` at which somebody turns `age`; who was born on 29 February does so on 1 March."""
    year = born.year + age
    if year >= END.year:
        return END
    leap_day = (born.month, born.day) == (2, 29) and not isleap(year)
    return midnight(date(year, 3, 1) if leap_day else born.replace(year=year), zone)


def holds(assignment: Assignment, relation: Relation) -> bool:
    """Whether the relation is the assignment's own: of its party and role, or of the one person it is for.

    A fact about the person, such as a protected address, concerns everybody. An opening is that of one Practitioner.
    """
    if relation.is_fact:
        return True
    if relation.kind is RelationKind.OPENING:
        named = relation.actor is not None and relation.actor == assignment.actor
        return assignment.kind is Holder.STAFF and relation.party == assignment.party != "" and named
    if assignment.kind is Holder.STAFF:
        return relation.party == assignment.party != "" and relation.role in (None, assignment.role)
    return relation.party == "" and relation.actor is not None and relation.actor == assignment.actor


class Policy(msgspec.Struct, frozen=True, kw_only=True):
    """The rules of one country, with those of one region when it has been added."""

    country: str
    zone: tzinfo
    rows: tuple[Row, ...]
    clauses: tuple[Clause, ...]
    region: str = ""
    competences: Competences = NONE

    def clause(self, id_: str) -> Clause | None:
        """The clause of a rule id."""
        return next((clause for clause in self.clauses if clause.id == id_), None)

    def row_of(self, id_: str) -> Row | None:
        """The country row that a rule belongs to."""
        return next((row for row in self.rows if any(rule.id == id_ for rule in row.rules)), None)


def digest(policy: Policy) -> str:
    """Sixteen letters that change with any rule, and with whom an agreement adds to one."""
    said = [
        (one.id, one.agreement, one.confirmed, one.span, one.rule, one.parties, [*map(_filled, one.fills or ())])
        for one in policy.clauses
    ]
    text = msgspec.json.encode((policy.country, str(policy.zone), policy.rows, said), order="deterministic")
    return hashlib.blake2b(text, digest_size=8).hexdigest()


def _filled(fill: Fill) -> tuple[object, ...]:
    domains = sorted(one.value for one in fill.domains)
    return fill.id, fill.says, fill.agreement, fill.parties, fill.roles, domains, fill.span


def clause_of(rule: Rule, row: Row, zone: tzinfo) -> Clause:
    """A rule of a country row made ready; it holds as long as its row."""
    return Clause(
        id=rule.id,
        rule=rule,
        confirmed=row.confirmed,
        holder=rule.who,
        domains=frozenset(BY_WORD[word] for word in rule.sees or rule.never_sees),
        span=days(row.valid_from, row.valid_to, zone),
        roles=frozenset(rule.roles),
        purposes=frozenset(purpose.value for purpose in rule.purposes),
        ties=frozenset(rule.ties),
        also=frozenset(rule.also),
        about=frozenset(rule.about),
        age_from=rule.age_from,
        age_to=rule.age_to,
        visits=rule.visits or "",
        but_not=rule.but_not,
        zone=zone,
        grace=timedelta(days=rule.grace_days),
        obligations=rule.obligations,
        denies=bool(rule.never_sees),
        fills=() if rule.by_agreement else None,
    )


def with_region(
    policy: Policy, region: str, rows: Sequence[RegionRow], organization_id: Callable[[str], str]
) -> Policy:
    """The policy with a region's checked rows; `organization_id` gives the Organization id of a party."""
    clauses = list(policy.clauses)
    for row in rows:
        parties = frozenset(map(organization_id, row.parties))
        span = days(row.valid_from, row.valid_to, policy.zone)
        domains = frozenset(BY_WORD[word] for word in row.sees or row.never_sees)
        if row.never_sees:
            clauses.append(_narrowing(row, parties, domains, span))
            continue
        place = next(index for index, clause in enumerate(clauses) if clause.id == row.fills)
        slot = clauses[place]
        fill = Fill(
            id=row.id,
            says=row.says,
            agreement=row.agreement,
            parties=parties,
            roles=frozenset(row.roles),
            domains=domains,
            span=span,
        )
        clauses[place] = msgspec.structs.replace(slot, fills=(*(slot.fills or ()), fill))
    return msgspec.structs.replace(policy, region=region, clauses=tuple(clauses))


def _narrowing(row: RegionRow, parties: frozenset[str], domains: frozenset[Domain], span: Span) -> Clause:
    return Clause(
        id=row.id,
        rule=row,
        agreement=row.agreement,
        holder=Holder.STAFF,
        domains=domains,
        span=span,
        roles=frozenset(row.roles),
        parties=parties,
        denies=True,
    )
