"""What the access files say: one row for each question of law, and the rules that follow from it."""

from __future__ import annotations

from datetime import date
from enum import Enum
from typing import Annotated, Literal

import msgspec

from saman.model.access.assignment import Holder, Purpose
from saman.model.access.relation import RelationKind
from saman.model.access.terms_kinds import Terms

DomainWord = Literal["directory", "person", "plan", "readings", "health", "social", "finance", "consent"]

Obligation = Literal["two_step", "reason", "inform_patient", "review"]
"""What must also be done: open in two steps, give a reason, tell the citizen, have it reviewed."""

Visits = Literal["unless_hidden", "only_opened"]
"""All but the visits that a minor hides from guardians, or those alone that are opened to guardians."""

NonEmpty = Annotated[str, msgspec.Meta(min_length=1)]

Age = Annotated[int, msgspec.Meta(ge=0, le=150)]
"""Whole years of the person's life."""

LAW_ROWS = {
    "R01": "own_org_read",
    "R02": "cross_org_read_base",
    "R03": "health_social_scope",
    "R04": "third_sector_private",
    "R05": "restriction_unit",
    "R06": "restriction_visible",
    "R07": "restriction_by_guardian",
    "R08": "override_ground",
    "R09": "override_steps",
    "R10": "override_scope_end",
    "R11": "override_after",
    "R12": "consent_form",
    "R13": "consent_withdraw",
    "R14": "incapacity",
    "R15": "child_parent_view",
    "R16": "child_parent_condition",
    "R17": "adult_proxy",
    "R18": "protected_identity",
    "R19": "log_content",
    "R20": "log_keep_min",
    "R21": "log_show",
    "R22": "log_review",
    "R23": "joint_plan",
    "R24": "patient_read_own",
    "R25": "correction",
    "R26": "auth_level_staff",
    "EU01": "ehds_access_info",
    "EU02": "ehds_restrict",
    "P01": "directory",
    "P02": "system_client",
    "P03": "no_persons",
    "P04": "shared_space",
    "P05": "emergency_access",
}
"""The rows every country file has: R and EU of law, P of the product itself, in this order."""


class Status(Enum):
    """How far a row was checked."""

    SEEN = "S"
    """The text was read at the address given."""
    SECONDARY = "B"
    """Read only as a bill, a proposal or an older or secondary page."""
    UNCHECKED = "U"
    """Nobody has checked it."""


class _Node(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A part of an access file; an unknown field is an error, so a misspelt word is found."""


class Rule(_Node, frozen=True, kw_only=True):
    """Who sees, or never sees, which kinds of data, tied to the person in which ways.

    `roles` empty: any role of `who`. `ties` empty: no tie needed. `about` empty: whatever the tie is about. A tie
    counts on for `grace_days` of 24 hours after its end. A rule `by_agreement` opens nothing until an agreement of
    the region fills it.

    `also`: one of these must hold at the same time as one of `ties`. The rule counts from the day the person turns
    `age_from` until the day they turn `age_to`; without them, at any age. `visits`: not what belongs to a visit that a
    minor hides from guardians, or that alone which belongs to one opened to them. `but_not`: nothing with these labels.
    """

    id: str
    says: NonEmpty
    who: Holder
    purposes: Annotated[tuple[Purpose, ...], msgspec.Meta(min_length=1)]
    roles: tuple[str, ...] = ()
    ties: tuple[RelationKind, ...] = ()
    also: tuple[RelationKind, ...] = ()
    about: tuple[str, ...] = ()
    age_from: Age | None = None
    age_to: Age | None = None
    sees: tuple[DomainWord, ...] = ()
    never_sees: tuple[DomainWord, ...] = ()
    by_agreement: bool = False
    visits: Visits | None = None
    but_not: tuple[str, ...] = ()
    grace_days: Annotated[int, msgspec.Meta(ge=0, le=366)] = 0
    obligations: tuple[Obligation, ...] = ()


class Row(_Node, frozen=True, kw_only=True):
    """One question of law and its answer in one country, valid on both days given and between them."""

    id: str
    name: str
    sector: Literal["health", "social", "both"] = "both"
    value: NonEmpty
    law: str = ""
    source: str = ""
    status: Status
    note: str = ""
    valid_from: date | None = None
    valid_to: date | None = None
    rules: tuple[Rule, ...] = ()
    terms: Terms | None = None
    """In the shape that TERMS_OF has for the row; None for rows without."""

    @property
    def confirmed(self) -> bool:
        """Whether pages may say "the law says"; else it is shown as a local setting that nobody has confirmed."""
        return self.status is Status.SEEN


class CountryHead(_Node, frozen=True, kw_only=True):
    """The head of `regions/countries/no.access.yaml`; its `rows` are read one by one."""

    schema: Literal[0]
    country: Annotated[str, msgspec.Meta(pattern="^[A-Z]{2}$")]
    time_zone: str
    statement: NonEmpty


class RegionRow(_Node, frozen=True, kw_only=True):
    """What an agreement adds: it fills a slot that a country rule leaves open, or keeps its staff from seeing.

    `fills` names the rule; with `never_sees` instead, the parties' staff do not see these kinds of data. `parties`
    are the region's ids; `roles` empty: every role the slot has, or every role of the parties.
    """

    id: NonEmpty
    agreement: NonEmpty
    says: NonEmpty
    parties: Annotated[tuple[str, ...], msgspec.Meta(min_length=1)]
    fills: str = ""
    roles: tuple[str, ...] = ()
    sees: tuple[DomainWord, ...] = ()
    never_sees: tuple[DomainWord, ...] = ()
    source: tuple[str, ...] = ()
    sample: bool = False
    valid_from: date | None = None
    valid_to: date | None = None


class RegionHead(_Node, frozen=True, kw_only=True):
    """The head of a region's `access.yaml`; its `rows` are read one by one."""

    schema: Literal[0]
    region: NonEmpty
