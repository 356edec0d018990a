"""The order of a worklist when its reader has chosen to see marked items first."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from saman.model.care.worklist import Item, order_key
from saman.model.triage.marks import Marks
from saman.model.triage.purpose import Adoption


def ordered(adoption: Adoption, items: Iterable[Item], marks: Mapping[str, Marks], by_marks: bool) -> tuple[Item, ...]:
    """The items in the order of `care.worklist`; with `by_marks`, and only when adopted, marked ones come first.

    `marks` is by item id. How many marks an item has, and which, changes nothing: nothing is added up.
    """
    if not (adoption.on and by_marks):
        return tuple(sorted(items, key=order_key))
    return tuple(sorted(items, key=lambda item: (not _marked(marks, item), order_key(item))))


def _marked(marks: Mapping[str, Marks], item: Item) -> bool:
    found = marks.get(item.id)
    return found is not None and found.on and bool(found.marks)
