"""The order of a worklist by stated facts alone: unread, overdue, asked for by the citizen, time received."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime

import msgspec


class Item(msgspec.Struct, frozen=True, kw_only=True):
    """One open item of a list; its values and limits have no part in its order."""

    id: str
    received: datetime
    unread: bool = False
    overdue: bool = False
    requested: bool = False


Key = tuple[int, datetime, str]


def order_key(item: Item) -> Key:
    """Sorts unread items first, then overdue, then the citizen's own requests, then the rest; oldest first in each."""
    group = 0 if item.unread else 1 if item.overdue else 2 if item.requested else 3
    return group, item.received, item.id


def ordered(items: Iterable[Item]) -> tuple[Item, ...]:
    """The items in their order."""
    return tuple(sorted(items, key=order_key))
