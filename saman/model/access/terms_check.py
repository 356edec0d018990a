"""What the terms of an access file may not say together, within one row and from row to row."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import UTC
from itertools import product

from saman.model.access.policy import days
from saman.model.access.row import Row
from saman.model.access.terms_kinds import (
    EuropeanAccess,
    GuardianRestriction,
    LogKeep,
    LogShow,
    OverrideAfter,
    OverrideSteps,
    RestrictionVisible,
    Terms,
)
from saman.model.access.terms_time import longest_days

Fault = tuple[str, str]
"""What is wrong, and the mend."""

_MORE = ("hidden", "existence", "existence_and_holder")


def own_faults(terms: Terms) -> Iterator[Fault]:
    """What is wrong within the terms of one row."""
    known = set(terms.__struct_fields__) - {"set_here"}
    for strange in sorted(set(terms.set_here) - known):
        yield f"`set_here` names the unknown term `{strange}`", f"Use one of {', '.join(sorted(known))}."
    if isinstance(terms, RestrictionVisible) and _MORE.index(terms.in_emergency) < _MORE.index(terms.visible):
        yield "an emergency shows less than ordinary care", "Set `in_emergency` to what `visible` says, or more."
    if isinstance(terms, GuardianRestriction) and not terms.allowed and (terms.until_age or terms.child_heard_from):
        yield "a guardian who may not close has ages", "Remove the ages, or set `allowed: true`."
    if isinstance(terms, OverrideAfter) and ("inform" in terms.after) != (terms.inform_within is not None):
        yield "`inform` and `inform_within` do not go together", "Write both, or neither."
    further = terms.show_with_reason if isinstance(terms, LogShow) else None
    if isinstance(terms, LogShow) and further and longest_days(further) <= longest_days(terms.show):
        yield "with a reason no more is shown than without", "Set `show_with_reason` above `show`, or remove it."


def row_faults(rows: Sequence[Row]) -> Iterator[tuple[str, Fault]]:
    """What is wrong between rows that are in force on the same days: the row's id and the fault."""
    for first, second in product(rows, rows):
        if days(first.valid_from, first.valid_to, UTC) & days(second.valid_from, second.valid_to, UTC):
            yield from ((second.id, fault) for fault in _between(first.terms, second.terms))


def _between(first: Terms | None, second: Terms | None) -> Iterator[Fault]:
    match first, second:
        case LogKeep(keep=keep), LogShow(show_with_reason=str(shown)) | LogShow(show=shown) | EuropeanAccess(
            show=shown
        ):
            if longest_days(shown) > longest_days(keep):
                yield "the log is shown longer than it is kept (R20)", "Show it no longer, or keep it as long."
        case EuropeanAccess(show=least), LogShow(show=shown):
            if longest_days(shown) < longest_days(least):
                yield "the log is shown for less time than EU01 says", "Give the row a version that shows as much."
        case OverrideSteps(inform=True), OverrideAfter(after=after):
            if "inform" not in after:
                yield "R09 has the person told, and this row does not", "Add `inform` to `after`."
        case _:
            return
