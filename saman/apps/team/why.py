"""Why the user may see a person, and why not the rest: asked of the same rules that the record is fenced by. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from typing import Any

import msgspec
from markupsafe import Markup

from saman.apps.team.desk import Desk
from saman.apps.team.views import Why
from saman.apps.ui.locales import mark
from saman.model.access import Decision, Domain, Policy, Question, Relation, RelationKind, Words, decide, relations
from saman.model.access.policy import holds

Resource = dict[str, Any]

DOMAINS = {
    Domain.PERSON: mark("who the person is"),
    Domain.PLAN: mark("the plan and requests"),
    Domain.READINGS: mark("readings from home"),
    Domain.HEALTH: mark("the health record"),
    Domain.SOCIAL: mark("social care"),
}
TIES = {
    RelationKind.CARE_TEAM: mark("Your unit is in the person's care team."),
    RelationKind.TASK: mark("Your unit was asked to do something for the person."),
    RelationKind.REQUEST: mark("Your unit takes part in a request about the person."),
    RelationKind.APPOINTMENT: mark("The person has an appointment with your unit."),
    RelationKind.EPISODE: mark("The person takes part in a service that your unit runs."),
    RelationKind.GENERAL_PRACTITIONER: mark("It is the person's own general practice."),
    RelationKind.MANAGING: mark("Your unit keeps the person's record."),
}
RULES = {
    "access.rule.confirmed": mark("(rule %(rule)s, read at its source)"),
    "access.rule.unconfirmed": mark("(rule %(rule)s: a local setting that nobody has confirmed as law)"),
    "access.rule.agreement": mark("(agreement %(agreement)s, row %(rule)s)"),
}
WHY_NOT = {
    "access.why_not.role": mark("No rule lets your role see data about persons."),
    "access.why_not.purpose": mark("Your role may not see this for the purpose you signed in for."),
    "access.why_not.domain": mark("Your role does not need this kind of data."),
    "access.why_not.in_force": mark("The rule that would allow it is not in force now."),
    "access.why_not.tie": mark("It needs a tie to the person, such as a care team or a request."),
    "access.why_not.time": mark("There is a tie to the person, but it has not begun or is over."),
    "access.why_not.age": mark("The rule that would allow it is about people of another age."),
    "access.why_not.also": mark("It needs the person's consent as well."),
    "access.why_not.agreement": mark("It is open to agreement, and no agreement in force covers it."),
}


def relations_in(found: Iterable[Resource], policy: Policy) -> tuple[Relation, ...]:
    """The care relations that resources a user can see state."""
    return tuple(one for resource in found for one in relations(resource, policy.zone))


def decisions(desk: Desk, person: str, ties: Sequence[Relation]) -> dict[Domain, Decision]:
    """What is decided for each kind of data about the person."""
    context, policy = desk.record.context, desk.record.store.policy
    held, own = tuple(ties), context.assignment
    if desk.opened is not None:
        held, own = (*held, desk.opened), msgspec.structs.replace(own, actor=context.actor)
    return {
        domain: decide(
            Question(assignment=own, domain=domain, at=context.now, person=person, relations=held),
            policy,
        )
        for domain in DOMAINS
    }


def why(desk: Desk, ties: Sequence[Relation], decided: dict[Domain, Decision]) -> Why:
    """The decisions in words: standing, ties, rules with their status, and what is not shown."""
    context = desk.record.context
    standing = desk.t(mark("You are %(role)s at %(unit)s."), role=desk.role(context.role), unit=desk.called(desk.unit))
    held = dict.fromkeys(one.kind for one in ties if holds(context.assignment, one))
    said = dict.fromkeys(word for one in decided.values() if one.permitted for word in one.reasons)
    return Why(
        grounds=(
            standing,
            *(desk.t(TIES[kind]) for kind in held if kind in TIES),
            *(rule_said(desk, one) for one in said),
        ),
        hidden=tuple(_hidden(desk, decided)),
    )


def rule_said(desk: Desk, said: Words) -> Markup:
    """A row's own words, and what is said of its status."""
    args = dict(said.args)
    own = Markup("{}").format(desk.words.spoken(desk.words.ruled(args.get("says", said.text))))
    note = desk.words.gettext(RULES[said.key], **args) if said.key in RULES else ""
    return own + " " + note


def _hidden(desk: Desk, decided: dict[Domain, Decision]) -> Iterator[tuple[str, str]]:
    for domain, decision in decided.items():
        if not decision.permitted:
            reason = next((WHY_NOT.get(one.key, "") for one in decision.reasons), "")
            yield desk.t(DOMAINS[domain]), desk.t(reason) if reason else ""
