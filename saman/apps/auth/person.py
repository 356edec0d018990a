"""From a proven national identifier to the people of the record who hold it: never by name."""

from __future__ import annotations

from collections import Counter
from datetime import datetime, tzinfo
from typing import Any

from saman.apps.auth.oidc.way import Signed
from saman.apps.auth.users import User, find_users
from saman.apps.ui.locales import mark
from saman.kernel.outcome import Kind, Refusal, refused
from saman.model.access.moment import END, START, begins, is_over
from saman.record import Record, Stored
from saman.record.credentials.holder import holders
from saman.record.present import present

UNKNOWN = mark("You are who you say, but you are not registered here. Ask the one who sent you here to register you.")
SEVERAL = mark(
    "Your number stands with more than one person here, so nobody was signed in. Tell us, and we put it right."
)
IDLE = mark("You are registered here, but have no role now and are nobody's relative. Ask the leader of your unit.")

Resource = dict[str, Any]


async def people_of(record: Record, signed: Signed) -> tuple[str, ...] | Refusal:
    """Who somebody is here; `record` is the system's own."""
    return await people_with(record, signed.system, signed.value)


async def people_with(record: Record, system: str, value: str) -> tuple[str, ...] | Refusal:
    """Who holds an identifier: at most one Practitioner and Patient, and a RelatedPerson for each they are close to.

    `record` is the system's own. Refused when nobody holds the identifier, and when two of a kind do.
    """
    found: list[Stored] = []
    now, zone = record.context.now, record.store.policy.zone
    for type_name in ("Practitioner", "Patient", "RelatedPerson"):
        held = await holders(record, type_name, system, value)
        found += [one for one in held if _is_current(one.resource(), now, zone)]
    if not found:
        return refused(Kind.FORBIDDEN, "not-found", "Nobody here holds the identifier.", "unknown", key=UNKNOWN)
    if max(Counter(_alone(one) for one in found).values()) > 1:
        return refused(Kind.FORBIDDEN, "duplicate", "Two people here hold the identifier.", "several", key=SEVERAL)
    return tuple(one.reference for one in found)


def _alone(one: Stored) -> tuple[str, str]:
    """What there may be one of: a kind of person, or a relative of one citizen."""
    return one.type, one.resource().get("patient", {}).get("reference", "") if one.type == "RelatedPerson" else ""


def _is_current(person: Resource, now: datetime, zone: tzinfo) -> bool:
    """Whether somebody can sign in: in use, alive, not merged into another, within the period."""
    dead = person.get("deceasedBoolean", False) or "deceasedDateTime" in person
    merged = any(link.get("type") == "replaced-by" for link in person.get("link", ()))
    period = person.get("period", {})
    begun = (begins(period.get("start"), zone) or START) <= now
    over = (is_over(period.get("end"), zone) or END) <= now
    return bool(person.get("active", True)) and not dead and not merged and begun and not over


async def current(record: Record, references: tuple[str, ...]) -> tuple[str, ...]:
    """Those of the references who can still sign in; `record` is the system's own."""
    now, zone = record.context.now, record.store.policy.zone
    parts = (one.partition("/") for one in references)
    found = await present(record, ((kind, id) for kind, _, id in parts))
    return tuple(one for one in references if one in found and _is_current(found[one].resource(), now, zone))


async def sharing_identifier(record: Record, user: User) -> tuple[str, ...]:
    """Everybody who holds a national identifier of somebody chosen in the demo, they themselves among them."""
    kind, _, id = user.actor.partition("/")
    found = await record.read(kind, id)
    held = [] if isinstance(found, Refusal) else found.resource().get("identifier", [])
    numbers = [one for one in held if one.get("use") == "official" and "value" in one and "system" in one]
    same = [await people_with(record, one["system"], one["value"]) for one in numbers]
    people = (one for each in same if not isinstance(each, Refusal) for one in each)
    return tuple(dict.fromkeys((user.actor, *people)))


async def users_of(record: Record, references: tuple[str, ...]) -> tuple[User, ...]:
    """Every assignment of the people of `references`, work first."""
    users: list[User] = []
    for reference in references:
        found = await find_users(record, reference)
        users += () if isinstance(found, Refusal) else found
    return tuple(users)
