"""From a finished way to a proposal: its drafts become a change of the region's files, once."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping

import msgspec

from saman.flows.governance.changes import CHANGES, Change, Edit, State, new_id
from saman.flows.governance.changes_texts import name_refused, text_refused
from saman.flows.governance.mandate import Matter, barred
from saman.flows.governance.ways import is_overtaken
from saman.kernel.outcome import Kind, Refusal, refused
from saman.model.care.way_adding import with_agreement
from saman.model.care.way_going import Going
from saman.record import Record, Store
from saman.record.workspace import Draft, Item, Workspace, write_all

AGREEMENTS = "agreements.yaml"


class Proposed(msgspec.Struct, frozen=True):
    """Which change a way was proposed as."""

    change: str


PROPOSED = Workspace("way-change", Proposed)
"""What became of a way, by the way's own id: so two who press at once make one proposal."""


class Drafts(msgspec.Struct, frozen=True, kw_only=True):
    """What a way gives: the id of its service, two texts, and in which words it is proposed."""

    service: str
    service_text: str
    agreement_text: str
    subject: str
    reason: str


async def proposed(store: Store, way: str) -> Item[Change] | None:
    """The change that a way was proposed as last."""
    link = await PROPOSED.one(store, way)
    return await CHANGES.one(store, link.body.change) if link else None


def is_withdrawn(change: Item[Change] | None) -> bool:
    """Whether a way can be proposed: it never was, or the proposal was withdrawn."""
    return change is None or change.body.state is State.WITHDRAWN


async def propose(record: Record, way: Item[Going], there: Mapping[str, str], drafts: Drafts) -> Item[Change] | Refusal:
    """Propose the drafts of a finished way; where that was done already, its proposal is the answer."""
    refusal = barred(record.context, Matter.FILES) or (None if way.body.finished else _unfinished())
    if refusal is not None:
        return refusal
    link = await PROPOSED.one(record.store, way.id)
    held = await proposed(record.store, way.id)
    if held is not None and not is_withdrawn(held):
        return held
    edits = await asyncio.to_thread(_edits, there, drafts)
    if isinstance(edits, Refusal):
        return edits
    change = Change(subject=drafts.subject, edits=edits, writers=(record.context.actor,))
    made = Draft(id=new_id(), seen=0, body=change, reason=drafts.reason)
    kept = Draft(id=way.id, seen=link.version if link else 0, body=Proposed(made.id), reason=drafts.reason)
    written = await write_all(record.store, record.context, [(CHANGES, made), (PROPOSED, kept)])
    if not isinstance(written, Refusal):
        return written[0]
    return (await proposed(record.store, way.id) if is_overtaken(written) else None) or written


def _edits(there: Mapping[str, str], drafts: Drafts) -> tuple[Edit, ...] | Refusal:
    """The new service, and the agreement as the last of the region's."""
    agreements = with_agreement(there.get(AGREEMENTS), drafts.agreement_text)
    if agreements is None:
        text = "The agreement has no place in agreements.yaml as that is written. Put it there by hand."
        return refused(Kind.UNPROCESSABLE, "value", text, AGREEMENTS, key="way.no-place")
    texts = {AGREEMENTS: agreements, f"services/{drafts.service}.yaml": drafts.service_text}
    for path, text in texts.items():
        if refusal := name_refused(path) or text_refused(path, text):
            return refusal
    return tuple(Edit(path, there.get(path), text) for path, text in sorted(texts.items()))


def _unfinished() -> Refusal:
    text = "The way is not finished, so its drafts can still change."
    return refused(Kind.CONFLICT, "conflict", text, key="way.unfinished")
