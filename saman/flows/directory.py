"""Names of those who act: staff from the directory, organisations from the care model."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import msgspec

from saman.model.care.caremodel import CareModel
from saman.record import Record, Stored

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


async def named(record: Record, model: CareModel, references: Iterable[str]) -> dict[str, Named]:
    """Each that can be named, by its reference: practitioners, their roles, relatives, patients, organisations."""
    wanted = {reference for reference in references if "/" in reference}
    found: dict[str, Named] = {}
    by_type: dict[str, set[str]] = {}
    for reference in wanted:
        kind, _, id = reference.partition("/")
        by_type.setdefault(kind, set()).add(id)
    for id in by_type.pop("Organization", set()):
        party = model.party(id)
        if party is not None:
            found[f"Organization/{id}"] = Named(
                reference=f"Organization/{id}", name=party.name, party=id, phone=party.phone
            )
    for kind, ids in by_type.items():
        found |= await _people(record, kind, ids)
    return found


async def _people(record: Record, kind: str, ids: set[str]) -> dict[str, Named]:
    pairs = [("_id", ",".join(sorted(ids))), ("_count", "500")]
    if kind == "PractitionerRole":
        pairs.append(("_include", "PractitionerRole:practitioner"))
    if kind == "Practitioner":
        return await _practitioners(record, ids)
    page = await record.search(kind, pairs)
    matches: tuple[Stored, ...] = getattr(page, "matches", ())
    included: tuple[Stored, ...] = getattr(page, "included", ())
    people = {one.reference: one.resource() for one in (*matches, *included)}
    return {one.reference: _named(one.reference, people[one.reference], people) for one in matches}


async def _practitioners(record: Record, ids: set[str]) -> dict[str, Named]:
    """Practitioners with the first role they hold, for a name alone says little."""
    listed = ",".join(f"Practitioner/{id}" for id in sorted(ids))
    pairs = [("practitioner", listed), ("_include", "PractitionerRole:practitioner"), ("_count", "500")]
    page = await record.search("PractitionerRole", pairs)
    roles = [one.resource() for one in getattr(page, "matches", ())]
    people = {one.reference: one.resource() for one in getattr(page, "included", ())}
    found: dict[str, Named] = {}
    for role in roles:
        reference = role.get("practitioner", {}).get("reference", "")
        if reference in people and reference not in found:
            found[reference] = msgspec.structs.replace(_named(reference, role, people), reference=reference)
    return found


def _named(reference: str, resource: Resource, people: dict[str, Resource]) -> Named:
    person = people.get(resource.get("practitioner", {}).get("reference", ""), resource)
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
