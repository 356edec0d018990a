"""From proposals to what their pages show."""

from __future__ import annotations

import asyncio
from collections.abc import Iterable, Iterator, Mapping

from saman.apps.ui.locales import mark
from saman.apps.workspace.changes_named import called
from saman.apps.workspace.changes_views import (
    ChangeLine,
    ChangePage,
    ChangesPage,
    DifferenceLine,
    EditShown,
    Finding,
    Meant,
    Said,
)
from saman.apps.workspace.changes_words import HOLDS, PARTS, SIGHT, STATES
from saman.apps.workspace.desk import Desk
from saman.flows.directory import Named
from saman.flows.governance.changes import CHANGES, TALKS, Change, Edit, State, own
from saman.flows.governance.changes_applying import Standing, standing
from saman.flows.governance.changes_texts import difference
from saman.flows.governance.mandate import MANDATES, Matter
from saman.flows.reading import tree_of
from saman.kernel.outcome import Issue, Refusal
from saman.model.care.codes import ROLE
from saman.record.workspace import Item

SOMEBODY = mark("Somebody who is no longer here")
WHATS = {True: mark("new file"), False: mark("file taken away"), None: mark("changed")}


def holds(desk: Desk, path: str) -> str:
    """What a file holds, in the reader's language; for a service or a pathway its name."""
    inner = path.partition("/")[2] if path.startswith("from-") else path
    folder, _, name = inner.rpartition("/")
    id = (name or folder).removesuffix(".yaml")
    if folder == "services" and (service := desk.model.service(id)) is not None:
        return desk.said(service.name)
    if folder == "pathways" and (pathway := desk.model.pathway(id)) is not None:
        return desk.said(pathway.name)
    words = HOLDS.get(folder or id)
    return desk.t(words) if words else ""


def who(desk: Desk, names: Mapping[str, Named], reference: str) -> str:
    """The name and role of somebody."""
    known = names.get(reference)
    if known is None:
        return desk.t(SOMEBODY)
    return f"{known.name}, {desk.role(known.role)}" if known.role else known.name


async def change_lines(desk: Desk, items: Iterable[Item[Change]]) -> tuple[ChangeLine, ...]:
    """Proposals as lines, the newest first."""
    listed = sorted(items, key=lambda one: one.at, reverse=True)
    names = await desk.names({writer for one in listed for writer in one.body.writers})
    return tuple(_line(desk, one, names) for one in listed)


def _line(desk: Desk, item: Item[Change], names: Mapping[str, Named]) -> ChangeLine:
    shape, words = STATES[item.body.state]
    return ChangeLine(
        id=item.id,
        subject=item.body.subject,
        shape=shape,
        state=desk.t(words),
        files=tuple(one.path for one in item.body.edits),
        who=", ".join(who(desk, names, one) for one in item.body.writers),
        at=item.at,
    )


async def changes_page(desk: Desk) -> ChangesPage:
    """All proposals."""
    items = await CHANGES.all(desk.record.store)
    waiting = [one for one in items if one.body.state in (State.OPEN, State.APPLYING)]
    return ChangesPage(
        region=desk.region,
        open=await change_lines(desk, waiting),
        closed=await change_lines(desk, [one for one in items if one not in waiting]),
        may=desk.may(Matter.FILES),
    )


async def change_page(desk: Desk, item: Item[Change]) -> ChangePage:
    """One proposal with all that is known of it."""
    store, change = desk.record.store, item.body
    past, talk = await asyncio.gather(CHANGES.past(store, item.id), TALKS.one(store, item.id))
    comments = talk.body.comments if talk else ()
    live = change.state in (State.OPEN, State.APPLYING)
    stands = await standing(store, desk.files, change, desk.now, desk.words.language) if live else None
    able = await able_to(desk, Matter.APPROVAL) if stands and stands.needs_second else ()
    approval = change.approval
    people = {*change.writers, *able, *(one.by for one in comments), *(one.author for one in past)}
    names = await desk.names(people | ({approval.by} if approval else set()))
    shape, words = STATES[change.state]
    outdated = stands.outdated if stands else ()
    there = set(own(stands.files, desk.files.folder)) if stands else set()
    return ChangePage(
        id=item.id,
        version=item.version,
        subject=change.subject,
        shape=shape,
        state=desk.t(words),
        writers=tuple(who(desk, names, one) for one in change.writers),
        edits=tuple([await _edit(desk, one, outdated) for one in change.edits]),
        meant=_meant(desk, item.id, stands) if stands else None,
        approved=Said(who=who(desk, names, approval.by), at=approval.at, text="") if approval else None,
        approval_holds=stands.approved if stands else change.state is State.APPLIED,
        seconds=tuple(who(desk, names, one) for one in able if one not in change.writers and one in names),
        acts=_acts(desk, item, stands),
        undoes=change.undoes,
        comments=tuple(Said(who=who(desk, names, one.by), at=one.at, text=one.text) for one in comments),
        history=tuple(
            Said(who=who(desk, names, one.author), at=one.at, text=one.reason, number=one.version) for one in past
        ),
        others=tuple(sorted(there - {one.path for one in change.edits})) if change.is_open else (),
    )


async def _edit(desk: Desk, one: Edit, outdated: tuple[str, ...]) -> EditShown:
    kind = True if one.before is None else False if one.after is None else None
    lines = await asyncio.to_thread(difference, one.before or "", one.after or "")
    return EditShown(path=one.path, what=desk.t(WHATS[kind]), lines=lines, is_outdated=one.path in outdated)


def _acts(desk: Desk, item: Item[Change], stands: Standing | None) -> frozenset[str]:
    """What the reader may do with a proposal as it stands."""
    found = set()
    files = desk.may(Matter.FILES)
    if item.body.is_open and files:
        found |= {"edit", "withdraw"}
    if stands is not None and stands.outdated and item.body.is_open and files:
        found.add("update")
    if stands is not None and stands.is_ready and item.body.edits:
        mine = desk.record.context.actor in item.body.writers
        if stands.needs_second and not stands.approved and not mine and desk.may(Matter.APPROVAL) and item.body.is_open:
            found.add("approve")
        if files and (stands.approved or not stands.needs_second):
            found.add("apply")
    if item.body.state is State.APPLYING and files:
        found.add("apply")
    if item.body.state is State.APPLIED and files:
        found.add("undo")
    return frozenset(found)


def _meant(desk: Desk, id: str, stands: Standing) -> Meant:
    means, names = stands.meaning, called(desk)
    return Meant(
        findings=findings(desk, means.wrong, id, ""),
        differences=tuple(
            DifferenceLine(
                part=desk.t(PARTS[one.part]),
                of=names.get((one.part, one.of), one.of),
                where=", ".join(name.replace("_", " ") for name in one.where),
                before=one.before,
                after=one.after,
            )
            for one in means.differences
        ),
        sight=tuple(desk.t(SIGHT[one]) for one in means.sight),
        made=means.made,
        changed=means.changed,
        left=means.left,
        outdated=stands.outdated,
    )


def findings(desk: Desk, issues: Iterable[Issue], id: str, path: str) -> tuple[Finding, ...]:
    """What is wrong, each with where it can be mended: in the text on the page (`path`), or in another one."""
    return tuple(_findings(desk, issues, id, path))


def _findings(desk: Desk, issues: Iterable[Issue], id: str, path: str) -> Iterator[Finding]:
    for one in issues:
        file, _, line = one.path.rpartition(":")
        inner = file.removeprefix(f"{desk.files.folder}/")
        if not line.isdigit() or inner == file:
            yield Finding(place=one.path, text=one.text)
        else:
            address = "" if inner == path else f"/region/work/changes/{id}/files/{inner}"
            yield Finding(place=f"{inner}:{line}", text=one.text, address=f"{address}#L{line}")


async def able_to(desk: Desk, matter: Matter) -> tuple[str, ...]:
    """Who has the mandate for a matter, such as to approve what touches who may see what."""
    codes = ",".join(f"{ROLE}|{role}" for role in sorted(MANDATES[matter]))
    page = await desk.record.search("PractitionerRole", [("role", codes), ("active", "true"), ("_count", "50")])
    roles = () if isinstance(page, Refusal) else [tree_of(one) for one in page.matches]
    return tuple(sorted({one["practitioner"]["reference"] for one in roles if "practitioner" in one}))
