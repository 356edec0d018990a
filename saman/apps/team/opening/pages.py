"""From what the rules decided to the pages that say why, and why not."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from saman.apps.team.desk import Desk
from saman.apps.team.opening.views import ClosedKind, KindRules, OpenKind, Restricted, WhyNotPage, WhyPage
from saman.apps.team.opening.words import HIDDEN, NOT_BY_CARE, NOTHING, SOMETHING, TIE, WAYS
from saman.apps.team.opening.words import TIES as MORE_TIES
from saman.apps.team.shown import banner
from saman.apps.team.why import DOMAINS, TIES, WHY_NOT, rule_said
from saman.apps.ui.locales import mark
from saman.apps.ui.pages import capfirst
from saman.flows.opening.emergency import may_ask
from saman.flows.opening.reasons import SHOWN, Reason, reasons, rules_for
from saman.flows.opening.standing import Standing, standing
from saman.kernel.outcome import Refusal
from saman.model.access import RelationKind
from saman.model.access.terms import may_say_law, row_at

STANDING = mark("You are %(role)s at %(unit)s.")


async def why_page(desk: Desk, person: str) -> WhyPage | Refusal:
    """Why the user may see what of a person; a person who is hidden is refused like one who does not exist."""
    seen = await desk.record.read("Patient", person)
    if isinstance(seen, Refusal):
        return seen
    found = await reasons(desk.record, person)
    if isinstance(found, Refusal):
        return found
    stands = await standing(desk.record, person)
    if isinstance(stands, Refusal):
        return stands
    return WhyPage(
        person=person,
        banner=banner(desk, seen.resource()),
        standing=own_standing(desk),
        open=tuple(_open(desk, one) for one in found if one.decision.permitted),
        closed=tuple(_closed(desk, one) for one in found if not one.decision.permitted),
        restricted=_restricted(desk, stands),
    )


def own_standing(desk: Desk) -> str:
    """As what the user asks."""
    return desk.t(STANDING, role=desk.role(desk.record.context.role), unit=desk.called(desk.unit))


def _open(desk: Desk, one: Reason) -> OpenKind:
    return OpenKind(
        name=_kind(desk, one),
        ties=tuple(_tie(desk, kind) for kind in one.ties) or (desk.t(TIE),),
        rules=tuple(rule_said(desk, said) for said in dict.fromkeys(one.decision.reasons)),
        until=one.until,
    )


def _closed(desk: Desk, one: Reason) -> ClosedKind:
    key = next((said.key for said in one.decision.reasons), "")
    closing = [said for said in one.decision.reasons if said.key.startswith("access.rule.")]
    way = NOT_BY_CARE if closing else WAYS.get(key, "")
    return ClosedKind(
        name=_kind(desk, one),
        reason=desk.t(WHY_NOT[key]) if key in WHY_NOT else "",
        rules=tuple(rule_said(desk, said) for said in closing),
        way=desk.t(way) if way else "",
    )


def _kind(desk: Desk, one: Reason) -> str:
    return capfirst(desk.t(DOMAINS[one.domain]))


def _tie(desk: Desk, kind: RelationKind) -> str:
    return desk.t(TIES.get(kind) or MORE_TIES.get(kind, TIE))


def _restricted(desk: Desk, stands: Standing) -> Restricted:
    sentence = SOMETHING if stands.restricted else NOTHING if stands.told else HIDDEN
    row = row_at(desk.record.store.policy, "R06", desk.record.context.now)
    return Restricted(
        sentence=desk.t(sentence),
        shows=stands.restricted,
        holders=holders(desk, stands.holders),
        may_open=stands.terms is not None and stands.opened is None and (stands.restricted or not stands.told),
        law=row is not None and may_say_law(row, "visible"),
    )


def holders(desk: Desk, ids: Sequence[str]) -> tuple[str, ...]:
    """What the organisations are called that hold what is restricted."""
    return tuple(name for id in ids if (name := desk.called(f"Organization/{id}")))


def why_not_page(desk: Desk) -> WhyNotPage:
    """What gives access to a person, said without any person."""
    context, policy = desk.record.context, desk.record.store.policy
    kinds = []
    for domain in SHOWN:
        rules = tuple(rule_said(desk, said) for said in rules_for(context, policy, domain))
        kinds.append(KindRules(capfirst(desk.t(DOMAINS[domain])), rules))
    return WhyNotPage(
        standing=own_standing(desk),
        ties=tuple(desk.t(words) for words in _ties()),
        kinds=tuple(kinds),
        emergency=may_ask(desk.record),
    )


def _ties() -> Sequence[Any]:
    return [words for kind, words in TIES.items() if kind is not RelationKind.MANAGING]
