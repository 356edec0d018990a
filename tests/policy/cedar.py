"""The access files in Cedar, as a second opinion: written from the files themselves and judged by Cedar's own engine.

Nothing here comes from the evaluator. Relations are put to Cedar one by one as `tie0`, `tie1`, … with who holds them,
from when and until when; whether a tie is the user's own, holds at the time and is about the right thing is decided in
Cedar. The person's age is counted here, by the calendar. Source: https://docs.cedarpolicy.com
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import UTC, date, datetime, timedelta
from typing import Any, NamedTuple
from zoneinfo import ZoneInfo

import cedarpy

from saman.model.access import Question, Relation
from saman.model.access.relation import RelationKind
from saman.model.care.yamltree import parse

TIES = 6
"""How many relations a question may have besides the day of birth."""

_DAY = timedelta(days=1)
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
Tree = dict[str, Any]


class Opinion(NamedTuple):
    """What Cedar decides, and the ids of the rows that did."""

    allowed: bool
    rows: frozenset[str]


class Cedar:
    """One country's file, and a region's, as Cedar policies."""

    def __init__(self, country: str, region: str = "") -> None:
        file: Tree = parse("country", country)[0].value
        added: list[Tree] = parse("region", region)[0].value["rows"] if region else []
        self.zone = ZoneInfo(file["time_zone"])
        self.text = "\n".join((*self._country(file["rows"], added), *map(self._narrowing, _closing(added))))
        self.policies = cedarpy.PolicySet.from_str(self.text)
        self.nobody = cedarpy.Entities.from_json_str("[]")

    def ask(self, questions: Sequence[Question]) -> list[Opinion]:
        """Cedar's answers to some questions."""
        requests = [{**_ASKING, "context": _context(question, self.zone)} for question in questions]
        return [_opinion(each) for each in cedarpy.is_authorized_batch(requests, self.policies, self.nobody)]

    def _country(self, rows: Sequence[Tree], added: Sequence[Tree]) -> Iterator[str]:
        for row in rows:
            for rule in row.get("rules", ()):
                assert "obligations" not in rule
                if not rule.get("by_agreement"):
                    yield self._policy(rule["id"], rule, [*self._dates(row), *_user(rule), *_ties(rule), *_age(rule)])
                for fill in added:
                    if fill.get("fills") == rule["id"]:
                        slot = [*self._dates(row), *_user(rule), *_ties(rule), *_age(rule)]
                        yield self._policy(f"{rule['id']} {fill['id']}", rule, [*slot, *self._fill(fill)])

    def _policy(self, id_: str, rule: Tree, conditions: Sequence[str]) -> str:
        kinds = rule.get("sees") or rule["never_sees"]
        effect = "permit" if rule.get("sees") else "forbid"
        when = " &&\n  ".join([f"{_set(kinds)}.contains(context.domain)", *conditions])
        return f'@id("{id_}")\n{effect} (principal, action, resource) when {{\n  {when}\n}};'

    def _dates(self, row: Tree) -> Iterator[str]:
        if "valid_from" in row:
            yield f"context.now >= {self._midnight(date.fromisoformat(row['valid_from']))}"
        if "valid_to" in row:
            yield f"context.now < {self._midnight(date.fromisoformat(row['valid_to']) + _DAY)}"

    def _midnight(self, day: date) -> int:
        return _moment(datetime(day.year, day.month, day.day, tzinfo=self.zone))

    def _fill(self, fill: Tree) -> Iterator[str]:
        yield from self._dates(fill)
        yield f"{_set(fill['sees'])}.contains(context.domain)"
        yield f"{_set(fill['parties'])}.contains(context.party)"
        if fill.get("roles"):
            yield f"{_set(fill['roles'])}.contains(context.role)"

    def _narrowing(self, row: Tree) -> str:
        conditions = [*self._dates(row), 'context.kind == "staff"', f"{_set(row['parties'])}.contains(context.party)"]
        if row.get("roles"):
            conditions.append(f"{_set(row['roles'])}.contains(context.role)")
        return self._policy(row["id"], row, conditions)


_ASKING = {"principal": 'User::"u"', "action": 'Action::"read"', "resource": 'Person::"p"'}


def _opinion(result: cedarpy.AuthzResult) -> Opinion:
    assert not result.diagnostics.errors, result.diagnostics.errors
    ids = result.diagnostics.id_annotations_by_reason.values()
    return Opinion(result.allowed, frozenset(one for each in ids for one in each.split()))


def _closing(rows: Sequence[Tree]) -> list[Tree]:
    return [row for row in rows if row.get("never_sees")]


def _set(words: Sequence[str]) -> str:
    return "[" + ", ".join(f'"{word}"' for word in words) + "]"


def _moment(at: datetime) -> int:
    """Milliseconds since 1970, as Cedar compares whole numbers fastest."""
    return (at - _EPOCH) // timedelta(milliseconds=1)


def _user(rule: Tree) -> Iterator[str]:
    yield f'context.kind == "{rule["who"]}"'
    yield f"{_set(rule['purposes'])}.contains(context.purpose)"
    if rule.get("roles"):
        yield f"{_set(rule['roles'])}.contains(context.role)"


def _ties(rule: Tree) -> Iterator[str]:
    about = f" && {_set(rule['about'])}.contains(T.topic)" if rule.get("about") else ""
    if ties := rule.get("ties"):
        alone = "" if rule.get("never_sees") else ' && T.holder != "everybody"'
        yield _any(f"{_set(ties)}.contains(T.kind){about}{alone}", rule.get("grace_days", 0))
    if also := rule.get("also"):
        yield _any(f'{_set(also)}.contains(T.kind) && !(T.kind == "consent" && T.topic != "")', 0)


def _any(what: str, grace: int) -> str:
    """One of the ties that are the user's own and hold now."""
    mine = (
        '(T.holder == "everybody" ||'
        ' (T.holder == "party" && context.kind == "staff" && context.party != "" && T.party == context.party &&'
        ' (T.role == "" || T.role == context.role) && (T.kind != "opening" || T.actor == context.actor)) ||'
        ' (T.holder == "actor" && context.kind != "staff" && T.kind != "opening" && T.actor == context.actor))'
    )
    end = f"T.end + {grace * 86_400_000}" if grace else "T.end"
    one = f"(context has T && {what} && {mine} && T.start <= context.now && (T.open || context.now < {end}))"
    ties = (one.replace("context has T", f"context has tie{n}").replace("T.", f"context.tie{n}.") for n in range(TIES))
    return "(" + " ||\n   ".join(ties) + ")"


def _age(rule: Tree) -> Iterator[str]:
    limits = [f"context.age >= {rule['age_from']}"] if "age_from" in rule else []
    limits += [f"context.age < {rule['age_to']}"] if "age_to" in rule else []
    if not limits:
        return
    known = f"(context has age && {' && '.join(limits)})"
    # Where nobody knows the age, a rule opens nothing and closes always.
    yield f"(!(context has age) || {known})" if rule.get("never_sees") else known


def _context(question: Question, zone: ZoneInfo) -> Tree:
    user = question.assignment
    context: Tree = {
        "kind": user.kind.value,
        "role": user.role,
        "party": user.party,
        "actor": user.actor or "",
        "purpose": user.purpose,
        "domain": question.domain.word,
        "now": _moment(question.at),
    }
    ties = [tie for tie in question.relations if tie.person == question.person]
    for tie in ties:
        if tie.kind is RelationKind.BORN and tie.start is not None:
            context["age"] = _years(tie.start.astimezone(zone).date(), question.at.astimezone(zone).date())
    others = [tie for tie in ties if tie.kind is not RelationKind.BORN]
    assert len(others) <= TIES
    return context | {f"tie{n}": _tie(tie) for n, tie in enumerate(others)}


def _tie(tie: Relation) -> Tree:
    return {
        "kind": tie.kind.value,
        "topic": tie.topic or "",
        "party": tie.party,
        "role": tie.role or "",
        "actor": tie.actor or "",
        "holder": _holder(tie),
        "start": _moment(tie.start or _EPOCH.replace(year=1800)),
        "end": _moment(tie.end or _EPOCH),
        "open": tie.end is None,
    }


def _holder(tie: Relation) -> str:
    unnamed = not tie.party and tie.actor is None
    if tie.kind in (RelationKind.PROTECTED, RelationKind.AT_HOME) or (tie.kind is RelationKind.CONSENT and unnamed):
        return "everybody"
    return "party" if tie.party else "actor" if tie.actor else "nobody"


def _years(born: date, today: date) -> int:
    """Full years lived: who was born on 29 February has them on 1 March in other years."""
    return today.year - born.year - ((today.month, today.day) < (born.month, born.day))
