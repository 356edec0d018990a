"""Reading and writing Subscriptions: each belongs to whoever made it, and to everybody else it is not there."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import msgspec

from saman.kernel.outcome import Kind, Refusal, refused
from saman.model.fhir.patch import Patch, patched
from saman.model.subscription.wanted import WITHHELD, is_classic, read_wanted, shown
from saman.record.audit import REFUSED, Entry
from saman.record.change import Change, replacement
from saman.record.door import Door
from saman.record.narrowing import clauses_of, fulfils, insufficient
from saman.record.refusals import conflict, not_found
from saman.record.rows import Resource, checked
from saman.record.search.asked import Query
from saman.record.search.query import read_query
from saman.record.stored import Page, Stored, Written
from saman.record.subscriptions.kept import (
    MOST_OWNED,
    NUMBER_OF_TYPE,
    TYPE,
    Kept,
    Wish,
    add,
    change,
    lets_own,
    own,
    remove,
)
from saman.record.subscriptions.sealing import Headers, HeaderSeal

Answer = Written | Refusal
TRIES = 5
"""How often a change is tried while the state of the subscription changes."""


def is_kept_here(door: Door, resource: Any) -> bool:
    """Whether a Subscription is made active here.

    What the installation itself takes in with criteria from before there were topics is kept as data, and told nobody.
    """
    is_subscription = isinstance(resource, dict) and resource.get("resourceType") == TYPE
    return is_subscription and not (door.context.is_system and not door.context.client and is_classic(resource))


def by_itself(changes: Any) -> Refusal | None:
    """Why a Subscription to be told by is not taken as a resource like others."""
    if not any(isinstance(one, Change) and one.type == TYPE and not is_classic(one.resource) for one in changes):
        return None
    text = "A Subscription is changed and removed by its id, and not under a condition."
    return refused(Kind.UNPROCESSABLE, "not-supported", text, TYPE)


async def read(door: Door, id: str, version: int | None) -> Stored | None:
    """The Subscription of whoever asks, at its present version; None when they have none of this id."""
    found = await _mine(door, id, "r")
    if found is None or version not in (None, found.version):
        return None
    await door.log(Entry(door.context, "R", NUMBER_OF_TYPE, id, found.version))
    return found.stored()


async def _mine(door: Door, id: str, letter: str) -> Kept | None:
    found = next(iter(await own(door, [id])), None)
    return found if found is not None and lets_own(door.context, found.stored().resource(), letter) else None


async def beside(door: Door, query: Query, page: Page) -> Page | Refusal:
    """The first page of a search, with one's own that match before what else was found."""
    found = await _found(door, query)
    if isinstance(found, Refusal):
        return found
    total = None if page.total is None else page.total + len(found)
    return msgspec.structs.replace(page, matches=(*found[: query.count], *page.matches), total=total)


async def _found(door: Door, query: Query) -> list[Stored] | Refusal:
    """One's own that match; refused for what they cannot be held against, if there are any."""
    mine = await own(door)
    if not mine:
        return []
    if (
        query.links
        or query.filters
        or any(one.modifier or one.parameter.type not in ("token", "uri") for one in query.clauses)
    ):
        text = "Subscriptions are found by _id, status, type, payload, contact and url, without modifiers."
        return refused(Kind.INVALID, "not-supported", text, "url")
    found = [(one.stored(), one.stored().resource()) for one in mine]
    lets = [one for one in found if lets_own(door.context, one[1], "s")]
    return [one for one, resource in lets if fulfils(query.clauses, resource)]


async def create(door: Door, resource: Resource, condition: Query | None = None, id: str = "") -> Answer:
    """Make a valid Subscription, active once its receiver has answered; with `condition` only if none fulfils it.

    Its `id` was made before when others refer to it.
    """
    refusal = None if lets_own(door.context, resource, "c") else insufficient()
    there = await _found(door, condition) if condition is not None and refusal is None else []
    if isinstance(there, Refusal):
        return there
    if there:
        several = refused(Kind.PRECONDITION, "multiple-matches", "More than one resource fulfils the condition.")
        return several if len(there) > 1 else Written(there[0], created=False, found=True)
    wish = refusal or _wish(door, resource, id or door.store.mint.make(door.store.mint.new_shard()), ())
    if isinstance(wish, Refusal):
        await door.log(Entry(door.context, "C", NUMBER_OF_TYPE, outcome=REFUSED))
        return wish
    kept = await add(door, *wish)
    if kept is None:
        text = f"Nobody can have more than {MOST_OWNED} subscriptions."
        return refused(Kind.UNPROCESSABLE, "too-costly", text, TYPE)
    return Written(kept.stored(), created=True)


async def update(door: Door, id: str, resource: Any, expected: int | None) -> Answer:
    """A new version of one's own; a header whose value is `*` keeps the value that it had."""
    valid = replacement(resource)
    if isinstance(valid, Refusal):
        return valid
    if valid.get("id") != id:
        text = f"The resource must be a {TYPE} with the id of the address."
        return refused(Kind.INVALID, "invalid", text, f"{TYPE}.id")
    answer = await _in_turn(door, id, lambda _: valid, expected)
    if answer is None:
        await door.log(Entry(door.context, "U", NUMBER_OF_TYPE, id, outcome=REFUSED))
        return not_found()
    return answer


async def patch(door: Door, id: str, patch: Patch, expected: int | None) -> Answer | None:
    """One's own, patched as it is read; None when there is none of this id."""

    def made(found: Kept) -> Resource | Refusal:
        resource = patched(found.stored().resource(), patch)
        return resource if isinstance(resource, Refusal) else checked(resource)

    return await _in_turn(door, id, made, expected)


async def _in_turn(
    door: Door, id: str, make: Callable[[Kept], Resource | Refusal], expected: int | None
) -> Answer | None:
    """What `make` makes of one's own, again when its state changed meanwhile; None when there is none of this id."""
    for _ in range(TRIES):
        found = await _mine(door, id, "u")
        if found is None:
            return None
        resource = make(found) if expected in (None, found.version) else conflict()
        if isinstance(resource, Refusal):
            return resource
        answer = await _changed(door, found, resource)
        if answer is not None:
            return answer
    return conflict()


async def _changed(door: Door, found: Kept, resource: Resource) -> Answer | None:
    """A new version, None when another was made meanwhile."""
    if resource.get("status") in ("active", "error") and found.status == resource["status"]:
        resource = {**resource, "status": "requested"}
    held = HeaderSeal(door.store.secret).open(found.headers, found.id)
    may = lets_own(door.context, resource, "u")
    wish = _wish(door, resource, found.id, held) if may else insufficient()
    if isinstance(wish, Refusal):
        await door.log(Entry(door.context, "U", NUMBER_OF_TYPE, found.id, outcome=REFUSED))
        return wish
    kept = await change(door, found.id, wish[1], found.version)
    return None if kept is None else Written(kept.stored(), created=False)


async def delete(door: Door, id: str, expected: int | None) -> Answer | None:
    """Take one's own out; None when there is none of this id."""
    found = await _mine(door, id, "d")
    if found is None:
        return None
    if expected not in (None, found.version) or not await remove(door, id, expected):
        return conflict()
    return Written(found.stored(), created=False)


def _wish(door: Door, resource: Resource, id: str, held: Headers) -> tuple[str, Wish] | Refusal:
    wanted = read_wanted(resource)
    if isinstance(wanted, Refusal):
        return wanted
    unfit = door.store.endpoints(wanted.endpoint) if wanted.channel == "rest-hook" else None
    if unfit is not None:
        return unfit
    for one in wanted.filters:
        if clauses_of(wanted.topic.resource, one) is None:
            asked = read_query(wanted.topic.resource, [(name, ",".join(values)) for name, values in one], strict=True)
            text = "This filter can't be held against an event: it takes codes and local references."
            unfit = refused(Kind.UNPROCESSABLE, "not-supported", text, f"{TYPE}.criteria.extension")
            return asked if isinstance(asked, Refusal) else unfit
    known = dict(held)
    missing = [name for name, value in wanted.headers if value == WITHHELD and name not in known]
    if missing:
        text = f"There is no value yet that {WITHHELD} could stand for."
        return refused(Kind.UNPROCESSABLE, "value", text, f"{TYPE}.channel.header")
    headers = tuple((name, known[name] if value == WITHHELD else value) for name, value in wanted.headers)
    kept = {name: value for name, value in shown(resource).items() if name not in ("id", "status", "error")}
    status = resource["status"]
    return id, Wish(wanted, kept, HeaderSeal(door.store.secret).close(headers, id), status)
