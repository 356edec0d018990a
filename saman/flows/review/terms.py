"""How far back the log is shown, what of the staff, and how soon an organisation answers: by the country's row R21."""

from __future__ import annotations

from datetime import datetime

import msgspec

from saman.model.access import Policy
from saman.model.access.terms import LogShow, may_say_law, of_kind, row_at
from saman.model.access.terms_time import earlier


class LogTerms(msgspec.Struct, frozen=True, kw_only=True):
    """Since when the log is shown freely, and since when to somebody who gives a reason (None: no further); whether
    staff are named; working days for an answer. `law` says which of these may be told as law.
    """

    since: datetime
    since_with_reason: datetime | None
    named: bool
    answer_days: int
    law: frozenset[str] = frozenset()

    def since_for(self, further: bool) -> datetime:
        """Since when the log is shown, to somebody who gave a reason when `further`."""
        return min(self.since, self.since_with_reason or self.since) if further else self.since


UNKNOWN = LogShow(show="P3Y", ways=("portal",), staff="role_and_unit", reason_shown=True, answer_days=10)
"""Where no row is in force: three years (Regulation (EU) 2025/327 art. 9), and no more of the staff than is needed."""

TERMS = ("show", "show_with_reason", "staff", "answer_days")


def log_terms(policy: Policy, at: datetime) -> LogTerms:
    """The terms in force at a time."""
    said = of_kind(policy, LogShow, at) or UNKNOWN
    row = row_at(policy, "R21", at)
    further = earlier(at, said.show_with_reason, policy.zone) if said.show_with_reason else None
    return LogTerms(
        since=earlier(at, said.show, policy.zone),
        since_with_reason=further,
        named=said.staff == "name",
        answer_days=said.answer_days,
        law=frozenset(term for term in TERMS if row is not None and may_say_law(row, term)),
    )
