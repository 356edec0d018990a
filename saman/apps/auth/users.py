"""Who can sign in: people of the record, with the assignments they hold."""

from __future__ import annotations

import secrets
from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import Any

import msgspec

from saman.flows.directory import name_of
from saman.kernel.outcome import Kind, Refusal, refused
from saman.model.access import Holder, Purpose
from saman.model.access.membership import Membership
from saman.model.access.moment import END
from saman.record import Record, Store, Stored, system
from saman.record.membership import held_now
from saman.record.present import present

SIGN_IN = "sign-in"
"""How requests of `for_sign_in` begin in the log of access."""

Resource = dict[str, Any]


class User(msgspec.Struct, frozen=True, kw_only=True):
    """Somebody with one assignment. `id` is what `--as` and the demo's sign-in take.

    `party` is an Organization id, `until` when the role ends (None: until further notice), `about` the Patient id of a
    citizen or of whom a relative takes part for, who in the demo is named (`about_name`).
    """

    id: str
    name: str
    kind: Holder
    actor: str
    role: str
    about: str = ""
    about_name: str = ""
    party: str = ""
    party_name: str = ""
    until: datetime | None = None
    born: str = ""
    place: str = ""
    languages: tuple[str, ...] = ()

    @property
    def purpose(self) -> str:
        """The purpose of use that goes with how somebody signs in."""
        return _PURPOSES[self.kind].value


_PURPOSES = {
    Holder.STAFF: Purpose.TREATMENT,
    Holder.CITIZEN: Purpose.PATIENT_REQUEST,
    Holder.RELATIVE: Purpose.FAMILY_REQUEST,
    Holder.SYSTEM: Purpose.SYSTEM_ADMINISTRATION,
}


async def find_users(record: Record, who: str) -> tuple[User, ...] | Refusal:
    """The assignments of one person, by reference (`Practitioner/…`) or bare id; `record` is the system's own.

    A practitioner has one for each role held now, the most lasting first; a citizen or relative has one.
    """
    kind, slash, id = who.partition("/")
    candidates = [kind] if slash else ["Practitioner", "Patient", "RelatedPerson"]
    for candidate in candidates:
        found = await _FINDERS[candidate](record, id if slash else who) if candidate in _FINDERS else ()
        if found:
            return found
    return refused(Kind.NOT_FOUND, "not-found", "Nobody of that name can sign in.", "user", key="auth.unknown-user")


def for_sign_in(store: Store, now: datetime) -> Record:
    """The system's own record for finding out who may sign in, under a request that a citizen's log can name."""
    return Record(store, system(now, f"{SIGN_IN}-{secrets.token_hex(8)}"))


async def staff(record: Record) -> tuple[User, ...]:
    """Everybody who works, with every role held now."""
    return await _workers(record, await held_now(record.store.pool, record.context.now))


async def citizens(record: Record) -> tuple[User, ...]:
    """Every living citizen, oldest first."""
    pages = await every(record, "Patient", [("_sort", "birthdate"), ("deceased", "false")])
    return tuple(_citizen(one.resource()) for one in pages)


async def relatives(record: Record) -> tuple[User, ...]:
    """Everybody whom a citizen lets take part."""
    return tuple(_relative(one.resource()) for one in await every(record, "RelatedPerson", []))


async def every(record: Record, type_name: str, pairs: Iterable[tuple[str, str]]) -> list[Stored]:
    """All matches and what was included, page after page."""
    found: list[Stored] = []
    cursor: list[tuple[str, str]] = []
    while True:
        page = await record.search(type_name, [*pairs, ("_count", "1000"), *cursor])
        if isinstance(page, Refusal):
            raise ValueError(page.issues[0].text)
        found += [*page.matches, *page.included]
        if page.next is None:
            return found
        cursor = [("_cursor", page.next)]


async def _practitioner(record: Record, id: str) -> tuple[User, ...]:
    reference = f"Practitioner/{id}"
    return await _workers(record, await held_now(record.store.pool, record.context.now, practitioner=reference))


async def _practitioner_role(record: Record, id: str) -> tuple[User, ...]:
    reference = f"PractitionerRole/{id}"
    return await _workers(record, await held_now(record.store.pool, record.context.now, ground=reference))


async def _workers(record: Record, held: Sequence[Membership]) -> tuple[User, ...]:
    """A user for each role held whose practitioner and organisation are in the directory."""
    keys = {("Practitioner", one.practitioner.removeprefix("Practitioner/")) for one in held}
    keys |= {("Organization", one.party) for one in held}
    found = await present(record, keys)
    users = (
        _worker(one, found[one.practitioner].resource(), found[party].resource())
        for one in held
        if one.practitioner in found and (party := f"Organization/{one.party}") in found
    )
    return tuple({(user.actor, user.party, user.role): user for user in reversed([*users])}.values())[::-1]


def _worker(held: Membership, practitioner: Resource, organization: Resource) -> User:
    return User(
        id=practitioner["id"],
        name=name_of(practitioner),
        kind=Holder.STAFF,
        actor=held.practitioner,
        role=held.role,
        party=held.party,
        party_name=organization.get("name", ""),
        until=None if held.until == END else held.until,
        languages=_languages(practitioner),
    )


async def _patient(record: Record, id: str) -> tuple[User, ...]:
    found = await record.read("Patient", id)
    return () if isinstance(found, Refusal) else (_citizen(found.resource()),)


async def _related_person(record: Record, id: str) -> tuple[User, ...]:
    found = await record.read("RelatedPerson", id)
    return () if isinstance(found, Refusal) else (_relative(found.resource()),)


_FINDERS = {
    "Practitioner": _practitioner,
    "PractitionerRole": _practitioner_role,
    "Patient": _patient,
    "RelatedPerson": _related_person,
}


def _citizen(patient: Resource) -> User:
    return User(
        id=patient["id"],
        name=name_of(patient),
        kind=Holder.CITIZEN,
        actor=f"Patient/{patient['id']}",
        role="citizen",
        about=patient["id"],
        born=patient.get("birthDate", ""),
        place=next((address["city"] for address in patient.get("address", ()) if "city" in address), ""),
        languages=_languages(patient),
    )


def _relative(person: Resource) -> User:
    return User(
        id=person["id"],
        name=name_of(person),
        kind=Holder.RELATIVE,
        actor=f"RelatedPerson/{person['id']}",
        role="relative",
        about=person["patient"].get("reference", "").removeprefix("Patient/"),
        languages=_languages(person),
    )


def _languages(person: Resource) -> tuple[str, ...]:
    preferred = sorted(person.get("communication", ()), key=lambda one: not one.get("preferred", False))
    return tuple(c["code"] for one in preferred for c in one.get("language", one).get("coding", ()) if "code" in c)
