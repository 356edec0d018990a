"""Agreements: what parties have signed, which services it covers, who is mandated to do what, on which legal ground."""

from __future__ import annotations

from datetime import date
from enum import Enum
from typing import Annotated

from msgspec import Meta

from saman.model.care.basis import Address, Grounded, Node, Note, Slug, Status, Text


class AgreementKind(Enum):
    """What sort of paper it is."""

    COOPERATION = "cooperation"
    SERVICE = "service"
    PROCUREMENT = "procurement"
    DATA = "data"
    HEALTH_AGREEMENT = "health-agreement"
    JOINT_STATEMENT = "joint-statement"
    OWNERSHIP = "ownership"


class Take(Enum):
    """Whether a party takes a service from the start or may call it off later."""

    ACTIVE = "active"
    OPTIONAL = "optional"


class Coverage(Grounded, frozen=True, kw_only=True):
    """One service, and the parties that take it in the same way.

    An option is open until `option_until` and taken up with `exercised`, the day on which it was.
    """

    service: Slug
    take: Take
    parties: tuple[Slug, ...]
    option_until: date | None = None
    exercised: date | None = None

    def is_taken(self, on: date) -> bool:
        """Whether these parties have the service on a day."""
        return self.take is Take.ACTIVE or (self.exercised is not None and self.exercised <= on)


class Mandate(Grounded, frozen=True, kw_only=True):
    """What a party (or every party that fills a role) may do for the others under the agreement."""

    activities: tuple[Slug, ...]
    party: Slug | None = None
    role: Slug | None = None


class LegalBasis(Node, frozen=True, kw_only=True):
    """The rule of law that a flow of person data rests on; an agreement alone is never one."""

    id: Slug
    law: str
    text: Note
    status: Status
    url: Address = ""


class Payment(Enum):
    """What is paid by."""

    VOLUME = "volume"
    ASSIGNMENT = "assignment"
    VOLUME_OR_ASSIGNMENT = "volume-or-assignment"
    NOT_KNOWN = "not-known"


class FundingShare(Grounded, frozen=True, kw_only=True):
    """A party's share of the cost in per cent; empty when it is not known."""

    party: Slug
    percent: Annotated[int, Meta(ge=0, le=100)] | None = None


class Agreement(Grounded, frozen=True, kw_only=True):
    """What `parties` have signed and from when to when it holds (last day included)."""

    id: Slug
    name: str
    kind: AgreementKind
    parties: tuple[Slug, ...]
    purpose: Text
    services: tuple[Coverage, ...] = ()
    mandates: tuple[Mandate, ...] = ()
    legal_bases: tuple[LegalBasis, ...] = ()
    funding: tuple[FundingShare, ...] = ()
    paid_by: Payment = Payment.NOT_KNOWN
    valid_from: date | None = None
    valid_to: date | None = None

    def holds(self, on: date) -> bool:
        """Whether the agreement is in force on a day."""
        begun = self.valid_from is None or self.valid_from <= on
        return begun and (self.valid_to is None or on <= self.valid_to)


class AgreementsFile(Node, frozen=True, kw_only=True):
    """`agreements.yaml`."""

    schema: int
    agreements: tuple[Agreement, ...]
