"""What a signed-in user acts as."""

from __future__ import annotations

from enum import Enum

import msgspec


class Holder(Enum):
    """What sort of user an assignment is for."""

    STAFF = "staff"
    CITIZEN = "citizen"
    RELATIVE = "relative"
    SYSTEM = "system"


class Purpose(Enum):
    """Why data are asked for. Source: http://terminology.hl7.org/CodeSystem/v3-ActReason (PurposeOfUse)."""

    TREATMENT = "TREAT"
    PATIENT_REQUEST = "PATRQT"
    FAMILY_REQUEST = "FAMRQT"
    OPERATIONS = "HOPERAT"
    SYSTEM_ADMINISTRATION = "HSYSADMIN"
    RESEARCH = "HRESCH"
    BREAK_THE_GLASS = "BTG"
    """What is restricted is opened for a time, with a reason."""


class Assignment(msgspec.Struct, frozen=True, kw_only=True):
    """What a signed-in user acts as: a context, shared by all staff with the same party, role and purpose.

    `number` is the context key of the database. A citizen's or relative's assignment has no party and belongs to one
    `actor` (`Patient/1`, `RelatedPerson/2`). `role` and `purpose` are texts, so that an unknown one
    is denied like any other.
    """

    number: int
    kind: Holder
    purpose: str
    role: str = ""
    party: str = ""
    actor: str | None = None
