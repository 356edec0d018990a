"""Approving and applying changes of a region's files: one at a time, whole or not at all, as they were read."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from datetime import datetime
from typing import NamedTuple

import msgspec

from saman.flows.governance.applying import PAGE, How, apply_files
from saman.flows.governance.changes import CHANGES, Approval, Change, State, after, closed, found, outdated, own
from saman.flows.governance.changes_meaning import Meaning, meaning
from saman.flows.governance.changes_texts import digest_of_all
from saman.flows.governance.mandate import Matter, barred
from saman.flows.governance.persons import is_among
from saman.kernel.outcome import Kind, Refusal, refused
from saman.record import Record, Store
from saman.record.applied import newest
from saman.record.workspace import CHANGED, Draft, Item


class Standing(msgspec.Struct, frozen=True, kw_only=True):
    """How a change stands against the files in force: what it would lead to, what that means, what is in its way.

    `approved`: somebody else has approved just this, and nothing was applied since that changes what it leads to.
    """

    files: Mapping[str, str]
    number: int
    there: Mapping[str, str]
    after: Mapping[str, str]
    meaning: Meaning
    outdated: tuple[str, ...]
    approved: bool

    @property
    def needs_second(self) -> bool:
        """Whether two people are needed, since it touches who may see what."""
        return bool(self.meaning.sight)

    @property
    def is_ready(self) -> bool:
        """Whether it could be applied as it is, but for somebody's approval."""
        return not self.meaning.wrong and not self.outdated


class InForce(NamedTuple):
    """The texts in force by path below the folder that holds the regions, and the number of their version."""

    texts: Mapping[str, str]
    number: int


class Files(msgspec.Struct, frozen=True, kw_only=True):
    """The texts that a server began with, by path below the folder that holds the regions, and its region's folder."""

    texts: Mapping[str, str]
    folder: str

    async def in_force(self, store: Store) -> InForce:
        """What was applied last; before anything was, what the server began with."""
        held = await newest(store.statements)
        return InForce(held.files, held.applied.number) if held is not None else InForce(self.texts, 0)

    async def now(self, store: Store) -> Mapping[str, str]:
        """The texts in force."""
        return (await self.in_force(store)).texts


async def standing(store: Store, files: Files, change: Change, now: datetime, language: str) -> Standing:
    """How a change stands now."""
    texts, number = await files.in_force(store)
    there, then = own(texts, files.folder), after(texts, change, files.folder)
    means = await asyncio.to_thread(meaning, texts, then, files.folder, now, language)
    approval = change.approval
    return Standing(
        files=texts,
        number=number,
        there=there,
        after=then,
        meaning=means,
        outdated=outdated(change, there),
        approved=approval is not None and approval.digest == digest_of_all(then),
    )


async def approve(record: Record, files: Files, item: Item[Change], reason: str) -> Item[Change] | Refusal:
    """Approve a change as it was read: refused for whoever wrote any of it, and for what could not be applied."""
    refusal = barred(record.context, Matter.APPROVAL) or (None if item.body.is_open else closed())
    if refusal is None and await is_among(record, record.context.actor, item.body.writers):
        text = "Somebody else has to approve this: you wrote it."
        refusal = refused(Kind.FORBIDDEN, "forbidden", text, key="changes.own")
    if refusal is not None:
        return refusal
    stands = await standing(record.store, files, item.body, record.context.now, "en")
    if not stands.is_ready:
        return _unready()
    context = record.context
    approval = Approval(context.actor, context.now, item.version, digest_of_all(stands.after))
    body = msgspec.structs.replace(item.body, approval=approval)
    return await CHANGES.write(record.store, context, Draft(id=item.id, seen=item.version, body=body, reason=reason))


def _shut(item: Item[Change]) -> Refusal | None:
    return None if item.body.state in (State.OPEN, State.APPLYING) else closed()


def _unready() -> Refusal:
    text = "Something is wrong with the files, or they have changed since. Put that right first."
    return refused(Kind.CONFLICT, "conflict", text, key="changes.unready")


async def apply(record: Record, files: Files, item: Item[Change], reason: str) -> Item[Change] | Refusal:
    """Bring a change into force. One that was begun and broken off is begun anew, by whoever has the mandate."""
    refusal = barred(record.context, Matter.FILES) or _shut(item)
    if refusal is not None:
        return refusal
    stands = await standing(record.store, files, item.body, record.context.now, "en")
    if item.body.state is State.APPLYING and _is_there(stands.there, item.body):
        return await _state(record, item, item.body, State.APPLIED, reason)
    refusal = _unready() if not stands.is_ready else _second() if stands.needs_second and not stands.approved else None
    if refusal is not None:
        return refusal if item.body.is_open else await _reopened(record, item, reason, refusal)
    begun = await _state(record, item, item.body, State.APPLYING, reason)
    if isinstance(begun, Refusal):
        return begun
    how = How(origin=PAGE, expected=stands.number)
    done = await apply_files(
        record.store, stands.after, files.folder, record.context.now, record.context.actor, reason, how
    )
    ended = await _ended(record, files, begun, reason)
    is_applied = not isinstance(ended, Refusal) and ended.body.state is State.APPLIED
    return done if isinstance(done, Refusal) and not is_applied else ended


async def _ended(record: Record, files: Files, begun: Item[Change], reason: str) -> Item[Change] | Refusal:
    """Say what became of a change that was begun, also when somebody else began it anew meanwhile."""
    while True:
        item = await found(record.store, begun.id)
        if isinstance(item, Refusal):
            return item
        there = own(await files.now(record.store), files.folder)
        state = State.APPLIED if _is_there(there, item.body) else State.OPEN
        if item.body.state in (state, State.WITHDRAWN):
            return item
        written = await _state(record, item, item.body, state, reason)
        if not isinstance(written, Refusal) or written.issues[0].key != CHANGED:
            return written


def _is_there(there: Mapping[str, str], change: Change) -> bool:
    return all(there.get(one.path) == one.after for one in change.edits)


def _second() -> Refusal:
    text = "This touches who may see what: a second person has to approve it first."
    return refused(Kind.FORBIDDEN, "forbidden", text, key="changes.second")


async def _reopened(record: Record, item: Item[Change], reason: str, refusal: Refusal) -> Refusal:
    """The refusal of what was begun and broken off: it can be worked on again."""
    opened = await _state(record, item, item.body, State.OPEN, reason)
    return opened if isinstance(opened, Refusal) else refusal


async def _state(record: Record, item: Item[Change], body: Change, state: State, reason: str) -> Item[Change] | Refusal:
    body = msgspec.structs.replace(body, state=state)
    draft = Draft(id=item.id, seen=item.version, body=body, reason=reason)
    return await CHANGES.write(record.store, record.context, draft)
