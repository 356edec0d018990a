"""Going through the conditions of a search, those that its filters put together too."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Iterator

from saman.kernel.outcome import Refusal
from saman.record.search.asked import Clause, Condition, Link, Logic, Query

Said = Callable[[Clause | Link], str | Refusal]
Turn = Callable[[Clause | Link], Awaitable[Condition | Refusal]]


def conditions(query: Query) -> Iterator[Clause | Link]:
    """What a search asks of its own type: its clauses and links, not those at the ends of links."""
    yield from query.clauses
    yield from query.links
    for one in query.filters:
        yield from _within(one)


def _within(one: Condition) -> Iterator[Clause | Link]:
    if isinstance(one, Logic):
        for part in one.of:
            yield from _within(part)
    else:
        yield one


async def turned(one: Condition, turn: Turn) -> Condition | Refusal:
    """A condition with each of its clauses and links as `turn` makes it."""
    if not isinstance(one, Logic):
        return await turn(one)
    parts: list[Condition] = []
    for part in one.of:
        found = await turned(part, turn)
        if isinstance(found, Refusal):
            return found
        parts.append(found)
    return Logic(one.how, tuple(parts))


async def all_turned(filters: tuple[Condition, ...], turn: Turn) -> tuple[Condition, ...] | Refusal:
    """The filters of a search, turned."""
    found = await turned(Logic("and", filters), turn)
    return found if isinstance(found, Refusal) else found.of if isinstance(found, Logic) else (found,)


def said(one: Condition, say: Said) -> str | Refusal:
    """A condition in SQL, of what `say` makes of its clauses and links."""
    if not isinstance(one, Logic):
        return say(one)
    parts = [said(part, say) for part in one.of]
    refusal = next((part for part in parts if isinstance(part, Refusal)), None)
    if refusal is not None:
        return refusal
    if one.how == "not":
        return f"NOT ({parts[0]})"
    empty = "true" if one.how == "and" else "false"
    return f"({f' {one.how.upper()} '.join(map(str, parts))})" if parts else empty
