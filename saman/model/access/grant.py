"""Grants: decisions turned into rows that a database can look up with equality and order alone."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from datetime import datetime
from itertools import product

import msgspec

from saman.model.access.assignment import Assignment, Holder
from saman.model.access.domain import PERSONAL, Domain
from saman.model.access.policy import ALWAYS, Clause, Policy, Span, holds
from saman.model.access.relation import Relation


class Grant(msgspec.Struct, frozen=True, kw_only=True):
    """A context may read one kind of data about one person, from `since` up to but not including `until`.

    No two grants agree in (context, person, domain, ground, since). `ground` is the resource that made the relation,
    `rows` the ids of the policy rules that decided.
    """

    context: int
    person: str
    domain: int
    since: datetime
    until: datetime
    ground: str
    rows: tuple[str, ...]
    fenced: bool = False
    """The person has restricted something for this context; what, is told by `withheld`."""


class Piece(msgspec.Struct, frozen=True):
    """When a rule decides, by which ground, and the ids of the rules."""

    span: Span
    ground: str
    rows: tuple[str, ...]


def grants(
    person: str, relations: Sequence[Relation], assignments: Iterable[Assignment], policy: Policy
) -> tuple[Grant, ...]:
    """Every grant that follows for one person from all their relations; it replaces those stored before.

    At any time between START and END the grants are there exactly when `decide` permits without obligation.
    The directory needs no grant, and system contexts have none: the database knows them by themselves.
    """
    found: list[Grant] = []
    for assignment in assignments:
        if assignment.kind is Holder.SYSTEM:
            continue
        own = [relation for relation in relations if relation.person == person and holds(assignment, relation)]
        speaking = [each for each in policy.clauses if _speaks(each, assignment)]
        for domain in PERSONAL:
            clauses = [clause for clause in speaking if domain in clause.domains]
            for piece in _permitted(clauses, assignment, domain, own):
                found.append(_grant(assignment, person, domain, piece))
    return tuple(found)


def _speaks(clause: Clause, assignment: Assignment) -> bool:
    return clause.is_for(assignment) and clause.allows_purpose(assignment.purpose) and not clause.obligations


def _permitted(clauses: list[Clause], assignment: Assignment, domain: Domain, own: list[Relation]) -> Iterator[Piece]:
    denied = [piece.span for each in clauses if each.denies for piece in pieces_of(each, assignment, domain, own)]
    by_ground: dict[str, list[Piece]] = {}
    for clause in clauses:
        if not clause.denies:
            for piece in pieces_of(clause, assignment, domain, own):
                by_ground.setdefault(piece.ground, []).append(piece)
    for pieces in by_ground.values():
        for piece in _joined(pieces):
            for span in without(piece.span, denied):
                yield Piece(span, piece.ground, piece.rows)


def pieces_of(clause: Clause, assignment: Assignment, domain: Domain, own: list[Relation]) -> Iterator[Piece]:
    """The times at which one clause decides, one for each tie and fill."""
    ties = [(clause.tie_span(each), each.ground) for each in own if clause.tied_by(each)]
    covering = [fill for fill in clause.fills or () if fill.covers(assignment, domain)]
    fills = [(ALWAYS, (clause.id,))] if clause.fills is None else [(f.span, (clause.id, f.id)) for f in covering]
    besides = [age & also & clause.span for age in clause.age_spans(own) for also in clause.also_spans(own)]
    for (tie_span, ground), (fill_span, rows), beside in product(
        ties if clause.ties else [(ALWAYS, "")], fills, besides
    ):
        if span := beside & tie_span & fill_span:
            yield Piece(span, ground, rows)


def _joined(pieces: list[Piece]) -> Iterator[Piece]:
    """Pieces of one ground, those that touch or overlap made one."""
    pieces = sorted(pieces, key=lambda piece: piece.span)
    current = pieces[0]
    for piece in pieces[1:]:
        if piece.span.since > current.span.until:
            yield current
            current = piece
            continue
        span = Span(current.span.since, max(current.span.until, piece.span.until))
        current = Piece(span, current.ground, tuple(dict.fromkeys((*current.rows, *piece.rows))))
    yield current


def without(span: Span, denied: Iterable[Span]) -> Iterator[Span]:
    """What is left of a span when the denied ones are cut out."""
    since = span.since
    for cut in sorted(denied):
        if left := Span(since, min(cut.since, span.until)):
            yield left
        since = max(since, cut.until)
    if left := Span(since, span.until):
        yield left


def _grant(assignment: Assignment, person: str, domain: Domain, piece: Piece) -> Grant:
    return Grant(
        context=assignment.number,
        person=person,
        domain=domain,
        since=piece.span.since,
        until=piece.span.until,
        ground=piece.ground,
        rows=piece.rows,
    )
