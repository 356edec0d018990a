"""Members of a List (`_list=42`): what its entries lead to, as far as the caller sees the List.

Source: https://hl7.org/fhir/R4/search.html#list
"""

from __future__ import annotations

from functools import partial

from saman.kernel.outcome import Issue
from saman.record.search.asked import Condition
from saman.record.search.links import MADE, Ends, clause_of, condition_of

NAME = "_list"


def read_list(type_name: str, value: str, ends: Ends) -> Condition | Issue | None:
    """That an item of one of the Lists with these ids is the resource: what `_has:List:item:_id` asks."""
    if type_name in MADE:
        return None
    if value.startswith("$"):
        text = "Functional lists such as $current-problems are not kept here. Name the id of a List."
        return Issue("not-supported", text, NAME)
    if not value.strip(","):
        return Issue("value", f"'{NAME}' is the id of a List.", NAME)
    members = partial(clause_of, value=value, parameters=ends.known)
    return condition_of(type_name, "_has:List:item:_id", members, ends)
