"""What a professional is told of restrictions, and how to open them: by the country's rows R06 and R08 to R11."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

import msgspec

from saman.flows.reading import all_of, moment_of
from saman.kernel.outcome import Kind, Refusal, refused
from saman.model.access import Purpose
from saman.model.access.terms import Opening, RestrictionVisible, of_kind, opening_at
from saman.model.care import codes
from saman.model.fhir import resource_number
from saman.record import SYSTEM, Record, Stored
from saman.record.audit import OK, Entry
from saman.record.hidden import Hidden, hidden_of
from saman.record.membership import controller_of

OFTEN, WHILE = 5, timedelta(hours=1)
"""So many openings of one professional in so long; who needs more calls somebody."""


class Standing(msgspec.Struct, frozen=True, kw_only=True):
    """Where a professional stands with a person.

    `told`: whether the country lets her know that something is restricted; only then `restricted` says whether
    anything is, and `holders` (Organization ids) whose it is, where that may be known. `terms` say on which grounds it
    may be opened, in how many steps and for how long; None where it may not be. `opened` is her own opening that lasts.
    """

    told: bool
    restricted: bool
    holders: tuple[str, ...]
    terms: Opening | None
    opened: Opened | None


class Opened(msgspec.Struct, frozen=True, kw_only=True):
    """An opening: its Task at a version, of whom, on which ground and with what reason, from when until when.

    `holder` is the Organization whose data alone it opens; empty: all that is restricted.
    """

    id: str
    version: int
    person: str
    ground: str
    reason: str
    since: datetime
    until: datetime
    holder: str = ""

    def lasts(self, now: datetime) -> bool:
        """Whether it counts at a time."""
        return self.since <= now < self.until


def unfenced(record: Record) -> Record:
    """The record as Saman itself works on it, logged in the name of the one who asks. For this folder alone."""
    context = msgspec.structs.replace(record.context, number=SYSTEM, kind="system", narrowing=None)
    return Record(record.store, context, record.base, record.connection)


async def standing(record: Record, person: str) -> Standing | Refusal:
    """Where the professional who asks stands with the Patient with the id `person`; the log says that she asked."""
    if not is_professional(record):
        return not_yours()
    mine = await own_openings(record, person)
    if isinstance(mine, Refusal):
        return mine
    now = record.context.now
    lasting = next((one for one in mine if one.lasts(now)), None)
    await record.log(entry_of(record, person, "restrictions"))
    visible = of_kind(record.store.policy, RestrictionVisible, now)
    told, hidden = await told_of(record, person)
    shows_holder = visible is not None and visible.visible == "existence_and_holder"
    return Standing(
        told=told,
        restricted=bool(hidden),
        holders=tuple(sorted({one.holder for one in hidden if one.holder})) if shows_holder else (),
        terms=opening_at(record.store.policy, now),
        opened=lasting,
    )


async def told_of(record: Record, person: str) -> tuple[bool, tuple[Hidden, ...]]:
    """Whether the country lets her know that something is restricted, and what she is kept from where it does.

    Where only the custodian may know (R06 `seen_by`), that is what her own organisation is responsible for.
    """
    now, statements = record.context.now, record.store.statements
    visible = of_kind(record.store.policy, RestrictionVisible, now)
    if visible is None or visible.visible == "hidden":
        return False, ()
    hidden = await hidden_of(record.store, record.context, person)
    if visible.seen_by != "custodian" or not hidden:
        return visible.seen_by != "custodian", hidden
    own = await controller_of(statements, record.context.party, now) or record.context.party
    kept = [
        one for one in hidden if one.holder and (await controller_of(statements, one.holder, now) or one.holder) == own
    ]
    return bool(kept), tuple(kept)


def is_professional(record: Record) -> bool:
    """Whether a person of the staff asks, acting in her ordinary assignment."""
    context = record.context
    return context.kind == "staff" and context.party != "" and context.actor.startswith("Practitioner/")


def not_yours() -> Refusal:
    """Somebody else's door."""
    return refused(Kind.FORBIDDEN, "forbidden", "Only professionals open what is restricted.", key="opening.not-yours")


async def own_openings(record: Record, person: str = "") -> tuple[Opened, ...] | Refusal:
    """Those of the professional who asks at her unit, newest first; of one person or of everybody."""
    tasks = await own_tasks(record, person)
    if isinstance(tasks, Refusal):
        return tasks
    found = (opened_of(one) for one in tasks)
    return tuple(sorted((one for one in found if one is not None), key=lambda one: one.since, reverse=True))


async def own_tasks(record: Record, person: str = "") -> tuple[Stored, ...] | Refusal:
    """The Tasks of her openings at her unit, also of those where only the first of two steps was taken."""
    pairs = [("code", f"{codes.TASK}|{codes.OPENING}"), ("requester", record.context.actor)]
    pairs += [("patient", f"Patient/{person}")] if person else []
    tasks = await all_of(unfenced(record), "Task", pairs)
    return tasks if isinstance(tasks, Refusal) else tuple(one for one in tasks if _is_of(one, record))


def _is_of(task: Stored, record: Record) -> bool:
    unit = codes.extension_of(task.resource(), codes.SENT_FOR).get("valueReference", {})
    return bool(unit.get("reference") == f"Organization/{record.context.party}")


def opened_of(stored: Stored) -> Opened | None:
    """A stored Task as an opening; None while only the first of two steps was taken."""
    task = stored.resource()
    period = task.get("restriction", {}).get("period", {})
    if task["status"] in ("draft", "entered-in-error") or "end" not in period:
        return None
    return Opened(
        id=stored.id,
        version=stored.version,
        person=task["for"]["reference"].removeprefix("Patient/"),
        ground=codes.code_of(task.get("reasonCode"), codes.OPENING_GROUND),
        reason=str(task.get("reasonCode", {}).get("text", "")),
        since=moment_of(period["start"]),
        until=moment_of(period["end"]),
        holder=_holder_in(task),
    )


def _holder_in(task: dict[str, Any]) -> str:
    inputs: list[dict[str, Any]] = task.get("input", [])
    held = [one for one in inputs if codes.code_of(one["type"], codes.TASK_INPUT) == codes.OPENING_OF]
    return str((held or [{}])[0].get("valueReference", {}).get("reference", "")).removeprefix("Organization/")


async def holders_of(record: Record, person: str) -> tuple[str, ...]:
    """Whose data of a person are withheld, as an emergency lets her know where the country says so; logged."""
    visible = of_kind(record.store.policy, RestrictionVisible, record.context.now)
    await record.log(entry_of(record, person, "restrictions"))
    if visible is None or visible.in_emergency != "existence_and_holder":
        return ()
    return tuple(sorted({one.holder for one in await hidden_of(record.store, record.context, person) if one.holder}))


def entry_of(record: Record, person: str, query: str, outcome: int = OK) -> Entry:
    """An entry of the log that says what was done about a person, beside reading."""
    number = resource_number("Patient")
    return Entry(record.context, "E", number, person, person=person, outcome=outcome, query=query)


EMERGENCY = Purpose.BREAK_THE_GLASS.value
