"""What somebody may see of a person, with the rows and the ground of every decision."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from typing import Any

import msgspec

from saman.apps.auth.users import User
from saman.kernel.clock import instant
from saman.kernel.outcome import Refusal
from saman.model.access import (
    PERSONAL,
    Assignment,
    Decision,
    Domain,
    Holder,
    Policy,
    Question,
    Verdict,
    Withheld,
    decide,
    ground_words,
    withheld,
)
from saman.model.access.moment import END
from saman.model.access.terms import row_at
from saman.ops.token import assignments
from saman.record import Record
from saman.record.hidden import Said, said_of
from saman.record.ties import ties

_STRENGTH = (Verdict.DENY.value, Verdict.PERMIT_WITH.value, Verdict.PERMIT.value)


async def explained(
    record: Record, policy: Policy, who: str, patient: str, at: datetime | None = None
) -> dict[str, Any] | Refusal:
    """The decision of `policy` on each kind of data about a Patient, for each assignment that `who` holds now.

    `at` defaults to the record's present; without an offset it is in the country's time. `decision`, `rows` and
    `ground` at the top sum up: the most that anything permits, and what that rests on.
    """
    person = patient.removeprefix("Patient/")
    moment = at or record.context.now
    moment = moment if moment.tzinfo else moment.replace(tzinfo=policy.zone)
    users = await assignments(record, who)
    if isinstance(users, Refusal):
        return users
    held = await ties(record, person)
    if isinstance(held, Refusal):
        return held
    about = Question(assignment=_acting(users[0]), domain=Domain.PERSON, at=moment, person=person, relations=held)
    said = await said_of(record.store, person)
    told = [_of_user(user, about, policy) | _restricted(user, about, policy, said) for user in users]
    kinds = [kind for one in told for kind in one["kinds"]]
    decision = max((kind["decision"] for kind in kinds), key=_STRENGTH.index)
    counting = [kind for kind in kinds if kind["decision"] == decision]
    return {
        "as": users[0].actor,
        "patient": f"Patient/{person}",
        "at": instant(moment),
        "decision": decision,
        "rows": _merged(kind["rows"] for kind in counting),
        "ground": _merged(kind["ground"] for kind in counting),
        "assignments": told,
    }


def _acting(user: User) -> Assignment:
    own = user.actor if user.kind is not Holder.STAFF else None
    return Assignment(
        number=0, kind=user.kind, purpose=user.purpose, role=user.role, party=user.party, actor=own
    )  # fmt: skip


def _of_user(user: User, about: Question, policy: Policy) -> dict[str, Any]:
    question = msgspec.structs.replace(about, assignment=_acting(user))
    return {
        "role": user.role,
        "organisation": user.party_name,
        "purpose": user.purpose,
        "kinds": [_of_kind(msgspec.structs.replace(question, domain=domain), policy) for domain in PERSONAL],
    }


def _restricted(user: User, about: Question, policy: Policy, said: Said) -> dict[str, Any]:
    """What the person has restricted for this assignment at that time, with the row of law it rests on."""
    own = msgspec.structs.replace(_acting(user), actor=user.actor)
    rows = withheld(about.person, said.restrictions, own, about.relations, said.parents, policy.clauses)
    now = [one for one in rows if one.since <= about.at < one.until and one.actor in ("", user.actor)]
    row = row_at(policy, "R05", about.at)
    return {
        "restricted": [
            {
                "ground": one.ground,
                "rows": [row.id] if row else [],
                "withholds": _data_said(one),
                "except": [_data_said(each) for each in now if (each.ground, each.under) == (one.ground, one.place)],
                "until": instant(one.until) if one.until < END else None,
            }
            for one in now
            if one.denies
        ]
    }


def _data_said(one: Withheld) -> dict[str, Any]:
    """Which data a row speaks of, in the words of policy files; an empty object is everything."""
    said = msgspec.to_builtins(one.data)
    return said | {"domains": [Domain(each).word for each in one.data.domains]} if one.data.domains else dict(said)


def _of_kind(question: Question, policy: Policy) -> dict[str, Any]:
    system = question.assignment.kind is Holder.SYSTEM
    decision = _UNFENCED if system else decide(question, policy)
    return {
        "kind": question.domain.word,
        "decision": decision.verdict.value,
        "rows": list(decision.rules),
        "ground": list(decision.grounds),
        "obligations": list(decision.obligations),
        "words": [one.text for one in decision.reasons],
    }


_UNFENCED = Decision(verdict=Verdict.PERMIT, rules=(), reasons=(ground_words(None),))
"""The back-end client may use all of the record; no row says so, the database knows it by itself."""


def _merged(lists: Iterable[list[str]]) -> list[str]:
    return list(dict.fromkeys(one for each in lists for one in each))
