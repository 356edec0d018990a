"""What may be answered to a task between two parties, as one table.

A request may be declined; a duty-bound task may only be received, dated or disputed, and the clock runs on. The states
are those of https://hl7.org/fhir/R4/valueset-task-status.html; the rules are in `regions` files and the facts behind
them, none of which is confirmed law.
"""

from __future__ import annotations

from collections.abc import Mapping
from enum import Enum
from types import MappingProxyType

import msgspec

from saman.model.care.codes import TASK_INPUT, Resource, code_of

DUTY = "duty-bound"
"""Code in `urn:saman:task-input` that marks a task which cannot be refused."""


class Act(Enum):
    """What somebody does with a task."""

    RECEIVE = "receive"
    ACCEPT = "accept"
    DECLINE = "decline"
    DELAY = "delay"
    DISPUTE = "dispute"
    START = "start"
    REPORT_BACK = "report-back"
    CANCEL = "cancel"
    REMIND = "remind"


class Side(Enum):
    """Whose act it is."""

    OWNER = "owner"
    SENDER = "sender"


class Rule(msgspec.Struct, frozen=True, kw_only=True):
    """An act: who may do it, from which statuses, what status follows, and what must be said with it.

    `needs` are fields: `reason`, `starts` (a time), `report` (what was done). `duty` says whether a duty-bound task
    allows it, `request` whether a request does.
    """

    side: Side
    before: frozenset[str]
    after: str
    needs: tuple[str, ...] = ()
    duty: bool = True
    request: bool = True


_WAITING = frozenset({"requested", "received"})
_AGREED = frozenset({"accepted", "in-progress", "on-hold"})

RULES: Mapping[Act, Rule] = MappingProxyType(
    {
        Act.RECEIVE: Rule(side=Side.OWNER, before=frozenset({"requested"}), after="received"),
        Act.ACCEPT: Rule(side=Side.OWNER, before=_WAITING | {"on-hold"}, after="accepted", needs=("starts",)),
        Act.DECLINE: Rule(side=Side.OWNER, before=_WAITING, after="rejected", needs=("reason",), duty=False),
        Act.DELAY: Rule(
            side=Side.OWNER, before=_WAITING | _AGREED, after="on-hold", needs=("starts", "reason"), request=False
        ),
        Act.DISPUTE: Rule(side=Side.OWNER, before=_WAITING, after="on-hold", needs=("reason",), request=False),
        Act.START: Rule(side=Side.OWNER, before=_WAITING | {"accepted", "on-hold"}, after="in-progress"),
        Act.REPORT_BACK: Rule(side=Side.OWNER, before=_AGREED, after="completed", needs=("report",)),
        Act.CANCEL: Rule(side=Side.SENDER, before=_WAITING | _AGREED, after="cancelled", needs=("reason",)),
        Act.REMIND: Rule(side=Side.SENDER, before=_WAITING | _AGREED, after=""),
    }
)
"""Every act there is. An empty `after` keeps the status."""


class Reason(Enum):
    """Why a request is declined, or a duty-bound task disputed; "no capacity" is not among them for a duty."""

    NOT_ELIGIBLE = "not-eligible"
    NOT_REACHED = "not-reached"
    WRONG_PLACE = "wrong-place"
    DONE_ELSEWHERE = "done-elsewhere"
    NO_CAPACITY = "no-capacity"
    NOT_READY = "not-ready"
    NOT_OUR_RESIDENT = "not-our-resident"
    INFORMATION_MISSING = "information-missing"


DECLINING = (
    Reason.NOT_ELIGIBLE, Reason.NOT_REACHED, Reason.WRONG_PLACE, Reason.DONE_ELSEWHERE, Reason.NO_CAPACITY,
)  # fmt: skip
DISPUTING = (Reason.NOT_READY, Reason.NOT_OUR_RESIDENT, Reason.INFORMATION_MISSING)


def is_duty(task: Resource) -> bool:
    """Whether a task cannot be refused."""
    return any(code_of(one.get("type"), TASK_INPUT) == DUTY for one in task.get("input", ()))


def allowed(task: Resource, side: Side) -> tuple[Act, ...]:
    """What one side may do with a task as it stands."""
    duty, status = is_duty(task), task["status"]
    return tuple(
        act
        for act, rule in RULES.items()
        if rule.side is side and status in rule.before and (rule.duty if duty else rule.request)
    )
