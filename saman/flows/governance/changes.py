"""Changes of a region's files: proposed by people with a mandate, read and talked about by everybody at work, approved
by a second person where they touch who may see what, applied whole or not at all, and taken back by a new one.
"""

from __future__ import annotations

import asyncio
import secrets
from collections.abc import Mapping, Sequence
from datetime import datetime
from enum import Enum

import msgspec

from saman.flows.governance.changes_texts import digest_of, merged, name_refused, text_refused
from saman.flows.governance.mandate import Matter, barred
from saman.kernel.outcome import Kind, Refusal, refused
from saman.record import Record, Store, not_found
from saman.record.workspace import CHANGED, Draft, Item, Workspace

MOST_EDITS = 20
MOST_WORDS = 2_000
"""Characters of a subject, a reason or a comment."""
MOST_COMMENTS = 500


class State(Enum):
    """How far a change has come."""

    OPEN = "open"
    WITHDRAWN = "withdrawn"
    APPLYING = "applying"
    APPLIED = "applied"


class Edit(msgspec.Struct, frozen=True):
    """One file, by its path below the region's folder: its text before and after, None where there is no such file."""

    path: str
    before: str | None
    after: str | None


class Approval(msgspec.Struct, frozen=True):
    """Who approved what, and when: the version that was read, and a digest of all files that it would lead to."""

    by: str
    at: datetime
    version: int
    digest: str


class Change(msgspec.Struct, frozen=True, kw_only=True):
    """A proposal. `writers` are all who wrote its texts; `undoes` is the change that it takes back."""

    subject: str
    edits: tuple[Edit, ...]
    writers: tuple[str, ...]
    state: State = State.OPEN
    approval: Approval | None = None
    undoes: str = ""

    def edit(self, path: str) -> Edit | None:
        """What it changes in a file."""
        return next((one for one in self.edits if one.path == path), None)

    @property
    def is_open(self) -> bool:
        """Whether it can still be changed."""
        return self.state is State.OPEN


class Comment(msgspec.Struct, frozen=True):
    """What somebody said of a change."""

    by: str
    at: datetime
    text: str


class Talk(msgspec.Struct, frozen=True):
    """All that was said of one change."""

    comments: tuple[Comment, ...]


CHANGES = Workspace("change", Change)
TALKS = Workspace("change-talk", Talk)


class Write(msgspec.Struct, frozen=True, kw_only=True):
    """A text as somebody typed it: for which file, on the ground of which text, over which text in force.

    `text` and `base` are None where there is no such file; `onto` is the digest of the text in force that was seen.
    """

    path: str
    text: str | None
    base: str | None
    onto: str
    subject: str
    reason: str


class Clashing(msgspec.Struct, frozen=True):
    """Somebody else changed the same meanwhile: what is there now."""

    now: str | None


def after(files: Mapping[str, str], change: Change, folder: str) -> dict[str, str]:
    """The files as they would be with a change."""
    found = dict(files)
    for one in change.edits:
        path = f"{folder}/{one.path}"
        if one.after is None:
            found.pop(path, None)
        else:
            found[path] = one.after
    return found


def own(files: Mapping[str, str], folder: str) -> dict[str, str]:
    """The texts of the region's own files, by path below its folder."""
    return {path.removeprefix(f"{folder}/"): text for path, text in files.items() if path.startswith(f"{folder}/")}


def outdated(change: Change, there: Mapping[str, str]) -> tuple[str, ...]:
    """The files that are no longer as the change found them; `there` are the region's own."""
    return tuple(one.path for one in change.edits if there.get(one.path) != one.before)


async def write(
    record: Record, item: Item[Change] | None, there: Mapping[str, str], wanted: Write
) -> Item[Change] | Clashing | Refusal:
    """Keep a text in a change, or in a new one; where somebody else wrote meanwhile, that is answered instead."""
    refusal = barred(record.context, Matter.FILES) or _unfit(item, there, wanted)
    if refusal is not None:
        return refusal
    held = item.body.edit(wanted.path) if item is not None else None
    now = there.get(wanted.path)
    present = held.after if held is not None else now
    if present != wanted.base:
        return Clashing(present)
    kept = held is not None and wanted.onto != digest_of(now)
    edit = Edit(wanted.path, held.before if held is not None and kept else now, wanted.text)
    body = _with(item, edit, wanted.subject, record.context.actor)
    draft = Draft(id=item.id if item else new_id(), seen=item.version if item else 0, body=body, reason=wanted.reason)
    return await CHANGES.write(record.store, record.context, draft)


def _unfit(item: Item[Change] | None, there: Mapping[str, str], wanted: Write) -> Refusal | None:
    if item is not None and not item.body.is_open:
        return closed()
    new = wanted.path not in there and (item is None or item.body.edit(wanted.path) is None)
    edits = len(item.body.edits) if item is not None else 0
    if edits >= MOST_EDITS and item is not None and item.body.edit(wanted.path) is None:
        return refused(Kind.UNPROCESSABLE, "too-long", "Too many files.", "text", key="changes.too-many")
    refusal = (name_refused(wanted.path) if new else None) or _worded(wanted)
    return refusal or (text_refused(wanted.path, wanted.text) if wanted.text is not None else None)


def _worded(wanted: Write) -> Refusal | None:
    for name in ("subject", "reason"):
        if not getattr(wanted, name).strip():
            return refused(Kind.UNPROCESSABLE, "required", "Say it in a few words.", name, key=f"changes.{name}")
        if len(getattr(wanted, name)) > MOST_WORDS:
            return refused(Kind.UNPROCESSABLE, "too-long", "Write less.", name, key="changes.words")
    return None


def _with(item: Item[Change] | None, edit: Edit, subject: str, writer: str) -> Change:
    """The change with a text in it; an approval of what it was before falls away."""
    held = item.body.edits if item is not None else ()
    writers = item.body.writers if item is not None else ()
    others = tuple(one for one in held if one.path != edit.path)
    edits = others if edit.before == edit.after else (*others, edit)
    return Change(
        subject=" ".join(subject.split()),
        edits=tuple(sorted(edits, key=lambda one: one.path)),
        writers=(*writers, *(() if writer in writers else (writer,))),
        undoes=item.body.undoes if item is not None else "",
    )


def new_id() -> str:
    """An id that nobody can guess the next of."""
    return secrets.token_hex(8)


def closed() -> Refusal:
    """The refusal of work on a change that is withdrawn or applied."""
    text = "This proposal is closed. Make a new one."
    return refused(Kind.CONFLICT, "conflict", text, key="changes.closed")


async def found(store: Store, id: str, seen: int | None = None) -> Item[Change] | Refusal:
    """A change by its id; refused when `seen` is not its newest version."""
    item = await CHANGES.one(store, id)
    if item is None:
        return not_found()
    if seen in (None, item.version):
        return item
    text = "Somebody else has changed this meanwhile. Look at what they wrote."
    return refused(Kind.CONFLICT, "conflict", text, key=CHANGED)


async def withdraw(record: Record, item: Item[Change], reason: str) -> Item[Change] | Refusal:
    """End a change that is not applied."""
    refusal = barred(record.context, Matter.FILES) or (None if item.body.is_open else closed())
    if refusal is not None:
        return refusal
    body = msgspec.structs.replace(item.body, state=State.WITHDRAWN, approval=None)
    return await _next(record, item, body, reason)


async def _next(record: Record, item: Item[Change], body: Change, reason: str) -> Item[Change] | Refusal:
    draft = Draft(id=item.id, seen=item.version, body=body, reason=reason)
    return await CHANGES.write(record.store, record.context, draft)


async def bring_up_to_date(
    record: Record, item: Item[Change], there: Mapping[str, str], reason: str
) -> Item[Change] | Refusal:
    """Put a change on top of what was applied since it was written; refused where both changed the same lines."""
    refusal = barred(record.context, Matter.FILES) or (None if item.body.is_open else closed())
    if refusal is not None:
        return refusal
    edits = await asyncio.to_thread(_moved, item.body.edits, there)
    if edits is None:
        text = "Both changed the same lines. Open the file here, and put them together by hand."
        return refused(Kind.CONFLICT, "conflict", text, key="changes.clash")
    writers = (*item.body.writers, record.context.actor)
    body = msgspec.structs.replace(item.body, edits=edits, approval=None, writers=tuple(dict.fromkeys(writers)))
    return await _next(record, item, body, reason)


def _moved(edits: Sequence[Edit], there: Mapping[str, str]) -> tuple[Edit, ...] | None:
    moved = []
    for one in edits:
        now = there.get(one.path)
        if now != one.before:
            both = merged(one.before or "", now or "", one.after or "")
            if both.clashes or None in (now, one.before, one.after):
                return None
            one = Edit(one.path, now, both.text)
        if one.before != one.after:
            moved.append(one)
    return tuple(moved)


async def undo(
    record: Record, item: Item[Change], there: Mapping[str, str], words: tuple[str, str]
) -> Item[Change] | Refusal:
    """A new change that takes an applied one back; `words` are its subject and reason."""
    refusal = barred(record.context, Matter.FILES)
    if refusal is None and item.body.state is not State.APPLIED:
        refusal = refused(Kind.CONFLICT, "conflict", "Only what was applied can be undone.", key="changes.not-applied")
    if refusal is not None:
        return refusal
    back = [Edit(one.path, one.after, one.before) for one in item.body.edits]
    same = all(there.get(one.path) == one.before for one in back)
    edits = tuple(back) if same else await asyncio.to_thread(_moved, back, there)
    if not edits:
        text = "Later changes touch the same lines. Change the files by hand."
        return refused(Kind.CONFLICT, "conflict", text, key="changes.clash")
    body = Change(subject=words[0], edits=edits, writers=(record.context.actor,), undoes=item.id)
    draft = Draft(id=new_id(), seen=0, body=body, reason=words[1])
    return await CHANGES.write(record.store, record.context, draft)


async def comment(record: Record, id: str, text: str) -> Item[Talk] | Refusal:
    """Say something of a change; of several who do so at once, all are kept."""
    said = text.strip().replace("\x00", "")
    if not said or len(said) > MOST_WORDS:
        return refused(Kind.UNPROCESSABLE, "value", "Write a comment.", "comment", key="changes.comment")
    one = Comment(record.context.actor, record.context.now, said)
    while True:
        talk = await TALKS.one(record.store, id)
        before = talk.body.comments if talk else ()
        if len(before) >= MOST_COMMENTS:
            return refused(Kind.UNPROCESSABLE, "too-long", "Too many comments.", "comment", key="changes.comments")
        draft = Draft(id=id, seen=talk.version if talk else 0, body=Talk((*before, one)), reason="comment")
        written = await TALKS.write(record.store, record.context, draft)
        if not isinstance(written, Refusal) or written.issues[0].key != CHANGED:
            return written
