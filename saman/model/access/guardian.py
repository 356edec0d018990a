"""Who says no to units about a child, by row R07 of the country: the guardian, the child, or nobody."""

from __future__ import annotations

from datetime import date, datetime
from enum import Enum

import msgspec

from saman.model.access.policy import Policy, birthday
from saman.model.access.row import Row
from saman.model.access.terms import may_say_law, row_at
from saman.model.access.terms_kinds import GuardianRestriction

ROW = "R07"
ADULT = 18
"""Years at which custody ends, in every country there is a file for."""


class Whose(Enum):
    """Whose it is to say. What is not known opens nothing to a guardian."""

    GUARDIAN = "guardian"
    TOGETHER = "together"
    """The child's own view has to be heard, and nobody has found how."""
    CHILD = "child"
    NOBODY = "nobody"
    """No guardian closes anything for a child, at any age."""
    UNKNOWN = "unknown"
    """The country has no row, or the day of birth is not known."""


class Saying(msgspec.Struct, frozen=True, kw_only=True):
    """Whose it is, the age that decides (until it for GUARDIAN, from it else), and the row; `law` once confirmed."""

    whose: Whose
    age: int | None = None
    row: Row | None = None
    law: bool = False


def saying(policy: Policy, born: date | None, at: datetime) -> Saying:
    """Whose it is to say no about somebody born on a day, at a time (aware)."""
    row = row_at(policy, ROW, at)
    if row is None or not isinstance(row.terms, GuardianRestriction):
        return Saying(whose=Whose.UNKNOWN, row=row)
    terms = row.terms
    if not terms.allowed:
        return Saying(whose=Whose.NOBODY, row=row, law=may_say_law(row, "allowed"))
    if born is None:
        return Saying(whose=Whose.UNKNOWN, row=row)
    until, heard = terms.until_age or ADULT, terms.child_heard_from
    law = may_say_law(row, "until_age") and may_say_law(row, "child_heard_from")
    if at >= birthday(born, until, policy.zone):
        return Saying(whose=Whose.CHILD, age=until, row=row, law=law)
    if heard is not None and at >= birthday(born, heard, policy.zone):
        return Saying(whose=Whose.TOGETHER, age=heard, row=row, law=law)
    return Saying(whose=Whose.GUARDIAN, age=until if heard is None else min(heard, until), row=row, law=law)
