"""What those who take part are called: roles and parties."""

from __future__ import annotations

from saman.apps.region.facts import Said, Teller
from saman.model.care.party import PartyKind

HOSPITALS = (PartyKind.HOSPITAL_TRUST, PartyKind.HOSPITAL)


def role_name(tell: Teller, id_: str) -> Said:
    """What a role is called."""
    role = tell.model.role(id_)
    return tell.said(role.name) if role else Said(id_)


def role_names(tell: Teller, ids: tuple[str, ...]) -> str:
    """What several roles are called, in a row."""
    return ", ".join(role_name(tell, one).text for one in ids)


def party_name(tell: Teller, id_: str) -> str:
    """What a party is called."""
    party = tell.model.party(id_)
    return party.name if party else id_
