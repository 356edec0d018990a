"""The terms in force: what the rows of law say to the parts of the platform that carry them out."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime
from typing import TypeVar

import msgspec

from saman.model.access.policy import Policy, days
from saman.model.access.row import Row
from saman.model.access.terms_kinds import (
    TERMS_OF,
    ConsentForm,
    ConsentWithdraw,
    Correction,
    EuropeanAccess,
    EuropeanRestriction,
    Followed,
    Ground,
    GuardianRestriction,
    Holder,
    Incapacity,
    JointPlan,
    LogContent,
    LogKeep,
    LogReview,
    LogShow,
    OverrideAfter,
    OverrideEnd,
    OverrideGround,
    OverrideSteps,
    ReadOwn,
    RestrictionUnit,
    RestrictionVisible,
    SignInLevel,
    Terms,
)

T = TypeVar("T", bound=Terms)


class Opening(msgspec.Struct, frozen=True, kw_only=True):
    """How a closed part is opened: R08 to R11 together.

    `longest`, `review_within` and `inform_within` are ISO 8601 durations (see `terms_time`). `rows` are the ids of
    the rows it comes from, `confirmed` those among them that may be shown as law, `set_here` the terms
    (`R10.longest`) that are choices of the platform.
    """

    grounds: tuple[Ground, ...]
    steps: int
    reason: bool
    longest: str
    until: str
    whose: tuple[Holder, ...]
    after: tuple[Followed, ...]
    review_within: str
    inform_within: str | None
    rows: tuple[str, ...]
    confirmed: tuple[str, ...]
    set_here: tuple[str, ...]


def row_at(policy: Policy, row_id: str, at: datetime) -> Row | None:
    """The version of a row in force at a time; None when the country has none then."""
    versions = (row for row in policy.rows if row.id == row_id)
    return next((row for row in versions if at in days(row.valid_from, row.valid_to, policy.zone)), None)


def terms_at(policy: Policy, row_id: str, at: datetime) -> Terms | None:
    """The terms of a row in force at a time; None when the row has none, or no version then."""
    row = row_at(policy, row_id, at)
    return row.terms if row is not None else None


def of_kind(policy: Policy, kind: type[T], at: datetime) -> T | None:
    """`terms_at` by the shape of the terms: `of_kind(policy, LogKeep, at).keep`."""
    row_id = next(id_ for id_, each in TERMS_OF.items() if each is kind)
    found = terms_at(policy, row_id, at)
    return found if isinstance(found, kind) else None


def may_say_law(row: Row, term: str) -> bool:
    """Whether pages may say of one term "the law says": its row was read at the source, and gave this term."""
    return row.confirmed and row.terms is not None and term not in row.terms.set_here


def opening_at(policy: Policy, at: datetime) -> Opening | None:
    """How a closed part may be opened at a time; None when one of the rows says nothing then: it stays closed."""
    rows = [row for row_id in ("R08", "R09", "R10", "R11") if (row := row_at(policy, row_id, at))]
    ground, steps = of_kind(policy, OverrideGround, at), of_kind(policy, OverrideSteps, at)
    end, after = of_kind(policy, OverrideEnd, at), of_kind(policy, OverrideAfter, at)
    if ground is None or steps is None or end is None or after is None:
        return None
    return Opening(
        grounds=ground.grounds,
        steps=steps.steps,
        reason=steps.reason,
        longest=end.longest,
        until=end.until,
        whose=end.whose,
        after=after.after,
        review_within=after.review_within,
        inform_within=after.inform_within,
        rows=tuple(row.id for row in rows),
        confirmed=tuple(row.id for row in rows if row.confirmed),
        set_here=tuple(_set_here(rows)),
    )


def _set_here(rows: list[Row]) -> Iterator[str]:
    for row in rows:
        for term in row.terms.set_here if row.terms is not None else ():
            yield f"{row.id}.{term}"


__all__ = [
    "TERMS_OF",
    "ConsentForm",
    "ConsentWithdraw",
    "Correction",
    "EuropeanAccess",
    "EuropeanRestriction",
    "GuardianRestriction",
    "Incapacity",
    "JointPlan",
    "LogContent",
    "LogKeep",
    "LogReview",
    "LogShow",
    "Opening",
    "OverrideAfter",
    "OverrideEnd",
    "OverrideGround",
    "OverrideSteps",
    "ReadOwn",
    "RestrictionUnit",
    "RestrictionVisible",
    "SignInLevel",
    "Terms",
    "may_say_law",
    "of_kind",
    "opening_at",
    "row_at",
    "terms_at",
]
