"""Names of those who act: staff from the directory, organisations from the care model."""

from __future__ import annotations

import asyncio
from collections.abc import Iterable, Mapping
from types import MappingProxyType
from typing import Any

import msgspec

from saman.flows.reading import tree_of
from saman.kernel.outcome import Refusal
from saman.model.access.delegation import competence_of
from saman.model.care.caremodel import CareModel
from saman.record import Record, Stored
from saman.record.present import present

NAMED = frozenset({"Practitioner", "PractitionerRole", "RelatedPerson", "Patient", "Organization"})
MOST = "500"
NOBODY: Mapping[str, Stored] = MappingProxyType({})

Resource = dict[str, Any]


class Named(msgspec.Struct, frozen=True, kw_only=True):
    """Somebody or some unit: `role` is a role id or empty, `party` a party id or empty."""

    reference: str
    name: str
    role: str = ""
    party: str = ""
    phone: str = ""

    @property
    def initials(self) -> str:
        """First letters of the first and the last name."""
        words = [word for word in self.name.split() if word[:1].isalpha()]
        return "".join(word[0] for word in (words[:1] + words[1:][-1:])).upper()


async def named(
    record: Record, model: CareModel, references: Iterable[str], known: Mapping[str, Stored] = NOBODY
) -> dict[str, Named]:
    """Each that can be named, by its reference: practitioners, their roles, relatives, patients, organisations.

    Who is among those `known` has been read already.
    """
    wanted = {reference for reference in references if reference.partition("/")[0] in NAMED}
    units = {one for one in wanted if one.startswith("Organization/")}
    practitioners = {one for one in wanted if one.startswith("Practitioner/")}
    direct, held = await asyncio.gather(
        present(record, map(_key, wanted - units - practitioners - known.keys())), _roles_of(record, practitioners)
    )
    direct |= {one: known[one] for one in wanted & known.keys()}
    people = {reference: tree_of(one) for reference, one in direct.items()}
    roles = [*held, *(one for one in people.values() if one["resourceType"] == "PractitionerRole")]
    behind = await present(record, (_key(one) for role in roles if "/" in (one := _practitioner(role))))
    people |= {reference: tree_of(one) for reference, one in behind.items()}
    found = {one: _named(one, people[one], people) for one in wanted if one in direct}
    for role in held:
        reference = _practitioner(role)
        if reference in people and reference not in found:
            found[reference] = _named(reference, role, people)
    return found | {one: unit for one in units if (unit := _unit(model, one)) is not None}


def _key(reference: str) -> tuple[str, str]:
    kind, _, id = reference.partition("/")
    return kind, id


def _practitioner(role: Resource) -> str:
    return str(role.get("practitioner", {}).get("reference", ""))


async def _roles_of(record: Record, practitioners: set[str]) -> list[Resource]:
    """The roles of practitioners, for a name alone says little."""
    if not practitioners:
        return []
    page = await record.search(
        "PractitionerRole", [("practitioner", ",".join(sorted(practitioners))), ("_count", MOST)]
    )
    found = [] if isinstance(page, Refusal) else [tree_of(one) for one in page.matches]
    return [role for role in found if not competence_of(role)]


def _unit(model: CareModel, reference: str) -> Named | None:
    party = model.party(reference.removeprefix("Organization/"))
    return Named(reference=reference, name=party.name, party=party.id, phone=party.phone) if party else None


def _named(reference: str, resource: Resource, people: dict[str, Resource]) -> Named:
    person = people.get(_practitioner(resource), resource)
    roles = [c["code"] for one in resource.get("code", ()) for c in one.get("coding", ()) if "code" in c]
    telecom = [*resource.get("telecom", ()), *person.get("telecom", ())]
    return Named(
        reference=reference,
        name=name_of(person),
        role=roles[0] if roles else "",
        party=resource.get("organization", {}).get("reference", "").removeprefix("Organization/"),
        phone=next((one.get("value", "") for one in telecom if one.get("system") == "phone"), ""),
    )


def name_of(person: Resource) -> str:
    """The name in use, given names first; empty when there is none."""
    names = person.get("name", [])
    if not isinstance(names, list):
        return str(names)
    name = next((one for one in names if one.get("use") in ("official", "usual", None)), names[0] if names else {})
    return name.get("text") or " ".join([*name.get("given", ()), name.get("family", "")]).strip()
