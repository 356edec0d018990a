"""What a guardian does not see of what a rule opens: visits at which a minor decided, and what carries some labels.

At each visit the professional says whether the minor was able to decide, and if so what the minor wants the guardians
to see: a label of `urn:saman:visit-view` in `meta.security` of the Encounter. It speaks of the Encounter and of
everything that points to it. Source: https://www.kanta.fi/alaikaisen-oikeudet
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any, NamedTuple

from saman.model.access.assignment import Assignment
from saman.model.access.domain import Domain
from saman.model.access.grant import pieces_of
from saman.model.access.policy import Clause, Span, holds
from saman.model.access.relation import Relation, local
from saman.model.access.restriction import Data, Provision, Restriction
from saman.model.access.sensitivity import covered_by
from saman.model.care import codes

NOT_ABLE = "not-able"
"""The minor was not able to decide: guardians see the visit."""
SHOWS = "able-shows"
"""The minor was able to, and lets guardians see the visit."""
HIDES = "able-hides"
"""The minor was able to, and does not. A label that is not known, or one beside another, counts as this one."""

VISIT = "Encounter/"

Resource = Mapping[str, Any]


def is_labelled(resource: Resource) -> bool:
    """Whether a resource is a visit that says what guardians see."""
    return resource["resourceType"] == "Encounter" and bool(_said(resource))


def _said(encounter: Resource) -> set[str]:
    security = encounter.get("meta", {}).get("security", ())
    return {each.get("code", "") for each in security if each.get("system") == codes.VISIT_VIEW}


def visit_of(encounter: Resource) -> tuple[Restriction, ...]:
    """What a labelled visit says, kept with the restrictions of the person; by itself it withholds from nobody."""
    person = (local(encounter.get("subject")) or "").partition("Patient/")[2]
    said = _said(encounter)
    if not said or not person:
        return ()
    ground = f"{VISIT}{encounter['id']}"
    hides = len(said) > 1 or not said <= {NOT_ABLE, SHOWS}
    return (Restriction(ground, person, (Provision(denies=hides, data=Data(related=(ground,)), recipients=()),)),)


class KeptBack(NamedTuple):
    """While `span` lasts, a rule (`ground`) withholds `data`, but for the exceptions in `shown`."""

    ground: str
    place: str
    span: Span
    data: Data
    shown: tuple[Data, ...] = ()


def kept_back(
    person: str,
    found: Iterable[Restriction],
    assignment: Assignment,
    ties: Sequence[Relation],
    clauses: Iterable[Clause],
) -> Iterator[KeptBack]:
    """What the rules that open something to an assignment keep back of it."""
    speaking = [each for each in clauses if each.keeps_back and each.is_for(assignment)]
    if not speaking:
        return
    own = [each for each in ties if each.person == person and holds(assignment, each)]
    visits = [one for one in found if one.person == person and one.ground.startswith(VISIT)]
    hidden = tuple(one.ground for one in visits if one.provisions[0].denies)
    shown = tuple(one.ground for one in visits if not one.provisions[0].denies)
    for clause in speaking:
        if clause.allows_purpose(assignment.purpose):
            yield from _of_clause(clause, assignment, own, hidden, shown)


def _of_clause(
    clause: Clause, assignment: Assignment, own: list[Relation], hidden: tuple[str, ...], shown: tuple[str, ...]
) -> Iterator[KeptBack]:
    first = min(clause.domains)
    for turn, span in enumerate(sorted({one.span for one in pieces_of(clause, assignment, first, own)})):
        if clause.but_not:
            labels = tuple(sorted(covered_by(clause.but_not, denies=True)))
            yield KeptBack(clause.id, f"labels-{turn}", span, Data(labels=labels))
        if clause.visits and hidden:
            yield KeptBack(clause.id, f"hidden-{turn}", span, Data(related=hidden))
        if clause.visits == "only_opened":
            domains = tuple(sorted(int(one) for one in clause.domains if one not in _NEVER_KEPT))
            open_visits = (Data(domains=domains, related=shown),) if shown else ()
            yield KeptBack(clause.id, f"visits-{turn}", span, Data(domains=domains), open_visits)


_NEVER_KEPT = frozenset({Domain.DIRECTORY, Domain.PERSON})
