"""Who may write what: declared as data, asked for on every write."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from importlib.resources import files
from typing import Any, Literal

import msgspec

from saman.model.access.assignment import Assignment, Holder
from saman.model.access.decision import Decision, Verdict
from saman.model.access.domain import DOMAIN_OF_TYPE, domain_of
from saman.model.access.near import SCOPE_URL, SHAREABLE, is_guardian, is_proxy
from saman.model.access.relation import local, sent_for
from saman.model.access.sensitivity import is_lowered
from saman.model.access.words import Words, words
from saman.model.care import codes

Action = Literal["create", "update", "delete"]
"""A patch is an update."""

Condition = Literal[
    "about_self",
    "as_self",
    "own_task",
    "own_or_sent_task",
    "own_answer",
    "a_limit",
    "no_limit",
    "opened",
    "own_sharing",
]

CHANGE_LIMIT = "change-limit"
"""The right of a role that its service model says `may_change_limits`."""

Resource = Mapping[str, Any]


class WriteRule(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Who does what to which resource types, under which conditions and with which right of the service model."""

    id: str
    says: str
    who: Holder
    types: tuple[str, ...]
    may: tuple[Action, ...]
    roles: tuple[str, ...] = ()
    right: str = ""
    conditions: tuple[Condition, ...] = msgspec.field(name="if", default=())


_Key = tuple[Holder, str, str, str]


def _keys(rule: WriteRule) -> list[_Key]:
    types = tuple(DOMAIN_OF_TYPE) if rule.types == ("*",) else rule.types
    roles = rule.roles or ("",)
    return [(rule.who, role, type_, action) for role in roles for type_ in types for action in rule.may]


def _read_table() -> dict[_Key, WriteRule]:
    text = files("saman.model.access").joinpath("writing.yaml").read_bytes()
    return {key: rule for rule in msgspec.yaml.decode(text, type=list[WriteRule]) for key in _keys(rule)}


WRITE_RULES: Mapping[_Key, WriteRule] = _read_table()
"""The rule for each sort of user, role (empty for all but staff), resource type and action."""


def may_write(
    assignment: Assignment, resource_type: str, action: str, rights: frozenset[str] = frozenset()
) -> Decision:
    """Whether this user may write such a resource at all; `rights` are those the service model gives the role.

    With PERMIT_WITH, `obligations` are the conditions that `unmet` checks against the resource.
    """
    role = assignment.role if assignment.kind is Holder.STAFF else ""
    rule = WRITE_RULES.get((assignment.kind, role, resource_type, action))
    if rule is None:
        return Decision(verdict=Verdict.DENY, rules=(), reasons=(words("access.write.no_rule"),))
    if rule.right and rule.right not in rights:
        return Decision(verdict=Verdict.DENY, rules=(rule.id,), reasons=(words("access.write.right"),))
    verdict = Verdict.PERMIT_WITH if rule.conditions else Verdict.PERMIT
    said = words("access.rule.unconfirmed", rule=rule.id, says=rule.says)
    return Decision(verdict=verdict, rules=(rule.id,), obligations=rule.conditions, reasons=(said,))


def unmet(
    obligations: tuple[str, ...], assignment: Assignment, before: Resource | None, after: Resource | None
) -> tuple[Words, ...]:
    """The conditions that a write does not keep, in words; `before` is None on create, `after` on delete.

    A condition on who holds or wrote something has to hold of both versions, so that nothing can be taken over or
    given away by an update. No update moves a resource to another kind of data, which others may read, or takes a label
    away that says how sensitive it is. What opens something restricted is written by Saman alone.
    """
    missing = [name for name in obligations if not _CONDITIONS[name](assignment, before, after)]
    if before is not None and after is not None:
        if domain_of(before) is not domain_of(after):
            missing.append("same_kind")
        if is_lowered(before, after):
            missing.append("same_labels")
    if any(each is not None and is_opening(each) for each in (before, after)):
        missing.append("opening")
    return tuple(words(f"access.write.{name}") for name in missing)


def is_opening(resource: Resource) -> bool:
    """Whether it is a Task by which somebody has opened what is restricted."""
    return resource["resourceType"] == "Task" and codes.code_of(resource.get("code"), codes.TASK) == codes.OPENING


_SUBJECTS = {"Task": "for", "Consent": "patient", "RelatedPerson": "patient"}


def _about_self(assignment: Assignment, resource: Resource) -> bool:
    subject = local(resource.get(_SUBJECTS.get(resource["resourceType"], "subject")))
    return subject is not None and subject == assignment.actor


_AUTHORS = {
    "Communication": ("sender",),
    "Consent": ("performer",),
    "Observation": ("performer",),
    "QuestionnaireResponse": ("author",),
    "Task": ("requester",),
}


def _as_self(assignment: Assignment, resource: Resource) -> bool:
    """The author that the resource names, if it names one, is the user and nobody else."""
    for element in _AUTHORS[resource["resourceType"]]:
        named = resource.get(element, [])
        references = named if isinstance(named, list) else [named]
        if any(local(reference) != assignment.actor for reference in references):
            return False
    return assignment.actor is not None


def _owner(assignment: Assignment, task: Resource) -> bool:
    return assignment.party != "" and local(task.get("owner")) == f"Organization/{assignment.party}"


def _own_or_sent(assignment: Assignment, task: Resource) -> bool:
    senders = map(local, [task.get("requester"), *sent_for(task)])
    return assignment.party != "" and (f"Organization/{assignment.party}" in senders or _owner(assignment, task))


def _is_limit(assignment: Assignment, goal: Resource) -> bool:
    codings = (coding for concept in goal.get("category", ()) for coding in concept.get("coding", ()))
    return any((each.get("system"), each.get("code")) == (codes.GOAL, "limit") for each in codings)


def _is_no_limit(assignment: Assignment, resource: Resource) -> bool:
    return not _is_limit(assignment, resource)


def _only_answers(assignment: Assignment, before: Resource | None, after: Resource | None) -> bool:
    """Nothing of a plan changes but the citizen's own answers to its items."""
    return before is not None and after is not None and _unanswered(before) == _unanswered(after)


def _unanswered(plan: Resource) -> Resource:
    items = [
        item | {"extension": [each for each in item.get("extension", ()) if each.get("url") != codes.CITIZEN_ANSWER]}
        for item in plan.get("activity", ())
    ]
    meta = {name: value for name, value in plan.get("meta", {}).items() if name not in ("versionId", "lastUpdated")}
    return {**plan, "meta": meta, "activity": items}


def _only_opened(assignment: Assignment, before: Resource | None, after: Resource | None) -> bool:
    """Nothing of a message changes but that it now says when its receiver opened it."""
    if before is None or after is None or "received" in before or "received" not in after:
        return False
    own = {assignment.actor, f"Organization/{assignment.party}"} - {None, "Organization/"}
    receivers = {local(each) for each in before.get("recipient", ())}
    return not own.isdisjoint(receivers) and _unread(before) == _unread(after)


def _unread(message: Resource) -> Resource:
    meta = {name: value for name, value in message.get("meta", {}).items() if name not in ("versionId", "lastUpdated")}
    return {name: value for name, value in message.items() if name not in ("received", "meta")} | {"meta": meta}


def _only_sharing(assignment: Assignment, before: Resource | None, after: Resource | None) -> bool:
    """Nothing changes of somebody close but what is shared with them, and until when; custody keeps its own end.

    What a mandate covers is changed where it was given.
    """
    if before is None or after is None or is_proxy(before) or is_proxy(after):
        return False
    return _unshared(before) == _unshared(after)


def _unshared(related: Resource) -> Resource:
    shared = {"url": SCOPE_URL}
    kept = [
        each
        for each in related.get("extension", ())
        if each.get("url") != SCOPE_URL or each not in [{**shared, "valueCode": one} for one in SHAREABLE]
    ]
    period = related.get("period", {})
    if not is_guardian(related):
        period = {name: value for name, value in period.items() if name != "end"}
    meta = {name: value for name, value in related.get("meta", {}).items() if name not in ("versionId", "lastUpdated")}
    return {**related, "extension": kept, "period": period, "meta": meta}


_Test = Callable[[Assignment, Resource | None, Resource | None], bool]


def _of_both(holds: Callable[[Assignment, Resource], bool]) -> _Test:
    """A test of one version made one of every version there is."""

    def test(assignment: Assignment, before: Resource | None, after: Resource | None) -> bool:
        versions = [each for each in (before, after) if each is not None]
        return bool(versions) and all(holds(assignment, each) for each in versions)

    return test


_CONDITIONS: Mapping[str, _Test] = {
    "about_self": _of_both(_about_self),
    "as_self": _of_both(_as_self),
    "own_task": _of_both(_owner),
    "own_or_sent_task": _of_both(_own_or_sent),
    "a_limit": _of_both(_is_limit),
    "no_limit": _of_both(_is_no_limit),
    "own_answer": _only_answers,
    "opened": _only_opened,
    "own_sharing": _only_sharing,
}
